//! One run as files: a page to read, the numbers to compare, JUnit, a summary in Markdown, the pictures, and what the pages of
//! the claims quote.

mod bounds;
mod claim;
mod graph;
mod html;
mod summary;

use super::Verified;
use super::attack::{Attacks, attack_svg};
use super::json::{ends, number, verify_document};
use super::junit::report_junit;
use crate::check::attack::{Attack, Attacked};
use crate::check::baseline::{Drift, REPORT_SCHEMA};
use crate::check::campaign::ClaimResult;
use crate::check::tightness::{Constant, Tightness};
use crate::claims::{REGISTRY, used_in_proof};
use crate::error::Error;
use serde_json::{Value, json};

/// One run: a campaign, and an attack on every claim and every constant.
#[derive(Clone, Copy, Debug)]
pub struct Companion<'a> {
    /// The campaign.
    pub verified: Verified<'a>,
    /// The attacks.
    pub tightness: &'a Tightness,
    /// The command that gives the same files, in a folder of another name.
    pub command: &'a str,
    /// Where it was run, and how long it took; `None` where the files shall be the same on every machine.
    pub machine: Option<&'a Machine>,
    /// What differs from an earlier run, with its name; `None` where there is none to compare with.
    pub drift: Option<(&'a str, &'a [Drift])>,
}

/// Where and how a run took place.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The operating system.
    pub system: String,
    /// The processor.
    pub processor: String,
    /// Threads.
    pub threads: usize,
    /// How the program was built.
    pub build: String,
    /// Wall time, in seconds.
    pub seconds: f64,
}

impl Companion<'_> {
    /// The names of [`files`](Companion::files).
    pub fn names() -> Vec<String> {
        let fixed =
            ["index.html", "report.json", "junit.xml", "summary.md", "bounds.md", "statements.svg"].map(String::from);
        let slugs = REGISTRY.iter().map(|claim| claim.statement.slug);
        fixed.into_iter().chain(slugs.flat_map(|slug| [format!("{slug}.svg"), format!("{slug}.md")])).collect()
    }

    /// The files: names within a folder, and contents.
    ///
    /// # Errors
    /// Only if the XML writer fails.
    pub fn files(&self) -> Result<Vec<(String, String)>, Error> {
        let statements = graph::statements_svg(&self.verified.result.claims, &|slug| format!("../claims/{slug}.md"));
        // In the order of the names.
        let fixed = [
            html::page(self),
            self.json(),
            report_junit(self)?,
            summary::summary(self),
            bounds::page(self.tightness, self.command),
            statements,
        ];
        let of_claim = |(claim, (attack, found)): (&ClaimResult, &(Attack<'_>, Attacked))| {
            [picture(attack, found), claim::measured(claim, found, self)]
        };
        Ok(Companion::names().into_iter().zip(fixed.into_iter().chain(self.claims().flat_map(of_claim))).collect())
    }

    /// Every claim with its attack.
    fn claims(&self) -> impl Iterator<Item = (&ClaimResult, &(Attack<'static>, Attacked))> {
        self.verified.result.claims.iter().zip(&self.tightness.claims)
    }

    /// The whole, as JSON (schema `gradient-gap/report/1`); every float round-trips.
    pub fn json(&self) -> String {
        let mut verify = verify_document(&self.verified);
        if let (None, Some(verify)) = (self.machine, verify.as_object_mut()) {
            verify.remove("seconds");
        }
        let machine = self.machine.map(|machine| {
            json!({"system": machine.system, "processor": machine.processor, "threads": machine.threads,
                   "build": machine.build, "seconds": machine.seconds})
        });
        let constants = self.tightness.constants.iter().map(|Constant { coefficient, needed, .. }| {
            json!({"bound": coefficient.bound, "of": coefficient.of, "paper": number(coefficient.paper),
                   "proved": coefficient.proved, "needed": needed.map(|(least, _)| number(least)),
                   "in": needed.map(|(_, place)| place)})
        });
        let document = json!({
            "schema": REPORT_SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "command": self.command,
            "seed": self.tightness.seed,
            "evaluations": self.tightness.evaluations,
            "machine": machine,
            "verify": verify,
            "attacks": self.claims().map(|(claim, (_, found))| attacked(claim, found)).collect::<Vec<_>>(),
            "constants": constants.collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }
}

fn picture(attack: &Attack<'_>, found: &Attacked) -> String {
    attack_svg(&Attacks { attack, found, seconds: 0.0 })
}

fn attacked(claim: &ClaimResult, found: &Attacked) -> Value {
    let parts = found.parts.iter().map(|part| {
        json!({"name": part.part, "ratio": number(found.reached(part)), "enclosed": part.enclosed.map(ends),
               "decision": part.decision.to_string(), "family": part.family, "identity": part.identity, "side": part.side})
    });
    let at = |q: f64| found.random.quantile_log10(q).map_or(Value::Null, number);
    let statement = &claim.claim.statement;
    json!({
        "slug": statement.slug,
        "refuted": found.violated,
        "evaluations": found.evaluations,
        "undecided": found.undecided,
        "disagreements": found.disagreements,
        "log10_random": {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)},
        "uses": used_in_proof(statement).iter().map(|used| used.statement.slug).collect::<Vec<_>>(),
        "parts": parts.collect::<Vec<_>>(),
        "witness": found.witness,
    })
}
