//! Second-order jets: value, first and second derivative along a line.

use super::Scalar;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The second-order jet v + d·t + c·t²/2 of a function of t: its value, first derivative and second derivative at one t
/// (or, over [`Interval`](super::Interval), enclosures of all three over a whole range of t).
///
/// Arithmetic is exact differentiation: products by Leibniz, compositions by Faà di Bruno,
/// (f∘x)'' = f''(x)·x'² + f'(x)·x''.
///
/// ```
/// use gradient_gap::number::{Interval, Jet, Scalar};
///
/// let t = Jet::variable(2.0);
/// let cube = t * t * t;
/// assert_eq!((cube.value, cube.first, cube.second), (8.0, 12.0, 12.0));
///
/// // Over [0, 1]: where the value and the derivatives of eᵗ certainly lie.
/// let exp = Jet::variable(Interval::new(0.0, 1.0)).exp();
/// assert!(exp.second.contains(1.0) && exp.second.contains(2.718) && exp.second.hi() < 2.7183);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet<N> {
    /// f(t), the value v.
    pub value: N,
    /// f'(t), the first derivative d.
    pub first: N,
    /// f''(t), the second derivative c (not halved).
    pub second: N,
}

impl<N: Scalar> Jet<N> {
    /// The jet of a constant: its derivatives are 0.
    pub fn constant(value: N) -> Self {
        Jet { value, first: N::zero(), second: N::zero() }
    }

    /// The jet of the variable t itself at t = `value`: derivatives 1 and 0.
    pub fn variable(value: N) -> Self {
        Jet { value, first: N::one(), second: N::zero() }
    }

    /// f∘self from the value, first and second derivative of f at `self.value`.
    #[inline]
    fn chain(self, value: N, first: N, second: N) -> Self {
        Jet { value, first: first * self.first, second: second * self.first.square() + first * self.second }
    }
}

impl<N: Scalar> Add for Jet<N> {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Jet { value: self.value + other.value, first: self.first + other.first, second: self.second + other.second }
    }
}

impl<N: Scalar> Sub for Jet<N> {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        Jet { value: self.value - other.value, first: self.first - other.first, second: self.second - other.second }
    }
}

impl<N: Scalar> Mul for Jet<N> {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        let cross = self.first * other.first;
        Jet {
            value: self.value * other.value,
            first: self.first * other.value + self.value * other.first,
            second: self.second * other.value + (cross + cross) + self.value * other.second,
        }
    }
}

impl<N: Scalar> Div for Jet<N> {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        let first = (self.first - value * other.first) / other.value;
        let cross = first * other.first;
        let second = (self.second - (cross + cross) - value * other.second) / other.value;
        Jet { value, first, second }
    }
}

impl<N: Scalar> Neg for Jet<N> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Jet { value: -self.value, first: -self.first, second: -self.second }
    }
}

impl<N: Scalar> Scalar for Jet<N> {
    fn of(x: f64) -> Self {
        Jet::constant(N::of(x))
    }
    fn between(lo: f64, hi: f64) -> Self {
        Jet::constant(N::between(lo, hi))
    }
    fn exp(self) -> Self {
        let e = self.value.exp();
        self.chain(e, e, e)
    }
    fn exp_m1(self) -> Self {
        let e = self.value.exp();
        self.chain(self.value.exp_m1(), e, e)
    }
    fn exp_remainder(self) -> Self {
        self.chain(self.value.exp_remainder(), self.value.exp_m1(), self.value.exp())
    }
    fn ln(self) -> Self {
        let inverse = N::one() / self.value;
        self.chain(self.value.ln(), inverse, -inverse.square())
    }
    fn ln_1p(self) -> Self {
        let inverse = N::one() / (N::one() + self.value);
        self.chain(self.value.ln_1p(), inverse, -inverse.square())
    }
    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        let first = N::of(0.5) / root;
        self.chain(root, first, -(first / (self.value + self.value)))
    }
    fn sin(self) -> Self {
        let (sin, cos) = (self.value.sin(), self.value.cos());
        self.chain(sin, cos, -sin)
    }
    fn cos(self) -> Self {
        let (sin, cos) = (self.value.sin(), self.value.cos());
        self.chain(cos, -sin, -cos)
    }
    fn cosh(self) -> Self {
        Self::of(0.5) * (self.exp() + (-self).exp())
    }
    /// The derivative of t = tanh x is 1 − t².
    fn tanh(self) -> Self {
        let tanh = self.value.tanh();
        let first = N::one() - tanh.square();
        self.chain(tanh, first, -(N::of(2.0) * tanh * first))
    }
    fn atan(self) -> Self {
        let first = N::one() / (N::one() + self.value.square());
        self.chain(self.value.atan(), first, -(N::of(2.0) * self.value * first.square()))
    }
    /// Differentiable away from 0 only; where the sign is not certain, the hull of both branches.
    fn abs(self) -> Self {
        self.max(-self)
    }
    /// 1 − cos x as 2 sin²(x/2): no cancellation near 0.
    fn sub_sin(self) -> Self {
        let versine = N::of(2.0) * (N::of(0.5) * self.value).sin().square();
        self.chain(self.value.sub_sin(), versine, self.value.sin())
    }
    /// The derivative of log(1 + eˣ) is the logistic function p, that of p is p(1 − p).
    fn softplus(self) -> Self {
        let logistic = |x: N| N::one() / (N::one() + (-x).exp());
        let (p, q) = (logistic(self.value), logistic(-self.value));
        self.chain(self.value.softplus(), p, p * q)
    }
    fn square(self) -> Self {
        let two = N::of(2.0);
        self.chain(self.value.square(), two * self.value, two)
    }
    fn powi(self, n: i32) -> Self {
        match n {
            0 => Self::one(),
            1 => self,
            _ => {
                let (first, second) = (f64::from(n), f64::from(n) * (f64::from(n) - 1.0));
                // xⁿ⁻¹ and xⁿ⁻²; below −2³¹ + 2 the exponents do not fit, and a division serves.
                let lower = |power: N, k: i32| n.checked_sub(k).map_or(power / self.value, |m| self.value.powi(m));
                let value = self.value.powi(n);
                let one_less = lower(value, 1);
                self.chain(value, N::of(first) * one_less, N::of(second) * lower(one_less, 2))
            }
        }
    }
    /// Entry by entry.
    fn hull(self, other: Self) -> Self {
        Jet {
            value: self.value.hull(other.value),
            first: self.first.hull(other.first),
            second: self.second.hull(other.second),
        }
    }
    /// Differentiable away from ties only; where the order is not certain, the hull of both branches.
    fn min(self, other: Self) -> Self {
        match (self.value.surely_le(other.value), other.value.surely_le(self.value)) {
            (true, _) => self,
            (_, true) => other,
            _ => Jet { value: self.value.min(other.value), ..self.hull(other) },
        }
    }
    /// Differentiable away from ties only; where the order is not certain, the hull of both branches.
    fn max(self, other: Self) -> Self {
        match (other.value.surely_le(self.value), self.value.surely_le(other.value)) {
            (true, _) => self,
            (_, true) => other,
            _ => Jet { value: self.value.max(other.value), ..self.hull(other) },
        }
    }
    fn mid(self) -> f64 {
        self.value.mid()
    }
    fn is_zero(self) -> bool {
        self.value.is_zero() && self.first.is_zero() && self.second.is_zero()
    }
    fn surely_le(self, other: Self) -> bool {
        self.value.surely_le(other.value)
    }
    fn cover(x: f64, pieces: usize) -> impl Iterator<Item = Self> {
        N::cover(x, pieces).map(Jet::variable)
    }
}
