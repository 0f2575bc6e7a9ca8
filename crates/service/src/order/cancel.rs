//! Cancelling orders: CancelTestOrder, and cancellation by the customer.
//!
//! Not here: whether an order may be cancelled ([`opendrs_domain::order`]). Invariant: a device cancels test orders
//! only, and a customer standard orders only.

use super::find::find_for_device;
use super::transition::save_and_notify;
use crate::notification::EventIds;
use crate::token::DeviceCaller;
use crate::{App, Error, Result};
use opendrs_domain::device::Device;
use opendrs_domain::id::OrderId;
use opendrs_domain::order::{CancelError, CancelRequester};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, model, order, subscription};

/// Whether a slot can take an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotLockState {
    /// The slot.
    pub slot: SlotId,
    /// Whether no order locks it.
    pub is_free: bool,
}

/// CancelTestOrder: frees the lock of one slot, or of all. Returns the slots concerned.
///
/// # Errors
/// [`Error::NotTestDevice`], [`Error::Unavailable`].
pub async fn cancel_test_orders(app: &App, caller: &DeviceCaller, slot: Option<SlotId>) -> Result<Vec<SlotLockState>> {
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
    type Output = Vec<SlotLockState>;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let mut held = Vec::with_capacity(self.slots.len());
        for (slot, _) in &self.slots {
            let open =
                subscription::lock(tx, self.device.in_shard(self.shard), slot).await?.and_then(|sub| sub.open_order);
            held.push(match open {
                Some(id) => order::lock(tx, self.device.in_shard(self.shard), id).await?,
                None => None,
            });
        }
        let mut states = Vec::with_capacity(self.slots.len());
        for ((slot, event_ids), order) in self.slots.iter().zip(held) {
            let is_free = match order {
                None => true,
                Some(mut order) => match order.cancel(CancelRequester::CancelTestOrder, self.now) {
                    Ok(change) => {
                        save_and_notify(tx, self.shard, &self.device, &order, change, event_ids.at(self.now)).await?;
                        true
                    }
                    Err(refused) => refused == CancelError::AlreadyFinal,
                },
            };
            states.push(SlotLockState { slot: slot.clone(), is_free });
        }
        Ok(states)
    }
}

/// Cancels an order of a device, as its customer, within the cancel window.
///
/// # Errors
/// [`Error::UnknownOrder`], [`Error::CancelRejected`], [`Error::Unavailable`].
pub async fn cancel_order(app: &App, caller: &DeviceCaller, instance: &str, by: CancelRequester) -> Result<()> {
    let order = find_for_device(app, caller, instance).await?;
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
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        subscription::lock(tx, self.device.in_shard(self.shard), &self.slot).await?;
        let found = order::lock(tx, self.device.in_shard(self.shard), self.id).await?;
        let Some(mut order) = found else { return Ok(Err(CancelError::AlreadyFinal)) };
        match order.cancel(self.canceller, self.now) {
            Ok(change) => {
                save_and_notify(tx, self.shard, &self.device, &order, change, self.event_ids.at(self.now)).await.map(Ok)
            }
            Err(refused) => Ok(Err(refused)),
        }
    }
}
