//! Somebody's own bound: a comparison of two [expressions](crate::expression) under conditions, as data.
//!
//! Like a claim it is two numbers and a relation, over any kind of number; [`Conjecture::search`] looks for a counterexample.
//!
//! ```
//! use gradient_gap::Conjecture;
//! use gradient_gap::check::conjecture::Effort;
//!
//! # fn main() -> Result<(), gradient_gap::Error> {
//! // (16) with a constant that is too small, on hard prompts only.
//! let conjecture = Conjecture::parse("abs(dlambda - eta*dmu) <= 0.9*(L + G^2/2)*eta^2")?.given("J0 <= 0.5")?;
//! let found = conjecture.search(&Effort { evaluations: 100_000, ..Effort::default() })?;
//! let witness = found.witness.expect("refuted by a counterexample certified in interval arithmetic");
//! assert!(witness.computed[0] > witness.claimed[1]);
//!
//! // With the sharp constant nothing is found. That is no proof; `best_ratio` says how much of the bound was used.
//! let sharp = Conjecture::parse("abs(dlambda - eta*dmu) <= (L + G^2/2)*eta^2")?;
//! let found = sharp.search(&Effort { evaluations: 20_000, ..Effort::default() })?;
//! assert!(found.witness.is_none() && found.best_ratio > Some(0.9));
//! # Ok(())
//! # }
//! ```

use crate::error::Error;
use crate::expression::{
    Comparison, Definite, Expr, Program, Relation, Valued, Values, Word, difference, mark, parse, terms_of_one_sign,
};
use crate::number::Scalar;

/// A comparison of two expressions, to hold in every instance (η > 0, w ≠ 0) that satisfies the conditions.
#[derive(Clone, Debug)]
pub struct Conjecture {
    text: String,
    statement: Compared,
    /// X and B where the statement says X ≤ B with a B that is nowhere negative.
    share: Option<[Program; 2]>,
    given: Vec<(String, Compared)>,
    words: Vec<Word>,
}

/// A comparison, compiled.
#[derive(Clone, Debug)]
struct Compared {
    relation: Relation,
    /// The side that must be the smaller one, and the larger one, as they were written.
    sides: [Program; 2],
    /// Their difference, smaller less larger, rewritten so that it does not cancel.
    excess: Program,
    /// Whether it reads words that are suprema over the segment.
    supremum: bool,
}

/// What an instance says of a comparison "smaller ≤ larger".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compares<N> {
    /// Smaller less larger: above 0 the comparison is violated. Of an equality, left less right: it is violated by what is not 0.
    pub excess: N,
    /// The smaller and the larger side, in this order, as they were written.
    pub sides: [N; 2],
    /// Whether everything is defined for certain; without that it is no counterexample, and no instance that satisfies.
    pub defined: bool,
}

impl Compared {
    fn new(comparison: &Comparison) -> Compared {
        let Comparison { left, relation, right, .. } = comparison;
        let (small, large) = if relation.ascends() { (left, right) } else { (right, left) };
        let mut supremum = false;
        [left, right].into_iter().for_each(|side| side.for_each_word(&mut |word| supremum |= word.is_supremum()));
        let excess = Program::new(&difference(small, large));
        Compared { relation: *relation, sides: [Program::new(small), Program::new(large)], excess, supremum }
    }

    fn compare<N: Definite>(&self, words: &mut Values<'_, '_, N>) -> Compares<N> {
        let excess = self.excess.evaluate(words);
        let [small, large] = [0, 1].map(|side| self.sides[side].evaluate(words));
        let defined = excess.defined && small.defined && large.defined;
        Compares { excess: excess.value, sides: [small.value, large.value], defined }
    }

    fn is_violated<N: Definite>(&self, excess: N) -> bool {
        match self.relation {
            Relation::Equal => excess.is_surely_nonzero(),
            relation if relation.is_strict() => N::zero().surely_le(excess),
            _ => excess.is_surely_positive(),
        }
    }

    fn is_satisfied<N: Definite>(&self, excess: N) -> bool {
        match self.relation {
            Relation::Equal => N::zero().surely_le(excess) && excess.surely_le(N::zero()),
            relation if relation.is_strict() => (-excess).is_surely_positive(),
            _ => excess.surely_le(N::zero()),
        }
    }
}

