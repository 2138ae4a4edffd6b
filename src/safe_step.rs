//! The thresholds on the step size side by side: what the paper promises, what holds without its detours, where collapse
//! begins.
//!
//! | name | formula | from |
//! |---|---|---|
//! | 15a | min{Δμ/(2(L_o + 8G_o²)), 1/(2√L_o)} | Theorem 1, [`trajectory_step`] |
//! | 18a | min{½Δμ/(LT∞ + G² min{T_ψ1/(1−J), 8T∞²}), 1/(2√(LT∞ + G²T_ψ1))} | Theorem 3, [`token_step`] |
//! | smooth-only | 2(1−J)Δμ/L_o | smooth-only-step, [`ascent_step`] |
//! | token-smooth-only | 2(1−J)Δμ/(LE⁺\[ℓ\]) | token-smooth-only-step, [`ascent_step`] |
//! | rare-failure | (2/√b) arctan(JΔμ√b/(a + bh)) | rare-failure-step, [`rare_failure_step`] |
//! | two-sided | Δμ/(L_o + G_o²/2) | log-odds-step-tight, [`two_sided_step`] |
//! | collapse-threshold | 2Δμ/L_o | no-universal-collapse, [`collapse_threshold`] |
//! | collapse-window | \[cΔμ/S, 1/(2√S)\], S = (L + G²)T∞ | Theorem 2, (19), [`Window`] |
//!
//! L and G are bounds per token; L_o = LT∞ and G_o = GT∞ are those of responses. A policy over whole responses is one of a
//! single token, T∞ = 1.
//!
//! ```
//! use gradient_gap::safe_step::{Compared, Inputs};
//! use gradient_gap::thresholds::SuccessRate;
//!
//! let inputs = Inputs { score_bound: Some(2.0), ..Inputs::new(0.01, 1.0) }; // Δμ and L
//! let compared = Compared::new(&inputs, SuccessRate::of_failure(1e-300));
//! let (threshold, eta) = compared.largest().expect("Δμ > 0");
//! assert_eq!((threshold.name, eta), ("two-sided", 0.01 / 3.0));
//! ```

use crate::collapse::Window;
use crate::error::Error;
use crate::number::Interval;
use crate::regularity::{Constants, Reading};
use crate::thresholds::{
    SuccessRate, ascent_step, collapse_threshold, most_correct_length, rare_failure_step, token_step, trajectory_step,
    two_sided_step,
};
use std::f64::consts::LN_2;

/// What is known of a policy and a direction, all but J.
#[derive(Clone, Copy, Debug)]
pub struct Inputs {
    /// Δμ, in nats per parameter unit; any finite number.
    pub alignment: f64,
    /// L ≥ 0: a bound of |wᵀ∇²log π w| per token (L_p of Assumption 2).
    pub smoothness: f64,
    /// G ≥ 0: a bound of |w·∇log π| per token (G_p), where one is known.
    pub score_bound: Option<f64>,
    /// T∞ ≥ 1: the largest number of tokens; 1 for a policy over whole responses.
    pub max_length: f64,
    /// T_ψ1, from 1/log 2 to T∞/log 2; `None` stands for T∞/log 2, the largest that it can be.
    pub psi1_length: Option<f64>,
    /// E⁺\[ℓ\] at θ, from 1 to T∞; `None` stands for min{T∞, T_ψ1 log(1 + 1/J)}, the largest that it can be.
    pub correct_length: Option<f64>,
}

/// # Errors
/// `x` is not within \[low, high\], or not finite.
fn within(name: &str, x: f64, low: f64, high: f64) -> Result<(), Error> {
    if x.is_finite() && low <= x && x <= high {
        return Ok(());
    }
    let wanted = match (low, high) {
        (f64::NEG_INFINITY, _) => "a finite number".into(),
        (_, f64::INFINITY) => format!("a finite number, at least {low}"),
        _ => format!("a number from {low} to {high}"),
    };
    Err(Error::new(format!("{x:?}, expected {wanted}")).at(name))
}

impl Inputs {
    /// Δμ and L alone: one token, nothing else known.
    pub fn new(alignment: f64, smoothness: f64) -> Inputs {
        Inputs { alignment, smoothness, score_bound: None, max_length: 1.0, psi1_length: None, correct_length: None }
    }

