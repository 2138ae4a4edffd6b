//! A campaign: one loop over instances, every claim on each.
//!
//! Case i of family f is decoded from the ChaCha8 stream i of the seed, whatever thread runs it; tallies merge by maxima (ties
//! take the lowest case) and sums of counts. The result is the same bit for bit on any number of threads, and of
//! [shards](super::shard).
//!
//! ```
//! use gradient_gap::check::campaign::{Campaign, Verdict};
//! use gradient_gap::claims::find;
//!
//! let claims = ["log-odds-step", "second-order-printed"].map(|slug| *find(slug).expect("in the registry"));
//! let campaign = Campaign { certified: 20, ..Campaign::new(&claims, 300) };
//! let result = campaign.run(&|_| {})?;
//! let verdicts = [0, 1].map(|i| result.claims[i].verdict);
//! assert_eq!(verdicts, [Verdict::NotRefuted, Verdict::Refuted]); // and as the mathematics says:
//! assert!(result.as_expected());
//!
//! // The counterexample is stored with its instance and shows what it shows, whoever looks at it.
//! let witness = result.claims[1].witness.as_ref().expect("refuted");
//! assert!(witness.computed[0] > witness.claimed[1] || witness.computed[1] < witness.claimed[0]);
//! # Ok::<(), gradient_gap::Error>(())
//! ```

use super::attack::{Attack, Attacked};
use super::certify::CertifiedClaim;
use super::found::{Found, FoundOfClaim};
pub use super::found::{Spread, Tally};
use super::judge::Decision;
use super::pass::Pass;
use super::shard::{Shard, Work};
pub use super::short::{ShortAttack, ShortBest};
use super::witness::Witness;
use crate::claims::{ClaimEntry, Expected, Relation, Scope};
use crate::error::Error;
use crate::families::{self, Family};
use crate::number::vectorised;
use rand::{Rng, SeedableRng};
use rand_chacha::{ChaCha8Core, ChaCha8Rng};
use rayon::prelude::*;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Random instances of a default campaign, over all families together.
pub const DEFAULT_INSTANCES: u64 = 351_000;
/// Evaluations of the short attack on every claim in a default campaign.
pub const DEFAULT_ATTACK: u64 = 8_192;
/// Random instances of a default campaign that intervals decide, too.
pub const DEFAULT_CERTIFIED: u64 = 6_000;
/// The default seed.
pub const DEFAULT_SEED: u64 = 1;
/// Random cases that one task of a campaign runs in sequence, on one thread.
pub const CHUNK: u64 = 256;
/// Random one-step instances for every random run of a campaign.
pub const STEPS_PER_RUN: u64 = 100;

/// A campaign before it is run: which claims on which families, how many instances, how much beside them.
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

/// The verdict on a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Verdict {
    /// As one word, the same as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::NotRefuted => "not-refuted",
            Verdict::Certified => "certified",
            Verdict::Refuted => "refuted",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotCovered => "not-covered",
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name().replace('-', " "))
    }
}

/// What a campaign found of one claim.
#[derive(Clone, Debug)]
pub struct ClaimResult {
    /// The claim.
    pub claim: ClaimEntry,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the verdict is what the mathematics says.
    pub as_expected: bool,
    /// Instances that satisfy the claim's hypotheses, edge sets included.
    pub cases: u64,
    /// The largest share of the bound used: computed/claimed, or error/tolerance of an identity.
    pub max_ratio: Option<f64>,
    /// What the short attack found; `None` where there was none.
    pub attacked: Option<ShortAttack>,
    /// What intervals decide; `None` where they were not asked.
    pub certified: Option<CertifiedClaim>,
    /// Whether intervals confirm the claim on the instance of the largest share (`None` where there is no such instance).
    pub worst_case: Option<Decision>,
    /// By family, those that reach the claim.
    pub families: Vec<(&'static str, Tally)>,
    /// Why instances were outside the claim, with their numbers: reported, not judged.
    pub outside: BTreeMap<Cow<'static, str>, u64>,
    /// Why, for a verdict that needs a reason.
    pub reason: Option<String>,
    /// The simplest certified counterexample, where one was found.
    pub witness: Option<Witness>,
}

/// What a campaign found.
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

    /// How many verdicts are what the mathematics says.
    pub fn expected(&self) -> usize {
        self.claims.iter().filter(|claim| claim.as_expected).count()
    }

