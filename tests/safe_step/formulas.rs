//! Values by hand, both ends of the range of J, monotonicity, windows, contradictions.

use super::drawn::random_instances;
use super::{at, named, up_to};
use gradient_gap::Evaluation;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::regularity::Constants;
use gradient_gap::safe_step::{Compared, Inputs, Step, THRESHOLDS, between};
use gradient_gap::thresholds::{
    SuccessRate, ascent_step, collapse_threshold, most_correct_length, rare_failure_step, token_step, trajectory_step,
    two_sided_step,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::LN_2;

fn close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-14, "{found} {expected}");
}

#[test]
fn one_token_by_hand() {
    let inputs = Inputs { score_bound: Some(2.0), ..Inputs::new(0.25, 4.0) };
    assert!(inputs.check().is_ok());
    // L_o + 8G_o² = 36, 1/(2√L_o) = ¼; L_o + G_o²/2 = 6.
    close(at(&inputs, 0.75, "15a"), 0.25 / 72.0);
    // 1/log 2/¼ = 5.77 against 8.
    close(at(&inputs, 0.75, "18a"), 0.125 / (4.0 + 4.0 * 4.0 / LN_2));
    close(at(&inputs, 0.75, "smooth-only"), 0.03125);
    close(at(&inputs, 0.75, "token-smooth-only"), 0.03125);
    close(at(&inputs, 0.75, "two-sided"), 0.25 / 6.0);
    close(at(&inputs, 0.75, "collapse-threshold"), 0.125);
    // σ² = 4, b = 8, h = log 4, a = 8 log 3 + 4; tan(x/2) = JΔμ√b/(a + bh).
    let tangent = 0.1875 * 8f64.sqrt() / (8.0 * 12f64.ln() + 4.0);
    close(at(&inputs, 0.75, "rare-failure"), 2.0 / 8f64.sqrt() * tangent.atan());
    let compared = Compared::new(&inputs, SuccessRate::of_success(0.75));
    let (largest, eta) = compared.largest().expect("aligned");
    assert_eq!((largest.name, eta), ("two-sided", up_to(&compared, "two-sided")));
}

#[test]
fn tokens_by_hand() {
    let plain = Inputs { score_bound: Some(0.5), max_length: 8.0, ..Inputs::new(2.0, 1.0) };
    // T_ψ1 = 8/log 2; 16/log 2 is below 8·64. E⁺[ℓ] = T∞.
    close(at(&plain, 0.5, "18a"), f64::min(1.0 / (8.0 + 4.0 / LN_2), 0.5 / (8.0 + 2.0 / LN_2).sqrt()));
    close(at(&plain, 0.5, "15a"), 2.0 / (2.0 * (8.0 + 8.0 * 16.0)));
    close(at(&plain, 0.5, "token-smooth-only"), 0.25);
    close(at(&plain, 0.5, "two-sided"), 2.0 / (8.0 + 8.0));
    close(at(&plain, 0.5, "collapse-threshold"), 0.5);
    // A shorter law: E⁺[ℓ] ≤ 2 log 3 at J = ½, given or not.
    let short = Inputs { psi1_length: Some(2.0), ..plain };
    close(at(&short, 0.5, "token-smooth-only"), 2.0 / (2.0 * 3f64.ln()));
    close(at(&Inputs { correct_length: Some(4.0), ..plain }, 0.5, "token-smooth-only"), 0.5);
    // Without G: σ² = L, and four thresholds ask for it.
    let blind = Inputs { score_bound: None, ..plain };
    let compared = Compared::new(&blind, SuccessRate::of_success(0.5));
    let needs = THRESHOLDS.iter().zip(&compared.steps).filter(|(_, step)| **step == Step::Needs("--score-bound"));
    assert_eq!(needs.map(|(t, _)| t.name).collect::<Vec<_>>(), ["15a", "18a", "two-sided", "collapse-window"]);
    assert!(up_to(&compared, "rare-failure") < at(&plain, 0.5, "rare-failure"));
}

