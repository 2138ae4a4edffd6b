//! **overshoot-collapse**: Theorem 2. *Existence; as printed.*
//!
//! There is an instance with $G_o \ge \sqrt{L_o}$, $\Delta\mu(k) \ge \Delta\mu > 0$ and a constant step size
//! $60\Delta\mu/(L_o + G_o^2) \le \eta \le 1/(2\sqrt{L_o + G_o^2})$ for which $J(k+1) < J(k)$ at every step and $J(k) \to 0$.
//!
//! Every run of the constructing families is put to the test, in intervals for the worst of them: at every step the gain ηΔμ(k) is
//! below the loss, Δμ(k) ≥ Δμ > 0, ‖w_k‖ ≤ 1, L ≤ G², and η lies in the window. The constants are the global ones, as upper bounds in
//! closed form; Δμ is the smallest Δμ(k) of the run. Not every pair $G_o \ge \sqrt{L_o}$ has one: [`no_universal_collapse`](super::no_universal_collapse). The limit J → 0 is the two-step decrement of the
//! [construction](crate::collapse), which repeats; the proof is on the page.

use super::conditions::ConstantStep;
use super::{Claim, Condition, Expected, Hypothesis, Parts, Relation, Scope, Statement, hypothesis};
use crate::collapse::{Terms, UNIFORM, statement};
use crate::evaluation::Evaluation;
use crate::families;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;

/// Theorem 2.
pub struct OvershootCollapse;

/// The comparisons of the collapse, with the c of the window (`None`: by the number of tokens); Δμ is the smallest Δμ(k), so the
/// comparison of the two is left out.
pub(super) fn collapses<N: Scalar>(evaluation: &Evaluation<'_, N>, factor: Option<f64>) -> Parts<N> {
    let course = evaluation.course();
    let Some(mut terms) = Terms::of(evaluation.instance(), course) else { return Parts::new() };
    terms.factor = factor.unwrap_or(terms.factor);
    let mut parts = statement(course, &terms);
    parts.retain(|part| part.name != UNIFORM);
    parts
}

/// The global constants are known in closed form, and Δμ(k) > 0 at every step.
pub struct KnownGlobally;
impl Condition for KnownGlobally {
    const NAME: &'static str = "G and L are known globally; min_k Δμ(k) > 0";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let course = evaluation.course();
        let known = Terms::of(evaluation.instance(), course).is_some() && evaluation.has_tokens();
        let uniform = course.smallest(|step| step.alignment);
        if known && !uniform.is_zero() { uniform } else { N::of(-1.0) }
    }
    fn witness() -> Instance {
        let mut instance = families::blank();
        families::collapse::collapse(&[0.0; families::collapse::COLLAPSE_DIM], &mut instance);
        instance
    }
}

impl Claim for OvershootCollapse {
    const STATEMENT: Statement = Statement {
        slug: "overshoot-collapse",
        place: "Theorem 2",
        formula: "J(k+1) < J(k) at every step although Δμ(k) ≥ Δμ > 0, η in [60Δμ/(L_o+G_o²), 1/(2√(L_o+G_o²))]",
        relation: Relation::Existence,
        reading: Some(Reading::Glob),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/overshoot-collapse.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const FAMILIES: Option<&'static [&'static str]> = Some(&["overshoot-collapse", "resonant-collapse"]);
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<ConstantStep>(), hypothesis::<KnownGlobally>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        collapses(evaluation, None)
    }
}
