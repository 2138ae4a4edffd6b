//! The closed forms of L_p and σ² on the whole line against dense samples of H and ξ far out to both sides.

use gradient_gap::number::Scalar;
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::{Evaluation, Instance};

/// A curve's polynomial and its waves (amplitude, frequency, phase).
type Curve<'a> = ([f64; 3], &'a [[f64; 3]]);

/// sup |H| and sup ξ² over θ ∈ [−60, 60] in steps of 1/1000, and the closed forms of L_p and σ².
fn sampled_and_stated((polynomial, waves): Curve<'_>) -> ([f64; 2], [f64; 2]) {
    let policy = Policy::curve(polynomial, waves).expect("finite");
    let (theta, direction, correct) = (vec![-60.0], vec![1.0], vec![false, true]);
    let instance = Instance { policy, theta, direction, eta: 120.0, correct, then: vec![] };
    let evaluation = Evaluation::<f64>::new(&instance, 120_000);
    let constants = evaluation.constants();
    let bounds = evaluation.line_bounds().expect("a closed form");
    ([constants.token_curvature, constants.token_score.square()], [bounds.curvature, bounds.proxy])
}

/// −H of either option of λ = m + c t²/2 at λ, by hand: log σ(λ) and log σ(−λ) differentiated twice, λ'² = 2c(λ − m).
fn by_hand(m: f64, c: f64) -> f64 {
    let mut largest = 0.0;
    for i in 0..200_000 {
        let log_odds = m + f64::from(i) * 1e-3;
        let p = 1.0 / (1.0 + (-log_odds).exp());
        let swing = p * (1.0 - p) * 2.0 * c * (log_odds - m);
        largest = f64::max(largest, f64::max(c * p + swing, f64::abs(swing - c * (1.0 - p))));
    }
    largest
}

#[test]
fn parabolas() {
    let mut loosest: f64 = 0.0;
    for (m, most) in
        [(-20.0, 1.7), (-3.0, 1.6), (-1.0, 1.4), (0.0, 1.12), (1.0, 1.06), (3.0, 1.02), (6.0, 1.001), (30.0, 1.000001)]
    {
        for c in [0.25, 1.0, 3.0, -2.0] {
            // c < 0: the other option's log-odds have their minimum m where λ has its maximum −m.
            let extreme = f64::copysign(m, m * c);
            // λ = extreme + c(t − 1.5)²/2.
            let polynomial = [extreme + 1.125 * c, -1.5 * c, c];
            let ([bent, _], [bound, proxy]) = sampled_and_stated((polynomial, &[]));
            let own = by_hand(m, f64::abs(c));
            assert!((bent - own).abs() <= 1e-3 * own, "m = {m}, c = {c}: {bent} sampled, {own} by hand");
            assert!(bent <= bound && bound <= most * own, "m = {m}, c = {c}: {bound} for {own}");
            assert_eq!(proxy, bound, "the slope has no bound");
            loosest = loosest.max(bound / own);
            // Controls: without what the extreme adds, and, below 0, without K/4.
            if m == 0.0 {
                assert!(own > f64::abs(c) * 1.29, "|l₂| alone would be too small: {own}");
            }
            if m == -20.0 {
                assert!(own > 1.447 * f64::abs(c), "|l₂| + 0.4463|l₂| without K/4 would be too small: {own}");
            }
        }
    }
    assert!(loosest < 1.7, "{loosest}");
}

/// A level parabola is a line; slopes without curvature.
#[test]
fn no_curvature_at_all() {
    let (sampled, stated) = sampled_and_stated(([1.0, 2.0, 0.0], &[]));
    assert_eq!(stated, [1.0, 1.0], "λ'²/4");
    assert!(sampled[0] <= 1.0 && sampled[0] > 0.999, "{sampled:?}");
    // The two options bend alike: 0·t²/2 in λ, though neither logit is straight.
    let policy = Policy::quadratic_softmax(1, vec![2.0, 0.0], vec![3.0, 3.0], vec![0.0, 0.0]).expect("fits");
    let instance =
        Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 1.0, correct: vec![true, false], then: vec![] };
    let bounds = Evaluation::<f64>::new(&instance, 1).line_bounds().expect("a closed form");
    assert_eq!(bounds.curvature, 1.0);
}

