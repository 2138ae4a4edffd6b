//! The response space: every response of a token-level policy, as the leaves of a tree of prefixes.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How a response ends. The vocabulary is {0, …, V − 1}; where there is an EOS, it is token 0.
///
/// Everywhere |o| counts the EOS token, as in the paper, whose last token *is* EOS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// A response ends at EOS, and EOS is forced (probability one, score zero) at position T∞: the responses of (1).
    Eos,
    /// A response ends at EOS or is cut after T∞ tokens, whatever the last one is.
    Cut,
    /// No EOS: every response has exactly T∞ tokens. With T∞ = 1 this is the trajectory-level softmax, one token a response.
    Fixed,
}

/// The size of a response space: V, T∞ and how a response ends.
///
/// | ending | responses |
/// |---|---|
/// | [`Ending::Fixed`] | V^T∞ |
/// | [`Ending::Eos`] | Σ_{t<T∞} (V − 1)^t |
/// | [`Ending::Cut`] | Σ_{t≤T∞} (V − 1)^t |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a response space")]
pub struct Shape {
    /// V ≥ 1, EOS included where there is one.
    pub vocabulary: u32,
    /// T∞ ≥ 1.
    pub max_length: u32,
    /// How a response ends.
    pub ending: Ending,
}

/// A prefix o_<t.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The number of the prefix without its last token (the root is its own parent).
    pub parent: u32,
    /// The last token of the prefix; 0 at the root.
    pub token: u32,
    /// The number of tokens in the prefix.
    pub depth: u32,
}

/// A complete response: a prefix and its last token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The number of the prefix before the last token.
    pub node: u32,
    /// The last token; `None` for the EOS forced at position T∞.
    pub token: Option<u32>,
    /// |o| in tokens, EOS counted.
    pub length: u32,
}

/// All prefixes and responses of a [`Shape`], shortest prefix first, so that a parent stands before its children; or the shape alone.
///
/// ```
/// use gradient_gap::policy::{Ending, Shape, Tree};
///
/// let tree = Tree::new(Shape { vocabulary: 3, max_length: 2, ending: Ending::Cut })?;
/// let tokens: Vec<Vec<u32>> = (0..tree.leaves().len()).map(|o| tree.tokens(o)).collect();
/// let expected: [&[u32]; 7] = [&[0], &[1, 0], &[1, 1], &[1, 2], &[2, 0], &[2, 1], &[2, 2]]; // 0 is EOS
/// assert_eq!(tokens, expected);
/// # Ok::<(), gradient_gap::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Shape", into = "Shape")]
pub struct Tree {
    shape: Shape,
    nodes: Cow<'static, [Node]>,
    leaves: Cow<'static, [Leaf]>,
}

/// The root alone, and the first one-token responses: most instances of a campaign need no more.
static ROOT: [Node; 1] = [Node { parent: 0, token: 0, depth: 0 }];
static FLAT: [Leaf; 64] = {
    let mut leaves = [Leaf { node: 0, token: None, length: 1 }; 64];
    let mut token = 0;
    while token < 64 {
        leaves[token].token = Some(token as u32);
        token += 1;
    }
    leaves
};

/// The largest response space that is enumerated: 2²⁰ responses, and as many prefixes.
pub const MAX_RESPONSES: usize = 1 << 20;

impl Tree {
    /// Enumerates the response space of `shape`.
    ///
    /// # Errors
    /// V = 0 or T∞ = 0; more than [`MAX_RESPONSES`] responses or prefixes. V = 1 is allowed: one response.
    pub fn new(shape: Shape) -> Result<Tree, Error> {
        let Shape { vocabulary, max_length, ending } = shape;
        if vocabulary == 0 || max_length == 0 {
            return Err(Error::new(format!("vocabulary {vocabulary} and maximal length {max_length} must be at least 1")));
        }
        let too_large = || {
            Error::new(format!(
                "vocabulary {vocabulary} and maximal length {max_length} give more than {MAX_RESPONSES} responses"
            ))
        };
        if vocabulary as usize > MAX_RESPONSES {
            return Err(too_large());
        }
        let first = if ending == Ending::Fixed { 0 } else { 1 };
        let (mut nodes, mut leaves) = (ROOT.to_vec(), Vec::new());
        let mut next = 0;
        while let Some(&Node { depth, .. }) = nodes.get(next) {
            let node = next as u32;
            let last = depth + 1 == max_length;
            if last && ending == Ending::Eos {
                leaves.push(Leaf { node, token: None, length: depth + 1 });
            } else if last {
                leaves.extend((0..vocabulary).map(|token| Leaf { node, token: Some(token), length: depth + 1 }));
            } else {
                if first == 1 {
                    leaves.push(Leaf { node, token: Some(0), length: depth + 1 });
                }
                nodes.extend((first..vocabulary).map(|token| Node { parent: node, token, depth: depth + 1 }));
            }
            if leaves.len() > MAX_RESPONSES || nodes.len() > MAX_RESPONSES {
                return Err(too_large());
            }
            next += 1;
        }
        Ok(Tree { shape, nodes: nodes.into(), leaves: leaves.into() })
    }

