//! Many steps: what the statements about the iteration (3) read of an instance with several updates.

use super::Evaluation;
use crate::instance::Instance;
use crate::number::{Scalar, sum};
use crate::regularity::Constants;
use crate::tolerance::{Tolerance, ULPS};

/// One step of a course, seen from its own binary64 iterate θ_k.
#[derive(Clone, Copy, Debug)]
pub struct CourseStep<N> {
    /// η_k ≥ 0, the step size, in parameter units.
    pub eta: N,
    /// Δμ(k) at θ_k along w_k (11), in nats per parameter unit.
    pub alignment: N,
    /// λ at θ_k + η_k w_k less λ at θ_k, in nats.
    pub change: N,
    /// `change` less η_k Δμ(k), without cancellation: the remainder R of (16), in nats.
    pub remainder: N,
    /// log J(k) at θ_k.
    pub log_success: N,
    /// log(1 − J(k)) at θ_k.
    pub log_failure: N,
    /// E⁺\[ℓ\] at θ_k, in tokens.
    pub correct_length: N,
    /// The constants on the segment from θ_k to θ_k + η_k w_k.
    pub constants: Constants<N>,
}

impl<N: Scalar> CourseStep<N> {
    fn of(step: &Instance, pieces: usize) -> CourseStep<N> {
        let evaluation = Evaluation::<N>::new(step, pieces);
        let (start, moved) = (evaluation.start(), *evaluation.step());
        CourseStep {
            eta: evaluation.eta(),
            alignment: start.alignment(),
            change: moved.change,
            remainder: moved.remainder,
            log_success: start.log_success(),
            log_failure: start.log_failure(),
            correct_length: start.length[1],
            constants: *evaluation.constants(),
        }
    }

    /// λ(k) = log J(k) − log(1 − J(k)) at θ_k, in nats.
    pub fn log_odds(&self) -> N {
        self.log_success - self.log_failure
    }

    /// \[Δμ(k)\]₊ η_k, this step's share of M(K).
    pub fn progress(&self) -> N {
        self.alignment.positive_part() * self.eta
    }
    /// \[Δμ(k)\]₊ η_k less what λ gains, without cancellation where Δμ(k) ≥ 0.
    pub fn shortfall(&self) -> N {
        self.eta * (self.alignment.positive_part() - self.alignment) - self.remainder
    }
}

/// A run of the iteration (3).
///
/// θ_{k+1} is θ_k + η_k w_k rounded to binary64, and every step is taken from its own θ_k: λ(K) − λ(0) means the sum of what the
/// single steps do, to which the rounding of θ between two steps does not belong.
#[derive(Clone, Debug)]
pub struct Course<N> {
    /// The steps k = 0, …, K − 1.
    pub steps: Vec<CourseStep<N>>,
    /// λ(0) at θ_0, in nats.
    pub lambda: N,
}

impl<N: Scalar> Course<N> {
    pub(super) fn new(evaluation: &Evaluation<'_, N>) -> Course<N> {
        let mut steps = Vec::with_capacity(evaluation.instance().updates());
        evaluation.instance().for_each_step(|_, step| steps.push(CourseStep::of(step, evaluation.pieces)));
        Course { steps, lambda: evaluation.start().lambda() }
    }

    /// M(K) = Σ_k \[Δμ(k)\]₊ η_k (14).
    pub fn cumulative_alignment(&self) -> N {
        sum(self.steps.iter().map(CourseStep::progress))
    }
    /// λ(K) − λ(0), the sum of the changes of all steps, in nats.
    pub fn change(&self) -> N {
        sum(self.steps.iter().map(|step| step.change))
    }
    /// λ(K) = λ(0) + the sum of all changes, in nats.
    pub fn end(&self) -> N {
        self.lambda + self.change()
    }
    /// M(K) − {λ(K) − λ(0)}, without cancellation where every Δμ(k) ≥ 0.
    pub fn shortfall(&self) -> N {
        sum(self.steps.iter().map(CourseStep::shortfall))
    }
    /// (L_o + 8G_o²) Σ_k η_k² with the largest constants of all steps: Theorem 1(a)'s C₀'.
    pub fn curvature_budget(&self) -> N {
        let constants = self.constants();
        let squares = sum(self.steps.iter().map(|step| step.eta.square()));
        (constants.curvature + N::of(8.0) * constants.score.square()) * squares
    }
    /// The largest constants of all steps, each on its own: those of a run.
    pub fn constants(&self) -> Constants<N> {
        let largest = |of: fn(&Constants<N>) -> N| self.largest(|step| of(&step.constants));
        Constants {
            score: largest(|c| c.score),
            curvature: largest(|c| c.curvature),
            token_score: largest(|c| c.token_score),
            token_curvature: largest(|c| c.token_curvature),
            psi1: largest(|c| c.psi1),
        }
    }
    /// The largest value of `of` over the steps; 0 where there is none.
    pub fn largest(&self, of: impl Fn(&CourseStep<N>) -> N) -> N {
        self.steps.iter().map(of).reduce(N::max).unwrap_or(N::zero())
    }
    /// The smallest value of `of` over the steps; 0 where there is none.
    pub fn smallest(&self, of: impl Fn(&CourseStep<N>) -> N) -> N {
        self.steps.iter().map(of).reduce(N::min).unwrap_or(N::zero())
    }
}

/// θ_1, …, θ_K seen on their own, whatever the steps between them did.
#[derive(Clone, Debug)]
pub struct Iterates<N> {
    /// log(1 − J(k)) at the binary64 vector θ_k, evaluated there, k = 1, …, K.
    pub log_failure: Vec<N>,
    /// What λ(k) − λ(0) may owe, for every step taken, to the rounding of θ_k and of logits: [`ULPS`] rounding units of the logits
    /// at the largest entries of all θ_k.
    pub rounding: f64,
}

impl<N: Scalar> Evaluation<'_, N> {
    /// log(1 − J) at θ_1, …, θ_K, K entries, each by an evaluation of its own.
    pub fn iterates(&self) -> Iterates<N> {
        let instance = self.instance();
        let mut log_failure: Vec<N> = self.course().steps[1..].iter().map(|step| step.log_failure).collect();
        let end = Instance { theta: instance.end(), then: vec![], ..instance.clone() };
        log_failure.push(Evaluation::<N>::new(&end, 1).start().log_failure());
        let mut largest = end;
        instance.for_each_step(|_, step| {
            largest.theta.iter_mut().zip(&step.theta).for_each(|(x, y)| *x = f64::max(x.abs(), y.abs()));
        });
        let condition = Evaluation::<f64>::new(&largest, 1).logit_condition();
        Iterates { log_failure, rounding: Tolerance { ulps: ULPS, condition }.error() }
    }
}
