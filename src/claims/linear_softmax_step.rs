//! **linear-softmax-step**: the companion's own. *Upper bound.*
//!
//! For one softmax over responses whose logits are linear in θ, $h_\theta(\vec o) = b(\vec o) + \theta\cdot\phi(\vec o)$, and
//! every η ≥ 0: $-\tfrac18 d_-^2\eta^2 \le \lambda(\eta) - \lambda(0) - \eta\Delta\mu \le \tfrac18 d_+^2\eta^2$ with $d_\pm$ the
//! diameter of $w\cdot\phi(\mathcal O^\pm)$; so $|\cdot| \le \tfrac18\max(d_+, d_-)^2\eta^2 \le \tfrac18D^2\|w\|^2\eta^2$,
//! D = max ‖φ(o) − φ(o')‖.
//!
//! No constant of Assumption 1 is needed; G_o = D, but L_o may be much less than D²/4 and must not replace it. Equality as η → 0
//! where one side has two equally likely halves at the ends and the other a single slope.
//!
//! *Computed* is the remainder without cancellation; *claimed* comes from the features in closed form.

use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::line::norm;
use crate::number::{Scalar, sum};
use crate::policy::{Features, Policy};
use smallvec::smallvec;

/// The step of a linear softmax, by features alone.
pub struct LinearSoftmaxStep;

impl Claim for LinearSoftmaxStep {
    const STATEMENT: Statement = Statement {
        slug: "linear-softmax-step",
        place: "companion",
        formula: "−(diam w·φ(O⁻))²η²/8 ≤ λ(η) − λ(0) − ηΔμ ≤ (diam w·φ(O⁺))²η²/8",
        relation: Relation::Upper,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/linear-softmax-step.md"),
    };
    /// A quarter of the instances are linear at the trajectory level.
    const TIMES: u64 = 2;
    const SHARP: &'static [&'static str] = &["−R ≤ diam(O⁻)²η²/8", "R ≤ diam(O⁺)²η²/8", "|R| ≤ D²‖w‖²η²/8"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<LinearResponses>(), hypothesis::<ApartOnASide>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let [minus, plus] = diameters(evaluation);
        let quarter = |d: N| N::of(0.25) * d.square();
        let second = evaluation.mean_second();
        let mut parts: Parts<N> = smallvec![
            Part::at_most("−R ≤ diam(O⁻)²η²/8", -second, quarter(minus)),
            Part::at_most("R ≤ diam(O⁺)²η²/8", second, quarter(plus)),
        ];
        let instance = evaluation.instance();
        if let Some(square) = feature_diameter_squared::<N>(&instance.policy) {
            let w = sum(instance.direction.iter().map(|&x| N::of(x).square()));
            parts.push(Part::at_most("|R| ≤ D²‖w‖²η²/8", second.abs(), N::of(0.25) * square * w));
        }
        parts
    }
}

/// The diameters of w·φ(O∓).
fn diameters<N: Scalar>(evaluation: &Evaluation<'_, N>) -> [N; 2] {
    let mut ends: [Option<(N, N)>; 2] = [None; 2];
    let mut diameters = [N::zero(); 2]; // of a single response: exactly 0
    for (&a, &correct) in evaluation.on_line().slopes(N::zero()).iter().zip(&evaluation.instance().correct) {
        let side = usize::from(correct);
        if let Some((low, high)) = ends[side] {
            let (low, high): (N, N) = (low.min(a), high.max(a));
            (ends[side], diameters[side]) = (Some((low, high)), high - low);
        } else {
            ends[side] = Some((a, a));
        }
    }
    diameters
}

/// The most responses whose pairs are compared one by one.
const MAX_PAIRS: usize = 2048;

/// D²; not formed for very many responses.
fn feature_diameter_squared<N: Scalar>(policy: &Policy) -> Option<N> {
    let Features::Dense(psi) = &policy.logits.features else { return Some(N::of(2.0)) };
    let rows = || psi.chunks_exact(policy.logits.dim);
    let apart = |x: &[f64], y: &[f64]| sum(x.iter().zip(y).map(|(&x, &y)| (N::of(x) - N::of(y)).square()));
    let below = |(i, x)| rows().take(i).map(move |y| apart(x, y));
    (policy.responses() <= MAX_PAIRS).then(|| rows().enumerate().flat_map(below).fold(N::zero(), N::max))
}

/// One token a response, logits linear in θ, no EOS outside the softmax.
struct LinearResponses;
impl Condition for LinearResponses {
    const NAME: &'static str = "a softmax over responses, logits linear in θ";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let policy = &evaluation.instance().policy;
        let linear = policy.is_one_token() && policy.stop.is_none() && policy.logits.is_linear();
        N::of(if linear { 0.0 } else { -1.0 })
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

/// Some side has two slopes that differ: otherwise λ is linear in t, both sides are 0 and only rounding is compared.
struct ApartOnASide;
impl Condition for ApartOnASide {
    const NAME: &'static str = "a side with two slopes (2⁻³⁰ of ‖w‖ max ‖φ‖ apart)";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let Instance { policy, direction, .. } = evaluation.instance();
        if !policy.is_one_token() {
            return N::of(-1.0);
        }
        let [minus, plus] = diameters(evaluation);
        let widest = match &policy.logits.features {
            Features::Tabular => 1.0,
            Features::Dense(psi) => psi.chunks_exact(policy.logits.dim).map(norm::<f64>).fold(0.0, f64::max),
        };
        let size = widest * norm(direction);
        let floor = N::of(size / f64::from(1u32 << 30));
        if size > 0.0 { minus.max(plus) - floor } else { N::of(-1.0) }
    }
    fn witness() -> Instance {
        Instance { direction: vec![0.0, 1.0], ..super::conditions::triangle() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_responses_by_hand() {
        // φ = −1, 1 | 0 at θ = 0, η = 1: λ = log(2 cosh t), so R = log cosh 1; d₊ = 2, d₋ = 0, D = 2.
        let instance = Instance {
            policy: Policy::linear_softmax(1, vec![-1.0, 1.0, 0.0], vec![]).expect("fits"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 1.0,
            correct: vec![true, true, false],
            then: vec![],
        };
        let parts = LinearSoftmaxStep::sides(&Evaluation::<f64>::new(&instance, 2));
        let second = 2.0 * 1.0f64.cosh().ln();
        for (part, (computed, claimed)) in parts.iter().zip([(-second, 0.0), (second, 1.0), (second, 1.0)]) {
            assert!((part.computed - computed).abs() < 1e-15 && part.claimed == claimed, "{part:?}");
        }
    }
}
