//! How a training loss adds up tokens, and what the norm of its gradient says of the gradient gap.

/// What the sum over the tokens of a response is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// The response's own length, inside the mean: GRPO, (5).
    Response,
    /// The mean length of the batch: one sum over all its tokens.
    Batch,
    /// A constant, which the log does not hold.
    Constant,
}

/// A loss aggregation: with advantages A or A/σ, the gradient of one unclipped on-policy step on one prompt is a factor times
/// g⁺ − g⁻.
///
/// | | advantage A | advantage A/σ |
/// |---|---|---|
/// | divided by a constant c | J(1−J)/c (4) | √(J(1−J))/c |
/// | by the mean length | J(1−J)/E\[ℓ\] | √(J(1−J))/E\[ℓ\] |
/// | by each response's length T, if it is constant | J(1−J)/T | √(J(1−J))/T (20) |
///
/// The last line is exact for constant length only (grpo-direction); the others are for any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Its name on the command line.
    pub name: &'static str,
    /// Whether the advantage is divided by σ = √(J(1−J)).
    pub standardised: bool,
    /// What the sum over the tokens of a response is divided by.
    pub divisor: Divisor,
    /// In words.
    pub about: &'static str,
}

const fn loss(name: &'static str, standardised: bool, divisor: Divisor, about: &'static str) -> Loss {
    Loss { name, standardised, divisor, about }
}

/// All loss aggregations that are known.
pub const LOSSES: &[Loss] = &[
    loss("grpo", true, Divisor::Response, "A/σ, each response divided by its own length"),
    loss("gspo", true, Divisor::Response, "A/σ, the ratio of a response is the geometric mean over its tokens"),
    loss("dapo", true, Divisor::Batch, "A/σ, the sum over all tokens divided by their number"),
    loss("bnpo", true, Divisor::Batch, "A/σ, the same over the tokens of a local batch"),
    loss("token-mean", true, Divisor::Batch, "A/σ, the sum over all tokens divided by their number"),
    loss("token-sum", true, Divisor::Constant, "A/σ, the sum over tokens, not divided by a length"),
    loss("dr-grpo", false, Divisor::Constant, "A, the sum over tokens divided by a constant"),
    loss("token-mean-no-std", false, Divisor::Batch, "A, the sum over all tokens divided by their number"),
    loss("response-mean-no-std", false, Divisor::Response, "A, each response divided by its own length"),
    loss("reinforce", false, Divisor::Constant, "A, the sum over tokens, not divided by a length"),
];

impl Loss {
    /// The loss aggregation of this name; `None` where none has it.
    pub fn find(name: &str) -> Option<&'static Loss> {
        LOSSES.iter().find(|loss| loss.name == name)
    }

    /// √(J(1−J)), or J(1−J) where the advantage is not divided by σ; from J = `rate`.
    pub fn weight(&self, rate: f64) -> f64 {
        let variance = rate * (1.0 - rate);
        if self.standardised { variance.sqrt() } else { variance }
    }

    /// What the gradient was divided by: the mean length, or 1 where it was a constant.
    pub(crate) fn length_factor(&self, mean_length: f64) -> f64 {
        if self.divisor == Divisor::Constant { 1.0 } else { mean_length }
    }

    /// The estimate of ‖g⁺ − g⁻‖ without the length factor, as a formula.
    pub(crate) fn plain_formula(&self) -> &'static str {
        if self.standardised { "‖∇‖/√(J(1−J))" } else { "‖∇‖/(J(1−J))" }
    }

    /// The formula, as text, of the estimate of ‖g⁺ − g⁻‖ with the length factor: ‖∇‖ times the length that the loss divides
    /// by, over [`weight`](Loss::weight).
    pub fn formula(&self) -> &'static str {
        match (self.standardised, self.divisor) {
            (true, Divisor::Constant) => "‖∇‖/√(J(1−J)), times a constant",
            (true, _) => "‖∇‖·E[ℓ]/√(J(1−J))",
            (false, Divisor::Constant) => "‖∇‖/(J(1−J)), times a constant",
            (false, _) => "‖∇‖·E[ℓ]/(J(1−J))",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factors_by_hand() {
        let of = |name: &str| *Loss::find(name).unwrap();
        assert_eq!((of("grpo").weight(0.2), of("dr-grpo").weight(0.2)), (0.2f64.mul_add(0.8, 0.0).sqrt(), 0.2 * 0.8));
        assert_eq!((of("grpo").length_factor(7.0), of("dr-grpo").length_factor(7.0)), (7.0, 1.0));
        assert_eq!(Loss::find("GRPO"), None);
    }

    /// The table of the page against exact gradients: a policy with two lengths, every loss by its definition.
    #[test]
    fn the_factors_against_exact_gradients() {
        // Masses, scores along one direction, lengths; the first two are correct. The scores have mean 0.
        let mass = [0.3, 0.2, 0.5];
        for lengths in [[4.0, 4.0, 4.0], [10.0, 1.0, 10.0]] {
            let score = [1.0, -0.5, -0.4];
            let rate = mass[0] + mass[1];
            let side = |of: [usize; 2]| {
                let total: f64 = of.iter().map(|i| mass[*i]).sum();
                of.iter().map(|i| mass[*i] * score[*i]).sum::<f64>() / total
            };
            let gap = side([0, 1]) - score[2];
            let mean: f64 = (0..3).map(|i| mass[i] * lengths[i]).sum();
            for loss in LOSSES {
                let sigma = if loss.standardised { (rate * (1.0 - rate)).sqrt() } else { 1.0 };
                let gradient: f64 = (0..3)
                    .map(|i| {
                        let advantage = (if i < 2 { 1.0 } else { 0.0 } - rate) / sigma;
                        let divisor = match loss.divisor {
                            Divisor::Response => lengths[i],
                            Divisor::Batch => mean,
                            Divisor::Constant => 1.0,
                        };
                        mass[i] * advantage * score[i] / divisor
                    })
                    .sum();
                let estimate = gradient * loss.length_factor(mean) / loss.weight(rate);
                let exact = (estimate - gap).abs() < 1e-14;
                // Only the mean over responses of different lengths is another direction (grpo-direction).
                let equal = lengths[0] == lengths[1];
                assert_eq!(exact, equal || loss.divisor != Divisor::Response, "{} {lengths:?}: {estimate} {gap}", loss.name);
            }
        }
    }
}
