//! A search for runs that stop below J = 1 at a fixed learning rate, and for what stops them.
//!
//! The paper supposes (§4, end) that GRPO overshoots as J → 1 and stagnates there. Every trial is a random problem that can be
//! solved (one direction u separates a correct response of each prompt from all incorrect ones, so that sup J = 1), a rate α, and K
//! steps. With J the mean over the prompts and over a tenth of the steps, and F = 1 − J, J *rises* from one place to another if F falls
//! to 0.9 of what it was or J rises to 1.1 of it. A run is
//!
//! ```text
//! solved   F < 0.001 at the end
//! rising   J rises from half-way to the end, or over K steps more
//! stuck    otherwise
//! ```
//!
//! What stops a stuck run is found by going on from its end for K steps in two ways: with a tenth of the rate, and along exact
//! gradients of J (no σ, no lengths, no sampling, no clipping, a tenth of the safe rate). If J rises by the first, the run had
//! *overshot*; if only by the second, its *direction* was at fault (or its lengths made it slow); if by neither, the place is *flat*:
//! ∇J is small there, because J(1 − J) or the gap is. Both norms are measured.
//!
//! Rates are in units of 16/D², D the diameter of the features: below 1 exact gradients of one prompt with one length raise J at
//! every step, whatever J is (linear-softmax-step; √(J(1 − J)) ≤ ½).

mod judge;
mod trainer;

pub use trainer::{Method, Problem, Prompt};

use super::statistics::median;
use super::{Judged, Observed};
use crate::error::Error;
use crate::line::norm;
use crate::number::{Scalar, polar_normal};
use crate::update::Algorithm;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// What is supposed, and what the theory says instead.
pub(crate) const OBSERVED: [Observed; 2] = [
    Observed {
        slug: "grpo-stagnation",
        place: "§4, end",
        said: "after variance normalization, GRPO overshoots as J → 1; this may explain the observed stagnation of training at a \
               correction rate strictly below 1",
        command: "gradient-gap stagnation",
        criterion: "of GRPO's runs with J above 0.9 at the end: reproduced if runs that are stuck by overshooting are more than half of \
                    all that are stuck there, and more of them than Dr. GRPO has; partly if there is one such run at a rate below 16/D²; \
                    not otherwise",
    },
    Observed {
        slug: "stagnation-elsewhere",
        place: "companion",
        said: "at a fixed rate runs stop below 1 where ∇J is small although J is not near 1 (prompts pull θ apart, and some are lost), \
               because all rewards of a group are equal, or because the rate is large at intermediate J, and not because of J → 1",
        command: "gradient-gap stagnation",
        criterion: "exact gradients of one prompt with one length and a rate below 16/D² lower J at no step and are never stuck with J \
                    above 0.9, and runs of GRPO with J at most 0.9 are stuck in each of three ways (a flat place of several prompts, no \
                    step that moves θ, overshooting at a rate above 16/D²): reproduced if all, partly if the first and one of the others",
    },
];

/// Where stagnation is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// One prompt, a logit for each response, exact gradients.
    Tabular,
    /// One prompt, linear logits, exact gradients.
    Linear,
    /// One prompt, linear logits, exact gradients, at rates above 16/D².
    LargeRate,
    /// The square {±1}² with O⁺ = {(1, −1), (−1, 1)}, α = 1.9, 2.5, 3 and 3.9 in turn (16/D² = 2): four trials from θ = (x, x), the
    /// next four from (x, x + 10⁻⁹), and so on.
    Square,
    /// One prompt, linear logits, sampled groups of 2, 4, 8 and 16 in turn.
    Groups,
    /// Four prompts that share θ, or twelve, in turn; exact gradients.
    Prompts,
    /// One prompt, linear logits, exact gradients, lengths from 1 to 100, evenly in their logarithm.
    Lengths,
    /// One prompt, linear logits, groups of 8, each used for four steps, clipped at ε = 0.2.
    Clipping,
    /// Four or twelve prompts, groups of 8, lengths, clipping.
    Everything,
}

/// All scenarios, in the order in which they are searched.
pub const SCENARIOS: [Scenario; 9] = [
    Scenario::Tabular,
    Scenario::Linear,
    Scenario::LargeRate,
    Scenario::Square,
    Scenario::Groups,
    Scenario::Prompts,
    Scenario::Lengths,
    Scenario::Clipping,
    Scenario::Everything,
];

impl Scenario {
    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Scenario::Tabular => "tabular",
            Scenario::Linear => "linear",
            Scenario::LargeRate => "large-rate",
            Scenario::Square => "square",
            Scenario::Groups => "groups",
            Scenario::Prompts => "prompts",
            Scenario::Lengths => "lengths",
            Scenario::Clipping => "clipping",
            Scenario::Everything => "everything",
        }
    }

    /// Whether linear-softmax-step promises that J rises at every step of exact gradients.
    fn is_promised(self) -> bool {
        matches!(self, Scenario::Tabular | Scenario::Linear)
    }
}

