//! Claims on finite-state policies, at 100, 1 000 and 10 000 tokens: all but those about constructions and about one
//! softmax.

mod controls;

use crate::long::long;
use crate::support::{claim, parts};
use gradient_gap::check::judge::{Decision, Measured, RATIO_LIMIT, SAMPLE_PIECES, certify, measure};
use gradient_gap::claims::{ClaimEntry, Expected, REGISTRY, Relation};
use gradient_gap::collapse::{Construction, Theorem2, Theorem4};
use gradient_gap::instance::Update;
use gradient_gap::line::{Line, OnLine, norm};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::{Automaton, Ending, Features, Logits, Policy, Shape};
use gradient_gap::thresholds::{token_step, trajectory_step};
use gradient_gap::{Evaluation, Instance};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Claims about one softmax.
const OTHERS: [&str; 3] = ["overshoot-collapse", "linear-softmax-step", "pg-rates"];
/// Says that there is a run; of others it says nothing.
const EXISTENCE: &str = "token-overshoot-collapse";

/// How a policy ends, and whether its logits depend on the position.
#[derive(Clone, Copy)]
struct Kind {
    ending: Ending,
    stop: Option<f64>,
    by_position: bool,
}

/// A random policy of `tokens` tokens at most: 3 states, 2 tokens or EOS and 2, logits linear in θ ∈ R².
fn random(rng: &mut ChaCha8Rng, tokens: u32, kind: Kind) -> Instance {
    let Kind { ending, stop, by_position } = kind;
    loop {
        let shape = Shape { vocabulary: 3, max_length: tokens, ending };
        let next = (0..9).map(|_| rng.random_range(0..3)).collect();
        let automaton = Automaton { start: 0, next, by_position };
        let options = 3 - usize::from(stop.is_some());
        let free = if ending == Ending::Eos && tokens > 1 { tokens - 1 } else { tokens };
        let rows = if by_position { 3 * free as usize } else { 3 };
        let unit = rng.random_bool(0.5);
        let mut normal = |scale: f64| scale * (rng.random::<f64>() + rng.random::<f64>() - 1.0);
        // An EOS that is rare enough for a long response.
        let bias =
            (0..rows * options).map(|j| if stop.is_none() && j % 3 == 0 { -f64::from(tokens).ln() } else { normal(1.0) });
        let bias = bias.collect();
        let features = Features::Dense((0..2 * rows * options).map(|_| normal(1.0)).collect());
        let (theta, mut direction) = (vec![normal(1.0), normal(1.0)], vec![normal(1.0), normal(1.0)]);
        if unit {
            let norm = norm(&direction);
            direction.iter_mut().for_each(|w| *w /= norm);
        }
        let eta = 0.4 * rng.random::<f64>() / f64::from(tokens).sqrt();
        let logits = Logits { dim: 2, rows, options, bias, features, quadratic: vec![], waves: vec![] };
        let policy = Policy::finite_state(shape, automaton, stop, logits).expect("fits");
        let correct = (0..3).map(|_| rng.random_bool(0.5)).collect();
        let mut instance = Instance { policy, theta, direction, eta, correct, then: vec![] };
        if instance.validate().is_err() {
            continue;
        }
        // Upwards; every second one within (15a) and (18a).
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let (start, constants) = (evaluation.start(), evaluation.constants());
        if start.alignment().abs() < 1e-9 {
            continue; // nothing but rounding, where what follows cannot matter to the side
        }
        let (alignment, failure) = (start.alignment().abs(), start.failure());
        let safe = token_step(alignment, failure, f64::from(tokens), constants).min(trajectory_step(alignment, constants));
        let (falls, small) = (start.alignment() < 0.0, rng.random_bool(0.5));
        if falls {
            instance.direction.iter_mut().for_each(|w| *w = -*w);
        }
        instance.eta = if small { 0.5 * safe } else { instance.eta };
        instance.then = vec![Update { direction: instance.direction.clone(), eta: instance.eta }];
        return instance;
    }
}

