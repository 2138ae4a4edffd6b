//! Asking the reward.

use crate::policy::{Ending, Shape};

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

/// Asks about all responses below a prefix two levels above last rows, and returns the answer about the one that ends at
/// once, where it may. For each token that goes on `found` is given the set of answers below it: that about token t after
/// token s in bit N·s + t, and about the EOS after the token, where it may follow, in bit 0.
///
/// As in [`ask_few`], the compiler shares what the reward does with common prefixes, where it knows the length.
#[inline(always)]
pub(super) fn ask_block<R: Fn(&[u32]) -> bool, const N: usize>(
    path: &mut [u32],
    shape: Shape,
    depth: usize,
    reward: &R,
    found: impl FnMut(usize, usize),
) -> bool {
    macro_rules! by_length {
        ($($length:literal)*) => {
            match (shape.max_length, shape.ending) {
                $(($length, Ending::Cut) => {
                    block::<R, N, true>(&mut begin::<$length>(path), false, $length - 3, reward, found)
                }
                ($length, Ending::Fixed) => {
                    block::<R, N, false>(&mut begin::<$length>(path), false, $length - 3, reward, found)
                })*
                (_, Ending::Fixed) => block::<R, N, false>(path, false, depth, reward, found),
                (_, ending) => block::<R, N, true>(path, ending == Ending::Eos, depth, reward, found),
            }
        };
    }
    by_length!(3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

/// L tokens, all but the last three as in the path.
#[inline(always)]
fn begin<const L: usize>(path: &[u32]) -> [u32; L] {
    let mut tokens = [0; L];
    tokens[..L - 3].copy_from_slice(&path[..L - 3]);
    tokens
}

/// [`ask_block`] where responses may end early, or not, by an EOS that is forced or not.
#[inline(always)]
fn block<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool>(
    path: &mut [u32],
    forced: bool,
    depth: usize,
    reward: &R,
    mut found: impl FnMut(usize, usize),
) -> bool {
    let correct = ENDS && ask(path, false, depth, 0, reward);
    // Not a loop: the compiler is to know every token.
    if !ENDS {
        found(0, below::<R, N, ENDS>(path, forced, depth, 0, reward));
    }
    if N > 1 {
        found(1, below::<R, N, ENDS>(path, forced, depth, 1, reward));
    }
    if N > 2 {
        found(2, below::<R, N, ENDS>(path, forced, depth, 2, reward));
    }
    if N > 3 {
        found(3, below::<R, N, ENDS>(path, forced, depth, 3, reward));
    }
    correct
}

/// The set of answers below a token of a block.
#[inline(always)]
fn below<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool>(
    path: &mut [u32],
    forced: bool,
    depth: usize,
    token: u32,
    reward: &R,
) -> usize {
    path[depth] = token;
    let mut set = 0;
    for middle in 0..N {
        if middle == 0 && ENDS {
            set |= usize::from(ask(path, false, depth + 1, 0, reward));
            continue;
        }
        path[depth + 1] = middle as u32;
        for token in 0..N {
            set |= usize::from(ask(path, forced, depth + 2, token as u32, reward)) << (N * middle + token);
        }
    }
    set
}
