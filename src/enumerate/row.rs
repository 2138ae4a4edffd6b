//! What a policy says of the token after a prefix.

use super::merge::{Pair, Terms, sums};
use crate::error::Error;
use crate::number::{Scalar, scaled_exp};
use crate::policy::{Ending, Shape};

/// The largest logit in size, 2⁴⁰: the exponential of a larger one would have fewer than 13 bits that mean anything.
pub const MAX_LOGIT: f64 = (1_u64 << 40) as f64;
/// The largest slope in size, 2⁵⁰, and the square root of the largest curvature: squares and products with masses stay
/// normal.
pub const MAX_SLOPE: f64 = (1_u64 << 50) as f64;
/// Most tokens that can stand side by side and below each other, T∞ · V: about a hundred bytes each for every thread.
pub const MAX_TOKENS: u64 = 1 << 20;
/// The largest T∞. A space with more than one token to go on with has more than 2⁶⁴ responses long before.
pub const MAX_LENGTH: u32 = 1024;

/// Where logits of a row are farther apart, its probabilities have exponents of their own: e⁻¹⁷⁰ > 2⁻²⁵⁶.
pub(super) const FAR: f64 = 170.0;

/// One token after a prefix: its probability (for some rows up to a power of two), its score ξ, and its second derivative up
/// to what all tokens of the row share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Token {
    pub p: f64,
    pub score: f64,
    pub curvature: f64,
}

/// The tokens after one prefix: p = softmax(h), ξ = a − E\[a\], H = c − E\[c\] − Var(a).
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub(super) tokens: Vec<Token>,
    /// p is to be multiplied by two to this power; `None`: by 1.
    pub(super) exponents: Option<Vec<i64>>,
    /// What the second derivatives of all tokens share.
    pub(super) common: f64,
    /// All curvatures are equal.
    pub(super) straight: bool,
    pub(super) spread: Spread,
}

/// The largest differences within a row, of which bounds of errors are made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Of logits.
    pub logit: f64,
    /// Of slopes.
    pub slope: f64,
    /// Of curvatures.
    pub curvature: f64,
}

impl Spread {
    #[inline]
    pub(super) fn max(self, other: Spread) -> Spread {
        Spread {
            logit: self.logit.max(other.logit),
            slope: self.slope.max(other.slope),
            curvature: self.curvature.max(other.curvature),
        }
    }
}

impl Row {
    /// The probability of a token, mantissa and exponent.
    #[inline(always)]
    pub(super) fn probability(&self, token: usize) -> (f64, i64) {
        (self.tokens[token].p, self.exponents.as_ref().map_or(0, |exponents| exponents[token]))
    }

    /// The row with logits `h`, slopes `a` and curvatures `c` of its tokens on the line, h + a·t + c·t²/2: at least one, and as many of
    /// each; `c` may be empty.
    ///
    /// # Errors
    /// A number that is not finite or beyond [`MAX_LOGIT`], [`MAX_SLOPE`] or its square.
    pub fn set(&mut self, h: &[f64], a: &[f64], c: &[f64]) -> Result<(), Error> {
        let n = h.len();
        debug_assert!(n > 0 && a.len() == n && (c.is_empty() || c.len() == n), "lists of one length");
        for (name, values, most) in
            [("logit", h, MAX_LOGIT), ("slope", a, MAX_SLOPE), ("curvature", c, MAX_SLOPE * MAX_SLOPE)]
        {
            if let Some(token) = values.iter().position(|x| x.is_nan() || x.abs() > most) {
                let x = values[token];
                return Err(Error::new(format!("the {name} of token {token} is {x}, expected at most {most:e} in size")));
            }
        }
        self.spread = Spread { logit: extent(h), slope: extent(a), curvature: extent(c) };
        let far = self.spread.logit > FAR;
        let first = if far { (1..n).fold(0, |top, v| if h[v] > h[top] { v } else { top }) } else { 0 };
        let (shift, slope, bend) = (h[first], a[first], c.get(first).copied().unwrap_or(0.0));
        self.straight = c.iter().all(|&x| x == bend);
        self.tokens.clear();
        self.tokens.extend(h.iter().zip(a).map(|(h, a)| Token {
            p: Scalar::exp(h - shift),
            score: a - slope,
            curvature: 0.0,
        }));
        if !self.straight {
            self.tokens.iter_mut().zip(c).for_each(|(token, c)| token.curvature = c - bend);
        }
        let inverse = 1.0 / self.sum(|token| token.p);
        self.tokens.iter_mut().for_each(|token| token.p *= inverse);
        let mean = self.sum(|token| token.p * token.score);
        self.tokens.iter_mut().for_each(|token| token.score -= mean);
        self.common = 0.0 - self.sum(|token| token.p * (token.score * token.score + token.curvature)); // never −0
        self.exponents = far.then(|| self.scale(h, shift, inverse));
        Ok(())
    }

