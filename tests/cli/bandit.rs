//! `bandit`: table, JSON, files, bad input.

use crate::support::{Directory, refused_in_one_line, run, succeeded};
use serde_json::Value;

const SMALL: [&str; 5] = ["bandit", "--steps", "3000", "--seeds", "2"];

fn with(more: &[&str]) -> crate::support::Run {
    run(&[&SMALL[..], more].concat())
}

#[test]
fn table_json_and_files_say_the_same() {
    let folder = Directory::new();
    let table = with(&["--out", &folder.path("figure")]);
    succeeded(&table);
    let document: Value = serde_json::from_str(&with(&["--format", "json", "--threads", "1"]).out).expect("JSON");
    assert_eq!(document["schema"], "gradient-gap/bandit/1");
    let read = |name: &str| std::fs::read_to_string(folder.path(&format!("figure/{name}"))).expect("written");
    // On one thread and on two.
    assert_eq!(serde_json::from_str::<Value>(&read("bandit.json")).expect("JSON"), document);
    let judged = document["judged"].as_array().expect("a list");
    assert_eq!(judged.len(), 3);
    for judged in judged {
        let said =
            format!("{}: {}", judged["slug"].as_str().expect("a name"), judged["judgement"].as_str().expect("a word"));
        assert!(table.out.contains(&said), "{said}: {}", table.out);
    }
    let csv = read("bandit.csv");
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 2 * 2 * 500);
    for runs in document["runs"].as_array().expect("a list") {
        let name = runs["fallback"].as_str().expect("a name");
        assert!(table.out.contains(&format!("fallback {name}")));
        for seed in runs["seeds"].as_array().expect("a list") {
            let number = seed["seed"].as_u64().map(|seed| seed.to_string());
            let own = |row: &&Vec<&str>| row[0] == name && Some(row[1]) == number.as_deref();
            let above = rows.iter().filter(own).filter(|row| row[5].parse::<f64>().expect("J") > 0.9).count();
            assert_eq!(seed["above"].as_f64(), Some(above as f64 / 500.0), "{name}");
            assert_eq!(seed["violations"], 0);
        }
        assert!(read(&format!("bandit-{name}.svg")).contains(&format!("fallback {name}")));
        assert!(std::fs::read(folder.path(&format!("figure/bandit-{name}.png"))).expect("written").starts_with(b"\x89PNG"));
    }
}

#[test]
fn a_run_that_stops_at_once_is_told() {
    let stopped = run(&["bandit", "--seeds", "1", "--fallback", "stop", "--format", "json"]);
    let document: Value = serde_json::from_str(succeeded(&stopped)).expect("JSON");
    let seed = &document["runs"][0]["seeds"][0];
    assert_eq!((seed["updates"].as_u64(), seed["stopped"].as_u64()), (Some(0), Some(0)));
    assert_eq!((seed["gained"].as_f64(), seed["between"].as_f64()), (Some(0.0), Some(0.0)));
    assert_eq!(seed["correlation_size"], Value::Null);
    assert_eq!(document["judged"][1]["judgement"], "not");
}

#[test]
fn one_figure_goes_to_standard_output_and_none_into_a_file() {
    assert!(succeeded(&with(&["--out", "-", "--fallback", "uniform"])).starts_with("<svg"));
    let folder = Directory::new();
    std::fs::write(folder.path("file"), "").expect("written");
    refused_in_one_line(&with(&["--out", &folder.path("file")]), &["file"]);
    assert_eq!(folder.files().len(), 1);
}
