//! The thresholds of `safe_step`: formulas by hand and at the ends of the range, what each guarantees on exact policies,
//! wrong formulas refuted, and the collapse threshold beside the constructions.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

mod collapse;
mod controls;
mod formulas;
mod guarantees;

#[path = "../common/drawn.rs"]
mod drawn;

use gradient_gap::Instance;
use gradient_gap::evaluation::Evaluation;
use gradient_gap::number::Interval;
use gradient_gap::safe_step::{Compared, Inputs, Step, THRESHOLDS};
use gradient_gap::thresholds::SuccessRate;

/// What the threshold of this name says.
fn named<'a>(compared: &'a Compared, name: &str) -> &'a Step {
    let position = THRESHOLDS.iter().position(|threshold| threshold.name == name);
    &compared.steps[position.unwrap_or_else(|| panic!("{name} is no threshold"))]
}

/// The step size up to which it speaks.
fn up_to(compared: &Compared, name: &str) -> f64 {
    match named(compared, name) {
        Step::UpTo(eta) => *eta,
        other => panic!("{name}: {other:?}"),
    }
}

/// The same from J.
fn at(inputs: &Inputs, success: f64, name: &str) -> f64 {
    up_to(&Compared::new(inputs, SuccessRate::of_success(success)), name)
}

/// The change of λ over a step of this size, enclosed.
fn change(instance: &Instance, eta: f64) -> Interval {
    let instance = Instance { eta, ..instance.clone() };
    Evaluation::<Interval>::new(&instance, 1).step().change
}
