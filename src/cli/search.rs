//! What the commands that search families have in common.

use super::{Draw, Output, progress_bar};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::witness::Witness;
use gradient_gap::families::Family;
use indicatif::ProgressBar;
use std::time::Duration;

/// Where to search, and how long.
#[derive(Debug, Args)]
pub(super) struct Search {
    /// Only this family; may be given several times.
    #[arg(long, value_name = "FAMILY")]
    family: Vec<String>,
    /// About how many points are evaluated; a run of K updates counts as K. Default: 1048576, or no limit with --seconds.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    evaluations: Option<u64>,
    /// Stop after S seconds. What time cuts short may differ from run to run; --evaluations does not.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,
    #[command(flatten)]
    pub draw: Draw,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e6 => Ok(seconds),
        _ => Err("expected a number of seconds in (0, 1000000]".into()),
    }
}

impl Search {
    /// The families asked for, of `all`, each once; all where none is named. `unknown` says what is wrong with a name, given those that are
    /// known.
    pub fn families<'a>(
        &self,
        all: &[&'a Family],
        unknown: impl Fn(&str, &[&str]) -> Error,
    ) -> Result<Vec<&'a Family>, Error> {
        let mut chosen: Vec<&'a Family> = Vec::new();
        for name in &self.family {
            let Some(family) = all.iter().find(|family| family.name == name) else {
                return Err(unknown(name, &all.iter().map(|family| family.name).collect::<Vec<_>>()));
            };
            if chosen.iter().all(|known| known.name != family.name) {
                chosen.push(family);
            }
        }
        Ok(if chosen.is_empty() { all.to_vec() } else { chosen })
    }

    /// The most evaluations; `usual` where neither they nor seconds are limited.
    pub fn evaluations(&self, usual: u64) -> u64 {
        self.evaluations.unwrap_or(if self.seconds.is_some() { u64::MAX } else { usual })
    }

    /// The most time.
    pub fn time(&self) -> Option<Duration> {
        self.seconds.map(Duration::from_secs_f64)
    }

    /// A bar for so many evaluations; without an end where there is no limit.
    pub fn bar(&self, usual: u64) -> ProgressBar {
        let evaluations = self.evaluations(usual);
        progress_bar(if evaluations == u64::MAX { 0 } else { evaluations })
    }
}

/// Writes a witness to a file.
pub(super) fn write(output: Output, witness: &Witness) -> Result<(), Error> {
    output.finish(witness.to_json())
}
