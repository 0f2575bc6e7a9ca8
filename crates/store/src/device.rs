//! Devices: registered units.
//!
//! Invariant: a unit has at most one registration that has not ended.

use crate::access::AccessVersion;
use crate::customer::read_recipient;
use crate::model::NAMES;
use crate::queries::Query;
use crate::translations::StoredTranslations;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::device::{Device, DeviceRef, NamedDevice, RevokedFamilies};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId, MakerId, ModelId};
use opendrs_domain::login::refresh_rotation::RotationState;
use opendrs_domain::order::Recipient;
use opendrs_domain::text::{DeviceName, Serial, SlotId};
use opendrs_domain::time::Time;

/// The number of a device's columns, before those that a query adds.
const DEVICE_COLUMNS: usize = 14;

impl FromRow for Device {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let revoked: String = row.get(12)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 12, found };
        Ok(Self {
            id: row.get(0)?,
            model: row.get(1)?,
            model_code: row.get(2)?,
            serial: row.get(3)?,
            maker: row.get(4)?,
            customer: row.get(5)?,
            directed_customer_id: row.get(6)?,
            client: row.get(7)?,
            test: row.get(8)?,
            registered_at: row.get(9)?,
            active_at: row.get(10)?,
            deregistered_at: row.get(11)?,
            revoked_families: RevokedFamilies::parse(&revoked).ok_or_else(|| bad(revoked))?,
            suspended_at: row.get(13)?,
        })
    }
}

impl FromRow for NamedDevice {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let (model_name, own_name) = (row.get(DEVICE_COLUMNS)?, row.get(DEVICE_COLUMNS + 1)?);
        let model_names = StoredTranslations::from_row(row, DEVICE_COLUMNS + 2)?.take(NAMES);
        Ok(Self { device: Device::from_row(row)?, model_name, model_names, own_name })
    }
}

/// A device by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Option<Device>> {
    tx.query_opt(Query::DeviceById, params![device.shard, device.id]).await
}

/// A device by id, with its names.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_named(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Option<NamedDevice>> {
    tx.query_opt(Query::DeviceNamed, params![device.shard, device.id]).await
}

/// Sets the owner's name of a device, or removes it; `false` if it is no longer registered for that owner.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_name(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    owner: CustomerId,
    name: Option<&DeviceName>,
) -> Result<bool> {
    Ok(tx.exec(Query::DeviceSetName, params![device.shard, device.id, owner, name]).await? > 0)
}

impl FromRow for DeviceRef {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { shard: row.get(0)?, id: row.get(1)? })
    }
}

impl FromRow for RevokedFamilies {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let revoked: String = row.get(0)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 0, found };
        RevokedFamilies::parse(&revoked).ok_or_else(|| bad(revoked))
    }
}

/// The revoked token families of a device; `None` if it is no longer registered or its owner is blocked.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_revoked_families(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Option<RevokedFamilies>> {
    tx.query_opt(Query::DeviceFamilies, params![device.shard, device.id]).await
}

/// A device, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Option<Device>> {
    tx.query_opt(Query::DeviceForUpdate, params![device.shard, device.id]).await
}

/// A device as the statement that checks a call's token reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceForCall {
    /// The device.
    pub device: Device,
    /// The requested slot, if the device's model has it.
    pub slot: Option<SlotId>,
    /// The access version.
    pub access: AccessVersion,
}

impl FromRow for DeviceForCall {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let access = AccessVersion(row.get(DEVICE_COLUMNS + 1)?);
        Ok(Self { device: Device::from_row(row)?, slot: row.get(DEVICE_COLUMNS)?, access })
    }
}

/// A device, and whether its model has a slot: the only read of the frequent calls.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_with_slot(tx: &mut Tx<'_>, device: DeviceRef, slot: &str) -> Result<Option<DeviceForCall>> {
    tx.query_opt(Query::DeviceWithSlot, params![device.shard, device.id, slot]).await
}

/// What a Replenish call needs of a device.
#[derive(Clone, Debug)]
pub struct DeviceForReplenish {
    /// The device.
    pub device: Device,
    /// The slot, if its model has it.
    pub slot: Option<SlotId>,
    /// The order's recipient.
    pub recipient: Option<Recipient>,
    /// The access version.
    pub access: AccessVersion,
}

