//! Where J falls for good, and where it falls and comes back.

use super::patterns::change_point;
use std::borrow::Cow;
use std::cell::OnceCell;

/// How far J must fall for a fall to count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depth {
    /// J is at most this share of its highest level.
    rate: f64,
    /// Its odds are at most this share of theirs.
    odds: f64,
    /// Rows after it, at least.
    rest: usize,
}

/// To half of J, and a quarter of the odds.
pub(super) const COLLAPSE: Depth = Depth { rate: 0.5, odds: 0.25, rest: 5 };
/// To 85 % of J and a third of the odds, over a longer time.
pub(super) const DECLINE: Depth = Depth { rate: 0.85, odds: 1.0 / 3.0, rest: 20 };

/// A fall is more than so many standard errors; a dip, from the highest of many rows to the lowest, than so many.
const ERRORS: f64 = 4.0;
const ERRORS_OF_A_DIP: f64 = 6.0;
/// A fall begins where the odds are below this share of the highest ones for good; a dip ends with the first row in which they are not.
const ONSET: f64 = 0.5;
/// A row is taken to be a mean of no more responses: what its values differ by says little beyond.
const MOST_RESPONSES: f64 = 512.0;
/// Rows before a fall, at least, and so many that tell by themselves how much rows differ by chance.
const LEVEL: usize = 5;
const MANY: usize = 20;
/// So many times the variance of a row: the square of three standard errors.
const GAIN: f64 = 9.0;
/// Rows before the highest J and after the lowest one that the date of a fall is read from, too.
const AROUND: usize = 20;

/// J/(1 − J); a mean of responses cannot be told from 1 beyond [`MOST_RESPONSES`].
fn odds(rate: f64) -> f64 {
    let rate = rate.min(1.0 - 1.0 / MOST_RESPONSES);
    rate / (1.0 - rate)
}

impl Depth {
    /// Whether J is so much lower.
    fn is(self, high: f64, low: f64) -> bool {
        low <= self.rate * high && odds(low) <= self.odds * odds(high)
    }
}

/// The rows of a run that have a J. Everything here goes by their places among these.
pub(super) struct Rates<'a> {
    /// Their numbers, where some have none.
    rows: Option<Vec<usize>>,
    /// J of every row, and the mean over the last `window` rows.
    raw: Cow<'a, [f64]>,
    smooth: Cow<'a, [f64]>,
    window: usize,
    responses: f64,
    /// Sums over all places before each one: of J, and of squares of the differences of rows next to each other, and next but one. Made
    /// when first asked for.
    sums: OnceCell<Vec<[f64; 3]>>,
}

/// A fall for good, by rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fall {
    /// The highest J.
    pub top: usize,
    /// The first row that is lower.
    pub first: usize,
    /// The lowest J.
    pub lowest: usize,
}

/// A fall from which J came back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dip {
    /// The highest J before it, the first row of the fall, the lowest J.
    pub rows: [usize; 3],
    /// The first row in which J is back; none if the log ends before.
    pub back: Option<usize>,
    /// How many rows are so low.
    pub length: usize,
}

