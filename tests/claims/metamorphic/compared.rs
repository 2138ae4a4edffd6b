//! What is compared before and after a rewriting, and how many rounding units may lie between.

use gradient_gap::regularity::Constants;
use gradient_gap::tolerance::ULPS;
use gradient_gap::{Evaluation, Instance};

/// Cuts of the segment for the constants.
const PIECES: usize = 2;

/// Every scalar of an instance that does not depend on how responses and parameters are written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalars {
    pub lambda: f64,
    pub alignment: f64,
    pub second: f64,
    pub mean: [f64; 2],
    pub variance: [f64; 2],
    pub curvature: [f64; 2],
    pub length: [f64; 2],
    pub change: f64,
    pub remainder: f64,
    /// G_o, G_p.
    pub score: [f64; 2],
    /// L_o, L_p.
    pub smoothness: [f64; 2],
    pub psi1: f64,
}

impl Scalars {
    pub fn of(instance: &Instance) -> Scalars {
        instance.validate().expect("a rewritten instance is an instance");
        let evaluation = Evaluation::<f64>::new(instance, PIECES);
        let (start, step) = (evaluation.start(), evaluation.step());
        let &Constants { score, curvature, token_score, token_curvature, psi1 } = evaluation.constants();
        Scalars {
            lambda: start.lambda(),
            alignment: start.alignment(),
            second: start.second(),
            mean: start.mean,
            variance: start.variance,
            curvature: start.curvature,
            length: start.length,
            change: step.change,
            remainder: step.remainder,
            score: [score, token_score],
            smoothness: [curvature, token_curvature],
            psi1,
        }
    }
}

/// What the scalars are added up from: the errors of a first derivative are those of a log-probability times a slope, and so on.
/// On the segment, slopes and logits are larger by what h'' and h' add to them.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// log-probabilities and relative errors of weights: T∞(1 + the largest logit, before cancellation), at 0 and on the segment.
    pub logit: [f64; 2],
    /// T∞ times the largest slope, before cancellation, at 0 and on the segment.
    pub slope: [f64; 2],
    /// T∞ times the largest |H_t|.
    pub bend: f64,
    pub eta: f64,
    /// T∞.
    pub length: f64,
}

impl Conditions {
    pub fn of(instance: &Instance) -> Conditions {
        let evaluation = Evaluation::<f64>::new(instance, PIECES);
        let (logit, eta) = (evaluation.logit_condition(), instance.eta);
        let tokens = f64::from(instance.policy.tree.shape().max_length);
        let slope = evaluation.score_condition() / logit;
        let at_start = evaluation.start().tokens.curvature.iter().fold(0.0, |top, h| f64::max(top, h.abs()));
        let bend = tokens * f64::max(at_start, evaluation.constants().token_curvature);
        let far_slope = slope + eta * bend;
        let far_logit = logit + eta * far_slope;
        let length = f64::from(instance.policy.max_length());
        Conditions { logit: [logit, far_logit], slope: [slope, far_slope], bend, eta, length }
    }

    /// The larger of both in every entry: neither way of writing an instance down is the exact one.
    pub fn or(self, other: Conditions) -> Conditions {
        let larger = |a: [f64; 2], b: [f64; 2]| [a[0].max(b[0]), a[1].max(b[1])];
        Conditions {
            logit: larger(self.logit, other.logit),
            slope: larger(self.slope, other.slope),
            bend: self.bend.max(other.bend),
            ..self
        }
    }

    /// A sum over n responses in another order or in other pieces may lose n units besides.
    pub fn with_responses(mut self, n: usize) -> Conditions {
        self.logit.iter_mut().for_each(|logit| *logit += n as f64 / ULPS);
        self
    }

    /// First derivatives along w, at 0 or on the segment.
    pub fn first(&self, k: usize) -> f64 {
        self.slope[k] * self.logit[k]
    }
    /// Second derivatives along w.
    pub fn second(&self, k: usize) -> f64 {
        (self.slope[k].powi(2) + self.bend) * self.logit[k]
    }
    /// The remainder of a step: each half is at most η²/2 times a second derivative on the segment.
    pub fn remainder(&self) -> f64 {
        self.eta.powi(2) * self.second(1)
    }
    /// T_ψ1 = 1/x, where E e^{ℓx} = 2 moves by T_ψ1² times the errors of the log-probabilities, and by its own root-finding.
    pub fn psi1(&self, psi1: f64) -> f64 {
        psi1 * (1.0 + psi1) * self.logit[1]
    }

    /// The first scalar that differs by more than `ULPS` units of its condition.
    pub fn difference(&self, a: &Scalars, b: &Scalars) -> Option<String> {
        let pair =
            |name, a: [f64; 2], b: [f64; 2], condition| [(name, a[0], b[0], condition), (name, a[1], b[1], condition)];
        let mut all = vec![
            ("λ", a.lambda, b.lambda, self.logit[0]),
            ("Δμ", a.alignment, b.alignment, self.first(0)),
            ("λ''", a.second, b.second, self.second(0)),
            ("λ(η) − λ(0)", a.change, b.change, self.eta * self.first(0) + self.remainder()),
            ("R", a.remainder, b.remainder, self.remainder()),
            ("T_ψ1", a.psi1, b.psi1, self.psi1(f64::max(a.psi1, b.psi1))),
        ];
        all.extend(pair("E[s]", a.mean, b.mean, self.first(0)));
        all.extend(pair("Var(s)", a.variance, b.variance, self.second(0)));
        all.extend(pair("E[H]", a.curvature, b.curvature, self.second(0)));
        all.extend(pair("E[ℓ]", a.length, b.length, self.length * self.logit[0]));
        all.extend(pair("G", a.score, b.score, self.first(1)));
        all.extend(pair("L", a.smoothness, b.smoothness, self.second(1)));
        let differs = |&&(_, a, b, condition): &&(&str, f64, f64, f64)| beyond(a, b, allowed(condition));
        all.iter().find(differs).map(|(name, a, b, condition)| {
            let units = f64::abs(a - b) / (0.5 * f64::EPSILON * condition);
            format!("{name}: {a:e} against {b:e}, {units} units of {condition:e}")
        })
    }
}

/// The difference that rounding may make.
pub fn allowed(condition: f64) -> f64 {
    ULPS * 0.5 * f64::EPSILON * condition
}

/// Whether two numbers differ by more than allowed; NaN always does.
pub fn beyond(a: f64, b: f64, allowed: f64) -> bool {
    f64::abs(a - b) > allowed || a.is_nan() || b.is_nan()
}

/// What a rewriting changed: the first scalar that differs beyond rounding.
pub fn changed(before: &Instance, after: &Instance) -> Option<String> {
    let n = before.policy.responses().max(after.policy.responses());
    let conditions = Conditions::of(before).or(Conditions::of(after)).with_responses(n);
    conditions.difference(&Scalars::of(before), &Scalars::of(after))
}
