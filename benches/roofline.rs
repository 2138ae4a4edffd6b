//! The job `tree` against what this machine can do, measured in the same run: f64 operations a second, bytes a second from
//! memory, exponentials a second, and answers of the job's reward a second, on all cores, as the compiler vectorises for the
//! target.
//!
//! What the algorithm does, counted for a table of V = 4, T∞ = 13, with n = Σ_{t<12} 3^t = 265 720 prefixes before the last
//! token and 3¹² = 531 441 before which only one is left, for 2 391 484 responses ("leaves"):
//!
//! - a merge of one prefix, n of them; pairs of sides, for each of V tokens: weight 2, score 2, moment 2, sums 4; difference
//!   2, square 2, variance 2, weight 2, sum 2 (1 token fewer in sums); curvature 2, weight 2, sum 2: 26 V − 8 (sums), and
//!   division 2, mean 2, variance 2, curvature 4 = 106;
//! - lengths: 4 for each of the V − 1 prefixes below and each length there: 12 for those above last rows (177 147), 12·h for
//!   those h levels higher, 3^{11−h};
//! - the last rows: nothing, one of 2^V summaries of V tokens each is read: 64 of them in all, of about 100 operations;
//! - exponentials: 4 for each of 49 rows; memory: all rows, summaries and frames stay in the first cache.
//!
//! `cargo bench --bench roofline`

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints")]

#[path = "tree_job/mod.rs"]
mod tree_job;

use gradient_gap::number::Scalar;
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Instant;
use tree_job::{LENGTH, RESPONSES, VOCABULARY};

/// Rounds, of each of which every measurement has its turn; the fastest of each counts.
const ROUNDS: usize = 60;

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Work on every core at once, one piece for each.
fn everywhere(work: impl Fn(usize) + Sync) {
    rayon::broadcast(|context| work(context.index()));
}

/// Multiplications and additions on registers: 24 independent chains of x·m + c.
fn flops() -> f64 {
    const CHAINS: usize = 24;
    const TURNS: usize = 2_000_000;
    let elapsed = seconds(|| {
        everywhere(|_| {
            let (mut x, m, c) = ([1.0; CHAINS], black_box(0.999_999), black_box(1e-6));
            for _ in 0..TURNS {
                x.iter_mut().for_each(|x| *x = *x * m + c);
            }
            black_box(x);
        })
    });
    (2 * CHAINS * TURNS * rayon::current_num_threads()) as f64 / elapsed
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

fn exps() -> f64 {
    const COUNT: usize = 1000;
    const TURNS: usize = 1_000;
    let elapsed = seconds(|| {
        everywhere(|_| {
            let points: Vec<f64> = (0..COUNT).map(|i| -0.01 * i as f64).collect();
            let mut values = vec![0.0; COUNT];
            for _ in 0..TURNS {
                black_box(&points).iter().zip(&mut values).for_each(|(&x, y)| *y = Scalar::exp(x));
                black_box(&mut values);
            }
        })
    });
    (COUNT * TURNS * rayon::current_num_threads()) as f64 / elapsed
}

/// The reward alone: of responses that share all but the last token, as the compiler makes it, on tokens in the first cache.
fn rewards() -> f64 {
    const PREFIXES: usize = 256;
    const TURNS: usize = 5_000;
    let elapsed = seconds(|| {
        everywhere(|_| {
            let prefixes: Vec<[u32; LENGTH]> = (0..PREFIXES).map(|i| [(i % VOCABULARY) as u32; LENGTH]).collect();
            let mut count = 0;
            for _ in 0..TURNS {
                for tokens in black_box(&prefixes) {
                    let mut tokens = *tokens;
                    for token in 0..VOCABULARY {
                        tokens[LENGTH - 1] = token as u32;
                        count += u64::from(tree_job::correct(&tokens));
                    }
                }
            }
            black_box(count);
        })
    });
    (VOCABULARY * PREFIXES * TURNS * rayon::current_num_threads()) as f64 / elapsed
}

fn main() {
    let leaves = RESPONSES as f64;
    let array = vec![1.0; 1 << 24]; // 128 MiB
    let mut best = [0.0_f64; 5];
    for _ in 0..ROUNDS {
        let table = tree_job::table(1);
        let rate = leaves / seconds(|| drop(black_box(tree_job::moments(&table))));
        let now = [rate, flops(), bytes(&array), exps(), rewards()];
        best.iter_mut().zip(now).for_each(|(best, now)| *best = best.max(now));
    }
    let [rate, flops, bytes, exps, rewards] = best;

    let power = |t: u32| 3_f64.powi(t as i32);
    let merges: f64 = (0..12).map(power).sum();
    let lengths: f64 = (0..12).map(|height| 12.0 * f64::from(height + 1).min(12.0) * power(11 - height)).sum();
    let per_leaf = [
        ("f64 operations", (106.0 * merges + lengths + 64.0 * 100.0) / leaves, flops),
        ("bytes from memory", (49.0 * (96.0 + 88.0) + 64.0 * 80.0) / leaves, bytes),
        ("exponentials", 4.0 * 49.0 / leaves, exps),
        ("rewards", 1.0, rewards),
    ];
    println!("tree: {:.1} M leaves/s, {:.3} ns each, {} threads", rate / 1e6, 1e9 / rate, rayon::current_num_threads());
    println!("{:<20}{:>14}{:>16}{:>16}{:>10}", "", "a leaf", "peak, G/s", "bound, ns", "share");
    for (name, count, peak) in per_leaf {
        let bound = count / peak;
        println!("{name:<20}{count:>14.5}{:>16.3}{:>16.4}{:>9.1}%", peak / 1e9, 1e9 * bound, 100.0 * bound * rate);
    }
    let largest = per_leaf.iter().map(|(_, count, peak)| count / peak).fold(0.0, f64::max);
    let arithmetic: f64 = per_leaf.iter().map(|(_, count, peak)| count / peak).sum();
    println!(
        "roofline: {:.1} % of the largest bound, {:.1} % of their sum",
        100.0 * largest * rate,
        100.0 * arithmetic * rate
    );
}
