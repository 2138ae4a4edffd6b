//! The job `tree` against what this machine can do, measured in the same run: f64 operations a second, bytes a second from
//! memory, exponentials a second, and answers of the job's reward a second, on all cores; each peak compiled for the target
//! and for the widest vector registers, the faster of the two.
//!
//! Three jobs: the policy as a function of the prefix, of which nothing is computed for two prefixes at once; and as a table, with
//! two rewards: the job's, which has a pattern, and a hash of the tokens, which has none. Rewards are asked on every response;
//! the first leaves few different answers below prefixes of one length and last token, the second only below prefixes one and two
//! levels above last rows; what follows from equal answers of a table is computed once for each thread.
//!
//! What a response needs, counted for V = 4, T∞ = 13, where 3^t prefixes have t tokens, and 2 391 484 responses ("leaves"). A
//! prefix of 12 − h tokens is at height h, those before last rows at height 0. An operation is an addition, multiplication,
//! minimum or maximum, not fused, which would change bits; what is done with zeros, a change of sign, or a second time is not counted.
//! Those inside exponentials are counted apart: 19 multiplications and 17 additions each. So are divisions, whose peak is far lower.
//!
//! As a function of the prefix, for each of the (3^13 − 1)/2 prefixes:
//!
//! - exponentials: V − 1 = 3; memory: none, rows are used when they are made;
//! - what is written: extents of logits and of slopes 12 + 2, the largest so far 2, limits 7, differences 6;
//! - probabilities and scores: sum 3, a division, products 3, mean 5, scores 3, second moment 11;
//! - last rows, for each side: weights 4, mass 3, moment 7, a division and its limit 1, mean 1, variance 15 + 1;
//! - others, for each side, a response ending with token 0: weights 4, mass 3, means 3, moment 7, curvature 5, a division and its
//!   limit 1, mean 1, variance 18 + 1, curvature 2; masses by length: for each side and length below 3 products and 2 sums, of which
//!   the products are weights at height 1; which side the response is on 1.
//!
//! As a table:
//!
//! - a merge of one prefix as above, and lengths 4 for each of V − 1 prefixes below and each of their h lengths;
//! - merges: 121 above the subtrees of 5 tokens; below, the job's reward has 9 cases at every height, by last token and sum
//!   modulo 3, for each thread; the hash has what `HASHED` says, counted on one thread: all prefixes from height 4 on, but
//!   few different answers below those of heights 1 and 2;
//! - last rows: 48 summaries a thread, of 62 operations each; two divisions a summary, as a merge;
//! - exponentials: 4 for each of 49 rows; memory: rows, and for each thread its tables of names, of which the hash fills
//!   all.
//!
//! For all:
//!
//! - rewards: one a leaf. The peak is that of a loop over prefixes with nothing done but to keep the answers about the 40
//!   responses below each as bits: the compiler shares what the reward does with common prefixes, and asks about several
//!   prefixes at once in the lanes of registers, as in the walk;
//! - instructions (to ask, to look names up, to go from prefix to prefix): no program can count its own, so
//!   `benches/instructions.sh` has valgrind do it, for the walk and for the loop that is their peak, and hands the counts over;
//!   it cannot run the walk over prefixes, whose count is left out.
//!
//! What is said of the whole: the share of the operations' bound with those inside exponentials at the operations' peak, which no loop
//! of exponentials reaches here; and that with the bound of divisions after it, which would be one if nothing were done beside them.
//! The truth of a machine whose divider works beside its other units is between the two, near the first.
//!
//! `cargo bench --bench roofline`, or `benches/instructions.sh` with the last bound too.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints")]

#[path = "tree_job/mod.rs"]
mod tree_job;

use gradient_gap::enumerate::Moments;
use gradient_gap::number::{Scalar, exponentials, vectorised};
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;
use tree_job::{LENGTH, RESPONSES, VOCABULARY};

/// Rounds, of each of which every measurement has its turn; the fastest of each counts.
const ROUNDS: usize = 300;

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Work on every core at once, the same on each.
fn everywhere(work: impl Fn() + Sync) {
    rayon::broadcast(|_| work());
}

/// Calls `work` compiled for the registers of the target, or for the widest of the machine.
macro_rules! compiled {
    ($wide:expr, $work:expr) => {
        if $wide {
            vectorised(
                #[inline(always)]
                || $work,
            )
        } else {
            $work
        }
    };
}

const FLOPS: usize = 300_000;
const DIVISIONS: usize = 100_000;

/// Independent chains of x·m + c: as many as the units of a core have steps to do at once, in registers.
#[inline(always)]
fn chains<const CHAINS: usize>() {
    let (mut x, m, c) = ([1.0; CHAINS], black_box(0.999_999), black_box(1e-6));
    for _ in 0..FLOPS {
        x.iter_mut().for_each(|x| *x = *x * m + c);
    }
    black_box(x);
}

