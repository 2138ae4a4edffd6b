//! Exact policies: small enough that the whole response space is known.
//!
//! A [`Policy`] is a tree of prefixes ([`Tree`]), a rule that says which context (row of logits) a prefix is in
//! ([`Context`]), and logits as functions of θ ([`Logits`]). A trajectory-level softmax is the one-token case: one
//! context, T∞ = 1.
//!
//! | constructor | policy | reference |
//! |---|---|---|
//! | [`Policy::linear_softmax`] | π ∝ exp(b + θ·φ(o)) | §3 |
//! | [`Policy::tabular_softmax`] | one logit a response | §3 |
//! | [`Policy::cube`] | {±1}ⁿ, a product of n logistic bits taken as one token | G_o = 2√n, L_o = 1 |
//! | [`Policy::quadratic_softmax`] | logits quadratic in θ | any score and curvature at a point |
//! | [`Policy::autoregressive`] | token-level, contexts by prefix or last token | §2, equation (1) |
//! | [`Policy::with_stop`] | EOS with a fixed probability outside the softmax | geometric length |
//! | [`Policy::finite_state`] | token-level, contexts by the state of an [`Automaton`], which also grades; long responses | §2, equation (1) |
//! | [`Policy::curve`] | two responses, log-odds a prescribed function λ(θ) | §3 |

mod automaton;
mod chosen;
mod line_logits;
mod logits;
mod reward;
mod sampler;
mod tree;

pub use automaton::{Automaton, MAX_TOKENS};
pub(crate) use line_logits::LineLogits;
pub use logits::{Features, Logits, Wave};
pub use reward::Rule;
pub(crate) use reward::set;
pub use sampler::Sampler;
pub use tree::{Ending, Leaf, MAX_RESPONSES, Node, Shape, Tree};

pub(crate) use line_logits::{RowBounds, subtract_entry};
pub(crate) use logits::{add_products, dot, finite};

use crate::error::Error;
use serde::{Deserialize, Serialize};

/// The logits of {±1}ⁿ: response number Σ 2ⁱ·\[bit i set\] has features ±1.
pub(crate) fn cube_logits(n: u32, bias: Vec<f64>) -> Logits {
    let signs = |o: u32| (0..n).map(move |i| if o >> i & 1 == 1 { 1.0 } else { -1.0 });
    let features = Features::Dense((0..1u32 << n).flat_map(signs).collect());
    Logits { dim: n as usize, rows: 1, options: 1 << n, bias, features, quadratic: vec![], waves: vec![] }
}

/// The logits (0, λ(θ)) of a prescribed curve; see [`Policy::curve`].
pub(crate) fn curve_logits([constant, slope, curvature]: [f64; 3], waves: &[[f64; 3]]) -> Logits {
    let wave = |&[amplitude, k, phase]: &[f64; 3]| Wave { logit: 1, amplitude, frequency: vec![k], phase };
    Logits {
        dim: 1,
        rows: 1,
        options: 2,
        bias: vec![0.0, constant],
        features: Features::Dense(vec![0.0, slope]),
        quadratic: if curvature == 0.0 { vec![] } else { vec![0.0, curvature] },
        waves: waves.iter().map(wave).collect(),
    }
}

/// Which row of logits a prefix reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// One row for every prefix (a policy without memory; the only row of a one-token policy).
    Shared,
    /// The row of the last token; the empty prefix reads row 0.
    LastToken,
    /// A row of its own for every prefix, in the order of [`Tree::nodes`].
    Prefix,
    /// The row of the state that the [`Automaton`] is in. Responses are not listed; correct is what ends in a correct state.
    State,
}

/// A family of distributions π_θ over a finite, fully known response space, θ ∈ R^d: plain data, made by a constructor
/// below.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a policy")]
pub struct Policy {
    /// The response space.
    pub tree: Tree,
    /// Which row of logits a prefix reads.
    pub context: Context,
    /// With `Some(p)`, EOS (token 0) is emitted with the fixed probability p ∈ (0, 1) whatever θ, and the softmax ranges over
    /// the other V − 1 tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<f64>,
    /// The automaton of [`Context::State`]; `None` for other contexts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automaton: Option<Box<Automaton>>,
    /// The logits h, of which a row's softmax is the law of the next token.
    pub logits: Logits,
    /// Declared lengths |o| ≥ 1 of a one-token policy's responses, one each (trajectory-level view: tokens are not modelled,
    /// their number is). `None`: the number of tokens in the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Vec<u32>>,
}

