//! Access restrictions: tokens of disabled or removed clients, and of retired token keys, are refused for every row.
//!
//! A node caches the restricted clients and the keys together with the version at which they were read. Each statement
//! that accepts a token compares that version. So a change takes effect with its commit, on every node. Invariant: a
//! transaction that changes a client's access or retires a key also sets another version.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::id::ClientId;
use opendrs_domain::profile::{ClientAccess, ClientState};

pub use crate::access_version::AccessVersion;

/// The current access version.
///
/// # Errors
/// [`crate::Error`].
pub async fn load_version(tx: &mut Tx<'_>) -> Result<AccessVersion> {
    let found: Option<(i64,)> = tx.query_opt(Query::AccessVersion, params![]).await?;
    Ok(AccessVersion(found.map_or(0, |(version,)| version)))
}

/// The access version, cached for a batch where one read is enough for all commands of the transaction.
pub(crate) async fn load_batch_version(tx: &mut Tx<'_>) -> Result<Option<AccessVersion>> {
    let Some(cache) = tx.access_cache() else { return Ok(None) };
    if let Some(version) = cache.get() {
        return Ok(Some(version));
    }
    let version = load_version(tx).await?;
    cache.set(version);
    Ok(Some(version))
}

/// Sets another access version, so that every node reads its cached restrictions again.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_version(tx: &mut Tx<'_>, version: AccessVersion) -> Result<()> {
    if let Some(cache) = tx.access_cache() {
        cache.invalidate();
    }
    tx.exec_deferred(Query::AccessVersionSet, params![version.0]).await
}

struct RestrictedClientRow(ClientId, ClientAccess);

impl FromRow for RestrictedClientRow {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let (state, generation): (String, i64) = (row.get(1)?, row.get(2)?);
        let state = ClientState::parse(&state).ok_or_else(|| bad(1, state))?;
        let generation = u32::try_from(generation).map_err(|e| bad(2, e.to_string()))?;
        Ok(Self(row.get(0)?, ClientAccess { state, generation }))
    }
}

/// The clients whose tokens were revoked at least once. Every other client's tokens are accepted.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_restricted_clients(tx: &mut Tx<'_>) -> Result<Vec<(ClientId, ClientAccess)>> {
    let found: Vec<RestrictedClientRow> = tx.query_all(Query::ClientsRestricted, params![]).await?;
    Ok(found.into_iter().map(|RestrictedClientRow(client, access)| (client, access)).collect())
}
