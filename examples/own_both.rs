//! A policy and a claim of one's own: verified, attacked and certified; the table is that of `gradient-gap verify`.

#![allow(clippy::print_stdout, reason = "an example prints")]

use gradient_gap::families::{log_uniform, signed};
use gradient_gap::prelude::*;
use gradient_gap::report::{Style, Verified, verify_table};

/// Two tokens or a refusal (token 0), whose logit b − cθ²/2 is curved; "1 2" is correct.
const REFUSAL: Family = Family::new("refusal", "two tokens or a refusal, curved logits", 4, |u| {
    let shape = Shape { vocabulary: 3, max_length: 2, ending: Ending::Cut };
    let (bias, quadratic) = ([signed(u[0]), 0.0, 0.0].repeat(3), [-4.0 * u[1], 0.0, 0.0].repeat(3));
    let logits = Logits { bias, quadratic, ..Logits::linear(1, 3, 3, [0.0, 1.0, -1.0].repeat(3)) };
    let policy = Policy::autoregressive(shape, Context::Prefix, logits)?;
    let correct = (0..policy.responses()).map(|o| policy.tree.tokens(o) == [1, 2]).collect();
    let (theta, direction) = (vec![3.0 * signed(u[2])], vec![1.0]);
    Ok(Instance { policy, theta, direction, eta: log_uniform(u[3], 1e-3, 1.0), correct, then: vec![] })
});

/// No response has a score above T∞G_p, so λ moves by at most 2ηT∞G_p.
struct TokenLipschitz;

impl Claim for TokenLipschitz {
    const STATEMENT: Statement = Statement {
        reading: Some(Reading::Seg),
        ..Statement::new("token-lipschitz", "|λ(η) − λ(0)| ≤ 2ηT∞G_p", Relation::Upper)
    };

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let claimed = N::of(2.0) * evaluation.eta() * evaluation.max_length() * evaluation.constants().token_score;
        Parts::from_iter([Part::at_most("change", evaluation.step().change.abs(), claimed)])
    }
}

fn main() -> Result<(), Error> {
    // The claim, and a tenth of it, which must be refuted.
    let claims = [claim::<TokenLipschitz>(), claim::<TokenLipschitz>().with_constant("change", 0.1)];
    let families = [REFUSAL];
    let campaign = Campaign { families: &families, attack: 4_096, certified: 500, ..Campaign::new(&claims, 5_000) };
    let result = campaign.run(&|_| {})?;
    let verified = Verified { campaign: &campaign, result: &result, seconds: 0.0, observed: &[] };
    print!("{}", verify_table(&verified, Style::Plain));
    let attacked = Attack { families: vec![&REFUSAL], ..Attack::of(&claims[0], 20_000) }.run(&|_| {})?;
    println!("A longer attack uses {:.4} of the bound for certain.", attacked.certain().unwrap_or(0.0));
    for found in campaign.certify(&|_| {})? {
        let (expected, [yes, no]) = (found.claim.statement.expected, [found.random.certified, found.random.refuted]);
        println!("expected: {expected}: intervals certify {yes} of {} instances, refute {no}", found.random.cases());
    }
    Ok(())
}
