//! One instance seen through one kind of number: all that a claim may read, computed when first asked for.

mod along;
mod course;

pub use along::Along;
pub use course::{Course, CourseStep, Iterates};

use crate::instance::Instance;
use crate::line::autodiff::{CoordinateGradients, coordinate_gradients, log_mass_gradients};
use crate::line::{Line, MeanScores, OnLine, ScoreSum, Step, Straight, Together, logistic_cumulant, sum_of_scores};
use crate::number::{Jet, LANES, Scalar};
use crate::regularity::{Constants, LineBounds, line_bounds};
use crate::tolerance::ULPS;
use std::cell::OnceCell;

/// An instance and everything that statements read of it, over the number N.
///
/// With N = `f64` this is the fast, sampled view; with N = [`Interval`](crate::number::Interval) every quantity is an
/// enclosure and a strict inequality between two of them is a proof for this instance.
///
/// ```
/// use gradient_gap::Evaluation;
/// use gradient_gap::claims::conditions::triangle;
/// use gradient_gap::number::{Interval, Scalar};
///
/// let instance = triangle(); // J = 1/3, Δμ = 1, η = 1/16
/// let real = Evaluation::<f64>::new(&instance, 1);
/// assert!((real.start().alignment() - 1.0).abs() < 1e-15 && real.step().change > 0.0);
///
/// // Whatever binary64 says, λ certainly rises on this step, by at most ηΔμ + L_oη²/(2J).
/// let certain = Evaluation::<Interval>::new(&instance, 8);
/// let [gain, bend] = [certain.eta() * certain.start().alignment(), certain.constants().curvature * certain.eta().square()];
/// let most = gain + bend / (Interval::of(2.0) * certain.start().success());
/// assert!(certain.step().change.surely_positive() && certain.step().change.surely_le(most));
/// ```
#[derive(Debug)]
pub struct Evaluation<'a, N> {
    instance: &'a Instance,
    pieces: usize,
    on_line: OnceCell<OnLine<'a, N>>,
    straight: OnceCell<Option<Straight<N>>>,
    /// On the heap, as it is large and not always asked for.
    start: OnceCell<Box<Line<N>>>,
    step: OnceCell<Step<N>>,
    constants: OnceCell<Constants<N>>,
    line_bounds: OnceCell<Option<LineBounds<N>>>,
    lambda_jet: OnceCell<Jet<N>>,
    coordinates: OnceCell<CoordinateGradients<N>>,
    gap: OnceCell<ScoreSum<N>>,
    mean_scores: OnceCell<Option<MeanScores<N>>>,
    course: OnceCell<Course<N>>,
    sizes: OnceCell<Sizes>,
}

/// How many instances [`Evaluation::for_each`] looks at together.
pub const TOGETHER: usize = LANES;

/// What changes by at most so much does not change.
const STILL: f64 = 1e-30;

/// What logits, their gradients and their slopes along w are added up from, in absolute value: the conditions of identities.
#[derive(Clone, Debug)]
struct Sizes {
    /// The largest logit.
    logit: f64,
    /// max_i |∂_i h_j| for every logit j.
    gradient: Vec<f64>,
    /// The largest slope.
    slope: f64,
    /// The largest second derivative along w.
    bend: f64,
}

impl<'a, N: Scalar> Evaluation<'a, N> {
    /// `pieces`: into how many pieces the segment is cut where a supremum is taken over it; twice as many where logits are curved
    /// or a response has several tokens, whose suprema lie inside more often. The instance must be [valid](Instance::validate).
    pub fn new(instance: &'a Instance, pieces: usize) -> Self {
        Evaluation {
            instance,
            pieces,
            on_line: OnceCell::new(),
            straight: OnceCell::new(),
            start: OnceCell::new(),
            step: OnceCell::new(),
            constants: OnceCell::new(),
            line_bounds: OnceCell::new(),
            lambda_jet: OnceCell::new(),
            coordinates: OnceCell::new(),
            gap: OnceCell::new(),
            mean_scores: OnceCell::new(),
            course: OnceCell::new(),
            sizes: OnceCell::new(),
        }
    }

