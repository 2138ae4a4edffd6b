//! A run as one page that needs nothing else: a table to sort and filter, what is known of every claim, and the pictures.

use super::super::attack::{below, one_line};
use super::super::{grouped, short, short_log10};
use super::claim::smallest;
use super::{Companion, bounds, graph, picture};
use crate::check::attack::{Attack, Attacked};
use crate::check::campaign::{ClaimResult, Verdict};
use crate::check::tightness::Constant;
use crate::claims::used_in_proof;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A longer instance is cut out of the page, and named.
const MOST_JSON: usize = 20_000;

/// A column that can be sorted: title, key, whether the first click sorts downwards, whether it holds numbers.
const COLUMNS: [(&str, &str, bool, bool); 8] = [
    ("claim", "slug", false, false),
    ("place", "order", false, false),
    ("relation", "relation", false, false),
    ("verdict", "verdict", false, false),
    ("cases", "cases", true, true),
    ("worst at random", "worst", true, true),
    ("attacked", "attacked", true, true),
    ("proved by intervals", "proved", true, true),
];

/// A table of a title and whether numbers stand below it, by column.
fn table(columns: &[(&str, bool)], rows: &Markup) -> Markup {
    html! {
        div class="wide" { table {
            thead { tr { @for (title, numbers) in columns { th class=[numbers.then_some("num")] { (title) } } } }
            tbody { (rows) }
        } }
    }
}

/// A number that a script can compare; empty where there is none.
fn sortable(x: Option<f64>) -> String {
    match x {
        Some(x) if x.is_nan() => String::new(),
        Some(f64::INFINITY) => "1e309".into(), // read as Infinity
        Some(x) => x.to_string(),
        None => String::new(),
    }
}

/// The whole page.
pub(super) fn page(run: &Companion<'_>) -> String {
    let (expected, all) = (run.verified.result.expected(), run.verified.result.claims.len());
    let title = format!("gradient-gap: {expected} of {all} verdicts as expected");
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(concat!("gradient-gap ", env!("CARGO_PKG_VERSION")));
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                (header(run))
                (drift(run))
                (statements(run))
                (claims(run))
                (constants(run))
                (families(run))
                (observations(run))
                script { (PreEscaped(include_str!("script.js"))) }
            }
        }
    };
    markup.into_string()
}

fn header(run: &Companion<'_>) -> Markup {
    let result = run.verified.result;
    let (expected, all) = (result.expected(), result.claims.len());
    let [instances, runs] = result.drawn().map(grouped);
    let reached = |verdict: Verdict| result.claims.iter().filter(|claim| claim.verdict == verdict).count();
    let tiles = [
        (Verdict::NotRefuted, "not refuted, which is no proof"),
        (Verdict::Certified, "certified: what they say exists does"),
        (Verdict::Refuted, "refuted, by a certified counterexample"),
        (Verdict::Inconclusive, "inconclusive"),
        (Verdict::NotCovered, "not covered"),
    ];
    html! {
        header {
            h1 { "Statements of RLVR, checked" }
            p {
                "Each statement of “On the Optimization Dynamics of RLVR: Gradient Gap and Step Size Thresholds”, and of its companion, on exact policies. "
                @if expected == all { strong { (expected) " of " (all) " verdicts are as expected." } }
                @else { strong class="bad" { (all - expected) " of " (all) " verdicts are not as expected." } }
            }
            @for claim in run.tightness.unexpected() {
                p { strong class="bad" { (claim.statement.slug) ": the attack found what is not expected (expected: " (claim.statement.expected) ")." } }
            }
            ul class="tiles" {
                @for (verdict, what) in tiles {
                    @if reached(verdict) > 0 { li { b class=(verdict.name()) { (reached(verdict)) } (what) } }
                }
                li { b { (instances) } "instances of one step, and " (runs) " runs" }
            }
            dl {
                dt { "the same again" } dd { code { (run.command) } }
                dt { "seed" } dd { (run.tightness.seed) }
                dt { "evaluations an attack" } dd { (grouped(run.tightness.evaluations)) }
                dt { "version" } dd { (env!("CARGO_PKG_VERSION")) }
                @if let Some(machine) = run.machine {
                    dt { "machine" } dd { (machine.system) ", " (machine.processor) ", " (machine.threads) " threads, " (machine.build) }
                    dt { "wall time" } dd { (format!("{:.1} s", machine.seconds)) }
                }
            }
        }
    }
}

fn drift(run: &Companion<'_>) -> Markup {
    html! {
        @if let Some((baseline, drift)) = run.drift {
            h2 { "Against " code { (baseline) } }
            @if drift.is_empty() { p { "No verdict differs, and no bound is less used." } }
            @else { ul { @for drift in drift { li class="bad" { (drift) } } } }
        }
    }
}

fn statements(run: &Companion<'_>) -> Markup {
    let svg = graph::statements_svg(&run.verified.result.claims, &|slug| format!("#{slug}"));
    html! {
        h2 { "What rests on what" }
        figure class="wide" { (PreEscaped(svg)) }
    }
}

