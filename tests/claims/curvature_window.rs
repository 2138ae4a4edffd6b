//! curvature-window: where λ'' can lie, given J, λ', G_o and L_o at θ.

use crate::support::{NOT_STILL, decision, on_a_line, parts, ratio, shares, torn};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::{Evaluation, Instance, families};

standard_tests!("curvature-window", reach: NOT_STILL, edges: 85, outside: &[
    "equal features", "logits ±700", "chain of 200 tokens, stopped at random", "1 − J = 1e-600, η = 0", "1 − J = 1e-600, w = 0", "J = 1e-600, η = 0", "J = 1e-600, w = 0",
    "J = 1e-600", "w = 0",
]);

/// Both bounds by G² + L, at J = L/(G² + 2L) and with the sides exchanged.
#[test]
fn equality_with_scores() {
    for (smooth, score) in [(1.0, 1.0), (0.25, 2.0), (3.0, 0.5)] {
        let instance = torn(smooth, score, 0.0);
        let exchanged = Instance { correct: vec![false, false, true], ..instance.clone() };
        for (instance, part) in [(instance, 5), (exchanged, 4)] {
            let share = shares("curvature-window", &instance)[part];
            assert!(share.lo() > 0.999999 && share.hi() < 1.000001, "{share:?}");
        }
    }
}

/// The bounds by L alone: exactly met by every linear policy with one response on a side, whatever J.
#[test]
fn equality_without_scores() {
    for log_odds in [-690.0, -20.0, -1.0, 0.5, 20.0, 690.0] {
        let one = on_a_line(&[1.0, -0.5, 0.25], &[log_odds, 0.0, 0.0], 1, 0.1);
        let other = Instance { correct: vec![false, true, true], ..one.clone() };
        for (instance, part) in [(one, 0), (other, 1)] {
            let found = parts("curvature-window", &instance)[part];
            assert!((found.computed / found.claimed - 1.0).abs() < 1e-12, "λ = {log_odds}: {found:?}");
            assert!((ratio("curvature-window", &instance) - 1.0).abs() < 1e-12);
            assert_eq!(decision("curvature-window", &instance), Decision::Holds, "λ = {log_odds}");
        }
    }
}

/// λ' and λ'' by differentiation give the same parts.
#[test]
fn the_second_route() {
    for family in families::REGISTRY {
        for edge in family.edges() {
            let instance = family.decode(&edge.u).expect("inside the cube");
            let e = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
            let (jet, start) = (e.lambda_jet(), e.start());
            let bent = jet.second + (start.failure() - start.success()) * jet.first.powi(2);
            let found = parts("curvature-window", &instance)[5].computed;
            let size = e.curvature_condition() * 1e-13;
            assert!((found - start.failure() * bent).abs() <= size, "{}, {}: {found} {bent}", family.name, edge.name);
        }
    }
}
