//! Bytes as an instance file: never a panic, never more memory than the text allows, and of what is accepted everything is
//! computed.

use super::bytes::Bytes;
use super::memory::{FIXED, PER_BYTE, counted};
use super::{alone, drive};
use gradient_gap::check::witness::{Stored, WITNESS_SCHEMA, read_instance, read_simplified, read_stored};
use gradient_gap::check::work::{MAX_TERMS, terms};
use gradient_gap::report::{Replay, Style, replay_json, replay_table};
use gradient_gap::{Instance, claims, families};
use serde_json::{Value, json};

/// What one input showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    Refused,
    /// Valid, too large for a test to replay.
    Accepted,
    Replayed,
}

/// The most terms of an instance that is replayed here.
const FEW: f64 = 3e7;

const HAND_WRITTEN: &str = r#"{"logits": [0, 0.5, -1], "slopes": [1, -0.5, 0], "curvatures": [0, 0, 1], "lengths": [3, 1, 2], "correct": [0], "eta": 0.25}"#;

/// A valid file: hand-written, an instance of some family, or a witness around two.
fn valid(bytes: &mut Bytes) -> Value {
    let mut instance = || {
        let all: Vec<_> = families::REGISTRY.iter().chain(families::RUNS).collect();
        let family = bytes.one_of(&all);
        // Near 0 there are few responses.
        let u: Vec<f64> = (0..family.dim).map(|_| 0.4 * f64::from(bytes.byte()) / 255.0).collect();
        let instance = serde_json::to_value(family.decode(&u).expect("inside the cube")).expect("serialises");
        (instance, json!({"family": family.name, "family_version": family.version, "u": u}))
    };
    let ((first, origin), (second, _)) = (instance(), instance());
    let slug = bytes.one_of(claims::REGISTRY).statement.slug;
    match bytes.byte() % 3 {
        0 => serde_json::from_str(HAND_WRITTEN).expect("JSON"),
        1 => first,
        _ => json!({
            "schema": WITNESS_SCHEMA, "slug": slug, "family": origin["family"], "family_version": origin["family_version"],
            "u": origin["u"], "part": "|R|", "computed": [1.0, 2.0], "claimed": [0.0, 0.5], "instance": first, "simplified": second
        }),
    }
}

/// Something that belongs nowhere, or somewhere else.
fn foreign(bytes: &mut Bytes) -> Value {
    match bytes.below(20) {
        0 => Value::Null,
        1 => true.into(),
        2 => json!([]),
        3 => json!({}),
        4 => "tabular".into(),
        5 => "\u{1b}[31m\n\u{202e}".into(),
        6 => "x".repeat(100_000).into(),
        7 => (0..bytes.below(130)).fold(json!(0), |deep, _| json!([deep])),
        8 => (0..bytes.below(130)).fold(json!(0), |deep, _| json!({"instance": deep})),
        9 => 0.into(),
        10 => (-1).into(),
        11 => 0.5.into(),
        12 => u32::MAX.into(),
        13 => (u64::from(u32::MAX) + 1).into(),
        14 => u64::MAX.into(),
        15 => 1_000_000_000u64.into(),
        16 => 1_048_577.into(),
        17 => vec![0.0; bytes.below(3_000)].into(),
        18 => json!({"dense": vec![1; bytes.below(300)]}),
        _ => bytes.number().into(),
    }
}

/// Changes one place of the document, found by following the bytes from its root.
fn spoil(value: &mut Value, bytes: &mut Bytes) {
    match value {
        Value::Object(map) if !map.is_empty() && !bytes.one_in(16) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let [key, other] = [0; 2].map(|_| &keys[bytes.below(keys.len())]);
            match bytes.byte() % 32 {
                0 => drop(map.remove(key)),
                1 => drop(map.insert("unknown".into(), foreign(bytes))),
                2 => drop(map.insert(key.clone(), map[other].clone())),
                _ => spoil(&mut map[key], bytes),
            }
        }
        Value::Array(list) if !list.is_empty() && !bytes.one_in(8) => {
            let at = bytes.below(list.len());
            match bytes.byte() % 16 {
                0 => list.truncate(at),
                1 => drop(list.remove(at)),
                2 => list.push(list[at].clone()),
                3 => list.extend(vec![list[at].clone(); bytes.below(2_000)]),
                4 => list.insert(at, foreign(bytes)),
                _ => spoil(&mut list[at], bytes),
            }
        }
        // A number stays a number more often than not, so that many files remain valid.
        Value::Number(number) if !bytes.one_in(4) => {
            *value = match (number.as_u64(), bytes.byte() % 2) {
                (Some(whole), 0) => (whole ^ (1 << bytes.below(40))).into(),
                (Some(whole), _) => whole.wrapping_add(1).into(),
                _ => bytes.number().into(),
            }
        }
        Value::Bool(flag) if !bytes.one_in(4) => *flag = !*flag,
        _ => *value = foreign(bytes),
    }
}

