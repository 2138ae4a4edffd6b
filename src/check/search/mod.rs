//! Search over the cubes of families: what [attacks](super::attack) and [conjectures](super::conjecture) have in common.
//!
//! Rounds of doubling size follow each other. In a round every family is sampled; the best points of every family, for every goal,
//! start searches; after each quarter of the round the worse half of them is given up and the others get twice as long. A search is
//! a sequence of its own random numbers, so that the result is the same on any number of threads.

mod evolution;

use super::histogram::Histogram;
use super::judge::beyond_limit;
use crate::error::Error;
use crate::families::Family;
pub(super) use evolution::Best;
use evolution::{Noise, Search};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Something to maximise on one family: several goals, by name, each a value at a point of the cube.
pub(super) trait Objective: Send + Sync {
    /// Tells `see` the name and the value of every goal at u. Where there is none, the value of the point, below 0: the lower the
    /// farther from where there are some.
    fn visit(&mut self, u: &[f64], see: impl FnMut(&'static str, f64)) -> Option<f64>;
    /// The value of one goal at u, as far as it counts for a search.
    fn value(&mut self, u: &[f64], goal: &'static str) -> f64 {
        let mut value = f64::NEG_INFINITY;
        let none = self.visit(u, |name, found| {
            if name == goal {
                value = value.max(found);
            }
        });
        none.unwrap_or_else(|| self.counted(value, goal))
    }
    /// What counts of the value of a goal at the point visited last; all of it, unless the objective says otherwise.
    fn counted(&mut self, value: f64, _: &'static str) -> f64 {
        value
    }
    /// The same for several goals at once, in their places.
    fn settle(&self, _: &mut [(&'static str, f64)]) {}
    /// What was counted so far.
    fn counts(&self) -> &Counts;
}

/// What an [`Objective`] counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// How many updates were evaluated: one a point, K for a run of K updates.
    pub evaluations: u64,
    /// Points that satisfy all conditions, in binary64.
    pub satisfied: u64,
    /// Those of them at which the statement is defined.
    pub defined: u64,
    /// Whether some point satisfies all conditions for certain, if the objective asks.
    pub certain: bool,
    /// Points beyond the bound in binary64 that intervals could not decide.
    pub undecided: u64,
    /// Points without sampled constants that are beyond the bound in binary64 although intervals are certain of it.
    pub disagreements: u64,
    /// The first certified violation.
    pub violation: Option<Vec<f64>>,
    /// The first point where the bound is met exactly, if the objective looks for one.
    pub equality: Option<Vec<f64>>,
    /// Why a family gives no instance somewhere, the first time that it does not.
    pub broken: Option<Error>,
}

impl Counts {
    /// Whether the search is over: a certified violation, or a family that gives no instance.
    pub fn is_over(&self) -> bool {
        self.violation.is_some() || self.broken.is_some()
    }

    /// Notes a point at which the family gives no instance, and its value.
    pub fn note_broken(&mut self, error: Error) -> Option<f64> {
        self.broken.get_or_insert(error);
        Some(f64::NEG_INFINITY)
    }
}

/// Evaluations of the first round of one-step instances.
pub(super) const FIRST_ROUND: u64 = 16_384;
/// The share of a ratio that must be certain to count: what is lost may be the width of suprema, but not all that there is. (At extreme
/// points a ratio near 1 can be made of rounding errors alone.)
pub(super) const CERTAIN: f64 = 0.5;
/// Searches that a round starts for every goal; half of them are left after each quarter.
pub(super) const STARTS: usize = 32;
/// No search gets fewer evaluations of a round than this: short rounds have fewer searches.
const SMALLEST_SEARCH: u64 = 256;
/// Quarters.
const RUNGS: u64 = 4;

/// What is searched, and how long.
pub(super) struct Tournament<'t, 'a, O> {
    /// The families, in an order that the random numbers depend on.
    pub families: &'t [&'a Family],
    /// The goals that are known beforehand, with a point to start from if there is one; others are added where [`Objective::visit`]
    /// first tells of them.
    pub known: &'t [(&'static str, Option<Start>)],
    /// The objective on one family.
    pub objective: &'t (dyn Fn(&'a Family) -> O + Sync),
    /// The seed.
    pub seed: u64,
    /// The most evaluations (a round is finished that has begun, within a few per cent).
    pub evaluations: u64,
    /// Evaluations of the first round; every later one has twice as many as the one before.
    pub first_round: u64,
    /// The most searches that a round starts for a goal: fewer where an evaluation is expensive.
    pub starts: usize,
    /// Whether time is up.
    pub late: &'t (dyn Fn() -> bool + Sync),
    /// Is told how many evaluations were made.
    pub tick: &'t (dyn Fn(u64) + Sync),
}

