//! Orders: their values, their states, and the rules for their changes.
//!
//! Not here: storage, the current time, authorization. Invariant: the state of a final order never changes again. What
//! is recorded later is a late report of its delivery, a withdrawal, a return and a refund.

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
mod times;
mod timing;
pub mod tracking;
mod trigger;
mod withdraw;
mod withdrawal;

pub use cancellation::{CancelRequester, Cancellation, CancelledBy};
pub use change::{OrderChange, OrderMailKind, OrderNotification};
pub use item::{OrderItem, PriceParts};
pub use lifecycle::NewOrder;
pub use number::OrderNumber;
pub use problem::OrderProblem;
pub use recipient::Recipient;
pub use record::Order;
pub use refusal::{ApproveError, CancelError, ReportError, WithdrawError};
pub use state::OrderState;
pub use times::OrderTimes;
pub use timing::OrderTiming;
pub use tracking::Tracking;
pub use trigger::OrderTrigger;
pub use withdrawal::{Refund, Withdrawal};

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
