//! What all families share: how a coordinate in \[0, 1\] becomes a number, and the coordinates that every instance has.

use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::line::List;
use crate::number::Scalar;
use crate::policy::{Features, Policy, Rule, add_products, set};

/// The coordinates that stand first in every one-step family of the crate, by their places in u.
pub mod header {
    use crate::number::Scalar;

    /// The step size η = τ/√L_ref, L_ref about L_o at θ: τ from 4 at u = 0 down to 10⁻⁹ at u = 0.99, then 0.
    pub const ETA: usize = 0;
    /// ‖w‖: 1 for u < 0.75, down to 10⁻³ at u = 0.98, then 0.
    pub const NORM: usize = 1;
    /// Which direction w has: coordinates of its own for u < 0.77, that of the gradient gap for u < 0.8, then the first
    /// axis.
    pub const DIRECTION: usize = 2;
    /// Which kind of verifier there is.
    pub const RULE: usize = 3;
    /// The verifier's parameter.
    pub const RULE_PARAMETER: usize = 4;
    /// How far probability is tilted in log-odds: not at all for u < 0.6, down to −700 away from the correct responses for u
    /// < 0.8, up to 700 towards them above.
    pub const TILT: usize = 5;
    /// The scale of θ: 1 at u = 0, then log-uniform from 0.1 to 30.
    pub const SCALE: usize = 6;
    /// How many coordinates the header has.
    pub const COUNT: usize = 7;

    /// log 400 and log 10⁷.
    const LN_400: f64 = 5.991_464_547_107_982;
    const LN_1E7: f64 = 16.118_095_650_958_32;

    /// τ: from 4 down to 10⁻² for u < 0.6, on to 10⁻⁹ for u < 0.99, then 0.
    pub(in crate::families) fn tau(u: f64) -> f64 {
        match u {
            u if u < 0.6 => 4.0 * Scalar::exp(-LN_400 * (u / 0.6)),
            u if u < 0.99 => 1e-2 * Scalar::exp(-LN_1E7 * ((u - 0.6) / 0.39)),
            _ => 0.0,
        }
    }

    /// A u with τ(u) about `tau`, for 10⁻⁹ ≤ τ ≤ 4.
    pub(crate) fn eta_coordinate(tau: f64) -> f64 {
        match tau > 1e-2 {
            true => 0.6 * Scalar::ln(4.0 / tau) / LN_400,
            false => (0.6 + 0.39 * Scalar::ln(1e-2 / tau) / LN_1E7).min(0.9899),
        }
    }

    /// The tilt: none for u < 0.6, down to −700 for u < 0.8, up to +700 above; the square makes moderate tilts common.
    pub(in crate::families) fn tilt(u: f64) -> f64 {
        match u {
            u if u < 0.6 => 0.0,
            u if u < 0.8 => -700.0 * ((u - 0.6) / 0.2).powi(2),
            u => 700.0 * ((u - 0.8) / 0.2).powi(2),
        }
    }

    /// A u with this tilt, for 0 < |tilt| < 700.
    pub(crate) fn tilt_coordinate(tilt: f64) -> f64 {
        let share = 0.2 * (tilt.abs() / 700.0).sqrt();
        if tilt < 0.0 { 0.6 + share } else { 0.8 + share }
    }
}

/// log 300.
const LN_300: f64 = 5.703_782_474_656_201;

/// x ∈ (−1, 1\] with 0 at u = 0 and at u = 1: 2u up to ½, 2u − 2 beyond.
#[inline]
pub fn signed(u: f64) -> f64 {
    2.0 * u - if u <= 0.5 { 0.0 } else { 2.0 }
}

/// The u whose [`signed`] is x ∈ (−1, 1\].
pub(super) fn signed_coordinate(x: f64) -> f64 {
    if x >= 0.0 { 0.5 * x } else { 1.0 + 0.5 * x }
}

/// One of 0, …, n − 1, equally likely, 0 at u = 0 (and where n = 0).
pub fn choice(u: f64, n: usize) -> usize {
    ((u * n as f64) as usize).min(n.saturating_sub(1))
}

/// The u in the middle of choice `i` of `n`.
pub(super) fn choice_coordinate(i: usize, n: usize) -> f64 {
    (i as f64 + 0.5) / n as f64
}

/// Log-uniform between `low` > 0 at u = 0 and `high` > 0 at u = 1, whichever is larger.
pub fn log_uniform(u: f64, low: f64, high: f64) -> f64 {
    low * Scalar::exp(Scalar::ln(high / low) * u)
}

/// Reads a point of the unit cube block by block, so that every coordinate has a fixed place whatever the sizes decoded
/// before it.
pub(super) struct Blocks<'a>(pub &'a [f64]);

impl<'a> Blocks<'a> {
    /// The next `n` coordinates (zeros where the cube is too small, which no family asks for).
    pub fn take(&mut self, n: usize) -> &'a [f64] {
        let (block, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        block
    }
}

/// The decoded header: everything but the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Common<'a> {
    u: &'a [f64],
}

impl<'a> Common<'a> {
    /// The header of `u`; the rest is returned for the family.
    pub(super) fn split(u: &'a [f64]) -> (Common<'a>, Blocks<'a>) {
        let (head, rest) = u.split_at(header::COUNT);
        (Common { u: head }, Blocks(rest))
    }

    /// The scale of θ: 1 at u = 0, then log-uniform from 0.1 to 30.
    pub(crate) fn theta_scale(&self) -> f64 {
        match self.u[header::SCALE] {
            0.0 => 1.0,
            u => 0.1 * Scalar::exp(LN_300 * u), // log-uniform; log(30/0.1)
        }
    }

