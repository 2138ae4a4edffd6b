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
//!
//! Of a finite-state policy, whose responses are not listed, the first inequality is asked about eight: of O⁺ and of O⁻
//! those with the largest $\mu s + L_o\log\pi$ for four μ (where $s^2 + 2L_o\log\pi$ is largest it is so for μ = s), as far
//! as π(o) ≤ ½ for certain. The other two need no response.

use super::conditions::KnownOnTheLine;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::line::Response;
use crate::number::{Scalar, log_sum_exp, sum};
use crate::policy::Automaton;
use crate::regularity::Reading;
use smallvec::{SmallVec, smallvec};

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
        let steep = match evaluation.on_line().automaton() {
            Some(automaton) => steep_ones(evaluation, automaton, smooth),
            None => steepest(&start.responses.score, &start.responses.log_prob, smooth),
        };
        let mut parts: Parts<N> = steep.into_iter().map(|(square, bound)| Part::at_most("s(o)²", square, bound)).collect();
        // The second and the third say the same, up to the factor ((1−J)/J)²: the one of the rarer side is free from underflow.
        let [plus, minus] = [(log_j, log_f), (log_f, log_j)].map(|(log_p, log_rest)| {
            let slope = log_rest.exp() * start.alignment();
            rarer(log_p, log_rest).map(|rare| (slope.square(), smooth * rare))
        });
        for (name, sides) in [("((1−J)Δμ)²", plus), ("(JΔμ)²", minus)] {
            parts.extend(sides.map(|(square, bound)| Part::at_most(name, square, bound)));
        }
        parts
    }
}

/// β(p) for p ≤ ½, from log p and log(1−p); `None` where p > ½. Where neither is certain, β(p) lies within rounding of 1.
fn rarer<N: Scalar>(log_p: N, log_rest: N) -> Option<N> {
    let rare = N::one() - N::of(2.0) * (N::ln_2() + log_p);
    match (log_p.surely_le(log_rest), log_rest.surely_le(log_p)) {
        (true, _) => Some(rare),
        (_, true) => None,
        _ => Some(rare.hull((log_rest - log_p).exp().square() * (N::one() - N::of(2.0) * (N::ln_2() + log_rest)))),
    }
}

/// s(o)² and L_oβ(π(o)) of the [`worst`] responses; for π(o) > ½ both over
/// ((1−π(o))/π(o))²: as Σ π s = 0, the slope is then the mean of s over the others, and nothing underflows.
fn steepest<N: Scalar>(score: &[N], log_prob: &[N], smooth: N) -> SmallVec<[(N, N); 2]> {
    let pair = |(o, (&s, &lp)): (usize, (&N, &N))| {
        let others = || log_prob.iter().zip(score).enumerate().filter(move |&(other, _)| other != o).map(|(_, other)| other);
        // Only one response can have more than half of the mass: there 1 − π(o) is what the others have.
        let rest = match lp.mid() < -1.0 {
            true => (-lp.exp()).ln_1p(),
            false => log_sum_exp(&others().map(|(&lp, _)| lp).collect::<Vec<N>>()),
        };
        let (slope, rare) = match rarer(lp, rest) {
            Some(rare) => (s, rare),
            None => {
                let mean = sum(others().map(|(&lp, &s)| (lp - rest).exp() * s));
                (mean, N::one() - N::of(2.0) * (N::ln_2() + rest))
            }
        };
        (slope.square(), smooth * rare)
    };
    worst(&score.iter().zip(log_prob).enumerate().map(pair).collect::<SmallVec<[(N, N); 8]>>())
}

/// Of pairs of a side and its bound those that may use most of it, the one first that seems to.
fn worst<N: Scalar>(pairs: &[(N, N)]) -> SmallVec<[(N, N); 2]> {
    let used = |at: usize| pairs[at].0.mid() / pairs[at].1.mid();
    let first = (1..pairs.len()).fold(0, |top, at| if used(at) > used(top) { at } else { top });
    let Some(&(square, bound)) = pairs.get(first) else { return SmallVec::new() };
    let dominated = |&(other, most): &(N, N)| other.surely_le(N::zero()) || (other / most).surely_le(square / bound);
    let others = pairs.iter().enumerate().filter(|&(at, pair)| at != first && !dominated(pair)).map(|(_, &pair)| pair);
    std::iter::once((square, bound)).chain(others).collect()
}

/// μ, in shares of the largest |s|.
const TILTS: [f64; 4] = [16.0, -16.0, 2.0, -2.0];

/// The same two of some responses of a finite-state policy.
fn steep_ones<N: Scalar>(evaluation: &Evaluation<'_, N>, automaton: &Automaton, smooth: N) -> SmallVec<[(N, N); 2]> {
    let (start, on_line) = (evaluation.start(), evaluation.on_line());
    let (largest, weight) = (on_line.response_extremes(start)[0].mid(), smooth.mid());
    let chosen = on_line.chosen_responses(automaton, &start.tokens, TILTS.map(|tilt| [tilt * largest, weight]));
    let pair = |response: &Response<N>| {
        let half = response.log_prob.surely_le(-N::ln_2());
        half.then(|| (response.score.square(), smooth * (N::one() - N::of(2.0) * (N::ln_2() + response.log_prob))))
    };
    worst(&chosen.as_flattened().iter().filter_map(pair).collect::<SmallVec<[(N, N); 8]>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Interval;

    fn beta(p: f64) -> f64 {
        let [log_p, log_rest] = [p.ln(), (-p).ln_1p()];
        rarer(log_p, log_rest).unwrap_or_else(|| ((1.0 - p) / p).powi(2) * beta(1.0 - p))
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
        }
    }

    #[test]
    fn beta_is_enclosed_on_both_sides_of_one_half() {
        for log_odds in [-300.0, -50.0, -1e-9, 0.0, 1e-9, 3.0f64] {
            let [p, rest] = [log_odds, -log_odds].map(|x: f64| -(-x).softplus());
            let wide = |x: f64| Interval::new(x - 1e-6, x + 1e-6);
            match rarer(wide(p), wide(rest)) {
                Some(enclosed) => {
                    let exact = beta(p.exp());
                    let narrow = enclosed.width() <= 1e-4 * enclosed.hi();
                    assert!(log_odds < 1.0 && enclosed.contains(exact) && narrow, "{log_odds}: {exact} in {enclosed:?}");
                }
                None => assert!(log_odds > 1.0),
            }
        }
    }

    /// Where intervals cannot tell which response uses most of its bound, all that may are judged; one that certainly uses less is not.
    #[test]
    fn every_response_that_may_be_the_worst_is_judged() {
        let prob = [0.25, 0.25, 0.5].map(|p: f64| Interval::of(p).ln());
        let score = |width: f64| [1.0, 1.0, -1e-3].map(|s: f64| Interval::new(s - width, s + width));
        let wide = steepest(&score(1e-3), &prob, Interval::one());
        assert_eq!(wide.len(), 2, "{wide:?}");
        assert!(wide.iter().all(|(square, _)| square.contains(1.0)), "{wide:?}");
        assert_eq!(steepest(&[1.0, 0.5, -0.75], &[0.25f64.ln(), 0.25f64.ln(), 0.5f64.ln()], 1.0).len(), 1);
    }
}
