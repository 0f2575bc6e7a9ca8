//! An order: what it is for, where it stands, and the words for what may happen to it.
//!
//! Not here: what does happen, which is [`life`]; where an order is kept. Invariant: an order that is over never changes
//! again.

mod life;

use crate::fulfilment::Backend;
use crate::id::{DeviceId, OrderId};
use crate::money::Money;
use crate::text::{Asin, SlotId};
use crate::time::{Span, Time};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
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

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Held,
        State::Placed,
        State::Fulfilling,
        State::Shipped,
        State::Delivered,
        State::Cancelled,
        State::Expired,
    ];

    /// The store's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Placed => "placed",
            State::Fulfilling => "fulfilling",
            State::Shipped => "shipped",
            State::Delivered => "delivered",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
        }
    }

    /// Reads the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the order no longer holds its slot's lock.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, State::Delivered | State::Cancelled | State::Expired)
    }
}

/// What keeps an order from being placed: what nobody can help (service-api 5.2), or a rule of the customer's
/// (decisions 20).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The customer has no address to ship to.
    Address,
    /// The product is not available.
    OutOfStock,
    /// It cannot be paid for.
    Payment,
    /// The back end has not said yet that it takes the order.
    Unconfirmed,
    /// It is dearer than the customer allows.
    Price,
    /// The customer wants to be asked.
    Ask,
    /// There were as many orders as the customer allows.
    Limit,
    /// The customer wants no orders at this time.
    Paused,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Problem; 8] = [
        Problem::Address,
        Problem::OutOfStock,
        Problem::Payment,
        Problem::Unconfirmed,
        Problem::Price,
        Problem::Ask,
        Problem::Limit,
        Problem::Paused,
    ];

    /// The store's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Problem::Address => "address",
            Problem::OutOfStock => "out_of_stock",
            Problem::Payment => "payment",
            Problem::Unconfirmed => "unconfirmed",
            Problem::Price => "price",
            Problem::Ask => "ask",
            Problem::Limit => "limit",
            Problem::Paused => "paused",
        }
    }

    /// Reads the store's word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == word)
    }

    /// Whether the customer's word alone resolves it.
    #[must_use]
    pub fn asks_customer(self) -> bool {
        matches!(self, Problem::Price | Problem::Ask | Problem::Limit | Problem::Paused)
    }
}

/// What an operator decides of every order's life; all are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long the customer may cancel (24 h).
    pub cancel_window: Span,
    /// How long a problem may stay unresolved (72 h).
    pub problem_hold: Span,
    /// How often a held order is looked at again (1 h).
    pub recheck: Span,
    /// How many per cent dearer than agreed an order may be before its customer is asked (10); a highest price of their
    /// own replaces it.
    pub ask_above: u32,
    /// From the end of the window to the parcel's leaving.
    pub ship_after: Span,
    /// From leaving to the expected delivery.
    pub deliver_after: Span,
    /// Whether the carrier tells of delivery. If not, the slot is freed `free_after` the expected delivery.
    pub delivery_known: bool,
    /// See `delivery_known` (one day).
    pub free_after: Span,
    /// Test orders: from placement to leaving (10 min).
    pub test_ship_after: Span,
    /// Test orders: from leaving to delivery (10 min).
    pub test_deliver_after: Span,
}

/// What is ordered, as it was when the order was made; a held order follows the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The product.
    pub asin: Asin,
    /// Its title.
    pub title: String,
    /// How much it brings.
    pub quantity: f64,
    /// In which unit.
    pub unit: String,
    /// What it costs.
    pub price: Money,
}

/// An order for one slot of one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Identifier.
    pub id: OrderId,
    /// Whose order.
    pub device: DeviceId,
    /// For which slot.
    pub slot: SlotId,
    /// What.
    pub item: Item,
    /// A test order: no payment, no parcel.
    pub test: bool,
    /// Where it stands.
    pub state: State,
    /// Why it is held; kept afterwards if it expired.
    pub problem: Option<Problem>,
    /// When Replenish made it.
    pub opened_at: Time,
    /// While held: until when. Once placed: when the cancel window ends.
    pub window_ends_at: Time,
    /// Expected delivery; unknown while held.
    pub expected_at: Option<Time>,
    /// When it next changes by itself; `None` when it is over, and while a real back end is at work on it.
    pub due_at: Option<Time>,
    /// The price that the customer agreed to when they were asked about this order.
    pub approved: Option<Money>,
    /// Who fulfils it.
    pub backend: Backend,
    /// The problem is what the back end said: only its word or the owner's answer takes it away.
    pub reported: bool,
    /// When it was first placed, which the maker is told once.
    pub placed_at: Option<Time>,
    /// The carrier's number.
    pub tracking: Option<String>,
    /// For which reason it was held last; a back end's silence is none.
    pub held_for: Option<Problem>,
    /// The registration that its `eventInstanceId` names, where that is not [`Order::device`]: the unit was linked again
    /// while the order was open, and the makers' clouds already know the order by its id.
    pub named_device: Option<DeviceId>,
}

/// What a maker is told of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Told {
    /// OrderPlaced.
    Placed,
    /// ItemShipped.
    Shipped,
    /// OrderCancelled.
    Cancelled,
}

/// What happened to an order: what to tell the maker. The slot's lock is free if the order [`State::is_over`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The notification to push, if any.
    pub told: Option<Told>,
    /// The state it came from.
    pub from: State,
    /// The state it is in now.
    pub to: State,
    /// It is held for a reason that the customer was not told of yet.
    pub new_reason: bool,
}

/// Why an order cannot be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCancelled {
    /// The window is over.
    #[error("The order can no longer be cancelled: the time for that is over.")]
    TooLate,
    /// The order is over already.
    #[error("The order is already finished or cancelled.")]
    Over,
    /// Only CancelTestOrder cancels test orders (login-and-web 14, row 24).
    #[error("A test order is cancelled by its device, with CancelTestOrder.")]
    Test,
    /// CancelTestOrder never touches a standard order.
    #[error("This is no test order: the customer cancels it, on the settings page.")]
    Standard,
}

/// Why a back end's word is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReported {
    /// Nobody fulfils it but the clock.
    #[error("This order is fulfilled by the clock: no back end has it. See [fulfilment] in the settings.")]
    Simulated,
    /// It waits for its customer.
    #[error("The order waits for its customer, or for stock: it reaches its back end when nothing is in its way.")]
    Customers,
    /// It is not in a state in which that can happen.
    #[error("The order is {0}: that cannot happen to it now.")]
    State(&'static str),
}

/// Why a customer's word changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// It is placed or over.
    #[error("This order no longer waits for you.")]
    NotHeld,
    /// It costs something else than what the customer saw.
    #[error("The price has changed meanwhile: it is {0} now. Look at the order again.")]
    OtherPrice(Money),
}

/// Who cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceller {
    /// The customer, on the settings page.
    Customer,
    /// The device, by CancelTestOrder.
    TestCall,
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
