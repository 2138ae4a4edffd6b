//! Claims on finite-state policies: whatever does not need a list of responses, at lengths that no list reaches.

use crate::long::long;
use crate::support::claim;
use gradient_gap::check::judge::{Decision, Measured, RATIO_LIMIT, SAMPLE_PIECES, certify, measure};
use gradient_gap::claims::{ClaimEntry, Expected, REGISTRY, Relation};
use gradient_gap::instance::Update;
use gradient_gap::policy::{Automaton, Ending, Features, Logits, Policy, Shape};
use gradient_gap::thresholds::{token_step, trajectory_step};
use gradient_gap::{Evaluation, Instance};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Claims about single responses.
const LISTED: [&str; 9] = [
    "policy-normalises",
    "reinforce-gradient",
    "grpo-direction",
    "conditional-policies",
    "gradient-gap-identity",
    "gap-alignment-angle",
    "score-decomposes",
    "grpo-effective-step",
    "self-bounding",
];
/// Claims about constructions, or about one token.
const OTHERS: [&str; 4] = ["overshoot-collapse", "token-overshoot-collapse", "linear-softmax-step", "pg-rates"];

/// A random policy of `tokens` tokens at most: 3 states, 2 tokens or EOS and 2, logits linear in θ ∈ R².
fn random(rng: &mut ChaCha8Rng, tokens: u32, ending: Ending, stop: Option<f64>) -> Instance {
    loop {
        let shape = Shape { vocabulary: 3, max_length: tokens, ending };
        let next = (0..9).map(|_| rng.random_range(0..3)).collect();
        let automaton = Automaton { start: 0, next, by_position: false };
        let options = 3 - usize::from(stop.is_some());
        let mut normal = |scale: f64| scale * (rng.random::<f64>() + rng.random::<f64>() - 1.0);
        // An EOS that is rare enough for a long response.
        let bias =
            (0..3 * options).map(|j| if stop.is_none() && j % 3 == 0 { -f64::from(tokens).ln() } else { normal(1.0) });
        let bias = bias.collect();
        let features = Features::Dense((0..6 * options).map(|_| normal(1.0)).collect());
        let (theta, direction) = (vec![normal(1.0), normal(1.0)], vec![normal(1.0), normal(1.0)]);
        let eta = 0.4 * rng.random::<f64>() / f64::from(tokens).sqrt();
        let logits = Logits { dim: 2, rows: 3, options, bias, features, quadratic: vec![], waves: vec![] };
        let policy = Policy::finite_state(shape, automaton, stop, logits).expect("fits");
        let correct = (0..3).map(|_| rng.random_bool(0.5)).collect();
        let mut instance = Instance { policy, theta, direction, eta, correct, then: vec![] };
        if instance.validate().is_err() {
            continue;
        }
        // Upwards; every second one within (15a) and (18a).
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let (start, constants) = (evaluation.start(), evaluation.constants());
        let (alignment, failure) = (start.alignment().abs(), start.failure());
        let safe = token_step(alignment, failure, f64::from(tokens), constants).min(trajectory_step(alignment, constants));
        let (falls, small) = (start.alignment() < 0.0, rng.random_bool(0.5));
        if falls {
            instance.direction.iter_mut().for_each(|w| *w = -*w);
        }
        instance.eta = if small { 0.5 * safe } else { instance.eta };
        instance.then = vec![Update { direction: instance.direction.clone(), eta: instance.eta }];
        return instance;
    }
}

/// Two coins of one parameter, correct if both fall on 0, as a finite-state policy.
pub fn two_coins() -> Instance {
    let shape = Shape { vocabulary: 2, max_length: 2, ending: Ending::Fixed };
    let automaton = Automaton { start: 0, next: vec![0, 1, 1, 1], by_position: false };
    let features = Features::Dense(vec![1.0, 0.0, 1.0, 0.0]);
    let logits = Logits { dim: 1, rows: 2, options: 2, bias: vec![], features, quadratic: vec![], waves: vec![] };
    let policy = Policy::finite_state(shape, automaton, None, logits).expect("fits");
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.0625, correct: vec![true, false], then: vec![] }
}

