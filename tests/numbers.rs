//! The numbers: `Interval` against an independent implementation of directed rounding, `Jet` against an independent
//! implementation of dual numbers and against high-precision differences, `f64`'s elementary functions against correct
//! rounding. Everything is deterministic.
#![allow(clippy::expect_used)] // in the helpers too, a panic is a failed test

use gradient_gap::number::{Interval, Jet, Scalar, log_sum_exp};

/// The oracle: real numbers bracketed by `dashu-float`'s downward and upward rounding at high precision.
mod truth {
    use super::*;
    use dashu_float::FBig;
    use dashu_float::round::{ErrorBounds, mode};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    pub type Real = FBig<mode::HalfEven, 2>;

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Unary {
        Exp,
        ExpM1,
        Ln,
        Ln1p,
        Sqrt,
        Sin,
        Cos,
    }
    pub use Unary::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub enum Binary {
        Add,
        Sub,
        Mul,
        Div,
    }
    pub use Binary::*;

    impl Unary {
        pub const ALL: [Unary; 7] = [Exp, ExpM1, Ln, Ln1p, Sqrt, Sin, Cos];

        pub fn of<N: Scalar>(self, x: N) -> N {
            match self {
                Exp => x.exp(),
                ExpM1 => x.exp_m1(),
                Ln => x.ln(),
                Ln1p => x.ln_1p(),
                Sqrt => x.sqrt(),
                Sin => x.sin(),
                Cos => x.cos(),
            }
        }

        /// Whether x lies inside the domain, away from its border, and the value is representable by the oracle.
        pub fn defined_at(self, x: f64) -> bool {
            match self {
                Exp | ExpM1 => x.abs() < 1e5,
                Ln => x > 0.0,
                Ln1p => x > -1.0,
                Sqrt => x >= 0.0,
                Sin | Cos => x.is_finite(),
            }
        }

        fn rounded<R: ErrorBounds>(self, x: &Real, bits: usize) -> Real {
            let x = x.clone().with_rounding::<R>().with_precision(bits).value();
            let value = match self {
                Exp => x.exp(),
                ExpM1 => x.exp_m1(),
                Ln => x.ln(),
                Ln1p => x.ln_1p(),
                Sqrt => x.sqrt(),
                Sin => x.sin(),
                Cos => x.cos(),
            };
            value.with_rounding()
        }
    }

    impl Binary {
        pub const ALL: [Binary; 4] = [Add, Sub, Mul, Div];

        pub fn of<N: Scalar>(self, x: N, y: N) -> N {
            match self {
                Add => x + y,
                Sub => x - y,
                Mul => x * y,
                Div => x / y,
            }
        }

        fn rounded<R: ErrorBounds>(self, x: &Real, y: &Real, bits: usize) -> Real {
            let [x, y] = [x, y].map(|x| x.clone().with_rounding::<R>().with_precision(bits).value());
            let value = match self {
                Add => x + y,
                Sub => x - y,
                Mul => x * y,
                Div => x / y,
            };
            value.with_rounding()
        }
    }

    /// A real number known to lie in [lo, hi], about 2^{−bits} relative apart unless digits have cancelled.
    #[derive(Clone, Debug)]
    pub struct Truth {
        pub lo: Real,
        pub hi: Real,
        pub bits: usize,
    }

    pub fn real(x: f64) -> Real {
        Real::try_from(x).expect("not NaN")
    }

    impl Truth {
        /// x exactly, to be computed with at 160 bits.
        pub fn of(x: f64) -> Truth {
            Truth::with_bits(x, 160)
        }

        pub fn with_bits(x: f64, bits: usize) -> Truth {
            let x = real(x).with_precision(bits).value();
            Truth { lo: x.clone(), hi: x, bits }
        }

        pub fn binary(&self, op: Binary, other: &Truth) -> Truth {
            let corners = [(&self.lo, &other.lo), (&self.lo, &other.hi), (&self.hi, &other.lo), (&self.hi, &other.hi)];
            let bits = self.bits;
            let lo = corners.iter().map(|(x, y)| op.rounded::<mode::Down>(x, y, bits)).min().expect("four corners");
            let hi = corners.iter().map(|(x, y)| op.rounded::<mode::Up>(x, y, bits)).max().expect("four corners");
            Truth { lo, hi, bits }
        }

