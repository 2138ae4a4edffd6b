//! Campaigns: reproducible bit for bit, spread over the extremes, edge sets first, verdicts as the mathematics has them.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::Evaluation;
use gradient_gap::check::campaign::{
    Campaign, CampaignResult, DEFAULT_INSTANCES, DEFAULT_SEED, STEPS_PER_RUN, Spread, Verdict, draw,
};
use gradient_gap::check::histogram::Histogram;
use gradient_gap::check::judge::{Decision, Measured, SAMPLE_PIECES, beyond_limit, certify, measure};
use gradient_gap::check::witness::{WITNESS_SCHEMA, Witness, read_instance};
use gradient_gap::claims::{self, ClaimEntry, Expected, Relation, Scope};
use gradient_gap::families::{self, Family};
use gradient_gap::report::{Verified, verify_json};
use std::sync::atomic::{AtomicU64, Ordering};

const INSTANCES: u64 = 2_000;

fn campaign(claims: &'static [ClaimEntry], instances: u64, seed: u64, threads: usize) -> Campaign<'static> {
    Campaign { seed, threads, ..Campaign::new(claims, instances) }
}

fn run(campaign: &Campaign<'_>) -> CampaignResult {
    campaign.run(&|_| {}).expect("claims and families are there")
}

fn json(campaign: &Campaign<'_>) -> String {
    verify_json(&Verified { campaign, result: &run(campaign), seconds: 0.0, observed: &[] })
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    // 1 999: the last task is a short one.
    let one = json(&campaign(claims::REGISTRY, 1_999, 5, 1));
    for threads in [2, 3] {
        assert!(json(&campaign(claims::REGISTRY, 1_999, 5, threads)) == one, "{threads} threads differ from one");
    }
    // Controls: another seed, or one instance more, is not the same.
    let (other, longer) = (campaign(claims::REGISTRY, 1_999, 6, 1), campaign(claims::REGISTRY, 2_000, 5, 1));
    let same_header = |text: String, from: &str, to: &str| text.replace(from, to);
    assert!(same_header(json(&other), "\"seed\": 6", "\"seed\": 5") != one, "the seed does not matter");
    assert!(same_header(json(&longer), "\"instances\": 2000,\n  \"s", "\"instances\": 1999,\n  \"s") != one);
}

#[test]
fn progress_counts_every_random_instance_once() {
    let done = AtomicU64::new(0);
    let progress = |n: u64| {
        done.fetch_add(n, Ordering::Relaxed);
    };
    campaign(&claims::REGISTRY[..1], 1_001, 1, 2).run(&progress).expect("runs");
    assert_eq!(done.into_inner(), 1_001);
}

/// Every case of one scope in its order, decoded independently of the campaign: edge sets first, then random case i from stream
/// i (of the upper half for runs) and family i modulo their number.
fn all_cases(seed: u64, families: &'static [Family], instances: u64, first_stream: u64) -> Vec<(&'static Family, Vec<f64>)> {
    let mut cases: Vec<(&Family, Vec<f64>)> =
        families.iter().flat_map(|family| family.edges().into_iter().map(move |edge| (family, edge.u))).collect();
    for i in 0..instances {
        let family = &families[(i % families.len() as u64) as usize];
        let mut u = Vec::new();
        draw(seed, first_stream + i, family.dim, &mut u);
        cases.push((family, u));
    }
    cases
}

#[test]
fn a_short_attack_has_the_seed_of_its_campaign() {
    let claim = claims::REGISTRY.iter().find(|claim| claim.statement.slug == "rare-failure-step").expect("in the registry");
    let attacked = |seed| {
        let campaign = Campaign { attack: 512, ..campaign(std::slice::from_ref(claim), 100, seed, 0) };
        run(&campaign).claims.remove(0).attacked.expect("an attack was asked for")
    };
    assert_eq!(attacked(5), attacked(5));
    assert_ne!(attacked(5).best, attacked(1).best);
}

#[test]
fn every_case_can_be_drawn_again_and_ties_go_to_the_lowest() {
    let (seed, instances) = (3, 700);
    // Claims that few instances meet are asked about more of them.
    let most = claims::REGISTRY.iter().map(|claim| claim.times).max().expect("not empty");
    let steps = all_cases(seed, families::REGISTRY, most * instances, 0);
    let runs = all_cases(seed, families::RUNS, instances / STEPS_PER_RUN, 1 << 63);
    let result = run(&campaign(claims::REGISTRY, instances, seed, 2));
    let added = (most - 1) * instances;
    assert_eq!(result.drawn(), [steps.len() as u64 - added, runs.len() as u64], "edge sets included");
    let mut ties = 0;
    for claim in &result.claims {
        if claim.claim.statement.expected == Expected::Fails {
            continue; // what follows a certified violation is recorded otherwise
        }
        let cases = match claim.claim.scope {
            Scope::Step => &steps[..steps.len() - ((most - claim.claim.times) * instances) as usize],
            Scope::Run => &runs,
        };
        for (name, tally) in &claim.families {
            // The first largest ratio of this family, by a plain loop.
            let mut best: Option<(f64, u64)> = None;
            let (mut speaks, mut equal) = (0, 0);
            for (case, (family, u)) in cases.iter().enumerate().filter(|(_, (family, _))| family.name == *name) {
                let instance = family.decode(u).expect("inside");
                let Measured::Inside { ratio, .. } = measure(&claim.claim, &Evaluation::new(&instance, SAMPLE_PIECES))
                else {
                    continue;
                };
                if ratio.is_some_and(beyond_limit) && certify(&claim.claim, &instance).decision == Decision::Outside {
                    continue; // sampled constants put it inside
                }
                speaks += 1;
                let Some(mut ratio) = ratio else { continue };
                if beyond_limit(ratio) {
                    // Sampled constants were too small: intervals settle it, and their upper end is recorded.
                    let certificate = certify(&claim.claim, &instance);
                    assert_eq!(certificate.decision, Decision::Holds, "{}", claim.claim.statement.slug);
                    ratio = ratio.min(certificate.ratio().expect("an inequality").hi());
                }
                match best {
                    Some((largest, _)) if ratio < largest => {}
                    Some((largest, _)) if ratio == largest => equal += 1,
                    _ => (best, equal) = (Some((ratio, case as u64)), 0),
                }
            }
            ties += equal;
            let slug = claim.claim.statement.slug;
            assert_eq!((tally.cases, tally.worst), (speaks, best), "{slug} on {name}");
        }
    }
    assert!(ties > 100, "no ties were met, so their order was not tested: {ties}");
}

#[test]
fn streams_of_a_seed_are_independent() {
    let mut points: Vec<Vec<f64>> = Vec::new();
    for (seed, i) in [(1, 0), (1, 1), (2, 0), (2, 1), (1, u64::MAX)] {
        let mut u = Vec::new();
        draw(seed, i, 40, &mut u);
        assert!(u.len() == 40 && u.iter().all(|x| (0.0..1.0).contains(x)));
        points.push(u);
    }
    for (i, x) in points.iter().enumerate() {
        assert!(points[..i].iter().all(|y| x != y));
    }
    // A longer point starts with the shorter one: dimension does not reshuffle.
    let (mut short, mut long) = (Vec::new(), Vec::new());
    draw(1, 9, 5, &mut short);
    draw(1, 9, 50, &mut long);
    assert_eq!(short, long[..5]);
}

// ---- what a campaign covers ---------------------------------------------------------------------------------------------

/// log₁₀ of the smallest number of a histogram that is not zero.
fn smallest_positive(histogram: &Histogram) -> f64 {
    let n = histogram.count();
    let quantiles = (1..=n).filter_map(|rank| histogram.quantile_log10((rank as f64 - 0.5) / n as f64));
    quantiles.into_iter().find(|x| x.is_finite()).expect("something positive")
}

fn extremes(spread: &Spread) -> [(&'static str, bool); 5] {
    let at = |histogram: &Histogram, q: f64| histogram.quantile_log10(q).expect("not empty");
    [
        ("J < 10⁻⁶", at(&spread.success, 0.0) < -6.0),
        ("1 − J < 10⁻⁶", at(&spread.failure, 0.0) < -6.0),
        ("η√L > ½", at(&spread.step, 1.0) > 0.5f64.log10()),
        ("0 < η√L < 10⁻⁶", smallest_positive(&spread.step) < -6.0),
        ("η = 0", at(&spread.step, 0.0) == f64::NEG_INFINITY),
    ]
}

/// The spreads of the random cases of a campaign, by family.
fn random_spreads() -> Vec<Spread> {
    let mut spreads = vec![Spread::default(); families::REGISTRY.len()];
    let mut u = Vec::new();
    for i in 0..INSTANCES {
        let f = (i % families::REGISTRY.len() as u64) as usize;
        draw(1, i, families::REGISTRY[f].dim, &mut u);
        let instance = families::REGISTRY[f].decode(&u).expect("inside");
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let (start, spread) = (evaluation.start(), &mut spreads[f]);
        spread.success.add_log10(start.log_success() / std::f64::consts::LN_10);
        spread.failure.add_log10(start.log_failure() / std::f64::consts::LN_10);
        spread.step.add(instance.eta * evaluation.constants().curvature.sqrt());
    }
    spreads
}

#[test]
fn every_family_reaches_the_extremes() {
    let result = run(&campaign(&claims::REGISTRY[..1], INSTANCES, 1, 0));
    for ((name, spread), random) in result.families.iter().zip(random_spreads()) {
        // The random cases alone, without the edge sets.
        for (what, reached) in extremes(&random) {
            assert!(reached, "{name} never has {what}");
        }
        // Response lengths: one token, or from 2 to what the family promises.
        let (low, high) =
            (spread.length.quantile_log10(0.0).expect("cases"), spread.length.quantile_log10(1.0).expect("cases"));
        let range = (10f64.powf(low).round() as u32, 10f64.powf(high).round() as u32);
        let expected = match *name {
            "prefix-tabular" | "prefix-linear" => (2, 6),
            "last-token" | "curved-tokens" => (2, 24),
            "geometric-length" => (2, 5),
            "finite-state" => (2, 128),
            "declared-lengths" | "listed-responses" => (1, 64),
            _ => (1, 1),
        };
        // Few of the declared lengths are 64 itself.
        let longest = if expected.1 == 64 { 51..=64 } else { expected.1..=expected.1 };
        assert!(range.0 == expected.0 && longest.contains(&range.1), "{name}: {range:?}");
    }
    // Control: the test can fail, for example on ten ordinary instances.
    let mut few = Spread::default();
    (0..10).for_each(|i| {
        few.success.add(0.1 * f64::from(i + 1));
        few.failure.add(0.1);
        few.step.add(0.01);
    });
    assert!(extremes(&few).iter().all(|(_, reached)| !reached));
}

fn decodes(family: &Family, u: &[f64], what: &str) -> usize {
    let instance = family.decode(u).unwrap_or_else(|e| panic!("{what}: {e}"));
    instance.validate().unwrap_or_else(|e| panic!("{} at {what}: {e}\n{u:?}", family.name));
    match instance.policy.is_listed() {
        true => instance.policy.responses(),
        false => instance.policy.terms(),
    }
}

/// Memory that is used again carries nothing over from the instance before, of whatever family.
#[test]
fn decoding_over_another_instance_leaves_nothing() {
    let (mut u, mut reused) = (Vec::new(), families::blank());
    let all: Vec<&Family> = families::REGISTRY.iter().chain(families::RUNS).collect();
    for i in 0..1_500 {
        let family = all[(7 * i as usize) % all.len()];
        draw(23, i, family.dim, &mut u);
        family.decode_into(&u, &mut reused).expect("inside");
        assert_eq!(reused, family.decode(&u).expect("inside"), "{} after another family", family.name);
    }
    let before = reused.clone();
    assert!(all[0].decode_into(&[0.5], &mut reused).is_err());
    assert_eq!(reused, before, "a refused point changes nothing");
}

#[test]
fn every_point_of_every_cube_is_a_valid_instance() {
    let mut u = Vec::new();
    for family in families::REGISTRY {
        let smallest = decodes(family, &vec![0.0; family.dim], "u = 0");
        decodes(family, &vec![1.0; family.dim], "u = 1");
        decodes(family, &vec![0.5; family.dim], "u = ½");
        for edge in family.edges() {
            decodes(family, &edge.u, edge.name);
        }
        let mut larger = 0;
        for i in 0..300 {
            draw(77, i, family.dim, &mut u);
            // Every third point is pushed to a corner of the cube: each coordinate to 0 or 1.
            if i % 3 == 0 {
                u.iter_mut().for_each(|x| *x = x.round());
            }
            let responses = decodes(family, &u, "a random point");
            assert!(responses >= smallest, "{}: {responses} responses are fewer than {smallest} at u = 0", family.name);
            larger += usize::from(responses > smallest);
        }
        assert!(larger > 0 || family.name == "curve", "{}: all instances are as small as at u = 0", family.name);
    }
}

#[test]
fn one_coordinate_at_a_time_decodes_too() {
    for family in families::REGISTRY {
        for i in 0..family.dim {
            for extreme in [1.0, f64::MIN_POSITIVE, 1.0 - f64::EPSILON] {
                let mut u = vec![0.0; family.dim];
                u[i] = extreme;
                decodes(family, &u, "an axis");
            }
        }
    }
}

#[test]
fn points_outside_the_cube_are_refused_by_name() {
    for family in families::REGISTRY {
        let refuse = |u: &[f64], parts: &[&str]| {
            let error = family.decode(u).expect_err("outside").to_string();
            assert!(error.contains(family.name) && parts.iter().all(|part| error.contains(part)), "{error}");
        };
        let (dim, expected) = (family.dim, format!("expected {}", family.dim));
        refuse(&vec![0.0; dim + 1], &["u has", &(dim + 1).to_string(), &expected]);
        refuse(&vec![0.0; dim - 1], &["u has", &(dim - 1).to_string(), &expected]);
        refuse(&[], &["u has 0", &expected]);
        for (x, shown) in [(f64::NAN, "NaN"), (1.5, "1.5"), (-0.25, "-0.25"), (f64::INFINITY, "inf")] {
            let mut u = vec![0.5; dim];
            u[dim - 1] = x;
            refuse(&u, &[&format!("u[{}]", dim - 1), shown, "[0, 1]"]);
        }
    }
}

#[test]
fn no_covered_case_is_without_a_number() {
    // NaN on either side would pass for "not refuted": no share of the bound, no question asked.
    let mut parts = 0;
    for (family, u) in all_cases(13, families::REGISTRY, 1_500, 0) {
        let instance = family.decode(&u).expect("inside");
        let view = Evaluation::new(&instance, SAMPLE_PIECES);
        for claim in claims::REGISTRY {
            if matches!(measure(claim, &view), Measured::Inside { .. }) {
                for part in claim.real.parts(&view) {
                    parts += 1;
                    let (slug, name) = (claim.statement.slug, part.name);
                    assert!(!part.computed.is_nan() && !part.claimed.is_nan(), "{slug}, {name}: {part:?}\n{instance:?}");
                }
            }
        }
    }
    assert!(parts > 10_000, "{parts}");
}

// ---- verdicts -----------------------------------------------------------------------------------------------------------

#[test]
fn nothing_to_run_is_an_error() {
    let no_claims = campaign(&[], 10, 1, 1);
    let no_families = Campaign { families: &[], ..campaign(claims::REGISTRY, 10, 1, 1) };
    for empty in [no_claims, no_families] {
        let error = empty.run(&|_| {}).expect_err("nothing to run").to_string();
        assert!(error.contains("at least one claim and one family"), "{error}");
    }
    assert!(campaign(claims::REGISTRY, 1, 1, 1).run(&|_| {}).is_ok());
}

#[test]
fn verdicts_are_what_the_mathematics_says() {
    let result = run(&campaign(claims::REGISTRY, INSTANCES, 2, 0));
    for claim in &result.claims {
        let slug = claim.claim.statement.slug;
        let expected = match claim.claim.statement.expected {
            Expected::Holds if claim.claim.statement.relation == Relation::Existence => Verdict::Certified,
            Expected::Holds => Verdict::NotRefuted,
            Expected::Fails => Verdict::Refuted,
        };
        assert_eq!(claim.verdict, expected, "{slug}: {:?}", claim.reason);
        assert!(claim.as_expected && claim.cases > 0, "{slug}");
        assert_eq!(claim.witness.is_some(), expected == Verdict::Refuted, "{slug}");
    }
    assert!(result.as_expected());
    assert!(result.claims.iter().any(|claim| claim.verdict == Verdict::Refuted), "some statement is false as printed");
    // Control: a registry that expected the opposite of one claim would not be satisfied.
    let mut wrong = *claims::find("second-order-printed").expect("in the registry");
    wrong.statement.expected = Expected::Holds;
    let wrong = [wrong];
    let result = run(&Campaign { claims: &wrong, ..campaign(claims::REGISTRY, 100, 2, 1) });
    assert!(!result.as_expected() && result.claims[0].verdict == Verdict::Refuted);
    let mut wrong = *claims::find("second-order").expect("in the registry");
    wrong.statement.expected = Expected::Fails;
    let wrong = [wrong];
    let result = run(&Campaign { claims: &wrong, ..campaign(claims::REGISTRY, 100, 2, 1) });
    assert!(!result.as_expected() && result.claims[0].verdict == Verdict::NotRefuted);
}

fn printed_witness() -> Witness {
    let claim = claims::find("second-order-printed").expect("in the registry");
    let result = run(&campaign(std::slice::from_ref(claim), 500, 1, 0));
    result.claims[0].witness.clone().expect("a counterexample")
}

#[test]
fn the_printed_expansion_falls_to_two_responses_and_the_witness_replays() {
    let witness = printed_witness();
    let claim = claims::find("second-order-printed").expect("in the registry");
    assert_eq!((witness.slug.as_str(), witness.schema.as_str()), ("second-order-printed", WITNESS_SCHEMA));
    assert_eq!(witness.instance.policy.responses(), 2);
    assert_eq!(certify(claim, &witness.instance).decision, Decision::Violated);
    assert!(witness.computed[1] < witness.claimed[0] || witness.claimed[1] < witness.computed[0], "{witness:?}");
    // The family's map gives the stored instance back, bit for bit.
    let family = families::find(&witness.family).expect("a family");
    assert_eq!(
        (family.version, family.decode(&witness.u).expect("inside")),
        (witness.family_version, witness.instance.clone())
    );
    // Control: the corrected form holds on it.
    let corrected = claims::find("second-order").expect("in the registry");
    assert_eq!(certify(corrected, &witness.instance).decision, Decision::Holds);
}

#[test]
fn a_witness_survives_its_file() {
    let witness = printed_witness();
    let text = serde_json::to_string_pretty(&witness).expect("serialises");
    assert_eq!(serde_json::from_str::<Witness>(&text).expect("reads back"), witness);
    assert_eq!(read_instance(&text).expect("reads back"), witness.instance);
    let alone = serde_json::to_string(&witness.instance).expect("serialises");
    assert_eq!(read_instance(&alone).expect("an instance alone"), witness.instance);
    // Controls: another schema is refused by name, a spoiled instance by place.
    let error = read_instance(&text.replace(WITNESS_SCHEMA, "gradient-gap/witness/999")).expect_err("schema").to_string();
    assert!(error.contains("gradient-gap/witness/999") && error.contains(WITNESS_SCHEMA), "{error}");
    let mut spoiled = witness;
    spoiled.instance.theta.push(0.0);
    let error = read_instance(&serde_json::to_string(&spoiled).expect("serialises")).expect_err("θ").to_string();
    assert!(error.contains("theta has"), "{error}");
}

/// An identity whose binary64 side is off by 4·10⁻¹³ of its condition, far beyond the tolerance, while its enclosure holds the truth and
/// is narrow enough to be certified: what a function that lost digits would do.
struct Inaccurate;
impl claims::Claim for Inaccurate {
    const STATEMENT: claims::Statement = claims::Statement {
        slug: "inaccurate",
        place: "nowhere",
        formula: "an identity whose binary64 evaluation lost digits",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: "",
    };
    fn sides<N: gradient_gap::number::Scalar>(e: &Evaluation<'_, N>) -> claims::Parts<N> {
        let condition = e.logit_condition();
        let value = e.start().success();
        let part = claims::Part::identity(
            "J",
            value,
            value + N::between(0.0, 8e-13 * condition),
            gradient_gap::tolerance::ULPS,
            condition,
        );
        std::iter::once(part).collect()
    }
}

#[test]
fn a_disagreement_between_binary64_and_intervals_is_not_as_expected() {
    static CLAIMS: [ClaimEntry; 1] = [claims::claim::<Inaccurate>()];
    let result = run(&campaign(&CLAIMS, 500, 1, 1));
    assert_eq!(result.claims[0].verdict, Verdict::Inconclusive, "{:?}", result.claims[0].reason);
    assert!(!result.as_expected());
}

/// The default campaign runs at least 100 000 instances for each one-step claim, and as many runs for the others as a hundredth of
/// its instances: a prefix of it shows the share of each.
#[test]
fn every_claim_gets_its_share_of_the_default_campaign() {
    let instances = 16_000;
    let result = run(&campaign(claims::REGISTRY, instances, DEFAULT_SEED, 0));
    for claim in &result.claims {
        let expected = claim.cases as f64 / instances as f64 * DEFAULT_INSTANCES as f64;
        let least = match claim.claim.scope {
            Scope::Step => 105_000.0,
            Scope::Run => 100.0,
        };
        assert!(expected >= least, "{}: about {expected:.0} instances", claim.claim.statement.slug);
    }
}

/// At least a third of the random runs go as far as M(K) = 4 (the constructions of Theorems 2 and 4, which collapse, aside), and
/// every condition has runs on both sides of it.
#[test]
fn a_third_of_the_runs_go_far() {
    let starts: Vec<&Family> = families::RUNS.iter().filter(|family| family.name.ends_with("-run")).collect();
    assert_eq!(starts.len(), families::RUNS.len() - 3);
    let (mut far, mut u) = (0, Vec::new());
    for i in 0..450 {
        let family = starts[i as usize % starts.len()];
        draw(DEFAULT_SEED, (1 << 63) + i, family.dim, &mut u);
        let instance = family.decode(&u).expect("inside");
        far += u32::from(Evaluation::<f64>::new(&instance, 1).course().cumulative_alignment() >= 4.0);
    }
    assert!(far >= 150, "{far} of 450 runs have M(K) ≥ 4");
    let result = run(&campaign(claims::REGISTRY, 40_000, DEFAULT_SEED, 0));
    let [_, all] = result.drawn();
    for slug in ["convergence", "token-convergence", "linear-rate", "no-universal-collapse"] {
        let claim = result.claims.iter().find(|claim| claim.claim.statement.slug == slug).expect("in the registry");
        assert!(claim.cases > 0 && claim.cases < all, "{slug}: {} of {all}", claim.cases);
    }
}

/// Many equally likely responses: what plain sums lose stays within the stated tolerances.
#[test]
fn a_thousand_equal_responses_stay_within_tolerance() {
    for n in [100, 1_000, 5_000] {
        let instance = gradient_gap::Instance {
            policy: gradient_gap::policy::Policy::linear_softmax(
                1,
                (0..n).map(|i| f64::from(i) / f64::from(n)).collect(),
                vec![],
            )
            .expect("fits"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.1,
            correct: (0..n).map(|i| i == 0).collect(),
            then: vec![],
        };
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        for claim in claims::REGISTRY.iter().filter(|claim| claim.statement.expected == Expected::Holds) {
            if let Measured::Inside { ratio: Some(ratio), .. } = measure(claim, &evaluation) {
                assert!(!beyond_limit(ratio), "{} at n = {n}: {ratio}", claim.statement.slug);
            }
        }
    }
}
