//! Asking the reward.

use crate::number::vectorised;
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

/// Prefixes of one length, at most, whose responses are asked about in one loop.
pub(super) const GROUP: usize = 81;
/// Their last tokens: for each of the last places of the prefix, from the first such place on, the tokens of all prefixes.
pub(super) type Varied = [[u32; GROUP]; VARIED];
/// How many places that is.
pub(super) const VARIED: usize = 4;

/// The answers below prefixes of a group: sixteen bits for each of tokens 0 and 1, and for 2 and 3. (As pairs they would become
/// lanes of 64 bits, half as many in a register.)
pub(super) type Found = [[u32; GROUP]; 2];

/// Asks, for each of `count` prefixes two levels above last rows, about all responses below; what is found are for each
/// token that goes on sixteen bits: that about token t after token s in bit N·s + t, and about the EOS after the token,
/// where it may follow, in bit 0; the answer about the response that ends at once is that of token 0.
///
/// Where the response is short, its length is known to the compiler, which then shares between responses what the reward
/// does with their common prefix, and asks about several prefixes at once, in the lanes of registers. The prefixes have
/// `depth` tokens; all but the last ones are in the path.
#[inline(always)]
pub(super) fn ask_blocks<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool>(
    path: &mut [u32],
    shape: Shape,
    depth: usize,
    varied: &Varied,
    count: usize,
    reward: &R,
    found: &mut Found,
) {
    macro_rules! by_length {
        ($($length:literal)*) => {
            match (shape.max_length, shape.ending == Ending::Eos) {
                $(($length, false) => blocks::<R, N, ENDS, $length>(path, varied, count, reward, found),)*
                (_, forced) => {
                    for k in 0..count.min(GROUP) {
                        place(path, depth, varied, k);
                        [found[0][k], found[1][k]] = block::<R, N, ENDS>(path, forced, depth, reward);
                    }
                }
            }
        };
    }
    by_length!(9 10 11 12 13 14 15 16)
}

/// Asks, for each of `found.len()` prefixes of `depth` tokens, about the response that ends with token 0 behind it.
#[inline(always)]
pub(super) fn ask_ends<R: Fn(&[u32]) -> bool>(
    path: &mut [u32],
    depth: usize,
    varied: &Varied,
    reward: &R,
    found: &mut [u32],
) {
    macro_rules! by_length {
        ($($length:literal)*) => {
            match depth + 1 {
                $($length => ends::<R, $length>(path, varied, reward, found),)*
                _ => {
                    for (k, found) in found.iter_mut().enumerate() {
                        place(path, depth, varied, k);
                        *found = u32::from(ask(path, false, depth, 0, reward));
                    }
                }
            }
        };
    }
    by_length!(7 8 9 10 11 12 13)
}

/// Prefixes of as many subtrees are asked about at once.
pub(super) const TOGETHER: usize = 8;

/// [`ask_blocks`] for `count` prefixes whose tokens stand in `places`, those of each in a lane of its own. `path` has place for
/// the longest response.
#[inline(always)]
pub(super) fn ask_in_lanes<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool>(
    places: &[[u32; TOGETHER]],
    path: &mut [u32],
    shape: Shape,
    count: usize,
    reward: &R,
    found: &mut [[u32; TOGETHER]; 2],
) {
    macro_rules! by_length {
        ($($length:literal)*) => {
            match (shape.max_length, shape.ending == Ending::Eos) {
                $(($length, false) if count == TOGETHER => in_lanes::<R, N, ENDS, $length>(places, reward, found),)*
                (_, forced) => {
                    for k in 0..count.min(TOGETHER) {
                        for (token, place) in path.iter_mut().zip(places) {
                            *token = place[k];
                        }
                        [found[0][k], found[1][k]] = block::<R, N, ENDS>(path, forced, places.len(), reward);
                    }
                }
            }
        };
    }
    by_length!(9 10 11 12 13 14 15 16)
}

/// [`ask_in_lanes`] where the longest responses have L tokens.
#[inline(never)]
fn in_lanes<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool, const L: usize>(
    places: &[[u32; TOGETHER]],
    reward: &R,
    [low, high]: &mut [[u32; TOGETHER]; 2],
) {
    vectorised(
        #[inline(always)]
        || {
            // The loop is vectorised only if nothing in it can fail and all that it reads and writes is its own.
            let (mut begun, mut found) = ([[0; TOGETHER]; L], [[0; TOGETHER]; 2]);
            begun[..L - 3].copy_from_slice(&places[..L - 3]);
            for k in 0..TOGETHER {
                let mut tokens = [0; L];
                for place in 0..L - 3 {
                    tokens[place] = begun[place][k];
                }
                [found[0][k], found[1][k]] = block::<R, N, ENDS>(&mut tokens, false, L - 3, reward);
            }
            [*low, *high] = found;
        },
    );
}

