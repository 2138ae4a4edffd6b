//! What a conjecture reads of an instance, for people.

use super::enclosed::enclose;
use super::objective::PIECES;
use crate::conjecture::Conjecture;
use crate::evaluation::Evaluation;
use crate::expression::Values;
use crate::instance::Instance;
use crate::number::Interval;

/// A word of a conjecture on an instance, or one of its sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Its value in binary64; suprema are sampled.
    pub value: f64,
    /// The enclosure of its value, suprema taken over the whole segment.
    pub enclosure: Interval,
}

impl Conjecture {
    /// The words that occur on an instance, and the sides: in binary64, and enclosed with the segment cut into as many pieces as
    /// [`enclose`] takes.
    pub fn quantities(&self, instance: &Instance) -> Vec<Quantity> {
        let real = Evaluation::<f64>::new(instance, PIECES[1]);
        let enclosed = Evaluation::new(instance, enclose(self, instance).pieces);
        let (mut real, mut enclosed) = (Values::new(&real), Values::new(&enclosed));
        let named = self.words().iter().filter_map(|&word| Some((word, word.name()?)));
        let mut all: Vec<Quantity> = named
            .map(|(word, name)| Quantity {
                name,
                meaning: word.meaning(),
                value: real.get(word),
                enclosure: enclosed.get(word),
            })
            .collect();
        let (real, enclosed) = (self.compare(&mut real), self.compare(&mut enclosed));
        for (name, meaning, value, enclosure) in [
            ("smaller", "the side that must be the smaller one", real.sides[0], enclosed.sides[0]),
            ("larger", "the other side", real.sides[1], enclosed.sides[1]),
            ("excess", "smaller − larger, without cancellation", real.excess, enclosed.excess),
        ] {
            all.push(Quantity { name, meaning, value, enclosure });
        }
        all
    }
}
