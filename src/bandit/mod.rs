//! REINFORCE on contextual bandits (§5.1): linear logits, one context trained on at a time, many contexts watched.
//!
//! Logits are h_a(x) = Σ_j x_jθ_{ja}, one arm Y(x) is correct, and an update with a training context x′ and its arm Y′ is
//! θ ← θ + η∇J_{x′}. With q the law of the wrong arms of x′, q_a = π(a)/(1−J) and q_{Y′} = 0, it is, by (10), of rank one:
//!
//! ```text
//! g⁺ − g⁻ = x′ ⊗ (e_Y′ − q)                ‖∇J‖ = J(1−J) ‖x′‖ ‖e_Y′ − q‖            η_k = η‖∇J‖
//! w = x̂ ⊗ u                                x̂ = x′/‖x′‖,  u = (e_Y′ − q)/‖e_Y′ − q‖
//! ```
//!
//! No J is divided by or subtracted from: w, and Δμ along it, are known where J or 1−J is far below what binary64 holds. For
//! every other context x, with q its own wrong arms' law,
//!
//! ```text
//! h_a(θ_{k+1}) − h_a(θ_k) = (x·x̂) η_k u_a
//! Δμ_x = w·(g⁺ − g⁻) = (x·x̂) (u_Y − Σ_{a≠Y} q_a u_a)
//! λ_x = h_Y − log Σ_{a≠Y} e^{h_a}
//! ```
//!
//! so that a context costs N multiplications by e^δ with small δ, and the sums Σ e^{h_a} and Σ e^{h_a}u_a over wrong arms.
//! Σ_{a≠Y} is summed without Y, nothing is subtracted. u is the same for all contexts: the trajectory is run first, on the pool
//! alone, 128 updates at a time; blocks of 16 contexts follow it independently, on any number of threads with the same bits.
//!
//! # Errors
//! e^δ − 1 is its Taylor polynomial, of the least degree that errs by less than 2⁻⁵⁴ e^δ at the arm's |u_a|; steps with |δ| >
//! 0.39, every 128th step, and any that moves logits by more than 32 since, make weights anew from θ. Let H be the largest
//! Σ_j |x_jθ_{ja}| of the run and u = 2⁻⁵³. Against the exact λ at the very θ_k that were computed,
//!
//! ```text
//! |error of λ| ≤ ε = {(4d + 8)H + N + 128(4 + 3H) + 33(d + 9) + 10} u        to first order
//! J, 1 − J:       relatively ε + (2|λ| + 5)u, so at 10⁻³⁰⁰ too
//! |error of Δμ| ≤ 2|x·x̂| {2ε + (N + d + 6)u}                                   along the w that was computed
//! ```
//!
//! ([`Run::error`]). These are worst cases: 1.6·10⁻¹² for the paper's sizes and H = 30; a thousandth of it is usual.
//!
//! # The paper's rule
//! At θ_0 every J is about 1/N, so *no* context lies in \[0.2, 0.8\] and the printed rule picks from an empty set, at most later
//! steps too. What is done then is [`Fallback`], which has no default: it decides the outcome.
//!
//! # Example
//! The paper's instance, 500 updates, recorded every 100:
//!
//! ```
//! use gradient_gap::bandit::{Bandit, Fallback, Plan};
//!
//! # fn main() -> Result<(), gradient_gap::Error> {
//! let plan = Plan { steps: 500, every: 100, ..Plan::paper(1, Fallback::Uniform) };
//! let run = Bandit::paper(1).run(&plan)?;
//! assert_eq!(run.curves.times(), [0, 100, 200, 300, 400, 500]);
//! assert!(run.steps[0].by_fallback); // J is about 0.01 everywhere
//! for context in 0..run.curves.contexts() {
//!     for point in run.curves.of(context) {
//!         assert!(point.effective <= point.constant); // ‖∇J‖ < 1 here
//!         assert!(point.success() > 0.0 && point.success() + point.failure() < 1.0 + 1e-12);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod block;
mod curves;
mod paper;
mod replay;
mod training;

pub use curves::{Curves, Point};

use crate::error::Error;
use replay::Followers;
use training::Trainer;

/// The largest |x| of an entry of θ or of a context, and the largest η: within it nothing overflows.
pub const MAX_SIZE: f64 = 1e60;

/// The most updates of a run.
pub const MAX_STEPS: usize = 10_000_000;

/// The most points that may be recorded, of five numbers each: 1.25 GiB.
const MAX_POINTS: usize = 1 << 25;

