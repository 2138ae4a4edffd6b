//! Which length the step size should go with: T∞, T_ψ1 or E⁺\[ℓ\].
//!
//! The paper's condition (18a) holds T∞ and T_ψ1; the companion's token-smooth-only-step holds E⁺\[ℓ\] alone, at the start:
//!
//! ```text
//! paper   min{½Δμ/(L_pT∞ + G_p² min{T_ψ1/(1−J), 8T∞²}), 1/(2√(L_pT∞ + G_p²T_ψ1))}
//! sharp   2(1−J)Δμ/(L_p E⁺[ℓ])
//! ```
//!
//! A [`Design`] is a finite-state policy in which the three lengths can be chosen apart from each other and Δμ stays what it is: tokens
//! c, a, b and EOS, a response correct if it is c…c EOS (the last of its n tokens being EOS), a mistake followed by m − 1 further tokens.
//! Every token has L_p = 1 and G_p ≤ 2 for all θ. [`Row::new`] finds the largest step size below which λ rises, by bisection on exact
//! finite steps, and encloses it by two evaluations in intervals. [`typical`] does the same for random finite-state policies.

use crate::check::campaign::Draws;
use crate::error::Error;
use crate::families;
use crate::instance::Instance;
use crate::line::OnLine;
use crate::number::{Interval, Scalar};
use crate::policy::{Automaton, Ending, Features, Logits, Policy, Shape};
use crate::regularity::{Constants, psi1_norm};
use crate::thresholds::{ascent_step, token_step};
use rayon::prelude::*;

/// The length that is varied while the two others stay what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Varied {
    /// T∞, the length of the longest response.
    MaxLength,
    /// T_ψ1, by the length of wrong responses.
    Psi1Length,
    /// E⁺\[ℓ\], the mean length of correct responses.
    CorrectLength,
}

/// All three lengths that can be varied.
pub const VARIED: [Varied; 3] = [Varied::MaxLength, Varied::Psi1Length, Varied::CorrectLength];

impl Varied {
    /// Its symbol: T∞, T_ψ1 or E⁺\[ℓ\].
    pub fn name(self) -> &'static str {
        match self {
            Varied::MaxLength => "T∞",
            Varied::Psi1Length => "T_ψ1",
            Varied::CorrectLength => "E⁺[ℓ]",
        }
    }

    /// Its value in a row, in tokens.
    pub fn of(self, row: &Row) -> f64 {
        match self {
            Varied::MaxLength => f64::from(row.max_length),
            Varied::Psi1Length => row.psi1_length,
            Varied::CorrectLength => row.correct_length,
        }
    }
}

/// The lengths of a policy by design, in tokens with EOS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Design {
    /// T∞ > `correct`.
    pub max_length: u32,
    /// n ≥ 1: of every correct response, but for a share of e⁻¹⁹⁰.
    pub correct: u32,
    /// m ≥ 2: of every response that begins with a mistake; at most T∞.
    pub wrong: u32,
}

/// Δμ of a design, about, in nats per parameter unit.
pub const ALIGNMENT: f64 = 0.1;
/// How rare c is: log-odds against a, and against b.
const RARE: f64 = 10.0;
/// Log-odds of what as good as always happens; of what never does, so much more than all of c…c together.
const ALWAYS: f64 = 200.0;
/// L_p and G_p of a design over all θ: a row's slopes are 0, −1, 1 and their variance at most 1, their spread 2.
const SMOOTHNESS: f64 = 1.0;
const SCORE_BOUND: f64 = 2.0;

impl Design {
    /// Whether a policy can have these lengths.
    ///
    /// # Errors
    /// Names the length that is out of place.
    pub fn validate(&self) -> Result<(), Error> {
        let Design { max_length, correct, wrong } = *self;
        if correct == 0 || correct >= max_length {
            return Err(Error::new(format!(
                "length {correct} of correct responses, expected 1 to {}",
                max_length.saturating_sub(1)
            )));
        }
        if wrong < 2 || wrong > max_length {
            return Err(Error::new(format!("length {wrong} of wrong responses, expected 2 to {max_length}")));
        }
        Ok(())
    }