    /// Σ f over the tokens.
    fn sum(&self, f: impl Fn(&Token) -> f64) -> f64 {
        struct Tokens<'a, F>(&'a [Token], F);
        impl<F: Fn(&Token) -> f64> Terms<1> for Tokens<'_, F> {
            #[inline(always)]
            fn at(&self, i: usize) -> [Pair; 1] {
                [[(self.1)(&self.0[i]), 0.0]]
            }
        }
        sums(0, self.tokens.len(), &Tokens(&self.tokens, f))[0][0]
    }

    /// Makes mantissas of the probabilities, where a logit is far below the largest, and returns the exponents.
    #[cold]
    fn scale(&mut self, h: &[f64], shift: f64, inverse: f64) -> Vec<i64> {
        let scaled = self.tokens.iter_mut().zip(h).map(|(token, h)| {
            let (mantissa, exponent) = scaled_exp(h - shift);
            token.p = mantissa * inverse;
            exponent
        });
        scaled.collect()
    }
}

/// The largest difference of two numbers of a list.
fn extent(x: &[f64]) -> f64 {
    let (low, high) = x.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| (low.min(x), high.max(x)));
    (high - low).max(0.0)
}

/// Place for the logits of one row.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    h: Vec<f64>,
    a: Vec<f64>,
    c: Vec<f64>,
}

impl Draft {
    /// Has `logits` write h, a and c of `vocabulary` tokens over zeros, and makes the row of them.
    fn fill(
        &mut self,
        vocabulary: u32,
        row: &mut Row,
        logits: impl FnOnce(&mut [f64], &mut [f64], &mut [f64]),
    ) -> Result<(), Error> {
        for list in [&mut self.h, &mut self.a, &mut self.c] {
            list.clear();
            list.resize(vocabulary as usize, 0.0);
        }
        logits(&mut self.h, &mut self.a, &mut self.c);
        row.set(&self.h, &self.a, &self.c)
    }
}

/// A token-level policy on a line: [`ByPrefix`] or [`Table`], and nothing else, as the rows of tokens are made by them.
pub trait Rows: Source {}

impl<S: Source> Rows for S {}

/// What a walk asks of a policy: the row of tokens after every prefix.
pub trait Source: Sync {
    /// Whether all rows are there already, and those after prefixes of one length with one last token are equal.
    const BY_LAST_TOKEN: bool = false;

    /// The response space.
    fn shape(&self) -> Shape;

    /// The largest differences in rows that are there already.
    fn spread(&self) -> Spread {
        Spread::default()
    }

    /// Whether there are no rows but those made of what [`Source::write`] writes.
    const WRITTEN: bool = false;

    /// Writes logit, slope and curvature of every token after `prefix` over zeros.
    fn write(&self, prefix: &[u32], h: &mut [f64], a: &mut [f64], c: &mut [f64]) {
        let _ = (prefix, h, a, c);
    }

    /// Makes the row after `prefix`, if it is not there already; returns whether it did.
    ///
    /// # Errors
    /// Logits that are no numbers, with the prefix.
    fn prepare(&self, prefix: &[u32], draft: &mut Draft, row: &mut Row) -> Result<bool, Error> {
        if Self::WRITTEN {
            let made = draft.fill(self.shape().vocabulary, row, |h, a, c| self.write(prefix, h, a, c));
            made.map_err(|e| at_prefix(e, prefix))?;
        }
        Ok(Self::WRITTEN)
    }

    /// The row after `prefix`; `prepared` is what [`Source::prepare`] made for it.
    fn row<'a>(&'a self, prefix: &[u32], prepared: &'a Row) -> &'a Row;
}

/// An error in the logits after a prefix.
pub(super) fn at_prefix(error: Error, prefix: &[u32]) -> Error {
    error.at(format!("prefix {prefix:?}"))
}

