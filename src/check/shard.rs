//! A campaign in parts: on several machines, and over interruptions.
//!
//! A campaign is a list of tasks: the attack on a claim with the certificates of its edge set, eight edge cases, 256 random instances,
//! 64 runs, 32 instances that intervals decide. Task t belongs to shard t mod N + 1, so that every shard has its part of each kind.
//! What tasks find adds up exactly, in any order, and is judged once, when all of it is there: the result does not depend on how
//! the tasks were dealt out, nor on where the work was interrupted.

use super::campaign::{Campaign, CampaignResult};
use super::found::{Found, FoundOfClaim};
use super::pass::Pass;
use super::short::ShortAttack;
pub use super::stored::{Shards, Whole};
use crate::claims::Scope;
use crate::error::Error;
use rayon::prelude::*;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most shards of a campaign.
pub(crate) const MOST_SHARDS: u64 = 1_000_000;

/// One of several parts of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// The whole campaign: shard 1 of 1.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// Shard `number` of `of`, counted from 1.
    ///
    /// # Errors
    /// Not 1 ≤ `number` ≤ `of` ≤ 10⁶.
    pub fn new(number: u64, of: u64) -> Result<Shard, Error> {
        match (1..=of).contains(&number) && of <= MOST_SHARDS {
            true => Ok(Shard { number, of }),
            false => Err(Error::new(format!("{number}/{of} is no shard, expected I/N with 1 ≤ I ≤ N ≤ {MOST_SHARDS}"))),
        }
    }

    /// I ≥ 1, the number of this shard.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// N, how many shards the campaign is cut into; 1 ≤ I ≤ N ≤ 10⁶.
    pub fn of(&self) -> u64 {
        self.of
    }

    /// How many of so many tasks are its own.
    fn share(&self, tasks: u64) -> u64 {
        (tasks + self.of - self.number) / self.of
    }

    /// Its own task number k, in the list of all.
    fn task(&self, k: u64) -> u64 {
        k * self.of + self.number - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Shard, Error> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let numbers = text.split_once('/').and_then(|(number, of)| Some((digits(number)?, digits(of)?)));
        let (number, of) =
            numbers.ok_or_else(|| Error::new(format!("{text:?} is no shard, expected I/N, the I-th of N parts")))?;
        Shard::new(number, of)
    }
}

/// Where to keep what is found on the way.
pub struct Saving<'s> {
    /// The least time between two calls of `write`; the last call is at the end.
    pub every: Duration,
    /// Told the whole [document](Work::document) each time. An error of it ends the work.
    pub write: &'s mut dyn FnMut(&str) -> Result<(), Error>,
}

/// The work on one shard, begun, interrupted or finished.
#[derive(Debug)]
pub struct Work<'a> {
    pub(super) campaign: &'a Campaign<'a>,
    pub(super) shard: Shard,
    passes: [Pass<'a>; 2],
    /// Its own tasks.
    pub(super) tasks: u64,
    /// How many of them, the first ones, are finished.
    pub(super) done: u64,
    pub(super) found: Found,
    /// Wall time so far.
    pub(super) seconds: f64,
}

/// The most tasks between two moments at which the state is whole.
const LARGEST_BLOCK: u64 = 1 << 14;
/// How long such a block of tasks should take at least, and at most, where the state is to be saved.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

