//! Step sizes as functions of the numbers they depend on: those under which the paper promises convergence, (15a) and (18a),
//! and the companion's own. [`safe_step`](crate::safe_step) puts them side by side.
//!
//! Every one is 0 where Δμ ≤ 0, and +∞ (in binary64; undefined in intervals) where Δμ > 0 and the constants that it divides
//! by are 0. In binary64 each is within a few units in the last place of its formula while the result is a normal number,
//! for 10⁻³⁰⁰ ≤ J and 10⁻³⁰⁰ ≤ 1 − J too, and L_oT∞, G_o² and T∞² are in range.

use crate::number::Scalar;
use crate::regularity::Constants;

/// x/y, with 0/0 = 0: no alignment, no step.
fn quotient<N: Scalar>(x: N, y: N) -> N {
    if x.is_zero() { x } else { x / y }
}

/// The step size that Theorem 1 allows, given Δμ = `alignment`: min{\[Δμ\]₊/(2(L_o + 8G_o²)), 1/(2√L_o)}, condition (15a)
/// with the bound that the theorem puts on every step size.
pub fn trajectory_step<N: Scalar>(alignment: N, constants: &Constants<N>) -> N {
    let half = N::of(0.5);
    let bend = constants.curvature + N::of(8.0) * constants.score.square();
    let first = half * quotient(alignment.positive_part(), bend);
    first.min(half / constants.curvature.sqrt())
}

/// L_pT∞ + G_p² min{T_ψ1/(1−J), 8T∞²}, what (18a)'s first member divides by.
pub(crate) fn token_bracket<N: Scalar>(failure: N, length: N, constants: &Constants<N>) -> N {
    let weight = (constants.psi1 / failure).min(N::of(8.0) * length.square());
    constants.token_curvature * length + constants.token_score.square() * weight
}

/// The step size that Theorem 3 allows by condition (18a), given Δμ = `alignment`, 1 − J = `failure` and T∞ = `length`:
/// min{½\[Δμ\]₊/(L_pT∞ + G_p² min{T_ψ1/(1−J), 8T∞²}), 1/(2√(L_pT∞ + G_p²T_ψ1))}.
pub fn token_step<N: Scalar>(alignment: N, failure: N, length: N, constants: &Constants<N>) -> N {
    let half = N::of(0.5);
    let (smooth, noise) = (constants.token_curvature * length, constants.token_score.square());
    let first = half * quotient(alignment.positive_part(), token_bracket(failure, length, constants));
    first.min(half / (smooth + noise * constants.psi1).sqrt())
}

/// A success rate as two numbers, J and 1 − J, each within (0, 1): neither is known from the other where that is near 1.
///
/// ```
/// use gradient_gap::thresholds::SuccessRate;
///
/// let rate = SuccessRate::of_failure(1e-300); // J = 1 in binary64, and yet
/// assert!((rate.log_odds() - 300.0 * 10f64.ln()).abs() < 1e-12);
/// assert_eq!(SuccessRate::of_log_odds(0.0).failure, 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SuccessRate<N> {
    /// J, in (0, 1).
    pub success: N,
    /// 1 − J, in (0, 1).
    pub failure: N,
}

impl<N: Scalar> SuccessRate<N> {
    /// From J; 1 − J is the difference, and loses digits near J = 1.
    pub fn of_success(success: N) -> Self {
        SuccessRate { success, failure: N::one() - success }
    }
    /// From 1 − J; J is the difference, and loses digits near J = 0.
    pub fn of_failure(failure: N) -> Self {
        SuccessRate { success: N::one() - failure, failure }
    }
    /// From the log-odds λ: the smaller of J and 1 − J is e^{−|λ|}/(1 + e^{−|λ|}).
    pub fn of_log_odds(lambda: N) -> Self {
        let odds = (-lambda.abs()).exp();
        let smaller = odds / (N::one() + odds);
        if lambda.mid() < 0.0 { Self::of_success(smaller) } else { Self::of_failure(smaller) }
    }
    /// log J ≤ 0, from whichever of J and 1 − J is the smaller one.
    pub fn log_success(&self) -> N {
        if self.success.surely_le(self.failure) { self.success.ln() } else { (-self.failure).ln_1p() }
    }
    /// log(1 − J) ≤ 0, from whichever of J and 1 − J is the smaller one.
    pub fn log_failure(&self) -> N {
        if self.failure.surely_le(self.success) { self.failure.ln() } else { (-self.success).ln_1p() }
    }
    /// λ = log J − log(1 − J), in nats.
    pub fn log_odds(&self) -> N {
        self.log_success() - self.log_failure()
    }
}