/// Whether a space can be walked through.
fn check(shape: Shape) -> Result<(), Error> {
    let Shape { vocabulary, max_length, .. } = shape;
    if vocabulary == 0 || max_length == 0 {
        return Err(Error::new(format!("vocabulary {vocabulary} and maximal length {max_length} must be at least 1")));
    }
    if max_length > MAX_LENGTH {
        return Err(Error::new(format!("maximal length {max_length}, expected at most {MAX_LENGTH}")));
    }
    let tokens = u64::from(vocabulary) * u64::from(max_length);
    if tokens > MAX_TOKENS {
        let sizes = format!("vocabulary {vocabulary} times maximal length {max_length}");
        return Err(Error::new(format!("{sizes} is {tokens}, expected at most {MAX_TOKENS}")));
    }
    Ok(())
}

/// A policy whose logits depend on the whole prefix: `logits(prefix, h, a, c)` writes the logit, its slope and its curvature
/// along the line for every token of the vocabulary. All three are 0 before.
///
/// It is asked once for every prefix that is continued, on several threads, and once more where a probability or a mass below is
/// so small that it needs an exponent; V − 1 exponentials each time. With two to four tokens eight prefixes are computed with
/// side by side.
#[derive(Clone, Debug)]
pub struct ByPrefix<F> {
    shape: Shape,
    logits: F,
}

impl<F: Fn(&[u32], &mut [f64], &mut [f64], &mut [f64]) + Sync> ByPrefix<F> {
    /// The policy on the responses of `shape`. `logits` writes V numbers into each of its three slices.
    ///
    /// # Errors
    /// V = 0, T∞ = 0, T∞ above [`MAX_LENGTH`], or T∞ · V above [`MAX_TOKENS`].
    pub fn new(shape: Shape, logits: F) -> Result<ByPrefix<F>, Error> {
        check(shape)?;
        Ok(ByPrefix { shape, logits })
    }
}

impl<F: Fn(&[u32], &mut [f64], &mut [f64], &mut [f64]) + Sync> Source for ByPrefix<F> {
    fn shape(&self) -> Shape {
        self.shape
    }
    const WRITTEN: bool = true;
    #[inline(always)]
    fn write(&self, prefix: &[u32], h: &mut [f64], a: &mut [f64], c: &mut [f64]) {
        (self.logits)(prefix, h, a, c);
    }
    #[inline]
    fn row<'a>(&'a self, _: &[u32], prepared: &'a Row) -> &'a Row {
        prepared
    }
}

/// A policy whose logits depend on the position and the last token alone: all T∞ · V rows are made once.
#[derive(Clone, Debug)]
pub struct Table {
    shape: Shape,
    /// Row position · V + last token; at position 0 the first alone.
    rows: Vec<Row>,
}

impl Table {
    /// The policy on the responses of `shape`: `logits(position, last, h, a, c)` writes logit, slope and curvature of every
    /// token after `position` tokens of which `last` is the last one; 0 for the empty prefix. All three are 0 before.
    ///
    /// # Errors
    /// As [`ByPrefix::new`]; T∞ · V² above 2⁶ times [`MAX_TOKENS`]; logits that are no numbers, with their place.
    pub fn new(shape: Shape, logits: impl Fn(u32, u32, &mut [f64], &mut [f64], &mut [f64])) -> Result<Table, Error> {
        check(shape)?;
        let Shape { vocabulary, max_length, ending } = shape;
        let entries = u64::from(max_length) * u64::from(vocabulary).pow(2);
        if entries > MAX_TOKENS << 6 {
            return Err(Error::new(format!("a table of {entries} logits, expected at most {}", MAX_TOKENS << 6)));
        }
        let (mut rows, mut draft) = (Vec::new(), Draft::default());
        let first = u32::from(ending != Ending::Fixed);
        let chosen = if ending == Ending::Eos { max_length - 1 } else { max_length };
        for position in 0..chosen {
            for last in 0..if position == 0 { 1 } else { vocabulary } {
                let mut row = Row::default();
                if position == 0 || last >= first {
                    let made = draft.fill(vocabulary, &mut row, |h, a, c| logits(position, last, h, a, c));
                    made.map_err(|e| e.at(format!("position {position} after token {last}")))?;
                }
                rows.push(row);
            }
        }
        Ok(Table { shape, rows })
    }
}

impl Source for Table {
    const BY_LAST_TOKEN: bool = true;

    fn shape(&self) -> Shape {
        self.shape
    }
    fn spread(&self) -> Spread {
        self.rows.iter().fold(Spread::default(), |top, row| top.max(row.spread))
    }
    #[inline]
    fn row<'a>(&'a self, prefix: &[u32], _: &'a Row) -> &'a Row {
        match prefix {
            [] => &self.rows[0],
            [.., last] => &self.rows[1 + (prefix.len() - 1) * self.shape.vocabulary as usize + *last as usize],
        }
    }
}
