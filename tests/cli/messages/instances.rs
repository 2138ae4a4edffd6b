//! Instances that are none: malformed files, fields that do not fit, more than is worth computing.

use super::{Row, row};
use crate::replay::HAND_WRITTEN;
use serde_json::{Value, json};

pub fn rows() -> Vec<Row> {
    let mut rows = files();
    rows.extend(hand_written());
    rows.extend(policies());
    rows.extend(automata());
    rows.extend(updates());
    rows.extend(sizes());
    rows
}

fn replay(content: impl Into<Vec<u8>>, message: &str) -> Row {
    row("replay -", message).input(content)
}

/// The hand-written instance with this in the place of that.
fn edited(from: &str, to: &str, message: &str) -> Row {
    assert!(HAND_WRITTEN.contains(from), "{from}");
    replay(HAND_WRITTEN.replace(from, to), message)
}

fn files() -> Vec<Row> {
    vec![
        row("replay a.json", "a.json: EOF while parsing a value at line 1 column 0").file("a.json", ""),
        replay(" \n\n ", "-: EOF while parsing a value at line 3 column 1"),
        replay(vec![0; 100], "-: expected value at line 1 column 1"),
        replay(&HAND_WRITTEN.as_bytes()[..40], "-: invalid number at line 1 column 40"),
        replay([HAND_WRITTEN.as_bytes(), b"}"].concat(), "-: trailing characters at line 1 column 125"),
        replay(
            "3",
            "-: invalid type: integer `3`, expected an object with \"instance\" (a witness) or \"policy\" or \"logits\" (a hand-written instance) at line 1 column 1",
        ),
        replay(
            "[1, 2]",
            "-: invalid type: sequence, expected an object with \"instance\" (a witness) or \"policy\" or \"logits\" (a hand-written instance) at line 1 column 0",
        ),
        replay("{}", "-: neither \"instance\" (a witness) nor \"policy\" nor \"logits\" (a hand-written instance) is there"),
        replay(
            vec![b'['; 100_000],
            "-: invalid type: sequence, expected an object with \"instance\" (a witness) or \"policy\" or \"logits\" (a hand-written instance) at line 1 column 0",
        ),
        replay("{\"logits\":".repeat(50_000), "-: EOF while parsing a value at line 1 column 500000"),
        row("replay - --simplified", "-: not a witness, which alone has a \"simplified\" instance").input(HAND_WRITTEN),
        // What a file says reaches the terminal as one short line without control characters.
        edited(
            "\"eta\"",
            "\"\\u001b[2J\\n\\u202e\": 1, \"eta\"",
            "-: unknown field `\\u{1b}[2J\\u{a}\\u{202e}`, expected one of `schema`, `logits`, `slopes`, `curvatures`, `lengths`, `correct`, `eta` at line 1 column 131",
        ),
        edited(
            "\"eta\"",
            &format!("\"{}\": 1, \"eta\"", "k".repeat(1_000)),
            "-: unknown field `kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk … kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk`, expected one of `schema`, `logits`, `slopes`, `curvatures`, `lengths`, `correct`, `eta` at line 1 column 1114",
        ),
    ]
}

