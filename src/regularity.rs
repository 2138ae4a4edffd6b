//! Assumptions 1–3: G_o, L_o (responses), G_p, L_p (tokens), T∞ and T_ψ1 (lengths).
//!
//! The paper's constants are suprema over all θ of Euclidean and operator norms. A statement may be checked in a harder
//! reading, and every constant here says which one it is ([`Reading`]) and how it is known ([`Kind`]).

use crate::instance::Instance;
use crate::line::{Line, List, OnLine, Responses, Straight, Tokens};
use crate::number::{Interval, Jet, Scalar, largest_size, log_sum_exp, sum};
use crate::policy::{Automaton, Ending, Features, Policy, dot};
use serde::Serialize;
use smallvec::SmallVec;
use std::cell::LazyCell;
use std::fmt;

/// Where a supremum ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Directional, along w, on the segment \[θ, θ + ηw\]: the hardest reading for a bound.
    Seg,
    /// Directional, along w, on the whole line θ + Rw.
    Line,
    /// The paper's own: Euclidean and operator norms over all θ.
    Glob,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Reading::Seg => "seg",
            Reading::Line => "line",
            Reading::Glob => "glob",
        })
    }
}

/// How a constant is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The supremum itself, by a closed form.
    Exact,
    /// An interval that certainly contains it; or a proved upper bound, where the lower end is 0.
    Enclosed,
    /// The largest value at sample points: an under-estimate, which never refutes.
    Sampled,
}

/// The constants of Assumptions 1–3 in the reading *seg*: suprema along w over t ∈ \[0, η\].
///
/// Sampled when N is `f64`; enclosed when N is [`Interval`], so that lower ends serve to certify a "≤" and upper ends to
/// refute it, without further care.
///
/// ```
/// use gradient_gap::number::Interval;
/// use gradient_gap::{Evaluation, Instance, policy::Policy};
///
/// // λ(t) = t from t = 0 to 1: max |s| = σ(1) is at the end, max |H| = ¼ at the start.
/// let policy = Policy::curve([0.0, 1.0, 0.0], &[])?;
/// let (theta, direction, correct) = (vec![0.0], vec![1.0], vec![false, true]);
/// let instance = Instance { policy, theta, direction, eta: 1.0, correct, then: vec![] };
/// let evaluation = Evaluation::<Interval>::new(&instance, 8);
/// let constants = evaluation.constants();
/// assert!(constants.score.contains(0.7310585786300049) && constants.curvature.contains(0.25));
/// # Ok::<(), gradient_gap::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Constants<N> {
    /// G_o: max |s(o)|.
    pub score: N,
    /// L_o: max |H(o)|.
    pub curvature: N,
    /// G_p: max |ξ|, over the tokens of all prefixes.
    pub token_score: N,
    /// L_p: max |H_t|, over the tokens of all prefixes.
    pub token_curvature: N,
    /// T_ψ1: max of the Orlicz norm ‖ℓ‖_ψ1 = inf {a > 0 : E exp(ℓ/a) ≤ 2}.
    pub psi1: N,
}

