//! Policies against what they are defined to be: the enumeration against a walk over tokens with an explicit softmax, the exact
//! sampler against enumerated probabilities, serialisation, and the refusal of everything that is no policy.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::line::OnLine;
use gradient_gap::policy::{Context, Ending, Features, Logits, MAX_RESPONSES, Policy, Rule, Sampler, Shape, Tree, Wave};
use gradient_gap::{Error, Instance};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{Beta, ChiSquared, ContinuousCDF};
use std::collections::BTreeMap;

// ---- the policies under test --------------------------------------------------------------------------------------------

/// A policy at a θ, with a name for messages.
struct Case {
    name: &'static str,
    policy: Policy,
    theta: Vec<f64>,
}

/// Numbers in [−1, 1] without a pattern: the fractional parts of multiples of the golden ratio.
fn numbers(n: usize, start: usize) -> Vec<f64> {
    (start..start + n).map(|i| 2.0 * (0.618_033_988_749_895 * (i + 1) as f64).fract() - 1.0).collect()
}

fn logits(dim: usize, rows: usize, options: usize, features: Features) -> Logits {
    Logits { dim, rows, options, bias: vec![], features, quadratic: vec![], waves: vec![] }
}

fn shape(vocabulary: u32, max_length: u32, ending: Ending) -> Shape {
    Shape { vocabulary, max_length, ending }
}

fn prefix_tabular(shape: Shape) -> Policy {
    let rows = Policy::rows(&Tree::new(shape).expect("small"), Context::Prefix);
    let options = shape.vocabulary as usize;
    Policy::autoregressive(shape, Context::Prefix, logits(rows * options, rows, options, Features::Tabular)).expect("fits")
}

fn last_token(shape: Shape, dim: usize) -> Policy {
    let v = shape.vocabulary as usize;
    let features = Features::Dense(numbers(v * v * dim, 5));
    Policy::autoregressive(shape, Context::LastToken, logits(dim, v, v, features)).expect("fits")
}

fn geometric(shape: Shape, stop: f64) -> Policy {
    let v = shape.vocabulary as usize;
    let features = Features::Dense(numbers(v * (v - 1) * 2, 11));
    Policy::with_stop(shape, Context::LastToken, stop, logits(2, v, v - 1, features)).expect("fits")
}

/// Every kind of policy: logits of every form, every context, every ending, with and without a fixed stop.
fn cases() -> Vec<Case> {
    let case = |name, policy: Policy| {
        let theta = numbers(policy.logits.dim, 3);
        Case { name, policy, theta }
    };
    let matrices = vec![0.5, 0.25, 0.25, -1.0, 0.0, 0.5, 0.5, 0.75, -0.5, 0.0, 0.0, 1.5, 1.0, -0.75, -0.75, 0.25];
    let mut everything = last_token(shape(3, 3, Ending::Cut), 2);
    everything.logits.bias = numbers(9, 40);
    everything.logits.quadratic = (0..9).flat_map(|j| [0.1 * f64::from(j), 0.3, 0.3, -0.2]).collect();
    let wave = |logit, amplitude, phase| Wave { logit, amplitude, frequency: vec![1.5, -2.0], phase };
    everything.logits.waves = vec![wave(4, 0.75, 0.5), wave(0, -1.0, 2.0), wave(4, 0.5, -1.0)];
    let mut declared = Policy::linear_softmax(1, vec![0.5, -1.0, 1.5, 0.0], vec![]).expect("fits");
    declared.lengths = Some(vec![3, 1, 7, 3]);
    let shared = Policy::autoregressive(
        shape(3, 3, Ending::Eos),
        Context::Shared,
        logits(1, 1, 3, Features::Dense(vec![1.0, -0.5, 0.25])),
    );
    vec![
        case("linear", Policy::linear_softmax(3, numbers(15, 0), numbers(5, 20)).expect("fits")),
        case("tabular", Policy::tabular_softmax(6, vec![]).expect("fits")),
        case("cube", Policy::cube(3, vec![]).expect("fits")),
        case("quadratic", Policy::quadratic_softmax(2, numbers(8, 7), matrices, vec![]).expect("fits")),
        case("curve", Policy::curve([0.25, 1.0, -0.5], &[[0.5, 3.0, 0.25]]).expect("fits")),
        case("declared lengths", declared),
        case("prefix-tabular, EOS", prefix_tabular(shape(3, 4, Ending::Eos))),
        case("prefix-tabular, cut", prefix_tabular(shape(3, 3, Ending::Cut))),
        case("prefix-tabular, fixed", prefix_tabular(shape(2, 4, Ending::Fixed))),
        case("last token, EOS", last_token(shape(4, 3, Ending::Eos), 2)),
        case("last token, cut", last_token(shape(3, 4, Ending::Cut), 3)),
        case("last token, fixed", last_token(shape(3, 3, Ending::Fixed), 2)),
        case("last token, chain", last_token(shape(2, 12, Ending::Eos), 2)),
        case("bias, quadratic and waves together", everything),
        case("shared row", shared.expect("fits")),
        case("geometric, EOS", geometric(shape(3, 5, Ending::Eos), 0.3)),
        case("geometric, cut", geometric(shape(3, 4, Ending::Cut), 0.2)),
        case("geometric, one token besides EOS", geometric(shape(2, 9, Ending::Cut), 0.25)),
    ]
}