fn hand_written() -> Vec<Row> {
    vec![
        edited(
            "{\"logits\"",
            "{\"schema\": \"gradient-gap/instance/2\", \"logits\"",
            "-: schema is \"gradient-gap/instance/2\", expected \"gradient-gap/instance/1\"",
        ),
        edited("[0, 0.5,", "[0, NaN,", "-: expected value at line 1 column 16"),
        edited("[0, 0.5,", "[0, \"0.5\",", "-: invalid type: string \"0.5\", expected f64 at line 1 column 20"),
        edited("[0, 0.5,", "[0, null,", "-: invalid type: null, expected f64 at line 1 column 19"),
        edited("-0.5", "1e999", "-: number out of range at line 1 column 44"),
        edited("0.25", "-1e400", "-: number out of range at line 1 column 125"),
        edited("0.25", "-0.25", "-: eta is -0.25, expected a finite number ≥ 0"),
        edited(", \"eta\": 0.25", "", "-: missing field `eta` at line 1 column 111"),
        edited("\"slopes\": [1, -0.5, 0], ", "", "-: missing field `slopes` at line 1 column 100"),
        edited("[1, -0.5, 0]", "[1, -0.5]", "-: slopes has 2 entries, expected 3 (one a logit)"),
        edited("[0, 0, 1]", "[0]", "-: curvatures has 1 entries, expected 3 (one a logit)"),
        edited("[3, 1, 2]", "[3, 1]", "-: policy: lengths has 2 entries, expected 3"),
        edited("[3, 1, 2]", "[3, 0, 2]", "-: policy: lengths[1] is 0, expected at least 1"),
        edited("[3, 1, 2]", "[3, -1, 2]", "-: invalid value: integer `-1`, expected u32 at line 1 column 91"),
        edited("[3, 1, 2]", "[3, 1.5, 2]", "-: invalid type: floating point `1.5`, expected u32 at line 1 column 92"),
        edited(
            "[3, 1, 2]",
            "[3, 4294967296, 2]",
            "-: invalid value: integer `4294967296`, expected u32 at line 1 column 99",
        ),
        edited(
            "\"eta\"",
            "\"etta\": 1, \"eta\"",
            "-: unknown field `etta`, expected one of `schema`, `logits`, `slopes`, `curvatures`, `lengths`, `correct`, `eta` at line 1 column 118",
        ),
        edited("\"eta\"", "\"eta\": 1, \"eta\"", "-: duplicate field `eta` at line 1 column 127"),
        edited("[0], \"eta\"", "[], \"eta\"", "-: correct: no response is correct (O⁺ is empty)"),
        edited("[0], \"eta\"", "[0, 1, 2], \"eta\"", "-: correct: every response is correct (O⁻ is empty)"),
        edited("[0], \"eta\"", "[3], \"eta\"", "-: correct names response 3, expected a number below 3"),
        edited(
            "[0], \"eta\"",
            "[-1], \"eta\"",
            "-: invalid type: integer `-1`, expected correct: a list of response numbers (from 0) or a list of true and false at line 1 column 110",
        ),
        edited("[0], \"eta\"", "[true], \"eta\"", "-: correct has 1 entries, expected 3"),
        edited(
            "[0], \"eta\"",
            "[0, true], \"eta\"",
            "-: correct: response numbers and flags are mixed at line 1 column 116",
        ),
        edited(
            "[0], \"eta\"",
            "3, \"eta\"",
            "-: invalid type: integer `3`, expected correct: a list of response numbers (from 0) or a list of true and false at line 1 column 108",
        ),
        edited(
            "[0], \"eta\"",
            &format!("[{}0], \"eta\"", "0,".repeat(1 << 20)),
            "-: correct: more than 1048576 entries at line 1 column 2097262",
        ),
        replay(
            r#"{"logits": [], "slopes": [], "correct": [], "eta": 1}"#,
            "-: logits is empty, expected one for every response",
        ),
        replay(
            r#"{"logits": [0], "slopes": [1], "correct": [0], "eta": 1}"#,
            "-: correct: every response is correct (O⁻ is empty)",
        ),
    ]
}

/// Two responses of one token, one parameter.
pub fn one_token() -> Value {
    json!({
        "policy": {
            "tree": {"vocabulary": 2, "max_length": 1, "ending": "fixed"}, "context": "shared",
            "logits": {"dim": 1, "rows": 1, "options": 2, "features": {"dense": [0, 1]}}
        },
        "theta": [0], "direction": [1], "eta": 0.5, "correct": [false, true]
    })
}

/// Parity of the 1s among up to 39 tokens 1 and 2.
fn parity() -> Value {
    json!({
        "policy": {
            "tree": {"vocabulary": 3, "max_length": 40, "ending": "eos"}, "context": "state",
            "automaton": {"next": [0, 1, 0, 1, 0, 1]},
            "logits": {"dim": 1, "rows": 2, "options": 3, "features": {"dense": [0, 1, -1, 0, -1, 1]}}
        },
        "theta": [0], "direction": [1], "eta": 0.01, "correct": [true, false]
    })
}

