//! Logits on a line: functions of t alone.

use super::logits::Logits;
use crate::number::Scalar;
use smallvec::SmallVec;

/// A wave on a line: α cos(ωt + φ).
#[derive(Clone, Copy, Debug)]
pub(super) struct LineWave<N> {
    pub(super) logit: usize,
    pub(super) amplitude: N,
    pub(super) omega: N,
    pub(super) phase: N,
}

/// The logits on a line: h + a·t + c·t²/2 + waves, one entry a logit.
#[derive(Clone, Debug)]
pub(crate) struct LineLogits<N> {
    /// The number of options in every context.
    pub options: usize,
    pub(super) value: SmallVec<[N; 8]>,
    pub(super) slope: SmallVec<[N; 8]>,
    pub(super) curvature: Vec<N>,
    pub(super) waves: Vec<LineWave<N>>,
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
    /// As many as there are, all 0 everywhere.
    #[inline(always)]
    pub(crate) fn zeros(logits: &Logits) -> LineLogits<N> {
        let count = logits.count();
        let zeros = || SmallVec::from_elem(N::zero(), count);
        LineLogits { options: logits.options, value: zeros(), slope: zeros(), curvature: vec![], waves: vec![] }
    }

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
            curvature: self.curvature.iter().map(|&x| lift(x)).collect(),
            waves: self.waves.iter().map(wave).collect(),
        }
    }

    /// The number of logits, rows · options.
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

    /// h and dh/dt at t = 0, where logits are linear in t.
    pub(crate) fn straight(&self) -> [&[N]; 2] {
        [&self.value, &self.slope]
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
                let [l0, l1, l2] = [&self.value[..], &self.slope, &self.curvature].map(difference);
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