impl<'a> Rates<'a> {
    /// `smooth` holds means over `window` rows, each a mean of `responses` responses; NaN where there is no J.
    pub(super) fn new(raw: &'a [f64], smooth: &'a [f64], window: usize, responses: f64) -> Rates<'a> {
        let (responses, sums) = (responses.min(MOST_RESPONSES), OnceCell::new());
        if !raw.iter().any(|rate| rate.is_nan()) {
            return Rates { rows: None, raw: raw.into(), smooth: smooth.into(), window, responses, sums };
        }
        let rows: Vec<usize> = (0..raw.len()).filter(|row| !raw[*row].is_nan()).collect();
        let of = |column: &[f64]| rows.iter().map(|row| column[*row]).collect();
        Rates { raw: of(raw), smooth: of(smooth), rows: Some(rows), window, responses, sums }
    }

    /// The number of the row at a place.
    fn row(&self, place: usize) -> usize {
        self.rows.as_ref().map_or(place, |rows| rows[place])
    }

    fn sums(&self) -> &[[f64; 3]] {
        self.sums.get_or_init(|| {
            let (raw, mut total) = (&self.raw, [0.0; 3]);
            let mut sums = Vec::with_capacity(raw.len() + 1);
            sums.push(total);
            for place in 0..raw.len() {
                let step = |back: usize| if place >= back { (raw[place] - raw[place - back]).powi(2) } else { 0.0 };
                total = [total[0] + raw[place], total[1] + step(1), total[2] + step(2)];
                sums.push(total);
            }
            sums
        })
    }

    fn mean(&self, from: usize, to: usize) -> f64 {
        (self.sums()[to][0] - self.sums()[from][0]) / (to - from) as f64
    }

    /// The variance of a row, by what rows near each other differ: a trend, or a swing from row to row, does not count.
    fn scatter(&self, from: usize, to: usize) -> f64 {
        let apart = |lag: usize| match to.saturating_sub(from + lag) {
            0 => 0.0,
            pairs => (self.sums()[to][lag] - self.sums()[from + lag][lag]).max(0.0) / (2.0 * pairs as f64),
        };
        f64::min(apart(1), apart(2))
    }

    /// The same of the whole run without the quarter of the rows that differ most (as if normally distributed): falls do not count.
    fn trimmed_scatter(&self) -> f64 {
        let apart = |lag: usize| {
            let mut squares: Vec<f64> =
                self.raw.iter().zip(self.raw.iter().skip(lag)).map(|(a, b)| (a - b).powi(2)).collect();
            let kept = squares.len() - squares.len() / 4;
            if kept == 0 {
                return 0.0;
            }
            squares.select_nth_unstable_by(kept - 1, f64::total_cmp);
            // E[χ²; χ² below its upper quartile]/¾ = 0.3687 for one degree of freedom.
            squares[..kept].iter().sum::<f64>() / kept as f64 / 0.3687 / 2.0
        };
        f64::min(apart(1), apart(2))
    }

    /// The variance of a row of mean `rate`: that of so many responses, or more if they are not independent.
    fn variance(&self, rate: f64, scatter: f64) -> f64 {
        f64::max(rate * (1.0 - rate) / self.responses, scatter)
    }

    /// The square of the standard error of a mean over rows.
    fn error(&self, from: usize, to: usize) -> f64 {
        let scatter = if to - from < MANY { self.scatter(0, self.raw.len()) } else { self.scatter(from, to) };
        self.variance(self.mean(from, to), scatter) / (to - from) as f64
    }

    /// Whether the mean over the rows from `place` on is lower than over those from `top` to there, beyond chance.
    fn is_lower(&self, top: usize, place: usize) -> bool {
        let from = usize::min(top.saturating_sub(self.window - 1), place.saturating_sub(LEVEL));
        let end = self.raw.len();
        let error = (self.error(from, place) + self.error(place, end)).sqrt();
        self.mean(from, place) - self.mean(place, end) > ERRORS * error
    }

    /// The fall of the run, if there is one: J stays low to the end, for longer than in any dip before.
    pub(super) fn fall(&self, depth: Depth) -> Option<Fall> {
        let count = self.raw.len();
        let rest = depth.rest.max(self.window);
        // The largest J from every place on.
        let mut later = vec![0.0; count + 1];
        for place in (0..count).rev() {
            later[place] = f64::max(self.smooth[place], later[place + 1]);
        }
        let start = self.window.saturating_sub(1);
        let mut top = start;
        let (mut dip, mut longest) = (0, 0);
        for place in start + 1..(count + 1).saturating_sub(rest) {
            if self.smooth[place - 1] > self.smooth[top] {
                top = place - 1;
            }
            let high = self.smooth[top];
            // A dip from which J came back lasted as long at most.
            let below = odds(self.smooth[place - 1]) <= depth.odds * odds(high);
            (dip, longest) = if below { (dip + 1, longest) } else { (0, longest.max(dip)) };
            if count - place <= longest {
                break;
            }
            if depth.is(high, later[place]) && self.is_lower(top, place) {
                let onset = (top + 1..=place).find(|place| odds(later[*place]) < ONSET * odds(high)).unwrap_or(place);
                let lowest = (onset..count).min_by(|a, b| self.smooth[*a].total_cmp(&self.smooth[*b])).unwrap_or(onset);
                // A smoothed J lags, and the highest one is high by chance: the rows themselves tell where it fell.
                let around = usize::max(3 * self.window, AROUND);
                let (from, to) = (top.saturating_sub(around), (lowest + around).min(count - 1));
                let first = from + ramp(&self.raw[from..=to]);
                let [top, first, lowest] = [top, first, lowest].map(|place| self.row(place));
                return Some(Fall { top, first, lowest });
            }
        }
        None
    }

    /// The falls (as deep as `depth`, but of any length) after which the odds came back to half of what they were, and one after which
    /// they did not.
    pub(super) fn dips(&self, depth: Depth) -> Vec<Dip> {
        let count = self.raw.len();
        let scatter = self.trimmed_scatter();
        let deep = |high: f64, low: f64| {
            let error = (self.variance(high, scatter) + self.variance(low, scatter)) / self.window as f64;
            depth.is(high, low) && high - low > ERRORS_OF_A_DIP * error.sqrt()
        };
        let (mut found, mut now) = (Vec::new(), None::<Dip>);
        let start = self.window.saturating_sub(1);
        let (mut top, rate) = (start, &self.smooth);
        for place in start..count {
            let is_deep = deep(rate[top], rate[place]);
            match &mut now {
                Some(dip) if odds(rate[place]) >= ONSET * odds(rate[top]) => {
                    dip.back = Some(place);
                    found.push(*dip);
                    (now, top) = (None, place);
                }
                Some(dip) => {
                    dip.length += usize::from(is_deep);
                    dip.rows[2] = if rate[place] < rate[dip.rows[2]] { place } else { dip.rows[2] };
                }
                None if is_deep => now = Some(Dip { rows: [top, place, place], back: None, length: 1 }),
                None => top = if rate[place] > rate[top] { place } else { top },
            }
        }
        found.extend(now);
        let row = |place: usize| self.row(place);
        found.into_iter().map(|dip| Dip { rows: dip.rows.map(row), back: dip.back.map(row), ..dip }).collect()
    }
}

