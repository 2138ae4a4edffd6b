//! `replay`: hand-written instances, stored witnesses, what is refused in them, extremes.

use crate::support::{Directory, json, refused_in_one_line, run, run_small, run_with_input, slugs, succeeded};
use serde_json::Value;

/// An instance as a user writes it.
pub const HAND_WRITTEN: &str = r#"{"logits": [0, 0.5, -1], "slopes": [1, -0.5, 0], "curvatures": [0, 0, 1], "lengths": [3, 1, 2], "correct": [0], "eta": 0.25}"#;

#[test]
fn replay_of_a_hand_written_instance() {
    let directory = Directory::new();
    let file = directory.write("instance.json", HAND_WRITTEN);
    let table = run(&["replay", &file]);
    for slug in slugs() {
        assert!(succeeded(&table).contains(&slug), "{slug}");
    }
    let replayed = run(&["replay", &file, "--format", "json"]);
    let document = json(succeeded(&replayed));
    assert_eq!((&document["schema"], &document["as_expected"]), (&"gradient-gap/replay/1".into(), &true.into()));
    let claims = document["claims"].as_array().expect("an array");
    assert_eq!(claims.len(), gradient_gap::claims::REGISTRY.len());
    // λ(0) = 0 − log(e^½ + e^{−1}), from the numbers in the file.
    let lambda = document["quantities"].as_array().expect("an array").iter().find(|q| q["name"] == "λ(0)").expect("λ(0)");
    let expected = -(0.5f64.exp() + (-1f64).exp()).ln();
    assert!((lambda["value"].as_f64().expect("a number") - expected).abs() < 1e-15, "{lambda}");
    let [low, high] = [0, 1].map(|i| lambda["enclosure"][i].as_f64().expect("a number"));
    assert!(low <= high && high - low < 1e-14 && (low + high - 2.0 * expected).abs() < 1e-14, "{lambda}");
    // Standard input is the same file; flags are the same as numbers.
    assert_eq!(run_with_input(&["replay", "-", "--format", "json"], HAND_WRITTEN.as_bytes()).out, replayed.out);
    let flags = HAND_WRITTEN.replace("\"correct\": [0]", "\"correct\": [true, false, false]");
    assert_eq!(run_with_input(&["replay", "-", "--format", "json"], flags.as_bytes()).out, replayed.out);
    // Control: other correct responses, another result.
    let other = HAND_WRITTEN.replace("\"correct\": [0]", "\"correct\": [1]");
    assert_ne!(run_with_input(&["replay", "-", "--format", "json"], other.as_bytes()).out, replayed.out);
}

#[test]
fn replay_of_a_stored_witness() {
    let directory = Directory::new();
    let verified = run_small(&["--format", "json", "second-order-printed"]);
    let document = json(succeeded(&verified));
    let witness = &document["claims"][0]["witness"];
    let file = directory.write("witness.json", witness.to_string());
    let replayed = run(&["replay", &file, "--format", "json"]);
    let replay = json(succeeded(&replayed));
    let of = |slug: &str| {
        let claims = replay["claims"].as_array().expect("an array");
        claims.iter().find(|claim| claim["slug"] == slug).expect("listed")["intervals"].clone()
    };
    assert_eq!((of("second-order-printed"), of("second-order")), ("refuted".into(), "certified".into()));
    // The instance alone gives the same, and says nothing.
    let alone = run_with_input(&["replay", "-", "--format", "json"], witness["instance"].to_string().as_bytes());
    let mut silent = replay.clone();
    silent["asserted"] = Value::Array(vec![]);
    assert_eq!(json(succeeded(&alone)), silent);
    assert_ne!(silent, replay);
}

