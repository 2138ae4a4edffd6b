//! Construction 3.2: any number of tokens in closed form, against the enumerated policy and against the window (19).

use crate::{certified, generator, spread, steps, uniform};
use gradient_gap::collapse::{Construction, Theorem2, Theorem4};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::{Evaluation, collapse::Certified};
use rand::RngExt;

/// As in Theorem 2, inside (19).
pub fn inside(tokens: u32, part: f64, at: f64, count_eos: bool) -> Theorem4 {
    let mut construction = Theorem4 { count_eos, ..Theorem4::new(1.0, 1.0, 1.0, tokens) };
    construction.alignment = construction.window().most_aligned() * part;
    construction.token.eta = construction.window().inside(construction.alignment, at).expect("not empty");
    construction
}

#[test]
fn every_step_falls_for_any_number_of_tokens() {
    for tokens in [1, 10, 100, 1_000, 10_000] {
        for (part, at, count_eos) in [(1.0, 0.0, false), (1.0, 1.0, false), (1.0, 0.0, true), (0.01, 0.0, false)] {
            let mut construction = inside(tokens, part, at, count_eos);
            construction.token.steps = steps(300);
            let found = certified(&construction);
            assert!(found.collapses(), "{tokens} {part} {at} {count_eos}: {found:?}");
            assert_eq!(found.steps, steps(300));
        }
    }
}

/// A dozen random numbers of tokens, shapes, starts and places in (19), eight of them turned: 10 000 steps with `GRADIENT_GAP_LONG=1`.
#[test]
fn a_dozen_random_tokens_collapse_for_long() {
    let mut rng = generator(7);
    let (mut tried, mut turned, mut most) = (0, 0, 0);
    for case in 0..12 {
        let construction = loop {
            let tokens = spread(&mut rng, 1.0, 1e4) as u32;
            let plain = inside(tokens, spread(&mut rng, 1e-3, 0.99), uniform(&mut rng, 0.01, 0.99), rng.random());
            let token = Theorem2 {
                steps: steps(200),
                start: uniform(&mut rng, -20.0, 0.69),
                across: uniform(&mut rng, 0.6, 0.97),
                reach: uniform(&mut rng, 1.0, 1.73),
                rotation: if case % 3 == 0 { 0.0 } else { uniform(&mut rng, -3.0, 3.0) },
                ..plain.token.clone()
            };
            let drawn = Theorem4 { token, ..plain };
            // A wide across or an EOS may cost what the statement does not promise.
            if drawn.admissible().is_ok() {
                break drawn;
            }
        };
        let found = certified(&construction);
        assert!(found.collapses(), "{found:?} {construction:?}");
        tried += found.steps;
        turned += usize::from(construction.token.rotation != 0.0);
        most = most.max(construction.tokens);
    }
    assert!(tried == 12 * steps(200) && turned == 8 && most > 1_000, "{tried} {turned} {most}");
}

#[test]
fn what_is_lost_for_what_is_gained() {
    // Net losses in units of the claimed gain Δμη, at the lower end and the largest Δμ, the least over the steps.
    for tokens in (1..=10).chain([100, 10_000]) {
        // From p(0) = 1/3 and from p(0) = 1/2, where the token needs up to twice its share of Δμ.
        for (start, count_eos, least) in [
            (0.0, false, 5.47),
            (0.0, true, 3.81),
            (std::f64::consts::LN_2, false, 3.85),
            (std::f64::consts::LN_2, true, 3.13),
        ] {
            let plain = inside(tokens, 1.0, 0.0, count_eos);
            let construction = Theorem4 { token: Theorem2 { start, ..plain.token.clone() }, ..plain };
            let course = construction.course::<Interval>(&construction.run().expect("an instance"));
            let gain = Interval::of(construction.alignment) * Interval::of(construction.eta());
            let lost = -course.largest(|step| step.change) / gain;
            assert!(Interval::of(least).surely_le(lost), "{tokens} {start} {count_eos}: {lost:?}");
            assert!(lost.surely_le(Interval::of(8.6)), "{tokens} {start} {count_eos}: {lost:?}");
        }
    }
}

