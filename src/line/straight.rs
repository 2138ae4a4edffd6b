//! One softmax with logits linear in t, the bulk of every campaign: the step and the constants from slopes and weights alone,
//! without log-probabilities, scores or curvatures of single responses.
//!
//! The same formulas as [`Step`] and [`Line`](super::Line) where a response is one token: with h = z + a·t the normaliser drops
//! out of λ, so ρ± = log(1 + E±\[e^y − 1 − y\]) with y = η(a − E±\[a\]), s = a − E\[a\] and H = −Var(a). Agreement with the general
//! route is tested below.

use super::{List, OnLine, Step};
use crate::number::{Scalar, vectorised};

/// The weights of a straight softmax at t = 0, up to a common factor.
#[derive(Clone, Debug)]
pub(crate) struct Straight<N> {
    /// e^{z − max z}.
    weight: List<N>,
    /// Their sums over O⁻ and O⁺.
    mass: [N; 2],
    /// E∓\[a\].
    mean: [N; 2],
    /// Whether a side has one response only, whose ρ is 0.
    single: [bool; 2],
}

/// Below e^−600 of the largest weight a side is left to the general route, which keeps logarithms.
const RARE: f64 = 1e-260;

impl<N: Scalar> OnLine<'_, N> {
    /// The weights at t = 0, where the policy is one softmax with straight logits, all lengths are equal and neither side is
    /// too rare.
    pub(crate) fn straight(&self) -> Option<Straight<N>> {
        if !(self.is_flat() && self.logits.is_straight() && self.policy.constant_length().is_some()) {
            return None;
        }
        let weight = self.logits.weights(N::zero());
        let (mut mass, mut mean) = ([N::zero(); 2], [N::zero(); 2]);
        for ((&w, &a), &correct) in weight.iter().zip(self.logits.straight_slopes()).zip(self.correct) {
            for (side, own) in [!correct, correct].into_iter().enumerate() {
                mass[side] = mass[side].plus_if(own, w);
                mean[side] = mean[side].plus_if(own, w * a);
            }
        }
        if !(mass[0].mid() > RARE && mass[1].mid() > RARE) {
            return None;
        }
        let mean = [mean[0] / mass[0], mean[1] / mass[1]];
        let correct = self.correct.iter().filter(|&&correct| correct).count();
        let single = [self.correct.len() - correct, correct].map(|members| members == 1);
        Some(Straight { weight, mass, mean, single })
    }

    /// The step to t = η; `None` where it is so long that logarithms are needed.
    pub(crate) fn straight_step(&self, start: &Straight<N>, eta: N) -> Option<Step<N>> {
        let mut y: List<N> = List::from_elem(N::zero(), self.correct.len());
        let mut far = false;
        for ((y, &a), &correct) in y.iter_mut().zip(self.logits.straight_slopes()).zip(self.correct) {
            let side = usize::from(correct);
            *y = eta * (a - start.mean[side]);
            far |= (f64::abs(y.mid()) > super::step::FAR) & !start.single[side];
        }
        if far {
            return None;
        }
        N::exp_remainder_all(&mut y);
        let mut excess = [N::zero(); 2];
        for ((&w, &rest), &correct) in start.weight.iter().zip(&y).zip(self.correct) {
            for (side, own) in [!correct, correct].into_iter().enumerate() {
                excess[side] = excess[side].plus_if(own, w * rest);
            }
        }
        let excess = [0, 1].map(|side| if start.single[side] { N::zero() } else { excess[side] });
        let remainder = (excess[1] / start.mass[1]).ln_1p() - (excess[0] / start.mass[0]).ln_1p();
        Some(Step { change: eta * (start.mean[1] - start.mean[0]) + remainder, remainder })
    }

    /// max |s| and max |H| at t.
    pub(crate) fn straight_constants(&self, start: &Straight<N>, t: N) -> [N; 2] {
        let slope = self.logits.straight_slopes();
        match t.is_zero() {
            true => extremes(&start.weight, slope),
            false => extremes(&self.logits.weights(t), slope),
        }
    }

    /// g⁺ − g⁻ at t = 0, for coefficients ±π±(o) of ∇log π(o): they add to 0, so the normaliser drops out.
    pub(crate) fn straight_gap(&self, start: &Straight<N>, theta: &[f64]) -> Vec<N> {
        let logits = &self.policy.logits;
        let mut gap = vec![N::zero(); logits.dim];
        for (o, (&w, &correct)) in start.weight.iter().zip(self.correct).enumerate() {
            let p = w / start.mass[usize::from(correct)];
            logits.add_gradient(o, theta, if correct { p } else { -p }, &mut gap);
        }
        gap
    }
}

/// max |a − E\[a\]| and Var(a) under weights.
fn extremes<N: Scalar>(weight: &[N], slope: &[N]) -> [N; 2] {
    vectorised(
        #[inline(always)]
        || {
            let (mut total, mut moment) = (N::zero(), N::zero());
            for (&w, &a) in weight.iter().zip(slope) {
                total = total + w;
                moment = moment + w * a;
            }
            let mean = moment / total;
            let (mut score, mut second) = (N::zero(), N::zero());
            for (&w, &a) in weight.iter().zip(slope) {
                let s = a - mean;
                score = score.max(s.abs());
                second = second + w * s.square();
            }
            [score, second / total]
        },
    )
}

#[cfg(test)]
mod tests {
    use crate::check::campaign::draw;
    use crate::families;
    use crate::line::OnLine;
    use crate::number::{Interval, Scalar};

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
                let Some(start) = real.straight() else { continue };
                let line = real.line(0.0);
                let [score, curvature] = real.straight_constants(&start, *eta);
                let tokens = real.tokens(*eta);
                let largest = |list: &[f64]| list.iter().fold(0.0, |top, x| f64::max(top, x.abs()));
                let size = largest(&real.slopes(0.0));
                let unit = 64.0 * f64::EPSILON * (1.0 + largest(&real.logits_at(*eta)));
                assert!((score - largest(&tokens.score)).abs() <= unit * size);
                assert!((curvature - largest(&tokens.curvature)).abs() <= unit * size * size);
                if let Some(step) = real.straight_step(&start, *eta) {
                    let general = real.step(&line, *eta);
                    // ρ± ≤ (ηD)²/8-like sizes on both sides before they are subtracted.
                    let halves = (eta * size).powi(2) * (eta * size).min(30.0).exp();
                    assert!((step.remainder - general.remainder).abs() <= unit * halves, "{step:?} {general:?}");
                    let enclosed = OnLine::<Interval>::new(policy, correct, theta, direction);
                    let narrow = enclosed.straight().and_then(|s| enclosed.straight_step(&s, Interval::of(*eta)));
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
