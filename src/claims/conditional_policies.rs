//! **conditional-policies**: equations (6)–(8). *Identity; as printed.*
//!
//! $\pi^+_\theta = \pi_\theta \mathbb{1}_{O^+}/J$ and $\pi^-_\theta = \pi_\theta \mathbb{1}_{O^-}/(1-J)$ are probability
//! distributions, and the conditional mean scores satisfy $J g^+ + (1-J) g^- = 0$.
//!
//! Assumptions: none.
//!
//! Two routes for the first part: the numerators are the responses' log-probabilities, summed over the list of responses;
//! J and 1 − J come from the backward recursion over prefixes V(prefix) = Σ_v π(v | prefix) V(prefix v), which never forms
//! the probability of a response. Second part: J g⁺, scores by formula under π⁺, against −(1−J) g⁻ with g⁻ = ∇log P(O⁻) by
//! jets along every axis.

use super::conditions::Listed;
use super::tolerance::ULPS;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::line::normal;
use crate::number::{Scalar, log_sum_exp, sum};
use smallvec::smallvec;

/// Equations (6)–(8).
pub struct ConditionalPolicies;

/// log P(O∓) by backward recursion over the prefixes, last prefix first.
fn backward_log_masses<N: Scalar>(evaluation: &Evaluation<'_, N>) -> [N; 2] {
    let instance = evaluation.instance();
    let policy = &instance.policy;
    let log_prob = &evaluation.start().tokens.log_prob;
    let log_token = |node: usize, token: u32| match (policy.option(node, token), policy.stop) {
        (None, Some(stop)) => N::of(stop).ln(),
        (None, None) => N::zero(),
        (Some(j), None) => log_prob[j],
        (Some(j), Some(stop)) => log_prob[j] + (-N::of(stop)).ln_1p(),
    };
    let mut below: Vec<[Vec<N>; 2]> = vec![[vec![], vec![]]; policy.tree.nodes().len()];
    for (leaf, &correct) in policy.tree.leaves().iter().zip(&instance.correct) {
        let node = leaf.node as usize;
        below[node][usize::from(correct)].push(leaf.token.map_or(N::zero(), |token| log_token(node, token)));
    }
    for (position, node) in policy.tree.nodes().iter().enumerate().skip(1).rev() {
        let step = log_token(node.parent as usize, node.token);
        for side in [0, 1] {
            if !below[position][side].is_empty() {
                let value = log_sum_exp(&below[position][side]);
                below[node.parent as usize][side].push(step + value);
            }
        }
    }
    [log_sum_exp(&below[0][0]), log_sum_exp(&below[0][1])]
}

impl Claim for ConditionalPolicies {
    const STATEMENT: Statement = Statement {
        slug: "conditional-policies",
        place: "Eq. (6)-(8)",
        formula: "Σ π⁺ = Σ π⁻ = 1 and J g⁺ + (1−J) g⁻ = 0",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/conditional-policies.md"),
    };

    const GIVEN: &'static [Hypothesis] = &[hypothesis::<Listed>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let start = evaluation.start();
        let correct = &evaluation.instance().correct;
        let condition = evaluation.logit_condition();
        let masses = backward_log_masses(evaluation);
        let total = |side: bool| {
            let of_side = start.responses.log_prob.iter().zip(correct).filter(|&(_, &c)| c == side);
            sum(of_side.map(|(&lp, _)| (lp - masses[usize::from(side)]).exp()))
        };
        let mut parts: Parts<N> = smallvec![
            Part::identity("Σ π⁺", total(true), N::one(), ULPS, condition),
            Part::identity("Σ π⁻", total(false), N::one(), ULPS, condition),
        ];
        let weights: Vec<N> = start.conditional.iter().zip(correct).map(|(&p, &c)| if c { p } else { N::zero() }).collect();
        let plus = evaluation.sum_of_scores(&weights);
        let (success, failure) = (start.success(), start.failure());
        let computed: Vec<N> = plus.vector.iter().map(|&g| success * g).collect();
        let claimed: Vec<N> = evaluation.coordinates().log_mass[0].iter().map(|&g| -(failure * g)).collect();
        // g⁻ is averaged over incorrect responses, whose scores are of the same size.
        let size = normal(success.mid()) * plus.own_condition + normal(failure.mid()) * evaluation.gap().condition;
        parts.extend(Part::identities("J g⁺ = −(1−J) g⁻", &computed, &claimed, ULPS, condition * size));
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::two_coins;
    use super::*;

    #[test]
    fn one_word_in_four() {
        let instance = two_coins();
        let [minus, plus] = backward_log_masses(&Evaluation::<f64>::new(&instance, 1));
        assert!((plus.exp() - 0.25).abs() < 1e-16 && (minus.exp() - 0.75).abs() < 2e-16);
    }
}
