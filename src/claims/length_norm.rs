//! **length-norm**: Assumption 3 and the sentence after it. *Bounds; hold, and are loose.*
//!
//! $\mathbb{E}_{\pi_\theta}[|o|] \le T_{\psi_1} \le T_\infty/\log 2$ with $T_{\psi_1} = \|\ell\|_{\psi_1} = \inf\{a > 0 :
//! \mathbb{E}\,e^{\ell/a} \le 2\}$.
//!
//! Sharp: E ℓ ≤ log 2 · T_ψ1 (Jensen), with equality, as in the right inequality, iff the length is constant. The paper's left
//! inequality can therefore be used up to log 2 ≈ 0.693 at most.
//!
//! *Computed* E ℓ is the mean under the responses' probabilities at θ; T_ψ1 is the bracketed root of E exp(ℓ/a) = 2 from the law of
//! the length in logarithms, at θ.

use super::{Claim, Expected, Part, Parts, Relation, Statement};
use crate::evaluation::Evaluation;
use crate::number::Scalar;
use crate::regularity::psi1_norm;
use smallvec::smallvec;

/// The length norm's place between mean and maximum.
pub struct LengthNorm;

impl Claim for LengthNorm {
    const STATEMENT: Statement = Statement {
        slug: "length-norm",
        place: "Assumption 3",
        formula: "E|o| ≤ T_ψ1 ≤ T∞/log 2; sharp: E|o| ≤ log 2 · T_ψ1",
        relation: Relation::Upper,
        reading: None,
        expected: Expected::Holds,
        assumptions: &["Assumption 3"],
        page: include_str!("../../docs/claims/length-norm.md"),
    };
    const SHARP: &'static [&'static str] = &["T_ψ1 ≤ T∞/log 2", "E|o| ≤ log 2 · T_ψ1"];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let start = evaluation.start();
        let norm = psi1_norm(&evaluation.on_line().length_law(start));
        let mean = start.mean_length();
        smallvec![
            Part::at_most("E|o| ≤ T_ψ1", mean, norm),
            Part::at_most("T_ψ1 ≤ T∞/log 2", norm, evaluation.max_length() / N::ln_2()),
            Part::at_most("E|o| ≤ log 2 · T_ψ1", mean, N::ln_2() * norm),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditions::two_coins;
    use super::*;

    #[test]
    fn constant_length_is_the_equality_case() {
        let instance = two_coins();
        let parts = LengthNorm::sides(&Evaluation::<f64>::new(&instance, 1));
        let norm = 2.0 / std::f64::consts::LN_2; // ‖2‖_ψ1: exp(2/a) = 2
        assert!((parts[0].claimed - norm).abs() < 1e-15 && (parts[2].computed - 2.0).abs() < 1e-15);
        assert!((parts[2].claimed - 2.0).abs() < 1e-15 && (parts[1].claimed - norm).abs() < 1e-15);
    }
}
