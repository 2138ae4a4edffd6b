//! Families of runs: an instance of another family as the start, then a plan for the updates.

use super::coordinates::{choice, choice_coordinate, log_uniform};
use super::{Edge, Family, Map, collapse, curve, header, sines, softmax, tokens};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::run::{Direction, Plan, StepSize, run};
use crate::thresholds::trajectory_step;
use crate::update::Algorithm;

/// Places of the run's own coordinates, counted from the end of the start's.
pub mod at {
    /// Which rule for direction and step size, one of [`RULES`](super::RULES).
    pub const RULE: usize = 0;
    /// Whether step sizes are at the condition of the rule, well below it, or outside.
    pub const SHARE: usize = 1;
    /// How far step sizes are below the condition or outside.
    pub const HOW_FAR: usize = 2;
    /// The most steps of the run.
    pub const STEPS: usize = 3;
    /// M(K) (14) at which the run ends.
    pub const TARGET: usize = 4;
    /// The seed of random directions.
    pub const SEED: usize = 5;
    /// How many coordinates a run has of its own.
    pub const COUNT: usize = 6;
}

/// How many rules for direction and step size there are: [`at::RULE`] chooses one.
pub const RULES: usize = 12;

/// The rules whose constant step size is chosen against the run's own smallest alignment and largest constants: along the gap,
/// along random directions uphill (for half of the seeds), and along the gap from J near 1.
pub const CONSTANT: [usize; 3] = [5, 6, 10];

/// The most steps of a run.
pub(crate) const MOST_STEPS: f64 = 400.0;

/// "At the condition": a thousandth below, as sampled constants may be too small by about as much.
const AT: f64 = 0.999;

/// The last of them, whose starts are tilted by 10 to 40 towards the correct responses.
const NEAR_ONE: usize = CONSTANT[2];

/// The start's own direction and step size, again and again.
const OWN: usize = RULES - 1;

/// The most steps of a run whose constant step size is sought, as every trial runs it once.
const MOST_CONSTANT: usize = 64;

/// How often a constant step size is corrected.
const TRIALS: usize = 6;

/// What Corollary 1 allows for a run: (15a) and 1/(2√L_o) with min_k Δμ(k) and the largest constants.
pub fn constant_limit(run: &Instance) -> f64 {
    let evaluation = Evaluation::<f64>::new(run, 1);
    let course = evaluation.course();
    trajectory_step(course.smallest(|step| step.alignment), &course.constants())
}

/// A plan with the constant step size that is `share` of [`constant_limit`] of its own run: a fixed point, approached from what
/// (15a) allows at the start. A share below 1 ends within 1 % below the limit where it can; where the directions turn downhill
/// there is no such step size.
fn constant(direction: Direction, share: f64, instance: &Instance, most: usize, target: f64) -> Plan {
    let first = Plan { direction, step: StepSize::Trajectory(share), most: 1, target };
    let mut plan = Plan { step: StepSize::Constant(run(instance, &first).0.eta), most: most.min(MOST_CONSTANT), ..first };
    for _ in 0..TRIALS {
        let StepSize::Constant(eta) = plan.step else { break };
        let next = share * constant_limit(&run(instance, &plan).0);
        let near = if share < 1.0 { 0.995..=1.0005 } else { 0.9995..=1.05 };
        let near = near.contains(&(eta / next));
        if near || !(next > 0.0 && next.is_finite()) {
            break;
        }
        plan.step = StepSize::Constant(next);
    }
    plan
}

