//! What owners state of slots.
//!
//! Invariant: a row states something; a slot without a row has no statement.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::CustomerId;
use opendrs_domain::slot_statement::{SlotStatement, Stated};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Time;

/// A value and its time, from two columns.
fn read_stated<T>(value: Option<T>, at: Option<Time>) -> Option<Stated<T>> {
    value.zip(at).map(|(value, at)| Stated { value, at })
}

struct SlotStatementRow(SlotId, SlotStatement);

impl FromRow for SlotStatementRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |found: i64| Error::InvalidRow { query: row.query.sql().name, column: 3, found: found.to_string() };
        let stock: Option<i64> = row.get(3)?;
        let stock = stock.map(|stock| u32::try_from(stock).map_err(|_| bad(stock))).transpose()?;
        let statement =
            SlotStatement { replaced: read_stated(row.get(1)?, row.get(2)?), stock: read_stated(stock, row.get(4)?) };
        Ok(Self(row.get(0)?, statement))
    }
}

/// What the owner states of a slot.
///
/// # Errors
/// [`crate::Error`].
pub async fn find(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId) -> Result<SlotStatement> {
    let found: Option<SlotStatementRow> =
        tx.query_opt(Query::SlotStatementGet, params![device.shard, device.id, slot]).await?;
    Ok(found.map(|SlotStatementRow(_, statement)| statement).unwrap_or_default())
}

/// What the owner states of the slots of a device, in no order.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_device(tx: &mut Tx<'_>, device: DeviceRef) -> Result<Vec<(SlotId, SlotStatement)>> {
    let found: Vec<SlotStatementRow> =
        tx.query_all(Query::SlotStatementsOfDevice, params![device.shard, device.id]).await?;
    Ok(found.into_iter().map(|SlotStatementRow(slot, statement)| (slot, statement)).collect())
}

/// Replaces what the owner states of a slot.
///
/// # Errors
/// [`crate::Error`].
pub async fn save(tx: &mut Tx<'_>, device: DeviceRef, slot: &SlotId, statement: &SlotStatement) -> Result<()> {
    if statement.is_empty() {
        return tx.exec_deferred(Query::SlotStatementDelete, params![device.shard, device.id, slot]).await;
    }
    let SlotStatement { replaced, stock } = statement;
    let (replaced_on, replaced_at) = (replaced.map(|stated| stated.value), replaced.map(|stated| stated.at));
    let (amount, stock_at) = (stock.map(|stated| i64::from(stated.value)), stock.map(|stated| stated.at));
    let params = params![device.shard, device.id, slot, replaced_on, replaced_at, amount, stock_at];
    tx.exec_deferred(Query::SlotStatementPut, params).await
}

/// Removes everything that a customer states of their devices.
///
/// # Errors
/// [`crate::Error`].
pub(crate) async fn delete_of_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<()> {
    tx.exec_deferred(Query::SlotStatementsForget, params![customer]).await
}
