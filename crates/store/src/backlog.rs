//! What waits: how long the lists of work are, for whoever watches.
//!
//! Invariant: every count stops at a limit and walks an index in which nothing stands but what waits, so watching costs
//! no more on a store that has grown.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Result, Tx};
use opendrs_domain::order::OrderProblem;
use opendrs_domain::time::Time;

/// A list of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkList {
    /// Orders, by when something is due.
    Orders,
    /// Mails to customers, by when they are sent, or tried again.
    Mails,
    /// Calls to back ends, by when they are made, or made again.
    Calls,
}

/// What waits in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkListBacklog {
    /// How much; no more than the limit is counted.
    pub count: i64,
    /// The first one's time.
    pub earliest_at: Option<Time>,
}

impl FromRow for WorkListBacklog {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { count: row.get(0)?, earliest_at: row.get(1)? })
    }
}

/// What waits in a list whose time is a moment or earlier, counted up to a limit.
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

/// How many messages are on their way to receivers, those that stand behind others of their device among them, counted
/// up to a limit.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_deliveries(tx: &mut Tx<'_>, limit: i64) -> Result<i64> {
    Ok(tx.query_opt::<(i64,)>(Query::DeliveriesWaiting, params![limit]).await?.map_or(0, |(count,)| count))
}

/// How many orders are held by a problem, counted up to a limit.
///
/// # Errors
/// [`crate::Error`].
pub async fn count_held_orders(tx: &mut Tx<'_>, problem: OrderProblem, limit: i64) -> Result<i64> {
    Ok(tx.query_opt::<(i64,)>(Query::OrdersHeld, params![problem.as_str(), limit]).await?.map_or(0, |(count,)| count))
}
