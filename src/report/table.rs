//! `verify` as a table.

use super::judged::elsewhere;
use super::style::{Style, Tone};
use super::{Verified, finish, grouped, new_table, short, short_log10};
use crate::check::campaign::{ClaimResult, Spread, Verdict};
use crate::check::certify::{CertifiedClaim, Count};
use crate::check::histogram::Histogram;
use crate::claims::Expected;
use crate::families;
use comfy_table::{Cell, CellAlignment};
use std::fmt::Write;

/// One line a family of runs: how long they are, and how far they go.
fn runs(families: &[(&'static str, Spread)]) -> comfy_table::Table {
    let mut table = new_table(&["family of runs", "runs", "updates to", "M(K) 5 %", "median", "to", "M(K) ≥ 4"]);
    let at = |histogram: &Histogram, q: f64| histogram.quantile_log10(q).map_or("–".into(), short_log10);
    for (name, spread) in families {
        table.add_row(vec![
            (*name).to_string(),
            grouped(spread.cases),
            spread.updates.quantile_log10(1.0).map_or("–".into(), |log10| format!("{:.0}", pxfm::f_exp10(log10))),
            at(&spread.progress, 0.05),
            at(&spread.progress, 0.5),
            at(&spread.progress, 1.0),
            format!("{:.0} %", 100.0 * spread.far as f64 / spread.cases as f64),
        ]);
    }
    table
}

/// The largest ratio that the short attack found.
fn attacked(claim: &ClaimResult) -> String {
    match claim.attacked.as_ref() {
        Some(found) if found.violation.is_some() => "refuted".into(),
        Some(found) => found.best.as_ref().map_or("–".into(), |best| short(best.ratio)),
        None => "–".into(),
    }
}

/// How many instances intervals decide in the claim's favour, random and hard ones.
fn certified(claim: &ClaimResult) -> String {
    let count = |CertifiedClaim { random, hard, .. }: &CertifiedClaim| {
        let (certified, cases) = (random.certified + hard.certified, random.cases() + hard.cases());
        format!("{} of {}", grouped(certified), grouped(cases))
    };
    claim.certified.as_ref().map_or("–".into(), count)
}

/// What a verdict means.
pub(super) fn tone(claim: &ClaimResult) -> Tone {
    match claim.verdict {
        _ if !claim.as_expected => Tone::Bad,
        Verdict::Refuted => Tone::Noted,
        Verdict::NotRefuted | Verdict::Certified => Tone::Good,
        Verdict::Inconclusive | Verdict::NotCovered => Tone::Plain,
    }
}

/// One line a claim, one line a family, and what was and was not established.
pub fn verify_table(verified: &Verified<'_>, style: Style) -> String {
    let result = verified.result;
    let mut claims = new_table(&[
        "claim",
        "place",
        "verdict",
        "expected",
        "",
        "cases",
        "outside",
        "worst ratio",
        "by intervals",
        "attacked",
        "certified",
    ]);
    for claim in &result.claims {
        let statement = &claim.claim.statement;
        let worst = claim.worst_case.map_or("–".into(), |decision| decision.to_string());
        claims.add_row(vec![
            Cell::new(statement.slug),
            Cell::new(statement.place),
            Cell::new(style.cell(tone(claim), claim.verdict)),
            Cell::new(statement.expected),
            Cell::new(style.cell(Tone::established(claim.as_expected), if claim.as_expected { "ok" } else { "UNEXPECTED" })),
            Cell::new(grouped(claim.cases)).set_alignment(CellAlignment::Right),
            Cell::new(grouped(claim.outside.values().sum())).set_alignment(CellAlignment::Right),
            Cell::new(claim.max_ratio.map_or("–".into(), short)).set_alignment(CellAlignment::Right),
            Cell::new(worst),
            Cell::new(attacked(claim)).set_alignment(CellAlignment::Right),
            Cell::new(certified(claim)).set_alignment(CellAlignment::Right),
        ]);
    }
    for observed in verified.observed {
        let cells = [observed.slug, observed.place, "not-covered", "observed", "ok", "0", "–", "–", "–", "–", "–"];
        let aligned = |(i, cell)| match i {
            5.. if i != 8 => Cell::new(cell).set_alignment(CellAlignment::Right),
            _ => Cell::new(cell),
        };
        claims.add_row(cells.into_iter().enumerate().map(aligned));
    }
    let mut families = new_table(&["family", "instances", "J from", "1-J from", "η√L 5 %", "median", "to", "T∞ to"]);
    let at = |histogram: &Histogram, q: f64| histogram.quantile_log10(q).map_or("–".into(), short_log10);
    for (name, spread) in &result.families {
        families.add_row(vec![
            (*name).to_string(),
            grouped(spread.cases),
            at(&spread.success, 0.0),
            at(&spread.failure, 0.0),
            at(&spread.step, 0.05),
            at(&spread.step, 0.5),
            at(&spread.step, 1.0),
            spread.length.quantile_log10(1.0).map_or("–".into(), |log10| format!("{:.0}", pxfm::f_exp10(log10))),
        ]);
    }
    let mut text = finish(&claims);
    for claim in &result.claims {
        let slug = claim.claim.statement.slug;
        if let Some(witness) = &claim.witness {
            let _ = writeln!(text, "{slug}: refuted by {}", witness.summary());
        }
        if let Some(reason) = &claim.reason {
            let _ = writeln!(text, "{slug}: {reason}");
        }
    }
    for observed in verified.observed {
        let _ = writeln!(text, "{}: {}", observed.slug, elsewhere(observed));
    }
    if result.claims.is_empty() {
        return text;
    }
    text.push('\n');
    text += &finish(&families);
    text.push('\n');
    if !result.runs.is_empty() {
        text += &finish(&runs(&result.runs));
        let apart = |name: &str| families::collapse::NAMES.contains(&name);
        let ordinary = result.runs.iter().filter(|(name, _)| !apart(name)).map(|(_, spread)| spread);
        let (far, all) = ordinary.fold((0, 0), |(far, all), spread| (far + spread.far, all + spread.cases));
        let share = 100.0 * far as f64 / all.max(1) as f64;
        let (far, all) = (grouped(far), grouped(all));
        let _ = writeln!(text, "M(K) ≥ 4 in {far} of {all} runs ({share:.0} %), the collapse constructions apart.\n");
    }
    let [instances, runs] = result.drawn();
    let _ = writeln!(
        text,
        "{} of {} verdicts as expected; {} instances, {} runs, seed {}, {:.1} s.",
        result.expected(),
        result.claims.len(),
        grouped(instances),
        grouped(runs),
        verified.campaign.seed,
        verified.seconds
    );
    let reached = |verdict: Verdict| result.claims.iter().filter(|claim| claim.verdict == verdict).count();
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { " is" } else { "s are" });
    let _ = writeln!(
        text,
        "Established: {} refuted, by a counterexample certified in interval arithmetic; {} certified in the same manner, by runs of \
         finitely many steps. Not established: that a statement \"not refuted\" is true; no instance of these families violated it.",
        counted(reached(Verdict::Refuted), "statement"),
        counted(reached(Verdict::Certified), "existence statement")
    );
    let holding = result.claims.iter().filter(|claim| claim.claim.statement.expected == Expected::Holds);
    let counts: Vec<&CertifiedClaim> = holding.filter_map(|claim| claim.certified.as_ref()).collect();
    if !counts.is_empty() {
        let total = |of: fn(&Count) -> u64| grouped(counts.iter().map(|count| of(&count.random) + of(&count.hard)).sum());
        let _ = writeln!(
            text,
            "Certified by interval arithmetic, every constant enclosed over the whole step, are instances and not the theorems: {} \
             comparisons of an instance with a statement that holds, {} open, {} refuted. No number of them proves one.",
            total(|count| count.certified),
            total(|count| count.inconclusive),
            total(|count| count.refuted),
        );
    }
    text
}
