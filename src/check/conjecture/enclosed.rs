//! One conjecture on one instance in intervals: the only thing that refutes.

use crate::check::judge::{Certificate, Decision, ENCLOSURE_PIECES, MAX_WORK, refine};
use crate::claims::Part;
use crate::conjecture::{Compares, Conjecture};
use crate::evaluation::Evaluation;
use crate::expression::Values;
use crate::instance::Instance;
use crate::number::Interval;

/// What intervals say of a conjecture on an instance.
#[derive(Clone, Debug)]
pub struct Enclosed {
    /// What is certain: *violated* only if the violation, every condition, η > 0 and w ≠ 0 are, and that everything is defined.
    pub decision: Decision,
    /// The enclosed sides, and their difference.
    pub compares: Compares<Interval>,
    /// X and B where the statement has a [share](Conjecture::share).
    pub share: Option<[Interval; 2]>,
    /// Into how many pieces the segment was cut.
    pub pieces: usize,
}

impl Enclosed {
    /// X/B, the share of the bound that the instance uses; `None` where the statement has no [share](Conjecture::share).
    pub fn ratio(&self) -> Option<Interval> {
        self.share.map(|[computed, bound]| computed / bound)
    }

    /// Whether no finer cut could make a violation by so much in binary64 certain: a width shrinks at most like the square of a piece.
    pub(super) fn is_hopeless(&self, excess: f64) -> bool {
        let finest = ENCLOSURE_PIECES[ENCLOSURE_PIECES.len() - 1] as f64;
        let shrink = finest / self.pieces as f64;
        let (width, violated) = (self.compares.excess.width(), self.compares.excess.lo() > 0.0);
        // Where the violation is certain it is a condition that is not: an equality, as likely as not.
        (width.is_finite() && excess * shrink * shrink < width) || (violated && self.pieces >= 8)
    }

    /// As the certificate of a claim with one part: X against B where that shows what was decided, else the difference against 0.
    pub(in crate::check) fn certificate(&self) -> Certificate {
        let apart = |[computed, bound]: &[Interval; 2]| bound.surely_lt(*computed);
        let shown = self.share.filter(|share| self.decision != Decision::Violated || apart(share));
        let [computed, claimed] = shown.unwrap_or([self.compares.excess, Interval::point(0.0)]);
        let part = Part::at_most("conjecture", computed, claimed);
        Certificate { decision: self.decision, parts: vec![part], worst: 0, pieces: self.pieces }
    }
}

/// One interval evaluation, the segment cut into `pieces`.
pub(super) fn look(conjecture: &Conjecture, instance: &Instance, pieces: usize) -> Enclosed {
    let evaluation = Evaluation::new(instance, pieces);
    let mut words = Values::new(&evaluation);
    let [given, outside] = conjecture.conditions_hold(&mut words);
    let compares = conjecture.compare(&mut words);
    let decision = match () {
        () if !instance.moves() || outside => Decision::Outside,
        () if given && conjecture.is_violated(&compares) => Decision::Violated,
        () if conjecture.is_satisfied(&compares) => Decision::Holds,
        () => Decision::Undecided,
    };
    let share = conjecture.share(&mut words);
    Enclosed { decision, compares, share, pieces }
}

/// Whether all conditions hold for certain, on the uncut segment.
pub(super) fn conditions_hold(conjecture: &Conjecture, instance: &Instance) -> bool {
    let evaluation = Evaluation::<Interval>::new(instance, ENCLOSURE_PIECES[0]);
    conjecture.conditions_hold(&mut Values::new(&evaluation))[0]
}

/// Evaluates a conjecture on an instance in intervals, the segment cut finer until something is decided, if anything that
/// is read depends on that.
pub fn enclose(conjecture: &Conjecture, instance: &Instance) -> Enclosed {
    enclose_until(conjecture, instance, |seen| seen.decision != Decision::Undecided)
}

/// The same until `enough`.
pub(super) fn enclose_until(conjecture: &Conjecture, instance: &Instance, enough: impl Fn(&Enclosed) -> bool) -> Enclosed {
    let most = if conjecture.reads_suprema() { MAX_WORK / instance.policy.terms() } else { 1 };
    let look = |pieces| look(conjecture, instance, pieces);
    refine(look(ENCLOSURE_PIECES[0]), most, look, enough)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::conditions::triangle;

    /// Four times the pieces leave a sixteenth of the width; a certain violation under uncertain conditions gets eight.
    #[test]
    fn finer_cuts_are_tried_where_they_may_decide() {
        let conjecture = Conjecture::parse("J0 <= 2 + L").expect("parses");
        let at = |lo: f64, hi: f64, pieces: usize| {
            let mut seen = look(&conjecture, &triangle(), 1);
            (seen.compares.excess, seen.pieces) = (Interval::new(lo, hi), pieces);
            seen
        };
        let finest = ENCLOSURE_PIECES[ENCLOSURE_PIECES.len() - 1];
        for (pieces, needed) in [(finest, 1.0), (finest / 4, 1.0 / 16.0), (finest / 16, 1.0 / 256.0)] {
            assert!(at(-0.5, 0.5, pieces).is_hopeless(0.9 * needed), "{pieces}");
            assert!(!at(-0.5, 0.5, pieces).is_hopeless(1.1 * needed), "{pieces}");
            assert!(!at(-0.5, f64::INFINITY, pieces).is_hopeless(0.9 * needed), "{pieces}");
        }
        for (pieces, hopeless) in [(1, false), (4, false), (8, true), (finest, true)] {
            assert_eq!(at(0.25, 0.5, pieces).is_hopeless(10.0), hopeless, "{pieces}");
        }
    }
}
