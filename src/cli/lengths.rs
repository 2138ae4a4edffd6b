//! `gradient-gap lengths`.

use super::{Draw, Output, TableOrJson, print};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::pool;
use gradient_gap::lengths::{SHORTEST, VARIED, sweep, typical};
use gradient_gap::report::{self, Lengths};
use std::path::PathBuf;

/// Options of `lengths`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gradient-gap lengths\n  gradient-gap lengths --max-length 10000 --out lengths.svg")]
pub struct Options {
    /// The largest T∞.
    #[arg(long, value_name = "T", default_value_t = 1024, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(i64::from(SHORTEST)..=100_000))]
    max_length: u32,
    /// How many random policies.
    #[arg(long, value_name = "N", default_value_t = 400, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    instances: u32,
    #[command(flatten)]
    draw: Draw,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// Draw the step sizes against each length to this file (-: standard output, and no table).
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let output = Output::of(options.out.as_deref())?;
    let lengths = pool(options.draw.threads as usize)?.install(|| -> Result<Lengths, Error> {
        let sweeps = VARIED.into_iter().map(|varied| Ok((varied, sweep(varied, options.max_length)?)));
        let sweeps = sweeps.collect::<Result<Vec<_>, Error>>()?;
        let typical = typical(options.draw.seed, options.instances as usize);
        Ok(Lengths { sweeps, typical, seed: options.draw.seed })
    })?;
    match (output, &options.out) {
        (Some(output), _) => output.finish(report::lengths_svg(&lengths))?,
        (None, Some(_)) => return print(&report::lengths_svg(&lengths)).map(|()| true),
        (None, None) => {}
    }
    print(&match options.format {
        TableOrJson::Table => report::lengths_table(&lengths),
        TableOrJson::Json => report::lengths_json(&lengths),
    })?;
    Ok(true)
}
