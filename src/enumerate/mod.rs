//! Spaces too large to keep: whole-prefix policies, walked through depth first, every response asked about on its tokens.
//!
//! [`policy::Tree`](crate::policy::Tree) keeps all prefixes and responses, up to 2²⁰ of them, and everything that claims
//! need. [`enumerate`] keeps one path. The policy is a function of the prefix ([`ByPrefix`]), or a table by position and
//! last token ([`Table`]); the reward is any function of the tokens; for both sides O∓ come mass, E∓\[s\], Var∓(s), E∓\[H\],
//! the law of the length, and so λ, λ', λ'' ([`Moments`]).
//!
//! # What is computed
//! Below a prefix, given the prefix, let m be the mass of one side and μ, V, c the mean and variance of its scores and the
//! mean of its second derivatives *from here on*. With p, ξ, H of the tokens after the prefix and mᵢ, μᵢ, Vᵢ, cᵢ of what is
//! below them,
//!
//! ```text
//! wᵢ = pᵢmᵢ,   m = Σ wᵢ,   μ = Σ wᵢ(ξᵢ + μᵢ)/m,   V = Σ wᵢ{Vᵢ + (ξᵢ + μᵢ − μ)²}/m,   c = Σ wᵢ(Hᵢ + cᵢ)/m.
//! ```
//!
//! A response that ends is m = 1 on its side. No exponential is taken for a response: V − 1 for a row of tokens, and a [`Table`]
//! makes its rows once. Variances are merged as by Chan, Golub and LeVeque: squares of differences with positive weights,
//! nothing cancels. Each m carries a power of two of its own, so J = 10⁻³⁰⁰⁰ is an ordinary result, as is 1 − J = 10⁻³⁰⁰⁰.
//!
//! # Cost
//! Time: every response is visited, Σ_{t<T}(V−1)^t + (V−1)^T of them if it may end early and is cut at T ([`responses`] says
//! how many beforehand). Memory: O(T·V) for every thread (and T²/2 numbers for lengths, at most T∞ = 1024), beside the
//! policy; a [`Table`] has T·V rows of V tokens. Where it has two to four, what follows from equal answers below prefixes of
//! one length and last token is computed once for each thread, as long as there are few; every response is asked about all
//! the same. That takes less than a megabyte a thread, and V times the numbers for lengths. Of any other policy of two to four
//! tokens every prefix is computed with, eight subtrees at once in the lanes of vector registers, each with the bits that it has
//! alone; that takes 8 V times the numbers for lengths, for T∞ ≤ 64.
//!
//! Subtrees at a depth that the shape alone decides are walked through in parallel and merged in their order: the same bits
//! on any number of threads.
//!
//! # Errors
//! With u = 2⁻⁵³, g the roundings of a sum over a row (at most 15 + ⌈log₂ V⌉), D the largest difference of logits in a row,
//! B of slopes, C of curvatures, and T = T∞, to first order in u,
//!
//! ```text
//! κ = 2D + log V + 2g + 8
//! δ = Tκu                                 log P(O∓), and so |log(P(O⁺) + P(O⁻))|
//! e = uTB{κ + 3 + T(g + 3)},  f = 2e√T
//! 2δσ∓ + e                                E∓[s], where σ∓² = Var∓(s)
//! 3δσ∓² + 2fσ∓ + f²                       Var∓(s)
//! 3δ(T + 2)(2C + B²)                      E∓[H]
//! ```
//!
//! ([`Moments::errors`]). Nothing grows with the number of responses: sums go along the tree, T levels of g roundings, O(T
//! log V). Where it comes from: a probability errs by (2D + g + 6)u, its exponential's argument and the row's sum; a
//! mass gains g + 1 roundings a level. Weights that err by δ change a mean by 2δσ and a variance by 2δσ², whatever the mean
//! is; scores err by (κ+3)Bu a token; means at depth t are at most (T−t)B in size and gain 2g + 6 roundings; of T orthogonal
//! terms of the score each errs by at most 2e.
//!
//! A variance below 2⁻⁵⁰⁰, a length whose share of its side is below 2⁻⁷⁰⁰, may count as 0.
//!
//! # Example
//! Tokens 0 (EOS), 1, 2; the longer the prefix, the likelier EOS; correct is what has as many 1s as 2s.
//!
//! ```
//! use gradient_gap::enumerate::{ByPrefix, enumerate, responses};
//! use gradient_gap::policy::{Ending, Shape};
//!
//! # fn main() -> Result<(), gradient_gap::Error> {
//! let shape = Shape { vocabulary: 3, max_length: 12, ending: Ending::Cut };
//! assert_eq!(responses(shape), Some(8191));
//! let policy = ByPrefix::new(shape, |prefix, logit, slope, _curvature| {
//!     logit[0] = 0.1 * prefix.len() as f64 - 2.0;
//!     slope[1] = 1.0;
//! })?;
//! let balanced = |o: &[u32]| o.iter().filter(|&&t| t == 1).count() == o.iter().filter(|&&t| t == 2).count();
//! let moments = enumerate(&policy, balanced)?;
//! assert_eq!(moments.responses.iter().sum::<u64>(), 8191);
//! assert!(moments.alignment() < 0.0); // along the slope 1s grow more frequent than 2s
//! # Ok(())
//! # }
//! ```

