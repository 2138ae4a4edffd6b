//! The random instance of §5.1.

use super::{Bandit, Contexts};
use crate::number::polar_normal;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// d, N, and how many contexts are trained on and evaluated.
const DIM: usize = 10;
const ARMS: usize = 100;
const POOL: usize = 100;
const EVALUATION: usize = 500;

/// Streams of the seed: β, θ_0, the pool, the contexts for evaluation, and in a plan the choices of training contexts.
const BETA: u64 = 0;
const THETA: u64 = 1;
const POOL_CONTEXTS: u64 = 2;
const EVALUATION_CONTEXTS: u64 = 3;
pub(super) const CHOICES: u64 = 4;

/// Uniform on \[0, 1): 53 bits.
pub(super) fn uniform(noise: &mut ChaCha8Rng) -> f64 {
    (noise.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

fn noise(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut noise = ChaCha8Rng::seed_from_u64(seed);
    noise.set_stream(stream);
    noise
}

fn normal(seed: u64, stream: u64) -> Vec<f64> {
    let (mut noise, mut z) = (noise(seed, stream), vec![0.0; DIM * ARMS]);
    polar_normal(|| uniform(&mut noise), &mut z);
    z
}

/// Uniform contexts; the arm with the largest x·β is the correct one, the first of equal ones.
fn contexts(seed: u64, stream: u64, count: usize, beta: &[f64]) -> Contexts {
    let mut noise = noise(seed, stream);
    let x: Vec<f64> = (0..count * DIM).map(|_| uniform(&mut noise)).collect();
    let best = |x: &[f64]| {
        let mut scores = [0.0; ARMS];
        for (x, row) in x.iter().zip(beta.chunks_exact(ARMS)) {
            scores.iter_mut().zip(row).for_each(|(score, beta)| *score += x * beta);
        }
        (1..ARMS).fold(0, |best, a| if scores[a] > scores[best] { a } else { best }) as u32
    };
    let correct = x.chunks_exact(DIM).map(best).collect();
    Contexts { x, correct }
}

impl Bandit {
    /// The instance of §5.1 from a seed: d = 10, N = 100, β with standard normal entries, θ_0 with entries of standard deviation
    /// 0.01, 100 contexts to train on and 500 to evaluate, uniform on \[0, 1\]^d; correct is the arm with the largest x·β.
    pub fn paper(seed: u64) -> Bandit {
        let beta = normal(seed, BETA);
        let mut theta = normal(seed, THETA);
        theta.iter_mut().for_each(|theta| *theta *= 0.01);
        let pool = contexts(seed, POOL_CONTEXTS, POOL, &beta);
        let evaluation = contexts(seed, EVALUATION_CONTEXTS, EVALUATION, &beta);
        Bandit { dim: DIM, arms: ARMS, theta, pool, evaluation }
    }
}
