//! The numbers: `Interval` against an independent implementation of directed rounding, `Jet` against an independent
//! implementation of dual numbers and against high-precision differences, `f64`'s elementary functions against correct
//! rounding. Everything is deterministic.
#![allow(clippy::expect_used)] // in the helpers too, a panic is a failed test

use gradient_gap::number::{Interval, Jet, Scalar, log_sum_exp};

mod elementary_functions_of_f64;
mod expression_trees;
mod hyperbolic;
mod intervals_enclose_tightly;
mod jets;
mod negative_controls;
mod special_cases;
mod suprema;
mod truth;
