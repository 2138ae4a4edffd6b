//! From the point where most of a bound is used to the simplest instance that uses nearly as much.

use super::objective::{finest, pieces};
use super::{Attack, Reached, tight};
use crate::check::asserted::KEPT;
use crate::check::judge::{Certificate, Decision, Measured, SAMPLE_PIECES, beyond_limit, enclose, measure};
use crate::check::search::Best;
use crate::check::simplify::{SMALLEST, descend, plain, size};
use crate::check::witness::Witness;
use crate::claims::ClaimEntry;
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Interval;
use std::cell::Cell;

/// How many ends of searches are simplified, the smallest first.
const MOST_SIMPLIFIED: usize = 4;
/// The work that simplifying the first of them may take, and all others together: responses times updates times pieces, summed over
/// the candidates. A policy costs as much as [`OVERHEAD`] responses, an enclosure counts [`ENCLOSED`] times. Below a second each.
const WORK: u64 = 1 << 23;
const ENCLOSED: u64 = 32;
const OVERHEAD: usize = 8;

/// What a simpler instance must keep.
struct Target<'a> {
    claim: &'a ClaimEntry,
    part: &'static str,
    /// An identity's share is an error of binary64, of which nothing can be certain.
    identity: bool,
    /// The least share in binary64.
    ratio: f64,
    /// The least share that is certain.
    low: f64,
    /// Whether intervals must confirm the part and the side conditions.
    confirmed: bool,
    /// Whether there must be a step: η > 0 and w ≠ 0.
    moved: bool,
    /// What is left of [`WORK`].
    work: Cell<u64>,
}

impl<'a> Target<'a> {
    /// 99.9 % of what is certain at `instance`, or, where its enclosure says nothing, of the binary64 ratio.
    fn new(claim: &'a ClaimEntry, reached: &Reached, instance: &Instance, certificate: &Certificate) -> Target<'a> {
        let certain = certificate.share(reached.part).map(Interval::lo).filter(|low| *low > 0.0 && low.is_finite());
        let mut target = Target {
            claim,
            part: reached.part,
            identity: reached.identity,
            ratio: KEPT * reached.ratio,
            low: KEPT * certain.unwrap_or(reached.ratio),
            confirmed: true,
            moved: instance.moves(),
            work: Cell::new(WORK),
        };
        target.confirmed = target.is_confirmed(certificate);
        target
    }

    fn is_confirmed(&self, certificate: &Certificate) -> bool {
        certificate.holds(|name| name == self.part || self.claim.side.contains(&name))
    }

    /// Binary64 first; intervals only where it says yes. Nothing is kept once the work is done.
    fn keeps(&self, instance: &Instance) -> bool {
        let updates = self.claim.updates(instance);
        let size = ((OVERHEAD + instance.policy.terms()) * updates) as u64;
        let spend = |cost: u64| self.work.set(self.work.get().saturating_sub(cost));
        if self.work.get() == 0 {
            return false;
        }
        spend(size * pieces(self.claim.scope)[1] as u64);
        self.keeps_in_binary64(instance) && {
            let (certain, pieces) = self.is_certain(instance);
            spend(size * ENCLOSED * pieces as u64);
            certain
        }
    }

    fn keeps_in_binary64(&self, instance: &Instance) -> bool {
        if self.moved && !instance.moves() {
            return false;
        }
        // As `replay` samples, then as finely as a search does.
        let inside = matches!(measure(self.claim, &Evaluation::new(instance, SAMPLE_PIECES)), Measured::Inside { .. });
        let fine = || finest(self.claim, instance, self.part);
        inside && fine().is_some_and(|ratio| ratio >= self.ratio && !beyond_limit(ratio))
    }

    /// Whether intervals say yes, and how many pieces they took.
    fn is_certain(&self, instance: &Instance) -> (bool, usize) {
        let certificate = enclose(self.claim, instance, |found| self.accepts(found) || self.is_hopeless(found));
        (self.accepts(&certificate), certificate.pieces)
    }

    fn accepts(&self, certificate: &Certificate) -> bool {
        let inside = !matches!(certificate.decision, Decision::Violated | Decision::Outside);
        let low = || certificate.share(self.part).is_some_and(|share| self.identity || share.lo() >= self.low);
        inside && (!self.confirmed || self.is_confirmed(certificate)) && low()
    }

    fn is_hopeless(&self, certificate: &Certificate) -> bool {
        let never = matches!(certificate.decision, Decision::Violated | Decision::Outside);
        never || !self.identity && certificate.share(self.part).is_some_and(|share| share.hi() < self.low)
    }
}

impl Attack<'_> {
    /// The instance that reached this, the simplest that keeps 99.9 % of its ratio (itself if there is no other), and the ratio that the
    /// latter has. The simplest may come from another end of a search than the largest ratio.
    pub(super) fn simplest(&self, reached: &Reached, ends: &[(&'static str, usize, Best)]) -> Option<(Witness, Interval)> {
        let family = self.families.iter().position(|family| family.name == reached.family)?;
        let instance = self.families[family].decode(&reached.u).ok()?;
        let certificate = tight(self.claim, &instance, reached.part);
        let part = certificate.parts.iter().position(|part| part.name == reached.part)?;
        let target = Target::new(self.claim, reached, &instance, &certificate);
        let witness = Witness::new(self.claim, self.families[family], &reached.u, instance.clone(), &certificate, part);
        let near = ends.iter().filter(|(name, _, end)| *name == reached.part && end.value >= target.ratio);
        let mut starts: Vec<(usize, &[f64], Instance)> = vec![(family, &reached.u, instance.clone())];
        starts.extend(near.filter_map(|(_, f, end)| Some((*f, &end.u[..], self.families[*f].decode(&end.u).ok()?))));
        starts.sort_by_key(|(_, _, end)| size(end));
        starts.dedup_by(|one, other| one.2 == other.2);
        let keep = |instance: &Instance| target.keeps(instance);
        let mut found: Option<Instance> = None;
        for (f, u, end) in starts.iter().filter(|(_, _, end)| *end == instance || keep(end)).take(MOST_SIMPLIFIED) {
            let u = descend(self.families[*f], self.claim.scope, u, &keep);
            let simple = plain(self.families[*f].decode(&u).as_ref().unwrap_or(end), &keep);
            match &found {
                None => target.work.set(WORK), // for the others
                Some(known) if size(known) <= size(&simple) => continue,
                Some(_) => {}
            }
            if size(&simple)[..4] == SMALLEST {
                found = Some(simple);
                break;
            }
            found = Some(simple);
        }
        let simple = found.unwrap_or(instance);
        let share = tight(self.claim, &simple, reached.part).share(reached.part)?;
        Some((Witness { simplified: Some(simple), ..witness }, share))
    }
}