    /// Whether some policy can have each of these numbers; whether it can have all of them at some J,
    /// [`Inputs::contradiction`] says.
    ///
    /// # Errors
    /// Names the first number that no policy can have: `name: value, expected …`, `name` as on the command line.
    pub fn check(&self) -> Result<(), Error> {
        let (all, length) = (f64::INFINITY, self.max_length);
        within("alignment", self.alignment, -all, all)?;
        within("smoothness", self.smoothness, 0.0, all)?;
        self.score_bound.map_or(Ok(()), |bound| within("score-bound", bound, 0.0, all))?;
        within("max-length", length, 1.0, all)?;
        self.psi1_length.map_or(Ok(()), |psi1| within("psi1-length", psi1, 1.0 / LN_2, length / LN_2))?;
        self.correct_length.map_or(Ok(()), |mean| within("correct-length", mean, 1.0, length))
    }

    /// T_ψ1 as given, or T∞/log 2, the largest that it can be.
    pub fn psi1(&self) -> f64 {
        self.psi1_length.unwrap_or(self.max_length / LN_2)
    }

    /// E⁺\[ℓ\] as given, or min{T∞, T_ψ1 log(1 + 1/J)}, the largest that it can be at this J.
    pub fn correct_length_at(&self, rate: &SuccessRate<f64>) -> f64 {
        let most = || match self.psi1_length {
            Some(psi1) => most_correct_length(rate, self.max_length, psi1),
            None => self.max_length, // T∞ log(1 + 1/J)/log 2 is not less
        };
        self.correct_length.unwrap_or_else(most)
    }

    /// L_o = LT∞.
    fn curvature(&self) -> f64 {
        self.smoothness * self.max_length
    }

    /// All constants, where G is known.
    fn constants(&self) -> Option<Constants<f64>> {
        self.score_bound.map(|bound| Constants {
            score: bound * self.max_length,
            curvature: self.curvature(),
            token_score: bound,
            token_curvature: self.smoothness,
            psi1: self.psi1(),
        })
    }

    /// σ² = min{G², L}, L where G is not known.
    fn proxy(&self) -> f64 {
        self.score_bound.map_or(self.smoothness, |bound| f64::min(bound * bound, self.smoothness))
    }

    /// Why no policy has these numbers and this J, where that is so: E\[s\] = 0 and −E\[H\] = E\[s²\] ≤ min{G², L}T∞ give
    /// J(1−J)Δμ² ≤ min{G², L}T∞, and |s| ≤ GT∞ gives max{J, 1−J}|Δμ| ≤ GT∞.
    pub fn contradiction(&self, rate: &SuccessRate<f64>) -> Option<String> {
        let slack = 1.0 + 1e-9;
        let gap = f64::abs(self.alignment);
        let largest = self.score_bound.map(|bound| bound * self.max_length * slack);
        if largest.is_some_and(|largest| f64::max(rate.success, rate.failure) * gap > largest) {
            return Some("max{J, 1−J}·|Δμ| ≤ G·T∞".into());
        }
        let energy = (rate.success * rate.failure).sqrt() * gap;
        let name = if self.score_bound.is_some() { "min{G², L}" } else { "L" };
        (energy > (self.proxy() * self.max_length).sqrt() * slack).then(|| format!("J(1−J)Δμ² ≤ {name}·T∞"))
    }

    /// The window of Theorem 2 or (19), as printed.
    fn window(&self) -> Step {
        let Some(bound) = self.score_bound else { return Step::Needs(SCORE_BOUND) };
        if self.alignment <= 0.0 {
            return Step::Empty("Δμ ≤ 0".into());
        }
        let [l, g, length] = [self.smoothness, bound, self.max_length].map(Interval::point);
        if (g * g).surely_lt(l) {
            return Step::Empty("G < √L".into());
        }
        let (square, factor) = ((l + g * g) * length, if self.max_length > 1.0 { 120.0 } else { 60.0 });
        let window = Window { square, factor };
        match window.ends(self.alignment) {
            _ if !square.is_bounded() => Step::Empty("(L + G²)T∞ is out of range".into()),
            Some([low, high]) => Step::Between(low, high),
            None => Step::Empty(format!("Δμ > √S/{} = {:.4e}", 2.0 * factor, window.largest_alignment().lo())),
        }
    }
}

