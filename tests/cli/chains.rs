//! `replay` of finite-state policies: long responses, extremes, what is refused.

use crate::support::{json, run_with_input, succeeded};
use serde_json::{Value, json};

/// Parity of the 1s among up to T − 1 tokens 1 and 2; the change is made last.
fn parity(tokens: u32, change: &dyn Fn(&mut Value)) -> String {
    let mut instance = json!({
        "policy": {
            "tree": {"vocabulary": 3, "max_length": tokens, "ending": "eos"}, "context": "state",
            "automaton": {"next": [0, 1, 0, 1, 0, 1]},
            "logits": {"dim": 1, "rows": 2, "options": 3, "bias": [-6, 0, 0, -6, 0, 0],
                       "features": {"dense": [0, 1, -1, 0, -1, 1]}}
        },
        "theta": [0.0], "direction": [1.0], "eta": 0.01, "correct": [true, false]
    });
    change(&mut instance);
    instance.to_string()
}

fn replayed(text: &str) -> Value {
    json(succeeded(&run_with_input(&["replay", "-", "--format", "json"], text.as_bytes())))
}

#[test]
fn a_thousand_tokens() {
    let document = replayed(&parity(1_000, &|_| {}));
    assert_eq!(document["as_expected"], true);
    let claims = document["claims"].as_array().expect("an array");
    let certified = claims.iter().filter(|claim| claim["intervals"] == "certified").count();
    assert!(certified >= 11, "{certified}");
    let of = |name: &str| {
        let quantities = document["quantities"].as_array().expect("an array");
        quantities.iter().find(|q| q["name"] == name).expect("there")["value"].as_f64().expect("a number")
    };
    // At θ = 0 every token is EOS with the probability h = 1/(1 + 2e⁶), and 1 or 2 alike otherwise.
    let h = 1.0 / (1.0 + 2.0 * 6f64.exp());
    let mean = (1.0 - (1.0 - h).powi(1_000)) / h;
    assert!((of("E|o|") / mean - 1.0).abs() < 1e-10, "{} {mean}", of("E|o|"));
    // J = (1 + E[(−1)^{ones}])/2, and after a token the sign is 0 on average: only the empty response is even for certain.
    assert!((of("J") - (0.5 + 0.5 * h)).abs() < 1e-12, "{}", of("J"));
    assert!(succeeded(&run_with_input(&["replay", "-"], parity(1_000, &|_| {}).as_bytes())).contains("token-log-odds-step"));
}

#[test]
fn extremes() {
    type Change = Box<dyn Fn(&mut Value)>;
    let set = |path: &'static str, value: Value| -> Change {
        Box::new(move |instance| *instance.pointer_mut(path).expect("there") = value.clone())
    };
    let changes: Vec<Change> = vec![
        set("/eta", json!(0)),
        set("/eta", json!(5e-324)),
        set("/eta", json!(1e300)),
        set("/direction", json!([0])),
        set("/direction", json!([1e150])),
        set("/policy/logits/bias", json!([-700, 0, 0, -700, 0, 0])),
        set("/policy/logits/bias", json!([700, 0, 0, 700, 0, 0])),
        set("/policy/logits/bias", json!([0, -700, 700, 0, -700, 700])),
        set("/policy/logits/bias", json!([0, 1e308, -1e308, 0, 0, 0])),
        set("/policy/logits/features/dense", json!([0, 0, 0, 0, 0, 0])),
        set("/policy/tree/max_length", json!(2)),
        set("/policy/tree/ending", json!("cut")),
        set("/policy/tree/ending", json!("fixed")),
    ];
    for (i, change) in changes.iter().enumerate() {
        let document = replayed(&parity(40, change));
        assert_eq!(document["as_expected"], true, "{i}");
        let claims = document["claims"].as_array().expect("an array");
        let refuted = claims.iter().filter(|claim| claim["intervals"] == "refuted");
        assert!(refuted.map(|claim| claim["slug"].as_str().expect("a slug")).all(|slug| slug.ends_with("-printed")), "{i}");
    }
}
