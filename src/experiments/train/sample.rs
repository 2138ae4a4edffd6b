//! Groups of sampled responses, and the gradients that GRPO and Dr. GRPO make of them.

use super::task::{EOS, Prompt};
use crate::number::Scalar;
use crate::transformer::{Pass, Sizes};
use crate::update::Algorithm;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are for; each use has streams of its own.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// θ before anything is learnt.
    Start,
    /// Demonstrations.
    Demonstrations,
    /// Which prompts are evaluated.
    Evaluation,
    /// Which prompts a batch has.
    Batch,
    /// Responses.
    Responses,
    /// Groups of other sizes, which nothing is learnt from.
    Groups,
}

/// Random numbers of one use, step and place.
pub fn stream(seed: u64, purpose: Purpose, step: usize, place: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((purpose as u64) << 56 | (step as u64) << 24 | place as u64);
    rng
}

/// A response: behind which token of the forest each of its tokens stands.
#[derive(Clone, Debug, Default)]
struct Sampled {
    tokens: Vec<(usize, u32)>,
}

/// Responses to one prompt, with what is needed to go back.
#[derive(Debug)]
pub struct Group<'a> {
    pass: Pass<'a, f64>,
    responses: Vec<Sampled>,
    rewards: Vec<f64>,
}

/// The softmax of a row.
pub(super) fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|z| Scalar::exp(z - top)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

impl<'a> Group<'a> {
    /// Draws responses token by token; the prompt and what responses share go through the network once.
    pub fn draw(
        sizes: Sizes,
        theta: &'a [f64],
        prompt: &Prompt,
        length: u32,
        count: usize,
        rng: &mut impl Rng,
    ) -> Group<'a> {
        let mut pass = Pass::new(sizes, theta, true);
        let tokens: Vec<(Option<usize>, u32)> =
            prompt.tokens().into_iter().enumerate().map(|(i, token)| (i.checked_sub(1), token)).collect();
        pass.extend(&tokens);
        let mut responses = vec![Sampled::default(); count];
        // Those that go on, with the token that they have come to.
        let mut open: Vec<(usize, usize)> = (0..count).map(|i| (i, tokens.len() - 1)).collect();
        for position in 1..=length {
            let from = pass.forest().len();
            let mut new: Vec<(Option<usize>, u32)> = Vec::new();
            let mut next = Vec::new();
            for &(i, node) in &open {
                let probabilities = softmax(pass.logits(node));
                let mut left: f64 = rng.random();
                let chosen = probabilities.iter().position(|p| {
                    left -= p;
                    left < 0.0
                });
                let token = chosen.unwrap_or(probabilities.len() - 1) as u32;
                responses[i].tokens.push((node, token));
                if token != EOS && position < length {
                    let known = new.iter().position(|&known| known == (Some(node), token));
                    let place = known.unwrap_or_else(|| {
                        new.push((Some(node), token));
                        new.len() - 1
                    });
                    next.push((i, from + place));
                }
            }
            pass.extend(&new);
            open = next;
        }
        let reward = |response: &Sampled| {
            let tokens: Vec<u32> = response.tokens.iter().map(|(_, token)| *token).collect();
            f64::from(u8::from(prompt.is_correct(&tokens)))
        };
        let rewards = responses.iter().map(reward).collect();
        Group { pass, responses, rewards }
    }

    /// The tokens of every response.
    pub fn responses(&self) -> Vec<Vec<u32>> {
        let tokens = |response: &Sampled| response.tokens.iter().map(|(_, token)| *token).collect();
        self.responses.iter().map(tokens).collect()
    }

    /// Ĵ: the mean reward.
    pub fn success(&self) -> f64 {
        self.rewards.iter().sum::<f64>() / self.rewards.len().max(1) as f64
    }

    /// The mean length, EOS counted.
    pub fn length(&self) -> f64 {
        self.responses.iter().map(|o| o.tokens.len()).sum::<usize>() as f64 / self.responses.len().max(1) as f64
    }

    /// Whether all rewards are equal, so that nothing is learnt.
    pub fn is_even(&self) -> bool {
        self.rewards.iter().all(|reward| *reward == self.rewards[0])
    }

    /// The mean over the group of A ∇log π(o), A = r − Ĵ; of (A/σ̂)(1/|o|) ∇log π(o) for GRPO, σ̂² = Ĵ(1−Ĵ). `None` where all rewards
    /// are equal: it is 0.
    pub fn gradient(&self, algorithm: Algorithm, options: usize) -> Option<Vec<f64>> {
        if self.is_even() {
            return None;
        }
        let (mean, count) = (self.success(), self.rewards.len() as f64);
        let sigma = Scalar::sqrt(mean * (1.0 - mean));
        let mut by_logit = vec![0.0; self.pass.forest().len() * options];
        for (response, reward) in self.responses.iter().zip(&self.rewards) {
            let weight = match algorithm {
                Algorithm::Grpo => (reward - mean) / sigma / response.tokens.len() as f64,
                Algorithm::DrGrpo | Algorithm::Reinforce => reward - mean,
            };
            for &(node, token) in &response.tokens {
                let row = &mut by_logit[node * options..][..options];
                for (v, (entry, p)) in row.iter_mut().zip(softmax(self.pass.logits(node))).enumerate() {
                    *entry += weight / count * (f64::from(u8::from(v == token as usize)) - p);
                }
            }
        }
        Some(self.pass.gradient(&by_logit))
    }
}
