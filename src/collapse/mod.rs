//! The constructions behind Theorems 2 and 4: runs of the iteration (3) whose success rate falls at every step although
//! every direction has a positive gap alignment.
//!
//! | construction | policy | window |
//! |---|---|---|
//! | [`Theorem2`] | three responses in the plane, two alternating directions | Theorem 2 |
//! | [`Theorem4`] | T independent tokens, each from that policy | (19) |
//! | [`Resonant`] | two responses, one parameter, w = 1: the normalised gap itself | Theorem 2 |
//!
//! With S = (L + G²)·T∞ (T∞ = 1 for Theorem 2, the constants per token for Theorem 4) and c = 60 or 120, both theorems ask
//!
//! ```text
//! c Δμ / S ≤ η ≤ 1/(2√S),     0 < Δμ ≤ √S/(2c),     G ≥ √L,     ‖w_k‖ ≤ 1,     Δμ(k) ≥ Δμ
//! ```
//!
//! and claim J(k+1) < J(k) at every step, and J(k) → 0. A construction is plain data: [`Construction::run`] builds it
//! whatever its numbers are, [`Construction::admissible`] says which condition fails.
//!
//! What is certified of a run are its steps, each from its own stored θ_k along its own stored w_k. The limit J → 0 is a statement on
//! real numbers: [`Theorem2::decrement`] certifies it for the exact iteration along the stored directions of a run that is not
//! turned. For the turned and the resonant run it is proved on the page for exact directions only, since rounding moves their
//! iterates, and no decrement is known to repeat.
//!
//! ```
//! use gradient_gap::collapse::{Certified, Construction, Theorem2};
//! use gradient_gap::number::Interval;
//!
//! let construction = Theorem2 { steps: 50, ..Theorem2::new(1.0, 0.005, 0.1) }; // s, Δμ, η
//! construction.admissible()?;
//! let run = construction.run()?;
//! let certified = Certified::new(&construction.course::<Interval>(&run), &run, 0.005);
//! assert!(certified.collapses() && certified.falling == 50); // although Δμ(k) ≥ 0.005 at every step
//! # Ok::<(), gradient_gap::Error>(())
//! ```

mod resonant;
mod theorem_2;
mod theorem_4;

pub use resonant::Resonant;
pub use theorem_2::{Extra, Theorem2};
pub use theorem_4::Theorem4;

use crate::error::Error;
use crate::evaluation::{Course, CourseStep, Evaluation};
use crate::instance::Instance;
use crate::number::{Interval, Scalar, sum};
use crate::policy::Features;

/// A run that is claimed to collapse: J(k+1) < J(k) at every step, although Δμ(k) ≥ Δμ > 0.
pub trait Construction {
    /// Δμ > 0, what every gap alignment Δμ(k) must reach, in nats per parameter unit.
    fn alignment(&self) -> f64;
    /// η, the step size of every step, in parameter units.
    fn eta(&self) -> f64;
    /// The step sizes of which the theorem speaks.
    fn window(&self) -> Window;
    /// \[G, L\], enclosed bounds over all θ: of responses (Theorem 2) or of tokens (Theorem 4).
    fn constants(&self) -> [Interval; 2];
    /// The step size above which this construction collapses, in the limit that the type describes.
    fn threshold(&self) -> f64;
    /// This construction with another step size η.
    fn at_step(&self, eta: f64) -> Self
    where
        Self: Sized;
    /// This construction with another number of steps K.
    fn with_steps(&self, steps: usize) -> Self
    where
        Self: Sized;
    /// The geometric mean of the ends of the window, or less where rounding would hide Δμ; `None` where the window is empty.
    fn usual_step(&self) -> Option<f64>;
    /// The step size from which on the first two steps of this construction, at its own Δμ, v and start, both lower J: by bisection
    /// in binary64, to 10⁻¹². `None` where there is none within 64 times [`threshold`](Construction::threshold).
    fn bisected(&self) -> Option<f64>
    where
        Self: Sized,
    {
        let falls = |eta: f64| {
            let two = self.at_step(eta).with_steps(2);
            let run = two.run().ok()?;
            Some(two.course::<f64>(&run).steps.iter().all(|step| step.change < 0.0))
        };
        let (mut low, mut high) = (0.5 * self.threshold(), self.threshold());
        if falls(low)? {
            return None;
        }
        while !falls(high)? {
            (low, high) = (high, 2.0 * high);
            if high > 64.0 * self.threshold() {
                return None;
            }
        }
        while high - low > 1e-12 * high {
            let middle = 0.5 * (low + high);
            if falls(middle)? { high = middle } else { low = middle }
        }
        Some(high)
    }
    /// Whether the numbers are among those of which the theorem speaks, and binary64 can hold the run.
    ///
    /// # Errors
    /// The condition that fails, and the value that fails it.
    fn admissible(&self) -> Result<(), Error>;
    /// All steps, as an instance. For [`Theorem4`] this is the course of one token.
    ///
    /// # Errors
    /// Numbers that form no instance.
    fn run(&self) -> Result<Instance, Error>;
    /// What the statement reads of every step of `run`, which is that of this construction.
    fn course<N: Scalar>(&self, run: &Instance) -> Course<N> {
        Evaluation::<N>::new(run, 1).course().clone()
    }
}

