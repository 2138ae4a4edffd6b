//! Logits as functions of θ ∈ R^d, and their restriction to a line θ + t·w.
//!
//! One form serves every policy of the suite. The logit of option v in context (row) r is
//!
//! ```text
//! h_{r,v}(θ) = b_{r,v} + θ·ψ_{r,v} + ½ θᵀ Q_{r,v} θ + Σ_j α_j cos(k_j·θ + φ_j)        (waves j of that logit)
//! ```
//!
//! so on a line it is h + a·t + c·t²/2 plus waves. Linear policies have Q = 0 and no waves; tabular ones have ψ = the unit
//! vector of (r, v), which is not stored.

use super::line_logits::{LineLogits, LineWave};
use crate::error::Error;
use crate::number::{Scalar, sum, vectorised};
use serde::{Deserialize, Serialize};

/// The features ψ: the gradient of the linear part of every logit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// ψ_{r,v} = e_{(r,v)}: one parameter a logit, d = rows · options.
    Tabular,
    /// ψ row-major, rows·options·d entries: that of θ_i in the logit of option v in row r is at (r·options + v)·d + i.
    Dense(Vec<f64>),
}

/// One term α cos(k·θ + φ) of one logit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a wave")]
pub struct Wave {
    /// Which logit: r·options + v.
    pub logit: usize,
    /// α, in nats.
    pub amplitude: f64,
    /// k ∈ R^d, in radians per parameter unit.
    pub frequency: Vec<f64>,
    /// φ, in radians.
    pub phase: f64,
}

/// The logits of a policy as functions of θ: b + θ·ψ + ½ θᵀQθ + Σ_j α_j cos(k_j·θ + φ_j), one such function for each option of each
/// context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "logits")]
pub struct Logits {
    /// d ≥ 1, the dimension of θ.
    pub dim: usize,
    /// The number of rows: one for every context r.
    pub rows: usize,
    /// The number of options v in every row.
    pub options: usize,
    /// b, rows·options entries, that of option v in row r at r·options + v; empty for zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bias: Vec<f64>,
    /// ψ, what the linear part multiplies θ by.
    pub features: Features,
    /// Q, a symmetric d×d matrix, row-major, for each logit in the order of `bias`: rows·options·d² entries; empty for zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quadratic: Vec<f64>,
    /// The waves, in any order; a logit may have several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Wave>,
}

impl Logits {
    /// Linear logits θ·ψ_{r,v}: `features` is ψ row-major, rows·options·dim entries. Biases, matrices and waves can be
    /// added to them:
    ///
    /// ```
    /// use gradient_gap::policy::Logits;
    ///
    /// // One row of two options, θ ∈ R: logits θ and 1 − θ².
    /// let logits = Logits { bias: vec![0.0, 1.0], quadratic: vec![0.0, -2.0], ..Logits::linear(1, 1, 2, vec![1.0, 0.0]) };
    /// assert_eq!(logits.validate(), Ok(()));
    /// ```
    pub fn linear(dim: usize, rows: usize, options: usize, features: Vec<f64>) -> Logits {
        let features = Features::Dense(features);
        Logits { dim, rows, options, bias: vec![], features, quadratic: vec![], waves: vec![] }
    }

    /// Tabular logits, each a parameter of its own: d = rows · options.
    pub fn tabular(rows: usize, options: usize) -> Logits {
        Logits { dim: rows.saturating_mul(options), features: Features::Tabular, ..Logits::linear(0, rows, options, vec![]) }
    }

    /// The number of logits, rows · options.
    pub fn count(&self) -> usize {
        self.rows * self.options
    }

