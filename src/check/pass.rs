//! One pass of a campaign: the claims of one scope on the families of that scope.

use super::campaign::{CHUNK, Campaign, ClaimResult, Draws, Verdict};
use super::found::{Found, Spread, Tally};
use super::judge::{Decision, Measured, SAMPLE_PIECES, beyond_limit, certify, measure};
use super::witness::counterexample;
use crate::claims::{ClaimEntry, Relation, Scope};
use crate::error::Error;
use crate::evaluation::{Evaluation, TOGETHER};
use crate::families::{self, Family};
use crate::instance::Instance;
use rayon::prelude::*;
use smallvec::SmallVec;

/// Why a case is outside that is inside in binary64.
const OUTSIDE_FOR_CERTAIN: &str = "a hypothesis, by intervals";

/// Edge cases that one task runs in sequence.
const EDGES: usize = 8;

/// The claims of one scope with their families.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    campaign: &'a Campaign<'a>,
    scope: Scope,
    families: &'a [Family],
    /// As (family, point); none where no claim is of this scope.
    edges: Vec<(usize, Vec<f64>)>,
}

impl<'a> Pass<'a> {
    /// The pass of `scope`.
    pub fn new(campaign: &'a Campaign<'a>, scope: Scope) -> Pass<'a> {
        let families = campaign.families_of(scope);
        let wanted = campaign.claims.iter().any(|claim| claim.scope == scope);
        let edges = if wanted { Pass::edges(families) } else { vec![] };
        Pass { campaign, scope, families, edges }
    }

    /// Random cases that one task runs in sequence.
    fn size(&self) -> u64 {
        match self.scope {
            Scope::Step => CHUNK,
            Scope::Run => CHUNK / 4,
        }
    }

    /// How many tasks there are: edge sets first, then random cases. What is recorded after a certified violation depends on how the
    /// cases are cut into tasks, so this cut is the same for every number of threads and shards.
    pub fn tasks(&self) -> u64 {
        self.edge_tasks() + self.campaign.drawn(self.scope).div_ceil(self.size())
    }

    fn edge_tasks(&self) -> u64 {
        self.edges.len().div_ceil(EDGES) as u64
    }

    /// Runs one task.
    pub fn task(&self, task: u64, progress: &(dyn Fn(u64) + Sync)) -> Found {
        let mut found = self.empty();
        let Some(chunk) = task.checked_sub(self.edge_tasks()) else {
            let (first, mut instance) = (task as usize * EDGES, families::blank());
            for (j, (family, u)) in self.edges.iter().enumerate().skip(first).take(EDGES) {
                match self.families[*family].decode_into(u, &mut instance) {
                    Ok(()) => self.one([j as u64, 0], *family, &Evaluation::new(&instance, SAMPLE_PIECES), &mut found),
                    Err(e) => found.note_broken(e),
                }
            }
            return found;
        };
        let (base, instances) = (self.campaign.random(self.scope), self.campaign.drawn(self.scope));
        let cases = chunk * self.size()..instances.min((chunk + 1) * self.size());
        let n = cases.end - cases.start;
        let (draws, mut u) = (Draws::new(self.campaign.seed), Vec::new());
        let mut instances: [Instance; TOGETHER] = std::array::from_fn(|_| families::blank());
        for first in cases.clone().step_by(TOGETHER) {
            let batch = first..cases.end.min(first + TOGETHER as u64);
            let decoded = batch.clone().zip(&mut instances).map(|(i, instance)| {
                let family = self.campaign.case(self.scope, &draws, i, &mut u);
                self.families[family].decode_into(&u, instance).map(|()| (i, family))
            });
            let decoded: Result<SmallVec<[_; TOGETHER]>, Error> = decoded.collect();
            let decoded = match decoded {
                Ok(decoded) => decoded,
                Err(e) => {
                    found.note_broken(e);
                    return found;
                }
            };
            let mut cases = decoded.iter();
            Evaluation::for_each(&instances[..decoded.len()], SAMPLE_PIECES, |evaluation| {
                if let Some(&(i, family)) = cases.next() {
                    self.one([self.edges.len() as u64 + i, i / base], family, evaluation, &mut found);
                }
            });
        }
        progress(n);
        found
    }

    fn empty(&self) -> Found {
        let n = self.families.len();
        let mut found = Found::of(self.campaign.claims.len());
        for (claim, of_claim) in self.campaign.claims.iter().zip(&mut found.claims) {
            if claim.scope == self.scope {
                of_claim.tallies = vec![Tally::default(); n];
            }
        }
        *found.spreads(self.scope) = vec![Spread::default(); n];
        found
    }

    /// The edge sets of all families, as (family, point).
    fn edges(families: &[Family]) -> Vec<(usize, Vec<f64>)> {
        let of_family = |(i, family): (usize, &Family)| family.edges().into_iter().map(move |edge| (i, edge.u));
        families.iter().enumerate().flat_map(of_family).collect()
    }

    /// The point of any case.
    fn point(&self, case: u64) -> (usize, Vec<f64>) {
        match self.edges.get(case as usize) {
            Some(edge) => edge.clone(),
            None => {
                let mut u = Vec::new();
                let draws = Draws::new(self.campaign.seed);
                let family = self.campaign.case(self.scope, &draws, case - self.edges.len() as u64, &mut u);
                (family, u)
            }
        }
    }

    /// One instance, every claim on it, or, beyond the first `batch` of random instances, every claim that asks for more.
    fn one(&self, [case, batch]: [u64; 2], family: usize, evaluation: &Evaluation<'_, f64>, found: &mut Found) {
        let instance = evaluation.instance();
        if batch == 0 {
            found.spreads(self.scope)[family].note(evaluation, self.scope);
        }
        for (claim, of_claim) in self.campaign.claims.iter().zip(&mut found.claims) {
            let asked = claim.scope == self.scope && batch < claim.times;
            if !asked || !claim.is_tested_on(self.families[family].name) {
                continue;
            }
            let tally = &mut of_claim.tallies[family];
            let ratio = match measure(claim, evaluation) {
                Measured::Outside(name) => {
                    *tally.outside.entry(name.into()).or_default() += 1;
                    continue;
                }
                Measured::Inside { ratio, .. } => ratio,
            };
            tally.cases += 1;
            match ratio {
                // One certified violation a task is enough; what follows only adds to the largest ratio.
                Some(ratio) if beyond_limit(ratio) && tally.violation.is_none() => {
                    let settled = settle(claim, instance, ratio);
                    match settled.0 {
                        Decision::Outside => {
                            // Only in binary64, whose sampled constants are too small, does the hypothesis hold.
                            tally.cases -= 1;
                            *tally.outside.entry(OUTSIDE_FOR_CERTAIN.into()).or_default() += 1;
                            continue;
                        }
                        Decision::Violated => tally.violation = Some(case),
                        Decision::Undecided => tally.undecided += 1,
                        Decision::Holds if claim.statement.reading.is_none() => tally.disagreements += 1,
                        Decision::Holds => {}
                    }
                    tally.note_ratio(settled.1, case);
                }
                Some(ratio) => tally.note_ratio(ratio, case),
                None => {}
            }
        }
    }

    /// The verdict of the cases alone.
    pub fn conclude(&self, claim: &ClaimEntry, tallies: Vec<Tally>) -> ClaimResult {
        let mut all = Tally::default();
        tallies.iter().for_each(|tally| all.merge(tally));
        let candidates: Vec<u64> = tallies.iter().filter_map(|tally| tally.violation).collect();
        // One from every family that has any; the simplest of them, of equals the first, is simplified further.
        let witnesses = candidates.par_iter().filter_map(|&case| {
            let (family, u) = self.point(case);
            Some((family, counterexample(claim, &self.families[family], &u)?))
        });
        let simplest = witnesses.collect::<Vec<_>>().into_iter().min_by(|(_, x), (_, y)| x.simplicity(y));
        let witness = simplest.map(|(family, witness)| witness.simplest(claim, &self.families[family]).with_plainest(claim));
        let worst_case = all.worst.and_then(|(_, case)| {
            let (family, u) = self.point(case);
            let instance = self.families[family].decode(&u).ok()?;
            Some(certify(claim, &instance).decision)
        });
        let (verdict, reason) = match () {
            () if all.cases == 0 => (Verdict::NotCovered, Some(not_covered(&all))),
            () if witness.is_some() => (Verdict::Refuted, None),
            () if !candidates.is_empty() => {
                (Verdict::Inconclusive, Some("a violation was certified once and could not be certified again".into()))
            }
            () if all.disagreements > 0 => {
                let reason = format!("binary64 and intervals disagree on {} cases", all.disagreements);
                (Verdict::Inconclusive, Some(reason))
            }
            () if all.undecided > 0 => {
                let reason =
                    format!("{} cases exceed the bound in binary64 and intervals cannot decide them", all.undecided);
                (Verdict::Inconclusive, Some(reason))
            }
            () if claim.statement.relation == Relation::Existence && worst_case == Some(Decision::Holds) => {
                (Verdict::Certified, None)
            }
            () => (Verdict::NotRefuted, None),
        };
        let families = self.families.iter().map(|family| family.name).zip(tallies);
        ClaimResult {
            claim: *claim,
            verdict,
            as_expected: verdict == claim.expected_verdict(),
            attacked: None,
            certified: None,
            cases: all.cases,
            max_ratio: all.worst.map(|(ratio, _)| ratio),
            worst_case,
            families: families.filter(|(_, tally)| tally.cases > 0).collect(),
            outside: all.outside,
            reason,
            witness,
        }
    }
}

/// What intervals say of a case whose binary64 ratio exceeds 1, and the ratio to record: the certain upper end where the claim
/// holds after all (its sampled constants were too small, say).
fn settle(claim: &ClaimEntry, instance: &Instance, ratio: f64) -> (Decision, f64) {
    let certificate = certify(claim, instance);
    let recorded = match (certificate.decision, certificate.ratio()) {
        (Decision::Holds, Some(enclosed)) if enclosed.hi().is_finite() => ratio.min(enclosed.hi()), // also where ratio is NaN
        _ => ratio,
    };
    (certificate.decision, recorded)
}

fn not_covered(tally: &Tally) -> String {
    match tally.outside.iter().max_by_key(|&(_, &count)| count) {
        Some((name, count)) => format!("no instance satisfies its hypotheses; {count} fail: {name}"),
        None => "no instance was run".into(),
    }
}
