//! The experiment `phase` as a table, as JSON (schema `gradient-gap/phase/1`), as rows, and as a picture of each plane.

use super::json::number;
use super::judged::{judged_json, judged_text};
use super::plot::{self, Over, Shades};
use super::style::Style;
use super::{finish, new_table, short};
use crate::experiments::fit::sigma;
use crate::experiments::phase::{COLLAPSE, ENDS, Experiment, Family, OBSERVED, Plane, Row};
use crate::number::Scalar;
use serde_json::{Value, json};
use std::fmt::Write;

/// What a family is, for people.
fn described(family: Family) -> &'static str {
    match family {
        Family::Theorem2 => "Theorem 2's three responses, two alternating directions",
        Family::Theorem4 => "Theorem 4's tokens, two alternating directions",
        Family::Bend => "two responses, λ(t) = λ(0) + Δμ t − κt²/2, along the gap",
        Family::Cube => "{±1}⁶, incorrect ±(1, …, 1), along the gap",
        Family::Tabular => "tabular softmax of four responses, along the gap",
    }
}

/// Least, median and largest of a distance.
fn distance(found: Option<[f64; 3]>) -> [String; 3] {
    found.map_or_else(|| ["none", "", ""].map(String::from), |all| all.map(short))
}

/// Text, in lines: by family the least, median and largest boundary over each of three lines, the share of the cells that
/// end lower and the largest share of lost steps; then the judgements.
pub fn phase_table(experiment: &Experiment, style: Style) -> String {
    let setting = &experiment.setting;
    let mut text = format!(
        "{} × {} step sizes and starts for each family; runs until M(K) would be {} at the first alignment, of each token,\n\
         but of 2 000 steps at most along the gap.\n\
         The boundary is the smallest η at which the first steps lower J, by bisection; given over a line, by rows.\n\n",
        setting.columns,
        setting.rows,
        short(setting.progress)
    );
    let mut table =
        new_table(&["family", "boundary over", "least", "median", "largest", "cells that end lower", "most steps lost"]);
    for plane in &experiment.planes {
        let cells = || plane.rows.iter().flat_map(|row| &row.cells);
        let lower = cells().filter(|cell| cell.turn() < 0).count() as f64 / cells().count().max(1) as f64;
        let lost = cells().map(|cell| cell.lost).fold(0.0, f64::max);
        let distances = [
            ("collapse line", plane.distance(|_| COLLAPSE)),
            ("2(1−J)Δμ/L", plane.distance(|row| row.ascent)),
            ("the paper's line", plane.distance(|row| row.paper)),
        ];
        for (i, (name, found)) in distances.into_iter().enumerate() {
            let [least, middle, most] = distance(found);
            let first = |text: String| if i == 0 { text } else { String::new() };
            let [family, lower, lost] =
                [plane.family.name().into(), format!("{:.1} %", 100.0 * lower), format!("{:.0} %", 100.0 * lost)].map(first);
            table.add_row([family, name.into(), least, middle, most, lower, lost]);
        }
    }
    text += &finish(&table);
    text + &judged_text(&OBSERVED, &experiment.judged, style)
}

fn plane_json(plane: &Plane) -> Value {
    let rows = plane.rows.iter().map(|row| {
        json!({"lambda": number(row.start.lambda), "tokens": row.start.tokens, "alignment": number(row.start.alignment),
               "paper": number(row.paper), "ascent": number(row.ascent), "safe": number(row.safe),
               "window": row.window.map(|ends| ends.map(number)), "boundary": row.boundary.map(number)})
    });
    let over = |line: &dyn Fn(&Row) -> f64| plane.distance(line).map(|all| all.map(number));
    json!({
        "family": plane.family.name(),
        "boundary_over": {"collapse": over(&|_| COLLAPSE), "ascent": over(&|row| row.ascent), "paper": over(&|row| row.paper)},
        "rows": rows.collect::<Vec<_>>(),
    })
}