/// 2p\[Δμ\]₊/L. With p = 1 − J (`share`) and L = L_o the companion's ascent-threshold, below which J rises because
/// λ(η) − λ(0) ≥ ηΔμ − L_oη²/(2(1−J)) (smooth-only-step); with L = L_pE⁺\[ℓ\] the same per token (token-smooth-only-step).
pub fn ascent_step<N: Scalar>(alignment: N, share: N, curvature: N) -> N {
    let (gap, twice) = (alignment.positive_part(), N::of(2.0) * share);
    // In the order in which nothing on the way leaves binary64 that the result does not leave.
    if N::one().surely_le(gap) { quotient(twice * gap, curvature) } else { quotient(gap, curvature) * twice }
}

/// \[Δμ\]₊/(L_o + G_o²/2), below which J rises because |λ(η) − λ(0) − ηΔμ| ≤ (L_o + G_o²/2)η²: the companion's
/// log-odds-step-tight.
pub fn two_sided_step<N: Scalar>(alignment: N, constants: &Constants<N>) -> N {
    quotient(alignment.positive_part(), constants.curvature + N::of(0.5) * constants.score.square())
}

/// 2\[Δμ\]₊/L_o: at a constant step size below it no policy collapses to J = 0 while every alignment is at least Δμ, the
/// companion's no-universal-collapse. With L_o = L_pT∞ per token.
pub fn collapse_threshold<N: Scalar>(alignment: N, curvature: N) -> N {
    ascent_step(alignment, N::one(), curvature)
}

/// min{T∞, T_ψ1 log(1 + 1/J)} for T∞ = `length` and T_ψ1 = `psi1`, which E⁺\[ℓ\] is at most (token-smooth-only-step).
pub fn most_correct_length<N: Scalar>(rate: &SuccessRate<N>, length: N, psi1: N) -> N {
    length.min(psi1 * (-rate.log_success()).softplus())
}

/// 2JΔμ/(a + bh), what [`rare_failure_step`] tends to as Δμ → 0, and never less than it.
pub(crate) fn small_rare_failure_step<N: Scalar>(
    alignment: N,
    rate: &SuccessRate<N>,
    curvature: N,
    proxy: N,
    length: N,
) -> N {
    let b = N::of(2.0) * proxy * length;
    let bend = b * (N::of(3.0).ln() - rate.log_failure()) + curvature * length; // a + bh
    ascent_step(alignment, rate.success, bend)
}

