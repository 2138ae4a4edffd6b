//! The collapse threshold against where the constructions of Theorems 2 and 4 begin to collapse, in its limit.

use super::{at, named};
use gradient_gap::collapse::{Construction, Theorem2, Theorem4};
use gradient_gap::number::Scalar;
use gradient_gap::safe_step::{Compared, Inputs, Step};
use gradient_gap::thresholds::SuccessRate;

/// Theorem 2's triangle with Δμ = `part`·s and w all but orthogonal to the gap.
fn triangle(scale: f64, part: f64, start: f64) -> Theorem2 {
    Theorem2 { across: 1.0 - 1e-8, steps: 2, start, ..Theorem2::new(scale, part * scale, 1.0) }
}

/// G and L of the construction with its Δμ.
fn inputs(construction: &impl Construction, tokens: f64) -> Inputs {
    let [score, curvature] = construction.constants().map(|c| c.hi());
    assert!((score * score / curvature - 4.0).abs() < 1e-12, "G = 2√L");
    Inputs { score_bound: Some(score), max_length: tokens, ..Inputs::new(construction.alignment(), curvature) }
}

#[test]
fn theorem_2_begins_there_in_the_limit() {
    for scale in [0.01, 1.0, 50.0] {
        let construction = triangle(scale, 1e-4, 0.0);
        let (found, closed) =
            (construction.bisected().expect("collapses"), at(&inputs(&construction, 1.0), 1e-3, "collapse-threshold"));
        assert!((found / closed - 1.0).abs() < 5e-7, "{scale}: {found} {closed}");
    }
    // Not below it; the farther from the limit, the farther above.
    let mut last = 1.0;
    for part in [1e-3, 1e-2, 5e-2] {
        let construction = triangle(1.0, part, 0.0);
        let share =
            construction.bisected().expect("collapses") / at(&inputs(&construction, 1.0), 1e-3, "collapse-threshold");
        assert!(share >= last, "{part}: {share}");
        last = share;
    }
}

#[test]
fn theorem_4_begins_there_in_the_limit() {
    for tokens in [1, 10, 1_000] {
        let alignment = 1e-4 * f64::from(tokens);
        let construction = Theorem4 { token: triangle(1.0, 1e-4, -40.0), alignment, tokens, count_eos: false };
        let given = inputs(&construction, f64::from(tokens));
        let (found, closed) = (construction.bisected().expect("collapses"), at(&given, 1e-3, "collapse-threshold"));
        assert!((found / closed - 1.0).abs() < 5e-7, "{tokens}: {found} {closed}");
        assert_eq!(closed, construction.threshold());
    }
}

/// The printed window is the construction's own, and lies above the threshold for its G.
#[test]
fn the_window_is_that_of_the_constructions() {
    let rate = SuccessRate::of_success(0.3);
    let two = Theorem2::new(1.0, 0.01, 0.15);
    let four = Theorem4::new(1.0, 0.01, 0.04, 16);
    for (given, window) in [(inputs(&two, 1.0), two.window()), (inputs(&four, 16.0), four.window())] {
        let compared = Compared::new(&given, rate);
        let Step::Between(low, high) = *named(&compared, "collapse-window") else { panic!("{given:?}") };
        let [least, most] = [window.low(0.01).mid(), window.high().mid()];
        assert!((low / least - 1.0).abs() < 1e-14 && (high / most - 1.0).abs() < 1e-14);
        assert!(compared.void_below().is_none() && low > at(&given, 0.3, "collapse-threshold"));
    }
}
