//! Same seed, same search, to the last digit: against what is kept in `small.json`.
//!
//! `GRADIENT_GAP_RENEW=1 cargo test --test conjecture kept` writes it anew; read the difference before it is committed.

use crate::kept_files::compare;
use crate::{conjecture, effort};
use gradient_gap::report::{Conjectured, conjecture_json};
use serde_json::{Value, json};

/// A conjecture, its conditions, the families it is tried on (all where none is named), and evaluations.
type Search = (&'static str, &'static [&'static str], &'static [&'static str], u64);

/// False and true ones, strict and with equality, conditions that every, some, few and no points meet, words that are suprema and words
/// that are not, expressions that are undefined everywhere or somewhere.
const SEARCHES: [Search; 15] = [
    ("abs(dlambda - eta*dmu) <= L*eta^2", &[], &[], 4_000),
    ("abs(dlambda - eta*dmu) <= L*eta^2/2", &[], &["linear-softmax"], 4_000),
    ("abs(dlambda - eta*dmu) <= (L + G^2/2)*eta^2", &[], &[], 4_000),
    ("J1 >= J0", &["dmu > 0", "eta <= 2*dmu/L"], &[], 4_000),
    ("dlambda >= eta*dmu - L*eta^2/(2*(1-J0))", &["abs(J0 - 0.7) <= 0.01", "abs(dmu - 1) <= 0.01"], &[], 8_000),
    ("dlambda >= eta*dmu - Lp*len_pos*eta^2/(2*(1-J0))", &["Tinf >= 2"], &[], 4_000),
    ("dlambda >= eta*dmu", &["abs(J0 - 0.2) <= 0.01", "dmu > 0.1", "0.5 <= L < 0.6", "Tinf >= 2"], &[], 20_000),
    ("J1 < 1", &[], &["curve", "cube"], 4_000),
    ("J0 + F0 >= 1", &[], &["curve", "cube"], 24_576), // exactly one round and a half
    ("eta > 0", &[], &["tabular-softmax"], 2_000),
    ("log(dmu) <= 1", &[], &[], 4_000),
    ("log(-eta) > 0", &[], &[], 2_000),
    ("dlambda <= 1e-3", &["eta <= 1e-3", "dmu <= 1"], &["quadratic-softmax", "sum-of-sines"], 4_000),
    ("J0 <= 1", &["J0 > 2"], &[], 2_000),
    ("J0 <= 0", &["J0 >= 1/3", "J0 <= 1/3"], &[], 2_000),
];

#[test]
fn small_searches_give_what_is_kept_to_the_last_digit() {
    let found = SEARCHES.map(|(text, given, families, evaluations)| {
        let (conjecture, effort) = (conjecture(text, given), effort(evaluations, families));
        match conjecture.search(&effort) {
            Ok(found) => {
                let all = Conjectured { conjecture: &conjecture, effort: &effort, found: &found, seconds: 0.0 };
                serde_json::from_str::<Value>(&conjecture_json(&all)).expect("JSON")
            }
            Err(error) => json!({"conjecture": text, "refused": error.to_string()}),
        }
    });
    let refused = found.iter().filter(|found| found.get("refused").is_some()).count();
    assert_eq!(refused, 2, "conditions that nothing meets");
    compare("tests/conjecture/small.json", &Value::from(found.to_vec()).to_string(), "conjecture kept");
}
