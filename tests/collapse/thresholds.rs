//! Where the collapse begins, by bisection on η over runs of two steps, against 2Δμ/L_o and 2Δμ/(L_pT∞).
//!
//! The limit is taken by small numbers and not by extrapolation: Δμ_tok = 10⁻⁴ s, so that y ≈ 2·10⁻⁴ and tanh y/y is 1 to
//! 2·10⁻⁸, and v = 1 − 10⁻⁸, the largest that leaves room for the part of w along the gap. For Theorem 4, p(0) ≈ e^−40/2.

use gradient_gap::collapse::{Construction, Theorem2, Theorem4};

/// Whether both of two steps fall.
fn collapses(construction: &impl Construction) -> bool {
    let run = construction.run().expect("an instance");
    construction.course::<f64>(&run).steps.iter().all(|step| step.change < 0.0)
}

/// The η between `low` (no collapse) and `high` (collapse), to about 10⁻¹².
fn bisect(mut low: f64, mut high: f64, collapses: impl Fn(f64) -> bool) -> f64 {
    assert!(!collapses(low) && collapses(high));
    while high - low > 1e-12 * high {
        let middle = 0.5 * (low + high);
        if collapses(middle) { high = middle } else { low = middle }
    }
    high
}

fn token(scale: f64, part: f64, across: f64, start: f64, eta: f64) -> Theorem2 {
    Theorem2 { across, steps: 2, start, ..Theorem2::new(scale, part * scale, eta) }
}

#[test]
fn theorem_2_begins_to_collapse_at_twice_the_alignment_over_l() {
    for scale in [0.01, 1.0, 50.0] {
        let at = |eta: f64| token(scale, 1e-4, 1.0 - 1e-8, 0.0, eta);
        let closed = at(1.0).threshold();
        assert!((closed * scale / 2e-4 - 1.0).abs() < 1e-14);
        let found = bisect(0.5 * closed, 2.0 * closed, |eta| collapses(&at(eta)));
        assert!((found / closed - 1.0).abs() < 5e-7, "{scale}: {found} {closed}");
    }
}

/// Away from the limit the threshold is higher, by 1/v² and by about (1 + y²/2): the bisection sees both.
#[test]
fn away_from_the_limit_the_threshold_is_higher() {
    let at = |part: f64, across: f64| {
        let closed = token(1.0, part, across, 0.0, 1.0).threshold();
        bisect(0.5 * closed, 3.0 * closed, |eta| collapses(&token(1.0, part, across, 0.0, eta))) / closed
    };
    assert!((at(1e-4, 0.9) * 0.81 - 1.0).abs() < 1e-6);
    for part in [0.05, 0.02, 0.01] {
        let y = 2.0 * part;
        assert!(((at(part, 1.0 - 1e-8) - 1.0) / (y * y / 2.0) - 1.0).abs() < 0.02, "{part}");
    }
}

#[test]
fn theorem_4_begins_to_collapse_at_twice_the_alignment_over_l_t() {
    for tokens in [1, 10, 100, 1_000, 10_000] {
        let at = |eta: f64| {
            let alignment = 1e-4 * f64::from(tokens);
            Theorem4 { token: token(1.0, 1e-4, 1.0 - 1e-8, -40.0, eta), alignment, tokens, count_eos: false }
        };
        let closed = at(1.0).threshold();
        let found = bisect(0.5 * closed, 2.0 * closed, |eta| collapses(&at(eta)));
        assert!((found / closed - 1.0).abs() < 5e-7, "{tokens}: {found} {closed}");
        // At p(0) = 1/3 the token needs 1 + p + … + p^{T−1} times the alignment, and the threshold is higher by that.
        let third = |eta: f64| {
            let token = Theorem2 { start: 0.0, ..at(eta).token };
            Theorem4 { token, ..at(eta) }
        };
        let higher = bisect(0.5 * closed, 3.0 * closed, |eta| collapses(&third(eta)));
        let powers = 1.5 * (1.0 - 3f64.powi(-(tokens as i32)));
        assert!((higher / closed / powers - 1.0).abs() < 1e-6, "{tokens}: {}", higher / closed);
    }
}
