//! Claims in reduced variables: what they say of every policy of a size, as inequalities between a few numbers on a box. None of
//! these is in the registry; [`check::boxes`](crate::check::boxes) proves them by branch and bound.
//!
//! A reduction is proved on the page of its claim, section *Reduction and box*. Beside the margin of every inequality stand the
//! two sides as the claim has them, in the same variables: claimed − computed = factor · margin with a factor ≥ 0, so that a
//! margin ≥ 0 on the box is the inequality on the box. A sharp inequality is an equality on a whole part of its box, where no
//! enclosure of a difference is ever ≥ 0; its margin is arranged as a sum of terms that are ≥ 0 by their form.

mod pointwise;
mod step;

use crate::number::{Interval, Jet, Scalar};
use smallvec::SmallVec;

/// Numbers, one for every inequality of a claim.
pub type Margins<N> = SmallVec<[N; 6]>;

/// A reduced variable and where it may lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variable {
    /// The symbol, as on the claim's page.
    pub name: &'static str,
    /// The least value.
    pub lo: f64,
    /// The largest value.
    pub hi: f64,
}

/// One inequality of a claim in reduced variables, as the claim has it.
#[derive(Clone, Copy, Debug)]
pub struct Side<N> {
    /// Which one; the name of the claim's part where it is one.
    pub name: &'static str,
    /// The left side.
    pub computed: N,
    /// The right side: computed ≤ claimed.
    pub claimed: N,
    /// claimed − computed = factor · margin.
    pub factor: N,
}

/// Both sides of every inequality.
pub type Sides<N> = SmallVec<[Side<N>; 6]>;

/// Inequalities in reduced variables, written once over the number trait.
pub trait Inequality {
    /// The claim that they reduce.
    const SLUG: &'static str;
    /// What is reduced, in a few words.
    const WHAT: &'static str;
    /// The number of responses; `None` for any number.
    const RESPONSES: Option<usize>;
    /// The variables and their box.
    const VARIABLES: &'static [Variable];
    /// What the reduction rests on, in one line.
    const RESTS_ON: &'static str;
    /// Numbers that are all ≥ 0 where the inequalities are asserted.
    fn constraints<N: Scalar>(x: &[N]) -> Margins<N> {
        let _ = x;
        Margins::new()
    }
    /// The margins, all ≥ 0 where the constraints hold.
    fn margins<N: Scalar>(x: &[N]) -> Margins<N>;
    /// The two sides as the claim has them.
    fn sides<N: Scalar>(x: &[N]) -> Sides<N>;
}

/// An [`Inequality`] as data.
#[derive(Clone, Copy, Debug)]
pub struct Reduced {
    /// The claim.
    pub slug: &'static str,
    /// What is reduced, in a few words.
    pub what: &'static str,
    /// The number of responses; `None` for any number.
    pub responses: Option<usize>,
    /// The variables and their box.
    pub variables: &'static [Variable],
    /// What the reduction rests on, in one line.
    pub rests_on: &'static str,
    /// Enclosed constraints.
    pub constraints: fn(&[Interval]) -> Margins<Interval>,
    /// Enclosed margins.
    pub margins: fn(&[Interval]) -> Margins<Interval>,
    /// Enclosed margins with their derivatives.
    pub jets: fn(&[Jet<Interval>]) -> Margins<Jet<Interval>>,
    /// Enclosed sides.
    pub sides: fn(&[Interval]) -> Sides<Interval>,
    /// Margins in binary64.
    pub real: fn(&[f64]) -> Margins<f64>,
    /// Sides in binary64.
    pub real_sides: fn(&[f64]) -> Sides<f64>,
}

/// All inequalities in reduced variables, in the order of the registry of claims.
pub static REDUCED: &[Reduced] = &[
    reduced::<pointwise::SecondOfLogOdds<pointwise::Two>>(),
    reduced::<pointwise::SecondOfLogOdds<pointwise::Three>>(),
    reduced::<step::StraightStep>(),
    reduced::<pointwise::Window<pointwise::Two>>(),
    reduced::<pointwise::Window<pointwise::Three>>(),
    reduced::<pointwise::SecondOfLogarithms<pointwise::Two>>(),
    reduced::<pointwise::SecondOfLogarithms<pointwise::Three>>(),
    reduced::<step::FromTangent>(),
];

/// The inequality I as data.
const fn reduced<I: Inequality>() -> Reduced {
    Reduced {
        slug: I::SLUG,
        what: I::WHAT,
        responses: I::RESPONSES,
        variables: I::VARIABLES,
        rests_on: I::RESTS_ON,
        constraints: I::constraints::<Interval>,
        margins: I::margins::<Interval>,
        jets: I::margins::<Jet<Interval>>,
        sides: I::sides::<Interval>,
        real: I::margins::<f64>,
        real_sides: I::sides::<f64>,
    }
}