/// With these values at these places.
pub fn changed(mut value: Value, changes: &[(&str, Value)]) -> String {
    for (place, new) in changes {
        let (parent, key) = place.rsplit_once('/').expect("a place");
        match value.pointer_mut(parent).expect("its parent is there") {
            Value::Object(fields) => _ = fields.insert(key.into(), new.clone()),
            Value::Array(list) => list[key.parse::<usize>().expect("a number")] = new.clone(),
            other => panic!("{place}: {other}"),
        }
    }
    value.to_string()
}

fn policies() -> Vec<Row> {
    let of = |changes: &[(&str, Value)], message: &str| replay(changed(one_token(), changes), message);
    let wave = |logit: u32, frequency: Value| json!([{"logit": logit, "amplitude": 1, "frequency": frequency, "phase": 0}]);
    let two = |quadratic: Value| {
        vec![
            ("/policy/logits/dim", json!(2)),
            ("/policy/logits/features", json!({"dense": [0, 1, 0, 1]})),
            ("/policy/logits/quadratic", quadratic),
        ]
    };
    vec![
        of(
            &[("/schema", json!("gradient-gap/witness/1"))],
            "-: schema is \"gradient-gap/witness/1\", expected \"gradient-gap/instance/1\"",
        ),
        of(
            &[("/thetta", json!(1))],
            "-: unknown field `thetta`, expected one of `schema`, `policy`, `theta`, `direction`, `eta`, `correct`, `then` at line 1 column 223",
        ),
        of(&[("/policy", json!(3))], "-: invalid type: integer `3`, expected a policy at line 1 column 60"),
        of(&[("/policy/tree", json!(3))], "-: invalid type: integer `3`, expected a response space at line 1 column 154"),
        of(&[("/policy/logits", json!(3))], "-: invalid type: integer `3`, expected logits at line 1 column 89"),
        of(&[("/policy/automaton", json!(3))], "-: invalid type: integer `3`, expected an automaton at line 1 column 73"),
        of(&[("/policy/logits/waves", json!([3]))], "-: invalid type: integer `3`, expected a wave at line 1 column 155"),
        of(&[("/then", json!([3]))], "-: invalid type: integer `3`, expected an update at line 1 column 212"),
        of(
            &[("/policy/stopp", json!(1))],
            "-: unknown field `stopp`, expected one of `tree`, `context`, `stop`, `automaton`, `logits`, `lengths` at line 1 column 153",
        ),
        of(
            &[("/policy/logits/wave", json!(1))],
            "-: unknown field `wave`, expected one of `dim`, `rows`, `options`, `bias`, `features`, `quadratic`, `waves` at line 1 column 151",
        ),
        of(
            &[("/policy/context", json!("none"))],
            "-: unknown variant `none`, expected one of `shared`, `last-token`, `prefix`, `state` at line 1 column 76",
        ),
        of(
            &[("/policy/tree/ending", json!("never"))],
            "-: unknown variant `never`, expected one of `eos`, `cut`, `fixed` at line 1 column 170",
        ),
        of(
            &[("/policy/tree/vocabulary", json!(0))],
            "-: policy: tree: vocabulary 0 and maximal length 1 must be at least 1",
        ),
        of(
            &[("/policy/tree/max_length", json!(4_000_000_000u32)), ("/policy/tree/vocabulary", json!(2))],
            "-: policy: tree: vocabulary 2 and maximal length 4000000000 give more than 1048576 responses",
        ),
        of(
            &[("/policy/tree/vocabulary", json!(u32::MAX))],
            "-: policy: tree: vocabulary 4294967295 and maximal length 1 give more than 1048576 responses",
        ),
        of(
            &[("/policy/logits/dim", json!(0)), ("/policy/logits/features", json!({"dense": []}))],
            "-: policy: logits: 1 rows of 2 options in dimension 0 are out of range",
        ),
        of(
            &[("/policy/logits/dim", json!(5_000_000_000u64))],
            "-: policy: logits: 1 rows of 2 options in dimension 5000000000 are out of range",
        ),
        of(
            &[("/policy/logits/rows", json!(u64::MAX))],
            "-: policy: logits: 18446744073709551615 rows of 2 options in dimension 1 are out of range",
        ),
        of(&[("/policy/logits/features", json!("tabular"))], "-: policy: logits: dim is 1, expected 2 of tabular features"),
        of(&[("/policy/logits/features", json!({"dense": [1]}))], "-: policy: logits: features has 1 entries, expected 2"),
        of(&[("/policy/logits/bias", json!([1]))], "-: policy: logits: bias has 1 entries, expected 2"),
        of(&[("/policy/logits/quadratic", json!([1]))], "-: policy: logits: quadratic has 1 entries, expected 2"),
        of(
            &two(json!([1, 2, 3, 4, 0, 0, 0, 0])),
            "-: policy: logits: quadratic: matrix 0 is not symmetric: 2 at (0, 1), 3 at (1, 0)",
        ),
        of(&[("/policy/logits/waves", wave(2, json!([1])))], "-: policy: logits: waves[0].logit is 2, expected less than 2"),
        of(
            &[("/policy/logits/waves", wave(1, json!([1, 2])))],
            "-: policy: logits: waves[0].frequency has 2 entries, expected 1",
        ),
        of(
            &[("/policy/logits/options", json!(1)), ("/policy/logits/features", json!({"dense": [1]}))],
            "-: policy: logits: 1 rows of 1 options, expected 1 of 2",
        ),
        of(&[("/policy/automaton", json!({"next": [0, 0]}))], "-: policy: automaton: only the context \"state\" has one"),
        of(&[("/policy/context", json!("state"))], "-: policy: context: \"state\" needs an automaton"),
        of(
            &[
                ("/policy/stop", json!(0.5)),
                ("/policy/logits/options", json!(1)),
                ("/policy/logits/features", json!({"dense": [1]})),
            ],
            "-: policy: stop: a policy of fixed length has no EOS to emit",
        ),
        of(
            &[
                ("/policy/stop", json!(1)),
                ("/policy/tree/ending", json!("eos")),
                ("/policy/logits/options", json!(1)),
                ("/policy/logits/features", json!({"dense": [1]})),
            ],
            "-: policy: stop: 1.0 is not a probability in (0, 1)",
        ),
        of(
            &[("/policy/tree/max_length", json!(2)), ("/policy/lengths", json!([1, 1]))],
            "-: policy: lengths: declared for 2 tokens, expected a policy of one token",
        ),
        of(&[("/policy/lengths", json!([1, 1, 1]))], "-: policy: lengths has 3 entries, expected 2"),
        of(&[("/policy/lengths", json!([1, 0]))], "-: policy: lengths[1] is 0, expected at least 1"),
    ]
}

