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
        let (change, bend) = self.logits.change(eta);
        // Per token, within its row: Δlog p = y − K and Δlog p − ηξ = (bend − E[bend]) − K, K = log E[e^y].
        let width = self.logits.options;
        let (mut token_change, mut token_bend): (List<N>, List<N>) = (change, bend);
        if token_bend.is_empty() {
            token_bend = SmallVec::from_elem(N::zero(), token_change.len());
        }
        for row in (0..token_change.len()).step_by(width) {
            let row = row..row + width;
            let log_prob = &start.tokens.log_prob[row.clone()];
            let p = &start.tokens.prob[row.clone()];
            let y = &mut token_change[row.clone()];
            let normaliser = centre(p, log_prob, y);
            y.iter_mut().for_each(|y| *y = *y - normaliser);
            let bend = &mut token_bend[row];
            let mean = sum(p.iter().zip(&*bend).map(|(&p, &b)| p * b));
            bend.iter_mut().for_each(|b| *b = *b - mean - normaliser);
        }
        let one_token = self.policy.is_one_token() && self.policy.stop.is_none();
        let whole = |per_token: List<N>| match one_token {
            true => per_token,
            false => self.add_up(&per_token, [N::zero(); 2]),
        };
        let (change, bend) = (whole(token_change), whole(token_bend));
        let [minus, plus] = [false, true].map(|side| {
            let mut of_side: [List<N>; 4] = Default::default();
            let [weight, log_weight, y, bends] = &mut of_side;
            for o in (0..self.correct.len()).filter(|&o| self.correct[o] == side) {
                weight.push(start.conditional[o]);
                log_weight.push(start.responses.log_prob[o] - start.log_mass[usize::from(side)]);
                y.push(change[o]);
                bends.push(bend[o]);
            }
            let drift = sum(weight.iter().zip(&*bends).map(|(&w, &b)| w * b));
            centre(weight, log_weight, y) + drift
        });
        let remainder = plus - minus;
        Step { change: eta * start.alignment() + remainder, remainder }
    }
}

/// Replaces y by y − E\[y\] and returns log E\[e^{y − E\[y\]}\] ≥ 0.
fn centre<N: Scalar>(weight: &[N], log_weight: &[N], y: &mut [N]) -> N {
    let mean = sum(weight.iter().zip(&*y).map(|(&w, &y)| w * y));
    y.iter_mut().for_each(|y| *y = *y - mean);
    if y.iter().all(|y| f64::abs(y.mid()) <= 30.0) {
        sum(weight.iter().zip(&*y).map(|(&w, &y)| w * y.exp_remainder())).ln_1p()
    } else {
        // Far out nothing cancels, and a weight too small for binary64 may still matter.
        let terms: List<N> = log_weight.iter().zip(&*y).map(|(&l, &y)| l + y).collect();
        log_sum_exp(&terms)
    }
}
