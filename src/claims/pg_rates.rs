//! **pg-rates**: the companion's own. *Asymptotic, through explicit bounds.*
//!
//! Exact gradients, tabular softmax, one length for all responses, a constant rate α: $1 - J(k) \sim C/k$ for REINFORCE and
//! Dr. GRPO, $\sim C/k^2$ for GRPO; and J rises for every α. Precisely, with $n_\pm = |\mathcal O^\pm|$, $c = 1/n_+ + 1/n_-$ and
//! $\Lambda(K) = J(K)/(1 - J(K))$,
//!
//! $$\alpha J(0)^2 c K \le \Lambda(K) - \Lambda(0) \le 4(e^{\alpha/2} - 1)K \quad\text{(REINFORCE, Dr. GRPO)},$$
//! $$\frac{\alpha J(0)\,cK}{1 + \sqrt{1 + \alpha c/2}} \le \sqrt{\Lambda(K)} - \sqrt{\Lambda(0)} \le 2(e^{\alpha/2} - 1)K \quad\text{(GRPO)}.$$
//!
//! GRPO's gradient is divided by the length, so its α stands for α/T. Each update is the gradient up to rounding; what that may
//! change is added to the bounds. Growth is summed over the single steps, each from its own θ_k, and J(0) read as min_k J(k), so
//! that the rounding of θ between two steps does not enter. Equality: two responses and α → 0 (upper bounds: and J → 1).
//! For α c ≤ 8 GRPO's lower bound is within 1.62 of ½αJ(0)cK, which is false for very large α.

use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Scope, Statement, hypothesis};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::policy::Features;
use crate::update::{Algorithm, update};
use smallvec::smallvec;

/// C/k and C/k².
pub struct PgRates;

/// How far ηw may be from αg, in shares of α‖g‖: what rounding of w and η makes of it.
const DEVIATION: f64 = 1e-12;

/// An algorithm that the updates follow, with its rate.
struct Rate<N> {
    /// α with η_k w_k = α g(θ_k).
    alpha: N,
    /// The largest deviation from it at any step.
    deviation: N,
}

/// The rates of REINFORCE and of GRPO, read from the run in one go.
fn rates<N: Scalar>(instance: &Instance) -> [Rate<N>; 2] {
    let mut rates = [Algorithm::Reinforce, Algorithm::Grpo]
        .map(|algorithm| (algorithm, Rate { alpha: N::zero(), deviation: N::zero() }));
    instance.for_each_step(|k, step| {
        let evaluation = Evaluation::<N>::new(step, 1);
        for (algorithm, Rate { alpha, deviation: worst }) in &mut rates {
            let gradient = update(&evaluation, *algorithm);
            if k == 0 {
                let along = step.direction.iter().zip(&gradient.gradient).map(|(&w, &g)| N::of(w) * g);
                *alpha = evaluation.eta() * crate::number::sum(along) / gradient.norm.square();
            }
            for (&w, &g) in step.direction.iter().zip(&gradient.gradient) {
                let deviation = (evaluation.eta() * N::of(w) - *alpha * g).abs() / (alpha.abs() * gradient.norm);
                *worst = if deviation.surely_le(*worst) { *worst } else { worst.max(deviation) };
                if deviation.mid().is_nan() {
                    *worst = N::one();
                }
            }
        }
    });
    rates.map(|(_, rate)| rate)
}

/// One softmax with a logit a response, all responses of one length.
pub struct TabularOneLength;
impl Condition for TabularOneLength {
    const NAME: &'static str = "tabular softmax, one length for all responses, more than one update";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let Instance { policy, then, .. } = evaluation.instance();
        let tabular = policy.is_one_token() && policy.stop.is_none() && policy.logits.features == Features::Tabular;
        let straight = policy.logits.is_linear() && policy.constant_length().is_some();
        N::of(if tabular && straight && !then.is_empty() { 0.0 } else { -1.0 })
    }
    fn witness() -> Instance {
        two_tabular_updates()
    }
}

