//! Which tokens are refused whatever row they speak for: those of disabled or removed clients, and of retired keys.
//!
//! A node remembers the restricted clients and the keys together with the version they were read at. Each statement that
//! accepts a token compares that version, so that a change holds with its commit, on every node. Invariant: whoever changes
//! a client's access or retires a key sets another version in the same transaction.

use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::id::ClientId;
use opendrs_domain::profile::{ClientAccess, ClientState};

/// A version of all that decides which tokens are refused. Random, so that none comes back when an earlier state of a store
/// is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessVersion(pub i64);

/// The present version.
///
/// # Errors
/// [`crate::Error`].
pub async fn load_version(tx: &mut Tx<'_>) -> Result<AccessVersion> {
    let found: Option<(i64,)> = tx.query_opt(Query::AccessVersion, params![]).await?;
    Ok(AccessVersion(found.map_or(0, |(version,)| version)))
}

/// Sets another version: what nodes remember is read anew.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_version(tx: &mut Tx<'_>, version: AccessVersion) -> Result<()> {
    tx.invalidate_access_version();
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

/// The clients whose tokens were ended at least once; all others accept every token of theirs.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_restricted_clients(tx: &mut Tx<'_>) -> Result<Vec<(ClientId, ClientAccess)>> {
    let found: Vec<RestrictedClientRow> = tx.query_all(Query::ClientsRestricted, params![]).await?;
    Ok(found.into_iter().map(|RestrictedClientRow(client, access)| (client, access)).collect())
}
