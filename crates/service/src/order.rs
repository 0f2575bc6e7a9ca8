//! Orders: GetOrderInfo, CancelTestOrder, the customer's cancel, and what falls due. Replenish is in [`place`].
//!
//! Invariant: an order, its slot's lock and the event that tells of it change in one transaction. Every command takes
//! the slot's subscription row first, the order's row second and, where somebody is to be told, the device's last, so two of
//! them never wait for each other crosswise.

use crate::delivery::{self, EventIds, NewEvent};
use crate::fulfilment;
use crate::token::{self, DeviceCaller, DeviceClaims};
use crate::{App, Error, Result, limit};
use opendrs_domain::device::Device;
use opendrs_domain::id::{CustomerId, DeviceId, InstanceId, OrderId, ReceiverId};
use opendrs_domain::notification::Event;
use opendrs_domain::order::{CancelError, CancelRequester, Order, OrderChange, OrderTiming};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Reader, Shards, Tx, device, model, order, subscription};

mod hold;
mod place;
pub use hold::{OwnedOrder, OwnerDecision, decide_held_order, find_for_customer, set_address};
pub use place::{ReplenishOutcome, replenish, replenish_by_token};

/// Tells the maker of a change, and writes the mail that tells the customer.
async fn record_notifications(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: OrderChange,
    (stamp, now): (EventIds, Time),
    receivers: &[ReceiverId],
) -> opendrs_store::Result<()> {
    crate::mail::enqueue_for_order(tx, shard, device, order, change, (stamp, now)).await?;
    let Some(told) = change.notification else { return Ok(()) };
    let event = Event::for_order(stamp.event_id, now, device, order, told);
    let telling = NewEvent { shard, device, event: &event, first_message_id: stamp.first_message_id, version: None };
    delivery::fan_out_event(tx, &telling, receivers).await
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
        Some(_) => delivery::find_receivers(tx, device).await?,
        None => Vec::new(),
    };
    order::save(tx, shard, order).await?;
    fulfilment::enqueue_backend_call(tx, shard, order, now).await?;
    if order.state.is_final() {
        subscription::release_lock(tx, shard, device.id, &order.slot, order.id).await?;
    }
    record_notifications(tx, shard, device, order, change, (stamp, now), &receivers).await
}

/// GetOrderInfo. An order of another device is answered as one that does not exist: the order's row says whose it is.
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::Unavailable`].
pub async fn find_for_device(mut reader: Reader<'_>, caller: &DeviceCaller, instance: &str) -> Result<Order> {
    let id = InstanceId::parse(instance).map_err(|_| Error::UnknownOrder)?;
    let found = order::find_by_id(&mut reader.tx()?, caller.shard, caller.device.id, id.order).await?;
    found.filter(|order| order.matches_instance_id(id)).ok_or(Error::UnknownOrder)
}

/// The same with a token in place of a caller, for the many calls in which everything is right: one read. `None` when
/// anything was not as it should be; what it was, [`crate::token::caller`] and [`info`] find out.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::TooOften`].
pub async fn find_for_token(app: &App, token: &str, instance: &str) -> Result<Option<Order>> {
    let (Ok(of), Ok(id)) = (token::device_claims(app, token).await, InstanceId::parse(instance)) else {
        return Ok(None);
    };
    let DeviceClaims { shard, device, access_version: access, .. } = of;
    limit::count_device_call(app, device)?;
    let found =
        order::find_for_token(&mut app.db.reader().await?.autocommit()?, shard, id.order, (device, access)).await?;
    let found = found.filter(|order| order.matches_instance_id(id));
    if found.is_none() {
        limit::refund_device_call(app, device);
    }
    Ok(found)
}

/// A device's newest orders, for its owner. Test orders are not shown (docs/spec/setup-pages.md#order-list).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_for_device(app: &App, caller: &DeviceCaller) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    let orders = order::list_by_device(&mut reader.tx()?, caller.shard, caller.device.id, 50).await?;
    Ok(orders.into_iter().filter(|order| !order.test).collect())
}

/// A customer's orders that are not over, oldest first, of devices that left too; at most a hundred. Test orders are not
/// shown.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_open_for_customer(app: &App, customer: CustomerId) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    Ok(order::list_open_by_customer(&mut reader.tx()?, customer, 100).await?)
}

/// CancelTestOrder: frees the lock of one slot, or of all. Returns the slots concerned and whether each is free now.
///
/// # Errors
/// [`Error::NotTestDevice`], [`Error::Unavailable`].
pub async fn cancel_test_orders(app: &App, caller: &DeviceCaller, slot: Option<SlotId>) -> Result<Vec<(SlotId, bool)>> {
    if !caller.device.test {
        return Err(Error::NotTestDevice);
    }
    let slots = match slot {
        Some(slot) => vec![slot],
        None => {
            let mut reader = app.db.reader().await?;
            model::list_slots(&mut reader.tx()?, caller.device.model).await?.into_iter().map(|slot| slot.id).collect()
        }
    };
    let now = app.now();
    let slots = slots.into_iter().map(|slot| (slot, EventIds::allocate(app, now))).collect();
    Ok(app.db.write(CancelTestOrders { shard: caller.shard, device: caller.device.clone(), slots, now }).await?)
}

