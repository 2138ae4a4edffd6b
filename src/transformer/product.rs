//! Products of matrices, the same for every kind of number.
//!
//! A sum goes from its first term to its last, whatever is computed beside it: an entry has the same bits on every machine and for
//! every way to cut a matrix into rows. The products of `f64` run on the widest registers that the machine has; a jet's are
//! five of them, by Leibniz's rule.

use crate::number::{Interval, Jet, Scalar, vectorised};

/// A number that a network is computed with.
pub trait Number: Scalar {
    /// out += x·w, all row-major: x has `inner` columns, w has `inner` rows and `columns` columns, out has `columns` columns
    /// and as many rows as x.
    fn add_product(x: &[Self], w: &[Self], inner: usize, columns: usize, out: &mut [Self]) {
        for (x, out) in x.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
            for (&x, w) in x.iter().zip(w.chunks_exact(columns)) {
                out.iter_mut().zip(w).for_each(|(out, &w)| *out = *out + x * w);
            }
        }
    }
}

impl Number for f64 {
    fn add_product(x: &[f64], w: &[f64], inner: usize, columns: usize, out: &mut [f64]) {
        vectorised(
            #[inline(always)]
            || kernel(x, w, inner, columns, out),
        );
    }
}

impl Number for Interval {}
impl Number for Jet<Interval> {}

impl Number for Jet<f64> {
    /// (xw)' = x'w + xw' and (xw)'' = x''w + 2x'w' + xw''.
    fn add_product(x: &[Self], w: &[Self], inner: usize, columns: usize, out: &mut [Self]) {
        let ([x, x1, x2], [w, w1, w2], [mut value, mut first, mut second]) = (planes(x), planes(w), planes(out));
        f64::add_product(&x, &w, inner, columns, &mut value);
        f64::add_product(&x1, &w, inner, columns, &mut first);
        f64::add_product(&x, &w1, inner, columns, &mut first);
        f64::add_product(&x2, &w, inner, columns, &mut second);
        let twice: Vec<f64> = x1.iter().map(|x| 2.0 * x).collect();
        f64::add_product(&twice, &w1, inner, columns, &mut second);
        // Parameters go straight.
        if w2.iter().any(|&w| w != 0.0) {
            f64::add_product(&x, &w2, inner, columns, &mut second);
        }
        for (out, ((value, first), second)) in out.iter_mut().zip(value.into_iter().zip(first).zip(second)) {
            *out = Jet { value, first, second };
        }
    }
}

/// Values, first and second derivatives.
fn planes(all: &[Jet<f64>]) -> [Vec<f64>; 3] {
    let mut planes = [0; 3].map(|_| Vec::with_capacity(all.len()));
    for z in all {
        planes[0].push(z.value);
        planes[1].push(z.first);
        planes[2].push(z.second);
    }
    planes
}

/// Rows and columns of a tile whose sums stay in registers.
const ROWS: usize = 4;
const COLUMNS: usize = 8;

#[inline(always)]
fn kernel(x: &[f64], w: &[f64], inner: usize, columns: usize, out: &mut [f64]) {
    let wide = columns - columns % COLUMNS;
    for (x, out) in x.chunks(ROWS * inner).zip(out.chunks_mut(ROWS * columns)) {
        if x.len() == ROWS * inner {
            for at in (0..wide).step_by(COLUMNS) {
                tile::<ROWS>(x, w, inner, columns, at, out);
            }
        } else {
            for (x, out) in x.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
                for at in (0..wide).step_by(COLUMNS) {
                    tile::<1>(x, w, inner, columns, at, out);
                }
            }
        }
        for (x, out) in x.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
            for (j, out) in out.iter_mut().enumerate().skip(wide) {
                *out = x.iter().enumerate().fold(*out, |sum, (k, x)| sum + x * w[k * columns + j]);
            }
        }
    }
}

/// The sums of R rows in the columns from `at` on.
#[inline(always)]
fn tile<const R: usize>(x: &[f64], w: &[f64], inner: usize, columns: usize, at: usize, out: &mut [f64]) {
    let mut sums = [[0.0; COLUMNS]; R];
    for (row, sums) in sums.iter_mut().enumerate() {
        sums.copy_from_slice(&out[row * columns + at..][..COLUMNS]);
    }
    for (k, w) in w.chunks_exact(columns).enumerate() {
        let w = &w[at..][..COLUMNS];
        for (row, sums) in sums.iter_mut().enumerate() {
            let x = x[row * inner + k];
            for (sum, w) in sums.iter_mut().zip(w) {
                *sum += x * w;
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        out[row * columns + at..][..COLUMNS].copy_from_slice(sums);
    }
}

/// The transpose of a matrix with so many columns.
pub(super) fn transposed(w: &[f64], columns: usize) -> Vec<f64> {
    let rows = w.len() / columns;
    (0..columns).flat_map(|j| (0..rows).map(move |i| w[i * columns + j])).collect()
}

/// out += xᵀ·y, with x of `inner` columns and y of `columns`: a gradient of weights.
pub(super) fn add_transposed_product(x: &[f64], y: &[f64], inner: usize, columns: usize, out: &mut [f64]) {
    let rows = x.len() / inner;
    f64::add_product(&transposed(x, inner), y, rows, columns, out);
}
