//! One softmax with logits linear in t, the bulk of every campaign: the step and the constants from slopes and weights alone,
//! without log-probabilities, scores or curvatures of single responses.
//!
//! The same formulas as [`Step`] and [`Line`](super::Line) where a response is one token: with h = z + a·t the normaliser drops
//! out of λ, so ρ± = log(1 + E±\[e^y − 1 − y\]) with y = η(a − E±\[a\]), s = a − E\[a\] and H = −Var(a). Agreement with the general
//! route is tested below.

mod block;

use super::step::FAR;
use super::{List, OnLine, Step, weighted};
use crate::instance::Instance;
use crate::number::{LANES, Scalar, finite_top, sum};
use crate::policy::Policy;
use block::{Answers, Block, Four, Problem, RARE};

/// A straight softmax at t = 0, its weights up to a common factor.
#[derive(Clone, Debug)]
pub(crate) enum Straight<N> {
    /// In binary64, if it has few responses.
    Block(Block),
    /// Any other.
    Rows(Rows<N>),
}

/// Weights and what follows from them.
#[derive(Clone, Debug)]
pub(crate) struct Rows<N> {
    /// e^{z − max z}.
    weight: List<N>,
    /// Their sums over O⁻ and O⁺.
    mass: [N; 2],
    /// E∓\[a\].
    mean: [N; 2],
    /// Whether a side has one response only, whose ρ is 0.
    single: [bool; 2],
}

impl<N: Scalar> Straight<N> {
    /// The step to t = η, the one that it was made for; `None` where it is so long that logarithms are needed.
    pub fn step<'b, 'c: 'b>(&self, line: impl Fn() -> &'b OnLine<'c, N>, eta: N) -> Option<Step<N>>
    where
        N: 'b,
    {
        let (mean, [minus, plus]) = match self {
            Straight::Block(block) => (block.mean.map(N::of), block.step?.rho.map(N::of)),
            Straight::Rows(start) => (start.mean, line().excess(start, eta)?.map(Scalar::ln_1p)),
        };
        let remainder = plus - minus;
        Some(Step { change: eta * (mean[1] - mean[0]) + remainder, remainder })
    }

    /// max |s| and max |H| at t.
    pub fn extremes<'b, 'c: 'b>(&self, line: impl Fn() -> &'b OnLine<'c, N>, t: N) -> [N; 2]
    where
        N: 'b,
    {
        let at = |t: N| {
            let [value, slope] = line().logits.straight();
            extremes(&weights(value, slope, t), slope)
        };
        match self {
            Straight::Block(block) if t.is_zero() => block.extremes.map(N::of),
            Straight::Block(block) => match block.step {
                Some(step) if t.exact() == Some(block.eta) => step.extremes.map(N::of),
                _ => at(t),
            },
            Straight::Rows(start) if t.is_zero() => extremes(&start.weight, line().logits.straight()[1]),
            Straight::Rows(_) => at(t),
        }
    }
}

/// Up to four policies, of which [`OnLine::straight`] is asked together.
#[derive(Default)]
pub(crate) struct Together {
    four: Four,
    asked: [bool; LANES],
}

impl Together {
    /// Asks about one of them, if it is straight, has few responses and is looked at in binary64.
    #[inline(always)]
    pub fn ask<N: Scalar>(&mut self, lane: usize, instance: &Instance) {
        if N::reals(&[]).is_none() || !is_straight(&instance.policy) {
            return; // there is no need for the line
        }
        if let Some(problem) = OnLine::<N>::of(instance).problem(instance.eta) {
            self.four.put(lane, problem);
            self.asked[lane] = true;
        }
    }

    /// What is known of them then; `None` if nothing was asked.
    pub fn solve(self) -> Option<Known> {
        self.asked.contains(&true).then(|| Known { answers: self.four.solve(), asked: self.asked })
    }
}

/// What is known of up to four policies.
pub(crate) struct Known {
    answers: Answers,
    asked: [bool; LANES],
}

impl Known {
    /// What [`OnLine::straight`] is for this one; `None` if it was not asked about.
    #[inline(always)]
    pub fn get<N>(&self, lane: usize) -> Option<Option<Straight<N>>> {
        self.asked[lane].then(|| self.answers.get(lane).map(Straight::Block))
    }
}

/// Whether a policy is one softmax with logits linear in θ and all lengths are equal.
fn is_straight(policy: &Policy) -> bool {
    policy.is_one_softmax() && policy.logits.is_linear() && policy.constant_length().is_some()
}

