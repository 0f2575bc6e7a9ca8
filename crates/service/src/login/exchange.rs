//! The token endpoint's two grants (docs/spec/login.md#code-exchange, docs/spec/login.md#refresh-grant).

use super::client;
use super::turn::{self, Turn};
use crate::error::OAuth;
use crate::throttle::Try;
use crate::token::{self, ACCESS_LIFETIME, Grant, Opened};
use crate::{App, Error, Result};
use opendrs_domain::id::{ClientId, ProfileId};
use opendrs_domain::login::code::{self as codes, BadGrant, Code, Outcome, Presented};
use opendrs_domain::login::redirect;
use opendrs_domain::login::scope::Scopes;
use opendrs_domain::profile::Client;
use opendrs_domain::time::Time;
use opendrs_domain::token::Use;
use opendrs_store::access::AccessVersion;
use opendrs_store::failpoint::{self, Point};
use opendrs_store::{Shards, Tx, Write, code, consent, customer, device, profile};

/// A token request's parameters, wherever in the request they stood.
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
    /// Where the request came from, for the brake on guessing.
    pub source: String,
    /// What was sent twice, with one value: a parameter, or the client's credentials. A strict client may not.
    pub repeated: Option<&'static str>,
}

/// Tokens, as the token endpoint answers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Opens the API.
    pub access: String,
    /// Makes access tokens.
    pub refresh: String,
    /// Seconds the access token lives.
    pub expires_in: i64,
}

/// Serves a token request. The order of checks: grant, client, code or token, redirect, proof key.
///
/// # Errors
/// [`Error::OAuth`], [`Error::Throttled`], [`Error::TooOften`], [`Error::Unavailable`].
pub async fn tokens(app: &App, request: &TokenRequest) -> Result<Tokens> {
    match request.grant_type.as_deref() {
        Some("authorization_code") => by_code(app, request).await,
        Some("refresh_token") => by_refresh(app, request).await,
        _ => Err(Error::oauth(
            OAuth::UnsupportedGrantType,
            "The authorization grant type is not supported by the authorization server",
        )),
    }
}

async fn proven(app: &App, tx: &mut Tx<'_>, request: &TokenRequest) -> Result<(Client, AccessVersion)> {
    let TokenRequest { client_id, client_secret, source, .. } = request;
    let proven = client::authenticate(app, tx, client_id.as_deref(), client_secret.as_deref(), source).await?;
    match request.repeated.filter(|_| proven.0.is_strict()) {
        Some(name) => Err(Error::oauth(OAuth::InvalidRequest, repeats(name))),
        None => Ok(proven),
    }
}

/// The words for a request that says something twice.
#[must_use]
pub fn repeats(name: &str) -> String {
    format!("The request repeats the parameter : {name}")
}

fn missing(name: &str) -> Error {
    Error::oauth(OAuth::InvalidRequest, format!("The request is missing a required parameter : {name}"))
}

fn bad_grant(name: &str) -> Error {
    Error::oauth(OAuth::InvalidGrant, format!("The request has an invalid grant parameter : {name}"))
}

