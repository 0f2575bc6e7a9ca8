//! Backlogs: how long the work lists are, for monitoring.
//!
//! Invariant: every count stops at a limit and reads an index that holds waiting rows only. So monitoring costs no more
//! on a store that has grown.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::order::OrderProblem;
use opendrs_domain::time::Time;

/// A work list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkList {
    /// Orders, by the time at which something is due.
    Orders,
    /// Mails to customers, by the time of the next attempt.
    Mails,
    /// Calls to back ends, by the time of the next attempt.
    Calls,
}

/// The backlog of a work list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkListBacklog {
    /// The number of entries, counted up to the limit.
    pub count: i64,
    /// The due time of the first entry.
    pub earliest_at: Option<Time>,
}

impl FromRow for WorkListBacklog {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { count: row.get(0)?, earliest_at: row.get(1)? })
    }
}

/// The entries of a list that are due at `until` or earlier, counted up to `limit`.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_waiting(tx: &mut Tx<'_>, list: WorkList, until: Time, limit: i64) -> Result<WorkListBacklog> {
    let query = match list {
        WorkList::Orders => Query::OrdersOverdue,
        WorkList::Mails => Query::MailsWaiting,
        WorkList::Calls => Query::FulfilmentWaiting,
    };
    Ok(tx.query_opt(query, params![until, limit]).await?.unwrap_or_default())
}

/// The number of open deliveries, counted up to `limit`. It includes those that are queued behind others of their
/// device.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_deliveries(tx: &mut Tx<'_>, limit: i64) -> Result<i64> {
    Ok(tx.query_opt::<(i64,)>(Query::DeliveriesWaiting, params![limit]).await?.map_or(0, |(count,)| count))
}

/// The number of orders that a problem holds, counted up to `limit`.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_held_orders(tx: &mut Tx<'_>, problem: OrderProblem, limit: i64) -> Result<i64> {
    Ok(tx.query_opt::<(i64,)>(Query::OrdersHeld, params![problem.as_str(), limit]).await?.map_or(0, |(count,)| count))
}
