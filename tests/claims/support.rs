//! What all claim modules share: random points, the checks that every claim must pass on every instance, and a shelf of small
//! and extreme instances.

pub use crate::instances::*;
pub use crate::reach::*;
use gradient_gap::check::campaign::draw;
use gradient_gap::check::judge::{self, Decision, Measured, RATIO_LIMIT, SAMPLE_PIECES, certify, measure};
use gradient_gap::claims::{self, ClaimEntry, Expected, Part, Parts, Scope};
use gradient_gap::families::{self, Family};
use gradient_gap::number::Interval;
use gradient_gap::{Evaluation, Instance};
use proptest::prelude::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};
use std::cell::Cell;
use std::fmt;

// ---- random points ------------------------------------------------------------------------------------------------------

/// Random cases for every pair of a family and a claim. The shares in [`Reach`] are stated for this many.
pub const DEFAULT_CASES: u32 = 256;

/// For a claim about runs there are as many times fewer cases.
pub const STEPS_FOR_A_RUN: u32 = 8;

/// The number of random cases that the environment asks for.
pub fn parse_cases(setting: Option<&str>) -> u32 {
    match setting.map(|text| (text, text.trim().parse())) {
        None => DEFAULT_CASES,
        Some((_, Ok(cases))) if cases >= DEFAULT_CASES => cases,
        Some((text, _)) => panic!(
            "GRADIENT_GAP_CASES is {text:?}, expected a whole number of cases for every family and claim, at least {DEFAULT_CASES}"
        ),
    }
}

/// Failures go to `file`. The seed is fixed: the cases of a longer run begin with those of a shorter one.
pub fn config(file: &'static str) -> Config {
    let setting = std::env::var_os("GRADIENT_GAP_CASES").map(|text| text.to_string_lossy().into_owned());
    Config {
        cases: parse_cases(setting.as_deref()),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        rng_seed: RngSeed::Fixed(1),
        max_shrink_iters: 20_000,
        ..Config::default()
    }
}

/// The file where the failing seeds of a claim are kept; `cargo test` runs in the package's root.
macro_rules! seeds_of {
    ($slug:literal) => {
        concat!("proptest-regressions/", $slug, ".txt")
    };
}

/// A point of a family's unit cube.
#[derive(Clone)]
pub struct Point {
    /// The family.
    pub family: &'static Family,
    /// The coordinates.
    pub u: Vec<f64>,
}

impl Point {
    /// The decoded instance.
    pub fn instance(&self) -> Instance {
        self.family.decode(&self.u).expect("a point of the unit cube")
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (version {}) at u = {:?}", self.family.name, self.family.version, self.u)
    }
}

/// Points of the family's unit cube, shrinking towards 0, the simplest instance. Drawn as integers: these shrink by bisection,
/// while proptest's floats try 0 and nothing between.
pub fn points(family: &'static Family) -> impl Strategy<Value = Point> {
    const GRID: u64 = 1 << 32;
    let u = |k: Vec<u64>| k.into_iter().map(|k| k as f64 / GRID as f64).collect();
    proptest::collection::vec(0..=GRID, family.dim).prop_map(move |k| Point { family, u: u(k) })
}

/// The instances of the edge set of every family, then `count` random ones of each, drawn as a campaign draws them.
pub fn sample(families: &'static [Family], count: u64) -> impl Iterator<Item = (Point, Instance)> {
    let edges = families.iter().flat_map(|family| family.edges().into_iter().map(move |edge| Point { family, u: edge.u }));
    let random = (0..count).flat_map(move |i| {
        families.iter().zip(0..).map(move |(family, k)| {
            let mut u = Vec::new();
            draw(7, i * families.len() as u64 + k, family.dim, &mut u);
            Point { family, u }
        })
    });
    edges.chain(random).map(|point| {
        let instance = point.instance();
        (point, instance)
    })
}

// ---- one claim on one instance ------------------------------------------------------------------------------------------

/// The claim called `slug`.
pub fn claim(slug: &str) -> &'static ClaimEntry {
    claims::find(slug).unwrap_or_else(|| panic!("{slug} is not in the registry"))
}

/// The families on which a claim is checked.
pub fn families_of(claim: &ClaimEntry) -> &'static [Family] {
    match claim.scope {
        Scope::Step => families::REGISTRY,
        Scope::Run => families::RUNS,
    }
}

/// The sides of every part in binary64, the segment cut into `pieces`.
pub fn parts(slug: &str, instance: &Instance) -> Parts<f64> {
    instance.validate().expect("a valid instance");
    claim(slug).real.parts(&Evaluation::new(instance, SAMPLE_PIECES))
}