/// A witness that says what is not so: named in the output, exit status 1.
#[test]
fn what_a_witness_says_is_asked_anew() {
    let folder = Directory::new();
    let path = folder.path("witness.json");
    let arguments = ["attack", "log-odds-step", "--evaluations", "4096", "--out", path.as_str()];
    succeeded(&run(&arguments));
    let near = json(&std::fs::read_to_string(&path).expect("written"));
    let refuting =
        json(succeeded(&run_small(&["--format", "json", "second-order-printed"])))["claims"][0]["witness"].clone();
    for (witness, simplified) in [(&near, false), (&near, true), (&refuting, false), (&refuting, true)] {
        let options: &[&str] = if simplified { &["replay", "-", "--simplified"] } else { &["replay", "-"] };
        let replayed = run_with_input(options, witness.to_string().as_bytes());
        let text = succeeded(&replayed);
        assert!(text.contains("The file says:\n  confirmed: ") && !text.contains("CONTRADICTED"), "{text}");
    }
    type Spoil = fn(&mut Value);
    let other = |w: &Value, slug: &str| {
        let mut w = w.clone();
        w["slug"] = slug.into();
        w
    };
    let lies: [(&Value, bool, &str, Spoil); 9] = [
        (&near, false, "u decodes to the instance", |w| w["instance"]["eta"] = 0.123.into()),
        (&near, false, "u decodes to the instance", |w| w["u"][0] = 0.5.into()),
        (&near, false, "computed [", |w| w["computed"] = vec![1e-30, 2e-30].into()),
        (&near, false, "claimed [", |w| w["claimed"] = vec![1e3, 2e3].into()),
        (&near, false, "\"|S|\" is a part", |w| w["part"] = "|S|".into()),
        (&near, false, "violates", |w| w["computed"] = vec![1e3, 2e3].into()),
        (&near, true, "computed [", |w| w["computed"] = vec![0.0, 0.0].into()),
        (&near, true, "keeps 0.999", |w| w["simplified"]["theta"][0] = 40.0.into()),
        (&refuting, true, "violates", |w| w["simplified"]["policy"]["logits"]["quadratic"] = Value::Array(vec![])),
    ];
    for (witness, simplified, said, spoil) in lies {
        let mut witness = witness.clone();
        spoil(&mut witness);
        let options: &[&str] = if simplified { &["replay", "-", "--simplified"] } else { &["replay", "-"] };
        let replayed = run_with_input(options, witness.to_string().as_bytes());
        assert_eq!((replayed.status, replayed.err.as_str()), (1, ""), "{said}: {}", replayed.out);
        let contradicted = |line: &&str| line.starts_with("  CONTRADICTED: ") && line.contains(said);
        assert_eq!(replayed.out.lines().filter(contradicted).count(), 1, "{said}: {}", replayed.out);
    }
    // What could hardly be contradicted is not confirmed.
    let mut vague = near.clone();
    (vague["computed"], vague["claimed"]) = (vec![-1e308, 1e308].into(), vec![-1e308, 1e308].into());
    let replayed = run_with_input(&["replay", "-"], vague.to_string().as_bytes());
    let undecided = succeeded(&replayed).lines().filter(|line| line.starts_with("  not decided: c")).count();
    assert_eq!(undecided, 2, "{}", replayed.out);
    // A map that has changed since says nothing about u.
    let mut old = near.clone();
    (old["family_version"], old["u"]) = (0.into(), vec![0.5].into());
    let replayed = run_with_input(&["replay", "-"], old.to_string().as_bytes());
    assert!(succeeded(&replayed).contains("not decided: u decodes"), "{}", replayed.out);
    // Another claim has other sides.
    let replayed = run_with_input(&["replay", "-"], other(&near, "smooth-only-step").to_string().as_bytes());
    assert!(replayed.status == 1 && replayed.out.contains("CONTRADICTED: \"|R|\" is a part"), "{}", replayed.out);
}

/// Numbers at the ends of binary64 are numbers: no panic, no false alarm, no bare NaN in the JSON.
#[test]
fn extreme_instances_replay() {
    for (logits, slopes, eta) in [
        ("[1e308, -1e308]", "[1, -1]", "1"),
        ("[0, 0]", "[1e308, -1e308]", "1"),
        ("[0, 0]", "[1, -1]", "1.7e308"),
        ("[0, -5000]", "[1, -1]", "0.5"),
        ("[0, 0]", "[0, 0]", "0"),
        ("[0, 0]", "[5e-324, -5e-324]", "5e-324"),
        ("[710, -710]", "[1e150, 0]", "1e-150"),
    ] {
        let text = format!(
            r#"{{"logits": {logits}, "slopes": {slopes}, "lengths": [4294967295, 1], "correct": [1], "eta": {eta}}}"#
        );
        let replayed = run_with_input(&["replay", "-", "--format", "json"], text.as_bytes());
        let document = json(succeeded(&replayed));
        assert_eq!(document["as_expected"], true, "{text}");
        let claims = document["claims"].as_array().expect("an array");
        let false_as_printed = |c: &&Value| c["slug"].as_str().is_some_and(|slug| slug.ends_with("-printed"));
        assert!(claims.iter().filter(|c| c["intervals"] == "refuted").all(|c| false_as_printed(&c)), "{text}");
        for quantity in document["quantities"].as_array().expect("an array") {
            let ends = [0, 1].map(|i| match &quantity["enclosure"][i] {
                Value::String(end) => end.parse::<f64>().expect("inf or -inf"),
                end => end.as_f64().expect("a number"),
            });
            // EMPTY, (inf, -inf), would say that λ does not exist.
            assert!(ends[0] <= ends[1], "{text}: {quantity}");
        }
        succeeded(&run_with_input(&["replay", "-"], text.as_bytes()));
    }
}

/// The control of those that are refused as too large: as many responses, but few updates and one dimension.
#[test]
fn a_thousand_responses_replay() {
    let instance = serde_json::json!({
        "policy": {
            "tree": {"vocabulary": 1000, "max_length": 1, "ending": "fixed"}, "context": "shared",
            "logits": {
                "dim": 1, "rows": 1, "options": 1000, "features": {"dense": (0..1000).map(|o| o % 3).collect::<Vec<_>>()}
            }
        },
        "theta": [0], "direction": [0], "eta": 1, "correct": (0..1000).map(|o| o == 0).collect::<Vec<bool>>()
    });
    succeeded(&run_with_input(&["replay", "-"], instance.to_string().as_bytes()));
}

/// Finite numbers whose products are not: the second derivative along w overflows.
#[test]
fn an_overflow_on_the_line_is_refused() {
    let instance = |w: f64| {
        format!(
            r#"{{"policy": {{"tree": {{"vocabulary": 2, "max_length": 1, "ending": "fixed"}}, "context": "shared",
            "logits": {{"dim": 1, "rows": 1, "options": 2, "features": {{"dense": [1, 0]}}, "quadratic": [1, -0.5]}}}},
            "theta": [0.5], "direction": [{w:e}], "eta": 0, "correct": [true, false]}}"#
        )
    };
    let refusal = run_with_input(&["replay", "-"], instance(-1e184).as_bytes());
    refused_in_one_line(&refusal, &["on the line", "update 0", "quadratic[0] is inf"]);
    succeeded(&run_with_input(&["replay", "-"], instance(-1.0).as_bytes()));
}
