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

/// A witness that says what is not so: named in the output, exit status 1; a name that nothing has is bad input.
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
    for (spoil, parts) in [
        ((|w| w["slug"] = "log-odds".into()) as Spoil, ["slug", "log-odds"]),
        (|w| w["family"] = "cubes".into(), ["family", "cubes"]),
        (|w| w["family_version"] = 999.into(), ["family_version", "999"]),
        (|w| w["u"] = vec![0.5].into(), ["u has 1 entries", "expected"]),
        (|w| w["u"][1] = 1.5.into(), ["u[1]", "1.5"]),
        (|w| w["computed"] = vec![2.0, 1.0].into(), ["computed is [2, 1]", "lower end first"]),
        (|w| w["simplified"]["correct"] = vec![true, true].into(), ["simplified", "O⁻ is empty"]),
    ] {
        let mut witness = near.clone();
        spoil(&mut witness);
        refused_in_one_line(&run_with_input(&["replay", "-"], witness.to_string().as_bytes()), &parts);
    }
    // Another claim has other sides.
    let replayed = run_with_input(&["replay", "-"], other(&near, "smooth-only-step").to_string().as_bytes());
    assert!(replayed.status == 1 && replayed.out.contains("CONTRADICTED: \"|R|\" is a part"), "{}", replayed.out);
}

