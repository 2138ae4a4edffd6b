//! All tolerances of identities, in one place.
//!
//! An identity is compared in binary64 up to a stated number of rounding units u = 2⁻⁵³ of its *condition*: the sum of the
//! absolute values of everything that was added up on either side, logits included (a logit of size 700 carries 700 u into its
//! exponential). Nothing absolute hides in it: where the condition is 10⁻²⁰⁰, so is the tolerance. Intervals settle every case
//! that exceeds it.

/// Rounding units for all identities but the exceptions below. The largest error met is about a third of it.
pub const ULPS: f64 = 16.0;

/// Exception, gap-alignment-angle: the hypothesis ‖w‖₂ = 1 is itself a binary64 statement, |‖w‖² − 1| ≤ 2⁻⁵⁰ (8 units), and the
/// identity holds for ‖w‖ = 1 only, so 4 units of the gap come from it besides the usual ones.
pub const ULPS_UNIT_DIRECTION: f64 = 24.0;

/// The slack of [`UnitDirection`](super::conditions::UnitDirection): 2⁻⁵⁰.
pub const UNIT_DIRECTION: f64 = 1.0 / (1u64 << 50) as f64;

/// How an identity is compared in binary64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Rounding units.
    pub ulps: f64,
    /// The condition.
    pub condition: f64,
}

impl Tolerance {
    /// The error allowed: ulps · 2⁻⁵³ · condition.
    pub fn error(&self) -> f64 {
        self.ulps * 0.5 * f64::EPSILON * self.condition
    }
}