/// A condition that fails: `name: detail`.
fn fails(name: &str, detail: impl std::fmt::Display) -> Error {
    Error::new(detail.to_string()).at(name)
}

/// # Errors
/// Δμ is below `least`, so small that rounding hides it.
fn visible(alignment: f64, least: f64, scale: f64, eta: f64) -> Result<(), Error> {
    if alignment >= least {
        return Ok(());
    }
    let here = format!("at scale {scale:?} and η = {eta:?}, where rounding hides what is below {least:?}");
    Err(fails("alignment", format!("{alignment:?} is too small for binary64 {here}")))
}

/// The middle of the window, or less where Δμ would not be visible, but not less than the lower end.
fn usual(window: &Window, alignment: f64, visible: f64) -> Option<f64> {
    let [low, _] = window.ends(alignment)?;
    Some(window.inside(alignment, 0.5)?.min(visible).max(low))
}

/// # Errors
/// Names the first number that is not positive and finite.
fn positive(numbers: &[(&str, f64)]) -> Result<(), Error> {
    match numbers.iter().find(|(_, x)| !(*x > 0.0 && x.is_finite())) {
        Some((name, x)) => Err(fails(name, format!("is {x:?}, expected a finite number > 0"))),
        None => Ok(()),
    }
}

/// Whether s is a scale that constructions can have.
///
/// # Errors
/// s is not positive, or its powers would leave binary64: it is not between 10⁻⁷⁵ and 10⁷⁵.
pub fn check_scale(scale: f64) -> Result<(), Error> {
    positive(&[("scale", scale)])?;
    match (1e-75..=1e75).contains(&scale) {
        true => Ok(()),
        false => Err(fails("scale", format!("{scale:?} is not between 1e-75 and 1e75"))),
    }
}

/// The window of step sizes of Theorem 2 or (19): c Δμ/S ≤ η ≤ 1/(2√S).
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// S = (L + G²)·T∞, enclosed.
    pub square: Interval,
    /// c: 60 in Theorem 2, 120 in (19).
    pub factor: f64,
}

impl Window {
    /// c Δμ/S, the lower end for Δμ = `alignment`, enclosed.
    pub fn low(&self, alignment: f64) -> Interval {
        Interval::of(self.factor) * Interval::of(alignment) / self.square
    }
    /// 1/(2√S), the upper end, enclosed.
    pub fn high(&self) -> Interval {
        Interval::of(0.5) / self.square.sqrt()
    }
    /// √S/(2c): the largest Δμ for which the window is not empty.
    pub(crate) fn largest_alignment(&self) -> Interval {
        self.square.sqrt() / Interval::of(2.0 * self.factor)
    }

