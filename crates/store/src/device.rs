//! Registered units.

use crate::access::AccessVersion;
use crate::customer::read_recipient;
use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::device::{Device, RevokedFamilies};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId, MakerId, ModelId};
use opendrs_domain::login::refresh_rotation::RotationState;
use opendrs_domain::order::Recipient;
use opendrs_domain::text::{Serial, SlotId};
use opendrs_domain::time::Time;

/// Columns of a device, before what a query adds.
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

struct DeviceWith<T>(Device, T);

impl<T: crate::value::FromColumn + Send> FromRow for DeviceWith<T> {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self(Device::from_row(row)?, row.get(DEVICE_COLUMNS)?))
    }
}

/// A device by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, shard: i64, id: DeviceId) -> Result<Option<Device>> {
    tx.query_opt(Query::DeviceById, params![shard, id]).await
}

impl FromRow for RevokedFamilies {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let revoked: String = row.get(0)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 0, found };
        RevokedFamilies::parse(&revoked).ok_or_else(|| bad(revoked))
    }
}

/// The token families that are revoked of a device; none at all if it is not registered any more, or its owner is blocked.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_revoked_families(tx: &mut Tx<'_>, shard: i64, id: DeviceId) -> Result<Option<RevokedFamilies>> {
    tx.query_opt(Query::DeviceFamilies, params![shard, id]).await
}

/// A device, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: DeviceId) -> Result<Option<Device>> {
    tx.query_opt(Query::DeviceForUpdate, params![shard, id]).await
}

/// A device as the statement that judges a call's token reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceForCall {
    /// The device.
    pub device: Device,
    /// The slot that was asked for, if the device's model has it.
    pub slot: Option<SlotId>,
    /// The version of all that decides which tokens are refused.
    pub access: AccessVersion,
}

impl FromRow for DeviceForCall {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let access = AccessVersion(row.get(DEVICE_COLUMNS + 1)?);
        Ok(Self { device: Device::from_row(row)?, slot: row.get(DEVICE_COLUMNS)?, access })
    }
}

/// A device, and whether its model has a slot: the one read of the hot calls.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_with_slot(tx: &mut Tx<'_>, shard: i64, id: DeviceId, slot: &str) -> Result<Option<DeviceForCall>> {
    tx.query_opt(Query::DeviceWithSlot, params![shard, id, slot]).await
}

/// What an order is placed with.
#[derive(Clone, Debug)]
pub struct DeviceForReplenish {
    /// The device.
    pub device: Device,
    /// The slot, if its model has it.
    pub slot: Option<SlotId>,
    /// Who the order is for, and where it goes.
    pub recipient: Option<Recipient>,
    /// The version of all that decides which tokens are refused.
    pub access: AccessVersion,
}

/// A row of [`Q::DeviceToOrder`]; the recipient is known where the engine has the customer at hand.
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

/// A device, whether its model has a slot, and who its orders are for; the shard that comes with the customer is theirs.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_for_replenish(
    tx: &mut Tx<'_>,
    (shard, id): (i64, DeviceId),
    slot: &SlotId,
    (home, customer): (i64, CustomerId),
) -> Result<Option<DeviceForReplenish>> {
    let of_customer = params![home, customer];
    let beside = tx.send(Query::CustomerRecipient, of_customer).await?;
    let found: Option<ReplenishRow> =
        tx.query_opt(Query::DeviceForReplenish, params![shard, id, slot, home, customer]).await?;
    let Some(ReplenishRow(mut found, known)) = found else { return Ok(None) };
    if !known {
        found.recipient = tx.rows::<RecipientRow>(beside).await?.pop().and_then(|RecipientRow(recipient)| recipient);
    }
    Ok(Some(found))
}

/// A customer's devices with their models' names, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Vec<(Device, String)>> {
    let found: Vec<DeviceWith<String>> = tx.query_all(Query::DevicesOfCustomer, params![customer]).await?;
    Ok(found.into_iter().map(|DeviceWith(device, name)| (device, name)).collect())
}

/// The devices of one maker's that a customer has, oldest first, with their models' names.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_maker(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    maker: MakerId,
    limit: i64,
) -> Result<Vec<(Device, String)>> {
    let found: Vec<DeviceWith<String>> = tx.query_all(Query::DevicesOfMaker, params![customer, maker, limit]).await?;
    Ok(found.into_iter().map(|DeviceWith(device, name)| (device, name)).collect())
}

/// A customer's device by id, registered still or not, with its model's name.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_customer(tx: &mut Tx<'_>, customer: CustomerId, id: DeviceId) -> Result<Option<(Device, String)>> {
    let found: Option<DeviceWith<String>> = tx.query_opt(Query::DeviceOfCustomer, params![customer, id]).await?;
    Ok(found.map(|DeviceWith(device, name)| (device, name)))
}

