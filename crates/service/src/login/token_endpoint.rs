//! The two grants of the token endpoint (docs/spec/login.md#code-exchange, docs/spec/login.md#refresh-grant).

use super::client;
use super::refresh_rotation::{self, RotateRefresh};
use crate::error::OAuthErrorCode;
use crate::throttle::CredentialAttempt;
use crate::token::{self, ACCESS_LIFETIME, OpenedToken, TokenGrant};
use crate::{App, Error, Result};
use opendrs_domain::id::{ClientId, ProfileId};
use opendrs_domain::login::code::{self as codes, AuthorizationCode, CodeRedemption, GrantError, RedemptionOutcome};
use opendrs_domain::login::redirect;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::profile::Client;
use opendrs_domain::time::Time;
use opendrs_domain::token::TokenType;
use opendrs_store::access::AccessVersion;
use opendrs_store::failpoint::{self, Point};
use opendrs_store::{Command, Shards, Tx, code, consent, customer, device, profile};

/// The parameters of a token request, from its body, query or headers.
#[derive(Clone, Debug, Default)]
pub struct TokenRequest {
    /// `grant_type`
    pub grant_type: Option<String>,
    /// `client_id`
    pub client_id: Option<String>,
    /// `client_secret`
    pub client_secret: Option<String>,
    /// `code`
    pub code: Option<String>,
    /// `redirect_uri`
    pub redirect_uri: Option<String>,
    /// `code_verifier`
    pub code_verifier: Option<String>,
    /// `refresh_token`
    pub refresh_token: Option<String>,
    /// `scope`
    pub scope: Option<String>,
    /// The source of the request, for the throttle.
    pub source: String,
    /// The name of a parameter that was sent twice with one value, or of the client's credentials. It is refused for a
    /// strict client.
    pub repeated_parameter: Option<&'static str>,
}

/// Tokens, as the token endpoint returns them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTokens {
    /// The access token, which opens the device API.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// The seconds until the access token expires.
    pub expires_in: i64,
}

/// Serves a token request. The order of checks: grant, client, code or token, redirect URI, PKCE.
///
/// # Errors
/// [`Error::OAuth`], [`Error::Throttled`], [`Error::RateLimited`], [`Error::Unavailable`].
pub async fn handle_token_request(app: &App, request: &TokenRequest) -> Result<IssuedTokens> {
    match request.grant_type.as_deref() {
        Some("authorization_code") => exchange_code(app, request).await,
        Some("refresh_token") => refresh_tokens(app, request).await,
        _ => Err(Error::oauth(
            OAuthErrorCode::UnsupportedGrantType,
            "The authorization grant type is not supported by the authorization server",
        )),
    }
}

async fn authenticate_client(app: &App, tx: &mut Tx<'_>, request: &TokenRequest) -> Result<(Client, AccessVersion)> {
    let TokenRequest { client_id, client_secret, source, .. } = request;
    let proven = client::authenticate(app, tx, client_id.as_deref(), client_secret.as_deref(), source).await?;
    match request.repeated_parameter.filter(|_| proven.0.is_strict()) {
        Some(name) => Err(Error::oauth(OAuthErrorCode::InvalidRequest, repeated_parameter_message(name))),
        None => Ok(proven),
    }
}

/// The error text for a request that sends a parameter twice.
#[must_use]
pub fn repeated_parameter_message(name: &str) -> String {
    format!("The request repeats the parameter : {name}")
}

fn missing_parameter(name: &str) -> Error {
    Error::oauth(OAuthErrorCode::InvalidRequest, format!("The request is missing a required parameter : {name}"))
}

fn invalid_grant(name: &str) -> Error {
    Error::oauth(OAuthErrorCode::InvalidGrant, format!("The request has an invalid grant parameter : {name}"))
}

