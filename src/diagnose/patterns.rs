//! Shapes in the columns of a run: flat stretches, spikes, streaks, and where a column changes. (Falls are in `falls`.) What they mean is
//! said in `findings`.

use super::rows::median;
use crate::thresholds::SuccessRate;

/// Rows in succession that make a condition count.
pub(super) const STREAK: usize = 3;
/// Rows before the first that may be a spike.
const REST: usize = 5;
/// Stagnation: the rows have at least half of the run's effort and are at least so many.
const LEAST_ROWS: usize = 30;
/// Stagnation: the fitted λ rises or falls by less than this (the odds by less than a factor of 1.65), and by less in as many rows
/// as these if it went on.
const FLAT: f64 = 0.5;
const ROWS: f64 = 100.0;
/// Stagnation: parts of the stretch whose means lie on the line.
const QUARTERS: usize = 4;
/// Stagnation: two lines instead of one leave less than this share of the squares.
const BETTER: f64 = 0.75;
/// Squares below this share of all are rounding.
const ROUNDING: f64 = 1e-10;
/// Stagnation: below this J.
const HIGH: f64 = 0.9;
/// A spike: so many times the median of the rows before.
pub(super) const SPIKE: f64 = 5.0;
/// So many rows before.
pub(super) const BEFORE: usize = 20;

/// The first of [`STREAK`] values in succession for which `is` holds (missing ones are passed over).
pub(super) fn streak(values: &[f64], is: impl Fn(f64) -> bool) -> Option<usize> {
    let (mut first, mut length) = (0, 0);
    for (row, value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
        (first, length) = match (is(*value), length) {
            (false, _) => (row, 0),
            (true, 0) => (row, 1),
            (true, length) => (first, length + 1),
        };
        if length == STREAK {
            return Some(first);
        }
    }
    None
}

/// λ, kept finite: a fitted line may end at 0.
fn log_odds(rate: f64) -> f64 {
    SuccessRate::of_success(rate.clamp(1e-3, 1.0 - 1e-3)).log_odds()
}

/// A stretch to the end over which J hardly moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Flat {
    /// Its first row.
    pub first: usize,
    /// The fitted J at its ends.
    pub ends: [f64; 2],
}

/// Sums for a straight line through points by least squares.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Line {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    /// The slope; 0 where all points have one x.
    fn slope(&self) -> f64 {
        let spread = self.n * self.xx - self.x * self.x;
        if spread > 0.0 { (self.n * self.xy - self.x * self.y) / spread } else { 0.0 }
    }

    fn at(&self, x: f64) -> f64 {
        (self.y - self.slope() * self.x) / self.n + self.slope() * x
    }

    /// The sum of squares that it leaves.
    fn residual(&self) -> f64 {
        let mean = self.y / self.n;
        let covariance = self.xy - self.x * mean;
        f64::max(self.yy - self.y * mean - self.slope() * covariance, 0.0)
    }
}

/// Sums of J and of x over all rows before each one that have a J, and how many these are.
struct Sums(Vec<([f64; 2], u32)>);

impl Sums {
    fn new(rate: &[f64], x: &[f64]) -> Sums {
        let mut sums = vec![([0.0; 2], 0)];
        let ([mut all, mut across], mut count) = sums[0];
        for (rate, x) in rate.iter().zip(x) {
            if !rate.is_nan() {
                (all, across, count) = (all + rate, across + x, count + 1);
            }
            sums.push(([all, across], count));
        }
        Sums(sums)
    }

    /// The means over the rows `from..to`; NaN of none.
    fn means(&self, from: usize, to: usize) -> [f64; 2] {
        let (first, last) = (self.0[from], self.0[to]);
        [0, 1].map(|i| (last.0[i] - first.0[i]) / f64::from(last.1 - first.1))
    }
}

/// The longest stretch to the end, of at least half of the effort Σα, over which a straight line through J, against Σα, stays within
/// [`FLAT`] in λ and below [`HIGH`]. If two lines fit the run much better than one, it is the shorter such stretch, of those, whose
/// beginning parts them best.
pub(super) fn flat(rate: &[f64], effort: &[f64]) -> Option<Flat> {
    let total: f64 = effort.iter().sum();
    // The effort that is left behind every row.
    let mut ahead = vec![0.0; effort.len()];
    for row in (1..effort.len()).rev() {
        ahead[row - 1] = ahead[row] + effort[row];
    }
    let x = |row: usize| ahead[row];
    // What a line through all rows before each one leaves.
    let mut line = Line::default();
    let mut before = Vec::with_capacity(rate.len());
    for (row, rate) in rate.iter().enumerate() {
        before.push(line.residual());
        if !rate.is_nan() {
            line.add(x(row), *rate);
        }
    }
    // Below rounding a line fits perfectly.
    let whole = line.residual() - ROUNDING * line.yy;
    let sums = Sums::new(rate, &ahead);
    let (mut line, mut done) = (Line::default(), 0.0);
    let (mut found, mut best, mut split) = (None, f64::INFINITY, None);
    for row in (0..rate.len()).rev() {
        done += effort[row];
        if rate[row].is_nan() {
            continue;
        }
        line.add(x(row), rate[row]);
        if line.n < LEAST_ROWS as f64 {
            continue;
        }
        let here = Flat { first: row, ends: [x(row), 0.0].map(|x| line.at(x).clamp(0.0, 1.0)) };
        let moved = (log_odds(here.ends[1]) - log_odds(here.ends[0])).abs();
        if done < 0.5 * total || moved * f64::max(1.0, ROWS / line.n) >= FLAT || line.y / line.n >= HIGH {
            continue;
        }
        // Nor may any quarter of it lie off the line: a fall and a rise are not flat.
        let rows = rate.len() - row;
        let off = (0..QUARTERS).any(|i| {
            let [from, to] = [i, i + 1].map(|i| row + rows * i / QUARTERS);
            let [mean, middle] = sums.means(from, to);
            (log_odds(mean) - log_odds(line.at(middle).clamp(0.0, 1.0))).abs() >= 0.5 * FLAT
        });
        if off {
            continue;
        }
        found = Some(here);
        let left = before[row] + line.residual();
        if left < best {
            (best, split) = (left, Some(here));
        }
    }
    split.filter(|_| best < BETTER * whole).or(found)
}