/// Contexts x ∈ R^d and their correct arms Y(x).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contexts {
    /// The coordinates, context by context: d for each entry of `correct`, of size at most [`MAX_SIZE`].
    pub x: Vec<f64>,
    /// The correct arm of each context, from 0 to N − 1.
    pub correct: Vec<u32>,
}

impl Contexts {
    fn len(&self) -> usize {
        self.correct.len()
    }

    fn context(&self, i: usize, dim: usize) -> &[f64] {
        &self.x[i * dim..(i + 1) * dim]
    }

    fn validate(&self, dim: usize, arms: usize) -> Result<(), Error> {
        if self.correct.len().checked_mul(dim) != Some(self.x.len()) {
            let (x, count) = (self.x.len(), self.len());
            return Err(Error::new(format!("{x} coordinates for {count} correct arms, expected {dim} each")));
        }
        if let Some(at) = self.x.iter().position(|&x| !is_moderate(x)) {
            let place = format!("context {}, coordinate {}", at / dim, at % dim);
            return Err(immoderate(self.x[at]).at(place));
        }
        match self.correct.iter().position(|&y| y as usize >= arms) {
            Some(i) => {
                let (arm, last) = (self.correct[i], arms - 1);
                Err(Error::new(format!("context {i}: the correct arm is {arm}, expected 0 to {last}")))
            }
            None => Ok(()),
        }
    }
}

/// Whether a number is one, and no larger than [`MAX_SIZE`].
fn is_moderate(x: f64) -> bool {
    x.abs() <= MAX_SIZE
}

fn immoderate(x: f64) -> Error {
    Error::new(format!("{x:?}, expected a number of size at most {MAX_SIZE:e}"))
}

/// A contextual bandit with linear logits h_a(x) = Σ_j x_jθ_{ja}: θ_0, contexts to train on (the pool), contexts to watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Bandit {
    dim: usize,
    arms: usize,
    theta: Vec<f64>,
    pool: Contexts,
    evaluation: Contexts,
}

/// What is trained on where no context of the pool has J in the band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Any context of the pool, all equally likely.
    Uniform,
    /// The context whose J is nearest to ½: the smallest |λ|, the first of equal ones.
    NearestHalf,
    /// None: the run ends.
    Stop,
}

/// What a run is to do: which step size, how many updates, and what is trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// η ≥ 0, the learning rate: an update is θ ← θ + η∇J. At most [`MAX_SIZE`].
    pub eta: f64,
    /// How many updates, at most [`MAX_STEPS`].
    pub steps: usize,
    /// \[low, high\] with 0 ≤ low ≤ high ≤ 1: contexts of the pool with J in it, ends included, are trained on, all equally
    /// likely.
    pub band: [f64; 2],
    /// What is trained on where no context of the pool has J in the band.
    pub fallback: Fallback,
    /// The seed of the choices of training contexts; the bandit itself is given.
    pub seed: u64,
    /// Evaluation contexts are measured at every update and recorded every so many (≥ 1), and at the end.
    pub every: usize,
}

impl Plan {
    /// §5.1: η = 0.1, the band \[0.2, 0.8\]; 2 000 updates, all recorded.
    pub fn paper(seed: u64, fallback: Fallback) -> Plan {
        Plan { eta: 0.1, steps: 2_000, band: [0.2, 0.8], fallback, seed, every: 1 }
    }

    fn validate(&self, contexts: usize) -> Result<(), Error> {
        if !(is_moderate(self.eta) && self.eta >= 0.0) {
            return Err(Error::new(format!("η is {:?}, expected a number from 0 to {MAX_SIZE:e}", self.eta)));
        }
        let [low, high] = self.band;
        if !(0.0 <= low && low <= high && high <= 1.0) {
            return Err(Error::new(format!("the band is [{low:?}, {high:?}], expected 0 ≤ low ≤ high ≤ 1")));
        }
        if self.steps > MAX_STEPS {
            return Err(Error::new(format!("{} updates, expected at most {MAX_STEPS}", self.steps)));
        }
        if self.every == 0 {
            return Err(Error::new("recorded every 0 updates, expected at least 1"));
        }
        let times = self.steps.div_ceil(self.every) + 1;
        match times.checked_mul(contexts) {
            Some(points) if points <= MAX_POINTS => Ok(()),
            _ => Err(Error::new(format!(
                "{contexts} contexts at {times} times to be recorded, expected at most {MAX_POINTS} points"
            ))),
        }
    }
}

