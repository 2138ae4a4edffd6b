//! Instances from JSON: stored witnesses, instances as they hold them, hand-written ones.
//!
//! A file may be hostile. What it can cost is bounded before it is spent:
//!
//! * at most [`MAX_TEXT`] bytes are parsed, in two passes, straight into the numbers that are wanted (never into a tree of JSON
//!   values, which would take up to 48 times the text): at most 13 bytes of memory for a byte of text (`tests/fuzz` counts them), and
//!   `serde_json` goes 128 levels deep and no deeper;
//! * a response space is enumerated up to [`MAX_RESPONSES`](crate::policy::MAX_RESPONSES) responses, whatever sizes the file names;
//!   every other list has the length that it has in the file, and is compared with the sizes, not allocated by them;
//! * what would take more than [`MAX_TERMS`](super::work::MAX_TERMS) to compute is [refused](super::work), and so is what
//!   overflows on the line θ + t·w.

use super::witness::{WITNESS_SCHEMA, Witness};
use crate::error::{Error, is_wild};
use crate::instance::{Instance, Update};
use crate::policy::{MAX_RESPONSES, Policy};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The schema of hand-written instances (it may be left out).
pub const INSTANCE_SCHEMA: &str = "gradient-gap/instance/1";

/// The longest text that is read, in bytes: 64 MiB, room for a million responses with three numbers of 17 digits each.
pub const MAX_TEXT: usize = 64 << 20;

/// A hand-written trajectory-level instance: logits, slopes and curvatures of its responses along the line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandWritten {
    #[serde(default)]
    schema: Option<String>,
    logits: Vec<f64>,
    slopes: Vec<f64>,
    #[serde(default)]
    curvatures: Vec<f64>,
    #[serde(default)]
    lengths: Option<Vec<u32>>,
    correct: Correct,
    eta: f64,
}

/// The correct responses: their numbers, or a flag for every response.
#[derive(Debug)]
enum Correct {
    Numbers(Vec<usize>),
    Flags(Vec<bool>),
}

const EXPECTED_CORRECT: &str = "correct: a list of response numbers (from 0) or a list of true and false";

/// One entry of it.
#[derive(Clone, Copy)]
enum Mark {
    Number(usize),
    Flag(bool),
}

impl<'de> Deserialize<'de> for Mark {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Mark, D::Error> {
        struct Marks;
        impl Visitor<'_> for Marks {
            type Value = Mark;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED_CORRECT)
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Mark, E> {
                Ok(Mark::Flag(flag))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Mark, E> {
                // No response has so large a number, wherever `usize` is shorter.
                Ok(Mark::Number(usize::try_from(number).unwrap_or(usize::MAX)))
            }
        }
        source.deserialize_any(Marks)
    }
}

impl<'de> Deserialize<'de> for Correct {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Correct, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Correct;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED_CORRECT)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Correct, A::Error> {
                let mut correct = Correct::Numbers(vec![]);
                let mut count = 0;
                while let Some(mark) = list.next_element::<Mark>()? {
                    match (&mut correct, mark) {
                        (Correct::Numbers(numbers), Mark::Number(number)) => numbers.push(number),
                        (Correct::Flags(flags), Mark::Flag(flag)) => flags.push(flag),
                        (_, Mark::Flag(flag)) if count == 0 => correct = Correct::Flags(vec![flag]),
                        _ => return Err(de::Error::custom("correct: response numbers and flags are mixed")),
                    }
                    count += 1;
                    if count > MAX_RESPONSES {
                        return Err(de::Error::custom(format!("correct: more than {MAX_RESPONSES} entries")));
                    }
                }
                Ok(correct)
            }
        }
        source.deserialize_seq(List)
    }
}

