//! The experiments: what is measured, against its definitions, and that a wrong formula is seen.

#![allow(clippy::expect_used, reason = "a helper that panics is a failed test")]

mod bandit;
mod phase;
mod rates;
mod stagnation;
mod train;
