//! An edge that is called an equality case is one: the share of the bound it is named after, over intervals.
//!
//! The bounds are the sharp forms of the one-step inequalities, written out here on their own; each edge also has a control, a
//! bound a hundredth smaller, which it must exceed.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::number::{Interval, Scalar, sum};
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

/// G_o² − L_o = λ'' (as an upper bound on λ'').
fn torn_cube(e: &Evaluation<'_, Interval>) -> (Interval, Interval) {
    (e.start().second(), e.constants().score.square())
}

/// Family, how the edge's name begins, the bound, and the share of it that is reached.
const CASES: &[(&str, &str, Bound, f64)] = &[
    ("quadratic-softmax", "slopes (1, −1 | 0), curvature 2", tight_step, 0.999),
    ("quadratic-softmax", "slopes (1, −1 | 0), curvature 2", curvature_window_above, 0.999),
    ("quadratic-softmax", "the same with O⁺ and O⁻", curvature_window_below, 0.999),
    ("curve", "crest of a fast wave", tight_step, 0.999),
    ("curve", "λ = −θ², J = ½, η → 0", smooth_step_below, 0.999),
    ("curve", "λ = −30 − θ²", smooth_step_below, 0.999),
    ("curve", "λ = 30 + θ²", smooth_step_above, 0.999),
    ("linear-softmax", "φ = −1, 1 | 0 as η → 0", linear_step, 0.999),
    ("linear-softmax", "the XOR square", linear_step, 0.99),
    ("linear-softmax", "φ = 1 | −1, J = ½", sub_gaussian, 0.999),
    ("tabular-softmax", "O⁺ torn apart", linear_step, 0.999),
    ("cube", "O⁺ = {±(1, 1, 1, 1)}", torn_cube, 0.75 * 0.999),
    ("last-token", "one correct word, H_t", token_step_below, 0.999),
    ("prefix-linear", "one correct word, H_t", token_step_below, 0.999),
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
