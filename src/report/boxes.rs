//! The boxes of `certify`: what branch and bound proved, as a table, as JSON and as rows of Markdown.

use super::json::number;
use super::style::{Style, Tone};
use super::{finish, grouped, new_table};
use crate::check::boxes::{Boxed, Verdict};
use comfy_table::{Cell, CellAlignment};
use serde_json::{Value, json};
use std::fmt::Write;

/// "2", "3", "any".
fn responses(boxed: &Boxed) -> String {
    boxed.reduced.responses.map_or("any".into(), |n| n.to_string())
}

/// The box: "J [0, 1], λ' [-1, 1]".
fn ranges(boxed: &Boxed) -> String {
    let range = boxed.reduced.variables.iter().map(|v| format!("{} [{}, {}]", v.name, v.lo, v.hi));
    range.collect::<Vec<_>>().join(", ")
}

/// What follows the verdict: the refuting point, or what is left.
fn detail(boxed: &Boxed) -> Option<String> {
    match &boxed.outcome.verdict {
        Verdict::Proved => None,
        Verdict::Refuted { point, margin, .. } => Some(format!("at {point:?}, margin at most {:e}", margin.hi())),
        Verdict::Open { left, .. } => Some(format!("{} sub-boxes left", grouped(*left))),
    }
}

/// What a verdict means: all boxes are of statements that hold.
fn tone(verdict: &Verdict) -> Tone {
    match verdict {
        Verdict::Proved => Tone::Good,
        Verdict::Refuted { .. } | Verdict::Open { .. } => Tone::Bad,
    }
}

/// One line a box.
pub(super) fn table(boxes: &[Boxed], style: Style) -> String {
    let mut table = new_table(&["claim", "responses", "what", "sub-boxes", "seconds", "verdict", "box"]);
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    for boxed in boxes {
        table.add_row(vec![
            Cell::new(boxed.reduced.slug),
            right(responses(boxed)),
            Cell::new(boxed.reduced.what),
            right(grouped(boxed.outcome.sub_boxes)),
            right(format!("{:.2}", boxed.seconds)),
            Cell::new(style.cell(tone(&boxed.outcome.verdict), &boxed.outcome.verdict)),
            Cell::new(ranges(boxed)),
        ]);
    }
    let mut text = format!("\nBoxes: inequalities in reduced variables, on every point of a box\n\n{}\n", finish(&table));
    let _ = writeln!(
        text,
        "What a reduction rests on, proved on the page of its claim; where one sub-box suffices it does the work:"
    );
    let mut seen: Vec<(&str, &str)> = vec![];
    for boxed in boxes {
        let line = (boxed.reduced.slug, boxed.reduced.rests_on);
        if !seen.contains(&line) {
            seen.push(line);
            let _ = writeln!(text, "  {}, {} responses: {}.", line.0, responses(boxed), line.1);
        }
    }
    for (boxed, detail) in boxes.iter().filter_map(|boxed| Some((boxed, detail(boxed)?))) {
        let _ = writeln!(text, "{}, {}: {} {detail}", boxed.reduced.slug, boxed.reduced.what, boxed.outcome.verdict);
    }
    text
}

/// One box; all but the time is the same on every run.
pub(super) fn json(boxed: &Boxed) -> Value {
    let variables = boxed.reduced.variables.iter().map(|v| json!({"name": v.name, "lo": number(v.lo), "hi": number(v.hi)}));
    let mut document = json!({
        "slug": boxed.reduced.slug,
        "what": boxed.reduced.what,
        "responses": boxed.reduced.responses,
        "variables": variables.collect::<Vec<_>>(),
        "sub_boxes": boxed.outcome.sub_boxes,
        "verdict": boxed.outcome.verdict.to_string(),
        "rests_on": boxed.reduced.rests_on,
        "seconds": boxed.seconds,
    });
    match &boxed.outcome.verdict {
        Verdict::Proved => {}
        Verdict::Refuted { point, part, margin } => {
            document["point"] = point.iter().map(|&x| number(x)).collect();
            document["part"] = (*part).into();
            document["margin"] = [margin.lo(), margin.hi()].map(number).to_vec().into();
        }
        Verdict::Open { left, widest } => {
            document["left"] = (*left).into();
            document["widest"] = widest.iter().map(|x| Value::from([x.lo(), x.hi()].map(number).to_vec())).collect();
        }
    }
    document
}

/// The row of a claim's page: responses, what, the box, sub-boxes, verdict.
pub fn box_row(boxed: &Boxed) -> String {
    let what = boxed.reduced.what.replace('|', "\\|");
    let sub_boxes = grouped(boxed.outcome.sub_boxes);
    format!("| {} | {what} | {} | {sub_boxes} | {} |", responses(boxed), ranges(boxed), boxed.outcome.verdict)
}
