//! `f64` as a [`Scalar`].

use super::{Scalar, exponential};

impl Scalar for f64 {
    #[inline]
    fn of(x: f64) -> f64 {
        x
    }
    #[inline]
    fn between(lo: f64, hi: f64) -> f64 {
        if lo == hi { lo } else { 0.5 * lo + 0.5 * hi }
    }
    #[inline]
    fn exp(self) -> f64 {
        exponential::exp(self)
    }
    #[inline]
    fn exp_m1(self) -> f64 {
        exponential::exp_m1(self)
    }
    #[inline]
    fn exp_remainder(self) -> f64 {
        exponential::exp_remainder(self)
    }
    #[inline]
    fn ln(self) -> f64 {
        pxfm::f_log(self)
    }
    #[inline]
    fn ln_1p(self) -> f64 {
        pxfm::f_log1p(self)
    }
    #[inline]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline]
    fn sin(self) -> f64 {
        pxfm::f_sin(self)
    }
    #[inline]
    fn cos(self) -> f64 {
        pxfm::f_cos(self)
    }
    #[inline]
    fn atan(self) -> f64 {
        pxfm::f_atan(self)
    }
    /// Taylor polynomial x³/6·(1 − x²/20·(1 − x²/42·(…))) for |x| ≤ 1, nine terms (truncation below 2⁻⁶⁰ of the value).
    fn sub_sin(self) -> f64 {
        if f64::abs(self) > 1.0 {
            return self - pxfm::f_sin(self);
        }
        let x2 = self * self;
        let tail = (2..=9).rev().fold(1.0, |tail, k| {
            let n = f64::from(2 * k);
            1.0 - x2 / (n * (n + 1.0)) * tail
        });
        self * x2 / 6.0 * tail
    }
    #[inline]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline]
    fn square(self) -> f64 {
        self * self
    }
    /// By repeated squaring, so that the result does not depend on the platform.
    #[inline]
    fn powi(self, n: i32) -> f64 {
        let (mut base, mut left, mut product) = (self, n.unsigned_abs(), 1.0);
        while left > 0 {
            if left & 1 == 1 {
                product *= base;
            }
            base *= base;
            left >>= 1;
        }
        if n < 0 { 1.0 / product } else { product }
    }
    #[inline]
    fn hull(self, other: f64) -> f64 {
        0.5 * self + 0.5 * other
    }
    #[inline]
    fn min(self, other: f64) -> f64 {
        f64::min(self, other)
    }
    #[inline]
    fn max(self, other: f64) -> f64 {
        f64::max(self, other)
    }
    #[inline]
    fn mid(self) -> f64 {
        self
    }
    #[inline]
    fn reals(row: &[f64]) -> Option<&[f64]> {
        Some(row)
    }
    #[inline]
    fn exact(self) -> Option<f64> {
        Some(self)
    }
    #[inline]
    fn is_zero(self) -> bool {
        self == 0.0
    }
    #[inline]
    fn surely_le(self, other: f64) -> bool {
        self <= other
    }
    #[inline]
    fn ln_2() -> f64 {
        std::f64::consts::LN_2
    }
    fn cover(x: f64, pieces: usize) -> impl Iterator<Item = f64> {
        let pieces = if x == 0.0 { 0 } else { pieces.max(1) }; // a segment of length 0 is a point
        (0..=pieces).map(move |i| if i == pieces { x } else { x * (i as f64 / pieces as f64) })
    }
}
