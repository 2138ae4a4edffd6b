//! The command line. Results go to standard output, progress to standard error; exit status 0 as expected, 1 a verdict is not
//! the expected one, 2 bad usage or bad input.

use clap::{Args, Parser, Subcommand, ValueEnum};
use gradient_gap::check::campaign::{Campaign, DEFAULT_INSTANCES, DEFAULT_SEED};
use gradient_gap::check::witness::read_instance;
use gradient_gap::claims::{self, ClaimEntry};
use gradient_gap::report::{self, Replay, Verified};
use gradient_gap::{Error, families};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Checks the statements of "On the Optimization Dynamics of RLVR: Gradient Gap and Step Size Thresholds" on exact policies.
///
/// Without a command: verify, with the defaults.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit status: 0 as expected; 1 a verdict is not the expected one; 2 bad usage or bad input."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check claims on random and extreme instances (the default).
    Verify(Verify),
    /// List the claims: place, relation, assumptions, reading of the constants, expected verdict.
    List,
    /// Print a claim's page, its hypotheses and a verdict from a small campaign.
    Explain {
        /// The claim (see `list`).
        #[arg(value_name = "CLAIM")]
        slug: String,
    },
    /// Recompute a stored or hand-written instance: every quantity, every claim on it.
    Replay {
        /// A witness file, an instance, or {"logits": [..], "slopes": [..], "correct": [..], "eta": ..}; - for standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t = ReplayFormat::Table)]
        format: ReplayFormat,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap verify\n  gradient-gap verify log-odds-step second-order --instances 1000000 --seed 7\n  \
                        gradient-gap verify --format junit --out report.xml"
)]
struct Verify {
    /// The claims (default: all; see `list`).
    #[arg(value_name = "CLAIM")]
    slugs: Vec<String>,
    /// Random instances, over all families together; the edge sets come on top.
    #[arg(long, default_value_t = DEFAULT_INSTANCES, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    instances: u64,
    /// The seed; the same seed gives the same result on any number of threads.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Threads; 0 for as many as there are cores.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1024))]
    threads: u64,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write the result to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Default for Verify {
    fn default() -> Self {
        Verify {
            slugs: vec![],
            instances: DEFAULT_INSTANCES,
            seed: DEFAULT_SEED,
            threads: 0,
            format: Format::Table,
            out: None,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
    Junit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ReplayFormat {
    Table,
    Json,
}

/// Random instances of the campaign behind `explain`.
const EXPLAIN_INSTANCES: u64 = 20_000;

impl Cli {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        let outcome = match self.command {
            None => verify(&Verify::default()),
            Some(Command::Verify(options)) => verify(&options),
            Some(Command::List) => print(&report::list()).map(|()| true),
            Some(Command::Explain { slug }) => explain(&slug),
            Some(Command::Replay { file, format }) => replay(&file, format),
        };
        match outcome {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "gradient-gap: {error}");
                ExitCode::from(2)
            }
        }
    }
}

/// Writes to standard output; a closed pipe is not an error.
fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Error::new(format!("standard output: {e}"))),
        _ => Ok(()),
    }
}

/// A file that is complete or absent: written beside its place, then renamed.
struct Output {
    path: PathBuf,
    /// `None` where the place is no regular file (a pipe, /dev/stdout): written to as it is, never replaced.
    draft: Option<PathBuf>,
    file: std::fs::File,
}

impl Output {
    fn create(path: &Path) -> Result<Output, Error> {
        let place = |e: std::io::Error| Error::new(e.to_string()).at(path.display());
        let name = path.file_name().ok_or_else(|| Error::new("not a file name").at(path.display()))?;
        if path.is_dir() || path.to_string_lossy().ends_with(std::path::is_separator) {
            return Err(Error::new("is a directory").at(path.display()));
        }
        if path.metadata().is_ok_and(|known| !known.is_file()) {
            let file = std::fs::OpenOptions::new().write(true).open(path).map_err(place)?;
            return Ok(Output { path: path.into(), draft: None, file });
        }
        // Through a link, it is the file behind it that is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.into());
        let mut draft_name = std::ffi::OsString::from(".");
        draft_name.push(path.file_name().unwrap_or(name));
        draft_name.push(format!(".{}.part", std::process::id()));
        let draft = path.with_file_name(draft_name);
        let file = std::fs::File::create_new(&draft).map_err(place)?;
        Ok(Output { path, draft: Some(draft), file })
    }

