//! grpo-effective-step: relation (20).

use crate::support::{EVERYWHERE, close, coins, on_a_line, parts};
use gradient_gap::Evaluation;
use gradient_gap::line::norm;
use gradient_gap::policy::Ending;

standard_tests!("grpo-effective-step", reach: EVERYWHERE, edges: 100, outside: &[]);

/// T fair coins: GRPO divides the gap by T, Dr. GRPO does not. Gap = T·½/(1 − 2⁻ᵀ).
#[test]
fn words_of_coins_by_hand() {
    for length in [1, 2, 4, 10] {
        let t = f64::from(length);
        let instance = coins(length, Ending::Fixed, 0.0, 0.1);
        let gap = 0.5 * t / (1.0 - 0.5f64.powf(t));
        let parts = parts("grpo-effective-step", &instance);
        assert_eq!(parts.len(), 2);
        for part in parts {
            let expected = if part.name == "GRPO" { gap / t } else { gap };
            close(part.computed, expected, 16.0, t);
            close(part.claimed, expected, 16.0, t);
        }
    }
}

/// Where lengths differ only Dr. GRPO's half is said, and rightly: GRPO's norm is 0.1 here, while gap/ℓ is 0.8 or 0.08.
#[test]
fn lengths_that_differ_break_the_other_half() {
    let mut instance = on_a_line(&[1.0, -0.5, -0.4], &[0.3f64.ln(), 0.2f64.ln(), 0.5f64.ln()], 2, 0.1);
    instance.policy.lengths = Some(vec![10, 1, 10]);
    let parts = parts("grpo-effective-step", &instance);
    let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
    assert_eq!(names, ["Dr. GRPO"]);
    close(parts[0].computed, 0.8, 16.0, 2.0);
    let evaluation = Evaluation::<f64>::new(&instance, 1);
    close(norm(&evaluation.coordinates().grpo), 0.1, 16.0, 2.0);
}
