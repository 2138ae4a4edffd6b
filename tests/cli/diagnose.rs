//! `diagnose`: table, JSON, files, and logs that are none.

use crate::support::{Directory, json, refused_in_one_line, run, run_with_input, succeeded};
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
    assert!(row.get("safe_step").is_none(), "nothing absolute without constants");
    let spike = found["findings"].as_array().expect("findings").iter().find(|one| one["kind"] == "spike").expect("found");
    assert_eq!(spike["first_step"], 30);
    assert!(spike["theory"].as_str().is_some_and(|theory| theory.contains("cannot")), "{spike}");
    // The same log, the same answer.
    assert_eq!(run(&["diagnose", &first, &second, "--format", "json"]).out, diagnosed.out);
    // With a smoothness, absolute steps.
    let given = run(&["diagnose", &first, "--smoothness", "2", "--max-length", "500", "--format", "json"]);
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

/// Nothing of a good log is printed where another one is none.
#[test]
fn logs_are_read_before_anything_is_printed() {
    let directory = Directory::new();
    let (good, bad) =
        (directory.write("good.jsonl", log()), directory.write("novel.txt", "It was a dark and stormy night.\n"));
    refused_in_one_line(
        &run(&["diagnose", &good, &bad, "--format", "json"]),
        &["novel.txt: no row of a training log in it"],
    );
}

#[test]
fn out_writes_a_page_and_all_rows_of_every_log() {
    let directory = Directory::new();
    std::fs::create_dir(directory.path("b")).expect("can be made");
    let (first, second) = (directory.write("run.jsonl", log()), directory.write("b/run.log", log()));
    let pages = directory.path("new/pages");
    let diagnosed = run(&["diagnose", &first, &second, "--out", &pages]);
    assert_eq!(succeeded(&diagnosed), run(&["diagnose", &first, &second]).out);
    let mut files: Vec<String> = std::fs::read_dir(&pages)
        .expect("made")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("UTF-8"))
        .collect();
    files.sort();
    assert_eq!(files, ["run-2.csv", "run-2.png", "run-2.svg", "run.csv", "run.png", "run.svg"]);
    let read = |name: &str| std::fs::read(format!("{pages}/{name}")).expect("readable");
    let svg = String::from_utf8(read("run.svg")).expect("UTF-8");
    assert!(svg.starts_with("<svg") && svg.contains("spike, step 30") && svg.contains("log-odds λ") && !svg.contains("NaN"));
    assert_eq!(run(&["diagnose", &first, "--out", "-"]).out, svg);
    let png = read("run.png");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 10_000);
    // The rows as CSV are those of JSON, and can be read again.
    let csv = String::from_utf8(read("run.csv")).expect("UTF-8");
    assert!(csv.starts_with("step,success_rate,smooth_success_rate,") && csv.lines().count() == 41);
    let again = json(&run(&["diagnose", &format!("{pages}/run.csv"), "--format", "json"]).out);
    let once = json(&run(&["diagnose", &first, "--format", "json", "--loss", "grpo"]).out);
    for name in ["success_rate", "grad_norm", "learning_rate", "mean_length", "gap", "relative_step"] {
        assert_eq!(again["rows"][20][name], once["rows"][20][name], "{name}");
    }
}

#[test]
fn out_never_writes_over_a_log_and_never_half() {
    let directory = Directory::new();
    let file = directory.write("run.csv", "step,success_rate,grad_norm\n1,0.5,1\n");
    refused_in_one_line(&run(&["diagnose", &file, "--out", &directory.path("")]), &["--out", "run.csv"]);
    assert_eq!(directory.files(), ["run.csv"]);
    // An unusable log among others: no folder is made.
    let bad = directory.write("bad.log", "nothing");
    refused_in_one_line(&run(&["diagnose", &file, &bad, "--out", &directory.path("pages")]), &["bad.log"]);
    refused_in_one_line(&run(&["diagnose", &file, "--out", &file]), &["run.csv"]);
    // One of the files cannot be written: none is.
    std::fs::create_dir_all(directory.path("pages/run.png")).expect("can be made");
    refused_in_one_line(&run(&["diagnose", &file, "--out", &directory.path("pages")]), &["run.png", "is a folder"]);
    let left: Vec<_> = std::fs::read_dir(directory.path("pages")).expect("there").collect();
    assert_eq!(left.len(), 1, "{left:?}");
    refused_in_one_line(&run(&["diagnose", &file, &file, "--out", "-"]), &["--out -"]);
}
