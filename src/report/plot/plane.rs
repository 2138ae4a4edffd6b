//! Cells over two coordinates, each with a shade, and lines over them.

use super::super::axes::{Scale, cut, polyline, rect, sheet, text};
use super::panel::{Numbers, foot, frame, side};
use super::scatter::{key, ramp};
use super::{FOOT, LEFT, LINE, RIGHT, SMALL, SMALL_GREY, TOP, WIDTH};

/// One quantity over the cells.
#[derive(Clone, Debug)]
pub struct Shades<'a> {
    /// What it is, and the names of the darkest and the lightest.
    pub key: [&'a str; 3],
    /// By row, from below, and by column: from 0, dark, to 1, light; no cell where it is not finite.
    pub values: Vec<Vec<f64>>,
}

/// A line over the cells.
#[derive(Clone, Debug)]
pub struct Over<'a> {
    /// Its name.
    pub label: &'a str,
    /// A colour of SVG.
    pub colour: &'a str,
    /// Lengths of dashes and gaps; none where empty.
    pub dashes: &'a str,
    /// How wide it is, in pixels.
    pub width: f64,
    /// Its points, in coordinates; what is outside is left out, and one that is not finite parts it.
    pub points: Vec<[f64; 2]>,
}

/// A picture: panels below each other with the same coordinates and lines.
#[derive(Clone, Debug)]
pub struct Plane<'a> {
    /// Above it.
    pub title: &'a str,
    /// Lines below the title.
    pub subtitle: &'a [String],
    /// The horizontal coordinate, a logarithm to base 10: its name and its ends.
    pub across: (&'a str, [f64; 2]),
    /// The vertical one: its name, its ends, and whether it is a logarithm to base 10.
    pub up: (&'a str, [f64; 2], bool),
    /// From above.
    pub panels: &'a [Shades<'a>],
    /// In every panel.
    pub lines: &'a [Over<'a>],
}

const HEIGHT: f64 = 230.0;
/// From one panel to the next: the key of its shades.
const GAP: f64 = 34.0;
/// How many shades are told apart.
const SHADES: f64 = 48.0;

/// The points of a line that are inside, in pieces.
fn pieces(points: &[[f64; 2]], [x, y]: [[f64; 2]; 2]) -> Vec<Vec<[f64; 2]>> {
    let inside = |point: &[f64; 2]| x[0] <= point[0] && point[0] <= x[1] && y[0] <= point[1] && point[1] <= y[1];
    points.split(|point| !inside(point)).filter(|piece| piece.len() > 1).map(<[_]>::to_vec).collect()
}

impl Plane<'_> {
    /// The picture.
    pub fn svg(&self) -> String {
        let (across, (up, rows, powers)) = (self.across.1, self.up);
        let head = TOP + LINE * self.subtitle.len() as f64 + GAP - 12.0;
        let top = |i: usize| head + i as f64 * (HEIGHT + GAP);
        let foot_at = top(self.panels.len()) - GAP;
        let legend = foot_at + FOOT + 4.0;
        let mut out = sheet(WIDTH, legend + LINE * self.lines.len().div_ceil(2) as f64 + 6.0, "#333");
        let room = WIDTH - LEFT - 8.0;
        text(&mut out, [LEFT, 28.0], "font-size=\"15\"", &cut(self.title, room, 15.0));
        for (i, subtitle) in self.subtitle.iter().enumerate() {
            text(&mut out, [LEFT, 47.0 + LINE * i as f64], SMALL_GREY, &cut(subtitle, room, SMALL));
        }
        let x = Scale { values: across, pixels: [LEFT, RIGHT] };
        for (i, panel) in self.panels.iter().enumerate() {
            let (top, bottom) = (top(i), top(i) + HEIGHT);
            let y = Scale { values: rows, pixels: [bottom, top] };
            frame(&mut out, [LEFT, RIGHT, top, bottom], &side(Some(rows), powers, [bottom, top]), up);
            panel.cells(&mut out, [LEFT, RIGHT, top, bottom]);
            for line in self.lines {
                for piece in pieces(&line.points, [across, rows]) {
                    polyline(&mut out, piece.iter().map(|point| [x.at(point[0]), y.at(point[1])]), &line.style());
                }
            }
            key(&mut out, top - 10.0, panel.key);
        }
        foot(&mut out, &x, foot_at, self.across.0, Numbers::Powers);
        for (i, line) in self.lines.iter().enumerate() {
            let at = [LEFT + (i % 2) as f64 * 0.5 * (RIGHT - LEFT), legend + LINE * (i / 2) as f64];
            // On a ground as dark as cells are, so that light lines are seen.
            rect(&mut out, [at[0], at[1] - 6.0, 30.0, 12.0], &format!("fill=\"{}\"", ramp(0.3)));
            polyline(&mut out, [at, [at[0] + 30.0, at[1]]].into_iter(), &line.style());
            text(&mut out, [at[0] + 38.0, at[1] + 4.0], SMALL_GREY, &cut(line.label, 0.5 * (RIGHT - LEFT) - 44.0, SMALL));
        }
        out + "</svg>\n"
    }
}

