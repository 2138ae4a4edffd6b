//! rare-failure-step: what a step does where failures are rare.

use crate::support::{ON_THE_LINE, coins, decision, on_a_line, parabola, parts, shares};
use gradient_gap::Instance;
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::{Ending, Policy};

standard_tests!("rare-failure-step", reach: ON_THE_LINE, edges: 90, outside: &[]);

/// φ = ±1, J = ½: log E[e^{ηs}] = log cosh η against η²/2.
#[test]
fn equality_of_the_exponential_moment() {
    let share = shares("rare-failure-step", &on_a_line(&[1.0, -1.0], &[], 1, 1e-3))[0];
    assert!(share.lo() > 0.999999 && share.hi() <= 1.0000001, "{share:?}");
}

/// λ = 40 − (A/ω²)(1 − cos ωt), ω → ∞: the slopes vanish against the curvature, and 1 − J is rare: h'' → −A = −L_p.
#[test]
fn equality_of_the_step_on_a_fast_wave() {
    let (a, omega) = (1.0, 1e3);
    let size = a / (omega * omega);
    let policy = Policy::curve([8.0 - size, 0.0, 0.0], &[[size, omega, 0.0]]).expect("finite");
    let instance =
        Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 1e-6, correct: vec![false, true], then: vec![] };
    let share = shares("rare-failure-step", &instance)[4];
    assert!(share.lo() > 0.995 && share.hi() < 1.005, "{share:?}");
    assert_eq!(decision("rare-failure-step", &instance), Decision::Holds);
}

/// The factor 1/(1−J) is not real: for φ = 0 | ±1 and J → 1, −λ'' = Var⁻ = 1 stays bounded, far below L_o/(1−J)-like bounds and
/// below 2v log(1 + 2/(1−J)) with v = 1 (at J = 1/3 the other bound, v/(1−J), is the smaller one).
#[test]
fn rare_failures_by_hand() {
    for log_odds in [0.0, 10.0, 100.0, 690.0] {
        let instance = on_a_line(&[0.0, -1.0, 1.0], &[log_odds, 0.0, 0.0], 1, 0.01);
        let parts = parts("rare-failure-step", &instance);
        let failure = 1.0 / (1.0 + 0.5 * f64::exp(log_odds));
        let by_hand = [1.0 / failure, 2.0 * (2.0 / failure).ln_1p()];
        for (part, claimed) in parts[1..3].iter().zip(by_hand) {
            assert!((part.computed - 1.0).abs() < 1e-14, "{part:?}");
            assert!((part.claimed - claimed).abs() < 1e-13 * claimed, "{part:?}: {claimed}");
        }
        // The third takes the smaller one, and L_p E⁻[ℓ] = 1.
        let least = by_hand[0].min(by_hand[1]);
        assert!((parts[3].claimed - (least + 1.0)).abs() < 1e-12 * least, "{:?}", parts[3]);
        assert_eq!(least == by_hand[0], log_odds == 0.0, "{failure}");
    }
}

/// λ = m + t²: with q = 1 − J, E⁻[s²] = J²λ'² = 4J²(λ − m) against 4(1 + 2e^{−3/2}e^{−m}) log(1 + 2/q), so that the share tends to 1 as
/// m and then λ grow: the constant 2 of the logarithm cannot be lowered, and 1.98 is refuted. At moderate J the share is small.
#[test]
fn equality_of_the_logarithm_on_a_parabola() {
    for (m, log_odds, least, most) in [(8.0, 7_208.0, 0.998, 0.999), (8.0, 800.0, 0.98, 0.99), (3.0, 10.0, 0.5, 0.65)] {
        let instance = parabola([log_odds, 2.0 * f64::sqrt(log_odds - m), 2.0], 0.0);
        let share = shares("rare-failure-step", &instance)[2];
        assert!(share.lo() > least && share.hi() < most, "m = {m}, λ = {log_odds}: {share:?}");
        assert_eq!(decision("rare-failure-step", &instance), Decision::Holds);
    }
}

/// φ = 0 | ±1: E⁻[s²] = 1 = v/(1−J) with the true v = sup_t Var(φ) = 1 − J, for every J ≤ 2/3 and no larger. The code's closed form
/// has v = 1: the share is 1 − J.
#[test]
fn equality_of_the_energy_of_failures() {
    for (failure, equal) in [(0.34, true), (0.5, true), (0.9, true), (1.0 - 1e-9, true), (0.3, false), (0.1, false)] {
        let log_odds = f64::ln(2.0 * (1.0 - failure) / failure); // of 0 against either of ±1
        let parts = parts("rare-failure-step", &on_a_line(&[0.0, -1.0, 1.0], &[log_odds, 0.0, 0.0], 1, 0.01));
        assert!((parts[1].computed - 1.0).abs() < 1e-12, "{:?}", parts[1]);
        assert!((parts[1].claimed * failure - 1.0).abs() < 1e-12, "v/(1−J): {:?}", parts[1]);
        // Var at t: weights 1 − q and qe^{±t}/2.
        let variance = |t: f64| {
            let z = 1.0 - failure + failure * t.cosh();
            failure * t.cosh() / z - (failure * t.sinh() / z).powi(2)
        };
        let proxy = (0..=2_000).map(|i| variance(f64::from(i) / 100.0)).fold(0.0, f64::max);
        assert_eq!(proxy <= failure * (1.0 + 1e-12), equal, "1 − J = {failure}: {proxy}");
    }
}

/// (c) is listed only where √b η ≤ π; (a) and (b) hold at every step size.
#[test]
fn long_steps() {
    for (eta, listed) in [(0.1, 5), (2.2, 5), (2.3, 4), (1e3, 4)] {
        let instance = on_a_line(&[1.0, -1.0], &[], 1, eta); // v = 1, b = 2
        assert_eq!(parts("rare-failure-step", &instance).len(), listed, "η = {eta}");
        assert_eq!(decision("rare-failure-step", &instance), Decision::Holds, "η = {eta}");
    }
    let words = coins(6, Ending::Fixed, 2.0, 0.25);
    assert_eq!(decision("rare-failure-step", &words), Decision::Holds);
}
