//! How long an attack takes to reach a bound that is called sharp: every such part of every claim, four seeds.
//!
//! An attack ends only when its evaluations are spent, so each is run anew with twice as many until intervals are certain of 0.995 of
//! every sharp part; the time is that of the last run alone. `cargo bench --bench attacks` prints a table, the slowest of the seeds,
//! and ends with status 1 if one takes more than ten seconds.

#![allow(clippy::print_stdout, reason = "a table is what it is for")]
#![allow(clippy::expect_used, reason = "a benchmark without its claims must stop")]

use gradient_gap::check::attack::Attack;
use gradient_gap::claims::{ClaimEntry, REGISTRY, Scope};
use std::process::ExitCode;
use std::time::Instant;

const SEEDS: [u64; 4] = [1, 2, 3, 4];
/// How much of the bound, and within how many seconds.
const SHARE: f64 = 0.995;
const SECONDS: f64 = 10.0;
/// The most evaluations that are tried.
const MOST: u64 = 1 << 22;

/// Evaluations and seconds of the shortest attack that reaches every sharp part.
fn reach(claim: &ClaimEntry, seed: u64) -> Option<(u64, f64)> {
    let mut evaluations = if claim.scope == Scope::Run { 1 << 17 } else { 1 << 14 };
    while evaluations <= MOST {
        let start = Instant::now();
        let found = Attack { evaluations, seed, ..Attack::new(claim) }.run(&|_| {}).expect("families are there");
        let seconds = start.elapsed().as_secs_f64();
        let low = |part: &str| found.parts.iter().find(|reached| reached.part == part)?.enclosed.map(|share| share.lo());
        if claim.sharp.iter().all(|part| low(part).is_some_and(|low| low >= SHARE)) {
            return Some((evaluations, seconds));
        }
        evaluations *= 2;
    }
    None
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS; // `cargo test --benches` asks only whether it builds
    }
    let (mut slow, mut sharp) = (0, 0);
    println!("| claim | sharp parts | evaluations, at most | seconds, at most |\n|---|---|---|---|");
    for claim in REGISTRY.iter().filter(|claim| !claim.sharp.is_empty()) {
        let slug = claim.statement.slug;
        let runs: Option<Vec<(u64, f64)>> = SEEDS.iter().map(|&seed| reach(claim, seed)).collect();
        sharp += claim.sharp.len();
        match runs {
            Some(runs) => {
                let evaluations = runs.iter().map(|run| run.0).max().unwrap_or(0);
                let seconds = runs.iter().map(|run| run.1).fold(0.0, f64::max);
                slow += u32::from(seconds > SECONDS);
                println!("| {slug} | {} | {evaluations} | {seconds:.2} |", claim.sharp.len());
            }
            None => {
                slow += 1;
                println!("| {slug} | {} | not within {MOST} | – |", claim.sharp.len());
            }
        }
    }
    println!("\n{sharp} sharp parts, seeds {SEEDS:?}; {slow} of the claims take more than {SECONDS} s.");
    if slow == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
