//! A few numbers side by side, computed with lane by lane: what is in one lane has the same bits whatever is in the others, and on
//! registers of any width.

use super::vector::{OneLane, Simd, WithSimd, with_registers};

/// How many as a rule; multiples of it are as good.
pub(crate) const LANES: usize = 4;

/// Work on numbers in lanes.
pub(crate) trait OnLanes {
    /// What it gives.
    type Output;
    /// Does it; to be `#[inline(always)]`, as all that it calls.
    fn run<S: Simd>(self, lanes: Arithmetic<S>) -> Self::Output;
}

/// Does work on the widest registers that the machine has and so many lanes fill.
#[inline(always)]
pub(crate) fn on_lanes<W: OnLanes>(work: W) -> W::Output {
    with_registers(Work(work))
}

struct Work<W>(W);

impl<W: OnLanes> WithSimd for Work<W> {
    type Output = W::Output;
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> W::Output {
        // Known before code is made of either.
        if const { S::F64_LANES > LANES } { self.0.run(Arithmetic(OneLane)) } else { self.0.run(Arithmetic(simd)) }
    }
}

/// Arithmetic lane by lane, on the registers of `S`.
#[derive(Clone, Copy)]
pub(crate) struct Arithmetic<S>(pub S);

/// f of the registers of two.
#[inline(always)]
fn map<S: Simd, const W: usize>(x: [f64; W], y: [f64; W], f: impl Fn(S::f64s, S::f64s) -> S::f64s) -> [f64; W] {
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
