//! The plane of step sizes: what becomes of a run at every η/Δμ and J(0), or T, beside what is promised.
//!
//! Across is x = ηLT∞/Δμ, up J(0) or T. In this unit
//!
//! ```text
//! x = 2                 the companion's collapse line: below it no policy collapses while Δμ(k) ≥ Δμ (no-universal-collapse)
//! x = 2(1 − J)          below it J rises (ascent-threshold; the largest of it, of log-odds-step-tight and of rare-failure-step is
//!                       the safe line)
//! L/(2(L + 8G²))        the paper's (15a); (18a) for tokens
//! cLT∞/S to LT∞/(2√S Δμ)   the windows of Theorem 2 (c = 60) and of Theorem 4 (c = 120), S = (L + G²)T∞
//! ```

mod families;

pub use families::{FAMILIES, Family, Outcome, Start};

use super::statistics::median;
use super::{Judged, Judgement, Observed};
use crate::error::Error;
use crate::number::Scalar;
use crate::thresholds::{SuccessRate, ascent_step, rare_failure_step, token_step, trajectory_step, two_sided_step};
use rayon::prelude::*;

/// What is said of the plane.
pub(crate) const OBSERVED: [Observed; 2] = [
    Observed {
        slug: "sharp-threshold",
        place: "Abstract",
        said: "a sharp step-size threshold: below it, learning converges, whereas above it, performance collapses",
        command: "gradient-gap phase",
        criterion: "in a family every cell left of the paper's safe line ends above its start, and every cell from twice the \
                    collapse line on (x = 4) ends below it, by more than rounding, and there are both: reproduced if so in every \
                    family, partly if in one",
    },
    Observed {
        slug: "sharp-line",
        place: "companion",
        said: "J rises below 2(1−J)Δμ/L and need not above: the line is sharp, as is 2Δμ/L for collapse",
        command: "gradient-gap phase",
        criterion: "no cell below the safe line lowers J at once, and a bisected boundary is within 1 % of the collapse line in one \
                    family and of 2(1−J)Δμ/L in another: reproduced if all three, partly if the first and one of the others",
    },
];

/// What the experiment is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The families, each of which is a plane.
    pub families: Vec<Family>,
    /// Cells across a plane, ≥ 2: step sizes, evenly in log x.
    pub columns: usize,
    /// Cells up a plane, ≥ 2: starts J(0), or lengths T.
    pub rows: usize,
    /// M(K) (14), in nats, that a run would have at its first alignment; for each token of several.
    pub progress: f64,
}

impl Default for Setting {
    /// All families, 66 by 24 cells, M(K) = 16.
    fn default() -> Setting {
        Setting { families: FAMILIES.to_vec(), columns: 66, rows: 24, progress: 16.0 }
    }
}

/// log₁₀ x at the ends of the plane.
pub(crate) const ENDS: [f64; 2] = [-3.0, 2.5];

/// A row of a plane: what is promised, and what becomes of runs. Step sizes are given as x = ηLT∞/Δμ.
#[derive(Clone, Debug)]
pub struct Row {
    /// The start of its runs.
    pub start: Start,
    /// x of the step that the paper's (15a), or (18a) for tokens, allows.
    pub paper: f64,
    /// x of 2(1 − J)Δμ/(LT∞), below which J rises (ascent-threshold): 2(1 − J(0)).
    pub ascent: f64,
    /// x below which J rises by one of the companion's three bounds: ascent-threshold, log-odds-step-tight,
    /// rare-failure-step.
    pub safe: f64,
    /// x at the ends of the window of Theorem 2 or (19); `None` for a family that is no construction.
    pub window: Option<[f64; 2]>,
    /// The smallest x at which the first steps lower J, by bisection; `None` where there is none in the plane.
    pub boundary: Option<f64>,
    /// What becomes of a run at the step size of each column.
    pub cells: Vec<Outcome>,
}

/// The plane of one family: step sizes across, starts up.
#[derive(Clone, Debug)]
pub struct Plane {
    /// The family that it shows.
    pub family: Family,
    /// log₁₀ x at the middle of each column, increasing; x = ηLT∞/Δμ.
    pub columns: Vec<f64>,
    /// The rows, from below: by increasing J(0), or T.
    pub rows: Vec<Row>,
}

