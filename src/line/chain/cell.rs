//! What a set of prefixes is known by: its probability, on a scale of its own, and sums over its tokens.
//!
//! Cells form a semiring: one after the other ([`Cell::then`]: probabilities multiply, sums add), one beside the other ([`Cell::merge`]:
//! probabilities add, sums mix). Nothing cancels: a variance is mixed from variances and squares of differences of means, the
//! logarithm of a mean exponential from such logarithms.

use super::{Chain, dense};
use crate::number::{Scalar, sum};
use smallvec::SmallVec;

/// mantissa·2^exponent > 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mass<N> {
    mantissa: N,
    exponent: i64,
}

/// Mantissas are kept between 2⁻²⁵⁶ and 2²⁵⁶.
const RANGE: i32 = 256;
/// What is smaller by this power of 2 does not count: mantissas differ by 2⁵¹² at most.
const FAR: i64 = 1000;
/// The least exponent of a token.
const LEAST: f64 = -68_719_476_736.0; // −2³⁶
/// A logarithm below this takes an exponent of its own.
const LOW: f64 = -600.0;

/// 2ᵏ, −1022 ≤ k ≤ 1023.
fn power(k: i64) -> f64 {
    f64::from_bits(((1023 + k) as u64) << 52)
}

impl<N: Scalar> Mass<N> {
    pub(super) fn one() -> Mass<N> {
        Mass { mantissa: N::one(), exponent: 0 }
    }

    /// e^`log`, for `log` ≤ 0; 0 (an interval from 0 on) below e^(−4·10¹⁰), so that exponents of 2²⁴ tokens add up without overflow.
    pub(super) fn exp(log: N) -> Mass<N> {
        if log.mid() >= LOW || !log.mid().is_finite() {
            return Mass::of(log.exp());
        }
        let exponent = (log.mid() * std::f64::consts::LOG2_E).round().max(LEAST);
        Mass { mantissa: (log - N::of(exponent) * N::ln_2()).exp(), exponent: exponent as i64 }
    }

    /// `mantissa` on the scale 1.
    pub(super) fn of(mantissa: N) -> Mass<N> {
        Mass { mantissa, exponent: 0 }.scaled()
    }

    /// As one binary64, where that is what it is and it does not underflow.
    pub(super) fn exact(self) -> Option<f64> {
        let mantissa = self.mantissa.exact()?;
        (-600..=0).contains(&self.exponent).then(|| mantissa * power(self.exponent))
    }

    /// As a factor of order 1 and the logarithm of what is left.
    pub(super) fn parts(self) -> (N, N) {
        (self.mantissa, if self.exponent == 0 { N::zero() } else { N::of(self.exponent as f64) * N::ln_2() })
    }

    /// Its logarithm.
    pub(super) fn ln(self) -> N {
        let (mantissa, shift) = self.parts();
        mantissa.ln() + shift
    }

    /// Divided by a number of ordinary size.
    pub(super) fn over(self, divisor: N) -> Mass<N> {
        Mass { mantissa: self.mantissa / divisor, ..self }.scaled()
    }

    fn times(self, other: Mass<N>) -> Mass<N> {
        Mass { mantissa: self.mantissa * other.mantissa, exponent: self.exponent + other.exponent }.scaled()
    }

    /// The mantissa on the scale of a larger exponent.
    fn at(self, exponent: i64) -> N {
        match exponent - self.exponent {
            0 => self.mantissa,
            _ if self.mantissa.is_zero() => self.mantissa,
            far if far > FAR => N::between(0.0, power(-FAR)) * self.mantissa,
            down => N::of(power(-down)) * self.mantissa,
        }
    }

    fn scaled(self) -> Mass<N> {
        let size = self.mantissa.mid();
        if size >= power(-i64::from(RANGE)) && size <= power(i64::from(RANGE)) || size <= 0.0 || !size.is_finite() {
            return self;
        }
        // The exponent of a normal number.
        let shift = ((size.to_bits() >> 52) as i64 - 1023).clamp(-1000, 1000);
        Mass { mantissa: N::of(power(-shift)) * self.mantissa, exponent: self.exponent + shift }
    }
}

