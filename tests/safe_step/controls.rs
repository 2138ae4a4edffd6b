//! Wrong formulas: each is refuted by an instance on which J certainly falls just below what it gives, while it rises below
//! the right one.

use super::change;
use gradient_gap::Instance;
use gradient_gap::evaluation::Evaluation;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::thresholds::{SuccessRate, ascent_step, rare_failure_step, trajectory_step, two_sided_step};

/// What one instance has: Δμ, J, and the constants of its step.
struct Facts {
    alignment: f64,
    rate: SuccessRate<f64>,
    score: f64,
    curvature: f64,
}

fn facts(instance: &Instance) -> Facts {
    let evaluation = Evaluation::<Interval>::new(instance, 64);
    let (start, constants) = (evaluation.start(), evaluation.constants());
    Facts {
        alignment: start.alignment().mid(),
        rate: SuccessRate { success: start.success().mid(), failure: start.failure().mid() },
        score: constants.score.hi(),
        curvature: constants.curvature.hi(),
    }
}

fn falls(instance: &Instance, eta: f64) -> bool {
    assert!(eta <= instance.eta, "beyond the segment of the constants: {eta} {}", instance.eta);
    let change = change(instance, eta);
    assert!(change.surely_negative() || change.surely_positive(), "η = {eta:e}: {change:?}");
    change.surely_negative()
}

/// λ = c + δθ − Aθ²/2 from θ = 0.
fn parabola(c: f64, delta: f64, bend: f64) -> Instance {
    Instance {
        policy: Policy::curve([c, delta, -bend], &[]).expect("finite"),
        theta: vec![0.0],
        direction: vec![1.0],
        eta: 4.0 * delta / bend,
        correct: vec![false, true],
        then: vec![],
    }
}

#[test]
fn the_2_of_smooth_only_cannot_be_more() {
    for (c, delta, bend) in [(-20.0, 1e-4, 1.0), (-600.0, 1e-3, 7.0), (-14.0, 1e-5, 0.01)] {
        let instance = parabola(c, delta, bend);
        let Facts { alignment, rate, curvature, .. } = facts(&instance);
        let right = ascent_step(alignment, rate.failure, curvature);
        for factor in [2.01, 2.2, 2.5, 3.0] {
            assert!(falls(&instance, 0.5 * factor * right * (1.0 - 1e-9)), "{factor}");
        }
        assert!(!falls(&instance, right * (1.0 - 1e-9)));
    }
}

/// The cube with O⁻ = {all ones, all minus ones}, near its centre along the diagonal: λ'' = −(n − 1), L_o = 1.
fn two_corners(n: u32) -> Instance {
    let size = f64::from(n).sqrt();
    let (last, delta) = ((1usize << n) - 1, 1e-6);
    Instance {
        policy: Policy::cube(n, vec![]).expect("small"),
        theta: vec![-delta / size; n as usize],
        direction: vec![1.0 / size; n as usize],
        eta: 4.0 * delta * f64::from(n - 1),
        correct: (0..=last).map(|o| o != 0 && o != last).collect(),
        then: vec![],
    }
}

/// 2Δμ/L without 1 − J, which is the collapse threshold too: J may fall below that.
#[test]
fn smooth_only_needs_its_factor_1_minus_j() {
    for n in [4, 6] {
        let instance = two_corners(n);
        let Facts { alignment, rate, curvature, .. } = facts(&instance);
        assert!((curvature - 1.0).abs() < 1e-6, "{curvature}");
        let right = ascent_step(alignment, rate.failure, curvature);
        assert!(falls(&instance, 0.999 * right / rate.failure));
        assert!(!falls(&instance, 0.999 * right));
    }
}

/// The same per token: six coins with one log-odds, O⁻ = {all heads, all tails}, near the fair coin.
#[test]
fn token_smooth_only_needs_its_factor_1_minus_j() {
    let tokens = 6;
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 2,
        bias: vec![],
        features: Features::Dense(vec![1.0, 0.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 2, max_length: tokens, ending: Ending::Fixed };
    let policy = Policy::autoregressive(shape, Context::Shared, logits).expect("one row of two");
    let last = policy.responses() - 1;
    let correct = (0..=last).map(|o| o != 0 && o != last).collect();
    let instance = Instance { policy, theta: vec![-1e-6], direction: vec![1.0], eta: 1e-4, correct, then: vec![] };
    let Facts { alignment, rate, .. } = facts(&instance);
    assert!(alignment > 0.0);
    // Globally L_p = ¼.
    let right = ascent_step(alignment, rate.failure, 0.25 * f64::from(tokens));
    assert!(falls(&instance, 0.999 * right / rate.failure));
    assert!(!falls(&instance, 0.999 * right));
}

#[test]
fn two_sided_needs_half_of_g_squared() {
    let instance = two_corners(9);
    let Facts { alignment, score, curvature, .. } = facts(&instance);
    let step = |share: f64| alignment / (curvature + share * score * score);
    let constants =
        gradient_gap::regularity::Constants { score, curvature, token_score: score, token_curvature: curvature, psi1: 2.0 };
    assert_eq!(step(0.5), two_sided_step(alignment, &constants));
    assert!(falls(&instance, 0.999 * step(0.25)));
    assert!(!falls(&instance, 0.999 * step(0.5)));
    // (15a) without its G²: ½Δμ/L_o.
    assert!(falls(&instance, 0.5 * alignment / curvature));
    assert!(!falls(&instance, trajectory_step(alignment, &constants)));
}

/// A fast wave of small amplitude, just before its crest, J near 1: h'' = −A, v → 0. The right step is (2/√b) arctan(…):
/// twice as much, as tan(√b η/4) in place of tan(√b η/2) would give, and 1 % more already, are too much. (tan(√b η), not
/// halved, gives less than the right step, and is true.)
#[test]
fn rare_failure_needs_its_half() {
    let (frequency, bend, delta) = (1e4, 1.0, 1e-6);
    let instance = Instance {
        policy: Policy::curve([20.0, 0.0, 0.0], &[[bend / frequency / frequency, frequency, 0.0]]).expect("finite"),
        theta: vec![-delta / bend],
        direction: vec![1.0],
        eta: 8.0 * delta / bend,
        correct: vec![false, true],
        then: vec![],
    };
    let Facts { alignment, rate, .. } = facts(&instance);
    assert!((alignment / delta - 1.0).abs() < 1e-3 && rate.failure < 1e-8);
    let evaluation = Evaluation::<Interval>::new(&instance, 1);
    let bounds = evaluation.line_bounds().expect("a wave");
    let (l, proxy) = (bounds.curvature.hi(), bounds.proxy.hi());
    let right = rare_failure_step(alignment, &rate, l, proxy, 1.0);
    assert!((right / (2.0 * delta / bend) - 1.0).abs() < 1e-3, "{right}");
    assert!(!falls(&instance, 0.999 * right));
    for factor in [1.01, 2.0] {
        assert!(falls(&instance, factor * right), "{factor}");
    }
    let b: f64 = 2.0 * proxy;
    let tangent = rate.success * alignment * b.sqrt() / (b * (3f64.ln() - rate.failure.ln()) + l);
    assert!((4.0 / b.sqrt() * tangent.atan() / right - 2.0).abs() < 1e-9);
}
