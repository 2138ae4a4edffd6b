//! The job `tree` against what this machine can do, measured in the same run: f64 operations a second, bytes a second from
//! memory, exponentials a second, and answers of the job's reward a second, on all cores; each peak compiled for the target
//! and for the widest vector registers, the faster of the two.
//!
//! Three jobs: the policy as a function of the prefix, of which nothing is computed for two prefixes at once; and as a table, with
//! two rewards: the job's, which has a pattern, and a hash of the tokens, which has none. Rewards are asked on every response;
//! the first leaves few different answers below prefixes of one length and last token, the second only below prefixes one and two
//! levels above last rows; what follows from equal answers of a table is computed once for each thread.
//!
//! What the algorithm does, counted for V = 4, T∞ = 13, where 3^t prefixes have t tokens, and 2 391 484 responses ("leaves"). A
//! prefix of 12 − h tokens is at height h, those before last rows at height 0. An operation is an addition, multiplication,
//! division, minimum or maximum; those inside exponentials are not among them.
//!
//! As a function of the prefix, for each of the (3^13 − 1)/2 prefixes:
//!
//! - exponentials: V − 1 = 3; memory: none, rows are used when they are made;
//! - what is written: extents of logits and of slopes 12 + 2, the largest so far 2, limits 7, differences 6;
//! - probabilities and scores: sum 3, division 1, products 3, mean 6, scores 4, second moment 12, sign 1;
//! - last rows, for each side: weights 4, mass 3, moment 7, division 2, mean 1, variance 15 + 1;
//! - others, for each side: weights 4, means 4, sums 17, division 2, mean 1, variance 19 + 1, curvature 2; masses by length: 2 and
//!   6 for each side and length below.
//!
//! As a table:
//!
//! - a merge of one prefix as above, and lengths 4 for each of V − 1 prefixes below and each of their h lengths;
//! - merges: 121 above the subtrees of 5 tokens; below, the job's reward has 9 cases at every height, by last token and sum
//!   modulo 3, for each thread; the hash has what `HASHED` says, counted on one thread: all prefixes from height 4 on, but
//!   few different answers below those of heights 1 and 2;
//! - last rows: 48 summaries a thread, of about 100 operations each;
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
//! Exponentials, operations and rewards keep the same units of a core busy: the time that a job needs at least is the sum of
//! their bounds, if each peak is one.
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

