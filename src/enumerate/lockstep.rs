//! The walk where every prefix has a row of its own: several subtrees at once, step by step the same way, each in a lane.
//!
//! Nothing is computed once for several prefixes, and no number of one depends on its neighbours.

use super::ask::{TOGETHER, ask_end, ask_in_lanes};
use super::kernel::{Kernel, Low, Width, correct, lengths_of, ones};
use super::lanes::{Extents, Rows as RowsOfAll, Sides, Summaries};
use super::lengths::Lengths;
use super::merge::Pair;
use super::row::{Rows, Spread};
use super::side_by_side::{Children, one_by_one};
use super::walk::{Part, bottom, first, lengths_below};
use crate::error::Error;
use crate::number::{Arithmetic, OnLanes, Simd, on_lanes};
use crate::policy::Shape;

/// The longest responses; more than 2⁶³ of them, if more than one token goes on.
const LONGEST: usize = 64;

/// What is below the prefixes.
#[derive(Clone)]
struct Node {
    summaries: Summaries,
    /// By length.
    lengths: Vec<Sides>,
}

impl Node {
    fn new(lengths: usize) -> Node {
        Node { summaries: Summaries::ZERO, lengths: vec![Sides::ZERO; lengths] }
    }

    /// What is below one of the prefixes.
    fn set(&mut self, lane: usize, part: &Part) {
        self.summaries.set(lane, &part.summary);
        for (lengths, mass) in self.lengths.iter_mut().zip(&part.lengths.masses) {
            (lengths[0][lane], lengths[1][lane]) = (mass[0], mass[1]);
        }
    }
}

/// A walker on subtrees of responses over N tokens.
pub(super) struct Lockstep<'a, S, R, const N: usize> {
    rows: &'a S,
    reward: &'a R,
    shape: Shape,
    /// The tokens of each prefix, one after the other.
    paths: [[u32; LONGEST]; TOGETHER],
    /// The same by place.
    places: Vec<[u32; TOGETHER]>,
    /// Tokens of a response to ask about.
    asked: Vec<u32>,
    /// How many prefixes there are.
    count: usize,
    /// How many of their responses are correct.
    yes: [u64; TOGETHER],
    extents: Extents,
}

