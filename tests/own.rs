//! Claims and families that are not the crate's: campaigns, attacks, certificates and searches take them like its own, and
//! what is wrong with them is said in one message, wherever it is met first.

#![allow(clippy::expect_used, reason = "a panic in a test is a failed test, with its place")]

use gradient_gap::check::campaign::Draws;
use gradient_gap::check::witness::{Stored, read_stored};
use gradient_gap::families::{self, log_uniform, signed};
use gradient_gap::prelude::*;

/// |λ(η) − λ(0)| ≤ 2ηG_o, since λ' = E⁺[s] − E⁻[s]; equality at two responses of equal probability as η → 0.
struct Lipschitz;

impl Claim for Lipschitz {
    const STATEMENT: Statement = Statement {
        reading: Some(Reading::Seg),
        ..Statement::new("lipschitz", "|λ(η) − λ(0)| ≤ 2ηG_o", Relation::Upper)
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let claimed = N::of(2.0) * evaluation.eta() * evaluation.constants().score;
        Parts::from_iter([Part::at_most("change", evaluation.step().change.abs(), claimed)])
    }
}

/// The claim, and the same with a factor that is too small by a tenth.
fn claims() -> [ClaimEntry; 2] {
    [claim::<Lipschitz>(), claim::<Lipschitz>().with_constant("change", 0.9)]
}

fn parabola(u: &[f64]) -> Result<Instance, Error> {
    Ok(Instance {
        policy: Policy::curve([8.0 * signed(u[0]), 4.0 * signed(u[1]), -1.0], &[])?,
        theta: vec![4.0 * signed(u[2])],
        direction: vec![1.0],
        eta: log_uniform(u[3], 1e-3, 2.0),
        correct: vec![false, true],
        then: vec![],
    })
}

const PARABOLA: Family = Family::new("parabola", "two responses, log-odds a parabola", 4, parabola);

/// Valid but for u[2] > 0.998, where no response is correct.
const RARELY_WRONG: Family = Family::new("rarely-wrong", "a parabola that loses its correct response", 4, |u| {
    let instance = parabola(u)?;
    Ok(if u[2] > 0.998 { Instance { correct: vec![false; 2], ..instance } } else { instance })
});

const SHORT_EDGE: Family = PARABOLA.with_edges(|| vec![Edge { name: "a coordinate too few", u: vec![0.0; 3] }]);

fn campaign<'a>(claims: &'a [ClaimEntry], families: &'a [Family]) -> Campaign<'a> {
    Campaign { families, ..Campaign::new(claims, 2_000) }
}

fn error<T>(result: Result<T, Error>) -> String {
    result.err().expect("something is wrong").to_string()
}

#[test]
fn ones_own_claim_on_ones_own_family() {
    let claims = claims();
    let campaign = Campaign { attack: 4_096, certified: 200, ..campaign(&claims, &[PARABOLA]) };
    let result = campaign.run(&|_| {}).expect("runs");
    let [holds, wrong] = &result.claims[..] else { unreachable!("two claims") };
    assert_eq!((holds.verdict, wrong.verdict), (Verdict::NotRefuted, Verdict::Refuted));
    assert!(result.as_expected() && holds.cases == 2_000);
    assert_eq!(holds.families[0].0, "parabola");
    let share = holds.attacked.as_ref().and_then(|found| found.best.as_ref()).expect("attacked").ratio;
    assert!(share > 0.99 && share <= 1.0 + 1e-9, "{share}");
    // Certificates of the random instances and of what the attack ended with, which are points of this family.
    let certified = holds.certified.as_ref().expect("asked for");
    assert_eq!((certified.random.certified, certified.refuted()), (200, 0));
    assert!(certified.hard.certified > 0 && wrong.certified.as_ref().expect("asked for").refuted() > 0);
    let witness = wrong.witness.as_ref().expect("a counterexample");
    assert_eq!(witness.family, "parabola");
    assert_eq!(PARABOLA.decode(&witness.u).expect("inside"), witness.instance);
    assert_eq!(certify(&claims[1], &witness.instance).decision, Decision::Violated);
    assert_eq!(certify(&claims[0], &witness.instance).decision, Decision::Holds);
    // The same alone.
    let certified = campaign.certify(&|_| {}).expect("runs");
    assert_eq!((certified[0].refuted(), certified[0].random.cases()), (0, 2_000));
    assert!(certified[1].as_expected());
    let attack = Attack { families: vec![&PARABOLA], ..Attack::of(&claims[1], 10_000) };
    assert!(attack.run(&|_| {}).expect("runs").violated);
}

