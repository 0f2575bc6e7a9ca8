//! JSON in which no object repeats a key.
//!
//! Two readers of an object with a repeated key may take different values, so its meaning is ambiguous (RFC 8259, 4).
//! Invariant: no object that [`parse`] returns had a repeated key, at any depth.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Up to this many keys are compared in pairs; more are sorted first.
const MAX_LINEAR_SEARCH: usize = 16;

/// Reads a JSON text.
///
/// # Errors
/// The parser's error: where the text is not JSON, or which key is repeated.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(text).map(|UniqueKeysValue(value)| value)
}

/// The error text for an object with a repeated key.
#[must_use]
pub fn repeated_key_message(key: &str) -> String {
    format!("the key `{}` is repeated", key.chars().filter(|c| !c.is_control()).take(64).collect::<String>())
}

/// A repeated key of a list, if there is one.
#[must_use]
pub fn find_repeated_key<'k>(keys: impl Iterator<Item = &'k str> + Clone) -> Option<&'k str> {
    let mut all = keys.clone().enumerate();
    if keys.clone().nth(MAX_LINEAR_SEARCH).is_none() {
        return all.find(|(at, key)| keys.clone().take(*at).any(|before| before == *key)).map(|(_, key)| key);
    }
    let mut sorted: Vec<_> = keys.collect();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// A value without repeated keys.
struct UniqueKeysValue(Value);

impl<'de> Deserialize<'de> for UniqueKeysValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueKeysVisitor).map(UniqueKeysValue)
    }
}

/// A value that is skipped. It, too, must not repeat a key.
pub struct IgnoredValue;

impl<'de> Deserialize<'de> for IgnoredValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IgnoredValueVisitor)
    }
}

struct IgnoredValueVisitor;

impl<'de> Visitor<'de> for IgnoredValueVisitor {
    type Value = IgnoredValue;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<IgnoredValue, E> {
        Ok(IgnoredValue)
    }
    fn visit_i64<E>(self, _: i64) -> Result<IgnoredValue, E> {
        Ok(IgnoredValue)
    }
    fn visit_u64<E>(self, _: u64) -> Result<IgnoredValue, E> {
        Ok(IgnoredValue)
    }
    fn visit_f64<E>(self, _: f64) -> Result<IgnoredValue, E> {
        Ok(IgnoredValue)
    }
    fn visit_str<E>(self, _: &str) -> Result<IgnoredValue, E> {
        Ok(IgnoredValue)
    }
    fn visit_unit<E>(self) -> Result<IgnoredValue, E> {
        Ok(IgnoredValue)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<IgnoredValue, A::Error> {
        while seq.next_element::<IgnoredValue>()?.is_some() {}
        Ok(IgnoredValue)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IgnoredValue, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredValue)) = map.next_entry::<String, IgnoredValue>()? {
            keys.push(key);
        }
        match find_repeated_key(keys.iter().map(String::as_str)) {
            Some(key) => Err(A::Error::custom(repeated_key_message(key))),
            None => Ok(IgnoredValue),
        }
    }
}

struct UniqueKeysVisitor;

impl<'de> Visitor<'de> for UniqueKeysVisitor {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(UniqueKeysValue(value)) = seq.next_element()? {
            all.push(value);
        }
        Ok(Value::Array(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((key, UniqueKeysValue(value))) = map.next_entry::<String, UniqueKeysValue>()? {
            if all.contains_key(&key) {
                return Err(A::Error::custom(repeated_key_message(&key)));
            }
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

/// Parses a body that must be a JSON object.
///
/// Serde reads an array as a struct by the order of its fields; a body is never read so.
///
/// # Errors
/// A text that states what is wrong, without a full stop.
pub fn parse_object<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    if !is_object {
        // An unreadable body gets the parser's reason.
        serde_json::from_slice::<serde::de::IgnoredAny>(body).map_err(|error| error.to_string())?;
        return Err("it must be a JSON object".into());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_repeated_key_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"[{"a":[{"x":null,"x":null}]}]"#,
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("` is repeated"), "{text}: {error}");
            let past = serde_json::from_str::<IgnoredValue>(text).map(drop).unwrap_err().to_string();
            assert!(past.contains("` is repeated"), "{text}: {past}");
        }
        for text in [r#"{"a":1,"A":1}"#, r#"{"a":{"a":{"a":[]}}}"#, r#"[1,-1,1.5,"a",true,null,{"a":{}}]"#] {
            assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
            assert!(serde_json::from_str::<IgnoredValue>(text).is_ok(), "{text}");
        }
        assert!(parse("[".repeat(10_000).as_bytes()).is_err(), "too deep");
    }

    proptest! {
        #[test]
        fn few_and_many_keys_are_judged_alike(keys in prop::collection::vec("[a-c]{0,3}", 0..40)) {
            let found = find_repeated_key(keys.iter().map(String::as_str));
            let mut sorted = keys.clone();
            sorted.sort();
            sorted.dedup();
            prop_assert_eq!(found.is_some(), sorted.len() < keys.len());
            prop_assert!(found.is_none_or(|key| keys.iter().filter(|other| *other == key).count() > 1));
        }
    }

    #[test]
    fn an_array_is_no_object() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Advance {
            by: String,
        }
        assert_eq!(parse_object(br#" {"by":"1s"}"#), Ok(Advance { by: "1s".into() }));
        for text in [r#"["1s"]"#, "3", "null", r#""1s""#] {
            assert_eq!(parse_object::<Advance>(text.as_bytes()), Err("it must be a JSON object".into()), "{text}");
        }
        assert!(parse_object::<Advance>(b"x").is_err_and(|why| why.contains("line 1")));
    }
}