    /// How far probability is tilted towards the correct responses, in log-odds.
    pub(super) fn tilt(&self) -> f64 {
        header::tilt(self.u[header::TILT])
    }

    /// Verifier, tilt, direction and step size of an instance whose policy and θ are there; of a finite-state policy direction and step
    /// size alone. `flags` decides the random verifier, `raw` the direction (coordinates of the cube both).
    pub(super) fn finish(&self, instance: &mut Instance, raw: &[f64], flags: &[f64]) {
        if instance.policy.is_listed() {
            self.judge(flags, instance);
            tilt(&mut instance.policy, &instance.correct, self.tilt());
        }
        instance.direction.clear();
        instance.direction.extend(raw[..instance.theta.len()].iter().map(|&u| signed(u)));
        instance.eta = 0.0;
        instance.then.clear();
        match self.u[header::DIRECTION] {
            u if u < 0.77 => {}
            u if u < 0.8 => instance.direction = Evaluation::<f64>::new(instance, 1).gap_vector(),
            _ => instance.direction[1..].fill(0.0),
        }
        let w = &mut instance.direction;
        let mut norm = w.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !(norm > 1e-150 && norm.is_finite()) {
            w.fill(0.0);
            w[0] = 1.0;
            norm = 1.0;
        }
        let length = match self.u[header::NORM] {
            u if u < 0.75 => 1.0,
            u if u <= 0.98 => Scalar::exp(-3.0 * std::f64::consts::LN_10 * (u - 0.75) / 0.23),
            _ => 0.0,
        };
        w.iter_mut().for_each(|x| *x = *x / norm * length);
        let scale = reference_smoothness(instance);
        let tau = header::tau(self.u[header::ETA]);
        instance.eta = if scale > 1e-200 { tau / scale.sqrt() } else { tau };
    }

    fn judge(&self, flags: &[f64], instance: &mut Instance) {
        let Instance { policy, correct, .. } = instance;
        let parameter = self.u[header::RULE_PARAMETER];
        let rule = match choice(self.u[header::RULE], 7) {
            0 => Rule::Only(choice(parameter, 64)),
            1 => return set(correct, policy.responses(), flags, |&u| u < 0.5), // `Rule::Set`, without a list of its own
            2 => Rule::AllBut(choice(parameter, 64)),
            3 => Rule::EvenSum,
            4 => Rule::LastTokenBelow(1 + choice(parameter, 2) as u32),
            5 => Rule::StartsWith(choice(parameter, 3) as u32),
            _ => Rule::LengthAtMost(1 + choice(parameter, 4) as u32),
        };
        rule.apply_to(policy, correct);
    }
}

/// Adds `tilt` to the logits that the correct responses read: all of them for a one-token policy, those on the path of the
/// first correct response otherwise.
fn tilt(policy: &mut Policy, correct: &[bool], tilt: f64) {
    if tilt == 0.0 {
        return;
    }
    if policy.logits.bias.is_empty() {
        policy.logits.bias.resize(policy.logits.count(), 0.0);
    }
    if policy.is_one_token() {
        policy.logits.bias.iter_mut().zip(correct).for_each(|(b, &c)| *b = if c { *b + tilt } else { *b });
        return;
    }
    let Some(first) = correct.iter().position(|&c| c) else { return };
    let leaf = policy.tree.leaves()[first];
    let mut path: Vec<usize> = leaf.token.and_then(|token| policy.option(leaf.node as usize, token)).into_iter().collect();
    let mut node = leaf.node as usize;
    while node != 0 {
        let at = policy.tree.nodes()[node];
        path.extend(policy.option(at.parent as usize, at.token));
        node = at.parent as usize;
    }
    path.sort_unstable();
    path.dedup();
    path.into_iter().for_each(|j| policy.logits.bias[j] += tilt);
}

/// A cheap guess at L_o on the line at θ: T∞ times the largest, over contexts, of D²/4 plus the largest |h''|, D the spread of h'.
fn reference_smoothness(instance: &Instance) -> f64 {
    let logits = &instance.policy.logits;
    let w = &instance.direction;
    let (spread, bend) = match &logits.features {
        // Straight lines are most of a campaign: no need to restrict all of the policy.
        Features::Dense(psi) if logits.is_linear() => {
            let mut slopes: List<f64> = List::from_elem(0.0, logits.count());
            add_products(psi, [w], [&mut slopes]);
            let widest = slopes.chunks_exact(logits.options).map(spread).fold(0.0, f64::max);
            (widest, 0.0)
        }
        _ => {
            let line = logits.restrict::<f64>(&instance.theta, w);
            let bend = line.curvature_at(0.0).iter().map(|c| c.abs()).fold(0.0, f64::max);
            (line.slope_at(0.0).chunks_exact(logits.options).map(spread).fold(0.0, f64::max), bend)
        }
    };
    // A wave at its crest has no slope, but soon will.
    let swing = logits.waves.iter().map(|wave| {
        let omega: f64 = wave.frequency.iter().zip(w).map(|(k, w)| k * w).sum();
        (wave.amplitude * omega * omega).abs()
    });
    let bend = swing.fold(bend, f64::max);
    f64::from(instance.policy.tree.shape().max_length) * (0.25 * spread * spread + bend)
}

/// The largest difference between two of the numbers.
fn spread(numbers: &[f64]) -> f64 {
    let wider = |(low, high), &x: &f64| (if x < low { x } else { low }, if x > high { x } else { high });
    let (low, high) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), wider);
    if low <= high { high - low } else { 0.0 }
}

/// The dense linear policy features of a block: rows·options·dim entries in (−2, 2\].
pub(super) fn dense(block: &[f64], entries: usize) -> Features {
    Features::Dense(block[..entries].iter().map(|&u| 2.0 * signed(u)).collect())
}
