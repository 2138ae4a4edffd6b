//! `gradient-gap diagnose`.

use super::{Output, TableOrJson, is_dash, make_folder, of_flag, print, print_by};
use clap::Args;
use clap::builder::PossibleValuesParser;
use gradient_gap::Error;
use gradient_gap::diagnose::{self, Diagnosis, FRAMEWORKS, Framework, LOSSES, Loss};
use gradient_gap::report;
use std::path::{Path, PathBuf};

/// Options of `diagnose`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  gradient-gap diagnose trainer_state.json\n  \
                        gradient-gap diagnose run.log --loss dr-grpo --reward-range -1..1 --out pages\n  \
                        gradient-gap diagnose runs/*.jsonl --format json")]
pub struct Options {
    /// Logs of training runs: TRL, verl, ROLL, OpenRLHF, NeMo-RL, Tinker, CSV; - for standard input.
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
    /// Whose names the log uses (default: by its names).
    #[arg(long, value_parser = PossibleValuesParser::new(FRAMEWORKS.iter().map(|framework| framework.name)))]
    framework: Option<String>,
    /// The name of the mean reward that is the success rate (default: by rule).
    #[arg(long, value_name = "NAME")]
    success_key: Option<String>,
    /// The rewards of a wrong and of a correct response (default: by rule).
    #[arg(long, value_name = "LOW..HIGH", allow_hyphen_values = true)]
    reward_range: Option<String>,
    /// The loss aggregation (default: the framework's).
    #[arg(long, value_parser = PossibleValuesParser::new(LOSSES.iter().map(|loss| loss.name)))]
    loss: Option<String>,
    /// The norm at which gradients are clipped, or none (default: the framework's).
    #[arg(long, value_name = "NORM", allow_hyphen_values = true)]
    clip: Option<String>,
    /// Rows that J is smoothed over (default: those of at least 64 responses, a quarter of the run at most).
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true)]
    smooth: Option<usize>,
    /// Rows at the beginning that relative steps compare with.
    #[arg(long, value_name = "ROWS", allow_hyphen_values = true, default_value_t = diagnose::Options::default().early)]
    early: usize,
    /// L: a bound of |wᵀ∇²log π w| per token, for absolute steps.
    #[arg(long, value_name = "L", allow_hyphen_values = true)]
    smoothness: Option<f64>,
    /// T∞ for absolute steps (default: the longest response in the log).
    #[arg(long, value_name = "T", allow_hyphen_values = true, requires = "smoothness")]
    max_length: Option<f64>,
    /// How to print the result; as JSON one document a line.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// For every log a page NAME.svg and NAME.png and all rows, NAME.csv, in this folder, made where it is not there (-: the page of
    /// one log as SVG on standard output, and no table).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Options {
    fn given(&self) -> Result<diagnose::Options, Error> {
        let clip = match self.clip.as_deref() {
            None => None,
            Some("none") => Some(f64::INFINITY),
            Some(text) => {
                let number = text.parse();
                Some(number.map_err(|_| Error::new(format!("--clip {text}: expected a number or none")))?)
            }
        };
        let range = |text: &String| {
            let ends = text.split_once("..").and_then(|(low, high)| Some([low.parse().ok()?, high.parse().ok()?]));
            ends.ok_or_else(|| Error::new(format!("--reward-range {text}: expected LOW..HIGH, as 0..1 or -1..1")))
        };
        let options = diagnose::Options {
            framework: self.framework.as_deref().and_then(Framework::find),
            success_key: self.success_key.clone(),
            reward_range: self.reward_range.as_ref().map(range).transpose()?,
            loss: self.loss.as_deref().and_then(Loss::find),
            clip,
            smooth: self.smooth,
            early: self.early,
            smoothness: self.smoothness,
            max_length: self.max_length,
        };
        options.check().map_err(of_flag)?;
        Ok(options)
    }
}

fn read(log: &Path, options: &diagnose::Options) -> Result<Diagnosis, Error> {
    if log == Path::new("-") {
        return Diagnosis::read("standard input", std::io::stdin().lock(), options);
    }
    let place = log.display();
    let file = std::fs::File::open(log).map_err(|e| Error::new(e.to_string()).at(&place))?;
    Diagnosis::read(&place.to_string(), file, options)
}

/// Names for the files of every log: its own without the ending, numbered where several logs have one name.
fn names(logs: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for log in logs {
        let stem = log.file_stem().filter(|_| log != Path::new("-"));
        let stem = stem.map_or("standard-input".into(), |stem| stem.to_string_lossy().into_owned());
        let numbered = (2..).map(|n| format!("{stem}-{n}"));
        let name = std::iter::once(stem.clone()).chain(numbered).find(|name| !names.contains(name));
        names.extend(name); // one of endlessly many is free
    }
    names
}

/// Page and rows of every log, all of them or, where one cannot be written, none.
fn write(options: &Options, folder: &Path, all: &[Diagnosis]) -> Result<(), Error> {
    make_folder(folder)?;
    let mut files = Vec::new();
    for (name, diagnosis) in names(&options.logs).iter().zip(all) {
        let paths = ["svg", "png", "csv"].map(|ending| folder.join(format!("{name}.{ending}")));
        if let Some(path) = paths.iter().find(|path| options.logs.iter().any(|log| Output::is_same(log, path))) {
            return Err(Error::new(format!("--out would overwrite the log {}", path.display())));
        }
        let svg = report::diagnose_svg(diagnosis);
        let png = report::png(&svg)?;
        let [first, second, third] = paths;
        files.push((Output::create(&first)?, Output::create(&second)?, Output::create(&third)?, svg, png, diagnosis));
    }
    for (first, second, third, svg, png, diagnosis) in files {
        first.finish(svg)?;
        second.finish(png)?;
        third.finish_by(|out| report::diagnose_csv(diagnosis, out))?;
    }
    Ok(())
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let given = options.given()?;
    let alone = is_dash(options.out.as_deref());
    if alone && options.logs.len() > 1 {
        return Err(Error::new("--out -: one page only; name one log or a folder"));
    }
    let all: Vec<Diagnosis> = options.logs.iter().map(|log| read(log, &given)).collect::<Result<_, Error>>()?;
    if alone {
        return all.iter().try_for_each(|one| print(&report::diagnose_svg(one))).map(|()| true);
    }
    if let Some(folder) = &options.out {
        write(options, folder, &all)?;
    }
    match options.format {
        TableOrJson::Json => print_by(|out| all.iter().try_for_each(|one| report::diagnose_json(one, out)))?,
        TableOrJson::Table => {
            let pages: Vec<String> = all.iter().map(report::diagnose_table).collect();
            print(&pages.join("\n"))?;
        }
    }
    Ok(true)
}
