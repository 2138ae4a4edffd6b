//! **convergence**: Theorem 1(b). *Lower bound; as printed.*
//!
//! If $\eta_k \le [\Delta\mu(k)]_+ / (2(L_o + 8G_o^2))$ (15a) and $\eta_k \le 1/(2\sqrt{L_o})$, then
//! $J(K) \ge J(0) / (J(0) + \{1 - J(0)\} e^{-M(K)/2})$ (15b); and $M(K) \to \infty$ implies $J(K) \to 1$.
//!
//! In log-odds: λ(k) − λ(0) ≥ ½M(k) for every k, written as a shortfall, M(k) − {λ(k) − λ(0)} ≤ ½M(k), at the k that uses the
//! largest share. Assumption 1 in the reading *seg*, at every step the constants of that step alone. *Computed* is the sum of the
//! remainders of the single steps, without cancellation. The second part is the conclusion that M(K) → ∞ forces J → 1:
//! 1 − J(k) ≤ e^{−λ(0) − M(k)/2}, with 1 − J(k) evaluated at θ_k itself and not summed up.
//!
//! Approached: λ = δθ − θ² at J = ½, one step at (15a), δ → 0. Where G_o² rules, 8G_o² is 16 times too large (see
//! [`log_odds_step`](super::log_odds_step)).

use super::{Claim, Condition, Expected, Hypothesis, Part, Parts, Relation, Scope, Statement, hypothesis};
use crate::evaluation::{Course, Evaluation, Iterates};
use crate::instance::Instance;
use crate::number::Scalar;
use crate::regularity::Reading;
use crate::thresholds::trajectory_step;
use smallvec::smallvec;

/// Theorem 1(b).
pub struct Convergence;

/// λ(k) − λ(0) ≥ ½M(k), and what follows for 1 − J(k), for every k: (15b) and (18b).
///
/// θ_{k+1} is rounded after every step. The first part does not see that, as it adds up what the single steps do; the second
/// compares 1 − J at θ_k with λ(0), so [`Iterates::rounding`] is allowed for every step. It speaks of M(K) → ∞ and is left out
/// while M(K) = 0 for certain: there is nothing that could be used of its bound.
pub(super) fn gains_half<N: Scalar>(course: &Course<N>, iterates: &Iterates<N>) -> Parts<N> {
    let (mut progress, mut shortfall, mut allowed) = (N::zero(), N::zero(), N::zero());
    let (mut gains, mut failures) = (Vec::with_capacity(course.steps.len()), Vec::with_capacity(course.steps.len()));
    for (step, &log_failure) in course.steps.iter().zip(&iterates.log_failure) {
        progress = progress + step.progress();
        shortfall = shortfall + step.shortfall();
        allowed = allowed + N::of(iterates.rounding);
        let half = N::of(0.5) * progress;
        gains.push((shortfall, half));
        failures.push((course.lambda + progress + log_failure, half + allowed));
    }
    let mut parts = smallvec![at_every_k("M(k) − {λ(k) − λ(0)}", &gains)];
    if !progress.surely_le(N::zero()) {
        parts.push(at_every_k("λ(0) + M(k) + log(1 − J(k))", &failures));
    }
    parts
}

/// X_k ≤ B_k for every k as one comparison: X and B of the k where X/B is largest. Every other X_k is brought to that B, as
/// X_k·B/B_k, or as B + (X_k − B_k) where B_k may be 0; so intervals that are certain of the part are certain of every k.
pub(super) fn at_every_k<N: Scalar>(name: &'static str, sides: &[(N, N)]) -> Part<N> {
    let rank = |&(x, bound): &(N, N)| match (x.mid(), bound.mid()) {
        (x, bound) if x.is_nan() || bound.is_nan() => f64::INFINITY,
        (x, bound) if bound > 0.0 => x / bound,
        (x, _) if x > 0.0 => f64::INFINITY,
        _ => f64::NEG_INFINITY,
    };
    let mut worst = (f64::NEG_INFINITY, 0);
    for (k, side) in sides.iter().enumerate() {
        let found = rank(side);
        worst = if found > worst.0 { (found, k) } else { worst };
    }
    let Some(&(mut most, bound)) = sides.get(worst.1) else { return Part::at_most(name, N::zero(), N::zero()) };
    let positive = |x: N| N::of(f64::MIN_POSITIVE).surely_le(x);
    for (k, &(x, own)) in sides.iter().enumerate() {
        let nothing = own.is_zero() && x.surely_le(N::zero());
        if k == worst.1 || nothing || most.mid().is_nan() {
            continue;
        }
        most = most.max(if positive(own) && positive(bound) { x * (bound / own) } else { bound + (x - own) });
    }
    Part::at_most(name, most, bound)
}

/// Every step size within (15a).
pub struct Within15a;
impl Condition for Within15a {
    const NAME: &'static str = "(15a) and η ≤ 1/(2√L_o) at every step";
    fn margin<N: Scalar>(evaluation: &Evaluation<'_, N>) -> N {
        evaluation.course().smallest(|step| trajectory_step(step.alignment, &step.constants) - step.eta)
    }
    fn witness() -> Instance {
        super::conditions::triangle()
    }
}

