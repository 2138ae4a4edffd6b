//! The oracle: real numbers bracketed by `dashu-float`'s downward and upward rounding at high precision.

use super::*;
use dashu_float::FBig;
use dashu_float::round::{ErrorBounds, mode};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub type Real = FBig<mode::HalfEven, 2>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    Exp,
    ExpM1,
    Ln,
    Ln1p,
    Sqrt,
    Sin,
    Cos,
    Atan,
}
pub use Unary::*;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}
pub use Binary::*;

impl Unary {
    /// The operations of programs and expression trees; without [`Atan`], so that what they decode stays what it is.
    pub const ALL: [Unary; 7] = [Exp, ExpM1, Ln, Ln1p, Sqrt, Sin, Cos];

    pub fn of<N: Scalar>(self, x: N) -> N {
        match self {
            Exp => x.exp(),
            ExpM1 => x.exp_m1(),
            Ln => x.ln(),
            Ln1p => x.ln_1p(),
            Sqrt => x.sqrt(),
            Sin => x.sin(),
            Cos => x.cos(),
            Atan => x.atan(),
        }
    }

    /// Whether x lies inside the domain, away from its border, and the value is representable by the oracle.
    pub fn defined_at(self, x: f64) -> bool {
        match self {
            Exp | ExpM1 => x.abs() < 1e5,
            Ln => x > 0.0,
            Ln1p => x > -1.0,
            Sqrt => x >= 0.0,
            Sin | Cos | Atan => x.is_finite(),
        }
    }

    fn rounded<R: ErrorBounds>(self, x: &Real, bits: usize) -> Real {
        let x = x.clone().with_rounding::<R>().with_precision(bits).value();
        let value = match self {
            Exp => x.exp(),
            ExpM1 => x.exp_m1(),
            Ln => x.ln(),
            Ln1p => x.ln_1p(),
            Sqrt => x.sqrt(),
            Sin => x.sin(),
            Cos => x.cos(),
            Atan => x.atan(),
        };
        value.with_rounding()
    }
}

impl Binary {
    pub const ALL: [Binary; 4] = [Add, Sub, Mul, Div];

    pub fn of<N: Scalar>(self, x: N, y: N) -> N {
        match self {
            Add => x + y,
            Sub => x - y,
            Mul => x * y,
            Div => x / y,
        }
    }

    fn rounded<R: ErrorBounds>(self, x: &Real, y: &Real, bits: usize) -> Real {
        let [x, y] = [x, y].map(|x| x.clone().with_rounding::<R>().with_precision(bits).value());
        let value = match self {
            Add => x + y,
            Sub => x - y,
            Mul => x * y,
            Div => x / y,
        };
        value.with_rounding()
    }
}

/// A real number known to lie in [lo, hi], about 2^{−bits} relative apart unless digits have cancelled.
#[derive(Clone, Debug)]
pub struct Truth {
    pub lo: Real,
    pub hi: Real,
    pub bits: usize,
}

pub fn real(x: f64) -> Real {
    Real::try_from(x).expect("not NaN")
}

impl Truth {
    /// x exactly, to be computed with at 160 bits.
    pub fn of(x: f64) -> Truth {
        Truth::with_bits(x, 160)
    }

    pub fn with_bits(x: f64, bits: usize) -> Truth {
        let x = real(x).with_precision(bits).value();
        Truth { lo: x.clone(), hi: x, bits }
    }

    pub fn binary(&self, op: Binary, other: &Truth) -> Truth {
        let corners = [(&self.lo, &other.lo), (&self.lo, &other.hi), (&self.hi, &other.lo), (&self.hi, &other.hi)];
        let bits = self.bits;
        let lo = corners.iter().map(|(x, y)| op.rounded::<mode::Down>(x, y, bits)).min().expect("four corners");
        let hi = corners.iter().map(|(x, y)| op.rounded::<mode::Up>(x, y, bits)).max().expect("four corners");
        Truth { lo, hi, bits }
    }

    /// `None` when the whole bracket does not lie inside the domain.
    pub fn unary(&self, op: Unary) -> Option<Truth> {
        let inside = match op {
            Exp | ExpM1 => self.magnitude_below(1e5),
            Ln => self.lo > real(0.0),
            Ln1p => self.lo > real(-1.0),
            Sqrt => self.lo >= real(0.0),
            Sin | Cos | Atan => true,
        };
        if !inside {
            return None;
        }
        let (lo, hi) = (op.rounded::<mode::Down>(&self.lo, self.bits), op.rounded::<mode::Up>(&self.hi, self.bits));
        if matches!(op, Sin | Cos) {
            // Not monotone, but no steeper than 1.
            let hi = op.rounded::<mode::Up>(&self.lo, self.bits);
            let spread = Truth { lo: self.lo.clone() - &self.hi, hi: self.hi.clone() - &self.lo, bits: self.bits };
            return Some(Truth { lo, hi, bits: self.bits }.binary(Add, &spread));
        }
        Some(Truth { lo, hi, bits: self.bits })
    }

    pub fn neg(&self) -> Truth {
        Truth { lo: -self.hi.clone(), hi: -self.lo.clone(), bits: self.bits }
    }

    pub fn max(&self, other: &Truth) -> Truth {
        Truth { lo: self.lo.clone().max(other.lo.clone()), hi: self.hi.clone().max(other.hi.clone()), bits: self.bits }
    }

    pub fn min(&self, other: &Truth) -> Truth {
        self.neg().max(&other.neg()).neg()
    }

