//! One run: updates from sampled groups, and what is exact at each of them.

use super::bounds::{Moved, direction};
use super::judge::Found;
use super::learn::{Optimizer, State};
use super::sample::{Group, Purpose, stream};
use super::space::{Exact, Space};
use super::task::Prompt;
use super::{COMPARED, FOLLOWED, GROUPS, Setting};
use crate::error::Error;
use crate::line::norm;
use crate::number::Scalar;
use crate::transformer::Sizes;
use crate::update::Algorithm;
use rand::RngExt;
use rayon::prelude::*;

/// An evaluation prompt at one θ_k, exact over all its responses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// λ = log J − log(1 − J), in nats.
    pub lambda: f64,
    /// J, in \[0, 1\].
    pub success: f64,
    /// ‖g⁺ − g⁻‖ ≥ 0, in nats per parameter unit.
    pub gap: f64,
    /// E\[ℓ\], in tokens.
    pub length: f64,
    /// E⁻\[ℓ\] and E⁺\[ℓ\], in tokens.
    pub lengths: [f64; 2],
    /// ‖ℓ‖_ψ1, in tokens.
    pub psi1: f64,
    /// ηΔμ of the update from θ_k, in nats; 0 at the end.
    pub moved: f64,
    /// What the bounds allow that update, for prompts that are followed: see [`Moved::allowed`]. `None` for others, and at
    /// the end.
    pub allowed: Option<[f64; 3]>,
}

/// An update as it would stand in a log, and what is exact of its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Ĵ in \[0, 1\], the mean reward of the batch.
    pub success: f64,
    /// The mean length of the responses of the batch, in tokens.
    pub length: f64,
    /// How many groups have equal rewards, so that they move nothing.
    pub even: usize,
    /// ‖g‖ of the sampled gradient, the mean over the groups.
    pub gradient: f64,
    /// η = ‖θ_{k+1} − θ_k‖, in parameter units.
    pub eta: f64,
    /// The estimate of the gap as in §5.2: ‖g‖/√(Ĵ(1−Ĵ)), for Dr. GRPO ‖g‖/(Ĵ(1−Ĵ)); NaN where Ĵ is 0 or 1.
    pub estimate: f64,
    /// `estimate` with η/α, the size of the optimizer's update, in place of ‖g‖.
    pub preconditioned: f64,
    /// The mean of ‖g⁺ − g⁻‖ over the prompts of the batch that was trained on, exact; NaN but at logged
    /// updates and every fourth.
    pub batch_gap: f64,
    /// The mean of J over the prompts of that batch, exact; NaN where `batch_gap` is.
    pub batch_success: f64,
    /// The mean of Δμ over the prompts of that batch, along the update that was made, exact; NaN where `batch_gap` is.
    pub batch_alignment: f64,
}

/// What is measured at a logged update beside the [`Point`]s and the [`Update`].
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// k, the number of the update, from 0.
    pub step: usize,
    /// What the update does to each evaluation prompt, in their order; empty where θ did not move.
    pub moved: Vec<Moved>,
    /// Estimate (a) for each evaluation prompt: ‖g‖ of the exact expectation over √(J(1−J)) for GRPO, over J(1−J) for
    /// others. That is ‖E⁺\[∇log π/ℓ\] − E⁻\[∇log π/ℓ\]‖ and ‖g⁺ − g⁻‖.
    pub expected: Vec<f64>,
    /// For each size of group (2, 4, 8, 16, 64) and each evaluation prompt: ‖g‖ of one sampled group over √(Ĵ(1−Ĵ)) for
    /// GRPO, over Ĵ(1−Ĵ) for others, with the group's own Ĵ; NaN where all its rewards are equal.
    pub groups: Vec<Vec<f64>>,
}

