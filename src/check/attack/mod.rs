//! The attack: the largest share of a claim's bound that can be found in the families, by search.
//!
//! A campaign draws instances at random and so uses a few per cent of most bounds; an attack maximises. It starts from
//! random points alone: the edge sets, which hold known equality cases, are not shown to it. It is an evolution strategy
//! over the cubes of the families (`src/check/search` says how), and the result is the same on any number of threads unless
//! time runs out.
//!
//! ```
//! use gradient_gap::check::attack::Attack;
//! use gradient_gap::claims::find;
//! use gradient_gap::families;
//!
//! // The companion's bound is sharp: on curves alone a few thousand evaluations come near equality, and never beyond.
//! let claim = find("smooth-only-step").expect("in the registry");
//! let curves = families::find("curve").expect("in the registry");
//! let found = Attack { families: vec![curves], ..Attack::of(claim, 4_000) }.run(&|_| {})?;
//! let best = found.best().expect("a ratio");
//! assert!(!found.violated && best.ratio > 0.9 && best.ratio <= 1.0 + 1e-9);
//! assert_eq!(best.family, "curve");
//! # Ok::<(), gradient_gap::Error>(())
//! ```

mod objective;
mod simplest;

use super::asserted::KEPT;
use super::campaign::DEFAULT_SEED;
use super::histogram::Histogram;
use super::judge::{Certificate, Decision, enclose, first_failing, is_narrow};
use super::search::{Best, FIRST_ROUND, Progress, STARTS, Tournament};
use super::witness::{Witness, simplify};
use crate::claims::coefficients::Coefficient;
use crate::claims::{ClaimEntry, Expected, Scope};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::families::{self, Family};
use crate::instance::Instance;
use crate::number::Interval;
use objective::Shares;
use std::time::{Duration, Instant};

/// Evaluations of the first round of runs, a run of K updates counting as K.
const FIRST_ROUND_OF_RUNS: u64 = 131_072;
/// Runs cost hundreds of times as much as steps: fewer searches a round.
const STARTS_OF_RUNS: usize = 12;
/// How near to the largest ratio the end of a search must come to stand in for it, and how many are tried.
const ENDS_WITHIN: f64 = 0.995;
const MOST_ENDS: usize = 8;

/// An attack before it is run: which claim, where, how long.
#[derive(Clone, Debug)]
pub struct Attack<'a> {
    /// The claim that is attacked.
    pub claim: &'a ClaimEntry,
    /// The families that are searched.
    pub families: Vec<&'a Family>,
    /// The most evaluations (a round is finished that has begun, within a few per cent).
    pub evaluations: u64,
    /// The seed of all random numbers: the same one gives the same result, unless time runs out.
    pub seed: u64,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// The attack ends after this time, finished or not; `None` for no limit.
    pub time: Option<Duration>,
}

/// The largest share that one part of the statement was seen to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// The name of the part.
    pub part: &'static str,
    /// The name of the family it was reached in.
    pub family: &'static str,
    /// The share in binary64, with constants sampled finely; no larger than the enclosure allows.
    pub ratio: f64,
    /// The share enclosed, the constants over the whole segment; `None` where it was not enclosed.
    pub enclosed: Option<Interval>,
    /// Whether it is an identity, whose ratio is an error over its tolerance.
    pub identity: bool,
    /// Whether it is a [side condition](crate::claims::Claim::SIDE).
    pub side: bool,
    /// Whether intervals confirm the claim there.
    pub decision: Decision,
    /// The point of the family's unit cube, [`Family::dim`] numbers.
    pub u: Vec<f64>,
}

