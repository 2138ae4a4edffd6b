//! The walk where rows depend on the position and the last token alone: what follows from the same answers is computed once.
//!
//! Every response is asked about on its tokens. What is below a prefix, given the prefix, then depends on its length, its
//! last token and the answers below it; the answers below its tokens are known by a name, if they were met before.

use super::ask::{ask_block, ask_end};
use super::lengths::Lengths;
use super::merge::{Summary, of_leaves, of_prefixes};
use super::row::{Row, Rows, Spread};
use super::walk::{Part, bottom, first, lengths_of_row};
use crate::number::vectorised;
use crate::policy::{Ending, Shape};

/// Names that one level has, at most.
const NAMES: usize = 1 << 9;
/// Bits of a name, or of [`UNNAMED`] and a token.
const WIDTH: u32 = NAMES.ilog2() + 1;
/// A summary that is kept until the next prefix with the same last token comes.
const UNNAMED: u64 = NAMES as u64;
/// The same for each of up to four tokens.
const ANY_UNNAMED: u64 = UNNAMED | UNNAMED << WIDTH | UNNAMED << (2 * WIDTH) | UNNAMED << (3 * WIDTH);
/// Places for names, twice as many.
const SLOTS: usize = 2 * NAMES;
/// The highest level above last rows that has names: what is higher is met seldom.
const HIGHEST: usize = 8;

/// What is below a prefix, but for the masses by length.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    summary: Summary,
    /// How many responses of each side there are.
    responses: [u64; 2],
}

impl Node {
    fn leaf(correct: bool) -> Node {
        Node { summary: Summary::leaf(correct), responses: [u64::from(!correct), u64::from(correct)] }
    }
}

/// Prefixes of one length.
struct Level {
    /// What has a name: open addressing, each place with a key and, in its lowest bits, one more than the name; 0 is empty.
    slots: Option<Box<[u64; SLOTS]>>,
    nodes: Vec<Node>,
    /// By length, one after the other.
    masses: Vec<[f64; 2]>,
    /// What has no name, by last token.
    unnamed: Vec<(Node, Lengths)>,
    /// How many lengths there are.
    lengths: usize,
}

impl Level {
    fn new(height: usize, lengths: usize, vocabulary: usize) -> Level {
        let slots = (1..=HIGHEST).contains(&height).then(|| Box::new([0; SLOTS]));
        let unnamed = vec![<(Node, Lengths)>::default(); vocabulary];
        Level { slots, nodes: vec![], masses: vec![], unnamed, lengths }
    }

