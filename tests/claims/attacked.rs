//! Instances that attacks found: binary64 exceeded the stated accuracy of an identity, because its condition did not count what
//! cancels before it is added up.

use gradient_gap::check::judge::{Decision, Measured, SAMPLE_PIECES, certify, measure};
use gradient_gap::check::witness::read_instance;
use gradient_gap::{Evaluation, claims};

/// The claim holds here, in binary64 to a stated accuracy and in intervals.
fn holds(slug: &str, instance: &str) {
    let instance = read_instance(instance).expect("valid");
    let claim = claims::find(slug).expect("in the registry");
    let measured = measure(claim, &Evaluation::new(&instance, SAMPLE_PIECES));
    let Measured::Inside { ratio: Some(ratio), .. } = measured else { panic!("{slug}: {measured:?}") };
    assert!(ratio <= 1.0, "{slug}: {ratio}");
    assert_eq!(certify(claim, &instance).decision, Decision::Holds, "{slug}");
}

/// The first token moves correct and incorrect responses alike: the gap is 0, the sum of what cancels is not.
#[test]
fn responses_that_cancel_in_the_gradient() {
    let whole_prefix = r#"{"policy": {"tree": {"vocabulary": 2, "max_length": 2, "ending": "fixed"}, "context": "prefix", "logits":
        {"dim": 1, "rows": 3, "options": 2, "features": {"dense": [-0.40218818094581366, 0.0, 0.0, 0.0, 0.0, 0.0]}}},
        "theta": [0.01508740521967411], "direction": [1.0], "eta": 1.0, "correct": [true, false, true, false]}"#;
    let last_token = r#"{"policy": {"tree": {"vocabulary": 2, "max_length": 2, "ending": "cut"}, "context": "last-token", "logits":
        {"dim": 1, "rows": 2, "options": 2, "features": {"dense": [1.752388320863247, -1.4202292058616877, 0.0, 0.0]}}},
        "theta": [-13.291186893015153], "direction": [1.0], "eta": 1.0, "correct": [true, false, true]}"#;
    for slug in ["reinforce-gradient", "gradient-gap-identity", "grpo-direction"] {
        holds(slug, whole_prefix);
        holds(slug, last_token);
    }
}

/// A wave's curvature against a quadratic one, −0.2188 + 0.2160: what is left carries the rounding of both.
#[test]
fn a_wave_that_cancels_a_parabola() {
    let instance = r#"{"policy": {"tree": {"vocabulary": 2, "max_length": 1, "ending": "fixed"}, "context": "shared", "logits":
        {"dim": 1, "rows": 1, "options": 2, "bias": [0.0, 0.0], "features": {"dense": [0.0, 0.0]},
         "quadratic": [0.0, 0.21603032681040574], "waves": [{"logit": 1, "amplitude": 3.553199699125861e-5,
         "frequency": [78.46403855154192], "phase": -0.19183557952338426}]}},
        "theta": [0.000426550931346797], "direction": [0.020104587613444105], "eta": 1.0, "correct": [false, true]}"#;
    holds("second-order", instance);
}
