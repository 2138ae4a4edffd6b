//! The walk through a subtree, depth first: one frame for every token of the current prefix.

use super::ask::{ONES, ask_all, ask_end, ask_few};
use super::lengths::Lengths;
use super::merge::{Pair, SIDES, Summary, of_leaves, of_prefixes};
use super::row::{Draft, Row, Rows, Spread};
use crate::error::Error;
use crate::policy::{Ending, Shape};

/// What is gathered below one prefix of the path.
#[derive(Clone, Debug, Default)]
struct Frame {
    /// The row after it, where rows are not there already.
    row: Row,
    /// The summaries below its tokens.
    below: Vec<Summary>,
    /// Whether one of these has an exponent.
    scaled: bool,
    lengths: Lengths,
    /// The summary of all, once it is known.
    done: Summary,
    /// The next token.
    next: u32,
}

/// What a subtree gives.
pub(super) struct Part {
    pub summary: Summary,
    /// By length, from one more than the subtree's depth on.
    pub lengths: Vec<Pair>,
    /// How many responses of each side were met.
    pub responses: [u64; 2],
    /// The largest differences within rows.
    pub spread: Spread,
}

impl Part {
    /// The space of one response, a forced EOS.
    pub fn forced(correct: bool) -> Part {
        let summary = Summary::leaf(correct);
        let responses = [u64::from(!correct), u64::from(correct)];
        Part { summary, lengths: vec![summary.mass], responses, spread: Spread::default() }
    }
}

/// A walker on the tree of responses over N tokens, or over any number for N = 0.
pub(super) struct Walker<'a, S, R, const N: usize> {
    rows: &'a S,
    reward: &'a R,
    shape: Shape,
    /// The tokens; the first ones are the current prefix.
    path: Vec<u32>,
    /// By depth, from `base` to that of the last rows.
    frames: Vec<Frame>,
    base: usize,
    draft: Draft,
    /// Answers of the reward about a last row.
    correct: Vec<bool>,
    /// What these weigh.
    sides: [Pair; 2],
    responses: [u64; 2],
    spread: Spread,
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

impl<'a, S: Rows, R: Fn(&[u32]) -> bool, const N: usize> Walker<'a, S, R, N> {
    /// A walker for subtrees at depth `base`, of prefixes up to a length.
    pub fn new(rows: &'a S, reward: &'a R, base: usize, deepest: usize) -> Self {
        let shape = rows.shape();
        let (longest, vocabulary) = (shape.max_length as usize, shape.vocabulary as usize);
        let frame = |depth: usize| Frame {
            below: vec![Summary::default(); vocabulary],
            lengths: Lengths::new(if first(shape) > 0 { longest - depth } else { 0 }),
            ..Frame::default()
        };
        Walker {
            rows,
            reward,
            shape,
            path: vec![0; longest],
            frames: (base..=deepest).map(frame).collect(),
            base,
            draft: Draft::default(),
            correct: vec![false; vocabulary],
            sides: SIDES,
            responses: [0; 2],
            spread: rows.spread(),
        }
    }

    /// The whole subtree below a prefix of length `base`.
    pub fn subtree(&mut self, prefix: &[u32]) -> Result<Part, Error> {
        self.path[..self.base].copy_from_slice(prefix);
        (self.responses, self.spread) = ([0; 2], self.rows.spread());
        let last = bottom(self.shape);
        match self.base == last {
            true => self.one_row(last)?,
            false => self.walk(last - 1, Self::last_rows)?,
        }
        Ok(self.part())
    }

    /// The tree above subtrees at depth `stop`, which `below` yields in order.
    pub fn top(&mut self, stop: usize, mut below: impl Iterator<Item = Part>) -> Result<Part, Error> {
        self.walk(stop, |walker, depth, _| {
            let Some(part) = below.next() else { return Ok(()) }; // there are as many as prefixes
            let Frame { lengths, done, .. } = &mut walker.frames[depth];
            (*lengths, *done) = (Lengths::of(&part), part.summary);
            walker.responses = [0, 1].map(|side| walker.responses[side] + part.responses[side]);
            walker.spread = walker.spread.max(part.spread);
            Ok(())
        })?;
        Ok(self.part())
    }