        /// `None` when the whole bracket does not lie inside the domain.
        pub fn unary(&self, op: Unary) -> Option<Truth> {
            let inside = match op {
                Exp | ExpM1 => self.magnitude_below(1e5),
                Ln => self.lo > real(0.0),
                Ln1p => self.lo > real(-1.0),
                Sqrt => self.lo >= real(0.0),
                Sin | Cos => true,
            };
            if !inside {
                return None;
            }
            let (lo, hi) = (op.rounded::<mode::Down>(&self.lo, self.bits), op.rounded::<mode::Up>(&self.hi, self.bits));
            if matches!(op, Sin | Cos) {
                // Not monotone, but no steeper than 1.
                let hi = op.rounded::<mode::Up>(&self.lo, self.bits);
                let spread = Truth { lo: self.lo.clone() - &self.hi, hi: self.hi.clone() - &self.lo, bits: self.bits };
                return Some(Truth { lo, hi, bits: self.bits }.binary(Add, &spread));
            }
            Some(Truth { lo, hi, bits: self.bits })
        }

        pub fn neg(&self) -> Truth {
            Truth { lo: -self.hi.clone(), hi: -self.lo.clone(), bits: self.bits }
        }

        pub fn max(&self, other: &Truth) -> Truth {
            Truth { lo: self.lo.clone().max(other.lo.clone()), hi: self.hi.clone().max(other.hi.clone()), bits: self.bits }
        }

        pub fn min(&self, other: &Truth) -> Truth {
            self.neg().max(&other.neg()).neg()
        }

        pub fn abs(&self) -> Truth {
            let zero = Truth::with_bits(0.0, self.bits);
            self.max(&zero).binary(Add, &self.neg().max(&zero))
        }

        pub fn powi(&self, n: i32) -> Option<Truth> {
            let one = Truth::with_bits(1.0, self.bits);
            let power = (0..n.unsigned_abs()).fold(one.clone(), |product, _| product.binary(Mul, self));
            if n >= 0 {
                return Some(power);
            }
            (!power.touches_zero()).then(|| one.binary(Div, &power))
        }

        /// eˣ − 1 − x, by its series x²/2·(1 + x/3 + …) where the difference would cancel.
        pub fn exp_remainder(&self) -> Option<Truth> {
            if self.magnitude_below(1e-30) {
                // |x/3 + x²/12 + …| < 0.34·|x|
                let half_square = self.binary(Mul, self).binary(Mul, &Truth::with_bits(0.5, self.bits));
                let rest = self.abs().binary(Mul, &Truth::with_bits(0.34, self.bits));
                let rest = Truth { lo: -rest.hi.clone(), ..rest };
                return Some(half_square.binary(Mul, &rest.binary(Add, &Truth::with_bits(1.0, self.bits))));
            }
            Some(self.unary(ExpM1)?.binary(Sub, self))
        }

        /// log(1 + eˣ) = x + log(1 + e⁻ˣ).
        pub fn softplus(&self) -> Option<Truth> {
            if self.lo > real(0.0) {
                return Some(self.binary(Add, &self.neg().softplus()?));
            }
            self.unary(Exp)?.unary(Ln1p)
        }

        pub fn touches_zero(&self) -> bool {
            self.lo <= real(0.0) && real(0.0) <= self.hi
        }

        pub fn magnitude_below(&self, bound: f64) -> bool {
            real(-bound) <= self.lo && self.hi <= real(bound)
        }

        /// The tightest `f64` ends around the number.
        pub fn ends(&self) -> (f64, f64) {
            let lo = self.lo.clone().with_rounding::<mode::Down>().to_f64().value();
            let hi = self.hi.clone().with_rounding::<mode::Up>().to_f64().value();
            (lo, hi)
        }

