//! The trajectory: which context is trained on at every step, and the update it gives.

use super::block::{Block, DEGREES, LANES};
use super::paper::{CHOICES, uniform};
use super::{Bandit, Contexts, Fallback, Plan, Step, Stop};
use crate::line::norm;
use crate::number::{Scalar, Simd, WithSimd, largest_size, with_registers_of_four};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Steps that are prepared before contexts are taken through them.
const BATCH: usize = 128;

/// Weights are made anew after this many updates,
const UPDATES: usize = 128;
/// or before the largest |δ| of the updates add up to more.
const DRIFT: f64 = 32.0;

/// One update θ ← θ + η_k x̂ ⊗ u, prepared for contexts that follow it.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// x̂ = x/‖x‖ of the training context, zero if x is.
    pub direction: Vec<f64>,
    /// u = (e_Y − q)/‖e_Y − q‖.
    pub unit: Vec<f64>,
    /// η_k = η‖∇J‖.
    pub effective_step: f64,
    /// θ_k, where weights are to be made anew.
    pub fresh: Option<Vec<f64>>,
    /// Arms ordered by the degree of their polynomial, and where each degree ends.
    arms: Vec<u32>,
    ends: [usize; DEGREES.len()],
    /// Of −u and of u.
    least: Top,
    largest: Top,
}

/// The two largest of some numbers, and where the first of them is.
#[derive(Clone, Copy, Debug, Default)]
struct Top {
    first: f64,
    second: f64,
    at: u32,
}

impl Top {
    fn of(numbers: impl Iterator<Item = f64>) -> Top {
        let mut top = Top { first: f64::NEG_INFINITY, second: f64::NEG_INFINITY, at: 0 };
        for (at, x) in (0..).zip(numbers) {
            if x > top.first {
                top = Top { first: x, second: top.first, at };
            } else if x > top.second {
                top.second = x;
            }
        }
        top
    }

    /// The largest without one of them.
    #[inline(always)]
    fn without(&self, at: u32) -> f64 {
        if at == self.at { self.second } else { self.first }
    }
}

impl Move {
    /// max − min of u over all arms but one.
    #[inline(always)]
    pub fn extent_without(&self, arm: u32) -> f64 {
        self.largest.without(arm) + self.least.without(arm)
    }

    /// The arms that need polynomials of degree `DEGREES[k]`.
    #[inline(always)]
    pub fn class(&self, k: usize) -> &[u32] {
        &self.arms[if k == 0 { 0 } else { self.ends[k - 1] }..self.ends[k]]
    }

    /// The highest degree that some arm needs.
    #[inline(always)]
    pub fn degree(&self) -> usize {
        (0..DEGREES.len()).rev().find(|&k| !self.class(k).is_empty()).map_or(0, |k| DEGREES[k].0)
    }

    /// Sorts the arms; |δ| is at most `scale`·|u|. Returns the largest; if no polynomial serves, weights stay as they are.
    #[inline(always)]
    fn sort(&mut self, scale: f64) -> f64 {
        let largest = scale * largest_size(&self.unit);
        let far = largest > DEGREES[DEGREES.len() - 1].1;
        let degree = |u: f64| match far {
            true => 0,
            false => DEGREES.iter().position(|&(_, limit)| scale * u.abs() <= limit).unwrap_or(0),
        };
        let mut counts = [0; DEGREES.len()];
        self.unit.iter().for_each(|&u| counts[degree(u)] += 1);
        let mut next = [0; DEGREES.len()];
        for k in 0..DEGREES.len() {
            next[k] = if k == 0 { 0 } else { self.ends[k - 1] };
            self.ends[k] = next[k] + counts[k];
        }
        self.arms.resize(self.unit.len(), 0);
        for (a, &u) in self.unit.iter().enumerate() {
            let place = &mut next[degree(u)];
            self.arms[*place] = a as u32;
            *place += 1;
        }
        if far { f64::INFINITY } else { largest }
    }
}