/// Sums over the tokens of a prefix, of which a cell knows means and the like.
pub(super) trait Sums<N: Scalar>: Copy {
    /// Of no token.
    fn empty() -> Self;
    /// Of tokens after these.
    fn and(self, after: Self) -> Self;
    /// Of prefixes that have these with the probabilities `share`, which add to 1.
    fn mix(share: &[N], parts: &[Self]) -> Self;
    /// Of a token that is certain, from those of an EOS that no logit decides.
    fn certain(self) -> Self {
        self
    }
    /// O⁻ and O⁺ by another way than through cells, where there is one for such sums.
    fn sides(chain: &Chain<'_, N, Self>) -> Option<[Cell<N, Self>; 2]> {
        let _ = chain;
        None
    }
}

/// A set of prefixes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<N, S> {
    pub(super) mass: Mass<N>,
    pub(super) sums: S,
}

impl<N: Scalar, S: Sums<N>> Cell<N, S> {
    /// The empty prefix.
    pub(super) fn one() -> Cell<N, S> {
        Cell { mass: Mass::one(), sums: S::empty() }
    }

    /// These prefixes, continued by those tokens.
    pub(super) fn then(self, after: Cell<N, S>) -> Cell<N, S> {
        Cell { mass: self.mass.times(after.mass), sums: self.sums.and(after.sums) }
    }

    /// All of these; `None` of none.
    pub(super) fn merge(parts: &[Cell<N, S>]) -> Option<Cell<N, S>> {
        if let [one] = parts {
            return Some(*one);
        }
        // What is 0 for certain has no share in anything else; of several such cells the sums are no numbers.
        let some = |cell: &&Cell<N, S>| !cell.mass.mantissa.is_zero();
        let count = parts.iter().filter(some).count();
        if (1..parts.len()).contains(&count) {
            return Cell::merge(&parts.iter().filter(some).copied().collect::<SmallVec<[Cell<N, S>; 16]>>());
        }
        let exponent = parts.iter().map(|cell| cell.mass.exponent).max()?;
        let mut share: SmallVec<[N; 16]> = parts.iter().map(|cell| cell.mass.at(exponent)).collect();
        let total = sum(share.iter().copied());
        share.iter_mut().for_each(|share| *share = *share / total);
        let sums: SmallVec<[S; 16]> = parts.iter().map(|cell| cell.sums).collect();
        Some(Cell { mass: Mass { mantissa: total, exponent }.scaled(), sums: S::mix(&share, &sums) })
    }
}

/// Σ p x, exactly x where all are the same number.
pub(super) fn mean<N: Scalar>(share: &[N], values: impl Iterator<Item = N> + Clone) -> N {
    let first = values.clone().next().unwrap_or(N::zero());
    match values.clone().all(|x| (x - first).is_zero()) {
        true => first,
        false => sum(share.iter().zip(values).map(|(&p, x)| p * x)),
    }
}

/// Nothing but probabilities.
impl<N: Scalar> Sums<N> for () {
    fn empty() {}
    fn and(self, (): ()) {}
    fn mix(_: &[N], _: &[()]) {}
}

/// Of the score s, the curvature H and the number of tokens: means, and the variance of s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments<N> {
    pub(super) score: N,
    pub(super) variance: N,
    pub(super) curvature: N,
    pub(super) length: N,
}

impl<N: Scalar> Sums<N> for Moments<N> {
    fn empty() -> Self {
        let zero = N::zero();
        Moments { score: zero, variance: zero, curvature: zero, length: zero }
    }
    fn and(self, after: Self) -> Self {
        Moments {
            score: self.score + after.score,
            variance: self.variance + after.variance,
            curvature: self.curvature + after.curvature,
            length: self.length + after.length,
        }
    }
    fn mix(share: &[N], parts: &[Self]) -> Self {
        let of = |value: fn(&Self) -> N| mean(share, parts.iter().map(value));
        let score = of(|part| part.score);
        let variance = sum(share.iter().zip(parts).map(|(&p, part)| p * (part.variance + (part.score - score).square())));
        Moments { score, variance, curvature: of(|part| part.curvature), length: of(|part| part.length) }
    }
    fn sides(chain: &Chain<'_, N, Self>) -> Option<[Cell<N, Self>; 2]> {
        dense::sides(chain)
    }
}

