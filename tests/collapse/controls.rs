//! Runs next to the constructions that must not collapse: what makes them collapse is what is claimed.

use crate::theorem_2::inside;
use crate::{certified, rises, theorem_4};
use gradient_gap::collapse::{Certified, Construction, Extra, Theorem2, Theorem4};
use gradient_gap::number::{Interval, Scalar};

/// y → 0 and v → 1: Δμ = 10⁻⁴ s and v = 1 − 10⁻⁸.
fn limit(eta: f64) -> Theorem2 {
    Theorem2 { across: 1.0 - 1e-8, steps: 200, ..Theorem2::new(1.0, 1e-4, eta) }
}

#[test]
fn just_below_the_sharp_threshold_nothing_collapses() {
    let threshold = limit(1.0).threshold();
    assert!((threshold - 2e-4).abs() < 1e-18);
    assert!(rises(&limit(0.99 * threshold)));
    // Just above it the same directions collapse, far below the window's lower end.
    let above = limit(1.01 * threshold);
    let run = above.run().expect("an instance");
    assert!(Certified::new(&above.course::<Interval>(&run), &run, above.alignment).collapses());
    assert!(above.admissible().is_err());
}

#[test]
fn just_below_the_sharp_threshold_of_theorem_4_nothing_collapses() {
    for tokens in [1, 10, 10_000] {
        let at = |share: f64| {
            let alignment = 1e-4 * f64::from(tokens);
            let token = Theorem2 { start: -40.0, ..limit(share * 2e-4) };
            Theorem4 { token, alignment, tokens, count_eos: false }
        };
        assert!((at(1.0).threshold() - 2e-4).abs() < 1e-17);
        assert!(rises(&at(0.99)), "{tokens}");
        let above = at(1.01);
        let run = above.run().expect("an instance");
        assert!(Certified::new(&above.course::<Interval>(&run), &run, above.alignment).collapses(), "{tokens}");
    }
}

#[test]
fn a_correct_response_behind_the_incorrect_ones_turns_the_run_round() {
    let plain = Theorem2 { steps: 4_000, ..inside(1.0, 1.0, 0.0) };
    assert!(certified(&plain).collapses());
    for bias in [0.0, -20.0] {
        let behind = Extra { position: [-2.0 * plain.reach, 0.0], bias, correct: true };
        let turned = Theorem2 { extras: vec![behind], ..plain.clone() };
        assert!(turned.admissible().expect_err("not on φ_c").to_string().starts_with("extras[0]"));
        let run = turned.run().expect("an instance");
        let course = turned.course::<Interval>(&run);
        let last = course.steps.last().expect("steps");
        // 1 − J < 10⁻⁹ at the end, although its mass at the start may be e^−20 of the others'.
        assert!(last.log_failure.surely_le(Interval::of(-20.0)), "{bias}: {:?}", last.log_failure);
        let late = course.steps[3_000..].chunks(2).map(|two| two[0].change + two[1].change);
        assert!(late.into_iter().all(|two| two.surely_positive()), "λ rises over every two late steps");
        assert!(!Certified::new(&course, &run, turned.alignment).collapses());
    }
}

#[test]
fn eight_equal_responses_at_the_centre_stop_the_collapse() {
    let construction = inside(1.0, 1.0, 0.0);
    let centre = Extra { position: [-construction.reach, 0.0], bias: 0.0, correct: false };
    let with = |count: usize| Theorem2 { extras: vec![centre; count], steps: 100, ..construction.clone() };
    let stopped = with(8);
    assert!(stopped.admissible().expect_err("D_K is too small").to_string().starts_with("divergence: step A gains"));
    assert!(rises(&stopped), "λ rises at every step");
    assert!(certified(&with(1)).collapses() && certified(&with(6)).collapses());
}

#[test]
fn exchanged_verdicts_turn_the_run_round() {
    // O⁺ and O⁻ exchanged: the alignment is negative and M ≡ 0 at every step, and J → 1.
    let construction = Theorem2 { steps: 2_000, ..inside(1.0, 1.0, 1.0) };
    let mut run = construction.run().expect("an instance");
    run.correct.iter_mut().for_each(|c| *c = !*c);
    let course = construction.course::<Interval>(&run);
    assert!(course.steps.iter().all(|step| step.alignment.surely_negative() && step.change.surely_positive()));
    assert!(course.steps.last().expect("steps").log_failure.surely_le(Interval::of(-20.0)));
}

#[test]
fn theorem_4_needs_its_window_to_grow_with_the_tokens() {
    // The step that collapses T tokens at (19)'s lower end does not collapse T/10 of them at the same Δμ.
    let construction = theorem_4::inside(1_000, 1.0, 0.0, false);
    let fewer = Theorem4 { tokens: 100, token: Theorem2 { steps: 20, ..construction.token.clone() }, ..construction };
    assert!(fewer.admissible().is_err());
    assert!(rises(&fewer));
}
