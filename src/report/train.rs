//! The experiment `train` as a table, as JSON (schema `gradient-gap/train/1`), as rows, and as pictures.

use super::json::number;
use super::judged::{judged_json, judged_text};
use super::plot::{Bundle, Bundles, Figure, Panel, Series, Strand};
use super::style::Style;
use super::{finish, new_table, short};
use crate::experiments::fit::{Fit, sigma};
use crate::experiments::statistics::median;
use crate::experiments::train::bounds::{BOUNDS, Moved};
use crate::experiments::train::{
    Across, Experiment, Found, GROUPS, Law, Logged, OBSERVED, Point, Run, Spread, Update, name, points,
};
use crate::number::Scalar;
use serde_json::{Value, json};
use std::fmt::Write;

fn run_name(run: &Run) -> String {
    name(run.algorithm, run.optimizer)
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let known: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    median(&known).map_or(f64::NAN, |[_, middle, _]| middle)
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|x| !x.is_nan()).reduce(f64::max).unwrap_or(f64::NAN)
}

fn percent(x: f64) -> String {
    if x.is_finite() { format!("{:.0} %", 100.0 * x) } else { "–".into() }
}

fn all_moved(run: &Run) -> impl Iterator<Item = &Moved> + Clone {
    run.logged.iter().flat_map(|logged| &logged.moved)
}

