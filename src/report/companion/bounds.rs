//! How much of every bound random and attacking instances use: a page with two tables.

use super::super::attack::below;
use super::super::{short, short_log10};
use crate::check::attack::{Attacked, Reached};
use crate::check::tightness::{Constant, Tightness};
use crate::claims::Expected;
use crate::number::Interval;
use std::fmt::Write;

/// Five digits, cut and not rounded.
pub(super) fn cut(x: f64) -> String {
    format!("{:.5}", (x * 1e5).floor() / 1e5)
}

/// A ratio that is certain.
pub(super) fn certain(low: Option<f64>) -> String {
    match low {
        Some(low) if low >= 1e-3 => cut(low.min(1.0)),
        Some(low) if low > 0.0 => short(low),
        _ => "–".into(),
    }
}

/// What is certain of a part's ratio.
pub(super) fn least(found: &Attacked, part: &Reached) -> String {
    match part.identity {
        true => "–".into(),
        false if found.best().is_some_and(|best| best.part == part.part) => certain(found.certain()),
        false => certain(part.enclosed.map(Interval::lo)),
    }
}

/// The page, whose pictures stand beside it.
pub(super) fn page(tightness: &Tightness, command: &str) -> String {
    let mut page = String::from("# How much of the bounds is used\n\n");
    let _ = writeln!(
        page,
        "Made by `{command}`; every number is a ratio computed/claimed. *Random* points are those that an attack begins with; \
         *attacked* is the largest ratio that it reached from them, without being shown the known equality cases; *at least* is what \
         intervals make certain of it (at the point itself or at its simplest form), the constants enclosed over the whole segment \
         (for identities, where the ratio is an error over its tolerance in binary64, there is nothing to enclose). A ratio near 1 \
         says that no smaller constant would do; a small one says only that the search found nothing better. An attack ends where it \
         refutes a statement.\n"
    );
    page += "| claim | part | random, median | random, 99 % | attacked | at least | in |\n|---|---|---|---|---|---|---|\n";
    for (attack, found) in &tightness.claims {
        let statement = &attack.claim.statement;
        let slug = statement.slug;
        let at = |q: f64| found.random.quantile_log10(q).map_or("–".into(), short_log10);
        let linked = format!("[{slug}](../claims/{slug}.md) ([picture]({slug}.svg))");
        if statement.expected == Expected::Fails {
            let _ = writeln!(page, "| {linked} | | {} | {} | refuted | | |", at(0.5), at(0.99));
            continue;
        }
        for (i, part) in found.parts.iter().enumerate() {
            let (name, median, high) = match i {
                0 => (linked.clone(), at(0.5), at(0.99)),
                _ => (String::new(), String::new(), String::new()),
            };
            let _ = writeln!(
                page,
                "| {name} | {} | {median} | {high} | {} | {} | {} |",
                part.part.replace('|', "\\|"),
                below(found.reached(part)),
                least(found, part),
                part.family
            );
        }
    }
    page += "\n## The constants of (16) and (22)\n\nFor every coefficient, the others held where they are proved to serve: the paper's \
             value, the smallest that is proved to serve, and the largest that some instance is certain to need.\n\n\
             | bound | coefficient of | paper | proved | needed, at least | in |\n|---|---|---|---|---|---|\n";
    for Constant { coefficient, needed, .. } in &tightness.constants {
        let paper = if coefficient.paper.is_nan() { "–".into() } else { coefficient.paper.to_string() };
        let _ = writeln!(
            page,
            "| {} | {} | {paper} | {} | {} | {} |",
            coefficient.bound.replace('|', "\\|"),
            coefficient.of,
            coefficient.proved,
            needed.map_or("–".into(), |(least, _)| cut(least)),
            needed.map_or("–", |(_, place)| place),
        );
    }
    page
}
