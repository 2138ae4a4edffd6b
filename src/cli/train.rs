//! `gradient-gap train`.

use super::experiment::{Common, Results, Seed};
use super::{colour, progress_of};
use clap::{Args, ValueEnum};
use gradient_gap::Error;
use gradient_gap::experiments::train::learn::Optimizer;
use gradient_gap::experiments::train::{Setting, name, run as run_all, work};
use gradient_gap::report;
use gradient_gap::update::Algorithm;

/// What makes gradients of rewards.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Algorithms {
    /// Runs with each of the next two.
    All,
    /// Rewards centred and divided by their standard deviation, responses weighed by 1/|o|.
    Grpo,
    /// Rewards centred, and nothing else.
    DrGrpo,
}

/// What makes updates of gradients.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Optimizers {
    /// Runs with each of the next two.
    All,
    /// θ + αg.
    Sgd,
    /// Adam with decoupled weight decay.
    #[value(name = "adamw")]
    AdamW,
}

/// Options of `train`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap train\n  gradient-gap train --algorithm grpo --optimizer adamw --steps 100 --out figure-2"
)]
pub struct Options {
    /// Updates of each run.
    #[arg(long, value_name = "K", default_value_t = 300, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// What makes gradients of rewards.
    #[arg(long, value_enum, default_value_t = Algorithms::All)]
    algorithm: Algorithms,
    /// What makes updates of gradients.
    #[arg(long, value_enum, default_value_t = Optimizers::All)]
    optimizer: Optimizers,
    /// Responses of a group.
    #[arg(long, value_name = "G", default_value_t = 8, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=1024))]
    group: u32,
    /// Prompts of a batch: a group for each.
    #[arg(long, value_name = "N", default_value_t = 16, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1024))]
    prompts: u32,
    /// T∞, EOS counted.
    #[arg(long, value_name = "T", default_value_t = 5, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=5))]
    max_length: u32,
    /// Steps of the supervised start.
    #[arg(long, value_name = "K", default_value_t = 2_000, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    warm_up: u32,
    /// Every so many updates one is put beside the bounds, for all evaluation prompts.
    #[arg(long, value_name = "K", default_value_t = 15, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    every: u32,
    /// The learning rate of SGD.
    #[arg(long, value_name = "A", default_value_t = 0.02, allow_negative_numbers = true)]
    sgd_rate: f64,
    /// The learning rate of AdamW.
    #[arg(long, value_name = "A", default_value_t = 3e-4, allow_negative_numbers = true)]
    adamw_rate: f64,
    #[command(flatten)]
    seed: Seed,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let (sgd, adamw) = (options.sgd_rate, options.adamw_rate);
    for (flag, rate, most) in [("--sgd-rate", sgd, 10.0), ("--adamw-rate", adamw, 1.0)] {
        if !(0.0..=most).contains(&rate) {
            return Err(Error::new(format!("{flag} {rate:?}: expected a number from 0 to {most}")));
        }
    }
    let algorithms = match options.algorithm {
        Algorithms::All => vec![Algorithm::Grpo, Algorithm::DrGrpo],
        Algorithms::Grpo => vec![Algorithm::Grpo],
        Algorithms::DrGrpo => vec![Algorithm::DrGrpo],
    };
    let optimizers = match options.optimizer {
        Optimizers::All => vec![Optimizer::Sgd, Optimizer::AdamW],
        Optimizers::Sgd => vec![Optimizer::Sgd],
        Optimizers::AdamW => vec![Optimizer::AdamW],
    };
    let common = &options.common;
    common.check(algorithms.len() * optimizers.len(), "name one --algorithm and one --optimizer")?;
    let setting = Setting {
        steps: options.steps as usize,
        every: options.every as usize,
        length: options.max_length,
        group: options.group as usize,
        prompts: options.prompts as usize,
        seed: options.seed.seed,
        warm: options.warm_up as usize,
        algorithms,
        optimizers,
        rates: [sgd, adamw],
        ..Setting::default()
    };
    let bar = progress_of(work(&setting) as u64, "steps");
    let experiment = common.run(|| run_all(&setting, &|| bar.inc(1)))?;
    bar.finish_and_clear();
    let mut figures = Vec::new();
    for run in &experiment.runs {
        let name = name(run.algorithm, run.optimizer);
        figures.push((name.to_string(), report::train_svg(&experiment, run)));
        if !common.alone() {
            figures.push((format!("{name}-gap"), report::train_gap_svg(&experiment, run)));
        }
    }
    common.deliver(&Results {
        command: "train",
        table: &report::train_table(&experiment, colour::style()),
        json: &report::train_json(&experiment),
        csv: vec![
            ("", report::train_csv(&experiment)),
            ("updates", report::train_updates_csv(&experiment)),
            ("bounds", report::train_bounds_csv(&experiment)),
        ],
        figures,
        sound: true,
    })
}
