//! How fast 1 − J falls at a fixed rate α: exact gradients, and gradients of sampled groups.
//!
//! Tabular softmax, one length for all responses, c = ‖g⁺ − g⁻‖² at the end of a run. From λ' = ‖g⁺ − g⁻‖ along the gap,
//!
//! ```text
//! REINFORCE, Dr. GRPO   dλ/dk ≈ α J(1−J) c      1 − J_k ~ 1/(αck)
//! GRPO                  dλ/dk ≈ α √(J(1−J)) c   1 − J_k ~ 4/(αck)²
//! ```
//!
//! (the companion's pg-rates). With G sampled responses a group of equal rewards has no advantage and moves nothing. Once
//! G(1 − J) ≪ 1 a group has a wrong response with probability about G(1 − J), and then one: the mean update is
//!
//! ```text
//! Dr. GRPO   (1 − 1/G)(1 − J)(g⁺ − g⁻)          1 − J_k ~ 1/((1 − 1/G)αck)
//! GRPO       √(G − 1)(1 − J)(g⁺ − g⁻)           1 − J_k ~ 1/(√(G − 1)αck)
//! ```
//!
//! so that GRPO's 1/k² is a matter of exact gradients. GRPO divides by σ² = r̄(1 − r̄), the group's variance with 1/G.

use super::statistics::{least_squares, median};
use super::{Judged, Judgement, Observed, percent};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::instance::{Instance, advance};
use crate::number::{Scalar, log_sum_exp, polar_normal};
use crate::policy::Policy;
use crate::update::{Algorithm, update};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// What is observed, or predicted.
pub(crate) const OBSERVED: [Observed; 3] = [
    Observed {
        slug: "exponential-rate",
        place: "§5.1 (second panel)",
        said: "fast exponential convergence (Corollary 1)",
        command: "gradient-gap rates",
        criterion: "exact gradients at a fixed α: log(1−J) falls in proportion to k^p over the last decade of steps: reproduced if \
                    p is at least 0.9 for an algorithm at every seed, partly if from 0.5 on; where 1−J falls like a power of k, \
                    p is 1/(the logarithm of k) and less",
    },
    Observed {
        slug: "exact-rates",
        place: "companion (pg-rates)",
        said: "1−J falls like 1/k for REINFORCE and Dr. GRPO and like 1/k² for GRPO, exact gradients at a fixed α",
        command: "gradient-gap rates",
        criterion: "the median over starts of the slope of log(1−J) in log k over the last decade of steps is within 0.02 of −1 and \
                    of −2: reproduced if both, partly if one is; π⁺ and π⁻ still move at the end of some runs, whose slopes differ",
    },
    Observed {
        slug: "group-rates",
        place: "companion",
        said: "with sampled groups 1−J falls like 1/k for both algorithms: all-equal groups move nothing",
        command: "gradient-gap rates",
        criterion: "the distribution-free 95 % interval of the median slope over the last decade of steps lies in [−1.25, −0.8]: \
                    reproduced if so for every group size and both algorithms, partly if for one of them",
    },
];

/// What the experiment is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The rate α > 0, at most [`MAX_RATE`]: θ moves by α times the algorithm's gradient.
    pub rate: f64,
    /// Updates of each run, at least 100.
    pub steps: usize,
    /// The first seed; others follow one by one.
    pub seed: u64,
    /// How many seeds there are for sampled groups.
    pub seeds: u32,
    /// How many seeds there are for exact gradients, whose runs differ by their starts only.
    pub exact_seeds: u32,
    /// The sizes G ≥ 2 of sampled groups; runs for each of these.
    pub groups: Vec<u32>,
    /// How many responses the policy has, an even number, half of them correct.
    pub responses: u32,
}

impl Default for Setting {
    /// α = ½, 10⁵ updates, 64 seeds (16 for exact gradients), groups of 2, 4, 8 and 16, four responses.
    fn default() -> Setting {
        Setting { rate: 0.5, steps: 100_000, seed: 1, seeds: 64, exact_seeds: 16, groups: vec![2, 4, 8, 16], responses: 4 }
    }
}

/// How a gradient is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gradient {
    /// From the exact expectation over all responses.
    Exact,
    /// From a group of so many sampled responses.
    Group(u32),
}

