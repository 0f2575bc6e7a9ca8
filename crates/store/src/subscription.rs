//! Subscriptions: what each slot of a device reorders, and which order holds the slot lock.
//!
//! Invariant: a slot lock names at most one order.

use crate::access::AccessVersion;
use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::OrderId;
use opendrs_domain::money::Money;
use opendrs_domain::notification::{ProductInfo, SlotInfo};
use opendrs_domain::subscription::{AgreedPrice, Subscription};
use opendrs_domain::text::{Asin, SlotId};

impl FromRow for Subscription {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let agreed = read_agreed_price(row, 4)?;
        Ok(Self {
            slot: row.get(0)?,
            asin: row.get(1)?,
            enabled: row.get(2)?,
            open_order: row.get(3)?,
            last_agreed_price: agreed,
        })
    }
}

/// Reads an agreed price from four columns, beginning with `column`: its product, amount, currency and time.
pub(crate) fn read_agreed_price(row: &DbRow<'_>, column: usize) -> Result<Option<AgreedPrice>> {
    let (asin, minor): (Option<Asin>, Option<i64>) = (row.get(column)?, row.get(column + 1)?);
    let currency: Option<String> = row.get(column + 2)?;
    let at = row.get(column + 3)?;
    let money = minor.zip(currency).map(|(minor, currency)| Money { minor, currency });
    Ok(asin.zip(money).map(|(asin, price)| AgreedPrice { asin, price, at }))
}

/// A slot's subscription, locked until this transaction ends. So of two concurrent Replenish calls one waits for the
/// other.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId) -> Result<Option<Subscription>> {
    tx.query_opt(Query::SubscriptionGet, params![device.shard, device.id, slot]).await
}

/// Every subscription of a device, in no order.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_device(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Vec<Subscription>> {
    tx.query_all(Query::SubscriptionsOfDevice, params![device.shard, device.id]).await
}

impl FromRow for SlotInfo {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let (on, asin): (Option<bool>, Option<Asin>) = (row.get(1)?, row.get(2)?);
        let (quantity, unit): (Option<f64>, Option<String>) = (row.get(3)?, row.get(4)?);
        let subscribed = on == Some(true) && asin.is_some();
        let product = asin.zip(quantity).zip(unit);
        let product = product.map(|((asin, quantity), unit)| ProductInfo { asin: asin.to_string(), quantity, unit });
        Ok(Self { slot: row.get(0)?, subscribed, product })
    }
}

/// A slot with its position in the model, whether its device is registered without a revoked token family, and the
/// access version.
struct SlotInfoRow {
    position: i64,
    slot: SlotInfo,
    is_valid: bool,
    access: AccessVersion,
}

impl FromRow for SlotInfoRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self {
            position: row.get(6)?,
            slot: SlotInfo::from_row(row)?,
            is_valid: row.get(5)?,
            access: AccessVersion(row.get(7)?),
        })
    }
}

/// Sorted here in the order of the model, since for a few rows a database's sort costs as much as finding them.
async fn list_in_model_order(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Vec<SlotInfoRow>> {
    let mut found: Vec<SlotInfoRow> = tx.query_all(Query::SlotsForDevice, params![device.shard, device.id]).await?;
    found.sort_by(|a, b| (a.position, &a.slot.slot).cmp(&(b.position, &b.slot.slot)));
    Ok(found)
}

/// Every slot of a device's model, in the model's order, with its subscription.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_slots(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Vec<SlotInfo>> {
    Ok(list_in_model_order(tx, device).await?.into_iter().map(|slot| slot.slot).collect())
}

/// The same, for a caller with a token. `None` if the device is not registered or one of its token families is revoked.
/// Also `None` if the access version is not the one by which the token was checked.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_slots_for_token(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    access: AccessVersion,
) -> Result<Option<Vec<SlotInfo>>> {
    let found = list_in_model_order(tx, device).await?;
    let good = found.first().is_some_and(|slot| slot.is_valid && slot.access == access);
    Ok(good.then(|| found.into_iter().map(|slot| slot.slot).collect()))
}

/// Records product, activation and agreed price; the slot lock stays as it is.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, device: DeviceRef, sub: &Subscription) -> Result<()> {
    let agreed = sub.last_agreed_price.as_ref();
    let (minor, currency) = agreed.map(|agreed| (agreed.price.minor, agreed.price.currency.as_str())).unzip();
    let (asin, at) = (agreed.map(|agreed| &agreed.asin), agreed.and_then(|agreed| agreed.at));
    let params = params![device.shard, device.id, &sub.slot, sub.asin.as_ref(), sub.enabled, asin, minor, currency, at];
    tx.exec_deferred(Query::SubscriptionPut, params).await
}

/// Gives a slot's lock to an order of the unit's earlier registration; `false` if another order holds it.
///
/// # Errors
/// [`crate::Error`].
pub async fn transfer_lock(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId, order: OrderId) -> Result<bool> {
    Ok(tx.exec(Query::SubscriptionTransferLock, params![device.shard, device.id, slot, order]).await? > 0)
}

/// Releases a slot's lock, if this order holds it.
///
/// # Errors
/// [`crate::Error`].
pub async fn release_lock(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId, order: OrderId) -> Result<()> {
    tx.exec_deferred(Query::SubscriptionReleaseLock, params![device.shard, device.id, slot, order]).await
}