        /// The nearest `f64`, ties to even: by comparison with the middle of the two ends, since `dashu-float` 0.6.2 rounds
        /// everything below 2⁻¹⁰⁷⁴ to 0.
        pub fn nearest(&self) -> f64 {
            let (lo, hi) = self.ends();
            if lo == hi {
                return lo;
            }
            let past = |x: f64| real(x).with_precision(0).value() + real(2f64.powi(971)).with_precision(0).value();
            let above = if hi.is_finite() { real(hi).with_precision(0).value() } else { past(lo) };
            let below = if lo.is_finite() { real(lo).with_precision(0).value() } else { -past(-hi) };
            let middle = (above + below) * real(0.5).with_precision(0).value();
            assert!(self.hi < middle || middle < self.lo, "too few bits to round, or a tie");
            if self.hi < middle { lo } else { hi }
        }
    }

    /// How many `f64`s further up `to` lies than `from`.
    pub fn places(from: f64, to: f64) -> i64 {
        let index = |x: f64| {
            let bits = (x + 0.0).to_bits() as i64;
            if bits < 0 { i64::MIN - bits } else { bits }
        };
        index(to).saturating_sub(index(from))
    }

    /// Whether `x` encloses the truth, with ends at most `slack` places outside the tightest ones.
    pub fn check(x: Interval, truth: &Truth, slack: i64) -> Result<(), String> {
        let (lo, hi) = truth.ends();
        let (below, above) = (places(x.lo(), lo), places(hi, x.hi()));
        // The tightest ends come from the oracle's conversion to f64; the enclosure itself is compared exactly.
        let enclosed = !x.is_empty() && real(x.lo()) <= truth.lo && truth.hi <= real(x.hi());
        if !enclosed {
            Err(format!("{x:?} does not enclose [{lo:e}, {hi:e}]"))
        } else if below > slack || above > slack {
            Err(format!("{x:?} is {below} and {above} places wider than [{lo:e}, {hi:e}]"))
        } else {
            Ok(())
        }
    }

    /// Seeded numbers of many kinds.
    pub struct Draw(ChaCha8Rng);

    impl Draw {
        pub fn new(seed: u64) -> Draw {
            Draw(ChaCha8Rng::seed_from_u64(seed))
        }

        pub fn below(&mut self, n: u64) -> u64 {
            self.0.next_u64() % n
        }

        /// Uniform in [0, 1).
        pub fn unit(&mut self) -> f64 {
            (self.0.next_u64() >> 11) as f64 * 2f64.powi(-53)
        }

        pub fn between(&mut self, lo: f64, hi: f64) -> f64 {
            lo + (hi - lo) * self.unit()
        }

        /// Any finite number, all exponents alike.
        pub fn bits(&mut self) -> f64 {
            loop {
                let x = f64::from_bits(self.0.next_u64());
                if x.is_finite() {
                    return x;
                }
            }
        }

        /// Zeros, ones, small integers, borders of the format; ordinary numbers; any number.
        pub fn mixed(&mut self) -> f64 {
            const EDGES: [f64; 12] = [
                0.0,
                1.0,
                0.5,
                2.0,
                3.0,
                1.0 - f64::EPSILON / 2.0,
                1.0 + f64::EPSILON,
                f64::MIN_POSITIVE,
                5e-324,
                f64::MAX,
                1e-290,
                1.5e154,
            ];
            match self.below(8) {
                0 => EDGES[self.below(12) as usize] * if self.below(2) == 0 { 1.0 } else { -1.0 },
                1 => self.below(41) as f64 - 20.0,
                2 | 3 => self.between(-3.0, 3.0),
                4 => self.between(-800.0, 800.0),
                5 => self.between(-1.0, 1.0) * 10f64.powi(self.below(40) as i32 - 20),
                _ => self.bits(),
            }
        }
    }
}

/// What `Interval`'s one place of widening rests on: the `f64` functions are correctly rounded.
mod elementary_functions_of_f64 {
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
}

