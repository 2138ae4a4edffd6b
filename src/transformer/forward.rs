//! The network from tokens to logits.

use super::{Forest, Layer, Layout, Number, Sizes};
use crate::number::finite_top;

/// ε of the norm.
pub(super) const EPSILON: f64 = 1e-6;

/// What a layer keeps of every token.
#[derive(Clone, Debug)]
pub(super) struct Kept<N> {
    /// Queries, keys and values: later tokens look at them. The rest is for going back.
    pub qkv: Vec<N>,
    /// What enters.
    pub x: Vec<N>,
    /// 1/√(mean(x²) + ε).
    pub scale: Vec<N>,
    /// N(x).
    pub normed: Vec<N>,
    /// Weights of attention, head by head, from the token itself to the first; where those of a token begin stands in `Pass::first`.
    pub weights: Vec<N>,
    /// Means of values.
    pub looked: Vec<N>,
    /// What enters the second half, with its norm.
    pub middle: Vec<N>,
    pub middle_scale: Vec<N>,
    pub middle_normed: Vec<N>,
    /// u and silu(u).
    pub up: Vec<N>,
    pub activated: Vec<N>,
}

impl<N> Default for Kept<N> {
    fn default() -> Self {
        Kept {
            qkv: Vec::new(),
            x: Vec::new(),
            scale: Vec::new(),
            normed: Vec::new(),
            weights: Vec::new(),
            looked: Vec::new(),
            middle: Vec::new(),
            middle_scale: Vec::new(),
            middle_normed: Vec::new(),
            up: Vec::new(),
            activated: Vec::new(),
        }
    }
}

/// A network with the tokens that have gone through it; more can follow.
#[derive(Clone, Debug)]
pub struct Pass<'a, N> {
    pub(super) sizes: Sizes,
    pub(super) layout: Layout,
    pub(super) theta: &'a [N],
    pub(super) forest: Forest,
    /// Whether everything is kept, to go back.
    keep: bool,
    pub(super) layers: Vec<Kept<N>>,
    /// Where the weights of attention of every token begin.
    pub(super) first: Vec<usize>,
    pub(super) x: Vec<N>,
    pub(super) scale: Vec<N>,
    pub(super) normed: Vec<N>,
    logits: Vec<N>,
}

/// Tokens that go through together where nothing is kept.
const TOGETHER: usize = 256;

/// g·x/√(mean(x²) + ε), row by row, and 1/√(…).
fn norm<N: Number>(x: &[N], gain: &[N]) -> (Vec<N>, Vec<N>) {
    let (mut normed, mut scales) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len() / gain.len()));
    let count = N::of(gain.len() as f64);
    for x in x.chunks_exact(gain.len()) {
        let squares = x.iter().fold(N::zero(), |sum, x| sum + x.square());
        let scale = N::one() / (squares / count + N::of(EPSILON)).sqrt();
        normed.extend(x.iter().zip(gain).map(|(&x, &gain)| gain * (x * scale)));
        scales.push(scale);
    }
    (normed, scales)
}

fn product<N: Number>(x: &[N], w: &[N], inner: usize, columns: usize) -> Vec<N> {
    let mut out = vec![N::zero(); x.len() / inner * columns];
    N::add_product(x, w, inner, columns, &mut out);
    out
}