// ---- the second route: a walk over tokens -------------------------------------------------------------------------------

/// Logit (row, option) at θ, term by term from its definition.
fn logit(logits: &Logits, theta: &[f64], row: usize, option: usize) -> f64 {
    let (j, d) = (row * logits.options + option, logits.dim);
    let linear = match &logits.features {
        Features::Tabular => theta[j],
        Features::Dense(psi) => (0..d).map(|i| psi[j * d + i] * theta[i]).sum(),
    };
    let entry = |i: usize, k: usize| logits.quadratic.get(j * d * d + i * d + k).copied().unwrap_or(0.0);
    let quadratic: f64 =
        (0..d).flat_map(|i| (0..d).map(move |k| (i, k))).map(|(i, k)| theta[i] * entry(i, k) * theta[k]).sum();
    let waves = logits.waves.iter().filter(|wave| wave.logit == j).map(|wave| {
        let argument: f64 = wave.frequency.iter().zip(theta).map(|(k, t)| k * t).sum();
        wave.amplitude * (argument + wave.phase).cos()
    });
    logits.bias.get(j).copied().unwrap_or(0.0) + linear + 0.5 * quadratic + waves.sum::<f64>()
}

/// All responses with their probabilities, walked breadth first: (tokens, probability, |o|).
fn walk(policy: &Policy, theta: &[f64]) -> Vec<(Vec<u32>, f64, u32)> {
    let Shape { vocabulary, max_length, ending } = policy.tree.shape();
    let mut responses = Vec::new();
    let mut prefixes: Vec<(Vec<u32>, f64)> = vec![(vec![], 1.0)];
    let mut position = 0;
    while position < prefixes.len() {
        let (prefix, mass) = prefixes[position].clone();
        let last = prefix.len() + 1 == max_length as usize;
        if last && ending == Ending::Eos {
            responses.push(([prefix.as_slice(), &[0]].concat(), mass));
            position += 1;
            continue;
        }
        let row = match policy.context {
            Context::Shared => 0,
            Context::LastToken => prefix.last().map_or(0, |&t| t as usize),
            Context::Prefix => position,
            Context::State => panic!("responses are not listed"),
        };
        let weights: Vec<f64> = (0..policy.logits.options).map(|v| logit(&policy.logits, theta, row, v).exp()).collect();
        let total: f64 = weights.iter().sum();
        for token in 0..vocabulary {
            let p = match policy.stop {
                Some(stop) if token == 0 => stop,
                Some(stop) => (1.0 - stop) * weights[token as usize - 1] / total,
                None => weights[token as usize] / total,
            };
            let word = [prefix.as_slice(), &[token]].concat();
            match last || (token == 0 && ending != Ending::Fixed) {
                true => responses.push((word, mass * p)),
                false => prefixes.push((word, mass * p)),
            }
        }
        position += 1;
    }
    let declared = |o: usize, word: &[u32]| policy.lengths.as_ref().map_or(word.len() as u32, |lengths| lengths[o]);
    responses.into_iter().enumerate().map(|(o, (word, p))| (word.clone(), p, declared(o, &word))).collect()
}

