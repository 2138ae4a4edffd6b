//! Which framework, which columns, which range of rewards: by rule, unless they are given.

use super::Options;
use super::framework::{FRAMEWORKS, Framework, ROLES, Role, is, run_of};
use super::loss::Loss;
use super::table::Table;
use crate::Error;
use crate::error::nearest;

/// Something chosen by rule or given, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen<T> {
    /// What was chosen.
    pub value: T,
    /// Why, for people; "as given" where it was given.
    pub why: String,
}

impl<T> Chosen<T> {
    fn given(value: T) -> Chosen<T> {
        Chosen { value, why: "as given".into() }
    }

    fn because(value: T, why: impl Into<String>) -> Chosen<T> {
        Chosen { value, why: why.into() }
    }
}

/// The columns of a table that are used.
pub(super) struct Columns {
    pub success: usize,
    /// What others are for, in the order of [`ROLES`].
    pub others: Vec<(Role, usize)>,
}

impl Columns {
    /// The column for a role, if the log has one.
    pub(super) fn get(&self, role: Role) -> Option<usize> {
        self.others.iter().find(|(one, _)| *one == role).map(|(_, column)| *column)
    }

    /// Whether a column is used.
    pub(super) fn has(&self, column: usize) -> bool {
        self.success == column || self.others.iter().any(|(_, other)| *other == column)
    }
}

/// The framework with most of its names in the log.
pub(super) fn framework(names: &[&str], options: &Options) -> Chosen<&'static Framework> {
    if let Some(given) = options.framework {
        return Chosen::given(given);
    }
    let scores = FRAMEWORKS.iter().map(|framework| (framework.score(names.iter().copied()), framework));
    // Of equals the first one.
    let (score, best) = scores.rev().max_by_key(|(score, _)| *score).unwrap_or((0, &FRAMEWORKS[0]));
    Chosen::because(best, format!("{score} of its names are in the log"))
}

/// The loss: given, or the framework's default.
pub(super) fn loss(framework: &Framework, names: &[&str], options: &Options) -> Chosen<&'static Loss> {
    if let Some(given) = options.loss {
        return Chosen::given(given);
    }
    let older = framework.older.filter(|(key, _)| names.iter().any(|name| is(name, key)));
    let (name, why) = match older {
        Some((key, loss)) => {
            (loss, format!("the log has {key}, as older versions of {} do, whose default it was for long", framework.name))
        }
        None => (framework.loss, format!("the default of {}", framework.name)),
    };
    // The names in FRAMEWORKS are those of LOSSES (tested); the first one stands in.
    Chosen::because(Loss::find(name).unwrap_or(&super::LOSSES[0]), why)
}

/// The column of the success value.
pub(super) fn success(table: &Table, framework: &Framework, options: &Options) -> Result<Chosen<usize>, Error> {
    let full = table.full();
    let names = || full.iter().map(|column| table.columns[*column].name.as_str());
    if let Some(key) = &options.success_key {
        let found = full.iter().find(|column| table.columns[**column].name == *key);
        return found.map(|column| Chosen::given(*column)).ok_or_else(|| {
            let near = match nearest(key, names()) {
                "" => String::new(),
                near => format!("; did you mean {near:?}?"),
            };
            Error::new(format!("--success-key {key}: no row has a number under this name{near}"))
        });
    }
    let Some(found) = framework.success_key(names()) else {
        let known: Vec<&str> = names().take(12).collect();
        let have = if known.is_empty() { "no name that is known".into() } else { format!("only {}", known.join(", ")) };
        return Err(Error::new(format!(
            "no success rate: {} calls it {}; the log has {have}. Name it by --success-key",
            framework.name,
            framework.success.join(" or ")
        )));
    };
    let others = names().enumerate().filter(|(i, name)| *i != found && framework.success_key([*name].into_iter()).is_some());
    let others: Vec<&str> = others.map(|(_, name)| name).take(6).collect();
    let why = match others[..] {
        [] => "the only reward in the log".into(),
        _ => format!("before {}", others.join(", ")),
    };
    Ok(Chosen::because(full[found], why))
}

/// Names of other rewards, whose values are not those of the success value in one row of a hundred or more.
pub(super) fn other_rewards(table: &Table, framework: &Framework, success: usize) -> Vec<String> {
    let values = &table.columns[success].values;
    let differs = |column: &usize| {
        let pairs = values.iter().zip(&table.columns[*column].values).filter(|(a, b)| !a.is_nan() && !b.is_nan());
        let (mut all, mut unlike) = (0, 0);
        for (a, b) in pairs {
            all += 1;
            unlike += usize::from((a - b).abs() > SLACK);
        }
        100 * unlike > all
    };
    let reward = |column: &usize| framework.success_key([table.columns[*column].name.as_str()].into_iter()).is_some();
    let run = run_of(&table.columns[success].name);
    let same = |column: &usize| run_of(&table.columns[*column].name) == run;
    let others = (0..table.columns.len()).filter(|column| *column != success && same(column)).filter(reward).filter(differs);
    others.map(|column| table.columns[column].name.clone()).collect()
}

