//! Eight prefixes of one length side by side, in the lanes of vector registers: what [`row`](super::row) and
//! [`merge`](super::merge) do, with the same bits.
//!
//! Where a probability or a mass needs an exponent, or a logit is none, they are computed there one by one.

use super::ask::TOGETHER;
use super::kernel::{Kernel, Width};
use super::lanes::{Extents, Lanes, Rows, Sides, Summaries, Written, ZERO, any, flag_rare};
use super::lengths::Lengths;
use super::merge::{Pair, Summary, of_leaves, of_prefixes};
use super::row::{FAR, MAX_LOGIT, MAX_SLOPE, Row, at_prefix};
use super::walk::lengths_of_row;
use crate::error::Error;
use crate::number::{Arithmetic, Exponential, Simd};
use crate::policy::Ending;

/// As many lanes are looked at together while their logits are made, where a register holds no more.
const FOUR: usize = 4;

impl<S: Simd> Arithmetic<S> {
    /// max − min.
    #[inline(always)]
    fn extent<const N: usize, const W: usize>(self, x: &[[f64; W]; N]) -> [f64; W] {
        let (mut low, mut high) = (x[0], x[0]);
        for &x in &x[1..] {
            (low, high) = (self.smallest(low, x), self.largest(high, x));
        }
        self.subtract(high, low)
    }

    /// By how much max − min of numbers and the size of the first one are below half a limit: then all are below the limit.
    #[inline(always)]
    fn margin<const W: usize>(self, extent: [f64; W], first: [f64; W], limit: f64) -> [f64; W] {
        self.subtract([0.5 * limit; W], self.largest(extent, self.size(first)))
    }

    /// The beginning of [`Row::set`]: has `write` write the numbers of the first prefixes over zeros, so many of them, and takes
    /// from them those of token 0.
    #[inline(always)]
    pub(super) fn look<const N: usize>(
        self,
        count: usize,
        write: impl Fn(usize, &mut Written<N>),
        extents: &mut Extents,
        rows: &mut Rows<N>,
    ) where
        Width<N>: Kernel<N>,
    {
        rows.curved = false;
        if count < TOGETHER {
            let mut written = [[[0.0; N]; 3]; TOGETHER];
            for (lane, written) in written.iter_mut().enumerate().take(count) {
                write(lane, written);
            }
            return Width::<N>::look(&written, extents, rows);
        }
        if const { S::F64_LANES <= FOUR } {
            self.write_four(0, &write, extents, rows);
            self.write_four(FOUR, &write, extents, rows);
        } else {
            self.write_eight(&write, extents, rows);
        }
    }

    /// Four of them, from `first` on. Where nothing depends on their number, the compiler knows what is never written.
    #[inline(always)]
    fn write_four<const N: usize>(
        self,
        first: usize,
        write: &impl Fn(usize, &mut Written<N>),
        extents: &mut Extents,
        rows: &mut Rows<N>,
    ) {
        let mut written = [[[0.0; N]; 3]; FOUR];
        write(first, &mut written[0]);
        write(first + 1, &mut written[1]);
        write(first + 2, &mut written[2]);
        write(first + 3, &mut written[3]);
        self.look_at_some(first, written.each_ref(), extents, rows);
    }

    /// All of them.
    #[inline(always)]
    fn write_eight<const N: usize>(
        self,
        write: &impl Fn(usize, &mut Written<N>),
        extents: &mut Extents,
        rows: &mut Rows<N>,
    ) {
        let mut written = [[[0.0; N]; 3]; TOGETHER];
        write(0, &mut written[0]);
        write(1, &mut written[1]);
        write(2, &mut written[2]);
        write(3, &mut written[3]);
        write(4, &mut written[4]);
        write(5, &mut written[5]);
        write(6, &mut written[6]);
        write(7, &mut written[7]);
        self.look_at_some(0, written.each_ref(), extents, rows);
    }

    /// The same from what is written of all eight.
    #[inline(always)]
    pub(super) fn look_at<const N: usize>(
        self,
        written: &[Written<N>; TOGETHER],
        extents: &mut Extents,
        rows: &mut Rows<N>,
    ) {
        let [w0, w1, w2, w3, w4, w5, w6, w7] = written;
        self.look_at_some(0, [w0, w1, w2, w3], extents, rows);
        self.look_at_some(FOUR, [w4, w5, w6, w7], extents, rows);
    }