/// Soundness and tightness of each operation, in places (neighbouring `f64`s) outside the tightest enclosure.
mod intervals_enclose_tightly {
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
                check(op.of(x, y), &tx.binary(op, &ty), 0)
                    .unwrap_or_else(|e| panic!("case {case}: {op:?} {x:?} {y:?}: {e}"));
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
        for op in [Exp, ExpM1, Ln, Ln1p] {
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
}

/// Whole expressions: enclosure of the exact value, and inclusion isotonicity.
mod expression_trees {
    use super::truth::*;
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// A function of three numbers.
    #[derive(Clone, Debug)]
    pub enum Tree {
        Input(usize),
        Constant(f64),
        Apply(Unary, Box<Tree>),
        Combine(Binary, Box<Tree>, Box<Tree>),
        Remainder(Box<Tree>),
        Softplus(Box<Tree>),
        LessSine(Box<Tree>),
        Abs(Box<Tree>),
        Square(Box<Tree>),
        Power(i32, Box<Tree>),
        Min(Box<Tree>, Box<Tree>),
        Max(Box<Tree>, Box<Tree>),
        LogSumExp(Box<Tree>, Box<Tree>),
    }
    pub use Tree::*;

    impl Tree {
        pub fn evaluate<N: Scalar>(&self, inputs: &[N; 3]) -> N {
            match self {
                Input(i) => inputs[*i],
                Constant(c) => N::of(*c),
                Apply(op, x) => op.of(x.evaluate(inputs)),
                Combine(op, x, y) => op.of(x.evaluate(inputs), y.evaluate(inputs)),
                Remainder(x) => x.evaluate(inputs).exp_remainder(),
                Softplus(x) => x.evaluate(inputs).softplus(),
                LessSine(x) => x.evaluate(inputs).sub_sin(),
                Abs(x) => x.evaluate(inputs).abs(),
                Square(x) => x.evaluate(inputs).square(),
                Power(n, x) => x.evaluate(inputs).powi(*n),
                Min(x, y) => x.evaluate(inputs).min(y.evaluate(inputs)),
                Max(x, y) => x.evaluate(inputs).max(y.evaluate(inputs)),
                LogSumExp(x, y) => log_sum_exp(&[x.evaluate(inputs), y.evaluate(inputs)]),
            }
        }

        /// `None` where undefined or beyond what is worth computing at high precision.
        pub fn truth(&self, inputs: &[Truth; 3]) -> Option<Truth> {
            let value = match self {
                Input(i) => inputs[*i].clone(),
                Constant(c) => Truth::with_bits(*c, inputs[0].bits),
                Apply(op, x) => x.truth(inputs)?.unary(*op)?,
                Combine(op, x, y) => {
                    let (x, y) = (x.truth(inputs)?, y.truth(inputs)?);
                    if *op == Div && y.touches_zero() {
                        return None;
                    }
                    x.binary(*op, &y)
                }
                Remainder(x) => x.truth(inputs)?.exp_remainder()?,
                Softplus(x) => x.truth(inputs)?.softplus()?,
                LessSine(x) => {
                    let x = x.truth(inputs)?;
                    x.binary(Sub, &x.unary(Sin)?)
                }
                Abs(x) => x.truth(inputs)?.abs(),
                Square(x) => x.truth(inputs)?.powi(2)?,
                Power(n, x) => x.truth(inputs)?.powi(*n)?,
                Min(x, y) => x.truth(inputs)?.min(&y.truth(inputs)?),
                Max(x, y) => x.truth(inputs)?.max(&y.truth(inputs)?),
                LogSumExp(x, y) => {
                    let (x, y) = (x.truth(inputs)?, y.truth(inputs)?);
                    x.unary(Exp)?.binary(Add, &y.unary(Exp)?).unary(Ln)?
                }
            };
            value.magnitude_below(1e300).then_some(value)
        }
    }

    /// `rounded`: with the operations that are isotone only up to a few places.
    fn trees(rounded: bool) -> impl Strategy<Value = Tree> {
        let constants = prop::sample::select(vec![0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 0.1, 1e-9, -1e-200, 700.0]);
        let leaf = prop_oneof![4 => (0..3usize).prop_map(Input), 1 => constants.prop_map(Constant)];
        leaf.prop_recursive(6, 24, 2, move |inner| {
            let one = inner.clone().prop_map(Box::new);
            let two = (inner.clone().prop_map(Box::new), inner.prop_map(Box::new));
            let basic = (prop::sample::select(&Binary::ALL[..]), two.0.clone(), two.1.clone());
            let isotone = prop_oneof![
                5 => basic.prop_map(|(op, x, y)| Combine(op, x, y)),
                4 => (prop::sample::select(&Unary::ALL[..]), one.clone()).prop_map(|(op, x)| Apply(op, x)),
                1 => one.clone().prop_map(Abs),
                1 => one.clone().prop_map(Square),
                1 => (-3..5, one.clone()).prop_map(|(n, x)| Power(n, x)),
                1 => two.clone().prop_map(|(x, y)| Min(x, y)),
                1 => two.clone().prop_map(|(x, y)| Max(x, y)),
            ];
            let others = prop_oneof![
                one.clone().prop_map(Remainder),
                one.clone().prop_map(Softplus),
                one.prop_map(LessSine),
                two.prop_map(|(x, y)| LogSumExp(x, y)),
            ];
            if rounded { prop_oneof![4 => isotone, 1 => others].boxed() } else { isotone.boxed() }
        })
    }