impl HandWritten {
    fn instance(self) -> Result<Instance, Error> {
        expect_schema(self.schema.as_deref(), INSTANCE_SCHEMA)?;
        let n = self.logits.len();
        if n == 0 {
            return Err(Error::new("logits is empty, expected one for every response"));
        }
        for (name, list) in [("slopes", &self.slopes), ("curvatures", &self.curvatures)] {
            if list.len() != n && !(name == "curvatures" && list.is_empty()) {
                return Err(Error::new(format!("{name} has {} entries, expected {n} (one a logit)", list.len())));
            }
        }
        let correct = match self.correct {
            Correct::Flags(flags) => flags,
            Correct::Numbers(numbers) => {
                let mut flags = vec![false; n];
                for o in numbers {
                    let flag = flags.get_mut(o);
                    *flag.ok_or_else(|| Error::new(format!("correct names response {o}, expected a number below {n}")))? =
                        true;
                }
                flags
            }
        };
        let mut policy = Policy::quadratic_softmax(1, self.slopes, self.curvatures, self.logits)?;
        policy.lengths = self.lengths;
        Ok(Instance { policy, theta: vec![0.0], direction: vec![1.0], eta: self.eta, correct, then: vec![] })
    }
}

/// An [`Instance`] alone, which may name its schema.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Alone {
    #[serde(default)]
    schema: Option<String>,
    policy: Policy,
    theta: Vec<f64>,
    direction: Vec<f64>,
    eta: f64,
    correct: Vec<bool>,
    #[serde(default)]
    then: Vec<Update>,
}

impl Alone {
    fn instance(self) -> Result<Instance, Error> {
        expect_schema(self.schema.as_deref(), INSTANCE_SCHEMA)?;
        let Alone { policy, theta, direction, eta, correct, then, .. } = self;
        Ok(Instance { policy, theta, direction, eta, correct, then })
    }
}

/// A schema that is left out fits.
fn expect_schema(schema: Option<&str>, expected: &str) -> Result<(), Error> {
    match schema.filter(|schema| *schema != expected) {
        Some(schema) => Err(Error::new(format!("schema is {schema:?}, expected {expected:?}"))),
        None => Ok(()),
    }
}

/// Which of the three a file is, by the keys that it has.
#[derive(Default)]
struct Keys {
    schema: Option<String>,
    instance: bool,
    policy: bool,
    logits: bool,
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Keys, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with \"instance\" (a witness) or \"policy\" or \"logits\" (a hand-written instance)")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Keys::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "schema" => {
                            keys.schema = map.next_value()?;
                            continue;
                        }
                        "instance" => keys.instance = true,
                        "policy" => keys.policy = true,
                        "logits" => keys.logits = true,
                        _ => {}
                    }
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(keys)
            }
        }
        source.deserialize_map(Object)
    }
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Stored {
    /// An instance alone, without anything said of it.
    Instance(Box<Instance>),
    /// A witness, and which of its two instances is meant.
    Witness {
        /// The witness, with all that the file says.
        witness: Box<Witness>,
        /// Whether its simplified instance is meant; if so, it has one.
        simplified: bool,
    },
}

impl Stored {
    /// The instance that is meant.
    pub fn instance(&self) -> &Instance {
        match self {
            Stored::Instance(instance) => instance,
            Stored::Witness { witness, simplified: true } => witness.simplified.as_ref().unwrap_or(&witness.instance),
            Stored::Witness { witness, simplified: false } => &witness.instance,
        }
    }

    /// The same, and nothing else.
    fn into_instance(self) -> Instance {
        match self {
            Stored::Instance(instance) => *instance,
            Stored::Witness { witness, simplified: true } => witness.simplified.unwrap_or(witness.instance),
            Stored::Witness { witness, simplified: false } => witness.instance,
        }
    }
}

/// Reads an instance from JSON: a witness file, an instance as witnesses hold it, or a hand-written one
/// `{"logits": […], "slopes": […], "curvatures": […], "lengths": […], "correct": […], "eta": …}` (curvatures and lengths may be
/// left out; correct is a list of response numbers or of flags).
///
/// # Errors
/// Malformed JSON, with line and column; a missing, unknown or ill-fitting field, by name; more than [`MAX_TEXT`] bytes; a valid
/// instance of more than [`MAX_TERMS`](super::work::MAX_TERMS), or with logits along w beyond binary64.
pub fn read_instance(text: &str) -> Result<Instance, Error> {
    read_stored(text, false).map(Stored::into_instance)
}

/// Reads the [simplified](Witness::simplified) instance of a witness from JSON.
///
/// # Errors
/// As [`read_instance`]; also a file that holds no simplified instance.
pub fn read_simplified(text: &str) -> Result<Instance, Error> {
    read_stored(text, true).map(Stored::into_instance)
}

