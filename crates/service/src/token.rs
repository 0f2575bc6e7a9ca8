//! Who is calling: access tokens to callers, and the making of tokens.
//!
//! Invariant: a token is good if its bytes are ours, its time is not over, and the one row it speaks for (the device, or
//! the consent) still stands, and neither its client nor its key was ended. There is no list of tokens. What a node
//! remembers of clients and keys ([`crate::keys`]) is compared with the store in the statement that accepts the token, so
//! whatever ends holds at once on every node.

use crate::{App, Error, Result, limit};
use opendrs_domain::device::Device;
use opendrs_domain::id::{ClientId, CustomerId, DeviceId};
use opendrs_domain::login::form;
use opendrs_domain::login::scope::{Scope, Scopes};
use opendrs_domain::profile::Client;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::{Span, Time};
use opendrs_domain::token::{BadToken, Claims, Generations, Use};
use opendrs_store::access::AccessVersion;
use opendrs_store::device::DeviceCall;
use opendrs_store::{Reader, Tx, consent, customer, device, profile};
use std::sync::Arc;

/// How long an access token lives (docs/spec/login.md#access-token-lifetime).
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

/// How often a call is judged anew because clients or keys were changed meanwhile.
pub(crate) const TRIES: usize = 5;

/// A token of ours, and what it was judged by.
pub(crate) struct Opened {
    pub(crate) claims: Claims,
    /// Whether its client accepts it, as far as this node knows.
    accepted: bool,
    /// The version of all that decides which tokens are refused, as this node knows it. Whoever accepts the token compares
    /// it with the version that the store has.
    pub(crate) access: AccessVersion,
}

/// Reads a token's text of a use; what is wrong with it is not told.
pub(crate) async fn open(app: &App, text: &str, wanted: Use) -> Result<Opened> {
    let mut known = Arc::clone(&app.keys.access());
    let mut opened = known.open(text, wanted);
    if let Err(BadToken::UnknownKey(number)) = opened
        && known.may_be_new(number)
        && app.keys.reload(&app.db).await?
    {
        known = Arc::clone(&app.keys.access());
        opened = known.open(text, wanted);
    }
    let claims = opened.map_err(|_| Error::InvalidToken)?;
    Ok(Opened { accepted: known.accepts(&claims), claims, access: known.version })
}

impl Opened {
    /// The device that an access token speaks for and the shard of it, if it does and its time is not over.
    fn device(&self, now: Time) -> Result<(i64, DeviceId)> {
        let claims = &self.claims;
        let good = claims.scopes.has(Scope::Replenish) && claims.expires_at.is_some_and(|end| end > now);
        claims.device.filter(|_| good).ok_or(Error::InvalidToken)
    }
}

/// Finds the device that an access token speaks for, and whether its model has a slot, in one read. The reader comes with
/// it, for what else the call reads; a call that writes gives it back before.
///
/// # Errors
/// [`Error::InvalidToken`] for whatever is wrong with the token, [`Error::TooOften`], [`Error::Unavailable`].
pub async fn caller<'a>(app: &'a App, token: Option<&str>, slot: Option<&str>) -> Result<(Caller, Reader<'a>)> {
    let text = token.ok_or(Error::InvalidToken)?;
    // No model has a slot of another form; and a text with a NUL in it is none that PostgreSQL can be asked for.
    let slot = slot.filter(|text| SlotId::fits(text)).unwrap_or_default();
    let mut counted = false;
    for _ in 0..TRIES {
        let opened = open(app, text, Use::Access).await?;
        let (shard, id) = opened.device(app.now())?;
        if !counted {
            limit::device(app, id)?;
            counted = true;
        }
        if !opened.accepted {
            // Its client may have been enabled since.
            if app.keys.reload(&app.db).await? {
                continue;
            }
            return Err(Error::InvalidToken);
        }
        let mut reader = app.db.reader().await?;
        let found = device::with_slot(&mut reader.tx()?, shard, id, slot).await?;
        let DeviceCall { device, slot, access } = found.ok_or(Error::InvalidToken)?;
        if access != opened.access {
            drop(reader);
            app.keys.reload(&app.db).await?;
            continue;
        }
        if !device.accepts(opened.claims.family) {
            return Err(Error::InvalidToken);
        }
        return Ok((Caller { device, shard, slot }, reader));
    }
    Err(changing())
}

/// What every try met another version of.
pub(crate) fn changing() -> Error {
    Error::Unavailable("clients and keys are being changed; try again".into())
}

/// What an access token says that speaks for a device, as far as the token itself and what this node remembers tell. Whether
/// the registration still stands, and whether that memory is up to date, is for the store to say.
pub(crate) struct DeviceToken {
    pub(crate) shard: i64,
    pub(crate) device: DeviceId,
    pub(crate) customer: CustomerId,
    pub(crate) family: u64,
    pub(crate) access: AccessVersion,
}

