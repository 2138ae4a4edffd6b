//! `gradient-gap bandit`.

use super::{Output, TableOrJson, print, progress_of};
use clap::{Args, ValueEnum};
use gradient_gap::Error;
use gradient_gap::bandit::{Fallback, MAX_SIZE};
use gradient_gap::check::campaign::DEFAULT_SEED;
use gradient_gap::check::pool;
use gradient_gap::experiments::bandit::{Experiment, Setting, name, run as run_all};
use gradient_gap::report;
use std::path::{Path, PathBuf};

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
    /// The first seed; the same seeds give the same result on any number of threads.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// What is trained on where no context of the pool has J in [0.2, 0.8].
    #[arg(long, value_enum, default_value_t = Choice::Both)]
    fallback: Choice,
    /// Threads; 0 for as many as there are cores.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1024))]
    threads: u64,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// In this folder, made where it is not there: bandit.json, all contexts in bandit.csv, and the first seed's figure for each
    /// fallback, bandit-NAME.svg and bandit-NAME.png (-: the figure of one fallback as SVG on standard output, and no table).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// All files, or where one cannot be written none.
fn write(folder: &Path, experiment: &Experiment) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|e| Error::new(e.to_string()).at(folder.display()))?;
    let create = |name: String| Output::create(&folder.join(name));
    let (json, csv) = (create("bandit.json".into())?, create("bandit.csv".into())?);
    let mut pictures = Vec::new();
    for runs in &experiment.runs {
        let svg = report::bandit_svg(experiment, runs);
        let png = report::png(&svg)?;
        let file = |ending: &str| create(format!("bandit-{}.{ending}", name(runs.fallback)));
        pictures.push((file("svg")?, file("png")?, svg, png));
    }
    json.finish(report::bandit_json(experiment))?;
    csv.finish_by(|out| report::bandit_csv(experiment, out))?;
    for (first, second, svg, png) in pictures {
        first.finish(svg)?;
        second.finish(png)?;
    }
    Ok(())
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    if !(0.0..=MAX_SIZE).contains(&options.eta) {
        return Err(Error::new(format!("--eta {}: expected a number from 0 to {MAX_SIZE:e}", options.eta)));
    }
    let fallbacks = match options.fallback {
        Choice::Both => vec![Fallback::Uniform, Fallback::NearestHalf],
        Choice::Uniform => vec![Fallback::Uniform],
        Choice::NearestHalf => vec![Fallback::NearestHalf],
        Choice::Stop => vec![Fallback::Stop],
    };
    let alone = options.out.as_deref() == Some(Path::new("-"));
    if alone && fallbacks.len() > 1 {
        return Err(Error::new("--out -: one figure only; name one --fallback or a folder"));
    }
    let Options { eta, seed, seeds, .. } = *options;
    let setting = Setting { eta, steps: options.steps as usize, seed, seeds, fallbacks, ..Setting::default() };
    let bar = progress_of(u64::from(seeds) * setting.fallbacks.len() as u64, "runs");
    let experiment = pool(options.threads as usize)?.install(|| run_all(&setting, &|| bar.inc(1)))?;
    bar.finish_and_clear();
    if alone {
        let figures = experiment.runs.iter().map(|runs| report::bandit_svg(&experiment, runs));
        return print(&figures.collect::<String>()).map(|()| true);
    }
    if let Some(folder) = &options.out {
        write(folder, &experiment)?;
    }
    print(&match options.format {
        TableOrJson::Table => report::bandit_table(&experiment),
        TableOrJson::Json => report::bandit_json(&experiment),
    })?;
    Ok(true)
}