/// Everything seen so far.
#[derive(Default)]
pub(super) struct Progress {
    /// By goal: its name and the best point with the number of its family.
    pub best: Vec<(&'static str, Option<Start>)>,
    /// The points that searches of a last quarter ended with: goal, family, point.
    pub ends: Vec<(&'static str, usize, Best)>,
    /// By family: the largest value of any goal, and what was counted.
    pub families: Vec<(Option<f64>, Counts)>,
    /// The first certified violation: the number of its family, and the point.
    pub violation: Option<(usize, Vec<f64>)>,
    /// The first point where the bound is met exactly, likewise.
    pub equality: Option<(usize, Vec<f64>)>,
    /// Why a family gives no instance somewhere: the end of the search.
    pub broken: Option<Error>,
    /// The values at random points, of every goal.
    pub random: Histogram,
    /// The values that the searches of the last quarters ended with.
    pub attacked: Histogram,
}

impl Progress {
    /// How many evaluations were made.
    pub fn evaluations(&self) -> u64 {
        self.total(|counts| counts.evaluations)
    }
    /// Whether there is nothing more to search for.
    fn is_over(&self) -> bool {
        self.violation.is_some() || self.broken.is_some()
    }
    /// A sum over the families.
    pub fn total(&self, of: impl Fn(&Counts) -> u64) -> u64 {
        self.families.iter().map(|(_, counts)| of(counts)).sum()
    }
}

/// A point of a family, by its number.
pub(super) type Start = (usize, Best);

/// A search on its way.
struct Island<O> {
    goal: &'static str,
    family: usize,
    search: Search,
    objective: O,
}

/// What sampling one family gave.
struct Sampled<O> {
    objective: O,
    /// By goal, the best points first.
    points: Vec<(&'static str, Vec<Best>)>,
    /// Every value of every goal.
    values: Histogram,
    /// The points without a value of a goal, the best first.
    outside: Vec<Best>,
}

impl<'a, O: Objective> Tournament<'_, 'a, O> {
    /// Searches until a certified violation, the last evaluation or the end of time.
    pub fn run(&self) -> Progress {
        let families = vec![(None, Counts::default()); self.families.len()];
        let mut progress = Progress { best: self.known.to_vec(), families, ..Progress::default() };
        let mut number = 0;
        while !progress.is_over() && !(self.late)() {
            let left = self.evaluations.saturating_sub(progress.evaluations());
            if left == 0 || (number > 0 && left < self.first_round / 2) {
                break;
            }
            // What would be left for half a round is added to this one.
            let size = self.first_round << number.min(20);
            let size = if left < size + size / 2 { left } else { size };
            Round { of: self, number, size }.run(&mut progress);
            number += 1;
        }
        progress
    }
}

/// One round: sample, search, drop the worse half, search on.
struct Round<'r, 't, 'a, O> {
    of: &'r Tournament<'t, 'a, O>,
    /// Which round.
    number: u64,
    /// Evaluations.
    size: u64,
}

impl<'a, O: Objective> Round<'_, '_, 'a, O> {
    /// Adds what this round finds to `progress`.
    fn run(&self, progress: &mut Progress) {
        let mut starts = self.sample(progress);
        (self.of.tick)(self.size / 8);
        if progress.is_over() || progress.best.is_empty() {
            return;
        }
        let goals: Vec<&'static str> = progress.best.iter().map(|&(name, _)| name).collect();
        let mut islands = self.islands(&goals, &mut starts, progress);
        let share = (self.size - self.size / 8) / RUNGS / goals.len() as u64;
        for rung in 0..RUNGS {
            let of_goal = |goal: &str| islands.iter().filter(|island| island.goal == goal).count() as u64;
            let budgets: Vec<u64> = islands.iter().map(|island| share / of_goal(island.goal).max(1)).collect();
            islands.par_iter_mut().zip(budgets).for_each(|(island, budget)| self.search(island, budget));
            let over = islands.iter().any(|island| island.objective.counts().is_over());
            if rung + 1 == RUNGS || over || (self.of.late)() {
                break;
            }
            halve(&mut islands, &goals, progress);
        }
        islands.iter().for_each(|island| {
            progress.attacked.add(shown(island.search.best.value));
            progress.ends.push((island.goal, island.family, island.search.best.clone()));
            note(island, progress);
        });
    }

