//! Numbers in JSON that come back bit for bit: infinities are the strings "inf" and "-inf", NaN is null.

use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

/// For fields that are left out where they count nothing.
pub fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What stands for a number.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected a number, \"inf\", \"-inf\" or null")]
enum Stored {
    Number(f64),
    Text(String),
}

/// For a field.
pub fn serialize<S: Serializer>(x: &f64, target: S) -> Result<S::Ok, S::Error> {
    match *x {
        f64::INFINITY => target.serialize_str("inf"),
        f64::NEG_INFINITY => target.serialize_str("-inf"),
        x if x.is_nan() => target.serialize_none(),
        x => target.serialize_f64(x),
    }
}

/// For a field.
pub fn deserialize<'de, D: Deserializer<'de>>(source: D) -> Result<f64, D::Error> {
    match Option::<Stored>::deserialize(source)? {
        None => Ok(f64::NAN),
        Some(Stored::Number(x)) => Ok(x),
        Some(Stored::Text(text)) if text == "inf" => Ok(f64::INFINITY),
        Some(Stored::Text(text)) if text == "-inf" => Ok(f64::NEG_INFINITY),
        Some(Stored::Text(text)) => Err(D::Error::custom(format!("{text:?} is no number"))),
    }
}

/// A largest share with its case.
pub mod worst {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, serde::Deserialize)]
    struct Float(#[serde(with = "super")] f64);

    /// For a field.
    pub fn serialize<S: Serializer>(worst: &Option<(f64, u64)>, target: S) -> Result<S::Ok, S::Error> {
        worst.map(|(ratio, case)| (Float(ratio), case)).serialize(target)
    }

    /// For a field.
    pub fn deserialize<'de, D: Deserializer<'de>>(source: D) -> Result<Option<(f64, u64)>, D::Error> {
        Ok(Option::<(Float, u64)>::deserialize(source)?.map(|(Float(ratio), case)| (ratio, case)))
    }
}

#[cfg(test)]
mod tests {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Stored {
        #[serde(with = "super")]
        x: f64,
        #[serde(with = "super::worst")]
        worst: Option<(f64, u64)>,
    }

    #[test]
    fn numbers_come_back_bit_for_bit() {
        for x in [0.0, -0.0, 0.1, 1.0, -5e-324, f64::MAX, 1.0 - 1e-16, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let text = serde_json::to_string(&Stored { x, worst: Some((x, u64::MAX)) }).expect("JSON");
            let back: Stored = serde_json::from_str(&text).expect(&text);
            let (ratio, case) = back.worst.expect("is there");
            assert_eq!((back.x.to_bits(), ratio.to_bits(), case), (x.to_bits(), x.to_bits(), u64::MAX), "{text}");
        }
        for x in ["\"Inf\"", "\"1\"", "[1]", "true", "{}"] {
            assert!(serde_json::from_str::<Stored>(&format!("{{\"x\": {x}, \"worst\": null}}")).is_err(), "{x}");
        }
    }
}
