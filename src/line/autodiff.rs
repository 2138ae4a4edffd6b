//! The second route: everything that [`super`] computes by formula, obtained by differentiating log-probabilities as
//! [`Jet`]s. Nothing here knows what a score, a mean or a variance is.

use super::{List, OnLine};
use crate::instance::Instance;
use crate::number::{Jet, Scalar, log_sum_exp, sum};

impl<N: Scalar> OnLine<'_, N> {
    /// log π(o) of every response that is listed, as a jet in t at t = `t`.
    pub fn log_prob_jets(&self, t: N) -> List<Jet<N>> {
        let token = self.token_jets(t);
        self.add_up(&token, self.stop_log_probs(Jet::constant))
    }

    /// log π(v | context) of every logit as a jet in t.
    fn token_jets(&self, t: N) -> List<Jet<N>> {
        let mut log_prob = self.logits.at(Jet::variable(t), Jet::constant);
        for row in log_prob.chunks_mut(self.logits.options) {
            let total = log_sum_exp(row);
            row.iter_mut().for_each(|z| *z = *z - total);
        }
        log_prob
    }

    /// log P(O∓) as jets in t, index 0 for O⁻ and 1 for O⁺.
    pub fn log_mass_jets(&self, t: N) -> [Jet<N>; 2] {
        if let Some(automaton) = self.automaton() {
            return self.jets().chain_log_mass(automaton, &self.token_jets(t), self.stop_log_probs(Jet::constant));
        }
        self.split(&self.log_prob_jets(t))
    }

    fn split(&self, log_prob: &[Jet<N>]) -> [Jet<N>; 2] {
        [false, true].map(|side| {
            let terms: List<Jet<N>> =
                log_prob.iter().zip(self.correct).filter(|&(_, &correct)| correct == side).map(|(&lp, _)| lp).collect();
            log_sum_exp(&terms)
        })
    }

    /// λ as a jet in t: its value, λ' and λ''.
    pub fn lambda_jet(&self, t: N) -> Jet<N> {
        let [minus, plus] = self.log_mass_jets(t);
        plus - minus
    }

    /// The derivative of log π(o) along the line for a whole response, by the product rule on Π_t π(o_t | o_<t) (each factor
    /// scaled to 1 at `t`), not by adding up tokens.
    pub fn whole_response_jets(&self, t: N) -> List<Jet<N>> {
        let policy = self.policy;
        if !policy.is_listed() {
            return List::new();
        }
        let ratio: List<Jet<N>> = self.token_jets(t).iter().map(|lp| (*lp - Jet::constant(N::of(lp.mid()))).exp()).collect();
        let factor = |node: u32, token: u32| policy.option(node as usize, token).map_or(Jet::one(), |j| ratio[j]);
        let mut prefix: List<Jet<N>> = List::with_capacity(policy.tree.nodes().len());
        prefix.push(Jet::one());
        for node in &policy.tree.nodes()[1..] {
            prefix.push(prefix[node.parent as usize] * factor(node.parent, node.token));
        }
        let leaves = policy.tree.leaves().iter();
        leaves
            .map(|leaf| prefix[leaf.node as usize] * leaf.token.map_or(Jet::one(), |token| factor(leaf.node, token)))
            .map(Jet::ln)
            .collect()
    }
}

/// Gradients in θ-space by differentiation along the d coordinate axes.
#[derive(Clone, Debug)]
pub struct CoordinateGradients<N> {
    /// ∇log P(O∓): ∇J = J·∇log P(O⁺) = −(1−J)·∇log P(O⁻).
    pub log_mass: [Vec<N>; 2],
    /// The gradient of the surrogate Σ_o c_o log π_θ(o) whose coefficients are frozen at c = π·A/(σ|o|) as equation (5) prints
    /// them, divided by √(J(1−J)). (This and the next one: 0 where responses are not listed.)
    pub grpo: Vec<N>,
    /// The same for c = π·A, equation (4), divided by J(1−J).
    pub reinforce: Vec<N>,
}

/// One jet pass a coordinate.
pub fn coordinate_gradients<N: Scalar>(instance: &Instance) -> CoordinateGradients<N> {
    let dim = instance.policy.logits.dim;
    let mut axis = vec![0.0; dim];
    let mut out = CoordinateGradients { log_mass: [vec![], vec![]], grpo: vec![], reinforce: vec![] };
    let mut coefficients: Option<[List<N>; 2]> = None;
    for i in 0..dim {
        axis[i] = 1.0;
        let on_line = OnLine::<N>::new(&instance.policy, &instance.correct, &instance.theta, &axis);
        axis[i] = 0.0;
        let log_prob = on_line.log_prob_jets(N::zero());
        let masses = if log_prob.is_empty() { on_line.log_mass_jets(N::zero()) } else { on_line.split(&log_prob) };
        for (gradient, mass) in out.log_mass.iter_mut().zip(&masses) {
            gradient.push(mass.first);
        }
        let [reinforce, grpo] = coefficients.get_or_insert_with(|| surrogate_coefficients(instance, &log_prob, &masses));
        let slope = |c: &[N]| sum(c.iter().zip(&log_prob).map(|(&c, lp)| c * lp.first));
        out.reinforce.push(slope(reinforce));
        out.grpo.push(slope(grpo));
    }
    out
}

/// π·A/(J(1−J)) and π·A/(σ|o|√(J(1−J))), formed in logarithms from their definitions: A = r − J, σ² = E\[(r − J)²\].
fn surrogate_coefficients<N: Scalar>(instance: &Instance, log_prob: &[Jet<N>], masses: &[Jet<N>; 2]) -> [List<N>; 2] {
    let [log_f, log_j] = [masses[0].value, masses[1].value];
    let two = N::of(2.0);
    let log_variance = log_sum_exp(&[log_j + two * log_f, log_f + two * log_j]);
    let unit = log_j + log_f;
    let advantage = |o: usize| if instance.correct[o] { (log_f, 1.0) } else { (log_j, -1.0) };
    let half = N::of(0.5);
    let reinforce = (0..log_prob.len()).map(|o| {
        let (log_a, sign) = advantage(o);
        N::of(sign) * (log_prob[o].value + log_a - unit).exp()
    });
    let grpo = (0..log_prob.len()).map(|o| {
        let (log_a, sign) = advantage(o);
        let length = N::of(f64::from(instance.policy.length(o)));
        N::of(sign) * (log_prob[o].value + log_a - half * log_variance - half * unit).exp() / length
    });
    [reinforce.collect(), grpo.collect()]
}
