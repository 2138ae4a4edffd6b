//! What the theory can say about a real training run, from its log.
//!
//! A log holds mean rewards, gradient norms, learning rates and lengths, and no smoothness constants; Adam's step is not the
//! learning rate times the gradient. So everything here is relative to the run itself, unless a smoothness is given:
//!
//! 1. `reader` makes a table of any of the usual formats (`scanner` reads values, `table` keeps those that are of use);
//! 2. `choose` decides on a framework, columns and the range of rewards, by the names in `framework`;
//! 3. `series` orders the rows by step, `rows` adds λ, estimates of the gap and relative steps, with the factors of the `loss`;
//! 4. `falls` and `patterns` find falls, flat stretches and spikes, `findings` says what happened.
//!
//! The estimate of the gap is §5.2's: from g_GRPO = √(J(1−J)) (g⁺ − g⁻) for one prompt and constant length (20). A batch has many
//! prompts: as √(J(1−J)) is concave, the batch's own mean of it is at most that of the mean J, and with equal gaps the estimate
//! is low by as much.
//!
//! ```
//! use gradient_gap::diagnose::{Diagnosis, Kind, Options};
//!
//! // Any of the formats; here separated values. J falls from ½ to ¹⁄₁₆ after step 20.
//! let mut log = String::from("step,success_rate,grad_norm,learning_rate,mean_length\n");
//! for step in 1..=40 {
//!     let rate = if step <= 20 { 0.5 } else { 0.0625 };
//!     log += &format!("{step},{rate},0.5,1e-6,200\n");
//! }
//! let diagnosis = Diagnosis::read("made-up.csv", log.as_bytes(), &Options::default())?;
//! assert_eq!((diagnosis.len(), diagnosis.course.success_rate), (40, [0.5, 0.0625]));
//! assert!(diagnosis.findings.iter().any(|finding| finding.kind == Kind::Collapse && finding.first_step == Some(21)));
//!
//! let row = diagnosis.rows().next().expect("a row");
//! assert_eq!((row.gap, row.effective_step), (1.0, 0.5e-6)); // ‖∇‖/√(J(1−J)) and α‖∇‖
//! # Ok::<(), gradient_gap::Error>(())
//! ```

mod choose;
mod falls;
mod findings;
mod framework;
mod kinds;
mod loss;
mod patterns;
mod reader;
mod rows;
mod scanner;
mod series;
mod table;

pub use choose::Chosen;
pub use framework::{FRAMEWORKS, Framework, Role};
pub use kinds::{Finding, Kind};
pub use loss::{Divisor, LOSSES, Loss};
pub use reader::Shape;
pub use rows::{Row, paper_scaling, sharp_scaling};
pub use series::Incomplete;
pub use table::{Reason, Skipped};

use crate::Error;
use crate::thresholds::SuccessRate;
use rows::{Rows, Scale};
use series::Series;
use std::io::Read;

/// Lines longer than this are skipped, in bytes.
pub(crate) const LONGEST_LINE: usize = 16 << 20;

/// What is known of a log beforehand; `None` is chosen by rule, and [`Diagnosis`] says how.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The framework that wrote the log.
    pub framework: Option<&'static Framework>,
    /// The name of the success value in the log.
    pub success_key: Option<String>,
    /// \[low, high\], the lowest and the highest reward of a response: J = (mean − low)/(high − low).
    pub reward_range: Option<[f64; 2]>,
    /// The loss aggregation, which says what ‖∇‖ is divided by.
    pub loss: Option<&'static Loss>,
    /// The norm > 0 at which gradients are clipped; infinite for not at all.
    pub clip: Option<f64>,
    /// Rows that J is smoothed over, at least 1.
    pub smooth: Option<usize>,
    /// Rows at the beginning that relative steps compare with, at least 1.
    pub early: usize,
    /// L > 0, a bound of |wᵀ∇²log π w| per token, for absolute steps; without it steps are relative.
    pub smoothness: Option<f64>,
    /// T∞ in tokens, for absolute steps; otherwise the longest response in the log.
    pub max_length: Option<f64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            framework: None,
            success_key: None,
            reward_range: None,
            loss: None,
            clip: None,
            smooth: None,
            early: 10,
            smoothness: None,
            max_length: None,
        }
    }
}

/// A number that was given: without hundreds of digits.
fn given(x: f64) -> String {
    if x == 0.0 || (1e-6..1e16).contains(&x.abs()) || !x.is_finite() { format!("{x}") } else { format!("{x:e}") }
}