/// One update with one training context x′: θ_{k+1} = θ_k + η∇J_{x′}.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The place of the training context in the pool, from 0.
    pub context: usize,
    /// Whether no context was in the band, so that the fallback chose this one.
    pub by_fallback: bool,
    /// λ of the training context before the update, in nats.
    pub lambda: f64,
    /// Δμ of the training context along the update, which is ‖g⁺ − g⁻‖ ≥ 0, as w is its normalised gap.
    pub gap: f64,
    /// ‖∇J‖ = J(1−J)‖g⁺ − g⁻‖ of the training context.
    pub gradient_norm: f64,
    /// η_k = η‖∇J‖ of (14), the length of the step in parameter units.
    pub effective_step: f64,
}

/// Why a run of [`Bandit::run`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All updates were made.
    Finished,
    /// At this k no context was in the band, and the fallback is [`Fallback::Stop`].
    EmptyBand(usize),
}

/// A run of [`Bandit::run`]: its updates, θ at the end, and the evaluation contexts on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its updates k = 0, 1, …, in their order; fewer than planned where it stopped.
    pub steps: Vec<Step>,
    /// θ at its end, row-major: d rows of N numbers.
    pub theta: Vec<f64>,
    /// Why it ended.
    pub stop: Stop,
    /// The evaluation contexts at the recorded times.
    pub curves: Curves,
    /// ε, a bound of the absolute error of every λ of the run, in nats; see the [module](self).
    pub error: f64,
}

impl Bandit {
    /// A bandit with θ of d rows of N entries, row-major: d = `dim`, N = `arms`.
    ///
    /// # Errors
    /// No dimension, fewer than two arms, an empty pool, lists whose lengths do not fit, entries that are not numbers or
    /// larger than [`MAX_SIZE`], correct arms that there are not.
    pub fn new(dim: usize, arms: usize, theta: Vec<f64>, pool: Contexts, evaluation: Contexts) -> Result<Bandit, Error> {
        if dim == 0 {
            return Err(Error::new("contexts of dimension 0, expected at least 1"));
        }
        if arms < 2 || u32::try_from(arms).is_err() {
            return Err(Error::new(format!("number of arms: {arms}, expected at least 2 and below 2^32")));
        }
        if dim.checked_mul(arms) != Some(theta.len()) {
            return Err(Error::new(format!("θ has {} entries, expected {dim} rows of {arms}", theta.len())));
        }
        if let Some(at) = theta.iter().position(|&x| !is_moderate(x)) {
            return Err(immoderate(theta[at]).at(format!("θ, row {}, arm {}", at / arms, at % arms)));
        }
        pool.validate(dim, arms).map_err(|e| e.at("pool"))?;
        evaluation.validate(dim, arms).map_err(|e| e.at("evaluation"))?;
        if pool.len() == 0 {
            return Err(Error::new("pool: no context to train on"));
        }
        Ok(Bandit { dim, arms, theta, pool, evaluation })
    }

    /// d, the number of coordinates of a context.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// N, the number of arms.
    pub fn arms(&self) -> usize {
        self.arms
    }

    /// θ_0, row-major: d rows of N entries, entry j·N + a for coordinate j and arm a.
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// The contexts that are trained on; at least one.
    pub fn pool(&self) -> &Contexts {
        &self.pool
    }

    /// The contexts that are watched; there may be none.
    pub fn evaluation(&self) -> &Contexts {
        &self.evaluation
    }

    /// Trains on the pool and takes the evaluation contexts along.
    ///
    /// # Errors
    /// A plan whose η is negative, not a number or above [`MAX_SIZE`], whose band is no interval in \[0, 1\], that has more
    /// than [`MAX_STEPS`] updates, records every 0 updates, or records more than 2²⁵ points.
    pub fn run(&self, plan: &Plan) -> Result<Run, Error> {
        plan.validate(self.evaluation.len())?;
        let mut trainer = Trainer::new(self, plan);
        let mut followers = Followers::new(self, plan);
        let mut moves = trainer.batch();
        while !moves.is_empty() {
            // The next updates are prepared while contexts follow these.
            (moves, ()) = rayon::join(|| trainer.batch(), || followers.follow(&moves));
        }
        let error = trainer.error();
        let (steps, theta, stop) = trainer.finish();
        let curves = followers.finish(&theta, &steps);
        Ok(Run { steps, theta, stop, curves, error })
    }
}
