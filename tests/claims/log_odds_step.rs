//! log-odds-step: inequality (16).

use crate::support::{EVERYWHERE, decision, on_a_line, parabola, parts, ratio};
use gradient_gap::check::judge::Decision;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::Policy;
use gradient_gap::{Evaluation, Instance};

standard_tests!("log-odds-step", reach: EVERYWHERE, edges: 100, outside: &[]);

/// λ = ∓θ² at J = ½: λ' = 0, R = ∓η², and L_o → 1 while G_o² = O(η²). The coefficient 1 of L_o cannot be lowered.
#[test]
fn equality_in_the_coefficient_of_smoothness() {
    for bend in [-2.0, 2.0] {
        let mut last = 0.0;
        for eta in [1e-2, 1e-3, 1e-4, 1e-6] {
            let instance = parabola([0.0, 0.0, bend], eta);
            let found = ratio("log-odds-step", &instance);
            assert!(found > last, "η = {eta}: {found} after {last}");
            last = found;
            assert_eq!(decision("log-odds-step", &instance), Decision::Holds, "η = {eta}");
        }
        assert!(last > 0.9999 && last <= 1.0, "{last}");
    }
}

/// λ = (A/ω²) cos ωt at its crest, J = ½: L_o ≤ A/2 + (A/ω)²/4 and G_o ≤ A/(2ω) along the *whole* line, so equality is met in the
/// global reading too as ω → ∞.
#[test]
fn equality_in_the_global_reading() {
    let (a, omega, eta) = (2.0, 1e4, 1e-7);
    let policy = Policy::curve([-a / (omega * omega), 0.0, 0.0], &[[a / (omega * omega), omega, 0.0]]).expect("finite");
    let instance =
        Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct: vec![false, true], then: vec![] };
    let (smooth, score) = (0.5 * a + 0.25 * (a / omega).powi(2), 0.5 * a / omega);
    let global = (smooth + 8.0 * score * score) * eta * eta;
    let computed = parts("log-odds-step", &instance)[0].computed;
    assert!(computed > 0.9999 * global && computed <= global, "{computed:e} of {global:e}");
    assert_eq!(decision("log-odds-step", &instance), Decision::Holds);
}

/// J = L/(G² + 2L), s = ±G on O⁺ and 0 on O⁻, H = +L on O⁺ and −L on O⁻: |R| → (L + G²/2)η², the largest that is possible.
/// With slopes (G, −G | 0) and curvatures (2L, 2L | 0) of the logits that is the softmax below.
fn both_terms(smooth: f64, score: f64, eta: f64) -> Instance {
    let success = smooth / (score * score + 2.0 * smooth);
    let bias = vec![(0.5 * success).ln(), (0.5 * success).ln(), (1.0 - success).ln()];
    let quadratic = vec![2.0 * smooth, 2.0 * smooth, 0.0];
    let policy = Policy::quadratic_softmax(1, vec![score, -score, 0.0], quadratic, bias).expect("fits");
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct: vec![true, true, false], then: vec![] }
}

#[test]
fn both_terms_can_pull_together() {
    for (smooth, score) in [(1.0, 1.0), (0.25, 2.0), (3.0, 0.5)] {
        for (eta, share) in [(1e-3, 0.99), (1e-5, 0.9999)] {
            let instance = both_terms(smooth, score, eta);
            let evaluation = Evaluation::<Interval>::new(&instance, 64);
            let (constants, remainder) = (evaluation.constants(), evaluation.step().remainder);
            let tight = constants.curvature + Interval::of(0.5) * constants.score.square();
            let used = remainder / (tight * evaluation.eta().square());
            assert!(used.lo() > share && used.lo() <= 1.0, "L = {smooth}, G = {score}, η = {eta}: {used:?}");
            // (16) itself allows (L + 8G²)/(L + G²/2) times as much.
            let allowed = (smooth + 8.0 * score * score) / (smooth + 0.5 * score * score);
            let found = ratio("log-odds-step", &instance) * allowed;
            assert!(found > share && found < 1.0 + 1e-9, "{found}");
            assert_eq!(decision("log-odds-step", &instance), Decision::Holds);
        }
    }
}

/// Linear logits have R ≤ G_o²η²/2 here (the curvature terms cancel): sixteen times less than 8G_o².
#[test]
fn the_coefficient_of_the_score_bound_is_sixteen_times_too_large() {
    let found = parts("log-odds-step", &on_a_line(&[-1.0, 1.0, 0.0], &[-9.0, -9.0, 0.0], 2, 1e-5))[0];
    // L_o → 0 with J, s = ±1 on O⁺: R = η²/2.
    assert!((found.computed / found.claimed - 1.0 / 16.0).abs() < 1e-3, "{found:?}");
}
