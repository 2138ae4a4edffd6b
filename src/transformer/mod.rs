//! A decoder-only transformer, small enough that its whole response space is known, written once over
//! [`Number`].
//!
//! Every token x_i of a [`Forest`], with its position p_i (how many tokens stand before it), becomes
//!
//! ```text
//! x = E[token] + P[position]
//! x ← x + W_o · Attention(N(x))              softmax over a token's ancestors and itself, in several heads
//! x ← x + W_down · silu(W_up · N(x))         silu(u) = u/(1 + e^{−u}), smooth: λ'' exists
//! logits = W_head · N(x)                     N(x) = g · x/√(mean(x²) + ε)
//! ```
//!
//! with the two middle lines once for each layer and no bias anywhere. Only tokens that a response may hold have logits: the
//! softmax is over these.
//!
//! | with | a pass gives |
//! |---|---|
//! | `f64` | logits; [`Pass::gradient`]: the derivatives of any function of them, by going back |
//! | [`Jet<f64>`](crate::number::Jet) along θ + t·w | exact first and second directional derivatives of every logit |
//! | [`Interval`](crate::number::Interval) | what logits certainly are; jets of intervals likewise |
//!
//! A reverse pass and a jet know nothing of each other: tests compare them, and both with differences.
//!
//! ```
//! use gradient_gap::transformer::{Pass, Sizes, on_line};
//!
//! let sizes = Sizes { vocabulary: 3, options: 2, positions: 4, width: 4, heads: 2, hidden: 8, layers: 1 };
//! sizes.validate()?;
//! let theta: Vec<f64> = (0..sizes.parameters()).map(|i| 0.3 * ((i * 7 % 11) as f64 - 5.0)).collect();
//! let w = vec![0.01; theta.len()];
//!
//! // The tokens 2, 0: the logits behind the second one with their derivatives along w, and that of the first by going back.
//! let tokens = [(None, 2), (Some(0), 0)];
//! let jets = on_line(&theta, &w, 0.0);
//! let (mut forward, mut back) = (Pass::new(sizes, &jets, false), Pass::new(sizes, &theta, true));
//! forward.extend(&tokens);
//! back.extend(&tokens);
//! let gradient = back.gradient(&[0.0, 0.0, 1.0, 0.0]);
//! let along: f64 = gradient.iter().zip(&w).map(|(g, w)| g * w).sum();
//! assert!((forward.logits(1)[0].first - along).abs() < 1e-12);
//! # Ok::<(), gradient_gap::Error>(())
//! ```

mod forest;
mod forward;
mod product;
mod reverse;

pub use forest::Forest;
pub use forward::Pass;
pub use product::Number;

use crate::error::Error;
use crate::number::Jet;
use std::ops::Range;

/// How large a network is: every size is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Tokens that a sequence may hold: 0, …, `vocabulary` − 1.
    pub vocabulary: usize,
    /// How many of them, from the first on, have logits: those that a response may hold.
    pub options: usize,
    /// Positions: the longest sequence, in tokens.
    pub positions: usize,
    /// d, the length of every x_i, a multiple of `heads`.
    pub width: usize,
    /// How many heads attention has; each sees width/heads numbers.
    pub heads: usize,
    /// The width of the feed-forward half: W_up leads from d to so many numbers, W_down back.
    pub hidden: usize,
    /// How many times attention and feed-forward are passed, each time with weights of their own.
    pub layers: usize,
}

/// Where the parameters of a layer stand in θ.
#[derive(Clone, Debug)]
struct Layer {
    attention_gain: Range<usize>,
    /// Queries, keys and values side by side: d × 3d.
    qkv: Range<usize>,
    out: Range<usize>,
    gain: Range<usize>,
    up: Range<usize>,
    down: Range<usize>,
}

/// Where all parameters stand.
#[derive(Clone, Debug)]
struct Layout {
    tokens: Range<usize>,
    positions: Range<usize>,
    layers: Vec<Layer>,
    gain: Range<usize>,
    head: Range<usize>,
}

/// The largest number of parameters, the length of θ, of a network.
pub const MAX_PARAMETERS: usize = 50_000;

impl Sizes {
    fn layout(&self) -> Layout {
        let (mut next, d) = (0, self.width);
        let mut take = |count: usize| {
            next += count;
            next - count..next
        };
        let (tokens, positions) = (take(self.vocabulary * d), take(self.positions * d));
        let layers = (0..self.layers).map(|_| Layer {
            attention_gain: take(d),
            qkv: take(3 * d * d),
            out: take(d * d),
            gain: take(d),
            up: take(d * self.hidden),
            down: take(self.hidden * d),
        });
        let layers = layers.collect();
        Layout { tokens, positions, layers, gain: take(d), head: take(d * self.options) }
    }

    /// How many parameters there are: the length of θ.
    pub fn parameters(&self) -> usize {
        let (d, layer) = (self.width, self.width * (2 + 4 * self.width + 2 * self.hidden));
        d * (self.vocabulary + self.positions + 1 + self.options) + self.layers * layer
    }

    /// The parameters by what they are for: name and range of places in θ, in their order. Matrices are row-major, with a
    /// row for each token, position or number that enters.
    pub fn parts(&self) -> Vec<(&'static str, Range<usize>)> {
        let Layout { tokens, positions, layers, gain, head } = self.layout();
        let mut parts = vec![("tokens", tokens), ("positions", positions)];
        for Layer { attention_gain, qkv, out, gain, up, down } in layers {
            parts.extend([("attention gain", attention_gain), ("queries, keys, values", qkv), ("attention out", out)]);
            parts.extend([("gain", gain), ("up", up), ("down", down)]);
        }
        parts.extend([("last gain", gain), ("head", head)]);
        parts
    }

    /// Whether these are sizes of a network.
    ///
    /// # Errors
    /// A size of 0, heads that do not divide the width, more options than tokens, more than [`MAX_PARAMETERS`].
    pub fn validate(&self) -> Result<(), Error> {
        let Sizes { vocabulary, options, positions, width, heads, hidden, layers } = *self;
        let all = [vocabulary, options, positions, width, heads, hidden, layers];
        if all.contains(&0)
            || all.iter().any(|&size| size > MAX_PARAMETERS)
            || options > vocabulary
            || !width.is_multiple_of(heads)
        {
            return Err(Error::new(format!("{self:?} are no sizes of a network")));
        }
        match self.parameters() {
            count if count > MAX_PARAMETERS => {
                Err(Error::new(format!("{count} parameters, expected at most {MAX_PARAMETERS}")))
            }
            _ => Ok(()),
        }
    }
}

/// θ + t·w at t as jets in t, for a [`Pass`] whose logits are then functions of t with two derivatives. θ and w have as
/// many entries.
pub fn on_line<N: crate::number::Scalar>(theta: &[f64], w: &[f64], t: N) -> Vec<Jet<N>> {
    let entry = |(&theta, &w): (&f64, &f64)| Jet { value: N::of(theta) + t * N::of(w), first: N::of(w), second: N::zero() };
    theta.iter().zip(w).map(entry).collect()
}
