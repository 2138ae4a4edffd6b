//! `diagnose` as text, as JSON (schema `gradient-gap/diagnose/1`), as CSV and as a page of pictures.

use super::{finish, new_table, short};
use crate::diagnose::{Diagnosis, Finding, Role, Row};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Rows of the table for people.
const ROWS: usize = 12;
/// Width of lines of text.
const WIDTH: usize = 118;

/// A number as everywhere in JSON: infinities are strings, NaN is null.
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            f64::INFINITY => serializer.serialize_str("inf"),
            f64::NEG_INFINITY => serializer.serialize_str("-inf"),
            x => serializer.serialize_f64(x),
        }
    }
}

/// The values of a row and their names, in JSON and in CSV.
fn values(row: &Row) -> [(&'static str, f64); 15] {
    [
        ("success_rate", row.success_rate),
        ("smooth_success_rate", row.smooth_success_rate),
        ("log_odds", row.log_odds),
        ("grad_norm", row.grad_norm),
        ("learning_rate", row.learning_rate),
        ("effective_step", row.effective_step),
        ("mean_length", row.mean_length),
        ("gap", row.gap),
        ("length_gap", row.length_gap),
        ("cumulative_gap", row.cumulative_gap),
        ("cumulative_length_gap", row.cumulative_length_gap),
        ("relative_step", row.relative_step),
        ("relative_step_sharp", row.relative_step_sharp),
        ("safe_step", row.safe_step),
        ("collapse_threshold", row.collapse_threshold),
    ]
}

/// How many of [`values`] there are without a smoothness.
const RELATIVE: usize = 13;

fn count(diagnosis: &Diagnosis) -> usize {
    if diagnosis.smoothness.is_some() { RELATIVE + 2 } else { RELATIVE }
}

struct JsonRow<'a>(&'a Row, usize);

impl Serialize for JsonRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let values = values(self.0);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("step", &self.0.step)?;
        for (name, value) in &values[..self.1] {
            map.serialize_entry(name, &Number(*value))?;
        }
        map.end()
    }
}

fn finding(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.name(),
        "first_step": finding.first_step,
        "last_step": finding.last_step,
        "message": finding.message,
        "theory": finding.theory,
    })
}

/// What a column is used for.
fn use_of(role: Role) -> &'static str {
    match role {
        Role::Step => "step",
        Role::GradNorm => "grad_norm",
        Role::LearningRate => "learning_rate",
        Role::Length => "mean_length",
        Role::MaxLength => "max_length",
        Role::Truncated => "truncated",
        Role::Dead => "dead_groups",
        Role::Mixed => "mixed_groups",
        Role::RewardStd => "reward_std",
    }
}

/// One document on one line, row by row: a log may be long.
///
/// # Errors
/// Those of `out`.
pub fn diagnose_json(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    let columns: BTreeMap<&str, &String> = diagnosis.columns.iter().map(|(role, name)| (use_of(*role), name)).collect();
    let chosen = |value: Value, why: &str| json!({"value": value, "why": why});
    let course = &diagnosis.course;
    let head = [
        ("schema", json!("gradient-gap/diagnose/1")),
        ("source", json!(diagnosis.source)),
        ("framework", json!(diagnosis.framework.value.name)),
        ("framework_why", json!(diagnosis.framework.why)),
        ("remark", json!(diagnosis.framework.value.remark)),
        ("format", json!(diagnosis.shapes.iter().map(ToString::to_string).collect::<Vec<_>>())),
        ("success_key", chosen(json!(diagnosis.success_key.value), &diagnosis.success_key.why)),
        ("reward_range", chosen(json!(diagnosis.reward_range.value), &diagnosis.reward_range.why)),
        ("loss", chosen(json!(diagnosis.loss.value.name), &diagnosis.loss.why)),
        ("length_gap_formula", json!(diagnosis.loss.value.formula())),
        ("clip", chosen(super::number(diagnosis.clip.value), &diagnosis.clip.why)),
        ("window", chosen(json!(diagnosis.window.value), &diagnosis.window.why)),
        ("smooth", chosen(json!(diagnosis.smooth.value), &diagnosis.smooth.why)),
        ("smoothness", json!(diagnosis.smoothness.map(|(smoothness, longest)| json!({"L": smoothness, "T": longest})))),
        ("columns", json!(columns)),
        ("steps_counted", json!(diagnosis.counted)),
        (
            "course",
            json!({"steps": course.steps, "rows": course.rows, "success_rate": course.success_rate, "log_odds": course.log_odds.map(super::number)}),
        ),
        ("complete", json!(diagnosis.len() - diagnosis.lacking)),
        ("findings", diagnosis.findings.iter().map(finding).collect()),
    ];
    out.write_all(b"{")?;
    for (name, value) in head {
        write!(out, "{}:{value},", json!(name))?;
    }
    out.write_all(b"\"incomplete\":[")?;
    for (i, row) in diagnosis.incomplete.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        write!(out, "{comma}{}", json!({"line": row.line, "step": row.step, "missing": row.missing}))?;
    }
    out.write_all(b"],\"skipped\":[")?;
    for (i, one) in diagnosis.skipped.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        write!(out, "{comma}{}", json!({"line": one.line, "reason": one.reason.to_string()}))?;
    }
    out.write_all(b"],\"rows\":[")?;
    let count = count(diagnosis);
    for (i, row) in diagnosis.rows().enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &JsonRow(&row, count))?;
    }
    out.write_all(b"]}\n")
}

/// All rows under a header; what is not known is empty.
///
/// # Errors
/// Those of `out`.
pub fn diagnose_csv(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    let count = count(diagnosis);
    let mut headed = false;
    for row in diagnosis.rows() {
        let values = values(&row);
        if !headed {
            out.write_all(b"step")?;
            for (name, _) in &values[..count] {
                write!(out, ",{name}")?;
            }
            out.write_all(b"\n")?;
            headed = true;
        }
        write!(out, "{}", row.step)?;
        for (_, value) in &values[..count] {
            match value {
                value if value.is_nan() => out.write_all(b",")?,
                value => write!(out, ",{value}")?,
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

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

/// For people: what was chosen, what happened, some of the rows.
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
        let steps = match (finding.first_step, finding.last_step) {
            (Some(first), Some(last)) if last != first => format!(" (steps {first} to {last})"),
            (Some(first), _) => format!(" (step {first})"),
            _ => String::new(),
        };
        let _ =
            writeln!(text, "{:>2}. {}", i + 1, wrapped(&format!("{}{steps}: {}.", finding.kind.name(), finding.message), 4));
        let _ = writeln!(text, "    {}", wrapped(finding.theory, 4));
    }
    if diagnosis.findings.is_empty() {
        text += "Nothing found: no fall, no stagnation, no spike, no drift.\n";
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
    format!(
        "{}: {} rows, steps {} to {}, {complete} complete\n{text}\n{}{FOOT}",
        diagnosis.source,
        diagnosis.len(),
        course.steps[0],
        course.steps[1],
        finish(&table)
    )
}

const FOOT: &str = "\
J smoothed as said above; gap and gap·ℓ estimate ‖g⁺ − g⁻‖ up to one factor; η/(21) and η/sharp are the step over the paper's
and over the companion's safe step, 1 in the early rows: relative to the run itself, no statement on what is safe.
";
