//! The numbers in an expression, exactly.

use crate::number::{Interval, Scalar};

/// Integers up to here are `f64`s.
const LARGEST: i128 = 1 << 53;

/// p/q in lowest terms, both at most 2⁵³ in absolute value, q > 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

fn greatest_common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.abs().max(1)
}

impl Ratio {
    /// 1.
    pub(crate) const ONE: Ratio = Ratio { numerator: 1, denominator: 1 };

    /// p/q; `None` for q = 0 or where either is too large.
    pub fn new(p: i128, q: i128) -> Option<Ratio> {
        let divisor = greatest_common_divisor(p, q) * if q < 0 { -1 } else { 1 };
        let (numerator, denominator) = (p / divisor, q.checked_div(divisor).filter(|&q| q != 0)?);
        let fits = numerator.abs() <= LARGEST && denominator <= LARGEST;
        fits.then_some(Ratio { numerator, denominator })
    }

    /// x + y.
    pub(crate) fn plus(self, y: Ratio) -> Option<Ratio> {
        Ratio::new(
            self.numerator * y.denominator + y.numerator * self.denominator,
            self.denominator * y.denominator, // below 2¹⁰⁷
        )
    }

    /// x·y.
    pub(crate) fn times(self, y: Ratio) -> Option<Ratio> {
        Ratio::new(self.numerator * y.numerator, self.denominator * y.denominator)
    }

    /// −x.
    pub(crate) fn negated(self) -> Ratio {
        Ratio { numerator: -self.numerator, ..self }
    }

    /// 1/x; `None` for 0.
    pub(crate) fn inverse(self) -> Option<Ratio> {
        Ratio::new(self.denominator, self.numerator)
    }

    /// Whether this is 0.
    pub(crate) fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// Whether this is less than 0.
    pub(crate) fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// n, if this is an integer that fits.
    pub(crate) fn integer(self) -> Option<i32> {
        (self.denominator == 1).then(|| i32::try_from(self.numerator).ok()).flatten()
    }

    /// n, if this is n/2.
    pub(crate) fn halves(self) -> Option<i32> {
        self.times(Ratio { numerator: 2, denominator: 1 })?.integer()
    }

    /// The number over N: a quotient of two `f64`s.
    fn value<N: Scalar>(self) -> N {
        match self.denominator {
            1 => N::of(self.numerator as f64),
            q => N::of(self.numerator as f64) / N::of(q as f64),
        }
    }
}

/// A number that is not negative when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// A quotient of integers, exactly.
    Ratio(Ratio),
    /// A decimal of more digits or powers of ten than a [`Ratio`] holds.
    Decimal {
        /// The bits of the nearest `f64`, finite and > 0.
        nearest: u64,
        /// Whether the decimal is this `f64`.
        exact: bool,
    },
}

impl Number {
    /// Reads digits with or without a point and an exponent; `None` where binary64 has no such number (it would be 0 or infinite).
    pub fn read(text: &str) -> Option<Number> {
        let nearest: f64 = text.parse().ok().filter(|x: &f64| x.is_finite())?;
        let (digits, exponent) = decimal(text);
        if digits.is_empty() {
            return Some(Number::Ratio(Ratio { numerator: 0, denominator: 1 }));
        }
        if nearest == 0.0 {
            return None;
        }
        let ratio = || {
            let significand: i128 = digits.parse().ok().filter(|_| digits.len() <= 16 && exponent.unsigned_abs() <= 16)?;
            let power = 10i128.pow(exponent.unsigned_abs());
            if exponent < 0 { Ratio::new(significand, power) } else { Ratio::new(significand.checked_mul(power)?, 1) }
        };
        // Every `f64` has at most 767 significant digits.
        let exact = decimal(&format!("{nearest:.800e}")) == (digits.clone(), exponent);
        Some(ratio().map_or(Number::Decimal { nearest: nearest.to_bits(), exact }, Number::Ratio))
    }

    /// The number over N: in intervals certainly inside.
    pub fn value<N: Scalar>(self) -> N {
        match self {
            Number::Ratio(ratio) => ratio.value(),
            Number::Decimal { nearest, exact: true } => N::of(f64::from_bits(nearest)),
            Number::Decimal { nearest, exact: false } => {
                let nearest = f64::from_bits(nearest);
                N::between(nearest.next_down(), nearest.next_up())
            }
        }
    }

    /// An interval that contains the number, a few units in the last place wide.
    pub fn enclosed(self) -> Interval {
        self.value()
    }
}

/// The significant digits of a decimal, without zeros at either end, and the power of ten they are multiplied by: 0.0120e5 is 12·10².
fn decimal(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    let dropped = all.len() - all.trim_end_matches('0').len();
    // An exponent that does not fit belongs to a number that is 0 or infinite in binary64.
    let exponent: i32 = exponent.parse().unwrap_or(0);
    (digits.to_string(), exponent.saturating_add(dropped as i32).saturating_sub(fraction.len() as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_mean_what_they_say() {
        let enclosed = |text: &str| Number::read(text).expect("a number").enclosed();
        for text in ["0", "1", "0.5", "2.50", "1e3", "1e22", "1e15", "4503599627370495.5", "0.0009765625", "1e-0"] {
            let x: f64 = text.parse().expect("a number");
            assert_eq!(enclosed(text), Interval::point(x), "{text} is an f64");
        }
        for text in ["0.1", "1e-300", "3.14159265358979323846", "1e23", "0.30000000000000004", "9007199254740993"] {
            let x: f64 = text.parse().expect("a number");
            let found = enclosed(text);
            assert!(found.lo() < found.hi() && found.contains(x), "{text} is no f64: {found:?}");
            assert!(found.width() <= 2.0 * (x.next_up() - x), "{text}: {found:?}");
        }
        assert!(enclosed("0.1").hi() >= 0.1 && enclosed("0.1").lo() < 0.1, "1/10 is less than the f64 0.1");
        let real: f64 = Number::read("0.1").expect("a number").value();
        assert_eq!(real, 0.1);
        for text in ["1e-400", "1e400", "0.00e-5x"] {
            assert_eq!(Number::read(text), None, "{text}");
        }
    }

    #[test]
    fn ratios_are_exact_or_nothing() {
        let ratio = |p, q| Ratio::new(p, q).expect("fits");
        assert_eq!(ratio(1, 2).plus(ratio(1, 3)), Some(ratio(5, 6)));
        assert_eq!(ratio(-2, 4), ratio(1, -2));
        assert_eq!(ratio(3, 4).times(ratio(4, 3)), Some(Ratio::ONE));
        assert_eq!((ratio(0, 5).inverse(), Ratio::new(1, 0)), (None, None));
        assert_eq!((ratio(3, 2).halves(), ratio(3, 2).integer(), ratio(-6, 2).integer()), (Some(3), None, Some(-3)));
        assert_eq!(Ratio::new(LARGEST + 1, 1), None);
        assert_eq!(ratio(LARGEST, 1).times(ratio(2, 1)), None);
        assert_eq!(ratio(1, LARGEST).plus(ratio(1, LARGEST - 1)), None);
    }
}
