//! A panel: its frame and axes, its curves, their names.

use super::super::axes::{
    Scale, cut, dot, escape, labels, line, polyline, rect, text, ticks, ticks_of_powers, upright, wide,
};
use super::{GAP, HEIGHT, LINE, SMALL, SMALL_GREY, Series, WIDTH};
use std::fmt::Write;

/// A vertical axis: its scale, and what is written where.
pub(super) type Side = (Scale, Vec<(f64, String)>);

/// What numbers along an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Any.
    Any,
    /// Whole ones.
    Whole,
    /// Logarithms to base 10.
    Powers,
}

impl Numbers {
    pub(super) fn whole(whole: bool) -> Numbers {
        if whole { Numbers::Whole } else { Numbers::Any }
    }
}

/// The ticks of a horizontal axis, about six or as many as have room, and its name.
pub(super) fn foot(out: &mut String, scale: &Scale, bottom: f64, name: &str, numbers: Numbers) {
    let [left, right] = scale.pixels;
    let fitting = [6.0, 4.0, 3.0, 2.0].into_iter().find_map(|count| {
        let (ticks, labels): (Vec<f64>, Vec<String>) = match numbers {
            Numbers::Powers => ticks_of_powers(scale.values, count).into_iter().unzip(),
            _ => {
                let ticks = ticks(scale.values, count, numbers == Numbers::Whole);
                let labels = labels(&ticks);
                (ticks, labels)
            }
        };
        let ends = |i: usize| (scale.at(ticks[i]), 0.5 * 13.0 * wide(&labels[i]) + 4.0);
        let apart = (1..ticks.len()).all(|i| ends(i).0 - ends(i - 1).0 >= ends(i).1 + ends(i - 1).1);
        apart.then_some((ticks, labels))
    });
    for (tick, label) in fitting.into_iter().flat_map(|(ticks, labels)| ticks.into_iter().zip(labels)) {
        let at = scale.at(tick);
        line(out, [at, bottom, at, bottom + 5.0], "stroke=\"#888\"");
        let inside = at.min(WIDTH - 2.0 - 0.5 * 13.0 * wide(&label));
        text(out, [inside, bottom + 20.0], "text-anchor=\"middle\"", &label);
    }
    let name = cut(name, right - left, 13.0);
    text(out, [0.5 * (left + right), bottom + 42.0], "text-anchor=\"middle\"", &name);
}

/// The ticks of a vertical axis.
fn rungs(values: [f64; 2], powers: bool, count: f64) -> Vec<(f64, String)> {
    if powers {
        return ticks_of_powers(values, count);
    }
    let ticks = ticks(values, count, false);
    let labels = labels(&ticks);
    ticks.into_iter().zip(labels).collect()
}

/// A panel before its curves: the lines at ticks, the frame, the label; or that there is nothing to draw.
pub(super) fn frame(out: &mut String, [left, right, top, bottom]: [f64; 4], side: &Option<Side>, label: &str) {
    match side {
        Some((scale, rungs)) => {
            for (tick, label) in rungs {
                let at = scale.at(*tick);
                line(out, [left, at, right, at], "stroke=\"#ddd\"");
                text(out, [left - 8.0, at + 4.5], "text-anchor=\"end\"", label);
            }
        }
        None => {
            let middle = [0.5 * (left + right), 0.5 * (top + bottom) + 4.5];
            text(out, middle, "text-anchor=\"middle\" fill=\"#888\"", "nothing to draw");
        }
    }
    rect(out, [left, top, right - left, bottom - top], "fill=\"none\" stroke=\"#888\"");
    upright(out, [22.0, 0.5 * (top + bottom)], bottom - top + GAP - 6.0, label);
}

/// The scale and the ticks of a vertical axis, where there is a value.
pub(super) fn side(values: Option<[f64; 2]>, powers: bool, pixels: [f64; 2]) -> Option<Side> {
    let count = if pixels[0] - pixels[1] >= HEIGHT { 7.0 } else { 6.0 };
    values.map(|values| (Scale { values, pixels }, rungs(values, powers, count)))
}

