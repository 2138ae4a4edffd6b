//! **total-mass**: the sentence after equation (6). *Identity; as printed.*
//!
//! $J_q(\pi_\theta) + (1 - J_q(\pi_\theta)) = 1$, where both terms are probabilities: $\mathbb{P}(\mathcal{O}^+)$ and
//! $\mathbb{P}(\mathcal{O}^-)$.
//!
//! Assumptions: none. (Otherwise by name: "Assumptions 2 and 3, in the reading *seg*", and what is used of them.)
//!
//! Equality: everywhere; the interesting case is J or 1 − J near 0. Two routes: *computed* adds J and 1 − J, each from the
//! log-odds without cancellation; *claimed* is the constant 1.
//!
//! # How to fill this in
//! Copy this file to `slug_with_underscores.rs` and replace everything, in this order; it is the same in every claim.
//!
//! 1. This header. First line: slug, place in the paper, relation, *as printed* or *corrected*. Then the statement in the
//!    paper's notation, in LaTeX; for a corrected statement, what changed and why, and which claim holds the printed form; the
//!    assumptions by name and the reading of their constants; when equality holds; the two routes, *computed* and *claimed*,
//!    that must not share what could be wrong.
//! 2. The statement as data and the two sides as one function over the number trait.
//! 3. The hypotheses, as conditions with a witness. `conditions.rs` holds those that claims share. None: leave `GIVEN` out.
//! 4. Unit facts: the smallest sizes, the equality case, one value computed by hand with its source.
//!
//! Then: the module and a line of `REGISTRY` in `mod.rs`; a test module in `tests/claims`; a page in `docs/claims`, included
//! below; a row in `docs/README.md`; for a claim that holds, a wrong version of it in `tests/controls/`.

use super::tolerance::ULPS;
use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Scalar;
use smallvec::smallvec;

/// The sentence after equation (6).
pub struct TotalMass;

impl Claim for TotalMass {
    const STATEMENT: Statement = Statement {
        slug: "total-mass",
        place: "after Eq. (6)",
        formula: "J + (1 − J) = 1",
        relation: Relation::Identity,
        reading: None, // Some(Reading::Seg) where G_o, L_o, G_p, L_p or T_ψ1 occur
        expected: Expected::Holds,
        assumptions: &[],
        page: "", // include_str!("../../docs/claims/total-mass.md")
    };

    const GIVEN: &'static [Hypothesis] = &[hypothesis::<BothMassesNormal>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let start = evaluation.start();
        let computed = start.success() + start.failure();
        // An identity states its rounding units and the condition they refer to; an inequality is
        // `Part::at_most(name, computed, claimed)`, a lower bound written as shortfall ≤ allowance.
        smallvec![Part::identity("total", computed, N::one(), ULPS, evaluation.logit_condition())]
    }
}

/// J and 1 − J are normal numbers of binary64. (An example: the identity needs no hypothesis.)
struct BothMassesNormal;
impl Condition for BothMassesNormal {
    const NAME: &'static str = "J and 1 − J at least e⁻⁷⁰⁰";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let start = evaluation.start();
        N::of(700.0) + start.log_success().min(start.log_failure())
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::{Decision, Measured, SAMPLE_PIECES, certify, measure};
    use crate::claims::{REGISTRY, claim};
    use crate::policy::Policy;

    /// The smallest policy: two responses with logits 0 and `bias`, the second correct, so that λ = `bias`.
    fn two_responses(bias: f64) -> Instance {
        Instance {
            policy: Policy::linear_softmax(1, vec![0.0, 1.0], vec![0.0, bias]).expect("fits"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.125,
            correct: vec![false, true],
            then: vec![],
        }
    }

    #[test]
    fn two_responses_by_hand() {
        // λ = 0, so J = 1 − J = ½ and the sum is exactly 1.
        let parts = TotalMass::sides(&Evaluation::<f64>::new(&two_responses(0.0), SAMPLE_PIECES));
        assert!((parts[0].computed - 1.0).abs() <= f64::EPSILON, "{parts:?}");
        assert_eq!(certify(&claim::<TotalMass>(), &two_responses(0.0)).decision, Decision::Holds);
    }

    #[test]
    fn outside_where_a_mass_underflows() {
        let (inside, outside) = (two_responses(-699.0), two_responses(-701.0));
        let measured = |instance| measure(&claim::<TotalMass>(), &Evaluation::new(instance, SAMPLE_PIECES));
        assert!(matches!(measured(&inside), Measured::Inside { ratio: Some(ratio), .. } if ratio <= 1.0));
        assert_eq!(measured(&outside), Measured::Outside(BothMassesNormal::NAME));
    }

    #[test]
    fn the_template_is_no_claim() {
        assert!(REGISTRY.iter().all(|known| known.statement.slug != TotalMass::STATEMENT.slug));
    }
}
