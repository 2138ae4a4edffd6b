//! A run against an earlier one: whether a verdict differs, or a bound is less used than it was.
//!
//! The share of a bound that an attack reaches measures how tight it is. A smaller share under the same seed and effort means
//! that a constant has become larger, a quantity smaller, or the search worse: each is a change that somebody must have meant.

use super::campaign::CampaignResult;
use super::numbers;
use super::tightness::Tightness;
use crate::error::{Error, one_line};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// What `report.json` is called by itself.
pub const REPORT_SCHEMA: &str = "gradient-gap/report/1";

/// An earlier run, as `report` wrote it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Baseline {
    seed: u64,
    evaluations: u64,
    verify: Verified,
    attacks: Vec<Claim>,
    constants: Vec<Constant>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Verified {
    instances: u64,
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
    #[serde(with = "numbers")]
    ratio: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Constant {
    bound: String,
    of: String,
    proved: f64,
    needed: Option<f64>,
}

/// How a run was made: only runs of the same effort can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Random instances of the campaign.
    pub instances: u64,
    /// About how many points every attack evaluates.
    pub evaluations: u64,
    /// The seed of both.
    pub seed: u64,
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
    /// A claim or a part of one was not there, so that nothing can be said of it.
    New {
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
    /// Less of a constant of (16) or (22) is known to be needed, or more of it is proved to serve.
    Constant {
        /// The bound.
        bound: String,
        /// What it multiplies.
        of: String,
        /// "needed" or "proved".
        what: &'static str,
        /// What it was.
        before: f64,
        /// What it is; NaN where nothing is known.
        now: f64,
    },
}

impl fmt::Display for Drift {
    /// In one line, whatever the earlier run's names hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Drift::Verdict { slug, before, now } => format!("{slug}: {now}, was {before}"),
            Drift::Gone { slug, part } if part.is_empty() => format!("{slug}: no longer there"),
            Drift::Gone { slug, part } => format!("{slug}, {part}: no longer compared"),
            Drift::New { slug, part } if part.is_empty() => format!("{slug}: was not there"),
            Drift::New { slug, part } => format!("{slug}, {part}: was not compared"),
            Drift::Looser { slug, part, before, now } => {
                format!("{slug}, {part}: an attack uses {now:.6} of the bound, and used {before:.6}")
            }
            Drift::Constant { bound, of, what, before, now } => {
                format!("{bound}, coefficient of {of}: {what} {now:.6}, was {before:.6}")
            }
        };
        f.write_str(&one_line(&text))
    }
}

/// # Errors
/// A name occurs twice.
fn each_once<'n>(list: &str, names: impl Iterator<Item = &'n str>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Error::new(format!("{list}: {name:?} stands there twice")));
        }
    }
    Ok(())
}

impl Baseline {
    /// Reads `report.json`.
    ///
    /// # Errors
    /// Not JSON, of another schema, without what is compared, a name twice, or a share that is none.
    pub fn read(text: &str) -> Result<Baseline, Error> {
        #[derive(Deserialize)]
        struct Kind {
            schema: Option<String>,
        }
        let wrong = |e: serde_json::Error| Error::new(e.to_string());
        let kind: Kind = serde_json::from_str(text).map_err(wrong)?;
        if kind.schema.as_deref() != Some(REPORT_SCHEMA) {
            let found = kind.schema.map_or("missing".into(), |schema| format!("{schema:?}"));
            return Err(Error::new(format!("schema is {found}, expected {REPORT_SCHEMA:?}")));
        }
        let baseline: Baseline = serde_json::from_str(text).map_err(wrong)?;
        each_once("verify.claims", baseline.verify.claims.iter().map(|claim| claim.slug.as_str()))?;
        each_once("attacks", baseline.attacks.iter().map(|claim| claim.slug.as_str()))?;
        for Claim { slug, parts } in &baseline.attacks {
            each_once(&format!("attacks, {slug}"), parts.iter().map(|part| part.name.as_str()))?;
            for Part { name, ratio } in parts {
                if ratio.is_nan() || *ratio < 0.0 {
                    return Err(Error::new(format!("attacks, {slug}, {name}: ratio is {ratio}, expected at least 0")));
                }
            }
        }
        Ok(baseline)
    }

