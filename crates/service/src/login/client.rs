//! Which client is speaking at the token endpoint (decisions 21, 25).

use crate::error::OAuth;
use crate::{App, Error, Result, limit};
use opendrs_domain::id::ClientId;
use opendrs_domain::profile::{Client, hash_secret};
use opendrs_store::{Tx, profile};

/// A client by its id on the wire.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find(app: &App, id: &str) -> Result<Option<Client>> {
    let Ok(id) = ClientId::parse(id) else { return Ok(None) };
    let mut reader = app.db.reader().await?;
    Ok(profile::client(&mut reader.tx()?, id).await?)
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
    let (brake, now) = (&app.client_throttle, app.now());
    let name = || format!("{} {source}", ClientId::parse(id).map_or_else(|_| "unknown".into(), |id| id.to_string()));
    if !brake.is_empty()
        && let Some(wait) = brake.wait(&name(), now)
    {
        return Err(Error::Throttled(wait));
    }
    let refused = || Error::oauth(OAuth::InvalidClient, "Client authentication failed");
    let found = match ClientId::parse(id) {
        Ok(id) => profile::client(tx, id).await?,
        Err(_) => None,
    };
    let Some(client) = found else {
        let _ = hash_secret(secret.unwrap_or_default());
        brake.failed(&name(), now);
        return Err(refused());
    };
    let proven = match secret.filter(|s| !s.is_empty()) {
        Some(secret) => client.secret_is(secret),
        None => !client.kind.is_confidential(),
    };
    if !proven {
        brake.failed(&name(), now);
        return Err(refused());
    }
    if !brake.is_empty() && client.kind.is_confidential() {
        brake.succeeded(&name());
    }
    limit::client(app, client.id, (!client.kind.is_confidential()).then_some(source))?;
    Ok(client)
}