impl<N: Scalar> OnLine<'_, N> {
    /// max |s|, max |H|, max |ξ| and max |H_t| at one t, whose suprema are G_o, L_o, G_p and L_p; `responses` is absent where a
    /// response is one token.
    fn extremes(&self, tokens: &Tokens<N>, responses: Option<&Responses<N>>) -> [N; 4] {
        let Some(responses) = responses else {
            let (score, curvature) = (largest_size(&tokens.score), largest_size(&tokens.curvature));
            return [score, curvature, score, curvature];
        };
        let (score, curvature) = (largest_size(&responses.score), largest_size(&responses.curvature));
        let [token_score, token_curvature] = self.token_extremes(tokens);
        [score, curvature, token_score, token_curvature]
    }

    /// The constants in the reading *seg*, from about `pieces` evaluations on \[0, η\] (see [`Scalar::suprema`]).
    pub fn constants(&self, eta: f64, pieces: usize) -> Constants<N> {
        self.constants_from(&self.line(N::zero()), eta, pieces)
    }

    /// The same, where `start`, the line at t = 0, is known.
    pub(crate) fn constants_from(&self, start: &Line<N>, eta: f64, pieces: usize) -> Constants<N> {
        if let Some(automaton) = self.automaton() {
            return self.chain_constants(automaton, start, eta, pieces);
        }
        let values = |tokens: &Tokens<N>, responses: Option<&Responses<N>>| {
            let [score, curvature, token_score, token_curvature] = self.extremes(tokens, responses);
            let log_prob = responses.map_or(&tokens.log_prob, |responses| &responses.log_prob);
            [score, curvature, token_score, token_curvature, psi1_norm(&length_law(self.policy(), log_prob))]
        };
        let at = |t: N| match t.is_zero() {
            true => values(&start.tokens, (!self.is_flat()).then_some(&start.responses)),
            false => {
                let tokens = self.tokens(t);
                let responses = (!self.is_flat()).then(|| self.responses(&tokens));
                values(&tokens, responses.as_ref())
            }
        };
        let jets = LazyCell::new(|| self.jets());
        let slopes = |t: N| self.constants_slopes(&jets, t);
        let [score, curvature, token_score, token_curvature, psi1] = N::suprema_by_slopes(eta, pieces, at, slopes);
        Constants { score, curvature, token_score, token_curvature, psi1 }
    }

    /// The same for a finite-state policy: rows of logits as ever, responses by the recursion.
    fn chain_constants(&self, automaton: &Automaton, start: &Line<N>, eta: f64, pieces: usize) -> Constants<N> {
        let rows = |tokens: &Tokens<N>| self.token_extremes(tokens);
        let jets = LazyCell::new(|| self.jets());
        let slopes = |t: N| jets.token_extremes(&jets.tokens(Jet::variable(t))).map(|x| x.first);
        let [token_score, token_curvature] = N::suprema_by_slopes(eta, pieces, |t| rows(&self.tokens(t)), slopes);
        let [score, curvature] = N::suprema(eta, pieces, |t| self.chain_extremes(automaton, &self.tokens(t)));
        let longest = self.max_length() / N::ln_2();
        let norm = |tokens: &Tokens<N>| psi1_norm(&self.chain_law(automaton, tokens)).min(longest);
        let at_start = norm(&start.tokens);
        let psi1 = match () {
            () if self.policy().constant_length().is_some() => longest,
            // The length does not depend on θ.
            () if self.policy().stop.is_some() => at_start,
            // At least what it is at θ.
            () => {
                let pieces = if self.policy().max_length() <= SHORT { pieces } else { 1 };
                N::suprema(eta, pieces, |t| [norm(&self.tokens(t))])[0].max(at_start)
            }
        };
        Constants { score, curvature, token_score, token_curvature, psi1 }
    }

    /// max |ξ| and max |H_t| at one t.
    pub(crate) fn token_extremes(&self, tokens: &Tokens<N>) -> [N; 2] {
        let (mut score, mut curvature) = (N::zero(), N::zero());
        self.for_each_row(|row| {
            score = score.max(largest_size(&tokens.score[row.clone()]));
            curvature = curvature.max(largest_size(&tokens.curvature[row]));
        });
        [score, curvature]
    }

    /// max |s| and max |H| over all responses at `line`.
    pub(crate) fn response_extremes(&self, line: &Line<N>) -> [N; 2] {
        match self.automaton() {
            Some(automaton) => self.chain_extremes(automaton, &line.tokens),
            None => [largest_size(&line.responses.score), largest_size(&line.responses.curvature)],
        }
    }

    /// E\[s²\] and E\[Σ_t ξ_t²\] at `line`.
    pub(crate) fn mean_squares(&self, line: &Line<N>) -> [N; 2] {
        if let Some(automaton) = self.automaton() {
            let share = [line.failure(), line.success()];
            let squares = [0, 1].map(|side| line.variance[side] + line.mean[side].square());
            let energy = self.chain_energy(automaton, &line.tokens);
            return [squares, energy].map(|of| share[0] * of[0] + share[1] * of[1]);
        }
        let mean = |squares: &[N]| sum(line.responses.log_prob.iter().zip(squares).map(|(lp, &x)| lp.exp() * x));
        let squares = |scores: &[N]| scores.iter().map(|s| s.square()).collect::<List<N>>();
        [mean(&squares(&line.responses.score)), mean(&self.token_sums(&squares(&line.tokens.score)))]
    }

    /// The law of ℓ at `line`: pairs (length, log-probability), by increasing length.
    pub fn length_law(&self, line: &Line<N>) -> SmallVec<[(u32, N); 4]> {
        match self.automaton() {
            Some(automaton) if self.policy().constant_length().is_none() => self.chain_law(automaton, &line.tokens).into(),
            _ => length_law(self.policy(), &line.responses.log_prob),
        }
    }

    /// The derivatives in t of what the constants are suprema of; `jets` is this line in jets.
    fn constants_slopes(&self, jets: &OnLine<'_, Jet<N>>, t: N) -> [N; 5] {
        let tokens = jets.tokens(Jet::variable(t));
        let responses = (!self.is_flat()).then(|| jets.responses(&tokens));
        let [score, curvature, token_score, token_curvature] = jets.extremes(&tokens, responses.as_ref());
        let log_prob = responses.as_ref().map_or(&tokens.log_prob, |responses| &responses.log_prob);
        let psi1 = psi1_slope(&length_law(self.policy(), log_prob));
        [score.first, curvature.first, token_score.first, token_curvature.first, psi1]
    }

    /// The same for one softmax with straight logits and constant length; what `start` does not know `line` does.
    pub(crate) fn constants_of_straight<'b>(
        start: &Straight<N>,
        line: impl Fn() -> &'b Self + Copy,
        max_length: N,
        eta: f64,
        pieces: usize,
    ) -> Constants<N>
    where
        Self: 'b,
    {
        let jets = LazyCell::new(|| line().jets());
        let slopes = |t: N| {
            let [score, curvature, ..] = line().constants_slopes(&jets, t);
            [score, curvature]
        };
        let [score, curvature] = N::suprema_by_slopes(eta, pieces, |t| start.extremes(line, t), slopes);
        let psi1 = max_length / N::ln_2();
        Constants { score, curvature, token_score: score, token_curvature: curvature, psi1 }
    }

    fn max_length(&self) -> N {
        N::of(f64::from(self.policy().max_length()))
    }
}

