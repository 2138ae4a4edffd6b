//! The iteration (3), θ_{k+1} = θ_k + η_k w_k: a plan and a start give an instance with all its updates.

use crate::Evaluation;
use crate::instance::{Instance, Update, advance};
use crate::line::norm;
use crate::number::Scalar;
use crate::regularity::Constants;
use crate::thresholds::{token_step, trajectory_step};
use crate::update::{Algorithm, update};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;

/// How w_k is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Direction {
    /// The instance's own direction at every step.
    Prescribed,
    /// w_k is entry k of this list, from the front again after its end. Every entry must have the dimension of θ.
    Sequence(Vec<Vec<f64>>),
    /// Along the gradient gap: w_k = (g⁺ − g⁻)/‖g⁺ − g⁻‖₂.
    Gradient,
    /// A random unit vector of its own at every step, from this seed.
    Random(u64),
    /// A random unit vector of its own at every step, from this seed, turned round where Δμ(k) would be negative.
    RandomUphill(u64),
    /// w_k = g/‖g‖₂, g the gradient of this algorithm at θ_k (4), (5).
    Algorithm(Algorithm),
}

/// How η_k is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepSize {
    /// η_k = η at every step, in parameter units.
    Constant(f64),
    /// This multiple of the step size that Theorem 1 allows at θ_k ([`trajectory_step`]), with the constants of that very step.
    Trajectory(f64),
    /// This multiple of the step size that Theorem 3 allows at θ_k by (18a) ([`token_step`]), with the constants of that
    /// very step.
    Token(f64),
    /// η_k = α‖g‖₂, g of the algorithm that gives the direction (20); g⁺ − g⁻ along the gap, ‖g‖₂ = 1 for other directions.
    Rate(f64),
}

/// What a run is to do: directions, step sizes, when it ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// How w_k is chosen.
    pub direction: Direction,
    /// How η_k is chosen.
    pub step: StepSize,
    /// The most steps K; at least one is taken.
    pub most: usize,
    /// The run ends when M(K) (14) has reached this, in nats; +∞ for never.
    pub target: f64,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All steps were taken.
    Finished,
    /// M(K) reached the target.
    Reached,
    /// g⁺ = g⁻ in binary64, or the algorithm's gradient is zero. Where the direction or the step size depends on the gap, the run
    /// ends there. Where both are given (constant steps along prescribed or random directions) steps are taken all the same, and
    /// this is reported if there was no gap at any θ_k.
    ZeroGap,
    /// J is 0 in binary64: log J is below −745, where the exponential underflows.
    SureFailure,
    /// 1 − J is 0 in binary64, log(1 − J) below −745. That J itself rounds to 1, from log(1 − J) = −37 on, ends no run.
    SureSuccess,
    /// At this k (θ_{k+1} is the iterate, if it is one) a number left the range of binary64: an iterate, a step size, a gradient's
    /// norm. That step is not taken.
    Overflow(usize),
    /// A step size, a share, a rate or the target is negative or not a number: no step is taken.
    Plan,
    /// The direction of this k in [`Direction::Sequence`] has not the dimension of θ, or the list is empty.
    Dimension(usize),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Finished => f.pad("all steps taken"),
            Stop::Reached => f.pad("M(K) reached the target"),
            Stop::ZeroGap => f.pad("zero gap"),
            Stop::SureFailure => f.pad("J underflows"),
            Stop::SureSuccess => f.pad("1 − J underflows"),
            Stop::Overflow(k) => f.pad(&format!("overflow at step {k}")),
            Stop::Plan => f.pad("the plan's step size or target is negative or not a number"),
            Stop::Dimension(k) => f.pad(&format!("the direction of step {k} has another dimension than θ")),
        }
    }
}

/// The smallest log J or log(1−J) whose exponential is not 0.
const LN_SMALLEST: f64 = -745.0;

