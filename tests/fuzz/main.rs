//! Fuzz targets that take bytes, for the stable toolchain: `interval_program`, `witness_file` and `training_log`.
//!
//! Plain `cargo test --test fuzz` runs every file of `tests/fuzz/corpus/TARGET/`, then a fixed number of inputs from fixed seeds,
//! random ones and changed files of the corpus. `GRADIENT_GAP_FUZZ=100000` asks for that many (the cases of a longer run begin with
//! those of a shorter one), `GRADIENT_GAP_FUZZ_INPUT=FILE` gives one file to all targets. A failing input is written to the folder
//! of temporary files of the tests and named in the message: copy it into the corpus.
//!
//! The targets are functions of bytes and need no tool; any fuzzer that runs a program on files can drive them by the second
//! variable. A generator of its own (thirty lines) serves better here than proptest: what matters is decoding bytes, and the
//! bytes are the record of a failure.
#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test, in a helper as in a test")]

use gradient_gap::number::{Interval, Jet, Scalar, log_sum_exp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

mod bytes;
mod controls;
mod interval;
#[path = "../common/logs.rs"]
mod logs;
mod memory;
mod training_log;
#[path = "../numbers/truth.rs"]
#[allow(dead_code, reason = "shared with tests/numbers, which uses all of it")]
mod truth;
mod witness;

/// Memory is counted for the whole program, so that only one test may run at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes number `case` of a stream: mostly short, at times long.
pub fn random_bytes(seed: u64, case: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(case);
    let length = rng.next_u64() % if case.is_multiple_of(16) { 1_000 } else { 160 };
    (0..length).map(|_| rng.next_u64() as u8).collect()
}

/// A file of the corpus with a few of its bytes changed, doubled or left out.
fn changed(file: &[u8], case: u64) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    rng.set_stream(case);
    for _ in 0..1 + rng.next_u64() % 4 {
        let at = (rng.next_u64() % (bytes.len() as u64 + 1)) as usize;
        let to = (at + (rng.next_u64() % 9) as usize).min(bytes.len());
        match rng.next_u64() % 4 {
            0 => drop(bytes.drain(at..to)),
            1 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
            2 => bytes.insert(at, rng.next_u64() as u8),
            _ if at < to => bytes[at] ^= 1 << (rng.next_u64() % 8),
            _ => {}
        }
    }
    bytes
}

/// The files of a target's corpus, by name.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))))
        .collect()
}

/// How many inputs the environment asks for.
fn cases(setting: Option<&str>, default: u64) -> u64 {
    match setting.map(|text| (text, text.trim().parse())) {
        None => default,
        Some((_, Ok(cases))) => cases,
        Some((text, _)) => panic!("GRADIENT_GAP_FUZZ is {text:?}, expected a whole number of inputs for every target"),
    }
}

/// Runs a target on everything; what it says of each input goes to `seen`.
fn drive<T>(name: &str, default: u64, target: impl Fn(&[u8]) -> Result<T, String>, mut seen: impl FnMut(T)) {
    let mut run = |place: &str, bytes: &[u8]| {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target(bytes)));
        let message = match outcome {
            Ok(Ok(value)) => return seen(value),
            Ok(Err(message)) => message,
            Err(_) => "panicked (see above)".into(),
        };
        let sum = bytes.iter().fold(0u64, |sum, &byte| sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{sum:016x}"));
        std::fs::write(&file, bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let hex: String = bytes.iter().take(2_000).map(|byte| format!("{byte:02x}")).collect();
        panic!("{name}, {place}: {message}\nThe input is in {}; in hexadecimal: {hex}", file.display());
    };
    if let Some(file) = std::env::var_os("GRADIENT_GAP_FUZZ_INPUT") {
        let path = PathBuf::from(file);
        return run("from the environment", &std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    }
    let files = corpus(name);
    for (path, bytes) in &files {
        run(&path.display().to_string(), bytes);
    }
    let setting = std::env::var_os("GRADIENT_GAP_FUZZ").map(|text| text.to_string_lossy().into_owned());
    for case in 0..cases(setting.as_deref(), default) {
        match files.get(case as usize / 4 % files.len().max(1)) {
            Some((path, bytes)) if case.is_multiple_of(4) => {
                run(&format!("case {case}, {} changed", path.display()), &changed(bytes, case))
            }
            _ => run(&format!("case {case}"), &random_bytes(1, case)),
        }
    }
}

#[test]
fn interval_programs() {
    let _alone = alone();
    let mut total = interval::Worth::default();
    drive("interval", 4_000, interval::interval_program, |worth| {
        total.exact += worth.exact;
        total.nested += worth.nested;
        total.slopes += worth.slopes;
        total.bends += worth.bends;
    });
    // Otherwise the programs would be undefined nearly everywhere, and nothing compared. (A single input has less.)
    let interval::Worth { exact, nested, slopes, bends } = total;
    let single = std::env::var_os("GRADIENT_GAP_FUZZ_INPUT").is_some();
    assert!(single || exact > 2 * slopes && slopes > bends && bends > 1_000 && nested > 10_000, "{total:?}");
}

#[test]
#[should_panic(expected = "expected a whole number")]
fn a_number_of_cases_is_a_number() {
    let _alone = alone();
    cases(Some("many"), 1);
}

#[test]
fn a_failing_input_is_named_and_kept() {
    let _alone = alone();
    let outcome = std::panic::catch_unwind(|| {
        drive("interval", 100, |bytes| if bytes.len() > 100 { Err("too long".into()) } else { Ok(()) }, |()| ())
    });
    let message = *outcome.expect_err("some input is long").downcast::<String>().expect("a message");
    assert!(message.contains("too long") && message.contains("case"), "{message}");
    let file = message.split("The input is in ").nth(1).and_then(|rest| rest.split(';').next()).expect("named");
    assert!(std::fs::read(file).expect("kept").len() > 100);
}
