//! The command line. Results go to standard output, progress to standard error; exit status 0 as expected, 1 a verdict is not
//! the expected one, 2 bad usage or bad input, which one message names. Verdicts and help have colours on a terminal.

mod attack;
mod bandit;
mod certify;
mod colour;
mod completions;
mod conjecture;
mod diagnose;
mod experiment;
mod lengths;
mod merge;
mod output;
mod phase;
mod rates;
mod report;
mod safe_step;
mod search;
mod stagnation;
mod train;
pub mod usage;
mod verify;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gradient_gap::Error;
use gradient_gap::check::campaign::{Campaign, DEFAULT_SEED};
use gradient_gap::check::witness::{MAX_TEXT, read_stored};
use gradient_gap::claims::{self, ClaimEntry};
use gradient_gap::collapse::{self, Certified, Construction, Resonant, Theorem2, Theorem4};
use gradient_gap::error::nearest;
use gradient_gap::experiments;
use gradient_gap::number::Interval;
use gradient_gap::report::{self as show, Collapsed, Replay};
use indicatif::{ProgressBar, ProgressStyle};
use output::{Output, but_dash, is_dash, is_no_file, make_folder, write_folder};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks the statements of "On the Optimization Dynamics of RLVR: Gradient Gap and Step Size Thresholds" on exact policies.
///
/// Without a command: verify, with the defaults.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit status: 0 as expected; 1 a verdict is not the expected one; 2 bad usage or bad input.\n\n\
                  Examples:\n  gradient-gap verify --instances 20000\n  gradient-gap explain log-odds-step\n  gradient-gap help attack"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check claims on random and extreme instances (the default).
    Verify(verify::Options),
    /// Put the shards of a campaign together: what `verify` prints of all of it.
    Merge(merge::Options),
    /// List the claims: place, relation, assumptions, reading of the constants, expected verdict.
    #[command(after_help = "Examples:\n  gradient-gap list\n  gradient-gap list | grep companion")]
    List,
    /// Print a claim's page, its hypotheses and a verdict from a small campaign.
    #[command(after_help = "Examples:\n  gradient-gap explain second-order-printed\n  gradient-gap explain bandit-logistic")]
    Explain {
        /// The claim (see `list`).
        #[arg(value_name = "CLAIM")]
        slug: String,
    },
    /// Recompute a stored or hand-written instance: every quantity, every claim on it.
    #[command(
        after_help = "Examples:\n  gradient-gap replay witness.json\n  gradient-gap replay witness.json --simplified --format json\n  \
                      echo '{\"logits\": [0, 1], \"slopes\": [1, -1], \"correct\": [0], \"eta\": 0.25}' | gradient-gap replay -"
    )]
    Replay {
        /// A witness file, an instance, or {"logits": [..], "slopes": [..], "correct": [..], "eta": ..}; - for standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Of a witness, the simplified instance.
        #[arg(long)]
        simplified: bool,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
        format: TableOrJson,
        /// Draw λ and J along the step, with the bounds, to this file (-: on standard output, and nothing else).
        #[arg(long, value_name = "FILE.svg")]
        out: Option<PathBuf>,
    },
    /// Search for the instance that uses most of a claim's bound.
    Attack(attack::Options),
    /// Certify every claim on random, extreme and attacking instances by interval arithmetic.
    Certify(certify::Options),
    /// Verify everything, attack every bound, and write it as a page to read, with the numbers and pictures.
    Report(report::Options),
    /// Search for a counterexample to a bound of your own.
    Conjecture(conjecture::Options),
    /// Run a construction in which the success rate falls at every step, and certify every step.
    Collapse(Collapse),
    /// Print every threshold on the step size side by side: the paper's, the companion's, where collapse begins.
    SafeStep(safe_step::Options),
    /// Find which length the largest safe step goes with: T∞, T_ψ1 or E⁺[ℓ], one varied at a time.
    Lengths(lengths::Options),
    /// Run the bandit experiment of §5.1 and judge what the paper observes in its Figure 1.
    Bandit(bandit::Options),
    /// Draw the plane of step sizes: where J ends, how many steps lower it, and what is promised.
    Phase(phase::Options),
    /// Look for runs that stop below J = 1 at a fixed rate, and for what stops them.
    Stagnation(stagnation::Options),
    /// Measure how fast 1 − J falls at a fixed rate: exact gradients and sampled groups.
    Rates(rates::Options),
    /// Train a small transformer by GRPO and Dr. GRPO (§5.2), every response known, and judge the paper's estimate of the gap.
    Train(train::Options),
    /// Say what the theory can about real training runs, from their logs.
    Diagnose(diagnose::Options),
    /// Print a script that lets a shell complete commands, options, and the names of claims and families.
    Completions(completions::Options),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap collapse theorem-2\n  gradient-gap collapse theorem-4 --tokens 10000 --out collapse.svg"
)]
struct Collapse {
    /// Which construction.
    #[arg(value_enum)]
    construction: Which,
    /// η (default: the geometric mean of the ends of the window; less where rounding would hide Δμ).
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    eta: Option<f64>,
    /// Δμ (default: half of the largest admissible).
    #[arg(long, value_name = "A", allow_negative_numbers = true)]
    alignment: Option<f64>,
    /// s: G_o = 2s and L_o = s²; resonant: L_o + G_o² = 5s².
    #[arg(long, value_name = "S", default_value_t = 1.0, allow_negative_numbers = true)]
    scale: f64,
    /// T, for theorem-4 (default: 100).
    #[arg(long, value_name = "T")]
    tokens: Option<u32>,
    /// K.
    #[arg(long, value_name = "K", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    steps: u64,
    /// Write J and λ against k to this file.
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Which {
    #[value(name = "theorem-2")]
    Theorem2,
    #[value(name = "theorem-4")]
    Theorem4,
    Resonant,
}

/// What random numbers and how many threads.
#[derive(Debug, Args)]
struct Draw {
    /// The seed; the same seed gives the same result on any number of threads.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Threads; 0 for as many as there are cores.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1024))]
    threads: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
    Junit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TableOrJson {
    Table,
    Json,
}

/// Random instances of the campaign behind `explain`.
const EXPLAIN_INSTANCES: u64 = 6_000;
/// Evaluations of the attack behind `explain`.
const EXPLAIN_ATTACK: u64 = 2_000;

impl Cli {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            None => verify::run(&verify::Options::default()),
            Some(Command::Verify(options)) => verify::run(&options),
            Some(Command::Merge(options)) => merge::run(&options),
            Some(Command::List) => print(&show::list()).map(|()| true),
            Some(Command::Explain { slug }) => explain(&slug),
            Some(Command::Replay { file, simplified, format, out }) => replay(&file, simplified, format, out.as_deref()),
            Some(Command::Attack(options)) => attack::run(&options),
            Some(Command::Certify(options)) => certify::run(&options),
            Some(Command::Report(options)) => report::run(&options),
            Some(Command::Conjecture(options)) => conjecture::run(&options),
            Some(Command::Collapse(options)) => run_collapse(&options),
            Some(Command::SafeStep(options)) => safe_step::run(&options),
            Some(Command::Lengths(options)) => lengths::run(&options),
            Some(Command::Bandit(options)) => bandit::run(&options),
            Some(Command::Phase(options)) => phase::run(&options),
            Some(Command::Stagnation(options)) => stagnation::run(&options),
            Some(Command::Rates(options)) => rates::run(&options),
            Some(Command::Train(options)) => train::run(&options),
            Some(Command::Diagnose(options)) => diagnose::run(&options),
            Some(Command::Completions(options)) => completions::run(&options),
        };
        match outcome {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(error) => refuse(&error.to_string()),
        }
    }
}

