//! Deliberate mistakes that the checks above must notice.

use super::expression_trees::*;
use super::truth::*;
use super::*;

/// An interval type that forgets to round outward is caught at every inexact operation.
#[test]
fn rounding_to_nearest_is_caught() {
    let mut draw = Draw::new(10);
    let mut inexact = 0;
    for _ in 0..500 {
        let (x, y) = (draw.between(-3.0, 3.0), draw.between(-3.0, 3.0));
        for op in Binary::ALL {
            let truth = Truth::of(x).binary(op, &Truth::of(y));
            let (lo, hi) = truth.ends();
            if lo < hi {
                inexact += 1;
                assert!(check(Interval::of(op.of(x, y)), &truth, 0).is_err(), "{op:?} {x} {y}");
            }
        }
        let truth = Truth::of(x).unary(Exp).expect("moderate");
        assert!(check(Interval::of(Scalar::exp(x)), &truth, 2).is_err(), "exp {x}");
    }
    assert!(inexact > 1_000, "{inexact}");
}

/// An enclosure that is only sound is caught too, as is one with a single place too many.
#[test]
fn width_is_caught() {
    let truth = Truth::of(1.0).binary(Div, &Truth::of(3.0));
    let third = Interval::of(1.0) / Interval::of(3.0);
    assert!(check(third, &truth, 0).is_ok());
    assert!(check(Interval::WHOLE, &truth, 1_000).is_err());
    assert!(check(Interval::new(third.lo().next_down(), third.hi()), &truth, 0).is_err());
    assert!(check(Interval::new(third.lo(), third.hi().next_up()), &truth, 0).is_err());
    assert!(check(Interval::EMPTY, &truth, 1_000).is_err());
}

#[test]
fn wrong_derivatives_are_caught() {
    let log = Apply(Ln, Box::new(Input(0)));
    let exact = jets::differences(&log, 0.7);
    let rounded = exact.clone().map(|t| t.ends().0);
    let right = Jet::variable(0.7).ln();
    assert!(jets::agree(right, rounded).is_ok());
    for wrong in [
        Jet { first: right.first * (1.0 + 1e-12), ..right },
        Jet { second: -right.second, ..right },
        Jet { second: right.second / 2.0, ..right },
        Jet { value: f64::NAN, ..right },
    ] {
        assert!(jets::agree(wrong, rounded).is_err(), "{wrong:?}");
    }
    let right = Jet::variable(Interval::of(0.7)).ln();
    assert!(jets::enclose(right, &exact).is_ok());
    let shift = Interval::of(1e-14);
    for wrong in [
        Jet { first: right.first + shift, ..right },
        Jet { second: right.second - shift, ..right },
        Jet { second: Interval::WHOLE, ..right },
        Jet { value: Interval::EMPTY, ..right },
    ] {
        assert!(jets::enclose(wrong, &exact).is_err(), "{wrong:?}");
    }
}