/// The plan that the coordinates `u` stand for. Rates are shares of what (15a) allows at the start.
fn plan(u: &[f64], instance: &Instance) -> Plan {
    let far = u[at::HOW_FAR];
    let share = match u[at::SHARE] {
        x if x < 0.65 => AT,
        x if x < 0.75 => log_uniform(1.0 - far, 0.01, 1.0),
        x if x < 0.85 => 1.001 + 0.1 * far,
        _ => log_uniform(far, 1.1, 20.0),
    };
    let seed = (u[at::SEED] * 4_294_967_296.0) as u64;
    let rate = |direction: Direction| {
        let probe = Plan { direction: direction.clone(), step: StepSize::Rate(1.0), most: 1, target: f64::INFINITY };
        let allowed = Plan { step: StepSize::Trajectory(1.0), ..probe.clone() };
        let [size, limit] = [probe, allowed].map(|plan| run(instance, &plan).0.eta);
        let alpha = share * limit / size;
        (direction, StepSize::Rate(if alpha.is_finite() { alpha } else { 0.0 }))
    };
    let most = 1 + ((MOST_STEPS - 1.0) * (5.0 * u[at::STEPS]).min(1.0)) as usize;
    let target = match u[at::TARGET] {
        x if x < 0.9 => log_uniform(x / 0.9, 4.0, 16.0),
        x => log_uniform((x - 0.9) / 0.1, 1e-3, 4.0),
    };
    let (direction, step) = match choice(u[at::RULE], RULES) {
        0 => (Direction::Gradient, StepSize::Trajectory(share)),
        1 => (Direction::RandomUphill(seed), StepSize::Trajectory(share)),
        2 => (Direction::Prescribed, StepSize::Trajectory(share)),
        3 => (Direction::Gradient, StepSize::Token(share)),
        4 => (Direction::RandomUphill(seed), StepSize::Token(share)),
        5 | NEAR_ONE => return constant(Direction::Gradient, share, instance, most, target),
        6 if u[at::SEED] < 0.5 => return constant(Direction::RandomUphill(seed), share, instance, most, target),
        6 => {
            let first = Plan { direction: Direction::Random(seed), step: StepSize::Trajectory(share), most: 1, target };
            (Direction::Random(seed), StepSize::Constant(0.2 * run(instance, &first).0.eta))
        }
        7 => rate(Direction::Algorithm(Algorithm::Reinforce)),
        8 => rate(Direction::Algorithm(Algorithm::Grpo)),
        9 => rate(Direction::Algorithm(Algorithm::DrGrpo)),
        _ => (Direction::Prescribed, StepSize::Constant(instance.eta)),
    };
    Plan { direction, step, most, target }
}

/// The start of `base` at the first coordinates, followed by the plan.
fn along(base: &Family, farther: fn(&mut [f64]), u: &[f64], instance: &mut Instance) {
    let mut u = u.to_vec();
    farther(&mut u);
    let (start, plan_at) = u.split_at_mut(base.dim);
    if choice(plan_at[at::RULE], RULES) == NEAR_ONE {
        let log_odds = 10.0 + 30.0 * plan_at[at::SEED];
        start[header::TILT] = header::tilt_coordinate(log_odds);
    }
    let Map::Trusted(map) = base.map else { return }; // never: the bases are families of this crate
    map(start, instance);
    *instance = run(instance, &plan(plan_at, instance)).0;
}

/// The base family's own edges, taken one step and three, and extremes with every rule.
fn edges(base: &Family) -> Vec<Edge> {
    let mut edges = Vec::new();
    if base.name == curve::CURVE.name {
        let mut half = curve::parabola(0.0, 1e-3, 1e-3);
        half.resize(base.dim + at::COUNT, 0.0);
        edges.push(Edge {
            name: "λ = δθ − θ², J = ½, one step at (15a), δ = 10⁻³: equality in Theorem 1(b)", u: half
        });
        for (name, log_odds, slope) in [
            ("λ = 25 + δθ − θ², one step at the limit of Corollary 1, δ = 10⁻²: half of its bound", 25.0, 1e-2),
            ("λ = 30 + δθ − θ², one step at the limit of Corollary 1, δ = 10⁻³: half of its bound", 30.0, 1e-3),
        ] {
            let mut u = curve::parabola(log_odds, slope, slope);
            u.resize(base.dim + at::COUNT, 0.0);
            u[base.dim + at::RULE] = choice_coordinate(NEAR_ONE, RULES);
            u[base.dim + at::SEED] = (log_odds - 10.0) / 30.0;
            edges.push(Edge { name, u });
        }
        let mut beyond = curve::parabola(-30.0, 1e-3, 1.02e-3);
        beyond.resize(base.dim + at::COUNT, 0.0);
        beyond[base.dim + at::RULE] = choice_coordinate(OWN, RULES);
        edges.push(Edge { name: curve::JUST_BEYOND, u: beyond });
    }
    for Edge { name, u } in (base.edges)() {
        for steps in [0.0, 0.001] {
            let mut u = u.clone();
            u.resize(base.dim + at::COUNT, 0.0);
            let run = &mut u[base.dim..];
            (run[at::RULE], run[at::STEPS], run[at::TARGET]) = (1.0, steps, 0.89);
            edges.push(Edge { name, u });
        }
    }
    for rule in 0..RULES {
        for (name, share, tilt) in [
            ("at the condition", 0.0, 0.0),
            ("far outside the condition", 1.0, 0.0),
            ("J near 10⁻³⁰⁰", 0.0, header::tilt_coordinate(-690.0)),
            ("1 − J near 10⁻³⁰⁰", 0.0, header::tilt_coordinate(690.0)),
        ] {
            let mut u: Vec<f64> =
                (0..base.dim + at::COUNT).map(|i| (0.37 + 0.618_033_988_749_895 * i as f64).fract()).collect();
            u[..header::COUNT].fill(0.0);
            u[header::TILT] = tilt;
            let run = &mut u[base.dim..];
            run[at::RULE] = choice_coordinate(rule, RULES);
            // The algorithms, whose rates are asymptotic, run as long as they may.
            let (steps, target) = if rule >= 7 { (0.2, 0.89) } else { (0.005, 0.0) };
            (run[at::SHARE], run[at::HOW_FAR], run[at::STEPS], run[at::TARGET]) = (share, 1.0, steps, target);
            edges.push(Edge { name, u });
        }
    }
    edges.push(Edge { name: "the simplest run, u = 0", u: vec![0.0; base.dim + at::COUNT] });
    edges
}

