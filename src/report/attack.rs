//! `attack` as a table, as JSON (schema `gradient-gap/attack/1`) and as a picture.

use super::axes::{escape, sheet, superscript};
use super::json::{ends, number};
use super::style::{Style, Tone};
use super::{finish, grouped, new_table, short, short_log10};
use crate::check::attack::{Attack, Attacked};
use crate::check::histogram::Histogram;
use crate::check::judge::Decision;
use crate::claims::Expected;
use crate::instance::Instance;
use crate::number::Interval;
use serde_json::{Value, json};
use std::fmt::Write;

/// A finished attack with what is needed to run it again.
#[derive(Clone, Copy, Debug)]
pub struct Attacks<'a> {
    /// The attack that was run.
    pub attack: &'a Attack<'a>,
    /// What the attack found.
    pub found: &'a Attacked,
    /// Wall time in seconds.
    pub seconds: f64,
}

pub(super) fn interval(x: Option<Interval>) -> String {
    x.map_or("–".into(), |x| format!("[{}, {}]", below(x.lo()), below(x.hi())))
}

/// A ratio with enough digits to tell it from 1.
pub(super) fn below(x: f64) -> String {
    if (0.5..2.0).contains(&x) { format!("{x:.9}") } else { short(x) }
}

/// An instance in one line, where it is one of few numbers; as JSON otherwise.
pub(super) fn one_line(instance: &Instance) -> String {
    serde_json::to_string(instance).unwrap_or_default() // finite numbers and short names always fit
}

/// What a decision about one instance means, by what is expected of the statement.
fn decided(decision: Decision, expected: Expected) -> Tone {
    match decision {
        Decision::Holds => Tone::Good,
        Decision::Violated => Tone::refuted(expected),
        Decision::Outside | Decision::Undecided => Tone::Plain,
    }
}

/// One line a part, one line a family, the simplest instance, and what it means.
pub fn attack_table(attacks: &Attacks<'_>, style: Style) -> String {
    let Attacks { attack, found, seconds } = attacks;
    let statement = &attack.claim.statement;
    let mut text = format!("{} ({}): {}\n\n", statement.slug, statement.place, statement.formula);
    let mut parts = new_table(&["part", "largest ratio", "enclosed", "by intervals", "family"]);
    for part in &found.parts {
        parts.add_row(vec![
            part.part.to_string(),
            below(part.ratio),
            interval(part.enclosed),
            style.cell(decided(part.decision, statement.expected), part.decision),
            part.family.to_string(),
        ]);
    }
    text += &finish(&parts);
    text.push('\n');
    let mut families = new_table(&["family", "largest ratio", "evaluations"]);
    for (name, best, evaluations) in &found.families {
        families.add_row(vec![(*name).to_string(), best.map_or("–".into(), below), grouped(*evaluations)]);
    }
    text += &finish(&families);
    text.push('\n');
    let at = |histogram: &Histogram, q: f64| histogram.quantile_log10(q).map_or("–".into(), short_log10);
    let _ = writeln!(
        text,
        "Random points: median {}, 99 % below {}, largest {}. Ends of the searches: median {}, largest {}.",
        at(&found.random, 0.5),
        at(&found.random, 0.99),
        at(&found.random, 1.0),
        at(&found.attacked, 0.5),
        found.best().map_or("–".into(), |best| below(best.ratio)),
    );
    if let Some(witness) = &found.witness {
        let _ = writeln!(text, "{}: {}", if found.violated { "Violated" } else { "Nearest" }, witness.summary());
        if let Some(simple) = &witness.simplified {
            let share = found.simplified.map_or(String::new(), |share| format!(", ratio {}", interval(Some(share))));
            let _ = writeln!(text, "Simplest{share}:\n{}", one_line(simple));
        }
    }
    let _ = writeln!(
        text,
        "\n{} evaluations, seed {}, {seconds:.1} s{}.",
        grouped(found.evaluations),
        attack.seed,
        if found.timed_out { " (time ran out: another run may end elsewhere)" } else { "" },
    );
    if found.undecided > 0 {
        let _ = writeln!(
            text,
            "{} points exceed a bound in binary64 and intervals cannot decide them.",
            grouped(found.undecided)
        );
    }
    if found.disagreements > 0 {
        let _ = writeln!(
            text,
            "{}: at {} points binary64 exceeds a bound that intervals are certain of.",
            style.word(Tone::Bad, "UNEXPECTED"),
            grouped(found.disagreements)
        );
    }
    let (tone, word, rest) = match (found.violated, found.as_expected(attack.claim)) {
        (true, true) => (Tone::Noted, "Refuted", ", as expected, by a counterexample certified in interval arithmetic."),
        (true, false) => (Tone::Bad, "UNEXPECTED", ": refuted by a counterexample certified in interval arithmetic."),
        (false, true) => {
            (Tone::Good, "Not refuted", ". This is no proof: it says how much of the bound the search could use.")
        }
        (false, false) => (Tone::Bad, "UNEXPECTED", ": not refuted."),
    };
    let _ = writeln!(text, "{}{rest}", style.word(tone, word));
    text
}

fn quantiles(histogram: &Histogram) -> Value {
    let at = |q| histogram.quantile_log10(q).map_or(Value::Null, number);
    json!({"count": histogram.count(), "p50": at(0.5), "p99": at(0.99), "max": at(1.0)})
}

