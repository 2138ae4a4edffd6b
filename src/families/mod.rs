//! Families of instances: each is one decoding map from the unit cube \[0, 1\]^m to an [`Instance`].
//!
//! Random campaigns draw u, property tests shrink u, an attack optimises u, a witness stores u. The nearer u to 0, the simpler
//! the instance: fewer responses, tokens and dimensions, rounder numbers.
//!
//! A family never judges. Beside its map it holds an *edge set*: fixed points of the cube that decode to equality cases and to
//! extremes, which every campaign runs before anything random.
//!
//! [`Family::new`] makes a family of anybody's own map, for policies that are not among those of [`REGISTRY`] and [`RUNS`].

mod automata;
pub(crate) mod collapse;
mod coordinates;
mod curve;
mod listed;
pub mod runs;
mod sines;
mod softmax;
mod tokens;

use crate::error::Error;
use crate::instance::Instance;
use crate::number::vectorised;
use crate::policy::{Context, Features, Logits, Policy, Tree};
pub use coordinates::{choice, header, log_uniform, signed};
pub use runs::RUNS;

/// All families of one-step instances; [`RUNS`] holds those of runs. The order fixes which case of a campaign belongs to which family.
pub static REGISTRY: &[Family] = &[
    softmax::LINEAR,
    softmax::TABULAR,
    softmax::CUBE,
    softmax::QUADRATIC,
    softmax::DECLARED_LENGTHS,
    curve::CURVE,
    sines::SUM_OF_SINES,
    listed::LISTED_RESPONSES,
    tokens::PREFIX_TABULAR,
    tokens::LAST_TOKEN,
    tokens::PREFIX_LINEAR,
    tokens::GEOMETRIC,
    tokens::CURVED,
    automata::FINITE_STATE,
];

/// The family called `name`, of [`REGISTRY`] or [`RUNS`]; `None` where none is.
pub fn find(name: &str) -> Option<&'static Family> {
    REGISTRY.iter().chain(RUNS).find(|family| family.name == name)
}

/// Something to [decode into](Family::decode_into): one response, not yet a valid instance.
pub fn blank() -> Instance {
    let logits = Logits {
        dim: 1,
        rows: 1,
        options: 1,
        bias: vec![],
        features: Features::Dense(vec![0.0]),
        quadratic: vec![],
        waves: vec![],
    };
    let policy = Policy::assemble(Tree::flat(1), Context::Shared, None, logits);
    Instance { policy, theta: vec![], direction: vec![], eta: 0.0, correct: vec![], then: vec![] }
}

/// How a point of the cube becomes an instance.
#[derive(Clone, Copy, Debug)]
enum Map {
    /// By a map of this crate, which writes nothing but valid instances over what is there.
    Trusted(fn(&[f64], &mut Instance)),
    /// By somebody else's, whose instances are validated one by one.
    Checked(fn(&[f64]) -> Result<Instance, Error>),
}

/// A decoding map from the unit cube, with its edge set.
///
/// ```
/// use gradient_gap::families::{Family, log_uniform, signed};
/// use gradient_gap::{Instance, policy::Policy};
///
/// /// Two responses whose log-odds are a parabola, λ(θ) = bθ − θ²/2.
/// const PARABOLA: Family = Family::new("parabola", "two responses, log-odds bθ − θ²/2", 3, |u| {
///     Ok(Instance {
///         policy: Policy::curve([0.0, signed(u[0]), -1.0], &[])?,
///         theta: vec![4.0 * signed(u[1])],
///         direction: vec![1.0],
///         eta: log_uniform(u[2], 1.0, 1e-6),
///         correct: vec![false, true],
///         then: vec![],
///     })
/// });
///
/// # fn main() -> Result<(), gradient_gap::Error> {
/// let instance = PARABOLA.decode(&[0.25, 0.0, 0.0])?;
/// assert_eq!((instance.theta[0], instance.eta), (0.0, 1.0));
///
/// // What a map makes is validated: one that is wrong is named, with the point.
/// let wrong = Family::new("wrong", "no response is correct", 3, |u| {
///     Ok(Instance { correct: vec![false; 2], ..PARABOLA.decode(u)? })
/// });
/// let error = wrong.decode(&[0.5, 0.0, 1.0]).unwrap_err().to_string();
/// assert_eq!(error, "family wrong, u = [0.5, 0.0, 1.0]: correct: no response is correct (O⁺ is empty)");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The name used on the command line and in witnesses.
    pub name: &'static str,
    /// Raised whenever the map changes, so that a stored u is not mistaken for another instance.
    pub version: u32,
    /// What the instances are.
    pub summary: &'static str,
    /// m: the number of coordinates.
    pub dim: usize,
    map: Map,
    edges: fn() -> Vec<Edge>,
    /// Whether the extremes that every one-step family has are added to the family's own edges.
    shared_edges: bool,
}

