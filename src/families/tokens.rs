//! Token-level families: contexts, EOS, and lengths that depend on θ.

use super::coordinates::{Common, choice, choice_coordinate, dense, header, log_uniform, signed, signed_coordinate};
use super::{Edge, Family, Map};
use crate::instance::Instance;
use crate::policy::{Context, Ending, Features, Logits, Policy, Shape, Tree};

pub(super) const ENDINGS: [Ending; 3] = [Ending::Eos, Ending::Cut, Ending::Fixed];

/// Coordinates of the shape: vocabulary, maximal length, ending.
const SHAPE: usize = 3;
/// The largest response space any of these families enumerates.
const MAX_RESPONSES: usize = 81;

/// V = 2 or 3; T∞ from 2 to what keeps the space small (`longest` by [V = 2, V = 3], or `chain` for V = 2 with an EOS).
fn shape(block: &[f64], longest: [usize; 2], chain: usize) -> Shape {
    let ending = ENDINGS[choice(block[2], 3)];
    let small = choice(block[0], 2);
    let longest = if small == 0 && ending != Ending::Fixed { chain } else { longest[small] };
    let max_length = 2 + choice(block[1], longest - 1) as u32;
    Shape { vocabulary: 2 + small as u32, max_length, ending }
}

/// The tree of a shape that [`shape`] decoded.
fn tree(shape: Shape) -> Tree {
    Tree::new(shape).unwrap_or_else(|_| Tree::flat(2)) // cannot fail: V ≤ 3 and T∞ ≤ 24 stay below 100 responses
}

/// Linear features for every logit, θ and w of dimension `dim`, and the flags of a random verifier.
fn linear(u: &[f64], instance: &mut Instance, shape: Shape, context: Context, stop: Option<f64>, dim: usize, own: usize) {
    let (common, mut rest) = Common::split(u);
    rest.take(own);
    let tree = tree(shape);
    let rows = Policy::rows(&tree, context);
    let options = shape.vocabulary as usize - usize::from(stop.is_some());
    let scale = common.theta_scale();
    instance.theta = rest.take(LINEAR_DIM)[..dim].iter().map(|&x| scale * signed(x)).collect();
    let (w, flags) = (rest.take(LINEAR_DIM), rest.take(MAX_RESPONSES));
    let features = dense(rest.0, rows * options * dim);
    let logits = Logits { dim, rows, options, bias: vec![], features, quadratic: vec![], waves: vec![] };
    instance.policy = Policy::assemble(tree, context, stop, logits);
    common.finish(instance, w, flags);
}

// ---- tabular by prefix --------------------------------------------------------------------------------------------------

/// The most logits: V = 3, T∞ = 3, no EOS has 13 prefixes of 3 options.
const TABLE: usize = 39;

/// A logit for every (prefix, token).
pub const PREFIX_TABULAR: Family = Family {
    name: "prefix-tabular",
    version: 1,
    shared_edges: true,
    summary: "token-level, one logit for every prefix and token, V = 2-3, T∞ = 2-4",
    dim: header::COUNT + SHAPE + 2 * TABLE + MAX_RESPONSES,
    map: Map::Trusted(|u, instance| {
        let (common, mut rest) = Common::split(u);
        let shape = shape(rest.take(SHAPE), [4, 3], 6);
        let tree = tree(shape);
        let rows = Policy::rows(&tree, Context::Prefix);
        let options = shape.vocabulary as usize;
        let dim = rows * options;
        let scale = common.theta_scale();
        instance.theta = rest.take(TABLE)[..dim].iter().map(|&x| scale * signed(x)).collect();
        let (w, flags) = (rest.take(TABLE), rest.take(MAX_RESPONSES));
        let logits =
            Logits { dim, rows, options, bias: vec![], features: Features::Tabular, quadratic: vec![], waves: vec![] };
        instance.policy = Policy::assemble(tree, Context::Prefix, None, logits);
        common.finish(instance, w, flags);
    }),
    edges: || vec![equality_word(header::COUNT + SHAPE + 2 * TABLE + MAX_RESPONSES)],
};