#[test]
fn bad_instance_files_are_refused_with_file_and_place() {
    let directory = Directory::new();
    let edit = |from: &str, to: &str| {
        assert!(HAND_WRITTEN.contains(from), "{from}");
        HAND_WRITTEN.replace(from, to).into_bytes()
    };
    let bad: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("empty", vec![], &["line 1 column 0"]),
        ("blank", b" \n\n ".to_vec(), &["line 3"]),
        ("binary", vec![0xff, 0xfe, 0, 1, 2], &["UTF-8"]),
        ("nul bytes", vec![0; 100], &["line 1 column 1"]),
        ("truncated", HAND_WRITTEN.as_bytes()[..40].to_vec(), &["line 1 column 40"]),
        ("trailing", [HAND_WRITTEN.as_bytes(), b"}"].concat(), &["trailing", "line 1 column"]),
        ("a number", b"3".to_vec(), &["logits", "policy", "instance"]),
        ("a list", b"[1, 2]".to_vec(), &["logits"]),
        ("nothing known", b"{}".to_vec(), &["logits"]),
        ("NaN", edit("[0, 0.5,", "[0, NaN,"), &["line 1 column"]),
        ("a string", edit("[0, 0.5,", "[0, \"0.5\","), &["line 1 column", "0.5"]),
        ("null", edit("[0, 0.5,", "[0, null,"), &["line 1 column", "null"]),
        ("infinite", edit("-0.5", "1e999"), &["out of range", "line 1 column"]),
        ("infinite eta", edit("\"eta\": 0.25", "\"eta\": -1e400"), &["out of range", "line 1 column"]),
        ("negative eta", edit("\"eta\": 0.25", "\"eta\": -0.25"), &["eta", "-0.25"]),
        ("no eta", edit(", \"eta\": 0.25", ""), &["eta", "line 1 column"]),
        ("no slopes", edit("\"slopes\": [1, -0.5, 0], ", ""), &["slopes", "line 1 column"]),
        ("few slopes", edit("[1, -0.5, 0]", "[1, -0.5]"), &["slopes", "2", "expected 3"]),
        ("many slopes", edit("[1, -0.5, 0]", "[1, -0.5, 0, 9]"), &["slopes", "4", "expected 3"]),
        ("few curvatures", edit("[0, 0, 1]", "[0]"), &["curvatures", "1", "expected 3"]),
        ("few lengths", edit("[3, 1, 2]", "[3, 1]"), &["lengths", "2", "expected 3"]),
        ("zero length", edit("[3, 1, 2]", "[3, 0, 2]"), &["lengths[1]", "0"]),
        ("negative length", edit("[3, 1, 2]", "[3, -1, 2]"), &["-1", "line 1 column"]),
        ("fractional length", edit("[3, 1, 2]", "[3, 1.5, 2]"), &["1.5", "line 1 column"]),
        ("huge length", edit("[3, 1, 2]", "[3, 4294967296, 2]"), &["4294967296", "line 1 column"]),
        ("unknown field", edit("\"eta\"", "\"etta\": 1, \"eta\""), &["etta", "line 1 column"]),
        ("duplicate key", edit("\"eta\"", "\"eta\": 1, \"eta\""), &["duplicate", "eta", "line 1 column"]),
        ("none correct", edit("\"correct\": [0]", "\"correct\": []"), &["correct", "O⁺ is empty"]),
        ("no flag set", edit("\"correct\": [0]", "\"correct\": [false, false, false]"), &["correct", "O⁺ is empty"]),
        ("all correct", edit("\"correct\": [0]", "\"correct\": [0, 1, 2]"), &["correct", "O⁻ is empty"]),
        ("unknown response", edit("\"correct\": [0]", "\"correct\": [3]"), &["correct", "3"]),
        ("negative response", edit("\"correct\": [0]", "\"correct\": [-1]"), &["line 1 column"]),
        ("few flags", edit("\"correct\": [0]", "\"correct\": [true]"), &["correct", "1", "expected 3"]),
        ("no response", br#"{"logits": [], "slopes": [], "correct": [], "eta": 1}"#.to_vec(), &["vocabulary 0"]),
        ("one response", br#"{"logits": [0], "slopes": [1], "correct": [0], "eta": 1}"#.to_vec(), &["O⁻ is empty"]),
        ("nested lists", vec![b'['; 100_000], &["expected an object", "line 1 column 0"]),
        ("nested objects", b"{\"logits\":".repeat(50_000), &["EOF while parsing", "line 1 column"]),
        ("a long number", edit("0.25", &"9".repeat(5_000)), &["out of range", "line 1 column"]),
    ];
    for (name, content, parts) in bad {
        let file = directory.write(&format!("{name}.json"), &content);
        let refusal = run(&["replay", &file]);
        refused_in_one_line(&refusal, &[&[file.as_str()], parts].concat());
        // The same from standard input, which has a name too.
        refused_in_one_line(&run_with_input(&["replay", "-"], &content), &[&["gradient-gap: -: "], parts].concat());
    }
    refused_in_one_line(&run(&["replay", &directory.path("missing.json")]), &["missing.json", "No such file"]);
    refused_in_one_line(&run(&["replay", &directory.path("")]), &["directory"]);
}

/// A stored witness, spoiled one field at a time.
#[test]
fn bad_stored_instances_are_refused_with_file_and_place() {
    let verified = run_small(&["--format", "json", "second-order-printed"]);
    let witness = json(succeeded(&verified))["claims"][0]["witness"].clone();
    type Spoil = fn(&mut Value);
    let bad: [(&str, Spoil, &[&str]); 15] = [
        ("schema", |w| w["schema"] = "gradient-gap/witness/2".into(), &["schema", "gradient-gap/witness/2"]),
        ("no schema", |w| drop(w.as_object_mut().map(|w| w.remove("schema"))), &["schema"]),
        ("no instance", |w| w["instance"] = Value::Null, &["line 1 column"]),
        ("theta", |w| w["instance"]["theta"] = vec![0.0; 9].into(), &["theta has 9"]),
        ("direction", |w| w["instance"]["direction"] = Value::Array(vec![]), &["direction has 0"]),
        ("eta", |w| w["instance"]["eta"] = (-1).into(), &["eta is -1"]),
        ("correct", |w| w["instance"]["correct"] = vec![true, true].into(), &["correct", "O⁻ is empty"]),
        ("a huge tree", |w| w["instance"]["policy"]["tree"]["max_length"] = 4_000_000_000u32.into(), &["4000000000"]),
        ("a huge vocabulary", |w| w["instance"]["policy"]["tree"]["vocabulary"] = u32::MAX.into(), &["4294967295"]),
        ("negative length", |w| w["instance"]["policy"]["tree"]["max_length"] = (-1).into(), &["-1", "line 1 column"]),
        ("an unknown ending", |w| w["instance"]["policy"]["tree"]["ending"] = "never".into(), &["never"]),
        ("rows", |w| w["instance"]["policy"]["logits"]["rows"] = u64::MAX.into(), &["18446744073709551615"]),
        ("unknown field of the instance", |w| w["instance"]["thetta"] = 1.into(), &["thetta"]),
        ("unknown field of the policy", |w| w["instance"]["policy"]["stopp"] = 1.into(), &["stopp"]),
        ("unknown field of the logits", |w| w["instance"]["policy"]["logits"]["wave"] = 1.into(), &["wave"]),
    ];
    for (name, spoil, parts) in bad {
        let mut spoiled = witness.clone();
        spoil(&mut spoiled);
        assert_ne!(spoiled, witness, "{name}");
        let refusal = run_with_input(&["replay", "-"], spoiled.to_string().as_bytes());
        assert_eq!(refusal.status, 2, "{name}: {}", refusal.out);
        refused_in_one_line(&refusal, parts);
    }
    // No parameters at all: there is no θ to move.
    let empty = r#"{"policy": {"tree": {"vocabulary": 2, "max_length": 1, "ending": "fixed"}, "context": "shared",
        "logits": {"dim": 0, "rows": 1, "options": 2, "features": {"dense": []}}},
        "theta": [], "direction": [], "eta": 1, "correct": [true, false]}"#;
    refused_in_one_line(&run_with_input(&["replay", "-"], empty.as_bytes()), &["dimension 0"]);
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

