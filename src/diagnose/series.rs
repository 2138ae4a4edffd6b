//! A run as columns by increasing step, with what was chosen applied.

use super::choose::{Columns, SLACK};
use super::framework::Role;
use super::table::{Reason, Skipped, Table};

/// A row that lacks values which most rows have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// The line of the log, from 1.
    pub line: u64,
    /// The step of the row.
    pub step: u64,
    /// The names of what it lacks.
    pub missing: Vec<String>,
}

/// What the log says of every step; a missing value is NaN.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub steps: Vec<u64>,
    /// J.
    pub rate: Vec<f64>,
    pub grad_norm: Option<Vec<f64>>,
    pub learning_rate: Option<Vec<f64>>,
    pub length: Option<Vec<f64>>,
    pub truncated: Option<Vec<f64>>,
    /// Share of groups, or of responses, without an advantage.
    pub dead: Option<Vec<f64>>,
    /// The longest response of all.
    pub longest: Option<f64>,
    /// The first step whose gradient's norm is no finite number, and how many such rows.
    pub non_finite: Option<(u64, u64)>,
}

/// Steps beyond this are no counts.
const LAST_STEP: f64 = 9_007_199_254_740_992.0;

/// Rows by increasing step, those of one step together.
struct Order {
    rows: Vec<usize>,
    /// Where the rows of every step begin in `rows`, and the end.
    starts: Vec<usize>,
}

impl Order {
    fn of(steps: &[u64], rows: Vec<usize>) -> Order {
        let mut rows = rows;
        rows.sort_by_key(|row| steps[*row]); // stable: later lines stay later
        let mut starts: Vec<usize> = (0..rows.len()).filter(|i| *i == 0 || steps[rows[*i]] != steps[rows[i - 1]]).collect();
        starts.push(rows.len());
        Order { rows, starts }
    }

    fn groups(&self) -> impl Iterator<Item = &[usize]> {
        self.starts.windows(2).map(|ends| &self.rows[ends[0]..ends[1]])
    }

    /// Of every step the last value.
    fn gather(&self, values: &[f64]) -> Vec<f64> {
        let last = |rows: &[usize]| rows.iter().rev().map(|row| values[*row]).find(|value| !value.is_nan());
        self.groups().map(|rows| last(rows).unwrap_or(f64::NAN)).collect()
    }
}

/// The steps of all rows, and the rows that have one. Without a column of steps rows are counted.
fn steps(table: &mut Table, column: Option<usize>) -> (Vec<u64>, Vec<usize>) {
    let count = table.lines.len();
    let Some(column) = column else { return ((1..=count as u64).collect(), (0..count).collect()) };
    let values = table.take(column);
    let mut rows = Vec::with_capacity(count);
    for (row, step) in values.iter().enumerate() {
        if *step >= 0.0 && step.fract() == 0.0 && *step < LAST_STEP {
            rows.push(row);
        } else {
            table.skip(table.lines[row], Reason::NoStep(*step));
        }
    }
    (values.iter().map(|step| *step as u64).collect(), rows)
}

/// So few rows may be out of order.
const FEW: usize = 3;

/// Of `rows` those that count where steps go back, from one row with a J to the next: nothing of what was before at the same step or a later
/// one. Where steps go back in more than one row of ten, or to a step that was not there before and past hardly any row, they are in no
/// order, and all count.
fn continued(table: &mut Table, steps: &[u64], rate: &[f64], rows: Vec<usize>) -> Vec<usize> {
    let known: Vec<usize> = rows.iter().copied().filter(|row| !rate[*row].is_nan()).collect();
    let back: Vec<usize> = known.windows(2).filter(|pair| steps[pair[1]] < steps[pair[0]]).map(|pair| pair[1]).collect();
    if back.is_empty() || 10 * back.len() > rows.len() {
        return rows;
    }
    let mut kept: Vec<usize> = Vec::with_capacity(rows.len());
    for row in rows {
        if back.binary_search(&row).is_ok() {
            let from = kept.iter().rposition(|last| steps[*last] < steps[row]).map_or(0, |last| last + 1);
            let (first, count) = (kept.get(from).map(|first| steps[*first]), kept.len() - from);
            if first == Some(steps[row]) || count >= FEW {
                for old in kept.drain(from..) {
                    table.skip(table.lines[old], Reason::Abandoned(steps[row], table.lines[row]));
                }
            }
        }
        kept.push(row);
    }
    kept
}

/// The most rows that are listed as incomplete.
const LISTED: usize = 10_000;

/// The columns that a row is judged by: success first, then the gradient, the learning rate, the length.
struct Main {
    columns: Vec<usize>,
    names: Vec<String>,
    values: Vec<Vec<f64>>,
    /// Whether most rows have a value: then every row should.
    common: Vec<bool>,
}

