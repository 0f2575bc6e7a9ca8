//! `POST /auth/o2/token`: tolerant of the transport formats of shipped clients, and strict in everything else
//! (docs/spec/login.md#token-request-format).

use super::{OAuthError, uncached_json};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::id::ClientId;
use opendrs_domain::json;
use opendrs_domain::login::form;
use opendrs_edge::refusal_log::RefusalKind;
use opendrs_edge::state::AppState;
use opendrs_http::body::{read_body, trim_body};
use opendrs_http::request::query;
use opendrs_service::Error;
use opendrs_service::error::OAuthErrorCode;
use opendrs_service::login::token_endpoint::{self, TokenRequest};
use serde::Serialize;
use serde_json::Value;
use serde_json::error::Category;
use std::sync::Arc;

/// The parameters that are refused in the query, where logs would keep them.
const SECRET_PARAMS: [&str; 6] =
    ["client_secret", "code", "refresh_token", "code_verifier", "access_token", "client_assertion"];

/// The parameters that are read. The last one is read only with an authorization code.
const REQUEST_PARAMS: [&str; 8] =
    ["grant_type", "client_id", "client_secret", "code", "code_verifier", "refresh_token", "scope", "redirect_uri"];

#[derive(Serialize)]
struct TokenResponse<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    token_type: &'a str,
    expires_in: i64,
}

pub(super) async fn post(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, OAuthError> {
    let (parts, body) = request.into_parts();
    let body = read_body(body, state.body_limits)
        .await
        .map_err(|_| invalid_request("The body is too large or did not arrive whole"))?;
    let query = query(&parts.uri);
    if query.iter().any(|(name, _)| SECRET_PARAMS.contains(&name.as_str())) {
        return Err(invalid_request("Send parameters in the body, not in the query").into());
    }
    let mut request = TokenRequest {
        source: state.sources.of_request(&parts.extensions, &parts.headers),
        ..parse_token_request(&body)?
    };
    let BasicAuthorization { credentials: basic, repeated } = parse_authorization(&parts.headers)?;
    if repeated {
        request.repeated_parameter = Some("Authorization");
    }
    let tried = basic.is_some();
    if let Some((id, secret)) = basic {
        let other = |sent: &Option<String>, of: &str| sent.as_deref().is_some_and(|in_body| in_body != of);
        if other(&request.client_id, &id) || other(&request.client_secret, &secret) {
            return Err(invalid_request("The request has different client credentials : send one pair").into());
        }
        if request.client_secret.is_some() {
            request.repeated_parameter = Some("client_secret");
        }
        (request.client_id, request.client_secret) = (Some(id), Some(secret));
    }
    let tokens = token_endpoint::handle_token_request(&state.app, &request).await.map_err(|error| {
        let client = request.client_id.as_deref().filter(|id| ClientId::parse(id).is_ok()).unwrap_or("unknown");
        state.refusal_log.record(state.app.system_time(), RefusalKind::TokenRequest, &request.source, client, &error);
        OAuthError { error, basic_auth: tried }
    })?;
    let body = TokenResponse {
        access_token: &tokens.access_token,
        refresh_token: &tokens.refresh_token,
        token_type: "bearer",
        expires_in: tokens.expires_in,
    };
    Ok(uncached_json(StatusCode::OK, &body))
}

fn invalid_request(description: &str) -> Error {
    Error::OAuth { code: OAuthErrorCode::InvalidRequest, description: description.into() }
}

fn invalid_client() -> Error {
    Error::OAuth { code: OAuthErrorCode::InvalidClient, description: "Client authentication failed".into() }
}

/// Parses the body by its content: form fields, or a JSON object of strings.
fn parse_token_request(body: &[u8]) -> Result<TokenRequest, Error> {
    let text = trim_body(body);
    let pairs = match text.first() {
        Some(b'{') => parse_json_params(text)?,
        _ => form::decode_pairs(text)
            .ok_or_else(|| invalid_request("The request is malformed : the body is not UTF-8"))?,
    };
    let refreshes = pairs.iter().any(|(name, value)| name == "grant_type" && value == "refresh_token");
    let read = if refreshes { &REQUEST_PARAMS[..REQUEST_PARAMS.len() - 1] } else { &REQUEST_PARAMS[..] };
    if let Some(name) = form::find_conflicting(&pairs, read) {
        return Err(invalid_request(&token_endpoint::repeated_parameter_message(name)));
    }
    // A repeated parameter with the same value is judged later, when the client and its mode are known.
    let repeated = form::find_repeated(&pairs, &REQUEST_PARAMS);
    let mut request = TokenRequest { repeated_parameter: repeated, ..TokenRequest::default() };
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        let place = match name.as_str() {
            "grant_type" => &mut request.grant_type,
            "client_id" => &mut request.client_id,
            "client_secret" => &mut request.client_secret,
            "code" => &mut request.code,
            "redirect_uri" => &mut request.redirect_uri,
            "code_verifier" => &mut request.code_verifier,
            "refresh_token" => &mut request.refresh_token,
            "scope" => &mut request.scope,
            _ => continue,
        };
        *place = Some(value);
    }
    Ok(request)
}

/// Returns the members of a JSON object that are strings.
fn parse_json_params(text: &[u8]) -> Result<Vec<(String, String)>, Error> {
    // The text for a body that is not JSON never varies, because clients log it.
    let malformed = |e: serde_json::Error| match e.classify() {
        Category::Data => invalid_request(&format!("The request is malformed : {e}")),
        _ => invalid_request("The request is malformed : the body is not a JSON object"),
    };
    match json::parse(text).map_err(malformed)? {
        Value::Object(members) => Ok(members
            .into_iter()
            .filter_map(|(name, value)| match value {
                Value::String(text) => Some((name, text)),
                _ => None,
            })
            .collect()),
        _ => Err(invalid_request("The request is malformed : the body is not a JSON object")),
    }
}

/// The content of a request's `Authorization` header.
#[derive(Default)]
struct BasicAuthorization {
    /// The client's id and secret.
    credentials: Option<(String, String)>,
    /// Whether the header is repeated.
    repeated: bool,
}

/// Parses `Authorization: Basic`. The id and the secret are form-encoded inside it (RFC 6749, 2.3.1).
fn parse_authorization(headers: &HeaderMap) -> Result<BasicAuthorization, OAuthError> {
    let refused = || OAuthError { error: invalid_client(), basic_auth: true };
    let values = headers.get_all("authorization").iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let values: Vec<_> = values.filter(|value| !value.trim().is_empty()).collect();
    let Some((value, others)) = values.split_first() else { return Ok(BasicAuthorization::default()) };
    if others.iter().any(|other| other.trim() != value.trim()) {
        return Err(invalid_request("The request has different Authorization headers : send one").into());
    }
    let repeated = !others.is_empty();
    let Some((scheme, credentials)) = value.trim().split_once(' ') else { return Err(refused()) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(BasicAuthorization { credentials: None, repeated });
    }
    let decoded = STANDARD.decode(credentials.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(refused)?;
    let (id, secret) = decoded.split_once(':').ok_or_else(refused)?;
    let plain = |text: &str| form::percent_decode(text.as_bytes(), true);
    let basic = Some((plain(id).ok_or_else(refused)?, plain(secret).ok_or_else(refused)?));
    Ok(BasicAuthorization { credentials: basic, repeated })
}