struct CancelTestOrders {
    shard: i64,
    device: Device,
    slots: Vec<(SlotId, EventIds)>,
    now: Time,
}

impl Command for CancelTestOrders {
    type Output = Vec<(SlotId, bool)>;
    fn ordering_key(&self) -> u64 {
        crate::device::command_key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let mut held = Vec::with_capacity(self.slots.len());
        for (slot, _) in &self.slots {
            let open = subscription::lock(tx, self.shard, self.device.id, slot).await?.and_then(|sub| sub.open_order);
            held.push(match open {
                Some(id) => order::lock(tx, self.shard, self.device.id, id).await?,
                None => None,
            });
        }
        let mut states = Vec::with_capacity(self.slots.len());
        for ((slot, stamp), order) in self.slots.iter().zip(held) {
            let free = match order {
                None => true,
                Some(mut order) => match order.cancel(CancelRequester::CancelTestOrder, self.now) {
                    Ok(change) => {
                        save_and_notify(tx, self.shard, &self.device, &order, change, (*stamp, self.now)).await?;
                        true
                    }
                    Err(refused) => refused == CancelError::AlreadyFinal,
                },
            };
            states.push((slot.clone(), free));
        }
        Ok(states)
    }
}

/// The customer, by either of their ways, cancels an order of a device of theirs within its window.
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::NotCancelled`], [`Error::Unavailable`].
pub async fn cancel_order(app: &App, caller: &DeviceCaller, instance: &str, by: CancelRequester) -> Result<()> {
    let order = find_for_device(app.db.reader().await?, caller, instance).await?;
    let now = app.now();
    let command = CancelOrder {
        shard: caller.shard,
        device: caller.device.clone(),
        slot: order.slot,
        id: order.id,
        canceller: by,
        event_ids: EventIds::allocate(app, now),
        now,
    };
    Ok(app.db.write(command).await??)
}

struct CancelOrder {
    shard: i64,
    device: Device,
    slot: SlotId,
    id: OrderId,
    canceller: CancelRequester,
    event_ids: EventIds,
    now: Time,
}

impl Command for CancelOrder {
    type Output = Result<(), CancelError>;
    fn ordering_key(&self) -> u64 {
        crate::device::command_key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        subscription::lock(tx, self.shard, self.device.id, &self.slot).await?;
        let found = order::lock(tx, self.shard, self.device.id, self.id).await?;
        let Some(mut order) = found else { return Ok(Err(CancelError::AlreadyFinal)) };
        match order.cancel(self.canceller, self.now) {
            Ok(change) => {
                save_and_notify(tx, self.shard, &self.device, &order, change, (self.event_ids, self.now)).await.map(Ok)
            }
            Err(refused) => Ok(Err(refused)),
        }
    }
}

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

/// Does what is due for one order, if it still is: another node may have been quicker.
///
/// # Errors
/// [`Error::Unavailable`].
pub(crate) async fn advance(app: &App, shard: i64, id: OrderId, stamp: EventIds) -> Result<Option<OrderTransition>> {
    let device = {
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let Some(device) = order::find_device(&mut tx, shard, id).await? else { return Ok(None) };
        device::find_by_id(&mut tx, shard, device).await?.ok_or_else(|| Error::missing_row("an order's device"))?
    };
    let (now, shards, timing) = (app.now(), app.db.shards(), app.settings.timing);
    Ok(app.db.write(AdvanceOrder { shard, device, id, event_ids: stamp, shards, timing, now }).await?)
}

struct AdvanceOrder {
    shard: i64,
    device: Device,
    id: OrderId,
    event_ids: EventIds,
    shards: Shards,
    timing: OrderTiming,
    now: Time,
}

impl Command for AdvanceOrder {
    type Output = Option<OrderTransition>;
    fn ordering_key(&self) -> u64 {
        crate::device::command_key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let Some((sub, mut order)) = lock_order(tx, self.shard, self.device.id, self.id).await? else {
            return Ok(None);
        };
        let problem = self.evaluate_hold(tx, sub, &mut order).await?;
        let Some(change) = order.advance(self.now, problem, &self.timing) else { return Ok(None) };
        save_and_notify(tx, self.shard, &self.device, &order, change, (self.event_ids, self.now)).await?;
        Ok(Some(OrderTransition { at: self.now, instance: order.instance_id(), slot: order.slot, change }))
    }
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