/// Fixed length, one correct word: the equality case of length-norm.
fn equality_word(dim: usize) -> Edge {
    let mut u = vec![0.0; dim];
    u[header::ETA] = header::eta_coordinate(0.1);
    u[header::COUNT + 2] = choice_coordinate(2, 3);
    Edge { name: "constant length, one correct word: equality in length-norm and token-to-trajectory", u }
}

/// Words of constant length over three tokens, the word 00…0 correct and rare; slopes (0, −1, 1) in the rows whose features begin at
/// `rows`, so that every token of it has H_t = −L_p.
fn rare_word(dim: usize, rows: &[usize]) -> Edge {
    let mut edge = equality_word(dim);
    edge.name = "one correct word, H_t = −L_p for all its tokens, J → 0, η → 0: equality in R ≥ −L_pE⁺[ℓ]η²/(2(1−J))";
    edge.u[header::ETA] = header::eta_coordinate(1e-4);
    edge.u[header::TILT] = header::tilt_coordinate(-30.0);
    (edge.u[header::COUNT], edge.u[header::COUNT + 1]) = (1.0, 1.0);
    edge.u[header::COUNT + SHAPE + 1 + LINEAR_DIM] = 0.25; // w = 1
    for &row in rows {
        (edge.u[row + 1], edge.u[row + 2]) = (signed_coordinate(-0.5), signed_coordinate(0.5));
    }
    edge
}

// ---- linear features of the last token ----------------------------------------------------------------------------------

const LINEAR_DIM: usize = 3;

/// Linear features of the last token.
pub const LAST_TOKEN: Family = Family {
    name: "last-token",
    version: 1,
    shared_edges: true,
    summary: "token-level, linear features of the last token, V = 2-3, T∞ = 2-24",
    dim: header::COUNT + SHAPE + 1 + 2 * LINEAR_DIM + MAX_RESPONSES + 9 * LINEAR_DIM,
    map: Map::Trusted(|u, instance| {
        let own = &u[header::COUNT..];
        let dim = 1 + choice(own[SHAPE], LINEAR_DIM);
        linear(u, instance, shape(own, [6, 4], 24), Context::LastToken, None, dim, SHAPE + 1);
    }),
    edges: || {
        let mut edge = equality_word(header::COUNT + SHAPE + 1 + 2 * LINEAR_DIM + MAX_RESPONSES + 9 * LINEAR_DIM);
        let mut chain = edge.clone();
        edge.u[header::COUNT + SHAPE + 1 + LINEAR_DIM] = 0.25; // w = 1
        let features = header::COUNT + SHAPE + 1 + 2 * LINEAR_DIM + MAX_RESPONSES;
        edge.u[features] = 0.25; // slope 1 for token 0 after token 0: the word 00…0 meets it everywhere
        chain.name = "a chain of up to 24 tokens whose EOS comes early: T_ψ1 far below T∞";
        chain.u[header::COUNT + 1] = 1.0;
        chain.u[header::COUNT + 2] = 0.0;
        chain.u[header::COUNT + SHAPE + 1] = 0.25;
        chain.u[header::SCALE] = 0.7;
        for row in 0..2 {
            chain.u[features + 2 * row] = 0.25; // EOS favoured in every context
        }
        // EOS at once, probability ½, or 24 tokens: after token 1 the logit of EOS is −30.
        let mut long = edge.clone();
        long.name = "EOS at once | 24 tokens: ℓ = 1 on O⁻, E⁺[ℓ] near T_ψ1 log(1 + 1/J)";
        long.u[header::RULE] = choice_coordinate(2, 7);
        (long.u[header::COUNT + 1], long.u[header::COUNT + 2]) = (1.0, 0.0);
        (long.u[header::SCALE], long.u[header::COUNT + SHAPE + 1]) = (1.0, 0.5);
        (long.u[features], long.u[features + 2]) = (0.0, signed_coordinate(-0.5));
        vec![edge, chain, long, rare_word(LAST_TOKEN.dim, &[features])]
    },
};

// ---- linear features of the whole prefix --------------------------------------------------------------------------------

