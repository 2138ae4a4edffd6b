//! `certify`: the table of boxes, and the same in JSON.

use crate::support::{json, run, succeeded};
use serde_json::Value;

const FEW: [&str; 5] = ["certify", "--instances", "24", "--attack", "0"];

fn boxes(more: &[&str]) -> Value {
    let document = json(succeeded(&run(&[&FEW[..], more, &["--format", "json"]].concat())));
    let mut boxes = document["boxes"].clone();
    for entry in boxes.as_array_mut().expect("a list") {
        assert!(entry.as_object_mut().expect("an object").remove("seconds").is_some_and(|seconds| seconds.is_f64()));
    }
    boxes
}

#[test]
fn boxes_of_the_claims_asked_for() {
    let found = boxes(&["curvature-window", "--threads", "1"]);
    assert_eq!(found, boxes(&["curvature-window", "--threads", "3"]));
    let found = found.as_array().expect("a list");
    assert_eq!(found.len(), 2);
    for (entry, responses) in found.iter().zip([2, 3]) {
        assert_eq!((&entry["slug"], &entry["verdict"]), (&"curvature-window".into(), &"proved".into()));
        assert_eq!(entry["responses"], responses);
        assert_eq!(entry["variables"][0], serde_json::json!({"name": "J", "lo": 0.0, "hi": 1.0}));
        assert!(entry["sub_boxes"].as_u64().is_some_and(|n| n > 0));
        assert!(entry["rests_on"].as_str().is_some_and(|text| !text.is_empty()));
    }
    assert_eq!(boxes(&["stagnation"]), Value::Array(vec![]));
}

#[test]
fn the_table_names_box_and_reduction() {
    let with = run(&[&FEW[..], &["curvature-window"]].concat());
    for words in ["Boxes: ", "sub-boxes", "J [0, 1], λ' [-1, 1], λ'' [-1, 1]", "proved", "clock t → ct"] {
        assert!(succeeded(&with).contains(words), "{words}: {}", with.out);
    }
    let without = run(&[&FEW[..], &["stagnation"]].concat());
    assert!(!succeeded(&without).contains("sub-boxes"), "{}", without.out);
}
