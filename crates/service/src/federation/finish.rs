//! The way back from the provider: its answer, the exchange of the code, the ID token, and whom it signs in.
//!
//! Invariant: the answer belongs to a sign-in of this browser and to the provider that was asked. Only then is anything
//! sent to the provider.

use super::provider::{ProviderRequest, WantedKeys, find_keys, find_metadata, send};
use super::seal::{SealedStep, open, seal};
use super::signature::{SignedClaims, check_signature};
use super::{FederationSettings, find_customer_of, identity_key, settings};
use crate::session::{SessionCookie, SessionStart, find_credentials, session_shard, start_session};
use crate::throttle::CredentialAttempt;
use crate::{App, Error, FormError, Result, ordering_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::account::CredentialState;
use opendrs_domain::federation::{
    AnswerParams, ClientAuthentication, ExpectedToken, FederationFlow, FederationRefusal, IdTokenClaims,
    PendingIdentity, ProfileClaims, ProviderIdentity, ProviderMetadata, TokenRefusal, UserInfo,
};
use opendrs_domain::id::CustomerId;
use opendrs_domain::login::form::percent_encode;
use opendrs_domain::session::Session;
use opendrs_store::federation::{self, IdentityKey};
use opendrs_store::{Command, Tx, account, session};
use serde::Deserialize;

/// The provider's answer, as the browser brings it.
#[derive(Clone, Copy, Debug)]
pub struct ProviderAnswer<'a> {
    /// What the browser kept, if it kept anything.
    pub cookie: Option<&'a str>,
    /// The parameters of the answer.
    pub params: &'a AnswerParams,
    /// The source of the request.
    pub source: &'a str,
    /// What the browser calls itself.
    pub agent: &'a str,
}

/// How a sign-in goes on after the provider's answer.
#[derive(Clone, Debug)]
pub enum FederatedOutcome {
    /// The customer is signed in.
    SignedIn {
        /// The cookie of the session.
        cookie: SessionCookie,
        /// The page at which the browser continues.
        return_to: String,
    },
    /// The identity belongs to no customer yet. The browser keeps it for the next page.
    Pending(String),
}

/// The page to which a browser returns, by what it kept of a sign-in.
#[must_use]
pub fn find_return_path(app: &App, cookie: &str) -> Option<String> {
    let flow = open::<FederationFlow>(app, SealedStep::AtProvider, cookie).map(|flow| flow.return_to);
    flow.or_else(|| open::<PendingIdentity>(app, SealedStep::Pending, cookie).map(|pending| pending.return_to))
}

/// Completes a sign-in at the provider. The second factor of the account is not asked for: the provider is responsible
/// for the sign-in.
///
/// # Errors
/// [`Error::FederationRefused`]; [`Error::CustomerBlocked`]; [`Error::Throttled`] after too many refused answers;
/// [`Error::Unavailable`].
pub async fn finish(app: &App, answer: ProviderAnswer<'_>) -> Result<FederatedOutcome> {
    let flow: Option<FederationFlow> = answer.cookie.and_then(|cookie| open(app, SealedStep::AtProvider, cookie));
    let flow = flow.filter(|flow| flow.is_valid_at(app.now())).ok_or(FederationRefusal::UnknownState)?;
    answer.params.check_state(&flow)?;
    let subject = format!("federated sign-in from {}", answer.source);
    let tried = CredentialAttempt { subject: &subject, source: answer.source };
    let now = app.now();
    let attempt = app.sign_in_throttle.begin(tried, now).map_err(Error::Throttled)?;
    match prove(app, &flow, answer.params).await {
        Ok(proved) => {
            attempt.mark_succeeded(now);
            go_on(app, flow, proved, answer.agent).await
        }
        Err(refusal) => {
            // Neither a provider that fails nor somebody who cancels there has guessed anything.
            if refusal.is_forgery() {
                attempt.mark_failed(now);
            }
            Err(refusal.into())
        }
    }
}

/// What the provider proved.
struct Proved {
    metadata: std::sync::Arc<ProviderMetadata>,
    claims: IdTokenClaims,
    access_token: Option<String>,
}

async fn prove(app: &App, flow: &FederationFlow, params: &AnswerParams) -> Result<Proved, FederationRefusal> {
    let provider = settings(app)?;
    // The settings may name another provider since the sign-in began.
    if flow.issuer != provider.issuer {
        return Err(FederationRefusal::OtherIssuer);
    }
    let metadata = find_metadata(app).await?;
    let code = params.code(flow, metadata.answers_name_issuer)?;
    let tokens = exchange_code(app, provider, &metadata, flow, code).await?;
    let SignedClaims { claims, algorithm } = verify(app, &tokens.id_token).await?;
    claims.check(&ExpectedToken {
        issuer: &provider.issuer,
        client_id: &provider.client_id,
        nonce: &flow.nonce,
        access_token: tokens.access_token.as_deref(),
        algorithm,
        now: app.system_time(),
    })?;
    Ok(Proved { metadata, claims, access_token: tokens.access_token })
}

