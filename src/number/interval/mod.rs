//! Intervals with outward rounding.
//!
//! An [`Interval`] stands for a real number known to lie between two ends. Every operation f returns an interval that
//! contains f(x) for *every* real x inside the operands at which f is defined, so a computed interval is a certificate. The
//! ends are `f64`s rounded outward: exactly (the nearest `f64` on the right side) for + − × ÷, `sqrt` and `square`, at most
//! one further place out for the elementary functions, whose `f64` versions are correctly rounded; a few places for
//! `exp_remainder`, `sub_sin`, `softplus` and powers. A part of an operand gives a part of the result (inclusion
//! isotonicity), save for a few places in `exp_remainder`, `sub_sin` and `softplus`.
//!
//! An end of ±∞ means *unbounded*: the number is real, but no `f64` bounds it on that side. So the lower end is never +∞ and
//! the upper never −∞: what overflows becomes \[`f64::MAX`, ∞\], a half line that holds the exact value.
//!
//! | case | result |
//! |---|---|
//! | NaN, or lo > hi, given to a constructor | [`Interval::EMPTY`]: defined nowhere |
//! | any operation on EMPTY (`min` and `max` too; not [`hull`](Interval::hull)) | EMPTY |
//! | any comparison with EMPTY (`surely_le`, `surely_lt`, …) | false |
//! | `mid`, `width` of EMPTY | NaN |
//! | the number +∞, or an overflow of a finite operation | \[`f64::MAX`, ∞\] |
//! | the number −∞, or a negative overflow | \[−∞, −`f64::MAX`\] |
//! | 0 · unbounded | the end is 0: \[0, 0\]·\[1, ∞\] = \[0, 0\] |
//! | underflow of a positive result | \[0, 2⁻¹⁰⁷⁴\], never \[0, 0\] |
//! | \[1, 2\] / \[0, 1\] (zero an end of the divisor) | \[1, ∞\], a half line; the whole line if 0 is inside the dividend |
//! | \[1, 2\] / \[−1, 1\] (zero inside the divisor) | the whole line |
//! | x / \[0, 0\], 0/0 included | EMPTY |
//! | \[0, 0\] / y for any other y | \[0, 0\] |
//! | `ln` of \[−1, 2\] | the domain is clipped: \[−∞, log 2\]; likewise `sqrt`, and `ln_1p` below −1 |
//! | `ln` of \[0, 0\], `ln_1p` of \[−1, −1\] | \[−∞, −`f64::MAX`\], the limit |
//! | `ln`, `sqrt`, `ln_1p` wholly outside the domain | EMPTY |
//! | `exp` with lower end −∞ | lower end 0 |
//! | `powi(0)` | 1, also at 0 |
//! | `powi(−n)` | 1/(xⁿ) by the rules of division: a half line at a zero end, the whole line for odd n around 0 |
//! | `sin`, `cos` of an unbounded interval, or of one longer than a period | \[−1, 1\] |
//! | `mid` of a half line, of the whole line | its finite end, 0 |
//! | `cover` of [0, x] for x < 0 | the segment \[x, 0\], from 0 to x |
//! | `cover` for x = 0, ±∞, NaN | one piece: \[0, 0\], the half line from 0, EMPTY |

mod elementary;
mod rounding;
mod suprema;

use rounding::{add_down, add_up, div_down, div_up, mul_down, mul_up};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A closed interval \[lo, hi\] of real numbers, lo ≤ hi, either end possibly infinite; or the empty set.
///
/// ```
/// use gradient_gap::number::{Interval, Scalar};
///
/// let third = Interval::of(1.0) / Interval::of(3.0);
/// assert!(third.lo() < third.hi() && third.width() < 1e-16);
/// assert!((third * Interval::of(3.0)).contains(1.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Finite or −∞; +∞ only in `EMPTY`.
    lo: f64,
    /// Finite or +∞; −∞ only in `EMPTY`.
    hi: f64,
}

