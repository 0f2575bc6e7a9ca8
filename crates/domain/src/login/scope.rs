//! Scopes and `scope_data` (docs/spec/login.md#scopes, docs/spec/login.md#scope-data).
//!
//! Invariant: a parsed set of scopes is never empty.

use super::form;
use crate::text::{ModelCode, Serial};
use serde_json::Value;

/// A set of scopes, never empty when parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

/// A scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// `dash:replenish`
    Replenish = 1,
    /// `profile`: name, e-mail, id.
    Profile = 2,
    /// `profile:user_id`
    UserId = 4,
    /// `postal_code`
    PostalCode = 8,
}

const SCOPE_NAMES: [(Scope, &str); 4] = [
    (Scope::Replenish, "dash:replenish"),
    (Scope::Profile, "profile"),
    (Scope::UserId, "profile:user_id"),
    (Scope::PostalCode, "postal_code"),
];

impl Scopes {
    /// All scopes.
    pub const ALL: Self = Self(15);

    /// Reads a list separated by blanks; `None` if it is empty or names an unknown scope.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = |word: &str| SCOPE_NAMES.iter().find(|(_, name)| *name == word).map(|(scope, _)| *scope as u8);
        let bits = text.split_ascii_whitespace().map(known).try_fold(0, |all, bit| Some(all | bit?))?;
        (bits != 0).then_some(Self(bits))
    }

    /// Whether the set contains a scope.
    #[must_use]
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope as u8 != 0
    }

    /// Whether the set contains every scope of `other`.
    #[must_use]
    pub fn contains_all(self, other: Scopes) -> bool {
        self.0 & other.0 == other.0
    }

    /// The union of both sets.
    #[must_use]
    pub fn union(self, other: Scopes) -> Scopes {
        Scopes(self.0 | other.0)
    }

    /// The stored form.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Reads the stored form; unknown bits are dropped.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> =
            SCOPE_NAMES.iter().filter(|(scope, _)| self.contains(*scope)).map(|(_, name)| *name).collect();
        f.write_str(&names.join(" "))
    }
}

/// The content of `scope_data`: the unit, and how it is to be registered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeviceRequest {
    /// `device_model`.
    pub model: ModelCode,
    /// `serial`.
    pub serial: Serial,
    /// `is_test_device`.
    pub test: bool,
    /// `should_include_non_live`.
    pub non_live: bool,
}

impl DeviceRequest {
    /// Reads `scope_data`, a JSON object keyed by scope. Flags may be booleans or the texts "true" and "false"; unknown
    /// keys are ignored. Model and serial may be percent-encoded once more, as the Android sample does.
    ///
    /// # Errors
    /// A sentence for the developer of the client.
    pub fn parse(scope_data: &str) -> Result<Self, String> {
        let all = crate::json::parse(scope_data.as_bytes())
            .map_err(|e| format!("scope_data is not JSON ({e}). Send {{\"dash:replenish\":{{...}}}}, URL-encoded"))?;
        let data = all
            .get("dash:replenish")
            .and_then(Value::as_object)
            .ok_or("scope_data has no object under the key dash:replenish")?;
        let text = |key: &str| match data.get(key) {
            Some(Value::String(text)) if text.contains('%') => {
                form::percent_decode(text.as_bytes(), false).ok_or(format!("scope_data: {key} is not UTF-8"))
            }
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => Err(format!("scope_data: {key} must be a string")),
            None => Err(format!("scope_data: {key} is missing")),
        };
        let flag = |key: &str| match data.get(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(format!("scope_data: {key} must be true or false")),
        };
        Ok(Self {
            model: ModelCode::parse(&text("device_model")?).map_err(|e| format!("scope_data: device_model {e}"))?,
            serial: Serial::parse(&text("serial")?).map_err(|e| format!("scope_data: serial {e}"))?,
            test: flag("is_test_device")?,
            non_live: flag("should_include_non_live")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_words() {
        let both = Scopes::parse("dash:replenish  postal_code").unwrap();
        assert!(both.contains(Scope::Replenish) && both.contains(Scope::PostalCode) && !both.contains(Scope::Profile));
        assert_eq!(both.to_string(), "dash:replenish postal_code");
        assert_eq!(Scopes::parse("alexa:all"), None);
        assert_eq!(Scopes::parse(" "), None);
    }

    #[test]
    fn flags_come_as_booleans_and_as_words() {
        for (json, test) in [
            (r#"{"dash:replenish":{"device_model":"M","serial":"S"}}"#, false),
            (r#"{"dash:replenish":{"serial":"S","device_model":"M","is_test_device":true}}"#, true),
            (
                r#" { "dash:replenish" : { "device_model":"M", "serial":"S", "is_test_device":"True", "is_test ":1 } } "#,
                true,
            ),
            (r#"{"dash:replenish":{"device_model":"M","serial":"S","is_test_device":"false"}}"#, false),
        ] {
            assert_eq!(DeviceRequest::parse(json).unwrap().test, test, "{json}");
        }
    }

    #[test]
    fn a_plus_may_be_encoded_twice() {
        let read = DeviceRequest::parse(r#"{"dash:replenish":{"device_model":"M%2B1","serial":"S+2"}}"#).unwrap();
        assert_eq!((read.model.as_str(), read.serial.as_str()), ("M+1", "S+2"));
    }

    #[test]
    fn refusals_name_the_key() {
        for (json, names) in [
            ("", "not JSON"),
            ("[]", "key dash:replenish"),
            (r#"{"dash:replenish":1}"#, "key dash:replenish"),
            (r#"{"dash:replenish":{"serial":"S"}}"#, "device_model is missing"),
            (r#"{"dash:replenish":{"device_model":"M","serial":"a b"}}"#, "serial `a b` is not a serial"),
            (
                r#"{"dash:replenish":{"device_model":"M","serial":"S","is_test_device":"yes"}}"#,
                "is_test_device must be",
            ),
        ] {
            let message = DeviceRequest::parse(json).unwrap_err();
            assert!(message.contains(names), "{json}: {message}");
        }
    }
}
