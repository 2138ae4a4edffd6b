//! Step sizes against T∞, T_ψ1 and E⁺[ℓ]: the designs are what they say, and the truth is where a closed form has it.

use gradient_gap::Evaluation;
use gradient_gap::lengths::{ALIGNMENT, Design, Row, VARIED, Varied, designs, exponent, sweep, typical};

const LONGEST: u32 = 64;

/// δη = log cosh η, where the probability of c, which is e⁻¹⁰/(e⁻¹⁰ + 2e^{−δη} cosh η), is again what it was.
fn comes_back(tilt: f64) -> f64 {
    let rises = |eta: f64| tilt * eta > eta.cosh().ln();
    let (mut low, mut high) = (tilt, 8.0 * tilt);
    assert!(rises(low) && !rises(high));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        *if rises(middle) { &mut low } else { &mut high } = middle;
    }
    low
}

#[test]
fn designs_have_the_lengths_they_say() {
    for varied in VARIED {
        let designs = designs(varied, LONGEST);
        assert!(designs.len() >= 2);
        for (design, row) in designs.iter().zip(sweep(varied, LONGEST).expect("valid")) {
            let near = |x: f64, y: f64| (x / y - 1.0).abs() < 1e-9;
            assert_eq!(row.max_length, design.max_length);
            assert!(near(row.correct_length, f64::from(design.correct)), "{design:?} {row:?}");
            assert!(
                (row.psi1_length * std::f64::consts::LN_2 / f64::from(design.wrong) - 1.0).abs() < 1e-3,
                "{design:?} {row:?}"
            );
            assert!((row.alignment / ALIGNMENT - 1.0).abs() < 1e-4, "{row:?}");
            assert!((row.log_success / f64::from(design.correct) + 10.0 + std::f64::consts::LN_2).abs() < 1e-3, "{row:?}");
            let closed = comes_back(ALIGNMENT / f64::from(design.correct));
            assert!(row.truth[0] <= closed * (1.0 + 1e-9) && closed <= row.truth[1] * (1.0 + 1e-9), "{closed} {row:?}");
            assert!(row.certified, "{row:?}");
            // The sharp condition is enough, and 1 % more is not.
            assert!(row.sharp <= row.truth[1] && row.truth[1] < 1.01 * row.sharp, "{row:?}");
        }
    }
}

#[test]
fn the_step_goes_with_the_length_of_correct_responses_alone() {
    for varied in VARIED {
        let rows = sweep(varied, LONGEST).expect("valid");
        let power = |step: fn(&Row) -> f64| exponent(varied, &rows, step);
        let (paper, truth) = (power(|row| row.paper), power(|row| row.truth[0]));
        let (expected, sees) = match varied {
            Varied::CorrectLength => (-1.0, false),
            _ => (0.0, true),
        };
        assert!((truth - expected).abs() < 2e-3 && (power(|row| row.sharp) - expected).abs() < 1e-9, "{varied:?}: {truth}");
        assert!((paper < -0.1) == sees, "{varied:?}: {paper}");
    }
}

/// token-smooth-only-step promises it of every policy; four times as much would be refuted.
#[test]
fn random_policies_rise_up_to_the_sharp_condition() {
    let rows = typical(3, 120);
    assert_eq!(rows.len(), 120);
    assert!(rows.iter().all(|row| row.truth[1] >= row.sharp && row.truth[0] > row.paper), "{rows:?}");
    let beyond = |factor: f64| rows.iter().filter(|row| row.truth[1] < factor * row.sharp).count();
    assert!(beyond(4.0) > 0, "{rows:?}");
    // A bracket whose ends are certain is one.
    assert!(rows.iter().any(|row| row.certified));
    assert!(rows.iter().all(|row| !row.certified || row.truth[1].is_finite()));
}

#[test]
fn lengths_out_of_place_are_refused() {
    for (max_length, correct, wrong, said) in [
        (16, 0, 4, "length 0 of correct"),
        (16, 16, 4, "length 16 of correct"),
        (16, 4, 1, "length 1 of wrong"),
        (16, 4, 17, "17"),
    ] {
        let error = Design { max_length, correct, wrong }.instance().expect_err("refused").to_string();
        assert!(error.contains(said), "{error}");
    }
    assert!(sweep(Varied::MaxLength, LONGEST - 1).expect_err("refused").to_string().contains("63 tokens"));
    // The policy is an instance like any other.
    let instance = Design { max_length: 16, correct: 4, wrong: 8 }.instance().expect("valid");
    instance.validate().expect("valid");
    let mean = Evaluation::<f64>::new(&instance, 1).start().length;
    assert!((mean[0] - 8.0).abs() < 1e-3 && (mean[1] - 4.0).abs() < 1e-9, "{mean:?}");
}
