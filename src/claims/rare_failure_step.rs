//! **rare-failure-step**: the companion's own. *Upper bound.*
//!
//! As J → 1 the factor 1/(1−J) of (22), (18a) and (21) is not real. With σ² a sub-Gaussian proxy of the token scores
//! ($\sigma^2 = \min(G_p^2, L_p)$ always serves), $v = \sigma^2T_\infty$, $h = -\log(1-J)$, $b = 2v$ and
//! $a = b\log3 + L_pT_\infty$:
//!
//! * (a) $\mathbb E_\pi[e^{\eta s}] \le e^{v\eta^2/2}$ for every η;
//! * (b) $\mathbb E^-[s^2] \le V = \min\bigl\{\tfrac v{1-J},\ 2v\log\bigl(1+\tfrac2{1-J}\bigr)\bigr\}$, and
//!   $-\lambda'' - (1-2J)\lambda'^2 \le \{V + L_p\mathbb E^-[\ell]\}/J$;
//! * (c) $h(\eta) - h(0) \ge J\Delta\mu\,\frac{\sin\sqrt b\eta}{\sqrt b} - (h(0)+\tfrac ab)(1-\cos\sqrt b\eta)$ if
//!   $\sqrt b\eta \le \pi$.
//!
//! L_p and σ² in the reading *line*, in closed form. Equality: in (a) for two responses, λ linear, J = ½, η → 0; in V's first
//! member for responses at 0 | ±1, J ≤ 2/3, in its second for a parabola, J → 1; in the second bound of (b) and in (c) for a fast wave
//! of small amplitude at its crest, in (c) with J → 1.
//!
//! *Computed*: sums over responses, λ'' by formula, and the shortfall of (c) without cancellation.

use super::conditions::KnownOnTheLine;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::line::{OVERFLOWS, log_of_excess};
use crate::number::{Scalar, log_sum_exp, sum};
use crate::regularity::Reading;
use smallvec::smallvec;

/// What a step does where failures are rare.
pub struct RareFailureStep;

impl Claim for RareFailureStep {
    const STATEMENT: Statement = Statement {
        slug: "rare-failure-step",
        place: "companion",
        formula: "E[e^{ηs}] ≤ e^{vη²/2}; E⁻[s²] ≤ v min{1/(1−J), 2log(1+2/(1−J))}; h(η) ≥ h(0) + JΔμ sin(√bη)/√b − …",
        relation: Relation::Upper,
        reading: Some(Reading::Line),
        expected: Expected::Holds,
        assumptions: &["Assumption 2"],
        page: include_str!("../../docs/claims/rare-failure-step.md"),
    };
    const SHARP: &'static [&'static str] = &[
        "2η⁻² log E[e^{ηs}]",
        "E⁻[s²] ≤ v/(1−J)",
        "E⁻[s²] ≤ 2v log(1+2/(1−J))",
        "−J(λ'' + (1−2J)λ'²)",
        "shortfall of −log(1−J)",
    ];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<KnownOnTheLine>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let Some(bounds) = evaluation.line_bounds() else { return smallvec![] };
        let (start, tokens) = (evaluation.start(), evaluation.modelled_tokens());
        let two = N::of(2.0);
        let proxy = bounds.proxy * tokens;
        let (success, failure) = (start.success(), start.failure());
        let energy = start.variance[0] + start.mean[0].square();
        let frequent = start.over_failure(proxy);
        let rare = two * proxy * (N::ln_2() - start.log_failure()).softplus();
        let bent = start.second() + (failure - success) * start.alignment().square();
        let length = if evaluation.has_tokens() { start.length[0] } else { N::one() };
        let mut parts: Parts<N> = smallvec![
            Part::at_most("2η⁻² log E[e^{ηs}]", exponential_moment(evaluation), proxy),
            Part::at_most("E⁻[s²] ≤ v/(1−J)", energy, frequent),
            Part::at_most("E⁻[s²] ≤ 2v log(1+2/(1−J))", energy, rare),
            Part::at_most("−J(λ'' + (1−2J)λ'²)", -(success * bent), frequent.min(rare) + bounds.curvature * length),
        ];
        // (c), divided by η²/2, where √b η ≤ π.
        let b = two * proxy;
        let x = b.sqrt() * evaluation.eta();
        if x.surely_le(N::of(std::f64::consts::PI)) && N::of(SMALLEST).surely_le(b) {
            let a = b * N::of(3.0).ln() + bounds.curvature * tokens;
            let half = N::of(0.5) * x;
            // 2(1 − cos x)/x² and 2(x − sin x)/x²; their limits 1 and 0 at x = 0.
            let (versine, lag) = match N::of(SMALLEST).surely_le(x) {
                true => ((half.sin() / half).square(), two * (x.sub_sin() / x.square())),
                false => (N::between(1.0 - f64::EPSILON, 1.0), N::between(0.0, 2.0 * SMALLEST)),
            };
            let drift = success * start.alignment() * b.sqrt() * lag;
            let [minus, _] = evaluation.mean_log_second();
            let allowed = (a - b * start.log_failure()) * versine;
            parts.push(Part::at_most("shortfall of −log(1−J)", minus - drift, allowed));
        }
        parts
    }
}