    /// Intervals within intervals, of widths from nothing to a few units, and a point inside.
    fn nested() -> impl Strategy<Value = (f64, Interval, Interval)> {
        let size = prop_oneof![Just(0.0), 1e-12..1e-6, 0.0..1.0];
        let center = prop_oneof![-2.0..2.0, -30.0..30.0, Just(0.0), Just(1.0), 0.0..1e-8];
        (center, size.clone(), size.clone(), size.clone(), size).prop_map(|(x, a, b, c, d)| {
            let inner = Interval::new(x - a, x + b);
            (x, inner, Interval::new(x - a - c, x + b + d))
        })
    }

    fn fixed(cases: u32) -> ProptestConfig {
        ProptestConfig { cases, rng_seed: RngSeed::Fixed(20), failure_persistence: None, ..ProptestConfig::default() }
    }

    proptest! {
        #![proptest_config(fixed(4_000))]

        #[test]
        fn enclose_the_exact_value(tree in trees(true), inputs in prop::array::uniform3(nested())) {
            let points = inputs.map(|(x, ..)| Truth::with_bits(x, 256));
            if let Some(truth) = tree.truth(&points) {
                let (narrow, wide) = (inputs.map(|(x, ..)| Interval::of(x)), inputs.map(|(_, inner, _)| inner));
                for value in [tree.evaluate(&narrow), tree.evaluate(&wide)] {
                    // The bracket has 256 bits, less what cancelled: it may only overlap the interval's ends.
                    let apart = value.is_empty() || truth.hi < real(value.lo()) || real(value.hi()) < truth.lo;
                    prop_assert!(!apart, "{truth:?} outside {value:?}");
                }
            }
        }

        #[test]
        fn give_less_for_less(tree in trees(false), inputs in prop::array::uniform3(nested())) {
            let (inner, outer) = (tree.evaluate(&inputs.map(|(_, i, _)| i)), tree.evaluate(&inputs.map(|(.., o)| o)));
            prop_assert!(outer.encloses(inner), "{inner:?} sticks out of {outer:?}");
        }
    }

    /// The trees are worth evaluating: most have a value, and most intervals around it are bounded and narrow.
    #[test]
    fn are_mostly_defined() {
        use proptest::strategy::ValueTree;
        let mut runner = proptest::test_runner::TestRunner::new(fixed(1));
        let (mut defined, mut narrow) = (0, 0);
        for _ in 0..500 {
            let (tree, inputs) =
                (trees(true), prop::array::uniform3(nested())).new_tree(&mut runner).expect("no rejections").current();
            if tree.truth(&inputs.map(|(x, ..)| Truth::with_bits(x, 256))).is_some() {
                defined += 1;
                let value = tree.evaluate(&inputs.map(|(x, ..)| Interval::of(x)));
                narrow += i32::from(value.width() <= 1e-9 * value.mid().abs().max(1e-300));
            }
        }
        assert!(defined > 250 && narrow * 10 > defined * 8, "{defined} defined, {narrow} narrow");
    }
}

/// The table in the documentation of `Interval`, row by row.
mod special_cases {
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
        assert_eq!(
            (zero.sin(), zero.cos(), zero.sqrt(), zero.exp_remainder(), zero.sub_sin()),
            (zero, one, zero, zero, zero)
        );
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
}

/// Jets against num-dual, against differences at 400 bits, and over whole ranges.
mod jets {
    use super::expression_trees::*;
    use super::truth::*;
    use super::*;
    use num_dual::{Dual2_64, DualNum};

