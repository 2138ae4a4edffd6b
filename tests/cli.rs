//! The command line's contract: what goes where, with which exit status, and one clear message for everything that is wrong.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradient-gap"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What one run left behind.
#[derive(Debug)]
struct Run {
    status: i32,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let status = output.status.code().expect("not killed by a signal");
        Run { status, out: text(output.stdout), err: text(output.stderr) }
    }
}

fn run(arguments: &[&str]) -> Run {
    command(arguments).output().expect("runs").into()
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> Run {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input).expect("reads its input");
    child.wait_with_output().expect("ends").into()
}

/// Ended well: status 0, nothing on standard error (which is no terminal here).
fn succeeded(run: &Run) -> &str {
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    assert!(!run.out.contains('\u{1b}') && !run.out.contains('\r'), "progress or colours on standard output");
    &run.out
}

/// Refused: status 2, nothing on standard output, a message with all of `parts`, no panic.
fn refused(run: &Run, parts: &[&str]) {
    assert_eq!((run.status, run.out.as_str()), (2, ""), "{parts:?}: {run:?}");
    assert!(!run.err.contains("panicked") && !run.err.contains("RUST_BACKTRACE"), "{run:?}");
    let missing: Vec<_> = parts.iter().filter(|part| !run.err.contains(**part)).collect();
    assert!(missing.is_empty(), "{:?} lacks {missing:?}", run.err);
}

/// As [`refused`], by the program itself: one line, under its name.
fn refused_in_one_line(run: &Run, parts: &[&str]) {
    refused(run, parts);
    assert!(run.err.starts_with("gradient-gap: ") && run.err.lines().count() == 1, "{:?}", run.err);
}