fn log_probs(policy: &Policy, theta: &[f64]) -> Vec<f64> {
    let (correct, w) = (vec![false; policy.responses()], vec![0.0; theta.len()]);
    OnLine::<f64>::new(policy, &correct, theta, &w).line(0.0).responses.log_prob.to_vec()
}

/// The largest relative difference between the enumerated probabilities at `theta` and the walked ones at `other`.
fn largest_difference(policy: &Policy, theta: &[f64], other: &[f64]) -> f64 {
    let walked: BTreeMap<Vec<u32>, f64> = walk(policy, other).into_iter().map(|(word, p, _)| (word, p)).collect();
    assert_eq!(walked.len(), policy.responses());
    let found = log_probs(policy, theta).into_iter().enumerate();
    found.map(|(o, lp)| (lp.exp() / walked[&policy.tree.tokens(o)] - 1.0).abs()).fold(0.0, f64::max)
}

// ---- enumeration --------------------------------------------------------------------------------------------------------

#[test]
fn responses_are_counted_by_formula() {
    for (v, t) in [(1u32, 1u32), (2, 1), (2, 5), (3, 4), (4, 3), (5, 2), (7, 1)] {
        let words: usize = (0..t).map(|k| (v as usize - 1).pow(k)).sum();
        let count = |ending| Tree::new(shape(v, t, ending)).expect("small").leaves().len();
        assert_eq!(count(Ending::Eos), words, "V = {v}, T = {t}");
        assert_eq!(count(Ending::Cut), words + (v as usize - 1).pow(t), "V = {v}, T = {t}");
        assert_eq!(count(Ending::Fixed), (v as usize).pow(t), "V = {v}, T = {t}");
    }
}

#[test]
fn probabilities_and_lengths_are_those_of_a_walk_over_tokens() {
    for Case { name, policy, theta } in cases() {
        // Logits here are below 8 and have at most 9 terms; T∞ ≤ 12. A product of T∞ quotients of sums of at most 8 exponentials
        // errs by about T∞·(8 + 9 + 8) units of 2⁻⁵³ on either side: 12·25·2·1.1e-16 < 1e-13.
        let difference = largest_difference(&policy, &theta, &theta);
        assert!(difference < 1e-13, "{name}: {difference:e}");
        for (word, _, length) in walk(&policy, &theta) {
            let o = (0..policy.responses()).find(|&o| policy.tree.tokens(o) == word).expect("enumerated");
            assert_eq!(policy.length(o), length, "{name}: {word:?}");
        }
        let total: f64 = log_probs(&policy, &theta).iter().map(|lp| lp.exp()).sum();
        assert!((total - 1.0).abs() < 1e-13, "{name}: {total}");
        // Control: θ moved by 10⁻⁹ is noticed (by any policy with a choice to make).
        if policy.logits.options == 1 {
            continue;
        }
        let mut moved = theta.clone();
        moved[0] += 1e-9;
        assert!(largest_difference(&policy, &theta, &moved) > 1e-11, "{name} does not depend on θ₀");
    }
}

// ---- the sampler --------------------------------------------------------------------------------------------------------

/// Draws a policy.
const DRAWS: usize = 40_000;

/// The overall probability that a correct sampler fails `the_sampler_follows_the_enumeration` (Bonferroni over all its
/// comparisons). Seeds are fixed, so the outcome never changes; the level says how surprising a failure is.
const LEVEL: f64 = 1e-6;

