//! The families of the plane: constants that are known, a step size that can be anything.

use crate::collapse::{Construction, Theorem2, Theorem4, Window};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::experiments::fit::sigma;
use crate::instance::{Instance, advance};
use crate::line::norm;
use crate::number::{Interval, Scalar};
use crate::policy::Policy;
use crate::regularity::Constants;

/// A family of policies of which a plane is made, with the directions that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The three responses of Theorem 2 with its two alternating directions, by J(0). v is the largest that ‖w‖ ≤ 1 allows.
    Theorem2,
    /// T tokens (Theorem 4), each such a policy with J = 10⁻³, by T.
    Theorem4,
    /// Two responses with λ(t) = λ(0) + Δμ t − κt²/2, along the gap, by J(0): as sharp as smooth-only-step is for J ≤ ½.
    Bend,
    /// {±1}⁶, incorrect the two corners ±(1, …, 1), along the gap, by J(0).
    Cube,
    /// Four responses with a logit each, half of them correct, along the gap, by J(0).
    Tabular,
}

/// All families of planes.
pub const FAMILIES: [Family; 5] = [Family::Theorem2, Family::Theorem4, Family::Bend, Family::Cube, Family::Tabular];

/// Δμ where it may be chosen: the windows of Theorems 2 and 4 are not empty, and a bend is short.
const ALIGNMENT: f64 = 0.004;
/// λ(0) of one token of Theorem 4, p = 1/1000: its construction is as sharp as can be for p → 0.
const TOKEN: f64 = -6.906_754_778_648_554;
/// n of {±1}ⁿ.
const CUBE: u32 = 6;
/// Steps of a construction that are made one by one.
const MADE: usize = 16;
/// The most steps along the gap.
const MOST: usize = 2_000;

/// Where the runs of a row of a plane start: the policy, its constants, J and Δμ.
#[derive(Clone, Debug)]
pub struct Start {
    /// The family that it starts.
    pub family: Family,
    /// λ(0) of the whole response, in nats.
    pub lambda: f64,
    /// T, the number of tokens; 1 but for [`Family::Theorem4`].
    pub tokens: u32,
    /// Δμ(0), in nats per parameter unit.
    pub alignment: f64,
    /// \[G, L\]: of tokens for [`Family::Theorem4`], else of responses; over all θ, but at θ_0 for [`Family::Bend`].
    pub constants: [f64; 2],
    /// The first iterate; of the constructions nothing is in it.
    instance: Option<Instance>,
}

/// What becomes of a run at one step size: a cell of a plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// λ(0), in nats.
    pub start: f64,
    /// λ(K), in nats.
    pub end: f64,
    /// K, a whole number, which may be far above what could be made one by one.
    pub steps: f64,
    /// The share, in \[0, 1\], of the steps that lower J, of those that were made one by one.
    pub lost: f64,
    /// Whether the first step, or the first one of each direction, lowers J.
    pub falls: bool,
}

impl Outcome {
    /// Whether J ends below its start, −1, above it, 1, or where it was up to rounding, 0.
    pub fn turn(&self) -> i32 {
        let (change, rounding) = (self.end - self.start, ROUNDING * (1.0 + self.start.abs()));
        i32::from(change > rounding) - i32::from(change < -rounding)
    }
}

/// What sums of thousands of changes of λ may be off by, times 1 + |λ|.
const ROUNDING: f64 = 1e-11;

