//! §5.1, Figure 1: REINFORCE on contextual bandits, by seeds and by what the text leaves open.
//!
//! The text says neither how many updates are made nor what is trained on where no context of the pool has J in \[0.2, 0.8\],
//! which is so at θ_0 and at most later steps: see [`crate::bandit`]. Here each [`Fallback`] has its own runs, on the same
//! instances.
//!
//! With the effective steps η_i = η‖∇J‖ of (14) and the signed gap, the log-odds of a context follow the cumulative gap up to
//! second order. O⁺ is one arm, so that (linear-softmax-step)
//!
//! ```text
//! 0 ≤ Σ_{i<k} η_i Δμ_x(i) − (λ_x(k) − λ_x(0)) ≤ Σ_{i<k} D_i²/8      D_i: range over wrong arms of their logits' changes
//! ```
//!
//! is a theorem, checked at every recorded point of every context. What the paper plots is another sum: the positive parts
//! only, with the constant η in place of η_i.

use super::fit::{Fit, line, logistic as logistic_fit, sigma};
use super::statistics::{median, spearman};
use super::{Judged, Judgement, Observed, percent};
use crate::bandit::{Bandit, Fallback, Plan, Point, Run, Stop};
use crate::error::Error;

/// What the paper observes.
pub(crate) const OBSERVED: [Observed; 3] = [
    Observed {
        slug: "bandit-logistic",
        place: "§5.1, Figure 1, first panel",
        said: "a distinctive logistic relationship between the cumulative gradient gap and the value function",
        command: "gradient-gap bandit",
        criterion: "reproduced if J_x against the printed gap, all contexts at twenty times, has a logistic curve that explains 95 % \
                    of the variance and leaves less than the best straight line, median of the seeds; partly if at the end J_x \
                    is within 0.05 of σ(λ_x(0) + gap) for 95 % of the contexts with the signed gap and the effective steps of (14), \
                    which is a theorem up to second order",
    },
    Observed {
        slug: "bandit-two-regimes",
        place: "§5.1, Figure 1, second panel",
        said: "two regimes for each context's cumulative gradient gap curve: either fast exponential convergence or lack of \
               improvement",
        command: "gradient-gap bandit",
        criterion: "share of contexts with J > 0.9 or J < 0.1 at the end, median of the seeds: reproduced from 90 % on, partly \
                    from 75 %; each of the two must have 1 % in at least half of the seeds; whether convergence is exponential is \
                    judged apart (exponential-rate)",
    },
    Observed {
        slug: "bandit-relative-gap",
        place: "§5.1, Figure 1, third panel",
        said: "contexts with close to 0 relative cumulative gradient gap experience faster convergence",
        command: "gradient-gap bandit",
        criterion: "Spearman's rank correlation of |relative cumulative gap| with J at the end, median of the seeds with a \
                    distribution-free 95 % interval: reproduced if all of it is negative, partly if it contains 0",
    },
];

/// What the experiment is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// η, the learning rate of an update θ ← θ + η∇J with one context.
    pub eta: f64,
    /// Updates of each run.
    pub steps: usize,
    /// The first seed; others follow one by one.
    pub seed: u64,
    /// How many seeds there are.
    pub seeds: u32,
    /// What is trained on where the band is empty: runs for each of these.
    pub fallbacks: Vec<Fallback>,
    /// At how many times contexts are recorded, besides the start.
    pub times: usize,
}

impl Default for Setting {
    /// η = 0.1 as printed; 20 000 updates, 20 seeds, both fallbacks that go on.
    fn default() -> Setting {
        let fallbacks = vec![Fallback::Uniform, Fallback::NearestHalf];
        Setting { eta: 0.1, steps: 20_000, seed: 1, seeds: 20, fallbacks, times: 2_000 }
    }
}

/// One context at the start and at the end of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// λ_x(0), in nats.
    pub start: f64,
    /// The context at the end of the run.
    pub end: Point,
}

/// How far log-odds follow cumulative gaps, over all evaluation contexts and recorded times of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logistic {
    /// The largest |λ_x(k) − λ_x(0)|, in nats.
    pub gained: f64,
    /// The largest deviation, Σ Δμ η_k less λ_x(k) − λ_x(0), in nats; at least 0.
    pub deviation: f64,
    /// The largest share of its bound Σ D²/8 ([`Point::remainder`]) that a deviation has, where the bound is above rounding.
    pub used: f64,
    /// Recorded points at which the deviation is outside of \[0, bound\] by more than rounding.
    pub violations: usize,
    /// The share, in \[0, 1\], of contexts with J at the end within 0.05 of σ(λ_x(0) + Σ Δμ η_k).
    pub signed: f64,
    /// The share of the variance of J that the best logistic curve and the best straight line explain, against the printed
    /// gap Σ \[Δμ\]₊ η, all contexts at 20 times; NaN where J or the gap is the same everywhere.
    pub printed: [f64; 2],
}

