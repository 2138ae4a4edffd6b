//! The bandit engine against a dense recomputation, the engine of the core, and itself; extremes; refusals.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test, in a helper as in a test")]

use gradient_gap::bandit::{Bandit, Contexts, Fallback, Plan, Run, Stop};
use gradient_gap::line::OnLine;
use gradient_gap::number::{Interval, Scalar, log_sum_exp};
use gradient_gap::policy::Policy;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The rounding unit.
const U: f64 = f64::EPSILON / 2.0;

/// Sizes, the scale of θ_0, and η of a random instance.
type Size = (usize, usize, usize, usize, f64, f64);

/// (d, N, pool, evaluation, scale of θ_0, η): one context, two arms, one coordinate, blocks that are not full, large steps.
const SIZES: [Size; 7] = [
    (1, 2, 1, 1, 1.0, 0.1),
    (3, 2, 1, 17, 0.5, 0.5),
    (2, 5, 4, 3, 0.01, 2.0),
    (4, 7, 20, 33, 1.0, 0.1),
    (3, 11, 16, 16, 3.0, 1.0),
    (5, 4, 9, 40, 0.3, 8.0),
    (6, 40, 18, 17, 0.01, 0.1),
];

fn contexts(rng: &mut ChaCha8Rng, count: usize, dim: usize, arms: usize) -> Contexts {
    let x = (0..count * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
    Contexts { x, correct: (0..count).map(|_| rng.random_range(0..arms as u32)).collect() }
}

fn random((dim, arms, pool, evaluation, scale, _): Size, seed: u64) -> Bandit {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let theta = (0..dim * arms).map(|_| scale * rng.random_range(-1.0..1.0)).collect();
    let (pool, evaluation) = (contexts(&mut rng, pool, dim, arms), contexts(&mut rng, evaluation, dim, arms));
    Bandit::new(dim, arms, theta, pool, evaluation).expect("valid")
}

fn plan(eta: f64, steps: usize, fallback: Fallback) -> Plan {
    Plan { eta, steps, ..Plan::paper(7, fallback) }
}

/// One context by the definitions, from θ itself.
struct Dense {
    x: Vec<f64>,
    correct: usize,
    log_prob: Vec<f64>,
    lambda: f64,
}

impl Dense {
    fn new(bandit: &Bandit, contexts: &Contexts, i: usize, theta: &[f64]) -> Dense {
        let (dim, arms) = (bandit.dim(), bandit.arms());
        let x = contexts.x[i * dim..(i + 1) * dim].to_vec();
        let correct = contexts.correct[i] as usize;
        let h: Vec<f64> = (0..arms).map(|a| (0..dim).map(|j| x[j] * theta[j * arms + a]).sum()).collect();
        let others: Vec<f64> = (0..arms).filter(|&a| a != correct).map(|a| h[a]).collect();
        let (total, lambda) = (log_sum_exp(&h), h[correct] - log_sum_exp(&others));
        Dense { x, correct, log_prob: h.iter().map(|h| h - total).collect(), lambda }
    }

    fn prob(&self, a: usize) -> f64 {
        Scalar::exp(self.log_prob[a])
    }

    fn success(&self) -> f64 {
        Scalar::exp(-(-self.lambda).softplus())
    }

    fn failure(&self) -> f64 {
        Scalar::exp(-self.lambda.softplus())
    }

    /// ∇log π(a) = x ⊗ (e_a − p).
    fn score(&self, a: usize) -> Vec<f64> {
        let e = |b: usize| match a == b {
            true if a == self.correct => self.failure(),
            same => f64::from(u8::from(same)) - self.prob(b),
        };
        self.x.iter().flat_map(|x| (0..self.log_prob.len()).map(move |b| x * e(b))).collect()
    }

    /// E over arms of (r − J)∇log π, the update (4) in the paper's own form.
    fn gradient(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.x.len() * self.log_prob.len()];
        for a in 0..self.log_prob.len() {
            let advantage = if a == self.correct { self.failure() } else { -self.success() };
            let score = self.score(a);
            sum.iter_mut().zip(score).for_each(|(sum, s)| *sum += self.prob(a) * advantage * s);
        }
        sum
    }

    /// w·(g⁺ − g⁻), with g⁻ = Σ_{a≠Y} π(a)∇log π(a) / `divisor`; the divisor of the paper is 1 − J.
    fn alignment(&self, w: &[f64], divisor: f64) -> f64 {
        let along = |a: usize| dot(&self.score(a), w);
        let wrong = (0..self.log_prob.len()).filter(|&a| a != self.correct);
        along(self.correct) - wrong.map(|a| self.prob(a) * along(a)).sum::<f64>() / divisor
    }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// |x − y| relative to `size`.
fn off(x: f64, y: f64, size: f64) -> f64 {
    (x - y).abs() / size
}

/// The largest deviations of a run from the definitions, with θ updated densely along its choices: of λ, of Δμ of evaluation
/// contexts relative to ‖x‖, of ‖∇J‖ and of θ, the last two relatively.
fn deviations(bandit: &Bandit, plan: &Plan, divide: bool) -> [f64; 4] {
    let run = bandit.run(plan).expect("valid");
    let mut theta = bandit.theta().to_vec();
    let count = bandit.evaluation().correct.len();
    let mut sums = vec![[0.0; 5]; count];
    let mut worst = [0.0_f64; 4];
    let mut note = |k: usize, x: f64| worst[k] = worst[k].max(if x.is_nan() { f64::INFINITY } else { x });
    let curves: Vec<Vec<_>> = (0..count).map(|i| run.curves.of(i).collect()).collect();
    for k in 0..=run.steps.len() {
        let step = run.steps.get(k);
        let trained = step.map(|step| Dense::new(bandit, bandit.pool(), step.context, &theta));
        let gradient = trained.as_ref().map_or(vec![0.0; theta.len()], Dense::gradient);
        let length = norm(&gradient);
        let w: Vec<f64> = gradient.iter().map(|g| g / length).collect();
        for (i, sums) in sums.iter_mut().enumerate() {
            let dense = Dense::new(bandit, bandit.evaluation(), i, &theta);
            let point = curves[i][k];
            let size = norm(&dense.x);
            note(0, (point.lambda - dense.lambda).abs());
            note(0, (point.gained - (dense.lambda - curves[i][0].lambda)).abs());
            note(1, off(point.constant, sums[0], plan.eta * size * (k + 1) as f64));
            note(1, off(point.effective, sums[1], plan.eta * size * (k + 1) as f64));
            note(1, off(point.relative, sums[0] - sums[2], plan.eta * size * (k + 1) as f64));
            note(1, off(point.signed, sums[3], plan.eta * size * (k + 1) as f64));
            note(1, off(point.remainder, sums[4], (plan.eta * size).powi(2) * (k + 1) as f64));
            if let (Some(step), Some(trained)) = (step, &trained) {
                let signed = dense.alignment(&w, if divide { dense.failure() } else { 1.0 });
                let alignment = signed.max(0.0);
                sums[0] += alignment * plan.eta;
                sums[1] += alignment * plan.eta * length;
                sums[3] += signed * plan.eta * length;
                // The changes of the logits of wrong arms.
                let change =
                    |a: usize| dense.x.iter().zip(w.chunks_exact(bandit.arms())).map(|(x, w)| x * w[a]).sum::<f64>();
                let wrong = (0..bandit.arms()).filter(|&a| a != dense.correct).map(change);
                let (low, high) = wrong.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
                sums[4] += (plan.eta * length * (high - low)).powi(2) / 8.0;
                sums[2] += trained.alignment(&w, trained.failure()) * plan.eta;
                note(2, off(step.gradient_norm, length, length));
                note(2, off(step.effective_step, plan.eta * length, plan.eta * length));
                note(2, off(step.gap, trained.alignment(&w, trained.failure()), step.gap));
                note(2, (step.lambda - trained.lambda).abs());
            }
        }
        theta.iter_mut().zip(gradient).for_each(|(theta, g)| *theta += plan.eta * g);
    }
    note(3, norm(&run.theta.iter().zip(&theta).map(|(x, y)| x - y).collect::<Vec<_>>()) / norm(&theta));
    worst
}

#[test]
fn the_definitions() {
    for (number, size) in SIZES.into_iter().enumerate() {
        let bandit = random(size, number as u64);
        for fallback in [Fallback::Uniform, Fallback::NearestHalf] {
            let [lambda, gaps, gradient, theta] = deviations(&bandit, &plan(size.5, 150, fallback), true);
            // Of the reference, not of the run: it subtracts J from 1-hot vectors and divides by 1 − J.
            assert!(
                lambda < 1e-9 && gaps < 1e-9 && gradient < 1e-9 && theta < 1e-11,
                "{size:?}: {lambda} {gaps} {gradient} {theta}"
            );
        }
    }
}

/// Without the division by 1 − J the comparison fails.
#[test]
fn a_wrong_gap_is_seen() {
    for (number, size) in SIZES.into_iter().enumerate().skip(1) {
        let [_, gaps, ..] = deviations(&random(size, number as u64), &plan(size.5, 20, Fallback::Uniform), false);
        assert!(gaps > 1e-6, "{size:?}: {gaps}");
    }
}

/// A context is a one-token policy with features x ⊗ e_a: λ' of the core along w is Δμ, and J, 1 − J are the same.
#[test]
fn the_core() {
    for (number, size) in SIZES.into_iter().enumerate() {
        let (dim, arms) = (size.0, size.1);
        let mut bandit = random(size, number as u64);
        for _ in 0..3 {
            let run = bandit.run(&plan(size.5, 1, Fallback::Uniform)).expect("valid");
            let trained = Dense::new(&bandit, bandit.pool(), run.steps[0].context, bandit.theta());
            let gradient = trained.gradient();
            let w: Vec<f64> = gradient.iter().map(|g| g / norm(&gradient)).collect();
            for i in 0..bandit.evaluation().correct.len() {
                let dense = Dense::new(&bandit, bandit.evaluation(), i, bandit.theta());
                let row = |a: usize| dense.x.iter().flat_map(move |&x| (0..arms).map(move |b| if a == b { x } else { 0.0 }));
                let policy = Policy::linear_softmax(dim * arms, (0..arms).flat_map(row).collect(), vec![]).expect("valid");
                let correct: Vec<bool> = (0..arms).map(|a| a == dense.correct).collect();
                let line = OnLine::<f64>::new(&policy, &correct, bandit.theta(), &w).line(0.0);
                let points: Vec<_> = run.curves.of(i).collect();
                let gap = points[1].constant / size.5;
                assert!(
                    off(gap, line.alignment().max(0.0), norm(&dense.x)) < 1e-13,
                    "{size:?}: {gap}, {}",
                    line.alignment()
                );
                assert!((points[0].lambda - line.lambda()).abs() < 1e-13);
                assert!(off(points[0].success(), line.success(), line.success()) < 1e-13);
                assert!(off(points[0].failure(), line.failure(), line.failure()) < 1e-13);
            }
            bandit = Bandit::new(dim, arms, run.theta, bandit.pool().clone(), bandit.evaluation().clone()).expect("valid");
        }
    }
}

/// (10): along small steps J changes by J(1−J)Δμ η_k.
#[test]
fn gains_of_small_steps() {
    let bandit = random(SIZES[4], 5);
    for eta in [1e-3, 1e-4] {
        let run = bandit.run(&plan(eta, 1, Fallback::Uniform)).expect("valid");
        let mut positive = 0;
        for i in 0..bandit.evaluation().correct.len() {
            let points: Vec<_> = run.curves.of(i).collect();
            if points[1].effective > 0.0 {
                positive += 1;
                let expected = points[0].success() * points[0].failure() * points[1].effective;
                assert!(off(points[1].success() - points[0].success(), expected, expected) < 100.0 * eta + 1e-9 / eta);
                assert!(off(points[1].gained, points[1].effective, points[1].effective) < 100.0 * eta + 1e-9 / eta);
            }
        }
        assert!(positive > 3);
    }
}

/// Weights that were multiplied up to 127 times against weights made from θ.
#[test]
fn drift_is_within_its_bound() {
    let bandit = Bandit::paper(3);
    let long = bandit.run(&Plan::paper(3, Fallback::Uniform)).expect("valid");
    // Most steps find the band empty, the first one for certain.
    let empty = long.steps.iter().filter(|step| step.by_fallback).count();
    assert!(long.steps[0].by_fallback && empty > 1000 && empty < 2000, "{empty}");
    let mut worst = 0.0_f64;
    for steps in [1, 60, 127, 128, 129, 255, 1000, 1279, 1999, 2000] {
        let short = bandit.run(&Plan { steps, every: 5000, ..Plan::paper(3, Fallback::Uniform) }).expect("valid");
        assert_eq!(short.steps, long.steps[..steps]);
        for i in 0..500 {
            let (at, anew) = (long.curves.of(i).nth(steps), short.curves.of(i).next_back());
            let (at, anew) = (at.expect("recorded"), anew.expect("recorded"));
            assert_eq!((at.constant, at.effective, at.relative), (anew.constant, anew.effective, anew.relative));
            worst = worst.max((at.lambda - anew.lambda).abs());
        }
    }
    assert!(worst > 0.0 && worst < long.error && long.error < 1e-11, "{worst} {}", long.error);
    assert!(worst < 0.1 * long.error, "{worst} {}", long.error);
}

/// λ of every evaluation context at the θ that a run ends with, enclosed.
fn enclosed(bandit: &Bandit, theta: &[f64]) -> Vec<Interval> {
    let (dim, arms, contexts) = (bandit.dim(), bandit.arms(), bandit.evaluation());
    let lambda = |(i, &correct): (usize, &u32)| {
        let x = &contexts.x[i * dim..(i + 1) * dim];
        let product = |(j, &x): (usize, &f64), a: usize| Interval::of(x) * Interval::of(theta[j * arms + a]);
        let logit = |a: usize| x.iter().enumerate().fold(Interval::zero(), |sum, entry| sum + product(entry, a));
        let others: Vec<Interval> = (0..arms).filter(|&a| a != correct as usize).map(logit).collect();
        logit(correct as usize) - log_sum_exp(&others)
    };
    contexts.correct.iter().enumerate().map(lambda).collect()
}

/// The stated error of λ, in interval arithmetic; and of 1 − J and J.
#[test]
fn errors_by_intervals() {
    let paper = (Bandit::paper(3), Plan { steps: 400, every: 400, ..Plan::paper(3, Fallback::NearestHalf) });
    let small = SIZES.iter().zip(1..).map(|(&size, seed)| (random(size, seed), plan(size.5, 300, Fallback::Uniform)));
    let mut largest = 0.0_f64;
    for (bandit, plan) in small.chain([paper]) {
        let run = bandit.run(&plan).expect("valid");
        let mut moved = run.theta.clone();
        moved[0] += 1e-6;
        let (truth, other) = (enclosed(&bandit, &run.theta), enclosed(&bandit, &moved));
        let (mut noticed, ulps) = (0, 5.0 * U);
        for (i, lambda) in truth.iter().enumerate() {
            let point = run.curves.of(i).next_back().expect("recorded");
            let within = |range: &Interval| range.lo() - run.error <= point.lambda && point.lambda <= range.hi() + run.error;
            assert!(lambda.width() < 0.5 * run.error && within(lambda), "{} of {lambda:?}, ε = {}", point.lambda, run.error);
            largest = largest.max((point.lambda - lambda.mid()).abs() / run.error);
            noticed += usize::from(!within(&other[i]));
            let relative = run.error + 2.0 * point.lambda.abs() * U + ulps;
            for (rate, exact) in [(point.success(), -(-*lambda).softplus()), (point.failure(), -lambda.softplus())] {
                let off = (Interval::of(rate) / exact.exp() - Interval::one()).abs();
                assert!(off.lo() <= relative, "{rate}: {off:?}");
            }
        }
        // Control: a θ that is off by 10⁻⁶ in one entry.
        assert!(noticed > 0, "{noticed} of {}", truth.len());
    }
    assert!(largest > 1e-4, "the bound is met by nothing: {largest}");
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| Bandit::paper(2).run(&plan(0.1, 300, Fallback::NearestHalf)).expect("valid"))
    };
    let one = on(1);
    assert!([2, 3, 7].into_iter().all(|threads| on(threads) == one));
    let other = Bandit::paper(3).run(&plan(0.1, 300, Fallback::NearestHalf)).expect("valid");
    assert!(other != one);
}

