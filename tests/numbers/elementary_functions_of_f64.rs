//! The `f64` functions err by no more than they say: `exp`, `exp_m1` and `exp_remainder` are the crate's own, the others
//! `pxfm`'s, correctly rounded. (Intervals take all of them from `pxfm` and have tests of their own.)

use super::truth::*;
use super::*;

fn points(op: Unary) -> Vec<f64> {
    let mut draw = Draw::new(1);
    let mut points = vec![0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::MAX, 2.0, 1e22];
    for i in 0..600 {
        let size = 10f64.powf(draw.between(-20.0, 3.0));
        points.extend([draw.bits(), draw.mixed(), size, -size, 1.0 + draw.between(-1e-3, 1e-3)]);
        points.push(match op {
            // Values from overflow down through every subnormal exponent.
            Exp => {
                if i % 2 == 0 {
                    draw.between(-745.2, -708.0)
                } else {
                    draw.between(-745.2, 709.8)
                }
            }
            ExpM1 => draw.between(-45.0, 709.8),
            Ln | Sqrt => draw.bits().abs() * 1e-290,
            Ln1p => draw.between(-1.0, 1.0),
            Sin | Cos | Atan => draw.between(-100.0, 100.0),
        });
    }
    points.retain(|&x| op.defined_at(x));
    points
}

/// By how many places a value may differ from the nearest number.
fn stated(op: Unary) -> i64 {
    match op {
        Exp => 1,
        ExpM1 => 3,
        Ln | Ln1p | Sqrt | Sin | Cos | Atan => 0,
    }
}

#[test]
fn err_by_no_more_than_stated() {
    for op in Unary::ALL.into_iter().chain([Atan]) {
        let points = points(op);
        assert!(points.len() > 2_000, "{op:?}: {} points", points.len());
        for x in points {
            let truth = Truth::of(x).unary(op).expect("inside the domain");
            let (value, nearest) = (op.of(x), truth.nearest());
            let error = places(value, nearest).abs();
            assert!(error <= stated(op), "{op:?}({x:e}) = {value:e}, not {nearest:e}: {error} places");
        }
    }
}

/// Where the result is subnormal, or the argument outside the range, or not a number at all.
#[test]
fn exponentials_at_the_ends_of_the_range() {
    for x in [-7.088309019348773e2, -710.5563739673497, -709.1361801919273, -7.107978578291887e2, -745.1332191019411] {
        let truth = Truth::of(x).unary(Exp).expect("inside the domain");
        assert!(places(Scalar::exp(x), truth.nearest()).abs() <= 1, "exp({x}) = {:e}", Scalar::exp(x));
        check(Interval::of(x).exp(), &truth, 2).unwrap();
    }
    let infinity = f64::INFINITY;
    for (x, exp, exp_m1, remainder) in [
        (0.0, 1.0, 0.0, 0.0),
        (-746.0, 0.0, -1.0, 745.0),
        (-1e300, 0.0, -1.0, 1e300),
        (-infinity, 0.0, -1.0, infinity),
        (709.9, infinity, infinity, infinity),
        (1e300, infinity, infinity, infinity),
        (infinity, infinity, infinity, infinity),
    ] {
        assert_eq!((Scalar::exp(x), Scalar::exp_m1(x), x.exp_remainder()), (exp, exp_m1, remainder), "at {x}");
    }
    assert!(f64::MAX > Scalar::exp(709.782712893384) && Scalar::exp(709.782712893384) > 1.797e308);
    for value in [Scalar::exp(f64::NAN), Scalar::exp_m1(f64::NAN), f64::NAN.exp_remainder()] {
        assert!(value.is_nan());
    }
}

/// eˣ − 1 − x and x − sin x lose no digits anywhere near 0.
#[test]
fn remainders_keep_their_digits() {
    let mut draw = Draw::new(2);
    for i in 0..2_000 {
        let x = match i % 2 {
            0 => draw.between(-1.0, 1.0) * 10f64.powf(draw.between(-140.0, 1.0)),
            _ => draw.between(-2.0, 2.0),
        };
        let truth = Truth::of(x).exp_remainder().expect("moderate");
        let error = places(x.exp_remainder(), truth.nearest()).abs();
        assert!(error <= 8, "exp_remainder({x:e}) is {error} places off");
        if x.abs() > 1e-90 {
            let truth = Truth::with_bits(x, 800);
            let truth = truth.binary(Sub, &truth.unary(Sin).expect("everywhere"));
            let error = places(x.sub_sin(), truth.nearest()).abs();
            assert!(error <= 8, "sub_sin({x:e}) is {error} places off");
        }
    }
}
