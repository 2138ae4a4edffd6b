//! Theorem 2: both ends of the window, random numbers inside it, rotations, extra responses.

use crate::{certified, generator, place, spread, steps, uniform};
use gradient_gap::collapse::{Certified, Construction, Extra, Theorem2, largest_squared_norm, share};
use gradient_gap::number::{Interval, Scalar};
use rand::{Rng, RngExt};

/// The construction at the share `at` of the way through the window, with Δμ a `part` of the largest.
pub fn inside(scale: f64, part: f64, at: f64) -> Theorem2 {
    let mut construction = Theorem2::new(scale, 1.0, 1.0);
    (construction.alignment, construction.eta) = place(&construction.window(), part, at);
    construction
}

#[test]
fn every_step_falls_at_both_ends_and_inside() {
    for part in [1.0, 0.5, 1e-2, 1e-4] {
        for at in [0.0, 0.37, 1.0] {
            let construction = Theorem2 { steps: steps(1_000), ..inside(1.0, part, at) };
            let found = certified(&construction);
            assert!(found.collapses(), "{part} {at}: {found:?}");
            assert_eq!(found.steps, steps(1_000));
        }
    }
}

#[test]
fn both_ends_exactly() {
    // s = 1, Δμ = 2⁻⁷: the lower end 12Δμ = 3/32 is a binary64 number, and is inside; the next number below is not.
    let construction = Theorem2 { steps: 200, ..Theorem2::new(1.0, 0.0078125, 0.09375) };
    assert_eq!(construction.window().ends(construction.alignment).expect("not empty")[0], 0.09375);
    assert!(certified(&construction).collapses());
    let below = Theorem2 { eta: 0.09375f64.next_down(), ..construction.clone() };
    assert!(below.admissible().expect_err("outside").to_string().starts_with("eta: 0.09374999999999999 is below"));
    // The upper end 1/(2√5) is irrational: the largest number below it is inside, the next one is not.
    let high = construction.window().ends(construction.alignment).expect("not empty")[1];
    assert!((high - 0.05f64.sqrt()).abs() < 1e-15);
    assert!(certified(&Theorem2 { eta: high, ..construction.clone() }).collapses());
    let above = Theorem2 { eta: high.next_up(), ..construction };
    assert!(above.admissible().expect_err("outside").to_string().contains("is above the window"));
}

#[test]
fn every_step_loses_at_least_3_76_gains() {
    // 1/share is what is lost for every ηΔμ(k) gained; the statement in the notes is a net loss of 3.76.
    let construction = Theorem2 { steps: 100, ..inside(1.0, 1.0, 0.0) };
    let course = construction.course::<Interval>(&construction.run().expect("an instance"));
    let worst = course.largest(share);
    assert!(Interval::of(3.76).surely_le(Interval::one() / worst - Interval::one()), "{worst:?}");
    assert!(worst.surely_le(Interval::of(0.2101)) && Interval::of(0.2).surely_le(worst));
}

/// A random scale, shape, rotation, start and, in every second case, extra responses; not always admissible.
pub fn random(rng: &mut impl Rng, case: usize) -> Theorem2 {
    let scale = spread(rng, 1e-3, 1e3);
    let part = if case.is_multiple_of(4) { 1.0 } else { spread(rng, 1e-6, 1.0) };
    let mut construction = inside(scale, part, rng.random());
    construction.across = uniform(rng, 0.6, 0.97);
    construction.reach = scale * uniform(rng, 1.0, 1.73);
    construction.rotation = if case.is_multiple_of(3) { 0.0 } else { uniform(rng, -4.0, 4.0) };
    construction.start = uniform(rng, -40.0, 40.0);
    construction.steps = 60;
    // The window belongs to the features as they were rounded.
    construction.alignment = construction.alignment.min(construction.window().most_aligned());
    construction.eta = construction.window().inside(construction.alignment, rng.random()).expect("not empty");
    if case.is_multiple_of(2) {
        for _ in 0..rng.random_range(1..4) {
            let (bias, correct) = (uniform(rng, -3.0, 1.0), rng.random());
            let r = if rng.random() { scale * uniform(rng, -1.0, 1.0) } else { 0.0 };
            let position = if correct { [0.0, 0.0] } else { [-construction.reach, r] };
            construction.extras.push(Extra { position, bias, correct });
        }
    }
    construction
}

