//! **token-log-odds-step**: inequality (22). *Lower bound; as printed.*
//!
//! $\lambda(\eta) - \lambda(0) \ge \Delta\mu\,\eta - \Bigl(L_p T_\infty + \frac{G_p^2 T_{\psi_1}}{1-J}\Bigr)\eta^2$ with
//! J = J(θ), for every η ≥ 0.
//!
//! Assumptions 2 and 3, in the reading *seg*. Theorem 3 uses (22) for $\eta \le 1/(2\sqrt{L_p T_\infty + G_p^2 T_{\psi_1}})$, and
//! the martingale argument needs $\eta^2 G_p^2 T_{\psi_1} \le \tfrac12$; the statement holds without either (proof on the page), so
//! none is imposed here. Equality in the limit for the coefficient of L_p: T∞ = 1 and the curve of (16).
//!
//! *Computed* is the shortfall −R = ηΔμ − (λ(η) − λ(0)), without cancellation.

use super::conditions::TokensModelled;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// Inequality (22).
pub struct TokenLogOddsStep;

impl Claim for TokenLogOddsStep {
    const STATEMENT: Statement = Statement {
        slug: "token-log-odds-step",
        place: "Eq. (22)",
        formula: "λ(η) − λ(0) ≥ ηΔμ − (L_p T∞ + G_p² T_ψ1/(1−J)) η²",
        relation: Relation::Lower,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 2", "Assumption 3"],
        page: include_str!("../../docs/claims/token-log-odds-step.md"),
    };
    const SHARP: &'static [&'static str] = &["ηΔμ − (λ(η) − λ(0))"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let constants = evaluation.constants();
        let eta2 = evaluation.eta().square();
        let smooth = constants.token_curvature * evaluation.max_length() * eta2;
        let noise = evaluation.start().over_failure(constants.token_score.square() * constants.psi1 * eta2);
        let claimed = smooth + noise;
        smallvec![Part::at_most("ηΔμ − (λ(η) − λ(0))", -evaluation.step().remainder, claimed)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::triangle;
    use super::*;

    #[test]
    fn triangle_by_hand() {
        // One token, h = t on c and 0 on a, b: λ = t − log 2, so R = 0; s = 1 − e^t/(e^t+2) on c, at most 2/3 (t = 0).
        let mut instance = triangle();
        instance.eta = 0.0625;
        let parts = TokenLogOddsStep::sides(&Evaluation::<f64>::new(&instance, 2));
        assert!(parts[0].computed.abs() < 1e-17);
        let (p, eta2) = (0.0625f64.exp() / (0.0625f64.exp() + 2.0), 0.0625f64.powi(2));
        // L_p: the largest variance p(1−p), at the end of the segment; T_ψ1 = 1/log 2; 1 − J = 2/3.
        let expected = (p * (1.0 - p) + (4.0 / 9.0) / std::f64::consts::LN_2 / (2.0 / 3.0)) * eta2;
        assert!((parts[0].claimed - expected).abs() < 1e-15 * expected.max(1.0), "{} {expected}", parts[0].claimed);
    }
}
