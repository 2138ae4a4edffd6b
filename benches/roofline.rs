//! The job `tree` against what this machine can do, measured in the same run: f64 operations a second, bytes a second from
//! memory, exponentials a second, and answers of the job's reward a second, on all cores; each peak compiled for the target
//! and for the widest vector registers, the faster of the two.
//!
//! With two rewards: the job's, which has a pattern, and a hash of the tokens, which has none. Both are asked on every
//! response; the first leaves few different answers below prefixes of one length and last token, and what follows from them
//! is computed once for each thread.
//!
//! What the algorithm does, counted for a table of V = 4, T∞ = 13, of whose prefixes 3^t have t tokens, for 2 391 484
//! responses ("leaves"). A prefix of 12 − h tokens is at height h, those before last rows at height 0.
//!
//! - a merge of one prefix; pairs of sides, for each of V tokens: weight 2, score 2, moment 2, sums 4; difference 2, square
//!   2, variance 2, weight 2, sum 2 (1 token fewer in sums); curvature 2, weight 2, sum 2: 26 V − 8 (sums), and division 2,
//!   mean 2, variance 2, curvature 4 = 106; lengths: 4 for each of V − 1 prefixes below and each of their h lengths;
//! - merges: 121 above the subtrees of 5 tokens; below, the job's reward has 9 cases at every height, by last token and sum
//!   modulo 3, for each thread; the hash has all prefixes, but for the share of the 3 · 2¹³ possible answers of height 1
//!   that have one of 512 names;
//! - last rows: 48 summaries a thread, of about 100 operations each;
//! - rewards: one a leaf. The peak is that of the same blocks of 40 responses with nothing done but to keep each answer as a
//!   bit: the compiler shares what the reward does with common prefixes there as it does in the walk;
//! - exponentials: 4 for each of 49 rows; memory: rows, and for each thread its tables of names, of which the hash fills
//!   all.
//!
//! `cargo bench --bench roofline`

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints")]

#[path = "tree_job/mod.rs"]
mod tree_job;

use gradient_gap::enumerate::Moments;
use gradient_gap::number::{Scalar, vectorised};
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
fn exponentials(points: &[f64], values: &mut [f64]) {
    points.iter().zip(values).for_each(|(&x, y)| *y = Scalar::exp(x));
}

fn exps(wide: bool) -> f64 {
    const COUNT: usize = 1000;
    const TURNS: usize = 1_000;
    let elapsed = seconds(|| {
        everywhere(|_| {
            let points: Vec<f64> = (0..COUNT).map(|i| -0.01 * i as f64).collect();
            let mut values = vec![0.0; COUNT];
            for _ in 0..TURNS {
                compiled!(wide, exponentials(black_box(&points), &mut values));
                black_box(&mut values);
            }
        })
    });
    (COUNT * TURNS * rayon::current_num_threads()) as f64 / elapsed
}

/// The reward alone, on tokens in the first cache: of the 40 responses below a prefix three tokens above the longest, of
/// which the compiler knows the length.
fn rewards(reward: impl Fn(&[u32]) -> bool + Sync, wide: bool) -> f64 {
    const PREFIXES: usize = 256;
    const TURNS: usize = 100;
    let block = |prefix: &[u32; LENGTH - 3]| {
        let (mut tokens, mut noted) = ([0; LENGTH], 0);
        tokens[..LENGTH - 3].copy_from_slice(prefix);
        let ask = |tokens: &[u32], bit: u32| u64::from(reward(tokens)) << bit;
        noted ^= ask(&tokens[..LENGTH - 2], 0);
        for above in 1..VOCABULARY as u32 {
            tokens[LENGTH - 3] = above;
            tokens[LENGTH - 2] = 0;
            let mut set = ask(&tokens[..LENGTH - 1], 0);
            for middle in 1..VOCABULARY as u32 {
                tokens[LENGTH - 2] = middle;
                for last in 0..VOCABULARY as u32 {
                    tokens[LENGTH - 1] = last;
                    set |= ask(&tokens, 4 * middle + last);
                }
            }
            noted ^= set << (16 * above);
        }
        noted
    };
    let all = |prefixes: &[[u32; LENGTH - 3]]| prefixes.iter().map(block).fold(0, |all, set| all ^ set);
    let elapsed = seconds(|| {
        everywhere(|_| {
            let prefixes: Vec<_> = (0..PREFIXES).map(|i| [(i % VOCABULARY) as u32; LENGTH - 3]).collect();
            for _ in 0..TURNS {
                let prefixes = black_box(&prefixes);
                black_box(compiled!(wide, all(prefixes)));
            }
        })
    });
    (40 * PREFIXES * TURNS * rayon::current_num_threads()) as f64 / elapsed
}

