//! Real logs, an extra check: the folder that `GRADIENT_GAP_LOGS` names holds them under the names below.

use crate::support::{found, kinds};
use gradient_gap::diagnose::{Diagnosis, Kind, Options};
use std::path::Path;

fn read(name: &str) -> Option<Diagnosis> {
    let folder = std::env::var_os("GRADIENT_GAP_LOGS")?;
    let path = Path::new(&folder).join(name);
    let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(Diagnosis::read(name, file, &Options::default()).unwrap_or_else(|e| panic!("{e}")))
}

fn near(step: Option<u64>, expected: u64) -> bool {
    step.is_some_and(|step| step.abs_diff(expected) <= 2)
}

/// J from .09 to .6 over 250 steps; the reward that counts is 0 or 2.
#[test]
fn a_run_that_learns() {
    let Some(found) = read("trl_unsloth_trainer_state_250steps.json") else { return };
    assert_eq!((found.framework.value.name, found.len(), found.lacking, found.skipped.len()), ("trl", 250, 0, 0));
    assert_eq!(found.success_key.value, "rewards/correctness_reward_func");
    assert_eq!(found.reward_range.value, [0.0, 2.0]);
    let [first, last] = found.course.success_rate;
    assert!((first - 0.09).abs() < 0.02 && (last - 0.6).abs() < 0.05, "{first} {last}");
    assert!(!kinds(&found).iter().any(|kind| matches!(kind, Kind::Collapse | Kind::Stagnation | Kind::LengthDrift)));
}

/// J from .26 to about .31, four times as long, the gradient's norm from .63 to .11; rows with validation are cut short.
#[test]
fn a_run_that_stagnates() {
    let Some(run) = read("verl_openagentrl_238steps_stagnation.log") else { return };
    assert_eq!((run.framework.value.name, run.len(), run.len() - run.lacking), ("verl", 238, 215));
    assert_eq!((run.success_key.value.as_str(), run.reward_range.value), ("critic/score/mean", [-1.0, 1.0]));
    assert!(near(found(&run, Kind::Stagnation).first_step, 1), "{:?}", run.findings);
    let drift = found(&run, Kind::LengthDrift);
    assert!(near(drift.first_step, 37) && drift.message.contains("4.07 times"), "{drift:?}");
    assert!(!kinds(&run).contains(&Kind::Collapse));
    let rows: Vec<_> = run.rows().collect();
    assert!((rows[0].success_rate - 0.256).abs() < 1e-3 && (rows[0].grad_norm - 0.631).abs() < 1e-3);
    assert!(rows.iter().map(|row| row.grad_norm).fold(f64::INFINITY, f64::min) < 0.112);
}

/// J from .16 to 0 in 11 steps, the length from 1759 to 1.
#[test]
fn a_run_that_collapses() {
    let Some(run) = read("verl_opd_261steps_collapse.log") else { return };
    assert_eq!((run.len(), run.len() - run.lacking), (261, 235));
    let collapse = found(&run, Kind::Collapse);
    assert!(near(collapse.first_step, 3) && near(collapse.last_step, 11), "{collapse:?}");
    assert!(collapse.message.contains("0.162 (step 1)") && collapse.message.contains("1759"), "{collapse:?}");
    assert!(kinds(&run).contains(&Kind::UnsafeStart) && !kinds(&run).contains(&Kind::Stagnation));
    assert!(near(found(&run, Kind::LengthDrift).first_step, 7) && near(found(&run, Kind::Spike).first_step, 10));
}

/// J between .3 and .5 over 427 steps.
#[test]
fn a_run_that_is_flat() {
    let Some(run) = read("roll_rdan_grpo_metrics.jsonl") else { return };
    assert_eq!((run.framework.value.name, run.len(), run.lacking), ("roll", 427, 0));
    assert_eq!(run.success_key.value, "reward/hard_pass_rate");
    assert!(near(found(&run, Kind::Stagnation).first_step, 1));
    assert!(!kinds(&run).iter().any(|kind| matches!(kind, Kind::Collapse | Kind::LengthDrift)));
    let [first, last] = run.course.success_rate;
    assert!((0.3..0.5).contains(&first) && (0.3..0.5).contains(&last));
}
