//! Who is calling: access tokens to callers, and the making of tokens.
//!
//! Invariant: a token is good if its bytes are ours, its time is not over, and the one row it speaks for (the device, or
//! the consent) still stands. There is no cache and no list of tokens, so a revocation holds at once on every node.

use crate::{App, Error, Result, limit};
use opendrs_domain::device::Device;
use opendrs_domain::id::{ClientId, CustomerId, DeviceId};
use opendrs_domain::login::form;
use opendrs_domain::login::scope::{Scope, Scopes};
use opendrs_domain::text::SlotId;
use opendrs_domain::time::{Span, Time};
use opendrs_domain::token::{BadToken, Claims, Use};
use opendrs_store::{Reader, Tx, consent, device, profile};

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

impl Caller {
    /// A device that somebody speaks for who needs no token: its owner, signed in.
    #[must_use]
    pub fn of(app: &App, device: Device) -> Self {
        let shard = app.db.shards().of_unit(device.model, &device.serial);
        Self { device, shard, slot: None }
    }
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

/// Finds the device that an access token speaks for, and whether its model has a slot, in one read. The reader comes with
/// it, for what else the call reads; a call that writes gives it back before.
///
/// # Errors
/// [`Error::InvalidToken`] for whatever is wrong with the token, [`Error::TooOften`], [`Error::Unavailable`].
pub async fn caller<'a>(app: &'a App, token: Option<&str>, slot: Option<&str>) -> Result<(Caller, Reader<'a>)> {
    let (shard, id, family) = device_of(app, token.ok_or(Error::InvalidToken)?).await?;
    limit::device(app, id)?;
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    // No model has a slot of another form; and a text with a NUL in it is none that PostgreSQL can be asked for.
    let (device, slot) = match slot.filter(|text| SlotId::fits(text)) {
        Some(slot) => device::with_slot(&mut tx, shard, id, slot).await?.ok_or(Error::InvalidToken)?,
        None => (device::by_id(&mut tx, shard, id).await?.ok_or(Error::InvalidToken)?, None),
    };
    if !device.accepts(family) {
        return Err(Error::InvalidToken);
    }
    drop(tx);
    Ok((Caller { device, shard, slot }, reader))
}

/// The device an access token speaks for, its shard, and the token's family, as far as the token itself tells: whether
/// the registration still stands is for the store to say.
pub(crate) async fn device_of(app: &App, text: &str) -> Result<(i64, DeviceId, u64)> {
    let claims = of_device(app, text).await?;
    claims.device.map(|(shard, id)| (shard, id, claims.family)).ok_or(Error::InvalidToken)
}

/// The device an access token of ours names, whether its registration still stands or not.
pub async fn device(app: &App, text: &str) -> Option<DeviceId> {
    device_of(app, text).await.ok().map(|(_, id, _)| id)
}

/// All that an access token says that speaks for a device.
pub(crate) async fn of_device(app: &App, text: &str) -> Result<Claims> {
    let claims = open(app, text, Use::Access).await?;
    let good = claims.scopes.has(Scope::Replenish) && claims.expires_at.is_some_and(|end| end > app.now());
    if good && claims.device.is_some() { Ok(claims) } else { Err(Error::InvalidToken) }
}

/// Whether what a token speaks for still stands.
pub(crate) async fn stands(app: &App, tx: &mut Tx<'_>, claims: &Claims) -> Result<bool> {
    if let Some((shard, id)) = claims.device {
        return Ok(device::revoked(tx, shard, id).await?.is_some_and(|revoked| !revoked.0.contains(&claims.family)));
    }
    let Some(client) = profile::client(tx, claims.client).await? else { return Ok(false) };
    let shard = app.db.shards().of_customer(claims.customer);
    let consent = consent::get(tx, shard, claims.customer, client.profile).await?;
    Ok(consent.is_some_and(|consent| consent.accepts(claims.family, claims.scopes)))
}

/// Reads an access token of any scope, and checks that it is good now.
pub(crate) async fn check(app: &App, text: &str) -> Result<Claims> {
    let claims = open(app, text, Use::Access).await?;
    let alive = claims.expires_at.is_some_and(|end| end > app.now());
    if alive && stands(app, &mut app.db.reader().await?.tx()?, &claims).await? {
        Ok(claims)
    } else {
        Err(Error::InvalidToken)
    }
}

/// What tokens are made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    pub(crate) device: Option<(i64, DeviceId)>,
    pub(crate) customer: CustomerId,
    pub(crate) client: ClientId,
    pub(crate) family: u64,
    pub(crate) scopes: Scopes,
}

/// Makes a token.
pub(crate) fn seal(app: &App, grant: Grant, purpose: Use) -> String {
    seal_at(app, grant, purpose, app.now())
}

/// The same, as if it were made at another moment.
pub(crate) fn seal_at(app: &App, grant: Grant, purpose: Use, now: Time) -> String {
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

/// Which device a page speaks of.
#[derive(Clone, Debug)]
pub enum PageDevice {
    /// A registered one.
    Open(Box<Caller>),
    /// One whose registration ended; with the address at which it can be set up again, where its client needs no proof
    /// that only its device could give.
    Unregistered(Option<String>),
    /// The token is none of ours, or too old.
    Unknown,
}

/// How long after its end a token still says which device a page is about; what the page may show is for the customer's
/// sign-in to say (login-and-web 14, row 19).
const PAGE_GRACE: Span = Span::from_hours(24);

/// Finds the device that a page was opened for.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn for_page(app: &App, text: &str) -> Result<PageDevice> {
    let claims = match open(app, text, Use::Access).await {
        Err(Error::InvalidToken) => return Ok(PageDevice::Unknown),
        other => other?,
    };
    let Some((shard, id)) = claims.device else { return Ok(PageDevice::Unknown) };
    if claims.expires_at.is_none_or(|end| end + PAGE_GRACE <= app.now()) {
        return Ok(PageDevice::Unknown);
    }
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let Some(device) = device::by_id(&mut tx, shard, id).await? else { return Ok(PageDevice::Unknown) };
    if device.accepts(claims.family) {
        return Ok(PageDevice::Open(Box::new(Caller { device, shard, slot: None })));
    }
    if device.deregistered_at.is_none() {
        return Ok(PageDevice::Unknown);
    }
    let client = profile::client(&mut tx, claims.client).await?.filter(|client| !client.must_prove_codes());
    Ok(PageDevice::Unregistered(client.and_then(|client| again(&client, &device))))
}

/// The authorize request that would link a unit again.
fn again(client: &opendrs_domain::profile::Client, device: &Device) -> Option<String> {
    let data = serde_json::json!({ "dash:replenish": {
        "device_model": device.model_code, "serial": device.serial, "is_test_device": device.test,
        // It was registered before, so it may be again, certified or not.
        "should_include_non_live": true,
    } });
    let params = [
        ("client_id", client.id.to_string()),
        ("scope", "dash:replenish".into()),
        ("scope_data", data.to_string()),
        ("response_type", "code".into()),
        ("redirect_uri", client.redirect_uris.first()?.clone()),
    ];
    let query: Vec<_> = params.iter().map(|(name, value)| format!("{name}={}", form::escape(value, ""))).collect();
    Some(format!("/ap/oa?{}", query.join("&")))
}