/// Below this nothing is divided by.
const SMALLEST: f64 = 1e-100;

/// 2η⁻² log E\[e^{ηs}\]; E\[s²\] where η is next to 0.
fn exponential_moment<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
    let (start, eta) = (evaluation.start(), evaluation.eta());
    let responses = &start.responses;
    let terms = || responses.log_prob.iter().zip(&responses.score);
    let unit = N::of(0.5) * eta.square();
    if unit.surely_le(N::of(SMALLEST)) && evaluation.is_still() {
        // Within e^{±2η max|s|} of it.
        let [energy, _] = evaluation.on_line().mean_squares(start);
        return N::between(1.0 - f64::EPSILON, 1.0 + f64::EPSILON) * energy;
    }
    if let Some(log_mean) = evaluation.on_line().log_mean_exp_score(start, eta) {
        return log_mean / unit;
    }
    if responses.score.iter().any(|&s| f64::abs((eta * s).mid()) > OVERFLOWS) {
        return log_sum_exp(&terms().map(|(&lp, &s)| lp + eta * s).collect::<Vec<N>>()) / unit;
    }
    log_of_excess(sum(terms().map(|(lp, &s)| lp.exp() * ((eta * s).exp_remainder() / unit))), unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::policy::Policy;

    #[test]
    fn two_responses_by_hand() {
        // φ = 1 | −1 at θ = 0: s = ±1, σ² = L = 1, J = ½. log E[e^{ηs}] = log cosh η. E⁻[s²] = 1 against 1/(1−J) = 2, which is
        // less than 2 log 5. λ = 2t, so λ'' = 0 and the second part of (b) reads 0 ≤ 2 + 1.
        let eta = 0.5;
        let instance = Instance {
            policy: Policy::linear_softmax(1, vec![1.0, -1.0], vec![]).expect("fits"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta,
            correct: vec![true, false],
            then: vec![],
        };
        let parts = RareFailureStep::sides(&Evaluation::<f64>::new(&instance, 1));
        let rare = [2.0, 2.0 * 5f64.ln()];
        // (c): b = 2, a = 2 log 3 + 1, h = log(1 + e^{2t}), so h(½) − h(0) = ½ + log cosh ½, JΔμ = 1.
        let x = eta * 2f64.sqrt();
        let shortfall = x.sin() / 2f64.sqrt() - (0.5 + 0.5f64.cosh().ln());
        let allowed = (2f64.ln() + 3f64.ln() + 0.5) * (1.0 - x.cos());
        let scale = 2.0 / (eta * eta);
        let expected = [
            (0.5f64.cosh().ln() * scale, 1.0),
            (1.0, rare[0]),
            (1.0, rare[1]),
            (0.0, 3.0),
            (shortfall * scale, allowed * scale),
        ];
        assert_eq!(parts.len(), 5);
        for (part, (computed, claimed)) in parts.iter().zip(expected) {
            assert!((part.computed - computed).abs() < 1e-13 && (part.claimed - claimed).abs() < 1e-13, "{part:?}");
        }
    }
}
