//! The customer's slot rules.
//!
//! Invariant: a slot without a row has no rules.

use crate::queries::Query;
use crate::subscription::read_agreed_price;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{ClientId, OrderId, ReceiverId};
use opendrs_domain::product::Product;
use opendrs_domain::rule::{SlotRules, SlotTerms};
use opendrs_domain::subscription::AgreedPrice;
use opendrs_domain::text::{Asin, SlotId};
use uuid::Uuid;

/// Slot rules as read from a column.
pub(crate) struct RulesColumn<const COLUMN: usize>(pub(crate) SlotRules);

impl<const COLUMN: usize> FromRow for RulesColumn<COLUMN> {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let text: String = row.get(COLUMN)?;
        let bad = |e: serde_json::Error| Error::InvalidRow {
            query: row.query.sql().name,
            column: COLUMN,
            found: e.to_string(),
        };
        serde_json::from_str(&text).map(Self).map_err(bad)
    }
}

struct SlotRulesRow(SlotId, SlotRules);

impl FromRow for SlotRulesRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, RulesColumn::<1>::from_row(row)?.0))
    }
}

/// A slot's rules.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId) -> Result<SlotRules> {
    let found: Option<RulesColumn<0>> = tx.query_opt(Query::RuleGet, params![device.shard, device.id, slot]).await?;
    Ok(found.map(|RulesColumn(rules)| rules).unwrap_or_default())
}

/// The inputs of the decision about an order of a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderInputs {
    /// What the customer agreed to for the slot.
    pub terms: SlotTerms,
    /// The chosen product, if it is in the catalogue.
    pub product: Option<Product>,
}

/// The inputs of the decision about an order of a device's slot, with the chosen product and its agreed price.
///
/// # Errors
/// [`crate::Error`].
pub async fn load_order_inputs(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    slot: &SlotId,
    (chosen, agreed): (&Asin, Option<AgreedPrice>),
) -> Result<OrderInputs> {
    let of_product = params![chosen];
    let product = tx.send(Query::ProductByAsin, of_product).await?;
    let rules = find(tx, device, slot).await?;
    Ok(OrderInputs { terms: SlotTerms { rules, agreed_price: agreed }, product: tx.rows(product).await?.pop() })
}

struct LockedSlotRow(OrderInputs, Vec<ReceiverId>);

impl FromRow for LockedSlotRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let known: Option<Asin> = row.get(0)?;
        let product = known.map(|_| Product::from_row(row)).transpose()?;
        let ruled: Option<String> = row.get(15)?;
        let rules = ruled
            .map(|_| RulesColumn::<15>::from_row(row))
            .transpose()?
            .map(|RulesColumn(rules)| rules)
            .unwrap_or_default();
        let listed: Option<String> = row.get(16)?;
        let bad = |found: &str| Error::InvalidRow { query: row.query.sql().name, column: 16, found: found.to_owned() };
        let ids = listed.iter().flat_map(|ids| ids.split(','));
        let agreed = read_agreed_price(row, 17)?;
        let receivers =
            ids.map(|id| Uuid::try_parse(id).map(ReceiverId).map_err(|_| bad(id))).collect::<Result<_>>()?;
        Ok(Self(OrderInputs { terms: SlotTerms { rules, agreed_price: agreed }, product }, receivers))
    }
}

/// Takes a slot's lock for an order, if the slot reorders and the lock is free. Returns the decision's inputs and the
/// receivers to notify for a client. `None`, and no lock, if the slot does not reorder or is locked.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_slot(
    tx: &mut Tx<'_>,
    device: DeviceRef,
    slot: &SlotId,
    client: ClientId,
    order: OrderId,
) -> Result<Option<(OrderInputs, Vec<ReceiverId>)>> {
    let (to_lock, to_judge) =
        (params![device.shard, device.id, slot, order], params![device.shard, device.id, slot, client]);
    // The lock comes first, so that the reads after it see what its previous holder wrote.
    let lock = tx.send(Query::SubscriptionTakeLock, to_lock).await?;
    let grounds = tx.send(Query::OrderInputs, to_judge).await?;
    if tx.row_count(lock).await? == 0 {
        return Ok(None);
    }
    Ok(tx.rows(grounds).await?.pop().map(|LockedSlotRow(grounds, receivers)| (grounds, receivers)))
}

/// The rules of those of a device's slots that have some, in no order.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_device(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Vec<(SlotId, SlotRules)>> {
    let found: Vec<SlotRulesRow> = tx.query_all(Query::RulesOfDevice, params![device.shard, device.id]).await?;
    Ok(found.into_iter().map(|SlotRulesRow(slot, rules)| (slot, rules)).collect())
}

/// Records a slot's rules.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId, rules: &SlotRules) -> Result<()> {
    let text = serde_json::to_string(rules).map_err(|e| Error::CannotOpen(e.to_string()))?;
    tx.exec_deferred(Query::RulePut, params![device.shard, device.id, slot, &text]).await
}
