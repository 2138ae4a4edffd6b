//! A few numbers side by side, computed with lane by lane: what is in one lane has the same bits whatever is in the others, and on
//! registers of any width.

use super::vector::{OneLane, Simd, WithSimd, with_registers, with_registers_of_four};

/// How many as a rule; multiples of it are as good.
pub(crate) const LANES: usize = 4;

/// Work on numbers in lanes.
pub(crate) trait OnLanes {
    /// What it gives.
    type Output;
    /// Of how many lanes all its numbers are multiples: no register is wider.
    const LANES: usize = LANES;
    /// Does it; to be `#[inline(always)]`, as all that it calls.
    fn run<S: Simd>(self, lanes: Arithmetic<S>) -> Self::Output;
}

/// Does work on the widest registers that the machine has and so many lanes fill.
#[inline(always)]
pub(crate) fn on_lanes<W: OnLanes>(work: W) -> W::Output {
    if const { W::LANES > LANES } { with_registers(Work(work)) } else { with_registers_of_four(Work(work)) }
}

struct Work<W>(W);

impl<W: OnLanes> WithSimd for Work<W> {
    type Output = W::Output;
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> W::Output {
        // Known before code is made of either.
        if const { S::F64_LANES > W::LANES } { self.0.run(Arithmetic(OneLane)) } else { self.0.run(Arithmetic(simd)) }
    }
}

/// Arithmetic lane by lane, on the registers of `S`.
#[derive(Clone, Copy)]
pub(crate) struct Arithmetic<S>(pub S);

/// f of the registers of two.
#[inline(always)]
fn map<S: Simd, const W: usize>(x: [f64; W], y: [f64; W], f: impl Fn(S::f64s, S::f64s) -> S::f64s) -> [f64; W] {
    debug_assert!(W.is_multiple_of(S::F64_LANES), "{W} numbers in registers of {}", S::F64_LANES);
    let mut result = [0.0; W];
    let (x, y) = (S::as_simd_f64s(&x).0, S::as_simd_f64s(&y).0);
    for ((&x, &y), result) in x.iter().zip(y).zip(S::as_mut_simd_f64s(&mut result).0) {
        *result = f(x, y);
    }
    result
}

macro_rules! operations {
    ($($name:ident = $operation:ident;)*) => {$(
        #[inline(always)]
        pub fn $name<const W: usize>(self, x: [f64; W], y: [f64; W]) -> [f64; W] {
            map::<S, W>(
                x,
                y,
                #[inline(always)]
                |x, y| self.0.$operation(x, y),
            )
        }
    )*};
}

impl<S: Simd> Arithmetic<S> {
    operations! {
        add = add_f64s;
        subtract = sub_f64s;
        multiply = mul_f64s;
        divide = div_f64s;
        largest = max_f64s;
        smallest = min_f64s;
    }

    #[inline(always)]
    pub fn size<const W: usize>(self, x: [f64; W]) -> [f64; W] {
        map::<S, W>(
            x,
            x,
            #[inline(always)]
            |x, _| self.0.abs_f64s(x),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f64; 8] = [1.0 / 3.0, -0.0, 5e-324, -1e300, 2.5, f64::INFINITY, -7.0, 1e-200];
    const Y: [f64; 8] = [3.0, 0.1, 4e-310, -1e300, -2.5, 0.7, 1e16, 1e-200];

    /// Every operation on them.
    struct All;

    impl OnLanes for All {
        type Output = [[f64; 8]; 8];
        const LANES: usize = 8;
        #[inline(always)]
        fn run<S: Simd>(self, lanes: Arithmetic<S>) -> [[f64; 8]; 8] {
            [
                lanes.add(X, Y),
                lanes.subtract(X, Y),
                lanes.multiply(X, Y),
                lanes.divide(X, Y),
                lanes.largest(X, Y),
                lanes.smallest(X, Y),
                lanes.size(X),
                lanes.add(lanes.multiply(X, Y), Y), // not fused
            ]
        }
    }

    /// On registers of every width that is here, and one by one.
    #[test]
    fn no_width_changes_a_bit() {
        let each = |f: fn(f64, f64) -> f64| std::array::from_fn(|lane| f(X[lane], Y[lane]));
        let expected: [[f64; 8]; 8] = [
            each(|x, y| x + y),
            each(|x, y| x - y),
            each(|x, y| x * y),
            each(|x, y| x / y),
            each(f64::max),
            each(f64::min),
            each(|x, _| x.abs()),
            each(|x, y| x * y + y),
        ];
        let bits = |numbers: [[f64; 8]; 8]| numbers.map(|lanes| lanes.map(f64::to_bits));
        for found in [All.run(Arithmetic(OneLane)), on_lanes(All), with_registers_of_four(Work(All))] {
            assert_eq!(bits(found), bits(expected));
        }
    }
}
