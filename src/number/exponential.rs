//! The exponential of `f64`: additions, multiplications and bit shifts only, no branch and no table.
//!
//! A loop over a slice therefore runs on the vector registers that every machine of a platform has, and gives the same bits on
//! all of them. With x = k·log 2 + r, |r| ≤ ½ log 2,
//!
//! ```text
//! eˣ = 2ᵏ (1 + r + r² q(r)),     q(r) = 1/2! + r/3! + r²/4! + …
//! ```
//!
//! The intervals' exponential is another one (pxfm's, correctly rounded), so that the two check each other.
//!
//! Reference: Muller, Elementary Functions, 3rd ed., §11 (additive range reduction after Cody and Waite).

use crate::number::{Arithmetic, OnLanes, Simd, on_lanes};

/// 1.5·2⁵²: adding it rounds |x| < 2⁵⁰ to an integer, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// log 2 in two parts, the first with 20 zero bits at its end, so that k·`LN_2_HIGH` is exact for |k| < 2²⁰.
pub(super) const LN_2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
pub(super) const LN_2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);

/// 1/k! for k = 2, …, 17.
const INVERSE_FACTORIALS: [f64; 16] = {
    let mut table = [0.0; 16];
    let (mut factorial, mut k) = (1_u64, 2);
    while k < 18 {
        factorial *= k;
        table[k as usize - 2] = 1.0 / factorial as f64; // 17! < 2⁵³
        k += 1;
    }
    table
};

/// 1/2! + r/3! + … + r¹¹/13!, in pairs (Estrin's scheme: a shorter chain of dependent operations than Horner's).
#[inline(always)]
fn short_tail(r: f64) -> f64 {
    let c = &INVERSE_FACTORIALS;
    let r2 = r * r;
    let r4 = r2 * r2;
    let four = |i: usize| (c[i] + c[i + 1] * r) + (c[i + 2] + c[i + 3] * r) * r2;
    four(0) + four(4) * r4 + four(8) * (r4 * r4)
}

/// 1/2! + r/3! + … + r¹⁵/17!.
#[inline(always)]
fn long_tail(r: f64) -> f64 {
    let c = &INVERSE_FACTORIALS;
    let r2 = r * r;
    let r4 = r2 * r2;
    let four = |i: usize| (c[i] + c[i + 1] * r) + (c[i + 2] + c[i + 3] * r) * r2;
    (four(0) + four(4) * r4) + (four(8) + four(12) * r4) * (r4 * r4)
}

/// x cut to \[low, high\]; NaN stays.
#[inline(always)]
fn clamp(x: f64, low: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// x/log 2 to the nearest integer.
#[inline(always)]
fn exponent(x: f64) -> f64 {
    (x * std::f64::consts::LOG2_E + ROUND) - ROUND
}

/// x − k·log 2.
#[inline(always)]
fn reduced(x: f64, k: f64) -> f64 {
    (x - k * LN_2_HIGH) - k * LN_2_LOW
}

/// 2ᵏ for an integer −1022 ≤ k ≤ 1023 (NaN gives some number).
#[inline(always)]
fn power_of_two(k: f64) -> f64 {
    f64::from_bits(((k + ROUND).to_bits() << 52).wrapping_add(1023 << 52))
}

/// f of four numbers, side by side.
#[inline(always)]
pub(super) fn map_four(x: [f64; 4], f: impl Fn(f64) -> f64) -> [f64; 4] {
    [f(x[0]), f(x[1]), f(x[2]), f(x[3])]
}

/// [`exp`] of four numbers.
#[inline(always)]
pub(crate) fn exp_four(x: [f64; 4]) -> [f64; 4] {
    map_four(x, exp)
}

/// [`exp_remainder`] of four numbers |x| ≤ 700.
#[inline(always)]
pub(crate) fn exp_remainder_four(x: [f64; 4]) -> [f64; 4] {
    map_four(x, exp_remainder_of)
}

/// eˣ, to 1.1 units in the last place; 0.6 more where it is subnormal.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let x = clamp(x, -746.0, 710.0);
    let k = exponent(x);
    let r = reduced(x, k);
    let mantissa = 1.0 + (r + r * r * short_tail(r));
    // In two steps: 2ᵏ alone may lie outside the range.
    let half = (0.5 * k + ROUND) - ROUND;
    mantissa * power_of_two(half) * power_of_two(k - half)
}

/// The constants of [`exp`] in each of W lanes. From memory that the compiler knows nothing of they are operands of the
/// operations; else they would be copied into registers one by one.
#[derive(Debug)]
#[repr(align(64))] // no register is loaded from two lines of the cache
pub(crate) struct Exponential<const W: usize> {
    /// 1/log 2.
    inverse: [f64; W],
    round: [f64; W],
    high: [f64; W],
    low: [f64; W],
    factorials: [[f64; W]; 12],
    one: [f64; W],
}

