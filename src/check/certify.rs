//! Certificates by the thousand: every claim on random instances, on the edge sets and on what attacks end with, each decided by
//! interval arithmetic alone.
//!
//! A certificate is about one instance; any number of them prove no theorem. Random instance i is the one of a
//! [campaign](super::campaign) with the same seed, so the counts are the same on any machine and any number of threads.
//!
//! ```
//! use gradient_gap::check::campaign::Campaign;
//! use gradient_gap::claims::find;
//! use gradient_gap::families;
//!
//! let claims = ["log-odds-step", "second-order-printed"].map(|slug| *find(slug).expect("in the registry"));
//! let curves = [*families::find("curve").expect("in the registry")];
//! let certified = Campaign { families: &curves, ..Campaign::new(&claims, 50) }.certify(&|_| {})?;
//! assert_eq!((certified[0].random.certified, certified[0].refuted()), (50, 0));
//! assert!(certified[1].refuted() > 0 && certified[1].as_expected()); // it is false as printed
//! # Ok::<(), gradient_gap::Error>(())
//! ```

use super::attack::Attacked;
use super::campaign::{Campaign, Draws};
use super::found::Found;
use super::judge::{Certificate, Decision, ENCLOSURE_PIECES, Measured, SAMPLE_PIECES, certify_from, measure};
use super::numbers;
use crate::claims::{ClaimEntry, Expected, Scope};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::families::Family;
use crate::instance::Instance;
use crate::number::Interval;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Random instances of one step that every claim is certified on by default.
pub const DEFAULT_INSTANCES: u64 = 48_000;
/// Cases that one task runs in sequence.
const CHUNK: u64 = 32;

/// How many instances were decided, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Count {
    /// Instances on which every part holds for certain.
    #[serde(skip_serializing_if = "numbers::is_zero")]
    pub certified: u64,
    /// Instances on which some part is violated for certain, and every hypothesis holds for certain.
    #[serde(skip_serializing_if = "numbers::is_zero")]
    pub refuted: u64,
    /// Instances of which the claim speaks, and that are neither certified nor refuted.
    #[serde(skip_serializing_if = "numbers::is_zero")]
    pub inconclusive: u64,
    /// Instances of which the claim says nothing, as a hypothesis fails.
    #[serde(skip_serializing_if = "numbers::is_zero")]
    pub outside: u64,
    /// The largest width of the enclosed ratio of an inconclusive instance; 0 where there is none.
    #[serde(with = "numbers", skip_serializing_if = "is_nothing")]
    pub widest: f64,
}

