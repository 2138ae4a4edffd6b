//! Optimizers, and the supervised start.

use super::sample::{Purpose, softmax, stream};
use super::task::{EOS, Prompt};
use crate::number::{Scalar, polar_normal};
use crate::transformer::{Pass, Sizes};
use rand::RngExt;
use rayon::prelude::*;

/// How a gradient becomes an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optimizer {
    /// Stochastic gradient ascent: θ ← θ + αg.
    Sgd,
    /// Adam with weight decay apart from the gradient (Loshchilov and Hutter): β = (0.9, 0.999), ε = 10⁻⁸, decay 0.01.
    AdamW,
}

/// An optimizer with what it remembers.
#[derive(Clone, Debug)]
pub struct State {
    optimizer: Optimizer,
    first: Vec<f64>,
    second: Vec<f64>,
    powers: [f64; 2],
}

const BETA: [f64; 2] = [0.9, 0.999];
const TINY: f64 = 1e-8;
const DECAY: f64 = 0.01;

impl State {
    /// Nothing remembered yet.
    pub fn new(optimizer: Optimizer, parameters: usize) -> State {
        State { optimizer, first: vec![0.0; parameters], second: vec![0.0; parameters], powers: [1.0; 2] }
    }

    /// θ after a step uphill along g with learning rate α.
    pub fn step(&mut self, theta: &[f64], gradient: &[f64], rate: f64) -> Vec<f64> {
        if self.optimizer == Optimizer::Sgd {
            return theta.iter().zip(gradient).map(|(theta, g)| theta + rate * g).collect();
        }
        self.powers = [0, 1].map(|i| self.powers[i] * BETA[i]);
        let [first, second] = self.powers.map(|power| 1.0 / (1.0 - power));
        let moments = self.first.iter_mut().zip(&mut self.second);
        theta
            .iter()
            .zip(gradient)
            .zip(moments)
            .map(|((&theta, &g), (m, v))| {
                *m = BETA[0] * *m + (1.0 - BETA[0]) * g;
                *v = BETA[1] * *v + (1.0 - BETA[1]) * g * g;
                let step = *m * first / (Scalar::sqrt(*v * second) + TINY);
                theta + rate * (step - DECAY * theta)
            })
            .collect()
    }
}

/// Demonstrations of a batch, and how many go through the network together.
const BATCH: usize = 64;
const TOGETHER: usize = 16;
/// So many steps take about as long as an update with all that is measured.
pub const TOLD: usize = 50;
/// Of the supervised start.
const RATE: f64 = 3e-3;
/// The share of demonstrations with a wrong sum.
pub const WRONG: f64 = 0.35;

/// θ drawn from normal laws: standard deviation 0.3 for embeddings, 1/√(rows) for matrices, gains 1.
pub fn start(sizes: Sizes, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, Purpose::Start, 0, 0);
    let mut theta = vec![1.0; sizes.parameters()];
    for (name, place) in sizes.parts() {
        let spread = match name {
            "tokens" | "positions" => 0.3,
            "down" => 1.0 / Scalar::sqrt(sizes.hidden as f64),
            _ if name.ends_with("gain") => continue,
            _ => 1.0 / Scalar::sqrt(sizes.width as f64),
        };
        let part = &mut theta[place];
        polar_normal(|| rng.random::<f64>(), part);
        part.iter_mut().for_each(|z| *z *= spread);
    }
    theta
}

/// Cross-entropy on demonstrations, a share [`WRONG`] of them with a wrong sum, AdamW with a rate that falls to 0; returns θ and the mean
/// loss of the last tenth of the steps. `done` is told after every [`TOLD`] of them.
pub fn warm_start(
    sizes: Sizes,
    prompts: &[Prompt],
    length: u32,
    steps: usize,
    seed: u64,
    done: &dyn Fn(),
) -> (Vec<f64>, f64) {
    let mut theta = start(sizes, seed);
    let mut state = State::new(Optimizer::AdamW, theta.len());
    let (mut last, mut count) = (0.0, 0);
    for step in 0..steps {
        let parts: Vec<(Vec<f64>, f64)> = (0..BATCH / TOGETHER)
            .into_par_iter()
            .map(|part| {
                let mut rng = stream(seed, Purpose::Demonstrations, step, part);
                let mut pass = Pass::new(sizes, &theta, true);
                let mut marked = Vec::new();
                for _ in 0..TOGETHER {
                    let prompt = &prompts[rng.random_range(0..prompts.len())];
                    let (tokens, response) = (prompt.tokens(), prompt.demonstration(WRONG, length, &mut rng));
                    let first = pass.forest().len();
                    let whole: Vec<u32> = tokens.iter().chain(&response).copied().filter(|&token| token != EOS).collect();
                    let place = |i: usize| i.checked_sub(1).map(|before| first + before);
                    pass.extend(&whole.iter().enumerate().map(|(i, &token)| (place(i), token)).collect::<Vec<_>>());
                    marked.extend(response.iter().enumerate().map(|(i, &token)| (first + tokens.len() - 1 + i, token)));
                }
                let mut by_logit = vec![0.0; pass.forest().len() * sizes.options];
                let mut loss = 0.0;
                for (node, token) in marked {
                    let probabilities = softmax(pass.logits(node));
                    loss -= Scalar::ln(probabilities[token as usize]);
                    for (v, p) in probabilities.into_iter().enumerate() {
                        by_logit[node * sizes.options + v] = (f64::from(u8::from(v == token as usize)) - p) / BATCH as f64;
                    }
                }
                (pass.gradient(&by_logit), loss / BATCH as f64)
            })
            .collect();
        let mut gradient = vec![0.0; theta.len()];
        let mut loss = 0.0;
        for (part, of_part) in &parts {
            gradient.iter_mut().zip(part).for_each(|(sum, g)| *sum += g);
            loss += of_part;
        }
        if 10 * step >= 9 * steps {
            (last, count) = (last + loss, count + 1);
        }
        theta = state.step(&theta, &gradient, RATE * (1.0 - step as f64 / steps as f64));
        if (step + 1) % TOLD == 0 {
            done();
        }
    }
    (theta, last / f64::from(count.max(1)))
}
