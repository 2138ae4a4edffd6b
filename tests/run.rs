//! The iteration (3): what a plan does at every step, why a run ends, and that every step can be checked from its own θ_k.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]

use gradient_gap::check::campaign::draw;
use gradient_gap::claims::{self, Scope};
use gradient_gap::collapse::{Construction, Theorem2};
use gradient_gap::families::runs::{CONSTANT, RULES, at, constant_limit};
use gradient_gap::instance::{Update, advance};
use gradient_gap::policy::Policy;
use gradient_gap::run::{Direction, Plan, StepSize, Stop, run};
use gradient_gap::thresholds::{token_step, trajectory_step};
use gradient_gap::update::Algorithm;
use gradient_gap::{Evaluation, Instance, families};

fn start() -> Instance {
    Instance {
        policy: Policy::linear_softmax(2, vec![1.0, 0.25, 0.0, 0.5, -0.5, 1.0], vec![]).expect("fits"),
        theta: vec![0.125, -0.25],
        direction: vec![0.6, 0.8],
        eta: 0.0,
        correct: vec![true, false, false],
        then: vec![],
    }
}

fn plan(direction: Direction, step: StepSize, most: usize) -> Plan {
    Plan { direction, step, most, target: f64::INFINITY }
}

/// θ_k of every step.
fn iterates(instance: &Instance) -> Vec<Vec<f64>> {
    let mut iterates = Vec::new();
    instance.for_each_step(|k, step| {
        assert_eq!((k, step.updates()), (iterates.len(), 1));
        iterates.push(step.theta.clone());
    });
    iterates
}

#[test]
fn every_step_starts_where_the_last_one_ended() {
    let (instance, stop) = run(&start(), &plan(Direction::Gradient, StepSize::Constant(0.3), 20));
    assert_eq!((stop, instance.updates()), (Stop::Finished, 20));
    instance.validate().expect("a valid instance");
    let iterates = iterates(&instance);
    assert_eq!(iterates[0], start().theta);
    let updates =
        std::iter::once((&instance.direction, instance.eta)).chain(instance.then.iter().map(|u| (&u.direction, u.eta)));
    let mut theta = start().theta;
    for (at, (direction, eta)) in iterates.iter().zip(updates) {
        assert_eq!(&theta, at, "bit for bit");
        advance(&mut theta, direction, eta);
    }
    assert_eq!(theta, instance.end());
    // Stored and read again, the same iterates.
    let text = serde_json::to_string(&instance).expect("serialises");
    let again: Instance = serde_json::from_str(&text).expect("reads");
    assert_eq!(again, instance);
    assert_eq!(again.end(), instance.end());
}

/// λ(0) plus what the steps do is λ at θ_K, evaluated on its own, up to the rounding of θ.
#[test]
fn the_course_ends_at_the_last_iterate() {
    for direction in [Direction::Gradient, Direction::Random(3), Direction::RandomUphill(4), Direction::Prescribed] {
        let (instance, _) = run(&start(), &plan(direction.clone(), StepSize::Constant(0.25), 40));
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let end = Instance { theta: instance.end(), then: vec![], ..instance.clone() };
        let found = Evaluation::<f64>::new(&end, 1).start().lambda();
        assert!((evaluation.course().end() - found).abs() < 1e-13, "{direction:?}");
        let by_hand: f64 = evaluation.course().steps.iter().map(|s| s.alignment.max(0.0) * s.eta).sum();
        assert_eq!(evaluation.course().cumulative_alignment(), by_hand);
    }
}

