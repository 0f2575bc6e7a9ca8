//! Authentication of callers by access tokens, and issue of tokens.
//!
//! Invariant: a token is valid under four conditions. Its bytes are authentic and its time is not over. Its one row
//! (the device's, or the consent's) is valid. Neither its client nor its key was ended. There is no list of tokens. A
//! node's copy of clients and keys ([`crate::keys`]) is compared with the store in the statement that accepts the
//! token. So every end takes effect immediately on every node.

use crate::{App, Error, Result};
use opendrs_domain::device::{Device, DeviceRef};
use opendrs_domain::id::{ClientId, CustomerId, DeviceId};
use opendrs_domain::login::form;
use opendrs_domain::login::scope::{Scope, Scopes};
use opendrs_domain::profile::Client;
use opendrs_domain::text::SlotId;
use opendrs_domain::time::{Span, Time};
use opendrs_domain::token::{Claims, TokenError, TokenGenerations, TokenType};
use opendrs_store::access::AccessVersion;
use opendrs_store::device::DeviceForCall;
use opendrs_store::{Tx, consent, customer, device, profile};
use std::sync::Arc;

/// The lifetime of an access token (docs/spec/login.md#access-token-lifetime).
pub const ACCESS_LIFETIME: Span = Span::from_secs(3600);

/// A device that calls the API, or for which its owner does.
#[derive(Clone, Debug)]
pub struct DeviceCaller {
    /// The device.
    pub device: Device,
    /// Its shard.
    pub shard: i64,
    /// The slot that the call names, if the device's model has it.
    pub slot: Option<SlotId>,
}

impl DeviceCaller {
    /// A device as its signed-in owner, who needs no token, acts for it.
    #[must_use]
    pub fn for_owner(app: &App, device: Device) -> Self {
        let shard = app.db.shards().for_unit(device.model, &device.serial);
        Self { device, shard, slot: None }
    }

    /// The device with its shard.
    pub(crate) fn device_ref(&self) -> DeviceRef {
        self.device.in_shard(self.shard)
    }
}

/// The most times that a call is checked again because clients or keys changed meanwhile.
pub(crate) const MAX_TRIES: usize = 5;

/// An authentic token, and the access version by which it was judged.
pub(crate) struct OpenedToken {
    pub(crate) claims: Claims,
    /// Whether its client accepts it, as far as this node knows.
    is_accepted: bool,
    /// The access version that this node knows. Whoever accepts the token compares it with the version in the store.
    pub(crate) access_version: AccessVersion,
}

/// Opens a token of a type. The error does not reveal what is wrong with it.
pub(crate) async fn open_token(app: &App, text: &str, wanted: TokenType) -> Result<OpenedToken> {
    let mut known = Arc::clone(&app.keys.access());
    let mut opened = known.open_token(text, wanted);
    if let Err(TokenError::UnknownKey(number)) = opened
        && known.is_possibly_new_key(number)
        && app.keys.reload(&app.db).await?
    {
        known = Arc::clone(&app.keys.access());
        opened = known.open_token(text, wanted);
    }
    let claims = opened.map_err(|_| Error::InvalidToken)?;
    Ok(OpenedToken { is_accepted: known.accepts(&claims), claims, access_version: known.version })
}

impl OpenedToken {
    /// Returns the token's device. The token must be valid at `now` and have the scope.
    fn require_device(&self, now: Time) -> Result<DeviceRef> {
        let claims = &self.claims;
        let good = claims.scopes.contains(Scope::Replenish) && claims.expires_at.is_some_and(|end| end > now);
        claims.device.filter(|_| good).ok_or(Error::InvalidToken)
    }
}

/// An opened access token of a device. The call is counted, so both paths of a call take it as it is.
pub struct DeviceToken<'t> {
    text: &'t str,
    opened: OpenedToken,
    pub(crate) device: DeviceRef,
}

impl DeviceToken<'_> {
    /// The customer who owns the device, as the token names them.
    pub(crate) fn customer(&self) -> CustomerId {
        self.opened.claims.customer
    }

    /// The family of tokens to which this token belongs.
    pub(crate) fn family(&self) -> u64 {
        self.opened.claims.family
    }

    /// The access version with which this node judged the token, if it accepts the token. The statement that uses the token
    /// compares this version with the store's.
    pub(crate) fn accepted_version(&self) -> Option<AccessVersion> {
        self.opened.is_accepted.then_some(self.opened.access_version)
    }
}