/// Linear features of the whole prefix.
pub const PREFIX_LINEAR: Family = Family {
    name: "prefix-linear",
    version: 1,
    shared_edges: true,
    summary: "token-level, linear features of the whole prefix, V = 2-3, T∞ = 2-4",
    dim: header::COUNT + SHAPE + 1 + 2 * LINEAR_DIM + MAX_RESPONSES + TABLE * LINEAR_DIM,
    map: Map::Trusted(|u, instance| {
        let own = &u[header::COUNT..];
        let dim = 1 + choice(own[SHAPE], LINEAR_DIM);
        linear(u, instance, shape(own, [4, 3], 6), Context::Prefix, None, dim, SHAPE + 1);
    }),
    edges: || {
        let features = header::COUNT + SHAPE + 1 + 2 * LINEAR_DIM + MAX_RESPONSES;
        let rows: Vec<usize> = (0..13).map(|row| features + 3 * row).collect();
        vec![rare_word(PREFIX_LINEAR.dim, &rows)]
    },
};

// ---- geometric length ---------------------------------------------------------------------------------------------------

/// The place of its EOS probability h, from 0.9 at 0 to 0.02 at 1.
pub(super) const STOP_COORDINATE: usize = header::COUNT + 2;

/// EOS with a fixed probability outside the softmax.
pub const GEOMETRIC: Family = Family {
    name: "geometric-length",
    version: 1,
    shared_edges: true,
    summary: "token-level, EOS with a fixed probability whatever θ, V = 3, T∞ = 2-5",
    dim: header::COUNT + 4 + 2 * LINEAR_DIM + MAX_RESPONSES + 6 * LINEAR_DIM,
    map: Map::Trusted(|u, instance| {
        let own = &u[header::COUNT..];
        let max_length = 2 + choice(own[0], 4) as u32;
        let ending = ENDINGS[choice(own[1], 2)];
        let stop = log_uniform(1.0 - own[2], 0.02, 0.9);
        let dim = 1 + choice(own[3], LINEAR_DIM);
        let shape = Shape { vocabulary: 3, max_length, ending };
        linear(u, instance, shape, Context::LastToken, Some(stop), dim, 4);
    }),
    edges: || {
        // h: (1 − u) log-uniform from 0.02 to 0.9.
        let edge = |name, stop: f64| {
            let mut u = vec![0.0; GEOMETRIC.dim];
            u[header::ETA] = header::eta_coordinate(0.1);
            (u[header::COUNT], u[header::COUNT + 2]) = (1.0, stop);
            u[header::COUNT + 4 + LINEAR_DIM] = 0.25; // w = 1
            u[GEOMETRIC.dim - 6 * LINEAR_DIM] = 0.25;
            Edge { name, u }
        };
        vec![edge("h = 0.9, T∞ = 5: T_ψ1 far below T∞/log 2", 0.0), edge("h = 0.02, T∞ = 5: T_ψ1 near T∞/log 2", 1.0)]
    },
};

// ---- logits quadratic in θ ----------------------------------------------------------------------------------------------

/// Places of the coordinates of [`CURVED`], after those of the shape.
mod curved {
    use super::{MAX_RESPONSES, SHAPE, header};
    pub const MEMORY: usize = header::COUNT + SHAPE;
    pub const THETA: usize = MEMORY + 1;
    pub const LEVEL: usize = THETA + 1;
    pub const W: usize = LEVEL + 1;
    pub const FLAGS: usize = W + 1;
    pub const BIAS: usize = FLAGS + MAX_RESPONSES;
    /// The most logits: V = 3 and a row for every last token.
    pub const LOGITS: usize = 9;
    pub const SLOPE: usize = BIAS + LOGITS;
    pub const BEND: usize = SLOPE + LOGITS;
    pub const END: usize = BEND + LOGITS;
}

