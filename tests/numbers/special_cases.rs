//! The table in the documentation of `Interval`, row by row.

use super::*;

const INF: f64 = f64::INFINITY;
const MAX: f64 = f64::MAX;
const TINY: f64 = 5e-324;
const EMPTY: Interval = Interval::EMPTY;
const WHOLE: Interval = Interval::WHOLE;

fn i(lo: f64, hi: f64) -> Interval {
    let x = Interval::new(lo, hi);
    assert!(x.lo() == lo && x.hi() == hi);
    x
}

#[test]
fn constructors() {
    assert_eq!(Interval::new(2.0, 1.0), EMPTY);
    for x in [Interval::of(f64::NAN), Interval::new(f64::NAN, 1.0), Interval::new(1.0, f64::NAN)] {
        assert_eq!(x, EMPTY);
    }
    assert_eq!(Interval::of(INF), i(MAX, INF));
    assert_eq!(Interval::of(-INF), i(-INF, -MAX));
    assert_eq!(Interval::new(-INF, INF), WHOLE);
    assert_eq!(Interval::between(1.0, 2.0), i(1.0, 2.0));
    assert_eq!(Interval::of(-0.0).lo().to_bits(), 0);
    assert_eq!((EMPTY.lo(), EMPTY.hi()), (INF, -INF));
}

#[test]
fn empty_stays_empty() {
    let x = i(-1.0, 2.0);
    for value in [
        EMPTY + x,
        x + EMPTY,
        EMPTY - WHOLE,
        x * EMPTY,
        EMPTY * Interval::zero(),
        EMPTY / x,
        x / EMPTY,
        -EMPTY,
        EMPTY.exp(),
        EMPTY.exp_m1(),
        EMPTY.exp_remainder(),
        EMPTY.ln(),
        EMPTY.ln_1p(),
        EMPTY.sqrt(),
        EMPTY.sin(),
        EMPTY.cos(),
        EMPTY.atan(),
        EMPTY.sub_sin(),
        EMPTY.abs(),
        EMPTY.square(),
        EMPTY.powi(0),
        EMPTY.powi(3),
        EMPTY.powi(-2),
        Scalar::min(EMPTY, x),
        Scalar::max(x, EMPTY),
        EMPTY.positive_part(),
        EMPTY.softplus(),
        log_sum_exp(&[EMPTY, x]),
        EMPTY.intersection(x),
    ] {
        assert_eq!(value, EMPTY);
    }
    assert_eq!(EMPTY.hull(x), x);
    assert!(EMPTY.mid().is_nan() && EMPTY.width().is_nan());
    assert!(!EMPTY.contains(0.0) && !EMPTY.contains(INF) && !EMPTY.is_bounded());
    assert!(x.encloses(EMPTY) && !EMPTY.encloses(x));
    for (a, b) in [(EMPTY, x), (x, EMPTY), (EMPTY, EMPTY)] {
        assert!(!a.surely_le(b) && !a.surely_lt(b) && !a.possibly_le(b));
    }
    assert!(!EMPTY.surely_positive() && !EMPTY.surely_negative());
}

#[test]
fn comparisons_and_sets() {
    let (x, y) = (i(0.0, 1.0), i(1.0, 2.0));
    assert!(x.surely_le(y) && !x.surely_lt(y) && !y.surely_le(x) && y.possibly_le(x));
    assert!(i(TINY, 1.0).surely_positive() && !x.surely_positive() && i(-1.0, -TINY).surely_negative());
    assert!(!i(0.0, INF).surely_le(i(MAX, INF)) && i(-INF, 0.0).surely_le(x));
    assert!(x.contains(1.0) && !x.contains(f64::NAN) && i(0.0, INF).contains(INF));
    assert_eq!(x.hull(y), i(0.0, 2.0));
    assert_eq!(x.intersection(y), i(1.0, 1.0));
    assert_eq!(x.intersection(i(3.0, 4.0)), EMPTY);
    assert_eq!(i(1.0, 1.0 + f64::EPSILON).width(), f64::EPSILON);
    assert_eq!((WHOLE.width(), i(-MAX, MAX).width(), y.width()), (INF, INF, 1.0));
}

