//! What a claim's page quotes of a run: verdict, ratios, picture, the smallest witness, code and tests.

use super::super::attack::{below, one_line};
use super::super::{grouped, short};
use super::{Companion, bounds};
use crate::check::attack::Attacked;
use crate::check::campaign::ClaimResult;
use crate::instance::Instance;
use std::fmt::Write;

/// A larger instance is not printed.
pub(super) const MOST_PRINTED: usize = 1200;

/// The text of a cell: no bar ends it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The smallest instance that an attack or a campaign knows: what it shows, and itself.
pub(super) fn smallest<'r>(claim: &'r ClaimResult, found: &'r Attacked) -> Option<(String, &'r Instance)> {
    let witnesses = found.witness.iter().chain(claim.witness.iter().filter(|_| found.violated));
    let simplest = witnesses.map(|witness| (witness, witness.simplified.as_ref().unwrap_or(&witness.instance)));
    let (witness, instance) = simplest.min_by_key(|(_, instance)| one_line(instance).len())?;
    let share = match (found.violated, found.simplified, found.best()) {
        (true, ..) => "It refutes the statement, certified by intervals".to_string(),
        (_, Some(share), _) if share.lo() > 0.0 => {
            format!("It uses at least {} of the bound", bounds::certain(Some(share.lo())))
        }
        (.., Some(best)) => format!("It uses {} of the bound", below(best.ratio)),
        _ => "It is what the search ended with".to_string(),
    };
    Some((format!("{share} (part: {})", witness.part), instance))
}

/// The text.
pub(super) fn measured(claim: &ClaimResult, found: &Attacked, run: &Companion<'_>) -> String {
    let statement = &claim.claim.statement;
    let slug = statement.slug;
    let mut text = String::from("## Measured\n\n");
    let _ = writeln!(
        text,
        "Verdict: **{}**{}. By `{}`.\n",
        claim.verdict,
        if claim.as_expected { "" } else { " (UNEXPECTED)" },
        run.command
    );
    let intervals = claim.certified.as_ref();
    let count = |of: fn(&crate::check::certify::CertifiedClaim) -> [u64; 2]| intervals.map_or([0; 2], of);
    let [random, random_all] = count(|found| [found.random.certified, found.random.cases()]);
    let [hard, hard_all] = count(|found| [found.hard.certified, found.hard.cases()]);
    let outside: u64 = claim.outside.values().sum();
    text += "| in this run | |\n|---|---|\n";
    let _ = writeln!(text, "| instances on which it speaks | {} (and {} outside) |", grouped(claim.cases), grouped(outside));
    let worst = claim.max_ratio.map_or("–".into(), short);
    let by = claim.worst_case.map_or(String::new(), |decision| format!(", by intervals: {decision}"));
    let _ = writeln!(text, "| largest share of the bound used there | {worst}{by} |");
    let _ = writeln!(text, "| proved by intervals, of random instances | {} of {} |", grouped(random), grouped(random_all));
    let _ = writeln!(text, "| of edge cases and what attacks end with | {} of {} |", grouped(hard), grouped(hard_all));
    let _ = writeln!(text, "| points that the attack evaluated | {} |", grouped(found.evaluations));
    for (reason, count) in &claim.outside {
        let _ = writeln!(text, "| outside: {} | {} |", cell(reason), grouped(*count));
    }
    if !found.parts.is_empty() && !found.violated {
        text += "\n| part | attacked | at least, by intervals | in |\n|---|---|---|---|\n";
        for part in &found.parts {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                cell(part.part),
                below(found.reached(part)),
                bounds::least(found, part),
                part.family
            );
        }
    }
    if !claim.families.is_empty() {
        text += "\n| family | instances | largest share |\n|---|---|---|\n";
        for (name, tally) in claim.families.iter().filter(|(_, tally)| tally.cases > 0) {
            let worst = tally.worst.map_or("–".into(), |(ratio, _)| short(ratio));
            let _ = writeln!(text, "| {name} | {} | {worst} |", grouped(tally.cases));
        }
    }
    let _ = writeln!(text, "\n![How much of the bound random and attacking instances use](../report/{slug}.svg)");
    if let Some((shows, instance)) = smallest(claim, found) {
        let json = one_line(instance);
        let _ = match json.len() <= MOST_PRINTED {
            true => writeln!(
                text,
                "\nThe smallest witness found. {shows}; `gradient-gap replay -` reads it.\n\n```json\n{json}\n```"
            ),
            false => writeln!(
                text,
                "\nThe smallest witness found is too large to be printed here: [report.json](../report/report.json) has it, under \
                 `attacks`. {shows}."
            ),
        };
    }
    let file = slug.replace('-', "_");
    let _ = writeln!(
        text,
        "\nCode: [src/claims/{file}.rs](../../src/claims/{file}.rs). Tests: [tests/claims/{file}.rs](../../tests/claims/{file}.rs)."
    );
    text
}
