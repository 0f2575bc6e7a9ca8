//! Notifications on request, for tests of receivers: no change causes them.
//!
//! What it is: an event of a registered device, with facts from the store, that goes through outbox and delivery like
//! any other. So nothing on the wire distinguishes it. What it is not: a change of the device, its slots or orders.
//! Invariant: only a server with a test clock does it.

use crate::notification::{EventIds, NewEvent, fan_out_event, find_receivers};
use crate::{App, Error, Result};
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::{EventId, InstanceId, ModelId, OrderId};
use opendrs_domain::notification::{Event, EventFacts, NotificationType, ProductInfo};
use opendrs_domain::order::{OrderNotification, OrderTiming};
use opendrs_domain::text::{Serial, SlotId};
use opendrs_domain::time::Time;
use opendrs_domain::version::Version;
use opendrs_store::{Command, Tx, device, model, order, product, subscription};

/// How many models one query reads.
const PAGE_SIZE: i64 = 200;

/// The notification to be sent.
#[derive(Clone, Debug)]
pub struct TriggerNotification {
    /// The notification type.
    pub kind: NotificationType,
    /// The device: its serial, or its model's code, a slash and its serial.
    pub device: String,
    /// The slot. Only notifications about orders have one, and a device with a single slot does not need it.
    pub slot: Option<String>,
    /// The version, instead of the one that the model has.
    pub version: Option<Version>,
}

/// What was sent.
#[derive(Clone, Debug)]
pub struct TriggerReport {
    /// The event.
    pub event: Event,
    /// The number of receivers.
    pub receiver_count: usize,
}

/// Sends a notification as if its change had happened.
///
/// # Errors
/// [`Error::InvalidCommand`] names what does not exist; [`Error::Unavailable`].
pub async fn trigger(app: &App, what: TriggerNotification) -> Result<TriggerReport> {
    if app.test_clock().is_none() {
        return Err(Error::InvalidCommand("this server sends nothing on request: start it with --test-clock".into()));
    }
    let (shard, device) = find_device(app, &what.device).await?;
    let now = app.now();
    let facts = match order_notification_of(what.kind) {
        Some(told) => build_order_facts(app, shard, &device, told, what.slot.as_deref(), now).await?,
        None => {
            let mut reader = app.db.reader().await?;
            let slots = subscription::list_slots(&mut reader.tx()?, device.in_shard(shard)).await?;
            match what.kind {
                NotificationType::DeviceRegistered => EventFacts::Registered,
                NotificationType::DeviceDeregistered => EventFacts::Deregistered,
                _ => EventFacts::Subscription(slots),
            }
        }
    };
    let event_ids = EventIds::allocate(app, now);
    let event = Event::new(event_ids.event_id, now, &device, facts);
    let command = RecordTriggeredEvent {
        shard,
        device,
        event: event.clone(),
        first_message_id: event_ids.first_message_id,
        version: what.version,
    };
    Ok(TriggerReport { event, receiver_count: app.db.write(command).await? })
}

fn order_notification_of(kind: NotificationType) -> Option<OrderNotification> {
    [OrderNotification::Placed, OrderNotification::Shipped, OrderNotification::Cancelled]
        .into_iter()
        .find(|told| NotificationType::from(*told) == kind)
}

/// The registered device with a name. There are few models, so each one is searched for the unit.
async fn find_device(app: &App, name: &str) -> Result<(i64, Device)> {
    let (code, serial) = name.rsplit_once('/').map_or((None, name), |(code, serial)| (Some(code), serial));
    let serial = Serial::parse(serial).map_err(|e| Error::InvalidCommand(e.to_string()))?;
    let (mut found, mut last) = (Vec::new(), ModelId(uuid::Uuid::nil()));
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    loop {
        let page = model::list_after(&mut tx, last, PAGE_SIZE).await?;
        let Some(end) = page.last() else { break };
        last = end.id;
        for model in page.iter().filter(|model| code.is_none_or(|code| model.code.as_str() == code)) {
            let shard = app.db.shards().for_unit(model.id, &serial);
            if let Some(id) = device::find_by_unit(&mut tx, shard, model.id, &serial).await? {
                found.extend(device::find_by_id(&mut tx, DeviceRef { shard, id }).await?.map(|device| (shard, device)));
            }
        }
    }
    let Some(device) = found.pop() else {
        return Err(Error::InvalidCommand(format!("no device {name} is registered: `opendrs device link` links one")));
    };
    if found.is_empty() {
        return Ok(device);
    }
    let all = found.iter().chain([&device]).map(|(_, d)| format!("{}/{}", d.model_code, d.serial)).collect::<Vec<_>>();
    Err(Error::InvalidCommand(format!("several devices are called {name}: write which one, of {}", all.join(", "))))
}

