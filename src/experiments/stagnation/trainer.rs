//! Policy gradients on several prompts that share θ: exact or of sampled groups, with lengths, with clipping.
//!
//! Every prompt has one softmax over its responses with logits θ·φ(o), so that J of each is known exactly at every step. Of a
//! prompt, GRPO's objective has the gradient (5)
//!
//! ```text
//! exact     E_π[ (A/σ)(1/ℓ) ∇log π ],      A = r − J,  σ² = J(1 − J)
//! group     (1/G) Σᵢ (Aᵢ/σ)(1/ℓᵢ) ∇log π(oᵢ),   A = r − r̄,  σ² = r̄(1 − r̄); 0 where all rewards are equal
//! ```
//!
//! and Dr. GRPO's is the same without σ and ℓ. A step is α times their mean over the prompts. With clipping a group is used for
//! several steps, and ∇log π(oᵢ) becomes ρᵢ∇log π(oᵢ), ρ = π/π_old, or 0 where A > 0 and ρ > 1 + ε, or A < 0 and ρ < 1 − ε.

use crate::line::norm;
use crate::number::{Scalar, log_sum_exp};
use crate::update::Algorithm;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A prompt with its n responses, a softmax with logits θ·φ(o).
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// φ(o), row-major: d numbers for each of the n responses.
    pub features: Vec<f64>,
    /// r*(o), a flag for each response.
    pub correct: Vec<bool>,
    /// ℓ(o) > 0, a length in tokens for each response.
    pub lengths: Vec<f64>,
}

/// Prompts that share θ, with the start of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The prompts, at least one, all of one dimension d.
    pub prompts: Vec<Prompt>,
    /// θ_0 ∈ R^d.
    pub theta: Vec<f64>,
}

/// How the updates of a run are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Method {
    /// The algorithm: GRPO, or Dr. GRPO.
    pub algorithm: Algorithm,
    /// α, the learning rate: a step is α times the mean gradient over the prompts.
    pub rate: f64,
    /// G, the responses of a sampled group; `None` for exact gradients.
    pub group: Option<u32>,
    /// How many steps are made with one group, and ε of the clipping; `None` for one unclipped step.
    pub clip: Option<(u32, f64)>,
}

/// What is known of a prompt at θ.
struct State {
    /// log π.
    log_prob: Vec<f64>,
    /// log J and log(1 − J).
    log_rates: [f64; 2],
}

impl Prompt {
    fn state(&self, theta: &[f64]) -> State {
        let dot = |phi: &[f64]| phi.iter().zip(theta).map(|(x, y)| x * y).sum::<f64>();
        let mut log_prob: Vec<f64> = self.features.chunks(theta.len().max(1)).map(dot).collect();
        let total = log_sum_exp(&log_prob);
        log_prob.iter_mut().for_each(|z| *z -= total);
        let side = |side: bool| {
            let of = log_prob.iter().zip(&self.correct).filter(|(_, c)| **c == side).map(|(z, _)| *z);
            log_sum_exp(&of.collect::<Vec<_>>())
        };
        let lambda = side(true) - side(false);
        State { log_rates: [-(-lambda).softplus(), -lambda.softplus()], log_prob }
    }

    /// J and 1 − J at θ.
    pub fn rates(&self, theta: &[f64]) -> [f64; 2] {
        self.state(theta).log_rates.map(Scalar::exp)
    }

    /// Adds `scale` Σ_o c_o ∇log π(o) = scale Σ_o (c_o − π_o Σ c)φ(o).
    fn add(&self, weights: &[f64], log_prob: &[f64], scale: f64, gradient: &mut [f64]) {
        let total: f64 = weights.iter().sum();
        for ((phi, c), z) in self.features.chunks(gradient.len().max(1)).zip(weights).zip(log_prob) {
            let factor = scale * (c - Scalar::exp(*z) * total);
            gradient.iter_mut().zip(phi).for_each(|(g, x)| *g += factor * x);
        }
    }

    /// The weights c of the exact gradient.
    fn exact(&self, state: &State, algorithm: Algorithm) -> Vec<f64> {
        let [log_success, log_failure] = state.log_rates;
        let log_variance = log_success + log_failure;
        let weight = |((z, correct), length): ((&f64, &bool), &f64)| {
            // π A = ±π (1 − J) or J, divided by σ in logarithms.
            let size = z + if *correct { log_failure } else { log_success };
            let size = match algorithm {
                Algorithm::Grpo => Scalar::exp(size - 0.5 * log_variance) / length,
                Algorithm::Reinforce | Algorithm::DrGrpo => Scalar::exp(size),
            };
            if *correct { size } else { -size }
        };
        // Where 1 − J has no square root in binary64 nothing moves.
        if log_variance < -1400.0 {
            return vec![0.0; self.correct.len()];
        }
        state.log_prob.iter().zip(&self.correct).zip(&self.lengths).map(weight).collect()
    }