async fn by_code(app: &App, request: &TokenRequest) -> Result<Tokens> {
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (client, version) = proven(app, &mut tx, request).await?;
    let text = request.code.as_deref().ok_or_else(|| missing("code"))?;
    if client.kind.is_confidential() && !client.is_strict() || request.redirect_uri.is_some() {
        // A web client proved itself by its secret and may leave the redirect out (docs/spec/login.md#client-modes); a
        // strict one may not.
    } else {
        return Err(missing("redirect_uri"));
    }
    let hash = codes::hash(text);
    let shards = app.db.shards();
    let shard = shards.of(&[&hash]);
    let found = code::lock(&mut tx, shard, &hash).await?;
    // Guesses at codes are braked apart from those at secrets: by client and source, and a right one waits with the others.
    let tried = Try { what: &format!("codes of {}", client.id), source: &request.source };
    app.client_throttle.check(tried, app.now(), || found.is_some()).map_err(Error::Throttled)?;
    let Some(found) = found else { return Err(bad_grant("code")) };
    // Where it was to be sent may have been taken from the client since.
    let registered = redirect::target(&client, Some(&found.redirect_uri)).is_ok();
    let unit = match found.device {
        Some((shard, id)) => device::by_id(&mut tx, shard, id).await?,
        None => None,
    };
    let unit = unit.map(|device| crate::device::key(device.model, &device.serial));
    drop(tx);
    drop(reader);
    if app.keys.access().version != version {
        // Tokens are made with a key that is not retired.
        app.keys.reload(&app.db).await?;
    }
    let command = Exchange {
        key: unit.unwrap_or(crate::consent::key(found.customer)),
        shard,
        hash,
        client: client.id,
        profile: client.profile,
        by_secret: client.kind.is_confidential(),
        strict: client.is_strict(),
        registered,
        redirect_uri: request.redirect_uri.clone(),
        verifier: request.code_verifier.clone(),
        shards,
        now: app.now(),
    };
    match app.db.write(command).await? {
        Ok(code) => {
            failpoint::reached(Point::CodeRedeemed);
            let Code { device, customer, client, family, generations, scopes, .. } = code;
            let grant = Grant { device, customer, client, family, generations, scopes };
            Ok(issue(app, grant, token::seal(app, grant, Use::Refresh)))
        }
        Err(bad) => Err(bad_grant(bad.as_str())),
    }
}

pub(crate) fn issue(app: &App, grant: Grant, refresh: String) -> Tokens {
    Tokens { access: token::seal(app, grant, Use::Access), refresh, expires_in: ACCESS_LIFETIME.secs() }
}

struct Exchange {
    key: u64,
    shard: i64,
    hash: [u8; 32],
    client: ClientId,
    profile: ProfileId,
    by_secret: bool,
    strict: bool,
    registered: bool,
    redirect_uri: Option<String>,
    verifier: Option<String>,
    shards: Shards,
    now: Time,
}

impl Write for Exchange {
    type Out = std::result::Result<Code, BadGrant>;
    fn key(&self) -> u64 {
        self.key
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<Self::Out> {
        let Some(found) = code::lock(tx, self.shard, &self.hash).await? else { return Ok(Err(BadGrant::Code)) };
        let presented = Presented {
            client: self.client,
            by_secret: self.by_secret,
            strict: self.strict,
            registered: self.registered,
            redirect_uri: self.redirect_uri.as_deref(),
            verifier: self.verifier.as_deref(),
        };
        match found.present(presented, self.now) {
            Outcome::Refused(bad) => Ok(Err(bad)),
            Outcome::Replayed => {
                tracing::warn!(client = %self.client, "a code came twice: what it gave is revoked");
                self.revoke(tx, &found).await.map(|()| Err(BadGrant::Code))
            }
            Outcome::Burnt(bad) => code::spend(tx, self.shard, &self.hash, self.now).await.map(|()| Err(bad)),
            Outcome::Accepted => {
                code::spend(tx, self.shard, &self.hash, self.now).await?;
                Ok(if self.stands(tx, &found).await? { Ok(found) } else { Err(BadGrant::Code) })
            }
        }
    }
}

impl Exchange {
    /// Whether what a code speaks for still stands.
    async fn stands(&self, tx: &mut Tx<'_>, found: &Code) -> opendrs_store::Result<bool> {
        let Code { generations, .. } = *found;
        let client = profile::client(tx, self.client).await?;
        if !client.is_some_and(|client| client.access.accepts(generations.client)) {
            return Ok(false);
        }
        if let Some((shard, id)) = found.device {
            return Ok(device::revoked(tx, shard, id).await?.is_some_and(|revoked| !revoked.0.contains(&found.family)));
        }
        let shard = self.shards.of_customer(found.customer);
        if !customer::standing(tx, shard, found.customer).await?.accepts(generations.customer) {
            return Ok(false);
        }
        let consent = consent::get(tx, shard, found.customer, self.profile).await?;
        Ok(consent.is_some_and(|consent| consent.accepts(found.family, found.scopes)))
    }

