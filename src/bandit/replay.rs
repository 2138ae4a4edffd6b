//! Evaluation contexts follow the trajectory, each block by itself.

use super::block::{Block, LANES};
use super::curves::{Curves, Gaps, Record};
use super::training::Move;
use super::{Bandit, Plan, Step};
use crate::number::{Simd, WithSimd, with_registers_of_four};
use rayon::prelude::*;

/// A block of evaluation contexts on its way.
struct Follower {
    block: Block,
    gaps: Gaps,
    records: Vec<Record>,
}

/// All evaluation contexts on their way.
pub(super) struct Followers<'a> {
    bandit: &'a Bandit,
    eta: f64,
    every: usize,
    followers: Vec<Follower>,
    /// k of the next update.
    at: usize,
}

impl<'a> Followers<'a> {
    pub fn new(bandit: &'a Bandit, plan: &Plan) -> Self {
        let times = plan.steps.div_ceil(plan.every) + 1;
        let follower = |block| Follower { block, gaps: Gaps::default(), records: Vec::with_capacity(times) };
        let followers = Block::all(bandit, &bandit.evaluation).into_iter().map(follower).collect();
        Followers { bandit, eta: plan.eta, every: plan.every, followers, at: 0 }
    }

    /// Takes all contexts through some updates.
    pub fn follow(&mut self, moves: &[Move]) {
        self.dispatch(moves, None);
        self.at += moves.len();
    }

    /// The curves, with their last point, at θ.
    pub fn finish(mut self, theta: &[f64], steps: &[Step]) -> Curves {
        self.dispatch(&[], Some(theta));
        let times = (0..self.at).step_by(self.every).chain([self.at]).collect();
        let records = self.followers.into_iter().map(|follower| follower.records).collect();
        Curves::new(times, self.bandit.evaluation.len(), records, steps, self.eta)
    }

    fn dispatch(&mut self, moves: &[Move], end: Option<&[f64]>) {
        let (at, eta, every) = (self.at, self.eta, self.every);
        let work = |follower| with_registers_of_four(Following { follower, at, moves, end, eta, every });
        self.followers.par_iter_mut().with_max_len(1).for_each(work);
    }
}

/// A block, the updates that it is to be taken through, the first of them number `at`, and θ at the end of the run.
struct Following<'a> {
    follower: &'a mut Follower,
    at: usize,
    moves: &'a [Move],
    end: Option<&'a [f64]>,
    eta: f64,
    every: usize,
}

impl WithSimd for Following<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Follower { block, gaps, records } = self.follower;
        for (k, step) in (self.at..).zip(self.moves) {
            if let Some(theta) = &step.fresh {
                block.renew(simd, theta);
            }
            let measured = block.measure(simd, step);
            if k.is_multiple_of(self.every) {
                records.push(Record::new(&measured.correct_logit, &measured.others, gaps, self.eta));
            }
            for l in 0..LANES {
                let (alignment, spread) = (measured.alignment[l], measured.spread[l]);
                let gap = if alignment > 0.0 { alignment } else { 0.0 };
                gaps.plain[l] += gap;
                gaps.effective[l] += gap * step.effective_step;
                gaps.signed[l] += alignment * step.effective_step;
                gaps.remainder[l] += 0.125 * (spread * spread);
            }
        }
        if let Some(theta) = self.end {
            block.renew(simd, theta);
            records.push(Record::new(&block.correct_logit, &block.others, gaps, self.eta));
        }
    }
}
