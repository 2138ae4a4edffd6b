//! What the runs say: how near estimates come to gaps, and how logistic accuracy is.

use super::super::statistics::{median, spearman};
use super::super::{Judged, Judgement};
use super::learn::Optimizer;
use super::{GROUPS, OBSERVED, Point, Run, Update};
use crate::experiments::fit::{Fit, line, logistic};
use crate::update::Algorithm;

/// How an estimate of the gap is spread: the ratios estimate/exact of many pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// What is estimated with, as in the criterion of `lm-gap-estimator`: "(a) exact expectation", "one group of 8", ….
    pub name: String,
    /// How many ratios there are; others, of groups with equal rewards, have none.
    pub count: usize,
    /// The lower end of an interval around the median ratio, the median, and the upper end: of probability at least 0.95,
    /// whatever the law of the ratios. Infinite ends for fewer than six ratios, NaN for none.
    pub median: [f64; 3],
    /// The ratio below which a twentieth of them lies, and the one above which a twentieth lies; NaN for none.
    pub range: [f64; 2],
    /// The share, in \[0, 1\], of the ratios within a factor 1.5 of their median.
    pub near: f64,
    /// Spearman's ρ of estimates and exact values, in \[−1, 1\]; NaN where it is undefined.
    pub correlation: f64,
}

/// How near to their median ratios must be.
pub(crate) const NEAR: f64 = 1.5;

impl Spread {
    /// The spread of pairs (estimate, exact). Pairs that are not finite, or whose exact value is 0, are left out.
    pub fn new(name: impl Into<String>, pairs: &[[f64; 2]]) -> Spread {
        let known: Vec<[f64; 2]> =
            pairs.iter().copied().filter(|pair| pair.iter().all(|x| x.is_finite()) && pair[1] != 0.0).collect();
        let mut ratios: Vec<f64> = known.iter().map(|[estimate, exact]| estimate / exact).collect();
        ratios.sort_by(f64::total_cmp);
        let middle = median(&ratios).unwrap_or([f64::NAN; 3]);
        let near = ratios.iter().filter(|&&x| x <= NEAR * middle[1] && middle[1] <= NEAR * x).count();
        let column = |i: usize| known.iter().map(|pair| pair[i]).collect::<Vec<f64>>();
        let at = |share: f64| {
            let place = (share * ratios.len().saturating_sub(1) as f64).round() as usize;
            ratios.get(place).copied().unwrap_or(f64::NAN)
        };
        Spread {
            name: name.into(),
            count: ratios.len(),
            median: middle,
            range: [at(0.05), at(0.95)],
            near: near as f64 / ratios.len().max(1) as f64,
            correlation: spearman(&column(0), &column(1)).unwrap_or(f64::NAN),
        }
    }

    /// Whether it would serve as an estimate up to a factor: `near` ≥ 0.9 and `correlation` ≥ 0.8.
    pub fn is_good(&self) -> bool {
        self.near >= 0.9 && self.correlation >= 0.8
    }
}

/// What a run says of the estimates of the gap and of the course of J.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The spread of every estimate of the gap, as it is and times the mean length: (a), one group of each size, (b), (c)
    /// with AdamW, and (b) against Δμ. The criterion of `lm-gap-estimator` says what (a), (b), (c) are.
    pub estimates: Vec<[Spread; 2]>,
    /// The best logistic curve and the best straight line of mean J, against each of [`Across`] in their order; `None` where
    /// there is none.
    pub fits: [Option<[Fit; 2]>; 3],
    /// How far log-odds stay beside their sums Σ ηΔμ.
    pub law: Law,
}

impl Found {
    /// Of all that is measured.
    pub(crate) fn new(run: &Run) -> Found {
        Found { estimates: estimates(run), fits: ACROSS.map(|across| fits(run, across)), law: law(run) }
    }

    fn is_logistic(&self, across: usize) -> bool {
        self.fits[across].is_some_and(|[curve, line]| curve.explained >= 0.95 && curve.residual < line.residual)
    }
}

