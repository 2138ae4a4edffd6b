//! Logs of training runs: what is read from them.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

mod damage;
#[path = "../common/logs.rs"]
mod logs;
#[path = "../common/long.rs"]
mod long;
