//! Orders: their values, their states, and the rules for their changes.
//!
//! Not here: storage, the current time, authorization. Invariant: a final order never changes again, except that a late
//! report of its delivery is recorded.

mod cancellation;
mod change;
mod item;
mod lifecycle;
mod number;
mod problem;
mod recipient;
mod record;
mod refusal;
mod report;
mod state;
mod timing;
pub mod tracking;

pub use cancellation::{CancelRequester, Cancellation, CancelledBy};
pub use change::{OrderChange, OrderMailKind, OrderNotification};
pub use item::{OrderItem, PriceParts};
pub use lifecycle::NewOrder;
pub use number::OrderNumber;
pub use problem::OrderProblem;
pub use recipient::Recipient;
pub use record::Order;
pub use refusal::{ApproveError, CancelError, ReportError};
pub use state::OrderState;
pub use timing::OrderTiming;
pub use tracking::Tracking;

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
