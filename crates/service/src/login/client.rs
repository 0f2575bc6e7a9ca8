//! Which client is speaking at the token endpoint, and by which rules (decisions 21, 25).

use crate::error::OAuth;
use crate::throttle::Try;
use crate::{App, Error, Result, limit};
use opendrs_domain::id::{ClientId, ProfileId};
use opendrs_domain::profile::{Client, Mode, hash_secret};
use opendrs_store::{Tx, Write, maker, profile};
use uuid::Uuid;

/// How many profiles are read at once.
const PAGE: i64 = 100;

/// A client by its id on the wire.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find(app: &App, id: &str) -> Result<Option<Client>> {
    let Ok(id) = ClientId::parse(id) else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(profile::client(&mut reader.tx()?, id).await?)
}

/// Every client with the names of its maker and its profile, profile by profile.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn all(app: &App) -> Result<Vec<(String, String, Client)>> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (mut found, mut last) = (Vec::new(), ProfileId(Uuid::nil()));
    loop {
        let profiles = profile::after(&mut tx, last, PAGE).await?;
        let Some(end) = profiles.last() else { return Ok(found) };
        last = end.id;
        for of in profiles {
            let owner = maker::by_id(&mut tx, of.maker).await?.map(|maker| maker.name).unwrap_or_default();
            let clients = profile::clients(&mut tx, of.id).await?;
            found.extend(clients.into_iter().map(|client| (owner.clone(), of.name.clone(), client)));
        }
    }
}

/// Lets a client live by other rules, on every node from its next request on; tokens it was issued stay good.
///
/// # Errors
/// [`Error::BadCommand`] when there is no such client; [`Error::Unavailable`].
pub async fn set_mode(app: &App, id: &str, mode: Mode) -> Result<Client> {
    let found = find(app, id).await?;
    let client = found.ok_or_else(|| {
        Error::BadCommand(format!("there is no client {id}: `opendrs client list` tells which there are"))
    })?;
    app.db.write(SetMode(client.id, mode)).await?;
    Ok(Client { mode, ..client })
}

struct SetMode(ClientId, Mode);

impl Write for SetMode {
    type Out = ();
    fn key(&self) -> u64 {
        0
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<()> {
        profile::set_mode(tx, self.0, self.1).await
    }
}

/// Finds the client and checks its proof: a web client its secret, a public one that it sends none. An unknown client
/// costs the same work and gets the same answer as a wrong secret.
///
/// Wrong proofs are braked by client and source: who guesses waits, and nobody waits for guesses from elsewhere.
///
/// # Errors
/// `invalid_request` without an id, `invalid_client`, [`Error::Throttled`], [`Error::TooOften`].
pub(crate) async fn authenticate(
    app: &App,
    tx: &mut Tx<'_>,
    id: Option<&str>,
    secret: Option<&str>,
    source: &str,
) -> Result<Client> {
    let id = id.ok_or_else(|| {
        Error::oauth(OAuth::InvalidRequest, "The request is missing a required parameter : client_id")
    })?;
    // However it is spelled, and all that are none together.
    let name = ClientId::parse(id).map_or_else(|_| "unknown".into(), |id| id.to_string());
    let tried = Try { what: &name, source };
    let found = match ClientId::parse(id) {
        Ok(id) => profile::client(tx, id).await?,
        Err(_) => None,
    };
    let proof = || match (&found, secret.filter(|s| !s.is_empty())) {
        (Some(client), Some(secret)) => client.secret_is(secret),
        (Some(client), None) => !client.kind.is_confidential(),
        (None, secret) => {
            let _ = hash_secret(secret.unwrap_or_default());
            false
        }
    };
    // A public client proves nothing here, so it neither waits nor undoes a failure.
    let public = secret.is_none() && found.as_ref().is_some_and(|client| !client.kind.is_confidential());
    let proven = public || app.client_throttle.check(tried, app.now(), proof).map_err(Error::Throttled)?;
    let client = found.filter(|_| proven);
    let client = client.ok_or_else(|| Error::oauth(OAuth::InvalidClient, "Client authentication failed"))?;
    limit::client(app, client.id, (!client.kind.is_confidential()).then_some(source))?;
    Ok(client)
}
