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
    /// λ(η) − λ(0), in nats.
    pub change: N,
    /// λ(η) − λ(0) − η·λ'(0), to full relative accuracy of its two halves ρ₊ and ρ₋.
    pub remainder: N,
}

impl<N: Scalar> OnLine<'_, N> {
    /// The step from `start` = the line at t = 0 to t = η.
    pub fn step(&self, start: &Line<N>, eta: N) -> Step<N> {
        let (mut change, mut bend) = self.logits.change(eta);
        if !self.is_flat() {
            (change, bend) = self.token_changes(start, change, bend);
            if let Some(automaton) = self.automaton() {
                return self.chain_step(automaton, start, &change, &bend, eta);
            }
            (change, bend) = (self.token_sums(&change), self.token_sums(&bend));
        }
        // One token: the normaliser adds the same number to every D and every D − ηs, and drops out of the difference.
        let minus = self.side(start, &change, &bend, false);
        let plus = self.side(start, &change, &bend, true);
        let remainder = plus - minus;
        Step { change: eta * start.alignment() + remainder, remainder }
    }

    /// Δlog p and Δlog p − ηξ of every token from the changes of logits: within its row y − K and (bend − E\[bend\]) − K with
    /// K = log E\[e^y\].
    fn token_changes(&self, start: &Line<N>, mut change: List<N>, mut bend: List<N>) -> (List<N>, List<N>) {
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
        (change, bend)
    }

    /// ρ of one side: log E\[e^{y − E\[y\]}\] + E\[bend\].
    fn side(&self, start: &Line<N>, change: &[N], bend: &[N], side: bool) -> N {
        let (mut mean, mut drift) = (N::zero(), N::zero());
        if let Some(only) = self.single(side) {
            return bend.get(only).copied().unwrap_or(N::zero());
        }
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
        let terms = members().map(|o| (start.conditional[o], start.responses.log_prob[o] - log_mass, change[o] - mean));
        log_mean_exp(&terms.collect::<Vec<_>>()) + drift
    }
}

/// K/`unit` with K = log{J e^{(1−J)c} + (1−J) e^{−Jc}} ≥ 0, the cumulant of a centred coin, c = λ(η) − λ(0) and `unit` of the
/// order of η².
///
/// From J(η)/J = 1/(J + (1−J)e^{−c}), with R the remainder of the step,
///
/// ```text
/// log J(η) − log J(0) − η (log J)'(0)             = (1−J) R − K
/// log(1−J(η)) − log(1−J(0)) − η (log(1−J))'(0)    =   −J R  − K
/// ```
///
/// K/`unit` is formed without K, which may be below what binary64 holds where J or 1 − J is tiny.
pub(crate) fn logistic_cumulant<N: Scalar>(start: &Line<N>, change: N, unit: N) -> N {
    let (success, failure) = (start.success(), start.failure());
    if f64::abs(change.mid()) > OVERFLOWS {
        let (up, down) = (start.log_success() + failure * change, start.log_failure() - success * change);
        return log_sum_exp(&[up, down]) / unit;
    }
    let up = success * ((failure * change).exp_remainder() / unit);
    let down = failure * ((-(success * change)).exp_remainder() / unit);
    log_of_excess(up + down, unit)
}

/// log(1 + x·`unit`)/`unit` for x ≥ 0.
pub(crate) fn log_of_excess<N: Scalar>(x: N, unit: N) -> N {
    const TINY: f64 = 1.0 / (1u64 << 60) as f64;
    let total = x * unit;
    let share = match total.surely_le(N::of(TINY)) {
        true => N::between(1.0 - f64::EPSILON, 1.0), // 1 − y/2 ≤ log(1 + y)/y ≤ 1
        false => total.ln_1p() / total,
    };
    x * share
}

/// Below this |y| the exponential e^y is far from overflow.
pub(crate) const OVERFLOWS: f64 = 600.0;

/// Beyond this |y| nothing cancels in e^y − 1 − y, and a weight too small for binary64 may still matter: its logarithm serves.
pub(super) const FAR: f64 = 30.0;

impl<N> OnLine<'_, N> {
    /// The only response of a side, if it has no other.
    fn single(&self, side: bool) -> Option<usize> {
        let mut members = (0..self.correct.len()).filter(|&o| self.correct[o] == side);
        members.next().filter(|_| members.next().is_none())
    }
}

/// Replaces y by y − E\[y\] and returns log E\[e^{y − E\[y\]}\] ≥ 0.
fn centre<N: Scalar>(weight: &[N], log_weight: &[N], y: &mut [N]) -> N {
    let mean = sum(weight.iter().zip(&*y).map(|(&w, &y)| w * y));
    y.iter_mut().for_each(|y| *y = *y - mean);
    if y.iter().all(|y| f64::abs(y.mid()) <= FAR) {
        sum(weight.iter().zip(&*y).map(|(&w, &y)| w * y.exp_remainder())).ln_1p()
    } else {
        let terms = weight.iter().zip(log_weight).zip(&*y).map(|((&w, &l), &y)| (w, l, y));
        log_mean_exp(&terms.collect::<Vec<_>>())
    }
}

/// log E\[e^y\] for E\[y\] = 0, from (weight, its logarithm, y), where some |y| is large: e^y − 1 − y then takes the logarithm of
/// the weight, beside terms that may be as small as ever.
fn log_mean_exp<N: Scalar>(terms: &[(N, N, N)]) -> N {
    if terms.iter().any(|(_, l, y)| (*l + *y).mid() > OVERFLOWS) {
        return log_sum_exp(&terms.iter().map(|&(_, l, y)| l + y).collect::<List<N>>());
    }
    let excess = terms.iter().map(|&(w, l, y)| match f64::abs(y.mid()) > FAR {
        true => (l + y).exp() - w * (N::one() + y),
        false => w * y.exp_remainder(),
    });
    sum(excess).ln_1p()
}