    /// Whether all lists have the lengths that `dim`, `rows` and `options` ask for.
    ///
    /// # Errors
    /// A vector whose length does not fit `dim`, `rows` and `options`, or an entry that is not finite.
    pub fn validate(&self) -> Result<(), Error> {
        let count = self
            .rows
            .checked_mul(self.options)
            .filter(|&n| n > 0 && self.dim > 0 && self.dim.checked_mul(self.dim).and_then(|d| d.checked_mul(n)).is_some())
            .ok_or_else(|| {
                Error::new(format!(
                    "{} rows of {} options in dimension {} are out of range",
                    self.rows, self.options, self.dim
                ))
            })?;
        let length = |name: &str, found: usize, expected: usize| match found == expected {
            true => Ok(()),
            false => Err(Error::new(format!("{name} has {found} entries, expected {expected}"))),
        };
        if !self.bias.is_empty() {
            length("bias", self.bias.len(), count)?;
        }
        match &self.features {
            Features::Tabular if self.dim != count => {
                return Err(Error::new(format!("dim is {}, expected {count} of tabular features", self.dim)));
            }
            Features::Tabular => {}
            Features::Dense(psi) => length("features", psi.len(), count * self.dim)?,
        }
        if !self.quadratic.is_empty() {
            length("quadratic", self.quadratic.len(), count * self.dim * self.dim)?;
        }
        finite("bias", &self.bias)?;
        finite("quadratic", &self.quadratic)?;
        if let Features::Dense(psi) = &self.features {
            finite("features", psi)?;
        }
        for (j, q) in self.quadratic.chunks(self.dim * self.dim).enumerate() {
            let at = |i: usize, k: usize| q[i * self.dim + k];
            let mut pairs = (0..self.dim).flat_map(|i| (0..i).map(move |k| (i, k)));
            if let Some((i, k)) = pairs.find(|&(i, k)| at(i, k) != at(k, i)) {
                let (one, other) = (at(k, i), at(i, k));
                return Err(Error::new(format!(
                    "quadratic: matrix {j} is not symmetric: {one} at ({k}, {i}), {other} at ({i}, {k})"
                )));
            }
        }
        for (j, wave) in self.waves.iter().enumerate() {
            let place = |name: &str| format!("waves[{j}].{name}");
            if wave.logit >= count {
                return Err(Error::new(format!("{} is {}, expected less than {count}", place("logit"), wave.logit)));
            }
            length(&place("frequency"), wave.frequency.len(), self.dim)?;
            finite(&place("frequency"), &wave.frequency)?;
            finite(&place("amplitude"), &[wave.amplitude])?;
            finite(&place("phase"), &[wave.phase])?;
        }
        Ok(())
    }

    /// Whether every logit is linear in θ.
    pub fn is_linear(&self) -> bool {
        self.quadratic.is_empty() && self.waves.is_empty()
    }

    /// The gradient ∇h_j(θ) of logit j, added to `out` with the factor `weight`.
    pub(crate) fn add_gradient<N: Scalar>(&self, j: usize, theta: &[f64], weight: N, out: &mut [N]) {
        let d = self.dim;
        match &self.features {
            Features::Tabular => out[j] = out[j] + weight,
            Features::Dense(psi) => {
                for (o, &p) in out.iter_mut().zip(&psi[j * d..(j + 1) * d]) {
                    *o = *o + weight * N::of(p);
                }
            }
        }
        if !self.quadratic.is_empty() {
            let q = &self.quadratic[j * d * d..(j + 1) * d * d];
            for (o, row) in out.iter_mut().zip(q.chunks(d)) {
                *o = *o + weight * dot(row, theta);
            }
        }
        for wave in self.waves.iter().filter(|wave| wave.logit == j) {
            let slope = -N::of(wave.amplitude) * (dot::<N>(&wave.frequency, theta) + N::of(wave.phase)).sin();
            for (o, &k) in out.iter_mut().zip(&wave.frequency) {
                *o = *o + weight * slope * N::of(k);
            }
        }
    }

