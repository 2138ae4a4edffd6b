//! `collapse`: one run of a construction, for people.

use super::plot::{Figure, Panel, Series};
use super::style::{Style, Tone};
use super::{finish, grouped, new_table, short, short_log10};
use crate::collapse::{Certified, Construction, share};
use crate::evaluation::Course;
use crate::number::{Interval, Scalar};
use std::fmt::Write;

/// [`short`], with 0 for what may be 0.
fn digits_of(x: Interval) -> String {
    if x.contains(0.0) { "0".into() } else { short(x.mid()) }
}

/// A run with everything that is printed of it.
#[derive(Clone, Debug)]
pub struct Collapsed<'a, C> {
    /// The name of the construction on the command line.
    pub name: &'a str,
    /// The construction that was run.
    pub construction: &'a C,
    /// Its steps k = 0, …, K − 1, enclosed.
    pub course: &'a Course<Interval>,
    /// What is certain of these steps.
    pub certified: &'a Certified,
    /// The names of the constants: G_o, L_o or G_p, L_p.
    pub symbols: [&'a str; 2],
    /// The formula of the construction's [threshold](Construction::threshold), as text.
    pub threshold: &'a str,
    /// The step size from which on the construction itself collapses ([`Construction::bisected`]), in parameter units;
    /// `None` where none was found.
    pub bisected: Option<f64>,
    /// T∞, where it is not 1.
    pub tokens: Option<u32>,
}

impl<C: Construction> Collapsed<'_, C> {
    /// Whether the run does at every step what the theorem claims: [`Certified::collapses`].
    pub fn as_expected(&self) -> bool {
        self.certified.collapses()
    }

    /// Text: Δμ, η with its window, the constants, the threshold; the first, the worst and the last step; the verdict.
    pub fn table(&self, style: Style) -> String {
        let Collapsed { construction, course, certified, .. } = self;
        let (window, alignment) = (construction.window(), construction.alignment());
        let [score, curvature] = construction.constants().map(|c| short(c.mid()));
        let mut text = format!("{}: {} steps\n\n", self.name, grouped(certified.steps as u64));
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<11} {value}");
        };
        line("alignment", format!("Δμ = {} (at most {})", short(alignment), short(window.largest_alignment().mid())));
        let [low, high] = [window.low(alignment).mid(), window.high().mid()].map(short);
        line("step size", format!("η = {}, window [{low}, {high}]", short(construction.eta())));
        let [g, l] = self.symbols;
        let tokens = self.tokens.map_or(String::new(), |t| format!(", T∞ = {}", grouped(t.into())));
        line("constants", format!("{g} = {score}, {l} = {curvature}{tokens}, over all θ"));
        line("direction", format!("‖w_k‖ ≤ {}", short(certified.norm.hi().sqrt())));
        line("threshold", format!("{} = {}", self.threshold, short(construction.threshold())));
        let found = self.bisected.map_or("none found".into(), |eta| format!("η = {}", short(eta)));
        line("bisected", format!("{found}, where the first two steps of this construction begin to lower J"));
        let mut table = new_table(&["step", "k", "log10 J", "J", "λ", "Δμ(k)", "λ(k+1) − λ(k)", "gain/loss"]);
        let last = certified.steps.saturating_sub(1);
        for (name, k) in [("first", 0), ("worst", certified.worst), ("last", last)] {
            let Some(step) = course.steps.get(k) else { continue };
            let log10 = step.log_success.mid() / std::f64::consts::LN_10;
            table.add_row(vec![
                name.to_string(),
                k.to_string(),
                format!("{log10:.3}"),
                short_log10(log10),
                digits_of(step.log_odds()),
                digits_of(step.alignment),
                digits_of(step.change),
                digits_of(share(step)),
            ]);
        }
        let verdict = match self.as_expected() {
            true => format!(
                "J falls at every step, with Δμ(k) ≥ Δμ > 0 and ‖w_k‖ ≤ 1: {} by intervals.",
                style.word(Tone::Good, "certified")
            ),
            false => format!(
                "{}: J falls at {} steps of {}, Δμ(k) ≥ Δμ at {}, ‖w_k‖² ≤ {}.",
                style.word(Tone::Bad, "NOT certified"),
                certified.falling,
                certified.steps,
                certified.aligned,
                certified.norm.hi()
            ),
        };
        format!("{text}\n{}\n{verdict}\n", finish(&table))
    }

    /// SVG against k: log₁₀ J, and λ in nats.
    pub fn svg(&self) -> String {
        let steps = &self.course.steps;
        let success: Vec<f64> = steps.iter().map(|step| step.log_success.mid() / std::f64::consts::LN_10).collect();
        let lambda: Vec<f64> = steps.iter().map(|step| step.log_odds().mid()).collect();
        let tokens = self.tokens.map_or(String::new(), |t| format!(", T∞ = {t}"));
        let (alignment, eta) = (short(self.construction.alignment()), short(self.construction.eta()));
        let title = format!("{}: J falls although Δμ(k) ≥ {alignment} > 0 (η = {eta}{tokens})", self.name);
        let curve = |values| [Series { label: "", values, colour: "#1f5fa8", points: false, dashes: "" }];
        let across: Vec<f64> = (0..steps.len()).map(|k| k as f64).collect();
        let panels = [
            Panel { label: "success rate J", series: &curve(&success), powers: true },
            Panel { label: "log-odds λ", series: &curve(&lambda), powers: false },
        ];
        Figure {
            title: &title,
            subtitle: &[],
            across: &across,
            axis: "step k",
            panels: &panels,
            marks: &[],
            scatter: None,
            roomy: false,
        }
        .svg()
    }
}