    /// The policy with these lengths at θ = 0 with w = 1, d = 1; η is 0. L_p = 1 and G_p ≤ 2 for all θ.
    ///
    /// # Errors
    /// As [`Design::validate`]; a policy with too many logits.
    pub fn instance(&self) -> Result<Instance, Error> {
        self.validate()?;
        let shape = Shape { vocabulary: 4, max_length: self.max_length, ending: Ending::Eos };
        // EOS, c, a, b; state 1 is a mistake.
        let automaton = Automaton { start: 0, next: vec![0, 0, 1, 1, 1, 1, 1, 1], by_position: true };
        let rows = 2 * (self.max_length as usize - 1);
        let never = -ALWAYS - (RARE + 1.0) * f64::from(self.correct);
        // Of c, and of the EOS in its place, ξ = δ as a and b are equally likely: Δμ is the sum of all.
        let tilt = ALIGNMENT / f64::from(self.correct);
        let (mut bias, mut slope) = (Vec::with_capacity(4 * rows), Vec::with_capacity(4 * rows));
        for position in 1..self.max_length {
            let [eos, next] = if position < self.correct { [never, -RARE] } else { [-RARE, never] };
            bias.extend([eos, next, 0.0, 0.0]);
            bias.extend([if position < self.wrong { never } else { ALWAYS }, 0.0, 0.0, 0.0]);
            slope.extend([0.0, 0.0, -1.0 - tilt, 1.0 - tilt]);
            slope.extend([0.0, 0.0, -1.0, 1.0]);
        }
        let features = Features::Dense(slope);
        let logits = Logits { dim: 1, rows, options: 4, bias, features, quadratic: vec![], waves: vec![] };
        let policy = Policy::finite_state(shape, automaton, None, logits)?;
        Ok(Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.0, correct: vec![true, false], then: vec![] })
    }
}

/// The largest step sizes at a start and a direction, by two conditions and in truth; all in parameter units.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// T∞, in tokens.
    pub max_length: u32,
    /// T_ψ1 = ‖ℓ‖_ψ1 at the start, in tokens.
    pub psi1_length: f64,
    /// E⁺\[ℓ\] at the start, in tokens.
    pub correct_length: f64,
    /// Δμ > 0 at the start, in nats per parameter unit.
    pub alignment: f64,
    /// log J at the start, in nats.
    pub log_success: f64,
    /// The step that the paper's (18a) allows: [`token_step`].
    pub paper: f64,
    /// 2(1−J)Δμ/(L_pE⁺\[ℓ\]), below which J rises by token-smooth-only-step.
    pub sharp: f64,
    /// Where λ(η) first comes back to λ(0): λ(η) > λ(0) at the first and < at the second, 2⁻¹² of it apart; +∞ where it did not up to
    /// 10⁴ times `sharp`.
    pub truth: [f64; 2],
    /// Whether both are certain in interval arithmetic. That λ(η) > λ(0) before is seen at sampled steps only, beyond `sharp`.
    pub certified: bool,
}

/// How far beyond the sharp condition a step is looked for at which λ does not rise.
pub(crate) const FARTHEST: f64 = 1e4;
/// Changes of λ below this are not told from 0.
const LEAST: f64 = 1e-280;
/// How far apart the ends of `truth` are, relatively.
const NARROW: f64 = 1.0 / 4096.0;
/// From one step to the next there.
const STRIDE: f64 = 1.03125;

impl Row {
    /// The row of the start of `instance`, whose policy has L_p = `smoothness` and G_p = `score_bound` for all θ. Δμ must be
    /// positive: `None` where it is not, or so small that changes of λ underflow.
    pub fn new(instance: &Instance, smoothness: f64, score_bound: f64) -> Option<Row> {
        let Instance { policy, theta, direction, correct, .. } = instance;
        let on_line = OnLine::<f64>::new(policy, correct, theta, direction);
        let start = on_line.line(0.0);
        let psi1_length = psi1_norm(&on_line.length_law(&start));
        let (alignment, failure) = (start.alignment(), start.failure());
        let max_length = policy.tree.shape().max_length;
        let constants = Constants {
            score: score_bound * f64::from(max_length),
            curvature: smoothness * f64::from(max_length),
            token_score: score_bound,
            token_curvature: smoothness,
            psi1: psi1_length,
        };
        let paper = token_step(alignment, failure, f64::from(max_length), &constants);
        let sharp = ascent_step(alignment, failure, smoothness * start.length[1]);
        if !(sharp * alignment > LEAST && sharp.is_finite() && paper > 0.0) {
            return None;
        }
        let rises = |eta: f64| on_line.step(&start, eta).change > 0.0;
        let [mut low, mut high] = [sharp, STRIDE * sharp];
        while rises(high) && high < FARTHEST * sharp {
            [low, high] = [high, STRIDE * high];
        }
        let (mut truth, mut certified) = ([f64::INFINITY; 2], false);
        if high < FARTHEST * sharp {
            if low == sharp && !rises(low) {
                low = 0.5 * sharp; // the two conditions are one, up to rounding
            }
            while high - low > low * NARROW {
                let middle = 0.5 * (low + high);
                *if rises(middle) { &mut low } else { &mut high } = middle;
            }
            truth = [low, high];
            certified = encloses(instance, truth);
        }
        let log_success = start.log_success();
        let correct_length = start.length[1];
        Some(Row { max_length, psi1_length, correct_length, alignment, log_success, paper, sharp, truth, certified })
    }
}