/// The name of G on the command line.
pub(crate) const SCORE_BOUND: &str = "--score-bound";

/// What a threshold says at one J; step sizes are in parameter units.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It speaks of step sizes up to this one; may be 0 or +∞.
    UpTo(f64),
    /// It speaks of step sizes from the first to the second one.
    Between(f64, f64),
    /// It speaks of no step size, for the reason given.
    Empty(String),
    /// It says nothing, as what this option of the command line gives is not known.
    Needs(&'static str),
}

/// A threshold on the step size, and what it is good for.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// A short name, the same in tables, pictures and JSON.
    pub name: &'static str,
    /// Where it comes from, in the paper or the companion.
    pub place: &'static str,
    /// The slug of the claim that proves it, or is it.
    pub claim: &'static str,
    /// The formula of the step size, as text.
    pub formula: &'static str,
    /// What is guaranteed, in a sentence.
    pub guarantee: &'static str,
    /// Whether J rises at every smaller step.
    pub raises: bool,
    /// Where L and G must be bounds: along the step (of a run, along all its steps) or along the whole line.
    pub reading: Reading,
    step: fn(&Inputs, &SuccessRate<f64>) -> Step,
}

impl Threshold {
    /// What the threshold says of these inputs at this J.
    pub fn step(&self, inputs: &Inputs, rate: &SuccessRate<f64>) -> Step {
        (self.step)(inputs, rate)
    }
}

fn with_score(inputs: &Inputs, step: impl Fn(&Constants<f64>) -> f64) -> Step {
    inputs.constants().map_or(Step::Needs(SCORE_BOUND), |constants| Step::UpTo(step(&constants)))
}

/// All thresholds, the paper's promises first.
pub const THRESHOLDS: [Threshold; 8] = [
    Threshold {
        name: "15a",
        place: "Theorem 1",
        claim: "convergence",
        formula: "min{Δμ/(2(L_o + 8G_o²)), 1/(2√L_o)}",
        guarantee: "up to it λ gains at least ½ηΔμ a step (15b), so that J → 1 if M(K) → ∞",
        raises: true,
        reading: Reading::Seg,
        step: |inputs, _| with_score(inputs, |constants| trajectory_step(inputs.alignment, constants)),
    },
    Threshold {
        name: "18a",
        place: "Theorem 3",
        claim: "token-convergence",
        formula: "min{½Δμ/(LT∞ + G² min{T_ψ1/(1−J), 8T∞²}), 1/(2√(LT∞ + G²T_ψ1))}",
        guarantee: "up to it λ gains at least ½ηΔμ a step (18b), so that J → 1 if M(K) → ∞",
        raises: true,
        reading: Reading::Seg,
        step: |inputs, rate| {
            let step = |constants: &_| token_step(inputs.alignment, rate.failure, inputs.max_length, constants);
            with_score(inputs, step)
        },
    },
    Threshold {
        name: "smooth-only",
        place: "companion",
        claim: "smooth-only-step",
        formula: "2(1−J)Δμ/L_o",
        guarantee: "below it J rises; up to half of it λ gains at least ½ηΔμ",
        raises: true,
        reading: Reading::Seg,
        step: |inputs, rate| Step::UpTo(ascent_step(inputs.alignment, rate.failure, inputs.curvature())),
    },
    Threshold {
        name: "token-smooth-only",
        place: "companion",
        claim: "token-smooth-only-step",
        formula: "2(1−J)Δμ/(L E⁺[ℓ])",
        guarantee: "below it J rises; up to half of it λ gains at least ½ηΔμ",
        raises: true,
        reading: Reading::Seg,
        step: |inputs, rate| {
            let curvature = inputs.smoothness * inputs.correct_length_at(rate);
            Step::UpTo(ascent_step(inputs.alignment, rate.failure, curvature))
        },
    },
    Threshold {
        name: "rare-failure",
        place: "companion",
        claim: "rare-failure-step",
        formula: "(2/√b) arctan(JΔμ√b/(a + bh)), h = −log(1−J), b = 2 min{G², L}T∞, a = b log 3 + LT∞",
        guarantee: "below it J rises, if L and G bound the whole line; shrinks like 1/log(1/(1−J)) only",
        raises: true,
        reading: Reading::Line,
        step: |inputs, rate| {
            let Inputs { alignment, smoothness, max_length, .. } = *inputs;
            Step::UpTo(rare_failure_step(alignment, rate, smoothness, inputs.proxy(), max_length))
        },
    },
    Threshold {
        name: "two-sided",
        place: "companion",
        claim: "log-odds-step-tight",
        formula: "Δμ/(L_o + G_o²/2)",
        guarantee: "below it J rises, at every J alike; up to half of it λ gains at least ½ηΔμ",
        raises: true,
        reading: Reading::Seg,
        step: |inputs, _| with_score(inputs, |constants| two_sided_step(inputs.alignment, constants)),
    },
    Threshold {
        name: "collapse-threshold",
        place: "companion",
        claim: "no-universal-collapse",
        formula: "2Δμ/L_o",
        guarantee: "below it, η constant and every alignment ≥ Δμ, no run has J → 0; above, some have",
        raises: false,
        reading: Reading::Seg,
        step: |inputs, _| Step::UpTo(collapse_threshold(inputs.alignment, inputs.curvature())),
    },
    Threshold {
        name: "collapse-window",
        place: "Theorem 2, (19)",
        claim: "overshoot-collapse",
        formula: "[cΔμ/S, 1/(2√S)], S = (L + G²)T∞, c = 60 (120 if T∞ > 1)",
        guarantee: "as printed: for every η inside, some policy with this L + G² collapses, not every one",
        raises: false,
        reading: Reading::Seg,
        step: |inputs, _| inputs.window(),
    },
];

