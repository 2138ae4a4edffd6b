//! Bytes as a program over intervals: the exact value lies inside, a part gives a part, and derivatives enclose differences.

use super::bytes::Bytes;
use super::truth::{Binary, Truth, Unary, real};
use super::{Interval, Jet, Scalar, log_sum_exp};

/// Numbers that stand for a set of reals between two ends; besides `Interval`, the deliberately wrong ones of `controls`.
pub trait Enclosure: Scalar {
    fn around(x: Interval) -> Self;
    fn known(self) -> Interval;
}

impl Enclosure for Interval {
    fn around(x: Interval) -> Self {
        x
    }
    fn known(self) -> Interval {
        self
    }
}

/// One instruction; operands are the positions of earlier values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    Input(usize),
    Constant(f64),
    Apply(Unary, usize),
    Combine(Binary, usize, usize),
    Remainder(usize),
    Softplus(usize),
    LessSine(usize),
    Abs(usize),
    Square(usize),
    PositivePart(usize),
    Power(i32, usize),
    Min(usize, usize),
    Max(usize, usize),
    Hull(usize, usize),
    LogSumExp(usize, usize),
}
use Step::*;

/// What an input is: a point, and two nested intervals around it. For an empty inner interval there is no point.
#[derive(Clone, Copy, Debug)]
pub struct Input3 {
    pub point: f64,
    pub inner: Interval,
    pub outer: Interval,
}

/// A straight-line program of three inputs; every step is a value.
#[derive(Clone, Debug)]
pub struct Program {
    pub inputs: [Input3; 3],
    pub steps: Vec<Step>,
}

/// The longest program.
const MAX_STEPS: usize = 16;

fn input(bytes: &mut Bytes) -> Input3 {
    let point = bytes.number();
    // How far below and above the point: nothing, a few places, a little, much, everything.
    let mut reach = |from: f64, up: bool| {
        let sign = if up { 1.0 } else { -1.0 };
        let far = match bytes.byte() % 8 {
            0..3 => return from,
            3 => (0..=bytes.byte() % 4).fold(from, |x, _| if up { x.next_up() } else { x.next_down() }),
            4 => from + sign * bytes.unit() * from.abs() * 1e-9,
            5 => from + sign * bytes.unit(),
            6 => from + sign * bytes.number().abs(),
            _ => sign * f64::INFINITY,
        };
        if up { far.max(from) } else { far.min(from) }
    };
    let (lo, hi) = (reach(point, false), reach(point, true));
    let (low, high) = (reach(lo, false), reach(hi, true));
    let (inner, outer) = (Interval::new(lo, hi), Interval::new(low, high));
    match bytes.byte() % 32 {
        0 => Input3 { point, inner: Interval::EMPTY, outer },
        1 => Input3 { point, inner: Interval::EMPTY, outer: Interval::EMPTY },
        2 => Input3 { point, inner, outer: Interval::WHOLE },
        _ => Input3 { point, inner, outer },
    }
}

impl Program {
    pub fn decode(bytes: &mut Bytes) -> Program {
        let inputs = [input(bytes), input(bytes), input(bytes)];
        let mut steps = vec![Input(0), Input(1), Input(2)];
        while !bytes.is_empty() && steps.len() < MAX_STEPS {
            let mut earlier = [bytes.byte(), bytes.byte()].map(|back| steps.len() - 1 - usize::from(back) % steps.len());
            if bytes.one_in(4) {
                earlier[1] = steps.len() - 1;
            }
            let [x, y] = earlier;
            steps.push(match bytes.below(24) {
                0..4 => Combine(Binary::ALL[bytes.below(4)], x, y),
                4..12 => Apply(Unary::ALL[bytes.below(Unary::ALL.len())], x),
                12 => Abs(x),
                13 => Square(x),
                14 => Power(bytes.below(13) as i32 - 5, x),
                15 => Min(x, y),
                16 => Max(x, y),
                17 => Hull(x, y),
                18 => Remainder(x),
                19 => Softplus(x),
                20 => LessSine(x),
                21 => LogSumExp(x, y),
                22 => PositivePart(x),
                _ => Constant(bytes.number()),
            });
        }
        Program { inputs, steps }
    }

