//! Expressions compiled for evaluation, over binary64 and over intervals.

use super::number::Number;
use super::rewrite::constant;
use super::{Expr, Function, Operation, Word};
use crate::evaluation::Evaluation;
use crate::number::{Interval, Scalar};
use smallvec::SmallVec;

/// A number that an expression can be evaluated with: it knows for certain where operations are defined.
pub trait Definite: Scalar {
    /// A number that is written in an expression: the nearest one in binary64, and its enclosure.
    fn literal(nearest: f64, enclosed: Interval) -> Self;
    /// Whether x ≠ 0 for certain.
    fn is_surely_nonzero(self) -> bool;
    /// Whether x > 0 for certain.
    fn is_surely_positive(self) -> bool;
    /// Whether x is no number at all: NaN, or the empty interval.
    fn is_undefined(self) -> bool;
}

impl Definite for f64 {
    fn literal(nearest: f64, _: Interval) -> f64 {
        nearest
    }
    fn is_surely_nonzero(self) -> bool {
        self != 0.0
    }
    fn is_surely_positive(self) -> bool {
        self > 0.0
    }
    fn is_undefined(self) -> bool {
        self.is_nan()
    }
}

impl Definite for Interval {
    fn literal(_: f64, enclosed: Interval) -> Interval {
        enclosed
    }
    fn is_surely_nonzero(self) -> bool {
        self.surely_positive() || self.surely_negative()
    }
    fn is_surely_positive(self) -> bool {
        self.surely_positive()
    }
    fn is_undefined(self) -> bool {
        self.is_empty()
    }
}

/// A value, and whether it is certain that every operation behind it is defined: no 0/0, no logarithm of what may be 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Valued<N> {
    /// The value; arbitrary where it is not defined.
    pub value: N,
    /// Whether it is defined for certain.
    pub defined: bool,
}

/// The values of words on one instance, computed when first asked for.
#[derive(Debug)]
pub struct Values<'e, 'a, N> {
    evaluation: Option<&'e Evaluation<'a, N>>,
    known: [Option<N>; Word::COUNT],
}

impl<'e, 'a, N: Scalar> Values<'e, 'a, N> {
    /// The words of the instance of `evaluation`, none of them computed yet.
    pub fn new(evaluation: &'e Evaluation<'a, N>) -> Self {
        Values { evaluation: Some(evaluation), known: [None; Word::COUNT] }
    }

    /// The value of a word on the instance; suprema are sampled in binary64 and enclosed in intervals.
    pub fn get(&mut self, word: Word) -> N {
        let (slot, evaluation) = (&mut self.known[word as usize], self.evaluation);
        // Without an evaluation there are the ranges, and of them all.
        *slot.get_or_insert_with(|| evaluation.map_or(N::zero(), |evaluation| word.value(evaluation)))
    }
}

impl Values<'_, '_, Interval> {
    /// Of every word all values that it has in any instance.
    pub(super) fn ranges() -> Self {
        let mut known = [Some(Interval::WHOLE); Word::COUNT];
        let mut set = |word: Word| known[word as usize] = Some(word.range());
        Word::NAMED.into_iter().for_each(&mut set);
        [Word::JChange, Word::LogJ0, Word::LogJ1, Word::LogF0, Word::LogF1].into_iter().for_each(set);
        Values { evaluation: None, known }
    }
}

/// One operation on a stack of numbers.
#[derive(Clone, Debug, PartialEq)]
enum Code {
    Number(f64, Interval),
    Word(Word),
    Negate,
    Binary(Operation),
    /// To an integer power.
    Integer(i32),
    /// To the power n/2.
    Halves(i32),
    Call(Function, usize),
}

/// An expression as a sequence of operations on a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    codes: Vec<Code>,
}

impl Program {
    /// Compiles an expression.
    pub fn new(expr: &Expr) -> Program {
        let mut program = Program { codes: vec![] };
        program.add(expr);
        program
    }

