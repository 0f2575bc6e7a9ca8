//! The customer's rules for each slot. A slot without a row has none.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{ClientId, DeviceId, TopicId};
use opendrs_domain::product::Product;
use opendrs_domain::rule::Rules;
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

/// What an order is judged and told by.
pub struct Grounds {
    /// The slot's rules.
    pub rules: Rules,
    /// The product chosen for it, if the catalogue has it.
    pub product: Option<Product>,
    /// Who hears of the device's orders.
    pub receivers: Vec<TopicId>,
}

/// What an order of a device's slot is judged and told by, with the product chosen for it and the client that the device is
/// linked through.
///
/// # Errors
/// [`crate::Error`].
pub async fn grounds(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, slot): (DeviceId, &SlotId),
    chosen: &Asin,
    client: ClientId,
) -> Result<Grounds> {
    let (of_product, of_client) = (p![chosen], p![client]);
    let product = tx.ahead(Q::ProductByAsin, of_product).await?;
    let receivers = tx.ahead(Q::TopicsOfClient, of_client).await?;
    let rules = get(tx, shard, device, slot).await?;
    let product = tx.found(product).await?.pop();
    let receivers: Vec<(TopicId,)> = tx.found(receivers).await?;
    Ok(Grounds { rules, product, receivers: receivers.into_iter().map(|(id,)| id).collect() })
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