/// The facts of an order's notification: of the order that locks the slot, or else of a possible one.
async fn build_order_facts(
    app: &App,
    shard: i64,
    device: &Device,
    told: OrderNotification,
    slot: Option<&str>,
    now: Time,
) -> Result<EventFacts> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let slots = model::list_slots(&mut tx, device.model).await?;
    let known = || slots.iter().map(|slot| slot.id.as_str()).collect::<Vec<_>>().join(", ");
    let slot = match slot {
        Some(name) => slots.iter().find(|slot| slot.id.as_str() == name).ok_or_else(|| {
            Error::InvalidCommand(format!("device model {} has no slot {name}; it has {}", device.model_code, known()))
        })?,
        None => match slots.as_slice() {
            [only] => only,
            _ => return Err(Error::InvalidCommand(format!("this type tells of one slot: name it, of {}", known()))),
        },
    };
    let subs = subscription::list_by_device(&mut tx, device.in_shard(shard)).await?;
    let sub = subs.iter().find(|sub| sub.slot == slot.id);
    if let Some(id) = sub.and_then(|sub| sub.open_order)
        && let Some(order) = order::find_by_id(&mut tx, device.in_shard(shard), id).await?
    {
        let mut event = Event::for_order(EventId(uuid::Uuid::nil()), now, device, &order, told);
        if let EventFacts::Order { expected_at, .. } = &mut event.facts {
            expected_at.get_or_insert(expected_arrival(device, &app.settings.timing, now));
        }
        return Ok(event.facts);
    }
    let asin = sub.and_then(|sub| sub.asin.clone()).or_else(|| slot.products.first().cloned());
    let product = match asin {
        Some(asin) => product::find_by_asin(&mut tx, &asin).await?,
        None => None,
    };
    let product =
        product.ok_or_else(|| Error::InvalidCommand(format!("slot {} has no product to tell of", slot.id)))?;
    let instance = InstanceId { device: device.id, order: OrderId(app.ids.ordered_uuid(now)) };
    Ok(EventFacts::Order {
        told,
        instance: instance.to_string(),
        slot: SlotId::clone(&slot.id),
        product: ProductInfo { asin: product.asin.to_string(), quantity: product.quantity, unit: product.unit },
        expected_at: Some(expected_arrival(device, &app.settings.timing, now)),
    })
}

/// The expected arrival of an order that is placed now.
fn expected_arrival(device: &Device, timing: &OrderTiming, now: Time) -> Time {
    if device.test {
        now + timing.test_ship_after + timing.test_deliver_after
    } else {
        now + timing.cancel_window + timing.ship_after + timing.deliver_after
    }
}

struct RecordTriggeredEvent {
    shard: i64,
    device: Device,
    event: Event,
    first_message_id: u128,
    /// The version, which is not stored with the event.
    version: Option<Version>,
}

impl Command for RecordTriggeredEvent {
    type Output = usize;
    fn ordering_key(&self) -> u64 {
        crate::ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<usize> {
        let Self { shard, device, event, first_message_id: first, version } = self;
        let receivers = find_receivers(tx, device).await?;
        fan_out_event(
            tx,
            &NewEvent { shard: *shard, device, event, first_message_id: *first, version: *version },
            &receivers,
        )
        .await?;
        Ok(receivers.len())
    }
}
