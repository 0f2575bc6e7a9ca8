//! Giving an event to its receivers, in the transaction that writes it.
//!
//! What it is: the event's row, and a message for each topic that is confirmed at that moment for its device's security
//! profile. An event that nobody hears costs its row and the question who hears. What it is not: sending. Invariant: what an
//! event and its messages are called is drawn before the transaction; a command takes a device's row after those of its
//! slots and orders, so that no two wait for each other crosswise.

use crate::App;
use opendrs_domain::device::Device;
use opendrs_domain::id::{DeliveryId, EventId, TopicId};
use opendrs_domain::notification::Event;
use opendrs_domain::time::Time;
use opendrs_domain::version::Version;
use opendrs_store::{Result, Tx, delivery as store, outbox, topic as topics};
use uuid::Uuid;

/// What a change that may be told of is given beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    /// The event's id, and the mail's.
    pub(crate) event: EventId,
    /// The message's id that the first receiver is sent; the others' count on from it.
    pub(crate) first: u128,
    /// The mail is kept as it is written, since nobody would send it.
    pub(crate) mail_kept: bool,
}

impl Stamp {
    /// Draws the ids, of which those of events rise.
    pub(crate) fn draw(app: &App, now: Time) -> Self {
        Self {
            event: EventId(app.ids.ordered(now)),
            first: app.passing.ordered(now).as_u128(),
            mail_kept: app.settings.mail.kept,
        }
    }
}

/// Who hears of what a device does.
pub(crate) async fn receivers(tx: &mut Tx<'_>, device: &Device) -> Result<Vec<TopicId>> {
    topics::of_client(tx, device.client).await
}

/// Writes an event of a device and gives it to whoever hears of the device.
pub(crate) async fn tell(tx: &mut Tx<'_>, shard: i64, device: &Device, event: &Event, first: u128) -> Result<()> {
    let receivers = receivers(tx, device).await?;
    tell_to(tx, &Telling { shard, device, event, first, version: None }, &receivers).await
}

/// An event of a device that is to be told.
pub(crate) struct Telling<'a> {
    pub(crate) shard: i64,
    pub(crate) device: &'a Device,
    pub(crate) event: &'a Event,
    /// The first message's id.
    pub(crate) first: u128,
    /// The version of its messages, if not the model's.
    pub(crate) version: Option<Version>,
}

/// Writes an event and gives it to these receivers.
pub(crate) async fn tell_to(tx: &mut Tx<'_>, telling: &Telling<'_>, receivers: &[TopicId]) -> Result<()> {
    let Telling { shard, device, event, first, version } = *telling;
    outbox::push(tx, shard, device.id, event).await?;
    if receivers.is_empty() {
        return Ok(());
    }
    // Whoever holds the device has waited for what it put before: messages of an earlier event are seen.
    let Some(line) = store::line(tx, shard, (device.id, device.model), event.kind().wire_name()).await? else {
        return Ok(());
    };
    let version = match version {
        Some(version) => version.to_string(),
        None => line.version.clone().unwrap_or_else(|| Version::V2.to_string()),
    };
    for (n, topic) in (0_u128..).zip(receivers) {
        let id = DeliveryId(Uuid::from_u128(first + n));
        store::give(tx, &line, (id, *topic), event.id, &version, event.at).await?;
    }
    Ok(())
}