/// Logits b + aθ + ½cθ², θ ∈ R¹, shared by all contexts or by those with the same last token. A quarter of the instances are level:
/// θ = 0 and every a is 0, so that all scores vanish and H_t alone, of either sign, decides.
pub const CURVED: Family = Family {
    name: "curved-tokens",
    version: 1,
    shared_edges: true,
    summary: "token-level, logits quadratic in θ, of the last token or shared, V = 2-3, T∞ = 2-24",
    dim: curved::END,
    map: Map::Trusted(|u, instance| {
        let (common, mut rest) = Common::split(u);
        let shape = shape(rest.take(SHAPE), [6, 4], 24);
        let tree = tree(shape);
        let context = [Context::Shared, Context::LastToken][choice(u[curved::MEMORY], 2)];
        let rows = Policy::rows(&tree, context);
        let options = shape.vocabulary as usize;
        let level = choice(u[curved::LEVEL], 4) == 0;
        let scale = common.theta_scale();
        let block = |start: usize, scale: f64| -> Vec<f64> {
            u[start..start + rows * options].iter().map(|&x| scale * signed(x)).collect()
        };
        let unless_zero = |list: Vec<f64>| if list.iter().all(|&x| x == 0.0) { vec![] } else { list };
        let bias = unless_zero(block(curved::BIAS, scale));
        let features = Features::Dense(block(curved::SLOPE, if level { 0.0 } else { 2.0 }));
        let quadratic = unless_zero(block(curved::BEND, 4.0));
        let logits = Logits { dim: 1, rows, options, bias, features, quadratic, waves: vec![] };
        instance.policy = Policy::assemble(tree, context, None, logits);
        instance.theta.clear();
        instance.theta.push(if level { 0.0 } else { scale.min(3.0) * signed(u[curved::THETA]) });
        common.finish(instance, &u[curved::W..curved::FLAGS], &u[curved::FLAGS..curved::BIAS]);
    }),
    edges: || {
        let mut chain = vec![0.0; curved::END];
        chain[header::ETA] = header::eta_coordinate(1e-6);
        chain[header::RULE] = choice_coordinate(2, 7);
        chain[header::RULE_PARAMETER] = choice_coordinate(24, 64); // the last of 25 responses
        (chain[header::COUNT + 1], chain[header::COUNT + 2]) = (1.0, choice_coordinate(1, 3));
        chain[curved::BEND + 1] = signed_coordinate(0.25);
        // Six tokens 0 or 1, log-odds −15 − ½θ² of 0: H = −1 for 0, next to nothing for 1.
        let mut word = vec![0.0; curved::END];
        word[header::ETA] = header::eta_coordinate(1e-4);
        word[header::SCALE] = 1.0;
        (word[header::COUNT + 1], word[header::COUNT + 2]) = (1.0, choice_coordinate(2, 3));
        word[curved::BIAS] = signed_coordinate(-0.5);
        word[curved::BEND] = signed_coordinate(-0.25);
        let mut exchanged = word.clone();
        exchanged[header::RULE] = choice_coordinate(2, 7);
        // Δμ = 6δ, L_p = 1: 2Δμ/(L_pT∞) = 2δ; τ = η√6.
        let mut beyond = word.clone();
        beyond[curved::LEVEL] = choice_coordinate(2, 4);
        beyond[curved::SLOPE] = signed_coordinate(0.5e-3);
        beyond[header::ETA] = header::eta_coordinate(1.02 * 2e-3 * 6f64.sqrt());
        vec![
            Edge {
                name: "a or EOS with log-odds ½θ², O⁻ = {a²⁴}: (22) with E⁺[ℓ] in the place of T∞ is false", u: chain
            },
            Edge {
                name: "one correct word, scores 0, H_t = −L_p for all its tokens, J → 0, η → 0: equality in R ≥ −L_pE⁺[ℓ]η²/(2(1−J))",
                u: word,
            },
            Edge {
                name: "the same with O⁺ and O⁻ exchanged, J → 1: equality in R ≤ L_pE⁻[ℓ]η²/(2J)", u: exchanged
            },
            Edge {
                name: "one correct word, Δμ = 6·10⁻³, η = 1.02 · 2Δμ/(L_pT∞): just beyond ascent, λ falls", u: beyond
            },
        ]
    },
};