/// A run in progress.
pub(super) struct Trainer<'a> {
    bandit: &'a Bandit,
    plan: &'a Plan,
    /// θ_k, d rows of N.
    theta: Vec<f64>,
    blocks: Vec<Block>,
    /// ‖x‖ and x̂ of every pool context.
    norms: Vec<f64>,
    directions: Vec<f64>,
    /// At least |x·x̂| for all contexts, and |x_j|.
    reach: f64,
    extents: Vec<f64>,
    /// The largest Σ_j |x_jθ_{ja}| so far, or more, and a place to compute it.
    largest: f64,
    sizes: Vec<f64>,
    noise: ChaCha8Rng,
    steps: Vec<Step>,
    /// Updates, and how far weights may have drifted, since they were made.
    updates: usize,
    drift: f64,
    stop: Stop,
    /// J of every pool context.
    success: Vec<f64>,
}

/// One update, for the registers of the machine.
struct Stepping<'b, 'a>(&'b mut Trainer<'a>);

impl WithSimd for Stepping<'_, '_> {
    type Output = Option<Move>;
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Option<Move> {
        self.0.step(simd)
    }
}

impl<'a> Trainer<'a> {
    pub fn new(bandit: &'a Bandit, plan: &'a Plan) -> Self {
        let (dim, pool) = (bandit.dim(), &bandit.pool);
        let size =
            |contexts: &Contexts| -> Vec<f64> { (0..contexts.len()).map(|i| norm(contexts.context(i, dim))).collect() };
        let norms = size(pool);
        let longest = norms.iter().chain(&size(&bandit.evaluation)).fold(0.0, |top, &x| f64::max(top, x));
        let mut extents = vec![0.0; dim];
        for x in pool.x.chunks_exact(dim).chain(bandit.evaluation.x.chunks_exact(dim)) {
            extents.iter_mut().zip(x).for_each(|(top, x)| *top = f64::max(*top, x.abs()));
        }
        let mut directions = pool.x.clone();
        for (x, &norm) in directions.chunks_exact_mut(dim).zip(&norms) {
            if norm > 0.0 {
                x.iter_mut().for_each(|x| *x /= norm);
            }
        }
        let mut noise = ChaCha8Rng::seed_from_u64(plan.seed);
        noise.set_stream(CHOICES);
        Trainer {
            bandit,
            plan,
            theta: bandit.theta.clone(),
            blocks: Block::all(bandit, pool),
            norms,
            directions,
            reach: longest * (1.0 + 1e-12),
            extents,
            largest: 0.0,
            sizes: vec![0.0; bandit.arms()],
            noise,
            steps: Vec::new(),
            updates: UPDATES,
            drift: 0.0,
            stop: Stop::Finished,
            success: vec![0.0; pool.len()],
        }
    }

    /// The next steps, none when the run has ended.
    pub fn batch(&mut self) -> Vec<Move> {
        let mut moves = Vec::with_capacity(BATCH);
        while moves.len() < BATCH && self.steps.len() < self.plan.steps && self.stop == Stop::Finished {
            moves.extend(with_registers_of_four(Stepping(self)));
        }
        moves
    }

    /// The end: all steps, θ, and why it ended.
    pub fn finish(self) -> (Vec<Step>, Vec<f64>, Stop) {
        (self.steps, self.theta, self.stop)
    }

    /// Takes Σ_j |x_jθ_{ja}| at the present θ into account.
    #[inline(always)]
    fn measure_theta(&mut self) {
        self.sizes.fill(0.0);
        for (row, x) in self.theta.chunks_exact(self.sizes.len()).zip(&self.extents) {
            self.sizes.iter_mut().zip(row).for_each(|(size, theta)| *size += x * theta.abs());
        }
        self.largest = self.sizes.iter().fold(self.largest, |top, &size| if size > top { size } else { top });
    }

