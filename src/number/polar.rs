//! Standard normal numbers.

use super::Scalar;

/// Fills z with independent standard normal numbers, by Marsaglia's polar method, from numbers that are uniform on \[0, 1).
pub fn polar_normal(mut uniform: impl FnMut() -> f64, z: &mut [f64]) {
    for pair in z.chunks_mut(2) {
        let (x, y, square) = loop {
            let (x, y) = (2.0 * uniform() - 1.0, 2.0 * uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                break (x, y, square);
            }
        };
        let factor = (-2.0 * Scalar::ln(square) / square).sqrt();
        pair[0] = x * factor;
        if let Some(second) = pair.get_mut(1) {
            *second = y * factor;
        }
    }
}
