//! The elementary functions of intervals.
//!
//! `pxfm`'s functions round to nearest, so the exact value lies strictly between the two neighbours of the returned one;
//! those neighbours are the ends here, cut to the function's range and to what is known of its sign. The one exception, the
//! exponential where it is subnormal, goes round `pxfm`.

use super::Interval;
use super::rounding::{add_down, add_up, div_down, div_up, mul_down, mul_up, power_down, power_up, sqrt_down, sqrt_up};
use crate::number::Scalar;
use std::f64::consts::{PI, TAU};

/// Up to this |x|, eˣ − 1 − x is summed as a series; beyond, subtracting x from eˣ − 1 loses at most a bit and a half.
const SERIES_LIMIT: f64 = 1.0;

/// 1/k! for k = 3, …, 19, each correctly rounded: the coefficients of T with (eˣ − 1 − x)/x² = ½ + x·T(x).
const INVERSE_FACTORIALS: [f64; 17] = inverse_factorials();

const fn inverse_factorials() -> [f64; 17] {
    let mut table = [0.0; 17];
    let (mut factorial, mut k) = (2_u64, 3);
    while k < 20 {
        factorial *= k;
        // Exact in `f64`: 18! < 2⁵³, and 19! is a multiple of 2¹⁶.
        table[k as usize - 3] = 1.0 / factorial as f64;
        k += 1;
    }
    table
}

/// `of` at both ends, evaluated once for a point.
#[inline]
fn at_ends<T: Copy>(x: Interval, of: impl Fn(f64) -> T) -> (T, T) {
    let at_lo = of(x.lo);
    (at_lo, if x.lo == x.hi { at_lo } else { of(x.hi) })
}

/// Bounds of eˣ.
#[inline]
fn exp_bounds(x: f64) -> (f64, f64) {
    if x < -708.39 {
        return subnormal_exp_bounds(x);
    }
    let nearest = pxfm::f_exp(x);
    // e⁰ = 1 exactly, and the ends must not cross 1 on the wrong side.
    let lo = if x >= 0.0 { nearest.next_down().max(1.0) } else { nearest.next_down() };
    let hi = if x <= 0.0 { nearest.next_up().min(1.0) } else { nearest.next_up() };
    (lo, hi)
}

/// Bounds of eˣ = (e^{x/2})² below `f64`'s normal range, where pxfm 0.1.30 is wrong, by up to the factor 10, at a few points
/// in 10⁵.
#[cold]
fn subnormal_exp_bounds(x: f64) -> (f64, f64) {
    if x < -746.0 {
        return (0.0, 5e-324);
    }
    let root = pxfm::f_exp(0.5 * x);
    let (lo, hi) = (root.next_down(), root.next_up());
    (mul_down(lo, lo), mul_up(hi, hi))
}

/// Bounds of eˣ − 1.
#[inline]
fn exp_m1_bounds(x: f64) -> (f64, f64) {
    let nearest = pxfm::f_expm1(x);
    // eˣ − 1 ≥ x and eˣ − 1 > −1; equality at 0 only, which is exact.
    if x == 0.0 { (0.0, 0.0) } else { (nearest.next_down().max(x).max(-1.0), nearest.next_up()) }
}

/// Bounds of eˣ − 1 − x, within a few units in the last place.
fn exp_remainder_bounds(x: f64) -> (f64, f64) {
    if x.is_infinite() {
        return (f64::MAX, f64::INFINITY);
    }
    if x.abs() > SERIES_LIMIT {
        let (lo, hi) = exp_m1_bounds(x);
        if lo == f64::MAX {
            return (f64::MAX, f64::INFINITY);
        }
        return (add_down(lo, -x), add_up(hi, -x));
    }
    // With u = 2⁻⁵³ and |x| ≤ 1, Horner's rule gives T with an absolute error of at most Σ (2k + 2)·u/(k + 3)! < 0.57u, so
    // x·T with at most 0.57u + 0.22u for x > 0 (|x·T| < 0.22) and 0.57u + 0.14u for x < 0. Adding ½ rounds by at most u/2
    // (sum in [½, 0.72]) or u/4 (sum in [0.36, ½]). What the series leaves out, < 1.1/20!, is below 0.01u. Relative to the
    // sum that is at most 1.30u/0.71 (at x = 1; 0.51u/0.5 near 0) and 0.97u/0.36 (at x = −1), less than 2.8u.
    let tail = INVERSE_FACTORIALS.iter().rev().fold(0.0, |tail, c| tail * x + c);
    let ratio = 0.5 + x * tail;
    let lo = mul_down(ratio, 1.0 - 1.5 * f64::EPSILON);
    let hi = mul_up(ratio, 1.0 + 2.0 * f64::EPSILON);
    (mul_down(mul_down(x, x), lo), mul_up(mul_up(x, x), hi))
}

