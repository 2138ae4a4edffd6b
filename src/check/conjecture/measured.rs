//! One conjecture on one instance in binary64: fast, and never the last word.

use crate::conjecture::Conjecture;
use crate::evaluation::Evaluation;
use crate::expression::Values;

/// What binary64 says of a conjecture on an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    /// There is no step: η = 0 or w = 0.
    Still,
    /// A condition fails, or is undefined.
    Outside {
        /// How far the instance is from the conditions, in (0, 1]: 0 would be all hold, 1 is that one is undefined.
        distance: f64,
        /// By how much it would exceed the statement, if the distance is at most 0.02 and that is defined.
        sample: Option<Sample>,
    },
    /// The conditions hold, but a side is undefined.
    Undefined,
    /// The conditions hold, and both sides are defined.
    Case(Sample),
}

/// By how much an instance that satisfies the conditions exceeds the statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Smaller side less larger side, above 0 where the statement is violated; of an equality the distance of both sides.
    pub excess: f64,
    /// What an excess is measured by, > 0: B of the [share](Conjecture::share) X/B = 1 + excess/B; where the statement has none, the
    /// size of both sides.
    pub scale: Option<f64>,
    /// The size of both sides, in the unit of the sides.
    pub size: f64,
}

/// Up to this [distance](Measured::Outside) an instance is near the conditions: the sides of none that fails differ by more than about
/// a fifth.
const NEAR: f64 = 0.02;

/// Measures a conjecture on an instance in binary64; suprema over the segment are sampled.
pub fn measure(conjecture: &Conjecture, evaluation: &Evaluation<'_, f64>) -> Measured {
    if !evaluation.instance().moves() {
        return Measured::Still;
    }
    let mut words = Values::new(evaluation);
    let distance = conjecture.distance(&mut words);
    if distance > NEAR {
        return Measured::Outside { distance, sample: None };
    }
    let sample = sample(conjecture, &mut words);
    match sample {
        _ if distance > 0.0 => Measured::Outside { distance, sample },
        Some(sample) => Measured::Case(sample),
        None => Measured::Undefined,
    }
}

/// By how much the instance exceeds the statement, where that is defined.
fn sample(conjecture: &Conjecture, words: &mut Values<'_, '_, f64>) -> Option<Sample> {
    let compares = conjecture.compare(words);
    let excess = conjecture.magnitude(compares.excess);
    let [small, large] = compares.sides.map(f64::abs);
    let size = small.max(large);
    let scale = if conjecture.has_share() { conjecture.bound(words) } else { Some(size) };
    compares.defined.then(|| Sample { excess, scale: scale.filter(|&scale| scale > 0.0), size })
}
