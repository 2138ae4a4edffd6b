//! Finite-state policies: an automaton reads the tokens; its state says which logits come next, and at the end whether the response is
//! correct.
//!
//! An n-gram policy is the one whose states are the last n − 1 tokens; parity, sums modulo m, brackets to a depth and "the answer
//! equals" are rules on states. What a policy with S states gives over all V^T∞ responses takes O(T∞·S·V) operations
//! ([`line`](mod@crate::line) has the recursion), so that T∞ = 10⁶ is no more than a second.

use super::{Context, Ending, Leaf, Policy, Shape, Tree};
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// A deterministic automaton over the vocabulary.
///
/// The state after the last token of a response, its EOS included (a forced one, too), decides whether it is correct.
///
/// ```
/// use gradient_gap::policy::{Automaton, Ending, Logits, Policy, Shape};
/// use gradient_gap::{Evaluation, Instance};
///
/// // A thousand coins, correct if the number of heads is a multiple of three: the state is that number modulo 3.
/// let automaton = Automaton { start: 0, next: vec![0, 1, 1, 2, 2, 0], by_position: false };
/// let shape = Shape { vocabulary: 2, max_length: 1_000, ending: Ending::Fixed };
/// let logits = Logits::linear(1, 3, 2, [0.0, 1.0].repeat(3)); // in every state the logits 0 and θ
/// let policy = Policy::finite_state(shape, automaton, None, logits)?;
/// let correct = vec![true, false, false]; // a flag a state
/// let instance = Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.1, correct, then: vec![] };
/// instance.validate()?;
/// let start = Evaluation::<f64>::new(&instance, 1).start().clone();
/// assert!((start.success() - 1.0 / 3.0).abs() < 1e-12 && start.length == [1_000.0; 2]);
/// # Ok::<(), gradient_gap::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an automaton")]
pub struct Automaton {
    /// The state of the empty prefix, below S.
    #[serde(default)]
    pub start: u32,
    /// The state after token v in state s, S·V numbers below S: `next[s·V + v]`.
    pub next: Vec<u32>,
    /// Whether every position has logits of its own: row t·S + s instead of s.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_position: bool,
}

/// The longest response of a finite-state policy, in tokens: 2²⁴.
pub const MAX_TOKENS: u32 = 1 << 24;
/// The most states times tokens, and rows of logits times tokens.
const MAX_ENTRIES: usize = 1 << 24;

impl Automaton {
    /// S: how many states there are, given V = `vocabulary`.
    pub fn states(&self, vocabulary: u32) -> usize {
        self.next.len() / (vocabulary as usize).max(1)
    }

    /// The state after token `token` < V in `state` < S.
    #[inline]
    pub fn after(&self, state: usize, token: u32, vocabulary: u32) -> usize {
        self.next[state * vocabulary as usize + token as usize] as usize
    }

    /// The row of logits read in `state` at position t = 0, 1, ….
    #[inline]
    pub(crate) fn row(&self, position: u32, state: usize, states: usize) -> usize {
        if self.by_position { position as usize * states + state } else { state }
    }

    /// The number of rows of logits.
    pub(crate) fn rows(&self, shape: Shape) -> usize {
        let states = self.states(shape.vocabulary);
        if self.by_position { states.saturating_mul(free_positions(shape) as usize) } else { states }
    }