impl Main {
    fn new(table: &mut Table, columns: &Columns) -> Main {
        let main = [Role::GradNorm, Role::LearningRate, Role::Length].map(|role| columns.get(role));
        let columns: Vec<usize> = std::iter::once(columns.success).chain(main.into_iter().flatten()).collect();
        let names = columns.iter().map(|column| table.columns[*column].name.clone()).collect();
        let values: Vec<Vec<f64>> = columns.iter().map(|column| table.take(*column)).collect();
        let rows = table.lines.len();
        let known = |column: &Vec<f64>| column.iter().filter(|value| !value.is_nan()).count();
        let common = values.iter().map(|column| 2 * known(column) >= rows).collect();
        Main { columns, names, values, common }
    }

    /// What most rows have and these, of one step, do not.
    fn missing(&self, rows: &[usize]) -> Vec<String> {
        let lacks = |i: &usize| self.common[*i] && rows.iter().all(|row| self.values[*i][*row].is_nan());
        (0..self.columns.len()).filter(lacks).map(|i| self.names[i].clone()).collect()
    }

    /// Drops values that end a line which lacks something, or which ends where few lines do: they may have been cut.
    fn drop_cut(&mut self, table: &mut Table, columns: &Columns) {
        let ends = std::mem::take(&mut table.ends);
        let rows = table.lines.len();
        let mut usual = vec![0; table.columns.len()];
        ends.iter().for_each(|(_, column)| usual[*column] += 2);
        for (row, column) in ends {
            let whole = usual[column] >= rows && self.missing(&[row]).is_empty();
            if whole || !columns.has(column) {
                continue;
            }
            let other = &mut table.columns[column].values;
            let place = self.columns.iter().position(|known| *known == column);
            let values = place.map_or(other, |i| &mut self.values[i]);
            if let Some(value) = values.get_mut(row) {
                *value = f64::NAN;
            }
            table.skip(table.lines[row], Reason::MaybeCut(table.columns[column].name.clone()));
        }
    }

    /// J from rewards; drops rewards outside the range and negative values of what has none.
    fn scale(&mut self, table: &mut Table, [low, high]: [f64; 2]) {
        for (i, (name, values)) in self.names.iter().zip(&mut self.values).enumerate() {
            for (row, value) in values.iter_mut().enumerate().filter(|(_, value)| !value.is_nan()) {
                let rate = (*value - low) / (high - low);
                let fails = match i {
                    0 if !(-SLACK..=1.0 + SLACK).contains(&rate) => Some(Reason::Outside(name.clone(), *value)),
                    0 => None,
                    _ => (*value < 0.0).then(|| Reason::Negative(name.clone(), *value)),
                };
                *value = match (&fails, i) {
                    (Some(_), _) => f64::NAN,
                    (None, 0) => rate.clamp(0.0, 1.0).abs(), // no -0
                    (None, _) => *value,
                };
                if let Some(reason) = fails {
                    table.skip(table.lines[row], reason);
                }
            }
        }
    }

    /// Rows of one step that a later one repeats, with it: it gives one of their values again. Others are pieces of one row.
    fn repeated(&self, rows: &[usize]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        if rows.len() > 1 {
            // Of every column the next row with a value.
            let mut next: Vec<Option<usize>> = vec![None; self.values.len()];
            for row in rows.iter().rev() {
                let known = || (0..self.values.len()).filter(|i| !self.values[*i][*row].is_nan());
                found.extend(known().filter_map(|i| next[i]).min().map(|later| (*row, later)));
                known().for_each(|i| next[i] = Some(*row));
            }
        }
        found.reverse();
        found
    }
}

impl Series {
    /// The columns of a table, its rows by step; what is wrong goes to the table's list. With the rows that lack something, and how
    /// many these are.
    pub(super) fn new(table: &mut Table, columns: &Columns, range: [f64; 2]) -> (Series, Vec<Incomplete>, usize) {
        let mut main = Main::new(table, columns);
        main.drop_cut(table, columns);
        main.scale(table, range);
        let (steps, with_step) = steps(table, columns.get(Role::Step));
        let with_step = continued(table, &steps, &main.values[0], with_step);
        let broken = columns.get(Role::GradNorm).map(|column| std::mem::take(&mut table.columns[column].not_finite));
        let broken = broken.unwrap_or_default().into_iter().filter(|row| with_step.binary_search(row).is_ok());
        let broken: Vec<u64> = broken.map(|row| steps[row]).collect();
        let non_finite = broken.iter().min().map(|first| (*first, broken.len() as u64));
        let order = Order::of(&steps, with_step);
        let (mut incomplete, mut lacking) = (Vec::new(), 0);
        for rows in order.groups() {
            for (row, later) in main.repeated(rows) {
                table.skip(table.lines[row], Reason::Repeated(steps[row], table.lines[later]));
            }
            let missing = main.missing(rows);
            if !missing.is_empty() {
                lacking += 1;
                let last = rows[rows.len() - 1];
                if incomplete.len() < LISTED {
                    incomplete.push(Incomplete { line: table.lines[last], step: steps[last], missing });
                }
            }
        }
        let mut gathered = main.values.into_iter().map(|column| order.gather(&column));
        let mut next = |column: Option<usize>| column.and_then(|_| gathered.next());
        let rate = next(Some(columns.success)).unwrap_or_default();
        let (grad_norm, learning_rate, length) =
            (next(columns.get(Role::GradNorm)), next(columns.get(Role::LearningRate)), next(columns.get(Role::Length)));
        let mut other = |column: Option<usize>, change: fn(f64) -> f64| {
            column.map(|column| order.gather(&table.take(column)).into_iter().map(change).collect::<Vec<f64>>())
        };
        let truncated = other(columns.get(Role::Truncated), |share| share);
        let without_spread = |spread: f64| if spread.is_nan() { spread } else { f64::from(spread == 0.0) };
        let dead = match (columns.get(Role::Dead), columns.get(Role::Mixed)) {
            (Some(dead), _) => other(Some(dead), |share| share),
            (None, Some(mixed)) => other(Some(mixed), |share| 1.0 - share),
            (None, None) => other(columns.get(Role::RewardStd), without_spread),
        };
        let longest =
            columns.get(Role::MaxLength).map(|column| table.take(column).into_iter().fold(f64::NEG_INFINITY, f64::max));
        let longest = longest.filter(|longest| longest.is_finite());
        let steps = order.groups().map(|rows| steps[rows[0]]).collect();
        let series = Series { steps, rate, grad_norm, learning_rate, length, truncated, dead, longest, non_finite };
        (series, incomplete, lacking)
    }