    /// All values.
    pub fn evaluate<N: Scalar>(&self, inputs: [N; 3]) -> Vec<N> {
        let mut v: Vec<N> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            v.push(match *step {
                Input(i) => inputs[i],
                Constant(c) => N::of(c),
                Apply(op, x) => op.of(v[x]),
                Combine(op, x, y) => op.of(v[x], v[y]),
                Remainder(x) => v[x].exp_remainder(),
                Softplus(x) => v[x].softplus(),
                LessSine(x) => v[x].sub_sin(),
                Abs(x) => v[x].abs(),
                Square(x) => v[x].square(),
                PositivePart(x) => v[x].positive_part(),
                Power(n, x) => v[x].powi(n),
                Min(x, y) => v[x].min(v[y]),
                Max(x, y) => v[x].max(v[y]),
                Hull(x, y) => v[x].hull(v[y]),
                LogSumExp(x, y) => log_sum_exp(&[v[x], v[y]]),
            });
        }
        v
    }

    /// The exact values; `None` where undefined, or too large to be worth it. Of a hull, the first operand.
    pub fn truth(&self, inputs: [Option<f64>; 3], bits: usize) -> Vec<Option<Truth>> {
        let mut v: Vec<Option<Truth>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let of = |x: usize| v[x].clone();
            let value = (|| {
                Some(match *step {
                    Input(i) => Truth::with_bits(inputs[i]?, bits),
                    Constant(c) => Truth::with_bits(c, bits),
                    Apply(op, x) => of(x)?.unary(op)?,
                    Combine(Binary::Div, _, y) if of(y)?.touches_zero() => return None,
                    Combine(op, x, y) => of(x)?.binary(op, &of(y)?),
                    Remainder(x) => of(x)?.exp_remainder()?,
                    Softplus(x) => of(x)?.softplus()?,
                    LessSine(x) => of(x)?.binary(Binary::Sub, &of(x)?.unary(Unary::Sin)?),
                    Abs(x) => of(x)?.abs(),
                    Square(x) => of(x)?.powi(2)?,
                    PositivePart(x) => of(x)?.max(&Truth::with_bits(0.0, bits)),
                    Power(n, x) => of(x)?.powi(n)?,
                    Min(x, y) => of(x)?.min(&of(y)?),
                    Max(x, y) => of(x)?.max(&of(y)?),
                    // Of an empty interval and another the hull is not empty.
                    Hull(x, _) => of(x)?,
                    LogSumExp(x, y) => {
                        of(x)?.unary(Unary::Exp)?.binary(Binary::Add, &of(y)?.unary(Unary::Exp)?).unary(Unary::Ln)?
                    }
                })
            })();
            // Very small numbers take very many bits in the oracle's sums and sines.
            v.push(value.filter(|value| value.magnitude_below(1e300)));
        }
        v
    }

    /// For every value, whether it depends on one for which `bad` holds.
    fn depends(&self, bad: impl Fn(&Step) -> bool) -> Vec<bool> {
        let mut marked: Vec<bool> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let from = match *step {
                Input(_) | Constant(_) => false,
                Apply(_, x)
                | Remainder(x)
                | Softplus(x)
                | LessSine(x)
                | Abs(x)
                | Square(x)
                | PositivePart(x)
                | Power(_, x) => marked[x],
                Combine(_, x, y) | Min(x, y) | Max(x, y) | Hull(x, y) | LogSumExp(x, y) => marked[x] || marked[y],
            };
            marked.push(from || bad(step));
        }
        marked
    }

    fn points(&self) -> [Option<f64>; 3] {
        self.inputs.map(|input| (!input.inner.is_empty()).then_some(input.point))
    }
}

