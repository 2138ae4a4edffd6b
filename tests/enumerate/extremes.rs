//! Masses far outside binary64, variances far below the squares of their means, any number of threads.

use crate::small::{Written, bits, walk};
use gradient_gap::enumerate::{ByPrefix, Errors, Moments, Table};
use gradient_gap::policy::{Ending, Shape};
use gradient_gap::regularity::psi1_norm;

type Logits = dyn Fn(&[u32], &mut [f64], &mut [f64]);

/// log π and s of every response by direct sums of logarithms, in the order of words.
fn listed(shape: Shape, logits: &Logits, prefix: &mut Vec<u32>, so_far: [f64; 2], list: &mut Vec<(Vec<u32>, [f64; 2])>) {
    let n = shape.vocabulary as usize;
    let (mut h, mut a) = (vec![0.0; n], vec![0.0; n]);
    logits(prefix, &mut h, &mut a);
    let top = h.iter().fold(f64::NEG_INFINITY, |top, &x| top.max(x));
    let total = h.iter().map(|x| (x - top).exp()).sum::<f64>().ln() + top;
    let mean: f64 = (0..n).map(|v| (h[v] - total).exp() * a[v]).sum();
    for v in 0..n {
        prefix.push(v as u32);
        let now = [so_far[0] + h[v] - total, so_far[1] + a[v] - mean];
        let ends = prefix.len() == shape.max_length as usize || (v == 0 && shape.ending == Ending::Cut);
        match ends {
            true => list.push((prefix.clone(), now)),
            false => listed(shape, logits, prefix, now, list),
        }
        prefix.pop();
    }
}

/// (log mass, mean, variance) of a side, by log-sum-exp.
fn of_side(list: &[(Vec<u32>, [f64; 2])], keep: &dyn Fn(&[u32]) -> bool) -> [f64; 3] {
    let side: Vec<[f64; 2]> = list.iter().filter(|(tokens, _)| keep(tokens)).map(|(_, x)| *x).collect();
    let top = side.iter().fold(f64::NEG_INFINITY, |top, x| top.max(x[0]));
    let mass: f64 = side.iter().map(|x| (x[0] - top).exp()).sum();
    let mean = side.iter().map(|x| (x[0] - top).exp() * x[1]).sum::<f64>() / mass;
    let variance = side.iter().map(|x| (x[0] - top).exp() * (x[1] - mean).powi(2)).sum::<f64>() / mass;
    [mass.ln() + top, mean, variance]
}

fn close(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs().max(1.0)
}

/// Tokens 2 and 3 are e^{−500} each, and dearer after each other: words of them alone are the correct ones.
fn far(prefix: &[u32], h: &mut [f64], a: &mut [f64]) {
    let last = prefix.last().map_or(0.0, |&token| f64::from(token));
    for (v, (h, a)) in h.iter_mut().zip(a).enumerate() {
        *h = if v >= 2 { -500.0 - 0.25 * last * v as f64 } else { 0.125 * v as f64 };
        *a = (v as f64 - last).powi(2) - 0.5 * prefix.len() as f64;
    }
}

fn only_far(o: &[u32]) -> bool {
    o.len() == 7 && o.iter().all(|&t| t >= 2)
}

