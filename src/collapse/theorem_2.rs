//! Theorem 2: three responses, two parameters, two alternating directions.
//!
//! φ_c = (0, 0), φ_a = (−g, −s), φ_b = (−g, +s), O⁺ = {c}, so that λ(θ) = gθ₁ − log(2 cosh(sθ₂)). From θ₂ = 0, with x =
//! vη and y = sx, step A goes along (Δμ/g, +v) and step B along ((Δμ − s v tanh y)/g, −v). Both have the gap alignment
//! Δμ; λ changes by ηΔμ − log cosh y in A, by ηΔμ − (y tanh y − log cosh y) in B, and θ₂ is 0 again.
//!
//! The theorem has directions that serve every η in its window, and these do: as a rule that reads θ and not η, go along A at θ₂ = 0,
//! and else along ((Δμ + s v σ tanh(sθ₂))/g, σv) with σ = −sign θ₂, which at θ₂ = vη is B. A run reads its iterate likewise
//! ([`Theorem2::pull`]).
//!
//! λ falls by the same every two steps, so J → 0. That is so in real numbers; in binary64, [`Theorem2::decrement`] certifies it for the
//! exact iteration along the two stored directions of a run that is not turned. A turned iterate drifts, its directions with it, and
//! no more is certified of it than the steps that are run.
//!
//! With more incorrect responses on the segment from φ_a to φ_b, log(2 cosh) becomes K(x) = log Σ_{O⁻} b_o e^{r_o x} (r
//! the second coordinate of φ, b the base weight), and the losses its two Bregman divergences D_K(x, 0) and D_K(0, x).

use super::{Construction, Window, check_scale, diameter_squared, fails, positive, usual, visible};
use crate::error::Error;
use crate::evaluation::{Course, Evaluation};
use crate::instance::{Instance, Update, advance};
use crate::number::{Interval, Scalar, log_sum_exp, sum};
use crate::policy::{Features, Policy};

/// A response beside the three, before the rotation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extra {
    /// φ ∈ R², the feature, before the rotation.
    pub position: [f64; 2],
    /// The logarithm of its base weight, the b of its logit b + θ·φ.
    pub bias: f64,
    /// r*: whether it is correct.
    pub correct: bool,
}

/// The construction of Theorem 2. Sharp limit ([`Construction::threshold`]): 2Δμ/L_o, as y → 0 and v → 1, without extra
/// responses.
#[derive(Clone, Debug, PartialEq)]
pub struct Theorem2 {
    /// s: half the distance between the two incorrect responses; G_o = 2s, L_o = s² for g ≤ √3 s.
    pub scale: f64,
    /// g: the distance from the correct response to the line through the incorrect ones.
    pub reach: f64,
    /// v: the part of w across the gap.
    pub across: f64,
    /// Δμ > 0, what every gap alignment must reach, in nats per parameter unit.
    pub alignment: f64,
    /// η > 0, the step size, in parameter units.
    pub eta: f64,
    /// K, the number of steps.
    pub steps: usize,
    /// The angle by which the plane is turned, in radians.
    pub rotation: f64,
    /// The logarithm of φ_c's base weight: λ(0) = start − log 2 without extra responses.
    pub start: f64,
    /// Responses beside the three; none in the plain construction.
    pub extras: Vec<Extra>,
}

/// 2⁻⁴⁹: sixteen rounding units, about what the enclosure of an alignment is wide where nothing but its own products is rounded.
const ROUNDING: f64 = 1.0 / (1u64 << 49) as f64;
/// 2⁻⁴⁰ s: more than it is off where the iterate is turned or its responses are more than two.
const TURNED: f64 = 1.0 / (1u64 << 40) as f64;

/// tanh, without cancellation near 0 and without overflow.
fn tanh<N: Scalar>(x: N) -> N {
    let size = if x.mid() < 0.0 { x } else { -x };
    let power = (N::of(2.0) * size).exp_m1();
    let below = power / (power + N::of(2.0));
    if x.mid() < 0.0 { below } else { -below }
}