/// Every formula in binary64 against the same formulas in intervals, on numbers of every size, J down to 10⁻³⁰⁰ from either
/// end.
#[test]
fn every_formula_keeps_its_digits_at_every_rate() {
    let mut draw = ChaCha8Rng::seed_from_u64(7);
    let mut uniform = |low: f64, high: f64| low + (high - low) * (draw.next_u64() >> 11) as f64 * 2f64.powi(-53);
    let mut compared = 0;
    for case in 0..4_000 {
        let rate = match case % 4 {
            0 => 1e-300,
            1 => 10f64.powf(uniform(-300.0, -1e-3)),
            _ => uniform(0.001, 0.999),
        };
        let [gap, l, g] = [uniform(-9.0, 9.0), uniform(-9.0, 9.0), uniform(-9.0, 9.0)].map(|x| 10f64.powf(x));
        let (length, psi1) = (10f64.powf(uniform(0.0, 5.0)), 10f64.powf(uniform(0.2, 5.0)));
        let failing = case % 2 == 0;
        let found = all(failing, rate, gap, l, g, length, psi1);
        let i = Interval::of;
        let enclosed = all(failing, i(rate), i(gap), i(l), i(g), i(length), i(psi1));
        for (k, (found, enclosed)) in found.into_iter().zip(enclosed).enumerate() {
            let (mid, width) = (enclosed.mid(), enclosed.width());
            if mid < 1e-300 {
                continue; // what is no normal number has fewer digits
            }
            compared += 1;
            assert!(width <= 1e-14 * mid && (found - mid).abs() <= 2e-15 * mid, "{case}, {k}: {found:e} {enclosed:?}");
        }
    }
    assert!(compared > 30_000, "{compared}");
}

fn all<N: Scalar>(failing: bool, rate: N, gap: N, l: N, g: N, length: N, psi1: N) -> [N; 8] {
    let rate = if failing { SuccessRate::of_failure(rate) } else { SuccessRate::of_success(rate) };
    let (score, curvature) = (g * length, l * length);
    let constants = Constants { score, curvature, token_score: g, token_curvature: l, psi1 };
    [
        trajectory_step(gap, &constants),
        token_step(gap, rate.failure, length, &constants),
        ascent_step(gap, rate.failure, curvature),
        ascent_step(gap, rate.failure, l * most_correct_length(&rate, length, psi1)),
        rare_failure_step(gap, &rate, l, l.min(g.square()), length),
        rare_failure_step(gap, &rate, l, l, length),
        two_sided_step(gap, &constants),
        collapse_threshold(gap, curvature),
    ]
}

/// The control: 1 − J formed from J loses every digit.
#[test]
fn a_difference_would_lose_every_digit() {
    let failure = 3e-17;
    let lost = SuccessRate::of_success(1.0 - failure);
    assert_eq!((lost.failure, ascent_step(1.0, lost.failure, 2.0)), (0.0, 0.0));
    assert_eq!(ascent_step(1.0, SuccessRate::of_failure(failure).failure, 2.0), failure);
}

#[test]
fn thresholds_are_monotone() {
    let inputs = Inputs { score_bound: Some(0.8), max_length: 20.0, psi1_length: Some(5.0), ..Inputs::new(0.1, 0.5) };
    let rates = between(SuccessRate::of_success(1e-9), SuccessRate::of_failure(1e-9), 101);
    assert!(rates.windows(2).all(|pair| pair[0].success <= pair[1].success && pair[0].failure >= pair[1].failure));
    let steps = |inputs: &Inputs, rate: &SuccessRate<f64>| {
        let compared = Compared::new(inputs, *rate);
        THRESHOLDS.map(|t| if t.name == "collapse-window" { 0.0 } else { up_to(&compared, t.name) })
    };
    let below = |a: [f64; 8], b: [f64; 8]| a.iter().zip(b).all(|(a, b)| *a <= b * (1.0 + 1e-12));
    for rate in &rates {
        let now = steps(&inputs, rate);
        for harder in [
            Inputs { smoothness: 0.6, ..inputs },
            Inputs { score_bound: Some(0.9), ..inputs },
            Inputs { max_length: 21.0, ..inputs },
            Inputs { psi1_length: Some(6.0), ..inputs },
            Inputs { alignment: 0.09, ..inputs },
        ] {
            assert!(below(steps(&harder, rate), now), "{harder:?} at {rate:?}");
        }
        assert_eq!(steps(&Inputs { alignment: -0.1, ..inputs }, rate), [0.0; 8]);
    }
    // As J rises, 18a and smooth-only fall; 15a, two-sided and the collapse threshold stay; near 1 only rare-failure does
    // not fall in proportion to 1 − J.
    for pair in rates.windows(2) {
        let [before, after] = [&pair[0], &pair[1]].map(|rate| steps(&inputs, rate));
        assert!(after[1] <= before[1] && after[2] <= before[2]);
        assert_eq!([after[0], after[5], after[6]], [before[0], before[5], before[6]]);
    }
    let [near, nearer] = [1e-9, 1e-300].map(|failure| steps(&inputs, &SuccessRate::of_failure(failure)));
    assert!(nearer[2] < 1e-290 * near[2] && nearer[4] > 0.02 * near[4]);
}

