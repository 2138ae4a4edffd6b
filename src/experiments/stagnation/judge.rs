//! What the trials say of what is supposed.

use super::{Ending, NEAR_ONE, OBSERVED, Scenario, Trial, Trials};
use crate::experiments::{Judged, Judgement};
use crate::update::Algorithm;

/// The judgements, in the order of [`OBSERVED`].
pub(super) fn judge(all: &[Trials]) -> [Judged; 2] {
    let of = |algorithm: Algorithm| {
        all.iter()
            .filter(move |trials| trials.algorithm == algorithm)
            .flat_map(|t| t.trials.iter().map(|trial| (t.scenario, trial)))
    };
    let near = |trial: &Trial| 1.0 - trial.end > NEAR_ONE;
    let stuck = |algorithm| of(algorithm).filter(|(_, trial)| trial.ending.is_stuck() && near(trial)).count();
    let overshot = |algorithm| {
        of(algorithm)
            .filter(|(_, trial)| trial.ending == Ending::Overshot && near(trial))
            .map(|(_, trial)| *trial)
            .collect::<Vec<_>>()
    };
    let (mine, others) = (overshot(Algorithm::Grpo), overshot(Algorithm::DrGrpo));
    let below = mine.iter().filter(|trial| trial.rate < 1.0).count();
    let count = stuck(Algorithm::Grpo);
    let first = Judged {
        slug: OBSERVED[0].slug,
        judgement: Judgement::by(2 * mine.len() > count && mine.len() > others.len(), below > 0),
        because: format!(
            "of {} runs of GRPO {} are stuck with J above {NEAR_ONE}, {} of them by overshooting, {below} at a rate below 16/D²; of Dr. \
             GRPO's {} and {}",
            of(Algorithm::Grpo).count(),
            count,
            mine.len(),
            stuck(Algorithm::DrGrpo),
            others.len()
        ),
    };
    let promised = || all.iter().filter(|trials| trials.scenario.is_promised()).flat_map(|trials| &trials.trials);
    let lowering = promised().filter(|trial| trial.lost > 0.0).count();
    let high = promised().filter(|trial| trial.ending.is_stuck() && near(trial)).count();
    let low = |wanted: &dyn Fn(Scenario, &Trial) -> bool| {
        let stuck = of(Algorithm::Grpo).filter(|(_, trial)| trial.ending.is_stuck() && !near(trial));
        stuck.filter(|(scenario, trial)| wanted(*scenario, trial)).count()
    };
    let shared = |scenario| matches!(scenario, Scenario::Prompts | Scenario::Everything);
    let ways = [
        low(&|scenario, trial| trial.ending == Ending::Flat && shared(scenario)),
        low(&|_, trial| trial.moving == 0.0 && trial.group.is_some()),
        low(&|_, trial| trial.ending == Ending::Overshot && trial.rate > 1.0),
    ];
    let clean = lowering == 0 && high == 0;
    let second = Judged {
        slug: OBSERVED[1].slug,
        judgement: Judgement::by(clean && ways.iter().all(|n| *n > 0), clean && ways.iter().any(|n| *n > 0)),
        because: format!(
            "of {} runs with a promise {lowering} lower J and {high} are stuck above {NEAR_ONE}; below it GRPO is stuck in a flat place \
             of several prompts in {} runs, with equal groups in {}, by a large rate in {}",
            promised().count(),
            ways[0],
            ways[1],
            ways[2]
        ),
    };
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::super::{Experiment, Setting};
    use super::*;

    fn trials(scenario: Scenario, algorithm: Algorithm, all: &[(Ending, f64, f64)]) -> Trials {
        let one = |&(ending, success, rate): &(Ending, f64, f64)| Trial {
            rate,
            group: (scenario == Scenario::Clipping).then_some(8),
            start: 0.5,
            middle: 1.0 - success,
            end: 1.0 - success,
            lost: 0.0,
            moving: if scenario == Scenario::Clipping { 0.0 } else { 1.0 },
            ending,
            last: [success; 2],
            slopes: [0.0; 2],
        };
        Trials { scenario, algorithm, trials: all.iter().map(one).collect() }
    }

    #[test]
    fn each_judgement_can_come_out() {
        use Ending::{Flat, Overshot, Solved};
        let verdicts = |all: &[Trials]| judge(all).map(|judged| judged.judgement);
        let none = trials(Scenario::Groups, Algorithm::DrGrpo, &[(Solved, 0.9999, 0.5)]);
        let with = |all: &[(Ending, f64, f64)]| [trials(Scenario::Groups, Algorithm::Grpo, all), none.clone()];
        assert_eq!(
            verdicts(&with(&[(Overshot, 0.95, 0.5), (Overshot, 0.97, 2.0), (Flat, 0.95, 0.5)]))[0],
            Judgement::Reproduced
        );
        assert_eq!(verdicts(&with(&[(Overshot, 0.95, 0.5), (Flat, 0.95, 0.5)]))[0], Judgement::Partly);
        assert_eq!(verdicts(&with(&[(Overshot, 0.95, 2.0), (Flat, 0.95, 0.5)]))[0], Judgement::Not);
        assert_eq!(verdicts(&with(&[(Overshot, 0.85, 0.5)]))[0], Judgement::Not, "not near 1");
        // As many by Dr. GRPO.
        let mut both = with(&[(Overshot, 0.95, 2.0)]);
        both[1] = trials(Scenario::Groups, Algorithm::DrGrpo, &[(Overshot, 0.95, 2.0)]);
        assert_eq!(verdicts(&both)[0], Judgement::Not);
        let ways = [
            trials(Scenario::Linear, Algorithm::Grpo, &[(Solved, 0.9999, 0.5)]),
            trials(Scenario::Prompts, Algorithm::Grpo, &[(Flat, 0.75, 0.5)]),
            trials(Scenario::Clipping, Algorithm::Grpo, &[(Flat, 0.1, 0.5)]),
            trials(Scenario::Square, Algorithm::Grpo, &[(Overshot, 0.4, 1.5)]),
        ];
        assert_eq!(verdicts(&ways)[1], Judgement::Reproduced);
        assert_eq!(verdicts(&ways[..3])[1], Judgement::Partly);
        let mut losing = ways.clone();
        losing[0].trials[0].lost = 0.01;
        assert_eq!(verdicts(&losing)[1], Judgement::Not);
        let experiment =
            |trials: &[Trials]| Experiment { setting: Setting::default(), judged: judge(trials), trials: trials.to_vec() };
        assert!(experiment(&ways).is_sound() && !experiment(&losing).is_sound());
    }
}
