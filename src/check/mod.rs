//! Judging: from two numbers and a relation to a verdict.
//!
//! [`judge`] compares the sides of one claim on one instance, in binary64 and in intervals; [`campaign`] loops over
//! instances, [`shard`] cuts that into parts; [`certify`] decides them by intervals alone; [`attack`] searches for the worst,
//! [`conjecture`] for what refutes somebody's own bound; [`tightness`] attacks everything, [`baseline`] compares with an earlier run;
//! [`boxes`] proves inequalities between a few numbers on a whole box; [`witness`] keeps, simplifies and re-reads what refuted
//! something; [`work`] says how much it is to look at an instance. A sampled success is never called proved, and a refutation counts only when one interval evaluation confirms it.

use crate::error::Error;

mod asserted;
pub mod attack;
pub mod baseline;
pub mod boxes;
pub mod campaign;
pub mod certify;
pub mod conjecture;
mod found;
pub mod histogram;
pub mod judge;
mod numbers;
mod pass;
mod read;
mod search;
pub mod shard;
mod short;
pub mod simplify;
mod stored;
pub mod tightness;
pub mod witness;
pub mod work;

/// A pool of so many threads, 0 for as many as there are cores: what runs inside [`install`](rayon::ThreadPool::install)
/// uses them.
///
/// # Errors
/// As many threads are not to be had.
pub fn pool(threads: usize) -> Result<rayon::ThreadPool, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|e| Error::new(format!("{threads} threads: {e}")))
}
