//! One pass of a campaign: the claims of one scope on the families of that scope.

use super::campaign::{CHUNK, Campaign, ClaimResult, Draws, Spread, Tally, Verdict};
use super::judge::{Decision, Measured, SAMPLE_PIECES, beyond_limit, certify, measure};
use super::witness::counterexample;
use crate::claims::{ClaimEntry, Relation, Scope};
use crate::evaluation::Evaluation;
use crate::families::{self, Family};
use crate::instance::Instance;
use rayon::prelude::*;

/// Everything counted: `tallies[claim][family]` and `spreads[family]`.
#[derive(Clone, Debug, PartialEq)]
struct Counts {
    tallies: Vec<Vec<Tally>>,
    spreads: Vec<Spread>,
}

impl Counts {
    fn new(claims: usize, families: usize) -> Counts {
        Counts { tallies: vec![vec![Tally::default(); families]; claims], spreads: vec![Spread::default(); families] }
    }

    fn merge(mut self, other: Counts) -> Counts {
        for (row, other) in self.tallies.iter_mut().zip(&other.tallies) {
            row.iter_mut().zip(other).for_each(|(tally, other)| tally.merge(other));
        }
        self.spreads.iter_mut().zip(&other.spreads).for_each(|(spread, other)| spread.merge(other));
        self
    }
}

/// Why a case is outside that is inside in binary64.
const OUTSIDE_FOR_CERTAIN: &str = "a hypothesis, by intervals";

/// What one pass found.
pub(super) struct PassResult {
    /// By claim.
    pub claims: Vec<ClaimResult>,
    /// By family.
    pub families: Vec<(&'static str, Spread)>,
}

/// The claims of one scope with their families.
pub(super) struct Pass<'a> {
    campaign: &'a Campaign<'a>,
    scope: Scope,
    claims: Vec<&'a ClaimEntry>,
    families: &'a [Family],
}

