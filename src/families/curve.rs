//! Two responses and a prescribed log-odds curve λ(θ).

use super::coordinates::{Common, choice_coordinate, header, log_uniform, signed, signed_coordinate};
use super::{Edge, Family, Map};
use crate::policy::{Context, Policy, Tree, curve_logits};

const DIM: usize = header::COUNT + 8;

/// The edge that separates 2(1−J)Δμ/L_o, or 2Δμ/L_o, from anything larger by a twentieth.
pub(super) const JUST_BEYOND: &str = "λ = −30 + δθ − θ², η = 1.02 · 2Δμ/L_o, δ = 10⁻³: just beyond ascent, λ falls";

/// Places of the family's own coordinates.
mod at {
    use super::header;
    pub const THETA: usize = header::COUNT;
    pub const W: usize = THETA + 1;
    pub const CONSTANT: usize = W + 1;
    pub const SLOPE: usize = CONSTANT + 1;
    pub const BEND: usize = SLOPE + 1;
    pub const WAVE: usize = BEND + 1;
    pub const OMEGA: usize = WAVE + 1;
    pub const PHASE: usize = OMEGA + 1;
}

/// λ(θ) = l₀ + δθ − θ² at θ = 0, w = 1, for |l₀| at least 10 (tilted), one step of η.
pub(super) fn parabola(log_odds: f64, slope: f64, eta: f64) -> Vec<f64> {
    let mut u = vec![0.0; DIM];
    u[header::TILT] = header::tilt_coordinate(log_odds);
    u[header::ETA] = header::eta_coordinate(eta * std::f64::consts::SQRT_2);
    u[header::RULE] = choice_coordinate(1, 7); // O⁺ = {response 1}: λ itself
    u[at::W] = 0.25;
    u[at::SLOPE] = signed_coordinate(0.25 * slope);
    u[at::BEND] = signed_coordinate(-0.5);
    u
}

/// A fifth of all θ reach out to 60, where parabolas are at log-odds of thousands: by a factor of 1 up to u = 0.8, of 20 at u = 1.
fn far(u: f64) -> f64 {
    log_uniform(((u - 0.8) / 0.2).max(0.0), 1.0, 20.0)
}

/// λ(θ) = l₀ + l₁θ + ½l₂θ² + (A/ω²) cos(ωθ + φ).
pub const CURVE: Family = Family {
    name: "curve",
    version: 2,
    shared_edges: true,
    summary: "two responses, log-odds a prescribed curve: a parabola plus a wave",
    dim: DIM,
    map: Map::Trusted(|u, instance| {
        let (common, _) = Common::split(u);
        let scale = common.theta_scale().min(3.0) * far(u[header::SCALE]);
        let omega = log_uniform(u[at::OMEGA], 0.5, 100.0);
        let amplitude = 4.0 * signed(u[at::WAVE]) / (omega * omega);
        let waves = [[amplitude, omega, std::f64::consts::PI * signed(u[at::PHASE])]];
        let polynomial = [8.0 * signed(u[at::CONSTANT]), 4.0 * signed(u[at::SLOPE]), 4.0 * signed(u[at::BEND])];
        let waves: &[[f64; 3]] = if amplitude == 0.0 { &[] } else { &waves };
        instance.policy = Policy::assemble(Tree::flat(2), Context::Shared, None, curve_logits(polynomial, waves));
        instance.theta = vec![scale * signed(u[at::THETA])];
        common.finish(instance, &u[at::W..at::CONSTANT], &[1.0, 0.0]);
    }),
    edges: || {
        let edge = |name, tau: f64, settings: &[(usize, f64)]| {
            let mut u = vec![0.0; DIM];
            u[header::ETA] = header::eta_coordinate(tau);
            u[header::RULE] = choice_coordinate(1, 7); // O⁺ = {response 1}: λ itself
            u[at::W] = 0.25;
            for &(i, value) in settings {
                u[i] = value;
            }
            Edge { name, u }
        };
        let down = [(at::BEND, signed_coordinate(-0.5))];
        let up = [(at::BEND, signed_coordinate(0.5))];
        let rare = |bend, tilt| [bend, (header::TILT, header::tilt_coordinate(tilt))];
        // λ = 8 + θ² at θ = 60, and the same with O⁺ and O⁻ exchanged.
        let far_out = |rule| {
            [
                (header::RULE, choice_coordinate(rule, 7)),
                (header::SCALE, 1.0),
                (at::THETA, signed_coordinate(1.0)),
                (at::CONSTANT, signed_coordinate(1.0)),
                (at::BEND, signed_coordinate(0.5)),
            ]
        };
        // A wave at its crest: λ' = 0, λ'' = −A.
        let crest = [(at::WAVE, signed_coordinate(0.5)), (at::OMEGA, 1.0)];
        vec![
            edge("λ = −θ², J = ½, η → 0: equality in (16) and (22), coefficient of L", 1e-4, &down),
            edge("λ = θ², J = ½, η → 0: equality in (16) from above", 1e-4, &up),
            edge("λ = −θ², J = ½, η√L = ½", 0.5, &down),
            edge(
                "λ = −30 − θ², η√L = ½: equality in λ(η) − λ(0) ≥ ηΔμ − L_oη²/(2(1−J)) as J → 0",
                0.5,
                &rare(down[0], -30.0),
            ),
            edge("λ = 30 + θ², η√L = ½: equality in λ(η) − λ(0) ≤ ηΔμ + L_oη²/(2J) as J → 1", 0.5, &rare(up[0], 30.0)),
            edge("crest of a fast wave, η → 0: equality also in the global reading", 1e-4, &crest),
            edge("λ = 8 + θ², J → 1: equality in E⁻[s²] ≤ 2v log(1 + 2/(1−J)) and in (JΔμ)² ≤ L_oβ(1−J)", 1e-4, &far_out(1)),
            edge("λ = −8 − θ², J → 0: equality in ((1−J)Δμ)² ≤ L_oβ(J)", 1e-4, &far_out(0)),
            Edge { name: JUST_BEYOND, u: parabola(-30.0, 1e-3, 1.02e-3) },
            edge(
                "crest of a fast wave, J → 1, η → 0: equality in −log(1−J(η)) ≥ …, (c) of rare-failure-step",
                1e-4,
                &[crest[0], crest[1], (header::TILT, header::tilt_coordinate(30.0))],
            ),
        ]
    },
};
