//! Perfect alignment: one parameter, two responses, w = +1, so that w is the normalised gradient gap itself.
//!
//! ```text
//! λ'(θ) = Δμ − A{1 − cos(2πθ/η)},     θ_k = kη
//! ```
//!
//! Every iterate sees λ' = Δμ > 0, and every step changes λ by −(A − Δμ)η: the steps are in resonance with the wave. The
//! policy depends on η.
//!
//! |∇log π| ≤ sup|λ'| = max(Δμ, 2A − Δμ) =: G and |∇²log π| ≤ 2πA/η + G²/4. With B² = 5s² given, A solves 4πA/η + 2A² =
//! B², and G_o² = L_o = B²/2 are upper bounds in the window, which is what Assumption 1 asks of its constants; and as long as ½Δμ ≤
//! A ≤ B/(2√2).
//!
//! In binary64 the frequency 2π/η, the phase and kη are rounded. At the iterates the cosine is at its crest, so an error
//! ε of the argument costs Aε²/2 of Δμ(k); Δμ is aimed at from above, and every step is certified from its own θ_k. The limit
//! J → 0 is that of the real-number run: in binary64 the phase drifts, and no more is certified than the steps that are run.

use super::{Construction, Window, check_scale, fails, positive, usual, visible};
use crate::error::Error;
use crate::instance::{Instance, Update};
use crate::number::Interval;
use crate::policy::Policy;

/// The resonant construction. The step size is a parameter of its policy, so its threshold ([`Construction::threshold`])
/// belongs to the policies that are built for each η: there the run collapses above 4πΔμ/(B² − 2Δμ²), and rises below.
#[derive(Clone, Debug, PartialEq)]
pub struct Resonant {
    /// s > 0, with B² = L_o + G_o² = 5s², as in [`Theorem2`](super::Theorem2).
    pub scale: f64,
    /// Δμ > 0, the gap alignment of every step, in nats per parameter unit.
    pub alignment: f64,
    /// η > 0, the step size, in parameter units.
    pub eta: f64,
    /// K, the number of steps.
    pub steps: usize,
}

/// 2⁻⁴⁸: thirty-two rounding units, of which the sums and products in λ' take a dozen.
const ROUNDING: f64 = 1.0 / (1u64 << 48) as f64;

impl Resonant {
    /// The construction with these s, Δμ and η, of 1 000 steps.
    pub fn new(scale: f64, alignment: f64, eta: f64) -> Resonant {
        Resonant { scale, alignment, eta, steps: 1000 }
    }

    /// A = 2B²/(4π/η + √(16π²/η² + 8B²)), the positive root of 4πA/η + 2A² = B².
    pub fn amplitude(&self) -> f64 {
        let (square, rate) = (5.0 * self.scale * self.scale, 4.0 * std::f64::consts::PI / self.eta);
        2.0 * square / (rate + (rate * rate + 8.0 * square).sqrt())
    }

    /// Slope, amplitude and frequency of λ(θ) = slope·θ + amplitude·sin(frequency·θ), in binary64.
    fn curve(&self) -> [f64; 3] {
        // L_o = B²/2 leaves a room of AΔμ only, which may be less than its rounding: A gives way by up to 64 units.
        let curves = (0..=64).map(|units| self.curve_of(self.amplitude() * (1.0 - f64::from(units) * f64::EPSILON)));
        curves.into_iter().find(|&curve| self.fits(curve)).unwrap_or(self.curve_of(self.amplitude()))
    }

    fn curve_of(&self, amplitude: f64) -> [f64; 3] {
        let frequency = 2.0 * std::f64::consts::PI / self.eta;
        [self.alignment + self.rounding() - amplitude, amplitude / frequency, frequency]
    }

    /// By how much the alignment is aimed above Δμ. After k steps the argument 2πθ/η is off by at most ε = 2πk(k + 4)2⁻⁵³ (k
    /// roundings of θ, and those of 2π/η and of the product), which costs at most Aε²/2. And Δμ(k) is found as a difference of means under
    /// weights that are known to |λ| units, |λ| ≤ kAη.
    fn rounding(&self) -> f64 {
        self.alignment * ROUNDING + self.amplitude() * self.rounding_share(self.amplitude() * self.eta)
    }

    /// The share of A in it, where λ falls by at most `drop` in a step.
    fn rounding_share(&self, drop: f64) -> f64 {
        let steps = self.steps as f64;
        ROUNDING * (1.0 + steps * drop / 8.0) + (std::f64::consts::PI * steps * (steps + 4.0) * f64::EPSILON).powi(2)
    }

