//! Soundness and tightness of each operation, in places (neighbouring `f64`s) outside the tightest enclosure.

use super::truth::*;
use super::*;

/// An interval, often a point, and exact truths of its ends.
fn draw_interval(draw: &mut Draw, mut number: impl FnMut(&mut Draw) -> f64) -> (Interval, Truth) {
    let (x, y) = (number(draw), number(draw));
    let y = match draw.below(3) {
        0 => x,
        1 => x * (1.0 + 1e-9 * draw.unit()),
        _ => y,
    };
    let (lo, hi) = (x.min(y), x.max(y));
    if !lo.is_finite() || !hi.is_finite() {
        return draw_interval(draw, number);
    }
    (Interval::new(lo, hi), Truth { lo: Truth::of(lo).lo, hi: Truth::of(hi).hi, bits: 160 })
}

/// The directed rounding of the exact result, for every kind of operand, subnormal and overflowing results included.
#[test]
fn basic_operations_are_optimal() {
    let mut draw = Draw::new(3);
    for case in 0..10_000 {
        let ((x, tx), (y, ty)) = (draw_interval(&mut draw, Draw::mixed), draw_interval(&mut draw, Draw::mixed));
        for op in Binary::ALL {
            if op == Div && y.contains(0.0) {
                continue;
            }
            // Exact for products; sums of distant numbers are bracketed.
            check(op.of(x, y), &tx.binary(op, &ty), 0).unwrap_or_else(|e| panic!("case {case}: {op:?} {x:?} {y:?}: {e}"));
        }
        let size = x.abs();
        let truth = Truth { lo: real(size.lo()), hi: real(size.hi()), bits: 160 };
        check(x.square(), &truth.binary(Mul, &truth), 0).unwrap_or_else(|e| panic!("case {case}: square {x:?}: {e}"));
        if size.lo() > 0.0 {
            check(size.sqrt(), &truth.unary(Sqrt).expect("x > 0"), 0).unwrap_or_else(|e| panic!("√{size:?}: {e}"));
        }
    }
}

/// Two where eˣ is subnormal.
#[test]
fn elementary_functions_are_within_one_place() {
    let mut draw = Draw::new(4);
    for op in [Exp, ExpM1, Ln, Ln1p, Atan] {
        let mut covered = 0;
        for case in 0..1_500 {
            let number = |draw: &mut Draw| match (op, case % 4) {
                (Exp, 0) => draw.between(-746.0, -707.0),
                (Exp | ExpM1, 1) => draw.between(-745.0, 710.0),
                (Ln, _) => draw.mixed().abs(),
                (Ln1p, 1) => draw.between(-1.0, 1.0),
                _ => draw.mixed(),
            };
            let (x, tx) = draw_interval(&mut draw, number);
            let Some(truth) = tx.unary(op) else { continue };
            covered += 1;
            let slack = if op == Exp && x.lo() < -708.39 { 2 } else { 1 };
            check(op.of(x), &truth, slack).unwrap_or_else(|e| panic!("case {case}: {op:?} {x:?}: {e}"));
        }
        assert!(covered > 700, "{op:?}: {covered} cases");
    }
}

