//! The one function the paper is about: λ(t) = logit J(θ + t·w), with everything its statements read.
//!
//! Index 0 is O⁻ and index 1 is O⁺ in every pair. With s(o) = w·∇log π(o) and H(o) = wᵀ∇²log π(o)w,
//!
//! ```text
//! λ'  = E⁺[s] − E⁻[s] = Δμ                                       (11)
//! λ'' = Var⁺(s) − Var⁻(s) + E⁺[H] − E⁻[H]                        (17), corrected
//! ```
//!
//! Scores and curvatures are computed *by formula* here (a softmax's score is the slope of the logit minus its mean).
//! Automatic differentiation ([`OnLine::lambda_jet`]) computes the same things a second time, by differentiating
//! log-probabilities as jets; the two share only the logits, so one checks the other.

pub(crate) mod autodiff;
mod chain;
mod scores;
mod segment;
mod step;
mod straight;

pub use autodiff::CoordinateGradients;
pub(crate) use chain::{MeanScores, Response};
pub(crate) use scores::normal;
pub(crate) use scores::sum_of_scores;
pub use scores::{ScoreSum, norm};
pub use segment::Segment;
pub use step::Step;
pub(crate) use step::{OVERFLOWS, log_of_excess, logistic_cumulant};
pub(crate) use straight::{Straight, Together};

use crate::instance::Instance;
use crate::number::{Jet, Scalar, finite_top, sum};
use crate::policy::{Ending, LineLogits, Policy, RowBounds, subtract_entry};
use smallvec::SmallVec;

/// A list that stays off the heap while it has at most eight entries.
pub type List<N> = SmallVec<[N; 8]>;

/// A policy with its verifier, restricted to the line θ + t·w.
///
/// ```
/// use gradient_gap::claims::conditions::triangle;
/// use gradient_gap::line::OnLine;
///
/// // Three equally likely responses with slopes 1, 0, 0, the first correct: J = 1/3, Δμ = 1, λ'' = 0 − 0 + (−2/9) − (−2/9).
/// let instance = triangle();
/// let on_line = OnLine::<f64>::new(&instance.policy, &instance.correct, &instance.theta, &instance.direction);
/// let line = on_line.line(0.0);
/// assert!((line.success() - 1.0 / 3.0).abs() < 1e-15);
/// assert!((line.alignment() - 1.0).abs() < 1e-15 && line.second().abs() < 1e-15);
///
/// // The same by differentiating log-probabilities; at another t both give what they are there.
/// for t in [0.0, 0.5] {
///     let (line, jet) = (on_line.line(t), on_line.lambda_jet(t));
///     assert!((line.lambda() - jet.value).abs() < 1e-15 && (line.alignment() - jet.first).abs() < 1e-15);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct OnLine<'a, N> {
    policy: &'a Policy,
    correct: &'a [bool],
    theta: &'a [f64],
    logits: LineLogits<N>,
}

/// log-probability, score along w and second derivative along w, for every token of every context: each list has an entry
/// for every logit, row by row.
#[derive(Clone, Debug)]
pub struct Tokens<N> {
    /// π(v | context).
    pub prob: List<N>,
    /// log π(v | context).
    pub log_prob: List<N>,
    /// ξ = w·∇log π(v | context); E\[ξ | context\] = 0.
    pub score: List<N>,
    /// wᵀ∇²log π(v | context)w; E\[ξ² + H | context\] = 0.
    pub curvature: List<N>,
}

/// log-probability, score along w and second derivative along w of every whole response, in the order of the tree; empty
/// for a finite-state policy.
#[derive(Clone, Debug)]
pub struct Responses<N> {
    /// log π(o).
    pub log_prob: List<N>,
    /// s(o) = w·∇log π(o).
    pub score: List<N>,
    /// H(o) = wᵀ∇²log π(o)w.
    pub curvature: List<N>,
}