fn automata() -> Vec<Row> {
    let of = |changes: &[(&str, Value)], message: &str| replay(changed(parity(), changes), message);
    vec![
        of(
            &[("/policy/automaton/nxt", json!(1))],
            "-: unknown field `nxt`, expected one of `start`, `next`, `by_position` at line 1 column 100",
        ),
        of(&[("/policy/automaton/next/4", json!(2))], "-: policy: automaton: next[4] is 2, expected a state below 2"),
        of(&[("/policy/automaton/start", json!(7))], "-: policy: automaton: start is 7, expected a state below 2"),
        of(
            &[("/policy/automaton/next", json!([0, 1]))],
            "-: policy: automaton: next has 2 entries, expected one for every state and each of 3 tokens",
        ),
        of(&[("/policy/automaton/by_position", json!(true))], "-: policy: logits: 2 rows of 3 options, expected 78 of 3"),
        of(
            &[("/policy/automaton/by_position", json!(true)), ("/policy/tree/max_length", json!(16_000_000))],
            "-: policy: automaton: 95999994 logits are more than 16777216",
        ),
        of(
            &[("/policy/tree/max_length", json!(16_777_217))],
            "-: policy: automaton: maximal length 16777217 is more than 16777216 tokens",
        ),
        of(
            &[("/policy/tree/max_length", json!(0))],
            "-: policy: automaton: vocabulary 3 and maximal length 0 must be at least 1",
        ),
        of(
            &[("/policy/tree/max_length", json!(16_000_000))],
            "-: too large: 96000000 responses or arrows, 0 prefixes, 6 logits in dimension 1, 0 waves and 1 updates make about 7e11 terms, more than 1e9",
        ),
        of(&[("/policy/context", json!("last-token"))], "-: policy: automaton: only the context \"state\" has one"),
        of(
            &[("/policy/lengths", json!([1, 1]))],
            "-: policy: lengths: declared for an automaton, expected a policy of one token",
        ),
        of(&[("/correct", json!([true, false, true]))], "-: correct has 3 entries, expected 2"),
        of(&[("/policy/automaton/next", json!([0, 0, 0, 1, 1, 1]))], "-: correct: every response is correct (O⁻ is empty)"),
        // A list that no other context could hold.
        of(
            &[("/policy/automaton", Value::Null), ("/policy/context", json!("last-token"))],
            "-: policy: tree: vocabulary 3 and maximal length 40 give more than 1048576 responses",
        ),
    ]
}

