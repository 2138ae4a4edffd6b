//! `diagnose`: formats, damage, findings. Excerpts are made up; real logs are read where `GRADIENT_GAP_LOGS` names their folder.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that panics is a failed test")]

mod cuts;
mod damage;
mod falls;
mod findings;
mod formats;
mod limits;
mod real;
mod sizes;
mod support;

#[path = "../common/logs.rs"]
mod logs;
#[path = "../common/long.rs"]
mod long;
