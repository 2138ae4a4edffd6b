//! What `Interval`'s one place of widening rests on: the `f64` functions are correctly rounded.

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
            Sin | Cos => draw.between(-100.0, 100.0),
        });
    }
    points.retain(|&x| op.defined_at(x));
    points
}

/// An error of at most half a unit in the last place; where eˣ is subnormal, of at most one more.
#[test]
fn are_correctly_rounded() {
    for op in Unary::ALL {
        let points = points(op);
        assert!(points.len() > 2_000, "{op:?}: {} points", points.len());
        for x in points {
            let truth = Truth::of(x).unary(op).expect("inside the domain");
            let (value, nearest) = (op.of(x), truth.nearest());
            let allowed = i64::from(op == Exp && x < -708.39);
            assert!(places(value, nearest).abs() <= allowed, "{op:?}({x:e}) = {value:e}, not {nearest:e}");
        }
    }
}

/// Points at which `pxfm` 0.1.30 itself is wrong by factors of 1.3 to 10: its accurate path drops the leading part of a
/// subnormal exponential.
#[test]
fn subnormal_exponentials_are_right() {
    for x in [-7.088309019348773e2, -710.5563739673497, -709.1361801919273, -7.107978578291887e2, -7.086117833388489e2] {
        let truth = Truth::of(x).unary(Exp).expect("inside the domain");
        assert!(places(Scalar::exp(x), truth.nearest()).abs() <= 1, "exp({x}) = {:e}", Scalar::exp(x));
        check(Interval::of(x).exp(), &truth, 2).unwrap();
    }
}

/// eˣ − 1 − x and x − sin x lose no digits anywhere near 0.
#[test]
fn remainders_keep_their_digits() {
    let mut draw = Draw::new(2);
    for _ in 0..600 {
        let x = draw.between(-1.0, 1.0) * 10f64.powf(draw.between(-140.0, 1.0));
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