/// Writes the last tokens of a prefix into the path.
#[inline(always)]
fn place(path: &mut [u32], depth: usize, varied: &Varied, k: usize) {
    let places = depth.min(VARIED);
    for (token, varied) in path[depth - places..depth].iter_mut().zip(&varied[VARIED - places..]) {
        *token = varied[k];
    }
}

/// L tokens of which those of a prefix of `depth` tokens are as in the path, but for the last ones, which vary.
#[inline(always)]
fn begin<const L: usize>(path: &[u32], depth: usize) -> [u32; L] {
    let mut tokens = [0; L];
    tokens[..depth - VARIED].copy_from_slice(&path[..depth - VARIED]);
    tokens
}

/// [`ask_blocks`] where the longest responses have L tokens.
#[inline(never)]
fn blocks<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool, const L: usize>(
    path: &[u32],
    varied: &Varied,
    count: usize,
    reward: &R,
    [low, high]: &mut Found,
) {
    let begun: [u32; L] = begin(path, L - 3);
    vectorised(
        #[inline(always)]
        || {
            for k in 0..count.min(GROUP) {
                let mut tokens = begun;
                for place in 0..VARIED {
                    tokens[L - 3 - VARIED + place] = varied[place][k];
                }
                [low[k], high[k]] = block::<R, N, ENDS>(&mut tokens, false, L - 3, reward);
            }
        },
    );
}

/// [`ask_ends`] about responses of L tokens.
#[inline(never)]
fn ends<R: Fn(&[u32]) -> bool, const L: usize>(path: &[u32], varied: &Varied, reward: &R, found: &mut [u32]) {
    let begun: [u32; L] = begin(path, L - 1);
    vectorised(
        #[inline(always)]
        || {
            for (k, found) in found.iter_mut().enumerate().take(GROUP) {
                let mut tokens = begun;
                for place in 0..VARIED {
                    tokens[L - 1 - VARIED + place] = varied[place][k];
                }
                *found = u32::from(reward(&tokens));
            }
        },
    );
}

/// All responses below a prefix, where responses may end early, or not, by an EOS that is forced or not. No loop but over the last
/// token: the compiler is to have unrolled them all before it looks for loops to vectorise.
#[inline(always)]
fn block<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool>(
    path: &mut [u32],
    forced: bool,
    depth: usize,
    reward: &R,
) -> [u32; 2] {
    let first = match ENDS {
        true => u32::from(ask(path, false, depth, 0, reward)),
        false => below::<R, N, ENDS>(path, forced, depth, 0, reward),
    };
    let mut sets = [first, 0];
    if N > 1 {
        sets[0] |= below::<R, N, ENDS>(path, forced, depth, 1, reward) << 16;
    }
    if N > 2 {
        sets[1] |= below::<R, N, ENDS>(path, forced, depth, 2, reward);
    }
    if N > 3 {
        sets[1] |= below::<R, N, ENDS>(path, forced, depth, 3, reward) << 16;
    }
    sets
}

/// The set of answers below a token of a block.
#[inline(always)]
fn below<R: Fn(&[u32]) -> bool, const N: usize, const ENDS: bool>(
    path: &mut [u32],
    forced: bool,
    depth: usize,
    token: u32,
    reward: &R,
) -> u32 {
    path[depth] = token;
    let mut set = match ENDS {
        true => u32::from(ask(path, false, depth + 1, 0, reward)),
        false => row::<R, N>(path, forced, depth + 1, 0, reward),
    };
    if N > 1 {
        set |= row::<R, N>(path, forced, depth + 1, 1, reward) << N;
    }
    if N > 2 {
        set |= row::<R, N>(path, forced, depth + 1, 2, reward) << (2 * N);
    }
    if N > 3 {
        set |= row::<R, N>(path, forced, depth + 1, 3, reward) << (3 * N);
    }
    set
}

/// The set of answers below a token of a block after another one.
#[inline(always)]
fn row<R: Fn(&[u32]) -> bool, const N: usize>(path: &mut [u32], forced: bool, depth: usize, token: u32, reward: &R) -> u32 {
    path[depth] = token;
    let mut set = 0;
    for token in 0..N as u32 {
        set |= u32::from(ask(path, forced, depth + 1, token, reward)) << token;
    }
    set
}
