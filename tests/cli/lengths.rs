//! `lengths`: table, JSON, picture, bad input.

use crate::support::{Directory, refused_in_one_line, run, succeeded};
use serde_json::Value;

const SMALL: [&str; 5] = ["lengths", "--max-length", "64", "--instances", "20"];

fn with(more: &[&str]) -> crate::support::Run {
    run(&[&SMALL[..], more].concat())
}

#[test]
fn table_and_json_say_the_same() {
    let table = with(&[]);
    succeeded(&table);
    for said in ["T∞ is varied", "T_ψ1 is varied", "E⁺[ℓ] is varied", "truth/sharp", "20 random finite-state policies"]
    {
        assert!(table.out.contains(said), "{said}: {}", table.out);
    }
    let document: Value = serde_json::from_str(&with(&["--format", "json"]).out).expect("JSON");
    assert_eq!(document["schema"], "gradient-gap/lengths/1");
    assert_eq!(document["typical"]["rows"].as_array().map(Vec::len), Some(20));
    let last = &document["sweeps"][2]["rows"][2];
    assert_eq!((last["max_length"].as_u64(), last["certified"].as_bool()), (Some(64), Some(true)));
    let truth = last["truth"][0].as_f64().expect("a number");
    assert!(table.out.contains(&gradient_gap::report::short(truth)), "{truth} {}", table.out);
    // The same bytes on one thread.
    assert_eq!(with(&["--threads", "1"]).out, table.out);
    assert_ne!(with(&["--seed", "2"]).out, table.out);
    // Without random policies there is no table of them.
    let none = run(&["lengths", "--max-length", "64", "--instances", "0"]);
    let (designs, _) = table.out.split_once("\n\n20 random").expect("both");
    assert_eq!(succeeded(&none).trim_end(), designs.trim_end());
}

#[test]
fn a_picture_is_whole_or_absent() {
    let folder = Directory::new();
    refused_in_one_line(&with(&["--out", &folder.path("missing/x.svg")]), &["missing/x.svg", "No such file"]);
    assert!(folder.files().is_empty());
    succeeded(&with(&["--out", &folder.path("x.svg")]));
    let svg = std::fs::read_to_string(folder.path("x.svg")).expect("written");
    assert!(svg.starts_with("<svg") && svg.contains("E⁺[ℓ] varied"));
    assert_eq!(with(&["--out", "-"]).out, svg);
}
