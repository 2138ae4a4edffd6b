//! Collapses, declines and dips, at their steps; and none in healthy runs.

use crate::support::*;
use gradient_gap::diagnose::{Diagnosis, Kind};

#[test]
fn a_collapse_at_its_step() {
    for at in [40, 100, 180] {
        let diagnosis = changed(|s| {
            if s.step >= at {
                s.rate *= 0.6f64.powf((s.step + 1 - at) as f64);
            }
        });
        let collapse = found(&diagnosis, Kind::Collapse);
        assert!(collapse.first_step.unwrap().abs_diff(at) <= 1, "{at}: {collapse:?}");
        assert!(!kinds(&diagnosis).contains(&Kind::Stagnation), "{at}: what a fall leaves");
        assert!(collapse.message.contains("fell from") && collapse.theory.contains("Theorems 2 and 4"));
    }
    // To two thirds of J: no collapse, a decline.
    let lower = changed(|s| s.rate = if s.step >= 120 { 0.35 } else { 0.65 } + 0.01 * noise(s.step));
    assert_eq!(first(&lower, Kind::Decline), 120);
    assert!(!kinds(&lower).contains(&Kind::Collapse));
}

/// What J comes back from is no collapse: a dip, once or again and again.
#[test]
fn dips_at_their_steps() {
    let falls = |diagnosis: &Diagnosis| kinds(diagnosis).iter().any(|kind| matches!(kind, Kind::Collapse | Kind::Decline));
    let dip = changed(|s| s.rate *= if (100..110).contains(&s.step) { 0.01 } else { 1.0 });
    assert!(!falls(&dip));
    assert_eq!(found(&dip, Kind::Dip).first_step.zip(found(&dip, Kind::Dip).last_step), Some((100, 110)));
    assert!(!found(&dip, Kind::Dip).message.contains("such dips"));
    // Two rows are too few to tell, several times four rows are not.
    let short = changed(|s| s.rate *= if (100..102).contains(&s.step) { 0.01 } else { 1.0 });
    assert!(!kinds(&short).contains(&Kind::Dip));
    let swings = changed(|s| s.rate = if s.step % 20 < 4 && s.step >= 120 { 0.2 } else { 0.7 } + 0.01 * noise(s.step));
    assert_eq!(first(&swings, Kind::Dip), 120);
    let message = &found(&swings, Kind::Dip).message;
    assert!(message.contains("5 such dips, the last from step 200") && !falls(&swings), "{message}");
    // A dip before a fall is told apart from it.
    let both = changed(|s| s.rate *= if (50..60).contains(&s.step) || s.step >= 150 { 0.05 } else { 1.0 });
    assert_eq!((first(&both, Kind::Dip), first(&both, Kind::Collapse)), (50, 150));
    // Small batches dip by chance, but seldom so far.
    let mut false_alarms = 0;
    for seed in 1..=100 {
        for (rate, responses) in [(0.3, 4), (0.1, 8), (0.5, 4), (0.8, 16)] {
            false_alarms += u32::from(kinds(&read(&csv(&sampled(|_| rate, responses, seed)))).contains(&Kind::Dip));
        }
    }
    assert!(false_alarms <= 4, "{false_alarms} of 400");
}

/// Steps that go back: what came before is of a branch that was given up, or of another run.
#[test]
fn resumed_runs_are_one_run() {
    let mut steps = quiet();
    let collapsed = |s: &mut Step| s.rate *= if s.step >= 150 { 0.02 } else { 1.0 };
    steps.iter_mut().for_each(collapsed);
    let mut again = quiet();
    again.drain(..100);
    again.truncate(60);
    steps.extend(&again);
    let resumed = read(&csv(&steps));
    assert_eq!((resumed.len(), resumed.skipped.len()), (160, 100));
    assert_eq!(resumed.skipped[0].reason.to_string(), "line 202 goes back to step 101");
    assert!(!kinds(&resumed).iter().any(|kind| matches!(kind, Kind::Collapse | Kind::Decline | Kind::Dip)));
}