/// X and B of "X ≤ B", "X ≥ Y − B" or "X ≤ Y + B", whichever fits first, with B nowhere negative.
fn share(comparison: &Comparison) -> Option<[Program; 2]> {
    let Comparison { left, relation, right, .. } = comparison;
    let (small, large) = match relation {
        Relation::Equal => return None,
        relation if relation.ascends() => (left, right),
        _ => (right, left),
    };
    let whole = || (large.range().lo() >= 0.0).then(|| (small.clone(), large.clone()));
    let below = || {
        let (bound, rest) = terms_of_one_sign(small, -1)?;
        Some((difference(&rest, large), bound))
    };
    let above = || {
        let (bound, rest) = terms_of_one_sign(large, 1)?;
        Some((difference(small, &rest), bound))
    };
    let (computed, bound): (Expr, Expr) = match relation.ascends() {
        true => whole().or_else(above).or_else(below)?,
        false => below().or_else(whole).or_else(above)?,
    };
    Some([Program::new(&computed), Program::new(&bound)])
}

impl Conjecture {
    /// Reads "LEFT REL RIGHT", REL one of <=, <, >=, >, ==.
    ///
    /// # Errors
    /// What is wrong, the text and a mark below the character; of unknown words the nearest known one. A chain of comparisons.
    pub fn parse(text: &str) -> Result<Conjecture, Error> {
        let comparisons = parse(text)?;
        let [comparison] = &comparisons[..] else {
            let second = comparisons[1].place;
            return Err(mark("a conjecture is one comparison; conditions are given apart", text, second, second + 1));
        };
        let (statement, share) = (Compared::new(comparison), share(comparison));
        let mut conjecture = Conjecture { text: one_line(text), statement, share, given: vec![], words: vec![] };
        conjecture.note_words(comparison);
        Ok(conjecture)
    }

    /// Adds a condition; a chain such as `0.1 <= J0 < 0.9` is several.
    ///
    /// # Errors
    /// As [`parse`](Conjecture::parse); an equality, which no instance would meet: a band says what is meant.
    pub fn given(mut self, text: &str) -> Result<Conjecture, Error> {
        for comparison in parse(text)? {
            if comparison.relation == Relation::Equal {
                return Err(mark(
                    "an equality is next to never met; ask for a band, such as abs(J0 - 0.5) <= 1e-3",
                    text,
                    comparison.place,
                    comparison.place + 2,
                ));
            }
            self.note_words(&comparison);
            self.given.push((one_line(text), Compared::new(&comparison)));
        }
        Ok(self)
    }

    fn note_words(&mut self, comparison: &Comparison) {
        for side in [&comparison.left, &comparison.right] {
            side.for_each_word(&mut |word| {
                if !self.words.contains(&word) {
                    self.words.push(word);
                }
            });
        }
    }

    /// The comparison as it was written, in one line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The conditions as they were written.
    pub fn conditions(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = self.given.iter().map(|(text, _)| text.as_str()).collect();
        texts.dedup(); // a chain is several
        texts
    }

    /// The words that occur, in the order in which they first do.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Whether the sides must differ, so that a difference of 0 violates.
    pub(crate) fn is_strict(&self) -> bool {
        self.statement.relation.is_strict()
    }

    /// By how much an [excess](Compares::excess) is too large: itself, of an equality its absolute value.
    pub(crate) fn magnitude(&self, excess: f64) -> f64 {
        if self.statement.relation == Relation::Equal { f64::abs(excess) } else { excess }
    }

    /// Whether the statement has a [share](Conjecture::share).
    pub(crate) fn has_share(&self) -> bool {
        self.share.is_some()
    }

    /// Whether a word that occurs in the statement or in a condition is a supremum over the segment, which binary64 only samples.
    pub(crate) fn reads_suprema(&self) -> bool {
        self.statement.supremum || self.given.iter().any(|(_, condition)| condition.supremum)
    }

    /// The two sides of the statement and their difference on the instance whose words are `words`, in the order smaller,
    /// larger.
    pub fn compare<N: Definite>(&self, words: &mut Values<'_, '_, N>) -> Compares<N> {
        self.statement.compare(words)
    }

