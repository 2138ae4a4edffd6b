//! **safe-step-scaling**: relation (21). *Asymptotic; holds under conditions that the paper leaves out.*
//!
//! Printed: under $L_p \ll G_p^2$, (18a) reduces to $\eta \lesssim \Delta\mu\,T_{\psi_1}^{-1}(1-J)$. Precisely: with
//! $\varepsilon = (L_p/G_p^2)(T_\infty/T_{\psi_1})$, the right side of (18a) lies between $1/(1+\varepsilon)$ and 1 times
//! $\Delta\mu(1-J)/(2G_p^2T_{\psi_1})$, so their quotient tends to 1 as ε → 0, provided
//!
//! * the cap $8T_\infty^2$ does not bind: $1-J \ge T_{\psi_1}/(8T_\infty^2)$;
//! * (18a)'s second member does not bind, for which $J \ge \log 2\cdot L_p/G_p^2$ suffices.
//!
//! Assumptions 2 and 3, in the reading *seg*; Δμ > 0. Both members and both minima of (18a) are evaluated as printed, on both
//! sides of the comparison; no difference of nearly equal numbers is formed. Both shares tend to 1 as ε → 0.

use super::conditions::TokensModelled;
use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use crate::thresholds::token_step;
use smallvec::smallvec;

/// Relation (21), made precise.
pub struct SafeStepScaling;

/// Δμ > 0 and G_p > 0, far enough from 0 to divide by.
pub struct PositiveAlignment;
impl Condition for PositiveAlignment {
    const NAME: &'static str = "Δμ > 0 (beyond 2⁻³⁰ G_o)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let floor = N::of(1.0 / f64::from(1u32 << 30)) * evaluation.constants().score;
        match evaluation.constants().token_score.mid() > 0.0 {
            true => evaluation.start().alignment() - floor,
            false => N::of(-1.0),
        }
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

/// 1 − J ≥ T_ψ1/(8T∞²).
pub struct CapDoesNotBind;
impl Condition for CapDoesNotBind {
    const NAME: &'static str = "1 − J ≥ T_ψ1/(8 T∞²)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        N::of(8.0) * evaluation.max_length().square() * evaluation.start().failure() - evaluation.constants().psi1
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

/// J ≥ log 2 · L_p/G_p².
pub struct SecondMemberDoesNotBind;
impl Condition for SecondMemberDoesNotBind {
    const NAME: &'static str = "J ≥ log 2 · L_p/G_p²";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let constants = evaluation.constants();
        if constants.token_curvature.mid() == 0.0 {
            return N::of(-1.0); // below what binary64 holds
        }
        evaluation.start().success() * constants.token_score.square() - N::ln_2() * constants.token_curvature
    }
    fn witness() -> Instance {
        // A rare third response far away: its score is large, its share of the variance is not.
        let mut instance = super::conditions::triangle();
        instance.policy.logits.bias = vec![0.0, 0.0, -8.0];
        instance.policy.logits.features = crate::policy::Features::Dense(vec![0.25, 0.0, 0.0, 0.0, 4.0, 0.0]);
        instance
    }
}

impl Claim for SafeStepScaling {
    const STATEMENT: Statement = Statement {
        slug: "safe-step-scaling",
        place: "Eq. (21)",
        formula: "1/(1+ε) ≤ (18a) / (Δμ(1−J)/(2G_p²T_ψ1)) ≤ 1, ε = (L_p/G_p²)(T∞/T_ψ1)",
        relation: Relation::Asymptotic,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 2", "Assumption 3"],
        page: include_str!("../../docs/claims/safe-step-scaling.md"),
    };
    /// An eighth of the instances meet the conditions.
    const TIMES: u64 = 3;
    const GIVEN: &'static [Hypothesis] = &[
        hypothesis::<TokensModelled>(),
        hypothesis::<PositiveAlignment>(),
        hypothesis::<CapDoesNotBind>(),
        hypothesis::<SecondMemberDoesNotBind>(),
    ];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (constants, start) = (evaluation.constants(), evaluation.start());
        let noise = constants.token_score.square();
        let simple = N::of(0.5) * start.alignment() * start.failure() / (noise * constants.psi1);
        let epsilon = constants.token_curvature / noise * (evaluation.max_length() / constants.psi1);
        let safe = token_step(start.alignment(), start.failure(), evaluation.max_length(), constants);
        smallvec![
            Part::at_most("(21) ≤ (1 + ε)·(18a)", simple, (N::one() + epsilon) * safe),
            Part::at_most("(18a) ≤ (21)", safe, simple),
        ]
    }
}
