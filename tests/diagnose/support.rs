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

/// A quiet run of 200 steps whose J rises from 0.3 to 0.6: nothing is to be found in it.
pub fn quiet() -> Vec<Step> {
    let at = |k: u64| Step {
        step: k,
        rate: 0.3 + 0.0015 * k as f64 + 0.01 * noise(k),
        norm: 0.5 + 0.1 * noise(3 * k),
        alpha: 1e-6,
        length: 300.0 + 20.0 * noise(5 * k),
    };
    (1..=200).map(at).collect()
}

pub fn changed(change: impl Fn(&mut Step)) -> Diagnosis {
    let mut steps = quiet();
    steps.iter_mut().for_each(change);
    read(&csv(&steps))
}

pub fn first(diagnosis: &Diagnosis, kind: Kind) -> u64 {
    found(diagnosis, kind).first_step.expect("a step")
}

/// Columns of shares beside the run.
pub fn with_column(name: &str, value: impl Fn(u64) -> f64) -> Diagnosis {
    let text = csv(&quiet());
    let mut lines = text.lines();
    let mut out = format!("{},{name}\n", lines.next().unwrap());
    for (line, step) in lines.zip(quiet()) {
        out += &format!("{line},{}\n", value(step.step));
    }
    read(&out)
}

/// Numbers in [0, 1) by a fixed rule (Marsaglia's xorshift).
fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / 9_007_199_254_740_992.0
    }
}

/// J as a mean of so many responses, drawn by a fixed rule.
pub fn sampled(rate: impl Fn(u64) -> f64, responses: u64, seed: u64) -> Vec<Step> {
    let mut uniform = uniform(seed);
    let mut steps = quiet();
    for s in &mut steps {
        s.rate = (0..responses).filter(|_| uniform() < rate(s.step)).count() as f64 / responses as f64;
    }
    steps
}

/// J of batches of groups: the responses to one prompt are alike, all right or all wrong in a share of the groups.
pub fn grouped(rate: impl Fn(u64) -> f64, groups: u64, seed: u64) -> Vec<Step> {
    let mut uniform = uniform(seed);
    let mut steps = quiet();
    for s in &mut steps {
        let mut right = 0;
        for _ in 0..groups {
            let rate = rate(s.step);
            right += if uniform() < 0.6 {
                if uniform() < rate { 8 } else { 0 }
            } else {
                (0..8).filter(|_| uniform() < rate).count() as u64
            };
        }
        s.rate = right as f64 / (8 * groups) as f64;
    }
    steps
}