/// Small batches: no fall where there is none, and one that there is at its step, once.
#[test]
fn small_batches() {
    let falls = |diagnosis: &Diagnosis| kinds(diagnosis).iter().any(|kind| matches!(kind, Kind::Collapse | Kind::Decline));
    let mut false_alarms = 0;
    for seed in 1..=40 {
        for (rate, responses) in [(0.3, 4), (0.1, 8), (0.5, 4)] {
            false_alarms += u32::from(falls(&read(&csv(&sampled(|_| rate, responses, seed)))));
        }
    }
    assert!(false_alarms <= 2, "{false_alarms} of 120");
    for seed in 1..=20 {
        for responses in [4, 8, 16] {
            let diagnosis = read(&csv(&sampled(|k| if k < 120 { 0.6 } else { 0.0 }, responses, seed)));
            // Of four responses all are wrong by chance in one row of 39.
            let near = if responses == 4 { 4 } else { 2 };
            assert!(first(&diagnosis, Kind::Collapse).abs_diff(120) <= near, "{responses} {seed}: {:?}", diagnosis.findings);
            assert!(!kinds(&diagnosis).contains(&Kind::Stagnation), "{responses} {seed}");
        }
    }
    // One lucky row is no height to fall from.
    let mut lucky = sampled(|_| 0.25, 4, 1);
    lucky[0].rate = 1.0;
    assert!(!falls(&read(&csv(&lucky))));
}

/// Responses to one prompt are no independent ones: healthy runs do not fall, and a real fall is found.
#[test]
fn batches_of_groups() {
    let falls = |diagnosis: &Diagnosis| {
        kinds(diagnosis).iter().any(|kind| matches!(kind, Kind::Collapse | Kind::Decline | Kind::Dip))
    };
    let mut false_alarms = 0;
    for seed in 1..=50 {
        for groups in [1, 4, 8] {
            let flat = read(&csv(&grouped(|_| 0.4, groups, seed)));
            let rises = read(&csv(&grouped(|k| 0.1 + 0.005 * k.min(100) as f64, groups, seed)));
            false_alarms += u32::from(falls(&flat)) + u32::from(falls(&rises));
        }
    }
    assert!(false_alarms <= 9, "{false_alarms} of 300");
    for seed in 1..=20 {
        for groups in [4, 16] {
            let diagnosis = read(&csv(&grouped(|k| if k < 120 { 0.6 } else { 0.02 }, groups, seed)));
            assert!(first(&diagnosis, Kind::Collapse).abs_diff(120) <= 3, "{groups} {seed}: {:?}", diagnosis.findings);
        }
    }
}

/// A fall from a low J, which single rows do not show.
#[test]
fn a_collapse_at_low_success() {
    for seed in 1..=20 {
        for (rate, responses) in [(0.06, 64), (0.05, 128), (0.1, 64)] {
            let diagnosis = read(&csv(&sampled(|k| if k < 90 { rate } else { 0.0 }, responses, seed)));
            assert!(kinds(&diagnosis).contains(&Kind::Collapse), "{rate} {responses} {seed}: {:?}", diagnosis.findings);
            assert!(
                first(&diagnosis, Kind::Collapse).abs_diff(90) <= 4,
                "{rate} {responses} {seed}: {:?}",
                diagnosis.findings
            );
            assert!(!kinds(&diagnosis).contains(&Kind::Stagnation), "{rate} {responses} {seed}");
        }
    }
}

/// A fall is dated to where it begins, however long it takes.
#[test]
fn gradual_falls() {
    for rows in [5, 10, 20, 40, 80] {
        for seed in 1..=5 {
            let rate = |k: u64| 0.8 - 0.78 * ((k.max(100) - 100) as f64 / rows as f64).min(1.0);
            let diagnosis = read(&csv(&sampled(rate, 256, seed)));
            let near = 2 + rows / 10;
            assert!(first(&diagnosis, Kind::Collapse).abs_diff(101) <= near, "{rows} {seed}: {:?}", diagnosis.findings);
        }
    }
}

/// A run that ends low, for no longer than it was low before: not a collapse, but said.
#[test]
fn low_again_at_the_end() {
    let diagnosis = changed(|s| s.rate *= if (50..90).contains(&s.step) || s.step > 165 { 0.03 } else { 1.0 });
    let dip = found(&diagnosis, Kind::Dip);
    assert!(dip.first_step == Some(50) && dip.last_step == Some(200), "{dip:?}");
    assert!(dip.message.contains("2 such dips, the last from step 166; the log ends with J at"), "{dip:?}");
    assert!(!kinds(&diagnosis).contains(&Kind::Collapse));
}