/// Mean J at a step, of the evaluation prompts that are held out or of the others.
fn accuracy(experiment: &Experiment, points: Option<&Vec<Point>>, held_out: bool) -> f64 {
    let of = |points: &Vec<Point>| {
        let chosen = experiment.prompts.iter().zip(points).filter(|(prompt, _)| prompt.is_held_out() == held_out);
        let all: Vec<f64> = chosen.map(|(_, point)| point.success).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    points.map_or(f64::NAN, of)
}

/// How a run went: a row, and its entry.
fn summary(experiment: &Experiment, run: &Run) -> Vec<(String, String)> {
    let (first, last) = (run.points.first(), run.points.last());
    let from_to = |held_out: bool| {
        let [from, to] = [first, last].map(|points| accuracy(experiment, points, held_out));
        format!("{from:.3} → {to:.3}")
    };
    let length = |points: Option<&Vec<Point>>| {
        points.map_or(f64::NAN, |points| points.iter().map(|p| p.length).sum::<f64>() / points.len() as f64)
    };
    let even: usize = run.updates.iter().map(|update| update.even).sum();
    let groups = run.updates.len() * experiment.setting.prompts;
    let Law { gained, deviation, used, used_token, undecided } = run.found.law;
    let rising = |moved: &Moved| moved.alignment > 0.0;
    let over = |of: fn(&Moved) -> f64| short(middle(all_moved(run).filter(|m| rising(m)).map(|m| m.eta / of(m))));
    let mut rows = vec![
        ("α".into(), short(run.rate)),
        ("mean J, prompts trained on".into(), from_to(false)),
        ("mean J, held out".into(), from_to(true)),
        ("E[ℓ]".into(), format!("{:.2} → {:.2}", length(first), length(last))),
        ("groups with equal rewards".into(), percent(even as f64 / groups.max(1) as f64)),
        ("η, median".into(), short(middle(run.updates.iter().map(|update| update.eta)))),
        ("η over the step of (18a), median".into(), over(|m| m.paper_step)),
        ("η over 2(1−J)Δμ/L_o, median".into(), over(|m| m.ascent_step)),
        (
            "Δμ < 0".into(),
            percent(all_moved(run).filter(|m| m.alignment < 0.0).count() as f64 / all_moved(run).count() as f64),
        ),
    ];
    for (i, bound) in BOUNDS.iter().enumerate() {
        rows.push((format!("{bound}, largest share"), short(largest(all_moved(run).map(|moved| moved.used[i])))));
    }
    let open = all_moved(run).flat_map(|moved| moved.used).filter(|used| *used > 1.0).count();
    rows.push(("undecided bounds, and points of sums".into(), format!("{open}, {undecided}")));
    rows.push(("largest |λ(k) − λ(0)|".into(), short(gained)));
    rows.push(("largest |λ(k) − λ(0) − Σ ηΔμ|".into(), short(deviation)));
    rows.push(("its share of Σ (L_o + G_o²/2)η², largest".into(), short(used)));
    rows.push(("of the sums of token-smooth-only-step".into(), short(used_token)));
    for (fits, said) in run.found.fits.iter().zip(["estimate", "exact gap", "Σ ηE[Δμ]"]) {
        let explained = |fit: Fit| format!("{:.3}", fit.explained);
        let text = fits.map_or("–".into(), |[curve, line]| format!("{}, {}", explained(curve), explained(line)));
        rows.push((format!("explained, {said}: logistic, line"), text));
    }
    rows
}

/// A table with a column for each run; rows by their names, which all runs may not have.
fn side_by_side(columns: &[(String, Vec<(String, String)>)]) -> String {
    let mut rows: Vec<&String> = Vec::new();
    for (row, _) in columns.iter().flat_map(|(_, rows)| rows) {
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let header: Vec<&str> = [""].into_iter().chain(columns.iter().map(|(name, _)| name.as_str())).collect();
    let mut table = new_table(&header);
    for row in rows {
        let entry = |(_, rows): &(String, Vec<(String, String)>)| {
            rows.iter().find(|(name, _)| name == row).map_or("–".to_string(), |(_, entry)| entry.clone())
        };
        table.add_row([row.clone()].into_iter().chain(columns.iter().map(entry)).collect::<Vec<_>>());
    }
    finish(&table)
}

/// Text: by run the course of J, the estimates of the gap and the bounds, side by side; then the judgements.
pub fn train_table(experiment: &Experiment, style: Style) -> String {
    let (setting, sizes) = (&experiment.setting, &experiment.sizes);
    let mut text = format!(
        "GRPO on a transformer of {} parameters (§5.2): sums modulo 5 of two to four digits, {} responses of up to {} tokens to each\n\
         prompt; {} supervised steps (loss {}), then {} updates from {} groups of {}; {} evaluation prompts, seed {}.\n\n",
        super::grouped(sizes.parameters() as u64),
        super::grouped(experiment.responses as u64),
        setting.length,
        super::grouped(setting.warm as u64),
        short(experiment.loss),
        setting.steps,
        setting.prompts,
        setting.group,
        experiment.prompts.len(),
        setting.seed,
    );
    let columns = |of: &dyn Fn(&Run) -> Vec<(String, String)>| -> Vec<(String, Vec<(String, String)>)> {
        experiment.runs.iter().map(|run| (run_name(run), of(run))).collect()
    };
    text += &side_by_side(&columns(&|run| summary(experiment, run)));
    text += "\nEstimate over exact ‖g⁺ − g⁻‖: median, share within a factor 1.5 of it, Spearman's ρ\n";
    let entry = |spread: &Spread| {
        let rho = if spread.correlation.is_nan() { "–".into() } else { format!("{:.2}", spread.correlation) };
        format!("{}  {}  {rho}", short(spread.median[1]), percent(spread.near))
    };
    let estimated = |run: &Run| -> Vec<(String, String)> {
        let all = &run.found.estimates;
        let plain = all.iter().map(|[spread, _]| (spread.name.clone(), entry(spread)));
        let longer = all.iter().filter(|[spread, _]| spread.name.starts_with("(a)") || spread.name == "(b) batch");
        plain.chain(longer.map(|[_, times]| (format!("{} × E[ℓ]", times.name), entry(times)))).collect()
    };
    text += &side_by_side(&columns(&estimated));
    text + &judged_text(&OBSERVED, &experiment.judged, style)
}

fn spread_json(spread: &Spread) -> Value {
    let [low, middle, high] = spread.median.map(number);
    json!({"count": spread.count, "median": middle, "interval": [low, high], "range": spread.range.map(number),
           "near": number(spread.near), "correlation": number(spread.correlation)})
}

fn run_json(experiment: &Experiment, run: &Run) -> Value {
    let fit = |fit: &Fit| json!({"coefficients": fit.coefficients.map(number), "residual": number(fit.residual), "explained": number(fit.explained)});
    let both = |fits: &Option<[Fit; 2]>| fits.map(|[curve, line]| json!({"logistic": fit(&curve), "line": fit(&line)}));
    let used = BOUNDS.iter().enumerate().map(|(i, bound)| {
        let all = || all_moved(run).map(|moved| moved.used[i]);
        let undecided = all().filter(|used| *used > 1.0).count();
        json!({"slug": bound, "median": number(middle(all())), "largest": number(largest(all())), "undecided": undecided})
    });
    let used: Vec<Value> = used.collect();
    let Found { law: Law { gained, deviation, used: share, used_token, undecided }, estimates, fits } = &run.found;
    let [estimate, gap, alignment] = fits;
    let estimates: Vec<Value> = (estimates.iter())
        .map(|[plain, times]| json!({"name": plain.name, "plain": spread_json(plain), "times_length": spread_json(times)}))
        .collect();
    let ends =
        |held_out| [run.points.first(), run.points.last()].map(|points| number(accuracy(experiment, points, held_out)));
    json!({
        "name": run_name(run),
        "rate": number(run.rate),
        "updates": run.updates.len(),
        "success_trained": ends(false),
        "success_held_out": ends(true),
        "even_groups": run.updates.iter().map(|update| update.even).sum::<usize>(),
        "estimates": estimates,
        "logistic": json!({"estimate": both(estimate), "gap": both(gap), "alignment": both(alignment)}),
        "bounds": used,
        "largest_apart": number(largest(all_moved(run).map(|moved| moved.apart.abs()))),
        "sums": json!({"gained": number(*gained), "deviation": number(*deviation), "used": number(*share), "used_token": number(*used_token),
                       "undecided": undecided}),
    })
}

/// JSON of schema `gradient-gap/train/1` with the keys `schema`, `version`, `seed`, `steps`, `every`, `max_length`, `group`,
/// `prompts_of_a_batch`, `supervised_steps`, `loss`, `parameters`, `responses`, `prompts`, `judged` and `runs`.
///
/// Of a run it has the summary alone; single points and updates are in the CSV files. Every float round-trips; [`number`]
/// says how the others are written.
pub fn train_json(experiment: &Experiment) -> String {
    let setting = &experiment.setting;
    let prompts: Vec<Value> = experiment
        .prompts
        .iter()
        .map(|prompt| json!({"prompt": prompt.to_string(), "held_out": prompt.is_held_out()}))
        .collect();
    let document = json!({
        "schema": "gradient-gap/train/1",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": setting.seed,
        "steps": setting.steps,
        "every": setting.every,
        "max_length": setting.length,
        "group": setting.group,
        "prompts_of_a_batch": setting.prompts,
        "supervised_steps": setting.warm,
        "loss": number(experiment.loss),
        "parameters": experiment.sizes.parameters(),
        "responses": experiment.responses,
        "prompts": prompts,
        "judged": judged_json(&OBSERVED, &experiment.judged),
        "runs": experiment.runs.iter().map(|run| run_json(experiment, run)).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

/// CSV: a row for every evaluation prompt at θ_k, k = 0, …, K, of every run, under a header.
///
/// | column | what | unit, range |
/// |---|---|---|
/// | `run` | algorithm and optimizer, as in [`name`] | |
/// | `step` | k | |
/// | `prompt`, `held_out` | the prompt, and whether it is never trained on | |
/// | `lambda`, `success` | λ and J, exact | nats; \[0, 1\] |
/// | `gap` | ‖g⁺ − g⁻‖, exact | nats per parameter unit |
/// | `length`, `length_incorrect`, `length_correct` | E\[ℓ\], E⁻\[ℓ\], E⁺\[ℓ\] | tokens |
/// | `psi1` | ‖ℓ‖_ψ1 | tokens |
/// | `eta_alignment` | ηΔμ of the update from θ_k; 0 at k = K | nats |
pub fn train_csv(experiment: &Experiment) -> String {
    let mut out = String::from(
        "run,step,prompt,held_out,lambda,success,gap,length,length_incorrect,length_correct,psi1,eta_alignment\n",
    );
    for run in &experiment.runs {
        for (step, points) in run.points.iter().enumerate() {
            for (prompt, point) in experiment.prompts.iter().zip(points) {
                let Point { lambda, success, gap, length, lengths: [minus, plus], psi1, moved, .. } = point;
                let (name, held_out) = (run_name(run), prompt.is_held_out());
                let _ = writeln!(
                    out,
                    "{name},{step},{prompt},{held_out},{lambda},{success},{gap},{length},{minus},{plus},{psi1},{moved}"
                );
            }
        }
    }
    out
}

/// CSV: a row for every update of every run, as a log would have it, and what is exact of its batch, under a header.
///
/// | column | what | unit, range |
/// |---|---|---|
/// | `run`, `step` | algorithm and optimizer; k | |
/// | `reward` | Ĵ, the mean reward of the batch | \[0, 1\] |
/// | `length` | the mean length of its responses | tokens |
/// | `even_groups` | groups in which all rewards are equal | |
/// | `grad_norm` | ‖g‖ of the sampled gradient | per parameter unit |
/// | `learning_rate` | α | |
/// | `eta` | η = ‖θ_{k+1} − θ_k‖ | parameter units |
/// | `estimate` | ‖g‖/√(Ĵ(1−Ĵ)), for Dr. GRPO ‖g‖/(Ĵ(1−Ĵ)) (§5.2) | per parameter unit |
/// | `preconditioned` | `estimate` with η/α in place of ‖g‖ | per parameter unit |
/// | `batch_gap` | the mean of ‖g⁺ − g⁻‖ over the batch's prompts, exact | nats per parameter unit |
/// | `batch_success` | the mean of J over them, exact | \[0, 1\] |
/// | `batch_alignment` | the mean of Δμ over them along the update, exact | nats per parameter unit |
///
/// What is not known is `NaN`: the estimates where Ĵ is 0 or 1, the last three columns but at logged updates and every
/// fourth.
pub fn train_updates_csv(experiment: &Experiment) -> String {
    let mut out = String::from(
        "run,step,reward,length,even_groups,grad_norm,learning_rate,eta,estimate,preconditioned,batch_gap,batch_success,\
         batch_alignment\n",
    );
    for run in &experiment.runs {
        for (step, update) in run.updates.iter().enumerate() {
            let entries = [update.gradient, run.rate, update.eta, update.estimate, update.preconditioned];
            let exact = [update.batch_gap, update.batch_success, update.batch_alignment];
            let entries: Vec<String> = entries.iter().chain(&exact).map(f64::to_string).collect();
            let (name, entries) = (run_name(run), entries.join(","));
            let _ = writeln!(out, "{name},{step},{},{},{},{entries}", update.success, update.length, update.even);
        }
    }
    out
}

/// CSV: a row for every logged update and evaluation prompt of every run, where θ moved, under a header.
///
/// | column | what | unit, range |
/// |---|---|---|
/// | `run`, `step`, `prompt` | algorithm and optimizer; k; the prompt | |
/// | `eta` | η | parameter units |
/// | `success` | J before the update | \[0, 1\] |
/// | `alignment`, `second` | Δμ = λ'(0), λ''(0) | nats per unit, per unit² |
/// | `change`, `remainder` | λ(η) − λ(0), and less ηΔμ (R) | nats |
/// | `apart` | R by the quadrature rule less R as a difference | nats |
/// | `G_o`, `L_o`, `G_p`, `L_p`, `T_psi1` | the constants, sampled on the step | nats per unit, per unit²; tokens |
/// | a column for each bound, by its claim | the share of it that R uses, of two sides the larger | above 1: undecided |
/// | `step_18a`, `ascent_step` | the step of (18a), and 2(1−J)\[Δμ\]₊/L_o | parameter units |
pub fn train_bounds_csv(experiment: &Experiment) -> String {
    let mut out = format!(
        "run,step,prompt,eta,success,alignment,second,change,remainder,apart,G_o,L_o,G_p,L_p,T_psi1,{},step_18a,ascent_step\n",
        BOUNDS.join(",")
    );
    for run in &experiment.runs {
        for logged in &run.logged {
            for (prompt, moved) in experiment.prompts.iter().zip(&logged.moved) {
                let Moved { eta, success, alignment, second, change, remainder, apart, paper_step, ascent_step, .. } =
                    *moved;
                let first = [eta, success, alignment, second, change, remainder, apart];
                let all = first.iter().chain(&moved.constants).chain(&moved.used).chain([&paper_step, &ascent_step]);
                let entries: Vec<String> = all.map(f64::to_string).collect();
                let _ = writeln!(out, "{},{},{prompt},{}", run_name(run), logged.step, entries.join(","));
            }
        }
    }
    out
}

/// How many shades a run has.
const SHADES: usize = 25;

/// A curve in pieces, each with the shade of its place in the run.
fn shaded(points: &[[f64; 2]]) -> Vec<Strand> {
    let piece = points.len().div_ceil(SHADES).max(1);
    let strand = |i: usize| {
        let end = points.len().min((i + 1) * piece + 1);
        Strand { points: points[i * piece..end].to_vec(), shade: (i * piece) as f64 / points.len() as f64 }
    };
    (0..points.len().saturating_sub(1).div_ceil(piece)).map(strand).collect()
}

fn title(experiment: &Experiment, run: &Run) -> String {
    let setting = &experiment.setting;
    format!(
        "{}, α = {}, {} updates from {} groups of {}, seed {}",
        run_name(run),
        short(run.rate),
        run.updates.len(),
        setting.prompts,
        setting.group,
        setting.seed
    )
}

/// SVG, Figure 2 for one run: mean J of the evaluation prompts against the cumulative gap, estimated (§5.2) and exact, with
/// the best logistic curves; and J of every prompt against λ(0) + Σ ηΔμ with the logistic curve.
pub fn train_svg(experiment: &Experiment, run: &Run) -> String {
    let curve = |across: Across, fits: &Option<[Fit; 2]>| {
        let points = points(run, across);
        let last = points.last().map_or(0.0, |point| point[0]);
        let fitted = fits.map(|[Fit { coefficients: [a, b], .. }, _]| {
            let at = |i: u32| f64::from(i) / 100.0 * last;
            ("logistic", (0..=100).map(at).map(|x| [x, sigma(a + b * x)]).collect())
        });
        (shaded(&points), fitted)
    };
    let follow = |i: usize| {
        let mut sum = run.points.first().map_or(0.0, |points| points[i].lambda);
        let place = |points: &Vec<Point>| {
            let at = [sum, points[i].success];
            sum += points[i].moved;
            at
        };
        shaded(&run.points.iter().map(place).collect::<Vec<_>>())
    };
    let follows: Vec<Strand> = (0..experiment.prompts.len()).flat_map(follow).collect();
    let ends = || follows.iter().flat_map(|strand| &strand.points).map(|point| point[0]);
    let (low, high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(f64::NEG_INFINITY, f64::max));
    let logistic = (0..=100).map(|i| low + (high - low) * f64::from(i) / 100.0).map(|x| [x, sigma(x)]).collect();
    let panel = |label_x, (strands, over)| Bundle { label_x, label_y: "mean J", strands, over, whole: false, few: true };
    let panels = [
        panel("cumulative gap as in §5.2, Σ α‖g‖/√(Ĵ(1−Ĵ))", curve(Across::Estimate, &run.found.fits[0])),
        panel("cumulative gap, exact, Σ α E‖g⁺ − g⁻‖", curve(Across::Gap, &run.found.fits[1])),
        Bundle {
            label_y: "J",
            few: false,
            ..panel("λ(0) + Σ ηΔμ, prompt by prompt", (follows, Some(("logistic", logistic))))
        },
    ];
    Bundles {
        title: "A transformer: accuracy against the cumulative gap",
        subtitle: &[format!("§5.2, Figure 2; {}", title(experiment, run))],
        key: ["update", "first", "last"],
        panels: &panels,
    }
    .svg()
}

const COLOURS: [&str; 5] = ["#1f4e9c", "#c4561a", "#2f8a4c", "#8a3fa0", "#5a5a5a"];

/// SVG against k, at logged updates, all logarithmic. Panels: the gap and what is estimated of it; estimates over the exact
/// gap; η and the steps of (18a) and 2(1−J)Δμ/L_o; the largest share of each one-step bound that is used.
pub fn train_gap_svg(experiment: &Experiment, run: &Run) -> String {
    let log = |x: f64| if x > 0.0 { Scalar::ln(x) / std::f64::consts::LN_10 } else { f64::NAN };
    let logged = |of: &dyn Fn(&Logged) -> f64| -> Vec<f64> { run.logged.iter().map(|logged| log(of(logged))).collect() };
    let by_update = |of: &dyn Fn(&Update) -> f64| logged(&|logged| run.updates.get(logged.step).map_or(f64::NAN, of));
    let by_prompt = |of: &dyn Fn(&Logged) -> Vec<f64>| {
        logged(&|logged| middle(of(logged).iter().zip(&run.points[logged.step]).map(|(x, point)| x / point.gap)))
    };
    let (exact, estimate) = (by_update(&|u| u.batch_gap), by_update(&|u| u.estimate));
    let (alignment, lengthened) = (by_update(&|u| u.batch_alignment), by_update(&|u| u.estimate * u.length));
    let expected = by_prompt(&|logged| logged.expected.clone());
    let groups = [0, 2, 4].map(|which: usize| by_prompt(&|logged| logged.groups[which].clone()));
    let names = [0, 2, 4].map(|which: usize| format!("one group of {}", GROUPS[which]));
    let of_moved =
        |of: fn(&Moved) -> f64| logged(&|logged| middle(logged.moved.iter().filter(|m| m.alignment > 0.0).map(of)));
    let (eta, paper, ascent) = (by_update(&|u| u.eta), of_moved(|m| m.paper_step), of_moved(|m| m.ascent_step));
    let used: Vec<Vec<f64>> =
        (0..BOUNDS.len()).map(|i| logged(&|logged| largest(logged.moved.iter().map(|moved| moved.used[i])))).collect();
    let dashes = ["", "7 4", "2 3", "9 3 2 3", "4 2"];
    let series = |label, values, i: usize| Series { label, values, colour: COLOURS[i], points: false, dashes: dashes[i] };
    let gaps = [
        series("exact ‖g⁺ − g⁻‖", &exact[..], 0),
        series("estimate as in §5.2", &estimate, 1),
        series("the same times the mean length", &lengthened, 2),
        series("exact Δμ along the update", &alignment, 3),
    ];
    let ratios = [
        series("(a) exact expectation", &expected[..], 0),
        series(&names[0], &groups[0], 1),
        series(&names[1], &groups[1], 2),
        series(&names[2], &groups[2], 3),
    ];
    let steps = [series("η", &eta[..], 0), series("2(1−J)Δμ/L_o", &ascent, 2), series("the step of (18a)", &paper, 1)];
    let used: Vec<Series<'_>> =
        BOUNDS.iter().zip(&used).enumerate().map(|(i, (bound, used))| series(bound, used, i)).collect();
    let panel = |label, series| Panel { label, series, powers: true };
    let across: Vec<f64> = run.logged.iter().map(|logged| logged.step as f64).collect();
    Figure {
        title: "A transformer: the gap, its estimates, and the bounds",
        subtitle: &[format!("§5.2; {}", title(experiment, run)), "medians over prompts; of bounds the largest share".into()],
        across: &across,
        axis: "update k",
        panels: &[
            panel("gap, mean of the batch", &gaps),
            panel("estimate / exact, by prompt", &ratios),
            panel("step", &steps),
            panel("share of the bound", &used),
        ],
        marks: &[],
        scatter: None,
        roomy: true,
    }
    .svg()
}