/// A stored counterexample of one's own is read and asked anew, given the claim and the family; names, versions and claims
/// that are not those of the file do not pass for it.
#[test]
fn a_witness_of_ones_own_is_asked_anew() {
    let [right, wrong] = claims();
    let family = PARABOLA.with_version(3);
    let found = Attack { families: vec![&family], ..Attack::of(&wrong, 10_000) }.run(&|_| {}).expect("runs");
    let text = found.witness.expect("a counterexample").to_json();
    let Stored::Witness { witness, .. } = read_stored(&text, false).expect("reads") else { unreachable!("a witness") };
    assert_eq!((witness.family_version, witness.slug.as_str()), (3, "lipschitz"));
    let confirmed = |claim: &ClaimEntry, family: &Family| -> Vec<Option<bool>> {
        let asserted = witness.asserted_of(claim, family, true).expect("fits");
        asserted.into_iter().map(|assertion| assertion.confirmed).collect()
    };
    let all = confirmed(&wrong, &family);
    assert!(all.len() == 6 && all.iter().all(|confirmed| *confirmed == Some(true)), "{all:?}");
    assert!(confirmed(&right, &family).contains(&Some(false)), "the claim itself is not violated");
    let changed = Family::new("parabola", "another map", 4, |_| parabola(&[0.5; 4])).with_version(3);
    assert!(confirmed(&wrong, &changed).contains(&Some(false)), "u decodes to another instance");
    assert!(confirmed(&wrong, &family.with_version(4)).contains(&None), "nobody knows what u was");
    assert_eq!(error(witness.asserted_of(&wrong, &PARABOLA, true)), "family_version is 3, but parabola is at version 1");
    assert_eq!(error(witness.asserted_of(&wrong, &RARELY_WRONG, true)), "family is \"parabola\", expected \"rarely-wrong\"");
    assert_eq!(error(witness.asserted(true)), "slug: \"lipschitz\" is not known");
}

/// A short attack alone refutes: the violation is found again in the caller's family.
#[test]
fn what_an_attack_refutes_has_a_witness() {
    let wrong = [claim::<Lipschitz>().with_constant("change", 0.999)];
    let campaign = Campaign { attack: 8_192, instances: 1, ..campaign(&wrong, &[PARABOLA]) };
    let result = campaign.run(&|_| {}).expect("runs");
    assert_eq!((result.claims[0].verdict, result.claims[0].max_ratio.is_some_and(|r| r < 1.0)), (Verdict::Refuted, true));
    assert_eq!(result.claims[0].witness.as_ref().expect("a counterexample").family, "parabola");
}

#[test]
fn a_conjecture_on_ones_own_family() {
    let family = PARABOLA; // not static
    let effort = Effort { families: vec![&family], evaluations: 20_000, ..Effort::default() };
    let search = |text: &str| Conjecture::parse(text).expect("fits").search(&effort).expect("runs");
    assert!(search("abs(dlambda) <= 2*eta*G").witness.is_none());
    assert_eq!(search("abs(dlambda) <= 1.9*eta*G").witness.expect("refuted").family, "parabola");
}

/// The family and the point of the first instance that is wrong, the same on any number of threads; never a panic.
#[test]
fn a_wrong_map_is_named_with_its_point() {
    let claims = claims();
    let families = [PARABOLA, RARELY_WRONG];
    let random = Campaign { instances: 20_000, ..campaign(&claims, &families) };
    let (draws, mut u) = (Draws::new(random.seed), vec![]);
    let first = (0..random.instances).find(|&i| {
        draws.point(i, 4, &mut u);
        i % 2 == 1 && u[2] > 0.998
    });
    assert!(first.is_some(), "some point is wrong");
    let expected = format!("family rarely-wrong, u = {u:?}: correct: no response is correct (O⁺ is empty)");
    for threads in [1, 2] {
        assert_eq!(error(Campaign { threads, ..random }.run(&|_| {})), expected);
        assert_eq!(error(Campaign { threads, ..random }.certify(&|_| {})), expected);
    }
    let named = |message: String| assert!(message.starts_with("family rarely-wrong, u = [0."), "{message}");
    let attacked = Campaign { attack: 50_000, instances: 1, ..random };
    assert_eq!(error(Campaign { threads: 1, ..attacked }.run(&|_| {})), error(attacked.run(&|_| {})));
    named(error(attacked.run(&|_| {})));
    let attack = Attack { families: vec![&RARELY_WRONG], ..Attack::new(&claims[0]) };
    assert_eq!(error(Attack { threads: 1, ..attack.clone() }.run(&|_| {})), error(attack.run(&|_| {})));
    named(error(attack.run(&|_| {})));
    let effort = Effort { families: vec![&RARELY_WRONG], ..Effort::default() };
    for (text, given) in [("dlambda <= 2*eta*G", "J0 > 0"), ("dlambda <= 2*eta*G", "J0 > 2")] {
        let conjecture = Conjecture::parse(text).and_then(|conjecture| conjecture.given(given)).expect("fits");
        named(error(conjecture.search(&effort)));
    }
}

