//! Cancellations: who cancelled an order, and the reason as its customer reads it.
//!
//! Not here: whether an order may be cancelled ([`super::lifecycle`]). Invariant: a reason is one short line, written
//! for the customer.

use crate::text::to_single_line;
use serde::{Deserialize, Serialize};

/// The longest reason, in characters.
const MAX_REASON_CHARS: usize = 300;

/// Who requests a cancellation; each has rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRequester {
    /// The customer, signed in.
    Customer,
    /// The recipient of the customer's mail, by the link in it.
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
    /// An operator of the service.
    Operator,
}

impl CancelledBy {
    /// Everyone who may cancel.
    pub const ALL: [CancelledBy; 5] =
        [CancelledBy::Customer, CancelledBy::MailLink, CancelledBy::Device, CancelledBy::Shop, CancelledBy::Operator];

    /// The name in the store, in back ends' reports and on the command line.
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

    /// Reads the name.
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

/// A cancellation of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Who cancelled.
    pub by: CancelledBy,
    /// The reason, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Cancellation {
    /// A cancellation with an optional reason, which is put on one line.
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
