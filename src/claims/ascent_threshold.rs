//! **ascent-threshold**: the companion's own. *Lower bound.*
//!
//! $J$ increases whenever $0 < \eta < 2(1-J)\Delta\mu / L_o$: no $G_o$, and no other condition on the step size. Written as
//! $-\{\lambda(\eta) - \lambda(0) - \eta\Delta\mu\} \le \eta\Delta\mu$. A consequence of the smooth-only step,
//! $\lambda(\eta) - \lambda(0) \ge \eta\Delta\mu - L_o\eta^2/(2(1-J))$.
//!
//! L_o of Assumption 1 in the reading *seg* (of the correct responses alone it would do). Equality: λ = λ(0) + Δμθ − Aθ²/2
//! with J → 0, at η = 2Δμ/A, where λ has returned to λ(0).

use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use smallvec::smallvec;

/// J increases below 2(1−J)Δμ/L_o.
pub struct AscentThreshold;

/// Δμ > 0 and 0 < η ≤ 2(1−J)Δμ/L_o.
pub struct BelowThreshold;
impl Condition for BelowThreshold {
    const NAME: &'static str = "Δμ > 0, 0 < η ≤ 2(1−J)Δμ/L_o";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let start = evaluation.start();
        if evaluation.instance().eta == 0.0 || start.alignment().is_zero() {
            return N::of(-1.0);
        }
        let room = N::of(2.0) * start.failure() * start.alignment() - evaluation.constants().curvature * evaluation.eta();
        room.min(start.alignment())
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

impl Claim for AscentThreshold {
    const STATEMENT: Statement = Statement {
        slug: "ascent-threshold",
        place: "companion",
        formula: "λ(η) ≥ λ(0) if η ≤ 2(1−J)Δμ/L_o",
        relation: Relation::Lower,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/ascent-threshold.md"),
    };
    const SHARP: &'static [&'static str] = &["−R"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<BelowThreshold>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let gain = evaluation.eta() * evaluation.start().alignment();
        smallvec![Part::at_most("−R", -evaluation.step().remainder, gain)]
    }
}
