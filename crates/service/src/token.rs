//! Who is calling: access tokens to callers, and the making of tokens.
//!
//! Invariant: a token is good if its bytes are ours, its time is not over, and the one row it speaks for (the device, or
//! the consent) still stands. There is no cache and no list of tokens, so a revocation holds at once on every node.

use crate::{App, Error, Result};
use opendrs_domain::device::Device;
use opendrs_domain::id::{ClientId, CustomerId};
use opendrs_domain::login::scope::{Scope, Scopes};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::Span;
use opendrs_domain::token::{BadToken, Claims, Use};
use opendrs_store::{consent, device, profile};

/// How long an access token lives (decisions 22).
pub const ACCESS_LIFETIME: Span = Span::from_secs(3600);

/// A device that calls the API.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The device.
    pub device: Device,
    /// Its shard.
    pub shard: i64,
    /// The slot the call names, if the device's model has it.
    pub slot: Option<SlotId>,
}

/// Reads a token's text of a use; what is wrong with it is not told.
pub(crate) async fn open(app: &App, text: &str, wanted: Use) -> Result<Claims> {
    let opened = app.keys.ring().open(text, wanted);
    let claims = match opened {
        Err(BadToken::UnknownKey(_)) => {
            app.keys.reload(&app.db).await?;
            app.keys.ring().open(text, wanted)
        }
        other => other,
    };
    claims.map_err(|_| Error::InvalidToken)
}

/// Finds the device that an access token speaks for, and whether its model has a slot, in one read.
///
/// # Errors
/// [`Error::InvalidToken`] for whatever is wrong with the token, [`Error::Unavailable`].
pub async fn caller(app: &App, token: Option<&str>, slot: Option<&str>) -> Result<Caller> {
    let claims = open(app, token.ok_or(Error::InvalidToken)?, Use::Access).await?;
    let (shard, id) = claims.device.ok_or(Error::InvalidToken)?;
    if !claims.scopes.has(Scope::Replenish) || claims.expires_at.is_none_or(|end| end <= app.now()) {
        return Err(Error::InvalidToken);
    }
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (device, slot) = match slot {
        Some(slot) => device::with_slot(&mut tx, shard, id, slot).await?.ok_or(Error::InvalidToken)?,
        None => (device::by_id(&mut tx, shard, id).await?.ok_or(Error::InvalidToken)?, None),
    };
    if !device.accepts(claims.family) {
        return Err(Error::InvalidToken);
    }
    Ok(Caller { device, shard, slot })
}

/// Whether what a token speaks for still stands.
pub(crate) async fn stands(app: &App, claims: &Claims) -> Result<bool> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    if let Some((shard, id)) = claims.device {
        return Ok(device::by_id(&mut tx, shard, id).await?.is_some_and(|device| device.accepts(claims.family)));
    }
    let Some(client) = profile::client(&mut tx, claims.client).await? else { return Ok(false) };
    let shard = app.db.shards().of_customer(claims.customer);
    let consent = consent::get(&mut tx, shard, claims.customer, client.profile).await?;
    Ok(consent.is_some_and(|c| c.scopes.covers(claims.scopes) && !c.revoked.0.contains(&claims.family)))
}

/// Reads an access token of any scope, and checks that it is good now.
pub(crate) async fn check(app: &App, text: &str) -> Result<Claims> {
    let claims = open(app, text, Use::Access).await?;
    let alive = claims.expires_at.is_some_and(|end| end > app.now());
    if alive && stands(app, &claims).await? { Ok(claims) } else { Err(Error::InvalidToken) }
}

/// What tokens are made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    pub(crate) device: Option<(i64, opendrs_domain::id::DeviceId)>,
    pub(crate) customer: CustomerId,
    pub(crate) client: ClientId,
    pub(crate) family: u64,
    pub(crate) scopes: Scopes,
}

/// Makes a token.
pub(crate) fn seal(app: &App, grant: Grant, purpose: Use) -> String {
    let now = app.now();
    let claims = Claims {
        purpose,
        device: grant.device,
        customer: grant.customer,
        client: grant.client,
        family: grant.family,
        scopes: grant.scopes,
        issued_at: now,
        expires_at: (purpose == Use::Access).then_some(now + ACCESS_LIFETIME),
    };
    app.keys.ring().seal(&claims, &app.ids.bytes())
}
