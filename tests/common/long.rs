//! Whether the long form of a test was asked for.

/// `GRADIENT_GAP_LONG=1` is set.
pub fn long() -> bool {
    std::env::var("GRADIENT_GAP_LONG").is_ok_and(|value| value == "1")
}
