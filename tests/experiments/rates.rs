//! How fast 1 − J falls at a fixed rate.

use gradient_gap::experiments::Judgement;
use gradient_gap::experiments::rates::{Experiment, Gradient, Rates, Setting, run};
use gradient_gap::experiments::statistics::median;
use gradient_gap::update::Algorithm;

fn experiment(setting: Setting) -> Experiment {
    run(&setting, &|| {}).expect("runs")
}

fn of(experiment: &Experiment, algorithm: Algorithm, gradient: Gradient) -> &Rates {
    experiment.rates.iter().find(|rates| rates.algorithm == algorithm && rates.gradient == gradient).expect("there")
}

fn middle(values: &[f64]) -> f64 {
    median(values).expect("not empty")[1]
}

/// Exact gradients: the slopes, and what k(1 − J) and k√(1 − J) tend to. GRPO's is not Dr. GRPO's, and neither is exponential.
#[test]
fn exact_gradients() {
    let experiment = experiment(Setting { steps: 20_000, exact_seeds: 6, groups: vec![], ..Setting::default() });
    let [dr, grpo] = [Algorithm::DrGrpo, Algorithm::Grpo].map(|algorithm| of(&experiment, algorithm, Gradient::Exact));
    assert!((middle(&dr.slopes) + 1.0).abs() < 0.02 && (middle(&grpo.slopes) + 2.0).abs() < 0.02);
    assert!(grpo.slopes.iter().all(|slope| *slope < -1.9) && dr.slopes.iter().all(|slope| *slope > -1.3));
    for rates in [dr, grpo] {
        assert!((middle(&rates.constants) - 1.0).abs() < 0.02, "{:?}", rates.constants);
        assert!(rates.powers.iter().all(|p| *p < 0.25));
    }
    let judged = experiment.judged.map(|judged| judged.judgement);
    assert_eq!(judged, [Judgement::Not, Judgement::Reproduced, Judgement::Not], "and no group, no rate of groups");
}

/// The constants of sampled groups tell √(G − 1) from 1 and from (1 − 1/G): mean over seeds, G = 16.
#[test]
fn sampled_groups() {
    let setting = Setting { steps: 20_000, seeds: 96, exact_seeds: 1, groups: vec![16], ..Setting::default() };
    let experiment = experiment(setting.clone());
    let [dr, grpo] = [Algorithm::DrGrpo, Algorithm::Grpo].map(|algorithm| of(&experiment, algorithm, Gradient::Group(16)));
    for rates in [dr, grpo] {
        let [low, _, high] = median(&rates.slopes).expect("slopes");
        assert!(low < -0.85 && high > -1.2 && high - low < 0.4, "{low} {high}");
        assert!((0.8..1.2).contains(&middle(&rates.constants)), "{}", middle(&rates.constants));
    }
    // Without √(G − 1), or with (1 − 1/G) in its place, the constant of GRPO would be ¼ of what it is.
    assert!(middle(&grpo.constants) / 15_f64.sqrt() < 0.5);
    // The same bits again, and in parts: seed 3 alone is the third of 1, 2, 3.
    let alone = run(&Setting { seed: 3, seeds: 1, ..setting }, &|| {}).expect("runs");
    let again = of(&alone, Algorithm::Grpo, Gradient::Group(16));
    assert_eq!(again.log_failure[0], grpo.log_failure[2]);
}

#[test]
fn settings_out_of_place() {
    let plain = Setting::default();
    for setting in [
        Setting { steps: 99, ..plain.clone() },
        Setting { seeds: 0, ..plain.clone() },
        Setting { exact_seeds: 0, ..plain.clone() },
        Setting { groups: vec![4, 1], ..plain.clone() },
        Setting { responses: 3, ..plain.clone() },
        Setting { responses: 0, ..plain.clone() },
        Setting { rate: 0.0, ..plain.clone() },
        Setting { rate: f64::NAN, ..plain.clone() },
        Setting { rate: 101.0, ..plain },
    ] {
        assert!(run(&setting, &|| {}).is_err(), "{setting:?}");
    }
}
