//! From an instance with a property to the simplest one that still has it: fewer updates, responses, tokens and dimensions, rounder
//! numbers. What the property is, the caller says.

mod forms;

use crate::claims::Scope;
use crate::families::Family;
use crate::instance::Instance;
use crate::line::norm;
use crate::policy::Features;

/// How large an instance is: updates, responses (without end where they are not listed), tokens, dimension, numbers that are not 0.
/// Smaller is simpler.
pub fn size(instance: &Instance) -> [usize; 5] {
    let Instance { policy, theta, direction, .. } = instance;
    let logits = &policy.logits;
    let dense = match &logits.features {
        Features::Dense(psi) => psi.as_slice(),
        Features::Tabular => &[],
    };
    let all = [&logits.bias, dense, &logits.quadratic, theta, direction];
    let filled = all.iter().flat_map(|list| list.iter()).filter(|&&x| x != 0.0).count() + 3 * logits.waves.len();
    let responses = if policy.is_listed() { policy.responses() } else { usize::MAX };
    [instance.updates(), responses, policy.max_length() as usize, logits.dim, filled]
}

/// Coordinate descent towards the simplest point of a family's cube: each coordinate is set to 0, ¼ or ½ (round numbers in every
/// family) as long as `keep` holds and the instance grows in no respect. `keep` is not asked about `u` itself.
pub(crate) fn descend(family: &Family, scope: Scope, u: &[f64], keep: &dyn Fn(&Instance) -> bool) -> Vec<f64> {
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
/// More numbers than this are rounded all together only.
const MOST_NUMBERS: usize = 64;
/// How often the sequence of forms is gone through.
const ROUNDS: usize = 3;

/// The plainest instance so far, and what it must keep.
#[derive(Clone)]
struct Plainest<'a> {
    instance: Instance,
    keep: &'a dyn Fn(&Instance) -> bool,
    /// The largest ‖w‖ allowed: rounding must not lead out of the unit ball.
    widest: f64,
}

