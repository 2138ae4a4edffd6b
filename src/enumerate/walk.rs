//! The walk through a subtree, depth first: one frame for every token of the current prefix.

use super::ask::{ask_all, ask_end, ask_few};
use super::lengths::Lengths;
use super::merge::{Pair, SIDES, Summary, of_leaves, of_prefixes};
use super::row::{Draft, Row, Rows, Spread};
use crate::error::Error;
use crate::policy::{Ending, Shape};

/// What is gathered below one prefix of the path.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    /// The row after it, where rows are not there already.
    row: Row,
    /// The summaries below its tokens.
    below: Vec<Summary>,
    lengths: Lengths,
}

/// What a subtree gives.
pub(super) struct Part {
    pub summary: Summary,
    /// By length, from one more than the subtree's depth on.
    pub lengths: Lengths,
    /// How many responses of each side were met.
    pub responses: [u64; 2],
    /// The largest differences within rows.
    pub spread: Spread,
}

impl Part {
    /// The space of one response, a forced EOS.
    pub fn forced(correct: bool) -> Part {
        let summary = Summary::leaf(correct);
        let (lengths, responses) = (Lengths::of_one(&summary), [u64::from(!correct), u64::from(correct)]);
        Part { summary, lengths, responses, spread: Spread::default() }
    }
}

/// The depth of the prefixes whose every token ends a response, at once or, where EOS is forced, with the EOS behind it.
pub(super) fn bottom(shape: Shape) -> usize {
    let forced = usize::from(shape.ending == Ending::Eos);
    (shape.max_length as usize).saturating_sub(1 + forced)
}

/// The first token that does not end a response.
pub(super) fn first(shape: Shape) -> u32 {
    u32::from(shape.ending != Ending::Fixed)
}

/// How many lengths responses below prefixes of this one may have; none are kept where all are equally long.
pub(super) fn lengths_below(shape: Shape, depth: usize) -> usize {
    if first(shape) > 0 { shape.max_length as usize - depth } else { 0 }
}

/// Frames for the depths from `base` to `deepest`.
pub(super) fn frames(shape: Shape, base: usize, deepest: usize) -> Vec<Frame> {
    let frame = |depth: usize| Frame {
        row: Row::default(),
        below: vec![Summary::default(); shape.vocabulary as usize],
        lengths: Lengths::new(lengths_below(shape, depth)),
    };
    (base..=deepest).map(frame).collect()
}

/// A walker on the tree of responses over N tokens, or over any number for N = 0.
pub(super) struct Walker<'a, S, R, const N: usize> {
    rows: &'a S,
    reward: &'a R,
    shape: Shape,
    /// The tokens; the first ones are the current prefix.
    path: Vec<u32>,
    draft: Draft,
    /// Answers of the reward about a last row.
    correct: Vec<bool>,
    /// What these weigh.
    sides: [Pair; 2],
    responses: [u64; 2],
    spread: Spread,
}

impl<'a, S: Rows, R: Fn(&[u32]) -> bool, const N: usize> Walker<'a, S, R, N> {
    pub fn new(rows: &'a S, reward: &'a R) -> Self {
        let shape = rows.shape();
        Walker {
            rows,
            reward,
            shape,
            path: vec![0; shape.max_length as usize],
            draft: Draft::default(),
            correct: vec![false; shape.vocabulary as usize],
            sides: SIDES,
            responses: [0; 2],
            spread: rows.spread(),
        }
    }

    /// The whole subtree below a prefix, of whose depth the first frame is.
    pub fn subtree(&mut self, prefix: &[u32], frames: &mut [Frame]) -> Result<Part, Error> {
        let (depth, last) = (prefix.len(), prefix.last().copied().unwrap_or(0));
        self.path[..depth].copy_from_slice(prefix);
        (self.responses, self.spread) = ([0; 2], self.rows.spread());
        let mut summary = Summary::default();
        match bottom(self.shape) - depth {
            0 => self.one_row(frames, depth, last, &mut summary)?,
            height => self.walk(frames, depth, last, depth + height - 1, &mut summary, &mut Self::last_rows)?,
        }
        Ok(self.part(summary, frames))
    }

    /// The tree above subtrees at depth `stop`, which `below` yields in order; the first frame is that of the root.
    pub fn top(&mut self, stop: usize, mut below: impl Iterator<Item = Part>, frames: &mut [Frame]) -> Result<Part, Error> {
        let mut summary = Summary::default();
        self.walk(frames, 0, 0, stop, &mut summary, &mut |walker, frames, _, _, summary| {
            let (Some(part), Some(frame)) = (below.next(), frames.first_mut()) else { return Ok(()) }; // as many as prefixes
            (*summary, frame.lengths) = (part.summary, part.lengths);
            walker.responses = [0, 1].map(|side| walker.responses[side] + part.responses[side]);
            walker.spread = walker.spread.max(part.spread);
            Ok(())
        })?;
        Ok(self.part(summary, frames))
    }

    fn part(&self, summary: Summary, frames: &[Frame]) -> Part {
        let lengths = frames.first().map(|frame| frame.lengths.clone()).unwrap_or_default();
        Part { summary, lengths, responses: self.responses, spread: self.spread }
    }

