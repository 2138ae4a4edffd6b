//! Results that are kept, and compared to the last digit.

use serde_json::Value;
use std::fs;
use std::path::Path;

/// Where two documents differ first, in words; `None` where they are the same.
pub fn difference(place: &str, kept: &Value, now: &Value) -> Option<String> {
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

/// Compares with the file, by its place in the repository, which is written anew under `GRADIENT_GAP_RENEW=1`. `test` is what cargo
/// is given to run this.
pub fn compare(file: &str, now: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let now: Value = serde_json::from_str(now).expect("JSON");
    if std::env::var_os("GRADIENT_GAP_RENEW").is_some() {
        fs::write(&path, format!("{now}\n")).expect("can be written");
    }
    let kept = serde_json::from_str(&fs::read_to_string(&path).expect("is there")).expect("JSON");
    if let Some(difference) = difference("", &kept, &now) {
        panic!("{difference}; if that is meant: GRADIENT_GAP_RENEW=1 cargo test --test {test}");
    }
}
