//! overshoot-collapse: Theorem 2, as an existence statement.

use crate::support::{Reach, claim, decision, outside, parts};
use gradient_gap::check::judge::{Decision, certify};
use gradient_gap::claims::Relation;
use gradient_gap::collapse::{Construction, Theorem2};
use gradient_gap::{Instance, families};

const REACH: Reach = &[("overshoot-collapse", 1.0), ("resonant-collapse", 1.0)];

standard_tests!("overshoot-collapse", reach: REACH, edges: 8, outside: &[]);

/// The plain construction in the middle of its window.
fn plain() -> Instance {
    let construction = Theorem2 { steps: 20, ..Theorem2::new(1.0, 0.01, 0.17) };
    construction.admissible().expect("inside the window");
    construction.run().expect("an instance")
}

#[test]
fn the_plain_construction_is_certified() {
    assert_eq!(claim("overshoot-collapse").statement.relation, Relation::Existence);
    let instance = plain();
    assert_eq!(decision("overshoot-collapse", &instance), Decision::Holds);
    let parts = parts("overshoot-collapse", &instance);
    // By hand: v = 0.9, y = 0.153; ηΔμ against log cosh y (A) and y tanh y − log cosh y (B), the smaller.
    let y = 0.9 * 0.17f64;
    let loss = y * y.tanh() - y.cosh().ln();
    assert!((parts[0].computed / (0.17 * 0.01 / loss) - 1.0).abs() < 1e-6, "{parts:?}");
}

/// A step below 2Δμ/L_o: λ rises somewhere, and intervals are certain that this is no witness.
#[test]
fn below_the_threshold_it_is_no_witness() {
    let instance = Theorem2 { steps: 20, ..Theorem2::new(1.0, 0.01, 0.019) }.run().expect("an instance");
    assert_eq!(decision("overshoot-collapse", &instance), Decision::Violated);
    // Exchanged verdicts: downhill at every step, so the hypothesis fails.
    let mut exchanged = plain();
    exchanged.correct.iter_mut().for_each(|c| *c = !*c);
    assert!(outside("overshoot-collapse", &exchanged).contains("Δμ(k) > 0"));
}

/// The theorem's step size is one number: a run whose last step is another is none of its instances.
#[test]
fn a_changed_step_size_is_outside() {
    let mut instance = plain();
    instance.then.last_mut().expect("twenty updates").eta = 2.0;
    assert!(outside("overshoot-collapse", &instance).contains("constant step size"));
}

/// Only the constructions are put to the test.
#[test]
fn other_families_say_nothing() {
    let claim = claim("overshoot-collapse");
    let names: Vec<&str> = families::RUNS.iter().map(|f| f.name).filter(|name| claim.is_tested_on(name)).collect();
    assert_eq!(names, ["overshoot-collapse", "resonant-collapse"]);
    let family = families::find("resonant-collapse").expect("in the registry");
    for edge in family.edges() {
        let instance = family.decode(&edge.u).expect("inside");
        assert_eq!(certify(claim, &instance).decision, Decision::Holds, "{}", edge.name);
    }
}

/// One step that lowers J is no collapse: it takes an A and a B.
#[test]
fn one_update_is_outside() {
    let of = |updates: usize| {
        let mut instance = plain();
        instance.then.truncate(updates - 1);
        instance
    };
    assert_eq!(outside("overshoot-collapse", &of(1)), "at least two updates");
    assert_eq!(outside("token-overshoot-collapse", &of(1)), "at least two updates");
    assert_eq!(decision("overshoot-collapse", &of(1)), Decision::Outside);
    assert_eq!(decision("overshoot-collapse", &of(2)), Decision::Holds);
}
