//! What all pictures share: the sheet, its text, ranges, ticks and their labels, places of labels.

use crate::error::is_wild;
use std::fmt::Write;

/// The beginning of a picture: a white sheet of this size, and the colour of its text.
pub(super) fn sheet(width: f64, height: f64, ink: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"{ink}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    )
}

/// Escapes text for XML; white space becomes blanks, and what could disturb a line of text becomes �.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if is_wild(c) && !c.is_whitespace() => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'), // no characters of XML
            c if c.is_whitespace() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// About how wide text is in DejaVu Sans, the widest of the fonts named on the sheet, in units of its size.
pub(super) fn wide(text: &str) -> f64 {
    text.chars().map(width_of).sum()
}

fn width_of(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | 'J' | ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '/' | '\\' | '·' | '‘' | '’' => 0.34,
        'f' | 'r' | 't' | '!' | '(' | ')' | '[' | ']' | '-' | '⁰'..='₉' | '¹' | '²' | '³' => 0.42,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'L' | '?' | '_' | '*' | '–' | '“' | '”' => 0.59,
        'm' | 'w' | 'M' | 'W' | '+' | '%' | '<'..='@' | '~' | '#' => 0.92,
        'a'..='z' | '0'..='9' | 'α'..='ψ' => 0.64,
        'A'..='Z' | 'Α'..='Ψ' | 'à'..='ÿ' => 0.74,
        _ => 1.0,
    }
}

/// Text that is no wider than `room` in letters of this size; what is cut off ends in ….
pub(super) fn cut(text: &str, room: f64, size: f64) -> String {
    let (mut out, mut used) = (String::new(), 0.0);
    for c in text.chars() {
        used += size * width_of(c);
        if used > room {
            while used > room - size && out.pop().map(|c| used -= size * width_of(c)).is_some() {}
            return out.trim_end().to_string() + "…";
        }
        out.push(c);
    }
    out
}

/// Text on at most two lines no wider than `room`, parted at a blank; what is cut off ends in ….
pub(super) fn parted(text: &str, room: f64, size: f64) -> Vec<String> {
    let mut used = 0.0;
    let end = text.char_indices().find(|(_, c)| {
        used += size * width_of(*c);
        used > room
    });
    let blank = end.and_then(|(end, _)| text[..end].rfind(' '));
    match blank {
        Some(blank) => vec![text[..blank].trim_end().into(), cut(text[blank..].trim_start(), room, size)],
        None => vec![cut(text, room, size)],
    }
}

/// Hundredths of a pixel.
fn px(x: f64) -> f64 {
    (100.0 * x).round() / 100.0
}

/// A straight line from x1, y1 to x2, y2.
pub(super) fn line(out: &mut String, [x1, y1, x2, y2]: [f64; 4], style: &str) {
    let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(px);
    let _ = writeln!(out, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {style}/>");
}

/// A rectangle with this corner, width and height.
pub(super) fn rect(out: &mut String, [x, y, width, height]: [f64; 4], style: &str) {
    let [x, y, width, height] = [x, y, width, height].map(px);
    let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {style}/>");
}

/// A line of text, escaped.
pub(super) fn text(out: &mut String, [x, y]: [f64; 2], style: &str, text: &str) {
    let (blank, [x, y]) = (if style.is_empty() { "" } else { " " }, [x, y].map(px));
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\"{blank}{style}>{}</text>", escape(text));
}

/// Text that reads upwards, about a point in its middle: smaller where it is longer than `room`, then cut.
pub(super) fn upright(out: &mut String, [x, y]: [f64; 2], room: f64, text: &str) {
    let size = if 13.0 * wide(text) <= room { 13.0 } else { 11.0 };
    let (at, small) = ([x, y].map(px), if size < 13.0 { " font-size=\"11\"" } else { "" });
    let _ = writeln!(
        out,
        "<text transform=\"translate({} {}) rotate(-90)\" text-anchor=\"middle\"{small}>{}</text>",
        at[0],
        at[1],
        escape(&cut(text, room, size))
    );
}

/// A dot.
pub(super) fn dot(out: &mut String, [x, y]: [f64; 2], radius: f64, style: &str) {
    let (blank, [x, y]) = (if style.is_empty() { "" } else { " " }, [x, y].map(px));
    let _ = writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{blank}{style}/>");
}

