//! gradient-gap-identity: equation (10).

use crate::support::{EVERYWHERE, all_close, close, coins, on_a_line, parts};
use gradient_gap::Instance;
use gradient_gap::policy::{Ending, Policy};

standard_tests!("gradient-gap-identity", reach: EVERYWHERE, edges: 100, outside: &[]);

/// Tabular softmax: g⁺ − g⁻ is π⁺ on O⁺ and −π⁻ on O⁻.
#[test]
fn tabular_softmax_by_hand() {
    let theta: Vec<f64> = [1.0f64, 2.0, 3.0, 4.0].map(f64::ln).to_vec();
    let instance = Instance {
        policy: Policy::tabular_softmax(4, vec![]).expect("fits"),
        theta,
        direction: vec![0.5; 4],
        eta: 0.1,
        correct: vec![true, true, false, false],
        then: vec![],
    };
    let expected = [1.0 / 3.0, 2.0 / 3.0, -3.0 / 7.0, -4.0 / 7.0];
    let parts = parts("gradient-gap-identity", &instance);
    all_close(&parts.iter().map(|part| part.computed).collect::<Vec<_>>(), &expected, 16.0, 2.0);
    all_close(&parts.iter().map(|part| part.claimed).collect::<Vec<_>>(), &expected, 16.0, 2.0);
}

/// Two responses, features ±1: the gap is 2 whatever J; ∇J = J(1−J)·2 would be lost at J = 10⁻³⁰⁰.
#[test]
fn nothing_is_lost_at_a_success_rate_of_1e_minus_300() {
    for log_odds in [-690.0, -1.0, 0.0, 1.0, 690.0] {
        let parts = parts("gradient-gap-identity", &on_a_line(&[1.0, -1.0], &[log_odds, 0.0], 1, 0.1));
        close(parts[0].computed, 2.0, 16.0, 1.0 + f64::abs(log_odds));
        close(parts[0].claimed, 2.0, 16.0, 1.0 + f64::abs(log_odds));
    }
}

/// Two fair coins, O⁺ = {00}: 1 − (−1/3).
#[test]
fn two_coins_by_hand() {
    let parts = parts("gradient-gap-identity", &coins(2, Ending::Fixed, 0.0, 0.1));
    close(parts[0].computed, 4.0 / 3.0, 16.0, 2.0);
    close(parts[0].claimed, 4.0 / 3.0, 16.0, 2.0);
}
