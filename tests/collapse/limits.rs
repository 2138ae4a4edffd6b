//! The limit J → 0: along the stored directions of a run that is not turned, in real numbers, λ of one token falls every two
//! steps by the same, which is positive for certain.

use crate::theorem_4::inside;
use gradient_gap::collapse::{Construction, Theorem2, Theorem4};
use gradient_gap::number::{Interval, Scalar};

#[test]
fn the_decrement_of_a_token_is_positive_for_any_number_of_tokens() {
    for tokens in [1, 2, 10, 100, 1_000, 10_000] {
        for count_eos in [false, true] {
            for (part, at) in [(1.0, 0.0), (1.0, 1.0), (0.3, 0.5), (1e-4, 0.0), (1e-4, 1.0)] {
                let mut construction = inside(tokens, part, at, count_eos);
                construction.token.steps = 40;
                construction.admissible().expect("inside");
                let token = construction.aligned_token();
                let decrement = token.decrement().expect("not turned");
                assert!(decrement.surely_positive(), "{tokens} {count_eos} {part} {at}: {decrement:?}");
                // By hand: y tanh y − 2ηΔμ_tok.
                let y = token.scale * token.across * token.eta;
                let by_hand = y * y.tanh() - 2.0 * token.eta * token.alignment;
                assert!((decrement.mid() / by_hand - 1.0).abs() < 1e-9, "{decrement:?} {by_hand}");
                // The certified steps of the token, from its stored iterates, agree with it.
                let course = token.course::<Interval>(&construction.run().expect("an instance"));
                for pair in course.steps.chunks(2) {
                    let two = -(pair[0].change + pair[1].change);
                    assert!((two.mid() - decrement.mid()).abs() <= 1e-9 * decrement.mid(), "{two:?} {decrement:?}");
                }
            }
        }
    }
}

#[test]
fn below_the_threshold_there_is_no_decrement_and_none_is_known_of_a_turned_run() {
    for tokens in [1, 100, 10_000] {
        let inside = inside(tokens, 0.5, 0.5, false);
        let below = inside.at_step(0.99 * inside.threshold()).aligned_token().decrement().expect("not turned");
        assert!(below.surely_negative(), "{tokens}: {below:?}");
        let turned = Theorem4 { token: Theorem2 { rotation: 1.0, ..inside.token.clone() }, ..inside };
        assert_eq!(turned.aligned_token().decrement(), None);
    }
}