/// A fixed point of the unit cube with a reason.
#[derive(Clone, Debug)]
pub struct Edge {
    /// What the instance is an extreme or an equality case of.
    pub name: &'static str,
    /// The point, [`Family::dim`] numbers in \[0, 1\].
    pub u: Vec<f64>,
}

impl Family {
    /// A family of one's own: `map` makes an instance of every point of \[0, 1\]^`dim`, of one update or of many.
    ///
    /// Simplification goes towards u = 0, so that is where the simplest instance should be. `name` is what claims and
    /// results call the family; no two of a campaign may have the same. The version is 1, the edge set empty. The map
    /// captures nothing: what it needs beside u is a constant or a static.
    pub const fn new(
        name: &'static str,
        summary: &'static str,
        dim: usize,
        map: fn(&[f64]) -> Result<Instance, Error>,
    ) -> Family {
        Family { name, version: 1, summary, dim, map: Map::Checked(map), edges: Vec::new, shared_edges: false }
    }

    /// This family with an edge set: points of the cube that every campaign runs before anything random, and every search
    /// for a counterexample too; an attack is not shown them.
    pub const fn with_edges(self, edges: fn() -> Vec<Edge>) -> Family {
        Family { edges, ..self }
    }

    /// This family with another version: to be raised whenever the map changes, as witnesses store u.
    pub const fn with_version(self, version: u32) -> Family {
        Family { version, ..self }
    }

    /// The instance at `u`.
    ///
    /// # Errors
    /// `u` of another length than [`Family::dim`], or with an entry outside \[0, 1\]. Of a family that is not this crate's,
    /// what its map says, and an instance that is not [valid](Instance::validate), with the family and u.
    pub fn decode(&self, u: &[f64]) -> Result<Instance, Error> {
        let mut instance = blank();
        self.decode_into(u, &mut instance)?;
        Ok(instance)
    }

    /// [`Family::decode`] over an instance that is no longer needed, whose memory is used again.
    ///
    /// # Errors
    /// As [`Family::decode`]; `instance` is then as it was.
    pub fn decode_into(&self, u: &[f64], instance: &mut Instance) -> Result<(), Error> {
        if u.len() != self.dim {
            return Err(Error::new(format!("family {}: u has {} entries, expected {}", self.name, u.len(), self.dim)));
        }
        // Without early exit, so that the check of a good point is a few vector instructions.
        let inside = |x: &f64| (*x >= 0.0) & (*x <= 1.0);
        let all_inside = vectorised(
            #[inline(always)]
            || u.iter().fold(true, |all, x| all & inside(x)),
        );
        if !all_inside && let Some(i) = u.iter().position(|x| !inside(x)) {
            return Err(Error::new(format!("family {}: u[{i}] is {:?}, expected a number in [0, 1]", self.name, u[i])));
        }
        match self.map {
            Map::Trusted(map) => map(u, instance),
            Map::Checked(map) => {
                let made = map(u).and_then(|made| made.validate().map(|()| made));
                *instance = made.map_err(|e| e.at(format!("family {}, u = {u:?}", self.name)))?;
            }
        }
        Ok(())
    }

    /// The edge set: the family's own equality cases, then the extremes that every family has.
    pub fn edges(&self) -> Vec<Edge> {
        let mut edges = (self.edges)();
        if !self.shared_edges {
            return edges;
        }
        let base: Vec<f64> = (0..self.dim).map(|i| (0.37 + 0.618_033_988_749_895 * i as f64).fract()).collect();
        let mut add = |name, change: &dyn Fn(&mut [f64])| {
            let mut u = base.clone();
            u[..header::COUNT].fill(0.0);
            u[header::ETA] = header::eta_coordinate(0.125);
            u[header::DIRECTION] = 0.3;
            change(&mut u);
            edges.push(Edge { name, u });
        };
        add("a plain instance", &|_| {});
        add("η = 0", &|u| u[header::ETA] = 1.0);
        add("η√L near 10⁻⁹", &|u| u[header::ETA] = header::eta_coordinate(1e-9));
        add("η√L near 4", &|u| u[header::ETA] = 0.0);
        add("w = 0", &|u| u[header::NORM] = 1.0);
        add("‖w‖ = 10⁻³", &|u| u[header::NORM] = 0.98);
        add("J near 10⁻³⁰⁰", &|u| u[header::TILT] = header::tilt_coordinate(-690.0));
        add("1 − J near 10⁻³⁰⁰", &|u| u[header::TILT] = header::tilt_coordinate(690.0));
        add("all but one correct", &|u| u[header::RULE] = 0.35);
        add("w along the gradient gap", &|u| u[header::DIRECTION] = 0.785);
        edges.push(Edge { name: "the simplest instance, u = 0", u: vec![0.0; self.dim] });
        edges
    }
}