/// A line through points.
pub(super) fn polyline(out: &mut String, points: impl Iterator<Item = [f64; 2]>, style: &str) {
    out.push_str("<polyline points=\"");
    for (i, [x, y]) in points.enumerate() {
        let _ = write!(out, "{}{},{}", if i == 0 { "" } else { " " }, px(x), px(y));
    }
    let _ = writeln!(out, "\"{}{style}/>", if style.is_empty() { "" } else { " " });
}

/// From values to pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// Lowest and highest value.
    pub values: [f64; 2],
    /// Where they are drawn.
    pub pixels: [f64; 2],
}

impl Scale {
    /// Where a value is drawn.
    pub(super) fn at(&self, value: f64) -> f64 {
        let ([low, high], [from, to]) = (self.values, self.pixels);
        // Halves: the difference of extremes may overflow.
        from + (to - from) * ((0.5 * value - 0.5 * low) / (0.5 * high - 0.5 * low))
    }
}

/// The least range that is drawn, where all values are next to 0.
const LEAST: f64 = 1e-300;

/// Lowest and highest finite value with a margin, `None` where there is no finite value. Logarithms that are all equal get
/// half a decade each way, other values a tenth of their size. What varies by less than a billionth counts as equal.
pub(super) fn range(values: impl Iterator<Item = f64>, powers: bool) -> Option<[f64; 2]> {
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    if low > high {
        return None;
    }
    let (size, half) = (f64::max(low.abs(), high.abs()), 0.5 * high - 0.5 * low);
    let margin = match () {
        () if half > f64::max(1e-9 * size, LEAST) => 0.08 * half,
        () if powers || size == 0.0 => f64::max(0.5, 1e-9 * size),
        () => f64::max(0.1 * size, LEAST),
    };
    Some([f64::max(low - margin, -f64::MAX), f64::min(high + margin, f64::MAX)])
}