    /// Some of them, from `first` on.
    #[inline(always)]
    fn look_at_some<const N: usize, const W: usize>(
        self,
        first: usize,
        written: [&Written<N>; W],
        extents: &mut Extents,
        rows: &mut Rows<N>,
    ) {
        let (mut h, mut a, mut bits) = ([[0.0; W]; N], [[0.0; W]; N], 0);
        for v in 0..N {
            for (lane, [h0, a0, c0]) in written.iter().enumerate() {
                (h[v][lane], a[v][lane]) = (h0[v], a0[v]);
                bits |= c0[v].to_bits();
            }
        }
        let (apart, slopes) = (self.extent(&h), self.extent(&a));
        let own = first..first + W;
        self.widen(&mut extents.logit[own.clone()], apart);
        self.widen(&mut extents.slope[own.clone()], slopes);
        let sizes = self.smallest(self.margin(apart, h[0], MAX_LOGIT), self.margin(slopes, a[0], MAX_SLOPE));
        let mut margin = self.smallest(sizes, self.subtract([FAR; W], apart));
        for v in 1..N {
            rows.p[v][own.clone()].copy_from_slice(&self.subtract(h[v], h[0]));
            rows.score[v][own.clone()].copy_from_slice(&self.subtract(a[v], a[0]));
        }
        // −0 is 0.
        if rows.curved || bits << 1 != 0 {
            if !rows.curved {
                (rows.curvature, rows.curved) = ([ZERO; N], true);
            }
            let mut c = [[0.0; W]; N];
            for v in 0..N {
                for (lane, [_, _, c0]) in written.iter().enumerate() {
                    c[v][lane] = c0[v];
                }
            }
            let bends = self.extent(&c);
            self.widen(&mut extents.curvature[own.clone()], bends);
            margin = self.smallest(margin, self.margin(bends, c[0], MAX_SLOPE * MAX_SLOPE));
            for v in 1..N {
                rows.curvature[v][own.clone()].copy_from_slice(&self.subtract(c[v], c[0]));
            }
        }
        rows.margin[own].copy_from_slice(&margin);
    }

    /// The larger of each.
    #[inline(always)]
    fn widen<const W: usize>(self, extent: &mut [f64], other: [f64; W]) {
        let mut before = [0.0; W];
        before.copy_from_slice(extent);
        extent.copy_from_slice(&self.largest(before, other));
    }

    /// What follows: exponentials.
    #[inline(always)]
    pub(super) fn weigh<const N: usize>(self, constants: &Exponential<TOGETHER>, rows: &mut Rows<N>) {
        let p = &mut rows.p;
        // No loop: it would not be unrolled.
        match N {
            3 if const { S::F64_LANES == TOGETHER } => self.weigh_together::<2, { 2 * TOGETHER }>(constants, &mut p[1..]),
            4 if const { S::F64_LANES == TOGETHER } => self.weigh_together::<3, { 3 * TOGETHER }>(constants, &mut p[1..]),
            _ => {
                if N > 1 {
                    p[1] = self.exp_within(constants, p[1]);
                }
                if N > 2 {
                    p[2] = self.exp_within(constants, p[2]);
                }
                if N > 3 {
                    p[3] = self.exp_within(constants, p[3]);
                }
            }
        }
    }

    /// The exponentials of all, step by step, where each has a register to itself: of X = 8K numbers.
    #[inline(always)]
    fn weigh_together<const K: usize, const X: usize>(self, constants: &Exponential<TOGETHER>, p: &mut [Lanes]) {
        let mut x = [0.0; X];
        x.as_chunks_mut().0.copy_from_slice(&p[..K]);
        p[..K].copy_from_slice(self.exp_within(constants, x).as_chunks().0);
    }