/// Opens the access token of a device, and counts the call.
///
/// # Errors
/// [`Error::InvalidToken`] for a token that is missing, forged, expired or of no device; [`Error::RateLimited`],
/// [`Error::Unavailable`].
pub async fn open_device_token<'t>(app: &App, text: Option<&'t str>) -> Result<DeviceToken<'t>> {
    let text = text.ok_or(Error::InvalidToken)?;
    let opened = open_token(app, text, TokenType::Access).await?;
    let device = opened.require_device(app.now())?;
    app.limits.count_device_call(device.id, app.system_time())?;
    Ok(DeviceToken { text, opened, device })
}

/// Finds the device of a token, and whether its model has a slot, in one read.
///
/// # Errors
/// [`Error::InvalidToken`] if the registration, the client or the key ended; [`Error::Unavailable`].
pub async fn authenticate_device(app: &App, token: DeviceToken<'_>, slot: Option<&str>) -> Result<DeviceCaller> {
    let DeviceToken { text, mut opened, device: called } = token;
    // No model has a slot of another form; and a text with a NUL in it is none that PostgreSQL can be asked for.
    let slot = slot.filter(|text| SlotId::fits(text)).unwrap_or_default();
    for _ in 0..MAX_TRIES {
        if !opened.is_accepted {
            // Its client may have been enabled since.
            if app.keys.reload(&app.db).await? {
                opened = open_token(app, text, TokenType::Access).await?;
                continue;
            }
            return Err(Error::InvalidToken);
        }
        let found = device::find_with_slot(&mut app.db.reader().await?.tx()?, called, slot).await?;
        let DeviceForCall { device, slot, access } = found.ok_or(Error::InvalidToken)?;
        if access != opened.access_version {
            app.keys.reload(&app.db).await?;
            // Opened again, because its key may have been retired since.
            opened = open_token(app, text, TokenType::Access).await?;
            continue;
        }
        if !device.accepts_token_family(opened.claims.family) {
            return Err(Error::InvalidToken);
        }
        return Ok(DeviceCaller { device, shard: called.shard, slot });
    }
    Err(access_changing_error())
}

/// The error after every try found another access version.
pub(crate) fn access_changing_error() -> Error {
    Error::Unavailable("clients and keys are being changed; try again".into())
}

/// The device that an access token names, whether it is still registered or not.
pub async fn device_id(app: &App, text: &str) -> Option<DeviceId> {
    let opened = open_token(app, text, TokenType::Access).await.ok().filter(|opened| opened.is_accepted)?;
    opened.require_device(app.now()).ok().map(|device| device.id)
}

/// Whether the device or consent of a token is still valid; `client` is the token's client as it is now.
pub(crate) async fn is_grant_valid(app: &App, tx: &mut Tx<'_>, claims: &Claims, client: &Client) -> Result<bool> {
    if !client.access.accepts_generation(claims.generations.client) {
        return Ok(false);
    }
    if let Some(device) = claims.device {
        return Ok(device::find_revoked_families(tx, device)
            .await?
            .is_some_and(|revoked| !revoked.0.contains(&claims.family)));
    }
    let shard = app.db.shards().for_customer(claims.customer);
    if !customer::find_access(tx, shard, claims.customer).await?.accepts_generation(claims.generations.customer) {
        return Ok(false);
    }
    let consent = consent::find(tx, shard, claims.customer, client.profile).await?;
    Ok(consent.is_some_and(|consent| consent.accepts_token(claims.family, claims.scopes)))
}

/// Opens an access token of any scope, and checks that it is valid now. Returns its client too.
pub(crate) async fn check_access_token(app: &App, text: &str) -> Result<(Claims, Client)> {
    for _ in 0..MAX_TRIES {
        let OpenedToken { claims, access_version: access, .. } = open_token(app, text, TokenType::Access).await?;
        if claims.expires_at.is_none_or(|end| end <= app.now()) {
            return Err(Error::InvalidToken);
        }
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let found = profile::find_client_with_version(&mut tx, claims.client).await?;
        let (client, version) = found.ok_or(Error::InvalidToken)?;
        if version == access {
            let good = is_grant_valid(app, &mut tx, &claims, &client).await?;
            return if good { Ok((claims, client)) } else { Err(Error::InvalidToken) };
        }
        drop(tx);
        drop(reader);
        app.keys.reload(&app.db).await?;
    }
    Err(access_changing_error())
}