#[test]
fn what_a_map_and_its_edges_say_is_passed_on() {
    let claims = claims();
    let fails = Family::new("fails", "no policy", 1, |_| Policy::linear_softmax(0, vec![], vec![]).map(|_| unreachable!()));
    let message = "family fails, u = [0.5]: 0 features do not form rows of dimension 0";
    assert_eq!(error(fails.decode(&[0.5])), message);
    let not_a_number = Family::new("nan", "θ is no number", 0, |_| {
        let instance = PARABOLA.decode(&[0.0; 4])?;
        Ok(Instance { theta: vec![f64::NAN], ..instance })
    });
    assert_eq!(error(not_a_number.decode(&[])), "family nan, u = []: theta[0] is NaN, expected a finite number");
    // Another point than the cube has is the caller's mistake and says so.
    assert_eq!(error(fails.decode(&[1.5])), "family fails: u[0] is 1.5, expected a number in [0, 1]");
    let expected = "family parabola: u has 3 entries, expected 4";
    let edges = [SHORT_EDGE];
    assert_eq!(error(campaign(&claims, &edges).run(&|_| {})), expected);
    assert_eq!(error(Campaign { certified: 10, ..campaign(&claims, &edges) }.run(&|_| {})), expected);
    assert_eq!(error(campaign(&claims, &edges).certify(&|_| {})), expected);
    let effort = Effort { families: vec![&SHORT_EDGE], ..Effort::default() };
    assert_eq!(error(Conjecture::parse("dlambda <= 2*eta*G").expect("fits").search(&effort)), expected);
    let twice = [PARABOLA, SHORT_EDGE];
    assert_eq!(error(campaign(&claims, &twice).run(&|_| {})), "two families of a campaign are called \"parabola\"");
}

/// A family of a single instance: a cube without coordinates.
#[test]
fn a_family_may_be_one_instance() {
    let claims = claims();
    let single = Family::new("single", "one instance", 0, |_| parabola(&[0.0; 4]));
    let families = [single];
    let campaign = Campaign { attack: 300, certified: 10, instances: 10, ..campaign(&claims, &families) };
    let result = campaign.run(&|_| {}).expect("runs");
    assert_eq!(result.claims[0].cases, 10);
    assert_eq!(result.claims[0].attacked.as_ref().expect("attacked").best.as_ref().expect("a ratio").family, "single");
}

/// Edges of one's own are run before anything random.
#[test]
fn edges_are_run() {
    let edged =
        PARABOLA.with_edges(|| vec![Edge { name: "λ = −θ²/2, J = ½, a short step", u: vec![0.0, 0.0, 0.0, 0.0] }]);
    let families = [edged];
    let claims = [claim::<Lipschitz>()];
    let result = campaign(&claims, &families).run(&|_| {}).expect("runs");
    assert_eq!(result.claims[0].cases, 2_001);
    // The crate's own families keep theirs.
    assert!(families::REGISTRY.iter().all(|family| family.edges().len() > 5));
    assert!(PARABOLA.edges().is_empty());
}

/// A family of runs, for claims about many updates.
#[test]
fn a_family_of_runs() {
    let known = *gradient_gap::claims::find("stagnation").expect("in the registry");
    let runs = [Family::new("descending", "three steps along the parabola", 4, |u| {
        let start = parabola(u)?;
        let then = vec![Update { direction: vec![1.0], eta: start.eta }; 2];
        Ok(Instance { then, ..start })
    })];
    let campaign =
        Campaign { runs: &runs, attack: 500, certified: 100, ..Campaign::new(std::slice::from_ref(&known), 30_000) };
    let result = campaign.run(&|_| {}).expect("runs");
    assert!(result.claims[0].cases > 100 && result.as_expected(), "{}", result.claims[0].cases);
    assert_eq!(result.claims[0].families[0].0, "descending");
}
