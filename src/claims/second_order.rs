//! **second-order**: equation (17). *Identity; corrected.*
//!
//! $\lambda(\eta) - \lambda(0) = \Delta\mu\,\eta + \tfrac12\{\mathrm{Var}^+ - \mathrm{Var}^- + \mathbb{E}^+[H] -
//! \mathbb{E}^-[H]\}\,\eta^2 + O(\eta^3)$ with $H = w^\top\nabla^2\log\pi\,w$.
//!
//! What changed and why: the text at hand prints {Var⁺ − Var⁻}η², without the factor ½ of a Taylor expansion and without the
//! curvature of log π. The H terms cancel exactly for logits linear in θ at the trajectory level, not in general for token-level
//! policies. See [`second_order_printed`](super::second_order_printed) for the printed form and its counterexample.
//!
//! Assumptions: λ twice differentiable.
//!
//! Two routes for the coefficient of η²: *computed* is λ''(0)/2 by second-order jets through log-sum-exp; *claimed* is the
//! bracket, from variances and curvatures by formula.

use super::tolerance::ULPS;
use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::line::Line;
use crate::number::Scalar;
use smallvec::smallvec;

/// Equation (17), corrected.
pub struct SecondOrder;

impl Claim for SecondOrder {
    const STATEMENT: Statement = Statement {
        slug: "second-order",
        place: "Eq. (17)",
        formula: "λ''(0)/2 = ½{Var⁺ − Var⁻ + E⁺[H] − E⁻[H]}",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/second-order.md"),
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let half = N::of(0.5);
        let Line { variance, curvature, .. } = evaluation.start();
        let printed = variance[1] - variance[0] + (curvature[1] - curvature[0]);
        let (computed, claimed) = (half * evaluation.lambda_jet().second, half * printed);
        smallvec![Part::identity("coefficient of η²", computed, claimed, ULPS, evaluation.curvature_condition())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::policy::Policy;

    #[test]
    fn three_points_by_hand() {
        // φ = −1, 1 | 0 with equal weights: Var⁺ = 1, Var⁻ = 0, the H terms cancel; λ = log(2 cosh t), λ''(0)/2 = ½.
        let instance = Instance {
            policy: Policy::linear_softmax(1, vec![-1.0, 1.0, 0.0], vec![]).expect("fits"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.1,
            correct: vec![true, true, false],
            then: vec![],
        };
        let parts = SecondOrder::sides(&Evaluation::<f64>::new(&instance, 1));
        assert!((parts[0].computed - 0.5).abs() < 1e-15 && (parts[0].claimed - 0.5).abs() < 1e-15, "{parts:?}");
    }
}
