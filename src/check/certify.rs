//! Certificates by the thousand: every claim on random instances, on the edge sets and on what attacks end with, each decided by
//! interval arithmetic alone.
//!
//! A certificate is about one instance; any number of them prove no theorem. Random instance i is the one of a
//! [campaign](super::campaign) with the same seed, so the counts are the same on any machine and any number of threads.

use super::attack::Attacked;
use super::campaign::{Campaign, Draws};
use super::judge::{Certificate, Decision, ENCLOSURE_PIECES, Measured, SAMPLE_PIECES, certify_from, measure};
use crate::claims::{ClaimEntry, Expected, Scope};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::families::{self, Family};
use crate::instance::Instance;
use crate::number::Interval;
use rayon::prelude::*;

/// Random instances of one step that every claim is certified on by default.
pub const DEFAULT_INSTANCES: u64 = 48_000;
/// Cases that one task runs in sequence.
const CHUNK: u64 = 32;

/// How many instances were decided, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Every part holds for certain.
    pub certified: u64,
    /// Some part is violated for certain, and every hypothesis holds for certain.
    pub refuted: u64,
    /// Neither.
    pub inconclusive: u64,
    /// The claim says nothing of them.
    pub outside: u64,
    /// The largest width of the enclosed ratio of an inconclusive instance; 0 where there is none.
    pub widest: f64,
}

impl Count {
    fn add(&mut self, certificate: &Certificate) {
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

    fn merge(self, other: Count) -> Count {
        Count {
            certified: self.certified + other.certified,
            refuted: self.refuted + other.refuted,
            inconclusive: self.inconclusive + other.inconclusive,
            outside: self.outside + other.outside,
            widest: self.widest.max(other.widest),
        }
    }

    /// Instances of which the claim speaks.
    pub fn cases(&self) -> u64 {
        self.certified + self.refuted + self.inconclusive
    }
}

/// One claim's certificates.
#[derive(Clone, Debug)]
pub struct CertifiedClaim {
    /// The claim.
    pub claim: ClaimEntry,
    /// On random instances.
    pub random: Count,
    /// On the edge sets and on the ends of attacks.
    pub hard: Count,
    /// On random instances, by family, those that reach the claim.
    pub families: Vec<(&'static str, Count)>,
}

impl CertifiedClaim {
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
    /// No claim, no family, or threads that cannot be started.
    pub fn certify(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<Vec<CertifiedClaim>, Error> {
        Ok(self.pool()?.install(|| {
            let attack = |claim| self.short_attack(claim).map(|attack| attack.within(false, &|_| {}));
            let attacked: Vec<Option<Attacked>> = self.claims.par_iter().map(attack).collect();
            self.certificates(&attacked.iter().map(Option::as_ref).collect::<Vec<_>>(), progress)
        }))
    }

    /// The same, where what the short attacks found is known, claim by claim.
    pub(super) fn certificates(
        &self,
        attacked: &[Option<&Attacked>],
        progress: &(dyn Fn(u64) + Sync),
    ) -> Vec<CertifiedClaim> {
        let [steps, runs] = [Scope::Step, Scope::Run].map(|scope| self.certify_random(scope, progress));
        let counted = |claim: &ClaimEntry| if claim.scope == Scope::Step { &steps } else { &runs };
        let result = self.claims.par_iter().zip(attacked).enumerate().map(|(i, (claim, attacked))| {
            let families = self.families_of(claim.scope).iter().map(|family| family.name).zip(&counted(claim)[i]);
            let families: Vec<(&'static str, Count)> = families.map(|(name, &count)| (name, count)).collect();
            let random = families.iter().fold(Count::default(), |all, &(_, count)| all.merge(count));
            let families = families.into_iter().filter(|(_, count)| count.cases() > 0).collect();
            CertifiedClaim { claim: *claim, random, hard: self.certify_hard(claim, *attacked), families }
        });
        result.collect()
    }

    /// Random instances of one scope: `[claim][family]`.
    fn certify_random(&self, scope: Scope, progress: &(dyn Fn(u64) + Sync)) -> Vec<Vec<Count>> {
        let families = self.families_of(scope);
        let (base, drawn) = (self.random(scope), self.drawn(scope));
        let empty = || vec![vec![Count::default(); families.len()]; self.claims.len()];
        let add = |mut all: Vec<Vec<Count>>, other: Vec<Vec<Count>>| {
            for (row, other) in all.iter_mut().zip(other) {
                row.iter_mut().zip(other).for_each(|(count, other)| *count = count.merge(other));
            }
            all
        };
        let chunks = (0..drawn.div_ceil(CHUNK)).into_par_iter().map(|chunk| {
            let cases = chunk * CHUNK..drawn.min((chunk + 1) * CHUNK);
            let finished = cases.end - cases.start;
            let (draws, mut u, mut counts) = (Draws::new(self.seed), Vec::new(), empty());
            for i in cases {
                let at = self.case(scope, &draws, i, &mut u);
                let Ok(instance) = families[at].decode(&u) else { continue }; // never: the point is inside the cube
                let asked = |claim: &ClaimEntry| {
                    claim.scope == scope && i / base < claim.times && claim.is_tested_on(families[at].name)
                };
                let claims = self.claims.iter().enumerate().filter(|(_, claim)| asked(claim));
                each(claims, &instance, |claim, certificate| match certificate {
                    Some(certificate) => counts[claim][at].add(certificate),
                    None => counts[claim][at].outside += 1,
                });
            }
            progress(finished);
            counts
        });
        chunks.reduce(empty, add)
    }

    /// The edge sets, and what a short attack ends with.
    fn certify_hard(&self, claim: &ClaimEntry, attacked: Option<&Attacked>) -> Count {
        let families = self.families_of(claim.scope).iter().filter(|family| claim.is_tested_on(family.name));
        let edges = |family: &Family| -> Vec<Instance> {
            family.edges().into_iter().filter_map(|edge| family.decode(&edge.u).ok()).collect()
        };
        let mut instances: Vec<Instance> = families.flat_map(edges).collect();
        if let Some(found) = attacked {
            instances.extend(found.ends.iter().filter_map(|(family, u)| families::find(family)?.decode(u).ok()));
            instances.extend(found.witness.iter().filter(|_| found.violated).map(|witness| witness.instance.clone()));
        }
        let mut count = Count::default();
        for instance in &instances {
            each([(0, claim)].into_iter(), instance, |_, certificate| match certificate {
                Some(certificate) => count.add(certificate),
                None => count.outside += 1,
            });
        }
        count
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