    fn part(&self) -> Part {
        let Frame { lengths, done, .. } = &self.frames[0];
        Part { summary: *done, lengths: lengths.masses.clone(), responses: self.responses, spread: self.spread }
    }

    /// From `base` down to depth `stop`, which `below` does with.
    fn walk(&mut self, stop: usize, mut below: impl FnMut(&mut Self, usize, u32) -> Result<(), Error>) -> Result<(), Error> {
        let mut depth = self.base;
        let last = self.path[..depth].last().copied().unwrap_or(0);
        if depth == stop {
            return below(self, depth, last);
        }
        self.enter(depth, last)?;
        loop {
            let token = self.frames[depth - self.base].next;
            if token < self.shape.vocabulary {
                self.frames[depth - self.base].next += 1;
                self.path[depth] = token;
                depth += 1;
                if depth < stop {
                    self.enter(depth, token)?;
                    continue;
                }
                below(self, depth, token)?;
            } else {
                self.close(depth);
            }
            if depth == self.base {
                return Ok(());
            }
            depth -= 1;
            self.store(depth);
        }
    }

    /// Begins with the tokens after the prefix of this length: asks about the response that ends here, if there is one.
    /// `last` is the last token of the prefix.
    fn enter(&mut self, depth: usize, last: u32) -> Result<(), Error> {
        self.prepare(depth)?;
        let start = first(self.shape);
        let Frame { row, below, lengths, scaled, next, .. } = &mut self.frames[depth - self.base];
        (*scaled, *next) = (false, start);
        if start > 0 {
            let correct = usize::from(ask_end(&mut self.path, depth, last, self.reward));
            self.responses[correct] += 1;
            below[0] = Summary { mass: self.sides[correct], ..Summary::default() };
            lengths.begin(self.sides[correct], self.rows.row(&self.path[..depth], row).probability(0));
        }
        Ok(())
    }

    #[inline(always)]
    fn prepare(&mut self, depth: usize) -> Result<(), Error> {
        let row = &mut self.frames[depth - self.base].row;
        if self.rows.prepare(&self.path[..depth], &mut self.draft, row)? {
            self.spread = self.spread.max(row.spread);
        }
        Ok(())
    }

    /// Stores what was found below the current prefix one longer than this.
    #[inline(always)]
    fn store(&mut self, depth: usize) {
        let (above, below) = self.frames.split_at_mut(depth + 1 - self.base);
        let (Some(frame), Some(child)) = (above.last_mut(), below.first()) else { return };
        let token = self.path[depth] as usize;
        frame.scaled |= child.done.is_scaled();
        frame.below[token] = child.done;
        if first(self.shape) > 0 {
            let p = self.rows.row(&self.path[..depth], &frame.row).probability(token);
            frame.lengths.add_all(1, &child.lengths.masses, child.done.exponent, p);
        }
    }

    /// The summary of a prefix, from those below its tokens.
    #[inline(always)]
    fn close(&mut self, depth: usize) {
        let Frame { row, below, lengths, scaled, done, .. } = &mut self.frames[depth - self.base];
        of_prefixes::<N>(self.rows.row(&self.path[..depth], row), below, *scaled, done);
        lengths.align(done);
    }

