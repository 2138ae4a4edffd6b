//! convergence: Theorem 1(b).

use crate::support::{Outcome, gains_half_at_the_last_iterate};
use crate::support::{Reach, claim, coins, decision, examine, on_a_line, outside, parabola, parts, ratio, repeated, sample};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES, certify, ratio as ratio_of};
use gradient_gap::number::Interval;
use gradient_gap::policy::{Ending, Policy};
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

/// Two responses, λ = θ, two steps of 1/64: R = 0 at both, so k = 1 stands for both; M(2) = λ(2) = 1/32, 1 − J(2) = 1/(1 + e^{1/32}).
#[test]
fn two_steps_by_hand() {
    let instance = repeated(on_a_line(&[1.0, 0.0], &[], 1, 0.015625), 2);
    let parts = parts("convergence", &instance);
    assert!(parts[0].computed.abs() < 1e-16 && (parts[0].claimed - 0.0078125).abs() < 1e-16, "{parts:?}");
    // M(k) − log(1 + e^{M(k)}) = −log(1 + e^{−M(k)}) rises, but less than M(k) does: the share is largest at k = 2.
    let expected = 0.03125 - 0.03125f64.exp().ln_1p();
    assert!((parts[1].computed - expected).abs() < 1e-14, "{parts:?}");
}

/// (15b) in its printed form, from J at θ_K.
#[test]
fn the_printed_form_at_the_last_iterate() {
    gains_half_at_the_last_iterate("convergence");
}

/// M(K) → ∞ brings J → 1, as a bound along long runs: M(K) grows to 100 at (15a) along the gap, and intervals are certain that
/// 1 − J(k) ≤ e^{−λ(0) − M(k)/2} for every k: at the end 1 − J(K) < e^{−λ(0) − 50}, at θ_K itself.
#[test]
fn progress_without_bound_brings_success() {
    let triangle = gradient_gap::claims::conditions::triangle();
    let mut tabular = triangle.clone();
    tabular.policy = Policy::tabular_softmax(3, vec![]).expect("fits");
    (tabular.theta, tabular.direction) = (vec![0.0; 3], vec![0.0; 3]);
    let (two_coins, line) = (coins(2, Ending::Fixed, 0.0, 0.0), on_a_line(&[1.0, 0.0], &[], 1, 0.0));
    // λ = θ + θ²/4: G_o and L_o grow on the way.
    let curve = parabola([0.0, 1.0, 0.5], 0.0);
    for start in [triangle, tabular, two_coins, line, curve] {
        let mut last = None;
        for target in [10.0, 100.0] {
            let plan = Plan { direction: Direction::Gradient, step: StepSize::Trajectory(0.99), most: 20_000, target };
            let (instance, stop) = run(&start, &plan);
            assert_eq!(stop, Stop::Reached, "{target}");
            assert!(ratio("convergence", &instance) < 1.0);
            let evaluation = Evaluation::<Interval>::new(&instance, 1);
            let (progress, lambda) = (evaluation.course().cumulative_alignment(), evaluation.start().lambda());
            let log_failure = evaluation.iterates().log_failure[instance.updates() - 1];
            let bound = -lambda - Interval::point(0.5) * progress;
            assert!(log_failure.surely_lt(bound) && progress.lo() >= target - 1e-9, "{log_failure:?} {bound:?}");
            let certificate = certify(claim("convergence"), &instance);
            assert_eq!(certificate.decision, Decision::Holds, "{:?} {target}", certificate.parts);
            assert!(last.is_none_or(|last| log_failure.surely_lt(last)), "farther means surer");
            last = Some(log_failure);
        }
        assert!(last.is_some_and(|last| last.hi() < -50.0), "{last:?}");
    }
}

/// A run whose first step is at (15a) and whose others are far inside: the share at K alone would be smaller. And the printed
/// bound holds at every k.
#[test]
fn every_k_is_judged() {
    let mut early = 0;
    for (point, instance) in sample(families::RUNS, 12) {
        if !matches!(examine(claim("convergence"), &instance), Ok(Outcome::Inside(_))) {
            continue;
        }
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let found = ratio_of(&parts("convergence", &instance)[0]);
        let (mut progress, mut shortfall, mut worst) = (0.0, 0.0, f64::NEG_INFINITY);
        for step in &evaluation.course().steps {
            progress += step.alignment.max(0.0) * step.eta;
            shortfall += step.alignment.max(0.0) * step.eta - step.change;
            if progress > 1e-3 {
                // By subtraction: fewer digits.
                worst = f64::max(worst, shortfall / (0.5 * progress));
                assert!(found.is_some_and(|found| found >= shortfall / (0.5 * progress) - 1e-8), "{point:?}");
            }
        }
        early += usize::from(worst > shortfall / (0.5 * progress) + 1e-3);
    }
    assert!(early >= 20, "{early} runs are worst before their end");
}
