//! The customer's rules for each slot. A slot without a row has none.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::id::DeviceId;
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

/// A slot's rules, and the product chosen for it.
///
/// # Errors
/// [`crate::Error`].
pub async fn with_product(
    tx: &mut Tx<'_>,
    shard: i64,
    (device, slot): (DeviceId, &SlotId),
    chosen: &Asin,
) -> Result<(Rules, Option<Product>)> {
    let found = tx.opts((Q::RuleGet, p![shard, device, slot]), (Q::ProductByAsin, p![chosen])).await?;
    let (rules, product): (Option<Stored<0>>, _) = found;
    Ok((rules.map(|Stored(rules)| rules).unwrap_or_default(), product))
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
