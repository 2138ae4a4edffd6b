//! smooth-only-step: the log-odds move by ηΔμ up to L_oη²/(2(1−J)) below and L_oη²/(2J) above.

use crate::support::{NOT_STILL, decision, on_a_line, parabola, parts, ratio, shares};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::{Evaluation, Instance};

standard_tests!("smooth-only-step", reach: NOT_STILL, edges: 85, outside: &[
    "η = 0", "η = 1e-200", "equal features", "logits ±700", "chain of 200 tokens, stopped at random", "1 − J = 1e-600, η = 0", "1 − J = 1e-600, w = 0", "J = 1e-600, η = 0",
    "J = 1e-600, w = 0", "J = 1e-600", "w = 0",
]);

/// λ = ∓30 ∓ θ²: equality below as J → 0, above as J → 1, at any step size.
#[test]
fn equality_on_parabolas() {
    for (sign, part) in [(-1.0, 0), (1.0, 1)] {
        for eta in [1e-4, 0.5] {
            let instance = parabola([30.0 * sign, 0.0, 2.0 * sign], eta);
            let share = shares("smooth-only-step", &instance)[part];
            assert!(share.lo() > 0.9999 && share.hi() < 1.000001, "{share:?}");
            assert_eq!(decision("smooth-only-step", &instance), Decision::Holds);
        }
    }
}

/// One correct response of a linear policy: (log J)'' = −Var(s) = −L_o whatever J, so the sharper form is met at every J; with one
/// incorrect response that of 1 − J.
#[test]
fn equality_of_the_tangents_at_every_success_rate() {
    for log_odds in [-680.0, -20.0, -1.0, 0.5, 20.0, 680.0] {
        let one = on_a_line(&[1.0, -0.5, 0.25], &[log_odds, 0.0, 0.0], 1, 1e-3);
        let other = Instance { correct: vec![false, true, true], ..one.clone() };
        for (instance, part) in [(one, 2), (other, 3)] {
            let share = shares("smooth-only-step", &instance)[part];
            assert!(share.lo() > 0.995 && share.hi() < 1.005, "λ = {log_odds}: {share:?}");
            assert!((ratio("smooth-only-step", &instance) - 1.0).abs() < 0.005);
        }
    }
}

/// The parts by J and 1 − J after the step, evaluated there: log J(η) ≥ log J + η(1−J)Δμ − L_oη²/2.
#[test]
fn the_tangents_by_another_route() {
    for (phi, eta) in [([1.0, 0.0, -1.0], 0.5), ([0.3, -2.0, 1.0], 1.5), ([2.0, 1.0, 0.0], 3.0)] {
        let instance = on_a_line(&phi, &[0.2, -0.4, 0.0], 1, eta);
        let start = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let moved = Instance { theta: vec![eta], ..instance.clone() };
        let end = Evaluation::<f64>::new(&moved, SAMPLE_PIECES);
        let (start, end) = (start.start(), end.start());
        let parts = parts("smooth-only-step", &instance);
        let slope = start.failure() * start.alignment();
        let plus = end.log_success() - start.log_success() - eta * slope;
        let minus = end.log_failure() - start.log_failure() + eta * start.success() * start.alignment();
        for (part, remainder) in [(parts[2], plus), (parts[3], minus)] {
            assert!((part.computed + 2.0 * remainder / (eta * eta)).abs() < 1e-13, "{part:?} {remainder}");
        }
    }
}