/// Every update is α times the gradient of REINFORCE, or of GRPO, with the same α > 0; J/(1 − J) stays a number of binary64.
pub struct ConstantRate;
impl Condition for ConstantRate {
    const NAME: &'static str = "every update is α times the gradient of REINFORCE or of GRPO, λ(k) ≤ 700";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        let margins = rates::<N>(evaluation.instance()).map(|Rate { alpha, deviation }| {
            let positive = match alpha.mid().is_nan() || alpha.surely_le(N::zero()) {
                true => N::of(-1.0),
                false => alpha - N::of(f64::MIN_POSITIVE),
            };
            (N::of(DEVIATION) - deviation).min(positive)
        });
        let course = evaluation.course();
        let highest = course.largest(|step| step.log_odds().max(step.log_odds() + step.change));
        margins[0].max(margins[1]).min(N::of(700.0) - highest)
    }
    fn witness() -> Instance {
        two_tabular_updates()
    }
}

/// Two updates of REINFORCE from two equally likely responses, rate 1.
fn two_tabular_updates() -> Instance {
    use crate::policy::Policy;
    use crate::run::{Direction, Plan, StepSize, run};
    let start = Instance {
        // Cannot fail: two responses and no bias.
        policy: Policy::tabular_softmax(2, vec![]).unwrap_or_else(|e| unreachable!("{e}")),
        theta: vec![0.0; 2],
        direction: vec![1.0, 0.0],
        eta: 0.0,
        correct: vec![true, false],
        then: vec![],
    };
    let direction = Direction::Algorithm(Algorithm::Reinforce);
    run(&start, &Plan { direction, step: StepSize::Rate(1.0), most: 2, target: f64::INFINITY }).0
}

impl Claim for PgRates {
    const STATEMENT: Statement = Statement {
        slug: "pg-rates",
        place: "companion",
        formula: "Λ = J/(1−J) grows like K (REINFORCE), √Λ like K (GRPO), between explicit multiples",
        relation: Relation::Asymptotic,
        reading: None,
        expected: Expected::Holds,
        assumptions: &[],
        page: include_str!("../../docs/claims/pg-rates.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<TabularOneLength>(), hypothesis::<ConstantRate>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        let (instance, course) = (evaluation.instance(), evaluation.course());
        let [reinforce, grpo] = rates::<N>(instance);
        let is_reinforce = reinforce.deviation.surely_le(N::of(DEVIATION));
        let length = N::of(f64::from(instance.policy.max_length()));
        let alpha = match is_reinforce {
            true => reinforce.alpha,
            false => grpo.alpha / length,
        };
        let count = |side| N::of(instance.correct.iter().filter(|&&c| c == side).count() as f64);
        // What the deviation adds to Δλ: at most 2·DEVIATION·α‖g‖, and ‖g⁺ − g⁻‖ ≤ √2.
        let slack = N::of(2.0 * 1.5 * DEVIATION);
        let share = N::one() / count(true) + N::one() / count(false) - slack;
        let steps = N::of(instance.updates() as f64);
        let success = course.smallest(|step| step.log_success).exp();
        let most = (N::of(0.5) * alpha * (N::one() + slack)).exp_m1() * steps;
        let half = if is_reinforce { N::one() } else { N::of(0.5) };
        // Λ^p(K) − Λ^p(0) with p = 1 or ½, step by step and without cancellation.
        let steps_grown = course.steps.iter().map(|step| (half * step.log_odds()).exp() * (half * step.change).exp_m1());
        let grown = crate::number::sum(steps_grown);
        let bend = N::one() + (N::one() + N::of(0.5) * alpha * (share + slack)).sqrt();
        let (least, most) = match is_reinforce {
            true => (alpha * success.square() * share * steps, N::of(4.0) * most),
            false => (alpha * success * share * steps / bend, N::of(2.0) * most),
        };
        smallvec![Part::at_most("least growth", least, grown), Part::at_most("growth", grown, most)]
    }
}