/// What JSON values cannot say: keys that occur twice, numbers out of range, numbers that are none, a text cut short.
fn garble(text: &mut String, bytes: &mut Bytes) {
    let places: Vec<usize> =
        text.char_indices().filter(|(_, c)| matches!(c, ',' | ':' | '[')).map(|(at, _)| at + 1).collect();
    let Some(&at) = places.get(bytes.below(places.len().max(1))) else { return };
    match bytes.below(10) {
        0 => text.truncate(at),
        1 => text.insert_str(at, "1e999,"),
        2 => text.insert_str(at, "NaN,"),
        3 => text.insert_str(at, "\"eta\":0.5,"),
        4 => text.insert_str(at, "\"policy\":{},\"logits\":[],"),
        5 => text.insert_str(at, &"[".repeat(100_000)),
        6 => text.insert_str(at, &"9".repeat(5_000)),
        7 => text.insert(at, '-'),
        8 => text.insert_str(at, "\"\\u001b[2J\":1,"),
        _ => text.push_str("}]"),
    }
}

/// The text that bytes stand for: themselves (first byte 0x00 to 0x1f, or a brace), or a valid file with a few changes.
fn text(bytes: &[u8]) -> String {
    let mut source = Bytes::new(bytes);
    if bytes.first().is_none_or(|first| (0x09..0x20).contains(first) || *first == b'{' || *first == b'[') {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let changes = source.byte() % 4;
    let mut value = valid(&mut source);
    (0..changes).for_each(|_| spoil(&mut value, &mut source));
    let mut text = value.to_string();
    if source.byte() % 4 == 1 {
        garble(&mut text, &mut source);
    }
    text
}

/// What must hold of any text whatever.
fn check(text: &str) -> Result<Seen, String> {
    let mut seen = Seen::Refused;
    for read in [read_instance, read_simplified] {
        let (outcome, memory) = counted(|| read(text));
        // Several times less for what names no large response space.
        if memory > PER_BYTE * text.len() + FIXED {
            return Err(format!("{memory} bytes of memory for {} of text", text.len()));
        }
        match outcome {
            Ok(instance) => seen = accepted(&instance)?,
            Err(error) => {
                let message = error.to_string();
                if message.is_empty() || message.len() > 4_000 || message.contains(char::is_control) {
                    return Err(format!("the message is no short line: {message:?}"));
                }
            }
        }
    }
    for simplified in [false, true] {
        if let Ok(stored @ Stored::Witness { .. }) = read_stored(text, simplified)
            && terms(stored.instance()) <= FEW
        {
            // Whatever the file says of the instance: an answer, or an unknown name.
            match Replay::of(&stored) {
                Ok(replay) if replay.asserted.is_empty() => return Err("nothing is asserted".into()),
                Ok(_) => {}
                Err(error) if error.to_string().is_empty() => return Err("an empty message".into()),
                Err(_) => {}
            }
        }
    }
    Ok(seen)
}

fn accepted(instance: &Instance) -> Result<Seen, String> {
    instance.validate().map_err(|e| format!("accepted, but {e}"))?;
    let terms = terms(instance);
    if terms.is_nan() || terms > MAX_TERMS {
        return Err(format!("{terms:e} terms were accepted"));
    }
    let again = serde_json::to_string(instance).expect("serialises");
    if read_instance(&again).as_ref() != Ok(instance) {
        return Err("not the same when written and read".into());
    }
    if terms > FEW {
        return Ok(Seen::Accepted);
    }
    let replay = Replay::new(instance);
    let table = replay_table(&replay, Style::Plain);
    let json: Value = serde_json::from_str(&replay_json(&replay)).map_err(|e| e.to_string())?;
    match replay.as_expected() {
        true if json["as_expected"] == true && !table.is_empty() => Ok(Seen::Replayed),
        _ => Err(format!("not as expected:\n{table}{again}")),
    }
}

/// The fuzz target.
pub fn witness_file(bytes: &[u8]) -> Result<Seen, String> {
    check(&text(bytes)).map_err(|message| format!("{message}\nThe text: {:.4000}", text(bytes)))
}

#[test]
fn witness_files() {
    let _alone = alone();
    let mut count = [0; 3];
    drive("witness", 1_500, witness_file, |seen| count[seen as usize] += 1);
    let single = std::env::var_os("GRADIENT_GAP_FUZZ_INPUT").is_some();
    assert!(single || count[Seen::Refused as usize] > 100 && count[Seen::Replayed as usize] > 100, "{count:?}");
}
