//! Validated short texts: device model, serial, slot, ASIN, e-mail.
//!
//! Not here: free text such as names, which is kept as given. Invariant: a value of one of these types obeys the
//! rule its `parse` names, so nobody checks twice.

use std::fmt;

/// A text that breaks its rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {rule}")]
pub struct BadText {
    /// The beginning of what was read.
    pub text: String,
    /// The rule, as a phrase.
    pub rule: &'static str,
}

macro_rules! texts { ($( $(#[$m:meta])* $N:ident, $rule:literal, |$x:ident| $ok:expr; )+) => { $(
    $(#[$m])*
    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
    #[serde(try_from = "String", into = "String")]
    pub struct $N(String);
    impl $N {
        /// Checks the rule.
        ///
        /// # Errors
        /// [`BadText`], which states the rule.
        pub fn parse(text: &str) -> Result<Self, BadText> {
            if Self::fits(text) { Ok(Self(text.to_owned())) } else {
                Err(BadText { text: text.chars().take(80).collect(), rule: $rule })
            }
        }
        /// Whether a text obeys the rule.
        #[must_use]
        pub fn fits($x: &str) -> bool { $ok }
        /// The text itself.
        #[must_use]
        pub fn as_str(&self) -> &str { &self.0 }
    }
    impl fmt::Display for $N {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
    }
    impl TryFrom<String> for $N {
        type Error = BadText;
        fn try_from(text: String) -> Result<Self, BadText> { Self::parse(&text) }
    }
    impl From<$N> for String {
        fn from(value: $N) -> String { value.0 }
    }
)+ } }

fn device_alphabet(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+_".contains(&b))
}

texts! {
    /// `device_model`: 1 to 64 characters of `A-Z a-z 0-9 - + _` (service-api 1.4).
    ModelCode, "a device model id: 1 to 64 characters of A-Z a-z 0-9 - + _", |x| device_alphabet(x);
    /// `serial`: same length and alphabet as the model (service-api 1.4).
    Serial, "a serial: 1 to 64 characters of A-Z a-z 0-9 - + _", |x| device_alphabet(x);
    /// A slot id: any 1 to 64 URL-safe characters, a UUID when generated (decisions 15).
    SlotId, "a slot id: 1 to 64 characters of A-Z a-z 0-9 - . _ ~",
        |x| (1..=64).contains(&x.len()) && x.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
            && x != "." && x != "..";
    /// A product's number: ten capital letters and digits (login-and-web 10.3).
    Asin, "an ASIN: 10 characters of A-Z 0-9",
        |x| x.len() == 10 && x.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    /// A shop's own number for a product.
    Sku, "a SKU: 1 to 100 characters on one line, without a blank at either end",
        |x| (1..=100).contains(&x.chars().count()) && x.trim() == x && !x.chars().any(char::is_control);
}

/// An e-mail address as a sign-in name: lower-cased, so that one address is one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads an address: something, one `@`, a domain with no blanks; at most 254 characters.
    ///
    /// # Errors
    /// [`BadText`] when it cannot be an address.
    pub fn parse(text: &str) -> Result<Self, BadText> {
        let address = text.trim().to_lowercase();
        let good = address.len() <= 254
            && !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"(),;:\\".contains(c))
            && address.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.')
            });
        if good {
            Ok(Self(address))
        } else {
            Err(BadText { text: text.chars().take(80).collect(), rule: "an e-mail address" })
        }
    }

    /// The address, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(value: Email) -> String {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_serials_of_one_to_64_characters() {
        assert!(Serial::parse(&"a".repeat(64)).is_ok());
        assert!(Serial::parse("A+b-c_9").is_ok());
        for text in ["", &"a".repeat(65), "a b", "a|b", "a.b", "ä", "a%2Bb"] {
            assert!(Serial::parse(text).is_err() && ModelCode::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn slots_may_be_words_and_uuids() {
        for text in ["DryDogFoodKibble1", "7c0a3f5e-0000-4000-8000-0000000000a1", "a.b~c"] {
            assert!(SlotId::parse(text).is_ok(), "{text}");
        }
        for text in ["", "..", ".", "a/b", "a b", &"a".repeat(65)] {
            assert!(SlotId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_address_is_one_account() {
        assert_eq!(Email::parse(" Customer@Example.com ").unwrap().as_str(), "customer@example.com");
        for text in ["", "a", "@b", "a@", "a@b@c", "a b@c", "<a@b>"] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }
}
