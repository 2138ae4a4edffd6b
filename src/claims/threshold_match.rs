//! **threshold-match**: the paragraph after Theorem 4. *Ratio; the constant is reported.*
//!
//! Printed: with 1 − J fixed and the crude bound T_ψ1 ≲ T∞, the safe limit of (18a) and the overshooting threshold of (19),
//! $120\,\Delta\mu/\{(L_p+G_p^2)T_\infty\}$, match up to constants. The constant: with S = (18a)'s first member,
//! $\frac{120\,\Delta\mu/\{(L_p+G_p^2)T_\infty\}}{S} \le \frac{240}{\log 2\,(1-J)}$,
//! with equality in the limit of constant length and L_p/G_p² → 0 while the cap 8T∞² does not bind. The factor 1/(1−J) is part of
//! the constant, and there is no converse: with T_ψ1 and 1/(1−J) bounded and L_p/G_p² of order 1/T∞ the quotient falls to the order
//! 240/T∞, so the two do *not* match for short typical lengths.
//!
//! Assumptions 2 and 3, in the reading *seg*; Δμ > 0 (it cancels).

use super::conditions::TokensModelled;
use super::safe_step_scaling::PositiveAlignment;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use crate::thresholds::token_bracket;
use smallvec::smallvec;

/// (18a) against (19).
pub struct ThresholdMatch;

impl Claim for ThresholdMatch {
    const STATEMENT: Statement = Statement {
        slug: "threshold-match",
        place: "after Eq. (19)",
        formula: "(19)'s lower end / (18a)'s first member ≤ 240/(log 2 · (1−J))",
        relation: Relation::Ratio,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 2", "Assumption 3"],
        page: include_str!("../../docs/claims/threshold-match.md"),
    };
    const SHARP: &'static [&'static str] = &["(19)/(18a)"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TokensModelled>(), hypothesis::<PositiveAlignment>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (constants, length) = (evaluation.constants(), evaluation.max_length());
        let (start, noise) = (evaluation.start(), constants.token_score.square());
        let safe = N::of(0.5) * start.alignment() / token_bracket(start.failure(), length, constants);
        let overshoot = N::of(120.0) * start.alignment() / ((constants.token_curvature + noise) * length);
        let claimed = N::of(240.0) / (N::ln_2() * start.failure());
        smallvec![Part::at_most("(19)/(18a)", overshoot / safe, claimed)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::triangle;
    use super::*;

    #[test]
    fn triangle_by_hand() {
        // At η = 0: L_p = 2/9, G_p² = 4/9, T_ψ1/(1−J) = 1.5/log 2; the quotient is 240 (2/9 + (4/9)·1.5/log 2)/(2/3).
        let mut instance = triangle();
        instance.eta = 0.0;
        let ln_2 = std::f64::consts::LN_2;
        let parts = ThresholdMatch::sides(&Evaluation::<f64>::new(&instance, 1));
        assert!((parts[0].computed / (240.0 * (1.0 + 3.0 / ln_2) / 3.0) - 1.0).abs() < 1e-14);
        assert!((parts[0].claimed / (360.0 / ln_2) - 1.0).abs() < 1e-14);
    }
}
