//! Orders: GetOrderInfo, CancelTestOrder, the customer's cancel, and what falls due. Replenish is in [`place`].
//!
//! Invariant: an order, its slot's lock and the event that tells of it change in one transaction. Every command takes
//! the slot's subscription row first, the order's row second and, where somebody is to be told, the device's last, so two of
//! them never wait for each other crosswise.

use crate::delivery::{self, Stamp, Telling};
use crate::fulfilment;
use crate::token::{self, Caller, DeviceToken};
use crate::{App, Error, Result, limit};
use opendrs_domain::device::Device;
use opendrs_domain::id::{CustomerId, DeviceId, InstanceId, OrderId, TopicId};
use opendrs_domain::notification::Event;
use opendrs_domain::order::{Canceller, Change, NotCancelled, Order, Timing};
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Reader, Shards, Tx, Write, device, model, order, subscription};

mod held;
mod place;
pub use held::{Owned, Word, answer, of_customer, set_address};
pub use place::{Replenished, at_once, replenish};

/// Tells the maker of a change, and writes the mail that tells the customer.
async fn tell(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: Change,
    (stamp, now): (Stamp, Time),
    receivers: &[TopicId],
) -> opendrs_store::Result<()> {
    crate::mail::of_order(tx, shard, device, order, change, (stamp, now)).await?;
    let Some(told) = change.told else { return Ok(()) };
    let event = Event::of_order(stamp.event, now, device, order, told);
    let telling = Telling { shard, device, event: &event, first: stamp.first, version: None };
    delivery::tell_to(tx, &telling, receivers).await
}

/// Saves a changed order, gives its slot's lock back if it is over, and tells the maker.
pub(crate) async fn save(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    order: &Order,
    change: Change,
    (stamp, now): (Stamp, Time),
) -> opendrs_store::Result<()> {
    // Asked before anything is put, which a question would wait for.
    let receivers = match change.told {
        Some(_) => delivery::receivers(tx, device).await?,
        None => Vec::new(),
    };
    order::save(tx, shard, order).await?;
    fulfilment::hand_over(tx, shard, order, now).await?;
    if order.state.is_over() {
        subscription::free_lock(tx, shard, device.id, &order.slot, order.id).await?;
    }
    tell(tx, shard, device, order, change, (stamp, now), &receivers).await
}

/// GetOrderInfo. An order of another device is answered as one that does not exist: the order's row says whose it is.
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::Unavailable`].
pub async fn info(mut reader: Reader<'_>, caller: &Caller, instance: &str) -> Result<Order> {
    let id = InstanceId::parse(instance).map_err(|_| Error::UnknownOrder)?;
    let found = order::by_id(&mut reader.tx()?, caller.shard, caller.device.id, id.order).await?;
    found.filter(|order| order.is_named_by(id)).ok_or(Error::UnknownOrder)
}

/// The same with a token in place of a caller, for the many calls in which everything is right: one read. `None` when
/// anything was not as it should be; what it was, [`crate::token::caller`] and [`info`] find out.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::TooOften`].
pub async fn told(app: &App, token: &str, instance: &str) -> Result<Option<Order>> {
    let (Ok(of), Ok(id)) = (token::of_device(app, token).await, InstanceId::parse(instance)) else { return Ok(None) };
    let DeviceToken { shard, device, access, .. } = of;
    limit::device(app, device)?;
    let found = order::told(&mut app.db.reader().await?.once()?, shard, id.order, (device, access)).await?;
    let found = found.filter(|order| order.is_named_by(id));
    if found.is_none() {
        limit::device_again(app, device);
    }
    Ok(found)
}

/// A device's newest orders, for its owner. Test orders are not shown (docs/spec/setup-pages.md#order-list).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn history(app: &App, caller: &Caller) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    let orders = order::of_device(&mut reader.tx()?, caller.shard, caller.device.id, 50).await?;
    Ok(orders.into_iter().filter(|order| !order.test).collect())
}

/// A customer's orders that are not over, oldest first, of devices that left too; at most a hundred. Test orders are not
/// shown.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn open_of_customer(app: &App, customer: CustomerId) -> Result<Vec<Order>> {
    let mut reader = app.db.reader().await?;
    Ok(order::open_of_customer(&mut reader.tx()?, customer, 100).await?)
}