/// A row of [`Query::DeviceForReplenish`]. The flag is whether the row includes the customer, which depends on the
/// engine.
struct ReplenishRow(DeviceForReplenish, bool);

impl FromRow for ReplenishRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let known = row.get::<Option<bool>>(DEVICE_COLUMNS + 1)?.unwrap_or_default();
        let recipient = if known { read_recipient(row, DEVICE_COLUMNS + 2)? } else { None };
        let access = AccessVersion(row.get(DEVICE_COLUMNS + 5)?);
        Ok(Self(
            DeviceForReplenish { device: Device::from_row(row)?, slot: row.get(DEVICE_COLUMNS)?, recipient, access },
            known,
        ))
    }
}

struct RecipientRow(Option<Recipient>);

impl FromRow for RecipientRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self(read_recipient(row, 0)?))
    }
}

/// A device, whether its model has a slot, and the recipient of its orders. The shard beside the customer is the
/// customer's.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_for_replenish(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    slot: &SlotId,
    (home, customer): (i64, CustomerId),
) -> Result<Option<DeviceForReplenish>> {
    let of_customer = params![home, customer];
    let beside = tx.send(Query::CustomerRecipient, of_customer).await?;
    let found: Option<ReplenishRow> =
        tx.query_opt(Query::DeviceForReplenish, params![device.shard, device.id, slot, home, customer]).await?;
    let Some(ReplenishRow(mut found, known)) = found else { return Ok(None) };
    if !known {
        found.recipient = tx.rows::<RecipientRow>(beside).await?.pop().and_then(|RecipientRow(recipient)| recipient);
    }
    Ok(Some(found))
}

/// A customer's devices with their names, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Vec<NamedDevice>> {
    tx.query_all(Query::DevicesOfCustomer, params![customer]).await
}

/// A customer's devices of one maker, oldest first, with their names.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_maker(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    maker: MakerId,
    limit: i64,
) -> Result<Vec<NamedDevice>> {
    tx.query_all(Query::DevicesOfMaker, params![customer, maker, limit]).await
}

/// A customer's device by id, with its names. Its registration may have ended.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_customer(tx: &mut Tx<'_>, customer: CustomerId, id: DeviceId) -> Result<Option<NamedDevice>> {
    tx.query_opt(Query::DeviceOfCustomer, params![customer, id]).await
}

/// The current registration of a unit, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_by_unit(tx: &mut Tx<'_>, shard: i64, model: ModelId, serial: &Serial) -> Result<Option<DeviceId>> {
    Ok(tx.query_opt::<(DeviceId,)>(Query::UnitGet, params![shard, model, serial]).await?.map(|(id,)| id))
}

/// The current registration of a unit.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_unit(tx: &mut Tx<'_>, shard: i64, model: ModelId, serial: &Serial) -> Result<Option<DeviceId>> {
    Ok(tx.query_opt::<(DeviceId,)>(Query::UnitRead, params![shard, model, serial]).await?.map(|(id,)| id))
}