/// What a step does to log π(o), D = Δlog π: its mean m, log E\[e^{D−m}\] ≥ 0, and the mean of D − ηs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved<N> {
    pub(super) change: N,
    pub(super) excess: N,
    pub(super) drift: N,
}

/// Beyond this an exponential comes near overflow.
const LARGE: f64 = 600.0;

impl<N: Scalar> Sums<N> for Moved<N> {
    fn empty() -> Self {
        Moved { change: N::zero(), excess: N::zero(), drift: N::zero() }
    }
    fn and(self, after: Self) -> Self {
        Moved { change: self.change + after.change, excess: self.excess + after.excess, drift: self.drift + after.drift }
    }
    fn mix(share: &[N], parts: &[Self]) -> Self {
        let change = mean(share, parts.iter().map(|part| part.change));
        // With z = m_i − m + κ_i: E[e^{D−m}] = Σ p e^z = 1 + Σ p (κ + e^z − 1 − z), as Σ p (m_i − m) = 0.
        let far = |part: &Self| (part.change - change + part.excess).mid();
        let top = parts.iter().map(far).fold(0.0, f64::max);
        let excess = if top <= LARGE {
            let terms = share.iter().zip(parts).map(|(&p, part)| {
                let z = part.change - change + part.excess;
                p * (part.excess + z.exp_remainder())
            });
            sum(terms).ln_1p()
        } else {
            let shift = N::of(top);
            let terms = share.iter().zip(parts).map(|(&p, part)| p * (part.change - change + part.excess - shift).exp());
            sum(terms).ln() + shift
        };
        Moved { change, excess, drift: mean(share, parts.iter().map(|part| part.drift)) }
    }
}

/// The largest and the smallest score and curvature of a response: no means, but sums over tokens all the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes<N>(pub(super) [N; 4]);