fn kinds() -> [Kind; 5] {
    let kind = |ending, stop, by_position| Kind { ending, stop, by_position };
    [
        kind(Ending::Fixed, None, false),
        kind(Ending::Eos, None, false),
        kind(Ending::Cut, None, false),
        kind(Ending::Eos, Some(0.05), false),
        kind(Ending::Eos, None, true),
    ]
}

/// `count` policies of all kinds in turn.
fn instances(seed: u64, tokens: u32, count: usize) -> Vec<Instance> {
    of_kinds(&kinds(), seed, tokens, count)
}

fn of_kinds(kinds: &[Kind], seed: u64, tokens: u32, count: usize) -> Vec<Instance> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|i| random(&mut rng, tokens, kinds[i % kinds.len()])).collect()
}

/// How often each claim was measured and certified on instances of this length.
fn examine(instances: &[Instance]) -> Vec<(&'static str, u32, u32)> {
    let mut counts = vec![];
    for claim in REGISTRY {
        let (mut measured, mut certified) = (0, 0);
        for instance in instances {
            let found = measure(claim, &Evaluation::<f64>::new(instance, SAMPLE_PIECES));
            let decision = certify(claim, instance).decision;
            let slug = claim.statement.slug;
            let Measured::Inside { ratio, part } = found else {
                assert_ne!(decision, Decision::Violated, "{slug}");
                continue;
            };
            measured += 1;
            certified += u32::from(decision == Decision::Holds);
            if claim.statement.expected == Expected::Holds && claim.statement.relation != Relation::Existence {
                assert_ne!(decision, Decision::Violated, "{slug} {part} {instance:?}");
                let ratio = ratio.unwrap_or(0.0);
                assert!(ratio <= RATIO_LIMIT || decision == Decision::Holds, "{slug}: {ratio} of {part} in {instance:?}");
            }
        }
        counts.push((claim.statement.slug, measured, certified));
    }
    counts
}

fn check(counts: &[(&str, u32, u32)], least_certified: u32) {
    for &(slug, measured, certified) in counts {
        if OTHERS.contains(&slug) {
            assert_eq!(measured, 0, "{slug}");
        } else if slug != EXISTENCE {
            assert!(measured > 0, "{slug} was never inside: {counts:?}");
            let holds = claim(slug).statement.expected == Expected::Holds;
            assert!(!holds || certified >= least_certified.min(measured), "{slug}: {certified} of {measured} certified");
        }
    }
}

#[test]
fn short_ones() {
    check(&examine(&instances(1, 5, 40)), 10);
}

#[test]
fn a_hundred_tokens() {
    check(&examine(&instances(2, 100, 15)), 6);
}

#[test]
fn a_thousand_tokens() {
    check(&examine(&instances(3, 1_000, 10)), 2);
}

/// `GRADIENT_GAP_LONG=1`: more of them, and some with logits for every position.
#[test]
fn ten_thousand_tokens() {
    let instances = if long() { instances(5, 10_000, 15) } else { of_kinds(&kinds()[..4], 5, 10_000, 8) };
    check(&examine(&instances), 2);
}

