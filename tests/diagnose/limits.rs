//! Conditions of findings at their limits: a little more than each is found, a little less is not.

use crate::support::*;
use gradient_gap::diagnose::{Kind, Loss, Options};

/// A short piece of a run that rises all the time does not stagnate, and a steadily rising one does not either.
#[test]
fn young_runs_do_not_stagnate() {
    for rows in [30, 40, 60] {
        let mut steps = quiet();
        steps.iter_mut().for_each(|s| s.rate = 0.1 + 0.8 * s.step as f64 / 300.0 + 0.01 * noise(s.step));
        assert!(!kinds(&read(&csv(&steps[..rows]))).contains(&Kind::Stagnation), "{rows}");
    }
}

/// Conditions at their limits: a little more than each is found, a little less is not.
#[test]
fn conditions_at_their_limits() {
    let dr_grpo = |factor: f64| {
        let mut steps = quiet();
        steps.iter_mut().for_each(|s| (s.rate, s.length) = (0.4, if s.step >= 90 { factor * 300.0 } else { 300.0 }));
        read_with(&csv(&steps), &Options { loss: Loss::find("dr-grpo"), ..Options::default() })
    };
    assert_eq!(first(&dr_grpo(2.1), Kind::StepGrowth), 90);
    assert_eq!(first(&dr_grpo(2.1), Kind::LengthDrift), 90);
    assert!(!kinds(&dr_grpo(1.9)).iter().any(|kind| matches!(kind, Kind::StepGrowth | Kind::LengthDrift)));
    assert!(kinds(&with_column("dead", |_| 0.55)).contains(&Kind::DeadGroups));
    assert!(!kinds(&with_column("dead", |_| 0.45)).contains(&Kind::DeadGroups));
    assert!(kinds(&with_column("truncated", |_| 0.11)).contains(&Kind::Truncation));
    assert!(!kinds(&with_column("truncated", |_| 0.09)).contains(&Kind::Truncation));
    let spike = |factor: f64| changed(|s| s.norm = if s.step == 77 { factor } else { 1.0 });
    assert!(kinds(&spike(5.1)).contains(&Kind::Spike) && !kinds(&spike(4.9)).contains(&Kind::Spike));
    let flat = |rows: usize| {
        let mut steps = quiet();
        steps.iter_mut().for_each(|s| s.rate = 0.4 + 0.01 * noise(s.step));
        read(&csv(&steps[..rows]))
    };
    assert!(kinds(&flat(30)).contains(&Kind::Stagnation) && !kinds(&flat(29)).contains(&Kind::Stagnation));
    // Noise without a fall is no unsafe start.
    for shift in 0..20 {
        let noisy = changed(|s| s.rate = 0.4 + 0.05 * noise(s.step + 17 * shift));
        assert!(!kinds(&noisy).contains(&Kind::UnsafeStart), "{shift}");
    }
}

/// As many rows as make up 64 responses, but no more than a quarter of the run.
#[test]
fn how_much_is_smoothed() {
    let smooth = |steps: &[Step]| read(&csv(steps)).smooth.value;
    assert_eq!(smooth(&sampled(|_| 0.4, 4, 1)), 16);
    assert_eq!(smooth(&sampled(|_| 0.4, 10, 1)), 7);
    assert_eq!(smooth(&sampled(|_| 0.4, 4, 1)[..20]), 5);
    assert_eq!(smooth(&quiet()), 1);
}

/// η a fifth above the safe step is reported, a fifth below is not.
#[test]
fn just_above_the_safe_step() {
    let with = |smoothness: f64| {
        let options = Options { smoothness: Some(smoothness), max_length: Some(400.0), ..Options::default() };
        read_with(&csv(&quiet()), &options)
    };
    // Where the far bound is the larger one, safe steps are as 1/L.
    let most =
        |smoothness: f64| rows(&with(smoothness)).iter().map(|row| row.effective_step / row.safe_step).fold(0.0, f64::max);
    let limit = 1e6 / most(1e6);
    assert!((most(limit) - 1.0).abs() < 0.01, "{}", most(limit));
    assert!(kinds(&with(1.2 * limit)).contains(&Kind::AboveSafeStep));
    assert!(!kinds(&with(0.8 * limit)).contains(&Kind::AboveSafeStep));
}

/// A run of `rows` steps, all alike but for J and the gradient's norm.
fn run(rows: u64, rate: impl Fn(u64) -> f64, norm: impl Fn(u64) -> f64) -> Vec<Step> {
    (1..=rows).map(|k| Step { step: k, rate: rate(k), norm: norm(k), alpha: 1e-6, length: 300.0 }).collect()
}

