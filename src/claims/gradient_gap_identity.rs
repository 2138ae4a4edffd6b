//! **gradient-gap-identity**: equation (10). *Identity; as printed.*
//!
//! $\nabla_\theta J = J(1-J)\,(g^+ - g^-)$: the gradient gap is the policy gradient without its variability factor.
//!
//! Assumptions: none. Both sides are divided by J(1−J), so that J or 1 − J = 10⁻³⁰⁰ loses nothing.
//!
//! Two routes: *computed* is ∇J/(J(1−J)) by differentiating the log-mass of the rarer side as a jet along every axis; *claimed*
//! is g⁺ − g⁻, scores by formula averaged under the conditional policies.

use super::reinforce_gradient::gradient_by_jets;
use super::tolerance::ULPS;
use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;

/// Equation (10).
pub struct GradientGapIdentity;

impl Claim for GradientGapIdentity {
    const STATEMENT: Statement = Statement {
        slug: "gradient-gap-identity",
        place: "Eq. (10)",
        formula: "∇J = J(1−J)(g⁺ − g⁻)",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/gradient-gap-identity.md"),
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let gap = evaluation.gap();
        let condition = evaluation.logit_condition() * gap.condition;
        Part::identities("∇J/(J(1−J))", &gradient_by_jets(evaluation), &gap.vector, ULPS, condition)
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::triangle;
    use super::*;

    #[test]
    fn triangle_by_hand() {
        // g⁺ = φ_c − mean, g⁻ = ½(φ_a + φ_b) − mean with φ = (1,0) | (0,0), (0,1): the gap is (1, −½).
        let instance = triangle();
        let parts = GradientGapIdentity::sides(&Evaluation::<f64>::new(&instance, 1));
        for (part, expected) in parts.iter().zip([1.0, -0.5]) {
            assert!((part.computed - expected).abs() < 1e-15 && (part.claimed - expected).abs() < 1e-15, "{part:?}");
        }
    }
}
