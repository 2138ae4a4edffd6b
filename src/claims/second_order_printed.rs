//! **second-order-printed**: equation (17) as it stands in the text at hand. *Identity; FALSE as printed.*
//!
//! $\lambda(\eta) - \lambda(0) = \Delta\mu\,\eta + \{\mathrm{Var}^+ - \mathrm{Var}^-\}\,\eta^2 + O(\eta^3)$.
//!
//! The factor ½ and the curvature term are missing; [`second_order`](super::second_order) is the corrected form. The smallest
//! counterexample with linear logits has three responses, φ = −1, 1 | 0: the true coefficient is ½, the printed one 1. With
//! nonlinear logits two responses are enough: λ = θ² has coefficient 1 and no variance at all.
//!
//! Both sides as in the corrected form; only *claimed* differs.

use super::tolerance::ULPS;
use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use smallvec::smallvec;

/// Equation (17), as printed.
pub struct SecondOrderPrinted;

impl Claim for SecondOrderPrinted {
    const STATEMENT: Statement = Statement {
        slug: "second-order-printed",
        place: "Eq. (17)",
        formula: "λ''(0)/2 = Var⁺ − Var⁻   (as printed)",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Fails,
        assumptions: &[],
        page: include_str!("../../docs/claims/second-order-printed.md"),
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let start = evaluation.start();
        let computed = N::of(0.5) * evaluation.lambda_jet().second;
        let claimed = start.variance[1] - start.variance[0];
        smallvec![Part::identity("coefficient of η²", computed, claimed, ULPS, evaluation.curvature_condition())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::policy::Policy;

    #[test]
    fn two_responses_are_enough() {
        let instance = Instance {
            policy: Policy::curve([0.0, 0.0, 2.0], &[]).expect("finite"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.1,
            correct: vec![false, true],
            then: vec![],
        };
        let parts = SecondOrderPrinted::sides(&Evaluation::<f64>::new(&instance, 1));
        assert_eq!((parts[0].computed, parts[0].claimed), (1.0, 0.0));
    }
}
