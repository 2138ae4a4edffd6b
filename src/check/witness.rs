//! What refuted something: stored, simplified, read again ([`read_stored`], [`read_instance`]), asked anew
//! ([`Witness::asserted`]). `examples/witness.rs` goes round once.

pub use super::asserted::Assertion;
use super::conjecture::enclose;
use super::judge::{Certificate, Decision, certify};
pub use super::read::{INSTANCE_SCHEMA, MAX_TEXT, Stored, read_instance, read_simplified, read_stored};
use super::simplify::{descend, plain, size};
use crate::claims::{self, ClaimEntry, Scope};
use crate::conjecture::Conjecture;
use crate::error::Error;
use crate::families::{self, Family};
use crate::instance::Instance;
use crate::number::Interval;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// The schema of witness files, the value of their key "schema".
pub const WITNESS_SCHEMA: &str = "gradient-gap/witness/1";

/// What either search for a simpler counterexample may cost, in tokens evaluated in intervals, those of every response, update and
/// piece counted: a few seconds.
const MOST_WORK: u64 = 1 << 19;

/// The [slug](Witness::slug) of somebody's own bound.
pub(crate) const CONJECTURE: &str = "conjecture";

/// What refuted a claim or a conjecture, or came nearest to refuting a claim: where it was found and, since maps change, the decoded instance in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a witness")]
pub struct Witness {
    /// The schema of the file: [`WITNESS_SCHEMA`].
    pub schema: String,
    /// The slug of the claim; "conjecture" for a conjecture.
    pub slug: String,
    /// The name of the family it comes from.
    pub family: String,
    /// That family's version.
    pub family_version: u32,
    /// The point of the family's unit cube.
    pub u: Vec<f64>,
    /// The part of the statement that fails, or uses most of its bound; a conjecture's text.
    pub part: String,
    /// The conditions of a conjecture, as they were written; empty for a claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
    /// Enclosure \[low, high\] of what the instance gives.
    pub computed: [f64; 2],
    /// Enclosure \[low, high\] of what the statement claims.
    pub claimed: [f64; 2],
    /// The instance that the point decodes to.
    pub instance: Instance,
    /// The plainest instance found that shows the same, which need not belong to the family: the instance itself if there is no plainer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simplified: Option<Instance>,
}

/// Low and high, within the range of binary64, as a witness stores them.
pub(super) fn ends(x: Interval) -> [f64; 2] {
    [x.lo(), x.hi()].map(|end| end.clamp(-f64::MAX, f64::MAX))
}

/// What an instance can be a witness of.
pub(super) trait Subject: Sync {
    /// The claim's slug, or [`CONJECTURE`].
    fn slug(&self) -> &str;
    /// What a witness says of which part it is about.
    fn label<'s>(&'s self, part: &'s str) -> &'s str;
    /// The conditions, where they are not the claim's.
    fn given(&self) -> Vec<String>;
    /// How many updates it speaks about.
    fn scope(&self) -> Scope;
    /// How many updates of an instance it looks at.
    fn updates(&self, instance: &Instance) -> usize;
    /// What intervals say.
    fn certify(&self, instance: &Instance) -> Certificate;
}

impl Subject for ClaimEntry {
    fn slug(&self) -> &str {
        self.statement.slug
    }
    fn label<'s>(&'s self, part: &'s str) -> &'s str {
        part
    }
    fn given(&self) -> Vec<String> {
        vec![]
    }
    fn scope(&self) -> Scope {
        self.scope
    }
    fn updates(&self, instance: &Instance) -> usize {
        ClaimEntry::updates(self, instance)
    }
    fn certify(&self, instance: &Instance) -> Certificate {
        certify(self, instance)
    }
}

impl Subject for Conjecture {
    fn slug(&self) -> &str {
        CONJECTURE
    }
    fn label<'s>(&'s self, _: &'s str) -> &'s str {
        self.text()
    }
    fn given(&self) -> Vec<String> {
        self.conditions().into_iter().map(str::to_string).collect()
    }
    fn scope(&self) -> Scope {
        Scope::Step
    }
    fn updates(&self, _: &Instance) -> usize {
        1
    }
    fn certify(&self, instance: &Instance) -> Certificate {
        enclose(self, instance).certificate()
    }
}

/// What a stored witness is about.
#[derive(Clone, Debug)]
pub(crate) enum Origin<'a> {
    /// A claim, of the registry unless it is given.
    Claim(&'a ClaimEntry),
    /// Somebody's own bound.
    Conjecture(Box<Conjecture>),
}

impl Origin<'_> {
    pub(super) fn subject(&self) -> &dyn Subject {
        match self {
            Origin::Claim(claim) => *claim,
            Origin::Conjecture(conjecture) => &**conjecture,
        }
    }
}

impl Witness {
    /// The witness of what `certificate` says of its part number `part`.
    pub(super) fn new(
        subject: &dyn Subject,
        family: &Family,
        u: &[f64],
        instance: Instance,
        certificate: &Certificate,
        part: usize,
    ) -> Witness {
        let part = certificate.parts[part];
        Witness {
            schema: WITNESS_SCHEMA.into(),
            slug: subject.slug().into(),
            family: family.name.into(),
            family_version: family.version,
            u: u.to_vec(),
            part: subject.label(part.name).into(),
            given: subject.given(),
            computed: ends(part.computed),
            claimed: ends(part.claimed),
            instance,
            simplified: None,
        }
    }

    /// The simplest counterexample that [`descend`] finds from this one.
    pub(super) fn simplest(self, subject: &dyn Subject, family: &Family) -> Witness {
        let questions = Questions::new(subject);
        let u = descend(family, subject.scope(), &self.u, &|instance| questions.is_violated(instance));
        counterexample(subject, family, &u).unwrap_or(self)
    }

