//! A logistic curve through points, and a straight line, by least squares.

use super::statistics::least_squares;
use crate::number::Scalar;

/// A curve y = f(a + bx) through points by least squares, f the logistic function or the identity, and what it leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// \[a, b\] of y = f(a + bx).
    pub coefficients: [f64; 2],
    /// √ of the mean of (y − f(a + bx))² over the points, in the unit of y.
    pub residual: f64,
    /// 1 − Σ(y − f(a + bx))²/Σ(y − ȳ)², at most 1.
    pub explained: f64,
}

/// The logistic function.
pub fn sigma(x: f64) -> f64 {
    Scalar::exp(-(-x).softplus())
}

fn left(points: &[[f64; 2]], f: impl Fn(f64) -> f64) -> f64 {
    points.iter().map(|[x, y]| (y - f(*x)) * (y - f(*x))).sum()
}

fn fit(points: &[[f64; 2]], coefficients: [f64; 2], f: impl Fn(f64) -> f64) -> Fit {
    let count = points.len() as f64;
    let mean = points.iter().map(|[_, y]| y).sum::<f64>() / count;
    let rest = left(points, |x| f(coefficients[0] + coefficients[1] * x));
    Fit { coefficients, residual: f64::sqrt(rest / count), explained: 1.0 - rest / left(points, |_| mean) }
}

/// The straight line; `None` of fewer than three points, or where all x are equal, or all y.
pub fn line(points: &[[f64; 2]]) -> Option<Fit> {
    let [x, y] = [0, 1].map(|i| points.iter().map(|point| point[i]).collect::<Vec<f64>>());
    let slope = least_squares(&x, &y)?;
    let mean = [&x, &y].map(|all| all.iter().sum::<f64>() / all.len() as f64);
    let varied = y.iter().map(|y| (y - mean[1]) * (y - mean[1])).sum::<f64>() > 0.0;
    (points.len() > 2 && varied && slope.is_finite()).then(|| fit(points, [mean[1] - slope * mean[0], slope], |x| x))
}

/// The logistic curve: from the straight line by Gauss and Newton's steps, each halved until it improves. `None` as for [`line()`].
pub fn logistic(points: &[[f64; 2]]) -> Option<Fit> {
    let straight = line(points)?.coefficients;
    // σ(z) is about ½ + z/4; x is scaled to the points so that both coefficients have one size.
    let scale = points.iter().map(|[x, _]| x.abs()).fold(0.0, f64::max);
    let mut at = [4.0 * (straight[0] - 0.5), 4.0 * straight[1] * scale];
    let loss = |at: [f64; 2]| left(points, |x| sigma(at[0] + at[1] * x / scale));
    let mut now = loss(at);
    for _ in 0..200 {
        let (mut matrix, mut vector) = ([0.0; 3], [0.0; 2]);
        for &[x, y] in points {
            let x = x / scale;
            let p = sigma(at[0] + at[1] * x);
            let (slope, rest) = (p * (1.0 - p), y - p);
            let gradient = [slope, slope * x];
            matrix = [
                matrix[0] + gradient[0] * gradient[0],
                matrix[1] + slope * slope * x,
                matrix[2] + gradient[1] * gradient[1],
            ];
            vector = [vector[0] + gradient[0] * rest, vector[1] + gradient[1] * rest];
        }
        let [a, b, c] = [matrix[0] * (1.0 + 1e-9), matrix[1], matrix[2] * (1.0 + 1e-9)];
        let determinant = a * c - b * b;
        let step = [(c * vector[0] - b * vector[1]) / determinant, (a * vector[1] - b * vector[0]) / determinant];
        let mut share = 1.0;
        let better = loop {
            let to = [at[0] + share * step[0], at[1] + share * step[1]];
            match loss(to) {
                found if found < now => break Some((to, found)),
                _ if share < 1e-6 => break None,
                _ => share *= 0.5,
            }
        };
        let Some((to, found)) = better else { break };
        (at, now) = (to, found);
    }
    Some(fit(points, [at[0], at[1] / scale], sigma))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logistic_is_found() {
        let points: Vec<[f64; 2]> = (0..50).map(|i| 0.3 * f64::from(i)).map(|x| [x, sigma(0.5 * x - 2.0)]).collect();
        let found = logistic(&points).expect("fits");
        assert!((found.coefficients[0] + 2.0).abs() < 1e-6 && (found.coefficients[1] - 0.5).abs() < 1e-6, "{found:?}");
        assert!(found.explained > 1.0 - 1e-9 && line(&points).expect("fits").residual > 10.0 * found.residual);
    }

    #[test]
    fn a_line_is_no_logistic_curve() {
        let points: Vec<[f64; 2]> = (0..50).map(|i| f64::from(i) / 49.0).map(|x| [x, x]).collect();
        let (straight, curved) = (line(&points).expect("fits"), logistic(&points).expect("fits"));
        assert!(straight.residual < 1e-12 && curved.residual > 1e-3, "{straight:?} {curved:?}");
        assert!((straight.coefficients[1] - 1.0).abs() < 1e-12);
        assert_eq!((line(&[[0.0, 1.0]; 5]), logistic(&points[..2])), (None, None));
    }
}