/// At how many times J and gaps are put together.
pub(crate) const TIMES: usize = 20;

/// How near J has to be to what a gap predicts.
pub(crate) const NEAR: f64 = 0.05;

/// What came of the run of one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The seed of the bandit and of the run.
    pub seed: u64,
    /// How many updates were made.
    pub updates: usize,
    /// The share of the updates, in \[0, 1\], whose context the fallback chose.
    pub by_fallback: f64,
    /// Why the run ended.
    pub stop: Stop,
    /// How many arms are correct in some context of the pool.
    pub arms: usize,
    /// The shares of evaluation contexts with J > 0.9, J < 0.1, and between at the end; they add up to 1.
    pub regimes: [f64; 3],
    /// The share of evaluation contexts whose correct arm is correct in no context of the pool; and of those with J < 0.1
    /// the share whose arm is correct in one, NaN where there are none.
    pub strange: [f64; 2],
    /// The median printed gap Σ \[Δμ\]₊ η of the contexts with J < 0.1 over that of those with J > 0.9; NaN where either has
    /// none.
    pub gaps: f64,
    /// How far log-odds follow cumulative gaps.
    pub logistic: Logistic,
    /// Spearman's ρ of J at the end with |relative gap|, and with the relative gap itself; `None` where it is undefined.
    pub correlation: [Option<f64>; 2],
    /// Every evaluation context, in their order.
    pub contexts: Vec<Ends>,
}

/// The runs of all seeds with one fallback.
#[derive(Clone, Debug)]
pub struct Runs {
    /// What was trained on where no context had J in the band.
    pub fallback: Fallback,
    /// The outcome of every seed, by increasing seed.
    pub outcomes: Vec<Outcome>,
    /// The run of the first seed in full, for a picture.
    pub first: Run,
    /// The judgements, on these runs alone, of the observations of this experiment, in their order.
    pub judged: [Judged; 3],
}

/// The experiment of §5.1: all runs of a [`Setting`], with the judgements.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What was run.
    pub setting: Setting,
    /// The runs with each fallback, in the order of the setting.
    pub runs: Vec<Runs>,
    /// The judgements of the observations of this experiment, in the order of [`observed`](super::observed), over all
    /// fallbacks.
    pub judged: [Judged; 3],
}

impl Experiment {
    /// Whether no recorded point is beyond the bound of linear-softmax-step.
    pub fn is_sound(&self) -> bool {
        self.runs.iter().flat_map(|runs| &runs.outcomes).all(|outcome| outcome.logistic.violations == 0)
    }
}

/// Makes all runs and judges; `done` is told after each.
///
/// # Errors
/// No seed, no fallback, no time to record at; what [`Bandit::run`] refuses.
pub fn run(setting: &Setting, done: &dyn Fn()) -> Result<Experiment, Error> {
    for (name, none) in
        [("seeds", setting.seeds == 0), ("fallbacks", setting.fallbacks.is_empty()), ("recorded times", setting.times == 0)]
    {
        if none {
            return Err(Error::new(format!("no {name}, expected at least one")));
        }
    }
    let mut runs = Vec::new();
    for &fallback in &setting.fallbacks {
        let (mut outcomes, mut first) = (Vec::new(), None);
        for seed in (0..u64::from(setting.seeds)).map(|i| setting.seed.wrapping_add(i)) {
            let bandit = Bandit::paper(seed);
            let every = setting.steps.div_ceil(setting.times).max(1);
            let plan = Plan { eta: setting.eta, steps: setting.steps, every, ..Plan::paper(seed, fallback) };
            let run = bandit.run(&plan)?;
            outcomes.push(outcome(seed, &bandit, &run));
            first.get_or_insert(run);
            done();
        }
        let Some(first) = first else { continue };
        let judged = judge(&outcomes);
        runs.push(Runs { fallback, outcomes, first, judged });
    }
    let judged = std::array::from_fn(|i| {
        let all = || runs.iter().map(|runs| &runs.judged[i]);
        let because: Vec<String> =
            runs.iter().map(|runs| format!("{}: {}", name(runs.fallback), runs.judged[i].because)).collect();
        let judgement = Judgement::of_all(all().map(|judged| judged.judgement));
        Judged { slug: OBSERVED[i].slug, judgement, because: because.join("; ") }
    });
    Ok(Experiment { setting: setting.clone(), runs, judged })
}

