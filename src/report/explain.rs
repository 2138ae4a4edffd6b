//! `list` and `explain`: what the registry holds, for people.

use super::judged::wrapped;
use super::style::Style;
use super::table::tone;
use super::{finish, grouped, new_table, short};
use crate::check::campaign::ClaimResult;
use crate::claims::{ClaimEntry, REGISTRY};
use crate::experiments::{self, Observed};
use std::fmt::Write;

/// Text: a row for every claim of the registry with slug, place, relation, assumptions, reading of the constants and
/// expected verdict; then a row for every observation of the experiments.
pub fn list() -> String {
    let mut table = new_table(&["claim", "place", "relation", "assumptions", "reading", "expected"]);
    for claim in REGISTRY {
        let statement = &claim.statement;
        table.add_row(vec![
            statement.slug.to_string(),
            statement.place.to_string(),
            statement.relation.to_string(),
            if statement.assumptions.is_empty() { "–".into() } else { statement.assumptions.join(", ") },
            statement.reading.map_or("–".into(), |reading| reading.to_string()),
            statement.expected.to_string(),
        ]);
    }
    for observed in experiments::observed() {
        table.add_row([observed.slug, observed.place, "observation", "–", "–", "observed"]);
    }
    finish(&table)
        + "\nReading of the constants: seg = along w on the segment [θ, θ+ηw]; line = along w on the whole line; glob = norms \
           over all θ.\n`gradient-gap explain CLAIM` prints a claim's page; what is observed is judged by the command that \
           it names.\n"
}

/// Text: the slug and place of an observation, what the paper says, the criterion, and the command that judges it.
pub fn explain_observed(observed: &Observed) -> String {
    let Observed { slug, place, said, command, criterion } = observed;
    let [said, criterion] = [wrapped(&format!("“{said}”")), wrapped(criterion)];
    format!("{slug}, {place}\n\n{said}\n\nCriterion:\n\n{criterion}\n\nJudged by `{command}`.\n")
}

/// Text: the claim's page, its formula and hypotheses, and the verdict of the campaign in `result`, which was run with so
/// many `instances` and this `seed`.
pub fn explain(claim: &ClaimEntry, result: &ClaimResult, instances: u64, seed: u64, style: Style) -> String {
    let statement = &claim.statement;
    let mut text = format!("{}\n\n", statement.page.trim_end());
    let _ = writeln!(text, "## In one line\n\n{}", statement.formula);
    if !claim.given.is_empty() {
        let _ = writeln!(text, "\nHypotheses, each checked on every instance:\n");
        claim.given.iter().for_each(|hypothesis| {
            let _ = writeln!(text, "- {}", hypothesis.name);
        });
    }
    if !claim.sharp.is_empty() {
        let _ = writeln!(
            text,
            "\nNo smaller constants would do, as an attack shows (`gradient-gap attack {}`), in:\n",
            statement.slug
        );
        claim.sharp.iter().for_each(|part| {
            let _ = writeln!(text, "- {part}");
        });
    }
    let _ = writeln!(
        text,
        "\n## Verdict\n\n{} (expected: {}); {} of {} instances covered, worst ratio {}; seed {seed}, run just now.",
        style.word(tone(result), result.verdict),
        statement.expected,
        grouped(result.cases),
        grouped(instances),
        result.max_ratio.map_or("none".into(), short),
    );
    if let Some(best) = result.attacked.as_ref().and_then(|found| found.best.as_ref()) {
        let _ = writeln!(text, "A short attack reached {} ({}, {}).", short(best.ratio), best.part, best.family);
    }
    for (name, count) in &result.outside {
        let _ = writeln!(text, "{} outside: {name}.", grouped(*count));
    }
    if let Some(witness) = &result.witness {
        let _ = writeln!(text, "Counterexample: {}", witness.summary());
    }
    if let Some(reason) = &result.reason {
        let _ = writeln!(text, "Reason: {reason}");
    }
    let slug = statement.slug;
    let _ = writeln!(text, "\nPage: docs/claims/{slug}.md. All instances: `gradient-gap verify {slug}`.");
    text
}
