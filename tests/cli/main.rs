//! The command line's contract: what goes where, with which exit status, and one clear message for everything that is wrong.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

mod support;
mod train;

mod attack;
mod bandit;
mod boxes;
mod certify;
mod chains;
mod collapse;
mod colour;
mod completions;
mod conjecture;
mod diagnose;
mod examples;
mod experiments;
mod lengths;
mod messages;
mod output;
mod replay;
mod report;
mod safe_step;
mod usage;
mod verify;
