//! linear-softmax-step: the step of a linear softmax, by features alone.

use crate::support::{Reach, decision, on_a_line, outside, parts, shares};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::policy::Policy;
use gradient_gap::{Evaluation, Instance};

const REACH: Reach = &[("linear-softmax", 0.7), ("tabular-softmax", 0.6), ("cube", 0.6), ("declared-lengths", 0.7)];

standard_tests!("linear-softmax-step", reach: REACH, edges: 30, outside: &[
    "two responses, one parameter", "two tokens, two responses", "J = 1e-300", "1 − J = 1e-300", "J = 1e-300, two tokens",
    "1 − J = 1e-300, two tokens", "equal features", "logits ±350", "logits ±700", "chain of 200 tokens, ended by EOS",
    "chain of 200 tokens, cut", "chain of 200 tokens, stopped at random", "six coins", "1 − J = 1e-600, η = 0",
    "1 − J = 1e-600, w = 0", "J = 1e-600, η = 0", "J = 1e-600, w = 0", "J = 1e-600", "two responses, one logit each", "w = 0",
]);

/// φ = −1, 1 | 0: R = log cosh η against η²/2, whatever J is; with the sides exchanged from below.
#[test]
fn equality_when_one_side_is_torn() {
    for tilt in [-690.0, 0.0, 690.0] {
        let up = on_a_line(&[-1.0, 1.0, 0.0], &[tilt, tilt, 0.0], 2, 0.01);
        let down = Instance { correct: vec![false, false, true], ..up.clone() };
        for (instance, part) in [(up, 1), (down, 0)] {
            let share = shares("linear-softmax-step", &instance)[part];
            assert!(share.lo() > 0.9999 && share.hi() <= 1.0, "{share:?}");
            // log cosh x = x²/2 − x⁴/12 + …: the share is 1 − η²/6.
            assert!((share.lo() - (1.0 - 1e-4 / 6.0)).abs() < 1e-8, "{share:?}");
            assert_eq!(decision("linear-softmax-step", &instance), Decision::Holds);
        }
    }
}

/// L_o/2 must not stand for D²/8: {−1, 0, 1} with O⁺ = {±1} exceeds L_oη²/2 by a factor that tends to 3/2, the XOR square by one
/// that tends to 2.
#[test]
fn half_the_smoothness_constant_does_not_serve() {
    let xor = Instance {
        policy: Policy::linear_softmax(2, vec![1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0], vec![]).expect("fits"),
        theta: vec![0.0; 2],
        direction: vec![0.5f64.sqrt(); 2],
        eta: 0.1,
        correct: vec![true, true, false, false],
        then: vec![],
    };
    for (instance, factor) in [(on_a_line(&[-1.0, 1.0, 0.0], &[], 2, 0.1), 1.4975), (xor, 1.98)] {
        // Over all θ the constants are 2/3 (of the first: p(1 − p) + … at most Var of ±1, 0 uniform is 2/3 here) and 1.
        let smooth = Evaluation::<f64>::new(&instance, SAMPLE_PIECES).start().responses.curvature[0].abs();
        let second = parts("linear-softmax-step", &instance)[2].computed;
        assert!((second / smooth - factor).abs() < 0.02, "{second} {smooth}");
        assert_eq!(decision("linear-softmax-step", &instance), Decision::Holds);
    }
}

#[test]
fn curved_logits_and_equal_slopes_are_outside() {
    let two = on_a_line(&[1.0, 0.0], &[], 1, 0.5);
    assert!(outside("linear-softmax-step", &two).starts_with("a side with two slopes"));
    let mut curved = on_a_line(&[-1.0, 1.0, 0.0], &[], 2, 0.5);
    curved.policy.logits.quadratic = vec![0.0, 0.0, 1.0];
    assert!(outside("linear-softmax-step", &curved).starts_with("a softmax over responses"));
}
