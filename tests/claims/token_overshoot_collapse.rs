//! token-overshoot-collapse: Theorem 4, as an existence statement.

use crate::support::{Reach, claim, decision, outside, parts};
use gradient_gap::check::judge::{Decision, certify};
use gradient_gap::claims::Relation;
use gradient_gap::collapse::{Theorem2, Theorem4};
use gradient_gap::{Instance, families};

const REACH: Reach = &[("token-overshoot-collapse", 1.0)];

standard_tests!("token-overshoot-collapse", reach: REACH, edges: 4, outside: &[]);

/// T tokens with all responses enumerated, in the middle of the window (19).
fn enumerated(tokens: u32, eta: f64) -> Instance {
    let construction = Theorem4::new(1.0, 0.008, eta, tokens);
    Theorem4 { token: Theorem2 { steps: 6, ..construction.token.clone() }, ..construction }.enumerated().expect("small")
}

#[test]
fn the_plain_construction_is_certified_for_few_tokens() {
    assert_eq!(claim("token-overshoot-collapse").statement.relation, Relation::Existence);
    for tokens in 1..=4 {
        // (19): 120·0.008/(5T) ≤ η ≤ 1/(2√(5T)).
        let [low, high] = [120.0 * 0.008 / (5.0 * f64::from(tokens)), 0.5 / (5.0 * f64::from(tokens)).sqrt()];
        let instance = enumerated(tokens, 0.5 * (low + high));
        assert_eq!(decision("token-overshoot-collapse", &instance), Decision::Holds, "T = {tokens}");
        assert!(parts("token-overshoot-collapse", &instance)[0].computed < 0.4, "T = {tokens}");
    }
}

/// Above the window, and far below it, the statement fails on this run for certain.
#[test]
fn outside_the_window_it_is_no_witness() {
    for eta in [0.6, 0.002] {
        assert_eq!(decision("token-overshoot-collapse", &enumerated(2, eta)), Decision::Violated, "η = {eta}");
    }
    let mut exchanged = enumerated(2, 0.13);
    exchanged.correct.iter_mut().for_each(|c| *c = !*c);
    assert!(outside("token-overshoot-collapse", &exchanged).contains("Δμ(k) > 0"));
}

#[test]
fn every_edge_of_the_construction_is_certified() {
    let claim = claim("token-overshoot-collapse");
    let tested: Vec<&str> = families::RUNS.iter().map(|f| f.name).filter(|name| claim.is_tested_on(name)).collect();
    assert_eq!(tested, ["token-overshoot-collapse"]);
    let family = families::find(tested[0]).expect("in the registry");
    for edge in family.edges() {
        let instance = family.decode(&edge.u).expect("inside");
        assert_eq!(certify(claim, &instance).decision, Decision::Holds, "{}", edge.name);
    }
}
