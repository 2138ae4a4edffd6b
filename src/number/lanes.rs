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

    /// Every operation on eight numbers, some of them extreme.
    struct All;

    impl OnLanes for All {
        type Output = Vec<u64>;
        const LANES: usize = 8;
        #[inline(always)]
        fn run<S: Simd>(self, lanes: Arithmetic<S>) -> Vec<u64> {
            let x = [1.0 / 3.0, -0.0, 5e-324, -1e300, 2.5, f64::INFINITY, -7.0, 1e-200];
            let y = [3.0, 0.1, 4e-310, -1e300, -2.5, 0.7, 1e16, 1e-200];
            let results = [
                lanes.add(x, y),
                lanes.subtract(x, y),
                lanes.multiply(x, y),
                lanes.divide(x, y),
                lanes.largest(x, y),
                lanes.smallest(x, y),
                lanes.size(x),
                lanes.add(lanes.multiply(x, y), y), // not fused
            ];
            results.as_flattened().iter().map(|x| x.to_bits()).collect()
        }
    }

    /// On registers of every width that is here, and one by one.
    #[test]
    fn no_width_changes_a_bit() {
        let alone = All.run(Arithmetic(OneLane));
        assert_eq!(alone.len(), 64);
        assert_eq!(alone[32], 3_f64.to_bits(), "the larger of 1/3 and 3");
        assert_eq!(on_lanes(All), alone);
        assert_eq!(with_registers_of_four(Work(All)), alone);
    }
}