impl Policy {
    /// The linear softmax π(o) ∝ exp(b_o + θ·φ(o)) over n responses (§3): `features` is φ row-major, n×d with d = `dim` ≥
    /// 1; `bias` is b, n entries or none for zeros.
    ///
    /// # Errors
    /// Sizes that do not fit, or an entry that is not finite.
    ///
    /// ```
    /// use gradient_gap::policy::Policy;
    ///
    /// let corners = Policy::linear_softmax(2, vec![1.0, 0.0, 0.0, 0.0, 0.0, 1.0], vec![])?; // φ = (1, 0), (0, 0), (0, 1)
    /// assert_eq!((corners.responses(), corners.logits.dim, corners.max_length()), (3, 2, 1));
    /// assert!(Policy::linear_softmax(2, vec![1.0, 0.0, 0.0], vec![]).is_err()); // no rows of two
    /// # Ok::<(), gradient_gap::Error>(())
    /// ```
    pub fn linear_softmax(dim: usize, features: Vec<f64>, bias: Vec<f64>) -> Result<Policy, Error> {
        if dim == 0 || !features.len().is_multiple_of(dim) {
            return Err(Error::new(format!("{} features do not form rows of dimension {dim}", features.len())));
        }
        let options = features.len() / dim;
        Policy::one_token(Logits { bias, ..Logits::linear(dim, 1, options, features) })
    }

    /// The tabular softmax over `n` responses (§3): θ ∈ Rⁿ, π(o) ∝ exp(b_o + θ_o); `bias` is b, n entries or none for zeros.
    ///
    /// # Errors
    /// n = 0, or a bias of another length than n and 0, or not finite.
    ///
    /// ```
    /// use gradient_gap::policy::Policy;
    ///
    /// let policy = Policy::tabular_softmax(4, vec![])?;
    /// assert_eq!((policy.responses(), policy.logits.dim), (4, 4));
    /// # Ok::<(), gradient_gap::Error>(())
    /// ```
    pub fn tabular_softmax(n: usize, bias: Vec<f64>) -> Result<Policy, Error> {
        Policy::one_token(Logits { bias, ..Logits::tabular(1, n) })
    }

    /// The cube {±1}ⁿ as one token: response number Σ 2ⁱ·\[bit i set\] has features φ_i = ±1, so π_θ is a product of n
    /// independent logistic bits; θ ∈ Rⁿ. Globally G_o = 2√n while L_o = 1. `bias` has 2ⁿ entries, one a response, or none.
    ///
    /// # Errors
    /// n = 0 or more than 2²⁰ responses; a bias that does not fit.
    ///
    /// ```
    /// use gradient_gap::policy::{Features, Policy};
    ///
    /// let square = Policy::cube(2, vec![])?; // responses −−, +−, −+, ++
    /// assert_eq!(square.logits.features, Features::Dense(vec![-1.0, -1.0, 1.0, -1.0, -1.0, 1.0, 1.0, 1.0]));
    /// # Ok::<(), gradient_gap::Error>(())
    /// ```
    pub fn cube(n: u32, bias: Vec<f64>) -> Result<Policy, Error> {
        if n == 0 || n > MAX_RESPONSES.ilog2() {
            return Err(Error::new(format!("a cube of dimension {n}, expected 1 to {}", MAX_RESPONSES.ilog2())));
        }
        Policy::one_token(cube_logits(n, bias))
    }

    /// The nonlinear softmax with logits b_o + θ·φ(o) + ½ θᵀQ_oθ: `features` and `bias` as in [`Policy::linear_softmax`],
    /// `quadratic` one symmetric d×d matrix Q_o a response, n·d² entries, or none.
    ///
    /// # Errors
    /// Sizes that do not fit, an entry that is not finite, a matrix that is not symmetric.
    ///
    /// ```
    /// use gradient_gap::policy::Policy;
    ///
    /// let policy = Policy::quadratic_softmax(1, vec![0.0, 1.0], vec![0.0, -2.0], vec![])?; // logits 0 and θ − θ²
    /// assert_eq!(policy.responses(), 2);
    /// # Ok::<(), gradient_gap::Error>(())
    /// ```
    pub fn quadratic_softmax(dim: usize, features: Vec<f64>, quadratic: Vec<f64>, bias: Vec<f64>) -> Result<Policy, Error> {
        let mut policy = Policy::linear_softmax(dim, features, bias)?;
        policy.logits.quadratic = quadratic;
        policy.logits.validate()?;
        Ok(policy)
    }

