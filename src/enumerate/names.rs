//! Names of what is below prefixes of one length, by the answers below them.

use super::lengths::Lengths;
use super::merge::{Pair, Summary};

/// Names that one level has, at most.
pub(super) const NAMES: usize = 1 << 9;
/// The same two levels above last rows, where they save the most.
pub(super) const BLOCK_NAMES: usize = 1 << 10;
/// Bits of a name, or of [`UNNAMED`] and a place.
pub(super) const WIDTH: u32 = BLOCK_NAMES.ilog2() + 1;
/// A summary that is kept until the next one comes to the same place.
pub(super) const UNNAMED: u64 = BLOCK_NAMES as u64;
/// The same for each of up to four tokens.
pub(super) const ANY_UNNAMED: u64 = UNNAMED | UNNAMED << WIDTH | UNNAMED << (2 * WIDTH) | UNNAMED << (3 * WIDTH);
/// Room is made for so many names at a time.
pub(super) const MORE: usize = NAMES / 4;
/// Places for names, twice as many.
pub(super) const SLOTS: usize = 2 * NAMES;
/// The same two levels above last rows.
pub(super) const BLOCK_SLOTS: usize = 2 * BLOCK_NAMES;
/// Of a multiplicative hash, 2⁶⁴ by the golden ratio.
pub(super) const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
/// The highest level above last rows that has names: what is higher is met seldom.
pub(super) const HIGHEST: usize = 8;

/// What is below a prefix, but for the masses by length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    pub summary: Summary,
    /// How many responses of each side there are.
    pub responses: [u64; 2],
}

impl Node {
    pub fn leaf(correct: bool) -> Node {
        Node { summary: Summary::leaf(correct), responses: [u64::from(!correct), u64::from(correct)] }
    }
}

/// Prefixes of one length.
pub(super) struct Level {
    /// What has a name: open addressing, each place with a key and, in its lowest bits, one more than the name; 0 is empty.
    pub slots: Option<Box<[u64; SLOTS]>>,
    /// First what has no name: below the top of a group by place in the group, else by last token; then what has one.
    pub nodes: Vec<Node>,
    /// For each of these by length, one after the other.
    pub masses: Vec<Pair>,
    /// How many lengths there are.
    lengths: usize,
    /// How many places for what has no name.
    places: usize,
    /// Masses by length while some have exponents.
    pub scaled: Lengths,
}

impl Level {
    pub fn new(height: usize, lengths: usize, places: usize) -> Level {
        Level {
            slots: (height != 2 && (1..=HIGHEST).contains(&height)).then(|| Box::new([0; SLOTS])),
            nodes: vec![Node::default(); places],
            masses: vec![[0.0; 2]; places * lengths],
            lengths,
            places,
            scaled: Lengths::new(lengths),
        }
    }

    /// How many names there are.
    pub fn names(&self) -> usize {
        self.nodes.len() - self.places
    }

    /// Gives a name to what has none.
    pub fn keep(&mut self, place: usize) -> u64 {
        if self.nodes.len() == self.nodes.capacity() {
            self.nodes.reserve_exact(MORE);
            self.masses.reserve_exact(MORE * self.lengths);
        }
        self.nodes.push(self.nodes[place]);
        self.masses.extend_from_within(place * self.lengths..(place + 1) * self.lengths);
        self.names() as u64 - 1
    }

    #[inline(always)]
    pub fn slot(key: u64) -> usize {
        (key.wrapping_mul(FACTOR) >> (u64::BITS - SLOTS.ilog2())) as usize
    }

    /// The name of a key at its first place.
    #[inline(always)]
    pub fn known(&self, key: u64) -> Option<u64> {
        let found = self.slots.as_ref()?[Level::slot(key)] ^ key << WIDTH;
        (found.wrapping_sub(1) < UNNAMED).then(|| found - 1)
    }

    /// The name of a key, or the empty place for it.
    pub fn find(slots: &[u64; SLOTS], key: u64) -> Result<u64, usize> {
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
    pub fn at(&self, name: u64) -> (&Node, &[Pair]) {
        let named = if name & UNNAMED == 0 { self.places } else { 0 };
        let index = (name & (UNNAMED - 1)) as usize + named;
        (&self.nodes[index], &self.masses[index * self.lengths..(index + 1) * self.lengths])
    }

    /// Writes what has no name.
    #[inline(always)]
    pub fn place(&mut self, place: usize) -> (&mut Node, &mut [Pair], &mut Lengths) {
        let masses = &mut self.masses[place * self.lengths..(place + 1) * self.lengths];
        (&mut self.nodes[place], masses, &mut self.scaled)
    }
}

/// The names of what is below prefixes two levels above last rows, by the answers below them and the last token.
pub(super) struct Blocks {
    /// As in a level, but the key stands beside the last token, from 1 on, and the name.
    pub slots: Box<[[u64; 2]; BLOCK_SLOTS]>,
}

impl Blocks {
    #[inline(always)]
    pub fn tag(last: u32) -> u64 {
        u64::from(last + 1) << 32
    }

    #[inline(always)]
    pub fn slot(key: u64, last: u32) -> usize {
        ((key ^ u64::from(last) << 1).wrapping_mul(FACTOR) >> (u64::BITS - BLOCK_SLOTS.ilog2())) as usize
    }

    /// The name of a key at its first place.
    #[inline(always)]
    pub fn known(&self, key: u64, last: u32) -> Option<u64> {
        let [found, name] = self.slots[Blocks::slot(key, last)];
        let name = name ^ Blocks::tag(last);
        (found == key && name < UNNAMED).then_some(name)
    }

    /// The name of a key, or the empty place for it.
    pub fn find(&self, key: u64, last: u32) -> Result<u64, usize> {
        let mut slot = Blocks::slot(key, last);
        loop {
            let [found, name] = self.slots[slot];
            if name == 0 {
                return Err(slot);
            }
            if found == key && name ^ Blocks::tag(last) < UNNAMED {
                return Ok(name ^ Blocks::tag(last));
            }
            slot = (slot + 1) % BLOCK_SLOTS;
        }
    }
}

/// Names of one prefix's tokens, with one more.
#[inline(always)]
pub(super) fn with(names: u64, name: u64) -> u64 {
    (names | name << (4 * WIDTH)) >> WIDTH
}
