//! What a campaign keeps of a short attack.

use super::attack::Attacked;
use super::numbers;
use super::witness::{Witness, counterexample};
use crate::claims::ClaimEntry;
use crate::families::Family;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The largest ratio of a short attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortBest {
    /// The share in binary64; see [`Reached::ratio`](super::attack::Reached::ratio).
    #[serde(with = "numbers")]
    pub ratio: f64,
    /// The name of the part of the statement.
    pub part: Cow<'static, str>,
    /// The name of the family.
    pub family: Cow<'static, str>,
}

/// What a short attack found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortAttack {
    /// The [best](Attacked::best) part; `None` where no part has a ratio.
    pub best: Option<ShortBest>,
    /// The name of the family and the point of its cube where a violation is certified; `None` where none is.
    pub violation: Option<(Cow<'static, str>, Vec<f64>)>,
    /// How many points were evaluated.
    pub evaluations: u64,
    /// Points above 1 in binary64 that intervals could not decide.
    pub undecided: u64,
    /// Points where binary64 exceeds a bound that intervals are certain of, in claims without sampled constants.
    pub disagreements: u64,
}

impl ShortAttack {
    pub(super) fn of(found: &Attacked) -> ShortAttack {
        let best =
            found.best().map(|best| ShortBest { ratio: best.ratio, part: best.part.into(), family: best.family.into() });
        let witness = found.witness.as_ref().filter(|_| found.violated);
        let violation = witness.map(|witness| (witness.family.clone().into(), witness.u.clone()));
        let Attacked { evaluations, undecided, disagreements, .. } = *found;
        ShortAttack { best, violation, evaluations, undecided, disagreements }
    }

    pub(super) fn counts(&self) -> [u64; 3] {
        [self.evaluations, self.undecided, self.disagreements]
    }

    /// The certified violation once more.
    pub(super) fn witness(&self, claim: &ClaimEntry, families: &[Family]) -> Option<Witness> {
        let (name, u) = self.violation.as_ref()?;
        let family = families.iter().find(|family| family.name == name)?;
        Some(counterexample(claim, family, u)?.with_plainest(claim))
    }
}
