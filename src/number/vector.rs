//! The vector registers of the machine at hand.

pub(crate) use pulp::{Scalar as OneLane, Simd, WithSimd};

/// Runs `work` compiled for the widest vector registers that the machine has (AVX-512 or AVX2 on x86-64, where there is): itself, if
/// it is marked `#[inline(always)]`, and what is inlined into it; every function that is not stays as it was compiled.
///
/// ```
/// # use gradient_gap::number::vectorised;
/// let mut x = [1.0, 2.0, 3.0, 4.0];
/// vectorised(#[inline(always)] || x.iter_mut().for_each(|x| *x *= 0.5));
/// assert_eq!(x, [0.5, 1.0, 1.5, 2.0]);
/// ```
///
/// Multiplications and additions are not fused, and no sum is reordered: the result has the same bits on every machine.
#[inline(always)]
pub fn vectorised<R>(work: impl FnMut() -> R) -> R {
    pulp::Arch::new().dispatch(Work(work))
}

/// A closure that is called without a shim, which would not be inlined.
struct Work<F>(F);

impl<R, F: FnMut() -> R> pulp::NullaryFnOnce for Work<F> {
    type Output = R;
    #[inline(always)]
    fn call(mut self) -> R {
        (self.0)()
    }
}

/// The same for work that names its registers, so that sums stay in them. It may multiply and add, but not fuse (`mul_add`), and
/// not add up the numbers of one register, whose width differs between machines.
#[inline]
pub(crate) fn with_registers<W: WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// The same on registers of four numbers, where wider ones would not be full.
#[inline]
pub(crate) fn with_registers_of_four<W: WithSimd>(work: W) -> W::Output {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return match pulp::x86::V3::try_new() {
        Some(simd) => Simd::vectorize(simd, work),
        None => Simd::vectorize(OneLane, work),
    };
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    return pulp::Arch::new().dispatch(work);
}
