//! The claims of an access token about its customer: tokeninfo and `/user/profile` (docs/spec/login.md#tokeninfo,
//! docs/spec/login.md#user-profile).

use crate::error::OAuthErrorCode;
use crate::{App, Error, Result, token};
use opendrs_domain::login::scope::Scope;
use opendrs_domain::profile::Client;
use opendrs_domain::time::Time;
use opendrs_domain::token::Claims;

/// The response of `GET /auth/o2/tokeninfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The directed customer id.
    pub user_id: String,
    /// The client the token was issued to.
    pub client: String,
    /// The security profile of the client.
    pub profile: String,
    /// The seconds until the token expires.
    pub remaining: i64,
    /// The time at which the token was issued.
    pub issued_at: Time,
}

/// The response of `GET /user/profile`: only what the scopes of the token allow.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct UserProfile {
    /// The directed customer id, with `profile` or `profile:user_id`.
    pub user_id: Option<String>,
    /// The name, with `profile`.
    pub name: Option<String>,
    /// The mail address, with `profile`.
    pub email: Option<String>,
    /// The postal code, with `postal_code`.
    pub postal_code: Option<String>,
}

/// Where in a request a token was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// In a header.
    Header,
    /// In the query, where logs and histories keep it. The token of a strict client is refused there.
    Query,
    /// In more than one place. The token of a strict client is refused (RFC 6750, 2).
    Repeated,
}

/// The claims of a token.
///
/// # Errors
/// [`Error::InvalidToken`], [`Error::OAuth`] for a strict client's token in the query or in two places,
/// [`Error::Unavailable`].
pub async fn token_info(app: &App, text: &str, carried: TokenSource) -> Result<TokenInfo> {
    let (claims, client) = token::check_access_token(app, text).await?;
    build_token_info(app, &claims, &client, carried)
}

fn build_token_info(app: &App, claims: &Claims, client: &Client, carried: TokenSource) -> Result<TokenInfo> {
    let refused = match carried {
        TokenSource::Query => Some("Send this client's access tokens in a header, not in the query"),
        TokenSource::Repeated => Some("Send this client's access tokens once, in one header"),
        TokenSource::Header => None,
    };
    if let Some(why) = refused.filter(|_| client.is_strict()) {
        return Err(Error::oauth(OAuthErrorCode::InvalidRequest, why));
    }
    let end = claims.expires_at.unwrap_or(claims.issued_at);
    Ok(TokenInfo {
        user_id: app.keys.directed_customer_id(client.maker, claims.customer),
        client: client.id.to_string(),
        profile: client.profile.to_string(),
        remaining: end.since(app.now()).as_secs(),
        issued_at: claims.issued_at,
    })
}

/// The profile of a token's customer.
///
/// # Errors
/// [`Error::InvalidToken`], [`Error::InsufficientScope`], [`Error::OAuth`] for a strict client's token in the query or
/// in two places, [`Error::Unavailable`].
pub async fn user_profile(app: &App, text: &str, carried: TokenSource) -> Result<UserProfile> {
    let (claims, client) = token::check_access_token(app, text).await?;
    let has = |scope| claims.scopes.contains(scope);
    if !(has(Scope::Profile) || has(Scope::UserId) || has(Scope::PostalCode)) {
        return Err(Error::InsufficientScope("profile"));
    }
    let user_id = build_token_info(app, &claims, &client, carried)?.user_id;
    let customer = crate::customer::load(app, claims.customer).await?;
    let postal_code = customer.address.map(|address| address.postal_code);
    Ok(UserProfile {
        user_id: (has(Scope::Profile) || has(Scope::UserId)).then_some(user_id),
        name: has(Scope::Profile).then_some(customer.name),
        email: has(Scope::Profile).then(|| customer.email.to_string()),
        postal_code: postal_code.filter(|code| has(Scope::PostalCode) && !code.is_empty()),
    })
}
