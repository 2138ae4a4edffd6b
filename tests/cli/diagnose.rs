//! `diagnose`: table, JSON, files, and logs that are none.

use crate::support::{Directory, json, refused, refused_in_one_line, run, run_with_input, succeeded};
use serde_json::{Value, json as value};

/// A made-up run of 40 rows that stagnates after step 10, with a damaged row and a spike.
fn log() -> String {
    let row = |k: u32| {
        let rate = 0.2 + 0.02 * f64::from(k.min(10)) + if k.is_multiple_of(2) { 0.005 } else { 0.0 };
        let norm = if k == 30 { 9.0 } else { 0.5 };
        format!(
            "{{\"step\": {k}, \"rewards/correct/mean\": {rate}, \"grad_norm\": {norm}, \"learning_rate\": 1e-06, \
             \"completions/mean_length\": 100.0}}\n"
        )
    };
    (1..=40).map(row).collect::<String>() + "{\"step\": 41, \"rewards/corr"
}

#[test]
fn the_table_says_what_was_chosen_and_what_happened() {
    let directory = Directory::new();
    let file = directory.write("run.jsonl", log());
    let diagnosed = run(&["diagnose", &file]);
    let text = succeeded(&diagnosed);
    for part in [
        "run.jsonl: 40 rows, steps 1 to 40, 40 complete",
        "trl (5 of its names are in the log)",
        "rewards/correct/mean (the only reward in the log)",
        "from 0 to 1: J is its mean",
        "dapo (the default of trl)",
        "at the norm 1 (the default of trl)",
        "skipped     1, first in line 41: cut short",
        "spike (step 30)",
        "no statement on what is safe",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 130), "{text}");
}

#[test]
fn json_has_every_row_and_one_document_a_line() {
    let directory = Directory::new();
    let (first, second) = (directory.write("a.jsonl", log()), directory.write("b.jsonl", log().replace("0.5,", "0.25,")));
    let diagnosed = run(&["diagnose", &first, &second, "--format", "json"]);
    let documents: Vec<Value> = succeeded(&diagnosed).lines().map(json).collect();
    assert_eq!(documents.len(), 2);
    let found = &documents[0];
    assert_eq!((&found["schema"], &found["source"]), (&value!("gradient-gap/diagnose/1"), &value!(first)));
    assert_eq!((&found["framework"], &found["loss"]["value"]), (&value!("trl"), &value!("dapo")));
    assert_eq!(found["skipped"], value!([{"line": 41, "reason": "cut short"}]));
    assert_eq!((&found["complete"], found["incomplete"].as_array().map(Vec::len)), (&value!(40), Some(0)));
    let rows = found["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 40);
    let row = &rows[0];
    let number = |name: &str| row[name].as_f64().unwrap_or_else(|| panic!("{name}: {row}"));
    assert_eq!((&row["step"], number("success_rate"), number("learning_rate")), (&value!(1), 0.22, 1e-6));
    let gap = 0.5 / (0.22f64 * 0.78).sqrt();
    assert!((number("gap") / gap - 1.0).abs() < 1e-12 && (number("length_gap") / gap / 100.0 - 1.0).abs() < 1e-12);
    assert!((number("cumulative_gap") / gap / 1e-6 - 1.0).abs() < 1e-12);
    assert!(row["safe_step"].is_null() && row.get("safe_step").is_none(), "nothing absolute without constants");
    let spike = found["findings"].as_array().expect("findings").iter().find(|one| one["kind"] == "spike").expect("found");
    assert_eq!(spike["first_step"], 30);
    assert!(spike["theory"].as_str().is_some_and(|theory| theory.contains("cannot")), "{spike}");
    // The same log, the same answer.
    assert_eq!(run(&["diagnose", &first, &second, "--format", "json"]).out, diagnosed.out);
    // With a smoothness, absolute steps.
    let given = run(&["diagnose", &first, "--smoothness", "2", "--format", "json"]);
    assert!(json(succeeded(&given))["rows"][0]["safe_step"].as_f64().is_some_and(|step| step > 0.0));
}

#[test]
fn standard_input_is_a_log_too() {
    let diagnosed =
        run_with_input(&["diagnose", "-", "--format", "json", "--loss", "dr-grpo", "--clip", "none"], log().as_bytes());
    let found = json(succeeded(&diagnosed));
    assert_eq!((&found["source"], &found["clip"]["value"]), (&value!("standard input"), &value!("inf")));
    assert_eq!((&found["loss"]["value"], &found["loss"]["why"]), (&value!("dr-grpo"), &value!("as given")));
}

#[test]
fn what_is_no_log_is_refused_in_one_line() {
    let directory = Directory::new();
    for (name, content, why) in [
        ("empty.log", &b""[..], "is empty"),
        ("binary.log", b"\x00\x01\x02", "no text"),
        ("novel.txt", b"It was a dark and stormy night.\n", "no row of a training log"),
        ("other.jsonl", b"{\"step\": 1, \"grad_norm\": 1.0}\n", "no success rate"),
    ] {
        let file = directory.write(name, content);
        refused_in_one_line(&run(&["diagnose", &file]), &[name, why]);
        // Nothing of the good log is printed either.
        let good = directory.write("good.jsonl", log());
        refused_in_one_line(&run(&["diagnose", &good, &file, "--format", "json"]), &[name, why]);
    }
    refused_in_one_line(&run(&["diagnose", &directory.path("absent.log")]), &["absent.log", "No such file"]);
    refused_in_one_line(&run(&["diagnose", &directory.path("")]), &["directory"]);
}

#[test]
fn bad_options_are_named() {
    let directory = Directory::new();
    let file = directory.write("run.jsonl", log());
    for (options, parts) in [
        (&["--clip", "-1"][..], &["--clip -1"][..]),
        (&["--clip", "lots"], &["--clip lots"]),
        (&["--clip", "NaN"], &["--clip NaN"]),
        (&["--reward-range", "1..0"], &["--reward-range 1..0"]),
        (&["--reward-range", "0..inf"], &["--reward-range 0..inf"]),
        (&["--reward-range", "0-1"], &["--reward-range 0-1", "LOW..HIGH"]),
        (&["--smoothness", "0"], &["--smoothness 0"]),
        (&["--smoothness", "inf"], &["--smoothness inf"]),
        (&["--max-length", "-5", "--smoothness", "1"], &["--max-length -5"]),
        (&["--smooth", "0"], &["--smooth 0"]),
        (&["--early", "0"], &["--early 0"]),
        (&["--success-key", "rewards/corect/mean"], &["--success-key", "did you mean \"rewards/correct/mean\""]),
    ] {
        refused_in_one_line(&run(&[&["diagnose", &file][..], options].concat()), parts);
    }
    refused(&run(&["diagnose", &file, "--framework", "trll"]), &["trll", "nemo-rl"]);
    refused(&run(&["diagnose", &file, "--loss", "mean"]), &["mean", "token-mean"]);
    refused(&run(&["diagnose"]), &["LOG"]);
}