/// Bounds of x − sin x, within a few units in the last place.
fn sub_sin_bounds(x: f64) -> (f64, f64) {
    if x < 0.0 {
        let (lo, hi) = sub_sin_bounds(-x);
        return (-hi, -lo);
    }
    if x.is_infinite() {
        return (f64::MAX, f64::INFINITY);
    }
    if x > SERIES_LIMIT {
        let sin = pxfm::f_sin(x);
        return (add_down(x, -sin.next_up().min(1.0)), add_up(x, -sin.next_down().max(-1.0)));
    }
    // x³/6·(1 − x²/20·(1 − x²/42·(…))). With u = 2⁻⁵³ and x ≤ 1: the subtrahend, at most 0.05, has a relative error below
    // 7u, the subtraction adds at most u/2, the terms left out are below 6/21! < 0.01u. The sum is at least 0.95.
    let x2 = x * x;
    let tail = (2..=9).rev().fold(1.0, |tail, k| {
        let n = f64::from(2 * k);
        1.0 - x2 / (n * (n + 1.0)) * tail
    });
    let lo = mul_down(tail, 1.0 - 1.5 * f64::EPSILON);
    let hi = mul_up(tail, 1.0 + 2.0 * f64::EPSILON);
    let cube_lo = mul_down(mul_down(x, x), x);
    let cube_hi = mul_up(mul_up(x, x), x);
    (div_down(mul_down(cube_lo, lo), 6.0), div_up(mul_up(cube_hi, hi), 6.0))
}

/// Bounds of the arc tangent: |atan x| ≤ |x|, with equality at 0 only, which is exact.
fn atan_bounds(x: f64) -> (f64, f64) {
    let nearest = pxfm::f_atan(x);
    let (lo, hi) = (nearest.next_down(), nearest.next_up());
    match x {
        0.0 => (0.0, 0.0),
        x if x > 0.0 => (lo.max(0.0), hi.min(x)),
        _ => (lo.max(x), hi.min(0.0)),
    }
}

/// Bounds of log(1 + eˣ).
fn softplus_bounds(x: f64) -> Interval {
    let x = Interval::point(x);
    let beyond = (-x.abs()).exp().ln_1p();
    let sum = if x.lo > 0.0 { beyond + x } else { beyond };
    Interval::outward(sum.lo.max(x.lo).max(0.0), sum.hi)
}

/// sin or cos, from the function and a function of its slope's sign. The slope may vanish at 0 only, at a maximum.
fn wave(x: Interval, value: fn(f64) -> f64, slope: fn(f64) -> f64) -> Interval {
    let everything = Interval { lo: -1.0, hi: 1.0 };
    if x.is_empty() {
        return x;
    }
    let width = x.width();
    // As `f64`s, PI and TAU lie below π and 2π.
    if width >= TAU {
        return everything;
    }
    let (at_lo, at_hi) = at_ends(x, value);
    let lo = at_lo.min(at_hi).next_down().max(-1.0);
    let hi = at_lo.max(at_hi).next_up().min(1.0);
    if width == 0.0 {
        return Interval::outward(lo, hi);
    }
    // Shorter than a period, at most two extrema lie inside: two only between ends of the same direction and only if they
    // are π apart.
    match (slope(x.lo) > 0.0, slope(x.hi) >= 0.0) {
        (true, false) => Interval::outward(lo, 1.0),
        (false, true) => Interval::outward(-1.0, hi),
        _ if width < PI => Interval::outward(lo, hi),
        _ => everything,
    }
}