// What follows changes starts that are drawn, so that more of their runs reach M(K) ≥ 4; edges, whose coordinates are 0 where they
// ask for nothing, stay as they are.

/// A start as the family draws it.
fn as_drawn(_: &mut [f64]) {}

/// Sums of sines are bounded, and so is λ: in four of five runs every amplitude is 1.5 to 4, which leaves M(K) some room. Two
/// rules, a prescribed direction at (15a), which halts at the first top, and Dr. GRPO, which is REINFORCE here, give way to the
/// start's own step again and again, not too short, which passes over the tops.
fn large_amplitudes(u: &mut [f64]) {
    let own = u.len() - at::COUNT;
    if matches!(choice(u[own + at::RULE], RULES), 2 | 9) {
        u[own + at::RULE] = choice_coordinate(OWN, RULES);
        u[header::ETA] *= 0.6; // η√L from 0.01 to 4
    }
    let size = u[sines::SIZE_COORDINATE];
    if size > 0.0 && size < 0.8 {
        u[sines::SIZE_COORDINATE] *= 0.05;
        // ±x from all of [0, 1] into [½, 1].
        sines::amplitudes(u).for_each(|x| *x = 0.25 + 0.5 * *x);
    }
}

/// With a fixed EOS λ is bounded by log(1/h − 1) or so where the empty response is wrong. Three of five starts, those without a tilt,
/// are tilted by 6 to 24 away from the correct responses, and h is at most 0.06 there. Verifiers of the length, on which θ has no
/// influence, give way to a single correct response, and among the tilted so do those of the
/// sum's parity and of the last token.
fn far_from_success(u: &mut [f64]) {
    u[header::RULE] = if u[header::RULE] < 6.0 / 7.0 { u[header::RULE] } else { 1.0 - u[header::RULE] };
    let tilt = u[header::TILT];
    if tilt > 0.0 && tilt < 0.6 {
        u[header::TILT] = header::tilt_coordinate(-6.0 - 30.0 * tilt);
        u[tokens::STOP_COORDINATE] = 1.0 - 0.29 * (1.0 - u[tokens::STOP_COORDINATE]);
        let [even_sum, last_token] = [3.0 / 7.0, 4.0 / 7.0];
        match u[header::RULE] {
            x if (even_sum..last_token).contains(&x) => u[header::RULE] -= even_sum,
            x if (last_token..5.0 / 7.0).contains(&x) => u[header::RULE] -= last_token,
            _ => {}
        }
    }
}

macro_rules! runs {
    ($($name:ident: $slug:literal from $base:path $(, $farther:path)?;)*) => {
        $(
            const $name: Family = Family {
                name: $slug,
                version: 2,
                summary: concat!("runs of (3) from ", $slug, " starts"),
                dim: $base.dim + at::COUNT,
                map: Map::Trusted(|u, instance| along(&$base, [$($farther,)? as_drawn][0], u, instance)),
                edges: || edges(&$base),
                shared_edges: false,
            };
        )*
        /// All families of runs: from the starts of other families, then the constructions of Theorems 2 and 4.
        pub static RUNS: &[Family] =
            &[$($name,)* collapse::THEOREM_2, collapse::RESONANT, collapse::THEOREM_4];
    };
}

runs! {
    LINEAR: "linear-softmax-run" from softmax::LINEAR;
    TABULAR: "tabular-softmax-run" from softmax::TABULAR;
    CUBE: "cube-run" from softmax::CUBE;
    QUADRATIC: "quadratic-softmax-run" from softmax::QUADRATIC;
    CURVE: "curve-run" from curve::CURVE;
    SINES: "sum-of-sines-run" from sines::SUM_OF_SINES, large_amplitudes;
    PREFIX_TABULAR: "prefix-tabular-run" from tokens::PREFIX_TABULAR;
    LAST_TOKEN: "last-token-run" from tokens::LAST_TOKEN;
    GEOMETRIC: "geometric-length-run" from tokens::GEOMETRIC, far_from_success;
}
