//! Colours: of verdicts, on a terminal, unless they are not wanted; in nothing else.

use crate::replay::HAND_WRITTEN;
use crate::support::{Directory, command, json, run, succeeded};
use gradient_gap::check::campaign::{Campaign, CampaignResult};
use gradient_gap::report::{Style, Verified, explain, verify_table};
use std::process::{Command, Stdio};

const ESC: char = '\u{1b}';
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const RED: &str = "\u{1b}[1;31m";

/// Commands that end soon, and what is coloured in what they print.
fn commands(folder: &Directory) -> Vec<(String, Vec<String>)> {
    folder.write("instance.json", HAND_WRITTEN);
    let witness = folder.path("witness.json");
    succeeded(&run(&["attack", "log-odds-step", "--family", "cube", "--evaluations", "500", "--out", &witness]));
    let mut forged = json(&std::fs::read_to_string(&witness).expect("written"));
    forged["claimed"] = vec![1e300, 1e300].into();
    folder.write("forged.json", forged.to_string());
    let coloured = |colour: &str, words: &[&str]| -> Vec<String> {
        words.iter().map(|word| format!("{colour}{word}{ESC}[0m")).collect()
    };
    let small = "--instances 200 --attack 100 --certify 0";
    vec![
        (
            format!("verify second-order second-order-printed bandit-logistic {small}"),
            [coloured(GREEN, &["not refuted", "ok"]), coloured(YELLOW, &["refuted"])].concat(),
        ),
        ("explain second-order-printed".into(), coloured(YELLOW, &["refuted"])),
        ("certify curvature-window --instances 24 --attack 0".into(), coloured(GREEN, &["ok", "proved"])),
        ("replay instance.json".into(), [coloured(GREEN, &["certified"]), coloured(YELLOW, &["refuted"])].concat()),
        ("replay witness.json".into(), coloured(GREEN, &["confirmed"])),
        ("replay forged.json".into(), coloured(RED, &["CONTRADICTED"])),
        ("collapse theorem-2 --steps 5".into(), coloured(GREEN, &["certified"])),
        ("attack second-order-printed --evaluations 500".into(), coloured(YELLOW, &["violated", "Refuted"])),
        ("attack log-odds-step --evaluations 500".into(), coloured(GREEN, &["certified", "Not refuted"])),
        ("conjecture J1<=J0 --evaluations 500".into(), coloured(YELLOW, &["Refuted"])),
        ("conjecture eta>0 --evaluations 500".into(), coloured(GREEN, &["Not refuted"])),
        ("rates --steps 200 --seeds 4".into(), coloured(YELLOW, &["not"])),
        ("attack --help".into(), vec![format!("{ESC}[1m")]),
    ]
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Without escape sequences of colours, and without what a pseudo-terminal adds to the ends of lines.
fn plain(text: &str) -> String {
    let mut pieces = text.split(ESC);
    let first = pieces.next().unwrap_or_default().to_string();
    let rest = pieces.map(|piece| piece.split_once('m').expect("a colour, and nothing else").1);
    rest.fold(first, |text, piece| text + piece).replace('\r', "")
}

/// Without wall times, in lines that end with one and in the rows of boxes.
fn timeless(text: &str) -> Vec<String> {
    let is_time = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    let lines = text.lines().map(|line| match line.ends_with(" s.") || line.contains(" proved ") {
        true => line.split_whitespace().filter(|word| !is_time(word)).collect::<Vec<_>>().join(" "),
        false => line.to_string(),
    });
    lines.collect()
}

#[test]
fn what_is_piped_has_no_colours_whatever_the_environment() {
    let folder = Directory::new();
    for (line, coloured) in commands(&folder) {
        let mut command = command(&words(&line));
        command.current_dir(folder.path("")).env("CLICOLOR_FORCE", "1").env("TERM", "xterm-256color").env_remove("NO_COLOR");
        let output = command.output().expect("runs");
        assert!(!output.stdout.is_empty() && !output.stdout.contains(&(ESC as u8)), "{line}");
        assert!(!output.stderr.contains(&(ESC as u8)), "{line}");
        // The word itself is there.
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        for word in &coloured {
            assert!(text.contains(&plain(word)), "{line}: {word:?}");
        }
    }
}

/// What a command prints on a terminal, made by util-linux's `script`; nothing where it is not there, which is said.
#[cfg(target_os = "linux")]
fn on_a_terminal(folder: &Directory, line: &str, environment: &[(&str, &str)]) -> Option<String> {
    let version = Command::new("script").arg("--version").output();
    if !version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        std::io::Write::write_all(&mut std::io::stderr(), b"script of util-linux is not there: not tested\n").ok();
        return None;
    }
    let program = env!("CARGO_BIN_EXE_gradient-gap");
    let quoted: Vec<String> = words(line).iter().map(|word| format!("'{word}'")).collect();
    let mut script = Command::new("script");
    script.args(["-qec", &format!("'{program}' {} 2>/dev/null", quoted.join(" ")), "/dev/null"]);
    script.current_dir(folder.path("")).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("TERM", "xterm-256color");
    script.envs(environment.iter().copied()).stdin(Stdio::null());
    let output = script.output().expect("runs");
    assert!(output.status.code() < Some(2), "{line}: {output:?}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_shows_verdicts_in_colours() {
    let folder = Directory::new();
    for (line, coloured) in commands(&folder) {
        let Some(text) = on_a_terminal(&folder, &line, &[]) else { return };
        for word in coloured {
            assert!(text.contains(&word), "{line}: {word:?}: {text:?}");
        }
        // The same text otherwise, at the same places.
        if !line.contains("--help") {
            let piped = command(&words(&line)).current_dir(folder.path("")).output().expect("runs");
            assert_eq!(timeless(&plain(&text)), timeless(&String::from_utf8(piped.stdout).expect("UTF-8")), "{line}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_wants_no_colours_gets_none() {
    let folder = Directory::new();
    for (line, _) in commands(&folder) {
        for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let Some(text) = on_a_terminal(&folder, &line, &[environment, ("CLICOLOR_FORCE", "1")]) else { return };
            assert!(!text.is_empty() && !text.contains(ESC), "{line}, {environment:?}: {text:?}");
        }
        // Control: an empty NO_COLOR is none.
        assert!(on_a_terminal(&folder, &line, &[("NO_COLOR", "")]).is_some_and(|text| text.contains(ESC)), "{line}");
    }
    // Documents and files are for programs.
    for line in ["replay instance.json --format json", "rates --steps 200 --seeds 4 --format json", "completions bash"] {
        let Some(text) = on_a_terminal(&folder, line, &[]) else { return };
        assert!(!text.is_empty() && !text.contains(ESC), "{line}");
    }
    let line = "verify second-order --instances 200 --attack 0 --certify 0 --out result.txt";
    assert_eq!(on_a_terminal(&folder, line, &[]).as_deref(), Some(""));
    let file = std::fs::read_to_string(folder.path("result.txt")).expect("written");
    assert!(file.contains("not refuted") && !file.contains(ESC));
}

/// What is not as expected, which no claim of the registry is.
#[test]
fn what_is_unexpected_is_red() {
    let claims = ["second-order", "second-order-printed"].map(|slug| *gradient_gap::claims::find(slug).expect("known"));
    let campaign = Campaign::new(&claims, 200);
    let mut result = campaign.run(&|_| {}).expect("runs");
    let shown = |result: &CampaignResult, style| {
        let verified = Verified { campaign: &campaign, result, seconds: 0.0, observed: &[] };
        verify_table(&verified, style) + &explain(&claims[0], &result.claims[0], 1, 1, style)
    };
    assert!(!shown(&result, Style::Coloured).contains(RED));
    for claim in &mut result.claims {
        claim.as_expected = false;
    }
    let text = shown(&result, Style::Coloured);
    for (word, count) in [("not refuted", 2), ("refuted", 1), ("UNEXPECTED", 2)] {
        assert_eq!(text.matches(&format!("{RED}{word}{ESC}[0m")).count(), count, "{word}: {text}");
    }
    assert!(!text.contains(GREEN) && !text.contains(YELLOW));
    assert_eq!(plain(&text), shown(&result, Style::Plain));
}
