//! **curvature-window**: the companion's own. *Upper bound, both sides.*
//!
//! $-\min\Bigl\{\dfrac{L_o}{1-J}, \dfrac{G_o^2+L_o}{J}\Bigr\} \le \lambda'' + (1-2J)\lambda'^2
//! \le \min\Bigl\{\dfrac{G_o^2+L_o}{1-J}, \dfrac{L_o}{J}\Bigr\}$, and sharper where $L_o$ stands alone:
//! $J\lambda'^2 - \dfrac{L_o}{1-J} \le \lambda'' \le \dfrac{L_o}{J} - (1-J)\lambda'^2$.
//!
//! Pointwise: G_o and L_o are max |s| and max |H| along w at θ alone, the reading *seg* on a segment of length 0. Equality in the
//! sharper form for every linear policy with one correct (below) or one incorrect (above) response; in the bounds by G_o² + L_o
//! at $J = L/(G^2+2L)$ (above) and, with the sides exchanged, at $1 - J = L/(G^2+2L)$ (below).
//!
//! *Computed*, from λ' and λ'' by formula; *claimed*, from the score and the curvature of single responses. Everything is
//! multiplied by J or 1 − J, so that nothing overflows.

use super::conditions::BentWithinRange;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// Where λ'' can lie, given J, λ' and the constants at θ.
pub struct CurvatureWindow;

impl Claim for CurvatureWindow {
    const STATEMENT: Statement = Statement {
        slug: "curvature-window",
        place: "companion",
        formula: "−min{L_o/(1−J), (G_o²+L_o)/J} ≤ λ'' + (1−2J)λ'² ≤ min{(G_o²+L_o)/(1−J), L_o/J}",
        relation: Relation::Upper,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/curvature-window.md"),
    };
    const SHARP: &'static [&'static str] = &[
        "Jλ'² − L_o/(1−J) ≤ λ''",
        "λ'' ≤ L_o/J − (1−J)λ'²",
        "−L_o/(1−J)",
        "L_o/J",
        "−(G_o² + L_o)/J",
        "(G_o² + L_o)/(1−J)",
    ];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<BentWithinRange>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let start = evaluation.start();
        let (score, smooth) = evaluation.on_line().response_extremes(start).into();
        let both = score.square() + smooth;
        let (success, failure) = (start.success(), start.failure());
        let (second, square) = (start.second(), start.alignment().square());
        let bent = second + (failure - success) * square;
        smallvec![
            Part::at_most("Jλ'² − L_o/(1−J) ≤ λ''", failure * (success * square - second), smooth),
            Part::at_most("λ'' ≤ L_o/J − (1−J)λ'²", success * (second + failure * square), smooth),
            Part::at_most("−L_o/(1−J)", -(failure * bent), smooth),
            Part::at_most("L_o/J", success * bent, smooth),
            Part::at_most("−(G_o² + L_o)/J", -(success * bent), both),
            Part::at_most("(G_o² + L_o)/(1−J)", failure * bent, both),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::triangle;
    use super::*;

    #[test]
    fn triangle_by_hand() {
        // λ = θ₁ − log(1 + e^{θ₂}) along w = (1, 0): λ' = 1, λ'' = 0, J = 1/3; s = 2/3, −1/3, −1/3 and H = −2/9.
        let parts = CurvatureWindow::sides(&Evaluation::<f64>::new(&triangle(), 1));
        let expected = [
            (2.0 / 9.0, 2.0 / 9.0),  // (1−J)·J
            (2.0 / 9.0, 2.0 / 9.0),  // J·(1−J)
            (-2.0 / 9.0, 2.0 / 9.0), // −(1−J)(1−2J)
            (1.0 / 9.0, 2.0 / 9.0),  // J(1−2J)
            (-1.0 / 9.0, 2.0 / 3.0), // G² + L = 4/9 + 2/9
            (2.0 / 9.0, 2.0 / 3.0),
        ];
        for (part, (computed, claimed)) in parts.iter().zip(expected) {
            assert!((part.computed - computed).abs() < 1e-15 && (part.claimed - claimed).abs() < 1e-15, "{part:?}");
        }
    }
}
