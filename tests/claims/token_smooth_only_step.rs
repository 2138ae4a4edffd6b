//! token-smooth-only-step: the smooth-only step with per-token curvature and mean lengths.

use crate::support::{TOKENS_NOT_STILL, coins, decision, geometric, on_a_line, parts, shares};
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::Ending;
use gradient_gap::{Evaluation, Instance};

standard_tests!("token-smooth-only-step", reach: TOKENS_NOT_STILL, edges: 75, outside: &[
    "η = 0", "η = 1e-200", "equal features", "logits ±700", "chain of 200 tokens, stopped at random",
    "declared lengths from 1 to 4·10⁹", "1 − J = 1e-600, η = 0",
    "1 − J = 1e-600, w = 0", "J = 1e-600, η = 0", "J = 1e-600, w = 0", "J = 1e-600", "w = 0",
]);

/// T coins, the word 0…0 correct: (log J)'' = −T p(1−p) = −L_pE⁺[ℓ] exactly, so the tangent of log J is met as η → 0 whatever J,
/// and the bound on R itself as J → 0: there λ'' ≈ (log J)''.
#[test]
fn equality_for_one_word() {
    for (log_odds, length) in [(0.0, 2), (-3.0, 4), (2.0, 6)] {
        let share = shares("token-smooth-only-step", &coins(length, Ending::Fixed, log_odds, 1e-6))[2];
        assert!(share.lo() > 0.995 && share.hi() < 1.005, "{share:?}");
    }
    let share = shares("token-smooth-only-step", &coins(12, Ending::Fixed, -10.0, 1e-6))[0];
    assert!(share.lo() > 0.995 && share.hi() < 1.005, "{share:?}");
}

/// Constant lengths on either side: J exp(E⁺[ℓ]/T_ψ1) + (1−J) exp(E⁻[ℓ]/T_ψ1) = E exp(ℓ/T_ψ1) = 2.
#[test]
fn equality_for_lengths_that_are_constant_on_a_side() {
    for instance in [
        on_a_line(&[1.0, 0.0], &[], 1, 0.5),
        coins(7, Ending::Fixed, 1.0, 0.1),
        coins(2, Ending::Eos, 5.0, 0.1),
        coins(2, Ending::Eos, -5.0, 0.1),
    ] {
        let part = parts("token-smooth-only-step", &instance)[6];
        assert!((part.computed - 2.0).abs() < 1e-13, "{part:?}");
        assert_eq!(decision("token-smooth-only-step", &instance), Decision::Holds);
    }
    // The control: a length that varies on a side uses less.
    assert!(parts("token-smooth-only-step", &geometric(0.3, 20))[6].computed < 1.99);
}

/// T_ψ1 → ∞ with ℓ = 1 on the other side: E±[ℓ] come near their bounds, either one.
#[test]
fn lengths_near_the_orlicz_bounds() {
    let mut long = coins(200, Ending::Eos, 0.0, 0.1);
    // The word of 200 tokens, none of them EOS, is on one side, all others, which are rare, on the other.
    long.policy.logits.bias = vec![-8.0, 0.0];
    let e = Evaluation::<f64>::new(&long, 1);
    assert!(e.start().mean_length() > 100.0);
    for flip in [false, true] {
        let longest = (0..long.policy.responses()).max_by_key(|&o| long.policy.length(o)).expect("not empty");
        let correct = (0..long.policy.responses()).map(|o| (o == longest) != flip).collect();
        let instance = Instance { correct, ..long.clone() };
        let part = parts("token-smooth-only-step", &instance)[if flip { 8 } else { 7 }];
        assert!(part.computed <= part.claimed && part.computed > 0.9 * part.claimed, "{part:?}");
    }
}
