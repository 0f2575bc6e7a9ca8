//! Validated short texts: device model, serial, slot, ASIN, names, e-mail.
//!
//! Invariant: a value of one of these types conforms to the rule of its `parse`, so it is validated once.

mod email;
mod parse_error;

pub use email::{Email, to_ascii_domain};
pub use parse_error::ParseTextError;

use std::fmt;

macro_rules! texts { ($( $(#[$m:meta])* $N:ident, $rule:literal, |$x:ident| $ok:expr; )+) => { $(
    $(#[$m])*
    #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
    #[serde(try_from = "String", into = "String")]
    pub struct $N(String);
    impl $N {
        /// Validates a text.
        ///
        /// # Errors
        /// [`ParseTextError`], which states the rule.
        pub fn parse(text: &str) -> Result<Self, ParseTextError> {
            if Self::fits(text) { Ok(Self(text.to_owned())) } else {
                Err(ParseTextError { text: text.chars().take(80).collect(), rule: $rule })
            }
        }
        /// Whether a text conforms to the rule.
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
        type Error = ParseTextError;
        fn try_from(text: String) -> Result<Self, ParseTextError> { Self::parse(&text) }
    }
    impl From<$N> for String {
        fn from(value: $N) -> String { value.0 }
    }
)+ } }

/// Whether a text is on one line and is read in the order in which it is written. It has no control characters, no
/// separators of lines or paragraphs, and no characters that change the text direction.
#[must_use]
pub fn is_single_line(text: &str) -> bool {
    text.chars().all(is_single_line_char)
}

fn is_single_line_char(c: char) -> bool {
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || breaks || turns)
}

/// A text on one line: each run of white space, and of characters that [`is_single_line`] forbids, becomes one space.
/// None is left at the ends.
#[must_use]
pub fn to_single_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || !is_single_line_char(c)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a text has no visible character.
fn is_blank(text: &str) -> bool {
    let invisible = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{3164}');
    text.chars().all(|c| c.is_whitespace() || invisible(c))
}

fn is_device_identifier(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+_".contains(&b))
}

/// Whether a text is a URL of the web: short, in ASCII without blanks, and with a host.
fn is_web_link(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['));
    host && is_short_ascii(text)
}

fn is_short_ascii(text: &str) -> bool {
    text.len() <= 1000 && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\`".contains(&b))
}

/// Whether a text is a `mailto:` link to one address, without subject or body.
fn is_mail_link(text: &str) -> bool {
    let address = text.strip_prefix("mailto:");
    address.is_some_and(|address| !address.contains(['?', '&', '%']) && Email::parse(address).is_ok())
        && is_short_ascii(text)
}

texts! {
    /// `device_model`: 1 to 64 characters of `A-Z a-z 0-9 - + _` (docs/spec/identifiers.md#device-model-ids).
    ModelCode, "a device model id: 1 to 64 characters of A-Z a-z 0-9 - + _", |x| is_device_identifier(x);
    /// `serial`: same length and alphabet as the model (docs/spec/identifiers.md#device-model-ids).
    Serial, "a serial: 1 to 64 characters of A-Z a-z 0-9 - + _", |x| is_device_identifier(x);
    /// A slot id: any 1 to 64 URL-safe characters, a UUID when generated (docs/spec/identifiers.md#slot-ids).
    SlotId, "a slot id: 1 to 64 characters of A-Z a-z 0-9 - . _ ~",
        |x| (1..=64).contains(&x.len()) && x.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
            && x != "." && x != "..";
    /// An ASIN: ten capital letters and digits (docs/spec/identifiers.md#asins).
    Asin, "an ASIN: 10 characters of A-Z 0-9",
        |x| x.len() == 10 && x.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    /// A name of a maker, profile, model, slot or customer.
    Name, "a name: 1 to 120 characters on one line, not all of them blank",
        |x| x.chars().count() <= 120 && is_single_line(x) && !is_blank(x);
    /// A name that a customer gives to a device.
    DeviceName, "a device name: 1 to 60 characters on one line, not all of them blank",
        |x| x.chars().count() <= Self::MAX_CHARS && is_single_line(x) && !is_blank(x);
    /// A product's title.
    Title, "a title: 1 to 500 characters on one line, not all of them blank",
        |x| x.chars().count() <= 500 && is_single_line(x) && !is_blank(x);
    /// A unit of quantity: `count`, `pounds`.
    Unit, "a unit: 1 to 40 characters on one line, not all of them blank",
        |x| x.chars().count() <= 40 && is_single_line(x) && !is_blank(x);
    /// The URL of a page, such as a privacy notice.
    WebLink, "a link: https:// or http:// and a host, up to 1000 characters of ASCII without blanks",
        |x| is_web_link(x);
    /// Where customers get help: a page or a mail address.
    ContactLink, "a link for customers: https://, http://, or mailto: and an address",
        |x| is_web_link(x) || is_mail_link(x);
    /// Who offers a service: name, address, register.
    Imprint, "an imprint: 1 to 12 lines, up to 1000 characters, and none of the lines blank",
        |x| x.chars().count() <= 1000 && x.split('\n').count() <= 12
            && x.split('\n').all(|line| is_single_line(line) && !is_blank(line));
    /// A shop's own id for a product.
    Sku, "a SKU: 1 to 100 characters on one line, without a blank at either end",
        |x| (1..=100).contains(&x.chars().count()) && x.trim() == x && !x.chars().any(char::is_control);
}

impl DeviceName {
    /// The most characters of a name.
    pub const MAX_CHARS: usize = 60;

    /// Reads what a customer typed, without the blanks around it. An empty text is no name.
    ///
    /// # Errors
    /// [`ParseTextError`], which states the rule.
    pub fn parse_typed(typed: &str) -> Result<Option<Self>, ParseTextError> {
        let typed = typed.trim();
        if typed.is_empty() { Ok(None) } else { Self::parse(typed).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_device_name_is_trimmed_and_may_be_none() {
        let read = |typed: &str| DeviceName::parse_typed(typed).map(|name| name.map(String::from));
        let long = "字".repeat(DeviceName::MAX_CHARS);
        for (typed, name) in [
            ("  Kitchen pitcher\n", Some("Kitchen pitcher")),
            ("<b>\"Küche\"</b>", Some("<b>\"Küche\"</b>")),
            (long.as_str(), Some(long.as_str())),
            ("", None),
            (" \u{3000}\t", None),
        ] {
            assert_eq!(read(typed).as_ref().map(Option::as_deref), Ok(name), "{typed:?}");
        }
        for typed in ["a\nb", "a\0b", "\u{200b}", "a\u{202e}b", &format!("{long}x")] {
            assert!(read(typed).is_err(), "{typed:?}");
        }
    }

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
    fn links_lead_to_the_web_or_to_a_mail_address() {
        for text in ["https://aqua.example/privacy?lang=de#top", "http://localhost:8100/", "https://[::1]/"] {
            assert!(WebLink::parse(text).is_ok() && ContactLink::parse(text).is_ok(), "{text}");
        }
        assert!(
            ContactLink::parse("mailto:help@aqua.example").is_ok() && WebLink::parse("mailto:a@b.example").is_err()
        );
        let long = format!("https://a.example/{}", "a".repeat(1000));
        let bad = [
            "",
            "https://",
            "https:///x",
            "javascript:alert(1)",
            "data:text/html,x",
            "//a.example",
            "https://a b",
            &long,
        ];
        for text in
            bad.into_iter().chain(["https://a.example/\"x", "https://ä.example", "mailto:", "mailto:a@b?subject=x"])
        {
            assert!(WebLink::parse(text).is_err() && ContactLink::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_imprint_has_a_few_lines() {
        assert!(Imprint::parse("Aqua GmbH\nHauptstraße 1\n10115 Berlin").is_ok());
        for text in ["", "a\n\nb", "a\n", "a\r\nb", &"a\n".repeat(13), &"a".repeat(1001)] {
            assert!(Imprint::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_are_seen_and_stay_on_their_line() {
        for text in ["Filter", " Filter ", "3 × \"Filter\" <b>", "浄水フィルター", "مرشح", "a\u{200d}b"] {
            assert!(Name::parse(text).is_ok() && Title::parse(text).is_ok() && Unit::parse(text).is_ok(), "{text}");
        }
        let bad = ["", " ", "\u{a0}\u{3000}", "\u{200b}", "a\nb", "a\tb", "a\0", "a\u{7f}", "a\u{85}", "a\u{2028}b"];
        for text in bad.into_iter().chain(["a\u{202e}b", "\u{2066}a\u{2069}"]) {
            assert!(
                Name::parse(text).is_err() && Title::parse(text).is_err() && Unit::parse(text).is_err(),
                "{text:?}"
            );
        }
        for (most, fits) in [(120, Name::fits as fn(&str) -> bool), (500, Title::fits), (40, Unit::fits)] {
            assert!(fits(&"字".repeat(most)) && !fits(&"字".repeat(most + 1)), "{most}");
        }
        let error = Title::parse("\n").unwrap_err().to_string();
        assert!(error.ends_with("is not a title: 1 to 500 characters on one line, not all of them blank"), "{error}");
    }
}
