//! Who cancelled an order, and why, as its customer reads it.
//!
//! Not here: whether it may be cancelled ([`super::lifecycle`]). Invariant: a reason is one line, short, and written for the
//! customer.

use crate::text::to_single_line;
use serde::{Deserialize, Serialize};

/// The longest reason, in characters.
const MAX_REASON_CHARS: usize = 300;

/// Who asks for an order to be cancelled; each has rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRequester {
    /// The customer, signed in.
    Customer,
    /// Whoever has the customer's mail, with the link in it.
    MailLink,
    /// The device, by CancelTestOrder.
    CancelTestOrder,
}

/// Who cancelled an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// The customer, signed in.
    Customer,
    /// The link in a mail to the customer.
    MailLink,
    /// The device, by CancelTestOrder.
    Device,
    /// The back end that was to fulfil it.
    Shop,
    /// A person who operates the service.
    Operator,
}

impl CancelledBy {
    /// Everybody who may.
    pub const ALL: [CancelledBy; 5] =
        [CancelledBy::Customer, CancelledBy::MailLink, CancelledBy::Device, CancelledBy::Shop, CancelledBy::Operator];

    /// The word of the store, of back ends and of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CancelledBy::Customer => "customer",
            CancelledBy::MailLink => "mail_link",
            CancelledBy::Device => "device",
            CancelledBy::Shop => "shop",
            CancelledBy::Operator => "operator",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == word)
    }
}

impl From<CancelRequester> for CancelledBy {
    fn from(canceller: CancelRequester) -> Self {
        match canceller {
            CancelRequester::Customer => CancelledBy::Customer,
            CancelRequester::MailLink => CancelledBy::MailLink,
            CancelRequester::CancelTestOrder => CancelledBy::Device,
        }
    }
}

/// That an order was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Who did it.
    pub by: CancelledBy,
    /// Why, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Cancellation {
    /// A cancellation for a reason as somebody wrote it, which is brought onto one line.
    #[must_use]
    pub fn new(by: CancelledBy, reason: Option<&str>) -> Self {
        let short = |text: &str| -> String { to_single_line(text).chars().take(MAX_REASON_CHARS).collect() };
        Self { by, reason: reason.map(short).filter(|text| !text.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line() {
        let reason = |text: &str| Cancellation::new(CancelledBy::Shop, Some(text)).reason;
        assert_eq!(reason(" No longer\r\nmade\u{2028} "), Some("No longer made".into()));
        assert_eq!(reason(" \n "), None);
        assert_eq!(reason(&"x".repeat(500)).unwrap().len(), 300);
        for by in CancelledBy::ALL {
            assert_eq!(CancelledBy::parse(by.as_str()), Some(by));
        }
    }
}