/// d = 1, x = 1, two arms: λ = θ_0 − θ_1 or its negative.
fn two_arms(gap: f64, correct: u32, eta: f64, steps: usize) -> Run {
    let one = Contexts { x: vec![1.0], correct: vec![correct] };
    let bandit = Bandit::new(1, 2, vec![gap, 0.0], one.clone(), one).expect("valid");
    bandit.run(&plan(eta, steps, Fallback::Uniform)).expect("valid")
}

#[test]
fn rare_success_and_rare_failure() {
    let ln_10 = std::f64::consts::LN_10;
    for digits in [1.0, 20.0, 300.0, 307.0] {
        let gap = digits * ln_10;
        for correct in [0, 1] {
            let run = two_arms(gap, correct, 1e-3, 5);
            let expected = Scalar::exp(-gap) / (1.0 + Scalar::exp(-gap));
            let rare = |point: gradient_gap::bandit::Point| if correct == 0 { point.failure() } else { point.success() };
            let points: Vec<_> = run.curves.of(0).collect();
            let tolerance = run.error + (2.0 * gap + 5.0) * U;
            assert!(off(rare(points[0]), expected, expected) <= tolerance, "10^-{digits}");
            // ‖g⁺ − g⁻‖ = ‖(1, −1)‖ whatever J is, and ‖∇J‖ = J(1−J) of it.
            assert!(off(run.steps[0].gap, 2.0_f64.sqrt(), 1.0) < 4.0 * U);
            let norm = 2.0_f64.sqrt() * expected * (1.0 - expected);
            assert!(off(run.steps[0].gradient_norm, norm, norm) <= tolerance + 8.0 * U);
            assert!(off(points[5].constant, 5e-3 * 2.0_f64.sqrt(), 5e-3) < 30.0 * U);
        }
    }
}

