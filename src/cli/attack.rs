//! `gradient-gap attack`.

use super::search::{Search, write};
use super::{Output, TableOrJson, colour, find, is_dash, print};
use clap::Args;
use gradient_gap::Error;
use gradient_gap::check::attack::Attack;
use gradient_gap::report::{self, Attacks};
use std::path::PathBuf;
use std::time::Instant;

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
    #[command(flatten)]
    search: Search,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// Write the witness to this file.
    #[arg(long, value_name = "WITNESS")]
    out: Option<PathBuf>,
    /// Draw the shares of the bound that random and attacking instances use to this file (-: standard output, and no table).
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
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
    let usual = standard.evaluations;
    let unknown = |name: &str, known: &[&str]| {
        Error::new(format!("--family {name:?}: {} is searched on {}", options.slug, known.join(", ")))
    };
    let attack = Attack {
        families: options.search.families(&standard.families, unknown)?,
        evaluations: options.search.evaluations(usual),
        seed: options.search.draw.seed,
        threads: options.search.draw.threads as usize,
        time: options.search.time(),
        ..standard
    };
    if is_dash(options.out.as_deref()) {
        return Err(Error::new("--out -: the witness goes to a file; --format json prints it"));
    }
    if let (Some(out), Some(plot)) = (&options.out, &options.plot)
        && Output::is_same(out, plot)
    {
        return Err(Error::new(format!("--out and --plot both name {}", out.display())));
    }
    let alone = is_dash(options.plot.as_deref());
    let witness = Output::of(options.out.as_deref())?;
    let plot = Output::of(options.plot.as_deref())?;
    let bar = options.search.bar(usual);
    let start = Instant::now();
    let found = attack.run(&|done| bar.inc(done))?;
    bar.finish_and_clear();
    if found.parts.is_empty() && !found.violated {
        let (slug, evaluations) = (&options.slug, found.evaluations);
        return Err(Error::new(format!("{slug}: none of {evaluations} evaluations satisfied the hypotheses")));
    }
    let attacks = Attacks { attack: &attack, found: &found, seconds: start.elapsed().as_secs_f64() };
    let text = match options.format {
        _ if alone => report::attack_svg(&attacks),
        TableOrJson::Table => report::attack_table(&attacks, colour::style()),
        TableOrJson::Json => report::attack_json(&attacks),
    };
    if let (Some(output), Some(witness)) = (witness, &found.witness) {
        write(output, witness)?;
    }
    if let Some(output) = plot {
        output.finish(report::attack_svg(&attacks))?;
    }
    print(&text)?;
    Ok(found.as_expected(claim))
}
