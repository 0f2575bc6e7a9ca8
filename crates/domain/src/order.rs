//! An order: what it is for, where it stands, and the words for what may happen to it.
//!
//! Not here: what does happen, which is [`life`]; where an order is kept. Invariant: an order that is over never changes
//! again, but for one thing: that a parcel arrived after it was only assumed to have is noted.

mod cancellation;
mod lifecycle;
mod number;
mod problem;
mod recipient;
mod report;
pub mod tracking;

pub use cancellation::{CancelRequester, Cancellation, CancelledBy};
pub use lifecycle::NewOrder;
pub use number::OrderNumber;
pub use problem::OrderProblem;
pub use recipient::Recipient;
pub use tracking::Tracking;

use crate::fulfilment::Backend;
use crate::id::{DeviceId, OrderId};
use crate::money::Money;
use crate::text::{Asin, SlotId};
use crate::time::{Span, Time};

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

/// What an operator decides of every order's life; all are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderTiming {
    /// How long the customer may cancel (24 h).
    pub cancel_window: Span,
    /// How long a problem may stay unresolved (72 h).
    pub problem_hold: Span,
    /// How often a held order is looked at again (1 h).
    pub recheck_every: Span,
    /// How many per cent dearer than agreed an order may be before its customer is asked (10); a highest price of their
    /// own replaces it.
    pub price_tolerance_percent: u32,
    /// How long before a hold ends its customer is reminded (24 h), or half the hold if that is less; zero: never.
    pub remind_before: Span,
    /// From the end of the window to the parcel's leaving.
    pub ship_after: Span,
    /// From leaving to the expected delivery.
    pub deliver_after: Span,
    /// Whether the carrier tells of delivery. If not, the slot is freed `free_after` the expected delivery.
    pub carrier_reports_delivery: bool,
    /// See `delivery_known` (one day).
    pub assume_delivered_after: Span,
    /// Test orders: from placement to leaving (10 min).
    pub test_ship_after: Span,
    /// Test orders: from leaving to delivery (10 min).
    pub test_deliver_after: Span,
}

/// What is ordered, as it was when the order was made; a held order follows the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
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

/// What an order's price consists of, as far as whoever fulfils it has said so; in the price's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceParts {
    /// Shipping, which the price includes.
    pub shipping: Option<Money>,
    /// Tax, which the price includes.
    pub tax: Option<Money>,
}

impl PriceParts {
    /// The parts that can be parts of a price: in its currency, not negative, no more than it.
    #[must_use]
    pub fn limited_to(self, price: &Money) -> Self {
        let fits = |part: &Money| part.currency == price.currency && (0..=price.minor).contains(&part.minor);
        Self { shipping: self.shipping.filter(fits), tax: self.tax.filter(fits) }
    }
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
    pub item: OrderItem,
    /// What its price consists of.
    pub price_parts: PriceParts,
    /// Who it is for and where it goes; unknown where the customer was erased.
    pub recipient: Option<Recipient>,
    /// A test order: no payment, no parcel.
    pub test: bool,
    /// Where it stands.
    pub state: OrderState,
    /// Why it is held; kept afterwards if it expired.
    pub problem: Option<OrderProblem>,
    /// When Replenish made it.
    pub opened_at: Time,
    /// While held: until when. Once placed: when the cancel window ends.
    pub window_ends_at: Time,
    /// Expected delivery; unknown while held.
    pub expected_at: Option<Time>,
    /// When it next changes by itself; `None` when it is over, and while a real back end is at work on it.
    pub due_at: Option<Time>,
    /// The price that the customer agreed to when they were asked about this order.
    pub approved_price: Option<Money>,
    /// Who fulfils it.
    pub backend: Backend,
    /// The problem is what the back end said: only its word or the owner's answer takes it away.
    pub problem_from_backend: bool,
    /// When it was first placed, which the maker is told once.
    pub placed_at: Option<Time>,
    /// How its parcel can be followed.
    pub tracking: Tracking,
    /// For which reason it was held last; a back end's silence is none.
    pub last_hold_problem: Option<OrderProblem>,
    /// The registration that its `eventInstanceId` names, where that is not [`Order::device`]: the unit was linked again
    /// while the order was open, and the makers' clouds already know the order by its id.
    pub original_device: Option<DeviceId>,
    /// While it is held in its owner's pause: when the pause ends.
    pub resumes_at: Option<Time>,
    /// Its customer was reminded of the hold.
    pub reminder_sent: bool,
    /// When it arrived, if whoever delivers it has said so.
    pub delivered_at: Option<Time>,
    /// Who cancelled it, and why.
    pub cancellation: Option<Cancellation>,
}

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

/// Why an order cannot be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// The window is over.
    #[error("The order can no longer be cancelled: the time for that is over.")]
    TooLate,
    /// The order is over already.
    #[error("The order is already finished or cancelled.")]
    AlreadyFinal,
    /// Only CancelTestOrder cancels test orders (docs/spec/orders.md#test-orders).
    #[error("A test order is cancelled by its device, with CancelTestOrder.")]
    IsTestOrder,
    /// CancelTestOrder never touches a standard order.
    #[error("This is no test order: the customer cancels it, on the settings page.")]
    IsStandardOrder,
}

/// Why a back end's word is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Nobody fulfils it but the clock.
    #[error("This order is fulfilled by the clock: no back end has it. See [fulfilment] in the settings.")]
    Simulated,
    /// It waits for its customer.
    #[error("The order waits for its customer, or for stock: it reaches its back end when nothing is in its way.")]
    AwaitingCustomer,
    /// It is not in a state in which that can happen.
    #[error("The order is {0}: that cannot happen to it now.")]
    InvalidState(&'static str),
    /// Its customer was promised that they may cancel it until then.
    #[error("The customer may cancel this order until {0}: ship it after that, or ship it now with --force.")]
    CancelWindowOpen(Time),
}

/// Why a customer's word changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApproveError {
    /// It is placed or over.
    #[error("This order no longer waits for you.")]
    NotHeld,
    /// It costs something else than what the customer saw.
    #[error("The price has changed meanwhile: it is {0} now. Look at the order again.")]
    PriceChanged(Money),
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
