//! Every claim, and every constant of (16) and (22), attacked: how much of each bound can be used.

use super::attack::{Attack, Attacked, needed};
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
    /// By constant of (16) and (22).
    pub constants: Vec<Constant>,
}

/// What the attack on a constant found.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The constant.
    pub coefficient: &'static Coefficient,
    /// What the attack found.
    pub found: Attacked,
    /// The largest value that an instance needs for certain, and which instance or family: of those that the attack found and those
    /// by hand.
    pub needed: Option<(f64, &'static str)>,
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
        let constant = |coefficient: &'static Coefficient| {
            let (_, found) = attack(&coefficient.claim)?;
            Ok(Constant { coefficient, needed: needed(coefficient, &found), found })
        };
        let constants = COEFFICIENTS.iter().map(constant).collect::<Result<_, Error>>()?;
        Ok(Tightness { evaluations, seed, claims, constants })
    }

    /// The claims of which an attack found what the mathematics excludes, or did not find what it says.
    pub fn unexpected(&self) -> impl Iterator<Item = &'static ClaimEntry> {
        self.claims.iter().filter(|(attack, found)| !found.as_expected(attack.claim)).map(|(attack, _)| attack.claim)
    }
}