    /// # Errors
    /// An empty vocabulary, no state, a state that is none, sizes beyond [`MAX_TOKENS`] or 2²⁴ entries.
    pub(crate) fn validate(&self, shape: Shape) -> Result<(), Error> {
        let Shape { vocabulary, max_length, .. } = shape;
        if vocabulary == 0 || max_length == 0 {
            return Err(Error::new(format!("vocabulary {vocabulary} and maximal length {max_length} must be at least 1")));
        }
        if max_length > MAX_TOKENS {
            return Err(Error::new(format!("maximal length {max_length} is more than {MAX_TOKENS} tokens")));
        }
        if self.next.is_empty() || !self.next.len().is_multiple_of(vocabulary as usize) {
            let found = self.next.len();
            return Err(Error::new(format!(
                "next has {found} entries, expected one for every state and each of {vocabulary} tokens"
            )));
        }
        let states = self.states(vocabulary);
        if let Some(i) = self.next.iter().position(|&state| state as usize >= states) {
            return Err(Error::new(format!("next[{i}] is {}, expected a state below {states}", self.next[i])));
        }
        if self.start as usize >= states {
            return Err(Error::new(format!("start is {}, expected a state below {states}", self.start)));
        }
        let entries = self.rows(shape).max(states).saturating_mul(vocabulary as usize);
        if entries > MAX_ENTRIES {
            return Err(Error::new(format!("{entries} logits are more than {MAX_ENTRIES}")));
        }
        Ok(())
    }

    /// Goes through the prefixes of `shape` by their length and state: calls `read` for every position and state at which a token is
    /// chosen, and `end` for every state that a response can end in, once or more often. Where logits do not depend on the position, the
    /// sets of states repeat, and what repeats is left out.
    pub(crate) fn visit(&self, shape: Shape, mut read: impl FnMut(u32, usize), mut end: impl FnMut(usize)) {
        let Shape { vocabulary, max_length, ending } = shape;
        let states = self.states(vocabulary);
        let first = u32::from(ending != Ending::Fixed);
        let mut now = vec![false; states];
        now[self.start as usize] = true;
        // One set is kept, later and later ones, so that memory does not grow with the period.
        let (mut kept, mut kept_at) = (vec![], 0);
        let mut position = 0;
        while position < max_length {
            if !self.by_position {
                if kept == now {
                    let period = position - kept_at;
                    position += (max_length - 1 - position) / period * period;
                    kept.clear();
                } else if position >= 2 * kept_at {
                    (kept, kept_at) = (now.clone(), position);
                }
            }
            let last = position + 1 == max_length;
            let forced = last && ending == Ending::Eos;
            let mut then = vec![false; states];
            for state in (0..states).filter(|&state| now[state]) {
                if !forced {
                    read(position, state);
                }
                if first == 1 {
                    end(self.after(state, 0, vocabulary));
                }
                for after in (first..vocabulary).map(|token| self.after(state, token, vocabulary)) {
                    if last && !forced {
                        end(after);
                    }
                    then[after] = true;
                }
            }
            now = then;
            position += 1;
        }
    }
}

impl Policy {
    /// This finite-state policy with its responses listed: a row of logits for every prefix; and `correct`, a flag for every
    /// state, as one for every response. Another policy and its flags are given back as they are.
    ///
    /// # Errors
    /// More responses than [`MAX_RESPONSES`](super::MAX_RESPONSES).
    pub fn listed(&self, correct: &[bool]) -> Result<(Policy, Vec<bool>), Error> {
        let Some(automaton) = &self.automaton else { return Ok((self.clone(), correct.to_vec())) };
        let shape = self.tree.shape();
        let (vocabulary, states) = (shape.vocabulary, automaton.states(shape.vocabulary));
        let tree = Tree::new(shape)?;
        let mut state = vec![automaton.start as usize];
        for node in &tree.nodes()[1..] {
            state.push(automaton.after(state[node.parent as usize], node.token, vocabulary));
        }
        let ends = |leaf: &Leaf| automaton.after(state[leaf.node as usize], leaf.token.unwrap_or(0), vocabulary);
        let correct = tree.leaves().iter().map(|leaf| correct[ends(leaf)]).collect();
        let rows = Policy::rows(&tree, Context::Prefix);
        let old = &self.logits;
        let chosen: Vec<usize> = (0..rows)
            .flat_map(|node| {
                let row = match old.rows {
                    1 => 0,
                    _ => automaton.row(tree.nodes()[node].depth, state[node], states),
                };
                row * old.options..(row + 1) * old.options
            })
            .collect();
        let logits = old.dense().chosen(&chosen, rows);
        let policy = Policy { tree, context: Context::Prefix, stop: self.stop, automaton: None, logits, lengths: None };
        policy.validate()?;
        Ok((policy, correct))
    }
}

