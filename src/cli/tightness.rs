//! `gradient-gap tightness`.

use super::{Output, make_folder, print, progress_bar};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::attack::{Attack, Attacked};
use gradient_gap::check::campaign::DEFAULT_SEED;
use gradient_gap::claims::coefficients::COEFFICIENTS;
use gradient_gap::claims::{ClaimEntry, REGISTRY};
use gradient_gap::report;
use std::path::PathBuf;

/// Options of `tightness`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap tightness --out tightness\n  gradient-gap tightness --evaluations 1000 --seed 7 --out tightness"
)]
pub struct Options {
    /// About how many points every attack evaluates; runs get eight times as many, a run of K updates counting as K.
    #[arg(long, value_name = "N", default_value_t = 65_536, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    evaluations: u64,
    /// The seed.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// The folder for README.md and one picture a claim; made where it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let attack = |claim: &'static ClaimEntry| Attack { seed: options.seed, ..Attack::of(claim, options.evaluations) };
    make_folder(&options.out)?;
    let bar = progress_bar((REGISTRY.len() + COEFFICIENTS.len()) as u64);
    let run = |attack: &Attack<'_>| {
        let found = attack.run(&|_| {});
        bar.inc(1);
        found
    };
    let mut claims: Vec<(Attack<'_>, Attacked)> = Vec::new();
    for claim in REGISTRY {
        let attack = attack(claim);
        let found = run(&attack)?;
        claims.push((attack, found));
    }
    let mut coefficients = Vec::new();
    for coefficient in COEFFICIENTS {
        coefficients.push((coefficient, run(&attack(&coefficient.claim))?));
    }
    bar.finish_and_clear();
    let command = format!("gradient-gap tightness --evaluations {} --seed {}", options.evaluations, options.seed);
    let files = report::tightness(&claims, &coefficients, &command);
    for (name, content) in &files {
        Output::create(&options.out.join(name))?.finish(content)?;
    }
    print(&format!("{} files in {}\n", files.len(), options.out.display()))?;
    Ok(claims.iter().all(|(attack, found)| found.as_expected(attack.claim)))
}