/// What the experiment is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// K: updates of each trial, at least 20.
    pub steps: usize,
    /// Trials of each scenario and algorithm.
    pub trials: u32,
    /// The seed of all problems, rates and samples.
    pub seed: u64,
}

impl Default for Setting {
    /// 4 000 steps, 64 trials.
    fn default() -> Setting {
        Setting { steps: 4_000, trials: 64, seed: 1 }
    }
}

/// How a trial ended; F = 1 − J, J the mean over the prompts. The [module](self) says what rising is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At the end F < 0.001.
    Solved,
    /// J still rises, from half-way to the end or over K steps more.
    Rising,
    /// J does not rise, and a tenth of the rate mends it.
    Overshot,
    /// J does not rise, and only the exact gradient of J mends it.
    Direction,
    /// J does not rise, neither with a tenth of the rate nor along the exact gradient of J.
    Flat,
}

impl Ending {
    /// Whether J does not rise: overshot, a wrong direction, or flat.
    pub fn is_stuck(self) -> bool {
        matches!(self, Ending::Overshot | Ending::Direction | Ending::Flat)
    }
}

/// One run of K updates on one random problem; J is the mean over the prompts, F = 1 − J.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trial {
    /// αD²/16 > 0, the learning rate α over what keeps exact gradients safe; D is the diameter of the features.
    pub rate: f64,
    /// G, the responses of a sampled group; `None` for exact gradients.
    pub group: Option<u32>,
    /// J at the start.
    pub start: f64,
    /// F, its mean over the tenth of the steps before the middle.
    pub middle: f64,
    /// F, its mean over the last tenth of the steps.
    pub end: f64,
    /// The share, in \[0, 1\], of the steps that lower J.
    pub lost: f64,
    /// The share, in \[0, 1\], of the steps of the second half that move θ.
    pub moving: f64,
    /// How it ended.
    pub ending: Ending,
    /// J after the last two steps.
    pub last: [f64; 2],
    /// ‖∇J‖ at the end, and the mean over the prompts of ‖g⁺ − g⁻‖ there.
    pub slopes: [f64; 2],
}

/// The trials of a scenario with an algorithm.
#[derive(Clone, Debug, PartialEq)]
pub struct Trials {
    /// The scenario of the problems.
    pub scenario: Scenario,
    /// GRPO or Dr. GRPO, on the same problems and at the same rates.
    pub algorithm: Algorithm,
    /// The trials, by the number of the problem.
    pub trials: Vec<Trial>,
}

/// The whole search.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What was run.
    pub setting: Setting,
    /// The trials of every scenario, in the order of [`SCENARIOS`], with GRPO and then with Dr. GRPO.
    pub trials: Vec<Trials>,
    /// The judgements of the observations of this experiment, in the order of [`observed`](super::observed).
    pub judged: [Judged; 2],
}

impl Experiment {
    /// Whether exact gradients of one prompt with one length and a rate below 16/D² lower J at no step.
    pub fn is_sound(&self) -> bool {
        self.trials.iter().filter(|trials| trials.scenario.is_promised()).all(|trials| trials.losing() == 0)
    }
}

/// J above which a run counts as near 1.
pub(crate) const NEAR_ONE: f64 = 0.9;

/// Makes all trials and judges; `done` is told after each.
///
/// # Errors
/// Fewer than 20 steps, no trial.
pub fn run(setting: &Setting, done: &(dyn Fn() + Sync)) -> Result<Experiment, Error> {
    if setting.steps < 20 {
        return Err(Error::new(format!("{} steps, expected at least 20", setting.steps)));
    }
    if setting.trials == 0 {
        return Err(Error::new("no trials, expected at least one"));
    }
    let mut all = Vec::new();
    for (i, scenario) in SCENARIOS.into_iter().enumerate() {
        for algorithm in [Algorithm::Grpo, Algorithm::DrGrpo] {
            let one = |k: u32| {
                let trial = trial(setting, scenario, i as u64, algorithm, k);
                done();
                trial
            };
            let trials = (0..setting.trials).into_par_iter().map(one).collect();
            all.push(Trials { scenario, algorithm, trials });
        }
    }
    let judged = judge::judge(&all);
    Ok(Experiment { setting: setting.clone(), trials: all, judged })
}