/// A run of K updates of one algorithm with one optimizer, and all that is measured on the way.
#[derive(Clone, Debug)]
pub struct Run {
    /// The algorithm that makes gradients g.
    pub algorithm: Algorithm,
    /// The optimizer that makes updates of them.
    pub optimizer: Optimizer,
    /// α, the learning rate.
    pub rate: f64,
    /// The updates k = 0, …, K − 1.
    pub updates: Vec<Update>,
    /// For θ_k, k = 0, …, K, a point for each evaluation prompt: K + 1 lists.
    pub points: Vec<Vec<Point>>,
    /// What is measured at the updates that are logged, by increasing k.
    pub logged: Vec<Logged>,
    /// What the run says of the estimates and of the course of J.
    pub found: Found,
}

/// What all runs share.
pub(super) struct Training<'a> {
    pub setting: &'a Setting,
    pub sizes: Sizes,
    /// To train on.
    pub prompts: &'a [Prompt],
    pub spaces: &'a [Space],
}

/// What the estimate divides by: σ for GRPO, whose gradient is divided by σ once, else σ².
fn divisor(algorithm: Algorithm, success: f64) -> f64 {
    let variance = success * (1.0 - success);
    if algorithm == Algorithm::Grpo { Scalar::sqrt(variance) } else { variance }
}

