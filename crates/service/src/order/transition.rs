//! Saves a change of an order with everything that belongs to it: its row, its slot lock, the back-end call, event and
//! mail.
//!
//! Not here: which change ([`opendrs_domain::order`]). Invariant: all of it is written in one transaction. Every
//! command locks the slot's subscription row first, the order's row second and, if there is an event, the device's
//! last. So two commands never deadlock.

use super::hand_over::enqueue_backend_call;
use crate::mail::queue::enqueue_for_order;
use crate::notification::{ChangeContext, NewEvent, fan_out_event, find_receivers};
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::{InstanceId, OrderId, ReceiverId};
use opendrs_domain::notification::Event;
use opendrs_domain::order::{Order, OrderChange};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Tx, order, subscription};

/// A change of an order that was due and is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTransition {
    /// The time of the change.
    pub at: Time,
    /// The event instance id of the order.
    pub instance: InstanceId,
    /// The slot of the order.
    pub slot: SlotId,
    /// The change.
    pub change: OrderChange,
}

/// Locks an order of a device, and before it the subscription of its slot; `None` if the order belongs to another
/// device.
pub(crate) async fn lock_order(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    id: OrderId,
) -> opendrs_store::Result<Option<(Option<Subscription>, Order)>> {
    let Some(seen) = order::find_by_id(tx, device, id).await? else { return Ok(None) };
    let sub = subscription::lock(tx, device, &seen.slot).await?;
    Ok(order::lock(tx, device, id).await?.map(|order| (sub, order)))
}

/// Saves a changed order, frees its slot lock if it has ended, and records event and mail.
pub(crate) async fn save_and_notify(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: OrderChange,
    ChangeContext { ids, now }: ChangeContext,
) -> opendrs_store::Result<()> {
    // Read before anything is written, because a later read would wait for the writes.
    let receivers = match change.notification {
        Some(_) => find_receivers(tx, device).await?,
        None => Vec::new(),
    };
    order::save(tx, shard, order).await?;
    enqueue_backend_call(tx, shard, order, now).await?;
    if order.state.is_final() {
        subscription::release_lock(tx, device.in_shard(shard), &order.slot, order.id).await?;
    }
    record_notifications(tx, shard, device, order, change, ids.at(now), &receivers).await
}

/// Records the event and the mail of a change.
pub(super) async fn record_notifications(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: OrderChange,
    ChangeContext { ids, now }: ChangeContext,
    receivers: &[ReceiverId],
) -> opendrs_store::Result<()> {
    enqueue_for_order(tx, shard, device, order, change, ids.at(now)).await?;
    let Some(notification) = change.notification else { return Ok(()) };
    let event = Event::for_order(ids.event_id, now, device, order, notification);
    let telling = NewEvent { shard, device, event: &event, first_message_id: ids.first_message_id, version: None };
    fan_out_event(tx, &telling, receivers).await
}