impl Options {
    /// Whether the options can be those of a log.
    ///
    /// # Errors
    /// A range that is empty or not finite, a clip, smoothness or length that is not positive, 0 rows to smooth over or to
    /// compare with.
    pub fn check(&self) -> Result<(), Error> {
        let positive = |name: &str, value: Option<f64>, finite: bool| match value {
            Some(value) if !(value > 0.0 && (value.is_finite() || !finite)) => {
                Err(Error::new(format!("{name} {}: expected a positive number", given(value))))
            }
            _ => Ok(()),
        };
        positive("clip", self.clip, false)?;
        positive("smoothness", self.smoothness, true)?;
        positive("max-length", self.max_length, true)?;
        if let Some([low, high]) = self.reward_range
            && !(low < high && (high - low).is_finite())
        {
            return Err(Error::new(format!(
                "reward-range {}..{}: expected two finite numbers, the lower one first, not too far apart",
                given(low),
                given(high)
            )));
        }
        match (self.smooth, self.early) {
            (Some(0), _) => Err(Error::new("smooth 0: expected at least one row")),
            (_, 0) => Err(Error::new("early 0: expected at least one row")),
            _ => Ok(()),
        }
    }
}

/// J and λ at the two ends of a run: means over the first and the last tenth of the rows that have a J.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// The first and the last step of the log.
    pub steps: [u64; 2],
    /// How many rows a mean is over.
    pub rows: usize,
    /// Mean J at the beginning and at the end, in \[0, 1\].
    pub success_rate: [f64; 2],
    /// λ = log J − log(1 − J) of the two means, in nats.
    pub log_odds: [f64; 2],
}

/// What a log says: what was chosen, its rows with what the theory makes of them, and the findings.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The name of the log, as in messages.
    pub source: String,
    /// How its rows are written down.
    pub shapes: Vec<Shape>,
    /// The framework that wrote the log.
    pub framework: Chosen<&'static Framework>,
    /// The name of the success value in the log.
    pub success_key: Chosen<String>,
    /// \[low, high\], the range of rewards that J is scaled by.
    pub reward_range: Chosen<[f64; 2]>,
    /// The loss aggregation, which says what ‖∇‖ is divided by.
    pub loss: Chosen<&'static Loss>,
    /// The norm at which gradients are clipped, infinite for not at all.
    pub clip: Chosen<f64>,
    /// How many rows J is smoothed over.
    pub smooth: Chosen<usize>,
    /// How many steps a row stands for.
    pub window: Chosen<u64>,
    /// Whether steps are counted, as the log has none.
    pub counted: bool,
    /// First and last step of the early rows, which relative steps compare with.
    pub early_steps: Option<[u64; 2]>,
    /// (L, T∞) for absolute steps, T∞ in tokens; `None` where no smoothness is given.
    pub smoothness: Option<(f64, f64)>,
    /// The other columns in use: what for and under which name.
    pub columns: Vec<(Role, String)>,
    /// J and λ at the two ends of the run.
    pub course: Course,
    /// What happened in the run, and what the theory can conclude from it.
    pub findings: Vec<Finding>,
    /// Rows and values that are not used, by line.
    pub skipped: Vec<Skipped>,
    /// Rows that lack what most rows have, the first ten thousand.
    pub incomplete: Vec<Incomplete>,
    /// How many rows lack what most rows have, also beyond those in `incomplete`.
    pub lacking: usize,
    series: Series,
    scale: Scale,
}

/// The means over the first and the last tenth.
fn course(series: &Series) -> Course {
    let known: Vec<f64> = series.rate.iter().copied().filter(|rate| !rate.is_nan()).collect();
    let rows = known.len().div_ceil(10);
    let mean = |rates: &[f64]| rates.iter().sum::<f64>() / rates.len() as f64;
    let ends = [&known[..rows], &known[known.len() - rows..]].map(mean);
    let steps = [series.steps.first(), series.steps.last()].map(|step| step.copied().unwrap_or(0));
    let log_odds = ends.map(|rate| SuccessRate::of_success(rate).log_odds());
    Course { steps, rows, success_rate: ends, log_odds }
}

/// A name for a column that may be missing, and what cannot be said without it.
const USES: [(Role, &str, &str); 3] = [
    (
        Role::GradNorm,
        "no gradient norm",
        "no estimate of the gap, no effective step; relative steps take no account of clipping",
    ),
    (
        Role::LearningRate,
        "no learning rate",
        "it is taken to be constant: cumulative gaps are in units of it, there is no effective step",
    ),
    (Role::Length, "no length of responses", "it is taken to be constant: the two estimates of the gap are the same"),
];

impl Diagnosis {
    /// Reads a log to its end. `source` is its name in messages.
    ///
    /// # Errors
    /// Options that [`check`](Options::check) refuses. A file that cannot be read or is no log, or a log without success
    /// values that can be used. With a smoothness: a loss that divides by a constant, no length of the longest response, or
    /// a `max_length` below it. But for the options, `source` is named.
    pub fn read(source: &str, input: impl Read, options: &Options) -> Result<Diagnosis, Error> {
        options.check()?;
        Diagnosis::of(source, input, options).map_err(|e| e.at(source))
    }

