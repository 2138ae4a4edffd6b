//! **log-odds-step**: inequality (16). *Upper bound; as printed.*
//!
//! $\bigl|\lambda(\eta) - \lambda(0) - \Delta\mu\,\eta\bigr| \le (L_o + 8 G_o^2)\,\eta^2$ for every step size η ≥ 0.
//!
//! Assumption 1, in the reading *seg*: G_o and L_o only along w, only on the segment. No step-size condition is needed,
//! although Theorem 1 imposes one. The coefficient 1 of L_o is sharp (equality in the limit of a curve with λ' = 0, J = ½ and
//! η → 0, where G_o² vanishes against L_o); the coefficient 8 of G_o² is 16 times too large.
//!
//! *Computed* is the remainder without cancellation ([`Step`](crate::line::Step)).

use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// Inequality (16).
pub struct LogOddsStep;

impl Claim for LogOddsStep {
    const STATEMENT: Statement = Statement {
        slug: "log-odds-step",
        place: "Eq. (16)",
        formula: "|λ(η) − λ(0) − ηΔμ| ≤ (L_o + 8G_o²) η²",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/log-odds-step.md"),
    };
    const SHARP: &'static [&'static str] = &["|R|"];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let constants = evaluation.constants();
        let coefficient = constants.curvature + N::of(8.0) * constants.score.square();
        let claimed = coefficient * evaluation.eta().square();
        smallvec![Part::at_most("|R|", evaluation.step().remainder.abs(), claimed)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::policy::Policy;

    #[test]
    fn parabola_by_hand() {
        // λ = θ² at θ = 0, J = ½: λ(η) = η² exactly, so R = η². On the segment λ' ≤ 2η, hence |s| ≤ 2ηJ and H is about
        // (1−J)λ'' = 1: the bound is a little over η², and the ratio tends to 1 as η → 0.
        let instance = Instance {
            policy: Policy::curve([0.0, 0.0, 2.0], &[]).expect("finite"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.0078125,
            correct: vec![false, true],
            then: vec![],
        };
        let parts = LogOddsStep::sides(&Evaluation::<f64>::new(&instance, 2));
        let eta2 = 0.0078125f64.powi(2);
        assert!((parts[0].computed / eta2 - 1.0).abs() < 1e-14);
        assert!(parts[0].claimed > eta2 && parts[0].claimed < 1.002 * eta2);
    }
}
