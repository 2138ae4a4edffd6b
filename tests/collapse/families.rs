//! What the families of collapsing runs decode.

use gradient_gap::check::campaign::draw;
use gradient_gap::claims::collapse_parts;
use gradient_gap::collapse::Terms;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::{Evaluation, families};

/// Every decoded instance is valid, has w_k in the unit ball, positive alignments, and collapses for certain.
fn collapses(family: &str, cases: u64) -> (usize, usize) {
    let (family, mut u) = (families::find(family).expect("in the registry"), vec![]);
    let (mut steps, mut responses) = (0, 0);
    for case in 0..cases {
        draw(11, case, family.dim, &mut u);
        match case {
            0 => u.fill(0.0),
            1 => u.fill(1.0),
            _ => {}
        }
        let instance = family.decode(&u).expect("inside the cube");
        assert_eq!(instance.validate(), Ok(()), "{u:?}");
        let evaluation = Evaluation::<Interval>::new(&instance, 1);
        for (k, step) in evaluation.course().steps.iter().enumerate() {
            assert!(step.change.surely_negative() && step.alignment.surely_positive(), "{u:?}, step {k}: {step:?}");
        }
        let terms = Terms::of(&instance, evaluation.course()).expect("a known form");
        for part in collapse_parts(evaluation.course(), &terms) {
            assert!(part.computed.surely_le(part.claimed), "{u:?}: {part:?}");
        }
        steps = steps.max(instance.updates());
        responses = responses.max(instance.policy.responses());
    }
    (steps, responses)
}

#[test]
fn every_point_of_the_cube_collapses() {
    assert_eq!(collapses("overshoot-collapse", 2_000), (12, 7));
    assert_eq!(collapses("token-overshoot-collapse", 300), (12, 81));
    assert_eq!(collapses("resonant-collapse", 1_000), (12, 2));
}

#[test]
fn the_origin_is_the_plain_construction() {
    let family = families::find("overshoot-collapse").expect("in the registry");
    let instance = family.decode(&vec![0.0; family.dim]).expect("inside the cube");
    assert_eq!((instance.policy.responses(), instance.updates(), instance.theta.clone()), (3, 2, vec![0.0; 2]));
    assert!((instance.eta - 0.05f64.sqrt()).abs() < 1e-3, "the window is narrow");
}
