//! The state of an order.
//!
//! Not here: the transitions ([`super::lifecycle`]). Invariant: the stored name of a state never changes.

/// The state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// A problem prevents its placement; the customer has until the hold ends.
    Held,
    /// Placed; a standard order may still be cancelled.
    Placed,
    /// The cancel window is over; the carrier has it.
    Fulfilling,
    /// The parcel is on its way.
    Shipped,
    /// Delivered, or assumed to be.
    Delivered,
    /// Cancelled; [`super::Cancellation`] has who did it.
    Cancelled,
    /// The problem was not resolved in time.
    Expired,
}

impl OrderState {
    /// Every state.
    pub const ALL: [OrderState; 7] = [
        OrderState::Held,
        OrderState::Placed,
        OrderState::Fulfilling,
        OrderState::Shipped,
        OrderState::Delivered,
        OrderState::Cancelled,
        OrderState::Expired,
    ];

    /// The name in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OrderState::Held => "held",
            OrderState::Placed => "placed",
            OrderState::Fulfilling => "fulfilling",
            OrderState::Shipped => "shipped",
            OrderState::Delivered => "delivered",
            OrderState::Cancelled => "cancelled",
            OrderState::Expired => "expired",
        }
    }

    /// Reads the name in the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the order is over and no longer holds its slot's lock.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, OrderState::Delivered | OrderState::Cancelled | OrderState::Expired)
    }
}
