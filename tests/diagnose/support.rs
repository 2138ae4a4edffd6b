//! Made-up runs.

use gradient_gap::diagnose::{Diagnosis, Finding, Kind, Options, Row};
use std::fmt::Write;

/// A made-up step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub step: u64,
    pub rate: f64,
    pub norm: f64,
    pub alpha: f64,
    pub length: f64,
}

/// Twelve steps of a run that learns; binary64 values that three decimals hold exactly enough.
pub fn steps() -> Vec<Step> {
    let at = |k: u64| {
        let x = k as f64;
        Step { step: k, rate: 0.25 + x / 32.0, norm: 0.5 + (x - 6.0) / 32.0, alpha: 1e-6, length: 200.0 + 8.0 * x }
    };
    (1..=12).map(at).collect()
}

pub fn read(text: &str) -> Diagnosis {
    read_with(text, &Options::default())
}

pub fn read_with(text: &str, options: &Options) -> Diagnosis {
    Diagnosis::read("made-up.log", text.as_bytes(), options).unwrap_or_else(|e| panic!("{e}"))
}

pub fn refusal(text: &str, options: &Options) -> String {
    Diagnosis::read("made-up.log", text.as_bytes(), options).expect_err("refused").to_string()
}

pub fn csv(steps: &[Step]) -> String {
    let mut text = String::from("step,success_rate,grad_norm,learning_rate,mean_length\n");
    for Step { step, rate, norm, alpha, length } in steps {
        let _ = writeln!(text, "{step},{rate},{norm},{alpha},{length}");
    }
    text
}

pub fn rows(diagnosis: &Diagnosis) -> Vec<Row> {
    diagnosis.rows().collect()
}

pub fn kinds(diagnosis: &Diagnosis) -> Vec<Kind> {
    diagnosis.findings.iter().map(|finding| finding.kind).collect()
}

pub fn found(diagnosis: &Diagnosis, kind: Kind) -> &Finding {
    let of_kind = diagnosis.findings.iter().find(|finding| finding.kind == kind);
    of_kind.unwrap_or_else(|| panic!("no {kind:?}: {:#?}", diagnosis.findings))
}

/// A small deterministic noise in [−1, 1].
pub fn noise(k: u64) -> f64 {
    ((k * 7_919 + 13) % 101) as f64 / 50.0 - 1.0
}