#[test]
fn the_window_is_that_of_the_theorems_or_says_why_not() {
    let inputs = Inputs { score_bound: Some(2.0), ..Inputs::new(0.01, 1.0) };
    let window = |inputs: &Inputs| named(&Compared::new(inputs, SuccessRate::of_success(0.3)), "collapse-window").clone();
    let Step::Between(low, high) = window(&inputs) else { panic!("empty") };
    close(low, 0.12);
    close(high, 0.5 / 5f64.sqrt());
    // Per token: S = 5·4, 120Δμ/S, 1/(2√S).
    let Step::Between(low, high) = window(&Inputs { max_length: 4.0, ..inputs }) else { panic!("empty") };
    close(low, 0.06);
    close(high, 0.5 / 20f64.sqrt());
    for (empty, why) in [
        (Inputs { score_bound: Some(0.99), ..inputs }, "G < √L"),
        (Inputs { alignment: 0.02, ..inputs }, "Δμ > √S/120 = 1.8634e-2"),
        (Inputs { alignment: 0.0, ..inputs }, "Δμ ≤ 0"),
        (Inputs { score_bound: Some(1e200), ..inputs }, "(L + G²)T∞ is out of range"),
    ] {
        assert_eq!(window(&empty), Step::Empty(why.into()));
    }
    // G² > 29L: its lower part lies where nothing with this L collapses.
    let steep = |bound: f64| Compared::new(&Inputs { score_bound: Some(bound), ..inputs }, SuccessRate::of_success(0.3));
    assert_eq!((steep(5.3).void_below(), steep(5.4).void_below()), (None, Some(0.02)));
}

#[test]
fn bad_numbers_are_named() {
    let good = Inputs { max_length: 4.0, ..Inputs::new(0.1, 1.0) };
    for (bad, name) in [
        (Inputs { alignment: f64::NAN, ..good }, "alignment: NaN"),
        (Inputs { smoothness: -1.0, ..good }, "smoothness: -1.0"),
        (Inputs { smoothness: f64::INFINITY, ..good }, "smoothness: inf"),
        (Inputs { score_bound: Some(-0.5), ..good }, "score-bound: -0.5"),
        (Inputs { max_length: 0.5, ..good }, "max-length: 0.5"),
        (Inputs { psi1_length: Some(1.4), ..good }, "psi1-length: 1.4"),
        (Inputs { psi1_length: Some(5.8), ..good }, "psi1-length: 5.8"),
        (Inputs { correct_length: Some(0.9), ..good }, "correct-length: 0.9"),
        (Inputs { correct_length: Some(4.1), ..good }, "correct-length: 4.1"),
    ] {
        let error = bad.check().expect_err(name).to_string();
        assert!(error.starts_with(name) && error.contains("expected"), "{error}");
    }
    let ends = Inputs { psi1_length: Some(4.0 / LN_2), correct_length: Some(4.0), smoothness: 0.0, ..good };
    assert!(ends.check().is_ok() && Inputs { psi1_length: Some(1.0 / LN_2), ..ends }.check().is_ok());
}

/// No policy is said not to exist; numbers of none are.
#[test]
fn contradictions_are_those_of_no_policy() {
    let mut met = 0;
    for instance in random_instances(3, 40) {
        let evaluation = Evaluation::<f64>::new(&instance, 8);
        let (start, constants) = (evaluation.start(), evaluation.constants());
        if !evaluation.has_tokens() {
            continue;
        }
        let inputs = Inputs {
            score_bound: Some(constants.token_score),
            max_length: evaluation.max_length(),
            ..Inputs::new(start.alignment(), constants.token_curvature)
        };
        let rate = SuccessRate { success: start.success(), failure: start.failure() };
        assert_eq!(inputs.contradiction(&rate), None, "{instance:?}");
        met += 1;
    }
    assert!(met > 300, "{met}");
    let half = SuccessRate::of_success(0.5);
    let too_aligned = Inputs::new(3.0, 1.0);
    assert!(too_aligned.contradiction(&half).is_some_and(|why| why.contains("L·T∞")));
    assert!(Inputs { alignment: -3.0, ..too_aligned }.contradiction(&half).is_some());
    assert!(Inputs { max_length: 3.0, ..too_aligned }.contradiction(&half).is_none());
    let scored = Inputs { score_bound: Some(1.0), ..Inputs::new(2.1, 5.0) };
    assert!(scored.contradiction(&half).is_some_and(|why| why.contains("G·T∞")));
}
