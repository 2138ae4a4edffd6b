//! Instances drawn as a campaign draws them.

use gradient_gap::check::campaign::draw;
use gradient_gap::{Instance, families};

/// Random instances of every family, the same in every run: `per_family` of each from the streams of `seed`.
pub fn random_instances(seed: u64, per_family: u64) -> Vec<Instance> {
    let mut u = Vec::new();
    let points = families::REGISTRY.iter().flat_map(|family| (0..per_family).map(move |i| (family, i)));
    points
        .map(|(family, i)| {
            draw(seed, i, family.dim, &mut u);
            family.decode(&u).expect("inside the cube")
        })
        .collect()
}
