//! Inequalities at one point of a line, between J, λ', λ'' and the scores and curvatures of two or three responses.
//!
//! Probabilities add up to 1, so E\[s\] = 0 and E\[s² + H\] = 0: two responses have three free numbers (J, λ', λ''), three have
//! six. With W = λ'' + (1−2J)λ'² they are E⁺\[s\] = (1−J)λ', E⁻\[s\] = −Jλ', E⁺\[s²+H\] = (1−J)W and E⁻\[s²+H\] = −JW. The
//! clock t → ct multiplies slopes by c and curvatures by c², both sides by c²: so all of them may be taken in \[−1, 1\].

use super::{Inequality, Margins, Side, Sides, Variable};
use crate::number::{Scalar, sum};
use smallvec::{SmallVec, smallvec};
use std::marker::PhantomData;

/// One response of a side.
#[derive(Clone, Copy, Debug)]
struct Response<N> {
    /// Its share of the side's mass.
    weight: N,
    /// s.
    score: N,
    /// H.
    curvature: N,
}

/// The responses of one side.
type Group<N> = SmallVec<[Response<N>; 2]>;

/// What a policy is at one point of a line.
#[derive(Clone, Debug)]
pub struct Point<N> {
    /// J.
    success: N,
    /// 1 − J.
    failure: N,
    /// λ'.
    slope: N,
    /// O⁺.
    plus: Group<N>,
    /// O⁻.
    minus: Group<N>,
}

/// How many responses there are, and which numbers determine them.
pub trait Responses {
    /// How many.
    const COUNT: usize;
    /// The free numbers.
    const VARIABLES: &'static [Variable];
    /// What the reduction rests on.
    const RESTS_ON: &'static str;
    /// The responses.
    fn point<N: Scalar>(x: &[N]) -> Point<N>;
}

const fn unit(name: &'static str) -> Variable {
    Variable { name, lo: -1.0, hi: 1.0 }
}

const fn share(name: &'static str) -> Variable {
    Variable { name, lo: 0.0, hi: 1.0 }
}

/// One correct and one incorrect response: a curve λ.
pub struct Two;

impl Responses for Two {
    const COUNT: usize = 2;
    const VARIABLES: &'static [Variable] = &[share("J"), unit("λ'"), unit("λ''")];
    const RESTS_ON: &'static str = "scores and curvatures by J, λ', λ''; clock t → ct; sums of terms ≥ 0";

    fn point<N: Scalar>(x: &[N]) -> Point<N> {
        let (success, slope, second) = (x[0], x[1], x[2]);
        let failure = N::one() - success;
        let square = slope.square();
        let right = Response { weight: N::one(), score: failure * slope, curvature: failure * (second - success * square) };
        let wrong =
            Response { weight: N::one(), score: -(success * slope), curvature: -(success * (second + failure * square)) };
        Point { success, failure, slope, plus: smallvec![right], minus: smallvec![wrong] }
    }
}

/// Two correct responses and an incorrect one; the exchange of sides gives the other case.
pub struct Three;

impl Responses for Three {
    const COUNT: usize = 3;
    const VARIABLES: &'static [Variable] = &[share("J"), share("a"), unit("λ'"), unit("s₁−s₂"), unit("W"), unit("H₁−H₂")];
    const RESTS_ON: &'static str =
        "E[s] = 0 and E[s²+H] = 0 give the third response; exchange of sides; clock t → ct; sums of terms ≥ 0";

    fn point<N: Scalar>(x: &[N]) -> Point<N> {
        let (success, a, slope, apart, bent, curved) = (x[0], x[1], x[2], x[3], x[4], x[5]);
        let (failure, b) = (N::one() - success, N::one() - a);
        let mean = failure * slope;
        let (s1, s2) = (mean + b * apart, mean - a * apart);
        let level = failure * bent - (a * s1.square() + b * s2.square());
        let one = Response { weight: a, score: s1, curvature: level + b * curved };
        let two = Response { weight: b, score: s2, curvature: level - a * curved };
        let score = -(success * slope);
        let three = Response { weight: N::one(), score, curvature: -(success * bent) - score.square() };
        Point { success, failure, slope, plus: smallvec![one, two], minus: smallvec![three] }
    }
}

