//! token-to-trajectory: Assumption 2 implies Assumption 1.

use crate::support::{ONE_TOKEN, SEVERAL_TOKENS, coins, decision, outside, parts};
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::Ending;

standard_tests!(
    "token-to-trajectory",
    reach: SEVERAL_TOKENS,
    edges: 40,
    outside: ONE_TOKEN,
);

/// The word 0…0 has the extreme token at every position: both bounds are met for every T.
#[test]
fn equality_for_a_word_that_repeats_the_extreme_token() {
    for length in 2..=12 {
        for log_odds in [-1.0, 0.0] {
            for eta in [0.0, 0.25] {
                let instance = coins(length, Ending::Fixed, log_odds, eta);
                for part in parts("token-to-trajectory", &instance) {
                    assert!((part.computed / part.claimed - 1.0).abs() < 1e-14, "T = {length}: {part:?}");
                }
            }
            // Over a segment the two enclosed suprema are not tight enough to decide an equality; at a point they are.
            let point = coins(length, Ending::Fixed, log_odds, 0.0);
            assert_eq!(decision("token-to-trajectory", &point), Decision::Holds);
        }
    }
}

/// |o| counts the EOS. Forced at T∞, it adds no score: T∞ − 1 tokens share a bound for T∞.
#[test]
fn a_forced_eos_leaves_one_token_unused() {
    for length in [2, 5, 50] {
        let t = f64::from(length);
        // P(0) = P(1) = ½ at θ: |ξ| = ½ and |H| = ¼ for both tokens; 1…1⟂ has T − 1 of them, and so has 1…10.
        for part in parts("token-to-trajectory", &coins(length, Ending::Eos, 0.0, 0.0)) {
            assert!((part.computed / part.claimed - (t - 1.0) / t).abs() < 1e-14, "T = {length}: {part:?}");
        }
    }
}

#[test]
fn declared_lengths_have_no_tokens() {
    let mut instance = coins(1, Ending::Fixed, 0.0, 0.1);
    instance.policy.lengths = Some(vec![3, 4]);
    assert!(outside("token-to-trajectory", &instance).contains("tokens modelled"));
}
