//! The second route: logits, log-probabilities and masses from their definitions, in any arithmetic.

use dashu_float::{FBig, round::mode::HalfEven};
use gradient_gap::Instance;
use gradient_gap::policy::{Ending, Features, Wave};
use num_dual::{Dual2_64, DualNum};

/// The arithmetic of the second route: value of a binary64 number, and the functions that policies need.
pub trait Arithmetic:
    Clone + std::ops::Add<Output = Self> + std::ops::Sub<Output = Self> + std::ops::Mul<Output = Self>
{
    fn number(x: f64) -> Self;
    fn exponential(&self) -> Self;
    fn logarithm(&self) -> Self;
    fn cosine(&self) -> Self;
}

impl Arithmetic for Dual2_64 {
    fn number(x: f64) -> Self {
        Dual2_64::from_re(x)
    }
    fn exponential(&self) -> Self {
        DualNum::exp(self)
    }
    fn logarithm(&self) -> Self {
        DualNum::ln(self)
    }
    fn cosine(&self) -> Self {
        DualNum::cos(self)
    }
}

pub type Big = FBig<HalfEven, 2>;

/// Enough for a remainder of relative size 10⁻²⁵ with a hundred digits to spare.
pub const BITS: usize = 420;

pub fn big(x: f64) -> Big {
    Big::try_from(x).expect("finite").with_precision(BITS).value()
}

impl Arithmetic for Big {
    fn number(x: f64) -> Self {
        big(x)
    }
    fn exponential(&self) -> Self {
        self.exp()
    }
    fn logarithm(&self) -> Self {
        self.ln()
    }
    fn cosine(&self) -> Self {
        self.cos()
    }
}

pub fn total<A: Arithmetic>(terms: impl IntoIterator<Item = A>) -> A {
    terms.into_iter().fold(A::number(0.0), |sum, term| sum + term)
}

/// All logits at θ + t·w, from their definition.
pub fn logits<A: Arithmetic>(instance: &Instance, t: &A) -> Vec<A> {
    let l = &instance.policy.logits;
    let point: Vec<A> =
        (instance.theta.iter().zip(&instance.direction)).map(|(&x, &w)| A::number(x) + A::number(w) * t.clone()).collect();
    let dot = |row: &[f64]| total(row.iter().zip(&point).map(|(&x, p)| A::number(x) * p.clone()));
    let mut all: Vec<A> = (0..l.count())
        .map(|j| {
            let linear = match &l.features {
                Features::Tabular => point[j].clone(),
                Features::Dense(psi) => dot(&psi[j * l.dim..(j + 1) * l.dim]),
            };
            let quadratic = match l.quadratic.get(j * l.dim * l.dim..(j + 1) * l.dim * l.dim) {
                Some(q) => total(q.chunks(l.dim).zip(&point).map(|(row, p)| dot(row) * p.clone())) * A::number(0.5),
                None => A::number(0.0),
            };
            A::number(l.bias.get(j).copied().unwrap_or(0.0)) + linear + quadratic
        })
        .collect();
    for Wave { logit, amplitude, frequency, phase } in &l.waves {
        let wave = A::number(*amplitude) * (dot(frequency) + A::number(*phase)).cosine();
        all[*logit] = all[*logit].clone() + wave;
    }
    all
}

/// log π(o) at θ + t·w for every response: over the tokens that `Tree::tokens` lists, each with its own softmax.
pub fn log_probs<A: Arithmetic>(instance: &Instance, t: &A) -> Vec<A> {
    let Instance { policy, .. } = instance;
    let (shape, width) = (policy.tree.shape(), policy.logits.options);
    let mut table = logits(instance, t);
    for row in table.chunks_mut(width) {
        let normaliser = total(row.iter().map(A::exponential)).logarithm();
        row.iter_mut().for_each(|z| *z = z.clone() - normaliser.clone());
    }
    let stop = policy.stop.map(|p| [A::number(p).logarithm(), (A::number(1.0) - A::number(p)).logarithm()]);
    let mut prefixes: Vec<Vec<u32>> = Vec::new(); // in the order of first appearance, shortest first: rows of Context::Prefix
    if policy.context == gradient_gap::policy::Context::Prefix {
        let words: Vec<Vec<u32>> = (0..policy.responses()).map(|o| policy.tree.tokens(o)).collect();
        for depth in 0..shape.max_length as usize {
            let mut level: Vec<Vec<u32>> =
                words.iter().filter(|word| word.len() > depth).map(|word| word[..depth].to_vec()).collect();
            level.sort();
            level.dedup();
            prefixes.extend(level);
        }
    }
    (0..policy.responses())
        .map(|o| {
            let word = policy.tree.tokens(o);
            total(word.iter().enumerate().map(|(k, &token)| {
                if shape.ending == Ending::Eos && k + 1 == shape.max_length as usize {
                    return A::number(0.0); // forced
                }
                let row = match policy.context {
                    gradient_gap::policy::Context::Shared => 0,
                    gradient_gap::policy::Context::LastToken => word[..k].last().map_or(0, |&t| t as usize),
                    gradient_gap::policy::Context::Prefix => {
                        prefixes.iter().position(|prefix| *prefix == word[..k]).expect("a prefix")
                    }
                    gradient_gap::policy::Context::State => panic!("its responses are not listed"),
                };
                match &stop {
                    Some([stop, _]) if token == 0 => stop.clone(),
                    Some([_, go_on]) => table[row * width + token as usize - 1].clone() + go_on.clone(),
                    None => table[row * width + token as usize].clone(),
                }
            }))
        })
        .collect()
}

/// log P(O∓) by direct sums.
pub fn log_masses<A: Arithmetic>(instance: &Instance, log_prob: &[A]) -> [A; 2] {
    [false, true].map(|side| {
        let of_side = log_prob.iter().zip(&instance.correct).filter(|&(_, &correct)| correct == side);
        total(of_side.map(|(lp, _)| lp.exponential())).logarithm()
    })
}