#[test]
fn directions_are_what_they_are_called() {
    let unit = |w: &[f64]| (w.iter().map(|w| w * w).sum::<f64>() - 1.0).abs() < 1e-14;
    for direction in [
        Direction::Gradient,
        Direction::Random(1),
        Direction::RandomUphill(1),
        Direction::Prescribed,
        Direction::Algorithm(Algorithm::Reinforce),
        Direction::Algorithm(Algorithm::Grpo),
    ] {
        let (instance, _) = run(&start(), &plan(direction.clone(), StepSize::Constant(0.1), 30));
        let mut downhill = 0;
        instance.for_each_step(|_, step| {
            assert!(unit(&step.direction), "{direction:?}");
            let evaluation = Evaluation::<f64>::new(step, 1);
            let gap = evaluation.gap().vector.iter().map(|g| g * g).sum::<f64>().sqrt();
            downhill += usize::from(evaluation.start().alignment() < 0.0);
            if !matches!(direction, Direction::Random(_) | Direction::RandomUphill(_) | Direction::Prescribed) {
                // One length for all: every algorithm moves along the gap.
                assert!((evaluation.start().alignment() / gap - 1.0).abs() < 1e-12);
            }
        });
        assert_eq!(downhill > 0, matches!(direction, Direction::Random(_)), "{direction:?}: {downhill}");
    }
    let random = |seed| run(&start(), &plan(Direction::Random(seed), StepSize::Constant(0.1), 5)).0;
    assert_eq!(random(7), random(7));
    assert_ne!(random(7), random(8));
}

/// (20): η_k = α‖g‖, with ‖∇J‖ = J(1−J)‖g⁺−g⁻‖ for REINFORCE and √(J(1−J))‖g⁺−g⁻‖ for GRPO with one token.
#[test]
fn rates_give_the_effective_step() {
    for (algorithm, power) in [(Algorithm::Reinforce, 1.0), (Algorithm::DrGrpo, 1.0), (Algorithm::Grpo, 0.5)] {
        let (instance, _) = run(&start(), &plan(Direction::Algorithm(algorithm), StepSize::Rate(0.75), 10));
        instance.for_each_step(|_, step| {
            let evaluation = Evaluation::<f64>::new(step, 1);
            let line = evaluation.start();
            let gap = evaluation.gap().vector.iter().map(|g| g * g).sum::<f64>().sqrt();
            let expected = 0.75 * (line.success() * line.failure()).powf(power) * gap;
            assert!((step.eta / expected - 1.0).abs() < 1e-12, "{algorithm:?}");
        });
    }
}

/// At a share of 1 every step is at its condition: just inside for a share below 1, outside above.
#[test]
fn shares_are_shares_of_the_condition() {
    for (share, inside) in [(0.999, true), (0.5, true), (1.01, false)] {
        for (step, slug) in [(StepSize::Trajectory(share), "convergence"), (StepSize::Token(share), "token-convergence")] {
            let (instance, _) = run(&start(), &plan(Direction::Gradient, step, 25));
            let claim = claims::find(slug).expect("in the registry");
            assert_eq!(claim.scope, Scope::Run);
            let evaluation = Evaluation::<f64>::new(&instance, 1);
            assert_eq!(claim.given.iter().all(|h| (h.real)(&evaluation) >= 0.0), inside, "{slug}, {share}");
            for s in &evaluation.course().steps {
                let limit = match step {
                    StepSize::Token(_) => token_step(s.alignment, s.log_failure.exp(), 1.0, &s.constants),
                    _ => trajectory_step(s.alignment, &s.constants),
                };
                // From below: the constants of a slightly longer segment decide.
                assert!((0.9..=1.0 + 1e-12).contains(&(s.eta / limit / share)) || !inside, "{slug}: {} of {limit}", s.eta);
            }
        }
    }
}

