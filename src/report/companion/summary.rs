//! A run in a page of Markdown: what a continuous integration shows beside a change.

use super::super::attack::below;
use super::super::{grouped, short};
use super::Companion;
use std::fmt::Write;

/// The text.
pub(super) fn summary(run: &Companion<'_>) -> String {
    let result = run.verified.result;
    let mut text = format!("# gradient-gap: {} of {} verdicts as expected\n\n", result.expected(), result.claims.len());
    let [instances, runs] = result.drawn().map(grouped);
    let _ = writeln!(
        text,
        "{instances} instances, {runs} runs of several updates, {} evaluations an attack, seed {}. Again: `{}`.\n",
        grouped(run.tightness.evaluations),
        run.tightness.seed,
        run.command
    );
    for claim in run.tightness.unexpected() {
        let _ = writeln!(
            text,
            "- **{}: the attack found what is not expected (expected: {})**\n",
            claim.statement.slug, claim.statement.expected
        );
    }
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
