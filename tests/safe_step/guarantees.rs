//! What each threshold guarantees, on exact policies whose constants are known, decided by intervals.

use super::drawn::random_instances;
use gradient_gap::evaluation::Evaluation;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::regularity::Reading;
use gradient_gap::safe_step::{Compared, Inputs, Step, THRESHOLDS};
use gradient_gap::thresholds::SuccessRate;
use gradient_gap::{Error, Instance};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Just below a threshold.
const BELOW: f64 = 1.0 - 1e-9;

struct Draw(ChaCha8Rng);

impl Draw {
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * 2f64.powi(-53)
    }
    fn signed(&mut self) -> f64 {
        2.0 * self.unit() - 1.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
    fn vector(&mut self, n: usize, scale: f64) -> Vec<f64> {
        (0..n).map(|_| scale * self.signed()).collect()
    }
}

/// A policy, its L and G over all θ, and the dimension of θ.
type Known = (Policy, f64, f64, usize);

fn tabular(draw: &mut Draw) -> Result<Known, Error> {
    let n = 2 + draw.below(4);
    Ok((Policy::tabular_softmax(n, vec![])?, 0.5, 2f64.sqrt(), n))
}

fn cube(draw: &mut Draw) -> Result<Known, Error> {
    let n = 2 + draw.below(4);
    Ok((Policy::cube(n as u32, vec![])?, 1.0, 2.0 * (n as f64).sqrt().next_up(), n))
}

fn linear(draw: &mut Draw) -> Result<Known, Error> {
    let (n, dim) = (2 + draw.below(4), 1 + draw.below(3));
    let features = draw.vector(n * dim, 3.0);
    let rows: Vec<&[f64]> = features.chunks(dim).collect();
    let apart = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
    let square = rows.iter().flat_map(|x| rows.iter().map(|y| apart(x, y))).fold(0.0, f64::max) * (1.0 + 1e-14);
    Ok((Policy::linear_softmax(dim, features, vec![])?, 0.25 * square, square.sqrt() * (1.0 + 1e-14), dim))
}

/// A row of its own for every prefix: L_p = ½, G_p = √2.
fn prefix(draw: &mut Draw) -> Result<Known, Error> {
    let (options, ending) = (2 + draw.below(2), [Ending::Eos, Ending::Cut, Ending::Fixed][draw.below(3)]);
    let shape = Shape { vocabulary: options as u32, max_length: 2 + draw.below(2) as u32, ending };
    let tree = Policy::autoregressive(shape, Context::Shared, table(1, options))?.tree;
    let rows = Policy::rows(&tree, Context::Prefix);
    Ok((Policy::autoregressive(shape, Context::Prefix, table(rows, options))?, 0.5, 2f64.sqrt(), rows * options))
}

fn table(rows: usize, options: usize) -> Logits {
    let features = Features::Tabular;
    Logits { dim: rows * options, rows, options, bias: vec![], features, quadratic: vec![], waves: vec![] }
}

/// Points at which Δμ > 0 for certain, with everything that is known there: each quantity from the end that makes the
/// threshold larger no more than it is.
fn known(
    draw: &mut Draw,
    policy: impl Fn(&mut Draw) -> Result<Known, Error>,
) -> Option<(Instance, Inputs, SuccessRate<f64>)> {
    let (policy, smoothness, score, dim) = policy(draw).expect("a policy");
    let scale = 10f64.powf(2.5 * draw.unit() - 1.0);
    let (theta, mut direction) = (draw.vector(dim, scale), draw.vector(dim, 1.0));
    let norm = direction.iter().map(|x| x * x).sum::<f64>().sqrt() * (1.0 + 1e-14);
    direction.iter_mut().for_each(|x| *x /= norm);
    let mut correct: Vec<bool> = (0..policy.responses()).map(|_| draw.unit() < 0.5).collect();
    correct[1] = !correct[0]; // both sides have a response
    let mut instance = Instance { policy, theta, direction, eta: 0.0, correct, then: vec![] };
    if Evaluation::<f64>::new(&instance, 1).start().alignment() < 0.0 {
        instance.direction.iter_mut().for_each(|x| *x = -*x);
    }
    let evaluation = Evaluation::<Interval>::new(&instance, 1);
    let start = evaluation.start();
    let given = draw.unit() < 0.5;
    let inputs = Inputs {
        score_bound: Some(score),
        max_length: f64::from(instance.policy.max_length()),
        correct_length: given.then(|| start.length[1].hi().min(f64::from(instance.policy.max_length()))),
        ..Inputs::new(start.alignment().lo(), smoothness)
    };
    let rate = SuccessRate { success: start.success().lo(), failure: start.failure().lo() };
    let usable = inputs.alignment > 1e-200 && rate.success > 0.0 && rate.failure > 0.0;
    usable.then(|| (instance.clone(), inputs, rate))
}

/// Checks every guarantee at one point; how many of them intervals could not decide.
fn judge(instance: &Instance, inputs: &Inputs, rate: &SuccessRate<f64>, most: f64) -> (u64, u64) {
    let (mut asked, mut open) = (0, 0);
    inputs.check().unwrap_or_else(|e| panic!("{e}: {inputs:?}"));
    for threshold in THRESHOLDS.iter().filter(|threshold| threshold.raises) {
        let eta = match threshold.step(inputs, rate) {
            Step::UpTo(eta) if eta > 1e-290 => f64::min(eta * BELOW, most),
            Step::UpTo(_) => continue,
            other => panic!("{}: {other:?}", threshold.name),
        };
        let mut check = |eta: f64, share: f64| {
            let change = super::change(instance, eta);
            let gain = Interval::of(share) * Interval::of(eta) * Interval::of(inputs.alignment);
            let refuted = change.surely_negative() || (share > 0.0 && change.surely_lt(gain));
            assert!(!refuted, "{} at η = {eta:e}, {share}: {change:?}, {inputs:?}, {instance:?}", threshold.name);
            let holds = if share > 0.0 { gain.surely_le(change) } else { change.surely_positive() };
            (asked, open) = (asked + 1, open + u64::from(!holds));
        };
        match threshold.name {
            "15a" | "18a" => check(eta, 0.5),
            "rare-failure" => check(eta, 0.0),
            _ => {
                check(eta, 0.0);
                check(0.5 * eta, 0.5 * BELOW);
            }
        }
    }
    (asked, open)
}

