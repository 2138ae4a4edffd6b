//! Jets against num-dual, against differences at 400 bits, and over whole ranges.

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
        Apply(Atan, Box::new(bent())),
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
        Apply(Atan, u) => of(u).atan(),
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
        let apart =
            part.is_empty() || want.hi.clone() + &margin < real(part.lo()) || real(part.hi()) < want.lo.clone() - &margin;
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
