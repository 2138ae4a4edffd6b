//! The arithmetic of [`lockstep`](super::lockstep), in functions that know neither the policy nor the reward: code is made of
//! them once, for each number of tokens.

use super::ask::TOGETHER;
use super::lanes::{Extents, Lanes, Rows, Sides, Summaries, Written};
use crate::number::{Arithmetic, Exponential, OnLanes, Simd, on_lanes};
use crate::policy::Ending;
use std::hint::black_box;

/// The most lengths of responses below a last row.
const LAST: usize = 2;

/// Eight prefixes, and those one token longer, whose every token ends a response.
pub(super) struct Low<const N: usize> {
    pub rows: Rows<N>,
    pub last_rows: [Rows<N>; N],
    pub below: [Summaries; N],
    pub lengths: [[Sides; LAST]; N],
}

impl<const N: usize> Low<N> {
    /// Nothing is known.
    pub const ZERO: Self =
        Low { rows: Rows::ZERO, last_rows: [Rows::ZERO; N], below: [Summaries::ZERO; N], lengths: [[Sides::ZERO; LAST]; N] };

    /// The masses by length below the tokens.
    #[inline(always)]
    pub fn masses(&self, ending: Ending) -> [&[Sides]; N] {
        let mut masses = [&[][..]; N];
        for ((masses, below), lengths) in masses.iter_mut().zip(&self.below).zip(&self.lengths) {
            *masses = match ending {
                Ending::Fixed => &[],
                Ending::Cut => std::slice::from_ref(&below.mass),
                Ending::Eos => lengths,
            };
        }
        masses
    }
}

/// As many of the lengths of a last row as are kept apart from its mass.
pub(super) fn lengths_of(lengths: &mut [Sides; LAST], ending: Ending) -> &mut [Sides] {
    if ending == Ending::Eos { lengths } else { &mut [] }
}

/// One where a bit is set.
#[inline(always)]
pub(super) fn ones(set: &[u32; TOGETHER], bit: usize) -> Lanes {
    let mut ones = [0.0; TOGETHER];
    for (one, set) in ones.iter_mut().zip(set) {
        *one = f64::from((set >> bit & 1) as i32);
    }
    ones
}

/// The answers about the tokens after a token of a block.
#[inline(always)]
pub(super) fn correct<const N: usize>(set: &[u32; TOGETHER], token: usize) -> [Lanes; N] {
    let mut correct = [[0.0; TOGETHER]; N];
    for (v, correct) in correct.iter_mut().enumerate() {
        *correct = ones(set, N * token + v);
    }
    correct
}

/// For N tokens.
pub(super) struct Width<const N: usize>;

/// What is to be done for them.
pub(super) trait Kernel<const N: usize> {
    /// Looks at what is written of the tokens after the prefixes, seldom: at the end of a tree, where they are fewer than eight.
    fn look(written: &[Written<N>; TOGETHER], extents: &mut Extents, rows: &mut Rows<N>);

    /// Makes probabilities of what was looked at.
    fn make(rows: &mut Rows<N>);

    /// Makes probabilities of what was looked at after the prefixes and those one token longer, and computes what is below them,
    /// given the answers about responses as in [`ask_in_lanes`](super::ask::ask_in_lanes). If last rows have to be computed one by
    /// one, nothing is known yet of the prefixes, and the result is true.
    fn low(low: &mut Low<N>, set: &[u32; TOGETHER], ending: Ending, above: &mut Summaries, totals: &mut [Sides]) -> bool;

    /// What is below the prefixes, from what is below their tokens; masses by length too.
    fn merge(rows: &Rows<N>, below: [&Summaries; N], masses: [&[Sides]; N], above: &mut Summaries, totals: &mut [Sides]);
}

macro_rules! kernels {
    ($($n:literal)*) => {$(
        impl Kernel<$n> for Width<$n> {
            #[cold]
            fn look(written: &[Written<$n>; TOGETHER], extents: &mut Extents, rows: &mut Rows<$n>) {
                on_lanes(Look { written, extents, rows });
            }
            fn make(rows: &mut Rows<$n>) {
                on_lanes(Make(rows));
            }
            fn low(
                low: &mut Low<$n>,
                set: &[u32; TOGETHER],
                ending: Ending,
                above: &mut Summaries,
                totals: &mut [Sides],
            ) -> bool {
                on_lanes(OfLow { low, set, ending, above, totals })
            }
            fn merge(
                rows: &Rows<$n>,
                below: [&Summaries; $n],
                masses: [&[Sides]; $n],
                above: &mut Summaries,
                totals: &mut [Sides],
            ) {
                on_lanes(Merge { rows, below, masses, above, totals });
            }
        }
    )*};
}