/// The same shares of bounds as the list of responses gives.
#[test]
fn shares_as_with_a_list() {
    let (mut compared, mut same) = (0, 0);
    for instance in &instances(4, 4, 60) {
        let listed = instance.listed().expect("small");
        let holds = |claim: &&ClaimEntry| claim.statement.expected == Expected::Holds;
        for claim in REGISTRY.iter().filter(holds) {
            let [a, b] = [instance, &listed].map(|instance| measure(claim, &Evaluation::<f64>::new(instance, 2)));
            let slug = claim.statement.slug;
            match (a, b) {
                (Measured::Inside { ratio: Some(a), part }, Measured::Inside { ratio: Some(b), .. }) => {
                    // Identities compare rounding errors, each with its own tolerance; T_ψ1 is sampled in fewer points.
                    let identity =
                        claim.real.parts(&Evaluation::<f64>::new(&listed, 2)).iter().any(|part| part.tolerance.is_some());
                    if identity {
                        assert!(a <= RATIO_LIMIT && b <= RATIO_LIMIT, "{slug} {part}: {a} {b}");
                    } else if slug == "self-bounding" {
                        // Not every response is asked.
                        assert!(a <= b * (1.0 + 1e-9), "{slug} {part}: {a} {b} in {instance:?}");
                        same += u32::from(a >= b * (1.0 - 1e-9));
                    } else {
                        assert!(a == b || (a - b).abs() <= 0.02 * b.abs() + 1e-9, "{slug} {part}: {a} {b} in {instance:?}");
                    }
                    compared += 1;
                }
                (a, b) => assert_eq!(std::mem::discriminant(&a), std::mem::discriminant(&b), "{slug}: {a:?} {b:?}"),
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
    assert!(same >= 50, "the response that uses most is among those asked in {same} of 60");
}

/// Both sides of every identity agree to eight digits, and a ten-thousandth beside the truth lies outside what intervals
/// enclose: the tolerances of long responses are wide, but what is compared does not need them.
fn identities_to_eight_digits(seed: u64, tokens: u32, count: usize) {
    let mut told: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for instance in instances(seed, tokens, count) {
        let (real, enclosed) = (Evaluation::<f64>::new(&instance, 1), Evaluation::<Interval>::new(&instance, 1));
        for claim in identities() {
            let slug = claim.statement.slug;
            if !matches!(measure(claim, &real), Measured::Inside { .. }) {
                continue;
            }
            for part in claim.real.parts(&real) {
                let error = (part.computed - part.claimed).abs();
                assert!(error <= 1e-8 * part.claimed.abs().max(1.0), "{slug}: {part:?} in {instance:?}");
            }
            for part in claim.enclosed.parts(&enclosed) {
                let apart = |factor: f64| !(part.computed - Interval::of(factor) * part.claimed).contains(0.0);
                let seen = told.entry((slug, part.name)).or_default();
                assert!(!apart(1.0), "{slug}: {part:?} in {instance:?}");
                *seen += u32::from(apart(1.0001) && apart(0.9999));
            }
        }
    }
    let missed: Vec<_> = told.iter().filter(|(_, seen)| **seen == 0).map(|(name, _)| name).collect();
    assert!(missed.is_empty(), "where no error of a ten-thousandth would be seen: {missed:?} of {told:?}");
    assert!(told.len() > 20, "{told:?}");
}

fn identities() -> impl Iterator<Item = &'static ClaimEntry> {
    let holds = |claim: &&ClaimEntry| claim.statement.expected == Expected::Holds;
    REGISTRY.iter().filter(holds).filter(|claim| claim.statement.relation == Relation::Identity)
}

#[test]
fn identities_of_a_hundred_tokens() {
    identities_to_eight_digits(6, 100, 15);
}

#[test]
fn identities_of_a_thousand_tokens() {
    identities_to_eight_digits(7, 1_000, 10);
}

#[test]
fn identities_of_ten_thousand_tokens() {
    identities_to_eight_digits(8, 10_000, 5);
}

/// T coins of log-odds `bias`, correct if all fall on 0.
fn coins(tokens: u32, bias: f64) -> Instance {
    let shape = Shape { vocabulary: 2, max_length: tokens, ending: Ending::Fixed };
    let automaton = Automaton { start: 0, next: vec![0, 1, 1, 1], by_position: false };
    let features = Features::Dense(vec![1.0, 0.0, 1.0, 0.0]);
    let bias = vec![bias, 0.0, bias, 0.0];
    let logits = Logits { dim: 1, rows: 2, options: 2, bias, features, quadratic: vec![], waves: vec![] };
    let policy = Policy::finite_state(shape, automaton, None, logits).expect("fits");
    let correct = vec![true, false];
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.01, correct, then: vec![] }
}

/// T coins with P(0) = p, correct if all fall on 0: g⁺ = T(1−p), g⁻ = −J g⁺/(1−J), and the only response of O⁺ has s =
/// T(1−p), H = −Tp(1−p).
#[test]
fn coins_by_hand() {
    for tokens in [100, 1_000, 10_000] {
        let t = f64::from(tokens);
        let instance = coins(tokens, t.ln()); // J = (1 + 1/T)^{−T} → 1/e
        let q = 1.0 / (1.0 + t);
        let failure = -(t * (-q).ln_1p()).exp_m1();
        let gap = t * q / failure;
        let both = |slug: &str, name: &str, expected: f64| {
            let parts = parts(slug, &instance);
            let named: Vec<_> = parts.iter().filter(|part| part.name == name).collect();
            assert!(!named.is_empty(), "{slug} has no {name}");
            let near = |x: f64| (x - expected).abs() <= 1e-11 * expected.abs();
            assert!(named.iter().any(|part| near(part.computed) && near(part.claimed)), "{slug}: {named:?}, {expected}");
        };
        both("policy-normalises", "every state walked by itself", 1.0);
        both("score-decomposes", "E⁺[s]", t * q);
        both("score-decomposes", "s", t * q);
        both("score-decomposes", "H", -t * q * (1.0 - q));
        both("conditional-policies", "J g⁺ = −(1−J) g⁻", (1.0 - failure) * t * q);
        both("reinforce-gradient", "∇J/(J(1−J))", gap);
        both("gradient-gap-identity", "∇J/(J(1−J))", gap);
        both("grpo-direction", "g_GRPO/√(J(1−J))", gap / t);
        both("grpo-effective-step", "GRPO", gap / t);
        both("grpo-effective-step", "Dr. GRPO", gap);
        both("gap-alignment-angle", "Δμ", gap);
    }
}

/// T fair coins: ((1−J)Δμ)² = (T/2)² and L_oβ(J) = T/4 · (1 + 2(T−1) log 2), so that a bound without the factor T∞ would be
/// far exceeded.
#[test]
fn fair_coins_and_their_probability() {
    for tokens in [100, 1_000, 10_000] {
        let (t, instance) = (f64::from(tokens), coins(tokens, 0.0));
        let parts = parts("self-bounding", &instance);
        let part = parts.iter().find(|part| part.name == "((1−J)Δμ)²").expect("J ≤ ½");
        let (square, bound) = (0.25 * t * t, 0.25 * t * (1.0 + 2.0 * (t - 1.0) * 2f64.ln()));
        assert!((part.computed / square - 1.0).abs() < 1e-11 && (part.claimed / bound - 1.0).abs() < 1e-11, "{part:?}");
        assert!(part.computed < part.claimed && part.computed > part.claimed / t);
        assert_eq!(certify(claim("self-bounding"), &instance).decision, Decision::Holds);
        // The word of O⁺, and one of O⁻ that has the same size of score.
        let of_words = parts.iter().filter(|part| part.name == "s(o)²");
        assert!(of_words.map(|part| part.computed / square).any(|share| (share - 1.0).abs() < 1e-11));
    }
}

/// Theorem 4 by the recursion: the construction as a finite-state policy is certified to collapse at both ends of (19) and
/// between, and every step is that of the closed form.
#[test]
fn theorem_4_collapses() {
    for tokens in [100, 1_000, 10_000] {
        let t = f64::from(tokens);
        let alignment = 2e-3 * t.sqrt();
        let [low, high] = [120.0 * alignment / (5.0 * t), 0.5 / (5.0 * t).sqrt()];
        let at = |eta: f64| {
            let construction = Theorem4::new(1.0, alignment, eta, tokens);
            Theorem4 { token: Theorem2 { steps: 6, ..construction.token.clone() }, ..construction }
        };
        for eta in [1.001 * low, 0.5 * (low + high), 0.999 * high] {
            let construction = at(eta);
            let instance = construction.finite_state().expect("admissible");
            assert_eq!(certify(claim(EXISTENCE), &instance).decision, Decision::Holds, "{tokens} {eta}");
            let evaluation = Evaluation::<f64>::new(&instance, 1);
            let closed = construction.course::<f64>(&construction.run().expect("admissible"));
            assert_eq!(evaluation.course().steps.len(), 6);
            for (step, expected) in evaluation.course().steps.iter().zip(&closed.steps) {
                let near = |x: f64, y: f64| (x / y - 1.0).abs() < 1e-9;
                assert!(
                    near(step.alignment, expected.alignment) && near(step.log_success, expected.log_success),
                    "{step:?}"
                );
                assert!(
                    near(step.change, expected.change) && near(step.remainder, expected.remainder),
                    "{step:?} {expected:?}"
                );
                assert!(step.change < 0.0);
            }
        }
        // Controls: far below the window J rises, above it the step is too large for the statement; on the other side Δμ <
        // 0.
        let decision = |instance: &Instance| certify(claim(EXISTENCE), instance).decision;
        for eta in [0.1 * low, 1.1 * high] {
            assert_eq!(decision(&at(eta).finite_state().expect("an instance")), Decision::Violated, "{tokens} {eta}");
        }
        let mut instance = at(low).finite_state().expect("admissible");
        instance.correct = vec![false, true];
        assert_eq!(decision(&instance), Decision::Outside, "{tokens}");
    }
}

/// The responses that score-decomposes looks at are the extreme ones of the list.
#[test]
fn extreme_responses_of_the_list() {
    for instance in instances(9, 4, 40) {
        let listed = instance.listed().expect("small");
        let list = Evaluation::<f64>::new(&listed, 1);
        let (responses, correct) = (&list.start().responses, &listed.correct);
        let parts = parts("score-decomposes", &instance);
        let found: Vec<_> = parts.iter().filter(|part| part.name == "s").map(|part| part.claimed).collect();
        let [minus, plus] = [false, true].map(|side| {
            let of_side = |list: &[f64]| -> Vec<f64> {
                list.iter().zip(correct).filter(|&(_, &correct)| correct == side).map(|(&x, _)| x).collect()
            };
            let (score, log_prob) = (of_side(&responses.score), of_side(&responses.log_prob));
            let likeliest = (0..score.len()).max_by(|&a, &b| log_prob[a].total_cmp(&log_prob[b])).expect("reached");
            [
                score.iter().copied().fold(f64::MIN, f64::max),
                score.iter().copied().fold(f64::MAX, f64::min),
                score[likeliest],
            ]
        });
        for (found, expected) in found.iter().zip([minus, plus].concat()) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected} in {instance:?}");
        }
    }
}

