//! The transformer: its reverse pass, its jets and its intervals against each other and against differences.

use gradient_gap::experiments::train::learn::start;
use gradient_gap::experiments::train::sizes;
use gradient_gap::number::{Interval, Jet, Scalar, polar_normal};
use gradient_gap::transformer::{MAX_PARAMETERS, Number, Pass, Sizes, on_line};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SMALL: Sizes = Sizes { vocabulary: 8, options: 6, positions: 9, width: 12, heads: 3, hidden: 20, layers: 2 };

fn normal(seed: u64, count: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut z = vec![0.0; count];
    polar_normal(|| rng.random::<f64>(), &mut z);
    z
}

/// A direction of length one.
fn direction(seed: u64, count: usize) -> Vec<f64> {
    let w = normal(seed, count);
    let size = w.iter().map(|x| x * x).sum::<f64>().sqrt();
    w.iter().map(|x| x / size).collect()
}

/// Two prompts, one of which goes on in several ways.
fn forest() -> Vec<(Option<usize>, u32)> {
    let first = [
        (None, 1),
        (Some(0), 6),
        (Some(1), 3),
        (Some(2), 7),
        (Some(3), 2),
        (Some(3), 4),
        (Some(4), 5),
        (Some(4), 2),
        (Some(7), 0),
    ];
    let second = [(None, 5), (Some(9), 6), (Some(10), 5), (Some(11), 7), (Some(12), 1)];
    first.into_iter().chain(second).collect()
}

fn logits<N: Number>(sizes: Sizes, theta: &[N]) -> Vec<N> {
    let mut pass = Pass::new(sizes, theta, false);
    pass.extend(&forest());
    pass.logits_from(0).to_vec()
}

/// Σ c h of all logits h, for c of its own.
fn weighted<N: Number>(sizes: Sizes, theta: &[N]) -> N {
    let h = logits(sizes, theta);
    let c = normal(5, h.len());
    h.into_iter().zip(c).fold(N::zero(), |sum, (h, c)| sum + N::of(c) * h)
}

fn gradient(sizes: Sizes, theta: &[f64]) -> Vec<f64> {
    let mut pass = Pass::new(sizes, theta, true);
    pass.extend(&forest());
    let c = normal(5, forest().len() * sizes.options);
    pass.gradient(&c)
}

/// How far a gradient is from the jets' slopes, at most, over directions of all parameters and of each part of them, relative to
/// the size of what is added up.
fn worst(sizes: Sizes, theta: &[f64], gradient: &[f64]) -> f64 {
    let mut worst = 0.0_f64;
    let everything = [("all", 0..theta.len())];
    for (i, (_, part)) in everything.into_iter().chain(sizes.parts()).enumerate() {
        let mut w = direction(100 + i as u64, theta.len());
        for (j, w) in w.iter_mut().enumerate() {
            if !part.contains(&j) {
                *w = 0.0;
            }
        }
        let slope = weighted(sizes, &on_line(theta, &w, 0.0)).first;
        let (mut along, mut size) = (0.0, 0.0);
        for (g, w) in gradient.iter().zip(&w) {
            along += g * w;
            size += (g * w).abs();
        }
        worst = worst.max((slope - along).abs() / size);
    }
    worst
}

const TIGHT: f64 = 1e-12;

#[test]
fn the_reverse_pass_agrees_with_jets() {
    for (sizes, seed) in [(SMALL, 1), (SMALL, 2), (sizes(5), 3)] {
        let theta = start(sizes, seed);
        let gradient = gradient(sizes, &theta);
        assert!(worst(sizes, &theta, &gradient) < TIGHT);
        // The same check sees what is wrong: a part forgotten, a sign, one number in a thousand, a part in a million.
        for (_, part) in sizes.parts() {
            let mut forgotten = gradient.clone();
            forgotten[part.clone()].fill(0.0);
            let mut turned = gradient.clone();
            turned[part.clone()].iter_mut().for_each(|g| *g = -*g);
            let mut drifted = gradient.clone();
            drifted[part].iter_mut().for_each(|g| *g *= 1.0 + 1e-6);
            for wrong in [forgotten, turned, drifted] {
                assert!(worst(sizes, &theta, &wrong) > 100.0 * TIGHT);
            }
        }
    }
}

#[test]
fn the_reverse_pass_agrees_with_differences() {
    let theta = start(SMALL, 6);
    let gradient = gradient(SMALL, &theta);
    for seed in 0..5 {
        let w = direction(seed, theta.len());
        let at = |t: f64| weighted(SMALL, &theta.iter().zip(&w).map(|(x, w)| x + t * w).collect::<Vec<f64>>());
        // Of sixth order: error about 10⁻¹² from truncation and from rounding.
        let h = 2e-3;
        let pair = |k: f64| at(k * h) - at(-k * h);
        let difference = (45.0 * pair(1.0) - 9.0 * pair(2.0) + pair(3.0)) / (60.0 * h);
        let along: f64 = gradient.iter().zip(&w).map(|(g, w)| g * w).sum();
        assert!((difference - along).abs() < 1e-9 * (1.0 + along.abs()), "{difference} {along}");
        assert!((difference - 1.0001 * along).abs() > 1e-9 * (1.0 + along.abs()), "too near to tell");
    }
}

