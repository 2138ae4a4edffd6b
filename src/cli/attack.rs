//! `gradient-gap attack`.

use super::{Draw, Output, TableOrJson, find, print, progress_bar};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::attack::Attack;
use gradient_gap::families::Family;
use gradient_gap::report::{self, Attacks};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Options of `attack`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  gradient-gap attack smooth-only-step\n  gradient-gap attack log-odds-step --family cube --seconds 10 --out witness.json\n  gradient-gap attack token-smooth-only-step --part 'T∞η²/(2J)'"
)]
pub struct Options {
    /// The claim (see `list`).
    #[arg(value_name = "CLAIM")]
    slug: String,
    /// Only this part of the statement, by its name or what no other name contains: the witness is then of this part.
    #[arg(long, value_name = "PART")]
    part: Option<String>,
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
    draw: Draw,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// Write the witness to this file.
    #[arg(long, value_name = "WITNESS")]
    out: Option<PathBuf>,
    /// Draw the shares of the bound that random and attacking instances use to this file.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
}

pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e6 => Ok(seconds),
        _ => Err("expected a number of seconds in (0, 1000000]".into()),
    }
}

/// The families asked for, among those that the claim is searched on.
fn restrict<'a>(all: &[&'a Family], names: &[String], slug: &str) -> Result<Vec<&'a Family>, Error> {
    let mut chosen: Vec<&'a Family> = Vec::new();
    for name in names {
        let Some(family) = all.iter().find(|family| family.name == name) else {
            let known: Vec<&str> = all.iter().map(|family| family.name).collect();
            return Err(Error::new(format!("--family {name:?}: {slug} is searched on {}", known.join(", "))));
        };
        if chosen.iter().all(|known| known.name != family.name) {
            chosen.push(family);
        }
    }
    Ok(if chosen.is_empty() { all.to_vec() } else { chosen })
}

/// The one part that is meant by `text`.
fn chosen(attack: &Attack<'_>, text: &str) -> Result<&'static str, Error> {
    let names = attack.parts();
    let containing: Vec<&'static str> = names.iter().copied().filter(|name| name.contains(text)).collect();
    match (names.iter().find(|name| **name == text), &containing[..]) {
        (Some(name), _) | (None, [name]) => Ok(name),
        _ => {
            let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
            let (slug, names) = (attack.claim.statement.slug, names.join(", "));
            Err(Error::new(format!("--part {text:?} names {} of the parts of {slug}: {names}", containing.len())))
        }
    }
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let whole = find(&options.slug)?;
    let part = options.part.as_deref().map(|text| chosen(&Attack::new(whole), text)).transpose()?;
    let claim = &part.map_or(*whole, |part| whole.only(part));
    let standard = Attack::new(claim);
    let evaluations = match (options.evaluations, options.seconds) {
        (Some(n), _) => n,
        (None, Some(_)) => u64::MAX,
        (None, None) => standard.evaluations,
    };
    let attack = Attack {
        families: restrict(&standard.families, &options.family, &options.slug)?,
        evaluations,
        seed: options.draw.seed,
        threads: options.draw.threads as usize,
        time: options.seconds.map(Duration::from_secs_f64),
        ..standard
    };
    if let (Some(out), Some(plot)) = (&options.out, &options.plot)
        && out != Path::new("-")
        && Output::is_same(out, plot)
    {
        return Err(Error::new(format!("--out and --plot both name {}", out.display())));
    }
    let file =
        |path: &Option<PathBuf>| path.as_deref().filter(|path| *path != Path::new("-")).map(Output::create).transpose();
    let (witness, plot) = (file(&options.out)?, file(&options.plot)?);
    let bar = progress_bar(if evaluations == u64::MAX { 0 } else { evaluations });
    let start = Instant::now();
    let found = attack.run(&|done| bar.inc(done))?;
    bar.finish_and_clear();
    if found.parts.is_empty() && !found.violated {
        let why = format!("{}: none of {} evaluations satisfied the hypotheses", options.slug, found.evaluations);
        return Err(Error::new(why));
    }
    let attacks = Attacks { attack: &attack, found: &found, seconds: start.elapsed().as_secs_f64() };
    let text = match options.format {
        TableOrJson::Table => report::attack_table(&attacks),
        TableOrJson::Json => report::attack_json(&attacks),
    };
    if let (Some(output), Some(witness)) = (witness, &found.witness) {
        let text = serde_json::to_string_pretty(witness).map_err(|e| Error::new(e.to_string()))?;
        output.finish(&(text + "\n"))?;
    }
    if let Some(output) = plot {
        output.finish(&report::attack_svg(&attacks))?;
    }
    print(&text)?;
    Ok(found.as_expected(claim))
}
