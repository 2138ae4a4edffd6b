//! conditional-policies: equations (6)–(8).

use crate::support::{EVERYWHERE, close, coins, parabola, parts, ratio};
use gradient_gap::Evaluation;
use gradient_gap::policy::Ending;

standard_tests!("conditional-policies", reach: EVERYWHERE, edges: 100, outside: &[]);

/// Two fair coins, O⁺ = {00}: g⁺ = 1, g⁻ = −1/3, J = ¼, and π⁻ is uniform on three words.
#[test]
fn two_coins_by_hand() {
    let instance = coins(2, Ending::Fixed, 0.0, 0.1);
    let evaluation = Evaluation::<f64>::new(&instance, 1);
    let start = evaluation.start();
    close(start.success(), 0.25, 4.0, 1.0);
    close(start.mean[1], 1.0, 4.0, 1.0);
    close(start.mean[0], -1.0 / 3.0, 4.0, 1.0);
    for (o, &p) in start.conditional.iter().enumerate() {
        close(p, if o == 0 { 1.0 } else { 1.0 / 3.0 }, 4.0, 1.0);
    }
    let parts = parts("conditional-policies", &instance);
    let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
    assert_eq!(names, ["Σ π⁺", "Σ π⁻", "J g⁺ = −(1−J) g⁻"]);
    close(parts[0].computed, 1.0, 4.0, 1.0);
    close(parts[1].computed, 1.0, 4.0, 3.0);
    close(parts[2].computed, 0.25, 4.0, 0.5);
    close(parts[2].claimed, 0.25, 4.0, 0.5);
}

/// J = 10⁻³⁰⁰: the conditional policy of the impossible side is as exact as the other.
#[test]
fn a_side_of_mass_1e_minus_300_is_normalised_too() {
    for log_odds in [-345.0, 345.0] {
        for ending in [Ending::Fixed, Ending::Cut] {
            assert!(ratio("conditional-policies", &coins(2, ending, log_odds, 0.1)) <= 1.0);
        }
    }
}

/// The logarithm of a fixed EOS probability is part of every log-probability, and of its rounding.
#[test]
fn a_very_rare_eos() {
    for stop in [1e-300, 1e-15, 1.0 - 1e-15] {
        let mut instance = crate::support::geometric(stop, 4);
        instance.policy.tree = gradient_gap::policy::Tree::new(gradient_gap::policy::Shape {
            ending: Ending::Cut,
            ..instance.policy.tree.shape()
        })
        .expect("small");
        instance.theta = vec![0.3];
        instance.correct = (0..instance.policy.responses()).map(|o| o < 3).collect();
        assert!(ratio("conditional-policies", &instance) < 1.0, "h = {stop}");
    }
}

/// λ = 743: 1 − J is below the smallest normal number, a handful of the smallest units that binary64 has, on both sides of the balance.
#[test]
fn a_failure_rate_below_the_normal_numbers() {
    for (theta, log_odds) in [(-24.6, 743.4), (21.9, 720.9), (9.6, 731.3), (0.3, 744.9), (1e3, 760.0)] {
        // Slope 1.7 at θ, and the same with O⁺ and O⁻ exchanged.
        let mut instance = parabola([log_odds - 1.7 * theta, 1.7, 0.0], 0.1);
        instance.theta = vec![theta];
        for _ in 0..2 {
            assert!(ratio("conditional-policies", &instance) <= 1.0, "θ = {theta}, λ = {log_odds}");
            instance.correct.iter_mut().for_each(|correct| *correct = !*correct);
        }
    }
}
