//! The walk where rows depend on the position and the last token alone: what follows from the same answers is computed once.
//!
//! Every response is asked about on its tokens. What is below a prefix, given the prefix, then depends on its length, its
//! last token and the answers below it; the answers below its tokens are known by a name, if they were met before.
//!
//! Prefixes are taken in groups, those of one length below a prefix a few tokens shorter: all their responses are asked about
//! in one loop, which the compiler can vectorise, and only then names are looked up, from the last rows to the top.

use super::ask::{GROUP, VARIED, Varied, ask_blocks, ask_end, ask_ends};
use super::lengths::{Lengths, join};
use super::merge::{Pair, of_leaves, of_prefixes};
use super::names::{ANY_UNNAMED, BLOCK_NAMES, BLOCK_SLOTS, Blocks, Level, NAMES, Node, UNNAMED, WIDTH, with};
use super::row::{Row, Rows, Spread};
use super::walk::{Part, bottom, first, lengths_of_row};
use crate::number::vectorised;
use crate::policy::{Ending, Shape};

/// A walker on the tree of responses over N tokens.
pub(super) struct Answers<'a, S, R, const N: usize> {
    rows: &'a S,
    reward: &'a R,
    shape: Shape,
    /// The tokens; the first ones are the current prefix.
    path: Vec<u32>,
    /// From the last rows up.
    levels: Vec<Level>,
    blocks: Blocks,
    /// The last tokens of the prefixes of a group, for every height from two on.
    varied: Vec<Varied>,
    /// The height of a group.
    low: usize,
    /// For every level the names below the tokens that were met so far.
    keys: Vec<u64>,
    leaves: [Node; 2],
    blank: Row,
    bottom: usize,
    start: usize,
    spread: Spread,
}

impl<'a, S: Rows, R: Fn(&[u32]) -> bool, const N: usize> Answers<'a, S, R, N> {
    /// For subtrees below prefixes of this length, at least two shorter than those before last rows.
    pub fn new(rows: &'a S, reward: &'a R, depth: usize) -> Self {
        let shape = rows.shape();
        let height = bottom(shape) - depth;
        let shortest = match shape.ending {
            Ending::Fixed => None,
            Ending::Cut => Some(1),
            Ending::Eos => Some(2),
        };
        let start = first(shape) as usize;
        let branches = N - start;
        let group = |deep: usize| branches.pow(deep as u32);
        let deepest = (0..=VARIED.min(height - 2)).rev().find(|&deep| group(deep) <= GROUP).unwrap_or(0);
        let low = 2 + deepest;
        let level = |height: usize| {
            let places = match height {
                0 => 0,
                _ if (2..low).contains(&height) => group(low - height).max(N),
                _ => N,
            };
            Level::new(height, shortest.map_or(0, |shortest| shortest + height), places)
        };
        let place = |place: usize| {
            std::array::from_fn(|k| (start + k / branches.pow((VARIED - 1 - place) as u32) % branches) as u32)
        };
        let mut answers = Answers {
            rows,
            reward,
            shape,
            path: vec![0; shape.max_length as usize],
            levels: (0..=height).map(level).collect(),
            blocks: Blocks { slots: Box::new([[0; 2]; BLOCK_SLOTS]) },
            varied: vec![std::array::from_fn(place); low - 1],
            low,
            keys: vec![0; height + 1],
            leaves: [false, true].map(Node::leaf),
            blank: Row::default(),
            bottom: bottom(shape),
            start,
            spread: rows.spread(),
        };
        answers.last_rows();
        answers
    }

    /// The summaries of last rows, for every last token and set of tokens that end correct responses.
    fn last_rows(&mut self) {
        let depth = self.bottom;
        let Some(level) = self.levels.first_mut() else { return };
        let mut lengths = level.scaled.clone();
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
        let name = self.walk(height);
        let (node, masses) = self.levels[height].at(name);
        let lengths = Lengths::aligned(masses, &node.summary);
        Part { summary: node.summary, lengths, responses: node.responses, spread: self.spread }
    }

