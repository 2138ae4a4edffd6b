//! Construction 3.3: perfect alignment.

use crate::{certified, generator, place, spread, steps};
use gradient_gap::Evaluation;
use gradient_gap::collapse::{Construction, Resonant};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::update::{Algorithm, update};
use rand::RngExt;

fn inside(scale: f64, part: f64, at: f64) -> Resonant {
    let mut construction = Resonant::new(scale, 1.0, 1.0);
    (construction.alignment, construction.eta) = place(&construction.window(), part, at);
    construction
}

#[test]
fn every_step_falls_at_both_ends_and_inside() {
    for part in [1.0, 0.5, 1e-2, 1e-4] {
        for at in [0.0, 0.37, 1.0] {
            let construction = Resonant { steps: steps(1_000), ..inside(1.0, part, at) };
            let found = certified(&construction);
            assert!(found.collapses(), "{part} {at}: {found:?}");
        }
    }
    let mut rng = generator(5);
    for case in 0..100 {
        let construction = inside(spread(&mut rng, 1e-3, 1e3), spread(&mut rng, 1e-4, 1.0), rng.random());
        // A dozen of them for long.
        let steps = if case < 12 { steps(200) } else { 50 };
        let found = certified(&Resonant { steps, ..construction.clone() });
        assert!(found.collapses() && found.steps == steps, "{found:?} {construction:?}");
    }
}

#[test]
fn every_step_changes_lambda_by_the_same() {
    for (part, at) in [(1.0, 0.0), (0.01, 0.5)] {
        let construction = inside(1.0, part, at);
        let (a, mu, eta) = (construction.amplitude(), construction.alignment, construction.eta);
        assert!(a >= 4.759 * mu, "{a} {mu}");
        let run = construction.run().expect("an instance");
        for step in construction.course::<f64>(&run).steps {
            assert!((step.change / (-(a - mu) * eta) - 1.0).abs() < 1e-5, "{step:?}");
            assert!((step.alignment / mu - 1.0).abs() < 1e-5);
        }
    }
    // At the largest Δμ, A is about 4.759Δμ: the factor is the best possible.
    let construction = inside(1.0, 1.0, 0.0);
    assert!(construction.amplitude() < 4.76 * construction.alignment);
}

#[test]
fn the_direction_is_the_normalised_gap() {
    let run = inside(1.0, 1.0, 0.0).run().expect("an instance");
    run.for_each_step(|_, step| {
        let evaluation = Evaluation::<f64>::new(step, 1);
        assert_eq!(update(&evaluation, Algorithm::Reinforce).direction(), Some(vec![1.0]));
    });
}

#[test]
fn off_resonance_nothing_is_certified() {
    // The same policy, another step: at half the period the alignment at the second iterate is Δμ − 2A < 0.
    let construction = inside(1.0, 1.0, 0.0);
    let mut run = construction.run().expect("an instance");
    run.eta *= 0.5;
    run.then.iter_mut().for_each(|update| update.eta *= 0.5);
    let course = construction.course::<Interval>(&run);
    assert!(course.steps[1].alignment.surely_negative());
    // And a step that is small against the period gains, as (15a) says it must.
    run.eta *= 0.002;
    run.then.truncate(0);
    assert!(construction.course::<Interval>(&run).steps[0].change.surely_positive());
}

#[test]
fn inadmissible_numbers_are_named() {
    let good = inside(1.0, 0.5, 0.5);
    for (construction, start) in [
        (Resonant { scale: -1.0, ..good.clone() }, "scale: is -1.0"),
        (Resonant { eta: 1.0, ..good.clone() }, "eta: 1.0 is above the window"),
        (Resonant { alignment: 0.02, ..good.clone() }, "alignment: 0.02 is above √S/120"),
        (Resonant { steps: 0, ..good }, "steps: is 0"),
    ] {
        let message = construction.admissible().expect_err(start).to_string();
        assert!(message.starts_with(start), "{message}");
    }
}

#[test]
fn amplitude_solves_its_equation() {
    for (scale, eta) in [(1.0, 0.2), (1e-3, 10.0), (1e3, 1e-7)] {
        let construction = Resonant::new(scale, 1e-9, eta);
        let a = construction.amplitude();
        let square = 4.0 * std::f64::consts::PI * a / eta + 2.0 * a * a;
        assert!((square / (5.0 * scale * scale) - 1.0).abs() < 1e-14);
        assert!(Interval::of(a).surely_positive());
        assert!(a.is_finite() && !Scalar::is_zero(a));
    }
}

/// The bounds G_o² = L_o = B²/2 need A ≤ B/(2√2), that is, η ≤ 16π/(3·2√2·B) = 5.92/B: beyond, sup|λ'| = 2A − Δμ is longer.
#[test]
fn beyond_the_largest_amplitude_the_bounds_fail() {
    let last = 16.0 * std::f64::consts::PI / (3.0 * 8f64.sqrt());
    assert!((last - 5.92).abs() < 0.005);
    let at = |scale: f64, alignment: f64, eta: f64| {
        let [score, curvature] = Resonant::new(scale, alignment, eta).bounds();
        let half = Interval::of(2.5 * scale * scale);
        (score.square().surely_le(half) && curvature.surely_le(half), score.square().mid())
    };
    for scale in [1e-3, 1.0, 30.0] {
        // B = √5 s, and Δμ so small that 2A − Δμ is 2A.
        let eta = last / (5f64.sqrt() * scale);
        assert!(at(scale, 1e-6 * scale, 0.9999 * eta).0 && !at(scale, 1e-6 * scale, 1.0001 * eta).0, "{scale}");
    }
    let (serve, square) = at(1.0, 0.01, 3.0);
    assert!(!serve && (square - 2.851).abs() < 5e-4, "{square}");
    assert!(at(1.0, 0.01, 2.64).0);
    // The statement itself fails, not its estimate: |∇log π(o⁺)| = (1−J)|λ'|, λ' = −G at mid-period, and ten periods on J is small.
    let run = Resonant::new(1.0, 0.01, 3.0).run().expect("an instance");
    let low = gradient_gap::Instance { theta: vec![31.5], then: vec![], ..run };
    let evaluation = Evaluation::<Interval>::new(&low, 1);
    let slope = evaluation.start().failure() * evaluation.start().alignment();
    assert!(Interval::of(2.85).surely_le(slope.square()), "{slope:?}");
}
