//! `gradient-gap bandit`.

use super::experiment::{Common, Results, Seed};
use super::{colour, progress_of};
use clap::{Args, ValueEnum};
use gradient_gap::Error;
use gradient_gap::bandit::{Fallback, MAX_SIZE};
use gradient_gap::experiments::bandit::{Setting, name, run as run_all};
use gradient_gap::report;

/// What is trained on where no context of the pool has J in [0.2, 0.8].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// Runs with each of the next two.
    Both,
    /// Any context of the pool.
    Uniform,
    /// The context whose J is nearest to 1/2.
    NearestHalf,
    /// None: the run ends.
    Stop,
}

/// Options of `bandit`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap bandit\n  gradient-gap bandit --fallback nearest-half --seeds 5 --out figure-1"
)]
pub struct Options {
    /// Updates of each run.
    #[arg(long, value_name = "K", default_value_t = 20_000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    steps: u32,
    /// η.
    #[arg(long, value_name = "E", default_value_t = 0.1, allow_negative_numbers = true)]
    eta: f64,
    /// How many seeds.
    #[arg(long, value_name = "N", default_value_t = 20, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    /// What is trained on where no context of the pool has J in [0.2, 0.8].
    #[arg(long, value_enum, default_value_t = Choice::Both)]
    fallback: Choice,
    #[command(flatten)]
    seed: Seed,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    if !(0.0..=MAX_SIZE).contains(&options.eta) {
        return Err(Error::new(format!("--eta {:?}: expected a number from 0 to {MAX_SIZE:?}", options.eta)));
    }
    let fallbacks = match options.fallback {
        Choice::Both => vec![Fallback::Uniform, Fallback::NearestHalf],
        Choice::Uniform => vec![Fallback::Uniform],
        Choice::NearestHalf => vec![Fallback::NearestHalf],
        Choice::Stop => vec![Fallback::Stop],
    };
    let Options { eta, seeds, common, .. } = options;
    common.check(fallbacks.len(), "name one --fallback")?;
    let (seed, steps) = (options.seed.seed, options.steps as usize);
    let setting = Setting { eta: *eta, steps, seed, seeds: *seeds, fallbacks, ..Setting::default() };
    let bar = progress_of(u64::from(*seeds) * setting.fallbacks.len() as u64, "runs");
    let experiment = common.run(|| run_all(&setting, &|| bar.inc(1)))?;
    bar.finish_and_clear();
    let figures = experiment.runs.iter();
    common.deliver(&Results {
        command: "bandit",
        table: &report::bandit_table(&experiment, colour::style()),
        json: &report::bandit_json(&experiment),
        csv: vec![("", report::bandit_csv(&experiment))],
        figures: figures.map(|runs| (name(runs.fallback).into(), report::bandit_svg(&experiment, runs))).collect(),
        sound: experiment.is_sound(),
    })
}