/// Round numbers between `low` and `high`, about `count` of them.
pub(super) fn ticks([low, high]: [f64; 2], count: f64, whole: bool) -> Vec<f64> {
    let raw = high / count - low / count;
    let power = pxfm::f_exp10(pxfm::f_log10(raw).floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw).unwrap_or(raw);
    let step = if whole { step.max(1.0) } else { step };
    let first = (low / step - 1e-9).ceil();
    let all = (0..64).map(|i| (first + f64::from(i)) * step);
    all.take_while(|x| x.is_finite() && *x <= high + 1e-9 * step).collect()
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

/// A decimal number without zeros at its end.
fn trimmed(digits: &str) -> String {
    let short = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    short.replace('-', "−")
}

/// What is written at ticks an equal step apart: as many digits as tell them apart, and powers of ten where the numbers are
/// large or small and would be longer without.
pub(super) fn labels(ticks: &[f64]) -> Vec<String> {
    let size = ticks.iter().fold(0.0, |size, x| f64::max(size, x.abs()));
    let step = match ticks {
        [first, second, ..] => second - first,
        _ => 1e-3 * size,
    };
    let zero = |x: f64| x.abs() < 0.5 * step || x == 0.0;
    // The place of the last digit that is needed; the step may be a rounding below a round number.
    let last = pxfm::f_log10(1.000_001 * step).floor();
    let decimals = (-last).clamp(0.0, 17.0) as usize;
    let plain = |x: f64| if zero(x) { "0".into() } else { trimmed(&format!("{x:.decimals$}")) };
    let power = |x: f64| {
        let digits = (pxfm::f_log10(x.abs()) - last).clamp(0.0, 15.0) as usize;
        let text = format!("{x:.digits$e}");
        match text.split_once('e').map(|(mantissa, power)| (trimmed(mantissa), power.parse().unwrap_or(0.0))) {
            _ if zero(x) => "0".into(),
            None => text,
            Some((mantissa, 0.0)) => mantissa,
            Some((mantissa, power)) => match mantissa.as_str() {
                "1" => format!("10{}", superscript(power)),
                "−1" => format!("−10{}", superscript(power)),
                _ => format!("{mantissa}·10{}", superscript(power)),
            },
        }
    };
    let all = |write: &dyn Fn(f64) -> String| -> Vec<String> { ticks.iter().map(|x| write(*x)).collect() };
    if size < 1e7 && (size >= 1e-3 || last >= -5.0) {
        return all(&plain);
    }
    let powers = all(&power);
    let length = |labels: &[String]| labels.iter().map(|label| wide(label)).sum::<f64>();
    match (1e-3..1e15).contains(&size).then(|| all(&plain)) {
        Some(plain) if length(&plain) <= length(&powers) => plain,
        _ => powers,
    }
}

/// Ticks of an axis of logarithms to base 10: powers of ten; 3 times, or 2 and 5 times those besides where they are few;
/// round numbers where all are few.
pub(super) fn ticks_of_powers([low, high]: [f64; 2], count: f64) -> Vec<(f64, String)> {
    let power = |n: f64| format!("10{}", superscript(n));
    let wide = high - low > 2.0;
    let whole = ticks([low, high], count, true);
    if wide && whole.len() > 2 {
        return match low > -1e6 && high < 1e6 {
            true => whole.into_iter().map(|n| (n, power(n))).collect(),
            false => whole.iter().zip(labels(&whole)).map(|(n, label)| (*n, format!("10^({label})"))).collect(),
        };
    }
    let between: &[f64] = if wide { &[1.0, 3.0] } else { &[1.0, 2.0, 5.0] };
    let decades = (low.floor() as i32..=high.ceil() as i32).map(f64::from);
    let all = decades.flat_map(|n| {
        between.iter().map(move |m| {
            let label = match n {
                -3.0..=3.0 => trimmed(&format!("{:.3}", m * pxfm::f_exp10(n))),
                _ if *m == 1.0 => power(n),
                _ => format!("{m}·{}", power(n)),
            };
            (n + pxfm::f_log10(*m), label)
        })
    });
    let few: Vec<(f64, String)> = all.filter(|(at, _)| low <= *at && *at <= high).collect();
    if few.len() > 2 {
        return few;
    }
    let base = low.floor();
    let mantissas = ticks([low - base, high - base].map(pxfm::f_exp10), count, false);
    let (numbers, after) = match base {
        -5.0..=5.0 => (mantissas.iter().map(|m| m * pxfm::f_exp10(base)).collect(), String::new()),
        _ => (mantissas.clone(), format!("·{}", power(base))),
    };
    let named = mantissas.iter().zip(labels(&numbers));
    named.map(|(m, label)| (base + pxfm::f_log10(*m), label + &after)).collect()
}

/// Places as near as can be to those `wanted` (which increase), at least `gap` apart, between `low` and `high` where there
/// is room.
pub(super) fn apart(wanted: &[f64], gap: f64, [low, high]: [f64; 2]) -> Vec<f64> {
    // Less the gaps before it, a place need only not decrease: neighbours that would are put at their mean.
    let mut blocks: Vec<(f64, f64)> = Vec::new(); // sum, how many
    for (i, place) in wanted.iter().enumerate() {
        let mut block = (place - gap * i as f64, 1.0);
        while let Some(last) = blocks.pop_if(|last| last.0 * block.1 >= block.0 * last.1) {
            block = (block.0 + last.0, block.1 + last.1);
        }
        blocks.push(block);
    }
    let most = high - gap * wanted.len().saturating_sub(1) as f64;
    let places = blocks.into_iter().flat_map(|(sum, n)| std::iter::repeat_n(sum / n, n as usize));
    places.enumerate().map(|(i, place)| place.clamp(f64::min(low, most), most) + gap * i as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks([0.0, 1000.0], 6.0, true), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(ticks([-1.0, 1.0], 5.0, false), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(ticks([0.0, 3.0], 6.0, true), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(superscript(-12.0), "⁻¹²");
        for [low, high] in [[-f64::MAX, f64::MAX], [0.0, 1e-300], [1e15, 1e15 + 1e7], [-1e300, 1.0]] {
            let ticks = ticks([low, high], 7.0, false);
            assert!((2..12).contains(&ticks.len()) && ticks.iter().all(|x| (low..=high).contains(x)), "{ticks:?}");
            let labels = labels(&ticks);
            assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "{labels:?}");
        }
    }

    #[test]
    fn labels_tell_ticks_apart() {
        for (ticks, expected) in [
            (&[-0.5, 0.0, 0.5, 1.0][..], &["−0.5", "0", "0.5", "1"][..]),
            (&[0.0, 500_000.0, 1e6], &["0", "500000", "1000000"]),
            (&[0.0, 1e10, 2e10], &["0", "10¹⁰", "2·10¹⁰"]),
            (&[-1e-10, 0.0, 1e-10], &["−10⁻¹⁰", "0", "10⁻¹⁰"]),
            (&[12.341, 12.342], &["12.341", "12.342"]),
            (&[0.999_999_1, 0.999_999_2], &["0.9999991", "0.9999992"]),
            (&[1_000_000_001.0, 1_000_000_002.0], &["1000000001", "1000000002"]),
            (&[1.5e-7], &["1.5·10⁻⁷"]),
            (&[0.0], &["0"]),
            (&[0.1, 0.1 + 0.1, 0.1 + 0.2], &["0.1", "0.2", "0.3"]),
            (&[], &[]),
        ] {
            assert_eq!(labels(ticks), expected);
        }
    }

    #[test]
    fn ticks_of_logarithms() {
        let names = |range| ticks_of_powers(range, 7.0).into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(names([-2.0, -0.5]), ["0.01", "0.02", "0.05", "0.1", "0.2"]);
        assert!(names([-300.0, 0.0]).contains(&"10⁻³⁰⁰".into()));
        assert_eq!(names([-1.9, 0.6]), ["0.03", "0.1", "0.3", "1", "3"]);
        assert_eq!(names([-0.6, -0.5]), ["0.26", "0.27", "0.28", "0.29", "0.3", "0.31"]);
        assert_eq!(names([-400.6, -400.56]), ["2.55·10⁻⁴⁰¹", "2.6·10⁻⁴⁰¹", "2.65·10⁻⁴⁰¹", "2.7·10⁻⁴⁰¹", "2.75·10⁻⁴⁰¹"]);
        assert_eq!(names([-3e8, 0.0])[1], "10^(−2.5·10⁸)");
        assert!(names([-1e300, 1e300]).iter().all(|label| label.chars().count() < 20));
    }

    #[test]
    fn ranges_are_never_empty() {
        assert_eq!(range([f64::NAN, f64::INFINITY].into_iter(), false), None);
        for value in [0.0, 5e-324, 1e-300, -3.0, 1e15, 1e300, f64::MAX, -f64::MAX] {
            for powers in [false, true] {
                let [low, high] = range([value, f64::NAN, value].into_iter(), powers).expect("one value");
                assert!(low < high && low <= value && value <= high && (low - high).is_finite(), "{value}");
                let scale = Scale { values: [low, high], pixels: [100.0, 0.0] };
                assert!((-1e-9..100.1).contains(&scale.at(value)), "{value}");
            }
        }
        let [low, high] = range([-f64::MAX, f64::MAX].into_iter(), false).expect("two values");
        let scale = Scale { values: [low, high], pixels: [100.0, 0.0] };
        assert_eq!([low, 0.0, high].map(|value| scale.at(value)), [100.0, 50.0, 0.0]);
    }

    #[test]
    fn text_is_escaped_and_cut() {
        assert_eq!(escape("a<b>&\"\t\u{202e}\u{0}é\u{ffff}"), "a&lt;b&gt;&amp;&quot; \u{fffd}\u{fffd}é\u{fffd}");
        assert_eq!(cut("short", 100.0, 10.0), "short");
        let long = cut(&"longer than that ".repeat(1_000), 200.0, 10.0);
        assert!(long.ends_with('…') && 10.0 * wide(&long) <= 200.0 && long.chars().count() > 25, "{long}");
        let lines = parted("two lines of a text that is parted between words", 200.0, 10.0);
        assert_eq!(lines, ["two lines of a text that is parted", "between words"]);
        assert_eq!(parted("one line", 200.0, 10.0), ["one line"]);
        let lines = parted(&"é ".repeat(1_000), 200.0, 10.0);
        assert!(lines.len() == 2 && lines[1].ends_with('…') && lines.iter().all(|line| 10.0 * wide(line) <= 200.0));
        assert_eq!(parted(&"é".repeat(1_000), 200.0, 10.0).len(), 1);
        assert_eq!((cut("wide", 1.0, 10.0).as_str(), cut("", 0.0, 10.0).as_str()), ("…", ""));
    }

    #[test]
    fn places_keep_apart_and_near() {
        assert_eq!(apart(&[100.0, 200.0], 20.0, [0.0, 500.0]), [100.0, 200.0]);
        assert_eq!(apart(&[100.0, 102.0], 20.0, [0.0, 500.0]), [91.0, 111.0]);
        assert_eq!(apart(&[0.0, 0.0, 300.0], 20.0, [10.0, 500.0]), [10.0, 30.0, 300.0]);
        assert_eq!(apart(&[490.0, 500.0], 20.0, [10.0, 500.0]), [480.0, 500.0]);
        let crowded = apart(&[50.0; 100], 20.0, [10.0, 500.0]);
        assert!(crowded.windows(2).all(|pair| pair[1] - pair[0] >= 19.999) && crowded[99] == 500.0);
        assert!(apart(&[], 20.0, [10.0, 500.0]).is_empty());
    }
}
