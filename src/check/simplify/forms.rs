//! Other forms of an instance, each smaller or plainer in one respect. What they keep is for the caller to test.

use crate::evaluation::Evaluation;
use crate::instance::Instance;
use crate::number::Scalar;
use crate::policy::{Context, Ending, Features, Logits, Policy, Shape, Tree, Wave};
use std::collections::HashMap;
use std::ops::Range;

/// Larger trees are left as they are.
const MOST_LEAVES: usize = 4096;
/// The most responses that are listed where they were not.
const MOST_WORDS: u128 = 256;

/// All numbers of an instance but lengths and a fixed EOS.
pub(super) fn numbers(instance: &mut Instance) -> Vec<&mut f64> {
    let Instance { policy, theta, direction, eta, then, .. } = instance;
    let Logits { bias, features, quadratic, waves, .. } = &mut policy.logits;
    let mut all: Vec<&mut f64> = vec![eta];
    all.extend(bias.iter_mut());
    if let Features::Dense(psi) = features {
        all.extend(psi.iter_mut());
    }
    all.extend(quadratic.iter_mut());
    for Wave { amplitude, frequency, phase, .. } in waves {
        all.push(amplitude);
        all.extend(frequency.iter_mut());
        all.push(phase);
    }
    all.extend(theta.iter_mut());
    all.extend(direction.iter_mut());
    for update in then {
        all.push(&mut update.eta);
        all.extend(update.direction.iter_mut());
    }
    all
}

/// Whether t is the only parameter of a one-token policy without waves: logits b + at + ½ct².
fn is_listed(instance: &Instance) -> bool {
    let Instance { policy, then, .. } = instance;
    let Logits { dim, features, waves, .. } = &policy.logits;
    then.is_empty() && policy.is_one_token() && *dim == 1 && waves.is_empty() && matches!(features, Features::Dense(_))
}

/// Without declared lengths: a response is one token.
pub(super) fn without_lengths(instance: &Instance) -> Option<Instance> {
    let mut plain = instance.clone();
    plain.policy.lengths.take().map(|_| plain)
}

/// Every response as one token with the same log π(o), s(o) and, if `curved`, H(o) at t = 0; if `lengths`, with its length declared.
///
/// The logits are log π(o) + s(o)t + ½H(o)t². Their normaliser Z has Z(0) = 1, Z' = E\[s\] = 0 and Z'' = E\[s² + H\] = 0 (Bartlett), so
/// that scores and curvatures at t = 0 are s and H themselves.
pub(super) fn listed(instance: &Instance, curved: bool, lengths: bool) -> Option<Instance> {
    let Instance { policy, eta, correct, then, .. } = instance;
    let same = is_listed(instance) && policy.lengths.is_some() == lengths && policy.logits.quadratic.is_empty() != curved;
    if !then.is_empty() || same || (lengths && policy.max_length() == 1) {
        return None;
    }
    let evaluation = Evaluation::<f64>::new(instance, 1);
    let responses = &evaluation.start().responses;
    let quadratic = if curved { responses.curvature.to_vec() } else { vec![] };
    let mut policy = Policy::quadratic_softmax(1, responses.score.to_vec(), quadratic, responses.log_prob.to_vec()).ok()?;
    if lengths {
        policy.lengths = Some((0..correct.len()).map(|o| instance.policy.length(o)).collect());
    }
    Some(Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: *eta, correct: correct.clone(), then: vec![] })
}

/// The same policy with t for its only parameter: λ and all directional constants stay what they are, up to rounding.
pub(super) fn on_its_line(instance: &Instance) -> Option<Instance> {
    let Instance { policy, theta, direction, then, .. } = instance;
    if (&theta[..], &direction[..]) == (&[0.0], &[1.0]) {
        return None; // it is there already
    }
    let line = Policy { logits: policy.logits.on_line(theta, direction), ..policy.clone() };
    then.is_empty().then(|| Instance { policy: line, theta: vec![0.0], direction: vec![1.0], ..instance.clone() })
}

/// In every context the first option's logit is 0 (a softmax does not notice).
pub(super) fn centred(instance: &Instance) -> Option<Instance> {
    let mut centred = instance.clone();
    let logits = &mut centred.policy.logits;
    let shift = |list: &mut Vec<f64>| {
        for row in list.chunks_mut(logits.options) {
            let first = row[0];
            row.iter_mut().for_each(|x| *x -= first);
        }
    };
    shift(&mut logits.bias);
    if logits.dim == 1 {
        if let Features::Dense(psi) = &mut logits.features {
            shift(psi);
        }
        shift(&mut logits.quadratic);
    }
    Some(centred)
}

