//! Finite-state policies by every route that there is: the recursion token by token, powers of the matrix from state to
//! state, the list of all responses, and the walk of `enumerate` through all of them, on automata so small, or of so few
//! tokens, that all four run.

use crate::chain::instances;
use gradient_gap::Instance;
use gradient_gap::enumerate::{ByPrefix, Moments, enumerate};
use gradient_gap::line::{Line, OnLine};
use gradient_gap::policy::{Automaton, Ending, Features, Logits, Policy, Shape, Tree};
use gradient_gap::regularity::psi1_norm;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What every route gives.
#[derive(Clone, Debug)]
struct Seen {
    /// λ, λ', λ'', and of O⁻ and O⁺ E\[s\], Var(s), E\[H\], E\[ℓ\].
    numbers: Vec<(&'static str, f64)>,
    /// P(ℓ = t) by increasing t.
    law: Vec<(u32, f64)>,
    psi1: f64,
}

impl Seen {
    fn new(odds: [f64; 3], sides: [(&'static str, [f64; 2]); 4], law: &[(u32, f64)]) -> Seen {
        let mut numbers = vec![("λ", odds[0]), ("λ'", odds[1]), ("λ''", odds[2])];
        numbers.extend(sides.into_iter().flat_map(|(name, pair)| pair.map(|x| (name, x))));
        let psi1 = psi1_norm(law);
        Seen { numbers, law: law.iter().map(|&(length, log)| (length, log.exp())).collect(), psi1 }
    }

    fn of_line(line: &Line<f64>, law: &[(u32, f64)]) -> Seen {
        let sides = [("E[s]", line.mean), ("Var(s)", line.variance), ("E[H]", line.curvature), ("E[ℓ]", line.length)];
        Seen::new([line.lambda(), line.alignment(), line.second()], sides, law)
    }

    fn of_moments(moments: &Moments) -> Seen {
        let sides = [
            ("E[s]", moments.mean),
            ("Var(s)", moments.variance),
            ("E[H]", moments.curvature),
            ("E[ℓ]", moments.mean_length()),
        ];
        Seen::new([moments.lambda(), moments.alignment(), moments.second()], sides, &moments.length_law())
    }

    /// What differs by more than 10⁻¹² of `size`, and of T_ψ1 by more than 10⁻⁹ of itself.
    fn against(&self, other: &Seen, size: f64) -> Vec<String> {
        let apart = |a: f64, b: f64, size: f64| (a - b).abs() > 1e-12 * size.max(b.abs()) || a.is_nan() || b.is_nan();
        let numbers = self.numbers.iter().zip(&other.numbers);
        let mut names: Vec<String> =
            numbers.filter(|(a, b)| apart(a.1, b.1, size)).map(|(a, b)| format!("{}: {} {}", a.0, a.1, b.1)).collect();
        let laws = self.law.iter().zip(&other.law);
        if self.law.len() != other.law.len() || laws.clone().any(|(a, b)| a.0 != b.0 || apart(a.1, b.1, size)) {
            names.push(format!("law of ℓ: {:?} {:?}", self.law, other.law));
        }
        if (self.psi1 / other.psi1 - 1.0).abs() > 1e-9 {
            names.push(format!("T_ψ1: {} {}", self.psi1, other.psi1));
        }
        names
    }
}

fn on_line(instance: &Instance) -> OnLine<'_, f64> {
    OnLine::new(&instance.policy, &instance.correct, &instance.theta, &instance.direction)
}

/// The recursion, token by token.
fn token_by_token(instance: &Instance) -> Seen {
    let on_line = on_line(instance);
    let line = on_line.line_token_by_token(0.0).expect("not listed");
    Seen::of_line(&line, &on_line.length_law(&line))
}

/// Powers of the matrix; the law of ℓ from mean lengths: P(ℓ > t) = E\[min(ℓ, t+1)\] − E\[min(ℓ, t)\], where min(ℓ, t) is
/// the length of the same policy with T∞ = t. `None` where one of these leaves a side empty.
fn by_powers(instance: &Instance) -> Option<Seen> {
    let longest = instance.policy.tree.shape().max_length;
    let line = on_line(instance).line_by_powers(0.0).expect("not by position");
    if instance.policy.constant_length().is_some() {
        return Some(Seen::of_line(&line, &[(longest, 0.0)]));
    }
    let mut means = vec![0.0];
    for tokens in 1..longest {
        let shorter = with_tokens(instance, tokens)?;
        means.push(on_line(&shorter).line_by_powers(0.0).expect("not by position").mean_length());
    }
    means.push(line.mean_length());
    let mut tail: Vec<f64> = means.windows(2).map(|pair| pair[1] - pair[0]).collect();
    tail.push(0.0);
    let masses = tail.windows(2).map(|pair| (pair[0] - pair[1]).max(0.0).ln());
    Some(Seen::of_line(&line, &(1..).zip(masses).collect::<Vec<(u32, f64)>>()))
}

/// The same policy with other T∞.
fn with_tokens(instance: &Instance, tokens: u32) -> Option<Instance> {
    let mut other = instance.clone();
    other.policy.tree = Tree::unlisted(Shape { max_length: tokens, ..instance.policy.tree.shape() });
    other.validate().is_ok().then_some(other)
}

/// The list of all responses.
fn from_the_list(instance: &Instance) -> Seen {
    let listed = instance.listed().expect("small");
    let on_line = on_line(&listed);
    let line = on_line.line(0.0);
    Seen::of_line(&line, &on_line.length_law(&line))
}

/// Every response walked through, its logits formed here, its verdict by reading its tokens.
fn walked(instance: &Instance) -> Seen {
    let Instance { policy, theta, direction, correct, .. } = instance;
    let automaton = policy.automaton.as_ref().expect("finite-state");
    let (shape, logits) = (policy.tree.shape(), &policy.logits);
    let state = |tokens: &[u32]| {
        let after = |state: usize, token: &u32| automaton.next[state * shape.vocabulary as usize + *token as usize] as usize;
        tokens.iter().fold(automaton.start as usize, after)
    };
    let Features::Dense(psi) = &logits.features else { panic!("dense here") };
    let d = logits.dim;
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let form = |j: usize, x: &[f64], y: &[f64]| match logits.quadratic.get(j * d * d..(j + 1) * d * d) {
        Some(q) => (0..d).map(|i| x[i] * dot(&q[i * d..(i + 1) * d], y)).sum(),
        None => 0.0,
    };
    let fixed = usize::from(policy.stop.is_some());
    let rows = |prefix: &[u32], h: &mut [f64], a: &mut [f64], c: &mut [f64]| {
        for v in fixed..h.len() {
            let j = state(prefix) * logits.options + v - fixed;
            let row = &psi[j * d..(j + 1) * d];
            h[v] = logits.bias.get(j).copied().unwrap_or(0.0) + dot(row, theta) + 0.5 * form(j, theta, theta);
            a[v] = dot(row, direction) + form(j, theta, direction);
            c[v] = form(j, direction, direction);
        }
        if let Some(stop) = policy.stop {
            // A fixed EOS is a token of logit log p beside the others' log(1 − p) + log π, whose scores and curvatures are
            // those of π.
            let total: f64 = h[1..].iter().map(|h| h.exp()).sum();
            let p: Vec<f64> = h[1..].iter().map(|h| h.exp() / total).collect();
            let mean = dot(&p, &a[1..]);
            let bend: f64 = (0..p.len()).map(|v| p[v] * (c[v + 1] + (a[v + 1] - mean).powi(2))).sum();
            for v in 1..h.len() {
                h[v] += (1.0 - stop).ln() - total.ln();
                (a[v], c[v]) = (a[v] - mean, c[v] - bend);
            }
            h[0] = stop.ln();
        }
    };
    let policy = ByPrefix::new(shape, rows).expect("valid");
    Seen::of_moments(&enumerate(&policy, |tokens: &[u32]| correct[state(tokens)]).expect("numbers"))
}

/// T times the largest sizes of a token, squared.
fn size(instance: &Instance) -> f64 {
    let tokens = on_line(instance).tokens(0.0);
    let largest = |list: &[f64]| list.iter().fold(1.0, |top, x| f64::max(top, x.abs()));
    let token = largest(&tokens.score).powi(2).max(largest(&tokens.curvature)).max(largest(&tokens.log_prob));
    f64::from(instance.policy.tree.shape().max_length) * token
}

/// Random automata of at most 4 states, 4 tokens and 6 tokens a response, without logits for every position and without
/// waves.
fn small(seed: u64) -> impl Iterator<Item = Instance> {
    instances(seed).filter(|instance| {
        let by_position = instance.policy.automaton.as_ref().is_some_and(|automaton| automaton.by_position);
        !by_position && instance.policy.logits.waves.is_empty()
    })
}

/// One token and EOS: 100 or 101 responses of up to 100 tokens, which vectors of plain numbers go through where it is token
/// by token.
fn long(seed: u64, count: usize) -> Vec<Instance> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut found = vec![];
    while found.len() < count {
        let ending = if rng.random_bool(0.5) { Ending::Eos } else { Ending::Cut };
        let states = rng.random_range(2..=4);
        let next = (0..2 * states).map(|_| rng.random_range(0..states)).collect();
        let automaton = Automaton { start: 0, next, by_position: false };
        let mut normal = || rng.random::<f64>() + rng.random::<f64>() - 1.0;
        let rows = states as usize;
        let bias = (0..2 * rows).map(|j| if j % 2 == 0 { -4.0 + normal() } else { normal() }).collect();
        let features = Features::Dense((0..4 * rows).map(|_| normal()).collect());
        let (theta, direction) = (vec![normal(), normal()], vec![normal(), normal()]);
        let logits = Logits { dim: 2, rows, options: 2, bias, features, quadratic: vec![], waves: vec![] };
        let policy =
            Policy::finite_state(Shape { vocabulary: 2, max_length: 100, ending }, automaton, None, logits).expect("fits");
        let correct = (0..states).map(|_| rng.random_bool(0.5)).collect();
        let instance = Instance { policy, theta, direction, eta: 0.1, correct, then: vec![] };
        if instance.validate().is_ok() {
            found.push(instance);
        }
    }
    found
}

/// The recursion and powers against the list and the walk: λ, λ', λ'', E∓\[s\], Var∓(s), E∓\[H\], E∓\[ℓ\], the law of ℓ and
/// T_ψ1.
#[test]
fn four_routes_agree() {
    let (mut compared, mut laws) = (0, 0);
    for instance in small(21).take(300).chain(long(22, 30)) {
        let size = size(&instance);
        let all = [from_the_list(&instance), walked(&instance)];
        let recursion = token_by_token(&instance);
        for enumerated in &all {
            let names = recursion.against(enumerated, size);
            assert!(names.is_empty(), "token by token: {names:?} in {instance:?}");
        }
        let powers = by_powers(&instance);
        laws += u32::from(powers.is_some());
        // Without its law of ℓ, where that is not to be had.
        let line = on_line(&instance).line_by_powers(0.0).expect("not by position");
        let law: Vec<(u32, f64)> = recursion.law.iter().map(|&(length, p)| (length, p.ln())).collect();
        let powers = powers.unwrap_or_else(|| Seen::of_line(&line, &law));
        for enumerated in &all {
            let names = powers.against(enumerated, size);
            assert!(names.is_empty(), "powers: {names:?} in {instance:?}");
        }
        compared += 1;
    }
    assert!(compared == 330 && laws > 200, "{compared} {laws}");
}

/// Wrong formulas, each of which differs from the list: variances about 0, λ'' without E\[H\], the sides exchanged, EOS not
/// counted, one token less.
#[test]
fn wrong_formulas_are_seen() {
    type Wrong<'c> = &'c dyn Fn(&Instance, &Seen) -> Option<Seen>;
    let number = |seen: &Seen, name: &str, side: usize| {
        let named: Vec<f64> = seen.numbers.iter().filter(|(known, _)| *known == name).map(|(_, x)| *x).collect();
        named[side]
    };
    let replaced = |seen: &Seen, name: &str, of: &dyn Fn(usize) -> f64| {
        let mut seen = seen.clone();
        let named = seen.numbers.iter_mut().filter(|(known, _)| *known == name);
        named.enumerate().for_each(|(side, (_, x))| *x = of(side));
        Some(seen)
    };
    let wrong: [(&str, Wrong<'_>); 5] = [
        ("variances about 0", &|_, seen| {
            replaced(seen, "Var(s)", &|side| number(seen, "Var(s)", side) + number(seen, "E[s]", side).powi(2))
        }),
        ("λ'' without E[H]", &|_, seen| replaced(seen, "λ''", &|_| number(seen, "Var(s)", 1) - number(seen, "Var(s)", 0))),
        ("the sides exchanged", &|_, seen| replaced(seen, "E[s]", &|side| number(seen, "E[s]", 1 - side))),
        ("EOS not counted", &|instance, seen| {
            let law = seen.law.iter().map(|&(length, p)| (length - 1, p)).collect();
            (instance.policy.tree.shape().ending == Ending::Eos).then(|| Seen { law, ..seen.clone() })
        }),
        ("one token less", &|instance, _| {
            let tokens = instance.policy.tree.shape().max_length - 1;
            (tokens > 0).then(|| with_tokens(instance, tokens)).flatten().map(|shorter| token_by_token(&shorter))
        }),
    ];
    for (name, wrong) in wrong {
        let (mut asked, mut seen) = (0, 0);
        for instance in small(23).take(100).chain(long(24, 10)) {
            let Some(other) = wrong(&instance, &token_by_token(&instance)) else { continue };
            asked += 1;
            seen += u32::from(!other.against(&from_the_list(&instance), size(&instance)).is_empty());
        }
        assert!(asked >= 20 && 10 * seen >= 9 * asked, "{name}: seen in {seen} of {asked}");
    }
}