/// Δμ at θ along w of one softmax with straight logits whose correct responses have one feature φ_c; `None` for others. With m and
/// d the half sum and half difference of the first two incorrect features,
///
/// ```text
/// Δμ = w·(φ_c − m) − E⁻[w·(φ − m)],     E⁻[w·(φ − m)] = w·d tanh(d·θ + half the difference of the biases)  for two
/// ```
///
/// What the incorrect logits have in common never enters, so that nothing is lost as λ → −∞; and without rotation θ₂ = 0 gives
/// tanh 0 = 0 exactly.
fn alignment_of<N: Scalar>(policy: &Policy, correct: &[bool], theta: &[f64], w: &[f64]) -> Option<N> {
    let logits = &policy.logits;
    let Features::Dense(features) = &logits.features else { return None };
    let straight = logits.rows == 1 && logits.quadratic.is_empty() && logits.waves.is_empty();
    if !(straight && policy.is_one_token() && policy.stop.is_none() && logits.dim == 2) {
        return None;
    }
    let bias = |o: usize| N::of(logits.bias.get(o).copied().unwrap_or(0.0));
    let side = |wanted: bool| -> Vec<(usize, &[f64])> {
        features.chunks(2).enumerate().filter(|(o, _)| correct.get(*o) == Some(&wanted)).collect()
    };
    let (plus, minus) = (side(true), side(false));
    let (&(_, c), &[(i, a), (j, b), ref more @ ..]) = (plus.first()?, minus.as_slice()) else { return None };
    if plus.iter().any(|(_, other)| *other != c) {
        return None;
    }
    let half = N::of(0.5);
    // w·(x φ_b + y φ_a + …) with the coefficients given by `combine`, coordinate by coordinate.
    let dot = |v: &[f64], combine: &dyn Fn(usize) -> N| sum(v.iter().enumerate().map(|(n, &v)| N::of(v) * combine(n)));
    let middle = |n: usize| half * (N::of(a[n]) + N::of(b[n]));
    let apart = |n: usize| half * (N::of(b[n]) - N::of(a[n]));
    let to_middle = dot(w, &|n| N::of(c[n]) - middle(n));
    if more.is_empty() {
        let z = dot(theta, &apart) + half * (bias(j) - bias(i));
        return Some(to_middle - dot(w, &apart) * tanh(z));
    }
    let from_middle = |v: &[f64], phi: &[f64]| dot(v, &|n| N::of(phi[n]) - middle(n));
    let logit: Vec<N> = minus.iter().map(|&(o, phi)| bias(o) + from_middle(theta, phi)).collect();
    let total = log_sum_exp(&logit);
    let terms = minus.iter().zip(&logit).map(|(&(_, phi), &z)| (z - total).exp() * from_middle(w, phi));
    Some(to_middle - sum(terms))
}

impl Theorem2 {
    /// The plain construction at scale s: g = 1.7 s, v = 0.9, 1 000 steps, no rotation, no extra responses.
    pub fn new(scale: f64, alignment: f64, eta: f64) -> Theorem2 {
        Theorem2 {
            scale,
            reach: 1.7 * scale,
            across: 0.9,
            alignment,
            eta,
            steps: 1000,
            rotation: 0.0,
            start: 0.0,
            extras: vec![],
        }
    }

    /// By how much the alignment of a step may come out above Δμ, so that rounding never takes it below.
    ///
    /// In step A of a run that is not turned nothing is rounded but Δμ/g and its product with g; in step B, g w₁ and s v tanh y, of
    /// which Δμ is the difference.
    fn rounding(&self) -> f64 {
        match self.rotation == 0.0 && self.incorrect().len() == 2 {
            true => {
                let against = self.scale * self.across * tanh(self.scale * self.across * self.eta);
                ROUNDING * f64::max(self.alignment, against)
            }
            false => TURNED * self.scale,
        }
    }

