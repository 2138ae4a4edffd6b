//! `gradient-gap safe-step`.

use super::{Output, TableOrJson, is_dash, of_flag, print};
use clap::{ArgGroup, Args};
use gradient_gap::Error;
use gradient_gap::report::{self, SafeSteps};
use gradient_gap::safe_step::{Compared, Inputs, between};
use gradient_gap::thresholds::SuccessRate;
use std::path::PathBuf;

/// Options of `safe-step`.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("rate").required(true).args(["success_rate", "failure_rate"])),
    after_help = "Examples:\n  gradient-gap safe-step --success-rate 0.3 --alignment 0.1 --smoothness 1 --score-bound 2\n  \
                  gradient-gap safe-step --failure-rate 1e-12 --alignment 0.1 --smoothness 1\n  \
                  gradient-gap safe-step --failure-rate 1e-9..0.9 --alignment 0.01 --smoothness 1 --out steps.svg"
)]
pub struct Options {
    /// J, or a range of it, A..B.
    #[arg(long, value_name = "J", allow_hyphen_values = true)]
    success_rate: Option<String>,
    /// 1 − J, or a range of it: for J so near 1 that it cannot be written.
    #[arg(long, value_name = "F", allow_hyphen_values = true)]
    failure_rate: Option<String>,
    /// Δμ: the gap alignment of the step.
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    alignment: f64,
    /// L: a bound of |wᵀ∇²log π w| per token (L_p; L_o where a response is one token).
    #[arg(long, value_name = "L", allow_negative_numbers = true)]
    smoothness: f64,
    /// G: a bound of |w·∇log π| per token (G_p; G_o where a response is one token).
    #[arg(long, value_name = "G", allow_negative_numbers = true)]
    score_bound: Option<f64>,
    /// T∞: the largest number of tokens of a response.
    #[arg(long, value_name = "T", default_value_t = 1.0, allow_negative_numbers = true)]
    max_length: f64,
    /// T_ψ1: the Orlicz norm of the length, or a bound of it (default: T∞/log 2, the largest that it can be).
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    psi1_length: Option<f64>,
    /// E⁺[ℓ]: the mean length of correct responses, or a bound of it (default: min{T∞, T_ψ1 log(1 + 1/J)}).
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    correct_length: Option<f64>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = TableOrJson::Table)]
    format: TableOrJson,
    /// Draw all thresholds against J to this file, for a range (-: standard output, and no table).
    #[arg(long, value_name = "FILE.svg")]
    out: Option<PathBuf>,
}

/// Rows of a table over a range.
const ROWS: usize = 5;
/// Points of a curve.
const POINTS: usize = 241;

/// A rate or the ends of a range; `flag` and `text` as given.
fn rates(flag: &str, text: &str, rate: impl Fn(f64) -> SuccessRate<f64>) -> Result<Vec<SuccessRate<f64>>, Error> {
    let fails = |why: &str| Error::new(why).at(format!("{flag} {text}"));
    let number = |text: &str| match text.parse::<f64>() {
        Ok(x) if x > 0.0 && x < 1.0 => Ok(x),
        Ok(_) => Err(fails("expected numbers between 0 and 1, neither of them included")),
        Err(_) => Err(fails("expected a number or a range A..B")),
    };
    let Some((low, high)) = text.split_once("..") else { return Ok(vec![rate(number(text)?)]) };
    let (low, high) = (number(low)?, number(high)?);
    if low < high { Ok(vec![rate(low), rate(high)]) } else { Err(fails("expected A < B in a range A..B")) }
}

/// Runs the command.
pub fn run(options: &Options) -> Result<bool, Error> {
    let ends = match &options.success_rate {
        Some(text) => rates("--success-rate", text, SuccessRate::of_success)?,
        None => {
            let text = options.failure_rate.as_deref().unwrap_or_default(); // the parser asks for one of the two
            let mut ends = rates("--failure-rate", text, SuccessRate::of_failure)?;
            ends.reverse(); // by increasing J
            ends
        }
    };
    let inputs = Inputs {
        alignment: options.alignment,
        smoothness: options.smoothness,
        score_bound: options.score_bound,
        max_length: options.max_length,
        psi1_length: options.psi1_length,
        correct_length: options.correct_length,
    };
    inputs.check().map_err(of_flag)?;
    let at = |rates: Vec<SuccessRate<f64>>| -> Vec<Compared> {
        rates.into_iter().map(|rate| Compared::new(&inputs, rate)).collect()
    };
    let (rows, curves) = match (&ends[..], &options.out) {
        (&[low, high], out) => (between(low, high, ROWS), out.as_ref().map(|out| (out, between(low, high, POINTS)))),
        (_, Some(out)) => {
            let out = out.display();
            return Err(Error::new(format!("--out {out}: one success rate gives no curves; give a range, as 0.1..0.9")));
        }
        (_, None) => (ends.clone(), None),
    };
    if let Some((out, points)) = curves {
        let svg = |points| report::safe_step_svg(&SafeSteps { inputs: &inputs, compared: &at(points) });
        if is_dash(Some(out)) {
            return print(&svg(points)).map(|()| true);
        }
        let output = Output::create(out)?;
        output.finish(svg(points))?;
    }
    let steps = SafeSteps { inputs: &inputs, compared: &at(rows) };
    print(&match options.format {
        TableOrJson::Table => report::safe_step_table(&steps),
        TableOrJson::Json => report::safe_step_json(&steps),
    })?;
    Ok(true)
}