    fn finish(mut self, text: &str) -> Result<(), Error> {
        let written = self.file.write_all(text.as_bytes());
        let moved = written.and_then(|()| match &self.draft {
            Some(draft) => self.file.sync_all().and_then(|()| std::fs::rename(draft, &self.path)),
            None => Ok(()),
        });
        moved.map_err(|e| Error::new(e.to_string()).at(self.path.display()))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            let _ = std::fs::remove_file(draft); // gone already after a rename
        }
    }
}

fn find(slug: &str) -> Result<&'static ClaimEntry, Error> {
    claims::find(slug).ok_or_else(|| {
        let slugs = claims::REGISTRY.iter().map(|claim| claim.statement.slug);
        let nearest = slugs.min_by_key(|known| distance(slug, known)).unwrap_or_default();
        Error::new(format!("unknown claim {slug:?}; did you mean {nearest:?}? (`gradient-gap list` names all)"))
    })
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn verify(options: &Verify) -> Result<bool, Error> {
    let mut claims: Vec<ClaimEntry> = Vec::new();
    for slug in &options.slugs {
        let claim = find(slug)?;
        if claims.iter().all(|known| known.statement.slug != slug) {
            claims.push(*claim);
        }
    }
    if claims.is_empty() {
        claims = claims::REGISTRY.to_vec();
    }
    let output = options.out.as_deref().map(Output::create).transpose()?;
    let campaign = Campaign {
        claims: &claims,
        families: families::REGISTRY,
        instances: options.instances,
        seed: options.seed,
        threads: options.threads as usize,
    };
    let bar = progress_bar(options.instances);
    let start = std::time::Instant::now();
    let result = campaign.run(&|done| bar.inc(done))?;
    bar.finish_and_clear();
    let verified = Verified { campaign: &campaign, result: &result, seconds: start.elapsed().as_secs_f64() };
    let text = match options.format {
        Format::Table => report::verify_table(&verified),
        Format::Json => report::verify_json(&verified),
        Format::Junit => report::verify_junit(&verified)?,
    };
    match output {
        Some(output) => output.finish(&text)?,
        None => print(&text)?,
    }
    Ok(result.as_expected())
}

/// A progress bar on standard error, drawn only on a terminal.
fn progress_bar(instances: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} instances, {eta} left");
    ProgressBar::new(instances).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn explain(slug: &str) -> Result<bool, Error> {
    let claim = find(slug)?;
    let campaign = Campaign {
        claims: std::slice::from_ref(claim),
        families: families::REGISTRY,
        instances: EXPLAIN_INSTANCES,
        seed: DEFAULT_SEED,
        threads: 0,
    };
    let result = campaign.run(&|_| {})?;
    let instances = result.families.iter().map(|(_, spread)| spread.cases).sum();
    print(&report::explain(claim, &result.claims[0], instances, DEFAULT_SEED))?;
    Ok(result.as_expected())
}

/// The largest instance file that is read.
const MAX_FILE: u64 = 64 << 20;

fn replay(file: &Path, format: ReplayFormat) -> Result<bool, Error> {
    let place = file.display();
    let mut text = String::new();
    let read = |source: &mut dyn Read, text: &mut String| source.take(MAX_FILE + 1).read_to_string(text);
    let outcome = match file.as_os_str() == "-" {
        true => read(&mut std::io::stdin().lock(), &mut text),
        false => std::fs::File::open(file).and_then(|mut f| read(&mut f, &mut text)),
    };
    outcome.map_err(|e| Error::new(e.to_string()).at(&place))?;
    if text.len() as u64 > MAX_FILE {
        return Err(Error::new(format!("larger than {} MiB", MAX_FILE >> 20)).at(&place));
    }
    let instance = read_instance(&text).map_err(|e| e.at(&place))?;
    let replay = Replay::new(&instance);
    print(&match format {
        ReplayFormat::Table => report::replay_table(&replay),
        ReplayFormat::Json => report::replay_json(&replay),
    })?;
    Ok(replay.as_expected())
}