/// Counts of `DRAWS` draws, one a response.
fn draw(policy: &Policy, theta: &[f64], seed: u64) -> Vec<u64> {
    let sampler = Sampler::new(policy, theta).expect("listed, and fits");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut counts = vec![0; policy.responses()];
    (0..DRAWS).for_each(|_| counts[sampler.draw(&mut rng)] += 1);
    counts
}

/// The p-value of Pearson's goodness of fit; cells of expectation below 10 are pooled, smallest first, until they reach it.
fn chi_square(counts: &[u64], p: &[f64]) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    let mut cells: Vec<(f64, f64)> = p.iter().zip(counts).map(|(&p, &c)| (n * p, c as f64)).collect();
    cells.sort_by(|x, y| x.0.total_cmp(&y.0));
    let (mut pooled, mut rest) = (vec![], (0.0, 0.0));
    for (expected, count) in cells {
        rest = (rest.0 + expected, rest.1 + count);
        if rest.0 >= 10.0 {
            pooled.push(std::mem::take(&mut rest));
        }
    }
    if let Some(last) = pooled.last_mut() {
        *last = (last.0 + rest.0, last.1 + rest.1);
    }
    let statistic: f64 = pooled.iter().map(|(expected, count)| (count - expected).powi(2) / expected).sum();
    assert!(pooled.len() > 1, "one cell cannot disagree");
    ChiSquared::new(pooled.len() as f64 - 1.0).expect("positive").sf(statistic)
}

/// The Clopper–Pearson interval of confidence 1 − `level` for a proportion of which `x` in `n` were seen.
fn clopper_pearson(x: u64, n: u64, level: f64) -> (f64, f64) {
    let quantile = |a: f64, b: f64, q: f64| Beta::new(a, b).expect("positive").inverse_cdf(q);
    let (x, n) = (x as f64, n as f64);
    let low = if x == 0.0 { 0.0 } else { quantile(x, n - x + 1.0, 0.5 * level) };
    let high = if x == n { 1.0 } else { quantile(x + 1.0, n - x, 1.0 - 0.5 * level) };
    (low, high)
}

/// Everything compared on one policy: names with p-values (goodness of fit), or proportions.
struct Sampled {
    fit: f64,
    /// (what, seen, probability).
    proportions: Vec<(String, u64, f64)>,
}

/// Counts drawn from `sampled`, held against the enumerated law of `policy` at `theta`.
fn compare(policy: &Policy, theta: &[f64], counts: &[u64]) -> Sampled {
    let p: Vec<f64> = log_probs(policy, theta).iter().map(|lp| lp.exp()).collect();
    let mut proportions = Vec::new();
    for rule in [Rule::EvenSum, Rule::Only(1)] {
        let correct = rule.apply(policy);
        let of = |o: &usize| correct[*o];
        let seen = (0..p.len()).filter(of).map(|o| counts[o]).sum();
        proportions.push((format!("J under {rule:?}"), seen, (0..p.len()).filter(of).map(|o| p[o]).sum()));
    }
    let mut lengths: BTreeMap<u32, (u64, f64)> = BTreeMap::new();
    for o in 0..p.len() {
        let entry = lengths.entry(policy.length(o)).or_default();
        *entry = (entry.0 + counts[o], entry.1 + p[o]);
    }
    if lengths.len() > 1 {
        proportions.extend(lengths.into_iter().map(|(k, (seen, p))| (format!("P(ℓ = {k})"), seen, p)));
    }
    Sampled { fit: chi_square(counts, &p), proportions }
}

/// What is rejected at `level` a comparison.
fn rejected(sampled: &Sampled, level: f64) -> Vec<String> {
    let outside = sampled.proportions.iter().filter(|&&(_, seen, p)| {
        let (low, high) = clopper_pearson(seen, DRAWS as u64, level);
        p < low || p > high
    });
    let fit = (sampled.fit < level).then(|| format!("goodness of fit, p = {:e}", sampled.fit));
    fit.into_iter()
        .chain(outside.map(|(what, seen, p)| format!("{what}: seen {seen} of {DRAWS}, probability {p}")))
        .collect()
}

