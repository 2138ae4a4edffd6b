//! Responses listed one by one: mass, score, curvature and length of each.

use super::coordinates::{Common, choice, choice_coordinate, header, log_uniform, signed, signed_coordinate};
use super::{Edge, Family, Map};
use crate::number::Scalar;
use crate::policy::{Context, Features, Logits, Policy, Tree};

const RESPONSES: usize = 6;
/// log 10⁶: the masses before the tilt differ by at most this factor.
const LN_1E6: f64 = 13.815_510_557_964_274;
/// The longest response.
const LONGEST: f64 = 64.0;

/// Places of the family's own coordinates.
mod at {
    use super::{RESPONSES, header};
    pub const N: usize = header::COUNT;
    pub const W: usize = N + 1;
    pub const FLAGS: usize = W + 1;
    pub const MASS: usize = FLAGS + RESPONSES;
    pub const SLOPE: usize = MASS + RESPONSES;
    pub const BEND: usize = SLOPE + RESPONSES;
    pub const LENGTH: usize = BEND + RESPONSES;
    pub const END: usize = LENGTH + RESPONSES;
}

/// One response of a list, as an edge writes it down.
struct Listed {
    correct: bool,
    mass: f64,
    slope: f64,
    length: f64,
}

/// The point of the cube that decodes to this list with all curvatures 0, w = 1.
fn list(name: &'static str, responses: &[Listed]) -> Edge {
    let mut u = vec![0.0; at::END];
    u[header::ETA] = header::eta_coordinate(0.1);
    u[header::RULE] = choice_coordinate(1, 7);
    u[at::N] = choice_coordinate(responses.len() - 2, RESPONSES - 1);
    let heaviest = responses.iter().map(|response| response.mass).fold(0.0, f64::max);
    for (o, response) in responses.iter().enumerate() {
        u[at::FLAGS + o] = if response.correct { 0.0 } else { 1.0 };
        u[at::MASS + o] = Scalar::ln(heaviest / response.mass) / LN_1E6;
        u[at::SLOPE + o] = signed_coordinate(0.5 * response.slope);
        u[at::LENGTH + o] = Scalar::ln(response.length) / Scalar::ln(LONGEST);
    }
    Edge { name, u }
}

/// n = 2 … 6 responses at θ = 0 ∈ R¹, logits b + aθ + ½cθ²: b is the logarithm of the mass up to a constant, a the score
/// up to its mean, c the curvature. Each response has a declared length from 1 to 64.
pub const LISTED_RESPONSES: Family = Family {
    name: "listed-responses",
    version: 1,
    shared_edges: true,
    summary: "2-6 listed responses: mass, score, curvature and declared length 1-64 of each",
    dim: at::END,
    map: Map::Trusted(|u, instance| {
        let (common, _) = Common::split(u);
        let options = 2 + choice(u[at::N], RESPONSES - 1);
        let block = |start: usize| u[start..start + options].iter();
        let bias = block(at::MASS).map(|&x| -LN_1E6 * x).collect();
        let features = Features::Dense(block(at::SLOPE).map(|&x| 2.0 * signed(x)).collect());
        let mut quadratic: Vec<f64> = block(at::BEND).map(|&x| 8.0 * signed(x)).collect();
        if quadratic.iter().all(|&c| c == 0.0) {
            quadratic.clear();
        }
        let logits = Logits { dim: 1, rows: 1, options, bias, features, quadratic, waves: vec![] };
        let mut policy = Policy::assemble(Tree::flat(options as u32), Context::Shared, None, logits);
        policy.lengths = Some(block(at::LENGTH).map(|&x| log_uniform(x, 1.0, LONGEST).round() as u32).collect());
        instance.policy = policy;
        instance.theta.clear();
        instance.theta.push(0.0);
        common.finish(instance, &u[at::W..at::FLAGS], &u[at::FLAGS..at::MASS]);
    }),
    edges: || {
        let right = |mass, slope, length| Listed { correct: true, mass, slope, length };
        let wrong = |mass, slope, length| Listed { correct: false, mass, slope, length };
        vec![
            list(
                "masses (.3, .2 | .5), scores (1, −.5 | −.4), lengths (10, 1 | 10): GRPO's direction opposes the gap",
                &[right(0.3, 1.0, 10.0), right(0.2, -0.5, 1.0), wrong(0.5, -0.4, 10.0)],
            ),
            list(
                "masses (.25, .25 | .5), scores (1, −1 | 0), lengths (1, 10 | 1): GRPO moves although the gap is 0",
                &[right(0.25, 1.0, 1.0), right(0.25, -1.0, 10.0), wrong(0.5, 0.0, 1.0)],
            ),
            list(
                "equal masses, scores (1, −.1 | −1, .1), lengths (10, 1 | 10, 1): GRPO stands still although the gap is .9",
                &[right(0.25, 1.0, 10.0), right(0.25, -0.1, 1.0), wrong(0.25, -1.0, 10.0), wrong(0.25, 0.1, 1.0)],
            ),
        ]
    },
};
