//! Calls that a back end has to be sent, one row an order at most. Whoever locks a row has locked its order before.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::fulfilment::Wanted;
use opendrs_domain::id::OrderId;
use opendrs_domain::time::Time;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The order's shard.
    pub shard: i64,
    /// The order.
    pub order: OrderId,
    /// What is asked for.
    pub wanted: Wanted,
    /// How often it was, this time included.
    pub tries: i64,
    /// When it is due; once leased, when the lease is over.
    pub due_at: Option<Time>,
    /// What the back end calls the order, once that is known.
    pub reference: Option<String>,
    /// When it was first asked to begin an order and was not heard, by the world's clock.
    pub begun_at: Option<Time>,
}

impl FromRow for Call {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let word: String = row.get(2)?;
        let wanted = Wanted::parse(&word);
        let bad = || Error::BadRow { query: row.query.sql().name, column: 2, found: word.clone() };
        Ok(Self {
            shard: row.get(0)?,
            order: row.get(1)?,
            wanted: wanted.ok_or_else(bad)?,
            tries: row.get(3)?,
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
pub async fn want_place(tx: &mut Tx<'_>, shard: i64, id: OrderId, now: Time) -> Result<()> {
    tx.put(Q::FulfilmentPlace, p![shard, id, now]).await
}

/// Has the back end told to give an order up, if it ever was asked to take it.
///
/// # Errors
/// [`crate::Error`].
pub async fn want_cancel(tx: &mut Tx<'_>, shard: i64, id: OrderId, now: Time) -> Result<()> {
    tx.put(Q::FulfilmentCancel, p![shard, id, now]).await
}

/// Takes the first calls that are due; nobody else takes them before `until`.
///
/// # Errors
/// [`crate::Error`].
pub async fn lease(tx: &mut Tx<'_>, now: Time, until: Time, limit: i64) -> Result<Vec<Call>> {
    tx.all(Q::FulfilmentLease, p![now, until, limit]).await
}

/// What an order's back end is to be asked for, held against other transactions.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock(tx: &mut Tx<'_>, shard: i64, id: OrderId) -> Result<Option<Call>> {
    tx.opt(Q::FulfilmentGet, p![shard, id]).await
}

/// Records how a call went: when it is made again, if at all, and what went wrong.
///
/// # Errors
/// [`crate::Error`].
pub async fn set(tx: &mut Tx<'_>, shard: i64, id: OrderId, due_at: Option<Time>, error: Option<&str>) -> Result<()> {
    tx.put(Q::FulfilmentSet, p![shard, id, due_at, error]).await
}

/// Has the back end asked how an order stands, from then on.
///
/// # Errors
/// [`crate::Error`].
pub async fn watch(tx: &mut Tx<'_>, shard: i64, id: OrderId, due_at: Time) -> Result<()> {
    tx.exec(Q::FulfilmentWatch, p![shard, id, due_at]).await.map(drop)
}

/// Notes that the back end is being asked to begin an order, at a moment of the world's clock, unless that stands there
/// from before; false when the call is no longer whose lease ends at `until`.
///
/// # Errors
/// [`crate::Error`].
pub async fn begin(tx: &mut Tx<'_>, shard: i64, id: OrderId, until: Time, at: Time) -> Result<bool> {
    Ok(tx.exec(Q::FulfilmentBegin, p![shard, id, until, at]).await? > 0)
}

/// Notes what the back end calls an order that it is being asked to take, and since when others were begun that were not
/// heard of, if any were; false when the call is no longer whose lease ends at `until`.
///
/// # Errors
/// [`crate::Error`].
pub async fn refer(
    tx: &mut Tx<'_>,
    shard: i64,
    id: OrderId,
    until: Time,
    (reference, begun_at): (&str, Option<Time>),
) -> Result<bool> {
    Ok(tx.exec(Q::FulfilmentRefer, p![shard, id, until, reference, begun_at]).await? > 0)
}

/// Whether any order is what the back end calls so.
///
/// # Errors
/// [`crate::Error`].
pub async fn is_named(tx: &mut Tx<'_>, reference: &str) -> Result<bool> {
    Ok(tx.opt::<(i64,)>(Q::FulfilmentNamed, p![reference]).await?.is_some())
}

/// Whether an order is watched, by what the back end calls it.
///
/// # Errors
/// [`crate::Error`].
pub async fn is_watched(tx: &mut Tx<'_>, reference: &str) -> Result<bool> {
    Ok(tx.opt::<(i64,)>(Q::FulfilmentWatched, p![reference]).await?.is_some())
}

/// Has an order that is watched looked at now, by what the back end calls it; whether that is earlier than it would
/// have been.
///
/// # Errors
/// [`crate::Error`].
pub async fn hint(tx: &mut Tx<'_>, reference: &str, now: Time) -> Result<bool> {
    Ok(tx.exec(Q::FulfilmentHint, p![reference, now]).await? > 0)
}

/// What went wrong with an order's last call, if anything.
///
/// # Errors
/// [`crate::Error`].
pub async fn error(tx: &mut Tx<'_>, shard: i64, id: OrderId) -> Result<Option<String>> {
    Ok(tx.opt::<(String,)>(Q::FulfilmentError, p![shard, id]).await?.map(|(error,)| error))
}

/// When the next call falls due.
///
/// # Errors
/// [`crate::Error`].
pub async fn next_due(tx: &mut Tx<'_>) -> Result<Option<Time>> {
    Ok(tx.opt::<(Time,)>(Q::FulfilmentNextDue, p![]).await?.map(|(at,)| at))
}
