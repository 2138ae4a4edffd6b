//! `completions`: a script for every shell, and what Bash makes of its own.

use crate::support::{Directory, refused_in_one_line, run, slugs, succeeded};
use crate::usage::commands;
use std::process::Command;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "elvish", "powershell"];

fn script(shell: &str) -> String {
    succeeded(&run(&["completions", shell])).to_string()
}

#[test]
fn every_script_names_every_command_and_every_claim() {
    let (commands, claims) = (commands(), slugs());
    assert!(commands.len() > 15 && claims.len() > 30);
    for shell in SHELLS {
        let script = script(shell);
        assert!(script.contains("gradient-gap"), "{shell}");
        // Between signs that no name holds: `certify` is not found in `--certify`, nor `stagnation` in `stagnation-printed`.
        let words: Vec<&str> = script.split(|c: char| !(c.is_alphanumeric() || c == '-')).collect();
        for name in commands.iter().chain(&claims) {
            assert!(words.contains(&name.as_str()), "{shell}: {name}");
        }
        assert!(!words.contains(&"log-odds-ste") && !words.contains(&"verif"), "{shell}");
        // Families have names in three of them.
        assert_eq!(words.contains(&"cube-run"), !["elvish", "powershell"].contains(&shell), "{shell}");
    }
}

/// A program, unless it is not there, which is said.
fn found(program: &str) -> Option<Command> {
    let there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        std::io::Write::write_all(&mut std::io::stderr(), format!("{program} is not there: not tested\n").as_bytes()).ok();
    }
    there.then(|| Command::new(program))
}

#[test]
fn bash_parses_its_script() {
    let folder = Directory::new();
    let check = |text: &str| {
        let file = folder.write("script", text);
        found("bash").map(|mut bash| bash.args(["-n", &file]).output().expect("runs"))
    };
    let Some(output) = check(&script("bash")) else { return };
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    // Control: cut short, it is no script.
    assert!(check(&script("bash")[..5_000]).is_some_and(|output| !output.status.success()));
}

/// What is offered at the end of a line.
#[test]
fn bash_completes() {
    let folder = Directory::new();
    let file = folder.write("gradient-gap.bash", script("bash"));
    // As Bash calls the function: the command, the word under the cursor, the word before it.
    let driver = r#"
        source "$1"; shift
        function=$(complete -p gradient-gap | sed -E 's/.* -F ([^ ]+) .*/\1/')
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}""#;
    let offered = |line: &str| {
        let mut bash = found("bash")?;
        let output = bash.args(["-uc", driver, "bash", &file]).args(line.split(' ')).output().expect("runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
        let words = String::from_utf8(output.stdout).expect("UTF-8");
        Some(words.lines().map(String::from).collect::<Vec<_>>())
    };
    for (line, expected) in [
        ("gradient-gap ver", &["verify"][..]),
        ("gradient-gap comp", &["completions"]),
        ("gradient-gap attack log-odds-st", &["log-odds-step", "log-odds-step-tight"]),
        ("gradient-gap explain bandit-t", &["bandit-two-regimes"]),
        ("gradient-gap verify log-odds-step second-order-", &["second-order-printed"]),
        // Observations are not certified.
        ("gradient-gap certify bandit-", &[]),
        ("gradient-gap attack log-odds-step --family cube", &["cube", "cube-run"]),
        ("gradient-gap conjecture J1<=1 --family cube", &["cube"]),
        ("gradient-gap safe-step --succ", &["--success-rate"]),
        ("gradient-gap phase --family th", &["theorem-2", "theorem-4"]),
        ("gradient-gap completions p", &["powershell"]),
        // Files are left to Bash, and no placeholder is in their place.
        ("gradient-gap replay <", &[]),
        ("gradient-gap nothing-like-this", &[]),
    ] {
        let Some(offered) = offered(line) else { return };
        assert_eq!(offered, expected, "{line}");
    }
}

#[test]
fn other_shells_are_refused_by_name() {
    refused_in_one_line(
        &run(&["completions", "tcsh"]),
        &["completions: <SHELL> tcsh: ", "bash, elvish, fish, powershell, zsh"],
    );
    refused_in_one_line(&run(&["completions"]), &["completions: missing: <SHELL>"]);
}
