//! `gradient-gap phase`.

use super::experiment::{Common, Results};
use super::{colour, progress_of};
use clap::{Args, ValueEnum};
use gradient_gap::Error;
use gradient_gap::experiments::phase::{FAMILIES, Family, Setting, run as run_all};
use gradient_gap::report;

/// A family of policies.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// Every one of them.
    All,
    /// The three responses of Theorem 2, by J(0).
    #[value(name = "theorem-2")]
    Theorem2,
    /// The tokens of Theorem 4, by T.
    #[value(name = "theorem-4")]
    Theorem4,
    /// Two responses whose log-odds bend, by J(0).
    Bend,
    /// {±1}⁶, by J(0).
    Cube,
    /// A tabular softmax, by J(0).
    Tabular,
}

/// Options of `phase`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap phase\n  gradient-gap phase --family cube --columns 200 --rows 100 --out plane"
)]
pub struct Options {
    /// Whose plane.
    #[arg(long, value_enum, default_value_t = Choice::All)]
    family: Choice,
    /// Step sizes: cells across.
    #[arg(long, value_name = "N", default_value_t = 66, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=2_000))]
    columns: u32,
    /// Starts: cells up.
    #[arg(long, value_name = "N", default_value_t = 24, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=2_000))]
    rows: u32,
    /// M(K) that a run would have at its first alignment.
    #[arg(long, value_name = "M", default_value_t = 16.0, allow_negative_numbers = true)]
    progress: f64,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let Options { columns, rows, progress, common, .. } = options;
    if !(*progress > 0.0 && *progress <= 1e6) {
        return Err(Error::new(format!("--progress {progress:?}: expected a number above 0, at most 1e6")));
    }
    let families = match options.family {
        Choice::All => FAMILIES.to_vec(),
        Choice::Theorem2 => vec![Family::Theorem2],
        Choice::Theorem4 => vec![Family::Theorem4],
        Choice::Bend => vec![Family::Bend],
        Choice::Cube => vec![Family::Cube],
        Choice::Tabular => vec![Family::Tabular],
    };
    common.check(families.len(), "name one --family")?;
    let setting = Setting { families, columns: *columns as usize, rows: *rows as usize, progress: *progress };
    let bar = progress_of(setting.families.len() as u64 * u64::from(*rows), "rows");
    let experiment = common.run(|| run_all(&setting, &|| bar.inc(1)))?;
    bar.finish_and_clear();
    let figures = experiment.planes.iter();
    common.deliver(&Results {
        command: "phase",
        table: &report::phase_table(&experiment, colour::style()),
        json: &report::phase_json(&experiment),
        csv: vec![("", report::phase_csv(&experiment))],
        figures: figures.map(|plane| (plane.family.name().into(), report::phase_svg(&experiment, plane))).collect(),
        sound: experiment.is_sound(),
    })
}
