//! What an attack maximises: the share of the bound that one part of a claim uses, at a point of a family's cube.

use crate::check::judge::{Certificate, Decision, beyond_limit, certificate, certify, first_failing, ratio};
use crate::check::search::{CERTAIN, Counts, Objective};
use crate::claims::{ClaimEntry, Scope};
use crate::evaluation::Evaluation;
use crate::families::{self, Family};
use crate::instance::Instance;
use crate::number::Interval;

/// Into how many pieces the segment is cut for the constants, tried in turn while the ratio is above 1: sampled suprema are too
/// small, and a search would find out where.
const PIECES: [usize; 2] = [8, 64];
/// The same for every segment of a run.
const PIECES_OF_A_RUN: [usize; 2] = [1, 16];

/// The two for a scope.
pub fn pieces(scope: Scope) -> [usize; 2] {
    if scope == Scope::Run { PIECES_OF_A_RUN } else { PIECES }
}

/// Below this share nobody asks how certain it is.
const CHECKED_FROM: f64 = 0.5;

/// Into how many pieces the segment is cut, in turn, to see whether [`CERTAIN`] of a ratio is.
const PIECES_OF_AN_ENCLOSURE: [usize; 2] = [1, 8];

/// No hypothesis fails; a bound of 0 is met exactly.
const NO_RATIO: f64 = -0.25;

/// One claim on one family.
pub struct Shares<'a> {
    claim: &'a ClaimEntry,
    family: &'a Family,
    instance: Instance,
    counts: Counts,
    /// The largest value that was checked.
    checked: f64,
}

impl<'a> Shares<'a> {
    /// Nothing evaluated yet.
    pub fn new(claim: &'a ClaimEntry, family: &'a Family) -> Self {
        let (instance, counts) = (families::blank(), Counts::default());
        Shares { claim, family, instance, counts, checked: CHECKED_FROM }
    }
}

