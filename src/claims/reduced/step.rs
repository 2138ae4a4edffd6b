//! Inequalities of one whole step, of any size.

use super::{Inequality, Margins, Side, Sides, Variable};
use crate::number::Scalar;
use smallvec::smallvec;

/// Below this the quotients are series. Their remainder is that of Taylor's formula in its integral form, a mean of
/// f(sx) over s in \[0, 1\]: f of the hull of 0 and x encloses it, over jets its derivatives too.
const NEAR: f64 = 1.0 / 16.0;
/// So many terms.
const TERMS: i32 = 8;

/// Whether |x| ≥ [`NEAR`] for certain.
fn is_away<N: Scalar>(x: N) -> bool {
    N::of(NEAR).surely_le(x.abs())
}

/// Σ_{k < TERMS} c(k) xᵏ + last · x^TERMS.
fn series<N: Scalar>(x: N, c: impl Fn(i32) -> N, last: N) -> N {
    (0..TERMS).rev().fold(last, |tail, k| c(k) + x * tail)
}

/// (eˣ − 1 − x)/x² = Σ xᵏ/(k+2)!, f = exp.
fn exp_quotient<N: Scalar>(x: N) -> N {
    if is_away(x) {
        return x.exp_remainder() / x.square();
    }
    let inverse = |k: i32| (2..=k + 2).fold(N::one(), |product, i| product / N::of(f64::from(i)));
    series(x, inverse, inverse(TERMS) * x.hull(N::zero()).exp())
}

/// (−log(1−u) − u)/u² = Σ uᵏ/(k+2), f(u) = (1−u)^{−TERMS−2}.
fn log_quotient<N: Scalar>(u: N) -> N {
    if is_away(u) {
        return (-(-u).ln_1p() - u) / u.square();
    }
    let c = |k: i32| N::one() / N::of(f64::from(k + 2));
    series(u, c, c(TERMS) / (N::one() - u.hull(N::zero())).powi(TERMS + 2))
}

/// log(1+w)/w = Σ (−w)ᵏ/(k+1) for w ≥ 0, f(w) = (1+w)^{−TERMS−1}.
fn log_1p_quotient<N: Scalar>(w: N) -> N {
    if is_away(w) {
        return w.ln_1p() / w;
    }
    let c = |k: i32| N::one() / N::of(f64::from(k + 1));
    series(-w, c, c(TERMS) / (N::one() + w.hull(N::zero())).powi(TERMS + 1))
}

/// q(1−q) as ¼ − (q−½)², in which q occurs once.
fn spread<N: Scalar>(q: N) -> N {
    N::of(0.25) - (q - N::of(0.5)).square()
}

/// log-odds-step-tight for three responses with straight logits, of which one stands alone on its side: |R|/z² against
/// L_o + ½G_o² with the constants at t = 0, which those of a segment are not below. Slopes c alone, 0 and 1 opposite; z is η
/// times the distance of the two opposite slopes, q the share of the one with slope 1.
pub struct StraightStep;

impl StraightStep {
    /// |R|/z²: R is minus the cumulant K of the two opposite responses, K = log(1 + z²B).
    fn bend<N: Scalar>(x: &[N]) -> N {
        let (q, z) = (x[1], x[3]);
        let p = N::one() - q;
        let b = spread(q) * (q * exp_quotient(-(q * z)) + p * exp_quotient(p * z));
        b * log_1p_quotient(z.square() * b)
    }
    /// L_o, at least E\[s²\] = −H, and G_o², at least the square of every score, at t = 0.
    fn constants<N: Scalar>(x: &[N]) -> [N; 2] {
        let (j, q, c) = (x[0], x[1], x[2]);
        let f = N::one() - j;
        let level = j * c + f * q;
        let smooth = f * (spread(q) + j * (c - q).square());
        let steep = level.square().max((N::one() - level).square()).max((f * (c - q)).square());
        [smooth, steep]
    }
}

