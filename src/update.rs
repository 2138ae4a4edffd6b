//! The update directions of §2: REINFORCE (4), GRPO (5) and Dr. GRPO, for one prompt and exact expectations.
//!
//! Each algorithm moves θ by α·g. In the paper's form (3) that is the direction w = g/‖g‖₂ with the effective step η = α‖g‖₂.

use crate::evaluation::Evaluation;
use crate::line::norm;
use crate::number::Scalar;

/// A policy-gradient algorithm without clipping, one step a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// g = ∇J = E\[A ∇log π\], A = r* − J (4).
    Reinforce,
    /// g = E\[(A/σ)(1/|o|) ∇log π\], σ² = Var(r*) (5).
    Grpo,
    /// GRPO without the two normalisations: in expectation REINFORCE's gradient, J(1−J)(g⁺ − g⁻).
    DrGrpo,
}

impl Algorithm {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Reinforce => "REINFORCE",
            Algorithm::Grpo => "GRPO",
            Algorithm::DrGrpo => "Dr. GRPO",
        }
    }
}

/// The gradient of one algorithm at θ, of which α times is its update.
#[derive(Clone, Debug)]
pub struct PolicyGradient<N> {
    /// g ∈ R^d.
    pub gradient: Vec<N>,
    /// ‖g‖₂: the effective step is η = α‖g‖₂ (20).
    pub norm: N,
}

impl<N: Scalar> PolicyGradient<N> {
    /// w = g/‖g‖₂, d entries; `None` where the gradient is zero.
    pub fn direction(&self) -> Option<Vec<N>> {
        (self.norm.mid() > 0.0).then(|| self.gradient.iter().map(|&g| g / self.norm).collect())
    }
}

/// g⁺ and g⁻ (8), in this order: the mean scores of the correct and of the incorrect responses, d entries each.
pub fn conditional_scores<N: Scalar>(evaluation: &Evaluation<'_, N>) -> [Vec<N>; 2] {
    if let Some(scores) = evaluation.mean_scores() {
        let [minus, plus] = scores.whole.clone();
        return [plus, minus];
    }
    let (start, correct) = (evaluation.start(), &evaluation.instance().correct);
    [true, false].map(|side| {
        let weights = start.conditional.iter().zip(correct).map(|(&p, &c)| if c == side { p } else { N::zero() });
        evaluation.sum_of_scores(&weights.collect::<Vec<N>>()).vector
    })
}

/// The update of an algorithm at θ, for one prompt and exact expectations, scores by formula: (4), (5), (20).
///
/// ```
/// use gradient_gap::Evaluation;
/// use gradient_gap::claims::conditions::triangle;
/// use gradient_gap::update::{Algorithm, update};
///
/// let instance = triangle(); // J = 1/3, g⁺ − g⁻ = (1, −½)
/// let evaluation = Evaluation::<f64>::new(&instance, 1);
/// let [exact, grpo] = [Algorithm::Reinforce, Algorithm::Grpo].map(|algorithm| update(&evaluation, algorithm));
/// assert!((exact.gradient[0] - 2.0 / 9.0).abs() < 1e-15); // J(1 − J)(g⁺ − g⁻)
/// assert!((grpo.norm / exact.norm - 4.5f64.sqrt()).abs() < 1e-14); // over √(J(1 − J)), as all lengths are 1
/// ```
pub fn update<N: Scalar>(evaluation: &Evaluation<'_, N>, algorithm: Algorithm) -> PolicyGradient<N> {
    let start = evaluation.start();
    let log_variance = start.log_success() + start.log_failure();
    let (vector, factor) = match algorithm {
        Algorithm::Reinforce | Algorithm::DrGrpo => (evaluation.gap().vector.clone(), log_variance.exp()),
        Algorithm::Grpo => {
            let bracket = evaluation.length_weighted_gap();
            (bracket.vector, (N::of(0.5) * log_variance).exp())
        }
    };
    let gradient: Vec<N> = vector.iter().map(|&g| g * factor).collect();
    PolicyGradient { norm: norm(&vector) * factor, gradient }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::conditions::{triangle, two_coins};
    use crate::instance::Instance;
    use crate::policy::Policy;

    #[test]
    fn triangle_by_hand() {
        // π uniform on φ = (1,0) | (0,0), (0,1): g⁺ = (2/3, −1/3), g⁻ = (−1/3, 1/6), ∇J = 2/9·(1, −½).
        let instance = triangle();
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let [plus, minus] = conditional_scores(&evaluation);
        let close = |x: &[f64], y: [f64; 2]| x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-15);
        assert!(close(&plus, [2.0 / 3.0, -1.0 / 3.0]) && close(&minus, [-1.0 / 3.0, 1.0 / 6.0]));
        let reinforce = update(&evaluation, Algorithm::Reinforce);
        assert!(close(&reinforce.gradient, [2.0 / 9.0, -1.0 / 9.0]));
        assert_eq!(reinforce.gradient, update(&evaluation, Algorithm::DrGrpo).gradient);
        // One token: GRPO divides by σ = √2/3 only.
        let sigma = 2f64.sqrt() / 3.0;
        let grpo = update(&evaluation, Algorithm::Grpo);
        assert!(close(&grpo.gradient, [2.0 / 9.0 / sigma, -1.0 / 9.0 / sigma]));
        assert!((grpo.norm - 5f64.sqrt() / 9.0 / sigma).abs() < 1e-15);
    }

    #[test]
    fn lengths_can_turn_grpo_round() {
        // Masses (.3, .2 | .5), scores (1, −.5, −.4), lengths (10, 1, 10): the gap points up, GRPO points down.
        let mut policy =
            Policy::linear_softmax(1, vec![1.0, -0.5, -0.4], [0.3, 0.2, 0.5].map(f64::ln).to_vec()).expect("fits");
        policy.lengths = Some(vec![10, 1, 10]);
        let instance = Instance {
            policy,
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.1,
            correct: vec![true, true, false],
            then: vec![],
        };
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        assert_eq!(update(&evaluation, Algorithm::Reinforce).direction(), Some(vec![1.0]));
        assert_eq!(update(&evaluation, Algorithm::Grpo).direction(), Some(vec![-1.0]));
    }

    #[test]
    fn no_gap_no_direction() {
        let mut instance = two_coins();
        instance.policy.logits.features = crate::policy::Features::Dense(vec![1.0, 1.0]);
        assert_eq!(update(&Evaluation::<f64>::new(&instance, 1), Algorithm::Grpo).direction(), None);
    }
}
