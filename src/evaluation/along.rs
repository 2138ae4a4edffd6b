//! λ along a step, as values to draw.

use super::Evaluation;

/// λ and J at points of \[0, η\], in binary64.
#[derive(Clone, Debug, PartialEq)]
pub struct Along {
    /// The points t, evenly from 0 to η.
    pub t: Vec<f64>,
    /// λ(t) at each of them, in nats.
    pub lambda: Vec<f64>,
    /// J at θ + t·w for each of them, in \[0, 1\].
    pub success: Vec<f64>,
}

impl Evaluation<'_, f64> {
    /// The course of λ and J over the first step, at `pieces` + 1 points evenly spaced.
    pub fn along(&self, pieces: u32) -> Along {
        let at = |i: u32| self.instance().eta * (f64::from(i) / f64::from(pieces.max(1)));
        let t: Vec<f64> = (0..=pieces).map(at).collect();
        let lines = || t.iter().map(|&t| self.on_line().line(t));
        let (lambda, success) = (lines().map(|line| line.lambda()).collect(), lines().map(|line| line.success()).collect());
        Along { t, lambda, success }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;
    use crate::policy::Policy;

    #[test]
    fn a_straight_line_is_straight() {
        let instance = Instance {
            policy: Policy::curve([-1.0, 2.0, 0.0], &[]).unwrap(),
            theta: vec![0.0],
            direction: vec![1.0],
            eta: 0.5,
            correct: vec![false, true],
            then: vec![],
        };
        let along = Evaluation::new(&instance, 1).along(4);
        assert_eq!(along.t, [0.0, 0.125, 0.25, 0.375, 0.5]);
        for (t, (lambda, success)) in along.t.iter().zip(along.lambda.iter().zip(&along.success)) {
            assert!(
                (lambda - (2.0 * t - 1.0)).abs() < 1e-14 && (success - 1.0 / (1.0 + (1.0 - 2.0 * t).exp())).abs() < 1e-14
            );
        }
    }
}