impl Interval {
    /// The empty set: the value of what is defined nowhere. Its ends are (+∞, −∞).
    pub const EMPTY: Interval = Interval { lo: f64::INFINITY, hi: f64::NEG_INFINITY };
    /// The whole line \[−∞, ∞\]: nothing is known.
    pub const WHOLE: Interval = Interval { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    /// \[lo, hi\]; [`EMPTY`](Self::EMPTY) if lo > hi or either is NaN. A lower end of +∞ becomes `f64::MAX`, an upper end of
    /// −∞ becomes −`f64::MAX`.
    pub fn new(lo: f64, hi: f64) -> Interval {
        if lo <= hi { Interval { lo: lo.min(f64::MAX), hi: hi.max(-f64::MAX) } } else { Interval::EMPTY }
    }

    /// \[x, x\]; [`EMPTY`](Self::EMPTY) for NaN, the last half line for ±∞.
    pub fn point(x: f64) -> Interval {
        Interval::new(x, x)
    }

    /// The lower end: −∞ if unbounded, +∞ if empty; never NaN, never −0.
    pub fn lo(self) -> f64 {
        self.lo + 0.0
    }

    /// The upper end: +∞ if unbounded, −∞ if empty; never NaN, never −0.
    pub fn hi(self) -> f64 {
        self.hi + 0.0
    }

    /// hi − lo, rounded up; NaN if empty.
    pub fn width(self) -> f64 {
        if self.is_empty() { f64::NAN } else { add_up(self.hi, -self.lo) + 0.0 }
    }

    /// Whether no number lies inside.
    pub fn is_empty(self) -> bool {
        self.lo > self.hi
    }

    /// Whether both ends are finite. False if empty.
    pub fn is_bounded(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// lo ≤ x ≤ hi. An unbounded end counts as containing its infinity; NaN lies nowhere.
    pub fn contains(self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// Whether every point of `other` lies inside `self`; true if `other` is empty.
    pub fn encloses(self, other: Interval) -> bool {
        other.is_empty() || (self.lo <= other.lo && other.hi <= self.hi)
    }

    /// The smallest interval that contains both; the empty set adds nothing.
    pub fn hull(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The points in both intervals; [`EMPTY`](Self::EMPTY) if there are none.
    pub fn intersection(self, other: Interval) -> Interval {
        Interval::new(self.lo.max(other.lo), self.hi.min(other.hi))
    }

    /// Whether every point of `self` is less than every point of `other`. False if either is empty.
    pub fn surely_lt(self, other: Interval) -> bool {
        self.hi < other.lo && !self.is_empty() && !other.is_empty()
    }

    /// Whether some point of `self` is at most some point of `other`. False if either is empty.
    pub fn possibly_le(self, other: Interval) -> bool {
        self.lo <= other.hi && !self.is_empty() && !other.is_empty()
    }

    /// Whether every point is greater than 0. False if empty.
    pub fn surely_positive(self) -> bool {
        self.lo > 0.0 && !self.is_empty()
    }

    /// Whether every point is less than 0. False if empty.
    pub fn surely_negative(self) -> bool {
        self.hi < 0.0 && !self.is_empty()
    }

    /// \[lo, hi\] from ends that are already rounded outward.
    #[inline]
    fn outward(lo: f64, hi: f64) -> Interval {
        debug_assert!(lo <= hi && lo < f64::INFINITY && hi > f64::NEG_INFINITY, "[{lo}, {hi}]");
        Interval { lo, hi }
    }
}

impl Neg for Interval {
    type Output = Interval;
    #[inline]
    fn neg(self) -> Interval {
        Interval { lo: -self.hi, hi: -self.lo }
    }
}

impl Add for Interval {
    type Output = Interval;
    #[inline]
    fn add(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        Interval::outward(add_down(self.lo, other.lo), add_up(self.hi, other.hi))
    }
}

impl Sub for Interval {
    type Output = Interval;
    #[inline]
    fn sub(self, other: Interval) -> Interval {
        self + (-other)
    }
}

impl Mul for Interval {
    type Output = Interval;
    #[inline]
    fn mul(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        if self.hi <= 0.0 && self.lo < 0.0 {
            return -((-self) * other);
        }
        let (Interval { lo: a, hi: b }, Interval { lo: c, hi: d }) = (self, other);
        if c >= 0.0 {
            Interval::outward(mul_down(a, if a >= 0.0 { c } else { d }), mul_up(b, d))
        } else if d <= 0.0 {
            Interval::outward(mul_down(b, c), mul_up(a, if a >= 0.0 { d } else { c }))
        } else if a >= 0.0 {
            Interval::outward(mul_down(b, c), mul_up(b, d))
        } else {
            Interval::outward(mul_down(a, d).min(mul_down(b, c)), mul_up(a, c).max(mul_up(b, d)))
        }
    }
}

impl Div for Interval {
    type Output = Interval;
    #[inline]
    fn div(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        if other.hi <= 0.0 && other.lo < 0.0 {
            return (-self) / (-other);
        }
        let (Interval { lo: a, hi: b }, Interval { lo: c, hi: d }) = (self, other);
        if c > 0.0 {
            let lo = div_down(a, if a >= 0.0 { d } else { c });
            let hi = div_up(b, if b >= 0.0 { c } else { d });
            Interval::outward(lo, hi)
        } else if d == 0.0 {
            Interval::EMPTY
        } else if a == 0.0 && b == 0.0 {
            self
        } else if c < 0.0 || (a < 0.0 && b > 0.0) {
            Interval::WHOLE
        } else if a >= 0.0 {
            Interval::outward(div_down(a, d), f64::INFINITY)
        } else {
            Interval::outward(f64::NEG_INFINITY, div_up(b, d))
        }
    }
}