async fn exchange_code(app: &App, request: &TokenRequest) -> Result<IssuedTokens> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (client, version) = authenticate_client(app, &mut tx, request).await?;
    let text = request.code.as_deref().ok_or_else(|| missing_parameter("code"))?;
    if client.kind.is_confidential() && !client.is_strict() || request.redirect_uri.is_some() {
        // A web client proved its identity by its secret and may omit the redirect URI
        // (docs/spec/login.md#client-modes); a strict one may not.
    } else {
        return Err(missing_parameter("redirect_uri"));
    }
    let hash = codes::hash_code(text);
    let shards = app.db.shards();
    let shard = shards.for_key(&[&hash]);
    let found = code::lock(&mut tx, shard, &hash).await?;
    // Guesses at codes are throttled by client and source, separately from guesses at secrets. A correct code waits
    // with the others.
    let tried = CredentialAttempt { subject: &format!("codes of {}", client.id), source: &request.source };
    app.client_throttle.check(tried, app.now(), || found.is_some()).map_err(Error::Throttled)?;
    let Some(found) = found else { return Err(invalid_grant("code")) };
    // The redirect URI may have been removed from the client meanwhile.
    let registered = redirect::resolve_redirect_uri(&client, Some(&found.redirect_uri)).is_ok();
    let unit = match found.device {
        Some(device) => device::find_by_id(&mut tx, device).await?,
        None => None,
    };
    let unit = unit.as_ref().map(crate::ordering_key::for_device);
    drop(tx);
    drop(reader);
    if app.keys.access().version != version {
        // Tokens are made with a key that is not retired.
        app.keys.reload(&app.db).await?;
    }
    let command = ExchangeCode {
        command_key: unit.unwrap_or(crate::ordering_key::for_customer(found.customer)),
        shard,
        code_hash: hash,
        client: client.id,
        profile: client.profile,
        by_secret: client.kind.is_confidential(),
        is_strict: client.is_strict(),
        redirect_is_registered: registered,
        redirect_uri: request.redirect_uri.clone(),
        verifier: request.code_verifier.clone(),
        shards,
        now: app.now(),
    };
    match app.db.write(command).await? {
        Ok(code) => {
            failpoint::reached(Point::CodeRedeemed);
            let AuthorizationCode { device, customer, client, family, generations, scopes, .. } = code;
            let grant = TokenGrant { device, customer, client, family, generations, scopes };
            Ok(issue_tokens(app, grant, token::seal_token(app, grant, TokenType::Refresh)))
        }
        Err(bad) => Err(invalid_grant(bad.as_str())),
    }
}

pub(crate) fn issue_tokens(app: &App, grant: TokenGrant, refresh: String) -> IssuedTokens {
    IssuedTokens {
        access_token: token::seal_token(app, grant, TokenType::Access),
        refresh_token: refresh,
        expires_in: ACCESS_LIFETIME.as_secs(),
    }
}

struct ExchangeCode {
    command_key: u64,
    shard: i64,
    code_hash: [u8; 32],
    client: ClientId,
    profile: ProfileId,
    by_secret: bool,
    is_strict: bool,
    redirect_is_registered: bool,
    redirect_uri: Option<String>,
    verifier: Option<String>,
    shards: Shards,
    now: Time,
}

impl Command for ExchangeCode {
    type Output = std::result::Result<AuthorizationCode, GrantError>;
    fn ordering_key(&self) -> u64 {
        self.command_key
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Output> {
        let Some(found) = code::lock(tx, self.shard, &self.code_hash).await? else { return Ok(Err(GrantError::Code)) };
        let presented = CodeRedemption {
            client: self.client,
            authenticated_by_secret: self.by_secret,
            strict: self.is_strict,
            redirect_uri_registered: self.redirect_is_registered,
            redirect_uri: self.redirect_uri.as_deref(),
            verifier: self.verifier.as_deref(),
        };
        match found.check_redemption(presented, self.now) {
            RedemptionOutcome::Refused(bad) => Ok(Err(bad)),
            RedemptionOutcome::Replayed => {
                tracing::warn!(client = %self.client, "a code came twice: what it gave is revoked");
                self.revoke_family(tx, &found).await.map(|()| Err(GrantError::Code))
            }
            RedemptionOutcome::Invalidated(bad) => {
                code::mark_used(tx, self.shard, &self.code_hash, self.now).await.map(|()| Err(bad))
            }
            RedemptionOutcome::Accepted => {
                code::mark_used(tx, self.shard, &self.code_hash, self.now).await?;
                Ok(if self.is_grant_valid(tx, &found).await? { Ok(found) } else { Err(GrantError::Code) })
            }
        }
    }
}

impl ExchangeCode {
    /// Whether the device, consent and client of a code are still valid.
    async fn is_grant_valid(&self, tx: &mut Tx<'_>, found: &AuthorizationCode) -> opendrs_store::Result<bool> {
        let AuthorizationCode { generations, .. } = *found;
        let client = profile::find_client(tx, self.client).await?;
        if !client.is_some_and(|client| client.access.accepts_generation(generations.client)) {
            return Ok(false);
        }
        if let Some(device) = found.device {
            return Ok(device::find_revoked_families(tx, device)
                .await?
                .is_some_and(|revoked| !revoked.0.contains(&found.family)));
        }
        let shard = self.shards.for_customer(found.customer);
        if !customer::find_access(tx, shard, found.customer).await?.accepts_generation(generations.customer) {
            return Ok(false);
        }
        let consent = consent::find(tx, shard, found.customer, self.profile).await?;
        Ok(consent.is_some_and(|consent| consent.accepts_token(found.family, found.scopes)))
    }

