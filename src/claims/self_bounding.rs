//! **self-bounding**: the companion's own. *Upper bound.*
//!
//! $(w\cdot\nabla\log\pi(\vec o))^2 \le L_o\,\beta(\pi(\vec o))$, $((1-J)\Delta\mu)^2 \le L_o\,\beta(J)$,
//! $(J\Delta\mu)^2 \le L_o\,\beta(1-J)$ with $\beta(p) = 1 + 2\log\frac1{2p}$ for $p \le \frac12$ and
//! $\beta(p) = \bigl(\frac{1-p}p\bigr)^2\beta(1-p)$ for $p \ge \frac12$; in particular, as $\beta(p) \le 2\log\frac1p$, with
//! $2L_o\log\frac1p$.
//!
//! L_o in the reading *line*, in closed form: sup of −H along the whole line θ + Rw. Equality for every J: two responses, log J a
//! parabola up to J = ½ and log(1−J) one from there; at J = ½ also λ linear.
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
        let start = evaluation.start();
        let (log_j, log_f) = (start.log_success(), start.log_failure());
        let plus = (start.failure() * start.alignment()).square();
        let minus = (start.success() * start.alignment()).square();
        let (square, bound) = steepest(&start.responses.score, &start.responses.log_prob, smooth);
        smallvec![
            Part::at_most("s(o)²", square, bound),
            Part::at_most("((1−J)Δμ)²", plus, bounded(smooth, log_j, log_f)),
            Part::at_most("(JΔμ)²", minus, bounded(smooth, log_f, log_j)),
        ]
    }
}

/// L_oβ(p), from log p and log(1−p). For p ≥ ½ as the square of a product: it is 0 in binary64 only where a slope of that square is.
fn bounded<N: Scalar>(smooth: N, log_p: N, log_rest: N) -> N {
    let of_rare = |log: N| N::one() - N::of(2.0) * (N::ln_2() + log);
    let against = log_rest - log_p;
    let rare = smooth * of_rare(log_p);
    let common = ((smooth * of_rare(log_rest).positive_part()).sqrt() * against.exp()).square();
    let half = N::zero(); // of the log-odds
    match (half.surely_le(against), against.surely_le(half)) {
        (true, _) => rare,
        (_, true) => common,
        _ => rare.hull(common),
    }
}

/// s(o)² and L_oβ(π(o)) of the response that uses most of the bound.
fn steepest<N: Scalar>(score: &[N], log_prob: &[N], smooth: N) -> (N, N) {
    let mut worst = (N::zero(), smooth);
    let mut most = -1.0;
    for (o, (&s, &lp)) in score.iter().zip(log_prob).enumerate() {
        // Only one response can have more than half of the mass: there 1 − π(o) is what the others have.
        let rest = match lp.mid() < -1.0 {
            true => (-lp.exp()).ln_1p(),
            false => {
                let others = log_prob.iter().enumerate().filter(|&(other, _)| other != o);
                log_sum_exp(&others.map(|(_, &lp)| lp).collect::<Vec<N>>())
            }
        };
        let (square, bound) = (s.square(), bounded(smooth, lp, rest));
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
    use crate::number::Interval;

    fn beta(p: f64) -> f64 {
        bounded(1.0, p.ln(), (-p).ln_1p())
    }

    #[test]
    fn beta_is_continuous_and_below_twice_the_logarithm() {
        assert!((beta(0.5) - 1.0).abs() < 1e-15 && (beta(0.5 + 1e-12) - 1.0).abs() < 1e-11);
        assert!((beta(0.125) - (1.0 + 4.0 * std::f64::consts::LN_2)).abs() < 1e-14);
        // β(¾) = (1/3)²(1 + 2 log 2), less than (1−p)/p = 1/3.
        assert!((beta(0.75) - (1.0 + 2.0 * std::f64::consts::LN_2) / 9.0).abs() < 1e-15);
        for i in 1..1000 {
            let p = f64::from(i) / 1000.0;
            assert!(beta(p) < -2.0 * p.ln() && (p <= 0.5 || beta(p) < (1.0 - p) / p), "{p}");
            // The exchange of O⁺ and O⁻ says the same: β(p)/(1−p)² = β(1−p)/p².
            let exchanged = (beta(1.0 - p) / (p * p)) / (beta(p) / ((1.0 - p) * (1.0 - p)));
            assert!((exchanged - 1.0).abs() < 1e-12, "{p}: {exchanged}");
        }
    }

    #[test]
    fn beta_is_enclosed_on_both_sides_of_one_half() {
        for log_odds in [-50.0, -1e-9, 0.0, 1e-9, 3.0, 300.0f64] {
            let [p, rest] = [log_odds, -log_odds].map(|x: f64| -(-x).softplus());
            let wide = |x: f64| Interval::new(x - 1e-6, x + 1e-6);
            let (exact, enclosed) = (bounded(2.0, p, rest), bounded(Interval::of(2.0), wide(p), wide(rest)));
            assert!(
                enclosed.contains(exact) && enclosed.width() <= 1e-4 * enclosed.hi(),
                "{log_odds}: {exact} in {enclosed:?}"
            );
        }
    }
}
