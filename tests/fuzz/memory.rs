//! How much memory a text takes, whatever stands in it.

use super::alone;
use gradient_gap::check::campaign::draw;
use gradient_gap::check::witness::{MAX_TEXT, read_instance};
use gradient_gap::check::work::{MAX_TERMS, terms};
use gradient_gap::claims::REGISTRY;
use gradient_gap::families;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes of memory for a byte of text: a list of one-digit numbers, two bytes of text each, becomes 8 bytes a number, three times
/// that while the list grows. (A tree of JSON values would take 32 a number, and 96.)
pub const PER_BYTE: usize = 13;

/// What the largest response space takes: a million responses and a million prefixes of 12 and 16 bytes, twice as many before the
/// last is refused, three times that while a list grows; and a witness holds two instances.
pub const FIXED: usize = 400 << 20;

/// The result, and by how many bytes the memory in use rose on the way. Only one test may run.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = work();
    (result, MEMORY.peak_usage().saturating_sub(before))
}

/// Texts of a few megabytes that ask for much more than they bring.
#[test]
fn hostile_texts_take_memory_in_proportion() {
    let _alone = alone();
    let millions = 1 << 21;
    let tree = |vocabulary: u32, max_length: u32, ending: &str| {
        format!(
            r#"{{"policy": {{"tree": {{"vocabulary": {vocabulary}, "max_length": {max_length}, "ending": "{ending}"}}, "context": "prefix",
            "logits": {{"dim": 1000000000, "rows": 1000000000, "options": {vocabulary}, "features": "tabular"}}}},
            "theta": [], "direction": [], "eta": 1, "correct": []}}"#
        )
    };
    // With the bytes beyond which nothing but an enumerated response space can go.
    let mut texts = vec![
        ("a list", format!(r#"{{"logits": [{}0]}}"#, "0,".repeat(millions)), 1 << 20),
        ("a list of lists", format!(r#"{{"logits": [{}0]}}"#, "[],".repeat(millions)), 1 << 20),
        ("flags", format!(r#"{{"logits": [0], "correct": [{}0]}}"#, "true,".repeat(millions)), 1 << 20),
        ("response numbers", format!(r#"{{"logits": [0], "correct": [{}0]}}"#, "0,".repeat(millions)), 1 << 20),
        ("unknown keys", format!(r#"{{"logits": [0], {}"eta": 0}}"#, r#""k":[0],"#.repeat(millions)), 1 << 20),
        ("the same key", format!(r#"{{"logits": [0], {}"eta": 0}}"#, r#""eta":0,"#.repeat(millions)), 1 << 20),
        ("deep", format!(r#"{{"logits": {}"#, "[".repeat(millions)), 1 << 20),
        ("a long key", format!(r#"{{"logits": [0], "{}": 0}}"#, "k".repeat(millions)), 1 << 20),
        ("a long number", format!(r#"{{"logits": [{}]}}"#, "9".repeat(millions)), 1 << 20),
        ("blanks", " ".repeat(65 << 20), 1 << 20),
    ];
    for (vocabulary, max_length) in [(u32::MAX, u32::MAX), (1, u32::MAX), (2, u32::MAX), (1 << 20, 3), (1025, 2), (3, 1000)]
    {
        for ending in ["fixed", "eos", "cut"] {
            texts.push(("a tree", tree(vocabulary, max_length, ending), FIXED));
        }
    }
    for (name, text, fixed) in &texts {
        let (outcome, memory) = counted(|| read_instance(text));
        assert!(outcome.is_err(), "{name}");
        let allowed = if text.len() > MAX_TEXT { *fixed } else { PER_BYTE * text.len() + fixed };
        assert!(memory <= allowed, "{name}: {memory} bytes for {} of text", text.len());
    }
    // Control: the tree of values that is not built would be noticed.
    let (tree, memory) = counted(|| serde_json::from_str::<serde_json::Value>(&texts[0].1));
    assert!(tree.is_ok() && memory > PER_BYTE * texts[0].1.len() + texts[0].2, "{memory} bytes");
}

/// Everything that a campaign meets is within the limit, so that its witnesses can be read; runs of hundreds of updates come nearest.
/// No estimate is below one term a claim and response.
#[test]
fn terms_of_small_and_large_instances() {
    let _alone = alone();
    let mut u = Vec::new();
    let mut most = 0f64;
    for family in families::REGISTRY.iter().chain(families::RUNS) {
        let mut all: Vec<_> = family.edges().into_iter().map(|edge| edge.u).collect();
        for case in 0..500 {
            draw(5, case, family.dim, &mut u);
            all.push(u.clone());
        }
        for u in all {
            let instance = family.decode(&u).expect("inside the cube");
            let terms = terms(&instance);
            assert!(terms >= (instance.policy.responses() * REGISTRY.len()) as f64, "{}: {terms:e}", family.name);
            most = most.max(terms);
        }
    }
    assert!(most < MAX_TERMS / 1.5, "{most:e}");
}
