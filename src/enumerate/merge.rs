//! The summary of a subtree, and how those below the tokens of one row become that of their prefix.

use super::row::{Row, Token};

/// The same of O⁻ and of O⁺, computed with side by side.
pub(super) type Pair = [f64; 2];

/// A mass below 2⁻²⁵⁶ is multiplied by 2²⁵⁶, and its exponent lowered by as much.
const STEP: i64 = 256;
const STEP_UP: f64 = power_of_two(STEP);
/// The least mass that is kept as it is, 2⁻²⁵⁶.
pub(super) const LEAST: f64 = power_of_two(-STEP);

/// 2ᵏ for −1022 ≤ k ≤ 1023.
const fn power_of_two(k: i64) -> f64 {
    f64::from_bits(((k + 1023) as u64) << 52)
}

/// 2ᵏ for k ≤ 0; 0 below 2⁻¹⁰²².
pub(super) fn shrink(k: i64) -> f64 {
    if k < -1022 { 0.0 } else { power_of_two(k.min(0)) }
}

/// What is known of the responses below a prefix, given the prefix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Their mass, up to the power of two: 0, or from 2⁻²⁵⁶ to 2.
    pub mass: Pair,
    /// Which power.
    pub exponent: [i64; 2],
    /// The mean of their scores from here on.
    pub mean: Pair,
    /// The variance of these.
    pub variance: Pair,
    /// The mean of their second derivatives from here on.
    pub curvature: Pair,
}

/// The weights of the two sides in an answer of the reward.
pub(super) const SIDES: [Pair; 2] = [[1.0, 0.0], [0.0, 1.0]];

impl Summary {
    /// One response that ends here.
    pub fn leaf(correct: bool) -> Summary {
        Summary { mass: SIDES[usize::from(correct)], ..Summary::default() }
    }

    /// Whether its masses have exponents.
    #[inline(always)]
    pub fn is_scaled(&self) -> bool {
        self.exponent[0] | self.exponent[1] != 0
    }
}

/// What stands below the tokens of a row.
trait Below {
    /// Whether something follows the tokens.
    const INNER: bool;
    /// The mass of each side through a token, given the prefix (up to the exponent of the side).
    fn weight(&self, token: usize, p: f64) -> Pair;
    /// Mean score, variance and mean curvature of what follows a token.
    fn rest(&self, token: usize) -> [Pair; 3];
}

/// Every token ends a response; what the answers of the reward weigh. (Known to the compiler, [`SIDES`] would become a dozen
/// instructions.)
struct Leaves<'a>(&'a [bool], &'a [Pair; 2]);

impl Below for Leaves<'_> {
    const INNER: bool = false;
    #[inline(always)]
    fn weight(&self, token: usize, p: f64) -> Pair {
        self.1[usize::from(self.0[token])].map(|side| p * side)
    }
    #[inline(always)]
    fn rest(&self, _: usize) -> [Pair; 3] {
        [[0.0; 2]; 3]
    }
}

/// Prefixes stand below. With `READY`, their masses are already weights.
struct Prefixes<F, const READY: bool>(F);

impl<'a, F: Fn(usize) -> &'a Summary, const READY: bool> Below for Prefixes<F, READY> {
    const INNER: bool = true;
    #[inline(always)]
    fn weight(&self, token: usize, p: f64) -> Pair {
        let mass = self.0(token).mass;
        if READY { mass } else { mass.map(|m| p * m) }
    }
    #[inline(always)]
    fn rest(&self, token: usize) -> [Pair; 3] {
        let below = self.0(token);
        [below.mean, below.variance, below.curvature]
    }
}

#[inline(always)]
fn zip(a: Pair, b: Pair, f: impl Fn(f64, f64) -> f64) -> Pair {
    [f(a[0], b[0]), f(a[1], b[1])]
}

/// The most terms that are added up one after the other.
const RUN: usize = 16;

/// How many roundings a term of a sum over so many tokens goes through, at most.
pub(super) fn roundings(mut terms: usize) -> f64 {
    let mut halvings = 0;
    while terms > RUN {
        (terms, halvings) = (terms.div_ceil(2), halvings + 1);
    }
    (terms - 1 + halvings) as f64
}