/// T ≤ 5: all 3^T responses, through the general evaluation.
#[test]
fn agrees_with_the_enumerated_policy() {
    let mut rng = generator(4);
    for tokens in 1..=5 {
        for _ in 0..6 {
            let mut construction = inside(tokens, uniform(&mut rng, 0.01, 1.0), rng.random(), rng.random());
            construction.token = Theorem2 {
                steps: 9,
                start: uniform(&mut rng, -3.0, 0.6),
                rotation: uniform(&mut rng, -2.0, 2.0),
                ..construction.token
            };
            let run = construction.run().expect("an instance");
            let closed = construction.course::<f64>(&run);
            let enclosed = construction.course::<Interval>(&run);
            let instance = construction.enumerated().expect("small");
            assert_eq!(instance.correct.iter().filter(|c| **c).count(), 1);
            assert_eq!(instance.policy.max_length(), tokens, "no EOS is counted");
            let real = Evaluation::<f64>::new(&instance, 1);
            let wide = Evaluation::<Interval>::new(&instance, 1);
            assert_eq!(real.course().steps.len(), 9);
            for k in 0..9 {
                let (c, e) = (&closed.steps[k], &real.course().steps[k]);
                for (name, x, y) in [
                    ("alignment", c.alignment, e.alignment),
                    ("change", c.change, e.change),
                    ("remainder", c.remainder, e.remainder),
                    ("log J", c.log_success, e.log_success),
                    ("log(1−J)", c.log_failure, e.log_failure),
                    ("length", c.correct_length, e.correct_length),
                    ("G_o", c.constants.score, e.constants.score),
                    ("L_p", c.constants.token_curvature, e.constants.token_curvature),
                ] {
                    assert!((x - y).abs() <= 1e-10 * y.abs(), "T = {tokens}, step {k}, {name}: {x} {y}");
                }
                // Both enclosures hold the same number.
                let (c, e) = (&enclosed.steps[k], &wide.course().steps[k]);
                for (x, y) in [
                    (c.alignment, e.alignment),
                    (c.change, e.change),
                    (c.remainder, e.remainder),
                    (c.log_success, e.log_success),
                    (c.log_failure, e.log_failure),
                    (c.constants.score, e.constants.score),
                    (c.constants.curvature, e.constants.curvature),
                ] {
                    assert!(!x.intersection(y).is_empty(), "T = {tokens}, step {k}: {x:?} {y:?}");
                }
            }
        }
    }
}

#[test]
fn one_token_is_theorem_2_but_for_the_window() {
    let construction = inside(1, 0.5, 0.5, false);
    let run = construction.run().expect("an instance");
    let plain = Evaluation::<f64>::new(&run, 1);
    let course = construction.course::<f64>(&run);
    for (x, y) in course.steps.iter().zip(&plain.course().steps).take(50) {
        assert!((x.change - y.change).abs() <= 1e-13 * y.change.abs());
        assert!((x.remainder - y.remainder).abs() <= 1e-13 * y.remainder.abs());
    }
}

#[test]
fn the_remainder_does_not_cancel() {
    // ηΔμ ~ 10⁻¹², a remainder ~ 10⁻²²: the difference of change and ηΔμ has no digit left.
    let mut construction = Theorem4::new(1.0, 1e-3, 1e-10, 100);
    construction.token.steps = 2;
    let run = construction.run().expect("an instance");
    let (real, enclosed) = (construction.course::<f64>(&run), construction.course::<Interval>(&run));
    for (x, y) in real.steps.iter().zip(&enclosed.steps) {
        assert!(y.remainder.surely_negative() && y.remainder.width() < 1e-6 * x.remainder.abs(), "{y:?}");
        assert!((x.remainder - y.remainder.mid()).abs() < 1e-6 * x.remainder.abs());
    }
}

#[test]
fn inadmissible_numbers_are_named() {
    let good = inside(10, 0.5, 0.5, false);
    let refused = |construction: Theorem4, start: &str| {
        let message = construction.admissible().expect_err(start).to_string();
        assert!(message.starts_with(start) && !message.contains('\n'), "{message:?}, expected {start:?}");
    };
    refused(Theorem4 { tokens: 0, ..good.clone() }, "tokens: 0");
    refused(Theorem4 { alignment: 0.03, ..good.clone() }, "alignment: 0.03 is above √S/240 = 0.0294");
    refused(Theorem4 { tokens: 9, ..inside(10, 1.0, 0.0, false) }, "alignment: ");
    let start = |start: f64| Theorem4 { token: Theorem2 { start, ..good.token.clone() }, ..good.clone() };
    refused(start(f64::NAN), "start: is NaN");
    assert!(start(0.69).admissible().is_ok() && start(1.5).admissible().is_ok());
    // As p(0) → 1 a token needs all of Δμ, T times its share, and rises.
    let high = Theorem4 { tokens: 100, ..inside(100, 0.999, 0.1, false) };
    let high = Theorem4 { token: Theorem2 { start: 6.0, steps: 2, ..high.token }, ..high };
    let run = high.run().expect("an instance");
    let found = Certified::new(&high.course::<Interval>(&run), &run, high.alignment);
    assert_eq!(found.falling, 0);
    refused(high, "divergence: step A gains");
}

#[test]
fn the_first_alignment_is_the_promised_one() {
    // Δμ(0) = Δμ but for rounding, and Δμ(k) rises with k: no alignment is wasted.
    for (tokens, start) in [(1, 0.0), (2, 1.0), (10, -3.0), (10_000, 0.5)] {
        let plain = inside(tokens, 0.5, 0.5, false);
        let construction = Theorem4 { token: Theorem2 { start, steps: 50, ..plain.token.clone() }, ..plain };
        let course = construction.course::<f64>(&construction.run().expect("an instance"));
        let above = course.steps[0].alignment / construction.alignment - 1.0;
        assert!((0.0..1e-12).contains(&above), "{tokens}: {above}");
        assert!(course.steps.windows(2).all(|two| two[1].alignment >= two[0].alignment * (1.0 - 1e-12)));
    }
}
