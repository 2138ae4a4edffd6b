//! `gradient-gap conjecture`.

use super::search::{Search, write};
use super::{Output, TableOrJson, colour, is_dash, print};
use clap::Args;
use gradient_gap::check::conjecture::{DEFAULT_EVALUATIONS, Effort};
use gradient_gap::error::nearest;
use gradient_gap::expression::{Function, Word};
use gradient_gap::report::{self, Conjectured};
use gradient_gap::{Conjecture, Error};
use std::path::PathBuf;
use std::time::Instant;

/// Options of `conjecture`.
#[derive(Debug, Args)]
#[command(
    after_help = format!("Words and functions: gradient-gap conjecture --help\n\n{EXAMPLES}"),
    after_long_help = words()
)]
pub struct Options {
    /// The bound: LEFT REL RIGHT, REL one of <=, <, >=, >, ==.
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    expression: String,
    /// Only where this holds; may be given several times. An equality is asked for as a band: abs(J0 - 0.5) <= 1e-3.
    #[arg(long, value_name = "CONDITION", allow_hyphen_values = true)]
    given: Vec<String>,
    #[command(flatten)]
    search: Search,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// Write the counterexample to this file.
    #[arg(long, value_name = "WITNESS")]
    out: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:\n  gradient-gap conjecture 'dlambda >= eta*dmu - L*eta^2/(2*(1-J0))'\n  \
                        gradient-gap conjecture 'J1 >= J0' --given 'dmu > 0' --given 'eta <= 2*dmu/L' --out witness.json";

/// The words and functions, one a line.
fn words() -> String {
    let mut text = "Words (0 stands for θ, 1 for θ + ηw; suprema are taken along w on the segment):\n".to_string();
    for word in Word::NAMED {
        text += &format!("  {:<10}{}\n", word.name().unwrap_or_default(), word.meaning());
    }
    let functions: Vec<&str> = Function::ALL.into_iter().map(Function::name).collect();
    text += &format!("\nOperators: + - * / ^ and parentheses. Functions: {}.\n\n", functions.join(", "));
    text + "Every instance has η > 0 and w ≠ 0. What is undefined is no counterexample.\n\n\
            Exit status: 0 not refuted; 1 refuted; 2 bad input, or no instance satisfies the conditions.\n\n"
        + EXAMPLES
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
    let unknown = |name: &str, known: &[&str]| {
        let near = nearest(name, known.iter().copied());
        Error::new(format!("--family {name:?}: did you mean {near:?}? There are {}", known.join(", ")))
    };
    let standard = Effort::default();
    let effort = Effort {
        families: options.search.families(&standard.families, unknown)?,
        evaluations: options.search.evaluations(DEFAULT_EVALUATIONS),
        seed: options.search.draw.seed,
        threads: options.search.draw.threads as usize,
        time: options.search.time(),
    };
    if is_dash(options.out.as_deref()) {
        return Err(Error::new("--out -: the counterexample goes to a file; --format json prints it"));
    }
    let output = options.out.as_deref().map(Output::create).transpose()?;
    let bar = options.search.bar(DEFAULT_EVALUATIONS);
    let start = Instant::now();
    let found = conjecture.search_with(&effort, &|done| bar.inc(done))?;
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    let conjectured = Conjectured { conjecture: &conjecture, effort: &effort, found: &found, seconds };
    let text = match options.format {
        TableOrJson::Table => {
            report::conjecture_table(&conjectured, colour::style()) + &not_written(options, found.witness.is_none())
        }
        TableOrJson::Json => report::conjecture_json(&conjectured),
    };
    if let (Some(output), Some(witness)) = (output, &found.witness) {
        write(output, witness)?;
    }
    print(&text)?;
    Ok(found.witness.is_none())
}
