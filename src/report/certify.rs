//! `certify` as a table and as JSON, schema `gradient-gap/certify/1`.

use super::json::{count, number};
use super::style::{Style, Tone};
use super::{finish, grouped, new_table, short};
use crate::check::boxes::{Boxed, Verdict};
use crate::check::campaign::Campaign;
use crate::check::certify::{CertifiedClaim, Count};
use crate::claims::Expected;
use comfy_table::{Cell, CellAlignment};
use serde_json::json;
use std::fmt::Write;

/// Finished certificates with what is needed to make them again.
#[derive(Clone, Copy, Debug)]
pub struct Certifications<'a> {
    /// The campaign whose claims and instances were decided.
    pub campaign: &'a Campaign<'a>,
    /// What certificates say of each claim, in the order of the campaign.
    pub claims: &'a [CertifiedClaim],
    /// The boxes of these claims, with what was found on each.
    pub boxes: &'a [Boxed],
    /// Wall time in seconds.
    pub seconds: f64,
}

impl Certifications<'_> {
    /// Whether all counts are what the mathematics says ([`CertifiedClaim::as_expected`]), and every box is proved.
    pub fn as_expected(&self) -> bool {
        let proved = |boxed: &Boxed| boxed.outcome.verdict == Verdict::Proved;
        self.claims.iter().all(CertifiedClaim::as_expected) && self.boxes.iter().all(proved)
    }
}

/// How many of so many, in per cent, cut and not rounded.
fn share(count: &Count) -> String {
    match count.cases() {
        0 => "–".into(),
        cases => format!("{:.2} %", (1e4 * count.certified as f64 / cases as f64).floor() / 100.0),
    }
}

/// One line a claim, and what is and is not established.
pub fn certify_table(certifications: &Certifications<'_>, style: Style) -> String {
    let Certifications { campaign, claims, boxes, seconds } = certifications;
    let mut table = new_table(&[
        "claim",
        "expected",
        "",
        "certified",
        "share",
        "refuted",
        "inconclusive",
        "widest",
        "hard: certified",
        "refuted",
        "inconclusive",
    ]);
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    for claim in claims.iter() {
        let CertifiedClaim { random, hard, .. } = claim;
        let (widest, ok) = (random.widest.max(hard.widest), claim.as_expected());
        table.add_row(vec![
            Cell::new(claim.claim.statement.slug),
            Cell::new(claim.claim.statement.expected),
            Cell::new(style.cell(Tone::established(ok), if ok { "ok" } else { "UNEXPECTED" })),
            right(grouped(random.certified)),
            right(share(random)),
            right(grouped(random.refuted)),
            right(grouped(random.inconclusive)),
            right(if widest > 0.0 { short(widest) } else { "–".into() }),
            right(grouped(hard.certified)),
            right(grouped(hard.refuted)),
            right(grouped(hard.inconclusive)),
        ]);
    }
    let mut text = finish(&table);
    let holding = || claims.iter().filter(|claim| claim.claim.statement.expected == Expected::Holds);
    let total = |of: fn(&Count) -> u64| holding().map(|claim| of(&claim.random) + of(&claim.hard)).sum::<u64>();
    let _ = writeln!(
        text,
        "\nhard: the edge sets and what attacks end with. widest: the largest width of an enclosed ratio that intervals left open.\n\
         {} certificates, {} refutations and {} open cases of the {} statements that hold; seed {}, {seconds:.1} s.\n\
         Certified are these instances, each by interval arithmetic with every constant enclosed over the whole step; no number of \
         them proves a theorem.",
        grouped(total(|count| count.certified)),
        grouped(total(|count| count.refuted)),
        grouped(total(|count| count.inconclusive)),
        holding().count(),
        campaign.seed,
    );
    if !boxes.is_empty() {
        text += &super::boxes::table(boxes, style);
    }
    text
}

/// JSON of schema `gradient-gap/certify/1` with the keys `schema`, `version`, `seed`, `instances`, `attack`, `seconds`,
/// `as_expected`, `claims` and `boxes`.
///
/// A claim has the numbers of a [`Count`] of random instances, those of hard ones under `hard` and by family under
/// `families`; a box has its variables, its verdict and what it took. Every float round-trips; [`number`] says how the
/// others are written.
pub fn certify_json(certifications: &Certifications<'_>) -> String {
    let Certifications { campaign, claims, boxes, seconds } = certifications;
    let claim = |claim: &CertifiedClaim| {
        let CertifiedClaim { random, hard, .. } = claim;
        let families = claim.families.iter().map(|(name, found)| {
            let mut found = count(found);
            found["name"] = (*name).into();
            found
        });
        json!({
            "slug": claim.claim.statement.slug,
            "expected": claim.claim.statement.expected,
            "as_expected": claim.as_expected(),
            "certified": random.certified,
            "refuted": random.refuted,
            "inconclusive": random.inconclusive,
            "outside": random.outside,
            "widest": number(random.widest),
            "hard": count(hard),
            "families": families.collect::<Vec<_>>(),
        })
    };
    let document = json!({
        "schema": "gradient-gap/certify/1",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": campaign.seed,
        "instances": campaign.instances,
        "attack": campaign.attack,
        "seconds": seconds,
        "as_expected": certifications.as_expected(),
        "claims": claims.iter().map(claim).collect::<Vec<_>>(),
        "boxes": boxes.iter().map(super::boxes::json).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}