/// The largest share of the bound used, on an instance that the claim must cover.
pub fn ratio(slug: &str, instance: &Instance) -> f64 {
    instance.validate().expect("a valid instance");
    match measure(claim(slug), &Evaluation::new(instance, SAMPLE_PIECES)) {
        Measured::Inside { ratio: Some(ratio), .. } => ratio,
        other => panic!("{slug}: {other:?}"),
    }
}

/// The hypothesis that keeps an instance outside the claim.
pub fn outside(slug: &str, instance: &Instance) -> &'static str {
    instance.validate().expect("a valid instance");
    match measure(claim(slug), &Evaluation::new(instance, SAMPLE_PIECES)) {
        Measured::Outside(name) => name,
        inside => panic!("{slug} covers the instance: {inside:?}"),
    }
}

/// computed/claimed of every part, enclosed, the segment cut into 256 pieces.
pub fn shares(slug: &str, instance: &Instance) -> Vec<Interval> {
    instance.validate().expect("a valid instance");
    let parts = claim(slug).enclosed.parts(&Evaluation::new(instance, 256));
    parts.iter().map(|part| part.computed / part.claimed).collect()
}

/// What intervals say.
pub fn decision(slug: &str, instance: &Instance) -> Decision {
    instance.validate().expect("a valid instance");
    certify(claim(slug), instance).decision
}

/// x = y up to `ulps` rounding units (2⁻⁵³) of `condition`.
#[track_caller]
pub fn close(x: f64, y: f64, ulps: f64, condition: f64) {
    let allowed = ulps * 0.5 * f64::EPSILON * condition;
    assert!((x - y).abs() <= allowed, "{x:e} against {y:e}: they differ by {:e}, allowed {allowed:e}", (x - y).abs());
}

/// What a claim says of an instance, once everything that must be true of any answer has been checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// A hypothesis fails.
    Outside(&'static str),
    /// Measured: within the bound, or beyond it in binary64 and then what intervals say.
    Inside(Option<Decision>),
}

/// Both sides are numbers, and a positive bound has a finite ratio: NaN must not pass for "nothing to report". What the instance
/// gives is finite; what a bound allows may be +∞, where 1 − J < 10⁻³⁰⁸ and 1/(1−J) is beyond the largest double.
fn sound(part: &Part<f64>) -> Result<Option<f64>, String> {
    let bound = part.tolerance.map_or(part.claimed, |tolerance| tolerance.error());
    let ratio = judge::ratio(part);
    let comparable = part.computed.is_finite() && !part.claimed.is_nan() && (part.tolerance.is_none() || bound.is_finite());
    let measured = bound <= 0.0 || ratio.is_some_and(f64::is_finite);
    if comparable && measured { Ok(ratio) } else { Err(format!("not comparable: {part:?} with ratio {ratio:?}")) }
}

/// Checks a claim on an instance.
///
/// # Errors
/// Sides that cannot be compared, a measurement that is not the largest of its parts, and, for a claim expected to hold, a
/// ratio above the limit that intervals do not clear.
pub fn examine(claim: &ClaimEntry, instance: &Instance) -> Result<Outcome, String> {
    instance.validate().map_err(|e| e.to_string())?;
    let evaluation = Evaluation::<f64>::new(instance, SAMPLE_PIECES);
    let ratio = match measure(claim, &evaluation) {
        Measured::Outside(name) => return Ok(Outcome::Outside(name)),
        Measured::Inside { ratio, .. } => ratio,
    };
    let parts = claim.real.parts(&evaluation);
    if parts.is_empty() {
        return Err("no parts".into());
    }
    let mut largest = None;
    for part in &parts {
        let found = sound(part)?;
        if found > largest {
            largest = found;
        }
    }
    if ratio != largest {
        return Err(format!("measured {ratio:?}, but the largest ratio of the parts is {largest:?}"));
    }
    let decision = ratio.filter(|&ratio| ratio > RATIO_LIMIT).map(|_| certify(claim, instance).decision);
    match decision {
        None | Some(Decision::Holds) => {}
        Some(Decision::Outside) => return Ok(Outcome::Outside("a hypothesis, by intervals")),
        Some(_) if claim.statement.expected == Expected::Fails => {}
        Some(other) => return Err(format!("ratio {ratio:?} in binary64, and intervals say {other:?}")),
    }
    Ok(Outcome::Inside(decision))
}