/// Responses whose law of the length is looked at piece by piece.
const SHORT: u32 = 256;

/// The law of ℓ = |o|: pairs (length, log-probability), by increasing length.
fn length_law<N: Scalar>(policy: &Policy, log_prob: &[N]) -> SmallVec<[(u32, N); 4]> {
    if let Some(length) = policy.constant_length() {
        return SmallVec::from_elem((length, N::zero()), 1);
    }
    let mut by_length: SmallVec<[(u32, N); 16]> =
        log_prob.iter().enumerate().map(|(o, &lp)| (policy.length(o), lp)).collect();
    by_length.sort_by_key(|&(length, _)| length); // stable: the order of the sums does not change
    let groups = by_length.chunk_by(|a, b| a.0 == b.0);
    groups.map(|group| (group[0].0, log_sum_exp(&group.iter().map(|&(_, lp)| lp).collect::<List<N>>()))).collect()
}

/// ‖ℓ‖_ψ1 = inf {a > 0 : E exp(ℓ/a) ≤ 2} for ℓ ≥ 1 with the given law.
///
/// With x = 1/a, f(x) = log Σ P(ℓ) e^{ℓx} − log 2 is increasing and convex, f ≤ 0 at log 2/max ℓ and f ≥ 0 at log 2/E ℓ
/// (Jensen): the root is bracketed, found by Newton's method from the right, kept inside the bracket, and then enclosed by
/// testing the sign of f on both sides of it. Reference: Vershynin, High-Dimensional Probability, §2.7.
pub fn psi1_norm<N: Scalar>(law: &[(u32, N)]) -> N {
    let longest = law.iter().map(|&(length, _)| length).max().unwrap_or(1);
    if let [(length, _)] = law {
        return N::of(f64::from(*length)) / N::ln_2();
    }
    let f = |x: f64| -> N {
        let terms: SmallVec<[N; 8]> = law.iter().map(|&(length, lp)| lp + N::of(f64::from(length)) * N::of(x)).collect();
        log_sum_exp(&terms)
    };
    let ln_2 = std::f64::consts::LN_2;
    let mean = law.iter().map(|&(length, lp)| f64::from(length) * lp.exp().mid()).sum::<f64>();
    let (mut low, mut high) = (ln_2 / f64::from(longest), ln_2 / mean.max(1.0));
    let mut x = high;
    for _ in 0..200 {
        let terms: SmallVec<[f64; 8]> = law.iter().map(|&(length, lp)| lp.mid() + f64::from(length) * x).collect();
        let value = log_sum_exp(&terms);
        let slope = sum(law.iter().zip(&terms).map(|(&(length, _), &term)| f64::from(length) * Scalar::exp(term - value)));
        if value > ln_2 {
            high = x;
        } else {
            low = x;
        }
        let newton = x - (value - ln_2) / slope;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if f64::abs(next - x) <= 2.0 * f64::EPSILON * x {
            x = next;
            break;
        }
        x = next;
    }
    // Now the sign test, in N itself: f(below) ≤ log 2 ≤ f(above) puts the norm between 1/above and 1/below.
    let mut margin = 4.0 * f64::EPSILON;
    while margin < 0.5 {
        let (below, above) = (x * (1.0 - margin), x * (1.0 + margin));
        if f(below).surely_le(N::ln_2()) && N::ln_2().surely_le(f(above)) {
            return N::between(1.0 / above.next_up(), 1.0 / below.next_down());
        }
        margin *= 4.0;
    }
    N::between((1.0 / high).min(1.0 / ln_2) * (1.0 - 1e-9), f64::from(longest) / ln_2 * (1.0 + 1e-9))
}

