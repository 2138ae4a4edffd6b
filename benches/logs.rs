//! What reading a training log costs: a million rows in three formats, against making a JSON value of every line.
//!
//! `cargo bench --bench logs` prints a table, medians of rounds that alternate between the two, and ends with status 1 if a log
//! takes more than five seconds, or five times as long as making JSON values of the same run's lines, everything included. The
//! texts are made up and held in memory.

#![allow(clippy::print_stdout, reason = "a table is what it is for")]
#![allow(clippy::expect_used, reason = "a benchmark without its log must stop")]

#[path = "common/medians.rs"]
mod medians;

use gradient_gap::diagnose::{Diagnosis, Options};
use medians::medians;
use std::fmt::Write;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

const ROWS: u64 = 1_000_000;
const ROUNDS: usize = 3;
/// Seconds for all rows.
const SECONDS: f64 = 5.0;
/// Reading a log and all that is found in it takes at most so many times as long as making JSON values of its lines.
const LIMIT: f64 = 5.0;

/// Values of a made-up row: success rate, gradient norm, length.
fn row(k: u64) -> [f64; 3] {
    let noise = (k * 7_919 % 10_007) as f64 / 10_007.0;
    [0.3 + 0.4 * k as f64 / ROWS as f64 + 0.05 * noise, 0.5 + noise, 500.0 + 100.0 * noise]
}

/// The rows in the three formats, lines of JSON first.
fn logs() -> [(&'static str, String); 3] {
    let mut csv = String::from("step,success_rate,grad_norm,learning_rate,mean_length\n");
    let mut lines = String::new();
    let mut console = String::new();
    for k in 1..=ROWS {
        let [rate, norm, length] = row(k);
        let _ = writeln!(csv, "{k},{rate},{norm},1e-6,{length}");
        let _ = writeln!(
            lines,
            "{{\"step\": {k}, \"critic/score/mean\": {rate}, \"actor/grad_norm\": {norm}, \"actor/lr\": 1e-06, \
             \"response_length/mean\": {length}, \"timing_s/step\": 20.5}}"
        );
        let _ = writeln!(
            console,
            "step:{k} - critic/score/mean:{rate} - actor/grad_norm:np.float64({norm}) - actor/lr:1e-06 - \
             response_length/mean:{length} - timing_s/step:20.5"
        );
    }
    [("lines of JSON", lines), ("console", console), ("CSV", csv)]
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS; // `cargo test --benches` asks only whether it builds
    }
    let logs = logs();
    let json = || {
        seconds(|| {
            for line in logs[0].1.lines() {
                black_box(serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
            }
        })
    };
    let mut within = true;
    println!("| log | MB | diagnose, s | lines as JSON values, s | quotient |\n|---|---|---|---|---|");
    for (name, text) in &logs {
        let diagnose = || {
            seconds(|| {
                let found = Diagnosis::read(name, text.as_bytes(), &Options::default()).expect("a log");
                assert_eq!(found.len() as u64, ROWS);
                black_box(found.rows().last());
            })
        };
        let [ours, theirs] = medians(ROUNDS, diagnose, json);
        println!("| {name} | {} | {ours:.2} | {theirs:.2} | {:.2} |", text.len() / 1_000_000, ours / theirs);
        within &= ours <= SECONDS && ours <= LIMIT * theirs;
    }
    println!("\nlimits: {SECONDS} s, quotient {LIMIT}");
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
