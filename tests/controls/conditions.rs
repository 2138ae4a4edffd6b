//! Hypotheses that the controls need and the claims have not, or keep to themselves.

use gradient_gap::Evaluation;
use gradient_gap::claims;
use gradient_gap::collapse::largest_squared_norm;
use gradient_gap::number::Scalar;
use gradient_gap::thresholds::{token_step, trajectory_step};
use gradient_gap::tolerance::UNIT_DIRECTION;
use gradient_gap::update::Algorithm;

/// Tokens modelled, Δμ > 0: the hypotheses of threshold-match, from the registry.
pub struct Positive;
impl claims::Condition for Positive {
    const NAME: &'static str = "Δμ > 0 and G_p > 0";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        if e.has_tokens() && e.constants().token_score.mid() > 0.0 {
            e.start().alignment() - N::of(1e-9) * e.constants().score
        } else {
            N::of(-1.0)
        }
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// Responses are listed.
pub struct Listed;
impl claims::Condition for Listed {
    const NAME: &'static str = "responses are listed";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        N::of(if e.instance().policy.is_listed() { 0.0 } else { -1.0 })
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// All responses have the same length.
pub struct ConstantLength;
impl claims::Condition for ConstantLength {
    const NAME: &'static str = "constant length";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        N::of(if e.instance().policy.constant_length().is_some() { 0.0 } else { -1.0 })
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::two_coins()
    }
}

/// η ≤ 1/(2√(L_pT∞ + G_p²T_ψ1)).
pub struct Short;
impl claims::Condition for Short {
    const NAME: &'static str = "short step";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let c = e.constants();
        N::one() - N::of(4.0) * e.eta().square() * (c.token_curvature * e.max_length() + c.token_score.square() * c.psi1)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::two_coins()
    }
}

