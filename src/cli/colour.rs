//! Whether what is printed is coloured: on a terminal only, so that files, pipes and JSON never are.

use super::Output;
use clap::ColorChoice;
use gradient_gap::report::Style;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;

/// The rule. CLICOLOR_FORCE is not followed: what goes through a pipe is the same whatever the environment.
fn wanted(is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    let able = term.map_or(cfg!(windows), |term| term != "dumb");
    is_terminal && able && no_color.is_none_or(OsStr::is_empty)
}

/// Whether standard output is coloured.
fn on_output() -> bool {
    let [no_color, term]: [Option<OsString>; 2] = ["NO_COLOR", "TERM"].map(std::env::var_os);
    wanted(std::io::stdout().is_terminal(), no_color.as_deref(), term.as_deref())
}

/// How results on standard output look.
pub fn style() -> Style {
    if on_output() { Style::Coloured } else { Style::Plain }
}

/// How a result looks that goes to this file, if there is one.
pub fn of(output: &Option<Output>) -> Style {
    if output.is_some() { Style::Plain } else { style() }
}

/// The same for help.
pub fn choice() -> ColorChoice {
    if on_output() { ColorChoice::Always } else { ColorChoice::Never }
}

#[cfg(test)]
mod tests {
    use super::wanted;
    use std::ffi::OsStr;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let xterm = Some("xterm-256color");
        for (is_terminal, no_color, term, expected) in [
            (true, None, xterm, true),
            (true, Some(""), xterm, true),
            (true, Some("1"), xterm, false),
            (true, Some("0"), xterm, false),
            (true, None, Some("dumb"), false),
            (true, None, None, cfg!(windows)),
            (false, None, xterm, false),
            (false, Some(""), xterm, false),
            (false, Some("1"), Some("dumb"), false),
        ] {
            let found = wanted(is_terminal, no_color.map(OsStr::new), term.map(OsStr::new));
            assert_eq!(found, expected, "{is_terminal} {no_color:?} {term:?}");
        }
    }
}
