//! The second route: everything that [`super`] computes by formula, obtained by differentiating log-probabilities as
//! [`Jet`]s. Nothing here knows what a score, a mean or a variance is.

use super::{List, OnLine};
use crate::instance::Instance;
use crate::number::{Jet, Scalar, log_sum_exp, sum};
use crate::policy::Automaton;

impl<N: Scalar> OnLine<'_, N> {
    /// log π(o) of every response that is listed, as a jet in t at t = `t`.
    pub(crate) fn log_prob_jets(&self, t: N) -> List<Jet<N>> {
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

    /// π(v | context) of every logit as a jet, scaled to 1 at `t`.
    pub(super) fn token_ratios(&self, t: N) -> List<Jet<N>> {
        self.token_jets(t).iter().map(|lp| (*lp - Jet::constant(N::of(lp.mid()))).exp()).collect()
    }

    /// log P(O∓) and log E\[1_{O∓}/|o|\] of a finite-state policy as jets in t.
    fn chain_log_mass_jets(&self, automaton: &Automaton, t: N) -> [[Jet<N>; 2]; 2] {
        self.jets().chain_log_masses(automaton, &self.token_jets(t), self.stop_log_probs(Jet::constant))
    }

    /// The derivative of log π(o) along the line for a whole response, by the product rule on Π_t π(o_t | o_<t) (each factor
    /// scaled to 1 at `t`), not by adding up tokens.
    pub fn whole_response_jets(&self, t: N) -> List<Jet<N>> {
        let policy = self.policy;
        if !policy.is_listed() {
            return List::new();
        }
        let ratio = self.token_ratios(t);
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
    /// ∇log P(O⁻) and ∇log P(O⁺), d entries each: ∇J = J·∇log P(O⁺) = −(1−J)·∇log P(O⁻).
    pub log_mass: [Vec<N>; 2],
    /// The gradient of the surrogate Σ_o c_o log π_θ(o) whose coefficients are frozen at c = π·A/(σ|o|) as equation (5)
    /// prints them, divided by √(J(1−J)). Of a finite-state policy, as Σ_o c_o ∇log π is Σ_o A/(σ|o|) ∇π, from the gradients
    /// of Σ π/|o| over O⁺ and O⁻, on each of which A is a constant.
    pub grpo: Vec<N>,
    /// The gradient, d entries, of the surrogate Σ_o c_o log π_θ(o) whose coefficients are frozen at c = π·A as equation (4)
    /// prints them, divided by J(1−J).
    pub reinforce: Vec<N>,
}

/// One jet pass a coordinate.
pub(crate) fn coordinate_gradients<N: Scalar>(instance: &Instance) -> CoordinateGradients<N> {
    let mut out = CoordinateGradients { log_mass: [vec![], vec![]], grpo: vec![], reinforce: vec![] };
    let mut coefficients: Option<[List<N>; 2]> = None;
    for_each_axis(instance, |on_line| {
        if let Some(automaton) = on_line.automaton() {
            let [whole, per_token] = on_line.chain_log_mass_jets(automaton, N::zero());
            let weight = Weight::new(&whole);
            let slope = |of: fn(&Weight<N>, bool, N) -> N, masses: &[Jet<N>; 2]| {
                sum([false, true]
                    .map(|side| of(&weight, side, masses[usize::from(side)].value) * masses[usize::from(side)].first))
            };
            out.reinforce.push(slope(Weight::reinforce, &whole));
            out.grpo.push(slope(Weight::grpo, &per_token));
            return out.log_mass.iter_mut().zip(&whole).for_each(|(gradient, mass)| gradient.push(mass.first));
        }
        let log_prob = on_line.log_prob_jets(N::zero());
        let masses = on_line.split(&log_prob);
        for (gradient, mass) in out.log_mass.iter_mut().zip(&masses) {
            gradient.push(mass.first);
        }
        let [reinforce, grpo] = coefficients.get_or_insert_with(|| surrogate_coefficients(instance, &log_prob, &masses));
        let slope = |c: &[N]| sum(c.iter().zip(&log_prob).map(|(&c, lp)| c * lp.first));
        out.reinforce.push(slope(reinforce));
        out.grpo.push(slope(grpo));
    });
    out
}

/// ∇log P(O∓) alone.
pub(crate) fn log_mass_gradients<N: Scalar>(instance: &Instance) -> [Vec<N>; 2] {
    let mut gradients = [vec![], vec![]];
    for_each_axis(instance, |on_line: OnLine<'_, N>| {
        let masses = on_line.log_mass_jets(N::zero());
        gradients.iter_mut().zip(&masses).for_each(|(gradient, mass)| gradient.push(mass.first));
    });
    gradients
}

/// The lines through θ along the axes.
fn for_each_axis<'a, N: Scalar>(instance: &'a Instance, mut visit: impl FnMut(OnLine<'a, N>)) {
    let mut axis = vec![0.0; instance.policy.logits.dim];
    for i in 0..axis.len() {
        axis[i] = 1.0;
        visit(OnLine::new(&instance.policy, &instance.correct, &instance.theta, &axis));
        axis[i] = 0.0;
    }
}

/// What (4) and (5) multiply probabilities with, formed in logarithms from their definitions: A = r − J, σ² = E\[(r − J)²\].
struct Weight<N> {
    log_f: N,
    log_j: N,
    log_variance: N,
    unit: N,
}

impl<N: Scalar> Weight<N> {
    fn new(masses: &[Jet<N>; 2]) -> Self {
        let [log_f, log_j] = [masses[0].value, masses[1].value];
        let two = N::of(2.0);
        let log_variance = log_sum_exp(&[log_j + two * log_f, log_f + two * log_j]);
        Weight { log_f, log_j, log_variance, unit: log_j + log_f }
    }
    /// log |A| and its sign.
    fn advantage(&self, correct: bool) -> (N, N) {
        if correct { (self.log_f, N::one()) } else { (self.log_j, N::of(-1.0)) }
    }
    /// A/(J(1−J)) times e^`log_prob`.
    fn reinforce(&self, correct: bool, log_prob: N) -> N {
        let (log_a, sign) = self.advantage(correct);
        sign * (log_prob + log_a - self.unit).exp()
    }
    /// A/(σ√(J(1−J))) times e^`log_prob`.
    fn grpo(&self, correct: bool, log_prob: N) -> N {
        let ((log_a, sign), half) = (self.advantage(correct), N::of(0.5));
        sign * (log_prob + log_a - half * self.log_variance - half * self.unit).exp()
    }
}

/// π·A/(J(1−J)) and π·A/(σ|o|√(J(1−J))).
fn surrogate_coefficients<N: Scalar>(instance: &Instance, log_prob: &[Jet<N>], masses: &[Jet<N>; 2]) -> [List<N>; 2] {
    let weight = Weight::new(masses);
    let of = |o: usize| (instance.correct[o], log_prob[o].value);
    let reinforce = (0..log_prob.len()).map(|o| {
        let (correct, log_prob) = of(o);
        weight.reinforce(correct, log_prob)
    });
    let grpo = (0..log_prob.len()).map(|o| {
        let (correct, log_prob) = of(o);
        weight.grpo(correct, log_prob) / N::of(f64::from(instance.policy.length(o)))
    });
    [reinforce.collect(), grpo.collect()]
}
