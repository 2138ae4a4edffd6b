//! gap-alignment-angle: the sentence after equation (11).

use crate::support::{Reach, close, on_a_line, outside, parts, ratio};
use gradient_gap::claims::conditions::triangle;
use gradient_gap::policy::Policy;
use gradient_gap::{Evaluation, Instance};

const REACH: Reach = &[
    ("linear-softmax", 0.6),
    ("tabular-softmax", 0.6),
    ("cube", 0.6),
    ("quadratic-softmax", 0.6),
    ("declared-lengths", 0.6),
    ("curve", 0.6),
    ("sum-of-sines", 0.6),
    ("listed-responses", 0.6),
    ("prefix-tabular", 0.6),
    ("last-token", 0.6),
    ("prefix-linear", 0.6),
    ("geometric-length", 0.4),
    ("curved-tokens", 0.4),
    ("finite-state", 0.6),
];

standard_tests!(
    "gap-alignment-angle",
    reach: REACH,
    edges: 70,
    outside: &["equal features", "chain of 200 tokens, stopped at random",
        "1 − J = 1e-600, w = 0",
        "J = 1e-600, w = 0", "w = 0", "‖w‖ = 0.01"],
);

/// The gap of the triangle is (1, −½). Along it, against it, across it, and along the axes.
#[test]
fn along_against_and_across_the_gap() {
    let length = 1.25f64.sqrt();
    let (x, y) = (1.0 / length, -0.5 / length);
    for (w, expected) in [
        ([x, y], length),
        ([-x, -y], -length),
        ([-y, x], 0.0),
        ([y, -x], 0.0),
        ([1.0, 0.0], 1.0),
        ([0.0, 1.0], -0.5),
        ([0.6, 0.8], 0.2),
    ] {
        let instance = Instance { direction: w.to_vec(), ..triangle() };
        let part = parts("gap-alignment-angle", &instance)[0];
        close(part.computed, expected, 16.0, 2.0);
        close(part.claimed, expected, 16.0, 2.0);
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        close(evaluation.start().alignment(), expected, 16.0, 2.0);
    }
}

#[test]
fn short_directions_and_vanishing_gaps_have_no_angle() {
    let short = Instance { direction: vec![0.6, 0.7], ..triangle() };
    assert!(outside("gap-alignment-angle", &short).starts_with("‖w‖₂ = 1"));
    assert!(outside("gap-alignment-angle", &on_a_line(&[1.0, 1.0], &[], 1, 0.1)).starts_with("g⁺ ≠ g⁻"));
}

/// Norms over many coordinates lose more: d squares are added up.
#[test]
fn hundreds_of_dimensions() {
    for d in [100, 500, 1_500] {
        let features: Vec<f64> = (0..2 * d).map(|i| ((7_919 * i) % 13) as f64 / 13.0).collect();
        let policy = Policy::linear_softmax(d, features, vec![]).expect("two rows");
        let mut direction = vec![0.0; d];
        direction[0] = 1.0;
        let instance =
            Instance { policy, theta: vec![0.0; d], direction, eta: 1.0, correct: vec![true, false], then: vec![] };
        assert!(ratio("gap-alignment-angle", &instance) < 1.0, "d = {d}");
    }
}
