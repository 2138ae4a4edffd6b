//! Whether a stored witness still shows what it says.

use super::judge::{Certificate, Decision, enclose};
use super::witness::{Origin, Witness, ends};
use crate::claims::{ClaimEntry, Part, Relation};
use crate::error::Error;
use crate::families::Family;
use crate::instance::Instance;
use crate::number::Interval;

/// The share of a ratio that a simplified instance keeps.
pub(crate) const KEPT: f64 = 0.999;

/// One thing that a witness says, and whether it is so.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// What is said, in words and numbers.
    pub text: String,
    /// Whether this evaluation agrees; `None` where it cannot tell.
    pub confirmed: Option<bool>,
}

/// Whether two intervals have a number in common.
fn meets([a, b]: [f64; 2], [c, d]: [f64; 2]) -> bool {
    a <= d && c <= b
}

/// Whether what is said is much wider than what is found, so that next to nothing could contradict it.
fn says_little(said: [f64; 2], now: [f64; 2]) -> bool {
    let width = |[low, high]: [f64; 2]| 0.5 * high - 0.5 * low; // without overflow
    let size = f64::max(now[0].abs(), now[1].abs());
    width(said) > 16.0 * width(now) && width(said) > 1e-3 * size
}

impl Witness {
    /// Whether the file says that its instance violates the claim for certain: its sides of an inequality or of an identity are apart. A
    /// conjecture has witnesses of nothing else.
    fn says_violated(&self, origin: &Origin<'_>) -> bool {
        let identity = match origin {
            Origin::Conjecture(_) => return true,
            Origin::Claim(claim) => claim.statement.relation == Relation::Identity,
        };
        self.computed[0] > self.claimed[1] || identity && self.computed[1] < self.claimed[0]
    }

    /// Everything that the file says of its instance and, if `simplified`, of the simplified one, evaluated anew in intervals:
    ///
    /// * u is a point of the family's cube that decodes to the instance;
    /// * the enclosures of both sides contain a common number with those found now, and are not much wider;
    /// * a violation is one; the simplified instance is one too, or else keeps 99.9 % of the ratio, as far as both are certain.
    ///
    /// # Errors
    /// A claim or family that is not in the registries ([`asserted_of`](Witness::asserted_of) takes those), a conjecture
    /// that cannot be read, a version of the family that is yet to come, a u that is no point of its cube, an enclosure
    /// whose ends are exchanged.
    pub fn asserted(&self, simplified: bool) -> Result<Vec<Assertion>, Error> {
        let (origin, family, decoded) = self.origin()?;
        Ok(self.asserted_by(&origin, family, decoded, simplified))
    }

    /// What [`asserted`](Witness::asserted) gives, of a witness of a claim and a family that are not in the registries.
    ///
    /// # Errors
    /// A claim or a family of another name than the witness has, a version of the family that is yet to come, a u that is
    /// no point of its cube, an enclosure whose ends are exchanged.
    pub fn asserted_of(&self, claim: &ClaimEntry, family: &Family, simplified: bool) -> Result<Vec<Assertion>, Error> {
        for (what, stored, given) in [("slug", &self.slug, claim.statement.slug), ("family", &self.family, family.name)] {
            if stored != given {
                return Err(Error::new(format!("{what} is {stored:?}, expected {given:?}")));
            }
        }
        Ok(self.asserted_by(&Origin::Claim(claim), family, self.decoded(family)?, simplified))
    }

    fn asserted_by(
        &self,
        origin: &Origin<'_>,
        family: &Family,
        decoded: Option<Instance>,
        simplified: bool,
    ) -> Vec<Assertion> {
        let subject = origin.subject();
        let violated = |instance| match subject.certify(instance).decision {
            Decision::Violated => Some(true),
            Decision::Holds | Decision::Outside => Some(false),
            Decision::Undecided => None,
        };
        let is_conjecture = matches!(origin, Origin::Conjecture(_));
        let name = match origin {
            Origin::Claim(_) => self.slug.clone(),
            Origin::Conjecture(conjecture) => format!("{:?}", conjecture.text()),
        };
        let says_violated = self.says_violated(origin);
        let mut all = Vec::new();
        let mut say = |text: String, confirmed| all.push(Assertion { text, confirmed });
        let certificate = subject.certify(&self.instance);
        let own: Vec<&Part<Interval>> =
            certificate.parts.iter().filter(|part| is_conjecture || part.name == self.part).collect();
        if !is_conjecture {
            say(format!("{:?} is a part of {}", self.part, self.slug), Some(!own.is_empty()));
        }
        let all_given = if self.given.is_empty() { String::new() } else { format!(" given {}", self.given.join("; ")) };
        if says_violated {
            say(format!("the instance violates {name}{all_given}"), violated(&self.instance));
        }
        let version = family.version;
        let decodes = decoded.map(|decoded| decoded == self.instance);
        let changed =
            if decodes.is_none() { format!(", whose map has changed since: it is {version} now") } else { String::new() };
        say(format!("u decodes to the instance in {} (version {}{changed})", self.family, self.family_version), decodes);
        // A vector is several parts of one name: one of them is meant.
        let sides = [("computed", self.computed), ("claimed", self.claimed)];
        let found = |part: &Part<Interval>| [ends(part.computed), ends(part.claimed)];
        let agree = |part: &&&Part<Interval>| sides.iter().zip(found(part)).all(|((_, said), now)| meets(*said, now));
        if let Some(part) = own.iter().find(agree).or(own.first()) {
            for ((name, said), now) in sides.into_iter().zip(found(part)) {
                let show = |[low, high]: [f64; 2]| format!("[{low:e}, {high:e}]");
                let confirmed = if meets(said, now) && says_little(said, now) { None } else { Some(meets(said, now)) };
                say(format!("{name} {}, now {}", show(said), show(now)), confirmed);
            }
        }
        let Some(simple) = self.simplified.as_ref().filter(|_| simplified) else { return all };
        if says_violated {
            say(format!("the simplified instance violates {name}{all_given}"), violated(simple));
        } else if let Origin::Claim(claim) = origin
            && !certificate.is_identity(&self.part)
        {
            let certificate = enclose(claim, simple, |found| self.keeps(found).is_some());
            say(format!("the simplified instance keeps {KEPT} of the ratio"), self.keeps(&certificate));
        }
        all
    }

    /// Whether the part's share is at least [`KEPT`] of what is certain of the stored one; `None` where neither yes nor no is certain.
    fn keeps(&self, certificate: &Certificate) -> Option<bool> {
        let share = certificate.share(&self.part)?;
        let ([low, _], [least, most]) = (self.computed, self.claimed);
        if least.is_nan() || least <= 0.0 {
            return None; // no ratio
        }
        let kept = KEPT * (low / if low > 0.0 { most } else { least });
        match () {
            _ if share.lo() >= kept => Some(true),
            _ if share.hi() < kept => Some(false),
            _ => None,
        }
    }
}
