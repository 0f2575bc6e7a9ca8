//! Fan-out: the transaction that writes an event also writes a message for each of its receivers.
//!
//! What it is: the event's row, and a message for each receiver that is confirmed at that time for the device's
//! security profile. What it is not: sending ([`crate::delivery`]). Invariant: a command locks a device's row after
//! those of its slots and orders, so that two commands never deadlock.

use opendrs_domain::device::Device;
use opendrs_domain::id::{DeliveryId, ReceiverId};
use opendrs_domain::notification::Event;
use opendrs_domain::version::Version;
use opendrs_store::{Result, Tx, delivery as store, outbox, receiver as receivers};
use uuid::Uuid;

/// The receivers of a device's events.
pub(crate) async fn find_receivers(tx: &mut Tx<'_>, device: &Device) -> Result<Vec<ReceiverId>> {
    receivers::list_confirmed_by_client(tx, device.client).await
}

/// Writes an event of a device, with a message for each of its receivers.
pub(crate) async fn record_event(
    tx: &mut Tx<'_>,
    shard: i64,
    device: &Device,
    event: &Event,
    first: u128,
) -> Result<()> {
    let receivers = find_receivers(tx, device).await?;
    fan_out_event(tx, &NewEvent { shard, device, event, first_message_id: first, version: None }, &receivers).await
}

/// An event of a device that is to be written.
pub(crate) struct NewEvent<'a> {
    pub(crate) shard: i64,
    pub(crate) device: &'a Device,
    pub(crate) event: &'a Event,
    /// The id of the first message.
    pub(crate) first_message_id: u128,
    /// The version of its messages, if it differs from the model's.
    pub(crate) version: Option<Version>,
}

/// Writes an event, with a message for each of these receivers.
pub(crate) async fn fan_out_event(tx: &mut Tx<'_>, telling: &NewEvent<'_>, receivers: &[ReceiverId]) -> Result<()> {
    let NewEvent { shard, device, event, first_message_id: first, version } = *telling;
    outbox::insert(tx, device.in_shard(shard), event).await?;
    if receivers.is_empty() {
        return Ok(());
    }
    // The lock on the device's queue waited for earlier transactions, so the messages of earlier events are visible.
    let Some(line) =
        store::lock_device_queue(tx, device.in_shard(shard), device.model, event.notification_type().wire_name())
            .await?
    else {
        return Ok(());
    };
    let version = match version {
        Some(version) => version.to_string(),
        None => line.version.clone().unwrap_or_else(|| Version::V2.to_string()),
    };
    for (n, receiver) in (0_u128..).zip(receivers) {
        let id = DeliveryId(Uuid::from_u128(first + n));
        store::enqueue(tx, &line, id, *receiver, event.id, &version, event.at).await?;
    }
    Ok(())
}
