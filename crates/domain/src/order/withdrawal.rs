//! A withdrawal from an order's contract, and a refund, as stored.
//!
//! Not here: who may withdraw until when ([`super::withdraw`]). Invariant: a reason is one short line.

use crate::money::Money;
use crate::text::to_single_line;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// The longest reason that a customer may give, in characters.
const MAX_REASON_CHARS: usize = 500;

/// A customer's withdrawal from the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When it was declared.
    pub at: Time,
    /// The reason, if the customer gave one: one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Withdrawal {
    /// A withdrawal with the reason that the customer typed, which is put on one line. An empty reason is none.
    #[must_use]
    pub fn new(at: Time, reason: &str) -> Self {
        let reason: String = to_single_line(reason).chars().take(MAX_REASON_CHARS).collect();
        Self { at, reason: Some(reason).filter(|reason| !reason.is_empty()) }
    }
}

/// The refund of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// What the customer got back so far, in the currency of the order's price.
    pub amount: Money,
    /// When the latest part of it was reported.
    pub at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_and_may_be_missing() {
        let reason = |text: &str| Withdrawal::new(Time::from_secs(0), text).reason;
        assert_eq!(reason(" Too\r\nlarge\u{2028} "), Some("Too large".into()));
        assert_eq!(reason(" \n\t "), None);
        assert_eq!(reason(&"ü".repeat(900)).unwrap().chars().count(), 500);
    }
}
