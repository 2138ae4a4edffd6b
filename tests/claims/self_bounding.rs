//! self-bounding: slopes of log-probabilities against their values.

use crate::support::{ON_THE_LINE, coins, decision, on_a_line, outside, parabola, parts, shares};
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::{Ending, Policy};

standard_tests!("self-bounding", reach: ON_THE_LINE, edges: 90, outside: &[]);

/// Two responses, λ = at, J = ½: ((1−J)Δμ)² = a²/4 = L_o β(½), in all three parts.
#[test]
fn equality_of_two_responses_at_one_half() {
    let instance = on_a_line(&[1.5, 0.0], &[], 1, 0.1);
    for share in shares("self-bounding", &instance) {
        assert!(share.lo() > 0.9999999 && share.hi() < 1.0000001, "{share:?}");
    }
    assert_eq!(decision("self-bounding", &instance), Decision::Holds);
}

/// T coins, one word, by hand: L_o ≤ T/4, s = T(1−p) for the word, π = pᵀ.
#[test]
fn coins_by_hand() {
    let instance = coins(4, Ending::Fixed, 0.0, 0.1);
    let parts = parts("self-bounding", &instance);
    let ln_2 = 2f64.ln();
    // Every word has probability 1/16; the word 0000 has s = 2, β(1/16) = 1 + 6 log 2.
    assert!((parts[0].computed - 4.0).abs() < 1e-14 && (parts[0].claimed - (1.0 + 6.0 * ln_2)).abs() < 1e-14, "{parts:?}");
    assert!((parts[1].computed - 4.0).abs() < 1e-13 && (parts[1].claimed - parts[0].claimed).abs() < 1e-14, "{parts:?}");
    assert_eq!(parts.len(), 2, "J ≤ ½: the third says the same");
    // O⁺ and O⁻ exchanged, the third says what the second did.
    let mut exchanged = instance;
    exchanged.correct.iter_mut().for_each(|correct| *correct = !*correct);
    let other = crate::support::parts("self-bounding", &exchanged);
    assert_eq!((other.len(), other[1].name), (2, "(JΔμ)²"));
    assert!((other[1].computed - 4.0).abs() < 1e-13 && (other[1].claimed - parts[0].claimed).abs() < 1e-14, "{other:?}");
}

/// log-odds and slope of λ on the extremal curve (L = 1) where the rarer side has the log-probability −log 2 − x − x²/2: there
/// its slope is 1 + x.
fn extremal(x: f64) -> (f64, f64) {
    let rare = -std::f64::consts::LN_2 - x - 0.5 * x * x;
    let common = (-rare.exp()).ln_1p();
    (common - rare, (1.0 + x) / common.exp())
}

/// The extremal curve meets β at every J, from 10⁻²²⁰⁰ to 1 − 10⁻²²⁰⁰: with its slope and L = 1 computed is claimed, in every part and for
/// either response. Two responses whose λ is the tangent; what the code takes for L there, λ'²/4, is divided away. Control: on the
/// tangent itself, where the code's L is right, the bound is met at ½ alone.
#[test]
fn the_extremal_curve_meets_beta_at_every_success_rate() {
    for x in [0.0, 0.01, 0.1, 0.5, 1.0, 3.0, 10.0, 16.0, 100.0] {
        let (log_odds, slope) = extremal(x);
        for (sign, first) in [(1.0, true), (1.0, false), (-1.0, true), (-1.0, false)] {
            let mut instance = on_a_line(&[slope, 0.0], &[sign * log_odds, 0.0], 1, 0.1);
            if !first {
                instance.policy = Policy::linear_softmax(1, vec![0.0, slope], vec![0.0, sign * log_odds]).expect("fits");
                instance.correct = vec![false, true];
            }
            let parts = parts("self-bounding", &instance);
            assert_eq!(parts.len(), if x == 0.0 { 3 } else { 2 }, "{parts:?}");
            let closed_form = 0.25 * slope * slope;
            for part in &parts {
                let share = part.computed * closed_form / part.claimed;
                assert!((share - 1.0).abs() < 1e-12, "log-odds {}, {part:?}: {share}", sign * log_odds);
                let tangent = part.computed / part.claimed;
                assert!(x == 0.0 || tangent < 1.0 - 1e-7, "log-odds {}: {tangent}", sign * log_odds);
            }
        }
    }
}

/// The extremal curve is a policy with L = 1: neither log-probability bends by more. f = log p of the rarer side has f'' = −1, the
/// other g'' = −(r f'' + r(1 + r)f'²) with r = p/(1 − p). Control: a hundredth steeper at ½ it would bend more.
#[test]
fn the_extremal_curve_is_smooth() {
    let other = |x: f64, slope: f64| {
        let f = -std::f64::consts::LN_2 - x - 0.5 * x * x;
        let r = f.exp() / -f.exp_m1();
        r - r * (1.0 + r) * slope * slope
    };
    for i in 1..=4_000 {
        let x = f64::from(i) / 200.0;
        assert!(other(x, 1.0 + x) >= -1.0, "x = {x}: {}", other(x, 1.0 + x));
    }
    assert!(other(1e-3, 1.01 * (1.0 + 1e-3)) < -1.0);
}

/// What lines and parabolas, the curves of the families, use of the bound at a given success rate: all of it at ½ and at the ends,
/// least near J = 0.95.
#[test]
fn what_lines_and_parabolas_use() {
    for (log_odds, least, most) in [
        (0.0, 1.0 - 1e-9, 1.0),
        (1.0, 0.95, 0.96),
        (3.0, 0.65, 0.67),
        (10.0, 0.78, 0.8),
        (200.0, 0.97, 0.98),
        (5e3, 0.997, 0.999),
    ] {
        // A line, and parabolas with L ≈ 1 and their least log-odds at m.
        let mut curves = vec![[log_odds, 1.0, 0.0]];
        curves.extend(
            (0..600)
                .map(|i| f64::from(i) / 50.0 - 4.0)
                .filter(|m| *m < log_odds)
                .map(|m| [log_odds, f64::sqrt(2.0 * (log_odds - m)), 1.0]),
        );
        let used = |curve: &[f64; 3]| {
            let parts = parts("self-bounding", &parabola(*curve, 0.0));
            let ratios = parts.iter().map(|part| part.computed / part.claimed);
            ratios.fold(0.0, f64::max)
        };
        let best = curves.iter().map(used).fold(0.0, f64::max);
        assert!(best >= least && best <= most * (1.0 + 1e-9), "log-odds {log_odds}: {best}");
    }
}

#[test]
fn logits_in_the_square_of_theta_are_outside() {
    let mut curved = on_a_line(&[-1.0, 1.0, 0.0], &[], 2, 0.5);
    curved.policy.logits.quadratic = vec![0.0, 0.5, 1.0];
    assert!(outside("self-bounding", &curved).starts_with("L_p bounded on the whole line"));
}
