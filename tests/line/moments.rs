//! λ, λ', λ'' and the moments against dual numbers; Bartlett's identities.

use crate::SEED;
use crate::drawn;
use crate::truth::{log_masses, log_probs};
use gradient_gap::number::Jet;
use gradient_gap::{Evaluation, Instance};
use num_dual::Dual2_64;

/// Those whose responses are listed.
fn random_instances(seed: u64, per_family: u64) -> Vec<Instance> {
    drawn::random_instances(seed, per_family).into_iter().filter(|instance| instance.policy.is_listed()).collect()
}

/// λ, its derivatives and the conditional moments.
#[derive(Clone, Copy, Debug)]
struct Moments {
    lambda: [f64; 3],
    mean: [f64; 2],
    variance: [f64; 2],
    curvature: [f64; 2],
    length: [f64; 2],
}

fn by_duals(instance: &Instance, t: f64) -> Moments {
    let log_prob = log_probs(instance, &Dual2_64::from_re(t).derivative());
    let [minus, plus] = log_masses(instance, &log_prob);
    let lambda = plus - minus;
    let average = |f: &dyn Fn(usize) -> f64| {
        [false, true].map(|side| {
            let of_side = || (0..log_prob.len()).filter(|&o| instance.correct[o] == side);
            let mass: f64 = of_side().map(|o| log_prob[o].re.exp()).sum();
            of_side().map(|o| log_prob[o].re.exp() * f(o)).sum::<f64>() / mass
        })
    };
    let mean = average(&|o| log_prob[o].v1);
    let variance = average(&|o| (log_prob[o].v1 - mean[usize::from(instance.correct[o])]).powi(2));
    let curvature = average(&|o| log_prob[o].v2);
    let length = average(&|o| f64::from(instance.policy.length(o)));
    Moments { lambda: [lambda.re, lambda.v1, lambda.v2], mean, variance, curvature, length }
}

fn by_library(instance: &Instance, t: f64) -> Moments {
    let line = Evaluation::<f64>::new(instance, 1).on_line().line(t);
    Moments {
        lambda: [line.lambda(), line.alignment(), line.second()],
        mean: line.mean,
        variance: line.variance,
        curvature: line.curvature,
        length: line.length,
    }
}

/// The names of what differs by more than 64 rounding units of its condition.
///
/// A response is a sum of T∞ tokens; a token's log-probability carries the units of its logit's terms, its score those times the
/// slope, its second derivative those times the square of the slope, or times the bend. Each route errs by a handful of such
/// units for every term of a sum of up to 81 responses; 64 covers both.
fn disagreements(instance: &Instance, x: &Moments, y: &Moments) -> Vec<String> {
    let view = Evaluation::<f64>::new(instance, 1);
    let unit = 64.0 * f64::EPSILON;
    let value = unit * view.logit_condition();
    let (score, bend) = (unit * view.score_condition(), unit * view.curvature_condition());
    let length = unit * f64::from(instance.policy.max_length()) * view.logit_condition();
    let pairs = [("λ", x.lambda[0], y.lambda[0], value), ("λ'", x.lambda[1], y.lambda[1], score)];
    let pairs = pairs.into_iter().chain([("λ''", x.lambda[2], y.lambda[2], bend)]);
    let both = |name, x: [f64; 2], y: [f64; 2], tolerance| (0..2).map(move |side| (name, x[side], y[side], tolerance));
    let pairs = pairs.chain(both("E[s]", x.mean, y.mean, score));
    let pairs = pairs.chain(both("Var(s)", x.variance, y.variance, bend));
    let pairs = pairs.chain(both("E[H]", x.curvature, y.curvature, bend));
    let pairs = pairs.chain(both("E[ℓ]", x.length, y.length, length));
    let apart = pairs.filter(|(_, x, y, tolerance)| (x - y).abs() > *tolerance || x.is_nan() || y.is_nan());
    apart.map(|(name, x, y, tolerance)| format!("{name}: {x:e} against {y:e}, tolerance {tolerance:e}")).collect()
}

/// Whether direct sums of exponentials are safe: no probability so small that it is lost or rounds badly, no logit whose
/// exponential overflows.
fn moderate(instance: &Instance) -> bool {
    let view = Evaluation::<f64>::new(instance, 1);
    view.start().responses.log_prob.iter().all(|&lp| lp > -200.0) && view.logit_condition() < 600.0
}

