//! The search for a counterexample to somebody's own bound.
//!
//! The edge sets of all families come first, then rounds of random points and searches that maximise the excess of
//! the smaller side over the larger one: itself, over η, over η², over the bound, and over both. Points that miss a condition count the
//! less the farther they are from it, and none of them counts as a case. What binary64 takes for a violation is asked again in
//! intervals: only where the violation, every condition and that all is defined are certain, with the constants enclosed over the whole
//! segment, is the conjecture refuted.

mod enclosed;
mod measured;
mod objective;
mod quantities;

pub use enclosed::{Enclosed, enclose};
pub use measured::{Measured, Sample, measure};
pub use quantities::Quantity;

use super::asserted::KEPT;
use super::campaign::DEFAULT_SEED;
use super::judge::{Decision, is_narrow};
use super::search::{Best, CERTAIN, Counts, FIRST_ROUND, Objective, Progress, STARTS, Start, Tournament};
use super::witness::{Witness, counterexample, simplify};
use crate::conjecture::Conjecture;
use crate::error::Error;
use crate::families::{self, Family};
use crate::instance::Instance;
use crate::number::Interval;
use enclosed::enclose_until;
use objective::{CONDITIONS, Conditions, EXCESS, Excess, GOALS, SHARE, finest};
use rayon::prelude::*;
use std::time::{Duration, Instant};

/// Searches a round for an instance that satisfies the conditions: few, each so much the longer.
const FEW_STARTS: usize = 8;
/// How many of the best points are enclosed for what is reported of a conjecture that is not refuted.
const MOST_ENCLOSED: usize = 24;
/// Evaluations of a search that is given no other limit.
pub const DEFAULT_EVALUATIONS: u64 = 1 << 20;

/// How long a search goes on, where, and with which random numbers.
#[derive(Clone, Debug)]
pub struct Effort<'a> {
    /// The families that are searched.
    pub families: Vec<&'a Family>,
    /// The most evaluations (a round is finished that has begun, within a few per cent); the edge sets come on top.
    pub evaluations: u64,
    /// The seed of all random numbers: the same one gives the same result, unless time runs out.
    pub seed: u64,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// The search ends after this time, finished or not; `None` for no limit.
    pub time: Option<Duration>,
}

impl Default for Effort<'_> {
    /// All families of one-step instances, 2²⁰ evaluations, the default seed.
    fn default() -> Self {
        let families = families::REGISTRY.iter().collect();
        Effort { families, evaluations: DEFAULT_EVALUATIONS, seed: DEFAULT_SEED, threads: 0, time: None }
    }
}

/// How a search went in one family.
#[derive(Clone, Debug, PartialEq)]
pub struct Searched {
    /// The name of the family.
    pub name: &'static str,
    /// How many points were evaluated.
    pub evaluations: u64,
    /// How many of them satisfy every condition, in binary64.
    pub satisfied: u64,
}

/// The instance that came nearest to a violation.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// The name of its family.
    pub family: &'static str,
    /// The point of the family's unit cube, [`Family::dim`] numbers.
    pub u: Vec<f64>,
    /// The instance that the point decodes to.
    pub instance: Instance,
    /// The share X/B of the bound, enclosed, where the statement has one.
    pub ratio: Option<Interval>,
    /// What intervals say of the conjecture there.
    pub decision: Decision,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The certified counterexample, with the plainest instance that is one too, or with itself where not all families were searched;
    /// `None`: not refuted.
    pub witness: Option<Witness>,
    /// The words of the conjecture and its sides on the witness's plainest instance.
    pub quantities: Vec<Quantity>,
    /// The words and sides on the instance as it was found; empty where that is the plainest.
    pub as_found: Vec<Quantity>,
    /// The largest [share](Conjecture::share) of the bound in binary64, no larger than its enclosure allows; `None` where the statement
    /// has none of the forms that have one.
    pub best_ratio: Option<f64>,
    /// The smallest room: larger side less smaller side, of an equality minus the distance of both. Below 0 only for a counterexample.
    pub worst_slack: Option<f64>,
    /// Where the largest share, or else the smallest room, was found.
    pub nearest: Option<Nearest>,
    /// How the search went, family by family.
    pub families: Vec<Searched>,
    /// Points that violate the statement in binary64 and that intervals could not decide.
    pub undecided: u64,
    /// Points that violate the statement in binary64 although intervals are certain that they do not, without sampled
    /// constants.
    pub disagreements: u64,
    /// Whether time ran out first, so that another run may end elsewhere.
    pub timed_out: bool,
    /// How many points that satisfy every condition, in binary64, leave the statement defined.
    pub defined: u64,
    /// Whether some point satisfies every condition for certain.
    certain: bool,
}