impl<'a, S: Rows, R: Fn(&[u32]) -> bool, const N: usize> Lockstep<'a, S, R, N>
where
    Width<N>: Kernel<N>,
{
    /// Whether this is the way to walk through a tree.
    pub fn suits(shape: Shape) -> bool {
        N > first(shape) as usize + 1 && bottom(shape) >= 2 && shape.max_length as usize <= LONGEST
    }

    pub fn new(rows: &'a S, reward: &'a R) -> Self {
        let shape = rows.shape();
        Lockstep {
            rows,
            reward,
            shape,
            paths: [[0; LONGEST]; TOGETHER],
            places: vec![[0; TOGETHER]; shape.max_length as usize],
            asked: vec![0; shape.max_length as usize],
            count: 0,
            yes: [0; TOGETHER],
            extents: Extents::default(),
        }
    }

    /// The whole subtrees below some prefixes of one length, at most [`TOGETHER`], for which there is `room`.
    ///
    /// # Errors
    /// Logits that are no numbers, with their prefix.
    pub fn subtrees(&mut self, prefixes: &[Vec<u32>], room: &mut Room<N>) -> Result<Vec<Part>, Error> {
        let Some(depth) = self.begin(prefixes) else { return Ok(vec![]) };
        let Room { frames, lowest, root } = room;
        // Of two tokens, one of them an EOS, one goes on: such trees are walked through otherwise.
        if first(self.shape) == 0 {
            self.walk::<false>(frames, lowest, depth, root)?;
        } else if const { N > 2 } {
            self.walk::<true>(frames, lowest, depth, root)?;
        }
        let (all, spread) = (self.responses(bottom(self.shape) - depth), self.extents.spread());
        Ok((0..self.count).map(|lane| self.part(root, lane, all, spread)).collect())
    }

    /// Goes to some prefixes of one length, which is the result.
    fn begin(&mut self, prefixes: &[Vec<u32>]) -> Option<usize> {
        let depth = prefixes.first()?.len();
        (self.count, self.yes, self.extents) = (prefixes.len().min(TOGETHER), [0; TOGETHER], Extents::default());
        for (lane, prefix) in prefixes.iter().take(TOGETHER).enumerate() {
            self.paths[lane][..depth].copy_from_slice(prefix);
            for (place, &token) in self.places.iter_mut().zip(prefix) {
                place[lane] = token;
            }
        }
        Some(depth)
    }

    /// What is below some prefixes of one length, at most [`TOGETHER`], from what is below those one token longer, in order.
    ///
    /// # Errors
    /// Logits that are no numbers, with their prefix.
    pub fn join(&mut self, prefixes: &[Vec<u32>], parts: &[Part]) -> Result<Vec<Part>, Error> {
        let Some(depth) = self.begin(prefixes) else { return Ok(vec![]) };
        let start = first(self.shape) as usize;
        let node = |depth| Node::new(lengths_below(self.shape, depth));
        let (mut below, mut root): ([Node; N], _) = (std::array::from_fn(|_| node(depth + 1)), node(depth));
        for (lane, parts) in parts.chunks(N - start).enumerate().take(self.count) {
            below[start..].iter_mut().zip(parts).for_each(|(node, part)| node.set(lane, part));
        }
        if start > 0 {
            self.ends(depth, &mut below[0]);
        }
        let (summaries, masses) = (below.each_ref().map(|b| &b.summaries), below.each_ref().map(|b| &b.lengths[..]));
        let mut rows = RowsOfAll::ZERO;
        self.look(depth, &mut rows, 0, &mut []);
        Width::<N>::make(&mut rows);
        self.merge(depth, &rows, summaries, masses, &mut root)?;
        let own = self.extents.spread();
        let joined = parts.chunks(N - start).enumerate().take(self.count).map(|(lane, parts)| {
            let part = self.part(&root, lane, start as u64, own);
            let add = |sum: [u64; 2], below: &Part| [sum[0] + below.responses[0], sum[1] + below.responses[1]];
            let spread = parts.iter().fold(own, |spread, below| spread.max(below.spread));
            Part { responses: parts.iter().fold(part.responses, add), spread, ..part }
        });
        Ok(joined.collect())
    }

    /// How many responses are below a prefix at a height above last rows.
    fn responses(&self, height: usize) -> u64 {
        let start = first(self.shape) as u64;
        (0..height).fold(N as u64, |below, _| start + (N as u64 - start) * below)
    }

    fn part(&self, root: &Node, lane: usize, all: u64, spread: Spread) -> Part {
        let summary = root.summaries.get(lane);
        let masses: Vec<Pair> = root.lengths.iter().map(|mass| [mass[0][lane], mass[1][lane]]).collect();
        let lengths = Lengths::aligned(&masses, &summary);
        Part { summary, lengths, responses: [all - self.yes[lane], self.yes[lane]], spread }
    }

    /// What is below the prefixes, which have this length.
    fn walk<const ENDS: bool>(
        &mut self,
        frames: &mut [[Node; N]],
        lowest: &mut Lowest<N>,
        depth: usize,
        node: &mut Node,
    ) -> Result<(), Error> {
        let Some((below, deeper)) = frames.split_first_mut() else { return self.block::<ENDS>(lowest, depth, node) };
        if ENDS {
            self.ends(depth, &mut below[0]);
        }
        for (token, below) in below.iter_mut().enumerate().skip(usize::from(ENDS)) {
            self.put(depth, token as u32);
            self.walk::<ENDS>(deeper, lowest, depth + 1, below)?;
        }
        let (summaries, masses) = (below.each_ref().map(|b| &b.summaries), below.each_ref().map(|b| &b.lengths[..]));
        let mut rows = RowsOfAll::ZERO;
        self.look(depth, &mut rows, 0, &mut []);
        Width::<N>::make(&mut rows);
        self.merge(depth, &rows, summaries, masses, node)
    }

    /// What is below prefixes of this length, from what is below their tokens.
    fn merge(
        &self,
        depth: usize,
        rows: &RowsOfAll<N>,
        below: [&Summaries; N],
        masses: [&[Sides]; N],
        Node { summaries, lengths }: &mut Node,
    ) -> Result<(), Error> {
        Width::<N>::merge(rows, below, masses, summaries, lengths);
        if summaries.scaled {
            self.one_by_one(depth, &Children::Prefixes(below, masses), summaries, lengths)?;
        }
        Ok(())
    }

    /// Lets all prefixes go on with this token.
    fn put(&mut self, depth: usize, token: u32) {
        self.places[depth] = [token; TOGETHER];
        self.go_on(depth, token);
    }

    /// The same where no reward is asked any more.
    #[inline(always)]
    fn go_on(&mut self, depth: usize, token: u32) {
        for path in &mut self.paths {
            path[depth] = token;
        }
    }

    /// Looks at what the policy writes of the tokens after prefixes of this length, and after those that go on with this token or
    /// the next ones.
    #[inline(never)]
    fn look(&mut self, depth: usize, rows: &mut RowsOfAll<N>, first: u32, below: &mut [RowsOfAll<N>]) {
        on_lanes(Look { walker: self, depth, rows, first, below });
    }

    /// Computes what is below the prefixes one by one.
    fn one_by_one(
        &self,
        depth: usize,
        children: &Children<'_, N>,
        summaries: &mut Summaries,
        totals: &mut [Sides],
    ) -> Result<(), Error> {
        let prefixes = self.paths[..self.count].iter().map(|path| &path[..depth]);
        one_by_one(prefixes, |prefix, [h, a, c]| self.rows.write(prefix, h, a, c), children, summaries, totals)
    }

    /// Asks about the responses that end with token 0.
    fn ends(&mut self, depth: usize, node: &mut Node) {
        let mut correct = [0.0; TOGETHER];
        let lanes = self.paths.iter_mut().zip(&mut self.yes).zip(&mut correct);
        for ((path, all_yes), correct) in lanes.take(self.count) {
            let last = if depth > 0 { path[depth - 1] } else { 0 };
            let yes = ask_end(path, depth, last, self.reward);
            *all_yes += u64::from(yes);
            *correct = f64::from(u8::from(yes));
        }
        node.summaries.end(correct);
    }

    /// The three lowest levels.
    fn block<const ENDS: bool>(&mut self, lowest: &mut Lowest<N>, depth: usize, node: &mut Node) -> Result<(), Error> {
        let mut found = [[0; TOGETHER]; 2];
        let Lockstep { places, asked, shape, count, reward, .. } = self;
        ask_in_lanes::<R, N, ENDS>(&places[..depth], asked, *shape, *count, *reward, &mut found);
        for (lane, yes) in self.yes.iter_mut().enumerate() {
            *yes += u64::from(found[0][lane].count_ones() + found[1][lane].count_ones());
        }
        let Lowest { rows, middle, low } = lowest;
        self.look(depth, rows, 0, &mut []);
        Width::<N>::make(rows);
        for (token, Node { summaries, lengths }) in middle.iter_mut().enumerate().skip(usize::from(ENDS)) {
            self.go_on(depth, token as u32);
            let start = usize::from(ENDS);
            self.look(depth + 1, &mut low.rows, start as u32, &mut low.last_rows[start..]);
            let mut set = found[token / 2];
            for set in &mut set {
                *set >>= 16 * (token % 2);
            }
            if Width::<N>::low(low, &set, self.shape.ending, summaries, lengths) {
                for next in usize::from(ENDS)..N {
                    if low.below[next].scaled {
                        self.go_on(depth + 1, next as u32);
                        let (correct, lengths) = (correct(&set, next), &mut low.lengths[next]);
                        let children = Children::Leaves(&correct, self.shape.ending);
                        self.one_by_one(depth + 2, &children, &mut low.below[next], lengths_of(lengths, self.shape.ending))?;
                    }
                }
                let (below, masses) = (low.below.each_ref(), low.masses(self.shape.ending));
                Width::<N>::merge(&low.rows, below, masses, summaries, lengths);
            }
            if summaries.scaled {
                let children = Children::Prefixes(low.below.each_ref(), low.masses(self.shape.ending));
                self.one_by_one(depth + 1, &children, summaries, lengths)?;
            }
        }
        if ENDS {
            middle[0].summaries.end(ones(&found[0], 0));
        }
        let (below, masses) = (middle.each_ref().map(|b| &b.summaries), middle.each_ref().map(|b| &b.lengths[..]));
        self.merge(depth, rows, below, masses, node)
    }
}

