//! Which step size is safe, by every threshold, as J → 1: Δμ = 0.01, L = 1 and G = 2 per token, 1 − J from 0.7 to 10⁻³⁰⁰.

#![allow(clippy::print_stdout, reason = "an example prints")]

use gradient_gap::Error;
use gradient_gap::safe_step::{Compared, Inputs, Step, THRESHOLDS};
use gradient_gap::thresholds::SuccessRate;

fn main() -> Result<(), Error> {
    let inputs = Inputs { score_bound: Some(2.0), ..Inputs::new(0.01, 1.0) };
    inputs.check()?;
    for failure in [0.7, 1e-3, 1e-300] {
        let compared = Compared::new(&inputs, SuccessRate::of_failure(failure));
        println!("1 − J = {failure:e}");
        for (threshold, step) in THRESHOLDS.iter().zip(&compared.steps) {
            if let Step::UpTo(eta) = step {
                println!("  {}: η up to {eta:.3e}: {}", threshold.name, threshold.guarantee);
            }
        }
        if let Some((threshold, eta)) = compared.largest() {
            println!("  J rises at every step below {eta:.3e}, by {}", threshold.name);
        }
    }
    Ok(())
}