impl<N: Scalar> Sums<N> for Extremes<N> {
    fn empty() -> Self {
        Extremes([N::zero(); 4])
    }
    fn and(self, after: Self) -> Self {
        Extremes(std::array::from_fn(|i| self.0[i] + after.0[i]))
    }
    fn mix(_: &[N], parts: &[Self]) -> Self {
        let larger =
            |a: [N; 4], b: &Self| std::array::from_fn(|i| if i % 2 == 0 { a[i].max(b.0[i]) } else { a[i].min(b.0[i]) });
        let first = parts.first().map_or([N::zero(); 4], |part| part.0);
        Extremes(parts.iter().fold(first, larger))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Interval;

    fn cell<N: Scalar>(log: f64) -> Cell<N, ()> {
        Cell { mass: Mass::exp(N::of(log)), sums: () }
    }

    fn merged<N: Scalar>(logs: &[f64]) -> N {
        let cells: Vec<Cell<N, ()>> = logs.iter().map(|&log| cell(log)).collect();
        Cell::merge(&cells).map_or(N::zero(), |cell| cell.mass.ln())
    }

    #[test]
    fn masses_on_scales_of_their_own() {
        for log in [0.0, -1.0, -599.0, -601.0, -1e5, -1e10] {
            assert!((cell::<f64>(log).mass.ln() - log).abs() <= 4e-16 * log.abs(), "{log}");
            let enclosed = cell::<Interval>(log).mass.ln();
            assert!(enclosed.contains(log) && enclosed.width() <= 1e-13 * (1.0 + log.abs()), "{log} {enclosed:?}");
            assert!((merged::<f64>(&[log, log]) - log - std::f64::consts::LN_2).abs() <= 4e-16 * (1.0 + log.abs()));
            // What is far smaller does not count, in whatever order.
            assert_eq!(merged::<f64>(&[log, log - 1e4]), merged::<f64>(&[log - 1e4, log]));
            assert_eq!(merged::<f64>(&[log, log - 1e4]), cell::<f64>(log).mass.ln());
            assert!(merged::<Interval>(&[log, log - 1e4]).contains(log));
        }
        // A product of a million factors, some of which are small on their own.
        for log in [-1e3, -599.0, -400.0, -1.0] {
            let mut product = Cell::<f64, ()>::one();
            (0..1_000_000).for_each(|_| product = product.then(cell(log)));
            assert!((product.mass.ln() / (1e6 * log) - 1.0).abs() < 1e-12, "{log}");
        }
    }

    #[test]
    fn what_is_zero_hides_nothing() {
        let zero = cell::<f64>(-1e300);
        assert_eq!(zero.mass.ln(), f64::NEG_INFINITY);
        let small = cell::<f64>(-5e10 * 0.5);
        for cells in [[zero, small], [small, zero]] {
            assert_eq!(Cell::merge(&cells).map(|cell| cell.mass.ln()), Some(small.mass.ln()));
        }
        assert_eq!(Cell::merge(&[zero, zero]).map(|cell| cell.mass.ln()), Some(f64::NEG_INFINITY));
        assert!(Cell::<f64, ()>::merge(&[]).is_none());
        let enclosed = cell::<Interval>(-1e300).mass.ln();
        assert!(enclosed.lo() == f64::NEG_INFINITY && enclosed.hi() < -1e10, "{enclosed:?}");
        // What nothing weighs has no mean, and spoils none.
        let of = |log: f64, score: f64| Cell {
            mass: Mass::exp(log),
            sums: Moments { score, variance: 0.0, curvature: 0.0, length: 1.0 },
        };
        let none = Cell::merge(&[of(-1e300, 1.0), of(-1e300, 2.0)]).unwrap();
        assert!(none.sums.score.is_nan() && none.mass.ln() == f64::NEG_INFINITY);
        assert_eq!(Cell::merge(&[none, of(-1.0, 3.0)]).unwrap().sums.score, 3.0);
        assert_eq!(Cell::merge(&[of(-1.0, 5.0), none, of(-1.0, 3.0)]).unwrap().sums.score, 4.0);
    }

    /// Means and variances as of the list of what was merged, in any grouping.
    #[test]
    fn moments_of_mixtures() {
        let one = |log: f64, score: f64| Cell {
            mass: Mass::exp(log),
            sums: Moments { score, variance: 0.0, curvature: -score, length: 1.0 },
        };
        let cells = [one(-1.0, 2.0), one(-2.0, -1.0), one(-0.5, 1e6), one(-3.0, 1e6 + 1.0)];
        let all = Cell::merge(&cells).unwrap();
        let halves = [Cell::merge(&cells[..2]).unwrap(), Cell::merge(&cells[2..]).unwrap()];
        let grouped = Cell::merge(&halves).unwrap();
        let weights = [-1.0f64, -2.0, -0.5, -3.0].map(f64::exp);
        let total: f64 = weights.iter().sum();
        let mean = weights.iter().zip(&cells).map(|(w, cell)| w * cell.sums.score).sum::<f64>() / total;
        let spread = weights.iter().zip(&cells).map(|(w, cell)| w * (cell.sums.score - mean).powi(2)).sum::<f64>() / total;
        for cell in [all, grouped] {
            assert!((cell.sums.score / mean - 1.0).abs() < 1e-15 && (cell.sums.variance / spread - 1.0).abs() < 1e-14);
            assert!(cell.sums.length == 1.0, "equal lengths stay exact");
        }
        // log E[e^D] = mean + excess.
        let moved = |log: f64, change: f64| Cell { mass: Mass::exp(log), sums: Moved { change, excess: 0.0, drift: 0.0 } };
        for scale in [1e-200, 1e-9, 0.5, 300.0, 5_000.0] {
            let cells = [moved(-1.0, 2.0 * scale), moved(-2.0, -scale), moved(-0.5, 0.25 * scale)];
            let merged = Cell::merge(&cells).unwrap().sums;
            let twice = Cell::merge(&[Cell::merge(&cells[..2]).unwrap(), cells[2]]).unwrap().sums;
            assert!((merged.excess - twice.excess).abs() <= 1e-13 * merged.excess, "{merged:?} {twice:?}");
            if scale == 0.5 {
                let weights = [-1.0f64, -2.0, -0.5].map(f64::exp);
                let total: f64 = weights.iter().sum();
                let log = (weights.iter().zip(&cells).map(|(w, cell)| w * cell.sums.change.exp()).sum::<f64>() / total).ln();
                assert!((merged.change + merged.excess - log).abs() < 1e-15);
            }
        }
    }
}