/// Room for what is below prefixes.
pub(super) struct Room<const N: usize> {
    /// Below the tokens of those on the path, by depth.
    frames: Vec<[Node; N]>,
    lowest: Box<Lowest<N>>,
    /// Below the first ones.
    root: Node,
}

impl<const N: usize> Room<N> {
    /// For subtrees below prefixes of this length, at least two shorter than those before last rows.
    pub fn new(shape: Shape, depth: usize) -> Self {
        let node = |depth: usize| Node::new(lengths_below(shape, depth));
        let frame = |depth| std::array::from_fn(|_| node(depth + 1));
        let lowest = Lowest { rows: RowsOfAll::ZERO, middle: frame(bottom(shape) - 2), low: Low::ZERO };
        Room { frames: (depth..bottom(shape) - 2).map(frame).collect(), lowest: Box::new(lowest), root: node(depth) }
    }
}

/// The numbers of the three lowest levels.
struct Lowest<const N: usize> {
    rows: RowsOfAll<N>,
    /// What is below the tokens.
    middle: [Node; N],
    /// What is below one of them.
    low: Low<N>,
}

/// What the policy writes of the tokens after prefixes.
struct Look<'b, 'a, S, R, const N: usize> {
    walker: &'b mut Lockstep<'a, S, R, N>,
    depth: usize,
    rows: &'b mut RowsOfAll<N>,
    first: u32,
    below: &'b mut [RowsOfAll<N>],
}

impl<P: Rows, R: Fn(&[u32]) -> bool, const N: usize> OnLanes for Look<'_, '_, P, R, N>
where
    Width<N>: Kernel<N>,
{
    type Output = ();
    const LANES: usize = TOGETHER;
    #[inline(always)]
    fn run<S: Simd>(self, lanes: Arithmetic<S>) {
        let Look { walker, depth, rows, first, below } = self;
        // One loop for both lengths: code is made once.
        let (mut length, mut rows, mut below) = (depth, rows, (first..).zip(below));
        loop {
            let Lockstep { rows: policy, paths, extents, count, .. } = &mut *walker;
            lanes.look(
                *count,
                #[inline(always)]
                |lane, [h, a, c]| policy.write(&paths[lane][..length], h, a, c),
                extents,
                rows,
            );
            let Some((token, next)) = below.next() else { return };
            walker.go_on(depth, token);
            (length, rows) = (depth + 1, next);
        }
    }
}
