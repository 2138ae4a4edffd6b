//! The tests' own machinery: failing seeds land where they should and are replayed, shrinking goes to 0, the checks can fail.

use crate::support::{DEFAULT_CASES, Point, config, examine, on_a_line, parse_cases, points};
use gradient_gap::claims::{self, Claim, Expected, Part, Parts, Relation, Statement};
use gradient_gap::families;
use gradient_gap::number::Scalar;
use gradient_gap::{Evaluation, Instance};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use smallvec::smallvec;
use std::fs;

const SEEDS: &str = seeds_of!("self-test");

/// The file goes, whatever happens.
struct Removed;
impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(SEEDS);
    }
}

/// Runs "u₀ ≤ ½" on the family `curve`.
fn run(cases: u32) -> Result<(), TestError<Point>> {
    let family = families::find("curve").expect("a family");
    let config = Config { cases, ..config(SEEDS) };
    TestRunner::new(config).run(&points(family), |point| match point.u[0] <= 0.5 {
        true => Ok(()),
        false => Err(TestCaseError::fail("on purpose")),
    })
}

#[test]
fn a_failing_property_is_stored_shrunk_and_replayed() {
    let _removed = Removed;
    let _ = fs::remove_file(SEEDS);
    assert!(run(0).is_ok(), "nothing to replay yet");

    let Err(TestError::Fail(_, shrunk)) = run(64) else { panic!("u₀ ≤ ½ survived") };
    // The smallest failing point of the grid 2⁻³²ℤ.
    let mut smallest = vec![0.0; shrunk.u.len()];
    smallest[0] = 0.5 + 2f64.powi(-32);
    assert_eq!(shrunk.u, smallest);

    let stored = fs::read_to_string(SEEDS).expect("proptest-regressions/self-test.txt");
    let seeds: Vec<&str> = stored.lines().filter(|line| line.starts_with("cc ")).collect();
    assert_eq!(seeds.len(), 1, "{stored}");
    assert!(seeds[0].contains("shrinks to curve (version"), "{stored}");
    assert!(matches!(run(0), Err(TestError::Fail(..))), "the stored seed alone fails again");
}

#[test]
fn cases_are_read_from_the_environment() {
    assert_eq!(parse_cases(None), DEFAULT_CASES);
    assert_eq!(parse_cases(Some("256")), 256);
    assert_eq!(parse_cases(Some(" 100000 ")), 100_000);
}

#[test]
#[should_panic(expected = "GRADIENT_GAP_CASES is \"many\", expected a whole number")]
fn cases_that_are_no_number() {
    parse_cases(Some("many"));
}

#[test]
#[should_panic(expected = "GRADIENT_GAP_CASES is \"-1\", expected a whole number")]
fn cases_below_zero() {
    parse_cases(Some("-1"));
}

#[test]
#[should_panic(expected = "at least 256")]
fn cases_below_the_default() {
    parse_cases(Some("255"));
}

/// A statement made of two numbers.
macro_rules! statement {
    ($name:ident: $computed:expr, $claimed:expr) => {
        struct $name;
        impl Claim for $name {
            const STATEMENT: Statement = Statement {
                slug: "self-test",
                place: "",
                formula: "",
                relation: Relation::Upper,
                reading: None,
                expected: Expected::Holds,
                assumptions: &[],
                page: "",
            };
            fn sides<N: Scalar>(_: &Evaluation<'_, N>) -> Parts<N> {
                smallvec![Part::at_most("", N::of($computed), N::of($claimed))]
            }
        }
    };
}
statement!(Fine: 0.5, 1.0);
statement!(Met: 0.0, 0.0);
statement!(Violated: 2.0, 1.0);
statement!(ViolatesZero: 1e-300, 0.0);
statement!(Undefined: f64::NAN, 1.0);
statement!(NothingClaimed: 1.0, f64::NAN);
statement!(Unbounded: f64::INFINITY, f64::INFINITY);

#[test]
fn neither_a_violation_nor_nan_passes() {
    fn passes<C: Claim>(instance: &Instance) -> bool {
        examine(&claims::claim::<C>(), instance).is_ok()
    }
    let instance = on_a_line(&[1.0, 0.0], &[], 1, 0.5);
    assert!(passes::<Fine>(&instance) && passes::<Met>(&instance));
    assert!(!passes::<Violated>(&instance) && !passes::<ViolatesZero>(&instance));
    assert!(!passes::<Undefined>(&instance) && !passes::<NothingClaimed>(&instance) && !passes::<Unbounded>(&instance));
    let mut invalid = instance;
    invalid.correct = vec![true, true];
    assert!(!passes::<Fine>(&invalid), "an instance without O⁻");
}