/// The estimates of a run: (a), one for each size of group, (b), (c) where AdamW makes the updates, (b) against Δμ along the update;
/// each estimate as it is, then times the mean length.
fn estimates(run: &Run) -> Vec<[Spread; 2]> {
    let mut all = Vec::new();
    let mut add = |name: String, triples: Vec<[f64; 3]>| {
        let of = |f: fn(&[f64; 3]) -> [f64; 2]| triples.iter().map(f).collect::<Vec<_>>();
        all.push([Spread::new(name.clone(), &of(|x| [x[0], x[1]])), Spread::new(name, &of(|x| [x[0] * x[2], x[1]]))]);
    };
    // Logged steps with the points of their prompts.
    let by_prompt = |of: &dyn Fn(&super::Logged) -> Vec<f64>| -> Vec<[f64; 3]> {
        let at = |logged| {
            of(logged).into_iter().zip(&run.points[logged.step]).map(|(x, p)| [x, p.gap, p.length]).collect::<Vec<_>>()
        };
        run.logged.iter().flat_map(at).collect()
    };
    add("(a) exact expectation".into(), by_prompt(&|logged| logged.expected.clone()));
    for (i, size) in GROUPS.iter().enumerate() {
        add(format!("one group of {size}"), by_prompt(&|logged| logged.groups[i].clone()));
    }
    let by_step = |of: fn(&Update) -> f64, exact: fn(&Update) -> f64| -> Vec<[f64; 3]> {
        run.updates.iter().map(|update| [of(update), exact(update), update.length]).collect()
    };
    add("(b) batch".into(), by_step(|u| u.estimate, |u| u.batch_gap));
    if run.optimizer == Optimizer::AdamW {
        add("(c) AdamW's update".into(), by_step(|u| u.preconditioned, |u| u.batch_gap));
    }
    add("(b) against Δμ along the update".into(), by_step(|u| u.estimate, |u| u.batch_alignment));
    all
}

/// What accuracy is drawn against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// Σ α·(estimate as in §5.2); a step without one adds nothing.
    Estimate,
    /// Σ α·E_q‖g_q⁺ − g_q⁻‖, exact, over the evaluation prompts.
    Gap,
    /// Σ η E_q\[Δμ_q\] along the updates, exact.
    Alignment,
}

/// All of them.
pub(crate) const ACROSS: [Across; 3] = [Across::Estimate, Across::Gap, Across::Alignment];

fn mean(points: &[Point], of: impl Fn(&Point) -> f64) -> f64 {
    points.iter().map(of).sum::<f64>() / points.len().max(1) as f64
}

/// At θ_k, k = 0, …, K: (the sum over the updates before, mean J of the evaluation prompts). K + 1 points.
pub fn points(run: &Run, across: Across) -> Vec<[f64; 2]> {
    let mut sum = 0.0;
    let at = |(k, points): (usize, &Vec<Point>)| {
        let point = [sum, mean(points, |p| p.success)];
        let more = run.updates.get(k).map_or(0.0, |update| match across {
            Across::Estimate if update.estimate.is_finite() => run.rate * update.estimate,
            Across::Estimate => 0.0,
            Across::Gap => run.rate * mean(points, |p| p.gap),
            Across::Alignment => mean(points, |p| p.moved),
        });
        sum += more;
        point
    };
    run.points.iter().enumerate().map(at).collect()
}

/// How far λ(k) − λ(0) stays beside Σ ηΔμ, over all k of a run; log-odds are in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Law {
    /// The largest |λ(k) − λ(0)| of any evaluation prompt.
    pub gained: f64,
    /// The largest deviation |λ(k) − λ(0) − Σ ηΔμ| of any evaluation prompt.
    pub deviation: f64,
    /// Of the followed prompts: the largest share of Σ (L_o + G_o²/2)η² that the deviation has.
    pub used: f64,
    /// Of the followed prompts: the largest share of the sums of token-smooth-only-step that the deviation has.
    pub used_token: f64,
    /// Points of followed prompts whose deviation is beyond either by more than rounding: undecided, as the constants are
    /// sampled.
    pub undecided: usize,
}

/// Rounding of sums of a few hundred terms of order one.
const SLACK: f64 = 1e-9;

