//! Which statement's proof uses which: a picture whose boxes are links, coloured by verdict.
//!
//! Statements stand in columns: one that uses no other in the first, every other one column after the last that it uses. Within
//! a column they are ordered by the mean place of their neighbours, to and fro, which leaves few crossings.

use super::super::axes::{escape, sheet};
use crate::check::campaign::{ClaimResult, Verdict};
use crate::claims::{Expected, corrected_by, used_in_proof};
use std::fmt::Write;

const WIDE: f64 = 182.0;
const TALL: f64 = 26.0;
const BETWEEN_COLUMNS: f64 = 66.0;
const BETWEEN_ROWS: f64 = 12.0;
const MARGIN: f64 = 20.0;
/// Where the columns begin, below the title and the legend.
const TOP: f64 = 84.0;
/// Columns in which statements stand that use none and are used by none.
const APART: usize = 5;
/// How often columns are put in order.
const SWEEPS: usize = 24;

/// A verdict's colours: of the box and of its edge.
pub(super) fn colours(verdict: Verdict) -> [&'static str; 2] {
    match verdict {
        Verdict::NotRefuted => ["#e3f2e6", "#2e7d43"],
        Verdict::Certified => ["#e2edfa", "#1f5fa8"],
        Verdict::Refuted => ["#fbe4e2", "#b3362b"],
        Verdict::Inconclusive => ["#fdf1d8", "#a86a00"],
        Verdict::NotCovered => ["#eeeeee", "#777777"],
    }
}

/// A place in a column: a statement, or a point that a long edge goes through.
struct Place {
    claim: Option<usize>,
    column: usize,
    /// Neighbours in the column before and in the one after.
    before: Vec<usize>,
    after: Vec<usize>,
    y: f64,
}

/// The columns, and for every use the chain of places from the statement that is used to the one that uses it.
struct Layout {
    places: Vec<Place>,
    columns: Vec<Vec<usize>>,
    chains: Vec<(Vec<usize>, bool)>,
}

/// Pairs of a statement and one that uses it; true where it is only the corrected form.
fn edges(claims: &[ClaimResult]) -> Vec<(usize, usize, bool)> {
    let at = |slug: &str| claims.iter().position(|claim| claim.claim.statement.slug == slug);
    let mut edges = Vec::new();
    for (user, claim) in claims.iter().enumerate() {
        let statement = &claim.claim.statement;
        let used = used_in_proof(statement).into_iter().map(|used| (used, false));
        let false_as_printed = statement.expected == Expected::Fails;
        let corrected = corrected_by(statement).into_iter().filter(|_| false_as_printed).map(|used| (used, true));
        for (used, dashed) in used.chain(corrected) {
            let Some(used) = at(used.statement.slug) else { continue };
            if edges.iter().all(|&(a, b, _)| (a, b) != (used, user)) {
                edges.push((used, user, dashed));
            }
        }
    }
    edges
}

impl Layout {
    fn new(count: usize, edges: &[(usize, usize, bool)]) -> Layout {
        // As many rounds as there are statements reach every column of a graph without circles, and end in one with them.
        let mut column = vec![0; count];
        for _ in 0..count {
            for &(used, user, _) in edges {
                column[user] = column[user].max((column[used] + 1).min(count));
            }
        }
        let connected = |i: usize| edges.iter().any(|&(used, user, _)| used == i || user == i);
        let place = |claim, column| Place { claim, column, before: vec![], after: vec![], y: 0.0 };
        let mut places: Vec<Place> = (0..count).map(|i| place(Some(i), column[i])).collect();
        let mut chains = Vec::new();
        for &(used, user, dashed) in edges {
            let mut chain = vec![used];
            for between in column[used] + 1..column[user] {
                chain.push(places.len());
                places.push(place(None, between));
            }
            chain.push(user);
            for pair in chain.windows(2) {
                places[pair[0]].after.push(pair[1]);
                places[pair[1]].before.push(pair[0]);
            }
            chains.push((chain, dashed));
        }
        let last = places.iter().map(|place| place.column).max().unwrap_or(0);
        let mut columns = vec![vec![]; last + 1];
        for (i, place) in places.iter().enumerate().filter(|&(i, _)| i >= count || connected(i)) {
            columns[place.column].push(i);
        }
        let mut layout = Layout { places, columns, chains };
        layout.order();
        layout
    }

