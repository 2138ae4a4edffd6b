//! The statement as comparisons: all hold with certainty on the constructions, and each fails on a run of its own.

use crate::{theorem_2, theorem_4};
use gradient_gap::check::campaign::draw;
use gradient_gap::claims::collapse_parts;
use gradient_gap::collapse::{Construction, Terms, Theorem2, Theorem4, largest_squared_norm};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::{Evaluation, families};

/// The names of the parts that do not hold for certain.
fn open(construction: &impl Construction, length: u32, factor: f64) -> Vec<&'static str> {
    let run = construction.run().expect("an instance");
    let course = construction.course::<Interval>(&run);
    let [score, curvature] = construction.constants();
    let terms = Terms {
        alignment: Interval::of(construction.alignment()),
        eta: Interval::of(construction.eta()),
        score,
        curvature,
        length: Interval::of(f64::from(length)),
        factor,
        norm: largest_squared_norm(&run),
    };
    let parts = collapse_parts(&course, &terms);
    assert_eq!(parts.len(), 5);
    parts.iter().filter(|part| !part.computed.surely_le(part.claimed)).map(|part| part.name).collect()
}

#[test]
fn every_part_holds_on_the_constructions() {
    let plain = Theorem2 { steps: 40, ..theorem_2::inside(1.0, 0.5, 0.5) };
    assert_eq!(open(&plain, 1, 60.0), [""; 0]);
    let mut tokens = theorem_4::inside(1_000, 0.5, 0.5, false);
    tokens.token.steps = 40;
    assert_eq!(open(&tokens, 1_000, 120.0), [""; 0]);
}

#[test]
fn every_part_can_fail() {
    let good = Theorem2 { steps: 40, ..theorem_2::inside(1.0, 0.5, 0.5) };
    let only = |construction: Theorem2, start: &str| {
        let open = open(&construction, 1, 60.0);
        assert!(open.len() == 1 && open[0].starts_with(start), "{open:?}, expected {start}");
    };
    only(Theorem2 { across: 0.3, ..theorem_2::inside(1.0, 0.999, 0.5) }, "J(k+1) < J(k)");
    only(Theorem2 { across: 0.9999, ..theorem_2::inside(1.0, 0.5, 1.0) }, "‖w_k‖²");
    only(Theorem2 { eta: 0.11, ..good.clone() }, "window, lower end");
    only(Theorem2 { eta: 0.23, ..good }, "window, upper end");
    // Above the largest Δμ the window is empty: whatever η is, one of its ends fails too, and no other part.
    let large = |eta: f64| open(&Theorem2 { steps: 2, ..Theorem2::new(1.0, 0.0187, eta) }, 1, 60.0);
    for (eta, end) in [(0.22, "window, lower end"), (0.225, "window, upper end")] {
        let found = large(eta);
        assert!(found.len() == 2 && found[0].starts_with("Δμ ≤ √S") && found[1].starts_with(end), "{found:?}");
    }
    // A token's alignment is not that of the response: T = 10 read as one token.
    let tokens = theorem_4::inside(10, 0.5, 0.5, false);
    let short = Theorem4 { tokens: 9, ..tokens.clone() };
    assert!(open(&short, 10, 120.0).is_empty(), "fewer tokens only need less");
    assert!(!open(&tokens, 1, 120.0).is_empty());
}

/// What the families decode is recognised from the instance alone.
#[test]
fn terms_are_found_in_the_instance() {
    let factors = [("overshoot-collapse", 60.0), ("token-overshoot-collapse", 120.0), ("resonant-collapse", 60.0)];
    let mut u = vec![];
    for (name, factor) in factors {
        let family = families::find(name).expect("in the registry");
        for case in 0..100 {
            draw(2, case, family.dim, &mut u);
            let instance = family.decode(&u).expect("inside the cube");
            let evaluation = Evaluation::<f64>::new(&instance, 1);
            let terms = Terms::of(&instance, evaluation.course()).expect("a known form");
            let tokens = instance.policy.max_length();
            assert!(terms.factor == factor || tokens == 1);
            for part in collapse_parts(evaluation.course(), &terms) {
                assert!(part.computed <= part.claimed, "{part:?}");
            }
        }
    }
    let cube = families::find("curve").expect("there").decode(&vec![0.4; families::find("curve").expect("there").dim]);
    let other = cube.expect("inside the cube");
    assert!(Terms::of(&other, Evaluation::<f64>::new(&other, 1).course()).is_none(), "a curve that is not resonant");
}