mod answers;
mod ask;
mod kernel;
mod lanes;
mod lengths;
mod lockstep;
mod merge;
mod moments;
mod names;
mod row;
mod side_by_side;
mod walk;

pub use moments::{Errors, Moments};
pub use row::{ByPrefix, MAX_LENGTH, MAX_LOGIT, MAX_SLOPE, MAX_TOKENS, Rows, Table};

use crate::error::Error;
use crate::policy::{Ending, Shape};
use answers::Answers;
use ask::TOGETHER;
use kernel::{Kernel, Width};
use lockstep::{Lockstep, Room};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use walk::{Part, Walker, bottom, first, frames};

/// Subtrees that are walked through separately, at least, where the tree has so many.
const SUBTREES: usize = 128;

/// The depth of the subtrees, at least so many if they are not deeper than `deepest`, and how many there are: a matter of the
/// shape alone.
fn split(shape: Shape, deepest: usize, least: usize) -> (usize, usize) {
    let branches = (shape.vocabulary - first(shape)) as usize;
    let (mut depth, mut count) = (0, 1);
    while depth < deepest && count < least && branches > 1 {
        (depth, count) = (depth + 1, count * branches);
    }
    (depth, count)
}

/// How many responses a space has: V^T if all are equally long, else Σ_{t<T}(V−1)^t and, where they are cut, (V−1)^T more.
/// `None` beyond 2¹²⁸, or for V = 0 or T∞ = 0.
pub fn responses(shape: Shape) -> Option<u128> {
    let Shape { vocabulary, max_length, ending } = shape;
    if vocabulary == 0 || max_length == 0 {
        return None;
    }
    let (all, others) = (u128::from(vocabulary), u128::from(vocabulary - 1));
    match (ending, others) {
        (Ending::Fixed, _) => all.checked_pow(max_length),
        (Ending::Eos, 0) | (Ending::Cut, 0) => Some(1),
        (Ending::Eos, 1) => Some(u128::from(max_length)),
        (Ending::Cut, 1) => Some(u128::from(max_length) + 1),
        (Ending::Eos, _) => Some((others.checked_pow(max_length)? - 1) / (others - 1)),
        (Ending::Cut, _) => {
            let longest = others.checked_pow(max_length)?;
            longest.checked_add((longest - 1) / (others - 1))
        }
    }
}

/// Visits every response of the policy, asks `reward` about its tokens (EOS included, where there is one), and returns the
/// moments of both sides.
///
/// The reward is called from several threads. A space is walked through whatever its size: see [`responses`].
///
/// # Errors
/// Logits that are no numbers, with their prefix; of several always the same one.
pub fn enumerate<S: Rows, R: Fn(&[u32]) -> bool + Sync>(policy: &S, reward: R) -> Result<Moments, Error> {
    let (rows, reward) = (policy, &reward);
    let part = match policy.shape().vocabulary {
        2 => few::<S, R, 2>(rows, reward),
        3 => few::<S, R, 3>(rows, reward),
        4 => few::<S, R, 4>(rows, reward),
        _ => one_by_one::<S, R, 0>(rows, reward),
    }?;
    Ok(Moments::new(policy.shape(), part))
}