/// Terms of K pairs of sums. (A closure could not be told to be inlined.)
pub(super) trait Terms<const K: usize> {
    fn at(&self, i: usize) -> [Pair; K];
}

/// The sums of the terms from `from` to `to`, by halves: rounding errors grow with the logarithm of their number.
#[inline(always)]
pub(super) fn sums<const K: usize>(from: usize, to: usize, terms: &impl Terms<K>) -> [Pair; K] {
    if to - from > RUN { by_halves(from, to, terms) } else { in_a_row(from, to, terms) }
}

/// Four terms by pairs, so that two sums do not wait for each other.
#[inline(always)]
fn in_a_row<const K: usize>(from: usize, to: usize, terms: &impl Terms<K>) -> [Pair; K] {
    let mut total = terms.at(from);
    if to - from == 4 {
        let mut others = terms.at(from + 2);
        add(&mut total, terms.at(from + 1));
        add(&mut others, terms.at(from + 3));
        add(&mut total, others);
        return total;
    }
    for i in from + 1..to {
        add(&mut total, terms.at(i));
    }
    total
}

#[inline(always)]
fn add<const K: usize>(total: &mut [Pair; K], term: [Pair; K]) {
    for k in 0..K {
        total[k] = zip(total[k], term[k], |x, y| x + y);
    }
}

#[inline(never)]
fn by_halves<const K: usize>(from: usize, to: usize, terms: &impl Terms<K>) -> [Pair; K] {
    if to - from <= RUN {
        return in_a_row(from, to, terms);
    }
    let middle = from + (to - from) / 2;
    let (left, right) = (by_halves(from, middle, terms), by_halves(middle, to, terms));
    std::array::from_fn(|k| zip(left[k], right[k], |x, y| x + y))
}

/// A row with what stands below.
struct Sides<'a, B> {
    tokens: &'a [Token],
    below: B,
}

impl<B: Below> Sides<'_, B> {
    #[inline(always)]
    fn weight(&self, i: usize) -> Pair {
        self.below.weight(i, self.tokens[i].p)
    }
    /// The mean score of each side through a token.
    #[inline(always)]
    fn place(&self, i: usize) -> Pair {
        let (score, rest) = (self.tokens[i].score, self.below.rest(i));
        if B::INNER { zip([score; 2], rest[0], |x, y| x + y) } else { [score; 2] }
    }
}

/// wᵢ and wᵢxᵢ.
struct Means<'a, 'b, B>(&'b Sides<'a, B>);
impl<B: Below> Terms<2> for Means<'_, '_, B> {
    #[inline(always)]
    fn at(&self, i: usize) -> [Pair; 2] {
        let weight = self.0.weight(i);
        [weight, zip(weight, self.0.place(i), |w, x| w * x)]
    }
}

/// wᵢ {vᵢ + (xᵢ − mean)²}.
struct Variances<'a, 'b, B>(&'b Sides<'a, B>, Pair);
impl<B: Below> Terms<1> for Variances<'_, '_, B> {
    #[inline(always)]
    fn at(&self, i: usize) -> [Pair; 1] {
        let square = zip(self.0.place(i), self.1, |x, mean| (x - mean) * (x - mean));
        let spread = if B::INNER { zip(square, self.0.below.rest(i)[1], |x, y| x + y) } else { square };
        [zip(self.0.weight(i), spread, |w, x| w * x)]
    }
}

/// wᵢcᵢ.
struct Curvatures<'a, 'b, B>(&'b Sides<'a, B>);
impl<B: Below> Terms<1> for Curvatures<'_, '_, B> {
    #[inline(always)]
    fn at(&self, i: usize) -> [Pair; 1] {
        let (own, rest) = (self.0.tokens[i].curvature, self.0.below.rest(i)[2]);
        [zip(self.0.weight(i), rest, |w, c| w * (own + c))]
    }
}