    fn x() -> Box<Tree> {
        Box::new(Input(0))
    }

    fn combine(op: Binary, a: Tree, b: Tree) -> Tree {
        Combine(op, Box::new(a), Box::new(b))
    }

    /// Every smooth operation, with an inner function that bends, and some longer compositions. All defined for 0.2 ≤ x ≤ 2.
    fn smooth() -> Vec<Tree> {
        let bent = || combine(Mul, Input(0), combine(Add, Input(0), Constant(0.5)));
        let mut all: Vec<Tree> = Unary::ALL.iter().map(|&op| Apply(op, Box::new(bent()))).collect();
        all.extend(Binary::ALL.iter().map(|&op| combine(op, bent(), Apply(Exp, x()))));
        all.extend([-3, -1, 0, 1, 2, 3, 7].map(|n| Power(n, Box::new(bent()))));
        all.extend([
            Remainder(Box::new(bent())),
            Softplus(Box::new(combine(Sub, bent(), Constant(0.7)))),
            LessSine(Box::new(bent())),
            Square(Box::new(bent())),
            LogSumExp(Box::new(bent()), Box::new(Apply(Cos, x()))),
            Abs(Box::new(combine(Sub, bent(), Constant(9.0)))),
            Max(Box::new(bent()), Box::new(Constant(-1.0))),
            Min(Box::new(bent()), Box::new(Constant(-1.0))),
            combine(Div, Apply(Sin, Box::new(bent())), Apply(Sqrt, Box::new(Apply(ExpM1, x())))),
        ]);
        all
    }

    /// The same function by num-dual.
    fn dual(tree: &Tree, x: Dual2_64) -> Dual2_64 {
        let of = |tree: &Tree| dual(tree, x);
        match tree {
            Input(_) => x,
            Constant(c) => Dual2_64::from_re(*c),
            Apply(Exp, u) => of(u).exp(),
            Apply(ExpM1, u) => of(u).exp_m1(),
            Apply(Ln, u) => of(u).ln(),
            Apply(Ln1p, u) => of(u).ln_1p(),
            Apply(Sqrt, u) => of(u).sqrt(),
            Apply(Sin, u) => of(u).sin(),
            Apply(Cos, u) => of(u).cos(),
            Combine(Add, u, v) => of(u) + of(v),
            Combine(Sub, u, v) => of(u) - of(v),
            Combine(Mul, u, v) => of(u) * of(v),
            Combine(Div, u, v) => of(u) / of(v),
            Remainder(u) => of(u).exp_m1() - of(u),
            Softplus(u) => of(u).exp().ln_1p(),
            LessSine(u) => of(u) - of(u).sin(),
            Square(u) => of(u) * of(u),
            Power(n, u) => of(u).powi(*n),
            LogSumExp(u, v) => (of(u).exp() + of(v).exp()).ln(),
            Abs(u) => {
                if of(u).re < 0.0 {
                    -of(u)
                } else {
                    of(u)
                }
            }
            Max(u, v) => {
                if of(u).re > of(v).re {
                    of(u)
                } else {
                    of(v)
                }
            }
            Min(u, v) => {
                if of(u).re < of(v).re {
                    of(u)
                } else {
                    of(v)
                }
            }
        }
    }

    /// Value, first and second derivative at x from central differences of step 2⁻⁶⁰ at 400 bits: about 30 digits.
    pub fn differences(tree: &Tree, x: f64) -> [Truth; 3] {
        let exact = |x: f64| Truth::with_bits(x, 400);
        let step = exact(2f64.powi(-60));
        let at = |x: Truth| tree.truth(&[x, exact(0.0), exact(0.0)]).expect("inside the domain");
        let value = at(exact(x));
        let (above, below) = (at(exact(x).binary(Add, &step)), at(exact(x).binary(Sub, &step)));
        let first = above.binary(Sub, &below).binary(Div, &step.binary(Add, &step));
        let bend = above.binary(Sub, &value).binary(Sub, &value.binary(Sub, &below));
        [value, first, bend.binary(Div, &step.binary(Mul, &step))]
    }

