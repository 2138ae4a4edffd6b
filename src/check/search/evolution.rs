//! Maximisation over the unit cube without derivatives: a matrix adaptation evolution strategy with mutations.
//!
//! MA-ES (Beyer and Sendhoff, "Simplify Your Covariance Matrix Adaptation Evolution Strategy", IEEE Transactions on Evolutionary
//! Computation 21, 2017) is CMA-ES without the covariance matrix: it adapts M with C = M Mᵀ by products alone, O(n²) a sample, with
//! no decomposition. Points are folded back into the cube. Some coordinates of a family choose (how many responses, which verifier),
//! others work only together with equal ones; neither suits a Gaussian, so every generation also tries a few copies of the best
//! point with single coordinates replaced.

use crate::number::{Scalar, polar_normal};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Random numbers for a search.
#[derive(Clone, Debug)]
pub struct Noise(pub ChaCha8Rng);

impl Noise {
    /// Uniform on \[0, 1).
    pub fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) * (1.0 / 4_294_967_296.0)
    }

    /// One of 0, …, n − 1.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Standard normal numbers, by Marsaglia's polar method.
    fn normal(&mut self, z: &mut [f64]) {
        polar_normal(|| self.uniform(), z);
    }
}

/// Folds x back into \[0, 1\] by reflection at its ends.
fn fold(x: f64) -> f64 {
    let x = x.abs() % 2.0;
    let x = if x > 1.0 { 2.0 - x } else { x };
    if x.is_finite() { x } else { 0.5 }
}

/// The best point so far and its value.
#[derive(Clone, Debug)]
pub struct Best {
    /// The point.
    pub u: Vec<f64>,
    /// Its value.
    pub value: f64,
}

/// One search from one start.
#[derive(Clone, Debug)]
pub struct Search {
    /// The best point so far.
    pub best: Best,
    noise: Noise,
    mean: Vec<f64>,
    sigma: f64,
    /// M, row by row.
    matrix: Vec<f64>,
    path: Vec<f64>,
    /// Samples a generation.
    samples: usize,
    /// Weights of the better half.
    weights: Vec<f64>,
    // Memory used again: z and Mz of all samples, their values in falling order, a point, Σ w Mz.
    z: Vec<f64>,
    d: Vec<f64>,
    order: Vec<(f64, usize)>,
    point: Vec<f64>,
}

/// Copies of the best point that a generation tries beside its samples.
const MUTANTS: usize = 3;
/// σ at the start and after a restart.
const SIGMA: f64 = 0.2;
/// The search starts afresh from its best point below this σ.
const SMALLEST: f64 = 1e-12;

impl Search {
    /// A search from `start`, whose value is known, with `scale` times the usual number of samples.
    pub fn new(start: Best, scale: usize, noise: Noise) -> Search {
        let n = start.u.len();
        let samples = scale * (4 + (3.0 * Scalar::ln(n.max(1) as f64)) as usize);
        let half = samples / 2;
        let raw: Vec<f64> = (0..half).map(|i| Scalar::ln(half as f64 + 0.5) - Scalar::ln(i as f64 + 1.0)).collect();
        let total: f64 = raw.iter().sum();
        let mut search = Search {
            noise,
            mean: start.u.clone(),
            best: start,
            sigma: SIGMA,
            matrix: vec![0.0; n * n],
            path: vec![0.0; n],
            samples,
            weights: raw.into_iter().map(|w| w / total).collect(),
            z: vec![0.0; n * samples],
            d: vec![0.0; n * samples],
            order: Vec::with_capacity(samples),
            point: vec![0.0; n],
        };
        search.restart();
        search
    }

    /// From the best point, with the identity for M.
    fn restart(&mut self) {
        let n = self.mean.len();
        self.mean.clone_from(&self.best.u);
        self.sigma = SIGMA * Scalar::exp(-4.0 * self.noise.uniform());
        self.matrix.fill(0.0);
        (0..n).for_each(|i| self.matrix[i * n + i] = 1.0);
        self.path.fill(0.0);
    }

