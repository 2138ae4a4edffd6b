//! Exact sampling: responses drawn token by token from (1).

use super::Policy;
use crate::error::Error;
use crate::number::log_sum_exp;
use rand::{Rng, RngExt};
use smallvec::SmallVec;

/// Draws responses of a policy at a fixed θ, token by token, without looking at the enumeration's probabilities.
///
/// ```
/// use gradient_gap::policy::{Policy, Sampler};
/// use rand::SeedableRng;
///
/// let policy = Policy::tabular_softmax(2, vec![])?;
/// let sampler = Sampler::new(&policy, &[0.0, 3f64.ln()])?; // ¼ and ¾
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let second = (0..4_000).filter(|_| sampler.draw(&mut rng) == 1).count();
/// assert!((2_900..3_100).contains(&second));
/// # Ok::<(), gradient_gap::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sampler<'a> {
    policy: &'a Policy,
    /// Cumulative token probabilities of every row.
    cumulative: Vec<f64>,
    /// Position in the response list of the first leaf of every node, and the number of its leaves.
    leaves: Vec<(u32, u32)>,
    /// Children of every node: position of the first.
    children: Vec<u32>,
}

impl<'a> Sampler<'a> {
    /// A sampler of π_θ, θ of the policy's dimension.
    ///
    /// # Errors
    /// Responses that are not [listed](Policy::is_listed), as they are drawn by their positions; another number of parameters.
    pub fn new(policy: &'a Policy, theta: &[f64]) -> Result<Sampler<'a>, Error> {
        if !policy.is_listed() {
            return Err(Error::new("the responses are not listed, and are drawn by their places in the list"));
        }
        if theta.len() != policy.logits.dim {
            return Err(Error::new(format!("theta has {} parameters, expected {}", theta.len(), policy.logits.dim)));
        }
        let logits = policy.logits.restrict::<f64>(theta, &vec![0.0; theta.len()]);
        let mut cumulative = Vec::with_capacity(logits.count());
        for row in logits.at(0.0, |x| x).chunks(logits.options) {
            let total = log_sum_exp(row);
            let weights: SmallVec<[f64; 8]> = row.iter().map(|z| pxfm::f_exp(z - total)).collect();
            cumulative.extend(weights.iter().scan(0.0, |mass, w| {
                *mass += w;
                Some(*mass)
            }));
        }
        let nodes = policy.tree.nodes().len();
        let mut leaves = vec![(0, 0); nodes];
        for (position, leaf) in policy.tree.leaves().iter().enumerate() {
            let entry = &mut leaves[leaf.node as usize];
            if entry.1 == 0 {
                entry.0 = position as u32;
            }
            entry.1 += 1;
        }
        let mut children = vec![0; nodes];
        for (position, node) in policy.tree.nodes().iter().enumerate().skip(1).rev() {
            children[node.parent as usize] = position as u32;
        }
        Ok(Sampler { policy, cumulative, leaves, children })
    }

    /// One response, as its position in [`Tree::leaves`](super::Tree::leaves).
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        let shape = self.policy.tree.shape();
        let mut node = 0usize;
        loop {
            let (first_leaf, leaves) = self.leaves[node];
            let last = self.policy.tree.nodes()[node].depth + 1 == shape.max_length;
            if last && leaves == 1 && self.policy.tree.leaves()[first_leaf as usize].token.is_none() {
                return first_leaf as usize; // forced EOS
            }
            let token = match self.policy.stop {
                Some(stop) if rng.random::<f64>() < stop => 0,
                Some(_) => 1 + self.option(node, rng),
                None => self.option(node, rng),
            };
            if last {
                return (first_leaf + token) as usize;
            }
            if leaves == 1 && token == 0 {
                return first_leaf as usize;
            }
            node = (self.children[node] + token - leaves.min(1)) as usize;
        }
    }

    fn option(&self, node: usize, rng: &mut impl Rng) -> u32 {
        let options = self.policy.logits.options;
        let row = self.policy.row(node);
        let cumulative = &self.cumulative[row * options..(row + 1) * options];
        let u = rng.random::<f64>() * cumulative[options - 1];
        cumulative.iter().position(|&c| u < c).unwrap_or(options - 1) as u32
    }
}
