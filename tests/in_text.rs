//! Sentences of the paper that are no numbered statements, each judged on an instance; docs/conformance.md lists them.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::collapse::{Construction, Resonant};
use gradient_gap::instance::Update;
use gradient_gap::line::norm;
use gradient_gap::number::{Interval, Scalar};
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape};
use gradient_gap::run::{Direction, Plan, StepSize, Stop, run};
use gradient_gap::update::{Algorithm, update};
use gradient_gap::{Evaluation, Instance};

fn tabular(n: usize) -> Instance {
    let policy = Policy::tabular_softmax(n, vec![]).expect("fits");
    let correct = (0..n).map(|o| o == 0).collect();
    Instance { policy, theta: vec![0.0; n], direction: vec![0.0; n], eta: 0.0, correct, then: vec![] }
}

fn enclosed(instance: &Instance) -> Evaluation<'_, Interval> {
    Evaluation::new(instance, 64)
}

/// The three responses of Theorem 2's construction with s = 1, g = 1.7: φ = (0,0) | (−g,−1), (−g,1), `steps` updates alternating between A and B.
fn triangle_run(alignment: f64, eta: f64, steps: usize) -> Instance {
    let (g, v) = (1.7, 0.9);
    let policy = Policy::linear_softmax(2, vec![0.0, 0.0, -g, -1.0, -g, 1.0], vec![]).expect("fits");
    let back = (alignment - v * (v * eta).tanh()) / g;
    let updates = (0..steps).map(|k| {
        let direction = if k % 2 == 0 { vec![alignment / g, v] } else { vec![back, -v] };
        Update { direction, eta }
    });
    let mut updates: Vec<Update> = updates.collect();
    let first = updates.remove(0);
    let correct = vec![true, false, false];
    Instance { policy, theta: vec![0.0; 2], direction: first.direction, eta, correct, then: updates }
}

/// Abstract: "below it, learning converges, whereas above it, performance collapses". As a dichotomy that is false: for a tabular
/// softmax along the gap J rises at every step size.
#[test]
fn no_step_is_too_large_for_a_tabular_softmax_along_the_gap() {
    for n in [2, 3, 8] {
        let mut instance = tabular(n);
        instance.direction = Evaluation::<f64>::new(&instance, 1).gap().vector.clone();
        for exponent in -6..=6 {
            instance.eta = 10f64.powi(exponent);
            let change = enclosed(&instance).step().change;
            assert!(Interval::zero().surely_lt(change), "n = {n}, η = {}: {change:?}", instance.eta);
        }
    }
    // The control: along the same direction turned round it falls.
    let mut instance = tabular(3);
    instance.direction = vec![-1.0, 0.5, 0.5];
    instance.eta = 1.0;
    assert!(enclosed(&instance).step().change.surely_lt(Interval::zero()));
}

/// §3.2.1: "Convergence is attainable only when update directions exhibit consistent alignment". False as necessity: Theorem 2's run
/// with O⁺ and O⁻ exchanged has Δμ(k) < 0 and so M ≡ 0, and J rises at every step, until 1 − J < 10⁻⁶.
#[test]
fn j_can_rise_without_any_alignment() {
    let mut instance = triangle_run(1.0 / 600.0, 0.2, 1_000);
    instance.correct.iter_mut().for_each(|c| *c = !*c);
    let evaluation = Evaluation::<Interval>::new(&instance, 1);
    let course = evaluation.course();
    assert_eq!(course.steps.len(), 1_000);
    for (k, step) in course.steps.iter().enumerate() {
        assert!(step.alignment.surely_lt(Interval::zero()), "step {k}: {:?}", step.alignment);
        assert!(Interval::zero().surely_lt(step.change), "step {k}: {:?}", step.change);
    }
    assert_eq!(course.cumulative_alignment(), Interval::zero());
    // 1 − J at θ_K itself.
    let failure = evaluation.iterates().log_failure[999].exp();
    assert!(evaluation.start().failure().lo() > 0.3 && failure.hi() < 1e-6, "{failure:?}");
}

/// §3, end: "the step size must respect the scale Δμ/(L_o + G_o²)". Not necessary: on the cube {±1}⁴ a step of 2.4 times that
/// scale raises J, as L_o alone decides (ascent-threshold).
#[test]
fn a_step_beyond_the_scale_can_be_safe() {
    let policy = Policy::cube(4, vec![]).expect("small");
    let correct = (0..16).map(|o| o == 15).collect();
    let direction = vec![0.5; 4];
    let mut instance = Instance { policy, theta: vec![0.0; 4], direction, eta: 0.0, correct, then: vec![] };
    let scale = {
        let e = enclosed(&instance);
        // Globally G_o = 2√n = 4 and L_o = 1; Δμ at θ.
        e.start().alignment() / Interval::of(17.0)
    };
    for factor in [2.4, 10.0, 17.0] {
        instance.eta = factor * scale.hi();
        assert!(Interval::zero().surely_lt(enclosed(&instance).step().change), "{factor}");
    }
}

