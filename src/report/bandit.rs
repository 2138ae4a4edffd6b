//! The experiment `bandit` as a table, as JSON (schema `gradient-gap/bandit/1`), as rows, and as a picture.

use super::json::number;
use super::judged::{judged_json, judged_text};
use super::plot::{Bundle, Bundles, Strand};
use super::style::Style;
use super::{finish, new_table, short};
use crate::bandit::{Point, Stop};
use crate::experiments::bandit::{Experiment, OBSERVED, Outcome, Runs, name};
use crate::experiments::fit::sigma;
use crate::experiments::statistics::median;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How an entry of the table is made of a run.
type Of = fn(&Outcome) -> f64;

/// What the table has of a run, with how it is written.
const ROWS: [(&str, Of, bool); 16] = [
    ("updates", |o| o.updates as f64, false),
    ("updates with an empty band", |o| o.by_fallback, true),
    ("arms correct in the pool", |o| o.arms as f64, false),
    ("contexts with J > 0.9", |o| o.regimes[0], true),
    ("contexts with J < 0.1", |o| o.regimes[1], true),
    ("contexts between", |o| o.regimes[2], true),
    ("contexts whose arm the pool lacks", |o| o.strange[0], true),
    ("of J < 0.1: the pool has their arm", |o| o.strange[1], true),
    ("printed gap, J < 0.1 over J > 0.9", |o| o.gaps, false),
    ("largest |λ(k) − λ(0)|", |o| o.logistic.gained, false),
    ("signed gap − gain, largest", |o| o.logistic.deviation, false),
    ("its share of the bound, largest", |o| o.logistic.used, false),
    ("J within 0.05, signed gap of (14)", |o| o.logistic.signed, true),
    ("printed gap: a logistic curve explains", |o| o.logistic.printed[0], false),
    ("printed gap: a straight line explains", |o| o.logistic.printed[1], false),
    ("ρ of |relative gap| and J", |o| o.correlation[0].unwrap_or(f64::NAN), false),
];

fn shown(x: f64, percent: bool) -> String {
    if percent && x.is_finite() { format!("{:.1} %", 100.0 * x) } else { short(x) }
}

/// Text: for every fallback the least, the median and the largest of each quantity of an [`Outcome`] over the seeds; then
/// the judgements.
pub fn bandit_table(experiment: &Experiment, style: Style) -> String {
    let setting = &experiment.setting;
    let mut text = format!(
        "REINFORCE on contextual bandits (§5.1): d = 10, 100 arms, a pool of 100 contexts, 500 for evaluation; η = {}, {} updates,\n\
         seeds {} to {}. Where no context of the pool has J in [0.2, 0.8], a fallback says what is trained on.\n",
        short(setting.eta),
        setting.steps,
        setting.seed,
        setting.seed.wrapping_add(u64::from(setting.seeds) - 1)
    );
    for runs in &experiment.runs {
        let _ = writeln!(text, "\nfallback {}", name(runs.fallback));
        let mut table = new_table(&["", "least", "median", "largest"]);
        for (row, of, percent) in ROWS {
            let values: Vec<f64> = runs.outcomes.iter().map(of).filter(|x| !x.is_nan()).collect();
            let [least, most] = [f64::min, f64::max].map(|f| values.iter().copied().reduce(f).unwrap_or(f64::NAN));
            let middle = median(&values).map_or(f64::NAN, |[_, middle, _]| middle);
            let cells = [least, middle, most].map(|x| shown(x, percent));
            table.add_row([row.to_string()].into_iter().chain(cells).collect::<Vec<_>>());
        }
        text += &finish(&table);
    }
    text + &judged_text(&OBSERVED, &experiment.judged, style)
}

fn outcome_json(outcome: &Outcome) -> Value {
    let logistic = &outcome.logistic;
    let option = |x: Option<f64>| x.map_or(Value::Null, number);
    json!({
        "seed": outcome.seed,
        "updates": outcome.updates,
        "by_fallback": number(outcome.by_fallback),
        "stopped": match outcome.stop { Stop::Finished => Value::Null, Stop::EmptyBand(k) => k.into() },
        "arms": outcome.arms,
        "above": number(outcome.regimes[0]),
        "below": number(outcome.regimes[1]),
        "between": number(outcome.regimes[2]),
        "gained": number(logistic.gained),
        "deviation": number(logistic.deviation),
        "bound_used": number(logistic.used),
        "violations": logistic.violations,
        "near_signed": number(logistic.signed),
        "explained_printed": {"logistic": number(logistic.printed[0]), "line": number(logistic.printed[1])},
        "arm_not_in_pool": number(outcome.strange[0]),
        "below_with_arm_in_pool": number(outcome.strange[1]),
        "gap_below_over_above": number(outcome.gaps),
        "correlation_size": option(outcome.correlation[0]),
        "correlation_signed": option(outcome.correlation[1]),
    })
}

