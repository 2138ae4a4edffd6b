//! One step of a run after the other, with what the theory makes of it.

use super::Options;
use super::loss::Loss;
use super::series::Series;
use crate::thresholds::{SuccessRate, ascent_step, collapse_threshold, rare_failure_step, small_rare_failure_step};

/// One row of the log, with what the theory makes of it. What cannot be known is NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The number of the step.
    pub step: u64,
    /// J of the row: its mean reward, scaled to \[0, 1\].
    pub success_rate: f64,
    /// J in \[0, 1\], the mean over the last rows that make up enough responses; everything below uses this one.
    pub smooth_success_rate: f64,
    /// λ = log J − log(1 − J), in nats.
    pub log_odds: f64,
    /// ‖∇‖ of the loss, before clipping.
    pub grad_norm: f64,
    /// α, the learning rate.
    pub learning_rate: f64,
    /// η = α min{‖∇‖, c}: the length of the step (3) of a plain gradient step, clipped at c.
    pub effective_step: f64,
    /// E\[ℓ\], the mean length of responses, in tokens.
    pub mean_length: f64,
    /// ‖∇‖/√(J(1−J)), or ‖∇‖/(J(1−J)) where the loss does not divide by σ: the paper's estimate (§5.2) of ‖g⁺ − g⁻‖, up to a
    /// factor that is constant only if the length is.
    pub gap: f64,
    /// `gap` times the mean length where the loss divides by a length, an estimate of ‖g⁺ − g⁻‖; `gap` itself where it
    /// divides by a constant, which is then an estimate up to that constant.
    pub length_gap: f64,
    /// Σ α·gap up to this row (Figure 2's abscissa), a row for all steps since the last one with a J and a ‖∇‖; nothing
    /// where J is 0 or 1.
    pub cumulative_gap: f64,
    /// Σ α·length_gap up to this row, a row for all steps since the last one with a J and a ‖∇‖; nothing where J is 0 or 1.
    pub cumulative_length_gap: f64,
    /// η/Δμ over (1−J)/E\[ℓ\], the paper's safe step (21), relative to the run's early rows; Δμ is length_gap.
    pub relative_step: f64,
    /// η/Δμ over the companion's safe step ([`sharp_scaling`]), relative to the run's early rows; Δμ is length_gap.
    pub relative_step_sharp: f64,
    /// With a smoothness L given: the companion's safe step for Δμ = length_gap, absolute, in parameter units; otherwise
    /// NaN.
    pub safe_step: f64,
    /// With a smoothness given: 2Δμ/(L T∞) with the Δμ of this row. (That J cannot go to 0 needs a constant step below the
    /// smallest of these: no-universal-collapse.)
    pub collapse_threshold: f64,
}

/// The companion's safe step for Δμ = 1 and L = 1, as Δμ → 0: max{2(1−J)/E\[ℓ\], 2J/((1 + 2 log 3 + 2 log(1/(1−J))) E\[ℓ\])}, by
/// token-smooth-only-step and, with σ² = L and T∞ = E\[ℓ\], rare-failure-step. It needs no G.
pub fn sharp_scaling(rate: f64, mean_length: f64) -> f64 {
    let rate = SuccessRate::of_success(rate);
    let far = ascent_step(1.0, rate.failure, mean_length);
    f64::max(far, small_rare_failure_step(1.0, &rate, 1.0, 1.0, mean_length))
}

/// The paper's safe step (21) up to a constant, for Δμ = 1 and with E\[ℓ\] for T_ψ1: (1−J)/E\[ℓ\].
pub fn paper_scaling(rate: f64, mean_length: f64) -> f64 {
    (1.0 - rate) / mean_length
}

/// What a row is computed with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub loss: &'static Loss,
    /// The norm at which gradients are clipped.
    pub clip: f64,
    /// Responses of a row, about.
    pub responses: f64,
    /// Rows of the smoothed J.
    pub smooth: usize,
    /// Steps of a row.
    pub window: u64,
    /// Early values of η/Δμ over the two safe steps.
    pub early: [f64; 2],
    /// The first early row: where the learning rate is warmed up.
    pub first: usize,
    /// First and last step of the early rows.
    pub early_steps: Option<[u64; 2]>,
    /// L and T∞.
    pub smoothness: Option<(f64, f64)>,
}