impl Family {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Family::Theorem2 => "theorem-2",
            Family::Theorem4 => "theorem-4",
            Family::Bend => "bend",
            Family::Cube => "cube",
            Family::Tabular => "tabular",
        }
    }

    /// `count` rows, from below: J(0) from 0.001 to 0.999 evenly in λ, or as far as the family goes; T from 1 to 10 000
    /// evenly in log T.
    ///
    /// # Errors
    /// Numbers that form no instance.
    pub fn rows(self, count: usize) -> Result<Vec<Start>, Error> {
        let share = |i: usize| i as f64 / (count.max(2) - 1) as f64;
        let end = Scalar::ln(999.0_f64);
        // J < 1 − 2^{1−n} on the cube.
        let high = if self == Family::Cube { Scalar::ln(Scalar::powi(2.0_f64, CUBE as i32 - 1) - 1.0) - 0.05 } else { end };
        (0..count)
            .map(|i| match self {
                Family::Theorem4 => {
                    let tokens = Scalar::exp(share(i) * Scalar::ln(1e4_f64)).round() as u32;
                    Start::of_tokens(tokens)
                }
                _ => self.start(-end + share(i) * (high + end)),
            })
            .collect()
    }

    /// The row of λ(0).
    ///
    /// # Errors
    /// Numbers that form no instance.
    fn start(self, lambda: f64) -> Result<Start, Error> {
        let on = |policy: Policy, theta: Vec<f64>, correct: Vec<bool>| Instance {
            policy,
            direction: vec![0.0; theta.len()],
            theta,
            eta: 0.0,
            correct,
            then: vec![],
        };
        let (instance, constants) = match self {
            Family::Theorem2 | Family::Theorem4 => {
                let constants = Theorem2::new(1.0, ALIGNMENT, 1.0).constants().map(|c| c.mid());
                let (alignment, tokens) = (ALIGNMENT, 1);
                return Ok(Start { family: self, lambda, tokens, alignment, constants, instance: None });
            }
            Family::Bend => {
                // |H±| = (1 − J)κ and Jκ, less terms of order Δμ²; the scores are Δμ(1 − J) and ΔμJ.
                let policy = Policy::quadratic_softmax(1, vec![0.0, ALIGNMENT], vec![0.0, -1.0], vec![0.0, lambda])?;
                let share = sigma(lambda.abs());
                (on(policy, vec![0.0], vec![false, true]), [ALIGNMENT * share, share])
            }
            Family::Cube => {
                let policy = Policy::cube(CUBE, vec![])?;
                let count = policy.responses();
                let correct: Vec<bool> = (0..count).map(|o| o != 0 && o + 1 != count).collect();
                // θ = τ(1, …, 1): λ = log(1/q − 1), q = σ(2τ)^n + σ(−2τ)^n, which falls in τ.
                let n = f64::from(CUBE);
                let lambda_at = |tau: f64| {
                    let (right, left) = (-n * (-2.0 * tau).softplus(), -n * (2.0 * tau).softplus());
                    let q = right + Scalar::ln_1p(Scalar::exp(left - right)); // log of what is incorrect
                    -log_odds(q)
                };
                let (mut low, mut high) = (0.0, 16.0);
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    if lambda_at(middle) > lambda { low = middle } else { high = middle }
                }
                (on(policy, vec![0.5 * (low + high); CUBE as usize], correct), [2.0 * n.sqrt(), 1.0])
            }
            Family::Tabular => {
                let policy = Policy::tabular_softmax(4, vec![])?;
                let theta = vec![lambda, lambda, 0.0, 0.0];
                (on(policy, theta, vec![true, true, false, false]), [2.0_f64.sqrt(), 0.5])
            }
        };
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let (lambda, alignment) = (evaluation.start().lambda(), norm(&evaluation.gap_vector()));
        drop(evaluation);
        Ok(Start { family: self, lambda, tokens: 1, alignment, constants, instance: Some(instance) })
    }
}