/// Reads what [`read_instance`] (or, if `simplified`, [`read_simplified`]) reads, with all that a witness says beside its
/// instance, which [`Witness::asserted`] asks anew.
///
/// # Errors
/// As [`read_instance`]; if `simplified`, also a file that holds no simplified instance.
///
/// ```
/// use gradient_gap::check::witness::{Stored, read_stored};
///
/// let text = r#"{"logits": [0, 0, 0], "slopes": [-1, 1, 0], "correct": [0, 1], "eta": 0.25}"#;
/// let stored = read_stored(text, false)?;
/// assert!(matches!(stored, Stored::Instance(_)) && stored.instance().correct == [true, true, false]);
/// assert!(read_stored(&text.replace("0.25", "-1"), false).unwrap_err().to_string().contains("eta is -1"));
/// # Ok::<(), gradient_gap::Error>(())
/// ```
pub fn read_stored(text: &str, simplified: bool) -> Result<Stored, Error> {
    read(text, simplified).map_err(one_line)
}

fn read(text: &str, simplified: bool) -> Result<Stored, Error> {
    if text.len() > MAX_TEXT {
        return Err(Error::new(format!("{} bytes, more than {MAX_TEXT}", text.len())));
    }
    let json = |e: serde_json::Error| Error::new(e.to_string());
    let keys: Keys = serde_json::from_str(text).map_err(json)?;
    let stored = if keys.instance {
        expect_schema(Some(&keys.schema.unwrap_or_default()), WITNESS_SCHEMA)?;
        let witness = serde_json::from_str::<Witness>(text).map_err(json)?;
        if simplified && witness.simplified.is_none() {
            return Err(Error::new("the witness has no \"simplified\" instance"));
        }
        Stored::Witness { witness: Box::new(witness), simplified }
    } else if simplified {
        return Err(Error::new("not a witness, which alone has a \"simplified\" instance"));
    } else if keys.policy {
        Stored::Instance(Box::new(serde_json::from_str::<Alone>(text).map_err(json)?.instance()?))
    } else if keys.logits {
        Stored::Instance(Box::new(serde_json::from_str::<HandWritten>(text).map_err(json)?.instance()?))
    } else {
        return Err(Error::new(
            "neither \"instance\" (a witness) nor \"policy\" nor \"logits\" (a hand-written instance) is there",
        ));
    };
    // Of a witness both, as what it says is about both.
    if let Stored::Witness { witness, .. } = &stored {
        check(&witness.instance).map_err(|e| e.at("instance"))?;
        witness.simplified.as_ref().map_or(Ok(()), check).map_err(|e| e.at("simplified"))?;
    } else {
        check(stored.instance())?;
    }
    Ok(stored)
}

/// Whether an instance is one, small enough and finite throughout.
fn check(instance: &Instance) -> Result<(), Error> {
    instance.validate()?;
    super::work::check(instance)?;
    finite_on_lines(instance)
}

/// Of finite θ, w, features and matrices the logits may still have values, slopes or curvatures along w beyond binary64: with them
/// everything would be NaN in binary64, and nothing could be compared.
fn finite_on_lines(instance: &Instance) -> Result<(), Error> {
    let mut outcome = Ok(());
    instance.for_each_step(|k, step| {
        if outcome.is_ok() {
            let line = step.policy.logits.on_line(&step.theta, &step.direction);
            outcome = line.validate().map_err(|e| e.at(format!("logits on the line θ + t·w, update {k}")));
        }
    });
    outcome
}

/// The longest message, in characters.
const MAX_MESSAGE: usize = 400;

/// A message that quotes the file stays one readable line: no control characters, and of very long words the middle left out.
pub(super) fn one_line(error: Error) -> Error {
    let message = error.to_string();
    let half = MAX_MESSAGE / 2;
    let show = |part: &mut dyn Iterator<Item = char>| -> String {
        part.flat_map(|c| if is_wild(c) { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }).collect()
    };
    if message.chars().nth(MAX_MESSAGE).is_none() {
        return Error::new(show(&mut message.chars()));
    }
    let end: Vec<char> = message.chars().rev().take(half).collect();
    Error::new(show(&mut message.chars().take(half)) + " … " + &show(&mut end.into_iter().rev()))
}
