//! Expressions over the quantities of an instance: the language of [conjectures](crate::check::conjecture).
//!
//! A bound is written as text, `dlambda >= eta*dmu - L*eta^2/(2*(1-J0))`, and is then data like a claim's two sides: it is
//! evaluated in binary64 and in intervals.
//!
//! ```text
//! comparison = sum (("<=" | ">=" | "<" | ">" | "==") sum)+
//! sum        = product (("+" | "-") product)*
//! product    = signed (("*" | "/") signed)*
//! signed     = "-" signed | power
//! power      = atom ("^" signed)?                     so -x^2 = -(x^2) and 2^3^2 = 2^(3^2)
//! atom       = number | word | function "(" sum ("," sum)* ")" | "(" sum ")"
//! ```
//!
//! Numbers are decimals and mean exactly what they say: of 0.1 an interval contains 1/10, and not only the binary64 number next to it. [`Word`] lists
//! the words, [`Function`] the functions. ≤, ≥, −, · and × may be written for <=, >=, -, * and *.
//!
//! Before it is evaluated a difference is rewritten so that it does not cancel: `dlambda - eta*dmu` is the remainder of the
//! step, formed directly, and `1 - J0` is F0.

mod number;
mod parse;
mod program;
mod rewrite;
mod terms;
mod words;

pub use number::{Number, Ratio};
pub(crate) use parse::mark;
pub use parse::{Comparison, MAX_LENGTH, Relation, parse};
pub use program::{Definite, Program, Valued, Values};
pub(crate) use rewrite::{difference, terms_of_one_sign};
pub use words::Word;

use crate::number::Interval;

/// An expression over the quantities of an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expr {
    /// A number.
    Number(Number),
    /// A quantity of the instance.
    Word(Word),
    /// −x, of the expression given.
    Negated(Box<Expr>),
    /// x ∘ y, of the operation and the two expressions given, x first.
    Binary(Operation, Box<Expr>, Box<Expr>),
    /// f(x, …), of the function and its arguments: one, or two and more for [`Function::Min`] and [`Function::Max`].
    Call(Function, Vec<Expr>),
}

/// An operation of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// x + y.
    Add,
    /// x − y.
    Subtract,
    /// x·y.
    Multiply,
    /// x/y, undefined where y = 0.
    Divide,
    /// x^y: for an integer y by multiplication (x^0 = 1; undefined where x = 0 and y < 0), for y = n/2 by the root (undefined where x < 0),
    /// else e^{y log x}, undefined where x ≤ 0.
    Power,
}

/// A function that an expression may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// |x|.
    Abs,
    /// The smallest of two or more numbers.
    Min,
    /// The largest of two or more numbers.
    Max,
    /// eˣ.
    Exp,
    /// The natural logarithm, undefined where x ≤ 0.
    Log,
    /// √x, undefined where x < 0.
    Sqrt,
    /// tanh x.
    Tanh,
    /// cosh x.
    Cosh,
}

impl Function {
    /// All functions.
    pub const ALL: [Function; 8] = [
        Function::Abs,
        Function::Min,
        Function::Max,
        Function::Exp,
        Function::Log,
        Function::Sqrt,
        Function::Tanh,
        Function::Cosh,
    ];

    /// Its name in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Function::Abs => "abs",
            Function::Min => "min",
            Function::Max => "max",
            Function::Exp => "exp",
            Function::Log => "log",
            Function::Sqrt => "sqrt",
            Function::Tanh => "tanh",
            Function::Cosh => "cosh",
        }
    }

    /// Whether it takes two or more arguments, and not one.
    pub(crate) fn takes_several(self) -> bool {
        matches!(self, Function::Min | Function::Max)
    }
}

impl Expr {
    /// x ∘ y.
    pub(crate) fn binary(operation: Operation, x: Expr, y: Expr) -> Expr {
        Expr::Binary(operation, Box::new(x), Box::new(y))
    }

    /// Tells `see` every word, from left to right.
    pub(crate) fn for_each_word(&self, see: &mut impl FnMut(Word)) {
        match self {
            Expr::Number(_) => {}
            Expr::Word(word) => see(*word),
            Expr::Negated(x) => x.for_each_word(see),
            Expr::Binary(_, x, y) => {
                x.for_each_word(see);
                y.for_each_word(see);
            }
            Expr::Call(_, arguments) => arguments.iter().for_each(|x| x.for_each_word(see)),
        }
    }

    /// Whether it is written with numbers and operations alone.
    pub(crate) fn is_number(&self) -> bool {
        match self {
            Expr::Number(_) => true,
            Expr::Word(_) | Expr::Call(..) => false,
            Expr::Negated(x) => x.is_number(),
            Expr::Binary(_, x, y) => x.is_number() && y.is_number(),
        }
    }

    /// Where the value lies, whatever the instance: from the ranges of the words alone.
    pub fn range(&self) -> Interval {
        Program::new(self).evaluate(&mut Values::ranges()).value
    }
}