impl<'a> Work<'a> {
    /// The work on this shard of the campaign, of which nothing is done yet.
    pub fn new(campaign: &'a Campaign<'a>, shard: Shard) -> Work<'a> {
        let passes = [Scope::Step, Scope::Run].map(|scope| Pass::new(campaign, scope));
        let found = Found::of(campaign.claims.len());
        let mut work = Work { campaign, shard, passes, tasks: 0, done: 0, found, seconds: 0.0 };
        work.tasks = shard.share(work.kinds().iter().map(|(_, tasks)| tasks).sum());
        work
    }

    /// Whether all tasks of its shard are finished.
    pub fn is_finished(&self) -> bool {
        self.done == self.tasks
    }

    /// Wall time so far, in seconds.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The kinds of tasks in their order, with their numbers.
    fn kinds(&self) -> [(Kind, u64); 5] {
        let campaign = self.campaign;
        let (fewer, [steps, runs]) = (campaign.fewer(), &self.passes);
        let of_claims = if campaign.attack > 0 || campaign.certified > 0 { campaign.claims.len() as u64 } else { 0 };
        [
            (Kind::Claim, of_claims),
            (Kind::Case(0), steps.tasks()),
            (Kind::Case(1), runs.tasks()),
            (Kind::Certificate(Scope::Step), fewer.certificate_tasks(Scope::Step)),
            (Kind::Certificate(Scope::Run), fewer.certificate_tasks(Scope::Run)),
        ]
    }

    /// Does what is left. `progress` is told how many random instances a task has finished.
    ///
    /// # Errors
    /// No claim, no family, threads that cannot be started, a family that gives no instance somewhere, or the error of
    /// `saving`'s `write`.
    pub fn run(&mut self, progress: &(dyn Fn(u64) + Sync), mut saving: Option<Saving<'_>>) -> Result<(), Error> {
        let pool = self.campaign.pool()?;
        let (kinds, before, start) = (self.kinds(), self.seconds, Instant::now());
        let mut saved = start;
        let mut block = if saving.is_some() { 1 } else { LARGEST_BLOCK };
        while self.done < self.tasks {
            let begun = Instant::now();
            let end = self.tasks.min(self.done + block);
            // Added up as they come, in whatever order: a tree of partial sums would grow with the number of tasks.
            let found = Mutex::new(std::mem::take(&mut self.found));
            let one = |k: usize| {
                let number = self.shard.task(self.done + k as u64);
                let mut task = self.task(&kinds, number, progress);
                task.broken.iter_mut().for_each(|(of, _)| *of = number);
                let mut all = found.lock().unwrap_or_else(PoisonError::into_inner);
                *all = std::mem::take(&mut *all).merge(task);
            };
            // Tasks are taken one by one: the last of them keep all threads busy.
            pool.install(|| (0..(end - self.done) as usize).into_par_iter().with_max_len(1).for_each(one));
            self.found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.done = end;
            self.seconds = before + start.elapsed().as_secs_f64();
            if let Some((_, error)) = self.found.broken.take() {
                return Err(error);
            }
            let Some(Saving { every, write }) = &mut saving else { continue };
            if begun.elapsed() < (*every).clamp(SHORTEST, LONGEST) {
                block = LARGEST_BLOCK.min(2 * block);
            } else {
                block = block.div_ceil(2);
            }
            if saved.elapsed() >= *every || self.is_finished() {
                write(&self.document()?)?;
                saved = Instant::now();
            }
        }
        Ok(())
    }

    /// One task of the whole campaign.
    fn task(&self, kinds: &[(Kind, u64)], mut task: u64, progress: &(dyn Fn(u64) + Sync)) -> Found {
        for &(kind, tasks) in kinds {
            if task < tasks {
                return match kind {
                    Kind::Claim => self.of_claim(task as usize),
                    Kind::Case(pass) => self.passes[pass].task(task, progress),
                    Kind::Certificate(scope) => self.campaign.fewer().certify_task(scope, task, &|_| {}),
                };
            }
            task -= tasks;
        }
        Found::default() // never: `tasks` is the sum
    }

    /// The attack on a claim, and what intervals say of its hard instances.
    fn of_claim(&self, i: usize) -> Found {
        let (campaign, claim) = (self.campaign, &self.campaign.claims[i]);
        let mut found = Found::of(campaign.claims.len());
        let mut look = || {
            let attacked = campaign.attacked(claim)?;
            let certify = || campaign.fewer().certify_hard(claim, attacked.as_ref());
            let hard = if campaign.certified > 0 { certify()? } else { Default::default() };
            found.claims[i] = FoundOfClaim { hard, attacked: attacked.as_ref().map(ShortAttack::of), ..Default::default() };
            Ok(())
        };
        if let Err(e) = look() {
            found.note_broken(e);
        }
        found
    }

    /// Judges a whole campaign.
    ///
    /// # Errors
    /// A work on a part of one, or an unfinished one; threads that cannot be started.
    pub fn conclude(self) -> Result<CampaignResult, Error> {
        if self.shard != Shard::WHOLE || !self.is_finished() {
            let Work { shard, tasks, done, .. } = self;
            return Err(Error::new(format!("shard {shard}, {done} of {tasks} tasks done, is no whole campaign")));
        }
        self.campaign.conclude(self.found)
    }
}

/// What a task is about.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Claim,
    Case(usize),
    Certificate(Scope),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every task belongs to one shard, whatever the number of shards.
    #[test]
    fn tasks_are_dealt_out_once_each() {
        for (tasks, of) in [(0, 1), (1, 1), (1, 3), (7, 3), (9, 3), (10, 11), (100, 7)] {
            let mut all: Vec<u64> = (1..=of)
                .map(|number| Shard::new(number, of).expect("a shard"))
                .flat_map(|shard| (0..shard.share(tasks)).map(move |k| shard.task(k)))
                .collect();
            all.sort_unstable();
            assert_eq!(all, (0..tasks).collect::<Vec<_>>(), "{of} shards");
        }
    }

    #[test]
    fn shards_are_read_and_refused() {
        for text in ["1/1", "3/7", "1000000/1000000"] {
            assert_eq!(text.parse::<Shard>().expect("a shard").to_string(), text);
        }
        for text in ["", "1", "/", "0/3", "4/3", "1/0", "1/1000001", "-1/3", "1/3/3", "a/b", "1.0/3", " 1/3"] {
            let error = text.parse::<Shard>().expect_err(text).to_string();
            assert!(error.contains(text) && error.contains("expected I/N"), "{error}");
        }
    }

    /// A task a claim where there is something to attack or to certify.
    #[test]
    fn claims_have_tasks_where_they_are_attacked_or_certified() {
        let claims = &crate::claims::REGISTRY[..3];
        for (attack, certified, expected) in [(0, 0, 0), (8, 0, 3), (0, 8, 3), (8, 8, 3)] {
            let campaign = Campaign { attack, certified, ..Campaign::new(claims, 1) };
            let kinds = Work::new(&campaign, Shard::new(1, 1).expect("a shard")).kinds();
            assert_eq!(kinds[0].1, expected, "{attack} evaluations, {certified} instances");
        }
    }
}