/// Work on every core at once, one piece for each.
fn everywhere(work: impl Fn(usize) + Sync) {
    rayon::broadcast(|context| work(context.index()));
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

/// As many independent chains of x·m + c as keep all units busy: those of two lanes take fewer.
#[inline(always)]
fn chains<const CHAINS: usize>() {
    let (mut x, m, c) = ([1.0; CHAINS], black_box(0.999_999), black_box(1e-6));
    for _ in 0..FLOPS {
        x.iter_mut().for_each(|x| *x = *x * m + c);
    }
    black_box(x);
}

/// Multiplications and additions on registers.
fn flops(wide: bool) -> f64 {
    let count = if wide { 48 } else { 24 };
    let elapsed = seconds(|| everywhere(|_| if wide { compiled!(true, chains::<48>()) } else { chains::<24>() }));
    (2 * count * FLOPS * rayon::current_num_threads()) as f64 / elapsed
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

/// On numbers in the first cache: one by one in a loop, or eight at a time.
fn exps(eight: bool) -> f64 {
    const COUNT: usize = 1000;
    const TURNS: usize = 1_000;
    let elapsed = seconds(|| {
        everywhere(|_| {
            let points: Vec<f64> = (0..COUNT).map(|i| -0.01 * i as f64).collect();
            let mut values = vec![0.0; COUNT];
            for turn in 0..TURNS {
                if eight {
                    // Of numbers from −10 to 0, of those from 0 to 1, of those from 1 to e.
                    if turn % 3 == 0 {
                        values.copy_from_slice(black_box(&points));
                    }
                    exponentials(&mut values);
                } else {
                    compiled!(true, one_by_one(black_box(&points), &mut values));
                }
                black_box(&mut values);
            }
        })
    });
    (COUNT * TURNS * rayon::current_num_threads()) as f64 / elapsed
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
    let elapsed = seconds(|| {
        everywhere(|_| {
            let digit = |place: usize, k: usize| 1 + (k / 3_usize.pow((VARIED - 1 - place) as u32) % 3) as u32;
            let varied = std::array::from_fn(|place| std::array::from_fn(|k| digit(place, k)));
            let (tokens, mut noted) = ([1; LENGTH], [[0; PREFIXES]; 2]);
            for _ in 0..TURNS {
                compiled!(wide, ask(black_box(&tokens), black_box(&varied), &reward, &mut noted));
                black_box(&mut noted);
            }
        })
    });
    (40 * PREFIXES * TURNS * rayon::current_num_threads()) as f64 / elapsed
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
    (TURNS * rayon::current_num_threads()) as f64 / seconds(|| everywhere(|_| turns(TURNS)))
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

/// Floating-point operations and exponentials a leaf where everything is computed for every prefix.
fn counts_by_prefix() -> [f64; 2] {
    let prefixes = |height: u32| 3_f64.powi(12 - height as i32);
    let row = 29.0 + 30.0;
    let (last_row, other) = (2.0 * 33.0, 2.0 * 50.0);
    let lengths = |height: u32| 2.0 + 12.0 * f64::from(height);
    let above: f64 = (1..=12).map(|height| prefixes(height) * (row + other + lengths(height))).sum();
    let all: f64 = (0..=12).map(prefixes).sum();
    [prefixes(0) * (row + last_row) + above, 3.0 * all].map(|count| count / RESPONSES as f64)
}

/// Floating-point operations a leaf and bytes a leaf of a table, with the job's reward and with one that has no pattern.
fn counts() -> [[f64; 2]; 2] {
    let (leaves, threads) = (RESPONSES as f64, rayon::current_num_threads() as f64);
    let merge = |height: u32| 106.0 + 12.0 * f64::from(height);
    let prefixes = |height: u32| 3_f64.powi(12 - height as i32);
    let last_rows = threads * 48.0 * 100.0;
    let top: f64 = (8..=12).map(|height| prefixes(height) * merge(height)).sum();
    let cases: f64 = (1..=7).map(|height| threads * 9.0 * merge(height)).sum();
    let all: f64 = (1..).zip(HASHED).map(|(height, merges)| merges * merge(height)).sum();
    let rows = 49.0 * (96.0 + 88.0) + threads * (6.0 * 8192.0 + 32_768.0);
    let most = |height: u32| if height == 2 { 1024.0 } else { 512.0 };
    let names: f64 = (1..=7).map(|height| threads * most(height) * (96.0 + 16.0 * f64::from(height + 1))).sum();
    [[(last_rows + top + cases) / leaves, rows / leaves], [(last_rows + top + all) / leaves, (rows + names) / leaves]]
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
    let (mut best, mut rates, mut asked) = ([0.0_f64; 4], [0.0_f64; 3], [0.0_f64; 2]);
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
        keep(&mut best[2], either(exps));
        keep(&mut best[3], turn_rate());
        if round % 10 == 0 {
            keep(&mut best[1], bytes(&array));
        }
    }
    let [operations, exponentials] = counts_by_prefix();
    let needs = [
        ("f64 operations", operations, best[0]),
        ("exponentials", exponentials, best[2]),
        ("rewards", 1.0, asked[0]),
        ("bytes from memory", 0.0, best[1]),
    ];
    report("a function of the prefix, the sum is divisible by 3", rates[0], &needs);
    for (reward, name) in ["a table, the sum is divisible by 3", "a table, a bit of a hash"].into_iter().enumerate() {
        let [operations, memory] = counts()[reward];
        let mut needs = vec![
            ("f64 operations", operations, best[0]),
            ("exponentials", 4.0 * 49.0 / RESPONSES as f64, best[2]),
            ("rewards", 1.0, asked[reward]),
            ("bytes from memory", memory, best[1]),
        ];
        if let Some(counts) = instructions {
            needs.push(("instructions", counts[reward] / RESPONSES as f64, best[3] * counts[2] / 1000.0));
        }
        report(name, rates[1 + reward], &needs);
    }
}

/// What one job needs of each peak, and the shares reached.
fn report(job: &str, rate: f64, needs: &[(&str, f64, f64)]) {
    let threads = rayon::current_num_threads();
    println!("tree, {job}: {:.1} M leaves/s, {:.3} ns each, {threads} threads", rate / 1e6, 1e9 / rate);
    println!("{:<20}{:>14}{:>16}{:>16}{:>10}", "", "a leaf", "peak, G/s", "bound, ns", "share");
    let (mut largest, mut of, mut sum) = (0.0, "", 0.0);
    for (row, &(name, count, peak)) in needs.iter().enumerate() {
        let bound = count / peak;
        println!("{name:<20}{count:>14.5}{:>16.3}{:>16.4}{:>9.1}%", peak / 1e9, 1e9 * bound, 100.0 * bound * rate);
        (largest, of) = if bound > largest { (bound, name) } else { (largest, of) };
        sum += if row < 3 { bound } else { 0.0 };
    }
    let arithmetic = 100.0 * sum * rate;
    println!("roofline: {:.1} % of the largest bound, that of {of}", 100.0 * largest * rate);
    println!("          {arithmetic:.1} % of the time that operations, exponentials and rewards take one after the other\n");
}