#[test]
fn extreme_numbers_give_numbers() {
    let mut far = 0;
    for (theta, x, eta) in
        [(1e60, 1.0, 0.1), (1e60, 1e60, 1e60), (1.0, 1e60, 1e60), (1e-200, 1e-200, 1.0), (300.0, 1.0, 1e5)]
    {
        for seed in 0..4 {
            let mut bandit = random((2, 5, 6, 20, 1.0, 0.0), seed);
            let scaled =
                |contexts: &Contexts| Contexts { x: contexts.x.iter().map(|y| x * y).collect(), ..contexts.clone() };
            let parameters = bandit.theta().iter().map(|y| theta * y).collect();
            bandit = Bandit::new(2, 5, parameters, scaled(bandit.pool()), scaled(bandit.evaluation())).expect("valid");
            let run = bandit.run(&plan(eta, 200, Fallback::NearestHalf)).expect("valid");
            assert!(run.theta.iter().all(|theta| theta.is_finite()));
            for i in 0..20 {
                let points: Vec<_> = run.curves.of(i).collect();
                let finite = |p: &gradient_gap::bandit::Point| {
                    p.lambda.is_finite() && p.constant.is_finite() && p.effective.is_finite()
                };
                assert!(points.iter().all(finite), "{theta} {x} {eta}");
                assert!(points.iter().all(|p| (p.success() + p.failure() - 1.0).abs() < 1e-14));
                far += usize::from(points.iter().any(|p| p.lambda.abs() > 1e3));
            }
        }
    }
    assert!(far > 100);
}