impl Objective for Shares<'_> {
    /// A value that would be the best so far is settled.
    fn counted(&mut self, value: f64, part: &'static str) -> f64 {
        if value <= self.checked {
            return value;
        }
        let mut at = [(part, value)];
        self.settle(&mut at);
        self.checked = self.checked.max(at[0].1);
        at[0].1
    }

    /// Lowers the values of parts at the point visited last to what counts of them: all below [`CHECKED_FROM`]; above, nothing where the
    /// hypotheses fail with finely sampled constants, and what is certain where that is less than [`CERTAIN`] of the value. No enclosures
    /// of runs, which would cost more than the search.
    fn settle(&self, at: &mut [(&'static str, f64)]) {
        if at.iter().all(|&(_, value)| value <= CHECKED_FROM) {
            return;
        }
        if !self.claim.given.is_empty() && self.claim.statement.reading.is_some() {
            let fine = parts(self.claim, &self.instance, pieces(self.claim.scope)[1]);
            for (name, value) in at.iter_mut().filter(|(_, value)| *value > CHECKED_FROM) {
                match fine.as_ref().ok().and_then(|fine| largest(fine, name)) {
                    None => *value = -1.0,
                    Some(fine) if !beyond_limit(fine) => *value = value.min(fine),
                    Some(_) => {}
                }
            }
        }
        if self.claim.scope == Scope::Run || at.iter().all(|&(_, value)| value <= CHECKED_FROM) {
            return;
        }
        let [first, last] = PIECES_OF_AN_ENCLOSURE;
        let mut seen = certificate(self.claim, &self.instance, first);
        let low = |seen: &Certificate, name: &str| seen.share(name).map_or(f64::INFINITY, Interval::lo);
        let says_little = |seen: &Certificate, &(name, value): &(&'static str, f64)| {
            let enough = low(seen, name) >= CERTAIN * value;
            value > CHECKED_FROM && !enough && !seen.is_identity(name)
        };
        if at.iter().any(|one| says_little(&seen, one)) {
            seen = certificate(self.claim, &self.instance, last);
        }
        for one in at.iter_mut().filter(|one| says_little(&seen, one)) {
            one.1 = low(&seen, one.0).max(0.0).min(one.1);
        }
    }

    /// Tells `see` the name and the ratio of every part at u. Where there is none, the value of the point, below 0.
    fn visit(&mut self, u: &[f64], mut see: impl FnMut(&'static str, f64)) -> Option<f64> {
        if let Err(e) = self.family.decode_into(u, &mut self.instance) {
            self.counts.evaluations += 1;
            return self.counts.note_broken(e);
        }
        self.counts.evaluations += self.claim.updates(&self.instance) as u64;
        let [coarse, fine] = pieces(self.claim.scope);
        let first = match parts(self.claim, &self.instance, coarse) {
            Ok(parts) => parts,
            Err(distance) => return Some(-1.0 - distance),
        };
        if !first.iter().any(|&(_, ratio)| ratio.is_some_and(beyond_limit)) {
            return tell(&first, &mut see);
        }
        let Ok(finer) = parts(self.claim, &self.instance, fine) else { return Some(-1.0) };
        if !finer.iter().any(|&(_, ratio)| ratio.is_some_and(beyond_limit)) {
            return tell(&finer, &mut see);
        }
        let certificate = certify(self.claim, &self.instance);
        match certificate.decision {
            Decision::Outside => return Some(-1.0),
            Decision::Violated if self.counts.violation.is_none() => self.counts.violation = Some(u.to_vec()),
            Decision::Undecided => self.counts.undecided += 1,
            Decision::Holds if self.claim.statement.reading.is_none() => self.counts.disagreements += 1,
            _ => {}
        }
        // What is certain of a ratio above 1, and no more; the error of an identity is a matter of binary64 alone.
        let settled = finer.into_iter().map(|(name, ratio)| {
            let certain = || certificate.share(name).map_or(0.0, Interval::lo);
            let settle = |r: f64| match beyond_limit(r) && !certificate.is_identity(name) {
                true => certain().min(if r.is_nan() { f64::MAX } else { r }),
                false => r,
            };
            (name, ratio.map(settle))
        });
        tell(&settled.collect::<Vec<_>>(), &mut see)
    }

    fn counts(&self) -> &Counts {
        &self.counts
    }
}

fn tell(parts: &[(&'static str, Option<f64>)], see: &mut impl FnMut(&'static str, f64)) -> Option<f64> {
    if parts.is_empty() {
        return Some(NO_RATIO);
    }
    parts.iter().for_each(|&(name, ratio)| see(name, ratio.unwrap_or(NO_RATIO)));
    None
}

/// The ratio of one part in binary64, the segment cut as finely as a search ever does; `None` outside the claim.
pub fn finest(claim: &ClaimEntry, instance: &Instance, part: &str) -> Option<f64> {
    largest(&parts(claim, instance, pieces(claim.scope)[1]).ok()?, part)
}

/// The largest ratio of the parts of this name.
fn largest(all: &[(&'static str, Option<f64>)], part: &str) -> Option<f64> {
    all.iter().filter(|&&(name, _)| name == part).filter_map(|&(_, ratio)| ratio).reduce(f64::max)
}

/// The ratio of every part in binary64, or how far the point is from the hypotheses: one for every hypothesis after the first that
/// fails, and m/(1+m) for the margin m by which that one does.
fn parts(claim: &ClaimEntry, instance: &Instance, pieces: usize) -> Result<Vec<(&'static str, Option<f64>)>, f64> {
    let evaluation = Evaluation::<f64>::new(instance, pieces);
    if let Some((i, margin)) = first_failing(claim, &evaluation) {
        let after = (claim.given.len() - 1 - i) as f64;
        return Err(after + if margin.is_finite() { margin / (margin - 1.0) } else { 1.0 });
    }
    Ok(claim.real.parts(&evaluation).iter().map(|part| (part.name, ratio(part))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::campaign;
    use crate::claims;

    /// A ratio counts for nothing where it has none on the finer cut: a hypothesis holds with the constants of the coarse one alone.
    #[test]
    fn hypotheses_are_asked_again_on_the_finer_cut() {
        let family = families::find("curve").expect("registered");
        let claim = claims::find("ascent-threshold").expect("registered");
        let mut shares = Shares::new(claim, family);
        let mut settled = |instance: &Instance| {
            shares.instance.clone_from(instance);
            let mut at = [(claim.sharp[0], 0.75)];
            shares.settle(&mut at);
            at[0].1
        };
        let (mut u, mut instance, mut between) = (vec![], families::blank(), 0);
        for i in 0..256 {
            campaign::draw(1, i, family.dim, &mut u);
            family.decode_into(&u, &mut instance).expect("fits");
            let mut holds = |eta: f64, pieces: usize| {
                instance.eta = eta;
                parts(claim, &instance, pieces).is_ok()
            };
            // The longest step on each cut, to one part in 2⁴⁰, where there is one.
            let [coarse, fine] = pieces(claim.scope).map(|pieces| {
                let (mut low, mut high) = (1e-6, 1e6);
                (0..60).for_each(|_| {
                    let middle = f64::sqrt(low * high);
                    *if holds(middle, pieces) { &mut low } else { &mut high } = middle;
                });
                low
            });
            if coarse > fine * 1.000_001 && fine > 1e-5 {
                instance.eta = f64::sqrt(coarse * fine);
                let [first, second] = pieces(claim.scope).map(|pieces| parts(claim, &instance, pieces).is_ok());
                between += u32::from(first && !second);
                assert_eq!(settled(&instance) == -1.0, finest(claim, &instance, claim.sharp[0]).is_none(), "{i}");
                instance.eta = fine * 0.5;
                assert_eq!(settled(&instance) == -1.0, finest(claim, &instance, claim.sharp[0]).is_none(), "{i}");
            }
        }
        assert!(between > 5, "{between}");
    }
}