#[test]
fn infinities_overflow_and_underflow() {
    let (max, tiny) = (Interval::of(MAX), Interval::of(TINY));
    assert_eq!(max + max, i(MAX, INF));
    assert_eq!(-max - max, i(-INF, -MAX));
    assert_eq!(max * max, i(MAX, INF));
    assert_eq!(-max * max, i(-INF, -MAX));
    assert_eq!(max / tiny, i(MAX, INF));
    assert_eq!(Interval::of(710.0).exp(), i(MAX, INF));
    assert_eq!(Interval::of(800.0).exp_m1(), i(MAX, INF));
    assert_eq!(Interval::of(800.0).exp_remainder(), i(MAX, INF));
    assert_eq!(Interval::of(1e200).square(), i(MAX, INF));
    assert_eq!(i(MAX, INF) + Interval::one(), i(MAX, INF));
    assert_eq!((WHOLE + WHOLE, WHOLE - WHOLE, WHOLE * WHOLE, WHOLE / WHOLE), (WHOLE, WHOLE, WHOLE, WHOLE));
    assert_eq!(tiny * tiny, i(0.0, TINY));
    assert_eq!(-tiny * tiny, i(-TINY, 0.0));
    assert_eq!(tiny / max, i(0.0, TINY));
    assert_eq!(tiny.square(), i(0.0, TINY));
    assert_eq!(Interval::of(-800.0).exp(), i(0.0, TINY));
    assert_eq!(Interval::of(1e-200).exp_remainder(), i(0.0, TINY));
    assert_eq!(Interval::of(1.0) / i(2.0, INF), i(0.0, 0.5));
}

#[test]
fn zeros_and_ones_stay_exact() {
    let (zero, one) = (Interval::zero(), Interval::one());
    for x in [0.1, -3.7, TINY, -MAX, 1e-310] {
        let x = Interval::of(x);
        assert_eq!((x + zero, x - x, x * zero, x * one), (x, zero, zero, x));
        assert_eq!((zero / x, x / one, x / x, x.powi(1)), (zero, x, one, x));
    }
    assert_eq!((zero * zero, zero * i(1.0, INF), zero * WHOLE, zero * i(-INF, -1.0)), (zero, zero, zero, zero));
    assert_eq!(i(0.0, 1.0) * i(1.0, INF), i(0.0, INF));
    assert_eq!(i(-1.0, 0.0) * i(1.0, INF), i(-INF, 0.0));
    assert_eq!((zero.exp(), zero.exp_m1(), one.ln(), zero.ln_1p()), (one, zero, zero, zero));
    assert_eq!((zero.sin(), zero.cos(), zero.sqrt(), zero.exp_remainder(), zero.sub_sin()), (zero, one, zero, zero, zero));
    assert_eq!((zero.atan(), i(-TINY, 0.0).atan().hi(), Interval::of(TINY).atan().lo()), (zero, 0.0, 0.0));
    assert_eq!((Interval::of(9.0).sqrt(), Interval::of(-3.0).square()), (Interval::of(3.0), Interval::of(9.0)));
}

#[test]
fn division_around_zero() {
    let x = i(1.0, 2.0);
    assert_eq!(x / i(0.0, 1.0), i(1.0, INF));
    assert_eq!(x / i(-1.0, 0.0), i(-INF, -1.0));
    assert_eq!(-x / i(0.0, 1.0), i(-INF, -1.0));
    assert_eq!(-x / i(-1.0, 0.0), i(1.0, INF));
    assert_eq!(x / i(0.0, INF), i(0.0, INF));
    assert_eq!(i(0.0, 2.0) / i(0.0, 1.0), i(0.0, INF));
    assert_eq!(i(-2.0, 0.0) / i(0.0, 1.0), i(-INF, 0.0));
    assert_eq!(i(-1.0, 1.0) / i(0.0, 1.0), WHOLE);
    assert_eq!(x / i(-1.0, 1.0), WHOLE);
    assert_eq!((x / Interval::zero(), Interval::zero() / Interval::zero()), (EMPTY, EMPTY));
    assert_eq!(x / Interval::of(-0.0), EMPTY);
    assert_eq!(Interval::zero() / i(-1.0, 1.0), Interval::zero());
}