fn ratio(x: f64, y: f64) -> f64 {
    if y > 0.0 { x / y } else { f64::NAN }
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// An update with θ after it.
struct Made {
    update: Update,
    batch: Vec<Prompt>,
    theta: Vec<f64>,
}

impl Training<'_> {
    /// α.
    pub fn rate(&self, optimizer: Optimizer) -> f64 {
        self.setting.rates[usize::from(optimizer == Optimizer::AdamW)]
    }

    /// A run from θ.
    pub fn run(
        &self,
        algorithm: Algorithm,
        optimizer: Optimizer,
        theta: &[f64],
        done: &(dyn Fn() + Sync),
    ) -> Result<Run, Error> {
        let Setting { steps, every, .. } = *self.setting;
        let rate = self.rate(optimizer);
        let mut run =
            Run { algorithm, optimizer, rate, updates: vec![], points: vec![], logged: vec![], found: Found::default() };
        let (mut theta, mut state) = (theta.to_vec(), State::new(optimizer, theta.len()));
        let after = |step: usize| move |e: Error| e.at(format!("after {step} updates"));
        for step in 0..steps {
            let Made { update, batch, theta: next } = self.update(step, algorithm, rate, &theta, &mut state);
            let logs = step % every == 0;
            let exact = self.exact(&theta, logs && algorithm == Algorithm::Grpo).map_err(after(step))?;
            let way = direction(&theta, &next);
            let measured = if logs { self.spaces.len() } else { FOLLOWED.min(self.spaces.len()) };
            let moved = match &way {
                Some((eta, w)) => {
                    let one = |space: &Space| Moved::new(space, self.sizes, &theta, *eta, w);
                    let moved = self.spaces[..measured].par_iter().map(one).collect::<Result<Vec<Moved>, Error>>();
                    moved.map_err(after(step))?
                }
                None => vec![],
            };
            let along = |gap: &[f64]| way.as_ref().map_or(0.0, |(_, w)| dot(gap, w));
            let point = |(i, exact): (usize, &Exact)| {
                let allowed = (i < FOLLOWED).then(|| moved.get(i).map_or([0.0; 3], |moved| moved.allowed));
                Point { moved: update.eta * along(&exact.gap), allowed, ..point_of(exact) }
            };
            run.points.push(exact.iter().enumerate().map(point).collect());
            let of_batch = |prompt: &Prompt| {
                let exact = Space::new(prompt.clone(), self.setting.length)?.exact(self.sizes, &theta, false)?;
                Ok([exact.gap_norm, exact.success, along(&exact.gap)])
            };
            let compared = if logs || step % COMPARED == 0 { &batch[..] } else { &[] };
            let of_batch = compared.par_iter().map(of_batch).collect::<Result<Vec<[f64; 3]>, Error>>();
            let of_batch = of_batch.map_err(after(step))?;
            // NaN where nothing is compared.
            let [batch_gap, batch_success, batch_alignment] = [0, 1, 2].map(|i| mean(of_batch.iter().map(|x| x[i])));
            run.updates.push(Update { batch_gap, batch_success, batch_alignment, ..update });
            if logs {
                let expected = |exact: &Exact| norm(exact.shrunk.as_deref().unwrap_or(&exact.gap));
                run.logged.push(Logged {
                    step,
                    moved,
                    expected: exact.iter().map(expected).collect(),
                    groups: self.groups(step, algorithm, &theta),
                });
            }
            theta = next;
            done();
        }
        run.points.push(self.exact(&theta, false).map_err(after(steps))?.iter().map(point_of).collect());
        run.found = Found::new(&run);
        Ok(run)
    }

    /// One update from a batch of groups.
    fn update(&self, step: usize, algorithm: Algorithm, rate: f64, theta: &[f64], state: &mut State) -> Made {
        let Setting { seed, prompts, group, length, .. } = *self.setting;
        let mut rng = stream(seed, Purpose::Batch, step, 0);
        let batch: Vec<Prompt> =
            (0..prompts).map(|_| self.prompts[rng.random_range(0..self.prompts.len())].clone()).collect();
        let of_group = |(i, prompt): (usize, &Prompt)| {
            let mut rng = stream(seed, Purpose::Responses, step, i);
            let group = Group::draw(self.sizes, theta, prompt, length, group, &mut rng);
            (group.success(), group.length(), group.gradient(algorithm, self.sizes.options))
        };
        let groups: Vec<_> = batch.par_iter().enumerate().map(of_group).collect();
        let mut gradient = vec![0.0; theta.len()];
        for of_group in groups.iter().filter_map(|(.., gradient)| gradient.as_ref()) {
            gradient.iter_mut().zip(of_group).for_each(|(sum, g)| *sum += g / prompts as f64);
        }
        let next = state.step(theta, &gradient, rate);
        let eta = direction(theta, &next).map_or(0.0, |(eta, _)| eta);
        let success = mean(groups.iter().map(|group| group.0));
        let (size, below) = (norm(&gradient), divisor(algorithm, success));
        let update = Update {
            success,
            length: mean(groups.iter().map(|group| group.1)),
            even: groups.iter().filter(|group| group.2.is_none()).count(),
            gradient: size,
            eta,
            estimate: ratio(size, below),
            preconditioned: ratio(eta, rate * below),
            batch_gap: f64::NAN,
            batch_success: f64::NAN,
            batch_alignment: f64::NAN,
        };
        Made { update, batch, theta: next }
    }

    fn exact(&self, theta: &[f64], shrunk: bool) -> Result<Vec<Exact>, Error> {
        self.spaces.par_iter().map(|space| space.exact(self.sizes, theta, shrunk)).collect()
    }

    /// One group of each size for each evaluation prompt.
    fn groups(&self, step: usize, algorithm: Algorithm, theta: &[f64]) -> Vec<Vec<f64>> {
        let one = |size: usize, i: usize| {
            let mut rng = stream(self.setting.seed, Purpose::Groups, step, size << 8 | i);
            let group = Group::draw(self.sizes, theta, &self.spaces[i].prompt, self.setting.length, size, &mut rng);
            let gradient = group.gradient(algorithm, self.sizes.options);
            gradient.map_or(f64::NAN, |gradient| ratio(norm(&gradient), divisor(algorithm, group.success())))
        };
        let of_size = |&size: &usize| (0..self.spaces.len()).into_par_iter().map(|i| one(size, i)).collect();
        GROUPS.iter().map(of_size).collect()
    }
}

/// Where no update follows.
fn point_of(exact: &Exact) -> Point {
    let Exact { lambda, success, length, lengths, psi1, gap_norm, .. } = *exact;
    Point { lambda, success, gap: gap_norm, length, lengths, psi1, moved: 0.0, allowed: None }
}
