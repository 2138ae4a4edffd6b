//! Every claim, and every constant of (16) and (22), attacked: how much of each bound can be used.

use super::attack::{Attack, Attacked};
use crate::claims::coefficients::{COEFFICIENTS, Coefficient};
use crate::claims::{ClaimEntry, REGISTRY};
use crate::error::Error;

/// What the attacks found.
#[derive(Clone, Debug)]
pub struct Tightness {
    /// About how many points every attack evaluates; runs get eight times as many, a run of K updates counting as K.
    pub evaluations: u64,
    /// The seed.
    pub seed: u64,
    /// By claim, in the registry's order.
    pub claims: Vec<(Attack<'static>, Attacked)>,
    /// By constant.
    pub coefficients: Vec<(&'static Coefficient, Attacked)>,
}

impl Tightness {
    /// How many attacks there are.
    pub fn attacks() -> usize {
        REGISTRY.len() + COEFFICIENTS.len()
    }

    /// Attacks them all, one after the other. `done` is called after each.
    ///
    /// # Errors
    /// Threads that cannot be started.
    pub fn run(evaluations: u64, seed: u64, threads: usize, done: &dyn Fn()) -> Result<Tightness, Error> {
        let attack = |claim: &'static ClaimEntry| {
            let attack = Attack { seed, threads, ..Attack::of(claim, evaluations) };
            let found = attack.run(&|_| {});
            done();
            found.map(|found| (attack, found))
        };
        let claims = REGISTRY.iter().map(attack).collect::<Result<_, Error>>()?;
        let constant = |coefficient: &'static Coefficient| Ok((coefficient, attack(&coefficient.claim)?.1));
        let coefficients = COEFFICIENTS.iter().map(constant).collect::<Result<_, Error>>()?;
        Ok(Tightness { evaluations, seed, claims, coefficients })
    }

    /// Whether every outcome is what the mathematics says.
    pub fn as_expected(&self) -> bool {
        self.claims.iter().all(|(attack, found)| found.as_expected(attack.claim))
    }
}