/// λ and the conditional moments at one t (or, over [`Interval`](crate::number::Interval), over a range of t): (7)–(11),
/// (17). Index 0 of a pair is O⁻, index 1 is O⁺.
#[derive(Clone, Debug)]
pub struct Line<N> {
    /// Probabilities, scores and curvatures of every token.
    pub tokens: Tokens<N>,
    /// Probabilities, scores and curvatures of every response; empty for a finite-state policy.
    pub responses: Responses<N>,
    /// π±(o), the probability of a response within its own side (7a), (7b), in the order of the tree; empty for a
    /// finite-state policy.
    pub conditional: List<N>,
    /// P(O∓) up to the factor e^`shift`.
    weight: [N; 2],
    shift: [N; 2],
    /// E∓\[s\], the mean scores along w, in nats per unit of t.
    pub mean: [N; 2],
    /// Var∓(s), the variances of scores along w.
    pub variance: [N; 2],
    /// E∓\[H\], the mean second derivatives along w, in nats per unit² of t.
    pub curvature: [N; 2],
    /// E⁺\[H\] − E⁻\[H\], for one softmax by h'' alone: what all H share, −E\[h''\] − Var(h'), cancels.
    curvature_gap: N,
    /// E∓\[ℓ\], the mean lengths, in tokens.
    pub length: [N; 2],
}

/// Replaces the logits of one row by log-probabilities and fills in their exponentials.
#[inline]
fn softmax<N: Scalar>(row: &mut [N], prob: &mut [N]) {
    let shift = N::of(finite_top(row));
    let mut total = N::zero();
    for (z, p) in row.iter_mut().zip(&mut *prob) {
        *z = *z - shift;
        *p = z.exp();
        total = total + *p;
    }
    let log_total = total.ln();
    row.iter_mut().for_each(|z| *z = *z - log_total);
    prob.iter_mut().for_each(|p| *p = *p / total);
}

/// Σ wᵢxᵢ.
#[inline]
fn weighted<N: Scalar>(weights: &[N], values: &[N]) -> N {
    sum(weights.iter().zip(values).map(|(&w, &x)| w * x))
}

/// Beyond e^700 a quotient of probabilities comes near what binary64 holds.
const NEAR_UNDERFLOW: f64 = 700.0;

impl<N: Scalar> Line<N> {
    /// log P(O∓) as summed over responses (their exponentials add to 1 up to rounding).
    pub fn log_mass(&self) -> [N; 2] {
        [0, 1].map(|side| self.weight[side].ln() + self.shift[side])
    }
    /// λ = log J − log(1 − J), in nats.
    pub fn lambda(&self) -> N {
        let ([minus, plus], apart) = (self.weight, self.shift[1] - self.shift[0]);
        // So that the exchange of O⁺ and O⁻ changes the sign and no digit.
        let odds = if plus.mid() < minus.mid() { -(minus / plus).ln() } else { (plus / minus).ln() };
        odds + apart
    }
    /// log J = −log(1 + e^{−λ}).
    pub fn log_success(&self) -> N {
        -(-self.lambda()).softplus()
    }
    /// log(1 − J) = −log(1 + e^λ).
    pub fn log_failure(&self) -> N {
        -self.lambda().softplus()
    }
    /// J = P(O⁺), in \[0, 1\].
    pub fn success(&self) -> N {
        self.share(1)
    }
    /// 1 − J = P(O⁻), in \[0, 1\], without cancellation.
    pub fn failure(&self) -> N {
        self.share(0)
    }
    /// P(O∓) from the two weights, which know it better than its logarithm does: one rounding unit of log P = −700 is 500 of P.
    fn share(&self, side: usize) -> N {
        let other = 1 - side;
        let apart = self.shift[other] - self.shift[side];
        if apart.mid() > NEAR_UNDERFLOW {
            return [self.log_failure(), self.log_success()][side].exp();
        }
        N::one() / (N::one() + self.weight[other] / self.weight[side] * apart.exp())
    }
    /// x/(1 − J) for x ≥ 0, through logarithms: 1 − J may be far below what binary64 holds.
    pub fn over_failure(&self, x: N) -> N {
        (x.ln() - self.log_failure()).exp()
    }
    /// Δμ = E⁺\[s\] − E⁻\[s\] = λ' (11).
    pub fn alignment(&self) -> N {
        self.mean[1] - self.mean[0]
    }
    /// λ'' = Var⁺(s) − Var⁻(s) + E⁺\[H\] − E⁻\[H\] (17).
    pub fn second(&self) -> N {
        self.variance[1] - self.variance[0] + self.curvature_gap
    }
    /// E\[ℓ\] in tokens, exactly where the length is constant.
    pub fn mean_length(&self) -> N {
        let [minus, plus] = self.length;
        if (plus - minus).is_zero() { plus } else { self.success() * plus + self.failure() * minus }
    }
}