    /// Evaluates instances one after the other, as [`Evaluation::new`] does, and a little of it of four at a time: with the same result,
    /// but sooner where only a few claims are asked about policies of one token.
    pub fn for_each(instances: &'a [Instance], pieces: usize, mut f: impl FnMut(&Evaluation<'a, N>)) {
        for four in instances.chunks(TOGETHER) {
            let mut together = Together::default();
            for (lane, instance) in four.iter().enumerate() {
                together.ask::<N>(lane, instance);
            }
            let known = together.solve();
            for (lane, instance) in four.iter().enumerate() {
                let evaluation = Evaluation::new(instance, pieces);
                if let Some(straight) = known.as_ref().and_then(|known| known.get(lane)) {
                    evaluation.straight.get_or_init(|| straight);
                }
                f(&evaluation);
            }
        }
    }

    /// The instance that is seen.
    pub fn instance(&self) -> &'a Instance {
        self.instance
    }
    /// The policy on the line θ + t·w.
    pub fn on_line(&self) -> &OnLine<'a, N> {
        self.on_line.get_or_init(|| OnLine::of(self.instance))
    }
    /// η of the first update, ≥ 0.
    pub fn eta(&self) -> N {
        N::of(self.instance.eta)
    }
    /// λ and the conditional moments at t = 0, by formula.
    pub fn start(&self) -> &Line<N> {
        self.start.get_or_init(|| Box::new(self.on_line().line(N::zero())))
    }
    /// The short route of one softmax with straight logits, where it is open.
    fn straight(&self) -> Option<&Straight<N>> {
        self.straight.get_or_init(|| self.on_line().straight(self.instance.eta)).as_ref()
    }
    /// λ(η) − λ(0) of the first update, and its second-order remainder λ(η) − λ(0) − ηΔμ.
    pub fn step(&self) -> &Step<N> {
        self.step.get_or_init(|| {
            let short = self.straight().and_then(|start| start.step(|| self.on_line(), self.eta()));
            short.unwrap_or_else(|| self.on_line().step(self.start(), self.eta()))
        })
    }
    /// 2R/η², R the second-order remainder of the step: the mean of λ'' over the segment with weight 2(η − t)/η². Where the step is so
    /// short that η² may be no normal number it is λ'' on the segment, if that is [still](Evaluation::is_still).
    pub fn mean_second(&self) -> N {
        let (remainder, eta) = (|| self.step().remainder, self.eta());
        match () {
            () if self.has_length() => remainder() / (N::of(0.5) * eta.square()),
            () if self.is_still() => self.on_the_segment().second(),
            () => remainder() / eta / (N::of(0.5) * eta),
        }
    }
    /// The mean of (log P(O∓))'' over the segment with weight 2(η − t)/η², without cancellation (`line::step` says how).
    pub fn mean_log_second(&self) -> [N; 2] {
        if !self.has_length() && self.is_still() {
            let line = self.on_the_segment();
            return [0, 1].map(|side| line.variance[side] + line.curvature[side]);
        }
        let start = self.start();
        let second = self.mean_second();
        let cumulant = logistic_cumulant(start, self.step().change, N::of(0.5) * self.eta().square());
        [-(start.success() * second) - cumulant, start.failure() * second - cumulant]
    }
    /// Whether η² and what is of its order are normal numbers.
    fn has_length(&self) -> bool {
        self.instance.eta > 1e-140
    }
    /// Whether next to nothing changes over the step: η max|s| and η² max|H| are at most 10⁻³⁰ for certain.
    pub fn is_still(&self) -> bool {
        let ([score, curvature], eta) = (self.on_line().response_extremes(self.start()), self.eta());
        let [slope, bend] = [eta * score, eta * (eta * curvature)];
        slope.max(bend).surely_le(N::of(STILL))
    }
    /// The line at no particular t of \[0, η\]: an interval contains what there is at every one.
    fn on_the_segment(&self) -> Line<N> {
        self.on_line().line(N::between(0.0, self.instance.eta))
    }
    /// Upper bounds of L_p and of a sub-Gaussian proxy of ξ on the whole line θ + Rw ([`LineBounds`]); `None` where no
    /// closed form is known.
    pub fn line_bounds(&self) -> Option<LineBounds<N>> {
        *self.line_bounds.get_or_init(|| line_bounds(self.on_line(), &self.instance.direction))
    }
    /// G_o, L_o, G_p, L_p, T_ψ1 on the segment \[θ, θ + ηw\] (Assumptions 1–3).
    pub fn constants(&self) -> &Constants<N> {
        let (eta, pieces) = (self.instance.eta, self.pieces);
        self.constants.get_or_init(|| match self.straight() {
            Some(start) => OnLine::constants_of_straight(start, || self.on_line(), self.max_length(), eta, pieces),
            None => self.on_line().constants_from(self.start(), eta, 2 * pieces),
        })
    }
    /// All updates of the instance, one after the other: the iteration (3), M(K) (14).
    pub fn course(&self) -> &Course<N> {
        self.course.get_or_init(|| Course::new(self))
    }
    /// λ, λ' and λ'' at t = 0, by differentiation.
    pub fn lambda_jet(&self) -> Jet<N> {
        *self.lambda_jet.get_or_init(|| self.on_line().lambda_jet(N::zero()))
    }
    /// Gradients in θ-space, d entries each, by differentiation along the axes.
    pub fn coordinates(&self) -> &CoordinateGradients<N> {
        self.coordinates.get_or_init(|| coordinate_gradients(self.instance))
    }
    /// The gradient gap g⁺ − g⁻ (9), d entries, by formula.
    pub fn gap(&self) -> &ScoreSum<N> {
        self.gap.get_or_init(|| match self.mean_scores() {
            Some(scores) => self.difference(&scores.whole, self.instance.policy.tree.shape().max_length),
            None => self.sum_of_scores(&self.signed(|_, p| p)),
        })
    }
    /// E⁺\[∇log π/|o|\] − E⁻\[∇log π/|o|\], what GRPO's gradient (5) is √(J(1−J)) times, d entries, by formula.
    pub fn length_weighted_gap(&self) -> ScoreSum<N> {
        let policy = &self.instance.policy;
        match self.mean_scores() {
            Some(scores) => self.difference(&scores.per_token, 1),
            None => self.sum_of_scores(&self.signed(|o, p| p / N::of(f64::from(policy.length(o))))),
        }
    }
    /// g⁺ (8), d entries, by formula.
    pub fn correct_scores(&self) -> ScoreSum<N> {
        if let Some(scores) = self.mean_scores() {
            let condition = self.size_of_scores(self.instance.policy.tree.shape().max_length);
            return ScoreSum { vector: scores.whole[1].clone(), condition, own_condition: condition };
        }
        let conditional = self.start().conditional.iter().zip(&self.instance.correct);
        self.sum_of_scores(&conditional.map(|(&p, &c)| if c { p } else { N::zero() }).collect::<Vec<N>>())
    }
    /// g∓ and the like of a finite-state policy.
    pub(crate) fn mean_scores(&self) -> Option<&MeanScores<N>> {
        let scores =
            || self.on_line().automaton().map(|automaton| self.on_line().mean_scores(automaton, &self.start().tokens));
        self.mean_scores.get_or_init(scores).as_ref()
    }
    /// The difference of two means of sums over `tokens` tokens.
    fn difference(&self, [minus, plus]: &[Vec<N>; 2], tokens: u32) -> ScoreSum<N> {
        let condition = 2.0 * self.size_of_scores(tokens);
        let vector = plus.iter().zip(minus).map(|(&plus, &minus)| plus - minus).collect();
        ScoreSum { vector, condition, own_condition: condition }
    }
    /// What a sum over `tokens` tokens of gradients of logits may come to.
    fn size_of_scores(&self, tokens: u32) -> f64 {
        f64::from(tokens) * self.sizes().gradient.iter().copied().fold(0.0, f64::max)
    }
    /// +f(o, π⁺(o)) on O⁺ and −f(o, π⁻(o)) on O⁻.
    fn signed(&self, f: impl Fn(usize, N) -> N) -> Vec<N> {
        let conditional = self.start().conditional.iter().zip(&self.instance.correct).enumerate();
        conditional.map(|(o, (&p, &correct))| if correct { f(o, p) } else { -f(o, p) }).collect()
    }
    /// The entries of the gap alone, without the condition; of a finite-state policy by differentiation along the axes.
    pub(crate) fn gap_vector(&self) -> Vec<N> {
        if !self.instance.policy.is_listed() {
            let [minus, plus] = log_mass_gradients::<N>(self.instance);
            return plus.iter().zip(&minus).map(|(&plus, &minus)| plus - minus).collect();
        }
        if let Some(start) = self.straight() {
            return self.on_line().straight_gap(start, &self.instance.theta);
        }
        sum_of_scores(self.on_line(), self.start(), &self.instance.theta, &self.signed(|_, p| p), &[]).vector
    }
    /// Σ_o c_o ∇log π(o) at t = 0, d entries, by formula. `coefficient` has a c_o for each listed response, in the order of
    /// the tree.
    pub fn sum_of_scores(&self, coefficient: &[N]) -> ScoreSum<N> {
        sum_of_scores(self.on_line(), self.start(), &self.instance.theta, coefficient, &self.sizes().gradient)
    }
    /// T∞, the largest length, in tokens.
    pub fn max_length(&self) -> N {
        N::of(f64::from(self.instance.policy.max_length()))
    }
    /// The number of tokens that are modelled: T∞, or 1 where lengths are only declared.
    pub fn modelled_tokens(&self) -> N {
        N::of(f64::from(self.instance.policy.tree.shape().max_length))
    }
    /// Whether tokens are modelled, so that G_p and L_p mean something (not so for declared lengths).
    pub fn has_tokens(&self) -> bool {
        self.instance.policy.lengths.is_none()
    }
    fn sizes(&self) -> &Sizes {
        self.sizes.get_or_init(|| {
            let Instance { policy, theta, direction, .. } = self.instance;
            let mut sizes = Sizes { logit: 0.0, gradient: Vec::with_capacity(policy.logits.count()), slope: 0.0, bend: 0.0 };
            for j in 0..policy.logits.count() {
                let (value, gradient) = policy.logits.term_sizes(j, theta);
                sizes.logit = sizes.logit.max(value);
                sizes.slope = sizes.slope.max(gradient.iter().zip(direction).map(|(g, w)| f64::abs(g * w)).sum());
                sizes.bend = sizes.bend.max(policy.logits.bend_size(j, theta, direction));
                sizes.gradient.push(gradient.into_iter().fold(0.0, f64::max));
            }
            sizes
        })
    }
    /// The condition of an identity between probabilities, for [`Part::identity`](crate::claims::Part::identity): how many
    /// rounding units a probability may carry, relative to 1, before the [`ULPS`] of an identity: T∞·(1 + the largest logit
    /// before cancellation, + the logarithms of the number of options, to which the one of a normaliser comes, and of a
    /// fixed EOS), and what adding up all responses and options one after the other may cost.
    pub fn logit_condition(&self) -> f64 {
        let policy = &self.instance.policy;
        let summands = (policy.terms() + policy.logits.options) as f64;
        let stop = policy.stop.map_or(0.0, |p| f64::abs(Scalar::ln(p)) + f64::abs(Scalar::ln_1p(-p)));
        let normaliser = Scalar::ln(policy.logits.options as f64);
        f64::from(policy.tree.shape().max_length) * (1.0 + self.sizes().logit + normaliser + stop) + summands / ULPS
    }
    /// The condition of an identity between scores of responses along w: T∞ times the largest slope before cancellation,
    /// times [`logit_condition`](Evaluation::logit_condition).
    pub fn score_condition(&self) -> f64 {
        f64::from(self.instance.policy.tree.shape().max_length) * self.sizes().slope * self.logit_condition()
    }
    /// The condition of an identity between second derivatives along w: squares of scores, and the largest |h''| before
    /// cancellation.
    pub fn curvature_condition(&self) -> f64 {
        let length = f64::from(self.instance.policy.tree.shape().max_length);
        self.logit_condition() * (length * self.sizes().slope).powi(2) + self.logit_condition() * length * self.sizes().bend
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::campaign::Draws;
    use crate::families;

    /// Four at a time as one by one, whatever stands beside: the same bits of all that the short route gives.
    #[test]
    fn together_as_alone() {
        let (draws, mut u, mut instances) = (Draws::new(7), vec![], vec![]);
        for i in 0..1_200 {
            // Straight policies and others, in turns of five so that every family meets every lane.
            let family = ["linear-softmax", "tabular-softmax", "finite-state", "cube", "quadratic-softmax"][i % 5];
            let family = families::find(family).expect("there");
            draws.point(i as u64, family.dim, &mut u);
            instances.push(family.decode(&u).expect("inside the cube"));
        }
        let seen = |evaluation: &Evaluation<'_, f64>| {
            let (step, constants) = (*evaluation.step(), *evaluation.constants());
            [step.change, step.remainder, constants.score, constants.curvature, constants.psi1].map(f64::to_bits)
        };
        let (mut together, mut short) = (vec![], 0);
        Evaluation::for_each(&instances, 1, |evaluation| {
            short += usize::from(matches!(evaluation.straight.get(), Some(Some(_))));
            together.push(seen(evaluation));
        });
        let alone: Vec<_> = instances.iter().map(|instance| seen(&Evaluation::new(instance, 1))).collect();
        assert!(together == alone);
        assert!(short > 400 && short < 720, "{short}");
    }
}