#[test]
fn clopper_pearson_is_exact_where_it_is_known() {
    // No success in n: the upper end is 1 − (α/2)^{1/n}. One in one: the lower end is α/2.
    let (low, high) = clopper_pearson(0, 40_000, 1e-8);
    assert!(low == 0.0 && (high / (1.0 - (0.5e-8f64).powf(1.0 / 40_000.0)) - 1.0).abs() < 1e-9, "{high}");
    assert!((clopper_pearson(1, 1, 1e-3).0 / 0.5e-3 - 1.0).abs() < 1e-9);
    // 3 in 10 at 95 %: (0.06674, 0.65245), the textbook value.
    let (low, high) = clopper_pearson(3, 10, 0.05);
    assert!((low - 0.066_739_5).abs() < 1e-6 && (high - 0.652_452_9).abs() < 1e-6, "({low}, {high})");
}

#[test]
fn the_sampler_follows_the_enumeration() {
    let all: Vec<(&str, Sampled)> = cases()
        .iter()
        .enumerate()
        .map(|(i, c)| (c.name, compare(&c.policy, &c.theta, &draw(&c.policy, &c.theta, 100 + i as u64))))
        .collect();
    let comparisons: usize = all.iter().map(|(_, sampled)| 1 + sampled.proportions.len()).sum();
    for (name, sampled) in &all {
        let rejected = rejected(sampled, LEVEL / comparisons as f64);
        assert!(rejected.is_empty(), "{name}: {rejected:?}");
    }
}

/// The control, by the same test at the same level: the sampler of a slightly different policy is found out, for every policy.
#[test]
fn a_sampler_of_a_neighbouring_policy_is_rejected() {
    let comparisons = 10 * cases().len(); // more than the test above makes
    let level = LEVEL / comparisons as f64;
    let with_a_choice = |case: &Case| case.policy.logits.options > 1;
    for (i, Case { name, policy, theta }) in cases().into_iter().filter(with_a_choice).enumerate() {
        let mut moved = theta.clone();
        moved.iter_mut().step_by(2).for_each(|x| *x += 0.25);
        let sampled = compare(&policy, &theta, &draw(&policy, &moved, 200 + i as u64));
        assert!(sampled.fit < level, "{name}: p = {:e}", sampled.fit);
    }
    // The intervals on their own: J and the lengths of a policy that stops a little more often.
    let (truth, other) = (geometric(shape(3, 5, Ending::Eos), 0.3), geometric(shape(3, 5, Ending::Eos), 0.35));
    let theta = numbers(2, 3);
    let found = rejected(&compare(&truth, &theta, &draw(&other, &theta, 300)), level);
    assert!(found.iter().any(|what| what.starts_with("J under")), "{found:?}");
    assert!(found.iter().any(|what| what.starts_with("P(ℓ = 1)")), "{found:?}");
    assert!(found.iter().any(|what| what.starts_with("P(ℓ = 5)")), "{found:?}");
}

#[test]
fn a_sampler_repeats_itself_and_only_itself() {
    let Case { policy, theta, .. } = &cases()[10];
    assert_eq!(draw(policy, theta, 1), draw(policy, theta, 1));
    assert_ne!(draw(policy, theta, 1), draw(policy, theta, 2));
}

// ---- serialisation ------------------------------------------------------------------------------------------------------

#[test]
fn policies_and_instances_survive_serialisation_bit_for_bit() {
    for Case { name, policy, theta } in cases() {
        let text = serde_json::to_string(&policy).expect("serialises");
        assert_eq!(serde_json::from_str::<Policy>(&text).expect("reads back"), policy, "{name}");
        let correct = Rule::Only(1).apply(&policy);
        let instance = Instance { direction: theta.clone(), theta, eta: 0.1 + 0.2, correct, policy, then: vec![] };
        instance.validate().unwrap_or_else(|e| panic!("{name}: {e}"));
        let text = serde_json::to_string(&instance).expect("serialises");
        let back: Instance = serde_json::from_str(&text).expect("reads back");
        assert_eq!(back, instance, "{name}");
        assert_eq!(back.eta.to_bits(), instance.eta.to_bits());
        // Control: the comparison sees the last bit.
        let other = text.replace("0.30000000000000004", "0.3");
        assert_ne!(serde_json::from_str::<Instance>(&other).expect("reads"), instance, "{name}");
    }
}

