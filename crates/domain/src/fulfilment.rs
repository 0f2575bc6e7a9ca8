//! Back ends, which fulfil orders, and what they may report.
//!
//! Not here: how they are called. Invariant: an order stays with the back end with which it was placed, independent of
//! later settings.

use crate::money::Money;
use crate::order::{Cancellation, OrderProblem, PriceParts, Tracking};
use crate::time::{Span, Time};

/// A fulfilment back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Backend {
    /// None: parcels are shipped and delivered by the clock.
    #[default]
    Simulated,
    /// An operator, by the command line.
    Manual,
    /// Another system, by signed calls in both directions.
    Webhook,
    /// A Vendure shop, by its Admin API.
    Vendure,
}

impl Backend {
    /// Every back end.
    pub const ALL: [Backend; 4] = [Backend::Simulated, Backend::Manual, Backend::Webhook, Backend::Vendure];

    /// The name in the store and in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Backend::Simulated => "simulated",
            Backend::Manual => "manual",
            Backend::Webhook => "webhook",
            Backend::Vendure => "vendure",
        }
    }

    /// Whether it is another system, which is called and has to accept an order before it is placed.
    #[must_use]
    pub fn is_external(self) -> bool {
        matches!(self, Backend::Webhook | Backend::Vendure)
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.as_str() == word)
    }
}

/// A back end's report about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendReport {
    /// The back end accepts the order, or its problem is resolved.
    Accepted {
        /// Expected delivery, if known.
        expected_at: Option<Time>,
        /// The parts of the price.
        price_parts: PriceParts,
    },
    /// The order cannot be fulfilled for now.
    Problem(OrderProblem),
    /// The parcel was shipped.
    Shipped {
        /// Expected delivery, if known.
        expected_at: Option<Time>,
        /// The parcel's tracking.
        tracking: Tracking,
    },
    /// The parcel was delivered.
    Delivered,
    /// The order will not be fulfilled.
    Cancelled(Cancellation),
    /// The goods came back.
    Returned,
    /// What the customer got back so far.
    Refunded(Money),
}

/// The kind of a call to a back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendCallKind {
    /// Requests that it takes an order.
    Place,
    /// Requests that it cancels an order.
    Cancel,
    /// Informs it that the customer has withdrawn from the contract.
    Withdraw,
    /// Requests the state of an order that it took.
    Watch,
}

impl BackendCallKind {
    /// All kinds.
    pub const ALL: [BackendCallKind; 4] =
        [BackendCallKind::Place, BackendCallKind::Cancel, BackendCallKind::Withdraw, BackendCallKind::Watch];

    /// The name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BackendCallKind::Place => "place",
            BackendCallKind::Cancel => "cancel",
            BackendCallKind::Withdraw => "withdraw",
            BackendCallKind::Watch => "watch",
        }
    }

    /// Reads the name in the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wanted| wanted.as_str() == word)
    }
}

/// The pause after this many failed calls: ten seconds, doubled with each, an hour at most.
#[must_use]
pub fn retry_pause(tries: i64) -> Span {
    let doubled = 10_i64 << (tries - 1).clamp(0, 9);
    Span::from_secs(doubled.min(3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_fail_are_made_less_and_less_often() {
        let waits: Vec<_> = (1..=11).map(|tries| retry_pause(tries).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!((retry_pause(0).as_secs(), retry_pause(i64::MAX).as_secs()), (10, 3600));
    }
}
