//! Signed-in browsers.

use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Result, Tx};
use opendrs_domain::session::Session;
use opendrs_domain::time::Time;

impl FromRow for Session {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, customer: row.get(1)?, created_at: row.get(2)?, expires_at: row.get(3)? })
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
    let params = p![shard, &session.id, session.customer, session.created_at, session.expires_at];
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