#[test]
fn nothing_moves_without_a_step() {
    let bandit = random(SIZES[3], 1);
    let run = bandit.run(&plan(0.0, 300, Fallback::Uniform)).expect("valid");
    assert_eq!(run.theta, bandit.theta());
    for point in (0..33).flat_map(|i| run.curves.of(i)) {
        assert!(point.gained.abs() <= run.error && point.constant == 0.0 && point.effective == 0.0);
    }
    // A context of zeros has no gradient either.
    let zero = Contexts { x: vec![0.0; 2], correct: vec![1] };
    let run = Bandit::new(2, 3, vec![1.0; 6], zero, bandit_contexts()).expect("valid").run(&plan(1.0, 3, Fallback::Uniform));
    let run = run.expect("valid");
    assert!(run.theta == vec![1.0; 6] && run.steps.iter().all(|step| step.gap == 0.0 && step.effective_step == 0.0));
}

fn bandit_contexts() -> Contexts {
    Contexts { x: vec![0.5, -1.0, 1.0, 2.0], correct: vec![0, 2] }
}

#[test]
fn times_that_are_recorded() {
    for (steps, every, times) in [(0, 1, vec![0]), (4, 2, vec![0, 2, 4]), (5, 2, vec![0, 2, 4, 5]), (3, 9, vec![0, 3])] {
        let run = random(SIZES[2], 1).run(&Plan { steps, every, ..plan(0.1, 0, Fallback::Uniform) }).expect("valid");
        assert_eq!(run.curves.times(), times);
        assert_eq!((run.curves.contexts(), run.curves.of(0).len(), run.curves.of(3).len()), (3, times.len(), 0));
    }
}

