//! Masses of the responses below a prefix by length.

use super::merge::{Pair, Summary, shrink};
use super::row::{Row, Token};

/// The masses of both sides by length, from the shortest on, up to the same powers of two as those of their [`Summary`].
#[derive(Clone, Debug, Default)]
pub(super) struct Lengths {
    pub masses: Vec<Pair>,
    exponent: [i64; 2],
}

impl Lengths {
    /// Nothing yet, for this many lengths.
    pub fn new(count: usize) -> Lengths {
        Lengths { masses: vec![[0.0; 2]; count], exponent: [0; 2] }
    }

    /// Those of responses of one length.
    pub fn of_one(summary: &Summary) -> Lengths {
        Lengths { masses: vec![summary.mass], exponent: summary.exponent }
    }

    /// Those that have the exponents of their summary.
    pub fn aligned(masses: &[Pair], summary: &Summary) -> Lengths {
        Lengths { masses: masses.to_vec(), exponent: summary.exponent }
    }

    /// Nothing but a response of the shortest length that ends with a token of probability p · 2^power.
    #[inline(always)]
    pub fn begin(&mut self, side: Pair, (p, power): (f64, i64)) {
        if let Some((shortest, others)) = self.masses.split_first_mut() {
            *shortest = [p * side[0], p * side[1]];
            others.fill([0.0; 2]);
        }
        self.exponent = [power; 2];
    }

    /// Adds masses of a length below a token of probability p · 2^power.
    #[inline(always)]
    pub fn add(&mut self, length: usize, mass: Pair, exponent: [i64; 2], (p, power): (f64, i64)) {
        let exponent = exponent.map(|e| e + power);
        let factor = if exponent == self.exponent { [p; 2] } else { self.bring(&[mass], exponent).map(|f| f * p) };
        let total = &mut self.masses[length];
        *total = [total[0] + factor[0] * mass[0], total[1] + factor[1] * mass[1]];
    }

    /// Adds masses of the lengths from `first` on below a token of probability p · 2^power.
    #[inline(always)]
    pub fn add_all(&mut self, first: usize, masses: &[Pair], exponent: [i64; 2], (p, power): (f64, i64)) {
        let exponent = exponent.map(|e| e + power);
        let factor = if exponent == self.exponent { [p; 2] } else { self.bring(masses, exponent).map(|f| f * p) };
        let Some(totals) = self.masses.get_mut(first..) else { return };
        for (total, mass) in totals.iter_mut().zip(masses) {
            *total = [total[0] + factor[0] * mass[0], total[1] + factor[1] * mass[1]];
        }
    }

    /// The masses below the tokens of a row from `from` on, all of one length; `scaled` if one of them has an exponent.
    #[inline(always)]
    pub fn add_below(&mut self, length: usize, row: &Row, below: &[Summary], from: usize, scaled: bool) {
        if scaled || row.exponents.is_some() || self.exponent != [0; 2] {
            for (token, summary) in below.iter().enumerate().skip(from) {
                self.add(length, summary.mass, summary.exponent, row.probability(token));
            }
            return;
        }
        let mut total = [0.0; 2];
        for (Token { p, .. }, Summary { mass, .. }) in row.tokens[from..].iter().zip(&below[from..]) {
            total = [total[0] + p * mass[0], total[1] + p * mass[1]];
        }
        self.masses[length] = total;
    }

    /// Makes room for masses with these exponents; returns by what they are to be multiplied.
    #[cold]
    fn bring(&mut self, masses: &[Pair], exponent: [i64; 2]) -> Pair {
        [0, 1].map(|side| {
            let empty = |masses: &[Pair]| masses.iter().all(|mass| mass[side] == 0.0);
            if empty(masses) {
                return 0.0;
            }
            if empty(&self.masses) {
                self.exponent[side] = exponent[side];
            } else if exponent[side] > self.exponent[side] {
                self.scale(side, exponent[side]);
            }
            shrink(exponent[side] - self.exponent[side])
        })
    }

    /// Writes the masses of a side with another exponent.
    fn scale(&mut self, side: usize, exponent: i64) {
        let power = self.exponent[side] - exponent;
        let factor = if power > 0 { 1.0 / shrink(-power) } else { shrink(power) };
        self.masses.iter_mut().filter(|mass| mass[side] > 0.0).for_each(|mass| mass[side] *= factor);
        self.exponent[side] = exponent;
    }

    /// Takes over the exponents of the summary of the same responses.
    #[inline(always)]
    pub fn align(&mut self, summary: &Summary) {
        if summary.exponent != self.exponent {
            self.align_scaled(summary);
        }
    }

    #[cold]
    fn align_scaled(&mut self, summary: &Summary) {
        for side in 0..2 {
            self.scale(side, summary.exponent[side]);
        }
    }
}

/// The masses of a prefix by length: those of a response that ends with token 0, which weighs `side`, and those below tokens 1
/// to N − 1; none has an exponent.
#[inline(always)]
pub(super) fn join<const N: usize>(totals: &mut [Pair], side: Pair, below: &[&[Pair]; N], tokens: &[Token]) {
    let (Some((shortest, others)), tokens) = (totals.split_first_mut(), &tokens[..N]) else { return };
    let (count, mut below) = (others.len(), *below);
    *shortest = [tokens[0].p * side[0], tokens[0].p * side[1]];
    for masses in &mut below[1..] {
        *masses = &masses[..count];
    }
    for (length, total) in others.iter_mut().enumerate() {
        let mut sum = [0.0; 2];
        for token in 1..N {
            let (p, mass) = (tokens[token].p, below[token][length]);
            sum = [sum[0] + p * mass[0], sum[1] + p * mass[1]];
        }
        *total = sum;
    }
}
