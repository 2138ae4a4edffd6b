//! `gradient-gap report`.

use super::{Output, is_dash, make_folder, print, progress_bar, read_text, write_folder};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::baseline::{Baseline, Effort};
use gradient_gap::check::campaign::{Campaign, DEFAULT_ATTACK, DEFAULT_CERTIFIED, DEFAULT_INSTANCES};
use gradient_gap::check::tightness::Tightness;
use gradient_gap::claims::{REGISTRY, Scope};
use gradient_gap::experiments;
use gradient_gap::report::{Companion, Machine, Verified};
use std::path::PathBuf;
use std::time::Instant;

/// By which share less of a bound may be used than in the baseline.
const TOLERANCE: f64 = 0.01;

/// Options of `report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gradient-gap report --out report\n  \
                        gradient-gap report --instances 20000 --evaluations 8192 --out quick\n  \
                        gradient-gap report --evaluations 131072 --out report --baseline docs/report/report.json")]
pub struct Options {
    /// Random instances of the campaign, as in `verify`.
    #[arg(long, default_value_t = DEFAULT_INSTANCES, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    instances: u64,
    /// About how many points every attack evaluates; runs get eight times as many, a run of K updates counting as K.
    #[arg(long, value_name = "N", default_value_t = 65_536, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    evaluations: u64,
    #[command(flatten)]
    draw: super::Draw,
    /// Leave out what differs from machine to machine: wall time, system, processor.
    #[arg(long)]
    reproducible: bool,
    /// An earlier report.json of the same instances, evaluations and seed: where a verdict differs, or an attack uses less of a bound, the exit status
    /// is 1.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The share by which less of a bound may be used than in the baseline.
    #[arg(long, value_name = "SHARE", default_value_t = TOLERANCE, requires = "baseline", allow_negative_numbers = true)]
    tolerance: f64,
    /// The folder for index.html, report.json, junit.xml, summary.md, statements.svg, bounds.md and a picture and a text for every claim;
    /// made where it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Options {
    /// The command that gives the same results, in a folder of its own.
    fn command(&self) -> String {
        let mut command = format!("gradient-gap report --evaluations {} --seed {}", self.evaluations, self.draw.seed);
        if self.instances != DEFAULT_INSTANCES {
            command += &format!(" --instances {}", self.instances);
        }
        if self.reproducible {
            command += " --reproducible";
        }
        command + " --out report"
    }

    /// The baseline, which must be comparable.
    fn baseline(&self) -> Result<Option<Baseline>, Error> {
        let Some(file) = &self.baseline else { return Ok(None) };
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(Error::new(format!("--tolerance {}: expected a share in [0, 1)", self.tolerance)));
        }
        if Output::is_same(&self.out.join("report.json"), file) {
            return Err(Error::new(format!("--baseline {}: --out would write over it", file.display())));
        }
        let baseline = Baseline::read(&read_text(file)?).map_err(|e| e.at(file.display()))?;
        let Effort { instances, evaluations, seed } = baseline.effort();
        if (instances, evaluations, seed) != (self.instances, self.evaluations, self.draw.seed) {
            return Err(Error::new(format!(
                "--baseline {}: made with --instances {instances} --evaluations {evaluations} --seed {seed}, and only the same can be \
                 compared",
                file.display()
            )));
        }
        Ok(Some(baseline))
    }
}

/// The machine this runs on.
fn machine(threads: usize, seconds: f64) -> Machine {
    let known = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = known.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Machine {
        system: std::env::consts::OS.into(),
        processor: model.map_or(std::env::consts::ARCH.into(), |(_, name)| name.trim().to_string()),
        threads: if threads == 0 { cores } else { threads },
        build: if cfg!(debug_assertions) { "with debug assertions" } else { "release" }.into(),
        seconds,
    }
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let start = Instant::now();
    if is_dash(Some(&options.out)) {
        return Err(Error::new("--out -: a report is a folder of files"));
    }
    let baseline = options.baseline()?;
    make_folder(&options.out)?;
    for name in Companion::names() {
        drop(Output::create(&options.out.join(name))?); // a place that cannot be written to is known now
    }
    let threads = options.draw.threads as usize;
    let campaign = Campaign {
        seed: options.draw.seed,
        threads,
        attack: DEFAULT_ATTACK.min(options.evaluations),
        certified: DEFAULT_CERTIFIED,
        ..Campaign::new(REGISTRY, options.instances)
    };
    let bar = progress_bar(campaign.drawn(Scope::Step) + campaign.drawn(Scope::Run));
    let result = campaign.run(&|done| bar.inc(done))?;
    bar.finish_and_clear();
    let bar = super::progress_of(Tightness::attacks() as u64, "attacks");
    let tightness = Tightness::run(options.evaluations, options.draw.seed, threads, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let seconds = start.elapsed().as_secs_f64();
    let observed: Vec<_> = experiments::observed().collect();
    let machine = machine(threads, seconds);
    let drift = baseline.map(|baseline| baseline.drift(&result, &tightness, options.tolerance));
    let name = options.baseline.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
    let companion = Companion {
        verified: Verified { campaign: &campaign, result: &result, seconds, observed: &observed },
        tightness: &tightness,
        command: &options.command(),
        machine: (!options.reproducible).then_some(&machine),
        drift: drift.as_deref().map(|drift| (name.as_str(), drift)),
    };
    let files: Vec<_> = companion.files()?.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    write_folder(&options.out, &files)?;
    for drift in drift.iter().flatten() {
        print(&format!("{drift}\n"))?;
    }
    let mut attacks_fit = true;
    for claim in tightness.unexpected() {
        attacks_fit = false;
        print(&format!("{}: the attack found what is not expected\n", claim.statement.slug))?;
    }
    let (expected, all) = (result.expected(), result.claims.len());
    print(&format!("{expected} of {all} verdicts as expected; {} files in {}\n", files.len(), options.out.display()))?;
    Ok(result.as_expected() && attacks_fit && drift.is_none_or(|drift| drift.is_empty()))
}