    /// The smallest Δμ at this scale and η: 2⁻⁴⁸⁰ s, below which squares underflow, and sixteen times what rounding adds.
    pub fn smallest_alignment(&self) -> f64 {
        let nothing = Theorem2 { alignment: 0.0, ..self.clone() };
        f64::max(self.scale * Scalar::powi(0.5f64, 480), 16.0 * nothing.rounding())
    }

    /// An η at which rounding does not hide Δμ, as tanh y ≤ y, and of which a hundredth is left.
    pub(super) fn visible_step(&self) -> f64 {
        0.99 * self.alignment / (16.0 * ROUNDING) / (self.scale * self.across).powi(2)
    }

    /// (r, log b) of φ_a, φ_b and the extra incorrect responses of which the construction knows: those on the segment.
    fn incorrect(&self) -> Vec<(f64, f64)> {
        let on_segment = self.extras.iter().filter(|extra| !extra.correct && extra.position[0] == -self.reach);
        let more = on_segment.map(|extra| (extra.position[1], extra.bias));
        [(-self.scale, 0.0), (self.scale, 0.0)].into_iter().chain(more).collect()
    }

    /// The weights that the incorrect responses have among themselves at θ₂ = x, with their r.
    fn weights<N: Scalar>(&self, x: N) -> Vec<(N, N)> {
        let lines: Vec<(N, N)> = self.incorrect().into_iter().map(|(r, b)| (N::of(r), N::of(b) + N::of(r) * x)).collect();
        let total = log_sum_exp(&lines.iter().map(|&(_, z)| z).collect::<Vec<N>>());
        lines.into_iter().map(|(r, z)| (r, (z - total).exp())).collect()
    }

    /// K'(x) = E⁻\[r\] at θ₂ = x; s tanh(sx) without extra responses.
    pub fn pull<N: Scalar>(&self, x: N) -> N {
        if self.incorrect().len() == 2 {
            return N::of(self.scale) * tanh(N::of(self.scale) * x);
        }
        sum(self.weights(x).into_iter().map(|(r, p)| r * p))
    }

    /// D_K(x + d, x) = log E⁻\[e^{(r − K'(x))d}\] at θ₂ = x, without cancellation.
    pub fn divergence<N: Scalar>(&self, x: N, d: N) -> N {
        let weights = self.weights(x);
        let mean = sum(weights.iter().map(|&(r, p)| r * p));
        sum(weights.iter().map(|&(r, p)| p * ((r - mean) * d).exp_remainder())).ln_1p()
    }

    /// What steps A and B take from λ beyond the gain ηΔμ: D_K(x, 0) and D_K(0, x), x = vη.
    pub fn losses<N: Scalar>(&self) -> [N; 2] {
        let x = N::of(self.across) * N::of(self.eta);
        [self.divergence(N::zero(), x), self.divergence(x, -x)]
    }

    /// The part of w along the gap in steps A and B, before rounding and rotation: (Δμ + v K'(0))/g and (Δμ − v K'(vη))/g.
    pub fn along<N: Scalar>(&self) -> [N; 2] {
        let (v, g, alignment) = (N::of(self.across), N::of(self.reach), N::of(self.alignment));
        let x = v * N::of(self.eta);
        [(alignment + v * self.pull(N::zero())) / g, (alignment - v * self.pull(x)) / g]
    }

    /// By how much λ falls every two steps, in nats and exact arithmetic, along the stored directions w₀ and w₁ of a run
    /// that is not rotated: −ηg(w₀ + w₁)₁, because θ₂ = ηv − ηv is 0 again. `None` for a rotated run, or where w₁ does not
    /// undo w₀ across the gap.
    pub fn decrement(&self) -> Option<Interval> {
        let run = Theorem2 { steps: 2, ..self.clone() }.run().ok()?;
        let second = run.then.first()?;
        (self.rotation == 0.0 && run.direction[1] == -second.direction[1]).then(|| {
            let sum = Interval::of(run.direction[0]) + Interval::of(second.direction[0]);
            -(Interval::of(self.eta) * Interval::of(self.reach) * sum)
        })
    }

