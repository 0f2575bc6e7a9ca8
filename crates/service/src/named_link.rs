//! The tokens of links in mails: two ids of one shard, authenticated.
//!
//! Invariant: a token is authenticated with a key derived from the master key for one purpose. So nothing is stored for
//! it, and a token of one purpose is invalid for another.

use crate::{App, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::device::DeviceRef;
use opendrs_domain::id::{CustomerId, InstanceId};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The purpose of the link by which an order is cancelled.
pub(crate) const CANCEL_PURPOSE: &str = "cancel link";
/// The purpose of the link by which a takeover is answered.
pub(crate) const TAKEOVER_PURPOSE: &str = "takeover link";
/// All purposes of links.
pub(crate) const PURPOSES: [&str; 2] = [CANCEL_PURPOSE, TAKEOVER_PURPOSE];

/// The shard and two ids, in bytes, before the authentication code.
const PAYLOAD_LEN: usize = 40;
/// The length of HMAC-SHA256 in bytes.
const MAC_LEN: usize = 32;

/// The ids in a link's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedLink {
    pub(crate) shard: i64,
    pub(crate) first_id: Uuid,
    pub(crate) second_id: Uuid,
}

/// The token of the link by which an order is cancelled.
pub(crate) fn cancel_token(app: &App, shard: i64, order: InstanceId) -> Result<String> {
    seal(app, CANCEL_PURPOSE, NamedLink { shard, first_id: order.device.0, second_id: order.order.0 })
}

/// The token of the link by which a unit's earlier owner answers its takeover by a customer.
pub(crate) fn takeover_token(app: &App, device: DeviceRef, customer: CustomerId) -> Result<String> {
    seal(app, TAKEOVER_PURPOSE, NamedLink { shard: device.shard, first_id: device.id.0, second_id: customer.0 })
}

fn seal(app: &App, purpose: &str, named: NamedLink) -> Result<String> {
    let mut bytes = Vec::with_capacity(PAYLOAD_LEN + MAC_LEN);
    bytes.extend_from_slice(&named.shard.to_be_bytes());
    bytes.extend_from_slice(named.first_id.as_bytes());
    bytes.extend_from_slice(named.second_id.as_bytes());
    let code = authentication_code(&app.keys.derive_key(purpose, 0), &bytes)?;
    bytes.extend_from_slice(&code);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Opens a token; `None` if it is not authentic, or of another purpose.
pub(crate) fn open(app: &App, purpose: &str, token: &str) -> Option<NamedLink> {
    let bytes: [u8; PAYLOAD_LEN + MAC_LEN] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    let (named, found) = bytes.split_at(PAYLOAD_LEN);
    let is = |key: &[u8; 32]| authentication_code(key, named).is_ok_and(|code| code.ct_eq(found).into());
    // The keys of links that were sent under an earlier master key.
    let former = app.keys.derived_keys().former_keys(purpose, app.now()).map(|former| former.key).collect::<Vec<_>>();
    if !is(&app.keys.derive_key(purpose, 0)) && !former.iter().any(is) {
        return None;
    }
    let (shard, ids) = named.split_at(8);
    let (first, second) = ids.split_at(16);
    let (first, second) = (Uuid::from_slice(first).ok()?, Uuid::from_slice(second).ok()?);
    Some(NamedLink { shard: i64::from_be_bytes(shard.try_into().ok()?), first_id: first, second_id: second })
}

fn authentication_code(key: &[u8; 32], named: &[u8]) -> Result<[u8; MAC_LEN]> {
    let mac = Hmac::<Sha256>::new_from_slice(key).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(mac.chain_update(named).finalize().into_bytes().into())
}
