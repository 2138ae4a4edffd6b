//! One claim on one instance: the ratio in binary64 ([`measure`]), the certificate in intervals ([`certify`]).
//!
//! ```
//! use gradient_gap::check::judge::{Decision, Measured, SAMPLE_PIECES, certify, measure};
//! use gradient_gap::claims::conditions::triangle;
//! use gradient_gap::{Evaluation, Instance, claims};
//!
//! let claim = claims::find("smooth-only-step").expect("in the registry");
//! let instance = triangle();
//! let measured = measure(claim, &Evaluation::new(&instance, SAMPLE_PIECES));
//! assert!(matches!(measured, Measured::Inside { ratio: Some(ratio), .. } if ratio <= 1.0));
//! assert_eq!(certify(claim, &instance).decision, Decision::Holds);
//!
//! // With half of its constant it is refuted, for certain, where it is sharp: λ = −θ² at J = ½ and a short step.
//! let policy = gradient_gap::policy::Policy::curve([0.0, 0.0, -2.0], &[])?;
//! let (theta, direction, correct) = (vec![0.0], vec![1.0], vec![false, true]);
//! let sharp = Instance { policy, theta, direction, eta: 1e-3, correct, then: vec![] };
//! let parts = claim.real.parts(&Evaluation::new(&sharp, SAMPLE_PIECES));
//! let wrong = claim.with_constant(parts[0].name, 0.5);
//! assert_eq!([claim, &wrong].map(|claim| certify(claim, &sharp).decision), [Decision::Holds, Decision::Violated]);
//! # Ok::<(), gradient_gap::Error>(())
//! ```

use crate::claims::{ClaimEntry, Part};
use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::{Interval, Scalar};
use std::fmt;

/// Into how many pieces the segment is cut in binary64: suprema are sampled at both ends (straight softmax, whose scores are
/// extreme there), and in the middle too for every other policy (see [`Evaluation::new`]).
pub const SAMPLE_PIECES: usize = 1;

/// Into how many pieces the segment is cut in intervals, tried in turn until the comparison is decided.
pub(crate) const ENCLOSURE_PIECES: [usize; 4] = [1, 8, 64, 512];

/// Pieces times responses times updates that one certificate may take: larger response spaces and longer runs get fewer pieces,
/// and may stay undecided.
pub(crate) const MAX_WORK: usize = 1 << 16;

/// "certified" means computed ≤ claimed + 2⁻⁴⁰(|computed| + |claimed|), for an identity that the two differ by no more than
/// 2⁻⁴⁰ of their condition.
pub const CERTIFIED_MARGIN: f64 = 1.0 / (1u64 << 40) as f64;

/// A ratio in binary64 up to here is no violation: equality cases round to either side of 1 (twice [`CERTIFIED_MARGIN`]).
pub const RATIO_LIMIT: f64 = 1.0 + 2.0 * CERTIFIED_MARGIN;

/// Whether a binary64 ratio is beyond [`RATIO_LIMIT`], or undefined, so that intervals must settle it.
pub fn beyond_limit(ratio: f64) -> bool {
    ratio.is_nan() || ratio > RATIO_LIMIT
}

/// What one claim gives on one instance, in binary64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured {
    /// A hypothesis does not hold, the one named.
    Outside(&'static str),
    /// All hypotheses hold: the part that uses the largest share of its bound.
    Inside {
        /// The share: computed/claimed, or error/tolerance for identities; NaN where a side is undefined, `None` where no
        /// part has a ratio (a bound of 0 met exactly).
        ratio: Option<f64>,
        /// The name of that part.
        part: &'static str,
    },
}

/// The share of the claimed bound that is used: computed/claimed for an inequality with claimed > 0, error/tolerance for an
/// identity. A bound of 0 has no ratio, unless it is exceeded: then +∞. Undefined sides (NaN) give NaN, which no limit accepts.
pub fn ratio(part: &Part<f64>) -> Option<f64> {
    let (excess, bound) = match part.tolerance {
        Some(tolerance) => (f64::abs(part.computed - part.claimed), tolerance.error()),
        None => (part.computed, part.claimed),
    };
    match bound {
        _ if excess.is_nan() || bound.is_nan() => Some(f64::NAN),
        // The largest number stands for what has no bound.
        bound if bound > 0.0 => Some(if excess >= f64::MAX { f64::INFINITY } else { excess / bound }),
        bound if excess > bound => Some(f64::INFINITY),
        _ => None,
    }
}

