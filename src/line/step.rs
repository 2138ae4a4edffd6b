//! The finite step from t = 0 to t = η, without cancellation.
//!
//! With D(o) = Δlog π(o) and y = D − E±\[D\],
//!
//! ```text
//! λ(η) − λ(0) − η λ'(0) = ρ₊ − ρ₋,     ρ± = log(1 + E±[e^y − 1 − y]) + E±[D − η s]
//! ```
//!
//! where e^y − 1 − y and D − ηs are formed directly, never as differences. In plain binary64 the left side loses every digit
//! long before η reaches 10⁻⁸.

use super::{Line, List, OnLine};
use crate::number::{Scalar, log_sum_exp, sum};
use smallvec::SmallVec;

/// What one step of size η does to λ.
#[derive(Clone, Copy, Debug)]
pub struct Step<N> {
    /// λ(η) − λ(0).
    pub change: N,
    /// λ(η) − λ(0) − η·λ'(0), to full relative accuracy of its two halves ρ₊ and ρ₋.
    pub remainder: N,
}

impl<N: Scalar> OnLine<'_, N> {
    /// The step from `start` = the line at t = 0 to t = η.
    pub fn step(&self, start: &Line<N>, eta: N) -> Step<N> {
        let (mut change, mut bend) = self.logits.change(eta);
        if !self.is_flat() {
            (change, bend) = self.whole_responses(start, change, bend);
        }
        // One token: the normaliser adds the same number to every D and every D − ηs, and drops out of the difference.
        let minus = self.side(start, &change, &bend, false);
        let plus = self.side(start, &change, &bend, true);
        let remainder = plus - minus;
        Step { change: eta * start.alignment() + remainder, remainder }
    }

    /// D and D − ηs of every response, from the changes of logits: per token, within its row, Δlog p = y − K and
    /// Δlog p − ηξ = (bend − E\[bend\]) − K with K = log E\[e^y\]; then added up.
    fn whole_responses(&self, start: &Line<N>, mut change: List<N>, mut bend: List<N>) -> (List<N>, List<N>) {
        if bend.is_empty() {
            bend = SmallVec::from_elem(N::zero(), change.len());
        }
        let width = self.logits.options;
        for first in (0..change.len()).step_by(width) {
            let row = first..first + width;
            let p = &start.tokens.prob[row.clone()];
            let y = &mut change[row.clone()];
            let normaliser = centre(p, &start.tokens.log_prob[row.clone()], y);
            y.iter_mut().for_each(|y| *y = *y - normaliser);
            let bend = &mut bend[row];
            let mean = sum(p.iter().zip(&*bend).map(|(&p, &b)| p * b));
            bend.iter_mut().for_each(|b| *b = *b - mean - normaliser);
        }
        (self.add_up(&change, [N::zero(); 2]), self.add_up(&bend, [N::zero(); 2]))
    }

    /// ρ of one side: log E\[e^{y − E\[y\]}\] + E\[bend\].
    fn side(&self, start: &Line<N>, change: &[N], bend: &[N], side: bool) -> N {
        let (mut mean, mut drift) = (N::zero(), N::zero());
        let members = || (0..self.correct.len()).filter(|&o| self.correct[o] == side);
        for o in members() {
            mean = mean + start.conditional[o] * change[o];
        }
        if !bend.is_empty() {
            drift = sum(members().map(|o| start.conditional[o] * bend[o]));
        }
        let mut far = false;
        let mut total = N::zero();
        for o in members() {
            let y = change[o] - mean;
            far |= f64::abs(y.mid()) > FAR;
            total = total + start.conditional[o] * y.exp_remainder();
        }
        if !far {
            return total.ln_1p() + drift;
        }
        let log_mass = start.log_mass()[usize::from(side)];
        let terms: List<N> = members().map(|o| start.responses.log_prob[o] - log_mass + (change[o] - mean)).collect();
        log_sum_exp(&terms) + drift
    }
}

/// Beyond this |y| nothing cancels in log E\[e^y\], and a weight too small for binary64 may still matter: logarithms serve.
pub(super) const FAR: f64 = 30.0;

/// Replaces y by y − E\[y\] and returns log E\[e^{y − E\[y\]}\] ≥ 0.
fn centre<N: Scalar>(weight: &[N], log_weight: &[N], y: &mut [N]) -> N {
    let mean = sum(weight.iter().zip(&*y).map(|(&w, &y)| w * y));
    y.iter_mut().for_each(|y| *y = *y - mean);
    if y.iter().all(|y| f64::abs(y.mid()) <= FAR) {
        sum(weight.iter().zip(&*y).map(|(&w, &y)| w * y.exp_remainder())).ln_1p()
    } else {
        let terms: List<N> = log_weight.iter().zip(&*y).map(|(&l, &y)| l + y).collect();
        log_sum_exp(&terms)
    }
}
