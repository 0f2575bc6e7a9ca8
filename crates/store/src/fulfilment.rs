//! Calls that a back end has to be sent, one row an order at most. Whoever locks a row has locked its order before.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::fulfilment::BackendCallKind;
use opendrs_domain::id::OrderId;
use opendrs_domain::time::Time;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendCall {
    /// The order's shard.
    pub shard: i64,
    /// The order.
    pub order: OrderId,
    /// What is asked for.
    pub kind: BackendCallKind,
    /// How often it was, this time included.
    pub attempts: i64,
    /// When it is due; once leased, when the lease is over.
    pub due_at: Option<Time>,
    /// What the back end calls the order, once that is known.
    pub reference: Option<String>,
    /// When it was first asked to begin an order and was not heard, by the world's clock.
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

/// Has the back end asked to take an order, unless it is being asked.
///
/// # Errors
/// [`crate::Error`].
pub async fn request_place(tx: &mut Tx<'_>, shard: i64, id: OrderId, now: Time) -> Result<()> {
    tx.exec_deferred(Query::FulfilmentPlace, params![shard, id, now]).await
}

/// Has the back end told to give an order up, if it ever was asked to take it.
///
/// # Errors
/// [`crate::Error`].
pub async fn request_cancel(tx: &mut Tx<'_>, shard: i64, id: OrderId, now: Time) -> Result<()> {
    tx.exec_deferred(Query::FulfilmentCancel, params![shard, id, now]).await
}

/// Takes the first calls that are due; nobody else takes them before `until`.
///
/// # Errors
/// [`crate::Error`].
pub async fn lease(tx: &mut Tx<'_>, now: Time, until: Time, limit: i64) -> Result<Vec<BackendCall>> {
    tx.query_all(Query::FulfilmentLease, params![now, until, limit]).await
}

/// What an order's back end is to be asked for, held against other transactions.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: OrderId) -> Result<Option<BackendCall>> {
    tx.query_opt(Query::FulfilmentGet, params![shard, id]).await
}

/// Records how a call went: when it is made again, if at all, and what went wrong.
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

/// Has the back end asked how an order stands, from then on.
///
/// # Errors
/// [`crate::Error`].
pub async fn schedule_watch(tx: &mut Tx<'_>, shard: i64, id: OrderId, due_at: Time) -> Result<()> {
    tx.exec(Query::FulfilmentWatch, params![shard, id, due_at]).await.map(drop)
}

/// Notes that the back end is being asked to begin an order, at a moment of the world's clock, unless that stands there
/// from before; false when the call is no longer whose lease ends at `until`.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_begin(tx: &mut Tx<'_>, shard: i64, id: OrderId, until: Time, at: Time) -> Result<bool> {
    Ok(tx.exec(Query::FulfilmentBegin, params![shard, id, until, at]).await? > 0)
}

/// Notes what the back end calls an order that it is being asked to take, and since when others were begun that were not
/// heard of, if any were; false when the call is no longer whose lease ends at `until`.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_reference(
    tx: &mut Tx<'_>,
    shard: i64,
    id: OrderId,
    until: Time,
    (reference, begun_at): (&str, Option<Time>),
) -> Result<bool> {
    Ok(tx.exec(Query::FulfilmentSetReference, params![shard, id, until, reference, begun_at]).await? > 0)
}

/// Whether any order is what the back end calls so.
///
/// # Errors
/// [`crate::Error`].
pub async fn reference_exists(tx: &mut Tx<'_>, reference: &str) -> Result<bool> {
    Ok(tx.query_opt::<(i64,)>(Query::FulfilmentByReference, params![reference]).await?.is_some())
}

/// Whether an order is watched, by what the back end calls it.
///
/// # Errors
/// [`crate::Error`].
pub async fn is_reference_watched(tx: &mut Tx<'_>, reference: &str) -> Result<bool> {
    Ok(tx.query_opt::<(i64,)>(Query::FulfilmentWatched, params![reference]).await?.is_some())
}

/// Has an order that is watched looked at now, by what the back end calls it; whether that is earlier than it would
/// have been.
///
/// # Errors
/// [`crate::Error`].
pub async fn expedite_watch(tx: &mut Tx<'_>, reference: &str, now: Time) -> Result<bool> {
    Ok(tx.exec(Query::FulfilmentExpedite, params![reference, now]).await? > 0)
}

/// What went wrong with an order's last call, if anything.
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
