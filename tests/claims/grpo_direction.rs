//! grpo-direction: equation (5), exactly, for every law of the length.

use crate::support::{EVERYWHERE, close, coins, decision, on_a_line, parts};
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::{Ending, Policy};
use gradient_gap::{Evaluation, Instance};

standard_tests!("grpo-direction", reach: EVERYWHERE, edges: 100, outside: &[]);

/// Masses (.3, .2 | .5), scores (1, −.5, −.4), lengths (10, 1, 10), in one dimension.
fn opposed() -> Instance {
    let mut instance = on_a_line(&[1.0, -0.5, -0.4], &[0.3f64.ln(), 0.2f64.ln(), 0.5f64.ln()], 2, 0.1);
    instance.policy.lengths = Some(vec![10, 1, 10]);
    instance
}

/// E⁺[s/ℓ] = .6·.1 − .4·.5 = −.14 and E⁻[s/ℓ] = −.04 make −.1, while the gap is (.6 − .2) + .4 = +.8: cosine −1.
#[test]
fn the_direction_can_be_the_opposite_of_the_gap() {
    let instance = opposed();
    let evaluation = Evaluation::<f64>::new(&instance, 1);
    let condition = evaluation.logit_condition();
    let part = parts("grpo-direction", &instance)[0];
    close(part.computed, -0.1, 16.0, condition);
    close(part.claimed, -0.1, 16.0, condition);
    let gap = evaluation.gap().vector[0];
    close(gap, 0.8, 16.0, condition);
    assert_eq!(part.computed.signum() * gap.signum(), -1.0);
    assert_eq!(decision("grpo-direction", &instance), Decision::Holds);
}

/// The same scores in the plane, off the axes: the cosine between the two vectors is −1 up to rounding.
#[test]
fn the_cosine_is_minus_one() {
    let features = [1.0, -0.5, -0.4].iter().flat_map(|s| [0.6 * s, 0.8 * s]).collect();
    let bias = vec![0.3f64.ln(), 0.2f64.ln(), 0.5f64.ln()];
    let mut policy = Policy::linear_softmax(2, features, bias).expect("fits");
    policy.lengths = Some(vec![10, 1, 10]);
    let (theta, direction) = (vec![0.0; 2], vec![1.0, 0.0]);
    let instance = Instance { policy, theta, direction, eta: 0.1, correct: vec![true, true, false], then: vec![] };
    let evaluation = Evaluation::<f64>::new(&instance, 1);
    let gap = &evaluation.gap().vector;
    let grpo: Vec<f64> = parts("grpo-direction", &instance).iter().map(|part| part.computed).collect();
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let cosine = dot(&grpo, gap) / (dot(&grpo, &grpo) * dot(gap, gap)).sqrt();
    // Both vectors carry rounding units of their condition, the shorter one ten times as many relative to its length.
    close(cosine, -1.0, 16.0, 10.0 * evaluation.logit_condition());
}

/// With equal lengths the same masses and scores give the gap itself, divided by the length.
#[test]
fn constant_length_gives_the_gap() {
    let mut instance = opposed();
    instance.policy.lengths = Some(vec![10; 3]);
    close(parts("grpo-direction", &instance)[0].computed, 0.08, 16.0, 1.0);
    // Scores of two fair coins, |o| = 2: the gap is 4/3.
    close(parts("grpo-direction", &coins(2, Ending::Fixed, 0.0, 0.1))[0].computed, 2.0 / 3.0, 16.0, 2.0);
}