/// Goes through the rows.
pub(super) struct Rows<'a> {
    series: &'a Series,
    scale: Scale,
    next: usize,
    /// The last values of J that there are, at most `smooth`.
    recent: std::collections::VecDeque<f64>,
    learning_rate: f64,
    cumulative: [f64; 2],
    /// The last step that the sums account for.
    counted: Option<u64>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(series: &'a Series, scale: Scale) -> Rows<'a> {
        let recent = std::collections::VecDeque::with_capacity(scale.smooth.min(series.rate.len()));
        Rows { series, scale, next: 0, recent, learning_rate: f64::NAN, cumulative: [0.0; 2], counted: None }
    }

    /// The mean of the last values of J; NaN where this row has none.
    fn smooth(&mut self, rate: f64) -> f64 {
        if rate.is_nan() {
            return f64::NAN;
        }
        if self.recent.len() == self.scale.smooth {
            self.recent.pop_front();
        }
        self.recent.push_back(rate);
        self.recent.iter().sum::<f64>() / self.recent.len() as f64
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let (i, series, scale) = (self.next, self.series, self.scale);
        let step = *series.steps.get(i)?;
        self.next += 1;
        let of = |column: &Option<Vec<f64>>, absent: f64| column.as_ref().map_or(absent, |values| values[i]);
        let success_rate = series.rate[i];
        let rate = self.smooth(success_rate);
        let grad_norm = of(&series.grad_norm, f64::NAN);
        let learning_rate = of(&series.learning_rate, f64::NAN);
        let mean_length = of(&series.length, f64::NAN);
        // Where the log has no such column at all, it is taken to be constant.
        if !learning_rate.is_nan() {
            self.learning_rate = learning_rate;
        }
        let rate_used = if series.learning_rate.is_some() { self.learning_rate } else { 1.0 };
        let length_used = of(&series.length, 1.0);
        // The share of a gradient that clipping leaves. (A vanished one is not clipped.)
        let clipped = match series.grad_norm {
            None => 1.0,
            Some(_) if grad_norm.is_nan() => f64::NAN,
            Some(_) if grad_norm <= scale.clip => 1.0,
            Some(_) => scale.clip / grad_norm,
        };
        let defined = 0.0 < rate && rate < 1.0;
        let weight = if defined { scale.loss.weight(rate) } else { f64::NAN };
        let factor = scale.loss.length_factor(length_used);
        let gap = grad_norm / weight;
        let length_gap = gap * factor;
        // A row without J or ‖∇‖ is made up for by the next one that has both.
        if !rate.is_nan() && !grad_norm.is_nan() {
            let steps = self.counted.map_or(step.clamp(1, scale.window), |counted| step - counted);
            self.counted = Some(step);
            for (sum, gap) in self.cumulative.iter_mut().zip([gap, length_gap]) {
                let grown = *sum + steps as f64 * rate_used * gap;
                if grown.is_finite() {
                    *sum = grown;
                }
            }
        }
        // η/Δμ: the gradient's norm cancels, but for clipping.
        let over_gap = rate_used * clipped * weight / factor;
        let relative = |safe: f64, early: f64| over_gap / safe / early;
        let [safe_step, collapse_threshold] = match scale.smoothness.filter(|_| defined) {
            Some((smoothness, longest)) => {
                let rate = SuccessRate::of_success(rate);
                let far = ascent_step(length_gap, rate.failure, smoothness * length_used);
                let near = rare_failure_step(length_gap, &rate, smoothness, smoothness, longest);
                [f64::max(far, near), collapse_threshold(length_gap, smoothness * longest)]
            }
            None => [f64::NAN; 2],
        };
        Some(Row {
            step,
            success_rate,
            smooth_success_rate: rate,
            log_odds: SuccessRate::of_success(rate).log_odds(),
            grad_norm,
            learning_rate,
            effective_step: learning_rate * if grad_norm > scale.clip { scale.clip } else { grad_norm },
            mean_length,
            gap,
            length_gap,
            cumulative_gap: self.cumulative[0],
            cumulative_length_gap: self.cumulative[1],
            relative_step: relative(paper_scaling(rate, length_used), scale.early[0]),
            relative_step_sharp: relative(sharp_scaling(rate, length_used), scale.early[1]),
            safe_step,
            collapse_threshold,
        })
    }
}

