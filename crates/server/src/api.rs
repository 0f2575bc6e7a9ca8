//! The device API: its routes, and the order of its checks (docs/spec/calls.md#order-of-checks).
//!
//! The order is route, token, versions, slot, body, and then the endpoint's own rule. Invariant: the routes come from
//! the version table ([`opendrs_domain::version::ENDPOINTS`]), so exactly the paths of that table exist. Every answer
//! is JSON with status 200, or JSON with a `message`.

mod body;
mod calls;
pub(crate) mod error;
pub mod openapi;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::ALLOW;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use error::ApiError;
use opendrs_domain::login::form;
use opendrs_domain::version::{
    ENDPOINTS, EndpointSpec, INPUT_VERSION_HEADER, RESULT_VERSION_HEADER, Version, versioned_type_name,
};
use opendrs_edge::refusal_log::RefusalKind;
use opendrs_edge::state::AppState;
use opendrs_http::body::read_body;
use opendrs_http::credentials::{bearer_token, sole_bearer_token};
use opendrs_http::request::header;
use opendrs_service::{Error, FastPath, token};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::LazyLock;

const TYPE_VERSION_HEADER: HeaderName = HeaderName::from_static("x-amzn-type-version");

/// The result of matching a path with the version table.
pub(crate) enum ApiRoute<'p> {
    /// An endpoint, and the parameters in its path.
    Call(&'static EndpointSpec, PathParams<'p>),
    /// A path of the device API with another method. The value is the allowed method.
    MethodNotAllowed(&'static str),
}

/// The parameters in a path, by name, percent-decoded.
#[derive(Default)]
pub(crate) struct PathParams<'p>([Option<(&'static str, Cow<'p, str>)>; 2]);

impl PathParams<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().flatten().find(|(n, _)| *n == name).map(|(_, value)| value.as_ref())
    }
}

/// Finds the endpoint of a normalised path. Returns `None` for a path outside of the device API.
pub(crate) fn find_route<'p>(method: &Method, path: &'p str) -> Option<ApiRoute<'p>> {
    let mut other = None;
    for spec in &ENDPOINTS {
        for params in spec.paths.iter().filter_map(|pattern| match_pattern(pattern, path)) {
            if method.as_str() == spec.method {
                return Some(ApiRoute::Call(spec, params));
            }
            other = Some(ApiRoute::MethodNotAllowed(spec.method));
        }
    }
    other
}

/// Whether a path matches a pattern.
pub(crate) fn matches_pattern(pattern: &'static str, path: &str) -> bool {
    match_pattern(pattern, path).is_some()
}

fn match_pattern<'p>(pattern: &'static str, path: &'p str) -> Option<PathParams<'p>> {
    let (mut params, mut free, mut segments) = (PathParams::default(), 0, path.split('/'));
    for part in pattern.split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => {
                *params.0.get_mut(free)? = Some((name, decode_segment(segment)?));
                free += 1;
            }
            Some(_) => return None,
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(params)
}

fn decode_segment(segment: &str) -> Option<Cow<'_, str>> {
    if segment.contains('%') {
        form::percent_decode(segment.as_bytes(), false).map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(segment))
    }
}

/// Answers a request of the device API.
pub(crate) async fn respond(state: &AppState, route: ApiRoute<'_>, request: Request, peer: SocketAddr) -> Response {
    match route {
        ApiRoute::MethodNotAllowed(allowed) => {
            let mut response = ApiError::MethodNotAllowed.into_response();
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            response
        }
        ApiRoute::Call(spec, params) => {
            let (parts, body) = request.into_parts();
            match serve(state, spec, &params, &parts, body).await {
                Ok(response) => response,
                Err(problem) => {
                    if let ApiError::Service(error @ (Error::RateLimited(_) | Error::OrderLimitReached(_))) = &problem {
                        record_refusal(state, &parts.headers, peer, error).await;
                    }
                    problem.into_response()
                }
            }
        }
    }
}

/// Records a call over a limit in the log, with its device.
async fn record_refusal(state: &AppState, headers: &HeaderMap, peer: SocketAddr, error: &Error) {
    let device = match bearer_token(headers) {
        Some(token) => token::device_id(&state.app, &token).await,
        None => None,
    };
    let device = device.map_or(String::new(), |device| device.to_string());
    let source = state.sources.of_peer(headers, peer);
    state.refusal_log.record(state.app.system_time(), RefusalKind::Call, &source, device, error);
}