    /// The tree of `n` one-token responses.
    pub(crate) fn flat(n: u32) -> Tree {
        let shape = Shape { vocabulary: n, max_length: 1, ending: Ending::Fixed };
        let leaves = match FLAT.get(..n as usize) {
            Some(leaves) => Cow::Borrowed(leaves),
            None => (0..n).map(|token| Leaf { node: 0, token: Some(token), length: 1 }).collect(),
        };
        Tree { shape, nodes: Cow::Borrowed(&ROOT), leaves }
    }

    /// A space that is not enumerated: no prefix and no response is listed.
    pub fn unlisted(shape: Shape) -> Tree {
        Tree { shape, nodes: Cow::Borrowed(&[]), leaves: Cow::Borrowed(&[]) }
    }

    /// Whether prefixes and responses are listed.
    #[inline]
    pub fn is_listed(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// V, T∞ and how responses end, of which all else follows.
    pub fn shape(&self) -> Shape {
        self.shape
    }
    /// All prefixes that are continued, parents first; the root is number 0. Empty where they are not listed.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// All responses. A response is known everywhere by its position in this list. Empty where they are not listed.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The tokens of response `index` < |O|, the forced EOS included (as token 0).
    pub fn tokens(&self, index: usize) -> Vec<u32> {
        let leaf = self.leaves[index];
        let mut tokens = vec![leaf.token.unwrap_or(0)];
        let mut node = leaf.node;
        while node != 0 {
            let Node { parent, token, .. } = self.nodes[node as usize];
            tokens.push(token);
            node = parent;
        }
        tokens.reverse();
        tokens
    }
}

/// Two trees of one shape are the same, listed or not.
impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        self.shape == other.shape
    }
}

impl From<Shape> for Tree {
    /// Listed, or, if it is too large or no shape at all, not (which [`Policy::validate`](super::Policy::validate) refuses where a list is
    /// needed).
    fn from(shape: Shape) -> Tree {
        Tree::new(shape).unwrap_or_else(|_| Tree::unlisted(shape))
    }
}

impl From<Tree> for Shape {
    fn from(tree: Tree) -> Shape {
        tree.shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(vocabulary: u32, max_length: u32, ending: Ending) -> Tree {
        Tree::new(Shape { vocabulary, max_length, ending }).expect("small")
    }

    #[test]
    fn responses_are_counted_by_hand() {
        // V = 3 (EOS, a, b), T∞ = 2. Ended by EOS: ⟂, a⟂, b⟂. Cut: ⟂ and the six xy with x ∈ {a, b}. Fixed: nine words.
        assert_eq!(tree(3, 2, Ending::Eos).leaves().len(), 3);
        assert_eq!(tree(3, 2, Ending::Cut).leaves().len(), 7);
        assert_eq!(tree(3, 2, Ending::Fixed).leaves().len(), 9);
        // Σ_{t<T} (V−1)^t + (V−1)^T for the cut tree with V = 4, T = 5.
        assert_eq!(tree(4, 5, Ending::Cut).leaves().len(), 1 + 3 + 9 + 27 + 81 + 243);
        assert_eq!(tree(7, 1, Ending::Fixed).leaves().len(), 7);
        assert_eq!(tree(1, 9, Ending::Eos).leaves().len(), 1);
        assert_eq!(tree(2, 40, Ending::Eos).leaves().len(), 40);
    }

    #[test]
    fn every_response_is_different_and_has_its_length() {
        for ending in [Ending::Eos, Ending::Cut, Ending::Fixed] {
            let tree = tree(3, 4, ending);
            let mut words: Vec<_> = (0..tree.leaves().len()).map(|i| tree.tokens(i)).collect();
            for (word, leaf) in words.iter().zip(tree.leaves()) {
                assert_eq!(word.len(), leaf.length as usize);
                assert!(leaf.length <= 4);
                if ending == Ending::Eos {
                    assert_eq!(word.last(), Some(&0));
                    assert!(word[..word.len() - 1].iter().all(|&t| t != 0));
                }
            }
            words.sort();
            words.dedup();
            assert_eq!(words.len(), tree.leaves().len());
        }
    }

    #[test]
    fn a_flat_tree_is_a_fixed_tree_of_length_one() {
        for n in [1, 5, 64, 65, 100] {
            assert_eq!(Tree::flat(n), tree(n, 1, Ending::Fixed));
        }
    }

    #[test]
    fn hostile_shapes_are_refused() {
        for (vocabulary, max_length) in [(0, 3), (3, 0), (u32::MAX, 2), (2, u32::MAX), (10, 10)] {
            let shape = Shape { vocabulary, max_length, ending: Ending::Fixed };
            assert!(Tree::new(shape).is_err(), "{shape:?}");
        }
    }
}
