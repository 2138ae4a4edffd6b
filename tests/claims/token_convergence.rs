//! token-convergence: Theorem 3.

use crate::support::{Reach, coins, decision, gains_half_at_the_last_iterate, on_a_line, outside};
use crate::support::{parabola, parts, ratio, repeated};
use gradient_gap::Evaluation;
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::number::Interval;
use gradient_gap::policy::Ending;
use gradient_gap::run::{Direction, Plan, StepSize, Stop, run};

const REACH: Reach = &[
    ("linear-softmax-run", 0.3),
    ("tabular-softmax-run", 0.4),
    ("cube-run", 0.4),
    ("quadratic-softmax-run", 0.4),
    ("curve-run", 0.3),
    ("sum-of-sines-run", 0.3),
    ("prefix-tabular-run", 0.2),
    ("last-token-run", 0.3),
    ("geometric-length-run", 0.2),
];

const OUTSIDE: &[&str] = &[
    "two responses, one parameter",
    "two tokens, two responses",
    "1 − J = 1e-300",
    "1 − J = 1e-300, two tokens",
    "η = 1e6",
    "equal features",
    "logits ±350",
    "logits ±700",
    "chain of 200 tokens, stopped at random",
    "declared lengths from 1 to 4·10⁹",
    "1 − J = 1e-600, w = 0",
    "J = 1e-600, w = 0",
    "two responses, one logit each",
    "w = 0",
];

standard_tests!("token-convergence", reach: REACH, edges: 100, outside: OUTSIDE);

const NAME: &str = "tokens modelled, (18a) at every step";

/// λ = δθ − θ² at J = ½, one token: (18a) allows about δ/2, half of the gain is lost there.
#[test]
fn approached_on_a_parabola() {
    let mut last = 0.0;
    for slope in [0.1, 1e-2, 1e-3] {
        // The weight of G_p² is 2/log 2, G_p = δ/2.
        let limit = 0.5 / (1.0 + 0.25 * slope * slope * (1.0 + 2.0 / std::f64::consts::LN_2));
        let instance = parabola([0.0, slope, -2.0], 0.999 * slope * limit);
        let found = ratio("token-convergence", &instance);
        assert!(found > last, "δ = {slope}: {found} after {last}");
        last = found;
        assert_eq!(decision("token-convergence", &instance), Decision::Holds);
        assert_eq!(outside("token-convergence", &parabola([0.0, slope, -2.0], slope)), NAME);
    }
    assert!(last > 0.998 && last <= 1.0, "{last}");
}

/// Both members of the minimum occur: J = ½ takes T_ψ1/(1 − J), 1 − J = e⁻⁴⁰ takes the cap 8T∞², far beyond which (22) alone
/// allows nothing.
#[test]
fn both_members_of_the_minimum() {
    for (log_odds, capped) in [(0.0, false), (40.0, true)] {
        let mut start = coins(2, Ending::Fixed, 0.5 * log_odds, 0.0);
        start.correct = start.correct.iter().map(|&c| if capped { !c } else { c }).collect();
        if capped {
            start.direction = vec![-1.0];
            start.policy.logits.bias = vec![-20.0, 0.0];
        }
        let plan = Plan { direction: Direction::Prescribed, step: StepSize::Token(0.99), most: 3, target: f64::INFINITY };
        let (instance, _) = run(&start, &plan);
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let step = &evaluation.course().steps[0];
        let weight = step.constants.psi1 / step.log_failure.exp();
        assert_eq!(weight > 8.0 * 4.0, capped, "{weight}");
        assert_eq!(instance.updates(), 3);
        assert_eq!(decision("token-convergence", &instance), Decision::Holds);
        assert!(ratio("token-convergence", &instance) < 1.0);
    }
}

/// Two responses, λ = θ, two steps: R = 0, as in convergence; with declared lengths nothing is said.
#[test]
fn two_steps_by_hand() {
    let mut instance = repeated(on_a_line(&[1.0, 0.0], &[], 1, 0.015625), 2);
    let parts = parts("token-convergence", &instance);
    assert!(parts[0].computed.abs() < 1e-16 && (parts[0].claimed - 0.0078125).abs() < 1e-16, "{parts:?}");
    let expected = 0.03125 - 0.03125f64.exp().ln_1p();
    assert!((parts[1].computed - expected).abs() < 1e-14, "{parts:?}");
    instance.policy.lengths = Some(vec![1, 2]);
    assert_eq!(outside("token-convergence", &instance), NAME);
}

/// (18b) in its printed form, from J at θ_K.
#[test]
fn the_printed_form_at_the_last_iterate() {
    gains_half_at_the_last_iterate("token-convergence");
}

/// M(K) → ∞ brings J → 1 under (18a): a run to M(K) = 100, 1 − J(K) ≤ e^{−λ(0) − M(K)/2} for certain, at θ_K itself.
#[test]
fn progress_without_bound_brings_success() {
    let mut rare = coins(2, Ending::Fixed, 0.0, 0.0);
    rare.policy.logits.bias = vec![-1.0, 0.0];
    for start in [rare, coins(3, Ending::Eos, 0.0, 0.0), on_a_line(&[1.0, 0.0, -1.0], &[], 1, 0.0)] {
        let plan = Plan { direction: Direction::Gradient, step: StepSize::Token(0.99), most: 50_000, target: 100.0 };
        let (instance, stop) = run(&start, &plan);
        assert_eq!(stop, Stop::Reached);
        assert_eq!(decision("token-convergence", &instance), Decision::Holds);
        let evaluation = Evaluation::<Interval>::new(&instance, 1);
        let log_failure = evaluation.iterates().log_failure[instance.updates() - 1];
        let half = Interval::point(0.5) * evaluation.course().cumulative_alignment();
        assert!(log_failure.surely_lt(-evaluation.start().lambda() - half) && half.lo() > 49.9, "{log_failure:?}");
    }
}
