//! Runs that collapse, from the unit cube: the constructions of Theorems 2 and 4 with random shapes inside their windows.
//!
//! The header of the other families does not apply: θ, w and the verifier belong to the construction. u = 0 is the plain
//! construction next to the lower end of the window, with nearly the largest Δμ, two steps.

use super::coordinates::{Blocks, choice, log_uniform, signed};
use super::{Edge, Family, Map};
use crate::collapse::{Construction, Extra, Resonant, Theorem2, Theorem4, Window};
use crate::instance::Instance;

macro_rules! construction {
    ($(#[$doc:meta])* $name:ident, $slug:literal, $summary:literal, $dim:ident, $map:ident) => {
        $(#[$doc])*
        pub const $name: Family = Family {
            name: $slug,
            version: 1,
            summary: $summary,
            dim: $dim,
            map: Map::Trusted($map),
            edges: || edges($dim),
            shared_edges: false,
        };
    };
}

construction!(
    /// Theorem 2: three responses and more, alternating directions.
    THEOREM_2, "overshoot-collapse", "Theorem 2: three responses and more, alternating directions", COLLAPSE_DIM, collapse
);
construction!(
    /// Theorem 2 with perfect alignment.
    RESONANT, "resonant-collapse", "Theorem 2 with perfect alignment: a wave in resonance with the steps", RESONANT_DIM, resonant
);
construction!(
    /// Theorem 4, two to four tokens.
    THEOREM_4, "token-overshoot-collapse", "Theorem 4: independent tokens, one correct word", TOKEN_COLLAPSE_DIM, token_collapse
);

/// The names of the families here.
pub const NAMES: [&str; 3] = [THEOREM_2.name, RESONANT.name, THEOREM_4.name];

/// Both ends of the window, at the largest and at a small Δμ.
fn edges(dim: usize) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (name, alignment, at) in [
        ("the lower end of the window, the largest Δμ", 0.0, 0.0),
        ("the upper end of the window, the largest Δμ", 0.0, 1.0),
        ("the lower end of the window, Δμ at 10⁻⁴ of the largest", 1.0, 0.0),
        ("the upper end of the window, Δμ at 10⁻⁴ of the largest", 1.0, 1.0),
    ] {
        let mut u = vec![0.0; dim];
        (u[1], u[2], u[3]) = (alignment, at, 1.0);
        edges.push(Edge { name, u });
    }
    edges
}

/// How many coordinates [`collapse`] reads.
pub const COLLAPSE_DIM: usize = 8 + 3 * EXTRAS;
/// How many coordinates [`token_collapse`] reads.
pub const TOKEN_COLLAPSE_DIM: usize = 9;
/// How many coordinates [`resonant`] reads.
pub const RESONANT_DIM: usize = 4;

const EXTRAS: usize = 4;
/// The most tokens of [`token_collapse`]: 3⁴ responses are enumerated.
const TOKENS: usize = 4;
/// The most steps of a run.
const STEPS: usize = 12;

/// Δμ and η: Δμ from 0.999 of the largest at u = 0 log-uniformly down to 10⁻⁴ of it, η inside its window, next to an end where `at`
/// is 0 or 1. The Δμ that is built is lower by 2⁻¹⁶, more than the construction aims above it, so that the smallest Δμ(k) of the
/// run is still one for which η is in the window.
fn place(window: &Window, u: f64, at: f64) -> (f64, f64) {
    let alignment = window.most_aligned() * log_uniform(u, 0.999, 1e-4);
    let eta = window.inside(alignment, 1e-3 + 0.998 * at).unwrap_or(f64::NAN); // not empty below the largest Δμ
    (alignment * (1.0 - 1.0 / 65_536.0), eta)
}

/// Scale, alignment, place in the window, steps, across, reach, rotation, start.
fn shape(u: &[f64]) -> Theorem2 {
    let scale = if u[0] == 0.0 { 1.0 } else { log_uniform(u[0], 0.05, 20.0) };
    let plain = Theorem2::new(scale, 1.0, 1.0);
    Theorem2 {
        steps: 2 + choice(u[3], STEPS - 1),
        across: 0.9 - 0.2 * signed(u[4]).abs(),
        reach: scale * (1.7 - 0.7 * signed(u[5]).abs()),
        rotation: std::f64::consts::PI * signed(u[6]),
        ..plain
    }
}

/// Writes the run; a construction that forms no instance would leave `instance` as it is.
fn write(run: Result<Instance, crate::Error>, instance: &mut Instance) {
    if let Ok(run) = run {
        *instance = run;
    }
}

/// Theorem 2 with up to four extra responses, which are left out where the losses would not suffice.
pub fn collapse(u: &[f64], instance: &mut Instance) {
    let mut blocks = Blocks(u);
    let head = blocks.take(8);
    let bare = Theorem2 { start: 20.0 * signed(head[7]), ..shape(head) };
    let mut full = bare.clone();
    for extra in (0..EXTRAS).map(|_| blocks.take(3)) {
        match extra[0] {
            kind if kind < 0.5 => {}
            kind => {
                let correct = kind < 0.7;
                let r = if correct { 0.0 } else { bare.scale * signed(extra[1]) };
                let position = [if correct { 0.0 } else { -bare.reach }, r];
                full.extras.push(Extra { position, bias: 2.0 * signed(extra[2]), correct });
            }
        }
    }
    let placed = |construction: Theorem2| {
        let (alignment, eta) = place(&construction.window(), head[1], head[2]);
        Theorem2 { alignment, eta, ..construction }
    };
    let full = placed(full);
    let chosen = if full.admissible().is_ok() { full } else { placed(bare) };
    write(chosen.run(), instance);
}

/// Theorem 4 with one to four tokens, enumerated.
pub fn token_collapse(u: &[f64], instance: &mut Instance) {
    // The token's λ(0) is between −5 and 0: p(0) ≤ ½.
    let start = if u[7] == 0.0 { 0.0 } else { std::f64::consts::LN_2 - 5.0 * u[7] };
    let token = Theorem2 { start, ..shape(u) };
    let mut construction = Theorem4 { alignment: 1.0, tokens: 1 + choice(u[8], TOKENS) as u32, count_eos: false, token };
    (construction.alignment, construction.token.eta) = place(&construction.window(), u[1], u[2]);
    write(construction.enumerated(), instance);
}

/// The resonant construction.
pub fn resonant(u: &[f64], instance: &mut Instance) {
    let scale = if u[0] == 0.0 { 1.0 } else { log_uniform(u[0], 0.05, 20.0) };
    let mut construction = Resonant { steps: 2 + choice(u[3], STEPS - 1), ..Resonant::new(scale, 1.0, 1.0) };
    (construction.alignment, construction.eta) = place(&construction.window(), u[1], u[2]);
    write(construction.run(), instance);
}
