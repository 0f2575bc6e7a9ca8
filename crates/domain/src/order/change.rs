//! The effects of an order's change: the maker's notification and the customer's mail.
//!
//! Not here: sending either. Invariant: a change causes one notification and one mail at most.

use super::state::OrderState;

/// The notification of an order's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum OrderNotification {
    /// OrderPlaced.
    Placed,
    /// ItemShipped.
    Shipped,
    /// OrderCancelled.
    Cancelled,
}

/// The kind of mail about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderMailKind {
    /// It was placed.
    Placed,
    /// It is held for a reason about which no mail was sent yet.
    Held,
    /// It is still held, and the hold ends soon.
    Reminder,
    /// It was shipped.
    Shipped,
    /// It was delivered, as the back end reports.
    Delivered,
    /// It should have been delivered, but no report came.
    AssumedDelivered,
    /// It was cancelled.
    Cancelled,
    /// Its hold ended.
    Expired,
    /// Its customer withdrew from the contract.
    Withdrawn,
    /// Its customer got money back.
    Refunded,
}

/// A change of an order, with the notification and the mail that it causes. The slot's lock is free if the new state
/// [`OrderState::is_final`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderChange {
    /// The notification of the maker, if any.
    pub notification: Option<OrderNotification>,
    /// The mail to the customer, if any.
    pub mail: Option<OrderMailKind>,
    /// The state before.
    pub from: OrderState,
    /// The state now.
    pub to: OrderState,
}
