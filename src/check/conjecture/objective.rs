//! What the search for a counterexample maximises: by how much a conjecture is violated, on several scales.

use super::enclosed::{Enclosed, conditions_hold, enclose_until};
use super::measured::{Measured, Sample, measure};
use crate::check::judge::{CERTIFIED_MARGIN, Decision};
use crate::check::search::{Counts, Objective};
use crate::conjecture::{Conjecture, logarithmic};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::families::{self, Family};
use crate::instance::Instance;

/// The scales: the excess e = smaller side less larger side itself, over η, over η², over the bound (where there is none, over the
/// size of both sides), and over that and η.
pub(super) const GOALS: [&str; 5] = [EXCESS, PER_STEP, PER_SQUARE, SHARE, SHARE_PER_STEP];
pub(super) const EXCESS: &str = "excess";
const PER_STEP: &str = "excess/η";
const PER_SQUARE: &str = "excess/η²";
pub(super) const SHARE: &str = "share";
const SHARE_PER_STEP: &str = "share/η";

/// Into how many pieces the segment is cut for suprema, the second where the first finds a violation.
pub(super) const PIECES: [usize; 2] = [8, 64];

/// Where e = 0 stands among the values of a search; those of all instances that satisfy the conditions are above 0.
const LEVEL: f64 = 2_000.0;
/// Both sides are equal, which whole regions may be and no instance near by need be nearly: below everything that is not.
const EQUAL: f64 = 0.0;
/// The conditions hold, but a side is undefined, or there is nothing to measure an excess by.
const UNDEFINED: f64 = -0.5;
/// Around here stand those that are near the conditions, between −1 and `UNDEFINED`.
const NEAR: f64 = -0.75;
/// There is no step at all.
const STILL: f64 = -1e3;

/// How many violations of binary64 one objective has intervals look at on a segment cut finer, in vain; how many on the uncut one
/// before only one in [`THINNED`] is looked at; and how many whose excess is within [`CERTIFIED_MARGIN`] of the sides, where rounding
/// is likelier.
const MOST_REFINED: u64 = 8;
const MOST_UNDECIDED: u64 = 256;
const THINNED: u64 = 16;
const MOST_MARGINAL: u64 = 64;
/// How many points one objective asks whether they satisfy the conditions for certain, until one does.
const MOST_ASKED: u64 = 64;

/// The goal of [`Conditions`].
pub(super) const CONDITIONS: &str = "conditions";

/// The conditions of a conjecture on one family: looks for any instance that satisfies them, and counts it as what was to be found.
pub(super) struct Conditions<'a>(Excess<'a>);

impl<'a> Conditions<'a> {
    /// Nothing evaluated yet.
    pub fn new(conjecture: &'a Conjecture, family: &'a Family) -> Self {
        Conditions(Excess::new(conjecture, family))
    }
}

impl Objective for Conditions<'_> {
    fn visit(&mut self, u: &[f64], mut see: impl FnMut(&'static str, f64)) -> Option<f64> {
        if let Err(e) = self.0.decode(u) {
            return self.0.counts.note_broken(e);
        }
        let Excess { conjecture, instance, counts, .. } = &mut self.0;
        match measure(conjecture, &Evaluation::new(instance, PIECES[0])) {
            Measured::Still => Some(STILL),
            Measured::Outside { distance, .. } => Some(-1.0 - distance),
            Measured::Undefined | Measured::Case(_) => {
                counts.satisfied += 1;
                counts.violation.get_or_insert_with(|| u.to_vec());
                see(CONDITIONS, LEVEL);
                None
            }
        }
    }
    fn counts(&self) -> &Counts {
        &self.0.counts
    }
}

/// One conjecture on one family.
pub(super) struct Excess<'a> {
    conjecture: &'a Conjecture,
    family: &'a Family,
    instance: Instance,
    counts: Counts,
    refined: u64,
    marginal: u64,
    beyond: u64,
    asked: u64,
}

/// What an instance is that is no case.
enum NoCase {
    /// Nothing but a value of a search.
    Of(f64),
    /// Near the conditions.
    Near(Sample),
    /// The conditions hold, but a side is undefined.
    Undefined,
}

impl<'a> Excess<'a> {
    /// Nothing evaluated yet.
    pub fn new(conjecture: &'a Conjecture, family: &'a Family) -> Self {
        let (instance, counts) = (families::blank(), Counts::default());
        Excess { conjecture, family, instance, counts, refined: 0, marginal: 0, beyond: 0, asked: 0 }
    }

    /// Why the family gave no instance somewhere, if it did not.
    pub fn broken(&mut self) -> Option<Error> {
        self.counts.broken.take()
    }

