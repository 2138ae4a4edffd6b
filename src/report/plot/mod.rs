//! Curves over the steps of a run, in panels below each other, as a self-contained SVG; what happened is marked by numbers.

mod bundle;
mod marks;
mod panel;
mod plane;
mod scatter;
mod thin;

pub use bundle::{Bundle, Bundles, Strand};
pub use marks::Mark;
pub use plane::{Over, Plane, Shades};
pub use scatter::Scatter;

use super::axes::{Scale, cut, range, sheet, text, wide};
use marks::Marks;
use panel::{Numbers, draw, foot, frame, legend, side};
use thin::{cloud, pieces};

/// A curve of a [`Panel`].
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Its name, in the legend of a panel that has more than one; empty for a curve that the legend leaves out.
    pub label: &'a str,
    /// A value at every step; one that is not finite leaves a gap.
    pub values: &'a [f64],
    /// A colour of SVG.
    pub colour: &'a str,
    /// Whether values are dots, not joined by a line.
    pub points: bool,
    /// Lengths of dashes and the gaps between them, as in SVG; none where empty.
    pub dashes: &'a str,
}

/// Curves over one vertical axis.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    /// The label of the vertical axis.
    pub label: &'a str,
    /// The curves; later ones are drawn over earlier ones.
    pub series: &'a [Series<'a>],
    /// Whether the values are logarithms to base 10, so that ticks read 10ⁿ.
    pub powers: bool,
}

/// A picture: panels below each other over one axis of steps.
#[derive(Clone, Copy, Debug)]
pub struct Figure<'a> {
    /// The title, above everything.
    pub title: &'a str,
    /// Lines below the title.
    pub subtitle: &'a [String],
    /// The step of every value of a curve, increasing; as many as each curve has values.
    pub across: &'a [f64],
    /// The name of the axis of steps.
    pub axis: &'a str,
    /// The panels, from above.
    pub panels: &'a [Panel<'a>],
    /// What happened at a step: numbered in this order.
    pub marks: &'a [Mark<'a>],
    /// One panel more, below the others, with axes of its own.
    pub scatter: Option<Scatter<'a>>,
    /// Whether names of curves have room of their own, above the curves.
    pub roomy: bool,
}

const WIDTH: f64 = 760.0;
/// Left of the panels, where the labels of ticks need no more.
const LEFT: f64 = 86.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 52.0;
/// Of a panel, where there are no more than two.
const HEIGHT: f64 = 220.0;
/// From one panel to the next.
const GAP: f64 = 26.0;
/// Below the last panel: ticks and the name of the axis.
const FOOT: f64 = 54.0;
/// From one line of small print to the next.
const LINE: f64 = 17.0;
/// Small print.
const SMALL: f64 = 12.0;
const SMALL_GREY: &str = "font-size=\"12\" fill=\"#666\"";

/// Steps from the first to the last.
fn steps(across: &[f64]) -> [f64; 2] {
    let finite = || across.iter().copied().filter(|step| step.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return [0.0, 1.0];
    }
    let least = f64::max(1e-9 * f64::max(low.abs(), high.abs()), if low == high { 1.0 } else { f64::MIN_POSITIVE });
    match 0.5 * high - 0.5 * low >= 0.5 * least {
        true => [low, high],
        false if low + least < f64::INFINITY => [low, low + least],
        false => [low - least, low],
    }
}

