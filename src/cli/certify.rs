//! `gradient-gap certify`.

use super::{Draw, Output, TableOrJson, colour, print, progress_bar, selected};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::boxes;
use gradient_gap::check::campaign::{Campaign, DEFAULT_ATTACK};
use gradient_gap::check::certify::DEFAULT_INSTANCES;
use gradient_gap::claims::Scope;
use gradient_gap::report::{self, Certifications};
use std::path::PathBuf;
use std::time::Instant;

/// Options of `certify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap certify\n  gradient-gap certify curvature-window --instances 1000000 --seed 7"
)]
pub struct Options {
    /// The claims (default: all; see `list`).
    #[arg(value_name = "CLAIM")]
    slugs: Vec<String>,
    /// Random instances of one step, over all families together; one run for every 100 of them; the edge sets come on top.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_INSTANCES, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    instances: u64,
    /// Evaluations of the attack on every claim whose ends are certified too; 0 for none.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_ATTACK, value_parser = clap::value_parser!(u64).range(0..=1_000_000_000))]
    attack: u64,
    #[command(flatten)]
    draw: Draw,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// Write the result to this file instead of standard output (-: standard output).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let claims = selected(&options.slugs)?;
    let output = Output::of(options.out.as_deref())?;
    let campaign = Campaign {
        seed: options.draw.seed,
        threads: options.draw.threads as usize,
        attack: options.attack,
        ..Campaign::new(&claims, options.instances)
    };
    let bar = progress_bar(campaign.drawn(Scope::Step) + campaign.drawn(Scope::Run));
    let start = Instant::now();
    let found = campaign.certify(&|done| bar.inc(done))?;
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    let boxes = boxes::prove(&claims, boxes::BUDGET, campaign.threads)?;
    let certifications = Certifications { campaign: &campaign, claims: &found, boxes: &boxes, seconds };
    let text = match options.format {
        TableOrJson::Table => report::certify_table(&certifications, colour::of(&output)),
        TableOrJson::Json => report::certify_json(&certifications),
    };
    match output {
        Some(output) => output.finish(&text)?,
        None => print(&text)?,
    }
    Ok(certifications.as_expected())
}
