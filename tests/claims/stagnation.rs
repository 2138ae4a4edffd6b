//! stagnation: Theorem 1(a) with the sign of its exponent corrected.

use crate::support::{ALL_RUNS, decision, log_odds_at_the_end, parabola, parts, ratio, repeated, sample};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::instance::Update;
use gradient_gap::{Evaluation, families};

standard_tests!("stagnation", reach: ALL_RUNS, edges: 300, outside: &[]);

/// λ = θ² at θ = 0: M = 0, λ rises by η², and C₀' → η² as η → 0.
#[test]
fn equality_in_the_limit() {
    let mut last = 0.0;
    for eta in [1e-1, 1e-2, 1e-3, 1e-6] {
        let instance = parabola([0.0, 0.0, 2.0], eta);
        let found = ratio("stagnation", &instance);
        assert!(found > last, "η = {eta}: {found} after {last}");
        last = found;
        assert_eq!(decision("stagnation", &instance), Decision::Holds);
    }
    assert!(last > 0.9999 && last <= 1.0, "{last}");
}

/// Up λ = θ² and down again: λ(1) = η², λ(2) = 0, Δμ = 0 and −2η, so M = 0 and the peak is what counts.
#[test]
fn the_peak_counts() {
    let eta = 0.015625;
    let mut instance = parabola([0.0, 0.0, 2.0], eta);
    instance.then = vec![Update { direction: vec![-1.0], eta }];
    let part = parts("stagnation", &instance)[0];
    assert!((part.computed / (eta * eta) - 1.0).abs() < 1e-13, "{part:?}");
    // C₀' = 2η²(L_o + 8G_o²) with L_o ≥ 1.
    assert!(part.claimed > 2.0 * eta * eta && part.claimed < 2.05 * eta * eta, "{part:?}");
    // Twice up: the computed side is λ(2) − M = 4η² − 2η².
    let part = parts("stagnation", &repeated(parabola([0.0, 0.0, 2.0], eta), 2))[0];
    assert!((part.computed / (2.0 * eta * eta) - 1.0).abs() < 1e-13, "{part:?}");
}

/// λ evaluated at θ_K agrees with λ(0) plus the changes of the steps, to what the rounding of θ makes of it.
#[test]
fn the_sum_of_the_changes_is_the_change() {
    let mut moved = 0;
    for (point, instance) in sample(families::RUNS, 12) {
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let (summed, direct) = (evaluation.course().end(), log_odds_at_the_end(&instance));
        let size = evaluation.course().lambda.abs().max(direct.abs()).max(1.0);
        assert!((summed - direct).abs() <= 1e-9 * size, "{point:?}: {summed} against {direct}");
        moved += u32::from(instance.updates() > 1 && evaluation.course().change().abs() > 1e-3);
    }
    assert!(moved >= 150, "{moved}");
}
