//! Orders: Replenish, GetOrderInfo, CancelTestOrder, the customer's decisions, and what falls due.
//!
//! What it is: the use cases of an order's own parties. What it is not: its rules ([`opendrs_domain::order`]) and what back
//! ends say ([`crate::fulfilment`]). Invariant: an order, its slot's lock and the event that tells of it change in one
//! transaction ([`transition`]).

mod advance;
mod cancel;
mod cancel_link;
mod find;
mod hand_over;
mod hold;
mod place;
mod transition;

pub(crate) use advance::advance;
pub use cancel::{cancel_order, cancel_test_orders};
pub use cancel_link::{CancelLink, cancel_by_link, find_cancel_link};
pub use find::{
    OwnedOrder, find_by_token, find_for_customer, find_for_device, list_for_device, list_open_for_customer,
};
pub use hold::{OwnerDecision, decide_held_order, set_address};
pub use place::{ReplenishOutcome, replenish, replenish_by_token};
pub use transition::OrderTransition;
pub(crate) use transition::{lock_order, save_and_notify};
