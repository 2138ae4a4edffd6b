//! The constants in the paper's own reading, by a search over θ that knows nothing of the closed forms.

use crate::{generator, uniform};
use gradient_gap::collapse::{Construction, Extra, Resonant, Theorem2, Theorem4};
use gradient_gap::policy::{Features, Policy};
use gradient_gap::regularity::norms_at;
use rand::{Rng, RngExt};

/// The largest value of `f` found on a grid over [−radius, radius]² and by pattern search from the best 8 points.
fn supremum(f: &dyn Fn([f64; 2]) -> f64, radius: f64, rng: &mut impl Rng) -> f64 {
    let mut points: Vec<(f64, [f64; 2])> = vec![];
    for i in -10..=10 {
        for j in -10..=10 {
            let x = [radius * f64::from(i) / 10.0, radius * f64::from(j) / 10.0];
            points.push((f(x), x));
        }
    }
    points.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut best = 0.0;
    for &(value, x) in &points[..8] {
        let (mut value, mut x, mut size) = (value, x, radius / 10.0);
        while size > 1e-6 * radius {
            let candidate = x.map(|x| (x + size * uniform(rng, -1.0, 1.0)).clamp(-radius, radius));
            match f(candidate) {
                better if better > value => (value, x) = (better, candidate),
                _ => size *= 0.97,
            }
        }
        best = f64::max(best, value);
    }
    best
}

fn norms(policy: &Policy, index: usize) -> impl Fn([f64; 2]) -> f64 {
    let policy = policy.clone();
    move |theta| {
        let (score, curvature) = norms_at(&policy, &theta).expect("one linear softmax");
        [score, curvature][index]
    }
}

#[test]
fn theorem_2_has_the_constants_it_claims() {
    let mut rng = generator(7);
    for (scale, share, rotation, start) in [(1.0, 1.7, 0.0, 0.0), (0.02, 1.0, 0.7, -5.0), (30.0, 1.73, -2.0, 3.0)] {
        let construction =
            Theorem2 { reach: share * scale, rotation, start, steps: 1, ..Theorem2::new(scale, 0.01 * scale, 0.1 / scale) };
        let policy = construction.run().expect("an instance").policy;
        for (index, constant) in construction.constants().into_iter().enumerate() {
            let found = supremum(&norms(&policy, index), 30.0 / scale, &mut rng) / constant.hi();
            assert!((1.0 - 1e-3..=1.0 + 1e-12).contains(&found), "{index}: {found}");
        }
        assert!((construction.constants()[0].mid_point() / (2.0 * scale) - 1.0).abs() < 1e-15);
        assert!((construction.constants()[1].mid_point() / (scale * scale) - 1.0).abs() < 1e-15);
    }
    // Beyond g = √3 s the closed forms in s are too small, and the search sees it.
    let far = Theorem2 { reach: 1.9, steps: 1, ..Theorem2::new(1.0, 0.01, 0.1) };
    let found = supremum(&norms(&far.run().expect("an instance").policy, 0), 30.0, &mut rng);
    assert!(found > 2.1, "{found}");
}

/// max |∇log π| and |∇²log π| over the tokens of one row, from its features and biases by hand: φ(o) − E[φ], and the larger
/// eigenvalue of the covariance of φ.
fn token_norms(features: &[f64], bias: &[f64], theta: [f64; 2]) -> [f64; 2] {
    let phi: Vec<[f64; 2]> = features.chunks(2).map(|row| [row[0], row[1]]).collect();
    let logit: Vec<f64> =
        (0..phi.len()).map(|o| phi[o][0] * theta[0] + phi[o][1] * theta[1] + bias.get(o).copied().unwrap_or(0.0)).collect();
    let top = logit.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weight: Vec<f64> = logit.iter().map(|z| (z - top).exp()).collect();
    let total: f64 = weight.iter().sum();
    let mean = |f: &dyn Fn([f64; 2]) -> f64| phi.iter().zip(&weight).map(|(&x, w)| w / total * f(x)).sum::<f64>();
    let centre = [mean(&|x| x[0]), mean(&|x| x[1])];
    let score = phi.iter().map(|x| (x[0] - centre[0]).hypot(x[1] - centre[1])).fold(0.0, f64::max);
    let covariance = |i: usize, j: usize| mean(&|x| (x[i] - centre[i]) * (x[j] - centre[j]));
    let (a, b, c) = (covariance(0, 0), covariance(1, 1), covariance(0, 1));
    [score, 0.5 * (a + b) + (0.5 * (a - b)).hypot(c)]
}

