//! **token-overshoot-collapse**: Theorem 4. *Existence; as printed.*
//!
//! There is an instance with $G_p \ge \sqrt{L_p}$, $\Delta\mu(k) \ge \Delta\mu > 0$ and a constant step size
//! $120\Delta\mu/((L_p + G_p^2)T_\infty) \le \eta \le 1/(2\sqrt{(L_p + G_p^2)T_\infty})$ (19) for which $J(k+1) < J(k)$ at every step
//! and $J(k) \to 0$.
//!
//! Every run of the constructing families is put to the test, in intervals for the worst of them: at every step the gain
//! ηΔμ(k) is below the loss, ‖w_k‖ ≤ 1, and η lies in the window of Δμ = min_k Δμ(k) > 0. The constants are the global ones,
//! as upper bounds in closed form. T∞ = 1 to 4 with all responses enumerated; up to 10 000 by the recursion over states, and
//! in closed form, in tests. The limit J → 0 is that of the [construction](crate::collapse) in real numbers, and is no part:
//! the proof is on the page.

use super::conditions::ConstantStep;
use super::overshoot_collapse::{ADMITS, KnownGlobally, SeveralUpdates, collapses};
use super::{Claim, Expected, Hypothesis, Parts, Relation, Scope, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;

/// Theorem 4.
pub struct TokenOvershootCollapse;

impl Claim for TokenOvershootCollapse {
    const STATEMENT: Statement = Statement {
        slug: "token-overshoot-collapse",
        place: "Theorem 4",
        formula: "J(k+1) < J(k) at every step although Δμ(k) ≥ Δμ > 0, η in (19)",
        relation: Relation::Existence,
        reading: Some(Reading::Glob),
        expected: Expected::Holds,
        assumptions: &["Assumption 2"],
        page: include_str!("../../docs/claims/token-overshoot-collapse.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const FAMILIES: Option<&'static [&'static str]> = Some(&["token-overshoot-collapse"]);
    const SIDE: &'static [&'static str] = ADMITS;
    const GIVEN: &'static [Hypothesis] =
        &[hypothesis::<ConstantStep>(), hypothesis::<SeveralUpdates>(), hypothesis::<KnownGlobally>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        collapses(evaluation, 120.0)
    }
}