    /// What is below the prefix of this length and last token: its summary, and in the first frame the lengths. At depth
    /// `stop` `source` finds them.
    fn walk(
        &mut self,
        frames: &mut [Frame],
        depth: usize,
        last: u32,
        stop: usize,
        summary: &mut Summary,
        source: &mut impl FnMut(&mut Self, &mut [Frame], usize, u32, &mut Summary) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if depth == stop {
            return source(self, frames, depth, last, summary);
        }
        let Some((Frame { row, below, lengths }, deeper)) = frames.split_first_mut() else { return Ok(()) };
        let (rows, start, mut scaled) = (self.rows, first(self.shape), false);
        self.prepare(depth, row)?;
        let row = rows.row(&self.path[..depth], row);
        self.end_here(depth, last, row, below, lengths);
        for (token, slot) in (start..).zip(&mut below[start as usize..]) {
            self.path[depth] = token;
            self.walk(deeper, depth + 1, token, stop, slot, source)?;
            scaled |= slot.is_scaled();
            if start > 0
                && let Some(child) = deeper.first()
            {
                lengths.add_all(1, &child.lengths.masses, slot.exponent, row.probability(token as usize));
            }
        }
        of_prefixes::<N>(row, |token| &below[token], scaled, summary);
        lengths.align(summary);
        Ok(())
    }

    /// Makes the row after the prefix of this length, if it is not there already.
    #[inline(always)]
    fn prepare(&mut self, depth: usize, row: &mut Row) -> Result<(), Error> {
        if self.rows.prepare(&self.path[..depth], &mut self.draft, row)? {
            self.spread = self.spread.max(row.spread);
        }
        Ok(())
    }

    /// Asks about the response that ends with token 0 after the prefix of this length, where there is one.
    #[inline(always)]
    fn end_here(&mut self, depth: usize, last: u32, row: &Row, below: &mut [Summary], lengths: &mut Lengths) {
        if first(self.shape) > 0 {
            let correct = usize::from(ask_end(&mut self.path, depth, last, self.reward));
            self.responses[correct] += 1;
            (below[0].mass, below[0].exponent) = (self.sides[correct], [0; 2]); // the rest is 0, as nothing follows
            lengths.begin(self.sides[correct], row.probability(0));
        }
    }

    /// Below a prefix above last rows.
    fn last_rows(&mut self, frames: &mut [Frame], depth: usize, last: u32, summary: &mut Summary) -> Result<(), Error> {
        let [Frame { row, below, lengths }, Frame { row: own, lengths: of_row, .. }, ..] = frames else { return Ok(()) };
        let (rows, shape, start) = (self.rows, self.shape, first(self.shape) as usize);
        self.prepare(depth, row)?;
        let row = rows.row(&self.path[..depth], row);
        self.end_here(depth, last, row, below, lengths);
        let (mut yes, mut scaled) = (0, false);
        for (token, slot) in (start..).zip(&mut below[start..]) {
            self.path[depth] = token as u32;
            self.prepare(depth + 1, own)?;
            yes += self.last_row(depth + 1, token as u32, own, slot);
            scaled |= slot.is_scaled();
            if shape.ending == Ending::Eos {
                lengths_of_row(shape.ending, of_row, rows.row(&self.path[..=depth], own), &self.correct, slot);
                lengths.add_all(1, &of_row.masses, slot.exponent, row.probability(token));
            }
        }
        if shape.ending == Ending::Cut {
            lengths.add_below(1, row, below, start, scaled);
        }
        let asked = u64::from(shape.vocabulary) * (u64::from(shape.vocabulary) - start as u64);
        self.responses = [self.responses[0] + (asked - yes), self.responses[1] + yes];
        of_prefixes::<N>(row, |token| &below[token], scaled, summary);
        lengths.align(summary);
        Ok(())
    }

    /// A subtree that is one last row.
    fn one_row(&mut self, frames: &mut [Frame], depth: usize, last: u32, summary: &mut Summary) -> Result<(), Error> {
        let [Frame { row, lengths, .. }, ..] = frames else { return Ok(()) };
        self.prepare(depth, row)?;
        let yes = self.last_row(depth, last, row, summary);
        self.responses = [u64::from(self.shape.vocabulary) - yes, yes];
        lengths_of_row(self.shape.ending, lengths, self.rows.row(&self.path[..depth], row), &self.correct, summary);
        Ok(())
    }

    /// The summary of a prefix whose every token ends a response; returns how many of these are correct.
    #[inline(always)]
    fn last_row(&mut self, depth: usize, last: u32, prepared: &Row, summary: &mut Summary) -> u64 {
        let Walker { rows, reward, shape, path, correct, sides, .. } = self;
        let yes = if N == 0 {
            ask_all(path, *shape, depth, *reward, correct)
        } else {
            let set = ask_few::<R, N>(path, *shape, depth, last, *reward);
            correct.iter_mut().enumerate().for_each(|(token, correct)| *correct = set >> token & 1 == 1);
            u64::from(set.count_ones())
        };
        of_leaves::<N>(rows.row(&path[..depth], prepared), correct, sides, summary);
        yes
    }
}

/// The masses by length of a last row, whose summary this is; where EOS is forced, it follows all tokens but the EOS itself.
pub(super) fn lengths_of_row(ending: Ending, lengths: &mut Lengths, row: &Row, correct: &[bool], summary: &Summary) {
    match ending {
        Ending::Fixed => {}
        Ending::Cut => *lengths = Lengths::of_one(summary),
        Ending::Eos => {
            lengths.begin([0.0; 2], (1.0, 0));
            for (token, &correct) in correct.iter().enumerate() {
                let (own, exponent) = row.probability(token);
                let mass = SIDES[usize::from(correct)].map(|side| side * own);
                lengths.add(usize::from(token > 0), mass, [exponent; 2], (1.0, 0));
            }
            lengths.align(summary);
        }
    }
}
