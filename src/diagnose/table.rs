//! The values of a log, column by column, and what was wrong with it.

use super::framework;
use super::scanner::{Cell, Damage};
use crate::error::is_wild;
use std::collections::HashMap;
use std::fmt;

/// Why a row, or a value of it, is not used.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The row ends too early.
    Cut,
    /// The byte given cannot stand where it does.
    Unexpected(u8),
    /// The row is nested too deeply.
    Deep,
    /// The line is longer than 16 MiB.
    Long,
    /// Nothing of a training step: an evaluation or a summary.
    NotTraining,
    /// The other rows have a step; this one has none (NaN), or the one given, which is no natural number.
    NoStep(f64),
    /// (step, line): a later row, in this line, gives the same step again.
    Repeated(u64, u64),
    /// (step, line): steps go back to this one, before the row's own, in this line.
    Abandoned(u64, u64),
    /// (name, value): the value under this name is no finite number; the rest of the row is used.
    NotFinite(String, f64),
    /// What stands under this name is no number; the rest of the row is used.
    NotNumber(String),
    /// The value under this name may have been cut; the rest of the row is used.
    MaybeCut(String),
    /// (name, value): the success value lies outside the range of rewards; the rest of the row is used.
    Outside(String, f64),
    /// (name, value): the value is negative, which it cannot be; the rest of the row is used.
    Negative(String, f64),
}

impl From<Damage> for Reason {
    fn from(damage: Damage) -> Reason {
        match damage {
            Damage::Unexpected(byte) => Reason::Unexpected(byte),
            Damage::Deep => Reason::Deep,
            Damage::Cut | Damage::Unreadable(_) => Reason::Cut,
        }
    }
}

impl Reason {
    /// A text that is the same for all reasons of one kind, for counting.
    pub fn kind(&self) -> String {
        match self {
            Reason::Cut | Reason::Deep | Reason::Long | Reason::NotTraining => self.to_string(),
            Reason::Unexpected(_) => "damaged: a character that cannot stand where it does".into(),
            Reason::NoStep(_) => "no step that is a natural number".into(),
            Reason::Repeated(..) => "its step is given again later".into(),
            Reason::Abandoned(..) => "steps go back to one before it later (a run resumed, or another one)".into(),
            Reason::NotFinite(name, _) => format!("{name} is no finite number (the rest of the row is used)"),
            Reason::NotNumber(name) => format!("{name} is no number (the rest of the row is used)"),
            Reason::MaybeCut(name) => format!("{name} may be cut short (the rest of the row is used)"),
            Reason::Outside(name, _) => format!("{name} is outside the reward range (the rest of the row is used)"),
            Reason::Negative(name, _) => format!("{name} is negative (the rest of the row is used)"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Cut => write!(f, "cut short"),
            Reason::Unexpected(byte) => write!(f, "damaged: unexpected {:?}", char::from(*byte)),
            Reason::Deep => write!(f, "nested too deeply"),
            Reason::Long => write!(f, "longer than {} MiB", super::LONGEST_LINE >> 20),
            Reason::NotTraining => write!(f, "no value of a training step (an evaluation or a summary)"),
            Reason::NoStep(step) if step.is_nan() => write!(f, "no step"),
            Reason::NoStep(step) => write!(f, "step {step} is no natural number"),
            Reason::Repeated(step, line) => write!(f, "step {step} is given again in line {line}"),
            Reason::Abandoned(step, line) => write!(f, "line {line} goes back to step {step}"),
            Reason::NotFinite(name, value) => write!(f, "{name} is {value}, no finite number"),
            Reason::NotNumber(name) => write!(f, "{name} is no number"),
            Reason::MaybeCut(name) => write!(f, "{name} is the last value of a line that is cut short"),
            Reason::Outside(name, value) => write!(f, "{name} = {value} is outside the reward range"),
            Reason::Negative(name, value) => write!(f, "{name} = {value} is negative"),
        }
    }
}

/// A row, or a value of it, that is not used.
#[derive(Clone, Debug, PartialEq)]
pub struct Skipped {
    /// Its line in the log, from 1.
    pub line: u64,
    /// Why it is not used.
    pub reason: Reason,
}

/// One column; a missing value is NaN.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    /// As the log has it.
    pub name: String,
    /// One value a row, or fewer: the rest is missing.
    pub values: Vec<f64>,
    /// The rows whose value is no finite number.
    pub not_finite: Vec<usize>,
    /// Whether the values are numbers of steps.
    is_step: bool,
}