/// The data of the tokens to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenGrant {
    pub(crate) device: Option<DeviceRef>,
    pub(crate) customer: CustomerId,
    pub(crate) client: ClientId,
    pub(crate) family: u64,
    pub(crate) generations: TokenGenerations,
    pub(crate) scopes: Scopes,
}

/// Makes a token.
pub(crate) fn seal_token(app: &App, grant: TokenGrant, purpose: TokenType) -> String {
    let now = app.now();
    seal_claims(app, grant, purpose, now, (purpose == TokenType::Access).then(|| now + ACCESS_LIFETIME))
}

/// Makes a refresh token that replaces another one. It has a given issue time, and the end of its family.
pub(crate) fn seal_rotated_token(app: &App, grant: TokenGrant, issued_at: Time, end: Option<Time>) -> String {
    seal_claims(app, grant, TokenType::Refresh, issued_at, end)
}

fn seal_claims(app: &App, grant: TokenGrant, purpose: TokenType, issued_at: Time, expires_at: Option<Time>) -> String {
    let claims = Claims {
        token_type: purpose,
        device: grant.device,
        customer: grant.customer,
        client: grant.client,
        family: grant.family,
        generations: grant.generations,
        scopes: grant.scopes,
        issued_at,
        expires_at,
    };
    app.keys.access().seal_token(&claims, &app.ids.random_bytes())
}

/// The device that a page is about.
#[derive(Clone, Debug)]
pub enum SettingsTarget {
    /// A registered device.
    Registered(Box<DeviceCaller>),
    /// A device whose registration ended, with the URL at which it can be linked again. There is no URL where its
    /// client needs a proof that only its device can give.
    Unregistered(Option<String>),
    /// The token is not authentic, or too old.
    Unknown,
}

/// How long after its end a token still identifies the device of a page. What the page may show depends on the
/// customer's sign-in (docs/spec/setup-pages.md#settings-expired-token).
const PAGE_GRACE: Span = Span::from_hours(24);

/// Finds the device for which a page was opened.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn resolve_page_token(app: &App, text: &str) -> Result<SettingsTarget> {
    for _ in 0..MAX_TRIES {
        let opened = match open_token(app, text, TokenType::Access).await {
            Err(Error::InvalidToken) => return Ok(SettingsTarget::Unknown),
            other => other?,
        };
        let claims = &opened.claims;
        let Some(shown) = claims.device else { return Ok(SettingsTarget::Unknown) };
        if claims.expires_at.is_none_or(|end| end + PAGE_GRACE <= app.now()) {
            return Ok(SettingsTarget::Unknown);
        }
        let mut reader = app.db.reader().await?;
        let mut tx = reader.tx()?;
        let Some(found) = device::find_with_slot(&mut tx, shown, "").await? else {
            return Ok(SettingsTarget::Unknown);
        };
        let DeviceForCall { device, access, .. } = found;
        if access != opened.access_version {
            drop(tx);
            drop(reader);
            app.keys.reload(&app.db).await?;
            continue;
        }
        if opened.is_accepted && device.accepts_token_family(claims.family) {
            return Ok(SettingsTarget::Registered(Box::new(DeviceCaller { device, shard: shown.shard, slot: None })));
        }
        if device.deregistered_at.is_none() {
            return Ok(SettingsTarget::Unknown);
        }
        let client = profile::find_client(&mut tx, claims.client).await?;
        let client = client.filter(|client| client.is_enabled() && !client.requires_pkce());
        return Ok(SettingsTarget::Unregistered(client.and_then(|client| relink_url(&client, &device))));
    }
    Err(access_changing_error())
}

/// The authorization request that would link a unit again.
fn relink_url(client: &Client, device: &Device) -> Option<String> {
    let data = serde_json::json!({ "dash:replenish": {
        "device_model": device.model_code, "serial": device.serial, "is_test_device": device.test,
        // It was registered before, so it may be registered again, certified or not.
        "should_include_non_live": true,
    } });
    let params = [
        ("client_id", client.id.to_string()),
        ("scope", "dash:replenish".into()),
        ("scope_data", data.to_string()),
        ("response_type", "code".into()),
        ("redirect_uri", client.redirect_uris.first()?.clone()),
    ];
    let query: Vec<_> =
        params.iter().map(|(name, value)| format!("{name}={}", form::percent_encode(value, ""))).collect();
    Some(format!("/ap/oa?{}", query.join("&")))
}
