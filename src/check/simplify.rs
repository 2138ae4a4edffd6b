//! From an instance with a property to the simplest one that still has it: fewer updates, responses, tokens and dimensions, rounder
//! numbers. What the property is, the caller says.

use crate::claims::Scope;
use crate::families::Family;
use crate::instance::Instance;
use crate::line::norm;
use crate::policy::{Features, Logits, Policy, Tree, Wave};

/// How large an instance is: updates, responses, tokens, dimension, numbers that are not 0. Smaller is simpler.
pub fn size(instance: &Instance) -> [usize; 5] {
    let Instance { policy, theta, direction, .. } = instance;
    let logits = &policy.logits;
    let dense = match &logits.features {
        Features::Dense(psi) => psi.as_slice(),
        Features::Tabular => &[],
    };
    let all = [&logits.bias, dense, &logits.quadratic, theta, direction];
    let filled = all.iter().flat_map(|list| list.iter()).filter(|&&x| x != 0.0).count() + 3 * logits.waves.len();
    [instance.updates(), policy.responses(), policy.max_length() as usize, logits.dim, filled]
}

/// Coordinate descent towards the simplest point of a family's cube: each coordinate is set to 0, ¼ or ½ (round numbers in every
/// family) as long as `keep` holds and the instance grows in no respect. `keep` is not asked about `u` itself.
pub fn descend(family: &Family, scope: Scope, u: &[f64], keep: &dyn Fn(&Instance) -> bool) -> Vec<f64> {
    let Ok(instance) = family.decode(u) else { return u.to_vec() };
    let (mut best, mut least) = (u.to_vec(), size(&instance));
    let order: Vec<usize> = match scope {
        Scope::Step => (0..u.len()).collect(),
        Scope::Run => (0..u.len()).rev().collect(), // the plan stands last, and fewer updates are the greatest relief
    };
    for _ in 0..3 {
        let before = best.clone();
        for &i in &order {
            for candidate in [0.0, 0.25, 0.5].into_iter().filter(|&candidate| candidate < before[i]) {
                let mut u = best.clone();
                u[i] = candidate;
                if let Ok(instance) = family.decode(&u)
                    && size(&instance) <= least
                    && keep(&instance)
                {
                    (best, least) = (u, size(&instance));
                    break;
                }
            }
        }
        if best == before {
            break;
        }
    }
    best
}

/// The most significant digits that a rounded number keeps; beyond, it stays as it is.
const DIGITS: i32 = 6;

/// The plainest instance so far, and what it must keep.
struct Plainest<'a> {
    instance: Instance,
    keep: &'a dyn Fn(&Instance) -> bool,
    /// The largest ‖w‖ allowed: rounding must not lead out of the unit ball.
    widest: f64,
}

impl Plainest<'_> {
    /// Takes the candidate if it is valid and kept, and says whether.
    fn accept(&mut self, candidate: Instance) -> bool {
        let kept = norm(&candidate.direction) <= self.widest && candidate.validate().is_ok() && (self.keep)(&candidate);
        if kept {
            self.instance = candidate;
        }
        kept
    }

    fn fewer_updates(&mut self) {
        let mut length = self.instance.then.len();
        let mut kept = true;
        while kept && length > 0 {
            length /= 2;
            let mut shorter = self.instance.clone();
            shorter.then.truncate(length);
            kept = self.accept(shorter);
        }
    }

    fn fewer_responses(&mut self) {
        for o in (0..self.instance.policy.responses()).rev() {
            if let Some(fewer) = without_response(&self.instance, o) {
                self.accept(fewer);
            }
        }
    }

    /// Every number with as few digits as will do, 0 for none.
    fn fewer_digits(&mut self) {
        for i in 0..numbers(&mut self.instance).len() {
            for digits in 0..=DIGITS {
                let mut rounder = self.instance.clone();
                let Some(x) = numbers(&mut rounder).into_iter().nth(i).filter(|x| **x != 0.0 || x.is_sign_negative()) else {
                    break;
                };
                *x = rounded(*x, digits);
                if self.accept(rounder) {
                    break;
                }
            }
        }
    }

    fn fewer_waves(&mut self) {
        let mut calmer = self.instance.clone();
        calmer.policy.logits.waves.retain(|wave| wave.amplitude != 0.0);
        if calmer != self.instance {
            self.accept(calmer);
        }
    }
}

/// The plainest instance that `keep` accepts: without the updates, responses and terms that are not needed, seen as a policy on its
/// own line (θ = 0 ∈ R¹, w = 1), its numbers with as few digits as will do. `keep` is not asked about `instance` itself.
pub fn plain(instance: &Instance, keep: &dyn Fn(&Instance) -> bool) -> Instance {
    let widest = norm(&instance.direction).max(1.0) * (1.0 + 1e-15);
    let mut plainest = Plainest { instance: instance.clone(), keep, widest };
    plainest.fewer_updates();
    if plainest.instance.then.is_empty() {
        for form in [on_its_line, centred, unit_slopes] {
            let candidate = form(&plainest.instance);
            plainest.accept(candidate);
        }
    }
    plainest.fewer_responses();
    plainest.fewer_digits();
    plainest.fewer_waves();
    plainest.instance
}