    /// The noise of search `index`.
    fn noise(&self, index: u64) -> Noise {
        let mut rng = ChaCha8Rng::seed_from_u64(self.of.seed);
        rng.set_stream((3 << 62) + (self.number << 32) + index);
        Noise(rng)
    }

    /// The searches of a round: from the best samples of every goal, and from the best point of the rounds before.
    fn islands(&self, goals: &[&'static str], starts: &mut [Vec<Start>], progress: &Progress) -> Vec<Island<O>> {
        let most = self.of.starts.min((self.size / SMALLEST_SEARCH / goals.len() as u64) as usize).max(2);
        let mut islands: Vec<Island<O>> = Vec::new();
        for ((goal, starts), (_, known)) in goals.iter().zip(starts).zip(&progress.best) {
            for (family, start) in choose(starts, most).into_iter().chain(known.clone()) {
                let index = (1 << 20) + islands.len() as u64;
                let scale = [1, 1, 2, 4][islands.len() % 4];
                let search = Search::new(start, scale, self.noise(index));
                let objective = (self.of.objective)(self.of.families[family]);
                islands.push(Island { goal, family, search, objective });
            }
        }
        islands
    }

    /// Lets a search go on for `budget` evaluations.
    fn search(&self, island: &mut Island<O>, budget: u64) {
        let Island { goal, search, objective, .. } = island;
        let before = objective.counts().evaluations;
        let mut open = true;
        while open {
            search.generation(&mut |u| {
                let spent = objective.counts().evaluations - before;
                open = spent < budget && !objective.counts().is_over() && !(self.of.late)();
                open.then(|| objective.value(u, goal))
            });
        }
        (self.of.tick)(objective.counts().evaluations - before);
    }

    /// Random points of every family: by goal, those to start from.
    fn sample(&self, progress: &mut Progress) -> Vec<Vec<Start>> {
        let each = (self.size / 8 / self.of.families.len() as u64).max(1);
        let families = self.of.families.par_iter().enumerate();
        let sampled: Vec<Sampled<O>> = families.map(|(f, family)| self.sample_family(f, family, each)).collect();
        for (name, _) in sampled.iter().flat_map(|family| &family.points) {
            if progress.best.iter().all(|known| known.0 != *name) {
                progress.best.push((name, None));
            }
        }
        let mut starts: Vec<Vec<Start>> = vec![vec![]; progress.best.len()];
        for (f, Sampled { objective, points, values, outside }) in sampled.into_iter().enumerate() {
            count(f, objective.counts(), progress);
            progress.random.merge(&values);
            for ((name, best), starts) in progress.best.iter_mut().zip(&mut starts) {
                let own = points.iter().find(|(goal, _)| goal == name).map_or(&[][..], |(_, points)| points);
                // Where there is none, the points nearest to where there are some.
                starts.extend(own.iter().chain(&outside).take(STARTS).map(|point| (f, point.clone())));
                if let Some(top) = own.first() {
                    improve(best, f, top);
                    progress.families[f].0 = Some(progress.families[f].0.map_or(top.value, |known| known.max(top.value)));
                }
            }
        }
        starts
    }

    fn sample_family(&self, f: usize, family: &'a Family, evaluations: u64) -> Sampled<O> {
        let objective = (self.of.objective)(family);
        let mut sampled = Sampled { objective, points: vec![], values: Histogram::default(), outside: vec![] };
        let Sampled { objective, points, values, outside } = &mut sampled;
        let mut noise = self.noise(f as u64);
        while objective.counts().evaluations < evaluations {
            // A share of the coordinates, differing from point to point, is 0: fewer responses, equal features.
            let zeros = 0.25 * noise.below(4) as f64;
            let u: Vec<f64> = (0..family.dim).map(|_| if noise.uniform() < zeros { 0.0 } else { noise.uniform() }).collect();
            let mut at: Vec<(&'static str, f64)> = Vec::new();
            let none = objective.visit(&u, |name, value| match at.iter_mut().find(|known| known.0 == name) {
                Some(known) => known.1 = known.1.max(value),
                None => at.push((name, value)),
            });
            if let Some(value) = none {
                outside.push(Best { u: u.clone(), value });
            }
            at.iter().for_each(|&(_, value)| values.add(shown(value)));
            objective.settle(&mut at);
            for (name, value) in at {
                let best = Best { u: u.clone(), value };
                match points.iter_mut().find(|known| known.0 == name) {
                    Some(known) => known.1.push(best),
                    None => points.push((name, vec![best])),
                }
            }
            if objective.counts().is_over() || (self.of.late)() {
                break;
            }
        }
        for points in points.iter_mut().map(|(_, points)| points).chain([outside]) {
            points.sort_by(|x, y| y.value.total_cmp(&x.value));
            points.truncate(STARTS);
        }
        sampled
    }
}

/// Keeps the better half of every goal's searches.
fn halve<O: Objective>(islands: &mut Vec<Island<O>>, goals: &[&'static str], progress: &mut Progress) {
    // Stable: ties keep their order.
    islands.sort_by(|x, y| y.search.best.value.total_cmp(&x.search.best.value));
    let mut dropped: Vec<bool> = vec![false; islands.len()];
    for goal in goals {
        let own: Vec<usize> = (0..islands.len()).filter(|&i| islands[i].goal == *goal).collect();
        own[own.len().div_ceil(2)..].iter().for_each(|&i| dropped[i] = true);
    }
    islands.iter().zip(&dropped).filter(|(_, dropped)| **dropped).for_each(|(island, _)| note(island, progress));
    let mut dropped = dropped.into_iter();
    islands.retain(|_| !dropped.next().unwrap_or(false));
}

/// Adds what a search found and cost.
fn note<O: Objective>(island: &Island<O>, progress: &mut Progress) {
    let Island { goal, family, search, objective } = island;
    count(*family, objective.counts(), progress);
    let value = search.best.value;
    let best = &mut progress.families[*family].0;
    if value >= 0.0 {
        *best = Some(best.map_or(value, |known| known.max(value)));
    }
    progress.best.iter_mut().filter(|(name, _)| name == goal).for_each(|(_, best)| improve(best, *family, &search.best));
}

/// Adds what an objective counted.
fn count(family: usize, counts: &Counts, progress: &mut Progress) {
    let known = &mut progress.families[family].1;
    known.evaluations += counts.evaluations;
    known.satisfied += counts.satisfied;
    known.defined += counts.defined;
    known.certain |= counts.certain;
    known.undecided += counts.undecided;
    known.disagreements += counts.disagreements;
    let first = |known: &mut Option<(usize, Vec<f64>)>, found: &Option<Vec<f64>>| {
        if known.is_none() {
            *known = found.as_ref().map(|u| (family, u.clone()));
        }
    };
    first(&mut progress.violation, &counts.violation);
    first(&mut progress.equality, &counts.equality);
    if progress.broken.is_none() {
        progress.broken.clone_from(&counts.broken);
    }
}

fn improve(best: &mut Option<Start>, family: usize, found: &Best) {
    if best.as_ref().is_none_or(|(_, known)| found.value > known.value) {
        *best = Some((family, found.clone()));
    }
}

/// A ratio as histograms count it: an equality case that rounds to above 1 is one below.
fn shown(ratio: f64) -> f64 {
    if beyond_limit(ratio) { ratio } else { ratio.min(1.0 - f64::EPSILON) }
}

/// Up to `count` starts: the best two of every family, then the best of what is left.
fn choose(points: &mut Vec<Start>, count: usize) -> Vec<Start> {
    points.sort_by(|x, y| y.1.value.total_cmp(&x.1.value).then(x.0.cmp(&y.0)));
    let mut taken: Vec<usize> = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for point in points.drain(..) {
        if taken.iter().filter(|&&family| family == point.0).count() < 2 {
            taken.push(point.0);
            first.push(point);
        } else {
            rest.push(point);
        }
    }
    first.extend(rest);
    first.truncate(count);
    first
}
