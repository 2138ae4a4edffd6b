//! §5.2, Figure 2: GRPO and Dr. GRPO on a real network whose whole response space is known.
//!
//! A [transformer](crate::transformer) of about 26 000 parameters learns sums modulo 5 from demonstrations, a share of them
//! wrong, and then from its own sampled responses: groups, a verifier, one unclipped update a batch, SGD and AdamW. For a fixed set of
//! evaluation prompts every response is enumerated at every step, so that J, λ and the gap g⁺ − g⁻ are exact; at logged
//! steps each update is put beside the one-step bounds ([`Moved`]), and the paper's estimate of the gap beside the gap.
//!
//! For each evaluation prompt q and any update, with w the unit direction that θ really moved in,
//!
//! ```text
//! λ_q(K) − λ_q(0) = Σ_k η_k Δμ_q(k) + Σ_k R_k,     |R_k| ≤ (L_o + G_o²/2) η_k²
//! ```
//!
//! so that J_q is a logistic function of the cumulative gap alignment (14) up to remainders, which are measured.

// Hidden: tests look at the parts of the experiment one by one; nobody else needs more than what is in its results.
#[doc(hidden)]
pub mod bounds;
mod judge;
#[doc(hidden)]
pub mod learn;
#[doc(hidden)]
pub mod sample;
#[doc(hidden)]
pub mod space;
#[doc(hidden)]
pub mod task;
mod training;

#[doc(inline)]
pub use bounds::Moved;
pub use judge::{Across, Found, Law, Spread, name, points};
#[doc(inline)]
pub use learn::Optimizer;
pub use training::{Logged, Point, Run, Update};

use super::{Judged, Observed};
use crate::error::Error;
use crate::transformer::Sizes;
use crate::update::Algorithm;
use rand::RngExt;
use rayon::prelude::*;
use sample::{Purpose, stream};
use space::Space;
use task::{EQUALS, MOST, OPTIONS, Prompt};

/// What the paper observes.
pub(crate) const OBSERVED: [Observed; 2] = [
    Observed {
        slug: "lm-gap-estimator",
        place: "§5.2",
        said: "we approximate the batch-average gradient gap magnitude E_q[Δμ_q] using the relation \
               g_GRPO ∝ √(J_q(1−J_q)) · (g_q⁺ − g_q⁻)",
        command: "gradient-gap train",
        criterion: "estimate over exact ‖g⁺ − g⁻‖, one factor left free: good where Spearman's ρ ≥ 0.8 and nine tenths of the \
                    ratios are within a factor 1.5 of their median; of GRPO's runs, for (a) exact expectations, prompt by prompt, \
                    (b) the norm of the sampled batch's gradient over √(Ĵ(1−Ĵ)), the batch's mean J, against the mean over its \
                    prompts, (c) the same with AdamW's update for the gradient: reproduced if all are good in all runs, not if \
                    none is in any, else partly",
    },
    Observed {
        slug: "lm-logistic",
        place: "§5.2, Figure 2",
        said: "we see a similar relationship between cumulative gradient gap and accuracy as in our theory and bandit experiment",
        command: "gradient-gap train",
        criterion: "mean J of the evaluation prompts against Σ α·(estimate as in §5.2): good where the best logistic curve explains \
                    95 % of the variance and leaves less than the best straight line; reproduced if so in every run; partly if in \
                    some, or in every run with the exact mean gap for the estimate; else not. That the log-odds of \
                    the prompt that is followed stay within the summed bounds around Σ ηΔμ is required of both",
    },
];

/// What the experiment is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// K, the updates of each run.
    pub steps: usize,
    /// Updates are logged at multiples of this, ≥ 1.
    pub every: usize,
    /// T∞, the most tokens of a response: 2 to 5.
    pub length: u32,
    /// G, the responses of a sampled group: 2 to 1 024.
    pub group: usize,
    /// Prompts of a batch, a group for each: 1 to 1 024.
    pub prompts: usize,
    /// The seed of everything that is random.
    pub seed: u64,
    /// Steps of the supervised start, before all runs.
    pub warm: usize,
    /// The algorithms, of which each is run with every optimizer.
    pub algorithms: Vec<Algorithm>,
    /// The optimizers, SGD or AdamW.
    pub optimizers: Vec<Optimizer>,
    /// The learning rates α of SGD and of AdamW, in this order: 0 to 1 000.
    pub rates: [f64; 2],
    /// How many prompts are evaluated at every step: 1 to 60.
    pub evaluated: usize,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            steps: 300,
            every: 15,
            length: 5,
            group: 8,
            prompts: 16,
            seed: 1,
            warm: 2_000,
            algorithms: vec![Algorithm::Grpo, Algorithm::DrGrpo],
            optimizers: vec![Optimizer::Sgd, Optimizer::AdamW],
            rates: [0.02, 3e-4],
            evaluated: 12,
        }
    }
}

/// One evaluation prompt in this many is held out of training.
pub(crate) const HELD_OUT: usize = 3;
/// Of the evaluation prompts so many, from the first on, are put beside the bounds at every update, so that the bounds can be added
/// up.
pub(crate) const FOLLOWED: usize = 1;
/// At every so many updates the responses to all prompts of the batch are enumerated, too.
pub(crate) const COMPARED: usize = 4;
/// Sizes of groups that estimates are made with.
pub(crate) const GROUPS: [usize; 5] = [2, 4, 8, 16, 64];