fn describe(claim: &ClaimEntry, instance: &Instance, reason: &str) -> String {
    let instance = serde_json::to_string(instance).unwrap_or_else(|e| e.to_string());
    format!("{}: {reason}\ninstance: {instance}", claim.statement.slug)
}

// ---- the checks of every module -----------------------------------------------------------------------------------------

/// What the random instances of a family gave.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    run: u32,
    covered: u32,
    refuted: u32,
}

fn run(claim: &'static ClaimEntry, family: &'static Family, seeds: &'static str) -> Count {
    let count = Cell::new(Count::default());
    let mut config = config(seeds);
    if claim.scope == Scope::Run {
        config.cases /= STEPS_FOR_A_RUN; // a run is hundreds of steps
    }
    let result = TestRunner::new(config).run(&points(family), |point| {
        let instance = point.instance();
        let outcome =
            examine(claim, &instance).map_err(|reason| TestCaseError::fail(describe(claim, &instance, &reason)))?;
        let mut so_far = count.get();
        so_far.run += 1;
        so_far.covered += u32::from(matches!(outcome, Outcome::Inside(_)));
        so_far.refuted += u32::from(outcome == Outcome::Inside(Some(Decision::Violated)));
        count.set(so_far);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}\nIts seed is in {seeds}; promote the instance above to an explicit case of the claim's module.");
    }
    count.get()
}

/// The random part: every family; exactly those in `reach` meet the claim, each at least as often as stated. Returns, by family,
/// the share of instances that were refuted with a certificate.
pub fn on_random_instances(slug: &str, reach: Reach, seeds: &'static str) -> Vec<(&'static str, f64)> {
    let claim = claim(slug);
    let mut refuted = Vec::new();
    let mut reached = Vec::new();
    for family in families_of(claim).iter().filter(|family| claim.is_tested_on(family.name)) {
        let count = run(claim, family, seeds);
        let share = |n: u32| f64::from(n) / f64::from(count.run);
        refuted.push((family.name, share(count.refuted)));
        if count.covered > 0 {
            reached.push(family.name);
        }
        let least = reach.iter().find(|(name, _)| *name == family.name).map_or(0.0, |&(_, least)| least);
        let covered = share(count.covered);
        assert!(covered >= least, "{slug} covers {covered} of {}, expected at least {least}", family.name);
    }
    let expected: Vec<&str> = reach.iter().map(|&(name, _)| name).collect();
    assert_eq!(reached, expected, "{slug}: the families that reach it, in the registry's order");
    refuted
}

/// The edge sets: no instance fails, intervals never contradict binary64, no family outside `reach` is covered, and at least
/// `least` instances in all are.
pub fn on_edge_instances(slug: &str, reach: Reach, least: u32) {
    let claim = claim(slug);
    let mut total = 0;
    for family in families_of(claim).iter().filter(|family| claim.is_tested_on(family.name)) {
        let mut covered = 0;
        for edge in family.edges() {
            let instance = family.decode(&edge.u).expect("an edge lies in the cube");
            let fail = |reason: &str| panic!("{} ({})", describe(claim, &instance, reason), edge.name);
            match examine(claim, &instance) {
                Ok(Outcome::Outside(_)) => {}
                Ok(Outcome::Inside(_)) => covered += 1,
                Err(reason) => fail(&reason),
            }
            if claim.statement.expected == Expected::Holds && certify(claim, &instance).decision == Decision::Violated {
                fail("certified violation");
            }
        }
        // The constructions of Theorems 2 and 4 may meet a condition at an end of their windows and nowhere else.
        let construction = claim.scope == Scope::Run && !family.name.ends_with("-run");
        // And a listed instance of an edge may be straight, which random ones are not.
        let listed = family.name == "listed-responses";
        assert!(
            covered == 0 || construction || listed || reach.iter().any(|(name, _)| *name == family.name),
            "{slug}: edge set of {}",
            family.name
        );
        total += covered;
    }
    assert!(total >= least, "{slug} covers {total} edge instances, expected at least {least}");
}

/// The smallest and the most extreme instances: exactly those named are outside the claim, and no other fails.
pub fn on_extreme_instances(slug: &str, expected_outside: &[&str]) {
    let claim = claim(slug);
    let mut outside = Vec::new();
    for (name, instance) in extremes() {
        if claim.families.is_some() {
            // A statement about its own families alone: it must have an answer here too, whatever it is.
            measure(claim, &Evaluation::new(&instance, SAMPLE_PIECES));
            certify(claim, &instance);
            continue;
        }
        match examine(claim, &instance) {
            Ok(Outcome::Outside(_)) => outside.push(name),
            Ok(Outcome::Inside(_)) => {}
            Err(reason) => panic!("{} ({name})", describe(claim, &instance, &reason)),
        }
        let certified = certify(claim, &instance).decision;
        assert!(
            claim.statement.expected == Expected::Fails || certified != Decision::Violated,
            "{} ({name})",
            describe(claim, &instance, "certified violation")
        );
    }
    assert_eq!(outside, expected_outside, "{slug}: the extreme instances that it does not cover");
}