/// The curve of a series, in pieces: pixels.
pub(super) fn draw(out: &mut String, series: &Series<'_>, pieces: &[Vec<[f64; 2]>]) {
    let (colour, dashes) = (escape(series.colour), escape(series.dashes));
    let dots = |out: &mut String, radius: f64, at: &mut dyn Iterator<Item = &[f64; 2]>| {
        let mut at = at.peekable();
        if at.peek().is_some() {
            let _ = writeln!(out, "<g fill=\"{colour}\">");
            at.for_each(|at| dot(out, *at, radius, ""));
            out.push_str("</g>\n");
        }
    };
    if series.points {
        return dots(out, 1.6, &mut pieces.iter().flatten());
    }
    let dashed = if dashes.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dashes}\"") };
    let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"{dashed}");
    for piece in pieces.iter().filter(|piece| piece.len() > 1) {
        polyline(out, piece.iter().copied(), &style);
    }
    dots(out, 1.8, &mut pieces.iter().filter(|piece| piece.len() == 1).flatten());
}

/// The names of the curves, in the corner where they hide least of them: at the top right where it is free.
pub(super) fn legend(
    out: &mut String,
    [left, right, top, bottom]: [f64; 4],
    series: &[Series<'_>],
    curves: &[Vec<Vec<[f64; 2]>>],
) {
    let series: Vec<&Series<'_>> = series.iter().filter(|series| !series.label.is_empty()).collect();
    let room = ((bottom - top - 16.0) / LINE) as usize;
    let shown = if series.len() > room { room.saturating_sub(1) } else { series.len() };
    let mut rows: Vec<(String, Option<&Series<'_>>)> =
        series[..shown].iter().map(|series| (cut(series.label, 0.4 * (right - left), SMALL), Some(*series))).collect();
    if shown < series.len() {
        rows.push((format!("and {} more", series.len() - shown), None));
    }
    let widest = rows.iter().map(|(label, _)| SMALL * wide(label)).fold(0.0, f64::max);
    let (width, height) = (widest + 46.0, LINE * rows.len() as f64 + 6.0);
    let [near, far] = [6.0, 8.0]; // from the frame, across and down
    let corners = [right - near - width, left + near].map(|x| [top + far, bottom - far - height].map(|y| [x, y]));
    let [[top_right, bottom_right], [top_left, bottom_left]] = corners;
    let hidden = |[x, y]: [f64; 2]| {
        let inside = |[a, b]: [f64; 2]| usize::from(x <= a && a <= x + width && y <= b && b <= y + height);
        let between = |a: [f64; 2], b: [f64; 2]| {
            let parts = (f64::hypot(b[0] - a[0], b[1] - a[1]) / 8.0).clamp(1.0, 100.0) as usize;
            (0..parts)
                .map(|i| i as f64 / parts as f64)
                .map(|t| inside([0, 1].map(|i| a[i] + t * (b[i] - a[i]))))
                .sum::<usize>()
        };
        let along = |piece: &Vec<[f64; 2]>| {
            let last = piece.last().map_or(0, |last| inside(*last));
            piece.windows(2).map(|pair| between(pair[0], pair[1])).sum::<usize>() + last
        };
        curves.iter().flatten().map(along).sum::<usize>()
    };
    let best = [top_right, top_left, bottom_right, bottom_left].into_iter().min_by_key(|corner| hidden(*corner));
    let [x, y] = best.unwrap_or(top_right);
    rect(out, [x, y, width, height], "fill=\"#fff\" fill-opacity=\"0.85\"");
    for (i, (label, series)) in rows.iter().enumerate() {
        let middle = y + 3.0 + LINE * (i as f64 + 0.5);
        let sample = [[x + 6.0, middle], [x + 32.0, middle]];
        let Some(series) = series else {
            text(out, [x + 39.0, middle + 4.0], SMALL_GREY, label);
            continue;
        };
        let pieces = match series.points {
            true => vec![[6.0, 19.0, 32.0].map(|right| [x + right, middle]).to_vec()],
            false => vec![sample.to_vec()],
        };
        draw(out, series, &pieces);
        let style = format!("font-size=\"12\" fill=\"{}\"", escape(series.colour));
        text(out, [x + 39.0, middle + 4.0], &style, label);
    }
}
