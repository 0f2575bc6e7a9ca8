//! Price changes whose customers are still to be notified by mail.
//!
//! Invariant: a product has at most one row here. Its cursor is the last slot whose customer was notified; slots are
//! processed in the order of shard, device and slot.

use crate::queries::Query;
use crate::rule::RulesColumn;
use crate::subscription::read_agreed_price;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::id::{CustomerId, DeviceId};
use opendrs_domain::money::Money;
use opendrs_domain::rule::SlotTerms;
use opendrs_domain::text::{Asin, SlotId};
use opendrs_domain::time::Time;
use uuid::Uuid;

/// A price change that is being processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceChange {
    /// The price before the change.
    pub before: Money,
    /// The last slot that was processed.
    pub cursor: PriceChangeCursor,
}

/// A position in the order in which slots are processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceChangeCursor {
    /// The slot's shard; -1 at the start.
    pub shard: i64,
    /// The slot's device.
    pub device: DeviceId,
    /// The slot; empty at the start.
    pub slot: String,
}

impl PriceChangeCursor {
    /// The position before every slot.
    #[must_use]
    pub fn start() -> Self {
        Self { shard: -1, device: DeviceId(Uuid::nil()), slot: String::new() }
    }
}

/// A slot that reorders a product.
#[derive(Clone, Debug, PartialEq)]
pub struct ReorderingSlot {
    /// The device's shard.
    pub shard: i64,
    /// The slot.
    pub slot: SlotId,
    /// What the customer agreed to.
    pub terms: SlotTerms,
    /// The device.
    pub device: DeviceId,
    /// The device's customer.
    pub customer: CustomerId,
    /// The device is registered and is no test device, so its orders cost money.
    pub is_charged: bool,
}

impl FromRow for PriceChange {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let before = Money { minor: row.get(0)?, currency: row.get(1)? };
        Ok(Self { before, cursor: PriceChangeCursor { shard: row.get(2)?, device: row.get(3)?, slot: row.get(4)? } })
    }
}

impl FromRow for ReorderingSlot {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let ruled: Option<String> = row.get(6)?;
        let rules = ruled.map(|_| RulesColumn::<6>::from_row(row)).transpose()?;
        let rules = rules.map(|RulesColumn(rules)| rules).unwrap_or_default();
        let (test, ended): (bool, Option<Time>) = (row.get(9)?, row.get(10)?);
        Ok(Self {
            shard: row.get(0)?,
            slot: row.get(1)?,
            terms: SlotTerms { rules, agreed_price: read_agreed_price(row, 2)? },
            device: row.get(7)?,
            customer: row.get(8)?,
            is_charged: !test && ended.is_none(),
        })
    }
}

/// Records that a product's price changed. Processing starts with the first slot.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_change(tx: &mut Tx<'_>, asin: &Asin, before: &Money, at: Time) -> Result<()> {
    let PriceChangeCursor { shard, device, slot } = PriceChangeCursor::start();
    let params = params![asin, before.minor, before.currency.as_str(), at, shard, device, slot.as_str()];
    tx.exec_deferred(Query::PriceChangePut, params).await
}

/// The product of the oldest change up to a moment.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_next_due(tx: &mut Tx<'_>, now: Time) -> Result<Option<Asin>> {
    Ok(tx.query_opt::<(Asin,)>(Query::PriceChangeNext, params![now]).await?.map(|(asin,)| asin))
}

/// A product's change, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, asin: &Asin) -> Result<Option<PriceChange>> {
    tx.query_opt(Query::PriceChangeGet, params![asin]).await
}

/// The slots after a cursor that reorder a product, at most `limit`.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_slots_after(
    tx: &mut Tx<'_>,
    asin: &Asin,
    cursor: &PriceChangeCursor,
    limit: i64,
) -> Result<Vec<ReorderingSlot>> {
    let PriceChangeCursor { shard, device, slot } = cursor;
    tx.query_all(Query::SlotsOfProduct, params![asin, *shard, *device, slot.as_str(), limit]).await
}

/// Moves a change's cursor to a slot; without one, the change is finished and removed.
///
/// # Errors
/// [`crate::Error`].
pub async fn advance_cursor(tx: &mut Tx<'_>, asin: &Asin, last: Option<&ReorderingSlot>) -> Result<()> {
    match last {
        Some(ReorderingSlot { shard, device, slot, .. }) => {
            tx.exec_deferred(Query::PriceChangeMove, params![asin, *shard, *device, slot]).await
        }
        None => tx.exec_deferred(Query::PriceChangeDone, params![asin]).await,
    }
}
