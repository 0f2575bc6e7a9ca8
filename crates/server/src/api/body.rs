//! Parsing of request bodies by their content, not by their `Content-Type`: a JSON object, or form fields
//! (docs/spec/calls.md#request-bodies).
//!
//! Invariant: no body is refused for its `Content-Type`. A body that is neither JSON nor a form is refused with a
//! message that states this.

use super::error::ApiError;
use opendrs_domain::json;
use opendrs_domain::login::form;
use opendrs_domain::reading::FieldValue;
use opendrs_http::body::trim_body;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The fields of a body by name, in the order of the body. In JSON a repeated name is an error; in a form the last
/// value counts.
pub(super) struct BodyFields<'b>(Vec<(Cow<'b, str>, FieldValue)>);

impl<'b> BodyFields<'b> {
    pub(super) fn parse(body: &'b [u8]) -> Result<Self, ApiError> {
        let refuse = |why: String| Err(ApiError::BadBody(why));
        let text = trim_body(body);
        match text.first() {
            None => Ok(BodyFields(Vec::new())),
            Some(b'{') => match serde_json::from_slice(text) {
                Ok(JsonObject(fields)) => Ok(BodyFields(fields)),
                Err(error) => refuse(format!("The body is not valid JSON: {error}.")),
            },
            Some(_) if text.contains(&b'=') => match form::decode_pairs(text) {
                Some(pairs) => {
                    let filled = pairs.into_iter().filter(|(_, value)| !value.is_empty());
                    Ok(BodyFields(filled.map(|(name, value)| (Cow::Owned(name), FieldValue::Form(value))).collect()))
                }
                None => refuse("The body's form fields are not UTF-8.".into()),
            },
            Some(_) => refuse("The body is neither a JSON object nor form fields (a=1&b=2).".into()),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<FieldValue> {
        let at = self.0.iter().rposition(|(n, _)| n == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// A JSON object, parsed without building a tree of values.
struct JsonObject<'b>(Vec<(Cow<'b, str>, FieldValue)>);

impl<'de> Deserialize<'de> for JsonObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = JsonObject<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject<'de>, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some((JsonKey(name), JsonValue(value))) = map.next_entry()? {
                    fields.push((name, value));
                }
                match json::find_repeated_key(fields.iter().map(|(name, _)| name.as_ref())) {
                    Some(name) => Err(A::Error::custom(json::repeated_key_message(name))),
                    None => Ok(JsonObject(fields)),
                }
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A key, borrowed from the body unless it has an escape sequence.
#[derive(Deserialize)]
struct JsonKey<'b>(#[serde(borrow)] Cow<'b, str>);

/// A value of a known kind, or [`FieldValue::Other`], which no field accepts.
struct JsonValue(FieldValue);

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = FieldValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_f64<E>(self, number: f64) -> Result<FieldValue, E> {
                Ok(FieldValue::Number(number))
            }
            #[expect(clippy::cast_precision_loss, reason = "levels and epochs are far below 2^53")]
            fn visit_i64<E>(self, number: i64) -> Result<FieldValue, E> {
                Ok(FieldValue::Number(number as f64))
            }
            #[expect(clippy::cast_precision_loss, reason = "levels and epochs are far below 2^53")]
            fn visit_u64<E>(self, number: u64) -> Result<FieldValue, E> {
                Ok(FieldValue::Number(number as f64))
            }
            fn visit_str<E>(self, text: &str) -> Result<FieldValue, E> {
                Ok(FieldValue::Text(text.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<FieldValue, E> {
                Ok(FieldValue::Null)
            }
            fn visit_bool<E>(self, _: bool) -> Result<FieldValue, E> {
                Ok(FieldValue::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<FieldValue, A::Error> {
                json::IgnoredValue::deserialize(SeqAccessDeserializer::new(seq))
                    .map(|json::IgnoredValue| FieldValue::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldValue, A::Error> {
                json::IgnoredValue::deserialize(MapAccessDeserializer::new(map))
                    .map(|json::IgnoredValue| FieldValue::Other)
            }
        }
        deserializer.deserialize_any(ValueVisitor).map(JsonValue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_by_its_look() {
        let bodies: [&[u8]; 5] = [
            b"{\"a\":12.5,\"b\":\"x\"}",
            b" \n{\"b\":\"x\",\"a\":12.5} ",
            b"\xef\xbb\xbf{\"a\":12.5,\"\\u0062\":\"x\"}",
            b"{\"c\":{\"d\":[1,{}]},\"a\":12.5,\"b\":\"x\"}",
            b"{\"a\":12.5,\"b\":\"x\"}\r\n\0\0",
        ];
        for body in bodies {
            let mut fields = BodyFields::parse(body).unwrap();
            assert_eq!(fields.take("a"), Some(FieldValue::Number(12.5)), "{body:?}");
            assert_eq!(fields.take("b"), Some(FieldValue::Text("x".into())), "{body:?}");
            assert_eq!(fields.take("z"), None);
        }
        let mut form = BodyFields::parse(b"a=1&b=&c=x&a=&a=12.5").unwrap();
        assert_eq!((form.take("a"), form.take("b")), (Some(FieldValue::Form("12.5".into())), None));
        let mut odd = BodyFields::parse(b"{\"a\":null,\"b\":true,\"c\":[],\"d\":18446744073709551615}").unwrap();
        assert_eq!(
            [odd.take("a"), odd.take("b"), odd.take("c")],
            [Some(FieldValue::Null), Some(FieldValue::Other), Some(FieldValue::Other)]
        );
        match BodyFields::parse(b"{\"a\":1,\"\\u0061\":1}") {
            Err(ApiError::BadBody(why)) => {
                assert_eq!(why, "The body is not valid JSON: the key `a` is repeated at line 1 column 18.");
            }
            _ => panic!("a repeated key is taken"),
        }
        for body in [&b"[1]"[..], b"{", b"{\"a\":1e999}", b"{\"a\":NaN}", b"hello", b"a=%ff", b"{\"a\":1}\0}"] {
            assert!(BodyFields::parse(body).is_err(), "{body:?}");
        }
    }
}
