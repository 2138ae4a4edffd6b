//! The command line read; what is wrong with it in one line: the command, the flag, the value, and what was expected.

use super::{Cli, colour, printed};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};
use gradient_gap::check::shard::Shard;
use gradient_gap::error::{nearest, one_line};
use std::any::TypeId;
use std::error::Error as _;
use std::ffi::OsString;
use std::io::Write as _;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

/// Why there is no command to run.
pub enum Stop {
    /// Help or the version was asked for, and is printed.
    Answered,
    /// One line that says what is wrong.
    Wrong(String),
}

/// The program with all its commands, as it is parsed.
pub fn program() -> Command {
    Cli::command().color(colour::choice()).mut_args(numbers).mut_subcommands(|command| command.mut_args(numbers))
}

/// Reads the arguments, the first of which is the program's name.
pub fn read(arguments: Vec<OsString>) -> Result<Cli, Stop> {
    let command = program();
    let matches = command.clone().try_get_matches_from(&arguments);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        if error.use_stderr() {
            return Stop::Wrong(Call::new(&command, &arguments).wrong(&error));
        }
        match printed(error.print().and_then(|()| std::io::stdout().flush())) {
            Ok(()) => Stop::Answered,
            Err(e) => Stop::Wrong(e.to_string()),
        }
    })
}

/// What stands after the flag of a number is its value, whatever it begins with: no number begins like a flag, so that it is
/// refused as a value, under the name of the flag.
fn numbers(arg: Arg) -> Arg {
    let kind = arg.get_value_parser().type_id();
    let number =
        [TypeId::of::<u64>(), TypeId::of::<u32>(), TypeId::of::<usize>(), TypeId::of::<f64>(), TypeId::of::<Shard>()];
    let takes_number = takes_value(&arg) && number.iter().any(|number| kind == *number);
    if takes_number { arg.allow_hyphen_values(true) } else { arg }
}

/// Whether this is an option that takes a value.
fn takes_value(arg: &Arg) -> bool {
    !arg.is_positional() && matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
}

/// What was typed.
struct Call<'a> {
    /// The command that was named, or the program.
    command: &'a Command,
    /// Its name with a colon, if there is one.
    place: String,
    arguments: Vec<String>,
}

impl<'a> Call<'a> {
    fn new(program: &'a Command, arguments: &[OsString]) -> Self {
        let arguments: Vec<String> = arguments.iter().skip(1).map(|text| text.to_string_lossy().into_owned()).collect();
        let named = arguments.first().and_then(|name| program.find_subcommand(name));
        let place = named.map_or(String::new(), |command| format!("{}: ", command.get_name()));
        Call { command: named.unwrap_or(program), place, arguments }
    }