/// The runs of one algorithm with one kind of gradient.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// The algorithm, GRPO or Dr. GRPO; REINFORCE's exact gradient is Dr. GRPO's.
    pub algorithm: Algorithm,
    /// How its gradient is had.
    pub gradient: Gradient,
    /// Every seed's log(1 − J) ≤ 0, in nats, at each of [`Experiment::times`].
    pub log_failure: Vec<Vec<f64>>,
    /// Every seed's slope of log(1 − J) in log k over the last decade of steps: −p where 1 − J falls like k^{−p}.
    pub slopes: Vec<f64>,
    /// Every seed's p: log(1/(1 − J)) ∝ k^p over the last decade.
    pub powers: Vec<f64>,
    /// The predicted slope: −2 for GRPO's exact gradient, else −1 (pg-rates, and the [module](self) on groups).
    pub predicted: f64,
    /// Every seed's k(1 − J), or k√(1 − J) of GRPO's exact gradient, at the end over its predicted value.
    pub constants: Vec<f64>,
}

/// The experiment: all runs of a [`Setting`], with the judgements.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What was run.
    pub setting: Setting,
    /// The numbers k of updates after which J is recorded, increasing: about evenly in log k.
    pub times: Vec<usize>,
    /// The runs of Dr. GRPO, then of GRPO, each by kind of gradient: exact, then the groups in the order of the setting.
    pub rates: Vec<Rates>,
    /// The judgements of the observations of this experiment, in the order of [`observed`](super::observed).
    pub judged: [Judged; 3],
}

/// Makes all runs and judges; `done` is told after each.
///
/// # Errors
/// Fewer than 100 updates, no seed, a group of fewer than two, fewer than two responses or an odd number, a rate that is not
/// above 0 and at most [`MAX_RATE`].
pub fn run(setting: &Setting, done: &(dyn Fn() + Sync)) -> Result<Experiment, Error> {
    let refused = |what: String| Err(Error::new(what));
    if setting.steps < 100 {
        return refused(format!("{} updates, expected at least 100", setting.steps));
    }
    if setting.seeds == 0 || setting.exact_seeds == 0 {
        return refused("no seeds, expected at least one".into());
    }
    if let Some(group) = setting.groups.iter().find(|group| **group < 2) {
        return refused(format!("a group of {group}, expected at least 2"));
    }
    if setting.responses < 2 || setting.responses % 2 == 1 {
        return refused(format!("{} responses, expected an even number", setting.responses));
    }
    if !(setting.rate > 0.0 && setting.rate <= MAX_RATE) {
        return refused(format!("the rate is {:?}, expected 0 < α ≤ {MAX_RATE}", setting.rate));
    }
    let times = times(setting.steps);
    let gradients = || std::iter::once(Gradient::Exact).chain(setting.groups.iter().map(|&group| Gradient::Group(group)));
    let mut rates = Vec::new();
    for algorithm in [Algorithm::DrGrpo, Algorithm::Grpo] {
        for gradient in gradients() {
            let seeds = if gradient == Gradient::Exact { setting.exact_seeds } else { setting.seeds };
            let seeds = (0..u64::from(seeds)).map(|i| setting.seed.wrapping_add(i)).collect::<Vec<_>>();
            let one = |seed: &u64| {
                let start = start(setting, *seed)?;
                let run = match gradient {
                    Gradient::Exact => exact(&start, algorithm, setting.rate, &times),
                    Gradient::Group(group) => sampled(&start, algorithm, setting.rate, group, &times, *seed),
                };
                done();
                Ok(run)
            };
            let runs: Vec<Course> = seeds.par_iter().map(one).collect::<Result<_, Error>>()?;
            rates.push(measured(setting, algorithm, gradient, &times, runs));
        }
    }
    let judged = judge(&rates);
    Ok(Experiment { setting: setting.clone(), times, rates, judged })
}

/// The largest α: beyond it a step of GRPO may leave binary64's range of exponentials.
pub const MAX_RATE: f64 = 100.0;

/// Sixteen times a decade, up to and with `steps`.
fn times(steps: usize) -> Vec<usize> {
    let step = Scalar::ln(10.0_f64) / 16.0;
    let mut times: Vec<usize> =
        (0..).map(|i| Scalar::exp(step * f64::from(i)).round() as usize).take_while(|&k| k < steps).collect();
    times.push(steps);
    times.dedup();
    times
}