/// G_p and L_p of Theorem 4, by a search over θ that uses neither the crate's constants nor its derivatives; and G_p ≥ √L_p from what
/// was found: |∇log π| at a point against L_p from above.
#[test]
fn theorem_4_has_the_constants_it_claims() {
    let mut rng = generator(9);
    let search = |construction: &Theorem4, rng: &mut dyn FnMut() -> u64| {
        let policy = construction.enumerated().expect("small").policy;
        assert_eq!(policy.logits.rows, 1, "one law for every prefix");
        let Features::Dense(features) = policy.logits.features.clone() else { panic!("dense") };
        let scale = construction.token.scale;
        [0, 1].map(|index| {
            let norm = |theta: [f64; 2]| token_norms(&features, &policy.logits.bias, theta)[index];
            supremum(&norm, 30.0 / scale, &mut generator(rng()))
        })
    };
    let mut seeds = || rng.random::<u64>();
    for (scale, share, rotation, start, tokens) in
        [(1.0, 1.7, 0.0, 0.0, 3), (0.02, 1.0, 0.7, -5.0, 1), (30.0, 1.73, -2.0, 0.5, 4)]
    {
        let token = Theorem2 { reach: share * scale, rotation, start, steps: 1, ..Theorem2::new(scale, 1.0, 0.01 / scale) };
        let construction = Theorem4 { token, alignment: 0.01 * scale, tokens, count_eos: false };
        let claimed = [2.0 * scale, scale * scale];
        let found = search(&construction, &mut seeds);
        for index in [0, 1] {
            let ratio = found[index] / claimed[index];
            assert!((0.99..=1.0 + 1e-12).contains(&ratio), "{index}: {ratio}");
            assert!((construction.constants()[index].hi() / claimed[index] - 1.0).abs() < 1e-12);
        }
        assert!(found[0] * found[0] >= construction.constants()[1].hi(), "G_p ≥ √L_p");
    }
    // Beyond g = √3 s both closed forms are too small, and the search sees it.
    let far = Theorem2 { reach: 2.1, steps: 1, ..Theorem2::new(1.0, 1.0, 0.01) };
    let found = search(&Theorem4 { token: far, alignment: 0.01, tokens: 2, count_eos: false }, &mut seeds);
    assert!(found[0] > 2.1 && found[1] > 1.05, "{found:?}");
}

#[test]
fn extra_responses_leave_only_bounds() {
    let mut rng = generator(8);
    let centre = Extra { position: [-1.7, 0.0], bias: 0.0, correct: false };
    let construction = Theorem2 { extras: vec![centre; 2], steps: 1, ..Theorem2::new(1.0, 0.01, 0.1) };
    let policy = construction.run().expect("an instance").policy;
    let [score, curvature] = construction.constants().map(|c| c.hi());
    assert!(supremum(&norms(&policy, 0), 30.0, &mut rng) >= 0.999 * score, "G_o is still the diameter");
    let found = supremum(&norms(&policy, 1), 30.0, &mut rng);
    assert!(found <= curvature && found > 0.5 * curvature, "{found}");
}

#[test]
fn the_resonant_curve_stays_below_its_bounds() {
    for (alignment, eta) in [(0.0186, 0.2236), (0.0186, 0.22357), (1e-3, 0.0121), (1e-3, 0.2236)] {
        let construction = Resonant::new(1.0, alignment, eta);
        let [bound_g, bound_l] = construction.bounds().map(|b| b.hi());
        let amplitude = construction.amplitude();
        let (mut largest_g, mut largest_l) = (0.0, 0.0);
        // ∇log π and ∇²log π of both responses along two periods, at every J: shift λ by a constant.
        for i in 0..=4_000 {
            let theta = f64::from(i) * eta / 2_000.0;
            let angle = std::f64::consts::TAU * theta / eta;
            let slope = alignment - amplitude * (1.0 - angle.cos());
            let bend = -amplitude * std::f64::consts::TAU / eta * angle.sin();
            for j in -20..=20 {
                let p = 1.0 / (1.0 + (-f64::from(j)).exp());
                let variance = p * (1.0 - p) * slope * slope;
                for (score, curvature) in
                    [((1.0 - p) * slope, (1.0 - p) * bend - variance), (-p * slope, -p * bend - variance)]
                {
                    largest_g = f64::max(largest_g, score.abs());
                    largest_l = f64::max(largest_l, curvature.abs());
                }
            }
        }
        // The stored curve is rounded, and aims a little above Δμ.
        let share = |found: f64, bound: f64| found / bound;
        assert!((0.99..=1.0 + 1e-12).contains(&share(largest_g, bound_g)), "{largest_g} {bound_g}");
        assert!((0.9..=1.0 + 1e-12).contains(&share(largest_l, bound_l)), "{largest_l} {bound_l}");
        let [declared_g, declared_l] = construction.constants().map(|c| c.lo());
        assert!(bound_g <= declared_g && bound_l <= declared_l && largest_g <= declared_g && largest_l <= declared_l);
    }
}

trait MidPoint {
    fn mid_point(&self) -> f64;
}
impl MidPoint for gradient_gap::number::Interval {
    fn mid_point(&self) -> f64 {
        0.5 * (self.lo() + self.hi())
    }
}
