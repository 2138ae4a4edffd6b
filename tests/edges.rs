//! An edge that is called an equality case is one: the share of the bound it is named after, over intervals.
//!
//! The bounds are the sharp forms of the one-step inequalities, written out here on their own; each edge also has a control, a
//! bound a hundredth smaller, which it must exceed.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::number::{Interval, Scalar, sum};
use gradient_gap::policy::{Context, Ending, Features, Logits, Shape};
use gradient_gap::{Evaluation, Instance, families};

/// (computed, claimed) of a sharp bound.
type Bound = fn(&Evaluation<'_, Interval>) -> (Interval, Interval);

fn half_eta_squared(e: &Evaluation<'_, Interval>) -> Interval {
    e.eta().square() * Interval::of(0.5)
}

/// |R| ≤ (L_o + G_o²/2) η².
fn tight_step(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let c = e.constants();
    (e.step().remainder.abs(), (c.curvature + Interval::of(0.5) * c.score.square()) * e.eta().square())
}

/// |R| ≤ max(diam h'(O⁺), diam h'(O⁻))² η²/8, logits linear in θ.
fn linear_step(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let slopes = e.on_line().slopes(Interval::zero());
    let mut widest = Interval::zero();
    for (i, a) in slopes.iter().enumerate() {
        for (b, _) in slopes.iter().zip(&e.instance().correct).skip(i).filter(|(_, c)| **c == e.instance().correct[i]) {
            widest = Scalar::max(widest, (*a - *b).abs());
        }
    }
    (e.step().remainder.abs(), widest.square() * Interval::of(0.25) * half_eta_squared(e))
}

/// −R ≤ L_o η²/(2(1 − J)).
fn smooth_step_below(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    (-e.step().remainder, e.constants().curvature * half_eta_squared(e) / e.start().failure())
}

/// R ≤ L_o η²/(2J).
fn smooth_step_above(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    (e.step().remainder, e.constants().curvature * half_eta_squared(e) / e.start().success())
}

/// −R ≤ L_p E⁺[ℓ] η²/(2(1 − J)).
fn token_step_below(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let claimed = e.constants().token_curvature * e.start().length[1] * half_eta_squared(e) / e.start().failure();
    (-e.step().remainder, claimed)
}

/// R ≤ L_p E⁻[ℓ] η²/(2J).
fn token_step_above(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let claimed = e.constants().token_curvature * e.start().length[0] * half_eta_squared(e) / e.start().success();
    (e.step().remainder, claimed)
}

/// −(λ'' + (1−2J)λ'²) ≤ (G² + L)/J.
fn curvature_window_below(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let (line, c) = (e.start(), e.constants());
    let bent = line.second() + (line.failure() - line.success()) * line.alignment().square();
    (-bent, (c.score.square() + c.curvature) / line.success())
}

/// λ'' + (1−2J)λ'² ≤ (G² + L)/(1 − J).
fn curvature_window_above(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let (line, c) = (e.start(), e.constants());
    let bent = line.second() + (line.failure() - line.success()) * line.alignment().square();
    (bent, (c.score.square() + c.curvature) / line.failure())
}

/// log E[e^{ηs}] ≤ L_o η²/2, both over η².
fn sub_gaussian(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let responses = &e.start().responses;
    let excess =
        sum(responses.log_prob.iter().zip(&responses.score).map(|(lp, &s)| lp.exp() * (e.eta() * s).exp_remainder()));
    (excess.ln_1p(), e.constants().curvature * half_eta_squared(e))
}

/// E⁺[ℓ] ≤ T_ψ1 log(1 + 1/J).
fn correct_length(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let line = e.start();
    (line.length[1], e.constants().psi1 * (Interval::one() / line.success()).ln_1p())
}

/// E[ℓ] ≤ log 2 · T_ψ1.
fn mean_length(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    (e.start().mean_length(), Interval::ln_2() * e.constants().psi1)
}

/// E⁻[s²] ≤ 2L log(1 + 2/(1−J)), two options with λ = 8 + θ²: −H ≤ 2(1 + e^{−8}), as −H = 2{J + 2J(1−J)(λ−8)} there.
fn rare_failures(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let start = e.start();
    let claimed = Interval::of(2.0) * (Interval::ln_2() - start.log_failure()).softplus();
    (start.variance[0] + start.mean[0].square(), Interval::of(2.0 + 2.0 * (-8f64).exp()) * claimed)
}

/// The score of the response that has next to no mass: s² ≤ L(1 + 2 log(1/(2p))), the same curve.
fn slope_of_the_rare_side(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    let start = e.start();
    let (rare, alignment) = (start.log_success().min(start.log_failure()), start.alignment());
    let claimed = Interval::one() - Interval::of(2.0) * (Interval::ln_2() + rare);
    (alignment.square(), Interval::of(2.0 + 2.0 * (-8f64).exp()) * claimed)
}

/// G_o² − L_o = λ'' (as an upper bound on λ'').
fn torn_cube(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    (e.start().second(), e.constants().score.square())
}

/// Family, how the edge's name begins, the bound, and the share of it that is reached.
const CASES: &[(&str, &str, Bound, f64)] = &[
    ("quadratic-softmax", "slopes (1, −1 | 0), curvature 2", tight_step, 0.999),
    ("quadratic-softmax", "slopes (1, −1 | 0), curvature 2", curvature_window_above, 0.999),
    ("quadratic-softmax", "the same with O⁺ and O⁻", curvature_window_below, 0.999),
    ("curve", "crest of a fast wave, η", tight_step, 0.999),
    ("sum-of-sines", "two tops against two troughs", tight_step, 0.999),
    ("curve", "λ = −θ², J = ½, η → 0", smooth_step_below, 0.999),
    ("curve", "λ = −30 − θ²", smooth_step_below, 0.999),
    ("curve", "λ = 30 + θ²", smooth_step_above, 0.999),
    ("curve", "λ = 8 + θ², J → 1", rare_failures, 0.997),
    ("curve", "λ = 8 + θ², J → 1", slope_of_the_rare_side, 0.997),
    ("curve", "λ = −8 − θ², J → 0", slope_of_the_rare_side, 0.997),
    ("linear-softmax", "φ = −1, 1 | 0 as η → 0", linear_step, 0.999),
    ("linear-softmax", "the XOR square", linear_step, 0.99),
    ("linear-softmax", "φ = 1 | −1, J = ½", sub_gaussian, 0.999),
    ("tabular-softmax", "O⁺ torn apart", linear_step, 0.999),
    ("cube", "O⁺ = {±(1, 1, 1, 1)}", torn_cube, 0.75 * 0.999),
    ("last-token", "one correct word, H_t", token_step_below, 0.999),
    ("prefix-linear", "one correct word, H_t", token_step_below, 0.999),
    ("curved-tokens", "one correct word, scores 0", token_step_below, 0.999),
    ("curved-tokens", "the same with O⁺ and O⁻", token_step_above, 0.999),
    ("last-token", "EOS at once | 24 tokens", correct_length, 0.98),
    ("prefix-tabular", "constant length", mean_length, 1.0 - 1e-12),
];

fn edge(family: &str, name: &str) -> Instance {
    let family = families::find(family).expect("in the registry");
    let mut found = family.edges().into_iter().filter(|edge| edge.name.starts_with(name));
    let edge = found.next().unwrap_or_else(|| panic!("{}: no edge {name}", family.name));
    assert!(found.next().is_none(), "{}: two edges {name}", family.name);
    family.decode(&edge.u).expect("inside the cube")
}

#[test]
fn equality_cases_reach_their_bounds() {
    for &(family, name, bound, share) in CASES {
        let instance = edge(family, name);
        let (computed, claimed) = bound(&Evaluation::<Interval>::new(&instance, 256));
        let ratio = computed / claimed;
        assert!(ratio.lo() >= share, "{family}, {name}: {ratio:?}, expected at least {share}");
        assert!(ratio.lo() <= 1.0 + 1e-12, "{family}, {name}: {ratio:?} exceeds a true bound");
        // The control: with the claimed side smaller by what is missing to 1 and a hundredth, the bound fails for certain.
        let smaller = claimed * Interval::of(0.99 * share);
        assert!(smaller.surely_lt(computed), "{family}, {name}: the control is not exceeded");
    }
}

// ---- sums of sines ------------------------------------------------------------------------------------------------------

/// The instance's edge, its evaluation over intervals, and the derivative of every logit at θ.
fn sines(name: &str) -> (Instance, Vec<Interval>) {
    let instance = edge("sum-of-sines", name);
    let slopes = Evaluation::<Interval>::new(&instance, 8).on_line().slopes(Interval::zero()).to_vec();
    (instance, slopes)
}

#[test]
fn equal_sines_move_every_logit_and_no_log_odds() {
    let (instance, slopes) = sines("the same sine on all responses");
    assert!(slopes.iter().all(|slope| slope.lo() > 0.99), "{slopes:?}");
    let still = |instance: &Instance| {
        let e = Evaluation::<f64>::new(instance, 8);
        let all = [e.start().alignment(), e.start().second(), e.step().change, e.step().remainder];
        all.iter().all(|x| x.abs() < 1e-14)
    };
    assert!(still(&instance));
    // The control: one sine a little smaller than the others.
    let mut uneven = instance;
    uneven.policy.logits.waves[0].amplitude *= 0.99;
    assert!(!still(&uneven));
}

#[test]
fn tops_and_troughs_are_flat_and_bent() {
    let (instance, slopes) = sines("tops and troughs of several heights");
    assert!(slopes.iter().all(|&slope| slope == Interval::zero()), "{slopes:?}");
    let e = Evaluation::<Interval>::new(&instance, 8);
    let (alignment, score) = (e.start().alignment(), e.constants().score);
    assert!(alignment == Interval::zero() && score.lo() > 0.0, "Δμ = {alignment:?}, G_o = {score:?}");
    // O⁺ is bent downwards and O⁻ upwards: λ falls.
    assert!(e.start().second().hi() < -0.1 && e.step().change.hi() < 0.0, "{:?}", e.start().second());
}

#[test]
fn a_step_of_one_wavelength_comes_back() {
    let (mut instance, _) = sines("η a whole wavelength");
    let change = |instance: &Instance| Evaluation::<Interval>::new(instance, 8).step().change;
    assert!(Evaluation::<Interval>::new(&instance, 8).start().alignment().lo() > 0.099);
    assert!(change(&instance).abs().hi() < 1e-13, "{:?}", change(&instance));
    // The control: a quarter of the step gains the amplitude, three quarters lose it.
    for (part, expected) in [(0.25, 0.2), (3.0, -0.2)] {
        instance.eta *= part;
        assert!((change(&instance).mid() - expected).abs() < 1e-13, "{:?}", change(&instance));
    }
}

// ---- listed responses ---------------------------------------------------------------------------------------------------

/// Masses, gap g⁺ − g⁻, GRPO's bracket E⁺\[∇log π/ℓ\] − E⁻\[∇log π/ℓ\] and its direction by differentiation, in one dimension.
fn listed(name: &str) -> (Vec<f64>, f64, f64, f64) {
    let instance = edge("listed-responses", name);
    let e = Evaluation::<f64>::new(&instance, 8);
    let masses = e.start().responses.log_prob.iter().map(|lp| lp.exp()).collect();
    (masses, e.gap().vector[0], e.length_weighted_gap().vector[0], e.coordinates().grpo[0])
}

#[track_caller]
fn near(found: &[f64], expected: &[f64]) {
    let off = |(x, y): (&f64, &f64)| f64::abs(x - y) > 4.0 * f64::EPSILON;
    assert!(found.len() == expected.len() && !found.iter().zip(expected).any(off), "{found:?}, expected {expected:?}");
}

/// E⁺\[s\] = .6 − .2 and E⁻\[s\] = −.4; E⁺\[s/ℓ\] = .6·.1 − .4·.5 = −.14 and E⁻\[s/ℓ\] = −.04.
#[test]
fn the_listed_masses_oppose_grpo_to_the_gap() {
    let (masses, gap, bracket, grpo) = listed("masses (.3, .2 | .5)");
    near(&masses, &[0.3, 0.2, 0.5]);
    near(&[gap, bracket, grpo], &[0.8, -0.1, -0.1]);
    let cosine = |x: f64, y: f64| x * y / (x.abs() * y.abs());
    near(&[cosine(gap, bracket), cosine(gap, grpo)], &[-1.0, -1.0]);
    let instance = edge("listed-responses", "masses (.3, .2 | .5)");
    assert_eq!(instance.policy.lengths.as_deref(), Some(&[10, 1, 10][..]));
    // The control: with equal lengths the bracket is the gap over the length.
    let mut equal = instance;
    equal.policy.lengths = Some(vec![10; 3]);
    near(&[Evaluation::<f64>::new(&equal, 8).length_weighted_gap().vector[0]], &[0.08]);
}

#[test]
fn either_of_grpo_and_the_gap_can_vanish_alone() {
    let (masses, gap, bracket, grpo) = listed("masses (.25, .25 | .5)");
    near(&masses, &[0.25, 0.25, 0.5]);
    near(&[gap, bracket, grpo], &[0.0, 0.45, 0.45]);
    let (masses, gap, bracket, grpo) = listed("equal masses");
    near(&masses, &[0.25; 4]);
    near(&[gap, bracket, grpo], &[0.9, 0.0, 0.0]);
}

// ---- lengths ------------------------------------------------------------------------------------------------------------

/// In a geometric law T_ψ1 is what h says, whatever T∞: near log 2/T∞'s inverse for rare EOS, far below it for likely EOS.
#[test]
fn geometric_lengths_spread() {
    for (name, low, high) in [("h = 0.9", 0.2, 0.35), ("h = 0.02", 0.9, 1.0)] {
        let instance = edge("geometric-length", name);
        let evaluation = Evaluation::<Interval>::new(&instance, 8);
        let share = evaluation.constants().psi1 * Interval::ln_2() / evaluation.max_length();
        assert!(share.lo() > low && share.hi() < high, "{name}: T_ψ1 log 2/T∞ = {share:?}");
    }
}

// ---- curved tokens ------------------------------------------------------------------------------------------------------

/// An edge with one row of logits at θ = 0 ∈ R¹: the instance, the shape, and the words of the side that has only one.
fn curved(name: &str) -> (Instance, Shape, Vec<Vec<u32>>) {
    let instance = edge("curved-tokens", name);
    let policy = &instance.policy;
    assert_eq!((policy.context, policy.logits.rows, &instance.theta[..]), (Context::Shared, 1, &[0.0][..]));
    assert_eq!(instance.direction, [1.0]);
    let side = instance.correct.iter().filter(|&&correct| correct).count() == 1;
    let few = (0..policy.responses()).filter(|&o| instance.correct[o] == side).map(|o| policy.tree.tokens(o)).collect();
    let shape = policy.tree.shape();
    (instance, shape, few)
}

/// The counterexample of tests/in_text.rs: the loss is six times what (22) would allow with E⁺\[ℓ\] in the place of T∞.
#[test]
fn a_long_wrong_word_needs_the_longest_length() {
    let (instance, shape, few) = curved("a or EOS with log-odds ½θ²");
    assert_eq!(shape, Shape { vocabulary: 2, max_length: 24, ending: Ending::Cut });
    assert_eq!((few, instance.correct[24]), (vec![vec![1; 24]], false));
    let Logits { bias, features, quadratic, .. } = &instance.policy.logits;
    assert_eq!((&bias[..], features, &quadratic[..]), (&[][..], &Features::Dense(vec![0.0; 2]), &[0.0, 1.0][..]));
    let evaluation = Evaluation::<Interval>::new(&instance, 256);
    let (start, c, eta2) = (evaluation.start(), evaluation.constants(), evaluation.eta().square());
    let loss = -evaluation.step().remainder;
    let with = |length: Interval| (c.token_curvature * length + c.token_score.square() * c.psi1 / start.failure()) * eta2;
    let (short, printed) = (loss / with(start.length[1]), loss / with(evaluation.max_length()));
    assert!(short.lo() > 5.9 && printed.hi() < 0.51, "{short:?} {printed:?}");
}

/// Words of six tokens, of which only the rare one is bent: H = −L_p = −1 where its score is 0.
#[test]
fn a_bent_word_is_the_only_one_of_its_side() {
    for (name, correct) in [("one correct word, scores 0", true), ("the same with O⁺ and O⁻", false)] {
        let (instance, shape, few) = curved(name);
        assert_eq!(shape, Shape { vocabulary: 2, max_length: 6, ending: Ending::Fixed });
        assert_eq!((few, instance.correct[0]), (vec![vec![0; 6]], correct), "{name}");
        assert_eq!(instance.policy.logits.quadratic, [-1.0, 0.0]);
        let evaluation = Evaluation::<Interval>::new(&instance, 256);
        let (start, rare) = (evaluation.start(), evaluation.start().tokens.curvature[0]);
        assert!(start.tokens.score.iter().all(|&score| score == Interval::zero()), "{name}: {:?}", start.tokens.score);
        assert!(rare.lo() >= -1.0 && rare.hi() < -0.999_999 && start.tokens.curvature[1].abs().hi() < 1e-6, "{name}");
        let log_mass = if correct { start.log_success() } else { start.log_failure() };
        assert!(log_mass.hi() < -89.9 && log_mass.lo() > -90.1, "{name}: {log_mass:?}");
    }
}
