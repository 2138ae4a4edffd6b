//! The walk through large spaces against enumerations that keep everything: intervals, dual routes, sums of exponentials.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

#[path = "../common/drawn.rs"]
mod drawn;
mod small;

mod against_intervals;
mod against_lines;
mod answers;
mod extremes;
mod inputs;
mod visits;

/// The seed of the random cases.
const SEED: u64 = 29;