/// The largest v of Theorem 2's construction at s = 1 and this reach g: v² + (v tanh(vη)/g)² ≤ 1, and room for Δμ.
fn across(reach: f64, alignment: f64, eta: f64) -> f64 {
    let fits = |v: f64| {
        let along = alignment.max(v * Scalar::tanh(v * eta)) / reach;
        v * v + along * along <= 1.0 - 1e-12
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

impl Start {
    /// T tokens, each right with the odds of [`TOKEN`].
    fn of_tokens(tokens: u32) -> Result<Start, Error> {
        let start = Family::Theorem4.start(0.0)?;
        Ok(Start { tokens, lambda: log_odds(-f64::from(tokens) * (-TOKEN).softplus()), ..start })
    }

    /// LT∞/Δμ, in 1/(parameter units): the coordinate across the plane is x = η times it.
    pub fn unit(&self) -> f64 {
        self.constants[1] * f64::from(self.tokens) / self.alignment
    }

    /// The constants as the conditions on step sizes read them: G_o = GT, L_o = LT, G_p = G, L_p = L, T_ψ1 = T/log 2.
    pub fn regularity(&self) -> Constants<f64> {
        let ([g, l], length) = (self.constants, f64::from(self.tokens));
        let psi1 = length / std::f64::consts::LN_2;
        Constants { score: g * length, curvature: l * length, token_score: g, token_curvature: l, psi1 }
    }

    /// The window of Theorem 2 or (19) for G, L and T; `None` for a family that is no construction.
    pub fn window(&self) -> Option<Window> {
        let square = Interval::of((self.constants[0].powi(2) + self.constants[1]) * f64::from(self.tokens));
        match self.family {
            Family::Theorem2 => Some(Window { square, factor: 60.0 }),
            Family::Theorem4 => Some(Window { square, factor: 120.0 }),
            _ => None,
        }
    }

    /// Steps of size `eta` until M(K) would be `progress` (in nats) at the first alignment, T times that where there are T
    /// tokens: `progress` of each.
    ///
    /// # Errors
    /// Numbers that form no instance.
    pub fn outcome(&self, eta: f64, progress: f64) -> Result<Outcome, Error> {
        let wanted = (progress * f64::from(self.tokens) / (eta * self.alignment)).ceil();
        match &self.instance {
            Some(start) => along_the_gap(start, eta, wanted as usize),
            None => self.repeated(eta, wanted),
        }
    }

    /// Two alternating directions, again and again: λ of one token changes by the same every two steps, so that λ(K) is known
    /// without making all of them (see [`crate::collapse`]).
    fn repeated(&self, eta: f64, wanted: f64) -> Result<Outcome, Error> {
        let Start { tokens, alignment, .. } = *self;
        let token_lambda = if self.family == Family::Theorem4 { TOKEN } else { self.lambda };
        let plain = Theorem2::new(1.0, alignment, eta);
        let token = Theorem2 {
            across: across(plain.reach, alignment, eta),
            start: token_lambda + std::f64::consts::LN_2,
            steps: MADE,
            ..plain
        };
        let construction = Theorem4 { token, ..Theorem4::new(1.0, alignment, eta, tokens) };
        let run = construction.run()?;
        let steps = construction.course::<f64>(&run).steps;
        let pair: f64 = construction.token.course::<f64>(&run).steps.iter().take(2).map(|step| step.change).sum();
        let pairs = (0.5 * wanted).ceil().max(1.0);
        let success = -f64::from(tokens) * (-(token_lambda + pairs * pair)).softplus(); // log J(K)
        Ok(Outcome {
            start: self.lambda,
            end: log_odds(success),
            steps: 2.0 * pairs,
            lost: steps.iter().filter(|step| step.change < 0.0).count() as f64 / steps.len() as f64,
            falls: steps.iter().take(2).all(|step| step.change < 0.0),
        })
    }
}

/// λ from log J.
fn log_odds(log_success: f64) -> f64 {
    log_success - Scalar::ln(-Scalar::exp_m1(log_success))
}

/// Steps of one size along the normalised gap.
fn along_the_gap(start: &Instance, eta: f64, wanted: usize) -> Result<Outcome, Error> {
    let mut at = Instance { eta, ..start.clone() };
    let first = Evaluation::<f64>::new(&at, 1).start().lambda();
    let (mut lost, mut made, mut falls, mut end) = (0, 0, false, first);
    while made < wanted.clamp(1, MOST) {
        let gap = Evaluation::<f64>::new(&at, 1).gap_vector();
        let size = norm(&gap);
        if size == 0.0 || !size.is_finite() {
            break;
        }
        at.direction = gap.iter().map(|g| g / size).collect();
        let change = Evaluation::<f64>::new(&at, 1).step().change;
        falls |= made == 0 && change < 0.0;
        lost += usize::from(change < 0.0);
        end += change;
        made += 1;
        let Instance { theta, direction, .. } = &mut at;
        advance(theta, direction, eta);
    }
    Ok(Outcome { start: first, end, steps: made as f64, lost: lost as f64 / made.max(1) as f64, falls })
}
