//! Gradients in θ-space of a finite-state policy: mean scores along all axes, and what GRPO averages, ∇log π/|o|.

use super::cell::{Cell, Sums, mean};
use super::{Mass, OnLine, Tokens, Way};
use crate::number::Scalar;
use crate::policy::Automaton;

/// How many axes are gone along together.
const AXES: usize = 4;

/// Means of the sums of token scores along several axes.
#[derive(Clone, Copy, Debug)]
struct Means<N>([N; AXES]);

impl<N: Scalar> Sums<N> for Means<N> {
    fn empty() -> Self {
        Means([N::zero(); AXES])
    }
    fn and(self, after: Self) -> Self {
        Means(std::array::from_fn(|k| self.0[k] + after.0[k]))
    }
    fn mix(share: &[N], parts: &[Self]) -> Self {
        Means(std::array::from_fn(|k| mean(share, parts.iter().map(|part| part.0[k]))))
    }
}

/// Mean scores in θ-space, by formula.
#[derive(Clone, Debug)]
pub(crate) struct MeanScores<N> {
    /// g∓ = E∓\[∇log π\].
    pub(crate) whole: [Vec<N>; 2],
    /// E∓\[∇log π/|o|\].
    pub(crate) per_token: [Vec<N>; 2],
}

impl<N: Scalar> OnLine<'_, N> {
    /// The same two of a finite-state policy, from `tokens` = those at t = 0: token scores by formula, added up and mixed.
    pub(crate) fn mean_scores(&self, automaton: &Automaton, tokens: &Tokens<N>) -> MeanScores<N> {
        let dim = self.policy.logits.dim;
        let stop = self.stop_log_probs(|x| x);
        let mut axis = vec![0.0; dim];
        let mut found = MeanScores { whole: [vec![], vec![]], per_token: [vec![], vec![]] };
        for first in (0..dim).step_by(AXES) {
            let scores: Vec<_> = (first..dim.min(first + AXES))
                .map(|i| {
                    axis[i] = 1.0;
                    let score = OnLine::<N>::new(self.policy, self.correct, self.theta, &axis).tokens(N::zero()).score;
                    axis[i] = 0.0;
                    score
                })
                .collect();
            let score = |k: usize, j: usize| scores.get(k).map_or(N::zero(), |score| score[j]);
            let cell = |option: Option<usize>| Cell {
                mass: Self::token_mass(&tokens.log_prob, stop, option),
                sums: option.map_or(Means::empty(), |j| Means(std::array::from_fn(|k| score(k, j)))),
            };
            let (whole, per_token) = match self.policy.constant_length() {
                Some(length) => {
                    let whole = self.sides(automaton, Way::Cheaper, cell).map(|side| side.sums.0);
                    (whole, whole.map(|side| side.map(|x| x / N::of(f64::from(length)))))
                }
                None => {
                    let (mut whole, mut per_token) = ([None; 2], [None; 2]);
                    self.walk(automaton, &cell, self.arrows(automaton, 0, &cell), |length, ends| {
                        let over = |cell: Cell<N, Means<N>>| Cell {
                            sums: Means(cell.sums.0.map(|x| x / N::of(f64::from(length)))),
                            ..cell
                        };
                        self.add_to_sides(&mut whole, ends);
                        self.add_to_sides(&mut per_token, &ends.iter().map(|cell| cell.map(over)).collect::<Vec<_>>());
                    });
                    // Both sides are reached, by `Instance::validate`.
                    [whole, per_token].map(|sides| sides.map(|side| side.unwrap_or(Cell::one()).sums.0)).into()
                }
            };
            for (into, from) in found.whole.iter_mut().zip(whole).chain(found.per_token.iter_mut().zip(per_token)) {
                into.extend_from_slice(&from[..scores.len()]);
            }
        }
        found
    }

    /// log P(O∓) and log E\[1_{O∓}/|o|\], where `log_prob` holds log-probabilities of tokens and `stop` those of a fixed EOS
    /// and of what is none.
    pub(in super::super) fn chain_log_masses(&self, automaton: &Automaton, log_prob: &[N], stop: [N; 2]) -> [[N; 2]; 2] {
        if let Some(length) = self.policy.constant_length() {
            let whole = self.chain_log_mass(automaton, log_prob, stop);
            return [whole, whole.map(|mass| mass - N::of(f64::from(length)).ln())];
        }
        let cell = |option| Cell { mass: Self::token_mass(log_prob, stop, option), sums: () };
        let (mut whole, mut per_token) = ([None; 2], [None; 2]);
        self.walk(automaton, &cell, self.arrows(automaton, 0, &cell), |length, ends| {
            let over = |cell: Cell<N, ()>| Cell { mass: cell.mass.over(N::of(f64::from(length))), ..cell };
            self.add_to_sides(&mut whole, ends);
            self.add_to_sides(&mut per_token, &ends.iter().map(|cell| cell.map(over)).collect::<Vec<_>>());
        });
        [whole, per_token].map(|sides| sides.map(|side| side.map_or(Mass::one(), |cell: Cell<N, ()>| cell.mass).ln()))
    }
}
