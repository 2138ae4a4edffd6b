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

/// A closed form bounds L_p on the whole line θ + Rw: logits linear in θ, sums of sines, or two options.
pub struct KnownOnTheLine;
impl Condition for KnownOnTheLine {
    const NAME: &'static str = "L_p bounded on the whole line in closed form (no logits quadratic in θ, or two options)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        margin(evaluation.line_bounds().is_some())
    }
    fn witness() -> Instance {
        two_coins()
    }
}

/// Below this a product of binary64 numbers may have lost digits to underflow that a comparison needs.
const SMALLEST: f64 = 1e-305;

/// What is compared is of the order of L_oη², and binary64 holds that.
pub struct WithinRange;
impl Condition for WithinRange {
    const NAME: &'static str = "L_oη² at least 10⁻³⁰⁵, within the range of binary64";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        evaluation.constants().curvature * evaluation.eta().square() - N::of(SMALLEST)
    }
    fn witness() -> Instance {
        triangle()
    }
}

/// What is compared is of the order of L_pη², and binary64 holds that.
pub struct TokenWithinRange;
impl Condition for TokenWithinRange {
    const NAME: &'static str = "L_pη² at least 10⁻³⁰⁵, within the range of binary64";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        evaluation.constants().token_curvature * evaluation.eta().square() - N::of(SMALLEST)
    }
    fn witness() -> Instance {
        two_coins()
    }
}

/// What is compared is of the order of max |H| at θ, where there is no step, and binary64 holds that.
pub struct BentWithinRange;
impl Condition for BentWithinRange {
    const NAME: &'static str = "max |H| at θ at least 10⁻³⁰⁵, within the range of binary64";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        evaluation.on_line().response_extremes(evaluation.start())[1] - N::of(SMALLEST)
    }
    fn witness() -> Instance {
        triangle()
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
