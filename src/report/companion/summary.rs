//! A run in a page of Markdown: what a continuous integration shows beside a change.

use super::super::attack::below;
use super::super::{grouped, short};
use super::Companion;
use crate::check::campaign::Spread;
use std::fmt::Write;

/// The text.
pub(super) fn summary(run: &Companion<'_>) -> String {
    let (expected, all) = run.expected();
    let mut text = format!("# gradient-gap: {expected} of {all} verdicts as expected\n\n");
    let count = |families: &[(&str, Spread)]| grouped(families.iter().map(|(_, spread)| spread.cases).sum());
    let result = run.verified.result;
    let _ = writeln!(
        text,
        "{} instances, {} runs of several updates, {} evaluations an attack, seed {}. Again: `{}`.\n",
        count(&result.families),
        count(&result.runs),
        grouped(run.tightness.evaluations),
        run.tightness.seed,
        run.command
    );
    if let Some((baseline, drift)) = run.drift {
        let _ = match drift.is_empty() {
            true => writeln!(text, "Against {baseline}: no verdict differs and no bound is less used.\n"),
            false => writeln!(text, "Against {baseline}:\n"),
        };
        for drift in drift {
            let _ = writeln!(text, "- **{drift}**");
        }
        if !drift.is_empty() {
            text.push('\n');
        }
    }
    text += "| claim | place | verdict | | cases | worst ratio | attacked |\n|---|---|---|---|---|---|---|\n";
    for (claim, (_, found)) in run.claims() {
        let statement = &claim.claim.statement;
        let attacked = match (found.violated, found.best()) {
            (true, _) => "refuted".into(),
            (_, Some(best)) => below(found.reached(best)),
            _ => "–".into(),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {attacked} |",
            statement.slug,
            statement.place,
            claim.verdict,
            if claim.as_expected { "ok" } else { "**UNEXPECTED**" },
            grouped(claim.cases),
            claim.max_ratio.map_or("–".into(), short),
        );
    }
    text += "\nNot refuted is no proof: no instance of these families violates the statement.\n";
    text
}
