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

use crate::error::Error;
use crate::number::{Scalar, finite_top, sum};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// The features ψ: the gradient of the linear part of every logit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Features {
    /// ψ_{r,v} = e_{(r,v)}: one parameter a logit, d = rows · options.
    Tabular,
    /// ψ row-major: entry (r·options + v)·d + i.
    Dense(Vec<f64>),
}

/// One term α cos(k·θ + φ) of one logit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// Which logit: r·options + v.
    pub logit: usize,
    /// α.
    pub amplitude: f64,
    /// k ∈ R^d.
    pub frequency: Vec<f64>,
    /// φ, in radians.
    pub phase: f64,
}

/// The logits of a policy as functions of θ: b + θ·ψ + ½ θᵀQθ + Σ_j α_j cos(k_j·θ + φ_j), one such function for each option of each
/// context.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logits {
    /// d = dim θ.
    pub dim: usize,
    /// The number of contexts.
    pub rows: usize,
    /// The number of options in every context.
    pub options: usize,
    /// b, rows · options entries; empty for zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bias: Vec<f64>,
    /// ψ.
    pub features: Features,
    /// Q, one symmetric d×d matrix (row-major) a logit; empty for zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quadratic: Vec<f64>,
    /// Waves, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Wave>,
}

/// A wave on a line: α cos(ωt + φ).
#[derive(Clone, Copy, Debug)]
struct LineWave<N> {
    logit: usize,
    amplitude: N,
    omega: N,
    phase: N,
}

/// The logits on a line: h + a·t + c·t²/2 + waves, one entry a logit.
#[derive(Clone, Debug)]
pub struct LineLogits<N> {
    /// The number of options in every context.
    pub options: usize,
    value: SmallVec<[N; 8]>,
    slope: SmallVec<[N; 8]>,
    curvature: SmallVec<[N; 8]>,
    waves: Vec<LineWave<N>>,
}