/// η_k ≤ 1/(2√L_o): Theorem 1's step-size bound without (15a).
pub struct Without15a;
impl claims::Condition for Without15a {
    const NAME: &'static str = "η_k ≤ 1/(2√L_o)";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        e.course().smallest(|step| N::of(0.5) / step.constants.curvature.sqrt() - step.eta)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// (15a) at every step.
pub struct Within15a;
impl claims::Condition for Within15a {
    const NAME: &'static str = "(15a)";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        e.course().smallest(|step| trajectory_step(step.alignment, &step.constants) - step.eta)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// (18a) at every step.
pub struct Within18a;
impl claims::Condition for Within18a {
    const NAME: &'static str = "(18a)";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let length = e.max_length();
        e.course().smallest(|step| token_step(step.alignment, step.log_failure.exp(), length, &step.constants) - step.eta)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// Every Δμ(k) > 0 and η > 0.
pub struct Uphill;
impl claims::Condition for Uphill {
    const NAME: &'static str = "Δμ(k) > 0, η > 0";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let least = e.course().smallest(|step| step.alignment);
        if least.is_zero() || e.instance().eta == 0.0 { N::of(-1.0) } else { least }
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// G ≥ √L, ‖w_k‖ ≤ 1 and cΔμ/S ≤ η ≤ 1/(2√S), S = (L + G²)T∞, with Δμ = min_k Δμ(k) and the constants of the run's own segments.
/// As a margin without units: the least of 1 − √L/G, 1 − ‖w‖², 1 − cΔμ/(ηS) and 1 − 2η√S.
pub fn inside_window<N: Scalar>(e: &Evaluation<'_, N>, score: N, curvature: N, length: N, factor: f64) -> N {
    let square = (curvature + score.square()) * length;
    if !(square.mid() > 0.0 && score.mid() > 0.0 && e.instance().eta > 0.0) {
        return N::of(-1.0);
    }
    let least = e.course().smallest(|step| step.alignment);
    [
        curvature.sqrt() / score,
        largest_squared_norm::<N>(e.instance()) - N::of(UNIT_DIRECTION),
        N::of(factor) * least / (e.eta() * square),
        N::of(2.0) * e.eta() * square.sqrt(),
    ]
    .into_iter()
    .map(|share| N::one() - share)
    .fold(N::one(), N::min)
}

/// The window of Theorem 2.
pub struct InsideTheWindow;
impl claims::Condition for InsideTheWindow {
    const NAME: &'static str = "60Δμ/(L_o+G_o²) ≤ η ≤ 1/(2√(L_o+G_o²)), Δμ = min_k Δμ(k), G_o ≥ √L_o, ‖w_k‖ ≤ 1";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let constants = e.course().constants();
        inside_window(e, constants.score, constants.curvature, N::one(), 60.0)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// (19).
pub struct InsideTheTokenWindow;
impl claims::Condition for InsideTheTokenWindow {
    const NAME: &'static str = "(19) with Δμ = min_k Δμ(k), G_p ≥ √L_p, ‖w_k‖ ≤ 1";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let constants = e.course().constants();
        inside_window(e, constants.token_score, constants.token_curvature, e.max_length(), 120.0)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// The ascent threshold with 2.1 in place of 2.
pub struct BeyondTheThreshold;
impl claims::Condition for BeyondTheThreshold {
    const NAME: &'static str = "Δμ > 0, η ≤ 2.1(1−J)Δμ/L_o";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let start = e.start();
        let room = N::of(2.1) * start.failure() * start.alignment() - e.constants().curvature * e.eta();
        if e.instance().eta == 0.0 { N::of(-1.0) } else { room.min(start.alignment()) }
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// Corollary 1's step size.
pub struct WithinCorollary1;
impl claims::Condition for WithinCorollary1 {
    const NAME: &'static str = "η ≤ min{Δμ/(2(L_o + 8G_o²)), 1/(2√L_o)}";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let course = e.course();
        trajectory_step(course.smallest(|step| step.alignment), &course.constants()) - e.eta()
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// η ≤ 2.1 Δμ/L_o.
pub struct BeyondCollapse;
impl claims::Condition for BeyondCollapse {
    const NAME: &'static str = "η ≤ 2.1 Δμ/L_o";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        let course = e.course();
        N::of(2.1) * course.smallest(|step| step.alignment) - e.eta() * course.constants().curvature
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// The runs of REINFORCE that pg-rates speaks of.
pub struct AlongReinforce;
impl claims::Condition for AlongReinforce {
    const NAME: &'static str = "tabular, along the gradient of REINFORCE at a constant rate";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        constant_rate(e, Algorithm::Reinforce)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// The same for GRPO.
pub struct AlongGrpo;
impl claims::Condition for AlongGrpo {
    const NAME: &'static str = "tabular, along the direction of GRPO at a constant rate";
    fn margin<N: Scalar>(e: &Evaluation<'_, N>) -> N {
        constant_rate(e, Algorithm::Grpo)
    }
    fn witness() -> gradient_gap::Instance {
        claims::conditions::triangle()
    }
}

/// α of the first update; for tabular softmax of one length both algorithms move along the gap, so only η_k tells them apart.
pub fn first_rate<N: Scalar>(e: &Evaluation<'_, N>, algorithm: Algorithm) -> N {
    e.eta() / gradient_gap::update::update(e, algorithm).norm
}

/// 10⁻¹⁰ less the largest |η_k/(α‖g‖) − 1|, on the instances of pg-rates itself.
pub fn constant_rate<N: Scalar>(e: &Evaluation<'_, N>, algorithm: Algorithm) -> N {
    let given = claims::find("pg-rates").map_or(&[][..], |claim| claim.given);
    let real = Evaluation::<f64>::new(e.instance(), 1);
    if given.iter().any(|hypothesis| (hypothesis.real)(&real) < 0.0) {
        return N::of(-1.0);
    }
    let mut worst = 0.0f64;
    let alpha = first_rate(&real, algorithm);
    e.instance().for_each_step(|_, step| {
        worst = worst.max((first_rate(&Evaluation::<f64>::new(step, 1), algorithm) / alpha - 1.0).abs());
    });
    N::of(1e-10 - worst)
}