/// The derivative of ‖ℓ‖_ψ1 = a from that of the law: of Σ P(ℓ)e^{ℓ/a} = 2, a' = a² Σ e^{ℓ/a}P'(ℓ) / Σ ℓe^{ℓ/a}P(ℓ).
fn psi1_slope<N: Scalar>(law: &[(u32, Jet<N>)]) -> N {
    if law.len() < 2 {
        return N::zero();
    }
    let values: SmallVec<[(u32, N); 4]> = law.iter().map(|&(length, lp)| (length, lp.value)).collect();
    let norm = psi1_norm(&values);
    let (mut change, mut size) = (N::zero(), N::zero());
    for &(length, lp) in law {
        let length = N::of(f64::from(length));
        let weight = (lp.value + length / norm).exp();
        (change, size) = (change + weight * lp.first, size + weight * length);
    }
    norm.square() * (change / size)
}

/// Upper bounds on tokens on the whole line θ + Rw: of L_p, and of how far ξ spreads.
#[derive(Clone, Copy, Debug)]
pub struct LineBounds<N> {
    /// A bound of L_p: of |H_t| of every token after every prefix.
    pub curvature: N,
    /// σ²: given the prefix, ξ_t is sub-Gaussian with this proxy. The smaller of L_p and (sup ξ − inf ξ)²/4 (Hoeffding).
    pub proxy: N,
}

/// The closed forms that are known: logits linear on the line, or with waves, or of two options with a term in t²; L_p = ‖w‖² for
/// the cube {±1}ⁿ, a product of n bits.
pub(crate) fn line_bounds<N: Scalar>(on_line: &OnLine<'_, N>, w: &[f64]) -> Option<LineBounds<N>> {
    let mut curvature = N::zero();
    let mut proxy = N::zero();
    let product = is_full_cube(on_line.policy()).then(|| sum(w.iter().map(|&x| N::of(x).square())));
    for row in on_line.row_bounds()? {
        let bend = product.map_or(row.curvature, |product| product.min(row.curvature));
        curvature = curvature.max(bend);
        proxy = proxy.max(row.spread.map_or(bend, |spread| bend.min(N::of(0.25) * spread.square())));
    }
    Some(LineBounds { curvature, proxy })
}

/// A constant with what is known of it.
#[derive(Clone, Debug, Serialize)]
pub struct Constant {
    /// G_o, L_o, G_p, L_p, T_inf or T_psi1.
    pub symbol: &'static str,
    /// Where the supremum ranges.
    pub reading: Reading,
    /// How it is known.
    pub kind: Kind,
    /// The constant lies at or above this; ≥ 0.
    pub low: f64,
    /// The constant lies at or below this.
    pub high: f64,
}

/// The largest |x − y| within any row that is read, as an enclosure, for one number a logit.
fn row_diameter(on_line: &OnLine<'_, Interval>, slope: &[Interval]) -> Interval {
    let mut diameter = Interval::zero();
    on_line.for_each_row(|row| {
        let (low, high) = slope[row].iter().fold((None, None), |(low, high), &a| {
            (Some(low.map_or(a, |b: Interval| Scalar::min(b, a))), Some(high.map_or(a, |b: Interval| Scalar::max(b, a))))
        });
        if let (Some(low), Some(high)) = (low, high) {
            diameter = Scalar::max(diameter, high - low);
        }
    });
    diameter
}

