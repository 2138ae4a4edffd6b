//! What refuted something: stored, simplified, re-read.

use super::judge::{Certificate, Decision, certify};
pub use super::read::{INSTANCE_SCHEMA, MAX_TEXT, read_instance, read_simplified};
use super::simplify::{descend, plain, size};
use crate::claims::ClaimEntry;
use crate::families::Family;
use crate::instance::Instance;
use crate::number::Interval;
use serde::{Deserialize, Serialize};

/// The schema of witness files.
pub const WITNESS_SCHEMA: &str = "gradient-gap/witness/1";

/// What refuted a claim, or came nearest to it: where it was found and, since maps change, the decoded instance in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// [`WITNESS_SCHEMA`].
    pub schema: String,
    /// The claim.
    pub slug: String,
    /// The family it comes from.
    pub family: String,
    /// That family's version.
    pub family_version: u32,
    /// The point of the unit cube.
    pub u: Vec<f64>,
    /// The part of the statement that fails, or uses most of its bound.
    pub part: String,
    /// Enclosure \[low, high\] of what the instance gives.
    pub computed: [f64; 2],
    /// Enclosure \[low, high\] of what the statement claims.
    pub claimed: [f64; 2],
    /// The instance.
    pub instance: Instance,
    /// A plainer instance that shows the same, where there is one: it need not belong to the family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simplified: Option<Instance>,
}

fn ends(x: Interval) -> [f64; 2] {
    [x.lo(), x.hi()].map(|end| end.clamp(-f64::MAX, f64::MAX))
}

impl Witness {
    /// The witness of what `certificate` says of its part number `part`.
    pub(super) fn new(
        claim: &ClaimEntry,
        family: &Family,
        u: &[f64],
        instance: Instance,
        certificate: &Certificate,
        part: usize,
    ) -> Witness {
        let part = certificate.parts[part];
        Witness {
            schema: WITNESS_SCHEMA.into(),
            slug: claim.statement.slug.into(),
            family: family.name.into(),
            family_version: family.version,
            u: u.to_vec(),
            part: part.name.into(),
            computed: ends(part.computed),
            claimed: ends(part.claimed),
            instance,
            simplified: None,
        }
    }

    /// The counterexample with its [plainest](plain) form, where that is another one.
    pub(super) fn with_plainest(self, claim: &ClaimEntry) -> Witness {
        let plainest = plain(&self.instance, &|instance| is_violated(claim, instance));
        let simplified = Some(plainest).filter(|plainest| *plainest != self.instance);
        Witness { simplified, ..self }
    }

    /// Orders counterexamples: the smaller first, among equals the one whose sides are farther apart.
    pub fn simplicity(&self, other: &Witness) -> std::cmp::Ordering {
        let distance = |w: &Witness| f64::abs(w.computed[0] - w.claimed[0]);
        size(&self.instance).cmp(&size(&other.instance)).then(distance(other).total_cmp(&distance(self)))
    }

    /// One line: where it was found and what it shows.
    pub fn summary(&self) -> String {
        let show = |[low, high]: [f64; 2]| match 0.5 * low + 0.5 * high {
            middle if (1e-3..1e6).contains(&middle.abs()) || middle == 0.0 => format!("{middle:.9}"),
            middle => format!("{middle:.6e}"),
        };
        let [updates, responses, tokens, ..] = size(&self.instance);
        let updates = if updates > 1 { format!(", {updates} updates") } else { String::new() };
        format!(
            "{}: {} computed, {} claimed ({}; {responses} responses, T∞ = {tokens}{updates})",
            self.part,
            show(self.computed),
            show(self.claimed),
            self.family
        )
    }
}

/// The certified counterexample at `u`, if it is one, and the simplest that [`descend`] finds from it.
pub fn simplify(claim: &ClaimEntry, family: &Family, u: &[f64]) -> Option<Witness> {
    let violated = |instance: &Instance| is_violated(claim, instance);
    if !violated(&family.decode(u).ok()?) {
        return None;
    }
    let u = descend(family, claim.scope, u, &violated);
    let instance = family.decode(&u).ok()?;
    let certificate = certify(claim, &instance);
    Some(Witness::new(claim, family, &u, instance, &certificate, certificate.worst))
}

fn is_violated(claim: &ClaimEntry, instance: &Instance) -> bool {
    certify(claim, instance).decision == Decision::Violated
}
