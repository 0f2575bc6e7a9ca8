//! The customer's rules for each slot. A slot without a row has none.

use crate::queries::Q;
use crate::subscription::agreed_at;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{ClientId, DeviceId, OrderId, TopicId};
use opendrs_domain::product::Product;
use opendrs_domain::rule::{Rules, Terms};
use opendrs_domain::subscription::AgreedPrice;
use opendrs_domain::text::{Asin, SlotId};
use uuid::Uuid;

/// Rules in a column.
pub(crate) struct Stored<const COLUMN: usize>(pub(crate) Rules);

impl<const COLUMN: usize> FromRow for Stored<COLUMN> {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let text: String = row.get(COLUMN)?;
        let bad =
            |e: serde_json::Error| Error::BadRow { query: row.query.sql().name, column: COLUMN, found: e.to_string() };
        serde_json::from_str(&text).map(Self).map_err(bad)
    }
}

struct OfSlot(SlotId, Rules);

impl FromRow for OfSlot {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, Stored::<1>::from_row(row)?.0))
    }
}

/// A slot's rules.
///
/// # Errors
/// [`crate::Error`].
pub async fn get(tx: &mut Tx<'_>, shard: i64, device: DeviceId, slot: &SlotId) -> Result<Rules> {
    let found: Option<Stored<0>> = tx.opt(Q::RuleGet, p![shard, device, slot]).await?;
    Ok(found.map(|Stored(rules)| rules).unwrap_or_default())
}

/// What an order of a slot is judged by.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    /// What the customer agreed to for the slot.
    pub terms: Terms,
    /// The product chosen for it, if the catalogue has it.
    pub product: Option<Product>,
}

/// What an order of a device's slot is judged by, with the product chosen for it and the price agreed for that.
///
/// # Errors
/// [`crate::Error`].
pub async fn grounds(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, slot): (DeviceId, &SlotId),
    (chosen, agreed): (&Asin, Option<AgreedPrice>),
) -> Result<Grounds> {
    let of_product = p![chosen];
    let product = tx.ahead(Q::ProductByAsin, of_product).await?;
    let rules = get(tx, shard, device, slot).await?;
    Ok(Grounds { terms: Terms { rules, agreed }, product: tx.found(product).await?.pop() })
}

struct ToOrder(Grounds, Vec<TopicId>);

impl FromRow for ToOrder {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let known: Option<Asin> = row.get(0)?;
        let product = known.map(|_| Product::from_row(row)).transpose()?;
        let ruled: Option<String> = row.get(8)?;
        let rules =
            ruled.map(|_| Stored::<8>::from_row(row)).transpose()?.map(|Stored(rules)| rules).unwrap_or_default();
        let listed: Option<String> = row.get(9)?;
        let bad = |found: &str| Error::BadRow { query: row.query.sql().name, column: 9, found: found.to_owned() };
        let ids = listed.iter().flat_map(|ids| ids.split(','));
        let agreed = agreed_at(row, 10)?;
        let receivers = ids.map(|id| Uuid::try_parse(id).map(TopicId).map_err(|_| bad(id))).collect::<Result<_>>()?;
        Ok(Self(Grounds { terms: Terms { rules, agreed }, product }, receivers))
    }
}

/// Gives an order the lock of a slot that may order and is free. What the order is judged by, and who hears of the
/// devices of a client; nothing, and no lock, if it may not or is not.
///
/// # Errors
/// [`crate::Error`].
pub async fn to_order(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, slot): (DeviceId, &SlotId),
    client: ClientId,
    order: OrderId,
) -> Result<Option<(Grounds, Vec<TopicId>)>> {
    let (to_lock, to_judge) = (p![shard, device, slot, order], p![shard, device, slot, client]);
    // Locked first: what is read after it is as whoever held it before has left it.
    let lock = tx.ahead(Q::SubscriptionLock, to_lock).await?;
    let grounds = tx.ahead(Q::OrderGrounds, to_judge).await?;
    if tx.touched(lock).await? == 0 {
        return Ok(None);
    }
    Ok(tx.found(grounds).await?.pop().map(|ToOrder(grounds, receivers)| (grounds, receivers)))
}

/// The rules of a device's slots that have some, in no order.
///
/// # Errors
/// [`crate::Error`].
pub async fn of_device(tx: &mut Tx<'_>, shard: i64, device: DeviceId) -> Result<Vec<(SlotId, Rules)>> {
    let found: Vec<OfSlot> = tx.all(Q::RulesOfDevice, p![shard, device]).await?;
    Ok(found.into_iter().map(|OfSlot(slot, rules)| (slot, rules)).collect())
}

/// Records a slot's rules.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &mut Tx<'_>, shard: i64, device: DeviceId, slot: &SlotId, rules: &Rules) -> Result<()> {
    let text = serde_json::to_string(rules).map_err(|e| Error::Open(e.to_string()))?;
    tx.put(Q::RulePut, p![shard, device, slot, &text]).await
}
