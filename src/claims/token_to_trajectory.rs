//! **token-to-trajectory**: §4, the sketch of proof of Theorem 3. *Upper bound; as printed.*
//!
//! Assumption 2 implies Assumption 1 with $G_o = G_p T_\infty$ and $L_o = L_p T_\infty$.
//!
//! Assumption 2, in the reading *seg*: the supremum along w over the segment of what a response has, against T∞ times that of
//! what a token has. Equality where the longest response meets the extreme token at every position.

use super::conditions::SeveralTokens;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// From tokens to responses.
pub struct TokenToTrajectory;

impl Claim for TokenToTrajectory {
    const STATEMENT: Statement = Statement {
        slug: "token-to-trajectory",
        place: "§4",
        formula: "G_o ≤ G_p T∞ and L_o ≤ L_p T∞",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 2"],
        page: include_str!("../../docs/claims/token-to-trajectory.md"),
    };
    const SHARP: &'static [&'static str] = &["G_o", "L_o"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<SeveralTokens>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (constants, length) = (evaluation.constants(), evaluation.max_length());
        smallvec![
            Part::at_most("G_o", constants.score, constants.token_score * length),
            Part::at_most("L_o", constants.curvature, constants.token_curvature * length),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::two_coins;
    use super::*;

    #[test]
    fn the_word_00_meets_the_bound() {
        // At t = 0: scores ±½ a token, s(00) = 1 = 2·½ and |H| = ½ = 2·¼.
        let mut instance = two_coins();
        instance.eta = 0.0;
        let parts = TokenToTrajectory::sides(&Evaluation::<f64>::new(&instance, 1));
        assert_eq!((parts[0].computed, parts[0].claimed), (1.0, 1.0));
        assert_eq!((parts[1].computed, parts[1].claimed), (0.5, 0.5));
    }
}