#[test]
fn masses_like_ten_to_the_minus_three_thousand() {
    for ending in [Ending::Fixed, Ending::Cut] {
        let shape = Shape { vocabulary: 4, max_length: 7, ending };
        let written = |prefix: &[u32], h: &mut [f64], a: &mut [f64], _: &mut [f64]| far(prefix, h, a);
        let policy = ByPrefix::new(shape, &written as Written<'_>);
        let policy = policy.expect("valid");
        let mut list = vec![];
        listed(shape, &far, &mut vec![], [0.0; 2], &mut list);
        let rare = walk(&policy, &only_far).expect("valid");
        let common = walk(&policy, &|o: &[u32]| !only_far(o)).expect("valid");
        assert_eq!(rare.responses.iter().sum::<u64>() as usize, list.len());
        let [log_mass, mean, variance] = of_side(&list, &only_far);
        assert!(log_mass < -3500.0);
        for (side, moments) in [(1, &rare), (0, &common)] {
            let found = [moments.log_mass()[side], moments.mean[side], moments.variance[side]];
            let expected = [log_mass, mean, variance];
            assert!((0..3).all(|i| close(found[i], expected[i], 1e-11)), "{found:?} {expected:?}");
        }
        // The sides exchanged: the same bits.
        assert_eq!((rare.lambda(), rare.mean[1]), (-common.lambda(), common.mean[0]));
        assert!(close(rare.log_success(), log_mass, 1e-12) && close(common.log_failure(), log_mass, 1e-12));
        assert_eq!((rare.log_failure(), common.log_success()), (0.0, 0.0)); // 1 − 10⁻³⁰⁰⁰
        if ending == Ending::Cut {
            assert_eq!(
                rare.joint_length_law().last().map(|(length, logs)| (*length, logs[1])),
                Some((7, rare.log_mass()[1]))
            );
            assert_eq!(rare.mean_length()[1], 7.0);
        }
    }
}

/// A side whose likeliest response is e^{−1500}, and others that come from every depth; lengths that are as rare.
#[test]
fn masses_of_very_different_sizes_are_added_up() {
    let shape = Shape { vocabulary: 3, max_length: 8, ending: Ending::Cut };
    fn logits(prefix: &[u32], h: &mut [f64], a: &mut [f64]) {
        h.copy_from_slice(&[-700.0 - 3.0 * prefix.len() as f64, 0.0, -230.0]);
        a.copy_from_slice(&[1.0, 0.5 * prefix.len() as f64, -2.0]);
    }
    let written = |prefix: &[u32], h: &mut [f64], a: &mut [f64], _: &mut [f64]| logits(prefix, h, a);
    let policy = ByPrefix::new(shape, &written as Written<'_>);
    let policy = policy.expect("valid");
    let mut list = vec![];
    listed(shape, &logits, &mut vec![], [0.0; 2], &mut list);
    let rewards: [fn(&[u32]) -> bool; 3] =
        [|o| o.last() == Some(&0), |o| o.iter().filter(|&&t| t == 2).count() >= 3, |o| o.len() % 2 == 1];
    for reward in rewards {
        let moments = walk(&policy, &reward).expect("valid");
        for side in [0, 1] {
            let expected = of_side(&list, &|o| reward(o) == (side == 1));
            let found = [moments.log_mass()[side], moments.mean[side], moments.variance[side]];
            assert!((0..3).all(|i| close(found[i], expected[i], 1e-11)), "{found:?} {expected:?}");
            let law = moments.joint_length_law();
            for length in 1..=8 {
                let [expected, ..] = of_side(&list, &|o| reward(o) == (side == 1) && o.len() == length);
                match law.iter().find(|(l, _)| *l as usize == length) {
                    // Kept where its share of the side is not below 2⁻⁷⁰⁰.
                    Some((_, logs)) if expected > moments.log_mass()[side] - 485.0 => {
                        assert!(close(logs[side], expected, 1e-11), "length {length}: {} {expected}", logs[side]);
                    }
                    _ => assert!(expected <= moments.log_mass()[side] - 485.0, "length {length}: {expected}"),
                }
            }
        }
    }
}

/// λ' = 10⁷, σ⁺ = 10⁻³: the square of the mean is 10²⁰ variances.
#[test]
fn a_variance_does_not_cancel() {
    let shape = Shape { vocabulary: 3, max_length: 8, ending: Ending::Fixed };
    fn logits(_: &[u32], h: &mut [f64], a: &mut [f64]) {
        h.copy_from_slice(&[3.0, 0.0, 0.5]);
        a.copy_from_slice(&[-1048576.0, 1048576.0, 1048576.0 + 1.0 / 1024.0]);
    }
    let written = |prefix: &[u32], h: &mut [f64], a: &mut [f64], _: &mut [f64]| logits(prefix, h, a);
    let policy = ByPrefix::new(shape, &written as Written<'_>);
    let moments = walk(&policy.expect("valid"), &|o: &[u32]| o.iter().all(|&t| t > 0)).expect("valid");
    // Within O⁺ tokens are independent, 2 with probability 1/(1 + e^{−1/2}).
    let p = 1.0 / (1.0 + (-0.5_f64).exp());
    let exact = 8.0 * p * (1.0 - p) / 1024.0_f64.powi(2);
    assert!((moments.variance[1] / exact - 1.0).abs() < 1e-5, "{} {exact}", moments.variance[1]);
    let Errors { variance, .. } = moments.errors();
    assert!((moments.variance[1] - exact).abs() <= variance[1]);
    // Control: what the difference of two moments would leave.
    let mut list = vec![];
    listed(shape, &logits, &mut vec![], [0.0; 2], &mut list);
    let side = || list.iter().filter(|(o, _)| o.iter().all(|&t| t > 0)).map(|(_, x)| (x[0].exp(), x[1]));
    let moment = |k: i32| side().map(|(p, s)| p * s.powi(k)).sum::<f64>() / side().map(|(p, _)| p).sum::<f64>();
    assert!(((moment(2) - moment(1).powi(2)) / exact - 1.0).abs() > 0.01);
}

fn on_threads(threads: usize, work: impl Fn() -> Moments + Send + Sync) -> Vec<u64> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    bits(&pool.install(work))
}

/// The job of the benchmark, smaller: sums of tokens modulo three.
fn table(shape: Shape) -> Table {
    let wave = |k: u32| (f64::from(k) * 0.73).sin() * 3.0;
    let logits = |position: u32, last: u32, h: &mut [f64], a: &mut [f64], _: &mut [f64]| {
        for v in 0..shape.vocabulary {
            let k = (position * shape.vocabulary + last) * shape.vocabulary + v;
            (h[v as usize], a[v as usize]) = (wave(k), wave(7 * k + 3));
        }
    };
    Table::new(shape, logits).expect("valid")
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    for (vocabulary, max_length, ending) in [(4, 9, Ending::Cut), (3, 10, Ending::Eos), (6, 5, Ending::Fixed)] {
        let table = table(Shape { vocabulary, max_length, ending });
        let work = || walk(&table, &|o: &[u32]| o.iter().sum::<u32>() % 3 == 0).expect("valid");
        let one = on_threads(1, work);
        for threads in [2, 3, 8] {
            assert_eq!(on_threads(threads, work), one, "{threads} threads");
        }
    }
}

/// Bartlett's identities, masses, and ‖ℓ‖_ψ1 between its bounds, where nothing else can enumerate.
#[test]
fn identities_on_a_million_responses() {
    let shape = Shape { vocabulary: 4, max_length: 13, ending: Ending::Cut };
    let moments = walk(&table(shape), &|o: &[u32]| o.iter().sum::<u32>() % 3 == 0).expect("valid");
    assert_eq!(moments.responses, [1_594_322, 797_162]);
    let p = moments.log_mass().map(f64::exp);
    assert!((p[0] + p[1]).ln().abs() <= moments.errors().log_mass);
    let mix = |f: &dyn Fn(usize) -> f64| p[0] * f(0) + p[1] * f(1);
    let size = mix(&|side| moments.variance[side]);
    assert!(mix(&|side| moments.mean[side]).abs() < 1e-13 * size.sqrt());
    let square = |side: usize| moments.variance[side] + moments.mean[side].powi(2) + moments.curvature[side];
    assert!(mix(&square).abs() < 1e-13 * size);
    let law = moments.length_law();
    assert!((law.iter().map(|(_, lp)| lp.exp()).sum::<f64>() - 1.0).abs() <= moments.errors().log_mass);
    let mean = law.iter().map(|(length, lp)| f64::from(*length) * lp.exp()).sum::<f64>();
    assert!((mix(&|side| moments.mean_length()[side]) / mean - 1.0).abs() < 1e-14);
    let norm = psi1_norm(&law);
    assert!(mean / 2.0_f64.ln() <= norm && norm <= 13.0 / 2.0_f64.ln(), "{norm}");
}
