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
//!
//! Of a finite-state policy, whose responses are not listed, the first walks all prefixes of t tokens that end in one state
//! together, in plain numbers. The second is P(O⁺) + P(O⁻) by the recursion over cells, once as [`line`](crate::line)
//! chooses (powers of a matrix where that is less work) and once token by token. Two more parts are the largest and the
//! smallest Σ_v π(v | state).

use super::conditions::SeveralTokens;
use super::tolerance::ULPS;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::{Scalar, log_sum_exp, sum};
use crate::policy::{Automaton, Ending, Shape};
use smallvec::smallvec;

/// Equation (1), corrected.
pub struct PolicyNormalises;

/// exp(h_v)/Σ exp(h_u) of every logit, times what a fixed EOS leaves.
fn literal_factors<N: Scalar>(instance: &Instance) -> impl Fn(usize) -> N {
    let policy = &instance.policy;
    let logits = policy.logits.restrict::<N>(&instance.theta, &instance.direction).at(N::zero(), |z| z);
    let width = policy.logits.options;
    let go_on = policy.stop.map_or(N::one(), |stop| N::one() - N::of(stop));
    move |j| {
        let row = &logits[j / width * width..j / width * width + width];
        go_on / sum(row.iter().map(|&h| (h - logits[j]).exp()))
    }
}

/// Σ_o Π_t exp(h)/Σ exp(h), every response walked from its first token.
fn literal_total<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
    let policy = &evaluation.instance().policy;
    let of = literal_factors::<N>(evaluation.instance());
    let factor = |node: usize, token: u32| match (policy.option(node, token), policy.stop) {
        (None, Some(stop)) => N::of(stop),
        (None, None) => N::one(),
        (Some(j), _) => of(j),
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

/// The same of a finite-state policy, all prefixes of t tokens that end in one state together; and the largest and the
/// smallest sum of the factors over the tokens that may be chosen somewhere.
fn literal_by_states<N: Scalar>(instance: &Instance, automaton: &Automaton) -> (N, Option<[N; 2]>) {
    let policy = &instance.policy;
    let Shape { vocabulary, max_length, ending } = policy.tree.shape();
    let (states, width) = (automaton.states(vocabulary), policy.logits.options);
    let of = literal_factors::<N>(instance);
    let factors: Vec<N> = (0..policy.logits.count()).map(of).collect();
    let fixed = policy.stop.map(N::of);
    let first = u32::from(fixed.is_some());
    let factor = |row: usize, token: u32| match fixed {
        Some(stop) if token == 0 => stop,
        _ => factors[row * width + (token - first) as usize],
    };
    let mut rows: Option<[N; 2]> = None;
    let row_sum = |row: usize| sum((0..vocabulary).map(|token| factor(row, token)));
    automaton.visit(
        policy.tree.shape(),
        |position, state| {
            let total = row_sum(automaton.row(position, state, states));
            rows = Some(rows.map_or([total; 2], |[most, least]| [most.max(total), least.min(total)]));
        },
        |_| {},
    );
    let (mut now, mut total) = (vec![N::zero(); states], N::zero());
    now[automaton.start as usize] = N::one();
    for position in 0..max_length {
        let last = position + 1 == max_length;
        let mut then = vec![N::zero(); states];
        for (state, &mass) in now.iter().enumerate() {
            if last && ending == Ending::Eos {
                total = total + mass; // EOS is certain
                continue;
            }
            let row = automaton.row(position, state, states);
            for token in 0..vocabulary {
                let mass = mass * factor(row, token);
                let ends = last || token == 0 && ending != Ending::Fixed;
                let into = if ends { &mut total } else { &mut then[automaton.after(state, token, vocabulary)] };
                *into = *into + mass;
            }
        }
        now = then;
    }
    (total, rows)
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
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<SeveralTokens>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let condition = evaluation.logit_condition();
        let is_one = |name, total: N| Part::identity(name, total, N::one(), ULPS, condition);
        let shared = log_sum_exp(&evaluation.start().log_mass()).exp();
        let (instance, on_line) = (evaluation.instance(), evaluation.on_line());
        let Some(automaton) = on_line.automaton() else {
            return smallvec![
                is_one("every response walked by itself", literal_total(evaluation)),
                is_one("through shared prefixes", shared),
            ];
        };
        let (literal, rows) = literal_by_states(instance, automaton);
        let mut parts: Parts<N> =
            smallvec![is_one("every state walked by itself", literal), is_one("P(O⁺) + P(O⁻)", shared)];
        let one_by_one = on_line.log_mass_token_by_token(automaton, &evaluation.start().tokens);
        parts.push(is_one("P(O⁺) + P(O⁻), token by token", log_sum_exp(&one_by_one).exp()));
        for (name, total) in
            ["the largest sum over a row", "the smallest sum over a row"].into_iter().zip(rows.into_iter().flatten())
        {
            parts.push(is_one(name, total));
        }
        parts
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
