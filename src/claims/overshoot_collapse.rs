//! **overshoot-collapse**: Theorem 2. *Existence; as printed.*
//!
//! There is an instance with $G_o \ge \sqrt{L_o}$, $\Delta\mu(k) \ge \Delta\mu > 0$ and a constant step size
//! $60\Delta\mu/(L_o + G_o^2) \le \eta \le 1/(2\sqrt{L_o + G_o^2})$ for which $J(k+1) < J(k)$ at every step and $J(k) \to 0$.
//!
//! Every run of the constructing families is put to the test, in intervals for the worst of them: at every step the gain ηΔμ(k) is
//! below the loss, ‖w_k‖ ≤ 1, and η lies in the window of Δμ = min_k Δμ(k) > 0. The constants are the global ones, as upper bounds in
//! closed form, of a policy of one token: with more, they would be a token's and not G_o and L_o. Not every pair $G_o \ge \sqrt{L_o}$ has one: [`no_universal_collapse`](super::no_universal_collapse). The limit J → 0 is that of the
//! [construction](crate::collapse) in real numbers, and is no part: the proof is on the page.

use super::conditions::ConstantStep;
use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Scope, Statement, hypothesis};
use crate::collapse::{Terms, Window, share};
use crate::evaluation::{Course, Evaluation};
use crate::families;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

const UNIT_BALL: &str = "‖w_k‖² ≤ 1";

/// What admits an instance: only that J falls at every step is the statement.
pub(super) const ADMITS: &[&str] = {
    let [aligned, low, high] = Window::CONDITIONS;
    &[UNIT_BALL, aligned, low, high]
};

/// The comparisons of Theorems 2 and 4 on one course, all of the form computed ≤ claimed:
///
/// * at the worst step, the gain ηΔμ(k) over the loss −(λ(k+1) − λ(k) − ηΔμ(k)), against 1: below 1 where J falls;
/// * the largest ‖w_k‖² against 1;
/// * the three conditions of the window.
///
/// That Δμ ≤ Δμ(k) is no part: a claim takes the one from the other, and the `collapse` command counts it by itself
/// ([`Certified`](crate::collapse::Certified)). Nor is L ≤ G²: both are upper bounds in one number, of which it is always true; the
/// tests search θ for what G and L are.
pub fn collapse_parts<N: Scalar>(course: &Course<N>, terms: &Terms<N>) -> Parts<N> {
    let square = (terms.curvature + terms.score.square()) * terms.length;
    let mut parts: Parts<N> = smallvec![
        Part::at_most("J(k+1) < J(k): gain over loss, worst step", course.largest(share), N::one()),
        Part::at_most(UNIT_BALL, terms.norm, N::one()),
    ];
    let window = Window::conditions(square, terms.factor, terms.alignment, terms.eta);
    parts.extend(window.map(|(name, computed, claimed)| Part::at_most(name, computed, claimed)));
    parts
}

/// Theorem 2.
pub struct OvershootCollapse;

/// The comparisons of the collapse, with the c of the window; Δμ is the smallest Δμ(k).
pub(super) fn collapses<N: Scalar>(evaluation: &Evaluation<'_, N>, factor: f64) -> Parts<N> {
    let course = evaluation.course();
    let Some(mut terms) = Terms::of(evaluation.instance(), course) else { return Parts::new() };
    terms.factor = factor;
    collapse_parts(course, &terms)
}

/// Two updates or more. One step that lowers J is no collapse, and the construction returns after two, A and B.
pub(super) struct SeveralUpdates;
impl Condition for SeveralUpdates {
    const NAME: &'static str = "at least two updates";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        N::of(if evaluation.instance().updates() >= 2 { 0.0 } else { -1.0 })
    }
    fn witness() -> Instance {
        KnownGlobally::witness()
    }
}

/// A response is one token, so that the constants of [`Terms::of`], which are a token's, are G_o and L_o.
struct OneToken;
impl Condition for OneToken {
    const NAME: &'static str = "a response is one token";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        N::of(if evaluation.instance().policy.is_one_token() { 0.0 } else { -1.0 })
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
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
    const SIDE: &'static [&'static str] = ADMITS;
    const GIVEN: &'static [Hypothesis] = &[
        hypothesis::<ConstantStep>(),
        hypothesis::<SeveralUpdates>(),
        hypothesis::<OneToken>(),
        hypothesis::<KnownGlobally>(),
    ];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        collapses(evaluation, 60.0)
    }
}
