//! `conjecture`: verdicts and exit statuses, the counterexample and its replay, what it refuses.

use crate::support::{Directory, json, refused, run, succeeded};
use serde_json::Value;

const FALSE: &str = "dlambda >= eta*dmu - 0.9*L*eta^2/(2*(1-J0))";
const TRUE: &str = "dlambda >= eta*dmu - L*eta^2/(2*(1-J0))";

/// The document without the time it took.
fn timeless(text: &str) -> Value {
    let mut document = json(text);
    assert!(document["seconds"].as_f64().expect("a number") >= 0.0);
    document["seconds"] = Value::Null;
    document
}

#[test]
fn a_true_bound_is_not_refuted() {
    let arguments = ["conjecture", TRUE, "--evaluations", "20000", "--format", "json"];
    let found = run(&arguments);
    let document = json(succeeded(&found));
    assert_eq!(document["schema"], "gradient-gap/conjecture/1");
    assert_eq!((&document["expression"], &document["verdict"]), (&TRUE.into(), &"not-refuted".into()));
    let best = document["best_ratio"].as_f64().expect("a number");
    assert!((0.99..=1.0).contains(&best), "{best}");
    assert!(document["worst_slack"].as_f64().expect("a number") >= 0.0);
    let [satisfied, evaluations] = ["satisfied", "evaluations"].map(|key| document[key].as_u64().expect("a count"));
    assert!(satisfied <= evaluations && satisfied > 10_000 && evaluations > 19_000, "{satisfied} of {evaluations}");
    let families = document["families"].as_array().expect("a list");
    let sum = |key: &str| families.iter().map(|family| family[key].as_u64().expect("a count")).sum::<u64>();
    assert_eq!((sum("evaluations"), sum("satisfied")), (evaluations, satisfied));
    assert!(document["witness"].is_null() && document["nearest"]["instance"].is_object());
    // The same on one thread, and as a table.
    let single = run(&[&arguments[..], &["--threads", "1"]].concat());
    assert_eq!(timeless(succeeded(&single)), timeless(&found.out));
    let table = run(&arguments[..4]);
    let text = succeeded(&table);
    assert!(text.starts_with(TRUE) && text.ends_with("violates it for certain.\n"), "{text}");
    assert!(text.contains("Largest share of the bound: ") && text.contains("Not refuted. This is no proof"), "{text}");
}

#[test]
fn a_false_bound_is_refuted_and_its_counterexample_replays() {
    let folder = Directory::new();
    let witness = folder.path("witness.json");
    let given = ["--given", "J0 < 0.25", "--given", "0.1 <= eta <= 1"];
    let found = run(&[&["conjecture", FALSE, "--out", &witness, "--format", "json"][..], &given].concat());
    assert_eq!((found.status, found.err.as_str()), (1, ""), "{found:?}");
    let document = json(&found.out);
    assert_eq!(document["verdict"], "refuted");
    assert!(document["best_ratio"].as_f64() > Some(1.0) && document["worst_slack"].as_f64() < Some(0.0));
    assert_eq!(document["given"], serde_json::json!(["J0 < 0.25", "0.1 <= eta <= 1"]));
    assert_eq!(json(&std::fs::read_to_string(&witness).expect("written")), document["witness"]);
    assert_eq!(folder.files().len(), 1, "drafts were left behind");
    // `replay` shows the same numbers, and confirms all that the file says.
    let replay = run(&["replay", &witness, "--simplified", "--format", "json"]);
    let replayed = json(succeeded(&replay));
    assert_eq!(replayed["conjecture"], document["quantities"]);
    let as_found = json(succeeded(&run(&["replay", &witness, "--format", "json"])));
    assert_eq!(as_found["conjecture"], document["as_found"]);
    let said = replayed["asserted"].as_array().expect("a list");
    assert!(said.len() == 5 && said.iter().all(|said| said["confirmed"] == true), "{said:?}");
    let names: Vec<&str> =
        document["quantities"].as_array().expect("a list").iter().filter_map(|q| q["name"].as_str()).collect();
    assert_eq!(names, ["dlambda", "eta", "dmu", "L", "J0", "smaller", "larger", "excess"]);
    // The table says so, too.
    let table = run(&[&["conjecture", FALSE][..], &given].concat());
    assert_eq!(table.status, 1);
    for part in ["given J0 < 0.25\n", "given 0.1 <= eta <= 1\n", "Counterexample: ", "Simplest:\n", "certified in interval"]
    {
        assert!(table.out.contains(part), "{part}: {}", table.out);
    }
    let text = run(&["replay", &witness]);
    assert!(
        succeeded(&text).contains("confirmed: the instance violates \"dlambda >= ") && text.out.contains("excess"),
        "{}",
        text.out
    );
}