/// Those whose divergences do not suffice are left out.
#[test]
fn random_constructions_collapse() {
    let mut rng = generator(1);
    let (mut tried, mut with_extras) = (0, 0);
    for case in 0..400 {
        let construction = random(&mut rng, case);
        if let Err(e) = construction.admissible() {
            assert!(e.to_string().contains("loses only") && !construction.extras.is_empty(), "{e}: {construction:?}");
            continue;
        }
        let found = certified(&construction);
        assert!(found.collapses(), "{found:?} {construction:?}");
        tried += 1;
        with_extras += usize::from(!construction.extras.is_empty());
    }
    assert!(tried > 300 && with_extras > 100, "{tried} {with_extras}");
}

/// A dozen of them, four without rotation and six with extra responses, over many steps: 10 000 with `GRADIENT_GAP_LONG=1`.
#[test]
fn a_dozen_random_constructions_collapse_for_long() {
    let mut rng = generator(6);
    let (mut tried, mut with_extras, mut turned) = (0, 0, 0);
    for case in 0..12 {
        let mut construction = loop {
            let drawn = random(&mut rng, case);
            if drawn.admissible().is_ok() {
                break drawn;
            }
        };
        construction.steps = steps(200);
        let run = construction.run().expect("an instance");
        let found = Certified::new(&construction.course::<Interval>(&run), &run, construction.alignment);
        assert!(found.collapses(), "{found:?} {construction:?}");
        tried += found.steps;
        with_extras += usize::from(!construction.extras.is_empty());
        turned += usize::from(construction.rotation != 0.0);
    }
    assert_eq!((tried, with_extras, turned), (12 * steps(200), 6, 8));
}

#[test]
fn two_steps_return_and_lose_the_same() {
    // Without rotation the stored directions are two, θ₂ is 0 after every second step exactly, and the decrement is one
    // number.
    for (part, at) in [(1.0, 0.0), (1.0, 1.0), (1e-3, 0.0), (1e-3, 0.5)] {
        let construction = Theorem2 { steps: 1_000, ..inside(1.0, part, at) };
        let run = construction.run().expect("an instance");
        let decrement = construction.decrement().expect("not rotated");
        assert!(decrement.surely_positive(), "{decrement:?}");
        let mut directions = vec![];
        run.for_each_step(|k, step| {
            assert_eq!(step.theta[1] == 0.0, k % 2 == 0, "θ₂ at step {k}");
            directions.push(step.direction.clone());
        });
        assert!((2..1_000).all(|k| directions[k] == directions[k - 2]));
        assert_eq!(directions[0][1], -directions[1][1]);
        // The certified steps agree with it.
        let course = construction.course::<Interval>(&run);
        for pair in course.steps.chunks(2) {
            let two = -(pair[0].change + pair[1].change);
            assert!((two.mid() - decrement.mid()).abs() <= 1e-9 * decrement.mid(), "{two:?} {decrement:?}");
        }
    }
    assert_eq!(Theorem2 { rotation: 0.5, ..inside(1.0, 1.0, 0.0) }.decrement(), None);
}

/// The rule of the page, which reads θ and not η, gives the directions of the run at every η of the window.
#[test]
fn one_rule_serves_the_whole_window() {
    for at in [0.0, 0.25, 0.5, 0.75, 1.0] {
        // One Δμ for all η.
        let construction = Theorem2 { steps: 400, ..inside(1.0, 0.3, at) };
        let Theorem2 { alignment, across: v, reach: g, scale: s, .. } = construction;
        let rule = |theta: f64| match theta == 0.0 {
            true => [alignment / g, v],
            false => [(alignment - s * v * (s * theta.abs()).tanh()) / g, -v * theta.signum()],
        };
        construction.run().expect("an instance").for_each_step(|k, step| {
            let w = rule(step.theta[1]);
            assert_eq!(step.direction[1], w[1], "{at}, step {k}");
            assert!((step.direction[0] - w[0]).abs() < 1e-15, "{at}, step {k}: {:?} {w:?}", step.direction);
        });
    }
}

