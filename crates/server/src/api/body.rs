//! Bodies, read by their look and not by their label: a JSON object, or form fields (decisions 8).
//!
//! Invariant: nothing is refused for its `Content-Type`; what is neither form is refused with words that say so.

use super::problem::Problem;
use opendrs_domain::login::form;
use opendrs_domain::reading::Field;
use serde_json::{Map, Value};

/// A body's fields.
pub(super) enum Fields {
    Json(Map<String, Value>),
    Form(Vec<(String, String)>),
}

impl Fields {
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        let refuse = |why: String| Err(Problem::BadBody(why));
        let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
        match text.first() {
            None => Ok(Fields::Form(Vec::new())),
            Some(b'{') => match serde_json::from_slice(text) {
                Ok(object) => Ok(Fields::Json(object)),
                Err(error) => refuse(format!("The body is not valid JSON: {error}.")),
            },
            Some(_) if text.contains(&b'=') => match form::decode(text) {
                Some(pairs) => Ok(Fields::Form(pairs)),
                None => refuse("The body's form fields are not UTF-8.".into()),
            },
            Some(_) => refuse("The body is neither a JSON object nor form fields (a=1&b=2).".into()),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Field> {
        match self {
            Fields::Json(object) => object.remove(name).map(|value| match value {
                Value::Number(number) => number.as_f64().map_or(Field::Other, Field::Number),
                Value::String(text) => Field::Text(text),
                Value::Null => Field::Null,
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => Field::Other,
            }),
            Fields::Form(pairs) => pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.clone())
                .filter(|value| !value.is_empty())
                .map(Field::Form),
        }
    }
}
