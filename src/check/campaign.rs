//! A campaign: one loop over instances, every claim on each.
//!
//! Case i of family f is decoded from the ChaCha8 stream i of the seed, whatever thread runs it; tallies merge by maxima (ties
//! take the lowest case) and sums of counts. The result is the same bit for bit on any number of threads.

use super::histogram::Histogram;
use super::judge::{Decision, Measured, SAMPLE_PIECES, beyond_limit, certify, measure};
use super::witness::{Witness, simplify};
use crate::claims::{ClaimEntry, Expected};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::families::{self, Family};
use crate::instance::Instance;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Random instances of a default campaign, over all families together.
pub const DEFAULT_INSTANCES: u64 = 800_000;
/// The default seed.
pub const DEFAULT_SEED: u64 = 1;
/// Cases that one task runs in sequence.
pub const CHUNK: u64 = 256;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// The claims.
    pub claims: &'a [ClaimEntry],
    /// The families, in an order that fixes which case belongs to which: random case i to family i modulo their number.
    pub families: &'a [Family],
    /// Random instances, over all families together; the edge sets come on top.
    pub instances: u64,
    /// The seed.
    pub seed: u64,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
}

/// What happened with one claim in one family.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Instances on which the claim speaks.
    pub cases: u64,
    /// The largest share of the bound used, and the first case that used it (edge cases come before random ones).
    pub worst: Option<(f64, u64)>,
    /// Cases whose binary64 comparison failed and that intervals could not decide, with the first of them.
    pub undecided: u64,
    /// Cases of a claim without sampled constants whose binary64 comparison failed although intervals are certain that the claim
    /// holds: binary64 is less accurate than stated.
    pub disagreements: u64,
    /// The first certified violation.
    pub violation: Option<u64>,
    /// The shares used.
    pub ratios: Histogram,
    /// Why cases were outside the claim, with their numbers.
    pub outside: BTreeMap<&'static str, u64>,
}

impl Tally {
    fn note_ratio(&mut self, ratio: f64, case: u64) {
        let ratio = if ratio.is_nan() { f64::INFINITY } else { ratio };
        self.ratios.add(ratio);
        let better = match self.worst {
            Some((best, first)) => ratio > best || (ratio == best && case < first),
            None => true,
        };
        if better {
            self.worst = Some((ratio, case));
        }
    }

    fn merge(&mut self, other: &Tally) {
        self.cases += other.cases;
        self.undecided += other.undecided;
        self.disagreements += other.disagreements;
        self.ratios.merge(&other.ratios);
        other.outside.iter().for_each(|(&name, &count)| *self.outside.entry(name).or_default() += count);
        self.violation = [self.violation, other.violation].into_iter().flatten().min();
        if let Some((ratio, case)) = other.worst
            && self.worst.is_none_or(|(best, first)| ratio > best || (ratio == best && case < first))
        {
            self.worst = other.worst;
        }
    }
}

/// How the instances of one family were spread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// Instances, edge set included.
    pub cases: u64,
    /// J.
    pub success: Histogram,
    /// 1 − J.
    pub failure: Histogram,
    /// η√L_o, L_o on the segment.
    pub step: Histogram,
    /// T∞.
    pub length: Histogram,
}

impl Spread {
    fn note(&mut self, evaluation: &Evaluation<'_, f64>) {
        let (start, ln_10) = (evaluation.start(), std::f64::consts::LN_10);
        self.cases += 1;
        self.success.add_log10(start.log_success() / ln_10);
        self.failure.add_log10(start.log_failure() / ln_10);
        self.step.add(evaluation.instance().eta * evaluation.constants().curvature.sqrt());
        self.length.add(f64::from(evaluation.instance().policy.max_length()));
    }

    fn merge(&mut self, other: &Spread) {
        self.cases += other.cases;
        self.success.merge(&other.success);
        self.failure.merge(&other.failure);
        self.step.merge(&other.step);
        self.length.merge(&other.length);
    }
}

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

/// The verdict on a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No instance violated it. This is not a proof.
    NotRefuted,
    /// A certified counterexample exists.
    Refuted,
    /// Some binary64 comparison failed and intervals could not decide it.
    Inconclusive,
    /// No instance was covered.
    NotCovered,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::NotRefuted => "not refuted",
            Verdict::Refuted => "refuted",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotCovered => "not covered",
        })
    }
}

