//! `GET /auth/o2/tokeninfo`, `GET /user/profile`, and the mobile SDK's sign-out (docs/spec/login.md#tokeninfo,
//! docs/spec/login.md#user-profile, docs/spec/login.md#sdk-sign-out).

use opendrs_http::credentials::{AccessToken, TwoTokens, access_token};
use super::{Refused, answer};
use crate::state::Site;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use opendrs_service::Error;
use opendrs_service::error::OAuth;
use opendrs_service::login::profile::{self, Carried};
use serde::Serialize;
use std::sync::Arc;

/// The request's token, and how it came.
fn token(uri: &Uri, headers: &HeaderMap) -> Result<(String, Carried), Error> {
    let invalid = |description: &str| Error::OAuth { error: OAuth::InvalidRequest, description: description.into() };
    let token = access_token(uri, headers)
        .map_err(|TwoTokens| invalid("The request has different access tokens : send one"))?
        .ok_or_else(|| invalid("The request is missing a required parameter : access_token"))?;
    let carried = match token {
        AccessToken { in_query: true, .. } => Carried::Query,
        AccessToken { repeated: true, .. } => Carried::Repeated,
        AccessToken { .. } => Carried::Header,
    };
    Ok((token.text, carried))
}

#[derive(Serialize)]
struct TokenInfo {
    iss: String,
    user_id: String,
    aud: String,
    app_id: String,
    exp: i64,
    iat: i64,
}

pub(super) async fn token_info(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let (token, carried) = token(&parts.uri, &parts.headers)?;
    let info = profile::token_info(&site.app, &token, carried).await?;
    let body = TokenInfo {
        iss: site.app.settings.issuer.clone(),
        user_id: info.user_id,
        aud: info.client,
        app_id: info.profile,
        exp: info.remaining,
        iat: info.issued_at.secs(),
    };
    Ok(answer(StatusCode::OK, &body))
}

#[derive(Serialize)]
struct UserProfile {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
}

pub(super) async fn user_profile(State(site): State<Arc<Site>>, parts: Parts) -> Result<Response, Refused> {
    let (token, carried) = token(&parts.uri, &parts.headers)?;
    let profile::UserProfile { user_id, name, email, postal_code } =
        profile::user_profile(&site.app, &token, carried).await?;
    Ok(answer(StatusCode::OK, &UserProfile { user_id, email, name, postal_code }))
}

/// The Android SDK says goodbye. Its access token ends by itself within the hour, and the registration stays, so there
/// is nothing to undo; the SDK only wants its 200.
pub(super) async fn logout() -> Response {
    answer(StatusCode::OK, &serde_json::json!({}))
}
