//! Many curves, each with a shade of its own, in panels with horizontal axes of their own.

use super::super::axes::{Scale, cut, polyline, range, rect, sheet, text, wide};
use super::panel::{Numbers, Side, foot, frame, side};
use super::scatter::{key, ramp};
use super::{FOOT, LEFT, LINE, RIGHT, SMALL, SMALL_GREY, TOP, WIDTH};

/// One curve of a [`Bundle`].
#[derive(Clone, Debug)]
pub struct Strand {
    /// Its points (x, y), in their order; those that are not finite are left out.
    pub points: Vec<[f64; 2]>,
    /// Its shade in \[0, 1\]: 0 is dark, 1 light.
    pub shade: f64,
}

/// A panel of many shaded curves, with axes of its own.
#[derive(Clone, Debug)]
pub struct Bundle<'a> {
    /// The label of the horizontal axis.
    pub label_x: &'a str,
    /// The label of the vertical axis.
    pub label_y: &'a str,
    /// The curves.
    pub strands: Vec<Strand>,
    /// A dashed black curve over them: its name and its points (x, y).
    pub over: Option<(&'a str, Vec<[f64; 2]>)>,
    /// Whether horizontal values are whole numbers.
    pub whole: bool,
    /// Whether the curves are few, and drawn thick.
    pub few: bool,
}

/// A picture: bundles below each other, with one key of shades.
#[derive(Clone, Debug)]
pub struct Bundles<'a> {
    /// The title, above everything.
    pub title: &'a str,
    /// Lines below the title.
    pub subtitle: &'a [String],
    /// What shades are, and the names of the darkest and the lightest.
    pub key: [&'a str; 3],
    /// The panels, from above.
    pub panels: &'a [Bundle<'a>],
}

const HEIGHT: f64 = 230.0;
/// How far a point that is left out may be from the line that is drawn, in pixels.
const NEAR: f64 = 0.4;
/// From the foot of a panel to the next.
const GAP: f64 = 14.0;

/// The distance of a point from the segment between two others.
fn distance(point: [f64; 2], [a, b]: [[f64; 2]; 2]) -> f64 {
    let [x, y] = [b[0] - a[0], b[1] - a[1]];
    let square = x * x + y * y;
    let share = ((point[0] - a[0]) * x + (point[1] - a[1]) * y) / square;
    let share = if square > 0.0 { share.clamp(0.0, 1.0) } else { 0.0 };
    let off = [point[0] - a[0] - share * x, point[1] - a[1] - share * y];
    (off[0] * off[0] + off[1] * off[1]).sqrt() // not hypot, which is the platform's
}

/// Fewer points, none of those left out farther than [`NEAR`] from what is drawn (Ramer, Douglas and Peucker).
fn thinned(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let (mut kept, mut parts) = (vec![false; points.len()], vec![(0, points.len().saturating_sub(1))]);
    while let Some((from, to)) = parts.pop() {
        for end in [from, to] {
            kept.get_mut(end).into_iter().for_each(|kept| *kept = true);
        }
        let inner = (from + 1..to).map(|i| (distance(points[i], [points[from], points[to]]), i));
        let (most, at) = inner.fold((0.0, from), |best, next| if next.0 > best.0 { next } else { best });
        if most > NEAR {
            parts.extend([(from, at), (at, to)]);
        }
    }
    points.iter().zip(kept).filter(|(_, kept)| *kept).map(|(point, _)| *point).collect()
}

impl Bundle<'_> {
    fn values(&self, axis: usize) -> Option<[f64; 2]> {
        let over = self.over.iter().flat_map(|(_, points)| points);
        let all = self.strands.iter().flat_map(|strand| &strand.points).chain(over);
        range(all.filter(|point| point.iter().all(|x| x.is_finite())).map(|point| point[axis]), false)
    }

    fn draw(&self, out: &mut String, [left, top]: [f64; 2], up: &Option<Side>) {
        let bottom = top + HEIGHT;
        frame(out, [left, RIGHT, top, bottom], up, self.label_y);
        let x = Scale { values: self.values(0).unwrap_or([0.0, 1.0]), pixels: [left, RIGHT] };
        foot(out, &x, bottom, self.label_x, Numbers::whole(self.whole));
        let Some((y, _)) = up else { return };
        let pixels = |points: &[[f64; 2]]| -> Vec<[f64; 2]> {
            let finite = points.iter().filter(|point| point.iter().all(|x| x.is_finite()));
            finite.map(|point| [x.at(point[0]), y.at(point[1])]).collect()
        };
        let style = if self.few { "stroke-width=\"2.4\"" } else { "stroke-width=\"0.9\" stroke-opacity=\"0.55\"" };
        out.push_str(&format!("<g fill=\"none\" {style} stroke-linejoin=\"round\">\n"));
        for strand in &self.strands {
            let colour = ramp(strand.shade);
            polyline(out, thinned(&pixels(&strand.points)).into_iter(), &format!("stroke=\"{colour}\""));
        }
        out.push_str("</g>\n");
        if let Some((name, points)) = &self.over {
            let style = "fill=\"none\" stroke=\"#000\" stroke-width=\"1.6\" stroke-dasharray=\"7 4\"";
            polyline(out, pixels(points).into_iter(), style);
            let at = [left + 12.0, top + 20.0];
            rect(out, [at[0] - 4.0, at[1] - 13.0, SMALL * wide(name) + 40.0, 18.0], "fill=\"#fff\" fill-opacity=\"0.85\"");
            polyline(out, [[at[0], at[1] - 4.0], [at[0] + 26.0, at[1] - 4.0]].into_iter(), style);
            text(out, [at[0] + 32.0, at[1]], "font-size=\"12\"", name);
        }
    }
}

