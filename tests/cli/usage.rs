//! `list`, `explain`, help; everything that is wrong in a call; pipes that are closed early.

use crate::replay::HAND_WRITTEN;
use crate::support::{Directory, SMALL, command, refused, refused_in_one_line, run, slugs, succeeded};
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