    /// One generation; `value` is larger where the point is better, `None` where the search must end at once.
    pub fn generation(&mut self, value: &mut impl FnMut(&[f64]) -> Option<f64>) {
        let n = self.mean.len();
        if n == 0 {
            let _ = value(&self.point); // a cube that is one point: nowhere to go
            return;
        }
        self.noise.normal(&mut self.z);
        self.order.clear();
        for k in 0..self.samples {
            let (z, d) = (&self.z[k * n..][..n], &mut self.d[k * n..][..n]);
            for (entry, row) in d.iter_mut().zip(self.matrix.chunks_exact(n)) {
                *entry = row.iter().zip(z).map(|(m, z)| m * z).sum();
            }
            for ((x, mean), d) in self.point.iter_mut().zip(&self.mean).zip(&*d) {
                *x = fold(mean + self.sigma * d);
            }
            let Some(found) = value(&self.point) else { return };
            self.order.push((found, k));
            if found > self.best.value {
                self.best.value = found;
                self.best.u.clone_from(&self.point);
            }
        }
        // NaN never comes from an objective here; total_cmp keeps the order total all the same.
        self.order.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
        self.adapt();
        for _ in 0..MUTANTS {
            self.mutate();
            let Some(found) = value(&self.point) else { return };
            if found > self.best.value {
                self.best.value = found;
                self.best.u.clone_from(&self.point);
                self.mean.clone_from(&self.point);
            }
        }
        let flat = self.order.first().map(|x| x.0) == self.order.last().map(|x| x.0);
        if !(self.sigma > SMALLEST && self.sigma < 1e3) || flat {
            self.restart();
        }
    }

    /// A copy of the best point with one to three coordinates replaced: by 0, by a uniform number, by another coordinate's or by
    /// its mirror image.
    fn mutate(&mut self) {
        let n = self.mean.len();
        self.point.clone_from(&self.best.u);
        for _ in 0..1 + self.noise.below(3) {
            let i = self.noise.below(n);
            self.point[i] = match self.noise.below(5) {
                0 => 0.0,
                1 => self.point[self.noise.below(n)],
                2 => 1.0 - self.point[self.noise.below(n)],
                _ => self.noise.uniform(),
            };
        }
    }

