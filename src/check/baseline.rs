//! A run against an earlier one: whether a verdict differs, or a bound is less used than it was.
//!
//! The share of a bound that an attack reaches measures how tight it is. A smaller share under the same seed and effort means
//! that a constant has become larger, a quantity smaller, or the search worse: each is a change that somebody must have meant.

use super::campaign::{CampaignResult, Verdict};
use super::tightness::Tightness;
use crate::error::Error;
use serde::Deserialize;
use std::fmt;

/// An earlier run, as `report` wrote it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Baseline {
    schema: String,
    seed: u64,
    evaluations: u64,
    verify: Verified,
    attacks: Vec<Claim>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Verified {
    claims: Vec<Judged>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Judged {
    slug: String,
    expected: String,
    verdict: String,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Claim {
    slug: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Part {
    name: String,
    /// A number; "inf" or null where there is none.
    ratio: serde_json::Value,
    identity: bool,
    side: bool,
}

/// What differs from an earlier run.
#[derive(Clone, Debug, PartialEq)]
pub enum Drift {
    /// A claim was judged otherwise.
    Verdict {
        /// The claim.
        slug: String,
        /// The verdict it had.
        before: String,
        /// The verdict it has.
        now: String,
    },
    /// A claim or a part of one is no longer there.
    Gone {
        /// The claim.
        slug: String,
        /// The part; empty for the whole claim.
        part: String,
    },
    /// An attack uses less of a bound.
    Looser {
        /// The claim.
        slug: String,
        /// The part.
        part: String,
        /// The share that was used.
        before: f64,
        /// The share that is used.
        now: f64,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drift::Verdict { slug, before, now } => write!(f, "{slug}: {now}, was {before}"),
            Drift::Gone { slug, part } if part.is_empty() => write!(f, "{slug}: no longer there"),
            Drift::Gone { slug, part } => write!(f, "{slug}, {part}: no longer compared"),
            Drift::Looser { slug, part, before, now } => {
                write!(f, "{slug}, {part}: an attack uses {now:.6} of the bound, and used {before:.6}")
            }
        }
    }
}

/// A verdict as JSON spells it.
fn spelled(verdict: Verdict) -> String {
    verdict.to_string().replace(' ', "-")
}

impl Baseline {
    /// Reads `report.json`.
    ///
    /// # Errors
    /// Not JSON, or of another schema.
    pub fn read(text: &str) -> Result<Baseline, Error> {
        let baseline: Baseline = serde_json::from_str(text).map_err(|e| Error::new(e.to_string()))?;
        match baseline.schema.as_str() {
            "gradient-gap/report/1" => Ok(baseline),
            other => Err(Error::new(format!("schema {other:?}, expected \"gradient-gap/report/1\""))),
        }
    }

    /// The seed and the evaluations of its attacks: another run is comparable only with the same.
    pub fn effort(&self) -> (u64, u64) {
        (self.seed, self.evaluations)
    }

    /// What differs: every other verdict, every claim and part that is gone, and every inequality of which an attack uses less
    /// than the share `1 − tolerance` of what it used.
    pub fn drift(&self, result: &CampaignResult, tightness: &Tightness, tolerance: f64) -> Vec<Drift> {
        let mut drift = Vec::new();
        for Judged { slug, verdict: before, expected } in &self.verify.claims {
            if expected == "observed" {
                continue;
            }
            match result.claims.iter().find(|claim| claim.claim.statement.slug == slug) {
                None => drift.push(Drift::Gone { slug: slug.clone(), part: String::new() }),
                Some(claim) if spelled(claim.verdict) != *before => {
                    drift.push(Drift::Verdict { slug: slug.clone(), before: before.clone(), now: spelled(claim.verdict) });
                }
                Some(_) => {}
            }
        }
        for Claim { slug, parts } in &self.attacks {
            let Some((_, found)) = tightness.claims.iter().find(|(attack, _)| attack.claim.statement.slug == slug) else {
                continue; // said above
            };
            for part in parts.iter().filter(|part| !part.identity && !part.side) {
                let Some(before) = part.ratio.as_f64().filter(|ratio| *ratio > 0.0) else { continue };
                let now = found.parts.iter().find(|now| now.part == part.name).map(|now| found.reached(now));
                let (slug, part) = (slug.clone(), part.name.clone());
                match now {
                    None => drift.push(Drift::Gone { slug, part }),
                    Some(now) if now < (1.0 - tolerance) * before => drift.push(Drift::Looser { slug, part, before, now }),
                    Some(_) => {}
                }
            }
        }
        drift
    }
}
