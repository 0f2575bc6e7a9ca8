//! Delivery: messages to receivers, attempt by attempt.
//!
//! What it is: [`drain`] sends what is due, [`prepare`] and [`attempt`] are the steps of one message, [`mod@replay`] sends
//! again. What it is not: the fan-out ([`crate::notification`]), the schedule (the worker's) and the network (a
//! parameter). Invariant: an attempt is claimed before it is made and recorded after it. A process that dies between
//! the two leaves a lease. When the lease ends, the same message is sent again: no message is lost, and one may arrive
//! twice.

mod attempt;
mod drain;
mod outgoing_message;
mod prepare;
mod replay;

pub use attempt::DeliveryAttemptSummary;
pub(crate) use drain::{deliver_all_due, next_due};
pub use drain::{drain_receiver, list_due_receivers};
pub use replay::{
    EventHistory, ReceiverDelivery, ReplaySelection, ReplayedPage, load_event_history, replay, replay_page,
    start_cursor,
};
