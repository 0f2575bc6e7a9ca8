//! Client authentication at the token endpoint, by the client's mode (docs/spec/login.md#client-modes,
//! docs/spec/identifiers.md#client-secrets), and changes of clients by operators.

use crate::error::OAuthErrorCode;
use crate::throttle::CredentialAttempt;
use crate::{App, Error, Result, keys};
use opendrs_domain::id::{ClientId, ProfileId};
use opendrs_domain::profile::{Client, ClientAccess, ClientMode, ClientState, hash_secret};
use opendrs_store::access::{self, AccessVersion};
use opendrs_store::{Command, Tx, maker, profile};
use uuid::Uuid;

/// How many profiles one query reads.
const PAGE_SIZE: i64 = 100;

/// Finds a client by its id on the wire.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find(app: &App, id: &str) -> Result<Option<Client>> {
    let Ok(id) = ClientId::parse(id) else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(profile::find_client(&mut reader.tx()?, id).await?)
}

/// A client with the names of its maker and its profile.
#[derive(Clone, Debug)]
pub struct ListedClient {
    /// The name of the maker.
    pub maker: String,
    /// The name of the security profile.
    pub profile: String,
    /// The client.
    pub client: Client,
}

/// Every client, ordered by profile.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(app: &App) -> Result<Vec<ListedClient>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (mut found, mut last) = (Vec::new(), ProfileId(Uuid::nil()));
    loop {
        let profiles = profile::list_after(&mut tx, last, PAGE_SIZE).await?;
        let Some(end) = profiles.last() else { return Ok(found) };
        last = end.id;
        for of in profiles {
            let owner = maker::find_by_id(&mut tx, of.maker).await?.map(|maker| maker.name).unwrap_or_default();
            let clients = profile::list_clients(&mut tx, of.id).await?;
            found.extend(clients.into_iter().map(|client| ListedClient {
                maker: owner.clone(),
                profile: of.name.clone(),
                client,
            }));
        }
    }
}

/// Sets the mode of a client, on every node from its next request on. Issued tokens stay valid.
///
/// # Errors
/// [`Error::InvalidCommand`] when there is no such client; [`Error::Unavailable`].
pub async fn set_mode(app: &App, id: &str, mode: ClientMode) -> Result<Client> {
    let client = find_for_command(app, id).await?;
    app.db.write(SetClientMode(client.id, mode)).await?;
    Ok(Client { mode, ..client })
}

/// The client that a command names.
async fn find_for_command(app: &App, id: &str) -> Result<Client> {
    find(app, id).await?.ok_or_else(|| unknown_client_error(id))
}

fn unknown_client_error(id: &str) -> Error {
    Error::InvalidCommand(format!("there is no client {id}: `opendrs client list` tells which there are"))
}

/// A change of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientChange {
    /// Ends all its codes and tokens, and refuses sign-in through it.
    Disable,
    /// Allows sign-in through it again. Ended tokens stay ended.
    Enable,
    /// Like [`ClientChange::Disable`], for ever. Its row stays, for the devices that were linked through it.
    Remove,
    /// Adds a secret with this hash, which is accepted beside the present one.
    RotateSecret([u8; 32]),
    /// Ends the older of two secrets.
    RetireSecret,
}

/// Changes a client. When this returns, the change holds on every node.
///
/// # Errors
/// [`Error::InvalidCommand`] when there is no such client, or the change does not apply to it; [`Error::Unavailable`].
pub async fn apply_change(app: &App, id: &str, change: ClientChange) -> Result<Client> {
    let client = find_for_command(app, id).await?.id;
    let changed = app.db.write(ChangeClient { client, change, version: keys::next_access_version(app) }).await??;
    keys::refresh(app).await?;
    Ok(changed)
}

/// Makes a new secret, which is accepted beside the present one. Returns it with the client.
///
/// # Errors
/// Those of [`apply_change`].
pub async fn rotate_secret(app: &App, id: &str) -> Result<(Client, String)> {
    let secret = app.ids.random_secret();
    let client = apply_change(app, id, ClientChange::RotateSecret(hash_secret(&secret))).await?;
    Ok((client, secret))
}

struct ChangeClient {
    client: ClientId,
    change: ClientChange,
    version: AccessVersion,
}