#[test]
fn losses_are_bregman_divergences() {
    // Without extras: log cosh y and y tanh y − log cosh y.
    let construction = inside(2.0, 0.7, 0.4);
    let y = 2.0 * construction.across * construction.eta;
    let [a, b] = construction.losses::<f64>();
    assert!((a - y.cosh().ln()).abs() < 1e-14 && (b - (y * y.tanh() - y.cosh().ln())).abs() < 1e-14);
    // With lopsided extras, against K itself, K(x) = log Σ b e^{rx}.
    let extra = |r: f64, bias| Extra { position: [-construction.reach, r], bias, correct: false };
    let lopsided = Theorem2 { extras: vec![extra(1.5, 1.0), extra(0.3, -0.5)], steps: 2, ..construction };
    lopsided.admissible().expect("inside");
    let x = lopsided.across * lopsided.eta;
    let k = |x: f64| ((-2.0 * x).exp() + (2.0 * x).exp() + (1.0 + 1.5 * x).exp() + (-0.5 + 0.3 * x).exp()).ln();
    let slope = |x: f64| (k(x + 1e-5) - k(x - 1e-5)) / 2e-5;
    let [a, b] = lopsided.losses::<f64>();
    assert!((a - (k(x) - k(0.0) - slope(0.0) * x)).abs() < 1e-9, "{a}");
    assert!((b - (k(0.0) - k(x) + slope(x) * x)).abs() < 1e-9, "{b}");
    // The run loses exactly that: the sign of r is that of φ, not of −φ.
    let course = lopsided.course::<f64>(&lopsided.run().expect("an instance"));
    let lost: Vec<f64> = course.steps.iter().map(|step| -step.remainder).collect();
    assert!((lost[0] - a).abs() < 1e-12 && (lost[1] - b).abs() < 1e-12, "{lost:?} {a} {b}");
    let flipped = Theorem2 {
        extras: lopsided.extras.iter().map(|e| Extra { position: [e.position[0], -e.position[1]], ..*e }).collect(),
        ..lopsided.clone()
    };
    assert!((flipped.losses::<f64>()[0] - lost[0]).abs() > 1e-4, "a sign of r could not be seen");
}

#[test]
fn inadmissible_numbers_are_named() {
    let good = inside(1.0, 0.5, 0.5);
    let refused = |construction: Theorem2, start: &str| {
        let message = construction.admissible().expect_err(start).to_string();
        assert!(message.starts_with(start) && !message.contains('\n'), "{message:?}, expected {start:?}");
    };
    refused(Theorem2 { scale: 0.0, ..good.clone() }, "scale: is 0.0");
    refused(Theorem2 { eta: f64::NAN, ..good.clone() }, "eta: is NaN");
    refused(Theorem2 { alignment: -1.0, ..good.clone() }, "alignment: is -1.0");
    refused(Theorem2 { steps: 0, ..good.clone() }, "steps: is 0");
    refused(Theorem2 { reach: 1.74, ..good.clone() }, "reach: 1.74 is above √3 s = 1.732");
    refused(Theorem2 { alignment: 0.019, ..good.clone() }, "alignment: 0.019 is above √S/120 = 0.0186");
    refused(Theorem2 { across: 0.9999, ..inside(1.0, 0.5, 1.0) }, "across: 0.9999 gives ‖w‖² = 1.0");
    refused(Theorem2 { across: 0.3, ..inside(1.0, 1.0, 0.0) }, "divergence: step A gains");
    let extra = Extra { position: [-1.0, 0.0], bias: 0.0, correct: false };
    refused(Theorem2 { extras: vec![extra], ..good.clone() }, "extras[0]: (-1.0, 0.0) is not on the segment");
    refused(Theorem2 { extras: vec![Extra { correct: true, ..extra }], ..good }, "extras[0]: (-1.0, 0.0) is not on φ_c");
}

#[test]
fn a_direction_too_long_is_seen() {
    // ‖w‖ ≤ 1 is judged on the stored directions, not on the formula.
    let construction = Theorem2 { across: 0.9999, steps: 4, ..inside(1.0, 0.5, 1.0) };
    let run = construction.run().expect("an instance");
    assert!(Interval::one().surely_lt(largest_squared_norm(&run)));
    let course = construction.course::<Interval>(&run);
    let found = Certified::new(&course, &run, construction.alignment);
    assert!(found.falling == 4 && found.aligned == 4 && !found.collapses());
    // And Δμ(k) ≥ Δμ on the stored directions too.
    assert_eq!(Certified::new(&course, &run, construction.alignment * (1.0 + 1e-9)).aligned, 0);
}