impl<'a, N: Number> Pass<'a, N> {
    /// A pass through which no token has gone yet; with `keep` as is needed to go back ([`Pass::gradient`]). The sizes are
    /// [valid](Sizes::validate), θ has [`Sizes::parameters`] entries.
    ///
    /// # Panics
    /// Where it has not.
    pub fn new(sizes: Sizes, theta: &'a [N], keep: bool) -> Pass<'a, N> {
        assert_eq!(theta.len(), sizes.parameters(), "parameters");
        let layers = (0..sizes.layers).map(|_| Kept::default()).collect();
        Pass {
            sizes,
            layout: sizes.layout(),
            theta,
            forest: Forest::new(),
            keep,
            layers,
            first: Vec::new(),
            x: Vec::new(),
            scale: Vec::new(),
            normed: Vec::new(),
            logits: Vec::new(),
        }
    }

    /// The tokens so far.
    pub fn forest(&self) -> &Forest {
        &self.forest
    }

    /// The logits behind token number `node`, which has gone through: [`Sizes::options`] numbers.
    pub fn logits(&self, node: usize) -> &[N] {
        &self.logits[node * self.sizes.options..][..self.sizes.options]
    }

    /// The logits behind all tokens from number `node` on, token by token: [`Sizes::options`] numbers each.
    pub fn logits_from(&self, node: usize) -> &[N] {
        &self.logits[node * self.sizes.options..]
    }

    /// Sends tokens through: each with what it follows (none: the first of a sequence), which is there or stands before it in
    /// `tokens`, numbered from the first of all tokens on. Tokens and positions beyond what the network knows count as its last.
    pub fn extend(&mut self, tokens: &[(Option<usize>, u32)]) {
        let together = if self.keep { tokens.len().max(1) } else { TOGETHER };
        for tokens in tokens.chunks(together) {
            let from = self.forest.len();
            tokens.iter().for_each(|&(parent, token)| _ = self.forest.push(parent, token));
            self.run(from);
        }
    }

    fn run(&mut self, from: usize) {
        let (Sizes { width: d, hidden, options, .. }, theta) = (self.sizes, self.theta);
        let to = self.forest.len();
        let mut x = Vec::with_capacity((to - from) * d);
        for node in from..to {
            let token = (self.forest.token(node) as usize).min(self.sizes.vocabulary - 1);
            let position = self.forest.depth(node).min(self.sizes.positions - 1);
            let token = &theta[self.layout.tokens.clone()][token * d..][..d];
            let position = &theta[self.layout.positions.clone()][position * d..][..d];
            x.extend(token.iter().zip(position).map(|(&x, &y)| x + y));
        }
        let mut first = self.first.last().map_or(0, |_| self.layers[0].weights.len());
        for node in from..to {
            self.first.push(first);
            first += (self.forest.depth(node) + 1) * self.sizes.heads;
        }
        for i in 0..self.sizes.layers {
            let Layer { attention_gain, qkv, out, gain, up, down } = self.layout.layers[i].clone();
            let (normed, scale) = norm(&x, &theta[attention_gain]);
            let new = product(&normed, &theta[qkv], d, 3 * d);
            self.layers[i].qkv.extend(new);
            let (looked, weights) = self.attention(i, from);
            let mut middle = x.clone();
            N::add_product(&looked, &theta[out], d, d, &mut middle);
            let (middle_normed, middle_scale) = norm(&middle, &theta[gain]);
            let up = product(&middle_normed, &theta[up], d, hidden);
            let activated: Vec<N> = up.iter().map(|&u| u / (N::one() + (-u).exp())).collect();
            let mut next = middle.clone();
            N::add_product(&activated, &theta[down], hidden, d, &mut next);
            let entered = std::mem::replace(&mut x, next);
            if self.keep {
                let kept = &mut self.layers[i];
                for (all, new) in [
                    (&mut kept.x, entered),
                    (&mut kept.scale, scale),
                    (&mut kept.normed, normed),
                    (&mut kept.weights, weights),
                    (&mut kept.looked, looked),
                    (&mut kept.middle, middle),
                    (&mut kept.middle_scale, middle_scale),
                    (&mut kept.middle_normed, middle_normed),
                    (&mut kept.up, up),
                    (&mut kept.activated, activated),
                ] {
                    all.extend(new);
                }
            }
        }
        let (normed, scale) = norm(&x, &theta[self.layout.gain.clone()]);
        self.logits.extend(product(&normed, &theta[self.layout.head.clone()], d, options));
        if self.keep {
            self.x.extend(x);
            self.scale.extend(scale);
            self.normed.extend(normed);
        }
    }

    /// What the tokens from `from` on see in a layer: means of values, and their weights.
    fn attention(&self, layer: usize, from: usize) -> (Vec<N>, Vec<N>) {
        let Sizes { width: d, heads, .. } = self.sizes;
        let (part, qkv) = (d / heads, &self.layers[layer].qkv);
        let shrink = N::one() / N::of(part as f64).sqrt();
        let (mut looked, mut weights, mut path, mut scores) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for node in from..self.forest.len() {
            self.forest.path(node, &mut path);
            for head in 0..heads {
                let query = &qkv[node * 3 * d + head * part..][..part];
                scores.clear();
                scores.extend(path.iter().map(|&seen| {
                    let key = &qkv[seen * 3 * d + d + head * part..][..part];
                    query.iter().zip(key).fold(N::zero(), |sum, (&q, &k)| sum + q * k) * shrink
                }));
                let top = N::of(finite_top(&scores));
                let mut total = N::zero();
                for score in &mut scores {
                    *score = (*score - top).exp();
                    total = total + *score;
                }
                let at = looked.len();
                looked.resize(at + part, N::zero());
                for (score, &seen) in scores.iter_mut().zip(&path) {
                    *score = *score / total;
                    let value = &qkv[seen * 3 * d + 2 * d + head * part..][..part];
                    looked[at..].iter_mut().zip(value).for_each(|(sum, &v)| *sum = *sum + *score * v);
                }
                if self.keep {
                    weights.extend_from_slice(&scores);
                }
            }
        }
        (looked, weights)
    }
}
