//! Sequences of tokens with what they share written once.

/// Tokens, each with the one that it follows: what begins alike is there once, so that a batch of sequences is a forest and a whole
/// response space is one tree. A token stands behind its parent, and sees its ancestors and itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forest {
    token: Vec<u32>,
    parent: Vec<Option<u32>>,
    depth: Vec<u32>,
}

impl Forest {
    /// A forest without tokens.
    pub fn new() -> Forest {
        Forest::default()
    }

    /// Adds a token behind `parent` (none: the first of a sequence) and returns its number. A parent that is not there counts as
    /// none.
    pub fn push(&mut self, parent: Option<usize>, token: u32) -> usize {
        let parent = parent.filter(|&parent| parent < self.len());
        self.depth.push(parent.map_or(0, |parent| self.depth[parent] + 1));
        self.parent.push(parent.map(|parent| parent as u32));
        self.token.push(token);
        self.len() - 1
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.token.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.token.is_empty()
    }

    /// The token that has number `node`.
    pub fn token(&self, node: usize) -> u32 {
        self.token[node]
    }

    /// How many tokens stand before token number `node`: its position, from 0.
    pub fn depth(&self, node: usize) -> usize {
        self.depth[node] as usize
    }

    /// Writes to `path` the numbers of the tokens that token number `node` sees, from itself to the first of its sequence.
    pub fn path(&self, node: usize, path: &mut Vec<usize>) {
        path.clear();
        let mut at = Some(node as u32);
        while let Some(node) = at {
            path.push(node as usize);
            at = self.parent[node as usize];
        }
    }
}