/// Where a run changes at once: the row from which on, in the rows `from..=to`, two means leave the least squares.
pub(super) fn change_point(rate: &[f64], from: usize, to: usize) -> Option<usize> {
    let rows: Vec<usize> = (from..=to).filter(|row| !rate[*row].is_nan()).collect();
    let sum = |rows: &[usize]| rows.iter().map(|row| rate[*row]).sum::<f64>();
    let total = sum(&rows);
    let mut before = 0.0;
    let mut best = (f64::NEG_INFINITY, None);
    for (i, row) in rows.iter().enumerate().skip(1) {
        before += rate[rows[i - 1]];
        // Least squares are left where the squares of the means are largest.
        let (n, m) = (i as f64, (rows.len() - i) as f64);
        let explained = before * before / n + (total - before) * (total - before) / m;
        if explained > best.0 {
            best = (explained, Some(*row));
        }
    }
    best.1
}

/// Rows whose gradient is more than [`SPIKE`] times the median of the rows before it, and than the early one; with that median.
pub(super) fn spikes(grad_norm: &[f64]) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    let mut before: std::collections::VecDeque<f64> = std::collections::VecDeque::with_capacity(BEFORE);
    let mut early = None;
    for (row, norm) in grad_norm.iter().enumerate().filter(|(_, norm)| !norm.is_nan()) {
        // What is no spike over the least of them is none over their median.
        let least = || before.iter().copied().fold(f64::INFINITY, f64::min);
        if before.len() >= REST && (early.is_none() || *norm > SPIKE * least()) {
            let usual = median(&mut before.iter().copied().collect::<Vec<_>>());
            let early = *early.get_or_insert(usual);
            if *norm > SPIKE * usual && *norm > early {
                found.push((row, usual));
            }
        }
        if before.len() == BEFORE {
            before.pop_front();
        }
        before.push_back(*norm);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stagnation_begins_after_the_rise() {
        let steps: Vec<u64> = (1..=400).collect();
        let noise = |k: u64| 0.02 * ((k * 7919 % 97) as f64 / 48.0 - 1.0);
        let rate: Vec<f64> = steps.iter().map(|k| 0.1 + 0.005 * (*k).min(100) as f64 + noise(*k)).collect();
        let found = flat(&rate, &vec![1.0; 400]).unwrap();
        assert!((90..=102).contains(&steps[found.first]), "{found:?}");
        // One that rises all the time does not stagnate, nor does one at its end; one that never moves does from the start.
        let rising: Vec<f64> = steps.iter().map(|k| 0.1 + 0.002 * *k as f64).collect();
        assert_eq!(flat(&rising, &vec![1.0; 400]), None);
        assert_eq!(flat(&vec![0.95; 400], &vec![1.0; 400]), None);
        assert_eq!(flat(&vec![0.3; 400], &vec![1.0; 400]).unwrap().first, 0);
        // Flat only where the learning rate has nearly vanished: no stagnation.
        let decayed: Vec<f64> = steps.iter().map(|k| if *k <= 150 { 1.0 } else { 0.01 }).collect();
        let rate: Vec<f64> = steps.iter().map(|k| 0.1 + 0.004 * (*k).min(150) as f64).collect();
        assert_eq!(flat(&rate, &decayed), None);
    }

    #[test]
    fn spikes_stand_out_of_the_rows_before() {
        let mut norms = vec![0.5; 30];
        norms[20] = 2.6;
        norms[25] = 2.4;
        assert_eq!(spikes(&norms), [(20, 0.5)]);
        norms[2] = 100.0;
        assert_eq!(spikes(&norms), [(20, 0.5)], "too early to tell");
        // After the gradient has vanished, small jumps are none.
        let vanished: Vec<f64> = [0.5; 20].into_iter().chain([1e-4; 30]).chain([1e-3]).collect();
        assert_eq!(spikes(&vanished), []);
    }

    #[test]
    fn streaks_pass_over_what_is_missing() {
        let values = [0.0, 1.0, 0.0, 1.0, f64::NAN, 1.0, 1.0, 0.0];
        assert_eq!(streak(&values, |x| x > 0.5), Some(3));
        assert_eq!(streak(&values[..5], |x| x > 0.5), None);
    }
}