impl<N: Scalar> OnLine<'_, N> {
    /// What is asked of a straight policy in binary64, if it has few responses.
    fn problem(&self, eta: f64) -> Option<Problem<'_>> {
        let [value, slope] = self.logits.straight();
        let problem = Problem { value: N::reals(value)?, slope: N::reals(slope)?, correct: self.correct, eta };
        problem.fits().then_some(problem)
    }

    /// What is known at t = 0 (and at t = η, which is asked about next), where the policy is one softmax with straight logits, all
    /// lengths are equal and neither side is too rare.
    pub(crate) fn straight(&self, eta: f64) -> Option<Straight<N>> {
        if !is_straight(self.policy) {
            return None;
        }
        if let Some(problem) = self.problem(eta) {
            let mut four = Four::default();
            four.put(0, problem);
            return four.solve().get(0).map(Straight::Block);
        }
        let [value, slope] = self.logits.straight();
        let weight = weights(value, slope, N::zero());
        let (mut mass, mut mean, mut members) = ([N::zero(); 2], [N::zero(); 2], [0; 2]);
        for ((&w, &a), &correct) in weight.iter().zip(slope).zip(self.correct) {
            let side = usize::from(correct);
            mass[side] = mass[side] + w;
            mean[side] = mean[side] + w * a;
            members[side] += 1;
        }
        if !(mass[0].mid() > RARE && mass[1].mid() > RARE) {
            return None;
        }
        let mean = [mean[0] / mass[0], mean[1] / mass[1]];
        Some(Straight::Rows(Rows { weight, mass, mean, single: members.map(|members| members == 1) }))
    }

    /// E±\[e^y − 1 − y\].
    fn excess(&self, start: &Rows<N>, eta: N) -> Option<[N; 2]> {
        let [_, slope] = self.logits.straight();
        let mut excess = [N::zero(); 2];
        for ((&w, &a), &correct) in start.weight.iter().zip(slope).zip(self.correct) {
            let side = usize::from(correct);
            if start.single[side] {
                continue;
            }
            let y = eta * (a - start.mean[side]);
            if f64::abs(y.mid()) > FAR {
                return None;
            }
            excess[side] = excess[side] + w * y.exp_remainder();
        }
        Some([excess[0] / start.mass[0], excess[1] / start.mass[1]])
    }

    /// g⁺ − g⁻ at t = 0, for coefficients ±π±(o) of ∇log π(o): they add to 0, so the normaliser drops out.
    pub(crate) fn straight_gap(&self, start: &Straight<N>, theta: &[f64]) -> Vec<N> {
        let logits = &self.policy.logits;
        let mut gap = vec![N::zero(); logits.dim];
        for (o, &correct) in self.correct.iter().enumerate() {
            let side = usize::from(correct);
            let p = match start {
                Straight::Block(block) => N::of(block.weight[o] / block.mass[side]),
                Straight::Rows(start) => start.weight[o] / start.mass[side],
            };
            logits.add_gradient(o, theta, if correct { p } else { -p }, &mut gap);
        }
        gap
    }
}

/// e^{z − max z} for z = h + a·t.
fn weights<N: Scalar>(value: &[N], slope: &[N], t: N) -> List<N> {
    let mut weight: List<N> = List::from_slice(value);
    if !t.is_zero() {
        weight.iter_mut().zip(slope).for_each(|(z, &a)| *z = *z + a * t);
    }
    let shift = N::of(finite_top(&weight));
    weight.iter_mut().for_each(|z| *z = (*z - shift).exp());
    weight
}

/// max |a − E\[a\]| and Var(a) under weights.
fn extremes<N: Scalar>(weight: &[N], slope: &[N]) -> [N; 2] {
    let total = sum(weight.iter().copied());
    let mean = weighted(weight, slope) / total;
    let (mut score, mut second) = (N::zero(), N::zero());
    for (&w, &a) in weight.iter().zip(slope) {
        let s = a - mean;
        score = score.max(s.abs());
        second = second + w * s.square();
    }
    [score, second / total]
}