    /// Orders every column and gives every place its height.
    fn order(&mut self) {
        let space = |place: &Place| if place.claim.is_some() { TALL + BETWEEN_ROWS } else { BETWEEN_ROWS };
        let stack = |places: &mut [Place], column: &[usize]| {
            let mut y = 0.0;
            for &i in column {
                places[i].y = y + 0.5 * space(&places[i]);
                y += space(&places[i]);
            }
            let middle = 0.5 * y;
            column.iter().for_each(|&i| places[i].y -= middle);
        };
        self.columns.iter().for_each(|column| stack(&mut self.places, column));
        for sweep in 0..SWEEPS {
            let forth = sweep % 2 == 0;
            let count = self.columns.len();
            for step in 1..count {
                let c = if forth { step } else { count - 1 - step };
                let wanted = |i: usize| {
                    let place = &self.places[i];
                    let near = if forth { &place.before } else { &place.after };
                    let mean = near.iter().map(|&j| self.places[j].y).sum::<f64>() / near.len().max(1) as f64;
                    if near.is_empty() { place.y } else { mean }
                };
                let mut keyed: Vec<(f64, usize)> = self.columns[c].iter().map(|&i| (wanted(i), i)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.columns[c] = keyed.into_iter().map(|(_, i)| i).collect();
                stack(&mut self.places, &self.columns[c]);
            }
        }
    }
}

/// The picture; `link` gives where a statement's box leads.
pub(super) fn statements_svg(claims: &[ClaimResult], link: &dyn Fn(&str) -> String) -> String {
    let layout = Layout::new(claims.len(), &edges(claims));
    let columns = layout.columns.len();
    let (low, high) =
        layout.places.iter().fold((0.0f64, 0.0f64), |(low, high), place| (low.min(place.y), high.max(place.y)));
    let x = |column: usize| MARGIN + column as f64 * (WIDE + BETWEEN_COLUMNS);
    let y = |place: &Place| TOP + TALL + place.y - low;
    let apart: Vec<usize> = (0..claims.len()).filter(|i| layout.columns.iter().all(|column| !column.contains(i))).collect();
    let below = TOP + 2.0 * TALL + high - low + 34.0;
    let across = APART.min(columns.max(1));
    let rows = apart.len().div_ceil(across);
    let width = x(columns.max(1) - 1) + WIDE + MARGIN;
    let height = below + if rows == 0 { 0.0 } else { 20.0 + rows as f64 * (TALL + BETWEEN_ROWS) } + MARGIN;
    let mut out = sheet(width, height, "#222");
    out += "<style>a:hover rect,a:focus rect{stroke-width:2.5}</style>\n";
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"28\" font-size=\"16\">Statements: what each proof uses, from left to right</text>"
    );
    let mut at = MARGIN;
    for verdict in [Verdict::NotRefuted, Verdict::Certified, Verdict::Refuted, Verdict::Inconclusive, Verdict::NotCovered] {
        let count = claims.iter().filter(|claim| claim.verdict == verdict).count();
        if count == 0 {
            continue;
        }
        let [fill, edge] = colours(verdict);
        let name = format!("{verdict} ({count})");
        let _ = writeln!(
            out,
            "<rect x=\"{at}\" y=\"44\" width=\"16\" height=\"16\" rx=\"3\" fill=\"{fill}\" stroke=\"{edge}\"/>\
             <text x=\"{}\" y=\"57\">{name}</text>",
            at + 22.0
        );
        at += 40.0 + 7.5 * name.chars().count() as f64;
    }
    let _ = writeln!(
        out,
        "<line x1=\"{at}\" y1=\"52\" x2=\"{}\" y2=\"52\" stroke=\"#777\" stroke-width=\"1.2\" stroke-dasharray=\"4 3\"/>\
         <text x=\"{}\" y=\"57\">corrected form</text>",
        at + 34.0,
        at + 42.0
    );
    for (chain, dashed) in &layout.chains {
        let mut path = String::new();
        for pair in chain.windows(2) {
            let [from, to] = [pair[0], pair[1]].map(|i| &layout.places[i]);
            let right = x(from.column) + WIDE;
            let (start, end) = (if from.claim.is_some() { right } else { x(from.column) }, x(to.column));
            let bend = 0.5 * BETWEEN_COLUMNS;
            if path.is_empty() {
                let _ = write!(path, "M{start:.1} {:.1}", y(from));
            } else {
                let _ = write!(path, "L{right:.1} {:.1}", y(from)); // along the place of a statement that it passes by
            }
            let leave = if from.claim.is_some() { start } else { right };
            let _ = write!(path, "C{:.1} {:.1} {:.1} {:.1} {end:.1} {:.1}", leave + bend, y(from), end - bend, y(to), y(to));
        }
        let dash = if *dashed { " stroke-dasharray=\"4 3\"" } else { "" };
        let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"#777\" stroke-width=\"1.2\"{dash}/>");
    }
    let mut draw = |claim: &ClaimResult, x: f64, middle: f64| {
        let statement = &claim.claim.statement;
        let [fill, edge] = colours(claim.verdict);
        let unexpected = if claim.as_expected { "" } else { ", UNEXPECTED" };
        let _ = writeln!(
            out,
            "<a href=\"{}\"><title>{}: {}{unexpected}. {}</title><rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{WIDE}\" height=\"{TALL}\" rx=\"5\" \
             fill=\"{fill}\" stroke=\"{edge}\" stroke-width=\"{}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" \
             font-size=\"12\">{}</text></a>",
            escape(&link(statement.slug)),
            escape(statement.place),
            claim.verdict,
            escape(statement.formula),
            middle - 0.5 * TALL,
            if claim.as_expected { "1.2" } else { "4" },
            x + 0.5 * WIDE,
            middle + 4.2,
            escape(statement.slug),
        );
    };
    for place in &layout.places {
        if let Some(i) = place.claim.filter(|i| !apart.contains(i)) {
            draw(&claims[i], x(place.column), y(place));
        }
    }
    for (n, &i) in apart.iter().enumerate() {
        let middle = below + 20.0 + (n / across) as f64 * (TALL + BETWEEN_ROWS) + 0.5 * TALL;
        draw(&claims[i], x(n % across), middle);
    }
    if rows > 0 {
        let _ = writeln!(
            out,
            "<text x=\"{MARGIN}\" y=\"{:.1}\" fill=\"#666\">proved from definitions alone, and used in no other proof here:</text>",
            below + 6.0
        );
    }
    out + "</svg>\n"
}