/// In the band, or by the fallback that was asked for.
#[test]
fn choices() {
    let bandit = Bandit::paper(1);
    let stopped = bandit.run(&Plan::paper(1, Fallback::Stop)).expect("valid");
    assert_eq!((stopped.stop, stopped.steps.len(), stopped.curves.times()), (Stop::EmptyBand(0), 0, &[0][..]));
    assert!(stopped.curves.of(0).all(|point| point.constant == 0.0 && point.success() < 0.05));
    for fallback in [Fallback::Uniform, Fallback::NearestHalf, Fallback::Stop] {
        // A band that is empty sometimes.
        let bandit = random((4, 3, 20, 5, 0.5, 0.0), 4);
        let plan = Plan { band: [0.45, 0.55], ..plan(1.0, 400, fallback) };
        let run = bandit.run(&plan).expect("valid");
        let mut theta = bandit.theta().to_vec();
        let mut met = [0; 2];
        let mut different = std::collections::BTreeSet::new();
        for k in 0..=run.steps.len() {
            let lambda: Vec<f64> = (0..20).map(|i| Dense::new(&bandit, bandit.pool(), i, &theta).lambda).collect();
            let inside = |i: usize| (0.45..=0.55).contains(&Scalar::exp(-(-lambda[i]).softplus()));
            let none = !(0..20).any(inside);
            let Some(step) = run.steps.get(k) else {
                assert_eq!(run.stop, if none && k < 400 { Stop::EmptyBand(k) } else { Stop::Finished });
                break;
            };
            assert_eq!(step.by_fallback, none, "step {k}");
            assert!(none || inside(step.context));
            if none && fallback == Fallback::NearestHalf {
                assert!(lambda.iter().all(|other| lambda[step.context].abs() <= other.abs() + 1e-12));
            }
            met[usize::from(none)] += 1;
            different.insert(step.context);
            let gradient = Dense::new(&bandit, bandit.pool(), step.context, &theta).gradient();
            theta.iter_mut().zip(gradient).for_each(|(theta, g)| *theta += g);
        }
        assert!(met[0] > 3 && different.len() > 1, "{fallback:?}: {met:?}");
        assert_eq!(met[1] > 5, fallback != Fallback::Stop, "{fallback:?}: {met:?}");
    }
}

