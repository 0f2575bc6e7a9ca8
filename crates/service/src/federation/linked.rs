//! How a customer can sign in: the link with a provider, and whether there is a password.
//!
//! Not here: how a link is made or removed ([`super::identity`]). Invariant: nothing here names the person at the provider.

use crate::{App, Result};
use opendrs_domain::id::CustomerId;
use opendrs_domain::time::Time;
use opendrs_store::{account, federation};

/// A link with a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// The provider's name.
    pub provider: String,
    /// When it was linked.
    pub since: Time,
}

/// How a customer can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityState {
    /// The link, if there is one.
    pub linked: Option<LinkedIdentity>,
    /// Whether the account has a password.
    pub has_password: bool,
}

/// The name of the provider with an issuer. One that the settings no longer name has none.
fn provider_name(app: &App, issuer: &str) -> String {
    let own = app.settings.federation.as_ref().filter(|provider| provider.issuer == issuer);
    let host = issuer.split("//").nth(1).and_then(|rest| rest.split('/').next());
    own.map_or_else(|| host.unwrap_or(issuer).to_owned(), |provider| provider.name.clone())
}

/// How a customer can sign in.
///
/// # Errors
/// [`crate::Error::Unavailable`].
pub async fn find_identity(app: &App, id: CustomerId) -> Result<IdentityState> {
    let shard = app.db.shards().for_customer(id);
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let linked = federation::find_identity(&mut tx, shard, id).await?;
    let credentials = account::find_credentials(&mut tx, shard, id).await?;
    Ok(IdentityState {
        linked: linked
            .map(|linked| LinkedIdentity { provider: provider_name(app, &linked.issuer), since: linked.since }),
        has_password: credentials.is_some_and(|credentials| credentials.password_hash.is_some()),
    })
}
