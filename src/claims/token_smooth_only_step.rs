//! **token-smooth-only-step**: the companion's own. *Upper bound, both sides.*
//!
//! $-\dfrac{L_p\,\mathbb E^+[\ell]\,\eta^2}{2(1-J)} \le \lambda(\eta) - \lambda(0) - \eta\Delta\mu
//! \le \dfrac{L_p\,\mathbb E^-[\ell]\,\eta^2}{2J}$ for every η ≥ 0, with the mean lengths at θ: no $G_p$, no $T_{\psi_1}$, no
//! martingale. Sharper: $\log J$ and $\log(1-J)$ fall below their tangents by at most $\tfrac12L_p\mathbb E^\pm[\ell]\eta^2$.
//! And $J e^{\mathbb E^+[\ell]/T_{\psi_1}} + (1-J) e^{\mathbb E^-[\ell]/T_{\psi_1}} \le 2$, so that
//! $\mathbb E^+[\ell] \le T_{\psi_1}\log(1+1/J)$ and $\mathbb E^-[\ell] \le T_{\psi_1}\log(1+1/(1-J))$.
//!
//! Assumption 2(b) in the reading *seg*; J, lengths and $T_{\psi_1}$ at θ. Equality in the limit for one correct word all of whose
//! tokens have curvature −L_p, as J → 0 and η → 0; in the sum of exponentials where the length is constant on either side.
//!
//! *Computed* and *claimed* as in smooth-only-step.

use super::conditions::{TokenWithinRange, TokensModelled};
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::{Reading, psi1_norm};
use smallvec::smallvec;

/// The smooth-only step per token.
pub struct TokenSmoothOnlyStep;

impl Claim for TokenSmoothOnlyStep {
    const STATEMENT: Statement = Statement {
        slug: "token-smooth-only-step",
        place: "companion",
        formula: "−L_pE⁺[ℓ]η²/(2(1−J)) ≤ λ(η) − λ(0) − ηΔμ ≤ L_pE⁻[ℓ]η²/(2J)",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 2", "Assumption 3"],
        page: include_str!("../../docs/claims/token-smooth-only-step.md"),
    };
    const SHARP: &'static [&'static str] = &[
        "−R ≤ L_pE⁺[ℓ]η²/(2(1−J))",
        "R ≤ L_pE⁻[ℓ]η²/(2J)",
        "log J against its tangent",
        "log(1−J) against its tangent",
        "−R ≤ L_pT∞η²/(2(1−J))",
        "R ≤ L_pT∞η²/(2J)",
        "J exp(E⁺[ℓ]/T_ψ1) + (1−J) exp(E⁻[ℓ]/T_ψ1)",
        "E⁺[ℓ] ≤ T_ψ1 log(1 + 1/J)",
        "E⁻[ℓ] ≤ T_ψ1 log(1 + 1/(1−J))",
    ];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>(), hypothesis::<TokenWithinRange>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (start, smooth) = (evaluation.start(), evaluation.constants().token_curvature);
        let [short, long] = start.length;
        let second = evaluation.mean_second();
        let [minus, plus] = evaluation.mean_log_second();
        let (lost, gained) = (-(start.failure() * second), start.success() * second);
        let longest = smooth * evaluation.max_length();
        let psi1 = psi1_norm(&evaluation.on_line().length_law(start));
        let share = |log_mass: N, length: N| (log_mass + length / psi1).exp();
        let (log_j, log_f) = (start.log_success(), start.log_failure());
        smallvec![
            Part::at_most("−R ≤ L_pE⁺[ℓ]η²/(2(1−J))", lost, smooth * long),
            Part::at_most("R ≤ L_pE⁻[ℓ]η²/(2J)", gained, smooth * short),
            Part::at_most("log J against its tangent", -plus, smooth * long),
            Part::at_most("log(1−J) against its tangent", -minus, smooth * short),
            Part::at_most("−R ≤ L_pT∞η²/(2(1−J))", lost, longest),
            Part::at_most("R ≤ L_pT∞η²/(2J)", gained, longest),
            Part::at_most("J exp(E⁺[ℓ]/T_ψ1) + (1−J) exp(E⁻[ℓ]/T_ψ1)", share(log_j, long) + share(log_f, short), N::of(2.0)),
            Part::at_most("E⁺[ℓ] ≤ T_ψ1 log(1 + 1/J)", long, psi1 * (-log_j).softplus()),
            Part::at_most("E⁻[ℓ] ≤ T_ψ1 log(1 + 1/(1−J))", short, psi1 * (-log_f).softplus()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::two_coins;
    use super::*;

    #[test]
    fn two_coins_by_hand() {
        // Two fair coins, the word 00 correct: J = ¼, ℓ = 2 throughout, T_ψ1 = 2/log 2, so the sum of exponentials is 2. With
        // p = σ(t): log J = 2 log p; at θ = 0 it lies below its tangent −2 log 2 + t by 2 log cosh(t/2).
        let instance = two_coins();
        let parts = TokenSmoothOnlyStep::sides(&Evaluation::<f64>::new(&instance, 2));
        let eta = instance.eta;
        let expected = 4.0 * (0.5 * eta).cosh().ln() / eta.powi(2);
        assert!((parts[2].computed - expected).abs() < 1e-12, "{:?} {expected}", parts[2]);
        assert!((parts[2].claimed - 0.5).abs() < 1e-15, "{:?}", parts[2]); // L_p = ¼ at the start
        assert!((parts[6].computed - 2.0).abs() < 4e-15, "{:?}", parts[6]);
        let log_five = 5.0f64.ln() * 2.0 / std::f64::consts::LN_2;
        assert!((parts[7].claimed - log_five).abs() < 1e-14 && parts[7].computed == 2.0, "{:?}", parts[7]);
    }
}
