//! linear-rate: Corollary 1.

use crate::support::{Outcome, log_odds_at_the_end};
use crate::support::{Reach, claim, decision, examine, on_a_line, outside, parabola, parts, ratio, repeated, sample};
use gradient_gap::check::judge::{Decision, SAMPLE_PIECES};
use gradient_gap::{Evaluation, families};

const REACH: Reach = &[
    ("linear-softmax-run", 0.06),
    ("tabular-softmax-run", 0.06),
    ("cube-run", 0.06),
    ("quadratic-softmax-run", 0.03),
    ("curve-run", 0.03),
    ("sum-of-sines-run", 0.03),
    ("prefix-tabular-run", 0.08),
    ("last-token-run", 0.04),
    ("geometric-length-run", 0.04),
    ("resonant-collapse", 0.3),
];

const OUTSIDE: &[&str] = &[
    "two responses, one parameter",
    "two tokens, two responses",
    "J = 1e-300",
    "1 − J = 1e-300",
    "J = 1e-300, two tokens",
    "1 − J = 1e-300, two tokens",
    "η = 0",
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
];

standard_tests!("linear-rate", reach: REACH, edges: 20, outside: OUTSIDE);

/// Two responses, λ = θ from 0: Δμ = 1, h(K) = log(1 + e^{Kη}).
#[test]
fn values_by_hand() {
    for updates in [1, 2, 7] {
        let instance = repeated(on_a_line(&[1.0, 0.0], &[], 1, 0.015625), updates);
        let gained = 0.015625 * updates as f64;
        let part = parts("linear-rate", &instance)[0];
        assert!((part.claimed - 0.5 * gained).abs() < 1e-15, "{part:?}");
        assert!((part.computed - (gained - gained.exp().ln_1p())).abs() < 1e-14, "{part:?}");
        assert_eq!(decision("linear-rate", &instance), Decision::Holds);
    }
}

/// λ = 40 + δθ − θ²: 1 − J is tiny, L_o → 2, and one step of δ/4 loses a quarter of its gain: half of what is allowed.
#[test]
fn half_of_the_bound_is_used_on_a_parabola() {
    for slope in [1e-2, 1e-3] {
        let instance = parabola([40.0, slope, -2.0], 0.2499 * slope / (1.0 + 4.1 * slope * slope));
        let found = ratio("linear-rate", &instance);
        assert!(found > 0.49 && found < 0.5, "{found}");
        assert_eq!(decision("linear-rate", &instance), Decision::Holds);
    }
}

/// The families' own edges get there too: their step size is found, not given, and is within 1 % of the limit.
#[test]
fn edges_at_the_limit() {
    let family = families::find("curve-run").expect("a family");
    let edges: Vec<_> = family.edges().into_iter().filter(|edge| edge.name.contains("Corollary 1")).collect();
    assert_eq!(edges.len(), 2);
    for edge in edges {
        let instance = family.decode(&edge.u).expect("inside the cube");
        let share = instance.eta / families::runs::constant_limit(&instance);
        assert!(share > 0.99 && share <= 1.0, "{}: η is {share} of the limit", edge.name);
        assert!(ratio("linear-rate", &instance) > 0.49, "{}", edge.name);
        assert_eq!(decision("linear-rate", &instance), Decision::Holds);
    }
}

/// The corollary asks for one step size and for a step.
#[test]
fn what_it_does_not_cover() {
    let mut changing = repeated(on_a_line(&[1.0, 0.0], &[], 1, 0.015625), 2);
    changing.then[0].eta = 0.0078125;
    assert_eq!(outside("linear-rate", &changing), "a constant step size");
    let long = on_a_line(&[1.0, 0.0], &[], 1, 4.0);
    assert!(outside("linear-rate", &long).starts_with("0 < η"));
}

/// The printed form from J at θ_K, where it is covered.
#[test]
fn the_printed_form_at_the_last_iterate() {
    let mut covered = 0;
    for (point, instance) in sample(families::RUNS, 24) {
        if !matches!(examine(claim("linear-rate"), &instance), Ok(Outcome::Inside(_))) {
            continue;
        }
        let evaluation = Evaluation::<f64>::new(&instance, SAMPLE_PIECES);
        let course = evaluation.course();
        let uniform = course.smallest(|step| step.alignment);
        let exponent = -course.lambda - 0.5 * uniform * instance.eta * instance.updates() as f64;
        let log_failure = -log_odds_at_the_end(&instance).exp().ln_1p();
        let size = course.lambda.abs().max(1.0);
        assert!(log_failure <= exponent + 1e-9 * size || course.end() > 700.0, "{point:?}: {log_failure} {exponent}");
        covered += 1;
    }
    assert!(covered >= 20, "{covered}");
}