    /// How often each response is drawn.
    fn draw(&self, state: &State, group: u32, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let mut counts = vec![0; self.correct.len()];
        // Small masses first, so that rounding of the sum does not swallow them.
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by(|&a, &b| state.log_prob[a].total_cmp(&state.log_prob[b]));
        let masses = order.iter().map(|&o| Scalar::exp(state.log_prob[o]));
        let sums: Vec<f64> = masses
            .scan(0.0, |sum, p| {
                Some({
                    *sum += p;
                    *sum
                })
            })
            .collect();
        let total = sums.last().copied().unwrap_or(0.0);
        for _ in 0..group {
            let u = rng.random::<f64>() * total;
            let drawn = sums.iter().position(|&c| u < c).unwrap_or(order.len() - 1);
            counts[order[drawn]] += 1;
        }
        counts
    }

    /// The weights c of a group: its counts with their advantages; `None` where all rewards are equal.
    fn grouped(&self, counts: &[u32], algorithm: Algorithm) -> Option<Vec<f64>> {
        let group: u32 = counts.iter().sum();
        let right: u32 = counts.iter().zip(&self.correct).filter(|(_, c)| **c).map(|(n, _)| *n).sum();
        if right == 0 || right == group {
            return None;
        }
        let mean = f64::from(right) / f64::from(group);
        let deviation = (mean * (1.0 - mean)).sqrt();
        let weight = |((&n, &correct), &length): ((&u32, &bool), &f64)| {
            let share = f64::from(n) / f64::from(group) * if correct { 1.0 - mean } else { -mean };
            match algorithm {
                Algorithm::Grpo => share / (deviation * length),
                Algorithm::Reinforce | Algorithm::DrGrpo => share,
            }
        };
        Some(counts.iter().zip(&self.correct).zip(&self.lengths).map(weight).collect())
    }
}

/// The weights with ρ, or 0 where it is clipped.
fn clipped(weights: &[f64], now: &[f64], old: &[f64], clip: f64) -> Vec<f64> {
    let one = |((&c, z), old): ((&f64, &f64), &f64)| {
        let ratio = Scalar::exp(z - old);
        let out = c > 0.0 && ratio > 1.0 + clip || c < 0.0 && ratio < 1.0 - clip;
        if out { 0.0 } else { c * ratio }
    };
    weights.iter().zip(now).zip(old).map(one).collect()
}

impl Problem {
    /// The mean of J over the prompts, and of 1 − J.
    pub fn rates(&self, theta: &[f64]) -> [f64; 2] {
        let share = 1.0 / self.prompts.len().max(1) as f64;
        self.prompts.iter().map(|prompt| prompt.rates(theta)).fold([0.0; 2], |[a, b], [x, y]| [a + share * x, b + share * y])
    }

    /// The exact gradient at θ.
    pub fn gradient(&self, theta: &[f64], algorithm: Algorithm) -> Vec<f64> {
        let mut gradient = vec![0.0; theta.len()];
        for prompt in &self.prompts {
            let state = prompt.state(theta);
            let weights = prompt.exact(&state, algorithm);
            prompt.add(&weights, &state.log_prob, 1.0 / self.prompts.len() as f64, &mut gradient);
        }
        gradient
    }

    /// The mean of ‖g⁺ − g⁻‖ over the prompts: E⁺\[φ\] − E⁻\[φ\].
    pub fn mean_gap(&self, theta: &[f64]) -> f64 {
        let size = |prompt: &Prompt| {
            let State { log_prob, log_rates } = prompt.state(theta);
            let weight = |(z, correct): (&f64, &bool)| {
                let [success, failure] = log_rates;
                if *correct { Scalar::exp(z - success) } else { -Scalar::exp(z - failure) }
            };
            let weights: Vec<f64> = log_prob.iter().zip(&prompt.correct).map(weight).collect();
            let mut gap = vec![0.0; theta.len()];
            prompt.add(&weights, &log_prob, 1.0, &mut gap); // Σ c = 0
            norm(&gap)
        };
        self.prompts.iter().map(size).sum::<f64>() / self.prompts.len().max(1) as f64
    }