    /// (cos, sin) of the rotation, exactly (1, 0) for none.
    fn axes(&self) -> [f64; 2] {
        if self.rotation == 0.0 { [1.0, 0.0] } else { [Scalar::cos(self.rotation), Scalar::sin(self.rotation)] }
    }

    /// w with the part `across`, and along the gap `along` or the little more that makes the alignment at least Δμ for certain.
    fn aim(&self, policy: &Policy, correct: &[bool], theta: &[f64], mut along: f64, across: f64) -> Vec<f64> {
        let mut direction = self.turn([along, across]).to_vec();
        for doubling in 0..32 {
            let Some(found) = alignment_of::<Interval>(policy, correct, theta, &direction) else { break };
            let missing = self.alignment - found.lo();
            if missing.is_nan() || missing <= 0.0 {
                break;
            }
            let unit = f64::max(missing / self.reach, along.next_up() - along);
            along += unit * f64::from(1u32 << doubling);
            direction = self.turn([along, across]).to_vec();
        }
        direction
    }

    fn turn(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [c, s] = self.axes();
        [c * x - s * y, s * x + c * y]
    }

    /// The features of all responses, rotated and rounded.
    fn features(&self) -> Vec<[f64; 2]> {
        let (g, s) = (self.reach, self.scale);
        let three = [[0.0, 0.0], [-g, -s], [-g, s]];
        three.into_iter().chain(self.extras.iter().map(|extra| extra.position)).map(|phi| self.turn(phi)).collect()
    }

    /// D²: the square of the diameter of the features as they are stored; 4s² without rotation.
    fn diameter_squared(&self) -> Interval {
        diameter_squared(self.features().as_flattened(), 2)
    }

    /// # Errors
    /// A number that is not positive, g > √3 s, an extra response out of place.
    pub(super) fn check_shape(&self, alignment: f64) -> Result<(), Error> {
        let Theorem2 { scale, reach, across, eta, start, rotation, .. } = *self;
        check_scale(scale)?;
        positive(&[("reach", reach), ("across", across), ("alignment", alignment), ("eta", eta)])?;
        for (name, x) in [("start", start), ("rotation", rotation)] {
            if !x.is_finite() {
                return Err(fails(name, format!("is {x:?}, expected a finite number")));
            }
        }
        if self.steps == 0 {
            return Err(fails("steps", "is 0, expected at least 1"));
        }
        if !Interval::of(reach).square().surely_le(Interval::of(3.0) * Interval::of(scale).square()) {
            return Err(fails("reach", format!("{reach:?} is above √3 s = {:?}", 3f64.sqrt() * scale)));
        }
        self.check_extras()
    }

    /// ‖w_k‖ ≤ 1 and both losses above the gain.
    ///
    /// # Errors
    /// The condition that fails, and its value.
    pub(super) fn check_steps(&self) -> Result<(), Error> {
        let along: [Interval; 2] = self.along();
        let norm = Interval::of(self.across).square() + Scalar::max(along[0].square(), along[1].square());
        if !norm.surely_le(Interval::one()) {
            return Err(fails("across", format!("{:?} gives ‖w‖² = {}, above 1", self.across, norm.mid())));
        }
        let gain = Interval::of(self.eta) * (Interval::of(self.alignment) + Interval::of(self.rounding()));
        for (name, loss) in ["A", "B"].into_iter().zip(self.losses::<Interval>()) {
            if !gain.surely_lt(loss) {
                let (gain, loss) = (gain.mid(), loss.mid());
                return Err(fails("divergence", format!("step {name} gains ηΔμ = {gain:?} and loses only D_K = {loss:?}")));
            }
        }
        Ok(())
    }