#[test]
fn runs_end_for_a_reason() {
    let far = Plan { target: 0.5, ..plan(Direction::Gradient, StepSize::Constant(0.3), 1_000) };
    let (reached, stop) = run(&start(), &far);
    assert_eq!(stop, Stop::Reached);
    let progress = Evaluation::<f64>::new(&reached, 1).course().cumulative_alignment();
    // Not before the last step.
    let before = Instance { then: reached.then[..reached.then.len() - 1].to_vec(), ..reached.clone() };
    assert!(progress >= 0.5 && Evaluation::<f64>::new(&before, 1).course().cumulative_alignment() < 0.5);

    // Equal features: no gap. The run has one update that goes nowhere.
    let flat = Instance { policy: Policy::linear_softmax(2, vec![1.0; 6], vec![]).expect("fits"), ..start() };
    for direction in [Direction::Gradient, Direction::Algorithm(Algorithm::Grpo)] {
        let (run, stop) = run(&flat, &plan(direction, StepSize::Constant(0.3), 10));
        assert_eq!((stop, run.updates(), run.eta), (Stop::ZeroGap, 1, 0.0));
        run.validate().expect("valid");
    }
    // Directions of their own: a step size that needs the gap ends the run, a given one does not, and the reason is the same.
    let listed = Direction::Sequence(vec![vec![1.0, 0.0]]);
    for direction in [Direction::Prescribed, Direction::Random(1), Direction::RandomUphill(1), listed] {
        for step in [StepSize::Trajectory(0.9), StepSize::Token(0.9)] {
            let (run, stop) = run(&flat, &plan(direction.clone(), step, 10));
            assert_eq!((stop, run.updates(), run.eta), (Stop::ZeroGap, 1, 0.0), "{direction:?}");
        }
        let (run, stop) = run(&flat, &plan(direction.clone(), StepSize::Constant(0.3), 10));
        assert_eq!((stop, run.updates(), run.eta), (Stop::ZeroGap, 10, 0.3), "{direction:?}");
    }
    // From the bottom of λ = θ² a given step leads away: no gap at θ₀ alone.
    let bottom = Instance { policy: Policy::curve([0.0, 0.0, 2.0], &[]).expect("finite"), ..start() };
    let bottom = Instance { theta: vec![0.0], direction: vec![1.0], correct: vec![false, true], ..bottom };
    let (_, stop) = run(&bottom, &plan(Direction::Prescribed, StepSize::Constant(0.3), 10));
    assert_eq!(stop, Stop::Finished);
    // J or 1 − J below what binary64 holds.
    for (bias, expected) in [(-800.0, Stop::SureFailure), (800.0, Stop::SureSuccess)] {
        let policy = Policy::linear_softmax(2, vec![1.0, 0.25, 0.0, 0.5, -0.5, 1.0], vec![bias, 0.0, 0.0]).expect("fits");
        let start = Instance { policy, ..start() };
        for direction in [Direction::Gradient, Direction::Algorithm(Algorithm::Reinforce), Direction::Prescribed] {
            let (_, stop) = run(&start, &plan(direction.clone(), StepSize::Constant(0.3), 10));
            assert_eq!(stop, expected, "{direction:?}");
        }
    }
    // 10⁻³⁰⁰ is an ordinary number.
    let policy = Policy::linear_softmax(2, vec![1.0, 0.25, 0.0, 0.5, -0.5, 1.0], vec![-690.0, 0.0, 0.0]).expect("fits");
    let (_, stop) = run(&Instance { policy, ..start() }, &plan(Direction::Gradient, StepSize::Constant(0.3), 10));
    assert_eq!(stop, Stop::Finished);
    // J = 1 to rounding is no end: 1 − J = e⁻⁴⁰ is an ordinary number.
    let policy = Policy::linear_softmax(2, vec![1.0, 0.25, 0.0, 0.5, -0.5, 1.0], vec![40.0, 0.0, 0.0]).expect("fits");
    let sure = Instance { policy, ..start() };
    assert_eq!(Evaluation::<f64>::new(&sure, 1).start().success(), 1.0);
    let (_, stop) = run(&sure, &plan(Direction::Gradient, StepSize::Constant(0.3), 10));
    assert_eq!(stop, Stop::Finished);
}