/// The ends that an interval may have.
fn well_formed(x: Interval) -> bool {
    let (lo, hi) = (x.lo(), x.hi());
    let zero = |x: f64| x != 0.0 || x.is_sign_positive();
    match x.is_empty() {
        true => (lo, hi) == (f64::INFINITY, f64::NEG_INFINITY),
        false => lo <= hi && lo < f64::INFINITY && hi > f64::NEG_INFINITY && zero(lo) && zero(hi),
    }
}

/// Whether the bracket of the exact value meets the interval (it cannot lie inside more exactly than it is known).
fn meets(x: Interval, truth: &Truth) -> bool {
    !x.is_empty() && real(x.lo()) <= truth.hi && truth.lo <= real(x.hi())
}

/// What the checks were worth: how many comparisons with an exact value and between nested operands were made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Worth {
    pub exact: usize,
    pub nested: usize,
    pub slopes: usize,
    pub bends: usize,
}

/// Runs all checks on a program.
pub fn check<N: Enclosure>(program: &Program) -> Result<Worth, String> {
    let mut worth = Worth::default();
    let last = program.steps.len();
    let inputs = |choose: fn(&Input3) -> Interval| program.inputs.each_ref().map(|input| N::around(choose(input)));
    let points = program.points();
    let at_point = program.inputs.map(|input| if input.inner.is_empty() { input.inner } else { Interval::of(input.point) });
    let runs = [at_point.map(N::around), inputs(|i| i.inner), inputs(|i| i.outer)].map(|inputs| program.evaluate(inputs));
    let known: Vec<Vec<Interval>> = runs.iter().map(|run| run.iter().map(|x| x.known()).collect()).collect();
    let place = |k: usize| format!("value {k} of {program:?}");
    for values in &known {
        if let Some(k) = values.iter().position(|&x| !well_formed(x)) {
            return Err(format!("{:?} is no interval: {}", values[k], place(k)));
        }
    }
    // The exact value lies inside.
    let truth = program.truth(points, 256);
    for (k, truth) in truth.iter().enumerate().filter_map(|(k, truth)| Some((k, truth.as_ref()?))) {
        for values in &known {
            worth.exact += 1;
            if !meets(values[k], truth) {
                return Err(format!("{:?} lacks {:?}: {}", values[k], truth.ends(), place(k)));
            }
        }
    }
    // What is certain is true.
    for (a, b) in (0..last).zip(1..last) {
        if let (Some(x), Some(y)) = (&truth[a], &truth[b]) {
            for values in &known {
                let (i, j) = (values[a], values[b]);
                if (i.surely_le(j) && x.lo > y.hi) || (i.surely_lt(j) && x.lo >= y.hi) || (x.hi < y.lo && !i.possibly_le(j))
                {
                    return Err(format!("{i:?} and {j:?} are compared wrongly: {}", place(b)));
                }
            }
        }
    }
    // Part of the operands, part of the result.
    let rounded = program.depends(|step| matches!(step, Remainder(_) | Softplus(_) | LessSine(_) | LogSumExp(..)));
    for pair in known.windows(2) {
        for k in (0..last).filter(|&k| !rounded[k]) {
            worth.nested += 1;
            if !pair[1][k].encloses(pair[0][k]) {
                return Err(format!("{:?} sticks out of {:?}: {}", pair[0][k], pair[1][k], place(k)));
            }
        }
    }
    derivatives::<N>(program, &rounded, &mut worth)?;
    Ok(worth)
}