    /// A code that is used twice was stolen: the tokens of the first use end (docs/spec/login.md#authorization-codes).
    async fn revoke_family(&self, tx: &mut Tx<'_>, found: &AuthorizationCode) -> opendrs_store::Result<()> {
        match found.device {
            Some(owner) => {
                let Some(mut device) = device::lock(tx, owner).await? else { return Ok(()) };
                device.revoked_families.insert(found.family);
                device::set_revoked_families(tx, owner, &device.revoked_families).await
            }
            None => {
                let shard = self.shards.for_customer(found.customer);
                let Some(mut consent) = consent::lock(tx, shard, found.customer, self.profile).await? else {
                    return Ok(());
                };
                consent.revoked_families.insert(found.family);
                consent::set_revoked_families(tx, shard, found.customer, self.profile, &consent.revoked_families).await
            }
        }
    }
}

/// Refreshes an access token. It writes nothing: it opens the token, reads its one row and makes an access token. The
/// refresh token in the response is the one that was sent (docs/spec/login.md#refresh-grant). The refresh token of a
/// strict client is rotated.
async fn refresh_tokens(app: &App, request: &TokenRequest) -> Result<IssuedTokens> {
    for _ in 0..token::MAX_TRIES {
        if let Some(tokens) = try_refresh(app, request).await? {
            return Ok(tokens);
        }
        app.keys.reload(&app.db).await?;
    }
    Err(token::access_changing_error())
}

/// One try; `None` if clients or keys changed after this node read them.
async fn try_refresh(app: &App, request: &TokenRequest) -> Result<Option<IssuedTokens>> {
    // The token is opened before the client is checked. An unknown key is read from the store, and a task that holds a
    // reader must not wait for another.
    let opened = match request.refresh_token.as_deref() {
        Some(text) => Some((text, token::open_token(app, text, TokenType::Refresh).await)),
        None => None,
    };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (client, version) = authenticate_client(app, &mut tx, request).await?;
    let (text, claims) = opened.ok_or_else(|| missing_parameter("refresh_token"))?;
    let refused = || invalid_grant("refresh_token");
    let OpenedToken { claims, access_version: access, .. } = match claims {
        Err(Error::InvalidToken) => return Err(refused()),
        other => other?,
    };
    if access != version {
        return Ok(None);
    }
    if claims.client != client.id || !token::is_grant_valid(app, &mut tx, &claims, &client).await? {
        return Err(refused());
    }
    // A refresh may request fewer scopes than were granted, and never more (RFC 6749, 6).
    let scopes = match request.scope.as_deref() {
        None => claims.scopes,
        Some(asked) => Scopes::parse(asked).filter(|asked| claims.scopes.contains_all(*asked)).ok_or_else(|| {
            Error::oauth(OAuthErrorCode::InvalidScope, "The request has an invalid parameter : scope")
        })?,
    };
    let whole = TokenGrant {
        device: claims.device,
        customer: claims.customer,
        client: claims.client,
        family: claims.family,
        generations: claims.generations,
        scopes: claims.scopes,
    };
    let refresh = if client.is_strict() {
        let shard = app.db.shards().for_customer(claims.customer);
        let changed = customer::find_password_changed_at(&mut tx, shard, claims.customer).await?;
        if changed.is_some_and(|at| claims.issued_at < at) {
            return Err(refused());
        }
        let command = RotateRefresh::for_claims(app, &mut tx, &client, &claims).await?;
        drop(tx);
        drop(reader);
        let at = refresh_rotation::rotate(app, command.ok_or_else(refused)?).await?.ok_or_else(refused)?;
        token::seal_rotated_token(app, whole, at, app.settings.refresh_lifetime.expiry_of(&claims))
    } else {
        text.to_owned()
    };
    Ok(Some(issue_tokens(app, TokenGrant { scopes, ..whole }, refresh)))
}
