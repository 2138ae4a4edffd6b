//! A bound of one's own, written as text: the change of λ without the factor 1 − J of the companion's bound, which is
//! refuted, and with it, which is not.

#![allow(clippy::print_stdout, reason = "an example prints")]

use gradient_gap::prelude::*;

fn main() -> Result<(), Error> {
    let effort = Effort { evaluations: 50_000, ..Effort::default() };
    for text in ["dlambda >= eta*dmu - L*eta^2/2", "dlambda >= eta*dmu - L*eta^2/(2*(1-J0))"] {
        let conjecture = Conjecture::parse(text)?.given("J0 <= 0.9")?;
        let found = conjecture.search(&effort)?;
        match (found.witness, found.best_ratio) {
            (Some(witness), _) => println!("refuted: {}", witness.summary()),
            (None, Some(ratio)) => println!("not refuted: {text}, {ratio:.4} of the bound used"),
            (None, None) => println!("not refuted: {text}"),
        }
    }
    Ok(())
}
