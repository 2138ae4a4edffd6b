//! Curves on a logarithmic axis against the success rate, each named at its right end, as a self-contained SVG.

use super::axes::{apart, escape, sheet, superscript, ticks_of_powers};
use super::short;
use crate::thresholds::SuccessRate;
use std::fmt::Write;

/// One curve.
#[derive(Clone, Debug)]
pub(super) struct Curve<'a> {
    /// Its name.
    pub label: String,
    /// Logarithms to base 10; those that are not finite are left out.
    pub values: Vec<f64>,
    /// Colour, dashes, width.
    pub style: (&'a str, &'a str, f64),
}

/// A range of values that is the same everywhere.
#[derive(Clone, Debug)]
pub(super) struct Band {
    /// Its name.
    pub label: String,
    /// Its ends, as logarithms to base 10.
    pub low: f64,
    /// The upper one.
    pub high: f64,
}

/// A picture.
#[derive(Clone, Debug)]
pub(super) struct Chart<'a> {
    /// Above it.
    pub title: &'a str,
    /// Below the title.
    pub subtitle: &'a str,
    /// The log-odds of every point of a curve, increasing.
    pub across: &'a [f64],
    /// The curves.
    pub curves: &'a [Curve<'a>],
    /// A shaded range.
    pub band: Option<Band>,
    /// What is not drawn, and why.
    pub missing: &'a [String],
}

/// The least width; a longer name makes it wider.
const WIDTH: f64 = 860.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 640.0;
const TOP: f64 = 76.0;
const BOTTOM: f64 = 476.0;
/// From one label to the next.
const LINE: f64 = 18.0;

/// J for people: 0.3, 10⁻⁵, 1−10⁻⁵.
fn name_of(rate: &SuccessRate<f64>) -> String {
    let number = |x: f64| match short(x) {
        text if text.contains('e') => text,
        text => text.trim_end_matches('0').into(),
    };
    if rate.failure < 1e-3 { format!("1−{}", number(rate.failure)) } else { number(rate.success) }
}

/// Round success rates between two log-odds, those that matter most first, then the ends.
fn candidates(low: f64, high: f64) -> Vec<(f64, String)> {
    let tenth = |j: f64| (SuccessRate::of_success(j).log_odds(), format!("{j}"));
    let decade = (RIGHT - LEFT) * std::f64::consts::LN_10 / (high - low);
    let stride = [1u32, 2, 5, 10, 20, 50, 100].into_iter().find(|n| f64::from(*n) * decade >= 64.0).unwrap_or(100);
    let powers = (1..=308 / stride).map(|n| n * stride).flat_map(|n| {
        let small = pxfm::f_exp10(-f64::from(n));
        let at = SuccessRate::of_success(small).log_odds();
        match n {
            1 | 2 => [(at, format!("{small}")), (-at, format!("{}", 1.0 - small))],
            _ => {
                let power = format!("10{}", superscript(-f64::from(n)));
                [(-at, format!("1−{power}")), (at, power)]
            }
        }
    });
    let ends = [low, high].map(|lambda| (lambda, name_of(&SuccessRate::of_log_odds(lambda))));
    let rest = [0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6].map(tenth);
    [tenth(0.5)].into_iter().chain(powers).chain(rest).chain(ends).collect()
}

/// Those that are inside and do not overlap, at their places.
fn ticks_across(low: f64, high: f64, x: impl Fn(f64) -> f64) -> Vec<(f64, String)> {
    let mut kept: Vec<(f64, f64, String)> = Vec::new();
    for (lambda, label) in candidates(low, high) {
        let (at, half) = (x(lambda), 3.8 * label.chars().count() as f64 + 5.0);
        let slack = 1e-9 * (high - low);
        let inside = low - slack <= lambda && lambda <= high + slack;
        if inside && kept.iter().all(|(other, width, _)| f64::abs(at - other) >= half + width) {
            kept.push((at, half, label));
        }
    }
    kept.into_iter().map(|(at, _, label)| (at, label)).collect()
}

