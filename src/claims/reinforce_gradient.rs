//! **reinforce-gradient**: equation (4). *Identity; as printed.*
//!
//! $\nabla_\theta J = \mathbb{E}_{o \sim \pi}[A(o)\,\nabla_\theta \log \pi_\theta(o)]$ with $A = r^\star - J$, for one prompt.
//!
//! Assumptions: none. Both sides are divided by J(1−J), so that J = 10⁻³⁰⁰ loses nothing.
//!
//! Two routes: *computed* is the right side, scores by formula ([`sum_of_scores`](crate::line::sum_of_scores)) under the
//! weights πA; *claimed* is ∇J by differentiating the log-mass of the rarer side as a jet along every axis
//! ([`autodiff`](crate::line::autodiff)), which knows neither scores nor advantages.
//!
//! Of a finite-state policy, whose responses are not listed, A is constant on O⁺ and on O⁻, so that *computed* is J·A⁺·g⁺ +
//! (1−J)·A⁻·g⁻ with g∓ from the recursion over sums of token scores.

use super::tolerance::ULPS;
use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;

/// Equation (4).
pub struct ReinforceGradient;

/// ∇J/(J(1−J)) = ∇λ by jets, from the side that is rarer: ∇log J/(1−J) or −∇log(1−J)/J.
pub(super) fn gradient_by_jets<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Vec<N> {
    let [minus, plus] = &evaluation.coordinates().log_mass;
    let start = evaluation.start();
    if start.lambda().mid() <= 0.0 {
        let failure = start.failure();
        plus.iter().map(|&g| g / failure).collect()
    } else {
        let success = start.success();
        minus.iter().map(|&g| -g / success).collect()
    }
}

impl Claim for ReinforceGradient {
    const STATEMENT: Statement = Statement {
        slug: "reinforce-gradient",
        place: "Eq. (4)",
        formula: "∇J = E[A ∇log π], A = r* − J",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/reinforce-gradient.md"),
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let start = evaluation.start();
        // πA/(J(1−J)) in logarithms: A = 1 − J on O⁺ and −J on O⁻.
        let unit = start.log_success() + start.log_failure();
        if let Some(scores) = evaluation.mean_scores() {
            // P·A/(J(1−J)) of either side, P as the recursion adds it up.
            let [log_f, log_j] = start.log_mass();
            let plus = (log_j + start.log_failure() - unit).exp();
            let minus = -(log_f + start.log_success() - unit).exp();
            let [of_minus, of_plus] = &scores.whole;
            let computed: Vec<N> = of_plus.iter().zip(of_minus).map(|(&g, &other)| plus * g + minus * other).collect();
            let condition = evaluation.logit_condition() * evaluation.gap().condition;
            return Part::identities("∇J/(J(1−J))", &computed, &gradient_by_jets(evaluation), ULPS, condition);
        }
        let weights: Vec<N> = (start.responses.log_prob.iter().zip(&evaluation.instance().correct))
            .map(|(&lp, &correct)| match correct {
                true => (lp + start.log_failure() - unit).exp(),
                false => -(lp + start.log_success() - unit).exp(),
            })
            .collect();
        let computed = evaluation.sum_of_scores(&weights);
        let condition = evaluation.logit_condition() * computed.condition;
        Part::identities("∇J/(J(1−J))", &computed.vector, &gradient_by_jets(evaluation), ULPS, condition)
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::triangle;
    use super::*;

    #[test]
    fn triangle_by_hand() {
        // π uniform on φ = (1,0), (0,0), (0,1); J = 1/3, mean φ = (1/3, 1/3).
        // ∇J = π_c(φ_c − mean) = (1/3)(2/3, −1/3); divided by J(1−J) = 2/9: (1, −1/2).
        let instance = triangle();
        let parts = ReinforceGradient::sides(&Evaluation::<f64>::new(&instance, 1));
        for (part, expected) in parts.iter().zip([1.0, -0.5]) {
            assert!((part.computed - expected).abs() < 1e-15 && (part.claimed - expected).abs() < 1e-15, "{part:?}");
        }
    }
}
