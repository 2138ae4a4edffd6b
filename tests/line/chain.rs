//! Finite-state policies: the recursion over states against the list of all responses, and against closed forms at lengths that no list
//! reaches.

use gradient_gap::line::{Line, OnLine};
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::{Automaton, Ending, Features, Logits, Policy, Shape, Tree, Wave};
use gradient_gap::update::conditional_scores;
use gradient_gap::{Evaluation, Instance};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A random automaton with at most 4 states, 4 tokens and responses of 6 tokens; `None` where one side is not reached.
fn random(rng: &mut ChaCha8Rng) -> Option<Instance> {
    let ending = [Ending::Eos, Ending::Cut, Ending::Fixed][rng.random_range(0..3)];
    let shape = Shape { vocabulary: rng.random_range(2..=4), max_length: rng.random_range(1..=6), ending };
    let states = rng.random_range(1..=4);
    let next = (0..states * shape.vocabulary).map(|_| rng.random_range(0..states)).collect();
    let automaton = Automaton { start: rng.random_range(0..states), next, by_position: rng.random_bool(0.3) };
    let stop = (ending != Ending::Fixed && rng.random_bool(0.3)).then(|| rng.random_range(0.05..0.6));
    let positions = if ending == Ending::Eos && shape.max_length > 1 { shape.max_length - 1 } else { shape.max_length };
    let rows = states as usize * if automaton.by_position { positions as usize } else { 1 };
    let options = shape.vocabulary as usize - usize::from(stop.is_some());
    let dim = 2;
    let count = rows * options;
    let mut normal = |scale: f64| scale * (rng.random::<f64>() + rng.random::<f64>() - 1.0);
    let features = Features::Dense((0..count * dim).map(|_| normal(2.0)).collect());
    let bias = (0..count).map(|_| normal(3.0)).collect();
    let quadratic =
        if normal(1.0) > 0.3 { (0..count).flat_map(|_| [normal(1.0), 0.25, 0.25, normal(1.0)]).collect() } else { vec![] };
    let waves = if normal(1.0) > 0.4 {
        vec![Wave { logit: 0, amplitude: 0.5, frequency: vec![1.0, -0.5], phase: 0.75 }]
    } else {
        vec![]
    };
    let (theta, direction) = ((0..dim).map(|_| normal(1.0)).collect(), (0..dim).map(|_| normal(1.0)).collect());
    let eta = 0.5 * rng.random::<f64>();
    let logits = Logits { dim, rows, options, bias, features, quadratic, waves };
    let policy = Policy::finite_state(shape, automaton, stop, logits).expect("fits");
    let correct = (0..states).map(|_| rng.random_bool(0.5)).collect();
    let instance = Instance { policy, theta, direction, eta, correct, then: vec![] };
    instance.validate().is_ok().then_some(instance)
}

/// Random ones, without end.
pub fn instances(seed: u64) -> impl Iterator<Item = Instance> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    std::iter::from_fn(move || Some(random(&mut rng))).flatten()
}

fn close(a: f64, b: f64, size: f64) -> bool {
    (a - b).abs() <= 1e-12 * size.max(b.abs()) || a == b
}

fn moments<N: Scalar>(line: &Line<N>) -> [N; 12] {
    let [f, j] = line.log_mass();
    let [mean, variance] = [line.mean, line.variance];
    [f, j, mean[0], mean[1], variance[0], variance[1], line.curvature[0], line.curvature[1], line.length[0], line.length[1]]
        .into_iter()
        .chain([line.lambda(), line.second()])
        .collect::<Vec<N>>()
        .try_into()
        .expect("twelve")
}