/// The name of a fallback on the command line and in files.
pub fn name(fallback: Fallback) -> &'static str {
    match fallback {
        Fallback::Uniform => "uniform",
        Fallback::NearestHalf => "nearest-half",
        Fallback::Stop => "stop",
    }
}

fn share(count: usize, of: usize) -> f64 {
    count as f64 / of.max(1) as f64
}

fn outcome(seed: u64, bandit: &Bandit, run: &Run) -> Outcome {
    let curves = &run.curves;
    let ends = |i: usize| {
        let mut points = curves.of(i);
        let first = points.next()?;
        Some(Ends { start: first.lambda, end: points.next_back().unwrap_or(first) })
    };
    let contexts: Vec<Ends> = (0..curves.contexts()).filter_map(ends).collect();
    let count = contexts.len();
    let high = contexts.iter().filter(|c| c.end.success() > 0.9).count();
    let low = contexts.iter().filter(|c| c.end.success() < 0.1).count();
    let lambda: Vec<f64> = contexts.iter().map(|c| c.end.lambda).collect(); // in the order of J, and never equal by rounding
    let relative: Vec<f64> = contexts.iter().map(|c| c.end.relative).collect();
    let sizes: Vec<f64> = relative.iter().map(|x| x.abs()).collect();
    let by_fallback = run.steps.iter().filter(|step| step.by_fallback).count();
    let mut arms = bandit.pool().correct.clone();
    arms.sort_unstable();
    arms.dedup();
    let known = |i: usize| arms.binary_search(&bandit.evaluation().correct[i]).is_ok();
    let failed = || contexts.iter().enumerate().filter(|(_, c)| c.end.success() < 0.1);
    let strange = [
        share((0..count).filter(|&i| !known(i)).count(), count),
        failed().filter(|(i, _)| known(*i)).count() as f64 / low as f64, // NaN of none
    ];
    let gap = |wanted: &dyn Fn(f64) -> bool| {
        let gaps: Vec<f64> = contexts.iter().filter(|c| wanted(c.end.success())).map(|c| c.end.constant).collect();
        median(&gaps).map_or(f64::NAN, |[_, middle, _]| middle)
    };
    let gaps = gap(&|j| j < 0.1) / gap(&|j| j > 0.9);
    Outcome {
        seed,
        updates: run.steps.len(),
        by_fallback: share(by_fallback, run.steps.len()),
        stop: run.stop,
        arms: arms.len(),
        regimes: [high, low, count - high - low].map(|n| share(n, count)),
        strange,
        gaps,
        logistic: logistic(bandit, run, &contexts),
        correlation: [spearman(&sizes, &lambda), spearman(&relative, &lambda)],
        contexts,
    }
}

/// By how much the computed signed gap − gain may be wrong: the errors that [`crate::bandit`] states, and those of adding up.
fn tolerance(bandit: &Bandit, run: &Run, most: f64) -> f64 {
    let unit = 0.5 * f64::EPSILON;
    let size = bandit.evaluation().x.chunks_exact(bandit.dim()).map(crate::line::norm).fold(0.0, f64::max);
    let steps: f64 = run.steps.iter().map(|step| step.effective_step).sum();
    let gap = 2.0 * size * (2.0 * run.error + (bandit.arms() + bandit.dim() + 6) as f64 * unit);
    2.0 * run.error + steps * gap + 2.0 * unit * run.steps.len() as f64 * (most + size * steps)
}

fn logistic(bandit: &Bandit, run: &Run, contexts: &[Ends]) -> Logistic {
    let points = || (0..contexts.len()).flat_map(|i| run.curves.of(i));
    let most = points().fold(0.0, |top, point| f64::max(top, point.signed.abs().max(point.gained.abs())));
    let slack = tolerance(bandit, run, most);
    let (mut gained, mut deviation, mut used, mut violations) = (0.0_f64, 0.0_f64, 0.0_f64, 0);
    for point in points() {
        let apart = point.signed - point.gained;
        gained = gained.max(point.gained.abs());
        deviation = deviation.max(apart);
        if point.remainder > 1e3 * slack {
            used = used.max(apart / point.remainder);
        }
        let within = -slack <= apart && apart <= point.remainder * (1.0 + 1e-9) + slack;
        violations += usize::from(!within);
    }
    let distance = |c: &Ends, gap: f64| (sigma(c.start + gap) - c.end.success()).abs();
    let near = |gap: &dyn Fn(&Point) -> f64| {
        share(contexts.iter().filter(|c| distance(c, gap(&c.end)) <= NEAR).count(), contexts.len())
    };
    let recorded = run.curves.times().len();
    let chosen = |k: usize| (k * TIMES).checked_rem(recorded.max(1)).is_some_and(|rest| rest < TIMES);
    let of_one = |i: usize| run.curves.of(i).enumerate().filter(|(k, _)| chosen(*k)).map(|(_, p)| [p.constant, p.success()]);
    let pairs: Vec<[f64; 2]> = (0..contexts.len()).flat_map(of_one).collect();
    let explained = |fit: Option<Fit>| fit.map_or(f64::NAN, |fit| fit.explained);
    Logistic {
        gained,
        deviation,
        used,
        violations,
        signed: near(&|end| end.signed),
        printed: [explained(logistic_fit(&pairs)), explained(line(&pairs))],
    }
}