    /// X and B, of which X/B is the share of the bound that an instance uses, where the statement has one of these forms and B is
    /// positive for certain: "X ≤ B", "X ≥ Y − B" with the share (Y − X)/B, "X ≤ Y + B" with (X − Y)/B.
    pub fn share<N: Definite>(&self, words: &mut Values<'_, '_, N>) -> Option<[N; 2]> {
        let [computed, bound] = self.share.as_ref()?;
        let bound: Valued<N> = bound.evaluate(words);
        let computed = computed.evaluate(words);
        let usable = bound.defined && computed.defined && bound.value.is_surely_positive();
        usable.then_some([computed.value, bound.value])
    }

    /// B alone.
    pub(crate) fn bound(&self, words: &mut Values<'_, '_, f64>) -> Option<f64> {
        let bound = self.share.as_ref()?[1].evaluate(words);
        (bound.defined && bound.value > 0.0).then_some(bound.value)
    }

    /// Whether an instance violates the statement for certain, given its excess.
    pub(crate) fn is_violated<N: Definite>(&self, compares: &Compares<N>) -> bool {
        compares.defined && self.statement.is_violated(compares.excess)
    }

    /// Whether an instance satisfies the statement for certain.
    pub(crate) fn is_satisfied<N: Definite>(&self, compares: &Compares<N>) -> bool {
        compares.defined && self.statement.is_satisfied(compares.excess)
    }

    /// Two answers: whether every condition holds for certain on the instance whose words are `words`; and whether one fails
    /// for certain or is certainly undefined.
    pub fn conditions_hold<N: Definite>(&self, words: &mut Values<'_, '_, N>) -> [bool; 2] {
        let (mut hold, mut fail) = (true, false);
        for (_, condition) in &self.given {
            let compares = condition.compare(words);
            hold &= compares.defined && condition.is_satisfied(compares.excess);
            let nowhere_defined = compares.sides.iter().any(|side| side.is_undefined());
            fail |= nowhere_defined || (compares.defined && condition.is_violated(compares.excess));
        }
        [hold, fail]
    }

    /// How far an instance is from the conditions, 0 where all hold in binary64: the largest d/(10 + d) of those that fail, d the
    /// distance of a condition's sides on a logarithmic scale, and 1 where one is undefined. (The largest and not the sum, which would
    /// be smallest where one condition holds by a hair and no step towards another can keep it.)
    pub(crate) fn distance(&self, words: &mut Values<'_, '_, f64>) -> f64 {
        let mut distance: f64 = 0.0;
        for (_, condition) in &self.given {
            let compares = condition.compare(words);
            if compares.defined && condition.is_satisfied(compares.excess) {
                continue;
            }
            let [small, large] = compares.sides.map(logarithmic);
            let apart = f64::abs(small - large);
            let known = compares.defined && apart.is_finite();
            // Never 0, however near.
            distance = distance.max(if known { (apart / (10.0 + apart)).max(1e-9) } else { 1.0 });
        }
        distance
    }
}

