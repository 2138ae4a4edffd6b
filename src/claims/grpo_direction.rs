//! **grpo-direction**: equation (5) and the display after Theorem 4. *Identity; sharpened.*
//!
//! Printed: $g_{\mathrm{GRPO}} \asymp T_{\psi_1}^{-1}\sqrt{J(1-J)}\,(g^+ - g^-)$. Exactly, for every length law,
//! $g_{\mathrm{GRPO}} = \sqrt{J(1-J)}\,\bigl(\mathbb{E}^+[\nabla\log\pi/|o|] - \mathbb{E}^-[\nabla\log\pi/|o|]\bigr)$, which is
//! $T^{-1}\sqrt{J(1-J)}(g^+-g^-)$ if |o| = T is constant. Otherwise the direction need not be the gap's and can even oppose it.
//!
//! Assumptions: none. Both sides are divided by √(J(1−J)).
//!
//! Two routes: *computed* differentiates, as jets along every axis, the surrogate Σ_o c_o log π_θ(o) with the coefficients
//! c = πA/(σ|o|) of (5) frozen, which is what an automatic differentiation framework does; *claimed* is the bracket, scores by
//! formula under the conditional policies.

use super::tolerance::ULPS;
use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;

/// Equation (5), made exact.
pub struct GrpoDirection;

impl Claim for GrpoDirection {
    const STATEMENT: Statement = Statement {
        slug: "grpo-direction",
        place: "Eq. (5)",
        formula: "E[A/(σ|o|) ∇log π] = √(J(1−J)) (E⁺[∇log π/|o|] − E⁻[∇log π/|o|])",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/grpo-direction.md"),
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let claimed = evaluation.length_weighted_gap();
        let condition = evaluation.logit_condition() * claimed.condition;
        Part::identities("g_GRPO/√(J(1−J))", &evaluation.coordinates().grpo, &claimed.vector, ULPS, condition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::policy::Policy;

    /// Masses (.3, .2 | .5), scores (1, −.5, −.4), lengths (10, 1, 10): the gap is +0.8 and the bracket −0.1.
    #[test]
    fn the_direction_can_oppose_the_gap() {
        let bias = [0.3, 0.2, 0.5].map(f64::ln).to_vec();
        // E[s] = .3 − .1 − .2 = 0, so the slopes are the scores.
        let mut policy = Policy::linear_softmax(1, vec![1.0, -0.5, -0.4], bias).expect("fits");
        policy.lengths = Some(vec![10, 1, 10]);
        let instance = Instance {
            policy,
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.1,
            correct: vec![true, true, false],
            then: vec![],
        };
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let parts = GrpoDirection::sides(&evaluation);
        assert!((parts[0].computed + 0.1).abs() < 1e-15 && (parts[0].claimed + 0.1).abs() < 1e-15);
        assert!((evaluation.start().alignment() - 0.8).abs() < 1e-15);
    }
}