/// The experiment: the planes of a [`Setting`], with the judgements.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What was run.
    pub setting: Setting,
    /// The plane of each family, in the order of the setting.
    pub planes: Vec<Plane>,
    /// The judgements of the observations of this experiment, in the order of [`observed`](super::observed).
    pub judged: [Judged; 2],
}

impl Experiment {
    /// Whether no cell below the companion's safe line lowers J at once.
    pub fn is_sound(&self) -> bool {
        self.planes.iter().all(|plane| plane.below()[1] == 0)
    }
}

/// x = ηLT∞/Δμ of the collapse line, below which no policy collapses while Δμ(k) ≥ Δμ (no-universal-collapse).
pub const COLLAPSE: f64 = 2.0;

/// Fills the planes in and judges; `done` is told after each row.
///
/// # Errors
/// No family, fewer than two columns or rows, a progress that is not positive and finite.
pub fn run(setting: &Setting, done: &(dyn Fn() + Sync)) -> Result<Experiment, Error> {
    for (name, count, least) in
        [("families", setting.families.len(), 1), ("columns", setting.columns, 2), ("rows", setting.rows, 2)]
    {
        if count < least {
            return Err(Error::new(format!("{count} {name}, expected at least {least}")));
        }
    }
    if !(setting.progress > 0.0 && setting.progress.is_finite()) {
        return Err(Error::new(format!("progress is {:?}, expected a finite number > 0", setting.progress)));
    }
    let width = (ENDS[1] - ENDS[0]) / setting.columns as f64;
    let columns: Vec<f64> = (0..setting.columns).map(|i| ENDS[0] + width * (i as f64 + 0.5)).collect();
    let plane = |&family: &Family| {
        let starts = family.rows(setting.rows)?;
        let row = |start: Start| {
            let row = row(start, &columns, setting.progress);
            done();
            row
        };
        let rows = starts.into_par_iter().map(row).collect::<Result<Vec<Row>, Error>>()?;
        Ok(Plane { family, columns: columns.clone(), rows })
    };
    let planes = setting.families.iter().map(plane).collect::<Result<Vec<Plane>, Error>>()?;
    let judged = judge(&planes);
    Ok(Experiment { setting: setting.clone(), planes, judged })
}

/// 10^x.
fn power(x: f64) -> f64 {
    Scalar::exp(x * Scalar::ln(10.0_f64))
}

fn row(start: Start, columns: &[f64], progress: f64) -> Result<Row, Error> {
    let (unit, constants, alignment) = (start.unit(), start.regularity(), start.alignment);
    let rate = SuccessRate::of_log_odds(start.lambda);
    let length = f64::from(start.tokens);
    let paper = match start.family {
        Family::Theorem4 => token_step(alignment, rate.failure, length, &constants),
        _ => trajectory_step(alignment, &constants),
    };
    let ascent = ascent_step(alignment, rate.failure, constants.curvature);
    let proxy = constants.token_curvature.min(constants.token_score.powi(2));
    let rare = match start.family {
        Family::Bend => 0.0, // its constants are those of a segment, not of the whole line
        _ => rare_failure_step(alignment, &rate, constants.token_curvature, proxy, length),
    };
    let safe = ascent.max(two_sided_step(alignment, &constants)).max(rare);
    let window = start.window().map(|window| [window.low(alignment).mid(), window.high().mid()].map(|eta| unit * eta));
    let cells = columns.iter().map(|x| start.outcome(power(*x) / unit, progress)).collect::<Result<Vec<_>, _>>()?;
    let falls = |x: f64| start.outcome(x / unit, f64::MIN_POSITIVE).map(|outcome| outcome.falls);
    let boundary = match cells.iter().position(|cell| cell.falls) {
        None => None,
        Some(first) => {
            let (mut low, mut high) = (power(first.checked_sub(1).map_or(ENDS[0], |i| columns[i])), power(columns[first]));
            for _ in 0..48 {
                let middle = 0.5 * (low + high);
                if falls(middle)? { high = middle } else { low = middle }
            }
            Some(high)
        }
    };
    Ok(Row { paper: unit * paper, ascent: unit * ascent, safe: unit * safe, window, boundary, cells, start })
}

