//! A claim of one's own on all families of the crate: λ' = E⁺[s] − E⁻[s] is at most 2G_o, so that λ moves by at most 2ηG_o.
//! Beside it the same with a factor that is too small by a hundredth, which must fall.

#![allow(clippy::print_stdout, reason = "an example prints")]

use gradient_gap::prelude::*;

struct Lipschitz;

impl Claim for Lipschitz {
    const STATEMENT: Statement = Statement {
        reading: Some(Reading::Seg), // G_o is the supremum over the step
        ..Statement::new("lipschitz", "|λ(η) − λ(0)| ≤ 2ηG_o", Relation::Upper)
    };

    /// Once for every kind of number: binary64, where G_o is sampled, and intervals, which enclose it.
    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let claimed = N::of(2.0) * evaluation.eta() * evaluation.constants().score;
        Parts::from_iter([Part::at_most("change", evaluation.step().change.abs(), claimed)])
    }
}

fn main() -> Result<(), Error> {
    let claims = [claim::<Lipschitz>(), claim::<Lipschitz>().with_constant("change", 0.99)];
    for found in Campaign::new(&claims, 3_000).run(&|_| {})?.claims {
        println!("expected: {}, verdict: {}, {} instances", found.claim.statement.expected, found.verdict, found.cases);
        if let Some(witness) = found.witness {
            println!("{}", witness.summary());
        }
    }
    let attacked = Attack::of(&claims[0], 30_000).run(&|_| {})?;
    println!("an attack uses {:.6} of the bound", attacked.certain().unwrap_or(0.0));
    Ok(())
}
