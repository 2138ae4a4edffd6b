//! Logits that are sums of sines.

use super::coordinates::{Common, choice, choice_coordinate, header, log_uniform, signed, signed_coordinate};
use super::{Edge, Family, Map};
use crate::number::Scalar;
use crate::policy::{Context, Features, Logits, Policy, Tree, Wave};
use std::f64::consts::{FRAC_PI_2, PI};

const RESPONSES: usize = 5;
const DIM: usize = 2;
const SINES: usize = 3;
/// The lowest and the highest frequency.
const OMEGA: [f64; 2] = [0.5, 50.0];
/// The largest amplitude, and what it comes down to.
const SIZE: [f64; 2] = [4.0, 0.01];

/// The place of the largest amplitude, from [`SIZE`]'s first at 0 to its last at 1.
pub(super) const SIZE_COORDINATE: usize = at::SIZE;

/// The coordinates of all amplitudes.
pub(super) fn amplitudes(u: &mut [f64]) -> impl Iterator<Item = &mut f64> {
    u[at::SINE..at::END].iter_mut().step_by(at::PARTS)
}

/// Places of the family's own coordinates.
mod at {
    use super::{DIM, RESPONSES, SINES, header};
    pub const N: usize = header::COUNT;
    pub const D: usize = N + 1;
    pub const COUNT: usize = D + 1;
    pub const SIZE: usize = COUNT + 1;
    pub const THETA: usize = SIZE + 1;
    pub const W: usize = THETA + DIM;
    pub const FLAGS: usize = W + DIM;
    pub const SINE: usize = FLAGS + RESPONSES;
    pub const END: usize = SINE + RESPONSES * SINES * PARTS;

    /// Coordinates of one sine: its amplitude, frequency, direction and phase.
    pub const PARTS: usize = 4;
    pub const AMPLITUDE: usize = 0;
    pub const FREQUENCY: usize = 1;
    pub const ANGLE: usize = 2;
    pub const PHASE: usize = 3;

    /// Where the coordinates of sine `j` of response `o` begin.
    pub const fn sine(o: usize, j: usize) -> usize {
        SINE + (o * SINES + j) * PARTS
    }
}

/// The sine α sin(k·θ + φ), |α| ≤ `size`, of response `logit`; none if α = 0.
fn sine(part: &[f64], logit: usize, dim: usize, size: f64) -> Option<Wave> {
    let amplitude = size * signed(part[at::AMPLITUDE]);
    let omega = log_uniform(part[at::FREQUENCY], OMEGA[0], OMEGA[1]);
    let frequency = match dim {
        1 => vec![omega],
        _ => {
            let angle = PI * signed(part[at::ANGLE]);
            vec![omega * Scalar::cos(angle), omega * Scalar::sin(angle)]
        }
    };
    let phase = PI * signed(part[at::PHASE]) - FRAC_PI_2; // sin x = cos(x − π/2)
    (amplitude != 0.0).then_some(Wave { logit, amplitude, frequency, phase })
}

/// π ∝ exp(Σ_j α_j sin(k_j·θ + φ_j)), n = 2 … 5 responses, d = 1, 2, one to three sines each.
pub const SUM_OF_SINES: Family = Family {
    name: "sum-of-sines",
    version: 1,
    shared_edges: true,
    summary: "softmax of sums of 1-3 sines, 2-5 responses, θ in R^1-R^2",
    dim: at::END,
    map: Map::Trusted(|u, instance| {
        let (common, _) = Common::split(u);
        let (options, dim, sines) = (2 + choice(u[at::N], 4), 1 + choice(u[at::D], DIM), 1 + choice(u[at::COUNT], SINES));
        let scale = common.theta_scale().min(3.0);
        instance.theta.clear();
        instance.theta.extend(u[at::THETA..at::THETA + dim].iter().map(|&x| scale * signed(x)));
        let size = log_uniform(u[at::SIZE], SIZE[0], SIZE[1]);
        let of = |o: usize| (0..sines).filter_map(move |j| sine(&u[at::sine(o, j)..][..at::PARTS], o, dim, size));
        let waves = (0..options).flat_map(of).collect();
        let features = Features::Dense(vec![0.0; options * dim]);
        let logits = Logits { dim, rows: 1, options, bias: vec![], features, quadratic: vec![], waves };
        instance.policy = Policy::assemble(Tree::flat(options as u32), Context::Shared, None, logits);
        common.finish(instance, &u[at::W..at::FLAGS], &u[at::FLAGS..at::SINE]);
    }),
    edges: || {
        // One sine a response, (amplitude, coordinate of its phase), θ = 0 ∈ R¹, O⁺ the first `plus`.
        let edge = |name, tau: f64, fast: bool, plus: usize, sines: &[(f64, f64)]| {
            let mut u = vec![0.0; at::END];
            u[header::ETA] = header::eta_coordinate(tau);
            u[header::RULE] = choice_coordinate(1, 7);
            u[at::N] = choice_coordinate(sines.len() - 2, 4);
            u[at::W] = 0.25;
            for (o, &(amplitude, phase)) in sines.iter().enumerate() {
                u[at::FLAGS + o] = if o < plus { 0.0 } else { 1.0 };
                let part = &mut u[at::sine(o, 0)..][..at::PARTS];
                part[at::AMPLITUDE] = signed_coordinate(amplitude / SIZE[0]);
                part[at::FREQUENCY] = if fast { 1.0 } else { 0.0 };
                part[at::PHASE] = phase;
            }
            Edge { name, u }
        };
        // Phases π/2 and 0: the top and the steepest point.
        let (top, steep) = (signed_coordinate(0.5), 0.0);
        // λ(t) = α sin ωt and η = 2π/ω, where η = τ/√(α²ω²/4 + αω²).
        let alpha = 0.2;
        let round_trip = 2.0 * PI * Scalar::sqrt(0.25 * alpha * alpha + alpha);
        vec![
            edge("the same sine on all responses: λ is constant", 1.0, false, 2, &[(2.0, steep); 3]),
            edge(
                "tops and troughs of several heights: all slopes 0, the curvatures not",
                0.5,
                false,
                2,
                &[(1.0, top), (0.5, top), (-0.5, top)],
            ),
            edge(
                "two tops against two troughs of fast sines, η → 0: equality in |R| ≤ (L + G²/2) η²",
                1e-4,
                true,
                2,
                &[(1e-4, top), (1e-4, top), (-1e-4, top), (-1e-4, top)],
            ),
            edge("a long step over fast sines", 4.0, true, 2, &[(1.0, steep), (-0.5, top), (0.25, 0.1), (0.75, 0.7)]),
            edge(
                "η a whole wavelength: λ comes back although Δμ > 0",
                round_trip,
                false,
                1,
                &[(alpha, steep), (0.0, steep)],
            ),
        ]
    },
};
