//! λ on a line against routes that share no code with it: direct sums of exponentials over second-order dual numbers of another
//! library, and big-float arithmetic of 400 bits and more.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

#[path = "../common/drawn.rs"]
mod drawn;
mod truth;

mod bounds;
mod chain;
mod moments;
mod routes;
mod segment;
mod step;

/// The seed of the random instances.
const SEED: u64 = 11;