/// Makes a run of the iteration (3): follows the plan from θ of `start`, whose policy, verifier and (for
/// [`Direction::Prescribed`]) direction are used. A run that ends before its first step has one update with η = 0. The
/// instance does not hold why the run ended; [`Stop`] says it.
///
/// ```
/// use gradient_gap::claims::conditions::triangle;
/// use gradient_gap::run::{Direction, Plan, StepSize, Stop, run};
/// use gradient_gap::{Evaluation, claims};
///
/// // Ten steps along the gap, each the largest that Theorem 1 allows there.
/// let plan = Plan { direction: Direction::Gradient, step: StepSize::Trajectory(1.0), most: 10, target: f64::INFINITY };
/// let (instance, stop) = run(&triangle(), &plan);
/// assert_eq!((instance.updates(), stop), (10, Stop::Finished));
/// let evaluation = Evaluation::<f64>::new(&instance, 1);
/// assert!(evaluation.course().steps.iter().all(|step| step.change > 0.5 * step.progress())); // (15b)
/// ```
pub fn run(start: &Instance, plan: &Plan) -> (Instance, Stop) {
    let mut at = Instance { then: vec![], ..start.clone() };
    let mut taken: Vec<Update> = Vec::new();
    let mut progress = 0.0;
    let mut rng = match plan.direction {
        Direction::Random(seed) | Direction::RandomUphill(seed) => ChaCha8Rng::seed_from_u64(seed),
        _ => ChaCha8Rng::seed_from_u64(0),
    };
    let mut without_gap = 0;
    let (StepSize::Constant(size) | StepSize::Rate(size) | StepSize::Trajectory(size) | StepSize::Token(size)) = plan.step;
    let stop = loop {
        if !(size >= 0.0 && plan.target >= 0.0) {
            break Stop::Plan;
        }
        if taken.len() >= plan.most.max(1) {
            break if without_gap == taken.len() { Stop::ZeroGap } else { Stop::Finished };
        }
        match next(&mut at, start, plan, taken.len(), &mut rng) {
            Ok(step) => {
                progress += step.gained;
                without_gap += usize::from(step.without_gap);
            }
            Err(stop) => break stop,
        }
        let mut theta = at.theta.clone();
        advance(&mut theta, &at.direction, at.eta);
        if theta.iter().any(|x| !x.is_finite()) {
            break Stop::Overflow(taken.len());
        }
        taken.push(Update { direction: at.direction.clone(), eta: at.eta });
        at.theta = theta;
        if progress >= plan.target {
            break Stop::Reached;
        }
    };
    let mut run = Instance { then: vec![], eta: 0.0, ..start.clone() };
    let mut taken = taken.into_iter();
    if let Some(first) = taken.next() {
        (run.direction, run.eta) = (first.direction, first.eta);
    }
    run.then = taken.collect();
    (run, stop)
}

/// What is known of a step before it is taken.
struct Next {
    /// \[Δμ(k)\]₊ η_k.
    gained: f64,
    /// g⁺ = g⁻.
    without_gap: bool,
}