/// JSON of schema `gradient-gap/attack/1`: `schema`, `version`, `slug`, `expected`, `refuted`, `as_expected`, `best_ratio`,
/// `enclosed`, `simplified_ratio`, `seed`, `evaluations`, `seconds`, `timed_out`, `undecided`, `disagreements`, `parts`,
/// `families`, `log10_ratio` (quantiles of random points and of the ends of searches) and `witness`.
///
/// Ratios are shares of the bound, enclosures pairs \[low, high\], `seconds` wall time. Every float round-trips; [`number`]
/// says how the others are written.
pub fn attack_json(attacks: &Attacks<'_>) -> String {
    let Attacks { attack, found, seconds } = attacks;
    let statement = &attack.claim.statement;
    let parts = found.parts.iter().map(|part| {
        json!({"name": part.part, "best_ratio": number(part.ratio), "enclosed": part.enclosed.map(ends),
               "decision": part.decision.to_string(), "family": part.family, "side": part.side})
    });
    let families = found.families.iter().map(|(name, best, evaluations)| {
        json!({"name": name, "best_ratio": best.map_or(Value::Null, number), "evaluations": evaluations})
    });
    let document = json!({
        "schema": "gradient-gap/attack/1",
        "version": env!("CARGO_PKG_VERSION"),
        "slug": statement.slug,
        "expected": statement.expected,
        "refuted": found.violated,
        "as_expected": found.as_expected(attack.claim),
        "best_ratio": found.best().map_or(Value::Null, |best| number(best.ratio)),
        "enclosed": found.best().and_then(|best| best.enclosed).map(ends),
        "simplified_ratio": found.simplified.map(ends),
        "seed": attack.seed,
        "evaluations": found.evaluations,
        "seconds": seconds,
        "timed_out": found.timed_out,
        "undecided": found.undecided,
        "disagreements": found.disagreements,
        "parts": parts.collect::<Vec<_>>(),
        "families": families.collect::<Vec<_>>(),
        "log10_ratio": {"random": quantiles(&found.random), "attacked": quantiles(&found.attacked)},
        "witness": found.witness,
    });
    format!("{document:#}\n")
}

/// From here down, shares are drawn at the left edge.
const LEAST: f64 = -6.0;

/// Two histograms over the share of the bound that is used, on a logarithmic axis: random points above, ends of searches below.
pub fn attack_svg(attacks: &Attacks<'_>) -> String {
    let Attacks { attack, found, .. } = attacks;
    let (width, left, right, top, height, gap) = (760.0, 64.0, 736.0, 84.0, 130.0, 34.0);
    let total = top + 2.0 * height + gap + 62.0;
    let bottom = top + 2.0 * height + gap;
    // Up to one fifth of a decade above 1, where an equality case rounds to.
    let x = |log10: f64| left + (right - left) * (log10.clamp(LEAST, 0.2) - LEAST) / (0.2 - LEAST);
    let best = match (found.violated, found.best()) {
        (true, _) => "refuted".into(),
        (_, best) => format!("largest share {}", best.map_or("–".into(), |best| below(best.ratio))),
    };
    let mut out = sheet(width, total, "#333");
    out += &format!(
        "<text x=\"{left}\" y=\"26\" font-size=\"15\">{}: share of the bound used</text>\n\
         <text x=\"{left}\" y=\"48\" fill=\"#666\">{best}; {} evaluations, seed {}</text>\n",
        escape(attack.claim.statement.slug),
        grouped(found.evaluations),
        attack.seed,
    );
    for power in -6..=0 {
        let at = x(f64::from(power));
        let _ = writeln!(
            out,
            "<line x1=\"{at:.2}\" y1=\"{top}\" x2=\"{at:.2}\" y2=\"{bottom}\" stroke=\"{}\"/>\
             <text x=\"{at:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{}</text>",
            if power == 0 { "#888" } else { "#ddd" },
            bottom + 19.0,
            match power {
                0 => "1".into(),
                -6 => "≤ 10⁻⁶".into(),
                power => format!("10{}", superscript(f64::from(power))),
            },
        );
    }
    let rows = [("random points", &found.random, "#8a8a8a"), ("ends of the searches", &found.attacked, "#1f5fa8")];
    for (i, (name, histogram, colour)) in rows.into_iter().enumerate() {
        let floor = top + height + i as f64 * (height + gap);
        let mut bars: Vec<(f64, u64)> = Vec::new();
        for (low, n) in histogram.fifths() {
            let low = low.clamp(LEAST, 0.0); // all that is beyond 1 in one bar
            match bars.last_mut() {
                Some(last) if last.0 == low => last.1 += n,
                _ => bars.push((low, n)),
            }
        }
        let most = bars.iter().map(|&(_, n)| n).max().unwrap_or(1) as f64;
        for (low, n) in bars {
            let (from, to, tall) = (x(low), x(low + 0.2), (height - 20.0) * n as f64 / most);
            let _ = writeln!(
                out,
                "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{tall:.2}\" fill=\"{colour}\"/>",
                from + 0.5,
                floor - tall,
                to - from - 1.0
            );
        }
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{floor}\" x2=\"{right}\" y2=\"{floor}\" stroke=\"#888\"/>\
             <text x=\"{}\" y=\"{:.2}\" fill=\"{colour}\">{name} ({})</text>",
            left + 6.0,
            floor - height + 14.0,
            grouped(histogram.count()),
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">computed / claimed</text>",
        0.5 * (left + right),
        bottom + 44.0
    );
    out + "</svg>\n"
}
