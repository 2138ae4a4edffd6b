//! What happened at a step: a line through all panels, a number above it, a line of text below the picture.

use super::super::axes::{Scale, apart, dot, escape, line, parted, polyline, text};
use super::{RIGHT, SMALL, SMALL_GREY};

/// A step that is pointed out.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// The step; a mark outside the steps that are drawn is only named.
    pub at: f64,
    /// What happened there.
    pub label: &'a str,
    /// A colour of SVG, dark enough for white text on it.
    pub colour: &'a str,
}

/// The most marks that are drawn; of more, the number is said.
const MOST: usize = 60;
const RADIUS: f64 = 8.5;
/// Of the text of a mark, from its badge's left.
const INDENT: f64 = 25.0;
/// From the middle of one badge to the next.
const APART: f64 = 20.0;
/// From one line of text to the next.
const LINE: f64 = 15.0;
/// From one mark's text to the next one's, besides its lines.
const BETWEEN: f64 = 7.0;

/// The marks of a figure, with their places.
pub(super) struct Marks<'a> {
    /// Those that are drawn or named, and how many are not.
    marks: &'a [Mark<'a>],
    /// Their text, in lines.
    texts: Vec<Vec<String>>,
    left_out: usize,
    /// Number, where its line is, and where its badge is.
    badges: Vec<(usize, f64, [f64; 2])>,
    /// The upper and the lower end of all lines.
    ends: [f64; 2],
}

impl<'a> Marks<'a> {
    /// The height of a row of badges.
    pub(super) const ROW: f64 = 22.0;