    /// The end: probabilities and scores.
    #[inline(always)]
    pub(super) fn normalise<const N: usize>(self, rows: &mut Rows<N>) {
        let Rows { p, score, .. } = rows;
        (p[0], score[0]) = ([1.0; TOGETHER], ZERO);
        let inverse = self.divide(p[0], self.total(p));
        let mut terms = [ZERO; N];
        for ((term, p), &score) in terms.iter_mut().zip(p.iter_mut()).zip(score.iter()) {
            *p = self.multiply(*p, inverse);
            *term = self.multiply(*p, score);
        }
        let mean = self.total(&terms);
        for (v, (term, score)) in terms.iter_mut().zip(score).enumerate() {
            *score = self.subtract(*score, mean);
            let mut square = self.multiply(*score, *score);
            if rows.curved {
                square = self.add(square, rows.curvature[v]);
            }
            *term = self.multiply(p[v], square);
        }
        let second = self.total(&terms);
        rows.common = self.subtract(ZERO, second);
        // What is no number has made this none, or infinite: the largest bits.
        for ((flags, margin), second) in rows.flags.iter_mut().zip(&rows.margin).zip(&second) {
            let size = second.to_bits() & (u64::MAX >> 1);
            *flags = margin.to_bits() | f64::MAX.to_bits().wrapping_sub(size);
        }
    }

    /// [`of_leaves`]: every token ends a response; 1 for those that are correct.
    #[inline(always)]
    pub(super) fn of_leaves<const N: usize>(self, rows: &Rows<N>, correct: &[Lanes; N], summaries: &mut Summaries) {
        let [mut wrong, mut right] = [[ZERO; N]; 2];
        for (v, (wrong, right)) in wrong.iter_mut().zip(&mut right).enumerate() {
            *right = self.multiply(rows.p[v], correct[v]);
            *wrong = self.subtract(rows.p[v], *right);
        }
        for (side, weight) in [wrong, right].iter().enumerate() {
            let (mass, mut terms) = (self.total(weight), *weight);
            for (term, &score) in terms.iter_mut().zip(&rows.score) {
                *term = self.multiply(*term, score);
            }
            let inverse = self.inverse(mass);
            let mean = self.multiply(self.total(&terms), inverse);
            for ((term, &weight), &score) in terms.iter_mut().zip(weight).zip(&rows.score) {
                let distance = self.subtract(score, mean);
                *term = self.multiply(weight, self.multiply(distance, distance));
            }
            (summaries.mass[side], summaries.mean[side]) = (mass, mean);
            summaries.variance[side] = self.multiply(self.total(&terms), inverse);
            summaries.curvature[side] = rows.common;
            if rows.curved {
                for ((term, &weight), &curvature) in terms.iter_mut().zip(weight).zip(&rows.curvature) {
                    *term = self.multiply(weight, curvature);
                }
                summaries.curvature[side] = self.add(self.multiply(self.total(&terms), inverse), rows.common);
            }
        }
        summaries.scaled = any(&rows.flags); // else p is at least e⁻¹⁷⁰/N
    }

    /// [`of_prefixes`]: what is below the tokens.
    #[inline(always)]
    pub(super) fn of_prefixes<const N: usize>(self, rows: &Rows<N>, below: [&Summaries; N], summaries: &mut Summaries) {
        let mut flags = rows.flags;
        for side in 0..2 {
            let [mut weight, mut place, mut moments, mut rests] = [[ZERO; N]; 4];
            for (v, below) in below.iter().enumerate() {
                weight[v] = self.multiply(rows.p[v], below.mass[side]);
                place[v] = self.add(rows.score[v], below.mean[side]);
                let mut curvature = below.curvature[side];
                if rows.curved {
                    curvature = self.add(rows.curvature[v], curvature);
                }
                moments[v] = self.multiply(weight[v], place[v]);
                rests[v] = self.multiply(weight[v], curvature);
            }
            let (mass, rest) = (self.total(&weight), self.total(&rests));
            let inverse = self.inverse(mass);
            let mean = self.multiply(self.total(&moments), inverse);
            for (v, below) in below.iter().enumerate() {
                let distance = self.subtract(place[v], mean);
                let spread = self.add(self.multiply(distance, distance), below.variance[side]);
                weight[v] = self.multiply(weight[v], spread);
            }
            let variance = self.total(&weight);
            flag_rare(&mut flags, mass);
            (summaries.mass[side], summaries.mean[side]) = (mass, mean);
            summaries.variance[side] = self.multiply(variance, inverse);
            summaries.curvature[side] = self.add(self.multiply(rest, inverse), rows.common);
        }
        summaries.scaled = any(&flags);
        for below in below {
            summaries.scaled |= below.scaled;
        }
    }