    /// Makes one update, or as many as one group is used for.
    pub fn advance(&self, theta: &mut [f64], method: &Method, rng: &mut ChaCha8Rng) {
        let share = method.rate / self.prompts.len() as f64;
        let Some(group) = method.group else {
            let gradient = self.gradient(theta, method.algorithm);
            theta.iter_mut().zip(&gradient).for_each(|(x, g)| *x += method.rate * g);
            return;
        };
        let mut drawn: Vec<(&Prompt, Vec<f64>, Vec<f64>)> = Vec::new();
        for prompt in &self.prompts {
            let state = prompt.state(theta);
            let counts = prompt.draw(&state, group, rng);
            if let Some(weights) = prompt.grouped(&counts, method.algorithm) {
                drawn.push((prompt, weights, state.log_prob));
            }
        }
        let (epochs, clip) = method.clip.unwrap_or((1, f64::INFINITY));
        for epoch in 0..epochs {
            let mut gradient = vec![0.0; theta.len()];
            for (prompt, weights, old) in &drawn {
                if epoch == 0 {
                    prompt.add(weights, old, share, &mut gradient);
                    continue;
                }
                let now = prompt.state(theta).log_prob;
                prompt.add(&clipped(weights, &now, old, clip), &now, share, &mut gradient);
            }
            theta.iter_mut().zip(&gradient).for_each(|(x, g)| *x += g);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Evaluation;
    use crate::instance::Instance;
    use crate::policy::Policy;
    use crate::update::update;
    use rand::SeedableRng;

    fn problem() -> Problem {
        let prompt = Prompt {
            features: vec![0.0, 0.5, -1.0, 0.25, 2.0, 1.0, 0.5, -1.5],
            correct: vec![true, true, false, false],
            lengths: vec![10.0, 1.0, 3.0, 2.0],
        };
        Problem { prompts: vec![prompt], theta: vec![0.3, -0.7] }
    }

    /// The exact gradients, against those of the crate's policies; and without lengths GRPO's is another.
    #[test]
    fn exact_gradients_are_those_of_the_policy() {
        let problem = problem();
        let prompt = &problem.prompts[0];
        let mut policy = Policy::linear_softmax(2, prompt.features.clone(), vec![]).expect("fits");
        policy.lengths = Some(vec![10, 1, 3, 2]);
        let instance = Instance {
            policy,
            theta: problem.theta.clone(),
            direction: vec![1.0, 0.0],
            eta: 0.1,
            correct: prompt.correct.clone(),
            then: vec![],
        };
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        for algorithm in [Algorithm::DrGrpo, Algorithm::Grpo] {
            let (mine, theirs) = (problem.gradient(&problem.theta, algorithm), update(&evaluation, algorithm).gradient);
            assert!(mine.iter().zip(&theirs).all(|(x, y)| (x - y).abs() < 1e-14), "{mine:?} {theirs:?}");
        }
        let mut equal = problem.clone();
        equal.prompts[0].lengths = vec![4.0; 4];
        let apart =
            |p: &Problem| p.gradient(&p.theta, Algorithm::Grpo)[0] - 0.25 * problem.gradient(&p.theta, Algorithm::DrGrpo)[0];
        assert!((apart(&equal) - apart(&problem)).abs() > 1e-3);
        let size = norm(&evaluation.gap().vector);
        assert!((problem.mean_gap(&problem.theta) / size - 1.0).abs() < 1e-13);
        let [j, f] = problem.rates(&problem.theta);
        assert!((j - evaluation.start().success()).abs() < 1e-15 && (j + f - 1.0).abs() < 1e-15);
    }

    /// The mean of many groups: (1 − 1/G)∇J of Dr. GRPO.
    #[test]
    fn groups_have_the_gradient_on_average() {
        let problem = problem();
        let method = Method { algorithm: Algorithm::DrGrpo, rate: 1.0, group: Some(4), clip: None };
        let (mut rng, mut sum, many) = (ChaCha8Rng::seed_from_u64(1), vec![0.0; 2], 200_000);
        for _ in 0..many {
            let mut theta = problem.theta.clone();
            problem.advance(&mut theta, &method, &mut rng);
            (0..2).for_each(|i| sum[i] += (theta[i] - problem.theta[i]) / f64::from(many));
        }
        let exact = problem.gradient(&problem.theta, Algorithm::DrGrpo);
        let off = |share: f64| (0..2).map(|i| (sum[i] - share * exact[i]).abs()).fold(0.0, f64::max);
        assert!(off(0.75) < 0.004 && off(1.0) > 0.02, "{sum:?} {exact:?}");
    }

    #[test]
    fn what_is_clipped_does_not_move() {
        let weights = [1.0, 1.0, -1.0, -1.0];
        let (old, now) = ([0.0; 4], [1.1, 1.3, 0.9, 0.7].map(f64::ln));
        let left = clipped(&weights, &now, &old, 0.2);
        let near = |x: f64, y: f64| (x - y).abs() < 1e-14;
        assert!(near(left[0], 1.1) && left[1] == 0.0 && near(left[2], -0.9) && left[3] == 0.0, "{left:?}");
        // What is pushed back towards the old policy is not clipped.
        let back = clipped(&[-1.0, 1.0], &[1.3_f64.ln(), 0.7_f64.ln()], &[0.0; 2], 0.2);
        assert!(near(back[0], -1.3) && near(back[1], 0.7));
        // One epoch is the plain step; four are not.
        let (problem, mut rng) = (problem(), ChaCha8Rng::seed_from_u64(3));
        let method = Method { algorithm: Algorithm::Grpo, rate: 2.0, group: Some(8), clip: None };
        let step = |method: Method, rng: &mut ChaCha8Rng| {
            let mut theta = problem.theta.clone();
            problem.advance(&mut theta, &method, rng);
            theta
        };
        let plain = step(method, &mut rng.clone());
        assert_eq!(plain, step(Method { clip: Some((1, 0.2)), ..method }, &mut rng.clone()));
        // Here the first step goes beyond the clip for all, and the other three do nothing.
        let four = Method { clip: Some((4, 0.2)), ..method };
        assert_eq!(plain, step(four, &mut rng.clone()));
        let slow = Method { rate: 0.02, ..four };
        assert_ne!(step(Method { clip: None, ..slow }, &mut rng.clone()), step(slow, &mut rng));
    }
}
