//! The examples are short, and say what they should: each is run as a program, and its key facts are compared.

#![allow(clippy::expect_used, clippy::panic, reason = "a panic in a test is a failed test, with its place")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// All examples.
const NAMES: [&str; 7] = ["own_both", "own_bound", "own_claim", "own_policy", "read_log", "safe_step", "witness"];

/// Lines of code of an example are fewer than this.
const LINES: usize = 40;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).with_extension("rs")
}

/// The folder of the examples' programs, beside that of this one. `cargo test` has built them, `cargo test --test examples`
/// has not: cargo is asked once more, which costs next to nothing where they are there and up to date.
static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("this program has a path");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/examples");
    let (target, name) = (profile.parent().expect("target"), profile.file_name().expect("a profile").to_string_lossy());
    let name = if name == "debug" { "dev".into() } else { name };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline", "--quiet", "--examples", "--profile", &name]).env("CARGO_TARGET_DIR", target);
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    profile.join("examples")
});

/// What an example prints.
fn output(name: &str) -> String {
    let program = PROGRAMS.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(&program).output().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{name}: {}: {errors}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// Lines that are neither blank nor comments.
fn lines_of_code(source: &str) -> usize {
    source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// The number after `before` in a text.
fn number_after(text: &str, before: &str) -> f64 {
    let (_, after) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    let end = after.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(after.len());
    after[..end].trim_end_matches('.').parse().unwrap_or_else(|e| panic!("{after}: {e}"))
}

#[test]
fn every_example_is_run_and_short() {
    let files = fs::read_dir(source("own_both").parent().expect("a folder")).expect("there");
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let found: BTreeSet<String> = files.filter_map(|file| stem(file.expect("a file").path())).collect();
    assert_eq!(found, NAMES.map(String::from).into());
    for name in NAMES {
        let lines = lines_of_code(&fs::read_to_string(source(name)).expect("there"));
        assert!(lines < LINES, "{name}: {lines} lines of code");
    }
    assert_eq!(lines_of_code("//! x\n\nuse y;\n    // z\nfn f() {\n}\n"), 3);
}

#[test]
fn own_claim_survives_and_its_wrong_version_falls() {
    let text = output("own_claim");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("expected: holds, verdict: not refuted, 3211 instances"), "{text}");
    assert!(lines[1].starts_with("expected: fails, verdict: refuted"), "{text}");
    let (computed, claimed) = (number_after(lines[2], "change: "), number_after(lines[2], "computed, "));
    assert!(claimed < computed && claimed > 0.98 * computed, "{text}");
    assert!((0.999..=1.0).contains(&number_after(&text, "an attack uses ")), "{text}");
}

#[test]
fn own_policy_meets_claims_of_the_paper() {
    let text = output("own_policy");
    for line in [
        "log-odds-step: not refuted on 5000 instances, 500 certified",
        "token-log-odds-step: not refuted on 5000 instances, 500 certified",
        "second-order-printed: refuted on 5000 instances, 0 certified", // the control: false as printed
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} is missing: {text}");
    }
    assert!(number_after(&text, "token-convergence: not refuted on ") > 100.0, "{text}");
}

#[test]
fn own_both_is_verified_attacked_and_certified() {
    let text = output("own_both");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with(" token-lipschitz")).collect();
    assert!(rows[0].contains("not refuted   holds      ok   5 000") && rows[0].ends_with("503 of 503"), "{text}");
    assert!(rows[1].contains("refuted       fails      ok   5 000"), "{text}");
    assert!(text.contains("token-lipschitz: refuted by change: ") && text.contains("(refusal; 7 responses, T∞ = 2)"));
    assert!(text.contains("2 of 2 verdicts as expected"), "{text}");
    assert!((0.35..0.5).contains(&number_after(&text, "A longer attack uses ")), "{text}");
    assert!(text.contains("expected: holds: intervals certify 5000 of 5000 instances, refute 0\n"), "{text}");
    assert!(number_after(&text, "expected: fails: intervals certify 3120 of 5000 instances, refute ") > 1_000.0, "{text}");
}

#[test]
fn own_bound_falls_without_its_factor() {
    let text = output("own_bound");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("refuted: dlambda >= eta*dmu - L*eta^2/2: "), "{text}");
    assert!(lines[1].starts_with("not refuted: dlambda >= eta*dmu - L*eta^2/(2*(1-J0))"), "{text}");
    assert!(number_after(lines[1], "(1-J0)), ") > 0.99, "{text}");
}

#[test]
fn safe_step_of_rare_failures() {
    let text = output("safe_step");
    let largest: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("J rises at every step below ")).collect();
    assert_eq!(largest, ["1.400e-2, by smooth-only", "3.333e-3, by two-sided", "3.333e-3, by two-sided"]);
    assert!(text.contains("15a: η up to 1.515e-4") && text.contains("smooth-only: η up to 2.000e-302"), "{text}");
}

#[test]
fn read_log_finds_the_collapse() {
    let text = output("read_log");
    assert!(text.starts_with("40 rows of a run of 40 steps, J from 0.5 to 0.0625\n"), "{text}");
    assert!(text.contains("\ncollapse from step 21: J fell from 0.5 "), "{text}");
}

#[test]
fn witness_is_stored_and_confirmed() {
    let text = output("witness");
    assert!(text.starts_with("λ(K) − λ(0): ") && text.contains("read again: violated"), "{text}");
    let said: Vec<&str> = text.lines().skip(2).collect();
    assert!(said.len() >= 6 && said.iter().all(|line| line.starts_with("Some(true): ")), "{text}");
    assert!(text.contains("the instance violates stagnation-printed") && text.contains("the simplified instance violates"));
}