    /// A sum in the order of [`sums`](super::merge::sums).
    #[inline(always)]
    fn total<const N: usize>(self, terms: &[Lanes; N]) -> Lanes {
        let mut total = terms[0];
        if N == 4 {
            return self.add(self.add(total, terms[1]), self.add(terms[2], terms[3]));
        }
        for &term in &terms[1..] {
            total = self.add(total, term);
        }
        total
    }

    /// 1/m; a large number for 0, by which zeros are multiplied.
    #[inline(always)]
    fn inverse(self, mass: Lanes) -> Lanes {
        self.smallest(self.divide([1.0; TOGETHER], mass), [f64::MAX; TOGETHER])
    }

    /// The masses by length of eight prefixes: those of responses that end with token 0, and those below tokens 1 to N − 1; none
    /// has an exponent.
    #[inline(always)]
    pub(super) fn join<const N: usize>(self, p: &[Lanes; N], ends: &Sides, below: [&[Sides]; N], totals: &mut [Sides]) {
        let Some((shortest, others)) = totals.split_first_mut() else { return };
        let count = others.len();
        *shortest = Sides([self.multiply(p[0], ends[0]), self.multiply(p[0], ends[1])]);
        let mut below = below;
        for masses in &mut below[1..] {
            *masses = &masses[..count];
        }
        for (length, total) in others.iter_mut().enumerate() {
            for side in 0..2 {
                let mut sum = ZERO;
                for v in 1..N {
                    sum = self.add(sum, self.multiply(p[v], below[v][length][side]));
                }
                total[side] = sum;
            }
        }
    }
}

/// What is below the tokens after eight prefixes.
pub(super) enum Children<'a, const N: usize> {
    /// Responses end with them; 1 for those that are correct.
    Leaves(&'a [Lanes; N], Ending),
    /// Prefixes, with their masses by length.
    Prefixes([&'a Summaries; N], [&'a [Sides]; N]),
}

/// Computes them one by one, as many as there are prefixes, from what `write` writes over zeros; their masses by length too.
///
/// # Errors
/// Logits that are no numbers, with their prefix.
#[cold]
#[inline(never)]
pub(super) fn one_by_one<'a, const N: usize>(
    prefixes: impl Iterator<Item = &'a [u32]>,
    write: impl Fn(&[u32], &mut Written<N>),
    children: &Children<'_, N>,
    summaries: &mut Summaries,
    totals: &mut [Sides],
) -> Result<(), Error> {
    *summaries = Summaries::ZERO;
    totals.fill(Sides::ZERO);
    for (lane, prefix) in prefixes.enumerate().take(TOGETHER) {
        let (mut row, mut summary, mut lengths) = (Row::default(), Summary::default(), Lengths::new(totals.len()));
        let mut written = [[0.0; N]; 3];
        write(prefix, &mut written);
        let [h, a, c] = &written;
        row.set(h, a, c).map_err(|e| at_prefix(e, prefix))?;
        match children {
            Children::Leaves(correct, ending) => {
                let correct = correct.map(|correct| correct[lane] > 0.0);
                of_leaves::<N>(&row, &correct, &super::merge::SIDES, &mut summary);
                lengths_of_row(*ending, &mut lengths, &row, &correct, &summary);
            }
            Children::Prefixes(summariess, masses) => {
                let below = summariess.map(|summaries| summaries.get(lane));
                let scaled = below.iter().any(Summary::is_scaled);
                of_prefixes::<N>(&row, |token| &below[token], scaled, &mut summary);
                lengths.begin(below[0].mass, row.probability(0));
                for token in 1..N {
                    let masses: Vec<Pair> = masses[token].iter().map(|mass| [mass[0][lane], mass[1][lane]]).collect();
                    lengths.add_all(1, &masses, below[token].exponent, row.probability(token));
                }
                lengths.align(&summary);
            }
        }
        summaries.set(lane, &summary);
        for (total, mass) in totals.iter_mut().zip(&lengths.masses) {
            (total[0][lane], total[1][lane]) = (mass[0], mass[1]);
        }
    }
    Ok(())
}
