//! Same seed, same result, to the last digit: against what is kept in `small.json`.
//!
//! `GRADIENT_GAP_RENEW=1 cargo test --test report kept` writes it anew; read the difference before it is committed.

use super::{SMALL, reported};
use crate::kept_files::{compare, difference};
use serde_json::Value;

#[test]
fn a_small_run_gives_what_is_kept_to_the_last_digit() {
    compare("tests/report/small.json", &reported(&SMALL, |companion| companion.json()), "report kept");
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
