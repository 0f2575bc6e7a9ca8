//! Security profiles and their clients.

use crate::access::AccessVersion;
use crate::queries::Q;
use crate::value::{FromRow, Row, p};
use crate::{Error, Result, Tx};
use opendrs_domain::id::{ClientId, MakerId, ProfileId};
use opendrs_domain::profile::{Client, ClientAccess, ClientKind, ClientState, Mode, Profile};

impl FromRow for Profile {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, maker: row.get(1)?, name: row.get(2)?, privacy_url: row.get(3)? })
    }
}

/// Columns of a client, before what a query adds.
const CLIENT_COLUMNS: usize = 10;

impl FromRow for Client {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let bad = |column, found| Error::BadRow { query: row.query.sql().name, column, found };
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
            mode: Mode::parse(&mode).ok_or_else(|| bad(6, mode))?,
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
pub async fn by_name(tx: &mut Tx<'_>, maker: MakerId, name: &str) -> Result<Option<Profile>> {
    tx.opt(Q::ProfileByName, p![maker, name]).await
}

/// A profile by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn by_id(tx: &mut Tx<'_>, id: ProfileId) -> Result<Option<Profile>> {
    tx.opt(Q::ProfileById, p![id]).await
}

/// The first profiles after one, in the order of their ids.
///
/// # Errors
/// [`crate::Error`].
pub async fn after(tx: &mut Tx<'_>, last: ProfileId, limit: i64) -> Result<Vec<Profile>> {
    tx.all(Q::ProfileAfter, p![last, limit]).await
}

/// Adds a profile, or changes the one of that id.
///
/// # Errors
/// [`crate::Error`].
pub async fn put(tx: &mut Tx<'_>, profile: &Profile) -> Result<()> {
    let params = p![profile.id, profile.maker, &profile.name, profile.privacy_url.as_deref()];
    tx.put(Q::ProfilePut, params).await
}

/// A client by id.
///
/// # Errors
/// [`crate::Error`].
pub async fn client(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<Client>> {
    tx.opt(Q::ClientById, p![id]).await
}

struct ClientAsOf(Client, AccessVersion);

impl FromRow for ClientAsOf {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Client::from_row(row)?, AccessVersion(row.get(CLIENT_COLUMNS)?)))
    }
}

/// A client by id, and the version of all that decides which tokens are refused, in one read.
///
/// # Errors
/// [`crate::Error`].
pub async fn client_as_of(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<(Client, AccessVersion)>> {
    let found: Option<ClientAsOf> = tx.opt(Q::ClientById, p![id]).await?;
    Ok(found.map(|ClientAsOf(client, version)| (client, version)))
}

/// A client by id, held against other transactions until this one ends.
///
/// # Errors
/// [`crate::Error`].
pub async fn lock_client(tx: &mut Tx<'_>, id: ClientId) -> Result<Option<Client>> {
    tx.opt(Q::ClientForUpdate, p![id]).await
}

/// Records whether a client may log anybody in, and which generation of its tokens is accepted. Whoever does so sets the
/// version anew ([`crate::access::set_version`]).
///
/// # Errors
/// [`crate::Error`].
pub async fn set_access(tx: &mut Tx<'_>, client: ClientId, access: ClientAccess) -> Result<()> {
    tx.put(Q::ClientAccess, p![client, access.state.as_str(), i64::from(access.generation)]).await
}

/// Records a client's secrets: the present one's hash and, as long as both are accepted, the former one's.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_secrets(
    tx: &mut Tx<'_>,
    client: ClientId,
    present: &[u8; 32],
    former: Option<&[u8; 32]>,
) -> Result<()> {
    tx.put(Q::ClientSecrets, p![client, present, former]).await
}

/// The highest place among the profile's clients of a kind; `None` where there is none.
///
/// # Errors
/// [`crate::Error`].
pub async fn last_place(tx: &mut Tx<'_>, profile: ProfileId, kind: ClientKind) -> Result<Option<i64>> {
    Ok(tx.opt::<(i64,)>(Q::ClientLastOrdinal, p![profile, kind.as_str()]).await?.map(|(at,)| at))
}

/// Adds a client at a place among those of its kind that no other has, or changes the one of that id, which keeps its own;
/// whether it may log anybody in stays as it is.
///
/// # Errors
/// [`crate::Error`].
pub async fn put_client(tx: &mut Tx<'_>, client: &Client, at: i64) -> Result<()> {
    let uris = serde_json::to_string(&client.redirect_uris).unwrap_or_else(|_| "[]".into());
    let Client { id, profile, kind, secret_hash, mode, .. } = client;
    let params = p![*id, *profile, kind.as_str(), at, secret_hash.as_ref(), &uris, mode.as_str()];
    tx.put(Q::ClientPut, params).await
}

/// A profile's clients, by kind and place.
///
/// # Errors
/// [`crate::Error`].
pub async fn clients(tx: &mut Tx<'_>, profile: ProfileId) -> Result<Vec<Client>> {
    tx.all(Q::ClientsOfProfile, p![profile]).await
}

/// Lets a client live by other rules.
///
/// # Errors
/// [`crate::Error`].
pub async fn set_mode(tx: &mut Tx<'_>, client: ClientId, mode: Mode) -> Result<()> {
    tx.put(Q::ClientMode, p![client, mode.as_str()]).await
}