impl<'a> Pass<'a> {
    /// The pass of `scope`.
    pub fn new(campaign: &'a Campaign<'a>, scope: Scope) -> Pass<'a> {
        let claims = campaign.claims.iter().filter(|claim| claim.scope == scope).collect();
        Pass { campaign, scope, claims, families: campaign.families_of(scope) }
    }

    /// Runs it; nothing where no claim is of this scope.
    pub fn run(&self, progress: &(dyn Fn(u64) + Sync)) -> PassResult {
        if self.claims.is_empty() {
            return PassResult { claims: vec![], families: vec![] };
        }
        let (base, instances) = (self.campaign.random(self.scope), self.campaign.drawn(self.scope));
        let size = match self.scope {
            Scope::Step => CHUNK,
            Scope::Run => CHUNK / 4,
        };
        let edges = self.edges();
        let first_random = edges.len() as u64;
        let edge_chunks = edges.par_chunks(8).enumerate().map(|(k, chunk)| {
            let (mut counts, mut blanks) = (self.empty(), self.blanks());
            for (j, (family, u)) in chunk.iter().enumerate() {
                self.one((8 * k + j) as u64, 0, *family, u, &mut blanks, &mut counts);
            }
            counts
        });
        let random_chunks = (0..instances.div_ceil(size)).into_par_iter().map(|chunk| {
            let (mut counts, mut blanks) = (self.empty(), self.blanks());
            let cases = chunk * size..instances.min((chunk + 1) * size);
            let n = cases.end - cases.start;
            let (draws, mut u) = (Draws::new(self.campaign.seed), Vec::new());
            for i in cases {
                let family = self.campaign.case(self.scope, &draws, i, &mut u);
                self.one(first_random + i, i / base, family, &u, &mut blanks, &mut counts);
            }
            progress(n);
            counts
        });
        let counts = edge_chunks.reduce(|| self.empty(), Counts::merge);
        let counts = counts.merge(random_chunks.reduce(|| self.empty(), Counts::merge));
        self.conclude(counts, &edges)
    }

    fn empty(&self) -> Counts {
        Counts::new(self.claims.len(), self.families.len())
    }

    fn blanks(&self) -> Vec<Instance> {
        self.families.iter().map(|_| families::blank()).collect()
    }

    /// The edge sets of all families, as (family, point).
    fn edges(&self) -> Vec<(usize, Vec<f64>)> {
        let of_family = |(i, family): (usize, &Family)| family.edges().into_iter().map(move |edge| (i, edge.u));
        self.families.iter().enumerate().flat_map(of_family).collect()
    }

    /// The point of any case.
    fn point(&self, case: u64, edges: &[(usize, Vec<f64>)]) -> (usize, Vec<f64>) {
        match edges.get(case as usize) {
            Some(edge) => edge.clone(),
            None => {
                let mut u = Vec::new();
                let draws = Draws::new(self.campaign.seed);
                let family = self.campaign.case(self.scope, &draws, case - edges.len() as u64, &mut u);
                (family, u)
            }
        }
    }

    /// One instance, every claim on it, or, beyond the first `batch` of random instances, every claim that asks for more. `blanks`:
    /// by family, an instance to decode into.
    fn one(&self, case: u64, batch: u64, family: usize, u: &[f64], blanks: &mut [Instance], counts: &mut Counts) {
        // u comes from `draw` or an edge set: the right length, inside the cube.
        let Ok(()) = self.families[family].decode_into(u, &mut blanks[family]) else { return };
        let instance = &blanks[family];
        let evaluation = Evaluation::<f64>::new(instance, SAMPLE_PIECES);
        if batch == 0 {
            counts.spreads[family].note(&evaluation, self.scope);
        }
        for (claim, tallies) in self.claims.iter().zip(&mut counts.tallies) {
            if batch >= claim.times || !claim.is_tested_on(self.families[family].name) {
                continue;
            }
            let tally = &mut tallies[family];
            let found = match measure(claim, &evaluation) {
                Measured::Outside(name) => {
                    *tally.outside.entry(name).or_default() += 1;
                    continue;
                }
                Measured::Inside { ratio, .. } => ratio,
            };
            tally.cases += 1;
            match found {
                // One certified violation a task is enough; what follows only adds to the largest ratio.
                Some(ratio) if beyond_limit(ratio) && tally.violation.is_none() => {
                    let settled = settle(claim, instance, ratio);
                    match settled.0 {
                        Decision::Outside => {
                            // Only in binary64, whose sampled constants are too small, does the hypothesis hold.
                            tally.cases -= 1;
                            *tally.outside.entry(OUTSIDE_FOR_CERTAIN).or_default() += 1;
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

    fn conclude(&self, counts: Counts, edges: &[(usize, Vec<f64>)]) -> PassResult {
        let claims = self.claims.iter().zip(counts.tallies);
        let claims: Vec<ClaimResult> = claims.map(|(claim, tallies)| self.conclude_claim(claim, tallies, edges)).collect();
        let names = self.families.iter().map(|family| family.name);
        PassResult { claims, families: names.zip(counts.spreads).collect() }
    }

    fn conclude_claim(&self, claim: &ClaimEntry, tallies: Vec<Tally>, edges: &[(usize, Vec<f64>)]) -> ClaimResult {
        let mut all = Tally::default();
        tallies.iter().for_each(|tally| all.merge(tally));
        let candidates: Vec<u64> = tallies.iter().filter_map(|tally| tally.violation).collect();
        // One from every family that has any; the simplest of them, of equals the first, is simplified further.
        let witnesses = candidates.par_iter().filter_map(|&case| {
            let (family, u) = self.point(case, edges);
            Some((family, counterexample(claim, &self.families[family], &u)?))
        });
        let simplest = witnesses.collect::<Vec<_>>().into_iter().min_by(|(_, x), (_, y)| x.simplicity(y));
        let witness = simplest.map(|(family, witness)| witness.simplest(claim, &self.families[family]).with_plainest(claim));
        let worst_case = all.worst.and_then(|(_, case)| {
            let (family, u) = self.point(case, edges);
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
