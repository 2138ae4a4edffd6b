//! `safe-step` as a table, as JSON (schema `gradient-gap/safe-step/1`) and as a picture.

use super::curves::{Band, Chart, Curve};
use super::json::number;
use super::{finish, new_table, short};
use crate::regularity::Reading;
use crate::safe_step::{Compared, Inputs, Step, THRESHOLDS, Threshold};
use serde_json::{Value, json};
use std::fmt::Write;

/// All thresholds at one J or more, by increasing J.
#[derive(Clone, Copy, Debug)]
pub struct SafeSteps<'a> {
    /// What was given: Δμ, the constants and the lengths.
    pub inputs: &'a Inputs,
    /// What every threshold says of the inputs, an entry for each J, by increasing J.
    pub compared: &'a [Compared],
}

const FOOT: &str = "\
L and G, and T_ψ1, must bound the whole step, every policy on [θ, θ + ηw] (or all policies); for rare-failure the whole
line θ + Rw, for collapse-threshold all steps of the run. Values at θ alone guarantee nothing. J may rise at larger steps.
Above collapse-threshold: Theorem 2's construction (4's if T∞ > 1, as J → 0) collapses, with G = 2√L, in the limit
Δμ/(T∞√L) → 0. Nothing is claimed of other policies, nor that J rises at every step below it.
";

fn cell(step: &Step) -> String {
    match step {
        Step::UpTo(eta) => short(*eta),
        Step::Between(low, high) => format!("[{}, {}]", short(*low), short(*high)),
        Step::Empty(why) => format!("empty: {why}"),
        Step::Needs(flag) => format!("needs {flag}"),
    }
}

impl SafeSteps<'_> {
    /// The numbers that do not depend on J.
    fn given(&self) -> String {
        let inputs = self.inputs;
        let score = inputs.score_bound.map_or("G not given".into(), |bound| format!("G = {}", short(bound)));
        let [gap, l, length, psi1] = [inputs.alignment, inputs.smoothness, inputs.max_length, inputs.psi1()].map(short);
        let mean = match inputs.correct_length {
            Some(mean) => format!("E⁺[ℓ] = {}", short(mean)),
            None => "E⁺[ℓ] = min{T∞, T_ψ1 log(1 + 1/J)}".into(),
        };
        format!("Δμ = {gap}; per token L = {l}, {score}; T∞ = {length}, T_ψ1 = {psi1}, {mean}\n")
    }

    /// What is to be said of the numbers themselves.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.inputs.alignment <= 0.0 {
            notes.push("Δμ ≤ 0: nothing is guaranteed at any step size; all steps are 0.".into());
        }
        let contradiction = |one: &Compared| self.inputs.contradiction(&one.rate).map(|fails| (one.rate, fails));
        if let Some((rate, fails)) = self.compared.iter().find_map(contradiction) {
            let at = format!("J = {}, 1 − J = {}", short(rate.success), short(rate.failure));
            notes.push(format!("No policy has these numbers at {at}: it would have {fails}."));
        }
        if let Some(threshold) = self.compared.iter().find_map(Compared::void_below) {
            let below = short(threshold);
            notes.push(format!(
                "collapse-window: below {below} no policy with this L collapses, but others with this L + G² do."
            ));
        }
        notes
    }
}

fn largest(one: &Compared) -> String {
    one.largest().map_or("none".into(), |(threshold, eta)| format!("{} ({})", short(eta), threshold.name))
}

/// Text: at a single J a row for each threshold, otherwise a row for each J; then what is guaranteed. Step sizes are in
/// parameter units.
pub fn safe_step_table(steps: &SafeSteps<'_>) -> String {
    let mut text = String::new();
    if let [one] = steps.compared {
        let _ = writeln!(text, "J = {}, 1 − J = {}", short(one.rate.success), short(one.rate.failure));
    }
    text += &steps.given();
    text.push('\n');
    if let [one] = steps.compared {
        let mut table = new_table(&["threshold", "from", "step size η", "guarantee"]);
        for (threshold, step) in THRESHOLDS.iter().zip(&one.steps) {
            let row = [threshold.name, threshold.place, &cell(step), threshold.guarantee];
            table.add_row(row.map(String::from).to_vec());
        }
        text += &finish(&table);
    } else {
        let names = THRESHOLDS.iter().map(|threshold| match threshold.name.rsplit_once('-') {
            Some((long, short)) if threshold.name.len() > 12 => format!("{long}-\n{short}"),
            _ => threshold.name.into(),
        });
        let header = ["J".into(), "1 − J".into()].into_iter().chain(names).chain(["J rises below".into()]);
        let header: Vec<String> = header.collect();
        let mut table = new_table(&header.iter().map(String::as_str).collect::<Vec<_>>());
        for one in steps.compared {
            let rate = [one.rate.success, one.rate.failure].map(short);
            let row = rate.into_iter().chain(one.steps.iter().map(cell)).chain([largest(one)]);
            table.add_row(row.collect::<Vec<_>>());
        }
        text += &finish(&table);
        text.push('\n');
        let mut guarantees = new_table(&["threshold", "from", "guarantee"]);
        for threshold in &THRESHOLDS {
            guarantees.add_row(vec![threshold.name, threshold.place, threshold.guarantee]);
        }
        text += &finish(&guarantees);
    }
    text.push('\n');
    if let [one] = steps.compared {
        let below = |found: Option<(&Threshold, f64)>| match found {
            Some((threshold, eta)) if eta.is_finite() => format!("below {}, by {}", short(eta), threshold.name),
            Some((threshold, _)) => format!("of any size, by {}", threshold.name),
            None => "of no size".into(),
        };
        let _ = match one.largest() {
            Some((threshold, _)) if threshold.reading == Reading::Line => {
                let (line, step) = (below(one.largest()), below(one.largest_on_the_step()));
                writeln!(text, "J rises at every step {line}; with L and G along the step alone, {step}.")
            }
            Some(_) => writeln!(text, "J rises at every step {}.", below(one.largest())),
            None => writeln!(text, "No threshold guarantees that J rises."),
        };
    }
    for note in steps.notes() {
        let _ = writeln!(text, "{note}");
    }
    text + FOOT
}

