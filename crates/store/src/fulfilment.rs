//! Calls to back ends, at most one row for each order.
//!
//! Invariant: a transaction that locks a row has locked its order before.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::fulfilment::BackendCallKind;
use opendrs_domain::id::OrderId;
use opendrs_domain::time::Time;

/// A call to a back end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendCall {
    /// The order's shard.
    pub shard: i64,
    /// The order.
    pub order: OrderId,
    /// The kind of call.
    pub kind: BackendCallKind,
    /// The number of attempts, this one included.
    pub attempts: i64,
    /// When the call is due; while it is leased, when the lease ends.
    pub due_at: Option<Time>,
    /// The back end's reference of the order, once it is known.
    pub reference: Option<String>,
    /// When the back end was first asked to begin an order without an answer, by the real clock.
    pub begun_at: Option<Time>,
}

impl FromRow for BackendCall {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let word: String = row.get(2)?;
        let wanted = BackendCallKind::parse(&word);
        let bad = || Error::InvalidRow { query: row.query.sql().name, column: 2, found: word.clone() };
        Ok(Self {
            shard: row.get(0)?,
            order: row.get(1)?,
            kind: wanted.ok_or_else(bad)?,
            attempts: row.get(3)?,
            due_at: row.get(4)?,
            reference: row.get(5)?,
            begun_at: row.get(6)?,
        })
    }
}

/// Requests that the back end takes an order, unless such a request is open.
///
/// # Errors
/// [`crate::Error`].
pub async fn request_place(tx: &mut Tx<'_>, shard: i64, id: OrderId, now: Time) -> Result<()> {
    tx.exec_deferred(Query::FulfilmentPlace, params![shard, id, now]).await
}

/// Requests that the back end cancels an order, if it was ever asked to take it.
///
/// # Errors
/// [`crate::Error`].
pub async fn request_cancel(tx: &mut Tx<'_>, shard: i64, id: OrderId, now: Time) -> Result<()> {
    tx.exec_deferred(Query::FulfilmentCancel, params![shard, id, now]).await
}

/// Requests that the back end is informed of a withdrawal, if it was ever asked to take the order.
///
/// # Errors
/// [`crate::Error`].
pub async fn request_withdraw(tx: &mut Tx<'_>, shard: i64, id: OrderId, now: Time) -> Result<()> {
    tx.exec_deferred(Query::FulfilmentWithdraw, params![shard, id, now]).await
}

/// Leases the first calls that are due, until `until`.
///
/// # Errors
/// [`crate::Error`].
pub async fn lease(tx: &mut Tx<'_>, now: Time, until: Time, limit: i64) -> Result<Vec<BackendCall>> {
    tx.query_all(Query::FulfilmentLease, params![now, until, limit]).await
}

/// The open call of an order, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: OrderId) -> Result<Option<BackendCall>> {
    tx.query_opt(Query::FulfilmentGet, params![shard, id]).await
}

/// Records the result of a call: when it is made again, if at all, and its error.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_result(
    tx: &mut Tx<'_>,
    shard: i64,
    id: OrderId,
    due_at: Option<Time>,
    error: Option<&str>,
) -> Result<()> {
    tx.exec_deferred(Query::FulfilmentSet, params![shard, id, due_at, error]).await
}

/// Schedules queries of an order's state at the back end, from `due_at` on.
///
/// # Errors
/// [`crate::Error`].
pub async fn schedule_watch(tx: &mut Tx<'_>, shard: i64, id: OrderId, due_at: Time) -> Result<()> {
    tx.exec(Query::FulfilmentWatch, params![shard, id, due_at]).await.map(drop)
}

/// Records when the back end is asked to begin an order, by the real clock, unless an earlier time is recorded. `false`
/// if the lease that ends at `until` is no longer held.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_begin(tx: &mut Tx<'_>, shard: i64, id: OrderId, until: Time, at: Time) -> Result<bool> {
    Ok(tx.exec(Query::FulfilmentBegin, params![shard, id, until, at]).await? > 0)
}

/// Records the back end's reference of an order that it is asked to take. `begun_at` is since when other attempts to
/// begin it are unanswered, if any are. `false` if the lease that ends at `until` is no longer held.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_reference(
    tx: &mut Tx<'_>,
    shard: i64,
    id: OrderId,
    until: Time,
    reference: &str,
    begun_at: Option<Time>,
) -> Result<bool> {
    Ok(tx.exec(Query::FulfilmentSetReference, params![shard, id, until, reference, begun_at]).await? > 0)
}

/// Whether an order has this reference at the back end.
///
/// # Errors
/// [`crate::Error`].
pub async fn reference_exists(tx: &mut Tx<'_>, reference: &str) -> Result<bool> {
    Ok(tx.query_opt::<(i64,)>(Query::FulfilmentByReference, params![reference]).await?.is_some())
}

/// Whether the order with this reference is watched.
///
/// # Errors
/// [`crate::Error`].
pub async fn is_reference_watched(tx: &mut Tx<'_>, reference: &str) -> Result<bool> {
    Ok(tx.query_opt::<(i64,)>(Query::FulfilmentWatched, params![reference]).await?.is_some())
}

/// Makes the watched order with this reference due now; returns whether that is earlier than before.
///
/// # Errors
/// [`crate::Error`].
pub async fn expedite_watch(tx: &mut Tx<'_>, reference: &str, now: Time) -> Result<bool> {
    Ok(tx.exec(Query::FulfilmentExpedite, params![reference, now]).await? > 0)
}

/// The error of an order's last call, if it failed.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_last_error(tx: &mut Tx<'_>, shard: i64, id: OrderId) -> Result<Option<String>> {
    Ok(tx.query_opt::<(String,)>(Query::FulfilmentError, params![shard, id]).await?.map(|(error,)| error))
}

/// When the next call falls due.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.query_opt::<(Time,)>(Query::FulfilmentNextDue, params![]).await?.map(|(at,)| at))
}
