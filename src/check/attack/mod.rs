//! The attack: the largest share of a claim's bound that can be found in the families, by search.
//!
//! A campaign draws instances at random and so uses a few per cent of most bounds; an attack maximises. It starts from random
//! points alone: the edge sets, which hold known equality cases, are not shown to it.
//!
//! Rounds of doubling size follow each other. In a round every family is sampled; the best points of every family, for every part
//! of the statement, start [searches](search); after each quarter of the round the worse half of them is given up and the others get
//! twice as long. A search is a sequence of its own random numbers, so that the result is the same on any number of threads.

mod objective;
mod search;

use super::campaign::DEFAULT_SEED;
use super::histogram::Histogram;
use super::judge::{Certificate, Decision, beyond_limit, enclose};
use super::simplify::{descend, plain};
use super::witness::{Witness, simplify};
use crate::claims::{ClaimEntry, Expected, Scope};
use crate::error::Error;
use crate::families::{self, Family};
use crate::instance::Instance;
use crate::number::Interval;
use objective::{Objective, finest};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use search::{Best, Noise, Search};
use std::time::{Duration, Instant};

/// Evaluations of the first round; every later one has twice as many as the one before.
const FIRST_ROUND: u64 = 16_384;
/// Searches that a round starts for every part; half of them are left after each quarter.
const STARTS: usize = 32;
/// No search gets fewer evaluations of a round than this: short rounds have fewer searches.
const SMALLEST_SEARCH: u64 = 256;
/// Runs cost hundreds of times as much as steps: fewer searches, and larger rounds.
const STARTS_OF_RUNS: usize = 12;
/// Evaluations of the first round of runs, a run of K updates counting as K.
const FIRST_ROUND_OF_RUNS: u64 = 131_072;
/// The share of the ratio that a simpler instance must keep.
const KEPT: f64 = 0.999;
/// Quarters.
const RUNGS: u64 = 4;

/// What to attack, and how long.
#[derive(Clone, Debug)]
pub struct Attack<'a> {
    /// The claim.
    pub claim: &'a ClaimEntry,
    /// The families that are searched.
    pub families: Vec<&'a Family>,
    /// The most evaluations (a round is finished that has begun, within a few per cent).
    pub evaluations: u64,
    /// The seed.
    pub seed: u64,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// The attack ends here, finished or not.
    pub time: Option<Duration>,
}

/// The largest share that one part of the statement was seen to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// The part.
    pub part: &'static str,
    /// The family.
    pub family: &'static str,
    /// The share in binary64, with constants sampled finely.
    pub ratio: f64,
    /// The same enclosed, the constants over the whole segment; `None` where the point is outside the claim for certain.
    pub enclosed: Option<Interval>,
    /// Whether intervals confirm the claim there.
    pub decision: Decision,
    /// The point of the cube.
    pub u: Vec<f64>,
}

/// What an attack found.
#[derive(Clone, Debug)]
pub struct Attacked {
    /// By part, in the order of the statement.
    pub parts: Vec<Reached>,
    /// By family: the largest ratio of any part, and the evaluations.
    pub families: Vec<(&'static str, Option<f64>, u64)>,
    /// The instance of the largest ratio, or of a certified violation, with a simpler one that keeps 99.9 % of the ratio.
    pub witness: Option<Witness>,
    /// Whether the witness is a certified violation.
    pub violated: bool,
    /// The share that the simpler one uses, enclosed.
    pub simplified: Option<Interval>,
    /// Points where binary64 exceeds a bound that intervals are certain of, in claims without sampled constants.
    pub disagreements: u64,
    /// Points above 1 in binary64 that intervals could not decide.
    pub undecided: u64,
    /// How many points were evaluated.
    pub evaluations: u64,
    /// Whether time ran out first, so that another run may end elsewhere.
    pub timed_out: bool,
    /// The ratios of random points, every part.
    pub random: Histogram,
    /// The ratios that the searches of the last quarter ended with.
    pub attacked: Histogram,
}

impl Attacked {
    /// Whether the outcome is what the mathematics says.
    pub fn as_expected(&self, claim: &ClaimEntry) -> bool {
        match claim.statement.expected {
            Expected::Holds => !self.violated && self.disagreements == 0,
            Expected::Fails => self.violated,
        }
    }