/// The k-th random problem of a scenario, one that can be solved: θ_0 = z − βu with z normal and β uniform on \[0, 4\], so
/// that some are hard at first. [`Scenario::Square`] has the start that it says.
pub fn problem(scenario: Scenario, k: u32, rng: &mut ChaCha8Rng) -> Problem {
    let normal = |rng: &mut ChaCha8Rng, count: usize| {
        let mut z = vec![0.0; count];
        polar_normal(|| rng.random(), &mut z);
        z
    };
    if scenario == Scenario::Square {
        // The correct ones first: their terms cancel before others are added, so that rounding keeps the symmetry.
        let prompt = Prompt {
            features: vec![1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0],
            correct: vec![true, true, false, false],
            lengths: vec![1.0; 4],
        };
        let x = normal(rng, 1)[0];
        let off = if (k / 4).is_multiple_of(2) { 0.0 } else { 1e-9 };
        return Problem { prompts: vec![prompt], theta: vec![x, x + off] };
    }
    let count = rng.random_range(4..=8_usize);
    let dim = if scenario == Scenario::Tabular { count } else { 4 };
    let prompts = if matches!(scenario, Scenario::Prompts | Scenario::Everything) { 4 + 8 * (k % 2) } else { 1 };
    let varied = matches!(scenario, Scenario::Lengths | Scenario::Everything);
    let mut u = normal(rng, dim);
    let size = norm(&u);
    u.iter_mut().for_each(|x| *x /= size);
    let prompts = (0..prompts).map(|_| {
        let mut correct: Vec<bool> = (0..count).map(|_| rng.random::<f64>() < 0.5).collect();
        (correct[0], correct[1]) = (true, false);
        let features = if scenario == Scenario::Tabular {
            (0..count * count).map(|i| f64::from(u8::from(i / count == i % count))).collect()
        } else {
            let mut features = normal(rng, count * dim);
            let along = |phi: &[f64]| phi.iter().zip(&u).map(|(x, y)| x * y).sum::<f64>();
            let wrong = features.chunks(dim).zip(&correct).filter(|(_, c)| !**c).map(|(phi, _)| along(phi));
            let best = wrong.fold(f64::NEG_INFINITY, f64::max);
            let missing = f64::max(best + 0.5 - along(&features[..dim]), 0.0);
            features[..dim].iter_mut().zip(&u).for_each(|(x, y)| *x += missing * y);
            features
        };
        let top = Scalar::ln(100.0_f64);
        let lengths =
            (0..count).map(|_| if varied { Scalar::exp(top * rng.random::<f64>()).round() } else { 1.0 }).collect();
        Prompt { features, correct, lengths }
    });
    let prompts = prompts.collect();
    let back = 4.0 * rng.random::<f64>();
    let theta = normal(rng, dim).iter().zip(&u).map(|(z, u)| z - back * u).collect();
    Problem { prompts, theta }
}

/// D²: the largest of all prompts.
fn diameter_squared(problem: &Problem) -> f64 {
    let dim = problem.theta.len();
    let mut largest = 0.0;
    for prompt in &problem.prompts {
        let rows: Vec<&[f64]> = prompt.features.chunks(dim).collect();
        for (i, x) in rows.iter().enumerate() {
            for y in &rows[..i] {
                largest = f64::max(largest, x.iter().zip(*y).map(|(x, y)| (x - y).powi(2)).sum());
            }
        }
    }
    largest
}

/// J and F over a tenth of K steps before the middle and before the end, and what else is seen.
struct Seen {
    middle: [f64; 2],
    end: [f64; 2],
    lost: f64,
    moving: f64,
    last: [f64; 2],
}

fn go(problem: &Problem, theta: &mut [f64], method: &Method, steps: usize, rng: &mut ChaCha8Rng) -> Seen {
    let (half, tenth) = (steps / 2, (steps / 10).max(1));
    let mut sums = [[0.0; 2]; 2];
    let (mut lost, mut moving) = (0, 0);
    let mut rates = [problem.rates(theta); 2]; // before the last step, and after it
    for k in 0..steps {
        let before = theta.to_vec();
        problem.advance(theta, method, rng);
        rates = [rates[1], problem.rates(theta)];
        let [[j, f], [next_j, next_f]] = rates;
        // By the smaller of J and 1 − J, which knows more of a change.
        let falls = if f < j { next_f > f * (1.0 + ROUNDING) } else { next_j < j * (1.0 - ROUNDING) };
        lost += usize::from(falls);
        moving += usize::from(k >= half && before != *theta);
        for (sum, from) in sums.iter_mut().zip([half - tenth, steps - tenth]) {
            if (from..from + tenth).contains(&k) {
                *sum = [sum[0] + next_j / tenth as f64, sum[1] + next_f / tenth as f64];
            }
        }
    }
    let (lost, moving) = (lost as f64 / steps as f64, moving as f64 / (steps - half) as f64);
    Seen { middle: sums[0], end: sums[1], lost, moving, last: [rates[0][0], rates[1][0]] }
}