    /// Relative to the larger of the derivative and the value, 10⁻¹³; measured, a tenth of that.
    pub fn agree(jet: Jet<f64>, expected: [f64; 3]) -> Result<(), String> {
        let scale = expected.iter().fold(0f64, |size, x| f64::max(size, x.abs()));
        for (name, (got, want)) in
            ["value", "first", "second"].into_iter().zip([jet.value, jet.first, jet.second].into_iter().zip(expected))
        {
            let error = (got - want).abs();
            if error.is_nan() || error > 1e-13 * scale {
                return Err(format!("{name}: {got:e}, not {want:e}"));
            }
        }
        Ok(())
    }

    /// Whether the intervals enclose the differences, up to their truncation, and are narrow.
    pub fn enclose(jet: Jet<Interval>, expected: &[Truth; 3]) -> Result<(), String> {
        let margin = real(2f64.powi(-90));
        let scale = expected.iter().map(|x| x.ends().0.abs()).fold(1.0, f64::max);
        for (part, want) in [jet.value, jet.first, jet.second].into_iter().zip(expected) {
            let apart = part.is_empty()
                || want.hi.clone() + &margin < real(part.lo())
                || real(part.hi()) < want.lo.clone() - &margin;
            if apart || part.width() > 1e-13 * scale {
                return Err(format!("{part:?} for {:?}", want.ends()));
            }
        }
        Ok(())
    }

    #[test]
    fn agree_with_num_dual_and_with_differences() {
        let mut draw = Draw::new(8);
        for tree in smooth() {
            for _ in 0..8 {
                let x = draw.between(0.2, 2.0);
                let jet = tree.evaluate(&[Jet::variable(x), Jet::zero(), Jet::zero()]);
                let dual = dual(&tree, Dual2_64::from_re(x).derivative());
                agree(jet, [dual.re, dual.v1, dual.v2]).unwrap_or_else(|e| panic!("num-dual, {tree:?} at {x}: {e}"));
                let exact = differences(&tree, x);
                let rounded = exact.clone().map(|t| t.ends().0);
                agree(jet, rounded).unwrap_or_else(|e| panic!("differences, {tree:?} at {x}: {e}"));
                let point = Jet::variable(Interval::of(x));
                let enclosure = tree.evaluate(&[point, Jet::zero(), Jet::zero()]);
                enclose(enclosure, &exact).unwrap_or_else(|e| panic!("enclosure, {tree:?} at {x}: {e}"));
            }
        }
    }

    /// Over [a, b]: f(b) − f(a) ∈ f'([a, b])·(b − a), and f(b) − f(a) − f'(a)(b − a) ∈ f''([a, b])·(b − a)²/2.
    #[test]
    fn enclose_derivatives_over_a_range() {
        let mut draw = Draw::new(9);
        for tree in smooth() {
            for exponent in [4, 10, 20] {
                let (a, length) = (draw.between(0.2, 1.9), 2f64.powi(-exponent));
                let a = (a * 1e6).floor() / 1_048_576.0;
                let b = a + length;
                let over = |x: Interval| tree.evaluate(&[Jet::variable(x), Jet::zero(), Jet::zero()]);
                let (range, start) = (over(Interval::new(a, b)), over(Interval::of(a)));
                let at = |x: f64| {
                    let zero = Truth::with_bits(0.0, 400);
                    tree.truth(&[Truth::with_bits(x, 400), zero.clone(), zero]).expect("inside the domain")
                };
                let change = at(b).binary(Sub, &at(a));
                let length = Interval::of(length);
                let linear = range.first * length;
                let taylor = start.first * length + range.second * length.square() * Interval::of(0.5);
                for enclosure in [linear, taylor] {
                    assert!(
                        real(enclosure.lo()) <= change.lo && change.hi <= real(enclosure.hi()),
                        "{tree:?} on [{a}, {b}]: {enclosure:?} for {:?}",
                        change.ends()
                    );
                }
                // No wider than a few times what f' really changes by.
                let allowed = 10.0 * length.hi() * (1.0 + range.second.abs().hi());
                assert!(range.first.width() <= allowed, "{tree:?} on [{a}, {b}]: {:?}, allowed {allowed}", range.first);
            }
        }
    }
}

/// Deliberate mistakes that the checks above must notice.
mod negative_controls {
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
}