fn claims(run: &Companion<'_>) -> Markup {
    let verdicts = ["not-refuted", "certified", "refuted", "inconclusive", "not-covered", "unexpected"];
    html! {
        h2 { "Claims" }
        p class="soft" {
            "A ratio is what an instance gives over what the statement allows: above 1 it is refuted, near 1 no smaller constant would do. "
            "The bar: random instances above, the attack below."
        }
        div class="controls" hidden {
            input id="find" type="search" placeholder="find in names, places, formulas" aria-label="find";
            select id="verdict" aria-label="verdict" {
                option value="" { "every verdict" }
                @for verdict in verdicts { option value=(verdict) { (verdict.replace('-', " ")) } }
            }
            button id="open" type="button" { "open or close all" }
            span id="shown" class="soft" aria-live="polite" {}
        }
        div class="wide" {
            table id="claims" {
                thead {
                    tr {
                        @for (title, key, down, numbers) in COLUMNS {
                            th scope="col" class=[numbers.then_some("num")] data-key=(key) data-first=(if down { "down" } else { "up" }) aria-sort="none" {
                                button type="button" { (title) }
                            }
                        }
                    }
                }
                @for (order, (claim, (attack, found))) in run.claims().enumerate() { (one(order, claim, attack, found)) }
            }
        }
    }
}

fn one(order: usize, claim: &ClaimResult, attack: &Attack<'_>, found: &Attacked) -> Markup {
    let statement = &claim.claim.statement;
    let best = found.best().map(|best| found.reached(best));
    let attacked = if found.violated { Some(f64::INFINITY) } else { best };
    let counts = claim
        .certified
        .as_ref()
        .map(|found| [found.random.certified + found.hard.certified, found.random.cases() + found.hard.cases()]);
    let proved = counts.filter(|[_, all]| *all > 0).map(|[proved, all]| proved as f64 / all as f64);
    let text = format!("{} {} {} {}", statement.slug, statement.place, statement.formula, statement.assumptions.join(" "));
    let percent = |ratio: Option<f64>| format!("width:{:.2}%", 100.0 * ratio.unwrap_or(0.0).clamp(0.0, 1.0));
    html! {
        tbody id=(statement.slug) data-slug=(statement.slug) data-order=(order) data-relation=(statement.relation) data-verdict=(claim.verdict.name())
            data-ok=(u8::from(claim.as_expected)) data-cases=(claim.cases) data-worst=(sortable(claim.max_ratio)) data-attacked=(sortable(attacked))
            data-proved=(sortable(proved)) data-text=(text) {
            tr {
                td { a href={ "#" (statement.slug) } { strong { (statement.slug) } } }
                td data-label="place" { (statement.place) }
                td data-label="relation" { (statement.relation) }
                td data-label="verdict" {
                    span class={ "mark " (claim.verdict.name()) } { (claim.verdict) }
                    @if !claim.as_expected { " " span class="bad" { "UNEXPECTED" } }
                }
                td class="num" data-label="cases" { (grouped(claim.cases)) }
                td class="num" data-label="worst at random" { (claim.max_ratio.map_or("–".into(), short)) }
                td class="num" data-label="attacked" {
                    @if found.violated { "refuted" } @else { (best.map_or("–".into(), below)) }
                    span class="bar" title="share of the bound used: random instances above, the attack below" {
                        i style=(percent(attacked)) {}
                        i class="random" style=(percent(claim.max_ratio)) {}
                    }
                }
                td class="num" data-label="proved by intervals" { (counts.map_or("–".into(), |[proved, all]| format!("{} of {}", grouped(proved), grouped(all)))) }
            }
            tr class="more" { td colspan="8" { details { summary { (statement.formula) } (details(claim, attack, found)) } } }
        }
    }
}

