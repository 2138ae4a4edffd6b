//! log-odds-step-tight: inequality (16) with its sharp constants.

use crate::support::{EVERYWHERE, decision, parts, shares, torn};
use gradient_gap::Instance;
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::Policy;

standard_tests!("log-odds-step-tight", reach: EVERYWHERE, edges: 100, outside: &[]);

/// J = L/(G² + 2L), s = ±G | 0, H = +L | −L: |R| → (L + G²/2)η² for every pair (G, L), and with the sides exchanged.
#[test]
fn equality_for_every_pair_of_constants() {
    for (smooth, score) in [(1.0, 1.0), (0.25, 2.0), (3.0, 0.5), (1e-6, 1.0), (1.0, 1e-6)] {
        let instance = torn(smooth, score, 1e-6);
        let exchanged = Instance { correct: vec![false, false, true], ..instance.clone() };
        for instance in [instance, exchanged] {
            let share = shares("log-odds-step-tight", &instance)[0];
            assert!(share.lo() > 0.9999 && share.lo() <= 1.0, "L = {smooth}, G = {score}: {share:?}");
            assert_eq!(decision("log-odds-step-tight", &instance), Decision::Holds);
        }
    }
}

/// The cube {±1}ⁿ with O⁺ = {all ones, all minus ones} at θ = 0 along the diagonal: λ'' = G²/4 − 1 with G = 2√n on the line, and
/// G(0) = √n at θ itself, where the bound is (1 + n/2)η² against R = (n − 1)η²/2 + …
#[test]
fn the_cube_by_hand() {
    let n = 8;
    let policy = Policy::cube(n, vec![]).expect("small");
    let correct = (0..1 << n).map(|o| o == 0 || o == (1 << n) - 1).collect();
    let direction = vec![f64::from(n).sqrt().recip(); n as usize];
    let eta = 1e-3;
    let instance = Instance { policy, theta: vec![0.0; n as usize], direction, eta, correct, then: vec![] };
    let part = parts("log-odds-step-tight", &instance)[0];
    // λ = log Q − log(1−Q) with Q = 2 cosh(√n t)/(2 cosh(t/√n))ⁿ, Q(0) = 2⁻⁷: λ'' = (n − 1)/(1 − Q).
    let expected = 0.5 * 7.0 / (1.0 - 1.0 / 128.0);
    assert!((part.computed / (eta * eta) - expected).abs() < 1e-4 * expected, "{part:?} {expected}");
    assert!((part.claimed / (eta * eta) - 5.0).abs() < 0.02, "{part:?}");
}
