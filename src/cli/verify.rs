//! `gradient-gap verify`.

use super::{Draw, Format, Output, but_dash, colour, is_dash, print, progress_bar, read_text, selected};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::campaign::{
    Campaign, CampaignResult, DEFAULT_ATTACK, DEFAULT_CERTIFIED, DEFAULT_INSTANCES, DEFAULT_SEED,
};
use gradient_gap::check::shard::{Saving, Shard, Work};
use gradient_gap::claims::Scope;
use gradient_gap::experiments;
use gradient_gap::report::{self, Verified};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the state is saved by default, in seconds.
const SAVE_EVERY: u64 = 10;

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap verify\n  gradient-gap verify log-odds-step second-order --instances 1000000 --seed 7\n  \
                        gradient-gap verify --format junit --out report.xml\n  \
                        gradient-gap verify --shard 2/8 --resume shard-2.state --out shard-2.json"
)]
pub struct Options {
    /// The claims (default: all; see `list`).
    #[arg(value_name = "CLAIM")]
    slugs: Vec<String>,
    /// Random instances, over all families together; the edge sets come on top.
    #[arg(long, default_value_t = DEFAULT_INSTANCES, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    instances: u64,
    /// Evaluations of the short attack on every claim; 0 for none.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_ATTACK, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    attack: u64,
    /// How many of the random instances, the first ones, intervals decide too, with the edge sets and what the attacks end with; 0 for
    /// none at all.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CERTIFIED, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    certify: u64,
    #[command(flatten)]
    draw: Draw,
    /// Only the I-th of N parts of the campaign, as a JSON document for `merge`; never a table or JUnit, and without a verdict.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Go on from this file if it is there, and save the state to it on the way: an interrupted run, started again, ends as if it had not
    /// been interrupted. Kept at the end.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// How many seconds of work an interruption may cost, about.
    #[arg(long, value_name = "SECONDS", default_value_t = SAVE_EVERY, requires = "resume", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    save_every: u64,
    /// How to print the result [default: table].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the result to this file instead of standard output (-: standard output).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            slugs: vec![],
            instances: DEFAULT_INSTANCES,
            attack: DEFAULT_ATTACK,
            certify: DEFAULT_CERTIFIED,
            draw: Draw { seed: DEFAULT_SEED, threads: 0 },
            shard: None,
            resume: None,
            save_every: SAVE_EVERY,
            format: None,
            out: None,
        }
    }
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    if let (Some(shard), Some(format @ (Format::Table | Format::Junit))) = (options.shard, options.format) {
        let format = format!("{format:?}").to_lowercase();
        return Err(Error::new(format!(
            "--format {format}: shard {shard} is a JSON document, whose campaign `merge` prints"
        )));
    }
    if is_dash(options.resume.as_deref()) {
        return Err(Error::new("--resume -: a state is read and written again, which takes a file, not standard input"));
    }
    let (observed, slugs): (Vec<String>, Vec<String>) =
        options.slugs.iter().cloned().partition(|slug| experiments::find(slug).is_some());
    if let (Some(shard), Some(slug)) = (options.shard, observed.first()) {
        return Err(Error::new(format!("--shard {shard}: {slug} is observed, and no part of a campaign")));
    }
    let observed: Vec<_> = match options.slugs.is_empty() {
        true => experiments::observed().collect(),
        false => experiments::observed().filter(|known| observed.iter().any(|slug| slug == known.slug)).collect::<Vec<_>>(),
    };
    let claims =
        if slugs.is_empty() && !observed.is_empty() && !options.slugs.is_empty() { vec![] } else { selected(&slugs)? };
    let out = but_dash(options.out.as_deref());
    if let (Some(out), Some(state)) = (out, &options.resume)
        && Output::is_same(out, state)
    {
        return Err(Error::new(format!("--out and --resume both name {}", out.display())));
    }
    let standard = Campaign::new(&claims, options.instances);
    let Draw { seed, threads } = options.draw;
    let (threads, attack, certified) = (threads as usize, options.attack, options.certify);
    let campaign = Campaign { seed, threads, attack, certified, ..standard };
    let shard = options.shard.unwrap_or(Shard::WHOLE);
    let output = Output::of(out)?;
    if claims.is_empty() {
        let result = CampaignResult { claims: vec![], families: vec![], runs: vec![] };
        return finish(
            &Verified { campaign: &campaign, result: &result, seconds: 0.0, observed: &observed },
            options.format,
            output,
        );
    }
    let mut work = begin(&campaign, shard, options.resume.as_deref())?;
    let instances = campaign.drawn(Scope::Step) + campaign.drawn(Scope::Run);
    let bar = progress_bar(instances.div_ceil(shard.of()));
    let mut save = |document: &str| match &options.resume {
        Some(path) => Output::create(path)?.finish(document),
        None => Ok(()),
    };
    let every = Duration::from_secs(options.save_every);
    let saving = options.resume.as_ref().map(|_| Saving { every, write: &mut save });
    work.run(&|done| bar.inc(done), saving)?;
    bar.finish_and_clear();
    if options.shard.is_some() {
        return write(output, &work.document()?).map(|()| true);
    }
    let start = std::time::Instant::now();
    let seconds = work.seconds();
    let result = work.conclude()?;
    let seconds = seconds + start.elapsed().as_secs_f64();
    finish(&Verified { campaign: &campaign, result: &result, seconds, observed: &observed }, options.format, output)
}

/// The work on a shard, as far as it was saved.
fn begin<'c>(campaign: &'c Campaign<'c>, shard: Shard, state: Option<&Path>) -> Result<Work<'c>, Error> {
    match state {
        Some(path) if path.exists() => Work::resumed(campaign, shard, &read_text(path)?).map_err(|e| e.at(path.display())),
        Some(path) => {
            let work = Work::new(campaign, shard);
            Output::create(path)?.finish(work.document()?)?; // a place that cannot be written to is known now
            Ok(work)
        }
        None => Ok(Work::new(campaign, shard)),
    }
}

fn write(output: Option<Output>, text: &str) -> Result<(), Error> {
    match output {
        Some(output) => output.finish(text),
        None => print(text),
    }
}

/// Prints a whole campaign.
pub fn finish(verified: &Verified<'_>, format: Option<Format>, output: Option<Output>) -> Result<bool, Error> {
    let text = match format.unwrap_or(Format::Table) {
        Format::Table => report::verify_table(verified, colour::of(&output)),
        Format::Json => report::verify_json(verified),
        Format::Junit => report::verify_junit(verified)?,
    };
    write(output, &text)?;
    Ok(verified.result.as_expected())
}
