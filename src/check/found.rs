//! What a campaign counts before it is judged: everything adds up, in any order and any grouping of the tasks.

use super::certify::Count;
use super::histogram::Histogram;
use super::numbers;
use super::short::ShortAttack;
use crate::claims::Scope;
use crate::error::Error;
use crate::evaluation::Evaluation;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What happened with one claim in one family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tally {
    /// Instances on which the claim speaks.
    #[serde(skip_serializing_if = "numbers::is_zero")]
    pub cases: u64,
    /// The largest share of the bound used, and the first case that used it (edge cases come before random ones).
    #[serde(with = "numbers::worst", skip_serializing_if = "Option::is_none")]
    pub worst: Option<(f64, u64)>,
    /// Cases whose binary64 comparison failed and that intervals could not decide.
    #[serde(skip_serializing_if = "numbers::is_zero")]
    pub undecided: u64,
    /// Cases of a claim without sampled constants whose binary64 comparison failed although intervals are certain that the claim
    /// holds: binary64 is less accurate than stated.
    #[serde(skip_serializing_if = "numbers::is_zero")]
    pub disagreements: u64,
    /// The number of the first case that is a certified violation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation: Option<u64>,
    /// The shares of the bound that cases used.
    #[serde(skip_serializing_if = "Histogram::is_empty")]
    pub ratios: Histogram,
    /// How many cases were outside the claim, by the hypothesis that failed; intervals may say so where binary64 does not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outside: BTreeMap<Cow<'static, str>, u64>,
}

impl Tally {
    pub(super) fn note_ratio(&mut self, ratio: f64, case: u64) {
        let ratio = if ratio.is_nan() { f64::INFINITY } else { ratio };
        self.ratios.add(ratio);
        let better = match self.worst {
            Some((best, first)) => ratio > best || (ratio == best && case < first),
            None => true,
        };
        if better {
            self.worst = Some((ratio, case));
        }
    }

    pub(super) fn merge(&mut self, other: &Tally) {
        self.cases += other.cases;
        self.undecided += other.undecided;
        self.disagreements += other.disagreements;
        self.ratios.merge(&other.ratios);
        for (name, count) in &other.outside {
            *self.outside.entry(name.clone()).or_default() += count;
        }
        self.violation = [self.violation, other.violation].into_iter().flatten().min();
        if let Some((ratio, case)) = other.worst
            && self.worst.is_none_or(|(best, first)| ratio > best || (ratio == best && case < first))
        {
            self.worst = other.worst;
        }
    }
}

/// How the instances of one family were spread: histograms of log₁₀ of each quantity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// How many instances there were, those of the edge set included.
    pub cases: u64,
    /// J at θ, of every instance.
    pub success: Histogram,
    /// 1 − J at θ, of every instance.
    pub failure: Histogram,
    /// η√L_o of the first update, L_o on the segment.
    pub step: Histogram,
    /// T∞ in tokens.
    pub length: Histogram,
    /// Of runs: M(K) (14) in nats.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub progress: Histogram,
    /// Of runs: K, the number of updates.
    #[serde(default, skip_serializing_if = "Histogram::is_empty")]
    pub updates: Histogram,
    /// Of runs: how many have M(K) ≥ 4 nats.
    #[serde(default, skip_serializing_if = "numbers::is_zero")]
    pub far: u64,
}

impl Spread {
    pub(super) fn note(&mut self, evaluation: &Evaluation<'_, f64>, scope: Scope) {
        let (start, ln_10) = (evaluation.start(), std::f64::consts::LN_10);
        self.cases += 1;
        self.success.add_log10(start.log_success() / ln_10);
        self.failure.add_log10(start.log_failure() / ln_10);
        self.step.add(evaluation.instance().eta * evaluation.constants().curvature.sqrt());
        self.length.add(f64::from(evaluation.instance().policy.max_length()));
        if scope == Scope::Run {
            let progress = evaluation.course().cumulative_alignment();
            self.progress.add(progress);
            self.updates.add(evaluation.instance().updates() as f64);
            self.far += u64::from(progress >= 4.0);
        }
    }

    pub(super) fn merge(&mut self, other: &Spread) {
        self.cases += other.cases;
        self.success.merge(&other.success);
        self.failure.merge(&other.failure);
        self.step.merge(&other.step);
        self.length.merge(&other.length);
        self.progress.merge(&other.progress);
        self.updates.merge(&other.updates);
        self.far += other.far;
    }
}

/// What a campaign found of one claim.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FoundOfClaim {
    /// By family of the claim's scope; empty before any case was run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tallies: Vec<Tally>,
    /// What intervals say of the first random instances, likewise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certified: Vec<Count>,
    /// What intervals say of the edge sets and of what the short attack ended with.
    #[serde(skip_serializing_if = "Count::is_empty")]
    pub hard: Count,
    /// What the short attack found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attacked: Option<ShortAttack>,
}

/// What a campaign, or any part of it, found: by claim, by family of one-step instances, by family of runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    pub claims: Vec<FoundOfClaim>,
    pub families: Vec<Spread>,
    pub runs: Vec<Spread>,
    /// The first point at which a family gives no instance, by the number of its task: the end of a campaign.
    #[serde(skip)]
    pub broken: Option<(u64, Error)>,
}

