//! `list`, `explain`, help; everything that is wrong in a call; pipes that are closed early.

use crate::replay::HAND_WRITTEN;
use crate::support::{Directory, SMALL, command, refused_in_one_line, run, slugs, succeeded};
use std::io::Read;

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
    let observed = gradient_gap::experiments::observed().map(|observed| observed.slug);
    let rows = text.lines().filter(|line| line.contains(" observation ") && line.trim_end().ends_with(" observed"));
    assert!(rows.filter_map(|line| line.split_whitespace().next()).eq(observed));
}

/// Observations are explained, and where only claims serve the command that judges them is named.
#[test]
fn observations_have_commands_of_their_own() {
    let explained = run(&["explain", "grpo-stagnation"]);
    let text = succeeded(&explained);
    for part in ["§4, end", "overshoots as J → 1", "Criterion", "Judged by `gradient-gap stagnation`."] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for arguments in [&["certify", "bandit-logistic"][..], &["attack", "bandit-logistic"]] {
        refused_in_one_line(&run(arguments), &["bandit-logistic", "`gradient-gap bandit`"]);
    }
    refused_in_one_line(&run(&["verify", "bandit-logistik"]), &["\"bandit-logistic\""]);
    refused_in_one_line(&run(&["verify", "bandit-logistic", "--shard", "1/2"]), &["--shard 1/2", "bandit-logistic"]);
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

/// In one line, with the command, the flag and the value.
#[test]
fn bad_flags_and_values_are_named() {
    let bad: &[(&[&str], &[&str])] = &[
        (&["frobnicate"], &["unknown command frobnicate", "gradient-gap --help"]),
        (&["lenths"], &["lenths", "did you mean lengths?"]),
        (&["help", "frobnicate"], &["frobnicate"]),
        (&["--frobnicate"], &["unknown option --frobnicate"]),
        (&["verify", "--seeds", "3"], &["verify: ", "--seeds", "did you mean --seed?"]),
        (&["verify", "-x"], &["verify: ", "unknown option -x"]),
        (&["verify", "-xyz"], &["verify: ", "-xyz"]),
        (&["verify", "--instances", "0"], &["verify: --instances 0: ", "1..=1000000000000"]),
        (&["verify", "--instances", "-5"], &["verify: --instances -5: ", "whole number"]),
        (&["verify", "--instances=-5"], &["verify: --instances -5: ", "whole number"]),
        (&["verify", "--instances", "NaN"], &["verify: --instances NaN: ", "whole number"]),
        (&["verify", "--instances", "1e6"], &["verify: --instances 1e6: ", "whole number"]),
        (&["verify", "--instances", ""], &["verify: --instances \"\": ", "whole number"]),
        (&["verify", "--instances", "1000000000001"], &["verify: --instances 1000000000001: ", "1..=1000000000000"]),
        (&["verify", "--instances", "99999999999999999999999"], &["--instances 99999999999999999999999: too large"]),
        (&["verify", "--instances"], &["verify: --instances ", "missing"]),
        (&["verify", "--seed", "--threads", "2"], &["verify: --seed: ", "missing before --threads"]),
        (&["verify", "--seed", "--threads=2"], &["verify: --seed: ", "missing before --threads"]),
        (&["verify", "--seed", "0.5"], &["verify: --seed 0.5: ", "whole number"]),
        (&["verify", "--seed", "1", "--seed", "2"], &["verify: --seed 2: ", "given before"]),
        (&["verify", "--seed=1", "--seed=2"], &["verify: --seed 2: ", "given before"]),
        (&["verify", "--threads", "1000000"], &["verify: --threads 1000000: ", "0..=1024"]),
        (&["verify", "--format", "yaml"], &["verify: --format yaml: ", "table, json, junit"]),
        (&["verify", "--shard", "-1/3"], &["verify: --shard -1/3: ", "I/N"]),
        (&["verify", "--save-every", "5"], &["verify: ", "missing", "--resume"]),
        (&["verify", "--out", "-x"], &["verify: --out -x: ", "--out=VALUE"]),
        (&["replay"], &["replay: missing: <FILE>"]),
        (&["replay", "a", "b"], &["replay: unexpected argument b"]),
        (&["replay", "a", "--simplified=3"], &["replay: --simplified 3: ", "no value"]),
        (&["replay", "a", "--simplified", "--simplified"], &["replay: --simplified ", "given before"]),
        (&["explain"], &["explain: missing: <CLAIM>"]),
        (&["explain", "log-odds-step", "second-order"], &["explain: unexpected argument second-order"]),
        (&["explain", "log-odds-step", "a\nb"], &["explain: unexpected argument \"a\\nb\""]),
        (&["collapse", "theorem-9"], &["collapse: <CONSTRUCTION> theorem-9: ", "theorem-2, theorem-4, resonant"]),
        (&["collapse", "theorem-2", "--eta", "abc"], &["collapse: --eta abc: expected a number"]),
        (&["collapse", "theorem-4", "--tokens", "-3"], &["collapse: --tokens -3: "]),
        (&["attack", "log-odds-step", "--seconds", "-5"], &["attack: --seconds -5: ", "seconds"]),
        (&["certify", "--instances", "0x10"], &["certify: --instances 0x10: "]),
        (&["report"], &["report: missing: --out <DIR>"]),
        (&["merge"], &["merge: missing: <FILE>..."]),
        (&["diagnose", "x", "--framework", "foo"], &["diagnose: --framework foo: ", "trl"]),
        (&["diagnose", "x", "--early", "-1"], &["diagnose: --early -1: "]),
        (&["conjecture"], &["conjecture: missing: <EXPRESSION>"]),
        (&["safe-step"], &["safe-step: missing: ", "--alignment <D>", "--success-rate <J> or --failure-rate <F>"]),
        (
            &["safe-step", "--success-rate", "0.5", "--failure-rate", "0.5", "--alignment", "1", "--smoothness", "1"],
            &["safe-step: ", "--success-rate <J>", "--failure-rate <F>"],
        ),
    ];
    for (arguments, parts) in bad {
        refused_in_one_line(&run(arguments), parts);
    }
    // Control: the limits themselves are accepted.
    assert_eq!(run(&["verify", "log-odds-step", "--instances", "1", "--seed", "18446744073709551615"]).status, 0);
}

/// Every command that has a seed.
#[test]
fn a_negative_seed_is_named_with_its_flag() {
    let commands: [&[&str]; 10] = [
        &["verify"],
        &["lengths"],
        &["attack", "x"],
        &["conjecture", "1 < 2"],
        &["certify"],
        &["report", "--out", "x"],
        &["bandit"],
        &["rates"],
        &["stagnation"],
        &["train"],
    ];
    for command in commands {
        for seed in ["-1", "-1e-3", "-x"] {
            for arguments in [[command, &["--seed", seed]].concat(), [command, &[&format!("--seed={seed}")]].concat()] {
                refused_in_one_line(&run(&arguments), &[&format!("gradient-gap: {}: --seed {seed}: ", command[0])]);
            }
        }
    }
}

/// The commands, and the flags of a command that take a value, from what `--help` prints.
pub fn commands() -> Vec<String> {
    let help = run(&["--help"]);
    let after = succeeded(&help).lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = after.take_while(|line| !line.is_empty()).filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(String::from).collect()
}

fn flags(command: &str) -> Vec<String> {
    let help = run(&[command, "--help"]);
    let options = succeeded(&help).lines().map(str::trim_start).filter(|line| line.starts_with("--") && line.contains('<'));
    options.filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}

/// Whatever the command and whatever the flag.
#[test]
fn every_flag_without_its_value_is_named() {
    let commands = commands();
    assert_eq!(commands.len(), 19, "{commands:?}");
    let mut asked = 0;
    for command in &commands {
        let place = format!("gradient-gap: {command}: ");
        refused_in_one_line(&run(&[command, "--no-such-flag", "3"]), &[&place, "--no-such-flag"]);
        for flag in flags(command) {
            refused_in_one_line(&run(&[command, &flag]), &[&place, &flag, "missing"]);
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
}

/// An argument that is no text.
#[cfg(unix)]
#[test]
fn what_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let broken = std::ffi::OsStr::from_bytes(b"1\xff");
    for arguments in [&["lengths", "--seed"][..], &["explain"], &[]] {
        refused_in_one_line(&command(arguments).arg(broken).output().expect("runs").into(), &["1\u{fffd}"]);
    }
    // Names of files may be anything; a line break in one does not break the line of the message.
    refused_in_one_line(&run(&["replay", "no\nfile"]), &["no\\nfile"]);
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
