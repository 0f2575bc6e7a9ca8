//! Federated sign-in: a customer signs in at a provider that the installation's settings name.
//!
//! What it is: the way to the provider and back, and the link between an identity there and a customer here. What it is
//! not: sign-in with a password ([`crate::session`]), and the rules for answers ([`opendrs_domain::federation`]).
//! Invariants: until an identity belongs to a customer, only the browser keeps what is known, sealed and for a short
//! time. A customer's account is linked only after a sign-in of its own.

mod begin;
mod cache;
mod finish;
mod identity;
mod linked;
mod pending;
mod provider;
mod seal;
mod settings;
mod signature;

pub use begin::{BegunSignIn, SignInBegin, begin};
pub(crate) use cache::ProviderCache;
pub use finish::{FederatedOutcome, ProviderAnswer, find_return_path, finish};
pub use identity::{IdentityRemoval, link, remove};
pub use linked::{IdentityState, LinkedIdentity, find_identity};
pub use pending::{IdentityAccountForm, PendingStep, create_account, find_pending};
pub use settings::FederationSettings;

use crate::keys::IDENTITY_PURPOSE;
use crate::{App, Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::federation::{FederationRefusal, ProviderIdentity};
use opendrs_domain::id::CustomerId;
use opendrs_store::federation::IdentityKey;
use sha2::Sha256;

/// The provider of the settings.
fn settings(app: &App) -> Result<&FederationSettings, FederationRefusal> {
    app.settings.federation.as_ref().ok_or(FederationRefusal::NotConfigured)
}

/// The customer to whom an identity belongs.
async fn find_customer_of(app: &App, key: &IdentityKey) -> Result<Option<CustomerId>> {
    let mut reader = app.db.reader().await?;
    Ok(opendrs_store::federation::find_customer(&mut reader.tx()?, key).await?)
}

/// The place of an identity in the store. Its digest is keyed, so that the store reveals no subject.
fn identity_key(app: &App, identity: &ProviderIdentity) -> Result<IdentityKey> {
    let key = app.keys.derive_key(IDENTITY_PURPOSE, 0);
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|e| Error::Internal(e.to_string()))?;
    let ProviderIdentity { issuer, subject } = identity;
    // No issuer has a zero byte, so no two identities are alike.
    let digest: [u8; 32] =
        mac.chain_update(issuer).chain_update([0]).chain_update(subject).finalize().into_bytes().into();
    Ok(IdentityKey { shard: app.db.shards().for_key(&[&digest]), digest })
}