/// CancelTestOrder: frees the lock of one slot, or of all. Returns the slots concerned and whether each is free now.
///
/// # Errors
/// [`Error::NotTestDevice`], [`Error::Unavailable`].
pub async fn cancel_test(app: &App, caller: &Caller, slot: Option<SlotId>) -> Result<Vec<(SlotId, bool)>> {
    if !caller.device.test {
        return Err(Error::NotTestDevice);
    }
    let slots = match slot {
        Some(slot) => vec![slot],
        None => {
            let mut reader = app.db.reader().await?;
            model::slots(&mut reader.tx()?, caller.device.model).await?.into_iter().map(|slot| slot.id).collect()
        }
    };
    let now = app.now();
    let slots = slots.into_iter().map(|slot| (slot, Stamp::draw(app, now))).collect();
    Ok(app.db.write(CancelTest { shard: caller.shard, device: caller.device.clone(), slots, now }).await?)
}

struct CancelTest {
    shard: i64,
    device: Device,
    slots: Vec<(SlotId, Stamp)>,
    now: Time,
}

impl Write for CancelTest {
    type Out = Vec<(SlotId, bool)>;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
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
                Some(mut order) => match order.cancel(Canceller::TestCall, self.now) {
                    Ok(change) => {
                        save(tx, self.shard, &self.device, &order, change, (*stamp, self.now)).await?;
                        true
                    }
                    Err(refused) => refused == NotCancelled::Over,
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
pub async fn cancel(app: &App, caller: &Caller, instance: &str, by: Canceller) -> Result<()> {
    let order = info(app.db.reader().await?, caller, instance).await?;
    let now = app.now();
    let command = Cancel {
        shard: caller.shard,
        device: caller.device.clone(),
        slot: order.slot,
        id: order.id,
        by,
        stamp: Stamp::draw(app, now),
        now,
    };
    Ok(app.db.write(command).await??)
}

struct Cancel {
    shard: i64,
    device: Device,
    slot: SlotId,
    id: OrderId,
    by: Canceller,
    stamp: Stamp,
    now: Time,
}

impl Write for Cancel {
    type Out = Result<(), NotCancelled>;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        subscription::lock(tx, self.shard, self.device.id, &self.slot).await?;
        let found = order::lock(tx, self.shard, self.device.id, self.id).await?;
        let Some(mut order) = found else { return Ok(Err(NotCancelled::Over)) };
        match order.cancel(self.by, self.now) {
            Ok(change) => save(tx, self.shard, &self.device, &order, change, (self.stamp, self.now)).await.map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    }
}

/// Something that fell due and was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// When.
    pub at: Time,
    /// The order.
    pub instance: InstanceId,
    /// Its slot.
    pub slot: SlotId,
    /// What happened to it.
    pub change: Change,
}

/// Does what is due for one order, if it still is: another node may have been quicker.
///
/// # Errors
/// [`Error::Unavailable`].
pub(crate) async fn fire(app: &App, shard: i64, id: OrderId, stamp: Stamp) -> Result<Option<Fired>> {
    let device = {
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let Some(device) = order::device_of(&mut tx, shard, id).await? else { return Ok(None) };
        device::by_id(&mut tx, shard, device).await?.ok_or_else(|| Error::missing("an order's device"))?
    };
    let (now, shards, timing) = (app.now(), app.db.shards(), app.settings.timing);
    Ok(app.db.write(Fire { shard, device, id, stamp, shards, timing, now }).await?)
}

struct Fire {
    shard: i64,
    device: Device,
    id: OrderId,
    stamp: Stamp,
    shards: Shards,
    timing: Timing,
    now: Time,
}

impl Write for Fire {
    type Out = Option<Fired>;
    fn key(&self) -> u64 {
        crate::device::key(self.device.model, &self.device.serial)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let Some((sub, mut order)) = lock(tx, self.shard, self.device.id, self.id).await? else { return Ok(None) };
        let problem = self.look(tx, sub, &mut order).await?;
        let Some(change) = order.due(self.now, problem, &self.timing) else { return Ok(None) };
        save(tx, self.shard, &self.device, &order, change, (self.stamp, self.now)).await?;
        Ok(Some(Fired { at: self.now, instance: order.instance(), slot: order.slot, change }))
    }
}

/// Locks an order of a device and before it the subscription of its slot; nothing where the order is another device's.
pub(crate) async fn lock(
    tx: &mut Tx<'_>,
    shard: i64,
    device: DeviceId,
    id: OrderId,
) -> opendrs_store::Result<Option<(Option<Subscription>, Order)>> {
    let Some(seen) = order::by_id(tx, shard, device, id).await? else { return Ok(None) };
    let sub = subscription::lock(tx, shard, device, &seen.slot).await?;
    Ok(order::lock(tx, shard, device, id).await?.map(|order| (sub, order)))
}