/// All columns that are used.
pub(super) fn columns(table: &Table, framework: &Framework, success: usize) -> Columns {
    let run = run_of(&table.columns[success].name);
    // In a table of several runs, those of the same run.
    let same = |column: &usize| run_of(&table.columns[*column].name).is_none_or(|other| Some(other) == run);
    let full: Vec<usize> = table.full().into_iter().filter(same).collect();
    let of = |role: Role| {
        let names = full.iter().map(|column| table.columns[*column].name.as_str());
        framework.key(role, names).map(|i| full[i]).filter(|column| *column != success)
    };
    Columns { success, others: ROLES.into_iter().filter_map(|role| Some((role, of(role)?))).collect() }
}

/// Ranges of rewards, the usual ones first.
const RANGES: [[f64; 2]; 9] = [
    [0.0, 1.0],
    [-1.0, 1.0],
    [0.0, 2.0],
    [0.0, 5.0],
    [0.0, 10.0],
    [0.0, 100.0],
    [-2.0, 2.0],
    [-10.0, 10.0],
    [-100.0, 100.0],
];

/// What rewards of single responses are: J = (mean − low)/(high − low).
///
/// The log's own smallest and largest reward where it has them (verl), if they are whole numbers; else the first usual range
/// that holds 99 % of the values.
pub(super) fn range(table: &Table, success: usize, options: &Options) -> Result<Chosen<[f64; 2]>, Error> {
    let column = &table.columns[success];
    if let Some(given) = options.reward_range {
        return Ok(Chosen::given(given));
    }
    let values = || column.values.iter().copied().filter(|value| !value.is_nan());
    if let Some(start) = column.name.strip_suffix("/mean") {
        let of = |end: &str| table.columns.iter().find(|other| other.name == format!("{start}{end}"));
        if let (Some(low), Some(high)) = (of("/min"), of("/max")) {
            let low = low.values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = high.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let whole = [low, high].iter().all(|end| end.fract() == 0.0 && end.abs() <= 100.0);
            if whole && low < high && values().all(|value| low <= value && value <= high) {
                return Ok(Chosen::because([low, high], format!("the ends of {start}/min and {start}/max")));
            }
        }
    }
    let count = values().count();
    let inside =
        |range: &[f64; 2]| values().filter(|value| range[0] - SLACK <= *value && *value <= range[1] + SLACK).count();
    match RANGES.iter().find(|range| 100 * inside(range) >= 99 * count) {
        Some(range) => {
            let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
            let why = format!("the first usual range for values from {} to {}", short(low), short(high));
            Ok(Chosen::because(*range, why))
        }
        None => Err(Error::new(format!(
            "{}: its values fit no usual range of rewards (as 0..1, -1..1 or 0..2); give --reward-range LOW..HIGH",
            column.name
        ))),
    }
}

/// Means of rewards are rounded on their way to the log.
pub(super) const SLACK: f64 = 1e-6;

fn short(x: f64) -> String {
    format!("{}", (x * 1e4).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::scanner::Cell;

    fn table(columns: &[(&str, &[f64])]) -> Table {
        let mut table = Table::new(None);
        for row in 0..columns[0].1.len() {
            for (name, values) in columns {
                table.cell(name.as_bytes(), Cell::Number(values[row]));
            }
            table.commit(row as u64 + 1);
        }
        table
    }

    #[test]
    fn ranges_of_rewards() {
        let of = |values: &[f64]| range(&table(&[("reward", values)]), 0, &Options::default()).map(|found| found.value);
        assert_eq!(of(&[0.0, 0.3, 1.0]), Ok([0.0, 1.0]));
        assert_eq!(of(&[-0.5, 0.3]), Ok([-1.0, 1.0]));
        assert_eq!(of(&[0.0, 2.0]), Ok([0.0, 2.0]));
        assert_eq!(of(&[3.0, 61.5]), Ok([0.0, 100.0]), "per cent");
        assert!(of(&[0.0, 1e6]).is_err());
        // One value in a hundred does not decide.
        let mut values = vec![0.5; 100];
        values.push(17.0);
        assert_eq!(of(&values), Ok([0.0, 1.0]));
        // Five in a hundred do.
        let values: Vec<f64> = [0.5; 95].into_iter().chain([1.5; 5]).collect();
        assert_eq!(of(&values), Ok([0.0, 2.0]));
        let log =
            [("critic/score/mean", &[-1.0, -1.0][..]), ("critic/score/min", &[-1.0; 2]), ("critic/score/max", &[1.0, -1.0])];
        assert_eq!(range(&table(&log), 0, &Options::default()).unwrap().value, [-1.0, 1.0]);
    }

    #[test]
    fn frameworks_by_their_names() {
        let of = |names: &[&str]| framework(names, &Options::default()).value.name;
        assert_eq!(
            of(&["step", "reward", "rewards/f/mean", "grad_norm", "learning_rate", "completions/mean_length"]),
            "trl"
        );
        assert_eq!(of(&["step", "critic/score/mean", "actor/grad_norm", "actor/lr", "response_length/mean"]), "verl");
        assert_eq!(of(&["critic/score/mean", "actor_train/grad_norm", "actor/lr", "system/global_step"]), "roll");
        assert_eq!(of(&["reward", "response_length", "actor_lr", "actor_grad_norm"]), "openrlhf");
        assert_eq!(of(&["train/reward", "train/grad_norm", "train/lr", "train/mean_gen_tokens_per_sample"]), "nemo-rl");
        assert_eq!(of(&["step", "env/all/correct", "optim/lr"]), "tinker");
        assert_eq!(of(&["step", "J", "grad_norm", "lr", "mean_length"]), "csv");
    }
}