/// Fills in w_k and η_k at θ_k.
fn next(at: &mut Instance, start: &Instance, plan: &Plan, k: usize, rng: &mut ChaCha8Rng) -> Result<Next, Stop> {
    at.eta = 0.0;
    match &plan.direction {
        Direction::Sequence(list) => {
            let entry = list.get(k.checked_rem(list.len()).unwrap_or(0)).filter(|w| w.len() == at.theta.len());
            at.direction.clone_from(entry.ok_or(Stop::Dimension(k))?);
        }
        Direction::Prescribed => at.direction.clone_from(&start.direction),
        Direction::Random(_) | Direction::RandomUphill(_) => sphere(rng, &mut at.direction),
        Direction::Gradient | Direction::Algorithm(_) => {}
    }
    let evaluation = Evaluation::<f64>::new(at, 1);
    let (log_success, log_failure) = (evaluation.start().log_success(), evaluation.start().log_failure());
    if log_success < LN_SMALLEST {
        return Err(Stop::SureFailure);
    }
    if log_failure < LN_SMALLEST {
        return Err(Stop::SureSuccess);
    }
    // w where θ decides it, Δμ along w, and ‖g‖₂.
    let mut without_gap = false;
    let (direction, mut alignment, size) = match plan.direction {
        Direction::Gradient => {
            let gap = evaluation.gap_vector();
            let size = norm(&gap);
            (Some(gap.iter().map(|g| g / size).collect()), size, size)
        }
        Direction::Algorithm(algorithm) => {
            let gradient = update(&evaluation, algorithm);
            if !gradient.norm.is_finite() {
                return Err(Stop::Overflow(k));
            }
            let direction = gradient.direction().ok_or(Stop::ZeroGap)?;
            let alignment = direction.iter().zip(&evaluation.gap().vector).map(|(w, g)| w * g).sum();
            (Some(direction), alignment, gradient.norm)
        }
        _ => {
            // Only where Δμ is 0 can the whole gap be.
            let alignment = evaluation.start().alignment();
            without_gap = alignment == 0.0 && evaluation.gap_vector().iter().all(|&g| g == 0.0);
            (None, alignment, 1.0)
        }
    };
    drop(evaluation);
    let by_gap = matches!(plan.step, StepSize::Trajectory(_) | StepSize::Token(_));
    if size == 0.0 || without_gap && by_gap {
        return Err(Stop::ZeroGap);
    }
    if !size.is_finite() {
        return Err(Stop::Overflow(k));
    }
    if let Some(direction) = direction {
        at.direction = direction;
    }
    if matches!(plan.direction, Direction::RandomUphill(_)) && alignment < 0.0 {
        at.direction.iter_mut().for_each(|w| *w = -*w);
        alignment = -alignment;
    }
    let failure = Scalar::exp(log_failure);
    at.eta = match plan.step {
        StepSize::Constant(eta) => eta,
        StepSize::Rate(alpha) => alpha * size,
        StepSize::Trajectory(share) => allowed(at, share, |constants| trajectory_step(alignment, constants)),
        StepSize::Token(share) => {
            let length = f64::from(at.policy.max_length());
            allowed(at, share, |constants| token_step(alignment, failure, length, constants))
        }
    };
    if !(alignment.is_finite() && at.eta.is_finite()) {
        return Err(Stop::Overflow(k));
    }
    Ok(Next { gained: f64::max(alignment, 0.0) * at.eta, without_gap })
}

/// `share` times what `limit` allows, the constants taken over the segment of that very step: from the limit at a point, which is
/// too large, to the limit over the segment that it spans, whose own segment is shorter. Not finite where the product is not.
fn allowed(at: &mut Instance, share: f64, limit: impl Fn(&Constants<f64>) -> f64) -> f64 {
    let mut eta = 0.0;
    for _ in 0..2 {
        at.eta = if f64::is_finite(eta) { eta } else { 0.0 };
        eta = share * limit(Evaluation::<f64>::new(at, 1).constants());
    }
    eta
}

/// A point of the unit sphere: the direction of the first point of the cube \[−1, 1\]^d that lies in the ball, for d ≤ 3, and of a
/// sum of twelve uniform numbers an entry (close to Gaussian) beyond.
fn sphere(rng: &mut ChaCha8Rng, w: &mut [f64]) {
    let mut uniform = || f64::from(rng.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0;
    for _ in 0..1000 {
        match w.len() {
            0..=3 => w.fill_with(&mut uniform),
            _ => w.fill_with(|| (0..12).map(|_| uniform()).sum()),
        }
        let size = norm(w);
        if size > 1e-3 && (size <= 1.0 || w.len() > 3) {
            w.iter_mut().for_each(|x| *x /= size);
            return;
        }
    }
    w.fill(0.0);
}
