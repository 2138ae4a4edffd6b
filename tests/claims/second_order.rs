//! second-order: equation (17), corrected.

use crate::support::{EVERYWHERE, close, coins, on_a_line, parabola, parts};
use gradient_gap::policy::{Ending, Policy, Rule};
use gradient_gap::{Evaluation, Instance};

standard_tests!("second-order", reach: EVERYWHERE, edges: 100, outside: &[]);

fn coefficient(instance: &Instance) -> f64 {
    parts("second-order", instance)[0].claimed
}

/// O⁺ = {|o| ≤ 3}. (With O⁺ = {⟂} λ would be linear in θ.)
fn up_to_three_tokens(instance: Instance) -> Instance {
    let correct = Rule::LengthAtMost(3).apply(&instance.policy);
    Instance { correct, ..instance }
}

/// The coefficient is what a third route says it is: R/η² tends to it with an error O(η).
#[test]
fn the_remainder_tends_to_the_coefficient() {
    let makers: [fn(f64) -> Instance; 5] = [
        |eta| on_a_line(&[-1.0, 1.0, 0.25, 0.0], &[0.5, 0.0, -1.0, 0.0], 2, eta),
        |eta| {
            let policy = Policy::curve([0.7, -1.0, 3.0], &[[0.5, 2.0, 1.0]]).expect("finite");
            Instance { policy, ..parabola([0.0; 3], eta) }
        },
        |eta| up_to_three_tokens(coins(5, Ending::Eos, -1.0, eta)),
        |eta| coins(4, Ending::Fixed, 0.5, eta),
        |eta| up_to_three_tokens(coins(6, Ending::Cut, 0.25, eta)),
    ];
    for (k, make) in makers.iter().enumerate() {
        let error = |eta: f64| {
            let instance = make(eta);
            let remainder = Evaluation::<f64>::new(&instance, 1).step().remainder;
            (remainder / (eta * eta) - coefficient(&instance)).abs() / eta
        };
        // error(η) → |λ'''|/6: the same constant at every η, so that the error itself is linear in η.
        let (coarse, fine) = (error(1e-3), error(1e-6));
        assert!(coarse > 1e-3 && coarse < 10.0, "{k}: {coarse}");
        assert!((fine / coarse - 1.0).abs() < 0.02, "{k}: {coarse} at η = 1e-3, {fine} at η = 1e-6");
    }
}

/// λ = −log 2 + log 2cosh t (O⁺ = {±1}, O⁻ = {0}): ½. λ = l₂t²/2: l₂/2. One coin of T, first word: λ = T log p − log(1 − pᵀ).
#[test]
fn coefficients_by_hand() {
    close(coefficient(&on_a_line(&[-1.0, 1.0, 0.0], &[], 2, 0.1)), 0.5, 4.0, 1.0);
    close(coefficient(&parabola([0.3, 0.2, 5.0], 0.1)), 2.5, 16.0, 5.0);
    // T = 2, p = ½: with q = 1 − p, (log p)'' = −pq = −¼ and λ = log p² − log(1 − p²). p' = pq = ¼, p'' = pq(1 − 2p) = 0;
    // (1 − p²)' = −2pp' = −¼, (1 − p²)'' = −2p'² = −⅛; (log(1 − p²))'' = −⅛/¾ − (¼/¾)² = −1/6 − 1/9 = −5/18.
    // λ'' = −½ + 5/18 = −2/9.
    close(coefficient(&coins(2, Ending::Fixed, 0.0, 0.1)), -1.0 / 9.0, 16.0, 1.0);
}

/// For one token and logits linear in θ, E⁺[H] = E⁻[H] = −Var(s): only the variances are left. For tokens it is not so.
#[test]
fn curvature_cancels_for_linear_trajectories_only() {
    let one_token = on_a_line(&[-1.0, 1.0, 0.25, 0.0], &[0.5, 0.0, -1.0, 0.0], 2, 0.1);
    let evaluation = Evaluation::<f64>::new(&one_token, 1);
    let start = evaluation.start();
    close(start.curvature[1], start.curvature[0], 16.0, evaluation.curvature_condition());

    let tokens = coins(3, Ending::Eos, 0.0, 0.1);
    let start = Evaluation::<f64>::new(&tokens, 1).start().clone();
    assert!((start.curvature[1] - start.curvature[0]).abs() > 0.1, "{:?}", start.curvature);
}