    /// The counterexample with its [plainest](plain) form.
    pub(super) fn with_plainest(self, subject: &dyn Subject) -> Witness {
        let questions = Questions::new(subject);
        let plainest = plain(&self.instance, &|instance| questions.is_violated(instance));
        Witness { simplified: Some(plainest), ..self }
    }

    /// What it is about, the family that it names, and the instance at its u, if the family's map is still the one it was found with.
    ///
    /// # Errors
    /// An unknown claim or family, a conjecture that cannot be read, a version of the family that is yet to come, a u that is no point of
    /// its cube, an enclosure whose ends are exchanged.
    pub(crate) fn origin(&self) -> Result<(Origin<'static>, &'static Family, Option<Instance>), Error> {
        let unknown = |what: &str, name: &str| Error::new(format!("{what}: {name:?} is not known"));
        let origin = match self.slug == CONJECTURE {
            true => Origin::Conjecture(Box::new(self.conjecture()?)),
            false => Origin::Claim(claims::find(&self.slug).ok_or_else(|| unknown("slug", &self.slug))?),
        };
        let family = families::find(&self.family).ok_or_else(|| unknown("family", &self.family))?;
        Ok((origin, family, self.decoded(family)?))
    }

    /// The instance at its u, if the map of its family is still the one it was found with.
    ///
    /// # Errors
    /// A version of the family that is yet to come, a u that is no point of its cube, an enclosure whose ends are exchanged.
    pub(super) fn decoded(&self, family: &Family) -> Result<Option<Instance>, Error> {
        if self.family_version > family.version {
            let (stored, known) = (self.family_version, family.version);
            return Err(Error::new(format!("family_version is {stored}, but {} is at version {known}", family.name)));
        }
        for (name, [low, high]) in [("computed", self.computed), ("claimed", self.claimed)] {
            if low > high {
                return Err(Error::new(format!("{name} is [{low:?}, {high:?}], expected the lower end first")));
            }
        }
        (self.family_version == family.version).then(|| family.decode(&self.u)).transpose()
    }

    fn conjecture(&self) -> Result<Conjecture, Error> {
        let conjecture = Conjecture::parse(&self.part).map_err(|e| e.at("part"))?;
        let conditions = self.given.iter().enumerate();
        conditions
            .into_iter()
            .try_fold(conjecture, |conjecture, (i, text)| conjecture.given(text).map_err(|e| e.at(format!("given[{i}]"))))
    }

    /// The witness as JSON, in lines, as `attack --out` writes it and [`read_stored`] reads it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n" // names and numbers always fit
    }

    /// Orders counterexamples: the smaller first, among equals the one whose sides are farther apart.
    pub(crate) fn simplicity(&self, other: &Witness) -> std::cmp::Ordering {
        let distance = |w: &Witness| f64::abs(w.computed[0] - w.claimed[0]);
        size(&self.instance).cmp(&size(&other.instance)).then(distance(other).total_cmp(&distance(self)))
    }

    /// One line for people: where it was found, how large the instance is and what it shows.
    pub fn summary(&self) -> String {
        let show = |[low, high]: [f64; 2]| match 0.5 * low + 0.5 * high {
            middle if (1e-3..1e6).contains(&middle.abs()) || middle == 0.0 => format!("{middle:.9}"),
            middle => format!("{middle:.6e}"),
        };
        let [updates, _, tokens, ..] = size(&self.instance);
        let policy = &self.instance.policy;
        let responses = match policy.is_listed() {
            true => format!("{} responses", policy.responses()),
            false => format!("an automaton of {} states", policy.flags()),
        };
        let updates = if updates > 1 { format!(", {updates} updates") } else { String::new() };
        format!(
            "{}: {} computed, {} claimed ({}; {responses}, T∞ = {tokens}{updates})",
            self.part,
            show(self.computed),
            show(self.claimed),
            self.family
        )
    }
}

/// The certified counterexample at `u`, if it is one.
pub(super) fn counterexample(subject: &dyn Subject, family: &Family, u: &[f64]) -> Option<Witness> {
    let instance = family.decode(u).ok()?;
    let certificate = subject.certify(&instance);
    let violated = certificate.decision == Decision::Violated;
    violated.then(|| Witness::new(subject, family, u, instance, &certificate, certificate.worst))
}

/// The certified counterexample at `u`, if it is one, made as simple as its family allows.
pub(super) fn simplify(subject: &dyn Subject, family: &Family, u: &[f64]) -> Option<Witness> {
    Some(counterexample(subject, family, u)?.simplest(subject, family))
}

/// Asks whether instances violate a claim, up to [`MOST_WORK`] and then no more: a long run has thousands of numbers that could be
/// rounder, and each is a question.
struct Questions<'a> {
    subject: &'a dyn Subject,
    left: Cell<u64>,
}

impl<'a> Questions<'a> {
    fn new(subject: &'a dyn Subject) -> Self {
        Questions { subject, left: Cell::new(MOST_WORK) }
    }

    fn is_violated(&self, instance: &Instance) -> bool {
        if self.left.get() == 0 {
            return false;
        }
        let certificate = self.subject.certify(instance);
        let policy = &instance.policy;
        let updates = self.subject.updates(instance) as u64;
        let tokens = if policy.is_one_token() { 1 } else { u64::from(policy.max_length()) };
        let factors = [policy.terms() as u64, tokens, certificate.pieces as u64];
        let work = factors.into_iter().fold(updates, u64::saturating_mul);
        self.left.set(self.left.get().saturating_sub(work));
        certificate.decision == Decision::Violated
    }
}