impl Count {
    /// Adds what [`each`] tells.
    fn note(&mut self, certificate: Option<&Certificate>) {
        let Some(certificate) = certificate else {
            self.outside += 1;
            return;
        };
        match certificate.decision {
            Decision::Holds => self.certified += 1,
            Decision::Violated => self.refuted += 1,
            Decision::Outside => self.outside += 1,
            Decision::Undecided => {
                self.inconclusive += 1;
                let width = certificate.widest();
                self.widest = self.widest.max(if width.is_nan() { f64::INFINITY } else { width });
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Count::default()
    }

    pub(super) fn merge(self, other: Count) -> Count {
        Count {
            certified: self.certified + other.certified,
            refuted: self.refuted + other.refuted,
            inconclusive: self.inconclusive + other.inconclusive,
            outside: self.outside + other.outside,
            widest: self.widest.max(other.widest),
        }
    }

    /// Instances of which the claim speaks: certified, refuted and inconclusive ones.
    pub fn cases(&self) -> u64 {
        self.certified + self.refuted + self.inconclusive
    }
}

fn is_nothing(width: &f64) -> bool {
    *width == 0.0
}

/// What certificates say of one claim: how many instances are certified, refuted or neither.
#[derive(Clone, Debug)]
pub struct CertifiedClaim {
    /// The claim that was decided.
    pub claim: ClaimEntry,
    /// The count of random instances, all families together.
    pub random: Count,
    /// The count of hard instances: the edge sets and the ends of attacks.
    pub hard: Count,
    /// On random instances, by family, those that reach the claim.
    pub families: Vec<(&'static str, Count)>,
}

impl CertifiedClaim {
    /// From the counts by family.
    pub(super) fn new(claim: &ClaimEntry, families: &[Family], counts: &[Count], hard: Count) -> CertifiedClaim {
        let random = counts.iter().fold(Count::default(), |all, &count| all.merge(count));
        let families = families.iter().map(|family| family.name).zip(counts.iter().copied());
        CertifiedClaim { claim: *claim, random, hard, families: families.filter(|(_, count)| count.cases() > 0).collect() }
    }

    /// How many instances of either kind refute the claim for certain.
    pub fn refuted(&self) -> u64 {
        self.random.refuted + self.hard.refuted
    }

    /// Whether the counts are what the mathematics says: nothing refutes what holds, something refutes what fails.
    pub fn as_expected(&self) -> bool {
        (self.refuted() > 0) == (self.claim.statement.expected == Expected::Fails)
    }
}

impl Campaign<'_> {
    /// Decides every claim by intervals alone, on the random instances of this campaign and on hard ones. `progress` is told how
    /// many random instances a task has finished.
    ///
    /// # Errors
    /// As [`Campaign::run`].
    pub fn certify(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<Vec<CertifiedClaim>, Error> {
        self.pool()?.install(|| {
            let hard = |claim| self.certify_hard(claim, self.attacked(claim)?.as_ref());
            let hard: Vec<Result<Count, Error>> = self.claims.par_iter().map(hard).collect();
            let hard: Vec<Count> = hard.into_iter().collect::<Result<_, Error>>()?; // of errors the first
            let tasks = |scope| (0..self.certificate_tasks(scope)).into_par_iter().map(move |task| (scope, task));
            let chunks = tasks(Scope::Step).chain(tasks(Scope::Run));
            let found =
                chunks.map(|(scope, task)| self.certify_task(scope, task, progress)).reduce(Found::default, Found::merge);
            if let Some((_, error)) = found.broken {
                return Err(error);
            }
            let of_claims = self.claims.iter().zip(&found.claims).zip(hard);
            let result = of_claims.map(|((claim, found), hard)| {
                CertifiedClaim::new(claim, self.families_of(claim.scope), &found.certified, hard)
            });
            Ok(result.collect())
        })
    }

    /// How many tasks it takes to certify the random instances of one scope.
    pub(super) fn certificate_tasks(&self, scope: Scope) -> u64 {
        self.drawn(scope).div_ceil(CHUNK)
    }

    /// One of them.
    pub(super) fn certify_task(&self, scope: Scope, task: u64, progress: &(dyn Fn(u64) + Sync)) -> Found {
        let families = self.families_of(scope);
        let (base, drawn) = (self.random(scope), self.drawn(scope));
        let mut found = Found::of(self.claims.len());
        for (claim, of_claim) in self.claims.iter().zip(&mut found.claims) {
            if claim.scope == scope {
                of_claim.certified = vec![Count::default(); families.len()];
            }
        }
        let cases = task * CHUNK..drawn.min((task + 1) * CHUNK);
        let finished = cases.end - cases.start;
        let (draws, mut u) = (Draws::new(self.seed), Vec::new());
        for i in cases {
            let at = self.case(scope, &draws, i, &mut u);
            let instance = match families[at].decode(&u) {
                Ok(instance) => instance,
                Err(e) => {
                    found.note_broken(e);
                    return found;
                }
            };
            let asked =
                |claim: &ClaimEntry| claim.scope == scope && i / base < claim.times && claim.is_tested_on(families[at].name);
            let claims = self.claims.iter().enumerate().filter(|(_, claim)| asked(claim));
            each(claims, &instance, |claim, certificate| found.claims[claim].certified[at].note(certificate));
        }
        progress(finished);
        found
    }

    /// The edge sets, and what a short attack ends with.
    ///
    /// # Errors
    /// A family that gives no instance somewhere.
    pub(super) fn certify_hard(&self, claim: &ClaimEntry, attacked: Option<&Attacked>) -> Result<Count, Error> {
        let families = || self.families_of(claim.scope).iter().filter(|family| claim.is_tested_on(family.name));
        let edges = families().flat_map(|family| family.edges().into_iter().map(|edge| family.decode(&edge.u)));
        let mut instances: Vec<Instance> = edges.collect::<Result<_, Error>>()?;
        if let Some(found) = attacked {
            let named = |name: &str| families().find(|family| family.name == name);
            instances.extend(found.ends.iter().filter_map(|(family, u)| named(family)?.decode(u).ok()));
            instances.extend(found.witness.iter().filter(|_| found.violated).map(|witness| witness.instance.clone()));
        }
        let mut count = Count::default();
        for instance in &instances {
            each([(0, claim)].into_iter(), instance, |_, certificate| count.note(certificate));
        }
        Ok(count)
    }
}

/// Decides claims on one instance; `None` where a hypothesis fails. What all of them read of the uncut segment is computed once.
fn each<'c>(
    claims: impl Iterator<Item = (usize, &'c ClaimEntry)>,
    instance: &Instance,
    mut tell: impl FnMut(usize, Option<&Certificate>),
) {
    let real = Evaluation::<f64>::new(instance, SAMPLE_PIECES);
    let enclosed = Evaluation::<Interval>::new(instance, ENCLOSURE_PIECES[0]);
    for (i, claim) in claims {
        match measure(claim, &real) {
            Measured::Outside(_) => tell(i, None),
            Measured::Inside { .. } => tell(i, Some(&certify_from(claim, &enclosed))),
        }
    }
}
