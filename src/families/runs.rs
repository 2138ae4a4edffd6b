//! Families of runs: an instance of another family as the start, then a plan for the updates.

use super::coordinates::{choice, choice_coordinate, log_uniform};
use super::{Edge, Family, collapse, curve, header, sines, softmax, tokens};
use crate::instance::Instance;
use crate::run::{Direction, Plan, StepSize, run};
use crate::update::Algorithm;

/// Places of the run's own coordinates, counted from the end of the start's.
pub mod at {
    /// Which direction and which step size.
    pub const RULE: usize = 0;
    /// At the condition, well below it, or outside.
    pub const SHARE: usize = 1;
    /// How far below or outside.
    pub const HOW_FAR: usize = 2;
    /// The most steps.
    pub const STEPS: usize = 3;
    /// M(K) at which the run ends.
    pub const TARGET: usize = 4;
    /// The seed of random directions.
    pub const SEED: usize = 5;
    /// How many there are.
    pub const COUNT: usize = 6;
}

/// How many rules there are.
pub const RULES: usize = 11;

/// The most steps of a run.
pub const MOST_STEPS: f64 = 400.0;

/// "At the condition": a thousandth below, as sampled constants may be too small by about as much.
const AT: f64 = 0.999;

/// The plan that the coordinates `u` stand for. Constant steps and rates are shares of what (15a) allows at the start.
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
    let constant = |direction: Direction| {
        let first = Plan { direction: direction.clone(), step: StepSize::Trajectory(1.0), most: 1, target: f64::INFINITY };
        // A fifth of it: the bound must also hold at later steps, where the alignment is smaller.
        (direction, StepSize::Constant(0.2 * share * run(instance, &first).0.eta))
    };
    let (direction, step) = match choice(u[at::RULE], RULES) {
        0 => (Direction::Gradient, StepSize::Trajectory(share)),
        1 => (Direction::RandomUphill(seed), StepSize::Trajectory(share)),
        2 => (Direction::Prescribed, StepSize::Trajectory(share)),
        3 => (Direction::Gradient, StepSize::Token(share)),
        4 => (Direction::RandomUphill(seed), StepSize::Token(share)),
        5 => constant(Direction::Gradient),
        6 => constant(Direction::Random(seed)),
        7 => rate(Direction::Algorithm(Algorithm::Reinforce)),
        8 => rate(Direction::Algorithm(Algorithm::Grpo)),
        9 => rate(Direction::Algorithm(Algorithm::DrGrpo)),
        // The start's own direction and step size, again and again.
        _ => (Direction::Prescribed, StepSize::Constant(instance.eta)),
    };
    let most = 1 + ((MOST_STEPS - 1.0) * (5.0 * u[at::STEPS]).min(1.0)) as usize;
    let target = match u[at::TARGET] {
        x if x < 0.9 => log_uniform(x / 0.9, 4.0, 16.0),
        x => log_uniform((x - 0.9) / 0.1, 1e-3, 4.0),
    };
    Plan { direction, step, most, target }
}

/// The start of `base` at the first coordinates, followed by the plan.
fn along(base: &Family, u: &[f64], instance: &mut Instance) {
    (base.map)(&u[..base.dim], instance);
    *instance = run(instance, &plan(&u[base.dim..], instance)).0;
}

/// The base family's own edges, taken one step and three, and extremes with every rule.
fn edges(base: &Family) -> Vec<Edge> {
    let mut edges = Vec::new();
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

macro_rules! runs {
    ($($name:ident: $slug:literal from $base:path;)*) => {
        $(
            const $name: Family = Family {
                name: $slug,
                version: 1,
                summary: concat!("runs of (3) from ", $slug, " starts"),
                dim: $base.dim + at::COUNT,
                map: |u, instance| along(&$base, u, instance),
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
    SINES: "sum-of-sines-run" from sines::SUM_OF_SINES;
    PREFIX_TABULAR: "prefix-tabular-run" from tokens::PREFIX_TABULAR;
    LAST_TOKEN: "last-token-run" from tokens::LAST_TOKEN;
    GEOMETRIC: "geometric-length-run" from tokens::GEOMETRIC;
}
