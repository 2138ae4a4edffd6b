//! What λ'', the lengths and the success rate do over a whole step, t ∈ \[0, η\].

use super::{Line, OnLine};
use crate::number::{Jet, Scalar};
use std::cell::LazyCell;

/// Extremes over the segment \[θ, θ + ηw\]: *sampled* in `f64`, *enclosed* in [`Interval`](crate::number::Interval) by jets of
/// intervals on adaptive pieces. With the [constants](crate::regularity::Constants) of Assumptions 1–3 these are all that the one-step
/// statements take over a step.
#[derive(Clone, Copy, Debug)]
pub struct Segment<N> {
    /// min λ'' over the segment.
    pub least_second: N,
    /// max λ'' over the segment.
    pub largest_second: N,
    /// max E∓\[ℓ\] in tokens, index 0 for O⁻ and 1 for O⁺.
    pub length: [N; 2],
    /// max log(1/P(O∓)) in nats, index 0 for O⁻ and 1 for O⁺: the largest 1/(1−J) and 1/J, by their logarithms.
    pub log_rarity: [N; 2],
}

impl<N: Scalar> Segment<N> {
    /// max 1/(1 − J), +∞ beyond binary64.
    pub fn over_failure(&self) -> N {
        self.log_rarity[0].exp()
    }
    /// max 1/J, +∞ beyond binary64.
    pub fn over_success(&self) -> N {
        self.log_rarity[1].exp()
    }
}

/// Functions of t whose maxima are sought.
fn functions<M: Scalar>(line: &Line<M>) -> [M; 6] {
    let second = line.second();
    [second, -second, line.length[0], line.length[1], -line.log_failure(), -line.log_success()]
}

impl<N: Scalar> OnLine<'_, N> {
    /// The extremes over \[0, η\], from about `pieces` evaluations (see [`Scalar::suprema_by_slopes`]).
    pub fn segment(&self, eta: f64, pieces: usize) -> Segment<N> {
        let jets = LazyCell::new(|| self.jets());
        let slopes = |t: N| functions(&jets.line(Jet::variable(t))).map(|x| x.first);
        let [largest, least, minus, plus, failure, success] =
            N::suprema_by_slopes(eta, pieces, |t| functions(&self.line(t)), slopes);
        Segment { least_second: -least, largest_second: largest, length: [minus, plus], log_rarity: [failure, success] }
    }
}
