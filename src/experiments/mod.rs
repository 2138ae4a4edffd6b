//! The paper's experiments (§5), and how far what it observes in them is reproduced.
//!
//! An observation is no theorem: it is judged by a criterion, which is printed with it. Plain `verify` does not cover it and
//! names the command that does.
//!
//! | module | experiment | page |
//! |---|---|---|
//! | [`bandit`] | contextual bandits, Figure 1 | `docs/figure-1.md` |
//! | [`phase`] | the plane of step sizes | `docs/phase.md` |
//! | [`rates`] | how fast 1 − J falls | `docs/rates.md` |
//! | [`stagnation`] | runs that stop below J = 1 | `docs/stagnation.md` |
//! | [`train`] | GRPO on a small transformer, Figure 2 | `docs/figure-2.md` |
//!
//! Each has a `Setting`, whose default is the one of its page, and `run`, which takes from seconds to minutes.

pub mod bandit;
pub(crate) mod fit;
pub mod phase;
pub mod rates;
pub mod stagnation;
#[doc(hidden)] // tests/experiments reads results by its median
pub mod statistics;
pub mod train;

pub use fit::Fit;
use std::fmt;

/// How far something that the paper observes is seen here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is seen as it is said.
    Reproduced,
    /// It is seen in some readings, or some settings, of those that the text leaves open.
    Partly,
    /// It is seen in none.
    Not,
}

impl Judgement {
    /// Reproduced, else partly, else not.
    pub(crate) fn by(reproduced: bool, partly: bool) -> Judgement {
        match (reproduced, partly) {
            (true, _) => Judgement::Reproduced,
            (false, true) => Judgement::Partly,
            (false, false) => Judgement::Not,
        }
    }

    /// One judgement of several settings: what all share, else partly.
    pub(crate) fn of_all(judgements: impl IntoIterator<Item = Judgement>) -> Judgement {
        let mut all = judgements.into_iter();
        let Some(first) = all.next() else { return Judgement::Not };
        if all.all(|other| other == first) { first } else { Judgement::Partly }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Judgement::Reproduced => "reproduced",
            Judgement::Partly => "partly",
            Judgement::Not => "not",
        })
    }
}

/// Something that the paper observes in an experiment.
#[derive(Clone, Copy, Debug)]
pub struct Observed {
    /// The name of the observation.
    pub slug: &'static str,
    /// Where it is said, in the paper or in the companion.
    pub place: &'static str,
    /// What the paper says there, or the companion.
    pub said: &'static str,
    /// The command that judges it.
    pub command: &'static str,
    /// What is measured, and when it counts as reproduced, partly, or not.
    pub criterion: &'static str,
}

/// All observations, by experiment.
const OBSERVED: [&[Observed]; 5] =
    [&bandit::OBSERVED, &phase::OBSERVED, &rates::OBSERVED, &stagnation::OBSERVED, &train::OBSERVED];

/// All observations, in the order of their experiments.
pub fn observed() -> impl Iterator<Item = &'static Observed> {
    OBSERVED.into_iter().flatten()
}

/// The observation of this name; `None` where none has it.
pub fn find(slug: &str) -> Option<&'static Observed> {
    observed().find(|observed| observed.slug == slug)
}

/// An observation with its judgement.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The observation's name.
    pub slug: &'static str,
    /// How far it is seen.
    pub judgement: Judgement,
    /// What the judgement rests on, in numbers and words.
    pub because: String,
}

/// A share in percent, for people.
fn percent(x: f64) -> String {
    format!("{:.1} %", 100.0 * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_settings_have_one_judgement() {
        use Judgement::{Not, Partly, Reproduced};
        assert_eq!(Judgement::of_all([Reproduced, Reproduced]), Reproduced);
        assert_eq!(Judgement::of_all([Not, Not, Not]), Not);
        assert_eq!(Judgement::of_all([Reproduced, Not]), Partly);
        assert_eq!(Judgement::of_all([]), Not);
    }
}