    /// The smallest Δμ at this scale, η and number of steps: 2⁻²⁴⁰ s, below which frequencies overflow, and sixteen times what
    /// rounding adds.
    pub fn smallest_alignment(&self) -> f64 {
        f64::max(self.scale * (0.5f64).powi(240), 16.0 * self.amplitude() * self.rounding_share(self.amplitude() * self.eta))
    }

    /// Whether G_o² and L_o are at most B²/2 for certain.
    fn fits(&self, curve: [f64; 3]) -> bool {
        let ([score, curvature], [_, half]) = (Resonant::bounds_of(curve), self.constants());
        [crate::number::Scalar::square(score), curvature].iter().all(|x| crate::number::Scalar::surely_le(*x, half))
    }

    /// \[G, L\]: upper bounds of |∇log π| and |∇²log π| over all θ, of the curve as it is stored. With x =
    /// amplitude·frequency, G = max(|slope + x|, |slope − x|) and L = x·frequency + G²/4.
    pub fn bounds(&self) -> [Interval; 2] {
        Resonant::bounds_of(self.curve())
    }

    fn bounds_of(curve: [f64; 3]) -> [Interval; 2] {
        let [slope, amplitude, frequency] = curve.map(Interval::point);
        let x = amplitude * frequency;
        use crate::number::Scalar;
        let score = Scalar::max((slope + x).abs(), (slope - x).abs());
        [score, x * frequency + Interval::of(0.25) * score.square()]
    }
}

impl Construction for Resonant {
    fn alignment(&self) -> f64 {
        self.alignment
    }
    fn eta(&self) -> f64 {
        self.eta
    }
    fn window(&self) -> Window {
        let s = Interval::point(self.scale);
        Window { square: Interval::point(5.0) * s * s, factor: 60.0 }
    }
    /// G_o = √(B²/2) and L_o = B²/2, both upper bounds.
    fn constants(&self) -> [Interval; 2] {
        let half = Interval::point(0.5) * self.window().square;
        [crate::number::Scalar::sqrt(half), half]
    }
    /// 4πΔμ/(B² − 2Δμ²): where A = Δμ. A grows with η, and every step changes λ by −(A − Δμ)η.
    fn threshold(&self) -> f64 {
        let square = 5.0 * self.scale * self.scale;
        4.0 * std::f64::consts::PI * self.alignment / (square - 2.0 * self.alignment * self.alignment)
    }

    fn admissible(&self) -> Result<(), Error> {
        check_scale(self.scale)?;
        positive(&[("alignment", self.alignment), ("eta", self.eta)])?;
        if self.steps == 0 {
            return Err(fails("steps", "is 0, expected at least 1"));
        }
        self.window().check(self.alignment, self.eta)?;
        visible(self.alignment, self.smallest_alignment(), self.scale, self.eta)?;
        let ([score, curvature], [_, half]) = (self.bounds(), self.constants());
        use crate::number::Scalar;
        for (name, value) in [("G_o²", score.square()), ("L_o", curvature)] {
            if !value.surely_le(half) {
                return Err(fails(name, format!("is {:?} at most, above B²/2 = {:?}", value.hi(), half.mid())));
            }
        }
        Ok(())
    }

    fn at_step(&self, eta: f64) -> Resonant {
        Resonant { eta, ..self.clone() }
    }

    fn with_steps(&self, steps: usize) -> Resonant {
        Resonant { steps, ..self.clone() }
    }

    /// A ≤ B²η/(4π), and Aη ≤ 1/(16π) < 1/50 in the window.
    fn usual_step(&self) -> Option<f64> {
        let square = 5.0 * self.scale * self.scale;
        let visible = 4.0 * std::f64::consts::PI / square * (self.alignment / (16.0 * self.rounding_share(0.02)));
        usual(&self.window(), self.alignment, 0.99 * visible)
    }

    fn run(&self) -> Result<Instance, Error> {
        let [slope, amplitude, frequency] = self.curve();
        // sin x = cos(x − π/2)
        let policy = Policy::curve([0.0, slope, 0.0], &[[amplitude, frequency, -std::f64::consts::FRAC_PI_2]])?;
        let update = Update { direction: vec![1.0], eta: self.eta };
        let instance = Instance {
            policy,
            theta: vec![0.0],
            direction: vec![1.0],
            eta: self.eta,
            correct: vec![false, true],
            then: vec![update; self.steps.saturating_sub(1)],
        };
        instance.validate()?;
        Ok(instance)
    }
}
