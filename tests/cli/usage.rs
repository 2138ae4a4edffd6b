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

/// The control of what is refused in `messages`: the limits themselves are accepted.
#[test]
fn the_largest_seed_and_the_smallest_campaign_are_accepted() {
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