/// The k at which a number leaves the range is named, and what was taken before is kept.
#[test]
fn overflow_names_its_step() {
    let (_, stop) = run(&start(), &plan(Direction::Prescribed, StepSize::Rate(f64::INFINITY), 10));
    assert_eq!((stop, stop.to_string().as_str()), (Stop::Overflow(0), "overflow at step 0"));
    // A step that no number holds is not one of size 0.
    let beyond = StepSize::Trajectory(f64::INFINITY);
    assert_eq!(run(&start(), &plan(Direction::Gradient, beyond, 10)).1, Stop::Overflow(0));
    assert_eq!(run(&start(), &plan(Direction::Gradient, StepSize::Token(f64::INFINITY), 10)).1, Stop::Overflow(0));
    // θ₁ only: a direction without any effect on the responses, so that J stays where it is.
    let mut idle = start();
    idle.policy = Policy::linear_softmax(2, vec![1.0, 0.0, 0.0, 0.0, -0.5, 0.0], vec![]).expect("fits");
    idle.direction = vec![0.0, 1.0];
    let (taken, stop) = run(&idle, &plan(Direction::Prescribed, StepSize::Constant(0.9e308), 10));
    assert_eq!((stop, taken.updates()), (Stop::Overflow(1), 1));
    taken.validate().expect("what was taken is valid");
    // The norm of an algorithm's gradient: two entries of 1.5·10³⁰⁸. That is no zero gap.
    let huge = Policy::linear_softmax(2, vec![1.5e308, 1.5e308, 0.0, 0.0, 0.0, 0.0], vec![]).expect("fits");
    let huge = Instance { policy: huge, theta: vec![0.0; 2], ..start() };
    for direction in [Direction::Algorithm(Algorithm::Reinforce), Direction::Algorithm(Algorithm::Grpo), Direction::Gradient]
    {
        let (_, stop) = run(&huge, &plan(direction.clone(), StepSize::Constant(1.0), 10));
        assert_eq!(stop, Stop::Overflow(0), "{direction:?}");
    }
}

#[test]
fn directions_can_be_listed() {
    let list = vec![vec![1.0, 0.0], vec![0.0, -1.0], vec![0.6, 0.8]];
    let (listed, stop) = run(&start(), &plan(Direction::Sequence(list.clone()), StepSize::Constant(0.25), 7));
    assert_eq!((stop, listed.updates()), (Stop::Finished, 7));
    listed.for_each_step(|k, step| assert_eq!(step.direction, list[k % 3], "step {k}"));
    // Another dimension, or nothing, is an end of the run with its place, not a panic.
    let broken = vec![vec![1.0, 0.0], vec![1.0]];
    for (list, expected, updates) in [(broken, 1, 1), (vec![], 0, 1), (vec![vec![1.0; 3]], 0, 1)] {
        let (taken, stop) = run(&start(), &plan(Direction::Sequence(list), StepSize::Constant(0.25), 7));
        assert_eq!((stop, taken.updates()), (Stop::Dimension(expected), updates));
        assert!(stop.to_string().contains("dimension"));
        taken.validate().expect("valid");
    }
}

/// The two directions of Theorem 2's construction, repeated, are its run, bit for bit.
#[test]
fn the_directions_of_a_collapse_reproduce_it() {
    let built = Theorem2 { steps: 100, ..Theorem2::new(1.0, 1.0 / 600.0, 0.1) }.run().expect("an instance");
    let list = vec![built.direction.clone(), built.then[0].direction.clone()];
    assert_ne!(list[0], list[1]);
    let start = Instance { then: vec![], ..built.clone() };
    let (again, stop) = run(&start, &plan(Direction::Sequence(list), StepSize::Constant(built.eta), built.updates()));
    assert_eq!((stop, &again), (Stop::Finished, &built));
    let course = Evaluation::<f64>::new(&again, 1).course().clone();
    assert!(course.steps.iter().all(|step| step.change < 0.0 && step.alignment > 0.0));
}

#[test]
fn bad_updates_are_refused_by_name() {
    let with = |direction: Vec<f64>, eta: f64| Instance { then: vec![Update { direction, eta }], ..start() };
    for (instance, words) in [
        (with(vec![1.0], 0.1), "then[0].direction has 1 entries, expected 2"),
        (with(vec![1.0, f64::NAN], 0.1), "then[0].direction[1] is NaN"),
        (with(vec![1.0, 0.0], -0.1), "then[0].eta is -0.1"),
        (with(vec![1.0, 0.0], f64::INFINITY), "then[0].eta is inf"),
        (with(vec![1e300, 0.0], 1e300), "the last iterate[0] is inf"),
    ] {
        let error = instance.validate().expect_err("refused").to_string();
        assert!(error.contains(words), "{error}");
    }
}

