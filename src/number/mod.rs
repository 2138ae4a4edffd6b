//! The numbers everything is computed with.
//!
//! Policies, lines and claims are written once, over [`Scalar`]. Four kinds of number run through them:
//!
//! | number | gives |
//! |---|---|
//! | `f64` | speed |
//! | [`Jet<f64>`](Jet) | exact first and second derivatives along the line θ + t·w |
//! | [`Interval`] | a certificate: the true value lies inside |
//! | [`Jet<Interval>`](Jet) | certified derivatives, at a point or over a whole segment |
//!
//! The elementary functions of [`Interval`] come from `pxfm`, which is pure Rust and correctly rounded for `exp` and `ln`. Those
//! of `f64` do too, but for the exponential, which is the crate's own so that loops over it use vector registers. No result
//! depends on the platform's mathematical library.

mod exponential;
mod interval;
mod jet;
mod lanes;
mod logarithm;
mod polar;
mod real;
mod vector;

pub use exponential::exponentials;
pub(crate) use exponential::{Exponential, exp_four, exp_remainder_four, scaled_exp};
pub use interval::Interval;
pub use jet::Jet;
pub(crate) use lanes::{Arithmetic, LANES, OnLanes, on_lanes};
pub(crate) use logarithm::{ln_1p_four, ln_normal};
#[doc(hidden)] // benches/peers and tests of other generators draw by it
pub use polar::polar_normal;
#[cfg(test)]
pub(crate) use vector::OneLane;
#[doc(hidden)] // benches/roofline measures peaks with it
pub use vector::vectorised;
pub(crate) use vector::{Simd, WithSimd, with_registers_of_four};

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number that policies, lines and claims can be computed with.
///
/// Implementations must be *faithful to the same real function*: `Interval` encloses what `f64` approximates. Nothing
/// panics; an undefined operation (0/0, `ln` of a negative number) gives NaN in `f64` and a documented enclosure in
/// [`Interval`].
pub trait Scalar:
    Copy + Debug + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The number `x`, exactly.
    fn of(x: f64) -> Self;

    /// A number of which only lo ≤ x ≤ hi is known: the midpoint in `f64`, the interval \[lo, hi\] in [`Interval`].
    fn between(lo: f64, hi: f64) -> Self;

    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1, accurate near 0.
    fn exp_m1(self) -> Self;
    /// eˣ − 1 − x ≥ 0, accurate near 0 (about x²/2 there): what is left of eˣ after its linear part.
    fn exp_remainder(self) -> Self;
    /// The natural logarithm, for x ≥ 0.
    fn ln(self) -> Self;
    /// log(1 + x), accurate near 0, for x ≥ −1.
    fn ln_1p(self) -> Self;
    /// √x, for x ≥ 0.
    fn sqrt(self) -> Self;
    /// sin x.
    fn sin(self) -> Self;
    /// cos x.
    fn cos(self) -> Self;
    /// The arc tangent, in (−π/2, π/2).
    fn atan(self) -> Self;
    /// x − sin x, accurate near 0 (about x³/6 there) in `f64`.
    fn sub_sin(self) -> Self {
        self - self.sin()
    }
    /// cosh x = (e^{|x|} + e^{−|x|})/2.
    fn cosh(self) -> Self {
        let e = self.abs().exp();
        Self::of(0.5) * (e + Self::one() / e)
    }
    /// tanh x = 1/(1 + 2/(e^{2x} − 1)), accurate near 0.
    fn tanh(self) -> Self {
        if self.is_zero() {
            return self;
        }
        let two = Self::of(2.0);
        Self::one() / (Self::one() + two / (two * self).exp_m1())
    }
    /// |x|.
    fn abs(self) -> Self;
    /// x², which an interval knows to be non-negative.
    fn square(self) -> Self;
    /// xⁿ for any integer n (1/x⁻ⁿ for n < 0).
    fn powi(self, n: i32) -> Self;
    /// A number known to be one of the two, or between them: the midpoint in `f64`, the smallest interval that contains both in
    /// [`Interval`].
    fn hull(self, other: Self) -> Self;
    /// The smaller of the two.
    fn min(self, other: Self) -> Self;
    /// The larger of the two.
    fn max(self, other: Self) -> Self;

    /// A representative `f64`. Only for shifts that cancel exactly (log-sum-exp), for ordering work and for display, never
    /// for a decision.
    fn mid(self) -> f64;

    /// The numbers themselves, if each is one binary64 and nothing else.
    #[inline]
    fn reals(row: &[Self]) -> Option<&[f64]> {
        let _ = row;
        None
    }

    /// The number itself, if it is one binary64 and nothing else: `None` for intervals and jets.
    fn exact(self) -> Option<f64> {
        None
    }

    /// Whether this is exactly 0.
    fn is_zero(self) -> bool;

    /// Whether `self ≤ other` for certain: `a ≤ b` in `f64`; every point of `self` against every point of `other` for
    /// [`Interval`]. False when either side is undefined.
    fn surely_le(self, other: Self) -> bool;

    /// Numbers that stand for the segment [0, x]: `pieces + 1` sample points in `f64`, `pieces` adjoining enclosures whose
    /// union covers the segment in [`Interval`]. Folding `max` over a function of them gives a *sampled* supremum (a lower
    /// bound, up to rounding) in `f64` and an *enclosed* one in [`Interval`].
    fn cover(x: f64, pieces: usize) -> impl Iterator<Item = Self>;

    /// The suprema of K functions over the segment \[0, x\], from about `pieces` evaluations: *sampled* in `f64` (the largest
    /// value on [`Scalar::cover`]), *enclosed* in [`Interval`], which cuts finer only where a supremum may still lie.
    fn suprema<const K: usize>(x: f64, pieces: usize, f: impl Fn(Self) -> [Self; K]) -> [Self; K] {
        let larger = |a: [Self; K], b: [Self; K]| std::array::from_fn(|k| a[k].max(b[k]));
        // `cover` never yields nothing.
        Self::cover(x, pieces).map(f).reduce(larger).unwrap_or([Self::zero(); K])
    }

    /// [`Scalar::suprema`], where enclosures of the derivatives over a piece are known too: `slopes` gives them for each of
    /// the K functions of `f` (of a maximum of functions: of every one that may be the largest somewhere on the piece). An
    /// interval then knows f over a piece to second order, by the mean value theorem.
    fn suprema_by_slopes<const K: usize>(
        x: f64,
        pieces: usize,
        f: impl Fn(Self) -> [Self; K],
        slopes: impl Fn(Self) -> [Self; K],
    ) -> [Self; K] {
        let _ = slopes;
        Self::suprema(x, pieces, f)
    }

    /// 0.
    fn zero() -> Self {
        Self::of(0.0)
    }
    /// 1.
    fn one() -> Self {
        Self::of(1.0)
    }
    /// log 2.
    fn ln_2() -> Self {
        Self::of(2.0).ln()
    }
    /// max(x, 0), the paper's \[x\]₊.
    fn positive_part(self) -> Self {
        self.max(Self::zero())
    }
    /// log(1 + eˣ) without overflow: minus the logarithm of the logistic function of −x.
    fn softplus(self) -> Self {
        // log(1 + eˣ) = max(x, 0) + log(1 + e^{−|x|})
        self.positive_part() + (-self.abs()).exp().ln_1p()
    }
}

