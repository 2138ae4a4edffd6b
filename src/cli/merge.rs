//! `gradient-gap merge`.

use super::{Format, Output, but_dash, read_text, verify};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::shard::Shards;
use gradient_gap::claims::REGISTRY;
use gradient_gap::experiments;
use gradient_gap::report::Verified;
use std::path::PathBuf;
use std::time::Instant;

/// Options of `merge`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap merge shard-*.json\n  gradient-gap merge shard-*.json --format json --out result.json"
)]
pub struct Options {
    /// What `verify --shard I/N` wrote: all shards of one campaign, in any order.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How to print the result [default: table].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the result to this file instead of standard output (-: standard output).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let out = but_dash(options.out.as_deref());
    if let Some(out) = out
        && let Some(file) = options.files.iter().find(|file| Output::is_same(out, file))
    {
        return Err(Error::new(format!("--out names {}, one of the shards", file.display())));
    }
    let output = Output::of(out)?;
    let start = Instant::now();
    let mut shards = Shards::default();
    for file in &options.files {
        shards.add(&file.display().to_string(), &read_text(file)?)?;
    }
    let whole = shards.whole()?;
    let (campaign, result) = (whole.campaign(), whole.conclude()?);
    let seconds = whole.seconds() + start.elapsed().as_secs_f64();
    let observed: Vec<_> = match campaign.claims.len() == REGISTRY.len() {
        true => experiments::observed().collect(), // as where no claim is named
        false => vec![],
    };
    verify::finish(&Verified { campaign: &campaign, result: &result, seconds, observed: &observed }, options.format, output)
}
