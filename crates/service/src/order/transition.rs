//! A change of an order with all that belongs to it: its row, its slot's lock, the back end's call, event and mail.
//!
//! Not here: which change ([`opendrs_domain::order`]). Invariant: all of it is written in one transaction. Every command
//! takes the slot's subscription row first, the order's row second and, where somebody is notified, the device's last.
//! So two commands never wait for each other crosswise.

use super::hand_over::enqueue_backend_call;
use crate::mail::queue::enqueue_for_order;
use crate::notification::{EventIds, NewEvent, fan_out_event, find_receivers};
use opendrs_domain::device::Device;
use opendrs_domain::id::{DeviceId, InstanceId, OrderId, ReceiverId};
use opendrs_domain::notification::Event;
use opendrs_domain::order::{Order, OrderChange};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Tx, order, subscription};

/// Something that fell due and was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTransition {
    /// When.
    pub at: Time,
    /// The order.
    pub instance: InstanceId,
    /// Its slot.
    pub slot: SlotId,
    /// What happened to it.
    pub change: OrderChange,
}

/// Locks an order of a device and before it the subscription of its slot; nothing where the order is another device's.
pub(crate) async fn lock_order(
    tx: &mut Tx<'_>,
    shard: i64,
    device: DeviceId,
    id: OrderId,
) -> opendrs_store::Result<Option<(Option<Subscription>, Order)>> {
    let Some(seen) = order::find_by_id(tx, shard, device, id).await? else { return Ok(None) };
    let sub = subscription::lock(tx, shard, device, &seen.slot).await?;
    Ok(order::lock(tx, shard, device, id).await?.map(|order| (sub, order)))
}

/// Saves a changed order, gives its slot's lock back if it is over, and tells the maker.
pub(crate) async fn save_and_notify(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: OrderChange,
    (stamp, now): (EventIds, Time),
) -> opendrs_store::Result<()> {
    // Asked before anything is put, which a question would wait for.
    let receivers = match change.notification {
        Some(_) => find_receivers(tx, device).await?,
        None => Vec::new(),
    };
    order::save(tx, shard, order).await?;
    enqueue_backend_call(tx, shard, order, now).await?;
    if order.state.is_final() {
        subscription::release_lock(tx, shard, device.id, &order.slot, order.id).await?;
    }
    record_notifications(tx, shard, device, order, change, (stamp, now), &receivers).await
}

/// Tells the maker of a change, and writes the mail that tells the customer.
pub(super) async fn record_notifications(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: OrderChange,
    (stamp, now): (EventIds, Time),
    receivers: &[ReceiverId],
) -> opendrs_store::Result<()> {
    enqueue_for_order(tx, shard, device, order, change, (stamp, now)).await?;
    let Some(told) = change.notification else { return Ok(()) };
    let event = Event::for_order(stamp.event_id, now, device, order, told);
    let telling = NewEvent { shard, device, event: &event, first_message_id: stamp.first_message_id, version: None };
    fan_out_event(tx, &telling, receivers).await
}