/// Says in one line what is wrong: exit status 2.
pub fn refuse(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "gradient-gap: {message}");
    ExitCode::from(2)
}

/// An error of a number that is named, as one of the flag of that name.
fn of_flag(error: Error) -> Error {
    Error::new(format!("--{error}"))
}

/// Writes a text to standard output.
fn print(text: &str) -> Result<(), Error> {
    print_by(|out| out.write_all(text.as_bytes()))
}

/// Writes to standard output; a closed pipe is not an error.
fn print_by(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Error> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    printed(write(&mut out).and_then(|()| out.flush()))
}

/// What became of something printed.
fn printed(outcome: std::io::Result<()>) -> Result<(), Error> {
    match outcome {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::new(format!("standard output: {e}"))),
        _ => Ok(()),
    }
}

fn find(slug: &str) -> Result<&'static ClaimEntry, Error> {
    claims::find(slug).ok_or_else(|| {
        if let Some(observed) = experiments::find(slug) {
            return Error::new(format!("{slug} is observed, and judged by `{}`", observed.command));
        }
        let slugs = claims::REGISTRY.iter().map(|claim| claim.statement.slug);
        let slugs = slugs.chain(experiments::observed().map(|observed| observed.slug));
        let nearest = nearest(slug, slugs);
        Error::new(format!("unknown claim {slug:?}; did you mean {nearest:?}? (`gradient-gap list` names all)"))
    })
}

/// The claims of these names, each once; all where none is named.
fn selected(slugs: &[String]) -> Result<Vec<ClaimEntry>, Error> {
    let mut claims: Vec<ClaimEntry> = Vec::new();
    for slug in slugs {
        let claim = find(slug)?;
        if claims.iter().all(|known| known.statement.slug != slug) {
            claims.push(*claim);
        }
    }
    Ok(if claims.is_empty() { claims::REGISTRY.to_vec() } else { claims })
}

/// A progress bar on standard error, drawn only on a terminal.
fn progress_bar(instances: u64) -> ProgressBar {
    progress_of(instances, "instances")
}

