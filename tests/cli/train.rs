//! `train`: table, JSON, files, bad input.

use crate::support::{Directory, refused_in_one_line, run, succeeded};
use serde_json::Value;

const SMALL: [&str; 11] =
    ["train", "--steps", "4", "--every", "2", "--max-length", "3", "--warm-up", "20", "--prompts", "4"];

fn with(more: &[&str]) -> crate::support::Run {
    run(&[&SMALL[..], more].concat())
}

#[test]
fn table_json_and_files_say_the_same() {
    let folder = Directory::new();
    let table = with(&["--out", &folder.path("figure"), "--threads", "2"]);
    succeeded(&table);
    let text = with(&["--format", "json", "--threads", "1"]).out;
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["schema"], "gradient-gap/train/1");
    let read = |name: &str| std::fs::read_to_string(folder.path(&format!("figure/{name}"))).expect("written");
    // On one thread and on two.
    assert_eq!(read("train.json"), text);
    for judged in document["judged"].as_array().expect("a list") {
        let said =
            format!("{}: {}", judged["slug"].as_str().expect("a name"), judged["judgement"].as_str().expect("a word"));
        assert!(table.out.contains(&said), "{said}: {}", table.out);
    }
    let rows = |name: &str| -> Vec<Vec<String>> {
        read(name).lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
    };
    let (points, updates, bounds) = (rows("train.csv"), rows("train-updates.csv"), rows("train-bounds.csv"));
    let prompts = document["prompts"].as_array().expect("a list").len();
    assert_eq!((points.len(), updates.len(), bounds.len()), (4 * 5 * prompts, 4 * 4, 4 * 2 * prompts));
    let names = ["grpo-sgd", "grpo-adamw", "dr-grpo-sgd", "dr-grpo-adamw"];
    for (run, name) in document["runs"].as_array().expect("a list").iter().zip(names) {
        assert!(run["name"] == name && table.out.contains(name) && run["sums"]["undecided"] == 0);
        let even: usize =
            updates.iter().filter(|row| row[0] == name).map(|row| row[4].parse::<usize>().expect("a count")).sum();
        assert_eq!(run["even_groups"].as_u64(), Some(even as u64));
        let last = |held_out: &str| {
            let own = |row: &&Vec<String>| row[0] == name && row[1] == "4" && row[3] == held_out;
            let all: Vec<f64> = points.iter().filter(own).map(|row| row[5].parse().expect("J")).collect();
            all.iter().sum::<f64>() / all.len() as f64
        };
        assert_eq!(run["success_trained"][1].as_f64(), Some(last("false")));
        assert_eq!(run["success_held_out"][1].as_f64(), Some(last("true")));
        for bound in run["bounds"].as_array().expect("a list") {
            assert!(bound["largest"].as_f64().is_some_and(|used| used <= 1.0) && bound["undecided"] == 0, "{bound}");
        }
        for picture in [format!("train-{name}"), format!("train-{name}-gap")] {
            assert!(read(&format!("{picture}.svg")).contains(name));
            assert!(std::fs::read(folder.path(&format!("figure/{picture}.png"))).expect("written").starts_with(b"\x89PNG"));
        }
    }
}

#[test]
fn one_run_alone_is_that_of_all() {
    let all: Value = serde_json::from_str(&with(&["--format", "json"]).out).expect("JSON");
    let alone = with(&["--algorithm", "dr-grpo", "--optimizer", "adamw", "--format", "json"]);
    let alone: Value = serde_json::from_str(succeeded(&alone)).expect("JSON");
    assert_eq!(alone["runs"][0], all["runs"][3]);
    assert_eq!(alone["judged"][0]["judgement"], "not"); // no run of GRPO
    let figure = with(&["--algorithm", "grpo", "--optimizer", "sgd", "--out", "-"]);
    assert!(succeeded(&figure).starts_with("<svg"));
}

#[test]
fn nothing_is_written_into_a_file() {
    let folder = Directory::new();
    std::fs::write(folder.path("file"), "").expect("written");
    refused_in_one_line(&with(&["--out", &folder.path("file"), "--algorithm", "grpo"]), &["file"]);
    assert_eq!(folder.files().len(), 1);
}
