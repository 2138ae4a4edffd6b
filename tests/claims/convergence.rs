//! convergence: Theorem 1(b).

use crate::support::{Outcome, log_odds_at_the_end};
use crate::support::{Reach, claim, decision, examine, on_a_line, outside, parabola, parts, ratio, repeated, sample};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::run::{Direction, Plan, StepSize, Stop, run};
use gradient_gap::{Evaluation, families};

const REACH: Reach = &[
    ("linear-softmax-run", 0.3),
    ("tabular-softmax-run", 0.3),
    ("cube-run", 0.3),
    ("quadratic-softmax-run", 0.3),
    ("curve-run", 0.3),
    ("sum-of-sines-run", 0.3),
    ("prefix-tabular-run", 0.4),
    ("last-token-run", 0.3),
    ("geometric-length-run", 0.2),
];

const OUTSIDE: &[&str] = &[
    "two responses, one parameter",
    "two tokens, two responses",
    "J = 1e-300",
    "1 − J = 1e-300",
    "J = 1e-300, two tokens",
    "1 − J = 1e-300, two tokens",
    "η = 1e6",
    "equal features",
    "logits ±350",
    "logits ±700",
    "chain of 200 tokens, ended by EOS",
    "chain of 200 tokens, cut",
    "chain of 200 tokens, stopped at random",
    "six coins",
    "declared lengths from 1 to 4·10⁹",
    "1 − J = 1e-600, w = 0",
    "J = 1e-600, w = 0",
    "J = 1e-600",
    "two responses, one logit each",
    "w = 0",
];

standard_tests!("convergence", reach: REACH, edges: 100, outside: OUTSIDE);

/// λ = δθ − θ² at J = ½: (15a) allows about δ/2, half of the gain is lost there, and L_o → 1, G_o → 0 as δ → 0. Beyond, at δ, all is lost.
#[test]
fn approached_on_a_parabola() {
    let mut last = 0.0;
    for slope in [0.3, 0.1, 1e-2, 1e-3] {
        let limit = 0.5 / (1.0 + 0.25 * slope * slope + 2.0 * slope * slope);
        let instance = parabola([0.0, slope, -2.0], 0.999 * slope * limit);
        let found = ratio("convergence", &instance);
        assert!(found > last, "δ = {slope}: {found} after {last}");
        last = found;
        assert_eq!(decision("convergence", &instance), Decision::Holds);
        let beyond = parabola([0.0, slope, -2.0], slope);
        assert_eq!(outside("convergence", &beyond), "(15a) and η ≤ 1/(2√L_o) at every step");
        let course = Evaluation::<f64>::new(&beyond, SAMPLE_PIECES).course().clone();
        assert!(course.change() < 1e-9 * slope * slope && course.cumulative_alignment() > 0.9 * slope * slope);
    }
    assert!(last > 0.998 && last <= 1.0, "{last}");
}

/// Two responses, λ = θ, two steps of 1/64: R = 0, M = λ(2) = 1/32, 1 − J(2) = 1/(1 + e^{1/32}).
#[test]
fn two_steps_by_hand() {
    let instance = repeated(on_a_line(&[1.0, 0.0], &[], 1, 0.015625), 2);
    let parts = parts("convergence", &instance);
    assert!(parts[0].computed.abs() < 1e-16 && (parts[0].claimed - 0.015625).abs() < 1e-16, "{parts:?}");
    let expected = 0.03125 - 0.03125f64.exp().ln_1p();
    assert!((parts[1].computed - expected).abs() < 1e-15, "{parts:?}");
}

/// (15b) in its printed form, from J at θ_K.
#[test]
fn the_printed_form_at_the_last_iterate() {
    let mut covered = 0;
    for (point, instance) in sample(families::RUNS, 12) {
        if !matches!(examine(claim("convergence"), &instance), Ok(Outcome::Inside(_))) {
            continue;
        }
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let (start, progress) = (evaluation.start(), evaluation.course().cumulative_alignment());
        let lambda = log_odds_at_the_end(&instance);
        let bound = start.success() / (start.success() + start.failure() * (-0.5 * progress).exp());
        assert!(1.0 / (1.0 + (-lambda).exp()) >= bound * (1.0 - 1e-9), "{point:?}");
        covered += 1;
    }
    assert!(covered >= 100, "{covered}");
}

/// M(K) → ∞ brings J → 1: with M = 2m, 1 − J(K) ≤ e^{−λ(0) − m}.
#[test]
fn progress_without_bound_brings_success() {
    let start = gradient_gap::claims::conditions::triangle();
    for target in [2.0, 4.0, 8.0] {
        let plan = Plan { direction: Direction::Gradient, step: StepSize::Trajectory(0.99), most: 4000, target };
        let (instance, stop) = run(&start, &plan);
        assert_eq!(stop, Stop::Reached);
        let failure = 1.0 / (1.0 + log_odds_at_the_end(&instance).exp());
        assert!(failure <= 2.0 * (-0.5 * target).exp(), "{failure}"); // e^−λ(0) = 2
        assert!(ratio("convergence", &instance) < 1.0);
    }
}