impl Plainest<'_> {
    /// Takes the candidate if it is another one, no larger, valid and kept, and says whether.
    fn accept(&mut self, candidate: Option<Instance>) -> bool {
        self.accept_any(candidate.filter(|candidate| size(candidate) <= size(&self.instance)))
    }

    /// The same, larger or not.
    fn accept_any(&mut self, candidate: Option<Instance>) -> bool {
        let Some(candidate) = candidate.filter(|candidate| *candidate != self.instance) else { return false };
        let kept = norm(&candidate.direction) <= self.widest && candidate.validate().is_ok() && (self.keep)(&candidate);
        if kept {
            self.instance = candidate;
        }
        kept
    }

    /// The first one alone, the first two, and so on doubling; then halfway between what is kept and what is not.
    fn fewer_updates(&mut self) {
        let updates = self.instance.updates();
        let mut first = |n: usize| {
            let mut shorter = self.instance.clone();
            shorter.then.truncate(n - 1);
            self.accept(Some(shorter))
        };
        let doubling = (0..).map(|power| 1 << power).take_while(|&n: &usize| n < updates);
        let (mut low, mut high) = (0, updates);
        for n in doubling {
            if first(n) {
                high = n;
                break;
            }
            low = n;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if first(middle) { high = middle } else { low = middle }
        }
    }

    fn shorter_responses(&mut self) {
        let longest = self.instance.policy.tree.shape().max_length;
        let _ = (1..longest).any(|length| self.accept(forms::shorter(&self.instance, length)));
        for token in (0..self.instance.policy.tree.shape().vocabulary).rev() {
            self.accept(forms::without_token(&self.instance, token));
        }
        self.accept(forms::without_memory(&self.instance));
    }

    /// Half of the responses at once, a quarter, and so on down to single ones.
    fn fewer_responses(&mut self) {
        let mut size = self.instance.policy.responses() / 2;
        while size > 0 {
            for chunk in (0..self.instance.policy.responses().div_ceil(size)).rev() {
                let n = self.instance.policy.responses();
                let (from, to) = (chunk * size, ((chunk + 1) * size).min(n));
                if from < to {
                    self.accept(forms::without_responses(&self.instance, from..to));
                }
            }
            size /= 2;
        }
    }

    /// All responses of a side as one, then those whose slopes are neighbours.
    fn merged_responses(&mut self) {
        for side in [true, false] {
            let own = |plainest: &Self| -> Vec<usize> {
                let correct = plainest.instance.correct.iter().enumerate();
                correct.filter(|&(_, &c)| c == side).map(|(o, _)| o).collect()
            };
            if self.accept(forms::merged(&self.instance, &own(self))) {
                continue;
            }
            let mut at = 1;
            while let Some(pair) = self.neighbours(own(self), at) {
                if !self.accept(forms::merged(&self.instance, &pair)) {
                    at += 1;
                }
            }
        }
    }

    /// Number `at` and the one before in the order of slopes.
    fn neighbours(&self, mut own: Vec<usize>, at: usize) -> Option<[usize; 2]> {
        let Features::Dense(psi) = &self.instance.policy.logits.features else { return None };
        if psi.len() != self.instance.policy.responses() {
            return None;
        }
        own.sort_by(|&o, &p| psi[o].total_cmp(&psi[p]));
        Some([*own.get(at - 1)?, *own.get(at)?])
    }

    fn fewer_dimensions(&mut self) {
        for i in (0..self.instance.policy.logits.dim).rev() {
            self.accept(forms::without_coordinate(&self.instance, i));
        }
    }

    fn smaller(&mut self) {
        for _ in 0..ROUNDS {
            let before = self.instance.clone();
            self.fewer_updates();
            self.accept(forms::on_its_line(&self.instance));
            self.shorter_responses();
            self.merged_responses();
            self.fewer_responses();
            self.fewer_dimensions();
            if self.instance == before {
                break;
            }
        }
        for form in [forms::without_lengths, forms::centred, forms::unit_slopes] {
            self.accept(form(&self.instance));
        }
    }

    /// Every number with as few digits as will do: 0, ±1, then one digit and more.
    fn fewer_digits(&mut self) {
        let n = forms::numbers(&mut self.instance.clone()).len();
        let rounder = |instance: &Instance, digits: i32| {
            let mut rounder = instance.clone();
            forms::numbers(&mut rounder).into_iter().for_each(|x| *x = rounded(*x, digits));
            rounder
        };
        let together = (1..=DIGITS).find(|&digits| self.accept(Some(rounder(&self.instance, digits))));
        if n > MOST_NUMBERS {
            return;
        }
        for i in 0..n {
            for digits in -1..=together.unwrap_or(DIGITS) {
                let mut rounder = self.instance.clone();
                let Some(x) = forms::numbers(&mut rounder).into_iter().nth(i).filter(|x| **x != 0.0 || x.is_sign_negative())
                else {
                    break;
                };
                let before = *x;
                *x = rounded(before, digits);
                if before.to_bits() == x.to_bits() || self.accept(Some(rounder)) {
                    break;
                }
            }
        }
    }

    fn plainest(mut self) -> Instance {
        self.smaller();
        self.fewer_digits();
        self.accept(forms::without_zeros(&self.instance));
        let before = size(&self.instance);
        self.smaller(); // equal numbers are one number now
        if size(&self.instance) != before {
            self.fewer_digits();
            self.accept(forms::without_zeros(&self.instance));
        }
        self.instance
    }
}

