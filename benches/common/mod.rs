//! What benchmarks that compare two evaluations of the same instances have in common.

#![allow(clippy::expect_used, reason = "points of a campaign lie inside the cube")]

mod medians;

pub use medians::medians;

use gradient_gap::check::campaign::Draws;
use gradient_gap::{Instance, families};

/// The first instances of a campaign with seed 1, so many of every family.
pub fn instances(per_family: u64) -> Vec<Instance> {
    let (draws, mut u) = (Draws::new(1), Vec::new());
    let mut all = Vec::new();
    for (k, family) in families::REGISTRY.iter().enumerate() {
        for i in 0..per_family {
            draws.point(i * families::REGISTRY.len() as u64 + k as u64, family.dim, &mut u);
            all.push(family.decode(&u).expect("inside the cube"));
        }
    }
    all
}