#[test]
fn a_stored_shape_is_listed_when_it_is_read_or_refused_where_a_list_is_needed() {
    let text = r#"{"vocabulary": 10, "max_length": 10, "ending": "fixed"}"#;
    let tree = serde_json::from_str::<Tree>(text).expect("a shape");
    assert!(!tree.is_listed(), "ten to the tenth");
    let error = Policy { tree, ..token_instance().policy }.validate().expect_err("not listed").to_string();
    assert!(error.contains("tree") && error.contains("vocabulary 10") && error.contains("1048576"), "{error}");
    assert_eq!(serde_json::from_str::<Tree>(&text.replace("10, \"e", "3, \"e")).expect("a thousand").leaves().len(), 1000);
}

// ---- refusals -----------------------------------------------------------------------------------------------------------

/// A valid instance of every part that can go wrong, to be spoiled one part at a time.
fn token_instance() -> Instance {
    let policy = geometric(shape(3, 3, Ending::Cut), 0.25);
    let correct = Rule::Only(1).apply(&policy);
    Instance { policy, theta: vec![0.5, -0.5], direction: vec![1.0, 0.0], eta: 0.5, correct, then: vec![] }
}

fn quadratic_instance() -> Instance {
    let policy = Policy::quadratic_softmax(2, numbers(4, 0), vec![1.0, 0.5, 0.5, 2.0, 0.0, 0.25, 0.25, 1.0], vec![0.0, 1.0]);
    let mut policy = policy.expect("fits");
    policy.logits.waves = vec![Wave { logit: 1, amplitude: 0.5, frequency: vec![1.0, 2.0], phase: 0.0 }];
    policy.lengths = Some(vec![2, 3]);
    Instance {
        policy,
        theta: vec![0.5, -0.5],
        direction: vec![1.0, 0.0],
        eta: 0.5,
        correct: vec![true, false],
        then: vec![],
    }
}

type Spoil = fn(&mut Instance);

/// What is done to a valid instance, and what the message must then contain.
type Spoiled = (Spoil, &'static [&'static str]);

fn dense(instance: &mut Instance) -> &mut Vec<f64> {
    match &mut instance.policy.logits.features {
        Features::Dense(psi) => psi,
        Features::Tabular => panic!("dense by construction"),
    }
}