    /// How it was made: another run is comparable only with the same.
    pub fn effort(&self) -> Effort {
        Effort { instances: self.verify.instances, evaluations: self.evaluations, seed: self.seed }
    }

    /// What differs: every other verdict, every claim and part that is gone or new, every inequality of which an attack uses less
    /// than the share `1 − tolerance` of what it used, and every constant of (16) and (22) that is needed less or proved larger by
    /// that. Of identities, whose ratio is a rounding error, and of parts that only admit an instance, nothing is compared.
    pub fn drift(&self, result: &CampaignResult, tightness: &Tightness, tolerance: f64) -> Vec<Drift> {
        let mut drift = self.verdicts(result);
        for (attack, found) in &tightness.claims {
            let slug = attack.claim.statement.slug;
            let Some(Claim { parts, .. }) = self.attacks.iter().find(|claim| claim.slug == slug) else {
                drift.push(Drift::New { slug: slug.into(), part: String::new() });
                continue;
            };
            let compared = |name: &str| found.parts.iter().find(|part| part.part == name);
            for Part { name, .. } in parts.iter().filter(|part| compared(&part.name).is_none()) {
                drift.push(Drift::Gone { slug: slug.into(), part: name.clone() });
            }
            for now in found.parts.iter().filter(|part| !part.identity && !part.side) {
                let (slug, part, now) = (slug.to_string(), now.part.to_string(), found.reached(now));
                match parts.iter().find(|before| before.name == part).map(|before| before.ratio) {
                    None => drift.push(Drift::New { slug, part }),
                    Some(before) if now < (1.0 - tolerance) * before => {
                        drift.push(Drift::Looser { slug, part, before, now })
                    }
                    Some(_) => {}
                }
            }
        }
        drift.extend(self.constants(tightness, tolerance));
        drift
    }

    /// Other verdicts.
    fn verdicts(&self, result: &CampaignResult) -> Vec<Drift> {
        let mut drift = Vec::new();
        for claim in &result.claims {
            let (slug, now) = (claim.claim.statement.slug, claim.verdict.name());
            match self.verify.claims.iter().find(|before| before.slug == slug) {
                None => drift.push(Drift::New { slug: slug.into(), part: String::new() }),
                Some(Judged { verdict: before, .. }) if now != before => {
                    drift.push(Drift::Verdict { slug: slug.into(), before: before.clone(), now: now.into() });
                }
                Some(_) => {}
            }
        }
        let attacked = self.attacks.iter().map(|claim| &claim.slug);
        // Observations stand in the list too, and nothing is run for them.
        let judged = self.verify.claims.iter().filter(|claim| claim.expected != "observed").map(|claim| &claim.slug);
        let gone = |slug: &&String| !result.claims.iter().any(|claim| claim.claim.statement.slug == **slug);
        let gone: BTreeSet<&String> = judged.chain(attacked).filter(gone).collect();
        drift.extend(gone.into_iter().map(|slug| Drift::Gone { slug: slug.clone(), part: String::new() }));
        drift
    }

    /// Constants of (16) and (22).
    fn constants(&self, tightness: &Tightness, tolerance: f64) -> Vec<Drift> {
        let mut drift = Vec::new();
        for now in &tightness.constants {
            let (bound, of) = (now.coefficient.bound.to_string(), now.coefficient.of.to_string());
            let Some(before) = self.constants.iter().find(|before| before.bound == bound && before.of == of) else {
                drift.push(Drift::New { slug: bound, part: of });
                continue;
            };
            let mut differs =
                |what, before, now| drift.push(Drift::Constant { bound: bound.clone(), of: of.clone(), what, before, now });
            let (needed, proved) = (now.needed.map_or(f64::NAN, |(least, _)| least), now.coefficient.proved);
            if let Some(least) = before.needed.filter(|least| needed.is_nan() || needed < (1.0 - tolerance) * least) {
                differs("needed", least, needed);
            }
            if proved > before.proved {
                differs("proved", before.proved, proved);
            }
        }
        drift
    }
}