/// A call of an endpoint after all common checks.
struct ApiCall<'r> {
    state: &'r AppState,
    caller: token::DeviceCaller,
    params: &'r PathParams<'r>,
    body: axum::body::Bytes,
    result_version: Version,
}

impl ApiCall<'_> {
    /// Returns a path parameter, percent-decoded.
    fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }
}

async fn serve(
    state: &AppState,
    spec: &'static EndpointSpec,
    params: &PathParams<'_>,
    parts: &Parts,
    body: Body,
) -> Result<Response, ApiError> {
    let token = sole_bearer_token(&parts.uri, &parts.headers);
    let slot = params.get("slot");
    let input = spec.parse_input_version(header(&parts.headers, INPUT_VERSION_HEADER).as_deref());
    let result = spec.parse_result_version(header(&parts.headers, RESULT_VERSION_HEADER).as_deref());
    let body = read_body(body, state.body_limits).await;
    let token = token::open_device_token(&state.app, token.as_deref()).await?;
    if let (Ok(_), Ok(result), Ok(body)) = (&input, &result, &body)
        && let FastPath::Done(json) = calls::try_fast_path(state, spec.endpoint, &token, params, body, *result).await
    {
        return Ok(success_response(spec, *result, json?));
    }
    let caller = token::authenticate_device(&state.app, token, slot).await?;
    input?;
    let result = result?;
    if let (Some(slot), None) = (slot, &caller.slot) {
        let slot = slot.chars().filter(|c| !c.is_control()).take(64).collect();
        let unknown = Error::UnknownSlot { slot, model: caller.device.model_code.to_string() };
        return Err(ApiError::for_endpoint(spec.endpoint, unknown));
    }
    let body = body.map_err(ApiError::of_body)?;
    let call = ApiCall { state, caller, params, body, result_version: result };
    let json = calls::dispatch(spec.endpoint, call).await?;
    Ok(success_response(spec, result, json))
}

fn success_response(spec: &EndpointSpec, result: Version, json: axum::body::Bytes) -> Response {
    /// One header value for each endpoint and version, made once and never freed. A static value needs no reference
    /// count.
    static VALUES: LazyLock<Vec<[HeaderValue; 2]>> = LazyLock::new(|| {
        let value = |spec: &EndpointSpec, version| {
            HeaderValue::from_static(versioned_type_name(spec.result_type, version).leak())
        };
        let both = |spec| [Version::V1, Version::V2].map(|version| value(spec, version));
        ENDPOINTS.iter().map(both).collect()
    });
    let mut response = opendrs_http::response::json(StatusCode::OK, json);
    let value = VALUES[spec.endpoint as usize][usize::from(result == Version::V2)].clone();
    response.headers_mut().insert(TYPE_VERSION_HEADER, value);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_form_leads_to_its_endpoint() {
        for spec in &ENDPOINTS {
            for pattern in spec.paths {
                let path = pattern.replace(['{', '}'], "");
                let method = Method::from_bytes(spec.method.as_bytes()).unwrap();
                assert!(
                    matches!(find_route(&method, &path), Some(ApiRoute::Call(found, _)) if found.endpoint == spec.endpoint)
                );
                assert!(
                    matches!(find_route(&Method::PATCH, &path), Some(ApiRoute::MethodNotAllowed(allowed)) if allowed == spec.method)
                );
            }
        }
        for path in
            ["/", "/replenish", "/replenish/", "/replenish/a/b", "/testOrders/slots/a/b", "/Replenish/a", "/settings"]
        {
            assert!(find_route(&Method::POST, path).is_none(), "{path}");
        }
    }

    #[test]
    fn open_parts_are_decoded() {
        let Some(ApiRoute::Call(_, params)) =
            find_route(&Method::DELETE, "/deviceModels/M%2F1/devices/S+2/registration")
        else {
            panic!("a route");
        };
        assert_eq!((params.get("model"), params.get("serial")), (Some("M/1"), Some("S+2")));
    }
}