impl<const W: usize> Exponential<W> {
    /// They.
    pub(crate) const CONSTANTS: Self = {
        let mut factorials = [[0.0; W]; 12];
        let mut k = 0;
        while k < factorials.len() {
            factorials[k] = [INVERSE_FACTORIALS[k]; W];
            k += 1;
        }
        Exponential {
            inverse: [std::f64::consts::LOG2_E; W],
            round: [ROUND; W],
            high: [LN_2_HIGH; W],
            low: [LN_2_LOW; W],
            factorials,
            one: [1.0; W],
        }
    };
}

impl<S: Simd> Arithmetic<S> {
    /// [`exp`] of numbers |x| ≤ 700, with the same bits, in fewer steps: no product leaves the normal range. Of X numbers, a multiple
    /// of W, step by step for all: the processor finds something to do while it waits for one.
    #[inline(always)]
    pub(crate) fn exp_within<const W: usize, const X: usize>(self, constants: &Exponential<W>, x: [f64; X]) -> [f64; X] {
        let Exponential { inverse, round, high, low, factorials: c, one } = constants;
        let rounded = self.add(self.multiply(x, repeat(inverse)), repeat(round));
        let k = self.subtract(rounded, repeat(round));
        let r = self.subtract(self.subtract(x, self.multiply(k, repeat(high))), self.multiply(k, repeat(low)));
        let r2 = self.multiply(r, r);
        let r4 = self.multiply(r2, r2);
        let first = self.add(self.pair(c, 0, r), self.multiply(self.pair(c, 2, r), r2));
        let second = self.add(self.pair(c, 4, r), self.multiply(self.pair(c, 6, r), r2));
        let third = self.add(self.pair(c, 8, r), self.multiply(self.pair(c, 10, r), r2));
        let tail = self.add(self.add(first, self.multiply(second, r4)), self.multiply(third, self.multiply(r4, r4)));
        let mantissa = self.add(repeat(one), self.add(r, self.multiply(r2, tail)));
        // 2ᵏ: k stands in the lowest bits of what was rounded.
        let mut power = rounded;
        for power in &mut power {
            *power = f64::from_bits((power.to_bits() << 52).wrapping_add(1023 << 52));
        }
        self.multiply(mantissa, power)
    }

    #[inline(always)]
    fn pair<const W: usize, const X: usize>(self, c: &[[f64; W]; 12], i: usize, r: [f64; X]) -> [f64; X] {
        self.add(repeat(&c[i]), self.multiply(repeat(&c[i + 1]), r))
    }
}

/// The same numbers again and again.
#[inline(always)]
fn repeat<const W: usize, const X: usize>(x: &[f64; W]) -> [f64; X] {
    const { assert!(X.is_multiple_of(W)) };
    let mut repeated = [0.0; X];
    for repeated in repeated.as_chunks_mut().0 {
        *repeated = *x;
    }
    repeated
}

/// Replaces every number by its exponential, with the bits of [`Scalar::exp`](crate::number::Scalar::exp): eight or 24 at a time in
/// the lanes of vector registers, where none of them is larger than 700 in size.
///
/// ```
/// use gradient_gap::number::{Scalar, exponentials};
/// let mut x = [-800.0, -1.5, 0.0, 1.0, 2.0, f64::NAN, 3.0, 4.0, 5.0, 6.0];
/// let expected = x.map(Scalar::exp);
/// exponentials(&mut x);
/// assert_eq!(x.map(f64::to_bits), expected.map(f64::to_bits));
/// ```
pub fn exponentials(x: &mut [f64]) {
    on_lanes(Exponentials(x));
}

struct Exponentials<'a>(&'a mut [f64]);

impl OnLanes for Exponentials<'_> {
    type Output = ();
    const LANES: usize = 8;
    #[inline(always)]
    fn run<S: Simd>(self, lanes: Arithmetic<S>) {
        // Three registers keep all units busy; narrower ones are fewer, and constants take their place.
        let rest = if const { S::F64_LANES == 8 } { in_blocks::<S, 24>(lanes, self.0) } else { self.0 };
        let rest = in_blocks::<S, 8>(lanes, rest);
        rest.iter_mut().for_each(|x| *x = exp(*x));
    }
}

/// As many blocks of X as there are; the result is the rest.
#[inline(always)]
fn in_blocks<S: Simd, const X: usize>(lanes: Arithmetic<S>, x: &mut [f64]) -> &mut [f64] {
    let constants = std::hint::black_box(&Exponential::<8>::CONSTANTS);
    let (blocks, rest) = x.as_chunks_mut::<X>();
    for x in blocks {
        let mut near = true;
        for x in x.iter() {
            near &= f64::abs(*x) <= 700.0;
        }
        if near {
            *x = lanes.exp_within(constants, *x);
        } else {
            x.iter_mut().for_each(|x| *x = exp(*x));
        }
    }
    rest
}

