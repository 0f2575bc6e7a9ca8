//! Bodies, read by their look and not by their label: a JSON object, or form fields
//! (docs/spec/calls.md#request-bodies).
//!
//! Invariant: nothing is refused for its `Content-Type`; what is neither form is refused with words that say so.

use opendrs_http::body::trim_body;
use super::problem::Problem;
use opendrs_domain::json;
use opendrs_domain::login::form;
use opendrs_domain::reading::Field;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A body's fields, by name, in the order they came. No two of JSON have one name; of a form's, the last one counts.
pub(super) struct Fields<'b>(Vec<(Cow<'b, str>, Field)>);

impl<'b> Fields<'b> {
    pub(super) fn read(body: &'b [u8]) -> Result<Self, Problem> {
        let refuse = |why: String| Err(Problem::BadBody(why));
        let text = trim_body(body);
        match text.first() {
            None => Ok(Fields(Vec::new())),
            Some(b'{') => match serde_json::from_slice(text) {
                Ok(Json(fields)) => Ok(Fields(fields)),
                Err(error) => refuse(format!("The body is not valid JSON: {error}.")),
            },
            Some(_) if text.contains(&b'=') => match form::decode(text) {
                Some(pairs) => {
                    let filled = pairs.into_iter().filter(|(_, value)| !value.is_empty());
                    Ok(Fields(filled.map(|(name, value)| (Cow::Owned(name), Field::Form(value))).collect()))
                }
                None => refuse("The body's form fields are not UTF-8.".into()),
            },
            Some(_) => refuse("The body is neither a JSON object nor form fields (a=1&b=2).".into()),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Field> {
        let at = self.0.iter().rposition(|(n, _)| n == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// A JSON object, without the tree that a general reader would build of it.
struct Json<'b>(Vec<(Cow<'b, str>, Field)>);

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Json<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some((Name(name), Value(value))) = map.next_entry()? {
                    fields.push((name, value));
                }
                match json::repeated(fields.iter().map(|(name, _)| name.as_ref())) {
                    Some(name) => Err(A::Error::custom(json::repeats(name))),
                    None => Ok(Json(fields)),
                }
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A key, borrowed from the body unless it holds an escape.
#[derive(Deserialize)]
struct Name<'b>(#[serde(borrow)] Cow<'b, str>);

/// A value of a known kind, or none that any field takes.
struct Value(Field);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Field;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_f64<E>(self, number: f64) -> Result<Field, E> {
                Ok(Field::Number(number))
            }
            #[expect(clippy::cast_precision_loss, reason = "levels and epochs are far below 2^53")]
            fn visit_i64<E>(self, number: i64) -> Result<Field, E> {
                Ok(Field::Number(number as f64))
            }
            #[expect(clippy::cast_precision_loss, reason = "levels and epochs are far below 2^53")]
            fn visit_u64<E>(self, number: u64) -> Result<Field, E> {
                Ok(Field::Number(number as f64))
            }
            fn visit_str<E>(self, text: &str) -> Result<Field, E> {
                Ok(Field::Text(text.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Field, E> {
                Ok(Field::Null)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Field, E> {
                Ok(Field::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Field, A::Error> {
                json::Ignored::deserialize(SeqAccessDeserializer::new(seq)).map(|json::Ignored| Field::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                json::Ignored::deserialize(MapAccessDeserializer::new(map)).map(|json::Ignored| Field::Other)
            }
        }
        deserializer.deserialize_any(Any).map(Value)
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
            let mut fields = Fields::read(body).unwrap();
            assert_eq!(fields.take("a"), Some(Field::Number(12.5)), "{body:?}");
            assert_eq!(fields.take("b"), Some(Field::Text("x".into())), "{body:?}");
            assert_eq!(fields.take("z"), None);
        }
        let mut form = Fields::read(b"a=1&b=&c=x&a=&a=12.5").unwrap();
        assert_eq!((form.take("a"), form.take("b")), (Some(Field::Form("12.5".into())), None));
        let mut odd = Fields::read(b"{\"a\":null,\"b\":true,\"c\":[],\"d\":18446744073709551615}").unwrap();
        assert_eq!(
            [odd.take("a"), odd.take("b"), odd.take("c")],
            [Some(Field::Null), Some(Field::Other), Some(Field::Other)]
        );
        match Fields::read(b"{\"a\":1,\"\\u0061\":1}") {
            Err(Problem::BadBody(why)) => {
                assert_eq!(why, "The body is not valid JSON: the key `a` is repeated at line 1 column 18.");
            }
            _ => panic!("a repeated key is taken"),
        }
        for body in [&b"[1]"[..], b"{", b"{\"a\":1e999}", b"{\"a\":NaN}", b"hello", b"a=%ff", b"{\"a\":1}\0}"] {
            assert!(Fields::read(body).is_err(), "{body:?}");
        }
    }
}
