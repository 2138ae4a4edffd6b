//! threshold-match: the paragraph after Theorem 4.

use crate::support::{Reach, close, coins, decision, outside, parts, rare_and_far, ratio};
use gradient_gap::Evaluation;
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::Ending;
use std::f64::consts::LN_2;

const REACH: Reach = &[
    ("linear-softmax", 0.4),
    ("tabular-softmax", 0.4),
    ("cube", 0.4),
    ("quadratic-softmax", 0.4),
    ("curve", 0.4),
    ("sum-of-sines", 0.4),
    ("prefix-tabular", 0.4),
    ("last-token", 0.4),
    ("prefix-linear", 0.4),
    ("geometric-length", 0.3),
    ("curved-tokens", 0.3),
    ("finite-state", 0.35),
];

standard_tests!(
    "threshold-match",
    reach: REACH,
    edges: 35,
    outside: &[
        "1 − J = 1e-300, two tokens",
        "equal features",
        "chain of 200 tokens, stopped at random",
        "declared lengths from 1 to 4·10⁹",
        "1 − J = 1e-600, w = 0",
        "J = 1e-600, w = 0",
        "w = 0",
    ],
);

/// At constant length the share is (log 2·(1−J)·L + G²)/(L + G²) while the cap 8T∞² does not bind: 1 − O(L/G²).
#[test]
fn the_constant_is_approached_at_constant_length() {
    let mut last = 0.0;
    for (delta, b) in [(0.5, 4.0), (2f64.powi(-4), 8.0), (2f64.powi(-8), 16.0), (2f64.powi(-12), 24.0)] {
        let instance = rare_and_far(delta, b);
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let (constants, failure) = (evaluation.constants(), evaluation.start().failure());
        let noise = constants.token_score.powi(2);
        let expected = (LN_2 * failure * constants.token_curvature + noise) / (constants.token_curvature + noise);
        let found = ratio("threshold-match", &instance);
        close(found, expected, 16.0, evaluation.logit_condition());
        assert!(found > last, "{found} after {last}");
        last = found;
        assert_eq!(decision("threshold-match", &instance), Decision::Holds);
    }
    assert!(last > 0.999_999 && last < 1.0, "{last}");
}

/// The crude bound is crude: with a bounded T_ψ1 the share falls as T∞ grows.
#[test]
fn no_match_for_short_typical_lengths() {
    // P(EOS) = P(go on) = ½ at θ: T_ψ1 → 1/log(4/3), J = ½.
    let share = |length| ratio("threshold-match", &coins(length, Ending::Eos, 0.0, 0.0));
    let (short, long) = (share(5), share(160));
    assert!(long < 0.75 * short, "{short} at T∞ = 5, {long} at T∞ = 160");
}

/// Two tokens of one fair coin, O⁺ = {00}, η = 0: G_p = ½, L_p = ¼, T∞ = 2, T_ψ1 = 2/log 2, 1 − J = ¾, so (19)/(18a) is
/// 240 (½ + ¼·(8/3)/log 2)/1 and the bound 320/log 2.
#[test]
fn two_coins_by_hand() {
    let part = parts("threshold-match", &coins(2, Ending::Fixed, 0.0, 0.0))[0];
    let expected = 240.0 * (0.5 + 2.0 / 3.0 / LN_2);
    close(part.computed, expected, 16.0, expected);
    close(part.claimed, 320.0 / LN_2, 16.0, 320.0 / LN_2);
}

#[test]
fn needs_a_positive_alignment() {
    let mut instance = coins(2, Ending::Fixed, 0.0, 0.1);
    instance.direction[0] = -1.0;
    assert!(outside("threshold-match", &instance).starts_with("Δμ > 0"));
}
