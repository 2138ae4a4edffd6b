//! Witnesses that say what cannot be.

use super::instances::{changed, one_token};
use super::{Row, row};
use gradient_gap::check::witness::WITNESS_SCHEMA;
use gradient_gap::families;
use serde_json::{Value, json};

/// A witness as far as its form goes: of (16), in the family `cube`.
fn witness() -> Value {
    let family = families::find("cube").expect("known");
    json!({
        "schema": WITNESS_SCHEMA, "slug": "log-odds-step", "family": "cube", "family_version": family.version,
        "u": vec![0.5; family.dim], "part": "|R|", "computed": [0, 0], "claimed": [1, 1], "instance": one_token()
    })
}

pub fn rows() -> Vec<Row> {
    let of = |changes: &[(&str, Value)], message: &str| row("replay -", message).input(changed(witness(), changes));
    let conjecture = |part: &str, given: Value, message: &str| {
        of(&[("/slug", json!("conjecture")), ("/part", json!(part)), ("/given", given)], message)
    };
    vec![
        of(
            &[("/schema", json!("gradient-gap/witness/2"))],
            "-: schema is \"gradient-gap/witness/2\", expected \"gradient-gap/witness/1\"",
        ),
        of(&[("/schema", Value::Null)], "-: schema is \"\", expected \"gradient-gap/witness/1\""),
        of(&[("/instance", Value::Null)], "-: invalid type: null, expected an instance at line 1 column 84"),
        of(
            &[("/slugg", json!(1))],
            "-: unknown field `slugg`, expected one of `schema`, `slug`, `family`, `family_version`, `u`, `part`, `given`, `computed`, `claimed`, `instance`, `simplified` at line 1 column 373",
        ),
        of(&[("/slug", json!("log-odds"))], "-: slug: \"log-odds\" is not known"),
        of(&[("/family", json!("cubes"))], "-: family: \"cubes\" is not known"),
        of(&[("/family_version", json!(999))], "-: family_version is 999, but cube is at version 1"),
        of(&[("/u", json!([0.5]))], "-: family cube: u has 1 entries, expected 32"),
        of(&[("/u/1", json!(1.5))], "-: family cube: u[1] is 1.5, expected a number in [0, 1]"),
        of(&[("/computed", json!([2, 1]))], "-: computed is [2.0, 1.0], expected the lower end first"),
        of(&[("/claimed", json!([2, 1]))], "-: claimed is [2.0, 1.0], expected the lower end first"),
        of(&[("/instance/eta", json!(-1))], "-: instance: eta is -1.0, expected a finite number ≥ 0"),
        of(
            &[(
                "/simplified",
                serde_json::from_str(&changed(one_token(), &[("/correct", json!([true, true]))])).expect("JSON"),
            )],
            "-: simplified: correct: every response is correct (O⁻ is empty)",
        ),
        row("replay witness.json --simplified", "witness.json: the witness has no \"simplified\" instance")
            .file("witness.json", witness().to_string()),
        conjecture(
            "dlambda >= 0.9*K",
            json!([]),
            "-: part: unknown word \"K\"; did you mean \"L\"?\n  dlambda >= 0.9*K\n                 ^",
        ),
        conjecture(
            "J0 <= 1",
            json!(["J1 <= 1", "J0 == 1"]),
            "-: given[1]: an equality is next to never met; ask for a band, such as abs(J0 - 0.5) <= 1e-3\n  J0 == 1\n     ^^",
        ),
    ]
}