/// The same of other things.
fn progress_of(count: u64, things: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{human_pos}}/{{human_len}} {things}, {{eta}} left"));
    ProgressBar::new(count).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn explain(slug: &str) -> Result<bool, Error> {
    if let Some(observed) = experiments::find(slug) {
        return print(&show::explain_observed(observed)).map(|()| true);
    }
    let claim = find(slug)?;
    let campaign = Campaign { attack: EXPLAIN_ATTACK, ..Campaign::new(std::slice::from_ref(claim), EXPLAIN_INSTANCES) };
    let result = campaign.run(&|_| {})?;
    print(&show::explain(claim, &result.claims[0], result.drawn().iter().sum(), DEFAULT_SEED, colour::style()))?;
    Ok(result.as_expected())
}

/// A whole file; `-` is standard input.
fn read_text(file: &Path) -> Result<String, Error> {
    let place = file.display();
    let mut text = String::new();
    let read = |source: &mut dyn Read, text: &mut String| source.take(MAX_TEXT as u64 + 1).read_to_string(text);
    let outcome = match file.as_os_str() == "-" {
        true => read(&mut std::io::stdin().lock(), &mut text),
        false => std::fs::File::open(file).and_then(|mut f| read(&mut f, &mut text)),
    };
    outcome.map_err(|e| Error::new(e.to_string()).at(&place))?;
    match text.len() > MAX_TEXT {
        true => Err(Error::new(format!("larger than {} MiB", MAX_TEXT >> 20)).at(&place)),
        false => Ok(text),
    }
}

fn replay(file: &Path, simplified: bool, format: TableOrJson, out: Option<&Path>) -> Result<bool, Error> {
    let (place, text) = (file.display(), read_text(file)?);
    let stored = read_stored(&text, simplified).map_err(|e| e.at(&place))?;
    if is_dash(out) {
        return print(&show::along_svg(stored.instance())).map(|()| true);
    }
    let output = Output::of(out)?;
    let replay = Replay::of(&stored).map_err(|e| e.at(&place))?;
    if let Some(output) = output {
        output.finish(show::along_svg(stored.instance()))?;
    }
    print(&match format {
        TableOrJson::Table => show::replay_table(&replay, colour::style()),
        TableOrJson::Json => show::replay_json(&replay),
    })?;
    Ok(replay.as_expected())
}

fn run_collapse(options: &Collapse) -> Result<bool, Error> {
    let Collapse { construction, scale, tokens, .. } = *options;
    if let (Some(tokens), true) = (tokens, construction != Which::Theorem4) {
        return Err(Error::new(format!("--tokens {tokens}: only theorem-4 has tokens")));
    }
    collapse::check_scale(scale).map_err(of_flag)?;
    let steps = options.steps as usize;
    match construction {
        Which::Theorem2 => {
            let at = |alignment, eta| Theorem2 { steps, ..Theorem2::new(scale, alignment, eta) };
            certify_collapse(options, at, ["G_o", "L_o"], "2Δμ/L_o, as η → 0 and ‖w‖ → 1,", None)
        }
        Which::Theorem4 => {
            let tokens = tokens.unwrap_or(100);
            let at = |alignment, eta| {
                let plain = Theorem4::new(scale, alignment, eta, tokens);
                Theorem4 { token: Theorem2 { steps, ..plain.token.clone() }, ..plain }
            };
            certify_collapse(options, at, ["G_p", "L_p"], "2Δμ/(L_p T∞), as η → 0, ‖w‖ → 1 and J → 0,", Some(tokens))
        }
        Which::Resonant => {
            let at = |alignment, eta| Resonant { steps, ..Resonant::new(scale, alignment, eta) };
            certify_collapse(options, at, ["G_o", "L_o"], "4πΔμ/(B² − 2Δμ²), the policy chosen for η,", None)
        }
    }
}

/// The construction `at` (Δμ, η), with defaults from its window.
fn certify_collapse<C: Construction>(
    options: &Collapse,
    at: impl Fn(f64, f64) -> C,
    symbols: [&str; 2],
    threshold: &str,
    tokens: Option<u32>,
) -> Result<bool, Error> {
    // The window's square does not depend on Δμ and η.
    let window = at(1.0, 1.0).window();
    let alignment = options.alignment.unwrap_or(0.5 * window.most_aligned());
    // Where the window is empty, any η serves to name the condition that fails.
    let eta = options.eta.or_else(|| at(alignment, 1.0).usual_step()).unwrap_or(1.0);
    let construction = at(alignment, eta);
    construction.admissible().map_err(of_flag)?;
    let alone = is_dash(options.out.as_deref());
    let output = Output::of(options.out.as_deref())?;
    let run = construction.run()?;
    let course = construction.course::<Interval>(&run);
    let certified = Certified::new(&course, &run, alignment);
    let name = options.construction.to_possible_value().map_or(String::new(), |value| value.get_name().to_string());
    let collapsed = Collapsed {
        name: &name,
        construction: &construction,
        course: &course,
        certified: &certified,
        symbols,
        threshold,
        bisected: construction.bisected(), // about fifty runs of two steps: milliseconds
        tokens,
    };
    if let Some(output) = output {
        output.finish(collapsed.svg())?;
    }
    print(&if alone { collapsed.svg() } else { collapsed.table(colour::style()) })?;
    Ok(collapsed.as_expected())
}
