//! One update of the network against the one-step bounds, for one prompt.
//!
//! With w = (θ_{k+1} − θ_k)/η, η = ‖θ_{k+1} − θ_k‖, the remainder R = λ(η) − λ(0) − ηλ'(0) is known in two ways. By Taylor's formula it
//! is η² ∫ (1−u) λ''(uη) du over \[0, 1\]: second derivatives, exact from jets at four nodes, are added up by Gauss and Lobatto's rule,
//! which is exact where λ'' is a polynomial of degree at most 4, and cancels nothing however small η is. As a difference it
//! has the rounding errors of λ, about [`ROUNDING`]. Where the two agree up to these, the rule is taken; else λ'' varies too much for
//! the rule, R is far above rounding, and the difference is taken.
//!
//! The constants are those of the reading *seg*, as the largest values at the same four nodes: an **under-estimate** of the suprema. So
//! a bound that holds with them holds with the suprema; one that seems to fail is *undecided*, never refuted.

use super::space::Space;
use crate::error::Error;
use crate::line::Line;
use crate::regularity::Constants;
use crate::thresholds::{ascent_step, token_step};
use crate::transformer::Sizes;

/// The bounds, by the names of their claims.
pub const BOUNDS: [&str; 5] =
    ["log-odds-step", "log-odds-step-tight", "smooth-only-step", "token-log-odds-step", "token-smooth-only-step"];

/// Nodes on \[0, 1\] and their weights.
const NODES: [[f64; 2]; 4] =
    [[0.0, 1.0 / 12.0], [0.276_393_202_250_021, 5.0 / 12.0], [0.723_606_797_749_979, 5.0 / 12.0], [1.0, 1.0 / 12.0]];

/// What λ(η) − λ(0) may be wrong by, times 1 + |λ|: logits of a few thousand roundings of numbers of order one.
pub const ROUNDING: f64 = 1e-12;

/// What an update θ → θ + ηw does to one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// η = ‖θ_{k+1} − θ_k‖ > 0, in parameter units; ‖w‖ = 1.
    pub eta: f64,
    /// J before the update, in \[0, 1\].
    pub success: f64,
    /// Δμ = λ'(0), in nats per parameter unit.
    pub alignment: f64,
    /// λ''(0), in nats per parameter unit².
    pub second: f64,
    /// λ(η) − λ(0), in nats.
    pub change: f64,
    /// R = λ(η) − λ(0) − ηΔμ, in nats.
    pub remainder: f64,
    /// R by the quadrature rule less R as a difference, in nats: of the size of rounding where the rule is taken.
    pub apart: f64,
    /// G_o, L_o, G_p, L_p, T_ψ1: sampled on the step, so under-estimates.
    pub constants: [f64; 5],
    /// The share of each one-step bound that R uses, of two sides the larger: log-odds-step, log-odds-step-tight,
    /// smooth-only-step, token-log-odds-step, token-smooth-only-step. Above 1 nothing is decided.
    pub used: [f64; 5],
    /// The largest step that (18a) allows, in parameter units.
    pub paper_step: f64,
    /// 2(1−J)\[Δμ\]₊/L_o, below which J rises, in parameter units.
    pub ascent_step: f64,
    /// What R may be by log-odds-step-tight, ±(L_o + G_o²/2)η², and by token-smooth-only-step, −L_pE⁺\[ℓ\]η²/(2(1−J)) and
    /// L_pE⁻\[ℓ\]η²/(2J): the sizes of these three, in nats.
    pub allowed: [f64; 3],
}

/// What is used of each of [`BOUNDS`] where R = η²·`bend`.
///
/// (16): |R| ≤ (L_o + 8G_o²)η²; with the sharp constants |R| ≤ (L_o + G_o²/2)η²; −L_oη²/(2(1−J)) ≤ R ≤ L_oη²/(2J); (22):
/// −R ≤ (L_pT∞ + G_p²T_ψ1/(1−J))η²; −L_pE⁺\[ℓ\]η²/(2(1−J)) ≤ R ≤ L_pE⁻\[ℓ\]η²/(2J).
pub fn used(bend: f64, start: &Line<f64>, constants: &Constants<f64>, length: f64) -> [f64; 5] {
    let Constants { score, curvature, token_score, token_curvature, psi1 } = *constants;
    let (size, over, under) = (f64::abs(bend), 2.0 * start.failure() * -bend, 2.0 * start.success() * bend);
    [
        size / (curvature + 8.0 * score * score),
        size / (curvature + 0.5 * score * score),
        f64::max(over, under) / curvature,
        -bend / (token_curvature * length + token_score * token_score * psi1 / start.failure()),
        f64::max(over / start.length[1], under / start.length[0]) / token_curvature,
    ]
}

fn larger(a: &Constants<f64>, b: &Constants<f64>) -> Constants<f64> {
    Constants {
        score: a.score.max(b.score),
        curvature: a.curvature.max(b.curvature),
        token_score: a.token_score.max(b.token_score),
        token_curvature: a.token_curvature.max(b.token_curvature),
        psi1: a.psi1.max(b.psi1),
    }
}

/// θ_{k+1} − θ_k as η·w; `None` where nothing moves.
pub fn direction(from: &[f64], to: &[f64]) -> Option<(f64, Vec<f64>)> {
    let change: Vec<f64> = to.iter().zip(from).map(|(to, from)| to - from).collect();
    let eta = crate::line::norm(&change);
    (eta > 0.0).then(|| (eta, change.iter().map(|x| x / eta).collect()))
}

impl Moved {
    /// The update θ → θ + ηw.
    ///
    /// # Errors
    /// Logits that are not finite.
    pub fn new(space: &Space, sizes: Sizes, theta: &[f64], eta: f64, w: &[f64]) -> Result<Moved, Error> {
        let (start, mut constants) = space.on_line(sizes, theta, w, 0.0)?;
        let (mut bend, mut end) = (NODES[0][1] * start.second(), start.lambda());
        for [node, weight] in &NODES[1..] {
            let (line, here) = space.on_line(sizes, theta, w, node * eta)?;
            bend += weight * (1.0 - node) * line.second();
            (constants, end) = (larger(&constants, &here), line.lambda());
        }
        let alignment = start.alignment();
        let difference = end - start.lambda() - eta * alignment;
        let apart = eta * eta * bend - difference;
        if f64::abs(apart) > ROUNDING * (1.0 + f64::abs(start.lambda())) {
            bend = difference / (eta * eta);
        }
        let remainder = eta * eta * bend;
        let (change, length) = (eta * alignment + remainder, f64::from(space.tree().shape().max_length));
        let Constants { score, curvature, token_score, token_curvature, psi1 } = constants;
        let token = 0.5 * eta * eta * token_curvature;
        Ok(Moved {
            eta,
            success: start.success(),
            alignment,
            second: start.second(),
            change,
            remainder,
            apart,
            constants: [score, curvature, token_score, token_curvature, psi1],
            used: used(bend, &start, &constants, length),
            paper_step: token_step(alignment, start.failure(), length, &constants),
            ascent_step: ascent_step(alignment, start.failure(), curvature),
            allowed: [
                eta * eta * (curvature + 0.5 * score * score),
                token * start.length[1] / start.failure(),
                token * start.length[0] / start.success(),
            ],
        })
    }
}