/// One claim's result.
#[derive(Clone, Debug)]
pub struct ClaimResult {
    /// The claim.
    pub claim: ClaimEntry,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the verdict is what the mathematics says.
    pub as_expected: bool,
    /// Instances on which the claim speaks.
    pub cases: u64,
    /// The largest share of the bound used.
    pub max_ratio: Option<f64>,
    /// Whether intervals confirm the claim on the instance of the largest share (`None` where there is no such instance).
    pub worst_case: Option<Decision>,
    /// By family, those that reach the claim.
    pub families: Vec<(&'static str, Tally)>,
    /// Why, for a verdict that needs a reason.
    pub reason: Option<String>,
    /// The simplest certified counterexample, where one was found.
    pub witness: Option<Witness>,
}

/// A campaign's result.
#[derive(Clone, Debug)]
pub struct CampaignResult {
    /// By claim.
    pub claims: Vec<ClaimResult>,
    /// By family.
    pub families: Vec<(&'static str, Spread)>,
}

impl CampaignResult {
    /// Whether every verdict is what the mathematics says.
    pub fn as_expected(&self) -> bool {
        self.claims.iter().all(|claim| claim.as_expected)
    }
}

impl Campaign<'_> {
    /// Runs the campaign. `progress` is told how many random instances a task has finished.
    ///
    /// # Errors
    /// No claim, no family, or threads that cannot be started.
    pub fn run(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<CampaignResult, Error> {
        if self.claims.is_empty() || self.families.is_empty() {
            return Err(Error::new("a campaign needs at least one claim and one family"));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .map_err(|e| Error::new(format!("{} threads: {e}", self.threads)))?;
        Ok(pool.install(|| {
            let edges = self.edges();
            let first_random = edges.len() as u64;
            let edge_chunks = edges.par_chunks(8).enumerate().map(|(k, chunk)| {
                let (mut counts, mut blanks) = (self.empty(), self.blanks());
                for (j, (family, u)) in chunk.iter().enumerate() {
                    self.one((8 * k + j) as u64, *family, u, &mut blanks, &mut counts);
                }
                counts
            });
            let random_chunks = (0..self.instances.div_ceil(CHUNK)).into_par_iter().map(|chunk| {
                let (mut counts, mut blanks) = (self.empty(), self.blanks());
                let cases = chunk * CHUNK..self.instances.min((chunk + 1) * CHUNK);
                let n = cases.end - cases.start;
                let (draws, mut u) = (Draws::new(self.seed), Vec::new());
                for i in cases {
                    let family = self.draw(&draws, i, &mut u);
                    self.one(first_random + i, family, &u, &mut blanks, &mut counts);
                }
                progress(n);
                counts
            });
            let counts = edge_chunks.reduce(|| self.empty(), Counts::merge);
            let counts = counts.merge(random_chunks.reduce(|| self.empty(), Counts::merge));
            self.conclude(counts, &edges)
        }))
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

    /// Random case i: its family, and its point in `u`.
    fn draw(&self, draws: &Draws, i: u64, u: &mut Vec<f64>) -> usize {
        let family = (i % self.families.len() as u64) as usize;
        draws.point(i, self.families[family].dim, u);
        family
    }

    /// The point of any case.
    fn point(&self, case: u64, edges: &[(usize, Vec<f64>)]) -> (usize, Vec<f64>) {
        match edges.get(case as usize) {
            Some(edge) => edge.clone(),
            None => {
                let mut u = Vec::new();
                let family = self.draw(&Draws::new(self.seed), case - edges.len() as u64, &mut u);
                (family, u)
            }
        }
    }

    /// One instance, every claim on it. `blanks`: by family, an instance to decode into.
    fn one(&self, case: u64, family: usize, u: &[f64], blanks: &mut [Instance], counts: &mut Counts) {
        // u comes from `draw` or an edge set: the right length, inside the cube.
        let Ok(()) = self.families[family].decode_into(u, &mut blanks[family]) else { return };
        let instance = &blanks[family];
        let evaluation = Evaluation::<f64>::new(instance, SAMPLE_PIECES);
        counts.spreads[family].note(&evaluation);
        for (claim, tallies) in self.claims.iter().zip(&mut counts.tallies) {
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

    fn conclude(&self, counts: Counts, edges: &[(usize, Vec<f64>)]) -> CampaignResult {
        let claims = self.claims.iter().zip(counts.tallies);
        let claims: Vec<ClaimResult> = claims.map(|(claim, tallies)| self.conclude_claim(claim, tallies, edges)).collect();
        let names = self.families.iter().map(|family| family.name);
        CampaignResult { claims, families: names.zip(counts.spreads).collect() }
    }

    fn conclude_claim(&self, claim: &ClaimEntry, tallies: Vec<Tally>, edges: &[(usize, Vec<f64>)]) -> ClaimResult {
        let mut all = Tally::default();
        tallies.iter().for_each(|tally| all.merge(tally));
        let candidates: Vec<u64> = tallies.iter().filter_map(|tally| tally.violation).collect();
        let witnesses = candidates.par_iter().filter_map(|&case| {
            let (family, u) = self.point(case, edges);
            simplify(claim, &self.families[family], &u)
        });
        let witness = witnesses.collect::<Vec<_>>().into_iter().min_by(Witness::simplicity);
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
            () => (Verdict::NotRefuted, None),
        };
        let as_expected = match claim.statement.expected {
            Expected::Holds => verdict == Verdict::NotRefuted,
            Expected::Fails => verdict == Verdict::Refuted,
        };
        let worst_case = all.worst.and_then(|(_, case)| {
            let (family, u) = self.point(case, edges);
            let instance = self.families[family].decode(&u).ok()?;
            Some(certify(claim, &instance).decision)
        });
        let families = self.families.iter().map(|family| family.name).zip(tallies);
        ClaimResult {
            claim: *claim,
            verdict,
            as_expected,
            cases: all.cases,
            max_ratio: all.worst.map(|(ratio, _)| ratio),
            worst_case,
            families: families.filter(|(_, tally)| tally.cases > 0).collect(),
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

/// 2⁻³².
const UNIT: f64 = 1.0 / (1u64 << 32) as f64;

/// The random cases of a seed.
#[derive(Clone, Debug)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The cases of this seed.
    pub fn new(seed: u64) -> Draws {
        Draws(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The point of case i, in `u`: `dim` multiples of 2⁻³² in \[0, 1) from the ChaCha8 stream i of the seed.
    pub fn point(&self, i: u64, dim: usize, u: &mut Vec<f64>) {
        let mut rng = self.0.clone();
        rng.set_stream(i);
        u.clear();
        let mut bytes = [0; 256];
        while u.len() < dim {
            let block = &mut bytes[..4 * (dim - u.len()).min(64)];
            rng.fill_bytes(block);
            let words = block.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
            u.extend(words.map(|word| f64::from(word) * UNIT));
        }
    }
}

/// The point of random case i of a seed; see [`Draws`].
pub fn draw(seed: u64, i: u64, dim: usize, u: &mut Vec<f64>) {
    Draws::new(seed).point(i, dim, u);
}