/// An empty directory of its own, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("can be made");
        Directory(path)
    }
    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").into()
    }
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).expect("can be written");
        self.path(name)
    }
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("readable");
        let mut names: Vec<String> = entries.map(|e| e.expect("entry").file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const SMALL: [&str; 3] = ["verify", "--instances", "500"];

fn small(more: &[&str]) -> Vec<String> {
    SMALL.iter().chain(more).map(|s| s.to_string()).collect()
}

fn run_small(more: &[&str]) -> Run {
    run(&small(more).iter().map(String::as_str).collect::<Vec<_>>())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The slugs that `list` prints.
fn slugs() -> Vec<String> {
    let listed = run(&["list"]);
    let table = succeeded(&listed).lines().skip(2).take_while(|line| !line.trim().is_empty());
    table.filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}

// ---- list, explain, help ------------------------------------------------------------------------------------------------

#[test]
fn list_names_every_claim_with_its_reading_and_expectation() {
    let listed = run(&["list"]);
    let text = succeeded(&listed);
    for word in
        ["claim", "place", "relation", "assumptions", "reading", "expected", "Eq. (16)", "seg", "fails", "Assumption 1"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    let slugs = slugs();
    let registry: Vec<&str> = gradient_gap::claims::REGISTRY.iter().map(|claim| claim.statement.slug).collect();
    assert_eq!(slugs, registry);
}

#[test]
fn explain_prints_every_claims_page() {
    for claim in gradient_gap::claims::REGISTRY {
        let statement = &claim.statement;
        let explained = run(&["explain", statement.slug]);
        let text = succeeded(&explained);
        for part in
            [statement.page.trim_end(), statement.formula, "## Verdict", &format!("docs/claims/{}.md", statement.slug)]
        {
            assert!(text.contains(part), "{}: {part:?} is missing", statement.slug);
        }
        assert!(claim.given.iter().all(|hypothesis| text.contains(hypothesis.name)), "{}", statement.slug);
    }
}

#[test]
fn help_and_version_are_results() {
    let version = run(&["--version"]);
    assert_eq!(succeeded(&version), format!("gradient-gap {}\n", env!("CARGO_PKG_VERSION")));
    for arguments in [&["--help"][..], &["verify", "--help"], &["replay", "--help"]] {
        assert!(succeeded(&run(arguments)).contains("Usage:"));
    }
    assert!(succeeded(&run(&["--help"])).contains("Exit status"));
}

// ---- verify -------------------------------------------------------------------------------------------------------------

#[test]
fn verify_as_a_table() {
    let verified = run_small(&[]);
    let text = succeeded(&verified);
    for slug in slugs() {
        assert!(text.lines().any(|line| line.trim_start().starts_with(&format!("{slug} "))), "{slug}: {text}");
    }
    let n = gradient_gap::claims::REGISTRY.len();
    assert!(text.contains(&format!("{n} of {n} verdicts as expected")) && !text.contains("UNEXPECTED"), "{text}");
    assert!(text.contains("second-order-printed: refuted by"), "{text}");
}

#[test]
fn verify_as_json_follows_the_contract() {
    let verified = run_small(&["--format", "json", "--seed", "9"]);
    let document = json(succeeded(&verified));
    assert_eq!(document["schema"], "gradient-gap/verify/1");
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((document["seed"].as_u64(), document["instances"].as_u64()), (Some(9), Some(500)));
    assert!(document["seconds"].as_f64().expect("a number") > 0.0);
    assert_eq!(document["as_expected"], true);
    let claims = document["claims"].as_array().expect("an array");
    assert_eq!(claims.len(), gradient_gap::claims::REGISTRY.len());
    for claim in claims {
        let slug = claim["slug"].as_str().expect("a slug");
        let known = gradient_gap::claims::find(slug).expect("in the registry");
        assert_eq!(claim["place"], known.statement.place);
        let one_of = |field: &str, allowed: &[&str]| {
            assert!(claim[field].as_str().is_some_and(|x| allowed.contains(&x)), "{slug}, {field}: {}", claim[field]);
        };
        one_of("relation", &["identity", "upper", "lower", "existence", "asymptotic", "ratio"]);
        one_of("expected", &["holds", "fails", "observed"]);
        one_of("verdict", &["certified", "not-refuted", "refuted", "inconclusive", "not-covered"]);
        assert!(claim["reading"].is_null() || ["seg", "line", "glob"].contains(&claim["reading"].as_str().expect("text")));
        assert_eq!(claim["as_expected"], true, "{slug}");
        let families = claim["families"].as_array().expect("an array");
        let cases: u64 = families.iter().map(|family| family["cases"].as_u64().expect("a count")).sum();
        assert_eq!(claim["cases"].as_u64(), Some(cases), "{slug}");
        let number_or_inf = |x: &Value| x.is_f64() || x == "inf" || x == "-inf" || x.is_null();
        assert!(number_or_inf(&claim["max_ratio"]), "{slug}: {}", claim["max_ratio"]);
        for family in families {
            assert!(family["name"].is_string() && number_or_inf(&family["max_ratio"]), "{slug}: {family}");
        }
        assert!(claim["reason"].is_null() || claim["reason"].is_string());
        match claim["verdict"].as_str() {
            Some("refuted") => {
                assert_eq!(claim["witness"]["schema"], "gradient-gap/witness/1");
                assert_eq!(claim["witness"]["slug"], slug);
            }
            _ => assert!(claim["witness"].is_null(), "{slug}"),
        }
    }
    // η = 0 is in every edge set: log₁₀ of 0 is the string, not a number and not null.
    assert_eq!(document["families"][0]["log10_eta_sqrt_L"]["min"], "-inf");
    // Floats round-trip: printing what was read gives the same text.
    assert_eq!(format!("{document:#}\n"), verified.out);
}

#[test]
fn verify_as_junit() {
    let verified = run_small(&["--format", "junit"]);
    let text = succeeded(&verified);
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{text}");
    let n = gradient_gap::claims::REGISTRY.len();
    assert_eq!(text.matches("<testcase ").count(), n);
    assert_eq!((text.matches("<testsuite ").count(), text.matches("<failure").count()), (1, 0));
    assert!(text.contains(&format!("tests=\"{n}\"")) && text.contains("failures=\"0\""), "{text}");
    for slug in slugs() {
        assert_eq!(text.matches(&format!("<testcase name=\"{slug}\"")).count(), 1, "{slug}");
    }
    // Every element that is opened is closed: tags balance, attributes and text hold no bare markup.
    let mut open: Vec<String> = Vec::new();
    for tag in text.split('<').skip(1).filter(|tag| !tag.starts_with('?')) {
        let (inside, content) = tag.split_once('>').expect("a closed tag");
        assert!(!content.contains('&') || content.contains(';'), "{content}");
        match inside.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name)),
            None if inside.ends_with('/') => {}
            None => open.push(inside.split_whitespace().next().expect("a name").into()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn chosen_claims_only_and_once() {
    let verified = run_small(&["--format", "json", "second-order", "log-odds-step", "second-order"]);
    let document = json(succeeded(&verified));
    let slugs: Vec<&str> = document["claims"].as_array().expect("array").iter().filter_map(|c| c["slug"].as_str()).collect();
    assert_eq!(slugs, ["second-order", "log-odds-step"]);
}

#[test]
fn the_same_seed_gives_the_same_output_on_any_number_of_threads() {
    let document = |more: &[&str]| {
        let arguments = [&["--format", "json"], more].concat();
        let mut document = json(succeeded(&run_small(&arguments)));
        document.as_object_mut().expect("an object").remove("seconds").expect("is there");
        document
    };
    let one = document(&["--threads", "1"]);
    assert!(one == document(&["--threads", "3"]) && one == document(&["--threads", "0"]));
    assert!(one == document(&["--seed", "1"]), "the default seed is 1");
    // Control.
    assert!(one != document(&["--seed", "2"]));
}

// ---- --out --------------------------------------------------------------------------------------------------------------

#[test]
fn out_writes_the_whole_file_and_nothing_else() {
    let directory = Directory::new();
    let file = directory.write("result.json", "what was there before, longer than nothing");
    let verified = run_small(&["--format", "json", "--out", &file]);
    assert_eq!(succeeded(&verified), "");
    let document = json(&std::fs::read_to_string(&file).expect("written"));
    assert_eq!(document["schema"], "gradient-gap/verify/1");
    assert_eq!(directory.files(), ["result.json"], "no draft is left behind");
}

/// Instances that would run for hours: a refusal that arrives at all arrives before anything runs.
const ENDLESS: [&str; 3] = ["verify", "--instances", "1000000000000"];

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_runs() {
    let directory = Directory::new();
    let file = directory.write("a-file", "untouched");
    let outputs = [
        (directory.path("missing/result.json"), "No such file"),
        (directory.path(""), "directory"),
        (directory.path("a-file/result.json"), "Not a directory"),
        (directory.path(".."), ".."),
    ];
    for (out, why) in &outputs {
        let refusal = run(&[&ENDLESS[..], &["--out", out]].concat());
        refused_in_one_line(&refusal, &[out.trim_end_matches('/'), why]);
        assert_eq!(directory.files(), ["a-file"], "{out}: nothing half-written");
    }
    assert_eq!(std::fs::read_to_string(file).expect("still there"), "untouched");
}

#[test]
fn an_output_with_a_trailing_slash_is_refused_before_anything_runs() {
    let directory = Directory::new();
    let out = directory.path("missing/");
    let mut child = command(&[&ENDLESS[..], &["--out", &out]].concat()).spawn().expect("starts");
    let patience = std::time::Instant::now();
    let ended = loop {
        if child.try_wait().expect("can be asked").is_some() {
            break true;
        }
        if patience.elapsed().as_secs() >= 5 {
            child.kill().expect("was running");
            break false;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let output = child.wait_with_output().expect("ends");
    assert!(ended, "it runs, to fail at the end");
    refused_in_one_line(&output.into(), &["missing"]);
    assert!(directory.files().is_empty());
}

#[cfg(unix)]
#[test]
fn an_output_behind_a_link_is_replaced_and_the_link_stays() {
    let directory = Directory::new();
    let (target, link) = (directory.path("target"), directory.path("link"));
    std::fs::write(&target, "before").expect("writable");
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    let verified = run(&["verify", "--instances", "100", "log-odds-step", "--format", "json", "--out", &link]);
    assert_eq!(verified.status, 0, "{}", verified.err);
    assert!(std::fs::symlink_metadata(&link).expect("still there").is_symlink());
    assert!(std::fs::read_to_string(&target).expect("readable").contains("gradient-gap/verify/1"));
}

/// Only a regular file may be replaced by a rename; a pipe (or /dev/stdout) must be written to.
#[cfg(unix)]
#[test]
fn an_output_that_is_no_regular_file_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let directory = Directory::new();
    let pipe = directory.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    let reader = {
        // Opened for reading and writing, so that neither side ever blocks on the other.
        let file = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("a pipe");
        std::thread::spawn(move || {
            let mut start = [0u8; 1];
            let mut file = file;
            file.read_exact(&mut start).map(|()| start[0])
        })
    };
    let verified = run(&["verify", "--instances", "100", "log-odds-step", "--format", "json", "--out", &pipe]);
    let is_pipe = std::fs::metadata(&pipe).expect("still there").file_type().is_fifo();
    assert!(is_pipe, "the pipe was replaced by a file: {verified:?}");
    succeeded(&verified);
    assert_eq!(reader.join().expect("no panic").expect("a byte"), b'{');
}

// ---- bad usage ----------------------------------------------------------------------------------------------------------

#[test]
fn an_unknown_claim_suggests_the_nearest() {
    for (slug, nearest) in
        [("log-odd-step", "log-odds-step"), ("second_order", "second-order"), ("lenght-norm", "length-norm")]
    {
        refused_in_one_line(&run(&["verify", "--instances", "10", slug]), &[slug, nearest]);
        refused_in_one_line(&run(&["explain", slug]), &[slug, nearest]);
    }
    refused_in_one_line(&run(&["explain", ""]), &["\"\""]);
}

#[test]
fn bad_flags_and_values_are_named() {
    let bad: [(&[&str], &[&str]); 17] = [
        (&["frobnicate"], &["frobnicate"]),
        (&["--frobnicate"], &["--frobnicate"]),
        (&["verify", "--frobnicate"], &["--frobnicate"]),
        (&["verify", "--instances", "0"], &["'0'", "--instances"]),
        (&["verify", "--instances", "-5"], &["-5"]),
        (&["verify", "--instances=-5"], &["'-5'", "--instances"]),
        (&["verify", "--instances", "NaN"], &["'NaN'", "--instances"]),
        (&["verify", "--instances", "1e6"], &["'1e6'", "--instances"]),
        (&["verify", "--instances", "1000000000001"], &["'1000000000001'", "--instances"]),
        (&["verify", "--instances", "99999999999999999999999"], &["'99999999999999999999999'", "--instances"]),
        (&["verify", "--instances"], &["--instances"]),
        (&["verify", "--seed=-1"], &["'-1'", "--seed"]),
        (&["verify", "--seed", "0.5"], &["'0.5'", "--seed"]),
        (&["verify", "--threads", "1000000"], &["'1000000'", "--threads"]),
        (&["verify", "--format", "yaml"], &["'yaml'", "--format", "json"]),
        (&["replay"], &["FILE"]),
        (&["explain", "log-odds-step", "second-order"], &["'second-order'"]),
    ];
    for (arguments, parts) in bad {
        let refusal = run(arguments);
        refused(&refusal, parts);
        assert_eq!(refusal.err.matches("error:").count(), 1, "{:?}", refusal.err);
    }
    // Control: the limits themselves are accepted.
    assert_eq!(run(&["verify", "log-odds-step", "--instances", "1", "--seed", "18446744073709551615"]).status, 0);
}

// ---- replay -------------------------------------------------------------------------------------------------------------

const HAND_WRITTEN: &str = r#"{"logits": [0, 0.5, -1], "slopes": [1, -0.5, 0], "curvatures": [0, 0, 1], "lengths": [3, 1, 2], "correct": [0], "eta": 0.25}"#;

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
    // The instance alone gives the same.
    let alone = run_with_input(&["replay", "-", "--format", "json"], witness["instance"].to_string().as_bytes());
    assert_eq!(alone.out, replayed.out);
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
        ("nested lists", vec![b'['; 100_000], &["recursion limit", "line 1 column"]),
        ("nested objects", b"{\"logits\":".repeat(50_000), &["recursion limit", "line 1 column"]),
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
        assert!(claims.iter().all(|c| c["intervals"] != "refuted" || c["slug"] == "second-order-printed"), "{text}");
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

// ---- pipes --------------------------------------------------------------------------------------------------------------

#[test]
fn a_closed_pipe_ends_quietly() {
    let directory = Directory::new();
    let file = directory.write("instance.json", HAND_WRITTEN);
    for arguments in [&["list"][..], &["explain", "log-odds-step"], &["replay", &file], &SMALL, &["--help"]] {
        let mut child = command(arguments).spawn().expect("starts");
        drop(child.stdout.take());
        let mut message = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut message).expect("UTF-8");
        let status = child.wait().expect("ends");
        assert_eq!((message.as_str(), status.code()), ("", Some(0)), "{arguments:?}");
    }
}

/// The control of the test above: standard output that fails for another reason is an error, and says so.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("exists on Linux");
    let output = command(&["list"]).stdout(full).output().expect("runs");
    refused_in_one_line(&output.into(), &["standard output"]);
}
