//! **self-bounding**: the companion's own. *Upper bound.*
//!
//! $(w\cdot\nabla\log\pi(\vec o))^2 \le L_o\,\beta(\pi(\vec o))$, $((1-J)\Delta\mu)^2 \le L_o\,\beta(J)$,
//! $(J\Delta\mu)^2 \le L_o\,\beta(1-J)$ with $\beta(p) = 1 + 2\log\frac1{2p}$ for $p \le \frac12$ and $\beta(p) = \frac{1-p}p$ for
//! $p \ge \frac12$; in particular, as $\beta(p) \le 2\log\frac1p$, with $2L_o\log\frac1p$.
//!
//! L_o in the reading *line*, in closed form: sup of −H along the whole line θ + Rw. Equality for two responses, λ linear, at
//! J = ½; for J < ½ by a curve whose log J is a parabola up to J = ½. Not sharp for J > ½ (see the page).
//!
//! *Computed* is the square of a first derivative; *claimed* knows the probability alone.

use super::conditions::KnownOnTheLine;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::{Scalar, log_sum_exp};
use crate::regularity::Reading;
use smallvec::smallvec;

/// Slopes of log-probabilities are bounded by the values.
pub struct SelfBounding;

impl Claim for SelfBounding {
    const STATEMENT: Statement = Statement {
        slug: "self-bounding",
        place: "companion",
        formula: "s(o)² ≤ L_oβ(π(o)), ((1−J)Δμ)² ≤ L_oβ(J), (JΔμ)² ≤ L_oβ(1−J); β(p) ≤ 2log(1/p)",
        relation: Relation::Upper,
        reading: Some(Reading::Line),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/self-bounding.md"),
    };
    const SHARP: &'static [&'static str] = &["s(o)²", "((1−J)Δμ)²", "(JΔμ)²"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<KnownOnTheLine>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let Some(bounds) = evaluation.line_bounds() else { return smallvec![] };
        let smooth = bounds.curvature * evaluation.modelled_tokens();
        let (start, lambda) = (evaluation.start(), evaluation.start().lambda());
        let plus = (start.failure() * start.alignment()).square();
        let minus = (start.success() * start.alignment()).square();
        let (square, bound) = steepest(&start.responses.score, &start.responses.log_prob);
        smallvec![
            Part::at_most("s(o)²", square, smooth * bound),
            Part::at_most("((1−J)Δμ)²", plus, smooth * beta(start.log_success(), -lambda)),
            Part::at_most("(JΔμ)²", minus, smooth * beta(start.log_failure(), lambda)),
        ]
    }
}

/// β(p), from log p and log((1−p)/p).
fn beta<N: Scalar>(log_p: N, log_odds_against: N) -> N {
    let (rare, common) = (N::one() - N::of(2.0) * (N::ln_2() + log_p), log_odds_against.exp());
    let half = N::zero(); // of the log-odds
    match (half.surely_le(log_odds_against), log_odds_against.surely_le(half)) {
        (true, _) => rare,
        (_, true) => common,
        _ => rare.hull(common),
    }
}

/// s(o)² and β(π(o)) of the response that uses most of the bound.
fn steepest<N: Scalar>(score: &[N], log_prob: &[N]) -> (N, N) {
    let mut worst = (N::zero(), N::one());
    let mut most = -1.0;
    for (o, (&s, &lp)) in score.iter().zip(log_prob).enumerate() {
        // Only one response can have more than half of the mass: there 1 − π(o) is what the others have.
        let against = match lp.mid() < -1.0 {
            true => (-lp.exp()).ln_1p() - lp,
            false => {
                let others = log_prob.iter().enumerate().filter(|&(other, _)| other != o);
                log_sum_exp(&others.map(|(_, &lp)| lp).collect::<Vec<N>>()) - lp
            }
        };
        let (square, bound) = (s.square(), beta(lp, against));
        let used = square.mid() / bound.mid();
        if used > most {
            (most, worst) = (used, (square, bound));
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_is_continuous_and_below_twice_the_logarithm() {
        let at = |p: f64| beta(p.ln(), ((1.0 - p) / p).ln());
        assert!((at(0.5) - 1.0).abs() < 1e-15 && (at(0.75) - 1.0 / 3.0).abs() < 1e-15);
        assert!((at(0.125) - (1.0 + 4.0 * std::f64::consts::LN_2)).abs() < 1e-14);
        for i in 1..1000 {
            let p = f64::from(i) / 1000.0;
            assert!(at(p) < -2.0 * p.ln(), "{p}");
        }
    }
}
