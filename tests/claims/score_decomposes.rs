//! score-decomposes: the first display of §4.

use crate::support::{ONE_TOKEN, SEVERAL_TOKENS, close, coins, geometric, parts};
use gradient_gap::Evaluation;
use gradient_gap::policy::Ending;

standard_tests!(
    "score-decomposes",
    reach: SEVERAL_TOKENS,
    edges: 40,
    outside: ONE_TOKEN,
);

/// T coins with P(0) = p: a word with k zeros has s = k(1−p) − (T−k)p = k − Tp and H = −Tp(1−p).
#[test]
fn words_of_coins_by_hand() {
    for log_odds in [-2.0f64, 0.0, 1.0] {
        let instance = coins(5, Ending::Fixed, log_odds, 0.1);
        let p = 1.0 / (1.0 + (-log_odds).exp());
        let parts = parts("score-decomposes", &instance);
        assert_eq!(parts.len(), 2 * 32);
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        for (o, pair) in parts.chunks(2).enumerate() {
            let zeros = instance.policy.tree.tokens(o).iter().filter(|&&token| token == 0).count() as f64;
            for (part, expected, condition) in [
                (pair[0], zeros - 5.0 * p, evaluation.score_condition()),
                (pair[1], -5.0 * p * (1.0 - p), evaluation.curvature_condition()),
            ] {
                close(part.computed, expected, 16.0, condition);
                close(part.claimed, expected, 16.0, condition);
            }
        }
    }
}

/// Ended by EOS (token 0, P = p) with T∞ = 200: ℓ tokens have s = (1−p) − (ℓ−1)p, but the forced EOS of the longest adds nothing.
#[test]
fn a_forced_eos_has_no_score() {
    let instance = coins(200, Ending::Eos, -3.0, 0.1);
    let p = 1.0 / (1.0 + 3f64.exp());
    let parts = parts("score-decomposes", &instance);
    let condition = Evaluation::<f64>::new(&instance, 1).score_condition();
    for (o, pair) in parts.chunks(2).enumerate() {
        let length = f64::from(instance.policy.length(o));
        let expected = if length < 200.0 { 1.0 - length * p } else { -199.0 * p };
        close(pair[0].computed, expected, 16.0, condition);
        close(pair[0].claimed, expected, 16.0, condition);
    }
}

/// An EOS outside the softmax, and a softmax of one option: every score is 0 exactly.
#[test]
fn a_fixed_eos_has_no_score() {
    for part in parts("score-decomposes", &geometric(0.3, 50)) {
        assert_eq!((part.computed, part.claimed), (0.0, 0.0), "{}", part.name);
    }
}
