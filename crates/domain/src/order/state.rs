//! Where an order stands.
//!
//! Not here: how it gets from one state to another ([`super::lifecycle`]). Invariant: the store's word of a state never
//! changes.

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// A problem keeps it from being placed; the customer has until the hold ends.
    Held,
    /// Placed; a standard order may still be cancelled.
    Placed,
    /// The window is over; the carrier has it.
    Fulfilling,
    /// On its way.
    Shipped,
    /// Arrived, or counted as arrived.
    Delivered,
    /// Cancelled by the customer or by CancelTestOrder.
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

    /// The store's word.
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

    /// Reads the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the order no longer holds its slot's lock.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, OrderState::Delivered | OrderState::Cancelled | OrderState::Expired)
    }
}