    /// The bound ε of the error of λ, to first order in the rounding unit.
    pub fn error(&mut self) -> f64 {
        self.measure_theta();
        let (d, n) = (self.bandit.dim() as f64, self.bandit.arms() as f64);
        let units = (4.0 * d + 8.0) * self.largest
            + n
            + UPDATES as f64 * (4.0 + 3.0 * self.largest)
            + (DRIFT + 1.0) * (d + 9.0)
            + 10.0;
        units * 0.5 * f64::EPSILON
    }

    #[inline(always)]
    fn step<S: Simd>(&mut self, simd: S) -> Option<Move> {
        self.measure_theta();
        let fresh = self.updates >= UPDATES || self.drift > DRIFT;
        if fresh {
            for block in &mut self.blocks {
                block.renew(simd, &self.theta);
            }
            (self.updates, self.drift) = (0, 0.0);
        }
        let Some((i, by_fallback)) = self.choose() else {
            self.stop = Stop::EmptyBand(self.steps.len());
            return None;
        };
        let (block, lane) = (&self.blocks[i / LANES], i % LANES);
        let lambda = block.lambda(lane);
        let mut unit: Vec<f64> = block.wrong(lane).map(|q| -q).collect();
        unit[block.correct(lane)] = 1.0;
        let length = norm(&unit);
        unit.iter_mut().for_each(|u| *u /= length);
        let gap = self.norms[i] * length;
        let gradient_norm = Scalar::exp(-(-lambda).softplus() - lambda.softplus()) * gap;
        let effective_step = self.plan.eta * gradient_norm;
        self.steps.push(Step { context: i, by_fallback, lambda, gap, gradient_norm, effective_step });

        let dim = self.bandit.dim();
        let direction = self.directions[i * dim..(i + 1) * dim].to_vec();
        let fresh = fresh.then(|| self.theta.clone());
        for (row, &x) in self.theta.chunks_exact_mut(unit.len()).zip(&direction) {
            let factor = effective_step * x;
            row.iter_mut().zip(&unit).for_each(|(theta, u)| *theta += factor * u);
        }
        let (largest, least) = (Top::of(unit.iter().copied()), Top::of(unit.iter().map(|u| -u)));
        let (arms, ends) = (Vec::new(), [0; DEGREES.len()]);
        let mut next = Move { direction, unit, effective_step, fresh, arms, ends, least, largest };
        self.updates += 1;
        self.drift += next.sort(self.reach * effective_step);
        if self.drift <= DRIFT && self.updates < UPDATES {
            for block in &mut self.blocks {
                block.advance(simd, &next);
            }
        }
        Some(next)
    }

    /// The training context, and whether the fallback chose it; none if that is to stop.
    #[inline(always)]
    fn choose(&mut self) -> Option<(usize, bool)> {
        for (block, success) in self.blocks.iter().zip(self.success.chunks_mut(LANES)) {
            success.copy_from_slice(&block.success()[..block.count]);
        }
        let [low, high] = self.plan.band;
        let inside = |&&j: &&f64| low <= j && j <= high;
        // Drawn at every step, so that the numbers of a step do not depend on what happened before.
        let u = uniform(&mut self.noise);
        let pick = |count: usize| ((u * count as f64) as usize).min(count - 1);
        let count = self.success.iter().filter(inside).count();
        if count > 0 {
            let wanted = pick(count);
            let mut members = self.success.iter().enumerate().filter(|(_, j)| inside(j));
            return members.nth(wanted).map(|(i, _)| (i, false));
        }
        match self.plan.fallback {
            Fallback::Stop => None,
            Fallback::Uniform => Some((pick(self.success.len()), true)),
            Fallback::NearestHalf => {
                let distance = |i: usize| self.blocks[i / LANES].lambda(i % LANES).abs();
                let nearer = |best: (usize, f64), i| if distance(i) < best.1 { (i, distance(i)) } else { best };
                Some(((0..self.success.len()).fold((0, f64::INFINITY), nearer).0, true))
            }
        }
    }
}
