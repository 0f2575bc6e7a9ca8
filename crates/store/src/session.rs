//! Signed-in browsers.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;

impl FromRow for Session {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad = |found| Error::BadRow { query: row.query.sql().name, column: 4, found };
        Ok(Self {
            id: row.get(0)?,
            customer: row.get(1)?,
            created_at: row.get(2)?,
            expires_at: row.get(3)?,
            generation: u32::try_from(row.get::<i64>(4)?).map_err(|e| bad(e.to_string()))?,
        })
    }
}

/// A session by the hash of its cookie.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<Option<Session>> {
    tx.opt(Q::SessionById, p![shard, id]).await
}

/// Adds a session.
///
/// # Errors
/// [`crate::Error`].
pub async fn add(tx: &mut Tx<'_>, shard: i64, session: &Session) -> Result<()> {
    let Session { id, customer, created_at, expires_at, generation } = session;
    let params = p![shard, id, *customer, *created_at, *expires_at, i64::from(*generation)];
    tx.put(Q::SessionPut, params).await
}

/// Ends a session.
///
/// # Errors
/// [`crate::Error`].
pub async fn delete(tx: &mut Tx<'_>, shard: i64, id: &[u8; 32]) -> Result<()> {
    tx.put(Q::SessionDelete, p![shard, id]).await
}

/// Removes at most `limit` sessions that ended before a moment; says how many.
///
/// # Errors
/// [`crate::Error`].
pub async fn purge(tx: &mut Tx<'_>, before: Time, limit: i64) -> Result<u64> {
    tx.exec(Q::SessionPurge, p![before, limit]).await
}