#[test]
fn second_derivatives_are_slopes_of_slopes() {
    let theta = start(SMALL, 7);
    for seed in 10..15 {
        let w = direction(seed, theta.len());
        let at = |t: f64| weighted(SMALL, &on_line(&theta, &w, t));
        let (h, here) = (2e-3, at(0.3));
        let pair = |k: f64| at(0.3 + k * h).first - at(0.3 - k * h).first;
        let difference = (45.0 * pair(1.0) - 9.0 * pair(2.0) + pair(3.0)) / (60.0 * h);
        assert!((difference - here.second).abs() < 1e-8 * (1.0 + here.second.abs()), "{difference} {}", here.second);
        assert!((difference - 0.5 * here.second).abs() > 1e-3 * here.second.abs(), "not halved");
    }
}

/// f64, jets and intervals run the same network: values of jets have the same bits, intervals enclose; jets through the fast product
/// are those of the plain one.
#[test]
fn every_kind_of_number_computes_the_same_network() {
    let theta = start(SMALL, 8);
    let w = direction(3, theta.len());
    let plain = logits(SMALL, &theta);
    let jets = logits(SMALL, &on_line(&theta, &w, 0.0));
    let enclosed: Vec<Interval> = logits(SMALL, &theta.iter().map(|&x| Interval::of(x)).collect::<Vec<_>>());
    let both: Vec<Jet<Interval>> = logits(SMALL, &on_line(&theta, &w, Interval::zero()));
    for (((&h, jet), interval), both) in plain.iter().zip(&jets).zip(&enclosed).zip(&both) {
        assert_eq!(h.to_bits(), jet.value.to_bits());
        assert!(interval.contains(h) && interval.width() < 1e-7, "{interval:?} {h}");
        for (found, known) in [(both.value, jet.value), (both.first, jet.first), (both.second, jet.second)] {
            assert!(found.contains(known) && found.width() < 1e-5 * (1.0 + known.abs()), "{found:?} {known}");
        }
        assert!(!interval.contains(h + 1e-7));
    }
    // Over a whole segment: what is inside it stays inside.
    let segment: Vec<Jet<Interval>> = logits(SMALL, &on_line(&theta, &w, Interval::new(0.0, 1e-3)));
    for t in [0.0, 2e-4, 1e-3] {
        for (found, jet) in segment.iter().zip(logits(SMALL, &on_line(&theta, &w, t))) {
            assert!(found.value.contains(jet.value) && found.first.contains(jet.first) && found.second.contains(jet.second));
        }
    }
}

/// A forest is its sequences: what a token sees does not depend on what else goes through, nor on how it is cut into pieces.
#[test]
fn a_forest_is_its_sequences() {
    let theta = start(SMALL, 9);
    let whole = logits(SMALL, &theta);
    let mut pieces = Pass::new(SMALL, &theta, true);
    forest().chunks(2).for_each(|tokens| pieces.extend(tokens));
    assert_eq!(pieces.logits_from(0), whole);
    for node in 0..forest().len() {
        let mut path = Vec::new();
        pieces.forest().path(node, &mut path);
        let sequence: Vec<(Option<usize>, u32)> =
            path.iter().rev().enumerate().map(|(i, &at)| (i.checked_sub(1), forest()[at].1)).collect();
        let mut alone = Pass::new(SMALL, &theta, false);
        alone.extend(&sequence);
        assert_eq!(alone.logits(sequence.len() - 1), pieces.logits(node), "{node}");
    }
    // Another ancestor is seen, another sibling is not.
    let changed = |at: usize| {
        let mut tokens = forest();
        tokens[at].1 = 3;
        let mut pass = Pass::new(SMALL, &theta, false);
        pass.extend(&tokens);
        pass.logits(8) != pieces.logits(8)
    };
    assert_eq!([0, 3, 4, 5, 7, 9].map(changed), [true, true, true, false, true, false]);
}

#[test]
fn products_are_those_of_another_library() {
    for (rows, inner, columns) in [(1, 1, 1), (4, 12, 36), (7, 5, 8), (9, 33, 13), (64, 32, 6)] {
        let (x, w) = (normal(1, rows * inner), normal(2, inner * columns));
        let mut out = vec![0.5; rows * columns];
        f64::add_product(&x, &w, inner, columns, &mut out);
        let other =
            nalgebra::DMatrix::from_row_slice(rows, inner, &x) * nalgebra::DMatrix::from_row_slice(inner, columns, &w);
        for i in 0..rows {
            for j in 0..columns {
                assert!((out[i * columns + j] - 0.5 - other[(i, j)]).abs() < 1e-12, "{rows} {inner} {columns}");
            }
        }
    }
}

#[test]
fn sizes_that_are_none_are_refused() {
    for wrong in [
        Sizes { heads: 5, ..SMALL },
        Sizes { options: 9, ..SMALL },
        Sizes { layers: 0, ..SMALL },
        Sizes { hidden: 100_000, ..SMALL },
        Sizes { width: 96, ..SMALL },
        Sizes { width: usize::MAX, heads: 1, ..SMALL },
    ] {
        assert!(wrong.validate().is_err(), "{wrong:?}");
    }
    assert_eq!(SMALL.validate(), Ok(()));
    let parts = SMALL.parts();
    assert_eq!(parts.iter().map(|(_, part)| part.len()).sum::<usize>(), SMALL.parameters());
    assert!(parts.windows(2).all(|pair| pair[0].1.end == pair[1].1.start));
    assert!((25_000..MAX_PARAMETERS).contains(&sizes(5).parameters()));
}