/// x to so many significant digits; 0 for none.
fn rounded(x: f64, digits: i32) -> f64 {
    match digits {
        0 => 0.0,
        _ => format!("{x:.*e}", (digits - 1) as usize).parse().unwrap_or(x), // what was printed is a number
    }
}

/// All numbers of an instance but lengths and a fixed EOS.
fn numbers(instance: &mut Instance) -> Vec<&mut f64> {
    let Instance { policy, theta, direction, eta, then, .. } = instance;
    let Logits { bias, features, quadratic, waves, .. } = &mut policy.logits;
    let mut all: Vec<&mut f64> = vec![eta];
    all.extend(bias.iter_mut());
    if let Features::Dense(psi) = features {
        all.extend(psi.iter_mut());
    }
    all.extend(quadratic.iter_mut());
    for Wave { amplitude, frequency, phase, .. } in waves {
        all.push(amplitude);
        all.extend(frequency.iter_mut());
        all.push(phase);
    }
    all.extend(theta.iter_mut());
    all.extend(direction.iter_mut());
    for update in then {
        all.push(&mut update.eta);
        all.extend(update.direction.iter_mut());
    }
    all
}

/// The same policy with t for its only parameter: λ and all directional constants stay what they are, up to rounding.
fn on_its_line(instance: &Instance) -> Instance {
    let Instance { policy, theta, direction, .. } = instance;
    let policy = Policy { logits: policy.logits.on_line(theta, direction), ..policy.clone() };
    Instance { policy, theta: vec![0.0], direction: vec![1.0], ..instance.clone() }
}

/// In every context the first option's logit is 0 (a softmax does not notice).
fn centred(instance: &Instance) -> Instance {
    let mut centred = instance.clone();
    let logits = &mut centred.policy.logits;
    let shift = |list: &mut Vec<f64>| {
        for row in list.chunks_mut(logits.options) {
            let first = row[0];
            row.iter_mut().for_each(|x| *x -= first);
        }
    };
    shift(&mut logits.bias);
    if logits.dim == 1 {
        if let Features::Dense(psi) = &mut logits.features {
            shift(psi);
        }
        shift(&mut logits.quadratic);
    }
    centred
}

/// On its own line: t scaled so that the largest slope is 1, or else the largest curvature.
fn unit_slopes(instance: &Instance) -> Instance {
    let mut scaled = instance.clone();
    let logits = &mut scaled.policy.logits;
    let Features::Dense(psi) = &mut logits.features else { return scaled };
    let largest = |list: &[f64]| list.iter().map(|x| x.abs()).fold(0.0, f64::max);
    let unit = match (largest(psi), largest(&logits.quadratic)) {
        (slope, _) if slope > 0.0 => slope,
        (_, bend) if bend > 0.0 => bend.sqrt(),
        _ => return scaled,
    };
    if logits.dim != 1 || !unit.is_finite() {
        return scaled;
    }
    psi.iter_mut().for_each(|x| *x /= unit);
    logits.quadratic.iter_mut().for_each(|x| *x /= unit * unit);
    logits.waves.iter_mut().for_each(|wave| wave.frequency[0] /= unit);
    scaled.theta.iter_mut().for_each(|x| *x *= unit);
    scaled.eta *= unit;
    scaled
}

/// A one-token policy without response `o`.
fn without_response(instance: &Instance, o: usize) -> Option<Instance> {
    let mut fewer = instance.clone();
    let policy = &mut fewer.policy;
    let (n, d) = (policy.responses(), policy.logits.dim);
    if !policy.is_one_token() || policy.logits.options != n || n <= 2 {
        return None;
    }
    let Features::Dense(psi) = &mut policy.logits.features else { return None };
    psi.drain(o * d..(o + 1) * d);
    if !policy.logits.bias.is_empty() {
        policy.logits.bias.remove(o);
    }
    if !policy.logits.quadratic.is_empty() {
        policy.logits.quadratic.drain(o * d * d..(o + 1) * d * d);
    }
    policy.logits.waves.retain(|wave| wave.logit != o);
    policy.logits.waves.iter_mut().filter(|wave| wave.logit > o).for_each(|wave| wave.logit -= 1);
    if let Some(lengths) = &mut policy.lengths {
        lengths.remove(o);
    }
    policy.logits.options -= 1;
    policy.tree = Tree::flat(policy.logits.options as u32);
    fewer.correct.remove(o);
    Some(fewer)
}