/// The law of the log-odds over a run.
fn law(run: &Run) -> Law {
    let mut law = Law { gained: 0.0, deviation: 0.0, used: 0.0, used_token: 0.0, undecided: 0 };
    for i in 0..run.points.first().map_or(0, Vec::len) {
        let start = run.points[0][i].lambda;
        let (mut moved, mut allowed) = (0.0, Some([0.0; 3]));
        for points in &run.points {
            let point = &points[i];
            let gained = point.lambda - start;
            let apart = gained - moved;
            law.gained = law.gained.max(gained.abs());
            law.deviation = law.deviation.max(apart.abs());
            if let Some([tight, under, over]) = allowed.filter(|allowed| allowed[0] > 0.0) {
                let token = if apart < 0.0 { -apart / under } else { apart / over };
                (law.used, law.used_token) = (law.used.max(apart.abs() / tight), law.used_token.max(token));
                law.undecided += usize::from(apart.abs() > tight + SLACK || apart < -under - SLACK || apart > over + SLACK);
            }
            moved += point.moved;
            let add = |sum: [f64; 3]| point.allowed.map(|more| [0, 1, 2].map(|j| sum[j] + more[j]));
            allowed = allowed.and_then(add);
        }
    }
    law
}

/// The best logistic curve and the best straight line.
fn fits(run: &Run, across: Across) -> Option<[Fit; 2]> {
    let points = points(run, across);
    Some([logistic(&points)?, line(&points)?])
}

/// The name of a run in tables and files: "grpo-sgd", "dr-grpo-adamw", ….
pub fn name(algorithm: Algorithm, optimizer: Optimizer) -> String {
    let algorithm = match algorithm {
        Algorithm::Grpo => "grpo",
        Algorithm::DrGrpo => "dr-grpo",
        Algorithm::Reinforce => "reinforce",
    };
    let optimizer = match optimizer {
        Optimizer::Sgd => "sgd",
        Optimizer::AdamW => "adamw",
    };
    format!("{algorithm}-{optimizer}")
}

/// The judgements, in the order of [`OBSERVED`].
pub(super) fn judge(runs: &[Run]) -> [Judged; 2] {
    let [estimator, curve] = OBSERVED.map(|observed| observed.slug);
    let (mut good, mut all, mut because) = (0, 0, Vec::new());
    for run in runs.iter().filter(|run| run.algorithm == Algorithm::Grpo) {
        let mut said = Vec::new();
        for [spread, _] in
            run.found.estimates.iter().filter(|[spread, _]| spread.name.starts_with('(') && !spread.name.contains("Δμ"))
        {
            (good, all) = (good + usize::from(spread.is_good()), all + 1);
            let Spread { near, correlation, .. } = spread;
            let rho = if correlation.is_nan() { "no ρ".into() } else { format!("ρ = {correlation:.2}") };
            said.push(format!("{} {:.0} % near the median, {rho}", &spread.name[..3], 100.0 * near));
        }
        because.push(format!("{}: {}", name(run.algorithm, run.optimizer), said.join(", ")));
    }
    if because.is_empty() {
        because.push("no run of GRPO".into());
    }
    let first = Judged {
        slug: estimator,
        judgement: match good {
            0 => Judgement::Not,
            good if good == all => Judgement::Reproduced,
            _ => Judgement::Partly,
        },
        because: because.join("; "),
    };
    let undecided: usize = runs.iter().map(|run| run.found.law.undecided).sum();
    let logistic = |across: usize| runs.iter().filter(|run| run.found.is_logistic(across)).count();
    let (estimated, exact) = (logistic(0), logistic(1));
    let said = runs.iter().map(|run| {
        if run.found.fits[0].is_none() {
            return format!("{}: no curve, as J or the estimate did not move", name(run.algorithm, run.optimizer));
        }
        let [explained, straight] = [0, 1].map(|i| move |across: usize| run.found.fits[across].map_or(f64::NAN, |fits| fits[i].explained));
        let straight = straight(0);
        format!(
            "{}: a logistic curve explains {:.3} with the estimate ({straight:.3} a straight line), {:.3} with the exact gap",
            name(run.algorithm, run.optimizer),
            explained(0),
            explained(1)
        )
    });
    let said: Vec<String> = said.chain([format!("{undecided} points beyond the summed bounds")]).collect();
    let second = Judged {
        slug: curve,
        judgement: match () {
            () if undecided > 0 || (estimated == 0 && exact < runs.len()) => Judgement::Not,
            () if estimated == runs.len() => Judgement::Reproduced,
            () => Judgement::Partly,
        },
        because: said.join("; "),
    };
    [first, second]
}