/// JSON of schema `gradient-gap/bandit/1` with the keys `schema`, `version`, `eta`, `steps`, `seed`, `judged` and `runs`.
///
/// A run has `fallback`, `judged` and `seeds`, an entry for every [`Outcome`] without its single contexts. Every float
/// round-trips; [`number`] says how the others are written.
pub fn bandit_json(experiment: &Experiment) -> String {
    let setting = &experiment.setting;
    let runs = experiment.runs.iter().map(|runs| {
        let outcomes: Vec<Value> = runs.outcomes.iter().map(outcome_json).collect();
        json!({"fallback": name(runs.fallback), "judged": judged_json(&OBSERVED, &runs.judged), "seeds": outcomes})
    });
    let document = json!({
        "schema": "gradient-gap/bandit/1",
        "version": env!("CARGO_PKG_VERSION"),
        "eta": number(setting.eta),
        "steps": setting.steps,
        "seed": setting.seed,
        "judged": judged_json(&OBSERVED, &experiment.judged),
        "runs": runs.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// CSV: a row for every evaluation context at the end of every run, by fallback, seed and context, under a header.
///
/// | column | what | unit, range |
/// |---|---|---|
/// | `fallback` | [`name`] of the fallback | |
/// | `seed` | the seed of the run | |
/// | `context` | the place of the context x in the evaluation list, from 0 | |
/// | `lambda_start`, `lambda` | λ_x at the start and at the end | nats |
/// | `success`, `failure` | J and 1 − J at the end | \[0, 1\] |
/// | `printed_gap` | Σ \[Δμ\]₊ η, with the constant η ([`Point::constant`]) | ≥ 0, nats |
/// | `effective_gap` | Σ \[Δμ\]₊ η_k, the cumulative gap alignment (14) | ≥ 0, nats |
/// | `signed_gap` | Σ Δμ η_k | nats |
/// | `bound` | Σ D²/8, what `signed_gap` exceeds the gain of λ by at most ([`Point::remainder`]) | ≥ 0, nats |
/// | `relative_gap` | `printed_gap` less that of the training contexts ([`Point::relative`]) | nats |
pub fn bandit_csv(experiment: &Experiment) -> String {
    let mut text = String::from(
        "fallback,seed,context,lambda_start,lambda,success,failure,printed_gap,effective_gap,signed_gap,bound,relative_gap\n",
    );
    for runs in &experiment.runs {
        for outcome in &runs.outcomes {
            for (i, context) in outcome.contexts.iter().enumerate() {
                let (end, fallback, seed) = (&context.end, name(runs.fallback), outcome.seed);
                let Point { lambda, constant, effective, relative, signed, remainder, .. } = *end;
                let (success, failure) = (end.success(), end.failure());
                let _ = writeln!(
                    text,
                    "{fallback},{seed},{i},{},{lambda},{success},{failure},{constant},{effective},{signed},{remainder},{relative}",
                    context.start
                );
            }
        }
    }
    text
}

/// SVG of `runs.first`, a curve for every evaluation context, shaded by J at the end. Panels: the three of Figure 1 (J
/// against the cumulative gap; the cumulative gap and the relative gap against k), and J against λ(0) + Σ Δμ η_k with the
/// logistic curve.
pub fn bandit_svg(experiment: &Experiment, runs: &Runs) -> String {
    let (curves, setting) = (&runs.first.curves, &experiment.setting);
    let times = curves.times();
    let strands = |of: &dyn Fn(usize, f64, &Point) -> [f64; 2]| -> Vec<Strand> {
        let strand = |i: usize| {
            let all: Vec<Point> = curves.of(i).collect();
            let start = all.first().map_or(0.0, |point| point.lambda);
            Strand {
                points: times.iter().zip(&all).map(|(&k, point)| of(k, start, point)).collect(),
                shade: all.last().map_or(0.0, Point::success),
            }
        };
        (0..curves.contexts()).map(strand).collect()
    };
    let follows = strands(&|_, start, point| [start + point.signed, point.success()]);
    let ends = follows.iter().flat_map(|strand| &strand.points).map(|point| point[0]);
    let (low, high) = ends.fold((0.0, 0.0), |(low, high), x| (f64::min(low, x), f64::max(high, x)));
    let logistic = (0..=100).map(|i| low + (high - low) * f64::from(i) / 100.0).map(|x| [x, sigma(x)]).collect();
    let panel = |label_x, label_y, strands, over, whole| Bundle { label_x, label_y, strands, over, whole, few: false };
    let panels = [
        panel("cumulative gap as printed, Σ [Δμ]₊ η", "J", strands(&|_, _, p| [p.constant, p.success()]), None, false),
        panel("λ(0) + signed cumulative gap, Σ Δμ η‖∇J‖", "J", follows, Some(("logistic", logistic)), false),
        panel("update k", "Σ [Δμ]₊ η", strands(&|k, _, p| [k as f64, p.constant]), None, true),
        panel("update k", "relative gap", strands(&|k, _, p| [k as f64, p.relative]), None, true),
    ];
    Bundles {
        title: "Contextual bandits: every evaluation context of one run",
        subtitle: &[format!(
            "§5.1, Figure 1; seed {}, {} updates, η = {}, fallback {}",
            setting.seed,
            runs.first.steps.len(),
            short(setting.eta),
            name(runs.fallback)
        )],
        key: ["J at the end", "0", "1"],
        panels: &panels,
    }
    .svg()
}