impl Found {
    /// How many points were evaluated.
    pub fn evaluations(&self) -> u64 {
        self.families.iter().map(|family| family.evaluations).sum()
    }
    /// How many of them satisfy every condition, in binary64.
    pub fn satisfied(&self) -> u64 {
        self.families.iter().map(|family| family.satisfied).sum()
    }
}

impl Conjecture {
    /// Searches for a counterexample. The result depends on the seed and not on the number of threads, unless time runs out.
    ///
    /// # Errors
    /// No family; no instance that satisfies the conditions; threads that cannot be started; a family of the caller's that
    /// gives no [valid](Instance::validate) instance somewhere.
    pub fn search(&self, effort: &Effort<'_>) -> Result<Found, Error> {
        self.search_with(effort, &|_| {})
    }

    /// Searches for a counterexample; `tick` is told now and then, from any thread, how many more evaluations were made.
    ///
    /// # Errors
    /// As [`search`](Conjecture::search).
    pub fn search_with(&self, effort: &Effort<'_>, tick: &(dyn Fn(u64) + Sync)) -> Result<Found, Error> {
        if effort.families.is_empty() {
            return Err(Error::new("a search needs at least one family"));
        }
        let found = super::pool(effort.threads)?.install(|| Hunt { conjecture: self, effort }.run(tick))?;
        if found.certain {
            return Ok(found);
        }
        // There are conditions: without one the edge sets have instances that satisfy it.
        let (given, evaluations) = (self.conditions().join("; "), found.evaluations());
        let why = match (found.satisfied(), found.timed_out) {
            (0, false) => "",
            (0, true) => " before time ran out",
            _ => " for certain, though some do in binary64: an equality may be asked for as a band",
        };
        Err(Error::new(format!(
            "none of {evaluations} instances satisfies the conditions{why} (given {given}): nothing was tested"
        )))
    }
}

/// One search.
struct Hunt<'a> {
    conjecture: &'a Conjecture,
    effort: &'a Effort<'a>,
}