    /// How many instances of one step, and how many runs, were drawn or stood in an edge set.
    pub fn drawn(&self) -> [u64; 2] {
        [&self.families, &self.runs].map(|families| families.iter().map(|(_, spread)| spread.cases).sum())
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

    /// How many random instances of each scope are drawn, with what is added for claims that few of them meet.
    pub fn drawn(&self, scope: Scope) -> u64 {
        let times = self.claims.iter().filter(|claim| claim.scope == scope).map(|claim| claim.times).max();
        self.random(scope) * times.unwrap_or(1)
    }

    /// Runs the campaign. `progress` is told now and then, from any thread, how many more random instances are finished:
    /// one-step instances and runs alike, [`drawn`](Campaign::drawn) of both scopes in the end.
    ///
    /// # Errors
    /// No claim, no family, two families of one name, threads that cannot be started, or a family of the caller's that
    /// gives no [valid](crate::instance::Instance::validate) instance: the first such point.
    pub fn run(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<CampaignResult, Error> {
        let mut work = Work::new(self, Shard::WHOLE);
        work.run(progress, None)?;
        work.conclude()
    }

    /// Judges everything that was found.
    pub(super) fn conclude(&self, found: Found) -> Result<CampaignResult, Error> {
        let passes = [Scope::Step, Scope::Run].map(|scope| Pass::new(self, scope));
        let one = |(claim, found): (&ClaimEntry, FoundOfClaim)| {
            let [steps, runs] = &passes;
            let pass = if claim.scope == Scope::Step { steps } else { runs };
            let mut result = pass.conclude(claim, found.tallies);
            if let Some(attacked) = found.attacked {
                result.add_attack(attacked, self.families_of(claim.scope));
            }
            if self.certified > 0 {
                let families = self.families_of(claim.scope);
                result.add_certificates(CertifiedClaim::new(claim, families, &found.certified, found.hard));
            }
            result
        };
        let named = |families: &[Family], spreads: Vec<Spread>| families.iter().map(|f| f.name).zip(spreads).collect();
        let Found { claims, families, runs, .. } = found;
        let claims = self.pool()?.install(|| self.claims.par_iter().zip(claims).map(one).collect());
        Ok(CampaignResult { claims, families: named(self.families, families), runs: named(self.runs, runs) })
    }

    /// The threads, where there is something to run on them.
    pub(super) fn pool(&self) -> Result<rayon::ThreadPool, Error> {
        if self.claims.is_empty() || self.families.is_empty() || self.runs.is_empty() {
            return Err(Error::new("a campaign needs at least one claim and one family of each kind"));
        }
        for families in [self.families, self.runs] {
            let twice = |(i, family): &(usize, &Family)| families[..*i].iter().any(|known| known.name == family.name);
            if let Some((_, family)) = families.iter().enumerate().find(twice) {
                return Err(Error::new(format!("two families of a campaign are called {:?}", family.name)));
            }
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
    ///
    /// # Errors
    /// A family that gives no instance somewhere.
    pub(super) fn attacked(&self, claim: &ClaimEntry) -> Result<Option<Attacked>, Error> {
        let families = self.families_of(claim.scope).iter();
        let families: Vec<&Family> = families.filter(|family| claim.is_tested_on(family.name)).collect();
        let wanted = self.attack > 0 && !families.is_empty();
        let attack = || Attack { families, seed: self.seed, ..Attack::of(claim, self.attack) }.within(false, &|_| {});
        wanted.then(attack).transpose()
    }

    /// The campaign whose random instances intervals decide.
    pub(super) fn fewer(&self) -> Campaign<'a> {
        Campaign { instances: self.certified.min(self.instances), ..*self }
    }
}

impl ClaimResult {
    /// The verdict once an attack is taken into account.
    fn add_attack(&mut self, found: ShortAttack, families: &[Family]) {
        let disagreement = "the attack found points where binary64 exceeds a bound that intervals are certain of";
        if found.violation.is_some() && self.verdict != Verdict::Refuted {
            (self.verdict, self.reason, self.witness) = (Verdict::Refuted, None, found.witness(&self.claim, families));
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
pub struct Draws(ChaCha8Core);

impl Draws {
    /// The cases of this seed.
    pub fn new(seed: u64) -> Draws {
        Draws(ChaCha8Core::seed_from_u64(seed))
    }

    /// The point of case i, in `u`: `dim` multiples of 2⁻³² in \[0, 1) from the ChaCha8 stream i of the seed.
    pub fn point(&self, i: u64, dim: usize, u: &mut Vec<f64>) {
        let mut rng = ChaCha8Rng::from(self.0.clone());
        rng.set_stream(i);
        u.resize(dim, 0.0);
        let mut bytes = [0; 256];
        for u in u.chunks_mut(64) {
            let block = &mut bytes[..4 * u.len()];
            rng.fill_bytes(block);
            vectorised(
                #[inline(always)]
                || {
                    for (u, &word) in u.iter_mut().zip(block.as_chunks::<4>().0) {
                        *u = f64::from(u32::from_le_bytes(word)) * UNIT;
                    }
                },
            );
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