/// On its own line: t scaled so that the largest slope is 1, or else the largest curvature.
pub(super) fn unit_slopes(instance: &Instance) -> Option<Instance> {
    let mut scaled = instance.clone();
    let logits = &mut scaled.policy.logits;
    let Features::Dense(psi) = &mut logits.features else { return None };
    let largest = |list: &[f64]| list.iter().map(|x| x.abs()).fold(0.0, f64::max);
    let unit = match (largest(psi), largest(&logits.quadratic)) {
        (slope, _) if slope > 0.0 => slope,
        (_, bend) if bend > 0.0 => bend.sqrt(),
        _ => return None,
    };
    if logits.dim != 1 || !unit.is_finite() || !scaled.then.is_empty() {
        return None;
    }
    psi.iter_mut().for_each(|x| *x /= unit);
    logits.quadratic.iter_mut().for_each(|x| *x /= unit * unit);
    logits.waves.iter_mut().for_each(|wave| wave.frequency[0] /= unit);
    scaled.theta.iter_mut().for_each(|x| *x *= unit);
    scaled.eta *= unit;
    Some(scaled)
}

/// Without waves of amplitude 0, and without biases or curvatures where all are 0.
pub(super) fn without_zeros(instance: &Instance) -> Option<Instance> {
    let mut calmer = instance.clone();
    let logits = &mut calmer.policy.logits;
    logits.waves.retain(|wave| wave.amplitude != 0.0);
    for list in [&mut logits.bias, &mut logits.quadratic] {
        if list.iter().all(|&x| x == 0.0) {
            list.clear();
        }
    }
    Some(calmer)
}

/// Only these logits, by number, in `rows` contexts.
fn select(instance: &mut Instance, chosen: &[usize], rows: usize) {
    let Instance { policy, theta, direction, then, .. } = instance;
    policy.logits = policy.logits.chosen(chosen, rows);
    if let Features::Tabular = policy.logits.features {
        let directions = then.iter_mut().map(|update| &mut update.direction);
        let kept = |list: &[f64]| chosen.iter().map(|&j| list[j]).collect();
        [theta, direction].into_iter().chain(directions).for_each(|list| *list = kept(list));
        policy.logits.dim = chosen.len();
    }
}

/// A one-token policy whose responses can be taken out or put together.
fn is_flat(policy: &Policy) -> bool {
    let linear_in_waves = policy.logits.quadratic.is_empty() && policy.logits.waves.is_empty();
    let tabular = matches!(policy.logits.features, Features::Tabular);
    policy.is_one_token() && policy.logits.options == policy.responses() && (!tabular || linear_in_waves)
}

/// A one-token policy without some responses.
pub(super) fn without_responses(instance: &Instance, gone: Range<usize>) -> Option<Instance> {
    let n = instance.policy.responses();
    if !is_flat(&instance.policy) || n < gone.len() + 2 {
        return None;
    }
    let mut fewer = instance.clone();
    let chosen: Vec<usize> = (0..n).filter(|o| !gone.contains(o)).collect();
    select(&mut fewer, &chosen, 1);
    if let Some(lengths) = &mut fewer.policy.lengths {
        lengths.drain(gone.clone());
    }
    fewer.policy.tree = Tree::flat(chosen.len() as u32);
    fewer.correct.drain(gone);
    Some(fewer)
}

/// On a line: the responses `group` as one, whose logit agrees with the logarithm of their sum to second order.
pub(super) fn merged(instance: &Instance, group: &[usize]) -> Option<Instance> {
    let (&first, rest) = group.split_first()?;
    let logits = &instance.policy.logits;
    let Features::Dense(psi) = &logits.features else { return None };
    if rest.is_empty() || !is_listed(instance) {
        return None;
    }
    let bias = |o: usize| logits.bias.get(o).copied().unwrap_or(0.0);
    let top = group.iter().map(|&o| bias(o)).fold(f64::NEG_INFINITY, f64::max);
    let weight: Vec<f64> = group.iter().map(|&o| Scalar::exp(bias(o) - top)).collect();
    let total: f64 = weight.iter().sum();
    let mean = |of: &dyn Fn(usize) -> f64| group.iter().zip(&weight).map(|(&o, w)| w * of(o)).sum::<f64>() / total;
    let slope = mean(&|o| psi[o]);
    let spread = mean(&|o| (psi[o] - slope).powi(2));
    let bend = spread + mean(&|o| logits.quadratic.get(o).copied().unwrap_or(0.0));
    let longest = group.iter().map(|&o| instance.policy.length(o)).max();
    let mut one = instance.clone();
    let new = &mut one.policy.logits;
    new.bias.resize(new.options, 0.0);
    new.bias[first] = top + Scalar::ln(total);
    if let Features::Dense(psi) = &mut new.features {
        psi[first] = slope;
    }
    if new.quadratic.is_empty() && bend != 0.0 {
        new.quadratic = vec![0.0; new.options];
    }
    if let Some(curvature) = new.quadratic.get_mut(first) {
        *curvature = bend;
    }
    if let (Some(lengths), Some(longest)) = (&mut one.policy.lengths, longest) {
        lengths[first] = longest;
    }
    let mut rest = rest.to_vec();
    rest.sort_unstable();
    rest.iter().rev().try_fold(one, |one, &o| without_responses(&one, o..o + 1))
}

