//! `GET /auth/o2/tokeninfo`, `GET /user/profile`, and the mobile SDK's sign-out (docs/spec/login.md#tokeninfo,
//! docs/spec/login.md#user-profile, docs/spec/login.md#sdk-sign-out).

use super::{OAuthError, uncached_json};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use opendrs_edge::state::AppState;
use opendrs_http::credentials::{AccessToken, ConflictingTokens, access_token};
use opendrs_service::Error;
use opendrs_service::error::OAuthErrorCode;
use opendrs_service::login::profile::{self, TokenSource};
use serde::Serialize;
use std::sync::Arc;

/// Returns the access token of a request, and where it was.
fn read_access_token(uri: &Uri, headers: &HeaderMap) -> Result<(String, TokenSource), Error> {
    let invalid =
        |description: &str| Error::OAuth { code: OAuthErrorCode::InvalidRequest, description: description.into() };
    let token = access_token(uri, headers)
        .map_err(|ConflictingTokens| invalid("The request has different access tokens : send one"))?
        .ok_or_else(|| invalid("The request is missing a required parameter : access_token"))?;
    let carried = match token {
        AccessToken { in_query: true, .. } => TokenSource::Query,
        AccessToken { repeated: true, .. } => TokenSource::Repeated,
        AccessToken { .. } => TokenSource::Header,
    };
    Ok((token.text, carried))
}

#[derive(Serialize)]
struct TokenInfoResponse {
    iss: String,
    user_id: String,
    aud: String,
    app_id: String,
    exp: i64,
    iat: i64,
}

pub(super) async fn token_info(State(state): State<Arc<AppState>>, parts: Parts) -> Result<Response, OAuthError> {
    let (token, carried) = read_access_token(&parts.uri, &parts.headers)?;
    let info = profile::token_info(&state.app, &token, carried).await?;
    let body = TokenInfoResponse {
        iss: state.app.settings.issuer.clone(),
        user_id: info.user_id,
        aud: info.client,
        app_id: info.profile,
        exp: info.remaining,
        iat: info.issued_at.as_secs(),
    };
    Ok(uncached_json(StatusCode::OK, &body))
}

#[derive(Serialize)]
struct UserProfileResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
}

pub(super) async fn user_profile(State(state): State<Arc<AppState>>, parts: Parts) -> Result<Response, OAuthError> {
    let (token, carried) = read_access_token(&parts.uri, &parts.headers)?;
    let profile::UserProfile { user_id, name, email, postal_code } =
        profile::user_profile(&state.app, &token, carried).await?;
    Ok(uncached_json(StatusCode::OK, &UserProfileResponse { user_id, email, name, postal_code }))
}

/// Answers the sign-out of the Android SDK. Its access token ends within an hour, and the registration remains. So
/// there is nothing to undo, and the SDK needs only the status 200.
pub(super) async fn logout() -> Response {
    uncached_json(StatusCode::OK, &serde_json::json!({}))
}
