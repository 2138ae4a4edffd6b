//! What is found in made-up runs, at which step; and that it is not found where it is not. (Falls and limits of conditions have files of their own.)

use crate::support::*;
use gradient_gap::diagnose::{Diagnosis, Kind, Loss, Options, paper_scaling, sharp_scaling};

#[test]
fn a_quiet_run_has_no_findings() {
    let diagnosis = read(&csv(&quiet()));
    assert!(diagnosis.findings.is_empty(), "{:#?}", diagnosis.findings);
    let [low, high] = diagnosis.course.success_rate;
    assert!((low - 0.315).abs() < 0.01 && (high - 0.585).abs() < 0.01);
}

#[test]
fn stagnation_at_its_step() {
    for at in [20, 60, 90] {
        let diagnosis = changed(|s| s.rate = 0.2 + 0.4 * s.step.min(at) as f64 / at as f64 + 0.01 * noise(s.step));
        let start = first(&diagnosis, Kind::Stagnation);
        assert!(start.abs_diff(at) <= 2, "{at}: {start}");
    }
    // A rise that is small beside the noise: a second line leaves 0.7 of the squares, and the stretch begins after it.
    let noisy = changed(|s| s.rate = if s.step < 60 { 0.35 } else { 0.42 } + 0.06 * noise(s.step));
    assert!(first(&noisy, Kind::Stagnation).abs_diff(60) <= 4, "{:?}", noisy.findings);
    let high = changed(|s| s.rate = 0.97 + 0.01 * noise(s.step));
    assert!(!kinds(&high).contains(&Kind::Stagnation), "at the top is no stagnation");
    let short = read(&csv(&quiet()[..20]));
    assert!(!kinds(&short).contains(&Kind::Stagnation), "twenty rows say nothing");
}

#[test]
fn a_start_that_is_not_safe() {
    let falling = changed(|s| s.rate = 0.5 / (1.0 + 0.1 * s.step as f64));
    assert_eq!(first(&falling, Kind::UnsafeStart), 1);
}

#[test]
fn a_spike_at_its_step() {
    let diagnosis = changed(|s| s.norm *= if s.step == 77 || s.step == 150 { 8.0 } else { 1.0 });
    let spike = found(&diagnosis, Kind::Spike);
    assert!(spike.first_step == Some(77) && spike.message.starts_with("2 rows"), "{spike:?}");
    let small = changed(|s| s.norm *= if s.step == 77 { 3.0 } else { 1.0 });
    assert!(!kinds(&small).contains(&Kind::Spike));
}

#[test]
fn gradients_that_are_no_numbers() {
    let text: String = csv(&quiet())
        .lines()
        .map(|line| if line.starts_with("50,") { "50,0.3,NaN,1e-6,300\n".into() } else { format!("{line}\n") })
        .collect();
    let diagnosis = read(&text);
    assert_eq!(first(&diagnosis, Kind::NonFiniteGradient), 50);
    assert!(diagnosis.skipped.len() == 1 && diagnosis.skipped[0].line == 51, "{:?}", diagnosis.skipped);
}

#[test]
fn dead_groups_and_truncation_at_their_steps() {
    let dead = with_column("dead", |k| if k >= 60 { 0.9 } else { 0.1 });
    assert!(first(&dead, Kind::DeadGroups).abs_diff(60) <= 2, "{:?}", dead.findings);
    assert!(!kinds(&with_column("dead", |_| 0.4)).contains(&Kind::DeadGroups));
    let cut = with_column("truncated", |k| 0.002 * k as f64);
    assert_eq!(first(&cut, Kind::Truncation), 50);
    assert!(!kinds(&with_column("truncated", |k| if k == 70 { 0.9 } else { 0.01 })).contains(&Kind::Truncation));
    // Without a column: batches that are all right or all wrong.
    let all = changed(|s| s.rate = if s.step >= 120 { 1.0 } else { s.rate });
    assert!(first(&all, Kind::DeadGroups).abs_diff(120) <= 2);
}

#[test]
fn drift_of_the_length_at_its_step() {
    let longer = changed(|s| s.length = 300.0 + 3.0 * s.step as f64);
    // Twice the 309 of the third row.
    assert_eq!(first(&longer, Kind::LengthDrift), 106, "{:?}", longer.findings);
    let shorter = changed(|s| s.length /= if s.step >= 80 { 2.5 } else { 1.0 });
    assert_eq!(first(&shorter, Kind::LengthDrift), 80);
    // What it means depends on the loss.
    let mut steps = quiet();
    steps.iter_mut().for_each(|s| s.length *= 1.0 + s.step as f64 / 100.0);
    let theory = |loss: &str| {
        let options = Options { loss: Loss::find(loss), ..Options::default() };
        found(&read_with(&csv(&steps), &options), Kind::LengthDrift).theory
    };
    assert!(theory("grpo").contains("This loss divides by the length") && theory("dr-grpo").contains("does not divide"));
}