/// What is spoiled, and what the message must contain: the place, then the value.
const SPOILED: &[Spoiled] = &[
    (|i| i.theta.push(1.0), &["theta", "3", "expected 2"]),
    (|i| i.theta.clear(), &["theta", "0", "expected 2"]),
    (|i| i.theta[1] = f64::NAN, &["theta[1]", "NaN"]),
    (|i| i.theta[0] = f64::NEG_INFINITY, &["theta[0]", "-inf"]),
    (|i| i.direction.truncate(1), &["direction", "1", "expected 2"]),
    (|i| i.direction[0] = f64::INFINITY, &["direction[0]", "inf"]),
    (|i| i.eta = -0.5, &["eta", "-0.5"]),
    (|i| i.eta = f64::NAN, &["eta", "NaN"]),
    (|i| i.eta = f64::INFINITY, &["eta", "inf"]),
    (|i| i.correct.push(true), &["correct", "3", "expected 2"]),
    (|i| i.correct.clear(), &["correct", "0", "expected 2"]),
    (|i| i.correct.fill(false), &["correct", "O⁺ is empty"]),
    (|i| i.correct.fill(true), &["correct", "O⁻ is empty"]),
    (|i| i.policy.logits.bias.push(0.0), &["policy", "logits", "bias", "3", "expected 2"]),
    (|i| i.policy.logits.bias[1] = f64::NAN, &["policy", "logits", "bias[1]", "NaN"]),
    (|i| dense(i)[3] = f64::INFINITY, &["policy", "logits", "features[3]", "inf"]),
    (|i| dense(i).truncate(3), &["policy", "logits", "features", "3", "expected 4"]),
    (|i| i.policy.logits.quadratic.truncate(7), &["policy", "logits", "quadratic", "7", "expected 8"]),
    (|i| i.policy.logits.quadratic[5] = 0.75, &["policy", "logits", "quadratic", "matrix 1", "not symmetric"]),
    (|i| i.policy.logits.quadratic[4] = f64::NAN, &["policy", "logits", "quadratic[4]", "NaN"]),
    (|i| i.policy.logits.waves[0].logit = 2, &["policy", "waves[0].logit", "2", "less than 2"]),
    (|i| i.policy.logits.waves[0].frequency.push(1.0), &["policy", "waves[0].frequency", "3", "expected 2"]),
    (|i| i.policy.logits.waves[0].frequency[1] = f64::NAN, &["policy", "waves[0].frequency[1]", "NaN"]),
    (|i| i.policy.logits.waves[0].amplitude = f64::INFINITY, &["policy", "waves[0].amplitude", "inf"]),
    (|i| i.policy.logits.waves[0].phase = f64::NAN, &["policy", "waves[0].phase", "NaN"]),
    (|i| i.policy.lengths = Some(vec![2]), &["policy", "lengths", "1", "expected 2"]),
    (|i| i.policy.lengths = Some(vec![2, 0]), &["policy", "lengths[1]", "0"]),
    (|i| i.policy.stop = Some(0.5), &["policy", "logits", "2", "1"]),
    (|i| i.policy.logits.rows = 2, &["policy", "logits", "bias", "2", "expected 4"]),
    (|i| i.policy.logits.rows = usize::MAX, &["policy", "logits", "18446744073709551615 rows", "out of range"]),
    (|i| i.policy.logits.dim = usize::MAX, &["policy", "logits", "18446744073709551615", "out of range"]),
    (|i| i.policy.logits.options = 0, &["policy", "logits", "0", "out of range"]),
];

/// The same for token-level policies.
const SPOILED_TOKENS: &[Spoiled] = &[
    (|i| i.policy.stop = Some(0.0), &["policy", "stop", "0.0 "]),
    (|i| i.policy.stop = Some(1.0), &["policy", "stop", "1.0 "]),
    (|i| i.policy.stop = Some(-0.25), &["policy", "stop", "-0.25"]),
    (|i| i.policy.stop = Some(f64::NAN), &["policy", "stop", "NaN"]),
    (|i| i.policy.stop = None, &["policy", "logits", "3 rows of 2", "expected 3 of 3"]),
    (|i| i.policy.logits.features = Features::Tabular, &["policy", "logits", "tabular", "dim", "2", "expected 6"]),
    (|i| i.policy.context = Context::Shared, &["policy", "logits", "3 rows of 2", "expected 1 of 2"]),
    (|i| i.policy.context = Context::Prefix, &["policy", "logits", "3 rows of 2", "expected 7 of 2"]),
    (|i| i.policy.lengths = Some(vec![1; 15]), &["policy", "lengths", "3 tokens"]),
    (
        |i| i.policy.tree = Tree::new(Shape { ending: Ending::Fixed, ..i.policy.tree.shape() }).expect("small"),
        &["policy", "stop", "fixed length"],
    ),
];

#[test]
fn every_invalid_part_is_refused_by_name_and_value() {
    let valid: [fn() -> Instance; 2] = [quadratic_instance, token_instance];
    for (valid, spoiled) in valid.into_iter().zip([SPOILED, SPOILED_TOKENS]) {
        valid().validate().expect("valid before it is spoiled");
        for (position, (spoil, parts)) in spoiled.iter().enumerate() {
            let mut instance = valid();
            spoil(&mut instance);
            let error = instance.validate().expect_err(&format!("case {position}, {parts:?}")).to_string();
            let missing: Vec<_> = parts.iter().filter(|part| !error.contains(**part)).collect();
            assert!(missing.is_empty(), "case {position}: {error:?} lacks {missing:?}");
        }
    }
}

