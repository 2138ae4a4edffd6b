//! The sharp threshold, on every construction: below 2Δμ/L_o none of them collapses.
//!
//! By the smooth-only step λ rises wherever 1 − J(k) > ηL_o/(2Δμ(k)), and with L_pT∞ for L_o in the token-level reading. So at
//! η = 0.99 · 2Δμ/L_o every step with J(k) < 0.01 must rise, for certain.

use crate::{generator, spread, theorem_2, theorem_4, uniform};
use gradient_gap::Evaluation;
use gradient_gap::collapse::{Certified, Construction, Resonant, Theorem2, Theorem4};
use gradient_gap::evaluation::Course;
use gradient_gap::instance::Update;
use gradient_gap::number::{Interval, Scalar};
use rand::RngExt;

/// Steps of which the sharp statement says that λ rises; each must, for certain.
fn must_rise(course: &Course<Interval>, curvature: Interval) -> usize {
    let mut spoken = 0;
    for step in &course.steps {
        let level = step.eta * curvature / (Interval::of(2.0) * step.alignment);
        if step.alignment.surely_positive() && level.surely_lt(step.log_failure.exp()) {
            assert!(step.change.surely_positive(), "{step:?}, level {level:?}");
            spoken += 1;
        }
    }
    spoken
}

#[test]
fn no_construction_of_theorem_2_collapses_below() {
    let mut rng = generator(21);
    let (mut spoken, mut turned, mut with_extras) = (0, 0, 0);
    for case in 0..200 {
        let mut drawn = Theorem2 { start: uniform(&mut rng, -40.0, -8.0), ..theorem_2::random(&mut rng, case) };
        drawn.extras.iter_mut().filter(|extra| extra.correct).for_each(|extra| extra.bias -= 12.0);
        let below = drawn.at_step(0.99 * drawn.threshold()).with_steps(20);
        let run = below.run().expect("an instance");
        let course = below.course::<Interval>(&run);
        let found = must_rise(&course, below.constants()[1]);
        // Rare correct answers stay rare for so few steps: the statement speaks of every step.
        assert_eq!(found, 20, "{below:?}");
        assert_eq!(Certified::new(&course, &run, below.alignment).aligned, 20, "uphill all the same");
        spoken += found;
        turned += usize::from(below.rotation != 0.0);
        with_extras += usize::from(!below.extras.is_empty());
    }
    assert!(spoken == 4_000 && turned > 100 && with_extras == 100, "{spoken} {turned} {with_extras}");
}

#[test]
fn no_construction_of_theorem_4_collapses_below() {
    let mut rng = generator(22);
    for tokens in [1, 2, 3, 4, 10, 100, 1_000, 10_000] {
        for _ in 0..12 {
            let plain = theorem_4::inside(tokens, spread(&mut rng, 1e-4, 1.0), rng.random(), rng.random());
            let token = Theorem2 {
                start: uniform(&mut rng, -20.0, 0.6) - if tokens < 10 { 8.0 } else { 0.0 },
                across: uniform(&mut rng, 0.6, 0.97),
                rotation: uniform(&mut rng, -3.0, 3.0),
                ..plain.token.clone()
            };
            let drawn = Theorem4 { token, ..plain };
            let below = drawn.at_step(0.99 * drawn.threshold()).with_steps(12);
            let run = below.run().expect("an instance");
            let whole = below.constants()[1] * Interval::of(f64::from(tokens));
            assert_eq!(must_rise(&below.course::<Interval>(&run), whole), 12, "{tokens}: {below:?}");
            if tokens <= 4 {
                let instance = below.enumerated().expect("small");
                assert_eq!(must_rise(Evaluation::new(&instance, 1).course(), whole), 12, "{tokens}, enumerated");
            }
        }
    }
}