impl Over<'_> {
    fn style(&self) -> String {
        let dashed = if self.dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", self.dashes) };
        format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"{dashed}", self.colour, self.width)
    }
}

impl Shades<'_> {
    /// Neighbours of one shade in a row are one rectangle.
    fn cells(&self, out: &mut String, [left, right, top, bottom]: [f64; 4]) {
        let shade = |x: f64| x.is_finite().then(|| (SHADES * x.clamp(0.0, 1.0)).round() as u32);
        let height = (bottom - top) / self.values.len().max(1) as f64;
        for (i, row) in self.values.iter().enumerate() {
            let low = bottom - height * i as f64;
            let width = (right - left) / row.len().max(1) as f64;
            let mut from = 0;
            for same in row.chunk_by(|a, b| shade(*a) == shade(*b)) {
                let Some(shade) = same.first().and_then(|x| shade(*x)) else {
                    from += same.len();
                    continue;
                };
                let colour = ramp(f64::from(shade) / SHADES);
                // A hair higher and wider than its place, so that no seam is seen.
                let size = [width * same.len() as f64 + 0.3, height + 0.3];
                let at = [left + width * from as f64, low - height - 0.3];
                rect(out, [at[0], at[1], size[0], size[1]], &format!("fill=\"{colour}\""));
                from += same.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_lines_are_drawn() {
        let shades = |values| Shades { key: ["J", "0", "1"], values };
        let over = |points| Over { label: "a < b", colour: "#fff", dashes: "4 2", width: 2.0, points };
        let svg = Plane {
            title: "t",
            subtitle: &["s".into()],
            across: ("x", [-2.0, 2.0]),
            up: ("y", [0.0, 4.0], false),
            panels: &[shades(vec![vec![0.0, 0.0, 1.0], vec![f64::NAN, 0.5, 0.5]]), shades(vec![])],
            lines: &[over(vec![[0.0, 0.0], [1.0, 1.0], [9.0, 2.0], [1.0, 3.0], [1.0, 4.0]]), over(vec![[f64::NAN, 0.0]])],
        }
        .svg();
        assert!(resvg::usvg::roxmltree::Document::parse(&svg).is_ok() && !svg.contains("NaN"), "{svg}");
        let cells = svg.matches(&format!("fill=\"{}\"", ramp(0.0))).count() - 2; // and two keys
        assert_eq!(cells, 1, "two neighbours are one");
        // Two pieces of one line in two panels, and two names.
        assert_eq!(svg.matches("<polyline").count(), 6);
        assert!([">10⁻²<", ">10²<", "a &lt; b", ">J: 0<"].iter().all(|part| svg.contains(part)), "{svg}");
    }
}