#[test]
fn constructors_refuse_with_the_value() {
    let fixed = shape(3, 2, Ending::Fixed);
    let rows = |dim: usize, features: usize| Policy::linear_softmax(dim, vec![0.0; features], vec![]);
    let refused: [(&str, Result<Policy, Error>, &[&str]); 13] = [
        ("no dimension", rows(0, 3), &["3 features", "dimension 0"]),
        ("no features", rows(2, 0), &["vocabulary 0"]),
        ("ragged features", rows(2, 5), &["5 features", "dimension 2"]),
        ("NaN feature", Policy::linear_softmax(1, vec![0.0, f64::NAN], vec![]), &["features[1]", "NaN"]),
        ("no response", Policy::tabular_softmax(0, vec![]), &["0"]),
        ("bias of another length", Policy::tabular_softmax(3, vec![1.0]), &["bias", "1", "expected 3"]),
        ("no cube", Policy::cube(0, vec![]), &["cube", "0", "1 to 20"]),
        ("a large cube", Policy::cube(21, vec![]), &["cube", "21", "1 to 20"]),
        ("asymmetric", Policy::quadratic_softmax(2, vec![0.0; 2], vec![0.0, 1.0, 2.0, 0.0], vec![]), &["matrix 0"]),
        ("curve", Policy::curve([0.0, f64::INFINITY, 0.0], &[]), &["features[1]", "inf"]),
        ("wave", Policy::curve([0.0; 3], &[[f64::NAN, 1.0, 0.0]]), &["waves[0].amplitude", "NaN"]),
        (
            "stop without EOS",
            Policy::with_stop(fixed, Context::Shared, 0.5, logits(1, 1, 2, Features::Dense(vec![0.0; 2]))),
            &["stop", "fixed length"],
        ),
        (
            "too large a space",
            Policy::autoregressive(shape(3, 40, Ending::Fixed), Context::Shared, logits(3, 1, 3, Features::Tabular)),
            &["vocabulary 3", "maximal length 40", "1048576"],
        ),
    ];
    for (name, outcome, parts) in refused {
        let error = outcome.expect_err(name).to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{name}: {error}");
    }
    for (vocabulary, max_length) in [(0, 2), (2, 0), (MAX_RESPONSES as u32 + 1, 1), (2, u32::MAX), (u32::MAX, u32::MAX)] {
        for ending in [Ending::Eos, Ending::Cut, Ending::Fixed] {
            let error = Tree::new(shape(vocabulary, max_length, ending)).expect_err("hostile").to_string();
            let parts = [format!("vocabulary {vocabulary}"), format!("maximal length {max_length}")];
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}

/// Dense features of dimension 0 have no parameter to differentiate by; they must be refused, not divided by.
#[test]
fn dimension_zero_is_refused() {
    let none = logits(0, 1, 2, Features::Dense(vec![]));
    let error = Policy::one_token(none).expect_err("no parameter").to_string();
    assert!(error.contains("dimension 0"), "{error}");
}

/// With a single token every context is the root's: one row, whatever the context is called.
#[test]
fn one_token_has_one_row() {
    for ending in [Ending::Cut, Ending::Fixed] {
        let shape = Shape { vocabulary: 3, max_length: 1, ending };
        let tree = Tree::new(shape).expect("small");
        for context in [Context::Shared, Context::LastToken, Context::Prefix] {
            assert_eq!(Policy::rows(&tree, context), 1, "{ending:?}, {context:?}");
            let refused = Policy::autoregressive(shape, context, logits(1, 3, 3, Features::Dense(vec![0.0; 9])));
            assert!(refused.is_err_and(|e| e.to_string().contains("3 rows of 3 options, expected 1 of 3")));
        }
    }
}