impl Figure<'_> {
    /// The picture as SVG. Long curves are thinned: every extreme and every gap is seen.
    pub fn svg(&self) -> String {
        let steps = steps(self.across);
        let whole = self.across.iter().all(|step| *step == step.round());
        let height = match self.panels.len() {
            _ if self.roomy => HEIGHT,
            0..=2 => HEIGHT,
            3 => 180.0,
            _ => 150.0,
        };
        let head = TOP + LINE * self.subtitle.len() as f64;
        let rows = Marks::rows(self.marks, steps);
        let first = head + Marks::ROW * rows as f64 + if rows > 0 { 12.0 } else { 0.0 };
        let sides: Vec<_> = (self.panels.iter().enumerate())
            .map(|(i, panel)| {
                let top = first + i as f64 * (height + GAP);
                let values = panel.series.iter().flat_map(|series| self.across.iter().zip(series.values));
                let names = if self.roomy && panel.series.len() > 1 { panel.series.len() } else { 0 };
                let share = if names > 0 { f64::min((LINE * names as f64 + 16.0) / height, 0.7) } else { 0.0 };
                let raised = |[low, high]: [f64; 2]| [low, f64::min(high + (high - low) * share / (1.0 - share), f64::MAX)];
                let values = range(values.map(|(_, value)| *value), panel.powers).map(raised);
                side(values, panel.powers, [top + height, top])
            })
            .collect();
        let bottom = first + self.panels.len() as f64 * (height + GAP) - GAP;
        let mut end = if self.panels.is_empty() { first } else { bottom + FOOT };
        let scatter = self.scatter.as_ref().map(|scatter| scatter.laid_out(end));
        end = scatter.as_ref().map_or(end, |scatter| scatter.end());
        let rungs = sides.iter().chain(scatter.iter().map(|scatter| scatter.side())).flatten();
        let widest = rungs.flat_map(|(_, rungs)| rungs).map(|(_, label)| 13.0 * wide(label)).fold(0.0, f64::max);
        let left = f64::max(LEFT, widest.ceil() + 42.0);
        let x = Scale { values: steps, pixels: [left, RIGHT] };
        let marks = Marks::new(self.marks, &x, rows, [head, first, bottom]);

        let mut out = sheet(WIDTH, end + marks.height(), "#333");
        let room = WIDTH - left - 8.0;
        let size = if 15.0 * wide(self.title) <= room { 15.0 } else { 13.0 };
        text(&mut out, [left, 28.0], &format!("font-size=\"{size}\""), &cut(self.title, room, size));
        for (i, subtitle) in self.subtitle.iter().enumerate() {
            text(&mut out, [left, 47.0 + LINE * i as f64], SMALL_GREY, &cut(subtitle, room, SMALL));
        }
        let place = |i: usize| {
            let top = first + i as f64 * (height + GAP);
            [left, RIGHT, top, top + height]
        };
        for (i, (panel, side)) in self.panels.iter().zip(&sides).enumerate() {
            frame(&mut out, place(i), side, panel.label);
        }
        if !self.panels.is_empty() {
            marks.lines(&mut out);
            foot(&mut out, &x, bottom, self.axis, Numbers::whole(whole));
        }
        for (i, (panel, side)) in self.panels.iter().zip(&sides).enumerate() {
            let Some((y, _)) = side else { continue };
            let pixels = |series: &Series<'_>| -> Vec<Vec<[f64; 2]>> {
                let pieces = match series.points {
                    true => vec![cloud(self.across, series.values)],
                    false => pieces(self.across, series.values, steps),
                };
                let pixel = |k: usize| [x.at(self.across[k]), y.at(series.values[k])];
                pieces.into_iter().map(|piece| piece.into_iter().map(pixel).collect()).collect()
            };
            let curves: Vec<_> = panel.series.iter().map(pixels).collect();
            panel.series.iter().zip(&curves).for_each(|(series, pieces)| draw(&mut out, series, pieces));
            if panel.series.len() > 1 {
                legend(&mut out, place(i), panel.series, &curves);
            }
        }
        if let Some(scatter) = &scatter {
            scatter.draw(&mut out, left);
        }
        marks.legend(&mut out, [left, end]);
        out + "</svg>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series<'a>(label: &'a str, values: &'a [f64]) -> Series<'a> {
        Series { label, values, colour: "#123456", points: false, dashes: "" }
    }

    fn figure<'a>(across: &'a [f64], panels: &'a [Panel<'a>]) -> Figure<'a> {
        Figure { title: "a < b", subtitle: &[], across, axis: "step k", panels, marks: &[], scatter: None, roomy: false }
    }

    fn steps(count: usize) -> Vec<f64> {
        (0..count).map(|k| k as f64).collect()
    }

    /// Well-formed, without a value that is no number.
    fn sound(svg: &str) {
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
        assert!(!svg.contains("NaN") && !svg.contains("inf\"") && !svg.contains("inf,") && !svg.contains(",inf"), "{svg}");
        assert!(resvg::usvg::roxmltree::Document::parse(svg).is_ok(), "{svg}");
    }

    #[test]
    fn every_curve_is_drawn_and_no_value_leaks() {
        let values: Vec<f64> = (0..5_000).map(|k| -f64::from(k)).collect();
        let panels = [
            Panel { label: "J & <more>", series: &[series("", &values)], powers: true },
            Panel { label: "λ", series: &[series("", &[f64::NAN, 1.0, 2.0, f64::NEG_INFINITY])], powers: false },
        ];
        let text = figure(&steps(5_000), &panels).svg();
        sound(&text);
        assert_eq!(text.matches("<polyline").count(), 2);
        assert!(text.contains("a &lt; b") && text.contains("J &amp; &lt;more&gt;"));
        assert!(text.contains(">10⁻⁴⁰⁰⁰<"), "powers of ten");
        assert!(text.len() < 60_000, "long curves are thinned: {}", text.len());
    }

    #[test]
    fn a_gap_breaks_the_line_and_a_single_point_is_a_dot() {
        let values = [1.0, 2.0, f64::NAN, 3.0, f64::INFINITY, 4.0, 5.0];
        let panels = [Panel { label: "", series: &[series("", &values)], powers: false }];
        let text = figure(&steps(7), &panels).svg();
        assert_eq!((text.matches("<polyline").count(), text.matches("<circle").count()), (2, 1));
        let dots = [Series { points: true, ..series("", &values) }];
        let text = figure(&steps(7), &[Panel { series: &dots, ..panels[0] }]).svg();
        assert_eq!((text.matches("<polyline").count(), text.matches("<circle").count()), (0, 5));
    }

    #[test]
    fn one_row_of_a_million_is_seen() {
        let mut values = vec![0.0; 1_000_000];
        values[654_321] = 1.0;
        let panels = [Panel { label: "", series: &[series("", &values)], powers: false }];
        let text = figure(&steps(values.len()), &panels).svg();
        // 4 % of the range below the upper edge.
        let top = TOP + HEIGHT * 0.04 / 1.08;
        assert!(text.contains(&format!(",{:.2} ", top)) && text.len() < 30_000);
    }

    #[test]
    fn names_of_curves_keep_clear_of_them() {
        let (low, high) = (vec![0.0; 50], (0..50).map(|k| if k < 25 { 0.0 } else { 1.0 }).collect::<Vec<_>>());
        let place = |values: &[f64]| {
            let two = [series("one", values), series("two", &low)];
            let text = figure(&steps(50), &[Panel { label: "", series: &two, powers: false }]).svg();
            sound(&text);
            let (_, after) =
                text.split_once("fill-opacity").and_then(|(before, _)| before.rsplit_once("<rect ")).expect("there");
            let numbers = after.split('"').skip(1).step_by(2).take(2).map(|number| number.parse::<f64>().expect("a number"));
            assert!(text.contains(">one<") && text.contains(">two<"));
            [WIDTH / 2.0, TOP + HEIGHT / 2.0].into_iter().zip(numbers).map(|(middle, at)| at > middle).collect::<Vec<_>>()
        };
        assert_eq!(place(&low), [true, false], "at the top right");
        assert_eq!(place(&high), [false, false], "at the top left");
        // In room of their own they hide nothing: no curve is in the upper part.
        let two = [series("one", &high), series("two", &low)];
        let panels = [Panel { label: "", series: &two, powers: false }];
        let highest = |roomy: bool| {
            let text = Figure { roomy, ..figure(&steps(50), &panels) }.svg();
            let curves = text.lines().filter_map(|line| line.strip_prefix("<polyline points=\"")?.split_once('"'));
            // Samples beside names have two points.
            let curves = curves.map(|(points, _)| points.split(' ')).filter(|points| points.clone().count() > 2);
            let heights =
                curves.flatten().map(|point| point.split_once(',').expect("a pair").1.parse::<f64>().expect("a number"));
            heights.fold(f64::INFINITY, f64::min)
        };
        assert!(highest(false) < TOP + 12.0 && (TOP + 2.0 * LINE + 16.0..TOP + 70.0).contains(&highest(true)));
        // More names than there is room for.
        let many = vec![series("many", &low); 100];
        let text = figure(&steps(50), &[Panel { label: "", series: &many, powers: false }]).svg();
        assert!(text.matches(">many<").count() < 13 && text.contains("more</text>"));
    }

    #[test]
    fn extremes_are_drawn() {
        let all: [&[f64]; 9] = [
            &[],
            &[1.0],
            &[f64::NAN; 3],
            &[0.0; 3],
            &[1e300, -1e300, 1e-300],
            &[f64::MAX, f64::MIN, 5e-324],
            &[1e-300, 2e-300, f64::NAN, 5e-324],
            &[1e15, 1e15 + 0.125],
            &[f64::INFINITY, f64::NEG_INFINITY, 3.0],
        ];
        let wild = "\u{0}\u{202e}\"<&é漢".repeat(100);
        for values in all {
            for across in all {
                let one = [Series { colour: "\"", dashes: "<", ..series(&wild, values) }, series("", across)];
                let panels = [false, true].map(|powers| Panel { label: &wild, series: &one, powers });
                let marks = [1.0, f64::NAN, 1e300, -1e300].map(|at| Mark { at, label: &wild, colour: "#000" });
                let scatter = Some(Scatter { label_x: &wild, label_y: &wild, x: values, y: across });
                let (subtitle, title) = ([wild.clone(), String::new()], wild.as_str());
                sound(
                    &Figure { title, subtitle: &subtitle, axis: &wild, marks: &marks, scatter, ..figure(across, &panels) }
                        .svg(),
                );
            }
        }
        sound(&figure(&[], &[]).svg());
    }
}
