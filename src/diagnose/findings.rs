//! What happened in a run, in plain words, with the first step and the evidence; and what the theory makes of it.

use super::loss::{Divisor, Loss};
use super::patterns::{BEFORE, COLLAPSE, DECLINE, SPIKE, STREAK, fall, flat, spikes, streak};
use super::rows::{Row, median};
use super::series::Series;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// J fell for good, to half or less.
    Collapse,
    /// J fell for good, to more than half.
    Decline,
    /// J fell while the level of comparison for relative steps was taken.
    UnsafeStart,
    /// J hardly moves.
    Stagnation,
    /// The gradient's norm jumps.
    Spike,
    /// The gradient's norm is no finite number.
    NonFiniteGradient,
    /// Many groups give no gradient.
    DeadGroups,
    /// Many responses are cut at the longest length allowed.
    Truncation,
    /// Responses get much longer or shorter.
    LengthDrift,
    /// The step grows against a safe step.
    StepGrowth,
    /// With a smoothness given: the step is above the safe step.
    AboveSafeStep,
    /// A column is missing or of no use.
    MissingColumn,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Collapse => "collapse",
            Kind::Decline => "decline",
            Kind::UnsafeStart => "unsafe-start",
            Kind::Stagnation => "stagnation",
            Kind::Spike => "spike",
            Kind::NonFiniteGradient => "non-finite-gradient",
            Kind::DeadGroups => "dead-groups",
            Kind::Truncation => "truncation",
            Kind::LengthDrift => "length-drift",
            Kind::StepGrowth => "step-growth",
            Kind::AboveSafeStep => "above-safe-step",
            Kind::MissingColumn => "missing-column",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What kind.
    pub kind: Kind,
    /// Where it begins; `None` where it is of the whole log.
    pub first_step: Option<u64>,
    /// Where it is complete, or was seen last.
    pub last_step: Option<u64>,
    /// What happened, with the numbers that show it.
    pub message: String,
    /// What the theory can and cannot conclude.
    pub theory: &'static str,
}

/// Dead groups: at least half of them, on the mean of [`BEFORE`] rows.
const DEAD: f64 = 0.5;
/// Truncation: so large a share of responses.
const CUT: f64 = 0.1;
/// Drift of the length, growth of the step: by this factor.
const FACTOR: f64 = 2.0;
/// The early length is the median of so many rows.
const EARLY_LENGTHS: usize = 5;

