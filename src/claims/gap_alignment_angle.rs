//! **gap-alignment-angle**: the sentence after equation (11). *Identity; as printed.*
//!
//! If $\|w\|_2 = 1$ then $\Delta\mu = \|g^+ - g^-\|_2 \cos\angle\{w, g^+ - g^-\}$.
//!
//! Assumptions: none; needs ‖w‖ = 1 and a non-zero gap.
//!
//! Two routes: *computed* is Δμ = λ'(0), the derivative of λ along w by jets, one number that never sees a vector; *claimed* takes
//! the vector g⁺ − g⁻ by formula and its angle to w from the chord between the two unit vectors,
//! cos∠ = 1 − ½‖ŵ − ĝ‖², not from an inner product. A binary64 vector has norm 1 up to rounding only; the factor ‖w‖ is kept, so that the
//! identity is exact for what is computed.

use super::conditions::{NonzeroGap, UnitDirection};
use super::tolerance::ULPS;
use super::{Claim, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::line::norm;
use crate::number::{Scalar, sum};
use smallvec::smallvec;

/// The geometry of (11).
pub struct GapAlignmentAngle;

impl Claim for GapAlignmentAngle {
    const STATEMENT: Statement = Statement {
        slug: "gap-alignment-angle",
        place: "Eq. (11)",
        formula: "Δμ = ‖g⁺ − g⁻‖₂ cos∠(w, g⁺ − g⁻) for ‖w‖₂ = 1",
        relation: Relation::Identity,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/gap-alignment-angle.md"),
    };
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<UnitDirection>(), hypothesis::<NonzeroGap>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let gap = evaluation.gap();
        let w: Vec<N> = evaluation.instance().direction.iter().map(|&x| N::of(x)).collect();
        let (unit, length) = (norm(&w), norm(&gap.vector));
        let chord = w.iter().zip(&gap.vector).map(|(&w, &g)| (w / unit - g / length).square());
        let cosine = N::one() - N::of(0.5) * sum(chord);
        // The norms and the chord add up d squares each, and ‖g‖₂ may be √d times its largest entry.
        let d = w.len() as f64;
        let condition = (evaluation.logit_condition() + d / ULPS) * gap.condition * d.sqrt();
        smallvec![Part::identity("Δμ", evaluation.lambda_jet().first, unit * length * cosine, ULPS, condition)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::triangle;
    use super::*;

    #[test]
    fn triangle_by_hand() {
        // The gap is (1, −½) and w = (1, 0): Δμ = 1, ‖gap‖ = √5/2, cos∠ = 2/√5.
        let instance = triangle();
        let parts = GapAlignmentAngle::sides(&Evaluation::<f64>::new(&instance, 1));
        assert!((parts[0].computed - 1.0).abs() < 1e-15 && (parts[0].claimed - 1.0).abs() < 1e-15, "{parts:?}");
    }
}