/// Positions at which a token is chosen: all but the last one where EOS is forced there.
pub(crate) fn free_positions(shape: Shape) -> u32 {
    match shape.ending {
        Ending::Eos if shape.max_length > 1 => shape.max_length - 1,
        _ => shape.max_length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parity of the sum of the tokens.
    fn parity(by_position: bool) -> Automaton {
        Automaton { start: 0, next: vec![0, 1, 1, 0], by_position }
    }

    fn shape(vocabulary: u32, max_length: u32, ending: Ending) -> Shape {
        Shape { vocabulary, max_length, ending }
    }

    fn visited(automaton: &Automaton, shape: Shape) -> (Vec<(u32, usize)>, Vec<usize>) {
        let (mut reads, mut ends) = (vec![], vec![]);
        automaton.visit(shape, |position, state| reads.push((position, state)), |state| ends.push(state));
        ends.sort_unstable();
        ends.dedup();
        (reads, ends)
    }

    #[test]
    fn states_that_are_reached() {
        // A counter modulo 3 of the tokens, all of them 0: after T tokens only the state T mod 3.
        let counter = Automaton { start: 0, next: vec![1, 2, 0], by_position: false };
        for tokens in [1, 2, 3, 7, 1_000_000] {
            assert_eq!(visited(&counter, shape(1, tokens, Ending::Fixed)).1, [tokens as usize % 3], "{tokens}");
        }
        // After a tail of two, round and round: 0 1 2 3 4 2 3 4 2 ….
        let tail = Automaton { start: 0, next: vec![1, 2, 3, 4, 2], by_position: false };
        for tokens in 1..200 {
            let expected = if tokens < 2 { tokens } else { 2 + (tokens - 2) % 3 };
            assert_eq!(visited(&tail, shape(1, tokens, Ending::Fixed)).1, [expected as usize], "{tokens}");
        }
        assert_eq!(visited(&parity(false), shape(2, 5, Ending::Fixed)).1, [0, 1]);
        // EOS keeps the state; the only other token flips it. Of one token only the forced EOS is left.
        assert_eq!(visited(&parity(false), shape(2, 1, Ending::Eos)), (vec![], vec![0]));
        assert_eq!(visited(&parity(true), shape(2, 3, Ending::Eos)), (vec![(0, 0), (1, 1)], vec![0, 1]));
        assert_eq!(visited(&parity(true), shape(2, 2, Ending::Cut)).0, [(0, 0), (1, 1)]);
    }

    #[test]
    fn hostile_automata_are_refused() {
        let small = shape(2, 5, Ending::Fixed);
        assert_eq!(parity(true).validate(small), Ok(()));
        let refused = |automaton: Automaton, shape: Shape| automaton.validate(shape).expect_err("refused").to_string();
        let with = |next: Vec<u32>, start: u32| Automaton { start, next, by_position: false };
        assert!(refused(with(vec![], 0), small).contains("next has 0 entries"));
        assert!(refused(with(vec![0, 0, 0], 0), small).contains("next has 3 entries"));
        assert!(refused(with(vec![0, 2], 0), small).contains("next[1] is 2, expected a state below 1"));
        assert!(refused(with(vec![0, 0], 1), small).contains("start is 1"));
        assert!(refused(parity(false), shape(0, 5, Ending::Fixed)).contains("vocabulary 0"));
        assert!(refused(parity(false), shape(2, 0, Ending::Fixed)).contains("maximal length 0"));
        assert!(refused(parity(false), shape(2, u32::MAX, Ending::Fixed)).contains("4294967295"));
        assert!(refused(parity(true), shape(2, MAX_TOKENS, Ending::Fixed)).contains("logits"));
    }
}
