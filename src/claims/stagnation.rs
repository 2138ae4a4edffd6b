//! **stagnation**: Theorem 1(a), corrected. *Upper bound; corrected: the exponent is −(C₀ + C₀').*
//!
//! If $M(K) \le C_0$ for all K and $\sum_k \eta_k^2 \le C_0'/(L_o + 8G_o^2)$, then for every k
//! $J(k) \le J(0)\,(J(0) + e^{-(C_0 + C_0')}\{1 - J(0)\})^{-1} < 1$.
//!
//! [`stagnation_printed`](super::stagnation_printed) holds the printed form. In log-odds: λ(k) − λ(0) ≤ C₀ + C₀' for every k. The
//! smallest admissible constants of a run that stands still after its last update are C₀ = M(K) and C₀' = (L_o + 8G_o²) Σ η_k².
//! Assumption 1 in the reading *seg*, the largest constants of all steps. The theorem's bound η_k ≤ 1/(2√L_o) is not needed.
//!
//! Equality: as in (16), η → 0 in the limit of a curve with λ' = 0, λ'' > 0, J = ½ and G_o² far below L_o.

use super::{Claim, Expected, Part, Parts, Relation, Scope, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// Theorem 1(a), corrected.
pub struct Stagnation;

impl Claim for Stagnation {
    const STATEMENT: Statement = Statement {
        slug: "stagnation",
        place: "Theorem 1(a)",
        formula: "λ(k) − λ(0) ≤ C₀ + C₀' for every k",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/stagnation.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const SHARP: &'static [&'static str] = &["max_k λ(k) − λ(0) − C₀"];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let course = evaluation.course();
        // λ(k) − λ(0) − M(K) = Σ_{j<k} {R_j + η_j (Δμ(j) − [Δμ(j)]₊)} − Σ_{j≥k} η_j [Δμ(j)]₊, without cancellation.
        let mut ahead: Vec<N> = course.steps.iter().map(|step| step.progress()).collect();
        (0..ahead.len().saturating_sub(1)).rev().for_each(|k| ahead[k] = ahead[k] + ahead[k + 1]);
        ahead.push(N::zero());
        let mut gained = N::zero();
        let mut highest = -ahead[0];
        for (step, &ahead) in course.steps.iter().zip(&ahead[1..]) {
            gained = gained + step.remainder + step.eta * (step.alignment - step.alignment.positive_part());
            highest = highest.max(gained - ahead);
        }
        smallvec![Part::at_most("max_k λ(k) − λ(0) − C₀", highest, course.curvature_budget())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::{Instance, Update};
    use crate::policy::Policy;

    #[test]
    fn two_steps_up_a_parabola() {
        // λ = θ² from θ = 0, J = ½, w = 1, two steps of η: R = η² at both, Δμ = 0 and 2η; λ rises by 4η², M = 2η².
        let eta = 0.0078125;
        let instance = Instance {
            policy: Policy::curve([0.0, 0.0, 2.0], &[]).expect("finite"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta,
            correct: vec![false, true],
            then: vec![Update { direction: vec![1.0], eta }],
        };
        let evaluation = Evaluation::<f64>::new(&instance, 2);
        let course = evaluation.course();
        assert!((course.change() / (4.0 * eta * eta) - 1.0).abs() < 1e-12);
        assert!((course.cumulative_alignment() / (2.0 * eta * eta) - 1.0).abs() < 1e-12);
        let parts = Stagnation::sides(&evaluation);
        assert!((parts[0].computed / (2.0 * eta * eta) - 1.0).abs() < 1e-12);
        assert!(parts[0].claimed > 2.0 * eta * eta && parts[0].claimed < 2.02 * eta * eta);
    }
}
