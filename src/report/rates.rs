//! The experiment `rates` as a table, as JSON (schema `gradient-gap/rates/1`), as rows, and as a picture.

use super::json::number;
use super::judged::{judged_json, judged_text};
use super::plot::{Figure, Panel, Series};
use super::style::Style;
use super::{finish, new_table, short};
use crate::experiments::rates::{Experiment, Gradient, OBSERVED, Rates};
use crate::experiments::statistics::median;
use crate::number::Scalar;
use crate::update::Algorithm;
use serde_json::{Value, json};
use std::fmt::Write;

fn gradient(gradient: Gradient) -> String {
    match gradient {
        Gradient::Exact => "exact".into(),
        Gradient::Group(group) => format!("G = {group}"),
    }
}

/// The median at each time.
fn middle(rates: &Rates) -> Vec<f64> {
    let times = rates.log_failure.first().map_or(0, Vec::len);
    let at = |i: usize| rates.log_failure.iter().filter_map(|run| run.get(i).copied()).collect::<Vec<_>>();
    (0..times).map(|i| median(&at(i)).map_or(f64::NAN, |[_, middle, _]| middle)).collect()
}

/// Text: a line for each algorithm and kind of gradient with the median slope, its interval and the predicted slope; then
/// the judgements.
pub fn rates_table(experiment: &Experiment, style: Style) -> String {
    let setting = &experiment.setting;
    let mut text = format!(
        "1 − J at a fixed rate α = {}: tabular softmax, {} responses, half of them correct; {} updates, from seed {} on.\n\
         Slopes of log(1 − J) in log k over the last decade of updates; medians with distribution-free 95 % intervals.\n\n",
        short(setting.rate),
        setting.responses,
        setting.steps,
        setting.seed
    );
    let mut table = new_table(&[
        "algorithm",
        "gradient",
        "runs",
        "slope",
        "interval",
        "predicted",
        "1 − J, end",
        "k^s (1−J) / predicted",
    ]);
    for rates in &experiment.rates {
        let [low, slope, high] = median(&rates.slopes).unwrap_or([f64::NAN; 3]);
        let [_, constant, _] = median(&rates.constants).unwrap_or([f64::NAN; 3]);
        let end = middle(rates).last().map_or(f64::NAN, |x| Scalar::exp(*x));
        table.add_row([
            rates.algorithm.name().to_string(),
            gradient(rates.gradient),
            rates.slopes.len().to_string(),
            format!("{slope:.4}"),
            format!("{low:.4} to {high:.4}"),
            short(rates.predicted),
            short(end),
            format!("{constant:.3}"),
        ]);
    }
    text += &finish(&table);
    text + &judged_text(&OBSERVED, &experiment.judged, style)
}