/// The most options of a row whose pairs are compared one by one.
const MAX_PAIRS: usize = 2048;

/// max ‖ψ_u − ψ_v‖₂ over two options of one row that is read: D, the diameter of the features. For very many options in more than
/// one dimension, an enclosure from the box around them.
fn feature_diameter(on_line: &OnLine<'_, Interval>) -> Interval {
    let logits = &on_line.policy().logits;
    let Features::Dense(psi) = &logits.features else {
        return if logits.options > 1 { Interval::of(2.0).sqrt() } else { Interval::zero() };
    };
    let d = logits.dim;
    let mut largest = Interval::zero();
    if d == 1 || logits.options > MAX_PAIRS {
        let sides: Vec<Interval> = (0..d)
            .map(|i| row_diameter(on_line, &psi.iter().skip(i).step_by(d).map(|&x| Interval::of(x)).collect::<Vec<_>>()))
            .collect();
        // Some pair is as far apart as the longest side, none farther than the diagonal.
        let longest = sides.iter().copied().fold(Interval::zero(), Scalar::max);
        let diagonal = sum(sides.iter().map(|side| side.square())).sqrt();
        return if d == 1 { longest } else { Interval::new(longest.lo(), diagonal.hi()) };
    }
    on_line.for_each_row(|row| {
        for u in row.clone() {
            for v in row.start..u {
                let (pu, pv) = (&psi[u * d..(u + 1) * d], &psi[v * d..(v + 1) * d]);
                let square = sum(pu.iter().zip(pv).map(|(&x, &y)| (Interval::of(x) - Interval::of(y)).square()));
                largest = Scalar::max(largest, square);
            }
        }
    });
    largest.sqrt()
}

/// Whether the features are exactly {±1}^d, all 2^d of them, without base weights: a product of d logistic bits.
fn is_full_cube(policy: &Policy) -> bool {
    let logits = &policy.logits;
    let Features::Dense(psi) = &logits.features else { return false };
    if !logits.options.is_power_of_two() || !logits.is_linear() {
        return false;
    }
    if logits.bias.iter().any(|b| *b != logits.bias[0])
        || logits.dim >= 31
        || logits.options != 1 << logits.dim
        || !policy.is_one_token()
    {
        return false;
    }
    let mut codes: Vec<u32> = Vec::with_capacity(logits.options);
    for row in psi.chunks(logits.dim) {
        if row.iter().any(|&x| f64::abs(x) != 1.0) {
            return false;
        }
        codes.push(row.iter().fold(0, |bits, &x| bits << 1 | u32::from(x > 0.0)));
    }
    codes.sort_unstable();
    codes.dedup();
    codes.len() == logits.options
}