    fn wrong(&self, error: &clap::Error) -> String {
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => text.clone(),
            Some(ContextValue::Strings(list)) => list.join(", "),
            _ => String::new(),
        };
        // `--seed <SEED>` is the flag with what it takes.
        let arg = text(ContextKind::InvalidArg);
        let flag = arg.split(' ').next().unwrap_or_default();
        let value = quoted(&text(ContextKind::InvalidValue));
        let help = format!("`{} --help` names all", self.help());
        let misled = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::ValueValidation);
        if let Some(what) = self.starved().filter(|_| misled) {
            return one_line(&format!("{}{what}", self.place));
        }
        let what = match error.kind() {
            ErrorKind::InvalidValue if text(ContextKind::InvalidValue).is_empty() => format!("{arg}: the value is missing"),
            ErrorKind::InvalidValue => format!("{flag} {value}: expected one of {}", text(ContextKind::ValidValue)),
            ErrorKind::ValueValidation => format!("{flag} {value}: {}", reason(error, &text(ContextKind::InvalidValue))),
            ErrorKind::UnknownArgument => self.unknown(&arg, &help),
            ErrorKind::InvalidSubcommand => {
                let name = text(ContextKind::InvalidSubcommand);
                if name.starts_with('-') {
                    return one_line(&self.unknown(&name, &help));
                }
                let near = nearest(&name, self.command.get_subcommands().map(Command::get_name));
                format!("unknown command {}; did you mean {near}? ({help})", quoted(&name))
            }
            ErrorKind::ArgumentConflict if text(ContextKind::PriorArg) == arg => self.repeated(flag),
            ErrorKind::ArgumentConflict => format!("{arg} cannot stand beside {}", text(ContextKind::PriorArg)),
            ErrorKind::MissingRequiredArgument => format!("missing: {}", either(&arg)),
            ErrorKind::TooManyValues => format!("{flag} {value}: {flag} takes no value"),
            ErrorKind::InvalidUtf8 => {
                let broken = self.arguments.iter().find(|text| text.contains(char::REPLACEMENT_CHARACTER));
                format!("{} is not UTF-8", quoted(broken.map_or("", String::as_str))) // one of them is
            }
            // Nothing else can be wrong with these commands; if it is, in clap's words.
            _ => error.to_string().trim_start_matches("error: ").lines().next().unwrap_or_default().to_string(),
        };
        one_line(&format!("{}{what}", self.place))
    }

    /// The command as it is called.
    fn help(&self) -> String {
        let name = self.place.trim_end_matches(": ");
        if name.is_empty() { "gradient-gap".into() } else { format!("gradient-gap {name}") }
    }

    /// An argument that no command has: a flag, one value too many, or what was meant as the value of the flag before it.
    fn unknown(&self, arg: &str, help: &str) -> String {
        // Of several letters after one dash, clap names the first.
        let same = |text: &&String| text.split('=').next() == Some(arg) || arg.len() == 2 && text.starts_with(arg);
        let at = self.arguments.iter().position(|text| same(&text));
        let whole = at.map_or(arg, |at| self.arguments[at].as_str());
        let before = at.and_then(|at| self.arguments.get(at.checked_sub(1)?));
        if !arg.starts_with('-') {
            // An expression may begin with a dash: then it is what was taken for one that no command has.
            let before = &self.arguments[..at.unwrap_or(0)];
            let known = |flag: &&str| self.command.get_arguments().any(|arg| long(arg).as_deref() == Some(*flag));
            let mut flags = before.iter().filter_map(|text| text.split('=').next()).filter(|text| looks_like_a_flag(text));
            return match flags.find(|flag| !known(flag)) {
                Some(flag) => self.unknown(flag, help),
                None => format!("unexpected argument {}", quoted(whole)),
            };
        }
        if let Some(flag) = before.and_then(|flag| flag.strip_prefix("--"))
            && self.command.get_arguments().any(|arg| arg.get_long() == Some(flag) && takes_value(arg))
        {
            return format!("--{flag} {}: the value is missing, or begins with a dash: --{flag}=VALUE", quoted(whole));
        }
        let near = arg.strip_prefix("--").map(|arg| nearest(arg, self.command.get_arguments().filter_map(Arg::get_long)));
        match near.filter(|near| !near.is_empty()) {
            None => format!("unknown option {} ({help})", quoted(whole)),
            Some(near) => format!("unknown option {}; did you mean --{near}? ({help})", quoted(whole)),
        }
    }

    /// A flag that has another flag for its value.
    fn starved(&self) -> Option<String> {
        let known = |flag: &str| self.command.get_arguments().find(|arg| long(arg).as_deref() == Some(flag));
        let pairs = self.arguments.windows(2).take_while(|pair| pair[0] != "--");
        let mut starved = pairs.filter_map(|pair| {
            let other = pair[1].split('=').next().and_then(known)?;
            known(&pair[0]).filter(|arg| takes_value(arg)).map(|_| (&pair[0], other))
        });
        starved
            .next()
            .map(|(flag, other)| format!("{flag}: the value is missing before {}", long(other).unwrap_or_default()))
    }

    /// A flag that was given more than once, with the last value.
    fn repeated(&self, flag: &str) -> String {
        let last = self.arguments.iter().rposition(|text| text.split('=').next() == Some(flag));
        let value = last.and_then(|at| match self.arguments[at].split_once('=') {
            Some((_, value)) => Some(value),
            None if self.command.get_arguments().any(|arg| Some(flag) == long(arg).as_deref() && takes_value(arg)) => {
                self.arguments.get(at + 1).map(String::as_str)
            }
            None => None,
        });
        match value {
            Some(value) => format!("{flag} {}: {flag} was given before", quoted(value)),
            None => format!("{flag} was given before"),
        }
    }
}

fn looks_like_a_flag(text: &str) -> bool {
    text.strip_prefix("--").is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
}

fn long(arg: &Arg) -> Option<String> {
    arg.get_long().map(|name| format!("--{name}"))
}

/// What is wrong with a value that could not be read.
fn reason(error: &clap::Error, value: &str) -> String {
    let Some(source) = error.source() else { return error.to_string() }; // every parser of values gives one
    if let Some(error) = source.downcast_ref::<ParseIntError>() {
        return match error.kind() {
            IntErrorKind::PosOverflow => "too large".into(),
            _ => "expected a whole number, at least 0".into(),
        };
    }
    if source.is::<ParseFloatError>() {
        return "expected a number".into();
    }
    let text = source.to_string();
    match text.strip_prefix(&format!("{value} is not in ")) {
        Some(range) => format!("expected a whole number in {range}"),
        None => text,
    }
}

/// `<--a <A>|--b <B>>` is one of two.
fn either(args: &str) -> String {
    let one = |arg: &str| match arg.strip_prefix('<').and_then(|arg| arg.strip_suffix('>')) {
        Some(group) if group.contains('|') => group.replace('|', " or "),
        _ => arg.to_string(),
    };
    args.split(", ").map(one).collect::<Vec<_>>().join(", ")
}

/// A value as it was typed, within quotes if it could be misread.
fn quoted(value: &str) -> String {
    let plain = !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || c.is_ascii_punctuation() && c != '"');
    if plain { value.to_string() } else { format!("{value:?}") }
}
