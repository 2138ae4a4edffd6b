//! What happened in a run, in plain words, with the first step and the evidence; and what the theory makes of it.

use super::falls::{COLLAPSE, DECLINE, Dip, Fall, Rates};
use super::kinds::{Finding, Kind};
use super::loss::Divisor;
use super::patterns::{BEFORE, SPIKE, STREAK, change_point, flat, spikes, streak};
use super::rows::{Row, Scale, median, sharp_scaling};
use super::series::Series;

/// Dead groups: at least half of them, on the mean of [`BEFORE`] rows.
const DEAD: f64 = 0.5;
/// Truncation: so large a share of responses.
const CUT: f64 = 0.1;
/// Growth of the gradient: by this factor.
const MUCH: f64 = 10.0;
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

/// What findings need of the rows, one value a row.
#[derive(Default)]
pub(super) struct Seen {
    /// J, smoothed.
    rate: Vec<f64>,
    /// The estimates of the gap, without the length factor and with it.
    gaps: [Vec<f64>; 2],
    /// The step over the safe one at equal J: where it has grown, and how far it grows.
    grown: Option<usize>,
    most: f64,
    /// Rows whose step can be compared with an absolute safe one, and how many of them are above it.
    judged: u64,
    above: u64,
    /// The first of these: its row, step and safe step.
    first_above: Option<(usize, f64, f64)>,
}

impl Seen {
    /// `early` rows tell the early level of the step.
    pub(super) fn new(rows: impl Iterator<Item = Row>, scale: &Scale, early: usize) -> Seen {
        let mut seen = Seen::default();
        let mut steps = Vec::new();
        for (i, row) in rows.enumerate() {
            seen.rate.push(row.smooth_success_rate);
            seen.gaps.iter_mut().zip([row.gap, row.length_gap]).for_each(|(gaps, gap)| gaps.push(gap));
            // At equal J: what η/Δμ and the safe step owe to J divided out.
            let rate = row.smooth_success_rate;
            steps.push(row.relative_step_sharp * sharp_scaling(rate, 1.0) / scale.loss.weight(rate));
            let comparable = row.safe_step > 0.0 && row.effective_step > 0.0;
            seen.judged += u64::from(comparable);
            if comparable && row.effective_step > row.safe_step {
                seen.above += 1;
                seen.first_above.get_or_insert((i, row.effective_step, row.safe_step));
            }
        }
        let level = early_level(&steps[scale.first.min(steps.len())..], early);
        seen.grown = streak(&steps, |step| step >= FACTOR * level);
        seen.most = steps.into_iter().filter(|step| step.is_finite()).fold(0.0, f64::max) / level;
        seen
    }
}

/// The median of the first values that there are, so many.
fn early_level(values: &[f64], count: usize) -> f64 {
    median(&mut values.iter().copied().filter(|value| !value.is_nan()).take(count).collect::<Vec<_>>())
}