/// So many names are looked up once only. Of names that only a pattern fits, so many columns are kept at most.
const NAMES: usize = 4_096;
const COLUMNS: usize = 64;
/// Names of so many bytes or more are of no use: every complaint would repeat them.
const LONGEST_NAME: usize = 256;

/// All rows.
#[derive(Default)]
pub(super) struct Table {
    pub columns: Vec<Column>,
    /// The line of every row.
    pub lines: Vec<u64>,
    pub skipped: Vec<Skipped>,
    /// (row, column) of values that end a line.
    pub ends: Vec<(usize, usize)>,
    /// The row whose line has no end.
    pub unended: Option<usize>,
    /// `logging_steps` of a trainer's state.
    pub logging_steps: Option<f64>,
    /// The column of every name met, and the unit of its values.
    names: HashMap<Box<[u8]>, Option<(usize, f64)>>,
    /// The success key that was asked for.
    asked: Option<String>,
    /// Values of the row that is read.
    pending: Vec<(usize, f64)>,
    /// Values of it that are no finite numbers, or no numbers at all.
    wrong: Vec<(usize, Option<f64>)>,
    /// The column of its value that ends the line.
    end: Option<usize>,
    /// Whether it looks like a row of a log.
    seen: bool,
    /// Whether it is the last row of a trainer, about the whole run.
    summary: bool,
}

/// `actor/lr(1e-4)` is `actor/lr` in units of 1e-4.
pub(super) fn unit(name: &str) -> (&str, f64) {
    let split = name.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match split.and_then(|(name, unit)| Some((name, unit.parse::<f64>().ok()?))) {
        Some((name, unit)) if unit.is_finite() && unit > 0.0 => (name, unit),
        _ => (name, 1.0),
    }
}

impl Table {
    pub(super) fn new(asked: Option<String>) -> Table {
        Table { asked, ..Table::default() }
    }

    /// The column of a name and the unit of its values; `None` if it is of no use.
    fn place(&mut self, name: &[u8]) -> Option<(usize, f64)> {
        if name.len() >= LONGEST_NAME {
            return None;
        }
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let text = String::from_utf8_lossy(name);
        let (text, unit) = unit(&text);
        let wanted = (framework::is_wanted(text) || self.asked.as_deref() == Some(text)) && !text.contains(is_wild);
        let place = wanted.then(|| self.column(text)).flatten().map(|column| (column, unit));
        if self.names.len() < NAMES {
            self.names.insert(name.into(), place);
        }
        place
    }

    /// The column of this name, a new one if there is room.
    fn column(&mut self, name: &str) -> Option<usize> {
        let known = self.columns.iter().position(|column| column.name == name);
        let room = self.columns.len() < COLUMNS || framework::is_exact(name) || self.asked.as_deref() == Some(name);
        known.or_else(|| {
            room.then(|| {
                let is_step = framework::is_step(name);
                self.columns.push(Column { name: name.into(), is_step, ..Column::default() });
                self.columns.len() - 1
            })
        })
    }

    /// One value of the row that is read: whether it is kept.
    pub(super) fn cell(&mut self, name: &[u8], cell: Cell) -> bool {
        self.summary |= name == b"train_runtime";
        self.seen |= Table::is_summary(name);
        let Some((column, unit)) = self.place(name) else { return false };
        self.seen = true;
        match cell {
            Cell::Number(value) if (value * unit).is_finite() => {
                self.pending.push((column, value * unit));
                return true;
            }
            Cell::Number(value) => self.wrong.push((column, Some(value * unit))),
            Cell::Text => self.wrong.push((column, None)),
            Cell::Missing => {}
        }
        false
    }

    /// Whether an object with this name looks like a row of a log.
    fn is_summary(name: &[u8]) -> bool {
        name == b"epoch" || name == b"train_runtime" || name.starts_with(b"eval_")
    }

    /// Whether the value of this name says anything.
    pub(super) fn is_of_use(&mut self, name: &[u8]) -> bool {
        Table::is_summary(name) || self.place(name).is_some()
    }

    /// Whether this is the name of a column in use, other than one of steps.
    pub(super) fn is_value(&mut self, name: &[u8]) -> bool {
        self.place(name).is_some_and(|(column, _)| !self.columns[column].is_step)
    }

    /// Whether the row that is read has anything of use.
    pub(super) fn has_values(&self) -> bool {
        self.seen
    }

    /// The value just read ends its line, which may be cut.
    pub(super) fn mark_end(&mut self) {
        self.end = self.pending.last().map(|(column, _)| *column);
    }