    /// The steps that most rows stand for: the commonest difference of steps, from the beginning.
    pub(super) fn window(&self) -> u64 {
        let mut counts = std::collections::BTreeMap::new();
        for pair in self.steps.windows(2).take(10_000) {
            *counts.entry(pair[1] - pair[0]).or_insert(0u64) += 1;
        }
        // Of equally common ones the smallest.
        counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(1, |(difference, _)| difference.max(1))
    }

    /// About how many responses a value of J is a mean of: one over the smallest difference between two values, 0 and 1 among
    /// them.
    pub(super) fn responses(&self) -> f64 {
        let mut values: Vec<f64> = self.rate.iter().copied().filter(|rate| !rate.is_nan()).collect();
        values.extend([0.0, 1.0]);
        values.sort_by(f64::total_cmp);
        let differences = values.windows(2).map(|pair| pair[1] - pair[0]);
        let smallest = differences.filter(|difference| *difference > 10.0 * SLACK).fold(1.0, f64::min);
        (1.0 / smallest).round()
    }
}

/// All skipped rows and values in the order of lines.
pub(super) fn sorted(mut skipped: Vec<Skipped>) -> Vec<Skipped> {
    skipped.sort_by_key(|one| one.line);
    skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repeats() {
        let steps = [3, 1, 2, 2, 3];
        let order = Order::of(&steps, vec![0, 1, 2, 3, 4]);
        assert_eq!(order.groups().collect::<Vec<_>>(), [&[1][..], &[2, 3], &[0, 4]]);
        let gathered = order.gather(&[0.3, 0.1, 0.2, f64::NAN, 0.9]);
        assert_eq!(gathered, [0.1, 0.2, 0.9]);
    }

    #[test]
    fn what_is_continued() {
        let kept = |steps: &[u64], rate: &[f64]| {
            let mut table = Table::default();
            table.lines = (1..=steps.len() as u64).collect();
            let kept = continued(&mut table, steps, rate, (0..steps.len()).collect());
            (kept, table.skipped.iter().map(|one| (one.line, one.reason.to_string())).collect::<Vec<_>>())
        };
        // Resumed at step 3.
        let steps = [1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 9];
        let (rows, skipped) = kept(&steps, &[0.5; 12]);
        assert_eq!(rows, [0, 1, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(skipped.len(), 3);
        assert_eq!(skipped[0], (3, "line 6 goes back to step 3".into()));
        // Rows without a J, as an evaluation's, do not go back.
        let mut rate = [0.5; 12];
        rate[5..8].fill(f64::NAN);
        assert_eq!(kept(&steps, &rate).0.len(), 12);
        // In no order.
        assert_eq!(kept(&[1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12], &[0.5; 12]).0.len(), 12);
        assert_eq!(kept(&[5, 4, 3, 2, 1], &[0.5; 5]).0.len(), 5);
    }

    #[test]
    fn windows_and_responses() {
        let series = |steps: &[u64], rate: &[f64]| Series { steps: steps.into(), rate: rate.into(), ..Series::default() };
        assert_eq!(series(&[1, 10, 20, 30, 45], &[]).window(), 10);
        assert_eq!((series(&[1], &[]).window(), series(&[], &[]).window()), (1, 1));
        assert_eq!(series(&[], &[0.0, 1.0 / 6.0, 0.5]).responses(), 6.0);
        assert_eq!((series(&[], &[]).responses(), series(&[], &[0.1234]).responses()), (1.0, 8.0));
    }
}