fn details(claim: &ClaimResult, attack: &Attack<'_>, found: &Attacked) -> Markup {
    let statement = &claim.claim.statement;
    let svg = picture(attack, found);
    let uses = used_in_proof(statement);
    let bar = |ratio: f64| format!("width:{:.2}%", 100.0 * ratio.clamp(0.0, 1.0));
    html! {
        dl {
            dt { "assumptions" } dd { @if statement.assumptions.is_empty() { "none" } @else { (statement.assumptions.join(", ")) } }
            @if let Some(reading) = statement.reading { dt { "reading of the constants" } dd { (reading) } }
            @if !claim.claim.given.is_empty() {
                dt { "asked only where" } dd { @for (i, given) in claim.claim.given.iter().enumerate() { @if i > 0 { "; " } (given.name) } }
            }
            @if !uses.is_empty() {
                dt { "its proof uses" } dd { @for (i, used) in uses.iter().enumerate() { @if i > 0 { ", " } a href={ "#" (used.statement.slug) } { (used.statement.slug) } } }
            }
            @for (reason, count) in &claim.outside { dt { "outside" } dd { (grouped(*count)) ": " (reason) } }
            @if let Some(reason) = &claim.reason { dt { "reason" } dd class="bad" { (reason) } }
            dt { "statement and proof" } dd { code { "gradient-gap explain " (statement.slug) } }
        }
        @if !found.parts.is_empty() && !found.violated {
            h3 { "Parts" }
            @let columns = [("part", false), ("attacked", true), ("at least, by intervals", true), ("in", false)];
            (table(&columns, &html! {
                @for part in &found.parts {
                    tr {
                        td { (part.part) }
                        td class="num" { (below(found.reached(part))) span class="bar" { i style=(bar(found.reached(part))) {} } }
                        td class="num" { (bounds::least(found, part)) }
                        td { (part.family) }
                    }
                }
            }))
        }
        figure { img alt={ "How much of the bound of " (statement.slug) " random and attacking instances use" } src=(data_of(&svg)); }
        @if claim.families.iter().any(|(_, tally)| tally.cases > 0) {
            h3 { "Families" }
            @let columns = [("family", false), ("instances", true), ("largest share", true)];
            (table(&columns, &html! {
                @for (name, tally) in claim.families.iter().filter(|(_, tally)| tally.cases > 0) {
                    tr { td { (name) } td class="num" { (grouped(tally.cases)) } td class="num" { (tally.worst.map_or("–".into(), |(ratio, _)| short(ratio))) } }
                }
            }))
        }
        @if let Some((shows, instance)) = smallest(claim, found) {
            h3 { "The smallest witness found" }
            p { (shows) ". Stored in a file, " code { "gradient-gap replay FILE" } " shows every quantity and every claim on it." }
            @let json = one_line(instance);
            @if json.len() <= MOST_JSON { pre { (json) } } @else { p class="soft" { "It has " (json.len()) " characters, and stands in report.json." } }
        }
    }
}

/// A picture within the page. As text with what a URL may not hold replaced, it stays legible and small.
fn data_of(svg: &str) -> String {
    let mut out = String::from("data:image/svg+xml,");
    for c in svg.chars() {
        match c {
            '"' => out.push('\''),
            '\'' => out.push_str("%27"),
            '%' => out.push_str("%25"),
            '#' => out.push_str("%23"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn constants(run: &Companion<'_>) -> Markup {
    html! {
        h2 { "The constants of (16) and (22)" }
        p class="soft" { "The others held where they are proved to serve: the paper's value, the smallest that is proved, and the largest that an instance is certain to need." }
        @let columns = [("bound", false), ("coefficient of", false), ("paper", true), ("proved", true), ("needed, at least", true), ("in", false)];
        (table(&columns, &html! {
            @for Constant { coefficient, needed, .. } in &run.tightness.constants {
                tr {
                    td { (coefficient.bound) }
                    td { (coefficient.of) }
                    td class="num" { @if coefficient.paper.is_nan() { "–" } @else { (coefficient.paper) } }
                    td class="num" { (coefficient.proved) }
                    td class="num" { (needed.map_or("–".into(), |(least, _)| bounds::cut(least))) }
                    td { (needed.map_or("–", |(_, place)| place)) }
                }
            }
        }))
    }
}

fn families(run: &Companion<'_>) -> Markup {
    let result = run.verified.result;
    let at = |log10: Option<f64>| log10.map_or("–".into(), short_log10);
    html! {
        h2 { "Families" }
        @let columns = [("family", false), ("instances", true), ("J from", true), ("1 − J from", true), ("η√L median", true), ("to", true), ("T∞ to", true)];
        (table(&columns, &html! {
            @for (name, spread) in &result.families {
                tr {
                    td { (name) }
                    td class="num" { (grouped(spread.cases)) }
                    td class="num" { (at(spread.success.quantile_log10(0.0))) }
                    td class="num" { (at(spread.failure.quantile_log10(0.0))) }
                    td class="num" { (at(spread.step.quantile_log10(0.5))) }
                    td class="num" { (at(spread.step.quantile_log10(1.0))) }
                    td class="num" { (at(spread.length.quantile_log10(1.0))) }
                }
            }
        }))
        @let columns = [("family of runs", false), ("runs", true), ("updates to", true), ("M(K) median", true), ("to", true)];
        (table(&columns, &html! {
            @for (name, spread) in &result.runs {
                tr {
                    td { (name) }
                    td class="num" { (grouped(spread.cases)) }
                    td class="num" { (at(spread.updates.quantile_log10(1.0))) }
                    td class="num" { (at(spread.progress.quantile_log10(0.5))) }
                    td class="num" { (at(spread.progress.quantile_log10(1.0))) }
                }
            }
        }))
    }
}

fn observations(run: &Companion<'_>) -> Markup {
    html! {
        @if !run.verified.observed.is_empty() {
            h2 { "Observed, and judged elsewhere" }
            p class="soft" { "What the paper sees in its experiments is no theorem. Commands of their own judge it, by a criterion that they print." }
            @let columns = [("observation", false), ("place", false), ("said", false), ("judged by", false)];
            (table(&columns, &html! {
                @for observed in run.verified.observed {
                    tr { td { (observed.slug) } td { (observed.place) } td { (observed.said) } td { code { (observed.command) } } }
                }
            }))
        }
    }
}