/// The same of c/x.
#[inline(always)]
fn quotients<const CHAINS: usize>() {
    let (mut x, c) = ([1.5; CHAINS], black_box(1.25));
    for _ in 0..DIVISIONS {
        x.iter_mut().for_each(|x| *x = c / *x);
    }
    black_box(x);
}

/// How many a second on all cores, where each does so many.
fn per_second(count: usize, work: impl Fn() + Sync) -> f64 {
    (count * rayon::current_num_threads()) as f64 / seconds(|| everywhere(work))
}

/// Multiplications and additions on registers: those of the target, or the widest of the machine, whichever number of them suits.
fn flops(wide: bool) -> f64 {
    match wide {
        true => per_second(2 * 48 * FLOPS, || compiled!(true, chains::<48>()))
            .max(per_second(2 * 64 * FLOPS, || compiled!(true, chains::<64>()))),
        false => per_second(2 * 24 * FLOPS, chains::<24>),
    }
}

/// Divisions of registers, whose units are far slower.
fn divisions(wide: bool) -> f64 {
    match wide {
        true => per_second(48 * DIVISIONS, || compiled!(true, quotients::<48>())),
        false => per_second(24 * DIVISIONS, quotients::<24>),
    }
}

/// Sums over an array that no cache holds.
fn bytes(array: &[f64]) -> f64 {
    let elapsed = seconds(|| {
        let sums = array.par_chunks(1 << 16).map(|part| {
            let mut sums = [0.0; 16];
            part.chunks_exact(16).for_each(|x| sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x));
            sums.iter().sum::<f64>()
        });
        black_box(sums.sum::<f64>());
    });
    size_of_val(array) as f64 / elapsed
}

#[inline(always)]
fn one_by_one(points: &[f64], values: &mut [f64]) {
    points.iter().zip(values).for_each(|(&x, y)| *y = Scalar::exp(x));
}

/// Numbers that no register is loaded with from two lines of the cache, in which they all are: blocks of 24.
#[repr(align(64))]
struct Numbers([f64; 1008]);

/// On numbers in the first cache: one by one in a loop, or as many at a time as keep all units busy.
fn exps(together: bool) -> f64 {
    const TURNS: usize = 1_000;
    let first = Numbers(std::array::from_fn(|i| -0.01 * i as f64));
    per_second(first.0.len() * TURNS, || {
        let mut values = Numbers(first.0);
        for turn in 0..TURNS {
            if together {
                // Of numbers from −10 to 0, of those from 0 to 1, of those from 1 to e.
                if turn % 3 == 0 {
                    values.0.copy_from_slice(black_box(&first.0));
                }
                exponentials(&mut values.0);
            } else {
                compiled!(true, one_by_one(black_box(&first.0), &mut values.0));
            }
            black_box(&mut values.0);
        }
    })
}

/// Prefixes three tokens above the longest responses, that differ in the last tokens.
const PREFIXES: usize = 81;
/// In how many.
const VARIED: usize = 4;

/// Notes the answers about the 40 responses below each prefix, bit by bit: the first ones of `tokens`, but for those that
/// vary.
#[inline(always)]
fn ask(
    tokens: &[u32; LENGTH],
    varied: &[[u32; PREFIXES]; VARIED],
    reward: &impl Fn(&[u32]) -> bool,
    [low, high]: &mut [[u32; PREFIXES]; 2],
) {
    let begun = *tokens;
    for k in 0..PREFIXES {
        let mut tokens = begun;
        for place in 0..VARIED {
            tokens[LENGTH - 3 - VARIED + place] = varied[place][k];
        }
        let one = u32::from(reward(&tokens[..LENGTH - 2]));
        low[k] = one | below(&mut tokens, 1, reward) << 16;
        high[k] = below(&mut tokens, 2, reward) | below(&mut tokens, 3, reward) << 16;
    }
}

/// The answers below a token after a prefix. No loop but over the last token, so that that over prefixes is vectorised.
#[inline(always)]
fn below(tokens: &mut [u32; LENGTH], token: u32, reward: &impl Fn(&[u32]) -> bool) -> u32 {
    (tokens[LENGTH - 3], tokens[LENGTH - 2]) = (token, 0);
    let one = u32::from(reward(&tokens[..LENGTH - 1]));
    one | row(tokens, 1, reward) << 4 | row(tokens, 2, reward) << 8 | row(tokens, 3, reward) << 12
}

#[inline(always)]
fn row(tokens: &mut [u32; LENGTH], token: u32, reward: &impl Fn(&[u32]) -> bool) -> u32 {
    tokens[LENGTH - 2] = token;
    let mut set = 0;
    for last in 0..VOCABULARY as u32 {
        tokens[LENGTH - 1] = last;
        set |= u32::from(reward(&tokens[..])) << last;
    }
    set
}

