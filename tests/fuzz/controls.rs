//! Deliberately wrong intervals: the same checker must catch every one of them. Each makes one mistake, in one operation.

use super::bytes::Bytes;
use super::interval::{Enclosure, Program, check};
use super::{Interval, Scalar, alone, random_bytes};
use std::cell::Cell;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// From the operands (the second is the first again where there is one only) and the right result to a wrong one.
type Mistake = (&'static str, &'static str, fn(Interval, Interval, Interval) -> Interval);

/// An interval from two ends in either order.
fn ends(a: f64, b: f64) -> Interval {
    Interval::new(a.min(b), a.max(b))
}

/// `right` with its upper end one place too low, where it has room for that.
fn one_place_less(_: Interval, _: Interval, right: Interval) -> Interval {
    if right.is_bounded() && right.lo() < right.hi() { Interval::new(right.lo(), right.hi().next_down()) } else { right }
}

/// What `right` would be by the values at both ends of x alone; `right` where that is not defined.
fn of_ends(x: Interval, right: Interval, f: impl Fn(f64) -> f64) -> Interval {
    let [a, b] = [x.lo(), x.hi()].map(f);
    if x.is_bounded() && a.is_finite() && b.is_finite() {
        ends(a.next_down().min(a), b.next_up().max(b)).hull(ends(a, b))
    } else {
        right
    }
}

const MISTAKES: [Mistake; 31] = [
    ("of", "the next number", |x, _, right| if right.is_bounded() { Interval::of(x.lo().next_up()) } else { right }),
    ("add", "one place too narrow", one_place_less),
    ("add", "NaN for an end", |_, _, right| if right.is_bounded() { right } else { Interval::EMPTY }),
    ("sub", "lower end from the lower ends", |x, y, right| ends(x.lo() - y.lo(), right.hi())),
    ("mul", "one place too narrow", one_place_less),
    (
        "mul",
        "signs overlooked",
        |x, y, right| if right.is_bounded() { ends(x.lo() * y.lo(), x.hi() * y.hi()) } else { right },
    ),
    ("div", "one place too narrow", one_place_less),
    ("div", "zero inside the divisor overlooked", |x, y, right| match y.contains(0.0) && y.lo() < 0.0 && y.hi() > 0.0 {
        true => ends(x.lo() / y.lo(), x.hi() / y.hi()),
        false => right,
    }),
    ("neg", "ends not exchanged", |x, _, right| if x.is_bounded() { ends(-x.hi(), -x.hi()) } else { right }),
    ("exp", "one place too narrow", one_place_less),
    ("exp", "wider for points than for others", |x, _, right| match x.lo() == x.hi() {
        true => right + Interval::new(-1e-3, 1e-3),
        false => right,
    }),
    ("exp_m1", "eˣ less 1", |x, _, _| Interval::new(x.exp().mid() - 1.0, x.exp().mid() - 1.0)),
    ("exp_remainder", "the values at both ends", |x, _, right| of_ends(x, right, |x| x.exp_remainder())),
    ("ln", "one place too narrow", one_place_less),
    ("ln", "clipped at 1", |x, _, right| right.intersection(Interval::new(0.0, x.hi()))),
    ("ln_1p", "x − x²/2", |x, _, _| x - x.square() / Interval::of(2.0)),
    ("sqrt", "one place too narrow", one_place_less),
    ("sin", "the values at both ends", |x, _, right| of_ends(x, right, Scalar::sin)),
    ("cos", "the values at both ends", |x, _, right| of_ends(x, right, Scalar::cos)),
    ("sub_sin", "x³/6", |x, _, _| x.powi(3) / Interval::of(6.0)),
    ("abs", "the values at both ends", |x, _, right| of_ends(x, right, f64::abs)),
    ("square", "the values at both ends", |x, _, right| of_ends(x, right, |x| x * x)),
    ("powi", "the square", |x, _, _| x.square()),
    ("hull", "the second", |_, y, _| y),
    ("min", "the first", |x, _, _| x),
    ("max", "the second", |_, y, _| y),
    ("softplus", "the positive part", |x, _, _| Scalar::max(x, Interval::zero())),
    ("softplus", "one part in 2⁴⁰ too large", |_, _, right| right * Interval::of(1.0 + 1e-12)),
    ("surely_le", "by the middles", |x, y, _| Interval::of(f64::from(u8::from(x.mid() <= y.mid())))),
    ("surely_le", "by the lower ends", |x, y, _| Interval::of(f64::from(u8::from(x.lo() <= y.lo())))),
    ("cover", "no mistake", |_, _, right| right),
];

