//! **convergence**: Theorem 1(b). *Lower bound; as printed.*
//!
//! If $\eta_k \le [\Delta\mu(k)]_+ / (2(L_o + 8G_o^2))$ (15a) and $\eta_k \le 1/(2\sqrt{L_o})$, then
//! $J(K) \ge J(0) / (J(0) + \{1 - J(0)\} e^{-M(K)/2})$ (15b); and $M(K) \to \infty$ implies $J(K) \to 1$.
//!
//! In log-odds: λ(K) − λ(0) ≥ ½M(K), written as a shortfall, M(K) − {λ(K) − λ(0)} ≤ ½M(K). Assumption 1 in the reading *seg*, at every
//! step the constants of that step alone. *Computed* is the sum of the remainders of the single steps, without cancellation. The
//! second part is the conclusion that M(K) → ∞ forces J → 1: 1 − J(K) ≤ e^{−λ(0) − M(K)/2}.
//!
//! Approached: λ = δθ − θ² at J = ½, one step at (15a), δ → 0. Where G_o² rules, 8G_o² is 16 times too large (see
//! [`log_odds_step`](super::log_odds_step)).

use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Scope, Statement, hypothesis};
use crate::evaluation::{Course, Evaluation};
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use crate::thresholds::trajectory_step;
use smallvec::smallvec;

/// Theorem 1(b).
pub struct Convergence;

/// λ(K) − λ(0) ≥ ½M(K), and what follows for 1 − J(K): (15b) and (18b).
pub(super) fn gains_half<N: Scalar>(course: &Course<N>) -> Parts<N> {
    let half = N::of(0.5) * course.cumulative_alignment();
    let shortfall = course.shortfall();
    // −log(1 − J(K)) = λ(K) + log(1 + e^−λ(K)).
    let bonus = (-course.end()).softplus();
    smallvec![
        Part::at_most("M(K) − {λ(K) − λ(0)}", shortfall, half),
        Part::at_most("λ(0) + M(K) + log(1 − J(K))", shortfall - bonus, half),
    ]
}

/// Every step size within (15a).
pub struct Within15a;
impl Condition for Within15a {
    const NAME: &'static str = "(15a) and η ≤ 1/(2√L_o) at every step";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        evaluation.course().smallest(|step| trajectory_step(step.alignment, &step.constants) - step.eta)
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

impl Claim for Convergence {
    const STATEMENT: Statement = Statement {
        slug: "convergence",
        place: "Theorem 1(b)",
        formula: "λ(K) − λ(0) ≥ M(K)/2 if every η_k is within (15a)",
        relation: Relation::Lower,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/convergence.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<Within15a>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        gains_half(evaluation.course())
    }
}