    /// Upper bounds, up to rounding, of what logit j and each entry of its gradient are added up from at θ: the absolute values of all terms.
    /// They tell how many rounding units the sums may carry, however much they cancel.
    pub(crate) fn term_sizes(&self, j: usize, theta: &[f64]) -> (f64, Vec<f64>) {
        let d = self.dim;
        let mut value = self.bias.get(j).map_or(0.0, |b| b.abs());
        let mut gradient = vec![0.0; d];
        let weigh = |row: &[f64]| row.iter().zip(theta).map(|(x, t)| f64::abs(x * t)).sum::<f64>();
        match &self.features {
            Features::Tabular => {
                gradient[j] = 1.0;
                value += theta[j].abs();
            }
            Features::Dense(psi) => {
                let psi = &psi[j * d..(j + 1) * d];
                gradient.iter_mut().zip(psi).for_each(|(g, p)| *g = p.abs());
                value += weigh(psi);
            }
        }
        if !self.quadratic.is_empty() {
            for (i, row) in self.quadratic[j * d * d..(j + 1) * d * d].chunks(d).enumerate() {
                let terms = weigh(row);
                gradient[i] += terms;
                value += 0.5 * theta[i].abs() * terms;
            }
        }
        for wave in self.waves.iter().filter(|wave| wave.logit == j) {
            // The error of the argument k·θ + φ passes into the sine in proportion.
            let argument = 1.0 + weigh(&wave.frequency) + wave.phase.abs();
            value += wave.amplitude.abs() * argument;
            gradient.iter_mut().zip(&wave.frequency).for_each(|(g, k)| *g += f64::abs(wave.amplitude * k) * argument);
        }
        (value, gradient)
    }

    /// The same for the second derivative of logit j along w.
    pub(crate) fn bend_size(&self, j: usize, theta: &[f64], w: &[f64]) -> f64 {
        let d = self.dim;
        let weigh = |row: &[f64], x: &[f64]| row.iter().zip(x).map(|(a, x)| f64::abs(a * x)).sum::<f64>();
        let mut size = 0.0;
        if !self.quadratic.is_empty() {
            let rows = self.quadratic[j * d * d..(j + 1) * d * d].chunks(d);
            size += rows.zip(w).map(|(row, x)| x.abs() * weigh(row, w)).sum::<f64>();
        }
        for wave in self.waves.iter().filter(|wave| wave.logit == j) {
            let argument = 1.0 + weigh(&wave.frequency, theta) + wave.phase.abs();
            size += wave.amplitude.abs() * weigh(&wave.frequency, w).powi(2) * argument;
        }
        size
    }

    /// h_j − h_k at θ without the waves, from the differences of what they are added up from: what two logits have in common,
    /// however large, leaves no rounding behind.
    pub(crate) fn difference<N: Scalar>(&self, j: usize, k: usize, theta: &[f64]) -> N {
        let d = self.dim;
        let apart = |list: &[f64], j: usize, k: usize| N::of(list[j]) - N::of(list[k]);
        let mut total = match &self.features {
            Features::Tabular => apart(theta, j, k),
            Features::Dense(psi) => {
                let product = |d: usize| {
                    let rows = psi[j * d..(j + 1) * d].iter().zip(&psi[k * d..(k + 1) * d]);
                    sum(rows.zip(&theta[..d]).map(|((&x, &y), &theta)| (N::of(x) - N::of(y)) * N::of(theta)))
                };
                if d == 4 { product(4) } else { product(d) }
            }
        };
        if !self.quadratic.is_empty() {
            let entry = |i: usize, l: usize| apart(&self.quadratic, (j * d + i) * d + l, (k * d + i) * d + l);
            let row = |i: usize| sum((0..d).map(|l| entry(i, l) * N::of(theta[l])));
            total = total + N::of(0.5) * sum((0..d).map(|i| N::of(theta[i]) * row(i)));
        }
        // Last, as it is often the largest: one rounding of its size and no more.
        if self.bias.is_empty() { total } else { total + apart(&self.bias, j, k) }
    }

    /// The logits on the line θ + t·w as logits of their own, t the only parameter (d = 1), in binary64. `theta` and `w`
    /// have d entries.
    pub fn on_line(&self, theta: &[f64], w: &[f64]) -> Logits {
        let line = self.restrict::<f64>(theta, w);
        let wave = |wave: &LineWave<f64>| Wave {
            logit: wave.logit,
            amplitude: wave.amplitude,
            frequency: vec![wave.omega],
            phase: wave.phase,
        };
        Logits {
            dim: 1,
            rows: self.rows,
            options: self.options,
            bias: line.value.to_vec(),
            features: Features::Dense(line.slope.to_vec()),
            quadratic: line.curvature.to_vec(),
            waves: line.waves.iter().map(wave).collect(),
        }
    }