/// Adds up what belongs together; what is empty was not begun.
fn add<T>(all: &mut Vec<T>, others: Vec<T>, mut merge: impl FnMut(&mut T, T)) {
    if all.is_empty() {
        *all = others;
    } else {
        all.iter_mut().zip(others).for_each(|(one, other)| merge(one, other));
    }
}

impl Found {
    /// Nothing yet of so many claims.
    pub fn of(claims: usize) -> Found {
        Found { claims: vec![FoundOfClaim::default(); claims], ..Found::default() }
    }

    /// The spreads of the families of this scope.
    pub fn spreads(&mut self, scope: Scope) -> &mut Vec<Spread> {
        match scope {
            Scope::Step => &mut self.families,
            Scope::Run => &mut self.runs,
        }
    }

    /// Adds what another part found.
    pub fn merge(mut self, other: Found) -> Found {
        add(&mut self.claims, other.claims, |one, other| {
            add(&mut one.tallies, other.tallies, |one, other| one.merge(&other));
            add(&mut one.certified, other.certified, |one, other| *one = one.merge(other));
            one.hard = one.hard.merge(other.hard);
            one.attacked = one.attacked.take().or(other.attacked);
        });
        add(&mut self.families, other.families, |one, other| one.merge(&other));
        add(&mut self.runs, other.runs, |one, other| one.merge(&other));
        // Of equals the first, which `min_by_key` keeps.
        self.broken = self.broken.take().into_iter().chain(other.broken).min_by_key(|(task, _)| *task);
        self
    }

    /// Notes that a family gives no instance where it should, if nothing was noted before.
    pub fn note_broken(&mut self, error: Error) {
        self.broken.get_or_insert((0, error));
    }

    /// Whether there is an entry for each of so many claims and families, or none at all, and no count is so large that a sum of a few
    /// thousand of them would overflow.
    pub fn fits(&self, claims: usize, families: impl Fn(usize) -> usize, spreads: [usize; 2]) -> bool {
        let sized = |length: usize, expected: usize| length == 0 || length == expected;
        let small = |count: u64| count <= MOST;
        let histogram = |histogram: &Histogram| histogram.total().is_some_and(small) && histogram.is_sound();
        let tally = |tally: &Tally| {
            let counts =
                [tally.cases, tally.undecided, tally.disagreements].into_iter().chain(tally.outside.values().copied());
            counts.into_iter().all(small) && histogram(&tally.ratios)
        };
        let spread = |spread: &Spread| {
            let all = [&spread.success, &spread.failure, &spread.step, &spread.length, &spread.progress, &spread.updates];
            small(spread.cases) && small(spread.far) && all.into_iter().all(histogram)
        };
        let count =
            |count: &Count| [count.certified, count.refuted, count.inconclusive, count.outside].into_iter().all(small);
        let claim = |(i, claim): (usize, &FoundOfClaim)| {
            let n = families(i);
            sized(claim.tallies.len(), n)
                && sized(claim.certified.len(), n)
                && claim.tallies.iter().all(tally)
                && claim.certified.iter().chain([&claim.hard]).all(count)
                && claim.attacked.as_ref().is_none_or(|found| found.counts().into_iter().all(small))
        };
        sized(self.claims.len(), claims)
            && self.claims.iter().enumerate().all(claim)
            && sized(self.families.len(), spreads[0])
            && sized(self.runs.len(), spreads[1])
            && self.families.iter().chain(&self.runs).all(spread)
    }
}

/// The largest count that a campaign can reach, and more: 10¹² instances, asked about several times.
const MOST: u64 = 1 << 44;

#[cfg(test)]
mod tests {
    use super::*;

    /// A count that is too large, in any place, and a range that ends before it begins do not fit.
    #[test]
    fn counts_that_would_overflow_do_not_fit() {
        let fits = |spread: Spread| Found { families: vec![spread], ..Found::default() }.fits(0, |_| 0, [1, 0]);
        let histogram = |text: &str| serde_json::from_str::<Histogram>(text).expect("a histogram");
        let sound = histogram(r#"{"bins": {"3": 17592186044416}, "range": [0.06, 0.07]}"#);
        assert!(
            fits(Spread::default()) && fits(Spread { success: sound.clone(), cases: MOST, far: MOST, ..Spread::default() })
        );
        for wrong in [
            r#"{"bins": {"3": 17592186044417}, "range": [0.06, 0.07]}"#,
            r#"{"bins": {"3": 17592186044416}, "zeros": 1, "range": [0.06, 0.07]}"#,
            r#"{"bins": {"3": 18446744073709551615}, "zeros": 1, "range": [0.06, 0.07]}"#,
            r#"{"bins": {"3": 1}, "range": [0.07, 0.06]}"#,
        ] {
            let wrong = histogram(wrong);
            assert!(!fits(Spread { success: wrong.clone(), ..Spread::default() }), "{wrong:?}");
            assert!(!fits(Spread { updates: wrong.clone(), success: sound.clone(), ..Spread::default() }), "{wrong:?}");
        }
        assert!(
            !fits(Spread { cases: MOST + 1, ..Spread::default() }) && !fits(Spread { far: MOST + 1, ..Spread::default() })
        );
        let two = || Found { families: vec![Spread::default(); 2], ..Found::default() };
        assert!(two().fits(0, |_| 0, [2, 0]) && !two().fits(0, |_| 0, [1, 0]));
    }
}