#[test]
fn refusals() {
    let good = bandit_contexts;
    let with = |x: Vec<f64>, correct: Vec<u32>| Contexts { x, correct };
    let new = |dim, arms, theta: Vec<f64>, pool, evaluation| match Bandit::new(dim, arms, theta, pool, evaluation) {
        Ok(_) => "accepted".to_owned(),
        Err(e) => e.to_string(),
    };
    let theta = || vec![0.0; 6];
    for (message, expected) in [
        (new(2, 3, theta(), good(), Contexts::default()), "accepted"),
        (new(0, 3, vec![], good(), good()), "contexts of dimension 0, expected at least 1"),
        (new(2, 1, vec![0.0; 2], good(), good()), "number of arms: 1, expected at least 2 and below 2^32"),
        (new(2, 3, vec![0.0; 5], good(), good()), "θ has 5 entries, expected 2 rows of 3"),
        (
            new(2, 3, vec![0., 0., 0., 0., f64::NAN, 0.], good(), good()),
            "θ, row 1, arm 1: NaN, expected a number of size at most 1e60",
        ),
        (new(2, 3, theta(), Contexts::default(), good()), "pool: no context to train on"),
        (
            new(2, 3, theta(), with(vec![1.0; 3], vec![0; 2]), good()),
            "pool: 3 coordinates for 2 correct arms, expected 2 each",
        ),
        (
            new(2, 3, theta(), good(), with(vec![1.0; 4], vec![0, 3])),
            "evaluation: context 1: the correct arm is 3, expected 0 to 2",
        ),
        (
            new(2, 3, theta(), good(), with(vec![1.0, 1.0, 1.0, f64::INFINITY], vec![0; 2])),
            "evaluation: context 1, coordinate 1: inf, expected a number of size at most 1e60",
        ),
    ] {
        assert_eq!(message, expected);
    }
    let bandit = Bandit::new(2, 3, theta(), good(), good()).expect("valid");
    let paper = Plan::paper(1, Fallback::Uniform);
    for (plan, expected) in [
        (Plan { eta: -0.1, ..paper.clone() }, "η is -0.1, expected a number from 0 to 1e60"),
        (Plan { eta: f64::NAN, ..paper.clone() }, "η is NaN, expected a number from 0 to 1e60"),
        (Plan { band: [0.8, 0.2], ..paper.clone() }, "the band is [0.8, 0.2], expected 0 ≤ low ≤ high ≤ 1"),
        (Plan { band: [0.2, f64::NAN], ..paper.clone() }, "the band is [0.2, NaN], expected 0 ≤ low ≤ high ≤ 1"),
        (Plan { every: 0, ..paper.clone() }, "recorded every 0 updates, expected at least 1"),
        (Plan { steps: usize::MAX, ..paper.clone() }, "18446744073709551615 updates, expected at most 10000000"),
    ] {
        assert_eq!(bandit.run(&plan).expect_err("refused").to_string(), expected);
    }
    let many = with(vec![0.0; 2000], vec![0; 1000]);
    let bandit = Bandit::new(2, 3, theta(), good(), many).expect("valid");
    let refused = bandit.run(&Plan { steps: 40_000, ..paper }).expect_err("refused").to_string();
    assert_eq!(refused, "1000 contexts at 40001 times to be recorded, expected at most 33554432 points");
}

/// §5.1's instance: shapes, laws, seeds.
#[test]
fn the_paper_s_instance() {
    let bandit = Bandit::paper(11);
    assert_eq!((bandit.dim(), bandit.arms(), bandit.theta().len()), (10, 100, 1000));
    assert_eq!((bandit.pool().correct.len(), bandit.evaluation().correct.len()), (100, 500));
    let square = dot(bandit.theta(), bandit.theta()) / 1000.0;
    assert!((square / 1e-4 - 1.0).abs() < 0.2, "{square}");
    let x = &bandit.evaluation().x;
    assert!(x.iter().all(|x| (0.0..1.0).contains(x)));
    assert!((x.iter().sum::<f64>() / x.len() as f64 - 0.5).abs() < 0.02);
    let optimal: std::collections::BTreeSet<u32> = bandit.pool().correct.iter().copied().collect();
    assert!((3..30).contains(&optimal.len()), "{}", optimal.len());
    assert_eq!(bandit, Bandit::paper(11));
    assert!(bandit != Bandit::paper(12) && bandit.pool().x != bandit.evaluation().x[..1000]);
}