thread_local! {
    /// Which mistake is made, by its position.
    static MADE: Cell<usize> = const { Cell::new(0) };
}

/// An interval with that mistake.
#[derive(Clone, Copy, Debug)]
struct Wrong(Interval);

fn spoiled(operation: &str, x: Interval, y: Interval, right: Interval) -> Wrong {
    let (name, _, mistake) = MISTAKES[MADE.get()];
    Wrong(if name == operation && !right.is_empty() { mistake(x, y, right) } else { right })
}

impl Enclosure for Wrong {
    fn around(x: Interval) -> Self {
        Wrong(x)
    }
    fn known(self) -> Interval {
        self.0
    }
}

macro_rules! operators {
    ($($trait:ident $name:ident),*) => {$(
        impl $trait for Wrong {
            type Output = Wrong;
            fn $name(self, other: Wrong) -> Wrong {
                spoiled(stringify!($name), self.0, other.0, $trait::$name(self.0, other.0))
            }
        }
    )*};
}
operators!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Wrong {
    type Output = Wrong;
    fn neg(self) -> Wrong {
        spoiled("neg", self.0, self.0, -self.0)
    }
}

macro_rules! functions {
    ($($name:ident),*) => {$(
        fn $name(self) -> Wrong {
            spoiled(stringify!($name), self.0, self.0, Scalar::$name(self.0))
        }
    )*};
}

macro_rules! functions_of_two {
    ($($name:ident),*) => {$(
        fn $name(self, other: Wrong) -> Wrong {
            spoiled(stringify!($name), self.0, other.0, Scalar::$name(self.0, other.0))
        }
    )*};
}

impl Scalar for Wrong {
    fn of(x: f64) -> Wrong {
        spoiled("of", Interval::of(x), Interval::of(x), Interval::of(x))
    }
    fn between(lo: f64, hi: f64) -> Wrong {
        Wrong(Interval::between(lo, hi))
    }
    functions!(exp, exp_m1, exp_remainder, ln, ln_1p, sqrt, sin, cos, atan, sub_sin, abs, square, softplus);
    functions_of_two!(hull, min, max);
    fn powi(self, n: i32) -> Wrong {
        spoiled("powi", self.0, self.0, self.0.powi(n))
    }
    fn mid(self) -> f64 {
        self.0.mid()
    }
    fn is_zero(self) -> bool {
        self.0.is_zero()
    }
    fn surely_le(self, other: Wrong) -> bool {
        let right = Interval::of(f64::from(u8::from(self.0.surely_le(other.0))));
        spoiled("surely_le", self.0, other.0, right).0 == Interval::one()
    }
    fn cover(x: f64, pieces: usize) -> impl Iterator<Item = Wrong> {
        Interval::cover(x, pieces).map(Wrong)
    }
}

/// Without a mistake there is nothing to catch: the wrapper is as good as what it wraps.
#[test]
fn no_mistake_is_seen_where_there_is_none() {
    let _alone = alone();
    MADE.set(MISTAKES.len() - 1);
    for case in 0..1_500 {
        let program = Program::decode(&mut Bytes::new(&random_bytes(2, case)));
        assert_eq!(check::<Wrong>(&program), check::<Interval>(&program), "case {case}");
        check::<Interval>(&program).unwrap_or_else(|e| panic!("case {case}: {e}"));
    }
}

/// The number of random programs until one shows a mistake.
fn caught(mistake: usize, programs: u64) -> Option<u64> {
    MADE.set(mistake);
    (0..programs).find(|&case| check::<Wrong>(&Program::decode(&mut Bytes::new(&random_bytes(2, case)))).is_err())
}

#[test]
fn every_mistake_is_caught() {
    let _alone = alone();
    let missed = MISTAKES.iter().enumerate().filter(|(mistake, _)| caught(*mistake, 1_500).is_none());
    assert_eq!(missed.map(|(_, (operation, what, _))| (*operation, *what)).collect::<Vec<_>>(), [("cover", "no mistake")]);
}