/// Dr. GRPO's step over a safe step is αJT up to a constant: it grows with length and with J.
#[test]
fn growth_of_the_step_at_its_step() {
    let mut steps = quiet();
    steps.iter_mut().for_each(|s| s.length = 300.0 * if s.step >= 90 { 3.0 } else { 1.0 });
    let of = |loss: &str| read_with(&csv(&steps), &Options { loss: Loss::find(loss), ..Options::default() });
    assert!(first(&of("dr-grpo"), Kind::StepGrowth) <= 90);
    assert!(!kinds(&of("grpo")).contains(&Kind::StepGrowth), "GRPO divides by the length");
    // Near J = 1 the paper's safe step vanishes and the sharp one does not: GRPO's step grows against the first alone, which is no news.
    let mut steps = quiet();
    for s in &mut steps {
        s.rate = 1.0 - 0.35 * 0.97f64.powf(s.step as f64);
    }
    let diagnosis = read(&csv(&steps));
    assert!(!kinds(&diagnosis).contains(&Kind::StepGrowth));
    let last = rows(&diagnosis)[199];
    assert!(last.relative_step > 5.0 && last.relative_step_sharp < 1.0, "{last:?}");
}

#[test]
fn columns_with_gaps_are_named() {
    let mut steps = quiet();
    let some = |every: u64, steps: &mut [Step]| {
        steps.iter_mut().for_each(|s| s.norm = if s.step % every == 0 { 0.5 } else { f64::NAN });
        read(&csv(steps).replace("NaN", ""))
    };
    let sparse = some(3, &mut steps);
    assert!(found(&sparse, Kind::MissingColumn).message.contains("grad_norm is known in 66 of 200 rows"));
    assert!(!kinds(&some(2, &mut steps)).contains(&Kind::MissingColumn));
}

#[test]
fn missing_columns_are_named() {
    let text: String = quiet().iter().map(|s| format!("{{\"step\": {}, \"reward\": {}}}\n", s.step, s.rate)).collect();
    let diagnosis = read(&text);
    let missing: Vec<&str> = diagnosis
        .findings
        .iter()
        .filter(|finding| finding.kind == Kind::MissingColumn)
        .map(|finding| finding.message.split(':').next().unwrap())
        .collect();
    assert_eq!(missing, ["no gradient norm", "no learning rate", "no length of responses"]);
    let zero = changed(|s| s.alpha = 0.0);
    assert!(found(&zero, Kind::MissingColumn).message.contains("0 in every row"));
    assert!(rows(&zero)[5].effective_step.is_nan() && rows(&zero)[5].cumulative_gap > 0.0);
}

/// Nothing absolute without constants; with L given, the thresholds of safe-step.
#[test]
fn absolute_steps_need_a_smoothness() {
    let plain = read(&csv(&quiet()));
    assert!(plain.rows().all(|row| row.safe_step.is_nan() && row.collapse_threshold.is_nan()));
    let given = |smoothness: f64| {
        let options = Options { smoothness: Some(smoothness), max_length: Some(400.0), ..Options::default() };
        read_with(&csv(&quiet()), &options)
    };
    let row = rows(&given(2.0))[10];
    let (gap, length) = (row.length_gap, row.mean_length);
    assert!((row.safe_step / (2.0 * (1.0 - row.success_rate) * gap / (2.0 * length)) - 1.0).abs() < 1e-12, "{row:?}");
    assert!(!kinds(&given(2.0)).contains(&Kind::AboveSafeStep));
    let rough = given(1e12);
    let above = found(&rough, Kind::AboveSafeStep);
    assert!(above.first_step == Some(1) && above.theory.contains("Adam"), "{above:?}");
}

/// Units that the log cannot know do not matter: ‖∇‖ in other units, λ from another range of rewards, rows in another order.
#[test]
fn relative_steps_do_not_depend_on_units() {
    let relative = |diagnosis: &Diagnosis| -> Vec<[f64; 2]> {
        diagnosis.rows().map(|row| [row.relative_step, row.relative_step_sharp]).collect()
    };
    let base = relative(&read(&csv(&quiet())));
    let close =
        |other: &[[f64; 2]]| base.iter().zip(other).all(|(a, b)| a.iter().zip(b).all(|(a, b)| (a / b - 1.0).abs() < 1e-9));
    assert!(close(&relative(&changed(|s| s.norm *= 1e9))) && close(&relative(&changed(|s| s.alpha *= 1e-3))));
    assert!(close(&relative(&changed(|s| s.length *= 7.0))));
    let mut shuffled = quiet();
    shuffled.reverse();
    assert!(close(&relative(&read(&csv(&shuffled)))));
    let mut scaled = quiet();
    scaled.iter_mut().for_each(|s| s.rate = 2.0 * s.rate - 1.0);
    assert!(close(&relative(&read(&csv(&scaled)))), "rewards −1 and 1");
    // But for clipping: the same norms clipped at a small one make η/Δμ smaller where the norm is larger.
    let clipped = read_with(&csv(&quiet()), &Options { clip: Some(0.45), ..Options::default() });
    assert!(!close(&relative(&clipped)));
    assert!(!close(&relative(&changed(|s| s.rate *= s.rate))), "J does matter");
}

