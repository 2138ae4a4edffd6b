//! **smooth-only-step**: the companion's own. *Upper bound, both sides.*
//!
//! $-\dfrac{L_o\eta^2}{2(1-J)} \le \lambda(\eta) - \lambda(0) - \eta\Delta\mu \le \dfrac{L_o\eta^2}{2J}$ for every η ≥ 0: no
//! $G_o$, no condition on the step size. Sharper, and simpler to prove: $\log J$ and $\log(1-J)$ fall below their tangents by at
//! most $L_o\eta^2/2$.
//!
//! L_o of Assumption 1 in the reading *seg*, J at θ; from below $H \ge -L_o$ on O⁺ would do, from above on O⁻. Equality in the
//! sharper form for every linear policy with one correct response as η → 0; in the others as J → 0 (below), J → 1 (above).
//!
//! *Computed* are (1−J)(−λ̄'') and Jλ̄'' with λ̄'' = 2R/η², multiplied through so that nothing overflows, and the same mean of
//! −(log J)'' and −(log(1−J))'', without cancellation; *claimed* is L_o.

use super::conditions::WithinRange;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// The log-odds move by ηΔμ, up to L_oη²/(2(1−J)) below and L_oη²/(2J) above.
pub struct SmoothOnlyStep;

impl Claim for SmoothOnlyStep {
    const STATEMENT: Statement = Statement {
        slug: "smooth-only-step",
        place: "companion",
        formula: "−L_oη²/(2(1−J)) ≤ λ(η) − λ(0) − ηΔμ ≤ L_oη²/(2J)",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/smooth-only-step.md"),
    };
    const SHARP: &'static [&'static str] =
        &["−R ≤ L_oη²/(2(1−J))", "R ≤ L_oη²/(2J)", "log J against its tangent", "log(1−J) against its tangent"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<WithinRange>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (start, smooth) = (evaluation.start(), evaluation.constants().curvature);
        let second = evaluation.mean_second();
        let [minus, plus] = evaluation.mean_log_second();
        smallvec![
            Part::at_most("−R ≤ L_oη²/(2(1−J))", -(start.failure() * second), smooth),
            Part::at_most("R ≤ L_oη²/(2J)", start.success() * second, smooth),
            Part::at_most("log J against its tangent", -plus, smooth),
            Part::at_most("log(1−J) against its tangent", -minus, smooth),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::policy::Policy;

    #[test]
    fn two_responses_by_hand() {
        // λ = θ at θ = 0: R = 0, J = ½. log J(η) = −log(1 + e^{−η}); at η = 1 it is log ½ + ½ − log cosh ½, so the mean of
        // −(log J)'' is 2 log cosh ½, that of −(log(1−J))'' too. L_o = p(1−p) is ¼, at the start.
        let instance = Instance {
            policy: Policy::linear_softmax(1, vec![0.0, 1.0], vec![]).expect("fits"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 1.0,
            correct: vec![false, true],
            then: vec![],
        };
        let parts = SmoothOnlyStep::sides(&Evaluation::<f64>::new(&instance, 2));
        let computed = [0.0, 0.0, 2.0 * 0.5f64.cosh().ln(), 2.0 * 0.5f64.cosh().ln()];
        for (part, expected) in parts.iter().zip(computed) {
            assert!((part.computed - expected).abs() < 1e-15 && part.claimed == 0.25, "{part:?}");
        }
    }
}