    /// A subtree that is one last row.
    fn one_row(&mut self, depth: usize) -> Result<(), Error> {
        self.prepare(depth)?;
        let Frame { row, lengths, done, .. } = &mut self.frames[0];
        let last = self.path[..depth].last().copied().unwrap_or(0);
        let (path, correct) = (&mut self.path, &mut self.correct);
        let yes = last_row::<S, R, N>(self.rows, self.reward, path, depth, last, row, correct, &self.sides, done);
        self.responses = [u64::from(self.shape.vocabulary) - yes, yes];
        match self.shape.ending {
            Ending::Fixed => {}
            Ending::Cut => lengths.begin(done.mass, (1.0, 0)),
            Ending::Eos => {
                lengths.begin([0.0; 2], (1.0, 0));
                note_eos(lengths, 0, self.rows.row(&self.path[..depth], row), &self.correct, (1.0, 0));
                lengths.align(done);
            }
        }
        Ok(())
    }

    /// The summary of a prefix above last rows.
    fn last_rows(&mut self, depth: usize, last: u32) -> Result<(), Error> {
        self.enter(depth, last)?;
        let Walker { rows, reward, shape, path, frames, base, draft, correct, sides, responses, spread } = self;
        let (shape, start) = (*shape, first(*shape) as usize);
        let (above, last) = frames.split_at_mut(depth + 1 - *base);
        let (Some(frame), Some(last)) = (above.last_mut(), last.first_mut()) else { return Ok(()) };
        let Frame { row, below, scaled, lengths, .. } = frame;
        let row = rows.row(&path[..depth], row);
        let (mut yes, mut any) = (0, *scaled);
        for (token, slot) in (start..).zip(&mut below[start..]) {
            path[depth] = token as u32;
            if rows.prepare(&path[..=depth], draft, &mut last.row)? {
                *spread = spread.max(last.row.spread);
            }
            yes += last_row::<S, R, N>(rows, reward, path, depth + 1, token as u32, &last.row, correct, sides, slot);
            any |= slot.is_scaled();
            if shape.ending == Ending::Eos {
                note_eos(lengths, 1, rows.row(&path[..=depth], &last.row), correct, row.probability(token));
            }
        }
        *scaled = any;
        if shape.ending == Ending::Cut {
            lengths.add_below(1, row, below, start, any);
        }
        let asked = u64::from(shape.vocabulary) * (u64::from(shape.vocabulary) - start as u64);
        *responses = [responses[0] + (asked - yes), responses[1] + yes];
        self.close(depth);
        Ok(())
    }
}

/// The summary of a prefix whose every token ends a response, into `summary`; returns how many of these are correct.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "parts of a walker, some of them borrowed")]
fn last_row<S: Rows, R: Fn(&[u32]) -> bool, const N: usize>(
    rows: &S,
    reward: &R,
    path: &mut [u32],
    depth: usize,
    last: u32,
    prepared: &Row,
    correct: &mut [bool],
    sides: &[Pair; 2],
    summary: &mut Summary,
) -> u64 {
    let shape = rows.shape();
    if N == 0 {
        let yes = ask_all(path, shape, depth, reward, correct);
        of_leaves::<N>(rows.row(&path[..depth], prepared), correct, sides, summary);
        return yes;
    }
    let set = ask_few::<R, N>(path, shape, depth, last, reward);
    let known = rows.answered(last, set);
    if known.is_none() || shape.ending == Ending::Eos {
        correct.iter_mut().enumerate().for_each(|(token, correct)| *correct = set >> token & 1 == 1);
    }
    match known {
        Some(known) => *summary = *known,
        None => of_leaves::<N>(rows.row(&path[..depth], prepared), correct, sides, summary),
    }
    u64::from(ONES[set % ONES.len()])
}

/// Notes the lengths of the responses of a last row below a token of probability `p`, where EOS is forced behind all tokens but
/// the EOS itself; `first` is that of the shortest.
fn note_eos(lengths: &mut Lengths, first: usize, row: &Row, correct: &[bool], p: (f64, i64)) {
    for (token, &correct) in correct.iter().enumerate() {
        let (own, exponent) = row.probability(token);
        let mass = SIDES[usize::from(correct)].map(|side| side * own);
        lengths.add(first + usize::from(token > 0), mass, [exponent; 2], p);
    }
}