impl Plane {
    /// The boundary over a line, both as x, row by row where there is a boundary: least, median, largest. `None` where no
    /// row has one.
    pub fn distance(&self, line: impl Fn(&Row) -> f64) -> Option<[f64; 3]> {
        let all: Vec<f64> = self.rows.iter().filter_map(|row| Some(row.boundary? / line(row))).collect();
        let [least, most] = [f64::min, f64::max].map(|f| all.iter().copied().reduce(f));
        Some([least?, median(&all)?[1], most?])
    }

    /// Every cell with its row and its x.
    fn cells(&self) -> impl Iterator<Item = (&Row, f64, &Outcome)> {
        let row = |row| move |(cell, x): (_, &f64)| (row, power(*x), cell);
        self.rows.iter().flat_map(move |r| r.cells.iter().zip(&self.columns).map(row(r)))
    }

    /// Two answers: whether every cell left of the paper's line ends above its start; and whether every cell from twice the
    /// collapse line on ends below it. False where there is no such cell.
    pub fn parts(&self) -> [bool; 2] {
        let all = |wanted: &dyn Fn(&Row, f64) -> bool, turn: i32| {
            let mut cells = self.cells().filter(|(row, x, _)| wanted(row, *x)).peekable();
            cells.peek().is_some() && cells.all(|(_, _, cell)| cell.turn() == turn)
        };
        [all(&|row, x| x < row.paper, 1), all(&|_, x| x >= 2.0 * COLLAPSE, -1)]
    }

    /// Cells below the companion's safe line, and how many of them lower J at once, which its theorems exclude.
    fn below(&self) -> [usize; 2] {
        let below = self.cells().filter(|(row, x, _)| *x < row.safe);
        below.fold([0, 0], |[n, m], (_, _, cell)| [n + 1, m + usize::from(cell.falls)])
    }
}

/// The judgements, in the order of [`OBSERVED`].
fn judge(planes: &[Plane]) -> [Judged; 2] {
    let [threshold, line] = OBSERVED.map(|observed| observed.slug);
    let names = |wanted: &dyn Fn(&Plane) -> bool| {
        let names: Vec<_> = planes.iter().filter(|plane| wanted(plane)).map(|plane| plane.family.name()).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    };
    let parted = planes.iter().filter(|plane| plane.parts() == [true; 2]).count();
    let first = Judged {
        slug: threshold,
        judgement: Judgement::by(parted == planes.len(), parted > 0),
        because: format!(
            "below the paper's line J rises in {}; above twice the collapse line it ends lower in {}",
            names(&|plane| plane.parts()[0]),
            names(&|plane| plane.parts()[1])
        ),
    };
    let [count, falling] = planes.iter().map(Plane::below).fold([0, 0], |[n, m], [i, j]| [n + i, m + j]);
    let near = |distance: Option<[f64; 3]>| distance.map_or(f64::INFINITY, |[least, _, _]| least);
    let collapsing = |plane: &&Plane| plane.rows.iter().all(|row| row.window.is_some());
    let to = |wanted: bool, of: &dyn Fn(&Row) -> f64| {
        let planes = planes.iter().filter(|plane| collapsing(plane) == wanted);
        planes.map(|plane| near(plane.distance(of))).fold(f64::INFINITY, f64::min)
    };
    let (collapse, ascent) = (to(true, &|_| COLLAPSE), to(false, &|row| row.ascent));
    let close = |least: f64| (0.99..=1.01).contains(&least);
    let second = Judged {
        slug: line,
        judgement: Judgement::by(
            falling == 0 && close(collapse) && close(ascent),
            falling == 0 && (close(collapse) || close(ascent)),
        ),
        because: format!(
            "{falling} of {count} cells below the safe line lower J at once; boundaries begin at {collapse:.5} of the collapse \
             line and at {ascent:.5} of 2(1−J)Δμ/L"
        ),
    };
    [first, second]
}
