//! Trajectory-level families: one token a response.

use super::coordinates::{Common, choice, choice_coordinate, dense, header, log_uniform, signed, signed_coordinate};
use super::{Edge, Family, Map};
use crate::instance::Instance;
use crate::number::{Scalar, vectorised};
use crate::policy::{Context, Features, Logits, Policy, Tree, cube_logits};

const RESPONSES: usize = 8;
const DIM: usize = 4;

/// A policy of one token from logits that fit by construction.
fn one_token(logits: Logits) -> Policy {
    Policy::assemble(Tree::flat(logits.options as u32), Context::Shared, None, logits)
}

/// The policy of `instance` as one of one token with logits linear in θ; its features, none as yet, are returned.
fn linear_one_token(instance: &mut Instance, dim: usize, options: usize) -> &mut Vec<f64> {
    let Policy { tree, context, stop, automaton, logits, lengths } = &mut instance.policy;
    (*tree, *context, *stop, *lengths, *automaton) = (Tree::flat(options as u32), Context::Shared, None, None, None);
    (logits.dim, logits.rows, logits.options) = (dim, 1, options);
    logits.bias.clear();
    logits.quadratic.clear();
    logits.waves.clear();
    if let Features::Tabular = logits.features {
        logits.features = Features::Dense(vec![]);
    }
    match &mut logits.features {
        Features::Dense(features) => {
            features.clear();
            features
        }
        Features::Tabular => unreachable!("replaced just above"),
    }
}

// ---- linear -------------------------------------------------------------------------------------------------------------

/// Places of the family's own coordinates.
mod at {
    use super::{DIM, RESPONSES, header};
    pub const N: usize = header::COUNT;
    pub const D: usize = N + 1;
    pub const THETA: usize = D + 1;
    pub const W: usize = THETA + DIM;
    pub const FLAGS: usize = W + DIM;
    pub const PHI: usize = FLAGS + RESPONSES;
    pub const END: usize = PHI + RESPONSES * DIM;
}