fn kinds() -> [(Ending, Option<f64>); 4] {
    [(Ending::Fixed, None), (Ending::Eos, None), (Ending::Cut, None), (Ending::Eos, Some(0.05))]
}

/// How often each claim was measured and certified on instances of this length.
fn examine(seed: u64, tokens: u32, count: usize) -> Vec<(&'static str, u32, u32)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let instances: Vec<Instance> =
        (0..count).map(|i| random(&mut rng, tokens, kinds()[i % 4].0, kinds()[i % 4].1)).collect();
    let mut counts = vec![];
    for claim in REGISTRY {
        let (mut measured, mut certified) = (0, 0);
        for instance in &instances {
            let found = measure(claim, &Evaluation::<f64>::new(instance, SAMPLE_PIECES));
            let decision = certify(claim, instance).decision;
            let slug = claim.statement.slug;
            let Measured::Inside { ratio, part } = found else {
                assert_ne!(decision, Decision::Violated, "{slug}");
                continue;
            };
            assert!(!LISTED.contains(&slug), "{slug} needs a list");
            measured += 1;
            certified += u32::from(decision == Decision::Holds);
            if claim.statement.expected == Expected::Holds && claim.statement.relation != Relation::Existence {
                assert_ne!(decision, Decision::Violated, "{slug} {part} {instance:?}");
                let ratio = ratio.unwrap_or(0.0);
                assert!(ratio <= RATIO_LIMIT || decision == Decision::Holds, "{slug}: {ratio} of {part} in {instance:?}");
            }
        }
        counts.push((claim.statement.slug, measured, certified));
    }
    counts
}

fn check(counts: &[(&str, u32, u32)], least_certified: u32) {
    for &(slug, measured, certified) in counts {
        if LISTED.contains(&slug) || OTHERS.contains(&slug) {
            assert_eq!(measured, 0, "{slug}");
        } else {
            assert!(measured > 0, "{slug} was never inside: {counts:?}");
            let holds = claim(slug).statement.expected == Expected::Holds;
            assert!(!holds || certified >= least_certified.min(measured), "{slug}: {certified} of {measured} certified");
        }
    }
}

#[test]
fn short_ones() {
    check(&examine(1, 5, 40), 10);
}

#[test]
fn a_hundred_tokens() {
    check(&examine(2, 100, 12), 6);
}

#[test]
fn a_thousand_tokens() {
    check(&examine(3, 1_000, 4), 2);
}

/// The same shares of bounds as the list of responses gives.
#[test]
fn shares_as_with_a_list() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut compared = 0;
    for i in 0..60 {
        let instance = random(&mut rng, 4, kinds()[i % 4].0, kinds()[i % 4].1);
        let listed = instance.listed().expect("small");
        let holds = |claim: &&ClaimEntry| claim.statement.expected == Expected::Holds;
        for claim in REGISTRY.iter().filter(|claim| !LISTED.contains(&claim.statement.slug)).filter(holds) {
            let [a, b] = [&instance, &listed].map(|instance| measure(claim, &Evaluation::<f64>::new(instance, 2)));
            let slug = claim.statement.slug;
            match (a, b) {
                (Measured::Inside { ratio: Some(a), part }, Measured::Inside { ratio: Some(b), .. }) => {
                    // Identities compare rounding errors, each with its own tolerance; T_ψ1 is sampled in fewer points.
                    let identity =
                        claim.real.parts(&Evaluation::<f64>::new(&listed, 2)).iter().any(|part| part.tolerance.is_some());
                    if identity {
                        assert!(a <= 1.0 && b <= 1.0, "{slug} {part}: {a} {b}");
                    } else {
                        assert!(a == b || (a - b).abs() <= 0.02 * b.abs() + 1e-9, "{slug} {part}: {a} {b} in {instance:?}");
                    }
                    compared += 1;
                }
                (a, b) => assert_eq!(std::mem::discriminant(&a), std::mem::discriminant(&b), "{slug}: {a:?} {b:?}"),
            }
        }
    }
    assert!(compared > 500, "{compared}");
}

/// `GRADIENT_GAP_LONG=1`.
#[test]
fn ten_thousand_tokens() {
    if long() {
        check(&examine(5, 10_000, 4), 2);
    }
}
