//! Products: a number times powers of words and of other expressions.

use super::number::{Number, Ratio};
use super::{Expr, Operation, Word};

/// A number times powers of words and of other expressions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    /// The number.
    pub coefficient: Ratio,
    /// By expression, in rising order, each once and to a power that is not 0.
    pub factors: Vec<(Expr, i32)>,
}

/// The largest exponent to which a power is taken apart.
pub(super) const MOST: i32 = 1 << 10;

impl Term {
    /// A number.
    pub fn number(coefficient: Ratio) -> Term {
        Term { coefficient, factors: vec![] }
    }

    /// An expression, to the first power.
    pub fn of(expr: Expr) -> Term {
        Term { coefficient: Ratio::ONE, factors: vec![(expr, 1)] }
    }

    /// The product; `None` where its numbers do not fit.
    pub fn times(&self, other: &Term) -> Option<Term> {
        let coefficient = self.coefficient.times(other.coefficient)?;
        let mut factors = self.factors.clone();
        for (expr, power) in &other.factors {
            match factors.binary_search_by(|(known, _)| known.cmp(expr)) {
                Ok(at) => {
                    factors[at].1 = factors[at].1.checked_add(*power).filter(|n| n.abs() <= MOST)?;
                    if factors[at].1 == 0 {
                        factors.remove(at);
                    }
                }
                Err(at) => factors.insert(at, (expr.clone(), *power)),
            }
        }
        Some(Term { coefficient, factors })
    }

    /// The n-th power, n ≠ 0.
    pub fn power(&self, n: i32) -> Option<Term> {
        let base = if n < 0 { self.coefficient.inverse()? } else { self.coefficient };
        let coefficient = match base == Ratio::ONE {
            true => base,
            false => (0..n.unsigned_abs().min(MOST as u32)).try_fold(Ratio::ONE, |product, _| product.times(base))?,
        };
        let raised = |(expr, power): &(Expr, i32)| Some((expr.clone(), power.checked_mul(n).filter(|n| n.abs() <= MOST)?));
        Some(Term { coefficient, factors: self.factors.iter().map(raised).collect::<Option<_>>()? })
    }

    /// This term without one factor `word`, which it has to the first power.
    pub fn without(&self, word: Word) -> Option<Term> {
        let at = self.factors.iter().position(|factor| *factor == (Expr::Word(word), 1))?;
        let mut rest = self.clone();
        rest.factors.remove(at);
        Some(rest)
    }

    /// This term times these words and this integer.
    pub fn with(&self, sign: i128, words: &[Word]) -> Option<Term> {
        let sign = Term::number(Ratio::new(sign, 1)?);
        words.iter().try_fold(self.times(&sign)?, |product, &word| product.times(&Term::of(Expr::Word(word))))
    }

    /// −x.
    pub fn negated(self) -> Term {
        Term { coefficient: self.coefficient.negated(), ..self }
    }

    /// The product as an expression.
    pub fn expr(&self) -> Expr {
        let raised = |(expr, power): &(Expr, i32), sign: i32| match power * sign {
            1 => expr.clone(),
            n => {
                let n = Ratio::new(i128::from(n), 1).unwrap_or(Ratio::ONE); // it fits
                Expr::binary(Operation::Power, expr.clone(), Expr::Number(Number::Ratio(n)))
            }
        };
        let product = |factors: Vec<Expr>| factors.into_iter().reduce(|x, y| Expr::binary(Operation::Multiply, x, y));
        let mut above: Vec<Expr> = self.factors.iter().filter(|(_, n)| *n > 0).map(|factor| raised(factor, 1)).collect();
        let below: Vec<Expr> = self.factors.iter().filter(|(_, n)| *n < 0).map(|factor| raised(factor, -1)).collect();
        if above.is_empty() || self.coefficient != Ratio::ONE {
            above.insert(0, Expr::Number(Number::Ratio(self.coefficient)));
        }
        let above = product(above).unwrap_or(Expr::Number(Number::Ratio(Ratio::ONE))); // never empty
        match product(below) {
            Some(below) => Expr::binary(Operation::Divide, above, below),
            None => above,
        }
    }
}