/// A number for people: three significant digits.
pub(super) fn short(x: f64) -> String {
    match x.abs() {
        size if size == 0.0 || (1e-3..1e5).contains(&size) => {
            let digits = (2 - pxfm::f_log10(size.max(1e-3)).floor() as i32).clamp(0, 6) as usize;
            let text = format!("{x:.digits$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
        }
        _ => format!("{x:.2e}"),
    }
}

/// What findings are made from.
pub(super) struct Run<'a> {
    pub series: &'a Series,
    pub loss: &'a Loss,
    /// J, smoothed.
    pub rate: &'a [f64],
    /// Early rows: how many, and the first one.
    pub early: usize,
    /// The first of them.
    pub first: usize,
    /// Step and kind of the first gradient that is no finite number, and how many.
    pub non_finite: Option<(u64, u64)>,
    /// Whether a share of dead groups is one of responses' rows, from their spread.
    pub dead_by_spread: bool,
    /// Names that the framework has for what the log lacks.
    pub missing: Vec<(&'static str, String)>,
}

impl Run<'_> {
    fn at(&self, row: usize) -> Option<u64> {
        self.series.steps.get(row).copied()
    }

    fn finding(&self, kind: Kind, rows: [usize; 2], message: String, theory: &'static str) -> Finding {
        Finding { kind, first_step: self.at(rows[0]), last_step: self.at(rows[1]), message, theory }
    }

    /// Medians of a column over the first and the last rows of a stretch.
    fn change(&self, column: &Option<Vec<f64>>, from: usize) -> Option<[f64; 2]> {
        let values: Vec<f64> = column.as_ref()?.get(from..)?.iter().copied().filter(|value| !value.is_nan()).collect();
        let some = (values.len() / 4).clamp(1, BEFORE);
        let ends = [values.get(..some)?, values.get(values.len() - some..)?];
        Some(ends.map(|part| median(&mut part.to_vec())))
    }

    fn fell(&self) -> Option<Finding> {
        let collapse = fall(self.rate, COLLAPSE).map(|rows| (Kind::Collapse, rows));
        let decline = || fall(self.rate, DECLINE).map(|rows| (Kind::Decline, rows));
        let (kind, [top, onset, lowest]) = collapse.or_else(decline)?;
        let (high, low) = (self.rate[top], self.rate[lowest]);
        let mut message = format!(
            "J fell from {} (step {}) to {} (step {}); from step {} on its odds stay below half of what they were",
            short(high),
            self.series.steps[top],
            short(low),
            self.series.steps[lowest],
            self.series.steps[onset]
        );
        if let Some(lengths) = &self.series.length {
            let at = |row: usize| (row..lengths.len()).map(|row| lengths[row]).find(|length| !length.is_nan());
            if let (Some(before), Some(after)) = (at(top), at(lowest)) {
                message += &format!("; the mean length went from {} to {}", short(before), short(after));
            }
        }
        if let Some(norms) = &self.series.grad_norm {
            let most = norms[top..=lowest].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if most.is_finite() && norms[top].is_finite() {
                message += &format!("; the gradient's norm from {} to at most {}", short(norms[top]), short(most));
            }
        }
        let theory = match kind {
            Kind::Collapse => {
                "A fall to 0 at a constant step is what Theorems 2 and 4 construct above their thresholds, and below 2Δμ/(L T∞) none is \
                 possible (no-universal-collapse). The log does not tell which: L is not logged, Adam's step is not α‖∇‖, and other losses \
                 (a KL term, a second reward) move J too."
            }
            _ => {
                "Exact gradient ascent on one prompt lowers J only above the companion's safe step (token-smooth-only-step). The log does not \
                 tell whether that is the cause: L is not logged, Adam's step is not α‖∇‖, groups are sampled, prompts share parameters, other \
                 losses (a KL term, a second reward) move J too."
            }
        };
        Some(self.finding(kind, [onset, lowest], message, theory))
    }

    fn unsafe_start(&self) -> Option<Finding> {
        let known = (self.first..self.rate.len()).filter(|row| !self.series.rate[*row].is_nan());
        let rows: Vec<usize> = known.take(2 * self.early).collect();
        if rows.len() < 2 * self.early {
            return None;
        }
        let mean = |rows: &[usize]| rows.iter().map(|row| self.series.rate[*row]).sum::<f64>() / rows.len() as f64;
        let (first, second) = (mean(&rows[..self.early]), mean(&rows[self.early..]));
        let spread = |rows: &[usize], mean: f64| {
            let squares = rows.iter().map(|row| (self.series.rate[*row] - mean).powi(2)).sum::<f64>();
            squares / (rows.len() as f64 * (rows.len() as f64 - 1.0))
        };
        let error = (spread(&rows[..self.early], first) + spread(&rows[self.early..], second)).sqrt();
        (second < first - 2.0 * error).then(|| {
            let message = format!(
                "the mean J of steps {} to {} is {}, below the {} of the {} rows before",
                self.series.steps[rows[self.early]],
                self.series.steps[rows[2 * self.early - 1]],
                short(second),
                short(first),
                self.early
            );
            let theory = "Relative steps compare with the run's own early rows. Here these were not safe themselves: a relative step of 1 \
                          says nothing good.";
            self.finding(Kind::UnsafeStart, [rows[0], rows[2 * self.early - 1]], message, theory)
        })
    }

    fn stagnated(&self, fall: Option<&Finding>) -> Option<Finding> {
        let ones = vec![1.0; self.rate.len()];
        let rates = self
            .series
            .learning_rate
            .as_ref()
            .map(|rates| rates.iter().map(|x| if x.is_nan() { 0.0 } else { *x }).collect());
        let found = flat(&self.series.steps, &self.series.rate, &rates.unwrap_or(ones))?;
        if fall.is_some_and(|fall| fall.first_step <= self.at(found.first)) {
            return None;
        }
        let last = self.rate.len() - 1;
        let mut message = format!(
            "from step {} to {} a straight line through J goes from {} to {}",
            self.series.steps[found.first],
            self.series.steps[last],
            short(found.ends[0]),
            short(found.ends[1])
        );
        for (name, column) in [
            ("the gradient's norm", &self.series.grad_norm),
            ("the mean length", &self.series.length),
            ("the learning rate", &self.series.learning_rate),
        ] {
            if let Some([early, late]) = self.change(column, found.first) {
                message += &if (early - late).abs() <= 0.01 * early.abs() {
                    format!("; {name} stayed at {}", short(early))
                } else {
                    format!("; {name} went from {} to {}", short(early), short(late))
                };
            }
        }
        let gap = |with_length: bool| -> Option<Vec<f64>> {
            let norms = self.series.grad_norm.as_ref()?;
            let factor = |row: usize| match &self.series.length {
                Some(lengths) if with_length => self.loss.length_factor(lengths[row]),
                _ => 1.0,
            };
            let of = |row: usize| norms[row] / self.loss.weight(self.rate[row]) * factor(row);
            Some((0..norms.len()).map(|row| Some(of(row)).filter(|gap| gap.is_finite()).unwrap_or(f64::NAN)).collect())
        };
        if let (Some(plain), Some(full)) = (self.change(&gap(false), found.first), self.change(&gap(true), found.first)) {
            message += &format!(
                "; the estimate of the gap was multiplied by {}, with the length factor by {}",
                short(plain[1] / plain[0]),
                short(full[1] / full[0])
            );
        }
        let theory = "Theorem 1(a): where the cumulative alignment Σ η Δμ stays bounded, J stays away from 1; a vanishing step or a vanishing \
                      gap does that. The paper's own mechanism, GRPO's step overshooting as J → 1, is not supported for exact gradients \
                      (rare-failure-step), and J is not near 1 here. The log cannot tell a small gap from a direction that misses it: it \
                      holds ‖∇‖, not the alignment.";
        Some(self.finding(Kind::Stagnation, [found.first, last], message, theory))
    }

    fn spiked(&self) -> Option<Finding> {
        let norms = self.series.grad_norm.as_ref()?;
        let found = spikes(norms);
        let &(first, usual) = found.first()?;
        let &(last, _) = found.last()?;
        let &(largest, _) = found.iter().max_by(|a, b| norms[a.0].total_cmp(&norms[b.0]))?;
        let message = format!(
            "{} row{} with a gradient's norm above {SPIKE} times the median of the {BEFORE} before: first {} against {} (step {}), \
             largest {} (step {})",
            found.len(),
            if found.len() == 1 { "" } else { "s" },
            short(norms[first]),
            short(usual),
            self.series.steps[first],
            short(norms[largest]),
            self.series.steps[largest]
        );
        let theory = "Clipping bounds α‖∇‖, so a spike moves a plain gradient step no farther than α·c. That J or the gap jumped cannot be \
                      concluded: a batch's norm is noisy, and a few long or rare responses can carry it.";
        Some(self.finding(Kind::Spike, [first, last], message, theory))
    }

    fn broke(&self) -> Option<Finding> {
        let (step, count) = self.non_finite?;
        let message = format!("the gradient's norm is no finite number in {count} row(s), first at step {step}");
        let theory = "Nothing can be concluded from such a step; most frameworks skip the update.";
        Some(Finding { kind: Kind::NonFiniteGradient, first_step: Some(step), last_step: None, message, theory })
    }

    fn died(&self) -> Option<Finding> {
        // Without such a column: rows in which all responses are right, or all wrong.
        let by_rate: Vec<f64>;
        let (dead, what) = match &self.series.dead {
            Some(dead) if self.dead_by_spread => (dead, "rows in which all rewards are equal"),
            Some(dead) => (dead, "groups or responses without any advantage"),
            None => {
                let extreme = |rate: &f64| if rate.is_nan() { *rate } else { f64::from(*rate == 0.0 || *rate == 1.0) };
                by_rate = self.series.rate.iter().map(extreme).collect();
                (&by_rate, "rows in which all responses are right, or all wrong")
            }
        };
        let rows: Vec<usize> = (0..dead.len()).filter(|row| !dead[*row].is_nan()).collect();
        let window = BEFORE.min(rows.len());
        if window < STREAK {
            return None;
        }
        let mean = |rows: &[usize]| rows.iter().map(|row| dead[*row]).sum::<f64>() / rows.len() as f64;
        let first = rows.windows(window).find(|rows| mean(rows) >= DEAD)?;
        let begin = first.iter().copied().find(|row| dead[*row] >= DEAD).unwrap_or(first[0]);
        let message = format!(
            "{} % {what} over the {window} rows to step {}, {} % over the whole run",
            short(100.0 * mean(first)),
            self.series.steps[first[window - 1]],
            short(100.0 * mean(&rows))
        );
        let theory = "Groups with equal rewards give no gradient: ‖∇‖, and with it the estimate of the gap, is smaller by about their \
                      share. The exact gradients of (4), (5) and pg-rates have no such groups; the gap itself need not be small.";
        Some(self.finding(Kind::DeadGroups, [begin, first[window - 1]], message, theory))
    }

    fn truncated(&self) -> Option<Finding> {
        let shares = self.series.truncated.as_ref()?;
        let first = streak(shares, |share| share >= CUT)?;
        let most = shares.iter().copied().fold(0.0, f64::max);
        let message = format!(
            "{} % of responses are cut at the longest length from step {}, up to {} %",
            short(100.0 * shares[first]),
            self.series.steps[first],
            short(100.0 * most)
        );
        let theory = "The longest length T∞ is a bound of the policy then (Assumption 3), and a cut response counts as wrong whatever it would \
                      have become: J is that of the policy with its limit. Thresholds with T∞ stay as they are.";
        let last = (0..shares.len()).rev().find(|row| shares[*row] >= CUT).unwrap_or(first);
        Some(self.finding(Kind::Truncation, [first, last], message, theory))
    }

    fn drifted(&self) -> Option<Finding> {
        let lengths = self.series.length.as_ref()?;
        let early: Vec<f64> = lengths.iter().copied().filter(|length| !length.is_nan()).take(EARLY_LENGTHS).collect();
        let early = median(&mut early.clone());
        if early.is_nan() || early <= 0.0 {
            return None;
        }
        let longer = streak(lengths, |length| length >= FACTOR * early);
        let shorter = streak(lengths, |length| length <= early / FACTOR);
        let first = longer.into_iter().chain(shorter).min()?;
        let known: Vec<usize> = (0..lengths.len()).filter(|row| !lengths[*row].is_nan()).collect();
        let last = *known.last()?;
        let end =
            median(&mut known[known.len().saturating_sub(BEFORE)..].iter().map(|row| lengths[*row]).collect::<Vec<_>>());
        let message = format!(
            "the mean length is {} at step {} and {} at the end, {} times the {} of the first rows",
            short(lengths[first]),
            self.series.steps[first],
            short(end),
            short(end / early),
            short(early)
        );
        let theory = match self.loss.divisor {
            Divisor::Constant => {
                "This loss does not divide by the length: at a constant α the step over the safe step grows in proportion to it, by the paper's \
                 scaling (21) and by the sharp one alike. The estimates of the gap with and without the length factor are the same."
            }
            _ => {
                "This loss divides by the length, so the step shrinks as responses grow, just as the safe step does (21): the relative step does \
                 not change with it. The estimate of the gap without the length factor is off by the same factor; read the other one."
            }
        };
        Some(self.finding(Kind::LengthDrift, [first, last], message, theory))
    }

    /// Over the rows: where a step grew against both safe steps, and against an absolute one.
    fn grew(&self, rows: impl Iterator<Item = Row>) -> Vec<Finding> {
        let mut found = Vec::new();
        let (mut paper, mut sharp) = (Vec::with_capacity(self.rate.len()), Vec::with_capacity(self.rate.len()));
        let (mut above, mut judged, mut collapsing, mut first_above) = (0u64, 0u64, 0u64, None);
        for (i, row) in rows.enumerate() {
            paper.push(row.relative_step);
            sharp.push(row.relative_step_sharp);
            let comparable = row.safe_step > 0.0 && row.effective_step > 0.0;
            judged += u64::from(comparable);
            if comparable && row.effective_step > row.safe_step {
                above += 1;
                first_above.get_or_insert((i, row.effective_step, row.safe_step));
                collapsing += u64::from(row.effective_step > row.collapse_threshold);
            }
        }
        let by_paper = streak(&paper, |relative| relative >= FACTOR);
        let by_sharp = streak(&sharp, |relative| relative >= FACTOR);
        if let Some(first) = by_paper.into_iter().chain(by_sharp).min() {
            let most = |values: &[f64]| values.iter().copied().filter(|x| x.is_finite()).fold(0.0, f64::max);
            let place = |row: Option<usize>| match row {
                Some(row) => format!("from step {}", self.series.steps[row]),
                None => "never for three rows".into(),
            };
            let message = format!(
                "the step is at least {FACTOR} times its early level relative to the paper's safe step {} (at most {}), relative to the sharp one \
                 {} (at most {})",
                place(by_paper),
                short(most(&paper)),
                place(by_sharp),
                short(most(&sharp))
            );
            let theory = "η/Δμ = α·min{1, c/‖∇‖} times a power of J(1−J): ‖∇‖ itself cancels. The paper's safe step falls like 1−J, the sharp one \
                          only like 1/log(1/(1−J)) (rare-failure-step), so growth by the paper's scaling alone is no danger. Nor is growth by both \
                          one as such: how far below the threshold the run began is not in the log.";
            found.push(self.finding(Kind::StepGrowth, [first, first], message, theory));
        }
        if let Some((row, step, safe)) = first_above {
            let message = format!(
                "η = {} at step {} is above the safe step {}; so at {above} of {judged} rows, at {collapsing} also above 2Δμ/(L T∞)",
                short(step),
                self.series.steps[row],
                short(safe)
            );
            let theory = "With L as given and E⁺[ℓ] read as the mean length, J need not rise at such a step of plain gradient ascent; it may. \
                          At a constant step below 2Δμ/(L T∞) no policy can collapse. For Adam η is not α‖∇‖, and none of this applies as it stands.";
            found.push(self.finding(Kind::AboveSafeStep, [row, row], message, theory));
        }
        found
    }

    /// All findings, the gravest kinds first.
    pub(super) fn findings(&self, rows: impl Iterator<Item = Row>) -> Vec<Finding> {
        let fall = self.fell();
        let stagnation = self.stagnated(fall.as_ref());
        let mut found: Vec<Finding> = [fall, self.unsafe_start(), stagnation, self.spiked(), self.broke()]
            .into_iter()
            .chain([self.died(), self.truncated(), self.drifted()])
            .flatten()
            .collect();
        found.extend(self.grew(rows));
        for (what, consequence) in &self.missing {
            found.push(Finding {
                kind: Kind::MissingColumn,
                first_step: None,
                last_step: None,
                message: format!("{what}: {consequence}"),
                theory: "What is not logged is not guessed.",
            });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_messages() {
        let texts = [0.16, 0.0, 1759.12, 0.5, 1e-6, 12345.6, 0.001234, 17.39].map(short);
        assert_eq!(texts, ["0.16", "0", "1759", "0.5", "1.00e-6", "12346", "0.00123", "17.4"]);
    }
}
