//! All tolerances of identities, in one place.
//!
//! An identity is compared in binary64 up to a stated number of rounding units u = 2⁻⁵³ of its *condition*: the sum of the
//! absolute values of everything that was added up on either side, logits included (a logit of size 700 carries 700 u into its
//! exponential; n summands added one after the other carry n u). Nothing absolute hides in it: where the condition is 10⁻²⁰⁰, so is
//! the tolerance; only a probability below the smallest normal number 2⁻¹⁰²² counts as that number, whose rounding error it has.
//! Intervals settle every case that exceeds it.

/// Rounding units for all identities, without exception. The largest error met is about a third of it.
pub const ULPS: f64 = 16.0;

/// The slack of [`UnitDirection`](crate::claims::conditions::UnitDirection): 2⁻⁵⁰.
pub const UNIT_DIRECTION: f64 = 1.0 / (1u64 << 50) as f64;

/// How an identity is compared in binary64: its two sides may differ by [`Tolerance::error`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// The number of rounding units 2⁻⁵³ of the condition: [`ULPS`] everywhere in the crate.
    pub ulps: f64,
    /// The condition ≥ 0: the sum of the absolute values of all that was added up on either side.
    pub condition: f64,
}

impl Tolerance {
    /// The error allowed: ulps · 2⁻⁵³ · condition.
    pub fn error(&self) -> f64 {
        self.ulps * 0.5 * f64::EPSILON * self.condition
    }
}