/// Whether `found` is worse than `known`: larger, or undefined.
fn exceeds(found: Option<f64>, known: Option<f64>) -> bool {
    let rank = |ratio: Option<f64>| ratio.map_or(f64::NEG_INFINITY, |r| if r.is_nan() { f64::INFINITY } else { r });
    rank(found) > rank(known)
}

/// The first hypothesis that fails, by its number, and its margin: negative or NaN.
pub(crate) fn first_failing(claim: &ClaimEntry, evaluation: &Evaluation<'_, f64>) -> Option<(usize, f64)> {
    let mut margins = claim.given.iter().map(|hypothesis| (hypothesis.real)(evaluation)).enumerate();
    margins.find(|&(_, margin)| margin.is_nan() || margin < 0.0)
}

/// Measures a claim on an instance in binary64: whether its hypotheses hold, and the largest share of its bound that a part
/// uses. Suprema are sampled, so that a share above 1 is a reason to [`certify`] and no refutation.
pub fn measure(claim: &ClaimEntry, evaluation: &Evaluation<'_, f64>) -> Measured {
    if let Some((i, _)) = first_failing(claim, evaluation) {
        return Measured::Outside(claim.given[i].name);
    }
    let mut worst = Measured::Inside { ratio: None, part: "" };
    for part in &claim.real.parts(evaluation) {
        let found = ratio(part);
        if let Measured::Inside { ratio, part: name } = &mut worst
            && (name.is_empty() || exceeds(found, *ratio))
        {
            (*ratio, *name) = (found, part.name);
        }
    }
    worst
}

/// What intervals say of one claim on one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Every part holds for certain, with every constant enclosed over the whole segment.
    Holds,
    /// Some part is violated for certain, and every hypothesis holds for certain.
    Violated,
    /// Some hypothesis fails for certain, so that the claim says nothing of this instance.
    Outside,
    /// Nothing could be decided: enclosures overlap, as they do where both sides are equal.
    Undecided,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Decision::Holds => "certified",
            Decision::Violated => "violated",
            Decision::Outside => "outside",
            Decision::Undecided => "undecided",
        })
    }
}

/// What an evaluation of one claim on one instance in intervals says.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What is certain of the claim on the instance.
    pub decision: Decision,
    /// The enclosed sides of every part, in the order of the statement; empty where nothing was compared.
    pub parts: Vec<Part<Interval>>,
    /// The place in `parts` of the part that decided a violation; 0 where none did.
    pub worst: usize,
    /// Into how many pieces the segment was cut.
    pub pieces: usize,
}

impl Certificate {
    /// Whether every part that is asked for holds for certain.
    pub fn holds(&self, asked: impl Fn(&str) -> bool) -> bool {
        self.parts.iter().filter(|part| asked(part.name)).all(|part| decide(part) == Decision::Holds)
    }

    /// Whether the parts of this name are identities, whose ratio, an error over a tolerance, is a matter of binary64 alone.
    pub(crate) fn is_identity(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name == name && part.tolerance.is_some())
    }

    /// The largest enclosed ratio computed/claimed of the inequality parts, its ends bounding the share of the bound that is
    /// used; `None` where there is no such part.
    pub fn ratio(&self) -> Option<Interval> {
        let inequalities = self.parts.iter().filter(|part| part.tolerance.is_none());
        inequalities.map(|part| part.computed / part.claimed).reduce(Scalar::max)
    }

    /// The largest width of the enclosed shares of all parts; +∞ where one is undefined, 0 where there is no part.
    pub fn widest(&self) -> f64 {
        let widths = self.parts.iter().filter_map(|part| self.share(part.name)).map(Interval::width);
        widths.fold(0.0, |widest, width| if width.is_nan() { f64::INFINITY } else { widest.max(width) })
    }

    /// The largest enclosed share of the parts of this name: computed/claimed, or for identities the error over the
    /// tolerance of binary64. `None` where there is no part of this name.
    pub fn share(&self, name: &str) -> Option<Interval> {
        let share = |part: &Part<Interval>| match part.tolerance {
            None => part.computed / part.claimed,
            Some(tolerance) => (part.computed - part.claimed).abs() / Interval::of(tolerance.error()),
        };
        self.parts.iter().filter(|part| part.name == name).map(share).reduce(Scalar::max)
    }
}

