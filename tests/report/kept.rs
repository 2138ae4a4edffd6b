//! Same seed, same result, to the last digit: against what is kept in `small.json`.
//!
//! `GRADIENT_GAP_RENEW=1 cargo test --test report kept` writes it anew; read the difference before it is committed.

use super::{SMALL, reported};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Where two documents differ first, in words; `None` where they are the same.
fn difference(place: &str, kept: &Value, now: &Value) -> Option<String> {
    match (kept, now) {
        (Value::Object(kept), Value::Object(now)) => {
            let gone = kept.keys().find(|key| !now.contains_key(*key)).map(|key| format!("{place}.{key} is gone"));
            let new = now.keys().find(|key| !kept.contains_key(*key)).map(|key| format!("{place}.{key} is new"));
            let inner = || kept.iter().find_map(|(key, kept)| difference(&format!("{place}.{key}"), kept, now.get(key)?));
            gone.or(new).or_else(inner)
        }
        (Value::Array(kept), Value::Array(now)) => {
            let inner = |(i, (kept, now))| difference(&format!("{place}[{i}]"), kept, now);
            let lengths =
                (kept.len() != now.len()).then(|| format!("{place} has {} entries, not {}", now.len(), kept.len()));
            lengths.or_else(|| kept.iter().zip(now).enumerate().find_map(inner))
        }
        _ => (kept != now).then(|| format!("{place} is {now}, not {kept}")),
    }
}

#[test]
fn a_small_run_gives_what_is_kept_to_the_last_digit() {
    let now = reported(&SMALL, |companion| companion.json());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/small.json");
    if std::env::var_os("GRADIENT_GAP_RENEW").is_some() {
        let document: Value = serde_json::from_str(&now).expect("JSON");
        fs::write(&file, format!("{document}\n")).expect("can be written");
    }
    let kept = fs::read_to_string(&file).expect("is there");
    let [kept, now]: [Value; 2] = [&kept, &now].map(|text| serde_json::from_str(text).expect("JSON"));
    if let Some(difference) = difference("", &kept, &now) {
        panic!("{difference}; if that is meant: GRADIENT_GAP_RENEW=1 cargo test --test report kept");
    }
}

#[test]
fn differences_are_found_and_named() {
    let of = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let kept = of(r#"{"a": [1, {"b": 0.1}], "c": "x"}"#);
    assert_eq!(difference("", &kept, &kept.clone()), None);
    for (other, said) in [
        (r#"{"a": [1, {"b": 0.10000000000000002}], "c": "x"}"#, ".a[1].b is 0.10000000000000002, not 0.1"),
        (r#"{"a": [1], "c": "x"}"#, ".a has 1 entries, not 2"),
        (r#"{"a": [1, {"b": 0.1}]}"#, ".c is gone"),
        (r#"{"a": [1, {"b": 0.1, "d": 0}], "c": "x"}"#, ".a[1].d is new"),
        (r#"{"a": [1, {"b": 0.1}], "c": null}"#, ".c is null, not \"x\""),
    ] {
        assert_eq!(difference("", &kept, &of(other)).as_deref(), Some(said));
    }
}
