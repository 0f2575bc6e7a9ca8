//! An order as stored.
//!
//! Not here: its changes ([`super::lifecycle`], [`super::report`], [`super::withdraw`]). Invariant: the state of a
//! final order never changes again.

use super::cancellation::Cancellation;
use super::item::{OrderItem, PriceParts};
use super::problem::OrderProblem;
use super::recipient::Recipient;
use super::state::OrderState;
use super::times::OrderTimes;
use super::tracking::Tracking;
use super::trigger::OrderTrigger;
use super::withdrawal::{Refund, Withdrawal};
use crate::fulfilment::Backend;
use crate::id::{DeviceId, OrderId};
use crate::money::Money;
use crate::text::SlotId;
use crate::time::Time;

/// An order for one slot of one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Identifier.
    pub id: OrderId,
    /// The device.
    pub device: DeviceId,
    /// The slot.
    pub slot: SlotId,
    /// The item.
    pub item: OrderItem,
    /// The parts of its price.
    pub price_parts: PriceParts,
    /// The recipient; `None` if the customer was erased.
    pub recipient: Option<Recipient>,
    /// A test order: no payment, no parcel.
    pub test: bool,
    /// The order's state.
    pub state: OrderState,
    /// The problem of the hold; kept afterwards if the order expired.
    pub problem: Option<OrderProblem>,
    /// When Replenish created it.
    pub opened_at: Time,
    /// During a hold: its end. Once placed: the end of the cancel window.
    pub window_ends_at: Time,
    /// Expected delivery; unknown during a hold.
    pub expected_at: Option<Time>,
    /// When its next transition is due; `None` once it is final, and while a real back end fulfils it.
    pub due_at: Option<Time>,
    /// The price that the customer approved for this order.
    pub approved_price: Option<Money>,
    /// The back end that fulfils it.
    pub backend: Backend,
    /// Whether the back end reported the problem. Then only its report or the owner's answer resolves it.
    pub problem_from_backend: bool,
    /// When it was first placed, of which the maker is notified once.
    pub placed_at: Option<Time>,
    /// The parcel's tracking.
    pub tracking: Tracking,
    /// The last problem for which it was held. A missing answer of the back end does not count.
    pub last_hold_problem: Option<OrderProblem>,
    /// The registration that its `eventInstanceId` names, where that is not [`Order::device`]. That is so if the unit
    /// was linked again while the order was open, since makers' clouds already know the order by its id.
    pub original_device: Option<DeviceId>,
    /// During its owner's pause: when the pause ends.
    pub resumes_at: Option<Time>,
    /// Whether its customer was reminded of the hold.
    pub reminder_sent: bool,
    /// When it was delivered, if a report exists.
    pub delivered_at: Option<Time>,
    /// Who cancelled it, and why.
    pub cancellation: Option<Cancellation>,
    /// What made it.
    pub trigger: OrderTrigger,
    /// When its steps happened.
    pub times: OrderTimes,
    /// The customer's withdrawal from the contract.
    pub withdrawal: Option<Withdrawal>,
    /// When the goods came back.
    pub returned_at: Option<Time>,
    /// What the customer got back.
    pub refund: Option<Refund>,
}
