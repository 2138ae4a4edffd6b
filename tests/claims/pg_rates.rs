//! pg-rates: C/k for REINFORCE, C/k² for GRPO, tabular softmax.

use crate::support::{Reach, decision, outside, parts};
use gradient_gap::Instance;
use gradient_gap::check::judge::Decision;
use gradient_gap::policy::Policy;
use gradient_gap::run::{Direction, Plan, StepSize, run};
use gradient_gap::update::Algorithm;

const REACH: Reach = &[("tabular-softmax-run", 0.15)];

standard_tests!("pg-rates", reach: REACH, edges: 6, outside: EVERY_EXTREME);

/// One update is no run: every extreme instance has one.
const EVERY_EXTREME: &[&str] = &[
    "two responses, one parameter",
    "two tokens, two responses",
    "J = 1e-300",
    "1 − J = 1e-300",
    "J = 1e-300, two tokens",
    "1 − J = 1e-300, two tokens",
    "η = 0",
    "η = 1e-200",
    "η = 1e6",
    "equal features",
    "logits ±350",
    "logits ±700",
    "chain of 200 tokens, ended by EOS",
    "chain of 200 tokens, cut",
    "chain of 200 tokens, stopped at random",
    "six coins",
    "declared lengths from 1 to 4·10⁹",
    "1 − J = 1e-600, η = 0",
    "1 − J = 1e-600, w = 0",
    "J = 1e-600, η = 0",
    "J = 1e-600, w = 0",
    "J = 1e-600",
    "two responses, one logit each",
    "w = 0",
    "‖w‖ = 0.01",
];

/// The recursion written out for `correct` equal correct responses, whose masses `logits[0]` adds up: every logit moves by α times its own derivative. Returns 1/(1 − J) − 1
/// after every step; 1 − J is summed over the wrong responses, so nothing cancels.
fn recursion(mut logits: Vec<f64>, correct: f64, alpha: f64, grpo: bool, steps: usize) -> Vec<f64> {
    let mut odds = Vec::with_capacity(steps + 1);
    for _ in 0..=steps {
        let wrong: f64 = logits[1..].iter().map(|z| (z - logits[0]).exp()).sum();
        let (success, failure) = (1.0 / (1.0 + wrong), wrong / (1.0 + wrong));
        odds.push(1.0 / wrong);
        let size = if grpo { alpha * (success * failure).sqrt() } else { alpha * success * failure };
        let first = logits[0];
        for z in &mut logits[1..] {
            *z -= size * (*z - first).exp() / wrong;
        }
        logits[0] += size / correct;
    }
    odds
}

/// Local slopes of log(1 − J) against log k between 5·10⁴ and 10⁵.
#[test]
fn slopes_of_minus_one_and_minus_two() {
    for (grpo, slope) in [(false, -1.0), (true, -2.0)] {
        let odds = recursion(vec![0.0, 0.5, -0.5], 1.0, 0.5, grpo, 100_000);
        let failure = |k: usize| 1.0 / (1.0 + odds[k]);
        let found = (failure(100_000) / failure(50_000)).ln() / 2f64.ln();
        assert!((found - slope).abs() < 1e-2, "{found} against {slope}");
    }
}

/// The bounds along that recursion, c = 1 + ½.
#[test]
fn bounds_along_the_recursion() {
    for alpha in [0.1, 1.0, 20.0] {
        for grpo in [false, true] {
            let odds = recursion(vec![0.0, 0.5, -0.5], 1.0, alpha, grpo, 1000);
            let success = odds[0] / (1.0 + odds[0]);
            for k in 1..=1000 {
                let steps = k as f64;
                let growth = (0.5 * alpha).exp_m1() * steps;
                let (grown, least, most) = match grpo {
                    false => (odds[k] - odds[0], alpha * success * success * 1.5 * steps, 4.0 * growth),
                    true => {
                        let bend = 1.0 + (1.0 + 0.75 * alpha).sqrt();
                        (odds[k].sqrt() - odds[0].sqrt(), alpha * success * 1.5 * steps / bend, 2.0 * growth)
                    }
                };
                assert!(least <= grown && grown <= most || grown.is_infinite(), "α = {alpha}, {grpo}, k = {k}");
            }
        }
    }
}

/// Ten million correct responses. For very large rates ½αJ(0)cK, the limit of GRPO's lower bound, is no bound: wrong responses that share 1 − J as 1/c, c^{−3/2}
/// and the rest give up one after the other.
#[test]
fn the_limit_of_the_lower_bound_is_no_bound() {
    let (alpha, size) = (2e6, 1e6f64);
    let shares = [1.0 / size, size.powf(-1.5)];
    let logits = vec![0.0, shares[0].ln(), shares[1].ln(), (-shares[0] - shares[1]).ln_1p()];
    let odds = recursion(logits, 10.0 * size, alpha, true, 2);
    let grown = odds[2].sqrt() - odds[0].sqrt();
    let share = 0.1 / size + 1.0 / 3.0;
    assert!(grown < 0.5 * alpha * 0.5 * share * 2.0, "{grown}");
    assert!(grown > alpha * 0.5 * share * 2.0 / (1.0 + (1.0 + 0.5 * alpha * share).sqrt()), "{grown}");
}

fn planned(arms: usize, algorithm: Algorithm, alpha: f64, most: usize) -> Instance {
    let start = Instance {
        policy: Policy::tabular_softmax(arms, vec![]).expect("fits"),
        theta: vec![0.0; arms],
        direction: vec![0.0; arms],
        eta: 0.0,
        correct: (0..arms).map(|o| o == 0).collect(),
        then: vec![],
    };
    let plan = Plan { direction: Direction::Algorithm(algorithm), step: StepSize::Rate(alpha), most, target: f64::INFINITY };
    run(&start, &plan).0
}

/// The claim's own sides against the recursion, and near-equality: two responses, a small rate.
#[test]
fn sides_by_hand() {
    for (algorithm, grpo) in [(Algorithm::Reinforce, false), (Algorithm::DrGrpo, false), (Algorithm::Grpo, true)] {
        for (arms, alpha) in [(2, 1e-3), (3, 0.5)] {
            let instance = planned(arms, algorithm, alpha, 20);
            let found = parts("pg-rates", &instance);
            let odds = recursion(vec![0.0; arms], 1.0, alpha, grpo, 20);
            let power = if grpo { 0.5 } else { 1.0 };
            let grown = odds[20].powf(power) - odds[0].powf(power);
            assert!((found[0].claimed / grown - 1.0).abs() < 1e-10, "{found:?} {grown}");
            assert_eq!(found[0].claimed, found[1].computed);
            if arms == 2 {
                assert!(found[0].computed / grown > 0.98, "{found:?}");
            }
            assert_eq!(decision("pg-rates", &instance), Decision::Holds);
        }
    }
}

/// A rate that changes, or one update alone, is not spoken of.
#[test]
fn what_it_does_not_cover() {
    let mut instance = planned(3, Algorithm::Reinforce, 0.5, 4);
    instance.then[1].eta *= 1.0 + 1e-9;
    assert!(outside("pg-rates", &instance).starts_with("every update is α times"));
    instance.then.clear();
    assert!(outside("pg-rates", &instance).starts_with("tabular softmax"));
}
