//! The link in a mail by which its reader cancels one order.
//!
//! Invariant: the link's token names one order and is authenticated with a key derived from the master key, so nothing
//! is stored for it; it opens that order alone, and is worth nothing once the order can no longer be cancelled.

use crate::token::Caller;
use crate::{App, Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use opendrs_domain::id::{DeviceId, InstanceId, OrderId};
use opendrs_domain::order::{Canceller, NotCancelled, Order, State};
use opendrs_store::{device, order};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Shard, device and order; before the authentication code.
const NAMED: usize = 40;
/// HMAC-SHA256.
const MAC: usize = 32;

/// The token of an order's link.
pub(super) fn token(app: &App, shard: i64, instance: InstanceId) -> Result<String> {
    let mut bytes = Vec::with_capacity(NAMED + MAC);
    bytes.extend_from_slice(&shard.to_be_bytes());
    bytes.extend_from_slice(instance.device.0.as_bytes());
    bytes.extend_from_slice(instance.order.0.as_bytes());
    let code = code(app, &bytes)?;
    bytes.extend_from_slice(&code);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn code(app: &App, named: &[u8]) -> Result<[u8; MAC]> {
    let key = app.keys.derive("cancel link", 0);
    let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(mac.chain_update(named).finalize().into_bytes().into())
}

fn open(app: &App, token: &str) -> Option<(i64, InstanceId)> {
    let bytes: [u8; NAMED + MAC] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
    let (named, found) = bytes.split_at(NAMED);
    if !bool::from(code(app, named).ok()?.ct_eq(found)) {
        return None;
    }
    let (shard, ids) = named.split_at(8);
    let (device, order) = ids.split_at(16);
    let (device, order) = (Uuid::from_slice(device).ok()?, Uuid::from_slice(order).ok()?);
    Some((i64::from_be_bytes(shard.try_into().ok()?), InstanceId { device: DeviceId(device), order: OrderId(order) }))
}

/// What a link leads to.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The order.
    pub order: Order,
    /// Why it cannot be cancelled now, if so.
    pub refusal: Option<NotCancelled>,
    caller: Caller,
}

/// The order that a link's token names.
///
/// # Errors
/// [`Error::InvalidToken`] when it is none of ours, [`Error::Unavailable`].
pub async fn linked(app: &App, token: &str) -> Result<Linked> {
    let (shard, instance) = open(app, token).ok_or(Error::InvalidToken)?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let device = order::device_of(&mut tx, shard, instance.order).await?.ok_or(Error::InvalidToken)?;
    let order = order::by_id(&mut tx, shard, device, instance.order).await?.ok_or(Error::InvalidToken)?;
    if !order.is_named_by(instance) {
        return Err(Error::InvalidToken);
    }
    let device = device::by_id(&mut tx, shard, device).await?.ok_or(Error::InvalidToken)?;
    let refusal = order.clone().cancel(Canceller::MailLink, app.now()).err();
    Ok(Linked { order, refusal, caller: Caller { device, shard, slot: None } })
}

/// Cancels the order that a link's token names, as its customer. Twice is once.
///
/// # Errors
/// [`Error::InvalidToken`], [`Error::NotCancelled`], [`Error::Unavailable`].
pub async fn cancel(app: &App, token: &str) -> Result<()> {
    let Linked { order, caller, .. } = linked(app, token).await?;
    match order.state {
        State::Cancelled => Ok(()),
        _ => crate::order::cancel(app, &caller, &order.instance().to_string(), Canceller::MailLink).await,
    }
}