impl<'a, N: Scalar> OnLine<'a, N> {
    /// The line θ + t·w. `theta`, `w` and `correct` must fit the policy (see [`Instance::validate`](crate::Instance::validate)).
    #[inline]
    pub fn new(policy: &'a Policy, correct: &'a [bool], theta: &'a [f64], w: &[f64]) -> Self {
        let mut on_line = OnLine { policy, correct, theta, logits: LineLogits::zeros(&policy.logits) };
        policy.logits.restrict_to(theta, w, &mut on_line.logits);
        on_line.logits.make_relative_to_heaviest(|j, k| policy.logits.difference(j, k, theta));
        on_line
    }

    /// The line of an instance.
    #[inline(always)]
    pub(crate) fn of(instance: &'a Instance) -> Self {
        OnLine::new(&instance.policy, &instance.correct, &instance.theta, &instance.direction)
    }

    /// The same line in jets, whose every quantity carries its first two derivatives in t.
    pub(crate) fn jets(&self) -> OnLine<'a, Jet<N>> {
        OnLine { policy: self.policy, correct: self.correct, theta: self.theta, logits: self.logits.map(Jet::constant) }
    }

    /// The policy that the line is of.
    pub fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// Whether a response is one token of one softmax, so that everything per token is also per response.
    pub(crate) fn is_flat(&self) -> bool {
        self.policy.is_one_softmax()
    }

    /// h(t) of every logit.
    #[cfg(test)]
    pub(crate) fn logits_at(&self, t: N) -> List<N> {
        self.logits.at(t, |z| z)
    }

    /// h'(t) of every logit, up to a number common to its row.
    pub fn slopes(&self, t: N) -> List<N> {
        self.logits.slope_at(t)
    }

    /// Scores and curvatures of every token at t, by formula: ξ_v = h'_v − E\[h'\], H_v = h''_v − E\[h''\] − Var(h').
    pub fn tokens(&self, t: N) -> Tokens<N> {
        let (count, width) = (self.logits.count(), self.logits.options);
        let mut tokens = Tokens {
            prob: List::from_elem(t, count),
            log_prob: self.logits.at(t, |x| x),
            score: self.logits.slope_at(t),
            curvature: self.logits.curvature_at(t),
        };
        let (straight, wavy) = (tokens.curvature.is_empty(), !self.policy.logits.waves.is_empty());
        if straight {
            tokens.curvature.resize(count, N::zero());
        }
        let Tokens { prob, log_prob, score, curvature } = &mut tokens;
        let rows = prob.chunks_exact_mut(width).zip(log_prob.chunks_exact_mut(width));
        let slopes = score.chunks_exact_mut(width).zip(curvature.chunks_exact_mut(width));
        for ((p, log_p), (score, curvature)) in rows.zip(slopes) {
            softmax(log_p, p);
            if wavy {
                let larger = |top: usize, v: usize| if p[v].mid() > p[top].mid() { v } else { top };
                let top = (0..p.len()).fold(0, larger);
                subtract_entry(score, top);
                subtract_entry(curvature, top);
            }
            let mean = weighted(p, score);
            let mut variance = N::zero();
            for (&p, a) in p.iter().zip(&mut *score) {
                *a = *a - mean;
                variance = variance + p * a.square();
            }
            let shift = if straight { variance } else { weighted(p, curvature) + variance };
            curvature.iter_mut().for_each(|c| *c = *c - shift);
        }
        tokens
    }

    /// Sums over the tokens of every response: log π(o), s(o), H(o).
    pub fn responses(&self, tokens: &Tokens<N>) -> Responses<N> {
        if self.is_flat() {
            let copy = |list: &List<N>| List::from_slice(list);
            let Tokens { log_prob, score, curvature, .. } = tokens;
            return Responses { log_prob: copy(log_prob), score: copy(score), curvature: copy(curvature) };
        }
        Responses {
            log_prob: self.add_up(&tokens.log_prob, self.stop_log_probs(|x| x)),
            score: self.add_up(&tokens.score, [N::zero(); 2]),
            curvature: self.add_up(&tokens.curvature, [N::zero(); 2]),
        }
    }

    /// For every response, the sum over its tokens of a quantity per token (0 for a fixed EOS).
    pub(crate) fn token_sums(&self, per_token: &[N]) -> List<N> {
        self.add_up(per_token, [N::zero(); 2])
    }

    /// Bounds on the whole line of every row that is read; `None` where one has none.
    pub(crate) fn row_bounds(&self) -> Option<List<RowBounds<N>>> {
        let mut all = Some(List::new());
        self.for_each_row(|row| match (self.logits.row_bounds(row), &mut all) {
            (Some(bounds), Some(list)) => list.push(bounds),
            _ => all = None,
        });
        all
    }

    /// log-probabilities of (stopping, going on) where EOS has a fixed probability, zeros otherwise.
    fn stop_log_probs<T: Scalar>(&self, lift: impl Fn(N) -> T) -> [T; 2] {
        match self.policy.stop {
            Some(stop) => [lift(N::of(stop).ln()), lift((-N::of(stop)).ln_1p())],
            None => [T::zero(); 2],
        }
    }

    /// For every response that is listed, the sum over its tokens of `per_token` (indexed by logit), plus `stop[0]` for a fixed EOS and
    /// `stop[1]` for every token that is not one. A forced EOS adds nothing.
    fn add_up<T: Scalar>(&self, per_token: &[T], stop: [T; 2]) -> List<T> {
        let policy = self.policy;
        if !policy.is_listed() {
            return List::new();
        }
        let term = |node: usize, token: u32| match policy.option(node, token) {
            Some(j) if policy.stop.is_some() => per_token[j] + stop[1],
            Some(j) => per_token[j],
            None => stop[0],
        };
        let mut prefix: List<T> = SmallVec::with_capacity(policy.tree.nodes().len());
        prefix.push(T::zero());
        for node in &policy.tree.nodes()[1..] {
            let parent = node.parent as usize;
            prefix.push(prefix[parent] + term(parent, node.token));
        }
        let leaves = policy.tree.leaves().iter();
        leaves
            .map(|leaf| match leaf.token {
                Some(token) => prefix[leaf.node as usize] + term(leaf.node as usize, token),
                None => prefix[leaf.node as usize],
            })
            .collect()
    }

    /// λ and all conditional moments at t, in one pass over the responses.
    pub fn line(&self, t: N) -> Line<N> {
        if let Some(automaton) = self.automaton() {
            return self.chain_line(automaton, t);
        }
        let tokens = self.tokens(t);
        let responses = self.responses(&tokens);
        let (mut conditional, shift) = self.side_weights(&tokens, &responses, t.is_zero());
        // E[ℓ] as the shortest length and what the others have beyond it, so that equal lengths are known exactly.
        let shortest = self.shortest_lengths();
        let mut weight = [N::zero(); 2];
        let mut moment = [[N::zero(); 2]; 4];
        // What all scores share drops out of a variance: for one softmax h' serves, which an interval of t knows better.
        let slopes = if self.is_flat() { self.slopes(t) } else { List::from_slice(&responses.score) };
        let mut members = [0; 2];
        for (o, (&correct, &w)) in self.correct.iter().zip(&conditional).enumerate() {
            let side = usize::from(correct);
            members[side] += 1;
            weight[side] = weight[side] + w;
            moment[0][side] = moment[0][side] + w * responses.score[o];
            moment[1][side] = moment[1][side] + w * responses.curvature[o];
            moment[3][side] = moment[3][side] + w * slopes[o];
            let beyond = self.policy.length(o) - shortest[side];
            if beyond > 0 {
                moment[2][side] = moment[2][side] + w * N::of(f64::from(beyond));
            }
        }
        let [mut mean, mut curvature, beyond, middle] = moment.map(|[minus, plus]| [minus / weight[0], plus / weight[1]]);
        let length = [0, 1].map(|side| N::of(f64::from(shortest[side])) + beyond[side]);
        let mut variance = [N::zero(); 2];
        for (o, (&correct, w)) in self.correct.iter().zip(&mut conditional).enumerate() {
            let side = usize::from(correct);
            if members[side] == 1 {
                // All of its side: nothing is divided and nothing varies.
                (*w, mean[side], curvature[side]) = (N::one(), responses.score[o], responses.curvature[o]);
            } else {
                *w = *w / weight[side];
                variance[side] = variance[side] + *w * (slopes[o] - middle[side]).square();
            }
        }
        let curvature_gap = match self.is_flat() {
            true => self.bend_gap(&conditional, t),
            false => curvature[1] - curvature[0],
        };
        Line { tokens, responses, conditional, weight, shift, mean, variance, curvature, curvature_gap, length }
    }

    /// E⁺\[h''\] − E⁻\[h''\] of one softmax, under the conditional weights.
    fn bend_gap(&self, conditional: &[N], t: N) -> N {
        let bends = self.logits.curvature_at(t); // empty where all are 0
        let signed = bends.iter().zip(conditional).zip(self.correct).map(|((&h, &p), &correct)| match correct {
            true => p * h,
            false => -(p * h),
        });
        sum(signed)
    }

    /// min ℓ over O∓.
    fn shortest_lengths(&self) -> [u32; 2] {
        if let Some(length) = self.policy.constant_length() {
            return [length; 2];
        }
        let mut shortest = [u32::MAX; 2];
        for (o, &correct) in self.correct.iter().enumerate() {
            let known = &mut shortest[usize::from(correct)];
            *known = self.policy.length(o).min(*known);
        }
        shortest
    }

    /// For every response e^{log π(o) − shift of its side}, and the two shifts: the largest log-probability of each side, or 0
    /// where the probabilities themselves serve (one token, both sides far from underflow).
    fn side_weights(&self, tokens: &Tokens<N>, responses: &Responses<N>, at_theta: bool) -> (List<N>, [N; 2]) {
        let mut top = [(f64::NEG_INFINITY, None); 2];
        for (o, (&correct, lp)) in self.correct.iter().zip(&responses.log_prob).enumerate() {
            let known = &mut top[usize::from(correct)];
            if lp.mid() > known.0 || known.1.is_none() {
                *known = (lp.mid(), Some(o));
            }
        }
        // Beyond −300 a probability is still normal after multiplication by a curvature that is as small, and what underflows
        // beside it is below 10⁻⁴⁰ of it.
        if self.is_flat() && top[0].0 > -300.0 && top[1].0 > -300.0 {
            return (List::from_slice(&tokens.prob), [N::zero(); 2]);
        }
        // The likeliest response of a side has the weight 1 for certain, however little is known of its probability.
        let by_logits = at_theta && self.is_flat() && self.policy.logits.waves.is_empty();
        let top = top.map(|(lp, o)| o.filter(|_| by_logits || lp.is_finite()));
        let shift = top.map(|o| o.map_or(N::zero(), |o| responses.log_prob[o]));
        let weight = |(o, (&lp, &correct)): (usize, (&N, &bool))| match top[usize::from(correct)] {
            Some(top) if top == o => N::one(),
            Some(top) if by_logits => self.policy.logits.difference::<N>(o, top, self.theta).exp(),
            _ => (lp - shift[usize::from(correct)]).exp(),
        };
        (responses.log_prob.iter().zip(self.correct).enumerate().map(weight).collect(), shift)
    }

    /// Whether the logits of prefix `node` are read: all but those where EOS is forced.
    pub(crate) fn reads(&self, node: usize) -> bool {
        let shape = self.policy.tree.shape();
        shape.ending != Ending::Eos || self.policy.tree.nodes()[node].depth + 1 < shape.max_length
    }

    /// Calls `visit` once for every row of logits that some prefix reads.
    pub(crate) fn for_each_row(&self, mut visit: impl FnMut(std::ops::Range<usize>)) {
        let width = self.logits.options;
        let mut seen: SmallVec<[bool; 16]> = SmallVec::from_elem(false, self.policy.logits.rows);
        if let Some(automaton) = self.automaton() {
            let shape = self.policy.tree.shape();
            let states = automaton.states(shape.vocabulary);
            let read = |position, state| {
                let row = automaton.row(position, state, states);
                if !std::mem::replace(&mut seen[row], true) {
                    visit(row * width..(row + 1) * width);
                }
            };
            automaton.visit(shape, read, |_| {});
            return;
        }
        for node in (0..self.policy.tree.nodes().len()).filter(|&node| self.reads(node)) {
            let row = self.policy.row(node);
            if !std::mem::replace(&mut seen[row], true) {
                visit(row * width..(row + 1) * width);
            }
        }
    }
}
