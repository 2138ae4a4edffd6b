//! Asking the reward.

use super::row::FEW;
use crate::policy::{Ending, Shape};

/// How many of the bits of a number are 1.
pub(super) const ONES: [u8; 1 << FEW] = {
    let (mut ones, mut set) = ([0; 1 << FEW], 0);
    while set < ones.len() {
        ones[set] = set.count_ones() as u8;
        set += 1;
    }
    ones
};

/// Asks about the response that begins with `path` and ends with `token` at `depth`, or with the EOS forced behind it.
#[inline(always)]
fn ask<R: Fn(&[u32]) -> bool>(path: &mut [u32], forced: bool, depth: usize, token: u32, reward: &R) -> bool {
    path[depth] = token;
    let behind = usize::from(forced && token > 0);
    if behind > 0 {
        path[depth + 1] = 0;
    }
    reward(&path[..depth + 1 + behind])
}

/// L tokens, all but the last one as in the path, of which `last` is the latest: it comes in a register, as memory that was
/// just written in part is slow to read as a whole.
#[inline(always)]
fn begun<const L: usize>(path: &[u32], last: u32) -> [u32; L] {
    let mut tokens = [0; L];
    if L > 2 {
        tokens[..L - 2].copy_from_slice(&path[..L - 2]);
    }
    if L > 1 {
        tokens[L - 2] = last;
    }
    tokens
}

/// Asks about every token; returns how many answers are yes.
#[inline(never)]
pub(super) fn ask_all<R: Fn(&[u32]) -> bool>(
    path: &mut [u32],
    shape: Shape,
    depth: usize,
    reward: &R,
    answers: &mut [bool],
) -> u64 {
    let mut count = 0;
    for (token, answer) in (0..shape.vocabulary).zip(answers) {
        *answer = ask(path, shape.ending == Ending::Eos, depth, token, reward);
        count += u64::from(*answer);
    }
    count
}

/// Asks about each of N tokens; returns the set of those whose answer is yes, bit by bit. `last` is the
/// token before.
///
/// Where the response is short, its length is known to the compiler, which then shares between these responses what the
/// reward does with their common prefix.
#[inline(never)]
pub(super) fn ask_few<R: Fn(&[u32]) -> bool, const N: usize>(
    path: &mut [u32],
    shape: Shape,
    depth: usize,
    last: u32,
    reward: &R,
) -> usize {
    macro_rules! by_length {
        ($($length:literal)*) => {
            match (shape.max_length, shape.ending == Ending::Eos) {
                $(($length, false) => {
                    let mut tokens: [u32; $length] = begun(path, last);
                    (0..N).fold(0, |set, token| {
                        set | usize::from(ask(&mut tokens, false, $length - 1, token as u32, reward)) << token
                    })
                })*
                (_, forced) => {
                    (0..N).fold(0, |set, token| set | usize::from(ask(path, forced, depth, token as u32, reward)) << token)
                }
            }
        };
    }
    by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

/// Asks about the token 0 alone; `last` is the token before.
#[inline(never)]
pub(super) fn ask_end<R: Fn(&[u32]) -> bool>(path: &mut [u32], depth: usize, last: u32, reward: &R) -> bool {
    macro_rules! by_length {
        ($($length:literal)*) => {
            match depth + 1 {
                $($length => {
                    let mut tokens: [u32; $length] = begun(path, last);
                    ask(&mut tokens, false, $length - 1, 0, reward)
                })*
                _ => ask(path, false, depth, 0, reward),
            }
        };
    }
    by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}