/// The ended registrations of a unit by its current owner, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_earlier_registrations(tx: &mut Tx<'_>, unit: &Device, limit: i64) -> Result<Vec<DeviceId>> {
    let found: Vec<(DeviceId,)> =
        tx.query_all(Query::DevicesBefore, params![unit.customer, unit.model, &unit.serial, limit]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Adds a registration for a unit that has none.
///
/// # Errors
/// [`crate::Error`]; [`Error::Conflict`], which causes a retry, if another node registered the unit meanwhile.
pub async fn insert(tx: &mut Tx<'_>, shard: i64, device: &Device) -> Result<()> {
    let Device {
        id,
        model,
        serial,
        customer,
        directed_customer_id: directed_customer,
        client,
        test,
        registered_at,
        ..
    } = device;
    let params = params![shard, *id, *model, serial, *customer, directed_customer, *client, *test, *registered_at];
    tx.exec(Query::DevicePut, params).await?;
    match tx.exec(Query::UnitPut, params![shard, *model, serial, *id]).await? {
        0 => Err(Error::Conflict(format!("the unit {serial} was registered meanwhile"))),
        _ => Ok(()),
    }
}

/// Records what a relink changes.
///
/// # Errors
/// [`crate::Error`].
pub async fn relink(tx: &mut Tx<'_>, device: DeviceRef, client: ClientId, test: bool) -> Result<()> {
    tx.exec_deferred(Query::DeviceRelink, params![device.shard, device.id, client, test]).await
}

/// Ends a registration; `false` if it had ended before.
///
/// # Errors
/// [`crate::Error`].
pub async fn end_registration(tx: &mut Tx<'_>, shard: i64, device: &Device, at: Time) -> Result<bool> {
    tx.exec(Query::UnitDelete, params![shard, device.model, &device.serial, device.id]).await?;
    Ok(tx.exec(Query::DeviceEnd, params![shard, device.id, at]).await? > 0)
}

/// Restores an ended registration for a unit that has none; `false` if it had not ended.
///
/// # Errors
/// [`crate::Error`]; [`Error::Conflict`], which causes a retry, if the unit was registered meanwhile.
pub async fn restore_registration(tx: &mut Tx<'_>, shard: i64, device: &Device) -> Result<bool> {
    if tx.exec(Query::DeviceRestore, params![shard, device.id]).await? == 0 {
        return Ok(false);
    }
    match tx.exec(Query::UnitPut, params![shard, device.model, &device.serial, device.id]).await? {
        0 => Err(Error::Conflict(format!("the unit {} was registered meanwhile", device.serial))),
        _ => Ok(true),
    }
}

/// Records the last use that a device reported. An older time changes nothing.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_activity(tx: &mut Tx<'_>, device: DeviceRef, at: Time) -> Result<()> {
    tx.exec_deferred(Query::DeviceActive, params![device.shard, device.id, at]).await
}

/// Records a device's revoked token families.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_revoked_families(tx: &mut Tx<'_>, device: DeviceRef, revoked: &RevokedFamilies) -> Result<()> {
    tx.exec_deferred(Query::DeviceRevoke, params![device.shard, device.id, &revoked.to_string()]).await
}

/// Suspends all registered devices of a customer from a moment on, or with `None` ends the suspension.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_suspended(tx: &mut Tx<'_>, customer: CustomerId, since: Option<Time>) -> Result<()> {
    tx.exec_deferred(Query::DevicesSuspend, params![customer, since]).await
}

struct DeviceRotationRow(RevokedFamilies, RotationState);

impl FromRow for DeviceRotationRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let rotation: String = row.get(1)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 1, found };
        Ok(Self(RevokedFamilies::from_row(row)?, RotationState::parse(&rotation).ok_or_else(|| bad(rotation))?))
    }
}

/// The revoked token families of a device and the rotation state of the others, locked until this transaction ends.
/// `None` if the device is no longer registered.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_rotation(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Option<(RevokedFamilies, RotationState)>> {
    let found: Option<DeviceRotationRow> =
        tx.query_opt(Query::DeviceRotationLock, params![device.shard, device.id]).await?;
    Ok(found.map(|DeviceRotationRow(revoked, rotation)| (revoked, rotation)))
}

/// Records the revoked token families and the rotation state of the others.
///
/// # Errors
/// [`crate::Error`].
pub async fn save_rotation(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    revoked: &RevokedFamilies,
    rotation: &RotationState,
) -> Result<()> {
    tx.exec_deferred(
        Query::DeviceRotationSet,
        params![device.shard, device.id, &revoked.to_string(), &rotation.to_string()],
    )
    .await
}

/// A registration with its shard and its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedDevice {
    /// The shard.
    pub shard: i64,
    /// The registration.
    pub device: NamedDevice,
}

impl FromRow for OwnedDevice {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { shard: row.get(DEVICE_COLUMNS + 3)?, device: NamedDevice::from_row(row)? })
    }
}

/// The first registration of a customer after one, in the order of ids; also one that ended.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_after(tx: &mut Tx<'_>, customer: CustomerId, after: DeviceId) -> Result<Option<OwnedDevice>> {
    tx.query_opt(Query::DevicesAfter, params![customer, after, 1_i64]).await
}
