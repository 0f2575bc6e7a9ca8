//! The customer's rules for each slot. A slot without a row has none.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx, product};
use opendrs_domain::id::{ClientId, DeviceId, TopicId};
use opendrs_domain::product::Product;
use opendrs_domain::rule::Rules;
use opendrs_domain::subscription::Subscription;
use opendrs_domain::text::{Asin, SlotId};

struct Stored<const COLUMN: usize>(Rules);

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
    /// The slot's rules.
    pub rules: Rules,
    /// The product chosen for it, if the catalogue has it.
    pub product: Option<Product>,
}

/// What an order of a device's slot is judged by, with the product chosen for it.
///
/// # Errors
/// [`crate::Error`].
pub async fn grounds(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, slot): (DeviceId, &SlotId),
    chosen: &Asin,
) -> Result<Grounds> {
    let of_product = p![chosen];
    let product = tx.ahead(Q::ProductByAsin, of_product).await?;
    let rules = get(tx, shard, device, slot).await?;
    Ok(Grounds { rules, product: tx.found(product).await?.pop() })
}

struct ToOrder(Subscription, Option<Product>);

impl FromRow for ToOrder {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let known: Option<Asin> = row.get(0)?;
        let sub = Subscription { slot: row.get(8)?, asin: row.get(9)?, on: row.get(10)?, open_order: row.get(11)? };
        Ok(Self(sub, known.map(|_| Product::from_row(row)).transpose()?))
    }
}

/// What a slot that orders now is held, judged and told by: its subscription, held against other transactions; what its
/// order is judged by; and who hears of the devices of a client. Of a slot that `orders` says will not order, or that
/// has no subscription, the latter two are nothing.
///
/// # Errors
/// [`crate::Error`].
pub async fn to_order(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, slot): (DeviceId, &SlotId),
    client: ClientId,
    orders: impl FnOnce(&Subscription) -> bool,
) -> Result<Option<(Subscription, Option<(Grounds, Vec<TopicId>)>)>> {
    let (of_slot, of_client) = (p![shard, device, slot], p![client]);
    // Held first: what is read after it is as whoever held it before has left it.
    let sub = tx.ahead(Q::SubscriptionToOrder, of_slot).await?;
    let rules = tx.ahead(Q::RuleGet, of_slot).await?;
    let receivers = tx.ahead(Q::TopicsOfClient, of_client).await?;
    let Some(ToOrder(sub, product)) = tx.found(sub).await?.pop() else { return Ok(None) };
    if !orders(&sub) {
        return Ok(Some((sub, None)));
    }
    let rules = tx.found::<Stored<0>>(rules).await?.pop().map(|Stored(rules)| rules).unwrap_or_default();
    let receivers = tx.found::<(TopicId,)>(receivers).await?.into_iter().map(|(id,)| id).collect();
    // PostgreSQL looked the product up before it waited for whoever chose another one.
    let product = match (product, &sub.asin) {
        (None, Some(asin)) => product::by_asin(tx, asin).await?,
        (found, _) => found,
    };
    Ok(Some((sub, Some((Grounds { rules, product }, receivers)))))
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
