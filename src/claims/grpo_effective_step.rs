//! **grpo-effective-step**: relation (20). *Identity; holds for constant length.*
//!
//! For an update $\theta + \alpha g$ the effective step is $\alpha\|g\|_2$:
//! $\|g_{\mathrm{GRPO}}\| = T^{-1}\sqrt{J(1-J)}\,\|g^+ - g^-\|$ when |o| = T for every response, and
//! $\|g_{\mathrm{Dr.\,GRPO}}\| = J(1-J)\,\|g^+ - g^-\|$ always. (The paper writes T_ψ1 for T, which for constant length is T/log 2.)
//!
//! Assumptions: none. The first part is checked where the length is constant, the second everywhere. Divided by √(J(1−J)) and
//! J(1−J).
//!
//! Two routes: *computed* takes the gradients of the surrogates of (5) and (4) by jets along every axis; *claimed* is the gap by
//! formula.

use super::tolerance::ULPS;
use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::line::norm;
use crate::number::Scalar;
use smallvec::smallvec;

/// Relation (20).
pub struct GrpoEffectiveStep;

impl Claim for GrpoEffectiveStep {
    const STATEMENT: Statement = Statement {
        slug: "grpo-effective-step",
        place: "Eq. (20)",
        formula: "‖g_GRPO‖ = T⁻¹√(J(1−J)) ‖g⁺−g⁻‖ for |o| = T; ‖g_DrGRPO‖ = J(1−J) ‖g⁺−g⁻‖",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/grpo-effective-step.md"),
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (gap, coordinates) = (evaluation.gap(), evaluation.coordinates());
        let length = norm(&gap.vector);
        let condition = evaluation.logit_condition() * gap.condition;
        let mut parts: Parts<N> =
            smallvec![Part::identity("Dr. GRPO", norm(&coordinates.reinforce), length, ULPS, condition)];
        if let Some(tokens) = evaluation.instance().policy.constant_length() {
            let claimed = length / N::of(f64::from(tokens));
            parts.push(Part::identity("GRPO", norm(&coordinates.grpo), claimed, ULPS, condition));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::two_coins;
    use super::*;

    #[test]
    fn two_coins_by_hand() {
        // Scores: 00 has 1, 01 and 10 have 0, 11 has −1. g⁺ = 1, g⁻ = −1/3: the gap is 4/3, and GRPO divides by T = 2.
        let instance = two_coins();
        let parts = GrpoEffectiveStep::sides(&Evaluation::<f64>::new(&instance, 1));
        for (part, expected) in parts.iter().zip([4.0 / 3.0, 2.0 / 3.0]) {
            assert!((part.computed - expected).abs() < 1e-15 && (part.claimed - expected).abs() < 1e-15, "{part:?}");
        }
    }
}