/// Without coordinate `i` of θ, whose part in the logits at the start becomes constant.
pub(super) fn without_coordinate(instance: &Instance, i: usize) -> Option<Instance> {
    let mut fewer = instance.clone();
    let Instance { policy, theta, direction, then, .. } = &mut fewer;
    let (logits, x) = (&mut policy.logits, theta[i]);
    let (d, count) = (logits.dim, logits.count());
    let Features::Dense(psi) = &mut logits.features else { return None };
    if d == 1 {
        return None;
    }
    if x != 0.0 {
        logits.bias.resize(count, 0.0);
        for (j, bias) in logits.bias.iter_mut().enumerate() {
            let bends = logits.quadratic.get(j * d * d + i * d..j * d * d + (i + 1) * d).unwrap_or_default();
            *bias += x * psi[j * d + i] + 0.5 * x * x * bends.get(i).unwrap_or(&0.0);
            psi[j * d..(j + 1) * d].iter_mut().zip(bends).for_each(|(p, q)| *p += x * q);
        }
    }
    let kept = |at: usize| at % d != i;
    let drop = |list: &mut Vec<f64>| {
        let mut at = 0..;
        list.retain(|_| at.next().is_some_and(kept));
    };
    drop(psi);
    let mut at = 0..;
    logits.quadratic.retain(|_| at.next().is_some_and(|at: usize| kept(at) && kept(at / d)));
    for wave in &mut logits.waves {
        wave.phase += wave.frequency[i] * x;
        drop(&mut wave.frequency);
    }
    drop(theta);
    drop(direction);
    then.iter_mut().for_each(|update| drop(&mut update.direction));
    logits.dim = d - 1;
    Some(fewer)
}

/// Every prefix reads the logits of the empty one.
pub(super) fn without_memory(instance: &Instance) -> Option<Instance> {
    if instance.policy.logits.rows == 1 || !instance.policy.is_listed() {
        return None;
    }
    let mut shared = instance.clone();
    let first: Vec<usize> = (0..shared.policy.logits.options).collect();
    select(&mut shared, &first, 1);
    shared.policy.context = Context::Shared;
    Some(shared)
}

/// Responses of at most `length` tokens: what was longer is cut.
pub(super) fn shorter(instance: &Instance, length: u32) -> Option<Instance> {
    let shape = instance.policy.tree.shape();
    (length < shape.max_length).then(|| on_tree(instance, Shape { max_length: length, ..shape }, None))?
}

/// Of a finite-state policy whose rows do not depend on the position, the same with responses of at most `length` tokens.
pub(super) fn shorter_words(instance: &Instance, length: u32) -> Option<Instance> {
    let shape = instance.policy.tree.shape();
    let automaton = instance.policy.automaton.as_ref()?;
    let mut shorter = instance.clone();
    shorter.policy.tree = Tree::unlisted(Shape { max_length: length, ..shape });
    (length < shape.max_length && !automaton.by_position).then_some(shorter)
}

/// Of a finite-state policy with few responses, the same with all of them listed.
pub(super) fn with_list(instance: &Instance) -> Option<Instance> {
    let few = crate::enumerate::responses(instance.policy.tree.shape())? <= MOST_WORDS;
    (few && !instance.policy.is_listed()).then(|| instance.listed().ok())?
}

/// Without one token of the vocabulary, not EOS.
pub(super) fn without_token(instance: &Instance, token: u32) -> Option<Instance> {
    let shape = instance.policy.tree.shape();
    let fits = !instance.policy.is_one_token() && shape.vocabulary > 2 && (token > 0 || shape.ending == Ending::Fixed);
    fits.then(|| on_tree(instance, Shape { vocabulary: shape.vocabulary - 1, ..shape }, Some(token)))?
}

