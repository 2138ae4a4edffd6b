//! `report`: what it writes, when it fails, what it refuses before anything runs.

use crate::support::{Directory, Run, command, refused_in_one_line, run, succeeded};
use serde_json::Value;

/// As few instances and evaluations as there can be.
const LEAST: [&str; 5] = ["report", "--instances", "1", "--evaluations", "1"];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&LEAST[..], arguments].concat()
}

#[test]
fn a_run_is_written_and_compared_with_an_earlier_one() {
    let folder = Directory::new();
    let [first, second] = ["first", "second"].map(|name| folder.path(name));
    let run_of = |out: &str, more: &[&str]| run(&with(&[&["--reproducible", "--out", out], more].concat()));
    let made = run_of(&first, &[]);
    assert_eq!(succeeded(&made), format!("34 of 34 verdicts as expected; 74 files in {first}\n"));
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).expect("written");
    let document: Value = serde_json::from_str(&read("first/report.json")).expect("JSON");
    assert_eq!((&document["schema"], &document["machine"]), (&"gradient-gap/report/1".into(), &Value::Null));
    assert!(read("first/index.html").starts_with("<!DOCTYPE html>"));

    // The command that stands on the page gives the same.
    let again = document["command"].as_str().expect("text").split(' ').skip(1).collect::<Vec<_>>();
    let again: Run = command(&again).current_dir(folder.path(".")).output().expect("runs").into();
    assert!(succeeded(&again).ends_with(" in report\n"), "{again:?}");
    assert_eq!(read("report/report.json"), read("first/report.json"));

    // Against itself nothing differs. That an attack had used twice as much of a bound is told, and fails.
    folder.write("itself.json", read("first/report.json"));
    let same = run_of(&second, &["--baseline", &folder.path("itself.json")]);
    assert!(succeeded(&same).starts_with("34 of 34"));
    let mut used = document.clone();
    let part = used["attacks"].as_array_mut().expect("a list").iter_mut().find(|attack| attack["slug"] == "log-odds-step");
    part.expect("there")["parts"][0]["ratio"] = 1.5.into();
    folder.write("used.json", used.to_string());
    let looser = run_of(&second, &["--baseline", &folder.path("used.json"), "--tolerance", "0.25"]);
    assert!(looser.status == 1 && looser.out.starts_with("log-odds-step, |R|: an attack uses 0."), "{looser:?}");
    assert!(
        read("second/junit.xml")
            .contains("<testsuite name=\"baseline\" tests=\"1\" skipped=\"0\" errors=\"0\" failures=\"1\"")
    );

    // Again, on one thread, against an earlier run that judged otherwise: the same files, and what differs is told.
    let before = read("first/report.json").replace("\"verdict\": \"certified\"", "\"verdict\": \"refuted\"");
    folder.write("before.json", &before);
    let drifted = run_of(&second, &["--baseline", &folder.path("before.json"), "--threads", "1"]);
    assert_eq!(drifted.status, 1);
    assert!(drifted.out.starts_with("overshoot-collapse: certified, was refuted\n"), "{drifted:?}");
    for entry in std::fs::read_dir(folder.path("first")).expect("there") {
        let name = entry.expect("there").file_name().into_string().expect("UTF-8");
        let [first, second] = ["first", "second"].map(|run| read(&format!("{run}/{name}")));
        match name.as_str() {
            "index.html" | "summary.md" | "junit.xml" => {
                assert!(second.contains("overshoot-collapse: certified, was refuted"), "{name}")
            }
            _ => assert_eq!(first, second, "{name}"),
        }
    }
}

#[test]
fn what_cannot_be_compared_or_written_is_refused_before_anything_runs() {
    let folder = Directory::new();
    let out = folder.path("out");
    folder.write("file", "");
    folder.write("verify.json", "{\"schema\": \"gradient-gap/verify/1\"}");
    folder.write("report.json", include_str!("../../docs/report/report.json"));
    let [file, other, report, none] = ["file", "verify.json", "report.json", "none.json"].map(|name| folder.path(name));
    let refusals: [(&[&str], &[&str]); 7] = [
        (&["--out", &file], &["file: is a file, expected a folder"]),
        (&["--out", &out, "--baseline", &none], &["none.json: ", "No such file"]),
        (&["--out", &out, "--baseline", &file], &["file: ", "EOF"]),
        (&["--out", &out, "--baseline", &other], &["verify.json: schema is \"gradient-gap/verify/1\""]),
        (
            &["--out", &out, "--baseline", &report],
            &["report.json: made with --instances 351000 --evaluations 131072 --seed 1"],
        ),
        (&["--out", &out, "--baseline", &report, "--tolerance", "NaN"], &["--tolerance NaN: ", "[0, 1)"]),
        (&["--out", &out, "--tolerance", "0.1"], &["report: ", "missing", "--baseline"]),
    ];
    for (arguments, parts) in refusals {
        refused_in_one_line(&run(&with(arguments)), parts);
    }
    assert!(!std::path::Path::new(&out).exists(), "something was written");
}

#[test]
fn replay_draws_the_line() {
    let folder = Directory::new();
    folder.write("line.json", "{\"logits\": [0, 0, 0], \"slopes\": [-1, 1, 0], \"correct\": [0, 1], \"eta\": 0.25}");
    let [instance, picture] = ["line.json", "line.svg"].map(|name| folder.path(name));
    let drawn = run(&["replay", &instance, "--out", "-"]);
    let svg = succeeded(&drawn);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    for label in ["(16)", "log-odds-step-tight", "smooth-only-step", "tangent"] {
        assert!(svg.contains(&format!(">{label}</text>")), "{label}");
    }
    succeeded(&run(&["replay", &instance, "--out", &picture]));
    assert_eq!(std::fs::read_to_string(picture).expect("written"), svg);
    refused_in_one_line(&run(&["replay", &instance, "--out", "no-such-folder/x.svg"]), &["no-such-folder/x.svg: "]);
}
