//! The device API: every route on one screen, and the one order of checks (docs/spec/calls.md#order-of-checks).
//!
//! Route, token, versions, slot, body, then the endpoint's own rule. Invariant: routes come from the version table
//! ([`opendrs_domain::version::ENDPOINTS`]), so a path form exists here if and only if it stands there; and every answer
//! is JSON with status 200, or JSON with a `message`.

mod body;
mod calls;
pub mod openapi;
pub(crate) mod problem;

use crate::telemetry::refusals::Refused;
use crate::state::Site;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::ALLOW;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use opendrs_domain::login::form;
use opendrs_domain::version::{ENDPOINTS, INPUT_HEADER, RESULT_HEADER, Spec, Version, full_name};
use opendrs_http::body::read_body;
use opendrs_http::credentials::{bearer, only_bearer};
use opendrs_http::request::header;
use opendrs_service::{Error, token};
use problem::Problem;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::LazyLock;

const TYPE_VERSION: HeaderName = HeaderName::from_static("x-amzn-type-version");

/// What a path leads to.
pub(crate) enum Route<'p> {
    /// An endpoint, and what stands in its path.
    Call(&'static Spec, Params<'p>),
    /// A path of ours, with another method; the one it takes.
    OtherMethod(&'static str),
}

/// The parts of a path that an endpoint's pattern leaves open, by name, decoded.
#[derive(Default)]
pub(crate) struct Params<'p>([Option<(&'static str, Cow<'p, str>)>; 2]);

impl Params<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().flatten().find(|(n, _)| *n == name).map(|(_, value)| value.as_ref())
    }
}

/// Finds the endpoint of a normalised path; `None` for a path that is not of the device API.
pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Option<Route<'p>> {
    let mut other = None;
    for spec in &ENDPOINTS {
        for params in spec.paths.iter().filter_map(|pattern| fit(pattern, path)) {
            if method.as_str() == spec.method {
                return Some(Route::Call(spec, params));
            }
            other = Some(Route::OtherMethod(spec.method));
        }
    }
    other
}

/// Whether a path has a pattern's form.
pub(crate) fn fits(pattern: &'static str, path: &str) -> bool {
    fit(pattern, path).is_some()
}

fn fit<'p>(pattern: &'static str, path: &'p str) -> Option<Params<'p>> {
    let (mut params, mut free, mut segments) = (Params::default(), 0, path.split('/'));
    for part in pattern.split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => {
                *params.0.get_mut(free)? = Some((name, decoded(segment)?));
                free += 1;
            }
            Some(_) => return None,
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(params)
}

fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    match segment.contains('%') {
        true => form::unescape(segment.as_bytes(), false).map(Cow::Owned),
        false => Some(Cow::Borrowed(segment)),
    }
}

/// Answers a request of the device API.
pub(crate) async fn answer(site: &Site, route: Route<'_>, request: Request, peer: SocketAddr) -> Response {
    match route {
        Route::OtherMethod(allowed) => {
            let mut response = Problem::MethodNotAllowed.into_response();
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            response
        }
        Route::Call(spec, params) => {
            let (parts, body) = request.into_parts();
            match serve(site, spec, &params, (&parts, body)).await {
                Ok(response) => response,
                Err(problem) => {
                    if let Problem::Service(error @ (Error::TooOften(_) | Error::TooManyOrders(_))) = &problem {
                        note_refusal(site, &parts.headers, peer, error).await;
                    }
                    problem.into_response()
                }
            }
        }
    }
}

/// Has a call over a limit logged, with the device that made it.
async fn note_refusal(site: &Site, headers: &HeaderMap, peer: SocketAddr, error: &Error) {
    let device = match bearer(headers) {
        Some(token) => token::device(&site.app, &token).await,
        None => None,
    };
    let device = device.map_or(String::new(), |device| device.to_string());
    let source = site.sources.of_peer(headers, peer);
    site.refusals.note(site.app.real_time(), Refused::Call, &source, device, error);
}

/// What an endpoint is called with, once all common checks are passed.
struct Call<'r> {
    site: &'r Site,
    caller: token::Caller,
    params: &'r Params<'r>,
    body: axum::body::Bytes,
    result: Version,
}

impl Call<'_> {
    /// A path parameter, decoded.
    fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }
}

async fn serve(
    site: &Site,
    spec: &'static Spec,
    params: &Params<'_>,
    (parts, body): (&Parts, Body),
) -> Result<Response, Problem> {
    let token = only_bearer(&parts.uri, &parts.headers);
    let slot = params.get("slot");
    let input = spec.read_input(header(&parts.headers, INPUT_HEADER).as_deref());
    let result = spec.read_result(header(&parts.headers, RESULT_HEADER).as_deref());
    let body = read_body(body, site.bodies).await;
    if let (Some(token), Ok(_), Ok(result), Ok(body)) = (&token, &input, &result, &body)
        && let Some(json) = calls::at_once(site, spec.endpoint, token, params, (body, *result)).await
    {
        return Ok(done(spec, *result, json?));
    }
    let (caller, reader) = token::caller(&site.app, token.as_deref(), slot).await?;
    input?;
    let result = result?;
    if let (Some(slot), None) = (slot, &caller.slot) {
        let slot = slot.chars().filter(|c| !c.is_control()).take(64).collect();
        let unknown = Error::UnknownSlot { slot, model: caller.device.model_code.to_string() };
        return Err(Problem::at(spec.endpoint, unknown));
    }
    let body = body.map_err(Problem::of_body)?;
    let json = calls::call(spec.endpoint, Call { site, caller, params, body, result }, reader).await?;
    Ok(done(spec, result, json))
}

fn done(spec: &Spec, result: Version, json: axum::body::Bytes) -> Response {
    /// One value for each endpoint and version, written once and kept for good: what is not shared is not counted.
    static VALUES: LazyLock<Vec<[HeaderValue; 2]>> = LazyLock::new(|| {
        let value = |spec: &Spec, version| HeaderValue::from_static(full_name(spec.result, version).leak());
        let both = |spec| [Version::V1, Version::V2].map(|version| value(spec, version));
        ENDPOINTS.iter().map(both).collect()
    });
    let mut response = opendrs_http::response::json(StatusCode::OK, json);
    let value = VALUES[spec.endpoint as usize][usize::from(result == Version::V2)].clone();
    response.headers_mut().insert(TYPE_VERSION, value);
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
                assert!(matches!(find(&method, &path), Some(Route::Call(found, _)) if found.endpoint == spec.endpoint));
                assert!(
                    matches!(find(&Method::PATCH, &path), Some(Route::OtherMethod(allowed)) if allowed == spec.method)
                );
            }
        }
        for path in
            ["/", "/replenish", "/replenish/", "/replenish/a/b", "/testOrders/slots/a/b", "/Replenish/a", "/settings"]
        {
            assert!(find(&Method::POST, path).is_none(), "{path}");
        }
    }

    #[test]
    fn open_parts_are_decoded() {
        let Some(Route::Call(_, params)) = find(&Method::DELETE, "/deviceModels/M%2F1/devices/S+2/registration") else {
            panic!("a route");
        };
        assert_eq!((params.get("model"), params.get("serial")), (Some("M/1"), Some("S+2")));
    }
}
