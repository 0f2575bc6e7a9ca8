//! Login with Amazon: the endpoints for programs. The pages for people are in the crate `web`.
//!
//! Invariant: errors are those of OAuth, with `error_description` before `error`, and with the headers that clients of
//! Login with Amazon log. Answers with tokens are never cached, and no secret is accepted in a query.

mod metadata;
mod profile;
mod token;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_edge::error::{log, retry_after};
use opendrs_edge::state::Route;
use opendrs_http::response::json;
use opendrs_service::error::OAuthErrorCode;
use opendrs_service::{Error, ErrorKind};
use serde::Serialize;

const ERROR_TYPE_HEADER: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The routes of the login role for programs.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/auth/o2/token", token::post),
        Route::get("/auth/o2/tokeninfo", profile::token_info),
        Route::get("/user/profile", profile::user_profile),
        Route::post("/auth/relyingPartyLogout", profile::logout),
        Route::get("/.well-known/oauth-authorization-server", metadata::get),
    ]
}

/// Builds a JSON answer that must not be cached.
fn uncached_json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    let mut response = json(status, text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// An error of the login role.
#[derive(Debug)]
pub(crate) struct OAuthError {
    error: Error,
    /// Whether the client used HTTP Basic, so that a failure needs a `WWW-Authenticate` header.
    basic_auth: bool,
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        Self { error, basic_auth: false }
    }
}

#[derive(Serialize)]
struct OAuthErrorBody<'a> {
    error_description: &'a str,
    error: &'a str,
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        log(&self.error);
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        let (status, error) = match (self.error.kind(), &self.error) {
            (_, Error::OAuth { code: OAuthErrorCode::InvalidClient, .. }) => {
                (StatusCode::UNAUTHORIZED, "invalid_client")
            }
            (_, Error::OAuth { code: error, .. }) => (BAD, error.as_str()),
            (_, Error::InvalidToken) => (BAD, "invalid_token"),
            (_, Error::InsufficientScope(_)) => (StatusCode::UNAUTHORIZED, "insufficient_scope"),
            (ErrorKind::RateLimited(_), _) => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"),
            (ErrorKind::Unavailable, _) => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
            (ErrorKind::Internal, _) => (StatusCode::INTERNAL_SERVER_ERROR, "ServerError"),
            (
                ErrorKind::Unauthorized
                | ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::Closed
                | ErrorKind::Invalid,
                _,
            ) => (BAD, "invalid_request"),
        };
        let words = match &self.error {
            Error::InvalidToken => "The access token is missing, malformed, expired or revoked".into(),
            error => error.to_string(),
        };
        let mut response = uncached_json(status, &OAuthErrorBody { error_description: &words, error });
        let headers = response.headers_mut();
        let name = "OA2InvalidRequestException:http://internal.amazon.com/coral/com.amazon.panda/";
        headers.insert(ERROR_TYPE_HEADER, HeaderValue::from_static(name));
        if self.basic_auth && status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"opendrs\""));
        }
        if let Some(after) = retry_after(&self.error) {
            headers.insert(RETRY_AFTER, after);
        }
        response
    }
}