/// The median; NaN of nothing.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values {
        [] => f64::NAN,
        _ => 0.5 * (values[(values.len() - 1) / 2] + values[values.len() / 2]),
    }
}

impl Scale {
    /// Everything as given and chosen, with the medians over the first `early` rows, after the warm-up of the learning rate, that
    /// have a step to compare.
    pub(super) fn new(series: &Series, loss: &'static Loss, clip: f64, options: &Options) -> Scale {
        let rows = series.rate.iter().filter(|rate| !rate.is_nan()).count();
        let responses = series.responses();
        let enough = (RESPONSES / responses).ceil() as usize;
        let smooth = options.smooth.unwrap_or(enough.clamp(1, (rows / 4).max(1)));
        let smooth = smooth.min(series.steps.len().max(1)); // more rows than there are would overflow
        let smoothness = options.smoothness.zip(options.max_length.or(series.longest));
        let window = series.window();
        // After the warm-up, and where J is a mean of all its rows.
        let first = series.learning_rate.as_deref().map_or(0, warmed_up).max(smooth - 1);
        let first = first.min(series.steps.len().saturating_sub(1));
        let mut scale =
            Scale { loss, clip, responses, smooth, window, early: [1.0; 2], first, early_steps: None, smoothness };
        let compared = |row: &Row| row.relative_step > 0.0 && row.relative_step.is_finite();
        let early: Vec<Row> = Rows::new(series, scale).skip(first).filter(compared).take(options.early).collect();
        scale.early_steps = early.first().zip(early.last()).map(|(first, last)| [first.step, last.step]);
        scale.early = [
            median(&mut early.iter().map(|row| row.relative_step).collect::<Vec<_>>()),
            median(&mut early.iter().map(|row| row.relative_step_sharp).collect::<Vec<_>>()),
        ];
        scale
    }
}

