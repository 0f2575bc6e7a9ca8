//! Who takes an order from its placing to the door, and what they may say of it.
//!
//! Not here: how they are reached. Invariant: an order stays with the back end it was made with, whatever the settings
//! say later.

use crate::order::{Cancellation, OrderProblem, PriceParts, Tracking};
use crate::time::{Span, Time};

/// A fulfilment back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Backend {
    /// Nobody: parcels leave and arrive by the clock.
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

    /// The word of store and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Backend::Simulated => "simulated",
            Backend::Manual => "manual",
            Backend::Webhook => "webhook",
            Backend::Vendure => "vendure",
        }
    }

    /// Whether it is another system, which is called and has to take an order before it is placed.
    #[must_use]
    pub fn is_external(self) -> bool {
        matches!(self, Backend::Webhook | Backend::Vendure)
    }

    /// Reads that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.as_str() == word)
    }
}

/// What a back end says of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendReport {
    /// It takes the order, or nothing stands in its way any more.
    Accepted {
        /// When it should arrive, if that is known.
        expected_at: Option<Time>,
        /// What its price consists of.
        price_parts: PriceParts,
    },
    /// It cannot be fulfilled for now.
    Problem(OrderProblem),
    /// It left.
    Shipped {
        /// When it should arrive, if that is known.
        expected_at: Option<Time>,
        /// How it can be followed.
        tracking: Tracking,
    },
    /// It arrived.
    Delivered,
    /// It will not be fulfilled.
    Cancelled(Cancellation),
}

/// What a back end has to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendCallKind {
    /// To take an order.
    Place,
    /// To give an order up.
    Cancel,
    /// How an order stands that it took.
    Watch,
}

impl BackendCallKind {
    /// The store's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BackendCallKind::Place => "place",
            BackendCallKind::Cancel => "cancel",
            BackendCallKind::Watch => "watch",
        }
    }

    /// Reads the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [BackendCallKind::Place, BackendCallKind::Cancel, BackendCallKind::Watch]
            .into_iter()
            .find(|wanted| wanted.as_str() == word)
    }
}

/// How long to wait after so many calls that failed: ten seconds, doubled with each, an hour at most.
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