kernels!(2 3 4);

struct Look<'a, const N: usize> {
    written: &'a [Written<N>; TOGETHER],
    extents: &'a mut Extents,
    rows: &'a mut Rows<N>,
}

impl<const N: usize> OnLanes for Look<'_, N> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, lanes: Arithmetic<S>) {
        lanes.look_at(self.written, self.extents, self.rows);
    }
}

struct Make<'a, const N: usize>(&'a mut Rows<N>);

impl<const N: usize> OnLanes for Make<'_, N> {
    type Output = ();
    const LANES: usize = TOGETHER;
    #[inline(always)]
    fn run<S: Simd>(self, lanes: Arithmetic<S>) {
        lanes.weigh(black_box(&Exponential::CONSTANTS), self.0);
        lanes.normalise(self.0);
    }
}

struct Merge<'a, const N: usize> {
    rows: &'a Rows<N>,
    below: [&'a Summaries; N],
    masses: [&'a [Sides]; N],
    above: &'a mut Summaries,
    totals: &'a mut [Sides],
}

impl<const N: usize> OnLanes for Merge<'_, N> {
    type Output = ();
    const LANES: usize = TOGETHER;
    #[inline(always)]
    fn run<S: Simd>(self, lanes: Arithmetic<S>) {
        let Merge { rows, below, masses, above, totals } = self;
        lanes.join(&rows.p, &below[0].mass, masses, totals);
        lanes.of_prefixes(rows, below, above);
    }
}

struct OfLow<'a, const N: usize> {
    low: &'a mut Low<N>,
    set: &'a [u32; TOGETHER],
    ending: Ending,
    above: &'a mut Summaries,
    totals: &'a mut [Sides],
}

impl<const N: usize> OnLanes for OfLow<'_, N> {
    type Output = bool;
    const LANES: usize = TOGETHER;
    #[inline(always)]
    fn run<S: Simd>(self, lanes: Arithmetic<S>) -> bool {
        let OfLow { low, set, ending, above, totals } = self;
        let start = usize::from(ending != Ending::Fixed);
        // Step by step for all, so that the processor finds something to do while it waits for one.
        let constants = black_box(&Exponential::CONSTANTS);
        lanes.weigh(constants, &mut low.rows);
        for rows in &mut low.last_rows[start..] {
            lanes.weigh(constants, rows);
        }
        lanes.normalise(&mut low.rows);
        for rows in &mut low.last_rows[start..] {
            lanes.normalise(rows);
        }
        let mut scaled = false;
        for next in start..N {
            let (rows, correct) = (&low.last_rows[next], correct(set, next));
            lanes.of_leaves(rows, &correct, &mut low.below[next]);
            scaled |= low.below[next].scaled;
            if ending == Ending::Eos {
                lengths_of_rows(lanes, rows, &correct, &mut low.lengths[next]);
            }
        }
        if start > 0 {
            low.below[0].end(ones(set, 0));
        }
        if scaled {
            return true;
        }
        let (below, masses) = (by_reference(&low.below), low.masses(ending));
        lanes.join(&low.rows.p, &below[0].mass, masses, totals);
        lanes.of_prefixes(&low.rows, below, above);
        false
    }
}

#[inline(always)]
fn by_reference<const N: usize>(summaries: &[Summaries; N]) -> [&Summaries; N] {
    let mut references = [&summaries[0]; N];
    for (reference, summaries) in references.iter_mut().zip(summaries) {
        *reference = summaries;
    }
    references
}

/// The masses of last rows by length where all tokens but the EOS are followed by a forced EOS.
#[inline(always)]
fn lengths_of_rows<S: Simd, const N: usize>(
    lanes: Arithmetic<S>,
    rows: &Rows<N>,
    correct: &[Lanes; N],
    [ended, forced]: &mut [Sides; LAST],
) {
    let yes = lanes.multiply(rows.p[0], correct[0]);
    (ended[0], ended[1]) = (lanes.subtract(rows.p[0], yes), yes);
    *forced = Sides::ZERO;
    for (&p, &correct) in rows.p.iter().zip(correct).skip(1) {
        let yes = lanes.multiply(p, correct);
        forced[0] = lanes.add(forced[0], lanes.subtract(p, yes));
        forced[1] = lanes.add(forced[1], yes);
    }
}