/// A text in one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// x on a scale that is logarithmic on both sides of 0, increasing from about −1455 to 1455, with 0 in the middle.
pub(crate) fn logarithmic(x: f64) -> f64 {
    const SHIFT: f64 = 745.0; // above −log of the smallest number > 0
    match f64::abs(x) {
        0.0 => 0.0,
        size => (Scalar::ln(size.min(f64::MAX)) + SHIFT).copysign(x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::conditions::triangle;
    use crate::evaluation::Evaluation;
    use crate::number::Interval;

    fn conjecture(text: &str) -> Conjecture {
        Conjecture::parse(text).unwrap_or_else(|e| panic!("{e}"))
    }

    /// At η = 1/16 on the triangle: Δμ = 1, J = 1/3.
    #[test]
    fn shares_by_hand() {
        let instance = triangle();
        let evaluation = Evaluation::<f64>::new(&instance, 8);
        let remainder = evaluation.step().remainder;
        let (curvature, eta) = (evaluation.constants().curvature, instance.eta);
        let bound = curvature * eta * eta / (2.0 * (2.0 / 3.0));
        for (text, expected) in [
            ("dlambda >= eta*dmu - L*eta^2/(2*(1-J0))", Some([-remainder, bound])),
            ("dlambda - eta*dmu >= -L*eta^2/(2*F0)", Some([-remainder, bound])),
            ("dlambda >= eta*(dmu - L*eta/(2*F0))", Some([-remainder, bound])),
            ("eta*dmu - L*eta^2/(2*F0) <= dlambda", Some([-remainder, bound])),
            ("dlambda <= eta*dmu + L*eta^2/(2*F0)", Some([remainder, bound])),
            ("abs(dlambda - eta*dmu) <= 3*L*eta^2 + G*eta^2", None),
            ("3*eta*dmu <= n_pos + n_neg", Some([3.0 * eta, 3.0])),
            ("n_pos + n_neg >= 3*eta*dmu", Some([3.0 * eta, 3.0])),
            ("n_pos >= J0 - 2", Some([1.0 / 3.0 - 1.0, 2.0])),
            ("eta <= log(2/F0)", Some([eta, 3f64.ln()])),
            ("dmu <= lambda1", None),
            ("eta == 2", None),
        ] {
            let found = conjecture(text).share(&mut Values::new(&evaluation));
            if text.contains("abs") {
                assert!(found.is_some_and(|[x, b]| (x - remainder.abs()).abs() < 1e-18 && b > 3.0 * curvature * eta * eta));
                continue;
            }
            match (found, expected) {
                (Some(found), Some(expected)) => {
                    found
                        .iter()
                        .zip(expected)
                        .for_each(|(x, y)| assert!((x - y).abs() <= 1e-14 * y.abs(), "{text}: {found:?}"));
                }
                (found, expected) => assert_eq!(found, expected, "{text}"),
            }
        }
    }

    #[test]
    fn relations_are_strict_or_not() {
        let instance = triangle();
        let evaluation = Evaluation::<Interval>::new(&instance, 1);
        for (text, violated, satisfied) in [
            ("eta <= eta", false, true),
            ("eta < eta", true, false),
            ("eta > eta", true, false),
            ("L == L", false, true),
            ("eta == 0.0625", false, true),
            ("eta == 0.06250001", true, false),
            ("2*eta > 0.125", true, false),
            ("J0 < 0.34", false, true),
            ("J0 >= 0.34", true, false),
            // 1/3 in binary64 is not 1/3: nothing is certain.
            ("J0 <= 1/3", false, false),
            ("J0 == 1/3", false, false),
            // Undefined, whatever it would be.
            ("log(eta - eta) <= 0", false, false),
            ("1/(J0 - 1/3) <= 0", false, false),
            ("(eta - 0.0625)/(eta - 0.0625) < 0", false, false),
            ("sqrt(J0 - 1/3) < 0", false, false),
            ("log(-eta) - log(-eta) < 0", false, false),
        ] {
            let conjecture = conjecture(text);
            let compares = conjecture.compare(&mut Values::new(&evaluation));
            let found = (conjecture.is_violated(&compares), conjecture.is_satisfied(&compares));
            assert_eq!(found, (violated, satisfied), "{text}: {compares:?}");
        }
    }

    #[test]
    fn conditions_are_bands_and_chains() {
        let instance = triangle();
        let evaluation = Evaluation::<f64>::new(&instance, 1);
        let statement = || conjecture("eta <= 1");
        let banded = statement().given("0.3 < J0 < 0.4").and_then(|c| c.given("abs(dmu-1) <= 1e-9")).expect("fits");
        assert_eq!(banded.conditions(), ["0.3 < J0 < 0.4", "abs(dmu-1) <= 1e-9"]);
        assert_eq!(banded.conditions_hold(&mut Values::new(&evaluation)), [true, false]);
        assert_eq!(banded.distance(&mut Values::new(&evaluation)), 0.0);
        let distance = |text| statement().given(text).expect("fits").distance(&mut Values::new(&evaluation));
        assert!(distance("J0 <= 0.3") > 0.0 && distance("J0 <= 0.3") < distance("J0 <= 0.03"));
        assert!(distance("J0 <= 0.03") < distance("log(-eta) <= 0"));
        let error = statement().given("J0 == 0.5").expect_err("an equality").to_string();
        assert!(error.contains("band") && error.ends_with("     ^^"), "{error}");
        let error = Conjecture::parse("0 <= J0 <= 1").expect_err("a chain").to_string();
        assert!(error.contains("one comparison"), "{error}");
    }

    #[test]
    fn the_logarithmic_scale_increases() {
        let xs = [f64::NEG_INFINITY, -1e300, -1.0, -1e-300, -5e-324, 0.0, 5e-324, 1e-20, 1.0, 1e10, f64::INFINITY];
        let images = xs.map(logarithmic);
        assert!(images.windows(2).all(|pair| pair[0] < pair[1]), "{images:?}");
        assert!(images[0] > -1500.0 && images[10] < 1500.0);
    }
}
