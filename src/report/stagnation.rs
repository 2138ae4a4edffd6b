//! The experiment `stagnation` as a table, as JSON (schema `gradient-gap/stagnation/1`), as rows, and as a picture.

use super::json::number;
use super::judged::{judged_json, judged_text};
use super::plot::{Figure, Mark, Panel, Series};
use super::style::Style;
use super::{finish, new_table, short};
use crate::experiments::stagnation::{Ending, Experiment, NEAR_ONE, OBSERVED, Scenario, Trial, Trials};
use crate::update::Algorithm;
use serde_json::{Value, json};
use std::fmt::Write;

const ENDINGS: [(Ending, &str); 5] = [
    (Ending::Solved, "solved"),
    (Ending::Rising, "rising"),
    (Ending::Overshot, "overshot"),
    (Ending::Direction, "direction"),
    (Ending::Flat, "flat"),
];

fn ending(ending: Ending) -> &'static str {
    ENDINGS.iter().find(|(known, _)| *known == ending).map_or("", |(_, name)| name)
}

/// How the trials of every scenario ended, where the stuck ones are, and the judgements.
pub fn stagnation_table(experiment: &Experiment, style: Style) -> String {
    let setting = &experiment.setting;
    let mut text = format!(
        "{} trials of {} steps for each scenario and algorithm, from seed {}. Stuck: J rises no more.\n\
         overshot: a tenth of the rate mends it; direction: only exact gradients of J do; flat: neither does.\n\n",
        setting.trials, setting.steps, setting.seed
    );
    let header = [
        "scenario",
        "algorithm",
        "solved",
        "rising",
        "overshot",
        "direction",
        "flat",
        "stuck at J",
        "J > 0.9",
        "‖∇J‖",
        "gap",
        "lose steps",
    ];
    let mut table = new_table(&header);
    for trials in &experiment.trials {
        let at = trials
            .stuck_at()
            .map_or(String::new(), |[low, middle, high]| format!("{}, {} to {}", short(middle), short(low), short(high)));
        let near = trials.trials.iter().filter(|t| t.ending.is_stuck() && 1.0 - t.end > NEAR_ONE).count();
        let counts = ENDINGS.map(|(ending, _)| trials.count(ending).to_string());
        let row = [trials.scenario.name().to_string(), trials.algorithm.name().into()].into_iter().chain(counts);
        let slopes = trials.slopes().map_or(["", ""].map(String::from), |all| all.map(|x| format!("{x:.1e}")));
        let [slope, gap] = slopes;
        table.add_row(row.chain([at, near.to_string(), slope, gap, trials.losing().to_string()]).collect::<Vec<_>>());
    }
    text += &finish(&table);
    let square = experiment.trials.iter().filter(|t| t.scenario == Scenario::Square && t.algorithm == Algorithm::Grpo);
    for trials in square {
        text += "\nThe square, GRPO: J after the last two steps, from θ = (x, x) and from (x, x + 10⁻⁹)\n";
        let pairs = trials.trials.iter().take(4).zip(trials.trials.iter().skip(4));
        for (even, odd) in pairs {
            let [[a, b], [c, d]] = [even, odd].map(|trial| trial.last.map(short));
            let _ = writeln!(text, "    α = {}: {a} and {b}; {c} and {d}", short(2.0 * even.rate));
        }
    }
    text + &judged_text(&OBSERVED, &experiment.judged, style)
}

fn trial_json(trial: &Trial) -> Value {
    json!({"rate": number(trial.rate), "group": trial.group, "start": number(trial.start), "middle": number(trial.middle),
           "end": number(trial.end), "lost": number(trial.lost), "moving": number(trial.moving), "ending": ending(trial.ending),
           "last": trial.last.map(number), "gradient": number(trial.slopes[0]), "gap": number(trial.slopes[1])})
}

