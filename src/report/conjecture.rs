//! `conjecture` as a table and as JSON (schema `gradient-gap/conjecture/1`).

use super::attack::{below, interval, one_line};
use super::json::{ends, number, quantity};
use super::style::{Style, Tone};
use super::{exact, finish, grouped, new_table, short};
use crate::check::conjecture::{Effort, Found, Quantity};
use crate::conjecture::Conjecture;
use serde_json::{Value, json};
use std::fmt::Write;

/// A finished search with what is needed to run it again.
#[derive(Clone, Copy, Debug)]
pub struct Conjectured<'a> {
    /// The conjecture that was put to the test.
    pub conjecture: &'a Conjecture,
    /// How the search was made.
    pub effort: &'a Effort<'a>,
    /// What the search found.
    pub found: &'a Found,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// The words of a conjecture and its sides: value, enclosure, meaning; between them the values of another instance, if there is one.
pub(super) fn quantities_table(quantities: &[Quantity], as_found: &[Quantity]) -> String {
    let two = !as_found.is_empty();
    let header =
        if two { &["word", "simplest", "enclosure", "as found", ""][..] } else { &["word", "value", "enclosure", ""] };
    let mut table = new_table(header);
    for (i, Quantity { name, meaning, value, enclosure }) in quantities.iter().enumerate() {
        let mut row = vec![(*name).to_string(), exact(*value)];
        row.push(format!("[{}, {}]", exact(enclosure.lo()), exact(enclosure.hi())));
        row.extend(as_found.get(i).map(|other| exact(other.value)));
        row.push((*meaning).to_string());
        table.add_row(row);
    }
    finish(&table)
}

/// The same as JSON.
pub(super) fn quantities_json(quantities: &[Quantity]) -> Vec<Value> {
    quantities.iter().map(|q| quantity(q.name, q.value, q.enclosure)).collect()
}

/// One line a family, the counterexample or what came nearest, and what it means.
pub fn conjecture_table(conjectured: &Conjectured<'_>, style: Style) -> String {
    let Conjectured { conjecture, effort, found, seconds } = conjectured;
    let mut text = format!("{}\n", conjecture.text());
    for condition in conjecture.conditions() {
        let _ = writeln!(text, "given {condition}");
    }
    text.push('\n');
    let mut families = new_table(&["family", "evaluations", "satisfy the conditions"]);
    for family in &found.families {
        families.add_row(vec![family.name.to_string(), grouped(family.evaluations), grouped(family.satisfied)]);
    }
    text += &finish(&families);
    text.push('\n');
    if let Some(witness) = &found.witness {
        let _ = writeln!(text, "Counterexample: {}", witness.summary());
        if let Some(simple) = &witness.simplified {
            let _ = writeln!(text, "Simplest:\n{}\n", one_line(simple));
        }
        text += &quantities_table(&found.quantities, &found.as_found);
        text.push('\n');
    } else {
        if let Some(ratio) = found.best_ratio {
            let _ = writeln!(text, "Largest share of the bound: {}", below(ratio));
        }
        if let Some(slack) = found.worst_slack {
            let _ = writeln!(text, "Smallest room: {}", short(slack));
        }
        if let Some(nearest) = &found.nearest {
            let ratio = nearest.ratio.map_or(String::new(), |ratio| format!(", share {}", interval(Some(ratio))));
            let _ = writeln!(text, "Nearest: {}{ratio}, {} by intervals", nearest.family, nearest.decision);
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} evaluations, {} satisfy the conditions, seed {}, {seconds:.1} s{}.",
        grouped(found.evaluations()),
        grouped(found.satisfied()),
        effort.seed,
        if found.timed_out { " (time ran out: another run may end elsewhere)" } else { "" },
    );
    if found.undecided > 0 {
        let _ = writeln!(
            text,
            "At {} points binary64 sees a violation of which intervals are not certain.",
            grouped(found.undecided)
        );
    }
    if found.disagreements > 0 {
        let _ = writeln!(
            text,
            "At {} points binary64 sees a violation where intervals are certain that there is none: the expression cancels.",
            grouped(found.disagreements)
        );
    }
    if found.defined == 0 {
        text += "On none of them is the statement defined: nothing was compared.\n";
    }
    text + &match found.witness {
        Some(_) => style.word(Tone::Noted, "Refuted") + " by a counterexample certified in interval arithmetic.\n",
        None => {
            style.word(Tone::Good, "Not refuted")
                + ". This is no proof: no instance that the search met violates it for certain.\n"
        }
    }
}

/// JSON of schema `gradient-gap/conjecture/1`: `schema`, `version`, `expression`, `given`, `verdict` (`refuted` or
/// `not-refuted`), `best_ratio`, `worst_slack`, `satisfied`, `defined`, `evaluations`, `seed`, `seconds`, `timed_out`,
/// `undecided`, `disagreements`, `families`, `quantities`, `as_found`, `nearest` and `witness`.
///
/// They are those of [`Found`]; `seconds` is wall time. Every float round-trips; [`number`] says how the others are written.
pub fn conjecture_json(conjectured: &Conjectured<'_>) -> String {
    let Conjectured { conjecture, effort, found, seconds } = conjectured;
    let families = found
        .families
        .iter()
        .map(|family| json!({"name": family.name, "evaluations": family.evaluations, "satisfied": family.satisfied}));
    let nearest = found.nearest.as_ref().map(|nearest| {
        json!({"family": nearest.family, "u": nearest.u, "instance": nearest.instance, "ratio": nearest.ratio.map(ends),
               "decision": nearest.decision.to_string()})
    });
    let document = json!({
        "schema": "gradient-gap/conjecture/1",
        "version": env!("CARGO_PKG_VERSION"),
        "expression": conjecture.text(),
        "given": conjecture.conditions(),
        "verdict": if found.witness.is_some() { "refuted" } else { "not-refuted" },
        "best_ratio": found.best_ratio.map_or(Value::Null, number),
        "worst_slack": found.worst_slack.map_or(Value::Null, number),
        "satisfied": found.satisfied(),
        "defined": found.defined,
        "evaluations": found.evaluations(),
        "seed": effort.seed,
        "seconds": seconds,
        "timed_out": found.timed_out,
        "undecided": found.undecided,
        "disagreements": found.disagreements,
        "families": families.collect::<Vec<_>>(),
        "quantities": quantities_json(&found.quantities),
        "as_found": quantities_json(&found.as_found),
        "nearest": nearest,
        "witness": found.witness,
    });
    format!("{document:#}\n")
}