#[test]
fn remainders_softplus_and_powers_are_within_a_few_places() {
    let mut draw = Draw::new(5);
    for case in 0..1_000 {
        let x = match case % 3 {
            0 => draw.between(-1.0, 1.0) * 10f64.powf(draw.between(-320.0, 0.0)),
            1 => draw.between(-3.0, 3.0),
            _ => draw.between(-800.0, 709.0),
        };
        let truth = Truth::of(x);
        if x.abs() > 1e-18 || x.abs() < 1e-31 {
            let truth = Truth::with_bits(x, if x.abs() < 1e-31 { 160 } else { 300 });
            check(Interval::of(x).exp_remainder(), &truth.exp_remainder().expect("moderate"), 8)
                .unwrap_or_else(|e| panic!("exp_remainder {x:e}: {e}"));
        }
        if x.abs() > 1e-90 {
            let truth = Truth::with_bits(x, 800);
            check(Interval::of(x).sub_sin(), &truth.binary(Sub, &truth.unary(Sin).expect("everywhere")), 9)
                .unwrap_or_else(|e| panic!("sub_sin {x:e}: {e}"));
        }
        check(Interval::of(x).softplus(), &truth.softplus().expect("moderate"), 5)
            .unwrap_or_else(|e| panic!("softplus {x:e}: {e}"));
        let n = draw.below(17) as i32 - 8;
        let slack = 4 * i64::from(n.abs()) + 2;
        if let Some(truth) = truth.powi(n) {
            // A reciprocal of an overflowed or underflowed power is sound but cannot be tight.
            let size = truth.ends().0.abs();
            let slack = if n < 0 && !(1e-290..1e290).contains(&size) { i64::MAX } else { slack };
            check(Interval::of(x).powi(n), &truth, slack).unwrap_or_else(|e| panic!("{x:e}^{n}: {e}"));
        }
    }
}

/// eˣ − 1 − x over intervals: 0 is reached exactly when inside, and the larger end gives the upper bound.
#[test]
fn exp_remainder_of_intervals() {
    let mut draw = Draw::new(6);
    for _ in 0..300 {
        let (a, b) = (draw.between(-4.0, 4.0), draw.between(-4.0, 4.0));
        let x = Interval::new(a.min(b), a.max(b));
        let [at_lo, at_hi] = [x.lo(), x.hi()].map(|x| Truth::of(x).exp_remainder().expect("moderate"));
        let zero = Truth::of(0.0);
        let lo = if x.contains(0.0) { zero.clone() } else { at_lo.min(&at_hi) };
        let truth = Truth { lo: lo.lo, hi: at_lo.max(&at_hi).hi, bits: 160 };
        check(x.exp_remainder(), &truth, 8).unwrap_or_else(|e| panic!("{x:?}: {e}"));
    }
}

/// Points of every size, up to `f64::MAX`; then ranges against dense samples and exact extrema.
#[test]
fn sine_and_cosine() {
    let mut draw = Draw::new(7);
    for _ in 0..400 {
        for x in [draw.bits(), draw.between(-100.0, 100.0), draw.mixed()] {
            for op in [Sin, Cos] {
                check(op.of(Interval::of(x)), &Truth::of(x).unary(op).expect("everywhere"), 1)
                    .unwrap_or_else(|e| panic!("{op:?} {x:e}: {e}"));
            }
        }
    }
    for case in 0..2_000 {
        let lo = draw.between(-10.0, 10.0);
        let x = Interval::new(lo, lo + draw.between(0.0, 7.0));
        // The quadrants' borders inside decide whether 1 and −1 are reached.
        for (op, phase) in [(Sin, std::f64::consts::FRAC_PI_2), (Cos, 0.0)] {
            let range = op.of(x);
            let reaches = |offset: f64| {
                let period = std::f64::consts::TAU;
                ((x.lo() - phase - offset) / period).ceil() <= ((x.hi() - phase - offset) / period).floor()
            };
            let samples = (0..=64).map(|i| op.of(x.lo() + (x.hi() - x.lo()) * (f64::from(i) / 64.0)));
            let (low, high) = samples.fold((1f64, -1f64), |(low, high), s| (low.min(s), high.max(s)));
            assert!(range.lo() <= low && high <= range.hi(), "case {case}: {op:?} {x:?} = {range:?}");
            if x.width() < 3.0 {
                assert_eq!(range.hi() == 1.0, reaches(0.0), "case {case}: {op:?} {x:?} = {range:?}");
                assert_eq!(range.lo() == -1.0, reaches(std::f64::consts::PI), "case {case}: {op:?} {x:?} = {range:?}");
                assert!(range.hi() - high < 2e-3 && low - range.lo() < 2e-3, "case {case}: {op:?} {x:?} = {range:?}");
            }
        }
    }
}
