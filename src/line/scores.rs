//! Vectors in θ-space, by formula: Σ_o c_o ∇log π(o) through the tree, in one reverse pass.

use super::{Line, List, OnLine};
use crate::number::{Scalar, sum};
use smallvec::SmallVec;

/// Σ_o c_o ∇log π(o), with the size of what was added up.
#[derive(Clone, Debug)]
pub struct ScoreSum<N> {
    /// The sum, d entries.
    pub vector: Vec<N>,
    /// Σ_j κ̄_j max_i |∂_i h_j|, κ̄ the sum of the absolute values of what n − n_r π is added up from, response by response: the
    /// condition of any route, also of those in which 1 − π(v) cancels.
    pub condition: f64,
    /// Σ_j κ̄_j max_i |∂_i h_j| with κ̄ the sum of the absolute values of what κ is added up from here, which may be far
    /// less.
    pub own_condition: f64,
}

/// Σ_o c_o ∇log π(o) at t = 0, for any coefficients c (one a response); `sizes[j]` is max_i |∂_i h_j| before
/// cancellation (none: no condition).
///
/// ∇log π(o) = Σ_t (∇h_{r,o_t} − Σ_v π(v) ∇h_{r,v}), so the sum is Σ_j κ_j ∇h_j with
/// κ_{r,v} = n_{r,v} Σ_{u≠v} π(u | r) − π(v | r) Σ_{u≠v} n_{r,u}, where n_{r,v} collects the coefficients of the responses that pass through
/// token v in context r. (That is n_{r,v} − n_r π(v | r) without what cancels where π(v | r) is near 1.)
pub(crate) fn sum_of_scores<N: Scalar>(
    on_line: &OnLine<'_, N>,
    line: &Line<N>,
    theta: &[f64],
    coefficient: &[N],
    sizes: &[f64],
) -> ScoreSum<N> {
    let policy = on_line.policy;
    let (nodes, leaves) = (policy.tree.nodes(), policy.tree.leaves());
    // What passes through a prefix, and the same before responses cancel each other.
    let mut through: List<(N, f64)> = SmallVec::from_elem((N::zero(), 0.0), nodes.len());
    let mut count: List<N> = SmallVec::from_elem(N::zero(), policy.logits.count());
    let mut size: SmallVec<[f64; 8]> = SmallVec::from_elem(0.0, policy.logits.count());
    let mut add = |node: usize, token: u32, (c, before): (N, f64)| {
        if let Some(j) = policy.option(node, token) {
            count[j] = count[j] + c;
            size[j] += before;
        }
    };
    let plus = |x: (N, f64), y: (N, f64)| (x.0 + y.0, x.1 + y.1);
    for (leaf, &c) in leaves.iter().zip(coefficient) {
        let node = leaf.node as usize;
        let c = (c, f64::abs(c.mid()));
        through[node] = plus(through[node], c);
        if let Some(token) = leaf.token {
            add(node, token, c);
        }
    }
    for (position, node) in nodes.iter().enumerate().skip(1).rev() {
        let parent = node.parent as usize;
        let c = through[position];
        through[parent] = plus(through[parent], c);
        add(parent, node.token, c);
    }
    let width = policy.logits.options;
    let mut vector = vec![N::zero(); policy.logits.dim];
    let (mut condition, mut own_condition) = (0.0, 0.0);
    for row in (0..count.len()).step_by(width) {
        let row = row..row + width;
        let prob = &line.tokens.prob[row.clone()];
        let (rest, others) = (without_each(prob), without_each(&count[row.clone()]));
        let before = without_each(&size[row.clone()]);
        for (v, j) in row.enumerate() {
            policy.logits.add_gradient(j, theta, count[j] * rest[v] - others[v] * prob[v], &mut vector);
            let gradient = sizes.get(j).copied().unwrap_or(0.0);
            let (here, elsewhere) = (size[j], before[v] * normal(prob[v].mid()));
            condition += (here * (1.0 + prob[v].mid()) + elsewhere) * gradient;
            own_condition += (here * normal(rest[v].mid()) + elsewhere) * gradient;
        }
    }
    ScoreSum { vector, condition, own_condition }
}

/// Σ_{u≠v} x_u for every v, without subtraction.
fn without_each<N: Scalar>(x: &[N]) -> List<N> {
    let mut sums: List<N> = List::with_capacity(x.len());
    let mut before = N::zero();
    for &x in x {
        sums.push(before);
        before = before + x;
    }
    let mut after = N::zero();
    for (sum, &x) in sums.iter_mut().zip(x).rev() {
        *sum = *sum + after;
        after = after + x;
    }
    sums
}

/// A number that is not negative, but no smaller than the smallest normal one: what is below has the rounding error of that.
pub(crate) fn normal(x: f64) -> f64 {
    x.max(f64::MIN_POSITIVE)
}

/// ‖x‖₂, scaled so that squares neither overflow nor underflow; 0 for no entries.
pub fn norm<N: Scalar>(x: &[N]) -> N {
    // Scaled, so that neither very small nor very large entries are lost in the squares.
    let top = x.iter().map(|x| f64::abs(x.mid())).fold(0.0, f64::max);
    if !(top > 0.0 && top.is_finite()) {
        return sum(x.iter().map(|x| x.square())).sqrt();
    }
    // The power of two below `top`, by its exponent bits (2⁻¹⁰⁰⁰ for anything smaller).
    let exponent = (top.to_bits() >> 52).clamp(23, 2023);
    let scale = N::of(f64::from_bits(exponent << 52));
    sum(x.iter().map(|&x| (x / scale).square())).sqrt() * scale
}