/// Every hypothesis can hold (its witness, in binary64 and for certain) and can fail while all others hold.
pub fn hypotheses_can_hold_and_fail(slug: &str) {
    let claim = claim(slug);
    let given = claim.given;
    let zero = Interval::point(0.0);
    let surely_le = |a: Interval, b: Interval| gradient_gap::number::Scalar::surely_le(a, b);
    for (i, hypothesis) in given.iter().enumerate() {
        let name = hypothesis.name;
        let witness = (hypothesis.witness)();
        witness.validate().unwrap_or_else(|e| panic!("{slug}, {name}: its witness is no instance: {e}"));
        let margin = (hypothesis.real)(&Evaluation::new(&witness, SAMPLE_PIECES));
        assert!(margin >= 0.0, "{slug}, {name}: margin {margin} at its witness");
        let enclosed = (hypothesis.enclosed)(&Evaluation::new(&witness, 8));
        assert!(surely_le(zero, enclosed), "{slug}, {name}: margin {enclosed:?} at its witness");

        let drawn = sample(families_of(claim), if claim.scope == Scope::Step { 400 } else { 40 });
        let fails_alone = drawn.map(|(_, instance)| instance).any(|instance| {
            let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
            let others = given.iter().enumerate().filter(|&(j, _)| j != i);
            (hypothesis.real)(&evaluation) < 0.0 && {
                let enclosed = Evaluation::<Interval>::new(&instance, 8);
                (hypothesis.enclosed)(&enclosed).surely_negative()
                    && others.clone().all(|(_, other)| surely_le(zero, (other.enclosed)(&enclosed)))
            }
        });
        assert!(fails_alone, "{slug}, {name}: no instance fails it and nothing else");
    }
}

/// Corresponding entries agree up to `ulps` rounding units of `condition`.
#[track_caller]
pub fn all_close(x: &[f64], y: &[f64], ulps: f64, condition: f64) {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).for_each(|(&x, &y)| close(x, y, ulps, condition));
}

/// The tests that every module has.
macro_rules! standard_tests {
    ($slug:literal, reach: $reach:expr, edges: $edges:expr, outside: $outside:expr $(,)?) => {
        #[test]
        fn random_instances() {
            $crate::support::on_random_instances($slug, $reach, seeds_of!($slug));
        }

        #[test]
        fn edge_instances() {
            $crate::support::on_edge_instances($slug, $reach, $edges);
        }

        #[test]
        fn smallest_and_extreme_instances() {
            $crate::support::on_extreme_instances($slug, $outside);
        }

        #[test]
        fn hypotheses_can_hold_and_fail() {
            $crate::support::hypotheses_can_hold_and_fail($slug);
        }
    };
}

// ---- runs --------------------------------------------------------------------------------------------------------------

/// λ at θ_K, evaluated there and not summed up.
pub fn log_odds_at_the_end(instance: &Instance) -> f64 {
    let end = Instance { theta: instance.end(), then: vec![], ..instance.clone() };
    Evaluation::<f64>::new(&end, SAMPLE_PIECES).start().lambda()
}

/// J(K) ≥ J(0)/(J(0) + {1 − J(0)}e^{−M(K)/2}), (15b) and (18b) as printed, with J at θ_K, wherever the claim covers a sampled run.
pub fn gains_half_at_the_last_iterate(slug: &str) {
    let mut covered = 0;
    for (point, instance) in sample(families::RUNS, 12) {
        if !matches!(examine(claim(slug), &instance), Ok(Outcome::Inside(_))) {
            continue;
        }
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let (start, progress) = (evaluation.start(), evaluation.course().cumulative_alignment());
        let lambda = log_odds_at_the_end(&instance);
        let bound = start.success() / (start.success() + start.failure() * (-0.5 * progress).exp());
        assert!(1.0 / (1.0 + (-lambda).exp()) >= bound * (1.0 - 1e-9), "{slug}, {point:?}");
        covered += 1;
    }
    assert!(covered >= 100, "{slug}: {covered}");
}
