//! ascent-threshold: J increases below 2(1−J)Δμ/L_o.

use crate::support::{
    Outcome, Reach, claim, decision, examine, log_odds_at_the_end, outside, parabola, parts, ratio, sample,
};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::{Evaluation, families};

const REACH: Reach = &[
    ("linear-softmax", 0.3),
    ("tabular-softmax", 0.3),
    ("cube", 0.3),
    ("quadratic-softmax", 0.25),
    ("declared-lengths", 0.3),
    ("curve", 0.25),
    ("sum-of-sines", 0.18),
    ("listed-responses", 0.18),
    ("prefix-tabular", 0.25),
    ("last-token", 0.25),
    ("prefix-linear", 0.25),
    ("geometric-length", 0.2),
    ("curved-tokens", 0.18),
    ("finite-state", 0.25),
];

standard_tests!("ascent-threshold", reach: REACH, edges: 30, outside: &[
    "1 − J = 1e-300, two tokens", "η = 0", "η = 1e6", "equal features", "chain of 200 tokens, stopped at random",
    "1 − J = 1e-600, η = 0", "1 − J = 1e-600, w = 0", "J = 1e-600, η = 0", "J = 1e-600, w = 0", "w = 0",
]);

/// λ = λ(0) + δθ − θ² returns to λ(0) at δ, and the threshold tends to δ as δ → 0 for every J ≤ ½: just below it λ has risen,
/// just above it has fallen.
#[test]
fn equality_on_a_parabola() {
    for (log_odds, slope) in [(0.0, 1e-3), (-3.0, 1e-4), (-40.0, 1e-3)] {
        let below = parabola([log_odds, slope, -2.0], slope * (1.0 - 1e-4));
        let found = ratio("ascent-threshold", &below);
        assert!(found > 0.9998 && found < 1.0, "{found}");
        assert_eq!(decision("ascent-threshold", &below), Decision::Holds);
        assert!(Evaluation::<f64>::new(&below, SAMPLE_PIECES).step().change > 0.0);
        let above = parabola([log_odds, slope, -2.0], slope * (1.0 + 1e-4));
        assert!(outside("ascent-threshold", &above).starts_with("Δμ > 0"));
        assert!(Evaluation::<f64>::new(&above, SAMPLE_PIECES).step().change < 0.0);
    }
}

/// Δμ = 1 and η = 1/16 for the triangle: −R ≤ 1/16; λ = θ₁ + log 2 − log(e^{θ₂} + 1) − … is linear along w, so R = 0.
#[test]
fn triangle_by_hand() {
    let part = parts("ascent-threshold", &gradient_gap::claims::conditions::triangle())[0];
    assert!((part.claimed - 0.0625).abs() < 1e-16 && part.computed.abs() < 1e-16, "{part:?}");
}

/// λ at θ + ηw, evaluated there, is at least λ(0).
#[test]
fn the_log_odds_rise() {
    let mut covered = 0;
    for (point, instance) in sample(families::REGISTRY, 60) {
        if !matches!(examine(claim("ascent-threshold"), &instance), Ok(Outcome::Inside(_))) {
            continue;
        }
        let start = Evaluation::<f64>::new(&instance, SAMPLE_PIECES).start().lambda();
        let end = log_odds_at_the_end(&instance);
        assert!(end >= start - 1e-11 * start.abs().max(1.0), "{point:?}: from {start} to {end}");
        covered += 1;
    }
    assert!(covered >= 200, "{covered}");
}
