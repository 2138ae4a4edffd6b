//! token-overshoot-collapse: Theorem 4, as an existence statement.

use crate::support::{Reach, claim, decision, outside, parts};
use gradient_gap::check::judge::{Decision, certify};
use gradient_gap::claims::Relation;
use gradient_gap::collapse::{Theorem2, Theorem4};
use gradient_gap::instance::Update;
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::{Instance, families};

const REACH: Reach = &[("token-overshoot-collapse", 1.0)];

standard_tests!("token-overshoot-collapse", reach: REACH, edges: 4, outside: &[]);

/// T tokens with all responses enumerated, in the middle of the window (19).
fn enumerated(tokens: u32, eta: f64) -> Instance {
    let construction = Theorem4::new(1.0, 0.008, eta, tokens);
    Theorem4 { token: Theorem2 { steps: 6, ..construction.token.clone() }, ..construction }.enumerated().expect("small")
}

#[test]
fn the_plain_construction_is_certified_for_few_tokens() {
    assert_eq!(claim("token-overshoot-collapse").statement.relation, Relation::Existence);
    for tokens in 1..=4 {
        // (19): 120·0.008/(5T) ≤ η ≤ 1/(2√(5T)).
        let [low, high] = [120.0 * 0.008 / (5.0 * f64::from(tokens)), 0.5 / (5.0 * f64::from(tokens)).sqrt()];
        let instance = enumerated(tokens, 0.5 * (low + high));
        assert_eq!(decision("token-overshoot-collapse", &instance), Decision::Holds, "T = {tokens}");
        assert!(parts("token-overshoot-collapse", &instance)[0].computed < 0.4, "T = {tokens}");
    }
}

/// Above the window, and far below it, the statement fails on this run for certain.
#[test]
fn outside_the_window_it_is_no_witness() {
    for eta in [0.6, 0.002] {
        assert_eq!(decision("token-overshoot-collapse", &enumerated(2, eta)), Decision::Violated, "η = {eta}");
    }
    let mut exchanged = enumerated(2, 0.13);
    exchanged.correct.iter_mut().for_each(|c| *c = !*c);
    assert!(outside("token-overshoot-collapse", &exchanged).contains("Δμ(k) > 0"));
}

#[test]
fn every_edge_of_the_construction_is_certified() {
    let claim = claim("token-overshoot-collapse");
    let tested: Vec<&str> = families::RUNS.iter().map(|f| f.name).filter(|name| claim.is_tested_on(name)).collect();
    assert_eq!(tested, ["token-overshoot-collapse"]);
    let family = families::find(tested[0]).expect("in the registry");
    for edge in family.edges() {
        let instance = family.decode(&edge.u).expect("inside");
        assert_eq!(certify(claim, &instance).decision, Decision::Holds, "{}", edge.name);
    }
}

/// Four tokens at a step inside (19) of G_p = 2 and L_p = 1. Theorem 2 speaks of G_o = 8 and L_o = 4: S = 68, and this η is above
/// 1/(2√68) = 0.0606. A token's constants in its window would certify it.
#[test]
fn several_tokens_are_no_instance_of_theorem_2() {
    let logits = Logits {
        dim: 2,
        rows: 1,
        options: 3,
        bias: vec![],
        features: Features::Dense(vec![0.0, 0.0, -1.7, -1.0, -1.7, 1.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 3, max_length: 4, ending: Ending::Fixed };
    let policy = Policy::autoregressive(shape, Context::Shared, logits).expect("81 responses");
    let (alignment, eta, across) = (5e-4, 0.11, 0.9f64);
    let back = (alignment - across * (across * eta).tanh()) / 1.7;
    let step = |k: usize| match k % 2 {
        0 => vec![alignment / 1.7, across],
        _ => vec![back, -across],
    };
    let then = (1..10).map(|k| Update { direction: step(k), eta }).collect();
    let correct = (0..81).map(|o| o == 0).collect();
    let instance = Instance { policy, theta: vec![0.0; 2], direction: step(0), eta, correct, then };
    assert_eq!(outside("overshoot-collapse", &instance), "a response is one token");
    assert_eq!(decision("overshoot-collapse", &instance), Decision::Outside);
    assert_eq!(decision("token-overshoot-collapse", &instance), Decision::Holds);
    assert!(4.0 * eta * eta * 68.0 > 1.0 && 4.0 * eta * eta * 20.0 < 1.0);
    // One of them alone is an instance of both theorems' windows.
    assert_eq!(decision("overshoot-collapse", &enumerated(1, 0.2)), Decision::Holds);
}