impl Chart<'_> {
    /// Lowest and highest value, with a margin.
    fn range(&self) -> [f64; 2] {
        let values = self.curves.iter().flat_map(|curve| curve.values.iter().copied());
        let all = values.chain(self.band.iter().flat_map(|band| [band.low, band.high])).filter(|value| value.is_finite());
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        match low <= high {
            true => {
                let margin = f64::max(0.04 * (high - low), 0.1);
                [low - margin, high + margin]
            }
            false => [-1.0, 1.0],
        }
    }

    /// The picture.
    pub(super) fn svg(&self) -> String {
        let [low, high] = self.range();
        let y = |value: f64| TOP + (BOTTOM - TOP) * (high - value) / (high - low);
        let (first, last) = (self.across.first().copied().unwrap_or(0.0), self.across.last().copied().unwrap_or(1.0));
        let span = if last > first { last - first } else { 1.0 }; // ends may differ by less than their log-odds tell
        let x = |lambda: f64| LEFT + (RIGHT - LEFT) * (lambda - first) / span;
        let longest = self.curves.iter().map(|curve| curve.label.chars().count()).max().unwrap_or(0) as f64;
        let width = f64::max(WIDTH, RIGHT + 48.0 + 8.0 * longest);
        let total = BOTTOM + 62.0 + LINE * self.missing.len() as f64;
        let mut out = sheet(width, total, "#222");
        out += &format!(
            "<text x=\"{LEFT}\" y=\"30\" font-size=\"15\">{}</text>\n\
             <text x=\"{LEFT}\" y=\"54\" font-size=\"12\" fill=\"#555\">{}</text>\n",
            escape(self.title),
            escape(self.subtitle)
        );
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        if let Some(band) = &self.band {
            let (top, bottom, width) = (y(band.high), y(band.low), RIGHT - LEFT);
            let height = f64::max(bottom - top, 1.0);
            line(format!(
                "<rect x=\"{LEFT}\" y=\"{top:.2}\" width=\"{width}\" height=\"{height:.2}\" \
                 fill=\"#e3e3e3\" stroke=\"#999\"/>"
            ));
        }
        for (tick, label) in ticks_of_powers([low, high], 8.0) {
            let (at, below) = (y(tick), y(tick) + 4.5);
            line(format!(
                "<line x1=\"{LEFT}\" y1=\"{at:.2}\" x2=\"{RIGHT}\" y2=\"{at:.2}\" stroke=\"#ccc\" stroke-width=\"0.7\"/>"
            ));
            line(format!("<text x=\"{}\" y=\"{below:.2}\" text-anchor=\"end\">{label}</text>", LEFT - 8.0));
        }
        for (at, label) in ticks_across(first, last, x) {
            line(format!("<line x1=\"{at:.2}\" y1=\"{TOP}\" x2=\"{at:.2}\" y2=\"{}\" stroke=\"#eee\"/>", BOTTOM));
            line(format!("<line x1=\"{at:.2}\" y1=\"{BOTTOM}\" x2=\"{at:.2}\" y2=\"{}\" stroke=\"#888\"/>", BOTTOM + 5.0));
            line(format!("<text x=\"{at:.2}\" y=\"{}\" text-anchor=\"middle\">{label}</text>", BOTTOM + 20.0));
        }
        // (height at the right end, name, colour, dashes)
        let mut names: Vec<(f64, &str, &str, &str)> = Vec::new();
        for Curve { label, values, style: (colour, dashes, width) } in self.curves {
            let drawn: Vec<(f64, f64)> =
                self.across.iter().zip(values).filter(|(_, v)| v.is_finite()).map(|(&l, &v)| (x(l), y(v))).collect();
            let points: Vec<String> = drawn.iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect();
            line(format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
                 stroke-dasharray=\"{}\" stroke-linejoin=\"round\"/>",
                points.join(" "),
                if dashes.is_empty() { "none" } else { dashes }
            ));
            names.push((drawn.last().map_or(TOP, |(_, y)| *y), label, colour, dashes));
        }
        if let Some(band) = &self.band {
            names.push((0.5 * (y(band.low) + y(band.high)), &band.label, "#555", "1 2"));
        }
        line(format!(
            "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#888\"/>",
            RIGHT - LEFT,
            BOTTOM - TOP
        ));
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted: Vec<f64> = names.iter().map(|name| name.0).collect();
        let places = apart(&wanted, LINE, [TOP + 0.5 * LINE, BOTTOM - 0.5 * LINE]);
        for ((from, name, colour, dashes), place) in names.into_iter().zip(places) {
            let (bend, end) = (RIGHT + 14.0, RIGHT + 34.0);
            line(format!(
                "<polyline points=\"{RIGHT},{from:.2} {bend},{place:.2} {end},{place:.2}\" fill=\"none\" \
                 stroke=\"{colour}\" stroke-dasharray=\"{}\"/>",
                if dashes.is_empty() { "none" } else { dashes }
            ));
            let below = place + 4.5;
            line(format!("<text x=\"{}\" y=\"{below:.2}\" fill=\"{colour}\">{}</text>", end + 5.0, escape(name)));
        }
        if self.curves.is_empty() && self.band.is_none() {
            let (x, y) = (0.5 * (LEFT + RIGHT), 0.5 * (TOP + BOTTOM));
            line(format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">no step size to draw</text>"));
        }
        let (middle, centre) = (0.5 * (TOP + BOTTOM), 0.5 * (LEFT + RIGHT));
        line(format!("<text transform=\"translate(24 {middle}) rotate(-90)\" text-anchor=\"middle\">step size η</text>"));
        let below = BOTTOM + 42.0;
        line(format!(
            "<text x=\"{centre}\" y=\"{below}\" text-anchor=\"middle\">success rate J (equal log-odds apart)</text>"
        ));
        for (i, missing) in self.missing.iter().enumerate() {
            let at = BOTTOM + 62.0 + LINE * i as f64;
            line(format!(
                "<text x=\"{LEFT}\" y=\"{at}\" font-size=\"12\" fill=\"#555\">not drawn: {}</text>",
                escape(missing)
            ));
        }
        out + "</svg>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_do_not_overlap() {
        let labels = |low: f64, high: f64| -> Vec<String> {
            let x = |lambda: f64| LEFT + (RIGHT - LEFT) * (lambda - low) / (high - low);
            let mut all = ticks_across(low, high, x);
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(all.windows(2).all(|pair| pair[1].0 - pair[0].0 > 20.0), "{all:?}");
            all.into_iter().map(|(_, label)| label).collect()
        };
        let nine = SuccessRate::of_success(0.9).log_odds();
        assert_eq!(labels(-nine, nine), ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]);
        let wide = labels(-1.0, 690.0);
        assert!(wide.iter().any(|label| label == "1−10⁻¹⁰⁰") && wide.len() > 2, "{wide:?}");
        assert_eq!(labels(0.1, 0.11).len(), 2);
        assert_eq!(
            labels(SuccessRate::of_success(0.41).log_odds(), SuccessRate::of_success(0.45).log_odds()),
            ["0.41", "0.45"]
        );
    }
}