/// The larger of what is measured with and without vector registers beyond those of the target.
fn either(peak: impl Fn(bool) -> f64) -> f64 {
    peak(false).max(peak(true))
}

/// Floating-point operations a leaf and bytes a leaf, with the job's reward and with one that has no pattern.
fn counts() -> [[f64; 2]; 2] {
    let (leaves, threads) = (RESPONSES as f64, rayon::current_num_threads() as f64);
    let merge = |height: u32| 106.0 + 12.0 * f64::from(height);
    let prefixes = |height: u32| 3_f64.powi(12 - height as i32);
    let last_rows = threads * 48.0 * 100.0;
    let top: f64 = (8..=12).map(|height| prefixes(height) * merge(height)).sum();
    let cases: f64 = (1..=7).map(|height| threads * 9.0 * merge(height)).sum();
    let new = |height: u32| if height == 1 { 1.0 - 512.0 / (3.0 * 8192.0) } else { 1.0 };
    let all: f64 = (1..=7).map(|height| prefixes(height) * new(height) * merge(height)).sum();
    let rows = 49.0 * (96.0 + 88.0) + threads * 7.0 * 8192.0;
    let names: f64 = (1..=7).map(|height| threads * 512.0 * (96.0 + 16.0 * f64::from(height + 1))).sum();
    [[(last_rows + top + cases) / leaves, rows / leaves], [(last_rows + top + all) / leaves, (rows + names) / leaves]]
}

fn main() {
    let array = vec![1.0; 1 << 24]; // 128 MiB
    let (mut best, mut rates, mut asked) = ([0.0_f64; 3], [0.0_f64; 2], [0.0_f64; 2]);
    let keep = |best: &mut f64, now: f64| *best = best.max(now);
    for round in 0..ROUNDS {
        let table = tree_job::table(1);
        let rate = |work: &dyn Fn() -> Moments| RESPONSES as f64 / seconds(|| drop(black_box(work())));
        keep(&mut rates[0], rate(&|| tree_job::moments(&table, tree_job::correct)));
        keep(&mut rates[1], rate(&|| tree_job::moments(&table, tree_job::scattered)));
        keep(&mut asked[0], either(|wide| rewards(tree_job::correct, wide)));
        keep(&mut asked[1], either(|wide| rewards(tree_job::scattered, wide)));
        keep(&mut best[0], either(flops));
        keep(&mut best[2], either(exps));
        if round % 10 == 0 {
            keep(&mut best[1], bytes(&array));
        }
    }
    for (reward, name) in ["the sum is divisible by 3", "a bit of a hash"].into_iter().enumerate() {
        let [operations, memory] = counts()[reward];
        let needs = [
            ("f64 operations", operations, best[0]),
            ("bytes from memory", memory, best[1]),
            ("exponentials", 4.0 * 49.0 / RESPONSES as f64, best[2]),
            ("rewards", 1.0, asked[reward]),
        ];
        report(name, rates[reward], needs);
    }
}

/// What one job needs of each peak, and the shares reached.
fn report(reward: &str, rate: f64, needs: [(&str, f64, f64); 4]) {
    let threads = rayon::current_num_threads();
    println!("tree, {reward}: {:.1} M leaves/s, {:.3} ns each, {threads} threads", rate / 1e6, 1e9 / rate);
    println!("{:<20}{:>14}{:>16}{:>16}{:>10}", "", "a leaf", "peak, G/s", "bound, ns", "share");
    for (name, count, peak) in needs {
        let bound = count / peak;
        println!("{name:<20}{count:>14.5}{:>16.3}{:>16.4}{:>9.1}%", peak / 1e9, 1e9 * bound, 100.0 * bound * rate);
    }
    let bounds = needs.map(|(_, count, peak)| count / peak);
    println!(
        "roofline: {:.1} % of the largest bound, {:.1} % of their sum\n",
        100.0 * bounds.into_iter().fold(0.0, f64::max) * rate,
        100.0 * bounds.into_iter().sum::<f64>() * rate
    );
}
