//! E-mail addresses.
//!
//! Not here: whether an address receives mail. Invariant: all spellings of one address have one value: lower case, with
//! the domain in the form of mail servers and name servers (A-labels, RFC 5890).

use super::parse_error::ParseTextError;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::fmt;

/// An e-mail address as a sign-in name, in a single spelling, so that one address is one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The longest address (RFC 5321, 4.5.3.1.3, without the angle brackets).
const MAX_EMAIL_LENGTH: usize = 254;

/// A domain in A-labels, lower case: `xn--bcher-kva.example` for `Bücher.example`. `None` if it is not a domain. A
/// domain in ASCII is unchanged, since a local mail server may have any name.
#[must_use]
pub fn to_ascii_domain(domain: &str) -> Option<String> {
    if domain.is_ascii() && !domain.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--")) {
        return Some(domain.to_ascii_lowercase());
    }
    let ascii = Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify);
    ascii.ok().map(std::borrow::Cow::into_owned)
}

impl Email {
    /// Reads an address: a local part, one `@`, a domain; at most 254 characters. The domain may be in any script.
    ///
    /// # Errors
    /// [`ParseTextError`] if it is not an address.
    pub fn parse(text: &str) -> Result<Self, ParseTextError> {
        let refuse = || ParseTextError { text: text.chars().take(80).collect(), rule: "an e-mail address" };
        let address = text.trim().to_lowercase();
        if address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"(),;:\\".contains(c)) {
            return Err(refuse());
        }
        let (name, host) = address.split_once('@').ok_or_else(refuse)?;
        let host = to_ascii_domain(host).ok_or_else(refuse)?;
        // An empty label is a typing error, and a dot at the end would be a second spelling of the address.
        let good = !name.is_empty() && !host.contains('@') && host.split('.').all(|label| !label.is_empty());
        let address = format!("{name}@{host}");
        if good && address.len() <= MAX_EMAIL_LENGTH { Ok(Self(address)) } else { Err(refuse()) }
    }

    /// The address, in lower case, its domain in A-labels.
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
    type Error = ParseTextError;
    fn try_from(text: String) -> Result<Self, ParseTextError> {
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
    fn one_address_is_one_account() {
        assert_eq!(Email::parse(" Customer@Example.com ").unwrap().as_str(), "customer@example.com");
        for text in ["", "a", "@b", "a@", "a@b@c", "a b@c", "<a@b>", "a@.b", "a@b..c", "a@b.", "a@b\u{ff20}c"] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(MAX_EMAIL_LENGTH - 12));
        assert!(Email::parse(&long).is_ok() && Email::parse(&format!("a{long}")).is_err());
    }

    #[test]
    fn an_international_domain_is_one_in_every_spelling() {
        for (spellings, ascii) in [
            (
                ["Ann@Bücher.Example", "ann@bu\u{308}cher.example", "ANN@XN--BCHER-KVA.example"].as_slice(),
                "ann@xn--bcher-kva.example",
            ),
            (&["a@例え.テスト", "a@例え。テスト", "a@xn--r8jz45g.xn--zckzah"], "a@xn--r8jz45g.xn--zckzah"),
            (&["a@ｅｘａｍｐｌｅ.com", "a@example.com"], "a@example.com"),
            (&["jörg@straße.example"], "jörg@xn--strae-oqa.example"),
        ] {
            for spelling in spellings {
                let email = Email::parse(spelling).unwrap();
                assert_eq!(email.as_str(), ascii, "{spelling}");
                assert_eq!(Email::parse(email.as_str()).unwrap(), email, "as it is stored");
            }
        }
        for text in ["a@bü cher.example", "a@ü..example", "a@xn--a.example", "a@\u{200b}", "a@ü_b.example"] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
        for text in ["ann@localhost", "ann@my_host", "ann@[127.0.0.1]", "ann@-a.example"] {
            assert_eq!(Email::parse(text).unwrap().as_str(), text, "an address in ASCII stays as it is");
        }
        let long = format!("a@{}.example", vec!["ü".repeat(10); 18].join("."));
        assert!(
            long.chars().count() < MAX_EMAIL_LENGTH && Email::parse(&long).is_err(),
            "it is too long as it is sent"
        );
    }
}
