//! λ and the moments against [`OnLine::line`], on random instances of the token-level families.
//!
//! [`OnLine::line`]: gradient_gap::line::OnLine::line

use crate::SEED;
use crate::drawn::random_instances;
use crate::small::{Written, numbers_of_prefixes, rewards, walk};
use gradient_gap::enumerate::{ByPrefix, Moments};
use gradient_gap::policy::{Context, Features};
use gradient_gap::{Evaluation, Instance};

/// Logit, slope and curvature of option j: b + θ·ψ + ½θᵀQθ and its derivatives along w.
fn option(instance: &Instance, j: usize) -> [f64; 3] {
    let (logits, theta, w) = (&instance.policy.logits, &instance.theta, &instance.direction);
    let d = logits.dim;
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let linear = |x: &[f64]| match &logits.features {
        Features::Tabular => x[j],
        Features::Dense(psi) => dot(&psi[j * d..(j + 1) * d], x),
    };
    let form = |x: &[f64], y: &[f64]| match logits.quadratic.get(j * d * d..(j + 1) * d * d) {
        Some(q) => (0..d).map(|i| x[i] * dot(&q[i * d..(i + 1) * d], y)).sum(),
        None => 0.0,
    };
    let bias = logits.bias.get(j).copied().unwrap_or(0.0);
    [bias + linear(theta) + 0.5 * form(theta, theta), linear(w) + form(theta, w), form(w, w)]
}

/// The instance walked through. A fixed EOS is a token whose logit is log p, beside the others' log(1 − p) + log π.
fn walked(instance: &Instance) -> Moments {
    let policy = &instance.policy;
    let nodes = numbers_of_prefixes(&policy.tree);
    let logits = |prefix: &[u32], h: &mut [f64], a: &mut [f64], c: &mut [f64]| {
        let row = match policy.context {
            Context::Shared => 0,
            Context::LastToken => prefix.last().map_or(0, |&token| token as usize),
            Context::Prefix => nodes[prefix],
            Context::State => panic!("no family here has one"),
        };
        let skipped = usize::from(policy.stop.is_some());
        for v in skipped..h.len() {
            [h[v], a[v], c[v]] = option(instance, row * policy.logits.options + v - skipped);
        }
        if let Some(stop) = policy.stop {
            let top = h[1..].iter().fold(f64::NEG_INFINITY, |top, &x| top.max(x));
            let total: f64 = h[1..].iter().map(|x| (x - top).exp()).sum();
            let p: Vec<f64> = h[1..].iter().map(|x| (x - top).exp() / total).collect();
            let mean: f64 = p.iter().zip(&a[1..]).map(|(p, a)| p * a).sum();
            let bend: f64 = p.iter().zip(&a[1..]).zip(&c[1..]).map(|((p, a), c)| p * (c + (a - mean).powi(2))).sum();
            for v in 1..h.len() {
                h[v] += (1.0 - stop).ln() - top - total.ln();
                (a[v], c[v]) = (a[v] - mean, c[v] - bend);
            }
            h[0] = stop.ln();
        }
    };
    let rows = ByPrefix::new(policy.tree.shape(), &logits as Written<'_>).expect("valid");
    walk(&rows, &rewards(&policy.tree, &instance.correct)).expect("valid")
}

/// The names of what differs by more than 64 rounding units of its condition, as in the comparison with dual numbers.
fn disagreements(instance: &Instance, moments: &Moments) -> Vec<String> {
    let view = Evaluation::<f64>::new(instance, 1);
    let line = view.on_line().line(0.0);
    let unit = 64.0 * f64::EPSILON;
    let value = unit * view.logit_condition();
    let (score, bend) = (unit * view.score_condition(), unit * view.curvature_condition());
    let length = unit * f64::from(instance.policy.max_length()) * view.logit_condition();
    let [masses, mean, variance] = [line.log_mass(), line.mean, line.variance];
    let pairs = [
        ("λ", moments.lambda(), line.lambda(), value),
        ("λ'", moments.alignment(), line.alignment(), score),
        ("λ''", moments.second(), line.second(), bend),
        ("log J", moments.log_success(), line.log_success(), value),
        ("log(1 − J)", moments.log_failure(), line.log_failure(), value),
    ];
    let both = |name, x: [f64; 2], y: [f64; 2], tolerance| [0, 1].map(|side| (name, x[side], y[side], tolerance));
    let sides = [
        both("log P", moments.log_mass(), masses, value),
        both("E[s]", moments.mean, mean, score),
        both("Var(s)", moments.variance, variance, bend),
        both("E[H]", moments.curvature, line.curvature, bend),
        both("E[ℓ]", moments.mean_length(), line.length, length),
    ];
    let all = pairs.into_iter().chain(sides.into_iter().flatten());
    let apart = all.filter(|(_, x, y, tolerance)| (x - y).abs() > *tolerance || x.is_nan() || y.is_nan());
    apart.map(|(name, x, y, tolerance)| format!("{name}: {x:e} against {y:e}, tolerance {tolerance:e}")).collect()
}

#[test]
fn random_instances_of_the_families_agree() {
    let instances = random_instances(SEED, 40);
    let with_tokens = |instance: &&Instance| {
        instance.policy.is_listed() && instance.policy.lengths.is_none() && instance.policy.logits.waves.is_empty()
    };
    let mut cases = 0;
    for instance in instances.iter().filter(with_tokens) {
        let names = disagreements(instance, &walked(instance));
        assert!(names.is_empty(), "{names:?}\n{instance:?}");
        cases += usize::from(!instance.policy.is_one_token());
    }
    assert!(cases >= 150, "{cases} instances with more than one token");
}

/// Control: the same comparison with one response on the other side.
#[test]
fn a_flipped_response_is_seen() {
    let instances = random_instances(SEED, 4);
    let mut seen = 0;
    for instance in instances.iter().filter(|instance| !instance.policy.is_one_token() && instance.policy.responses() > 3) {
        let mut flipped = instance.clone();
        let view = Evaluation::<f64>::new(instance, 1);
        let log_prob = &view.start().responses.log_prob;
        let likeliest = (0..log_prob.len()).max_by(|&a, &b| log_prob[a].total_cmp(&log_prob[b]));
        let o = likeliest.expect("responses");
        flipped.correct[o] = !flipped.correct[o];
        if flipped.correct.contains(&true) && flipped.correct.contains(&false) {
            assert!(!disagreements(instance, &walked(&flipped)).is_empty(), "{instance:?}");
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen} controls");
}
