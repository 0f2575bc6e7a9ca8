//! What follows from a change of an order: the maker's notification and the customer's mail.
//!
//! Not here: sending either. Invariant: a change causes one notification and one mail at most.

use super::state::OrderState;

/// What a maker is told of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum OrderNotification {
    /// OrderPlaced.
    Placed,
    /// ItemShipped.
    Shipped,
    /// OrderCancelled.
    Cancelled,
}

/// What a customer is mailed about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderMailKind {
    /// It was placed.
    Placed,
    /// It is held, for a reason that they were not mailed of yet.
    Held,
    /// It is still held, and the hold ends soon.
    Reminder,
    /// It is on its way.
    Shipped,
    /// It arrived: whoever delivers it has said so.
    Delivered,
    /// It should have arrived; nobody has said so.
    AssumedDelivered,
    /// It was cancelled.
    Cancelled,
    /// Its hold ended.
    Expired,
}

/// What happened to an order: what to tell the maker and its customer. The slot's lock is free if the order
/// [`State::is_over`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderChange {
    /// The notification to push, if any.
    pub notification: Option<OrderNotification>,
    /// The mail to the customer, if any.
    pub mail: Option<OrderMailKind>,
    /// The state it came from.
    pub from: OrderState,
    /// The state it is in now.
    pub to: OrderState,
}