/// JSON of schema `gradient-gap/rates/1` with the keys `schema`, `version`, `rate`, `steps`, `seed`, `responses`, `judged`
/// and `rates`.
///
/// An entry of `rates` has `algorithm`, `group` (null for exact gradients), the median `slope` with its `interval`,
/// `predicted`, and every seed's `slopes`, `powers` and `constants`, those of [`Rates`]. Every float round-trips; [`number`]
/// says how the others are written.
pub fn rates_json(experiment: &Experiment) -> String {
    let setting = &experiment.setting;
    let numbers = |x: &[f64]| x.iter().map(|&x| number(x)).collect::<Vec<_>>();
    let one = |rates: &Rates| {
        let group = match rates.gradient {
            Gradient::Exact => Value::Null,
            Gradient::Group(group) => group.into(),
        };
        let [low, slope, high] = median(&rates.slopes).unwrap_or([f64::NAN; 3]).map(number);
        json!({"algorithm": rates.algorithm.name(), "group": group, "slope": slope, "interval": [low, high],
               "predicted": number(rates.predicted), "slopes": numbers(&rates.slopes), "powers": numbers(&rates.powers),
               "constants": numbers(&rates.constants)})
    };
    let document = json!({
        "schema": "gradient-gap/rates/1",
        "version": env!("CARGO_PKG_VERSION"),
        "rate": number(setting.rate),
        "steps": setting.steps,
        "seed": setting.seed,
        "responses": setting.responses,
        "judged": judged_json(&OBSERVED, &experiment.judged),
        "rates": experiment.rates.iter().map(one).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// CSV: a row for every recorded time of every run, by algorithm, kind of gradient, seed and time, under a header.
///
/// | column | what | unit, range |
/// |---|---|---|
/// | `algorithm` | [`Algorithm::name`] | |
/// | `group` | G, responses of a sampled group; empty for exact gradients | ≥ 2 |
/// | `seed` | the seed of the run | |
/// | `step` | k, the updates made before | ≥ 1 |
/// | `log_failure` | log(1 − J) at θ_k | ≤ 0, nats |
pub fn rates_csv(experiment: &Experiment) -> String {
    let mut text = String::from("algorithm,group,seed,step,log_failure\n");
    for rates in &experiment.rates {
        let group = match rates.gradient {
            Gradient::Exact => String::new(),
            Gradient::Group(group) => group.to_string(),
        };
        for (i, run) in rates.log_failure.iter().enumerate() {
            let seed = experiment.setting.seed.wrapping_add(i as u64);
            for (step, log_failure) in experiment.times.iter().zip(run) {
                let _ = writeln!(text, "{},{group},{seed},{step},{log_failure}", rates.algorithm.name());
            }
        }
    }
    text
}

/// Exact gradients first; groups from light to dark.
const COLOURS: [&str; 6] = ["#000000", "#f0a030", "#d8602c", "#a8305c", "#5c2d84", "#26205c"];

/// SVG: 1 − J against k, both logarithmic, medians of the seeds, a panel for each algorithm and a curve for each kind of
/// gradient.
pub fn rates_svg(experiment: &Experiment) -> String {
    let to_tenth = 1.0 / Scalar::ln(10.0_f64);
    let across: Vec<f64> = experiment.times.iter().map(|&k| to_tenth * Scalar::ln(k as f64)).collect();
    let curves = |algorithm: Algorithm| {
        let rates = experiment.rates.iter().filter(move |rates| rates.algorithm == algorithm);
        let labels = rates.clone().map(|rates| format!("{}, slope {:.2}", gradient(rates.gradient), slope(rates)));
        let values = rates.map(|rates| middle(rates).into_iter().map(|x| to_tenth * x).collect::<Vec<_>>());
        labels.zip(values).collect::<Vec<_>>()
    };
    let all = [Algorithm::DrGrpo, Algorithm::Grpo].map(curves);
    let series = all.each_ref().map(|curves| {
        let colours = COLOURS.iter().chain(std::iter::repeat(&COLOURS[5]));
        let one = |((label, values), &colour): ((_, _), &_)| Series { label, values, colour, points: false, dashes: "" };
        curves.iter().map(|(label, values)| (label.as_str(), values.as_slice())).zip(colours).map(one).collect::<Vec<_>>()
    });
    let setting = &experiment.setting;
    Figure {
        title: "How fast 1 − J falls at a fixed rate",
        subtitle: &[
            format!("tabular softmax, {} responses, α = {}; medians of seeds", setting.responses, short(setting.rate)),
            "exact gradients in black, sampled groups in colour; slopes over the last decade".into(),
        ],
        across: &across,
        axis: "log₁₀ of the number of updates k",
        panels: &[
            Panel { label: "1 − J, Dr. GRPO", series: &series[0], powers: true },
            Panel { label: "1 − J, GRPO", series: &series[1], powers: true },
        ],
        marks: &[],
        scatter: None,
        roomy: false,
    }
    .svg()
}

fn slope(rates: &Rates) -> f64 {
    median(&rates.slopes).map_or(f64::NAN, |[_, slope, _]| slope)
}
