//! reinforce-gradient: equation (4).

use crate::support::{EVERYWHERE, all_close, close, coins, parts};
use gradient_gap::policy::{Ending, Policy};
use gradient_gap::{Evaluation, Instance};

standard_tests!("reinforce-gradient", reach: EVERYWHERE, edges: 100, outside: &[]);

/// ∂J/∂θ_o = π_o (r_o − J) for a tabular softmax, divided by J(1−J).
#[test]
fn tabular_softmax_by_hand() {
    let theta = vec![0.3, -1.2, 2.0, 0.0, -0.4];
    let correct = [true, false, false, true, false];
    let instance = Instance {
        policy: Policy::tabular_softmax(5, vec![]).expect("fits"),
        theta: theta.clone(),
        direction: vec![1.0, 0.0, 0.0, 0.0, 0.0],
        eta: 0.1,
        correct: correct.to_vec(),
        then: vec![],
    };
    let total: f64 = theta.iter().map(|x| x.exp()).sum();
    let success = theta.iter().zip(correct).filter(|&(_, c)| c).map(|(x, _)| x.exp()).sum::<f64>() / total;
    let expected: Vec<f64> = (theta.iter().zip(correct))
        .map(|(x, c)| x.exp() / total * (f64::from(u8::from(c)) - success) / (success * (1.0 - success)))
        .collect();
    let parts = parts("reinforce-gradient", &instance);
    let condition = Evaluation::<f64>::new(&instance, 1).logit_condition();
    all_close(&parts.iter().map(|part| part.computed).collect::<Vec<_>>(), &expected, 16.0, condition);
    all_close(&parts.iter().map(|part| part.claimed).collect::<Vec<_>>(), &expected, 16.0, condition);
}

/// T coins with log-odds θ, the word 0…0 correct: J = σ(θ)ᵀ, J' = T(1−σ)J, hence ∇J/(J(1−J)) = T(1−σ)/(1−σᵀ).
#[test]
fn a_word_of_coins_by_hand() {
    for length in [1, 2, 5, 12] {
        for log_odds in [-3.0f64, 0.0, 2.0] {
            let instance = coins(length, Ending::Fixed, log_odds, 0.1);
            let p = 1.0 / (1.0 + (-log_odds).exp());
            let t = f64::from(length);
            let expected = t * (1.0 - p) / (1.0 - p.powf(t));
            let parts = parts("reinforce-gradient", &instance);
            let condition = Evaluation::<f64>::new(&instance, 1).logit_condition() * t;
            close(parts[0].computed, expected, 16.0, condition);
            close(parts[0].claimed, expected, 16.0, condition);
        }
    }
}

/// One fair coin: ∇J = ½·½, positive.
#[test]
fn the_gradient_points_towards_the_correct_response() {
    let parts = parts("reinforce-gradient", &coins(1, Ending::Fixed, 0.0, 0.1));
    assert_eq!((parts[0].computed, parts[0].claimed), (1.0, 1.0)); // ½·½·(1)/(½·½)
}
