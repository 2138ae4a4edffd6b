//! Single responses of a finite-state policy: of all responses on either side those that are extreme in some way.

use super::cell::{Cell, Mass, Sums};
use super::{OnLine, Tokens, Way};
use crate::number::{Jet, Scalar};
use crate::policy::Automaton;

/// One response, or a prefix of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Response<N> {
    /// What it was chosen by: a sum over its tokens.
    rank: f64,
    /// s, as a sum of token scores.
    pub(crate) score: N,
    /// H, as a sum over tokens.
    pub(crate) curvature: N,
    /// log π(o).
    pub(crate) log_prob: N,
    /// π(o), each factor scaled to 1 at t, multiplied out as a jet.
    pub(crate) product: Jet<N>,
}

/// The response that has the largest rank, for K ranks.
#[derive(Clone, Copy, Debug)]
struct Chosen<N, const K: usize>([Response<N>; K]);

impl<N: Scalar, const K: usize> Sums<N> for Chosen<N, K> {
    fn empty() -> Self {
        let zero = N::zero();
        Chosen([Response { rank: 0.0, score: zero, curvature: zero, log_prob: zero, product: Jet::one() }; K])
    }
    fn and(self, after: Self) -> Self {
        Chosen(std::array::from_fn(|k| {
            let (a, b) = (self.0[k], after.0[k]);
            Response {
                rank: a.rank + b.rank,
                score: a.score + b.score,
                curvature: a.curvature + b.curvature,
                log_prob: a.log_prob + b.log_prob,
                product: a.product * b.product,
            }
        }))
    }
    fn mix(_: &[N], parts: &[Self]) -> Self {
        let larger =
            |a: Self, b: &Self| Chosen(std::array::from_fn(|k| if b.0[k].rank > a.0[k].rank { b.0[k] } else { a.0[k] }));
        let first = parts.first().map_or(Chosen::empty(), |part| *part);
        parts.iter().fold(first, larger)
    }
    fn certain(self) -> Self {
        Chosen(self.0.map(|response| Response { rank: 0.0, log_prob: N::zero(), ..response }))
    }
}

impl<N: Scalar> OnLine<'_, N> {
    /// Of O⁻ and of O⁺ the response that has the largest a·s + b·log π(o), for each of K pairs (a, b): K such sums are gone
    /// through together. (In intervals it is one of the responses all the same, whatever the order is.)
    pub(crate) fn chosen_responses<const K: usize>(
        &self,
        automaton: &Automaton,
        tokens: &Tokens<N>,
        weights: [[f64; 2]; K],
    ) -> [[Response<N>; K]; 2] {
        let stop = self.stop_log_probs(|x| x);
        let ratio = self.token_ratios(N::zero());
        let zero = N::zero();
        let cell = |option: Option<usize>| {
            let log_prob = option.map_or(stop[0], |j| tokens.log_prob[j] + stop[1]);
            let [score, curvature] = option.map_or([zero; 2], |j| [tokens.score[j], tokens.curvature[j]]);
            let product = option.map_or(Jet::one(), |j| ratio[j]);
            let rank = |[a, b]: [f64; 2]| a * score.mid() + if b == 0.0 { 0.0 } else { b * log_prob.mid() };
            let response = |weight| Response { rank: rank(weight), score, curvature, log_prob, product };
            Cell { mass: Mass::one(), sums: Chosen::<N, K>(weights.map(response)) }
        };
        self.sides(automaton, Way::Cheaper, cell).map(|side| side.sums.0)
    }
}