/// Equal biases, logits N(0, 1); the first half is correct.
fn start(setting: &Setting, seed: u64) -> Result<Instance, Error> {
    let count = setting.responses as usize;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut theta = vec![0.0; count];
    polar_normal(|| rng.random(), &mut theta);
    Ok(Instance {
        policy: Policy::tabular_softmax(count, vec![])?,
        theta,
        direction: vec![0.0; count],
        eta: 0.0,
        correct: (0..count).map(|i| 2 * i < count).collect(),
        then: vec![],
    })
}

/// A run.
struct Course {
    /// log(1 − J) at the times.
    log_failure: Vec<f64>,
    /// ‖g⁺ − g⁻‖² at the end.
    square: f64,
}

/// log(1 − J) and ‖g⁺ − g⁻‖² of a tabular softmax: π⁺ and π⁻ are orthogonal, so that the latter is ‖π⁺‖² + ‖π⁻‖².
fn state(logits: &[f64], correct: &[bool]) -> [f64; 2] {
    let side =
        |side: bool| logits.iter().zip(correct).filter(move |(_, c)| **c == side).map(|(z, _)| *z).collect::<Vec<_>>();
    let [minus, plus] = [side(false), side(true)];
    let [low, high] = [log_sum_exp(&minus), log_sum_exp(&plus)];
    let square = |logits: &[f64], total: f64| logits.iter().map(|z| Scalar::exp(2.0 * (z - total))).sum::<f64>();
    [-(high - low).softplus(), square(&minus, low) + square(&plus, high)]
}

/// θ_{k+1} = θ_k + αg, by the gradients of [`update`].
fn exact(start: &Instance, algorithm: Algorithm, rate: f64, times: &[usize]) -> Course {
    let mut at = start.clone();
    let mut course = Course { log_failure: Vec::new(), square: 0.0 };
    let mut made = 0;
    for &time in times {
        for _ in made..time {
            let gradient = update(&Evaluation::<f64>::new(&at, 1), algorithm).gradient;
            advance(&mut at.theta, &gradient, rate);
        }
        made = time;
        let [log_failure, square] = state(&at.theta, &at.correct);
        course.log_failure.push(log_failure);
        course.square = square;
    }
    course
}

/// What one group adds to the logits, over α, by how often each response is drawn: n_j A_j/G, where Σ n_j A_j = 0, so that no
/// probability is left in it. Nothing where all rewards are equal.
pub(crate) fn group_update(counts: &[u32], correct: &[bool], algorithm: Algorithm) -> Vec<f64> {
    let group: u32 = counts.iter().sum();
    let right: u32 = counts.iter().zip(correct).filter(|(_, c)| **c).map(|(n, _)| *n).sum();
    if right == 0 || right == group {
        return vec![0.0; counts.len()];
    }
    let mean = f64::from(right) / f64::from(group);
    let deviation = match algorithm {
        Algorithm::Grpo => (mean * (1.0 - mean)).sqrt(),
        Algorithm::Reinforce | Algorithm::DrGrpo => 1.0,
    };
    let advantage = |correct: bool| (if correct { 1.0 - mean } else { -mean }) / deviation;
    counts.iter().zip(correct).map(|(&n, &c)| f64::from(n) / f64::from(group) * advantage(c)).collect()
}

/// θ_{k+1} = θ_k + α times [`group_update`] of a group drawn from π_{θ_k}.
fn sampled(start: &Instance, algorithm: Algorithm, rate: f64, group: u32, times: &[usize], seed: u64) -> Course {
    let correct = &start.correct;
    let mut logits = start.theta.clone();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1 + 2 * u64::from(group) + u64::from(algorithm == Algorithm::Grpo));
    // Small masses first, so that rounding of the sum does not swallow them.
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by_key(|&i| correct[i]);
    let mut cumulative = vec![0.0; logits.len()];
    let mut counts = vec![0_u32; logits.len()];
    let mut course = Course { log_failure: Vec::new(), square: 0.0 };
    let (mut made, mut stale) = (0, true);
    for &time in times {
        for _ in made..time {
            if stale {
                let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let mut mass = 0.0;
                for (&i, sum) in order.iter().zip(&mut cumulative) {
                    mass += Scalar::exp(logits[i] - top);
                    *sum = mass;
                }
            }
            let total = cumulative.last().copied().unwrap_or(0.0);
            counts.fill(0);
            for _ in 0..group {
                let u = rng.random::<f64>() * total;
                let drawn = cumulative.iter().position(|&c| u < c).unwrap_or(order.len() - 1);
                counts[order[drawn]] += 1;
            }
            let right: u32 = counts.iter().zip(correct).filter(|(_, c)| **c).map(|(n, _)| *n).sum();
            stale = right > 0 && right < group;
            if stale {
                advance(&mut logits, &group_update(&counts, correct, algorithm), rate);
            }
        }
        made = time;
        let [log_failure, square] = state(&logits, correct);
        course.log_failure.push(log_failure);
        course.square = square;
    }
    course
}