    /// Two responses, θ ∈ R, log-odds λ(θ) = l₀ + l₁θ + ½l₂θ² + Σ_j α_j cos(k_jθ + φ_j) of response 1 against response 0;
    /// `polynomial` is \[l₀, l₁, l₂\], `waves` lists \[α, k, φ\], φ in radians. With O⁺ = {response 1} this is λ of the
    /// paper, so that any smooth curve can be put to the test.
    ///
    /// # Errors
    /// A number that is not finite.
    ///
    /// ```
    /// use gradient_gap::{Evaluation, Instance, policy::Policy};
    ///
    /// let policy = Policy::curve([1.0, 0.0, -2.0], &[])?; // λ(θ) = 1 − θ²
    /// let (theta, direction, correct) = (vec![0.5], vec![1.0], vec![false, true]);
    /// let instance = Instance { policy, theta, direction, eta: 0.1, correct, then: vec![] };
    /// assert!((Evaluation::<f64>::new(&instance, 1).start().lambda() - 0.75).abs() < 1e-15);
    /// # Ok::<(), gradient_gap::Error>(())
    /// ```
    pub fn curve(polynomial: [f64; 3], waves: &[[f64; 3]]) -> Result<Policy, Error> {
        Policy::one_token(curve_logits(polynomial, waves))
    }

    /// A trajectory-level policy over `logits.options` responses, each of one token: any logits of one row.
    ///
    /// # Errors
    /// Logits that are not one valid row.
    pub fn one_token(logits: Logits) -> Result<Policy, Error> {
        let vocabulary = u32::try_from(logits.options)
            .map_err(|_| Error::new(format!("{} responses, more than {}", logits.options, u32::MAX)))?;
        Policy::autoregressive(Shape { vocabulary, max_length: 1, ending: Ending::Fixed }, Context::Shared, logits)
    }

    /// The token-level policy of equation (1), π(o) = Π_t π(o_t | o_<t): at every prefix the softmax of the row of logits
    /// that `context` names. `logits` has [`Policy::rows`] rows of V options.
    ///
    /// # Errors
    /// A space of more than [`MAX_RESPONSES`] responses, or logits of other sizes.
    ///
    /// ```
    /// use gradient_gap::policy::{Context, Ending, Logits, Policy, Shape};
    ///
    /// // EOS and two tokens, at most two of them before the end; a row after each last token, every logit a parameter.
    /// let shape = Shape { vocabulary: 3, max_length: 3, ending: Ending::Eos };
    /// let policy = Policy::autoregressive(shape, Context::LastToken, Logits::tabular(3, 3))?;
    /// assert_eq!((policy.responses(), policy.logits.dim), (7, 9)); // ⟂, 1⟂, 2⟂, 11⟂, 12⟂, 21⟂, 22⟂
    /// assert_eq!((policy.tree.tokens(4), policy.length(4)), (vec![1, 2, 0], 3));
    /// # Ok::<(), gradient_gap::Error>(())
    /// ```
    pub fn autoregressive(shape: Shape, context: Context, logits: Logits) -> Result<Policy, Error> {
        let policy = Policy { tree: Tree::new(shape)?, context, stop: None, automaton: None, logits, lengths: None };
        policy.validate()?;
        Ok(policy)
    }

    /// A policy as [`Policy::autoregressive`] makes it, but EOS is emitted with the fixed probability `stop` whatever θ:
    /// its score is 0, the softmax ranges over the V − 1 other tokens (so many options has each row), and the length is
    /// geometric, truncated at T∞.
    ///
    /// # Errors
    /// As there; `stop` outside (0, 1); a space without EOS.
    ///
    /// ```
    /// use gradient_gap::policy::{Context, Ending, Logits, Policy, Shape};
    ///
    /// let shape = Shape { vocabulary: 3, max_length: 4, ending: Ending::Eos };
    /// let policy = Policy::with_stop(shape, Context::Shared, 0.25, Logits::tabular(1, 2))?;
    /// assert_eq!((policy.responses(), policy.stop), (15, Some(0.25)));
    /// # Ok::<(), gradient_gap::Error>(())
    /// ```
    pub fn with_stop(shape: Shape, context: Context, stop: f64, logits: Logits) -> Result<Policy, Error> {
        let policy = Policy { tree: Tree::new(shape)?, context, stop: Some(stop), automaton: None, logits, lengths: None };
        policy.validate()?;
        Ok(policy)
    }