impl Logits {
    /// The number of logits, rows · options.
    pub fn count(&self) -> usize {
        self.rows * self.options
    }

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
            Features::Tabular => length("tabular features: dim", self.dim, count)?,
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
            if (0..self.dim).any(|i| (0..i).any(|k| q[i * self.dim + k] != q[k * self.dim + i])) {
                return Err(Error::new(format!("quadratic: matrix {j} is not symmetric")));
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

    /// The logits on the line θ + t·w as logits of their own, t the only parameter, in binary64.
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
    pub fn restrict<N: Scalar>(&self, theta: &[f64], w: &[f64]) -> LineLogits<N> {
        let (d, count) = (self.dim, self.count());
        let zeros = || SmallVec::from_elem(N::zero(), count);
        let (curvature, waves) = (SmallVec::new(), Vec::new());
        let mut on_line = LineLogits { options: self.options, value: zeros(), slope: zeros(), curvature, waves };
        let (value, slope) = (&mut on_line.value[..], &mut on_line.slope[..]);
        value.iter_mut().zip(&self.bias).for_each(|(v, &b)| *v = N::of(b));
        match &self.features {
            Features::Tabular => {
                value.iter_mut().zip(theta).for_each(|(v, &x)| *v = *v + N::of(x));
                slope.iter_mut().zip(w).for_each(|(a, &x)| *a = N::of(x));
            }
            // Unrolled in the largest dimension of most families.
            Features::Dense(psi) if d == 4 => add_products(psi, [&theta[..4], &w[..4]], value, slope),
            Features::Dense(psi) => add_products(psi, [&theta[..d], &w[..d]], value, slope),
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
        on_line
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

/// Adds ψ·θ and ψ·w, for every row of ψ.
#[inline(always)]
fn add_products<N: Scalar>(psi: &[f64], [theta, w]: [&[f64]; 2], value: &mut [N], slope: &mut [N]) {
    for ((v, a), psi) in value.iter_mut().zip(slope).zip(psi.chunks_exact(theta.len())) {
        let (mut value, mut slope) = (*v, *a);
        for ((&p, &theta), &w) in psi.iter().zip(theta).zip(w) {
            value = value + N::of(p) * N::of(theta);
            slope = slope + N::of(p) * N::of(w);
        }
        (*v, *a) = (value, slope);
    }
}

/// Upper bounds on the whole line for one row of logits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowBounds<N> {
    /// Of |h'_u − h'_v|, and so of |ξ|; `None` where it is unbounded.
    pub spread: Option<N>,
    /// Of |H|.
    pub curvature: N,
}

/// Subtracts entry `at` from every entry: there it becomes 0 exactly, which in an interval the difference would not. A row whose
/// differences overflow stays as it is.
pub(crate) fn subtract_entry<N: Scalar>(row: &mut [N], at: usize) {
    let reference = row[at];
    if !row.iter().fold(true, |all, &x| all & (f64::abs((x - reference).mid()) < f64::MAX)) {
        return;
    }
    row.iter_mut().for_each(|x| *x = *x - reference);
    row[at] = N::zero();
}

/// Up to here the rounding of a logit is a few rounding units of its probability.
const LARGE: f64 = 16.0;

impl<N: Scalar> LineLogits<N> {
    /// In every row, slopes and curvatures relative to the option with the largest logit at t = 0 (waves aside), and where a logit is
    /// large the values too, by `difference`. This changes no probability; where one option has nearly all the mass, means and
    /// variances over the row then keep full relative accuracy, and the probabilities of the others all that their logarithms
    /// allow.
    pub(crate) fn make_relative_to_heaviest(&mut self, difference: impl Fn(usize, usize) -> N) {
        let (width, mut first) = (self.options, 0);
        while first < self.count() {
            let row = first..first + width;
            let (value, slope) = (&mut self.value[row.clone()], &mut self.slope[row.clone()]);
            let (mut top, mut highest, mut largest) = (0, value[0].mid(), 0.0);
            for (v, value) in value.iter().enumerate() {
                let value = value.mid();
                (top, highest) = if value > highest { (v, value) } else { (top, highest) };
                largest = if value.abs() > largest { value.abs() } else { largest };
            }
            if largest > LARGE {
                let mut apart: SmallVec<[N; 8]> = SmallVec::from_elem(N::zero(), width);
                for (v, apart) in apart.iter_mut().enumerate().filter(|&(v, _)| v != top) {
                    *apart = difference(first + v, first + top);
                }
                if apart.iter().all(|x| f64::abs(x.mid()) < f64::MAX) {
                    value.copy_from_slice(&apart);
                }
            }
            subtract_entry(slope, top);
            if !self.curvature.is_empty() {
                subtract_entry(&mut self.curvature[row], top);
            }
            first += width;
        }
    }

    /// The same logits in another number.
    pub(crate) fn map<T: Scalar>(&self, lift: impl Fn(N) -> T + Copy) -> LineLogits<T> {
        let all = |list: &SmallVec<[N; 8]>| list.iter().map(|&x| lift(x)).collect();
        let wave = |wave: &LineWave<N>| LineWave {
            logit: wave.logit,
            amplitude: lift(wave.amplitude),
            omega: lift(wave.omega),
            phase: lift(wave.phase),
        };
        LineLogits {
            options: self.options,
            value: all(&self.value),
            slope: all(&self.slope),
            curvature: all(&self.curvature),
            waves: self.waves.iter().map(wave).collect(),
        }
    }

    /// The number of logits.
    pub fn count(&self) -> usize {
        self.value.len()
    }

    /// The logits at t, in any number T over N (a jet, say), by T's own arithmetic.
    pub fn at<T: Scalar>(&self, t: T, lift: impl Fn(N) -> T) -> SmallVec<[T; 8]> {
        let mut z: SmallVec<[T; 8]> = SmallVec::from_elem(t, self.count());
        z.iter_mut().zip(&self.value).zip(&self.slope).for_each(|((z, &h), &a)| *z = lift(h) + lift(a) * *z);
        if !self.curvature.is_empty() {
            let half_square = T::of(0.5) * t.square();
            z.iter_mut().zip(&self.curvature).for_each(|(z, &c)| *z = *z + lift(c) * half_square);
        }
        for wave in &self.waves {
            z[wave.logit] = z[wave.logit] + lift(wave.amplitude) * (lift(wave.omega) * t + lift(wave.phase)).cos();
        }
        z
    }

    /// e^{h(t) − max h(t)} for straight logits.
    pub(crate) fn weights(&self, t: N) -> SmallVec<[N; 8]> {
        let mut weight: SmallVec<[N; 8]> = SmallVec::from_slice(&self.value);
        if !t.is_zero() {
            weight.iter_mut().zip(&self.slope).for_each(|(z, &a)| *z = *z + a * t);
        }
        let shift = N::of(finite_top(&weight));
        N::exp_all(&mut weight, shift);
        weight
    }

    /// dh/dt, where logits are linear in t.
    pub(crate) fn straight_slopes(&self) -> &[N] {
        &self.slope
    }

    /// What is known of one row on the whole line; `None` where a logit has a term in t² and there are more than two options.
    ///
    /// With the waves' |α|, |αω| and |α|ω² added up to A, B and C for every logit, h' lies within B of its slope and h'' within
    /// C of its curvature.
    ///
    /// * No t²: |h'_u − h'_v| ≤ d, the largest of |a_u − a_v| + B_u + B_v, and H_v = Σ_u p_u(h''_v − h''_u) − Var(h') lies
    ///   within d²/4 + the sum of the two largest C.
    /// * Two options, whose log-odds are q + waves with q = l₀ + l₁t + l₂t²/2, so that q'² = K + 2l₂q with K = l₁² − 2l₂l₀.
    ///   Without waves let l₂ > 0 (else exchange the options), m = −K/(2l₂), p the probability of the option whose log-odds λ
    ///   are: the other's −H is l₂{p + 2p(1−p)(λ−m)}, its own is 2l₂p(1−p)(λ−m) − l₂(1−p). As (1−p)(2pλ−1) ≤ e^{−λ}(2λ−1) ≤ 2e^{−3/2}
    ///   for λ ≥ ½, and λ ≥ m where m ≥ 0, |H| ≤ l₂{1 + 2e^{−3/2}e^{−max(m,0)}} + ¼max(K,0). With waves
    ///   |H| ≤ |l₂| + C + p(1−p)λ'², λ'² ≤ 2q'² + 2B², |q| ≤ |λ| + A, p(1−p) ≤ ¼ and p(1−p)|λ| ≤ 0.224.
    pub(crate) fn row_bounds(&self, row: std::ops::Range<usize>) -> Option<RowBounds<N>> {
        let zero = N::zero();
        let mut waves: SmallVec<[[N; 3]; 8]> = SmallVec::from_elem([zero; 3], row.len());
        let mut wavy = false;
        for wave in self.waves.iter().filter(|wave| row.contains(&wave.logit)) {
            let ([a, b, c], size) = (&mut waves[wave.logit - row.start], wave.amplitude.abs());
            (*a, *b, *c) = (*a + size, *b + size * wave.omega.abs(), *c + size * wave.omega.square());
            wavy = true;
        }
        let slope = &self.slope[row.clone()];
        let straight = self.curvature.is_empty() || self.curvature[row.clone()].iter().all(|c| c.is_zero());
        let two = N::of(2.0);
        match row.len() {
            _ if straight => {
                let (mut spread, mut bend) = (zero, zero);
                if wavy {
                    for (u, [_, b, c]) in waves.iter().enumerate() {
                        for (v, [_, other, bent]) in waves[..u].iter().enumerate() {
                            spread = spread.max((slope[u] - slope[v]).abs() + *b + *other);
                            bend = bend.max(*c + *bent);
                        }
                    }
                } else {
                    let ends = slope.iter().fold((slope[0], slope[0]), |(low, high), &a| (low.min(a), high.max(a)));
                    spread = ends.1 - ends.0;
                }
                Some(RowBounds { spread: Some(spread), curvature: bend + N::of(0.25) * spread.square() })
            }
            2 => {
                let at = row.start;
                let difference = |list: &[N]| list[at + 1] - list[at];
                let [l0, l1, l2] = [&self.value, &self.slope, &self.curvature].map(|list| difference(list));
                let [a, b, c] = std::array::from_fn(|i| waves[0][i] + waves[1][i]);
                let (k, bent) = (l1.square() - two * l2 * l0, l2.abs());
                let steep = N::of(0.25) * k.max(zero);
                let drift = match wavy {
                    true => two * (steep + N::of(0.448) * bent + N::of(0.5) * bent * a) + N::of(0.5) * b.square(),
                    // 2e^{−3/2} = 0.44626…
                    false if N::of(f64::MIN_POSITIVE).surely_le(bent) => {
                        steep + N::of(0.4463) * bent * (k.min(zero) / (two * bent)).exp()
                    }
                    false => steep + N::of(0.4463) * bent,
                };
                Some(RowBounds { spread: None, curvature: bent + c + drift })
            }
            _ => None,
        }
    }

    /// Whether every logit is linear in t.
    pub fn is_straight(&self) -> bool {
        self.curvature.is_empty() && self.waves.is_empty()
    }

    /// dh/dt at t, by formula.
    pub fn slope_at(&self, t: N) -> SmallVec<[N; 8]> {
        let mut slope = SmallVec::from_slice(&self.slope);
        slope.iter_mut().zip(&self.curvature).for_each(|(a, &c)| *a = *a + c * t);
        for wave in &self.waves {
            slope[wave.logit] = slope[wave.logit] - wave.amplitude * wave.omega * (wave.omega * t + wave.phase).sin();
        }
        slope
    }

    /// d²h/dt² at t, by formula; empty when every logit is linear in t.
    pub fn curvature_at(&self, t: N) -> SmallVec<[N; 8]> {
        let mut curvature = SmallVec::from_slice(&self.curvature);
        if curvature.is_empty() && !self.waves.is_empty() {
            curvature = SmallVec::from_elem(N::zero(), self.count());
        }
        for wave in &self.waves {
            let second = wave.amplitude * wave.omega.square() * (wave.omega * t + wave.phase).cos();
            curvature[wave.logit] = curvature[wave.logit] - second;
        }
        curvature
    }

    /// h(η) − h(0) and h(η) − h(0) − η·h'(0) for every logit, both without cancellation; the second is empty (zero) when
    /// every logit is linear in t.
    pub fn change(&self, eta: N) -> (SmallVec<[N; 8]>, SmallVec<[N; 8]>) {
        let mut bend: SmallVec<[N; 8]> = SmallVec::new();
        if !self.curvature.is_empty() || !self.waves.is_empty() {
            bend = SmallVec::from_elem(N::zero(), self.count());
        }
        let half_square = N::of(0.5) * eta.square();
        bend.iter_mut().zip(&self.curvature).for_each(|(b, &c)| *b = *b + c * half_square);
        let mut change: SmallVec<[N; 8]> = SmallVec::from_slice(&self.slope);
        change.iter_mut().for_each(|a| *a = *a * eta);
        for wave in &self.waves {
            // With x = ωη: cos(φ+x) − cos φ + x sin φ = sin φ · (x − sin x) − 2 cos φ · sin²(x/2).
            let x = wave.omega * eta;
            let (sin, cos) = (wave.phase.sin(), wave.phase.cos());
            let versine = N::of(2.0) * (N::of(0.5) * x).sin().square();
            bend[wave.logit] = bend[wave.logit] + wave.amplitude * (sin * x.sub_sin() - cos * versine);
            change[wave.logit] = change[wave.logit] - wave.amplitude * sin * x;
        }
        change.iter_mut().zip(&bend).for_each(|(d, &b)| *d = *d + b);
        (change, bend)
    }
}
