//! What certainty costs: one evaluation of every one-step claim in intervals, the segment uncut, against the same in binary64.
//!
//! `cargo bench --bench intervals` prints a table, medians of rounds that alternate between the two, and ends with status 1 if any
//! quotient is beyond the limit.

#![allow(clippy::print_stdout, reason = "a table is what it is for")]
#![allow(clippy::expect_used, reason = "a benchmark without its claims must stop")]

mod common;

use common::{instances, medians};
use gradient_gap::check::judge::{Measured, SAMPLE_PIECES, measure};
use gradient_gap::claims::{ClaimEntry, REGISTRY, Scope, Sides};
use gradient_gap::number::Scalar;
use gradient_gap::{Evaluation, Instance};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// Random instances of every family.
const PER_FAMILY: u64 = 48;
const ROUNDS: usize = 9;
/// An evaluation in intervals takes at most so many times one in binary64.
const LIMIT: f64 = 12.0;

/// Nanoseconds of an evaluation, everything that the claim reads of the instance included.
fn time<N: Scalar>(sides: &Sides<N>, instances: &[&Instance]) -> f64 {
    let start = Instant::now();
    for instance in instances {
        black_box(sides.parts(&Evaluation::new(instance, SAMPLE_PIECES)));
    }
    1e9 * start.elapsed().as_secs_f64() / instances.len() as f64
}

/// The medians of the time of an evaluation in binary64 and in intervals.
fn compare(claim: &ClaimEntry, instances: &[&Instance]) -> [f64; 2] {
    medians(ROUNDS, || time(&claim.real, instances), || time(&claim.enclosed, instances))
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS; // `cargo test --benches` asks only whether it builds
    }
    let all = instances(PER_FAMILY);
    let mut largest: f64 = 0.0;
    println!("| claim | instances | binary64, ns | intervals, ns | quotient |\n|---|---|---|---|---|");
    for claim in REGISTRY.iter().filter(|claim| claim.scope == Scope::Step) {
        let inside = |instance: &&Instance| {
            matches!(measure(claim, &Evaluation::new(instance, SAMPLE_PIECES)), Measured::Inside { .. })
        };
        let covered: Vec<&Instance> = all.iter().filter(inside).collect();
        let [real, enclosed] = compare(claim, &covered);
        largest = largest.max(enclosed / real);
        println!("| {} | {} | {real:.0} | {enclosed:.0} | {:.1} |", claim.statement.slug, covered.len(), enclosed / real);
    }
    println!("\nlargest quotient {largest:.1}, limit {LIMIT}");
    if largest <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
