//! One round of an attack: sample, search, drop the worse half, search on.

use super::objective::Objective;
use super::search::{Best, Noise, Search};
use super::{Attack, Progress};
use crate::check::histogram::Histogram;
use crate::check::judge::beyond_limit;
use crate::claims::Scope;
use crate::families::Family;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Searches that a round starts for every part; half of them are left after each quarter.
const STARTS: usize = 32;
/// Runs cost hundreds of times as much as steps.
const STARTS_OF_RUNS: usize = 12;
/// No search gets fewer evaluations of a round than this: short rounds have fewer searches.
const SMALLEST_SEARCH: u64 = 256;
/// Quarters.
const RUNGS: u64 = 4;

/// What every task of a round needs.
pub(super) struct Round<'r, 'a> {
    pub attack: &'r Attack<'a>,
    /// Which round.
    pub number: u64,
    /// Evaluations.
    pub size: u64,
    /// Whether time is up.
    pub late: &'r (dyn Fn() -> bool + Sync),
    /// Is told how many evaluations were made.
    pub tick: &'r (dyn Fn(u64) + Sync),
}

/// A search on its way.
struct Island<'a> {
    part: &'static str,
    family: usize,
    search: Search,
    objective: Objective<'a>,
}

/// A point of a family, by its number.
type Start = (usize, Best);

/// What sampling one family gave.
struct Sampled<'a> {
    objective: Objective<'a>,
    /// By part, the best points first.
    points: Vec<(&'static str, Vec<Best>)>,
    /// Every ratio of every part.
    ratios: Histogram,
    /// The points at which the claim says nothing, those nearest to its hypotheses first.
    outside: Vec<Best>,
}