fn step_json(name: &str, step: &Step) -> Value {
    let mut value = json!({"name": name, "step": null, "window": null, "needs": null, "reason": null});
    match step {
        Step::UpTo(eta) => value["step"] = number(*eta),
        Step::Between(low, high) => value["window"] = json!([number(*low), number(*high)]),
        Step::Empty(why) => value["reason"] = why.as_str().into(),
        Step::Needs(flag) => value["needs"] = (*flag).into(),
    }
    value
}

fn largest_json(found: Option<(&Threshold, f64)>) -> Value {
    found.map_or(Value::Null, |(threshold, eta)| json!({"name": threshold.name, "step": number(eta)}))
}

/// JSON of schema `gradient-gap/safe-step/1` with the keys `schema`, `version`, `alignment`, `smoothness`, `score_bound`,
/// `max_length`, `psi1_length`, `thresholds`, `rates` and `notes`.
///
/// A threshold has what it says and guarantees; an entry of `rates` has J, 1 − J, E⁺\[ℓ\], the `steps` of all thresholds,
/// the `largest` step below which J rises and a `contradiction` if there is one. Every float round-trips; infinities are as
/// [`number`] writes them.
pub fn safe_step_json(steps: &SafeSteps<'_>) -> String {
    let inputs = steps.inputs;
    let thresholds = THRESHOLDS.iter().map(|threshold| {
        json!({"name": threshold.name, "place": threshold.place, "claim": threshold.claim, "formula": threshold.formula,
               "guarantee": threshold.guarantee, "raises": threshold.raises, "reading": threshold.reading})
    });
    let rates = steps.compared.iter().map(|one| {
        let rows = THRESHOLDS.iter().zip(&one.steps).map(|(threshold, step)| step_json(threshold.name, step));
        json!({
            "success_rate": one.rate.success,
            "failure_rate": one.rate.failure,
            "correct_length": inputs.correct_length_at(&one.rate),
            "steps": rows.collect::<Vec<_>>(),
            "largest": largest_json(one.largest()),
            "largest_on_the_step": largest_json(one.largest_on_the_step()),
            "contradiction": inputs.contradiction(&one.rate),
        })
    });
    let document = json!({
        "schema": "gradient-gap/safe-step/1",
        "version": env!("CARGO_PKG_VERSION"),
        "alignment": inputs.alignment,
        "smoothness": inputs.smoothness,
        "score_bound": inputs.score_bound,
        "max_length": inputs.max_length,
        "psi1_length": inputs.psi1(),
        "thresholds": thresholds.collect::<Vec<_>>(),
        "rates": rates.collect::<Vec<_>>(),
        "notes": steps.notes(),
    });
    format!("{document:#}\n")
}

/// Colour, dashes and width of the curve of each threshold but the last, told apart in black on white too.
const STYLES: [(&str, &str, f64); 7] = [
    ("#777", "2 3", 1.8),
    ("#777", "8 4", 1.8),
    ("#1f5fa8", "", 2.2),
    ("#1f5fa8", "9 3", 2.2),
    ("#a8431f", "10 3 2 3", 2.2),
    ("#2a7a3c", "4 2", 2.2),
    ("#000", "", 1.2),
];

/// Every threshold against J: the log-odds of J across, log₁₀ of the step size upwards.
pub fn safe_step_svg(steps: &SafeSteps<'_>) -> String {
    let mut curves: Vec<Curve<'_>> = Vec::new();
    let mut missing: Vec<(String, Vec<&str>)> = Vec::new(); // why, and which
    let mut band = None;
    for (i, threshold) in THRESHOLDS.iter().enumerate() {
        let column: Vec<&Step> = steps.compared.iter().map(|one| &one.steps[i]).collect();
        let values: Vec<f64> = column
            .iter()
            .map(|step| match step {
                Step::UpTo(eta) => pxfm::f_log10(*eta),
                _ => f64::NAN,
            })
            .collect();
        match column.first() {
            Some(Step::Between(low, high)) => {
                band = Some(Band { label: threshold.name.into(), low: pxfm::f_log10(*low), high: pxfm::f_log10(*high) });
            }
            _ if !values.iter().any(|value| value.is_finite()) => {
                let why = column.first().map_or(String::new(), |step| cell(step));
                match missing.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, names)) => names.push(threshold.name),
                    None => missing.push((why, vec![threshold.name])),
                }
            }
            _ => match curves.iter_mut().find(|curve| curve.values == values) {
                Some(known) => known.label = format!("{} = {}", known.label, threshold.name),
                None => curves.push(Curve { label: threshold.name.into(), values, style: STYLES[i.min(STYLES.len() - 1)] }),
            },
        }
    }
    let given = steps.given();
    let missing: Vec<String> = missing.into_iter().map(|(why, names)| format!("{}: {why}", names.join(", "))).collect();
    Chart {
        title: "Step sizes η and what is guaranteed of them",
        subtitle: given.trim_end(),
        across: &steps.compared.iter().map(|one| one.rate.log_odds()).collect::<Vec<_>>(),
        curves: &curves,
        band,
        missing: &missing,
    }
    .svg()
}