/// What findings are made from.
pub(super) struct Run<'a> {
    pub series: &'a Series,
    pub scale: &'a Scale,
    pub seen: Seen,
    /// How many rows are early ones.
    pub early: usize,
    /// Other rewards in the log.
    pub others: Vec<String>,
    /// Whether the share of dead groups is that of rows without a spread of rewards.
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

    /// Medians over the first and the last rows of a stretch to the end.
    fn change(&self, column: &[f64], from: usize) -> Option<[f64; 2]> {
        let values: Vec<f64> = column.get(from..)?.iter().copied().filter(|value| value.is_finite()).collect();
        let some = (values.len() / 4).clamp(1, BEFORE);
        let ends = [values.get(..some)?, values.get(values.len() - some..)?];
        Some(ends.map(|part| median(&mut part.to_vec())))
    }

    fn fell(&self, rates: &Rates<'_>) -> Option<Finding> {
        let of = |kind, depth| Some((kind, rates.fall(depth)?));
        let (kind, Fall { top, first, lowest }) = of(Kind::Collapse, COLLAPSE).or_else(|| of(Kind::Decline, DECLINE))?;
        let rate = &self.seen.rate;
        let (high, low) = (rate[top], rate[lowest]);
        let mut message = format!(
            "J fell from {} (step {}) to {} (step {}); the fall is dated to step {}",
            short(high),
            self.series.steps[top],
            short(low),
            self.series.steps[lowest],
            self.series.steps[first]
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
                "Theorems 2 and 4 construct a fall to 0 at a constant step above their thresholds. A constant step below \
                 2Δμ/(L T∞), Δμ the smallest alignment of the run, excludes J → 0; J may still fall to a floor \
                 (no-universal-collapse). The log does not tell where the step was: L is not logged, Adam's step is not \
                 α‖∇‖, and other losses (a KL term, a second reward) move J too."
            }
            _ => {
                "Exact gradient ascent on one prompt lowers J only above the companion's safe step \
                 (token-smooth-only-step). The log does not tell whether that is the cause: L is not logged, Adam's step \
                 is not α‖∇‖, groups are sampled, prompts share parameters, other losses (a KL term, a second reward) \
                 move J too."
            }
        };
        Some(self.finding(kind, [first, lowest], message, theory))
    }

    fn dipped(&self, rates: &Rates<'_>, fall: Option<&Finding>) -> Option<Finding> {
        let (rate, step) = (&self.seen.rate, |row: usize| self.series.steps[row]);
        let mut dips: Vec<Dip> = rates.dips(COLLAPSE);
        // Not what goes before a fall for good, or belongs to it.
        dips.retain(|dip| {
            fall.is_none_or(|fall| dip.back.and_then(|row| self.at(row)) < fall.first_step && dip.back.is_some())
        });
        let low: usize = dips.iter().map(|dip| dip.length).sum();
        let enough = STREAK.max(self.scale.smooth / 2);
        let (first, last) = (*dips.first().filter(|_| low >= enough)?, *dips.last()?);
        let [top, onset, lowest] = first.rows;
        let mut message = format!(
            "J fell from {} (step {}) to {} (step {})",
            short(rate[top]),
            step(top),
            short(rate[lowest]),
            step(lowest)
        );
        if let Some(back) = first.back {
            message += &format!("; it was back at {} in step {}", short(rate[back]), step(back));
        }
        if dips.len() > 1 {
            message += &format!("; {} such dips, the last from step {}", dips.len(), step(last.rows[1]));
        }
        let end = last.back.unwrap_or(self.series.steps.len() - 1);
        if last.back.is_none() {
            message += &format!("; the log ends with J at {}: whether it comes back again cannot be told", short(rate[end]));
        }
        let theory = "Exact gradient ascent on one prompt lowers J only above the companion's safe step \
                      (token-smooth-only-step); exact GRPO can then go to and fro at intermediate J for good. The log does \
                      not tell whether that is the cause: L is not logged, harder prompts, sampling, Adam and other losses \
                      lower J for a while too.";
        Some(self.finding(Kind::Dip, [onset, end], message, theory))
    }

    fn unsafe_start(&self) -> Option<Finding> {
        let known = (self.scale.first..self.series.rate.len()).filter(|row| !self.series.rate[*row].is_nan());
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
        (second < first - 2.5 * error).then(|| {
            let message = format!(
                "the mean J of steps {} to {} is {}, below the {} of the {} rows before",
                self.series.steps[rows[self.early]],
                self.series.steps[rows[2 * self.early - 1]],
                short(second),
                short(first),
                self.early
            );
            let theory = "Relative steps compare with the run's own early rows. Here J fell after them, by more than two and \
                          a half standard errors: they may not have been safe themselves (or prompts became harder, or it \
                          is the one run in a hundred that does so by chance), and a relative step of 1 says nothing good.";
            self.finding(Kind::UnsafeStart, [rows[0], rows[2 * self.early - 1]], message, theory)
        })
    }

    fn stagnated(&self, fall: Option<&Finding>) -> Option<Finding> {
        let steps =
            |row: usize| row.checked_sub(1).map_or(1, |before| self.series.steps[row] - self.series.steps[before]) as f64;
        let rate = |row: usize| self.series.learning_rate.as_ref().map_or(1.0, |rates| rates[row]);
        let effort = |row: usize| if rate(row).is_nan() { 0.0 } else { rate(row) * steps(row) };
        let effort: Vec<f64> = (0..self.series.steps.len()).map(effort).collect();
        let found = flat(&self.series.rate, &effort)?;
        // Not what a fall leaves, which a smoothed J dates late.
        let last = self.series.steps.len() - 1;
        let after = self.at((found.first + self.scale.smooth).min(last));
        if fall.is_some_and(|fall| fall.first_step <= after) {
            return None;
        }
        let mut message = format!(
            "from step {} to {} a straight line through J against Σα goes from {} to {}",
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
            if let Some([early, late]) = column.as_ref().and_then(|column| self.change(column, found.first)) {
                message += &if (early - late).abs() <= 0.01 * early.abs() {
                    format!("; {name} stayed at {}", short(early))
                } else {
                    format!("; {name} went from {} to {}", short(early), short(late))
                };
            }
        }
        let ratio = |gaps: &[f64]| self.change(gaps, found.first).map(|ends| ends[1] / ends[0]);
        let [plain, full] = &self.seen.gaps;
        if let [Some(plain), Some(full)] = [plain, full].map(|gaps| ratio(gaps).filter(|ratio| ratio.is_finite())) {
            message += &format!(
                "; the estimate of the gap was multiplied by {}, with the length factor by {}",
                short(plain),
                short(full)
            );
        }
        let theory = "Theorem 1(a), corrected: where Σ η [Δμ]₊ and Σ η² stay bounded, J stays away from 1; steps that \
                      fall fast enough do that. A vanishing gap slows J, and a step that is too large at intermediate J \
                      can make exact GRPO go to and fro. The paper's own mechanism, overshooting as J → 1, is none for \
                      exact gradients and constant length (rare-failure-step). The log does not tell which it is: it \
                      holds ‖∇‖, not the alignment, and no L.";
        Some(self.finding(Kind::Stagnation, [found.first, last], message, theory))
    }

    fn spiked(&self) -> Option<Finding> {
        let norms = self.series.grad_norm.as_ref()?;
        let found = spikes(norms);
        let &(first, usual) = found.first()?;
        let &(last, _) = found.last()?;
        let &(largest, _) = found.iter().max_by(|a, b| norms[a.0].total_cmp(&norms[b.0]))?;
        let message = format!(
            "{} row{} with a gradient's norm above {SPIKE} times the median of the {BEFORE} rows (or as many as there are) before: \
             first {} against {} (step {}), largest {} (step {})",
            found.len(),
            if found.len() == 1 { "" } else { "s" },
            short(norms[first]),
            short(usual),
            self.series.steps[first],
            short(norms[largest]),
            self.series.steps[largest]
        );
        let theory = if self.scale.clip.is_finite() {
            "With clipping a spike moves a plain gradient step no farther than α·c. That J or the gap jumped cannot be \
             concluded: a batch's norm is noisy, and a few long or rare responses can carry it."
        } else {
            "Without clipping a plain gradient step is longer by as much. That J or the gap jumped cannot be concluded: \
             a batch's norm is noisy, and a few long or rare responses can carry it."
        };
        Some(self.finding(Kind::Spike, [first, last], message, theory))
    }

    fn grown(&self) -> Option<Finding> {
        let norms = self.series.grad_norm.as_ref()?;
        let early = early_level(norms, BEFORE);
        let first = streak(norms, |norm| norm > MUCH * early && early > 0.0)?;
        let most = norms.iter().copied().fold(0.0, f64::max);
        let message = format!(
            "the gradient's norm is {} at step {}, more than {MUCH} times the {} of the first rows, and at most {}",
            short(norms[first]),
            self.series.steps[first],
            short(early),
            short(most)
        );
        let theory = "A gradient that grows is a gap that grows, or a loss of more than J; η/Δμ does not change with it, \
                      but for clipping. The safe step of exact gradient ascent scales with Δμ: growth alone is no \
                      overshoot, nor is it excluded.";
        Some(self.finding(Kind::GradientGrowth, [first, first], message, theory))
    }

    fn other(&self) -> Option<Finding> {
        let names = self.others.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
        (!self.others.is_empty()).then(|| Finding {
            kind: Kind::OtherRewards,
            first_step: None,
            last_step: None,
            message: format!("the log has other rewards, with values of their own: {names}"),
            theory: "An estimate of the gap divides ‖∇‖ by what belongs to J alone. Where the loss is of other rewards \
                     too, or of a KL term in them, ‖∇‖ is not that of J: what is printed as gap is none then, and a row \
                     with J = 0 or 1 may have a gradient. (Rewards that are only logged change nothing.)",
        })
    }

    fn broke(&self) -> Option<Finding> {
        let (step, count) = self.series.non_finite?;
        let message = format!("the gradient's norm is no finite number in {count} row(s), first at step {step}");
        let theory = "Nothing can be concluded from such a row, nor whether its update was made.";
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
        // Where they become many, if they were few at the window's beginning.
        let change = change_point(dead, first[0], first[window - 1]);
        let few = |row: &usize| mean(&first[..first.partition_point(|one| one < row)]) < 0.5 * DEAD;
        let dead_row = || first.iter().copied().find(|row| dead[*row] >= DEAD);
        let begin = change.filter(few).or_else(dead_row).unwrap_or(first[0]);
        let message = format!(
            "{} % {what} over the {window} rows to step {}, {} % over the whole run",
            short(100.0 * mean(first)),
            self.series.steps[first[window - 1]],
            short(100.0 * mean(&rows))
        );
        let theory = "Groups with equal rewards give no gradient: ‖∇‖, and with it the estimate of the gap, is smaller \
                      by about their share. The exact gradients of (4), (5) and pg-rates have no such groups; the gap \
                      itself need not be small.";
        Some(self.finding(Kind::DeadGroups, [begin, first[window - 1]], message, theory))
    }

    fn truncated(&self) -> Option<Finding> {
        let shares = self.series.truncated.as_ref()?;
        let first = streak(shares, |share| share >= CUT)?;
        let mut message = format!(
            "{} % of responses are cut at the longest length in step {}",
            short(100.0 * shares[first]),
            self.series.steps[first]
        );
        let most = shares[first..].iter().copied().fold(0.0, f64::max);
        if most > shares[first] {
            message += &format!(", up to {} % in a later one", short(100.0 * most));
        }
        let theory = "The limit is the T∞ of Assumption 3 then, and J is that of the policy with its limit: how a \
                      verifier grades a cut response, usually as wrong, is part of it. What J would be without the limit \
                      is not in the log.";
        let last = (0..shares.len()).rev().find(|row| shares[*row] >= CUT).unwrap_or(first);
        Some(self.finding(Kind::Truncation, [first, last], message, theory))
    }

    fn drifted(&self) -> Option<Finding> {
        let lengths = self.series.length.as_ref()?;
        let early = early_level(lengths, EARLY_LENGTHS);
        if early.is_nan() || early <= 0.0 {
            return None;
        }
        let longer = streak(lengths, |length| length >= FACTOR * early);
        let shorter = streak(lengths, |length| length <= early / FACTOR);
        let first = longer.into_iter().chain(shorter).min()?;
        let known: Vec<usize> = (0..lengths.len()).filter(|row| !lengths[*row].is_nan()).collect();
        let far = |row: &usize| !(early / FACTOR..FACTOR * early).contains(&lengths[*row]);
        let last = known.iter().rev().copied().find(|row| far(row)).unwrap_or(first);
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
        let theory = match self.scale.loss.divisor {
            Divisor::Constant => {
                "This loss does not divide by the length: at a constant α the step over the safe step grows in \
                 proportion to it, as far as T_ψ1 in (21), and T∞ in the sharp one near J = 1, grow with the mean. The \
                 estimates of the gap with and without the length factor are the same."
            }
            _ => {
                "This loss divides by the length, so the step falls as responses grow and grows as they shrink, just as the \
                 safe step does (21): the relative step does not change with it, but for gradients that clipping cuts. The \
                 estimate of the gap without the length factor is off by the same factor; the other one is not."
            }
        };
        Some(self.finding(Kind::LengthDrift, [first, last], message, theory))
    }

    /// Over the rows: where a step grew against both safe steps, and against an absolute one.
    fn grew(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(first) = self.seen.grown {
            let message = format!(
                "the step over the safe step, at equal J, is at least {FACTOR} times its early level from step {} (at most {} \
                 times)",
                self.series.steps[first],
                short(self.seen.most)
            );
            let theory = "η/Δμ is α·min{1, c/‖∇‖}, a power of J(1−J) and, where the loss divides by it, 1/E[ℓ]: ‖∇‖ \
                          itself cancels. At equal J it grows over the safe step with α, with less clipping and, where the \
                          loss does not divide by it, with the length. (With J it grows and falls in every run: see the \
                          columns.) That does not show that the step is too large: how far below the threshold the run \
                          began is not in the log.";
            found.push(self.finding(Kind::StepGrowth, [first, first], message, theory));
        }
        if let Some((row, step, safe)) = self.seen.first_above {
            let message = format!(
                "η = {} at step {} is above the safe step {}; so at {} of {} rows",
                short(step),
                self.series.steps[row],
                short(safe),
                self.seen.above,
                self.seen.judged
            );
            let theory = "With L as given and E⁺[ℓ] read as the mean length, J need not rise at such a step of plain \
                          gradient ascent; it may. A constant step below the smallest 2Δμ/(L T∞) of the run excludes J → \
                          0, no more. For Adam η is not α‖∇‖, and none of this applies as it stands.";
            found.push(self.finding(Kind::AboveSafeStep, [row, row], message, theory));
        }
        found
    }

    /// All findings, the gravest kinds first.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let rates = Rates::new(&self.series.rate, &self.seen.rate, self.scale.smooth, self.scale.responses);
        let fall = self.fell(&rates);
        let stagnation = self.stagnated(fall.as_ref());
        let dip = self.dipped(&rates, fall.as_ref());
        drop(rates);
        let of_success = [fall, dip, self.unsafe_start(), stagnation];
        let of_others = [self.grown(), self.spiked(), self.broke(), self.died(), self.truncated(), self.drifted()];
        let mut found: Vec<Finding> = of_success.into_iter().chain(of_others).flatten().collect();
        found.extend(self.grew());
        found.extend(self.other());
        for (what, consequence) in &self.missing {
            found.push(Finding {
                kind: Kind::MissingColumn,
                first_step: None,
                last_step: None,
                message: format!("{what}: {consequence}"),
                theory: "The theory needs it: nothing that depends on it can be concluded.",
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