/// The reward alone, on tokens in the first cache.
fn rewards(reward: impl Fn(&[u32]) -> bool + Sync, wide: bool) -> f64 {
    const TURNS: usize = 3000;
    per_second(40 * PREFIXES * TURNS, || {
        let digit = |place: usize, k: usize| 1 + (k / 3_usize.pow((VARIED - 1 - place) as u32) % 3) as u32;
        let varied = std::array::from_fn(|place| std::array::from_fn(|k| digit(place, k)));
        let (tokens, mut noted) = ([1; LENGTH], [[0; PREFIXES]; 2]);
        for _ in 0..TURNS {
            compiled!(wide, ask(black_box(&tokens), black_box(&varied), &reward, &mut noted));
            black_box(&mut noted);
        }
    })
}

/// Instructions that depend on little, on numbers in the first cache: as many a second as the machine is good for.
#[inline(never)]
fn turn(numbers: &[u64; 256]) -> u64 {
    let [mut a, mut b, mut c, mut d, mut e, mut f] = [0_u64, 1, 2, 3, 4, 5];
    for &x in numbers {
        (a, b, c) = (a.wrapping_add(x), b ^ x, c.wrapping_sub(x));
        (d, e, f) = (d | x, e.wrapping_add(x ^ 1), f & x);
    }
    a ^ b ^ c ^ d ^ e ^ f
}

fn turns(count: usize) {
    let numbers = [7; 256];
    for _ in 0..count {
        black_box(turn(black_box(&numbers)));
    }
}

/// Turns a second, on all cores.
fn turn_rate() -> f64 {
    const TURNS: usize = 20_000;
    per_second(TURNS, || turns(TURNS))
}

/// What `benches/instructions.sh` lets run under valgrind, so many times: the job with either reward, or a turn.
fn repeat(what: &str, count: usize) {
    let table = tree_job::table(1);
    for _ in 0..count {
        match what {
            "sum" => drop(black_box(tree_job::moments(&table, tree_job::correct))),
            "hash" => drop(black_box(tree_job::moments(&table, tree_job::scattered))),
            _ => turns(1000),
        }
    }
}

/// Instructions of the job with either reward, and of 1000 turns, as `benches/instructions.sh` has counted them.
fn instructions() -> Option<[f64; 3]> {
    let given = std::env::var("INSTRUCTIONS").ok()?;
    let counts: Vec<f64> = given.split_whitespace().map(|x| x.parse().expect("INSTRUCTIONS: three numbers")).collect();
    Some(counts.try_into().expect("INSTRUCTIONS: three numbers"))
}

/// The larger of what is measured with and without vector registers beyond those of the target.
fn either(peak: impl Fn(bool) -> f64) -> f64 {
    peak(false).max(peak(true))
}

/// Merges with the hash at heights 1 to 7, as counted in a walk on one thread.
const HASHED: [f64; 7] = [276.0, 2250.0, 18_247.0, 6558.0, 2187.0, 729.0, 243.0];

/// Operations inside an exponential.
const OF_EXPONENTIAL: f64 = 36.0;

/// Floating-point operations, divisions and exponentials a leaf where everything is computed for every prefix.
fn counts_by_prefix() -> [f64; 3] {
    let prefixes = |height: u32| 3_f64.powi(12 - height as i32);
    let row = 29.0 + 25.0;
    let (last_row, other) = (2.0 * 32.0, 2.0 * 45.0 + 1.0);
    let lengths = |height: u32| if height == 1 { 4.0 } else { 10.0 * f64::from(height) };
    let above: f64 = (1..=12).map(|height| prefixes(height) * (row + other + lengths(height))).sum();
    let all: f64 = (0..=12).map(prefixes).sum();
    [prefixes(0) * (row + last_row) + above, 3.0 * all, 3.0 * all].map(|count| count / RESPONSES as f64)
}

