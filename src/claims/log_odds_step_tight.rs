//! **log-odds-step-tight**: the companion's own. *Upper bound.*
//!
//! $\bigl|\lambda(\eta) - \lambda(0) - \eta\Delta\mu\bigr| \le (L_o + \tfrac12 G_o^2)\,\eta^2$ for every η ≥ 0: inequality (16)
//! with the coefficient of $G_o^2$ sixteen times smaller.
//!
//! Assumption 1 in the reading *seg*. No bound by G_o and L_o alone is better: equality as η → 0 for every pair (G, L), at
//! $J = L/(G^2+2L)$ with scores ±G on O⁺ and 0 on O⁻, curvatures +L on O⁺ and −L on O⁻.
//!
//! *Computed* is the remainder without cancellation ([`Step`](crate::line::Step)).

use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// (16) with its sharp constants.
pub struct LogOddsStepTight;

impl Claim for LogOddsStepTight {
    const STATEMENT: Statement = Statement {
        slug: "log-odds-step-tight",
        place: "companion",
        formula: "|λ(η) − λ(0) − ηΔμ| ≤ (L_o + G_o²/2) η²",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/log-odds-step-tight.md"),
    };
    const SHARP: &'static [&'static str] = &["|R|"];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let constants = evaluation.constants();
        let coefficient = constants.curvature + N::of(0.5) * constants.score.square();
        smallvec![Part::at_most("|R|", evaluation.step().remainder.abs(), coefficient * evaluation.eta().square())]
    }
}
