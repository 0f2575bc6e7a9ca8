//! Sessions of browsers that are signed in.
//!
//! Invariant: a session is stored under the hash of its cookie.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::id::CustomerId;
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;

impl FromRow for Session {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |found| Error::InvalidRow { query: row.query.sql().name, column: 4, found };
        Ok(Self {
            id: row.get(0)?,
            customer: row.get(1)?,
            created_at: row.get(2)?,
            expires_at: row.get(3)?,
            generation: u32::try_from(row.get::<i64>(4)?).map_err(|e| bad(e.to_string()))?,
            used_at: row.get::<Option<Time>>(5)?.map_or_else(|| row.get(2), Ok)?,
            agent: row.get::<Option<String>>(6)?.unwrap_or_default(),
        })
    }
}

/// A session by the hash of its cookie.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<Option<Session>> {
    tx.query_opt(Query::SessionById, params![shard, id]).await
}

/// Adds a session.
///
/// # Errors
/// [`crate::Error`].
pub async fn insert(tx: &mut Tx<'_>, shard: i64, session: &Session) -> Result<()> {
    let Session { id, customer, created_at, expires_at, generation, used_at, agent } = session;
    let generation = i64::from(*generation);
    let params = params![shard, id, *customer, *created_at, *expires_at, generation, *used_at, agent];
    tx.exec_deferred(Query::SessionPut, params).await
}

/// A customer's sessions, newest first, at most 200; also those that ended and are not removed yet.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_by_customer(tx: &mut Tx<'_>, customer: CustomerId) -> Result<Vec<Session>> {
    tx.query_all(Query::SessionsOfCustomer, params![customer]).await
}

/// Records that a session is in use.
///
/// # Errors
/// [`crate::Error`].
pub async fn record_use(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32], at: Time) -> Result<()> {
    tx.exec_deferred(Query::SessionUsed, params![shard, id, at]).await
}

/// Ends a session of a customer; `false` if the customer has no such session.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_own(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32], customer: CustomerId) -> Result<bool> {
    Ok(tx.exec(Query::SessionDeleteOwn, params![shard, id, customer]).await? > 0)
}

/// Ends all sessions of a customer but one, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete_others(tx: &mut Tx<'_>, customer: CustomerId, kept: &[u8; 32]) -> Result<u64> {
    tx.exec(Query::SessionDeleteOthers, params![customer, kept]).await
}

/// Ends a session.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<()> {
    tx.exec_deferred(Query::SessionDelete, params![shard, id]).await
}

/// Removes at most `limit` sessions that ended before a moment, and returns their number.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Query::SessionPurge, params![before, limit]).await
}

/// A customer's sessions after one, in the order of their hashes.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, customer: CustomerId, after: &[u8; 32], limit: i64) -> Result<Vec<Session>> {
    tx.query_all(Query::SessionsAfter, params![customer, after, limit]).await
}