fn measured(setting: &Setting, algorithm: Algorithm, gradient: Gradient, times: &[usize], runs: Vec<Course>) -> Rates {
    let from = times.partition_point(|&k| 10 * k < setting.steps);
    let across: Vec<f64> = times[from..].iter().map(|&k| Scalar::ln(k as f64)).collect();
    let slope = |of: &dyn Fn(f64) -> f64, run: &Course| {
        least_squares(&across, &run.log_failure[from..].iter().map(|&x| of(x)).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    let quadratic = algorithm == Algorithm::Grpo && gradient == Gradient::Exact;
    let constant = |run: &Course| {
        let end = run.log_failure.last().copied().unwrap_or(f64::NAN);
        let drift = setting.rate * run.square * setting.steps as f64;
        match gradient {
            Gradient::Exact if quadratic => 0.5 * drift * Scalar::exp(0.5 * end),
            Gradient::Exact => drift * Scalar::exp(end),
            Gradient::Group(group) if algorithm == Algorithm::Grpo => f64::from(group - 1).sqrt() * drift * Scalar::exp(end),
            Gradient::Group(group) => (1.0 - 1.0 / f64::from(group)) * drift * Scalar::exp(end),
        }
    };
    Rates {
        algorithm,
        gradient,
        slopes: runs.iter().map(|run| slope(&|x| x, run)).collect(),
        powers: runs.iter().map(|run| slope(&|x| Scalar::ln(-x), run)).collect(),
        predicted: if quadratic { -2.0 } else { -1.0 },
        constants: runs.iter().map(constant).collect(),
        log_failure: runs.into_iter().map(|run| run.log_failure).collect(),
    }
}

/// The least and the largest.
fn ends(x: impl IntoIterator<Item = f64>) -> [f64; 2] {
    x.into_iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)])
}