/// (m, k) with eˣ = m·2ᵏ, m in (0.7, 1.5), to 1.1 units in the last place for |x| < 2²⁰ and 0.5 + |x|·2⁻⁵² further ones beyond;
/// |x| ≤ 2⁴⁵.
pub(crate) fn scaled_exp(x: f64) -> (f64, i64) {
    let k = exponent(x);
    let r = reduced(x, k);
    (1.0 + (r + r * r * short_tail(r)), k as i64)
}

/// eˣ − 1, to 3 units in the last place.
#[inline]
pub(super) fn exp_m1(x: f64) -> f64 {
    let x = clamp(x, -708.0, 710.0);
    let k = exponent(x);
    let r = reduced(x, k);
    // 2ᵏ in halves, as 2¹⁰²⁴ is not a number.
    let half = power_of_two(k - 1.0);
    2.0 * (half * (r + r * r * short_tail(r)) + (half - 0.5))
}

/// eˣ − 1 − x, to 8 units in the last place: for |x| ≤ ¾ the series itself, beyond at most two bits cancel.
#[inline(always)]
pub(super) fn exp_remainder(x: f64) -> f64 {
    let x = if x > 710.0 { 710.0 } else { x }; // eˣ overflows there
    if x < -700.0 { -1.0 - x } else { exp_remainder_of(x) }
}

/// The same for −700 ≤ x ≤ 710.
#[inline(always)]
fn exp_remainder_of(x: f64) -> f64 {
    let k = if f64::abs(x) <= 0.75 { 0.0 } else { exponent(x) };
    let r = reduced(x, k);
    let half = power_of_two(k - 1.0);
    2.0 * (half * (r * r * long_tail(r)) + (half * r + (half - 0.5) - 0.5 * x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::OneLane;

    /// Side by side, numbers have the bits that they have alone.
    #[test]
    fn four_are_each_of_them() {
        for numbers in [[0.0, -0.0, -1e-300, -0.3], [-0.75, -0.76, -20.0, -40.0], [-1.0, -600.0, -699.9, -700.0]] {
            for ((x, y), z) in numbers.iter().zip(exp_four(numbers)).zip(exp_remainder_four(numbers)) {
                assert_eq!(y.to_bits(), exp(*x).to_bits(), "{x}");
                assert_eq!(z.to_bits(), exp_remainder(*x).to_bits(), "{x}");
            }
            for (x, y) in numbers.iter().zip(Arithmetic(OneLane).exp_within(&Exponential::<4>::CONSTANTS, numbers)) {
                assert_eq!(y.to_bits(), exp(*x).to_bits(), "{x}");
            }
        }
        assert_eq!(exp_four([f64::NEG_INFINITY, -1e300, -745.0, 1e3]), [0.0, 0.0, 5e-324, f64::INFINITY]);
        for (x, y) in [0.3, 0.76, 30.0, 699.0].iter().zip(exp_remainder_four([0.3, 0.76, 30.0, 699.0])) {
            assert_eq!(y.to_bits(), exp_remainder(*x).to_bits(), "{x}");
        }
    }

    /// In blocks of any length, also where one of them has a number that is too large.
    #[test]
    fn many_are_each_of_them() {
        for count in [0_usize, 1, 7, 8, 9, 23, 24, 33, 61, 100] {
            for far in [None, Some(0), Some(count / 2), count.checked_sub(1)] {
                let mut numbers: Vec<f64> = (0..count).map(|i| 3.7 * i as f64 - 20.0).collect();
                if let Some(number) = far.and_then(|place| numbers.get_mut(place)) {
                    *number = -745.0;
                }
                let alone: Vec<u64> = numbers.iter().map(|&x| exp(x).to_bits()).collect();
                exponentials(&mut numbers);
                assert_eq!(numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), alone, "{count}, {far:?}");
            }
        }
    }

    /// Mantissa and exponent are those of eˣ, where that is no `f64` too.
    #[test]
    fn a_scaled_exponential_is_one() {
        for x in [0.0, -0.3, 0.4, 7.5, -20.0, 300.0, -699.0] {
            let (mantissa, exponent) = scaled_exp(x);
            let product = mantissa * 2_f64.powi(exponent as i32);
            assert!((product / exp(x) - 1.0).abs() <= 3.0 * f64::EPSILON, "{x}: {product}");
        }
        for x in [-1e4, 1e6, -1e9] {
            let (mantissa, exponent) = scaled_exp(x);
            let log = pxfm::f_log(mantissa) + exponent as f64 * std::f64::consts::LN_2;
            assert!((0.7..1.5).contains(&mantissa) && (log / x - 1.0).abs() <= 3.0 * f64::EPSILON, "{x}: {log}");
        }
    }
}