/// Theorem 2's preface: "even with perfect update directions". The directions of the triangle are nearly orthogonal to the gap.
#[test]
fn the_collapse_of_theorem_2_is_nearly_orthogonal_to_the_gap() {
    let instance = triangle_run(1.0 / 600.0, 0.2, 2);
    instance.for_each_step(|k, step| {
        let evaluation = enclosed(step);
        let w: Vec<Interval> = step.direction.iter().map(|&w| Interval::of(w)).collect();
        let cosine = evaluation.start().alignment() / (norm(&evaluation.gap().vector) * norm(&w));
        assert!(Interval::zero().surely_lt(cosine) && cosine.hi() < 0.002, "step {k}: cosine {cosine:?}");
        assert!(evaluation.step().change.surely_lt(Interval::zero()), "step {k}");
    });
}

/// The same sentence, true by another construction: one parameter, in resonance with a wave of λ. w = 1 is the normalised gap, as the
/// gap is a positive number for certain, and J falls for certain at every step of the window's lower end, its middle and its upper end.
#[test]
fn perfect_directions_can_collapse() {
    let mut construction = Resonant::new(1.0, 1e-3, 0.1);
    let [low, high] = construction.window().ends(1e-3).expect("not empty");
    for eta in [low, 0.5 * (low + high), high] {
        (construction.eta, construction.steps) = (eta, 200);
        construction.admissible().expect("inside the window");
        let instance = construction.run().expect("an instance");
        let mut falls = 0;
        instance.for_each_step(|k, step| {
            assert_eq!(step.direction, [1.0]);
            let evaluation = enclosed(step);
            assert!(Interval::zero().surely_lt(evaluation.gap().vector[0]), "η = {eta}, step {k}");
            falls += usize::from(evaluation.step().change.surely_lt(Interval::zero()));
        });
        assert_eq!(falls, 200, "η = {eta}");
    }
    // The control: off resonance, at half the step size, the first step rises.
    let mut off = construction.run().expect("an instance");
    (off.eta, off.then) = (1e-3 * off.eta, vec![]);
    assert!(Interval::zero().surely_lt(enclosed(&off).step().change));
}

/// `length` independent tokens from one row, the word of first tokens correct: Theorem 4's tokens with log p = `log_odds` each.
fn word(length: u32, log_odds: f64, eta: f64) -> Instance {
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 3,
        bias: vec![log_odds, 0.0, 0.0],
        features: Features::Dense(vec![0.0, -1.0, 1.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 3, max_length: length, ending: Ending::Fixed };
    let policy = Policy::autoregressive(shape, Context::Shared, logits).expect("one row of three");
    let correct = (0..policy.responses()).map(|o| o == 0).collect();
    Instance { policy, theta: vec![0.0], direction: vec![1.0], eta, correct, then: vec![] }
}

/// §4, sketch of proof: "crucial … a naive trajectory-level analysis would give only the weaker quadratic dependence G_p²T∞²". With
/// curvature alone the trajectory-level bound L_oη²/(2(1−J)) with L_o = L_pT∞ is linear in T∞, without martingales; and the loss
/// really is: here it reaches 99 % of L_pT∞η²/(2(1−J)) for every length, while G_p²T∞² grows like the square.
#[test]
fn curvature_alone_gives_a_bound_linear_in_the_length() {
    for length in 1..=6 {
        let instance = word(length, -20.0, 1e-3);
        let evaluation = enclosed(&instance);
        let (loss, c) = (-evaluation.step().remainder, evaluation.constants());
        let linear = c.token_curvature * evaluation.max_length() * evaluation.eta().square()
            / (Interval::of(2.0) * evaluation.start().failure());
        let quadratic = Interval::of(8.0) * (c.token_score * evaluation.max_length()).square() * evaluation.eta().square();
        let share = loss / linear;
        assert!(share.lo() > 0.99 && share.lo() <= 1.0, "T∞ = {length}: {share:?}");
        assert!((loss / quadratic).hi() < 0.1 / f64::from(length), "T∞ = {length}");
    }
}

/// §4: "essentially tight" in T∞ and T_ψ1. Lengths at the start alone decide, and those of the correct responses only: R ≥
/// −L_pE⁺\[ℓ\]η²/(2(1−J)). EOS at once, which is correct, or 24 tokens: the bracket of (22) is more than fifty times as large.
#[test]
fn the_bracket_of_22_can_be_far_from_tight() {
    let logits = Logits {
        dim: 1,
        rows: 2,
        options: 2,
        bias: vec![0.0, 0.0, -30.0, 0.0],
        features: Features::Dense(vec![1.0, 0.0, 0.0, 0.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 2, max_length: 24, ending: Ending::Eos };
    let policy = Policy::autoregressive(shape, Context::LastToken, logits).expect("two rows of two");
    let correct = (0..policy.responses()).map(|o| o == 0).collect();
    let instance = Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 1e-3, correct, then: vec![] };
    let evaluation = enclosed(&instance);
    let (start, c, failure) = (evaluation.start(), evaluation.constants(), evaluation.start().failure());
    let sharp = c.token_curvature * start.length[1] / (Interval::of(2.0) * failure);
    let printed = c.token_curvature * evaluation.max_length() + c.token_score.square() * c.psi1 / failure;
    assert!((printed / sharp).lo() > 50.0, "{:?}", printed / sharp);
    assert!((-evaluation.step().remainder).surely_le(sharp * evaluation.eta().square()));
}

/// The same: T∞ in (22) cannot be replaced by E⁺\[ℓ\] alone where J > ½ and G_p² is small against L_p. Every token is a or EOS, with
/// log-odds ½θ² at θ = 0; O⁻ = {a²⁴}, so that 1 − J = 2⁻²⁴, E⁺\[ℓ\] < 2 and λ falls by about ½L_p·24η². With J ≤ ½, or with
/// G_p² ≥ ½ log 2 · L_p, it can (docs/claims/token-log-odds-step.md).
#[test]
fn the_length_in_22_cannot_be_the_mean_length_of_correct_responses() {
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 2,
        bias: vec![],
        features: Features::Dense(vec![0.0, 0.0]),
        quadratic: vec![0.0, 1.0],
        waves: vec![],
    };
    let shape = Shape { vocabulary: 2, max_length: 24, ending: Ending::Cut };
    let policy = Policy::autoregressive(shape, Context::Shared, logits).expect("one row of two");
    // The last response is a²⁴: token 0 is EOS.
    let wrong = policy.responses() - 1;
    let correct = (0..policy.responses()).map(|o| o != wrong).collect();
    let instance = Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 1e-6, correct, then: vec![] };
    let evaluation = enclosed(&instance);
    let (start, c, eta2) = (evaluation.start(), evaluation.constants(), evaluation.eta().square());
    let loss = -evaluation.step().remainder;
    let noise = c.token_score.square() * c.psi1 / start.failure();
    let replaced = (c.token_curvature * start.length[1] + noise) * eta2;
    assert!(start.length[1].hi() < 2.0 && (loss / replaced).lo() > 5.9, "{:?}", loss / replaced);
    // As printed, and by the bracket of the smoothness bound, it holds.
    let printed = (c.token_curvature * evaluation.max_length() + noise) * eta2;
    let sharp = c.token_curvature * start.length[1] / (Interval::of(2.0) * start.failure()) * eta2;
    assert!(loss.surely_le(printed) && loss.surely_le(sharp));
}