/// Σ weight · f.
fn mean<N: Scalar>(group: &Group<N>, f: impl Fn(&Response<N>) -> N) -> N {
    sum(group.iter().map(|response| response.weight * f(response)))
}

/// E\[s²\] of a side.
fn energy<N: Scalar>(group: &Group<N>) -> N {
    mean(group, |response| response.score.square())
}

/// Var(s) of a side, as Σ_{i<j} wᵢwⱼ(sᵢ − sⱼ)².
fn variance<N: Scalar>(group: &Group<N>) -> N {
    let pair = |i: usize, j: usize| {
        let (one, two) = (&group[i], &group[j]);
        one.weight * two.weight * (one.score - two.score).square()
    };
    sum((0..group.len()).flat_map(|j| (0..j).map(move |i| (i, j))).map(|(i, j)| pair(i, j)))
}

impl<N: Scalar> Point<N> {
    fn largest(&self, f: impl Fn(&Response<N>) -> N) -> N {
        self.plus.iter().chain(&self.minus).map(f).fold(N::zero(), N::max)
    }
    /// L_o = max |H|.
    fn smooth(&self) -> N {
        self.largest(|response| response.curvature.abs())
    }
    /// G_o² = max s².
    fn steep(&self) -> N {
        self.largest(|response| response.score.square())
    }
    /// λ'' by its moments, as (17) has it.
    fn second(&self) -> N {
        let moment = |group: &Group<N>| energy(group) - mean(group, |r| r.score).square() + mean(group, |r| r.curvature);
        moment(&self.plus) - moment(&self.minus)
    }
    /// E\[L_o + H\] of a side, every L_o + H as 2\[H\]₊ + (L_o − |H|).
    fn below(&self, group: &Group<N>) -> N {
        self.room(group, |h| h)
    }
    /// E\[L_o − H\] of a side.
    fn above(&self, group: &Group<N>) -> N {
        self.room(group, |h| -h)
    }
    fn room(&self, group: &Group<N>, sign: impl Fn(N) -> N) -> N {
        let beyond = |h: N| self.largest(|other| (other.curvature.abs() - h.abs()).positive_part());
        mean(group, |r| {
            let up = sign(r.curvature).positive_part();
            up + up + beyond(r.curvature)
        })
    }
    /// E\[G_o² − s²\] of a side, every G_o² − s² as max \[sⱼ² − s²\]₊.
    fn flat(&self, group: &Group<N>) -> N {
        mean(group, |r| self.largest(|other| (other.score.square() - r.score.square()).positive_part()))
    }
    /// The square of λ' times J(1−J).
    fn tilt(&self) -> N {
        self.success * self.failure * self.slope.square()
    }
}

fn side<N: Scalar>(name: &'static str, computed: N, claimed: N) -> Side<N> {
    Side { name, computed, claimed, factor: N::one() }
}

/// curvature-window, all six parts.
pub struct Window<R>(PhantomData<R>);

impl<R: Responses> Inequality for Window<R> {
    const SLUG: &'static str = "curvature-window";
    const WHAT: &'static str = "the six parts";
    const RESPONSES: Option<usize> = Some(R::COUNT);
    const VARIABLES: &'static [Variable] = R::VARIABLES;
    const RESTS_ON: &'static str = R::RESTS_ON;

    fn margins<N: Scalar>(x: &[N]) -> Margins<N> {
        let point = R::point(x);
        let (plus, minus) = (&point.plus, &point.minus);
        smallvec![
            point.below(plus) + variance(plus),
            point.below(minus) + variance(minus),
            point.below(plus) + energy(plus),
            point.below(minus) + energy(minus),
            point.above(minus) + point.flat(minus),
            point.above(plus) + point.flat(plus),
        ]
    }