/// What intervals say of one part.
fn decide(part: &Part<Interval>) -> Decision {
    let difference = part.computed - part.claimed;
    let size = part.computed.abs() + part.claimed.abs();
    match part.tolerance {
        None if part.claimed.surely_lt(part.computed) => Decision::Violated,
        None if difference.surely_le(Interval::of(CERTIFIED_MARGIN * Scalar::max(size, Interval::zero()).lo())) => {
            Decision::Holds
        }
        Some(_) if !difference.is_empty() && !difference.contains(0.0) => Decision::Violated,
        Some(tolerance) => {
            let margin = CERTIFIED_MARGIN * f64::max(size.lo(), tolerance.condition);
            if difference.abs().surely_le(Interval::of(margin)) { Decision::Holds } else { Decision::Undecided }
        }
        None => Decision::Undecided,
    }
}

/// Evaluates a claim on an instance in intervals: every constant enclosed over the whole step, the segment cut into 1, 8,
/// 64, 512 pieces in turn until the comparison is decided, or until pieces times responses times updates would be above
/// 2¹⁶.
pub fn certify(claim: &ClaimEntry, instance: &Instance) -> Certificate {
    enclose(claim, instance, is_decided)
}

/// The same, where the instance is already evaluated on the uncut segment.
pub(crate) fn certify_from(claim: &ClaimEntry, first: &Evaluation<'_, Interval>) -> Certificate {
    enclose_from(claim, first, is_decided)
}

fn is_decided(certificate: &Certificate) -> bool {
    certificate.decision != Decision::Undecided
}

/// Evaluates a claim on an instance in intervals, as [`certify`] does, but cutting the segment finer until `enough` says
/// yes.
pub fn enclose(claim: &ClaimEntry, instance: &Instance, enough: impl Fn(&Certificate) -> bool) -> Certificate {
    enclose_from(claim, &Evaluation::new(instance, ENCLOSURE_PIECES[0]), enough)
}

fn enclose_from(claim: &ClaimEntry, first: &Evaluation<'_, Interval>, enough: impl Fn(&Certificate) -> bool) -> Certificate {
    let instance = first.instance();
    let most = if instance.eta > 0.0 { MAX_WORK / instance.policy.terms() / claim.updates(instance) } else { 1 };
    refine(seen(claim, first, ENCLOSURE_PIECES[0]), most, |pieces| certificate(claim, instance, pieces), enough)
}

/// What is seen on a segment cut finer, into at most `most` pieces, until `enough`; `last` is what the uncut one shows.
pub(super) fn refine<T>(mut last: T, most: usize, look: impl Fn(usize) -> T, enough: impl Fn(&T) -> bool) -> T {
    for pieces in ENCLOSURE_PIECES.into_iter().skip(1).filter(|&pieces| pieces <= most) {
        if enough(&last) {
            break;
        }
        last = look(pieces);
    }
    last
}

/// Whether an enclosed share is known to 10⁻⁴ of itself.
pub(super) fn is_narrow(share: Interval) -> bool {
    share.hi() - share.lo() <= 1e-4 * share.hi()
}

/// One interval evaluation, the segment cut into `pieces`.
pub(super) fn certificate(claim: &ClaimEntry, instance: &Instance, pieces: usize) -> Certificate {
    seen(claim, &Evaluation::new(instance, pieces), pieces)
}

