//! One instance of the paper's one-step setting: a policy, θ, a verifier, a direction w and a step size η.

use crate::error::Error;
use crate::policy::{Policy, finite};
use serde::{Deserialize, Serialize};

/// A policy at θ, its verifier, and one update θ + η·w: all that a one-step statement of the paper speaks about.
///
/// Every number is an exact binary64 number; what is computed from it may round, what it *is* does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// The policy π.
    pub policy: Policy,
    /// θ ∈ R^d.
    pub theta: Vec<f64>,
    /// The direction w ∈ R^d. The paper asks ‖w‖₂ ≤ 1; statements in the directional readings hold without it.
    pub direction: Vec<f64>,
    /// The step size η ≥ 0.
    pub eta: f64,
    /// r*(o) for every response, in the order of the policy's tree.
    pub correct: Vec<bool>,
}

impl Instance {
    /// # Errors
    /// Names the first part that is out of place: an invalid policy, a dimension that does not fit, a number that is not
    /// finite, a negative η, an empty O⁺ or O⁻.
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
            return Err(Error::new(format!("eta is {}, expected a finite number ≥ 0", self.eta)));
        }
        let responses = self.policy.responses();
        if self.correct.len() != responses {
            return Err(Error::new(format!("correct has {} entries, expected {responses}", self.correct.len())));
        }
        match (self.correct.contains(&true), self.correct.contains(&false)) {
            (true, true) => Ok(()),
            (false, _) => Err(Error::new("correct: no response is correct (O⁺ is empty)")),
            (_, false) => Err(Error::new("correct: every response is correct (O⁻ is empty)")),
        }
    }
}