    /// Drops the last value of a last line without an end: it may be half a number.
    pub(super) fn drop_unended(&mut self) {
        let Some(unended) = self.unended else { return };
        if let Some((row, column)) = self.ends.pop_if(|(row, _)| *row == unended) {
            let Column { name, values, .. } = &mut self.columns[column];
            if let Some(value) = values.get_mut(row) {
                *value = f64::NAN;
            }
            let name = name.clone();
            self.skip(self.lines[row], Reason::MaybeCut(name));
        }
    }

    /// How many rows there are and how many were skipped.
    pub(super) fn extent(&self) -> [usize; 2] {
        [self.lines.len(), self.skipped.len()]
    }

    /// Drops what was added since.
    pub(super) fn shrink(&mut self, [rows, skipped]: [usize; 2]) {
        self.lines.truncate(rows);
        self.skipped.truncate(skipped);
        self.ends.truncate(self.ends.partition_point(|(row, _)| *row < rows));
        for column in &mut self.columns {
            column.values.truncate(rows);
            column.not_finite.truncate(column.not_finite.partition_point(|row| *row < rows));
        }
    }

    /// Drops the row that is read.
    pub(super) fn abandon(&mut self) {
        self.pending.clear();
        self.wrong.clear();
        self.end = None;
        (self.seen, self.summary) = (false, false);
    }

    pub(super) fn skip(&mut self, line: u64, reason: Reason) {
        self.skipped.push(Skipped { line, reason });
    }

    /// Ends the row that is read: it is kept, and true returned, if it has a value besides its step.
    pub(super) fn commit(&mut self, line: u64) -> bool {
        let mut columns = self.pending.iter().map(|(column, _)| column).chain(self.wrong.iter().map(|(column, _)| column));
        let kept = !self.summary && columns.any(|column| !self.columns[*column].is_step);
        if kept {
            let row = self.lines.len();
            for (column, value) in self.pending.drain(..) {
                let values = &mut self.columns[column].values;
                values.resize(row, f64::NAN);
                values.push(value);
            }
            for (column, value) in self.wrong.drain(..) {
                let Column { name, not_finite, .. } = &mut self.columns[column];
                let reason = match value {
                    Some(value) => {
                        not_finite.push(row);
                        Reason::NotFinite(name.clone(), value)
                    }
                    None => Reason::NotNumber(name.clone()),
                };
                self.skipped.push(Skipped { line, reason });
            }
            self.ends.extend(self.end.map(|column| (row, column)));
            self.lines.push(line);
        } else if self.seen {
            self.skip(line, Reason::NotTraining);
        }
        self.abandon();
        kept
    }

    /// The columns that have a value.
    pub(super) fn full(&self) -> Vec<usize> {
        let has = |column: &usize| self.columns[*column].values.iter().any(|value| !value.is_nan());
        (0..self.columns.len()).filter(has).collect()
    }

    /// The values of a column, one a row.
    pub(super) fn take(&mut self, column: usize) -> Vec<f64> {
        let mut values = std::mem::take(&mut self.columns[column].values);
        values.resize(self.lines.len(), f64::NAN);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_what_is_wrong_with_them() {
        let mut table = Table::new(None);
        let mut row = |line: u64, cells: &[(&str, Cell)]| {
            for (name, cell) in cells {
                table.cell(name.as_bytes(), *cell);
            }
            table.commit(line);
        };
        row(1, &[("step", Cell::Number(1.0)), ("grad_norm", Cell::Number(0.5)), ("junk", Cell::Text)]);
        row(2, &[("step", Cell::Number(2.0)), ("eval_loss", Cell::Number(0.5))]);
        row(
            3,
            &[("step", Cell::Number(3.0)), ("grad_norm", Cell::Number(f64::NAN)), ("actor/lr(1e-4)", Cell::Number(0.01))],
        );
        row(4, &[("junk", Cell::Number(0.5))]);
        assert_eq!(table.lines, [1, 3]);
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["step", "grad_norm", "actor/lr"]);
        assert_eq!(table.take(2)[1], 0.01 * 1e-4);
        let reasons: Vec<String> = table.skipped.iter().map(|one| format!("{}: {}", one.line, one.reason)).collect();
        assert_eq!(
            reasons,
            ["2: no value of a training step (an evaluation or a summary)", "3: grad_norm is NaN, no finite number"]
        );
        assert!(table.take(1)[1].is_nan());
    }

    #[test]
    fn units_of_a_name() {
        assert_eq!(
            (unit("actor/lr(1e-4)"), unit("actor/lr"), unit("f(x)")),
            (("actor/lr", 1e-4), ("actor/lr", 1.0), ("f(x)", 1.0))
        );
        assert_eq!(unit("lr(0)"), ("lr(0)", 1.0));
    }
}