#[cfg(test)]
mod tests {
    use super::Straight;
    use crate::check::campaign::draw;
    use crate::families;
    use crate::line::OnLine;
    use crate::number::{Interval, Scalar};
    use crate::policy::Policy;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Long steps, rare responses and steep slopes: what is known of up to eight responses against intervals, which go another route.
    #[test]
    fn extremes_are_enclosed() {
        let mut noise = ChaCha8Rng::seed_from_u64(2);
        let (mut short, mut long, mut others) = (0, 0, 0);
        for case in 0..3_000 {
            let scale =
                |noise: &mut ChaCha8Rng, low: f64, high: f64| 10_f64.powf(low + (high - low) * noise.random::<f64>());
            let n = 2 + case % 7;
            let (high, steep) =
                (scale(&mut noise, -1.0, 3.0), scale(&mut noise, -2.0, if case % 5 == 0 { 150.0 } else { 3.0 }));
            let mut numbers = |size: f64| (0..n).map(|_| size * (noise.random::<f64>() - 0.5)).collect::<Vec<_>>();
            let (logits, slopes) = (numbers(high), numbers(steep));
            let eta = scale(&mut noise, -3.0, 6.0) / steep;
            let policy = Policy::linear_softmax(1, slopes, logits).expect("finite");
            let correct: Vec<bool> = (0..n).map(|o| o == 0 || o + 1 < n && noise.random()).collect();
            let real = OnLine::<f64>::new(&policy, &correct, &[0.0], &[1.0]);
            let enclosed = OnLine::<Interval>::new(&policy, &correct, &[0.0], &[1.0]);
            let (Some(start), Some(around)) = (real.straight(eta), enclosed.straight(eta)) else { continue };
            match &start {
                Straight::Block(block) if block.step.is_some() => short += 1,
                Straight::Block(_) => long += 1,
                Straight::Rows(_) => others += 1,
            }
            for t in [0.0, eta] {
                let (found, bounds) = (start.extremes(|| &real, t), around.extremes(|| &enclosed, Interval::of(t)));
                let unit = 64.0 * f64::EPSILON * (1.0 + high + eta * steep);
                for (found, (bounds, size)) in found.into_iter().zip(bounds.into_iter().zip([steep, steep * steep])) {
                    let slack = unit * size;
                    assert!(
                        bounds.lo() - slack <= found && found <= bounds.hi() + slack,
                        "{case}: {found} {bounds:?} at {t}"
                    );
                }
            }
        }
        assert!(short > 300 && long > 300 && others > 100, "{short} {long} {others}");
    }

    /// Both routes on random instances of the three families that are straight, in binary64 and in intervals.
    #[test]
    fn agrees_with_the_general_route() {
        let mut u = Vec::new();
        let mut compared = 0;
        for family in ["linear-softmax", "tabular-softmax", "cube"].map(|name| families::find(name).expect("there")) {
            for i in 0..2_000 {
                draw(5, i, family.dim, &mut u);
                let instance = family.decode(&u).expect("inside the cube");
                let crate::Instance { policy, correct, theta, direction, eta, .. } = &instance;
                let real = OnLine::<f64>::new(policy, correct, theta, direction);
                let Some(start) = real.straight(*eta) else { continue };
                let line = real.line(0.0);
                let [score, curvature] = start.extremes(|| &real, *eta);
                let tokens = real.tokens(*eta);
                let largest = |list: &[f64]| list.iter().fold(0.0, |top, x| f64::max(top, x.abs()));
                let size = largest(&real.slopes(0.0));
                let unit = 64.0 * f64::EPSILON * (1.0 + largest(&real.logits_at(*eta)));
                assert!((score - largest(&tokens.score)).abs() <= unit * size);
                assert!((curvature - largest(&tokens.curvature)).abs() <= unit * size * size);
                if let Some(step) = start.step(|| &real, *eta) {
                    let general = real.step(&line, *eta);
                    // ρ± ≤ (ηD)²/8-like sizes on both sides before they are subtracted.
                    let halves = (eta * size).powi(2) * (eta * size).min(30.0).exp();
                    assert!((step.remainder - general.remainder).abs() <= unit * halves, "{step:?} {general:?}");
                    let enclosed = OnLine::<Interval>::new(policy, correct, theta, direction);
                    let narrow = enclosed.straight(*eta).and_then(|s| s.step(|| &enclosed, Interval::of(*eta)));
                    let wide = enclosed.step(&enclosed.line(Interval::zero()), Interval::of(*eta));
                    let narrow = narrow.expect("as in binary64");
                    assert!(!narrow.remainder.intersection(wide.remainder).is_empty());
                    compared += 1;
                }
            }
        }
        assert!(compared > 3_000, "{compared}");
    }
}
