//! `gradient-gap rates`.

use super::experiment::{Common, Results, Seed};
use super::{colour, progress_of};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::experiments::rates::{MAX_RATE, Setting, run as run_all};
use gradient_gap::report;

/// Options of `rates`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gradient-gap rates\n  gradient-gap rates --groups 2,64 --rate 0.1 --out rates")]
pub struct Options {
    /// Updates of each run.
    #[arg(long, value_name = "K", default_value_t = 100_000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(100..=100_000_000))]
    steps: u32,
    /// α.
    #[arg(long, value_name = "A", default_value_t = 0.5, allow_negative_numbers = true)]
    rate: f64,
    /// Sizes of sampled groups.
    #[arg(long, value_name = "G", value_delimiter = ',', default_values_t = [2, 4, 8, 16], allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=4096))]
    groups: Vec<u32>,
    /// How many seeds for each group size; a quarter of them, 1 at least, for exact gradients.
    #[arg(long, value_name = "N", default_value_t = 64, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    #[command(flatten)]
    seed: Seed,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let Options { steps, rate, groups, seeds, seed, common } = options;
    if !(*rate > 0.0 && *rate <= MAX_RATE) {
        return Err(Error::new(format!("--rate {rate:?}: expected a number above 0, at most {MAX_RATE}")));
    }
    let mut groups = groups.clone();
    groups.sort_unstable();
    groups.dedup();
    let exact_seeds = (seeds / 4).max(1);
    common.check(1, "")?;
    let setting = Setting {
        rate: *rate,
        steps: *steps as usize,
        seed: seed.seed,
        seeds: *seeds,
        exact_seeds,
        groups,
        ..Setting::default()
    };
    let runs = 2 * (u64::from(exact_seeds) + u64::from(*seeds) * setting.groups.len() as u64);
    let bar = progress_of(runs, "runs");
    let experiment = common.run(|| run_all(&setting, &|| bar.inc(1)))?;
    bar.finish_and_clear();
    common.deliver(&Results {
        command: "rates",
        table: &report::rates_table(&experiment, colour::style()),
        json: &report::rates_json(&experiment),
        csv: vec![("", report::rates_csv(&experiment))],
        figures: vec![(String::new(), report::rates_svg(&experiment))],
        sound: true,
    })
}