/// The plainest instance that `keep` accepts: without the updates, tokens, responses and terms that are not needed, seen as a policy on
/// its own line (θ = 0 ∈ R¹, w = 1), every response as one token if that will do, its numbers with as few digits as will do. `keep` is
/// not asked about `instance` itself.
///
/// ```
/// use gradient_gap::check::simplify::plain;
/// use gradient_gap::{Evaluation, Instance, families};
///
/// // Of some policy with J below a tenth, the plainest one.
/// let family = families::find("linear-softmax").expect("in the registry");
/// let instance = family.decode(&vec![0.63; family.dim])?;
/// let rare = |instance: &Instance| Evaluation::<f64>::new(instance, 1).start().success() < 0.1;
/// assert!(rare(&instance) && instance.policy.responses() > 2);
/// let plain = plain(&instance, &rare);
/// assert!(rare(&plain) && plain.policy.responses() == 2);
/// # Ok::<(), gradient_gap::Error>(())
/// ```
pub fn plain(instance: &Instance, keep: &dyn Fn(&Instance) -> bool) -> Instance {
    let widest = norm(&instance.direction).max(1.0) * (1.0 + 1e-15);
    let mut as_it_is = Plainest { instance: instance.clone(), keep, widest };
    as_it_is.fewer_updates();
    let longest = instance.policy.tree.shape().max_length;
    let _ = (1..longest).any(|length| as_it_is.accept(forms::shorter_words(&as_it_is.instance, length)));
    as_it_is.accept(forms::with_list(&as_it_is.instance));
    let mut listed = as_it_is.clone();
    // The plainest list first: without curvatures, without lengths.
    let lists = [(false, false), (true, false), (false, true), (true, true)];
    let found =
        lists.into_iter().any(|(curved, lengths)| listed.accept_any(forms::listed(&listed.instance, curved, lengths)));
    let listed = found.then(|| listed.plainest());
    match listed {
        Some(listed) if size(&listed)[..4] == SMALLEST => listed,
        Some(listed) => Some(as_it_is.plainest()).filter(|other| size(other) < size(&listed)).unwrap_or(listed),
        None => as_it_is.plainest(),
    }
}

/// One update, two responses, one token, one dimension: what [`size`] cannot be below.
pub(super) const SMALLEST: [usize; 4] = [1, 2, 1, 1];

/// x to so many significant digits; ±1 for 0 of them, 0 for fewer.
fn rounded(x: f64, digits: i32) -> f64 {
    match digits {
        ..0 => 0.0,
        0 => 1f64.copysign(x),
        _ => format!("{x:.*e}", (digits - 1) as usize).parse().unwrap_or(x), // what was printed is a number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    /// Of 37 responses in the plane, no two of which can be merged, those two stay that are asked for.
    #[test]
    fn responses_that_nothing_needs_are_dropped() {
        let row = |i: usize| [i as f64 / 8.0, (i * i) as f64 / 64.0];
        let instance = Instance {
            policy: Policy::linear_softmax(2, (0..37).flat_map(row).collect(), vec![]).expect("fits"),
            theta: vec![0.25, -0.5],
            direction: vec![0.5, 0.5],
            eta: 0.5,
            correct: (0..37).map(|o| o == 5).collect(),
            then: vec![],
        };
        let keep = |candidate: &Instance| {
            let Features::Dense(psi) = &candidate.policy.logits.features else { return false };
            [5, 11].iter().all(|&o| psi.chunks(2).any(|kept| kept == row(o)))
        };
        let mut plainest = Plainest { instance, keep: &keep, widest: 1.0 };
        plainest.fewer_responses();
        let Features::Dense(psi) = &plainest.instance.policy.logits.features else { panic!("dense") };
        assert_eq!(
            (psi.as_slice(), &plainest.instance.correct[..]),
            ([row(5), row(11)].concat().as_slice(), &[true, false][..])
        );
    }

    /// In one dimension pairs are neighbours in the order of slopes.
    #[test]
    fn neighbours_follow_each_other() {
        let policy = Policy::linear_softmax(1, vec![3.0, 1.0, 9.0, 2.0], vec![]).expect("fits");
        let correct = vec![true, true, false, true];
        let instance = Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: 0.5, correct, then: vec![] };
        let plainest = Plainest { instance, keep: &|_| true, widest: 1.0 };
        let pairs = [1, 2, 3].map(|at| plainest.neighbours(vec![0, 1, 3], at));
        assert_eq!(pairs, [Some([1, 3]), Some([3, 0]), None]);
    }
}