    /// The name of what is below the current prefix at this height.
    #[inline(always)]
    fn walk(&mut self, top: usize) -> u64 {
        let (start, low) = (self.start as u32, top.min(self.low));
        self.path[self.bottom - top..].fill(start);
        loop {
            let (mut height, mut name) = (low, if start > 0 { self.group::<true>(low) } else { self.group::<false>(low) });
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
                name = self.close(height, key | u64::from(correct), last);
                if height == top {
                    return name;
                }
            }
            if top == low {
                return name;
            }
        }
    }

    /// The last token of a prefix of this length.
    #[inline(always)]
    fn last(&self, depth: usize) -> u32 {
        if depth > 0 { self.path[depth - 1] } else { 0 }
    }

    /// The name of what is below the current prefix at a height up to [`Answers::low`], level by level: first all answers
    /// below it, then the names of all prefixes two levels above last rows, and so on.
    #[inline(always)]
    fn group<const ENDS: bool>(&mut self, top: usize) -> u64 {
        let branches = N - usize::from(ENDS);
        let (mut found, mut names, mut ends) = ([[0; GROUP]; 2], [0; GROUP], [0; GROUP]);
        let (mut keys, mut missed) = ([0; GROUP], [0; GROUP]);
        let mut count = branches.pow(top as u32 - 2).min(GROUP); // it is
        self.vary(2, top, count);
        let depth = self.bottom - 2;
        ask_blocks::<R, N, ENDS>(&mut self.path, self.shape, depth, &self.varied[0], count, self.reward, &mut found);
        let mut many = 0;
        for k in 0..count {
            keys[k] = u64::from(found[0][k]) | u64::from(found[1][k]) << 32;
            let name = self.blocks.known(keys[k], self.varied[0][VARIED - 1][k]);
            names[k] = name.unwrap_or(0);
            missed[many] = k;
            many += usize::from(name.is_none());
        }
        if many > 0 {
            self.new_blocks(top, &missed[..many], &keys, &mut names);
        }
        for height in 3..=top {
            count /= branches;
            self.vary(height, top, count);
            let varied = &self.varied[height - 2];
            if ENDS {
                ask_ends(&mut self.path, self.bottom - height, varied, self.reward, &mut ends[..count]);
            }
            let (level, mut many) = (&self.levels[height], 0);
            for k in 0..count {
                let mut key = u64::from(ends[k]) | u64::from(varied[VARIED - 1][k]) << (4 * WIDTH);
                for below in 0..branches {
                    key |= names[k * branches + below] << (WIDTH as usize * (4 - branches + below));
                }
                let name = level.known(key);
                (keys[k], names[k], missed[many]) = (key, name.unwrap_or(0), k);
                many += usize::from(name.is_none());
            }
            if many > 0 {
                self.new_prefixes(height, top, &missed[..many], &keys, &mut names);
            }
        }
        names[0]
    }

    /// Writes the tokens of a group's prefixes that are the same for all of them.
    #[inline(always)]
    fn vary(&mut self, height: usize, top: usize, count: usize) {
        let depth = self.bottom - height;
        for place in VARIED.saturating_sub(depth)..VARIED - (top - height) {
            self.varied[height - 2][place][..count].fill(self.path[depth + place - VARIED]);
        }
    }

    /// The names of what is below prefixes of a group two levels above last rows, where they were not found at once.
    #[inline(never)]
    fn new_blocks(&mut self, top: usize, missed: &[usize], keys: &[u64; GROUP], names: &mut [u64; GROUP]) {
        vectorised(
            #[inline(always)]
            || {
                for &k in missed {
                    let last = self.varied[0][VARIED - 1][k];
                    names[k] = self.new_block(keys[k], last, if top > 2 { k } else { last as usize });
                }
            },
        );
    }

    /// The same for one prefix, from the answers below it and its last token.
    #[inline(always)]
    fn new_block(&mut self, key: u64, last: u32, place: usize) -> u64 {
        let slot = match self.blocks.find(key, last) {
            Ok(name) => return name,
            Err(slot) => slot,
        };
        let mut names = [0; N];
        for (token, name) in names.iter_mut().enumerate().skip(self.start) {
            let low = key >> (16 * token) & 0xffff | (token << (N * N)) as u64;
            *name = match self.levels[1].known(low) {
                Some(name) => name,
                None => self.new_low(low, token),
            };
        }
        self.merge(2, &names, self.start > 0 && key & 1 == 1, last as usize, place);
        if self.levels[2].names() == BLOCK_NAMES {
            return UNNAMED | place as u64;
        }
        let name = self.levels[2].keep(place);
        self.blocks.slots[slot] = [key, Blocks::tag(last) | name];
        name
    }

    /// The same one level above last rows, by the answers below it and its last token.
    #[inline(never)]
    fn new_low(&mut self, key: u64, last: usize) -> u64 {
        let rows = std::array::from_fn(|below| (below << N) as u64 | key >> (below * N) & ((1 << N) - 1));
        self.make(1, key, &rows, key & 1 == 1, last, last)
    }

    /// The names of what is below prefixes of a group at a height, where they were not found at once.
    #[inline(never)]
    fn new_prefixes(&mut self, height: usize, top: usize, missed: &[usize], keys: &[u64; GROUP], names: &mut [u64; GROUP]) {
        vectorised(
            #[inline(always)]
            || {
                for &k in missed {
                    let last = self.varied[height - 2][VARIED - 1][k] as usize;
                    names[k] = self.make_of(height, keys[k], last, if height < top { k } else { last });
                }
            },
        );
    }

    /// The name of what is below a prefix above a group, from the names below its tokens and the answer about the response
    /// that ends here.
    #[inline(never)]
    fn close(&mut self, height: usize, key: u64, last: u32) -> u64 {
        let key = key | u64::from(last) << (4 * WIDTH);
        match self.levels[height].known(key) {
            Some(name) => name,
            None => self.make_of(height, key, last as usize, last as usize),
        }
    }

    #[inline(always)]
    fn make_of(&mut self, height: usize, key: u64, last: usize, place: usize) -> u64 {
        let mut names = [0; N];
        for (token, name) in names.iter_mut().enumerate() {
            *name = key >> (WIDTH as usize * (4 + token - N)) & (2 * UNNAMED - 1);
        }
        self.make(height, key, &names, self.start > 0 && key & 1 == 1, last, place)
    }

    /// Looks further for a name, or merges.
    #[inline(always)]
    fn make(&mut self, height: usize, key: u64, names: &[u64; N], correct: bool, last: usize, place: usize) -> u64 {
        let (level, mut slot) = (&self.levels[height], None);
        if height == 1 || key & ANY_UNNAMED == 0 {
            match level.slots.as_ref().map(|slots| Level::find(slots, key)) {
                Some(Ok(name)) => return name,
                Some(Err(empty)) if level.names() < NAMES => slot = Some(empty),
                _ => {}
            }
        }
        self.merge(height, names, correct, last, place);
        let level = &mut self.levels[height];
        if let Some(slot) = slot {
            let name = level.keep(place);
            if let Some(slots) = &mut level.slots {
                slots[slot] = key << WIDTH | (name + 1);
            }
            return name;
        }
        UNNAMED | place as u64
    }

    /// What is below a prefix at a height with this last token, without a name.
    #[inline(always)]
    fn merge(&mut self, height: usize, names: &[u64; N], correct: bool, last: usize, place: usize) {
        let Answers { rows, path, levels, leaves, blank, bottom, start, .. } = self;
        let (below, above) = levels.split_at_mut(height);
        let (Some(below), Some(level)) = (below.last(), above.first_mut()) else { return }; // there is one
        let depth = *bottom - height;
        if depth > 0 {
            path[depth - 1] = last as u32;
        }
        let (row, start) = (rows.row(&path[..depth], blank), *start);
        let (node, masses, scaled_masses) = level.place(place);
        let leaf = &leaves[usize::from(correct)];
        let (mut nodes, mut lengths, mut scaled, mut responses) = ([leaf; N], [&[] as &[Pair]; N], false, [0; 2]);
        for token in 0..N {
            if token >= start {
                (nodes[token], lengths[token]) = below.at(names[token]);
            }
            scaled |= nodes[token].summary.is_scaled();
            responses = [responses[0] + nodes[token].responses[0], responses[1] + nodes[token].responses[1]];
        }
        of_prefixes::<N>(row, |token| &nodes[token].summary, scaled, &mut node.summary);
        node.responses = responses;
        if start > 0 {
            if scaled || row.exponents.is_some() || node.summary.is_scaled() {
                join_scaled(row, &nodes, &lengths, node, scaled_masses);
                masses.copy_from_slice(&scaled_masses.masses);
            } else {
                join::<N>(masses, leaf.summary.mass, &lengths, &row.tokens);
            }
        }
    }
}

/// [`join`] where masses have exponents, to be those of `node`.
#[cold]
#[inline(never)]
fn join_scaled(row: &Row, nodes: &[&Node], below: &[&[Pair]], node: &Node, lengths: &mut Lengths) {
    lengths.begin(nodes[0].summary.mass, row.probability(0));
    for (token, (child, masses)) in nodes.iter().zip(below).enumerate().skip(1) {
        lengths.add_all(1, masses, child.summary.exponent, row.probability(token));
    }
    lengths.align(&node.summary);
}
