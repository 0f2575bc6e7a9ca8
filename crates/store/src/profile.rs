//! Security profiles and their clients.
//!
//! Invariant: a client's secrets are stored as hashes.

use crate::access::AccessVersion;
use crate::queries::Query;
use crate::value::{DbRow, FromRow, params};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{ClientId, MakerId, ProfileId};
use opendrs_domain::profile::{Client, ClientAccess, ClientKind, ClientMode, ClientState, Profile};

impl FromRow for Profile {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, maker: row.get(1)?, name: row.get(2)?, privacy_url: row.get(3)? })
    }
}

/// The number of a client's columns, before those that a query adds.
const CLIENT_COLUMNS: usize = 10;

impl FromRow for Client {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        let bad = |column, found| Error::InvalidRow { query: row.query.sql().name, column, found };
        let kind: String = row.get(3)?;
        let uris: String = row.get(5)?;
        let (mode, state): (String, String) = (row.get(6)?, row.get(8)?);
        let generation: i64 = row.get(9)?;
        Ok(Self {
            id: row.get(0)?,
            profile: row.get(1)?,
            maker: row.get(2)?,
            kind: ClientKind::parse(&kind).ok_or_else(|| bad(3, kind))?,
            secret_hash: row.get(4)?,
            redirect_uris: serde_json::from_str(&uris).map_err(|e| bad(5, e.to_string()))?,
            mode: ClientMode::parse(&mode).ok_or_else(|| bad(6, mode))?,
            former_secret_hash: row.get(7)?,
            access: ClientAccess {
                state: ClientState::parse(&state).ok_or_else(|| bad(8, state))?,
                generation: u32::try_from(generation).map_err(|e| bad(9, e.to_string()))?,
            },
        })
    }
}

/// A profile by name.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_name(tx: &mut Tx<'_>, maker: MakerId, name: &str) -> Result<Option<Profile>> {
    tx.query_opt(Query::ProfileByName, params![maker, name]).await
}

/// A profile by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_by_id(tx: &mut Tx<'_>, id: ProfileId) -> Result<Option<Profile>> {
    tx.query_opt(Query::ProfileById, params![id]).await
}

/// The first profiles after `last`, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_after(tx: &mut Tx<'_>, last: ProfileId, limit: i64) -> Result<Vec<Profile>> {
    tx.query_all(Query::ProfileAfter, params![last, limit]).await
}

/// Adds a profile, or changes the one with that id.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert(tx: &mut Tx<'_>, profile: &Profile) -> Result<()> {
    let params = params![profile.id, profile.maker, &profile.name, profile.privacy_url.as_deref()];
    tx.exec_deferred(Query::ProfilePut, params).await
}

/// A client by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_client(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<Client>> {
    tx.query_opt(Query::ClientById, params![id]).await
}

struct ClientWithVersion(Client, AccessVersion);

impl FromRow for ClientWithVersion {
    fn from_row(row: &DbRow<'_>) -> Result<Self> {
        Ok(Self(Client::from_row(row)?, AccessVersion(row.get(CLIENT_COLUMNS)?)))
    }
}

/// A client by id and the access version, in one read.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_client_with_version(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<(Client, AccessVersion)>> {
    let found: Option<ClientWithVersion> = tx.query_opt(Query::ClientById, params![id]).await?;
    Ok(found.map(|ClientWithVersion(client, version)| (client, version)))
}

/// A client by id, locked until this transaction ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_client(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<Client>> {
    tx.query_opt(Query::ClientForUpdate, params![id]).await
}

/// Records whether a client may sign customers in, and which generation of its tokens is accepted. The caller also sets
/// another version ([`crate::access::set_version`]).
///
/// # Errors
/// [`crate::Error`].
pub async fn set_access(tx: &mut Tx<'_>, client: ClientId, access: ClientAccess) -> Result<()> {
    tx.exec_deferred(Query::ClientAccess, params![client, access.state.as_str(), i64::from(access.generation)]).await
}

/// Records a client's secrets: the hash of the current one and, while both are accepted, of the previous one.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_secrets(
    tx: &mut Tx<'_>,
    client: ClientId,
    present: &[u8; 32],
    former: Option<&[u8; 32]>,
) -> Result<()> {
    tx.exec_deferred(Query::ClientSecrets, params![client, present, former]).await
}

/// The highest position among the profile's clients of a kind; `None` if there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn find_last_position(tx: &mut Tx<'_>, profile: ProfileId, kind: ClientKind) -> Result<Option<i64>> {
    Ok(tx.query_opt::<(i64,)>(Query::ClientLastOrdinal, params![profile, kind.as_str()]).await?.map(|(at,)| at))
}

/// Adds a client at a free position among those of its kind, or changes the one with that id, which keeps its position.
/// Whether the client may sign customers in stays as it is.
///
/// # Errors
/// [`crate::Error`].
pub async fn upsert_client(tx: &mut Tx<'_>, client: &Client, at: i64) -> Result<()> {
    let uris = serde_json::to_string(&client.redirect_uris).unwrap_or_else(|_| "[]".into());
    let Client { id, profile, kind, secret_hash, mode, .. } = client;
    let params = params![*id, *profile, kind.as_str(), at, secret_hash.as_ref(), &uris, mode.as_str()];
    tx.exec_deferred(Query::ClientPut, params).await
}

/// A profile's clients, by kind and position.
///
/// # Errors
/// [`crate::Error`].
pub async fn list_clients(tx: &mut Tx<'_>, profile: ProfileId) -> Result<Vec<Client>> {
    tx.query_all(Query::ClientsOfProfile, params![profile]).await
}

/// Changes a client's mode.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_mode(tx: &mut Tx<'_>, client: ClientId, mode: ClientMode) -> Result<()> {
    tx.exec_deferred(Query::ClientMode, params![client, mode.as_str()]).await
}
