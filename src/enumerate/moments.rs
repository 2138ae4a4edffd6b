//! What an enumeration finds.

use super::merge::{Pair, Summary, roundings};
use super::row::Spread;
use super::walk::Part;
use crate::number::{Scalar, log_sum_exp};
use crate::policy::{Ending, Shape};

/// λ and the conditional moments of a policy on its line; index 0 is O⁻, index 1 is O⁺.
///
/// Of an empty side the mass is 0, λ = ±∞, and its moments are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// How many responses each side has, O⁻ first.
    pub responses: [u64; 2],
    /// E∓\[s\], s = w·∇log π.
    pub mean: [f64; 2],
    /// Var∓(s).
    pub variance: [f64; 2],
    /// E∓\[H\], H = wᵀ∇²log π w.
    pub curvature: [f64; 2],
    mass: Pair,
    exponent: [i64; 2],
    /// Lengths that occur, with the masses of both sides, up to the same powers of two.
    lengths: Vec<(u32, Pair)>,
    shape: Shape,
    spread: Spread,
}

/// Bounds of the absolute errors of [`Moments`], as in the [module's documentation](super); of a pair, index 0 is O⁻.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Errors {
    /// δ, the bound of the error of log P(O∓), for both sides.
    pub log_mass: f64,
    /// Bounds of the errors of E∓\[s\].
    pub mean: [f64; 2],
    /// Bounds of the errors of Var∓(s).
    pub variance: [f64; 2],
    /// The bound of the error of E∓\[H\], for both sides.
    pub curvature: f64,
}

impl Moments {
    pub(super) fn new(shape: Shape, part: Part) -> Moments {
        let Part { summary, lengths, responses, spread } = part;
        let Summary { mass, exponent, mean, variance, curvature } = summary;
        let known = |values: Pair| [0, 1].map(|side| if responses[side] > 0 { values[side] } else { f64::NAN });
        let lengths = match shape.ending {
            Ending::Fixed => vec![(shape.max_length, mass)],
            _ => (1..).zip(lengths.masses).filter(|(_, masses)| *masses != [0.0; 2]).collect(),
        };
        let [mean, variance, curvature] = [mean, variance, curvature].map(known);
        Moments { responses, mean, variance, curvature, mass, exponent, lengths, shape, spread }
    }

    fn log(&self, side: usize, mass: f64) -> f64 {
        Scalar::ln(mass) + self.exponent[side] as f64 * f64::ln_2()
    }

    /// log P(O∓) as added up over responses; −∞ for an empty side.
    pub fn log_mass(&self) -> [f64; 2] {
        [0, 1].map(|side| self.log(side, self.mass[side]))
    }

    /// λ = log J − log(1 − J); ±∞ if a side is empty.
    pub fn lambda(&self) -> f64 {
        let apart = (self.exponent[1] - self.exponent[0]) as f64 * f64::ln_2();
        Scalar::ln(self.mass[1] / self.mass[0]) + apart
    }

    /// log J = −log(1 + e^{−λ}).
    pub fn log_success(&self) -> f64 {
        -(-self.lambda()).softplus()
    }

    /// log(1 − J) = −log(1 + e^λ).
    pub fn log_failure(&self) -> f64 {
        -self.lambda().softplus()
    }

    /// Δμ = E⁺\[s\] − E⁻\[s\] = λ'.
    pub fn alignment(&self) -> f64 {
        self.mean[1] - self.mean[0]
    }

    /// λ'' = Var⁺(s) − Var⁻(s) + E⁺\[H\] − E⁻\[H\].
    pub fn second(&self) -> f64 {
        self.variance[1] - self.variance[0] + (self.curvature[1] - self.curvature[0])
    }

    /// E∓\[ℓ\], the mean lengths in tokens; NaN for an empty side.
    pub fn mean_length(&self) -> [f64; 2] {
        [0, 1].map(|side| {
            let of_side = || self.lengths.iter().filter(|(_, masses)| masses[side] > 0.0);
            let Some(&(shortest, _)) = of_side().next() else { return f64::NAN };
            let beyond: f64 = of_side().map(|(length, masses)| f64::from(length - shortest) * masses[side]).sum();
            f64::from(shortest) + beyond / of_side().map(|(_, masses)| masses[side]).sum::<f64>()
        })
    }

    /// Pairs (k, \[log P(ℓ = k, O⁻), log P(ℓ = k, O⁺)\]) for every length k that occurs, by increasing length.
    pub fn joint_length_law(&self) -> Vec<(u32, [f64; 2])> {
        let log = |masses: &Pair| [0, 1].map(|side| self.log(side, masses[side]));
        self.lengths.iter().map(|(length, masses)| (*length, log(masses))).collect()
    }

    /// The law of ℓ: pairs (length, log-probability), by increasing length, of which
    /// [`psi1_norm`](crate::regularity::psi1_norm) makes ‖ℓ‖_ψ1.
    pub fn length_law(&self) -> Vec<(u32, f64)> {
        self.joint_length_law().into_iter().map(|(length, logs)| (length, log_sum_exp(&logs))).collect()
    }

    /// Bounds of what rounding has done, to first order in 2⁻⁵³; those of an empty side are NaN.
    pub fn errors(&self) -> Errors {
        let unit = 0.5 * f64::EPSILON;
        let Spread { logit, slope, curvature } = self.spread;
        let length = f64::from(self.shape.max_length);
        let row = roundings(self.shape.vocabulary as usize);
        let kappa = 2.0 * logit + Scalar::ln(f64::from(self.shape.vocabulary)) + 2.0 * row + 8.0;
        let delta = length * kappa * unit;
        let value = unit * length * slope * (kappa + 3.0 + length * (row + 3.0));
        let part = 2.0 * value * Scalar::sqrt(length);
        let sigma = self.variance.map(Scalar::sqrt);
        Errors {
            log_mass: delta,
            mean: sigma.map(|sigma| 2.0 * delta * sigma + value),
            variance: sigma.map(|sigma| 3.0 * delta * sigma * sigma + 2.0 * part * sigma + part * part),
            curvature: 3.0 * delta * (length + 2.0) * (2.0 * curvature + slope * slope),
        }
    }
}
