//! **no-universal-collapse**: the companion's own. *Lower bound.*
//!
//! With $\Delta\mu = \inf_k \Delta\mu(k) > 0$ and a constant step size $\eta < 2\Delta\mu/L_o$ no policy collapses: with
//! $F = \eta L_o/(2\Delta\mu) < 1$, $J(k) \ge \min\{J(0),\ 1 - F,\ e^{-L_o\eta^2/2}\}$ for every k.
//!
//! J rises whenever 1 − J(k) ≥ F (the smooth-only step); from J(k) > 1 − F a step leads at least to φ(J(k)), where
//! log φ(J) = log J + ηΔμ(1 − J) − L_oη²/2 is concave, so least at an end: φ(1 − F) = 1 − F, φ(1) = e^(−L_oη²/2). So
//! Theorem 2 cannot hold over its whole window for every pair with G_o² > 29 L_o: the window's lower end is then below 2Δμ/L_o.
//! L_o is the largest of all steps, Assumption 1 in the reading *seg*. Equality: in the limit of Theorem 2's construction, which falls from
//! any J(0) to 1 − F; it also shows that 2Δμ/L_o cannot be raised. No part is called sharp: a run that hardly moves has J(k) = J(0), and
//! a share of 1 says nothing of 1 − F; a test follows the construction instead.

use super::conditions::ConstantStep;
use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Scope, Statement, hypothesis};
use crate::evaluation::{Course, Evaluation};
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// No collapse below 2Δμ/L_o.
pub struct NoUniversalCollapse;

/// ηL_o/(2Δμ), Δμ the smallest alignment of the run.
fn level<N: Scalar>(evaluation: &Evaluation<'_, N>, course: &Course<N>) -> N {
    evaluation.eta() * course.constants().curvature / (N::of(2.0) * course.smallest(|step| step.alignment))
}

/// 0 < η < 2Δμ/L_o with Δμ = min_k Δμ(k) > 0.
pub struct BelowCollapse;
impl Condition for BelowCollapse {
    const NAME: &'static str = "0 < η ≤ 1.999 Δμ/L_o, Δμ = min_k Δμ(k) > 0";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let course = evaluation.course();
        let uniform = course.smallest(|step| step.alignment);
        if evaluation.instance().eta == 0.0 || uniform.is_zero() {
            return N::of(-1.0);
        }
        let room = N::of(1.999) * uniform - evaluation.eta() * course.constants().curvature;
        room.min(uniform)
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

impl Claim for NoUniversalCollapse {
    const STATEMENT: Statement = Statement {
        slug: "no-universal-collapse",
        place: "companion",
        formula: "J(k) ≥ min{J(0), 1 − F, e^(−L_oη²/2)}, F = ηL_o/(2Δμ) < 1",
        relation: Relation::Lower,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/no-universal-collapse.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<ConstantStep>(), hypothesis::<BelowCollapse>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let course = evaluation.course();
        let drop = N::of(0.5) * course.constants().curvature * evaluation.eta().square();
        let floor = drop.max(-(-level(evaluation, course)).ln_1p());
        // −log J = log(1 + e^−λ) where every step arrives, and what the rounding of θ_{k+1} takes from J between two steps.
        let arrived: Vec<N> = course.steps.iter().map(|step| (-(step.log_odds() + step.change)).softplus()).collect();
        let rounded =
            course.steps[1..].iter().zip(&arrived).map(|(step, &before)| (-step.log_success - before).positive_part());
        let allowed = floor.max(-evaluation.start().log_success()) + crate::number::sum(rounded);
        let deepest = arrived.into_iter().reduce(N::max).unwrap_or(N::zero());
        smallvec![Part::at_most("max_k −log J(k)", deepest, allowed)]
    }
}