    /// The token-level policy whose logits at a prefix are those of the automaton's state: one row a state, or one for
    /// every state at every position ([`Automaton::by_position`]); `stop` as in [`Policy::with_stop`]. Responses are not
    /// listed, so that T∞ may be in the millions; an instance's `correct` has a flag for every state. An example stands
    /// beside [`Automaton`].
    ///
    /// # Errors
    /// An automaton that does not fit the shape, or logits of other sizes than it needs.
    pub fn finite_state(shape: Shape, automaton: Automaton, stop: Option<f64>, logits: Logits) -> Result<Policy, Error> {
        let policy = Self::of_automaton(shape, automaton, stop, logits);
        policy.validate()?;
        Ok(policy)
    }

    fn of_automaton(shape: Shape, automaton: Automaton, stop: Option<f64>, logits: Logits) -> Policy {
        let tree = Tree::unlisted(shape);
        Policy { tree, context: Context::State, stop, automaton: Some(Box::new(automaton)), logits, lengths: None }
    }

    /// A policy whose parts fit by construction: what a family decodes. Checked in debug builds.
    pub(crate) fn assemble(tree: Tree, context: Context, stop: Option<f64>, logits: Logits) -> Policy {
        let policy = Policy { tree, context, stop, automaton: None, logits, lengths: None };
        debug_assert_eq!(policy.validate(), Ok(()));
        policy
    }

    /// [`Policy::finite_state`] of parts that fit by construction. Checked in debug builds.
    pub(crate) fn assemble_finite_state(shape: Shape, automaton: Automaton, stop: Option<f64>, logits: Logits) -> Policy {
        let policy = Self::of_automaton(shape, automaton, stop, logits);
        debug_assert_eq!(policy.validate(), Ok(()));
        policy
    }

    /// Whether all parts fit each other, as they do where a constructor made them and nobody changed them.
    ///
    /// # Errors
    /// Names the first part that does not fit: sizes, numbers that are not finite, a stop probability outside (0, 1),
    /// declared lengths for a policy with more than one token.
    pub fn validate(&self) -> Result<(), Error> {
        self.logits.validate().map_err(|e| e.at("logits"))?;
        let shape = self.tree.shape();
        let rows = match (&self.automaton, self.context) {
            (Some(automaton), Context::State) => {
                automaton.validate(shape).map_err(|e| e.at("automaton"))?;
                automaton.rows(shape)
            }
            (None, Context::State) => return Err(Error::new("context: \"state\" needs an automaton")),
            (Some(_), _) => return Err(Error::new("automaton: only the context \"state\" has one")),
            // Says what is wrong with the shape.
            (None, context) if !self.tree.is_listed() => Policy::rows(&Tree::new(shape).map_err(|e| e.at("tree"))?, context),
            (None, context) => Policy::rows(&self.tree, context),
        };
        let options = (shape.vocabulary as usize).saturating_sub(usize::from(self.stop.is_some()));
        if (self.logits.rows, self.logits.options) != (rows, options) {
            let (r, o) = (self.logits.rows, self.logits.options);
            return Err(Error::new(format!("logits: {r} rows of {o} options, expected {rows} of {options}")));
        }
        if let Some(stop) = self.stop {
            if !(stop > 0.0 && stop < 1.0) {
                return Err(Error::new(format!("stop: {stop:?} is not a probability in (0, 1)")));
            }
            if shape.ending == Ending::Fixed {
                return Err(Error::new("stop: a policy of fixed length has no EOS to emit"));
            }
        }
        if let Some(lengths) = &self.lengths {
            if shape.max_length != 1 || !self.is_listed() {
                let whose = if self.is_listed() { format!("{} tokens", shape.max_length) } else { "an automaton".into() };
                return Err(Error::new(format!("lengths: declared for {whose}, expected a policy of one token")));
            }
            if lengths.len() != self.responses() {
                let (found, expected) = (lengths.len(), self.responses());
                return Err(Error::new(format!("lengths has {found} entries, expected {expected}")));
            }
            if let Some(o) = lengths.iter().position(|&l| l == 0) {
                return Err(Error::new(format!("lengths[{o}] is 0, expected at least 1")));
            }
        }
        Ok(())
    }