/// Of the policies that are chosen for η those collapse for which A > Δμ: above 4πΔμ/(B² − 2Δμ²), which is above 2Δμ/L_o = 4Δμ/B².
#[test]
fn no_resonant_construction_collapses_below() {
    let mut rng = generator(23);
    for _ in 0..100 {
        let scale = spread(&mut rng, 1e-3, 1e3);
        let plain = Resonant::new(scale, 1.0, 1.0);
        let alignment = plain.window().most_aligned() * spread(&mut rng, 1e-4, 1.0);
        let plain = Resonant { alignment, steps: 20, ..plain };
        let sharp = 2.0 * alignment / plain.constants()[1].hi();
        assert!(sharp < plain.threshold());
        for (eta, falls) in [(0.99 * sharp, false), (0.99 * plain.threshold(), false), (1.01 * plain.threshold(), true)] {
            let at = plain.at_step(eta);
            let [score, curvature] = at.bounds();
            let half = at.constants()[1];
            // 2πA/η + G²/4 ≤ B²/2 = 2πA/η + A² as long as G = max(Δμ, 2A − Δμ) ≤ 2A.
            let serve = score.square().surely_le(half) && curvature.surely_le(half);
            assert_eq!(serve, at.amplitude() > 0.5 * alignment, "{at:?}");
            let run = at.run().expect("an instance");
            let course = at.course::<Interval>(&run);
            for step in &course.steps {
                let as_told = if falls { step.change.surely_negative() } else { step.change.surely_positive() };
                assert!(as_told && step.alignment.surely_positive(), "{eta}: {step:?}");
            }
        }
    }
}

/// The policy that collapses at its own η, at a step size below the sharp threshold: wherever the statement speaks, λ rises.
#[test]
fn a_resonant_policy_at_another_step_size_rises() {
    let mut rng = generator(24);
    let mut spoken = 0;
    for _ in 0..100 {
        let plain = Resonant::new(1.0, 1.0, 1.0);
        let alignment = plain.window().most_aligned() * spread(&mut rng, 1e-3, 1.0);
        let own = Resonant { alignment, ..plain };
        let own = own.at_step(own.window().inside(alignment, rng.random()).expect("not empty"));
        let mut run = own.run().expect("an instance");
        // J(0) = ½, so that half of it is the threshold at the start.
        run.eta = uniform(&mut rng, 0.1, 0.99) * alignment / own.constants()[1].hi();
        run.then = vec![Update { direction: vec![1.0], eta: run.eta }; 20];
        let course = own.course::<Interval>(&run);
        let found = must_rise(&course, own.constants()[1]);
        assert!(found > 0 && course.steps[0].change.surely_positive());
        spoken += found;
    }
    assert!(spoken >= 100, "{spoken}");
}

/// The threshold of each construction, by bisection, is no mere bound: 2 % above it the first steps fall, 2 % below one rises.
#[test]
fn the_bisected_threshold_is_where_it_begins() {
    fn both(construction: &impl Construction) -> f64 {
        let found = construction.bisected().expect("within 64 times the closed form");
        let falls = |share: f64| {
            let at = construction.at_step(share * found).with_steps(2);
            at.course::<Interval>(&at.run().expect("an instance")).steps.iter().all(|step| step.change.surely_negative())
        };
        assert!(falls(1.02) && !falls(0.98));
        found / construction.threshold()
    }
    for (part, at) in [(1.0, 0.0), (0.3, 0.5), (1e-4, 0.5)] {
        let ratio = both(&theorem_2::inside(1.0, part, at));
        // 1/v², and (1 + y²/2) of it.
        assert!((1.0 / 0.81..1.25 / 0.81).contains(&ratio), "{ratio}");
        for tokens in [1, 10, 10_000] {
            let construction = theorem_4::inside(tokens, part, at, false);
            // 1 + p + … at p = 1/3, too.
            let powers = 1.5 * (1.0 - 3f64.powi(-(tokens as i32))) / 0.81;
            let ratio = both(&construction) / powers;
            assert!((1.0 - 1e-9..1.25).contains(&ratio), "{tokens}: {ratio}");
        }
        let plain = Resonant::new(1.0, 1.0, 1.0);
        let wave = Resonant { alignment: plain.window().most_aligned() * part, ..plain };
        assert!((both(&wave) - 1.0).abs() < 1e-9);
    }
}