/// JSON of schema `gradient-gap/phase/1` with the keys `schema`, `version`, `columns`, `rows`, `progress`, `judged` and
/// `planes`.
///
/// A plane has `family`, `boundary_over` (least, median and largest distance of the boundary from three lines) and `rows`; a
/// row has λ(0), T, Δμ, and its lines, window and boundary as x = ηLT∞/Δμ. Every float round-trips; [`number`] says how the
/// others are written.
pub fn phase_json(experiment: &Experiment) -> String {
    let setting = &experiment.setting;
    let document = json!({
        "schema": "gradient-gap/phase/1",
        "version": env!("CARGO_PKG_VERSION"),
        "columns": setting.columns,
        "rows": setting.rows,
        "progress": number(setting.progress),
        "judged": judged_json(&OBSERVED, &experiment.judged),
        "planes": experiment.planes.iter().map(plane_json).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// CSV: a row for every cell of every plane, by family, row and column of the plane, under a header.
///
/// | column | what | unit, range |
/// |---|---|---|
/// | `family` | [`Family::name`] | |
/// | `tokens` | T, 1 but for Theorem 4 | tokens |
/// | `lambda_start`, `lambda_end` | λ(0), λ(K) | nats |
/// | `log10_x` | log₁₀ x, x = ηLT∞/Δμ | |
/// | `step_size` | η | parameter units |
/// | `steps` | K | ≥ 1 |
/// | `lost` | the share of the steps that lower J, of those that were made one by one | \[0, 1\] |
pub fn phase_csv(experiment: &Experiment) -> String {
    let mut text = String::from("family,tokens,lambda_start,log10_x,step_size,steps,lambda_end,lost\n");
    for plane in &experiment.planes {
        for row in &plane.rows {
            for (x, cell) in plane.columns.iter().zip(&row.cells) {
                let (family, tokens) = (plane.family.name(), row.start.tokens);
                let eta = Scalar::exp(x * Scalar::ln(10.0_f64)) / row.start.unit();
                let _ =
                    writeln!(text, "{family},{tokens},{},{x},{eta},{},{},{}", cell.start, cell.steps, cell.end, cell.lost);
            }
        }
    }
    text
}

/// Log₁₀ of a number; −∞ of 0.
fn log10(x: f64) -> f64 {
    Scalar::ln(x) / Scalar::ln(10.0_f64)
}

/// SVG of one plane over log₁₀ x, x = ηLT∞/Δμ, and λ(0), or log₁₀ T for Theorem 4: J(K), the share of lost steps, and the
/// lines. Empty for a plane without rows.
pub fn phase_svg(experiment: &Experiment, plane: &Plane) -> String {
    let tokens = plane.family == Family::Theorem4;
    let height = |row: &Row| if tokens { log10(row.start.tokens.into()) } else { row.start.lambda };
    let (Some(first), Some(last)) = (plane.rows.first(), plane.rows.last()) else { return String::new() };
    let [low, high] = [height(first), height(last)];
    let half = 0.5 * (high - low) / (plane.rows.len() - 1) as f64;
    let up = [low - half, high + half];
    let line = |x: &dyn Fn(&Row) -> f64| -> Vec<[f64; 2]> {
        let inner = plane.rows.iter().map(|row| [log10(x(row)), height(row)]);
        let ends = [[log10(x(first)), up[0]], [log10(x(last)), up[1]]];
        std::iter::once(ends[0]).chain(inner).chain([ends[1]]).collect()
    };
    let over = |label, colour, dashes, x: &dyn Fn(&Row) -> f64| Over { label, colour, dashes, width: 2.0, points: line(x) };
    let boundary = line(&|row| row.boundary.unwrap_or(f64::NAN));
    let label = "the first steps lower J, bisected";
    let paper = if tokens { "the paper's (18a)" } else { "the paper's (15a)" };
    let mut lines = vec![
        Over { label, colour: "#000000", dashes: "", width: 5.0, points: boundary },
        over(paper, "#ff5fa2", "", &|row| row.paper),
        over("safe by the companion's bounds", "#ffffff", "7 4", &|row| row.safe),
        over("2Δμ/(LT∞): collapse needs more", "#e8402a", "7 4", &|_| COLLAPSE),
    ];
    if first.window.is_some() {
        lines.push(over("the theorem's window: lower end", "#ffa53c", "2 3", &|row| row.window.map_or(f64::NAN, |w| w[0])));
        lines.push(over("the theorem's window: upper end", "#ffa53c", "9 3", &|row| row.window.map_or(f64::NAN, |w| w[1])));
    }
    let cells = |of: &dyn Fn(&crate::experiments::phase::Outcome) -> f64| {
        plane.rows.iter().map(|row| row.cells.iter().map(of).collect()).collect()
    };
    plot::Plane {
        title: described(plane.family),
        subtitle: &[format!(
            "runs until M(K) would be {}{} at the first alignment{}",
            short(experiment.setting.progress),
            if tokens { "·T" } else { "" },
            if first.window.is_some() { "" } else { ", 2 000 steps at most" }
        )],
        across: ("ηLT∞/Δμ", ENDS),
        up: if tokens { ("T", up, true) } else { ("λ(0)", up, false) },
        panels: &[
            Shades { key: ["J at the end", "0", "1"], values: cells(&|cell| sigma(cell.end)) },
            Shades { key: ["steps that lower J", "none", "all"], values: cells(&|cell| cell.lost) },
        ],
        lines: &lines,
    }
    .svg()
}
