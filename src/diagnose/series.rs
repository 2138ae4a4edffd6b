//! A run as columns by increasing step, with what was chosen applied.

use super::choose::{Columns, SLACK};
use super::table::{Reason, Skipped, Table};

/// A row that lacks values which most rows have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete {
    /// Its line.
    pub line: u64,
    /// Its step.
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

/// The most rows that are listed as incomplete.
const LISTED: usize = 10_000;

impl Series {
    /// The columns of a table, its rows by step; what is wrong goes to the table's list.
    pub(super) fn new(table: &mut Table, columns: &Columns, range: [f64; 2]) -> (Series, Vec<Incomplete>, usize) {
        let used = [Some(columns.success), columns.grad_norm, columns.learning_rate, columns.length];
        let used: Vec<usize> = used.into_iter().flatten().collect();
        let names: Vec<String> = used.iter().map(|column| table.columns[*column].name.clone()).collect();
        let mut values: Vec<Vec<f64>> = used.iter().map(|column| table.take(*column)).collect();
        let rows = table.lines.len();
        // What most rows have, a row should have.
        let common: Vec<bool> =
            values.iter().map(|column| 2 * column.iter().filter(|value| !value.is_nan()).count() >= rows).collect();
        let lacks = |values: &[Vec<f64>], row: usize| (0..used.len()).any(|i| common[i] && values[i][row].is_nan());
        // A row that lacks something, or ends where few rows do, may have been cut.
        let ends = std::mem::take(&mut table.ends);
        let mut usual = vec![0; table.columns.len()];
        ends.iter().for_each(|(_, column)| usual[*column] += 2);
        for (row, column) in ends {
            if !columns.all().contains(&Some(column)) || usual[column] >= rows && !lacks(&values, row) {
                continue;
            }
            let other = &mut table.columns[column].values;
            let column_values = used.iter().position(|known| *known == column).map_or(other, |i| &mut values[i]);
            if let Some(value) = column_values.get_mut(row) {
                *value = f64::NAN;
            }
            table.skip(table.lines[row], Reason::MaybeCut(table.columns[column].name.clone()));
        }
        let [low, high] = range;
        for (row, value) in values[0].iter_mut().enumerate() {
            let rate = (*value - low) / (high - low);
            if rate.is_nan() {
                continue;
            }
            if !(-SLACK..=1.0 + SLACK).contains(&rate) {
                table.skip(table.lines[row], Reason::Outside(names[0].clone(), *value));
                *value = f64::NAN;
            } else {
                *value = rate.clamp(0.0, 1.0).abs(); // no -0
            }
        }
        for (name, column) in names.iter().zip(&mut values).skip(1) {
            for (row, value) in column.iter_mut().enumerate() {
                if *value < 0.0 {
                    table.skip(table.lines[row], Reason::Negative(name.clone(), *value));
                    *value = f64::NAN;
                }
            }
        }
        let (steps, with_step) = steps(table, columns.step);
        let broken =
            columns.grad_norm.map(|column| std::mem::take(&mut table.columns[column].not_finite)).unwrap_or_default();
        let broken: Vec<u64> =
            broken.into_iter().filter(|row| with_step.binary_search(row).is_ok()).map(|row| steps[row]).collect();
        let non_finite = broken.iter().min().map(|first| (*first, broken.len() as u64));
        let order = Order::of(&steps, with_step);
        let mut incomplete = Vec::new();
        let mut lacking = 0;
        for rows in order.groups() {
            let last = rows[rows.len() - 1];
            // A row is repeated where a later one gives the same value again; else the two are pieces of one.
            if rows.len() > 1 {
                let mut repeated = Vec::new();
                // Of every column the next row with a value.
                let mut next: Vec<Option<usize>> = vec![None; values.len()];
                for row in rows.iter().rev() {
                    let known = || (0..values.len()).filter(|i| !values[*i][*row].is_nan());
                    if let Some(later) = known().filter_map(|i| next[i]).min() {
                        repeated.push((*row, later));
                    }
                    known().for_each(|i| next[i] = Some(*row));
                }
                for (row, later) in repeated.into_iter().rev() {
                    table.skip(table.lines[row], Reason::Repeated(steps[row], table.lines[later]));
                }
            }
            let missing = |i: &usize| common[*i] && rows.iter().all(|row| values[*i][*row].is_nan());
            let missing: Vec<String> = (0..used.len()).filter(missing).map(|i| names[i].clone()).collect();
            if !missing.is_empty() {
                lacking += 1;
                if incomplete.len() < LISTED {
                    incomplete.push(Incomplete { line: table.lines[last], step: steps[last], missing });
                }
            }
        }
        let mut gathered = values.into_iter().map(|column| order.gather(&column));
        let mut next = |column: Option<usize>| column.and_then(|_| gathered.next());
        let rate = next(Some(columns.success)).unwrap_or_default();
        let (grad_norm, learning_rate, length) =
            (next(columns.grad_norm), next(columns.learning_rate), next(columns.length));
        let mut other = |column: Option<usize>, change: fn(f64) -> f64| {
            column.map(|column| order.gather(&table.take(column)).into_iter().map(change).collect::<Vec<f64>>())
        };
        let truncated = other(columns.truncated, |share| share);
        let dead = match (columns.dead, columns.mixed) {
            (Some(dead), _) => other(Some(dead), |share| share),
            (None, Some(mixed)) => other(Some(mixed), |share| 1.0 - share),
            (None, None) => {
                other(columns.reward_std, |spread| if spread.is_nan() { spread } else { f64::from(spread == 0.0) })
            }
        };
        let longest = columns.max_length.map(|column| table.take(column).into_iter().fold(f64::NEG_INFINITY, f64::max));
        let steps = order.groups().map(|rows| steps[rows[0]]).collect();
        let longest = longest.filter(|longest| longest.is_finite());
        (Series { steps, rate, grad_norm, learning_rate, length, truncated, dead, longest, non_finite }, incomplete, lacking)
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
    fn windows_and_responses() {
        let series = |steps: &[u64], rate: &[f64]| Series { steps: steps.into(), rate: rate.into(), ..Series::default() };
        assert_eq!(series(&[1, 10, 20, 30, 45], &[]).window(), 10);
        assert_eq!((series(&[1], &[]).window(), series(&[], &[]).window()), (1, 1));
        assert_eq!(series(&[], &[0.0, 1.0 / 6.0, 0.5]).responses(), 6.0);
        assert_eq!((series(&[], &[]).responses(), series(&[], &[0.1234]).responses()), (1.0, 8.0));
    }
}
