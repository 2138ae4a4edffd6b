//! The job `tree` of the benchmarks `peers` and `roofline`.

use gradient_gap::enumerate::{self, ByPrefix, Moments, Table};
use gradient_gap::number::polar_normal;
use gradient_gap::policy::{Ending, Shape};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// V, T∞, and the dimension of θ.
pub const VOCABULARY: usize = 4;
/// T∞.
pub const LENGTH: usize = 13;
const DIMENSION: usize = 16;
/// Σ_{t<T} 3^t + 3^T.
pub const RESPONSES: u64 = 2_391_484;

/// The space of responses.
pub const SHAPE: Shape = Shape { vocabulary: VOCABULARY as u32, max_length: LENGTH as u32, ending: Ending::Cut };

/// The logits after a position and last token, and their slopes.
type Rows = Vec<[[f64; VOCABULARY]; 2]>;

/// Logits and slopes from a seed: features of (position, last token, token), θ, and a direction of length 1.
fn rows(seed: u64) -> Rows {
    let mut noise = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = |z: &mut [f64]| polar_normal(|| noise.random(), z);
    let mut features = vec![0.0; LENGTH * VOCABULARY * VOCABULARY * DIMENSION];
    let (mut theta, mut w) = ([0.0; DIMENSION], [0.0; DIMENSION]);
    normal(&mut features);
    normal(&mut theta);
    normal(&mut w);
    let norm = w.iter().map(|x| x * x).sum::<f64>().sqrt();
    w.iter_mut().for_each(|x| *x /= norm);
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let row = |features: &[f64]| {
        let along = |y: &[f64]| std::array::from_fn(|v| dot(&features[v * DIMENSION..(v + 1) * DIMENSION], y));
        [along(&theta), along(&w)]
    };
    features.chunks_exact(VOCABULARY * DIMENSION).map(row).collect()
}

/// The policy as a table, of which what follows from equal answers is computed once.
pub fn table(seed: u64) -> Table {
    let rows = rows(seed);
    let logits = |position: u32, last: u32, h: &mut [f64], a: &mut [f64], _: &mut [f64]| {
        let [logits, slopes] = &rows[position as usize * VOCABULARY + last as usize];
        h.copy_from_slice(logits);
        a.copy_from_slice(slopes);
    };
    Table::new(SHAPE, logits).expect("valid")
}

/// The policy as a function of the prefix, of which nothing is known: everything is computed for every prefix.
pub fn by_prefix(seed: u64) -> impl enumerate::Rows {
    let rows = rows(seed);
    let logits = move |prefix: &[u32], h: &mut [f64], a: &mut [f64], _: &mut [f64]| {
        let [logits, slopes] = &rows[prefix.len() * VOCABULARY + prefix.last().map_or(0, |&token| token as usize)];
        h.copy_from_slice(logits);
        a.copy_from_slice(slopes);
    };
    ByPrefix::new(SHAPE, logits).expect("valid")
}

/// Whether the sum of the tokens is divisible by three.
pub fn correct(tokens: &[u32]) -> bool {
    tokens.iter().sum::<u32>().is_multiple_of(3)
}

/// A bit of a multiplicative hash of the tokens: answers without a pattern.
pub fn scattered(tokens: &[u32]) -> bool {
    tokens.iter().fold(1_u32, |hash, token| (hash ^ token).wrapping_mul(0x9e37_79b1)) >> 31 == 1
}

/// All responses of the policy.
pub fn moments(policy: &impl enumerate::Rows, reward: impl Fn(&[u32]) -> bool + Sync) -> Moments {
    enumerate::enumerate(policy, reward).expect("valid")
}
