//! The same memory for three million responses and for sixty million. Alone in its binary: it counts what all threads
//! allocate.

#![allow(clippy::expect_used, reason = "a helper that panics is a failed test")]

use gradient_gap::enumerate::{ByPrefix, Moments, Rows, Table, enumerate, responses};
use gradient_gap::policy::{Ending, Shape};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// By how many bytes the memory in use rises on the way.
fn rise<T>(work: impl FnOnce() -> T) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    work();
    MEMORY.peak_usage().saturating_sub(before)
}

fn walked(policy: &impl Rows, reward: Reward) -> Moments {
    enumerate(policy, reward).expect("valid")
}

type Reward = fn(&[u32]) -> bool;

/// With a pattern.
const PATTERN: Reward = |o| o.iter().sum::<u32>() % 3 == 0;
/// Without one: every thread has all the names that it may have.
const HASH: Reward = |o| o.iter().fold(1_u32, |hash, token| (hash ^ token).wrapping_mul(0x9e37_79b1)) >> 31 == 1;

/// The policy of four tokens, walked through, by a table or by a function of the prefix, with its number of responses.
fn four_tokens(max_length: u32, by_table: bool, reward: Reward) -> (usize, u64) {
    let shape = Shape { vocabulary: 4, max_length, ending: Ending::Cut };
    let mut found = 0;
    let bytes = rise(|| {
        let moments = match by_table {
            true => {
                walked(&Table::new(shape, |_, last, h, a, _| (h[0], a[1]) = (f64::from(last), 1.0)).expect("valid"), reward)
            }
            false => walked(
                &ByPrefix::new(shape, |p: &[u32], h: &mut [f64], a: &mut [f64], _: &mut [f64]| {
                    (h[0], a[1]) = (p.len() as f64, 1.0);
                })
                .expect("valid"),
                reward,
            ),
        };
        found = moments.responses.iter().sum();
    });
    assert_eq!(responses(shape), Some(u128::from(found)));
    (bytes, found)
}

#[test]
fn memory_does_not_grow_with_the_number_of_responses() {
    // One thread, as which names of answers a thread meets first depends on what the others take.
    let pool = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool(2).install(|| {
        for by_table in [true, false] {
            let (bytes, _) = four_tokens(16, by_table, PATTERN);
            assert!(bytes < 2 << 20, "{bytes} bytes on two threads");
        }
    });
    pool(1).install(|| {
        four_tokens(4, true, PATTERN); // what threads keep for themselves
        for (by_table, reward) in [(true, PATTERN), (false, PATTERN), (true, HASH)] {
            let ((small, few), (large, many)) = (four_tokens(13, by_table, reward), four_tokens(16, by_table, reward));
            assert!(few > 2_300_000 && many > 27 * few - few / 100, "{few} and {many} responses");
            // T∞ is larger by three levels, a quarter.
            assert!(large < small + small / 4 + 10_000, "{small} bytes for {few}, {large} for {many} responses");
            assert!(large < 1 << 20, "{large} bytes");
        }
        // Control: one byte a response would be seen.
        let (bytes, few) = four_tokens(13, true, PATTERN);
        assert!(rise(|| vec![1_u8; few as usize]) > 2 * bytes);
    });
}