    /// How many rows of badges there are.
    pub(super) fn rows(marks: &[Mark<'_>], [low, high]: [f64; 2]) -> usize {
        let drawn = marks.iter().take(MOST).filter(|mark| low <= mark.at && mark.at <= high).count();
        drawn.div_ceil(25)
    }

    /// The marks over an axis of steps, in so many rows; `head` is the upper end of the badges, the lines go from `top` to
    /// `bottom`.
    pub(super) fn new(marks: &'a [Mark<'a>], x: &Scale, rows: usize, [head, top, bottom]: [f64; 3]) -> Marks<'a> {
        let shown = &marks[..marks.len().min(MOST)];
        let [low, high] = x.values;
        let inside = shown.iter().enumerate().filter(|(_, mark)| low <= mark.at && mark.at <= high);
        let mut lines: Vec<(usize, f64)> = inside.map(|(i, mark)| (i, x.at(mark.at))).collect();
        lines.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut badges = Vec::new();
        for row in 0..rows {
            let here: Vec<(usize, f64)> = lines.iter().copied().skip(row).step_by(rows).collect();
            let wanted: Vec<f64> = here.iter().map(|(_, at)| *at).collect();
            let places = apart(&wanted, APART, [x.pixels[0], RIGHT]);
            let y = head + Self::ROW * (row as f64 + 0.5) - 2.0;
            badges.extend(here.into_iter().zip(places).map(|((i, at), place)| (i, at, [place, y])));
        }
        let room = RIGHT + 12.0 - (x.pixels[0] + INDENT);
        let texts = shown.iter().map(|mark| parted(mark.label, room, SMALL)).collect();
        Marks { marks: shown, texts, left_out: marks.len() - shown.len(), badges, ends: [top, bottom] }
    }

    /// How much room the text takes.
    pub(super) fn height(&self) -> f64 {
        let more = if self.left_out > 0 { LINE } else { 0.0 };
        let texts: f64 = self.texts.iter().map(|lines| BETWEEN + LINE * lines.len() as f64).sum();
        if texts > 0.0 { texts + more + 14.0 } else { 0.0 }
    }

    /// The lines and the numbers above them.
    pub(super) fn lines(&self, out: &mut String) {
        let [top, bottom] = self.ends;
        for &(i, at, [x, y]) in &self.badges {
            let colour = escape(self.marks[i].colour);
            line(out, [at, top, at, bottom], &format!("stroke=\"{colour}\" stroke-dasharray=\"4 3\""));
            polyline(out, [[x, y], [at, top]].into_iter(), &format!("fill=\"none\" stroke=\"{colour}\""));
        }
        for &(i, _, place) in &self.badges {
            self.badge(out, i, place);
        }
    }

    fn badge(&self, out: &mut String, i: usize, [x, y]: [f64; 2]) {
        dot(out, [x, y], RADIUS, &format!("fill=\"{}\" stroke=\"#fff\"", escape(self.marks[i].colour)));
        let number = (i + 1).to_string();
        text(out, [x, y + 4.0], "font-size=\"11\" fill=\"#fff\" text-anchor=\"middle\"", &number);
    }

    /// What the numbers say.
    pub(super) fn legend(&self, out: &mut String, [left, top]: [f64; 2]) {
        let mut y = top + 12.0;
        for (i, lines) in self.texts.iter().enumerate() {
            self.badge(out, i, [left + RADIUS, y]);
            for line in lines {
                text(out, [left + INDENT, y + 4.5], "font-size=\"12\"", line);
                y += LINE;
            }
            y += BETWEEN;
        }
        if self.left_out > 0 {
            text(out, [left + INDENT, y + 2.0], SMALL_GREY, &format!("and {} more", self.left_out));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out<'a>(marks: &'a [Mark<'a>]) -> Marks<'a> {
        let x = Scale { values: [0.0, 1_000.0], pixels: [90.0, RIGHT] };
        Marks::new(marks, &x, Marks::rows(marks, x.values), [50.0, 150.0, 900.0])
    }

    #[test]
    fn numbers_follow_the_marks_and_keep_apart() {
        let marks = [700.0, 702.0, 0.0, 703.0, 1_000.0].map(|at| Mark { at, label: "what happened", colour: "#b3261e" });
        let placed = laid_out(&marks);
        let mut badges = placed.badges.clone();
        badges.sort_by_key(|badge| badge.0);
        assert_eq!(badges.iter().map(|badge| badge.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(badges[0].2[0] < badges[1].2[0] && badges[1].2[0] < badges[3].2[0], "in the order of their steps");
        assert_eq!((badges[2].1, badges[4].1), (90.0, RIGHT));
        let mut out = String::new();
        placed.lines(&mut out);
        placed.legend(&mut out, [90.0, 1_000.0]);
        assert!((1..=5).all(|number| out.matches(&format!(">{number}</text>")).count() == 2));
        assert_eq!((out.matches("<line").count(), out.matches("what happened").count()), (5, 5));
    }

    #[test]
    fn any_number_of_marks_has_room() {
        for count in [2, 25, 26, 60, 1_000] {
            let marks: Vec<_> =
                (0..count).map(|i| Mark { at: 500.0 + 0.01 * f64::from(i), label: "x", colour: "#000" }).collect();
            let placed = laid_out(&marks);
            assert_eq!(placed.badges.len(), marks.len().min(MOST));
            for (i, (_, _, [x, y])) in placed.badges.iter().enumerate() {
                assert!((90.0..=RIGHT).contains(x) && (50.0..140.0).contains(y), "{x} {y}");
                let clear = |other: &[f64; 2]| f64::hypot(x - other[0], y - other[1]) > 2.0 * RADIUS;
                assert!(placed.badges[..i].iter().all(|(_, _, other)| clear(other)));
            }
            let mut out = String::new();
            placed.legend(&mut out, [90.0, 1_000.0]);
            assert_eq!(out.contains(">and 940 more<"), count == 1_000);
            assert_eq!(out.matches(">x</text>").count(), marks.len().min(MOST));
        }
    }

    #[test]
    fn a_mark_outside_is_only_named() {
        let marks = [f64::NAN, -1.0, 1_001.0, f64::INFINITY].map(|at| Mark { at, label: "outside", colour: "#000" });
        let placed = laid_out(&marks);
        let mut out = String::new();
        placed.lines(&mut out);
        assert_eq!(out, "");
        placed.legend(&mut out, [90.0, 1_000.0]);
        assert_eq!(out.matches(">outside<").count(), 4);
        assert!(placed.height() > 4.0 * LINE && laid_out(&[]).height() == 0.0);
    }
}