impl Claim for Convergence {
    const STATEMENT: Statement = Statement {
        slug: "convergence",
        place: "Theorem 1(b)",
        formula: "λ(k) − λ(0) ≥ M(k)/2 for every k if every η_k is within (15a)",
        relation: Relation::Lower,
        reading: Some(Reading::Seg),
        expected: Expected::Holds,
        assumptions: &["Assumption 1"],
        page: include_str!("../../docs/claims/convergence.md"),
    };
    const SCOPE: Scope = Scope::Run;
    const SHARP: &'static [&'static str] = &["M(k) − {λ(k) − λ(0)}"];
    const GIVEN: &'static [Hypothesis] = &[hypothesis::<Within15a>()];

    fn sides<N: Scalar>(evaluation: &Evaluation<'_, N>) -> Parts<N> {
        gains_half(evaluation.course(), &evaluation.iterates())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::SAMPLE_PIECES;
    use crate::instance::Update;
    use crate::number::Interval;
    use crate::policy::Policy;

    /// λ = θ/100 − θ² from 0: one step at half of (15a), then `more` that are far shorter and lose hardly anything.
    fn one_long_step(more: usize) -> Instance {
        let short = Update { direction: vec![1.0], eta: 8e-6 };
        Instance {
            policy: Policy::curve([0.0, 0.01, -2.0], &[]).expect("finite"),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 2.5e-3,
            correct: vec![false, true],
            then: vec![short; more],
        }
    }

    #[test]
    fn the_worst_k_is_judged() {
        let instance = one_long_step(300);
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let part = Convergence::sides(&evaluation)[0];
        let (at_the_end, half) = (evaluation.course().shortfall(), 0.5 * evaluation.course().cumulative_alignment());
        assert!(part.computed / part.claimed > 0.49, "{part:?}");
        assert!(at_the_end / half < 0.42, "the end alone would hide it: {}", at_the_end / half);
        // Both sides are those of the first step.
        assert!((part.claimed / (0.5 * 0.01 * 2.5e-3) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_second_part_does_not_read_the_steps() {
        let instance = one_long_step(3);
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let iterates = evaluation.iterates();
        let mut course = evaluation.course().clone();
        let before = gains_half(&course, &iterates);
        course.steps.iter_mut().for_each(|step| (step.change, step.remainder) = (1.0, -1.0));
        let after = gains_half(&course, &iterates);
        assert_eq!((before[1].computed, before[1].claimed), (after[1].computed, after[1].claimed));
        assert!(after[0].computed > after[0].claimed && before[0].computed < before[0].claimed);
        // And a failure rate that is too large is seen by it alone.
        let mut wrong = iterates.clone();
        wrong.log_failure[1] += 2.0;
        let found = gains_half(evaluation.course(), &wrong);
        assert!(found[1].computed > found[1].claimed && found[0].computed < found[0].claimed, "{found:?}");
    }

    #[test]
    fn nothing_is_said_of_success_without_progress() {
        let mut downhill = one_long_step(2);
        downhill.direction = vec![-1.0];
        downhill.then.iter_mut().for_each(|update| update.direction = vec![-1.0]);
        let parts = |instance| Convergence::sides(&Evaluation::<f64>::new(instance, SAMPLE_PIECES)).len();
        assert_eq!((parts(&downhill), parts(&one_long_step(2))), (1, 2));
    }

    #[test]
    fn one_comparison_for_all() {
        let part = |sides: &[(f64, f64)]| at_every_k("", sides);
        assert_eq!(part(&[(1.0, 4.0), (3.0, 6.0), (2.0, 5.0)]).computed, 3.0);
        assert_eq!(part(&[(0.0, 0.0), (1.0, 4.0)]).claimed, 4.0);
        assert!(part(&[(1.0, 4.0), (f64::NAN, 1.0)]).computed.is_nan());
        let found = part(&[(1.0, 4.0), (1e-300, 0.0)]);
        assert!(found.computed > found.claimed);
        // In intervals the k that is worst by midpoints may not be the one that is violated: its enclosure is wide, theirs sure.
        let i = |lo, hi| Interval::between(lo, hi);
        let found = at_every_k("", &[(i(0.0, 2.6), i(1.0, 1.0)), (i(1.2, 1.2), i(1.0, 1.0))]);
        assert!(found.claimed.surely_lt(found.computed), "{found:?}");
        let found = at_every_k("", &[(i(0.5, 0.6), i(1.0, 1.0)), (i(-0.1, 0.1), i(0.0, 0.2))]);
        assert!(!found.computed.surely_le(found.claimed), "undecided stays undecided: {found:?}");
        let found = at_every_k("", &[(i(0.5, 0.6), i(1.0, 1.0)), (i(-0.3, -0.2), i(0.0, 0.2))]);
        assert!(found.computed.surely_le(found.claimed), "{found:?}");
    }
}
