//! Suprema over a segment: nothing lies above the enclosure, and something comes up to its lower end.

use super::truth::*;
use super::*;

/// A few waves, a kink, an exponential: the supremum inside, at an end, or flat.
fn curve(k: usize, t: Interval) -> Interval {
    let of = Interval::of;
    match k {
        0 => (of(7.0) * t).sin() - t,
        1 => -(t - of(0.3)).square(),
        2 => (t - of(0.4)).abs() * of(1e-200),
        3 => (of(3.0) * t).exp() / (of(20.0) + (of(9.0) * t).cos()),
        4 => of(2.0),
        _ => (t * of(1e150)).softplus() + t.sub_sin(),
    }
}

type Suprema = fn(f64, usize) -> [Interval; 6];

/// Compares with the values at single points and with the enclosures over many adjoining pieces.
fn check(suprema: Suprema, x: f64, pieces: usize) -> Result<(), String> {
    for (k, top) in suprema(x, pieces).into_iter().enumerate() {
        if top.is_empty() || top.is_bounded() && top.lo() > top.hi() {
            return Err(format!("curve {k}: {top:?}"));
        }
        for i in 0..=500 {
            let value = curve(k, Interval::of(x * (f64::from(i) / 500.0)));
            if value.lo() > top.hi() {
                return Err(format!("curve {k}: {value:?} lies above {top:?}"));
            }
        }
        let highest = Interval::cover(x, 2_000).map(|over| curve(k, over)).reduce(Scalar::max).expect("some piece");
        if top.lo() > highest.hi() {
            return Err(format!("curve {k}: {top:?} lies above {highest:?}"));
        }
        // Many pieces settle all of these to a thousandth.
        if pieces >= 512 && top.width() > 1e-3 * top.abs().hi() + 1e-6 {
            return Err(format!("curve {k}: {top:?} is wide"));
        }
    }
    Ok(())
}

fn right(x: f64, pieces: usize) -> [Interval; 6] {
    Interval::suprema(x, pieces, |t| std::array::from_fn(|k| curve(k, t)))
}

#[test]
fn enclose_the_largest_value() {
    let mut draw = Draw::new(11);
    for case in 0..60 {
        let x = match case % 4 {
            0 => draw.between(0.0, 2.0),
            1 => -draw.between(0.0, 2.0),
            2 => draw.between(0.0, 1.0) * 1e-9,
            _ => 0.0,
        };
        for pieces in [1, 8, 64, 512] {
            check(right, x, pieces).unwrap_or_else(|e| panic!("[0, {x}] in {pieces} pieces: {e}"));
        }
    }
}

/// Controls: the ends alone, a bound one place too high below, no work at all.
#[test]
fn wrong_suprema_are_caught() {
    let at_ends: Suprema =
        |x, _| std::array::from_fn(|k| Scalar::max(curve(k, Interval::zero()), curve(k, Interval::of(x))));
    let too_high: Suprema = |x, pieces| right(x, pieces).map(|top| top + Interval::of(0.1));
    let idle: Suprema = |x, _| right(x, 1);
    for (name, wrong) in [("ends", at_ends), ("too high", too_high), ("idle", idle)] {
        assert!(check(wrong, 1.0, 512).is_err(), "{name}");
    }
}