/// §4: "GRPO exhibits the correct scaling". Dividing by |o| inside the expectation can turn the direction round.
#[test]
fn grpo_can_point_away_from_the_gap() {
    let mut policy =
        Policy::linear_softmax(1, vec![1.0, -0.5, -0.4], [0.3f64, 0.2, 0.5].map(f64::ln).to_vec()).expect("three features");
    policy.lengths = Some(vec![10, 1, 10]);
    let correct = vec![true, true, false];
    let instance = Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.1, correct, then: vec![] };
    let evaluation = enclosed(&instance);
    assert!(Interval::zero().surely_lt(evaluation.gap().vector[0]));
    assert!(update(&evaluation, Algorithm::Grpo).gradient[0].surely_lt(Interval::zero()));
    // A run of GRPO, at a small rate, goes downhill.
    let plan = Plan {
        direction: Direction::Algorithm(Algorithm::Grpo),
        step: StepSize::Rate(0.01),
        most: 10,
        target: f64::INFINITY,
    };
    let (down, stop) = run(&instance, &plan);
    assert_eq!((stop, down.updates()), (Stop::Finished, 10));
    let course = Evaluation::<Interval>::new(&down, 1);
    assert!(course.course().steps.iter().all(|step| step.change.surely_lt(Interval::zero())));
}

/// §5.1: "fast exponential convergence (Corollary 1)". With a fixed rate α the effective step α‖∇J‖ vanishes with 1 − J: a tabular
/// softmax converges like C/k, so 1/(1−J) grows by a constant a step.
#[test]
fn a_fixed_rate_gives_no_exponential_convergence() {
    let plan = |most| Plan {
        direction: Direction::Algorithm(Algorithm::Reinforce),
        step: StepSize::Rate(0.5),
        most,
        target: f64::INFINITY,
    };
    let odds = [1_000, 2_000, 4_000].map(|most| {
        let (instance, stop) = run(&tabular(2), &plan(most));
        assert_eq!(stop, Stop::Finished);
        let course = Evaluation::<Interval>::new(&instance, 1);
        (-course.iterates().log_failure[most - 1]).exp_m1() // 1/(1−J) − 1 at θ_K
    });
    // J/(1−J) grows by 2αJ² → 1 a step; an exponential rate would multiply it.
    for (k, pair) in odds.windows(2).enumerate() {
        let growth = (pair[1] - pair[0]) / Interval::of(1_000.0 * 2f64.powi(k as i32));
        assert!(growth.lo() > 0.99 && growth.hi() < 1.01, "{growth:?}: {odds:?}");
    }
}