/// Σ xᵢ, added up in order; 0 for an empty sum.
pub fn sum<N: Scalar>(terms: impl IntoIterator<Item = N>) -> N {
    terms.into_iter().fold(N::zero(), |total, term| total + term)
}

/// max |xᵢ|, 0 where there is none.
pub(crate) fn largest_size<N: Scalar>(numbers: &[N]) -> N {
    numbers.iter().fold(N::zero(), |top, x| top.max(x.abs()))
}

/// The largest of the numbers (by their representatives, NaN left out) where it is finite, else 0: what exponentials are shifted
/// by so that none overflows.
#[inline]
pub(crate) fn finite_top<N: Scalar>(numbers: &[N]) -> f64 {
    let larger = |top: f64, x: &N| if x.mid() > top { x.mid() } else { top };
    let top = numbers.iter().fold(f64::NEG_INFINITY, larger);
    if top.is_finite() { top } else { 0.0 }
}

/// log Σ exp(xᵢ), shifted by the largest term so that nothing overflows; log 0 = −∞ for an empty sum.
pub fn log_sum_exp<N: Scalar>(terms: &[N]) -> N {
    let top = terms.iter().map(|x| x.mid()).fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return terms.iter().fold(N::zero(), |total, x| total + x.exp()).ln();
    }
    let shift = N::of(top);
    sum(terms.iter().map(|&x| (x - shift).exp())).ln() + shift
}
