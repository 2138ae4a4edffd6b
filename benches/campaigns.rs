//! How much faster a campaign is on two cores than on one: a ninth of the default campaign's instances, attacks and certificates,
//! and all edge sets.
//!
//! `cargo bench --bench campaigns` prints seconds, medians of rounds that alternate between one thread and two, and their quotient,
//! and ends with status 1 if that is below 1.8, or if the results differ in one bit.

#![allow(clippy::print_stdout, reason = "a table is what it is for")]
#![allow(clippy::expect_used, reason = "a benchmark without its campaign must stop")]

#[path = "common/medians.rs"]
mod medians;

use gradient_gap::check::campaign::{Campaign, DEFAULT_ATTACK, DEFAULT_CERTIFIED, DEFAULT_INSTANCES};
use gradient_gap::claims::REGISTRY;
use gradient_gap::report::{Verified, verify_json};
use medians::medians;
use std::process::ExitCode;
use std::time::Instant;

const PART: u64 = 9;
const ROUNDS: usize = 5;
/// Two threads are at least so many times as fast as one.
const LIMIT: f64 = 1.8;

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS; // `cargo test --benches` asks only whether it builds
    }
    let campaign = |threads| Campaign {
        threads,
        attack: DEFAULT_ATTACK / PART,
        certified: DEFAULT_CERTIFIED / PART,
        ..Campaign::new(REGISTRY, DEFAULT_INSTANCES / PART)
    };
    let run = |threads| {
        let (campaign, start) = (campaign(threads), Instant::now());
        let result = campaign.run(&|_| {}).expect("runs");
        (
            start.elapsed().as_secs_f64(),
            verify_json(&Verified { campaign: &campaign, result: &result, seconds: 0.0, observed: &[] }),
        )
    };
    let same = run(1).1 == run(2).1;
    let [one, two] = medians(ROUNDS, || run(1).0, || run(2).0);
    let instances = campaign(1).instances;
    println!("| threads | seconds | instances a second |\n|---|---|---|");
    [(1, one), (2, two)].iter().for_each(|(n, s)| println!("| {n} | {s:.2} | {:.0} |", instances as f64 / s));
    println!("\nquotient {:.2}, at least {LIMIT}; results equal: {same}", one / two);
    if same && one / two >= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