/// JSON of schema `gradient-gap/stagnation/1` with the keys `schema`, `version`, `steps`, `trials`, `seed`, `judged` and
/// `scenarios`.
///
/// An entry of `scenarios` has `scenario`, `algorithm` and `trials`, of which each holds a [`Trial`]. Every float
/// round-trips; [`number`] says how the others are written.
pub fn stagnation_json(experiment: &Experiment) -> String {
    let setting = &experiment.setting;
    let one = |trials: &Trials| {
        json!({"scenario": trials.scenario.name(), "algorithm": trials.algorithm.name(),
               "trials": trials.trials.iter().map(trial_json).collect::<Vec<_>>()})
    };
    let document = json!({
        "schema": "gradient-gap/stagnation/1",
        "version": env!("CARGO_PKG_VERSION"),
        "steps": setting.steps,
        "trials": setting.trials,
        "seed": setting.seed,
        "judged": judged_json(&OBSERVED, &experiment.judged),
        "scenarios": experiment.trials.iter().map(one).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// CSV: a row for every trial, by scenario, algorithm and trial, under a header.
///
/// | column | what | unit, range |
/// |---|---|---|
/// | `scenario` | [`Scenario::name`] | |
/// | `algorithm` | [`Algorithm::name`] | |
/// | `trial` | its number, from 0 | |
/// | `rate` | αD²/16, D the diameter of the features | > 0 |
/// | `group` | G, responses of a sampled group; empty for exact gradients | |
/// | `success_start` | the mean of J over the prompts at the start | \[0, 1\] |
/// | `failure_middle`, `failure_end` | the mean of F = 1 − J over the tenth before the middle, over the last | \[0, 1\] |
/// | `lost` | the share of the steps that lower the mean of J | \[0, 1\] |
/// | `moving` | the share of the steps of the second half that move θ | \[0, 1\] |
/// | `gradient` | ‖∇J‖ at the end, J the mean over the prompts | per parameter unit |
/// | `gap` | the mean of ‖g⁺ − g⁻‖ over the prompts at the end | nats per parameter unit |
/// | `ending` | `solved`, `rising`, `overshot`, `direction` or `flat`: an [`Ending`] | |
pub fn stagnation_csv(experiment: &Experiment) -> String {
    let mut text = String::from(
        "scenario,algorithm,trial,rate,group,success_start,failure_middle,failure_end,lost,moving,gradient,gap,ending\n",
    );
    for trials in &experiment.trials {
        for (i, trial) in trials.trials.iter().enumerate() {
            let (scenario, algorithm) = (trials.scenario.name(), trials.algorithm.name());
            let Trial { rate, start, middle, end, lost, moving, slopes: [gradient, gap], .. } = trial;
            let group = trial.group.map_or(String::new(), |group| group.to_string());
            let _ = writeln!(
                text,
                "{scenario},{algorithm},{i},{rate},{group},{start},{middle},{end},{lost},{moving},{gradient},{gap},{}",
                ending(trial.ending)
            );
        }
    }
    text
}

const COLOURS: [&str; 5] = ["#9ecae1", "#4292c6", "#d62728", "#ff9f1c", "#6a3d9a"];

/// SVG: J at the end of every trial, a panel for each algorithm, a column for each scenario, coloured by the [`Ending`].
pub fn stagnation_svg(experiment: &Experiment) -> String {
    let count = experiment.setting.trials as usize;
    let names: Vec<&str> = experiment.trials.iter().step_by(2).map(|trials| trials.scenario.name()).collect();
    let across: Vec<f64> = (0..names.len())
        .flat_map(|i| (0..count).map(move |k| i as f64 + 0.6 + 0.8 * (k as f64 + 0.5) / count as f64))
        .collect();
    let values = |algorithm: Algorithm, wanted: Ending| -> Vec<f64> {
        let trials =
            experiment.trials.iter().filter(|trials| trials.algorithm == algorithm).flat_map(|trials| &trials.trials);
        trials.map(|trial| if trial.ending == wanted { 1.0 - trial.end } else { f64::NAN }).collect()
    };
    let all = [Algorithm::Grpo, Algorithm::DrGrpo].map(|algorithm| ENDINGS.map(|(ending, _)| values(algorithm, ending)));
    let series = all.each_ref().map(|values| {
        let each = values.iter().zip(ENDINGS).zip(COLOURS);
        let one = |((values, (_, label)), colour)| Series { label, values, colour, points: true, dashes: "" };
        each.map(|((values, ending), colour)| one(((values.as_slice(), ending), colour))).collect::<Vec<_>>()
    });
    let marks: Vec<Mark<'_>> = names
        .iter()
        .enumerate()
        .map(|(i, label)| Mark { at: i as f64 + 0.6 + 0.4 / count as f64, label, colour: "#888888" })
        .collect();
    Figure {
        title: "Where runs end at a fixed rate, and what stops those that are stuck",
        subtitle: &[format!("{count} random problems for each scenario and algorithm, {} steps", experiment.setting.steps)],
        across: &across,
        axis: "scenario",
        panels: &[
            Panel { label: "J at the end, GRPO", series: &series[0], powers: false },
            Panel { label: "J at the end, Dr. GRPO", series: &series[1], powers: false },
        ],
        marks: &marks,
        scatter: None,
        roomy: false,
    }
    .svg()
}
