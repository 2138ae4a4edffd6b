//! **token-convergence**: Theorem 3. *Lower bound; as printed.*
//!
//! If $\eta_k$ is at most (18a), then $J(K) \ge J(0) / (J(0) + \{1 - J(0)\} e^{-M(K)/2})$ (18b).
//!
//! In log-odds: λ(k) − λ(0) ≥ ½M(k) for every k, written as a shortfall, M(k) − {λ(k) − λ(0)} ≤ ½M(k), at the k that uses the
//! largest share. Assumptions 2 and 3 in the reading *seg*, at every step the constants of that step alone. The two parts are
//! those of [`convergence`](super::convergence).
//!
//! Not sharp: with curvature alone, L_pE⁺[ℓ]η²/(2(1−J)), neither G_p nor T_ψ1 is needed.

use super::convergence::gains_half;
use super::{Claim, Condition, Expected, Hypothesis, Parts, Relation, Scope, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use crate::thresholds::token_step;

/// Theorem 3.
pub struct TokenConvergence;

/// Tokens are modelled (not only a length declared), and every step size is within (18a).
pub struct Within18a;
impl Condition for Within18a {
    const NAME: &'static str = "tokens modelled, (18a) at every step";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        if !evaluation.has_tokens() {
            return N::of(-1.0);
        }
        let length = evaluation.max_length();
        evaluation
            .course()
            .smallest(|step| token_step(step.alignment, step.log_failure.exp(), length, &step.constants) - step.eta)
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

impl Claim for TokenConvergence {
    const STATEMENT: Statement = Statement {
        slug: "token-convergence",
        place: "Theorem 3",
        formula: "λ(k) − λ(0) ≥ M(k)/2 for every k if every η_k is within (18a)",
        relation: Relation::Lower,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 2", "Assumption 3"],
        page: include_str!("../../docs/claims/token-convergence.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const SHARP: &'static [&'static str] = &["M(k) − {λ(k) − λ(0)}"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<Within18a>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        gains_half(evaluation.course(), &evaluation.iterates())
    }
}