    /// The names of the three [conditions](Window::conditions).
    pub(crate) const CONDITIONS: [&'static str; 3] =
        ["Δμ ≤ √S/(2c): (2cΔμ)² against S", "window, lower end: cΔμ against ηS", "window, upper end: 4η²S against 1"];

    /// The three conditions of the window as (name, x, y), meaning x ≤ y, without quotients or roots, so that short numbers
    /// at an end of the window are inside for certain: (2cΔμ)² ≤ S, cΔμ ≤ ηS, 4η²S ≤ 1, with S = `square` and c = `factor`.
    pub fn conditions<N: Scalar>(square: N, factor: f64, alignment: N, eta: N) -> [(&'static str, N, N); 3] {
        let (four, c) = (N::of(4.0), N::of(factor));
        let [aligned, low, high] = Window::CONDITIONS;
        [
            (aligned, (N::of(2.0 * factor) * alignment).square(), square),
            (low, c * alignment, eta * square),
            (high, four * eta.square() * square, N::one()),
        ]
    }

    /// Whether Δμ = `alignment` and η are inside for certain.
    ///
    /// # Errors
    /// Δμ or η is not certainly inside: which one, with its value and the end that it misses.
    pub fn check(&self, alignment: f64, eta: f64) -> Result<(), Error> {
        let inside = Window::conditions(self.square, self.factor, Interval::of(alignment), Interval::of(eta))
            .map(|(_, x, y)| x.surely_le(y));
        if !inside[0] {
            let most = self.largest_alignment().mid();
            return Err(fails("alignment", format!("{alignment:?} is above √S/{} = {most:?}", 2.0 * self.factor)));
        }
        let [low, high] = [self.low(alignment).mid(), self.high().mid()];
        match (inside[1], inside[2]) {
            (false, _) => Err(fails("eta", format!("{eta:?} is below the window [{low:?}, {high:?}]"))),
            (_, false) => Err(fails("eta", format!("{eta:?} is above the window [{low:?}, {high:?}]"))),
            _ => Ok(()),
        }
    }

    /// The smallest and the largest binary64 step size that lie in the window of Δμ = `alignment` for certain; `None` where
    /// it is empty.
    pub fn ends(&self, alignment: f64) -> Option<[f64; 2]> {
        let holds = |i: usize, eta: f64| {
            let (_, x, y) = Window::conditions(self.square, self.factor, Interval::of(alignment), Interval::of(eta))[i];
            x.surely_le(y)
        };
        let (mut low, mut high) = (self.low(alignment).mid(), self.high().mid());
        for _ in 0..16 {
            low = if holds(1, low.next_down()) { low.next_down() } else { low };
            high = if holds(2, high.next_up()) { high.next_up() } else { high };
        }
        for _ in 0..16 {
            low = if holds(1, low) { low } else { low.next_up() };
            high = if holds(2, high) { high } else { high.next_down() };
        }
        (holds(1, low) && holds(2, high) && low <= high).then_some([low, high])
    }

    /// A binary64 Δμ next to the largest Δμ for which the window is not empty, within a few units in the last place,
    /// whose window still contains a binary64 number for certain.
    pub fn most_aligned(&self) -> f64 {
        let mut alignment = self.largest_alignment().lo();
        for _ in 0..64 {
            if self.ends(alignment).is_some_and(|[low, _]| self.check(alignment, low).is_ok()) {
                break;
            }
            alignment = alignment.next_down();
        }
        alignment
    }

    /// The binary64 step size a share `at` ∈ \[0, 1\] of the way through the window, on a logarithmic scale, ends included;
    /// `None` where the window is empty.
    pub fn inside(&self, alignment: f64, at: f64) -> Option<f64> {
        let [low, high] = self.ends(alignment)?;
        let middle = low * Scalar::exp(Scalar::ln(high / low) * at);
        Some(middle.clamp(low, high))
    }
}

/// The gain of one step as a share of its loss, ηΔμ(k)/(−remainder): below 1 exactly where J falls. The largest binary64
/// number where the remainder is certainly not negative.
pub fn share<N: Scalar>(step: &CourseStep<N>) -> N {
    let loss = -step.remainder;
    match loss.surely_le(N::zero()) {
        true => N::of(f64::MAX),
        false => step.eta * step.alignment / loss,
    }
}

/// The largest ‖w_k‖² over all steps of `run`. No root is taken: ‖w_k‖ ≤ 1 is tested by the square.
pub fn largest_squared_norm<N: Scalar>(run: &Instance) -> N {
    let square = |w: &[f64]| sum(w.iter().map(|&x| N::of(x).square()));
    run.then.iter().map(|update| square(&update.direction)).fold(square(&run.direction), N::max)
}

/// What the existence statements of Theorems 2 and 4 are about, beside the course itself.
#[derive(Clone, Copy, Debug)]
pub struct Terms<N> {
    /// Δμ, what every Δμ(k) must reach.
    pub alignment: N,
    /// η, the step size of every step.
    pub eta: N,
    /// G over all θ: of responses (Theorem 2) or of tokens (Theorem 4).
    pub score: N,
    /// L over all θ: of responses (Theorem 2) or of tokens (Theorem 4).
    pub curvature: N,
    /// T∞ in tokens; 1 for Theorem 2.
    pub length: N,
    /// c of the window: 60 for Theorem 2, 120 for (19).
    pub factor: f64,
    /// The largest ‖w_k‖², by [`largest_squared_norm`].
    pub norm: N,
}

impl<N: Scalar> Terms<N> {
    /// The terms of a run of which only the instance is known, for a policy of the forms here; `None` for others.
    ///
    /// Δμ is the smallest Δμ(k). Linear softmaxes, one for every context: G = D and L ≤ D²/4, D the largest diameter of the
    /// features of one of them. A curve λ(θ) = l₀ + l₁θ + Σ α cos(kθ + φ): the resonant reading, G² = L = Σ|αk²| + (Σ|αk|)²
    /// as upper bounds, provided that they are, that is, |l₁| ≤ Σ|αk|.
    pub fn of(run: &Instance, course: &Course<N>) -> Option<Terms<N>> {
        let policy = &run.policy;
        let (logits, length) = (&policy.logits, policy.constant_length()?);
        let Features::Dense(psi) = &logits.features else { return None };
        let softmax = logits.quadratic.is_empty() && policy.stop.is_none();
        let (score, curvature) = match (softmax, logits.waves.is_empty()) {
            (true, true) => {
                let rows = psi.chunks_exact((logits.options * logits.dim).max(1));
                let square = rows.map(|row| diameter_squared::<N>(row, logits.dim)).fold(N::zero(), N::max);
                (square.sqrt(), N::of(0.25) * square)
            }
            (true, false) if logits.rows == 1 && logits.dim == 1 && logits.options == 2 && length == 1 => {
                let slope = N::of(psi[1]) - N::of(psi[0]);
                let (mut first, mut second) = (N::zero(), N::zero());
                for wave in &logits.waves {
                    let (amplitude, k) = (N::of(wave.amplitude).abs(), N::of(wave.frequency[0]).abs());
                    (first, second) = (first + amplitude * k, second + amplitude * k.square());
                }
                let half = second + first.square();
                // |∇log π| ≤ |l₁| + Σ|αk| ≤ 2Σ|αk|, |∇²log π| ≤ Σ|αk²| + (Σ|αk|)².
                let fits = slope.abs().surely_le(first) && (N::of(4.0) * first.square()).surely_le(half);
                if !fits {
                    return None;
                }
                (half.sqrt(), half)
            }
            _ => return None,
        };
        Some(Terms {
            alignment: course.smallest(|step| step.alignment),
            eta: N::of(run.eta),
            score,
            curvature,
            length: N::of(f64::from(length)),
            factor: if policy.is_one_token() { 60.0 } else { 120.0 },
            norm: largest_squared_norm(run),
        })
    }
}

/// The square of the diameter of the rows of `features`.
fn diameter_squared<N: Scalar>(features: &[f64], dim: usize) -> N {
    let rows: Vec<&[f64]> = features.chunks(dim.max(1)).collect();
    let mut largest = N::zero();
    for (i, x) in rows.iter().enumerate() {
        for y in &rows[..i] {
            largest = largest.max(sum(x.iter().zip(*y).map(|(&x, &y)| (N::of(x) - N::of(y)).square())));
        }
    }
    largest
}

/// A course, certified step by step.
#[derive(Clone, Debug)]
pub struct Certified {
    /// K, the number of steps.
    pub steps: usize,
    /// Steps at which λ, and so J, falls for certain.
    pub falling: usize,
    /// Steps at which Δμ(k) ≥ Δμ for certain.
    pub aligned: usize,
    /// The largest ‖w_k‖², enclosed, by [`largest_squared_norm`].
    pub norm: Interval,
    /// The number k of the step with the largest [`share`], the first of those within 10⁻⁹ of it.
    pub worst: usize,
}

impl Certified {
    /// Certifies every step of `course`, which is that of `run`, with Δμ = `alignment`.
    pub fn new(course: &Course<Interval>, run: &Instance, alignment: f64) -> Certified {
        let least = Interval::of(alignment);
        let count = |holds: &dyn Fn(&CourseStep<Interval>) -> bool| course.steps.iter().filter(|step| holds(step)).count();
        let shares = course.steps.iter().map(|step| share(step).mid()).enumerate();
        let worst = shares.fold((0, -1.0), |top, (k, x)| {
            // The first of those that differ by rounding only.
            if top.1 < 0.0 || x > top.1 * (1.0 + 1e-9) { (k, x) } else { top }
        });
        Certified {
            steps: course.steps.len(),
            falling: count(&|step| step.change.surely_negative()),
            aligned: count(&|step| least.surely_le(step.alignment)),
            norm: largest_squared_norm(run),
            worst: worst.0,
        }
    }

    /// Whether the run does at every step what the theorem claims, for certain: λ falls, Δμ(k) ≥ Δμ, and ‖w_k‖ ≤ 1.
    pub fn collapses(&self) -> bool {
        self.falling == self.steps && self.aligned == self.steps && self.norm.surely_le(Interval::one())
    }
}
