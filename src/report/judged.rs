//! How far observations are reproduced, as text and as JSON.

use super::style::{Style, Tone};
use crate::experiments::{Judged, Judgement, Observed};
use serde_json::{Value, json};
use std::fmt::Write;

/// As wide as a table.
const WIDE: usize = 120;

/// Words broken into lines no longer than a table, indented.
pub(super) fn wrapped(text: &str) -> String {
    let (mut out, mut used) = (String::from("   "), 3);
    for word in text.split_whitespace() {
        let long = word.chars().count();
        if used + 1 + long > WIDE {
            out += "\n   ";
            used = 3;
        }
        out += " ";
        out += word;
        used += 1 + long;
    }
    out
}

/// What is not reproduced is a finding, and not one that should not be.
fn tone(judgement: Judgement) -> Tone {
    match judgement {
        Judgement::Reproduced => Tone::Good,
        Judgement::Partly | Judgement::Not => Tone::Noted,
    }
}

/// Every observation: its judgement, what is said, and what is found.
pub(super) fn judged_text(all: &[Observed], judged: &[Judged], style: Style) -> String {
    let mut text = String::new();
    for (observed, judged) in all.iter().zip(judged) {
        let (said, because) = (wrapped(&format!("“{}”", observed.said)), wrapped(&judged.because));
        let _ = write!(
            text,
            "\n{}: {}\n{said}\n{because}\n",
            observed.slug,
            style.word(tone(judged.judgement), judged.judgement)
        );
    }
    text
}

/// The same with its criterion.
pub(super) fn judged_json(all: &[Observed], judged: &[Judged]) -> Vec<Value> {
    let one = |(observed, judged): (&Observed, &Judged)| {
        json!({"slug": judged.slug, "place": observed.place, "said": observed.said, "criterion": observed.criterion,
               "judgement": judged.judgement.to_string(), "because": judged.because})
    };
    all.iter().zip(judged).map(one).collect()
}

/// What `verify` says of an observation.
pub(super) fn elsewhere(observed: &Observed) -> String {
    format!("judged by `{}`", observed.command)
}
