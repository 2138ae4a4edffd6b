//! safe-step-scaling: relation (21), made precise.

use crate::support::{Reach, coins, decision, on_a_line, outside, parts, rare_and_far, ratio};
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::Ending;

const REACH: Reach = &[
    ("linear-softmax", 0.08),
    ("tabular-softmax", 0.1),
    ("cube", 0.1),
    ("quadratic-softmax", 0.02),
    ("curve", 0.005),
    ("sum-of-sines", 0.01),
    ("prefix-tabular", 0.1),
    ("last-token", 0.1),
    ("prefix-linear", 0.1),
    ("geometric-length", 0.1),
    ("curved-tokens", 0.02),
    ("finite-state", 0.12),
];

standard_tests!(
    "safe-step-scaling",
    reach: REACH,
    edges: 10,
    outside: &[
        "1 − J = 1e-300",
        "J = 1e-300, two tokens",
        "1 − J = 1e-300, two tokens",
        "η = 0",
        "η = 1e-200",
        "equal features",
        "logits ±350",
        "logits ±700",
        "chain of 200 tokens, stopped at random",
        "six coins",
        "declared lengths from 1 to 4·10⁹",
        "1 − J = 1e-600, η = 0",
        "1 − J = 1e-600, w = 0",
        "J = 1e-600, η = 0",
        "J = 1e-600, w = 0",
        "J = 1e-600",
        "w = 0",
        "‖w‖ = 0.01",
    ],
);

/// (18a) over (21), and what 1/(1+ε) leaves of it.
#[test]
fn the_quotient_tends_to_one() {
    let mut last = 0.0;
    for (delta, b) in [(0.5, 6.0), (2f64.powi(-4), 8.0), (2f64.powi(-8), 16.0), (2f64.powi(-12), 24.0)] {
        let instance = rare_and_far(delta, b);
        let parts = parts("safe-step-scaling", &instance);
        let quotient = parts[1].computed / parts[1].claimed;
        assert!(quotient > last && quotient < 1.0, "δ = {delta}: {quotient} after {last}");
        last = quotient;
        assert!(ratio("safe-step-scaling", &instance) <= 1.0);
        assert_eq!(decision("safe-step-scaling", &instance), Decision::Holds);
    }
    assert!(last > 0.999_999, "{last}");
}

/// The conditions that the paper leaves out, one by one.
#[test]
fn each_condition_is_needed() {
    // J → 1: the cap 8T∞² binds, and (18a) is far above (21).
    let easy = on_a_line(&[1.0, 0.0], &[6.0, 0.0], 1, 0.0);
    assert!(outside("safe-step-scaling", &easy).starts_with("1 − J ≥"));
    // Both at ½ and with L_p = G_p²: log 2 > ½, the second member may bind.
    let fair = on_a_line(&[1.0, 0.0], &[], 1, 0.0);
    assert!(outside("safe-step-scaling", &fair).starts_with("J ≥ log 2"));
    let mut backwards = coins(2, Ending::Fixed, 0.0, 0.1);
    backwards.direction[0] = -1.0;
    assert!(outside("safe-step-scaling", &backwards).starts_with("Δμ > 0"));
}
