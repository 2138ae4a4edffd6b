//! **score-decomposes**: the first display of §4. *Identity; as printed.*
//!
//! $\nabla_\theta \log \pi_\theta(o) = \sum_{t=1}^{|o|} \nabla_\theta \log \pi_\theta(o_t \mid o_{<t})$, checked along w together
//! with its derivative: $s = \sum_t \xi_t$, $H = \sum_t H_t$.
//!
//! Assumptions: none; says something only for T∞ ≥ 2.
//!
//! Two routes: *computed* multiplies the token probabilities of a response as jets and differentiates the logarithm of the
//! product (product rule, quotient rule); *claimed* adds up token scores and curvatures by formula.
//!
//! Of a finite-state policy, whose responses are not listed, six are looked at in this way: of O⁺ and of O⁻ the one with the
//! largest score, the one with the smallest, and the likeliest. All others enter by the means of both sides: *computed*
//! differentiates log P(O∓), to which the recursion comes from the probabilities of tokens alone, E∓\[s\] and Var∓(s) +
//! E∓\[H\] for s and H of whole responses; *claimed* is the recursion over sums of token scores and curvatures.

use super::conditions::SeveralTokens;
use super::tolerance::ULPS;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;

/// The decomposition of the score.
pub struct ScoreDecomposes;

impl Claim for ScoreDecomposes {
    const STATEMENT: Statement = Statement {
        slug: "score-decomposes",
        place: "§4",
        formula: "∇log π(o) = Σ_t ∇log π(o_t | o_<t)",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/score-decomposes.md"),
    };
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<SeveralTokens>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (start, on_line) = (evaluation.start(), evaluation.on_line());
        let (first, second) = (evaluation.score_condition(), evaluation.curvature_condition());
        let mut parts = Parts::new();
        if let Some(automaton) = on_line.automaton() {
            let extremes = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]];
            for response in on_line.chosen_responses(automaton, &start.tokens, extremes).as_flattened() {
                let whole = response.product.ln();
                parts.push(Part::identity("s", whole.first, response.score, ULPS, first));
                parts.push(Part::identity("H", whole.second, response.curvature, ULPS, second));
            }
            for (side, mass) in on_line.log_mass_jets(N::zero()).iter().enumerate() {
                let square = start.variance[side] + start.curvature[side];
                parts.push(Part::identity(["E⁻[s]", "E⁺[s]"][side], mass.first, start.mean[side], ULPS, first));
                parts.push(Part::identity(["Var⁻(s) + E⁻[H]", "Var⁺(s) + E⁺[H]"][side], mass.second, square, ULPS, second));
            }
            return parts;
        }
        let responses = &start.responses;
        let whole = on_line.whole_response_jets(N::zero());
        for ((jet, &score), &curvature) in whole.iter().zip(&responses.score).zip(&responses.curvature) {
            parts.push(Part::identity("s", jet.first, score, ULPS, first));
            parts.push(Part::identity("H", jet.second, curvature, ULPS, second));
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
        // One fair coin with slopes (1, 0): scores ±½, variance ¼. The word 00 has s = 1, H = −½; the word 01 has s = 0.
        let instance = two_coins();
        let parts = ScoreDecomposes::sides(&Evaluation::<f64>::new(&instance, 1));
        let value = |i: usize| (parts[i].computed, parts[i].claimed);
        assert_eq!((value(0), value(1), value(2)), ((1.0, 1.0), (-0.5, -0.5), (0.0, 0.0)));
    }
}