/// The summary of a prefix from what stands below the tokens of its row; masses times 2^exponent.
///
/// With wᵢ the mass of a side through token i, m = Σ wᵢ, xᵢ its mean score through it, vᵢ and cᵢ variance and mean
/// curvature,
///
/// ```text
/// mean = Σ wᵢxᵢ / m,   variance = Σ wᵢ {vᵢ + (xᵢ − mean)²} / m,   curvature = Σ wᵢcᵢ / m.
/// ```
///
/// Only squares of differences are added up: nothing cancels in a variance. Reference: Chan, Golub and LeVeque, Algorithms
/// for computing the sample variance, The American Statistician 37 (1983), (2.1).
#[inline(always)]
fn merge<B: Below>(row: &Row, below: B, exponent: [i64; 2], count: usize, summary: &mut Summary) {
    let sides = Sides { tokens: &row.tokens[..count], below };
    let [mass, moment] = sums(0, count, &Means(&sides));
    let inverse = mass.map(|m| if m > 0.0 { 1.0 / m } else { 0.0 });
    let mean = zip(moment, inverse, |x, y| x * y);
    let [variance] = sums(0, count, &Variances(&sides, mean));
    let mut curvature = [row.common; 2];
    if B::INNER || !row.straight {
        let [total] = sums(0, count, &Curvatures(&sides));
        curvature = zip(total, inverse, |x, y| x * y + row.common);
    }
    *summary = Summary { mass, exponent, mean, variance: zip(variance, inverse, |x, y| x * y), curvature };
    if mass[0] < LEAST || mass[1] < LEAST {
        summary.normalise();
    }
}

impl Summary {
    /// Brings masses that are too small into their range.
    #[inline(never)]
    fn normalise(&mut self) {
        for (mass, exponent) in self.mass.iter_mut().zip(&mut self.exponent) {
            if *mass == 0.0 {
                *exponent = 0;
            }
            while *mass > 0.0 && *mass < LEAST {
                (*mass, *exponent) = (*mass * STEP_UP, *exponent - STEP);
            }
        }
    }
}

/// The summary of a prefix whose every token ends a response, which is `correct` or not. N is the number of tokens, or 0.
#[inline(always)]
pub(super) fn of_leaves<const N: usize>(row: &Row, correct: &[bool], sides: &[Pair; 2], summary: &mut Summary) {
    if row.exponents.is_some() {
        return of_scaled_leaves(row, correct, summary);
    }
    let count = if N > 0 { N } else { row.tokens.len() };
    merge(row, Leaves(&correct[..count], sides), [0; 2], count, summary);
}

/// The summary of a prefix from those below its tokens; `scaled` if one of these has an exponent.
#[inline(always)]
pub(super) fn of_prefixes<'a, const N: usize>(
    row: &Row,
    below: impl Fn(usize) -> &'a Summary,
    scaled: bool,
    summary: &mut Summary,
) {
    let count = if N > 0 { N } else { row.tokens.len() };
    if scaled || row.exponents.is_some() {
        return of_scaled_prefixes(row, (0..count).map(|token| *below(token)).collect(), summary);
    }
    merge(row, Prefixes::<_, false>(below), [0; 2], count, summary);
}

#[cold]
#[inline(never)]
fn of_scaled_leaves(row: &Row, correct: &[bool], summary: &mut Summary) {
    of_scaled_prefixes(row, correct.iter().map(|&correct| Summary::leaf(correct)).collect(), summary);
}

/// Makes weights of the masses, all of a side with one exponent: the largest of those that are not 0.
///
/// What is lost is below 2⁻⁴⁸⁸ of its side, as masses and mantissas are at least 2⁻²⁵⁶.
#[cold]
#[inline(never)]
fn of_scaled_prefixes(row: &Row, mut below: Vec<Summary>, summary: &mut Summary) {
    let common = [0, 1].map(|side| {
        let mut top = None;
        for (token, summary) in below.iter_mut().enumerate() {
            let (p, exponent) = row.probability(token);
            summary.mass[side] *= p;
            summary.exponent[side] += exponent;
            if summary.mass[side] > 0.0 {
                top = top.max(Some(summary.exponent[side]));
            }
        }
        for summary in below.iter_mut() {
            summary.mass[side] *= shrink(summary.exponent[side] - top.unwrap_or(0));
        }
        top.unwrap_or(0)
    });
    merge(row, Prefixes::<_, true>(|token: usize| &below[token]), common, row.tokens.len(), summary);
}
