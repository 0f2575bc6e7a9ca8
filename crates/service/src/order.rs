//! Orders: Replenish, GetOrderInfo, CancelTestOrder, the customer's decisions, and due steps.
//!
//! What it is: the use cases of devices and customers. What it is not: the rules ([`opendrs_domain::order`]) and the
//! reports of back ends ([`crate::fulfilment`]). Invariant: an order, its slot lock and its event change in one
//! transaction ([`transition`]).

mod advance;
mod cancel;
mod cancel_link;
mod find;
mod hand_over;
mod hold;
mod order_now;
mod place;
mod retention;
mod settings;
mod transition;
mod translation;
mod withdraw;

pub(crate) use advance::advance;
pub use cancel::{SlotLockState, cancel_order, cancel_test_orders};
pub use cancel_link::{CancelLink, cancel_by_link, find_cancel_link};
pub use find::{
    DeviceOrders, OwnedOrder, find_by_token, find_for_customer, find_for_device, list_for_device,
    list_open_for_customer,
};
pub use hold::{OwnerDecision, decide_held_order, set_address};
pub use order_now::{OrderNow, OrderNowOutcome, order_now};
pub use place::{ReplenishOutcome, replenish, replenish_by_token};
pub use retention::purge;
pub use settings::OrderRetention;
pub use transition::OrderTransition;
pub(crate) use transition::{lock_order, save_and_notify};
pub use translation::{translate, translate_owned};
pub use withdraw::withdraw_from_order;