#[test]
fn borders_of_the_domains() {
    assert_eq!(i(-1.0, 1.0).ln(), i(-INF, 0.0));
    assert_eq!((Interval::zero().ln(), Interval::of(-0.0).ln()), (i(-INF, -MAX), i(-INF, -MAX)));
    assert_eq!((i(-2.0, -1.0).ln(), i(-2.0, -1.0).sqrt(), i(-3.0, -2.0).ln_1p()), (EMPTY, EMPTY, EMPTY));
    assert_eq!(i(-4.0, 4.0).sqrt(), i(0.0, 2.0));
    assert_eq!((i(-2.0, 0.0).ln_1p(), Interval::of(-1.0).ln_1p()), (i(-INF, 0.0), i(-INF, -MAX)));
    assert_eq!((WHOLE.exp(), WHOLE.exp_m1(), WHOLE.exp_remainder()), (i(0.0, INF), i(-1.0, INF), i(0.0, INF)));
    assert_eq!((WHOLE.ln(), WHOLE.sqrt(), WHOLE.abs(), WHOLE.square()), (WHOLE, i(0.0, INF), i(0.0, INF), i(0.0, INF)));
    assert_eq!((WHOLE.softplus(), WHOLE.sub_sin(), WHOLE.sin()), (i(0.0, INF), WHOLE, i(-1.0, 1.0)));
    let right = std::f64::consts::FRAC_PI_2; // below π/2
    assert_eq!(WHOLE.atan(), i(-right.next_up(), right.next_up()));
    assert_eq!((i(0.0, INF).cos(), i(0.0, 6.3).sin()), (i(-1.0, 1.0), i(-1.0, 1.0)));
    assert_eq!(Interval::of(-1e-20).exp().hi(), 1.0);
    assert_eq!(Interval::of(1e-20).exp().lo(), 1.0);
    assert_eq!(i(-50.0, -40.0).exp_m1().lo(), -1.0);
    assert_eq!(Interval::of(-INF).exp(), i(0.0, TINY));
}

#[test]
fn powers() {
    let (zero, one) = (Interval::zero(), Interval::one());
    assert_eq!((zero.powi(0), WHOLE.powi(0)), (one, one));
    assert_eq!(
        (i(-2.0, 1.0).powi(2), i(-2.0, 1.0).powi(3), i(-2.0, -1.0).powi(3)),
        (i(0.0, 4.0), i(-8.0, 1.0), i(-8.0, -1.0))
    );
    assert_eq!((zero.powi(-1), zero.powi(-2)), (EMPTY, EMPTY));
    assert_eq!((i(0.0, 2.0).powi(-1), i(-2.0, 0.0).powi(-1)), (i(0.5, INF), i(-INF, -0.5)));
    assert_eq!((i(-2.0, 1.0).powi(-2), i(-2.0, 1.0).powi(-3)), (i(0.25, INF), WHOLE));
    assert_eq!((one.powi(i32::MAX), one.powi(i32::MIN), (-one).powi(i32::MIN)), (one, one, one));
    assert_eq!(Interval::of(2.0).powi(i32::MIN).lo(), 0.0);
    assert_eq!(Interval::of(2.0).powi(-1074), Interval::of(TINY));
    // A part gives a part, also where the power of the whole is unbounded and that of the part is not.
    let x = 1.5587168783285171e-31;
    assert!(i(x, INF).powi(-4).encloses(Interval::of(x).powi(-4)));
}

