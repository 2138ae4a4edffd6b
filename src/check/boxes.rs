//! Boxes, not only points: inequalities between a few numbers, proved on a whole box by branch and bound.
//!
//! A sub-box is done with when its enclosed margins are all ≥ 0, directly or in the mean value form, or when the constraints
//! cannot hold on it; otherwise it is cut in half along the coordinate by which the margin varies most. When none is left the
//! inequalities are proved on the box, by interval arithmetic alone. The sub-boxes of least margin come first, a fixed number
//! at a time, so that counts do not depend on the number of threads, and a point that refutes is soon found.

use crate::claims::ClaimEntry;
use crate::claims::reduced::{Margins, REDUCED, Reduced};
use crate::error::Error;
use crate::number::{Interval, Jet, Scalar};
use rayon::prelude::*;
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;
use std::time::Instant;

/// Sub-boxes that a box may take by default.
pub const BUDGET: u64 = 1_000_000;
/// Sub-boxes that are enclosed together.
const WAVE: usize = 1024;
/// Rounds over the coordinates in the search for a refuting point.
const ROUNDS: usize = 2;

/// The coordinates of a sub-box.
type SubBox = SmallVec<[Interval; 6]>;

/// What is known on a sub-box, by intervals.
#[derive(Clone, Debug)]
pub struct Enclosed {
    /// The enclosed margin of every inequality, in their order: claimed − computed up to a positive factor, so ≥ 0 where it
    /// holds.
    pub margins: Margins<Interval>,
    /// Whether the constraints hold for certain.
    pub inside: bool,
}

/// Inequalities between a few numbers on a box, to be proved by [`decide`].
pub trait Problem: Sync {
    /// The box: the range of every coordinate, in their order. A sub-box has as many coordinates.
    fn ranges(&self) -> Vec<Interval>;
    /// The enclosed margins on the sub-box `x`; `None` where the constraints cannot hold there.
    fn enclose(&self, x: &[Interval]) -> Option<Enclosed>;
    /// The enclosed derivatives of all margins by one coordinate on the sub-box `x`, in the order of the margins, for the
    /// mean value form; `None` where they are not known.
    fn slopes(&self, x: &[Interval], coordinate: usize) -> Option<Margins<Interval>> {
        let _ = (x, coordinate);
        None
    }
}

impl Problem for Reduced {
    fn ranges(&self) -> Vec<Interval> {
        self.variables.iter().map(|variable| Interval::new(variable.lo, variable.hi)).collect()
    }

    fn enclose(&self, x: &[Interval]) -> Option<Enclosed> {
        let constraints = (self.constraints)(x);
        if constraints.iter().any(|constraint| constraint.surely_negative()) {
            return None;
        }
        let inside = constraints.iter().all(|constraint| is_at_least_zero(*constraint));
        Some(Enclosed { margins: (self.margins)(x), inside })
    }

    fn slopes(&self, x: &[Interval], coordinate: usize) -> Option<Margins<Interval>> {
        let jet = |(i, &x)| if i == coordinate { Jet::variable(x) } else { Jet::constant(x) };
        let jets: SmallVec<[Jet<Interval>; 6]> = x.iter().enumerate().map(jet).collect();
        Some((self.jets)(&jets).into_iter().map(|margin| margin.first).collect())
    }
}

fn is_at_least_zero(margin: Interval) -> bool {
    margin.lo() >= 0.0 && !margin.is_empty()
}

/// What branch and bound found.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The inequalities hold on the whole box, wherever the constraints do.
    Proved,
    /// An inequality fails for certain at a point of the box.
    Refuted {
        /// The point, a number for each coordinate; the constraints hold there for certain.
        point: Vec<f64>,
        /// The place of the inequality among the margins, from 0.
        part: usize,
        /// Its enclosed margin, certainly negative.
        margin: Interval,
    },
    /// The budget is spent, or nothing finer is left to cut.
    Open {
        /// How many sub-boxes are undecided.
        left: u64,
        /// The undecided sub-box of largest relative width.
        widest: Vec<Interval>,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Proved => "proved",
            Verdict::Refuted { .. } => "refuted",
            Verdict::Open { .. } => "open",
        })
    }
}

