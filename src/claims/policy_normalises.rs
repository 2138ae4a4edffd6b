//! **policy-normalises**: equation (1). *Identity; corrected.*
//!
//! Printed: $\pi_\theta(o_t \mid q, o_{\le t}) = \exp\{h_\theta(q, o_{\le t})\} / \sum_{o'} \exp\{h_\theta(q, o_{\le t}, o')\}$, where
//! the condition on the left and in the denominator must read $o_{<t}$ (a token is not conditioned on itself). Corrected, the
//! product over the tokens of a response is a probability on the responses of length at most T∞, |o| counting the EOS:
//! $\sum_{o} \prod_t \pi_\theta(o_t \mid o_{<t}) = 1$.
//!
//! For one token this is what a softmax is; the claim therefore speaks of T∞ ≥ 2 only. Assumptions: none.
//!
//! Two routes: *computed* walks every response from its first token, forming each factor literally as
//! exp(h_v)/Σ exp(h_u) from [`LineLogits`](crate::policy::LineLogits), and adds up products; *claimed* is 1. A second part compares
//! the same sum with the log-masses that [`line`](crate::line) obtains through shared prefixes.

use super::conditions::{Listed, SeveralTokens};
use super::tolerance::ULPS;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::{Scalar, log_sum_exp, sum};
use smallvec::smallvec;

/// Equation (1), corrected.
pub struct PolicyNormalises;

/// Σ_o Π_t exp(h)/Σ exp(h), every response walked from its first token.
fn literal_total<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
    let instance = evaluation.instance();
    let policy = &instance.policy;
    let logits = policy.logits.restrict::<N>(&instance.theta, &instance.direction).at(N::zero(), |z| z);
    let width = policy.logits.options;
    let factor = |node: usize, token: u32| match (policy.option(node, token), policy.stop) {
        (None, Some(stop)) => N::of(stop),
        (None, None) => N::one(),
        (Some(j), stop) => {
            let row = &logits[j / width * width..j / width * width + width];
            let go_on = stop.map_or(N::one(), |stop| N::one() - N::of(stop));
            go_on / sum(row.iter().map(|&h| (h - logits[j]).exp()))
        }
    };
    let nodes = policy.tree.nodes();
    sum(policy.tree.leaves().iter().map(|leaf| {
        let mut product = leaf.token.map_or(N::one(), |token| factor(leaf.node as usize, token));
        let mut node = leaf.node as usize;
        while node != 0 {
            product = product * factor(nodes[node].parent as usize, nodes[node].token);
            node = nodes[node].parent as usize;
        }
        product
    }))
}

impl Claim for PolicyNormalises {
    const STATEMENT: Statement = Statement {
        slug: "policy-normalises",
        place: "Eq. (1)",
        formula: "Σ_o Π_t π(o_t | o_<t) = 1 over the responses of length ≤ T∞",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/policy-normalises.md"),
    };
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<Listed>(), hypothesis::<SeveralTokens>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let condition = evaluation.logit_condition();
        let shared = log_sum_exp(&evaluation.start().log_mass()).exp();
        smallvec![
            Part::identity("every response walked by itself", literal_total(evaluation), N::one(), ULPS, condition),
            Part::identity("through shared prefixes", shared, N::one(), ULPS, condition),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::two_coins;
    use super::*;

    #[test]
    fn four_words_of_a_quarter() {
        let instance = two_coins();
        let total = literal_total(&Evaluation::<f64>::new(&instance, 1));
        assert_eq!(total, 1.0); // 4 · ½ · ½
    }
}