#[test]
fn representatives() {
    assert_eq!((i(-MAX, MAX).mid(), i(MAX / 2.0, MAX).mid(), Interval::of(TINY).mid()), (0.0, 0.75 * MAX, TINY));
    assert_eq!((i(3.0, INF).mid(), i(-INF, -3.0).mid(), WHOLE.mid()), (3.0, -3.0, 0.0));
    assert_eq!(i(1.0, 2.0).mid(), 1.5);
}

#[test]
fn covers_adjoin() {
    for (x, pieces) in [(1.0, 7), (0.1, 1), (1e-323, 3), (MAX, 10), (-2.0, 5), (3.0, 0), (0.3, 1000)] {
        let cover: Vec<Interval> = Interval::cover(x, pieces).collect();
        assert_eq!(cover.len(), pieces.max(1));
        let end = |piece: &Interval, far: bool| if (x < 0.0) == far { piece.lo() } else { piece.hi() };
        assert_eq!((end(&cover[0], false), end(&cover[cover.len() - 1], true)), (0.0, x));
        assert!(cover.windows(2).all(|pair| end(&pair[0], true) == end(&pair[1], false)));
        assert!(cover.iter().all(|piece| !piece.is_empty()));
    }
    let only = |x: f64| {
        let cover: Vec<Interval> = Interval::cover(x, 4).collect();
        assert_eq!(cover.len(), 1);
        cover[0]
    };
    assert_eq!((only(0.0), only(INF), only(-INF)), (Interval::zero(), i(0.0, INF), i(-INF, 0.0)));
    assert_eq!(only(f64::NAN), EMPTY);
}

#[test]
fn log_sum_exp_of_half_lines() {
    assert!(log_sum_exp(&[i(-INF, -3.0)]).encloses(i(-INF, -3.0)));
    assert!(log_sum_exp(&[i(-INF, -3.0)]).hi() <= -3.0 + 1e-15);
    assert!(log_sum_exp(&[Interval::of(-INF), Interval::of(-2.0)]).width() < 1e-14);
    assert!(log_sum_exp(&[Interval::of(-1000.0), Interval::of(1000.0)]).contains(1000.0));
    assert_eq!(log_sum_exp::<Interval>(&[]), i(-INF, -MAX));
}

#[test]
fn both_ends_decide_what_is_enclosed_and_where_the_middle_lies() {
    let x = i(-1.0, 2.0);
    for inside in [x, i(0.0, 1.0), i(-1.0, 0.0), i(1.0, 2.0)] {
        assert!(x.encloses(inside) && WHOLE.encloses(inside), "{inside:?}");
    }
    for outside in [i(-2.0, 1.0), i(0.0, 3.0), i(-2.0, 3.0), i(-3.0, -2.0), i(3.0, 4.0), WHOLE] {
        assert!(!x.encloses(outside), "{outside:?}");
    }
    for (lo, hi, middle) in [
        (-1.0, 2.0, 0.5),
        (0.25, 0.5, 0.375),
        (0.5 * MAX, MAX, 0.75 * MAX),
        (-MAX, -0.5 * MAX, -0.75 * MAX),
        (MAX, MAX, MAX),
        (-MAX, MAX, 0.0),
        (3.0, INF, 3.0),
        (-INF, -3.0, -3.0),
        (-INF, INF, 0.0),
    ] {
        assert_eq!(i(lo, hi).mid(), middle, "[{lo}, {hi}]");
        if lo.is_finite() && hi.is_finite() {
            assert_eq!(f64::between(lo, hi), middle, "[{lo}, {hi}]");
        }
    }
    assert_eq!((Interval::new(-0.0, 1.0).lo().to_bits(), Interval::new(-1.0, -0.0).hi().to_bits()), (0, 0));
    let cos = i(0.0, 1.0).cos();
    assert!(cos.lo() < 0.541 && cos.lo() > 0.540 && cos.hi() == 1.0, "{cos:?}");
}