/// (2/√b) arctan(JΔμ√b/(a + bh)), below which J rises by the companion's rare-failure-step (c); h = −log(1−J), v = σ²T∞
/// (`proxy` is σ², `length` T∞), b = 2v, a = b log 3 + L_pT∞.
///
/// (c) says that h gains at least JΔμ sin(x)/√b − (h + a/b)(1 − cos x), x = √b η ≤ π. With sin x = 2 sin(x/2) cos(x/2) and
/// 1 − cos x = 2 sin²(x/2) this is positive exactly where tan(x/2) < JΔμ/((h + a/b)√b), so for some x below π only. As b → 0
/// it is 2JΔμ/a.
pub fn rare_failure_step<N: Scalar>(alignment: N, rate: &SuccessRate<N>, curvature: N, proxy: N, length: N) -> N {
    let b = N::of(2.0) * proxy * length;
    let straight = small_rare_failure_step(alignment, rate, curvature, proxy, length);
    if straight.is_zero() || b.is_zero() {
        return straight;
    }
    let tangent = N::of(0.5) * b.sqrt() * straight;
    match tangent.surely_le(N::one()) {
        true if tangent.is_zero() => straight,
        true => straight * (tangent.atan() / tangent),
        false => N::of(2.0) / b.sqrt() * tangent.atan(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Evaluation;
    use crate::claims::conditions::triangle;

    #[test]
    fn triangle_by_hand() {
        // At η = 0: Δμ = 1, G = 2/3, L = 2/9, T∞ = 1, T_ψ1 = 1/log 2, 1 − J = 2/3. (15a): 1/(2(2/9 + 32/9)) = 9/68. (18a):
        // the weight is min{1.5/log 2, 8} = 1.5/log 2, so it is ½/(2/9 + (4/9)(1.5/log 2)).
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

    #[test]
    fn the_companions_by_hand() {
        let constants = Constants { score: 2.0, curvature: 1.0, token_score: 2.0, token_curvature: 1.0, psi1: 1.5 };
        // 2·¼·3/6; 3/(1 + 2); 2·3/6.
        assert_eq!((ascent_step(3.0, 0.25, 6.0), two_sided_step(3.0, &constants)), (0.25, 1.0));
        assert_eq!((collapse_threshold(3.0, 6.0), collapse_threshold(-3.0, 6.0)), (1.0, 0.0));
        // J = ½: log 3 < 5/2 and T∞ = 1 < 2 log 3.
        let half = SuccessRate::of_success(0.5);
        assert!((most_correct_length(&half, 9.0, 1.0) - 3f64.ln()).abs() < 1e-15);
        assert_eq!(most_correct_length(&half, 1.0, 2.0), 1.0);
        // J = ½, Δμ = 4, L_p = σ² = ½, T∞ = 1: b = 1, h = log 2, a = log 3 + ½, so 2 arctan(2/(log 6 + ½)).
        let expected = 2.0 * (2.0 / (6f64.ln() + 0.5)).atan();
        assert!((rare_failure_step(4.0, &half, 0.5, 0.5, 1.0) - expected).abs() < 1e-15);
        // b = 0: 2JΔμ/L_p. All is 0: no bound.
        assert_eq!(rare_failure_step(4.0, &half, 0.5, 0.0, 1.0), 8.0);
        assert_eq!(
            (rare_failure_step(4.0, &half, 0.0, 0.0, 1.0), ascent_step(1.0, 0.5, 0.0)),
            (f64::INFINITY, f64::INFINITY)
        );
        assert_eq!((rare_failure_step(0.0, &half, 0.0, 0.0, 1.0), ascent_step(0.0, 0.5, 0.0)), (0.0, 0.0));
    }

    /// At the threshold both sides of (c) are equal, x is below π, and the two ways to write it meet at tan(x/2) = 1.
    #[test]
    fn rare_failure_is_where_the_lower_bound_vanishes() {
        for failure in [0.999, 0.5, 1e-3, 1e-300] {
            let rate = SuccessRate::of_failure(failure);
            for (alignment, proxy, length) in [(1e-3, 1.0, 1.0), (0.5, 0.25, 7.0), (40.0, 1.0, 3.0), (1e4, 0.5, 2.0)] {
                let eta = rare_failure_step(alignment, &rate, 1.0, proxy, length);
                let b: f64 = 2.0 * proxy * length;
                let (a, h, x) = (b * 3f64.ln() + length, -failure.ln(), b.sqrt() * eta);
                // Where Δμ is large, x is near π and sin x loses digits.
                let (gain, loss) =
                    (rate.success * alignment * x.sin() / b.sqrt(), (h + a / b) * 2.0 * (0.5 * x).sin().powi(2));
                assert!(
                    x < std::f64::consts::PI && (gain / loss - 1.0).abs() < 1e-11,
                    "{failure} {alignment}: {gain} {loss}"
                );
            }
        }
        let at = |alignment: f64| rare_failure_step(alignment, &SuccessRate::of_success(0.5), 0.5, 0.5, 1.0);
        let one = 2.0 * (6f64.ln() + 0.5);
        assert!((at(one) - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
        assert!((at(one * (1.0 + 1e-12)) - at(one * (1.0 - 1e-12))).abs() < 1e-11);
    }

    #[test]
    fn rates_know_both_sides() {
        let rare = SuccessRate::of_failure(1e-300);
        assert_eq!((rare.success, rare.log_success(), rare.log_failure()), (1.0, -1e-300, 1e-300f64.ln()));
        let early = SuccessRate::of_success(1e-300);
        assert_eq!((early.failure, early.log_failure(), early.log_odds()), (1.0, -1e-300, 1e-300f64.ln()));
        for lambda in [-600.0, -1.0, 0.0, 0.3, 600.0] {
            assert!((SuccessRate::of_log_odds(lambda).log_odds() - lambda).abs() <= 1e-12 * (1.0 + f64::abs(lambda)));
        }
    }
}
