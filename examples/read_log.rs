//! What the theory can say about a training run, from the rows of its log: here text, a run whose success rate falls from ½
//! to ¹⁄₁₆.

#![allow(clippy::print_stdout, reason = "an example prints")]

use gradient_gap::Error;
use gradient_gap::diagnose::{Diagnosis, Options};
use std::fmt::Write;

fn main() -> Result<(), Error> {
    let mut csv = String::from("step,success_rate,grad_norm,learning_rate,mean_length\n");
    for step in 1..=40_u32 {
        let rate = if step <= 20 { 0.5 } else { 0.0625 };
        let _ = writeln!(csv, "{step},{rate},0.5,1e-6,{}", 200 + step);
    }
    let diagnosis = Diagnosis::read("a run of 40 steps", csv.as_bytes(), &Options::default())?;
    let [first, last] = diagnosis.course.success_rate;
    println!("{} rows of {}, J from {first} to {last}", diagnosis.len(), diagnosis.source);
    for finding in &diagnosis.findings {
        println!("{} from step {}: {}", finding.kind.name(), finding.first_step.unwrap_or(0), finding.message);
    }
    Ok(())
}
