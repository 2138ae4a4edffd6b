//! The conditions that claims share. Each is a margin, at least 0 exactly where the condition holds, with a witness that it
//! can hold.

use super::Condition;
use super::tolerance::UNIT_DIRECTION;
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::line::norm;
use crate::number::{Scalar, sum};
use crate::policy::{Context, Ending, Features, Logits, Policy, Shape};

/// A yes-or-no condition as a margin.
fn margin<N: Scalar>(holds: bool) -> N {
    N::of(if holds { 0.0 } else { -1.0 })
}

/// Three equally likely responses in the plane, O⁺ = {first}, w = (1, 0): Δμ = 1, J = 1/3, every size small.
pub fn triangle() -> Instance {
    Instance {
        policy: Policy::linear_softmax(2, vec![1.0, 0.0, 0.0, 0.0, 0.0, 1.0], vec![])
            .unwrap_or_else(|e| unreachable!("{e}")),
        theta: vec![0.0; 2],
        direction: vec![1.0, 0.0],
        eta: 0.0625,
        correct: vec![true, false, false],
        then: vec![],
    }
}

/// Two tokens, two options each, one shared row: O⁺ = {the word 00}.
pub fn two_coins() -> Instance {
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 2,
        bias: vec![],
        features: Features::Dense(vec![1.0, 0.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 2, max_length: 2, ending: Ending::Fixed };
    Instance {
        policy: Policy::autoregressive(shape, Context::Shared, logits).unwrap_or_else(|e| unreachable!("{e}")),
        theta: vec![0.0],
        direction: vec![1.0],
        eta: 0.0625,
        correct: vec![true, false, false, false],
        then: vec![],
    }
}

/// ‖w‖₂ = 1 up to rounding.
pub struct UnitDirection;
impl Condition for UnitDirection {
    const NAME: &'static str = "‖w‖₂ = 1 (‖w‖² within 2⁻⁵⁰)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let square = sum(evaluation.instance().direction.iter().map(|&x| N::of(x).square()));
        N::of(UNIT_DIRECTION) - (square - N::one()).abs()
    }
    fn witness() -> Instance {
        triangle()
    }
}

/// g⁺ ≠ g⁻, so that an angle is defined: ‖g⁺ − g⁻‖ at least 2⁻³⁰ of what it is the difference of.
pub struct NonzeroGap;
impl Condition for NonzeroGap {
    const NAME: &'static str = "g⁺ ≠ g⁻ (beyond 2⁻³⁰ of their size)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let gap = evaluation.gap();
        let floor = N::of(gap.condition / f64::from(1u32 << 30));
        let norm = norm(&gap.vector);
        if gap.condition > 0.0 { norm - floor } else { N::of(-1.0) }
    }
    fn witness() -> Instance {
        triangle()
    }
}

/// Tokens are modelled (not only a length declared), so that Assumption 2 has a meaning.
pub struct TokensModelled;
impl Condition for TokensModelled {
    const NAME: &'static str = "the policy models tokens (lengths are not merely declared)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        margin(evaluation.has_tokens())
    }
    fn witness() -> Instance {
        two_coins()
    }
}

/// A response can have more than one token, so that the statement is more than a definition.
pub struct SeveralTokens;
impl Condition for SeveralTokens {
    const NAME: &'static str = "T∞ ≥ 2, tokens modelled";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        margin(evaluation.has_tokens() && evaluation.instance().policy.tree.shape().max_length > 1)
    }
    fn witness() -> Instance {
        two_coins()
    }
}

/// A constant step size.
pub struct ConstantStep;
impl Condition for ConstantStep {
    const NAME: &'static str = "a constant step size";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let instance = evaluation.instance();
        N::of(if instance.then.iter().all(|update| update.eta == instance.eta) { 0.0 } else { -1.0 })
    }
    fn witness() -> Instance {
        triangle()
    }
}