    pub fn abs(&self) -> Truth {
        let zero = Truth::with_bits(0.0, self.bits);
        self.max(&zero).binary(Add, &self.neg().max(&zero))
    }

    pub fn powi(&self, n: i32) -> Option<Truth> {
        let one = Truth::with_bits(1.0, self.bits);
        let power = (0..n.unsigned_abs()).fold(one.clone(), |product, _| product.binary(Mul, self));
        if n >= 0 {
            return Some(power);
        }
        (!power.touches_zero()).then(|| one.binary(Div, &power))
    }

    /// eˣ − 1 − x, by its series x²/2·(1 + x/3 + …) where the difference would cancel.
    pub fn exp_remainder(&self) -> Option<Truth> {
        if self.magnitude_below(1e-30) {
            // |x/3 + x²/12 + …| < 0.34·|x|
            let half_square = self.binary(Mul, self).binary(Mul, &Truth::with_bits(0.5, self.bits));
            let rest = self.abs().binary(Mul, &Truth::with_bits(0.34, self.bits));
            let rest = Truth { lo: -rest.hi.clone(), ..rest };
            return Some(half_square.binary(Mul, &rest.binary(Add, &Truth::with_bits(1.0, self.bits))));
        }
        Some(self.unary(ExpM1)?.binary(Sub, self))
    }

    /// log(1 + eˣ) = x + log(1 + e⁻ˣ).
    pub fn softplus(&self) -> Option<Truth> {
        if self.lo > real(0.0) {
            return Some(self.binary(Add, &self.neg().softplus()?));
        }
        self.unary(Exp)?.unary(Ln1p)
    }

    pub fn touches_zero(&self) -> bool {
        self.lo <= real(0.0) && real(0.0) <= self.hi
    }

    pub fn magnitude_below(&self, bound: f64) -> bool {
        real(-bound) <= self.lo && self.hi <= real(bound)
    }

    /// The tightest `f64` ends around the number.
    pub fn ends(&self) -> (f64, f64) {
        let lo = self.lo.clone().with_rounding::<mode::Down>().to_f64().value();
        let hi = self.hi.clone().with_rounding::<mode::Up>().to_f64().value();
        (lo, hi)
    }

    /// The nearest `f64`, ties to even: by comparison with the middle of the two ends, since `dashu-float` 0.6.2 rounds
    /// everything below 2⁻¹⁰⁷⁴ to 0.
    pub fn nearest(&self) -> f64 {
        let (lo, hi) = self.ends();
        if lo == hi {
            return lo;
        }
        let past = |x: f64| real(x).with_precision(0).value() + real(2f64.powi(971)).with_precision(0).value();
        let above = if hi.is_finite() { real(hi).with_precision(0).value() } else { past(lo) };
        let below = if lo.is_finite() { real(lo).with_precision(0).value() } else { -past(-hi) };
        let middle = (above + below) * real(0.5).with_precision(0).value();
        assert!(self.hi < middle || middle < self.lo, "too few bits to round, or a tie");
        if self.hi < middle { lo } else { hi }
    }
}

/// How many `f64`s further up `to` lies than `from`.
pub fn places(from: f64, to: f64) -> i64 {
    let index = |x: f64| {
        let bits = (x + 0.0).to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    index(to).saturating_sub(index(from))
}

/// Whether `x` encloses the truth, with ends at most `slack` places outside the tightest ones.
pub fn check(x: Interval, truth: &Truth, slack: i64) -> Result<(), String> {
    let (lo, hi) = truth.ends();
    let (below, above) = (places(x.lo(), lo), places(hi, x.hi()));
    // The tightest ends come from the oracle's conversion to f64; the enclosure itself is compared exactly.
    let enclosed = !x.is_empty() && real(x.lo()) <= truth.lo && truth.hi <= real(x.hi());
    if !enclosed {
        Err(format!("{x:?} does not enclose [{lo:e}, {hi:e}]"))
    } else if below > slack || above > slack {
        Err(format!("{x:?} is {below} and {above} places wider than [{lo:e}, {hi:e}]"))
    } else {
        Ok(())
    }
}

/// Seeded numbers of many kinds.
pub struct Draw(ChaCha8Rng);

impl Draw {
    pub fn new(seed: u64) -> Draw {
        Draw(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 2f64.powi(-53)
    }

    pub fn between(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.unit()
    }

    /// Any finite number, all exponents alike.
    pub fn bits(&mut self) -> f64 {
        loop {
            let x = f64::from_bits(self.0.next_u64());
            if x.is_finite() {
                return x;
            }
        }
    }

    /// Zeros, ones, small integers, borders of the format; ordinary numbers; any number.
    pub fn mixed(&mut self) -> f64 {
        const EDGES: [f64; 12] = [
            0.0,
            1.0,
            0.5,
            2.0,
            3.0,
            1.0 - f64::EPSILON / 2.0,
            1.0 + f64::EPSILON,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            1e-290,
            1.5e154,
        ];
        match self.below(8) {
            0 => EDGES[self.below(12) as usize] * if self.below(2) == 0 { 1.0 } else { -1.0 },
            1 => self.below(41) as f64 - 20.0,
            2 | 3 => self.between(-3.0, 3.0),
            4 => self.between(-800.0, 800.0),
            5 => self.between(-1.0, 1.0) * 10f64.powi(self.below(40) as i32 - 20),
            _ => self.bits(),
        }
    }
}
