//! Runs that stop below J = 1.

use gradient_gap::experiments::Judgement;
use gradient_gap::experiments::stagnation::{Ending, Experiment, Scenario, Setting, Trials, problem, run};
use gradient_gap::update::Algorithm;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn experiment(steps: usize, trials: u32) -> Experiment {
    run(&Setting { steps, trials, seed: 1 }, &|| {}).expect("runs")
}

fn of(experiment: &Experiment, scenario: Scenario) -> &Trials {
    let wanted = |trials: &&Trials| trials.scenario == scenario && trials.algorithm == Algorithm::Grpo;
    experiment.trials.iter().find(wanted).expect("there")
}

/// The square of the theory: 2-cycles at α = 2.5, 3 and 3.9, a vanishing gap at 1.9, and nothing of it from a start that is not
/// symmetric.
#[test]
fn two_cycles_of_the_square() {
    let experiment = experiment(1_000, 8);
    let trials = &of(&experiment, Scenario::Square).trials;
    let near = |k: usize, expected: [f64; 2]| {
        let mut last = trials[k].last;
        last.sort_by(f64::total_cmp);
        assert!(last.iter().zip(expected).all(|(x, y)| (x - y).abs() < 6e-4), "{k}: {last:?}");
    };
    near(0, [0.5, 0.5]);
    near(1, [0.4184, 0.4184]);
    near(2, [0.3566, 0.3566]);
    near(3, [0.2242, 0.3555]);
    let endings: Vec<Ending> = trials.iter().map(|trial| trial.ending).collect();
    assert_eq!(endings[0], Ending::Flat);
    assert_eq!(endings[1..4], [Ending::Overshot; 3]);
    assert_eq!(endings[4..], [Ending::Solved; 4]);
}

/// What linear-softmax-step promises: no step lowers J below 16/D². On the square at α = 3.9 every other one does.
#[test]
fn below_the_safe_rate_no_step_is_lost() {
    let experiment = experiment(400, 24);
    let lost = |scenario| of(&experiment, scenario).trials.iter().filter(|trial| trial.lost > 0.0).count();
    assert_eq!([Scenario::Tabular, Scenario::Linear].map(lost), [0, 0]);
    assert!(lost(Scenario::Square) > 0);
    assert_eq!(experiment.judged[0].judgement, Judgement::Not);
    for trials in &experiment.trials {
        let all = [Ending::Solved, Ending::Rising, Ending::Overshot, Ending::Direction, Ending::Flat];
        assert_eq!(all.map(|ending| trials.count(ending)).iter().sum::<usize>(), 24);
    }
}

/// Every problem can be solved: far along some direction J of every prompt tends to 1. It is found by a perceptron.
#[test]
fn problems_can_be_solved() {
    for scenario in [Scenario::Tabular, Scenario::Linear, Scenario::Prompts, Scenario::Everything] {
        for k in 0..12 {
            let mut rng = ChaCha8Rng::seed_from_u64(u64::from(k));
            let problem = problem(scenario, k, &mut rng);
            let dim = problem.theta.len();
            let mut w = vec![0.0; dim];
            let mut solved = false;
            for _ in 0..200_000 {
                let dot = |phi: &[f64]| phi.iter().zip(&w).map(|(x, y)| x * y).sum::<f64>();
                let mut worst: Option<Vec<f64>> = None;
                for prompt in &problem.prompts {
                    let rows: Vec<&[f64]> = prompt.features.chunks(dim).collect();
                    // The first response is the one that is separated.
                    let wrong = rows.iter().zip(&prompt.correct).filter(|(_, c)| !**c).map(|(phi, _)| *phi);
                    let top = wrong.max_by(|a, b| dot(a).total_cmp(&dot(b))).expect("some are wrong");
                    if dot(rows[0]) <= dot(top) + 1e-3 {
                        worst = Some(rows[0].iter().zip(top).map(|(x, y)| x - y).collect());
                        break;
                    }
                }
                let Some(step) = worst else {
                    solved = true;
                    break;
                };
                w.iter_mut().zip(&step).for_each(|(w, s)| *w += s);
            }
            assert!(solved, "{scenario:?} {k}");
            let far: Vec<f64> = w.iter().map(|x| 1e7 * x).collect();
            assert!(problem.rates(&far)[0] > 1.0 - 1e-9);
        }
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let on = |threads: usize| {
        let pool = gradient_gap::check::pool(threads).expect("threads");
        pool.install(|| experiment(100, 6))
    };
    assert_eq!(on(1), on(3));
    for setting in [Setting { steps: 19, ..Setting::default() }, Setting { trials: 0, ..Setting::default() }] {
        assert!(run(&setting, &|| {}).is_err());
    }
}