    /// Goes to the instance at u.
    fn decode(&mut self, u: &[f64]) -> Result<(), Error> {
        self.counts.evaluations += 1;
        self.family.decode_into(u, &mut self.instance)
    }

    /// Looks at the decoded instance: what binary64 says of it, or what it is instead of a case.
    fn sample(&self, pieces: usize) -> Result<Sample, NoCase> {
        match measure(self.conjecture, &Evaluation::new(&self.instance, pieces)) {
            Measured::Still => Err(NoCase::Of(STILL)),
            Measured::Outside { sample: Some(sample), .. } => Err(NoCase::Near(sample)),
            Measured::Outside { distance, sample: None } => Err(NoCase::Of(-1.0 - distance)),
            Measured::Undefined => Err(NoCase::Undefined),
            Measured::Case(sample) => Ok(sample),
        }
    }

    /// The values of all goals for an excess that counts, by `place` of a scaled one.
    fn tell(&self, sample: Sample, excess: f64, place: impl Fn(f64) -> f64, see: &mut impl FnMut(&'static str, f64)) {
        let eta = self.instance.eta;
        let share = sample.scale.map_or(f64::NAN, |scale| excess / scale);
        for (goal, value) in [
            (EXCESS, excess),
            (PER_STEP, excess / eta),
            (PER_SQUARE, excess / eta / eta),
            (SHARE, share),
            (SHARE_PER_STEP, share / eta),
        ] {
            see(goal, if value.is_nan() { UNDEFINED.min(place(0.0)) } else { place(value) });
        }
    }

    /// Counts a point that satisfies the conditions in binary64.
    fn note_satisfied(&mut self) {
        self.counts.satisfied += 1;
        if !self.counts.certain && self.asked < MOST_ASKED {
            self.asked += 1;
            self.counts.certain = conditions_hold(self.conjecture, &self.instance);
        }
    }

    /// Whether binary64 sees a violation.
    fn is_beyond(&self, sample: Sample) -> bool {
        sample.excess > 0.0 || (sample.excess == 0.0 && self.conjecture.is_strict())
    }

    /// What counts of an excess that binary64 sees, after intervals looked at the instance; `None` where they did not.
    fn settle(&mut self, u: &[f64], sample: Sample) -> Option<f64> {
        let marginal = sample.excess <= CERTIFIED_MARGIN * sample.scale.unwrap_or(sample.size);
        self.beyond += 1;
        let tired = self.counts.undecided >= MOST_UNDECIDED && !self.beyond.is_multiple_of(THINNED);
        if tired || (marginal && self.marginal >= MOST_MARGINAL) {
            return None;
        }
        let close = !marginal && self.refined < MOST_REFINED;
        let seen = enclose_until(self.conjecture, &self.instance, |seen| {
            !close || seen.decision != Decision::Undecided || seen.is_hopeless(sample.excess)
        });
        self.marginal += u64::from(marginal && seen.decision != Decision::Violated);
        match seen.decision {
            Decision::Violated => {
                self.counts.violation.get_or_insert_with(|| u.to_vec());
            }
            Decision::Undecided => {
                self.counts.undecided += 1;
                self.refined += u64::from(seen.pieces > 1);
            }
            Decision::Holds if !self.conjecture.reads_suprema() && !marginal => self.counts.disagreements += 1,
            _ => {}
        }
        Some(certain_excess(&seen, sample.excess))
    }
}

/// No more of an excess than is certain.
fn certain_excess(seen: &Enclosed, excess: f64) -> f64 {
    if seen.decision == Decision::Violated { excess } else { excess.min(seen.compares.excess.lo()) }
}

impl Objective for Excess<'_> {
    fn visit(&mut self, u: &[f64], mut see: impl FnMut(&'static str, f64)) -> Option<f64> {
        if let Err(e) = self.decode(u) {
            return self.counts.note_broken(e);
        }
        let mut sample = match self.sample(PIECES[0]) {
            Ok(sample) => sample,
            Err(NoCase::Of(value)) => return Some(value),
            Err(NoCase::Near(sample)) => {
                // Between all that satisfy the conditions and all that are farther off.
                let place = |value| NEAR + logarithmic(value) / (10.0 * LEVEL);
                self.tell(sample, sample.excess, place, &mut see);
                return None;
            }
            Err(NoCase::Undefined) => {
                self.note_satisfied();
                return Some(UNDEFINED);
            }
        };
        if self.is_beyond(sample) && self.conjecture.reads_suprema() {
            sample = match self.sample(PIECES[1]) {
                Ok(sample) => sample,
                Err(_) => return Some(NEAR),
            };
        }
        self.note_satisfied();
        self.counts.defined += 1;
        // What intervals were not asked about counts as equal.
        let excess = if self.is_beyond(sample) { self.settle(u, sample) } else { Some(sample.excess) };
        let excess = excess.unwrap_or(0.0);
        let equal = excess == 0.0;
        if sample.excess == 0.0 && !self.conjecture.is_strict() && sample.scale.is_some() {
            self.counts.equality.get_or_insert_with(|| u.to_vec());
        }
        self.tell(sample, excess, |value| if equal { EQUAL } else { LEVEL + logarithmic(value) }, &mut see);
        None
    }

    fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// By how much an instance exceeds the statement in binary64, as finely as the search ever looks, and the share of the bound; `None`
/// where it is no case.
pub(super) fn finest(conjecture: &Conjecture, instance: &Instance) -> Option<(f64, Option<f64>)> {
    let Measured::Case(sample) = measure(conjecture, &Evaluation::new(instance, PIECES[1])) else { return None };
    let share = sample.scale.filter(|_| conjecture.has_share()).map(|bound| 1.0 + sample.excess / bound);
    Some((sample.excess, share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::conditions::triangle;

    /// At the start of the flat triangle, where J = 1/3.
    fn excess(statement: &Conjecture) -> Excess<'_> {
        let mut excess = Excess::new(statement, families::find("linear-softmax").expect("registered"));
        excess.instance = triangle();
        excess
    }

    fn parse(text: &str) -> Conjecture {
        Conjecture::parse(text).expect("parses")
    }

    const FAR: Sample = Sample { excess: 1.0, scale: Some(1.0), size: 1.0 };
    const NEAR_ZERO: Sample = Sample { excess: CERTIFIED_MARGIN / 2.0, ..FAR };

    /// A violation of binary64 where intervals are certain of the opposite is a disagreement, unless rounding or sampled suprema explain it.
    #[test]
    fn what_intervals_contradict_is_counted() {
        for (text, sample, counted) in
            [("J0 <= 2", FAR, 1), ("J0 <= 2", NEAR_ZERO, 0), ("J0 <= 2 + L", FAR, 0), ("2 <= J0", FAR, 0)]
        {
            let statement = parse(text);
            let mut excess = excess(&statement);
            Excess::settle(&mut excess, &[0.5], sample);
            assert_eq!(excess.counts.disagreements, counted, "{text}: {sample:?}");
            assert_eq!(excess.counts.violation.is_some(), text == "2 <= J0", "{text}");
            assert_eq!(excess.counts.undecided, 0, "{text}");
        }
    }

    /// Intervals look at [`MOST_MARGINAL`] of those that rounding may explain, and are not asked again; a violation uses up none.
    #[test]
    fn marginal_ones_are_looked_at_so_often() {
        let statement = parse("J0 <= 2");
        let mut excess = excess(&statement);
        for i in 0..MOST_MARGINAL {
            assert!(Excess::settle(&mut excess, &[0.5], NEAR_ZERO).is_some(), "{i}");
        }
        assert_eq!(Excess::settle(&mut excess, &[0.5], NEAR_ZERO), None);
        assert!(Excess::settle(&mut excess, &[0.5], FAR).is_some());
        let statement = parse("2 <= J0");
        let mut excess = self::excess(&statement);
        for i in 0..=MOST_MARGINAL {
            assert_eq!(Excess::settle(&mut excess, &[0.5], NEAR_ZERO), Some(NEAR_ZERO.excess), "{i}");
        }
    }

    /// A segment is cut finer in vain [`MOST_REFINED`] times; then each is looked at uncut.
    #[test]
    fn finer_cuts_end_where_they_are_in_vain() {
        let statement = parse("sqrt(abs(J0 - 1/3)) <= min(L, 0)"); // 0 on any cut, but no enclosure is
        let mut excess = excess(&statement);
        for i in 1..3 * MOST_REFINED {
            assert!(Excess::settle(&mut excess, &[0.5], FAR).is_some(), "{i}");
            assert_eq!((excess.refined, excess.counts.undecided), (i.min(MOST_REFINED), i));
        }
    }

    /// After [`MOST_UNDECIDED`] that intervals cannot decide, one in [`THINNED`] is looked at.
    #[test]
    fn undecided_ones_are_thinned() {
        let statement = parse("sqrt(abs(J0 - 1/3)) <= 0"); // 0, but no enclosure is
        let mut excess = excess(&statement);
        for i in 0..MOST_UNDECIDED {
            assert!(Excess::settle(&mut excess, &[0.5], FAR).is_some(), "{i}");
        }
        assert_eq!(excess.counts.undecided, MOST_UNDECIDED);
        let asked = (0..4 * THINNED).filter(|_| Excess::settle(&mut excess, &[0.5], FAR).is_some()).count();
        assert_eq!((asked as u64, excess.counts.undecided), (4, MOST_UNDECIDED + 4));
    }
}