/// Where values leave a level: of all changes from one level to another, at once or along a straight line around the place where two
/// means fit best, the one of least squares; the first value that is off the first level.
fn ramp(values: &[f64]) -> usize {
    let count = values.len();
    // Sums of y and of i·y over all before each.
    let mut sums = vec![[0.0; 2]];
    let mut total = [0.0; 2];
    for (i, y) in values.iter().enumerate() {
        total = [total[0] + y, total[1] + i as f64 * y];
        sums.push(total);
    }
    let n = count as f64;
    // What y = a + bφ explains, from Σφ, Σφ² and Σφy.
    let explained = |phi: f64, square: f64, product: f64| {
        let (covariance, variance) = (product - phi * total[0] / n, square - phi * phi / n);
        if variance > 0.0 { covariance * covariance / variance } else { 0.0 }
    };
    let at_once = |place: usize| {
        let low = (count - place) as f64;
        explained(low, low, total[0] - sums[place][0])
    };
    let Some(middle) = count.checked_sub(1).and_then(|last| change_point(values, 0, last)) else { return 0 };
    let mut best = (at_once(middle), middle);
    for half in 1..=middle.min(count - middle) {
        // φ goes from 0 at `from` to 1 at `to`.
        let (from, to) = (middle - half, middle + half - 1);
        let width = (to - from) as f64;
        let (low, steps) = ((count - to) as f64, to - from);
        // Σ_{j<steps} j/width and (j/width)².
        let m = steps as f64;
        let (phi, square) = (0.5 * m * (m - 1.0) / width, m * (m - 1.0) * (2.0 * m - 1.0) / 6.0 / (width * width));
        let [y, iy] = [0, 1].map(|k| sums[to][k] - sums[from][k]);
        let product = (iy - from as f64 * y) / width + total[0] - sums[to][0];
        let found = explained(phi + low, square + low, product);
        if found > best.0 {
            best = (found, from + 1);
        }
    }
    // A longer change must fit better by more than a parameter does by chance.
    let squares: f64 = values.iter().map(|y| (y - total[0] / n).powi(2)).sum();
    let noise = (squares - best.0).max(0.0) / (n - 2.0).max(1.0);
    if best.0 - at_once(middle) > GAIN * noise { best.1 } else { middle }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(rate: &[f64]) -> Rates<'_> {
        Rates::new(rate, rate, 1, 512.0)
    }

    fn fall(rate: &[f64], depth: Depth) -> Option<[usize; 3]> {
        rates(rate).fall(depth).map(|fall| [fall.top, fall.first, fall.lowest])
    }

    #[test]
    fn a_collapse_is_a_fall_for_good() {
        let mut rate = vec![0.16, 0.14, 0.07, 0.04, 0.03, f64::NAN, 0.01, 0.0];
        assert_eq!(fall(&rate, COLLAPSE), None, "too few rows after it");
        rate.extend([0.0; 8]);
        let found = fall(&rate, COLLAPSE).unwrap();
        assert!((found[0], found[2]) == (0, 7) && (1..=2).contains(&found[1]), "{found:?}");
        rate.push(0.1);
        assert_eq!(fall(&rate, COLLAPSE), None, "it recovered");
        let mild: Vec<f64> = [0.95; 10].into_iter().chain([0.8; 10]).collect();
        assert_eq!(fall(&mild, COLLAPSE), None);
        let deep: Vec<f64> = [0.9; 10].into_iter().chain([0.4; 10]).collect();
        assert_eq!(fall(&deep, COLLAPSE), Some([0, 10, 10]));
        assert_eq!((fall(&deep, DECLINE), fall(&mild, DECLINE)), (None, None), "ten rows are few");
        let longer: Vec<f64> = [0.8; 10].into_iter().chain([0.5; 20]).collect();
        assert_eq!((fall(&longer, COLLAPSE), fall(&longer, DECLINE)), (None, Some([0, 10, 10])));
        let top: Vec<f64> = [1.0; 10].into_iter().chain([0.9; 20]).collect();
        assert_eq!(fall(&top, DECLINE), None, "from 1 the odds fall without end");
        assert_eq!((fall(&[], COLLAPSE), fall(&[f64::NAN; 9], COLLAPSE), fall(&[0.0; 50], COLLAPSE)), (None, None, None));
    }

    /// A little deeper than each share is a fall, a little less deep is none; likewise with the rows after it.
    #[test]
    fn depths_at_their_limits() {
        let to = |low: f64, rows: usize| [0.6].repeat(30).into_iter().chain([low].repeat(rows)).collect::<Vec<f64>>();
        // The odds of 0.6 are 1.5: a quarter is at 0.2727, a third at ⅓; 85 % is at 0.51.
        assert!(fall(&to(0.27, 5), COLLAPSE).is_some() && fall(&to(0.276, 5), COLLAPSE).is_none());
        assert!(fall(&to(0.27, 4), COLLAPSE).is_none());
        assert!(fall(&to(0.33, 20), DECLINE).is_some() && fall(&to(0.337, 20), DECLINE).is_none());
        assert!(fall(&to(0.33, 19), DECLINE).is_none());
        // At low J the share of J counts.
        let low = |low: f64| [0.98].repeat(30).into_iter().chain([low].repeat(30)).collect::<Vec<f64>>();
        assert!(fall(&low(0.48), COLLAPSE).is_some() && fall(&low(0.5), COLLAPSE).is_none());
        assert!(fall(&low(0.82), DECLINE).is_some() && fall(&low(0.84), DECLINE).is_none());
    }

    #[test]
    fn a_fall_shorter_than_a_dip_is_none() {
        let run = |dip: usize, low: usize| -> Vec<f64> {
            let part = |rate: f64, rows: usize| [rate].repeat(rows);
            [part(0.8, 20), part(0.1, dip), part(0.8, 20), part(0.1, low)].concat()
        };
        assert_eq!((fall(&run(10, 10), COLLAPSE), fall(&run(10, 11), COLLAPSE)), (None, Some([0, 50, 50])));
        let dips = rates(&run(10, 10)).dips(COLLAPSE);
        assert_eq!(dips[0], Dip { rows: [0, 20, 20], back: Some(30), length: 10 });
        assert_eq!(dips[1], Dip { rows: [30, 50, 50], back: None, length: 10 });
    }

    #[test]
    fn dips_end_where_j_is_back() {
        let dips = |rate: &[f64]| rates(rate).dips(COLLAPSE);
        let level = [0.6; 40];
        let once = [&level[..], &[0.2, 0.1, f64::NAN, 0.2, 0.3, 0.45, 0.6, 0.6]].concat();
        assert_eq!(dips(&once), [Dip { rows: [0, 40, 41], back: Some(45), length: 3 }]);
        assert_eq!(dips(&once[..45]), [Dip { rows: [0, 40, 41], back: None, length: 3 }]);
        let twice: Vec<f64> = [0.9, 0.3].repeat(4);
        let found: Vec<_> = dips(&twice).iter().map(|dip| (dip.rows[1], dip.back)).collect();
        assert_eq!(found, [(1, Some(2)), (3, Some(4)), (5, Some(6)), (7, None)]);
        let high = [&[1.0; 20][..], &[0.4, 0.4, 0.999], &[1.0; 20]].concat();
        assert_eq!(dips(&high), [Dip { rows: [0, 20, 20], back: Some(22), length: 2 }], "1 − J of 512 responses");
        assert_eq!((dips(&[]), dips(&[0.6, 0.35, 0.6]), dips(&[0.0; 9])), (vec![], vec![], vec![]));
    }

    #[test]
    fn ramps_begin_where_the_level_is_left() {
        for rows in [1, 2, 5, 10, 40] {
            let at = |i: usize| 0.8 - 0.7 * ((i.max(49) - 49) as f64 / rows as f64).min(1.0);
            let values: Vec<f64> = (0..140).map(at).collect();
            assert!(ramp(&values).abs_diff(50) <= 1, "{rows}: {}", ramp(&values));
        }
        assert_eq!((ramp(&[]), ramp(&[0.5]), ramp(&[0.5, 0.5])), (0, 0, 1));
    }

    #[test]
    fn scatter_is_not_that_of_trends_and_swings() {
        let trend: Vec<f64> = (0..100).map(|i| 0.005 * i as f64).collect();
        let swing: Vec<f64> = [0.2, 0.8].repeat(50);
        let noise: Vec<f64> = (0..100).map(|i| 0.5 + 0.1 * ((i * i * 7919 % 101) as f64 / 50.0 - 1.0)).collect();
        let of = |rate: &[f64]| rates(rate).scatter(0, rate.len());
        assert!(of(&trend) < 2e-5 && of(&swing) < 1e-12);
        let mean = noise.iter().sum::<f64>() / 100.0;
        let variance = noise.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 99.0;
        assert!((of(&noise) / variance - 1.0).abs() < 0.25, "{} {variance}", of(&noise));
    }
}
