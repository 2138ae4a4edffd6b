//! mean-energy: the mean square of a response's score, and where min(G_p², L_p) may and may not stand for G_p².

use crate::support::{TOKENS_NOT_STILL, coins, decision, on_a_line, parts, shares};
use gradient_gap::check::judge::Decision;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::Ending;
use gradient_gap::{Evaluation, Instance};

standard_tests!("mean-energy", reach: TOKENS_NOT_STILL, edges: 75, outside: &[
    "η = 0", "η = 1e-200", "equal features", "logits ±700", "chain of 200 tokens, stopped at random",
    "declared lengths from 1 to 4·10⁹", "1 − J = 1e-600, η = 0",
    "1 − J = 1e-600, w = 0", "J = 1e-600, η = 0", "J = 1e-600, w = 0", "J = 1e-600", "w = 0",
]);

/// One softmax with linear logits: E[s²] = Var = L_p, whatever J; a word of coins: T times that.
#[test]
fn equality_for_linear_logits() {
    for instance in [
        on_a_line(&[1.0, 0.0, -0.5], &[], 1, 0.1),
        on_a_line(&[1.0, 0.0, -0.5], &[-600.0, 0.0, 1.0], 1, 0.1),
        coins(5, Ending::Fixed, 1.0, 0.1),
    ] {
        let share = shares("mean-energy", &instance)[2];
        assert!(share.lo() > 1.0 - 1e-10 && share.hi() < 1.0 + 1e-10, "{share:?}");
        assert_eq!(decision("mean-energy", &instance), Decision::Holds);
    }
}

/// (16) with 8 min(G_o², L_o) in place of 8G_o², and (18a)'s cap 8T∞² with min(G_p², L_p): a remainder of −Var⁻η²/2 with
/// 1 − J rare refutes both. Responses 0 | ±1 and 1 − J = e⁻²⁰: L_o is about 1 − J.
#[test]
fn not_in_the_bounds_without_the_failure_rate() {
    let instance = on_a_line(&[0.0, -1.0, 1.0], &[20.0, 0.0, 0.0], 1, 0.125);
    let e = Evaluation::<Interval>::new(&instance, 64);
    let c = e.constants();
    let least = c.score.square().min(c.curvature);
    // T∞ = 1: (16)'s L_o + 8 min and (18a)'s L_pT∞ + 8T∞² min are the same number.
    let claimed = (c.curvature + Interval::of(8.0) * least) * e.eta().square();
    assert!(claimed.surely_lt(-e.step().remainder), "{claimed:?} {:?}", e.step().remainder);
    // The control: with G_o² the bound holds.
    let right = (c.curvature + Interval::of(8.0) * c.score.square()) * e.eta().square();
    assert!((-e.step().remainder).surely_le(right));
    assert_eq!(decision("mean-energy", &instance), Decision::Holds);
}

/// The cube {±1}ⁿ as one token, O⁻ = {all ones, all minus ones}, θ = 0, w the diagonal. It is a product of n bits, so
/// 1 − J = Q = 2cosh(√n t)/(2cosh(t/√n))ⁿ in closed form and Δμ = 0: R = log((1−Q(η))/(1−Q(0))) − log(Q(η)/Q(0)). Along the
/// whole line G = 2√n and L = 1.
fn cube_remainder(n: f64, eta: f64) -> Interval {
    let [n, eta] = [n, eta].map(Interval::of);
    let two = Interval::of(2.0);
    // log cosh x = x + log((1 + e^{−2x})/2)
    let log_cosh = |x: Interval| x + (-(two * x)).exp().ln_1p() - Interval::ln_2();
    let log_q = |t: Interval| Interval::ln_2() + log_cosh(n.sqrt() * t) - n * (Interval::ln_2() + log_cosh(t / n.sqrt()));
    let zero = Interval::zero();
    let failure = log_q(eta) - log_q(zero);
    let success = (-log_q(eta).exp()).ln_1p() - (-log_q(zero).exp()).ln_1p();
    success - failure
}

#[test]
fn the_cube_of_a_hundred_bits_refutes_the_misuse() {
    // G² = 4n = 400 and L = 1: (16) with 8 min(G², L) would allow 9η²; the remainder is about −(n − 1)η²/2 = −49.5η².
    let eta = 0.0625;
    let claimed = Interval::of(9.0) * Interval::of(eta).square();
    let computed = cube_remainder(100.0, eta);
    assert!(claimed.surely_lt(-computed), "{claimed:?} {computed:?}");
    // The control: with 8G² = 3200 the bound holds, and so does the smooth-only step R ≥ −Lη²/(2(1−J)), 1 − J = 2⁻⁹⁹.
    let right = Interval::of(1.0 + 8.0 * 400.0) * Interval::of(eta).square();
    assert!((-computed).surely_le(right));
    // The closed form against the enumeration of 2⁸ responses.
    let n = 8u32;
    let instance = Instance {
        policy: gradient_gap::policy::Policy::cube(n, vec![]).expect("small"),
        theta: vec![0.0; 8],
        direction: vec![f64::from(n).sqrt().recip(); 8],
        eta,
        correct: (0..1 << n).map(|o| o != 0 && o != (1 << n) - 1).collect(),
        then: vec![],
    };
    let enumerated = Evaluation::<f64>::new(&instance, 1).step().remainder;
    let closed = cube_remainder(8.0, eta);
    assert!((enumerated - closed.mid()).abs() < 1e-12, "{enumerated} {closed:?}");
    assert_eq!(parts("mean-energy", &instance).len(), 4);
    // Five bits are enough against the sharp coefficient ½: (n − 1)/2 > L + ½ min(G², L) = 3/2.
    assert!((Interval::of(1.5) * Interval::of(eta).square()).surely_lt(-cube_remainder(5.0, eta)));
}
