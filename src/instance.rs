//! One instance of the paper's setting: a policy, θ, a verifier, a direction w and a step size η, and, for statements about many
//! steps, the updates that follow.

use crate::error::Error;
use crate::policy::{Policy, finite};
use serde::{Deserialize, Serialize};

/// A policy at θ, its verifier, and one update θ + η·w: all that a one-step statement of the paper speaks about.
///
/// Every number is an exact binary64 number; what is computed from it may round, what it *is* does not. It is plain data,
/// and anything that reads it takes for granted that it is [valid](Instance::validate).
///
/// | field | length | what |
/// |---|---|---|
/// | `theta`, `direction` | d = `policy.logits.dim` | θ, w |
/// | `correct` | \|O\|, or S for a finite-state policy | r* |
///
/// ```
/// use gradient_gap::{Instance, policy::Policy};
///
/// let instance = Instance {
///     policy: Policy::linear_softmax(1, vec![-1.0, 1.0, 0.0], vec![])?,
///     theta: vec![0.0],
///     direction: vec![1.0],
///     eta: 0.25,
///     correct: vec![true, true, false],
///     then: vec![],
/// };
/// instance.validate()?;
/// assert_eq!((instance.updates(), instance.end()), (1, vec![0.25]));
///
/// let wrong = Instance { correct: vec![true; 3], ..instance };
/// assert_eq!(wrong.validate().unwrap_err().to_string(), "correct: every response is correct (O⁻ is empty)");
/// # Ok::<(), gradient_gap::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an instance")]
pub struct Instance {
    /// The policy π.
    pub policy: Policy,
    /// θ ∈ R^d.
    pub theta: Vec<f64>,
    /// The direction w ∈ R^d. The paper asks ‖w‖₂ ≤ 1; statements in the directional readings hold without it.
    pub direction: Vec<f64>,
    /// The step size η ≥ 0.
    pub eta: f64,
    /// r*(o) for every response, in the order of the policy's tree; of a finite-state policy for every state that a response may end in.
    pub correct: Vec<bool>,
    /// The updates of (3) that follow the first one; none for a one-step instance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Update>,
}

/// One update of the iteration (3): θ_{k+1} = θ_k + η_k w_k.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an update")]
pub struct Update {
    /// w_k ∈ R^d.
    pub direction: Vec<f64>,
    /// η_k ≥ 0.
    pub eta: f64,
}

/// Makes θ + η·w of `theta`, every entry rounded after the product and after the sum: the iterates that are stored and
/// checked are binary64 vectors. `direction` has as many entries.
pub fn advance(theta: &mut [f64], direction: &[f64], eta: f64) {
    theta.iter_mut().zip(direction).for_each(|(x, w)| *x += eta * w);
}

impl Instance {
    /// K: how many updates there are.
    pub fn updates(&self) -> usize {
        1 + self.then.len()
    }

    /// Whether the first update is a step at all: η > 0 and w ≠ 0.
    pub fn moves(&self) -> bool {
        self.eta > 0.0 && self.direction.iter().any(|&w| w != 0.0)
    }

    /// Calls `visit` with every step k = 0, …, K − 1 as a one-step instance of its own, at its own θ_k.
    pub fn for_each_step(&self, mut visit: impl FnMut(usize, &Instance)) {
        if self.then.is_empty() {
            visit(0, self);
            return;
        }
        let mut step = Instance { then: vec![], ..self.clone() };
        visit(0, &step);
        for (k, update) in self.then.iter().enumerate() {
            advance(&mut step.theta, &step.direction, step.eta);
            step.direction.clone_from(&update.direction);
            step.eta = update.eta;
            visit(k + 1, &step);
        }
    }

    /// This instance with the responses of a finite-state policy listed one by one.
    ///
    /// # Errors
    /// More than [`MAX_RESPONSES`](crate::policy::MAX_RESPONSES) of them.
    pub fn listed(&self) -> Result<Instance, Error> {
        let (policy, correct) = self.policy.listed(&self.correct)?;
        Ok(Instance { policy, correct, ..self.clone() })
    }

    /// θ_K, after the last update.
    pub fn end(&self) -> Vec<f64> {
        let mut theta = self.theta.clone();
        advance(&mut theta, &self.direction, self.eta);
        self.then.iter().for_each(|update| advance(&mut theta, &update.direction, update.eta));
        theta
    }

    /// Whether this is an instance: every part in its place, all numbers finite, O⁺ and O⁻ not empty.
    ///
    /// # Errors
    /// Names the first part that is out of place: an invalid policy, a dimension that does not fit, a number that is not
    /// finite, a negative η, an empty O⁺ or O⁻, an iterate that overflows.
    pub fn validate(&self) -> Result<(), Error> {
        self.policy.validate().map_err(|e| e.at("policy"))?;
        let dim = self.policy.logits.dim;
        for (name, vector) in [("theta", &self.theta), ("direction", &self.direction)] {
            if vector.len() != dim {
                return Err(Error::new(format!("{name} has {} entries, expected {dim}", vector.len())));
            }
            finite(name, vector)?;
        }
        if !(self.eta >= 0.0 && self.eta.is_finite()) {
            return Err(Error::new(format!("eta is {:?}, expected a finite number ≥ 0", self.eta)));
        }
        for (k, update) in self.then.iter().enumerate() {
            let name = format!("then[{k}].direction");
            if update.direction.len() != dim {
                return Err(Error::new(format!("{name} has {} entries, expected {dim}", update.direction.len())));
            }
            finite(&name, &update.direction)?;
            if !(update.eta >= 0.0 && update.eta.is_finite()) {
                return Err(Error::new(format!("then[{k}].eta is {:?}, expected a finite number ≥ 0", update.eta)));
            }
        }
        if !self.then.is_empty() {
            finite("the last iterate", &self.end())?; // what overflows on the way stays infinite or becomes NaN
        }
        let flags = self.policy.flags();
        if self.correct.len() != flags {
            return Err(Error::new(format!("correct has {} entries, expected {flags}", self.correct.len())));
        }
        let mut sides = [self.correct.contains(&false), self.correct.contains(&true)];
        if let Some(automaton) = &self.policy.automaton {
            sides = [false; 2];
            automaton.visit(self.policy.tree.shape(), |_, _| {}, |state| sides[usize::from(self.correct[state])] = true);
        }
        match (sides[1], sides[0]) {
            (true, true) => Ok(()),
            (false, _) => Err(Error::new("correct: no response is correct (O⁺ is empty)")),
            (_, false) => Err(Error::new("correct: every response is correct (O⁻ is empty)")),
        }
    }
}
