//! What is told of a run that differs from an earlier one.

use super::{SMALL, reported};
use gradient_gap::check::baseline::{Baseline, Drift, Effort};
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
    let effort = Baseline::read(&document().to_string()).expect("a report").effort();
    assert_eq!(effort, Effort { instances: 2_800, evaluations: 512, seed: 1 });
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
    parts.push(json!({"name": "no such\npart", "ratio": 0.5}));
    let told: Vec<String> = drift(&before, 0.0).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["no-such-claim: no longer there", "log-odds-step, no such\\npart: no longer compared"]);
}

/// What an earlier run lacks cannot be compared: a baseline that was emptied lets nothing pass.
#[test]
fn what_was_not_there_is_told() {
    let whole = document();
    let count = |edit: &dyn Fn(&mut Value)| {
        let mut before = whole.clone();
        edit(&mut before);
        let told = drift(&before, 0.0);
        assert!(told.iter().all(|one| matches!(one, Drift::New { .. })), "{told:?}");
        told.len()
    };
    let claims = SMALL.result.claims.len();
    assert_eq!(count(&|before| before["attacks"] = json!([])), claims);
    assert_eq!(count(&|before| before["verify"]["claims"] = json!([])), claims);
    assert_eq!(count(&|before| before["constants"] = json!([])), SMALL.tightness.constants.len());
    assert_eq!(count(&|before| entry(&mut before["attacks"], "log-odds-step")["parts"] = json!([])), 1);
}

/// That a claim is observed, or a part an identity, is not for the earlier run to say.
#[test]
fn an_earlier_run_cannot_excuse_what_differs() {
    let mut before = document();
    let claim = entry(&mut before["verify"]["claims"], "log-odds-step");
    (claim["expected"], claim["verdict"]) = ("observed".into(), "refuted".into());
    let part = &mut entry(&mut before["attacks"], "log-odds-step")["parts"][0];
    (part["identity"], part["side"], part["ratio"]) = (true.into(), true.into(), "inf".into());
    let told = drift(&before, 0.5);
    assert!(matches!(&told[..], [Drift::Verdict { .. }, Drift::Looser { .. }]), "{told:?}");
}

#[test]
fn constants_that_have_become_worse_are_told() {
    let mut before = document();
    let one = &mut before["constants"][1];
    let (proved, needed) = (one["proved"].as_f64().expect("a number"), one["needed"].as_f64().expect("a number"));
    (one["proved"], one["needed"]) = ((0.9 * proved).into(), (1.02 * needed).into());
    let told: Vec<String> = drift(&before, 0.01).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("coefficient of G_o²: needed 0.") && told[1].contains(": proved 0.500000, was 0.450000"));
    assert_eq!(drift(&before, 0.05).len(), 1, "what is proved has no tolerance");
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
    assert_eq!(refused("{}"), "schema is missing, expected \"gradient-gap/report/1\"");
    let refused_with = |edit: &dyn Fn(&mut Value)| {
        let mut other = document();
        edit(&mut other);
        refused(&other.to_string())
    };
    let other = refused_with(&|other| other["schema"] = "gradient-gap/verify/1".into());
    assert_eq!(other, "schema is \"gradient-gap/verify/1\", expected \"gradient-gap/report/1\"");
    let twice = refused_with(&|other| other["attacks"][1]["slug"] = other["attacks"][0]["slug"].clone());
    assert_eq!(twice, "attacks: \"policy-normalises\" stands there twice");
    for (ratio, part) in [
        (json!(-5), "ratio is -5, expected at least 0"),
        (json!(null), "ratio is NaN, expected at least 0"),
        (json!("0.999"), "\"0.999\" is no number"),
        (json!({"x": [1]}), "expected a number"),
    ] {
        let text = refused_with(&|other| other["attacks"][0]["parts"][0]["ratio"] = ratio.clone());
        assert!(text.contains(part), "{text}");
    }
    let missing = refused_with(&|other| drop(other.as_object_mut().expect("an object").remove("constants")));
    assert!(missing.contains("missing field `constants`"), "{missing}");
}