#[test]
fn waves_and_waves_on_parabolas() {
    let curves: [Curve<'_>; 6] = [
        ([0.0, 0.0, 0.0], &[[0.5, 3.0, 0.25]]),
        ([1.0, 0.7, 0.0], &[[0.2, 5.0, 1.0]]),
        ([2.0, 0.7, 0.0], &[[0.2, 5.0, 1.0], [-0.1, 8.0, 0.0]]),
        ([3.0, 1.0, 0.5], &[[0.2, 3.0, 1.0]]),
        ([-3.0, 1.0, -0.5], &[[0.2, 3.0, 1.0], [0.5, 0.5, 2.0]]),
        ([8.0, 0.0, 0.5], &[[0.01, 3.0, 0.0]]),
    ];
    for curve in curves {
        let (sampled, stated) = sampled_and_stated(curve);
        assert!(sampled[0] <= stated[0] && stated[0] <= 4.0 * sampled[0], "{curve:?}: {sampled:?} against {stated:?}");
    }
}

/// Words of EOS and others up to a length, a row of logits with these curvatures and slopes 1, 2, … for every last token.
fn words(shape: Shape, quadratic: Vec<f64>) -> Instance {
    let (rows, options) = (shape.vocabulary as usize, shape.vocabulary as usize);
    let slopes = (0..rows * options).map(|j| f64::from(j as u32 * j as u32 % 5)).collect();
    let bias = (0..rows * options).map(|j| 0.5 * f64::from(j as u32)).collect();
    let logits = Logits { dim: 1, rows, options, bias, features: Features::Dense(slopes), quadratic, waves: vec![] };
    let policy = Policy::autoregressive(shape, Context::LastToken, logits).expect("fits");
    let correct = (0..policy.responses()).map(|o| o == 0).collect();
    Instance { policy, theta: vec![-30.0], direction: vec![1.0], eta: 60.0, correct, then: vec![] }
}

/// Several rows: the largest bound of those that are read, each as if it were alone; none where a row that is read has none.
#[test]
fn rows_that_are_read() {
    let bound = |instance: &Instance| Evaluation::<f64>::new(instance, 1).line_bounds().map(|bounds| bounds.curvature);
    let shape = |vocabulary, max_length, ending| Shape { vocabulary, max_length, ending };
    let two = words(shape(2, 3, Ending::Cut), vec![0.0, 1.0, 2.0, -1.0]);
    let alone = [0, 2].map(|first| {
        let logits = &two.policy.logits;
        let Features::Dense(slopes) = &logits.features else { panic!("dense") };
        let pair = |list: &[f64]| list[first..first + 2].to_vec();
        let policy = Policy::quadratic_softmax(1, pair(slopes), pair(&logits.quadratic), pair(&logits.bias)).expect("fits");
        bound(&Instance { policy, correct: vec![true, false], ..two.clone() }).expect("a closed form")
    });
    assert!(alone[1] > 2.0 * alone[0], "{alone:?}");
    assert_eq!(bound(&two), Some(alone[1]));
    let sampled = Evaluation::<f64>::new(&two, 60_000).constants().token_curvature;
    assert!(sampled <= alone[1] && sampled > alone[0], "{sampled} sampled, {alone:?}");
    // EOS at the second token is forced: the second row is not read.
    let short = words(shape(2, 2, Ending::Eos), two.policy.logits.quadratic.clone());
    assert_eq!(bound(&short), Some(alone[0]));
    // Three options with a term in t² have no closed form, where they are read.
    let bent = |row: usize| (0..9).map(|j| if j == 3 * row { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    for row in 0..3 {
        assert_eq!(bound(&words(shape(3, 3, Ending::Cut), bent(row))), None, "row {row}");
        assert_eq!(bound(&words(shape(3, 2, Ending::Eos), bent(row))).is_none(), row == 0, "row {row}");
    }
}