/// Valid, or nearly so, but larger than what is worth computing: refused before anything is computed, by its sizes.
#[test]
fn files_that_are_too_large_are_refused_at_once() {
    let instance = |rows: usize, dim: usize, features: Value, more: Value| {
        let mut instance = serde_json::json!({
            "policy": {
                "tree": {"vocabulary": 1000, "max_length": 1, "ending": "fixed"}, "context": "shared",
                "logits": {"dim": dim, "rows": rows, "options": 1000, "features": features}
            },
            "theta": vec![0; dim.min(1000)], "direction": vec![0; dim.min(1000)], "eta": 1,
            "correct": (0..1000).map(|o| o == 0).collect::<Vec<bool>>()
        });
        for (key, value) in more.as_object().expect("an object") {
            instance[key] = value.clone();
        }
        instance.to_string()
    };
    let wide = serde_json::json!({"dense": vec![0; 1_000_000]});
    let narrow = serde_json::json!({"dense": vec![0; 1_000]});
    let empty = serde_json::json!({"dense": []});
    let steps = serde_json::json!({"then": vec![serde_json::json!({"direction": [0], "eta": 0}); 10_000]});
    let bad: Vec<(&str, String, &[&str])> = vec![
        ("many dimensions", instance(1, 1000, wide, serde_json::json!({})), &["too large", "dimension 1000", "1e9"]),
        ("many updates", instance(1, 1, narrow, steps), &["too large", "10001 updates", "1e9"]),
        (
            "sizes of nothing",
            instance(1, 1_000_000_000, empty.clone(), serde_json::json!({})),
            &["1000000000", "out of range"],
        ),
        ("overflowing sizes", instance(1, 1 << 62, empty.clone(), serde_json::json!({})), &["4611686018427387904"]),
        ("rows without number", instance(1 << 54, 1, empty, serde_json::json!({})), &["18014398509481984"]),
        (
            "a long list of numbers",
            format!(r#"{{"logits": [0, 1], "slopes": [0, 1], "eta": 1, "correct": [{}0]}}"#, "0,".repeat(1 << 20)),
            &["correct", "1048576"],
        ),
        (
            "flags among numbers",
            HAND_WRITTEN.replace("[0], \"eta\"", "[0, true], \"eta\""),
            &["correct", "mixed", "line 1 column"],
        ),
        ("longer than anything", " ".repeat((64 << 20) + 1), &["64 MiB"]),
    ];
    for (name, content, parts) in bad {
        let refusal = run_with_input(&["replay", "-"], content.as_bytes());
        assert_eq!(refusal.status, 2, "{name}: {}", refusal.out);
        refused_in_one_line(&refusal, parts);
    }
    // Control: the same with fewer of everything is replayed.
    let one = serde_json::json!({"dense": (0..1000).map(|o| o % 3).collect::<Vec<_>>()});
    succeeded(&run_with_input(&["replay", "-"], instance(1, 1, one, serde_json::json!({})).as_bytes()));
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

/// What a file says reaches the terminal as one short line without control characters.
#[test]
fn a_message_cannot_write_on_the_terminal() {
    for key in ["\\u001b[2J\\n\\u202e", &"k".repeat(1_000_000)] {
        let content = HAND_WRITTEN.replace("\"eta\"", &format!("\"{key}\": 1, \"eta\""));
        let refusal = run_with_input(&["replay", "-"], content.as_bytes());
        refused_in_one_line(&refusal, &["unknown field", "line 1 column"]);
        let line = refusal.err.trim_end();
        assert!(line.len() < 1_000 && !line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:.2000?}");
    }
}
