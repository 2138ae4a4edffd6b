//! The vector registers of the machine at hand.

pub(crate) use pulp::{Simd, WithSimd};

/// Runs `work` compiled for the widest vector registers that the machine has: what is inlined into it, loops over slices of `f64`
/// above all. A function that is not inlined into it stays as it was compiled.
///
/// Multiplications and additions are not fused, and no sum is reordered: the result has the same bits on every machine.
#[inline]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// The same for work that names its registers, so that sums stay in them. It may multiply and add, but not fuse (`mul_add`), and
/// not add up the numbers of one register, whose width differs between machines.
#[inline]
pub(crate) fn with_registers<W: WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}