/// Whether J, of \[J, F\], rises from one place to another.
fn rises(from: [f64; 2], to: [f64; 2]) -> bool {
    to[1] <= 0.9 * from[1] || to[0] >= 1.1 * from[0]
}

/// A change of J, or of 1 − J, by less than this share of it may be rounding.
const ROUNDING: f64 = 1e-12;

fn trial(setting: &Setting, scenario: Scenario, place: u64, algorithm: Algorithm, k: u32) -> Trial {
    let mut rng = ChaCha8Rng::seed_from_u64(setting.seed);
    rng.set_stream((place << 32) | u64::from(k)); // the same for both algorithms
    let problem = problem(scenario, k, &mut rng);
    let unit = 16.0 / diameter_squared(&problem);
    // Even on a logarithmic scale: from 1/30 to 1 of the safe rate, or from 1 to 30 of it where nothing is promised, by turns.
    let share = Scalar::exp((rng.random::<f64>() - 1.0) * Scalar::ln(30.0_f64));
    let rate = match scenario {
        Scenario::Square => [1.9, 2.5, 3.0, 3.9][k as usize % 4] / unit,
        Scenario::LargeRate => 30.0 * share,
        _ if !scenario.is_promised() && (k / 4) % 2 == 1 => 30.0 * share,
        _ => 0.99 * share,
    };
    let group = match scenario {
        Scenario::Groups => Some(2 << (k % 4)),
        Scenario::Clipping | Scenario::Everything => Some(8),
        _ => None,
    };
    let clip = matches!(scenario, Scenario::Clipping | Scenario::Everything).then_some((4, 0.2));
    let method = Method { algorithm, rate: rate * unit, group, clip };
    let mut theta = problem.theta.clone();
    let start = problem.rates(&theta)[0];
    let seen = go(&problem, &mut theta, &method, setting.steps, &mut rng);
    let mut mends = |method: Method| {
        let mut theta = theta.clone();
        rises(seen.end, go(&problem, &mut theta, &method, setting.steps, &mut rng).end)
    };
    let exact = Method { algorithm: Algorithm::DrGrpo, rate: 0.1 * unit, group: None, clip: None };
    let ending = match seen.end {
        [_, end] if end < 0.001 => Ending::Solved,
        _ if rises(seen.middle, seen.end) || mends(method) => Ending::Rising,
        _ if mends(Method { rate: 0.1 * method.rate, ..method }) => Ending::Overshot,
        _ if mends(exact) => Ending::Direction,
        _ => Ending::Flat,
    };
    let Seen { middle: [_, middle], end: [_, end], lost, moving, last } = seen;
    let slopes = [norm(&problem.gradient(&theta, Algorithm::DrGrpo)), problem.mean_gap(&theta)];
    Trial { rate, group, start, middle, end, lost, moving, ending, last, slopes }
}

impl Trials {
    /// How many trials ended so.
    pub fn count(&self, ending: Ending) -> usize {
        self.trials.iter().filter(|trial| trial.ending == ending).count()
    }

    /// The least, median and largest J at the end of the trials that are stuck; `None` where none is.
    pub fn stuck_at(&self) -> Option<[f64; 3]> {
        let at: Vec<f64> = self.trials.iter().filter(|trial| trial.ending.is_stuck()).map(|trial| 1.0 - trial.end).collect();
        let [least, most] = [f64::min, f64::max].map(|f| at.iter().copied().reduce(f));
        Some([least?, median(&at)?[1], most?])
    }

    /// Of the trials that are stuck the medians of ‖∇J‖ and of the mean ‖g⁺ − g⁻‖; `None` where none is.
    pub fn slopes(&self) -> Option<[f64; 2]> {
        let stuck = || self.trials.iter().filter(|trial| trial.ending.is_stuck());
        let middle =
            |i: usize| median(&stuck().map(|trial| trial.slopes[i]).collect::<Vec<_>>()).map(|[_, middle, _]| middle);
        Some([middle(0)?, middle(1)?])
    }

    /// How many trials have a step that lowers J.
    pub fn losing(&self) -> usize {
        self.trials.iter().filter(|trial| trial.lost > 0.0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rises() {
        assert!(rises([0.5, 0.5], [0.55, 0.45]) && rises([1e-9, 1.0], [1.2e-9, 1.0]) && rises([1.0, 1e-9], [1.0, 0.9e-9]));
        assert!(!rises([0.5, 0.5], [0.54, 0.46]) && !rises([1e-9, 1.0], [1e-9, 1.0]) && !rises([0.5, 0.5], [0.1, 0.9]));
    }
}
