//! The step sizes under which the paper promises convergence: (15a) and (18a), as functions of the numbers they depend on.

use crate::number::Scalar;
use crate::regularity::Constants;

/// x/y, with 0/0 = 0: no alignment, no step.
fn quotient<N: Scalar>(x: N, y: N) -> N {
    if x.is_zero() { x } else { x / y }
}

/// Theorem 1: min{\[Δμ\]₊/(2(L_o + 8G_o²)), 1/(2√L_o)}, condition (15a) with the bound that the theorem puts on every step size.
pub fn trajectory_step<N: Scalar>(alignment: N, constants: &Constants<N>) -> N {
    let half = N::of(0.5);
    let bend = constants.curvature + N::of(8.0) * constants.score.square();
    let first = half * quotient(alignment.positive_part(), bend);
    first.min(half / constants.curvature.sqrt())
}

/// L_pT∞ + G_p² min{T_ψ1/(1−J), 8T∞²}, what (18a)'s first member divides by.
pub fn token_bracket<N: Scalar>(failure: N, length: N, constants: &Constants<N>) -> N {
    let weight = (constants.psi1 / failure).min(N::of(8.0) * length.square());
    constants.token_curvature * length + constants.token_score.square() * weight
}

/// Theorem 3, condition (18a): min{½\[Δμ\]₊/(L_pT∞ + G_p² min{T_ψ1/(1−J), 8T∞²}), 1/(2√(L_pT∞ + G_p²T_ψ1))}; `failure` is 1 − J,
/// `length` T∞.
pub fn token_step<N: Scalar>(alignment: N, failure: N, length: N, constants: &Constants<N>) -> N {
    let half = N::of(0.5);
    let (smooth, noise) = (constants.token_curvature * length, constants.token_score.square());
    let first = half * quotient(alignment.positive_part(), token_bracket(failure, length, constants));
    first.min(half / (smooth + noise * constants.psi1).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Evaluation;
    use crate::claims::conditions::triangle;

    #[test]
    fn triangle_by_hand() {
        // At η = 0: Δμ = 1, G = 2/3, L = 2/9, T∞ = 1, T_ψ1 = 1/log 2, 1 − J = 2/3. (15a): 1/(2(2/9 + 32/9)) = 9/68. (18a): the
        // weight is min{1.5/log 2, 8} = 1.5/log 2, so it is ½/(2/9 + (4/9)(1.5/log 2)).
        let mut instance = triangle();
        instance.eta = 0.0;
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let (start, constants) = (evaluation.start(), evaluation.constants());
        assert!((trajectory_step(start.alignment(), constants) - 9.0 / 68.0).abs() < 1e-15);
        let expected = 0.5 / (2.0 / 9.0 + (4.0 / 9.0) * 1.5 / std::f64::consts::LN_2);
        let found = token_step(start.alignment(), start.failure(), 1.0, constants);
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        // A large gap: the second members bind.
        assert!((trajectory_step(1e9, constants) - 0.5 / (2.0f64 / 9.0).sqrt()).abs() < 1e-15);
        assert!((token_step(1e9, 0.5, 1.0, constants) - 0.5 / (2.0 / 9.0 + 4.0 / 9.0 / 2f64.ln()).sqrt()).abs() < 1e-15);
        // No alignment, or a negative one: no step; also where all constants are 0.
        assert_eq!((trajectory_step(-1.0, constants), token_step(0.0, 0.5, 1.0, constants)), (0.0, 0.0));
        let flat = Constants { score: 0.0, curvature: 0.0, token_score: 0.0, token_curvature: 0.0, psi1: 1.5 };
        assert_eq!((trajectory_step(0.0, &flat), token_step(0.0, 0.5, 1.0, &flat)), (0.0, 0.0));
    }
}
