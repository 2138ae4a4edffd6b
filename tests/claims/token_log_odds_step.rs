//! token-log-odds-step: inequality (22).

use crate::support::{TOKENS_MODELLED, close, coins, decision, on_a_line, parabola, parts, ratio};
use gradient_gap::check::judge::Decision;
use gradient_gap::claims::coefficients::COEFFICIENTS;
use gradient_gap::policy::Ending;
use gradient_gap::{Evaluation, Instance};

standard_tests!(
    "token-log-odds-step",
    reach: TOKENS_MODELLED,
    edges: 90,
    outside: &["declared lengths from 1 to 4·10⁹"],
);

/// One token, λ = −θ² at J = ½: the shortfall is η², L_p → 1 and G_p² = O(η²). The coefficient of L_p cannot be lowered.
#[test]
fn equality_in_the_coefficient_of_smoothness() {
    let mut last = 0.0;
    for eta in [1e-2, 1e-3, 1e-4, 1e-6] {
        let instance = parabola([0.0, 0.0, -2.0], eta);
        let found = ratio("token-log-odds-step", &instance);
        assert!(found > last, "η = {eta}: {found} after {last}");
        last = found;
        assert_eq!(decision("token-log-odds-step", &instance), Decision::Holds, "η = {eta}");
    }
    assert!(last > 0.9999 && last <= 1.0, "{last}");
    // λ = +θ² has a negative shortfall: nothing of the bound is used.
    assert!(ratio("token-log-odds-step", &parabola([0.0, 0.0, 2.0], 1e-4)) < 0.0);
}

/// T coins, all must be 0: λ(t) = T log p(t) − log(1 − p(t)ᵀ) in closed form against the enumeration of 2ᵀ words.
#[test]
fn the_step_of_a_word_of_coins() {
    for (length, log_odds, eta) in [(1, 0.0, 1.0), (2, -1.0, 0.5), (8, 1.0, 0.75), (12, 2.0, 3.0)] {
        let instance = coins(length, Ending::Fixed, log_odds, eta);
        let lambda = |t: f64| {
            let log_p = -f64::from(length) * (-(log_odds + t)).exp().ln_1p();
            log_p - (-log_p.exp_m1()).ln()
        };
        let evaluation = Evaluation::<f64>::new(&instance, 2);
        let change = lambda(eta) - lambda(0.0);
        // Means over n words, most of them equally likely, may lose n units of their size |s|η ≤ Tη.
        let size = f64::from(length) * eta;
        let condition = evaluation.logit_condition() + instance.policy.responses() as f64 / 16.0 * size;
        close(evaluation.step().change, change, 16.0, condition);
        let p = 1.0 / (1.0 + f64::exp(-log_odds));
        let alignment = f64::from(length) * (1.0 - p) / (1.0 - p.powi(length as i32));
        close(parts("token-log-odds-step", &instance)[0].computed, eta * alignment - change, 16.0, condition);
    }
}

/// No step-size condition is needed: the bound holds far beyond 1/(2√(L_pT∞ + G_p²T_ψ1)).
#[test]
fn long_steps_are_covered() {
    for eta in [1.0, 10.0, 1e3] {
        for instance in [coins(6, Ending::Fixed, 0.0, eta), coins(50, Ending::Eos, -2.0, eta), backwards(eta)] {
            assert!(ratio("token-log-odds-step", &instance) <= 1.0);
            assert_eq!(decision("token-log-odds-step", &instance), Decision::Holds, "η = {eta}");
        }
    }
}

/// Found by the random part (prefix-tabular, u₀ = 0.99…): 1 − J below the smallest double and η = 0, where the bound is 0 and was
/// computed as ∞·0.
#[test]
fn a_bound_of_zero_is_zero_however_small_the_failure_rate() {
    for log_odds in [0.0, 700.0, 1400.0, 1e5] {
        let still = on_a_line(&[1.0, -1.0], &[log_odds, 0.0], 1, 0.0);
        let pointless = Instance { direction: vec![0.0], eta: 0.5, ..still.clone() };
        for instance in [still, pointless] {
            let part = parts("token-log-odds-step", &instance)[0];
            assert_eq!((part.computed, part.claimed), (0.0, 0.0), "logits {log_odds} apart");
            assert_eq!(decision("token-log-odds-step", &instance), Decision::Holds);
        }
    }
}

fn backwards(eta: f64) -> Instance {
    Instance { direction: vec![-1.0], ..coins(6, Ending::Fixed, 0.0, eta) }
}

/// The coefficients 0.84 and 0.4274 of the page follow from its inequalities, and not much smaller ones do. For κ = η²G_p²T_ψ1 up to ½:
/// (2^{(1−√(1−2κ))/2} − 1)/κ, increasing; beyond, X = z/2 with cX(z−1)/(z−2) ≥ log z + √(X(1−1/z) log 2).
#[test]
fn the_proved_coefficients_are_those_of_the_page() {
    let ln_2 = std::f64::consts::LN_2;
    let up_to = |kappa: f64| (2f64.powf(0.5 * (1.0 - (1.0 - 2.0 * kappa).sqrt())) - 1.0) / kappa;
    let steps = |most: f64| (1..=1_000).map(move |i| most * f64::from(i) / 1_000.0);
    assert!(steps(0.5).zip(steps(0.5).skip(1)).all(|(one, other)| up_to(one) < up_to(other)), "increasing");
    assert!((up_to(1e-6) - 0.5 * ln_2).abs() < 1e-5);
    let z = (1..2_000_000).map(|i| 2.0 + 1e-4 * f64::from(i));
    let beyond = z.map(|z| {
        let x = 0.5 * z;
        (z.ln() + (x * (1.0 - 1.0 / z) * ln_2).sqrt()) * (z - 2.0) / (x * (z - 1.0))
    });
    let needed = [beyond.fold(up_to(0.5), f64::max), up_to(0.25)];
    let proved =
        COEFFICIENTS.iter().filter(|coefficient| coefficient.of == "G_p²T_ψ1/(1−J)").map(|coefficient| coefficient.proved);
    let proved: Vec<f64> = proved.collect();
    assert_eq!(proved.len(), 2);
    for (proved, needed) in proved.into_iter().zip(needed) {
        assert!(proved >= needed && 0.995 * proved < needed, "{proved} for {needed}");
    }
}
