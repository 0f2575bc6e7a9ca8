//! The tokens of links in mails: a payload and its authentication code.
//!
//! Not here: what the payload means. Invariant: a token is authenticated with a key derived from the master key for one
//! purpose. So nothing is stored for it, and a token of one purpose is invalid for another.

use crate::{App, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::account::normalize_code;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The purpose of the link by which an order is cancelled.
pub(crate) const CANCEL_PURPOSE: &str = "cancel link";
/// The purpose of the link by which a takeover is answered.
pub(crate) const TAKEOVER_PURPOSE: &str = "takeover link";
/// The purpose of the links in mails about an account.
pub(crate) const ACCOUNT_PURPOSE: &str = "account link";
/// The purpose of the codes that a customer types.
pub(crate) const CODE_PURPOSE: &str = "account code";
/// The purpose of the requests that await a code.
pub(crate) const REQUEST_PURPOSE: &str = "account request";
/// The purpose of the tokens that prove the first step of a sign-in to the second one.
pub(crate) const SECOND_STEP_PURPOSE: &str = "second step";
/// The purpose of the tokens with which an authenticator app is set up.
pub(crate) const FACTOR_SETUP_PURPOSE: &str = "second factor set-up";
/// The purposes of what is in mails, or lasts longer than minutes: a new master key does not end it. The tokens of sign-ins
/// and set-ups end with the old master key, since they prove a password.
pub(crate) const PURPOSES: [&str; 5] =
    [CANCEL_PURPOSE, TAKEOVER_PURPOSE, ACCOUNT_PURPOSE, CODE_PURPOSE, REQUEST_PURPOSE];

/// The length of HMAC-SHA256 in bytes.
const MAC_LEN: usize = 32;

/// Makes the token of a payload.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) fn sign(app: &App, purpose: &str, payload: &[u8]) -> Result<String> {
    let code = authentication_code(&app.keys.derive_key(purpose, 0), payload)?;
    Ok(URL_SAFE_NO_PAD.encode([payload, &code].concat()))
}

/// Makes the token of a value.
///
/// # Errors
/// [`Error::Internal`].
pub(crate) fn sign_value(app: &App, purpose: &str, value: &impl Serialize) -> Result<String> {
    sign(app, purpose, &to_bytes(value)?)
}

/// Opens the token of a value; `None` if it is not authentic, or of another purpose.
pub(crate) fn open_value<T: DeserializeOwned>(app: &App, purpose: &str, token: &str) -> Option<T> {
    open(app, purpose, token).and_then(|payload| serde_json::from_slice(&payload).ok())
}

/// The payload of a value.
pub(crate) fn to_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::Internal(e.to_string()))
}

/// Opens a token and returns its payload; `None` if it is not authentic, or of another purpose.
pub(crate) fn open(app: &App, purpose: &str, token: &str) -> Option<Vec<u8>> {
    let mut payload = URL_SAFE_NO_PAD.decode(token).ok()?;
    let found = payload.split_off(payload.len().checked_sub(MAC_LEN)?);
    keys(app, purpose)
        .iter()
        .any(|key| authentication_code(key, &payload).is_ok_and(|code| code.ct_eq(&found).into()))
        .then_some(payload)
}

/// The number of six digits that belongs to a payload, as people type it.
pub(crate) fn digits(app: &App, payload: &[u8]) -> Result<String> {
    digits_with(&app.keys.derive_key(CODE_PURPOSE, 0), payload)
}

/// Whether a number of six digits belongs to a payload. Blanks between the digits do not matter.
pub(crate) fn has_digits(app: &App, payload: &[u8], typed: &str) -> bool {
    let typed = normalize_code(typed);
    keys(app, CODE_PURPOSE)
        .iter()
        .any(|key| digits_with(key, payload).is_ok_and(|code| code.as_bytes().ct_eq(typed.as_bytes()).into()))
}

fn digits_with(key: &[u8; 32], payload: &[u8]) -> Result<String> {
    let [a, b, c, d, e, f, g, h, ..] = authentication_code(key, payload)?;
    Ok(format!("{:06}", u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000))
}

/// The present key of a purpose, and the keys of tokens that were made under an earlier master key.
fn keys(app: &App, purpose: &str) -> Vec<[u8; 32]> {
    let derived = app.keys.derived_keys();
    let former = derived.former_keys(purpose, app.now()).map(|former| former.key);
    std::iter::once(app.keys.derive_key(purpose, 0)).chain(former).collect()
}

fn authentication_code(key: &[u8; 32], payload: &[u8]) -> Result<[u8; MAC_LEN]> {
    let mac = Hmac::<Sha256>::new_from_slice(key).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(mac.chain_update(payload).finalize().into_bytes().into())
}