/// The same of what is evaluated already.
fn seen(claim: &ClaimEntry, evaluation: &Evaluation<'_, Interval>, pieces: usize) -> Certificate {
    let margins = claim.given.iter().map(|hypothesis| (hypothesis.enclosed)(evaluation));
    let (mut given, mut outside) = (true, false);
    for margin in margins {
        given &= Interval::zero().surely_le(margin);
        outside |= margin.surely_lt(Interval::zero());
    }
    if outside && !evaluation.instance().policy.is_listed() {
        // There may be nothing that the sides could be computed from.
        return Certificate { decision: Decision::Outside, parts: vec![], worst: 0, pieces };
    }
    let parts = claim.enclosed.parts(evaluation).to_vec();
    let decisions: Vec<Decision> = parts.iter().map(decide).collect();
    let violated = decisions.iter().position(|&d| d == Decision::Violated);
    let decision = match violated {
        _ if outside => Decision::Outside,
        Some(_) if given => Decision::Violated,
        None if decisions.iter().all(|&d| d == Decision::Holds) => Decision::Holds,
        _ => Decision::Undecided,
    };
    Certificate { decision, parts, worst: violated.unwrap_or(0), pieces }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::{self, Hypothesis, Sides};
    use crate::policy::Policy;
    use crate::tolerance::ULPS;

    fn around(x: f64, width: f64) -> Interval {
        Interval::new(x - width, x + width)
    }

    /// "certified" is 2⁻⁴⁰ of the sides, and for an identity of the condition, and no more.
    #[test]
    fn certified_means_within_two_to_the_minus_40() {
        let at_most = |width| decide(&Part::at_most("", around(1.0, width), around(1.0, width)));
        let identity =
            |width, condition| decide(&Part::identity("", around(1.0, width), around(1.0, width), ULPS, condition));
        // What is certain is that both differ by at most 2·width; their sizes add up to 2.
        for (share, decision) in [(0.99, Decision::Holds), (1.01, Decision::Undecided)] {
            assert_eq!(at_most(share * CERTIFIED_MARGIN), decision, "{share}");
            assert_eq!(identity(share * CERTIFIED_MARGIN, 1.0), decision, "{share}");
            assert_eq!(identity(share * 50.0 * CERTIFIED_MARGIN, 100.0), decision, "{share}");
        }
        assert_eq!(CERTIFIED_MARGIN, 2f64.powi(-40));
        let point = Interval::point;
        assert_eq!(decide(&Part::at_most("", point(1.0 + f64::EPSILON), point(1.0))), Decision::Violated);
        assert_eq!(decide(&Part::at_most("", point(1.0), point(1.0))), Decision::Holds);
        let apart = decide(&Part::identity("", point(1.0 + f64::EPSILON), point(1.0), ULPS, 1.0));
        assert_eq!(apart, Decision::Violated, "an identity fails for certain where its sides are apart for certain");
    }

    /// A violation counts only where every hypothesis is certain; where one fails for certain the claim says nothing.
    #[test]
    fn a_violation_needs_certain_hypotheses() {
        const fn given(enclosed: fn(&Evaluation<'_, Interval>) -> Interval) -> [Hypothesis; 1] {
            [Hypothesis { name: "", real: |_| 0.0, enclosed, witness: claims::conditions::triangle }]
        }
        static CERTAIN: [Hypothesis; 1] = given(|_| Interval::new(0.0, 1.0));
        static OPEN: [Hypothesis; 1] = given(|_| Interval::new(-1e-300, 1.0));
        static FAILS: [Hypothesis; 1] = given(|_| Interval::new(-2.0, -1.0));
        let enclosed =
            Sides::new(|_| std::iter::once(Part::at_most("", Interval::point(2.0), Interval::point(1.0))).collect());
        let known = claims::find("curvature-window").expect("in the registry");
        let policy = Policy::linear_softmax(1, vec![1.0, 0.0], vec![]).expect("fits");
        let (theta, direction, correct) = (vec![0.0], vec![1.0], vec![true, false]);
        let instance = Instance { policy, theta, direction, eta: 0.5, correct, then: vec![] };
        let decision = |given: &'static [Hypothesis]| certify(&ClaimEntry { given, enclosed, ..*known }, &instance).decision;
        assert_eq!(decision(&CERTAIN), Decision::Violated);
        assert_eq!(decision(&OPEN), Decision::Undecided);
        assert_eq!(decision(&FAILS), Decision::Outside);
    }
}