    fn check_extras(&self) -> Result<(), Error> {
        for (i, extra) in self.extras.iter().enumerate() {
            let [x, r] = extra.position;
            let place = match extra.correct {
                true => x == 0.0 && r == 0.0,
                false => x == -self.reach && f64::abs(r) <= self.scale,
            };
            if !(place && extra.bias.is_finite()) {
                let wanted = if extra.correct { "φ_c = (0, 0)" } else { "the segment from φ_a to φ_b" };
                return Err(fails(&format!("extras[{i}]"), format!("({x:?}, {r:?}) is not on {wanted}")));
            }
        }
        Ok(())
    }
}

impl Construction for Theorem2 {
    fn alignment(&self) -> f64 {
        self.alignment
    }
    fn eta(&self) -> f64 {
        self.eta
    }
    /// G_o = D and L_o ≤ D²/4, D the diameter of the features (equality without extra responses).
    fn window(&self) -> Window {
        Window { square: Interval::of(1.25) * self.diameter_squared(), factor: 60.0 }
    }
    fn constants(&self) -> [Interval; 2] {
        let square = self.diameter_squared();
        [square.sqrt(), Interval::of(0.25) * square]
    }
    fn threshold(&self) -> f64 {
        2.0 * self.alignment / self.constants()[1].mid()
    }

    fn admissible(&self) -> Result<(), Error> {
        self.check_shape(self.alignment)?;
        self.window().check(self.alignment, self.eta)?;
        visible(self.alignment, self.smallest_alignment(), self.scale, self.eta)?;
        self.check_steps()
    }

    fn at_step(&self, eta: f64) -> Theorem2 {
        Theorem2 { eta, ..self.clone() }
    }

    fn with_steps(&self, steps: usize) -> Theorem2 {
        Theorem2 { steps, ..self.clone() }
    }

    fn usual_step(&self) -> Option<f64> {
        usual(&self.window(), self.alignment, self.visible_step())
    }

    fn run(&self) -> Result<Instance, Error> {
        let features = self.features().into_iter().flatten().collect();
        let bias: Vec<f64> = [self.start, 0.0, 0.0].into_iter().chain(self.extras.iter().map(|extra| extra.bias)).collect();
        let policy = Policy::linear_softmax(2, features, bias)?;
        let correct: Vec<bool> =
            [true, false, false].into_iter().chain(self.extras.iter().map(|extra| extra.correct)).collect();
        let [c, s] = self.axes();
        let mut theta = vec![0.0; 2];
        let updates = (0..self.steps.max(1)).map(|k| {
            // The alignment g w₁ − K'(x) w₂ is set from the iterate as it was rounded.
            let x = c * theta[1] - s * theta[0];
            let across = if k % 2 == 0 { self.across } else { -self.across };
            let along = (self.alignment + across * self.pull(x)) / self.reach;
            let direction = self.aim(&policy, &correct, &theta, along, across);
            advance(&mut theta, &direction, self.eta);
            Update { direction, eta: self.eta }
        });
        let mut then: Vec<Update> = updates.collect();
        let first = then.remove(0); // there is one at least
        let instance = Instance { policy, theta: vec![0.0; 2], direction: first.direction, eta: first.eta, correct, then };
        instance.validate()?;
        Ok(instance)
    }

    /// The general course, with Δμ(k) in the closed form of `alignment_of` where the run has that form.
    fn course<N: Scalar>(&self, run: &Instance) -> Course<N> {
        let mut course = Evaluation::<N>::new(run, 1).course().clone();
        let mut steps = course.steps.iter_mut();
        run.for_each_step(|_, at| {
            let found = alignment_of::<N>(&at.policy, &at.correct, &at.theta, &at.direction);
            if let (Some(step), Some(alignment)) = (steps.next(), found) {
                step.alignment = alignment;
                step.change = step.eta * alignment + step.remainder;
            }
        });
        course
    }
}
