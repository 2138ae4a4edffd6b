//! self-bounding: slopes of log-probabilities against their values.

use crate::support::{ON_THE_LINE, coins, decision, on_a_line, outside, parts, shares};
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::Ending;

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

/// The extremal curve for every J (L = 1): log J a parabola with second derivative −1 up to J = ½, where (log J)' = 1, then log(1−J)
/// one. Both log-probabilities keep a second derivative of at least −1, and (log J)'² = β(J), (log(1−J))'² = β(1−J) all the way. Seen
/// from its end the curve is itself with O⁺ and O⁻ exchanged, so P below is J before ½ and 1 − J after it.
#[test]
fn the_extremal_curve() {
    let ln_2 = 2f64.ln();
    for i in 1..=4_000 {
        let x = f64::from(i) / 200.0; // −t
        // f = log P with f(0) = −log 2, f'(0) = 1, f'' = −1.
        let (f, slope, bend) = (-ln_2 - x - 0.5 * x * x, 1.0 + x, -1.0);
        assert!((slope * slope - (1.0 - 2.0 * (ln_2 + f))).abs() < 1e-12 * slope * slope, "β is met");
        // g = log(1 − e^f): g'' = −(r f'' + r(1 + r)f'²) with r = P/(1−P).
        let r = f.exp() / -f.exp_m1();
        let other = -(r * bend + r * (1.0 + r) * slope * slope);
        assert!(other >= -1.0, "P = {}: (log(1−P))'' = {other}", f.exp());
        // The common side, 1 − P ≥ ½: g' = −r f', and its square is β(1−P) = r²(1 + 2 log 1/(2P)), which (1−p)/p exceeds.
        let (square, common) = ((r * slope).powi(2), r * r * (1.0 - 2.0 * (ln_2 + f)));
        assert!((square - common).abs() <= 1e-12 * square && common < r, "P = {}: {square}, {common}", f.exp());
        // The control: a parabola with (log J)' a hundredth larger at J = ½ breaks that near J = ½.
        if i == 1 {
            let steeper = -(r * bend + r * (1.0 + r) * (1.01f64 * slope).powi(2));
            assert!(steeper < -1.0, "{steeper}");
        }
    }
}

#[test]
fn logits_in_the_square_of_theta_are_outside() {
    let mut curved = on_a_line(&[-1.0, 1.0, 0.0], &[], 2, 0.5);
    curved.policy.logits.quadratic = vec![0.0, 0.5, 1.0];
    assert!(outside("self-bounding", &curved).starts_with("L_p bounded on the whole line"));
}