/// Reads an access token that speaks for a device.
pub(crate) async fn of_device(app: &App, text: &str) -> Result<DeviceToken> {
    let opened = open(app, text, Use::Access).await?;
    let (shard, device) = opened.device(app.now())?;
    if !opened.accepted {
        return Err(Error::InvalidToken);
    }
    let Claims { customer, family, .. } = opened.claims;
    Ok(DeviceToken { shard, device, customer, family, access: opened.access })
}

/// The device an access token of ours names, whether its registration still stands or not.
pub async fn device(app: &App, text: &str) -> Option<DeviceId> {
    of_device(app, text).await.ok().map(|token| token.device)
}

/// Whether what a token speaks for still stands; the client is the token's, as it is now.
pub(crate) async fn stands(app: &App, tx: &mut Tx<'_>, claims: &Claims, client: &Client) -> Result<bool> {
    if !client.access.accepts(claims.generations.client) {
        return Ok(false);
    }
    if let Some((shard, id)) = claims.device {
        return Ok(device::revoked(tx, shard, id).await?.is_some_and(|revoked| !revoked.0.contains(&claims.family)));
    }
    let shard = app.db.shards().of_customer(claims.customer);
    if !customer::standing(tx, shard, claims.customer).await?.accepts(claims.generations.customer) {
        return Ok(false);
    }
    let consent = consent::get(tx, shard, claims.customer, client.profile).await?;
    Ok(consent.is_some_and(|consent| consent.accepts(claims.family, claims.scopes)))
}

/// Reads an access token of any scope, and checks that it is good now. Its client comes with it.
pub(crate) async fn check(app: &App, text: &str) -> Result<(Claims, Client)> {
    for _ in 0..TRIES {
        let Opened { claims, access, .. } = open(app, text, Use::Access).await?;
        if claims.expires_at.is_none_or(|end| end <= app.now()) {
            return Err(Error::InvalidToken);
        }
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let found = profile::client_as_of(&mut tx, claims.client).await?;
        let (client, version) = found.ok_or(Error::InvalidToken)?;
        if version == access {
            let good = stands(app, &mut tx, &claims, &client).await?;
            return if good { Ok((claims, client)) } else { Err(Error::InvalidToken) };
        }
        drop(tx);
        drop(reader);
        app.keys.reload(&app.db).await?;
    }
    Err(changing())
}

/// What tokens are made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    pub(crate) device: Option<(i64, DeviceId)>,
    pub(crate) customer: CustomerId,
    pub(crate) client: ClientId,
    pub(crate) family: u64,
    pub(crate) generations: Generations,
    pub(crate) scopes: Scopes,
}

/// Makes a token.
pub(crate) fn seal(app: &App, grant: Grant, purpose: Use) -> String {
    let now = app.now();
    sealed(app, grant, purpose, (now, (purpose == Use::Access).then(|| now + ACCESS_LIFETIME)))
}

/// Makes a refresh token that takes another one's place: as if it were made at another moment, and with the end of its family.
pub(crate) fn seal_next(app: &App, grant: Grant, issued_at: Time, end: Option<Time>) -> String {
    sealed(app, grant, Use::Refresh, (issued_at, end))
}

fn sealed(app: &App, grant: Grant, purpose: Use, (issued_at, expires_at): (Time, Option<Time>)) -> String {
    let claims = Claims {
        purpose,
        device: grant.device,
        customer: grant.customer,
        client: grant.client,
        family: grant.family,
        generations: grant.generations,
        scopes: grant.scopes,
        issued_at,
        expires_at,
    };
    app.keys.access().seal(&claims, &app.ids.bytes())
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
/// sign-in to say (docs/spec/setup-pages.md#settings-expired-token).
const PAGE_GRACE: Span = Span::from_hours(24);

/// Finds the device that a page was opened for.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn for_page(app: &App, text: &str) -> Result<PageDevice> {
    for _ in 0..TRIES {
        let opened = match open(app, text, Use::Access).await {
            Err(Error::InvalidToken) => return Ok(PageDevice::Unknown),
            other => other?,
        };
        let claims = &opened.claims;
        let Some((shard, id)) = claims.device else { return Ok(PageDevice::Unknown) };
        if claims.expires_at.is_none_or(|end| end + PAGE_GRACE <= app.now()) {
            return Ok(PageDevice::Unknown);
        }
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let Some(found) = device::with_slot(&mut tx, shard, id, "").await? else { return Ok(PageDevice::Unknown) };
        let DeviceCall { device, access, .. } = found;
        if access != opened.access {
            drop(tx);
            drop(reader);
            app.keys.reload(&app.db).await?;
            continue;
        }
        if opened.accepted && device.accepts(claims.family) {
            return Ok(PageDevice::Open(Box::new(Caller { device, shard, slot: None })));
        }
        if device.deregistered_at.is_none() {
            return Ok(PageDevice::Unknown);
        }
        let client = profile::client(&mut tx, claims.client).await?;
        let client = client.filter(|client| client.is_enabled() && !client.must_prove_codes());
        return Ok(PageDevice::Unregistered(client.and_then(|client| again(&client, &device))));
    }
    Err(changing())
}

/// The authorize request that would link a unit again.
fn again(client: &Client, device: &Device) -> Option<String> {
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
