//! What made an order: the device's request, or the customer by hand.
//!
//! Not here: who approves or pays. Invariant: the trigger of an order never changes.

use serde::{Deserialize, Serialize};

/// What made an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderTrigger {
    /// The device asked for it, by Replenish.
    #[default]
    Device,
    /// The customer ordered by hand.
    Customer,
}

impl OrderTrigger {
    /// Every trigger.
    pub const ALL: [OrderTrigger; 2] = [OrderTrigger::Device, OrderTrigger::Customer];

    /// The name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OrderTrigger::Device => "device",
            OrderTrigger::Customer => "customer",
        }
    }

    /// Reads the name in the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trigger| trigger.as_str() == word)
    }
}