    fn number(&mut self, number: Number) {
        self.codes.push(Code::Number(number.value(), number.enclosed()));
    }

    fn add(&mut self, expr: &Expr) {
        match expr {
            Expr::Number(number) => self.number(*number),
            Expr::Word(word) => self.codes.push(Code::Word(*word)),
            Expr::Negated(x) => {
                self.add(x);
                self.codes.push(Code::Negate);
            }
            Expr::Binary(Operation::Power, x, y) => {
                self.add(x);
                // Only of numbers: an exponent with words or functions may be undefined, whatever is left of it.
                match constant(y).filter(|_| y.is_number()).map(|y| (y.integer(), y.halves())) {
                    Some((Some(n), _)) => self.codes.push(Code::Integer(n)),
                    Some((None, Some(n))) => self.codes.push(Code::Halves(n)),
                    _ => {
                        self.add(y);
                        self.codes.push(Code::Binary(Operation::Power));
                    }
                }
            }
            Expr::Binary(operation, x, y) => {
                self.add(x);
                self.add(y);
                self.codes.push(Code::Binary(*operation));
            }
            Expr::Call(function, arguments) => {
                arguments.iter().for_each(|x| self.add(x));
                self.codes.push(Code::Call(*function, arguments.len()));
            }
        }
    }

    /// The value of the expression on the instance whose words are `words`, and whether it is defined for certain.
    pub fn evaluate<N: Definite>(&self, words: &mut Values<'_, '_, N>) -> Valued<N> {
        let mut stack: SmallVec<[N; 16]> = SmallVec::new();
        let mut defined = true;
        for code in &self.codes {
            let value = match code {
                Code::Number(nearest, enclosed) => N::literal(*nearest, *enclosed),
                Code::Word(word) => words.get(*word),
                Code::Call(function, count) if *count > 1 => {
                    let arguments = stack.drain(stack.len() - count..);
                    let smaller = *function == Function::Min;
                    let chosen = arguments.reduce(|x, y| if smaller { x.min(y) } else { x.max(y) });
                    chosen.unwrap_or(N::zero()) // there are two or more
                }
                // A compiled expression leaves the operands of every operation on the stack.
                _ => match (code, stack.pop().unwrap_or(N::zero())) {
                    (Code::Binary(operation), y) => {
                        let x = stack.pop().unwrap_or(N::zero());
                        binary(*operation, x, y, &mut defined)
                    }
                    (Code::Integer(n), x) => {
                        defined &= *n >= 0 || x.is_surely_nonzero();
                        x.powi(*n)
                    }
                    (Code::Halves(n), x) => {
                        defined &= if *n < 0 { x.is_surely_positive() } else { N::zero().surely_le(x) };
                        x.sqrt().powi(*n)
                    }
                    (Code::Call(function, _), x) => call(*function, x, &mut defined),
                    (_, x) => -x,
                },
            };
            defined &= !value.is_undefined();
            stack.push(value);
        }
        Valued { value: stack.pop().unwrap_or(N::zero()), defined }
    }
}

fn binary<N: Definite>(operation: Operation, x: N, y: N, defined: &mut bool) -> N {
    match operation {
        Operation::Add => x + y,
        Operation::Subtract => x - y,
        Operation::Multiply => x * y,
        Operation::Divide => {
            *defined &= y.is_surely_nonzero();
            x / y
        }
        Operation::Power => {
            *defined &= x.is_surely_positive();
            (y * x.ln()).exp()
        }
    }
}

fn call<N: Definite>(function: Function, x: N, defined: &mut bool) -> N {
    match function {
        Function::Abs => x.abs(),
        Function::Min | Function::Max => x,
        Function::Exp => x.exp(),
        Function::Log => {
            *defined &= x.is_surely_positive();
            x.ln()
        }
        Function::Sqrt => {
            *defined &= N::zero().surely_le(x);
            x.sqrt()
        }
        Function::Tanh => x.tanh(),
        Function::Cosh => x.cosh(),
    }
}
