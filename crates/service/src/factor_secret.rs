//! The secrets of second factors: of authenticator apps, and of recovery codes.
//!
//! Not here: who has a second factor. Invariant: both are derived from the master key, so that the store alone reveals
//! neither. A new master key does not change them.

use crate::keys::SECOND_FACTOR_PURPOSE;
use crate::{App, Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::account::{AppSecret, parse_recovery_code};
use opendrs_domain::id::CustomerId;
use sha2::Sha256;
use uuid::Uuid;

/// The secret of a customer's authenticator app.
pub(crate) fn app_secret(app: &App, customer: CustomerId, salt: Uuid) -> Result<AppSecret> {
    Ok(AppSecret::new(&derive(app, &[b"app", customer.0.as_bytes(), salt.as_bytes()])?))
}

/// A recovery code as it is stored; `None` if the typed text cannot be one.
pub(crate) fn hash_recovery_code(app: &App, customer: CustomerId, typed: &str) -> Result<Option<[u8; 32]>> {
    let code = parse_recovery_code(typed);
    code.map(|code| derive(app, &[b"recovery", customer.0.as_bytes(), code.as_bytes()])).transpose()
}

fn derive(app: &App, parts: &[&[u8]]) -> Result<[u8; 32]> {
    let key = app.keys.derive_key(SECOND_FACTOR_PURPOSE, 0);
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(parts.iter().fold(mac, |mac, part| mac.chain_update(part)).finalize().into_bytes().into())
}
