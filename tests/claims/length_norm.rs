//! length-norm: the sentence after Assumption 3.

use crate::support::{EVERYWHERE, coins, decision, geometric, on_a_line, parts};
use gradient_gap::Instance;
use gradient_gap::check::judge::{Decision, ratio};
use gradient_gap::policy::Ending;
use gradient_gap::regularity::geometric_psi1;
use std::f64::consts::LN_2;

standard_tests!("length-norm", reach: EVERYWHERE, edges: 100, outside: &[]);

/// The shares of E ℓ ≤ T_ψ1, T_ψ1 ≤ T∞/log 2 and E ℓ ≤ log 2 · T_ψ1.
fn shares(instance: &Instance) -> [f64; 3] {
    let parts = parts("length-norm", instance);
    assert_eq!(parts.len(), 3);
    [0, 1, 2].map(|i| ratio(&parts[i]).expect("a positive bound"))
}

#[test]
fn constant_length_is_the_equality_case() {
    let declared = |length| {
        let mut instance = on_a_line(&[1.0, 0.0, -1.0], &[], 1, 0.1);
        instance.policy.lengths = Some(vec![length; 3]);
        instance
    };
    for instance in [coins(1, Ending::Fixed, 0.0, 0.1), coins(9, Ending::Fixed, 2.0, 0.1), declared(64), declared(1_000_000)]
    {
        let [mean, longest, sharp] = shares(&instance);
        assert!((mean - LN_2).abs() < 1e-12 && (longest - 1.0).abs() < 1e-12 && (sharp - 1.0).abs() < 1e-12);
        assert_eq!(decision("length-norm", &instance), Decision::Holds);
    }
}

/// P(ℓ = k) = h(1−h)^{k−1}, the tail beyond T∞ = 400 too light to be seen: T_ψ1 = 1/log(2/(2−h)), E ℓ = 1/h, T_ψ1 ≪ T∞.
#[test]
fn geometric_length() {
    for stop in [0.25f64, 0.5, 0.75] {
        let norm = 1.0 / (2.0 / (2.0 - stop)).ln();
        assert!((norm / geometric_psi1(stop) - 1.0).abs() < 1e-14);
        let instance = geometric(stop, 400);
        let [mean, longest, sharp] = shares(&instance);
        assert!((mean * norm * stop - 1.0).abs() < 1e-12, "{mean}");
        assert!((longest * 400.0 / (LN_2 * norm) - 1.0).abs() < 1e-12, "{longest}");
        assert!((sharp * stop * LN_2 * norm - 1.0).abs() < 1e-12, "{sharp}");
        assert!(longest < 0.02 && sharp < 1.0 && mean < LN_2);
        assert_eq!(decision("length-norm", &instance), Decision::Holds);
    }
}

/// ℓ ∈ {1, 3}, P(3) = p: E e^{ℓx} = (1−p)y + py³ with y = eˣ, and y = 3/2 makes it 2 at
/// p = (2 − y)/(y³ − y) = ½/(27/8 − 12/8) = 4/15.
#[test]
fn two_lengths_by_hand() {
    let p = 4.0 / 15.0f64;
    let mut instance = on_a_line(&[1.0, 0.0], &[(1.0 - p).ln(), p.ln()], 1, 0.1);
    instance.policy.lengths = Some(vec![1, 3]);
    let parts = parts("length-norm", &instance);
    assert!((parts[0].computed - (1.0 + 2.0 * p)).abs() < 1e-14);
    assert!((parts[0].claimed * 1.5f64.ln() - 1.0).abs() < 1e-14);
}
