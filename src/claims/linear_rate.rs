//! **linear-rate**: Corollary 1. *Upper bound; as printed.*
//!
//! If $\Delta\mu(k) \ge \Delta\mu > 0$ for all k and the step size is a constant
//! $\eta \le \min\{\Delta\mu/(2(L_o + 8G_o^2)),\ 1/(2\sqrt{L_o})\}$, then
//! $1 - J(K) \le \frac{1 - J(0)}{J(0)} e^{-\Delta\mu\,\eta K/2}$.
//!
//! With $h = -\log(1 - J)$: h(k) ≥ λ(0) + ½Δμηk, written as a shortfall below λ(0) + Δμηk, for every k ≤ K, Δμ being that of the
//! whole run. Δμ is the smallest alignment of the
//! run, L_o and G_o are the largest constants of its steps, Assumption 1 in the reading *seg*.

use super::conditions::ConstantStep;
use super::convergence::at_every_k;
use super::{Claim, Condition, Expected, Hypothesis, Parts, Relation, Scope, Statement, hypothesis};
use crate::evaluation::{Course, Evaluation};
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use crate::thresholds::trajectory_step;
use smallvec::smallvec;

/// Corollary 1.
pub struct LinearRate;

/// min_k Δμ(k).
fn uniform_alignment<N: Scalar>(course: &Course<N>) -> N {
    course.smallest(|step| step.alignment)
}

/// min_k Δμ(k) > 0, and the step size within the corollary's bound.
pub struct UniformlyAligned;
impl Condition for UniformlyAligned {
    const NAME: &'static str = "0 < η ≤ min{Δμ/(2(L_o + 8G_o²)), 1/(2√L_o)}, Δμ = min_k Δμ(k)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let course = evaluation.course();
        if evaluation.instance().eta == 0.0 {
            return N::of(-1.0);
        }
        trajectory_step(uniform_alignment(course), &course.constants()) - evaluation.eta()
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

impl Claim for LinearRate {
    const STATEMENT: Statement = Statement {
        slug: "linear-rate",
        place: "Corollary 1",
        formula: "1 − J(K) ≤ e^−λ(0) e^(−ΔμηK/2)",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/linear-rate.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<ConstantStep>(), hypothesis::<UniformlyAligned>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let course = evaluation.course();
        let uniform = uniform_alignment(course);
        // λ(0) + Δμηk − h(k) = Σ_{j<k} {(Δμ − Δμ(j))η − R_j} − log(1 + e^−λ(k)), for every k.
        let (mut shortfall, mut end) = (N::zero(), course.lambda);
        let mut sides = Vec::with_capacity(course.steps.len());
        for (k, step) in course.steps.iter().enumerate() {
            shortfall = shortfall + (uniform - step.alignment) * step.eta - step.remainder;
            end = end + step.change;
            let half = N::of(0.5) * uniform * evaluation.eta() * N::of((k + 1) as f64);
            sides.push((shortfall - (-end).softplus(), half));
        }
        smallvec![at_every_k("λ(0) + Δμηk + log(1 − J(k))", &sides)]
    }
}
