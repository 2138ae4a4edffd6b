//! The smallest Δμ, and numbers at the ends of binary64.

use crate::theorem_2;
use gradient_gap::collapse::{Certified, Construction, Resonant, Theorem2, Theorem4};
use gradient_gap::number::{Interval, Scalar};

/// Admissible, certified, and no Δμ(k) above Δμ by more than an eighth: what is run is what was asked for.
fn collapses_as_asked(construction: &impl Construction) {
    construction.admissible().unwrap_or_else(|e| panic!("{e}"));
    let run = construction.run().expect("an instance");
    let course = construction.course::<Interval>(&run);
    let found = Certified::new(&course, &run, construction.alignment());
    assert!(found.collapses(), "{} at {}: {found:?}", construction.alignment(), construction.eta());
    let most = Interval::of(1.125 * construction.alignment());
    assert!(course.steps[0].alignment.surely_le(most), "{:?} of {most:?}", course.steps[0].alignment);
    assert!(course.steps[1].alignment.surely_le(most), "{:?} of {most:?}", course.steps[1].alignment);
}

/// At the lower end of the window, and at the usual step size.
fn at_both(construction: &impl Construction) {
    let construction = construction.with_steps(40);
    let low = construction.window().ends(construction.alignment()).expect("not empty")[0];
    collapses_as_asked(&construction.at_step(low));
    let usual = construction.usual_step().expect("not empty");
    assert!(usual >= low);
    collapses_as_asked(&construction.at_step(usual));
}

#[test]
fn a_small_alignment_collapses_as_asked() {
    for scale in [1e-75, 1e-3, 1.0, 50.0, 1e75] {
        for part in [1e-3, 1e-10, 1e-12, 1e-13, 1e-14, 1e-15, 1e-20, 1e-40, 1e-70] {
            let alignment = part * scale;
            at_both(&Resonant::new(scale, alignment, 1.0));
            for part in [part, part * part] {
                at_both(&Theorem2::new(scale, part * scale, 1.0));
                for tokens in [1, 3, 100, 10_000] {
                    at_both(&Theorem4::new(scale, part * scale, 1.0, tokens));
                }
            }
        }
    }
}

/// Just below its smallest Δμ a construction is refused, by one name; at it, it collapses.
fn begins_at<C: Construction>(at: impl Fn(f64) -> C, least: f64) {
    collapses_as_asked(&at(least));
    let message = at(least.next_down()).admissible().expect_err("too small").to_string();
    assert!(message.starts_with("alignment: ") && message.contains("too small for binary64 at scale"), "{message}");
    assert!(message.ends_with(&format!("rounding hides what is below {least:?}")) && !message.contains('\n'), "{message}");
}

#[test]
fn what_rounding_hides_is_refused_by_its_name() {
    for scale in [1e-3, 1.0, 1e3] {
        // The smallest Δμ depends on η, not on Δμ.
        for eta in [1e-100, 1e-30, 1e-10, 1e-3, 0.2] {
            let eta = eta / scale;
            let two = |alignment: f64| Theorem2 { steps: 40, ..Theorem2::new(scale, alignment, eta) };
            begins_at(two, two(1.0).smallest_alignment());
            let wave = |alignment: f64| Resonant { steps: 40, ..Resonant::new(scale, alignment, eta) };
            if eta * scale > 1e-60 {
                begins_at(wave, wave(1.0).smallest_alignment());
            }
            let four = |alignment: f64| Theorem4::new(scale, alignment, 0.1 * eta, 20).with_steps(40);
            begins_at(four, four(1.0).smallest_alignment());
        }
    }
    // For η at the upper end, a few units of s v tanh y; whatever η is, 2⁻⁴⁸⁰ s.
    let upper = Theorem2::new(1.0, 1e-3, 0.2236).smallest_alignment();
    assert!(upper > 1e-15 && upper < 1e-14, "{upper}");
    assert_eq!(Theorem2::new(1.0, 1e-3, 1e-200).smallest_alignment(), 0.5f64.powi(480));
    for tiny in [f64::from_bits(1), 1e-320, 1e-200] {
        for eta in [0.2, 1e-190] {
            let refused = Theorem2::new(1.0, tiny, eta).admissible().expect_err("too small").to_string();
            assert!(refused.starts_with("alignment: ") && refused.contains("too small"), "{refused}");
            let refused = Theorem4::new(1.0, tiny, 0.1 * eta, 20).admissible().expect_err("too small").to_string();
            assert!(refused.starts_with("alignment: ") && refused.contains("too small"), "{refused}");
        }
    }
}

