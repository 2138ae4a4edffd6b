//! `diagnose` for people.

use super::super::{finish, new_table, short};
use super::{span, use_of};
use crate::diagnose::Diagnosis;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Rows of the table.
const ROWS: usize = 12;
/// Width of lines of text.
const WIDTH: usize = 118;

/// Text in lines of at most [`WIDTH`] characters, all but the first one indented.
fn wrapped(text: &str, indent: usize) -> String {
    let (mut out, mut width) = (String::new(), indent);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width + 1 + length > WIDTH && width > indent {
            let _ = write!(out, "\n{:indent$}", "");
            width = indent;
        } else if width > indent {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}

/// The rows that are shown: the first and the last one and some between.
fn shown(count: usize) -> Vec<usize> {
    let most = ROWS.min(count);
    let mut rows: Vec<usize> = (0..most).map(|i| if most > 1 { i * (count - 1) / (most - 1) } else { 0 }).collect();
    rows.dedup();
    rows
}

/// Text: what was chosen and why, the course of J, the findings, and some of the rows.
pub fn diagnose_table(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<12}{}", wrapped(&value, 14));
    };
    let chosen = |value: &str, why: &str| format!("{value} ({why})");
    let shapes: Vec<String> = diagnosis.shapes.iter().map(ToString::to_string).collect();
    line("format", shapes.join("; "));
    let framework = &diagnosis.framework;
    line("framework", format!("{}; {}", chosen(framework.value.name, &framework.why), framework.value.remark));
    let success = &diagnosis.success_key;
    line("success", chosen(&success.value, &success.why));
    let [low, high] = diagnosis.reward_range.value;
    let scaled = match (low, high) {
        (0.0, 1.0) => "from 0 to 1: J is its mean".into(),
        (0.0, _) => format!("from 0 to {high}: J = mean/{high}"),
        _ => format!("from {low} to {high}: J = (mean − {low})/{}", high - low).replace("− -", "+ "),
    };
    line("reward", chosen(&scaled, &diagnosis.reward_range.why));
    let loss = diagnosis.loss.value;
    line("loss", format!("{}: {}", chosen(loss.name, &diagnosis.loss.why), loss.about));
    line("gap", format!("{}, and without the length {}", loss.formula(), loss.plain_formula()));
    let clip = match diagnosis.clip.value {
        f64::INFINITY => "none".into(),
        norm => format!("at the norm {norm}"),
    };
    line("clipping", chosen(&clip, &diagnosis.clip.why));
    let rows = |n: usize| if n == 1 { "1 row".into() } else { format!("{n} rows") };
    line("smoothing", format!("J over {}", chosen(&rows(diagnosis.smooth.value), &diagnosis.smooth.why)));
    let window = diagnosis.window.value;
    let stands = if window == 1 { "a row is 1 step".into() } else { format!("a row stands for {window} steps") };
    line("window", chosen(&stands, &diagnosis.window.why));
    if diagnosis.counted {
        line("steps", "counted row by row: the log has none".into());
    }
    if let Some([first, last]) = diagnosis.early_steps {
        line("early rows", format!("steps {first} to {last}: relative steps compare with their median"));
    }
    if let Some((smoothness, longest)) = diagnosis.smoothness {
        line("smoothness", format!("L = {}, T∞ = {}: absolute steps", short(smoothness), short(longest)));
    }
    let others: Vec<String> = diagnosis.columns.iter().map(|(role, name)| format!("{} = {name}", use_of(*role))).collect();
    line("columns", others.join(", "));
    let mut reasons: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for one in &diagnosis.skipped {
        reasons.entry(one.reason.kind()).or_insert((0, one.line)).0 += 1;
    }
    for (reason, (count, first)) in &reasons {
        line("skipped", format!("{count}, first in line {first}: {reason}"));
    }
    if let Some(first) = diagnosis.incomplete.first() {
        let lacks = first.missing.join(", ");
        line(
            "incomplete",
            format!("{} rows, first in line {} (step {}), which lacks {lacks}", diagnosis.lacking, first.line, first.step),
        );
    }
    let course = &diagnosis.course;
    let ends = |ends: [f64; 2]| format!("{} → {}", short(ends[0]), short(ends[1]));
    let _ = writeln!(
        text,
        "\nJ {}, λ {} (means of the first and of the last {})\n",
        ends(course.success_rate),
        ends(course.log_odds),
        rows(course.rows)
    );
    for (i, finding) in diagnosis.findings.iter().enumerate() {
        let steps = span(finding).map_or(String::new(), |span| format!(" ({span})"));
        let _ =
            writeln!(text, "{:>2}. {}", i + 1, wrapped(&format!("{}{steps}: {}.", finding.kind.name(), finding.message), 4));
        let _ = writeln!(text, "    {}", wrapped(finding.theory, 4));
    }
    if diagnosis.findings.is_empty() {
        text += "Nothing found: no fall or dip, no stagnation, no spike, no drift.";
        text += match diagnosis.len() - diagnosis.lacking {
            0..30 => " So few rows say little: stagnation needs 30, falls and spikes at least 5 before them.\n",
            _ => "\n",
        };
    }
    let mut header = vec!["step", "J", "λ", "‖∇‖", "α", "η", "E[ℓ]", "gap", "gap·ℓ", "Σα gap", "η/(21)", "η/sharp"];
    if diagnosis.smoothness.is_some() {
        header.extend(["safe η", "2Δμ/(LT∞)"]);
    }
    let mut table = new_table(&header);
    let wanted = shown(diagnosis.len());
    let mut next = wanted.iter().peekable();
    for (i, row) in diagnosis.rows().enumerate() {
        if next.next_if(|wanted| **wanted == i).is_none() {
            continue;
        }
        let mut cells = vec![row.step.to_string()];
        let numbers = [
            row.smooth_success_rate,
            row.log_odds,
            row.grad_norm,
            row.learning_rate,
            row.effective_step,
            row.mean_length,
            row.gap,
            row.length_gap,
            row.cumulative_gap,
            row.relative_step,
            row.relative_step_sharp,
            row.safe_step,
            row.collapse_threshold,
        ];
        cells.extend(numbers[..header.len() - 1].iter().map(|x| short(*x)));
        table.add_row(cells);
    }
    let complete = diagnosis.len() - diagnosis.lacking;
    let end = if diagnosis.smoothness.is_some() { ABSOLUTE } else { RELATIVE };
    format!(
        "{}: {} rows, steps {} to {}, {complete} complete\n{text}\n{}{FOOT}{end}",
        diagnosis.source,
        diagnosis.len(),
        course.steps[0],
        course.steps[1],
        finish(&table)
    )
}

const FOOT: &str = "\
J smoothed as said above; gap and gap·ℓ estimate ‖g⁺ − g⁻‖ up to one factor; η/(21) and η/sharp are the step over the paper's
and over the companion's safe step, 1 in the early rows: relative to the run itself";
const RELATIVE: &str = ", no statement on what is safe.\n";
const ABSOLUTE: &str = ".\nsafe η and 2Δμ/(LT∞) are as good as L, for plain gradient ascent on one prompt.\n";
