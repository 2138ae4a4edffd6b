//! `diagnose` as text, as JSON (schema `gradient-gap/diagnose/1`), as CSV and as a page of pictures.

mod figure;
mod table;

pub use figure::diagnose_svg;
pub use table::diagnose_table;

use crate::diagnose::{Diagnosis, Finding, Role, Row};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

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
            map.serialize_entry(name, &super::number(*value))?;
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

/// The steps of a finding, where it has some.
fn span(finding: &Finding) -> Option<String> {
    let first = finding.first_step?;
    let last = finding.last_step.filter(|last| *last != first);
    Some(last.map_or(format!("step {first}"), |last| format!("steps {first} to {last}")))
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

/// JSON of schema `gradient-gap/diagnose/1`, one document on one line, written row by row, as a log may be long.
///
/// Keys: `schema`, `source`, what was chosen (`framework`, `success_key`, `reward_range`, `loss`, `clip`, `window`,
/// `smooth`, each with why), `remark`, `format`, `length_gap_formula`, `early_steps`, `smoothness`, `columns`,
/// `steps_counted`, `course`, `complete`, `findings`, `incomplete`, `skipped` and `rows`. A row has the columns of
/// [`diagnose_csv`]; what is not known is null.
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
        ("early_steps", json!(diagnosis.early_steps)),
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

/// CSV: all rows of the log, by increasing step, under a header; what is not known is empty.
///
/// The columns are the fields of [`Row`], by their names and in their order: `step`, `success_rate`, `smooth_success_rate`,
/// `log_odds`, `grad_norm`, `learning_rate`, `effective_step`, `mean_length`, `gap`, `length_gap`, `cumulative_gap`,
/// `cumulative_length_gap`, `relative_step` and `relative_step_sharp`; where a smoothness is given, also `safe_step` and
/// `collapse_threshold`.
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