/// Step A rounds two products only; step B the difference of g w₁ and s v tanh y.
#[test]
fn the_alignment_is_met_to_its_own_rounding() {
    for (part, at) in [(1.0, 0.0), (1.0, 1.0), (1e-6, 0.0), (1e-6, 1.0), (1e-12, 1.0)] {
        let construction = Theorem2 { steps: 2, ..theorem_2::inside(1.0, part, at) };
        let course = construction.course::<Interval>(&construction.run().expect("an instance"));
        let unit = f64::EPSILON / 2.0;
        let against = construction.across * (construction.across * construction.eta).tanh();
        for (step, size) in course.steps.iter().zip([construction.alignment, against.max(construction.alignment)]) {
            let above = step.alignment.hi() - construction.alignment;
            assert!((0.0..=20.0 * unit * size).contains(&above), "{above} {size}");
        }
    }
    // A turned run rounds its iterate too: within 2⁻⁴⁰ s.
    let turned = Theorem2 { steps: 300, rotation: 0.7, ..theorem_2::inside(1.0, 1e-3, 0.5) };
    let course = turned.course::<Interval>(&turned.run().expect("an instance"));
    assert!((course.largest(|step| step.alignment).hi() - turned.alignment) < 1.0 / (1u64 << 40) as f64);
}

/// L_o = B²/2 has no room but AΔμ: A gives way by a few units, and by no more.
#[test]
fn the_resonant_amplitude_gives_way_to_rounding() {
    let mut moved = 0;
    for k in 0..200 {
        let alignment = 1e-3 * 0.8f64.powi(k);
        let construction = Resonant::new(1.0, alignment, 1.0);
        let construction = construction.at_step(construction.usual_step().expect("not empty"));
        construction.admissible().unwrap_or_else(|e| panic!("{e}"));
        let [bound, declared] = [construction.bounds()[1], construction.constants()[1]];
        assert!(bound.surely_le(declared) && bound.lo() >= declared.lo() * (1.0 - 1e-12) - alignment * 0.1);
        let run = construction.run().expect("an instance");
        let wave = &run.policy.logits.waves[0];
        moved += usize::from(wave.amplitude != construction.amplitude() / wave.frequency[0].abs());
    }
    assert!(moved > 0 && moved < 200, "{moved}");
}

#[test]
fn step_sizes_and_scales_at_the_ends_of_binary64() {
    let named = |construction: &dyn Fn() -> Result<(), gradient_gap::Error>, start: &str| {
        let message = construction().expect_err(start).to_string();
        assert!(message.starts_with(start) && !message.contains('\n'), "{message}, expected {start}");
    };
    for (eta, start) in [
        (f64::from_bits(1), "eta: 5e-324 is below the window"),
        (1e-200, "eta: 1e-200 is below the window"),
        (1e200, "eta: 1e200 is above the window"),
        (f64::MAX, "eta: 1.7976931348623157e308 is above the window"),
        (f64::INFINITY, "eta: is inf"),
    ] {
        named(&|| Theorem2::new(1.0, 1e-3, eta).admissible(), start);
        named(&|| Theorem4::new(1.0, 1e-3, eta, 10).admissible(), start);
        named(&|| Resonant::new(1.0, 1e-3, eta).admissible(), start);
    }
    for scale in [9e-76, 2e75, f64::MAX, f64::from_bits(1)] {
        named(&|| Theorem2::new(scale, 1e-3 * scale, 0.1 / scale).admissible(), "scale: ");
        named(&|| Theorem4::new(scale, 1e-3 * scale, 0.1 / scale, 10).admissible(), "scale: ");
        named(&|| Resonant::new(scale, 1e-3 * scale, 0.1 / scale).admissible(), "scale: ");
    }
}
