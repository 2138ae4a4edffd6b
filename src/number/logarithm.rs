//! The natural logarithm of `f64` without branch or table, for loops over slices; elsewhere pxfm's, correctly rounded, serves.
//!
//! With x = 2ᵏm, m in \[√½, √2), and s = (m − 1)/(m + 1),
//!
//! ```text
//! log x = k log 2 + 2s(1 + s²/3 + s⁴/5 + …)
//! ```

use super::exponential::{LN_2_HIGH, LN_2_LOW, map_four};

/// 2⁵², whose lowest bits are those of a whole number that is added to it.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// 1/(2n + 1) for n = 1, …, 10: what is left out is below 2⁻⁶⁰ of the logarithm of m.
const ODD_INVERSES: [f64; 10] = {
    let (mut table, mut n) = ([0.0; 10], 0);
    while n < 10 {
        table[n] = 1.0 / (2 * n + 3) as f64;
        n += 1;
    }
    table
};

/// log x for a positive normal x, to 2⁻⁵²(1 + |log x|).
#[inline(always)]
pub(crate) fn ln_normal(x: f64) -> f64 {
    let half = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    // k + 1023, never negative.
    let k = x.to_bits().wrapping_sub(half).wrapping_add(1023 << 52) >> 52;
    let m = f64::from_bits(x.to_bits().wrapping_sub(k << 52).wrapping_add(1023 << 52));
    let k = (f64::from_bits(WHOLE.to_bits() | k) - WHOLE) - 1023.0;
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut tail = ODD_INVERSES[9];
    for &c in ODD_INVERSES[..9].iter().rev() {
        tail = tail * z + c;
    }
    k * LN_2_HIGH + (2.0 * s + (2.0 * s * (z * tail) + k * LN_2_LOW))
}

/// log(1 + x) for 0 ≤ x ≤ 10³⁰⁰, to 4 units in the last place: what 1 + x loses to rounding is added afterwards.
#[inline(always)]
fn ln_1p_positive(x: f64) -> f64 {
    let u = 1.0 + x;
    let lost = if x < 1.0 { x - (u - 1.0) } else { 1.0 - (u - x) };
    ln_normal(u) + lost / u
}

/// [`ln_1p_positive`] of four numbers.
#[inline(always)]
pub(crate) fn ln_1p_four(x: [f64; 4]) -> [f64; 4] {
    map_four(x, ln_1p_positive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Scalar;

    /// The largest error in units of 2⁻⁵²(1 + |log x|) over numbers from `low` on that grow by a factor of 1 + 2⁻¹⁰.
    fn worst(logarithm: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
        let numbers = std::iter::successors(Some(low), |x| Some(x * (1.0 + 1.0 / 1024.0))).take_while(|&x| x <= high);
        numbers.fold(0.0, |worst, x| {
            let exact = Scalar::ln(x);
            f64::max(worst, (logarithm(x) - exact).abs() / ((1.0 + exact.abs()) * f64::EPSILON))
        })
    }

    #[test]
    fn is_within_its_bound() {
        for (low, high) in [(f64::MIN_POSITIVE, 1e300), (0.5, 2.0), (0.99999, 1.00001)] {
            assert!(worst(ln_normal, low, high) <= 1.0, "{low}");
        }
        assert_eq!((ln_normal(1.0), ln_normal(2.0)), (0.0, std::f64::consts::LN_2));
    }

    /// The largest error of log(1 + x) in units of 2⁻⁵³ log(1 + x).
    fn worst_of_sum(logarithm: impl Fn(f64) -> f64) -> f64 {
        let numbers = std::iter::successors(Some(1e-300), |x| Some(x * (1.0 + 1.0 / 64.0))).take_while(|&x| x <= 1e300);
        numbers.fold(0.0, |worst, x| {
            let exact = Scalar::ln_1p(x);
            f64::max(worst, 2.0 * (logarithm(x) - exact).abs() / (exact * f64::EPSILON))
        })
    }

    #[test]
    fn nothing_is_lost_near_1() {
        assert_eq!(ln_1p_positive(0.0), 0.0);
        let worst = worst_of_sum(ln_1p_positive);
        assert!(worst <= 4.0, "{worst}");
        assert!(worst_of_sum(|x| ln_normal(1.0 + x)) > 1e15, "without what is lost");
    }

    #[test]
    fn an_error_is_seen() {
        assert!(worst(|x| ln_normal(x) * (1.0 + 1e-15), 0.5, 1e9) > 1.0);
    }
}