impl Inequality for StraightStep {
    const SLUG: &'static str = "log-odds-step-tight";
    const WHAT: &'static str = "a whole step, straight logits";
    const RESPONSES: Option<usize> = Some(3);
    const VARIABLES: &'static [Variable] = &[
        Variable { name: "J", lo: 0.01, hi: 0.99 },
        Variable { name: "q", lo: 0.0, hi: 1.0 },
        Variable { name: "c", lo: -4.0, hi: 5.0 },
        Variable { name: "z", lo: 0.0, hi: 16.0 },
    ];
    const RESTS_ON: &'static str = "shift and scale of the slopes, exchange of sides; L_o and G_o at t = 0 suffice";

    fn margins<N: Scalar>(x: &[N]) -> Margins<N> {
        let [smooth, steep] = StraightStep::constants(x);
        smallvec![smooth + N::of(0.5) * steep - StraightStep::bend(x)]
    }

    fn sides<N: Scalar>(x: &[N]) -> Sides<N> {
        let [smooth, steep] = StraightStep::constants(x);
        let (q, z) = (x[1], x[3]);
        let square = z.square();
        let p = N::one() - q;
        let cumulant = (p * (-(q * z)).exp_remainder() + q * (p * z).exp_remainder()).ln_1p();
        let claimed = (smooth + N::of(0.5) * steep) * square;
        smallvec![Side { name: "|R|", computed: cumulant, claimed, factor: square }]
    }
}

/// smooth-only-step from the tangent of log J to the log-odds: log J(η) ≥ log J + x gives λ(η) − λ(0) ≥ x/(1−J), which is
/// log((1−J)/(1−Jeˣ)) ≥ Jx/(1−J). The exchange of sides gives the other half.
pub struct FromTangent;

impl Inequality for FromTangent {
    const SLUG: &'static str = "smooth-only-step";
    const WHAT: &'static str = "from log J to the log-odds, a whole step";
    const RESPONSES: Option<usize> = None;
    const VARIABLES: &'static [Variable] =
        &[Variable { name: "J", lo: 0.0, hi: 0.999999 }, Variable { name: "x", lo: -32.0, hi: 32.0 }];
    const RESTS_ON: &'static str = "log J above its tangent; λ rises with log J; exchange of sides";

    /// Jeˣ ≤ 1: J(η) is at least that.
    fn constraints<N: Scalar>(x: &[N]) -> Margins<N> {
        smallvec![N::one() - x[0] * x[1].exp()]
    }

    fn margins<N: Scalar>(x: &[N]) -> Margins<N> {
        let (j, x) = (x[0], x[1]);
        let odds = j / (N::one() - j);
        let bend = exp_quotient(x);
        let rise = N::one() + x * bend;
        // u ≤ 1 where the constraint holds.
        let u = (odds * x * rise).min(N::one());
        smallvec![odds * rise.square() * log_quotient(u) + bend]
    }

    fn sides<N: Scalar>(x: &[N]) -> Sides<N> {
        let (j, x) = (x[0], x[1]);
        let odds = j / (N::one() - j);
        let claimed = -(-(odds * x.exp_m1())).ln_1p();
        smallvec![Side { name: "−R ≤ L_oη²/(2(1−J))", computed: odds * x, claimed, factor: odds * x.square() }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Interval, Jet};

    /// Each quotient and its derivative at points of wide intervals around 0, where the series serve, and beside it: within the
    /// enclosure, by the closed form (by the series' first terms next to 0).
    #[test]
    fn series_enclose_the_quotients() {
        type Quotient = (fn(Interval) -> Interval, fn(Jet<Interval>) -> Jet<Interval>, fn(f64) -> f64);
        let exact: [Quotient; 3] = [
            (exp_quotient, exp_quotient, |x| (x.exp_m1() - x) / (x * x)),
            (log_quotient, log_quotient, |u| (-(-u).ln_1p() - u) / (u * u)),
            (log_1p_quotient, log_1p_quotient, |w| w.ln_1p() / w),
        ];
        for (i, (enclosed, slope, exact)) in exact.into_iter().enumerate() {
            for (low, high) in [(-3.0, 0.05), (-0.05, 0.7), (-0.9, 0.02), (-0.01, 0.01), (0.0, 0.8), (0.02, 0.03)] {
                if i == 2 && low < 0.0 {
                    continue; // w ≥ 0
                }
                let x = Interval::new(low, high);
                let (value, first) = (enclosed(x), slope(Jet::variable(x)).first);
                for k in 0..=40 {
                    let at = low + (high - low) * f64::from(k) / 40.0;
                    if at.abs() < 1e-3 {
                        continue; // the closed form cancels
                    }
                    // Central differences, away from what cancels.
                    let h = 1e-3 * at.abs();
                    let difference = (exact(at + h) - exact(at - h)) / (2.0 * h);
                    let near =
                        |interval: Interval, x: f64, error: f64| interval.lo() - error <= x && x <= interval.hi() + error;
                    assert!(near(value, exact(at), 1e-9), "{i}: {} at {at} outside {value:?}", exact(at));
                    assert!(near(first, difference, 1e-5), "{i}: {difference} at {at} outside {first:?}");
                }
            }
        }
    }
}
