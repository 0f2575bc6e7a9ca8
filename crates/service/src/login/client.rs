//! Which client is speaking at the token endpoint (decisions 21, 25).

use crate::error::OAuth;
use crate::{App, Error, Result};
use opendrs_domain::id::ClientId;
use opendrs_domain::profile::{Client, hash_secret};
use opendrs_store::profile;

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
/// # Errors
/// `invalid_request` without an id, `invalid_client`.
pub async fn authenticate(app: &App, id: Option<&str>, secret: Option<&str>) -> Result<Client> {
    let id = id.ok_or_else(|| {
        Error::oauth(OAuth::InvalidRequest, "The request is missing a required parameter : client_id")
    })?;
    let refused = || Error::oauth(OAuth::InvalidClient, "Client authentication failed");
    let Some(client) = find(app, id).await? else {
        let _ = hash_secret(secret.unwrap_or_default());
        return Err(refused());
    };
    let proven = match secret.filter(|s| !s.is_empty()) {
        Some(secret) => client.secret_is(secret),
        None => !client.kind.is_confidential(),
    };
    if proven { Ok(client) } else { Err(refused()) }
}
