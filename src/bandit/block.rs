//! A few contexts side by side, whose weights follow the iterates by rank-one updates.

use super::training::Move;
use super::{Bandit, Contexts};
use crate::number::{Scalar, Simd, ln_normal};

/// Contexts of a block: four registers of four numbers for each of two sums.
pub(super) const LANES: usize = 16;

/// A number for every context of a block.
pub(super) type Lanes = [f64; LANES];

/// The degrees of the polynomials for e^δ − 1, and up to which |δ| each of them errs by less than 2⁻⁵⁴ e^δ.
pub(super) const DEGREES: [(usize, f64); 9] =
    [(0, 2.7e-17), (2, 5.5e-6), (3, 1.6e-4), (4, 1.2e-3), (5, 5.2e-3), (6, 0.0145), (8, 0.059), (10, 0.15), (13, 0.39)];

/// Below e^−640 of the largest one a weight is 0: however the weights drift until they are made anew, it stays below 2⁻⁸³¹ of
/// the sum, and none is subnormal.
const LOWEST: f64 = -640.0;

/// Which powers there are: cⁿ/n! for n = 0, …, 13.
const POWERS: usize = 14;

/// Up to [`LANES`] contexts; what lies beyond the last one is computed, and read by nobody.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// How many contexts there are.
    pub count: usize,
    /// The coordinates of the contexts, a row for each coordinate.
    x: Vec<Lanes>,
    correct: [u32; LANES],
    /// e^(h_a − shift), a row for each arm; 0 for the correct one.
    weights: Vec<Lanes>,
    /// h_Y − shift.
    pub correct_logit: Lanes,
    /// Σ_{a≠Y} e^(h_a − shift).
    pub others: Lanes,
}

/// What the weights say at θ_k, of the update that follows.
pub(super) struct Measured {
    /// h_Y − shift, and the sum of the others' weights.
    pub correct_logit: Lanes,
    pub others: Lanes,
    /// Δμ = x·x̂ (u_Y − Σ_{a≠Y} q_a u_a), q the law of the wrong arms.
    pub alignment: Lanes,
    /// By how much the changes of the logits of wrong arms differ at most: |x·x̂| η_k (max_{a≠Y} u_a − min_{a≠Y} u_a).
    pub spread: Lanes,
}

/// Of some arms and the WIDTH registers of each row from `at` on: the weights are multiplied by e^(c u), of which `powers` holds
/// cⁿ/n!. With `MEASURE` the weights before, and these times u, are added to the sums, else the weights after.
#[inline(always)]
fn pass<S: Simd, const WIDTH: usize, const DEGREE: usize, const MEASURE: bool>(
    simd: S,
    (weights, arms, unit): (&mut [Lanes], &[u32], &[f64]),
    at: usize,
    powers: &[[S::f64s; WIDTH]; POWERS],
    [total, weighted]: &mut [[S::f64s; WIDTH]; 2],
) {
    for &a in arms {
        let (row, _) = S::as_mut_simd_f64s(&mut weights[a as usize]);
        let (Some(row), u) = (row[at..].first_chunk_mut::<WIDTH>(), simd.splat_f64s(unit[a as usize])) else { return };
        for i in 0..WIDTH {
            let old = row[i];
            let product = simd.mul_f64s(old, u);
            if MEASURE {
                total[i] = simd.add_f64s(total[i], old);
                weighted[i] = simd.add_f64s(weighted[i], product);
            }
            let mut new = old;
            if DEGREE > 0 {
                // (e^(c u) − 1)/u.
                let mut growth = powers[DEGREE][i];
                for n in (1..DEGREE).rev() {
                    growth = simd.add_f64s(simd.mul_f64s(growth, u), powers[n][i]);
                }
                new = simd.add_f64s(old, simd.mul_f64s(product, growth));
                row[i] = new;
            }
            if !MEASURE {
                total[i] = simd.add_f64s(total[i], new);
            }
        }
    }
}

