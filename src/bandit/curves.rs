//! What is known of evaluation contexts at recorded times.

use super::Step;
use super::block::{LANES, Lanes, log_odds};
use crate::number::Scalar;

/// Sums over the updates of a block so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gaps {
    /// Σ \[Δμ\]₊.
    pub plain: Lanes,
    /// Σ \[Δμ\]₊ η_k.
    pub effective: Lanes,
    /// Σ Δμ η_k.
    pub signed: Lanes,
    /// Σ of squared ranges of the changes of wrong arms' logits, over 8.
    pub remainder: Lanes,
}

/// What is kept of a block at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Record {
    lambda: Lanes,
    constant: Lanes,
    effective: Lanes,
    signed: Lanes,
    remainder: Lanes,
}

impl Record {
    /// From h_Y − shift, Σ_{a≠Y} e^(h_a − shift), and sums.
    #[inline(always)]
    pub fn new(correct_logit: &Lanes, others: &Lanes, gaps: &Gaps, eta: f64) -> Record {
        let &Gaps { plain, effective, signed, remainder } = gaps;
        let mut record = Record { lambda: [0.0; LANES], constant: [0.0; LANES], effective, signed, remainder };
        for l in 0..LANES {
            record.lambda[l] = log_odds(correct_logit[l], others[l]);
            record.constant[l] = plain[l] * eta;
        }
        record
    }
}

/// One evaluation context x after k updates; log-odds and sums are in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// λ_x = log J − log(1 − J) at θ_k.
    pub lambda: f64,
    /// λ_x(k) − λ_x(0).
    pub gained: f64,
    /// Σ_{i<k} \[Δμ(i)\]₊ η, with the constant η, as §5.1 prints it.
    pub constant: f64,
    /// Σ_{i<k} \[Δμ(i)\]₊ η_i with η_i = η‖∇J‖, the cumulative gap alignment (14).
    pub effective: f64,
    /// Σ_{i<k} (\[Δμ(i)\]₊ − \[Δμ of the training context\]₊) η, the relative cumulative gap of §5.1.
    pub relative: f64,
    /// Σ_{i<k} Δμ(i) η_i: with its sign, what the log-odds follow to first order.
    pub signed: f64,
    /// Σ_{i<k} D_i²/8, D_i the range of h_a(θ_{i+1}) − h_a(θ_i) over wrong arms: `signed` − `gained` lies between 0 and it
    /// (linear-softmax-step; O⁺ is one arm).
    pub remainder: f64,
}

impl Point {
    /// J = 1/(1 + e^{−λ}), in \[0, 1\].
    pub fn success(&self) -> f64 {
        Scalar::exp(-(-self.lambda).softplus())
    }

    /// 1 − J = 1/(1 + e^λ), without cancellation.
    pub fn failure(&self) -> f64 {
        Scalar::exp(-self.lambda.softplus())
    }
}

/// The evaluation contexts at recorded times: k = 0, every so many updates, and the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    times: Vec<usize>,
    contexts: usize,
    /// By block, by time.
    records: Vec<Vec<Record>>,
    /// Σ \[Δμ\]₊η of the training contexts, by time.
    training: Vec<f64>,
}

impl Curves {
    pub(super) fn new(times: Vec<usize>, contexts: usize, records: Vec<Vec<Record>>, steps: &[Step], eta: f64) -> Curves {
        let (mut sum, mut known) = (0.0, 0);
        let mut until = |&time: &usize| {
            sum = steps[known..time].iter().fold(sum, |sum, step| sum + step.gap);
            known = time;
            sum * eta
        };
        let training = times.iter().map(&mut until).collect();
        Curves { times, contexts, records, training }
    }

    /// The recorded k, increasing from 0: how many updates were made before. The last is the number of updates of the run.
    pub fn times(&self) -> &[usize] {
        &self.times
    }

    /// How many evaluation contexts there are.
    pub fn contexts(&self) -> usize {
        self.contexts
    }

    /// One context, by its place in the evaluation list, at all recorded times: a point for each entry of
    /// [`times`](Curves::times). Nothing for a context that there is not.
    pub fn of(&self, context: usize) -> impl DoubleEndedIterator<Item = Point> + ExactSizeIterator + '_ {
        let (records, l): (&[Record], _) = match self.records.get(context / LANES) {
            Some(records) if context < self.contexts => (records, context % LANES),
            _ => (&[], 0),
        };
        records.iter().zip(&self.training).map(move |(record, training)| Point {
            lambda: record.lambda[l],
            gained: record.lambda[l] - records[0].lambda[l],
            constant: record.constant[l],
            effective: record.effective[l],
            relative: record.constant[l] - training,
            signed: record.signed[l],
            remainder: record.remainder[l],
        })
    }
}
