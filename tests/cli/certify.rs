//! `certify`.

use crate::support::{json, run, succeeded};

#[test]
fn counts_by_claim_and_the_words_about_them() {
    let args = ["certify", "curvature-window", "second-order-printed", "--instances", "600", "--attack", "512"];
    let text = succeeded(&run(&args)).to_string();
    assert!(text.contains("no number of them proves a theorem") && text.contains("curvature-window"), "{text}");
    let document = json(succeeded(&run(&[&args[..], &["--format", "json"]].concat())));
    assert_eq!(document["schema"], "gradient-gap/certify/1");
    assert_eq!(document["as_expected"], true);
    let claims = document["claims"].as_array().expect("an array");
    let [window, printed] = [&claims[0], &claims[1]];
    assert_eq!((&window["slug"], &window["refuted"]), (&"curvature-window".into(), &0.into()));
    assert!(window["certified"].as_u64() > Some(500) && window["hard"]["certified"].as_u64() > Some(50), "{window}");
    assert!(printed["refuted"].as_u64() > Some(300) && printed["expected"] == "fails", "{printed}");
    // The same counts on one thread.
    let again = json(succeeded(&run(&[&args[..], &["--format", "json", "--threads", "1"]].concat())));
    assert_eq!(again["claims"], document["claims"]);
}