/// Masses by powers of a matrix and token by token: P(O⁺) + P(O⁻) = 1 by both.
#[test]
fn normalised_by_powers_and_token_by_token() {
    let (mut compared, mut by_position) = (0, 0);
    for tokens in [100, 1_000, 10_000] {
        for instance in instances(10, tokens, 10) {
            let Instance { policy, theta, direction, correct, .. } = &instance;
            let on_line = OnLine::<f64>::new(policy, correct, theta, direction);
            let enclosed = OnLine::<Interval>::new(policy, correct, theta, direction);
            let one_by_one = on_line.line_token_by_token(0.0).expect("not listed");
            let total = |line: &Line<f64>| line.log_mass().map(f64::exp).iter().sum::<f64>() - 1.0;
            let allowed = 1e-14 * f64::from(tokens);
            assert!(total(&one_by_one).abs() < allowed, "{tokens}");
            let Some(powers) = on_line.line_by_powers(0.0) else {
                by_position += 1;
                continue;
            };
            assert!(total(&powers).abs() < allowed, "{tokens}");
            let zero = Interval::point(0.0);
            for line in [enclosed.line_by_powers(zero), enclosed.line_token_by_token(zero)] {
                let masses = line.expect("not listed").log_mass().map(Scalar::exp);
                let total = masses[0] + masses[1];
                assert!(total.contains(1.0) && total.width() < 1e3 * allowed, "{total:?}");
                // Control: without either side it is not 1.
                assert!(masses.iter().any(|mass| !mass.contains(1.0)));
            }
            compared += 1;
        }
    }
    assert_eq!((compared, by_position), (24, 6));
}
