//! Results as text: tables, JSON, JUnit. A report never computes; it is handed what was found.

mod along;
mod attack;
mod axes;
mod bandit;
mod boxes;
mod certify;
mod collapse;
mod companion;
mod conjecture;
mod curves;
mod diagnose;
mod explain;
mod json;
mod judged;
mod junit;
mod lengths;
mod phase;
mod plot;
mod png;
mod rates;
mod replay;
mod safe_step;
mod stagnation;
mod style;
mod table;
mod train;

pub use along::along_svg;
pub use attack::{Attacks, attack_json, attack_svg, attack_table};
pub use bandit::{bandit_csv, bandit_json, bandit_svg, bandit_table};
pub use boxes::box_row;
pub use certify::{Certifications, certify_json, certify_table};
pub use collapse::Collapsed;
pub use companion::{Companion, Machine};
pub use conjecture::{Conjectured, conjecture_json, conjecture_table};
pub use diagnose::{diagnose_csv, diagnose_json, diagnose_svg, diagnose_table};
pub use explain::{explain, explain_observed, list};
pub use json::{number, verify_json};
pub use junit::verify_junit;
pub use lengths::{Lengths, lengths_json, lengths_svg, lengths_table};
pub use phase::{phase_csv, phase_json, phase_svg, phase_table};
pub use png::png;
pub use rates::{rates_csv, rates_json, rates_svg, rates_table};
pub use replay::{Replay, replay_json, replay_table};
pub use safe_step::{SafeSteps, safe_step_json, safe_step_svg, safe_step_table};
pub use stagnation::{stagnation_csv, stagnation_json, stagnation_svg, stagnation_table};
pub use style::Style;
pub use table::verify_table;
pub use train::{train_bounds_csv, train_csv, train_gap_svg, train_json, train_svg, train_table, train_updates_csv};

use crate::check::campaign::{Campaign, CampaignResult};
use crate::experiments::Observed;
use comfy_table::{LineStyle, TableStyle};

/// A finished campaign with what is needed to run it again.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    /// The campaign that was run.
    pub campaign: &'a Campaign<'a>,
    /// What the campaign found.
    pub result: &'a CampaignResult,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Observations that the experiments' own commands judge.
    pub observed: &'a [&'static Observed],
}

/// A number for people: four significant digits, in scientific notation from 10⁴ on and below 10⁻³.
pub fn short(x: f64) -> String {
    match f64::abs(x) {
        _ if x.is_nan() => return "–".into(),
        0.0 => return "0".into(),
        f64::INFINITY => return if x > 0.0 { "inf" } else { "-inf" }.into(),
        // A ratio below 1 must not be shown as 1.
        size if size < 1.0 && size > 0.9999 => {
            let cut = x.signum() * (size * 1e10).floor() / 1e10;
            return format!("{cut:.10}").trim_end_matches('0').to_string();
        }
        _ => {}
    }
    let scientific = format!("{x:.3e}");
    // The exponent after rounding: 9.9996 is 10.00.
    let exponent = scientific.split('e').nth(1).and_then(|e| e.parse::<i32>().ok());
    match exponent {
        Some(e @ -3..=3) => format!("{x:.*}", 3usize.saturating_add_signed(-e as isize)),
        _ => scientific,
    }
}

/// 10^`log10` for people, where binary64 may underflow.
pub(crate) fn short_log10(log10: f64) -> String {
    if log10 == f64::NEG_INFINITY {
        "0".into()
    } else if (-3.0..5.0).contains(&log10) {
        format!("{:.3}", pxfm::f_exp10(log10))
    } else {
        let exponent = log10.floor();
        format!("{:.0}e{exponent:.0}", pxfm::f_exp10(log10 - exponent).floor())
    }
}

/// Sixteen digits, for comparison between machines.
fn exact(x: f64) -> String {
    format!("{x:.16e}")
}

fn new_table(header: &[&str]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(comfy_table::ContentArrangement::Disabled)
        .set_header(header.to_vec());
    table
}

/// A table as text, without blanks at the ends of lines.
fn finish(table: &comfy_table::Table) -> String {
    style::shown(table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect())
}

/// 1234567 as 1 234 567.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(short(0.5), "0.5000");
        assert_eq!((short(0.99999998).as_str(), short(1.0 - 1e-15).as_str()), ("0.99999998", "0.9999999999"));
        assert_eq!(short(0.001_600_49), "0.001600");
        assert_eq!((short(1.0), short(-9.99961), short(9_999.4)), ("1.000".into(), "-10.00".into(), "9999".into()));
        assert_eq!(
            (short(9_999.6), short(0.000_999_96), short(1e-3)),
            ("1.000e4".into(), "0.001000".into(), "0.001000".into())
        );
        assert_eq!((short(1234567.0), short(-2.34567e-7)), ("1.235e6".into(), "-2.346e-7".into()));
        assert_eq!(short(f64::INFINITY), "inf");
        assert_eq!(short_log10(-300.0), "1e-300");
        assert_eq!(short_log10(-1077.09), "8e-1078");
        assert_eq!((grouped(1), grouped(1234567)), ("1".into(), "1 234 567".into()));
    }
}
