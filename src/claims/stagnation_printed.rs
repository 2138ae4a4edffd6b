//! **stagnation-printed**: Theorem 1(a) as it stands in the text at hand. *Upper bound; FALSE as printed.*
//!
//! If $M(K) \le C_0$ for all K and $\sum_k \eta_k^2 \le C_0'/(L_o + 8G_o^2)$, then
//! $J(k) \le J(0)\,(J(0) + e^{+(C_0 + C_0')}\{1 - J(0)\})^{-1}$.
//!
//! The right side is at most J(0): any run that improves refutes it, and so does η ≡ 0 with C₀ > 0. With the sign of the exponent
//! turned it is true: [`stagnation`](super::stagnation).
//!
//! In log-odds, with the smallest admissible constants C₀ = M(K) and C₀' = (L_o + 8G_o²) Σ η_k² of a run that stands still after
//! its last update: λ(K) − λ(0) ≤ −(C₀ + C₀'). Assumption 1 in the reading *seg*, the largest constants of all steps.

use super::{Claim, Expected, Part, Parts, Relation, Scope, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// Theorem 1(a), as printed.
pub struct StagnationPrinted;

impl Claim for StagnationPrinted {
    const STATEMENT: Statement = Statement {
        slug: "stagnation-printed",
        place: "Theorem 1(a)",
        formula: "λ(K) − λ(0) ≤ −(C₀ + C₀')   (as printed)",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Fails,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/stagnation-printed.md"),
    };
    const SCOPE: Scope = Scope::Run;

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let course = evaluation.course();
        let budget = course.cumulative_alignment() + course.curvature_budget();
        smallvec![Part::at_most("λ(K) − λ(0)", course.change(), -budget)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::triangle;
    use super::*;

    #[test]
    fn any_improvement_refutes_it() {
        let instance = triangle(); // Δμ = 1: one small step gains log-odds
        let parts = StagnationPrinted::sides(&Evaluation::<f64>::new(&instance, 1));
        assert!(parts[0].computed > 0.0 && parts[0].claimed < 0.0);
    }
}
