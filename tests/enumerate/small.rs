//! Small policies whose logits, slopes and curvatures are the numbers of a table, for both ways of enumerating them.

use gradient_gap::check::campaign::draw;
use gradient_gap::enumerate::{ByPrefix, Moments, Rows, Table, enumerate};
use gradient_gap::line::{Line, OnLine};
use gradient_gap::number::Interval;
use gradient_gap::policy::{Context, Ending, Features, Logits, Policy, Shape, Tree};
use std::collections::HashMap;

pub const ENDINGS: [Ending; 3] = [Ending::Eos, Ending::Cut, Ending::Fixed];

/// A policy with one parameter a logit: θ + tw are logits, `bend` · w² their second derivatives.
pub struct Small {
    pub policy: Policy,
    theta: Vec<f64>,
    w: Vec<f64>,
    bend: Vec<f64>,
    pub correct: Vec<bool>,
}

impl Small {
    /// Random logits up to `scale` in size, slopes up to 4, and curvatures, if `curved`; all are multiples of 1/64, so that
    /// sums and products of them are exact.
    pub fn random(case: u64, shape: Shape, context: Context, scale: f64, curved: bool) -> Small {
        let tree = Tree::new(shape).expect("small");
        let (rows, options) = (Policy::rows(&tree, context), shape.vocabulary as usize);
        let (count, responses) = (rows * options, tree.leaves().len());
        let mut u = Vec::new();
        draw(crate::SEED, case, 3 * count + responses, &mut u);
        let round = |x: f64| (64.0 * x).round() / 64.0;
        let theta: Vec<f64> = u[..count].iter().map(|x| round(scale * (2.0 * x - 1.0))).collect();
        let w: Vec<f64> = u[count..2 * count].iter().map(|x| round(8.0 * x - 4.0)).collect();
        let bend: Vec<f64> = match curved {
            true => u[2 * count..3 * count].iter().map(|x| round(2.0 * x - 1.0) / 16.0).collect(),
            false => vec![],
        };
        let mut correct: Vec<bool> = u[3 * count..].iter().map(|&x| x < 0.4).collect();
        (correct[0], correct[responses - 1]) = (responses == 1, true);
        let mut quadratic = vec![0.0; if curved { count * count * count } else { 0 }];
        bend.iter().enumerate().for_each(|(j, &q)| quadratic[(j * count + j) * count + j] = q);
        let features = Features::Tabular;
        let logits = Logits { dim: count, rows, options, bias: vec![], features, quadratic, waves: vec![] };
        let policy = Policy::autoregressive(shape, context, logits).expect("fits");
        Small { policy, theta, w, bend, correct }
    }

    /// By the enumeration that keeps all responses, in intervals.
    pub fn kept(&self) -> Line<Interval> {
        OnLine::new(&self.policy, &self.correct, &self.theta, &self.w).line(Interval::point(0.0))
    }

    /// The logit, slope and curvature of one row.
    fn write(&self, row: usize, h: &mut [f64], a: &mut [f64], c: &mut [f64]) {
        let options = h.len();
        for v in 0..options {
            let j = row * options + v;
            let q = self.bend.get(j).copied().unwrap_or(0.0);
            h[v] = self.theta[j] + 0.5 * q * self.theta[j] * self.theta[j];
            a[v] = self.w[j] + q * self.theta[j] * self.w[j];
            c[v] = q * self.w[j] * self.w[j];
        }
    }

    /// Walked through by a function of the prefix.
    pub fn walked_by_prefix(&self) -> Moments {
        let nodes = numbers_of_prefixes(&self.policy.tree);
        let context = self.policy.context;
        let row = |prefix: &[u32]| match context {
            Context::Shared => 0,
            Context::LastToken => prefix.last().map_or(0, |&token| token as usize),
            Context::Prefix => nodes[prefix],
            Context::State => panic!("no family here has one"),
        };
        let logits = |prefix: &[u32], h: &mut [f64], a: &mut [f64], c: &mut [f64]| self.write(row(prefix), h, a, c);
        self.walked(&ByPrefix::new(self.policy.tree.shape(), &logits as Written<'_>).expect("valid"))
    }

    /// By a table, for a policy of the last token.
    pub fn table(&self) -> Table {
        assert_eq!(self.policy.context, Context::LastToken);
        Table::new(self.policy.tree.shape(), |_, last, h, a, c| self.write(last as usize, h, a, c)).expect("valid")
    }

    /// Walked through, with the rewards of `correct`.
    pub fn walked(&self, rows: &impl Rows) -> Moments {
        walk(rows, &rewards(&self.policy.tree, &self.correct)).expect("valid")
    }
}

/// The number of every prefix in a tree.
pub fn numbers_of_prefixes(tree: &Tree) -> HashMap<Vec<u32>, usize> {
    let mut prefixes: Vec<Vec<u32>> = vec![vec![]];
    for node in &tree.nodes()[1..] {
        let mut prefix = prefixes[node.parent as usize].clone();
        prefix.push(node.token);
        prefixes.push(prefix);
    }
    prefixes.into_iter().enumerate().map(|(number, prefix)| (prefix, number)).collect()
}

/// The reward as a function of tokens, from a list.
pub fn rewards(tree: &Tree, correct: &[bool]) -> impl Fn(&[u32]) -> bool + Sync + use<> {
    let list: HashMap<Vec<u32>, bool> = (0..correct.len()).map(|o| (tree.tokens(o), correct[o])).collect();
    move |tokens| list[tokens]
}

/// Every number of a result, to be compared bit by bit.
pub fn bits(moments: &Moments) -> Vec<u64> {
    let Moments { responses, mean, variance, curvature, .. } = moments;
    let (masses, means) = (moments.log_mass(), moments.mean_length());
    let numbers = [mean, variance, curvature, &masses, &means].into_iter().flatten();
    let lengths = moments.joint_length_law();
    let lengths = lengths.iter().flat_map(|(length, logs)| [f64::from(*length), logs[0], logs[1]]);
    let numbers = numbers.copied().chain(lengths).chain([moments.lambda(), moments.second()]);
    responses.iter().copied().chain(numbers.map(f64::to_bits)).collect()
}

/// A reward, as one type: code is made for every pair of types of policies and rewards, and takes long to make.
pub type Reward<'a> = &'a (dyn Fn(&[u32]) -> bool + Sync);

/// Logits, slopes and curvatures of a prefix, as one type.
pub type Written<'a> = &'a (dyn Fn(&[u32], &mut [f64], &mut [f64], &mut [f64]) + Sync);

/// Walks through a space.
pub fn walk<S: Rows>(policy: &S, reward: Reward<'_>) -> Result<Moments, gradient_gap::Error> {
    enumerate(policy, reward)
}
