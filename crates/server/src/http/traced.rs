//! A request as a span of a trace.
//!
//! Invariant: a span says which route was asked and how it was answered: no path as it was written, no query, header,
//! body or address of the caller, since those hold serials, tokens and names.

use crate::api;
use crate::site::Site;
use crate::{Routes, pattern};
use axum::extract::Request;
use axum::http::{Method, Uri};
use axum::response::Response;
use opendrs_store::span::TARGET;
use std::net::SocketAddr;
use tracing::Instrument;
use tracing::field::Empty;

/// What balancers and collectors ask all day.
const DULL: [&str; 3] = ["/-/health", "/-/ready", "/-/metrics"];

/// Answers a request, and lets the trace have it: the caller's, where it names one, or a new one.
pub(super) async fn answer(site: &Site, routes: &Routes, request: Request, peer: SocketAddr) -> Response {
    let mut uri = request.uri().clone();
    super::path::normalise(&mut uri);
    if DULL.contains(&uri.path()) {
        return super::respond(site, routes, request, peer).await;
    }
    let route = template(request.method(), &uri, routes);
    // A caller's own word is no method: it could say anything.
    let method = match request.method() {
        known @ (&Method::GET | &Method::POST | &Method::PUT | &Method::DELETE | &Method::HEAD | &Method::OPTIONS) => {
            known.as_str()
        }
        _ => "_OTHER",
    };
    let span = tracing::trace_span!(
        target: TARGET,
        "request",
        otel.name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        opendrs.request_id = Empty,
    );
    #[cfg(feature = "otel")]
    crate::traces::follow(&span, request.headers());
    let response = super::respond(site, routes, request, peer).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if let Some(id) = super::header(response.headers(), super::REQUEST_ID.as_str()) {
        span.record("opendrs.request_id", &*id);
    }
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// The route of a normalised path.
fn template(method: &Method, uri: &Uri, routes: &Routes) -> Option<&'static str> {
    match api::find(method, uri.path()).filter(|_| routes.api) {
        Some(api::Route::Call(spec, _)) => spec.paths.first().copied(),
        Some(api::Route::OtherMethod(_)) => None,
        None => pattern(uri.path()),
    }
}
