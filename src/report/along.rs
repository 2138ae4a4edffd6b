//! λ along a step between the parabolas that the statements allow, and J below.

use super::plot::{Figure, Panel, Series};
use super::short;
use crate::check::judge::SAMPLE_PIECES;
use crate::evaluation::Evaluation;
use crate::instance::Instance;

/// Points of a curve.
const PIECES: u32 = 240;
/// How far above and below λ and its tangent a bound is drawn, in heights of these two.
const BEYOND: f64 = 0.3;

/// SVG over t from 0 to η, the first step of a valid instance. One panel has λ(t) in nats, its tangent and the bounds around
/// it by (16), log-odds-step-tight and smooth-only-step; the other has J(t).
///
/// The constants are sampled on the step. Bounds that leave the picture are cut.
pub fn along_svg(instance: &Instance) -> String {
    let real = Evaluation::<f64>::new(instance, SAMPLE_PIECES);
    let along = real.along(PIECES);
    let (start, constants) = (real.start(), real.constants());
    let (slope, g, l) = (start.alignment(), constants.score, constants.curvature);
    let tangent: Vec<f64> = along.t.iter().map(|t| start.lambda() + t * slope).collect();
    let finite = || along.lambda.iter().chain(&tangent).copied().filter(|x| x.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let room = BEYOND * (high - low).max(1e-3);
    // What leaves the picture is cut, so that λ itself is seen.
    let parabola = |c: f64| -> Vec<f64> {
        let inside = |y: f64| if (low - room..=high + room).contains(&y) { y } else { f64::NAN };
        along.t.iter().zip(&tangent).map(|(t, tangent)| inside(tangent + c * t * t)).collect()
    };
    let [paper, tight] = [l + 8.0 * g * g, l + 0.5 * g * g];
    let [below, above] = [start.over_failure(0.5 * l), 0.5 * l / start.success()];
    let bounds = [
        ("(16)", "#a8431f", "8 4", parabola(-paper), parabola(paper)),
        ("log-odds-step-tight", "#7a4fa3", "2 3", parabola(-tight), parabola(tight)),
        ("smooth-only-step", "#2a7a3c", "9 3 2 3", parabola(-below), parabola(above)),
    ];
    let mut series = Vec::new();
    for (label, colour, dashes, low, high) in &bounds {
        series.push(Series { label, values: low, colour, points: false, dashes });
        series.push(Series { label: "", values: high, colour, points: false, dashes });
    }
    series.push(Series { label: "tangent", values: &tangent, colour: "#777", points: false, dashes: "" });
    series.push(Series { label: "λ", values: &along.lambda, colour: "#1f5fa8", points: false, dashes: "" });
    let success = [Series { label: "J", values: &along.success, colour: "#1f5fa8", points: false, dashes: "" }];
    Figure {
        title: "λ(t) = logit J(θ + t·w) on the step, and how far from its tangent it may be",
        subtitle: &[format!(
            "η = {}, Δμ = {}, G = {}, L = {} on the step, J(0) = {}",
            short(instance.eta),
            short(slope),
            short(g),
            short(l),
            short(start.success())
        )],
        across: &along.t,
        axis: "t, from 0 to η",
        panels: &[
            Panel { label: "λ", series: &series, powers: false },
            Panel { label: "J", series: &success, powers: false },
        ],
        marks: &[],
        scatter: None,
        roomy: false,
    }
    .svg()
}