/// The provider's answer to a code.
#[derive(Deserialize)]
struct TokenResponse {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenErrorResponse {
    error: String,
}

async fn exchange_code(
    app: &App,
    provider: &FederationSettings,
    metadata: &ProviderMetadata,
    flow: &FederationFlow,
    code: &str,
) -> Result<TokenResponse, FederationRefusal> {
    let encode = |text: &str| percent_encode(text, "");
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &flow.redirect_uri),
        ("code_verifier", &flow.verifier),
    ];
    let mut headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    match metadata.authentication {
        ClientAuthentication::Basic => {
            // RFC 6749, 2.3.1: both parts are form-encoded first.
            let pair = format!("{}:{}", encode(&provider.client_id), encode(&provider.client_secret));
            headers.push(("authorization".into(), format!("Basic {}", STANDARD.encode(pair))));
        }
        ClientAuthentication::Post => {
            fields.extend([("client_id", provider.client_id.as_str()), ("client_secret", &provider.client_secret)]);
        }
    }
    let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let request = ProviderRequest {
        method: "POST",
        url: metadata.token_endpoint.clone(),
        headers,
        body: body.join("&").into_bytes(),
    };
    let answer = send(app, request).await?;
    if answer.status != 200 {
        let named = serde_json::from_slice(&answer.body).map(|body: TokenErrorResponse| body.error);
        return Err(named.map_or_else(
            |_| FederationRefusal::Unusable(format!("it answered a code with {}", answer.status)),
            |error| FederationRefusal::of_token_error(&error),
        ));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| FederationRefusal::Unusable("its answer to a code has no ID token".into()))
}

/// Checks the signature, with newer keys if the token's key is not known.
async fn verify(app: &App, token: &str) -> Result<SignedClaims, FederationRefusal> {
    match check_signature(token, &find_keys(app, WantedKeys::Kept).await?) {
        Err(TokenRefusal::UnknownKey) => Ok(check_signature(token, &find_keys(app, WantedKeys::Newer).await?)?),
        checked => Ok(checked?),
    }
}

async fn go_on(app: &App, flow: FederationFlow, proved: Proved, agent: &str) -> Result<FederatedOutcome> {
    let subject = proved.claims.subject().to_owned();
    let identity = ProviderIdentity { issuer: flow.issuer, subject };
    let key = identity_key(app, &identity)?;
    if let Some(customer) = find_customer_of(app, &key).await? {
        let cookie = sign_in(app, customer, key, agent).await?;
        return Ok(FederatedOutcome::SignedIn { cookie, return_to: flow.return_to });
    }
    let profile = find_profile(app, &proved).await?;
    let email = profile.verified_email().ok_or(FederationRefusal::NoVerifiedEmail)?;
    let name = profile.proposed_name();
    let pending = PendingIdentity { identity, email, name, return_to: flow.return_to, proved_at: app.now() };
    let cookie = seal(app, SealedStep::Pending, &pending)?;
    cookie.map(FederatedOutcome::Pending).ok_or_else(|| FormError::Malformed("return_to is too long".into()).into())
}

/// What the provider tells about the person: in the ID token, or at its UserInfo endpoint.
async fn find_profile(app: &App, proved: &Proved) -> Result<ProfileClaims, FederationRefusal> {
    let own = proved.claims.profile();
    let (Some(url), Some(token), false) = (&proved.metadata.userinfo_endpoint, &proved.access_token, own.has_email())
    else {
        return Ok(own.clone());
    };
    let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
    let request = ProviderRequest { method: "GET", url: url.clone(), headers, body: Vec::new() };
    let answer = send(app, request).await?;
    let info: UserInfo =
        serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200).ok_or_else(|| {
            FederationRefusal::Unusable(format!("it answered with {}: no user information", answer.status))
        })?;
    Ok(info.about(proved.claims.subject())?)
}

/// Signs in the customer of an identity.
pub(super) async fn sign_in(app: &App, customer: CustomerId, key: IdentityKey, agent: &str) -> Result<SessionCookie> {
    let credentials = find_credentials(app, customer).await?.ok_or(FederationRefusal::UnknownState)?;
    if credentials.blocked_at.is_some() {
        return Err(Error::CustomerBlocked);
    }
    let start = SessionStart { customer, generation: credentials.state.generation, remember: false, agent };
    let (cookie, session) = start_session(app, start);
    let insert = InsertFederatedSession {
        shard: session_shard(app, &session.id),
        customer_shard: app.db.shards().for_customer(customer),
        relies_on: credentials.state,
        key,
        session,
    };
    // The link was removed, or the account changed, since it was found.
    if app.db.write(insert).await? { Ok(cookie) } else { Err(FederationRefusal::UnknownState.into()) }
}

/// Adds a session, while the identity belongs to the customer and the customer is not blocked.
struct InsertFederatedSession {
    shard: i64,
    customer_shard: i64,
    relies_on: CredentialState,
    key: IdentityKey,
    session: Session,
}

impl Command for InsertFederatedSession {
    type Output = bool;
    fn ordering_key(&self) -> u64 {
        ordering_key::for_customer(self.session.customer)
    }
    async fn apply(&self, tx: &mut Tx<'_>) -> opendrs_store::Result<bool> {
        let id = self.session.customer;
        let found = account::lock_credentials(tx, self.customer_shard, id).await?;
        let linked = federation::find_identity(tx, self.customer_shard, id).await?;
        if !found.is_some_and(|found| found.are_still(&self.relies_on))
            || linked.is_none_or(|linked| linked.key != self.key)
        {
            return Ok(false);
        }
        // Another node's clock may be ahead, and a session from before the change of the password would be over.
        let created_at = self
            .relies_on
            .password_changed_at
            .map_or(self.session.created_at, |changed_at| changed_at.max(self.session.created_at));
        session::insert(tx, self.shard, &Session { created_at, ..self.session.clone() }).await?;
        Ok(true)
    }
}