/// [`pass`] over all arms.
#[inline(always)]
fn sweep<S: Simd, const WIDTH: usize, const MEASURE: bool>(
    simd: S,
    weights: &mut [Lanes],
    step: &Move,
    at: usize,
    c: &[S::f64s; WIDTH],
) -> [[S::f64s; WIDTH]; 2] {
    let mut powers = [[simd.splat_f64s(1.0); WIDTH]; POWERS];
    for n in 1..=step.degree() {
        let inverse = simd.splat_f64s(1.0 / n as f64);
        powers[n] = std::array::from_fn(|i| simd.mul_f64s(simd.mul_f64s(powers[n - 1][i], c[i]), inverse));
    }
    let mut sums = [[simd.splat_f64s(0.0); WIDTH]; 2];
    let s = &mut sums;
    pass::<S, WIDTH, 0, MEASURE>(simd, (weights, step.class(0), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 2, MEASURE>(simd, (weights, step.class(1), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 3, MEASURE>(simd, (weights, step.class(2), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 4, MEASURE>(simd, (weights, step.class(3), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 5, MEASURE>(simd, (weights, step.class(4), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 6, MEASURE>(simd, (weights, step.class(5), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 8, MEASURE>(simd, (weights, step.class(6), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 10, MEASURE>(simd, (weights, step.class(7), &step.unit), at, &powers, s);
    pass::<S, WIDTH, 13, MEASURE>(simd, (weights, step.class(8), &step.unit), at, &powers, s);
    sums
}

impl Block {
    /// The contexts from `first` on; weights are made by [`Block::renew`].
    pub fn new(bandit: &Bandit, contexts: &Contexts, first: usize) -> Block {
        let count = LANES.min(contexts.len() - first);
        let mut x = vec![[0.0; LANES]; bandit.dim()];
        let mut correct = [0; LANES];
        for l in 0..count {
            x.iter_mut().zip(contexts.context(first + l, bandit.dim())).for_each(|(row, &x)| row[l] = x);
            correct[l] = contexts.correct[first + l];
        }
        let weights = vec![[0.0; LANES]; bandit.arms()];
        Block { count, x, correct, weights, correct_logit: [0.0; LANES], others: [0.0; LANES] }
    }

    /// All blocks of a list of contexts.
    pub fn all(bandit: &Bandit, contexts: &Contexts) -> Vec<Block> {
        (0..contexts.len()).step_by(LANES).map(|first| Block::new(bandit, contexts, first)).collect()
    }

    /// Weights from θ, shifted by the largest logit of a wrong arm, and their sum.
    #[inline(always)]
    pub fn renew<S: Simd>(&mut self, simd: S, theta: &[f64]) {
        let arms = self.weights.len();
        self.weights.fill([0.0; LANES]);
        for (x, parameters) in self.x.iter().zip(theta.chunks_exact(arms)) {
            let (x, _) = S::as_simd_f64s(x);
            for (row, &parameter) in self.weights.iter_mut().zip(parameters) {
                let ((row, _), parameter) = (S::as_mut_simd_f64s(row), simd.splat_f64s(parameter));
                for (h, &x) in row.iter_mut().zip(x) {
                    *h = simd.add_f64s(*h, simd.mul_f64s(x, parameter));
                }
            }
        }
        for (l, &y) in self.correct.iter().enumerate() {
            self.correct_logit[l] = std::mem::replace(&mut self.weights[y as usize][l], f64::NEG_INFINITY);
        }
        let mut top = [f64::NEG_INFINITY; LANES];
        for row in &self.weights {
            for (top, &h) in top.iter_mut().zip(row) {
                *top = if h > *top { h } else { *top };
            }
        }
        let mut others = [0.0; LANES];
        for row in &mut self.weights {
            for (weight, top) in row.iter_mut().zip(&top) {
                let h = *weight - top;
                *weight = if h < LOWEST { 0.0 } else { Scalar::exp(h) };
            }
            others.iter_mut().zip(row).for_each(|(others, weight)| *others += *weight);
        }
        self.others = others;
        self.correct_logit.iter_mut().zip(&top).for_each(|(h, top)| *h -= top);
    }

    /// x·x̂ for every context.
    #[inline(always)]
    fn along(&self, direction: &[f64]) -> Lanes {
        let mut along = [0.0; LANES];
        for (x, &w) in self.x.iter().zip(direction) {
            for l in 0..LANES {
                along[l] += x[l] * w;
            }
        }
        along
    }

    /// One update of θ: the weights, and two sums over them, before it (`MEASURE`) or after; x·x̂ and u_Y besides.
    #[inline(always)]
    fn step<S: Simd, const MEASURE: bool>(&mut self, simd: S, step: &Move) -> ([Lanes; 2], Lanes, Lanes) {
        let along = self.along(&step.direction);
        let c = along.map(|x| x * step.effective_step);
        let mut sums = [[0.0; LANES]; 2];
        let [total, weighted] = &mut sums;
        let (c_lanes, _) = S::as_simd_f64s(&c);
        let ((total, _), (weighted, _)) = (S::as_mut_simd_f64s(total), S::as_mut_simd_f64s(weighted));
        // Four registers at a time: with those of both sums and of c, all that there are.
        let mut at = 0;
        while let Some(c) = c_lanes[at..].first_chunk::<4>() {
            let [t, w] = sweep::<S, 4, MEASURE>(simd, &mut self.weights, step, at, c);
            total[at..at + 4].copy_from_slice(&t);
            weighted[at..at + 4].copy_from_slice(&w);
            at += 4;
        }
        for at in at..c_lanes.len() {
            let [[t], [w]] = sweep::<S, 1, MEASURE>(simd, &mut self.weights, step, at, &[c_lanes[at]]);
            (total[at], weighted[at]) = (t, w);
        }
        let own = self.correct.map(|y| step.unit[y as usize]);
        for l in 0..LANES {
            self.correct_logit[l] += c[l] * own[l];
        }
        (sums, along, own)
    }

    /// Measures at θ_k and goes on to θ_{k+1}.
    #[inline(always)]
    pub fn measure<S: Simd>(&mut self, simd: S, step: &Move) -> Measured {
        let correct_logit = self.correct_logit;
        let ([others, weighted], along, own) = self.step::<S, true>(simd, step);
        let alignment = std::array::from_fn(|l| along[l] * (own[l] - weighted[l] / others[l]));
        let spread = std::array::from_fn(|l| (along[l] * step.effective_step).abs() * step.extent_without(self.correct[l]));
        Measured { correct_logit, others, alignment, spread }
    }

    /// Goes on to θ_{k+1}, where the sum of the others' weights is known then.
    #[inline(always)]
    pub fn advance<S: Simd>(&mut self, simd: S, step: &Move) {
        let ([others, _], ..) = self.step::<S, false>(simd, step);
        self.others = others;
    }

    /// J = 1/(1 + e^{−λ}).
    #[inline(always)]
    pub fn success(&self) -> Lanes {
        let mut success = [0.0; LANES];
        for (success, (others, &h)) in success.iter_mut().zip(self.others.iter().zip(&self.correct_logit)) {
            *success = 1.0 / (1.0 + others * Scalar::exp(-h));
        }
        success
    }

    /// λ = h_Y − log Σ_{a≠Y} e^{h_a}.
    pub fn lambda(&self, l: usize) -> f64 {
        log_odds(self.correct_logit[l], self.others[l])
    }

    /// The correct arm of a context.
    pub fn correct(&self, l: usize) -> usize {
        self.correct[l] as usize
    }

    /// q_a, the probability of every arm given that it is wrong; 0 for the correct one.
    pub fn wrong<'a>(&'a self, l: usize) -> impl Iterator<Item = f64> + 'a {
        self.weights.iter().map(move |row| row[l] / self.others[l])
    }
}

/// λ from h_Y − shift and Σ_{a≠Y} e^(h_a − shift).
#[inline(always)]
pub(super) fn log_odds(correct_logit: f64, others: f64) -> f64 {
    correct_logit - ln_normal(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Terms of e^|δ| after the polynomial's last one, over e^−|δ|.
    fn truncated(degree: usize, delta: f64) -> f64 {
        let term = |n: usize| (1..=n).fold(1.0, |term, k| term * delta / k as f64);
        (degree + 1..degree + 30).map(term).sum::<f64>() * Scalar::exp(delta)
    }

    #[test]
    fn polynomials_err_by_less_than_2_to_the_minus_54() {
        let allowed = f64::EPSILON / 4.0;
        for (degree, limit) in DEGREES {
            assert!(truncated(degree, limit) < allowed, "{degree}");
            assert!(truncated(degree, 2.5 * limit) > allowed, "{degree}: could reach further");
            assert!(degree < POWERS);
        }
    }
}
