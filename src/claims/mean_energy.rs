//! **mean-energy**: the companion's own. *Upper bound.*
//!
//! $\mathbb E[s^2] = \sum_t\mathbb E[\xi_t^2] \le \min(G_p^2, L_p)\,\mathbb E[\ell]$; and in (22) $G_p^2T_{\psi_1}$ may be read
//! $\min(G_p^2, L_p)T_{\psi_1}$, at every step size.
//!
//! In the first line G_p and L_p are those at θ (the reading *seg* on a segment of length 0), in (22) those on the segment.
//! Equality: one softmax with linear logits has $\mathbb E[s^2] = L_p$. Not in (16), nor in (18a)'s cap $8T_\infty^2$: a rare
//! failure refutes both (on the page).
//!
//! Two routes: *computed* $\mathbb E[s^2]$ over whole responses; *claimed* the sum of $\mathbb E[\xi_t^2]$, then the bounds.

use super::conditions::{TokenWithinRange, TokensModelled};
use super::tolerance::ULPS;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// The mean square of a response's score.
pub struct MeanEnergy;

impl Claim for MeanEnergy {
    const STATEMENT: Statement = Statement {
        slug: "mean-energy",
        place: "companion",
        formula: "E[s²] = Σ E[ξ_t²] ≤ min(G_p², L_p)·E[ℓ]; (22) with min(G_p², L_p)T_ψ1 for G_p²T_ψ1",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 2", "Assumption 3"],
        page: include_str!("../../docs/claims/mean-energy.md"),
    };
    const SHARP: &'static [&'static str] = &["E[s²] against G_p²E[ℓ]", "E[s²] against L_pE[ℓ]", "(22) with min(G_p², L_p)"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>(), hypothesis::<TokenWithinRange>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (start, constants) = (evaluation.start(), evaluation.constants());
        let [energy, by_token] = evaluation.on_line().mean_squares(start);
        let [score, smooth] = evaluation.on_line().token_extremes(&start.tokens);
        let eta2 = evaluation.eta().square();
        let flat = constants.token_curvature * evaluation.max_length() * eta2;
        let least = constants.token_score.square().min(constants.token_curvature);
        let noise = start.over_failure(least * constants.psi1 * eta2);
        smallvec![
            Part::identity("E[s²]", energy, by_token, ULPS, evaluation.curvature_condition()),
            Part::at_most("E[s²] against G_p²E[ℓ]", energy, score.square() * start.mean_length()),
            Part::at_most("E[s²] against L_pE[ℓ]", energy, smooth * start.mean_length()),
            Part::at_most("(22) with min(G_p², L_p)", -evaluation.step().remainder, flat + noise),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::two_coins;
    use super::*;

    #[test]
    fn two_coins_by_hand() {
        // ξ = ±½ and H = −¼ for either token: E[s²] = ½, G_p² = L_p = ¼, E[ℓ] = 2.
        let parts = MeanEnergy::sides(&Evaluation::<f64>::new(&two_coins(), 2));
        for part in &parts[..3] {
            assert!((part.computed - 0.5).abs() < 1e-15 && (part.claimed - 0.5).abs() < 1e-15, "{part:?}");
        }
    }
}