    fn sides<N: Scalar>(x: &[N]) -> Sides<N> {
        let point = R::point(x);
        let (success, failure, second, square) = (point.success, point.failure, point.second(), point.slope.square());
        let (smooth, both) = (point.smooth(), point.steep() + point.smooth());
        let bent = second + (failure - success) * square;
        smallvec![
            side("Jλ'² − L_o/(1−J) ≤ λ''", failure * (success * square - second), smooth),
            side("λ'' ≤ L_o/J − (1−J)λ'²", success * (second + failure * square), smooth),
            side("−L_o/(1−J)", -(failure * bent), smooth),
            side("L_o/J", success * bent, smooth),
            side("−(G_o² + L_o)/J", -(success * bent), both),
            side("(G_o² + L_o)/(1−J)", failure * bent, both),
        ]
    }
}

/// log-odds-step-tight at one point: |λ''| ≤ 2L_o + G_o², from which Taylor's formula gives the step.
pub struct SecondOfLogOdds<R>(PhantomData<R>);

impl<R: Responses> Inequality for SecondOfLogOdds<R> {
    const SLUG: &'static str = "log-odds-step-tight";
    const WHAT: &'static str = "|λ''| ≤ 2L_o + G_o²";
    const RESPONSES: Option<usize> = Some(R::COUNT);
    const VARIABLES: &'static [Variable] = R::VARIABLES;
    const RESTS_ON: &'static str = R::RESTS_ON;

    fn margins<N: Scalar>(x: &[N]) -> Margins<N> {
        let point = R::point(x);
        let margin = |up: &Group<N>, down: &Group<N>| {
            let level = mean(up, |r| r.score).square();
            point.above(up) + point.below(down) + point.flat(up) + level + variance(down)
        };
        smallvec![margin(&point.plus, &point.minus), margin(&point.minus, &point.plus)]
    }

    fn sides<N: Scalar>(x: &[N]) -> Sides<N> {
        let point = R::point(x);
        let (second, claimed) = (point.second(), point.smooth() + point.smooth() + point.steep());
        smallvec![side("λ'' ≤ 2L_o + G_o²", second, claimed), side("−λ'' ≤ 2L_o + G_o²", -second, claimed)]
    }
}

/// smooth-only-step at one point: −(1−J)λ'' and Jλ'', and −(log J)'' and −(log(1−J))'', are at most L_o. The last two give the
/// tangents by Taylor's formula.
pub struct SecondOfLogarithms<R>(PhantomData<R>);

impl<R: Responses> Inequality for SecondOfLogarithms<R> {
    const SLUG: &'static str = "smooth-only-step";
    const WHAT: &'static str = "−(log J)'', −(log(1−J))'', −(1−J)λ'', Jλ'' ≤ L_o";
    const RESPONSES: Option<usize> = Some(R::COUNT);
    const VARIABLES: &'static [Variable] = R::VARIABLES;
    const RESTS_ON: &'static str = R::RESTS_ON;

    fn margins<N: Scalar>(x: &[N]) -> Margins<N> {
        let point = R::point(x);
        let plus = point.below(&point.plus) + variance(&point.plus);
        let minus = point.below(&point.minus) + variance(&point.minus);
        smallvec![plus + point.tilt(), minus + point.tilt(), plus, minus]
    }

    fn sides<N: Scalar>(x: &[N]) -> Sides<N> {
        let point = R::point(x);
        let (success, failure, second, smooth) = (point.success, point.failure, point.second(), point.smooth());
        let square = point.slope.square();
        smallvec![
            side("−R ≤ L_oη²/(2(1−J))", -(failure * second), smooth),
            side("R ≤ L_oη²/(2J)", success * second, smooth),
            side("log J against its tangent", -(failure * (second - success * square)), smooth),
            side("log(1−J) against its tangent", success * (second + failure * square), smooth),
        ]
    }
}
