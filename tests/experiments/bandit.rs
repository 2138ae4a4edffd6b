//! Contextual bandits (§5.1).

use gradient_gap::bandit::{Bandit, Fallback, Plan, Point};
use gradient_gap::experiments::Judgement;
use gradient_gap::experiments::bandit::{Ends, Experiment, Outcome, Setting, run};

fn experiment(steps: usize, seeds: u32, fallbacks: Vec<Fallback>) -> Experiment {
    run(&Setting { steps, seeds, fallbacks, ..Setting::default() }, &|| {}).expect("runs")
}

/// Whether signed gap − gain lies between 0 and the bound, up to rounding.
fn within(start: f64, end: &Point, signed: f64, bound: f64) -> bool {
    let apart = signed - (end.lambda - start);
    (-1e-9..=bound + 1e-9).contains(&apart)
}

/// The theorem at the end of every context, and what it is not: the gap with positive parts only, a quarter of the bound, the
/// constant step.
#[test]
fn log_odds_follow_the_signed_gap_and_no_other() {
    let experiment = experiment(5_000, 3, vec![Fallback::Uniform, Fallback::NearestHalf]);
    let all: Vec<&Ends> = experiment.runs.iter().flat_map(|runs| &runs.outcomes).flat_map(|o| &o.contexts).collect();
    assert_eq!(all.len(), 2 * 3 * 500);
    let outside = |signed: &dyn Fn(&Point) -> f64, factor: f64| {
        all.iter().filter(|c| !within(c.start, &c.end, signed(&c.end), factor * c.end.remainder)).count()
    };
    assert_eq!(outside(&|end| end.signed, 1.0), 0);
    assert!(outside(&|end| end.signed, 0.25) > 100);
    assert!(outside(&|end| end.effective, 1.0) > 1_000);
    assert!(outside(&|end| end.constant, 1.0) > 2_000);
    for outcome in experiment.runs.iter().flat_map(|runs| &runs.outcomes) {
        assert_eq!(outcome.logistic.violations, 0);
        assert!(outcome.logistic.used <= 1.0 + 1e-9 && outcome.logistic.used > 0.3, "{:?}", outcome.logistic);
        assert!(outcome.logistic.signed > 0.99, "{:?}", outcome.logistic);
    }
    let printed = |o: &&Outcome| o.logistic.printed[0] < 0.95;
    let outcomes = experiment.runs.iter().flat_map(|runs| &runs.outcomes);
    assert!(outcomes.filter(printed).count() >= 3, "the printed gap does not serve in its place");
    assert!(experiment.is_sound());
    assert_eq!(experiment.judged[0].judgement, Judgement::Partly);
}

/// What an outcome says of its run, from the run itself.
#[test]
fn outcomes_are_those_of_the_runs() {
    let experiment = experiment(2_000, 2, vec![Fallback::NearestHalf]);
    for outcome in &experiment.runs[0].outcomes {
        let plan = Plan { steps: 2_000, every: 2_000, ..Plan::paper(outcome.seed, Fallback::NearestHalf) };
        let run = Bandit::paper(outcome.seed).run(&plan).expect("runs");
        let ends: Vec<Point> = (0..500).map(|i| run.curves.of(i).next_back().expect("recorded")).collect();
        assert!(outcome.contexts.iter().zip(&ends).all(|(context, end)| context.end == *end));
        let share = |inside: &dyn Fn(f64) -> bool| ends.iter().filter(|end| inside(end.success())).count() as f64 / 500.0;
        assert_eq!(outcome.regimes, [share(&|j| j > 0.9), share(&|j| j < 0.1), share(&|j| (0.1..=0.9).contains(&j))]);
        assert_eq!(outcome.updates, 2_000);
        assert_eq!(outcome.by_fallback, run.steps.iter().filter(|step| step.by_fallback).count() as f64 / 2_000.0);
    }
}

#[test]
fn where_nothing_happens_nothing_is_reproduced() {
    let stopped = experiment(2_000, 1, vec![Fallback::Stop]);
    assert_eq!(stopped.runs[0].outcomes[0].updates, 0);
    assert_eq!([1, 2].map(|i| stopped.judged[i].judgement), [Judgement::Not; 2]);
    for setting in [
        Setting { seeds: 0, ..Setting::default() },
        Setting { fallbacks: vec![], ..Setting::default() },
        Setting { times: 0, ..Setting::default() },
        Setting { eta: f64::NAN, seeds: 1, ..Setting::default() },
    ] {
        assert!(run(&setting, &|| {}).is_err());
    }
}
