//! Registered units.

use crate::access::AccessVersion;
use crate::customer::recipient;
use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::device::{Device, Families};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId, MakerId, ModelId};
use opendrs_domain::login::turn::Turns;
use opendrs_domain::order::Recipient;
use opendrs_domain::text::{Serial, SlotId};
use opendrs_domain::time::Time;

/// Columns of a device, before what a query adds.
const COLUMNS: usize = 14;

impl FromRow for Device {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let revoked: String = row.get(12)?;
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 12, found };
        Ok(Self {
            id: row.get(0)?,
            model: row.get(1)?,
            model_code: row.get(2)?,
            serial: row.get(3)?,
            maker: row.get(4)?,
            customer: row.get(5)?,
            directed_customer: row.get(6)?,
            client: row.get(7)?,
            test: row.get(8)?,
            registered_at: row.get(9)?,
            active_at: row.get(10)?,
            deregistered_at: row.get(11)?,
            revoked: Families::parse(&revoked).ok_or_else(|| bad(revoked))?,
            suspended_at: row.get(13)?,
        })
    }
}

struct With<T>(Device, T);

impl<T: crate::value::Column + Send> FromRow for With<T> {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Device::from_row(row)?, row.get(COLUMNS)?))
    }
}

/// A device by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, shard: i64, id: DeviceId) -> Result<Option<Device>> {
    tx.opt(Q::DeviceById, p![shard, id]).await
}

impl FromRow for Families {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let revoked: String = row.get(0)?;
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 0, found };
        Families::parse(&revoked).ok_or_else(|| bad(revoked))
    }
}

/// The token families that are revoked of a device; none at all if it is not registered any more, or its owner is blocked.
///
/// # Errors
/// [`crate::Error`].
pub async fn revoked(tx: &mut Tx<'_>, shard: i64, id: DeviceId) -> Result<Option<Families>> {
    tx.opt(Q::DeviceFamilies, p![shard, id]).await
}

/// A device, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: DeviceId) -> Result<Option<Device>> {
    tx.opt(Q::DeviceForUpdate, p![shard, id]).await
}

/// A device as the statement that judges a call's token reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCall {
    /// The device.
    pub device: Device,
    /// The slot that was asked for, if the device's model has it.
    pub slot: Option<SlotId>,
    /// The version of all that decides which tokens are refused.
    pub access: AccessVersion,
}

impl FromRow for DeviceCall {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let access = AccessVersion(row.get(COLUMNS + 1)?);
        Ok(Self { device: Device::from_row(row)?, slot: row.get(COLUMNS)?, access })
    }
}

/// A device, and whether its model has a slot: the one read of the hot calls.
///
/// # Errors
/// [`crate::Error`].
pub async fn with_slot(tx: &mut Tx<'_>, shard: i64, id: DeviceId, slot: &str) -> Result<Option<DeviceCall>> {
    tx.opt(Q::DeviceWithSlot, p![shard, id, slot]).await
}

/// What an order is placed with.
#[derive(Clone, Debug)]
pub struct ToOrder {
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
struct ToOrderRow(ToOrder, bool);

impl FromRow for ToOrderRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let known = row.get::<Option<bool>>(COLUMNS + 1)?.unwrap_or_default();
        let recipient = if known { recipient(row, COLUMNS + 2)? } else { None };
        let access = AccessVersion(row.get(COLUMNS + 5)?);
        Ok(Self(ToOrder { device: Device::from_row(row)?, slot: row.get(COLUMNS)?, recipient, access }, known))
    }
}

struct CustomerRow(Option<Recipient>);

impl FromRow for CustomerRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(recipient(row, 0)?))
    }
}

/// A device, whether its model has a slot, and who its orders are for; the shard that comes with the customer is theirs.
///
/// # Errors
/// [`crate::Error`].
pub async fn to_order(
    tx: &mut Tx<'_>,
    (shard, id): (i64, DeviceId),
    slot: &SlotId,
    (home, customer): (i64, CustomerId),
) -> Result<Option<ToOrder>> {
    let of_customer = p![home, customer];
    let beside = tx.ahead(Q::CustomerRecipient, of_customer).await?;
    let found: Option<ToOrderRow> = tx.opt(Q::DeviceToOrder, p![shard, id, slot, home, customer]).await?;
    let Some(ToOrderRow(mut found, known)) = found else { return Ok(None) };
    if !known {
        found.recipient = tx.found::<CustomerRow>(beside).await?.pop().and_then(|CustomerRow(recipient)| recipient);
    }
    Ok(Some(found))
}

/// A customer's devices with their models' names, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Vec<(Device, String)>> {
    let found: Vec<With<String>> = tx.all(Q::DevicesOfCustomer, p![customer]).await?;
    Ok(found.into_iter().map(|With(device, name)| (device, name)).collect())
}

/// The devices of one maker's that a customer has, oldest first, with their models' names.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_maker(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    maker: MakerId,
    limit: i64,
) -> Result<Vec<(Device, String)>> {
    let found: Vec<With<String>> = tx.all(Q::DevicesOfMaker, p![customer, maker, limit]).await?;
    Ok(found.into_iter().map(|With(device, name)| (device, name)).collect())
}

