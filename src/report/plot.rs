//! Two curves against the step number, as a self-contained SVG: log₁₀ J and λ.

use super::short;
use std::fmt::Write;

/// A curve in a panel of its own.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// The label of the vertical axis.
    pub label: &'a str,
    /// Values at k = 0, 1, …; those that are not finite are left out.
    pub values: &'a [f64],
    /// Whether the values are logarithms to base 10, so that ticks read 10ⁿ.
    pub powers: bool,
}

const WIDTH: f64 = 760.0;
const LEFT: f64 = 86.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 52.0;
const HEIGHT: f64 = 220.0;
const GAP: f64 = 26.0;
/// The most points that are drawn of a curve.
const POINTS: usize = 1_200;

/// Round numbers between `low` and `high`, about `count` of them.
pub(super) fn ticks(low: f64, high: f64, count: f64, whole: bool) -> Vec<f64> {
    let raw = (high - low) / count;
    let power = pxfm::f_exp10(pxfm::f_log10(raw).floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw).unwrap_or(raw);
    let step = if whole { step.max(1.0) } else { step };
    let first = (low / step - 1e-9).ceil();
    (0..64).map(|i| (first + f64::from(i)) * step).take_while(|x| *x <= high + 1e-9 * step).collect()
}

/// An integer in superscript digits.
pub(super) fn superscript(n: f64) -> String {
    let digit = |c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => c.to_digit(10).and_then(|d| char::from_u32('⁰' as u32 + d)).unwrap_or(c),
    };
    format!("{n:.0}").chars().map(digit).collect()
}

pub(super) fn number(x: f64) -> String {
    match x {
        0.0 => "0".into(),
        x if x == x.round() && x.abs() < 1e6 => format!("{x:.0}").replace('-', "−"),
        x => short(x).trim_end_matches('0').replace('-', "−"),
    }
}

/// The beginning of a picture: a white sheet of this size, and the colour of its text.
pub(super) fn sheet(width: f64, height: f64, ink: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"{ink}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    )
}

/// Escapes text for XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The panels below each other over one axis k, under a title.
pub fn svg(title: &str, panels: &[Panel<'_>]) -> String {
    let bottom = TOP + panels.len() as f64 * (HEIGHT + GAP) - GAP;
    let total = bottom + 54.0;
    let right = WIDTH - RIGHT;
    let last = panels.iter().map(|panel| panel.values.len()).max().unwrap_or(1).saturating_sub(1).max(1) as f64;
    let x = |k: f64| LEFT + (right - LEFT) * k / last;
    let mut out = sheet(WIDTH, total, "#333");
    let _ = writeln!(out, "<text x=\"{LEFT}\" y=\"28\" font-size=\"15\">{}</text>", escape(title));
    for (i, panel) in panels.iter().enumerate() {
        let top = TOP + i as f64 * (HEIGHT + GAP);
        let finite = || panel.values.iter().copied().filter(|value| value.is_finite());
        let (mut low, mut high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let margin = if high > low { 0.04 * (high - low) } else { 0.5 };
        (low, high) = (low - margin, high + margin);
        let powers = panel.powers && high - low > 2.0;
        let y = |value: f64| top + HEIGHT * (high - value) / (high - low);
        for tick in ticks(low, high, 7.0, powers) {
            let text = match (powers, panel.powers) {
                (true, _) => format!("10{}", superscript(tick)),
                (_, true) => number(pxfm::f_exp10(tick)),
                _ => number(tick),
            };
            let (at, below) = (y(tick), y(tick) + 4.5);
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT}\" y1=\"{at:.2}\" x2=\"{right}\" y2=\"{at:.2}\" stroke=\"#ddd\"/>\
                 <text x=\"{}\" y=\"{below:.2}\" text-anchor=\"end\">{text}</text>",
                LEFT - 8.0
            );
        }
        let middle = top + HEIGHT / 2.0;
        let _ = writeln!(
            out,
            "<rect x=\"{LEFT}\" y=\"{top}\" width=\"{}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#888\"/>\
             <text transform=\"translate(22 {middle}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            right - LEFT,
            escape(panel.label)
        );
        // Every `stride`-th point and the last one.
        let stride = panel.values.len().div_ceil(POINTS).max(1);
        let drawn = panel.values.iter().copied().enumerate();
        let kept = drawn.filter(|(k, value)| value.is_finite() && (k % stride == 0 || k + 1 == panel.values.len()));
        let points: Vec<String> = kept.map(|(k, value)| format!("{:.2},{:.2}", x(k as f64), y(value))).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>",
            points.join(" ")
        );
    }
    for tick in ticks(0.0, last, 6.0, true) {
        let at = x(tick);
        let _ = writeln!(
            out,
            "<line x1=\"{at:.2}\" y1=\"{bottom}\" x2=\"{at:.2}\" y2=\"{}\" stroke=\"#888\"/>\
             <text x=\"{at:.2}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 5.0,
            bottom + 20.0,
            number(tick)
        );
    }
    let _ =
        writeln!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">step k</text>", (LEFT + right) / 2.0, bottom + 42.0);
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 1000.0, 6.0, true), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(ticks(-1.0, 1.0, 5.0, false), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(ticks(0.0, 3.0, 6.0, true), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!((superscript(-12.0).as_str(), number(-2.5).as_str()), ("⁻¹²", "−2.5"));
    }

    #[test]
    fn every_curve_is_drawn_and_no_value_leaks() {
        let values: Vec<f64> = (0..5_000).map(|k| -f64::from(k)).collect();
        let panels = [
            Panel { label: "J & <more>", values: &values, powers: true },
            Panel { label: "λ", values: &[f64::NAN, 1.0, f64::NEG_INFINITY], powers: false },
        ];
        let text = svg("a < b", &panels);
        assert_eq!(text.matches("<polyline").count(), 2);
        assert!(text.contains("a &lt; b") && text.contains("J &amp; &lt;more&gt;") && text.ends_with("</svg>\n"));
        assert!(!text.contains("NaN") && !text.contains("inf"));
        assert!(text.contains(">10⁻⁴⁰⁰⁰<"), "powers of ten");
        assert!(text.len() < 60_000, "long curves are thinned: {}", text.len());
    }
}