    /// The number of rows of logits that a context rule needs on a tree; 0 for [`Context::State`], whose automaton says it.
    pub fn rows(tree: &Tree, context: Context) -> usize {
        match context {
            _ if tree.nodes().len() == 1 => 1,
            Context::Shared => 1,
            Context::LastToken => tree.shape().vocabulary as usize,
            // The rows of an automaton are its own matter.
            Context::State => 0,
            // The prefixes whose next token is forced stand last and read no row.
            Context::Prefix => match tree.shape() {
                Shape { ending: Ending::Eos, max_length, .. } if max_length > 1 => {
                    tree.nodes().iter().take_while(|node| node.depth + 1 < max_length).count()
                }
                _ => tree.nodes().len(),
            },
        }
    }

    /// Whether responses are listed, one by one; those of a finite-state policy are not.
    #[inline]
    pub fn is_listed(&self) -> bool {
        self.context != Context::State
    }

    /// How many flags say which responses are correct: one for every response, or for every state that a response may end in.
    pub fn flags(&self) -> usize {
        match &self.automaton {
            Some(automaton) => automaton.states(self.tree.shape().vocabulary),
            None => self.responses(),
        }
    }

    /// The number of responses |O|; 0 where they are not listed.
    pub fn responses(&self) -> usize {
        self.tree.leaves().len()
    }

    /// How many terms a pass over all responses adds up: their number, or T∞·S·V of a finite-state policy.
    pub fn terms(&self) -> usize {
        let shape = self.tree.shape();
        match &self.automaton {
            Some(automaton) => automaton.next.len().saturating_mul(shape.max_length as usize),
            None => self.responses(),
        }
    }

    /// |o| of response `index` < |O|, EOS counted: declared, or its number of tokens.
    #[inline]
    pub fn length(&self, index: usize) -> u32 {
        match &self.lengths {
            Some(lengths) => lengths[index],
            None => self.tree.leaves()[index].length,
        }
    }

    /// T∞: the largest length, in tokens.
    pub fn max_length(&self) -> u32 {
        match &self.lengths {
            Some(lengths) => lengths.iter().copied().max().unwrap_or(1),
            None => self.tree.shape().max_length,
        }
    }

    /// The common length of all responses, in tokens; `None` where lengths differ, or where responses with an EOS are not
    /// listed.
    pub fn constant_length(&self) -> Option<u32> {
        if self.lengths.is_none() && self.tree.shape().ending == Ending::Fixed {
            return Some(self.tree.shape().max_length);
        }
        if !self.is_listed() {
            return (self.tree.shape().max_length == 1).then_some(1);
        }
        let first = self.length(0);
        (1..self.responses()).all(|o| self.length(o) == first).then_some(first)
    }

    /// Whether a response is a single token: the trajectory-level view, where `s` and `H` of a response are those of its token.
    #[inline]
    pub fn is_one_token(&self) -> bool {
        self.is_listed() && self.tree.nodes().len() == 1
    }

    /// Whether a response is one token of one softmax, no EOS beside it.
    pub(crate) fn is_one_softmax(&self) -> bool {
        self.is_one_token() && self.stop.is_none()
    }

    /// The row of logits read at prefix `node`.
    #[inline]
    pub(crate) fn row(&self, node: usize) -> usize {
        match self.context {
            Context::Shared => 0,
            Context::LastToken => self.tree.nodes()[node].token as usize,
            Context::Prefix => node,
            Context::State => 0, // there is no prefix
        }
    }

    /// The logit read for `token` at prefix `node`, or `None` where the token is not subject to θ (a fixed EOS).
    #[inline]
    pub(crate) fn option(&self, node: usize, token: u32) -> Option<usize> {
        let offset = u32::from(self.stop.is_some());
        (token >= offset).then(|| self.row(node) * self.logits.options + (token - offset) as usize)
    }
}