/// The same rows of logits and the same verdicts on a smaller tree, which may lack a token; a response that was longer has the verdict
/// of the first that begins with it.
fn on_tree(instance: &Instance, shape: Shape, lacks: Option<u32>) -> Option<Instance> {
    let Policy { tree: old, context, stop, logits, .. } = &instance.policy;
    if !instance.policy.is_listed() || old.leaves().len() > MOST_LEAVES {
        return None;
    }
    let tree = Tree::new(shape).ok()?;
    let named = |token: u32| token + u32::from(lacks.is_some_and(|lacking| token >= lacking));
    // The responses that begin with a word.
    let mut begins: HashMap<Vec<u32>, usize> = HashMap::new();
    for o in 0..old.leaves().len() {
        let word = old.tokens(o);
        (1..=word.len()).for_each(|n| {
            begins.entry(word[..n].to_vec()).or_insert(o);
        });
    }
    let word = |o: usize| tree.tokens(o).into_iter().map(named).collect::<Vec<u32>>();
    let verdicts = (0..tree.leaves().len()).map(|o| Some(instance.correct[*begins.get(&word(o))?]));
    let correct: Option<Vec<bool>> = verdicts.collect();
    // The prefix of every node, by the numbers of the old tree.
    let children: HashMap<(u32, u32), usize> =
        old.nodes().iter().enumerate().skip(1).map(|(i, node)| ((node.parent, node.token), i)).collect();
    let mut nodes: Vec<usize> = vec![0];
    for node in &tree.nodes()[1..] {
        nodes.push(*children.get(&(nodes[node.parent as usize] as u32, named(node.token)))?);
    }
    let old_row = |row: usize| match context {
        Context::Shared | Context::State => 0,
        Context::LastToken if row == 0 => 0, // the empty prefix reads it
        Context::LastToken => named(row as u32) as usize,
        Context::Prefix => nodes[row],
    };
    let rows = Policy::rows(&tree, *context);
    let offset = u32::from(stop.is_some());
    let options: Vec<u32> = (offset..shape.vocabulary).map(|token| named(token) - offset).collect();
    let chosen: Vec<usize> =
        (0..rows).flat_map(|row| options.iter().map(move |&v| old_row(row) * logits.options + v as usize)).collect();
    let mut smaller = instance.clone();
    select(&mut smaller, &chosen, rows);
    smaller.policy.tree = tree;
    smaller.correct = correct?;
    Some(smaller)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three responses, d = 3, every kind of term; the second of w's entries is 0.
    fn instance() -> Instance {
        let waves = vec![Wave { logit: 1, amplitude: 0.5, frequency: vec![1.0, 2.0, -1.0], phase: 0.25 }];
        let features = Features::Dense(vec![1.0, 2.0, -1.0, 0.5, -1.0, 2.0, -2.0, 0.25, 1.0]);
        let quadratic = [
            [2.0, 1.0, 0.5, 1.0, -1.0, 3.0, 0.5, 3.0, 1.0],
            [-1.0, 0.25, 2.0, 0.25, 2.0, -0.5, 2.0, -0.5, 0.0],
            [0.5, -2.0, 1.0, -2.0, 0.75, 0.125, 1.0, 0.125, -1.0],
        ];
        let bias = vec![0.125, 0.0, -0.25];
        let logits = Logits { dim: 3, rows: 1, options: 3, bias, features, quadratic: quadratic.concat(), waves };
        Instance {
            policy: Policy::one_token(logits).expect("fits"),
            theta: vec![0.5, -0.75, 0.25],
            direction: vec![0.5, 0.0, -0.5],
            eta: 0.5,
            correct: vec![true, false, false],
            then: vec![],
        }
    }

    fn along(instance: &Instance) -> [f64; 4] {
        let evaluation = Evaluation::<f64>::new(instance, 1);
        let (start, step) = (evaluation.start(), evaluation.step());
        [start.lambda(), start.alignment(), start.second(), step.change]
    }

    /// A coordinate that the update does not move is a constant: without it everything along the line is the same.
    #[test]
    fn without_a_coordinate_that_rests_the_line_is_the_same() {
        let whole = instance();
        let fewer = without_coordinate(&whole, 1).expect("there are three");
        assert_eq!((fewer.policy.logits.dim, &fewer.theta[..]), (2, &[0.5, 0.25][..]));
        fewer.validate().expect("fits");
        for (one, other) in along(&whole).into_iter().zip(along(&fewer)) {
            assert!((one - other).abs() < 1e-14, "{one} {other}");
        }
        // Control: one that moves is missed.
        let moved = along(&without_coordinate(&whole, 0).expect("there are three"));
        assert!((moved[1] - along(&whole)[1]).abs() > 0.1);
        let one = Instance { theta: vec![0.5], direction: vec![1.0], ..instance() };
        let logits = Logits { dim: 1, ..Logits::linear(1, 1, 3, vec![1.0, 0.0, -1.0]) };
        let one = Instance { policy: Policy::one_token(logits).expect("fits"), ..one };
        assert_eq!(without_coordinate(&one, 0), None, "there is no policy of no parameter");
    }
}