/// What an attack found.
#[derive(Clone, Debug)]
pub struct Attacked {
    /// The largest share of each part, in the order of the statement.
    pub parts: Vec<Reached>,
    /// By family: the largest ratio of any part, and the evaluations.
    pub families: Vec<(&'static str, Option<f64>, u64)>,
    /// The instance of the largest ratio, or of a certified violation, with the simplest one that keeps 99.9 % of the ratio: itself if
    /// there is no other.
    pub witness: Option<Witness>,
    /// Whether the witness is a certified violation.
    pub violated: bool,
    /// The share that the simpler one uses, enclosed.
    pub simplified: Option<Interval>,
    /// What the searches of the last quarters ended with: family and point, those of a share below 0 left out.
    pub ends: Vec<(&'static str, Vec<f64>)>,
    /// Points where binary64 exceeds a bound that intervals are certain of, in claims without sampled constants.
    pub disagreements: u64,
    /// Points above 1 in binary64 that intervals could not decide.
    pub undecided: u64,
    /// How many points were evaluated.
    pub evaluations: u64,
    /// Whether time ran out first, so that another run may end elsewhere.
    pub timed_out: bool,
    /// The shares at random points, of every part.
    pub random: Histogram,
    /// The shares that the searches of the last quarters ended with.
    pub attacked: Histogram,
}

impl Attacked {
    /// Whether the outcome is what the mathematics says: no violation and no disagreement for a claim that holds, a
    /// certified violation for one that fails.
    pub fn as_expected(&self, claim: &ClaimEntry) -> bool {
        match claim.statement.expected {
            Expected::Holds => !self.violated && self.disagreements == 0,
            Expected::Fails => self.violated,
        }
    }

    /// What is certain of the largest ratio: the lower end of its enclosure, at the point itself or at the simpler instance.
    pub fn certain(&self) -> Option<f64> {
        let ends = [self.best().and_then(|best| best.enclosed), self.simplified].into_iter().flatten().map(Interval::lo);
        ends.filter(|low| low.is_finite()).reduce(f64::max)
    }

    /// The largest share of this part that is known: in binary64, or certain of the simplified instance.
    pub fn reached(&self, part: &Reached) -> f64 {
        let simplest = if self.best().is_some_and(|best| best.part == part.part) { self.certain() } else { None };
        part.ratio.max(simplest.unwrap_or(part.ratio))
    }

    /// The part of the largest ratio, side conditions aside: of those within 0.1 % of it the first, in the order of the statement, that
    /// intervals confirm.
    pub fn best(&self) -> Option<&Reached> {
        let main = || self.parts.iter().filter(|part| !part.side);
        let top = main().map(|part| part.ratio).reduce(f64::max)?;
        let confirmed = main().find(|part| part.ratio >= KEPT * top && part.decision == Decision::Holds);
        confirmed.or(main().find(|part| part.ratio == top))
    }
}

impl<'a> Attack<'a> {
    /// The claim on all families of its scope, 2²⁰ evaluations (a run of K updates counting as K), the default seed.
    pub fn new(claim: &'a ClaimEntry) -> Attack<'a> {
        let families = match claim.scope {
            Scope::Step => families::REGISTRY,
            Scope::Run => families::RUNS,
        };
        let families = families.iter().filter(|family| claim.is_tested_on(family.name)).collect();
        Attack { claim, families, evaluations: 1 << 20, seed: DEFAULT_SEED, threads: 0, time: None }
    }

    /// The claim on all families of its scope with so many evaluations, the default seed; eight times as many where the
    /// claim is about runs, of which one of K updates counts as K.
    pub fn of(claim: &'a ClaimEntry, evaluations: u64) -> Attack<'a> {
        let factor = if claim.scope == Scope::Run { 8 } else { 1 };
        Attack { evaluations: factor * evaluations, ..Attack::new(claim) }
    }

    /// The names of the parts that are compared on the edge sets of these families, in the order of the statement: none
    /// where the families have no edges.
    pub fn parts(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for edge in self.families.iter().flat_map(|family| family.edges().into_iter().map(|edge| family.decode(&edge.u))) {
            let Ok(instance) = edge else { continue };
            let evaluation = Evaluation::<f64>::new(&instance, 1);
            if first_failing(self.claim, &evaluation).is_some() {
                continue;
            }
            let mut before = 0; // a name that is new stands after the one before it
            for part in self.claim.real.parts(&evaluation) {
                match names.iter().position(|name| *name == part.name) {
                    Some(at) => before = at + 1,
                    None => {
                        names.insert(before, part.name);
                        before += 1;
                    }
                }
            }
        }
        names
    }

    /// Runs the attack. `tick` is told now and then, from any thread, how many more evaluations were made.
    ///
    /// # Errors
    /// No family, threads that cannot be started, or a family of the caller's that gives no [valid](Instance::validate)
    /// instance at a point of the search.
    pub fn run(&self, tick: &(dyn Fn(u64) + Sync)) -> Result<Attacked, Error> {
        if self.families.is_empty() {
            return Err(Error::new("an attack needs at least one family"));
        }
        super::pool(self.threads)?.install(|| self.within(true, tick))
    }

    /// Runs the attack on the threads of the caller. Unless `simplest`, the witness is looked for only where the claim is violated.
    ///
    /// # Errors
    /// A family that gives no instance somewhere.
    pub(super) fn within(&self, simplest: bool, tick: &(dyn Fn(u64) + Sync)) -> Result<Attacked, Error> {
        let end = self.time.map(|time| Instant::now() + time);
        let late = || end.is_some_and(|end| Instant::now() >= end);
        let (first_round, starts) = match self.claim.scope {
            Scope::Run => (FIRST_ROUND_OF_RUNS, STARTS_OF_RUNS),
            Scope::Step => (FIRST_ROUND, STARTS),
        };
        let tournament = Tournament {
            families: &self.families,
            known: &[],
            objective: &|family| Shares::new(self.claim, family),
            seed: self.seed,
            evaluations: self.evaluations,
            first_round,
            starts,
            late: &late,
            tick,
        };
        let mut progress = tournament.run();
        match progress.broken.take() {
            Some(error) => Err(error),
            None => Ok(self.conclude(progress, late(), simplest)),
        }
    }

    fn conclude(&self, progress: Progress, timed_out: bool, simplest: bool) -> Attacked {
        let reached =
            |(part, best): &(&'static str, Option<(usize, Best)>)| self.reached(part, best.clone()?, &progress.ends);
        let parts: Vec<Reached> = progress.best.iter().filter_map(reached).collect();
        let names = self.families.iter().map(|family| family.name);
        let ends = progress.ends.iter().filter(|(_, _, end)| end.value >= 0.0);
        let mut attacked = Attacked {
            parts,
            families: names
                .zip(&progress.families)
                .map(|(name, (best, counts))| (name, *best, counts.evaluations))
                .collect(),
            witness: None,
            violated: false,
            simplified: None,
            ends: ends.map(|(_, family, end)| (self.families[*family].name, end.u.clone())).collect(),
            undecided: progress.total(|counts| counts.undecided),
            disagreements: progress.total(|counts| counts.disagreements),
            evaluations: progress.evaluations(),
            timed_out,
            random: progress.random,
            attacked: progress.attacked,
        };
        if let Some((family, u)) = &progress.violation {
            let witness = simplify(self.claim, self.families[*family], u);
            attacked.witness = witness.map(|witness| witness.with_plainest(self.claim));
            attacked.violated = attacked.witness.is_some();
        } else if let (true, Some(best)) = (simplest, attacked.best().cloned()) {
            (attacked.witness, attacked.simplified) = self.simplest(&best, &progress.ends).unzip();
        }
        attacked
    }

    /// The best point of a part. Extreme points can have enclosures that say little: among the ends of searches that come within half
    /// a per cent, the one of which most is certain.
    fn reached(&self, part: &'static str, best: (usize, Best), ends: &[(&'static str, usize, Best)]) -> Option<Reached> {
        let top = best.1.value;
        let mut candidates = vec![best];
        let near = |end: &Best| end.value >= ENDS_WITHIN * top;
        let mut others: Vec<(usize, Best)> =
            ends.iter().filter(|(name, _, end)| *name == part && near(end)).map(|(_, f, end)| (*f, end.clone())).collect();
        others.sort_by(|x, y| y.1.value.total_cmp(&x.1.value).then(x.0.cmp(&y.0)));
        candidates.extend(others.into_iter().take(MOST_ENDS));
        let mut chosen: Option<(Reached, bool)> = None;
        // Confirmed before undecided, a step before none where it has nearly the same share, then by what is certain.
        let rank = |(reached, moves): &(Reached, bool)| {
            (reached.decision == Decision::Holds, *moves && low(reached) >= KEPT * top, low(reached))
        };
        for (family, Best { u, value }) in candidates.into_iter().filter(|(_, point)| point.value >= 0.0) {
            let family = self.families[family];
            let instance = family.decode(&u).ok()?;
            let certificate = tight(self.claim, &instance, part);
            let identity = certificate.is_identity(part);
            let (enclosed, decision) = (certificate.share(part), certificate.decision);
            if decision == Decision::Outside {
                continue; // inside in binary64 alone, whose sampled constants are too small
            }
            let most = enclosed.filter(|share| !identity && !share.is_empty()).map_or(f64::INFINITY, Interval::hi);
            let side = self.claim.side.contains(&part);
            let found = Reached { part, family: family.name, ratio: value.min(most), enclosed, identity, side, decision, u };
            let found = (found, instance.moves());
            if chosen.as_ref().is_none_or(|known| rank(&found) > rank(known)) {
                chosen = Some(found);
            }
            if identity || chosen.as_ref().is_some_and(|chosen| rank(chosen) >= (true, true, KEPT * top)) {
                break;
            }
        }
        chosen.map(|(reached, _)| reached)
    }
}

/// The largest value of a coefficient that an instance needs for certain, and which instance: what an attack on it found, or the one
/// by hand.
pub fn needed(coefficient: &Coefficient, found: &Attacked) -> Option<(f64, &'static str)> {
    let attacked = found.certain().map(|low| (low, found.best().map_or("–", |best| best.family)));
    let by_hand = coefficient.known.and_then(|known| {
        let share = enclose(&coefficient.claim, &(known.instance)(), |_| false).ratio()?;
        Some((share.lo(), known.name))
    });
    let most = [attacked, by_hand].into_iter().flatten().reduce(|one, other| if other.0 > one.0 { other } else { one });
    most.map(|(share, place)| (coefficient.proved * share.min(1.0), place))
}

/// What is certain of a ratio.
fn low(reached: &Reached) -> f64 {
    reached.enclosed.map_or(f64::NEG_INFINITY, Interval::lo)
}

/// The claim on an instance in intervals, the segment cut until the share of `part` is known to 10⁻⁴ of itself.
fn tight(claim: &ClaimEntry, instance: &Instance, part: &str) -> Certificate {
    enclose(claim, instance, |certificate| {
        certificate.decision != Decision::Undecided && certificate.share(part).is_some_and(is_narrow)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attacked(parts: &[(&'static str, f64, Decision)]) -> Attacked {
        let reached = |&(part, ratio, decision): &(&'static str, f64, Decision)| Reached {
            part,
            family: "curve",
            ratio,
            enclosed: None,
            identity: false,
            side: part == "side",
            decision,
            u: vec![],
        };
        Attacked {
            parts: parts.iter().map(reached).collect(),
            families: vec![],
            witness: None,
            violated: false,
            simplified: None,
            ends: vec![],
            disagreements: 0,
            undecided: 0,
            evaluations: 0,
            timed_out: false,
            random: Histogram::default(),
            attacked: Histogram::default(),
        }
    }

    /// The first part that intervals confirm within 0.1 % of the largest ratio, whatever its size; else the largest; no side condition.
    #[test]
    fn the_best_part_is_confirmed_where_one_is() {
        use Decision::{Holds, Undecided};
        for size in [1e-3, 0.5, 1.0] {
            let best = |parts: &[(&'static str, f64, Decision)]| {
                let scaled: Vec<_> = parts.iter().map(|&(part, ratio, decision)| (part, size * ratio, decision)).collect();
                attacked(&scaled).best().map(|best| best.part)
            };
            assert_eq!(best(&[("a", 1.0, Undecided), ("b", 0.9995, Holds), ("c", 1.0, Holds)]), Some("b"), "{size}");
            assert_eq!(best(&[("a", 0.9985, Holds), ("b", 1.0, Undecided)]), Some("b"), "{size}");
            assert_eq!(best(&[("side", 2.0, Holds), ("b", 0.5, Holds)]), Some("b"), "{size}");
            assert_eq!(best(&[("side", 2.0, Holds)]), None);
        }
    }
}