    /// A code that comes twice was stolen once: what the first use issued dies
    /// (docs/spec/login.md#authorization-codes).
    async fn revoke(&self, tx: &mut Tx<'_>, found: &Code) -> opendrs_store::Result<()> {
        match found.device {
            Some((shard, id)) => {
                let Some(mut device) = device::lock(tx, shard, id).await? else { return Ok(()) };
                device.revoked.add(found.family);
                device::set_revoked(tx, shard, id, &device.revoked).await
            }
            None => {
                let shard = self.shards.of_customer(found.customer);
                let Some(mut consent) = consent::lock(tx, shard, found.customer, self.profile).await? else {
                    return Ok(());
                };
                consent.revoked.add(found.family);
                consent::set_revoked(tx, shard, (found.customer, self.profile), &consent.revoked).await
            }
        }
    }
}

/// A refresh writes nothing: the token is read, the one row it speaks for is looked at, and an access token is made.
/// The refresh token that comes back is the one that was sent (docs/spec/login.md#refresh-grant). That of a strict
/// client turns.
async fn by_refresh(app: &App, request: &TokenRequest) -> Result<Tokens> {
    for _ in 0..token::TRIES {
        if let Some(tokens) = refresh(app, request).await? {
            return Ok(tokens);
        }
        app.keys.reload(&app.db).await?;
    }
    Err(token::changing())
}

/// A try; `None` if clients or keys were changed since this node read them.
async fn refresh(app: &App, request: &TokenRequest) -> Result<Option<Tokens>> {
    // Opened first, though the client is judged first: a key that is new to this node is read from the store, and who
    // has a reader must not wait for another.
    let opened = match request.refresh_token.as_deref() {
        Some(text) => Some((text, token::open(app, text, Use::Refresh).await)),
        None => None,
    };
    let mut reader = app.db.reader().await?;
    let mut tx = reader.tx()?;
    let (client, version) = proven(app, &mut tx, request).await?;
    let (text, claims) = opened.ok_or_else(|| missing("refresh_token"))?;
    let refused = || bad_grant("refresh_token");
    let Opened { claims, access, .. } = match claims {
        Err(Error::InvalidToken) => return Err(refused()),
        other => other?,
    };
    if access != version {
        return Ok(None);
    }
    if claims.client != client.id || !token::stands(app, &mut tx, &claims, &client).await? {
        return Err(refused());
    }
    // Less than was granted may be asked for, and never more (RFC 6749, 6).
    let scopes = match request.scope.as_deref() {
        None => claims.scopes,
        Some(asked) => Scopes::parse(asked)
            .filter(|asked| claims.scopes.covers(*asked))
            .ok_or_else(|| Error::oauth(OAuth::InvalidScope, "The request has an invalid parameter : scope"))?,
    };
    let whole = Grant {
        device: claims.device,
        customer: claims.customer,
        client: claims.client,
        family: claims.family,
        generations: claims.generations,
        scopes: claims.scopes,
    };
    let refresh = match client.is_strict() {
        false => text.to_owned(),
        true => {
            let shard = app.db.shards().of_customer(claims.customer);
            let changed = customer::password_at(&mut tx, shard, claims.customer).await?;
            if changed.is_some_and(|at| claims.issued_at < at) {
                return Err(refused());
            }
            let command = Turn::of(app, &mut tx, &client, &claims).await?;
            drop(tx);
            drop(reader);
            let at = turn::turned(app, command.ok_or_else(refused)?).await?.ok_or_else(refused)?;
            token::seal_next(app, whole, at, app.settings.refresh.end_of(&claims))
        }
    };
    Ok(Some(issue(app, Grant { scopes, ..whole }, refresh)))
}
