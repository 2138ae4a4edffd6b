//! One quantity of a run against another, coloured by the place in the run.

use super::super::axes::{Scale, cut, dot, range, rect, text, wide};
use super::panel::{Numbers, Side, foot, frame, side};
use super::thin::cloud;
use super::{FOOT, RIGHT, SMALL, SMALL_GREY};

/// One quantity against another: one value of each at every step; pairs with a value that is not finite are left out.
#[derive(Clone, Copy, Debug)]
pub struct Scatter<'a> {
    /// The label of the horizontal axis.
    pub label_x: &'a str,
    /// The label of the vertical axis.
    pub label_y: &'a str,
    /// The horizontal values, in the order of the run.
    pub x: &'a [f64],
    /// The vertical values, as many as `x` has.
    pub y: &'a [f64],
}

const HEIGHT: f64 = 260.0;
/// Above the panel: the key of the colours.
const KEY: f64 = 40.0;

/// Dark blue, over green, to yellow: lighter at every step, as viridis.
const RAMP: [[f64; 3]; 6] = [
    [68.0, 1.0, 84.0],
    [65.0, 68.0, 135.0],
    [42.0, 120.0, 142.0],
    [34.0, 168.0, 132.0],
    [122.0, 209.0, 81.0],
    [240.0, 215.0, 30.0],
];

/// The colour of a share of the run, from 0 to 1.
pub(super) fn ramp(share: f64) -> String {
    let place = share.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let from = (place as usize).min(RAMP.len() - 2);
    let rest = place - from as f64;
    let [r, g, b] = [0, 1, 2].map(|i| (RAMP[from][i] + rest * (RAMP[from + 1][i] - RAMP[from][i])).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// What colours are, with the names of the darkest and the lightest, at the right above `low`.
pub(super) fn key(out: &mut String, low: f64, [what, dark, light]: [&str; 3]) {
    let (parts, part) = (24, 5.0);
    let right = RIGHT - SMALL * wide(light) - 6.0;
    let left = right - part * f64::from(parts);
    for i in 0..parts {
        let colour = ramp(f64::from(i) / f64::from(parts - 1));
        // A hair wider than its place, so that no seam is seen.
        rect(out, [left + part * f64::from(i), low - 9.0, part + 0.3, 10.0], &format!("fill=\"{colour}\""));
    }
    let dark = if what.is_empty() { dark.to_string() } else { format!("{what}: {dark}") };
    text(out, [left - 6.0, low], &format!("{SMALL_GREY} text-anchor=\"end\""), &dark);
    text(out, [right + 6.0, low], SMALL_GREY, light);
}

/// A cloud with its place.
pub(super) struct Placed<'a> {
    scatter: &'a Scatter<'a>,
    drawn: Vec<usize>,
    top: f64,
    across: Option<[f64; 2]>,
    side: Option<Side>,
}

impl Scatter<'_> {
    /// Below `above`.
    pub(super) fn laid_out(&self, above: f64) -> Placed<'_> {
        let (drawn, top) = (cloud(self.x, self.y), above + KEY);
        let of = |values: &[f64]| range(drawn.iter().map(|i| values[*i]), false);
        let (across, up) = (of(self.x), of(self.y));
        Placed { scatter: self, top, across, side: side(up, false, [top + HEIGHT, top]), drawn }
    }
}

impl Placed<'_> {
    /// Where it ends.
    pub(super) fn end(&self) -> f64 {
        self.top + HEIGHT + FOOT
    }

    /// Its vertical axis.
    pub(super) fn side(&self) -> &Option<Side> {
        &self.side
    }

    /// The panel, from `left`.
    pub(super) fn draw(&self, out: &mut String, left: f64) {
        let Placed { scatter, drawn, top, across, side } = self;
        let bottom = top + HEIGHT;
        frame(out, [left, RIGHT, *top, bottom], side, scatter.label_y);
        let x = Scale { values: across.unwrap_or([0.0, 1.0]), pixels: [left, RIGHT] };
        match across {
            Some(_) => foot(out, &x, bottom, scatter.label_x, Numbers::Any),
            None => {
                let name = cut(scatter.label_x, RIGHT - left, 13.0);
                text(out, [0.5 * (left + RIGHT), bottom + 42.0], "text-anchor=\"middle\"", &name);
            }
        }
        let Some((y, _)) = side else { return };
        key(out, self.top - 10.0, ["", "start", "end"]);
        let last = scatter.x.len().min(scatter.y.len()).saturating_sub(1).max(1) as f64;
        out.push_str("<g stroke=\"#000\" stroke-opacity=\"0.25\" stroke-width=\"0.5\">\n");
        for &i in drawn {
            let style = format!("fill=\"{}\"", ramp(i as f64 / last));
            dot(out, [x.at(scatter.x[i]), y.at(scatter.y[i])], 2.6, &style);
        }
        out.push_str("</g>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_from_dark_to_light() {
        let light = |share: f64| {
            let colour = u32::from_str_radix(&ramp(share)[1..], 16).expect("a colour").to_be_bytes();
            0.3 * f64::from(colour[1]) + 0.6 * f64::from(colour[2]) + 0.1 * f64::from(colour[3])
        };
        assert_eq!([0.0, 1.0, -1.0].map(ramp), ["#440154", "#f0d71e", "#440154"]);
        assert!((0..100).map(|i| f64::from(i) / 100.0).all(|share| light(share) < light(share + 0.01)));
    }

    #[test]
    fn pairs_are_drawn_in_their_order() {
        let scatter =
            Scatter { label_x: "gap", label_y: "λ", x: &[0.0, 1.0, f64::NAN, 2.0], y: &[5.0, 6.0, 7.0, 8.0, 9.0] };
        let (placed, mut out) = (scatter.laid_out(100.0), String::new());
        placed.draw(&mut out, 90.0);
        let colours: Vec<&str> =
            out.lines().filter_map(|line| Some(line.split_once("<circle")?.1.split_once("fill=\"")?.1)).collect();
        assert!(colours.len() == 3 && colours[0].starts_with(&ramp(0.0)) && colours[2].starts_with(&ramp(1.0)));
        assert!([">gap<", ">λ<", ">start<", ">end<", ">1.5<", ">7<"].iter().all(|part| out.contains(part)), "{out}");
    }
}