impl Command for ChangeClient {
    type Output = Result<Client>;
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let id = self.client;
        let Some(mut client) = profile::lock_client(tx, id).await? else {
            return Ok(Err(unknown_client_error(&id.to_string())));
        };
        let bad = |why: String| Ok(Err(Error::InvalidCommand(why)));
        let access = match (self.change, client.access.state) {
            (_, ClientState::Removed) if self.change != ClientChange::Remove => {
                return bad(format!("client {id} was removed permanently: declare a new one in a seed"));
            }
            (ClientChange::Disable, ClientState::Enabled) => client.access.with_tokens_revoked(ClientState::Disabled),
            (ClientChange::Remove, ClientState::Enabled | ClientState::Disabled) => {
                client.access.with_tokens_revoked(ClientState::Removed)
            }
            (ClientChange::Enable, _) => ClientAccess { state: ClientState::Enabled, ..client.access },
            (ClientChange::Disable | ClientChange::Remove, _) => client.access,
            (ClientChange::RotateSecret(_) | ClientChange::RetireSecret, _) => {
                return self.change_secret(tx, client).await;
            }
        };
        if access != client.access {
            profile::set_access(tx, id, access).await?;
            access::set_version(tx, self.version).await?;
            client.access = access;
        }
        Ok(Ok(client))
    }
}

impl ChangeClient {
    async fn change_secret(&self, tx: &mut Tx<'_>, client: Client) -> opendrs_store::Result<Result<Client>> {
        let id = self.client;
        let bad = |why: String| Ok(Err(Error::InvalidCommand(why)));
        let Some(present) = client.secret_hash else {
            return bad(format!(
                "client {id} has no secret: its kind, {}, proves its codes by PKCE",
                client.kind.as_str()
            ));
        };
        let (secret, former) = match (self.change, client.former_secret_hash) {
            (ClientChange::RotateSecret(new), None) => (new, Some(present)),
            (ClientChange::RotateSecret(_), Some(_)) => {
                let fix = format!("end the older one first with `opendrs client secret retire {id}`");
                return bad(format!("client {id} has two secrets already: {fix}"));
            }
            (_, Some(_)) => (present, None),
            (_, None) => {
                let fix = format!("`opendrs client secret rotate {id}` makes another one first");
                return bad(format!("client {id} has one secret only, which stays: {fix}"));
            }
        };
        profile::set_secrets(tx, id, &secret, former.as_ref()).await?;
        Ok(Ok(Client { secret_hash: Some(secret), former_secret_hash: former, ..client }))
    }
}

struct SetClientMode(ClientId, ClientMode);

impl Command for SetClientMode {
    type Output = ();
    fn ordering_key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        profile::set_mode(tx, self.0, self.1).await
    }
}

/// Finds the client and checks its authentication: a web client sends its secret, a public one sends none. An unknown
/// or disabled client costs the same work and gets the same answer as a wrong secret. The result includes the access
/// version of the same read.
///
/// Failed authentication is throttled by client and source. So only the guessing source has to wait.
///
/// # Errors
/// `invalid_request` without an id, `invalid_client`, [`Error::Throttled`], [`Error::RateLimited`].
pub(crate) async fn authenticate(
    app: &App,
    tx: &mut Tx<'_>,
    id: Option<&str>,
    secret: Option<&str>,
    source: &str,
) -> Result<(Client, AccessVersion)> {
    let id = id.ok_or_else(|| {
        Error::oauth(OAuthErrorCode::InvalidRequest, "The request is missing a required parameter : client_id")
    })?;
    // One spelling for each client id, and one name for all invalid ids.
    let name = ClientId::parse(id).map_or_else(|_| "unknown".into(), |id| id.to_string());
    let tried = CredentialAttempt { subject: &name, source };
    let found = match ClientId::parse(id) {
        Ok(id) => profile::find_client_with_version(tx, id).await?,
        Err(_) => None,
    };
    let found = found.filter(|(client, _)| client.is_enabled());
    let proof = || match (&found, secret.filter(|s| !s.is_empty())) {
        (Some((client, _)), Some(secret)) => client.verify_secret(secret),
        (Some((client, _)), None) => !client.kind.is_confidential(),
        (None, secret) => {
            let _ = hash_secret(secret.unwrap_or_default());
            false
        }
    };
    // A public client proves nothing here, so it neither waits nor resets a failure.
    let public = secret.is_none() && found.as_ref().is_some_and(|(client, _)| !client.kind.is_confidential());
    let proven = public || app.client_throttle.check(tried, app.now(), proof).map_err(Error::Throttled)?;
    let proven = found.filter(|_| proven);
    let (client, version) =
        proven.ok_or_else(|| Error::oauth(OAuthErrorCode::InvalidClient, "Client authentication failed"))?;
    let counted_source = (!client.kind.is_confidential()).then_some(source);
    app.limits.count_client_call(client.id, counted_source, app.system_time())?;
    Ok((client, version))
}
