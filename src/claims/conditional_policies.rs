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
//!
//! Of a finite-state policy, whose responses are not listed, the numerators are summed by the recursion over cells, token
//! after token from the first; the backward recursion is V(t, state), from the last.

use super::tolerance::ULPS;
use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::line::normal;
use crate::number::{Scalar, log_sum_exp, sum};
use crate::policy::{Automaton, Ending, Shape};
use smallvec::{SmallVec, smallvec};

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

/// A logarithm as `rest` + `twos`·log 2 with |rest| < log 2, so that a sum of many keeps the digits of each.
#[derive(Clone, Copy)]
struct Log<N> {
    rest: N,
    twos: i64,
}

impl<N: Scalar> Log<N> {
    fn zero() -> Self {
        Log { rest: N::zero(), twos: 0 }
    }

    fn plus(self, log: N) -> Self {
        // 2²⁴ of them add up without overflow, and what is smaller is 0 to every number here.
        const FAR: f64 = 68_719_476_736.0; // 2³⁶
        let rest = self.rest + log;
        let twos = (rest.mid() * std::f64::consts::LOG2_E).round().clamp(-FAR, FAR);
        if twos.is_nan() {
            return Log { rest, ..self };
        }
        Log { rest: rest - N::of(twos) * N::ln_2(), twos: self.twos + twos as i64 }
    }

    fn sum(terms: &[Self]) -> Self {
        let finite = |term: &&Self| term.rest.mid() > f64::NEG_INFINITY;
        let top = terms.iter().filter(finite).map(|term| term.twos).max().unwrap_or(0);
        let total = sum(terms.iter().map(|term| (term.rest + N::of((term.twos - top) as f64) * N::ln_2()).exp()));
        Log { rest: N::zero(), twos: top }.plus(total.ln())
    }

    fn value(self) -> N {
        self.rest + N::of(self.twos as f64) * N::ln_2()
    }
}

/// The same over the states of an automaton, last position first.
fn backward_log_masses_by_states<N: Scalar>(evaluation: &Evaluation<'_, N>, automaton: &Automaton) -> [N; 2] {
    let instance = evaluation.instance();
    let policy = &instance.policy;
    let Shape { vocabulary, max_length, ending } = policy.tree.shape();
    let (states, width) = (automaton.states(vocabulary), policy.logits.options);
    let log_prob = &evaluation.start().tokens.log_prob;
    let stop = policy.stop.map(|stop| [N::of(stop).ln(), (-N::of(stop)).ln_1p()]);
    let log_token = |row: usize, token: u32| match stop {
        None => log_prob[row * width + token as usize],
        Some([stops, _]) if token == 0 => stops,
        Some([_, goes_on]) => log_prob[row * width + token as usize - 1] + goes_on,
    };
    let ended = |state: usize, side: usize| (usize::from(instance.correct[state]) == side).then(Log::zero);
    // log P(O∓ | position, state); `None` where that side is not reached.
    let mut below: Vec<[Option<Log<N>>; 2]> = vec![[None; 2]; states];
    for position in (0..max_length).rev() {
        let last = position + 1 == max_length;
        let value = |state: usize, side: usize| {
            if last && ending == Ending::Eos {
                return ended(automaton.after(state, 0, vocabulary), side);
            }
            let row = automaton.row(position, state, states);
            let terms = (0..vocabulary).filter_map(|token| {
                let after = automaton.after(state, token, vocabulary);
                let ends = last || token == 0 && ending != Ending::Fixed;
                let rest = if ends { ended(after, side) } else { below[after][side] };
                rest.map(|rest| rest.plus(log_token(row, token)))
            });
            let terms: SmallVec<[Log<N>; 8]> = terms.collect();
            (!terms.is_empty()).then(|| Log::sum(&terms))
        };
        below = (0..states).map(|state| [value(state, 0), value(state, 1)]).collect();
    }
    // Both are reached, by `Instance::validate`.
    below[automaton.start as usize].map(|value| value.map_or(N::zero(), Log::value))
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

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let start = evaluation.start();
        let correct = &evaluation.instance().correct;
        let condition = evaluation.logit_condition();
        let automaton = evaluation.on_line().automaton();
        let masses = match automaton {
            Some(automaton) => backward_log_masses_by_states(evaluation, automaton),
            None => backward_log_masses(evaluation),
        };
        let total = |side: bool| {
            if automaton.is_some() {
                return (start.log_mass()[usize::from(side)] - masses[usize::from(side)]).exp();
            }
            let of_side = start.responses.log_prob.iter().zip(correct).filter(|&(_, &c)| c == side);
            sum(of_side.map(|(&lp, _)| (lp - masses[usize::from(side)]).exp()))
        };
        let mut parts: Parts<N> = smallvec![
            Part::identity("Σ π⁺", total(true), N::one(), ULPS, condition),
            Part::identity("Σ π⁻", total(false), N::one(), ULPS, condition),
        ];
        let plus = evaluation.correct_scores();
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

    /// Multiples of log 2 are set apart, the value stays; what is no number stays none, and an impossible event impossible.
    #[test]
    fn logarithms_keep_their_value() {
        for x in [0.0, -0.25, -1e3, 7.5, -1e9] {
            let log = Log::<f64>::zero().plus(1.5).plus(x);
            let value = log.rest + log.twos as f64 * std::f64::consts::LN_2;
            assert!(log.rest.abs() < 0.7 && (value - (1.5 + x)).abs() <= 1e-15 * x.abs().max(1.0), "{x}: {value}");
        }
        assert!(Log::<f64>::zero().plus(f64::NAN).rest.is_nan());
        assert_eq!(Log::<f64>::zero().plus(f64::NEG_INFINITY).rest, f64::NEG_INFINITY);
    }
}