/// A witness whose text was changed is contradicted or refused.
#[test]
fn a_forged_counterexample_is_found_out() {
    let folder = Directory::new();
    let file = folder.path("witness.json");
    assert_eq!(run(&["conjecture", FALSE, "--out", &file]).status, 1);
    let text = std::fs::read_to_string(&file).expect("written");
    let forge = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        std::fs::write(&file, text.replace(from, to)).expect("writes");
        run(&["replay", &file])
    };
    let other = forge("- 0.9*L", "- 1.0*L");
    assert!(other.status == 1 && other.out.contains("CONTRADICTED: the instance violates"), "{}", other.out);
    let undefined = forge("\"part\"", "\"given\": [\"2^(0*log(-1)) > 0\"],\n  \"part\"");
    assert!(undefined.status == 1 && undefined.out.contains("CONTRADICTED: the instance violates"), "{}", undefined.out);
    refused(&forge("- 0.9*L", "- 0.9*K"), &["witness.json: part: unknown word \"K\"", "\n  dlambda >= ", "^"]);
    refused(&forge("\"part\"", "\"given\": [\"J0 == 1\"],\n  \"part\""), &["given[0]", "band"]);
}

#[test]
fn families_seed_and_time_are_the_users() {
    let cube = run(&[
        "conjecture",
        "eta > 0",
        "--family",
        "cube",
        "--family",
        "curve",
        "--family",
        "cube",
        "--seed",
        "9",
        "--evaluations",
        "2000",
    ]);
    let text = succeeded(&cube);
    let rows = text.lines().filter(|line| line.starts_with(" cube") || line.starts_with(" curve")).count();
    assert!(rows == 2 && text.contains("seed 9") && !text.contains("tabular-softmax"), "{text}");
    let short = run(&["conjecture", "eta > 0", "--seconds", "0.2"]);
    assert!(succeeded(&short).contains("time ran out"), "{}", short.out);
    // What begins with a sign is an expression.
    succeeded(&run(&["conjecture", "-L <= 0", "--given", "-dmu <= 0", "--evaluations", "1000"]));
}

/// What is wrong is refused before a file is there, or takes it away again.
#[test]
fn nothing_is_left_behind() {
    let folder = Directory::new();
    let file = folder.path("witness.json");
    for arguments in [
        &["dlamda >= eta*dmu"][..],
        &["J0 <= 1", "--given", "J0 == 0.5"],
        &["J0 <= 1", "--given", "J0 > 2", "--evaluations", "2000"],
        &["J0 <= 1", "--family", "cub"],
    ] {
        assert_eq!(run(&[&["conjecture"], arguments, &["--out", &file]].concat()).status, 2);
        assert!(folder.files().is_empty(), "{arguments:?} left something behind");
    }
    // Nothing is written where nothing is refuted.
    let found = run(&["conjecture", "eta > 0", "--evaluations", "1000", "--out", &file]);
    assert!(succeeded(&found).ends_with("witness.json was not written.\n") && folder.files().is_empty(), "{}", found.out);
}

#[test]
fn the_help_lists_the_words() {
    let help = run(&["conjecture", "--help"]);
    let text = succeeded(&help);
    for part in ["  eta ", "  dlambda ", "  Tpsi1 ", "  n_neg ", "abs, min, max, exp, log, sqrt, tanh, cosh", "1 refuted"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
