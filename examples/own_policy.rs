//! A policy of one's own: two tokens and a refusal (token 0), which ends the response and whose logit is a wave in θ,
//! another one after every prefix. Only "1 2" is correct. Claims of the paper on random instances of it.

#![allow(clippy::print_stdout, reason = "an example prints")]

use gradient_gap::claims::find;
use gradient_gap::families::{log_uniform, signed};
use gradient_gap::prelude::*;

/// From u ∈ [0, 1]⁴: the wave's amplitude and phase, θ, η. The nearer to 0, the simpler the instance.
const REFUSAL: Family = Family::new("refusal", "two tokens or a refusal, whose logit is a wave", 4, |u| {
    let shape = Shape { vocabulary: 3, max_length: 2, ending: Ending::Cut };
    let wave =
        |row: usize| Wave { logit: 3 * row, amplitude: 2.0 * u[0], frequency: vec![4.0], phase: 3.0 * u[1] + row as f64 };
    // Three prefixes of three options each: the refusal's logit is its wave alone, those of the tokens are θ and −θ.
    let logits = Logits { waves: (0..3).map(wave).collect(), ..Logits::linear(1, 3, 3, [0.0, 1.0, -1.0].repeat(3)) };
    let policy = Policy::autoregressive(shape, Context::Prefix, logits)?;
    let correct = (0..policy.responses()).map(|o| policy.tree.tokens(o) == [1, 2]).collect();
    let (theta, direction) = (vec![3.0 * signed(u[2])], vec![1.0]);
    Ok(Instance { policy, theta, direction, eta: log_uniform(u[3], 1e-3, 1.0), correct, then: vec![] })
});

fn main() -> Result<(), Error> {
    let slugs = ["log-odds-step", "token-log-odds-step", "token-convergence", "second-order-printed"];
    let claims: Vec<ClaimEntry> = slugs.iter().filter_map(|slug| find(slug)).copied().collect();
    let families = [REFUSAL];
    let campaign = Campaign { families: &families, certified: 500, ..Campaign::new(&claims, 5_000) };
    for found in campaign.run(&|_| {})?.claims {
        let certified = found.certified.map_or(0, |counts| counts.random.certified);
        let Statement { slug, .. } = found.claim.statement;
        println!("{slug}: {} on {} instances, {certified} certified", found.verdict, found.cases);
    }
    Ok(())
}