#[test]
fn as_the_list_of_responses_says() {
    for instance in instances(7).take(400) {
        let listed = instance.listed().expect("small");
        listed.validate().expect("as valid");
        let (chain, list) = (Evaluation::<f64>::new(&instance, 2), Evaluation::<f64>::new(&listed, 2));
        // The sizes of what is added up.
        let size = 6.0 * list.constants().token_score.max(1.0).powi(2).max(list.constants().token_curvature);
        for (i, (a, b)) in moments(chain.start()).into_iter().zip(moments(list.start())).enumerate() {
            assert!(close(a, b, size), "moment {i}: {a} {b} in {instance:?}");
        }
        let (a, b) = (chain.step(), list.step());
        assert!(close(a.change, b.change, size) && close(a.remainder, b.remainder, size), "{a:?} {b:?} in {instance:?}");
        let (a, b) = (chain.lambda_jet(), list.lambda_jet());
        for (a, b) in [(a.value, b.value), (a.first, b.first), (a.second, b.second)] {
            assert!(close(a, b, size * size), "{a} {b} in {instance:?}");
        }
        let (a, b) = (chain.constants(), list.constants());
        let constants = [(a.score, b.score), (a.curvature, b.curvature), (a.token_score, b.token_score)];
        for (a, b) in constants.into_iter().chain([(a.token_curvature, b.token_curvature)]) {
            // A single softmax is looked at in fewer points of the segment.
            let apart = if listed.policy.is_one_token() { 0.02 * b } else { 1e-12 * size };
            assert!((a - b).abs() <= apart, "{a} {b} in {instance:?}");
        }
        // The law of the length is looked at in fewer points.
        assert!(a.psi1 <= b.psi1 * (1.0 + 1e-12) && a.psi1 >= 0.9 * b.psi1, "{} {}", a.psi1, b.psi1);
        let laws = [chain.on_line().length_law(chain.start()), list.on_line().length_law(list.start())];
        assert_eq!(laws[0].len(), laws[1].len());
        for ((l, p), (m, q)) in laws[0].iter().zip(&laws[1]) {
            assert!(l == m && close(*p, *q, 6.0), "{laws:?}");
        }
    }
}

/// Gradients along all axes, by formula and by differentiation: the gap, GRPO's bracket, and what both algorithms weigh.
#[test]
fn gradients_as_the_list_says() {
    let mut lengths_matter = 0;
    for instance in instances(13).take(300) {
        let listed = instance.listed().expect("small");
        let (chain, list) = (Evaluation::<f64>::new(&instance, 1), Evaluation::<f64>::new(&listed, 1));
        let size = 10.0 * list.gap().condition.max(1.0);
        let same = |name: &str, a: &[f64], b: &[f64]| {
            assert!(
                a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| close(a, b, size)),
                "{name}: {a:?} {b:?} in {instance:?}"
            );
        };
        let brackets = [chain.length_weighted_gap().vector, list.length_weighted_gap().vector];
        same("gap", &chain.gap().vector, &list.gap().vector);
        same("bracket", &brackets[0], &brackets[1]);
        let (a, b) = (chain.coordinates(), list.coordinates());
        same("REINFORCE", &a.reinforce, &b.reinforce);
        same("GRPO", &a.grpo, &b.grpo);
        same("log P(O⁻)", &a.log_mass[0], &b.log_mass[0]);
        same("log P(O⁺)", &a.log_mass[1], &b.log_mass[1]);
        let [plus, minus] = conditional_scores(&chain);
        for (side, scores) in [(0, &minus), (1, &plus)] {
            same("g", scores, &b.log_mass[side]);
        }
        same("g⁺", &chain.correct_scores().vector, &list.correct_scores().vector);
        // Control: divided by the mean length instead, it would be another vector.
        let mean = list.start().mean_length();
        let other = list.gap().vector.iter().zip(&brackets[1]).any(|(g, bracket)| !close(g / mean, *bracket, size));
        lengths_matter += u32::from(other);
    }
    assert!(lengths_matter > 100, "{lengths_matter}");
}

/// The remainder of a step to full relative accuracy, however short the step is.
#[test]
fn short_steps() {
    for mut instance in instances(8).take(100) {
        for eta in [1e-3, 1e-8, 1e-40] {
            instance.eta = eta;
            let listed = instance.listed().expect("small");
            let [a, b] = [&instance, &listed].map(|instance| Evaluation::<f64>::new(instance, 1).step().remainder);
            let bends = Evaluation::<f64>::new(&listed, 1).start().variance.iter().fold(1e-3, |top, x| f64::max(top, *x));
            assert!((a - b).abs() <= 1e-11 * eta * eta * bends.max(1.0) * 36.0, "{a} {b} {eta} in {instance:?}");
        }
    }
}