    #[inline(always)]
    fn slot(key: u64) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOTS.ilog2())) as usize
    }

    /// The name of a key at its first place.
    #[inline(always)]
    fn known(&self, key: u64) -> Option<u64> {
        let found = self.slots.as_ref()?[Level::slot(key)] ^ key << WIDTH;
        (found.wrapping_sub(1) < UNNAMED).then(|| found - 1)
    }

    /// The name of a key, or the empty place for it.
    fn find(slots: &[u64; SLOTS], key: u64) -> Result<u64, usize> {
        let mut slot = Level::slot(key);
        loop {
            let found = slots[slot] ^ key << WIDTH;
            if found.wrapping_sub(1) < UNNAMED {
                return Ok(found - 1);
            }
            if slots[slot] == 0 {
                return Err(slot);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    #[inline(always)]
    fn at(&self, name: u64) -> (&Node, &[[f64; 2]]) {
        if name & UNNAMED == 0 {
            let from = name as usize * self.lengths;
            (&self.nodes[name as usize], &self.masses[from..from + self.lengths])
        } else {
            let (node, lengths) = &self.unnamed[(name ^ UNNAMED) as usize];
            (node, &lengths.masses)
        }
    }
}

/// Names of one prefix's tokens, with one more.
#[inline(always)]
fn with(names: u64, name: u64) -> u64 {
    (names | name << (4 * WIDTH)) >> WIDTH
}

/// A walker on the tree of responses over N tokens.
pub(super) struct Answers<'a, S, R, const N: usize> {
    rows: &'a S,
    reward: &'a R,
    shape: Shape,
    /// The tokens; the first ones are the current prefix.
    path: Vec<u32>,
    /// From the last rows up.
    levels: Vec<Level>,
    /// For every level the names below the tokens that were met so far.
    keys: Vec<u64>,
    leaves: [Node; 2],
    blank: Row,
    bottom: usize,
    start: usize,
    spread: Spread,
}

impl<'a, S: Rows, R: Fn(&[u32]) -> bool, const N: usize> Answers<'a, S, R, N> {
    /// Whether this is the way to walk through a tree.
    pub fn suit(shape: Shape) -> bool {
        S::BY_LAST_TOKEN && N > 0 && bottom(shape) >= 2
    }

    /// For subtrees below prefixes of this length, at least two shorter than those before last rows.
    pub fn new(rows: &'a S, reward: &'a R, depth: usize) -> Self {
        let shape = rows.shape();
        let height = bottom(shape) - depth;
        let shortest = match shape.ending {
            Ending::Fixed => None,
            Ending::Cut => Some(1),
            Ending::Eos => Some(2),
        };
        let level = |height: usize| Level::new(height, shortest.map_or(0, |shortest| shortest + height), N);
        let mut answers = Answers {
            rows,
            reward,
            shape,
            path: vec![0; shape.max_length as usize],
            levels: (0..=height).map(level).collect(),
            keys: vec![0; height + 1],
            leaves: [false, true].map(Node::leaf),
            blank: Row::default(),
            bottom: bottom(shape),
            start: first(shape) as usize,
            spread: rows.spread(),
        };
        answers.last_rows();
        answers
    }

    /// The summaries of last rows, for every last token and set of tokens that end correct responses.
    fn last_rows(&mut self) {
        let depth = self.bottom;
        let Some(level) = self.levels.first_mut() else { return };
        let mut lengths = Lengths::new(level.lengths);
        for last in 0..N {
            self.path[depth - 1] = last as u32;
            for set in 0..1_usize << N {
                let mut node = Node::default();
                if last >= self.start {
                    let row = self.rows.row(&self.path[..depth], &self.blank);
                    let correct: [bool; N] = std::array::from_fn(|token| set >> token & 1 == 1);
                    of_leaves::<N>(row, &correct, &self.leaves.map(|leaf| leaf.summary.mass), &mut node.summary);
                    lengths_of_row(self.shape.ending, &mut lengths, row, &correct, &node.summary);
                    let yes = u64::from(set.count_ones());
                    node.responses = [N as u64 - yes, yes];
                }
                level.nodes.push(node);
                level.masses.extend_from_slice(&lengths.masses);
            }
        }
    }

    /// The whole subtree below a prefix.
    pub fn subtree(&mut self, prefix: &[u32]) -> Part {
        let depth = prefix.len();
        self.path[..depth].copy_from_slice(prefix);
        let height = self.bottom - depth;
        let name = vectorised(
            #[inline(always)]
            || self.walk(height),
        );
        let (node, masses) = self.levels[height].at(name);
        let lengths = Lengths::aligned(masses, &node.summary);
        Part { summary: node.summary, lengths, responses: node.responses, spread: self.spread }
    }

    /// The name of what is below the current prefix at this height.
    #[inline(always)]
    fn walk(&mut self, top: usize) -> u64 {
        let start = self.start as u32;
        self.path[self.bottom - top..].fill(start);
        loop {
            let (mut height, mut name) = (2, self.three_levels());
            while height < top {
                // The prefix at this height is the one above, and a token.
                height += 1;
                let depth = self.bottom - height;
                let (key, token) = (with(self.keys[height], name), &mut self.path[depth]);
                *token += 1;
                if *token < N as u32 {
                    self.keys[height] = key;
                    break;
                }
                *token = start;
                self.keys[height] = 0;
                let last = self.last(depth);
                let correct = start > 0 && ask_end(&mut self.path, depth, last, self.reward);
                self.path[depth] = start;
                name = self.close(height, key, correct);
                if height == top {
                    return name;
                }
            }
            if top == 2 {
                return name;
            }
        }
    }

    /// The last token of a prefix of this length.
    #[inline(always)]
    fn last(&self, depth: usize) -> u32 {
        if depth > 0 { self.path[depth - 1] } else { 0 }
    }

    /// The name of what is below the current prefix two levels above last rows.
    #[inline(always)]
    fn three_levels(&mut self) -> u64 {
        let depth = self.bottom - 2;
        let (mut sets, mut key, mut new, low) = ([0; N], 0, false, &self.levels[1]);
        let correct = ask_block::<R, N>(&mut self.path, self.shape, depth, self.reward, |token, set| {
            sets[token] = set;
            let name = low.known((set | token << (N * N)) as u64);
            new |= name.is_none();
            key = with(key, name.unwrap_or(0));
        });
        if new {
            key = self.three_new_levels(&sets);
        }
        self.close(2, key, correct)
    }

    /// The names below its tokens, where one is new.
    #[inline(never)]
    fn three_new_levels(&mut self, sets: &[usize; N]) -> u64 {
        let mut key = 0;
        for (token, &set) in sets.iter().enumerate().skip(self.start) {
            self.path[self.bottom - 2] = token as u32;
            let names = std::array::from_fn(|below| (below << N | set >> (below * N) & ((1 << N) - 1)) as u64);
            key = with(key, self.make(1, (set | token << (N * N)) as u64, &names, set & 1 == 1, token));
        }
        key
    }

    /// The name of what is below the current prefix at a height, from the names below its tokens and the answer about the
    /// response that ends here.
    #[inline(always)]
    fn close(&mut self, height: usize, key: u64, correct: bool) -> u64 {
        let last = self.last(self.bottom - height);
        let whole = key | u64::from(correct) | u64::from(last) << (4 * WIDTH);
        match self.levels[height].known(whole) {
            Some(name) => name,
            None => self.make_of(height, whole, correct, last as usize),
        }
    }

    #[inline(never)]
    fn make_of(&mut self, height: usize, key: u64, correct: bool, last: usize) -> u64 {
        let names = std::array::from_fn(|token| key >> (WIDTH * (4 + token - N) as u32) & (2 * UNNAMED - 1));
        self.make(height, key, &names, correct, last)
    }

    /// Looks further for a name, or merges.
    #[inline(always)]
    fn make(&mut self, height: usize, key: u64, names: &[u64; N], correct: bool, last: usize) -> u64 {
        let Answers { rows, path, levels, leaves, blank, bottom, start, .. } = self;
        let (below, above) = levels.split_at_mut(height);
        let (Some(below), Some(level)) = (below.last(), above.first_mut()) else { return 0 }; // there is one
        let mut place = None;
        if height == 1 || key & ANY_UNNAMED == 0 {
            match level.slots.as_ref().map(|slots| Level::find(slots, key)) {
                Some(Ok(name)) => return name,
                Some(Err(slot)) if level.nodes.len() < NAMES => place = Some(slot),
                _ => {}
            }
        }
        let (row, start) = (rows.row(&path[..*bottom - height], blank), *start);
        let (node, lengths) = &mut level.unnamed[last];
        let nodes: [&Node; N] =
            std::array::from_fn(
                |token| if token < start { &leaves[usize::from(correct)] } else { below.at(names[token]).0 },
            );
        let scaled = nodes.iter().fold(false, |scaled, node| scaled | node.summary.is_scaled());
        of_prefixes::<N>(row, |token| &nodes[token].summary, scaled, &mut node.summary);
        node.responses = [0, 1].map(|side| nodes.iter().map(|node| node.responses[side]).sum());
        if start > 0 {
            if lengths.masses.is_empty() {
                *lengths = Lengths::new(level.lengths);
            }
            lengths.begin(nodes[0].summary.mass, row.probability(0));
            for token in start..N {
                lengths.add_all(1, below.at(names[token]).1, nodes[token].summary.exponent, row.probability(token));
            }
            lengths.align(&node.summary);
        }
        match (place, &mut level.slots) {
            (Some(slot), Some(slots)) => {
                let name = level.nodes.len() as u64;
                slots[slot] = key << WIDTH | (name + 1);
                level.nodes.push(*node);
                level.masses.extend_from_slice(&lengths.masses);
                name
            }
            _ => UNNAMED | last as u64,
        }
    }
}