/// The first row whose learning rate is at least 0.9 of its 90 % quantile.
fn warmed_up(rates: &[f64]) -> usize {
    let mut known: Vec<f64> = rates.iter().copied().filter(|rate| !rate.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let high = known.get(known.len() * 9 / 10).copied().unwrap_or(0.0);
    rates.iter().position(|rate| *rate >= 0.9 * high).unwrap_or(0)
}

/// A smoothed J is a mean of at least so many responses: its standard error is then at most 1/16.
const RESPONSES: f64 = 64.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(series: &Series, loss: &str, options: &Options) -> Vec<Row> {
        let scale = Scale::new(series, Loss::find(loss).unwrap(), 1.0, options);
        Rows::new(series, scale).collect()
    }

    fn series() -> Series {
        Series {
            steps: vec![1, 2, 4],
            rate: vec![0.5, 0.8, 0.9],
            grad_norm: Some(vec![0.5, 2.0, 0.25]),
            learning_rate: Some(vec![0.1, 0.1, 0.09]),
            length: Some(vec![10.0, 20.0, 40.0]),
            ..Series::default()
        }
    }

    #[test]
    fn a_run_by_hand() {
        let options = Options { smooth: Some(1), early: 1, ..Options::default() };
        let found = rows(&series(), "grpo", &options);
        let weight = [0.5, 0.4, 0.3];
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-14;
        assert!(close(found[1].log_odds, 4f64.ln()) && close(found[1].gap, 2.0 / 0.4));
        assert!(close(found[2].length_gap, 0.25 / 0.3 * 40.0));
        // The second gradient is clipped at 1.
        assert!(close(found[1].effective_step, 0.1) && close(found[2].effective_step, 0.0225));
        // The third row stands for steps 3 and 4.
        let sum = 0.1 * 0.5 / weight[0] + 0.1 * 2.0 / weight[1] + 2.0 * 0.09 * 0.25 / weight[2];
        assert!(close(found[2].cumulative_gap, sum));
        // α·clip·√(J(1−J))/T over (1−J)/T: the length cancels.
        let ratio = [0.1 * 0.5 / 0.5, 0.1 * 0.5 * 0.4 / 0.2, 0.09 * 0.3 / 0.1];
        for (row, ratio) in found.iter().zip(ratio) {
            assert!(close(row.relative_step, ratio / 0.1), "{row:?}");
        }
        // At J = 0.9 the second of the two sharp bounds is the larger one.
        let sharp = |rate: f64, weight: f64, lr: f64| {
            let near = 2.0 * rate / (1.0 + 2.0 * 3f64.ln() + 2.0 * (1.0 / (1.0 - rate)).ln());
            lr * weight / f64::max(2.0 * (1.0 - rate), near)
        };
        assert!(close(found[2].relative_step_sharp, sharp(0.9, 0.3, 0.09) / sharp(0.5, 0.5, 0.1)));
        assert!(sharp_scaling(0.9, 1.0) > 0.2 && close(sharp_scaling(0.5, 3.0), 1.0 / 3.0));
    }

    #[test]
    fn the_early_rows_come_after_the_warm_up() {
        assert_eq!(warmed_up(&[0.1, 0.5, f64::NAN, 0.95, 1.0, 1.0, 0.9, 0.8, 0.1]), 3);
        assert_eq!((warmed_up(&[1e-6; 5]), warmed_up(&[]), warmed_up(&[f64::NAN])), (0, 0, 0));
        let mut series = series();
        series.learning_rate = Some(vec![0.01, 0.1, 0.1]);
        let options = Options { smooth: Some(1), early: 1, ..Options::default() };
        assert_eq!(rows(&series, "grpo", &options)[1].relative_step, 1.0);
    }

    #[test]
    fn without_length_normalisation_length_counts() {
        let options = Options { smooth: Some(1), early: 1, ..Options::default() };
        let found = rows(&series(), "dr-grpo", &options);
        // α·clip·J(1−J) over (1−J)/T is αJT.
        let ratio = [0.1 * 0.5 * 10.0, 0.1 * 0.5 * 0.8 * 20.0, 0.09 * 0.9 * 40.0];
        for (row, ratio) in found.iter().zip(ratio) {
            assert!((row.relative_step / (ratio / 0.5) - 1.0).abs() < 1e-14, "{row:?}");
        }
        assert_eq!(found[2].gap, found[2].length_gap);
    }

    #[test]
    fn extremes_are_undefined_and_not_added() {
        let mut series = series();
        series.rate = vec![0.0, 0.5, 1.0];
        let found = rows(&series, "grpo", &Options { smooth: Some(1), early: 1, ..Options::default() });
        assert!(found[0].gap.is_nan() && found[0].log_odds == f64::NEG_INFINITY && found[2].log_odds == f64::INFINITY);
        assert_eq!(found[2].cumulative_gap, 0.1 * 2.0 / 0.5);
        assert!(found[0].relative_step.is_nan() && found[1].relative_step == 1.0);
    }

    #[test]
    fn with_a_smoothness_steps_are_absolute() {
        let options = Options { smooth: Some(1), smoothness: Some(3.0), max_length: Some(50.0), ..Options::default() };
        let found = rows(&series(), "grpo", &options);
        let gap = 0.5 / 0.5 * 10.0;
        assert!((found[0].safe_step / (2.0 * 0.5 * gap / (3.0 * 10.0)) - 1.0).abs() < 1e-14);
        assert!((found[0].collapse_threshold / (2.0 * gap / 150.0) - 1.0).abs() < 1e-14);
        assert!(rows(&series(), "grpo", &Options::default())[0].safe_step.is_nan());
    }
}