    fn of(source: &str, input: impl Read, options: &Options) -> Result<Diagnosis, Error> {
        let mut table = table::Table::new(options.success_key.clone());
        let shapes = reader::read(input, &mut table)?;
        table.drop_unended();
        if table.lines.is_empty() {
            let why = table.skipped.first().map(|one| format!("; line {}: {}", one.line, one.reason)).unwrap_or_default();
            return Err(Error::new(format!("no row of a training log in it{why}")));
        }
        let names: Vec<&str> = table.full().into_iter().map(|column| table.columns[column].name.as_str()).collect();
        let framework = choose::framework(&names, options);
        let loss = choose::loss(framework.value, &names, options);
        let success = choose::success(&table, framework.value, options)?;
        let reward_range = choose::range(&table, success.value, options)?;
        let others = choose::other_rewards(&table, framework.value, success.value);
        let columns = choose::columns(&table, framework.value, success.value);
        let name = |column: usize| table.columns[column].name.clone();
        let success_key = Chosen { value: name(success.value), why: success.why };
        let used: Vec<(Role, String)> = columns.others.iter().map(|(role, column)| (*role, name(*column))).collect();
        let (mut series, incomplete, lacking) = Series::new(&mut table, &columns, reward_range.value);
        if series.rate.iter().all(|rate| rate.is_nan()) {
            let [low, high] = reward_range.value.map(given);
            return Err(Error::new(format!(
                "no usable value of {}: none that has a step is from {low} to {high}",
                success_key.value
            )));
        }
        if options.smoothness.is_some() {
            if loss.value.divisor == Divisor::Constant {
                return Err(Error::new(format!(
                    "--smoothness: {} divides by a constant that the log does not hold, so that its gradient gives no absolute Δμ",
                    loss.value.name
                )));
            }
            if options.max_length.or(series.longest).is_none() {
                return Err(Error::new(
                    "--smoothness needs --max-length: the log does not say how long the longest response is",
                ));
            }
            let means = series.length.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
            let longest = series.longest.unwrap_or(f64::NEG_INFINITY).max(means);
            if let Some(length) = options.max_length
                && length < longest
            {
                return Err(Error::new(format!(
                    "--max-length {}: the log has responses of length {longest}",
                    given(length)
                )));
            }
        }
        let mut missing: Vec<(&'static str, String)> = USES
            .iter()
            .filter(|(role, ..)| used.iter().all(|(known, _)| known != role))
            .map(|(_, what, without)| (*what, (*without).to_string()))
            .collect();
        for (role, column) in [
            (Role::GradNorm, &series.grad_norm),
            (Role::LearningRate, &series.learning_rate),
            (Role::Length, &series.length),
        ] {
            let known = column.iter().flatten().filter(|value| !value.is_nan()).count();
            if let Some((_, name)) = used.iter().find(|(one, _)| *one == role)
                && 2 * known < series.steps.len()
            {
                missing.push(("a column with gaps", format!("{name} is known in {known} of {} rows", series.steps.len())));
            }
        }
        if let Some(rates) = &series.learning_rate
            && rates.iter().all(|rate| rate.is_nan() || *rate == 0.0)
        {
            let why = "it is 0 in every row (written with too few digits, or without training): taken to be constant";
            missing.push(("no use of the learning rate", why.into()));
            series.learning_rate = None;
        }
        let skipped = series::sorted(std::mem::take(&mut table.skipped));
        let clip = match options.clip {
            Some(given) => Chosen { value: given, why: "as given".into() },
            None => Chosen {
                value: framework.value.clip.unwrap_or(f64::INFINITY),
                why: format!("the default of {}", framework.value.name),
            },
        };
        let scale = Scale::new(&series, loss.value, clip.value, options);
        let smooth = match options.smooth {
            Some(_) => "as given".into(),
            None => format!("its values are at least 1/{} apart, as means of so many responses are", scale.responses),
        };
        let window = match table.logging_steps {
            Some(steps) if steps == scale.window as f64 => "logging_steps, and the commonest difference of steps",
            _ => "the commonest difference of steps",
        };
        let run = findings::Run {
            series: &series,
            scale: &scale,
            seen: findings::Seen::new(Rows::new(&series, scale), &scale, options.early),
            // More rows than there are would overflow.
            early: options.early.min(series.steps.len() + 1),
            others,
            dead_by_spread: columns.get(Role::Dead).or(columns.get(Role::Mixed)).is_none(),
            missing,
        };
        let findings = run.findings();
        Ok(Diagnosis {
            source: source.into(),
            shapes: shapes.into_iter().filter(|(_, rows)| *rows > 0).map(|(shape, _)| shape).collect(),
            framework,
            success_key,
            reward_range,
            loss,
            clip,
            smooth: Chosen { value: scale.smooth, why: smooth },
            window: Chosen { value: scale.window, why: window.into() },
            counted: columns.get(Role::Step).is_none(),
            early_steps: scale.early_steps,
            smoothness: scale.smoothness,
            columns: used,
            course: course(&series),
            findings,
            skipped,
            incomplete,
            lacking,
            series,
            scale,
        })
    }

    /// The rows, by increasing step, computed as they are asked for.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        Rows::new(&self.series, self.scale)
    }

    /// How many rows there are, at least 1.
    pub fn len(&self) -> usize {
        self.series.steps.len()
    }

    /// Whether there is no row; never, as a log without rows is an error.
    pub fn is_empty(&self) -> bool {
        self.series.steps.is_empty()
    }
}
