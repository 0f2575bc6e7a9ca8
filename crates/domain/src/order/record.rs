//! An order, as it is kept.
//!
//! Not here: what may happen to it ([`super::lifecycle`], [`super::report`]). Invariant: an order that is over never changes
//! again, except that a late report of its delivery is noted.

use super::cancellation::Cancellation;
use super::item::{OrderItem, PriceParts};
use super::problem::OrderProblem;
use super::recipient::Recipient;
use super::state::OrderState;
use super::tracking::Tracking;
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