#[test]
fn moments_and_derivatives_agree_with_dual_numbers() {
    let drawn = random_instances(SEED, 60);
    let all = drawn.len();
    let instances: Vec<Instance> = drawn.into_iter().filter(moderate).collect();
    assert!(3 * instances.len() > 2 * all, "{} of {all} are moderate", instances.len());
    let mut noticed = [0; 4];
    for instance in &instances {
        let reference = by_duals(instance, 0.0);
        let found = by_library(instance, 0.0);
        let apart = disagreements(instance, &found, &reference);
        assert!(apart.is_empty(), "{apart:?}\n{instance:?}");
        // Controls: what a wrong formula would give is told apart on most instances.
        let mut wrong = [found; 4];
        wrong[0].lambda[2] -= found.curvature[1] - found.curvature[0]; // λ'' without the H terms
        wrong[1].lambda[1] = found.mean[1]; // λ' without E⁻
        wrong[2].variance = [found.variance[1], found.variance[0]];
        wrong[3].lambda[0] *= 1.0 + 1e-9;
        for (count, wrong) in noticed.iter_mut().zip(&wrong) {
            *count += usize::from(!disagreements(instance, wrong, &reference).is_empty());
        }
    }
    // Linear trajectory-level policies have no H terms left, and w = 0 or one response a side no variance.
    let floor = [instances.len() / 3, instances.len() / 2, instances.len() / 3, instances.len() / 2];
    assert!(noticed.iter().zip(&floor).all(|(seen, floor)| seen > floor), "{noticed:?} of {}", instances.len());
}

#[test]
fn derivatives_away_from_the_start_agree_too() {
    for instance in random_instances(SEED, 20).into_iter().filter(moderate) {
        // Conditions are those at θ, so the point moved to must be no worse conditioned: shift θ, and compare at t = 0 there.
        let t = 0.5 * instance.eta.min(1.0);
        let mut moved = instance.clone();
        moved.theta.iter_mut().zip(&instance.direction).for_each(|(x, w)| *x += t * w);
        if !moderate(&moved) {
            continue;
        }
        // θ + t·w rounds, so only the library is asked for t on the line; the duals see the same line.
        let apart = disagreements(&moved, &by_library(&instance, t), &by_duals(&instance, t));
        assert!(apart.is_empty(), "{apart:?}\n{instance:?}");
    }
}

#[test]
fn the_two_library_routes_agree() {
    for instance in random_instances(SEED, 30) {
        let view = Evaluation::<f64>::new(&instance, 1);
        let (jet, line): (Jet<f64>, _) = (view.lambda_jet(), view.start());
        let unit = 64.0 * f64::EPSILON;
        assert!((jet.value - line.lambda()).abs() <= unit * view.logit_condition(), "{instance:?}");
        assert!((jet.first - line.alignment()).abs() <= unit * view.score_condition(), "{instance:?}");
        assert!((jet.second - line.second()).abs() <= unit * view.curvature_condition(), "{instance:?}");
    }
}

// ---- Bartlett -----------------------------------------------------------------------------------------------------------

/// E_π[s] and E_π[s² + H] over the responses for which `keep` is true.
fn bartlett(instance: &Instance, keep: impl Fn(usize) -> bool) -> [f64; 2] {
    let view = Evaluation::<f64>::new(instance, 1);
    let responses = &view.start().responses;
    let p = |o: usize| responses.log_prob[o].exp();
    let kept = || (0..responses.score.len()).filter(|&o| keep(o));
    [
        kept().map(|o| p(o) * responses.score[o]).sum(),
        kept().map(|o| p(o) * (responses.score[o].powi(2) + responses.curvature[o])).sum(),
    ]
}

#[test]
fn bartlett_identities() {
    let (mut seen, mut noticed) = (0, 0);
    for instance in random_instances(SEED, 80) {
        let view = Evaluation::<f64>::new(&instance, 1);
        // 32 units of what is added up, however small the result.
        let [score, bend] = [view.score_condition(), view.curvature_condition()].map(|c| 32.0 * f64::EPSILON * c);
        let [mean, second] = bartlett(&instance, |_| true);
        assert!(mean.abs() <= score, "{mean:e} > {score:e}: {instance:?}");
        assert!(second.abs() <= bend, "{second:e} > {bend:e}: {instance:?}");
        // m⁺ = (1−J)λ' and m⁻ = −Jλ' are E_π[s] = 0 over again.
        let line = view.start();
        assert!((line.mean[1] - line.failure() * line.alignment()).abs() <= score, "{instance:?}");
        assert!((line.mean[0] + line.success() * line.alignment()).abs() <= score, "{instance:?}");
        // Control: without the likeliest response neither identity survives.
        let log_prob = &line.responses.log_prob;
        let top = (0..log_prob.len()).max_by(|&x, &y| log_prob[x].total_cmp(&log_prob[y])).expect("responses");
        let [mean, second] = bartlett(&instance, |o| o != top);
        seen += 1;
        noticed += usize::from(mean.abs() > score || second.abs() > bend);
    }
    assert!(noticed > seen / 2, "{noticed} of {seen}");
}
