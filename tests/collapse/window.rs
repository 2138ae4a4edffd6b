//! The whole window at once, by interval subdivision, for all η and Δμ of Theorem 2 and every across v that is allowed.
//!
//! With y = svη the steps lose log cosh y and ψ(y) = y tanh y − log cosh y. In the window ηΔμ ≤ η²s²/12 = y²/(12v²) (the
//! lower end of the window, read as a bound on Δμ), and y ≤ v/(2√5). So both steps lose more than they gain, whatever s, if
//! 12v² min(log cosh y, ψ(y))/y² > 1 for 0 < y ≤ v/(2√5).

use crate::{generator, uniform};
use gradient_gap::collapse::Theorem2;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::Policy;

/// Enclosures of log cosh y / y² and ψ(y)/y² over an interval of y in (0, 1/4]:
/// ½ − y²/12 ≤ log cosh y/y² ≤ ½ and ½ − y²/4 ≤ ψ(y)/y² ≤ ½ (by hand, see the page).
fn shares(y: Interval) -> [Interval; 2] {
    [12.0, 4.0].map(|n| Interval::of(0.5) - Interval::new(0.0, (y.square() / Interval::of(n)).hi()))
}

/// Whether the loss is at least `times` the gain over the whole window.
fn whole_window(v: f64, times: f64) -> bool {
    let v = Interval::of(v);
    let top = (v / (Interval::of(2.0) * Interval::of(5.0).sqrt())).hi();
    Interval::cover(top, 64).all(|y| {
        let least = shares(y).into_iter().reduce(Scalar::min).expect("two");
        Interval::of(times).surely_lt(Interval::of(12.0) * v.square() * least)
    })
}

#[test]
fn the_whole_window_loses_more_than_it_gains() {
    assert!(whole_window(0.9, 4.76), "a net loss of 3.76 gains");
    assert!(!whole_window(0.9, 4.8));
    assert!((41..100).all(|percent| whole_window(f64::from(percent) / 100.0, 1.0)));
    assert!(!whole_window(0.40, 1.0), "v must not be too small");
}

/// The two bounds behind `shares`, against the losses as the library computes them, over intervals of y.
#[test]
fn the_losses_are_inside_their_enclosures() {
    let plain = Theorem2 { across: 1.0, ..Theorem2::new(1.0, 1.0, 1.0) };
    // From 10⁻² on the enclosures are wider than rounding; below, they differ from the losses by y⁴ only.
    for i in 100..=2_500 {
        let y = Interval::of(f64::from(i) * 1e-4);
        let losses = [plain.divergence(Interval::zero(), y), plain.divergence(y, -y)];
        for (loss, share) in losses.into_iter().zip(shares(y)) {
            assert!(share.encloses(loss / y.square()), "{y:?} {loss:?} {share:?}");
        }
    }
    // A wrong constant would be seen.
    let y = Interval::of(0.2);
    let loss = plain.divergence(y, -y) / y.square();
    assert!(loss.surely_lt(Interval::of(0.5) - y.square() / Interval::of(5.0)));
}

/// λ of the construction is what the page says: gθ₁ − log(2 cosh sθ₂), by the policy's own probabilities.
#[test]
fn lambda_by_hand() {
    let mut rng = generator(3);
    for _ in 0..50 {
        let theta = [uniform(&mut rng, -2.0, 2.0), uniform(&mut rng, -2.0, 2.0)];
        let policy = Policy::linear_softmax(2, vec![0.0, 0.0, -1.7, -1.0, -1.7, 1.0], vec![]).expect("fits");
        let mass: Vec<f64> = policy_masses(&policy, theta);
        let lambda = (mass[0] / (mass[1] + mass[2])).ln();
        assert!((lambda - (1.7 * theta[0] - (2.0 * theta[1].cosh()).ln())).abs() < 1e-13);
    }
}

fn policy_masses(policy: &Policy, theta: [f64; 2]) -> Vec<f64> {
    use gradient_gap::line::OnLine;
    let correct = [true, false, false];
    OnLine::<f64>::new(policy, &correct, &theta, &[0.0, 0.0]).line(0.0).tokens.prob.to_vec()
}