/// A customer's device by id, registered still or not, with its model's name.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_customer_by_id(
    tx: &mut Tx<'_>,
    customer: CustomerId,
    id: DeviceId,
) -> Result<Option<(Device, String)>> {
    let found: Option<With<String>> = tx.opt(Q::DeviceOfCustomer, p![customer, id]).await?;
    Ok(found.map(|With(device, name)| (device, name)))
}

/// The registration a unit has now, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_unit(tx: &mut Tx<'_>, shard: i64, model: ModelId, serial: &Serial) -> Result<Option<DeviceId>> {
    Ok(tx.opt::<(DeviceId,)>(Q::UnitGet, p![shard, model, serial]).await?.map(|(id,)| id))
}

/// The registration a unit has now.
///
/// # Errors
/// [`crate::Error`].
pub async fn unit(tx: &mut Tx<'_>, shard: i64, model: ModelId, serial: &Serial) -> Result<Option<DeviceId>> {
    Ok(tx.opt::<(DeviceId,)>(Q::UnitRead, p![shard, model, serial]).await?.map(|(id,)| id))
}

/// The ended registrations of a unit by the customer who has it now, newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn before(tx: &mut Tx<'_>, unit: &Device, limit: i64) -> Result<Vec<DeviceId>> {
    let found: Vec<(DeviceId,)> = tx.all(Q::DevicesBefore, p![unit.customer, unit.model, &unit.serial, limit]).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// Adds a registration and makes it its unit's, which has none.
///
/// # Errors
/// [`crate::Error`]; [`Error::Conflict`], and so another try, when another node registered the unit meanwhile.
pub async fn add(tx: &mut Tx<'_>, shard: i64, device: &Device) -> Result<()> {
    let Device { id, model, serial, customer, directed_customer, client, test, registered_at, .. } = device;
    let params = p![shard, *id, *model, serial, *customer, directed_customer, *client, *test, *registered_at];
    tx.exec(Q::DevicePut, params).await?;
    match tx.exec(Q::UnitPut, p![shard, *model, serial, *id]).await? {
        0 => Err(Error::Conflict(format!("the unit {serial} was registered meanwhile"))),
        _ => Ok(()),
    }
}

/// Records what a second sign-up of the same customer changes.
///
/// # Errors
/// [`crate::Error`].
pub async fn relink(tx: &mut Tx<'_>, shard: i64, id: DeviceId, client: ClientId, test: bool) -> Result<()> {
    tx.put(Q::DeviceRelink, p![shard, id, client, test]).await
}

/// Ends a registration; `false` if it had ended before.
///
/// # Errors
/// [`crate::Error`].
pub async fn end(tx: &mut Tx<'_>, shard: i64, device: &Device, at: Time) -> Result<bool> {
    tx.exec(Q::UnitDelete, p![shard, device.model, &device.serial, device.id]).await?;
    Ok(tx.exec(Q::DeviceEnd, p![shard, device.id, at]).await? > 0)
}

/// Makes a registration that ended its unit's again, which has none; `false` if it had not ended.
///
/// # Errors
/// [`crate::Error`]; [`Error::Conflict`], and so another try, when the unit was registered meanwhile.
pub async fn restore(tx: &mut Tx<'_>, shard: i64, device: &Device) -> Result<bool> {
    if tx.exec(Q::DeviceRestore, p![shard, device.id]).await? == 0 {
        return Ok(false);
    }
    match tx.exec(Q::UnitPut, p![shard, device.model, &device.serial, device.id]).await? {
        0 => Err(Error::Conflict(format!("the unit {} was registered meanwhile", device.serial))),
        _ => Ok(true),
    }
}

/// Records the last use a device told of; an older one changes nothing.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_active(tx: &mut Tx<'_>, shard: i64, id: DeviceId, at: Time) -> Result<()> {
    tx.put(Q::DeviceActive, p![shard, id, at]).await
}

/// Records the revoked token families.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_revoked(tx: &mut Tx<'_>, shard: i64, id: DeviceId, revoked: &Families) -> Result<()> {
    tx.put(Q::DeviceRevoke, p![shard, id, &revoked.to_string()]).await
}

/// Lets every device of a customer be refused from a moment on, or no longer; only those that are registered.
///
/// # Errors
/// [`crate::Error`].
pub async fn suspend(tx: &mut Tx<'_>, customer: CustomerId, since: Option<Time>) -> Result<()> {
    tx.put(Q::DevicesSuspend, p![customer, since]).await
}

struct Standing(Families, Turns);

impl FromRow for Standing {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let turns: String = row.get(1)?;
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 1, found };
        Ok(Self(Families::from_row(row)?, Turns::parse(&turns).ok_or_else(|| bad(turns))?))
    }
}

/// The token families that are revoked of a device, and where the others' refresh tokens stand, held against other
/// transactions until this one ends; none at all if it is not registered any more.
///
/// # Errors
/// [`crate::Error`].
pub async fn turns(tx: &mut Tx<'_>, shard: i64, id: DeviceId) -> Result<Option<(Families, Turns)>> {
    let found: Option<Standing> = tx.opt(Q::DeviceTurns, p![shard, id]).await?;
    Ok(found.map(|Standing(revoked, turns)| (revoked, turns)))
}

/// Records both.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_turns(tx: &mut Tx<'_>, shard: i64, id: DeviceId, revoked: &Families, turns: &Turns) -> Result<()> {
    tx.put(Q::DeviceTurn, p![shard, id, &revoked.to_string(), &turns.to_string()]).await
}