/// What binary64 gives lies within what intervals enclose, in points and over the segment.
#[test]
fn intervals_contain_it() {
    for instance in instances(9).take(150) {
        let (real, enclosed) = (Evaluation::<f64>::new(&instance, 2), Evaluation::<Interval>::new(&instance, 2));
        let near = |x: f64, inside: Interval, size: f64| {
            let slack = 1e-12 * size.max(x.abs());
            assert!(inside.lo() - slack <= x && x <= inside.hi() + slack, "{x} {inside:?} in {instance:?}");
        };
        for (x, inside) in moments(real.start()).into_iter().zip(moments(enclosed.start())) {
            near(x, inside, 10.0);
            assert!(inside.width() < 1e-9 * x.abs().max(100.0), "{inside:?}");
        }
        near(real.step().remainder, enclosed.step().remainder, 1.0);
        let (a, b) = (real.constants(), enclosed.constants());
        for (x, inside) in [(a.score, b.score), (a.token_score, b.token_score), (a.token_curvature, b.token_curvature)] {
            assert!(x <= inside.hi() * (1.0 + 1e-12), "{x} {inside:?}");
        }
        assert!(a.curvature <= b.curvature.hi() * (1.0 + 1e-12) && a.psi1 <= b.psi1.hi() * (1.0 + 1e-12));
        // Over the whole segment: λ'' at points of it.
        let OnSegment { line, second } = on_segment(&instance);
        assert!(second.iter().all(|x| line.lo() - 1e-9 <= *x && *x <= line.hi() + 1e-9), "{line:?} {second:?}");
    }
}

struct OnSegment {
    line: Interval,
    second: Vec<f64>,
}

fn on_segment(instance: &Instance) -> OnSegment {
    let Instance { policy, theta, direction, correct, eta, .. } = instance;
    let line = OnLine::<Interval>::new(policy, correct, theta, direction).line(Interval::new(0.0, *eta)).second();
    let real = OnLine::<f64>::new(policy, correct, theta, direction);
    OnSegment { line, second: [0.0, 0.3, 0.7, 1.0].map(|share| real.line(share * eta).second()).to_vec() }
}

/// T independent coins of one parameter, correct if all of them fall on 0: λ = T log p − log(1 − p^T).
fn coins(tokens: u32, bias: f64) -> Instance {
    let shape = Shape { vocabulary: 2, max_length: tokens, ending: Ending::Fixed };
    let automaton = Automaton { start: 0, next: vec![0, 1, 1, 1], by_position: false };
    let features = Features::Dense(vec![1.0, 0.0, 1.0, 0.0]);
    let logits =
        Logits { dim: 1, rows: 2, options: 2, bias: vec![bias, 0.0, bias, 0.0], features, quadratic: vec![], waves: vec![] };
    let policy = Policy::finite_state(shape, automaton, None, logits).expect("fits");
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 1e-4, correct: vec![true, false], then: vec![] }
}

#[test]
fn coins_at_any_length() {
    for tokens in [1, 10, 1_000, 100_000, 10_000_000] {
        for bias in [-700.0, -30.0, 0.0, 3.0, 14.0, 700.0] {
            let instance = coins(tokens, bias);
            let evaluation = Evaluation::<f64>::new(&instance, 1);
            let start = evaluation.start();
            let t = f64::from(tokens);
            // log p = −log(1 + e^{−b}), the score of one token 1 − p, its curvature −p(1 − p).
            let (log_p, q) = (-(-bias).exp().ln_1p(), 1.0 / (1.0 + bias.exp()));
            let log_j = if bias < -600.0 { t * bias } else { t * log_p };
            let [log_f, log_mass] = start.log_mass();
            let unit = 4.0 * t * f64::EPSILON;
            assert!((log_mass - log_j).abs() <= unit * (1.0 + log_j.abs() / t), "{tokens} {bias}: {log_mass} {log_j}");
            let log_failure = if log_j > -1e-3 { (-log_j).ln() + 0.5 * log_j } else { (-log_j.exp()).ln_1p() };
            assert!(
                (log_f - log_failure).abs() <= unit * (1.0 + log_failure.abs()) + 1e-6,
                "{tokens} {bias}: {log_f} {log_failure}"
            );
            assert!((start.mean[1] - t * q).abs() <= unit * t * q, "{tokens} {bias}");
            assert!(start.variance[1] <= unit * (t * q).powi(2));
            assert!((start.curvature[1] + t * q * (1.0 - q)).abs() <= unit * t * q);
            assert_eq!(start.length, [t, t]);
        }
    }
    // J = 10⁻³⁰⁰⁰⁰ and less, and a step there.
    let instance = coins(100_000, -700.0);
    let evaluation = Evaluation::<f64>::new(&instance, 1);
    assert!((evaluation.start().log_success() / (-7e7) - 1.0).abs() < 1e-12);
    // λ' = E⁺[s] = T(1 − p)/(1 − p^T), and λ = log J + …: nearly straight.
    assert!((evaluation.start().alignment() / 1e5 - 1.0).abs() < 1e-12);
    assert!((evaluation.step().change / 10.0 - 1.0).abs() < 1e-12, "{:?}", evaluation.step());
}