fn updates() -> Vec<Row> {
    let of = |changes: &[(&str, Value)], message: &str| replay(changed(one_token(), changes), message);
    let then = |direction: Value, eta: f64| json!([{"direction": [1], "eta": 1}, {"direction": direction, "eta": eta}]);
    vec![
        of(&[("/theta", json!([0, 0]))], "-: theta has 2 entries, expected 1"),
        of(&[("/direction", json!([]))], "-: direction has 0 entries, expected 1"),
        of(&[("/eta", json!(-1))], "-: eta is -1.0, expected a finite number ≥ 0"),
        of(&[("/then", then(json!([1, 1]), 1.0))], "-: then[1].direction has 2 entries, expected 1"),
        of(&[("/then", then(json!([1]), -1.0))], "-: then[1].eta is -1.0, expected a finite number ≥ 0"),
        of(&[("/then", then(json!([1e200]), 1e200))], "-: the last iterate[0] is inf, expected a finite number"),
        of(&[("/correct", json!([true]))], "-: correct has 1 entries, expected 2"),
        of(&[("/correct", json!([true, true]))], "-: correct: every response is correct (O⁻ is empty)"),
        of(&[("/correct", json!([false, false]))], "-: correct: no response is correct (O⁺ is empty)"),
        // Finite numbers whose products are not.
        of(
            &[("/policy/logits/quadratic", json!([1, -0.5])), ("/direction", json!([-1e184])), ("/eta", json!(0))],
            "-: logits on the line θ + t·w, update 0: quadratic[0] is inf, expected a finite number",
        ),
        of(
            &[("/policy/logits/features", json!({"dense": [1e200, 0]})), ("/theta", json!([1e200]))],
            "-: logits on the line θ + t·w, update 0: bias[0] is inf, expected a finite number",
        ),
    ]
}

/// Valid, or nearly so, but larger than what is worth computing.
fn sizes() -> Vec<Row> {
    let of = |rows: u64, dim: usize, dense: usize, updates: usize, message: &str| {
        let correct: Vec<bool> = (0..1000).map(|o| o == 0).collect();
        let changes = [
            ("/policy/tree/vocabulary", json!(1000)),
            ("/policy/logits/dim", json!(dim)),
            ("/policy/logits/rows", json!(rows)),
            ("/policy/logits/options", json!(1000)),
            ("/policy/logits/features", json!({"dense": vec![0; dense]})),
            ("/theta", json!(vec![0; dim])),
            ("/direction", json!(vec![0; dim])),
            ("/correct", json!(correct)),
            ("/then", json!(vec![json!({"direction": vec![0; dim], "eta": 0}); updates])),
        ];
        replay(changed(one_token(), &changes), message)
    };
    vec![
        of(
            1,
            1000,
            1_000_000,
            0,
            "-: too large: 1000 responses or arrows, 1 prefixes, 1000 logits in dimension 1000, 0 waves and 1 updates make about 2e10 terms, more than 1e9",
        ),
        of(
            1,
            1,
            1_000,
            10_000,
            "-: too large: 1000 responses or arrows, 1 prefixes, 1000 logits in dimension 1, 0 waves and 10001 updates make about 2e9 terms, more than 1e9",
        ),
        of(1 << 62, 1, 0, 0, "-: policy: logits: 4611686018427387904 rows of 1000 options in dimension 1 are out of range"),
        of(1 << 54, 1, 0, 0, "-: policy: logits: features has 0 entries, expected 18014398509481984000"),
        replay(HAND_WRITTEN.replace("0.25", &"9".repeat(5_000)), "-: number out of range at line 1 column 5119"),
    ]
}
