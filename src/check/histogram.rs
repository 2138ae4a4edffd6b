//! Quantiles of positive quantities that spread over hundreds of decades, mergeable and exact in their counts.

use super::numbers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bins per decade where they are narrowest.
const PER_DECADE: f64 = 50.0;

/// Counts of log₁₀ x in bins, with exact minimum and maximum. A bin is 1/50 decade (4.7 %) wide from 10⁻²⁰ to 10²⁰, 1/5 decade to
/// 10^±400, two decades beyond: a few thousand bins, however many numbers are added. Merging adds counts, so the result does not
/// depend on the order of the cases.
///
/// ```
/// use gradient_gap::check::histogram::Histogram;
///
/// let mut seen = Histogram::default();
/// [1e-300, 2.0, 1e3].into_iter().for_each(|x| seen.add(x));
/// assert_eq!((seen.count(), seen.quantile_log10(0.0), seen.quantile_log10(1.0)), (3, Some(-300.0), Some(3.0)));
/// assert!((seen.quantile_log10(0.5).expect("not empty") - 2f64.log10()).abs() < 0.01); // to half a bin
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Histogram {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    bins: BTreeMap<i32, u64>,
    #[serde(skip_serializing_if = "numbers::is_zero")]
    zeros: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<(f64, f64)>,
}

/// How many fiftieths of a decade the bin is wide that holds fiftieth k; a bin is named by the first of them.
fn width(k: i32) -> i32 {
    match k {
        -1_000..1_000 => 1,
        -20_000..20_000 => 10,
        _ => 100,
    }
}

/// The bin that holds fiftieth k.
fn bin(k: i32) -> i32 {
    k.saturating_sub(k.rem_euclid(width(k)))
}

impl Histogram {
    /// Adds x = 10^`log10`; −∞ counts as zero, NaN and +∞ are left out.
    pub fn add_log10(&mut self, log10: f64) {
        if log10 == f64::NEG_INFINITY {
            self.zeros += 1;
        } else if log10.is_finite() {
            let log10 = log10 + 0.0; // −0 is 0, whichever came first
            *self.bins.entry(bin((log10 * PER_DECADE).floor() as i32)).or_default() += 1;
            self.range = Some(self.range.map_or((log10, log10), |(low, high)| (low.min(log10), high.max(log10))));
        }
    }

    /// Adds x; numbers ≤ 0 count as zero.
    pub fn add(&mut self, x: f64) {
        self.add_log10(if x <= 0.0 { f64::NEG_INFINITY } else { pxfm::f_log10(x) });
    }

    /// Adds all that `other` counted.
    pub(crate) fn merge(&mut self, other: &Histogram) {
        other.bins.iter().for_each(|(&bin, &count)| *self.bins.entry(bin).or_default() += count);
        self.zeros += other.zeros;
        if let Some((low, high)) = other.range {
            self.range = Some(self.range.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
        }
    }

    /// The counts in bins of a fifth of a decade, at least: the lower end's log₁₀, and how many; zeros are left out.
    pub(crate) fn fifths(&self) -> Vec<(f64, u64)> {
        let mut fifths: BTreeMap<i32, u64> = BTreeMap::new();
        self.bins.iter().for_each(|(bin, n)| *fifths.entry(bin.div_euclid(10)).or_default() += n);
        fifths.into_iter().map(|(bin, n)| (f64::from(bin) / 5.0, n)).collect()
    }

    /// How many numbers were added.
    pub fn count(&self) -> u64 {
        self.zeros + self.bins.values().sum::<u64>()
    }

    /// Whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Histogram::default()
    }

    /// The same as [`count`](Histogram::count); `None` where it is no `u64`.
    pub(super) fn total(&self) -> Option<u64> {
        self.bins.values().try_fold(self.zeros, |sum, &n| sum.checked_add(n))
    }

    /// Whether the least number is no larger than the largest.
    pub(super) fn is_sound(&self) -> bool {
        self.range.is_none_or(|(low, high)| low <= high)
    }

    /// log₁₀ of the q-quantile, 0 ≤ q ≤ 1, to half a bin; −∞ where it is zero, `None` where nothing was added. The ends are
    /// exact.
    pub fn quantile_log10(&self, q: f64) -> Option<f64> {
        let count = self.count();
        let (low, high) = self.range.unwrap_or((f64::NEG_INFINITY, f64::NEG_INFINITY));
        if count == 0 {
            return None;
        }
        let rank = ((q * count as f64).ceil() as u64).clamp(1, count);
        if rank <= self.zeros {
            return Some(f64::NEG_INFINITY);
        }
        if rank == count {
            return Some(high);
        }
        if rank == self.zeros + 1 {
            return Some(low);
        }
        let mut seen = self.zeros;
        for (&bin, &n) in &self.bins {
            seen += n;
            if seen >= rank {
                return Some(((f64::from(bin) + 0.5 * f64::from(width(bin))) / PER_DECADE).clamp(low, high));
            }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_known_sample() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|x| histogram.add(f64::from(x)));
        for (q, expected) in [(0.0, 1.0), (0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = 10f64.powf(histogram.quantile_log10(q).expect("not empty"));
            assert!((found / expected - 1.0).abs() < 0.025, "{q}: {found}");
        }
        let mut halves = (Histogram::default(), Histogram::default());
        (1..=1000).for_each(|x| if x % 3 == 0 { halves.0.add(f64::from(x)) } else { halves.1.add(f64::from(x)) });
        halves.1.merge(&halves.0);
        assert_eq!(halves.1, histogram);
        assert_eq!(Histogram::default().quantile_log10(0.5), None);
    }

    #[test]
    fn counts_of_a_known_sample() {
        let mut histogram = Histogram::default();
        [0.0, 1.0, 1.01, 1.5, 1.6, 10.0, 0.5].into_iter().for_each(|x| histogram.add(x));
        assert_eq!((histogram.count(), histogram.total(), histogram.is_sound()), (7, Some(7), true));
        // Fifths of a decade: below 1 from 10^−0.4, then from 1, from 10^0.2 ≈ 1.58 and from 10; the zero is left out.
        assert_eq!(histogram.fifths(), [(-0.4, 1), (0.0, 3), (0.2, 1), (1.0, 1)]);
        histogram.zeros = u64::MAX;
        assert_eq!(histogram.total(), None);
        histogram.range = Some((1.0, 0.0));
        assert!(!histogram.is_sound());
    }

    /// Bins lie side by side, and there are few of them.
    #[test]
    fn bins_are_bounded_and_do_not_overlap() {
        let (mut k, mut bins) = (-250_000, 0);
        while k < 250_000 {
            assert!(bin(k) == k && (k..k + width(k)).all(|inside| bin(inside) == k), "{k}");
            (k, bins) = (k + width(k), bins + 1);
        }
        assert!(bins < 11_000, "{bins}");
        assert_eq!(bin(i32::MIN), i32::MIN, "numbers that no f64 has a logarithm of");
        let mut histogram = Histogram::default();
        (0..=300_000).for_each(|i| histogram.add_log10(-0.01 * f64::from(i)));
        assert!(histogram.bins.len() < 5_000 && histogram.count() == 300_001);
        for (q, expected, within) in [(0.9999, -0.3, 0.02), (0.95, -150.0, 0.2), (0.25, -2_250.0, 2.0), (0.0, -3_000.0, 0.0)]
        {
            let found = histogram.quantile_log10(q).expect("not empty");
            assert!((found - expected).abs() <= within, "{q}: {found}");
        }
    }
}
