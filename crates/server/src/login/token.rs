//! `POST /auth/o2/token`: as tolerant in transport as shipped clients need, strict in everything else
//! (docs/spec/login.md#token-request-format).

use opendrs_http::body::{read_body, trim_body};
use opendrs_http::request::query;
use super::{Refused, answer};
use crate::telemetry::refusals::Refused as Refusal;
use crate::state::Site;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opendrs_domain::id::ClientId;
use opendrs_domain::json;
use opendrs_domain::login::form;
use opendrs_service::Error;
use opendrs_service::error::OAuth;
use opendrs_service::login::exchange::{self, TokenRequest};
use serde::Serialize;
use serde_json::Value;
use serde_json::error::Category;
use std::sync::Arc;

/// What may not stand in the query: it would end in logs.
const SECRETS: [&str; 6] =
    ["client_secret", "code", "refresh_token", "code_verifier", "access_token", "client_assertion"];

/// What is read of a request, the last for a code alone.
const NAMES: [&str; 8] =
    ["grant_type", "client_id", "client_secret", "code", "code_verifier", "refresh_token", "scope", "redirect_uri"];

#[derive(Serialize)]
struct Body<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    token_type: &'a str,
    expires_in: i64,
}

pub(super) async fn post(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let body =
        read_body(body, site.bodies).await.map_err(|_| invalid("The body is too large or did not arrive whole"))?;
    let query = query(&parts.uri);
    if query.iter().any(|(name, _)| SECRETS.contains(&name.as_str())) {
        return Err(invalid("Send parameters in the body, not in the query").into());
    }
    let mut asked = TokenRequest { source: site.sources.of_request(&parts.extensions, &parts.headers), ..read(&body)? };
    let Authorization { basic, repeated } = authorization(&parts.headers)?;
    if repeated {
        asked.repeated = Some("Authorization");
    }
    let tried = basic.is_some();
    if let Some((id, secret)) = basic {
        let other = |sent: &Option<String>, of: &str| sent.as_deref().is_some_and(|in_body| in_body != of);
        if other(&asked.client_id, &id) || other(&asked.client_secret, &secret) {
            return Err(invalid("The request has different client credentials : send one pair").into());
        }
        if asked.client_secret.is_some() {
            asked.repeated = Some("client_secret");
        }
        (asked.client_id, asked.client_secret) = (Some(id), Some(secret));
    }
    let tokens = exchange::tokens(&site.app, &asked).await.map_err(|error| {
        let client = asked.client_id.as_deref().filter(|id| ClientId::parse(id).is_ok()).unwrap_or("unknown");
        site.refusals.note(site.app.real_time(), Refusal::TokenRequest, &asked.source, client, &error);
        Refused { error, basic: tried }
    })?;
    let body = Body {
        access_token: &tokens.access,
        refresh_token: &tokens.refresh,
        token_type: "bearer",
        expires_in: tokens.expires_in,
    };
    Ok(answer(StatusCode::OK, &body))
}

fn invalid(description: &str) -> Error {
    Error::OAuth { error: OAuth::InvalidRequest, description: description.into() }
}

fn client_refused() -> Error {
    Error::OAuth { error: OAuth::InvalidClient, description: "Client authentication failed".into() }
}

/// Reads the body by its look: form fields, or a JSON object of strings.
fn read(body: &[u8]) -> Result<TokenRequest, Error> {
    let text = trim_body(body);
    let pairs = match text.first() {
        Some(b'{') => members(text)?,
        _ => form::decode(text).ok_or_else(|| invalid("The request is malformed : the body is not UTF-8"))?,
    };
    let refreshes = pairs.iter().any(|(name, value)| name == "grant_type" && value == "refresh_token");
    let read = if refreshes { &NAMES[..NAMES.len() - 1] } else { &NAMES[..] };
    if let Some(name) = form::conflicting(&pairs, read) {
        return Err(invalid(&exchange::repeats(name)));
    }
    // What says the same twice is for the client's rules to judge, which are not known yet.
    let repeated = form::repeated(&pairs, &NAMES);
    let mut request = TokenRequest { repeated, ..TokenRequest::default() };
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

/// The members of a JSON object that are strings.
fn members(text: &[u8]) -> Result<Vec<(String, String)>, Error> {
    // What is said of a body that is no JSON at all stays in one form: clients log it.
    let malformed = |e: serde_json::Error| match e.classify() {
        Category::Data => invalid(&format!("The request is malformed : {e}")),
        _ => invalid("The request is malformed : the body is not a JSON object"),
    };
    match json::parse(text).map_err(malformed)? {
        Value::Object(members) => Ok(members
            .into_iter()
            .filter_map(|(name, value)| match value {
                Value::String(text) => Some((name, text)),
                _ => None,
            })
            .collect()),
        _ => Err(invalid("The request is malformed : the body is not a JSON object")),
    }
}

/// What a request's `Authorization` header says.
#[derive(Default)]
struct Authorization {
    /// Client id and secret.
    basic: Option<(String, String)>,
    /// It stands there twice.
    repeated: bool,
}

/// Reads `Authorization: Basic`; id and secret are form-encoded inside it (RFC 6749, 2.3.1).
fn authorization(headers: &HeaderMap) -> Result<Authorization, Refused> {
    let refused = || Refused { error: client_refused(), basic: true };
    let values = headers.get_all("authorization").iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let values: Vec<_> = values.filter(|value| !value.trim().is_empty()).collect();
    let Some((value, others)) = values.split_first() else { return Ok(Authorization::default()) };
    if others.iter().any(|other| other.trim() != value.trim()) {
        return Err(invalid("The request has different Authorization headers : send one").into());
    }
    let repeated = !others.is_empty();
    let Some((scheme, credentials)) = value.trim().split_once(' ') else { return Err(refused()) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(Authorization { basic: None, repeated });
    }
    let decoded = STANDARD.decode(credentials.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(refused)?;
    let (id, secret) = decoded.split_once(':').ok_or_else(refused)?;
    let plain = |text: &str| form::unescape(text.as_bytes(), true);
    let basic = Some((plain(id).ok_or_else(refused)?, plain(secret).ok_or_else(refused)?));
    Ok(Authorization { basic, repeated })
}