/// Powers of a matrix against one token after the other, where both are to be had.
#[test]
fn powers_as_token_by_token() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let mut compared = 0;
    while compared < 60 {
        let Some(mut instance) = random(&mut rng) else { continue };
        let policy = &mut instance.policy;
        if policy.automaton.as_ref().is_some_and(|automaton| automaton.by_position) {
            continue;
        }
        let shape = Shape { max_length: rng.random_range(500..5_000), ..policy.tree.shape() };
        policy.tree = Tree::unlisted(shape);
        if instance.validate().is_err() {
            continue;
        }
        let Instance { policy, theta, direction, correct, .. } = &instance;
        let on_line = OnLine::<f64>::new(policy, correct, theta, direction);
        let (fast, slow) = (on_line.line(0.0), on_line.line_token_by_token(0.0).expect("not listed"));
        let size = f64::from(shape.max_length);
        for (a, b) in moments(&fast).into_iter().zip(moments(&slow)) {
            assert!((a - b).abs() <= 1e-12 * size * (1.0 + b.abs()), "{a} {b} in {instance:?}");
        }
        let enclosed = OnLine::<Interval>::new(policy, correct, theta, direction).line(Interval::zero());
        for (x, inside) in moments(&slow).into_iter().zip(moments(&enclosed)) {
            assert!(inside.lo() - 1e-9 * size <= x && x <= inside.hi() + 1e-9 * size, "{x} {inside:?}");
        }
        compared += 1;
    }
}

/// A geometric length: EOS has the fixed probability h, so that P(ℓ = t) = h(1 − h)^{t−1} and, without an end, T_ψ1 = 1/log(2/(2−h)).
#[test]
fn geometric_lengths() {
    let shape = Shape { vocabulary: 3, max_length: 2_000, ending: Ending::Eos };
    let automaton = Automaton { start: 0, next: vec![0, 0, 1, 1, 1, 0], by_position: false };
    let features = Features::Dense(vec![0.0, 1.0, 0.5, -0.5]);
    let logits = Logits { dim: 1, rows: 2, options: 2, bias: vec![], features, quadratic: vec![], waves: vec![] };
    let h = 0.1;
    let policy = Policy::finite_state(shape, automaton, Some(h), logits).expect("fits");
    let instance =
        Instance { policy, theta: vec![0.2], direction: vec![1.0], eta: 0.1, correct: vec![true, false], then: vec![] };
    let evaluation = Evaluation::<f64>::new(&instance, 1);
    let law = evaluation.on_line().length_law(evaluation.start());
    for (length, log_p) in law.iter().take(500) {
        let expected = h.ln() + f64::from(length - 1) * (-h).ln_1p();
        assert!((log_p - expected).abs() < 1e-12 * expected.abs(), "{length}: {log_p} {expected}");
    }
    let psi1 = 1.0 / (2.0 / (2.0 - h)).ln();
    assert!((evaluation.constants().psi1 / psi1 - 1.0).abs() < 1e-9, "{} {psi1}", evaluation.constants().psi1);
    let total: f64 = law.iter().map(|(_, log_p)| log_p.exp()).sum();
    assert!((total - 1.0).abs() < 1e-12);
}

/// A wrong verdict on one state is seen.
#[test]
fn verdicts_matter() {
    for instance in instances(10).take(50) {
        let mut other = instance.clone();
        other.correct.iter_mut().for_each(|correct| *correct = !*correct);
        let [a, b] = [&instance, &other].map(|instance| Evaluation::<f64>::new(instance, 1).start().lambda());
        assert!((a + b).abs() < 1e-12 * a.abs().max(1.0), "the sides are exchanged: {a} {b}");
        for state in 0..instance.correct.len() {
            let mut other = instance.clone();
            other.correct[state] = !other.correct[state];
            let listed = instance.listed().expect("small");
            if other.validate().is_ok() && other.listed().expect("small").correct != listed.correct {
                let [a, b] = [&instance, &other].map(|instance| Evaluation::<f64>::new(instance, 1).start().log_success());
                assert!((a - b).abs() > 1e-9 || a < -1e-9 && b < -1e-9 && a != b, "{a} {b}");
            }
        }
    }
}
