//! `verify` as JSON, schema `gradient-gap/verify/1`.

use super::Verified;
use super::judged::elsewhere;
use crate::check::campaign::{ClaimResult, Spread};
use crate::check::certify::Count;
use crate::check::histogram::Histogram;
use crate::experiments::Observed;
use crate::number::Interval;
use serde_json::{Value, json};

/// A number in JSON: infinities are the strings "inf" and "-inf", NaN is null.
pub fn number(x: f64) -> Value {
    match x {
        f64::INFINITY => "inf".into(),
        f64::NEG_INFINITY => "-inf".into(),
        x if x.is_nan() => Value::Null,
        x => x.into(),
    }
}

/// The ends of an interval.
pub(super) fn ends(x: Interval) -> Value {
    json!([number(x.lo()), number(x.hi())])
}

/// A named quantity with its enclosure.
pub(super) fn quantity(name: &str, value: f64, enclosure: Interval) -> Value {
    json!({"name": name, "value": number(value), "enclosure": ends(enclosure)})
}

fn option(x: Option<f64>) -> Value {
    x.map_or(Value::Null, number)
}

/// The quantiles of a histogram: powers of ten where binary64 holds them, and their logarithms always.
fn quantiles(histogram: &Histogram) -> Value {
    let names = [("min", 0.0), ("p01", 0.01), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p99", 0.99), ("max", 1.0)];
    let pairs = names.map(|(name, q)| (name.to_string(), option(histogram.quantile_log10(q))));
    Value::Object(pairs.into_iter().collect())
}

/// How many instances intervals decided.
pub(super) fn count(count: &Count) -> Value {
    json!({"certified": count.certified, "refuted": count.refuted, "inconclusive": count.inconclusive,
           "outside": count.outside, "widest": number(count.widest)})
}

fn claim(result: &ClaimResult) -> Value {
    let statement = &result.claim.statement;
    let families: Vec<Value> = (result.families.iter())
        .map(|(name, tally)| {
            let worst = tally.worst.map(|(ratio, _)| ratio);
            json!({"name": name, "cases": tally.cases, "max_ratio": option(worst), "log10_ratio": quantiles(&tally.ratios)})
        })
        .collect();
    json!({
        "slug": statement.slug,
        "place": statement.place,
        "relation": statement.relation,
        "reading": statement.reading,
        "expected": statement.expected,
        "verdict": result.verdict,
        "as_expected": result.as_expected,
        "times": result.claim.times,
        "cases": result.cases,
        "max_ratio": option(result.max_ratio),
        "worst_case": result.worst_case.map(|decision| decision.to_string()),
        "attack": result.attacked.as_ref().map(|found| json!({
            "evaluations": found.evaluations,
            "refuted": found.violation.is_some(),
            "best_ratio": option(found.best.as_ref().map(|best| best.ratio)),
            "family": found.best.as_ref().map(|best| &best.family),
            "undecided": found.undecided,
        })),
        "certificates": result.certified.as_ref().map(|found| {
            let mut certificates = count(&found.random);
            certificates["hard"] = count(&found.hard);
            certificates
        }),
        "families": families,
        "outside": result.outside,
        "reason": result.reason,
        "witness": result.witness,
    })
}

/// An observation has the keys of a claim, and nothing was run for it.
fn observed(observed: &Observed) -> Value {
    json!({
        "slug": observed.slug,
        "place": observed.place,
        "relation": "observation",
        "reading": null,
        "expected": "observed",
        "verdict": "not-covered",
        "as_expected": true,
        "times": 0,
        "cases": 0,
        "max_ratio": null,
        "worst_case": null,
        "attack": null,
        "certificates": null,
        "families": [],
        "outside": {},
        "reason": elsewhere(observed),
        "witness": null,
    })
}

fn family(name: &str, spread: &Spread) -> Value {
    json!({
        "name": name,
        "instances": spread.cases,
        "log10_success_rate": quantiles(&spread.success),
        "log10_failure_rate": quantiles(&spread.failure),
        "log10_eta_sqrt_L": quantiles(&spread.step),
        "log10_max_length": quantiles(&spread.length),
    })
}

fn runs(name: &str, spread: &Spread) -> Value {
    json!({
        "name": name,
        "runs": spread.cases,
        "log10_success_rate": quantiles(&spread.success),
        "log10_failure_rate": quantiles(&spread.failure),
        "log10_updates": quantiles(&spread.updates),
        "log10_cumulative_alignment": quantiles(&spread.progress),
        "cumulative_alignment_at_least_4": spread.far,
    })
}

/// JSON of schema `gradient-gap/verify/1` with the keys `schema`, `version`, `seed`, `instances`, `seconds`, `as_expected`,
/// `claims`, `families` and `runs`.
///
/// A claim has its verdict with the numbers behind it; observations stand behind the claims, with the verdict `not-covered`.
/// `families` and `runs` say how instances were spread, by quantiles. Every float round-trips; [`number`] says how the
/// others are written.
pub fn verify_json(verified: &Verified<'_>) -> String {
    format!("{:#}\n", verify_document(verified))
}

pub(super) fn verify_document(verified: &Verified<'_>) -> Value {
    let result = verified.result;
    json!({
        "schema": "gradient-gap/verify/1",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": verified.campaign.seed,
        "instances": verified.campaign.instances,
        "seconds": verified.seconds,
        "as_expected": result.as_expected(),
        "claims": result.claims.iter().map(claim).chain(verified.observed.iter().map(|one| observed(one))).collect::<Vec<_>>(),
        "families": result.families.iter().map(|(name, spread)| family(name, spread)).collect::<Vec<_>>(),
        "runs": result.runs.iter().map(|(name, spread)| runs(name, spread)).collect::<Vec<_>>(),
    })
}
