//! `gradient-gap conjecture`.

use super::attack::seconds;
use super::{Draw, Output, TableOrJson, print, progress_bar};
use clap::Args;
use gradient_gap::check::conjecture::{DEFAULT_EVALUATIONS, Effort};
use gradient_gap::error::nearest;
use gradient_gap::expression::{Function, Word};
use gradient_gap::families::{self, Family};
use gradient_gap::report::{self, Conjectured};
use gradient_gap::{Conjecture, Error};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Options of `conjecture`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap conjecture 'dlambda >= eta*dmu - L*eta^2/(2*(1-J0))'\n  gradient-gap conjecture 'J1 >= J0' --given 'dmu > 0' --given 'eta <= 2*dmu/L' --out witness.json\n\nWords and functions: gradient-gap conjecture --help",
    after_long_help = words()
)]
pub struct Options {
    /// The bound: LEFT REL RIGHT, REL one of <=, <, >=, >, ==.
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    expression: String,
    /// Only where this holds; may be given several times. An equality is asked for as a band: abs(J0 - 0.5) <= 1e-3.
    #[arg(long, value_name = "CONDITION", allow_hyphen_values = true)]
    given: Vec<String>,
    /// Only this family; may be given several times.
    #[arg(long, value_name = "FAMILY")]
    family: Vec<String>,
    /// About how many points are evaluated. Default: 1048576, or no limit with --seconds.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    evaluations: Option<u64>,
    /// Stop after S seconds. What time cuts short may differ from run to run; --evaluations does not.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,
    #[command(flatten)]
    draw: Draw,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// Write the counterexample to this file.
    #[arg(long, value_name = "WITNESS")]
    out: Option<PathBuf>,
}

/// The words and functions, one a line.
fn words() -> String {
    let mut text = "Words (0 stands for θ, 1 for θ + ηw; suprema are taken along w on the segment):\n".to_string();
    for word in Word::NAMED {
        text += &format!("  {:<10}{}\n", word.name().unwrap_or_default(), word.meaning());
    }
    let functions: Vec<&str> = Function::ALL.into_iter().map(Function::name).collect();
    text += &format!("\nOperators: + - * / ^ and parentheses. Functions: {}.\n\n", functions.join(", "));
    text + "Every instance has η > 0 and w ≠ 0. What is undefined is no counterexample.\n\n\
            Exit status: 0 not refuted; 1 refuted; 2 bad input, or no instance satisfies the conditions.\n\n\
            Examples:\n  gradient-gap conjecture 'dlambda >= eta*dmu - L*eta^2/(2*(1-J0))'\n  \
            gradient-gap conjecture 'J1 >= J0' --given 'dmu > 0' --given 'eta <= 2*dmu/L' --out witness.json"
}

fn family(name: &String) -> Result<&'static Family, Error> {
    families::REGISTRY.iter().find(|family| family.name == name).ok_or_else(|| {
        let known: Vec<&str> = families::REGISTRY.iter().map(|family| family.name).collect();
        let near = nearest(name, known.iter().copied());
        Error::new(format!("--family {name:?}: did you mean {near:?}? There are {}", known.join(", ")))
    })
}

/// What the file that was named still holds is no counterexample of this run.
fn not_written(options: &Options, none: bool) -> String {
    let file = options.out.as_ref().filter(|_| none);
    file.map_or(String::new(), |file| format!("There is no counterexample: {} was not written.\n", file.display()))
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let mut conjecture = Conjecture::parse(&options.expression)?;
    for condition in &options.given {
        conjecture = conjecture.given(condition).map_err(|e| e.at("--given"))?;
    }
    let mut chosen: Vec<&'static Family> = Vec::new();
    for name in &options.family {
        let family = family(name)?;
        if chosen.iter().all(|known| known.name != family.name) {
            chosen.push(family);
        }
    }
    let standard = Effort::default();
    let effort = Effort {
        families: if chosen.is_empty() { standard.families } else { chosen },
        evaluations: options.evaluations.unwrap_or(if options.seconds.is_some() { u64::MAX } else { DEFAULT_EVALUATIONS }),
        seed: options.draw.seed,
        threads: options.draw.threads as usize,
        time: options.seconds.map(Duration::from_secs_f64),
    };
    if options.out.as_deref() == Some(Path::new("-")) {
        return Err(Error::new("--out -: the counterexample goes to a file; --format json prints it"));
    }
    let output = options.out.as_deref().map(Output::create).transpose()?;
    let bar = progress_bar(if effort.evaluations == u64::MAX { 0 } else { effort.evaluations });
    let start = Instant::now();
    let found = conjecture.search_with(&effort, &|done| bar.inc(done))?;
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    let conjectured = Conjectured { conjecture: &conjecture, effort: &effort, found: &found, seconds };
    let text = match options.format {
        TableOrJson::Table => report::conjecture_table(&conjectured) + &not_written(options, found.witness.is_none()),
        TableOrJson::Json => report::conjecture_json(&conjectured),
    };
    if let (Some(output), Some(witness)) = (output, &found.witness) {
        let text = serde_json::to_string_pretty(witness).map_err(|e| Error::new(e.to_string()))?;
        output.finish(&(text + "\n"))?;
    }
    print(&text)?;
    Ok(found.witness.is_none())
}