impl<'a> Hunt<'a> {
    fn run(&self, tick: &(dyn Fn(u64) + Sync)) -> Result<Found, Error> {
        let Effort { families, evaluations, seed, time, .. } = self.effort;
        let end = time.map(|time| Instant::now() + time);
        let late = || end.is_some_and(|end| Instant::now() >= end);
        let (mut edges, witness) = self.edges();
        if let Some(error) = edges.iter_mut().find_map(|edges| edges.objective.broken()) {
            return Err(error);
        }
        let mut known: Vec<(&'static str, Option<Start>)> = GOALS.iter().map(|&goal| (goal, best(goal, &edges))).collect();
        let evaluations = if witness.is_some() { 0 } else { *evaluations };
        let mut before = Progress::default();
        if edges.iter().all(|edges| edges.objective.counts().satisfied == 0) {
            // Conditions that no edge meets: first of all an instance that does.
            before = Tournament {
                families,
                known: &[(CONDITIONS, None)],
                objective: &|family| Conditions::new(self.conjecture, family),
                seed: *seed,
                evaluations: evaluations / 2,
                first_round: FIRST_ROUND,
                starts: FEW_STARTS,
                late: &late,
                tick,
            }
            .run();
            if let Some((family, u)) = before.violation.take() {
                let start = (family, Best { u, value: 0.0 });
                known.iter_mut().for_each(|(_, known)| *known = Some(start.clone()));
            }
        }
        let tournament = Tournament {
            families,
            known: &known,
            objective: &|family| Excess::new(self.conjecture, family),
            seed: *seed,
            evaluations: evaluations - before.evaluations().min(evaluations),
            first_round: FIRST_ROUND,
            starts: STARTS,
            late: &late,
            tick,
        };
        let mut progress = tournament.run();
        if let Some(error) = before.broken.or(progress.broken.take()) {
            return Err(error);
        }
        for ((_, counts), (_, earlier)) in progress.families.iter_mut().zip(&before.families) {
            counts.evaluations += earlier.evaluations;
            counts.satisfied += earlier.satisfied;
        }
        let in_search = || {
            let (family, u) = progress.violation.as_ref()?;
            simplify(self.conjecture, families[*family], u)
        };
        let witness = witness.or_else(in_search).map(|witness| self.plainest(witness));
        Ok(self.conclude(&edges, &progress, witness, late()))
    }

    /// The counterexample with its plainest form; with itself where only some families were asked about, which the form might leave.
    fn plainest(&self, witness: Witness) -> Witness {
        if self.effort.families.len() < families::REGISTRY.len() {
            return Witness { simplified: Some(witness.instance.clone()), ..witness };
        }
        witness.with_plainest(self.conjecture)
    }

    /// The edge sets of all families, by family; and of the counterexamples among them the simplest, as simple as its family allows.
    fn edges(&self) -> (Vec<Edges<'a>>, Option<Witness>) {
        let families = self.effort.families.par_iter();
        let all: Vec<Edges<'a>> = families.map(|family| Edges::of(self.conjecture, family)).collect();
        let violated = all.iter().zip(&self.effort.families).filter_map(|(edges, family)| {
            let u = edges.objective.counts().violation.as_ref()?;
            Some((counterexample(self.conjecture, family, u)?, *family))
        });
        let simplest = violated.min_by(|(one, _), (other, _)| one.simplicity(other));
        (all, simplest.map(|(witness, family)| witness.simplest(self.conjecture, family)))
    }

    fn conclude(&self, edges: &[Edges<'_>], progress: &Progress, witness: Option<Witness>, timed_out: bool) -> Found {
        let counted = self.effort.families.iter().zip(edges).zip(&progress.families);
        let families = counted.map(|((family, edges), (_, searched))| {
            let own = edges.objective.counts();
            let (evaluations, satisfied) = (own.evaluations + searched.evaluations, own.satisfied + searched.satisfied);
            Searched { name: family.name, evaluations, satisfied }
        });
        let total = |of: fn(&Counts) -> u64| {
            edges.iter().map(|edges| of(edges.objective.counts())).sum::<u64>() + progress.total(of)
        };
        let mut found = Found {
            families: families.collect(),
            undecided: total(|counts| counts.undecided),
            disagreements: total(|counts| counts.disagreements),
            quantities: vec![],
            as_found: vec![],
            best_ratio: None,
            worst_slack: None,
            nearest: None,
            timed_out: timed_out && witness.is_none(),
            defined: total(|counts| counts.defined),
            certain: witness.is_some() || total(|counts| u64::from(counts.certain)) > 0,
            witness,
        };
        match &found.witness {
            Some(witness) => {
                let plainest = witness.simplified.as_ref().unwrap_or(&witness.instance);
                found.quantities = self.conjecture.quantities(plainest);
                if *plainest != witness.instance {
                    found.as_found = self.conjecture.quantities(&witness.instance);
                }
                if let Some((excess, share)) = finest(self.conjecture, &witness.instance) {
                    (found.best_ratio, found.worst_slack) = (share, Some(0.0 - excess));
                }
            }
            None => self.nearest(edges, progress, &mut found),
        }
        found
    }

    /// What is reported where nothing refutes: of the best points of the edge sets and of the searches those that intervals bear out.
    fn nearest(&self, edges: &[Edges<'_>], progress: &Progress, found: &mut Found) {
        let mut points: Vec<(usize, &[f64])> = Vec::new();
        let of_edges =
            edges.iter().enumerate().filter_map(|(f, edges)| Some((f, edges.objective.counts().equality.as_ref()?)));
        points.extend(of_edges.map(|(f, u)| (f, &u[..])).take(1));
        points.extend(progress.equality.as_ref().map(|(f, u)| (*f, &u[..])));
        for goal in [SHARE, EXCESS] {
            let own = progress.best.iter().filter(|(name, _)| *name == goal);
            let mut own: Vec<(usize, &Best)> =
                own.filter_map(|(_, best)| best.as_ref().map(|(f, best)| (*f, best))).collect();
            own.extend(progress.ends.iter().filter(|(name, ..)| *name == goal).map(|(_, f, end)| (*f, end)));
            own.retain(|(_, point)| point.value >= 0.0);
            own.sort_by(|x, y| y.1.value.total_cmp(&x.1.value).then(x.0.cmp(&y.0)));
            own.dedup_by(|one, other| one.0 == other.0 && one.1.u == other.1.u);
            points.extend(own.into_iter().take(MOST_ENCLOSED).map(|(f, point)| (f, &point.u[..])));
        }
        let seen: Vec<Option<Seen>> = points.par_iter().map(|&(f, u)| self.see(f, u)).collect();
        let mut seen: Vec<Seen> = seen.into_iter().flatten().collect();
        found.worst_slack = seen.iter().map(|seen| seen.slack).reduce(f64::min);
        found.best_ratio = seen.iter().filter_map(|seen| seen.ratio).reduce(f64::max);
        // Of those that come within 0.1 % of the largest share one that intervals confirm, if there is any; else the smallest room.
        let near = |seen: &Seen| seen.ratio >= found.best_ratio.map(|best| KEPT * best);
        let rank = |seen: &Seen| (near(seen) && seen.nearest.decision == Decision::Holds, seen.ratio, -seen.slack);
        let best = (0..seen.len()).reduce(|best, i| if rank(&seen[i]) > rank(&seen[best]) { i } else { best });
        found.nearest = best.map(|best| seen.swap_remove(best).nearest);
    }

    /// One of the best points, seen in binary64 and in intervals.
    fn see(&self, family: usize, u: &[f64]) -> Option<Seen> {
        let family = self.effort.families[family];
        let instance = family.decode(u).ok()?;
        let (excess, share) = finest(self.conjecture, &instance)?;
        let enclosed = enclose_until(self.conjecture, &instance, |seen| {
            seen.decision == Decision::Outside || seen.ratio().is_none_or(is_narrow) && seen.decision != Decision::Undecided
        });
        if enclosed.decision == Decision::Outside {
            return None; // inside in binary64 alone, whose sampled constants are too small
        }
        let [least, most] = [enclosed.compares.excess.lo(), enclosed.compares.excess.hi()];
        if least > 0.0 {
            return None; // a violation, but of the conditions it is not certain that they hold
        }
        // Nothing that is not certain stands above 0.
        let excess = if excess > 0.0 { least.min(0.0) } else { excess.min(most) };
        let ratio = share.zip(enclosed.ratio()).map(|(share, ratio)| {
            let share = share.min(ratio.hi());
            let made_of_rounding = share > CERTAIN && ratio.lo() < CERTAIN * share;
            if share > 1.0 || made_of_rounding { ratio.lo().clamp(f64::MIN, 1.0) } else { share }
        });
        let Enclosed { decision, .. } = enclosed;
        let nearest = Nearest { family: family.name, u: u.to_vec(), instance, ratio: enclosed.ratio(), decision };
        Some(Seen { slack: 0.0 - excess, ratio, nearest })
    }
}

/// A point with what counts of it.
struct Seen {
    slack: f64,
    ratio: Option<f64>,
    nearest: Nearest,
}

/// The edge set of one family, evaluated.
struct Edges<'a> {
    objective: Excess<'a>,
    /// By goal, the best point.
    best: Vec<(&'static str, Best)>,
}

impl<'a> Edges<'a> {
    fn of(conjecture: &'a Conjecture, family: &'a Family) -> Edges<'a> {
        let (mut objective, mut best) = (Excess::new(conjecture, family), Vec::<(&'static str, Best)>::new());
        for edge in family.edges() {
            objective.visit(&edge.u, |goal, value| match best.iter_mut().find(|(name, _)| *name == goal) {
                Some((_, known)) if known.value >= value => {}
                Some((_, known)) => *known = Best { u: edge.u.clone(), value },
                None => best.push((goal, Best { u: edge.u.clone(), value })),
            });
        }
        Edges { objective, best }
    }
}

/// The best edge of a goal, with the number of its family.
fn best(goal: &str, edges: &[Edges<'_>]) -> Option<Start> {
    let of_goal = |edges: &Edges<'_>| edges.best.iter().find(|(name, _)| *name == goal).map(|(_, best)| best.clone());
    let all = edges.iter().enumerate().filter_map(|(f, edges)| Some((f, of_goal(edges)?)));
    all.reduce(|known, other| if other.1.value > known.1.value { other } else { known })
}