/// Every constant that is known for a valid instance, in all three readings; a reading in which nothing is known is absent.
///
/// * seg: enclosed on `pieces` pieces of the segment.
/// * line and glob, logits linear in θ: G is the diameter D of the slopes (features) within a row, exactly (the supremum is
///   approached as the policy concentrates); L ≤ D²/4 (Popoviciu), with equality for tabular policies (½) and 1 for the cube.
/// * glob, token-level: G_o ≤ G_p T∞, L_o ≤ L_p T∞.
/// * T_ψ1, glob: T∞/log 2, exactly for constant length; the law itself where no length depends on θ.
pub fn constants(instance: &Instance, pieces: usize) -> Vec<Constant> {
    let policy = &instance.policy;
    let on_line = OnLine::<Interval>::new(policy, &instance.correct, &instance.theta, &instance.direction);
    let mut table = Vec::new();
    let mut push = |symbol, reading, kind, value: Interval| {
        table.push(Constant { symbol, reading, kind, low: Scalar::max(value, Interval::zero()).lo(), high: value.hi() });
    };
    let at_most = |value: Interval| Interval::new(0.0, value.hi());
    let tokens = policy.lengths.is_none();
    let length = Interval::of(f64::from(policy.max_length()));
    let seg = on_line.constants(instance.eta, pieces);
    push("G_o", Reading::Seg, Kind::Enclosed, seg.score);
    push("L_o", Reading::Seg, Kind::Enclosed, seg.curvature);
    if tokens {
        push("G_p", Reading::Seg, Kind::Enclosed, seg.token_score);
        push("L_p", Reading::Seg, Kind::Enclosed, seg.token_curvature);
    }
    push("T_psi1", Reading::Seg, Kind::Enclosed, seg.psi1);
    if policy.logits.is_linear() {
        let slopes: List<Interval> = match &policy.logits.features {
            Features::Tabular => instance.direction.iter().map(|&x| Interval::of(x)).collect(),
            Features::Dense(psi) => psi.chunks(policy.logits.dim).map(|p| dot(p, &instance.direction)).collect(),
        };
        let full_cube = is_full_cube(policy);
        let tabular = policy.logits.features == Features::Tabular && policy.logits.options > 1;
        for (reading, diameter) in
            [(Reading::Line, row_diameter(&on_line, &slopes)), (Reading::Glob, feature_diameter(&on_line))]
        {
            let quarter = diameter.square() / Interval::of(4.0);
            let (kind, curvature) = match reading {
                Reading::Glob if full_cube => (Kind::Exact, Interval::one()),
                Reading::Glob if tabular => (Kind::Exact, Interval::of(0.5)),
                _ => (Kind::Enclosed, at_most(quarter)),
            };
            if policy.is_one_token() {
                push("G_o", reading, Kind::Exact, diameter);
                push("L_o", reading, kind, curvature);
            } else {
                push("G_o", reading, Kind::Enclosed, at_most(diameter * length));
                push("L_o", reading, Kind::Enclosed, at_most(curvature * length));
            }
            if tokens {
                push("G_p", reading, Kind::Exact, diameter);
                push("L_p", reading, kind, curvature);
            }
        }
    }
    if let Some((score, curvature)) = norms_at(policy, &instance.theta) {
        // The norms at θ itself: what a search over θ starts from, an under-estimate of the supremum.
        push("G_o", Reading::Glob, Kind::Sampled, Interval::new(score, f64::INFINITY));
        push("L_o", Reading::Glob, Kind::Sampled, Interval::new(curvature, f64::INFINITY));
    }
    push("T_inf", Reading::Glob, Kind::Exact, length);
    let law_is_fixed = policy.constant_length().is_some() || policy.stop.is_some();
    match law_is_fixed {
        true => push("T_psi1", Reading::Glob, Kind::Exact, seg.psi1),
        false => push("T_psi1", Reading::Glob, Kind::Enclosed, at_most(length / Interval::ln_2())),
    }
    table
}

/// T_ψ1 of the untruncated geometric length P(ℓ = k) = h(1 − h)^{k−1}: exactly 1/log(2/(2 − h)).
pub fn geometric_psi1<N: Scalar>(stop: N) -> N {
    let two = N::of(2.0);
    N::one() / (two / (two - stop)).ln()
}

/// The largest dimension in which a matrix is formed and diagonalised.
const MAX_MATRIX: usize = 256;

/// The Euclidean and operator norms at θ itself that Assumption 1 bounds: max_o ‖∇log π(o)‖₂ and max_o ‖∇²log π(o)‖_op, for a
/// trajectory-level policy with logits linear in θ and d ≤ 256. They are *sampled* values of the global constants.
pub fn norms_at(policy: &Policy, theta: &[f64]) -> Option<(f64, f64)> {
    let Features::Dense(psi) = &policy.logits.features else { return None };
    if !policy.is_one_token() || !policy.logits.is_linear() || policy.tree.shape().ending != Ending::Fixed {
        return None;
    }
    let d = policy.logits.dim;
    if d > MAX_MATRIX {
        return None;
    }
    let zero = vec![0.0; d];
    let correct = vec![false; policy.responses()];
    let line: Line<f64> = OnLine::new(policy, &correct, theta, &zero).line(0.0);
    let rows: Vec<nalgebra::DVector<f64>> = psi.chunks(d).map(nalgebra::DVector::from_row_slice).collect();
    let p: Vec<f64> = line.responses.log_prob.iter().map(|lp| pxfm::f_exp(*lp)).collect();
    let mean = rows.iter().zip(&p).fold(nalgebra::DVector::zeros(d), |mean, (row, &p)| mean + row * p);
    let covariance = rows.iter().zip(&p).fold(nalgebra::DMatrix::zeros(d, d), |cov, (row, &p)| {
        let centred = row - &mean;
        cov + &centred * centred.transpose() * p
    });
    let score = rows.iter().map(|row| (row - &mean).norm()).fold(0.0, f64::max);
    let curvature = covariance.symmetric_eigenvalues().iter().fold(0.0, |top, x: &f64| f64::max(top, x.abs()));
    Some((score, curvature))
}
