//! `gradient-gap stagnation`.

use super::experiment::{Common, Results, Seed};
use super::{colour, progress_of};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::experiments::stagnation::{SCENARIOS, Setting, run as run_all};
use gradient_gap::report;

/// Options of `stagnation`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap stagnation\n  gradient-gap stagnation --trials 1000 --steps 20000 --out stagnation"
)]
pub struct Options {
    /// Steps of each run.
    #[arg(long, value_name = "K", default_value_t = 4_000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(20..=100_000_000))]
    steps: u32,
    /// Random problems for each scenario.
    #[arg(long, value_name = "N", default_value_t = 64, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: u32,
    #[command(flatten)]
    seed: Seed,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let Options { steps, trials, seed, common } = options;
    common.check(1, "")?;
    let setting = Setting { steps: *steps as usize, trials: *trials, seed: seed.seed };
    let bar = progress_of(2 * SCENARIOS.len() as u64 * u64::from(*trials), "runs");
    let experiment = common.run(|| run_all(&setting, &|| bar.inc(1)))?;
    bar.finish_and_clear();
    common.deliver(&Results {
        command: "stagnation",
        table: &report::stagnation_table(&experiment, colour::style()),
        json: &report::stagnation_json(&experiment),
        csv: vec![("", report::stagnation_csv(&experiment))],
        figures: vec![(String::new(), report::stagnation_svg(&experiment))],
        sound: experiment.is_sound(),
    })
}