fn middle(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    median(&outcomes.iter().map(of).collect::<Vec<_>>()).map_or(f64::NAN, |[_, middle, _]| middle)
}

/// The judgements, in the order of [`OBSERVED`].
fn judge(outcomes: &[Outcome]) -> [Judged; 3] {
    let [logistic, regimes, relative] = OBSERVED.map(|observed| observed.slug);
    let [printed, straight] = [0, 1].map(|i| middle(outcomes, |o| o.logistic.printed[i]));
    let signed = middle(outcomes, |o| o.logistic.signed);
    let violations: usize = outcomes.iter().map(|o| o.logistic.violations).sum();
    let first = Judged {
        slug: logistic,
        judgement: Judgement::by(printed >= 0.95 && printed > straight, signed >= 0.95 && violations == 0),
        because: format!(
            "against the printed gap a logistic curve explains {printed:.3} ({straight:.3} a straight line); {} of contexts are within \
             0.05 by the signed gap with effective steps; {violations} points beyond the bound",
            percent(signed)
        ),
    };
    let apart = middle(outcomes, |o| o.regimes[0] + o.regimes[1]);
    let both = outcomes.iter().filter(|o| o.regimes[0] >= 0.01 && o.regimes[1] >= 0.01).count();
    let [least, most] = [f64::min, f64::max].map(|f| outcomes.iter().map(|o| o.regimes[0]).reduce(f).unwrap_or(f64::NAN));
    let second = Judged {
        slug: regimes,
        judgement: match apart {
            _ if 2 * both < outcomes.len() => Judgement::Not,
            apart if apart >= 0.9 => Judgement::Reproduced,
            apart if apart >= 0.75 => Judgement::Partly,
            _ => Judgement::Not,
        },
        because: format!(
            "J > 0.9 or J < 0.1 for {} of contexts; J > 0.9 for {} to {} of them, by seed",
            percent(apart),
            percent(least),
            percent(most)
        ),
    };
    let correlations: Vec<f64> = outcomes.iter().filter_map(|o| o.correlation[0]).collect();
    let third = match median(&correlations) {
        Some([low, middle, high]) => Judged {
            slug: relative,
            judgement: match (low, high) {
                (_, high) if high < 0.0 => Judgement::Reproduced,
                (low, _) if low > 0.0 => Judgement::Not,
                _ => Judgement::Partly,
            },
            because: format!("ρ = {middle:.2}, interval {low:.2} to {high:.2}"),
        },
        None => Judged { slug: relative, judgement: Judgement::Not, because: "no run in which contexts differ".into() },
    };
    [first, second, third]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(regimes: [f64; 3], signed: f64, printed: [f64; 2], rho: f64) -> Outcome {
        let logistic = Logistic { gained: 1.0, deviation: 0.0, used: 0.0, violations: 0, signed, printed };
        Outcome {
            seed: 1,
            updates: 1,
            by_fallback: 0.0,
            stop: Stop::Finished,
            arms: 1,
            regimes,
            strange: [0.0; 2],
            gaps: 1.0,
            logistic,
            correlation: [Some(rho), None],
            contexts: vec![],
        }
    }

    #[test]
    fn each_judgement_can_come_out() {
        use Judgement::{Not, Partly, Reproduced};
        let of = |one: Outcome| judge(&vec![one; 8]).map(|judged| judged.judgement);
        assert_eq!(of(outcome([0.5, 0.45, 0.05], 1.0, [0.97, 0.6], -0.5)), [Reproduced; 3]);
        assert_eq!(of(outcome([0.4, 0.4, 0.2], 1.0, [0.6, 0.5], 0.5)), [Partly, Partly, Not]);
        assert_eq!(of(outcome([0.4, 0.2, 0.4], 0.5, [0.97, 0.98], 0.0)), [Not, Not, Partly]);
        assert_eq!(of(outcome([1.0, 0.0, 0.0], 1.0, [0.97, 0.6], -0.5))[1], Not, "one regime is not two");
        let mut beyond = outcome([0.5, 0.5, 0.0], 1.0, [0.5, 0.5], -0.5);
        beyond.logistic.violations = 1;
        assert_eq!(of(beyond)[0], Not);
    }
}
