//! The constructions of Theorems 2 and 4: every step certified, over the whole window, with controls that must not collapse.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test, in a helper as in a test")]

mod constants;
mod controls;
mod families;
mod limits;
#[path = "../common/long.rs"]
mod long;
mod resonant;
mod sharp;
mod small;
mod statement;
mod theorem_2;
mod theorem_4;
mod thresholds;
mod window;

use gradient_gap::collapse::{Certified, Construction, Window};
use gradient_gap::number::Interval;
use long::long;
use rand::{Rng, RngExt, SeedableRng};

/// Steps per run: 10 000 with `GRADIENT_GAP_LONG=1`, `plain` without.
fn steps(plain: usize) -> usize {
    if long() { 10_000 } else { plain }
}

/// Δμ, a `part` of the largest that `window` admits, and η at the share `at` of the way through it.
fn place(window: &Window, part: f64, at: f64) -> (f64, f64) {
    let alignment = window.most_aligned() * part;
    (alignment, window.inside(alignment, at).expect("not empty"))
}

/// The run, certified step by step; J of the stored iterates falls too.
fn certified(construction: &impl Construction) -> Certified {
    construction.admissible().unwrap_or_else(|e| panic!("{e}"));
    let run = construction.run().unwrap_or_else(|e| panic!("{e}"));
    let course = construction.course::<Interval>(&run);
    for (k, pair) in course.steps.windows(2).enumerate() {
        assert!(pair[1].log_success.surely_lt(pair[0].log_success), "J rises from iterate {k} to the next");
    }
    Certified::new(&course, &run, construction.alignment())
}

/// Whether λ rises for certain at every step.
fn rises(construction: &impl Construction) -> bool {
    let run = construction.run().unwrap_or_else(|e| panic!("{e}"));
    construction.course::<Interval>(&run).steps.iter().all(|step| step.change.surely_positive())
}

fn generator(seed: u64) -> impl Rng {
    rand_chacha::ChaCha8Rng::seed_from_u64(seed)
}

/// Uniform on [low, high).
fn uniform(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Log-uniform on [low, high).
fn spread(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    uniform(rng, low.ln(), high.ln()).exp()
}