/// In the first input alone, over its inner interval: f(b) − f(a) ∈ f'·(b − a), and, where f has two derivatives,
/// f(b) − f(a) − f'(a)(b − a) ∈ f''·(b − a)²/2. An empty derivative says that there is none.
fn derivatives<N: Enclosure>(program: &Program, rounded: &[bool], worth: &mut Worth) -> Result<(), String> {
    let over = |x: Interval| {
        let fixed = [1, 2].map(|i| Jet::constant(N::of(program.inputs[i].point)));
        program.evaluate([Jet::variable(N::around(x)), fixed[0], fixed[1]])
    };
    let Input3 { inner, outer, .. } = program.inputs[0];
    if inner.is_empty() {
        return Ok(());
    }
    let (narrow, wide) = (over(inner), over(outer));
    let place = |k: usize| format!("derivative of value {k} of {program:?}");
    let parts = |jet: &Jet<N>| [jet.value, jet.first, jet.second].map(N::known);
    // A kink exactly at an end has two derivatives, of which a jet may take either.
    let kinked = program.depends(|step| matches!(step, Abs(_) | Min(..) | Max(..) | PositivePart(_) | Hull(..)));
    for (k, (narrow, wide)) in narrow.iter().zip(&wide).enumerate() {
        for (order, (narrow, wide)) in parts(narrow).into_iter().zip(parts(wide)).enumerate() {
            let nested = rounded[k] || (order > 0 && kinked[k]) || wide.encloses(narrow);
            if !(nested && well_formed(narrow) && well_formed(wide)) {
                return Err(format!("{narrow:?} and {wide:?}: {}", place(k)));
            }
        }
    }
    if !inner.is_bounded() || inner.lo() == inner.hi() {
        return Ok(());
    }
    let (a, b) = (inner.lo(), inner.hi());
    let rest = [1, 2].map(|i| Some(program.inputs[i].point));
    let [at_a, at_b] = [a, b].map(|x| program.truth([Some(x), rest[0], rest[1]], 400));
    let start = over(Interval::of(a));
    let step = Truth::with_bits(b, 400).binary(Binary::Sub, &Truth::with_bits(a, 400));
    let hulls = program.depends(|step| matches!(step, Hull(..)));
    let bracket = |x: Interval| {
        let [lo, hi] = [x.lo(), x.hi()].map(|end| real(end).with_precision(400).value());
        Truth { lo, hi, bits: 400 }
    };
    for k in 0..program.steps.len() {
        let (Some(at_a), Some(at_b), [_, first, second]) = (&at_a[k], &at_b[k], parts(&narrow[k])) else { continue };
        if hulls[k] {
            continue;
        }
        let change = at_b.binary(Binary::Sub, at_a);
        let apart = |x: &Truth, y: &Truth| x.hi < y.lo || y.hi < x.lo;
        if first.is_bounded() {
            worth.slopes += 1;
            if apart(&bracket(first).binary(Binary::Mul, &step), &change) {
                return Err(format!("f' = {first:?} over {inner:?}: {}", place(k)));
            }
        }
        let [_, slope, _] = parts(&start[k]);
        if !kinked[k] && slope.is_bounded() && second.is_bounded() {
            worth.bends += 1;
            let linear = bracket(slope).binary(Binary::Mul, &step);
            let half_square = step.binary(Binary::Mul, &step).binary(Binary::Mul, &Truth::with_bits(0.5, 400));
            if apart(&linear.binary(Binary::Add, &bracket(second).binary(Binary::Mul, &half_square)), &change) {
                return Err(format!("f'' = {second:?} over {inner:?}: {}", place(k)));
            }
        }
    }
    Ok(())
}

/// The fuzz target: the bytes are a program, which is checked over intervals and run over binary64 and its jets.
pub fn interval_program(bytes: &[u8]) -> Result<Worth, String> {
    let program = Program::decode(&mut Bytes::new(bytes));
    let numbers = program.inputs.map(|input| if input.inner.is_empty() { f64::NAN } else { input.point });
    program.evaluate(numbers);
    program.evaluate([f64::INFINITY, f64::NEG_INFINITY, numbers[2]]);
    program.evaluate([Jet::variable(numbers[0]), Jet::constant(numbers[1]), Jet::constant(numbers[2])]);
    check::<Interval>(&program)
}