    /// The part of the largest ratio.
    pub fn best(&self) -> Option<&Reached> {
        self.parts.iter().reduce(|best, other| if other.ratio > best.ratio { other } else { best })
    }
}

/// A search on its way.
struct Island<'a> {
    part: &'static str,
    family: usize,
    search: Search,
    objective: Objective<'a>,
}

/// Everything seen so far.
struct Progress {
    /// By part: its name and the best point with its family.
    best: Vec<(&'static str, Option<(usize, Best)>)>,
    /// By family.
    families: Vec<(Option<f64>, u64)>,
    violation: Option<(usize, Vec<f64>)>,
    undecided: u64,
    disagreements: u64,
    random: Histogram,
    attacked: Histogram,
}

impl<'a> Attack<'a> {
    /// The claim on all families of its scope, 10⁶ evaluations (10⁶/32 for runs), the default seed.
    pub fn new(claim: &'a ClaimEntry) -> Attack<'a> {
        let families = match claim.scope {
            Scope::Step => families::REGISTRY,
            Scope::Run => families::RUNS,
        };
        let families = families.iter().filter(|family| claim.is_tested_on(family.name)).collect();
        Attack { claim, families, evaluations: 1 << 20, seed: DEFAULT_SEED, threads: 0, time: None }
    }

    /// Runs the attack.
    ///
    /// # Errors
    /// No family, or threads that cannot be started.
    pub fn run(&self, tick: &(dyn Fn(u64) + Sync)) -> Result<Attacked, Error> {
        if self.families.is_empty() {
            return Err(Error::new("an attack needs at least one family"));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .map_err(|e| Error::new(format!("{} threads: {e}", self.threads)))?;
        Ok(pool.install(|| self.within(true, tick)))
    }

    /// The noise of search `index` in round `round`.
    fn noise(&self, round: u64, index: u64) -> Noise {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream((3 << 62) + (round << 32) + index);
        Noise(rng)
    }

    /// Runs the attack on the threads of the caller. Unless `simplest`, the witness is looked for only where the claim is violated.
    pub(super) fn within(&self, simplest: bool, tick: &(dyn Fn(u64) + Sync)) -> Attacked {
        let end = self.time.map(|time| Instant::now() + time);
        let late = || end.is_some_and(|end| Instant::now() >= end);
        let mut progress = Progress {
            best: vec![],
            families: vec![(None, 0); self.families.len()],
            violation: None,
            undecided: 0,
            disagreements: 0,
            random: Histogram::default(),
            attacked: Histogram::default(),
        };
        let first = if self.claim.scope == Scope::Run { FIRST_ROUND_OF_RUNS } else { FIRST_ROUND };
        let done = |progress: &Progress| progress.families.iter().map(|&(_, n)| n).sum::<u64>();
        let mut round = 0;
        while progress.violation.is_none() && !late() {
            let left = self.evaluations.saturating_sub(done(&progress));
            if left == 0 || (round > 0 && left < first / 2) {
                break;
            }
            // What would be left for half a round is added to this one.
            let size = first << round.min(20);
            let size = if left < size + size / 2 { left } else { size };
            self.round(round, size, &mut progress, &late, tick);
            round += 1;
        }
        self.conclude(progress, late(), simplest)
    }

    fn round(
        &self,
        round: u64,
        size: u64,
        progress: &mut Progress,
        late: &(dyn Fn() -> bool + Sync),
        tick: &(dyn Fn(u64) + Sync),
    ) {
        let mut starts = self.scatter(round, size / 8, progress, late);
        tick(size / 8);
        if progress.violation.is_some() || progress.best.is_empty() {
            return;
        }
        let parts: Vec<&'static str> = progress.best.iter().map(|&(name, _)| name).collect();
        let most = if self.claim.scope == Scope::Run { STARTS_OF_RUNS } else { STARTS };
        let most = most.min((size / SMALLEST_SEARCH / parts.len() as u64) as usize).max(2);
        let mut islands: Vec<Island<'a>> = Vec::new();
        for (p, part) in parts.iter().enumerate() {
            let mut chosen = choose(&mut starts[p], most);
            if let Some((family, best)) = &progress.best[p].1 {
                chosen.push((*family, best.clone()));
            }
            for (family, start) in chosen {
                let index = (1 << 20) + islands.len() as u64;
                let scale = [1, 1, 2, 4][islands.len() % 4];
                let search = Search::new(start, scale, self.noise(round, index));
                islands.push(Island { part, family, search, objective: Objective::new(self.claim, self.families[family]) });
            }
        }
        let share = (size - size / 8) / RUNGS / parts.len() as u64;
        for rung in 0..RUNGS {
            let of_part = |part: &str| islands.iter().filter(|island| island.part == part).count() as u64;
            let budgets: Vec<u64> = islands.iter().map(|island| share / of_part(island.part).max(1)).collect();
            islands.par_iter_mut().zip(budgets).for_each(|(island, budget)| {
                let Island { part, search, objective, .. } = island;
                let before = objective.evaluations;
                let mut open = true;
                while open {
                    search.generation(&mut |u| {
                        let spent = objective.evaluations - before;
                        open = spent < budget && objective.violation.is_none() && !late();
                        open.then(|| objective.value(u, part))
                    });
                }
                tick(objective.evaluations - before);
            });
            if rung + 1 == RUNGS || islands.iter().any(|island| island.objective.violation.is_some()) || late() {
                break;
            }
            self.halve(&mut islands, &parts, progress);
        }
        islands.iter().for_each(|island| {
            progress.attacked.add(shown(island.search.best.value));
            self.note(island, progress);
        });
    }

    /// Keeps the better half of every part's searches.
    fn halve(&self, islands: &mut Vec<Island<'a>>, parts: &[&'static str], progress: &mut Progress) {
        let mut kept: Vec<Island<'a>> = Vec::new();
        for part in parts {
            let mut own: Vec<Island<'a>> = Vec::new();
            let mut rest: Vec<Island<'a>> = Vec::new();
            islands.drain(..).for_each(|island| if island.part == *part { own.push(island) } else { rest.push(island) });
            *islands = rest;
            own.sort_by(|x, y| y.search.best.value.total_cmp(&x.search.best.value)); // stable: ties keep their order
            let dropped = own.split_off(own.len().div_ceil(2));
            dropped.iter().for_each(|island| self.note(island, progress));
            kept.append(&mut own);
        }
        *islands = kept;
    }

    /// Adds what a search found and cost.
    fn note(&self, island: &Island<'a>, progress: &mut Progress) {
        let Island { part, family, search, objective } = island;
        let (best, evaluations) = &mut progress.families[*family];
        *evaluations += objective.evaluations;
        if search.best.value >= 0.0 && best.is_none_or(|known| search.best.value > known) {
            *best = Some(search.best.value);
        }
        progress.undecided += objective.undecided;
        progress.disagreements += objective.disagreements;
        if let (None, Some(u)) = (&progress.violation, &objective.violation) {
            progress.violation = Some((*family, u.clone()));
        }
        for (name, known) in &mut progress.best {
            if name == part && known.as_ref().is_none_or(|(_, known)| search.best.value > known.value) {
                *known = Some((*family, search.best.clone()));
            }
        }
    }

    /// Random points of every family, `size` in all: by part, the points with their families.
    fn scatter(
        &self,
        round: u64,
        size: u64,
        progress: &mut Progress,
        late: &(dyn Fn() -> bool + Sync),
    ) -> Vec<Vec<(usize, Best)>> {
        let each = size / self.families.len() as u64;
        type Seen<'a> = (Objective<'a>, Vec<(&'static str, Vec<Best>)>, Histogram);
        let seen: Vec<Seen<'a>> = self
            .families
            .par_iter()
            .enumerate()
            .map(|(f, family)| {
                let mut objective = Objective::new(self.claim, family);
                let mut found: Vec<(&'static str, Vec<Best>)> = Vec::new();
                let mut outside: Vec<Best> = Vec::new();
                let mut ratios = Histogram::default();
                let mut noise = self.noise(round, f as u64);
                while objective.evaluations < each.max(1) {
                    // A share of the coordinates, differing from point to point, is 0: fewer responses, equal features.
                    let zeros = 0.25 * noise.below(4) as f64;
                    let u: Vec<f64> =
                        (0..family.dim).map(|_| if noise.uniform() < zeros { 0.0 } else { noise.uniform() }).collect();
                    let mut at: Vec<(&'static str, f64)> = Vec::new();
                    let none = objective.visit(&u, |name, ratio| match at.iter_mut().find(|known| known.0 == name) {
                        Some(known) => known.1 = known.1.max(ratio),
                        None => at.push((name, ratio)),
                    });
                    if let Some(value) = none {
                        outside.push(Best { u: u.clone(), value });
                    }
                    for (name, value) in at {
                        ratios.add(shown(value));
                        let best = Best { u: u.clone(), value };
                        match found.iter_mut().find(|known| known.0 == name) {
                            Some(known) => known.1.push(best),
                            None => found.push((name, vec![best])),
                        }
                    }
                    if objective.violation.is_some() || late() {
                        break;
                    }
                }
                // Where the claim says nothing, the points nearest to its hypotheses.
                found.iter_mut().for_each(|(_, points)| points.extend(outside.iter().cloned()));
                if found.is_empty() {
                    found.push(("", outside));
                }
                found.iter_mut().for_each(|(_, points)| {
                    points.sort_by(|x, y| y.value.total_cmp(&x.value));
                    points.truncate(STARTS);
                });
                (objective, found, ratios)
            })
            .collect();
        for (_, found, _) in &seen {
            for &(name, _) in found {
                if !name.is_empty() && progress.best.iter().all(|known| known.0 != name) {
                    progress.best.push((name, None));
                }
            }
        }
        let mut starts: Vec<Vec<(usize, Best)>> = vec![vec![]; progress.best.len()];
        for (f, (objective, found, ratios)) in seen.into_iter().enumerate() {
            let (best, evaluations) = &mut progress.families[f];
            *evaluations += objective.evaluations;
            progress.random.merge(&ratios);
            progress.undecided += objective.undecided;
            progress.disagreements += objective.disagreements;
            progress.disagreements += objective.disagreements;
            if let (None, Some(u)) = (&progress.violation, &objective.violation) {
                progress.violation = Some((f, u.clone()));
            }
            for (name, points) in found {
                for point in &points {
                    if point.value >= 0.0 {
                        *best = Some(best.map_or(point.value, |known| known.max(point.value)));
                    }
                }
                for (known, starts) in progress.best.iter_mut().zip(&mut starts) {
                    if known.0 == name || name.is_empty() {
                        starts.extend(points.iter().map(|point| (f, point.clone())));
                    }
                    if known.0 == name
                        && let Some(top) = points.first()
                        && known.1.as_ref().is_none_or(|(_, best)| top.value > best.value)
                    {
                        known.1 = Some((f, top.clone()));
                    }
                }
            }
        }
        starts
    }

    fn conclude(&self, progress: Progress, timed_out: bool, simplest: bool) -> Attacked {
        let reached = |(part, best): (&'static str, Option<(usize, Best)>)| {
            let (family, Best { u, value }) = best.filter(|(_, best)| best.value >= 0.0)?;
            let family = self.families[family];
            let certificate = tight(self.claim, &family.decode(&u).ok()?, part);
            let enclosed = certificate.share(part);
            Some(Reached { part, family: family.name, ratio: value, enclosed, decision: certificate.decision, u })
        };
        let evaluations = progress.families.iter().map(|&(_, n)| n).sum();
        let names = self.families.iter().map(|family| family.name);
        let mut attacked = Attacked {
            parts: progress.best.into_iter().filter_map(reached).collect(),
            families: names.zip(progress.families).map(|(name, (best, n))| (name, best, n)).collect(),
            witness: None,
            violated: false,
            simplified: None,
            undecided: progress.undecided,
            disagreements: progress.disagreements,
            evaluations,
            timed_out,
            random: progress.random,
            attacked: progress.attacked,
        };
        if let Some((family, u)) = &progress.violation {
            attacked.witness = simplify(self.claim, self.families[*family], u);
            attacked.violated = attacked.witness.is_some();
        } else if let (true, Some(best)) = (simplest, attacked.best().cloned()) {
            (attacked.witness, attacked.simplified) = self.simplest(&best).unzip();
        }
        attacked
    }

    /// The instance that reached this, and the simplest that keeps 99.9 % of its ratio, with the ratio that it has.
    fn simplest(&self, reached: &Reached) -> Option<(Witness, Interval)> {
        let family = self.families.iter().find(|family| family.name == reached.family)?;
        let instance = family.decode(&reached.u).ok()?;
        let certificate = tight(self.claim, &instance, reached.part);
        let part = certificate.parts.iter().position(|part| part.name == reached.part)?;
        let share = certificate.share(reached.part)?;
        let witness = Witness::new(self.claim, family, &reached.u, instance.clone(), &certificate, part);
        let keep = |instance: &Instance| {
            let ratio = finest(self.claim, instance, reached.part);
            ratio.is_some_and(|ratio| ratio >= KEPT * reached.ratio && !beyond_limit(ratio))
        };
        let u = descend(family, self.claim.scope, &reached.u, &keep);
        let plain = plain(&family.decode(&u).ok()?, &keep);
        let found = tight(self.claim, &plain, reached.part);
        let kept =
            found.share(reached.part).filter(|kept| found.decision == Decision::Holds && kept.lo() >= KEPT * share.lo());
        Some(match kept {
            Some(kept) => (Witness { simplified: Some(plain), ..witness }, kept),
            None => (witness, share),
        })
    }
}

/// The claim on an instance in intervals, the segment cut until the share of `part` is known to 10⁻⁴ of itself.
fn tight(claim: &ClaimEntry, instance: &Instance, part: &str) -> Certificate {
    enclose(claim, instance, |certificate| {
        let narrow = |share: Interval| share.hi() - share.lo() <= 1e-4 * share.hi();
        certificate.decision != Decision::Undecided && certificate.share(part).is_some_and(narrow)
    })
}

/// A ratio as histograms count it: an equality case that rounds to above 1 is one below.
fn shown(ratio: f64) -> f64 {
    if beyond_limit(ratio) { ratio } else { ratio.min(1.0 - f64::EPSILON) }
}

/// Up to `count` starts: the best two of every family, then the best of what is left.
fn choose(points: &mut Vec<(usize, Best)>, count: usize) -> Vec<(usize, Best)> {
    points.sort_by(|x, y| y.1.value.total_cmp(&x.1.value).then(x.0.cmp(&y.0)));
    let mut taken: Vec<usize> = Vec::new();
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for point in points.drain(..) {
        let of_family = taken.iter().filter(|&&family| family == point.0).count();
        if of_family < 2 {
            taken.push(point.0);
            first.push(point);
        } else {
            rest.push(point);
        }
    }
    first.truncate(count);
    let missing = count - first.len();
    first.extend(rest.into_iter().take(missing));
    first
}