fn stagnates(rows: u64, rate: impl Fn(u64) -> f64) -> bool {
    kinds(&read(&csv(&run(rows, rate, |_| 0.5)))).contains(&Kind::Stagnation)
}

/// J of λ.
fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[test]
fn how_flat_a_stretch_is() {
    // J on a straight line whose ends are so far apart in λ.
    let line = |apart: f64, rows: u64| {
        let [low, high] = [-0.5 * apart, 0.5 * apart].map(logistic);
        stagnates(rows, |k| low + (high - low) * (k - 1) as f64 / (rows - 1) as f64)
    };
    assert!(line(0.47, 200) && !line(1.05, 200), "twice ½: no half of it is flat");
    assert!(line(0.13, 30) && !line(0.17, 30), "thirty rows: ½ in a hundred");
    assert!(stagnates(200, |k| 0.85 + 0.01 * noise(k)) && !stagnates(200, |k| 0.92 + 0.01 * noise(k)));
    // A quarter of the run that lies off the line by so much in λ.
    let quarter = |off: f64| stagnates(100, |k| logistic(if (51..=75).contains(&k) { off } else { 0.0 }));
    assert!(quarter(0.25));
    assert!(!quarter(0.9));
}

#[test]
fn how_far_j_falls_at_the_start() {
    // Ten rows at 0.5 ± 0.05, then ten at so many standard errors below.
    let start = |errors: f64| {
        let error = 0.05 * (2.0 / 9.0f64).sqrt();
        let rate = |k: u64| match k {
            1..=10 => 0.5,
            11..=20 => 0.5 - errors * error,
            _ => 0.55,
        };
        kinds(&read(&csv(&run(60, |k| rate(k) + if k % 2 == 0 { 0.05 } else { -0.05 }, |_| 0.5))))
            .contains(&Kind::UnsafeStart)
    };
    assert!(start(2.7) && !start(2.3));
}

#[test]
fn how_large_gradients_are() {
    let of = |norm: &dyn Fn(u64) -> f64| kinds(&read(&csv(&run(120, |k| 0.3 + 0.002 * k as f64, norm))));
    // Growth is over the first twenty rows, ten times, in three rows.
    assert!(of(&|k| if k > 60 { 10.2 } else { 1.0 }).contains(&Kind::GradientGrowth));
    assert!(!of(&|k| if k > 60 { 9.8 } else { 1.0 }).contains(&Kind::GradientGrowth));
    assert!(!of(&|k| if k <= 8 { 0.5 } else { 5.5 }).contains(&Kind::GradientGrowth), "most of the first twenty are large");
    assert!(!of(&|k| if k == 60 || k == 61 { 20.0 } else { 1.0 }).contains(&Kind::GradientGrowth), "two rows");
    // Spikes need five rows before.
    assert!(of(&|k| if k == 6 { 9.0 } else { 1.0 }).contains(&Kind::Spike));
    assert!(!of(&|k| if k == 5 { 9.0 } else { 1.0 }).contains(&Kind::Spike));
}

#[test]
fn how_far_lengths_drift() {
    let drifts = |factor: f64| {
        let mut steps = run(100, |k| 0.3 + 0.002 * k as f64, |_| 0.5);
        steps.iter_mut().for_each(|s| s.length *= if s.step > 50 { factor } else { 1.0 });
        kinds(&read(&csv(&steps))).contains(&Kind::LengthDrift)
    };
    assert!(drifts(2.05) && !drifts(1.95) && drifts(1.0 / 2.05) && !drifts(1.0 / 1.95));
}

#[test]
fn when_the_learning_rate_is_warmed_up() {
    // A cosine after thirty rows of warm-up: the early rows begin where it is nine tenths of its height.
    let mut steps = run(300, |k| 0.3 + 0.001 * k as f64, |_| 0.5);
    for s in &mut steps {
        let k = s.step as f64;
        s.alpha = 1e-6 * if k <= 30.0 { k / 30.0 } else { 0.5 + 0.5 * ((k - 30.0) / 270.0 * std::f64::consts::PI).cos() };
    }
    let early = read(&csv(&steps)).early_steps.unwrap();
    assert!((26..=28).contains(&early[0]) && early[1] == early[0] + 9, "{early:?}");
}

#[test]
fn how_unlike_other_rewards_are() {
    let others = |every: u64| {
        let row = |k: u64| {
            let rate = 0.3 + 0.002 * k as f64;
            let other = if k.is_multiple_of(every) { rate + 0.1 } else { rate };
            format!("{{\"step\": {k}, \"rewards/correct/mean\": {rate}, \"reward\": {other}, \"grad_norm\": 0.5}}\n")
        };
        kinds(&read(&(1..=200).map(row).collect::<String>())).contains(&Kind::OtherRewards)
    };
    assert!(others(40) && !others(120), "one row in a hundred");
}
