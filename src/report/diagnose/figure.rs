//! A run on one page.

use super::super::plot::{Figure, Mark, Panel, Scatter, Series};
use super::super::short;
use super::span;
use crate::diagnose::{Diagnosis, Divisor, Finding, Row};

const BLUE: &str = "#1f5fa8";
const ORANGE: &str = "#c8641b";
const PALE: &str = "#a9c4e4";
const RED: &str = "#b3261e";

/// One value a row for each of these, in one pass.
fn columns<const N: usize>(diagnosis: &Diagnosis, values: [fn(&Row) -> f64; N]) -> [Vec<f64>; N] {
    let mut columns = values.map(|_| Vec::with_capacity(diagnosis.len()));
    for row in diagnosis.rows() {
        columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value(&row)));
    }
    columns
}

/// J and λ, the gradient's norm, the cumulative gap, the step relative to the early rows, the mean length, with the findings
/// marked; below, λ against the cumulative gap, the axes of Figure 2.
pub fn diagnose_svg(diagnosis: &Diagnosis) -> String {
    let [across, rate, smooth, log_odds, norm, gap, length_gap, relative, sharp, length] = columns(
        diagnosis,
        [
            |row| row.step as f64,
            |row| row.success_rate,
            |row| row.smooth_success_rate,
            |row| row.log_odds,
            |row| pxfm::f_log10(row.grad_norm),
            |row| row.cumulative_gap,
            |row| row.cumulative_length_gap,
            |row| pxfm::f_log10(row.relative_step),
            |row| pxfm::f_log10(row.relative_step_sharp),
            |row| row.mean_length,
        ],
    );
    // Two sums in different units: each as a share of its last value.
    let share = |sums: &[f64]| -> Vec<f64> {
        let last = sums.last().copied().unwrap_or(0.0);
        sums.iter().map(|sum| sum / last).collect()
    };
    let shares = [share(&gap), share(&length_gap)];

    let line = |label, values, colour| Series { label, values, colour, points: false, dashes: "" };
    let raw = Series { label: "a row", values: &rate, colour: PALE, points: true, dashes: "" };
    let smoothed = [raw, line("smoothed", &smooth, BLUE)];
    let rates = if diagnosis.smooth.value > 1 { &smoothed[..] } else { &smoothed[1..] };
    let odds = [line("λ", &log_odds, BLUE)];
    let norms = [line("norm", &norm, BLUE)];
    let sums = [line("without the length factor", &shares[0], BLUE), line("with it", &shares[1], ORANGE)];
    let by_length = diagnosis.loss.value.divisor != Divisor::Constant;
    let steps = [
        line("over the paper's (21)", &relative, BLUE),
        Series { dashes: "5 3", ..line("over the sharp one", &sharp, ORANGE) },
    ];
    let lengths = [line("length", &length, BLUE)];
    let panel = |label, series, powers| Panel { label, series, powers };
    let known = |values: &[f64]| values.iter().any(|value| value.is_finite());
    let mut panels = vec![panel("success rate J", rates, false), panel("log-odds λ", &odds, false)];
    if known(&norm) {
        panels.push(panel("‖∇‖", &norms, true));
        panels.push(panel("Σα gap, share", if by_length { &sums } else { &sums[..1] }, false));
    }
    panels.push(panel("relative step", &steps, true));
    if known(&length) {
        panels.push(panel("mean length", &lengths, false));
    }
    // What is of no step is only named.
    let label = |finding: &Finding| match (finding.first_step, span(finding)) {
        (Some(first), Some(span)) => (first as f64, format!("{}, {span}", finding.kind.name())),
        _ => (f64::NAN, format!("{}: {}", finding.kind.name(), finding.message)),
    };
    let labels: Vec<(f64, String)> = diagnosis.findings.iter().map(label).collect();
    let marks: Vec<Mark<'_>> = labels.iter().map(|(at, label)| Mark { at: *at, label, colour: RED }).collect();
    let [first, last] = diagnosis.course.success_rate;
    let file = diagnosis.source.rsplit(['/', '\\']).next().unwrap_or_default();
    let title = format!("{file}: J {} → {}", short(first), short(last));
    let [low, high] = diagnosis.reward_range.value;
    let subtitle = [
        format!(
            "{}: J from {} in [{low}, {high}]; loss {}; gradients {}",
            diagnosis.framework.value.name,
            diagnosis.success_key.value,
            diagnosis.loss.value.name,
            if diagnosis.clip.value.is_finite() {
                format!("clipped at {}", diagnosis.clip.value)
            } else {
                "not clipped".into()
            }
        ),
        match diagnosis.smoothness {
            None => "steps relative to the run's own early rows: no statement on what is safe",
            Some(_) => "steps relative to the run's own early rows; safe steps for the given smoothness are in the table",
        }
        .into(),
    ];
    let cumulative = format!("cumulative gap Σα {}", diagnosis.loss.value.plain_formula());
    let scatter = known(&norm).then_some(Scatter { label_x: &cumulative, label_y: "log-odds λ", x: &gap, y: &log_odds });
    Figure {
        title: &title,
        subtitle: &subtitle,
        across: &across,
        axis: "step",
        panels: &panels,
        marks: &marks,
        scatter,
        roomy: false,
    }
    .svg()
}