/// The two scalings by their formulas, and where they part.
#[test]
fn scalings() {
    assert!((paper_scaling(0.75, 8.0) - 0.25 / 8.0).abs() < 1e-16 && (sharp_scaling(0.5, 8.0) - 1.0 / 8.0).abs() < 1e-16);
    let rare = 1.0 - 1e-9;
    let near = 2.0 * rare / (1.0 + 2.0 * 3f64.ln() + 2.0 * 1e9f64.ln());
    assert!((sharp_scaling(rare, 1.0) / near - 1.0).abs() < 1e-7);
    let over = |rate: f64| sharp_scaling(rate, 1.0) / paper_scaling(rate, 1.0);
    assert!(over(0.3) == 2.0 && over(0.85) == 2.0 && over(0.9) > 2.2 && over(0.999) > 80.0);
}

/// Figure 2's axes for a run by hand.
#[test]
fn the_cumulative_gap_by_hand() {
    let diagnosis = read_with(&csv(&steps()), &Options { smooth: Some(1), ..Options::default() });
    let (mut plain, mut full) = (0.0, 0.0);
    for (row, s) in diagnosis.rows().zip(steps()) {
        let gap = s.norm / (s.rate * (1.0 - s.rate)).sqrt();
        plain += s.alpha * gap;
        full += s.alpha * gap * s.length;
        assert!((row.cumulative_gap / plain - 1.0).abs() < 1e-12 && (row.cumulative_length_gap / full - 1.0).abs() < 1e-12);
        assert!((row.log_odds - (s.rate / (1.0 - s.rate)).ln()).abs() < 1e-12);
    }
}

/// A stretch that rises or falls by more than half a unit of λ is not flat, wherever two lines would part.
#[test]
fn a_late_change_is_no_stagnation() {
    let recovery =
        changed(|s| s.rate = if s.step < 120 { 0.6 } else { 0.05 + 0.006 * (s.step - 120) as f64 } + 0.005 * noise(s.step));
    assert!(!kinds(&recovery).contains(&Kind::Stagnation), "{:?}", recovery.findings);
    // Flat in steps, but the learning rate was spent before: nothing is said.
    let spent = changed(|s| {
        s.rate = 0.2 + 0.004 * s.step.min(90) as f64 + 0.002 * noise(s.step);
        s.alpha = if s.step <= 90 { 1e-6 } else { 1e-9 };
    });
    assert!(!kinds(&spent).contains(&Kind::Stagnation), "{:?}", spent.findings);
}

#[test]
fn a_gradient_that_grows() {
    let diagnosis = changed(|s| s.norm *= 1.03f64.powf(s.step.saturating_sub(50) as f64));
    let growth = found(&diagnosis, Kind::GradientGrowth);
    // Ten times at 1.03^78.
    assert!(growth.first_step.unwrap().abs_diff(128) <= 8, "{growth:?}");
    assert!(!kinds(&changed(|s| s.norm *= 1.01f64.powf(s.step as f64))).contains(&Kind::GradientGrowth));
}

