//! `gradient-gap completions`.

use super::{print, usage};
use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, Command};
use clap_complete::{Shell, generate};
use gradient_gap::check::conjecture::Effort;
use gradient_gap::claims::REGISTRY;
use gradient_gap::families::{self, RUNS};
use gradient_gap::{Error, experiments};
use std::fmt::Write;

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gradient-gap completions bash\n  gradient-gap completions zsh")]
pub struct Options {
    /// Whose script.
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    print(&script(options.shell)).map(|()| true)
}

/// Names with a word about each.
type Names = Vec<(&'static str, &'static str)>;

/// The claims that a command takes, and what it takes as --family.
fn names(command: &str) -> (Names, Names) {
    let claims = REGISTRY.iter().map(|claim| (claim.statement.slug, claim.statement.place));
    let observed = experiments::observed().map(|observed| (observed.slug, observed.place));
    let families = families::REGISTRY.iter().chain(RUNS);
    let searched = Effort::default().families;
    match command {
        "verify" | "explain" => (claims.chain(observed).collect(), vec![]),
        "certify" => (claims.collect(), vec![]),
        "attack" => (claims.collect(), families.map(|family| (family.name, family.summary)).collect()),
        "conjecture" => (vec![], searched.iter().map(|family| (family.name, family.summary)).collect()),
        _ => (vec![], vec![]),
    }
}

/// The script. The parser itself knows no names of claims and families, because a name that is none is answered with the nearest: they are
/// added to a copy of it here, and in a way of its own where a generator leaves values of arguments out.
fn script(shell: Shell) -> String {
    let program = usage::program().mut_subcommands(valued);
    let mut program = match shell {
        Shell::Bash => program.mut_subcommands(|command| command.mut_args(silent)),
        Shell::Elvish | Shell::PowerShell => program.mut_subcommands(branched),
        _ => program,
    };
    let mut script = Vec::new(); // the generator panics where it cannot write
    generate(shell, &mut program, "gradient-gap", &mut script);
    let mut text = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // Up to version 4.6.12 of the generator the script spells the program's hyphen in two ways, and completes nothing after a command.
        Shell::Bash => text = text.replace("gradient__subcmd__gap", "gradient__gap"),
        Shell::Fish => program.get_subcommands().for_each(|command| text += &fish(command.get_name())),
        _ => {}
    }
    text
}

/// A command whose arguments have the names for possible values.
fn valued(command: Command) -> Command {
    let only = |names: Names| PossibleValuesParser::new(names.into_iter().map(|(name, _)| name));
    let (claims, families) = names(command.get_name());
    command.mut_args(|arg| match arg.get_id().as_str() {
        "slug" | "slugs" => arg.value_parser(only(claims.clone())),
        "family" if !families.is_empty() => arg.value_parser(only(families.clone())),
        _ => arg,
    })
}

/// In Bash a positional argument without known values would offer its own placeholder; with none at all, Bash offers files.
fn silent(arg: Arg) -> Arg {
    let placeholder = arg.is_positional() && arg.get_possible_values().is_empty();
    if placeholder { arg.value_parser(PossibleValuesParser::new([""; 0])) } else { arg }
}

/// In Elvish and PowerShell only commands have names: claims stand as commands of a command.
fn branched(command: Command) -> Command {
    let (claims, _) = names(command.get_name());
    let branch = |(slug, place)| Command::new(slug).about(place).disable_help_flag(true);
    command.disable_help_subcommand(true).subcommands(claims.into_iter().map(branch))
}

/// The claims of a command in Fish.
fn fish(command: &str) -> String {
    let mut text = String::new();
    for (slug, place) in names(command).0 {
        let place = place.replace('\\', "\\\\").replace('\'', "\\'");
        let when = format!("__fish_gradient_gap_using_subcommand {command}");
        let _ = writeln!(text, "complete -c gradient-gap -n \"{when}\" -f -a \"{slug}\" -d '{place}'");
    }
    text
}