impl Interval {
    /// xⁿ for n ≥ 1.
    fn positive_power(self, n: u32) -> Interval {
        if self.is_empty() {
            self
        } else if n.is_multiple_of(2) {
            let size = self.abs();
            Interval::outward(power_down(size.lo, n), power_up(size.hi, n))
        } else if self.lo >= 0.0 {
            Interval::outward(power_down(self.lo, n), power_up(self.hi, n))
        } else if self.hi <= 0.0 {
            -(-self).positive_power(n)
        } else {
            Interval::outward(-power_up(-self.lo, n), power_up(self.hi, n))
        }
    }
}

impl Scalar for Interval {
    /// \[x, x\]; EMPTY for NaN, the last half line for ±∞.
    #[inline]
    fn of(x: f64) -> Interval {
        Interval::point(x)
    }
    /// \[lo, hi\], as [`Interval::new`].
    #[inline]
    fn between(lo: f64, hi: f64) -> Interval {
        Interval::new(lo, hi)
    }
    fn exp(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let ((lo, _), (_, hi)) = at_ends(self, exp_bounds);
        Interval::outward(lo, hi)
    }
    fn exp_m1(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let ((lo, _), (_, hi)) = at_ends(self, exp_m1_bounds);
        Interval::outward(lo, hi)
    }
    /// Decreasing below 0, increasing above, 0 at 0.
    fn exp_remainder(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let (at_lo, at_hi) = at_ends(self, exp_remainder_bounds);
        let lo = if self.contains(0.0) { 0.0 } else { at_lo.0.min(at_hi.0) };
        Interval::outward(lo, at_lo.1.max(at_hi.1))
    }
    /// The domain is clipped to x ≥ 0.
    fn ln(self) -> Interval {
        if self.is_empty() || self.hi < 0.0 {
            return Interval::EMPTY;
        }
        let (at_lo, at_hi) = at_ends(Interval { lo: self.lo.max(0.0), hi: self.hi }, pxfm::f_log);
        // log 1 = 0 exactly, and the rounded-out ends must not cross 0 on the wrong side.
        let lo = if self.lo >= 1.0 { at_lo.next_down().max(0.0) } else { at_lo.next_down() };
        let hi = if self.hi <= 1.0 { at_hi.next_up().min(0.0) } else { at_hi.next_up() };
        Interval::outward(lo, hi)
    }
    /// The domain is clipped to x ≥ −1.
    fn ln_1p(self) -> Interval {
        if self.is_empty() || self.hi < -1.0 {
            return Interval::EMPTY;
        }
        let (at_lo, at_hi) = at_ends(Interval { lo: self.lo.max(-1.0), hi: self.hi }, pxfm::f_log1p);
        // log(1 + x) ≤ x, with equality at 0 only, which is exact.
        let lo = if self.lo == 0.0 { 0.0 } else { at_lo.next_down() };
        Interval::outward(lo, at_hi.next_up().min(self.hi))
    }
    /// The domain is clipped to x ≥ 0.
    fn sqrt(self) -> Interval {
        if self.is_empty() || self.hi < 0.0 {
            return Interval::EMPTY;
        }
        Interval::outward(sqrt_down(self.lo.max(0.0)), sqrt_up(self.hi))
    }
    fn sin(self) -> Interval {
        if self.lo == 0.0 && self.hi == 0.0 {
            return self;
        }
        wave(self, pxfm::f_sin, pxfm::f_cos)
    }
    fn cos(self) -> Interval {
        if self.lo == 0.0 && self.hi == 0.0 {
            return Interval::one();
        }
        wave(self, pxfm::f_cos, |x| -pxfm::f_sin(x))
    }
    fn atan(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let ((lo, _), (_, hi)) = at_ends(self, atan_bounds);
        Interval::outward(lo, hi)
    }
    /// Increasing everywhere, and odd.
    fn sub_sin(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let ((lo, _), (_, hi)) = at_ends(self, sub_sin_bounds);
        Interval::outward(lo, hi)
    }
    /// Increasing in |x|: the formula at both ends, where each is a point.
    fn cosh(self) -> Interval {
        let size = self.abs();
        if size.is_empty() {
            return size;
        }
        let ((lo, _), (_, hi)) = at_ends(size, |x| {
            let e = Interval::point(x).exp();
            let cosh = Interval::of(0.5) * (e + Interval::one() / e);
            (cosh.lo.max(1.0), cosh.hi)
        });
        Interval::outward(lo, hi)
    }
    /// Increasing everywhere, and odd: the formula at both ends, where each is a point.
    fn tanh(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let ((lo, _), (_, hi)) = at_ends(self, |x| match x {
            0.0 => (0.0, 0.0),
            x => {
                let two = Interval::of(2.0);
                let tanh = Interval::one() / (Interval::one() + two / (two * Interval::point(x)).exp_m1());
                (tanh.lo.max(-1.0), tanh.hi.min(1.0))
            }
        });
        Interval::outward(lo, hi)
    }
    fn abs(self) -> Interval {
        if self.is_empty() || self.lo >= 0.0 {
            self
        } else if self.hi <= 0.0 {
            -self
        } else {
            Interval { lo: 0.0, hi: self.hi.max(-self.lo) }
        }
    }
    fn square(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let size = self.abs();
        Interval::outward(mul_down(size.lo, size.lo), mul_up(size.hi, size.hi))
    }
    /// Tight but for the rounding of the products: even powers are non-negative, odd ones monotone, x⁰ = 1, and a negative
    /// power is the reciprocal of the positive one.
    fn powi(self, n: i32) -> Interval {
        if self.is_empty() {
            return self;
        }
        if n == 0 {
            return Interval::one();
        }
        let power = self.positive_power(n.unsigned_abs());
        if n > 0 {
            return power;
        }
        // Where xⁿ overflows, its reciprocal need not underflow. Both ways always, so that a part gives a part.
        (Interval::one() / power).intersection((Interval::one() / self).positive_power(n.unsigned_abs()))
    }
    fn min(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        Interval { lo: self.lo.min(other.lo), hi: self.hi.min(other.hi) }
    }
    fn max(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        Interval { lo: self.lo.max(other.lo), hi: self.hi.max(other.hi) }
    }
    /// The midpoint, rounded and always inside; the finite end of a half line, 0 for the whole line, NaN if empty.
    fn mid(self) -> f64 {
        if self.is_empty() {
            f64::NAN
        } else if self.is_bounded() {
            let sum = self.lo + self.hi;
            if sum.is_finite() { 0.5 * sum } else { 0.5 * self.lo + 0.5 * self.hi }
        } else if self.lo.is_finite() {
            self.lo
        } else if self.hi.is_finite() {
            self.hi
        } else {
            0.0
        }
    }
    #[inline]
    fn surely_le(self, other: Interval) -> bool {
        self.hi <= other.lo && !self.is_empty() && !other.is_empty()
    }
    fn suprema<const K: usize>(x: f64, pieces: usize, f: impl Fn(Interval) -> [Interval; K]) -> [Interval; K] {
        super::suprema::suprema(x, pieces, f)
    }
    fn suprema_by_slopes<const K: usize>(
        x: f64,
        pieces: usize,
        f: impl Fn(Interval) -> [Interval; K],
        slopes: impl Fn(Interval) -> [Interval; K],
    ) -> [Interval; K] {
        // Over few pieces slopes vary too much to be worth their cost.
        match pieces < super::suprema::FEW {
            true => super::suprema::suprema(x, pieces, f),
            false => super::suprema::suprema(x, pieces, |over| super::suprema::mean_value(over, &f, &slopes)),
        }
    }
    fn is_zero(self) -> bool {
        self.lo() == 0.0 && self.hi() == 0.0
    }
    fn hull(self, other: Self) -> Self {
        Interval::hull(self, other)
    }
    /// `pieces` (at least one) intervals from 0 to x, neighbours sharing an end, the last ending at x exactly. One piece for
    /// x = 0, ±∞ and NaN; for x < 0 the pieces run down from 0.
    fn cover(x: f64, pieces: usize) -> impl Iterator<Item = Interval> {
        let pieces = if x == 0.0 || !x.is_finite() { 1 } else { pieces.max(1) };
        let border = move |i: usize| match i {
            0 => 0.0,
            _ if i == pieces => x,
            _ => x * (i as f64 / pieces as f64),
        };
        (0..pieces).map(move |i| {
            let (near, far) = (border(i), border(i + 1));
            if x < 0.0 { Interval::new(far, near) } else { Interval::new(near, far) }
        })
    }
    /// Increasing, so each end is evaluated on its own; \[x\]₊ and |x| would lose their dependence on a wide interval.
    fn softplus(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let (at_lo, at_hi) = at_ends(self, softplus_bounds);
        Interval::outward(at_lo.lo, at_hi.hi)
    }
}
