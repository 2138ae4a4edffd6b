//! The examples at the end of every `--help`: each is read, and each is run, or one like it that is shorter.
#![cfg(unix)]

use crate::replay::HAND_WRITTEN;
use crate::support::{Directory, Run, command, run, succeeded};
use crate::usage::commands;
use std::path::Path;
use std::process::{Command, Stdio};

/// The lines under "Examples:", with which the help ends.
fn examples(help: &str) -> Vec<String> {
    let (_, end) = help.split_once("\nExamples:\n").unwrap_or_default();
    let lines: Vec<String> = end.lines().map(|line| line.strip_prefix("  ").unwrap_or_default().to_string()).collect();
    assert!(lines.iter().all(|line| line.contains("gradient-gap")), "more than examples at the end: {help}");
    lines
}

/// The help of the program and of every command.
fn helps() -> Vec<(String, String)> {
    let of = |arguments: &[&str]| succeeded(&run(arguments)).to_string();
    let mut helps = vec![(String::new(), of(&["--help"]))];
    helps.extend(commands().into_iter().map(|name| (name.clone(), of(&[&name, "--help"]))));
    helps
}

/// What is done with an example that takes longer than a test should.
enum Long {
    /// These options are added, or get these values.
    Shorter(&'static [(&'static str, &'static str)]),
    /// It is read and no more: with a result that cannot be written it is refused before anything runs.
    Read,
}

/// Examples whose beginning is this, why they are not run as they are (in seconds of an unoptimised build), and what is done instead.
const LONG: [(&str, &str, Long); 19] = [
    ("gradient-gap verify --instances 20000", "60 s: every claim", Long::Read),
    ("gradient-gap verify log-odds-step second-order", "10 s: 1000000 instances", Long::Shorter(&[("--instances", "1000")])),
    ("gradient-gap verify --format junit", "100 s: the main job", Long::Read),
    (
        "gradient-gap verify --shard",
        "10 s: an eighth of the main job",
        Long::Shorter(&[("--instances", "8"), ("--attack", "0"), ("--certify", "0")]),
    ),
    ("gradient-gap verify", "100 s: the main job", Long::Read),
    ("gradient-gap attack log-odds-step", "10 s, as it says", Long::Shorter(&[("--seconds", "0.2")])),
    ("gradient-gap attack", "60 s: 1048576 evaluations", Long::Shorter(&[("--evaluations", "5000")])),
    (
        "gradient-gap certify curvature-window",
        "60 s: 1000000 instances",
        Long::Shorter(&[("--instances", "100"), ("--attack", "0")]),
    ),
    ("gradient-gap certify", "100 s: every claim, and all boxes", Long::Read),
    ("gradient-gap report", "200 s: the main job and an attack on every claim; 20 s with 8 evaluations each", Long::Read),
    (
        "gradient-gap conjecture 'dlambda >= eta*dmu",
        "60 s: 1048576 evaluations, as nothing refutes it",
        Long::Shorter(&[("--evaluations", "5000")]),
    ),
    ("gradient-gap lengths", "5 to 14 s", Long::Shorter(&[("--max-length", "64"), ("--instances", "4")])),
    ("gradient-gap bandit", "10 to 60 s", Long::Shorter(&[("--steps", "100"), ("--seeds", "1")])),
    ("gradient-gap phase --family cube", "60 s", Long::Shorter(&[("--columns", "8"), ("--rows", "3")])),
    ("gradient-gap phase", "20 s", Long::Shorter(&[("--columns", "4"), ("--rows", "2")])),
    ("gradient-gap stagnation", "40 s", Long::Shorter(&[("--trials", "2"), ("--steps", "50")])),
    ("gradient-gap rates", "10 s", Long::Shorter(&[("--steps", "200"), ("--seeds", "4")])),
    (
        "gradient-gap train",
        "100 s and more",
        Long::Shorter(&[("--steps", "2"), ("--every", "2"), ("--max-length", "2"), ("--warm-up", "5"), ("--prompts", "2")]),
    ),
    ("gradient-gap explain log-odds-step", "1 s, but it is run for every claim elsewhere", Long::Shorter(&[])),
];

/// Exit status 1: what the example asks about is refuted.
const REFUTED: &str = "gradient-gap conjecture 'J1 >= J0' --given 'dmu > 0' --given 'eta <= 2*dmu/L' --out witness.json";

/// The line with this option of this value.
fn with(line: &str, (option, value): (&str, &str)) -> String {
    match line.split_once(&format!(" {option} ")) {
        Some((before, after)) => {
            let rest = after.split_once(' ').map_or(String::new(), |(_, rest)| format!(" {rest}"));
            format!("{before} {option} {value}{rest}")
        }
        None => format!("{line} {option} {value}"),
    }
}

/// A line of a shell, run where files of the names in the examples are.
fn shell(folder: &Directory, line: &str) -> Run {
    let program = Path::new(env!("CARGO_BIN_EXE_gradient-gap")).parent().expect("in a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("set"));
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder.path("")).env("PATH", path);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("runs").into()
}

/// The files that the examples read.
fn files() -> Directory {
    let folder = Directory::new();
    let log: String = (1..=60)
        .map(|k| {
            let (step, rate) = (f64::from(k), 0.2 + 0.01 * f64::from(k % 50));
            format!("{{\"step\": {step}, \"reward\": {rate}, \"grad_norm\": 0.5, \"learning_rate\": 1e-06}}\n")
        })
        .collect();
    std::fs::create_dir(folder.path("runs")).expect("can be made");
    for name in ["trainer_state.json", "run.log", "runs/a.jsonl", "runs/b.jsonl"] {
        folder.write(name, &log);
    }
    folder.write("instance.json", HAND_WRITTEN);
    std::fs::create_dir_all(folder.path("docs/report")).expect("can be made");
    folder.write("docs/report/report.json", include_str!("../../docs/report/report.json"));
    for i in 1..=2 {
        let (shard, out) = (format!("{i}/2"), folder.path(&format!("shard-{i}.json")));
        let small = ["verify", "second-order", "--instances", "50", "--attack", "0", "--certify", "0"];
        let output = command(&[&small[..], &["--shard", &shard, "--out", &out]].concat()).output();
        succeeded(&output.expect("runs").into());
    }
    let witness = folder.path("witness.json");
    succeeded(&run(&["attack", "log-odds-step", "--family", "cube", "--evaluations", "500", "--out", &witness]));
    folder
}

/// A folder with the same files, for what one example leaves behind is nothing to the next.
fn copy(files: &Directory) -> Directory {
    let folder = Directory::new();
    let copied = Command::new("cp").args(["-R", &files.path("."), &folder.path("")]).status();
    assert!(copied.expect("runs").success());
    folder
}

/// What is wrong with an example, if something is.
fn tried(files: &Directory, line: &str) -> Result<(), String> {
    let folder = copy(files);
    let long = LONG.iter().find(|(beginning, _, _)| line.starts_with(beginning));
    let (line, expected, said) = match long.map(|(_, _, long)| long) {
        None => (line.to_string(), i32::from(line == REFUTED), ""),
        Some(Long::Shorter(options)) => (options.iter().fold(line.to_string(), |line, &option| with(&line, option)), 0, ""),
        Some(Long::Read) => {
            let nowhere = if line.contains("gap report ") { "witness.json" } else { "no-such-folder/result" };
            (with(line, ("--out", nowhere)), 2, nowhere)
        }
    };
    let run = shell(&folder, &line);
    let fine = run.status == expected
        && match said {
            "" => run.err.is_empty(),
            place => {
                run.out.is_empty()
                    && run.err.starts_with(&format!("gradient-gap: {place}: "))
                    && run.err.lines().count() == 1
            }
        };
    if fine { Ok(()) } else { Err(format!("{line}: {run:?}")) }
}

#[test]
fn every_help_ends_with_examples_that_run() {
    let files = files();
    let mut used = std::collections::BTreeSet::new();
    for (name, help) in helps() {
        let examples = examples(&help);
        let own = if name.is_empty() { "gradient-gap ".to_string() } else { format!("gradient-gap {name}") };
        assert!(examples.len() >= 2, "{name}: {help}");
        for line in &examples {
            assert!(line.contains(&own), "{name}: {line}");
            used.extend(LONG.iter().map(|(beginning, _, _)| *beginning).find(|beginning| line.starts_with(beginning)));
            tried(&files, line).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        }
    }
    assert_eq!(used.len(), LONG.len(), "an exception without an example: {used:?}");
}

/// Control: what is no command of the program does not pass for an example, whatever is done with it.
#[test]
fn an_example_that_is_misspelt_is_found() {
    let files = files();
    for line in [
        "gradient-gap verify --format junitt --out report.xml",
        "gradient-gap certify --instance 5",
        "gradient-gap report --out report --sed 7",
        "gradient-gap attack smooth-step",
        "gradient-gap lengths --max-length 10000 --outt lengths.svg",
        "gradient-gap replay no-witness.json",
        "gradient-gap conjecture 'J1 >= J0' --given 'dmu > 0'",
        "gradient-gap collapse theorem-3",
    ] {
        assert!(tried(&files, line).is_err(), "{line}");
    }
    assert!(examples("Usage: x\n\nExamples:\n").is_empty() && examples("Usage: x\n").is_empty());
}
