//! `lengths` as a table, as JSON (schema `gradient-gap/lengths/1`) and as a picture.

use super::json::number;
use super::plot::{Figure, Panel, Series};
use super::{finish, new_table, short};
use crate::lengths::{FARTHEST, Row, Varied, exponent};
use serde_json::{Value, json};
use std::fmt::Write;

/// What the command `lengths` finds: step sizes against each length, by design and for random policies.
#[derive(Clone, Debug)]
pub struct Lengths {
    /// For each length that is varied the rows, by increasing length.
    pub sweeps: Vec<(Varied, Vec<Row>)>,
    /// The rows of random policies ([`typical`](crate::lengths::typical)); may be empty.
    pub typical: Vec<Row>,
    /// The seed of the random policies in `typical`.
    pub seed: u64,
}

/// The three step sizes.
type Step = (&'static str, fn(&Row) -> f64);
const STEPS: [Step; 3] = [("paper (18a)", |row| row.paper), ("sharp", |row| row.sharp), ("truth", |row| row.truth[0])];

/// The least, the median and the largest.
fn spread(mut values: Vec<f64>) -> Option<[f64; 3]> {
    values.sort_by(f64::total_cmp);
    Some([*values.first()?, values[values.len() / 2], *values.last()?])
}

/// How many times the truth is what the two conditions allow.
fn shares(rows: &[Row]) -> [(&'static str, Option<[f64; 3]>); 2] {
    let of = |step: fn(&Row) -> f64| spread(rows.iter().map(|row| row.truth[0] / step(row)).collect());
    [("paper (18a)", of(|row| row.paper)), ("sharp", of(|row| row.sharp))]
}

fn quotient(x: f64) -> String {
    if x.is_finite() { short(x) } else { format!("> {}", short(FARTHEST)) }
}

/// A table for each length, by which power the steps go with it, and random policies.
pub fn lengths_table(lengths: &Lengths) -> String {
    let mut text = String::from(
        "Largest step size η at which λ rises: what the paper's condition (18a) allows, what 2(1−J)Δμ/(L_p E⁺[ℓ]) allows, and the\n\
         truth, by bisection. Policies in which one length is varied; Δμ = 0.1, L_p = 1, G_p = 2 for all of them.\n\n",
    );
    for (varied, rows) in &lengths.sweeps {
        let _ = writeln!(text, "{} is varied", varied.name());
        let header =
            ["T∞", "T_ψ1", "E⁺[ℓ]", "log J", "paper (18a)", "sharp", "truth", "truth/paper", "truth/sharp", "enclosed"];
        let mut table = new_table(&header);
        for row in rows {
            let numbers =
                [row.psi1_length, row.correct_length, row.log_success, row.paper, row.sharp, row.truth[0]].map(short);
            let shares = [row.truth[0] / row.paper, row.truth[0] / row.sharp].map(quotient);
            let enclosed = if row.certified { "yes" } else { "no" };
            let cells = [row.max_length.to_string()].into_iter().chain(numbers).chain(shares).chain([enclosed.into()]);
            table.add_row(cells.collect::<Vec<_>>());
        }
        text += &finish(&table);
        let powers = STEPS.map(|(name, step)| format!("{name} {}", short(exponent(*varied, rows, step))));
        let _ = writeln!(text, "Power of {} that the step goes with: {}.\n", varied.name(), powers.join(", "));
    }
    let count = lengths.typical.len();
    if count == 0 {
        return text.trim_end().to_string() + "\n";
    }
    let _ =
        writeln!(text, "{count} random finite-state policies, Δμ > 0, seed {}: the truth is so many times", lengths.seed);
    let mut table = new_table(&["what is allowed by", "least", "median", "largest"]);
    for (name, spread) in shares(&lengths.typical) {
        let cells = spread.map_or(["–".into(), "–".into(), "–".into()], |spread| spread.map(quotient));
        table.add_row([name.into()].into_iter().chain(cells).collect::<Vec<_>>());
    }
    text + &finish(&table)
}

fn row_json(row: &Row) -> Value {
    json!({
        "max_length": row.max_length,
        "psi1_length": number(row.psi1_length),
        "correct_length": number(row.correct_length),
        "alignment": number(row.alignment),
        "log_success": number(row.log_success),
        "paper": number(row.paper),
        "sharp": number(row.sharp),
        "truth": row.truth.map(number),
        "certified": row.certified,
    })
}

/// JSON of schema `gradient-gap/lengths/1` with the keys `schema`, `version`, `sweeps` and `typical`.
///
/// A sweep has `varied`, the `powers` with which the three steps go with the length, and `rows`; `typical` has `seed` and
/// `rows`. A row has the fields of [`Row`]: lengths in tokens, steps in parameter units. Every float round-trips; [`number`]
/// says how the others are written.
pub fn lengths_json(lengths: &Lengths) -> String {
    let sweeps = lengths.sweeps.iter().map(|(varied, rows)| {
        let powers: Vec<Value> =
            STEPS.iter().map(|(name, step)| json!({"step": name, "power": number(exponent(*varied, rows, step))})).collect();
        json!({"varied": varied.name(), "powers": powers, "rows": rows.iter().map(row_json).collect::<Vec<_>>()})
    });
    let document = json!({
        "schema": "gradient-gap/lengths/1",
        "version": env!("CARGO_PKG_VERSION"),
        "sweeps": sweeps.collect::<Vec<_>>(),
        "typical": {"seed": lengths.seed, "rows": lengths.typical.iter().map(row_json).collect::<Vec<_>>()},
    });
    format!("{document:#}\n")
}

/// The height at x of the line through points from left to right; NaN beyond its ends.
fn between(points: &[[f64; 2]], x: f64) -> f64 {
    let piece = points.windows(2).find(|pair| pair[0][0] <= x && x <= pair[1][0]);
    piece.map_or(f64::NAN, |pair| {
        let [[from, low], [to, high]] = [pair[0], pair[1]];
        if x == from || from == to { low } else { low + (high - low) * ((x - from) / (to - from)) }
    })
}

/// SVG: the three step sizes against the length that is varied, log₁₀ of both, a panel for each length.
pub fn lengths_svg(lengths: &Lengths) -> String {
    let log = |varied: Varied, row: &Row| pxfm::f_log10(varied.of(row));
    let mut across: Vec<f64> = Vec::new();
    for (varied, rows) in &lengths.sweeps {
        across.extend(rows.iter().map(|row| log(*varied, row)));
    }
    across.sort_by(f64::total_cmp);
    across.dedup();
    let columns: Vec<Vec<Vec<f64>>> = (lengths.sweeps.iter())
        .map(|(varied, rows)| {
            let points = |step: fn(&Row) -> f64| -> Vec<[f64; 2]> {
                rows.iter().map(|row| [log(*varied, row), pxfm::f_log10(step(row))]).collect()
            };
            let [paper, sharp, truth] = STEPS.map(|(_, step)| points(step));
            let joined = |points: &[[f64; 2]]| across.iter().map(|&x| between(points, x)).collect();
            let at = |x: f64| truth.iter().find(|point| point[0] == x).map_or(f64::NAN, |point| point[1]);
            vec![joined(&paper), joined(&sharp), across.iter().map(|&x| at(x)).collect()]
        })
        .collect();
    let labels: Vec<String> = lengths.sweeps.iter().map(|(varied, _)| format!("η, {} varied", varied.name())).collect();
    let series: Vec<Vec<Series<'_>>> = (columns.iter())
        .map(|steps| {
            let one =
                |i: usize, colour, points, dashes| Series { label: STEPS[i].0, values: &steps[i], colour, points, dashes };
            vec![one(0, "#777", false, "8 4"), one(1, "#1f5fa8", false, ""), one(2, "#a8431f", true, "")]
        })
        .collect();
    let panels: Vec<Panel<'_>> =
        labels.iter().zip(&series).map(|(label, series)| Panel { label, series, powers: true }).collect();
    Figure {
        title: "The largest step size at which J rises, and what is allowed, against each length alone",
        subtitle: &["Δμ = 0.1, L_p = 1, G_p = 2; sharp: 2(1−J)Δμ/(L_p E⁺[ℓ])".into()],
        across: &across,
        axis: "log₁₀ of the length that is varied",
        panels: &panels,
        marks: &[],
        scatter: None,
        roomy: false,
    }
    .svg()
}