/// Floating-point operations, divisions and bytes a leaf of a table, with the job's reward and with one that has no pattern.
fn counts() -> [[f64; 3]; 2] {
    let (leaves, threads) = (RESPONSES as f64, rayon::current_num_threads() as f64);
    // Operations and divisions of so many merges at a height.
    let merge = |height: u32, merges: f64| [merges * (100.0 + 12.0 * f64::from(height)), merges * 2.0];
    let add = |sum: [f64; 2], one: [f64; 2]| [sum[0] + one[0], sum[1] + one[1]];
    let prefixes = |height: u32| 3_f64.powi(12 - height as i32);
    let last_rows = [threads * 48.0 * 62.0, threads * 48.0 * 2.0];
    let shared = (8..=12).map(|height| merge(height, prefixes(height))).fold(last_rows, add);
    let cases = (1..=7).map(|height| merge(height, threads * 9.0)).fold(shared, add);
    let all = (1..).zip(HASHED).map(|(height, merges)| merge(height, merges)).fold(shared, add);
    let rows = 49.0 * (96.0 + 88.0) + threads * (6.0 * 8192.0 + 32_768.0);
    let most = |height: u32| if height == 2 { 1024.0 } else { 512.0 };
    let names: f64 = (1..=7).map(|height| threads * most(height) * (96.0 + 16.0 * f64::from(height + 1))).sum();
    [[cases[0], cases[1], rows], [all[0], all[1], rows + names]].map(|counts| counts.map(|count| count / leaves))
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, what, count, ..] = &arguments[..]
        && mode == "repeat"
    {
        return repeat(what, count.parse().expect("a number of times"));
    }
    let instructions = instructions();
    let array = vec![1.0; 1 << 24]; // 128 MiB
    let (mut best, mut rates, mut asked) = ([0.0_f64; 5], [0.0_f64; 3], [0.0_f64; 2]);
    let keep = |best: &mut f64, now: f64| *best = best.max(now);
    let (policy, table) = (tree_job::by_prefix(1), tree_job::table(1));
    for round in 0..ROUNDS {
        let rate = |work: &dyn Fn() -> Moments| RESPONSES as f64 / seconds(|| drop(black_box(work())));
        keep(&mut rates[0], rate(&|| tree_job::moments(&policy, tree_job::correct)));
        keep(&mut rates[1], rate(&|| tree_job::moments(&table, tree_job::correct)));
        keep(&mut rates[2], rate(&|| tree_job::moments(&table, tree_job::scattered)));
        keep(&mut asked[0], either(|wide| rewards(tree_job::correct, wide)));
        keep(&mut asked[1], either(|wide| rewards(tree_job::scattered, wide)));
        keep(&mut best[0], either(flops));
        keep(&mut best[1], either(divisions));
        keep(&mut best[2], either(exps));
        keep(&mut best[3], turn_rate());
        if round % 10 == 0 {
            keep(&mut best[4], bytes(&array));
        }
    }
    let [add_multiply, divide, exp, turn, memory] = best;
    let [operations, quotients, exponentials] = counts_by_prefix();
    let needs = [
        ("f64 operations", operations, add_multiply),
        ("f64 divisions", quotients, divide),
        ("exponentials", exponentials, exp),
        ("rewards", 1.0, asked[0]),
        ("bytes from memory", 0.0, memory),
    ];
    report("a function of the prefix, the sum is divisible by 3", rates[0], &needs);
    for (reward, name) in ["a table, the sum is divisible by 3", "a table, a bit of a hash"].into_iter().enumerate() {
        let [operations, quotients, bytes] = counts()[reward];
        let mut needs = vec![
            ("f64 operations", operations, add_multiply),
            ("f64 divisions", quotients, divide),
            ("exponentials", 4.0 * 49.0 / RESPONSES as f64, exp),
            ("rewards", 1.0, asked[reward]),
            ("bytes from memory", bytes, memory),
        ];
        if let Some(counts) = instructions {
            needs.push(("instructions (AVX2)", counts[reward] / RESPONSES as f64, turn * counts[2] / 1000.0));
        }
        report(name, rates[1 + reward], &needs);
    }
}

/// What one job needs of each peak, operations, divisions and exponentials first, and the shares reached.
fn report(job: &str, rate: f64, needs: &[(&str, f64, f64)]) {
    let threads = rayon::current_num_threads();
    println!("tree, {job}: {:.1} M leaves/s, {:.3} ns each, {threads} threads", rate / 1e6, 1e9 / rate);
    println!("{:<20}{:>14}{:>16}{:>16}{:>10}", "", "a leaf", "peak, G/s", "bound, ns", "share");
    let (mut largest, mut of) = (0.0, "");
    for &(name, count, peak) in needs {
        let bound = count / peak;
        println!("{name:<20}{count:>14.5}{:>16.3}{:>16.4}{:>9.1}%", peak / 1e9, 1e9 * bound, 100.0 * bound * rate);
        (largest, of) = if bound > largest { (bound, name) } else { (largest, of) };
    }
    println!("roofline: {:.1} % of the largest bound, that of {of}", 100.0 * largest * rate);
    if let [(_, operations, peak), (_, divisions, slow), (_, exponentials, own), ..] = needs {
        let all = (operations + OF_EXPONENTIAL * exponentials) / peak;
        let [all, both, each] = [all, all + divisions / slow, operations / peak + divisions / slow + exponentials / own];
        let [all, both, each] = [all, both, each].map(|bound| 100.0 * bound * rate);
        println!(
            "          {all:.1} % of that of operations with those inside exponentials, {both:.1} % with divisions after them,"
        );
        println!("          {each:.1} % with exponentials at their own peak too\n");
    }
}
