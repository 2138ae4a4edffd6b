//! Judging: from two numbers and a relation to a verdict.
//!
//! [`judge`] compares the sides of one claim on one instance, in binary64 and in intervals; [`campaign`] loops over instances; [`attack`] searches for the worst;
//! [`witness`] keeps, simplifies and re-reads what refuted something. A sampled success is never called proved, and a
//! refutation counts only when one interval evaluation confirms it.

pub mod attack;
pub mod campaign;
pub mod histogram;
pub mod judge;
mod pass;
pub mod simplify;
pub mod witness;
