//! A campaign: one loop over instances, every claim on each.
//!
//! Case i of family f is decoded from the ChaCha8 stream i of the seed, whatever thread runs it; tallies merge by maxima (ties
//! take the lowest case) and sums of counts. The result is the same bit for bit on any number of threads.

use super::attack::{Attack, Attacked};
use super::certify::CertifiedClaim;
use super::histogram::Histogram;
use super::judge::Decision;
use super::pass::Pass;
use super::witness::Witness;
use crate::claims::{ClaimEntry, Expected, Relation, Scope};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::families::{self, Family};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Random instances of a default campaign, over all families together.
pub const DEFAULT_INSTANCES: u64 = 351_000;
/// Evaluations of the short attack on every claim in a default campaign.
pub const DEFAULT_ATTACK: u64 = 8_192;
/// Of them, those that intervals decide, too.
pub const DEFAULT_CERTIFIED: u64 = 6_000;
/// The default seed.
pub const DEFAULT_SEED: u64 = 1;
/// Cases that one task runs in sequence.
pub const CHUNK: u64 = 256;
/// One-step instances for every run.
pub const STEPS_PER_RUN: u64 = 100;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign<'a> {
    /// The claims.
    pub claims: &'a [ClaimEntry],
    /// The families, in an order that fixes which case belongs to which: random case i to family i modulo their number.
    pub families: &'a [Family],
    /// The families of runs, likewise.
    pub runs: &'a [Family],
    /// Random one-step instances, over all families together; the edge sets come on top. Claims that few instances meet are asked
    /// about [several times](ClaimEntry::times) as many.
    pub instances: u64,
    /// The seed.
    pub seed: u64,
    /// Threads; 0 for as many as there are cores.
    pub threads: usize,
    /// Evaluations of the short [attack](super::attack) on every claim; 0 for none. Runs get eight times as many, a run of K updates
    /// counting as K.
    pub attack: u64,
    /// How many of the random instances, the first ones, intervals decide too, with the edge sets and what the attacks end with; 0 for
    /// none at all.
    pub certified: u64,
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
    pub(super) fn note_ratio(&mut self, ratio: f64, case: u64) {
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

    pub(super) fn merge(&mut self, other: &Tally) {
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
    /// Of runs: M(K) (14).
    pub progress: Histogram,
    /// Of runs: K.
    pub updates: Histogram,
    /// Of runs: how many have M(K) ≥ 4.
    pub far: u64,
}

impl Spread {
    pub(super) fn note(&mut self, evaluation: &Evaluation<'_, f64>, scope: Scope) {
        let (start, ln_10) = (evaluation.start(), std::f64::consts::LN_10);
        self.cases += 1;
        self.success.add_log10(start.log_success() / ln_10);
        self.failure.add_log10(start.log_failure() / ln_10);
        self.step.add(evaluation.instance().eta * evaluation.constants().curvature.sqrt());
        self.length.add(f64::from(evaluation.instance().policy.max_length()));
        if scope == Scope::Run {
            let progress = evaluation.course().cumulative_alignment();
            self.progress.add(progress);
            self.updates.add(evaluation.instance().updates() as f64);
            self.far += u64::from(progress >= 4.0);
        }
    }

    pub(super) fn merge(&mut self, other: &Spread) {
        self.cases += other.cases;
        self.success.merge(&other.success);
        self.failure.merge(&other.failure);
        self.step.merge(&other.step);
        self.length.merge(&other.length);
        self.progress.merge(&other.progress);
        self.updates.merge(&other.updates);
        self.far += other.far;
    }
}

/// The verdict on a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No instance violated it. This is not a proof.
    NotRefuted,
    /// There is such an instance: all that were put to the test passed, the worst of them by intervals.
    Certified,
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
            Verdict::Certified => "certified",
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
    /// What the short attack found; `None` where there was none.
    pub attacked: Option<Attacked>,
    /// What intervals decide; `None` where they were not asked.
    pub certified: Option<CertifiedClaim>,
    /// Whether intervals confirm the claim on the instance of the largest share (`None` where there is no such instance).
    pub worst_case: Option<Decision>,
    /// By family, those that reach the claim.
    pub families: Vec<(&'static str, Tally)>,
    /// Why instances were outside the claim, with their numbers: reported, not judged.
    pub outside: BTreeMap<&'static str, u64>,
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
    /// By family of one-step instances.
    pub families: Vec<(&'static str, Spread)>,
    /// By family of runs.
    pub runs: Vec<(&'static str, Spread)>,
}

impl CampaignResult {
    /// Whether every verdict is what the mathematics says.
    pub fn as_expected(&self) -> bool {
        self.claims.iter().all(|claim| claim.as_expected)
    }
}

impl<'a> Campaign<'a> {
    /// All families, the default seed, as many threads as cores, no attack, no certificates.
    pub fn new(claims: &'a [ClaimEntry], instances: u64) -> Campaign<'a> {
        let (families, runs) = (families::REGISTRY, families::RUNS);
        Campaign { claims, families, runs, instances, seed: DEFAULT_SEED, threads: 0, attack: 0, certified: 0 }
    }

    /// How many random instances there are of each scope: one run for [`STEPS_PER_RUN`] one-step instances; none where no claim
    /// speaks about that scope.
    pub fn random(&self, scope: Scope) -> u64 {
        match (self.claims.iter().any(|claim| claim.scope == scope), scope) {
            (false, _) => 0,
            (true, Scope::Step) => self.instances,
            (true, Scope::Run) => self.instances.div_ceil(STEPS_PER_RUN),
        }
    }

    /// The same with what is added for claims that few instances meet.
    pub fn drawn(&self, scope: Scope) -> u64 {
        let times = self.claims.iter().filter(|claim| claim.scope == scope).map(|claim| claim.times).max();
        self.random(scope) * times.unwrap_or(1)
    }

    /// Runs the campaign. `progress` is told how many random instances a task has finished.
    ///
    /// # Errors
    /// No claim, no family, or threads that cannot be started.
    pub fn run(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<CampaignResult, Error> {
        Ok(self.pool()?.install(|| {
            let [steps, runs] = [Scope::Step, Scope::Run].map(|scope| Pass::new(self, scope).run(progress));
            let mut claims: Vec<ClaimResult> = steps.claims.into_iter().chain(runs.claims).collect();
            claims.iter_mut().for_each(|result| self.attack(result));
            claims.sort_by_key(|result| self.claims.iter().position(|c| c.statement.slug == result.claim.statement.slug));
            if self.certified > 0 {
                self.certify_results(&mut claims);
            }
            CampaignResult { claims, families: steps.families, runs: runs.families }
        }))
    }

    /// The threads, where there is something to run on them.
    pub(super) fn pool(&self) -> Result<rayon::ThreadPool, Error> {
        if self.claims.is_empty() || self.families.is_empty() || self.runs.is_empty() {
            return Err(Error::new("a campaign needs at least one claim and one family of each kind"));
        }
        super::pool(self.threads)
    }

    /// The families of this scope.
    pub(super) fn families_of(&self, scope: Scope) -> &'a [Family] {
        match scope {
            Scope::Step => self.families,
            Scope::Run => self.runs,
        }
    }

    /// Random case i of this scope: the number of its family, and its point in `u`.
    pub(super) fn case(&self, scope: Scope, draws: &Draws, i: u64, u: &mut Vec<f64>) -> usize {
        let families = self.families_of(scope);
        let family = (i % families.len() as u64) as usize;
        draws.point(stream(scope, i), families[family].dim, u);
        family
    }

    /// The short attack on a claim; `None` where none is asked for, or no family reaches the claim.
    pub(super) fn short_attack<'b>(&'b self, claim: &'b ClaimEntry) -> Option<Attack<'b>> {
        let families = self.families_of(claim.scope).iter();
        let families: Vec<&Family> = families.filter(|family| claim.is_tested_on(family.name)).collect();
        let wanted = self.attack > 0 && !families.is_empty();
        wanted.then(|| Attack { families, seed: self.seed, ..Attack::of(claim, self.attack) })
    }

    /// Adds certificates to every result.
    fn certify_results(&self, results: &mut [ClaimResult]) {
        let fewer = Campaign { instances: self.certified.min(self.instances), ..*self };
        let attacked: Vec<Option<&Attacked>> = results.iter().map(|result| result.attacked.as_ref()).collect();
        let certified = fewer.certificates(&attacked, &|_| {});
        results.iter_mut().zip(certified).for_each(|(result, certified)| result.add_certificates(certified));
    }

    /// Adds what the short attack finds.
    fn attack(&self, result: &mut ClaimResult) {
        let claim = result.claim;
        if let Some(attack) = self.short_attack(&claim) {
            result.add_attack(attack.within(false, &|_| {}));
        }
    }
}

impl ClaimResult {
    /// The verdict once an attack is taken into account.
    fn add_attack(&mut self, found: Attacked) {
        let disagreement = "the attack found points where binary64 exceeds a bound that intervals are certain of";
        if found.violated && self.verdict != Verdict::Refuted {
            (self.verdict, self.reason, self.witness) = (Verdict::Refuted, None, found.witness.clone());
        } else if found.disagreements > 0 && self.verdict != Verdict::Refuted {
            (self.verdict, self.reason) = (Verdict::Inconclusive, Some(disagreement.into()));
        }
        self.as_expected = self.verdict == self.claim.expected_verdict();
        self.attacked = Some(found);
    }
}

impl ClaimResult {
    /// The verdict once certificates are taken into account: instances that binary64 passes and intervals refute are a disagreement.
    fn add_certificates(&mut self, certified: CertifiedClaim) {
        let refuted = certified.refuted();
        if refuted > 0 && self.verdict != Verdict::Refuted {
            self.verdict = Verdict::Inconclusive;
            self.reason = Some(format!("intervals refute {refuted} of the instances that binary64 passes"));
            self.as_expected = false;
        }
        self.certified = Some(certified);
    }
}

impl ClaimEntry {
    /// The verdict that the mathematics says.
    pub(super) fn expected_verdict(&self) -> Verdict {
        match (self.statement.expected, self.statement.relation) {
            (Expected::Holds, Relation::Existence) => Verdict::Certified,
            (Expected::Holds, _) => Verdict::NotRefuted,
            (Expected::Fails, _) => Verdict::Refuted,
        }
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

/// The stream of random case i: runs have the upper half for themselves.
fn stream(scope: Scope, i: u64) -> u64 {
    match scope {
        Scope::Step => i,
        Scope::Run => (1 << 63) + i,
    }
}

/// The point of random case i of a seed; see [`Draws`].
pub fn draw(seed: u64, i: u64, dim: usize, u: &mut Vec<f64>) {
    Draws::new(seed).point(i, dim, u);
}
