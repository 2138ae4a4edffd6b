//! What benchmarks that compare two evaluations of the same instances have in common.

#![allow(clippy::expect_used, reason = "points of a campaign lie inside the cube")]

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

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The medians of two times over rounds that alternate between them.
pub fn medians(rounds: usize, one: impl Fn() -> f64, other: impl Fn() -> f64) -> [f64; 2] {
    let rounds: Vec<[f64; 2]> = (0..rounds).map(|_| [one(), other()]).collect();
    [0, 1].map(|i| median(rounds.iter().map(|round| round[i]).collect()))
}
