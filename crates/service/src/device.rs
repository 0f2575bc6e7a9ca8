//! Devices: DeviceStatus, deregistration, the customer's list.

use crate::mail::queue;
use crate::notification::{ChangeContext, EventIds, record_event};
use crate::token::DeviceCaller;
use crate::{App, Error, FormError, Result, ordering_key};
use opendrs_domain::device::{Device, DeviceRef, NamedDevice};
use opendrs_domain::id::{CustomerId, DeviceId, MakerId};
use opendrs_domain::mail::MailContent;
use opendrs_domain::maker::Maker;
use opendrs_domain::model::Model;
use opendrs_domain::notification::{Event, EventFacts};
use opendrs_domain::reading::DeviceStatus;
use opendrs_domain::text::DeviceName;
use opendrs_domain::time::Time;
use opendrs_store::{Command, Tx, device, maker, model};

/// DeviceStatus: stores the time of the last use durably, before the answer.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn record_status(app: &App, caller: &DeviceCaller, status: &DeviceStatus) -> Result<()> {
    let active_at = status.active_at;
    Ok(app
        .db
        .write(RecordActivity {
            command_key: ordering_key::for_device(&caller.device),
            device: caller.device_ref(),
            active_at,
        })
        .await?)
}

struct RecordActivity {
    command_key: u64,
    device: DeviceRef,
    active_at: Time,
}

impl Command for RecordActivity {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        self.command_key
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        device::record_activity(tx, self.device, self.active_at).await
    }
}

/// Ends the caller's registration. Every token and code of it is refused from now on, on every node. An open order
/// continues. `named` is the model and serial in the path of version 1.0; it must be the caller.
///
/// # Errors
/// [`Error::OtherDevice`], [`Error::InvalidToken`] when it ended meanwhile, [`Error::Unavailable`].
pub async fn deregister(app: &App, caller: &DeviceCaller, named: Option<(&str, &str)>) -> Result<()> {
    if let Some((model, serial)) = named
        && (model != caller.device.model_code.as_str() || serial != caller.device.serial.as_str())
    {
        let clip = |text: &str| text.chars().filter(|c| !c.is_control()).take(64).collect();
        return Err(Error::OtherDevice { model: clip(model), serial: clip(serial) });
    }
    if write_deregistration(app, caller.shard, caller.device.clone()).await? {
        Ok(())
    } else {
        Err(Error::InvalidToken)
    }
}

/// Ends a registration on request of its owner or of an operator, who need no token of the device. `false` if it had
/// ended before.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn remove(app: &App, device: Device) -> Result<bool> {
    write_deregistration(app, app.db.shards().for_unit(device.model, &device.serial), device).await
}

async fn write_deregistration(app: &App, shard: i64, device: Device) -> Result<bool> {
    let now = app.now();
    Ok(app.db.write(DeregisterDevice { shard, device, event_ids: EventIds::allocate(app, now), now }).await?)
}

struct DeregisterDevice {
    shard: i64,
    device: Device,
    event_ids: EventIds,
    now: Time,
}

impl Command for DeregisterDevice {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        end_registration_and_mail(tx, self.device.in_shard(self.shard), self.event_ids.at(self.now)).await
    }
}

/// Ends a registration, and records the event and the mail; `false` if it had ended before.
pub(crate) async fn end_registration_and_mail(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    context: ChangeContext,
) -> opendrs_store::Result<bool> {
    let Some(found) = device::lock(tx, device).await? else { return Ok(false) };
    let ended = end_registration(tx, device.shard, &found, context).await?;
    if ended {
        queue::enqueue(tx, device.shard, &found, MailContent::Deregistered, context).await?;
    }
    Ok(ended)
}

/// Ends a registration, and records the event; `false` if it had ended before.
pub(crate) async fn end_registration(
    tx: &mut Tx<'_>,
    shard: i64,
    found: &Device,
    ChangeContext { ids, now }: ChangeContext,
) -> opendrs_store::Result<bool> {
    let ended = device::end_registration(tx, shard, found, now).await?;
    if ended {
        let event = Event::new(ids.event_id, now, found, EventFacts::Deregistered);
        record_event(tx, shard, found, &event, ids.first_message_id).await?;
    }
    Ok(ended)
}

/// The devices of a customer with their names.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list_for_customer(app: &App, customer: CustomerId) -> Result<Vec<NamedDevice>> {
    let mut reader = app.db.reader().await?;
    Ok(device::list_by_customer(&mut reader.tx()?, customer).await?)
}

/// Finds a registered device of a customer, with its names.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_owned(app: &App, owner: CustomerId, id: DeviceId) -> Result<Option<NamedDevice>> {
    let mut reader = app.db.reader().await?;
    let found = device::find_by_customer(&mut reader.tx()?, owner, id).await?;
    Ok(found.filter(|found| found.device.deregistered_at.is_none()))
}

/// Gives a device the name that its owner typed. With an empty text it has the name of its model again.
///
/// # Errors
/// [`FormError::InvalidDeviceName`]; [`Error::InvalidToken`] when the registration ended meanwhile;
/// [`Error::Unavailable`].
pub async fn rename(app: &App, caller: &DeviceCaller, typed: &str) -> Result<Option<DeviceName>> {
    let name = DeviceName::parse_typed(typed).map_err(|_| FormError::InvalidDeviceName)?;
    let command = RenameDevice { shard: caller.shard, device: caller.device.clone(), name: name.clone() };
    if app.db.write(command).await? { Ok(name) } else { Err(Error::InvalidToken) }
}

struct RenameDevice {
    shard: i64,
    device: Device,
    name: Option<DeviceName>,
}

impl Command for RenameDevice {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_device(&self.device)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let Self { shard, device, name } = self;
        device::set_name(tx, device.in_shard(*shard), device.customer, name.as_ref()).await
    }
}

/// Loads the names of a caller's device.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load_named(app: &App, caller: &DeviceCaller) -> Result<NamedDevice> {
    let mut reader = app.db.reader().await?;
    device::find_named(&mut reader.tx()?, caller.device_ref())
        .await?
        .ok_or_else(|| Error::missing_row("a caller's device"))
}

/// Loads the model of a device.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load_model(app: &App, of: &Device) -> Result<Model> {
    let mut reader = app.db.reader().await?;
    model::find_by_id(&mut reader.tx()?, of.model).await?.ok_or_else(|| Error::missing_row("a device's model"))
}

/// Loads the maker of a device or of a model.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load_maker(app: &App, id: MakerId) -> Result<Maker> {
    let mut reader = app.db.reader().await?;
    maker::find_by_id(&mut reader.tx()?, id).await?.ok_or_else(|| Error::missing_row("the maker of a model"))
}

/// The model with the composite id that the teaser page was opened with.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find_model_by_composite_id(app: &App, composite: &str) -> Result<Option<Model>> {
    let Ok(id) = opendrs_domain::id::CompositeId::parse(composite) else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(model::find_by_composite_id(&mut reader.tx()?, id).await?)
}
