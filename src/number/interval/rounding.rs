//! Directed rounding of the basic operations, without changing the processor's rounding mode.
//!
//! Each operation is rounded to nearest, the sign of the exact rounding error is found (by TwoSum for a sum, by a fused
//! multiply-add for a product, a quotient or a root), and the result steps one place outward only when it lies on the wrong
//! side. So every function here returns *the* directed rounding of the exact result: exact operations stay exact.
//!
//! Overflow gives `f64::MAX` towards 0 and ∞ away from it. An infinite operand stands for an unbounded end, with 0·∞ = 0 and
//! finite/∞ = 0.

/// From here on no bit of a product's rounding error falls below the smallest subnormal, 2⁻¹⁰⁷⁴.
const ERROR_REPRESENTABLE: f64 = power_of_two(-960);

/// 2ⁿ for a normal result.
const fn power_of_two(n: i64) -> f64 {
    f64::from_bits(((1023 + n) as u64) << 52)
}

/// The next number below `x` if `step`, else `x`; without a branch, for finite `x` ≠ 0.
#[inline]
fn below_if(x: f64, step: bool) -> f64 {
    // The map between a float's bits and an integer in the same order is its own inverse.
    let flip = |bits: i64| bits ^ (((bits >> 63) as u64) >> 1) as i64;
    f64::from_bits(flip(flip(x.to_bits() as i64) - i64::from(step)) as u64)
}

/// a + b rounded down; not for an operand of +∞.
#[inline]
pub(super) fn add_down(a: f64, b: f64) -> f64 {
    let sum = a + b;
    let b_part = sum - a;
    let error = (a - (sum - b_part)) + (b - b_part);
    // Beyond the range, +∞ steps back to f64::MAX and −∞ stays. (A sum of 0 is exact, so it never steps.)
    if error.is_finite() { below_if(sum, error < 0.0) } else { sum.next_down() }
}

/// a + b rounded up; not for an operand of −∞.
#[inline]
pub(super) fn add_up(a: f64, b: f64) -> f64 {
    -add_down(-a, -b)
}

/// a·b rounded down, with 0·∞ = 0.
#[inline]
pub(super) fn mul_down(a: f64, b: f64) -> f64 {
    let product = a * b;
    if product.abs() >= ERROR_REPRESENTABLE && product.abs() <= f64::MAX {
        below_if(product, a.mul_add(b, -product) < 0.0)
    } else {
        mul_down_extreme(a, b)
    }
}

/// a·b rounded up, with 0·∞ = 0.
#[inline]
pub(super) fn mul_up(a: f64, b: f64) -> f64 {
    -mul_down(-a, b)
}

/// [`mul_down`] for zeros, underflow, overflow and infinite operands.
#[cold]
fn mul_down_extreme(a: f64, b: f64) -> f64 {
    let product = a * b;
    if a == 0.0 || b == 0.0 {
        0.0
    } else if a.is_infinite() || b.is_infinite() {
        product
    } else if product.is_infinite() || tiny_product_error(a, b, product) < 0.0 {
        product.next_down()
    } else {
        product
    }
}

/// A number of the sign of a·b − `product`, where `product` is a·b rounded to nearest and below 2⁻⁹⁶⁰.
fn tiny_product_error(a: f64, b: f64, product: f64) -> f64 {
    // Scaled by 2¹¹⁰⁰, all three are exact and so is the fused operation's sign: the smaller factor is below 2⁻⁴⁸⁰, the
    // larger below 2¹¹⁵, and the last bit of their product is worth at least 2^{1100 − 2148}.
    let (small, large) = if a.abs() <= b.abs() { (a, b) } else { (b, a) };
    let (by_600, by_500) = (power_of_two(600), power_of_two(500));
    (small * by_600).mul_add(large * by_500, -(product * by_600 * by_500))
}

/// a/b rounded down, for b ≠ 0; not for ∞/∞.
#[inline]
pub(super) fn div_down(a: f64, b: f64) -> f64 {
    let quotient = a / b;
    if a.abs() >= ERROR_REPRESENTABLE && quotient.abs() <= f64::MAX && quotient != 0.0 {
        let remainder = (-quotient).mul_add(b, a);
        below_if(quotient, remainder != 0.0 && (remainder < 0.0) != (b < 0.0))
    } else {
        div_down_extreme(a, b)
    }
}

/// a/b rounded up, for b ≠ 0; not for ∞/∞.
#[inline]
pub(super) fn div_up(a: f64, b: f64) -> f64 {
    -div_down(-a, b)
}

/// [`div_down`] for zeros, underflow, overflow and infinite operands.
#[cold]
fn div_down_extreme(a: f64, b: f64) -> f64 {
    let quotient = a / b;
    if a == 0.0 || b.is_infinite() {
        return 0.0;
    }
    if a.is_infinite() {
        return quotient;
    }
    if quotient.is_infinite() {
        return quotient.next_down();
    }
    // Rounding is monotone, so a product that rounds to another number than a lies on that number's side of a.
    let product = quotient * b;
    let remainder = if product == a { -tiny_product_error(quotient, b, product) } else { a - product };
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) { quotient.next_down() } else { quotient }
}

/// √x rounded down, for x ≥ 0.
#[inline]
pub(super) fn sqrt_down(x: f64) -> f64 {
    let root = x.sqrt();
    if root_remainder(x, root) < 0.0 { root.next_down() } else { root }
}

/// √x rounded up, for x ≥ 0.
#[inline]
pub(super) fn sqrt_up(x: f64) -> f64 {
    let root = x.sqrt();
    if root_remainder(x, root) > 0.0 { root.next_up() } else { root }
}

/// A number of the sign of x − root², where `root` is √x rounded to nearest; NaN for x = ∞.
#[inline]
fn root_remainder(x: f64, root: f64) -> f64 {
    if x >= ERROR_REPRESENTABLE {
        (-root).mul_add(root, x)
    } else {
        // The root of a subnormal number is normal, so both scalings are exact.
        let scaled_root = root * power_of_two(100);
        (-scaled_root).mul_add(scaled_root, x * power_of_two(200))
    }
}

/// xⁿ by repeated squaring, every product rounded down, for x ≥ 0.
pub(super) fn power_down(x: f64, n: u32) -> f64 {
    power(x, n, mul_down)
}

/// xⁿ by repeated squaring, every product rounded up, for x ≥ 0.
pub(super) fn power_up(x: f64, n: u32) -> f64 {
    power(x, n, mul_up)
}

fn power(x: f64, n: u32, times: impl Fn(f64, f64) -> f64) -> f64 {
    let (mut base, mut left, mut product) = (x, n, 1.0);
    while left > 0 {
        if left & 1 == 1 {
            product = times(product, base);
        }
        left >>= 1;
        if left > 0 {
            base = times(base, base);
        }
    }
    product
}