/// What all thresholds say at one J.
#[derive(Clone, Debug)]
pub struct Compared {
    /// J and 1 − J.
    pub rate: SuccessRate<f64>,
    /// What each of [`THRESHOLDS`] says, in their order.
    pub steps: [Step; 8],
}

impl Compared {
    /// What all thresholds say of these inputs at this J.
    pub fn new(inputs: &Inputs, rate: SuccessRate<f64>) -> Compared {
        Compared { rate, steps: THRESHOLDS.map(|threshold| threshold.step(inputs, &rate)) }
    }

    /// The largest step size > 0 below which some threshold guarantees that J rises, and which one: the first of those that
    /// agree. `None` where none does.
    pub fn largest(&self) -> Option<(&'static Threshold, f64)> {
        self.largest_of(|_| true)
    }

    /// The largest step size > 0 below which some threshold guarantees that J rises from constants along the step alone, and
    /// which one. `None` where none does.
    pub fn largest_on_the_step(&self) -> Option<(&'static Threshold, f64)> {
        self.largest_of(|threshold| threshold.reading == Reading::Seg)
    }

    fn largest_of(&self, wanted: impl Fn(&Threshold) -> bool) -> Option<(&'static Threshold, f64)> {
        let steps = THRESHOLDS.iter().zip(&self.steps).filter(|(threshold, _)| threshold.raises && wanted(threshold));
        let known = steps.filter_map(|(threshold, step)| match step {
            Step::UpTo(eta) if *eta > 0.0 => Some((threshold, *eta)),
            _ => None,
        });
        known.fold(None, |best, found| if best.is_some_and(|(_, eta)| eta >= found.1) { best } else { Some(found) })
    }

    /// The collapse threshold 2\[Δμ\]₊/(LT∞), under which nothing collapses, where the printed window begins below it;
    /// otherwise `None`.
    pub fn void_below(&self) -> Option<f64> {
        match self.steps {
            [.., Step::UpTo(threshold), Step::Between(low, _)] if low < threshold => Some(threshold),
            _ => None,
        }
    }
}

/// `count` success rates from one to another, by equal steps of the log-odds; the ends are those given.
pub fn between(from: SuccessRate<f64>, to: SuccessRate<f64>, count: usize) -> Vec<SuccessRate<f64>> {
    let (low, high, last) = (from.log_odds(), to.log_odds(), count.saturating_sub(1));
    let rate = |i: usize| match i {
        0 => from,
        _ if i == last => to,
        _ => SuccessRate::of_log_odds(low + (high - low) * (i as f64 / last as f64)),
    };
    (0..count).map(rate).collect()
}