/// π ∝ exp(θ·φ), n = 2 … 8 responses, d = 1 … 4.
pub const LINEAR: Family = Family {
    name: "linear-softmax",
    version: 1,
    shared_edges: true,
    summary: "linear softmax, 2-8 responses, features in R^1-R^4",
    dim: at::END,
    map: Map::Trusted(|u, instance| {
        linear(u, instance);
        let (common, _) = Common::split(u);
        common.finish(instance, &u[at::W..at::FLAGS], &u[at::FLAGS..at::PHI]);
    }),
    edges: || {
        // φ ∈ R¹ with O⁺ the first `plus` responses.
        let on_the_line = |name, phi: &[f64], plus: usize, tau: f64| {
            let mut u = vec![0.0; at::END];
            u[header::ETA] = header::eta_coordinate(tau);
            u[header::RULE] = choice_coordinate(1, 7);
            u[at::N] = choice_coordinate(phi.len() - 2, 7);
            for (i, &x) in phi.iter().enumerate() {
                u[at::FLAGS + i] = if i < plus { 0.0 } else { 1.0 };
                u[at::PHI + DIM * i] = signed_coordinate(0.5 * x);
            }
            Edge { name, u }
        };
        let mut xor =
            on_the_line("the XOR square {±1}², O⁺ a diagonal: linear-softmax-step against L_o/2", &[1.0; 4], 2, 0.05);
        xor.u[at::D] = choice_coordinate(1, DIM);
        for (i, (x, y)) in [(1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (-1.0, -1.0)].into_iter().enumerate() {
            xor.u[at::PHI + DIM * i] = signed_coordinate(0.5 * x);
            xor.u[at::PHI + DIM * i + 1] = signed_coordinate(0.5 * y);
            xor.u[at::W + i % 2] = 0.25; // w = (1, 1)/√2
        }
        vec![
            on_the_line("φ = −1, 1 | 0: the smallest linear counterexample to (17) as printed", &[-1.0, 1.0, 0.0], 2, 0.1),
            on_the_line("φ = −1, 1 | 0 as η → 0: largest |Var⁺ − Var⁻|", &[-1.0, 1.0, 0.0], 2, 1e-7),
            on_the_line("φ = 1 | 0: two responses", &[1.0, 0.0], 1, 0.5),
            on_the_line("φ = 1 | −1, J = ½, η → 0: E[e^{ηs}] = e^{L_oη²/2} to leading order", &[1.0, -1.0], 1, 1e-4),
            on_the_line("equal features", &[1.0, 1.0, 1.0], 1, 0.5),
            on_the_line("O⁻ = {±1}, O⁺ = {0}: Theorem 2's variance", &[0.0, -1.0, 1.0], 1, 0.5),
            xor,
        ]
    },
};

/// Policy and θ of [`LINEAR`].
fn linear(u: &[f64], instance: &mut Instance) {
    let (common, _) = Common::split(u);
    let (options, dim) = (2 + choice(u[at::N], 7), 1 + choice(u[at::D], DIM));
    let scale = common.theta_scale();
    instance.theta.clear();
    instance.theta.extend(u[at::THETA..at::THETA + dim].iter().map(|&x| scale * signed(x)));
    let features = linear_one_token(instance, dim, options);
    let phi = &u[at::PHI..at::PHI + options * DIM];
    match dim {
        DIM => features.extend_from_slice(phi), // whole rows
        _ => phi.chunks_exact(DIM).for_each(|row| features.extend_from_slice(&row[..dim])),
    }
    vectorised(
        #[inline(always)]
        || {
            for x in &mut **features {
                *x = 2.0 * signed(*x);
            }
        },
    );
}

// ---- declared lengths ---------------------------------------------------------------------------------------------------

/// As [`LINEAR`], every response with a declared length from 1 to 64.
pub const DECLARED_LENGTHS: Family = Family {
    name: "declared-lengths",
    version: 1,
    shared_edges: true,
    summary: "linear softmax whose responses have declared lengths 1-64",
    dim: at::END + RESPONSES,
    map: Map::Trusted(|u, instance| {
        linear(&u[..at::END], instance);
        let lengths = u[at::END..].iter().take(instance.policy.responses());
        instance.policy.lengths = Some(lengths.map(|&x| log_uniform(x, 1.0, 64.0).round() as u32).collect());
        let (common, _) = Common::split(u);
        common.finish(instance, &u[at::W..at::FLAGS], &u[at::FLAGS..at::PHI]);
    }),
    edges: || {
        // Slopes (1, −.5 | −.4) and lengths (10, 1 | 10): equally likely responses, GRPO against the gap.
        let mut u = vec![0.0; at::END + RESPONSES];
        u[header::ETA] = header::eta_coordinate(0.1);
        u[header::RULE] = choice_coordinate(1, 7);
        u[at::N] = choice_coordinate(1, 7);
        for (i, (slope, length)) in [(1.0, 10.0), (-0.5, 1.0), (-0.4, 10.0f64)].into_iter().enumerate() {
            u[at::FLAGS + i] = if i < 2 { 0.0 } else { 1.0 };
            u[at::PHI + DIM * i] = signed_coordinate(0.5 * slope);
            u[at::END + i] = Scalar::ln(length) / Scalar::ln(64.0);
        }
        vec![Edge { name: "slopes (1, −.5 | −.4), lengths (10, 1 | 10): GRPO's direction against the gap", u }]
    },
};

// ---- tabular ------------------------------------------------------------------------------------------------------------

/// One logit a response, n = 2 … 8.
pub const TABULAR: Family = Family {
    name: "tabular-softmax",
    version: 1,
    shared_edges: true,
    summary: "tabular softmax, 2-8 responses",
    dim: header::COUNT + 1 + 3 * RESPONSES,
    map: Map::Trusted(|u, instance| {
        let (common, mut rest) = Common::split(u);
        let n = 2 + choice(rest.take(1)[0], 7);
        let scale = common.theta_scale();
        instance.theta = rest.take(RESPONSES)[..n].iter().map(|&x| scale * signed(x)).collect();
        let (w, flags) = (rest.take(RESPONSES), rest.take(RESPONSES));
        let features = Features::Tabular;
        let logits = Logits { dim: n, rows: 1, options: n, bias: vec![], features, quadratic: vec![], waves: vec![] };
        instance.policy = one_token(logits);
        common.finish(instance, w, flags);
    }),
    edges: || {
        // w = (1, −1, 0)/√2 on three equally likely responses, O⁺ the first two: Var⁺ = ¼ diam², Var⁻ = 0.
        let mut u = vec![0.0; header::COUNT + 1 + 3 * RESPONSES];
        u[header::ETA] = header::eta_coordinate(1e-4);
        u[header::RULE] = choice_coordinate(1, 7);
        u[header::COUNT] = choice_coordinate(1, 7);
        let (w, flags) = (header::COUNT + 1 + RESPONSES, header::COUNT + 1 + 2 * RESPONSES);
        (u[w], u[w + 1], u[flags + 2]) = (signed_coordinate(0.5), signed_coordinate(-0.5), 1.0);
        vec![Edge {
            name: "O⁺ torn apart, η → 0: equality in |R| ≤ max(diam w·φ(O⁺), diam w·φ(O⁻))² η²/8", u
        }]
    },
};

// ---- cube ---------------------------------------------------------------------------------------------------------------

const BITS: usize = 4;

/// {±1}ⁿ as one token, n = 1 … 4: G_o = 2√n against L_o = 1.
pub const CUBE: Family = Family {
    name: "cube",
    version: 1,
    shared_edges: true,
    summary: "the cube {±1}^n as one token, n = 1-4: G² much larger than L",
    dim: header::COUNT + 1 + 2 * BITS + (1 << BITS),
    map: Map::Trusted(|u, instance| {
        let (common, mut rest) = Common::split(u);
        let n = 1 + choice(rest.take(1)[0], BITS);
        let scale = common.theta_scale();
        instance.theta = rest.take(BITS)[..n].iter().map(|&x| scale * signed(x)).collect();
        let (w, flags) = (rest.take(BITS), rest.take(1 << BITS));
        instance.policy = one_token(cube_logits(n as u32, vec![]));
        common.finish(instance, w, flags);
    }),
    edges: || {
        // w = (1, …, 1)/2 on {±1}⁴, O⁻ = {all ones}: s reaches 2√n = 4 while Var(s) = 1.
        let mut u = vec![0.0; header::COUNT + 1 + 2 * BITS + (1 << BITS)];
        u[header::ETA] = header::eta_coordinate(0.01);
        u[header::RULE] = choice_coordinate(2, 7);
        u[header::RULE_PARAMETER] = choice_coordinate(15, 64);
        u[header::COUNT] = 1.0;
        u[header::COUNT + 1 + BITS..header::COUNT + 1 + 2 * BITS].fill(0.25);
        let mut ends = u.clone();
        ends[header::ETA] = header::eta_coordinate(1e-4);
        ends[header::RULE] = choice_coordinate(1, 7);
        let flags = header::COUNT + 1 + 2 * BITS;
        ends[flags + 1..flags + 15].fill(1.0);
        vec![
            Edge { name: "the diagonal of {±1}⁴: G_o² = 16 L_o", u },
            Edge {
                name: "O⁺ = {±(1, 1, 1, 1)}, η → 0: λ'' = Var⁺ − Var⁻ = G_o² − L_o, the coefficient of G_o²", u: ends
            },
        ]
    },
};

// ---- quadratic ----------------------------------------------------------------------------------------------------------

const Q_RESPONSES: usize = 5;
const Q_DIM: usize = 2;

/// G²/L, and the names of the two edges of [`tight`] that have it.
const TIGHT: [(f64, &str, &str); 6] = [
    (
        1.0,
        "slopes (1, −1 | 0), curvature 2 on O⁺, J = 1/3, η → 0: equality in |R| ≤ (L + G²/2) η²",
        "the same with O⁺ and O⁻ exchanged, J = 2/3: λ'' + (1−2J)λ'² = −(G² + L)/J",
    ),
    (0.1, "the same with G² = L/10, J = 1/2.1", "the same with G² = L/10 and O⁺ and O⁻ exchanged"),
    (0.3, "the same with G² = 3L/10, J = 1/2.3", "the same with G² = 3L/10 and O⁺ and O⁻ exchanged"),
    (3.0, "the same with G² = 3L, J = 1/5", "the same with G² = 3L and O⁺ and O⁻ exchanged"),
    (10.0, "the same with G² = 10L, J = 1/12", "the same with G² = 10L and O⁺ and O⁻ exchanged"),
    (30.0, "the same with G² = 30L, J = 1/32", "the same with G² = 30L and O⁺ and O⁻ exchanged"),
];

/// Slopes (g, −g | 0), h'' = 2L on O⁺: s = ±g on O⁺ and 0 on O⁻, H = +L and −L, so G = g, J = L/(G² + 2L), and λ'' = G² + 2L is the
/// largest possible. Here G²/L = `square`, with L = 1 up to 1 and G = 1 … 2 beyond; unless `plain`, O⁺ and O⁻ are exchanged; Δμ is
/// `alignment`, by which the slopes of the two are less.
fn tight(square: f64, alignment: f64, tau: f64, plain: bool) -> Vec<f64> {
    let (slope, curvature) =
        if square <= 1.0 { (1.0, 1.0 / square) } else { (square.sqrt().min(2.0), f64::min(1.0, 4.0 / square)) };
    let mut u = vec![0.0; header::COUNT + 3 + 2 * Q_DIM + Q_RESPONSES * (1 + Q_DIM + 3)];
    u[header::ETA] = header::eta_coordinate(tau);
    u[header::RULE] = choice_coordinate(1, 7);
    u[header::COUNT] = choice_coordinate(1, Q_RESPONSES - 1);
    u[header::COUNT + 2] = Scalar::ln(20.0 * curvature) / Scalar::ln(1000.0);
    // Of the two: J/(1−J) = L/(L + G²), twice what the tilt leaves of one.
    let tilt = -Scalar::ln(2.0 * (1.0 + square));
    u[header::TILT] = header::tilt_coordinate(if plain { tilt } else { -tilt });
    let flags = header::COUNT + 3 + 2 * Q_DIM;
    (0..3).for_each(|o| u[flags + o] = f64::from(u8::from(plain == (o == 2))));
    let phi = flags + Q_RESPONSES;
    u[phi] = signed_coordinate(0.5 * (slope - alignment));
    u[phi + 1] = signed_coordinate(-0.5 * (slope + alignment));
    let q = phi + Q_RESPONSES * Q_DIM;
    (u[q], u[q + 3]) = (0.5, 0.5);
    u
}

/// Logits quadratic in θ, n = 2 … 5, d = 1, 2.
pub const QUADRATIC: Family = Family {
    name: "quadratic-softmax",
    version: 1,
    shared_edges: true,
    summary: "softmax with logits quadratic in θ, 2-5 responses in R^1-R^2",
    dim: header::COUNT + 3 + 2 * Q_DIM + Q_RESPONSES * (1 + Q_DIM + 3),
    map: Map::Trusted(|u, instance| {
        let (common, mut rest) = Common::split(u);
        let (n, d) = (2 + choice(rest.take(1)[0], Q_RESPONSES - 1), 1 + choice(rest.take(1)[0], Q_DIM));
        let bend = log_uniform(rest.take(1)[0], 1.0, 1000.0) / 10.0;
        let scale = common.theta_scale().min(3.0);
        instance.theta = rest.take(Q_DIM)[..d].iter().map(|&x| scale * signed(x)).collect();
        let w = rest.take(Q_DIM);
        let flags = rest.take(Q_RESPONSES);
        let features = dense(rest.take(Q_RESPONSES * Q_DIM), n * d);
        let q = rest.take(Q_RESPONSES * 3);
        let quadratic = (0..n).flat_map(|o| {
            let [xx, xy, yy] = [0, 1, 2].map(|i| bend * signed(q[3 * o + i]));
            if d == 1 { vec![xx] } else { vec![xx, xy, xy, yy] }
        });
        let quadratic = quadratic.collect();
        let logits = Logits { dim: d, rows: 1, options: n, bias: vec![], features, quadratic, waves: vec![] };
        instance.policy = one_token(logits);
        common.finish(instance, w, flags);
    }),
    edges: || {
        let plain = TIGHT.map(|(square, name, _)| Edge { name, u: tight(square, 0.0, 1e-4, true) });
        let exchanged = TIGHT.map(|(square, _, name)| Edge { name, u: tight(square, 0.0, 1e-4, false) });
        let mut edges: Vec<Edge> =
            plain.into_iter().zip(exchanged).flat_map(|(plain, exchanged)| [plain, exchanged]).collect();
        // L + G²/2 = 3/2, and τ = η√3.
        let name = "O⁺ and O⁻ exchanged, Δμ = 10⁻³, η = 1.01 Δμ/(L + G²/2): just beyond ascent at any J, λ falls";
        edges.push(Edge { name, u: tight(1.0, 1e-3, 1.01e-3 / 1.5 * 3f64.sqrt(), false) });
        edges
    },
};
