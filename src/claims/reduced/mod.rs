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

/// Margins, one for every inequality of a claim: the inequality holds where its margin is ≥ 0.
pub type Margins<N> = SmallVec<[N; 6]>;

/// A reduced variable and its range \[lo, hi\], one side of the box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variable {
    /// The symbol, as on the claim's page.
    pub name: &'static str,
    /// The least value of the variable.
    pub lo: f64,
    /// The largest value of the variable.
    pub hi: f64,
}

/// One inequality of a claim in reduced variables, as the claim has it.
#[derive(Clone, Copy, Debug)]
pub struct Side<N> {
    /// Which one; the name of the claim's part where it is one.
    pub name: &'static str,
    /// The left side, as the claim computes it from an instance.
    pub computed: N,
    /// The right side: computed ≤ claimed.
    pub claimed: N,
    /// The factor ≥ 0 of claimed − computed = factor · margin.
    pub factor: N,
}

/// Both sides of every inequality, in the order of the margins.
pub type Sides<N> = SmallVec<[Side<N>; 6]>;

/// Inequalities in reduced variables, written once over the number trait.
pub trait Inequality {
    /// The slug of the claim that they reduce.
    const SLUG: &'static str;
    /// What is reduced, in a few words.
    const WHAT: &'static str;
    /// The number of responses; `None` for any number.
    const RESPONSES: Option<usize>;
    /// The variables x with their ranges: the box, a side for each entry of x.
    const VARIABLES: &'static [Variable];
    /// What the reduction rests on, in one line.
    const RESTS_ON: &'static str;
    /// Numbers that are all ≥ 0 where the inequalities are asserted, at `x`, a number for each variable. None by default.
    fn constraints<N: Scalar>(x: &[N]) -> Margins<N> {
        let _ = x;
        Margins::new()
    }
    /// The margins at `x`, all ≥ 0 where the constraints hold.
    fn margins<N: Scalar>(x: &[N]) -> Margins<N>;
    /// The two sides at `x` as the claim has them, in the order of the margins.
    fn sides<N: Scalar>(x: &[N]) -> Sides<N>;
}

/// An [`Inequality`] as data.
#[derive(Clone, Copy, Debug)]
pub struct Reduced {
    /// The slug of the claim that is reduced.
    pub slug: &'static str,
    /// What is reduced, in a few words.
    pub what: &'static str,
    /// The number of responses; `None` for any number.
    pub responses: Option<usize>,
    /// The variables and their ranges: the box.
    pub variables: &'static [Variable],
    /// What the reduction rests on, in one line.
    pub rests_on: &'static str,
    /// The enclosed [constraints](Inequality::constraints) on a sub-box.
    pub constraints: fn(&[Interval]) -> Margins<Interval>,
    /// The enclosed [margins](Inequality::margins) on a sub-box.
    pub margins: fn(&[Interval]) -> Margins<Interval>,
    /// The enclosed margins on a sub-box with their derivatives, along the direction that the jets of the coordinates have.
    pub jets: fn(&[Jet<Interval>]) -> Margins<Jet<Interval>>,
    /// The enclosed [sides](Inequality::sides) on a sub-box.
    pub sides: fn(&[Interval]) -> Sides<Interval>,
    /// The margins at a point in binary64.
    pub real: fn(&[f64]) -> Margins<f64>,
    /// The sides at a point in binary64.
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