    /// Moves mean, M and σ after a generation.
    fn adapt(&mut self) {
        let n = self.mean.len();
        let size = n as f64;
        let mass = 1.0 / self.weights.iter().map(|w| w * w).sum::<f64>();
        let rate = (mass + 2.0) / (size + mass + 5.0);
        let one = 2.0 / ((size + 1.3) * (size + 1.3) + mass);
        let many = (1.0 - one).min(2.0 * (mass - 2.0 + 1.0 / mass) / ((size + 2.0) * (size + 2.0) + mass)).max(0.0);
        let push = (rate * (2.0 - rate) * mass).sqrt();
        // Mp for the path p, which is made from the selected z.
        self.path.iter_mut().for_each(|p| *p *= 1.0 - rate);
        for (&w, &(_, k)) in self.weights.iter().zip(&self.order) {
            let (z, d) = (&self.z[k * n..][..n], &self.d[k * n..][..n]);
            self.path.iter_mut().zip(z).for_each(|(p, z)| *p += push * w * z);
            self.mean.iter_mut().zip(d).for_each(|(m, d)| *m += self.sigma * w * d);
        }
        self.mean.iter_mut().for_each(|m| *m = fold(*m));
        let keep = 1.0 - 0.5 * one - 0.5 * many;
        for (i, row) in self.matrix.chunks_exact_mut(n).enumerate() {
            let along: f64 = row.iter().zip(&self.path).map(|(m, p)| m * p).sum();
            row.iter_mut().zip(&self.path).for_each(|(m, p)| *m = keep * *m + 0.5 * one * along * p);
            for (&w, &(_, k)) in self.weights.iter().zip(&self.order) {
                let factor = 0.5 * many * w * self.d[k * n + i];
                row.iter_mut().zip(&self.z[k * n..][..n]).for_each(|(m, z)| *m += factor * z);
            }
        }
        let length = self.path.iter().map(|p| p * p).sum::<f64>().sqrt();
        let expected = size.sqrt() * (1.0 - 1.0 / (4.0 * size) + 1.0 / (21.0 * size * size));
        self.sigma *= Scalar::exp((rate / (1.0 + rate)) * (length / expected - 1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn noise(seed: u64) -> Noise {
        Noise(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The best value after so many evaluations, and that of as many uniform points.
    fn compare(f: &dyn Fn(&[f64]) -> f64, dim: usize, evaluations: u64) -> [f64; 2] {
        let start = Best { u: vec![0.9; dim], value: f(&vec![0.9; dim]) };
        let mut search = Search::new(start, 1, noise(4));
        let mut spent = 0;
        while spent < evaluations {
            search.generation(&mut |u| {
                assert!(u.iter().all(|x| (0.0..=1.0).contains(x)), "outside the cube: {u:?}");
                spent += 1;
                (spent <= evaluations).then(|| f(u))
            });
        }
        assert_eq!(search.best.value, f(&search.best.u), "value and point belong together");
        let mut draws = noise(5);
        let points = (0..evaluations).map(|_| f(&(0..dim).map(|_| draws.uniform()).collect::<Vec<_>>()));
        [search.best.value, points.fold(f64::NEG_INFINITY, f64::max)]
    }

    #[test]
    fn bowls_valleys_and_corners_are_found() {
        let square = |x: f64| x * x;
        let bowl = |u: &[f64]| -u.iter().map(|x| square(x - 0.3)).sum::<f64>();
        // Axes of length 1 to 10³, turned by mixing neighbours.
        let ellipse = |u: &[f64]| {
            let turned = u.windows(2).map(|x| 0.6 * x[0] + 0.8 * x[1] - 0.42);
            -turned.enumerate().map(|(i, x)| 10f64.powf(6.0 * i as f64 / 8.0) * square(x)).sum::<f64>()
        };
        let banana =
            |u: &[f64]| -u.windows(2).map(|x| 100.0 * square(x[1] - x[0] * x[0] * 1.3) + square(0.8 - x[0])).sum::<f64>();
        // The best point is a corner that is approached like a limit.
        let corner = |u: &[f64]| -u.iter().map(|x| x.sqrt()).sum::<f64>();
        for (name, f, dim, worst) in [
            ("bowl", &bowl as &dyn Fn(&[f64]) -> f64, 30, 1e-6),
            ("ellipse", &ellipse, 10, 1e-4),
            ("banana", &banana, 6, 0.2),
            ("corner", &corner, 12, 1e-3),
        ] {
            let [found, random] = compare(f, dim, 20_000);
            assert!(f(&vec![0.9; dim]) < -0.5 && found >= -worst, "{name}: {found}");
            assert!(random < 10.0 * found.min(-worst), "{name}: random points do as well, {random}");
        }
    }

    /// A valley that only opens where a coordinate chooses it: mutations cross the step.
    #[test]
    fn a_choice_is_changed_on_the_way() {
        let f = |u: &[f64]| {
            let bowl: f64 = u[1..].iter().map(|x| (x - 0.3) * (x - 0.3)).sum();
            if (0.4..0.5).contains(&u[0]) { 1.0 - bowl } else { -bowl }
        };
        let [found, _] = compare(&f, 12, 6_000);
        assert!(found > 0.999, "{found}");
    }

    #[test]
    fn the_cube_is_folded_onto_itself() {
        for (x, folded) in [(0.25, 0.25), (-0.25, 0.25), (1.25, 0.75), (2.25, 0.25), (-1.0, 1.0), (0.0, 0.0)] {
            assert_eq!(fold(x), folded);
        }
        assert!((0.0..=1.0).contains(&fold(f64::NAN)) && (0.0..=1.0).contains(&fold(1e300)));
    }

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut z = vec![0.0; 40_001];
        noise(9).normal(&mut z);
        let n = z.len() as f64;
        let mean = z.iter().sum::<f64>() / n;
        let [variance, fourth] = [2, 4].map(|p| z.iter().map(|x| x.powi(p)).sum::<f64>() / n);
        // Four standard errors: 0.02, 0.028, 0.2.
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03 && (fourth - 3.0).abs() < 0.2,
            "{mean} {variance} {fourth}"
        );
    }
}