/// What [`decide`] found, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What was found.
    pub verdict: Verdict,
    /// How many sub-boxes were enclosed.
    pub sub_boxes: u64,
}

/// An undecided sub-box; the one of least margin is the greatest.
struct Undecided {
    left: Left,
    number: u64,
    x: SubBox,
}

impl Ord for Undecided {
    fn cmp(&self, other: &Self) -> Ordering {
        other.left.least.total_cmp(&self.left.least).then(other.number.cmp(&self.number))
    }
}
impl PartialOrd for Undecided {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Undecided {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Undecided {}

/// Branch and bound with at most `budget` sub-boxes, on the threads of the caller. The outcome does not depend on their
/// number.
pub fn decide(problem: &impl Problem, budget: u64) -> Outcome {
    let whole: SubBox = problem.ranges().into();
    let widths: SubBox = whole.iter().map(|range| Interval::point(range.width())).collect();
    let mut wave: Vec<SubBox> = vec![whole];
    let mut heap: BinaryHeap<Undecided> = BinaryHeap::new();
    let (mut sub_boxes, mut number) = (0, 0);
    loop {
        let left: Vec<Option<Left>> = wave.par_iter().map(|x| undecided(problem, x, &widths)).collect();
        sub_boxes += wave.len() as u64;
        for (x, left) in wave.drain(..).zip(left) {
            let Some(left) = left else { continue };
            heap.push(Undecided { left, number, x });
            number += 1;
        }
        let Some(worst) = heap.peek() else { return Outcome { verdict: Verdict::Proved, sub_boxes } };
        if let Some(verdict) = refute(problem, &worst.x) {
            return Outcome { verdict, sub_boxes };
        }
        while wave.len() < WAVE && sub_boxes + wave.len() as u64 + 2 <= budget {
            let Some(sub_box) = heap.pop() else { break };
            match sub_box.left.cut {
                Some(at) => wave.extend(halves(&sub_box.x, at)),
                // Nothing finer is left.
                None => {
                    heap.push(sub_box);
                    return Outcome { verdict: open(&heap, &widths), sub_boxes };
                }
            }
        }
        if wave.is_empty() {
            return Outcome { verdict: open(&heap, &widths), sub_boxes };
        }
    }
}

fn open(heap: &BinaryHeap<Undecided>, widths: &[Interval]) -> Verdict {
    let relative = |x: &SubBox| x.iter().zip(widths).map(|(x, w)| relative(*x, *w)).fold(0.0, f64::max);
    // The largest width; of equal ones the first that came.
    let order = |a: &&Undecided, b: &&Undecided| relative(&a.x).total_cmp(&relative(&b.x)).then(b.number.cmp(&a.number));
    let widest = heap.iter().max_by(order).map_or(vec![], |sub_box| sub_box.x.to_vec());
    Verdict::Open { left: heap.len() as u64, widest }
}

fn relative(x: Interval, range: Interval) -> f64 {
    if range.hi() > 0.0 { x.width() / range.hi() } else { 0.0 }
}

/// What is still open on a sub-box: the least lower bound of a margin, and where to cut.
struct Left {
    least: f64,
    /// Nowhere if no coordinate has a number between its ends.
    cut: Option<usize>,
}

/// What is left open by the enclosed margins and, where the constraints hold, by the mean value form
/// M(x) ≥ M(c) + min Σ ∂ᵢM·(xᵢ − cᵢ).
fn undecided(problem: &impl Problem, x: &[Interval], widths: &[Interval]) -> Option<Left> {
    let Enclosed { margins, inside } = problem.enclose(x)?;
    let least = |margin: Interval| if margin.is_empty() { f64::NEG_INFINITY } else { margin.lo() };
    let open: SmallVec<[usize; 6]> = (0..margins.len()).filter(|&part| !is_at_least_zero(margins[part])).collect();
    let worst = open.iter().map(|&part| least(margins[part])).reduce(f64::min)?;
    let by_width = || (0..x.len()).map(|i| relative(x[i], widths[i])).collect::<Vec<f64>>();
    let natural = |least| Some(Left { least, cut: largest(x, &by_width()) });
    let slopes: Option<Vec<Margins<Interval>>> = match inside {
        true => (0..x.len()).map(|i| problem.slopes(x, i)).collect(),
        false => None,
    };
    let Some(slopes) = slopes.filter(|slopes| slopes.iter().flatten().all(|slope| slope.is_bounded())) else {
        return natural(worst);
    };
    let mut left: Option<(f64, usize)> = None;
    for part in open {
        let centre: SubBox = (0..x.len()).map(|i| Interval::point(centre(x[i], slopes[i][part]))).collect();
        let value = problem.enclose(&centre).map_or(Interval::EMPTY, |enclosed| enclosed.margins[part]);
        let form = (0..x.len()).fold(value, |sum, i| sum + slopes[i][part] * (x[i] - centre[i]));
        if is_at_least_zero(form) {
            continue;
        }
        let least = least(margins[part]).max(least(form));
        if left.is_none_or(|(known, _)| least < known) {
            left = Some((least, part));
        }
    }
    let (least, part) = left?;
    let smear: Vec<f64> = (0..x.len()).map(|i| (slopes[i][part].abs() * Interval::point(x[i].width())).hi()).collect();
    Some(Left { least, cut: largest(x, &smear) })
}

/// Where the mean value form is centred to be greatest at its least: at the end where a monotone margin is least, between the
/// ends otherwise.
fn centre(x: Interval, slope: Interval) -> f64 {
    match slope {
        slope if slope.lo() >= 0.0 => x.lo(),
        slope if slope.hi() <= 0.0 => x.hi(),
        slope => {
            let share = slope.hi() / (slope.hi() - slope.lo());
            (x.lo() * share + x.hi() * (1.0 - share)).clamp(x.lo(), x.hi())
        }
    }
}

/// The coordinate of largest size among those that can be cut, the first of equal ones.
fn largest(x: &[Interval], sizes: &[f64]) -> Option<usize> {
    let can = |i: &usize| x[*i].lo() < middle(x[*i]) && middle(x[*i]) < x[*i].hi();
    (0..x.len()).filter(can).reduce(|best, i| if sizes[i] > sizes[best] { i } else { best })
}

/// Both halves along a coordinate.
fn halves(x: &SubBox, at: usize) -> [SubBox; 2] {
    let cut = middle(x[at]);
    let mut pair = [x.clone(), x.clone()];
    pair[0][at] = Interval::new(x[at].lo(), cut);
    pair[1][at] = Interval::new(cut, x[at].hi());
    pair
}

fn middle(x: Interval) -> f64 {
    0.5 * x.lo() + 0.5 * x.hi()
}

/// A point of a sub-box where some margin is certainly negative: from the middle, every coordinate in turn to whichever of its
/// ends lowers the least margin.
fn refute(problem: &impl Problem, x: &SubBox) -> Option<Verdict> {
    let at = |point: &[f64]| {
        let point: SubBox = point.iter().map(|&x| Interval::point(x)).collect();
        let Enclosed { margins, .. } = problem.enclose(&point).filter(|enclosed| enclosed.inside)?;
        let margins = margins.into_iter().enumerate().filter(|(_, margin)| !margin.is_empty());
        margins.min_by(|a, b| a.1.hi().total_cmp(&b.1.hi()))
    };
    let mut point: Vec<f64> = x.iter().map(|x| middle(*x)).collect();
    let mut best = at(&point);
    for _ in 0..ROUNDS {
        for i in 0..x.len() {
            for end in [x[i].lo(), x[i].hi()] {
                let before = std::mem::replace(&mut point[i], end);
                match (at(&point), best) {
                    (Some(found), Some(known)) if found.1.hi() < known.1.hi() => best = Some(found),
                    (Some(found), None) => best = Some(found),
                    _ => point[i] = before,
                }
            }
        }
    }
    let (part, margin) = best.filter(|(_, margin)| margin.surely_negative())?;
    Some(Verdict::Refuted { point, part, margin })
}

/// One box and what was found on it.
#[derive(Clone, Debug)]
pub struct Boxed {
    /// The inequalities in reduced variables, with their box.
    pub reduced: Reduced,
    /// What branch and bound found there.
    pub outcome: Outcome,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// The boxes of these claims, one after the other, each on so many threads (0 for as many as there are cores).
///
/// # Errors
/// Threads that cannot be started.
pub fn prove(claims: &[ClaimEntry], budget: u64, threads: usize) -> Result<Vec<Boxed>, Error> {
    let pool = super::pool(threads)?;
    let asked = |reduced: &&Reduced| claims.iter().any(|claim| claim.statement.slug == reduced.slug);
    let prove = |reduced: &Reduced| {
        let start = Instant::now();
        let outcome = pool.install(|| decide(reduced, budget));
        Boxed { reduced: *reduced, outcome, seconds: start.elapsed().as_secs_f64() }
    };
    Ok(REDUCED.iter().filter(asked).map(prove).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::campaign::draw;

    /// What is said of a sub-box holds at its corners and inside: nothing is below the least that the mean value form leaves open, and
    /// nothing is below 0 where nothing is left open. On sub-boxes of many sizes, half of them within a tenth of one corner, or of the
    /// place where the box of a whole step has least room.
    #[test]
    fn what_is_said_of_a_sub_box_holds_at_its_points() {
        let (mut open, mut closed, mut by_slopes) = (0, 0, 0);
        for problem in REDUCED {
            let whole = problem.ranges();
            let widths: SubBox = whole.iter().map(|range| Interval::point(range.width())).collect();
            let n = whole.len();
            let tight = |i: usize| if n == 4 { [1.0, 0.5, 0.5, 0.0][i] } else { 0.0 };
            for case in 0..if n <= 4 { 6_000u32 } else { 300 } {
                let mut u = Vec::new();
                draw(17, u64::from(case), 10 * n, &mut u);
                let size = 0.5f64.powi((case / 2 % 11) as i32);
                let x: SubBox = (0..n)
                    .map(|i| {
                        let (range, at) = (whole[i], u[i]);
                        let at = if case % 2 == 0 { at } else { 0.9 * tight(i) + 0.1 * at };
                        let point = |share: f64| (range.lo() + share * range.width()).clamp(range.lo(), range.hi());
                        Interval::new(point(at * (1.0 - size)), point(at * (1.0 - size) + size))
                    })
                    .collect();
                let left = undecided(problem, &x, &widths);
                let least = left.as_ref().map_or(0.0, |left| left.least);
                let natural = problem.enclose(&x).map_or(Margins::new(), |found| found.margins);
                let is_natural = natural.iter().all(|margin| is_at_least_zero(*margin));
                open += u64::from(left.is_some());
                closed += u64::from(left.is_none());
                let by_intervals = natural.iter().map(|margin| margin.lo()).fold(f64::INFINITY, f64::min);
                by_slopes += u64::from(!is_natural && (left.is_none() || least > by_intervals));
                // Every corner, then a few points inside.
                for k in 0..(1 << n) + 4 {
                    let corner = |i: usize| f64::from(k >> i & 1);
                    let share = |i: usize| if k < 1 << n { corner(i) } else { u[(1 + k as usize - (1 << n)) * n + i] };
                    let inside = |i: usize| (x[i].lo() + share(i) * x[i].width()).clamp(x[i].lo(), x[i].hi());
                    let point: SubBox = (0..n).map(|i| Interval::point(inside(i))).collect();
                    let Some(found) = problem.enclose(&point).filter(|found| found.inside) else { continue };
                    for margin in &found.margins {
                        let slack = 1e-12 * margin.hi().abs().max(1.0);
                        assert!(margin.hi() >= least - slack, "{}: {margin:?} below {least} in {x:?}", problem.what);
                    }
                }
            }
        }
        assert!(open > 100 && closed > 100 && by_slopes > 50, "{open} {closed} {by_slopes}");
    }
}
