//! Whole expressions: enclosure of the exact value, and inclusion isotonicity.

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
