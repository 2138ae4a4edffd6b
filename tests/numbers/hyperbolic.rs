//! cosh and tanh, which are made of other functions: numbers, intervals and jets against their formulas at 400 bits.

use super::jets::{agree, enclose};
use super::truth::*;
use super::*;

fn exact(x: f64) -> Truth {
    Truth::with_bits(x, 400)
}

/// cosh x and sinh x.
fn both(x: f64) -> [Truth; 2] {
    let half = |x: f64| exact(x).unary(Exp).expect("moderate").binary(Mul, &exact(0.5));
    [half(x).binary(Add, &half(-x)), half(x).binary(Sub, &half(-x))]
}

/// Value, first and second derivative of cosh and of tanh.
fn derivatives(x: f64) -> [[Truth; 3]; 2] {
    let [cosh, sinh] = both(x);
    let tanh = sinh.binary(Div, &cosh);
    let first = exact(1.0).binary(Sub, &tanh.binary(Mul, &tanh));
    let second = exact(-2.0).binary(Mul, &tanh).binary(Mul, &first);
    [[cosh.clone(), sinh, cosh], [tanh, first, second]]
}

const POINTS: [f64; 11] = [-30.0, -3.5, -1.0, -0.3, -1e-9, 1e-20, 1e-12, 0.25, 0.75, 2.0, 25.0];

#[test]
fn numbers_intervals_and_jets_agree_with_formulas() {
    for x in POINTS {
        let expected = derivatives(x);
        for (value, [exact, ..]) in [x.cosh(), x.tanh()].into_iter().zip(&expected) {
            let value: f64 = value;
            assert!(places(value, exact.nearest()).abs() <= 6, "at {x}: {value:e}, not {:e}", exact.nearest());
        }
        let jets = [Jet::variable(x).cosh(), Jet::variable(x).tanh()];
        let point = Jet::variable(Interval::of(x));
        for ((jet, enclosure), exact) in jets.into_iter().zip([point.cosh(), point.tanh()]).zip(&expected) {
            agree(jet, exact.clone().map(|part| part.nearest())).unwrap_or_else(|e| panic!("at {x}: {e}"));
            enclose(enclosure, exact).unwrap_or_else(|e| panic!("enclosure at {x}: {e}"));
        }
    }
}

/// The ends of an interval give the ends of tanh, and of cosh where 0 is not inside.
#[test]
fn intervals_enclose_what_lies_between() {
    for (i, lo) in POINTS.into_iter().enumerate() {
        for hi in POINTS.into_iter().skip(i) {
            let over = Interval::new(lo, hi);
            let [[low, ..], [below, ..]] = derivatives(lo);
            let [[high, ..], [above, ..]] = derivatives(hi);
            let (tanh, cosh) = (over.tanh(), over.cosh());
            let near = |a: f64, b: f64| places(a, b).abs() <= 6;
            assert!(tanh.lo() <= below.ends().1 && above.ends().0 <= tanh.hi(), "[{lo}, {hi}]: {tanh:?}");
            assert!(near(tanh.lo(), below.nearest()) && near(tanh.hi(), above.nearest()), "[{lo}, {hi}]: {tanh:?}");
            let top = f64::max(low.nearest(), high.nearest());
            let bottom = if lo <= 0.0 && hi >= 0.0 { 1.0 } else { f64::min(low.nearest(), high.nearest()) };
            assert!(cosh.lo() <= bottom && top <= cosh.hi(), "[{lo}, {hi}]: {cosh:?}");
            assert!(near(cosh.lo(), bottom) && near(cosh.hi(), top), "[{lo}, {hi}]: {cosh:?}");
        }
    }
    let zero = Interval::zero();
    assert_eq!((zero.tanh(), zero.cosh().lo()), (zero, 1.0));
    assert!(Interval::EMPTY.tanh().is_empty() && Interval::EMPTY.cosh().is_empty());
}
