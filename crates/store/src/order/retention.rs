//! Orders of a device page by page, and the removal of ended orders.
//!
//! Invariant: an order that is not final is never removed.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::OrderId;
use opendrs_domain::order::Order;

/// The number of an order's columns, before those that a query adds.
const COLUMN_COUNT: usize = 47;

/// An order, and the shop's name for it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderAtShop {
    /// The order.
    pub order: Order,
    /// The reference of the back end, if it has one.
    pub reference: Option<String>,
}

impl FromRow for OrderAtShop {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { order: Order::from_row(row)?, reference: row.get(COLUMN_COUNT)? })
    }
}

/// The orders of a device after one, oldest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, device: DeviceRef, after: OrderId, limit: i64) -> Result<Vec<OrderAtShop>> {
    tx.query_all(Query::OrdersAfter, params![device.shard, device.id, after, limit]).await
}

/// Which ended orders are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedOrders {
    /// All of them.
    All,
    /// Those whose customer was deleted.
    WithoutPerson,
}

/// Removes at most `limit` ended orders with ids below one, oldest first, with the calls about them. Returns their
/// number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, which: EndedOrders, below: OrderId, limit: i64) -> Result<u64> {
    let query = match which {
        EndedOrders::All => Query::OrdersPurge,
        EndedOrders::WithoutPerson => Query::OrdersPurgeWithoutPerson,
    };
    let removed: Vec<(i64, OrderId)> = tx.query_all(query, params![below, limit]).await?;
    for (shard, id) in &removed {
        tx.exec_deferred(Query::FulfilmentDelete, params![*shard, *id]).await?;
    }
    Ok(removed.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_an_order_are_counted() {
        let (columns, _) = Query::OrdersNewest.sql().lite.split_once(" FROM ").unwrap();
        assert_eq!(columns.split(',').count(), COLUMN_COUNT);
    }
}