/// The experiment of §5.2: all runs of a [`Setting`], with the judgements.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What was run.
    pub setting: Setting,
    /// The sizes of the network.
    pub sizes: Sizes,
    /// How many responses the response space of a prompt has.
    pub responses: usize,
    /// The evaluation prompts, in the order of a run's points.
    pub prompts: Vec<Prompt>,
    /// The mean loss of the last tenth of the supervised steps, in nats.
    pub loss: f64,
    /// A run for every algorithm and optimizer, by algorithm, then optimizer.
    pub runs: Vec<Run>,
    /// The judgements of the observations of this experiment, in the order of [`observed`](super::observed).
    pub judged: [Judged; 2],
}

/// The network for responses of up to `length` tokens.
pub fn sizes(length: u32) -> Sizes {
    let positions = 2 * MOST + length as usize - 1;
    let (vocabulary, options) = (EQUALS as usize + 1, OPTIONS as usize);
    Sizes { vocabulary, options, positions, width: 32, heads: 4, hidden: 128, layers: 2 }
}

/// Evaluation prompts, no two alike: two, three and four digits in turn, one in [`HELD_OUT`] held out.
fn evaluated(setting: &Setting) -> Vec<Prompt> {
    let mut rng = stream(setting.seed, Purpose::Evaluation, 0, 0);
    let mut chosen: Vec<Prompt> = Vec::new();
    for i in 0..setting.evaluated {
        let held_out = i % HELD_OUT == HELD_OUT - 1;
        let digits = MOST - (i / HELD_OUT + i) % (MOST - 1);
        let mut left = Prompt::all(digits);
        left.retain(|prompt| prompt.is_held_out() == held_out && !chosen.contains(prompt));
        if !left.is_empty() {
            chosen.push(left.swap_remove(rng.random_range(0..left.len())));
        }
    }
    chosen
}

/// The limits of numbers in a [`Setting`], by name.
fn check(setting: &Setting) -> Result<(), Error> {
    let Setting { every, group, prompts, evaluated, length, .. } = *setting;
    for (name, value, [least, most]) in [
        ("logged step", every, [1, usize::MAX]),
        ("responses of a group", group, [2, 1_024]),
        ("prompts of a batch", prompts, [1, 1_024]),
        ("evaluation prompts", evaluated, [1, 60]),
        ("tokens of a response", length as usize, [2, 5]),
        ("algorithms", setting.algorithms.len(), [1, 3]),
        ("optimizers", setting.optimizers.len(), [1, 2]),
    ] {
        if !(least..=most).contains(&value) {
            return Err(Error::new(format!("{value} for {name}, expected {least} to {most}")));
        }
    }
    match setting.rates.iter().find(|rate| !(0.0..=1e3).contains(*rate)) {
        Some(rate) => Err(Error::new(format!("a learning rate of {rate:?}, expected 0 to 1000"))),
        None => Ok(()),
    }
}

/// How often [`run`] tells `done` something: the supervised start by its steps, every update of every run once.
pub fn work(setting: &Setting) -> usize {
    setting.warm / learn::TOLD + setting.algorithms.len() * setting.optimizers.len() * setting.steps
}

/// Makes all runs from one supervised start and judges; `done` is told after each update, and now and then before.
///
/// # Errors
/// A number of the setting out of its limits, no algorithm or optimizer; a run that leaves what binary64 holds.
pub fn run(setting: &Setting, done: &(dyn Fn() + Sync)) -> Result<Experiment, Error> {
    check(setting)?;
    let (sizes, prompts) = (sizes(setting.length), evaluated(setting));
    sizes.validate()?;
    let training: Vec<Prompt> = (2..=MOST).flat_map(Prompt::all).filter(|prompt| !prompt.is_held_out()).collect();
    let spaces =
        prompts.iter().map(|prompt| Space::new(prompt.clone(), setting.length)).collect::<Result<Vec<Space>, Error>>()?;
    let (theta, loss) = learn::warm_start(sizes, &training, setting.length, setting.warm, setting.seed, done);
    let all: Vec<(Algorithm, Optimizer)> = (setting.algorithms.iter())
        .flat_map(|&algorithm| setting.optimizers.iter().map(move |&optimizer| (algorithm, optimizer)))
        .collect();
    let training = training::Training { setting, sizes, prompts: &training, spaces: &spaces };
    let runs = all.par_iter().map(|&(algorithm, optimizer)| {
        let run = training.run(algorithm, optimizer, &theta, done);
        run.map_err(|e| e.at(format!("{}, learning rate {}", name(algorithm, optimizer), training.rate(optimizer))))
    });
    // Of several that fail the first one, on any number of threads.
    let runs = runs.collect::<Vec<Result<Run, Error>>>().into_iter().collect::<Result<Vec<Run>, Error>>()?;
    let judged = judge::judge(&runs);
    let responses = spaces.first().map_or(0, Space::responses);
    Ok(Experiment { setting: setting.clone(), sizes, responses, prompts, loss, runs, judged })
}
