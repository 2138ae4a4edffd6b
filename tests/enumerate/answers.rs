//! What a table computes once for equal answers has the bits of what is computed for every prefix, eight side by side.

use crate::small::{ENDINGS, Written, bits, walk};
use gradient_gap::enumerate::{ByPrefix, MAX_SLOPE, Moments, Table};
use gradient_gap::policy::{Ending, Shape};
use rayon::ThreadPoolBuilder;

type Reward = fn(&[u32]) -> bool;

fn hash(o: &[u32]) -> u32 {
    o.iter().fold(1_u32, |hash, token| (hash ^ token).wrapping_mul(0x9e37_79b1)) >> 20
}

/// Whether logits of this token are low, where some are.
fn is_low(position: u32, token: u32) -> bool {
    (token + position) % 3 == 1
}

/// With a pattern, without one, seldom, never, always, and where all tokens are low: for masses far below 2⁻¹⁰²².
const REWARDS: [Reward; 6] = [
    |o| o.iter().sum::<u32>() % 3 == 0,
    |o| hash(o) >> 11 == 1,
    |o| hash(o) % 1000 == 7,
    |_| false,
    |_| true,
    |o| (0..).zip(o).all(|(position, &token)| is_low(position, token)),
];

/// What is special about logits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Curved,
    Straight,
    /// Some so far below the others that probabilities have exponents.
    Far,
    /// Rare, but without exponents of their own: masses come to need them.
    Rare,
    /// As steep as may be.
    Steep,
}

const KINDS: [Kind; 5] = [Kind::Curved, Kind::Straight, Kind::Far, Kind::Rare, Kind::Steep];

/// Logits of a position and last token.
fn logits(kind: Kind, position: u32, last: u32, h: &mut [f64], a: &mut [f64], c: &mut [f64]) {
    for (v, ((h, a), c)) in (0_u32..).zip(h.iter_mut().zip(a).zip(c)) {
        let mixed = |salt: u32| f64::from(hash(&[position, last, v, salt])) / 4096.0;
        (*h, *a, *c) = (3.0 * mixed(1), 4.0 * mixed(2) - 2.0, mixed(3));
        let low = is_low(position, v);
        match kind {
            Kind::Curved => {}
            Kind::Straight => *c = 0.0,
            Kind::Far => *h -= if low { 400.0 } else { 0.0 },
            Kind::Rare => *h -= if low { 150.0 } else { 0.0 },
            Kind::Steep => *a *= MAX_SLOPE / 2.0,
        }
    }
}

fn by_table(shape: Shape, kind: Kind, reward: Reward) -> Moments {
    let table = Table::new(shape, |position, last, h, a, c| logits(kind, position, last, h, a, c)).expect("valid");
    walk(&table, &reward).expect("valid")
}

fn by_prefix(shape: Shape, kind: Kind, reward: Reward) -> Moments {
    let policy = ByPrefix::new(shape, move |prefix: &[u32], h: &mut [f64], a: &mut [f64], c: &mut [f64]| {
        logits(kind, prefix.len() as u32, prefix.last().copied().unwrap_or(0), h, a, c);
    });
    walk(&policy.expect("valid"), &reward).expect("valid")
}

#[test]
fn equal_answers_change_no_bit() {
    let small = (1..=6).flat_map(|vocabulary| (1..=6).map(move |max_length| (vocabulary, max_length)));
    let small = small.filter(|&(vocabulary, max_length)| vocabulary < 5 || max_length < 5);
    // Longer than the compiler knows; more answers than names; levels above a group.
    for (vocabulary, max_length) in small.chain([(2, 17), (3, 10), (4, 9), (3, 16), (3, 17)]) {
        for ending in ENDINGS {
            if ending == Ending::Fixed && vocabulary > 2 && max_length > 10 {
                continue; // millions
            }
            let shape = Shape { vocabulary, max_length, ending };
            for reward in REWARDS {
                for kind in KINDS {
                    let (found, expected) = (by_table(shape, kind, reward), by_prefix(shape, kind, reward));
                    assert_eq!(bits(&found), bits(&expected), "{shape:?}, {kind:?}");
                }
            }
        }
    }
}

#[test]
fn one_answer_is_seen() {
    // Control: of 9841 + 19683 responses one is answered otherwise, one of three tokens or one of ten.
    let shape = Shape { vocabulary: 4, max_length: 9, ending: Ending::Cut };
    let usual = by_table(shape, Kind::Curved, REWARDS[0]);
    for other in [
        (|o: &[u32]| (o == [2, 1, 0]) ^ (o.iter().sum::<u32>() % 3 == 0)) as Reward,
        |o| (o == [1, 3, 2, 2, 1, 3, 1, 1, 2]) ^ (o.iter().sum::<u32>() % 3 == 0),
        |o| (o == [1, 3, 2, 2, 1, 3, 1, 0]) ^ (o.iter().sum::<u32>() % 3 == 0),
    ] {
        let found = by_table(shape, Kind::Curved, other);
        assert_ne!(bits(&found), bits(&usual));
        assert_eq!(found.responses[0].abs_diff(usual.responses[0]), 1);
        assert_eq!(bits(&found), bits(&by_prefix(shape, Kind::Curved, other)));
    }
    // Control: a policy that looks at the token before the last is another one.
    let longer: Written<'_> = &|prefix, h, a, c| {
        logits(Kind::Curved, prefix.len() as u32, prefix.last().copied().unwrap_or(0), h, a, c);
        h[0] += if prefix.ends_with(&[3, 1]) { 1.0 } else { 0.0 };
    };
    let found = walk(&ByPrefix::new(shape, longer).expect("valid"), &REWARDS[0]).expect("valid");
    assert_ne!(bits(&found), bits(&usual));
}

#[test]
fn threads_with_names_of_their_own_give_the_same_bits() {
    let shape = Shape { vocabulary: 4, max_length: 10, ending: Ending::Cut };
    for way in [by_table, by_prefix] {
        for reward in [REWARDS[0], REWARDS[1]] {
            let on = |threads| {
                let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                pool.install(|| bits(&way(shape, Kind::Curved, reward)))
            };
            let one = on(1);
            (2..=8).for_each(|threads| assert_eq!(on(threads), one, "{threads} threads"));
        }
    }
}

/// The bounds of errors know the steepest row wherever it is: above the subtrees, or in them.
#[test]
fn a_steep_row_is_in_the_bounds_of_errors_at_every_depth() {
    let shape = Shape { vocabulary: 4, max_length: 9, ending: Ending::Cut };
    let errors = |steep: Option<usize>| {
        let logits: Written<'_> = &|prefix, h, a, c| {
            logits(Kind::Straight, prefix.len() as u32, prefix.last().copied().unwrap_or(0), h, a, c);
            if steep == Some(prefix.len()) && prefix.iter().all(|&token| token == 1) {
                a[2] = 1e3;
            }
        };
        walk(&ByPrefix::new(shape, logits).expect("valid"), &REWARDS[0]).expect("valid").errors()
    };
    let plain = errors(None);
    for depth in 0..9 {
        let steep = errors(Some(depth));
        assert!((0..2).all(|side| steep.mean[side] > 100.0 * plain.mean[side]), "depth {depth}: {steep:?} {plain:?}");
    }
}