#[test]
fn hold_where_constants_are_known_everywhere() {
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(11));
    for (name, policy) in
        [("tabular", tabular as fn(&mut Draw) -> _), ("cube", cube as _), ("linear", linear as _), ("prefix", prefix as _)]
    {
        let (mut asked, mut open, mut points) = (0, 0, 0);
        for _ in 0..400 {
            let Some((instance, inputs, rate)) = known(&mut draw, policy) else { continue };
            let found = judge(&instance, &inputs, &rate, f64::INFINITY);
            (asked, open, points) = (asked + found.0, open + found.1, points + 1);
        }
        assert!(points > 300 && asked > 2_400 && open * 1_000 <= asked, "{name}: {open} of {asked} open, {points} points");
    }
}

/// The control of the test above: the same points see J fall where steps are much too long.
#[test]
fn far_beyond_them_j_falls() {
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(12));
    for (name, policy) in
        [("tabular", tabular as fn(&mut Draw) -> _), ("cube", cube as _), ("linear", linear as _), ("prefix", prefix as _)]
    {
        let mut falls = 0;
        for _ in 0..100 {
            let Some((instance, inputs, rate)) = known(&mut draw, policy) else { continue };
            let (_, eta) = Compared::new(&inputs, rate).largest().expect("aligned");
            falls += u32::from(super::change(&instance, 64.0 * eta).surely_negative());
        }
        assert!(falls > 5, "{name}: {falls}");
    }
}

/// All families that model tokens, the constants those of a step that is no shorter: the reading *seg*.
#[test]
fn hold_for_the_constants_of_the_step_alone() {
    let (mut asked, mut open, mut near) = (0, 0, 0);
    for mut instance in random_instances(5, 80) {
        let evaluation = Evaluation::<Interval>::new(&instance, 16);
        let (start, constants) = (evaluation.start(), evaluation.constants());
        if !evaluation.has_tokens() || !(1e-100..1e100).contains(&instance.eta) {
            continue;
        }
        let length = f64::from(instance.policy.max_length());
        let inputs = Inputs {
            score_bound: Some(constants.token_score.hi()),
            max_length: length,
            psi1_length: Some(constants.psi1.hi().clamp(1.0 / std::f64::consts::LN_2, length / std::f64::consts::LN_2)),
            ..Inputs::new(start.alignment().lo(), constants.token_curvature.hi())
        };
        let rate = SuccessRate { success: start.success().lo(), failure: start.failure().lo() };
        let enough =
            inputs.alignment > 1e-100 && inputs.smoothness > 1e-100 && rate.success > 1e-100 && rate.failure > 1e-100;
        if !enough {
            continue;
        }
        // rare-failure asks for the whole line, where some families have a closed form.
        let line = evaluation.line_bounds().map(|bounds| bounds.curvature.hi());
        let whole = line.map(|l| Inputs { smoothness: l.max(inputs.smoothness), score_bound: None, ..inputs });
        let most = instance.eta;
        instance.eta = 0.0;
        let reached = Compared::new(&inputs, rate).largest_on_the_step().is_some_and(|(_, eta)| eta < most);
        for threshold in THRESHOLDS.iter().filter(|threshold| threshold.raises) {
            let known = if threshold.reading == Reading::Line { whole } else { Some(inputs) };
            let Some(Step::UpTo(eta)) = known.map(|inputs| threshold.step(&inputs, &rate)) else { continue };
            let eta = f64::min(eta * BELOW, most);
            let change = super::change(&instance, eta);
            assert!(!change.surely_negative(), "{} at η = {eta:e}: {change:?}, {instance:?}", threshold.name);
            (asked, open) = (asked + 1, open + u64::from(!change.surely_positive()));
        }
        near += u32::from(reached);
    }
    assert!(asked > 1_200 && near > 40, "{asked} asked, {near} reached");
    assert!(open * 50 <= asked, "{open} of {asked} open");
}

/// The guarantees are not idle: some instance of these families uses nearly all of them.
#[test]
fn instances_come_near_the_sharp_thresholds() {
    // λ = −20 + δt − t²/2: J falls just above 2(1−J)Δμ/L.
    let policy = Policy::curve([-20.0, 1e-4, -1.0], &[]).expect("finite");
    let instance =
        Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 3e-4, correct: vec![false, true], then: vec![] };
    let evaluation = Evaluation::<Interval>::new(&instance, 16);
    let (start, constants) = (evaluation.start(), evaluation.constants());
    let inputs = Inputs::new(start.alignment().lo(), constants.token_curvature.hi());
    let rate = SuccessRate { success: start.success().lo(), failure: start.failure().lo() };
    let (threshold, eta) = Compared::new(&inputs, rate).largest().expect("aligned");
    assert_eq!(threshold.name, "smooth-only");
    assert!(super::change(&instance, eta * (1.0 - 1e-6)).surely_positive());
    assert!(super::change(&instance, eta * (1.0 + 1e-6)).surely_negative());
}