/// Rows that are cut short are made up for: the cumulative gap is that of the whole run.
#[test]
fn the_cumulative_gap_bridges_rows_without_a_value() {
    let full = csv(&quiet());
    let holed: String =
        full.lines()
            .map(|line| {
                if line.starts_with("50,") || line.starts_with("51,") {
                    "50,,0.5,1e-6,\n".into()
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
    let less: String = full
        .lines()
        .filter(|line| !line.starts_with("50,") && !line.starts_with("51,"))
        .map(|line| format!("{line}\n"))
        .collect();
    let end = |text: &str| rows(&read(text)).last().unwrap().cumulative_gap;
    assert_eq!(end(&holed), end(&less));
    assert!((end(&holed) / end(&full) - 1.0).abs() < 0.01);
}

#[test]
fn a_gradient_that_is_missing_takes_no_step() {
    let text: String = csv(&quiet())
        .lines()
        .map(|line| if line.starts_with("50,") { "50,0.3,,1e-6,300\n".into() } else { format!("{line}\n") })
        .collect();
    for clip in [1.0, f64::INFINITY] {
        let row = rows(&read_with(&text, &Options { clip: Some(clip), ..Options::default() }))[49];
        assert!(row.effective_step.is_nan() && row.relative_step.is_nan() && row.gap.is_nan(), "{row:?}");
    }
}

/// The estimates use the smoothed J.
#[test]
fn estimates_are_of_the_smoothed_rate() {
    let diagnosis = read_with(&csv(&quiet()), &Options { smooth: Some(3), ..Options::default() });
    let rows = rows(&diagnosis);
    let mean = (rows[7].success_rate + rows[8].success_rate + rows[9].success_rate) / 3.0;
    assert!((rows[9].smooth_success_rate - mean).abs() < 1e-15 && rows[9].success_rate != mean);
    assert!((rows[9].gap / (rows[9].grad_norm / (mean * (1.0 - mean)).sqrt()) - 1.0).abs() < 1e-12);
}

/// What is not dead is mixed; a spread of 0 is dead, a small one is not.
#[test]
fn dead_groups_under_other_names() {
    let tinker = |mixed: f64| -> Diagnosis {
        let line = |s: &Step| {
            format!(
                "{{\"step\": {}, \"env/all/correct\": {}, \"optim/lr\": 1e-6, \"env/all/by_group/frac_mixed\": {mixed}}}\n",
                s.step, s.rate
            )
        };
        read(&quiet().iter().map(line).collect::<String>())
    };
    assert!(kinds(&tinker(0.2)).contains(&Kind::DeadGroups) && !kinds(&tinker(0.8)).contains(&Kind::DeadGroups));
    let spread = |spread: f64| -> Diagnosis {
        let line = |s: &Step| {
            format!("{{\"step\": {}, \"reward\": {}, \"learning_rate\": 1e-6, \"reward_std\": {spread}}}\n", s.step, s.rate)
        };
        read(&quiet().iter().map(line).collect::<String>())
    };
    assert!(found(&spread(0.0), Kind::DeadGroups).message.contains("all rewards are equal"));
    assert!(!kinds(&spread(0.1)).contains(&Kind::DeadGroups));
}

/// Where a loss is of other rewards as well, the estimate is not of the gap.
#[test]
fn other_rewards_are_named() {
    let log = |other: f64| -> Diagnosis {
        let line = |s: &Step| {
            format!(
                "{{\"step\": {}, \"rewards/correct/mean\": {}, \"reward\": {}, \"grad_norm\": 1}}\n",
                s.step,
                s.rate,
                s.rate + other
            )
        };
        read(&quiet().iter().map(line).collect::<String>())
    };
    assert!(found(&log(0.1), Kind::OtherRewards).message.contains("reward"));
    assert!(!kinds(&log(0.0)).contains(&Kind::OtherRewards), "the sum of one");
}

/// The safe step near J = 1 by rare-failure-step, with the longest response that the log knows.
#[test]
fn absolute_steps_near_one() {
    let line = |s: &Step| {
        format!(
            "{{\"step\": {}, \"critic/score/mean\": 0.999, \"actor/grad_norm\": 0.001, \"actor/lr\": 1e-6, \"response_length/mean\": 100, \
             \"response_length/max\": 250}}\n",
            s.step
        )
    };
    let log: String = quiet().iter().map(line).collect();
    let row = rows(&read_with(&log, &Options { smoothness: Some(0.5), ..Options::default() }))[5];
    let gap = 0.001 / (0.999f64 * 0.001).sqrt() * 100.0;
    // b = 2LT∞, a + bh = b(log 3 + h) + LT∞; (2/√b) arctan(JΔμ√b/(a + bh)).
    let (b, h) = (2.0 * 0.5 * 250.0, 1e3f64.ln());
    let near = 2.0 / f64::sqrt(b) * (0.999 * gap * f64::sqrt(b) / (b * (3f64.ln() + h) + 125.0)).atan();
    assert!((row.safe_step / near - 1.0).abs() < 1e-9, "{} {near}", row.safe_step);
    assert!(
        row.safe_step > 2.0 * 0.001 * gap / (0.5 * 100.0)
            && (row.collapse_threshold / (2.0 * gap / 125.0) - 1.0).abs() < 1e-9
    );
    for (loss, text) in [("dr-grpo", &log), ("grpo", &csv(&quiet()))] {
        let options = Options { smoothness: Some(1.0), loss: Loss::find(loss), ..Options::default() };
        let refusal = refusal(text, &options);
        assert!(refusal.contains("--smoothness"), "{refusal}");
    }
}
