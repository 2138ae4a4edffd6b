//! What is told of a run that differs from an earlier one.

use super::{SMALL, reported};
use gradient_gap::check::baseline::{Baseline, Drift};
use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(&reported(&SMALL, |companion| companion.json())).expect("JSON")
}

fn drift(document: &Value, tolerance: f64) -> Vec<Drift> {
    let baseline = Baseline::read(&document.to_string()).expect("a report");
    baseline.drift(&SMALL.result, &SMALL.tightness, tolerance)
}

fn entry<'d>(list: &'d mut Value, slug: &str) -> &'d mut Value {
    list.as_array_mut().expect("a list").iter_mut().find(|one| one["slug"] == slug).expect("there")
}

#[test]
fn a_run_does_not_differ_from_itself() {
    assert_eq!(drift(&document(), 0.0), []);
    assert_eq!(Baseline::read(&document().to_string()).expect("a report").effort(), (1, 512));
}

#[test]
fn another_verdict_is_told() {
    let mut before = document();
    entry(&mut before["verify"]["claims"], "log-odds-step")["verdict"] = "refuted".into();
    let told = drift(&before, 0.0);
    let expected = Drift::Verdict { slug: "log-odds-step".into(), before: "refuted".into(), now: "not-refuted".into() };
    assert_eq!(told, [expected]);
    assert_eq!(told[0].to_string(), "log-odds-step: not-refuted, was refuted");
}

#[test]
fn a_claim_and_a_part_that_are_gone_are_told() {
    let mut before = document();
    let mut claim = entry(&mut before["verify"]["claims"], "stagnation").clone();
    claim["slug"] = "no-such-claim".into();
    before["verify"]["claims"].as_array_mut().expect("a list").push(claim);
    let parts = entry(&mut before["attacks"], "log-odds-step")["parts"].as_array_mut().expect("a list");
    parts.push(json!({"name": "no such part", "ratio": 0.5, "identity": false, "side": false}));
    let told: Vec<String> = drift(&before, 0.0).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["no-such-claim: no longer there", "log-odds-step, no such part: no longer compared"]);
}

/// Every inequality's share: one per cent more in the earlier run is a bound that has become looser; half a per cent is within the tolerance
/// of one. Identities' rounding errors are no measure of tightness.
#[test]
fn a_bound_that_is_less_used_is_told() {
    let mut before = document();
    let mut raised = 0;
    for attack in before["attacks"].as_array_mut().expect("a list") {
        for part in attack["parts"].as_array_mut().expect("a list") {
            if let Some(ratio) = part["ratio"].as_f64().filter(|ratio| *ratio > 0.0) {
                raised += usize::from(part["identity"] == false && part["side"] == false);
                part["ratio"] = (1.02 * ratio).into();
            }
        }
    }
    assert!(raised >= 20, "{raised}");
    assert_eq!(drift(&before, 0.05), []);
    let told = drift(&before, 0.01);
    assert_eq!(told.len(), raised);
    assert!(told.iter().all(|one| matches!(one, Drift::Looser { before, now, .. } if now < before)), "{told:?}");
}

#[test]
fn what_is_no_report_is_refused() {
    let refused = |text: &str| Baseline::read(text).expect_err("refused").to_string();
    assert!(refused("{").contains("EOF"), "{}", refused("{"));
    assert!(refused("{}").contains("missing field"), "{}", refused("{}"));
    let mut other = document();
    other["schema"] = "gradient-gap/verify/1".into();
    assert_eq!(refused(&other.to_string()), "schema \"gradient-gap/verify/1\", expected \"gradient-gap/report/1\"");
}