/// Constant step sizes sit where Corollary 1 asks for: of the runs that choose theirs against their own course a twentieth at least,
/// in every family, have η within 1 % below the limit, and some η within 10 % above it.
#[test]
fn constant_step_sizes_are_at_the_limit() {
    for (k, family) in families::RUNS.iter().enumerate().filter(|(_, family)| family.name.ends_with("-run")) {
        let (mut runs, mut just_inside, mut just_outside) = (0, 0, 0);
        for i in 0..240 {
            let mut u = Vec::new();
            draw(3, i * 16 + k as u64, family.dim, &mut u);
            let own = family.dim - at::COUNT;
            u[own + at::RULE] = (CONSTANT[i as usize % 3] as f64 + 0.5) / RULES as f64;
            u[own + at::SEED] *= 0.5;
            let instance = family.decode(&u).expect("inside the cube");
            let share = instance.eta / constant_limit(&instance);
            runs += 1;
            just_inside += usize::from(share > 0.99 && share <= 1.0);
            just_outside += usize::from(share > 1.0 && share < 1.1);
        }
        assert!(20 * just_inside >= runs, "{}: {just_inside} of {runs} just inside", family.name);
        assert!(just_outside >= 3, "{}: {just_outside} of {runs} just outside", family.name);
    }
}

/// At least a third of all trajectories reach M(K) ≥ 4, and a fifth of each family of runs.
#[test]
fn trajectories_reach_far() {
    let (mut total, mut far) = (0, 0);
    for (k, family) in families::RUNS.iter().enumerate().filter(|(_, family)| family.name.ends_with("-run")) {
        let reached = (0..200).filter(|i| {
            let mut u = Vec::new();
            draw(5, i * 16 + k as u64, family.dim, &mut u);
            let instance = family.decode(&u).expect("inside the cube");
            Evaluation::<f64>::new(&instance, 1).course().cumulative_alignment() >= 4.0
        });
        let reached = reached.count();
        assert!(5 * reached >= 200, "{}: {reached} of 200", family.name);
        (total, far) = (total + 200, far + reached);
    }
    assert!(3 * far >= total, "{far} of {total}");
}

/// Every family of runs decodes to a valid instance everywhere, shares its decoding with no leftovers, and has edges of its own.
#[test]
fn families_of_runs_decode() {
    let mut reused = families::blank();
    for family in families::RUNS {
        let points = family.edges().into_iter().map(|edge| edge.u);
        let mut updates = 0;
        for u in points.chain([vec![0.5; family.dim], vec![1.0; family.dim]]) {
            let instance = family.decode(&u).expect("inside the cube");
            instance.validate().expect("valid");
            family.decode_into(&u, &mut reused).expect("inside the cube");
            assert_eq!(instance, reused, "{}", family.name);
            updates = updates.max(instance.updates());
        }
        let simplest = family.decode(&vec![0.0; family.dim]).expect("inside").updates();
        // The constructions of Theorems 2 and 4 go in twos.
        let (least, most) = if family.name.ends_with("-run") { (1, 400) } else { (2, 12) };
        assert_eq!((simplest, updates), (least, most), "{}", family.name);
    }
}

/// A plan with a negative number, or none at all, takes no step and says why; the instance stays valid.
#[test]
fn plans_that_are_no_plans_are_refused() {
    for wrong in [-0.1, f64::NAN] {
        for step in [StepSize::Constant(wrong), StepSize::Rate(wrong), StepSize::Trajectory(wrong), StepSize::Token(wrong)] {
            let (instance, stop) = run(&start(), &plan(Direction::Gradient, step, 5));
            assert_eq!((stop, instance.updates(), instance.eta), (Stop::Plan, 1, 0.0), "{step:?}");
            assert_eq!(instance.validate(), Ok(()), "{step:?}");
        }
        let aimless = Plan { target: wrong, ..plan(Direction::Gradient, StepSize::Constant(0.1), 5) };
        assert_eq!(run(&start(), &aimless).1, Stop::Plan, "{wrong}");
    }
    // Control: the same with numbers that serve.
    assert_eq!(run(&start(), &plan(Direction::Gradient, StepSize::Constant(0.1), 5)).1, Stop::Finished);
    assert!(!Stop::Plan.to_string().is_empty());
}
