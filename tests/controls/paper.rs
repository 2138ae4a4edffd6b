//! Controls of the paper's statements and of the claims about runs.

use crate::conditions::*;
use crate::wrong_statement;
use gradient_gap::Evaluation;
use gradient_gap::check::judge::{Measured, measure};
use gradient_gap::claims::conditions::{ConstantStep, NonzeroGap, SeveralTokens, TokensModelled, UnitDirection};
use gradient_gap::claims::{Claim, ClaimEntry, Hypothesis, Part, Parts, Relation, Scope, Statement, claim, hypothesis};
use gradient_gap::collapse::{Theorem4, share};
use gradient_gap::line::norm;
use gradient_gap::number::{Scalar, sum};
use gradient_gap::regularity::psi1_norm;
use gradient_gap::tolerance::ULPS;
use gradient_gap::update::{Algorithm, conditional_scores};
use smallvec::smallvec;

macro_rules! controls {
    ($($(#[$doc:meta])* $name:ident corrupts $slug:literal [$relation:ident] $($runs:literal)? given [$($given:ty),*] |$e:ident| $body:block)*) => {
        $(
            $(#[$doc])*
            struct $name;
            impl Claim for $name {
                const STATEMENT: Statement = wrong_statement(stringify!($name), $slug, Relation::$relation);
                $(const SCOPE: Scope = { assert!(matches!($runs.as_bytes(), b"over runs")); Scope::Run };)?
                const GIVEN: &'static [Hypothesis] = &[$(hypothesis::<$given>()),*];
                fn sides<N: Scalar>($e: &Evaluation<'_, N>) -> Parts<N> $body
            }
        )*
        /// Every control of this file.
        pub const CONTROLS: &[ClaimEntry] = &[$(claim::<$name>()),*];
    };
}

/// g⁺ − g⁻ against ∇J/(J(1−J)) from the route by differentiation, with a factor on the claimed side.
fn gap_identity<N: Scalar>(e: &Evaluation<'_, N>, claimed: impl Fn(N) -> N) -> Parts<N> {
    let computed = gradient(e);
    let claimed: Vec<N> = e.gap().vector.iter().map(|&g| claimed(g)).collect();
    Part::identities("gap", &computed, &claimed, ULPS, e.logit_condition() * e.gap().condition)
}

/// ∇J/(J(1−J)) by differentiation.
fn gradient<N: Scalar>(e: &Evaluation<'_, N>) -> Vec<N> {
    let [minus, plus] = &e.coordinates().log_mass;
    match e.start().lambda().mid() <= 0.0 {
        true => plus.iter().map(|&g| g / e.start().failure()).collect(),
        false => minus.iter().map(|&g| -g / e.start().success()).collect(),
    }
}

/// The coefficient of η² against a wrong formula.
fn second<N: Scalar>(e: &Evaluation<'_, N>, claimed: N) -> Parts<N> {
    let computed = N::of(0.5) * e.lambda_jet().second;
    smallvec![Part::identity("coefficient of η²", computed, claimed, ULPS, e.curvature_condition())]
}

/// (16) with coefficients a of L_o and b of G_o².
fn remainder<N: Scalar>(e: &Evaluation<'_, N>, a: f64, b: f64) -> Parts<N> {
    let constants = e.constants();
    let coefficient = N::of(a) * constants.curvature + N::of(b) * constants.score.square();
    smallvec![Part::at_most("|R|", e.step().remainder.abs(), coefficient * e.eta().square())]
}

/// (22) with a coefficient a of L_pT∞ and a sign.
fn token_remainder<N: Scalar>(e: &Evaluation<'_, N>, a: f64, sign: f64) -> Parts<N> {
    let constants = e.constants();
    let eta2 = e.eta().square();
    let smooth = N::of(a) * constants.token_curvature * e.max_length() * eta2;
    let noise = e.start().over_failure(constants.token_score.square() * constants.psi1 * eta2);
    smallvec![Part::at_most("shortfall", N::of(-sign) * e.step().remainder, N::of(sign) * (smooth + noise))]
}

/// (19)/(18a), and (18a)'s first member over (21).
fn thresholds<N: Scalar>(e: &Evaluation<'_, N>) -> (N, N) {
    let (constants, start, length) = (e.constants(), e.start(), e.max_length());
    let noise = constants.token_score.square();
    let weight = (constants.psi1 / start.failure()).min(N::of(8.0) * length.square());
    let smooth = constants.token_curvature * length;
    let overshoot = N::of(240.0) * (smooth + noise * weight) / ((constants.token_curvature + noise) * length);
    (overshoot, smooth + noise * weight)
}

/// T_ψ1 at θ.
fn orlicz<N: Scalar>(e: &Evaluation<'_, N>) -> N {
    psi1_norm(&e.on_line().length_law(e.start()))
}

/// A run gains `share` of M(K).
fn gain_at_least<N: Scalar>(e: &Evaluation<'_, N>, share: f64) -> Parts<N> {
    let course = e.course();
    smallvec![Part::at_most("shortfall", course.shortfall(), N::of(1.0 - share) * course.cumulative_alignment())]
}

/// max_k λ(k) − λ(0) − C₀ where the run is highest at its end; otherwise a lower bound of it.
fn stagnation_at_the_end<N: Scalar>(e: &Evaluation<'_, N>, a: f64, b: f64) -> Parts<N> {
    let course = e.course();
    let constants = course.constants();
    let squares = sum(course.steps.iter().map(|step| step.eta.square()));
    let bend = N::of(a) * constants.curvature + N::of(b) * constants.score.square();
    smallvec![Part::at_most("λ(K) − λ(0) − C₀", -course.shortfall(), bend * squares)]
}

/// Λ^p(K) − Λ^p(0).
fn growth<N: Scalar>(e: &Evaluation<'_, N>, power: f64) -> N {
    let p = N::of(power);
    sum(e.course().steps.iter().map(|step| (p * step.log_odds()).exp() * (p * step.change).exp_m1()))
}

controls! {
    /// The sum over shorter responses only, as if one that is cut (or forced to stop) at T∞ did not count.
    NormalisedWithoutTheLongest corrupts "policy-normalises" [Identity] given [SeveralTokens] |e| {
        let law = e.on_line().length_law(e.start());
        let total = sum(law.iter().filter(|(length, _)| *length < e.instance().policy.max_length()).map(|(_, lp)| lp.exp()));
        smallvec![Part::identity("total", total, N::one(), ULPS, e.logit_condition())]
    }
    /// A = J − r.
    SignOfTheAdvantage corrupts "reinforce-gradient" [Identity] given [] |e| {
        gap_identity(e, |g| -g)
    }
    /// ∇J = J²(1−J)(g⁺ − g⁻): J counted twice.
    SuccessCountedTwice corrupts "reinforce-gradient" [Identity] given [] |e| {
        let success = e.start().success();
        gap_identity(e, |g| g * success)
    }
    /// The length weight of GRPO taken outside as 1/T∞.
    GrpoDividesByTheLongest corrupts "grpo-direction" [Identity] given [] |e| {
        let length = e.max_length();
        let claimed: Vec<N> = e.gap().vector.iter().map(|&g| g / length).collect();
        Part::identities("g", &e.coordinates().grpo, &claimed, ULPS, e.logit_condition() * e.gap().condition)
    }
    /// Lengths multiply instead of dividing.
    GrpoTimesLength corrupts "grpo-direction" [Identity] given [Listed] |e| {
        let instance = e.instance();
        let weights: Vec<N> = (e.start().conditional.iter().zip(&instance.correct).enumerate())
            .map(|(o, (&p, &c))| N::of(f64::from(instance.policy.length(o))) * if c { p } else { -p })
            .collect();
        let claimed = e.sum_of_scores(&weights);
        Part::identities("g", &e.coordinates().grpo, &claimed.vector, ULPS, e.logit_condition() * claimed.condition)
    }
    /// (1−J) g⁺ + J g⁻ = 0: the weights exchanged.
    BalanceExchanged corrupts "conditional-policies" [Identity] given [] |e| {
        let (start, [plus, minus]) = (e.start(), conditional_scores(e));
        let balance: Vec<N> = plus.iter().zip(&minus).map(|(&g, &h)| start.failure() * g + start.success() * h).collect();
        let zero = vec![N::zero(); balance.len()];
        Part::identities("balance", &balance, &zero, ULPS, e.logit_condition() * e.gap().condition)
    }
    /// g⁻ − g⁺.
    GapExchanged corrupts "gradient-gap-identity" [Identity] given [NonzeroGap] |e| {
        gap_identity(e, |g| -g)
    }
    /// ∇J = J(g⁺ − g⁻): the factor 1 − J is missing.
    MissingFailureRate corrupts "gradient-gap-identity" [Identity] given [] |e| {
        let failure = e.start().failure();
        gap_identity(e, |g| g / failure)
    }
    /// The angle without the hypothesis ‖w‖ = 1.
    AngleForShortDirections corrupts "gap-alignment-angle" [Identity] given [NonzeroGap] |e| {
        let gap = e.gap();
        let (length, w) = (norm(&gap.vector), norm(&e.instance().direction.iter().map(|&x| N::of(x)).collect::<Vec<N>>()));
        let direction = e.instance().direction.iter();
        let chord = sum(direction.zip(&gap.vector).map(|(&x, &g)| (N::of(x) / w - g / length).square()));
        let claimed = length * (N::one() - N::of(0.5) * chord);
        smallvec![Part::identity("Δμ", e.lambda_jet().first, claimed, ULPS, e.logit_condition() * gap.condition)]
    }
    /// The sine for the cosine.
    SineOfTheAngle corrupts "gap-alignment-angle" [Identity] given [NonzeroGap, UnitDirection] |e| {
        let gap = e.gap();
        let length = norm(&gap.vector);
        let direction = e.instance().direction.iter();
        let half = N::of(0.5) * norm(&direction.zip(&gap.vector).map(|(&x, &g)| N::of(x) - g / length).collect::<Vec<N>>());
        let sine = N::of(2.0) * half * (N::one() - half.square()).positive_part().sqrt();
        smallvec![Part::identity("Δμ", e.lambda_jet().first, length * sine, ULPS, e.logit_condition() * gap.condition)]
    }
    /// 0.9 of the coefficient of L_o, 8 G_o² kept: the equality family is the parabola.
    LogOddsStepNineTenths corrupts "log-odds-step" [Upper] given [] |e| { remainder(e, 0.9, 8.0) }
    /// (16) without L_o.
    LogOddsStepWithoutSmoothness corrupts "log-odds-step" [Upper] given [] |e| { remainder(e, 0.0, 8.0) }
    /// (16) without G_o²: ½ L_o η², as if λ were L_o-smooth.
    LogOddsStepAsIfSmooth corrupts "log-odds-step" [Upper] given [] |e| { remainder(e, 0.5, 0.0) }
    /// Without the ½ of Taylor's formula.
    SecondOrderWithoutHalf corrupts "second-order" [Identity] given [] |e| {
        second(e, e.start().second())
    }
    /// With the ½ but without the curvature of log π.
    SecondOrderWithoutCurvature corrupts "second-order" [Identity] given [] |e| {
        second(e, N::of(0.5) * (e.start().variance[1] - e.start().variance[0]))
    }
    /// Var⁺ + Var⁻.
    SecondOrderSumOfVariances corrupts "second-order" [Identity] given [] |e| {
        let start = e.start();
        let [minus, plus] = start.variance;
        second(e, N::of(0.5) * (plus + minus + start.curvature[1] - start.curvature[0]))
    }
    /// The mean of the token scores instead of their sum.
    ScoreIsTheMean corrupts "score-decomposes" [Identity] given [SeveralTokens, Listed] |e| {
        let whole = e.on_line().whole_response_jets(N::zero());
        let pairs = whole.iter().zip(&e.start().responses.score).enumerate();
        let policy = &e.instance().policy;
        pairs.map(|(o, (jet, &s))| {
            Part::identity("s", jet.first, s / N::of(f64::from(policy.length(o))), ULPS, e.score_condition())
        }).collect()
    }
    /// G_o ≤ G_p: the factor T∞ is missing.
    TrajectoryLikeAToken corrupts "token-to-trajectory" [Upper] given [SeveralTokens] |e| {
        smallvec![Part::at_most("G_o", e.constants().score, e.constants().token_score)]
    }
    /// G_o ≤ 0.9 G_p T∞.
    TrajectoryNineTenths corrupts "token-to-trajectory" [Upper] given [SeveralTokens] |e| {
        smallvec![Part::at_most("G_o", e.constants().score, N::of(0.9) * e.constants().token_score * e.max_length())]
    }
    /// T_ψ1 ≤ T∞: without log 2.
    OrliczWithoutLogTwo corrupts "length-norm" [Upper] given [] |e| {
        smallvec![Part::at_most("T_ψ1", orlicz(e), e.max_length())]
    }
    /// E|o| ≤ 0.9 log 2 · T_ψ1.
    MeanLengthNineTenths corrupts "length-norm" [Upper] given [] |e| {
        smallvec![Part::at_most("E|o|", e.start().mean_length(), N::of(0.9) * N::ln_2() * orlicz(e))]
    }
    /// 240/(1−J): without log 2.
    MatchWithoutLogTwo corrupts "threshold-match" [Ratio] given [Positive] |e| {
        smallvec![Part::at_most("(19)/(18a)", thresholds(e).0, N::of(240.0) / e.start().failure())]
    }
    /// 0.9 of the constant.
    MatchNineTenths corrupts "threshold-match" [Ratio] given [Positive] |e| {
        let claimed = N::of(0.9 * 240.0) / (N::ln_2() * e.start().failure());
        smallvec![Part::at_most("(19)/(18a)", thresholds(e).0, claimed)]
    }
    /// ‖g_GRPO‖ = T⁻¹ J(1−J) ‖gap‖, Dr. GRPO's variance.
    GrpoWithTheOtherVariance corrupts "grpo-effective-step" [Identity] given [ConstantLength] |e| {
        let (gap, start) = (e.gap(), e.start());
        let factor = (N::of(0.5) * (start.log_success() + start.log_failure())).exp();
        let claimed = norm(&gap.vector) / e.max_length() * factor;
        smallvec![Part::identity("GRPO", norm(&e.coordinates().grpo), claimed, ULPS, e.logit_condition() * gap.condition)]
    }
    /// (20) without constant length.
    GrpoForAnyLength corrupts "grpo-effective-step" [Identity] given [] |e| {
        let gap = e.gap();
        let claimed = norm(&gap.vector) / e.start().mean_length();
        smallvec![Part::identity("GRPO", norm(&e.coordinates().grpo), claimed, ULPS, e.logit_condition() * gap.condition)]
    }
    /// (21) without 1 − J.
    ScalingWithoutFailureRate corrupts "safe-step-scaling" [Asymptotic] given [Positive] |e| {
        let (_, bracket) = thresholds(e);
        let constants = e.constants();
        let noise = constants.token_score.square();
        let epsilon = constants.token_curvature / noise * (e.max_length() / constants.psi1);
        smallvec![Part::at_most("(21) ≤ (1+ε)(18a)", bracket, (N::one() + epsilon) * noise * constants.psi1)]
    }
    /// (21) without the hypothesis that the cap 8T∞² does not bind.
    ScalingBeyondTheCap corrupts "safe-step-scaling" [Asymptotic] given [Positive] |e| {
        let (_, bracket) = thresholds(e);
        let constants = e.constants();
        let simple = constants.token_score.square() * constants.psi1 / e.start().failure();
        smallvec![Part::at_most("(18a) ≤ (21)", simple, bracket)]
    }
    /// 0.9 of the coefficient of L_p.
    TokenStepNineTenths corrupts "token-log-odds-step" [Lower] given [TokensModelled, Short] |e| { token_remainder(e, 0.9, 1.0) }
    /// 0.9 of the coefficient of L_o in C₀'.
    StagnationNineTenths corrupts "stagnation" [Upper] "over runs" given [] |e| { stagnation_at_the_end(e, 0.9, 8.0) }
    /// λ(k) − λ(0) ≤ C₀, as if λ were concave.
    StagnationWithoutTheBudget corrupts "stagnation" [Upper] "over runs" given [] |e| { stagnation_at_the_end(e, 0.0, 0.0) }
    /// Under 1/(2√L_o) alone.
    ConvergenceWithout15a corrupts "convergence" [Lower] "over runs" given [Without15a] |e| { gain_at_least(e, 0.5) }
    /// All of M(K) in place of ½M(K).
    ConvergenceGainsEverything corrupts "convergence" [Lower] "over runs" given [Within15a] |e| { gain_at_least(e, 1.0) }
    /// The exponent with 0.8 in place of ½: near J = 1 a step at the limit loses a quarter of ηΔμ.
    LinearRateFourFifths corrupts "linear-rate" [Upper] "over runs" given [ConstantStep, Uphill, WithinCorollary1] |e| {
        let course = e.course();
        let uniform = course.smallest(|step| step.alignment);
        let terms = course.steps.iter().map(|step| (uniform - step.alignment) * step.eta - step.remainder);
        let claimed = N::of(0.2) * uniform * e.eta() * N::of(course.steps.len() as f64);
        smallvec![Part::at_most("λ(0) + ΔμηK + log(1 − J(K)), the last K", sum(terms) - (-course.end()).softplus(), claimed)]
    }
    /// Under 1/(2√L_o) alone.
    TokenConvergenceWithout18a corrupts "token-convergence" [Lower] "over runs" given [Without15a] |e| { gain_at_least(e, 0.5) }
    /// All of M(K).
    TokenConvergenceGainsEverything corrupts "token-convergence" [Lower] "over runs" given [Within18a] |e| { gain_at_least(e, 1.0) }
    /// 2.1 in place of 2.
    AscentThresholdATwentiethMore corrupts "ascent-threshold" [Lower] given [BeyondTheThreshold] |e| {
        smallvec![Part::at_most("−R", -e.step().remainder, e.eta() * e.start().alignment())]
    }
    /// Theorem 2 read as a statement about every run inside the window of its own Δμ, L and G.
    CollapseIsUniversal corrupts "overshoot-collapse" [Upper] "over runs" given [ConstantStep, Uphill, InsideTheWindow] |e| {
        smallvec![Part::at_most("gain over loss", e.course().largest(share), N::one())]
    }
    /// Theorem 4 read in the same way: every run of several tokens inside (19).
    TokenCollapseIsUniversal corrupts "token-overshoot-collapse" [Upper] "over runs" given [SeveralTokens, ConstantStep, Uphill, InsideTheTokenWindow] |e| {
        smallvec![Part::at_most("gain over loss", e.course().largest(share), N::one())]
    }
    /// F = ηL_o/(2.2Δμ), as if nothing collapsed below 2.2Δμ/L_o.
    CollapseATenthLater corrupts "no-universal-collapse" [Lower] "over runs" given [ConstantStep, Uphill, BeyondCollapse] |e| {
        let course = e.course();
        let curvature = course.constants().curvature;
        let level = e.eta() * curvature / (N::of(2.2) * course.smallest(|step| step.alignment));
        let floor = (N::of(0.5) * curvature * e.eta().square()).max(-(-level).ln_1p());
        let arrived = course.steps.iter().map(|step| (-(step.log_odds() + step.change)).softplus());
        let deepest = arrived.reduce(N::max).unwrap_or(N::zero());
        smallvec![Part::at_most("max_k −log J(k)", deepest, floor.max(-e.start().log_success()))]
    }
    /// J(k) ≥ e^{−L_oη²/2} wherever the run begins.
    FloorWithoutTheStart corrupts "no-universal-collapse" [Lower] "over runs" given [ConstantStep, Uphill] |e| {
        let course = e.course();
        let drop = N::of(0.5) * course.constants().curvature * e.eta().square();
        let arrived = course.steps.iter().map(|step| (-(step.log_odds() + step.change)).softplus());
        let deepest = arrived.reduce(N::max).unwrap_or(N::zero());
        smallvec![Part::at_most("max_k −log J(k)", deepest, drop)]
    }
    /// REINFORCE with GRPO's k²: √Λ grows like k.
    ReinforceAsFastAsGrpo corrupts "pg-rates" [Asymptotic] "over runs" given [AlongReinforce] |e| {
        let success = e.start().success();
        let least = N::of(0.5) * first_rate(e, Algorithm::Reinforce) * success * N::of(e.instance().updates() as f64);
        smallvec![Part::at_most("least growth of √Λ", least, growth(e, 0.5))]
    }
    /// Λ in place of √Λ in GRPO's upper bound, as if GRPO were no faster than REINFORCE.
    GrpoAsSlowAsReinforce corrupts "pg-rates" [Asymptotic] "over runs" given [AlongGrpo] |e| {
        let alpha = first_rate(e, Algorithm::Grpo) / e.max_length();
        let most = N::of(2.0) * (N::of(0.5) * alpha).exp_m1() * N::of(e.instance().updates() as f64);
        smallvec![Part::at_most("growth of Λ", growth(e, 1.0), most)]
    }
    /// The inequality turned round.
    TokenStepTurnedRound corrupts "token-log-odds-step" [Lower] given [TokensModelled, Short] |e| {
        token_remainder(e, 1.0, -1.0)
    }
}

/// The construction of Theorem 2 with O⁺ and O⁻ exchanged and w₁ of the other sign: λ(θ) = log(2 cosh θ₂) − 1.7θ₁, and λ rises by more
/// than ηΔμ although η is inside the window, of the run's own constants and of the global ones; for Theorem 4, two tokens, correct
/// where neither is c.
pub fn rises_inside_the_window(control: &str) -> Option<gradient_gap::Instance> {
    let (tokens, eta) = match control {
        "CollapseIsUniversal" => (1, 0.15),
        "TokenCollapseIsUniversal" => (2, 0.12),
        _ => return None,
    };
    let mut construction = Theorem4 { tokens, ..Theorem4::new(1.0, 0.002, eta, tokens) };
    construction.token.steps = 1;
    let mut instance = construction.enumerated().expect("small");
    // Words in lexicographic order, c first: 4, 5, 7 and 8 of two tokens have no c.
    instance.correct = (0..instance.correct.len()).map(|o| o % 3 != 0 && (tokens == 1 || o / 3 != 0)).collect();
    instance.direction = vec![-0.001 / 1.7, 0.9];
    Some(instance)
}

/// What the two controls deny is inside both windows, and it rises although Theorem 2's own run there falls.
#[test]
fn the_run_that_rises_is_inside_the_window() {
    for (control, tokens, factor) in [("CollapseIsUniversal", 1.0, 60.0), ("TokenCollapseIsUniversal", 2.0, 120.0)] {
        let instance = rises_inside_the_window(control).expect("has one");
        let e = Evaluation::<f64>::new(&instance, 2);
        let (alignment, change) = (e.start().alignment(), e.step().change);
        let square = 5.0 * tokens;
        assert!(alignment > 0.0 && change > instance.eta * alignment, "{control}: {alignment} {change}");
        assert!(factor * alignment <= instance.eta * square && 4.0 * instance.eta.powi(2) * square <= 1.0, "{control}");
        let entry = CONTROLS.iter().find(|entry| entry.statement.slug == control).expect("a control");
        let measured = measure(entry, &e);
        assert!(matches!(measured, Measured::Inside { .. }), "{control}: {measured:?}");
        // Beyond the upper end the controls say nothing.
        let far = gradient_gap::Instance { eta: 1.0, ..instance };
        assert!(matches!(measure(entry, &Evaluation::<f64>::new(&far, 2)), Measured::Outside(_)), "{control}");
    }
}
