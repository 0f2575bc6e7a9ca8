//! `GET /.well-known/oauth-authorization-server`: the metadata of this authorization server (RFC 8414).
//!
//! It describes what strict clients can rely on. The documents of Login with Amazon describe what other clients may use
//! in addition. Invariant: nothing is listed that does not exist.

use super::uncached_json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use opendrs_domain::login::scope::Scopes;
use opendrs_edge::state::AppState;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
struct AuthorizationServerMetadata<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    scopes_supported: Vec<String>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
}

pub(super) async fn get(State(state): State<Arc<AppState>>) -> Response {
    let issuer = state.urls.login.as_str();
    let metadata = AuthorizationServerMetadata {
        issuer,
        authorization_endpoint: format!("{issuer}/ap/oa"),
        token_endpoint: format!("{issuer}/auth/o2/token"),
        scopes_supported: Scopes::ALL.to_string().split(' ').map(str::to_owned).collect(),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
    };
    uncached_json(StatusCode::OK, &metadata)
}