/// All subtrees, then the tree above them, with few tokens.
fn few<S: Rows, R: Fn(&[u32]) -> bool + Sync, const N: usize>(rows: &S, reward: &R) -> Result<Part, Error>
where
    Width<N>: Kernel<N>,
{
    let shape = rows.shape();
    if S::BY_LAST_TOKEN {
        if bottom(shape) >= 2 {
            let (depth, count) = split(shape, bottom(shape) - 2, SUBTREES);
            let parts = subtrees(shape, depth, count, 1, || {
                let mut answers = Answers::<S, R, N>::new(rows, reward, depth);
                move |prefixes: &[Vec<u32>]| Ok(prefixes.iter().map(|prefix| answers.subtree(prefix)).collect())
            });
            return above::<S, R, N>(rows, reward, depth, parts?);
        }
    } else if S::WRITTEN && Lockstep::<S, R, N>::suits(shape) {
        let (depth, count) = split(shape, bottom(shape) - 2, 2 * SUBTREES);
        let parts = subtrees(shape, depth, count, TOGETHER, || {
            let (mut walker, mut room) = (Lockstep::<S, R, N>::new(rows, reward), Room::new(shape, depth));
            move |prefixes: &[Vec<u32>]| walker.subtrees(prefixes, &mut room)
        });
        let (mut parts, mut walker) = (parts?, Lockstep::<S, R, N>::new(rows, reward));
        // The tree above them, level by level.
        for depth in (0..depth).rev() {
            let branches = N - first(shape) as usize;
            let mut above = Vec::with_capacity(parts.len() / branches);
            let mut prefixes = vec![vec![0; depth]; TOGETHER];
            for (group, parts) in parts.chunks(TOGETHER * branches).enumerate() {
                let prefixes = &mut prefixes[..parts.len() / branches];
                let numbers = TOGETHER * group..;
                numbers.zip(prefixes.iter_mut()).for_each(|(number, prefix)| go_to(shape, number, prefix));
                above.extend(walker.join(prefixes, parts)?);
            }
            parts = above;
        }
        if let Some(whole) = parts.pop() {
            return Ok(whole); // the only one, of the empty prefix
        }
    }
    one_by_one::<S, R, N>(rows, reward)
}

/// The same prefix by prefix, with any number of tokens (then N is 0).
fn one_by_one<S: Rows, R: Fn(&[u32]) -> bool + Sync, const N: usize>(rows: &S, reward: &R) -> Result<Part, Error> {
    let shape = rows.shape();
    if shape.ending == Ending::Eos && shape.max_length == 1 {
        return Ok(Part::forced(reward(&[0])));
    }
    let deepest = bottom(shape);
    let (depth, count) = split(shape, deepest, SUBTREES);
    let parts = subtrees(shape, depth, count, 1, || {
        let (mut walker, mut frames) = (Walker::<S, R, N>::new(rows, reward), frames(shape, depth, deepest));
        move |prefixes: &[Vec<u32>]| prefixes.iter().map(|prefix| walker.subtree(prefix, &mut frames)).collect()
    });
    above::<S, R, N>(rows, reward, depth, parts?)
}

/// The tree above subtrees at this depth.
fn above<S: Rows, R: Fn(&[u32]) -> bool, const N: usize>(
    rows: &S,
    reward: &R,
    depth: usize,
    parts: Vec<Part>,
) -> Result<Part, Error> {
    Walker::<S, R, N>::new(rows, reward).top(depth, parts.into_iter(), &mut frames(rows.shape(), 0, depth))
}

/// Makes a prefix the one of this number among those of its length that go on.
fn go_to(shape: Shape, number: usize, prefix: &mut [u32]) {
    let (branches, mut left) = ((shape.vocabulary - first(shape)) as usize, number);
    for token in prefix.iter_mut().rev() {
        (*token, left) = ((left % branches) as u32 + first(shape), left / branches);
    }
}

/// All subtrees at this depth in their order; every thread has its walker, which finds what is below some prefixes, `together`
/// of them at once.
fn subtrees<W: FnMut(&[Vec<u32>]) -> Result<Vec<Part>, Error>>(
    shape: Shape,
    depth: usize,
    count: usize,
    together: usize,
    walker_of: impl Fn() -> W + Sync,
) -> Result<Vec<Part>, Error> {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let thread = || {
        let (mut walker, mut prefixes, mut parts) = (None, vec![vec![0; depth]; together], vec![]);
        loop {
            let index = next.fetch_add(together, Ordering::Relaxed);
            if index >= count || failed.load(Ordering::Relaxed) < index {
                return parts; // after an error only what is before it is of interest
            }
            let prefixes = &mut prefixes[..together.min(count - index)];
            for (number, prefix) in (index..).zip(prefixes.iter_mut()) {
                go_to(shape, number, prefix);
            }
            let found = walker.get_or_insert_with(&walker_of)(prefixes);
            if found.is_err() {
                failed.fetch_min(index, Ordering::Relaxed);
            }
            parts.push((index, found));
        }
    };
    // The thread that is here begins at once, the others when they are awake.
    let others = Mutex::new(vec![]);
    let mut parts = rayon::in_place_scope(|scope| {
        for _ in 1..rayon::current_num_threads().min(count.div_ceil(together)) {
            scope.spawn(|_| {
                let parts = thread();
                others.lock().unwrap_or_else(PoisonError::into_inner).extend(parts);
            });
        }
        thread()
    });
    parts.extend(others.into_inner().unwrap_or_else(PoisonError::into_inner));
    parts.sort_unstable_by_key(|(index, _)| *index);
    let mut all = Vec::with_capacity(parts.len() * together); // growing would move them again and again
    for (_, parts) in parts {
        all.extend(parts?);
    }
    Ok(all)
}