impl Bundles<'_> {
    /// The picture as SVG.
    pub fn svg(&self) -> String {
        let head = TOP + LINE * (self.subtitle.len() as f64 + 1.0);
        let top = |i: usize| head + i as f64 * (HEIGHT + FOOT + GAP);
        let sides: Vec<_> = self
            .panels
            .iter()
            .enumerate()
            .map(|(i, panel)| side(panel.values(1), false, [top(i) + HEIGHT, top(i)]))
            .collect();
        let rungs = sides.iter().flatten().flat_map(|(_, rungs)| rungs);
        let widest = rungs.map(|(_, label)| 13.0 * wide(label)).fold(0.0, f64::max);
        let left = f64::max(LEFT, widest.ceil() + 42.0);
        let mut out = sheet(WIDTH, top(self.panels.len()), "#333");
        let room = WIDTH - left - 8.0;
        let size = if 15.0 * wide(self.title) <= room { 15.0 } else { 13.0 };
        text(&mut out, [left, 28.0], &format!("font-size=\"{size}\""), &cut(self.title, room, size));
        for (i, subtitle) in self.subtitle.iter().enumerate() {
            text(&mut out, [left, 47.0 + LINE * i as f64], SMALL_GREY, &cut(subtitle, room, SMALL));
        }
        key(&mut out, head - 12.0, self.key);
        for (i, (panel, side)) in self.panels.iter().zip(&sides).enumerate() {
            panel.draw(&mut out, [left, top(i)], side);
        }
        out + "</svg>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_stay_near_to_all() {
        let points: Vec<[f64; 2]> = (0..=1000).map(|i| f64::from(i) / 10.0).map(|x| [x, 30.0 * (x / 20.0).sin()]).collect();
        let few = thinned(&points);
        assert!(few.len() < 40 && few[0] == points[0] && few.last() == points.last());
        let off =
            |point: &[f64; 2]| few.windows(2).map(|ends| distance(*point, [ends[0], ends[1]])).fold(f64::INFINITY, f64::min);
        assert!(points.iter().map(off).fold(0.0, f64::max) <= NEAR);
        assert_eq!(thinned(&[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]), [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]);
        assert_eq!((thinned(&[]), thinned(&[[1.0, 2.0]])), (vec![], vec![[1.0, 2.0]]));
    }

    #[test]
    fn every_strand_is_drawn_in_its_shade() {
        let strand = |shade, y| Strand { points: vec![[0.0, y], [f64::NAN, 7.0], [3.0, 2.0 * y]], shade };
        let panel = Bundle {
            label_x: "gap <x>",
            label_y: "J",
            strands: vec![strand(0.0, 1.0), strand(1.0, 2.0)],
            over: Some(("σ", vec![[0.0, 1.0], [3.0, 4.0]])),
            whole: false,
            few: true,
        };
        let empty = Bundle { label_x: "k", label_y: "nothing", strands: vec![], over: None, whole: true, few: false };
        let svg = Bundles { title: "t", subtitle: &["s".into()], key: ["J", "0", "1"], panels: &[panel, empty] }.svg();
        assert!(resvg::usvg::roxmltree::Document::parse(&svg).is_ok() && !svg.contains("NaN"), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 4);
        assert_eq!((svg.matches("stroke-width=\"2.4\"").count(), svg.matches("stroke-width=\"0.9\"").count()), (1, 0));
        assert!(svg.contains(&format!("stroke=\"{}\"", ramp(0.0))) && svg.contains(&format!("stroke=\"{}\"", ramp(1.0))));
        assert!(["gap &lt;x&gt;", ">J: 0<", ">1<", "nothing to draw"].iter().all(|part| svg.contains(part)), "{svg}");
    }
}