    /// The logits on the line θ + t·w, in the number N (θ and w are exact binary64 numbers; nothing is rounded unseen).
    pub(crate) fn restrict<N: Scalar>(&self, theta: &[f64], w: &[f64]) -> LineLogits<N> {
        let mut on_line = LineLogits::zeros(self);
        self.restrict_to(theta, w, &mut on_line);
        on_line
    }

    /// [`Logits::restrict`] in place of [zeros](LineLogits::zeros).
    pub(crate) fn restrict_to<N: Scalar>(&self, theta: &[f64], w: &[f64], on_line: &mut LineLogits<N>) {
        let d = self.dim;
        let (value, slope) = (&mut on_line.value[..], &mut on_line.slope[..]);
        value.iter_mut().zip(&self.bias).for_each(|(v, &b)| *v = N::of(b));
        match &self.features {
            Features::Tabular => {
                value.iter_mut().zip(theta).for_each(|(v, &x)| *v = *v + N::of(x));
                slope.iter_mut().zip(w).for_each(|(a, &x)| *a = N::of(x));
            }
            Features::Dense(psi) => add_products(psi, [&theta[..d], &w[..d]], [value, slope]),
        }
        if !self.quadratic.is_empty() {
            for (j, q) in self.quadratic.chunks(d * d).enumerate() {
                let bilinear = |x: &[f64], y: &[f64]| sum(q.chunks(d).zip(x).map(|(row, &xi)| N::of(xi) * dot(row, y)));
                on_line.value[j] = on_line.value[j] + N::of(0.5) * bilinear(theta, theta);
                on_line.slope[j] = on_line.slope[j] + bilinear(w, theta);
                on_line.curvature.push(bilinear(w, w));
            }
        }
        on_line.waves.extend(self.waves.iter().map(|wave| LineWave {
            logit: wave.logit,
            amplitude: N::of(wave.amplitude),
            omega: dot(&wave.frequency, w),
            phase: dot::<N>(&wave.frequency, theta) + N::of(wave.phase),
        }));
    }
}

/// # Errors
/// Names the first entry that is NaN or infinite.
pub(crate) fn finite(name: &str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|x| !x.is_finite()) {
        Some(i) => Err(Error::new(format!("{name}[{i}] is {}, expected a finite number", values[i]))),
        None => Ok(()),
    }
}

/// x·y in the number N, for exact binary64 vectors.
#[inline]
pub(crate) fn dot<N: Scalar>(x: &[f64], y: &[f64]) -> N {
    sum(x.iter().zip(y).map(|(&x, &y)| N::of(x) * N::of(y)))
}

/// Adds ψ·x for every row of ψ, for each x.
pub(crate) fn add_products<N: Scalar, const K: usize>(psi: &[f64], x: [&[f64]; K], sums: [&mut [N]; K]) {
    for (x, sums) in x.into_iter().zip(sums) {
        match x.as_chunks() {
            ([x], []) => vectorised(
                #[inline(always)]
                || add_four_products(psi, x, sums),
            ),
            _ => {
                for (sum, psi) in sums.iter_mut().zip(psi.chunks_exact(x.len())) {
                    *sum = added(*sum, psi, x);
                }
            }
        }
    }
}

/// The same in R⁴, the largest dimension of most families, four rows at a time.
#[inline(always)]
fn add_four_products<N: Scalar>(psi: &[f64], x: &[f64; 4], sums: &mut [N]) {
    let ((fours, rest), (whole, last)) = (psi.as_chunks::<16>(), sums.as_chunks_mut::<4>());
    for (psi, sums) in fours.iter().zip(whole) {
        let mut so_far = *sums;
        for k in 0..4 {
            let term = |row: usize| N::of(psi[4 * row + k]) * N::of(x[k]);
            so_far = [so_far[0] + term(0), so_far[1] + term(1), so_far[2] + term(2), so_far[3] + term(3)];
        }
        *sums = so_far;
    }
    for (sum, psi) in last.iter_mut().zip(rest.as_chunks::<4>().0) {
        *sum = added(*sum, psi, x);
    }
}

/// sum + x·y, from the left.
#[inline(always)]
fn added<N: Scalar>(sum: N, x: &[f64], y: &[f64]) -> N {
    x.iter().zip(y).fold(sum, |sum, (&x, &y)| sum + N::of(x) * N::of(y))
}