/// Whether λ certainly rises at the first step and falls at the second.
fn encloses(instance: &Instance, [low, high]: [f64; 2]) -> bool {
    let on_line = OnLine::<Interval>::new(&instance.policy, &instance.correct, &instance.theta, &instance.direction);
    let start = on_line.line(Interval::zero());
    let change = |eta: f64| on_line.step(&start, Interval::point(eta)).change;
    change(low).lo() > 0.0 && change(high).hi() < 0.0
}

/// The lengths 4, 16, … below `longest`, then itself.
fn lengths(longest: u32) -> Vec<u32> {
    let powers = (1..16).map(|k| 1 << (2 * k)).take_while(|&length: &u32| length < longest);
    powers.chain([longest]).collect()
}

/// The shortest T∞ of [`sweep`].
pub const SHORTEST: u32 = 64;

/// The designs in which one length grows up to `longest` tokens, by increasing length: beside 4 tokens in correct responses,
/// 16 in wrong ones and T∞ = `longest`, but for the length that is varied.
pub fn designs(varied: Varied, longest: u32) -> Vec<Design> {
    let design = |length: u32| match varied {
        Varied::MaxLength => (length >= 16).then_some(Design { max_length: length, correct: 4, wrong: 16 }),
        Varied::Psi1Length => Some(Design { max_length: longest, correct: 4, wrong: length }),
        Varied::CorrectLength => Some(Design { max_length: longest, correct: length.min(longest - 1), wrong: 16 }),
    };
    lengths(longest).into_iter().filter_map(design).collect()
}

/// The rows of the [`designs`], in their order.
///
/// # Errors
/// `longest` below [`SHORTEST`]; a policy with too many logits.
pub fn sweep(varied: Varied, longest: u32) -> Result<Vec<Row>, Error> {
    if longest < SHORTEST {
        return Err(Error::new(format!("{longest} tokens, expected at least {SHORTEST}")));
    }
    let row = |design: &Design| {
        let instance = design.instance()?;
        Row::new(&instance, SMOOTHNESS, SCORE_BOUND).ok_or_else(|| Error::new(format!("{design:?} gives no step size")))
    };
    designs(varied, longest).par_iter().map(row).collect()
}

/// The power of the length that is varied with which the step size `step` goes, by the first and the last row: log(step
/// ratio)/log(length ratio). NaN without rows.
pub fn exponent(varied: Varied, rows: &[Row], step: impl Fn(&Row) -> f64) -> f64 {
    let [Some(first), Some(last)] = [rows.first(), rows.last()] else { return f64::NAN };
    let ratio = |value: &dyn Fn(&Row) -> f64| Scalar::ln(value(last) / value(first));
    ratio(&step) / ratio(&|row| varied.of(row))
}

/// Rows of `count` random policies of the family `finite-state` with Δμ > 0, at η = 0, with constants for all θ: of logits linear in θ,
/// G_p is the largest spread of slopes within a row and L_p a quarter of its square.
pub fn typical(seed: u64, count: usize) -> Vec<Row> {
    let Some(family) = families::find("finite-state") else { return vec![] }; // it is in the registry
    let draws = Draws::new(seed);
    let row = |case: u64| {
        let mut u = vec![];
        draws.point(case, family.dim, &mut u);
        let instance = family.decode(&u).ok()?;
        let line = instance.policy.logits.restrict::<f64>(&instance.theta, &instance.direction);
        let spread = |row: &[f64]| {
            row.iter().fold(f64::NEG_INFINITY, |top, &x| top.max(x)) - row.iter().fold(f64::INFINITY, |low, &x| low.min(x))
        };
        let widest = line.slope_at(0.0).chunks_exact(instance.policy.logits.options).map(spread).fold(0.0, f64::max);
        Row::new(&instance, 0.25 * widest * widest, widest)
    };
    // Half of the cases have Δμ < 0, some w = 0 or nothing to choose; as many at a time as rows are wanted.
    let mut rows = vec![];
    for round in 0..8 {
        if rows.len() < count {
            let cases = (round * count as u64..(round + 1) * count as u64).into_par_iter();
            rows.extend(cases.map(row).collect::<Vec<_>>().into_iter().flatten());
        }
    }
    rows.truncate(count);
    rows
}