/// The judgements, in the order of [`OBSERVED`].
fn judge(rates: &[Rates]) -> [Judged; 3] {
    let exact: Vec<&Rates> = rates.iter().filter(|rates| rates.gradient == Gradient::Exact).collect();
    let groups: Vec<&Rates> = rates.iter().filter(|rates| rates.gradient != Gradient::Exact).collect();
    let [exponential, law, group] = OBSERVED.map(|observed| observed.slug);
    let least = exact.iter().map(|rates| ends(rates.powers.iter().copied())[0]).fold(f64::NEG_INFINITY, f64::max);
    let [low, high] = ends(exact.iter().flat_map(|rates| rates.powers.iter().copied()));
    let first = Judged {
        slug: exponential,
        judgement: Judgement::by(least >= 0.9, least >= 0.5),
        because: format!("p from {low:.3} to {high:.3}"),
    };
    let medians = exact.iter().filter_map(|rates| Some((rates, median(&rates.slopes)?[1]))).collect::<Vec<_>>();
    let near = medians.iter().filter(|(rates, slope)| (slope - rates.predicted).abs() <= 0.02).count();
    let ranges = medians.iter().map(|(rates, slope)| {
        let [low, high] = ends(rates.slopes.iter().copied());
        format!("{}: median {slope:.4}, from {low:.4} to {high:.4}", rates.algorithm.name())
    });
    let second = Judged {
        slug: law,
        judgement: Judgement::by(near == exact.len() && near > 0, near > 0),
        because: ranges.collect::<Vec<_>>().join("; "),
    };
    let intervals: Vec<[f64; 3]> = groups.iter().filter_map(|rates| median(&rates.slopes)).collect();
    let inside = intervals.iter().filter(|[low, _, high]| *low >= -1.25 && *high <= -0.8).count();
    let [low, _] = ends(intervals.iter().map(|interval| interval[0]));
    let [_, high] = ends(intervals.iter().map(|interval| interval[2]));
    let third = Judged {
        slug: group,
        judgement: Judgement::by(inside == groups.len() && inside > 0, inside > 0),
        because: format!(
            "{} of the intervals of {} medians; all of them lie in {low:.3} to {high:.3}",
            percent(inside as f64 / groups.len().max(1) as f64),
            groups.len()
        ),
    };
    [first, second, third]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_by_hand() {
        // Two right of four: r̄ = ½, σ = ½.
        let correct = [true, true, false];
        assert_eq!(group_update(&[1, 1, 2], &correct, Algorithm::DrGrpo), [0.125, 0.125, -0.25]);
        assert_eq!(group_update(&[1, 1, 2], &correct, Algorithm::Grpo), [0.25, 0.25, -0.5]);
        assert_eq!(group_update(&[1, 3, 0], &correct, Algorithm::Grpo), [0.0; 3]);
        assert_eq!(group_update(&[0, 0, 4], &correct, Algorithm::Grpo), [0.0; 3]);
    }

    /// The mean over all groups of G = 2 and 3, weighed by their probabilities: (1 − 1/G)∇J of Dr. GRPO, and not ∇J.
    #[test]
    fn the_mean_group_is_the_gradient() {
        let start = start(&Setting::default(), 5).expect("an instance");
        let evaluation = Evaluation::<f64>::new(&start, 1);
        let gradient = update(&evaluation, Algorithm::DrGrpo).gradient;
        let p = &evaluation.start().responses.log_prob;
        for group in [2_u32, 3] {
            let mut mean = vec![0.0; 4];
            for code in 0..4_usize.pow(group) {
                let drawn: Vec<usize> = (0..group).map(|i| code / 4_usize.pow(i) % 4).collect();
                let mut counts = [0; 4];
                drawn.iter().for_each(|&i| counts[i] += 1);
                let weight = drawn.iter().map(|&i| Scalar::exp(p[i])).product::<f64>();
                advance(&mut mean, &group_update(&counts, &start.correct, Algorithm::DrGrpo), weight);
            }
            let share = 1.0 - 1.0 / f64::from(group);
            let off = |share: f64| mean.iter().zip(&gradient).map(|(m, g)| (m - share * g).abs()).fold(0.0, f64::max);
            assert!(off(share) < 1e-15, "{mean:?}");
            assert!(off(1.0) > 0.01);
        }
    }

    #[test]
    fn each_judgement_can_come_out() {
        let rates = |algorithm, gradient, slope: f64, power: f64| Rates {
            algorithm,
            gradient,
            log_failure: vec![],
            slopes: vec![slope; 8],
            powers: vec![power; 8],
            predicted: if algorithm == Algorithm::Grpo && gradient == Gradient::Exact { -2.0 } else { -1.0 },
            constants: vec![1.0; 8],
        };
        let of = |exact: [f64; 2], powers: [f64; 2], groups: [f64; 2]| {
            let all = [Algorithm::DrGrpo, Algorithm::Grpo].into_iter().enumerate().flat_map(|(i, algorithm)| {
                let group = Gradient::Group(4);
                [rates(algorithm, Gradient::Exact, exact[i], powers[i]), rates(algorithm, group, groups[i], 0.1)]
            });
            judge(&all.collect::<Vec<_>>()).map(|judged| judged.judgement)
        };
        use Judgement::{Not, Partly, Reproduced};
        assert_eq!(of([-1.0, -2.0], [0.1, 0.1], [-1.0, -1.0]), [Not, Reproduced, Reproduced]);
        assert_eq!(of([-1.0, -1.0], [0.95, 0.1], [-1.0, -2.0]), [Reproduced, Partly, Partly]);
        assert_eq!(of([-2.0, -1.0], [0.6, 0.1], [-2.0, -0.5]), [Partly, Not, Not]);
    }

    #[test]
    fn the_state_is_that_of_the_line() {
        let start = start(&Setting::default(), 7).expect("an instance");
        let evaluation = Evaluation::<f64>::new(&start, 1);
        let [log_failure, square] = state(&start.theta, &start.correct);
        assert!((log_failure - evaluation.start().log_failure()).abs() < 1e-15);
        let size = evaluation.gap().vector.iter().map(|g| g * g).sum::<f64>();
        assert!((square / size - 1.0).abs() < 1e-14);
        // Far beyond where J rounds to 1.
        let far = state(&[800.0, 0.0], &[true, false]);
        assert_eq!((far[0], far[1]), (-800.0, 2.0));
    }

    #[test]
    fn times_are_even_on_a_logarithmic_scale() {
        let times = times(1000);
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]) && times[0] == 1 && times.last() == Some(&1000));
        assert_eq!(times.iter().filter(|&&k| (100..1000).contains(&k)).count(), 16);
    }
}
