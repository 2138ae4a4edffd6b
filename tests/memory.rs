//! A campaign of many cases takes the memory of one of few. Alone in its file: it counts every byte of the process.

#![allow(clippy::expect_used, clippy::panic, reason = "a helper that panics is a failed test")]
#![allow(clippy::print_stdout, reason = "what was measured is worth reading")]

#[path = "common/long.rs"]
mod long;

use gradient_gap::check::campaign::{Campaign, Draws};
use gradient_gap::check::shard::{Saving, Shard, Work};
use gradient_gap::{claims, families};
use peak_alloc::PeakAlloc;
use std::time::Duration;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// By how many bytes the memory in use rose on the way.
fn peak(work: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    work();
    MEMORY.peak_usage().saturating_sub(before)
}

/// How many cases few and many are; `asked` is GRADIENT_GAP_MEMORY.
fn cases(asked: Option<&str>, long: bool) -> Result<[u64; 2], String> {
    const MOST: u64 = 1_000_000_000;
    match asked.map(|text| (text, text.trim().parse())) {
        None if long => Ok([100_000, 2_000_000]),
        None => Ok([50_000, 500_000]),
        Some((_, Ok(many))) if (200_000..=MOST).contains(&many) => Ok([u64::max(many / 100, 100_000), many]),
        Some((text, _)) => Err(format!("GRADIENT_GAP_MEMORY is {text:?}, expected a number of cases from 200000 to {MOST}")),
    }
}

/// One light claim on one family; GRADIENT_GAP_MEMORY=100000000 asks for 10⁸ cases. What grows at all are the histograms,
/// whose bins are bounded and fill slowly: twice as much for ten, twenty or a hundred times as many cases is too much, and a
/// megabyte for any number.
#[test]
fn memory_does_not_grow_with_the_number_of_cases() {
    let claims = [*claims::find("length-norm").expect("in the registry")];
    let family = families::find("geometric-length").expect("a family");
    assert_eq!(cases(Some("100000000"), false), Ok([1_000_000, 100_000_000]));
    assert!(["", "1e8", "-1", "199999", "1000000001"].iter().all(|text| cases(Some(text), true).is_err()));
    let asked = std::env::var_os("GRADIENT_GAP_MEMORY").map(|text| text.to_string_lossy().into_owned());
    let [few, many] = cases(asked.as_deref(), long::long()).expect("a number");
    let campaign = |instances| Campaign { families: std::slice::from_ref(family), ..Campaign::new(&claims, instances) };
    let run = |instances| {
        let campaign = campaign(instances);
        let mut written = 0;
        let mut write = |_: &str| {
            written += 1;
            Ok(())
        };
        let mut work = Work::new(&campaign, Shard::WHOLE);
        work.run(&|_| {}, Some(Saving { every: Duration::from_millis(100), write: &mut write })).expect("runs");
        assert!(written > 0 && work.conclude().expect("runs").claims[0].cases > instances);
    };
    run(1_000); // what is made once
    let [small, large] = [few, many].map(|instances| peak(|| run(instances)));
    println!("{small} bytes at the peak for {few} cases, {large} for {many}");
    assert!(large < 2 * small && large < 1 << 20, "{large} bytes for {many} cases, {small} for {few}");
    // Control: one number a case would be noticed, in a million of them at the latest.
    let many = many.min(1_000_000);
    let kept = peak(|| {
        let (draws, mut u) = (Draws::new(1), Vec::new());
        let kept: Vec<f64> = (0..many)
            .map(|i| {
                draws.point(i, 1, &mut u);
                u[0]
            })
            .collect();
        assert_eq!(kept.len() as u64, many);
    });
    assert!(kept > 2 * small, "{kept} bytes");
}