impl<'a> Round<'_, 'a> {
    /// Adds what this round finds to `progress`.
    pub fn run(&self, progress: &mut Progress) {
        let mut starts = self.sample(progress);
        (self.tick)(self.size / 8);
        if progress.violation.is_some() || progress.best.is_empty() {
            return;
        }
        let parts: Vec<&'static str> = progress.best.iter().map(|&(name, _)| name).collect();
        let mut islands = self.islands(&parts, &mut starts, progress);
        let share = (self.size - self.size / 8) / RUNGS / parts.len() as u64;
        for rung in 0..RUNGS {
            let of_part = |part: &str| islands.iter().filter(|island| island.part == part).count() as u64;
            let budgets: Vec<u64> = islands.iter().map(|island| share / of_part(island.part).max(1)).collect();
            islands.par_iter_mut().zip(budgets).for_each(|(island, budget)| self.search(island, budget));
            let violated = islands.iter().any(|island| island.objective.violation.is_some());
            if rung + 1 == RUNGS || violated || (self.late)() {
                break;
            }
            halve(&mut islands, &parts, progress);
        }
        islands.iter().for_each(|island| {
            progress.attacked.add(shown(island.search.best.value));
            progress.ends.push((island.part, island.family, island.search.best.clone()));
            note(island, progress);
        });
    }

    /// The noise of search `index`.
    fn noise(&self, index: u64) -> Noise {
        let mut rng = ChaCha8Rng::seed_from_u64(self.attack.seed);
        rng.set_stream((3 << 62) + (self.number << 32) + index);
        Noise(rng)
    }

    /// The searches of a round: from the best samples of every part, and from the best point of the rounds before.
    fn islands(&self, parts: &[&'static str], starts: &mut [Vec<Start>], progress: &Progress) -> Vec<Island<'a>> {
        let most = if self.attack.claim.scope == Scope::Run { STARTS_OF_RUNS } else { STARTS };
        let most = most.min((self.size / SMALLEST_SEARCH / parts.len() as u64) as usize).max(2);
        let mut islands: Vec<Island<'a>> = Vec::new();
        for ((part, starts), (_, known)) in parts.iter().zip(starts).zip(&progress.best) {
            for (family, start) in choose(starts, most).into_iter().chain(known.clone()) {
                let index = (1 << 20) + islands.len() as u64;
                let scale = [1, 1, 2, 4][islands.len() % 4];
                let search = Search::new(start, scale, self.noise(index));
                let objective = Objective::new(self.attack.claim, self.attack.families[family]);
                islands.push(Island { part, family, search, objective });
            }
        }
        islands
    }

    /// Lets a search go on for `budget` evaluations.
    fn search(&self, island: &mut Island<'a>, budget: u64) {
        let Island { part, search, objective, .. } = island;
        let before = objective.evaluations;
        let mut open = true;
        while open {
            search.generation(&mut |u| {
                let spent = objective.evaluations - before;
                open = spent < budget && objective.violation.is_none() && !(self.late)();
                open.then(|| objective.value(u, part))
            });
        }
        (self.tick)(objective.evaluations - before);
    }

    /// Random points of every family: by part, those to start from.
    fn sample(&self, progress: &mut Progress) -> Vec<Vec<Start>> {
        let each = (self.size / 8 / self.attack.families.len() as u64).max(1);
        let families = self.attack.families.par_iter().enumerate();
        let sampled: Vec<Sampled<'a>> = families.map(|(f, family)| self.sample_family(f, family, each)).collect();
        for (name, _) in sampled.iter().flat_map(|family| &family.points) {
            if progress.best.iter().all(|known| known.0 != *name) {
                progress.best.push((name, None));
            }
        }
        let mut starts: Vec<Vec<Start>> = vec![vec![]; progress.best.len()];
        for (f, Sampled { objective, points, ratios, outside }) in sampled.into_iter().enumerate() {
            count(f, &objective, progress);
            progress.random.merge(&ratios);
            for ((name, best), starts) in progress.best.iter_mut().zip(&mut starts) {
                let own = points.iter().find(|(part, _)| part == name).map_or(&[][..], |(_, points)| points);
                // Where the claim says nothing, the points nearest to its hypotheses.
                starts.extend(own.iter().chain(&outside).take(STARTS).map(|point| (f, point.clone())));
                if let Some(top) = own.first() {
                    improve(best, f, top);
                    progress.families[f].0 = Some(progress.families[f].0.map_or(top.value, |known| known.max(top.value)));
                }
            }
        }
        starts
    }

    fn sample_family(&self, f: usize, family: &'a Family, evaluations: u64) -> Sampled<'a> {
        let objective = Objective::new(self.attack.claim, family);
        let mut sampled = Sampled { objective, points: vec![], ratios: Histogram::default(), outside: vec![] };
        let Sampled { objective, points, ratios, outside } = &mut sampled;
        let mut noise = self.noise(f as u64);
        while objective.evaluations < evaluations {
            // A share of the coordinates, differing from point to point, is 0: fewer responses, equal features.
            let zeros = 0.25 * noise.below(4) as f64;
            let u: Vec<f64> = (0..family.dim).map(|_| if noise.uniform() < zeros { 0.0 } else { noise.uniform() }).collect();
            let mut at: Vec<(&'static str, f64)> = Vec::new();
            let none = objective.visit(&u, |name, ratio| match at.iter_mut().find(|known| known.0 == name) {
                Some(known) => known.1 = known.1.max(ratio),
                None => at.push((name, ratio)),
            });
            if let Some(value) = none {
                outside.push(Best { u: u.clone(), value });
            }
            at.iter().for_each(|&(_, value)| ratios.add(shown(value)));
            objective.settle(&mut at);
            for (name, value) in at {
                let best = Best { u: u.clone(), value };
                match points.iter_mut().find(|known| known.0 == name) {
                    Some(known) => known.1.push(best),
                    None => points.push((name, vec![best])),
                }
            }
            if objective.violation.is_some() || (self.late)() {
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

/// Keeps the better half of every part's searches.
fn halve(islands: &mut Vec<Island<'_>>, parts: &[&'static str], progress: &mut Progress) {
    // Stable: ties keep their order.
    islands.sort_by(|x, y| y.search.best.value.total_cmp(&x.search.best.value));
    let mut dropped: Vec<bool> = vec![false; islands.len()];
    for part in parts {
        let own: Vec<usize> = (0..islands.len()).filter(|&i| islands[i].part == *part).collect();
        own[own.len().div_ceil(2)..].iter().for_each(|&i| dropped[i] = true);
    }
    islands.iter().zip(&dropped).filter(|(_, dropped)| **dropped).for_each(|(island, _)| note(island, progress));
    let mut dropped = dropped.into_iter();
    islands.retain(|_| !dropped.next().unwrap_or(false));
}

/// Adds what a search found and cost.
fn note(island: &Island<'_>, progress: &mut Progress) {
    let Island { part, family, search, objective } = island;
    count(*family, objective, progress);
    let value = search.best.value;
    let best = &mut progress.families[*family].0;
    if value >= 0.0 {
        *best = Some(best.map_or(value, |known| known.max(value)));
    }
    progress.best.iter_mut().filter(|(name, _)| name == part).for_each(|(_, best)| improve(best, *family, &search.best));
}

/// Adds what an objective counted.
fn count(family: usize, objective: &Objective<'_>, progress: &mut Progress) {
    progress.families[family].1 += objective.evaluations;
    progress.undecided += objective.undecided;
    progress.disagreements += objective.disagreements;
    if let (None, Some(u)) = (&progress.violation, &objective.violation) {
        progress.violation = Some((family, u.clone()));
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