/// The registration a unit has now, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_by_unit(tx: &mut Tx<'_>, shard: i64, model: ModelId, serial: &Serial) -> Result<Option<DeviceId>> {
    Ok(tx.query_opt::<(DeviceId,)>(Query::UnitGet, params![shard, model, serial]).await?.map(|(id,)| id))
}

/// The registration a unit has now.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_unit(tx: &mut Tx<'_>, shard: i64, model: ModelId, serial: &Serial) -> Result<Option<DeviceId>> {
    Ok(tx.query_opt::<(DeviceId,)>(Query::UnitRead, params![shard, model, serial]).await?.map(|(id,)| id))
}

/// The ended registrations of a unit by the customer who has it now, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_earlier_registrations(tx: &mut Tx<'_>, unit: &Device, limit: i64) -> Result<Vec<DeviceId>> {
    let found: Vec<(DeviceId,)> =
        tx.query_all(Query::DevicesBefore, params![unit.customer, unit.model, &unit.serial, limit]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Adds a registration and makes it its unit's, which has none.
///
/// # Errors
/// [`crate::Error`]; [`Error::Conflict`], and so another try, when another node registered the unit meanwhile.
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

/// Records what a second sign-up of the same customer changes.
///
/// # Errors
/// [`crate::Error`].
pub async fn relink(tx: &mut Tx<'_>, shard: i64, id: DeviceId, client: ClientId, test: bool) -> Result<()> {
    tx.exec_deferred(Query::DeviceRelink, params![shard, id, client, test]).await
}

/// Ends a registration; `false` if it had ended before.
///
/// # Errors
/// [`crate::Error`].
pub async fn end_registration(tx: &mut Tx<'_>, shard: i64, device: &Device, at: Time) -> Result<bool> {
    tx.exec(Query::UnitDelete, params![shard, device.model, &device.serial, device.id]).await?;
    Ok(tx.exec(Query::DeviceEnd, params![shard, device.id, at]).await? > 0)
}

/// Makes a registration that ended its unit's again, which has none; `false` if it had not ended.
///
/// # Errors
/// [`crate::Error`]; [`Error::Conflict`], and so another try, when the unit was registered meanwhile.
pub async fn restore_registration(tx: &mut Tx<'_>, shard: i64, device: &Device) -> Result<bool> {
    if tx.exec(Query::DeviceRestore, params![shard, device.id]).await? == 0 {
        return Ok(false);
    }
    match tx.exec(Query::UnitPut, params![shard, device.model, &device.serial, device.id]).await? {
        0 => Err(Error::Conflict(format!("the unit {} was registered meanwhile", device.serial))),
        _ => Ok(true),
    }
}

/// Records the last use a device told of; an older one changes nothing.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_activity(tx: &mut Tx<'_>, shard: i64, id: DeviceId, at: Time) -> Result<()> {
    tx.exec_deferred(Query::DeviceActive, params![shard, id, at]).await
}

/// Records the revoked token families.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_revoked_families(tx: &mut Tx<'_>, shard: i64, id: DeviceId, revoked: &RevokedFamilies) -> Result<()> {
    tx.exec_deferred(Query::DeviceRevoke, params![shard, id, &revoked.to_string()]).await
}

/// Lets every device of a customer be refused from a moment on, or no longer; only those that are registered.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_suspended(tx: &mut Tx<'_>, customer: CustomerId, since: Option<Time>) -> Result<()> {
    tx.exec_deferred(Query::DevicesSuspend, params![customer, since]).await
}

struct DeviceRotationRow(RevokedFamilies, RotationState);

impl FromRow for DeviceRotationRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let turns: String = row.get(1)?;
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 1, found };
        Ok(Self(RevokedFamilies::from_row(row)?, RotationState::parse(&turns).ok_or_else(|| bad(turns))?))
    }
}

/// The token families that are revoked of a device, and where the others' refresh tokens stand, held against other
/// transactions until this one ends; none at all if it is not registered any more.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_rotation(
    tx: &mut Tx<'_>,
    shard: i64,
    id: DeviceId,
) -> Result<Option<(RevokedFamilies, RotationState)>> {
    let found: Option<DeviceRotationRow> = tx.query_opt(Query::DeviceRotationLock, params![shard, id]).await?;
    Ok(found.map(|DeviceRotationRow(revoked, turns)| (revoked, turns)))
}

/// Records both.
///
/// # Errors
/// [`crate::Error`].
pub async fn save_rotation(
    tx: &mut Tx<'_>,
    shard: i64,
    id: DeviceId,
    revoked: &RevokedFamilies,
    turns: &RotationState,
) -> Result<()> {
    tx.exec_deferred(Query::DeviceRotationSet, params![shard, id, &revoked.to_string(), &turns.to_string()]).await
}
